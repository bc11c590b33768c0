//! Inline tags: the `confluent:tags` of records and fields.

use std::collections::{BTreeSet, HashSet};

use super::json;
use super::model::{Field, Kind, Model, Name, Property, TypeId};
use crate::schema::tags::{ATTRIBUTE, Change, Edits, Found};
use crate::schema::tree::Node;
use crate::schema::{TagEdit, TagError, Tagged};

/// The tagged records and fields in the order in which they are first met. A record goes by its full
/// name, a field by that of its record and its own.
pub(super) fn tagged(model: &Model) -> Vec<Tagged> {
    let mut found = Found::new();
    let mut seen = HashSet::new();
    // A stack, popped in the order of the text: a chain of records can be longer than the call
    // stack is deep.
    let mut open = vec![Step::Type(model.root())];
    while let Some(step) = open.pop() {
        let id = match step {
            Step::Field { path, field } => {
                found.note(path, Some(&field.name), false, tags(&field.properties));
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
                found.note(path, None, true, tags(&definition.properties));
                for field in record.fields.iter().rev() {
                    open.push(Step::Type(field.schema.id));
                    open.push(Step::Field { path, field });
                }
            }
            Kind::Primitive(_) | Kind::Enum(_) | Kind::Fixed(_) => {}
        }
    }
    found.into_list()
}

enum Step<'m> {
    Type(TypeId),
    Field { path: &'m str, field: &'m Field },
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

/// The records that the canonical text defines: of a repeated definition the one met first, and none
/// whose name comes from a dependency.
fn printed_records(model: &Model, dependencies: &[TypeId]) -> Vec<TypeId> {
    let foreign = dependencies.iter().filter_map(|id| model.get(*id).name());
    let mut seen: HashSet<&str> = foreign.map(Name::full).collect();
    let mut found = Vec::new();
    let mut open = vec![model.root()];
    while let Some(id) = open.pop() {
        let definition = model.get(id);
        if definition.name().is_some_and(|name| !seen.insert(name.full())) {
            continue;
        }
        match &definition.kind {
            Kind::Array(content) | Kind::Map(content) => open.push(content.id),
            Kind::Union(branches) => open.extend(branches.iter().rev().map(|branch| branch.id)),
            Kind::Record(record) => {
                found.push(id);
                open.extend(record.fields.iter().rev().map(|field| field.schema.id));
            }
            Kind::Primitive(_) | Kind::Enum(_) | Kind::Fixed(_) => {}
        }
    }
    found
}

fn retag(properties: &mut Vec<Property>, change: &Change) {
    let at = properties.iter().position(|property| property.key == ATTRIBUTE);
    match (at, change.changed(at.map(|at| &properties[at].value), text)) {
        (Some(at), Some(value)) => properties[at].value = value,
        (Some(at), None) => drop(properties.remove(at)),
        (None, Some(value)) => properties.push(Property { key: ATTRIBUTE.to_owned(), value }),
        (None, None) => {}
    }
}

fn tags(properties: &[Property]) -> BTreeSet<String> {
    let list = properties.iter().find(|property| property.key == ATTRIBUTE);
    list.and_then(|list| list.value.elements()).unwrap_or_default().iter().map(text).collect()
}

fn text(tag: &Node) -> String {
    tag.as_str().map_or_else(|| json::sorted(tag), str::to_owned)
}
