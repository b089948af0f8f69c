//! Which names belong to which environment, as people have written it down.

use serde::{Deserialize, Serialize};

use crate::Environment;

/// Patterns of names (accounts, projects, contexts, hosts, databases), each with its environment.
///
/// `*` stands for any text; case does not count. A pattern is compared with a name as a whole and with its parts: the
/// host and the database of an address, the account in an ARN.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environments {
    /// In no order that matters: of several that match, the strictest environment counts.
    pub patterns: Vec<(Environment, String)>,
}

impl Environments {
    /// The strictest environment of which a pattern matches one of `names`, with that pattern.
    #[must_use]
    pub fn classify<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<(Environment, &str)> {
        let mut found: Option<(Environment, &str)> = None;
        for name in names {
            let lower = name.to_lowercase();
            for (environment, pattern) in &self.patterns {
                let stricter = found.is_none_or(|(known, _)| strictness(*environment) < strictness(known));
                if stricter && (matches(pattern, &lower) || parts(&lower).any(|part| matches(pattern, part))) {
                    found = Some((*environment, pattern));
                }
            }
        }
        found
    }
}

/// The order in which environments are protected.
const fn strictness(environment: Environment) -> u8 {
    match environment {
        Environment::Production => 0,
        Environment::Staging => 1,
        Environment::Development => 2,
        Environment::Scratch => 3,
        Environment::Unknown => 4,
    }
}

/// What stands between the marks of addresses and identifiers; dots and dashes belong to names.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))).filter(|part| !part.is_empty())
}

/// `*` is any text; `name` is in lower case.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern = pattern.to_lowercase();
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return name.len() >= piece.len() && name.ends_with(piece);
        }
        match name.split_once(piece) {
            Some((_, after)) => name = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names_and_their_parts() {
        let environments = |list: &[(Environment, &str)]| Environments {
            patterns: list.iter().map(|(environment, pattern)| (*environment, (*pattern).to_owned())).collect(),
        };
        let all = environments(&[
            (Environment::Production, "*prod*"),
            (Environment::Production, "123456789012"),
            (Environment::Production, "db.example.com"),
            (Environment::Staging, "stage-*-eu"),
            (Environment::Development, "*"),
        ]);
        for (name, expected) in [
            ("shop-Prod-eu", Environment::Production),
            ("arn:aws:rds:eu-west-1:123456789012:db:x", Environment::Production),
            ("1234567890123", Environment::Development),
            ("postgres://app@db.example.com:5432/shop", Environment::Production),
            ("db.example.com.evil.org", Environment::Development),
            ("stage-1-eu", Environment::Staging),
            ("stage-eu", Environment::Development),
            ("stage--eu", Environment::Staging),
        ] {
            assert_eq!(all.classify([name]).map(|(environment, _)| environment), Some(expected), "{name}");
        }
        assert_eq!(all.classify([]), None);
        let some = environments(&[(Environment::Production, "a*b*c")]);
        assert!(some.classify(["aXbYc"]).is_some() && some.classify(["abc"]).is_some());
        assert!(some.classify(["ab"]).is_none() && some.classify(["acb"]).is_none());
        // The strictest of all names, whatever the order.
        assert_eq!(all.classify(["x", "prod"]), Some((Environment::Production, "*prod*")));
        assert_eq!(all.classify(["prod", "x"]), Some((Environment::Production, "*prod*")));
    }
}
