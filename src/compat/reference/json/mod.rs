//! The structural comparison of JSON Schemas in Confluent Schema Registry (8.1): which differences it
//! takes for breaks, in which order and at which paths.
//!
//! It keeps its known oddities: an object is of the kinds that its keywords suggest, several of which
//! are a conjunction; references are followed one step; `if`, `contains`, `format`, `propertyNames` and
//! patterns of properties are not looked at; numbers are compared as floating-point ones.
//!
//! There is no answer where it crashes (a name with `%` in a path that it prints) or would not come to
//! an end.

mod arrays;
mod diff;
mod found;
mod kinds;
mod matching;
mod objects;
mod scalars;
mod view;

use std::collections::HashMap;

use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::{Incompatibility, Labels, Pointer, RefDiff};
use crate::compat::report::{Listing, ReferenceView};
use crate::model::{Direction, Format, Policy};
use crate::schema::json::JsonSchema;
use found::{Difference, Spot};
use view::Views;

/// A list longer than this serves nobody and could be made to fill the memory; it ends there. A schema
/// that holds itself in a hundred places has ten thousand differences where it has one.
const LISTED_AT_MOST: usize = 20_000;

/// A step is a property that is compared or a difference that is listed, and both are little work.
const STEPS: u64 = Fuel::PAIR / 2;

/// Why the reference has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoAnswer {
    /// Too much work.
    #[error("the two schemas are too large, too deep or too entangled to be compared")]
    Exhausted,
    /// It would crash.
    #[error("a name with a percent sign cannot be printed")]
    Percent,
}

impl From<Exhausted> for NoAnswer {
    fn from(_: Exhausted) -> NoAnswer {
        NoAnswer::Exhausted
    }
}

/// What the reference says of `reader`, which would be the new schema at BACKWARD, and `writer`.
pub(in crate::compat) fn view(
    direction: Direction,
    reader: &JsonSchema,
    writer: &JsonSchema,
    policy: Policy,
) -> ReferenceView {
    match found(direction, reader, writer, policy) {
        Ok(findings) => ReferenceView::of(Listing::in_order(findings)),
        Err(why) => ReferenceView::no_answer(why.to_string()),
    }
}

fn found(
    direction: Direction,
    reader: &JsonSchema,
    writer: &JsonSchema,
    policy: Policy,
) -> Result<Vec<Incompatibility>, NoAnswer> {
    if reader.canonical() == writer.canonical() && reader.documents().count() == 1 {
        return Ok(Vec::new());
    }
    let (original, update) = (Views::of(writer), Views::of(reader));
    let mut fuel = Fuel::new(STEPS);
    let found = diff::compare(&original, &update, policy, &mut fuel)?;
    let breaks = found::listed(&found, policy, false, LISTED_AT_MOST, &mut fuel)?;
    if breaks.iter().any(|difference| difference.path.contains('%')) {
        return Err(NoAnswer::Percent);
    }
    let labels = Labels::of(direction);
    let (mut reader_places, mut writer_places) = (HashMap::new(), HashMap::new());
    let reported = breaks.into_iter().map(|difference| {
        let Difference { sort, path, original: writer_spot, update: reader_spot } = difference;
        let path = format!("#/{path}");
        let description = sort.sentence(&path, labels);
        let message = match description.is_empty() {
            true => format!(
                "the {} schema has a schema at '{path}' that the {} schema lacks",
                labels.reader, labels.writer
            ),
            false => description.clone(),
        };
        let reference = RefDiff { format: Format::Json, name: sort.name, path, description, info: None };
        let reader_at = reader_places.entry(reader_spot);
        let reader_at = reader_at.or_insert_with_key(|spot| pointer(&update, reader, spot)).clone();
        let writer_at = writer_places.entry(writer_spot);
        let writer_at = writer_at.or_insert_with_key(|spot| pointer(&original, writer, spot)).clone();
        Incompatibility::reported(sort.rule_at(&reference.path), direction, message, reference)
            .between(reader_at, writer_at)
    });
    Ok(reported.collect())
}

