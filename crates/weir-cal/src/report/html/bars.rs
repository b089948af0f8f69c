//! Figures on a line. All places are percentages, so that the texts keep their size at any width.

use std::fmt::{self, Write};

use super::text::Text;
use crate::{
    ast::Band,
    number::Decimal,
    outcome::{DriftResult, FetchResult},
    report::words,
};

/// A place on a line from 0 to `end`, in percent.
fn percent(value: f64, end: f64) -> Decimal {
    let share = if end > 0.0 { value / end * 100.0 } else { 0.0 };
    Decimal::rounded(share.clamp(0.0, 100.0), 2)
}

/// Where a text at a place has its anchor, so that it stays on the line.
fn anchor(place: Decimal) -> &'static str {
    match place.get() {
        ..15.0 => "start",
        85.0.. => "end",
        _ => "middle",
    }
}

/// What is said and what is done, on one line from 0 to 100.
pub(super) fn drift(drift: &DriftResult, out: &mut String) -> fmt::Result {
    let methodology = percent(drift.methodology.get(), 100.0);
    let performance = percent(drift.performance.get(), 100.0);
    let (low, high) =
        if performance.get() <= methodology.get() { (performance, methodology) } else { (methodology, performance) };
    let gap = Decimal::rounded(high.get() - low.get(), 2);
    let (said, done) = (words::number(drift.methodology), words::number(drift.performance));
    write!(
        out,
        "<svg class=\"bar\" height=\"62\" role=\"img\" aria-labelledby=\"drift-title drift-desc\">\
         <title id=\"drift-title\">Methodology against performance</title>\
         <desc id=\"drift-desc\">Methodology {said} and performance {done} of 100; the gap is {}.</desc>\
         <rect class=\"track\" y=\"25\" width=\"100%\" height=\"12\"/>\
         <rect class=\"fill\" y=\"25\" width=\"{low}%\" height=\"12\"/>\
         <rect class=\"gap\" x=\"{low}%\" y=\"25\" width=\"{gap}%\" height=\"12\"/>",
        words::number(drift.drift),
    )?;
    let (above, below) = (anchor(methodology), anchor(performance));
    write!(
        out,
        "<line class=\"tick\" x1=\"{methodology}%\" x2=\"{methodology}%\" y1=\"20\" y2=\"37\"/>\
         <line class=\"tick\" x1=\"{performance}%\" x2=\"{performance}%\" y1=\"25\" y2=\"42\"/>\
         <text x=\"{methodology}%\" y=\"14\" text-anchor=\"{above}\">Methodology {said}</text>\
         <text x=\"{performance}%\" y=\"57\" text-anchor=\"{below}\">Performance {done}</text></svg>"
    )
}

/// The score against its bands.
pub(super) fn fetch(fetch: &FetchResult, out: &mut String) -> fmt::Result {
    let (score, threshold) = (fetch.fetch_score.get(), fetch.threshold.get());
    let end = (score * 1.08).max(threshold * 2.2).max(1.0);
    let start = |band| fetch.bands.get(&band).map_or(0.0, |start| start.get());
    let starts = [0.0, start(Band::Queue), start(Band::Confirm), start(Band::Execute), end];
    let place = percent(score, end);
    let (shown, limit) = (words::number(fetch.fetch_score), words::number(fetch.threshold));
    write!(
        out,
        "<svg class=\"bar\" height=\"66\" role=\"img\" aria-labelledby=\"fetch-title fetch-desc\">\
         <title id=\"fetch-title\">FETCH score against its bands</title>\
         <desc id=\"fetch-desc\">The score {shown} is in the band {}; the threshold is {limit}.</desc>",
        fetch.level.keyword(),
    )?;
    for (band, (from, to)) in starts.iter().zip(starts.iter().skip(1)).enumerate() {
        let (from, to) = (percent(*from, end), percent(*to, end));
        let width = Decimal::rounded((to.get() - from.get()).max(0.0), 2);
        write!(out, "<rect class=\"band{band}\" x=\"{from}%\" y=\"27\" width=\"{width}%\" height=\"12\"/>")?;
    }
    let (limit_place, twice) = (percent(threshold, end), percent(threshold * 2.0, end));
    write!(
        out,
        "<line class=\"notch\" x1=\"{twice}%\" x2=\"{twice}%\" y1=\"27\" y2=\"39\"/>\
         <text x=\"{place}%\" y=\"14\" text-anchor=\"{}\">{shown}</text>\
         <svg x=\"{place}%\" y=\"18\" overflow=\"visible\"><path class=\"pointer\" d=\"M-5 0H5L0 8Z\"/></svg>\
         <line class=\"tick\" x1=\"{place}%\" x2=\"{place}%\" y1=\"26\" y2=\"40\"/>\
         <line class=\"tick\" x1=\"{limit_place}%\" x2=\"{limit_place}%\" y1=\"27\" y2=\"46\"/>\
         <text class=\"label\" x=\"{limit_place}%\" y=\"60\" text-anchor=\"{}\">threshold {limit}</text></svg>",
        anchor(place),
        anchor(limit_place),
    )?;
    bands(fetch, out)
}

/// What the bands are called and where they begin.
fn bands(fetch: &FetchResult, out: &mut String) -> fmt::Result {
    out.push_str("<ul class=\"bands\">");
    let lowest = fetch.bands.get(&Band::Queue).copied();
    for (index, band) in [Band::Wait, Band::Queue, Band::Confirm, Band::Execute].into_iter().enumerate() {
        let range = match fetch.bands.get(&band) {
            Some(start) if start.get() > 0.0 => format!("from {}", words::number(*start)),
            _ => lowest.map_or_else(String::new, |start| format!("below {}", words::number(start))),
        };
        let here = if band == fetch.level { " class=\"here\"" } else { "" };
        write!(
            out,
            "<li{here}><svg aria-hidden=\"true\"><rect class=\"band{index}\" width=\"100%\" height=\"100%\"/></svg>\
             {} {range}</li>",
            band.keyword(),
        )?;
    }
    let here = if fetch.high_priority { " class=\"here\"" } else { "" };
    let twice = Decimal::rounded(fetch.threshold.get() * 2.0, 6);
    write!(out, "<li{here}>HIGH from {}</li></ul>", Text(&words::number(twice)))
}

/// A score from 0 to 100 as a short bar.
pub(super) fn meter(score: Decimal, out: &mut String) -> fmt::Result {
    let width = percent(score.get(), 100.0);
    write!(
        out,
        "<svg aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" height=\"100%\"/>\
         <rect class=\"fill\" width=\"{width}%\" height=\"100%\"/></svg>"
    )
}
