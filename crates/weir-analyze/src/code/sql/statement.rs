//! What one statement does.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::MOST_NESTING;
use super::lexer::{Token, tokens};

/// Effects of one text that are kept apart.
const MOST_EFFECTS: usize = 500;
/// Statements in statements of one text, and temporary tables.
const MOST_INNER: usize = 100;

/// Reads statements.
pub(super) struct Reader {
    pub(super) effects: Vec<Effect>,
    /// Command lines that the server or the client runs.
    pub(super) commands: Vec<String>,
    /// Temporary tables: nothing is lost with them.
    temporary: Vec<String>,
    /// Statements that have a name.
    prepared: Vec<String>,
    database: String,
    nesting: usize,
    inner: usize,
    cut: bool,
}

/// Whether what is dropped holds data of its own.
const KINDS: &[(&str, TargetKind, bool)] = &[
    ("database", TargetKind::Database, true),
    ("schema", TargetKind::Database, true),
    ("keyspace", TargetKind::Database, true),
    ("catalog", TargetKind::Database, true),
    ("warehouse", TargetKind::Database, false),
    ("tablespace", TargetKind::Database, true),
    ("owned", TargetKind::Database, true),
    ("table", TargetKind::Table, true),
    ("view", TargetKind::Table, false),
    ("index", TargetKind::Table, false),
    ("sequence", TargetKind::Table, false),
    ("function", TargetKind::Table, false),
    ("procedure", TargetKind::Table, false),
    ("routine", TargetKind::Table, false),
    ("aggregate", TargetKind::Table, false),
    ("trigger", TargetKind::Table, false),
    ("rule", TargetKind::Table, false),
    ("policy", TargetKind::Table, false),
    ("type", TargetKind::Table, false),
    ("domain", TargetKind::Table, false),
    ("extension", TargetKind::Table, false),
    ("event", TargetKind::Table, false),
    ("synonym", TargetKind::Table, false),
    ("publication", TargetKind::Table, false),
    ("subscription", TargetKind::Table, false),
    ("server", TargetKind::Table, false),
    ("statistics", TargetKind::Table, false),
    ("package", TargetKind::Table, false),
    ("stage", TargetKind::Table, true),
];

/// Functions that do more than give a value.
const FUNCTIONS: &[(&str, Verb, TargetKind)] = &[
    ("pg_terminate_backend", Verb::Delete, TargetKind::Process),
    ("pg_drop_replication_slot", Verb::Delete, TargetKind::Database),
    ("drop_chunks", Verb::Delete, TargetKind::Table),
    ("lo_unlink", Verb::Delete, TargetKind::Table),
    ("dropgeometrytable", Verb::Delete, TargetKind::Table),
    ("pg_switch_wal", Verb::Modify, TargetKind::Database),
    ("pg_rotate_logfile", Verb::Modify, TargetKind::Database),
];

fn word(token: Option<&Token>) -> &str {
    match token {
        Some(Token::Word(lower, _)) => lower,
        _ => "",
    }
}

/// A name with its schema, from the first token on, and what follows. `{x}` is a part that is not known.
fn name(tokens: &[Token]) -> (Option<String>, &[Token]) {
    let mut out = String::new();
    let mut rest = tokens;
    loop {
        match rest.split_first() {
            Some((Token::Word(_, part) | Token::Name(part), after)) if out.is_empty() || out.ends_with('.') => {
                out.push_str(part);
                rest = after;
            }
            Some((Token::Sign('#'), after)) if out.is_empty() => {
                out.push('#');
                rest = after;
                if let Some((Token::Word(_, part), after)) = rest.split_first() {
                    out.push_str(part);
                    rest = after;
                }
            }
            Some((Token::Sign('{'), _)) => {
                let end = rest.iter().position(|token| *token == Token::Sign('}')).map_or(rest.len(), |end| end + 1);
                let (hole, after) = rest.split_at(end);
                for token in hole {
                    match token {
                        Token::Word(_, text) | Token::Name(text) | Token::Text(text) => out.push_str(text),
                        Token::Sign(sign) => out.push(*sign),
                        Token::End | Token::Meta(_) => {}
                    }
                }
                rest = after;
            }
            Some((Token::Sign('.'), after)) if !out.is_empty() => {
                out.push('.');
                rest = after;
            }
            _ => return ((!out.is_empty()).then_some(out), rest),
        }
    }
}

