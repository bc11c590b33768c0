//! Default values as decoders evaluate them.
//!
//! A stored schema may have a default that is no value of its field's type. It does no harm until a
//! writer leaves the field out; then a decoder has to make a value of it.

use std::collections::HashMap;

use super::dialect::Dialect;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Field, Kind, Model, Primitive, TypeId};
use crate::schema::tree::{Node, Value};

/// Deepest recursion. Values nest less deep; a longer chain comes from records whose missing fields
/// have defaults whose missing fields have defaults, without end or as good as.
const DEEPEST: usize = 300;

/// Which defaults are values.
pub(super) struct Defaults<'a> {
    model: &'a Model,
    /// By type, address of the value, and dialect. A verdict still being found counts as no: that
    /// value is endless.
    known: HashMap<(TypeId, *const Node, bool), bool>,
    depth: usize,
}

impl<'a> Defaults<'a> {
    pub(super) fn of(model: &'a Model) -> Defaults<'a> {
        Defaults { model, known: HashMap::new(), depth: 0 }
    }

    /// Is there a value for a field that was not written? `None` without a default.
    pub(super) fn evaluate(
        &mut self,
        field: &'a Field,
        dialect: Dialect,
        fuel: &mut Fuel,
    ) -> Result<Option<bool>, Exhausted> {
        let Some(default) = &field.default else { return Ok(None) };
        // JSON has no numbers for these, and Java reads any number out of a text.
        if let (Kind::Primitive(Primitive::Float | Primitive::Double), Value::String(text)) =
            (&self.model.get(field.schema.id).kind, &default.value)
        {
            let named = matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity");
            return Ok(Some(named || (dialect == Dialect::Java && text.trim().parse::<f64>().is_ok())));
        }
        self.fits(field.schema.id, default, dialect, fuel).map(Some)
    }

    fn fits(
        &mut self,
        id: TypeId,
        value: &'a Node,
        dialect: Dialect,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        fuel.spend(1)?;
        let key = (id, std::ptr::from_ref(value), dialect == Dialect::Java);
        let simple = match (&self.model.get(id).kind, dialect) {
            (Kind::Primitive(primitive), Dialect::Specification) => Some(is_primitive(*primitive, value)),
            (Kind::Primitive(primitive), Dialect::Java) => Some(is_primitive_for_java(*primitive, value)),
            (Kind::Enum(symbols), _) => {
                fuel.spend(symbols.symbols.len())?;
                Some(value.as_str().is_some_and(|text| symbols.symbols.iter().any(|symbol| symbol == text)))
            }
            (Kind::Fixed(fixed), Dialect::Specification) => {
                let is_octets = is_primitive(Primitive::Bytes, value);
                let length = value.as_str().map_or(0, |text| text.chars().count());
                Some(is_octets && length == fixed.size as usize)
            }
            // Too short a text is filled up, too long a one is cut.
            (Kind::Fixed(_), Dialect::Java) => Some(value.as_str().is_some()),
            _ => None,
        };
        if let Some(verdict) = simple.or_else(|| self.known.get(&key).copied()) {
            return Ok(verdict);
        }
        if self.depth == DEEPEST {
            return Ok(false);
        }
        self.known.insert(key, false);
        self.depth += 1;
        let verdict = match dialect {
            Dialect::Specification => self.fits_within(id, value, fuel),
            Dialect::Java => self.fits_within_for_java(id, value, fuel),
        };
        self.depth -= 1;
        let verdict = verdict?;
        self.known.insert(key, verdict);
        Ok(verdict)
    }

    /// By the specification. Before 1.12 a default of a union was a value of its first branch, and many
    /// readers hold on to that.
    fn fits_within(&mut self, id: TypeId, value: &'a Node, fuel: &mut Fuel) -> Result<bool, Exhausted> {
        let dialect = Dialect::Specification;
        match (&self.model.get(id).kind, &value.value) {
            (Kind::Array(items), Value::Array(elements)) => self.all(items.id, elements, dialect, fuel),
            (Kind::Map(values), Value::Object(members)) => {
                self.all(values.id, members.iter().map(|member| &member.value), dialect, fuel)
            }
            (Kind::Union(branches), _) => match branches.first() {
                Some(first) => self.fits(first.id, value, dialect, fuel),
                None => Ok(false),
            },
            (Kind::Record(_), Value::Object(_)) => self.fits_record(id, value, dialect, fuel),
            _ => Ok(false),
        }
    }

    /// As Java encodes the value, to decode it again: it takes the first branch of a union whose JSON
    /// type could be right, finds no element in what is no array, and no member in what is no object.
    fn fits_within_for_java(
        &mut self,
        id: TypeId,
        value: &'a Node,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        let dialect = Dialect::Java;
        let members = || value.members().iter().map(|member| &member.value);
        match (&self.model.get(id).kind, &value.value) {
            (Kind::Array(items), Value::Array(elements)) => self.all(items.id, elements, dialect, fuel),
            (Kind::Array(part), _) => self.all(part.id, members(), dialect, fuel),
            (Kind::Map(_), Value::Array(elements)) => Ok(elements.is_empty()),
            (Kind::Map(part), _) => self.all(part.id, members(), dialect, fuel),
            (Kind::Union(branches), _) => {
                fuel.spend(branches.len())?;
                let could_be = |id: TypeId| match &self.model.get(id).kind {
                    Kind::Primitive(primitive) => is_primitive_for_java(*primitive, value),
                    Kind::Fixed(_) => value.as_str().is_some(),
                    _ => true,
                };
                match branches.iter().find(|branch| could_be(branch.id)) {
                    Some(branch) => self.fits(branch.id, value, dialect, fuel),
                    None => Ok(false),
                }
            }
            (Kind::Record(_), _) => self.fits_record(id, value, dialect, fuel),
            _ => Ok(false),
        }
    }

    fn all(
        &mut self,
        id: TypeId,
        values: impl IntoIterator<Item = &'a Node>,
        dialect: Dialect,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        for value in values {
            if !self.fits(id, value, dialect, fuel)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A field that the value leaves out needs a default itself.
    fn fits_record(
        &mut self,
        id: TypeId,
        value: &'a Node,
        dialect: Dialect,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        let model = self.model;
        let Kind::Record(record) = &model.get(id).kind else { return Ok(false) };
        fuel.spend(value.members().len())?;
        let members: HashMap<&str, &'a Node> =
            value.members().iter().map(|member| (member.key.as_str(), &member.value)).collect();
        for field in &record.fields {
            let fits = match members.get(field.name.as_str()) {
                Some(value) => self.fits(field.schema.id, value, dialect, fuel)?,
                None => self.evaluate(field, dialect, fuel)?.unwrap_or(false),
            };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn is_primitive(primitive: Primitive, value: &Node) -> bool {
    match (primitive, &value.value) {
        (Primitive::Null, Value::Null)
        | (Primitive::Boolean, Value::Bool(_))
        | (Primitive::String, Value::String(_))
        | (Primitive::Float | Primitive::Double, Value::Number(_)) => true,
        (Primitive::Bytes, Value::String(text)) => text.chars().all(|character| character <= '\u{FF}'),
        // A fraction or an exponent is none of Rust's integers either.
        (Primitive::Int, Value::Number(text)) => text.parse::<i32>().is_ok(),
        (Primitive::Long, Value::Number(text)) => text.parse::<i64>().is_ok(),
        _ => false,
    }
}

/// Numbers are cast, whatever they are.
fn is_primitive_for_java(primitive: Primitive, value: &Node) -> bool {
    match (primitive, &value.value) {
        (Primitive::Int | Primitive::Long, Value::Number(_)) | (Primitive::Bytes, Value::String(_)) => true,
        _ => is_primitive(primitive, value),
    }
}
