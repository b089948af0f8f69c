//! Names that look like another.

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

/// How many characters must be put in, left out or replaced.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, left) in one.chars().take(200).enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut last = index + 1;
        next.push(last);
        for (pair, right) in row.windows(2).zip(&other) {
            let &[diagonal, above] = pair else { continue };
            last = (diagonal + usize::from(left != *right)).min(above + 1).min(last + 1);
            next.push(last);
        }
        row = next;
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
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
