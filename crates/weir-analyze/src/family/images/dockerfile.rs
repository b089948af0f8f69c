//! A Dockerfile: its instructions with their flags and here-documents.

/// Instructions that are read; what is behind them is not.
const MOST_INSTRUCTIONS: usize = 2_000;
/// Here-documents of one instruction.
const MOST_DOCUMENTS: usize = 16;

/// One instruction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Instruction {
    /// Its name in capitals.
    pub(super) name: String,
    /// `--mount=…`, `--from=…`.
    pub(super) flags: Vec<String>,
    /// What stands behind them, with continued lines put together.
    pub(super) rest: String,
    /// Its here-documents, in their order.
    pub(super) documents: Vec<Document>,
}

/// A here-document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// The word that begins it (`<<-'EOF'`).
    pub(super) opening: String,
    /// The word that ends it.
    pub(super) name: String,
    /// Its text, with tabs before its lines taken away where `<<-` says so.
    pub(super) body: String,
}

impl Instruction {
    /// The words of the JSON form, where that is what stands there.
    pub(super) fn words(&self) -> Option<Vec<String>> {
        words(&self.rest)
    }

    /// The value of a flag.
    pub(super) fn flag<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter_map(move |flag| flag.strip_prefix(name)?.strip_prefix('='))
    }

    /// The instruction that `ONBUILD` keeps for later.
    pub(super) fn later(&self) -> Self {
        Self { documents: self.documents.clone(), ..parted(&self.rest) }
    }
}

/// The words of a list in JSON.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if !text.starts_with('[') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// The instructions of a Dockerfile; and whether these are all.
pub(super) fn read(text: &str) -> (Vec<Instruction>, bool) {
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    let escape = escape(text);
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if all.len() >= MOST_INSTRUCTIONS {
            return (all, false);
        }
        let mut whole = String::new();
        let mut next = Some(line);
        while let Some(line) = next {
            let bare = line.trim_end();
            let Some(part) = bare.strip_suffix(escape) else {
                whole.push_str(line);
                break;
            };
            whole.push_str(part);
            // Remarks and empty lines may stand between continued lines.
            next = lines.find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
        }
        let mut instruction = parted(&whole);
        if matches!(instruction.name.as_str(), "RUN" | "COPY" | "ADD" | "ONBUILD") {
            for (opening, name, strips) in openings(&instruction.rest) {
                let mut body = String::new();
                for line in lines.by_ref() {
                    let line = if strips { line.trim_start_matches('\t') } else { line };
                    if line == name {
                        break;
                    }
                    body.push_str(line);
                    body.push('\n');
                }
                instruction.documents.push(Document { opening, name, body });
            }
        }
        all.push(instruction);
    }
    (all, true)
}

/// The character that continues a line: what a directive at the top of the file says, else a backslash.
fn escape(text: &str) -> char {
    let directives = text.lines().map_while(|line| line.trim().strip_prefix('#')?.split_once('='));
    let mut named = directives.filter(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
    named.find_map(|(_, value)| value.trim().chars().next()).filter(|c| *c == '`').unwrap_or('\\')
}

/// An instruction without its here-documents.
fn parted(text: &str) -> Instruction {
    let text = text.trim();
    let (name, mut rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let mut flags = Vec::new();
    loop {
        rest = rest.trim_start();
        if !rest.starts_with("--") {
            break;
        }
        let (flag, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        flags.push(flag.to_owned());
        rest = after;
        if flag == "--" {
            break;
        }
    }
    Instruction { name: name.to_ascii_uppercase(), flags, rest: rest.to_owned(), documents: Vec::new() }
}

/// The words of a line that open here-documents: the word, the name, and whether tabs are taken away.
fn openings(text: &str) -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    let (mut word, mut quote) = (String::new(), None);
    for c in text.chars().chain([' ']) {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        if quote.is_some() || !(c.is_whitespace() || matches!(c, ';' | '|' | '&' | ')' | '>')) {
            word.push(c);
            continue;
        }
        let opening = std::mem::take(&mut word);
        let Some(rest) = opening.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<") else { continue };
        let (strips, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
        let name: String = rest.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        if !name.is_empty() && !name.contains('<') && found.len() < MOST_DOCUMENTS {
            found.push((opening, name, strips));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn instructions_are_read_as_docker_reads_them() {
        let text = "\u{feff}# syntax=docker/dockerfile:1\n# remark\n\nfrom --platform=$X alpine AS base\n\
            RUN a \\\n  # remark\n\n  && b \\  \n && c\nRUN [\"rm\", \"-rf\", \"/x\"]\n\
            RUN --mount=type=cache,target=/c --network=none <<-'EOF'\n\ta\n\tb\n\tEOF\n\
            RUN cat <<A > x && cat <<B\n1\nA\n2\nB\nONBUILD RUN rm y\nRUN last \\";
        let (all, whole) = read(text);
        assert!(whole);
        let shown: Vec<String> = all
            .iter()
            .map(|one| {
                let documents: Vec<&str> = one.documents.iter().map(|document| document.body.as_str()).collect();
                format!("{} {:?} {} {documents:?}", one.name, one.flags, one.rest)
            })
            .collect();
        assert_eq!(
            shown,
            [
                r#"FROM ["--platform=$X"] alpine AS base []"#,
                r"RUN [] a   && b  && c []",
                r#"RUN [] ["rm", "-rf", "/x"] []"#,
                r#"RUN ["--mount=type=cache,target=/c", "--network=none"] <<-'EOF' ["a\nb\n"]"#,
                r#"RUN [] cat <<A > x && cat <<B ["1\n", "2\n"]"#,
                r"ONBUILD [] RUN rm y []",
                r"RUN [] last []",
            ]
        );
        assert_eq!(all.get(2).and_then(super::Instruction::words), Some(vec!["rm".into(), "-rf".into(), "/x".into()]));
        assert_eq!(all.get(5).map(|one| one.later().name), Some("RUN".to_owned()));
    }

    #[test]
    fn a_directive_names_the_character_that_continues_a_line() {
        let (all, _) = read("# escape=`\nFROM x\nRUN dir C:\\\nRUN a `\n b\n");
        let rests: Vec<&str> = all.iter().map(|one| one.rest.as_str()).collect();
        assert_eq!(rests, ["x", "dir C:\\", "a  b"]);
    }

    #[test]
    fn too_many_instructions_are_said() {
        assert!(!read(&"RUN x\n".repeat(3_000)).1);
    }
}
