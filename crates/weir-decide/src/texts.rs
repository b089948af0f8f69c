//! `@reason` and `@advice` with the measured numbers filled in.

use weir_model::say::{bytes, cut, figure};
use weir_model::{Effect, Figure, Scope};

/// The placeholders that texts may use.
pub(crate) const PLACEHOLDERS: [&str; 17] = [
    "name",
    "short_name",
    "aside",
    "copy",
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
            shortened(name.split_whitespace().last().unwrap_or("it"))
        }
        "aside" => aside(effect),
        "copy" => copy(effect),
        "kind" => effect.target.kind.name().to_owned(),
        "verb" => effect.verb.name().to_owned(),
        "environment" => effect.target.environment.name().to_owned(),
        "protected" => impact.protected.clone().unwrap_or_else(|| "protected by its place".to_owned()),
        "note" => effect.note.as_deref().map_or_else(|| "no reason is known".to_owned(), shortened),
        "preview" => effect
            .preview
            .clone()
            .map_or_else(|| "no preview command is known".to_owned(), |preview| format!("`{}`", shortened(&preview))),
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

/// Places that a command for people names at most.
const MOST_PLACES: usize = 3;

/// How to move a target aside instead of deleting it.
fn aside(effect: &Effect) -> String {
    match named(effect) {
        Named::One(place) if !is_here(&place) => format!("`mv {0} {0}.bak`", quoted(&place)),
        // Nobody can move the directory that he is in.
        Named::One(_) => match places(effect).as_slice() {
            [place] if *place != "/" => format!("`cp -a {0} {0}.bak`", quoted(place)),
            _ => "with `cp -a`, to another directory".to_owned(),
        },
        Named::Many(words) => format!("`mkdir ../aside && mv {words} ../aside/`"),
        Named::Nothing => "with `mv`, to another directory".to_owned(),
    }
}

/// How to keep a copy of a target before it is changed.
fn copy(effect: &Effect) -> String {
    match named(effect) {
        Named::One(place) if !is_here(&place) => format!("`cp -a {0} {0}.bak`", quoted(&place)),
        Named::Many(words) => format!("`mkdir ../aside && cp -a {words} ../aside/`"),
        Named::One(_) | Named::Nothing => "with `cp -a`, to another directory".to_owned(),
    }
}

/// A target as a command may name it.
enum Named {
    One(String),
    /// Words of a shell.
    Many(String),
    Nothing,
}

/// The name as written means the same in a command of its own only where nothing in it is expanded; else the places
/// that were found count.
fn named(effect: &Effect) -> Named {
    let name = &effect.target.name;
    let expands =
        name.is_empty() || name.contains(['$', '`', '"', '\'', '\\', '~', '…', '(', '<', ';', '&', '|', '\n']);
    let bare = name.trim_end_matches('/');
    if !expands && !bare.is_empty() && name.len() <= LONGEST {
        let several = bare.contains(['*', '?', '[', '{', ' ']);
        return if several { Named::Many(name.clone()) } else { Named::One(bare.to_owned()) };
    }
    match places(effect).as_slice() {
        _ if effect.scope != Scope::Whole && effect.scope != Scope::Content => Named::Nothing,
        [] | ["/"] => Named::Nothing,
        [place] => Named::One((*place).to_owned()),
        places if places.len() <= MOST_PLACES => {
            Named::Many(places.iter().map(|place| quoted(place)).collect::<Vec<_>>().join(" "))
        }
        _ => Named::Nothing,
    }
}

fn places(effect: &Effect) -> Vec<&str> {
    let all = effect.target.paths.iter().take(MOST_PLACES + 1);
    all.filter_map(|path| path.to_str()).filter(|path| path.len() <= LONGEST).collect()
}

/// Whether a path ends in the directory itself or one above it.
fn is_here(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("." | ".." | ""))
}

/// A path as a word of a shell.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
    if path.chars().all(plain) && !path.starts_with('-') {
        path.to_owned()
    } else if path.starts_with('-') {
        quoted(&format!("./{path}"))
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

/// The bytes of a name that fit into a sentence.
const LONGEST: usize = 200;

/// A name that fits into a sentence.
fn shortened(name: &str) -> String {
    cut(name, LONGEST)
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
        assert_eq!(unknown_placeholder("{name} {nme}"), Some("nme"));
        assert_eq!(unknown_placeholder("{name} {Name}"), None);
    }
    #[test]
    fn advice_names_what_is_meant() {
        for (name, paths, moved, copied) in [
            ("photos/", &["/w/photos"][..], "`mv photos photos.bak`", "`cp -a photos photos.bak`"),
            (
                "*.jpg",
                &["/w/a.jpg"],
                "`mkdir ../aside && mv *.jpg ../aside/`",
                "`mkdir ../aside && cp -a *.jpg ../aside/`",
            ),
            (
                "\"$d\"",
                &["/w/my photos"],
                "`mv '/w/my photos' '/w/my photos'.bak`",
                "`cp -a '/w/my photos' '/w/my photos'.bak`",
            ),
            (
                "$d",
                &["/w/a", "/w/b"],
                "`mkdir ../aside && mv /w/a /w/b ../aside/`",
                "`mkdir ../aside && cp -a /w/a /w/b ../aside/`",
            ),
            ("$d", &[], "with `mv`, to another directory", "with `cp -a`, to another directory"),
            ("~/a", &["/home/me/a"], "`mv /home/me/a /home/me/a.bak`", "`cp -a /home/me/a /home/me/a.bak`"),
            (".", &["/w"], "`cp -a /w /w.bak`", "with `cp -a`, to another directory"),
            ("..", &["/"], "with `cp -a`, to another directory", "with `cp -a`, to another directory"),
            ("/", &["/"], "with `mv`, to another directory", "with `cp -a`, to another directory"),
            ("-x", &["/w/-x"], "`mv ./-x ./-x.bak`", "`cp -a ./-x ./-x.bak`"),
        ] {
            let paths = paths.iter().map(std::path::PathBuf::from).collect();
            let effect = Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, name).at(paths));
            assert_eq!(aside(&effect), moved, "{name}");
            assert_eq!(copy(&effect), copied, "{name}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "é".repeat(2_500_000);
        let mut effect = Effect::new(Verb::Execute, Target::new(TargetKind::Unknown, long.clone()));
        effect.note = Some(long.clone());
        effect.preview = Some(long);
        let filled = fill("{name} {short_name} {note} {preview} {aside} {copy}", &effect);
        assert!(filled.len() < 1_500, "{}", filled.len());
        assert!(filled.contains("… (4.9 MB more)"), "{filled}");
    }
}
