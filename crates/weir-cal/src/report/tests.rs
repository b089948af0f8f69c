//! The formats as bytes.

use std::io;

use super::{Document, Entities, Format, ReportError, Subject, sample, write};
use crate::{
    ast::Dimension,
    outcome::{Entity, Foraged, Output},
};

fn written(document: &Document<'_>, format: Format) -> String {
    let mut out = Vec::new();
    write(document, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn json_has_the_keys_of_the_outcome_in_its_order_and_exact_numbers() {
    let text = sample::founding().with_document(|document| written(document, Format::Json));
    let keys: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("  \"")?.split_once('"')).map(|(key, _)| key).collect();
    let expected = "type edition started completed methodology actions outputs alerts surfaced watchers \
        scheduledTasks success notes scriptName script sources";
    assert_eq!(keys.join(" "), expected);
    for number in ["\"fetchScore\": 2603.48,", "\"chirp\": 59.17,", "\"threshold\": 1000,", "\"confidence\": 0.88"] {
        assert!(text.contains(number), "{number}");
    }
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["outputs"]["guardrail_gap_fetch"]["level"], "EXECUTE");
    assert_eq!(value["outputs"]["velocity_governance_cascade"]["cascade"]["holds"], "false");
    assert_eq!(value["alerts"][0]["deliveries"][1]["attempts"], 4);
    assert!(text.ends_with("}\n"));
}

