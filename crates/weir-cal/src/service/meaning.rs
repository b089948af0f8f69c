//! The words of the language in one sentence each.

use crate::{ast::Dimension, syntax::SyntaxKind as K};

/// How a statement or a clause is written, and what it does.
pub(super) struct Meaning {
    pub(super) form: &'static str,
    pub(super) text: &'static str,
}

/// The meaning of a keyword. `statement` is the one that it stands in, where it is a clause.
pub(super) fn keyword(kind: K, statement: Option<K>) -> Option<Meaning> {
    if let Some(statement) = statement.filter(|statement| *statement != kind && statement.clauses().contains(&kind))
        && let Some(meaning) = clause(kind, statement)
    {
        return Some(meaning);
    }
    let (form, text) = match kind {
        K::Forage => (
            "FORAGE collection [WHERE condition] [ACROSS dimensions] [DEPTH n] [CASCADE steps] [SURFACE name]",
            "Finds the entities of a collection for which a condition holds, and scores them in the six dimensions.",
        ),
        K::Dive => (
            "DIVE INTO collection [WHEN condition] [TRACE result] [ACROSS dimensions] [DEPTH n] [CASCADE steps] [EMIT name]",
            "Analyzes a collection in depth, and can follow the cascade of an earlier result.",
        ),
        K::Drift => (
            "DRIFT result METHODOLOGY n PERFORMANCE n [GAP teaching|curiosity|auto]",
            "The gap between what is said and what is done: drift = methodology - performance.",
        ),
        K::Fetch => (
            "FETCH result [THRESHOLD n] [CONFIDENCE [MIN] n] [BANDS relative|docs] [AGGREGATE max|mean] [ON band statement]",
            "Decides: fetch = chirp x |drift| x confidence, compared with the threshold (1000 where none is given).",
        ),
        K::Perch => (
            "PERCH ON place [LISTEN FOR signals] [WAKE AFTER duration] [CHIRP level [\"text\"]]",
            "Watches a place for signals.",
        ),
        K::Listen => ("LISTEN FOR signal, signal", "Takes note of signals."),
        K::Wake => {
            ("WAKE AFTER duration [THEN statement]", "Does something later; `weir cal watch` runs it when it is due.")
        }
        K::Chirp => ("CHIRP critical|warning|info [\"text\"]", "Sends an alert."),
        K::Trace => ("TRACE name [FROM result] [CASCADE steps]", "Collects the cascades of a result."),
        K::Watch => (
            "WATCH name [IN collection] WHEN condition [FOR duration]",
            "A condition that must hold without a break for a time.",
        ),
        K::Recall => (
            "RECALL case ON \"date\" WATCH name STATUS status .. TRIGGERS n/m CONFIDENCE_STATED n CONFIDENCE_ACTUAL n \
             CALIBRATION aligned|over|under",
            "Looks back at a case: what came of what had been watched.",
        ),
        K::Surface => (
            "SURFACE result [AS json|ndjson|csv|markdown|html] [TO \"file\"] [ON \"date\"]",
            "Publishes a result; a name that is no result means the whole analysis.",
        ),
        K::Execute => ("ON EXECUTE statement", "From the threshold on: act."),
        K::Confirm => ("ON CONFIRM statement", "From 0.75 of the threshold on: ask a person."),
        K::Queue => ("ON QUEUE statement", "From half of the threshold on: put it on the list."),
        K::Wait => ("ON WAIT statement", "Below half of the threshold: nothing yet."),
        K::And => ("a AND b", "Both hold. Binds tighter than OR."),
        K::Or => ("a OR b", "One holds."),
        K::Not => ("NOT a", "Does not hold. Unknown stays unknown."),
        K::In => ("field IN (a, b)", "The field equals one of these."),
        K::Between => ("field BETWEEN low AND high", "Both ends are included."),
        K::Contains => ("field CONTAINS value", "Part of a text, or member of a list."),
        K::Exists => ("field EXISTS", "The field has a value."),
        K::Is => ("field IS value", "Equals. `IS null` matches missing fields as well."),
        K::Status => ("STATUS fired|not_fired|partial", "What became of the watch."),
        K::FiredDate => ("FIRED_DATE \"date\"", "When it fired."),
        K::Evidence => ("EVIDENCE \"text\"", "What shows it."),
        K::Min => ("CONFIDENCE MIN n", "A gate: below it, EXECUTE asks for a review."),
        K::All => ("ACROSS ALL", "All six dimensions."),
        _ => return None,
    };
    Some(Meaning { form, text })
}

