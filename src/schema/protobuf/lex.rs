//! Characters → tokens. Linear; every token knows its place.

use crate::schema::{ParseError, Place};

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A run of letters, digits, `_`, `.` and `-`: keywords, names, dotted names, numbers.
    Word(String),
    /// A quoted string, unescaped.
    Text(Vec<u8>),
    /// Any other character.
    Symbol(char),
    /// Nothing more.
    End,
}

/// The error at a place. The wording of the prefix is the reference's; clients look for it.
pub(super) fn error_at(place: Place, what: impl std::fmt::Display) -> ParseError {
    ParseError::parse(format!("Syntax error in :{}:{}: {what}", place.line, place.column), Some(place))
}

/// Cuts a text into tokens, on demand.
pub(super) struct Lexer<'t> {
    rest: std::str::Chars<'t>,
    place: Place,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Lexer<'t> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Lexer { rest: text.chars(), place: Place { line: 1, column: 1 } }
    }

    /// The next token and where it starts.
    pub(super) fn next_token(&mut self) -> Result<(Token, Place), ParseError> {
        self.skip_blanks()?;
        let place = self.place;
        let token = match self.peek() {
            None => Token::End,
            Some(quote @ ('"' | '\'')) => Token::Text(self.read_string(quote, place)?),
            Some(first) if is_word(first) => Token::Word(self.read_word()),
            Some(symbol) => {
                self.advance();
                Token::Symbol(symbol)
            }
        };
        Ok((token, place))
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.rest.clone().nth(1)
    }

    fn advance(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            self.place.line = self.place.line.saturating_add(1);
            self.place.column = 1;
        } else {
            self.place.column = self.place.column.saturating_add(1);
        }
        Some(next)
    }

    fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r' | '\n' | '\u{b}' | '\u{c}') => {
                    self.advance();
                }
                Some('/') if matches!(self.peek_second(), Some('/' | '*')) => self.skip_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn skip_comment(&mut self) -> Result<(), ParseError> {
        let place = self.place;
        if self.peek_second() == Some('/') {
            while self.advance().is_some_and(|next| next != '\n') {}
            return Ok(());
        }
        self.advance();
        self.advance();
        let mut previous = ' ';
        while let Some(next) = self.advance() {
            if previous == '*' && next == '/' {
                return Ok(());
            }
            previous = next;
        }
        Err(error_at(place, "unterminated comment"))
    }

    fn read_word(&mut self) -> String {
        let mut word = String::new();
        while let Some(next) = self.peek() {
            let exponent_sign = next == '+'
                && word.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '.')
                && word.ends_with(['e', 'E']);
            if !is_word(next) && !exponent_sign {
                break;
            }
            word.push(next);
            self.advance();
        }
        word
    }

    fn read_string(&mut self, quote: char, start: Place) -> Result<Vec<u8>, ParseError> {
        self.advance();
        let mut bytes = Vec::new();
        loop {
            match self.advance() {
                None => return Err(error_at(start, "unterminated string")),
                Some(end) if end == quote => return Ok(bytes),
                Some('\\') => self.read_escape(&mut bytes)?,
                Some(other) => push(&mut bytes, other),
            }
        }
    }

    fn read_escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), ParseError> {
        let place = self.place;
        let Some(escaped) = self.advance() else { return Err(error_at(place, "unterminated string")) };
        match escaped {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            'x' | 'X' => match self.read_digits(16, 2) {
                Some(value) => bytes.push(value as u8),
                None => return Err(error_at(place, "expected a hexadecimal digit after \\x")),
            },
            'u' | 'U' => {
                let length = if escaped == 'u' { 4 } else { 8 };
                let value = self.read_digits(16, length).and_then(char::from_u32);
                push(bytes, value.ok_or_else(|| error_at(place, "not a Unicode character"))?);
            }
            '0'..='7' => {
                let first = escaped.to_digit(8).unwrap_or(0);
                let value = (1..3).fold(first, |value, _| match self.read_digits(8, 1) {
                    Some(digit) => value * 8 + digit,
                    None => value,
                });
                bytes.push(value as u8);
            }
            other => push(bytes, other),
        }
        Ok(())
    }

    fn read_digits(&mut self, radix: u32, at_most: usize) -> Option<u32> {
        let mut value = None;
        for _ in 0..at_most {
            let Some(digit) = self.peek().and_then(|next| next.to_digit(radix)) else { break };
            self.advance();
            value = Some(value.unwrap_or(0u32).wrapping_mul(radix).wrapping_add(digit));
        }
        value
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}
