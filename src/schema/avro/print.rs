//! The canonical text: the schema as Avro Java prints it, without white space. A named type is
//! printed in full where it is first used and by its name afterwards.

use std::collections::HashSet;

use super::json::{self, Keys, write_separated};
use super::model::{Enum, Field, Fixed, Kind, Model, Name, Order, Property, Record, Type, TypeId};
use crate::schema::tree::{MAX_DEPTH, write_string};

/// The text would nest deeper than texts are read: a definition moves to its first use, and a chain
/// of definitions becomes a nest of them.
#[derive(Debug)]
pub(super) struct TooDeep;

/// Print the schema; the types in `dependencies` by name only.
pub(super) fn canonical(model: &Model, dependencies: &[TypeId]) -> Result<String, TooDeep> {
    let names = dependencies.iter().filter_map(|id| model.get(*id).name()).map(Name::full);
    print(model, names.collect(), model.root())
}

/// Print the schema with the definitions of all its types.
pub(super) fn resolved(model: &Model) -> Result<String, TooDeep> {
    print(model, HashSet::new(), model.root())
}

/// Print one type with all its definitions, or its name alone where that gets too deep.
pub(super) fn self_contained(model: &Model, id: TypeId) -> String {
    let definition = model.get(id);
    let name = || definition.name().map_or(definition.kind.word(), Name::full).to_owned();
    print(model, HashSet::new(), id).unwrap_or_else(|TooDeep| name())
}

fn print<'a>(model: &'a Model, known: HashSet<&'a str>, id: TypeId) -> Result<String, TooDeep> {
    let mut printer = Printer { model, known, out: String::new(), depth: 0 };
    printer.schema(id, None)?;
    // The printer counts its own recursion only, not the values that it prints.
    if json::nesting(&printer.out) > MAX_DEPTH { Err(TooDeep) } else { Ok(printer.out) }
}

struct Printer<'a> {
    model: &'a Model,
    known: HashSet<&'a str>,
    out: String,
    depth: usize,
}

impl<'a> Printer<'a> {
    fn schema(&mut self, id: TypeId, namespace: Option<&str>) -> Result<(), TooDeep> {
        let model = self.model;
        let definition = model.get(id);
        if let Some(name) = definition.name()
            && !self.known.insert(name.full())
        {
            write_string(&mut self.out, name.relative_to(namespace));
            return Ok(());
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TooDeep);
        }
        match &definition.kind {
            Kind::Primitive(primitive) if definition.properties.is_empty() => {
                write_string(&mut self.out, primitive.word());
            }
            Kind::Primitive(primitive) => {
                self.open(primitive.word());
                self.close(&definition.properties);
            }
            Kind::Array(items) => {
                self.open("array");
                self.out.push_str(",\"items\":");
                self.schema(items.id, namespace)?;
                self.close(&definition.properties);
            }
            Kind::Map(values) => {
                self.open("map");
                self.out.push_str(",\"values\":");
                self.schema(values.id, namespace)?;
                self.close(&definition.properties);
            }
            Kind::Union(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    self.out.push(if index == 0 { '[' } else { ',' });
                    self.schema(branch.id, namespace)?;
                }
                self.out.push_str(if branches.is_empty() { "[]" } else { "]" });
            }
            Kind::Record(record) => self.record(definition, record, namespace)?,
            Kind::Enum(symbols) => self.enumeration(definition, symbols, namespace),
            Kind::Fixed(fixed) => self.fixed(definition, fixed, namespace),
        }
        self.depth -= 1;
        Ok(())
    }

    fn record(
        &mut self,
        definition: &'a Type,
        record: &'a Record,
        namespace: Option<&str>,
    ) -> Result<(), TooDeep> {
        self.open(if record.is_error { "error" } else { "record" });
        self.name(&record.name, namespace);
        self.text("doc", record.doc.as_deref());
        self.out.push_str(",\"fields\":[");
        for (index, field) in record.fields.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.field(field, record.name.namespace())?;
        }
        self.out.push(']');
        self.close_named(definition, &record.name);
        Ok(())
    }

    fn field(&mut self, field: &'a Field, namespace: Option<&str>) -> Result<(), TooDeep> {
        self.out.push_str("{\"name\":");
        write_string(&mut self.out, &field.name);
        self.out.push_str(",\"type\":");
        self.schema(field.schema.id, namespace)?;
        self.text("doc", field.doc.as_deref());
        if let Some(default) = &field.default {
            self.out.push_str(",\"default\":");
            json::write(&mut self.out, default, Keys::Kept);
        }
        if field.order != Order::Ascending {
            self.text("order", Some(field.order.word()));
        }
        self.aliases(field.aliases.iter().map(String::as_str));
        self.close(&field.properties);
        Ok(())
    }

    fn enumeration(&mut self, definition: &Type, symbols: &Enum, namespace: Option<&str>) {
        self.open("enum");
        self.name(&symbols.name, namespace);
        self.text("doc", symbols.doc.as_deref());
        self.out.push_str(",\"symbols\":");
        write_separated(&mut self.out, ('[', ']'), &symbols.symbols, |out, symbol| write_string(out, symbol));
        self.text("default", symbols.default.as_deref());
        self.close_named(definition, &symbols.name);
    }

    fn fixed(&mut self, definition: &Type, fixed: &Fixed, namespace: Option<&str>) {
        self.open("fixed");
        self.name(&fixed.name, namespace);
        self.text("doc", fixed.doc.as_deref());
        self.out.push_str(&format!(",\"size\":{}", fixed.size));
        self.close_named(definition, &fixed.name);
    }

    fn open(&mut self, word: &str) {
        self.out.push_str("{\"type\":\"");
        self.out.push_str(word);
        self.out.push('"');
    }

    /// The namespace only where it is not that of the surroundings.
    fn name(&mut self, name: &Name, namespace: Option<&str>) {
        self.text("name", Some(name.simple()));
        if name.namespace() != namespace {
            self.text("namespace", Some(name.namespace().unwrap_or("")));
        }
    }

    fn text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.out.push_str(",\"");
            self.out.push_str(key);
            self.out.push_str("\":");
            write_string(&mut self.out, text);
        }
    }

    fn aliases<'n>(&mut self, aliases: impl Iterator<Item = &'n str>) {
        let mut aliases = aliases.peekable();
        if aliases.peek().is_some() {
            self.out.push_str(",\"aliases\":");
            write_separated(&mut self.out, ('[', ']'), aliases, write_string);
        }
    }

    fn properties(&mut self, properties: &[Property]) {
        for property in properties {
            self.out.push(',');
            write_string(&mut self.out, &property.key);
            self.out.push(':');
            json::write(&mut self.out, &property.value, Keys::Kept);
        }
    }

    fn close(&mut self, properties: &[Property]) {
        self.properties(properties);
        self.out.push('}');
    }

    fn close_named(&mut self, definition: &Type, name: &Name) {
        self.properties(&definition.properties);
        self.aliases(definition.aliases().iter().map(|alias| alias.relative_to(name.namespace())));
        self.out.push('}');
    }
}
