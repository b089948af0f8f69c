//! The shell as the evaluator sees it: a small tree that no parser crate leaks into.
//!
//! Positions are byte offsets in the script's own text. Code inside substitutions stays text until it is evaluated.

use std::ops::Range;
use std::rc::Rc;

/// A range of bytes in the script.
pub(crate) type At = Range<usize>;

/// A parsed script.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) body: Vec<Stmt>,
    /// Why the tree may be wrong or not whole; empty where the parser was sure.
    pub(crate) doubts: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) command: Command,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) negated: bool,
    pub(crate) at: At,
}

/// How an element of a list hangs on the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    And,
    Or,
}

#[derive(Debug)]
pub(crate) enum Command {
    Simple {
        assignments: Vec<Assignment>,
        words: Vec<Word>,
    },
    /// `export`, `declare`, `local` and the like, with the assignments in their arguments.
    Declare {
        how: String,
        words: Vec<Word>,
        assignments: Vec<Assignment>,
    },
    List {
        first: Box<Stmt>,
        rest: Vec<(Join, Stmt)>,
    },
    Pipe(Vec<Stmt>),
    Subshell(Vec<Stmt>),
    Group(Vec<Stmt>),
    If {
        branches: Vec<(Vec<Stmt>, Vec<Stmt>)>,
        otherwise: Option<Vec<Stmt>>,
    },
    /// `while` and `until`.
    While {
        condition: Vec<Stmt>,
        body: Vec<Stmt>,
    },
    /// `for` and `select`; without words it runs over the positional parameters.
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Vec<Stmt>,
    },
    /// `for ((...))`, `repeat`.
    Repeat {
        header: Word,
        body: Vec<Stmt>,
    },
    Case {
        word: Word,
        arms: Vec<Arm>,
    },
    Function {
        name: String,
        body: Rc<Stmt>,
    },
    /// `[[ ]]`: only what its words run matters.
    Test(Word),
    /// `(( ))`: may assign numbers.
    Arithmetic(Word),
}

/// One arm of a `case`.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) pattern: Word,
    pub(crate) body: Vec<Stmt>,
    /// `;&`, `;;&`: the next one may run too.
    pub(crate) goes_on: bool,
}

#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    /// `a[i]=x`, `a=([i]=x)`.
    pub(crate) indexed: bool,
    pub(crate) append: bool,
    pub(crate) value: AssignmentValue,
}

#[derive(Debug)]
pub(crate) enum AssignmentValue {
    Scalar(Word),
    Array(Vec<Word>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectKind {
    /// `>`, `>|`, `&>`.
    Write,
    /// `>&WORD`: as [`RedirectKind::Write`], unless the word comes to the number of a descriptor.
    Duplicate,
    /// `>>`, `&>>`, `<>`: what is there stays.
    Append,
    /// `<`.
    Read,
    /// `<<`.
    Here,
    /// `<<<`.
    HereString,
}

#[derive(Debug)]
pub(crate) struct Redirect {
    pub(crate) fd: Option<i32>,
    pub(crate) kind: RedirectKind,
    pub(crate) word: Word,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    pub(crate) parts: Vec<Part>,
    /// As written.
    pub(crate) source: String,
    pub(crate) at: At,
}

/// Program text inside a word, and where it begins in the script if it stands there verbatim.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) at: Option<usize>,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text { text: String, quoted: bool },
    Parameter { parameter: Box<Parameter>, quoted: bool },
    Command { code: Code, quoted: bool },
    Arithmetic(Box<Word>),
    Process { code: Code, input: bool },
}

#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) index: Index,
    pub(crate) op: Op,
    /// The operands as words: default, pattern, replacement.
    pub(crate) operands: Vec<Word>,
}

impl Parameter {
    /// True for `$*` and `${A[*]}`, which are one word in quotes.
    pub(crate) fn is_joined(&self) -> bool {
        self.name == "*" || matches!(self.index, Index::All { joined: true })
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Index {
    None,
    /// `[@]`, `[*]`.
    All {
        /// `[*]`: one word in quotes.
        joined: bool,
    },
    One(Box<Word>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Value,
    Length,
    Indirect,
    /// `-`, `:-`.
    Default {
        colon: bool,
    },
    /// `=`, `:=`.
    Assign {
        colon: bool,
    },
    /// `+`, `:+`.
    Alternative {
        colon: bool,
    },
    /// `?`, `:?`.
    Require,
    RemovePrefix {
        longest: bool,
    },
    RemoveSuffix {
        longest: bool,
    },
    Replace {
        all: bool,
    },
    /// `/#`: at the beginning only; `/%`: at the end only.
    ReplaceEnd {
        prefix: bool,
    },
    Upper {
        all: bool,
    },
    Lower {
        all: bool,
    },
    Slice,
    /// Anything else: the value is not known, the operands still run.
    Other,
}
