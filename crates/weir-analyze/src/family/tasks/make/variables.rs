//! The variables of a makefile: where they come from, and what they may be.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Where a variable comes from. A later one wins over an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Default,
    Environment,
    File,
    CommandLine,
    Override,
    Automatic,
}

/// What it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    /// Its text has been expanded already.
    pub(super) simple: bool,
    pub(super) text: Rc<str>,
}

/// One variable. More than one definition: one of them, as the conditions go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) definitions: Vec<Definition>,
    pub(super) origin: Origin,
    pub(super) exported: Option<bool>,
}

impl Variable {
    pub(super) fn new(simple: bool, text: &str, origin: Origin) -> Self {
        Self { definitions: vec![Definition { simple, text: text.into() }], origin, exported: None }
    }
}

/// Definitions that one variable may have.
const MOST_DEFINITIONS: usize = 8;

/// All variables of a moment.
pub(super) type Variables = BTreeMap<Rc<str>, Variable>;

/// The variables after a condition that is not known: as one branch leaves them, or the other.
pub(super) fn join(a: Variables, b: &Variables) -> Variables {
    let nothing = || Definition { simple: true, text: "".into() };
    let mut all = a;
    for (name, other) in b {
        match all.get_mut(name) {
            Some(variable) if variable == other => {}
            Some(variable) => {
                for definition in &other.definitions {
                    if !variable.definitions.contains(definition) && variable.definitions.len() < MOST_DEFINITIONS {
                        variable.definitions.push(definition.clone());
                    }
                }
                variable.exported = variable.exported.or(other.exported);
                variable.origin = variable.origin.max(other.origin);
            }
            None => {
                let mut variable = other.clone();
                variable.definitions.insert(0, nothing());
                all.insert(Rc::clone(name), variable);
            }
        }
    }
    for (name, variable) in &mut all {
        if !b.contains_key(name) && !variable.definitions.contains(&nothing()) {
            variable.definitions.push(nothing());
        }
    }
    all
}

/// What GNU make defines by itself.
pub(super) const DEFAULTS: &[(&str, &str)] = &[
    ("AR", "ar"),
    ("ARFLAGS", "rv"),
    ("AS", "as"),
    ("CC", "cc"),
    ("CO", "co"),
    ("CPP", "$(CC) -E"),
    ("CXX", "g++"),
    ("CTANGLE", "ctangle"),
    ("CWEAVE", "cweave"),
    ("FC", "f77"),
    ("F77", "$(FC)"),
    ("GET", "get"),
    ("LD", "ld"),
    ("LEX", "lex"),
    ("LINT", "lint"),
    ("M2C", "m2c"),
    ("MAKEINFO", "makeinfo"),
    ("OBJC", "cc"),
    ("PC", "pc"),
    ("RM", "rm -f"),
    ("TANGLE", "tangle"),
    ("TEX", "tex"),
    ("TEXI2DVI", "texi2dvi"),
    ("WEAVE", "weave"),
    ("YACC", "yacc"),
    ("OUTPUT_OPTION", "-o $@"),
    ("COMPILE.c", "$(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.cpp", "$(COMPILE.cc)"),
    ("COMPILE.cc", "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.S", "$(CC) $(ASFLAGS) $(CPPFLAGS) $(TARGET_MACH) -c"),
    ("COMPILE.s", "$(AS) $(ASFLAGS) $(TARGET_MACH)"),
    ("LINK.o", "$(CC) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.c", "$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.cc", "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.cpp", "$(LINK.cc)"),
    ("MAKE", "$(MAKE_COMMAND)"),
    ("MAKE_VERSION", "4.3"),
    ("MAKEFILES", ""),
    ("SHELL", "/bin/sh"),
    (".SHELLFLAGS", "-c"),
    (".LIBPATTERNS", "lib%.so lib%.a"),
    (".RECIPEPREFIX", ""),
    ("SUFFIXES", ".out .a .ln .o .c .cc .C .cpp .p .f .F .m .r .y .l .ym .yl .s .S .mod .sym .def .h .info .dvi .tex"),
];
