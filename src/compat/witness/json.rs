//! Witnesses of JSON Schema.

use super::{Datum, Evidence, Witness};
use crate::compat::budget::Fuel;
use crate::compat::json::{Arena, Value, accepts};
use crate::model::{Assumptions, Policy};
use crate::schema::json::{JsonSchema, OTHER_VALIDATOR};

/// The most bytes that a witness has, and the most values in it.
const LONGEST: usize = 64 * 1024;
const MOST: usize = 2_000;

/// Tries documents: the writer's schema has to accept them and the reader's to refuse them.
pub(in crate::compat) struct JsonTrial<'a> {
    /// Both schemas, whole.
    pub(in crate::compat) arena: &'a Arena,
    /// Their texts.
    pub(in crate::compat) reader: &'a JsonSchema,
    pub(in crate::compat) writer: &'a JsonSchema,
    pub(in crate::compat) assumptions: Assumptions,
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

    /// What another implementation says; `None` where it cannot be asked: where it would answer another
    /// question, cannot hold the numbers, or might not come to an end.
    fn is_shown_elsewhere(&self, value: &Value, document: &str) -> Option<bool> {
        let Assumptions { policy, assert_formats, fill_defaults } = self.assumptions;
        if policy == Policy::Lenient
            || fill_defaults
            || !has_usual_numbers(value)
            || self.arena.is_entangled()
        {
            return None;
        }
        let by_writer = self.writer.is_valid_elsewhere(document, assert_formats)?;
        let by_reader = self.reader.is_valid_elsewhere(document, assert_formats)?;
        Some(by_writer && !by_reader)
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
        let json = value.to_string();
        let verified_by: &'static [&'static str] = match trial.is_shown_elsewhere(value, &json) {
            Some(false) => return None,
            Some(true) => &["dovetail", OTHER_VALIDATOR],
            None => &["dovetail"],
        };
        let datum = Datum::Json { json, verified_by };
        Some(Witness {
            datum,
            evidence: Evidence::Refused { instance, keyword },
            portable: is_portable(value),
        })
    }
}

fn has_usual_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_plain() || number.to_string().parse::<i64>().is_ok(),
        Value::Array(items) => items.iter().all(has_usual_numbers),
        Value::Object(members) => members.values().all(has_usual_numbers),
        _ => true,
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
