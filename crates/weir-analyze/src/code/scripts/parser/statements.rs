//! Statements, blocks and functions.

use std::rc::Rc;

use super::{Parser, call};
use crate::code::scripts::Flavor;
use crate::code::scripts::tokens::Token;
use crate::code::tree::{Class, Expr, Function, Pattern, Stmt, returning};

impl Parser {
    /// Statements up to one of `ends` (which stays), or a closing brace.
    pub(super) fn block(&mut self, out: &mut Vec<Stmt>, ends: &[&str]) {
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

    /// `{ ... }`, or one statement.
    pub(super) fn body(&mut self) -> Vec<Stmt> {
        let mut out = Vec::new();
        self.lines();
        if self.eat("{") {
            self.block(&mut out, &[]);
            self.eat("}");
        } else {
            self.eat(":");
            self.stmt(&mut out);
        }
        out
    }

    pub(super) fn stmt(&mut self, out: &mut Vec<Stmt>) {
        if !self.enter() {
            return;
        }
        self.stmt_inner(out);
        self.depth -= 1;
    }

    pub(super) fn stmt_inner(&mut self, out: &mut Vec<Stmt>) {
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
            "class" | "interface" | "trait" if !key => {
                self.at += 1;
                let name = self.word().to_owned();
                while !self.sign("{") && self.at < self.tokens.len() {
                    self.at += 1;
                }
                let body = self.body();
                let methods = methods(&body);
                let (functions, fields): (Vec<Stmt>, Vec<Stmt>) =
                    body.into_iter().partition(|stmt| matches!(stmt, Stmt::Function(..)));
                out.push(class(name, methods, fields));
                out.extend(functions);
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
                let body = self.body();
                out.push(Stmt::Maybe(body));
            }
            "for" | "foreach" if !key => self.loops(out),
            "return" => {
                self.at += 1;
                let value = if self.ends() { None } else { Some(self.expr()) };
                self.modifiers(out, |value| Stmt::Return(Some(value)), value.unwrap_or(Expr::Null));
            }
            "use" | "no" | "package" | "namespace" => self.rest_of_line(),
            "my" | "our" | "local" | "echo" | "global" | "static" | "public" | "private" | "protected" | "then"
            | "const"
                if !key =>
            {
                self.at += 1;
            }
            _ => {
                let value = match self.expr() {
                    // A name that stands alone is a call.
                    Expr::Name(name)
                        if self.flavor != Flavor::Php
                            && name.starts_with(|letter: char| letter.is_ascii_lowercase()) =>
                    {
                        call(Expr::Name(name.clone()), Vec::new(), name)
                    }
                    value => value,
                };
                self.modifiers(out, Stmt::Expr, value);
            }
        }
    }

    pub(super) fn rest_of_line(&mut self) {
        while !matches!(self.peek(), None | Some(Token::Line | Token::Sign(";"))) {
            self.at += 1;
        }
    }

    /// Whether no operand stands here.
    pub(super) fn ends(&self) -> bool {
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
    pub(super) fn modifiers(&mut self, out: &mut Vec<Stmt>, make: impl Fn(Expr) -> Stmt, value: Expr) {
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
    pub(super) fn loops(&mut self, out: &mut Vec<Stmt>) {
        self.at += 1;
        if matches!(self.word(), "my" | "our") {
            self.at += 1;
        }
        let mut name = "$_".to_owned();
        if let Some(Token::Var(variable)) = self.peek().cloned() {
            name = variable;
            self.at += 1;
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
    pub(super) fn function(&mut self) -> Rc<Function> {
        let mut params = Vec::new();
        if self.eat("(") {
            while !self.sign(")") && self.at < self.tokens.len() {
                if let Some(Token::Var(name)) = self.peek() {
                    params.push((Pattern::Name(name.clone()), None));
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
        // The last value is what it gives.
        let body = if perl { returning(body) } else { body };
        Rc::new(Function { params, body, rest: perl })
    }
}

/// The functions among the statements of a class.
fn methods(body: &[Stmt]) -> Vec<(String, Rc<Function>)> {
    body.iter()
        .filter_map(|stmt| match stmt {
            Stmt::Function(name, function) => Some((name.clone(), Rc::clone(function))),
            _ => None,
        })
        .collect()
}

fn class(name: String, methods: Vec<(String, Rc<Function>)>, body: Vec<Stmt>) -> Stmt {
    Stmt::Class(Rc::new(Class { name, base: None, methods, body }))
}
