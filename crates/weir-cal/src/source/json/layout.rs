//! Where the entities stand in a JSON file.

use std::path::Path;

use indexmap::IndexMap;

use crate::source::{
    SourceError,
    json::cursor::Cursor,
    window::{Mark, Piece, Window},
};

/// Where the entities of a collection stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// On lines of their own.
    Lines,
    /// In a list.
    List {
        /// Where it begins.
        mark: Mark,
        /// Nothing may follow.
        whole: bool,
    },
    /// One after the other, from the beginning of the file.
    Sequence,
}

/// The key under which the reference keeps entities.
pub(crate) const ENTITIES: &str = "entities";

/// What is found in a JSON file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// One collection, without a name.
    One(Layout),
    /// The lists of an object, by their keys.
    Named(Vec<(String, Layout)>),
}

impl Layout {
    /// Hands the text of every entity to `each`, until it says `false`.
    pub(crate) fn read(
        self,
        path: &Path,
        each: &mut dyn FnMut(&Piece<'_>) -> Result<bool, SourceError>,
    ) -> Result<(), SourceError> {
        match self {
            Self::Lines => {
                let mut window = Window::open(path)?;
                while let Some(piece) = window.line()? {
                    let bytes = piece.bytes.trim_ascii();
                    if !bytes.is_empty() && !each(&Piece { bytes, ..piece })? {
                        break;
                    }
                }
                Ok(())
            }
            Self::Sequence => {
                let mut window = Window::open(path)?;
                while window.peek()?.is_some() {
                    if !each(&window.value()?)? {
                        break;
                    }
                }
                Ok(())
            }
            Self::List { mark, whole } => list(Window::open_at(path, mark)?, whole, each),
        }
    }
}

fn list(
    mut window: Window,
    whole: bool,
    each: &mut dyn FnMut(&Piece<'_>) -> Result<bool, SourceError>,
) -> Result<(), SourceError> {
    window.peek()?;
    window.step();
    let mut first = true;
    loop {
        match window.peek()? {
            Some(b']') => break,
            Some(b',') if !first => {
                window.step();
                if matches!(window.peek()?, Some(b']' | b',')) {
                    return Err(window.malformed("a comma without an entity after it"));
                }
            }
            Some(b',') => return Err(window.malformed("a comma without an entity before it")),
            Some(_) if first => {}
            Some(_) => return Err(window.malformed("expected `,` or `]` after an entity")),
            None => {}
        }
        if window.peek()?.is_none() {
            return Err(window.malformed("the file ends inside a list"));
        }
        first = false;
        if !each(&window.value()?)? {
            return Ok(());
        }
    }
    window.step();
    // What follows a list inside an object was looked at when the object was.
    if whole && window.peek()?.is_some() {
        return Err(window.malformed("more text after the end of the list"));
    }
    Ok(())
}

/// Looks for the collections of a JSON file.
pub(crate) fn collections(path: &Path) -> Result<Found, SourceError> {
    let mut window = Window::open(path)?;
    match window.peek()? {
        None => Err(window.malformed("the file is empty")),
        Some(b'[') => Ok(Found::One(Layout::List { mark: window.mark(), whole: true })),
        Some(b'{') => object(window),
        Some(_) => Err(window.malformed("expected a list of entities or an object")),
    }
}

/// An object of lists, or the first of the entities. An object with an `id` or a `name` is an entity, unless it has
/// `entities`.
fn object(mut window: Window) -> Result<Found, SourceError> {
    let mut lists: IndexMap<String, Layout> = IndexMap::new();
    let mut entity = false;
    window.step();
    let mut first = true;
    loop {
        match window.peek()? {
            Some(b'}') => break,
            Some(b',') if !first => window.step(),
            Some(_) if first => {}
            Some(_) => return Err(window.malformed("expected `,` or `}`")),
            None => return Err(window.malformed("the file ends inside an object")),
        }
        first = false;
        let key = key(&mut window)?;
        if window.peek()? == Some(b'[') {
            let mark = window.mark();
            window.step();
            if matches!(window.peek()?, Some(b'{' | b']')) {
                // The last of two values counts, as everywhere in JSON.
                lists.insert(key, Layout::List { mark, whole: false });
            }
            window.skip(1)?;
        } else {
            entity |= matches!(&*key, "id" | "name");
            window.skip(0)?;
        }
    }
    window.step();
    match window.peek()? {
        None if lists.is_empty() || (entity && !lists.contains_key(ENTITIES)) => Ok(Found::One(Layout::Sequence)),
        None => Ok(Found::Named(lists.into_iter().collect())),
        Some(b'{') => Ok(Found::One(Layout::Sequence)),
        Some(_) => Err(window.malformed("more text after the end of the object")),
    }
}

fn key(window: &mut Window) -> Result<String, SourceError> {
    if window.peek()? != Some(b'"') {
        return Err(window.malformed("expected a key in double quotes"));
    }
    let piece = window.value()?;
    let text = std::str::from_utf8(piece.bytes).ok();
    let key = text.and_then(|text| Cursor::new(text).tree().ok()?.as_str().map(str::to_owned));
    let Some(key) = key else { return Err(window.malformed("a key that is not a text")) };
    if window.peek()? != Some(b':') {
        return Err(window.malformed("expected `:`"));
    }
    window.step();
    Ok(key)
}
