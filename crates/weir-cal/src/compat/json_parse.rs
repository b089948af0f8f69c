//! `JSON.parse`, with the errors in the words of the reference's engine (V8 of Node.js 20).

use indexmap::IndexMap;

use crate::compat::Json;

/// The deepest nesting of lists and objects. The reference has no limit.
const NESTING: usize = 512;

impl Json {
    /// Reads a text as `JSON.parse` does. Half of a surrogate pair becomes the replacement character, which is the
    /// one thing that a text here cannot hold.
    ///
    /// # Errors
    ///
    /// The message of the reference's engine; for a text that is nested too deep, a sentence that says so.
    pub fn parse(text: &str) -> Result<Self, String> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut parser = Parser { units: &units, at: 0 };
        let value = parser.value(0)?;
        match parser.peek() {
            None => Ok(value),
            Some(_) => Err(format!("Unexpected non-whitespace character after JSON at position {}", parser.at)),
        }
    }
}

/// Members in the order of JavaScript: array indices first, by size, then the others as they came.
pub(super) fn ordered(mut members: IndexMap<String, Json>) -> IndexMap<String, Json> {
    if members.keys().any(|name| index(name).is_some()) {
        members.sort_by_key(|name, _| index(name).unwrap_or(u32::MAX));
    }
    members
}

/// An array index as JavaScript writes it: no leading zero, below 2^32 - 1.
fn index(name: &str) -> Option<u32> {
    let canonical = name == "0" || !name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit());
    canonical.then(|| name.parse().ok()).flatten().filter(|index| *index != u32::MAX)
}

struct Parser<'u> {
    units: &'u [u16],
    /// In UTF-16 code units, as the errors count.
    at: usize,
}

const fn unit(character: char) -> u16 {
    character as u16
}

fn is_digit(unit: Option<u16>) -> bool {
    unit.is_some_and(|unit| (0x30..=0x39).contains(&unit))
}

