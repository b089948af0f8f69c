//! Texts within HTML. Everything that comes from data or from a script goes through here.

use std::fmt::{self, Write};

/// A text in which nothing is markup, in an element or in a quoted attribute.
pub(super) struct Text<'t>(pub(super) &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                // Control characters are no HTML, and marks of direction can make a line read as another.
                c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                    f.write_char('\u{fffd}')?;
                }
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A sentence in which names stand in backquotes, as all messages have them; they become code.
pub(super) struct Sentence<'t>(pub(super) &'t str);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = self.0.split('`').peekable();
        let mut within = false;
        while let Some(part) = parts.next() {
            match (within, parts.peek()) {
                (true, Some(_)) => write!(f, "<code>{}</code>", Text(part))?,
                // A backquote without its other half stays.
                (true, None) => write!(f, "`{}", Text(part))?,
                (false, _) => write!(f, "{}", Text(part))?,
            }
            within = !within;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        let cases = [
            ("</script><img onerror=\"x\">", "&lt;/script&gt;&lt;img onerror=&quot;x&quot;&gt;"),
            ("a & 'b'", "a &amp; &#39;b&#39;"),
            ("\0\u{202e}\u{1b}[2J", "\u{fffd}\u{fffd}\u{fffd}[2J"),
            ("two\nlines", "two\nlines"),
        ];
        for (text, escaped) in cases {
            assert_eq!(Text(text).to_string(), escaped);
        }
    }

    #[test]
    fn names_in_a_sentence_are_code() {
        let cases = [
            ("`a<b` has D5", "<code>a&lt;b</code> has D5"),
            ("no `end", "no `end"),
            ("x `a` y `<b>`", "x <code>a</code> y <code>&lt;b&gt;</code>"),
            ("", ""),
        ];
        for (text, marked) in cases {
            assert_eq!(Sentence(text).to_string(), marked);
        }
    }
}
