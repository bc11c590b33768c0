//! Messages, fields, oneofs, groups and enums.

use super::super::lex::{Token, error_at};
use super::super::model::{
    Constant, Enum, Extensions, Field, FieldType, Group, Label, Message, Oneof, Range, Reserved,
    ReservedValue, Scalar, Setting, Syntax, TypeDef, Value,
};
use super::{Parser, unexpected};
use crate::schema::{ParseError, Place};

impl Parser<'_> {
    pub(super) fn read_message(&mut self, place: Place) -> Result<Message, ParseError> {
        let name = self.word("the name of the message")?;
        self.require('{')?;
        self.read_body(Message::new(name, place))
    }

    fn read_body(&mut self, mut message: Message) -> Result<Message, ParseError> {
        let name = message.name.clone();
        self.nested(&name, |parser| {
            loop {
                let place = parser.place;
                match parser.take()? {
                    Token::Symbol('}') => return Ok(message),
                    Token::Symbol(';') => {}
                    Token::Word(word) => parser.message_statement(&mut message, word, place)?,
                    other => return Err(unexpected(place, &other, "a field, a nested declaration or '}'")),
                }
            }
        })
    }

    fn message_statement(
        &mut self,
        message: &mut Message,
        word: String,
        place: Place,
    ) -> Result<(), ParseError> {
        match word.as_str() {
            "option" => self.option_statement(&mut message.options)?,
            "reserved" => message.reserved.push(self.read_reserved()?),
            "extensions" => message.extensions.push(self.read_extensions()?),
            "message" => message.types.push(TypeDef::Message(self.read_message(place)?)),
            "enum" => message.types.push(TypeDef::Enum(self.read_enum(place)?)),
            "extend" => message.extends.push(self.read_extend(place)?),
            "oneof" => message.oneofs.push(self.read_oneof(place)?),
            "package" | "import" | "syntax" | "service" | "rpc" => {
                return Err(error_at(place, format!("'{word}' in a message")));
            }
            _ => self.read_member(word, place, &mut message.fields, &mut message.groups)?,
        }
        Ok(())
    }

    /// A field or group whose first word is `word`, in a message or an `extend` block.
    pub(super) fn read_member(
        &mut self,
        word: String,
        place: Place,
        fields: &mut Vec<Field>,
        groups: &mut Vec<Group>,
    ) -> Result<(), ParseError> {
        let label = match word.as_str() {
            "optional" => Some(Label::Optional),
            "repeated" => Some(Label::Repeated),
            "required" if self.syntax == Some(Syntax::Proto3) => {
                return Err(error_at(place, "'required' label forbidden in proto3 field declarations"));
            }
            "required" => Some(Label::Required),
            _ => None,
        };
        let (type_place, type_word) = match label {
            Some(_) => (self.place, self.word("the type of the field")?),
            None => (place, word),
        };
        let is_map = type_word == "map" && self.ahead == Token::Symbol('<');
        if label.is_none() && !is_map && self.syntax != Some(Syntax::Proto3) {
            return Err(error_at(place, format!("unexpected label: {type_word}")));
        }
        if label.is_some() && is_map {
            return Err(error_at(place, "'map' type cannot have label"));
        }
        if type_word == "group" {
            groups.push(self.read_group(label, place)?);
        } else {
            fields.push(self.read_field(label, type_word, place, type_place)?);
        }
        Ok(())
    }

    fn read_field(
        &mut self,
        label: Option<Label>,
        type_word: String,
        place: Place,
        type_place: Place,
    ) -> Result<Field, ParseError> {
        let kind = self.read_type(type_word)?;
        let name = self.word("the name of the field")?;
        self.require('=')?;
        let number = self.integer()?;
        let mut options = self.settings()?;
        self.require(';')?;
        let default = take_pseudo_option(&mut options, "default");
        let json_name = take_pseudo_option(&mut options, "json_name");
        Ok(Field { label, kind, name, number, options, default, json_name, place, type_place })
    }

    fn read_type(&mut self, word: String) -> Result<FieldType, ParseError> {
        if let Some(scalar) = Scalar::parse(&word) {
            return Ok(FieldType::Scalar(scalar));
        }
        if word != "map" || !self.take_if('<')? {
            return Ok(FieldType::Named(word));
        }
        let place = self.place;
        let key = self.word("the key type of the map")?;
        let key =
            Scalar::parse(&key).ok_or_else(|| error_at(place, format!("{key} is no key type of a map")))?;
        self.require(',')?;
        let value = self.word("the value type of the map")?;
        let value = Scalar::parse(&value).map_or_else(|| FieldType::Named(value), FieldType::Scalar);
        self.require('>')?;
        Ok(FieldType::Map(key, Box::new(value)))
    }

    fn read_group(&mut self, label: Option<Label>, place: Place) -> Result<Group, ParseError> {
        let name = self.word("the name of the group")?;
        self.require('=')?;
        let number = self.integer()?;
        let options = self.settings()?;
        self.require('{')?;
        let message = self.read_body(Message::new(name, place))?;
        Ok(Group { label, number, options, message })
    }

    fn read_oneof(&mut self, place: Place) -> Result<Oneof, ParseError> {
        let name = self.word("the name of the oneof")?;
        self.require('{')?;
        let mut oneof = Oneof { name, place, options: Vec::new(), fields: Vec::new(), groups: Vec::new() };
        loop {
            let place = self.place;
            match self.take()? {
                Token::Symbol('}') => return Ok(oneof),
                Token::Symbol(';') => {}
                Token::Word(word) => match word.as_str() {
                    "option" => self.option_statement(&mut oneof.options)?,
                    "required" | "optional" | "repeated" => {
                        return Err(error_at(place, format!("a member of a oneof cannot be {word}")));
                    }
                    "group" => oneof.groups.push(self.read_group(None, place)?),
                    _ => oneof.fields.push(self.read_field(None, word, place, place)?),
                },
                other => return Err(unexpected(place, &other, "a field or '}'")),
            }
        }
    }

    pub(super) fn read_enum(&mut self, place: Place) -> Result<Enum, ParseError> {
        let name = self.word("the name of the enum")?;
        self.require('{')?;
        let mut definition =
            Enum { name, place, reserved: Vec::new(), options: Vec::new(), constants: Vec::new() };
        loop {
            let place = self.place;
            match self.take()? {
                Token::Symbol('}') => return Ok(definition),
                Token::Symbol(';') => {}
                Token::Word(word) => {
                    let is_constant = self.ahead == Token::Symbol('=');
                    match word.as_str() {
                        "option" if !is_constant => self.option_statement(&mut definition.options)?,
                        "reserved" if !is_constant => definition.reserved.push(self.read_reserved()?),
                        _ => definition.constants.push(self.read_constant(word, place)?),
                    }
                }
                other => return Err(unexpected(place, &other, "a constant or '}'")),
            }
        }
    }

    fn read_constant(&mut self, name: String, place: Place) -> Result<Constant, ParseError> {
        self.require('=')?;
        let number = self.integer()?;
        let options = self.settings()?;
        self.require(';')?;
        Ok(Constant { name, number, options, place })
    }

    fn read_reserved(&mut self) -> Result<Reserved, ParseError> {
        let mut values = Vec::new();
        loop {
            values.push(match self.ahead {
                Token::Text(_) => ReservedValue::Name(self.utf8("a reserved name")?),
                _ => ReservedValue::Range(self.read_range()?),
            });
            if !self.take_if(',')? {
                self.require(';')?;
                return Ok(Reserved { values });
            }
        }
    }

    fn read_extensions(&mut self) -> Result<Extensions, ParseError> {
        let mut ranges = vec![self.read_range()?];
        while self.take_if(',')? {
            ranges.push(self.read_range()?);
        }
        let options = self.settings()?;
        self.require(';')?;
        Ok(Extensions { ranges, options })
    }

    fn read_range(&mut self) -> Result<Range, ParseError> {
        let start = self.integer()?;
        if self.ahead != Token::Word("to".to_owned()) {
            return Ok(Range { start, end: start, is_single: true });
        }
        self.take()?;
        if self.ahead == Token::Word("max".to_owned()) {
            self.take()?;
            return Ok(Range { start, end: i32::MAX, is_single: false });
        }
        Ok(Range { start, end: self.integer()?, is_single: false })
    }
}

/// `default` and `json_name` look like options but are parts of the field. The last one counts.
fn take_pseudo_option(options: &mut Vec<Setting>, name: &str) -> Option<Value> {
    let mut found = None;
    options.retain_mut(|option| {
        let is_it = option.name.is_plain(name);
        if is_it {
            found = Some(std::mem::replace(&mut option.value, Value::List(Vec::new())));
        }
        !is_it
    });
    found
}
