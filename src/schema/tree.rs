//! One JSON tree for schema texts and request bodies.
//!
//! Unlike the usual value types it keeps what a schema registry may not lose: the order of keys, the
//! text of numbers and the place of everything; and it bounds depth, because strangers send these
//! texts. Two readers share the grammar: [`parse`] is for schema texts, [`parse_lenient`] for
//! request bodies, which real clients write in more ways than the JSON grammar allows.

use std::borrow::Cow;

use super::{ParseError, Place};

/// Deepest nesting of arrays and objects that is read. Walks over a tree may recurse safely.
pub const MAX_DEPTH: usize = 256;

/// A half-open range of byte offsets into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place in the text.
    pub span: Span,
}

/// A JSON value. Numbers keep their text; objects keep their order.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the JSON kinds")]
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A key and its value. A key that is written twice keeps its first position and its last value.
#[derive(Debug, Clone)]
pub struct Member {
    /// The key, unescaped.
    pub key: String,
    /// Where the key stands, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value of `key`, when this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The members of an object; empty for anything else.
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; `None` for anything else.
    pub fn elements(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text of a string; `None` for anything else.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Is it an object?
    pub fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    /// `null`, `boolean`, `number`, `string`, `array` or `object`.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    /// Is it an object with `true` under this key?
    pub fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key).map(|node| &node.value), Some(Value::Bool(true)))
    }

    /// Print without white space; key order and number texts are kept.
    pub fn to_compact(&self) -> String {
        let mut out = String::new();
        self.write_compact(&mut out);
        out
    }

    /// Print a member or an element a line, two blanks a level; key order and number texts are kept.
    pub fn to_pretty(&self) -> String {
        let mut out = String::new();
        self.write_pretty(&mut out, 0);
        out.push('\n');
        out
    }

    fn write_pretty(&self, out: &mut String, depth: usize) {
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        };
        match &self.value {
            Value::Array(elements) if !elements.is_empty() => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    line(out, depth + 1);
                    element.write_pretty(out, depth + 1);
                }
                line(out, depth);
                out.push(']');
            }
            Value::Object(members) if !members.is_empty() => {
                out.push('{');
                for (index, member) in members.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    line(out, depth + 1);
                    write_string(out, &member.key);
                    out.push_str(": ");
                    member.value.write_pretty(out, depth + 1);
                }
                line(out, depth);
                out.push('}');
            }
            _ => self.write_compact(out),
        }
    }

    /// Append the compact form to `out`.
    pub fn write_compact(&self, out: &mut String) {
        match &self.value {
            Value::Null => out.push_str("null"),
            Value::Bool(true) => out.push_str("true"),
            Value::Bool(false) => out.push_str("false"),
            Value::Number(text) => out.push_str(text),
            Value::String(text) => write_string(out, text),
            Value::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.write_compact(out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(out, &member.key);
                    out.push(':');
                    member.value.write_compact(out);
                }
                out.push('}');
            }
        }
    }
}

/// Append `text` as a JSON string: UTF-8 as it is, escapes for quotes, backslashes and control
/// characters only.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => out.push_str(&format!("\\u{:04X}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Read a schema text: one JSON value and nothing after it.
///
/// # Errors
/// With line and column, when the text is not JSON or nests deeper than [`MAX_DEPTH`].
pub fn parse(text: &str) -> Result<Node, ParseError> {
    let mut reader = Reader { text, at: 0, depth: 0, lenient: false };
    let node = reader.value()?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.error("unexpected text after the end of the JSON value"));
    }
    Ok(node)
}

/// Read a request body: UTF-8, UTF-16 or UTF-32 as the first bytes tell, `NaN` and `Infinity`
/// tolerated, anything after the first value ignored. `None` when there is no value at all.
///
/// # Errors
/// With line and column, when the body is not JSON or nests deeper than [`MAX_DEPTH`].
pub fn parse_lenient(bytes: &[u8]) -> Result<Option<Node>, ParseError> {
    let text = decode(bytes).ok_or_else(|| ParseError::parse("the body is not valid Unicode text", None))?;
    let mut reader = Reader { text: &text, at: 0, depth: 0, lenient: true };
    reader.skip_blanks();
    if reader.at == text.len() {
        return Ok(None);
    }
    reader.value().map(Some)
}

