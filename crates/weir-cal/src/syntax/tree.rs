//! The lossless tree of a script: every byte of the source is in it, also of a broken one.

use rowan::{Checkpoint, GreenNode, GreenNodeBuilder};

use super::{
    kind::SyntaxKind,
    lexer::{Lexer, Token},
    parser::Sink,
};
use crate::span::Span;

/// The language of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cal {}

impl rowan::Language for Cal {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        SyntaxKind::from_number(raw.0)
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        raw(kind)
    }
}

/// A node of the tree.
pub type SyntaxNode = rowan::SyntaxNode<Cal>;
/// A token of the tree, white space and comments included.
pub type SyntaxToken = rowan::SyntaxToken<Cal>;

fn raw(kind: SyntaxKind) -> rowan::SyntaxKind {
    rowan::SyntaxKind(kind as u16)
}

/// Builds the tree while the parser runs.
pub(super) struct Builder<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    green: GreenNodeBuilder<'static>,
    /// Up to here the source is in the tree.
    done: u32,
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let mut green = GreenNodeBuilder::new();
        green.start_node(raw(SyntaxKind::Root));
        Self { source, lexer: Lexer::new(source), green, done: 0 }
    }

    /// White space and comments up to `end`.
    fn trivia(&mut self, end: u32) {
        while self.done < end {
            self.lexer.go_to(self.done as usize);
            let Some(token) = self.lexer.trivia() else { break };
            self.push(token);
        }
    }

    fn push(&mut self, token: Token) {
        self.green.token(raw(token.kind), token.span.text(self.source));
        self.done = token.span.end;
    }

    /// The source as one token.
    pub(super) fn finish_whole(mut self) -> GreenNode {
        let span = Span::new(0, self.source.len());
        self.push(Token { kind: SyntaxKind::Junk, span });
        self.green.finish_node();
        self.green.finish()
    }

    pub(super) fn finish(mut self) -> GreenNode {
        let end = Span::new(0, self.source.len()).end;
        self.trivia(end);
        if self.done < end {
            self.push(Token { kind: SyntaxKind::Junk, span: Span { start: self.done, end } });
        }
        self.green.finish_node();
        self.green.finish()
    }
}

impl Sink for Builder<'_> {
    type Mark = Checkpoint;

    fn mark(&mut self, at: Span) -> Checkpoint {
        // What is before a node is not in it.
        self.trivia(at.start);
        self.green.checkpoint()
    }

    fn open_at(&mut self, mark: Checkpoint, kind: SyntaxKind) {
        self.green.start_node_at(mark, raw(kind));
    }

    fn close(&mut self) {
        self.green.finish_node();
    }

    fn token(&mut self, token: Token) {
        if token.kind == SyntaxKind::End {
            return;
        }
        self.trivia(token.span.start);
        self.push(token);
    }
}
