//! Numbers that print as they are.

use std::fmt;

use serde::{Serialize, Serializer};

/// A finite number in its shortest decimal form: `10`, not `10.0`; `64.713`, not `64.71300000000001`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Decimal(f64);

impl Decimal {
    /// Rounded to `places` decimals, halves upward as `Math.round` does. What is not finite becomes 0.
    #[must_use]
    pub fn rounded(value: f64, places: u32) -> Self {
        Self(round(value, places))
    }

    /// As a double.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<u32> for Decimal {
    fn from(value: u32) -> Self {
        Self(f64::from(value))
    }
}

/// Rounds to `places` decimals. The product is taken to 15 significant digits first, so that 2603.4800000000005 and
/// 1.005 round as their decimal forms do.
#[must_use]
pub fn round(value: f64, places: u32) -> f64 {
    if !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powi(i32::try_from(places).unwrap_or(15));
    let scaled = value * scale;
    // A double below 10^9 and its decimal form differ by less than 10^-6: away from a half they round alike.
    let away = (scaled - scaled.floor() - 0.5).abs() > 1e-5;
    if away && scaled.abs() < 1e9 { unscaled(scaled, scale) } else { round_written(value, scale) }
}

fn unscaled(scaled: f64, scale: f64) -> f64 {
    let rounded = (scaled + 0.5).floor() / scale;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// Rounds a number as it is written with 15 significant digits.
fn round_written(value: f64, scale: f64) -> f64 {
    // The decimal form with 15 significant digits is what a person wrote or would write.
    let Ok(written) = format!("{value:.14e}").parse::<f64>() else { return value };
    let scaled = written * scale;
    if !scaled.is_finite() {
        return value;
    }
    let Ok(scaled) = format!("{scaled:.14e}").parse::<f64>() else { return value };
    unscaled(scaled, scale)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rust prints the shortest form that reads back, without an exponent, and whole numbers without a point.
        write!(f, "{}", self.0)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
        if self.0.fract() == 0.0 && self.0.abs() < 9_007_199_254_740_992.0 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_a_person_would_write_them() {
        let cases = [
            (59.17 * 50.0 * 0.88, 6, "2603.48"),
            (64.713_000_000_000_01, 6, "64.713"),
            (10.0, 2, "10"),
            (1.005, 2, "1.01"),
            (-0.0001, 2, "0"),
            (1e9, 0, "1000000000"),
            (f64::NAN, 2, "0"),
        ];
        for (value, places, text) in cases {
            let decimal = Decimal::rounded(value, places);
            assert_eq!(decimal.to_string(), text);
            assert_eq!(serde_json::to_string(&decimal).unwrap(), text);
        }
    }

    #[test]
    fn quick_rounding_is_exact_rounding() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for step in 0..200_000u32 {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            let wild = f64::from_bits((state >> 12) | 0x3FF0_0000_0000_0000) * f64::from(step % 4001) - 2000.0;
            for value in [f64::from(step) * 0.000_5, f64::from(step) / 6.0, wild, wild * 1e5, wild * 1e-7] {
                for places in [0, 1, 2, 6] {
                    let exact = round_written(value, 10f64.powi(places));
                    assert_eq!(round(value, places.cast_unsigned()).to_bits(), exact.to_bits(), "{value} {places}");
                }
            }
        }
    }
}
