//! Brace expansion: `{a,b}` and `{1..9}`, before everything else is expanded.

use super::ir::Part;
use super::limits::MAX_BRACES;

/// A character that may mean something, or a part that does not.
#[derive(Clone)]
enum Item {
    Plain(char),
    Whole(Part),
}

/// The words that `parts` stands for. `None` where there are too many.
pub(crate) fn expand(parts: &[Part]) -> Option<Vec<Vec<Part>>> {
    let may = |part: &Part| matches!(part, Part::Text { text, quoted: false } if text.contains('{'));
    if !parts.iter().any(may) {
        return Some(vec![parts.to_vec()]);
    }
    let mut items = Vec::new();
    for part in parts {
        match part {
            Part::Text { text, quoted: false } => items.extend(text.chars().map(Item::Plain)),
            part => items.push(Item::Whole(part.clone())),
        }
    }
    let words = words(&items, 0)?;
    Some(words.into_iter().map(|items| joined(&items)).collect())
}

fn plain(item: Option<&Item>) -> Option<char> {
    match item {
        Some(Item::Plain(c)) => Some(*c),
        _ => None,
    }
}

/// Levels of braces in braces; deeper ones stay text.
const MOST_LEVELS: usize = 12;

fn words(items: &[Item], level: usize) -> Option<Vec<Vec<Item>>> {
    let mut out: Vec<Vec<Item>> = vec![Vec::new()];
    let mut at = 0;
    while let Some(item) = items.get(at) {
        let group = (plain(Some(item)) == Some('{') && level < MOST_LEVELS).then(|| group(items, at)).flatten();
        let Some((choices, after)) = group else {
            out.iter_mut().for_each(|word| word.push(item.clone()));
            at += 1;
            continue;
        };
        let mut expanded = Vec::new();
        for choice in choices {
            expanded.extend(words(&choice, level + 1)?);
        }
        if out.len().saturating_mul(expanded.len()) > MAX_BRACES {
            return None;
        }
        out = out
            .into_iter()
            .flat_map(|word| expanded.iter().map(move |more| [word.as_slice(), more.as_slice()].concat()))
            .collect();
        at = after;
    }
    Some(out)
}

/// The choices of the group that opens at `open`, and where the word goes on. `None` where it is no group.
fn group(items: &[Item], open: usize) -> Option<(Vec<Vec<Item>>, usize)> {
    let mut depth = 0usize;
    let mut choices = vec![Vec::new()];
    for (at, item) in items.iter().enumerate().skip(open + 1) {
        match plain(Some(item)) {
            Some('{') => depth += 1,
            Some('}') if depth == 0 => {
                if choices.len() > 1 {
                    return Some((choices, at + 1));
                }
                return range(choices.first()?).map(|choices| (choices, at + 1));
            }
            Some('}') => depth -= 1,
            Some(',') if depth == 0 => {
                choices.push(Vec::new());
                continue;
            }
            _ => {}
        }
        choices.last_mut()?.push(item.clone());
    }
    None
}

/// `1..9`, `01..10..2`, `a..f`.
fn range(items: &[Item]) -> Option<Vec<Vec<Item>>> {
    let text: String = items.iter().map(|item| plain(Some(item))).collect::<Option<String>>()?;
    let mut ends = text.split("..");
    let (from, to, step) = (ends.next()?, ends.next()?, ends.next());
    if ends.next().is_some() {
        return None;
    }
    let step = step.map_or(Some(1), |step| step.parse::<i64>().ok())?.unsigned_abs().max(1);
    let spell = |text: String| text.chars().map(Item::Plain).collect::<Vec<_>>();
    if let (Ok(from_number), Ok(to_number)) = (from.parse::<i64>(), to.parse::<i64>()) {
        let padded =
            |text: &str| text.trim_start_matches('-').len() > 1 && text.trim_start_matches('-').starts_with('0');
        let width = if padded(from) || padded(to) { from.len().max(to.len()) } else { 0 };
        let count = usize::try_from(from_number.abs_diff(to_number) / step).ok().filter(|count| *count < MAX_BRACES)?;
        let step = i64::try_from(step).ok()?;
        let step = if from_number <= to_number { step } else { -step };
        return Some(
            std::iter::successors(Some(from_number), |n| n.checked_add(step))
                .take(count + 1)
                .map(|n| spell(format!("{n:0width$}")))
                .collect(),
        );
    }
    let letter = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|c| c.is_ascii_alphabetic() && chars.next().is_none()).map(u32::from)
    };
    let (from, to) = (letter(from)?, letter(to)?);
    let step = usize::try_from(step).ok()?;
    let letters: Vec<u32> = if from <= to { (from..=to).collect() } else { (to..=from).rev().collect() };
    Some(letters.into_iter().step_by(step).filter_map(char::from_u32).map(|c| spell(c.to_string())).collect())
}

fn joined(items: &[Item]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for item in items {
        match item {
            Item::Plain(c) => match parts.last_mut() {
                Some(Part::Text { text, quoted: false }) => text.push(*c),
                _ => parts.push(Part::Text { text: c.to_string(), quoted: false }),
            },
            Item::Whole(part) => parts.push(part.clone()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand_text(text: &str) -> Vec<String> {
        let words = expand(&[Part::Text { text: text.to_owned(), quoted: false }]).unwrap();
        words
            .iter()
            .map(|parts| {
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Text { text, .. } => text.as_str(),
                        _ => "?",
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn braces_expand_as_in_bash() {
        assert_eq!(expand_text("a{b,c}d"), ["abd", "acd"]);
        assert_eq!(expand_text("{a,b{c,d}}"), ["a", "bc", "bd"]);
        assert_eq!(expand_text("{,x}"), ["", "x"]);
        assert_eq!(expand_text("{1..3}"), ["1", "2", "3"]);
        assert_eq!(expand_text("{08..10}"), ["08", "09", "10"]);
        assert_eq!(expand_text("{c..a}"), ["c", "b", "a"]);
        assert_eq!(expand_text("{5..1..2}"), ["5", "3", "1"]);
        for same in ["{a}", "{}", "a{b", "a}b,c", "{1..}", "{1...3}"] {
            assert_eq!(expand_text(same), [same]);
        }
        assert!(expand(&[Part::Text { text: "{1..99}{1..99}".to_owned(), quoted: false }]).is_none());
        assert_eq!(expand_text("{1..99999999}").len(), 1);
    }
}
