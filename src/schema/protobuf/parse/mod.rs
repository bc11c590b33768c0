//! Tokens → source tree, by recursive descent.
//!
//! As lax as the reference: numbers may repeat, names may clash, imports may be missing; all that
//! is for the descriptor to judge. Linear in the text; nesting is bounded, because strangers send
//! these texts and the walks that follow recurse too.

mod message;
mod value;

pub(super) use value::add;

use super::lex::{Lexer, Token, error_at};
use super::model::{Extend, File, Import, ImportKind, Rpc, RpcType, Service, Syntax, TypeDef};
use crate::schema::{ParseError, Place};

/// How deep messages, groups and option values may nest.
const MAX_DEPTH: usize = 100;
/// How long the full name of a definition may be. Normal forms spell full names out at every use,
/// so that a long name nested deeply would make a small text a huge one.
const MAX_FULL_NAME: usize = 2048;
/// Parse a whole file.
pub(super) fn parse_file(text: &str) -> Result<File, ParseError> {
    let mut parser = Parser::new(text)?;
    let mut file = File::default();
    let mut is_first = true;
    loop {
        let place = parser.place;
        match parser.take()? {
            Token::End => return Ok(file),
            Token::Symbol(';') => {}
            Token::Word(word) => parser.file_statement(&mut file, &word, place, is_first)?,
            other => return Err(unexpected(place, &other, "a declaration")),
        }
        is_first = false;
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    /// The token ahead and where it starts.
    ahead: Token,
    place: Place,
    syntax: Option<Syntax>,
    depth: usize,
    /// Length of the full name of the scope.
    scope: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Result<Parser<'t>, ParseError> {
        let mut lexer = Lexer::new(text);
        let (ahead, place) = lexer.next_token()?;
        Ok(Parser { lexer, ahead, place, syntax: None, depth: 0, scope: 0 })
    }

    fn take(&mut self) -> Result<Token, ParseError> {
        let (next, place) = self.lexer.next_token()?;
        self.place = place;
        Ok(std::mem::replace(&mut self.ahead, next))
    }

    fn take_if(&mut self, symbol: char) -> Result<bool, ParseError> {
        let found = self.ahead == Token::Symbol(symbol);
        if found {
            self.take()?;
        }
        Ok(found)
    }

    fn require(&mut self, symbol: char) -> Result<(), ParseError> {
        let place = self.place;
        match self.take()? {
            Token::Symbol(found) if found == symbol => Ok(()),
            other => Err(unexpected(place, &other, &format!("'{symbol}'"))),
        }
    }

    fn word(&mut self, wanted: &str) -> Result<String, ParseError> {
        let place = self.place;
        match self.take()? {
            Token::Word(word) => Ok(word),
            other => Err(unexpected(place, &other, wanted)),
        }
    }

    /// A string; neighbours are one string.
    fn text(&mut self, wanted: &str) -> Result<Vec<u8>, ParseError> {
        let place = self.place;
        let mut text = match self.take()? {
            Token::Text(text) => text,
            other => return Err(unexpected(place, &other, wanted)),
        };
        while let Token::Text(more) = &self.ahead {
            text.extend_from_slice(more);
            self.take()?;
        }
        Ok(text)
    }

    fn utf8(&mut self, wanted: &str) -> Result<String, ParseError> {
        let place = self.place;
        String::from_utf8(self.text(wanted)?).map_err(|_| error_at(place, format!("{wanted} is not UTF-8")))
    }

    fn integer(&mut self) -> Result<i32, ParseError> {
        let place = self.place;
        let word = self.word("an integer")?;
        read_integer(&word)
            .and_then(|number| i32::try_from(number).ok())
            .ok_or_else(|| error_at(place, format!("expected an integer but was {word}")))
    }

    /// Run `body` one level deeper, inside a scope called `name`.
    fn nested<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        if self.depth >= MAX_DEPTH {
            return Err(error_at(self.place, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let length = name.len() + 1;
        if self.scope + length > MAX_FULL_NAME {
            return Err(error_at(self.place, format!("a full name is longer than {MAX_FULL_NAME} bytes")));
        }
        self.depth += 1;
        self.scope += length;
        let result = body(self);
        self.depth -= 1;
        self.scope -= length;
        result
    }

    fn file_statement(
        &mut self,
        file: &mut File,
        word: &str,
        place: Place,
        is_first: bool,
    ) -> Result<(), ParseError> {
        match word {
            "syntax" => {
                self.syntax = Some(self.read_syntax(place, is_first)?);
                file.syntax = self.syntax;
                file.syntax_place = Some(place);
            }
            "edition" => {
                let message = "Protobuf editions are not supported in this version; use proto2 or proto3";
                return Err(error_at(place, message));
            }
            "package" => {
                let name = self.word("a package name")?;
                if file.package.is_some() {
                    return Err(error_at(place, "too many package names"));
                }
                if name.len() > MAX_FULL_NAME / 2 {
                    return Err(error_at(place, "the package name is too long"));
                }
                self.require(';')?;
                self.scope = name.len();
                file.package = Some(name);
                file.package_place = Some(place);
            }
            "import" => file.imports.push(self.read_import(place)?),
            "option" => self.option_statement(&mut file.options)?,
            "message" => file.types.push(TypeDef::Message(self.read_message(place)?)),
            "enum" => file.types.push(TypeDef::Enum(self.read_enum(place)?)),
            "extend" => file.extends.push(self.read_extend(place)?),
            "service" => file.services.push(self.read_service(place)?),
            other => return Err(error_at(place, format!("unexpected label: {other}"))),
        }
        Ok(())
    }

    fn read_syntax(&mut self, place: Place, is_first: bool) -> Result<Syntax, ParseError> {
        if !is_first {
            return Err(error_at(place, "'syntax' element must be the first declaration in a file"));
        }
        self.require('=')?;
        let syntax = match self.utf8("the syntax")?.as_str() {
            "proto2" => Syntax::Proto2,
            "proto3" => Syntax::Proto3,
            other => return Err(error_at(place, format!("unexpected syntax: {other}"))),
        };
        self.require(';')?;
        Ok(syntax)
    }

    fn read_import(&mut self, place: Place) -> Result<Import, ParseError> {
        let kind_place = self.place;
        let kind = match &self.ahead {
            Token::Word(word) => {
                let kind = match word.as_str() {
                    "public" => ImportKind::Public,
                    "weak" => ImportKind::Weak,
                    other => return Err(error_at(kind_place, format!("unexpected kind of import: {other}"))),
                };
                self.take()?;
                kind
            }
            _ => ImportKind::Plain,
        };
        let path = self.utf8("an import path in quotes")?;
        self.require(';')?;
        Ok(Import { kind, path, place })
    }

    fn read_extend(&mut self, place: Place) -> Result<Extend, ParseError> {
        let target = self.word("the name of the extended message")?;
        self.require('{')?;
        let mut extend = Extend { target, place, fields: Vec::new(), groups: Vec::new() };
        loop {
            let place = self.place;
            match self.take()? {
                Token::Symbol('}') => return Ok(extend),
                Token::Symbol(';') => {}
                Token::Word(word) => self.read_member(word, place, &mut extend.fields, &mut extend.groups)?,
                other => return Err(unexpected(place, &other, "a field or '}'")),
            }
        }
    }

    fn read_service(&mut self, place: Place) -> Result<Service, ParseError> {
        let name = self.word("the name of the service")?;
        self.require('{')?;
        let mut service = Service { name, place, options: Vec::new(), rpcs: Vec::new() };
        loop {
            let place = self.place;
            match self.take()? {
                Token::Symbol('}') => return Ok(service),
                Token::Symbol(';') => {}
                Token::Word(word) if word == "option" => {
                    self.option_statement(&mut service.options)?;
                }
                Token::Word(word) if word == "rpc" => service.rpcs.push(self.read_rpc(place)?),
                Token::Word(word) => return Err(error_at(place, format!("unexpected label: {word}"))),
                other => return Err(unexpected(place, &other, "'rpc', 'option' or '}'")),
            }
        }
    }

    fn read_rpc(&mut self, place: Place) -> Result<Rpc, ParseError> {
        let name = self.word("the name of the method")?;
        let request = self.read_rpc_type()?;
        let returns = self.place;
        if self.word("'returns'")? != "returns" {
            return Err(error_at(returns, "expected 'returns'"));
        }
        let response = self.read_rpc_type()?;
        let mut rpc = Rpc { name, place, request, response, options: Vec::new() };
        if !self.take_if('{')? {
            self.require(';')?;
            return Ok(rpc);
        }
        loop {
            let place = self.place;
            match self.take()? {
                Token::Symbol('}') => return Ok(rpc),
                Token::Symbol(';') => {}
                Token::Word(word) if word == "option" => {
                    self.option_statement(&mut rpc.options)?;
                }
                other => return Err(unexpected(place, &other, "'option' or '}'")),
            }
        }
    }

    fn read_rpc_type(&mut self) -> Result<RpcType, ParseError> {
        self.require('(')?;
        let mut place = self.place;
        let mut name = self.word("the name of a message")?;
        let is_stream = name == "stream" && matches!(self.ahead, Token::Word(_));
        if is_stream {
            place = self.place;
            name = self.word("the name of a message")?;
        }
        self.require(')')?;
        Ok(RpcType { is_stream, name, place })
    }
}

fn unexpected(place: Place, found: &Token, wanted: &str) -> ParseError {
    match found {
        Token::End => error_at(place, format!("unexpected end of file; expected {wanted}")),
        Token::Symbol(symbol) => error_at(place, format!("expected {wanted} but found '{symbol}'")),
        Token::Text(_) => error_at(place, format!("expected {wanted} but found a string")),
        Token::Word(word) => {
            let shown: String = word.chars().take(80).collect();
            error_at(place, format!("expected {wanted} but found {shown}"))
        }
    }
}

/// A decimal, hexadecimal or octal integer.
pub(super) fn read_integer(word: &str) -> Option<i128> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let number = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') {
        u64::from_str_radix(digits, 8).ok()?
    } else {
        digits.parse::<u64>().ok()?
    };
    Some(sign * i128::from(number))
}
