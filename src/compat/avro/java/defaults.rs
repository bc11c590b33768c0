//! Defaults of the writer, which Avro Java checks when it has renamed the writer's types and fields.
//!
//! A default that was in order may not be any more: a record's value names fields by their old names.

use std::collections::HashMap;

use super::Java;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Field, Kind, Model, Primitive, TypeId};
use crate::schema::tree::{Node, Value};

/// Deepest recursion: values nest less deep, and what does not end is in order for nobody.
const DEEPEST: usize = 300;

/// Checks defaults of a writer that has been renamed.
pub(super) struct Renamed<'j, 'a> {
    java: &'j Java<'a>,
    writer: &'a Model,
    /// By type and address of the value. One still being found out counts as no.
    known: HashMap<(TypeId, *const Node), bool>,
    depth: usize,
}

impl<'j, 'a> Renamed<'j, 'a> {
    pub(super) fn of(java: &'j Java<'a>, writer: &'a Model) -> Renamed<'j, 'a> {
        Renamed { java, writer, known: HashMap::new(), depth: 0 }
    }

    /// The first field of a type whose default is no value of its type.
    pub(super) fn first_invalid(&mut self, id: TypeId, fuel: &mut Fuel) -> Result<Option<u32>, Exhausted> {
        let writer = self.writer;
        let Kind::Record(record) = &writer.get(id).kind else { return Ok(None) };
        for (position, field) in record.fields.iter().enumerate() {
            if field.default.is_some() && !self.has_value(field, fuel)? {
                return Ok(Some(position as u32));
            }
        }
        Ok(None)
    }

    fn has_value(&mut self, field: &'a Field, fuel: &mut Fuel) -> Result<bool, Exhausted> {
        let Some(default) = &field.default else { return Ok(false) };
        let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
        match (&self.writer.get(field.schema.id).kind, &default.value) {
            (Kind::Primitive(Primitive::Float | Primitive::Double), Value::String(text)) => {
                Ok(is_number(text) || matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity"))
            }
            _ => self.fits(field.schema.id, default, fuel),
        }
    }

    fn fits(&mut self, id: TypeId, value: &'a Node, fuel: &mut Fuel) -> Result<bool, Exhausted> {
        fuel.spend(1)?;
        match &self.writer.get(id).kind {
            Kind::Primitive(primitive) => return Ok(is_primitive(*primitive, &value.value)),
            Kind::Enum(_) | Kind::Fixed(_) => return Ok(value.as_str().is_some()),
            _ => {}
        }
        let key = (id, std::ptr::from_ref(value));
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        if self.depth == DEEPEST {
            return Ok(false);
        }
        self.known.insert(key, false);
        self.depth += 1;
        let verdict = self.fits_within(id, value, fuel);
        self.depth -= 1;
        let verdict = verdict?;
        self.known.insert(key, verdict);
        Ok(verdict)
    }

    fn fits_within(&mut self, id: TypeId, value: &'a Node, fuel: &mut Fuel) -> Result<bool, Exhausted> {
        let (java, writer) = (self.java, self.writer);
        let of = writer.get(id);
        match (&of.kind, &value.value) {
            (Kind::Array(items), Value::Array(elements)) => {
                for element in elements {
                    if !self.fits(items.id, element, fuel)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Kind::Map(values), Value::Object(members)) => {
                for member in members {
                    if !self.fits(values.id, &member.value, fuel)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Kind::Union(branches), _) => {
                for branch in branches {
                    if self.fits(branch.id, value, fuel)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Kind::Record(record), Value::Object(members)) => {
                fuel.spend(members.len())?;
                let members: HashMap<&str, &'a Node> =
                    members.iter().map(|member| (member.key.as_str(), &member.value)).collect();
                let name = java.name(of).unwrap_or_default();
                for field in &record.fields {
                    let fits = match members.get(java.field(name, &field.name)) {
                        Some(value) => self.fits(field.schema.id, value, fuel)?,
                        None => self.has_value(field, fuel)?,
                    };
                    if !fits {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

fn is_primitive(primitive: Primitive, value: &Value) -> bool {
    match (primitive, value) {
        (Primitive::Null, Value::Null)
        | (Primitive::Boolean, Value::Bool(_))
        | (Primitive::String | Primitive::Bytes, Value::String(_))
        | (Primitive::Float | Primitive::Double, Value::Number(_)) => true,
        (Primitive::Int, Value::Number(text)) => text.parse::<i32>().is_ok(),
        (Primitive::Long, Value::Number(text)) => text.parse::<i64>().is_ok(),
        _ => false,
    }
}
