//! What one statement does.

mod blocks;
mod definitions;
mod parts;

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::MOST_NESTING;
use super::lexer::Token;
use parts::{condition, name, names, outside, rows, skip, word};

/// Effects of one text that are kept apart.
const MOST_EFFECTS: usize = 500;
/// Statements in statements of one text, and temporary tables.
const MOST_INNER: usize = 100;

/// Reads statements.
pub(super) struct Reader {
    pub(super) effects: Vec<Effect>,
    /// Command lines that the server or the client runs.
    pub(super) commands: Vec<String>,
    /// Files that the client writes.
    pub(super) files: Vec<String>,
    /// Temporary tables: nothing is lost with them.
    temporary: Vec<String>,
    /// Statements that have a name.
    prepared: Vec<String>,
    /// Routines that the text makes itself, by name.
    routines: Vec<(String, String)>,
    /// The effects that there were when a transaction began.
    pub(super) open: Option<usize>,
    /// Effects on rows since then: a rollback takes them back. Definitions it does not take back everywhere.
    undone: Vec<usize>,
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

impl Reader {
    pub(super) fn new(database: Option<&str>, nesting: usize) -> Self {
        Self {
            effects: Vec::new(),
            commands: Vec::new(),
            files: Vec::new(),
            temporary: Vec::new(),
            prepared: Vec::new(),
            routines: Vec::new(),
            open: None,
            undone: Vec::new(),
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
        self.touched(verb, name, note, Scope::Whole);
    }

    /// Rows of a table: some by a condition, or all of them.
    fn rows(&mut self, verb: Verb, name: &str, note: Option<&str>, some: Option<&str>) {
        let scope = match some {
            Some(some) => Scope::Filtered { filter: some.to_owned() },
            None if verb == Verb::Modify => Scope::Content,
            None => Scope::Whole,
        };
        let at = self.effects.len();
        self.touched(verb, name, note, scope);
        if self.open.is_some() && self.effects.len() == at + 1 {
            self.undone.push(at);
        }
    }

    fn touched(&mut self, verb: Verb, name: &str, note: Option<&str>, scope: Scope) {
        if self.temporary.iter().any(|table| table.eq_ignore_ascii_case(name)) || name.starts_with('#') {
            return;
        }
        let target = Target::new(TargetKind::Table, name);
        let target = if matches!(verb, Verb::Delete | Verb::Modify) { target.stateful() } else { target };
        let mut effect = Effect::new(verb, target).within(scope);
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
            "begin" | "start" if self.nesting == 0 && self.begins(rest) => {}
            "commit" | "end" if self.nesting == 0 => self.open = None,
            "rollback" | "abort" if self.nesting == 0 && !rest.iter().any(|token| token.is("to")) => self.rollback(),
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
                    self.rows(Verb::Modify, &name, condition(rest), rows(rest).as_deref());
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
                if !self.routine(&name) {
                    self.procedure(&name);
                }
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

    /// `BEGIN`, `START TRANSACTION`.
    fn begins(&mut self, rest: &[Token]) -> bool {
        let first = word(rest.first());
        let plain = ["", "transaction", "work", "immediate", "exclusive", "deferred", "isolation", "tran"];
        if plain.contains(&first) {
            self.open = Some(self.effects.len());
            self.undone.clear();
        }
        plain.contains(&first)
    }

    fn rollback(&mut self) {
        let Some(from) = self.open.take() else { return };
        let undone = std::mem::take(&mut self.undone);
        let within = self.effects.iter().enumerate().skip(from);
        // A definition in between has ended the transaction where it commits by itself.
        if within.clone().any(|(at, effect)| effect.verb != Verb::Read && !undone.contains(&at)) {
            return;
        }
        let mut at = 0;
        self.effects.retain(|_| {
            at += 1;
            !undone.contains(&(at - 1))
        });
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
            self.routine(function);
            if let Some((_, verb, kind)) = FUNCTIONS.iter().find(|(name, ..)| *name == function) {
                self.say(Effect::new(*verb, Target::new(*kind, function)));
            }
            if matches!(function, "dblink_exec" | "dblink" | "query_to_xml" | "exec_sql" | "run_sql") {
                let texts: Vec<Token> =
                    tokens.iter().skip(at).take(12).filter(|token| matches!(token, Token::Text(_))).cloned().collect();
                self.dynamic(texts.get(texts.len().saturating_sub(1)..).unwrap_or_default());
            }
            // Functions of the shell of SQLite.
            if matches!(function, "writefile" | "edit" | "load_extension") && self.inner < MOST_INNER {
                self.inner += 1;
                let end = tokens
                    .iter()
                    .skip(at)
                    .position(|token| *token == Token::Sign(')'))
                    .map_or(tokens.len(), |end| at + end);
                let texts: Vec<&String> = tokens
                    .get(at..end)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|token| if let Token::Text(text) = token { Some(text) } else { None })
                    .collect();
                match (function, texts.first(), texts.last()) {
                    ("writefile", Some(file), _) => self.files.push((*file).clone()),
                    ("edit", _, Some(command)) => self.commands.push((*command).clone()),
                    ("load_extension", ..) => self.opaque(Verb::Execute, function, "runs code that is not read"),
                    _ => self.opaque(Verb::Modify, function, "changes a file whose name is computed"),
                }
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
        let some = rows(tokens);
        for name in found {
            self.rows(Verb::Delete, &name, note, some.as_deref());
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
}