/// Leaves out words that may stand before a name.
fn skip<'t>(mut tokens: &'t [Token], words: &[&str]) -> &'t [Token] {
    while let Some((first, rest)) = tokens.split_first() {
        if !words.contains(&word(Some(first))) {
            break;
        }
        tokens = rest;
    }
    tokens
}

/// Names with commas between them.
fn names(tokens: &[Token]) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = skip(tokens, &["if", "exists", "only", "not", "concurrently", "by"]);
    loop {
        let (name, after) = name(rest);
        out.extend(name);
        // Behind a name: `*`, an alias, the arguments of a function.
        let mut depth = 0usize;
        let comma = after.iter().position(|token| {
            match token {
                Token::Sign('(') => depth += 1,
                Token::Sign(')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == Token::Sign(',')
        });
        match comma.and_then(|comma| after.get(comma + 1..)) {
            Some(next) if !next.is_empty() => rest = skip(next, &["only"]),
            _ => return out,
        }
    }
}

/// The place of the first of `words` outside of parentheses.
fn outside(tokens: &[Token], words: &[&str]) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && words.contains(&word(Some(token)))
    })
}

/// What a missing condition, or one that is always true, means for people.
fn condition(tokens: &[Token]) -> Option<&'static str> {
    let Some(at) = outside(tokens, &["where"]) else { return Some("no WHERE: every row") };
    let rest = tokens.get(at + 1..).unwrap_or_default();
    let end = outside(rest, &["returning", "limit", "order"]).unwrap_or(rest.len());
    let mut terms: Vec<&[Token]> = Vec::new();
    let mut rest = rest.get(..end).unwrap_or_default();
    while let Some(or) = outside(rest, &["or"]) {
        terms.push(rest.get(..or).unwrap_or_default());
        rest = rest.get(or + 1..).unwrap_or_default();
    }
    terms.push(rest);
    let always = terms.iter().any(|term| match term {
        [Token::Sign('('), inner @ .., Token::Sign(')')] => is_true(inner),
        term => is_true(term),
    });
    always.then_some("the WHERE is always true: every row")
}

fn is_true(term: &[Token]) -> bool {
    match term {
        [only] => {
            only.is("true")
                || matches!(word(Some(only)), number if number.parse::<u64>().is_ok_and(|number| number > 0))
        }
        [left, Token::Sign('='), right] => left == right,
        _ => false,
    }
}

impl Reader {
    pub(super) fn new(database: Option<&str>, nesting: usize) -> Self {
        Self {
            effects: Vec::new(),
            commands: Vec::new(),
            temporary: Vec::new(),
            prepared: Vec::new(),
            database: database.unwrap_or("database").to_owned(),
            nesting,
            inner: 0,
            cut: false,
        }
    }

    /// Reads the statements of a text.
    pub(super) fn read(&mut self, tokens: &[Token]) {
        let mut body = false;
        for statement in tokens.split(|token| *token == Token::End) {
            if body {
                // The body of a routine is kept, not run. It ends with `END`, with or without a name.
                let closes = word(statement.first()) == "end"
                    && !matches!(word(statement.get(1)), "if" | "loop" | "case" | "while" | "repeat" | "for");
                body = !closes;
                continue;
            }
            body = word(statement.first()) == "create"
                && statement.iter().any(|token| token.is("begin"))
                && statement.iter().take(8).any(|token| {
                    matches!(word(Some(token)), "procedure" | "proc" | "function" | "trigger" | "event" | "package")
                })
                && !statement.iter().any(|token| token.is("end"));
            self.statement(statement);
        }
    }

