//! Options and their values.

use std::collections::HashMap;

use super::super::lex::{Token, error_at};
use super::super::model::{NamePart, Setting, SettingName, Value};
use super::{MAX_DEPTH, Parser, unexpected};
use crate::schema::ParseError;

impl Parser<'_> {
    /// The options in square brackets, if there are any.
    pub(super) fn settings(&mut self) -> Result<Vec<Setting>, ParseError> {
        let mut settings = Vec::new();
        if !self.take_if('[')? {
            return Ok(settings);
        }
        loop {
            settings.push(self.setting()?);
            if !self.take_if(',')? {
                self.require(']')?;
                return Ok(settings);
            }
        }
    }

    /// `name = value;` after the word `option`.
    pub(super) fn option_statement(&mut self, settings: &mut Vec<Setting>) -> Result<(), ParseError> {
        settings.push(self.setting()?);
        self.require(';')
    }

    /// `name = value`
    fn setting(&mut self) -> Result<Setting, ParseError> {
        let name = self.setting_name()?;
        self.require('=')?;
        // Every part of the name is a level in the normal form.
        let levels = name.parts.len().saturating_sub(1);
        if self.depth + levels > MAX_DEPTH {
            return Err(error_at(self.place, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += levels;
        let value = self.value();
        self.depth -= levels;
        Ok(Setting { name, value: value? })
    }

    /// Dots belong to words, so `(a.b).c.(d)` arrives as `(`, `a.b`, `)`, `.c.`, `(`, `d`, `)`.
    fn setting_name(&mut self) -> Result<SettingName, ParseError> {
        let mut parts = Vec::new();
        loop {
            if self.take_if('(')? {
                let name = self.word("the name of an option")?;
                self.require(')')?;
                parts.push(NamePart { name, is_extension: true });
                if !matches!(&self.ahead, Token::Word(word) if word.starts_with('.')) {
                    return Ok(SettingName { parts });
                }
            }
            let word = self.word("the name of an option")?;
            let simple = word.split('.').filter(|part| !part.is_empty());
            parts.extend(simple.map(|part| NamePart { name: part.to_owned(), is_extension: false }));
            if !word.ends_with('.') {
                return Ok(SettingName { parts });
            }
        }
    }

    fn value(&mut self) -> Result<Value, ParseError> {
        let place = self.place;
        match &self.ahead {
            Token::Text(_) => Ok(Value::Text(self.text("a value")?)),
            Token::Word(_) => self.word_value(),
            Token::Symbol('{') => self.nested("", |parser| parser.map_value('{', '}')),
            Token::Symbol('<') => self.nested("", |parser| parser.map_value('<', '>')),
            Token::Symbol('[') => self.nested("", Self::list_value),
            other => Err(unexpected(place, other, "a value")),
        }
    }

    fn word_value(&mut self) -> Result<Value, ParseError> {
        let mut word = self.word("a value")?;
        if word == "-" {
            word.push_str(&self.word("a number")?);
        }
        let is_number = word.starts_with(|first: char| first.is_ascii_digit() || first == '-')
            || (word.starts_with('.') && word[1..].starts_with(|second: char| second.is_ascii_digit()));
        Ok(if is_number { Value::Number(word) } else { Value::Word(word) })
    }

    fn list_value(&mut self) -> Result<Value, ParseError> {
        self.require('[')?;
        let mut values = Vec::new();
        while !self.take_if(']')? {
            values.push(self.value()?);
            if !self.take_if(',')? {
                self.require(']')?;
                break;
            }
        }
        Ok(Value::List(values))
    }

    /// The text format of a message. A key that occurs again adds to what it holds.
    fn map_value(&mut self, open: char, close: char) -> Result<Value, ParseError> {
        self.require(open)?;
        let mut entries: Vec<(String, Value)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        while !self.take_if(close)? {
            let key = self.map_key()?;
            let has_colon = self.take_if(':')?;
            if !has_colon && !matches!(self.ahead, Token::Symbol('{' | '<' | '[')) {
                return Err(error_at(self.place, "expected ':' in option"));
            }
            let value = self.value()?;
            match known.get(&key) {
                Some(&index) => add(&mut entries[index].1, value),
                None => {
                    known.insert(key.clone(), entries.len());
                    entries.push((key, value));
                }
            }
            if !self.take_if(',')? {
                self.take_if(';')?;
            }
        }
        Ok(Value::Map(entries))
    }

    fn map_key(&mut self) -> Result<String, ParseError> {
        if !self.take_if('[')? {
            return self.word("the name of a field");
        }
        let mut key = format!("[{}", self.word("the name of an extension")?);
        while self.take_if('/')? {
            key.push('/');
            key.push_str(&self.word("the name of a message")?);
        }
        self.require(']')?;
        key.push(']');
        Ok(key)
    }
}

/// Put `more` beside what a key already holds.
pub(in super::super) fn add(held: &mut Value, more: Value) {
    if !matches!(held, Value::List(_)) {
        let first = std::mem::replace(held, Value::List(Vec::new()));
        *held = Value::List(vec![first]);
    }
    if let Value::List(values) = held {
        match more {
            Value::List(list) => values.extend(list),
            single => values.push(single),
        }
    }
}
