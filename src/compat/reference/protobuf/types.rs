//! The types that one schema can name, and what its names mean to the reference.
//!
//! The reference looks names up more simply than a compiler does: the package of the file counts as
//! one word, so that within `a.b` nothing is found in `a`; and a name that is found nowhere is taken
//! for a message.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::NoAnswer;
use crate::compat::budget::Fuel;
use crate::schema::Place;
use crate::schema::protobuf::model::{Definition, FieldType, File, Message, TypeDef, Value};
use crate::schema::protobuf::names::Origin;
use crate::schema::protobuf::{ProtobufSchema, builtin};

/// A type among the types of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TypeId(usize);

/// A message or an enum, and where it belongs.
#[derive(Debug)]
pub(super) struct Type<'a> {
    /// Package and names of all scopes, dotted.
    pub(super) full_name: String,
    /// The package of its file; empty for none.
    pub(super) package: &'a str,
    pub(super) origin: Origin,
    pub(super) definition: Definition<'a>,
    /// It is the entry of a map, spelled out as a message.
    pub(super) is_map: bool,
    /// The messages and enums in it.
    pub(super) nested: Vec<TypeId>,
}

/// Where a name is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) package: &'s str,
    /// The names of the messages around, dotted; empty for none.
    pub(super) messages: &'s str,
}

/// Every type in reach of a schema.
#[derive(Debug)]
pub(super) struct Types<'a> {
    schema: &'a ProtobufSchema,
    own: Table<'a>,
    /// Built-in files in whose place a dependency came.
    replaced: HashSet<usize>,
    /// The types of the schema itself, not those in other types.
    pub(super) roots: Vec<TypeId>,
}

#[derive(Debug, Default)]
struct Table<'a> {
    types: Vec<Type<'a>>,
    by_name: HashMap<String, usize>,
}

static BUILT_IN: LazyLock<Table<'static>> = LazyLock::new(|| {
    let mut table = Table::default();
    let mut fuel = Fuel::new(u64::MAX);
    for (index, (_, file)) in builtin::files().iter().enumerate() {
        let _ = table.add_file(file, Origin::BuiltIn(index), &mut fuel);
    }
    table
});

impl<'a> Type<'a> {
    /// Its name without the package, dotted.
    pub(super) fn local_name(&self) -> &str {
        without_package(&self.full_name, self.package)
    }

    pub(super) fn message(&self) -> Option<&'a Message> {
        match self.definition {
            Definition::Message(message) => Some(message),
            Definition::Enum(_) => None,
        }
    }

    /// Where it stands in the text of the schema; `None` for a type of another file.
    pub(super) fn place(&self) -> Option<Place> {
        self.own(match self.definition {
            Definition::Message(message) => message.place,
            Definition::Enum(definition) => definition.place,
        })
    }

    /// A place in it, if that is one in the text of the schema.
    pub(super) fn own(&self, place: Place) -> Option<Place> {
        (self.origin == Origin::This).then_some(place)
    }

    /// Types of key and value, by the names of the fields; `None` when one is missing.
    pub(super) fn map_parts(&self) -> Option<(&'a FieldType, &'a FieldType)> {
        let message = self.message()?;
        let called = |name| message.fields.iter().find(|field| field.name == name).map(|field| &field.kind);
        Some((called("key")?, called("value")?))
    }
}

/// `full_name` without the package in front.
pub(super) fn without_package<'n>(full_name: &'n str, package: &str) -> &'n str {
    full_name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')).unwrap_or(full_name)
}

impl<'a> Types<'a> {
    pub(super) fn of(schema: &'a ProtobufSchema, fuel: &mut Fuel) -> Result<Types<'a>, NoAnswer> {
        let mut own = Table::default();
        // Of two types of one name the later one counts: the schema's own, then the earlier dependency's.
        for (index, (_, file)) in schema.dependencies().iter().enumerate().rev() {
            own.add_file(file, Origin::Dependency(index), fuel)?;
        }
        let roots = own.add_file(schema.file(), Origin::This, fuel)?;
        let paths: HashSet<&str> = schema.dependencies().iter().map(|(path, _)| path.as_str()).collect();
        let builtin = builtin::files().iter().enumerate();
        let replaced = builtin.filter(|(_, (path, _))| paths.contains(path.as_str())).map(|(file, _)| file);
        Ok(Types { schema, own, replaced: replaced.collect(), roots })
    }

    pub(super) fn get(&self, id: TypeId) -> &Type<'a> {
        let types = &self.own.types;
        // Ids are only made here: those beyond the schema's own types are of built-in ones.
        types.get(id.0).unwrap_or_else(|| &BUILT_IN.types[id.0 - types.len()])
    }