fn clause(kind: K, statement: K) -> Option<Meaning> {
    let (form, text) = match (kind, statement) {
        (K::Where | K::When, _) => (
            "WHERE condition",
            "For which entities: `=` `!=` `<` `<=` `>` `>=` `IN` `BETWEEN` `CONTAINS` `EXISTS`, with AND, OR, NOT and \
             parentheses. A missing value is unknown: neither in nor out.",
        ),
        (K::Across, _) => ("ACROSS D5, D6, ..", "The dimensions that are scored. All six without this clause."),
        (K::Depth, _) => ("DEPTH n", "How many steps the cascade is followed, 1 to 6."),
        (K::Cascade, _) => (
            "CASCADE D5 -> D6+D2 -> D1+D3",
            "The cascade that you claim; the run compares it with the levels that the evidence declares.",
        ),
        (K::Surface, _) => ("SURFACE name", "The name of the result."),
        (K::Emit, _) => ("EMIT name", "The name of the result."),
        (K::Trace, _) => ("TRACE result", "The earlier result whose cascade is followed."),
        (K::Methodology, _) => ("METHODOLOGY n", "What is said to be done, 0 to 100."),
        (K::Performance, _) => ("PERFORMANCE n", "What is done, 0 to 100."),
        (K::Gap, _) => ("GAP teaching|curiosity|auto", "The kind of the gap; by its sign where it is `auto`."),
        (K::Threshold, _) => ("THRESHOLD n", "The score from which on to execute; 1000 without this clause."),
        (K::Confidence, _) => (
            "CONFIDENCE n",
            "How sure you are, 0 to 1 or percent. Without it the entity's own `confidence` counts, else \
             min(perch, wake)/100, else the statement fails.",
        ),
        (K::Bands, _) => (
            "BANDS relative|docs",
            "Where CONFIRM and QUEUE begin: at 0.75 and 0.5 of the threshold, or at 0.5 and 0.1.",
        ),
        (K::Aggregate, _) => ("AGGREGATE max|mean", "Over several entities the highest decides, or the mean."),
        (K::On, K::Fetch) => {
            ("ON EXECUTE|CONFIRM|QUEUE|WAIT statement", "What is done when the score falls in a band.")
        }
        (K::On, K::Recall) => ("ON \"YYYY-MM-DD\"", "The day of the review."),
        (K::On, _) => ("ON \"YYYY-MM-DD\"", "The day on which it is due."),
        (K::As, _) => ("AS json|ndjson|csv|markdown|html", "How it is written."),
        (K::To, _) => ("TO \"file\"", "Into a file instead of standard output."),
        (K::From, _) => ("FROM result", "The result that is followed."),
        (K::In, _) => ("IN collection", "Whose rows are observed, in the order of their time."),
        (K::For, _) => ("FOR 2 quarters", "How long it must hold without a break."),
        (K::Then, _) => ("THEN statement", "What is done then."),
        (K::Watch, _) => ("WATCH name STATUS fired|not_fired|partial", "What had been watched, and what became of it."),
        (K::Triggers, _) => ("TRIGGERS n/m", "How many fired, of how many."),
        (K::ConfidenceStated, _) => ("CONFIDENCE_STATED n", "What the case said."),
        (K::ConfidenceActual, _) => ("CONFIDENCE_ACTUAL n", "What became true."),
        (K::Calibration, _) => ("CALIBRATION aligned|over|under", "How the two compare."),
        (K::DriftAfter, _) => ("DRIFT_AFTER n", "The gap at the review."),
        _ => return None,
    };
    Some(Meaning { form, text })
}

/// What a dimension is about.
pub(super) fn dimension(dimension: Dimension) -> String {
    let id = dimension.id();
    format!(
        "**{id} {}**\n\nThe entity's number `{id}`, else `dimensions.{id}`, else sound x space x time / 10 (each 1 to 10), \
         else unknown. Above 20 it is affected.",
        dimension.name()
    )
}
