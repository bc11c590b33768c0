//! The normal form: what the reference stores when it normalises. Full names everywhere, keys in a
//! fixed order, properties and aliases sorted; a named type is printed in full where it is first
//! used.

use std::collections::{HashMap, HashSet};

use super::json::{self, Keys, write_separated};
use super::model::{Field, Kind, LogicalType, Model, Name, Primitive, Property, Record, Type, TypeId};
use super::print::TooDeep;
use crate::model::utf16_order;
use crate::schema::tree::{MAX_DEPTH, Node, Value, write_string};

/// Print the normal form; the types in `dependencies` by name only.
pub(super) fn normal(model: &Model, dependencies: &[TypeId]) -> Result<String, TooDeep> {
    let known = dependencies.iter().filter_map(|id| model.get(*id).name()).map(Name::full).collect();
    let mut printer = Printer { model, known, out: String::new(), depth: 0 };
    printer.schema(model.root())?;
    if json::nesting(&printer.out) > MAX_DEPTH { Err(TooDeep) } else { Ok(printer.out) }
}

struct Printer<'a> {
    model: &'a Model,
    known: HashSet<&'a str>,
    out: String,
    depth: usize,
}

impl<'a> Printer<'a> {
    fn schema(&mut self, id: TypeId) -> Result<(), TooDeep> {
        let model = self.model;
        let definition = model.get(id);
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
                self.logical(definition);
                self.properties(&definition.properties, definition.logical);
                self.out.push('}');
            }
            Kind::Array(items) => self.container(definition, "items", items.id)?,
            Kind::Map(values) => self.container(definition, "values", values.id)?,
            Kind::Union(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    self.out.push(if index == 0 { '[' } else { ',' });
                    self.schema(branch.id)?;
                }
                self.out.push_str(if branches.is_empty() { "[]" } else { "]" });
            }
            Kind::Record(_) | Kind::Enum(_) | Kind::Fixed(_) => self.named(definition)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn container(&mut self, definition: &Type, key: &str, content: TypeId) -> Result<(), TooDeep> {
        self.open(definition.kind.word());
        self.key(key);
        self.schema(content)?;
        self.properties(&definition.properties, definition.logical);
        self.out.push('}');
        Ok(())
    }

    fn named(&mut self, definition: &'a Type) -> Result<(), TooDeep> {
        let Some(name) = definition.name() else {
            return Ok(());
        };
        if !self.known.insert(name.full()) {
            write_string(&mut self.out, name.full());
            return Ok(());
        }
        self.out.push_str("{\"name\":");
        write_string(&mut self.out, name.full());
        self.text("type", definition.kind.word());
        match &definition.kind {
            Kind::Record(record) => self.fields(record)?,
            Kind::Enum(symbols) => {
                self.key("symbols");
                write_separated(&mut self.out, ('[', ']'), &symbols.symbols, |out, s| write_string(out, s));
            }
            Kind::Fixed(fixed) => self.out.push_str(&format!(",\"size\":{}", fixed.size)),
            _ => {}
        }
        self.logical(definition);
        if let Some(doc) = definition.doc().filter(|doc| !doc.is_empty()) {
            self.text("doc", doc);
        }
        // An alias without a namespace keeps its dot where the type has one, or it would be read as
        // standing in the same namespace.
        let spelled = definition.aliases().iter().map(|alias| match (alias.namespace(), name.namespace()) {
            (None, Some(_)) => format!(".{}", alias.simple()),
            _ => alias.full().to_owned(),
        });
        self.aliases(spelled.collect());
        if let Kind::Enum(symbols) = &definition.kind
            && let Some(default) = &symbols.default
        {
            self.text("default", default);
        }
        self.properties(&definition.properties, definition.logical);
        self.out.push('}');
        Ok(())
    }

    fn fields(&mut self, record: &'a Record) -> Result<(), TooDeep> {
        self.out.push_str(",\"fields\":[");
        for (index, field) in record.fields.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.field(field)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn field(&mut self, field: &'a Field) -> Result<(), TooDeep> {
        self.out.push_str("{\"name\":");
        write_string(&mut self.out, &field.name);
        self.key("type");
        self.schema(field.schema.id)?;
        self.text("order", field.order.word());
        if let Some(doc) = &field.doc {
            self.text("doc", doc);
        }
        self.aliases(field.aliases.clone());
        if let Some(default) = &field.default {
            self.key("default");
            write_default(&mut self.out, self.model, field.schema.id, default);
        }
        self.properties(&field.properties, None);
        self.out.push('}');
        Ok(())
    }

    fn open(&mut self, word: &str) {
        self.out.push_str("{\"type\":");
        write_string(&mut self.out, word);
    }

    fn key(&mut self, key: &str) {
        self.out.push(',');
        write_string(&mut self.out, key);
        self.out.push(':');
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        write_string(&mut self.out, text);
    }

    fn logical(&mut self, definition: &Type) {
        let Some(logical) = definition.logical else {
            return;
        };
        self.text("logicalType", logical.word());
        if let LogicalType::Decimal { precision, scale } = logical {
            self.out.push_str(&format!(",\"precision\":{precision}"));
            if scale != 0 {
                self.out.push_str(&format!(",\"scale\":{scale}"));
            }
        }
    }

    fn aliases(&mut self, mut aliases: Vec<String>) {
        if aliases.is_empty() {
            return;
        }
        aliases.sort_by(|left, right| utf16_order(left, right));
        self.key("aliases");
        write_separated(&mut self.out, ('[', ']'), aliases, |out, alias| write_string(out, &alias));
    }

    /// The properties in order of their names, without those that tell the logical type.
    fn properties(&mut self, properties: &[Property], logical: Option<LogicalType>) {
        let told = |key: &str| match logical {
            None => false,
            Some(LogicalType::Decimal { .. }) => ["logicalType", "precision", "scale"].contains(&key),
            Some(_) => key == "logicalType",
        };
        let mut properties: Vec<_> = properties.iter().filter(|property| !told(&property.key)).collect();
        properties.sort_by(|left, right| utf16_order(&left.key, &right.key));
        for property in properties {
            self.key(&property.key);
            json::write(&mut self.out, &property.value, Keys::Sorted);
        }
    }
}