/// Detect the encoding as RFC 4627 section 3 does (the first character of JSON is ASCII, so the
/// zero bytes tell), byte order marks first.
fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let wide = |unit: usize, big: bool, bytes: &[u8]| -> Option<String> {
        if !bytes.len().is_multiple_of(unit) {
            return None;
        }
        let units = bytes.chunks_exact(unit).map(|chunk| {
            let fold = |all: u32, byte: &u8| all << 8 | u32::from(*byte);
            if big { chunk.iter().fold(0, fold) } else { chunk.iter().rev().fold(0, fold) }
        });
        if unit == 4 {
            units.map(char::from_u32).collect()
        } else {
            char::decode_utf16(units.map(|unit| unit as u16)).collect::<Result<_, _>>().ok()
        }
    };
    match bytes {
        [0, 0, 0xFE, 0xFF, rest @ ..] => wide(4, true, rest).map(Cow::Owned),
        [0xFF, 0xFE, 0, 0, rest @ ..] => wide(4, false, rest).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => wide(2, true, rest).map(Cow::Owned),
        [0xFF, 0xFE, rest @ ..] => wide(2, false, rest).map(Cow::Owned),
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(Cow::Borrowed),
        [0, 0, 0, _, ..] => wide(4, true, bytes).map(Cow::Owned),
        [_, 0, 0, 0, ..] => wide(4, false, bytes).map(Cow::Owned),
        [0, _, ..] => wide(2, true, bytes).map(Cow::Owned),
        [_, 0, ..] => wide(2, false, bytes).map(Cow::Owned),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    lenient: bool,
}

