//! Witnesses of JSON Schema.

use super::{Datum, Evidence, Witness};
use crate::compat::budget::Fuel;
use crate::compat::json::{Arena, Value, accepts};

/// The most bytes that a witness has, and the most values in it.
const LONGEST: usize = 64 * 1024;
const MOST: usize = 2_000;

/// Tries documents: the writer's schema has to accept them and the reader's to refuse them.
pub(in crate::compat) struct JsonTrial<'a> {
    /// Both schemas, whole.
    pub(in crate::compat) arena: &'a Arena,
}

impl JsonTrial<'_> {
    /// May it be shown?
    pub(in crate::compat) fn has_room_for(value: &Value) -> bool {
        size(value) <= MOST && value.to_string().len() <= LONGEST
    }

    /// Does the value show a break? Whatever cannot be told shows none.
    pub(in crate::compat) fn shows(&self, value: &Value, fuel: &mut Fuel) -> bool {
        let (reader, writer) = (self.arena.reader(), self.arena.writer());
        accepts(self.arena, writer, value, fuel) == Ok(true)
            && accepts(self.arena, reader, value, fuel) == Ok(false)
    }
}

impl Witness {
    /// The value, if it shows what it has to. `instance` and `keyword` are where it is refused.
    pub(in crate::compat) fn of_json(
        trial: &JsonTrial<'_>,
        value: &Value,
        (instance, keyword): (String, String),
        fuel: &mut Fuel,
    ) -> Option<Witness> {
        if !JsonTrial::has_room_for(value) || !trial.shows(value, fuel) {
            return None;
        }
        let datum = Datum::Json { json: value.to_string(), verified_by: &["dovetail"] };
        Some(Witness { datum, evidence: Evidence::Refused { instance, keyword }, portable: is_portable(value) })
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Do the usual libraries keep it as it is? Many hold numbers as doubles, and count characters in units
/// of sixteen bits.
fn is_portable(value: &Value) -> bool {
    let is_basic = |text: &str| text.chars().all(|character| u32::from(character) < 0x1_0000);
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.is_plain(),
        Value::String(text) => is_basic(text),
        Value::Array(items) => items.iter().all(is_portable),
        Value::Object(members) => members.iter().all(|(name, value)| is_basic(name) && is_portable(value)),
    }
}
