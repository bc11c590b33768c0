//! JSON values: what schemas list, and what witnesses are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::Kinds;
use super::number::Number;

/// A JSON value. Numbers are exact and equal by value (`1.0` is `1`); objects have no order. Cheap to
/// clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::compat) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    Array(Arc<[Value]>),
    Object(Arc<BTreeMap<Arc<str>, Value>>),
}

impl Value {
    /// The kind that it is of.
    pub(in crate::compat) fn kind(&self) -> Kinds {
        match self {
            Value::Null => Kinds::NULL,
            Value::Bool(_) => Kinds::BOOLEAN,
            Value::Number(number) if number.is_integer() => Kinds::INTEGER,
            Value::Number(_) => Kinds::FRACTION,
            Value::String(_) => Kinds::STRING,
            Value::Array(_) => Kinds::ARRAY,
            Value::Object(_) => Kinds::OBJECT,
        }
    }
}
