//! Names, calls and their arguments.

use std::rc::Rc;

use super::{MOST_DEPTH, Parser, argument, call};
use crate::code::scripts::Flavor;
use crate::code::scripts::tokens::Token;
use crate::code::tree::{Argument, Expr, Function, Pattern, returning};

impl Parser {
    pub(super) fn named(&mut self, name: String) -> Expr {
        match name.as_str() {
            "nil" | "undef" | "null" | "NULL" | "None" => return Expr::Null,
            "true" | "TRUE" => return Expr::Bool(true),
            "false" | "FALSE" => return Expr::Bool(false),
            "my" | "our" | "local" | "new" | "not" | "return" | "clone" | "print" | "await" => return self.operand(),
            "sub" | "function" | "fn" => return Expr::Function(self.function()),
            "bless" => {
                let value = self.operand();
                if self.eat(",") {
                    self.operand();
                }
                return value;
            }
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
    pub(super) fn call_of(&mut self, callee: Expr, receiver: String, always: bool) -> Expr {
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
                    && (self.sign("<") || self.sign("{") || (self.sign("[") && name_is(&callee, "run"))));
            if operand {
                called = true;
                self.arguments(&mut args, None);
            }
        }
        // A bare name may be a function without arguments, too, but then it is none of the library's that matter.
        if !called {
            return callee;
        }
        call(callee, args, receiver)
    }

    pub(super) fn arguments(&mut self, args: &mut Vec<Argument>, close: Option<&str>) {
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
                    body: returning(body),
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
pub(super) fn is_statement(name: &str) -> bool {
    matches!(name, "include" | "include_once" | "require" | "require_once")
}

pub(super) fn is_list_operator(name: &str) -> bool {
    matches!(name, "unlink" | "map" | "grep" | "sort" | "run" | "system" | "exec" | "eval" | "rmtree" | "remove_tree")
}

fn name_is(expr: &Expr, wanted: &str) -> bool {
    matches!(expr, Expr::Name(name) if name == wanted)
}
