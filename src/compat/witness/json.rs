//! Witnesses of JSON Schema.

use super::{Datum, Evidence, Witness};
use crate::compat::budget::Fuel;
use crate::compat::json::{Arena, Value, accepts, effort};
use crate::compat::report::Why;
use crate::model::Assumptions;
use crate::schema::json::{Draft, JsonSchema};

/// The most bytes that a witness has, and the most values in it.
const LONGEST: usize = 64 * 1024;
const MOST: usize = 2_000;
/// The most work that the second validator may have with one.
const EFFORT: u64 = 1_000_000;

/// Tries documents: the writer's schema has to accept them and the reader's to refuse them.
pub(in crate::compat) struct JsonTrial<'a> {
    /// Both schemas, whole.
    pub(in crate::compat) arena: &'a Arena,
    pub(in crate::compat) reader: &'a JsonSchema,
    pub(in crate::compat) writer: &'a JsonSchema,
    pub(in crate::compat) assumptions: Assumptions,
}

/// What the second validator says.
enum Second {
    Agrees,
    Disagrees,
    /// It was not asked, or does not take one of the schemas.
    Silent,
}

impl JsonTrial<'_> {
    /// May it be shown?
    pub(in crate::compat) fn has_room_for(value: &Value) -> bool {
        size(value) <= MOST && value.to_string().len() <= LONGEST
    }

    /// Does the value show a break?
    ///
    /// # Errors
    /// When that cannot be told.
    pub(in crate::compat) fn shows(&self, value: &Value, fuel: &mut Fuel) -> Result<bool, Why> {
        let (reader, writer) = (self.arena.reader(), self.arena.writer());
        Ok(accepts(self.arena, writer, value, fuel)? && !accepts(self.arena, reader, value, fuel)?)
    }

    /// Does one of the schemas hold a keyword that some validators take for an assertion and others do
    /// not?
    fn is_of_two_minds(&self) -> bool {
        let holds = |schema: &JsonSchema| {
            schema.draft() >= Draft::Year2019 && schema.canonical().contains("\"dependencies\"")
        };
        holds(self.reader) || holds(self.writer)
    }

    fn second(&self, value: &Value, text: &str) -> Second {
        let schemas = [self.arena.reader(), self.arena.writer()];
        if schemas.iter().any(|&schema| effort(self.arena, schema, value) > EFFORT) {
            return Second::Silent;
        }
        let opinion = |schema: &JsonSchema| schema.second_opinion(text, self.assumptions.assert_formats);
        let (Some(writer), Some(reader)) = (opinion(self.writer), opinion(self.reader)) else {
            return Second::Silent;
        };
        // What is assumed beyond the schemas is more than it knows of, and formats differ from draft to draft.
        let knows_all = self.assumptions == Assumptions::default();
        match (writer, reader) {
            (true, false) => Second::Agrees,
            _ if knows_all => Second::Disagrees,
            _ => Second::Silent,
        }
    }
}

/// Where and why the reader refuses a document.
#[derive(Debug)]
pub(in crate::compat) struct Refused {
    /// The part of the document, as a JSON pointer.
    pub(in crate::compat) instance: String,
    /// The keyword, as a place in the reader.
    pub(in crate::compat) keyword: String,
    /// Dialects of regular expressions may see it otherwise.
    pub(in crate::compat) by_pattern: bool,
    /// Not every validator looks at it.
    pub(in crate::compat) by_format: bool,
}

impl Witness {
    /// The value, if it shows what it has to.
    pub(in crate::compat) fn of_json(
        trial: &JsonTrial<'_>,
        value: &Value,
        refused: Refused,
        fuel: &mut Fuel,
    ) -> Option<Witness> {
        if !JsonTrial::has_room_for(value) || trial.shows(value, fuel) != Ok(true) {
            return None;
        }
        let Refused { instance, keyword, by_pattern, by_format } = refused;
        let json = value.to_string();
        let verified_by: &[&str] = match trial.second(value, &json) {
            Second::Agrees => &["dovetail", "jsonschema"],
            Second::Silent => &["dovetail"],
            Second::Disagrees => return None,
        };
        let portable = !by_format
            && !trial.is_of_two_minds()
            && is_plain(value, &|character| match by_pattern {
                true => character.is_ascii() && !character.is_ascii_control(),
                false => u32::from(character) < 0x1_0000,
            });
        let datum = Datum::Json { json, verified_by };
        Some(Witness { datum, evidence: Evidence::Refused { instance, keyword }, portable })
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Do the usual libraries keep it as it is? Many hold numbers as doubles; what they make of characters
/// differs too.
fn is_plain(value: &Value, is_plain_character: &dyn Fn(char) -> bool) -> bool {
    let is_plain_text = |text: &str| text.chars().all(is_plain_character);
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.is_plain(),
        Value::String(text) => is_plain_text(text),
        Value::Array(items) => items.iter().all(|item| is_plain(item, is_plain_character)),
        Value::Object(members) => {
            members.iter().all(|(name, value)| is_plain_text(name) && is_plain(value, is_plain_character))
        }
    }
}
