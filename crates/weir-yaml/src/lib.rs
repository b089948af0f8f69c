//! As much of YAML as configuration files of tools are written in: maps, lists and texts.
//!
//! Anchors and aliases are seen and not followed, so that a small text cannot become a large tree; size and depth are
//! bounded; tags and several documents are of no interest here.

use saphyr_parser::{Event, Parser};

/// The deepest nesting that is read.
const DEEPEST: usize = 32;
/// The most nodes that are read.
const MOST_NODES: usize = 20_000;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yaml {
    /// A scalar, whatever it would be resolved to.
    Text(String),
    /// A sequence.
    List(Vec<Yaml>),
    /// A mapping, in the order of the text.
    Map(Vec<(Yaml, Yaml)>),
    /// An alias, which is not followed.
    Alias,
}

impl Yaml {
    /// Reads the first document; `None` where it is none, or larger than is looked at.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // What is open: lists and maps that are being filled, with the key that waits for its value.
        let mut open: Vec<(Self, Option<Self>)> = Vec::new();
        let mut nodes = 0;
        for event in Parser::new_from_str(text) {
            nodes += 1;
            if nodes > MOST_NODES || open.len() > DEEPEST {
                return None;
            }
            let done = match event.ok()?.0 {
                Event::Scalar(text, ..) => Self::Text(text.into_owned()),
                Event::Alias(_) => Self::Alias,
                Event::SequenceStart(..) => {
                    open.push((Self::List(Vec::new()), None));
                    continue;
                }
                Event::MappingStart(..) => {
                    open.push((Self::Map(Vec::new()), None));
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => open.pop()?.0,
                _ => continue,
            };
            match open.last_mut() {
                None => return Some(done),
                Some((Self::List(list), _)) => list.push(done),
                Some((Self::Map(map), key)) => match key.take() {
                    None => *key = Some(done),
                    Some(key) => map.push((key, done)),
                },
                Some(_) => return None,
            }
        }
        None
    }

    /// The value of a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(map) = self else { return None };
        map.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text at the end of these keys.
    #[must_use]
    pub fn at(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().try_fold(self, |yaml, key| yaml.get(key))?.text()
    }

    /// The entries of a mapping whose keys are texts, in order; none for anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let map: &[(Self, Self)] = match self {
            Self::Map(map) => map,
            _ => &[],
        };
        map.iter().filter_map(|(key, value)| Some((key.text()?, value)))
    }

    /// The items of a sequence; none for anything else.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_and_bombs_are_not() {
        let yaml = Yaml::parse("a: &x\n  - b: 'c d'\n  - [e, {f: g}]\nh: *x\n").unwrap();
        assert_eq!(yaml.get("a").unwrap().list()[0].at(&["b"]), Some("c d"));
        assert_eq!(yaml.get("h"), Some(&Yaml::Alias));
        assert_eq!(Yaml::parse(r#"{"json": {"is": "yaml"}}"#).unwrap().at(&["json", "is"]), Some("yaml"));
        for text in ["", "a: [", &"[".repeat(100_000), &"- a\n".repeat(100_000), "a: b: c"] {
            assert_eq!(Yaml::parse(text), None, "{}", text.chars().take(20).collect::<String>());
        }
    }
}
