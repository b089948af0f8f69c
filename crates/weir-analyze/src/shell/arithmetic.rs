//! Arithmetic on what is known: `$((i + 1))`, the bounds of slices, indexes.

/// Levels of parentheses and operators inside each other.
const MOST_LEVELS: usize = 64;
/// The longest text that is worked out.
const MOST_TEXT: usize = 1_024;

/// What the expression comes to. `variable` says what a name is; `None` where it is not known, or where the expression
/// assigns, which is not worked out.
pub(crate) fn evaluate(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<i64> {
    if text.len() > MOST_TEXT {
        return None;
    }
    let mut reader = Reader { rest: text.trim_start(), variable, levels: 0 };
    let value = reader.choice()?;
    reader.rest.is_empty().then_some(value)
}

/// Operators with two sides, weakest first.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

struct Reader<'t> {
    rest: &'t str,
    variable: &'t dyn Fn(&str) -> Option<String>,
    levels: usize,
}

impl<'t> Reader<'t> {
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// `a ? b : c`
    fn choice(&mut self) -> Option<i64> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return None;
        }
        let value = self.level(0)?;
        let out = if self.take("?") {
            let yes = self.choice()?;
            if !self.take(":") {
                return None;
            }
            let no = self.choice()?;
            if value != 0 { yes } else { no }
        } else {
            value
        };
        self.levels -= 1;
        Some(out)
    }

    fn level(&mut self, level: usize) -> Option<i64> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let right = self.level(level + 1)?;
            left = applied(operator, left, right)?;
        }
        Some(left)
    }

    /// The operator of this level that comes next; an assignment is none.
    fn operator(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        let found = *operators.iter().find(|operator| self.rest.starts_with(**operator))?;
        let after = self.rest.get(found.len()..).unwrap_or_default();
        let longer = match found {
            "|" | "&" | "<" | ">" | "+" | "-" | "*" => after.starts_with(found),
            _ => false,
        };
        let assigns = after.starts_with('=') && !matches!(found, "==" | "!=" | "<=" | ">=");
        if longer || assigns {
            return None;
        }
        self.rest = after.trim_start();
        Some(found)
    }

    fn power(&mut self) -> Option<i64> {
        let base = self.unary()?;
        if !self.take("**") {
            return Some(base);
        }
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return None;
        }
        let exponent = self.power()?;
        self.levels -= 1;
        base.checked_pow(u32::try_from(exponent).ok()?)
    }

    fn unary(&mut self) -> Option<i64> {
        self.levels += 1;
        if self.levels > MOST_LEVELS || self.rest.starts_with("++") || self.rest.starts_with("--") {
            return None;
        }
        let value = if self.take("-") {
            self.unary()?.checked_neg()?
        } else if self.take("+") {
            self.unary()?
        } else if self.take("!") {
            i64::from(self.unary()? == 0)
        } else if self.take("~") {
            !self.unary()?
        } else if self.take("(") {
            let inner = self.choice()?;
            if !self.take(")") {
                return None;
            }
            inner
        } else {
            self.operand()?
        };
        self.levels -= 1;
        Some(value)
    }

    fn operand(&mut self) -> Option<i64> {
        let len = self.rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (word, rest) = self.rest.split_at_checked(len)?;
        // `a[i]`, `16#ff`, `i++`.
        if word.is_empty() || rest.starts_with(['[', '#']) || rest.starts_with("++") || rest.starts_with("--") {
            return None;
        }
        self.rest = rest.trim_start();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return number(word);
        }
        let text = (self.variable)(word)?;
        let text = text.trim();
        match text.strip_prefix('-') {
            _ if text.is_empty() => Some(0),
            Some(digits) => number(digits)?.checked_neg(),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok();
    }
    if text.len() > 1 && text.starts_with('0') {
        return i64::from_str_radix(text, 8).ok();
    }
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn applied(operator: &str, left: i64, right: i64) -> Option<i64> {
    Some(match operator {
        "||" => i64::from(left != 0 || right != 0),
        "&&" => i64::from(left != 0 && right != 0),
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "<=" => i64::from(left <= right),
        ">=" => i64::from(left >= right),
        "<" => i64::from(left < right),
        ">" => i64::from(left > right),
        "<<" => left.checked_shl(u32::try_from(right).ok()?)?,
        ">>" => left.checked_shr(u32::try_from(right).ok()?)?,
        "+" => left.checked_add(right)?,
        "-" => left.checked_sub(right)?,
        "*" => left.checked_mul(right)?,
        "/" => left.checked_div(right)?,
        "%" => left.checked_rem(right)?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn numbers_are_worked_out_and_what_assigns_is_not() {
        let variable = |name: &str| match name {
            "i" => Some("4".to_owned()),
            "n" => Some("-2".to_owned()),
            "none" => Some(String::new()),
            _ => None,
        };
        let known = [
            ("1+2*3", 7),
            ("(1+2)*3", 9),
            (" i + 1 ", 5),
            ("-i", -4),
            ("n*n", 4),
            ("none+1", 1),
            ("2**3**2", 512),
            ("7/2", 3),
            ("7%4", 3),
            ("i>3 ? 10 : 20", 10),
            ("!0 && 1", 1),
            ("0x1f", 31),
            ("010", 8),
            ("1<<4", 16),
            ("5-3-1", 1),
            ("1 <= 1", 1),
            ("3&1|4", 5),
        ];
        for (text, expected) in known {
            assert_eq!(evaluate(text, &variable), Some(expected), "{text}");
        }
        for text in ["", "i=5", "i++", "++i", "i+=1", "x", "1/0", "a[0]", "(1", "1 2", "08", "9**99", "16#ff"] {
            assert_eq!(evaluate(text, &variable), None, "{text}");
        }
        assert_eq!(evaluate(&"(".repeat(500), &variable), None);
    }
}
