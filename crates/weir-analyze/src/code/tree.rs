//! A program as evaluation needs it: what the front ends for Python, JavaScript, Ruby, Perl and PHP have in common.
//!
//! What has no bearing on files, programs, networks and databases is kept only as far as calls may hide in it.

use std::rc::Rc;

/// A whole text.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// Its statements.
    pub(super) body: Vec<Stmt>,
    /// Why part of it was left out, for people.
    pub(super) missing: Option<&'static str>,
}

/// A statement.
#[derive(Debug)]
pub(super) enum Stmt {
    /// An expression for its effect.
    Expr(Expr),
    /// `a = b = value`.
    Assign(Vec<Pattern>, Expr),
    /// `a += value`.
    Augment(Pattern, Expr),
    /// A loop over the items of a value.
    For(Pattern, Expr, Vec<Stmt>),
    /// One of these runs; or none, where the flag is false.
    Branches(Vec<Vec<Stmt>>, bool),
    /// A condition that may be known, whether it is turned around, and what it chooses from.
    When(Expr, bool, Vec<Vec<Stmt>>, bool),
    /// Runs any number of times.
    Maybe(Vec<Stmt>),
    /// Runs once.
    Block(Vec<Stmt>),
    /// A named function.
    Function(String, Rc<Function>),
    /// A class.
    Class(Rc<Class>),
    /// Binds a module to a name (module, name).
    Import(String, String),
    /// Binds members of a module to names (module, (member, name)).
    ImportFrom(String, Vec<(String, String)>),
    /// A name is looked at more closely, where it is bound.
    Narrow(String, Expr),
    /// Leaves the function.
    Return(Option<Expr>),
    /// Ends what runs (`raise`, `break`).
    Stop(Option<Expr>),
}

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    Str(String),
    Num(i64),
    Bool(bool),
    Null,
    /// A string made of pieces.
    Concat(Vec<(Expr, String)>),
    Name(String),
    Attr(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    /// The items from this one on.
    From(Box<Expr>, usize),
    Call(Box<CallExpr>),
    /// Items; those with the flag are lists that are spread out.
    List(Vec<(Expr, bool)>),
    Dict(Vec<(Expr, Expr)>),
    /// `a + b + c`.
    Add(Vec<(Expr, String)>),
    /// `path / part`.
    Div(Box<Expr>, Box<Expr>, String),
    /// `"text %s" % value`.
    Percent(Box<Expr>, Box<Expr>, String),
    /// One of these.
    Either(Vec<Expr>),
    Function(Rc<Function>),
    /// A value of which only names like one of these patterns are left.
    Narrowed(Box<Expr>, Vec<String>),
    /// For each of these bindings, this.
    Each(Vec<(Pattern, Expr)>, Box<Expr>),
    Assign(Box<Pattern>, Box<Expr>),
    /// Evaluated; nothing is known of the result.
    Many(Vec<Expr>),
    /// A command in backticks.
    Shell(Box<Expr>),
}

/// A call.
#[derive(Debug)]
pub(super) struct CallExpr {
    pub(super) callee: Expr,
    /// The receiver as written, for people.
    pub(super) receiver: String,
    pub(super) args: Vec<Argument>,
    /// A template that is given to a function (`` $`...` ``).
    pub(super) template: bool,
}

/// One argument of a call.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: Option<String>,
    pub(super) spread: bool,
    pub(super) value: Expr,
    /// As written, for people.
    pub(super) source: String,
}

/// What is bound.
#[derive(Debug)]
pub(super) enum Pattern {
    Name(String),
    Attr(Expr, String),
    Index(Expr, Expr),
    List(Vec<Pattern>),
    /// By key.
    Object(Vec<(String, Pattern)>),
    /// With what it is where there is nothing.
    Or(Box<Pattern>, Expr),
    Skip,
}

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    /// Names, and what they are where nothing is passed.
    pub(super) params: Vec<(Pattern, Option<Expr>)>,
    pub(super) body: Vec<Stmt>,
    /// The last parameter takes all that is left.
    pub(super) rest: bool,
}

/// A class.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) base: Option<Expr>,
    pub(super) methods: Vec<(String, Rc<Function>)>,
    pub(super) body: Vec<Stmt>,
}

/// Statements of which the last gives their value.
pub(super) fn returning(mut body: Vec<Stmt>) -> Vec<Stmt> {
    if let Some(last) = body.pop() {
        let each = |branches: Vec<Vec<Stmt>>| branches.into_iter().map(returning).collect();
        body.push(match last {
            Stmt::Expr(value) => Stmt::Return(Some(value)),
            Stmt::Branches(branches, complete) => Stmt::Branches(each(branches), complete),
            Stmt::When(condition, turned, branches, complete) => {
                Stmt::When(condition, turned, each(branches), complete)
            }
            other => other,
        });
    }
    body
}

/// A piece of source for people: one line, not long.
pub(super) fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    let mut out = String::new();
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        for letter in word.chars() {
            if out.len() >= MOST {
                out.push('…');
                return out;
            }
            out.push(letter);
        }
    }
    out
}
