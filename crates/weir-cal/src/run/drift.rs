//! DRIFT: what is said less what is done.

use crate::{
    ast::{Drift, Number},
    number::Decimal,
    outcome::DriftResult,
    run::failure::Failure,
    score,
};

/// The gap that a statement states.
pub(super) fn drift(statement: &Drift<'_>) -> Result<DriftResult, Failure> {
    let methodology = figure(statement, statement.methodology, "METHODOLOGY")?;
    let performance = figure(statement, statement.performance, "PERFORMANCE")?;
    let drift = Decimal::rounded(methodology.get() - performance.get(), 6);
    let gap_type = match statement.gap {
        Some(gap) => match gap.value.to_ascii_lowercase().as_str() {
            "auto" => score::gap_type(drift.get()),
            "teaching" => "teaching",
            "curiosity" => "curiosity",
            _ => {
                let known = "teaching, curiosity or auto";
                return Err(Failure::UnknownWord { what: "kind of gap", word: gap.value.to_owned(), known });
            }
        },
        None => score::gap_type(drift.get()),
    };
    let score::DriftQuality { quality, interpretation } = score::drift_quality(drift.get(), gap_type);
    Ok(DriftResult {
        target: statement.target.value.to_owned(),
        drift,
        abs_drift: Decimal::rounded(drift.get().abs(), 6),
        methodology,
        performance,
        gap_type: gap_type.to_owned(),
        drift_quality: quality,
        interpretation,
        source: "stated",
    })
}

fn figure(statement: &Drift<'_>, number: Option<Number>, clause: &'static str) -> Result<Decimal, Failure> {
    let target = || statement.target.value.to_owned();
    let number = number.ok_or_else(|| Failure::NoClause { statement: "DRIFT", target: target(), clause })?.value;
    let value = Decimal::rounded(number, 6);
    if (0.0..=100.0).contains(&number) {
        Ok(value)
    } else {
        Err(Failure::OutOfRange { what: clause, range: "0 to 100", value })
    }
}
