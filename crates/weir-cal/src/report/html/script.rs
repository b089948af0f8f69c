//! The script with its words colored, line by line.

use std::fmt::{self, Write};

use super::text::Text;
use crate::syntax::{self, SyntaxKind};

/// A longer script is not colored: nobody reads it on a page.
const COLORED: usize = 256 << 10;

/// Writes the lines of `source`, each with an anchor, `L1` and so on.
pub(super) fn lines(source: &str, out: &mut String) -> fmt::Result {
    let mut lines = Lines { out, number: 1 };
    lines.open()?;
    if source.len() > COLORED {
        lines.token(source, "")?;
    } else {
        for token in syntax::tree(source).descendants_with_tokens().filter_map(|element| element.into_token()) {
            lines.token(token.text(), class(token.kind()))?;
        }
    }
    lines.out.push_str("</span>");
    Ok(())
}

fn class(kind: SyntaxKind) -> &'static str {
    match kind {
        SyntaxKind::Comment => "c",
        SyntaxKind::Text | SyntaxKind::UnclosedText => "t",
        SyntaxKind::Number | SyntaxKind::Measure | SyntaxKind::UnitWord | SyntaxKind::Constant => "n",
        SyntaxKind::DimensionId => "d",
        kind if kind.is_statement() => "s",
        kind if kind.is_keyword() => "k",
        _ => "",
    }
}

struct Lines<'o> {
    out: &'o mut String,
    number: u32,
}

impl Lines<'_> {
    fn open(&mut self) -> fmt::Result {
        write!(self.out, "<span class=\"l\" id=\"L{}\">", self.number)
    }

    /// A token of several lines is colored on each of them.
    fn token(&mut self, text: &str, class: &str) -> fmt::Result {
        for (place, line) in text.split('\n').enumerate() {
            if place > 0 {
                self.number += 1;
                self.out.push_str("\n</span>");
                self.open()?;
            }
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            if class.is_empty() {
                write!(self.out, "{}", Text(line))?;
            } else {
                write!(self.out, "<span class=\"{class}\">{}</span>", Text(line))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colored(source: &str) -> String {
        let mut out = String::new();
        lines(source, &mut out).unwrap();
        out
    }

    #[test]
    fn every_kind_of_word_has_its_color_and_every_line_its_anchor() {
        let source = "forage t -- <i>\nWHERE a > 3d AND b = true\r\nACROSS D5\nCHIRP info \"two\nlines\"";
        insta::assert_snapshot!(colored(source), @r#"
        <span class="l" id="L1"><span class="s">forage</span> t <span class="c">-- &lt;i&gt;</span>
        </span><span class="l" id="L2"><span class="k">WHERE</span> a &gt; <span class="n">3d</span> <span class="k">AND</span> b = <span class="n">true</span>
        </span><span class="l" id="L3"><span class="k">ACROSS</span> <span class="d">D5</span>
        </span><span class="l" id="L4"><span class="s">CHIRP</span> info <span class="t">&quot;two</span>
        </span><span class="l" id="L5"><span class="t">lines&quot;</span></span>
        "#);
    }

    #[test]
    fn a_broken_or_a_long_script_is_shown_whole() {
        let broken = "FORAGE ( \u{0} </pre><script> `x";
        assert!(colored(broken).contains("&lt;") && !colored(broken).contains("<script"));
        let long = format!("-- {}\n", "x".repeat(COLORED));
        let shown = colored(&long);
        assert!(shown.len() > COLORED && !shown.contains("class=\"c\""));
    }
}
