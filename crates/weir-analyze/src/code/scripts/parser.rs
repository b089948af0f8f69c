//! From tokens of Perl and PHP to the tree that is followed. What is not understood is passed over.

mod calls;
mod statements;

use super::Flavor;
use super::tokens::{Part, Token, tokens};
use crate::code::syntax::too_long;
use crate::code::tree::{Argument, CallExpr, Expr, Pattern, Program, Stmt, excerpt};

/// Tokens of a text.
const MOST_TOKENS: usize = 100_000;
/// Expressions in expressions.
const MOST_DEPTH: usize = 60;

/// Reads a program.
pub(super) fn parse(text: &str, flavor: Flavor) -> Program {
    if too_long(text, MOST_TOKENS) {
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
        let joins = |sign: &String| sign == ".";
        if signs.iter().all(joins) {
            return Expr::Add(parts);
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
                    if self.flavor == Flavor::Php && self.tokens.get(self.at + 1) == Some(&Token::Sign("->")) =>
                {
                    self.at += 1;
                }
                Some(Token::Sign("->" | "?->" | "::")) => match self.tokens.get(self.at + 1).cloned() {
                    Some(Token::Name(name)) => {
                        let receiver = self.source(start);
                        self.at += 2;
                        let callee = Expr::Attr(Box::new(expr), name);
                        expr = self.call_of(callee, receiver, self.flavor != Flavor::Php);
                    }
                    Some(Token::Sign("[" | "{" | "(")) => self.at += 1,
                    _ => break,
                },
                Some(Token::Sign("[")) if !matches!(expr, Expr::Str(_)) => {
                    self.at += 1;
                    let key = self.list("]");
                    let key = key.into_iter().next().map_or(Expr::Null, |(key, _)| key);
                    expr = Expr::Index(Box::new(expr), Box::new(key));
                }
                // `$f->("x")`, and `$f("x")` of PHP.
                Some(Token::Sign("("))
                    if matches!(self.tokens.get(self.at.saturating_sub(1)), Some(Token::Sign("->")))
                        || (self.flavor == Flavor::Php
                            && matches!(&expr, Expr::Name(name) if name.starts_with('$'))) =>
                {
                    let receiver = self.source(start);
                    self.at += 1;
                    let mut args = Vec::new();
                    self.arguments(&mut args, Some(")"));
                    expr = call(expr, args, receiver);
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
            Token::Var(name) => match name.strip_prefix('@') {
                Some(field) => Expr::Attr(Box::new(Expr::Name("this".to_owned())), field.to_owned()),
                None => Expr::Name(name),
            },
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
}

fn pattern(expr: Expr) -> Pattern {
    match expr {
        Expr::Name(name) => Pattern::Name(name),
        Expr::List(items) => Pattern::List(items.into_iter().map(|(item, _)| pattern(item)).collect()),
        Expr::Index(object, key) => Pattern::Index(*object, *key),
        Expr::Attr(object, name) => Pattern::Attr(*object, name),
        _ => Pattern::Skip,
    }
}

fn argument(value: Expr, source: String) -> Argument {
    Argument { name: None, spread: false, value, source }
}

fn call(callee: Expr, args: Vec<Argument>, receiver: String) -> Expr {
    Expr::Call(Box::new(CallExpr { callee, receiver: excerpt(&receiver), args, template: false }))
}
