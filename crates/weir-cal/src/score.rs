//! The formulas of 6D Foraging, as the reference computes them, in doubles. Both editions share them; what the
//! editions do with missing evidence stands where they run.
//!
//! Source of every constant: the reference runtime 1.3.0 (`analyzer`), checked against its recorded results.

use crate::ast::{Band, Dimension};

/// A score above this counts as affected.
pub(crate) const AFFECTED: f64 = 20.0;

/// The threshold of a FETCH that states none.
pub(crate) const THRESHOLD: f64 = 1000.0;

/// The confidence up to which a person should look before something is executed.
pub(crate) const DOUBTFUL: f64 = 0.6;

/// The 3D score of a lens: each signal clamped to 1..10, multiplied, divided by ten. 0.1 to 100.
pub(crate) fn lens(sound: f64, space: f64, time: f64) -> f64 {
    let clamp = |value: f64| value.clamp(1.0, 10.0);
    clamp(sound) * clamp(space) * clamp(time) / 10.0
}

/// How likely harm of a score spreads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cascade {
    /// `critical`, `high`, `medium`, `low` or `minimal`.
    pub(crate) level: &'static str,
    /// 0.1 to 0.9.
    pub(crate) probability: f64,
    /// In words.
    pub(crate) label: &'static str,
}

/// The cascade level of a score (0 to 100): from 70 critical, 50 high, 30 medium, 15 low.
pub(crate) fn cascade(score: f64) -> Cascade {
    let (level, probability, label) = if score >= 70.0 {
        ("critical", 0.9, "Almost certain to cascade")
    } else if score >= 50.0 {
        ("high", 0.7, "Likely to cascade")
    } else if score >= 30.0 {
        ("medium", 0.5, "May cascade")
    } else if score >= 15.0 {
        ("low", 0.3, "Unlikely to cascade")
    } else {
        ("minimal", 0.1, "Minimal cascade risk")
    };
    Cascade { level, probability, label }
}

/// Where harm in a dimension spreads to, in this order.
pub(crate) fn spreads_to(dimension: Dimension) -> [Dimension; 3] {
    use Dimension::{D1, D2, D3, D4, D5, D6};
    match dimension {
        D6 => [D2, D5, D3],
        D2 => [D5, D1, D3],
        D3 => [D2, D6, D4],
        D1 => [D3, D5, D2],
        D5 => [D1, D3, D6],
        D4 => [D3, D6, D2],
    }
}

/// By how much cascades multiply a cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Multiplier {
    /// The lower end.
    pub(crate) min: f64,
    /// The upper end.
    pub(crate) max: f64,
    /// In a word.
    pub(crate) label: &'static str,
}

/// The multiplier of affected dimensions times cascade depth.
pub(crate) fn multiplier(affected: f64, depth: f64) -> Multiplier {
    let reach = affected * depth;
    let (min, max, label) = if reach >= 15.0 {
        (10.0, 15.0, "Extreme")
    } else if reach >= 10.0 {
        (6.0, 10.0, "Severe")
    } else if reach >= 6.0 {
        (4.0, 6.0, "Significant")
    } else if reach >= 3.0 {
        (2.0, 4.0, "Moderate")
    } else {
        (1.5, 2.0, "Limited")
    };
    Multiplier { min, max, label }
}

/// `Math.round`: halves toward plus infinity.
pub(crate) fn round_half_up(value: f64) -> f64 {
    let floor = value.floor();
    if value - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// The kind and quality of a drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DriftQuality {
    /// `optimal`, `extreme`, `minimal` or `moderate`.
    pub(crate) quality: &'static str,
    /// In words.
    pub(crate) interpretation: &'static str,
}

/// `teaching` from 0 on, `curiosity` below.
pub(crate) fn gap_type(drift: f64) -> &'static str {
    if drift < 0.0 { "curiosity" } else { "teaching" }
}

/// The FETCH score: chirp times the size of the drift times the confidence (percent above 1).
pub(crate) fn fetch(chirp: f64, drift: f64, confidence: f64) -> f64 {
    let confidence = if confidence > 1.0 { confidence / 100.0 } else { confidence };
    chirp * drift.abs() * confidence
}

/// A confidence, which is 0 to 1 or percent, as 0 to 1. `None` for what is neither.
pub(crate) fn share(value: f64) -> Option<f64> {
    match value {
        0.0..=1.0 => Some(value),
        1.0..=100.0 => Some(value / 100.0),
        _ => None,
    }
}

/// The shares of the threshold from which on each band starts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Bands {
    /// EXECUTE from the threshold, CONFIRM from 0.75 of it, QUEUE from half of it. For a threshold of 1000 these are
    /// the reference's fixed 1000, 750 and 500.
    #[default]
    Relative,
    /// The documentation's: EXECUTE from the threshold, CONFIRM from half, QUEUE from a tenth.
    Docs,
}

impl Bands {
    /// The shares for CONFIRM and QUEUE.
    pub(crate) fn shares(self) -> (f64, f64) {
        match self {
            Self::Relative => (0.75, 0.5),
            Self::Docs => (0.5, 0.1),
        }
    }

    /// The band of a score.
    pub(crate) fn band(self, score: f64, threshold: f64) -> Band {
        let (confirm, queue) = self.shares();
        if score >= threshold {
            Band::Execute
        } else if score >= threshold * confirm {
            Band::Confirm
        } else if score >= threshold * queue {
            Band::Queue
        } else {
            Band::Wait
        }
    }
}

/// The quality of a drift of a kind; unknown kinds count as teaching.
pub(crate) fn drift_quality(drift: f64, gap_type: &str) -> DriftQuality {
    let size = drift.abs();
    let curiosity = gap_type == "curiosity";
    let optimal = if curiosity { 11.0..=20.0 } else { 8.0..=15.0 };
    let (quality, interpretation) = match (curiosity, optimal.contains(&size)) {
        (true, true) => ("optimal", "Perfect curiosity gap - engaging and intriguing"),
        (false, true) => ("optimal", "Perfect teaching gap - clear guidance without overwhelm"),
        (true, false) if size > 25.0 => ("extreme", "Gap too large - may cause confusion or disengagement"),
        (false, false) if size > 25.0 => ("extreme", "Over-explanation - may cause cognitive overload"),
        (true, false) if size < 5.0 => ("minimal", "Gap too small - insufficient curiosity generation"),
        (false, false) if size < 5.0 => ("minimal", "Insufficient teaching - gap too small"),
        (true, false) => ("moderate", "Reasonable curiosity gap"),
        (false, false) => ("moderate", "Reasonable teaching gap"),
    };
    DriftQuality { quality, interpretation }
}
