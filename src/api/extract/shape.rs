//! Reading the members of a JSON body the way Jackson does: scalars are coerced, unknown members
//! ignored, containers never.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::error::ApiError;
use crate::registry::Change;
use crate::schema::tree::{Node, Value};

/// Something a request body can be read into.
pub trait Shape: Sized {
    /// Read it.
    ///
    /// # Errors
    /// When a member is of the wrong shape.
    fn read(body: &Node) -> Result<Self, ApiError>;
}

/// A member that may be absent, `null` or there. Where a change is asked for these mean keep, clear
/// and set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<T> {
    /// Not in the body.
    Absent,
    /// `null`.
    Null,
    /// There.
    Value(T),
}

impl<T> Given<T> {
    /// Absent and `null` are the same.
    pub fn value(self) -> Option<T> {
        match self {
            Given::Value(value) => Some(value),
            Given::Absent | Given::Null => None,
        }
    }
}

/// The members of an object.
pub struct Members<'a>(&'a Node);

/// The members of `node`, which must be an object; `what` names it in the error.
///
/// # Errors
/// When it is not an object.
pub fn members<'a>(node: &'a Node, what: &str) -> Result<Members<'a>, ApiError> {
    if node.is_object() { Ok(Members(node)) } else { Err(wrong(what, node)) }
}

/// What is left out stays, `null` clears.
impl<T> From<Given<T>> for Change<T> {
    fn from(given: Given<T>) -> Change<T> {
        match given {
            Given::Absent => Change::Keep,
            Given::Null => Change::Clear,
            Given::Value(value) => Change::Set(value),
        }
    }
}

impl<'a> Members<'a> {
    /// A member read by `read`.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn given<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'a Node) -> Result<Option<T>, ApiError>,
    ) -> Result<Given<T>, ApiError> {
        let Some(node) = self.0.get(key) else { return Ok(Given::Absent) };
        if matches!(node.value, Value::Null) {
            return Ok(Given::Null);
        }
        Ok(read(node)?.map_or(Given::Null, Given::Value))
    }

    /// A text.
    ///
    /// # Errors
    /// When it is an object or an array.
    pub fn text(&self, key: &str) -> Result<Option<String>, ApiError> {
        Ok(self.given(key, text)?.value())
    }

    /// A 32-bit number.
    ///
    /// # Errors
    /// When it is none and cannot be made one.
    pub fn number(&self, key: &str) -> Result<Option<i32>, ApiError> {
        Ok(self.given(key, number)?.value())
    }

    /// A list, each element read by `read`.
    ///
    /// # Errors
    /// When it is no array, or as `read` says.
    pub fn list<T>(
        &self,
        key: &str,
        read: impl Fn(&'a Node) -> Result<T, ApiError>,
    ) -> Result<Option<Vec<T>>, ApiError> {
        let elements = |node: &'a Node| {
            let elements = node.elements().ok_or_else(|| wrong("List", node))?;
            elements.iter().map(&read).collect::<Result<_, _>>().map(Some)
        };
        Ok(self.given(key, elements)?.value())
    }

    /// A map, each value read by `read`.
    ///
    /// # Errors
    /// When it is no object, or as `read` says.
    pub fn map<T>(
        &self,
        key: &str,
        read: impl Fn(&'a Node) -> Result<T, ApiError>,
    ) -> Result<BTreeMap<String, T>, ApiError> {
        Ok(self.given(key, |node| map(node, read).map(Some))?.value().unwrap_or_default())
    }

    /// A set of texts.
    ///
    /// # Errors
    /// When it is no array of texts.
    pub fn texts(&self, key: &str) -> Result<BTreeSet<String>, ApiError> {
        Ok(self.list(key, |node| needed_text(node, key))?.unwrap_or_default().into_iter().collect())
    }
}

