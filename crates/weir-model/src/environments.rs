//! Which names belong to which environment, as people have written it down.

use serde::{Deserialize, Serialize};

use crate::Environment;

/// One line of people's own: names like this belong to that environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentPattern {
    /// The environment.
    pub environment: Environment,
    /// The pattern, in lower case; `*` stands for any text.
    pub pattern: String,
    /// The file that says so.
    pub file: String,
}

/// Patterns of names (accounts, projects, contexts, hosts, databases), each with its environment.
///
/// A pattern is compared with a name as a whole, with its parts (the host of an address, the account in an ARN) and with
/// its words. Case does not count. The order does not matter: of several that match, the strictest environment counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environments {
    /// What the organization and the person say. It goes before what the words of a name say.
    pub own: Vec<EnvironmentPattern>,
    /// What a repository says. It may make a name stricter than it is otherwise, and never less strict.
    pub tightening: Vec<EnvironmentPattern>,
}

impl Environments {
    /// True where nobody has written anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.own.is_empty() && self.tightening.is_empty()
    }

    /// The environment of `name`, with the pattern that says so. `words` is what it is taken for where no pattern of
    /// the organization or the person matches.
    #[must_use]
    pub fn classify(
        &self,
        name: &str,
        words: Option<Environment>,
    ) -> Option<(Environment, Option<&EnvironmentPattern>)> {
        if self.is_empty() {
            return words.map(|environment| (environment, None));
        }
        let name = name.to_lowercase();
        let own = strictest(&self.own, &name).map(|pattern| (pattern.environment, Some(pattern)));
        let base = own.or(words.map(|environment| (environment, None)));
        match (base, strictest(&self.tightening, &name)) {
            (Some((known, _)), Some(tighter)) if tighter.environment.strictness() >= known.strictness() => base,
            (_, Some(tighter)) => Some((tighter.environment, Some(tighter))),
            (base, None) => base,
        }
    }
}

/// `name` is in lower case.
fn strictest<'p>(patterns: &'p [EnvironmentPattern], name: &str) -> Option<&'p EnvironmentPattern> {
    let fits = |entry: &&EnvironmentPattern| {
        fits_pattern(&entry.pattern, name)
            || parts(name).chain(words(name)).any(|part| fits_pattern(&entry.pattern, part))
    };
    patterns.iter().filter(fits).min_by_key(|entry| entry.environment.strictness())
}

/// What stands between the marks of addresses and identifiers; dots and dashes belong to names.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))).filter(|part| !part.is_empty())
}

/// Runs of letters and digits.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// True where `name` fits `pattern`, in which `*` is any text. Takes time by their lengths alone.
#[must_use]
pub fn fits_pattern(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return name.ends_with(piece);
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
    use Environment::{Development, Production, Scratch, Staging};

    fn patterns(list: &[(Environment, &str)]) -> Vec<EnvironmentPattern> {
        let one = |(environment, pattern): &(Environment, &str)| EnvironmentPattern {
            environment: *environment,
            pattern: (*pattern).to_owned(),
            file: "environments.toml".to_owned(),
        };
        list.iter().map(one).collect()
    }

    fn found(all: &Environments, name: &str, words: Option<Environment>) -> Option<Environment> {
        all.classify(name, words).map(|(environment, _)| environment)
    }

    #[test]
    fn patterns_match_whole_names_their_parts_and_their_words() {
        let own = patterns(&[
            (Production, "*prod*"),
            (Production, "123456789012"),
            (Production, "db.example.com"),
            (Production, "crown"),
            (Staging, "stage-*-eu"),
            (Development, "*"),
        ]);
        let all = Environments { own, tightening: Vec::new() };
        for (name, expected) in [
            ("shop-Prod-eu", Production),
            ("arn:aws:rds:eu-west-1:123456789012:db:x", Production),
            ("1234567890123", Development),
            ("postgres://app@db.example.com:5432/shop", Production),
            ("db.example.com.evil.org", Development),
            ("the-crown_jewels", Production),
            ("crowned", Development),
            ("stage-1-eu", Staging),
            ("stage-eu", Development),
            ("stage--eu", Staging),
        ] {
            assert_eq!(found(&all, name, None), Some(expected), "{name}");
        }
        for (pattern, name, fits) in [
            ("a*b*c", "axbyc", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "ab", false),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("", "", true),
            ("**", "x", true),
        ] {
            assert_eq!(fits_pattern(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn people_go_before_words_and_a_repository_only_tightens() {
        let all = Environments {
            own: patterns(&[(Development, "prod-playground"), (Scratch, "tmp-*"), (Production, "shop")]),
            tightening: patterns(&[(Staging, "*prod*"), (Production, "tmp-1")]),
        };
        for (name, words, expected) in [
            // The person has the last word over the words, but the repository says staging.
            ("prod-playground", Some(Production), Some(Staging)),
            ("tmp-2", Some(Production), Some(Scratch)),
            ("tmp-1", None, Some(Production)),
            // Saying staging of what is production already changes nothing.
            ("x-prod", Some(Production), Some(Production)),
            ("x-prod", Some(Development), Some(Staging)),
            ("x-prod", None, Some(Staging)),
            ("other", Some(Staging), Some(Staging)),
            ("other", None, None),
            ("shop", Some(Development), Some(Production)),
        ] {
            assert_eq!(found(&all, name, words), expected, "{name} {words:?}");
        }
        assert_eq!(found(&Environments::default(), "x", Some(Staging)), Some(Staging));
    }
}
