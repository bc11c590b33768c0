//! Are two schemas the same, however they are spelled?

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::json;
use super::model::{Field, Kind, Model, Name, Property, Type, TypeId, Use};
use super::parse::Slot;

/// The same schema: names, fields in order, types, defaults, sort orders, properties, documentation,
/// aliases and enum defaults. Where a definition stands, here or in a dependency, does not matter.
pub(super) fn equivalent(left: &Model, right: &Model) -> bool {
    // A worklist: a chain of records can be longer than the stack is deep.
    let mut seen = HashSet::new();
    let mut open = vec![(left.root(), right.root())];
    while let Some(pair) = open.pop() {
        if !seen.insert(pair) {
            continue;
        }
        let (left, right) = (left.get(pair.0), right.get(pair.1));
        if !same(left, right, &mut open) || !same_documentation(left, right) {
            return false;
        }
    }
    true
}

/// A number that equivalent schemas share: what is said of each type by itself, as a set, because one
/// spelling may define a type once where another repeats it.
pub(super) fn fingerprint(model: &Model) -> u64 {
    let (mut seen, mut said) = (HashSet::new(), BTreeSet::new());
    let mut open = vec![model.root()];
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let mut hasher = DefaultHasher::new();
            hash_type(model, model.get(id), &mut hasher, &mut open);
            said.insert(hasher.finish());
        }
    }
    let mut hasher = DefaultHasher::new();
    said.hash(&mut hasher);
    hasher.finish()
}

/// Everything that [`same`] and [`same_documentation`] compare but for the values of defaults and
/// properties, which may be spelled in several ways.
fn hash_type(model: &Model, of: &Type, hasher: &mut DefaultHasher, open: &mut Vec<TypeId>) {
    fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
        items.collect::<BTreeSet<_>>().into_iter().collect()
    }
    let keys = |properties: &[Property]| sorted(properties.iter().map(|property| property.key.clone()));
    (of.kind.word(), of.name().map(Name::full), of.doc(), keys(&of.properties)).hash(hasher);
    sorted(of.aliases().iter().map(Name::full)).hash(hasher);
    let mut inner = |used: &Use, hasher: &mut DefaultHasher| {
        let inner = model.get(used.id);
        (inner.kind.word(), inner.name().map(Name::full)).hash(hasher);
        open.push(used.id);
    };
    match &of.kind {
        Kind::Primitive(_) => {}
        Kind::Fixed(fixed) => fixed.size.hash(hasher),
        Kind::Enum(of) => (&of.symbols, &of.default).hash(hasher),
        Kind::Array(items) | Kind::Map(items) => inner(items, hasher),
        Kind::Union(branches) => branches.iter().for_each(|branch| inner(branch, hasher)),
        Kind::Record(record) => {
            for field in &record.fields {
                let order = std::mem::discriminant(&field.order);
                (&field.name, &field.doc, order, field.default.is_some()).hash(hasher);
                (sorted(field.aliases.iter()), keys(&field.properties)).hash(hasher);
                inner(&field.schema, hasher);
            }
        }
    }
}

/// May `repeated` stand where the type of that name is defined already? It must say the same;
/// documentation and aliases may differ.
pub(super) fn redefines(slots: &[Slot], known: TypeId, repeated: &Type) -> bool {
    let mut open = Vec::new();
    let Slot::Defined(known) = &slots[known.index()] else {
        return false;
    };
    if !same(known, repeated, &mut open) {
        return false;
    }
    while let Some((left, right)) = open.pop() {
        if left == right {
            continue;
        }
        let (left, right) = (&slots[left.index()], &slots[right.index()]);
        match (left.name(), right.name(), left, right) {
            // All definitions of one name say the same, or they would have been refused.
            (Some(left), Some(right), _, _) if left == right => {}
            (None, None, Slot::Defined(left), Slot::Defined(right)) if same(left, right, &mut open) => {}
            _ => return false,
        }
    }
    true
}

/// Compare two types but for the types in them, which are left in `open` to be compared.
fn same(left: &Type, right: &Type, open: &mut Vec<(TypeId, TypeId)>) -> bool {
    if left.name().map(Name::full) != right.name().map(Name::full)
        || !same_properties(&left.properties, &right.properties)
    {
        return false;
    }
    let mut both = |left: &Use, right: &Use| open.push((left.id, right.id));
    match (&left.kind, &right.kind) {
        (Kind::Primitive(left), Kind::Primitive(right)) => left == right,
        (Kind::Fixed(left), Kind::Fixed(right)) => left.size == right.size,
        (Kind::Enum(left), Kind::Enum(right)) => left.symbols == right.symbols,
        (Kind::Array(left), Kind::Array(right)) | (Kind::Map(left), Kind::Map(right)) => {
            both(left, right);
            true
        }
        (Kind::Union(left), Kind::Union(right)) => {
            left.iter().zip(right).for_each(|(left, right)| both(left, right));
            left.len() == right.len()
        }
        (Kind::Record(left), Kind::Record(right)) => {
            let pairs = || left.fields.iter().zip(&right.fields);
            pairs().for_each(|(left, right)| both(&left.schema, &right.schema));
            left.fields.len() == right.fields.len() && pairs().all(|(left, right)| same_field(left, right))
        }
        _ => false,
    }
}

fn same_field(left: &Field, right: &Field) -> bool {
    let same_default = match (&left.default, &right.default) {
        (Some(left), Some(right)) => json::equal(left, right),
        (None, None) => true,
        _ => false,
    };
    left.name == right.name
        && left.order == right.order
        && same_default
        && same_properties(&left.properties, &right.properties)
}

/// The order of properties does not matter.
fn same_properties(left: &[Property], right: &[Property]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let by_key: HashMap<_, _> = right.iter().map(|property| (&property.key, &property.value)).collect();
    left.iter()
        .all(|property| by_key.get(&property.key).is_some_and(|value| json::equal(&property.value, value)))
}

/// What the specification calls irrelevant to the data, and a registry keeps nevertheless.
fn same_documentation(left: &Type, right: &Type) -> bool {
    let names =
        |aliases: &[Name]| aliases.iter().map(|alias| alias.full().to_owned()).collect::<HashSet<_>>();
    if left.doc() != right.doc() || names(left.aliases()) != names(right.aliases()) {
        return false;
    }
    match (&left.kind, &right.kind) {
        (Kind::Enum(left), Kind::Enum(right)) => left.default == right.default,
        (Kind::Record(left), Kind::Record(right)) => {
            let set = |field: &Field| field.aliases.iter().cloned().collect::<HashSet<_>>();
            left.fields
                .iter()
                .zip(&right.fields)
                .all(|(left, right)| left.doc == right.doc && set(left) == set(right))
        }
        _ => true,
    }
}