#[test]
fn json_of_a_result_says_what_it_is_and_of_which_run() {
    let text = sample::founding().with_result("guardrail_gap_drift", |document| written(document, Format::Json));
    let (head, script) = text.split_once("  \"scriptName\"").unwrap();
    insta::assert_snapshot!(head, @r#"
    {
      "type": "Result",
      "name": "guardrail_gap_drift",
      "kind": "drift",
      "edition": "2",
      "started": "2026-11-25T12:30:00Z",
      "completed": "2026-11-25T12:30:00Z",
      "methodology": "6D Foraging",
      "success": true,
      "data": {
        "target": "guardrail_gap",
        "drift": 50,
        "absDrift": 50,
        "methodology": 85,
        "performance": 35,
        "gapType": "teaching",
        "driftQuality": "extreme",
        "interpretation": "Over-explanation - may cause cognitive overload",
        "source": "stated"
      },
      "notes": [
        "2 entities have no `orders_lost`: whether they match cannot be said"
      ],
    "#);
    assert!(script.starts_with(": \"gap.cal\""));
}

/// A result with entities whose names want to harm a spreadsheet.
fn hostile() -> sample::Sample {
    use Dimension::{D1, D2};
    let names = [
        "=HYPERLINK(\"http://x\",\"y\")",
        "+1+1",
        "-2",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "plain, with \"quotes\"",
        "two\r\nlines",
        "",
        "-",
        "+4.5",
        "1=1",
    ];
    let entities = names.iter().map(|name| {
        let mut entity = sample::entity(name, &[(D2, Some(33.333), Some(0)), (D1, None, None)]);
        entity.name = Some("\u{ff1d}cmd".to_owned());
        entity
    });
    let mut foraged = sample::foraged("rows", entities.collect());
    foraged.across = vec![D2, D1];
    let mut sample = sample::empty();
    sample.outcome.outputs.insert("hostile".to_owned(), Output::Foraged(Box::new(foraged)));
    sample
}

#[test]
fn csv_quotes_what_must_be_quoted_and_runs_no_formula() {
    let text = hostile().with_result("hostile", |document| written(document, Format::Csv));
    let (header, rows) = text.split_once("\r\n").unwrap();
    assert_eq!(
        header,
        "entity,name,D2,D1,D2Level,D1Level,dimensionsAffected,dimensionsUnknown,totalScore,averageScore,chirp,\
         confidence,origin,cascadeDepth,baseCost,impactMin,impactMax,currency,multiplierMin,multiplierMax"
    );
    let rest = "'\u{ff1d}cmd,33.333,,0,,1,1,33.3,33.3,33.33,,,3,,,,,10,15\r\n";
    let first = [
        "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
        "'+1+1",
        "-2",
        "'-2+3",
        "'@SUM(A1)",
        "'\t=1",
        "\"plain, with \"\"quotes\"\"\"",
        "\"two\r\nlines\"",
        "",
        "'-",
        "+4.5",
        "1=1",
    ];
    assert_eq!(rows, first.map(|name| format!("{name},{rest}")).concat());
    // A reader gets back as many rows and cells as were written.
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.records().map(|record| record.unwrap().len()).collect::<Vec<_>>(), vec![20; 12]);
}

#[test]
fn every_kind_of_result_has_a_table() {
    let sample = sample::founding();
    let table = |name: &str, format| sample.with_result(name, |document| written(document, format));
    let csv = |name| table(name, Format::Csv).replace("\r\n", "\n");
    insta::assert_snapshot!(csv("guardrail_gap_drift"), @r"
    target,drift,absDrift,methodology,performance,gapType,driftQuality,interpretation,source
    guardrail_gap,50,50,85,35,teaching,extreme,Over-explanation - may cause cognitive overload,stated
    ");
    insta::assert_snapshot!(csv("guardrail_gap_fetch"), @r"
    target,fetchScore,threshold,level,highPriority,review,chirp,drift,confidence,confidenceSource,aggregate,unknown
    guardrail_gap,2603.48,1000,EXECUTE,true,false,59.17,50,0.88,row,max,0
    ");
    insta::assert_snapshot!(csv("guardrail_gap_recall"), @r"
    target,date,triggerId,status,source,firedDate,evidence
    guardrail_gap,2026-07-01,review_collapse,fired,computed,2026-06-30,12% reviewed
    guardrail_gap,2026-07-01,orders_recover,not_fired,stated,,
    ");
    let all = sample.with_document(|document| written(document, Format::Csv)).replace("\r\n", "\n");
    insta::assert_snapshot!(all, @r"
    result,entity,name,D1,D2,D3,D4,D5,D6,D1Level,D2Level,D3Level,D4Level,D5Level,D6Level,dimensionsAffected,dimensionsUnknown,totalScore,averageScore,chirp,confidence,origin,cascadeDepth,baseCost,impactMin,impactMax,currency,multiplierMin,multiplierMax
    guardrail_gap,guardrail-gap-2026,The Guardrail Gap,55,65,50,45,72,68,2,1,2,2,0,1,6,0,355,59.2,59.17,0.88,D5,3,420000,4200000,6300000,USD,10,15
    velocity_governance_cascade,guardrail-gap-2026,The Guardrail Gap,55,65,50,45,72,68,2,1,2,2,0,1,6,0,355,59.2,59.17,0.88,D5,3,420000,4200000,6300000,USD,10,15
    ");
    for name in ["guardrail_gap", "guardrail_gap_fetch", "guardrail_gap_recall", "guardrail_gap_drift"] {
        let lines = table(name, Format::Ndjson);
        assert_eq!(lines.lines().count(), 1, "{name}");
        assert!(serde_json::from_str::<serde_json::Value>(&lines).unwrap().is_object());
    }
    let all = sample.with_document(|document| written(document, Format::Ndjson));
    let results: Vec<serde_json::Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), 2);
    assert_eq!(results[1]["result"], "velocity_governance_cascade");
    assert_eq!(results[1]["summary"]["chirp"], 59.17);
}

/// Many entities that are made while they are read.
struct Many(u32);

impl Entities for Many {
    fn each(&self, each: &mut dyn FnMut(&Entity) -> io::Result<()>) -> io::Result<()> {
        (0..self.0).try_for_each(|number| {
            each(&sample::entity(&format!("e{number}"), &[(Dimension::D1, Some(f64::from(number % 100)), Some(0))]))
        })
    }
}

fn with_omitted() -> (sample::Sample, Box<Foraged>) {
    let mut foraged = sample::foraged("rows", vec![sample::entity("e0", &[(Dimension::D1, Some(0.0), Some(0))])]);
    foraged.count = 2000;
    foraged.entities_omitted = 1999;
    foraged.across = vec![Dimension::D1];
    let mut sample = sample::empty();
    sample.outcome.outputs.insert("many".to_owned(), Output::Foraged(Box::new(foraged.clone())));
    (sample, Box::new(foraged))
}

#[test]
fn a_table_has_all_entities_or_none() {
    let (sample, foraged) = with_omitted();
    let output = Output::Foraged(foraged);
    let mut document = sample.document("many", Subject::Result("many", &output));
    document.entities = Some(&Many(2000));
    assert_eq!(written(&document, Format::Ndjson).lines().count(), 2000);
    assert_eq!(written(&document, Format::Csv).lines().count(), 2001);
    // People see the highest of all of them, not of those that were kept.
    let page = written(&document, Format::Markdown);
    assert!(page.contains("| e99 | 99 | 99 |") && page.contains("1,950 more, with no higher chirp"), "{page}");

    // A whole analysis has only those that were kept, and says so.
    let page = sample.with_document(|document| written(document, Format::Html));
    assert!(page.contains("1,999 more are not listed; the list is of those that the analysis keeps."), "{page}");
    assert!(page.contains("<code>e0</code>, which has the highest chirp of the entities that the analysis keeps"));

    document.entities = None;
    for (document, format) in [(&document, Format::Csv), (&sample.document("all", Subject::Analysis), Format::Ndjson)] {
        let error = write(document, format, &mut Vec::new()).unwrap_err();
        assert!(matches!(&error, ReportError::Omitted { result, omitted: 1999 } if result == "many"), "{error}");
    }
}

#[test]
fn the_entity_that_decided_is_shown_and_the_weightiest_decision_leads() {
    let d1 = |name: &str, score| sample::entity(name, &[(Dimension::D1, Some(score), Some(0))]);
    let mut sample = sample::empty();
    let mut foraged = sample::foraged("rows", vec![d1("high", 90.0), d1("decided", 40.0)]);
    foraged.across = vec![Dimension::D1];
    sample.outcome.outputs.insert("other".to_owned(), Output::Foraged(Box::new(foraged.clone())));
    sample.outcome.outputs.insert("rows".to_owned(), Output::Foraged(Box::new(foraged)));
    let mut fetch = sample::fetch("rows", (40.0, 50.0, 0.5), 1000.0);
    fetch.entities[0].entity = "decided".to_owned();
    let queue = sample::fetch("other", (90.0, 50.0, 0.9), 8000.0);
    sample.outcome.outputs.insert("other_fetch".to_owned(), Output::Fetch(Box::new(queue)));
    sample.outcome.outputs.insert("rows_fetch".to_owned(), Output::Fetch(Box::new(fetch)));
    let page = sample.with_document(|document| written(document, Format::Markdown));
    let (head, _) = page.split_once("| Dimension").unwrap();
    insta::assert_snapshot!(head, @r"
    # Rows

    **EXECUTE · FETCH 1,000** (normal priority, threshold 1,000, a person should look first)

    1 of 1 dimensions is hit, and the score is 1 times its threshold.

    ## Dimensions

    Of `decided`, which has the highest score.
    ");
    // The page of the other result is about the other decision.
    let page = sample.with_result("other", |document| written(document, Format::Markdown));
    assert!(page.contains("**QUEUE · FETCH 4,050** (normal priority, threshold 8,000)"), "{page}");
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    for format in Format::ALL {
        let once = sample::founding().with_document(|document| written(document, format));
        let again = sample::founding().with_document(|document| written(document, format));
        assert_eq!(once, again, "{format}");
        assert!(!once.is_empty());
    }
}

#[test]
fn a_run_that_did_nothing_can_be_written() {
    for format in Format::ALL {
        let text = sample::empty().with_document(|document| written(document, format));
        assert_eq!(text.is_empty(), format == Format::Ndjson, "{format}");
    }
}

/// Takes some bytes and then no more.
struct Full(usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_receiver_that_refuses_is_an_error() {
    for format in Format::ALL {
        let error = sample::founding().with_document(|document| write(document, format, &mut Full(100))).unwrap_err();
        assert!(matches!(&error, ReportError::Io(error) if error.kind() == io::ErrorKind::StorageFull), "{format}");
    }
}
