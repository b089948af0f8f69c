//! What a word of a script means and what it came to.

use std::fmt::Write as _;

use super::{
    Known, describe, meaning,
    mention::{self, Mention, Role},
};
use crate::{
    span::Span,
    syntax::{self, SyntaxKind as K, SyntaxToken},
    value::Type,
};

/// How many fields of a collection are listed.
const FIELDS: usize = 40;

/// What is said about a place in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// What it is said about.
    pub span: Span,
    /// What is said, in Markdown.
    pub markdown: String,
}

/// What can be said about the word at `offset`.
#[must_use]
pub fn hover(text: &str, offset: usize, known: Known<'_>) -> Option<Hover> {
    let parsed = syntax::parse(text);
    let mentions = mention::mentions(&parsed.script);
    if let Some(here) = mention::at(&mentions, offset) {
        return Some(Hover { span: here.span, markdown: name(here, &mentions, known)? });
    }
    let token = token_at(text, offset)?;
    let meaning = meaning::keyword(token.kind(), statement(&token))?;
    let mut markdown = format!("```cal\n{}\n```\n{}", meaning.form, meaning.text);
    if let Some(outcome) = known.outcome
        && let Some(made) = made_by(&token, &mentions)
        && let Some(output) = outcome.outputs.get(&*made.name)
    {
        let _ = write!(markdown, "\n\n{}", describe::output(output));
    }
    Some(Hover { span: span(&token), markdown })
}

fn span(token: &SyntaxToken) -> Span {
    let range = token.text_range();
    Span { start: range.start().into(), end: range.end().into() }
}

fn token_at(text: &str, offset: usize) -> Option<SyntaxToken> {
    let tree = syntax::tree(text);
    if offset > text.len() {
        return None;
    }
    let offset = rowan::TextSize::from(u32::try_from(offset).ok()?);
    if !tree.text_range().contains_inclusive(offset) {
        return None;
    }
    let mut tokens = tree.token_at_offset(offset).filter(|token| token.kind().is_keyword());
    tokens.next()
}

/// The keyword of the statement that the token stands in.
fn statement(token: &SyntaxToken) -> Option<K> {
    let node = token.parent_ancestors().find(|node| node.kind() == K::Statement)?;
    Some(node.first_token()?.kind())
}

/// The result that the statement makes whose first keyword this is.
fn made_by<'m, 's>(token: &SyntaxToken, mentions: &'m [Mention<'s>]) -> Option<&'m Mention<'s>> {
    if !token.kind().is_statement() {
        return None;
    }
    let node = token.parent_ancestors().find(|node| node.kind() == K::Statement)?;
    if node.first_token()? != *token {
        return None;
    }
    let range = node.text_range();
    let inside = |mention: &&Mention<'_>| {
        range.contains(mention.span.start.into())
            && matches!(mention.role, Role::Defines(by) if by == token.kind().keyword())
    };
    mentions.iter().find(inside)
}

fn name(here: &Mention<'_>, mentions: &[Mention<'_>], known: Known<'_>) -> Option<String> {
    match &here.role {
        Role::Collection => Some(collection(&here.name, known)),
        Role::Field(of) => Some(field(&here.name, *of, known)),
        Role::Dimension(dimension, result) => {
            let mut text = meaning::dimension(*dimension);
            if let Some(outcome) = known.outcome {
                text.push_str("\n\n");
                text.push_str(&describe::scores(outcome, *result, *dimension));
            }
            Some(text.trim_end().to_owned())
        }
        Role::Defines(by) => Some(result(&here.name, by, known)),
        Role::Refers => match mention::origin(mentions, &here.name, here.span.start) {
            Some(origin) => match origin.role {
                Role::Defines(by) => Some(result(&origin.name, by, known)),
                _ => None,
            },
            None => Some(format!("**{}**: no result of this script", here.name)),
        },
    }
}

fn result(name: &str, by: &str, known: Known<'_>) -> String {
    let mut text = format!("**{name}**: result of {by}");
    if let Some(output) = known.outcome.and_then(|outcome| outcome.outputs.get(name)) {
        text.push_str("\n\n");
        text.push_str(&describe::output(output));
    }
    text
}

fn collection(name: &str, known: Known<'_>) -> String {
    let mut text = format!("**{name}**: collection");
    let Some(source) = known.source else { return text };
    let _ = write!(text, " in {}", source.place());
    match source.schema(name) {
        Ok(schema) => {
            text.push_str("\n\n");
            for field in schema.fields.iter().take(FIELDS) {
                let _ = writeln!(text, "- `{}`: {}", field.path, types(&field.types));
            }
            if schema.fields.len() > FIELDS {
                let _ = writeln!(text, "- and {} more", schema.fields.len() - FIELDS);
            }
        }
        Err(error) => {
            let _ = write!(text, "\n\n{error}");
        }
    }
    text
}

fn field(name: &str, collection: Option<&str>, known: Known<'_>) -> String {
    let Some(collection) = collection else { return format!("`{name}`: field") };
    let mut text = format!("`{name}`: field of `{collection}`");
    if let Some(schema) = known.source.and_then(|source| source.schema(collection).ok())
        && let Some(field) = schema.fields.iter().find(|field| field.path == name)
    {
        let _ = write!(text, ", {}", types(&field.types));
    }
    text
}

/// Types in words.
pub(super) fn types(types: &[Type]) -> String {
    let words: Vec<&str> = types
        .iter()
        .map(|one| match one {
            Type::Bool => "truth value",
            Type::Integer => "whole number",
            Type::Number => "number",
            Type::Text => "text",
            Type::Time => "point in time",
            Type::Tree => "list or object",
        })
        .collect();
    if words.is_empty() { "always empty".to_owned() } else { words.join(" or ") }
}
