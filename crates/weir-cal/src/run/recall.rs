//! RECALL: what came of an earlier diagnosis, as the script states it.

use jiff::civil;

use crate::{
    ast::{Number, Recall},
    number::{self, Decimal},
    outcome::{RecallResult, RecallWatchResult},
    run::{columns::share, failure::Failure},
};

/// How far what came true may lie from what was stated.
const ALIGNED: f64 = 0.1;

pub(super) fn recall(recall: &Recall<'_>) -> Result<RecallResult, Failure> {
    let date = recall.date.value.to_string();
    date.parse::<civil::Date>().map_err(|_| Failure::NoDay(date.clone()))?;
    let watches: Vec<RecallWatchResult> = recall
        .watches
        .iter()
        .map(|watch| RecallWatchResult {
            trigger_id: watch.trigger.value.to_owned(),
            status: watch.status.map_or_else(|| "unknown".to_owned(), |status| status.value.to_ascii_lowercase()),
            source: "stated",
            holds: crate::value::Truth::Unknown,
            fired_date: watch.fired_date.as_ref().map(|date| date.value.to_string()),
            evidence: watch.evidence.as_ref().map(|evidence| evidence.value.to_string()),
        })
        .collect();
    let count =
        |status: &str| u32::try_from(watches.iter().filter(|watch| watch.status == status).count()).unwrap_or(0);
    let (fired, partial) = (count("fired"), count("partial"));
    let total = u32::try_from(watches.len()).unwrap_or(u32::MAX);
    let mut mismatches = Vec::new();
    if let Some((stated_fired, stated_total)) = recall.triggers {
        let stated = (stated_fired.value, stated_total.value);
        if stated != (f64::from(fired), f64::from(total)) {
            mismatches.push(format!("TRIGGERS {}/{}, by the statuses {fired}/{total}", stated.0, stated.1));
        }
    }
    let stated = confidence("CONFIDENCE_STATED", recall.stated)?;
    let actual = confidence("CONFIDENCE_ACTUAL", recall.actual)?;
    let counted = (total > 0).then(|| (f64::from(fired) + f64::from(partial) / 2.0) / f64::from(total));
    let actual = actual.or(counted);
    let delta = stated.zip(actual).map(|(stated, actual)| number::round(stated - actual, 2));
    let expected = delta.map(|delta| match delta {
        delta if delta.abs() <= ALIGNED => "aligned",
        delta if delta > 0.0 => "over",
        _ => "under",
    });
    let declared = recall.calibration.map(|calibration| calibration.value.to_ascii_lowercase());
    if let (Some(declared), Some(expected)) = (&declared, expected)
        && declared != expected
    {
        mismatches.push(format!("CALIBRATION {declared}, by the confidences {expected}"));
    }
    let interpretation = match expected {
        Some("aligned") => "the case was as sure as it could be",
        Some("over") => "the case was surer than what came of it",
        Some(_) => "the case was less sure than what came of it",
        None => "how sure the case was cannot be compared",
    };
    Ok(RecallResult {
        target: recall.target.value.to_owned(),
        date,
        watches,
        triggers_fired: fired,
        triggers_total: total,
        confidence_stated: stated.map(|value| Decimal::rounded(value, 6)),
        confidence_actual: actual.map(|value| Decimal::rounded(value, 6)),
        calibration: declared.or_else(|| expected.map(str::to_owned)),
        expected_calibration: expected,
        calibration_delta: delta.map(|delta| Decimal::rounded(delta, 2)),
        drift_after: recall.drift_after.map(|drift| Decimal::rounded(drift.value, 6)),
        validated: mismatches.is_empty(),
        mismatches,
        interpretation: interpretation.to_owned(),
    })
}

fn confidence(what: &'static str, number: Option<Number>) -> Result<Option<f64>, Failure> {
    let Some(number) = number else { return Ok(None) };
    share(number.value).map(Some).ok_or_else(|| Failure::OutOfRange {
        what,
        range: "0 to 1, or percent up to 100",
        value: Decimal::rounded(number.value, 6),
    })
}
