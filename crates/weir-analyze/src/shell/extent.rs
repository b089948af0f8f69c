//! How much there is in a text, counted before it is parsed: parsers read to the end what nobody will evaluate.

use super::limits::{MAX_SEPARATORS, MAX_SUBSTITUTIONS, MAX_TANGLE, MAX_WRITTEN};

/// Why a text is not parsed; `None` where it is.
///
/// One pass that knows quotes, comments and here-documents roughly. Where it is mistaken about them, the parser takes
/// longer, or a text that is very long is not read.
pub(super) fn too_much(text: &str) -> Option<&'static str> {
    if text.len() < MAX_SUBSTITUTIONS {
        return None;
    }
    let mut extent = Extent { tangle: 0, separators: 0, words: 0, substitutions: 0, quote: 0 };
    let mut lines = text.lines();
    let mut lost = 0;
    while let Some(line) = lines.next() {
        extent.line(line);
        if let Some(why) = extent.too_much() {
            return Some(why);
        }
        // What is in quotes begins no document.
        if extent.quote != 0 || lost > MOST_LOST {
            continue;
        }
        let Some((delimiter, expands)) = document(line) else { continue };
        let mut after = lines.clone();
        if after.any(|line| line.trim_start_matches('\t') == delimiter) {
            for line in lines.by_ref().take_while(|line| line.trim_start_matches('\t') != delimiter) {
                if expands {
                    extent.document(line);
                }
            }
        } else {
            lost += 1;
        }
    }
    extent.too_much()
}

/// How often a document is looked for that has no end.
const MOST_LOST: usize = 4;

/// What ends the document that begins on this line, and whether it expands.
fn document(line: &str) -> Option<(&str, bool)> {
    let (_, delimiter) = line.rsplit_once("<<").filter(|(before, _)| !before.ends_with('<'))?;
    let delimiter = delimiter.trim_start_matches(['-', ' ']);
    let bare = delimiter.trim_start_matches(['\'', '"', '\\']);
    let end = bare.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(bare.len());
    let name = bare.get(..end).filter(|name| !name.is_empty())?;
    Some((name, bare.len() == delimiter.len()))
}

struct Extent {
    /// Bytes that the parser reads again for substitutions that stand together.
    tangle: usize,
    /// Lines, and what separates commands.
    separators: usize,
    words: usize,
    substitutions: usize,
    /// The quote in which a line begins; 0 for none.
    quote: u8,
}

impl Extent {
    fn too_much(&self) -> Option<&'static str> {
        if self.separators > MAX_SEPARATORS {
            Some("there are too many commands to be read")
        } else if self.substitutions > MAX_SUBSTITUTIONS || self.tangle > MAX_TANGLE {
            Some("there are too many substitutions to be read")
        } else if self.words > MAX_WRITTEN {
            Some("there are too many words to be read")
        } else {
            None
        }
    }

    fn line(&mut self, line: &str) {
        self.separators += 1;
        let before = self.substitutions;
        let mut last = b' ';
        let mut bytes = line.bytes();
        while let Some(byte) = bytes.next() {
            if self.quote != b'\'' && matches!((last, byte), (b'$' | b'<' | b'>', b'(') | (_, b'`')) {
                self.substitutions += 1;
            }
            match (self.quote, byte) {
                (0, b';' | b'|' | b'&') => self.separators += 1,
                (0, b' ' | b'\t') if !matches!(last, b' ' | b'\t') => self.words += 1,
                (0, b'#') if matches!(last, b' ' | b'\t' | b';') => break,
                (0, b'\'' | b'"') => self.quote = byte,
                (quote, _) if quote == byte => self.quote = 0,
                (b'\'', _) => {}
                (_, b'\\') => {
                    bytes.next();
                }
                _ => {}
            }
            last = byte;
        }
        self.tangle += (self.substitutions - before) * line.len();
    }

    /// A line of a document that expands.
    fn document(&mut self, line: &str) {
        let before = self.substitutions;
        self.substitutions += line.matches("$(").count() + line.bytes().filter(|byte| *byte == b'`').count();
        self.tangle += (self.substitutions - before) * line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::too_much;

    #[test]
    fn what_is_only_data_is_not_counted() {
        let many = |text: &str| text.repeat(30_000);
        for text in [
            format!("cat > f <<'E'\n{}E\n", many("rm -rf a; $(b) `c`\n")),
            format!("cat > f <<E\n{}E\n", many("some words of a document; and more\n")),
            format!("printf %s '{}'", many("a b; $(c) ")),
            format!("git commit -m \"{}\"", many("some words; and more ")),
            format!("# {}\nls", many("it's a word; ")),
            many("a"),
        ] {
            assert_eq!(too_much(&text), None, "{}", text.lines().next().unwrap_or_default().len());
        }
    }

    #[test]
    fn what_takes_too_long_to_parse_is_counted() {
        let many = |text: &str| text.repeat(60_000);
        for (text, word) in [
            (many("a;"), "commands"),
            (many("a\n"), "commands"),
            (many("a | "), "commands"),
            (format!("echo {}", many("a ")), "words"),
            (format!("echo {}", many("$(a)")), "substitutions"),
            (format!("echo \"{}\"", many("$(a)\n")), "substitutions"),
            (format!("cat <<E\n{}E\n", many("$(a)\n")), "substitutions"),
            (format!("cat <<'E'\nE\n{}", many("a\n")), "commands"),
            (format!("cat <<< a; echo $((1 << 2))\n{}", many("a\n")), "commands"),
        ] {
            let said = too_much(&text).unwrap_or("nothing");
            assert!(said.contains(word), "{said}: {}", text.lines().next().unwrap_or_default().len());
        }
    }
}