    fn say(&mut self, effect: Effect) {
        if self.effects.len() >= MOST_EFFECTS {
            self.cut();
        } else if !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    /// Says once that not everything was looked at.
    fn cut(&mut self) {
        if !std::mem::replace(&mut self.cut, true) {
            let target = Target::new(TargetKind::Database, self.database.clone());
            self.effects.push(Effect::opaque(Verb::Modify, target, "the text does more than is followed"));
        }
    }

    fn made_temporary(&mut self, name: String) {
        if self.temporary.len() < MOST_INNER {
            self.temporary.push(name);
        }
    }

    fn table(&mut self, verb: Verb, name: &str, note: Option<&str>) {
        if self.temporary.iter().any(|table| table.eq_ignore_ascii_case(name)) || name.starts_with('#') {
            return;
        }
        let target = Target::new(TargetKind::Table, name);
        let target = if matches!(verb, Verb::Delete | Verb::Modify) { target.stateful() } else { target };
        let mut effect = Effect::new(verb, target);
        effect.note = note.map(str::to_owned);
        self.say(effect);
    }

    fn database(&mut self, verb: Verb, name: Option<&str>) {
        let name = name.unwrap_or(&self.database).to_owned();
        self.say(Effect::new(verb, Target::new(TargetKind::Database, name)));
    }

    fn opaque(&mut self, verb: Verb, name: &str, why: &str) {
        self.say(Effect::opaque(verb, Target::new(TargetKind::Database, name), why));
    }

    fn statement(&mut self, tokens: &[Token]) {
        let tokens = match tokens.iter().position(|token| *token != Token::Sign('(')) {
            Some(start) => tokens.get(start..).unwrap_or_default(),
            None => return,
        };
        let rest = tokens.get(1..).unwrap_or_default();
        match word(tokens.first()) {
            "" => {}
            "with" => self.with(tokens),
            "select" | "values" | "show" | "describe" | "desc" | "from" => self.select(tokens),
            "explain" => self.explain(rest),
            "drop" => self.drop(rest),
            "truncate" => {
                for table in names(skip(rest, &["table", "only"])) {
                    self.table(Verb::Delete, &table, Some("every row"));
                }
            }
            "delete" => self.delete(rest),
            "update" => {
                let (name, _) =
                    name(skip(rest, &["only", "or", "ignore", "replace", "rollback", "abort", "fail", "low_priority"]));
                if let Some(name) = name {
                    self.table(Verb::Modify, &name, condition(rest));
                }
                self.nested(rest);
            }
            "insert" | "replace" | "upsert" => self.insert(tokens),
            "merge" => {
                if let (Some(name), _) = name(skip(rest, &["into", "only"])) {
                    let deletes = rest.windows(2).any(|pair| matches!(pair, [a, b] if a.is("then") && b.is("delete")));
                    self.table(if deletes { Verb::Delete } else { Verb::Modify }, &name, None);
                }
            }
            "create" => self.create(rest),
            "alter" => self.alter(rest),
            "rename" => {
                if let (Some(name), _) = name(skip(rest, &["table"])) {
                    self.table(Verb::Modify, &name, Some("renamed"));
                }
            }
            "grant" | "revoke" | "reassign" => self.rights(rest),
            "copy" | "unload" => self.copy(rest),
            "load" => {
                if let Some(at) = outside(rest, &["into"])
                    && let (Some(name), _) = name(skip(rest.get(at + 1..).unwrap_or_default(), &["table"]))
                {
                    self.table(Verb::Create, &name, None);
                }
            }
            "do" => {
                for token in rest {
                    if let Token::Text(body) = token {
                        self.block(body);
                    }
                }
            }
            "prepare" => {
                self.prepared.extend(name(rest).0);
                if let Some(at) = outside(rest, &["as"]) {
                    let inner = rest.get(at + 1..).unwrap_or_default();
                    if self.nesting < MOST_NESTING {
                        self.nesting += 1;
                        self.statement(inner);
                        self.nesting -= 1;
                    }
                }
                // `PREPARE s FROM 'text'`.
                if let [.., from, text @ Token::Text(_)] = rest
                    && from.is("from")
                {
                    self.dynamic(std::slice::from_ref(text));
                }
            }
            "execute" | "exec" => self.execute(rest),
            "call" => {
                let name = name(rest).0.unwrap_or_default();
                self.procedure(&name);
            }
            "vacuum" | "analyze" | "reindex" | "optimize" | "refresh" | "checkpoint" | "cluster" => {
                self.database(Verb::Read, None);
            }
            "purge" => {
                let target = Target::new(TargetKind::Database, "binary logs").stateful();
                self.say(Effect::new(Verb::Delete, target));
            }
            "reset" if matches!(word(rest.first()), "master" | "binary") => {
                let target = Target::new(TargetKind::Database, "binary logs").stateful();
                self.say(Effect::new(Verb::Delete, target));
            }
            "kill" => self.say(Effect::new(Verb::Delete, Target::new(TargetKind::Process, "database session"))),
            "shutdown" => self.database(Verb::Modify, None),
            "undrop" => {
                if let (Some(name), _) = name(rest.get(1..).unwrap_or_default()) {
                    self.table(Verb::Create, &name, None);
                }
            }
            "begin" | "declare" | "if" | "loop" | "for" | "while" | "else" | "then" => self.block_tokens(tokens),
            _ => {}
        }
    }

    /// Statements that change something inside of a query.
    fn nested(&mut self, tokens: &[Token]) {
        if self.nesting >= MOST_NESTING {
            return;
        }
        for (at, pair) in tokens.windows(2).enumerate() {
            let [Token::Sign('('), first] = pair else { continue };
            if matches!(word(Some(first)), "delete" | "update" | "insert" | "merge") {
                self.inner += 1;
                if self.inner > MOST_INNER {
                    return self.cut();
                }
                let inner = tokens.get(at + 1..).unwrap_or_default();
                let mut depth = 1usize;
                let end = inner.iter().position(|token| {
                    match token {
                        Token::Sign('(') => depth += 1,
                        Token::Sign(')') => depth -= 1,
                        _ => {}
                    }
                    depth == 0
                });
                self.nesting += 1;
                self.statement(inner.get(..end.unwrap_or(inner.len())).unwrap_or_default());
                self.nesting -= 1;
            }
        }
    }

    fn with(&mut self, tokens: &[Token]) {
        self.nested(tokens);
        let main = outside(tokens, &["select", "delete", "update", "insert", "merge", "values"]);
        if let (Some(at), true) = (main.filter(|at| *at > 0), self.nesting < MOST_NESTING) {
            self.nesting += 1;
            self.statement(tokens.get(at..).unwrap_or_default());
            self.nesting -= 1;
        }
    }

    fn select(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate() {
            let called = tokens.get(at + 1) == Some(&Token::Sign('('));
            let function = word(Some(token));
            if !called || function.is_empty() {
                continue;
            }
            if let Some((_, verb, kind)) = FUNCTIONS.iter().find(|(name, ..)| *name == function) {
                self.say(Effect::new(*verb, Target::new(*kind, function)));
            }
            if matches!(function, "dblink_exec" | "dblink" | "query_to_xml" | "exec_sql" | "run_sql") {
                let texts: Vec<Token> =
                    tokens.iter().skip(at).take(12).filter(|token| matches!(token, Token::Text(_))).cloned().collect();
                self.dynamic(texts.get(texts.len().saturating_sub(1)..).unwrap_or_default());
            }
            if matches!(function, "lo_export" | "pg_file_write" | "pg_file_unlink") {
                self.opaque(Verb::Modify, function, "changes a file of the server");
            }
        }
        self.nested(tokens);
        match outside(tokens, &["into"]).and_then(|at| tokens.get(at + 1..)) {
            Some([kind, Token::Text(file), ..]) if kind.is("outfile") || kind.is("dumpfile") => {
                self.say(Effect::new(Verb::Create, Target::new(TargetKind::FileTree, file.clone())));
            }
            Some(rest) if word(tokens.first()) == "select" => {
                let temporary = matches!(word(rest.first()), "temp" | "temporary");
                if let (Some(name), _) = name(skip(rest, &["temp", "temporary", "unlogged", "table", "strict"])) {
                    if temporary {
                        self.made_temporary(name);
                    } else if !name.starts_with('@') {
                        self.table(Verb::Create, &name, None);
                    }
                }
            }
            _ => {}
        }
        let from = outside(tokens, &["from"]).and_then(|at| name(tokens.get(at + 1..).unwrap_or_default()).0);
        match from {
            Some(name) => self.table(Verb::Read, &name, None),
            None => self.database(Verb::Read, None),
        }
    }

    fn explain(&mut self, tokens: &[Token]) {
        let starts = ["select", "insert", "update", "delete", "with", "merge", "create", "values", "execute"];
        let at = outside(tokens, &starts).unwrap_or(tokens.len());
        let (options, statement) = tokens.split_at(at);
        let runs = options
            .iter()
            .enumerate()
            .any(|(at, option)| option.is("analyze") && !matches!(word(options.get(at + 1)), "false" | "off" | "0"));
        if runs && self.nesting < MOST_NESTING {
            self.nesting += 1;
            self.statement(statement);
            self.nesting -= 1;
        } else {
            self.database(Verb::Read, None);
        }
    }

    fn drop(&mut self, tokens: &[Token]) {
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

    fn delete(&mut self, tokens: &[Token]) {
        let note = condition(tokens);
        let rest = skip(tokens, &["low_priority", "quick", "ignore"]);
        let rest = if word(rest.first()) == "top" {
            let end = rest.iter().position(|token| *token == Token::Sign(')')).map_or(1, |end| end + 1);
            rest.get(end..).unwrap_or_default()
        } else {
            rest
        };
        let found = if word(rest.first()) == "from" {
            name(skip(rest, &["from", "only"])).0.into_iter().collect()
        } else {
            // `DELETE a, b FROM a JOIN b`.
            names(rest.get(..outside(rest, &["from"]).unwrap_or(rest.len())).unwrap_or_default())
        };
        for name in found {
            self.table(Verb::Delete, &name, note);
        }
        self.nested(tokens);
    }

    fn insert(&mut self, tokens: &[Token]) {
        let overwrites = tokens.iter().take(3).any(|token| token.is("overwrite"));
        let rest = tokens.get(1..).unwrap_or_default();
        let replaces =
            word(tokens.first()) == "replace" || (word(rest.first()) == "or" && word(rest.get(1)) == "replace");
        let rest = skip(
            rest,
            &[
                "into",
                "or",
                "replace",
                "ignore",
                "abort",
                "fail",
                "rollback",
                "overwrite",
                "table",
                "low_priority",
                "delayed",
                "high_priority",
            ],
        );
        let Some(table) = name(rest).0 else { return };
        let updates = rest
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if (a.is("do") && b.is("update")) || (a.is("duplicate") && b.is("key"))));
        let verb = match () {
            () if overwrites => Verb::Delete,
            () if replaces || updates => Verb::Modify,
            () => Verb::Create,
        };
        self.table(verb, &table, overwrites.then_some("every row is replaced"));
        self.nested(rest);
    }

