//! A second opinion on how a value is read, by the letter of the specification; of a union the branch
//! that is the very type comes first.

use serde_json::Value;

use super::schema::{Field, Schema, Shape, Type};
use super::value::Datum;

/// Deepest nesting of a default.
const DEEPEST: usize = 20;

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is read as it was written.
    Same,
    /// It is read as something else.
    Altered,
    /// It cannot be read.
    Failed,
}

pub struct Pair<'a> {
    pub reader: &'a Schema,
    pub writer: &'a Schema,
}

impl Pair<'_> {
    pub fn read(&self, datum: &Datum) -> Outcome {
        self.resolve(self.reader.root, self.writer.root, datum)
    }

    fn resolve(&self, reader: usize, writer: usize, datum: &Datum) -> Outcome {
        let (read, written) = (self.reader.get(reader), self.writer.get(writer));
        if let (Shape::Union(branches), Datum::Branch(position, value)) = (&written.shape, datum) {
            return self.resolve(reader, branches[*position], value);
        }
        if let Shape::Union(branches) = &read.shape {
            let exact = branches.iter().find(|id| self.is_same(**id, writer));
            let first = || branches.iter().find(|id| self.matches(**id, writer));
            return match exact.or_else(first) {
                Some(branch) => self.resolve(*branch, writer, datum),
                None => Outcome::Failed,
            };
        }
        self.straight(read, written, datum)
    }

    /// Neither is a union.
    fn straight(&self, read: &Type, written: &Type, datum: &Datum) -> Outcome {
        if !read.name.is_empty() && !written.name.is_empty() && !named_alike(read, written) {
            return Outcome::Failed;
        }
        let same_meaning = match (&read.logical, &written.logical) {
            (Some(read), Some(written)) if read != written => {
                let is_decimal = |word: &str| word.starts_with("decimal");
                if is_decimal(read) && is_decimal(written) { Outcome::Failed } else { Outcome::Altered }
            }
            _ => Outcome::Same,
        };
        let value = match (&read.shape, &written.shape, datum) {
            (Shape::Null, Shape::Null, _)
            | (Shape::Boolean, Shape::Boolean, _)
            | (Shape::Int | Shape::Long, Shape::Int, _)
            | (Shape::Double, Shape::Int, _)
            | (Shape::Long, Shape::Long, _)
            | (Shape::Float | Shape::Double, Shape::Float, _)
            | (Shape::Double, Shape::Double, _)
            | (Shape::Bytes, Shape::Bytes, _)
            | (Shape::String | Shape::Bytes, Shape::String, _) => Outcome::Same,
            (Shape::Float, Shape::Int | Shape::Long, Datum::Whole(value)) => {
                altered_if(f64::from(*value as f32) as i128 != i128::from(*value))
            }
            (Shape::Double, Shape::Long, Datum::Whole(value)) => {
                altered_if((*value as f64) as i128 != i128::from(*value))
            }
            (Shape::String, Shape::Bytes, Datum::Bytes(bytes)) => {
                altered_if(std::str::from_utf8(bytes).is_err())
            }
            (Shape::Fixed(read), Shape::Fixed(written), _) if read == written => Outcome::Same,
            (Shape::Enum { symbols, default }, Shape::Enum { symbols: all, .. }, Datum::Symbol(position)) => {
                match (symbols.contains(&all[*position]), default) {
                    (true, _) => Outcome::Same,
                    (false, Some(default)) if symbols.contains(default) => Outcome::Altered,
                    _ => Outcome::Failed,
                }
            }
            (Shape::Array(read), Shape::Array(written), Datum::Array(elements)) => {
                worst(elements.iter().map(|element| self.resolve(*read, *written, element)))
            }
            (Shape::Map(read), Shape::Map(written), Datum::Map(entries)) => {
                worst(entries.iter().map(|(_, value)| self.resolve(*read, *written, value)))
            }
            (Shape::Record(read), Shape::Record(written), Datum::Record(values)) => {
                worst(read.iter().map(|field| self.field(field, written, values)))
            }
            _ => Outcome::Failed,
        };
        value.max(if value == Outcome::Failed { value } else { same_meaning })
    }

    fn field(&self, field: &Field, written: &[Field], values: &[Datum]) -> Outcome {
        let is_meant = |other: &Field| other.name == field.name || field.aliases.contains(&other.name);
        let hits: Vec<usize> = (0..written.len()).filter(|position| is_meant(&written[*position])).collect();
        match hits.as_slice() {
            [hit] => self.resolve(field.of, written[*hit].of, &values[*hit]),
            [] => match &field.default {
                Some(default) if self.is_value(field.of, default, 0) => Outcome::Same,
                _ => Outcome::Failed,
            },
            _ => Outcome::Failed,
        }
    }

    fn is_same(&self, reader: usize, writer: usize) -> bool {
        let (read, written) = (self.reader.get(reader), self.writer.get(writer));
        let same_kind = std::mem::discriminant(&read.shape) == std::mem::discriminant(&written.shape);
        same_kind && read.name == written.name && self.matches(reader, writer)
    }

    fn matches(&self, reader: usize, writer: usize) -> bool {
        let (read, written) = (self.reader.get(reader), self.writer.get(writer));
        match (&read.shape, &written.shape) {
            (Shape::Fixed(into), Shape::Fixed(from)) => into == from && named_alike(read, written),
            (Shape::Enum { .. }, Shape::Enum { .. }) | (Shape::Record(_), Shape::Record(_)) => {
                named_alike(read, written)
            }
            (Shape::Array(_), Shape::Array(_)) | (Shape::Map(_), Shape::Map(_)) => true,
            (Shape::Null, Shape::Null)
            | (Shape::Boolean, Shape::Boolean)
            | (Shape::Int | Shape::Long | Shape::Float | Shape::Double, Shape::Int)
            | (Shape::Long | Shape::Float | Shape::Double, Shape::Long)
            | (Shape::Float | Shape::Double, Shape::Float)
            | (Shape::Double, Shape::Double)
            | (Shape::Bytes | Shape::String, Shape::Bytes | Shape::String) => true,
            _ => false,
        }
    }

    /// Is it a default of the type? Of a union, of its first branch. One that needs itself is none.
    fn is_value(&self, id: usize, value: &Value, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let depth = depth + 1;
        match (&self.reader.get(id).shape, value) {
            (Shape::Null, Value::Null)
            | (Shape::Boolean, Value::Bool(_))
            | (Shape::String, Value::String(_)) => true,
            (Shape::Float | Shape::Double, Value::Number(_)) => true,
            (Shape::Int, Value::Number(number)) => {
                number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
            }
            (Shape::Long, Value::Number(number)) => number.as_i64().is_some(),
            (Shape::Bytes, Value::String(text)) => text.chars().all(|character| (character as u32) < 256),
            (Shape::Fixed(size), Value::String(text)) => {
                text.chars().count() == *size && text.chars().all(|character| (character as u32) < 256)
            }
            (Shape::Enum { symbols, .. }, Value::String(text)) => symbols.contains(text),
            (Shape::Array(items), Value::Array(elements)) => {
                elements.iter().all(|element| self.is_value(*items, element, depth))
            }
            (Shape::Map(values), Value::Object(members)) => {
                members.values().all(|value| self.is_value(*values, value, depth))
            }
            (Shape::Union(branches), _) => self.is_value(branches[0], value, depth),
            (Shape::Record(fields), Value::Object(members)) => fields.iter().all(|field| {
                let value = members.get(&field.name).or(field.default.as_ref());
                value.is_some_and(|value| self.is_value(field.of, value, depth))
            }),
            _ => false,
        }
    }
}

fn named_alike(read: &Type, written: &Type) -> bool {
    let simple = |name: &str| name.rsplit('.').next().map(str::to_owned);
    simple(&read.name) == simple(&written.name) || read.aliases.contains(&written.name)
}

fn altered_if(is: bool) -> Outcome {
    if is { Outcome::Altered } else { Outcome::Same }
}

fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.max().unwrap_or(Outcome::Same)
}
