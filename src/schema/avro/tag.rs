//! Inline tags: the `confluent:tags` of records and fields.

use std::collections::{BTreeSet, HashSet};

use super::json;
use super::model::{Kind, Model, Name, Property, Record, TypeId};
use crate::schema::tags::{Change, Edits, Found, TAGS};
use crate::schema::tree::Node;
use crate::schema::{TagEdit, TagError, Tagged};

/// The tagged records and fields in the order in which they are first met. A record goes by its full
/// name, a field by that of its record and its own.
pub(super) fn tagged(model: &Model) -> Vec<Tagged> {
    let mut found = Found::default();
    walk(model, HashSet::new(), |id, record, field| {
        let name = record.name.full();
        match field {
            None => found.note(&[name], true, tags(&model.get(id).properties)),
            Some(field) => {
                let field = &record.fields[field];
                found.note(&[name, ".", &field.name], false, tags(&field.properties));
            }
        }
    });
    found.tagged
}

/// Show every record of a text to `meet`, and each of its fields before what is within it: of a repeated
/// definition the one met first, and none whose name has been `seen`.
fn walk<'m>(
    model: &'m Model,
    mut seen: HashSet<&'m str>,
    mut meet: impl FnMut(TypeId, &'m Record, Option<usize>),
) {
    enum Step<'m> {
        Type(TypeId),
        Field(TypeId, &'m Record, usize),
    }
    // A long name is looked at once, however often its type is used.
    let mut known = HashSet::new();
    // A stack, popped in the order of the text: a chain of records can be longer than the call
    // stack is deep.
    let mut open = vec![Step::Type(model.root())];
    while let Some(step) = open.pop() {
        let id = match step {
            Step::Type(id) => id,
            Step::Field(id, record, field) => {
                meet(id, record, Some(field));
                continue;
            }
        };
        let definition = model.get(id);
        if definition.name().is_some_and(|name| !known.insert(id) || !seen.insert(name.full())) {
            continue;
        }
        match &definition.kind {
            Kind::Array(content) | Kind::Map(content) => open.push(Step::Type(content.id)),
            Kind::Union(branches) => open.extend(branches.iter().rev().map(|branch| Step::Type(branch.id))),
            Kind::Record(record) => {
                meet(id, record, None);
                for (index, field) in record.fields.iter().enumerate().rev() {
                    open.push(Step::Type(field.schema.id));
                    open.push(Step::Field(id, record, index));
                }
            }
            Kind::Primitive(_) | Kind::Enum(_) | Kind::Fixed(_) => {}
        }
    }
}

/// Edit the tags of what a text defines itself, which is what its canonical text prints.
///
/// # Errors
/// When nothing stands under the path of an edit.
pub(super) fn edit(model: &mut Model, dependencies: &[TypeId], edits: &[TagEdit]) -> Result<(), TagError> {
    let mut edits = Edits::of(edits);
    for id in printed_records(model, dependencies) {
        let definition = &mut model.types[id.index()];
        let Kind::Record(record) = &mut definition.kind else { continue };
        let path = record.name.full();
        if !edits.lead_to(path) {
            continue;
        }
        if let Some(change) = edits.take(path, true) {
            retag(&mut definition.properties, &change);
        }
        for field in &mut record.fields {
            if let Some(change) = edits.take(&format!("{path}.{}", field.name), false) {
                retag(&mut field.properties, &change);
            }
        }
    }
    edits.check_all_found()
}

/// The records that the canonical text defines: none whose name comes from a dependency.
fn printed_records(model: &Model, dependencies: &[TypeId]) -> Vec<TypeId> {
    let foreign = dependencies.iter().filter_map(|id| model.get(*id).name());
    let mut found = Vec::new();
    walk(model, foreign.map(Name::full).collect(), |id, _, field| {
        if field.is_none() {
            found.push(id);
        }
    });
    found
}

fn retag(properties: &mut Vec<Property>, change: &Change) {
    let at = properties.iter().position(|property| property.key == TAGS);
    match (at, change.list(at.map(|at| &properties[at].value), text)) {
        (Some(at), Some(value)) => properties[at].value = value,
        (Some(at), None) => drop(properties.remove(at)),
        (None, Some(value)) => properties.push(Property { key: TAGS.to_owned(), value }),
        (None, None) => {}
    }
}

fn tags(properties: &[Property]) -> BTreeSet<String> {
    let held = properties.iter().find(|property| property.key == TAGS);
    held.and_then(|held| held.value.elements()).unwrap_or_default().iter().map(text).collect()
}

fn text(tag: &Node) -> String {
    tag.as_str().map_or_else(|| json::sorted(tag), str::to_owned)
}