/// A map, each value read by `read`.
///
/// # Errors
/// When it is no object, or as `read` says.
pub fn map<'a, T>(
    node: &'a Node,
    read: impl Fn(&'a Node) -> Result<T, ApiError>,
) -> Result<BTreeMap<String, T>, ApiError> {
    members(node, "Map")?;
    node.members().iter().map(|member| Ok((member.key.clone(), read(&member.value)?))).collect()
}

/// A text; a number or a boolean is taken as it is written.
///
/// # Errors
/// When it is an object or an array.
pub fn text(node: &Node) -> Result<Option<String>, ApiError> {
    match &node.value {
        Value::Null => Ok(None),
        Value::String(text) | Value::Number(text) => Ok(Some(text.clone())),
        Value::Bool(flag) => Ok(Some(flag.to_string())),
        Value::Array(_) | Value::Object(_) => Err(wrong("String", node)),
    }
}

/// A text that must not be `null`.
///
/// # Errors
/// When it is `null`, an object or an array.
pub fn needed_text(node: &Node, what: &str) -> Result<String, ApiError> {
    text(node)?.ok_or_else(|| ApiError::must_not_be_null(what))
}

/// A 32-bit number: fractions are cut, a text is read, an empty text counts as `null`.
///
/// # Errors
/// When it is none and cannot be made one.
pub fn number(node: &Node) -> Result<Option<i32>, ApiError> {
    match &node.value {
        Value::Null => Ok(None),
        Value::Number(text) => {
            let whole = text.parse::<f64>().ok().map(f64::trunc).filter(|number| number.is_finite());
            let fits = whole.filter(|number| (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(number));
            fits.map(|number| Some(number as i32)).ok_or_else(|| not_a("Integer", "int", text))
        }
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => text.trim().parse().map(Some).map_err(|_| not_a("Integer", "Integer", text)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(wrong("Integer", node)),
    }
}

/// A boolean: a text is read, a whole number is true unless it is 0.
///
/// # Errors
/// When it is none and cannot be made one.
pub fn flag(node: &Node) -> Result<Option<bool>, ApiError> {
    match &node.value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        Value::Number(text) => {
            text.parse::<i64>().map(|number| Some(number != 0)).map_err(|_| not_a("Boolean", "Boolean", text))
        }
        Value::String(text) => match text.trim() {
            "" => Ok(None),
            "true" | "True" | "TRUE" => Ok(Some(true)),
            "false" | "False" | "FALSE" => Ok(Some(false)),
            _ => Err(not_a("Boolean", "Boolean", text)),
        },
        Value::Array(_) | Value::Object(_) => Err(wrong("Boolean", node)),
    }
}

/// One of `constants`, letter for letter.
///
/// # Errors
/// When it is another text, or none.
pub fn constant<T: Copy>(node: &Node, constants: &[(&str, T)]) -> Result<Option<T>, ApiError> {
    let Some(given) = text(node)? else { return Ok(None) };
    let found = constants.iter().find(|(name, _)| *name == given);
    found.map(|(_, value)| Some(*value)).ok_or_else(|| {
        let names: Vec<&str> = constants.iter().map(|(name, _)| *name).collect();
        let shown = shortened(&given);
        ApiError::bad_body(format_args!(
            "\"{shown}\" is not one of the values accepted here: [{}]",
            names.join(", ")
        ))
    })
}

fn wrong(wanted: &str, found: &Node) -> ApiError {
    let mut kind = found.kind().to_owned();
    kind[..1].make_ascii_uppercase();
    ApiError::bad_body(format_args!("Cannot deserialize value of type `{wanted}` from {kind} value"))
}

fn not_a(wanted: &str, name: &str, text: &str) -> ApiError {
    let shown = shortened(text);
    ApiError::bad_body(format_args!(
        "Cannot deserialize value of type `{wanted}` from String \"{shown}\": not a valid `{name}` value"
    ))
}

fn shortened(text: &str) -> &str {
    text.char_indices().nth(100).map_or(text, |(end, _)| &text[..end])
}
