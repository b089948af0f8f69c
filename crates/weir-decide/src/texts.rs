//! `@reason` and `@advice` with the measured numbers filled in.

use weir_model::say::{bytes, figure};
use weir_model::{Effect, Figure};

/// The placeholders that texts may use.
pub(crate) const PLACEHOLDERS: [&str; 16] = [
    "name",
    "short_name",
    "aside",
    "kind",
    "verb",
    "environment",
    "protected",
    "note",
    "preview",
    "files",
    "bytes",
    "only_copy_files",
    "only_copy_bytes",
    "commits",
    "stashes",
    "rows",
];

/// The first placeholder of `text` that does not exist.
pub(crate) fn unknown_placeholder(text: &str) -> Option<&str> {
    parts(text).find_map(|part| match part {
        Part::Placeholder(name) if !PLACEHOLDERS.contains(&name) => Some(name),
        _ => None,
    })
}

/// `text` about `effect`.
pub(crate) fn fill(text: &str, effect: &Effect) -> String {
    parts(&without_empty_asides(text, effect))
        .map(|part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Placeholder(name) => value(name, effect),
        })
        .collect()
}

/// `text` without ` ({preview})` and the like, where there is nothing to say in the parentheses.
fn without_empty_asides(text: &str, effect: &Effect) -> String {
    let impact = &effect.impact;
    let unknown = |figure: Option<Figure>| matches!(figure, None | Some(Figure::Unknown));
    let mut text = text.to_owned();
    for (aside, empty) in [
        (" ({preview})", effect.preview.is_none()),
        (" ({bytes})", unknown(impact.bytes)),
        (" ({only_copy_bytes})", unknown(impact.only_copy_bytes)),
    ] {
        if empty {
            text = text.replace(aside, "");
        }
    }
    text
}

fn value(name: &str, effect: &Effect) -> String {
    let impact = &effect.impact;
    let files = |count: Option<Figure>| match count {
        // What was measured as zero, and may be more, is not "0 files".
        None | Some(Figure::Unknown | Figure::AtLeast(0)) => "an unknown number of files".to_owned(),
        Some(count) => figure(count, "file", "files"),
    };
    let size = |size: Option<Figure>| match size {
        None | Some(Figure::Unknown) => "of unknown size".to_owned(),
        Some(Figure::Exact(n)) => bytes(n),
        Some(Figure::Estimated(n)) => format!("about {}", bytes(n)),
        Some(Figure::AtLeast(n)) => format!("at least {}", bytes(n)),
    };
    let counted = |count: Option<Figure>, one, many| figure(count.unwrap_or(Figure::Unknown), one, many);
    match name {
        "name" => shortened(&effect.target.name),
        "short_name" => {
            let name = effect.target.name.rsplit('/').next().unwrap_or_default();
            name.split_whitespace().last().unwrap_or("it").to_owned()
        }
        "aside" => aside(&effect.target.name),
        "kind" => effect.target.kind.name().to_owned(),
        "verb" => effect.verb.name().to_owned(),
        "environment" => effect.target.environment.name().to_owned(),
        "protected" => impact.protected.clone().unwrap_or_else(|| "protected by its place".to_owned()),
        "note" => effect.note.clone().unwrap_or_else(|| "no reason is known".to_owned()),
        "preview" => effect
            .preview
            .clone()
            .map_or_else(|| "no preview command is known".to_owned(), |preview| format!("`{preview}`")),
        "files" => files(impact.files),
        "bytes" => size(impact.bytes),
        "only_copy_files" => files(impact.only_copy_files),
        "only_copy_bytes" => size(impact.only_copy_bytes),
        "commits" => counted(impact.commits, "commit", "commits"),
        "stashes" => counted(impact.stashes, "stash entry", "stash entries"),
        "rows" => counted(impact.rows, "row", "rows"),
        _ => format!("{{{name}}}"),
    }
}

/// The command that moves a word aside instead of deleting it.
fn aside(word: &str) -> String {
    let word = shortened(word);
    let bare = word.trim_end_matches('/');
    if bare.is_empty() || bare.contains(['*', '?', '[', '{', ' ']) {
        format!("`mkdir ../aside && mv {word} ../aside/`")
    } else {
        format!("`mv {bare} {bare}.bak`")
    }
}

/// A name that fits into a sentence.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 200;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST).chain("…".chars()).collect()
}

enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|open| open.split_once('}'))
            && is_name(name)
        {
            rest = after;
            return Some(Part::Placeholder(name));
        }
        // The brace that opens no placeholder is text.
        let end = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map_or(rest.len(), |(at, _)| at);
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(Part::Text(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::{Target, TargetKind, Verb};

    #[test]
    fn texts_are_filled_and_odd_braces_stay() {
        let mut effect = Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, "photos"));
        effect.impact.only_copy_files = Some(Figure::Exact(1));
        effect.impact.only_copy_bytes = Some(Figure::AtLeast(2_500));
        let filled = fill("{name}: {only_copy_files}, {only_copy_bytes}, {rows} {} {X} {", &effect);
        assert_eq!(filled, "photos: 1 file, at least 2.5 kB, an unknown number of rows {} {X} {");
        assert_eq!(fill("Look ({preview}), {files} ({bytes}).", &effect), "Look, an unknown number of files.");
        effect.preview = Some("ls".to_owned());
        assert_eq!(fill("Look ({preview}).", &effect), "Look (`ls`).");
        assert_eq!(aside("photos/"), "`mv photos photos.bak`");
        assert_eq!(aside("*.jpg"), "`mkdir ../aside && mv *.jpg ../aside/`");
        assert_eq!(unknown_placeholder("{name} {nme}"), Some("nme"));
        assert_eq!(unknown_placeholder("{name} {Name}"), None);
    }
}