/// A default value, its numbers in the notation of their type: a `double` is `1.0`, not `1`. In a
/// union the first branch tells.
fn write_default(out: &mut String, model: &Model, id: TypeId, value: &Node) {
    match (&model.get(id).kind, &value.value) {
        (Kind::Union(branches), _) if !branches.is_empty() => {
            write_default(out, model, branches[0].id, value);
        }
        (Kind::Primitive(Primitive::Double), Value::Number(text)) => {
            out.push_str(&json::double(text.parse().unwrap_or(f64::NAN)));
        }
        (Kind::Primitive(Primitive::Float), Value::Number(text)) => {
            out.push_str(&json::float(text.parse().unwrap_or(f32::NAN)));
        }
        (Kind::Array(items), Value::Array(elements)) => {
            write_separated(out, ('[', ']'), elements, |out, element| {
                write_default(out, model, items.id, element)
            });
        }
        (Kind::Map(_) | Kind::Record(_), Value::Object(members)) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|left, right| utf16_order(&left.key, &right.key));
            let (values, fields): (_, &[Field]) = match &model.get(id).kind {
                Kind::Map(values) => (Some(values.id), &[]),
                Kind::Record(record) => (None, &record.fields),
                _ => (None, &[]),
            };
            let fields: HashMap<_, _> = fields.iter().map(|field| (&field.name, field.schema.id)).collect();
            write_separated(out, ('{', '}'), members, |out, member| {
                write_string(out, &member.key);
                out.push(':');
                match values.or_else(|| fields.get(&member.key).copied()) {
                    Some(content) => write_default(out, model, content, &member.value),
                    None => json::write(out, &member.value, Keys::Sorted),
                }
            });
        }
        _ => json::write(out, value, Keys::Sorted),
    }
}