impl Parser<'_> {
    fn here(&self) -> Option<u16> {
        self.units.get(self.at).copied()
    }

    /// The next code unit that is no space.
    fn peek(&mut self) -> Option<u16> {
        while matches!(self.here(), Some(0x20 | 0x09 | 0x0A | 0x0D)) {
            self.at += 1;
        }
        self.here()
    }

    fn take(&mut self, character: char) -> bool {
        let found = self.peek() == Some(unit(character));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, character: char, message: &str) -> Result<(), String> {
        if self.take(character) { Ok(()) } else { Err(self.place(message)) }
    }

    fn place(&self, message: &str) -> String {
        format!("{message} in JSON at position {}", self.at)
    }

    fn text(&self, from: usize, to: usize) -> String {
        String::from_utf16_lossy(self.units.get(from..to.min(self.units.len())).unwrap_or_default())
    }

    /// What stands here cannot be.
    fn unexpected(&self) -> String {
        /// How much is shown before and after.
        const CONTEXT: usize = 10;
        let Some(found) = self.here() else { return "Unexpected end of JSON input".to_owned() };
        if is_digit(Some(found)) || found == unit('-') {
            return self.place("Unexpected number");
        }
        if found == unit('"') {
            return self.place("Unexpected string");
        }
        let length = self.units.len();
        let all = self.text(0, length);
        if ["[object Object]", "NaN", "Infinity", "undefined"].contains(&all.as_str()) {
            return format!("\"{all}\" is not valid JSON");
        }
        let (token, at) = (self.text(self.at, self.at + 1), self.at);
        let shown = if length <= CONTEXT * 2 {
            format!("\"{all}\"")
        } else if at < CONTEXT {
            format!("\"{}\"...", self.text(0, at + CONTEXT))
        } else if at < length - CONTEXT {
            format!("...\"{}\"...", self.text(at - CONTEXT, at + CONTEXT))
        } else {
            format!("...\"{}\"", self.text(at - CONTEXT, length))
        };
        format!("Unexpected token '{token}', {shown} is not valid JSON")
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > NESTING {
            return Err(format!("JSON is nested more than {NESTING} levels deep"));
        }
        let Some(first) = self.peek().and_then(|first| char::from_u32(first.into())) else {
            return Err(self.unexpected());
        };
        match first {
            '"' => {
                self.at += 1;
                self.string().map(Json::String)
            }
            '-' | '0'..='9' => self.number(),
            '{' => {
                self.at += 1;
                self.object(depth)
            }
            '[' => {
                self.at += 1;
                self.array(depth)
            }
            't' => self.literal("true", Json::Bool(true)),
            'f' => self.literal("false", Json::Bool(false)),
            'n' => self.literal("null", Json::Null),
            _ => Err(self.unexpected()),
        }
    }

    fn literal(&mut self, word: &str, value: Json) -> Result<Json, String> {
        for character in word.chars() {
            if self.here() != Some(unit(character)) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        let mut items = Vec::new();
        if self.take(']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.take(',') {
                self.expect(']', "Expected ',' or ']' after array element")?;
                return Ok(Json::Array(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        let mut members = IndexMap::new();
        if self.take('}') {
            return Ok(Json::Object(members));
        }
        let mut wanted = "Expected property name or '}'";
        loop {
            self.expect('"', wanted)?;
            let name = self.string()?;
            if !self.take(':') {
                // Only of the first member the engine says what is missing.
                let why = "Expected ':' after property name";
                return Err(if members.is_empty() { self.place(why) } else { self.unexpected() });
            }
            let value = self.value(depth + 1)?;
            members.insert(name, value);
            if !self.take(',') {
                self.expect('}', "Expected ',' or '}' after property value")?;
                return Ok(Json::Object(ordered(members)));
            }
            wanted = "Expected double-quoted property name";
        }
    }

    /// From behind the opening quote.
    fn string(&mut self) -> Result<String, String> {
        let mut units = Vec::new();
        loop {
            let Some(found) = self.here() else { return Err(self.place("Unterminated string")) };
            match char::from_u32(found.into()) {
                Some('"') => {
                    self.at += 1;
                    return Ok(String::from_utf16_lossy(&units));
                }
                Some('\\') => {
                    self.at += 1;
                    units.push(self.escape()?);
                }
                Some('\0'..='\u{1F}') => return Err(self.place("Bad control character in string literal")),
                _ => {
                    self.at += 1;
                    units.push(found);
                }
            }
        }
    }

    /// From behind the backslash.
    fn escape(&mut self) -> Result<u16, String> {
        let Some(found) = self.here() else { return Err(self.unexpected()) };
        let escaped = match char::from_u32(found.into()) {
            Some('"' | '\\' | '/') => found,
            Some('b') => 0x08,
            Some('f') => 0x0C,
            Some('n') => 0x0A,
            Some('r') => 0x0D,
            Some('t') => 0x09,
            Some('u') => {
                self.at += 1;
                return self.hexadecimal();
            }
            // The engine has a table of 256 escapes.
            _ if found > 0xFF => return Err(self.unexpected()),
            _ => return Err(self.place("Bad escaped character")),
        };
        self.at += 1;
        Ok(escaped)
    }

    fn hexadecimal(&mut self) -> Result<u16, String> {
        let mut value = 0_u32;
        for _ in 0..4 {
            let digit = self.here().and_then(|digit| char::from_u32(digit.into())?.to_digit(16));
            let Some(digit) = digit else { return Err(self.place("Bad Unicode escape")) };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(u16::try_from(value).unwrap_or_default())
    }

    fn digits(&mut self) {
        while is_digit(self.here()) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        if self.here() == Some(unit('-')) {
            self.at += 1;
            if !is_digit(self.here()) {
                return Err(self.place("No number after minus sign"));
            }
        }
        if self.here() == Some(unit('0')) {
            self.at += 1;
            if is_digit(self.here()) {
                return Err(self.unexpected());
            }
        }
        self.digits();
        if self.here() == Some(unit('.')) {
            self.at += 1;
            if !is_digit(self.here()) {
                return Err(self.place("Unterminated fractional number"));
            }
            self.digits();
        }
        if matches!(self.here(), Some(0x65 | 0x45)) {
            self.at += 1;
            if matches!(self.here(), Some(0x2B | 0x2D)) {
                self.at += 1;
            }
            if !is_digit(self.here()) {
                return Err(self.place("Exponent part is missing a number"));
            }
            self.digits();
        }
        Ok(Json::Number(self.text(start, self.at).parse().unwrap_or(f64::NAN)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_the_engine_reads_them() {
        let cases = [
            ("1e400", Json::Number(f64::INFINITY)),
            (" [1 , -0.5e1] ", Json::Array(vec![1.0.into(), (-5.0).into()])),
            ("\"\\u00e9\\ud83d\\ude00\\n\"", "\u{E9}\u{1F600}\n".into()),
            ("{\"a\":1,\"a\":2}", Json::object([("a", 2.0.into())])),
        ];
        for (text, value) in cases {
            assert_eq!(Json::parse(text), Ok(value), "{text}");
        }
        let Ok(Json::Object(members)) = Json::parse(r#"{"b":1,"2":1,"01":1,"4294967295":1,"10":1,"a":1}"#) else {
            panic!("no object");
        };
        assert_eq!(members.keys().collect::<Vec<_>>(), ["2", "10", "b", "01", "4294967295", "a"]);
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }

    /// As Node.js 20 says it.
    #[test]
    fn errors_are_in_the_words_of_the_engine() {
        let cases = [
            ("", "Unexpected end of JSON input"),
            ("{", "Expected property name or '}' in JSON at position 1"),
            ("{\"a\"", "Expected ':' after property name in JSON at position 4"),
            ("{\"a\":1,\"b\"", "Unexpected end of JSON input"),
            ("{\"a\":1,\"b\"1", "Unexpected number in JSON at position 10"),
            ("{\"a\":1", "Expected ',' or '}' after property value in JSON at position 6"),
            ("[1 2]", "Expected ',' or ']' after array element in JSON at position 3"),
            ("{\"a\":1,}", "Expected double-quoted property name in JSON at position 7"),
            ("[1,]", "Unexpected token ']', \"[1,]\" is not valid JSON"),
            ("nulx", "Unexpected token 'x', \"nulx\" is not valid JSON"),
            ("nul", "Unexpected end of JSON input"),
            ("\"\u{E9}\u{1F600}", "Unterminated string in JSON at position 4"),
            ("\"a\nb\"", "Bad control character in string literal in JSON at position 2"),
            ("\"\\x\"", "Bad escaped character in JSON at position 2"),
            ("\"\\\u{FEFF}\"", "Unexpected token '\u{FEFF}', \"\"\\\u{FEFF}\"\" is not valid JSON"),
            ("\"\\u123g\"", "Bad Unicode escape in JSON at position 6"),
            ("\"\\", "Unexpected end of JSON input"),
            ("-a", "No number after minus sign in JSON at position 1"),
            ("-01", "Unexpected number in JSON at position 2"),
            ("1.", "Unterminated fractional number in JSON at position 2"),
            ("1e+", "Exponent part is missing a number in JSON at position 3"),
            ("{} x", "Unexpected non-whitespace character after JSON at position 3"),
            ("undefined", "\"undefined\" is not valid JSON"),
            ("\u{FEFF}{}", "Unexpected token '\u{FEFF}', \"\u{FEFF}{}\" is not valid JSON"),
            ("abcdefghijklmnopqrstuvwxyz", "Unexpected token 'a', \"abcdefghij\"... is not valid JSON"),
            (
                "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,@,19,20,21,22,23,24]",
                "Unexpected token '@', ...\",16,17,18,@,19,20,21\"... is not valid JSON",
            ),
            ("[1,2,3,4,5,6,7,8,9,10,x]", "Unexpected token 'x', ...\",7,8,9,10,x]\" is not valid JSON"),
        ];
        for (text, message) in cases {
            assert_eq!(Json::parse(text), Err(message.to_owned()), "{text}");
        }
    }
}
