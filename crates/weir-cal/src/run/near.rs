//! Names that look like another.

/// How much of a name is looked at.
const LONGEST: usize = 200;

/// The names that are most like `name`, most alike first, at most three.
pub(crate) fn near<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|other| (distance(&wanted, &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().take(3).map(|(_, other)| other.to_owned()).collect()
}

/// What to say after a name that is not known.
pub(crate) fn alike(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!(": did you mean `{one}`?"),
        many => format!(": did you mean one of `{}`?", many.join("`, `")),
    }
}

/// How many characters must be put in, left out, replaced, or exchanged with their neighbor.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().take(LONGEST).collect();
    let other: Vec<char> = other.chars().take(LONGEST).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, left) in one.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut last = index + 1;
        next.push(last);
        for (place, right) in other.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            last = (at(&row, place) + usize::from(left != right)).min(at(&row, place + 1) + 1).min(last + 1);
            let exchanged =
                index > 0 && place > 0 && one.get(index - 1) == Some(right) && other.get(place - 1) == Some(left);
            if exchanged {
                last = last.min(at(&before, place - 1) + 1);
            }
            next.push(last);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name() {
        let names = ["orders_lost", "orders", "id"];
        assert_eq!(near("order_lost", names), ["orders_lost"]);
        assert_eq!(near("Orders", names), ["orders"]);
        assert!(near("sound", names).is_empty());
        assert_eq!(near("drfit", ["drift", "fetch"]), ["drift"]);
        for (one, other, expected) in [("kitten", "sitting", 3), ("ab", "ba", 1), ("abc", "ca", 3), ("", "ab", 2)] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }
}
