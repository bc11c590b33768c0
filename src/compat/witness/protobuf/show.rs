//! Values and places for people.

use std::fmt::Write as _;

use buffa_descriptor::{DynamicMessage, FieldKind, SingularKind, Value};

use super::Party;
use crate::compat::protobuf::model::Plain;

/// Long values are cut.
const SHOWN_AT_MOST: usize = 60;

/// The names of the fields of a route, dotted; numbers where there is no name.
pub(super) fn route(party: Party<'_>, message: &str, route: &[i32]) -> String {
    let pool = &party.descriptors.full;
    let mut index = party.index(pool, message);
    let mut text = String::new();
    for number in route {
        let separator = if text.is_empty() { "" } else { "." };
        let field = index.and_then(|index| {
            let declared = pool.message(index).field(*number as u32);
            declared.or_else(|| pool.extension_for(index, *number as u32).map(|extension| extension.field()))
        });
        match field {
            Some(field) => {
                let _ = write!(text, "{separator}{}", field.name());
            }
            None => {
                let _ = write!(text, "{separator}{number}");
            }
        }
        index = field.and_then(|field| match field.kind() {
            FieldKind::Singular(SingularKind::Message(inner))
            | FieldKind::List(SingularKind::Message(inner))
            | FieldKind::Map { value: SingularKind::Message(inner), .. } => Some(inner),
            _ => None,
        });
    }
    text
}

/// A value, briefly.
pub(super) fn value(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    shorten(text)
}

pub(super) fn values(values: &[Value]) -> String {
    let mut text = String::new();
    write_list(values, &mut text);
    shorten(text)
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(SHOWN_AT_MOST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

fn write_list(values: &[Value], text: &mut String) {
    text.push('[');
    for (index, value) in values.iter().enumerate() {
        if text.len() > SHOWN_AT_MOST * 4 {
            break;
        }
        text.push_str(if index == 0 { "" } else { ", " });
        write_value(value, text);
    }
    text.push(']');
}

fn write_value(value: &Value, text: &mut String) {
    let _ = match value {
        Value::Bool(value) => write!(text, "{value}"),
        Value::I32(value) | Value::EnumNumber(value) => write!(text, "{value}"),
        Value::I64(value) => write!(text, "{value}"),
        Value::U32(value) => write!(text, "{value}"),
        Value::U64(value) => write!(text, "{value}"),
        Value::F32(value) => write!(text, "{value:?}"),
        Value::F64(value) => write!(text, "{value:?}"),
        Value::String(value) => write!(text, "{value:?}"),
        Value::Bytes(value) => write!(text, "{}", Plain::Bytes(value.clone())),
        Value::Message(message) => {
            write_message(message, text);
            Ok(())
        }
        Value::List(values) => {
            write_list(values, text);
            Ok(())
        }
        Value::Map(_) => write!(text, "a map"),
    };
}

/// By recursion: a decoder has built the message, so its depth is bounded.
fn write_message(message: &DynamicMessage, text: &mut String) {
    text.push('{');
    let mut is_first = true;
    for field in message.pool().message(message.message_index()).fields() {
        let Some(value) = message.field_by_number(field.number()) else { continue };
        if text.len() > SHOWN_AT_MOST * 4 {
            break;
        }
        text.push_str(if std::mem::take(&mut is_first) { "" } else { ", " });
        let _ = write!(text, "{}: ", field.name());
        write_value(value, text);
    }
    text.push('}');
}