/// Every difference, harmless ones included, as name and path.
#[cfg(test)]
fn all(reader: &JsonSchema, writer: &JsonSchema, policy: Policy) -> Vec<String> {
    let (original, update) = (Views::of(writer), Views::of(reader));
    let mut fuel = Fuel::new(STEPS);
    let found = diff::compare(&original, &update, policy, &mut fuel).expect("an answer");
    let differences = found::listed(&found, policy, true, usize::MAX, &mut fuel).expect("a list");
    differences.iter().map(|it| format!("{} #/{}", it.sort.name, it.path)).collect()
}

/// Where a difference is in a text: the deepest part of its place that is there.
fn pointer(views: &Views<'_>, schema: &JsonSchema, spot: &Spot) -> Pointer {
    let (document, start) = views.get(spot.id).at;
    let Some(owner) = schema.documents().nth(document) else { return Pointer::in_text(String::new(), None) };
    let mut node = if start == owner.root().span.start { Some(owner.root()) } else { owner.node(start) };
    let mut path = node.map_or_else(String::new, |node| owner.pointer_to(node)[1..].to_owned());
    let mut span = node.map(|node| node.span);
    for part in &spot.step.parts() {
        path.push('/');
        path.push_str(&part.replace('~', "~0").replace('/', "~1"));
        let member = node.and_then(|node| node.members().iter().find(|member| member.key == *part));
        let element = || node.and_then(|node| node.elements()?.get(part.parse::<usize>().ok()?));
        match member {
            Some(member) => {
                span = Some(member.key_span);
                node = Some(&member.value);
            }
            None => node = element(),
        }
    }
    Pointer::in_text(path, span.filter(|_| document == 0))
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::model::Policy;
    use crate::schema::Options;
    use crate::schema::json::JsonSchema;

    #[test]
    fn differences_are_named_as_the_reference_names_them() {
        for (old, new, found) in [
            (r#"{"type":"integer"}"#, r#"{"type":"number"}"#, &["TYPE_EXTENDED #/"][..]),
            (r#"{"type":"string"}"#, r#"{"type":"string","maxLength":3}"#, &["MAX_LENGTH_ADDED #/maxLength"]),
            (
                r#"{"exclusiveMaximum":9}"#,
                r#"{"exclusiveMaximum":3}"#,
                &["EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum"],
            ),
            (r#"{"type":"array"}"#, r#"{"type":"array","items":{}}"#, &["SCHEMA_ADDED #/items"]),
            (
                r#"{"type":"object"}"#,
                r#"{"type":"object","properties":{"a":{"type":"string"}}}"#,
                &["OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a"],
            ),
            (
                r#"{"properties":{"a":{"type":"string"}},"additionalProperties":false}"#,
                r#"{"properties":{},"additionalProperties":{"type":"integer"}}"#,
                &[
                    "TYPE_CHANGED #/properties/a",
                    "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/a",
                    "ADDITIONAL_PROPERTIES_ADDED #/additionalProperties",
                ],
            ),
            (
                r#"{"oneOf":[{"type":"integer"}]}"#,
                r#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#,
                &["SUM_TYPE_EXTENDED #/"],
            ),
            (
                r#"{"anyOf":[{"type":"integer"},{"type":"string"}]}"#,
                r#"{"anyOf":[{"type":"string"}]}"#,
                &["SUM_TYPE_NARROWED #/"],
            ),
            (
                r#"{"not":{"type":"string"}}"#,
                r#"{"not":{"type":["string","null"]}}"#,
                &["NOT_TYPE_EXTENDED #/not"],
            ),
            (r#"{"enum":["a"]}"#, r#"{"enum":["a","b"]}"#, &["ENUM_ARRAY_EXTENDED #/enum"]),
            (
                r##"{"properties":{"next":{"$ref":"#"}}}"##,
                r##"{"title":"t","properties":{"next":{"$ref":"#"}}}"##,
                // What a reference leads to is loaded once more, and compared once more.
                &["TITLE_CHANGED #/", "TITLE_CHANGED #/properties/next"],
            ),
        ] {
            let parse = |text| JsonSchema::parse(text, &[], Options::STORED).expect(text);
            assert_eq!(all(&parse(new), &parse(old), Policy::Strict), found, "{old} -> {new}");
        }
    }
}
