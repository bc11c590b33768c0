//! Inline tags: the `confluent:tags` of records and fields.

use std::collections::{BTreeSet, HashSet};

use super::json;
use super::model::{Kind, Model, Property, TypeId};
use crate::schema::Tagged;

/// The attribute that holds them.
const TAGS: &str = "confluent:tags";

/// The tagged records and fields in the order in which they are first met. A record goes by its full
/// name, a field by that of its record and its own.
pub(super) fn tagged(model: &Model) -> Vec<Tagged> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    // A stack, popped in the order of the text: a chain of records can be longer than the call
    // stack is deep.
    let mut open = vec![Step::Type(model.root())];
    while let Some(step) = open.pop() {
        let id = match step {
            Step::Found(tagged) => {
                found.push(tagged);
                continue;
            }
            Step::Type(id) => id,
        };
        let definition = model.get(id);
        if definition.name().is_some_and(|name| !seen.insert(name.full())) {
            continue;
        }
        match &definition.kind {
            Kind::Array(content) | Kind::Map(content) => open.push(Step::Type(content.id)),
            Kind::Union(branches) => open.extend(branches.iter().rev().map(|branch| Step::Type(branch.id))),
            Kind::Record(record) => {
                let path = record.name.full();
                found.extend(entity(path.to_owned(), true, &definition.properties));
                for field in record.fields.iter().rev() {
                    open.push(Step::Type(field.schema.id));
                    let tagged = entity(format!("{path}.{}", field.name), false, &field.properties);
                    open.extend(tagged.map(Step::Found));
                }
            }
            Kind::Primitive(_) | Kind::Enum(_) | Kind::Fixed(_) => {}
        }
    }
    found
}

enum Step {
    Type(TypeId),
    Found(Tagged),
}

fn entity(path: String, is_record: bool, properties: &[Property]) -> Option<Tagged> {
    let list = &properties.iter().find(|property| property.key == TAGS)?.value;
    let text =
        |tag: &crate::schema::tree::Node| tag.as_str().map_or_else(|| json::sorted(tag), str::to_owned);
    let tags: BTreeSet<String> = list.elements()?.iter().map(text).collect();
    (!tags.is_empty()).then_some(Tagged { path, is_record, tags })
}
