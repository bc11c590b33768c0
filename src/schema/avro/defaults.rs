//! Is a default value a value of its field's type?
//!
//! The rules are those of Avro Java 1.12: a default of a union may be a value of any branch, an enum
//! takes any string, a record may leave out fields that have a default themselves.

use std::collections::HashMap;

use super::json;
use super::model::{Field, Kind, Model, Primitive, Source, TypeId};
use crate::schema::tree::{Node, Value};

/// A default value that does not fit.
pub(super) struct Invalid<'a> {
    pub(super) field: &'a str,
    pub(super) default: &'a Node,
    pub(super) expected: TypeId,
    pub(super) source: Source,
}

/// Deepest recursion. Values nest less deep; a longer chain comes from records whose missing fields
/// have defaults whose missing fields have defaults, without end or as good as.
const MAX_DEPTH: usize = 400;

/// The first field whose default value is not of its type.
pub(super) fn first_invalid(model: &Model) -> Option<Invalid<'_>> {
    let mut checker = Checker { model, verdicts: HashMap::new(), depth: 0 };
    model.types.iter().find_map(|definition| {
        let Kind::Record(record) = &definition.kind else {
            return None;
        };
        let field = record.fields.iter().find(|field| !checker.default_fits(field))?;
        Some(Invalid {
            field: &field.name,
            default: field.default.as_ref()?,
            expected: field.schema.id,
            source: definition.source,
        })
    })
}

struct Checker<'a> {
    model: &'a Model,
    /// By type and address of the value. Without it a union of records takes time exponential in
    /// the depth of a value. A verdict still being found counts as no: that value is endless.
    verdicts: HashMap<(TypeId, *const Node), bool>,
    depth: usize,
}

impl<'a> Checker<'a> {
    /// A field without a default is in order.
    fn default_fits(&mut self, field: &'a Field) -> bool {
        let Some(default) = &field.default else {
            return true;
        };
        let kind = &self.model.get(field.schema.id).kind;
        let is_not_finite = || matches!(default.as_str(), Some("NaN" | "Infinity" | "-Infinity"));
        if matches!(kind, Kind::Primitive(Primitive::Float | Primitive::Double)) && is_not_finite() {
            return true;
        }
        self.fits(field.schema.id, default)
    }

    fn fits(&mut self, id: TypeId, value: &'a Node) -> bool {
        match &self.model.get(id).kind {
            Kind::Primitive(primitive) => is_primitive(*primitive, &value.value),
            Kind::Enum(_) | Kind::Fixed(_) => matches!(value.value, Value::String(_)),
            _ => {
                let key = (id, std::ptr::from_ref(value));
                if let Some(verdict) = self.verdicts.get(&key) {
                    return *verdict;
                }
                self.verdicts.insert(key, false);
                self.depth += 1;
                let verdict = self.depth <= MAX_DEPTH && self.complex_fits(id, value);
                self.depth -= 1;
                self.verdicts.insert(key, verdict);
                verdict
            }
        }
    }

    fn complex_fits(&mut self, id: TypeId, value: &'a Node) -> bool {
        let model = self.model;
        match (&model.get(id).kind, &value.value) {
            (Kind::Array(items), Value::Array(elements)) => {
                elements.iter().all(|element| self.fits(items.id, element))
            }
            (Kind::Map(values), Value::Object(members)) => {
                members.iter().all(|member| self.fits(values.id, &member.value))
            }
            (Kind::Union(branches), _) => branches.iter().any(|branch| self.fits(branch.id, value)),
            (Kind::Record(record), Value::Object(members)) => {
                let members: HashMap<&str, &Node> =
                    members.iter().map(|member| (member.key.as_str(), &member.value)).collect();
                record.fields.iter().all(|field| match members.get(field.name.as_str()) {
                    Some(value) => self.fits(field.schema.id, value),
                    None => field.default.is_some() && self.default_fits(field),
                })
            }
            _ => false,
        }
    }
}

fn is_primitive(primitive: Primitive, value: &Value) -> bool {
    match (primitive, value) {
        (Primitive::Null, Value::Null)
        | (Primitive::Boolean, Value::Bool(_))
        | (Primitive::String | Primitive::Bytes, Value::String(_))
        | (Primitive::Float | Primitive::Double, Value::Number(_)) => true,
        (Primitive::Int, Value::Number(text)) => json::is_integer(text) && text.parse::<i32>().is_ok(),
        (Primitive::Long, Value::Number(text)) => json::is_integer(text) && text.parse::<i64>().is_ok(),
        _ => false,
    }
}
