//! `.env` files, as the tools read them that load them.

use std::path::PathBuf;

use super::Place;

/// Pairs of a few files, the first file first.
#[derive(Default)]
pub(super) struct Dotenv(Vec<(String, Vec<(String, String)>)>);

impl Dotenv {
    /// Reads those of `paths` that exist.
    pub(super) fn load(place: &Place<'_>, paths: impl IntoIterator<Item = Option<PathBuf>>) -> Self {
        let read = |path: PathBuf| Some((place.files.shown(&path), pairs(&place.files.text(&path)?)));
        Self(paths.into_iter().flatten().filter_map(read).collect())
    }

    /// The value of `name`, and the file that has it.
    pub(super) fn get(&self, name: &str) -> Option<(&str, &str)> {
        self.0.iter().find_map(|(file, pairs)| {
            let (_, value) = pairs.iter().rev().find(|(key, value)| key == name && !value.is_empty())?;
            Some((value.as_str(), file.as_str()))
        })
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim();
        if key.is_empty() || key.starts_with('#') || key.contains(char::is_whitespace) {
            continue;
        }
        let value = value.trim();
        let literal = value.starts_with('\'');
        let mut value = super::ini::unquoted(value).to_owned();
        if !literal {
            value = expanded(&value, &pairs);
        }
        pairs.push((key.to_owned(), value));
    }
    pairs
}

/// `${NAME}` of the lines before; what is not known stays as it is written.
fn expanded(text: &str, pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        match pairs.iter().rev().find(|(key, _)| key == name) {
            // Values that grow with every line end here.
            Some((_, value)) if out.len() + value.len() < 4_096 => out.push_str(value),
            _ => {
                out.push_str("${");
                out.push_str(name);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_tools_do() {
        let text = "# A=0\nexport A = 'x # y'\nB=\"z\" # c\nHOST=db.prod\nURL=postgres://u:p@${HOST}/x # c\nC='${HOST}'\nD=${NO}${\nbad line\nB=last\n";
        let env = Dotenv(vec![(".env".to_owned(), pairs(text))]);
        for (name, expected) in [
            ("A", Some("x # y")),
            ("B", Some("last")),
            ("URL", Some("postgres://u:p@db.prod/x")),
            ("C", Some("${HOST}")),
            ("D", Some("${NO}${")),
            ("# A", None),
        ] {
            assert_eq!(env.get(name).map(|(value, _)| value), expected, "{name}");
        }
        let bomb: String = (0..200)
            .fold("A0=xxxxxxxxxx\n".to_owned(), |text, n| format!("{text}A{}=${{A{n}}}${{A{n}}}${{A{n}}}\n", n + 1));
        assert!(pairs(&bomb).iter().all(|(_, value)| value.len() < 20_000));
    }
}
