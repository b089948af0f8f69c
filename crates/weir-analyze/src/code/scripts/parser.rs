//! From tokens of Ruby, Perl and PHP to the tree that is followed. What is not understood is passed over.

use std::rc::Rc;

use super::Flavor;
use super::tokens::{Part, Token, tokens};
use crate::code::syntax::MOST_BYTES;
use crate::code::tree::{Argument, CallExpr, Expr, Function, Pattern, Program, Stmt, excerpt};

/// Tokens of a text.
const MOST_TOKENS: usize = 200_000;
/// Expressions in expressions.
const MOST_DEPTH: usize = 60;

/// Reads a program.
pub(super) fn parse(text: &str, flavor: Flavor) -> Program {
    if text.len() > MOST_BYTES {
        return Program { body: Vec::new(), missing: Some("the program is longer than is read") };
    }
    let Some(tokens) = tokens(text, flavor, MOST_TOKENS) else {
        return Program { body: Vec::new(), missing: Some("the program is longer than is read") };
    };
    let mut parser = Parser { tokens, at: 0, flavor, depth: 0, missing: None };
    let mut body = Vec::new();
    while parser.at < parser.tokens.len() {
        let before = parser.at;
        parser.block(&mut body, &[]);
        // A sign that closes nothing.
        if parser.at == before {
            parser.at += 1;
        }
    }
    let (mut functions, rest): (Vec<Stmt>, Vec<Stmt>) =
        body.into_iter().partition(|stmt| matches!(stmt, Stmt::Function(..)));
    functions.extend(rest);
    Program { body: functions, missing: parser.missing }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    flavor: Flavor,
    depth: usize,
    missing: Option<&'static str>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    fn word(&self) -> &str {
        match self.peek() {
            Some(Token::Name(name)) => name,
            _ => "",
        }
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.sign(sign);
        self.at += usize::from(found);
        found
    }

    fn lines(&mut self) {
        while matches!(self.peek(), Some(Token::Line)) {
            self.at += 1;
        }
    }

    fn enter(&mut self) -> bool {
        if self.depth >= MOST_DEPTH {
            self.missing = Some("the program is nested deeper than is followed");
            // Something must be passed over, or nothing would end.
            self.at += 1;
            return false;
        }
        self.depth += 1;
        true
    }

    /// Statements up to one of `ends` (which stays), or a closing brace.
    fn block(&mut self, out: &mut Vec<Stmt>, ends: &[&str]) {
        if !self.enter() {
            return;
        }
        while let Some(token) = self.peek() {
            match token {
                Token::Line | Token::Sign(";") => self.at += 1,
                Token::Sign("}" | ")" | "]") => break,
                Token::Name(name) if ends.contains(&name.as_str()) => break,
                _ => {
                    let before = self.at;
                    self.stmt(out);
                    if self.at == before {
                        self.at += 1;
                    }
                }
            }
        }
        self.depth -= 1;
    }

    /// `{ ... }`, or Ruby's lines up to `end`.
    fn body(&mut self) -> Vec<Stmt> {
        let mut out = Vec::new();
        self.lines();
        if self.flavor != Flavor::Ruby {
            if self.eat("{") {
                self.block(&mut out, &[]);
                self.eat("}");
            } else {
                self.eat(":");
                self.stmt(&mut out);
            }
            return out;
        }
        loop {
            self.block(&mut out, &["end", "else", "elsif", "when", "rescue", "ensure", "in"]);
            match self.word() {
                "end" => {
                    self.at += 1;
                    return out;
                }
                "else" | "ensure" => self.at += 1,
                "elsif" | "when" | "rescue" | "in" => {
                    self.at += 1;
                    let condition = self.expr();
                    out.push(Stmt::Expr(condition));
                }
                _ => return out,
            }
        }
    }

    fn stmt(&mut self, out: &mut Vec<Stmt>) {
        if !self.enter() {
            return;
        }
        self.stmt_inner(out);
        self.depth -= 1;
    }

    fn stmt_inner(&mut self, out: &mut Vec<Stmt>) {
        let word = self.word().to_owned();
        let after = self.tokens.get(self.at + 1).cloned();
        let key = matches!(after, Some(Token::Sign("=>" | "=" | "." | ":")));
        match word.as_str() {
            "def" | "sub" | "function" if matches!(after, Some(Token::Name(_))) => {
                self.at += 1;
                let mut name = self.word().to_owned();
                self.at += 1;
                if self.eat(".") {
                    name = self.word().to_owned();
                    self.at += 1;
                }
                let function = self.function();
                out.push(Stmt::Function(name, function));
            }
            "class" | "module" if self.flavor == Flavor::Ruby && !key => {
                self.at += 1;
                self.rest_of_line();
                let body = self.body();
                out.extend(body);
            }
            "class" | "interface" | "trait" if !key => {
                while !self.sign("{") && self.at < self.tokens.len() {
                    self.at += 1;
                }
                let body = self.body();
                out.extend(body);
            }
            "if" | "unless" | "while" | "until" | "elsif" | "elseif" | "case" | "switch" if !key => {
                self.at += 1;
                let condition = self.expr();
                out.push(Stmt::Expr(condition));
                if self.word() == "then" || self.word() == "do" {
                    self.at += 1;
                }
                let body = self.body();
                out.push(Stmt::Maybe(body));
            }
            "else" | "try" | "finally" | "BEGIN" | "END" | "begin" | "do" if !key => {
                self.at += 1;
                if self.word() == "if" {
                    return;
                }
                let body = self.body();
                // What these hold runs, or may.
                out.push(if word == "else" { Stmt::Maybe(body) } else { Stmt::Branches(vec![body, Vec::new()], true) });
            }
            "catch" | "rescue" if !key => {
                self.at += 1;
                self.expr();
                let body = if self.flavor == Flavor::Ruby { Vec::new() } else { self.body() };
                out.push(Stmt::Maybe(body));
            }
            "for" | "foreach" if !key => self.loops(out),
            "return" => {
                self.at += 1;
                let value = if self.ends() { None } else { Some(self.expr()) };
                self.modifiers(out, |value| Stmt::Return(Some(value)), value.unwrap_or(Expr::Null));
            }
            "use" | "no" | "package" | "namespace" if self.flavor != Flavor::Ruby => self.rest_of_line(),
            "my" | "our" | "local" | "echo" | "global" | "static" | "public" | "private" | "protected" | "then"
            | "const"
                if !key =>
            {
                self.at += 1;
            }
            _ => {
                let value = self.expr();
                self.modifiers(out, Stmt::Expr, value);
            }
        }
    }

    fn rest_of_line(&mut self) {
        while !matches!(self.peek(), None | Some(Token::Line | Token::Sign(";"))) {
            self.at += 1;
        }
    }

    /// Whether no operand stands here.
    fn ends(&self) -> bool {
        match self.peek() {
            None | Some(Token::Line) => true,
            Some(Token::Sign(sign)) => !matches!(*sign, "(" | "[" | "{" | "\\" | "->" | "!" | "-" | "<" | "&" | "*"),
            Some(Token::Name(name)) => matches!(
                name.as_str(),
                "if" | "unless"
                    | "while"
                    | "until"
                    | "for"
                    | "foreach"
                    | "and"
                    | "or"
                    | "do"
                    | "then"
                    | "end"
                    | "as"
                    | "x"
                    | "eq"
                    | "ne"
                    | "else"
                    | "rescue"
                    | "instanceof"
            ),
            _ => false,
        }
    }

    /// `... if x`, `... for @list`, `... or die`.
    fn modifiers(&mut self, out: &mut Vec<Stmt>, make: impl Fn(Expr) -> Stmt, value: Expr) {
        match self.word() {
            "if" | "unless" | "while" | "until" | "rescue" => {
                self.at += 1;
                let condition = self.expr();
                out.push(Stmt::Expr(condition));
                out.push(Stmt::Maybe(vec![make(value)]));
            }
            "for" | "foreach" => {
                self.at += 1;
                let over = self.expr();
                out.push(Stmt::For(Pattern::Name("$_".to_owned()), over, vec![make(value)]));
            }
            "and" | "or" => {
                self.at += 1;
                out.push(make(value));
                let mut rest = Vec::new();
                self.stmt(&mut rest);
                out.push(Stmt::Maybe(rest));
            }
            _ => out.push(make(value)),
        }
    }

    /// `foreach my $x (list) {}`, `foreach (list as $k => $x) {}`, `for x in list`, `for (;;) {}`.
    fn loops(&mut self, out: &mut Vec<Stmt>) {
        self.at += 1;
        if matches!(self.word(), "my" | "our") {
            self.at += 1;
        }
        let mut name = "$_".to_owned();
        match self.peek().cloned() {
            Some(Token::Var(variable)) => {
                name = variable;
                self.at += 1;
            }
            Some(Token::Name(variable)) if self.flavor == Flavor::Ruby => {
                name = variable;
                self.at += 1;
            }
            _ => {}
        }
        if self.word() == "in" {
            self.at += 1;
        }
        let over = if self.flavor == Flavor::Php && self.eat("(") {
            let over = self.expr();
            while !self.sign(")") && self.at < self.tokens.len() {
                if let Some(Token::Var(variable)) = self.peek() {
                    name.clone_from(variable);
                }
                self.at += 1;
            }
            self.eat(")");
            over
        } else {
            self.expr()
        };
        if self.word() == "do" {
            self.at += 1;
        }
        let body = self.body();
        out.push(Stmt::For(Pattern::Name(name), over, body));
    }

    /// Parameters and body of a function.
    fn function(&mut self) -> Rc<Function> {
        let mut params = Vec::new();
        if self.eat("(") {
            while !self.sign(")") && self.at < self.tokens.len() {
                match self.peek() {
                    Some(Token::Var(name)) => params.push((Pattern::Name(name.clone()), None)),
                    Some(Token::Name(name)) if self.flavor == Flavor::Ruby => {
                        params.push((Pattern::Name(name.clone()), None));
                    }
                    _ => {}
                }
                self.at += 1;
                if self.eat("=") {
                    let value = self.operand_chain();
                    if let Some(last) = params.last_mut() {
                        last.1 = Some(value);
                    }
                }
            }
            self.eat(")");
        }
        if self.flavor == Flavor::Php {
            while !self.sign("{") && !self.sign(";") && !self.sign("=>") && self.at < self.tokens.len() {
                self.at += 1;
            }
            if self.eat("=>") {
                let value = self.expr();
                return Rc::new(Function { params, body: vec![Stmt::Return(Some(value))], rest: false });
            }
            if self.sign(";") {
                return Rc::new(Function { params, body: Vec::new(), rest: false });
            }
        }
        // Perl's arguments are a list: `my ($x) = @_` and `shift` take from it.
        let perl = self.flavor == Flavor::Perl;
        if perl {
            params = vec![(Pattern::Name("$_".to_owned()), None)];
        }
        let body = self.body();
        Rc::new(Function { params, body, rest: perl })
    }

    /// An expression with assignments.
    fn expr(&mut self) -> Expr {
        if !self.enter() {
            return Expr::Null;
        }
        let first = self.operand_chain();
        let expr = match self.peek() {
            Some(Token::Sign("=" | "||=" | "//=" | "??=")) => {
                self.at += 1;
                self.lines();
                let value = self.expr_list();
                Expr::Assign(Box::new(pattern(first)), Box::new(value))
            }
            Some(Token::Sign("+=" | ".=" | "<<")) => {
                self.at += 1;
                let value = self.expr();
                match &first {
                    Expr::Name(name) => Expr::Assign(
                        Box::new(Pattern::Name(name.clone())),
                        Box::new(Expr::Add(vec![(Expr::Name(name.clone()), name.clone()), (value, String::new())])),
                    ),
                    _ => Expr::Many(vec![first, value]),
                }
            }
            _ => first,
        };
        self.depth -= 1;
        expr
    }

    /// The right side of an assignment: `a = 1, 2` is a list in Ruby.
    fn expr_list(&mut self) -> Expr {
        self.expr()
    }

    /// Operands with operators between them.
    fn operand_chain(&mut self) -> Expr {
        if !self.enter() {
            return Expr::Null;
        }
        let mut parts: Vec<(Expr, String)> = Vec::new();
        let mut signs: Vec<String> = Vec::new();
        loop {
            let start = self.at;
            let operand = self.operand();
            let source = self.source(start);
            parts.push((operand, source));
            let sign = match self.peek() {
                Some(Token::Sign(
                    sign @ ("+" | "." | "||" | "??" | "//" | "==" | "!=" | "===" | "!==" | "=~" | "!~" | "&&" | "<="
                    | ">=" | "<=>" | "-" | "*" | "/" | "%" | "<" | ">" | "?" | ":" | ".." | "|" | "&" | "..."),
                )) => (*sign).to_owned(),
                Some(Token::Name(name)) if matches!(name.as_str(), "eq" | "ne" | "x" | "lt" | "gt" | "instanceof") => {
                    name.clone()
                }
                _ => break,
            };
            // `key: value` and `a ? b : c` only where an operand came before.
            if sign == ":" && !signs.contains(&"?".to_owned()) {
                break;
            }
            self.at += 1;
            self.lines();
            signs.push(sign);
        }
        self.depth -= 1;
        if parts.len() == 1 {
            return parts.pop().map_or(Expr::Null, |(part, _)| part);
        }
        let joins = |sign: &String| sign == "." || (sign == "+" && self.flavor == Flavor::Ruby);
        if signs.iter().all(joins) {
            return Expr::Add(parts);
        }
        // Ruby's paths: `Pathname.new("a") / "b"`.
        if parts.len() == 2
            && signs.first().is_some_and(|sign| sign == "/")
            && let (Some((b, source)), Some((a, _))) = (parts.pop(), parts.pop())
        {
            return Expr::Div(Box::new(a), Box::new(b), source);
        }
        let parts: Vec<Expr> = parts.into_iter().map(|(part, _)| part).collect();
        if signs.iter().all(|sign| matches!(sign.as_str(), "||" | "??" | "//")) {
            return Expr::Either(parts);
        }
        if signs.len() == 2 && signs.first().is_some_and(|sign| sign == "?") {
            return Expr::Either(parts.into_iter().skip(1).collect());
        }
        Expr::Many(parts)
    }

    /// Tokens as people would write them.
    fn source(&self, start: usize) -> String {
        let mut out = String::new();
        for token in self.tokens.get(start..self.at).unwrap_or_default().iter().take(12) {
            match token {
                Token::Name(text) | Token::Var(text) => out.push_str(text),
                Token::Num(number) => out.push_str(&number.to_string()),
                Token::Sign(sign) => out.push_str(sign),
                Token::Text(parts) | Token::Shell(parts) => {
                    for part in parts {
                        let (Part::Plain(text) | Part::Code(text)) = part;
                        out.push_str(text);
                    }
                }
                Token::Words(words) => out.push_str(&words.join(" ")),
                Token::Line => {}
            }
        }
        excerpt(&out)
    }

    fn text(&mut self, parts: &[Part]) -> Expr {
        if let [Part::Plain(text)] = parts {
            return Expr::Str(text.clone());
        }
        let mut out = Vec::new();
        for part in parts {
            match part {
                Part::Plain(text) => out.push((Expr::Str(text.clone()), String::new())),
                Part::Code(code) => {
                    let depth = self.depth + 10;
                    let inner = tokens(code, self.flavor, 200).filter(|_| depth < MOST_DEPTH).map(|tokens| {
                        let mut parser = Parser { tokens, at: 0, flavor: self.flavor, depth, missing: None };
                        parser.expr()
                    });
                    out.push((inner.unwrap_or(Expr::Many(Vec::new())), excerpt(code)));
                }
            }
        }
        Expr::Concat(out)
    }

    /// One operand with what hangs on it.
    fn operand(&mut self) -> Expr {
        if !self.enter() {
            return Expr::Null;
        }
        let start = self.at;
        let mut expr = self.primary();
        loop {
            match self.peek() {
                // A chain that goes on in the next line.
                Some(Token::Line)
                    if self.flavor != Flavor::Perl
                        && matches!(self.tokens.get(self.at + 1), Some(Token::Sign("." | "->" | "&.")))
                        && (self.flavor == Flavor::Ruby
                            || self.tokens.get(self.at + 1) == Some(&Token::Sign("->"))) =>
                {
                    self.at += 1;
                }
                Some(Token::Sign(sign @ ("." | "&." | "->" | "?->" | "::"))) => {
                    let ruby = matches!(*sign, "." | "&.");
                    if ruby && self.flavor != Flavor::Ruby {
                        break;
                    }
                    match self.tokens.get(self.at + 1).cloned() {
                        Some(Token::Name(name)) => {
                            let receiver = self.source(start);
                            self.at += 2;
                            let callee = Expr::Attr(Box::new(expr), name);
                            expr = self.call_of(callee, receiver, self.flavor != Flavor::Php);
                        }
                        Some(Token::Sign("[" | "{" | "(")) => self.at += 1,
                        _ => break,
                    }
                }
                Some(Token::Sign("[")) if !matches!(expr, Expr::Str(_)) => {
                    self.at += 1;
                    let key = self.list("]");
                    let dir = matches!(&expr, Expr::Name(name) if name == "Dir");
                    if dir {
                        let args = vec![argument(Expr::List(key), self.source(start))];
                        let callee = Expr::Attr(Box::new(expr), "glob".to_owned());
                        expr = call(callee, args, String::new());
                        continue;
                    }
                    let key = key.into_iter().next().map_or(Expr::Null, |(key, _)| key);
                    expr = Expr::Index(Box::new(expr), Box::new(key));
                }
                // `$h{key}`.
                Some(Token::Sign("{"))
                    if self.flavor == Flavor::Perl
                        && matches!(expr, Expr::Name(_) | Expr::Index(..))
                        && matches!(
                            self.tokens.get(self.at.saturating_sub(1)),
                            Some(Token::Var(_) | Token::Sign("->" | "}"))
                        ) =>
                {
                    self.at += 1;
                    let key = match (self.peek().cloned(), self.tokens.get(self.at + 1)) {
                        (Some(Token::Name(key)), Some(Token::Sign("}"))) => {
                            self.at += 1;
                            Expr::Str(key)
                        }
                        _ => self.expr(),
                    };
                    self.eat("}");
                    expr = Expr::Index(Box::new(expr), Box::new(key));
                }
                _ => break,
            }
        }
        self.depth -= 1;
        expr
    }

    /// Items up to a closing sign, which is taken.
    fn list(&mut self, close: &str) -> Vec<(Expr, bool)> {
        let mut items = Vec::new();
        loop {
            self.lines();
            if self.eat(close) || self.at >= self.tokens.len() {
                return items;
            }
            let before = self.at;
            let spread = self.eat("*") || self.eat("...");
            let item = self.expr();
            // `key => value` and `key: value`: in a list the value counts.
            if self.eat("=>") || self.eat(":") {
                self.lines();
                let value = self.expr();
                items.push((value, false));
            } else {
                items.push((item, spread));
            }
            self.lines();
            if !self.eat(",") && !self.sign(close) {
                // A modifier inside of parentheses, or what is not understood.
                if self.at == before || !matches!(self.peek(), Some(Token::Var(_) | Token::Text(_) | Token::Name(_))) {
                    self.at += 1;
                }
            }
        }
    }

    /// `{ key => value }`.
    fn hash(&mut self) -> Expr {
        let mut pairs = Vec::new();
        loop {
            self.lines();
            if self.eat("}") || self.at >= self.tokens.len() {
                return Expr::Dict(pairs);
            }
            let before = self.at;
            let key = match (self.peek().cloned(), self.tokens.get(self.at + 1)) {
                (Some(Token::Name(key)), Some(Token::Sign("=>" | ":"))) => {
                    self.at += 1;
                    Expr::Str(key)
                }
                _ => self.expr(),
            };
            if self.eat("=>") || self.eat(":") {
                self.lines();
                let value = self.expr();
                pairs.push((key, value));
            } else {
                pairs.push((Expr::Null, key));
            }
            if !self.eat(",") && self.at == before {
                self.at += 1;
            }
        }
    }

    fn primary(&mut self) -> Expr {
        let Some(token) = self.peek().cloned() else { return Expr::Null };
        self.at += 1;
        match token {
            Token::Text(parts) => self.text(&parts),
            Token::Shell(parts) => Expr::Shell(Box::new(self.text(&parts))),
            Token::Words(words) => Expr::List(words.into_iter().map(|word| (Expr::Str(word), false)).collect()),
            Token::Num(number) => Expr::Num(number),
            Token::Var(name) => Expr::Name(name),
            Token::Name(name) => self.named(name),
            Token::Sign("(") => {
                let mut items = self.list(")");
                if items.len() == 1 && self.flavor != Flavor::Perl {
                    return items.pop().map_or(Expr::Null, |(item, _)| item);
                }
                Expr::List(items)
            }
            Token::Sign("[") => Expr::List(self.list("]")),
            Token::Sign("{") => self.hash(),
            Token::Sign("!" | "-" | "\\" | "&" | "*" | "~" | "+" | "@" | "++" | "--" | "::") => self.operand(),
            // Ruby's `-> (x) { ... }`.
            Token::Sign("->") => Expr::Function(self.lambda()),
            // Perl's `<*.log>`.
            Token::Sign("<") if self.flavor == Flavor::Perl => {
                let mut pattern = String::new();
                while !self.sign(">") && !matches!(self.peek(), None | Some(Token::Line | Token::Sign(";"))) {
                    let start = self.at;
                    self.at += 1;
                    pattern.push_str(&self.source(start));
                }
                self.eat(">");
                call(Expr::Name("glob".to_owned()), vec![argument(Expr::Str(pattern.clone()), pattern)], String::new())
            }
            Token::Sign("}" | ")" | "]" | ";" | ",") | Token::Line => {
                self.at -= 1;
                Expr::Null
            }
            Token::Sign(_) => Expr::Null,
        }
    }

    fn lambda(&mut self) -> Rc<Function> {
        let mut params = Vec::new();
        if self.eat("(") {
            while !self.eat(")") && self.at < self.tokens.len() {
                if let Some(Token::Name(name)) = self.peek() {
                    params.push((Pattern::Name(name.clone()), None));
                }
                self.at += 1;
            }
        }
        let mut body = Vec::new();
        if self.eat("{") {
            self.block(&mut body, &[]);
            self.eat("}");
        } else if self.word() == "do" {
            self.at += 1;
            body = self.body();
        }
        Rc::new(Function { params, body, rest: false })
    }

    fn named(&mut self, name: String) -> Expr {
        match name.as_str() {
            "nil" | "undef" | "null" | "NULL" | "None" => return Expr::Null,
            "true" | "TRUE" => return Expr::Bool(true),
            "false" | "FALSE" => return Expr::Bool(false),
            "my" | "our" | "local" | "new" | "not" | "return" | "clone" | "print" | "await" => return self.operand(),
            "sub" | "function" | "fn" if self.flavor != Flavor::Ruby => return Expr::Function(self.function()),
            // Blocks that are expressions.
            "if" | "unless" | "begin" | "case" | "do" | "while" => {
                self.at -= 1;
                let mut body = Vec::new();
                if self.depth + 2 < MOST_DEPTH {
                    self.stmt_inner(&mut body);
                } else {
                    self.at += 1;
                }
                let function = Rc::new(Function { params: Vec::new(), body, rest: false });
                return call(Expr::Function(function), Vec::new(), String::new());
            }
            _ => {}
        }
        let always = self.flavor == Flavor::Perl && name == "shift";
        self.call_of(Expr::Name(name.clone()), name, always)
    }

    /// A call of `callee`, if it is one. With `always` it is one without arguments, too.
    fn call_of(&mut self, callee: Expr, receiver: String, always: bool) -> Expr {
        let mut args = Vec::new();
        let mut called = always;
        if self.sign("(") {
            self.at += 1;
            called = true;
            self.arguments(&mut args, Some(")"));
        } else if self.flavor != Flavor::Php || matches!(&callee, Expr::Name(name) if is_statement(name)) {
            // An operand in the same line is an argument. `x [1]` and `x -1` are taken for indexes and sums.
            let operand = matches!(
                self.peek(),
                Some(Token::Text(_) | Token::Var(_) | Token::Num(_) | Token::Words(_) | Token::Shell(_))
            ) || (matches!(self.peek(), Some(Token::Name(_))) && !self.ends())
                || (self.flavor == Flavor::Perl
                    && matches!(&callee, Expr::Name(name) if is_list_operator(name))
                    && (self.sign("<") || self.sign("{")))
                || (self.flavor == Flavor::Ruby && self.sign("*") && matches!(callee, Expr::Attr(..)));
            if operand {
                called = true;
                self.arguments(&mut args, None);
            }
        }
        // Ruby's blocks.
        if self.flavor == Flavor::Ruby {
            let block = self.sign("{") || self.word() == "do";
            if block
                && (called
                    || self.tokens.get(self.at + 1) == Some(&Token::Sign("|"))
                    || matches!(callee, Expr::Name(_)))
            {
                called = true;
                let braces = self.sign("{");
                self.at += 1;
                let mut params = Vec::new();
                if self.eat("|") {
                    while !self.eat("|") && self.at < self.tokens.len() {
                        if let Some(Token::Name(name)) = self.peek() {
                            params.push((Pattern::Name(name.clone()), None));
                        }
                        self.at += 1;
                    }
                }
                let mut body = Vec::new();
                if braces {
                    self.block(&mut body, &[]);
                    self.eat("}");
                } else {
                    body = self.body();
                }
                let function = Rc::new(Function { params, body, rest: false });
                args.push(argument(Expr::Function(function), String::new()));
            }
        }
        // A bare name may be a function without arguments, too, but then it is none of the library's that matter.
        if !called {
            return callee;
        }
        call(callee, args, receiver)
    }

    fn arguments(&mut self, args: &mut Vec<Argument>, close: Option<&str>) {
        loop {
            if close.is_some() {
                self.lines();
            }
            if close.is_some_and(|close| self.eat(close)) || self.at >= self.tokens.len() {
                return;
            }
            let before = self.at;
            let mut name = None;
            if let (Some(Token::Name(key)), Some(Token::Sign(":" | "=>"))) = (self.peek(), self.tokens.get(self.at + 1))
            {
                name = Some(key.clone());
                self.at += 2;
            }
            let spread = self.eat("*");
            // `map { ... } list`.
            let start = self.at;
            let value = if close.is_none() && self.flavor == Flavor::Perl && self.sign("{") {
                let body = self.body();
                Expr::Function(Rc::new(Function {
                    params: vec![(Pattern::Name("$_".to_owned()), None)],
                    body,
                    rest: false,
                }))
            } else {
                self.expr()
            };
            let source = self.source(start);
            let block = matches!(value, Expr::Function(_)) && close.is_none();
            let mut made = argument(value, source);
            (made.name, made.spread) = (name, spread);
            args.push(made);
            if close.is_some() {
                self.lines();
            }
            if self.eat("=>") || self.eat(",") || block {
                if close.is_none() {
                    self.lines();
                }
                if self.at == before {
                    self.at += 1;
                }
                continue;
            }
            match close {
                None => return,
                Some(close) if self.sign(close) => {}
                Some(_) => self.at += 1,
            }
        }
    }
}

/// PHP's words that take an argument without parentheses.
fn is_statement(name: &str) -> bool {
    matches!(name, "include" | "include_once" | "require" | "require_once")
}

fn is_list_operator(name: &str) -> bool {
    matches!(name, "unlink" | "map" | "grep" | "sort" | "system" | "exec" | "eval" | "rmtree" | "remove_tree")
}

fn pattern(expr: Expr) -> Pattern {
    match expr {
        Expr::Name(name) => Pattern::Name(name),
        Expr::List(items) => Pattern::List(items.into_iter().map(|(item, _)| pattern(item)).collect()),
        Expr::Index(object, key) => Pattern::Index(*object, *key),
        _ => Pattern::Skip,
    }
}

fn argument(value: Expr, source: String) -> Argument {
    Argument { name: None, spread: false, value, source }
}

fn call(callee: Expr, args: Vec<Argument>, receiver: String) -> Expr {
    Expr::Call(Box::new(CallExpr { callee, receiver: excerpt(&receiver), args, template: false }))
}
