//! Values of secrets, which nobody needs to see to know what a command does: they are left out of steps and effects.

use weir_model::{Effect, Step, WordValue, is_secret_variable};

use crate::World as _;

use super::Evaluator;
use super::state::{Shell, Var};
use super::text::has_hole;

/// What stands for a secret.
const HIDDEN: &str = "…";
/// Values that are remembered.
const MOST_VALUES: usize = 64;
/// What is shorter is found in too many other words.
const SHORTEST: usize = 4;
/// As [`SHORTEST`], in the names of effects.
const SHORTEST_IN_EFFECTS: usize = 8;

/// The values that must not be shown.
#[derive(Default)]
pub(super) struct Hidden {
    values: Vec<String>,
    /// Those of files that hold secrets, which are left out of steps alone: not every line of such a file is secret.
    lines: Vec<String>,
}

impl Hidden {
    fn add(to: &mut Vec<String>, value: &str) {
        // A path says where the secret is.
        let is_path = value.starts_with(['/', '~', '.']);
        let fits = value.len() >= SHORTEST && !is_path && !has_hole(value) && to.len() < MOST_VALUES;
        if fits && !to.iter().any(|known| known == value) {
            to.push(value.to_owned());
            // What holds another one is left out first.
            to.sort_by_key(|value| std::cmp::Reverse(value.len()));
        }
    }

    /// Leaves values out of the effects: those that are no ordinary words, which may be a name of something, too.
    pub(super) fn clear_effects(&self, effects: &mut [Effect]) {
        let is_word = |value: &str| value.bytes().all(|byte| byte.is_ascii_lowercase());
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        let values: Vec<&str> =
            values.into_iter().filter(|value| value.len() >= SHORTEST_IN_EFFECTS && !is_word(value)).collect();
        if values.is_empty() {
            return;
        }
        for effect in effects {
            let target = &mut effect.target;
            let texts = [Some(&mut target.name), target.environment_from.as_mut(), effect.note.as_mut()];
            for text in texts.into_iter().flatten().chain(effect.preview.as_mut()).chain(&mut effect.via) {
                replace(text, &values);
            }
        }
    }

    pub(super) fn clear_steps(&self, steps: &mut [Step]) {
        let values: Vec<&str> = self.values.iter().chain(&self.lines).map(String::as_str).collect();
        clear(steps, &values);
    }
}

fn clear(steps: &mut [Step], values: &[&str]) {
    for step in steps {
        show(&mut step.source, values);
        for word in &mut step.words {
            show(&mut word.source, values);
            match &mut word.value {
                WordValue::Exactly { text } | WordValue::Prefix { text } => show(text, values),
                WordValue::OneOf { texts } => texts.iter_mut().for_each(|text| show(text, values)),
                WordValue::Unknown => {}
            }
        }
        clear(&mut step.steps, values);
    }
}

fn show(text: &mut String, values: &[&str]) {
    replace(text, values);
    if text.contains("://") && text.contains('@') {
        *text = without_passwords(text);
    }
}

fn replace(text: &mut String, values: &[&str]) {
    for value in values {
        if text.contains(value) {
            *text = text.replace(value, HIDDEN);
        }
    }
}

/// Addresses without the user and the password that stand before the machine's name.
fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '\'' | '"')).unwrap_or(after.len());
        let (authority, more) = after.split_at_checked(end).unwrap_or((after, ""));
        match authority.rsplit_once('@') {
            Some((user, host)) if user.contains(':') => {
                out.push_str(HIDDEN);
                out.push('@');
                out.push_str(host);
            }
            _ => out.push_str(authority),
        }
        rest = more;
    }
    out.push_str(rest);
    out
}

