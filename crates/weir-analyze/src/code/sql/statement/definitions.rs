//! Statements that define: what they make, change, drop and hand to others.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::parts::{name, names, outside, skip, word};
use super::{KINDS, Reader};
use crate::code::sql::lexer::Token;

impl Reader {
    pub(super) fn drop(&mut self, tokens: &[Token]) {
        if matches!(word(tokens.first()), "temporary" | "temp" | "prepare") {
            return;
        }
        let foreign = word(tokens.first()) == "foreign";
        let tokens =
            skip(tokens, &["materialized", "foreign", "external", "recursive", "transient", "unique", "fulltext"]);
        let kind = word(tokens.first());
        let rest = tokens.get(1..).unwrap_or_default();
        if matches!(kind, "role" | "user" | "group" | "login") {
            for name in names(rest) {
                self.say(Effect::new(Verb::Grant, Target::new(TargetKind::Database, format!("{kind} {name}"))));
            }
            return;
        }
        let Some((_, target, stateful)) = KINDS.iter().find(|(name, ..)| *name == kind) else {
            if !kind.is_empty() {
                self.database(Verb::Modify, None);
            }
            return;
        };
        let cascades = rest.iter().any(|token| token.is("cascade"));
        for name in names(rest) {
            if *target == TargetKind::Table && self.temporary.iter().any(|table| table.eq_ignore_ascii_case(&name)) {
                continue;
            }
            let made = Target::new(*target, name);
            // Types, domains and extensions take the columns that use them along.
            // What a foreign table shows is somewhere else.
            let stateful = (*stateful && !foreign) || (cascades && matches!(kind, "type" | "domain" | "extension"));
            let mut effect = Effect::new(Verb::Delete, if stateful { made.stateful() } else { made });
            if !matches!(kind, "table" | "database") {
                effect.note = Some(format!("DROP {}", kind.to_uppercase()));
            }
            self.say(effect);
        }
    }

    pub(super) fn create(&mut self, tokens: &[Token]) {
        let replaces = word(tokens.first()) == "or" && word(tokens.get(1)) == "replace";
        let temporary = tokens.iter().take(5).any(|token| matches!(word(Some(token)), "temp" | "temporary"));
        let rest = skip(
            tokens,
            &[
                "or",
                "replace",
                "alter",
                "global",
                "local",
                "temp",
                "temporary",
                "unlogged",
                "unique",
                "materialized",
                "foreign",
                "external",
                "transient",
                "virtual",
                "recursive",
                "clustered",
                "nonclustered",
            ],
        );
        let kind = word(rest.first()).to_owned();
        let rest = skip(rest.get(1..).unwrap_or_default(), &["if", "not", "exists", "concurrently"]);
        let name = name(rest).0;
        if let (true, Some(name), Some(Token::Text(body))) = (
            matches!(kind.as_str(), "function" | "procedure"),
            &name,
            rest.iter().find(|token| matches!(token, Token::Text(text) if text.contains(' '))),
        ) && self.routines.len() < super::MOST_INNER
        {
            self.routines.push((name.clone(), body.clone()));
        }
        match (kind.as_str(), name) {
            ("role" | "user" | "group" | "login", Some(name)) => {
                self.say(Effect::new(Verb::Grant, Target::new(TargetKind::Database, format!("{kind} {name}"))));
            }
            ("database" | "schema", name) => self.database(Verb::Create, name.as_deref()),
            ("table", Some(name)) if temporary => self.made_temporary(name),
            ("table", Some(name)) if replaces => self.table(Verb::Delete, &name, Some("replaced by a new table")),
            ("table", Some(name)) => self.table(Verb::Create, &name, None),
            (_, Some(name)) if !temporary => self.table(Verb::Create, &name, None),
            _ => {}
        }
        self.nested(rest);
    }

    pub(super) fn alter(&mut self, tokens: &[Token]) {
        let kind = word(tokens.first());
        let rest = skip(tokens.get(1..).unwrap_or_default(), &["if", "exists", "only"]);
        match kind {
            "role" | "user" | "group" | "login" | "default" | "policy" => {
                let name = name(rest).0.unwrap_or_default();
                self.say(Effect::new(Verb::Grant, Target::new(TargetKind::Database, format!("{kind} {name}"))));
            }
            "table" | "foreign" => {
                let (Some(table), actions) = name(rest) else { return };
                let mut verb = Verb::Modify;
                let mut note = None;
                for (at, token) in actions.iter().enumerate() {
                    let next = actions.get(at + 1..).unwrap_or_default();
                    let next = skip(next, &["if", "exists"]);
                    if token.is("truncate") && word(next.first()) == "partition" {
                        (verb, note) = (Verb::Delete, Some("TRUNCATE PARTITION".to_owned()));
                    }
                    let loses_nothing = [
                        "constraint",
                        "default",
                        "not",
                        "index",
                        "key",
                        "primary",
                        "foreign",
                        "check",
                        "identity",
                        "expression",
                        "unique",
                    ];
                    let starts = at == 0 || actions.get(at - 1) == Some(&Token::Sign(','));
                    if token.is("drop") && starts && !loses_nothing.contains(&word(next.first())) {
                        let column = name(skip(next, &["column", "if", "exists", "partition"])).0.unwrap_or_default();
                        (verb, note) = (Verb::Delete, Some(format!("DROP COLUMN {column}")));
                        if word(next.first()) == "partition" {
                            note = Some("DROP PARTITION".to_owned());
                        }
                    }
                }
                self.table(verb, &table, note.as_deref());
            }
            "index" | "sequence" | "view" | "materialized" | "type" | "function" | "procedure" | "extension" => {
                if let Some(name) = name(skip(rest, &["view", "if", "exists"])).0 {
                    self.say(Effect::new(Verb::Modify, Target::new(TargetKind::Table, name)));
                }
            }
            "session" => {}
            "database" | "schema" => {
                let name = name(rest).0;
                self.database(Verb::Modify, name.as_deref());
            }
            _ => self.database(Verb::Modify, None),
        }
    }

    pub(super) fn rights(&mut self, tokens: &[Token]) {
        let on = outside(tokens, &["on"]).and_then(|at| tokens.get(at + 1..));
        let effect = match on {
            Some(rest) if matches!(word(rest.first()), "database" | "schema" | "all" | "function" | "sequence") => {
                let name = name(rest.get(1..).unwrap_or_default()).0.unwrap_or_else(|| self.database.clone());
                Effect::new(Verb::Grant, Target::new(TargetKind::Database, name))
            }
            Some(rest) => {
                let name = name(skip(rest, &["table"])).0.unwrap_or_else(|| self.database.clone());
                Effect::new(Verb::Grant, Target::new(TargetKind::Table, name))
            }
            None => Effect::new(Verb::Grant, Target::new(TargetKind::Database, self.database.clone())),
        };
        self.say(effect);
    }
}
