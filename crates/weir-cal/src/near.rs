//! Names that look like another.

/// How much of a name is looked at.
const LONGEST: usize = 200;

/// The names that are most like `name`, most alike first, at most three.
pub(crate) fn near<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let letters = |name: &str| -> Vec<char> { name.chars().flat_map(char::to_lowercase).take(LONGEST).collect() };
    let wanted = letters(name);
    let most = (wanted.len() / 3).max(1);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|other| (distance(&wanted, &letters(other)), other))
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
pub(crate) fn distance(one: &[char], other: &[char]) -> usize {
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
            let letters = |text: &str| text.chars().collect::<Vec<char>>();
            assert_eq!(distance(&letters(one), &letters(other)), expected, "{one} {other}");
        }
    }
}