impl Evaluator<'_> {
    /// A variable is expanded: what it holds is not shown where its name says that it is secret.
    pub(super) fn hide(&mut self, name: &str, shell: &Shell) {
        if !is_secret_variable(name) {
            return;
        }
        match shell.var(name) {
            Some(Var::Scalar(texts)) => {
                for text in texts {
                    Hidden::add(&mut self.hidden.values, text);
                }
            }
            None => {
                if let Some(text) = self.world.env(name) {
                    Hidden::add(&mut self.hidden.values, &text);
                }
            }
            Some(_) => {}
        }
    }

    /// Variables are read from a file that holds secrets.
    pub(super) fn hide_lines(&mut self, text: &str) {
        if self.trace.is_none() {
            return;
        }
        for line in text.lines() {
            if let Some((_, value)) = line.split_once('=') {
                Hidden::add(&mut self.hidden.lines, value.trim().trim_matches(['\'', '"']));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use crate::lab::Machine;
    use crate::{DirEntry, FileKind, World};

    /// A machine with one secret in its environment.
    struct Secretive(Machine, &'static str);

    impl World for Secretive {
        fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
            self.0.read(path, limit)
        }
        fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>> {
            self.0.list(dir, limit)
        }
        fn kind(&self, path: &Path) -> Option<FileKind> {
            self.0.kind(path)
        }
        fn env(&self, name: &str) -> Option<String> {
            weir_model::is_secret_variable(name).then(|| self.1.to_owned())
        }
        fn home(&self, user: Option<&str>) -> Option<PathBuf> {
            self.0.home(user)
        }
    }

    #[test]
    fn values_of_secrets_are_not_shown() {
        for (text, shown) in [
            ("curl -H \"Authorization: Bearer $GITHUB_TOKEN\" https://x.example", "Bearer …"),
            ("curl \"https://x.example/?key=${API_KEY}\"", "key=…"),
            ("psql \"postgres://app:$DB_PASSWORD@db.example/x\"", "://…@db.example/x"),
            ("psql postgres://app:tr0ub4dor-3@db.example/x", "://…@db.example/x"),
            ("API_KEY=tr0ub4dor-3; curl \"https://x.example/$API_KEY\"", "x.example/…"),
            ("X=$(cat .env); echo \"$X\"", "echo …"),
            ("source .env; psql \"$DATABASE\"", "psql …"),
            ("sh -c \"curl https://x.example/$API_KEY\"", "curl https://x.example/…"),
        ] {
            let machine = Secretive(Machine::new([("/w/.env", "DATABASE='tr0ub4dor-3'\n")]), "tr0ub4dor-3");
            let analysis = super::super::analyze(text, Path::new("/w"), &machine, true);
            let all = format!("{:?}", analysis.steps);
            let words: Vec<String> = words(&analysis.steps);
            assert!(!all.contains("tr0ub4dor"), "{text}: {all}");
            assert!(words.iter().any(|words| words.contains(shown)), "{text}: {words:?}");
            // Lines of a file are names of machines and databases, too, by which effects are judged.
            if text.starts_with("source") {
                continue;
            }
            // What the measurement looks up is never written down.
            let shown =
                |effect: &weir_model::Effect| format!("{} {:?}", effect.target.name, effect.target.environment_from);
            let effects: Vec<String> = analysis.effects.iter().map(shown).collect();
            assert!(!effects.concat().contains("tr0ub4dor"), "{text}: {effects:?}");
        }
    }

    fn words(steps: &[weir_model::Step]) -> Vec<String> {
        let text = |word: &weir_model::StepWord| match &word.value {
            weir_model::WordValue::Exactly { text } => text.clone(),
            other => format!("{other:?}"),
        };
        let mut all = Vec::new();
        for step in steps {
            all.push(step.words.iter().map(text).collect::<Vec<_>>().join(" "));
            all.extend(words(&step.steps));
        }
        all
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        let machine = Secretive(Machine::new([("/w/.env", "A=production\n")]), "postgres");
        let text = "psql \"postgres://$DB_PASSWORD:$DB_PASSWORD@postgres.prod/x\" -c 'DROP TABLE a'; rm -rf production";
        let analysis = super::super::analyze(text, Path::new("/w"), &machine, true);
        let effects = format!("{:?}", analysis.effects);
        assert!(effects.contains("postgres.prod") && effects.contains("production"), "{effects}");
    }
}
