//! Blocks, procedures, and texts that are run as statements.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::Reader;
use super::parts::{name, skip, word};
use crate::code::sql::MOST_NESTING;
use crate::code::sql::lexer::{Token, tokens};

impl Reader {
    /// The body of an anonymous block.
    pub(super) fn block(&mut self, body: &str) {
        if self.nesting >= MOST_NESTING {
            self.opaque(Verb::Modify, "DO", "texts run texts deeper than is followed");
            return;
        }
        self.nesting += 1;
        let inner = tokens(body);
        for statement in inner.split(|token| *token == Token::End) {
            self.block_tokens(statement);
        }
        self.nesting -= 1;
    }

    /// Statements behind `BEGIN`, `THEN`, `LOOP` and `ELSE`.
    pub(super) fn block_tokens(&mut self, tokens: &[Token]) {
        if self.nesting > MOST_NESTING {
            return;
        }
        let control = |token: &Token| matches!(word(Some(token)), "begin" | "then" | "loop" | "else");
        for part in tokens.split(control) {
            let first = word(part.first());
            if matches!(first, "execute" | "immediate") {
                let rest = skip(part, &["execute", "immediate"]);
                self.dynamic(rest);
            } else if first == "perform" {
                self.select(part);
            } else if matches!(first, "declare" | "if" | "for" | "while" | "begin" | "elsif" | "exception") {
                self.nested(part);
            } else if part.len() < tokens.len() || self.nesting > 0 {
                self.nesting += 1;
                self.statement(part);
                self.nesting -= 1;
            }
        }
    }

    /// A text that is run as a statement. Parts that are not known stay visible in names.
    pub(super) fn dynamic(&mut self, tokens_of: &[Token]) {
        let Some(Token::Text(text)) = tokens_of.iter().find(|token| matches!(token, Token::Text(_))) else {
            self.opaque(Verb::Modify, "EXECUTE", "the statement is computed");
            return;
        };
        if self.nesting >= MOST_NESTING {
            self.opaque(Verb::Modify, "EXECUTE", "texts run texts deeper than is followed");
            return;
        }
        let mut text =
            text.replace("%I", "{name}").replace("%s", "{name}").replace("%L", "{value}").replace("%i", "{name}");
        if tokens_of.contains(&Token::Sign('|')) {
            text.push_str("{name}");
        }
        self.nesting += 1;
        self.read(&tokens(&text));
        self.nesting -= 1;
    }

    /// `EXEC`, `EXECUTE`.
    pub(super) fn execute(&mut self, tokens: &[Token]) {
        let first = word(tokens.first());
        match first {
            "" | "immediate" | "sp_executesql" | "format" | "concat" => self.dynamic(tokens),
            "xp_cmdshell" | "sys" | "master" if tokens.iter().any(|token| token.is("xp_cmdshell")) => {
                match tokens.iter().find(|token| matches!(token, Token::Text(_))) {
                    Some(Token::Text(command)) => self.commands.push(command.clone()),
                    _ => self.opaque(Verb::Execute, "xp_cmdshell", "the command is computed"),
                }
            }
            _ => {
                let name = name(tokens).0.unwrap_or_default();
                if !self.prepared.contains(&name) {
                    self.procedure(&name);
                }
            }
        }
    }

    /// Follows a routine that the text has made itself; false where it has made none of that name.
    pub(super) fn routine(&mut self, name: &str) -> bool {
        let found = self.routines.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some(body) = found.map(|(_, body)| body.clone()) else { return false };
        self.block(&body);
        true
    }

    pub(super) fn procedure(&mut self, name: &str) {
        let target = Target::new(TargetKind::Program, name);
        self.say(Effect::opaque(Verb::Execute, target, "a procedure of the database, which is not read"));
    }
}