impl Reader<'_> {
    fn error(&self, what: impl std::fmt::Display) -> ParseError {
        self.error_at(self.at, what)
    }

    fn error_at(&self, offset: usize, what: impl std::fmt::Display) -> ParseError {
        let place = Place::of(self.text, offset);
        ParseError::parse(format!("{what} at line {}, column {}", place.line, place.column), Some(place))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self) -> Result<Node, ParseError> {
        self.skip_blanks();
        let start = self.at;
        let value = match self.peek() {
            None => return Err(self.error("unexpected end of the text, a JSON value is missing")),
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
        };
        Ok(Node { value, span: Span { start, end: self.at } })
    }

    fn word(&mut self) -> Result<Value, ParseError> {
        let start = self.at;
        let word: &str = {
            let rest = &self.text[start..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            &rest[..end]
        };
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "NaN" | "Infinity" if self.lenient => Value::Number(word.to_owned()),
            "" => {
                let found = self.text[start..].chars().next().unwrap_or(' ');
                return Err(self.error(format_args!("unexpected character '{found}'")));
            }
            _ => {
                let shown: String = word.chars().take(40).collect();
                return Err(
                    self.error(format_args!("unrecognized token '{shown}', a JSON value was expected"))
                );
            }
        };
        self.at += word.len();
        Ok(value)
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, ParseError>) -> Result<Value, ParseError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value, ParseError> {
        let mut elements = Vec::new();
        self.skip_blanks();
        if self.take("]") {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value()?);
            self.skip_blanks();
            if self.take("]") {
                return Ok(Value::Array(elements));
            }
            if !self.take(",") {
                return Err(self.error("expected ',' or ']' in an array"));
            }
        }
    }

    fn object(&mut self) -> Result<Value, ParseError> {
        let mut members: Vec<Member> = Vec::new();
        // Positions by key: a scan per member would be quadratic in a text of a stranger's choosing.
        let mut positions = std::collections::HashMap::new();
        self.skip_blanks();
        if self.take("}") {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a key in double quotes"));
            }
            let key = self.string()?;
            let key_span = Span { start, end: self.at };
            self.skip_blanks();
            if !self.take(":") {
                return Err(self.error("expected ':' after a key"));
            }
            let value = self.value()?;
            match positions.get(&key) {
                Some(&position) => members[position] = Member { key, key_span, value },
                None => {
                    positions.insert(key.clone(), members.len());
                    members.push(Member { key, key_span, value });
                }
            }
            self.skip_blanks();
            if self.take("}") {
                return Ok(Value::Object(members));
            }
            if !self.take(",") {
                return Err(self.error("expected ',' or '}' in an object"));
            }
        }
    }

    fn number(&mut self) -> Result<Value, ParseError> {
        let start = self.at;
        let negative = self.take("-");
        if negative && self.lenient && self.take("Infinity") {
            return Ok(Value::Number("-Infinity".to_owned()));
        }
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (leading_zero && digits > 1) {
            return Err(self.error_at(start, "a number must start with a single zero or a digit from 1 to 9"));
        }
        if self.take(".") && self.digits() == 0 {
            return Err(self.error("a digit is missing after the decimal point"));
        }
        if self.take("e") || self.take("E") {
            let _sign = self.take("+") || self.take("-");
            if self.digits() == 0 {
                return Err(self.error("a digit is missing in the exponent"));
            }
        }
        Ok(Value::Number(self.text[start..self.at].to_owned()))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<String, ParseError> {
        let opening = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') else {
                return Err(self.error_at(opening, "a string is not closed"));
            };
            out.push_str(&rest[..length]);
            self.at += length;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.error("a control character in a string must be escaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let start = self.at;
        let letter = self.text.as_bytes().get(start + 1).copied();
        self.at += 2;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(self.error_at(start, "unknown escape sequence in a string")),
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, ParseError> {
        let first = self.hex4(start)?;
        // A lone surrogate is no character; it becomes U+FFFD rather than an error, because texts
        // with one are in circulation and were accepted elsewhere.
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let resume = self.at;
            self.at += 2;
            let second = self.hex4(resume)?;
            if (0xDC00..0xE000).contains(&second) {
                let point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = resume;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self, start: usize) -> Result<u32, ParseError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(digits) = digits else {
            return Err(self.error_at(start, "\\u needs four hex digits"));
        };
        self.at += 4;
        Ok(u32::from_str_radix(digits, 16).expect("four hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, Value, parse, parse_lenient};
    use crate::schema::Place;

    #[test]
    fn keeps_order_and_number_texts() {
        for (text, compact) in [
            (
                r#"{ "b" : 1.50, "a" : [ 1e3 , -0, 12345678901234567890 ] }"#,
                r#"{"b":1.50,"a":[1e3,-0,12345678901234567890]}"#,
            ),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
            (r#""\u00e9\ud83d\ude00\/\n""#, "\"é😀/\\n\""),
            ("true", "true"),
        ] {
            assert_eq!(parse(text).expect(text).to_compact(), compact);
        }
    }

    #[test]
    fn says_where_it_stops() {
        for (text, line, column) in [
            ("{", 1, 2),
            ("{\n  \"a\": str\n}", 2, 8),
            ("\"é\" x", 1, 5),
            ("[1,]", 1, 4),
            ("\"abc", 1, 1),
            ("\"\\ud8é\"", 1, 2),
            ("01", 1, 1),
            ("", 1, 1),
            ("NaN", 1, 1),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.place, Some(Place { line, column }), "{text}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert!(parse(&nested(MAX_DEPTH + 1)).expect_err("too deep").message.contains("nested deeper"));
        assert!(parse(&"[".repeat(10_000_000)).is_err());
    }

    #[test]
    fn bodies_are_read_in_any_unicode_encoding() {
        let text = "{\"schema\":\"größe 😀\"} trailing";
        let utf16 = |f: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(f).collect::<Vec<_>>();
        let utf32 = |f: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| f(c as u32)).collect::<Vec<_>>();
        let bom = |bytes: Vec<u8>| [&[0xFF, 0xFE][..], &bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            utf16(u16::to_be_bytes),
            utf16(u16::to_le_bytes),
            utf32(u32::to_be_bytes),
            utf32(u32::to_le_bytes),
            bom(utf16(u16::to_le_bytes)),
        ] {
            let node = parse_lenient(&bytes).expect("decodes").expect("a value");
            assert_eq!(node.get("schema").and_then(super::Node::as_str), Some("größe 😀"));
        }
        assert!(parse_lenient(b"  ").expect("blank").is_none());
        assert!(matches!(parse_lenient(b"NaN"), Ok(Some(node)) if matches!(node.value, Value::Number(_))));
        assert!(parse_lenient(&[0xC3, 0x28]).is_err());
    }
}
