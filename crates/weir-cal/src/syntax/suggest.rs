//! What was probably meant.

use crate::near::distance;

/// The candidate nearest to `word`, if one is near enough to be a slip.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > 40 {
        return None;
    }
    let word: Vec<char> = word.to_uppercase().chars().collect();
    let most = match word.len() {
        0..=2 => return None,
        3..=4 => 1,
        _ => 2,
    };
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other: Vec<char> = candidate.to_uppercase().chars().collect();
            let distance = distance(&word, &other);
            (distance <= most && distance < other.len() / 2 + 1).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let words = ["WHERE", "WHEN", "ACROSS", "DEPTH", "SURFACE"];
        let cases = [
            ("WHER", Some("WHERE")),
            ("wehre", Some("WHERE")),
            ("ACROS", Some("ACROSS")),
            ("surfcae", Some("SURFACE")),
            ("x", None),
            ("customers", None),
            ("teh", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, words), expected, "{word}");
        }
    }
}