    fn create(&mut self, tokens: &[Token]) {
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

    fn alter(&mut self, tokens: &[Token]) {
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

    fn rights(&mut self, tokens: &[Token]) {
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

    fn copy(&mut self, tokens: &[Token]) {
        let at = outside(tokens, &["from", "to"]);
        let to = at.and_then(|at| tokens.get(at)).is_some_and(|token| token.is("to"));
        match at.map(|at| (tokens.get(at + 1), tokens.get(at + 2))) {
            Some((Some(program), Some(Token::Text(command)))) if program.is("program") => {
                self.commands.push(command.clone());
            }
            Some((Some(Token::Text(file)), _)) if to => {
                self.say(Effect::new(Verb::Create, Target::new(TargetKind::FileTree, file.clone())));
            }
            _ => {}
        }
        let table = name(tokens).0;
        match (to, table) {
            (false, Some(table)) => self.table(Verb::Create, &table, None),
            (true, Some(table)) => self.table(Verb::Read, &table, None),
            _ => self.nested(tokens),
        }
    }

    /// The body of an anonymous block.
    fn block(&mut self, body: &str) {
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
    fn block_tokens(&mut self, tokens: &[Token]) {
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
    fn dynamic(&mut self, tokens_of: &[Token]) {
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
        if tokens_of.iter().any(|token| *token == Token::Sign('|')) {
            text.push_str("{name}");
        }
        self.nesting += 1;
        self.read(&tokens(&text));
        self.nesting -= 1;
    }

    /// `EXEC`, `EXECUTE`.
    fn execute(&mut self, tokens: &[Token]) {
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

    fn procedure(&mut self, name: &str) {
        let target = Target::new(TargetKind::Program, name);
        self.say(Effect::opaque(Verb::Execute, target, "a procedure of the database, which is not read"));
    }
}
