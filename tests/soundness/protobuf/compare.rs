//! A message as it was written against what a reader made of it.

use super::data::{Message, Value};
use super::schema::{Field, Label, Schema, Type};

/// What happened to a value that both sides know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// It is gone or another one.
    Wrong,
    /// A field that is not set holds another value.
    Default,
    /// A required field is missing.
    Missing,
    /// It reads the same, but as not set.
    Unset,
    /// Its number has another name.
    Renamed,
    /// It was overwritten by an entry with the same key.
    Collapsed,
    /// It is a number without a name that a closed enum drops.
    Nameless,
}

impl Harm {
    /// Is a warning enough?
    pub fn is_lossy(self) -> bool {
        matches!(self, Harm::Unset | Harm::Renamed | Harm::Collapsed | Harm::Nameless)
    }
}

pub struct Comparison<'s> {
    pub writer: &'s Schema,
    pub reader: &'s Schema,
    pub found: Vec<(String, Harm)>,
}

impl Comparison<'_> {
    fn note(&mut self, at: &str, harm: Harm) {
        self.found.push((at.to_owned(), harm));
    }

    pub fn messages(&mut self, from: usize, to: usize, wrote: &Message, read: &Message, at: &str) {
        let (writer, reader) = (self.writer, self.reader);
        for theirs in &reader.messages[to].fields {
            let at = format!("{at}.{}", theirs.number);
            let ours = writer.messages[from].fields.iter().find(|field| field.number == theirs.number);
            if theirs.label == Label::Required && !read.contains_key(&theirs.number) {
                let dropped = ours.and_then(|ours| Some((ours, wrote.get(&ours.number)?)));
                let is_nameless =
                    dropped.is_some_and(|(ours, value)| self.is_nameless(&ours.of, &theirs.of, value));
                self.note(&at, if is_nameless { Harm::Nameless } else { Harm::Missing });
            }
            if let Some(ours) = ours {
                let files = (writer.messages[from].file, reader.messages[to].file);
                let values = (wrote.get(&ours.number), read.get(&ours.number));
                self.fields(ours, theirs, files, values, &at);
            }
        }
    }

    fn fields(
        &mut self,
        ours: &Field,
        theirs: &Field,
        files: (usize, usize),
        (wrote, read): (Option<&Value>, Option<&Value>),
        at: &str,
    ) {
        let is_singular =
            |field: &Field| field.label != Label::Repeated && !matches!(field.of, Type::Map(..));
        let is_implicit = self.reader.is_implicit(files.1, theirs);
        if is_singular(ours) && is_singular(theirs) {
            match (wrote, read) {
                (None, None) => self.unset(ours, theirs, files, at),
                (None, Some(_)) => self.note(at, Harm::Wrong),
                (Some(wrote), Some(read)) => {
                    let tracks = !self.writer.is_implicit(files.0, ours) && ours.label != Label::Required;
                    if is_implicit && tracks && is_zero(read) {
                        self.note(at, Harm::Unset);
                    }
                    self.values(&ours.of, &theirs.of, wrote, read, at);
                }
                (Some(wrote), None) => self.lost(&ours.of, &theirs.of, wrote, at),
            }
            return;
        }
        if let (Type::Map(..), Type::Map(..)) = (&ours.of, &theirs.of) {
            return self.maps(ours, theirs, wrote, read, at);
        }
        let (wrote, read) = (self.list(&ours.of, wrote), self.list(&theirs.of, read));
        if let Type::Map(_, of) = &theirs.of {
            return self.entries(&ours.of, of, &wrote, &read, at);
        }
        if wrote.len() == read.len() {
            for (wrote, read) in wrote.iter().zip(&read) {
                self.elements(&ours.of, &theirs.of, wrote, read, at);
            }
        } else if let ([only], []) = (wrote.as_slice(), read.as_slice()) {
            self.lost(&ours.of, &theirs.of, only, at);
        } else {
            let mut nameless = wrote.iter().filter(|value| self.is_nameless(&ours.of, &theirs.of, value));
            let harm = if nameless.next().is_some() { Harm::Nameless } else { Harm::Wrong };
            self.note(at, harm);
        }
    }

    /// Maps as lists of entries; everything as a list.
    fn list(&self, of: &Type, value: Option<&Value>) -> Vec<Value> {
        match (value, of) {
            (None, _) => Vec::new(),
            (Some(Value::List(values)), _) => values.clone(),
            (Some(Value::Map(entries)), Type::Map(..)) => entries
                .iter()
                .map(|(key, value)| Value::Message(Message::from([(1, key.clone()), (2, value.clone())])))
                .collect(),
            (Some(value), _) => vec![value.clone()],
        }
    }

    /// Elements, where one side may be the entry of a map.
    fn elements(&mut self, ours: &Type, theirs: &Type, wrote: &Value, read: &Value, at: &str) {
        match (ours, theirs, wrote, read) {
            (Type::Map(key, of), Type::Message(index), Value::Message(wrote), Value::Message(read)) => {
                let fields = &self.reader.messages[*index].fields;
                for field in fields.iter().filter(|field| field.label == Label::Required) {
                    if !read.contains_key(&field.number) {
                        self.note(&format!("{at}.{}", field.number), Harm::Missing);
                    }
                }
                for (number, of) in [(1, &Type::Scalar(key)), (2, &**of)] {
                    let Some(field) = fields.iter().find(|field| field.number == number) else { continue };
                    let at = format!("{at}.{number}");
                    match (wrote.get(&number), read.get(&number)) {
                        (Some(wrote), Some(found @ Value::Map(_))) => {
                            let Type::Map(_, value) = &field.of else { continue };
                            let found = self.list(&field.of, Some(found));
                            self.entries(of, value, std::slice::from_ref(wrote), &found, &at);
                        }
                        (Some(Value::Message(_)), None) if !matches!(field.of, Type::Message(_)) => {
                            self.note(&at, Harm::Wrong);
                        }
                        (Some(wrote), None) => self.lost(of, &field.of, wrote, &at),
                        (Some(wrote), Some(Value::List(values))) => match values.as_slice() {
                            [read] => self.values(of, &field.of, wrote, read, &at),
                            _ => self.note(&at, Harm::Wrong),
                        },
                        (Some(wrote), Some(read)) => self.values(of, &field.of, wrote, read, &at),
                        (None, _) => {}
                    }
                }
            }
            // The bytes are the entry.
            (Type::Map(..), Type::Scalar("bytes"), Value::Message(_), Value::Bytes(_)) => {}
            _ => self.values(ours, theirs, wrote, read, at),
        }
    }

    fn maps(&mut self, ours: &Field, theirs: &Field, wrote: Option<&Value>, read: Option<&Value>, at: &str) {
        let (Type::Map(_, from), Type::Map(_, to)) = (&ours.of, &theirs.of) else { return };
        let entries = |value: Option<&Value>| match value {
            Some(Value::Map(entries)) => entries.clone(),
            _ => Vec::new(),
        };
        let read = entries(read);
        for (key, value) in entries(wrote) {
            match read.iter().find(|(other, _)| is_same(&key, other)) {
                Some((_, read)) => self.values(from, to, &value, read, at),
                None => self.lost(from, to, &value, at),
            }
        }
    }

    /// A list of messages that the reader has as a map.
    fn entries(&mut self, ours: &Type, of: &Type, wrote: &[Value], read: &[Value], at: &str) {
        let Type::Message(index) = ours else {
            if wrote.len() != read.len() || !wrote.is_empty() {
                self.note(at, Harm::Wrong);
            }
            return;
        };
        let field = |number: u32| {
            let fields = &self.writer.messages[*index].fields;
            fields.iter().find(|field| field.number == number).cloned()
        };
        let key = |value: &Value| match value {
            Value::Message(message) => message.get(&1).cloned(),
            _ => None,
        };
        for (position, entry) in wrote.iter().enumerate() {
            let own = key(entry);
            let is_key = |other: &Value| match (&own, &key(other)) {
                (None, None) => true,
                (Some(left), Some(right)) => is_same(left, right),
                (Some(one), None) | (None, Some(one)) => is_zero(one),
            };
            if wrote.iter().skip(position + 1).any(is_key) {
                self.note(at, Harm::Collapsed);
                continue;
            }
            let Some(Value::Message(found)) = read.iter().find(|read| is_key(read)) else {
                let nameless = match (entry, field(2)) {
                    (Value::Message(entry), Some(field)) => {
                        entry.get(&2).is_some_and(|value| self.is_nameless(&field.of, of, value))
                    }
                    _ => false,
                };
                self.note(at, if nameless { Harm::Nameless } else { Harm::Wrong });
                continue;
            };
            if let (None, Some(field)) = (&own, field(1))
                && default_of(self.writer, &field).is_some_and(|default| !is_zero(&default))
            {
                self.note(at, Harm::Default);
            }
            let (Value::Message(entry), Some(field)) = (entry, field(2)) else { continue };
            match (entry.get(&2), found.get(&2)) {
                (Some(wrote), Some(read)) => self.values(&field.of, of, wrote, read, at),
                (None, Some(read)) => {
                    let Some(default) = default_of(self.writer, &field) else { continue };
                    if !is_same(&default, read) {
                        self.note(at, Harm::Default);
                    } else if self.writer.is_implicit(self.writer.messages[*index].file, &field) {
                        self.values(&field.of, of, &default, read, at);
                    }
                }
                _ => {}
            }
        }
    }

    fn unset(&mut self, ours: &Field, theirs: &Field, files: (usize, usize), at: &str) {
        if theirs.label == Label::Required {
            return;
        }
        let default = |schema: &Schema, file: usize, field: &Field| match field.of {
            Type::Enum(_) if schema.is_implicit(file, field) => Some(Value::Number(0)),
            _ => default_of(schema, field),
        };
        let ours_default = default(self.writer, files.0, ours);
        let theirs_default = default(self.reader, files.1, theirs);
        if let (Some(wrote), Some(read)) = (ours_default, theirs_default) {
            if !is_same(&wrote, &read) {
                self.note(at, Harm::Default);
            } else if self.writer.is_implicit(files.0, ours) {
                self.values(&ours.of, &theirs.of, &wrote, &read, at);
            }
        }
    }

    fn lost(&mut self, ours: &Type, theirs: &Type, wrote: &Value, at: &str) {
        let harm = if self.is_nameless(ours, theirs, wrote) { Harm::Nameless } else { Harm::Wrong };
        self.note(at, harm);
    }

    /// A number that an open enum has and does not name, and that a closed enum lacks.
    fn is_nameless(&self, ours: &Type, theirs: &Type, value: &Value) -> bool {
        match (ours, theirs, value) {
            (Type::Enum(from), Type::Enum(to), Value::Number(number)) => {
                !self.writer.declares(*from, *number) && self.reader.is_closed(*to)
            }
            _ => false,
        }
    }

    fn note_if(&mut self, is_wrong: bool, at: &str) {
        if is_wrong {
            self.note(at, Harm::Wrong);
        }
    }

    fn values(&mut self, ours: &Type, theirs: &Type, wrote: &Value, read: &Value, at: &str) {
        match (ours, theirs, wrote, read) {
            (Type::Message(from), Type::Message(to), Value::Message(wrote), Value::Message(read))
            | (Type::Group(from), Type::Group(to), Value::Message(wrote), Value::Message(read)) => {
                self.messages(*from, *to, wrote, read, at);
            }
            // The value of a map that did not arrive is empty.
            (_, _, Value::Message(wrote), Value::Message(_)) => {
                self.note_if(!wrote.is_empty(), at);
            }
            (Type::Message(from), Type::Scalar("bytes"), Value::Message(wrote), Value::Bytes(read)) => {
                let kept = self.writer.decode(*from, read);
                self.note_if(kept.as_ref() != Ok(wrote), at);
            }
            (Type::Enum(from), Type::Enum(to), Value::Number(wrote), Value::Number(read))
                if wrote == read =>
            {
                let name = |schema: &Schema, index: usize| {
                    let definition = &schema.enums[index];
                    let constant = definition.constants.iter().find(|(_, own)| i128::from(*own) == *wrote);
                    constant.map(|(name, _)| format!("{}_{name}", definition.name))
                };
                let (wrote, read) = (name(self.writer, *from), name(self.reader, *to));
                if wrote.is_some() && read.is_some() && wrote != read {
                    self.note(at, Harm::Renamed);
                }
            }
            _ if !is_same(wrote, read) => self.note(at, Harm::Wrong),
            _ => {}
        }
    }
}

fn default_of(schema: &Schema, field: &Field) -> Option<Value> {
    Some(match (&field.of, field.default) {
        (Type::Message(_) | Type::Group(_) | Type::Map(..), _) => return None,
        (Type::Enum(index), Some(at)) => Value::Number(schema.enums[*index].constants[at as usize].1.into()),
        (Type::Scalar("float"), Some(number)) => Value::Float((number as f32).to_bits()),
        (Type::Scalar("double"), Some(number)) => Value::Double(f64::from(number).to_bits()),
        (Type::Scalar(_), Some(number)) => Value::Number(number.into()),
        (of, None) => schema.zero(of),
    })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Number(number) => *number == 0,
        Value::Float(bits) => *bits == 0,
        Value::Double(bits) => *bits == 0,
        Value::Text(raw) | Value::Bytes(raw) => raw.is_empty(),
        Value::Message(message) => message.is_empty(),
        Value::List(_) | Value::Map(_) => false,
    }
}

fn is_same(wrote: &Value, read: &Value) -> bool {
    match (wrote, read) {
        (Value::Text(wrote) | Value::Bytes(wrote), Value::Text(read) | Value::Bytes(read)) => wrote == read,
        _ => wrote == read,
    }
}
