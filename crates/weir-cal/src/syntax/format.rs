//! One way of writing for every script.

use super::{kind::SyntaxKind as K, tree::SyntaxNode};

const CLAUSE: usize = 2;
/// What goes on on a new line stands this much further in than the line before.
const FURTHER: usize = 2;

/// Writes the tree of a script without errors anew: a clause on each line, keywords in upper case, comments kept.
pub(super) fn layout(root: &SyntaxNode) -> String {
    let mut writer = Writer::default();
    let mut indents = Vec::new();
    // Line ends since the last token or comment.
    let mut lines = 0;
    for event in root.preorder_with_tokens() {
        match event {
            rowan::WalkEvent::Enter(rowan::NodeOrToken::Node(node)) => {
                let indent = indents.last().copied().unwrap_or(0);
                let (indent, breaks) = place(&node, indent);
                if breaks {
                    writer.pending_break = Some(indent);
                }
                indents.push(indent);
            }
            rowan::WalkEvent::Leave(rowan::NodeOrToken::Node(_)) => {
                indents.pop();
            }
            rowan::WalkEvent::Enter(rowan::NodeOrToken::Token(token)) => {
                let text = token.text();
                match token.kind() {
                    K::Whitespace => lines += line_ends(text),
                    K::Comment => {
                        writer.comment(text.trim_end(), lines);
                        lines = 0;
                    }
                    kind => {
                        let parent = token.parent().map(|parent| parent.kind());
                        let inner = indents.last().copied().unwrap_or(0);
                        if matches!(kind, K::And | K::Or)
                            && matches!(parent, Some(K::AndCondition | K::OrCondition))
                            && !in_group(&token)
                        {
                            writer.pending_break = Some(inner + FURTHER);
                        }
                        writer.token(&written(kind, text), glue(kind, parent), inner, lines);
                        lines = 0;
                    }
                }
            }
            rowan::WalkEvent::Leave(rowan::NodeOrToken::Token(_)) => {}
        }
    }
    writer.finish()
}

fn line_ends(text: &str) -> usize {
    let feeds = text.bytes().filter(|byte| *byte == b'\n').count();
    let returns = text.bytes().filter(|byte| *byte == b'\r').count();
    // CR, LF and CR LF all end a line.
    feeds.max(returns)
}

/// How far in a node stands, and whether it begins a line.
fn place(node: &SyntaxNode, indent: usize) -> (usize, bool) {
    match node.kind() {
        K::Statement if node.parent().is_some_and(|parent| parent.kind() == K::Root) => (0, true),
        K::Clause => {
            let statement = node.parent().and_then(|parent| parent.first_token()).map(|token| token.kind());
            let inline = matches!(statement, Some(K::Wake | K::Trace | K::Watch | K::Surface));
            (indent + CLAUSE, !inline)
        }
        _ => (indent, false),
    }
}

/// Inside parentheses a condition stays on its line.
fn in_group(token: &super::tree::SyntaxToken) -> bool {
    token.parent_ancestors().take_while(|node| node.kind() != K::Clause).any(|node| node.kind() == K::Group)
}

/// The token as it is written.
fn written(kind: K, text: &str) -> String {
    match kind {
        K::DimensionId => text.to_uppercase(),
        K::Constant | K::Measure | K::UnitWord => text.to_lowercase(),
        // The first edition knows this word in lower case only.
        K::Signals => "signals".to_owned(),
        kind if kind.is_keyword() => kind.keyword().to_owned(),
        _ => text.to_owned(),
    }
}

/// Whether there is a space before and after a token.
fn glue(kind: K, parent: Option<K>) -> (bool, bool) {
    match kind {
        K::LeftParen => (true, false),
        K::RightParen | K::Comma => (false, true),
        K::Dot | K::Colon | K::Plus => (false, false),
        K::Slash if parent == Some(K::Clause) => (false, false),
        _ => (true, true),
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Of the line that is being written.
    empty: bool,
    started: bool,
    /// The next token begins a line, this far in.
    pending_break: Option<usize>,
    /// A comment ended the line: nothing more may stand on it.
    closed: bool,
    no_space: bool,
    /// Comments on lines of their own, which stand as far in as what follows them; with a blank line before or not.
    waiting: Vec<(String, bool)>,
}

impl Writer {
    fn comment(&mut self, text: &str, lines: usize) {
        if lines == 0 && self.started && self.waiting.is_empty() && !self.closed {
            self.out.push(' ');
            self.out.push_str(text);
            self.closed = true;
        } else {
            self.waiting.push((text.to_owned(), lines > 1));
        }
    }

    fn line(&mut self, indent: usize, blank: bool) {
        if self.started {
            self.out.push('\n');
            if blank && indent == 0 {
                self.out.push('\n');
            }
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.started = true;
        self.closed = false;
        self.empty = true;
    }

    fn token(&mut self, text: &str, (before, after): (bool, bool), inner: usize, lines: usize) {
        let mut begins = self.pending_break.take();
        if begins.is_none() && (self.closed || !self.waiting.is_empty()) {
            begins = Some(inner + FURTHER);
        }
        if let Some(indent) = begins {
            for (comment, blank) in std::mem::take(&mut self.waiting) {
                self.line(indent, blank);
                self.out.push_str(&comment);
            }
            self.line(indent, lines > 1);
        } else if before && !self.no_space && !self.empty {
            self.out.push(' ');
        }
        self.out.push_str(text);
        self.empty = false;
        self.no_space = !after;
    }

    fn finish(mut self) -> String {
        for (comment, blank) in std::mem::take(&mut self.waiting) {
            self.line(0, blank);
            self.out.push_str(&comment);
        }
        if self.started {
            self.out.push('\n');
        }
        self.out
    }
}