    /// The types in `id`, or in the schema.
    pub(super) fn nested(&self, id: Option<TypeId>) -> Vec<TypeId> {
        let Some(id) = id else { return self.roots.clone() };
        let offset = if id.0 < self.own.types.len() { 0 } else { self.own.types.len() };
        self.get(id).nested.iter().map(|nested| TypeId(nested.0 + offset)).collect()
    }

    /// The schema's own file.
    pub(super) fn file(&self) -> &'a File {
        self.schema.file()
    }

    pub(super) fn package(&self) -> Option<&'a str> {
        self.schema.file().package.as_deref()
    }

    /// What `written` means in `scope`.
    pub(super) fn resolve(
        &self,
        scope: Scope<'_>,
        written: &str,
        fuel: &mut Fuel,
    ) -> Result<Option<TypeId>, NoAnswer> {
        if let Some(absolute) = written.strip_prefix('.') {
            fuel.spend(1)?;
            return Ok(self.named(absolute));
        }
        let mut name = String::new();
        let mut ends = vec![0];
        let package = Some(scope.package).filter(|package| !package.is_empty());
        let messages = scope.messages.split('.').filter(|name| !name.is_empty());
        for part in package.into_iter().chain(messages) {
            name.push_str(part);
            name.push('.');
            ends.push(name.len());
        }
        for end in ends.into_iter().rev() {
            fuel.spend(1 + end / 256)?;
            name.truncate(end);
            name.push_str(written);
            if let Some(found) = self.named(&name) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn named(&self, full_name: &str) -> Option<TypeId> {
        if let Some(index) = self.own.by_name.get(full_name) {
            return Some(TypeId(*index));
        }
        let index = *BUILT_IN.by_name.get(full_name)?;
        let is_replaced = match BUILT_IN.types.get(index)?.origin {
            Origin::BuiltIn(file) => self.replaced.contains(&file),
            _ => false,
        };
        (!is_replaced).then_some(TypeId(self.own.types.len() + index))
    }
}

impl<'a> Table<'a> {
    fn add_file(&mut self, file: &'a File, origin: Origin, fuel: &mut Fuel) -> Result<Vec<TypeId>, NoAnswer> {
        let package = file.package.as_deref().unwrap_or_default();
        self.add_types(&file.types, package, package, origin, fuel)
    }

    fn add_types(
        &mut self,
        types: &'a [TypeDef],
        around: &str,
        package: &'a str,
        origin: Origin,
        fuel: &mut Fuel,
    ) -> Result<Vec<TypeId>, NoAnswer> {
        let mut added = Vec::with_capacity(types.len());
        for definition in types {
            let name = definition.name();
            let full_name = if around.is_empty() { name.to_owned() } else { format!("{around}.{name}") };
            fuel.spend(1 + full_name.len() / 256)?;
            let index = self.types.len();
            self.by_name.insert(full_name.clone(), index);
            let (definition, inner): (_, &'a [TypeDef]) = match definition {
                TypeDef::Message(message) => (Definition::Message(message), &message.types),
                TypeDef::Enum(definition) => (Definition::Enum(definition), &[]),
            };
            let is_map = matches!(definition, Definition::Message(message) if is_map_entry(message));
            let around = full_name.clone();
            self.types.push(Type { full_name, package, origin, definition, is_map, nested: Vec::new() });
            let nested = self.add_types(inner, &around, package, origin, fuel)?;
            if let Some(outer) = self.types.get_mut(index) {
                outer.nested = nested;
            }
            added.push(TypeId(index));
        }
        Ok(added)
    }
}

fn is_map_entry(message: &Message) -> bool {
    let setting = message.options.iter().find(|option| option.name.is_plain("map_entry"));
    setting.is_some_and(|option| match &option.value {
        Value::Word(word) => word.eq_ignore_ascii_case("true"),
        Value::Text(text) => text.eq_ignore_ascii_case(b"true"),
        _ => false,
    })
}
