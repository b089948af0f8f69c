//! What holds for programs in every language.

use proptest::prelude::*;

use super::lab::hear_program;
use crate::call::Language;
use crate::lab::Machine;

const ALL: [Language; 6] =
    [Language::Python, Language::JavaScript, Language::Ruby, Language::Perl, Language::Php, Language::Sql];

/// Pieces of programs, and what breaks them.
const PIECES: [&str; 64] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "`",
    "\n",
    " ",
    "\t",
    ";",
    ",",
    ".",
    ":",
    "::",
    "->",
    "=>",
    "=",
    "==",
    "<<",
    "<<~A\n",
    "A\n",
    "#{",
    "${",
    "f\"{",
    "|x|",
    "def f(a)",
    "end",
    "class A",
    "function f(a)",
    "=> {",
    "return",
    "for x in ",
    "if ",
    "else",
    "do",
    "yield",
    "lambda",
    "import os",
    "os.remove",
    "shutil.rmtree",
    "fs.rmSync",
    "FileUtils.rm_rf",
    "unlink",
    "system",
    "exec",
    "eval",
    "a",
    "b",
    "x",
    "1",
    "0b1",
    "$x",
    "@y",
    "%w[a b]",
    "DROP TABLE",
    "DELETE FROM t",
    "WHERE",
    "BEGIN",
    "$$",
    "\u{1F600}",
    "\\",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_pieces_are_survived(pieces in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.iter().filter_map(|at| PIECES.get(*at)).copied().collect();
        for language in ALL {
            hear_program(language, &Machine::default(), "tools/clean uploads", &text);
        }
    }

    #[test]
    fn any_letters_are_survived(text in "\\PC{0,200}") {
        for language in ALL {
            hear_program(language, &Machine::default(), "tools/clean uploads", &text);
        }
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_said() {
    let long = "x = 1\n".repeat(200_000);
    let deep = |open: &str, close: &str| format!("x = {}1{}", open.repeat(20_000), close.repeat(20_000));
    for language in [Language::Python, Language::JavaScript, Language::Ruby] {
        for text in [&long, &deep("[", "]"), &deep("f(", ")"), &deep("(", ")")] {
            let heard = hear_program(language, &Machine::default(), "tools/clean uploads", text);
            assert!(heard.iter().any(|line| line.starts_with('?')), "{language:?} {:?}: {heard:?}", text.get(..20));
        }
    }
    for (language, start) in [(Language::Perl, ""), (Language::Php, "<?php ")] {
        for text in [&long, &deep("f(", ")")] {
            let heard = hear_program(language, &Machine::default(), "tools/clean uploads", &format!("{start}{text}"));
            assert!(heard.iter().any(|line| line.starts_with('?')), "{language:?} {:?}: {heard:?}", text.get(..20));
        }
    }
}
