//! The definitions of named types: records and their fields, enumerations and fixed.

use std::collections::HashSet;

use super::attribute::{cut, floating, properties, shown, text};
use super::{Parser, Slot};
use crate::schema::ParseError;
use crate::schema::avro::json;
use crate::schema::avro::model::{Enum, Field, Fixed, Kind, Name, Order, Primitive, Record, Use};
use crate::schema::tree::{Node, Value};

/// Attributes that are never properties of a field.
const RESERVED_IN_FIELD: [&str; 6] = ["default", "doc", "name", "order", "type", "aliases"];
/// A fixed of more bytes cannot be read by the reference.
const MAX_FIXED: u32 = i32::MAX as u32 - 8;

impl Parser<'_> {
    pub(super) fn record(
        &mut self,
        node: &Node,
        namespace: Option<&str>,
        is_error: bool,
    ) -> Result<Use, ParseError> {
        let name = self.name(node, namespace)?;
        let Some(nodes) = node.get("fields").and_then(Node::elements) else {
            return Err(self.error(node.span, format_args!("Record has no fields: {}", shown(node))));
        };
        let mut fields = Vec::with_capacity(nodes.len());
        let mut seen = HashSet::with_capacity(nodes.len());
        for node in nodes {
            let field = self.field(node, name.namespace())?;
            if !seen.insert(field.name.clone()) {
                let what = format!("Duplicate field {} in record {}", field.name, name.full());
                return Err(self.error(node.span, what));
            }
            fields.push(field);
        }
        let (doc, aliases) = (text(node, "doc"), self.type_aliases(node, &name)?);
        self.define(node, Kind::Record(Record { name, aliases, doc, is_error, fields }))
    }

    fn field(&mut self, node: &Node, namespace: Option<&str>) -> Result<Field, ParseError> {
        let name = self.required_text(node, "name", "No field name")?.to_owned();
        self.syntax().check(&name).map_err(|why| self.error(node.span, why))?;
        let schema = self.member(node, "type", "No field type")?;
        let schema = self.schema(schema, namespace)?;
        let order = match node.get("order") {
            None => Order::Ascending,
            Some(order) => match order.as_str().map(str::to_ascii_lowercase).as_deref() {
                Some("ascending") => Order::Ascending,
                Some("descending") => Order::Descending,
                Some("ignore") => Order::Ignore,
                _ => return Err(self.error(order.span, format_args!("Invalid order: {}", shown(order)))),
            },
        };
        Ok(Field {
            default: node.get("default").map(|default| self.default(default, schema)).transpose()?,
            aliases: self.aliases(node)?.into_iter().map(str::to_owned).collect(),
            doc: text(node, "doc"),
            properties: properties(node, |key| RESERVED_IN_FIELD.contains(&key)),
            span: node.span,
            name,
            schema,
            order,
        })
    }

    /// A number may be written as a string where the type is `float` or `double`, so that it can be
    /// infinite or not a number.
    fn default(&self, node: &Node, schema: Use) -> Result<Node, ParseError> {
        let is_floating = matches!(
            &self.slots[schema.id.index()],
            Slot::Defined(definition)
                if matches!(definition.kind, Kind::Primitive(Primitive::Float | Primitive::Double))
        );
        let Some(text) = node.as_str().filter(|_| is_floating) else {
            return Ok(node.clone());
        };
        let Some(number) = floating(text) else {
            return Err(self.error(node.span, format_args!("For input string: {}", shown(node))));
        };
        let printed = json::double(number);
        let value = if number.is_finite() {
            Value::Number(printed)
        } else {
            Value::String(printed.trim_matches('"').to_owned())
        };
        Ok(Node { value, span: node.span })
    }

    pub(super) fn enumeration(&mut self, node: &Node, namespace: Option<&str>) -> Result<Use, ParseError> {
        let name = self.name(node, namespace)?;
        let Some(nodes) = node.get("symbols").and_then(Node::elements) else {
            return Err(self.error(node.span, format_args!("Enum has no symbols: {}", shown(node))));
        };
        let mut symbols = Vec::with_capacity(nodes.len());
        let mut seen = HashSet::with_capacity(nodes.len());
        for node in nodes {
            let symbol = node.as_str().ok_or_else(|| {
                self.error(
                    node.span,
                    format_args!("Null name: an enum symbol must be a string: {}", shown(node)),
                )
            })?;
            self.syntax().check(symbol).map_err(|why| self.error(node.span, why))?;
            if !seen.insert(symbol) {
                return Err(self.error(node.span, format_args!("Duplicate enum symbol: {symbol}")));
            }
            symbols.push(symbol.to_owned());
        }
        let default = text(node, "default");
        if let Some(default) = default.as_deref().filter(|default| !seen.contains(default)) {
            let span = node.get("default").map_or(node.span, |default| default.span);
            let listed = cut(&symbols.join(", "));
            let what = format!("The Enum Default: {default} is not in the enum symbol set: [{listed}]");
            return Err(self.error(span, what));
        }
        let (doc, aliases) = (text(node, "doc"), self.type_aliases(node, &name)?);
        self.define(node, Kind::Enum(Enum { name, aliases, doc, symbols, default }))
    }

    pub(super) fn fixed(&mut self, node: &Node, namespace: Option<&str>) -> Result<Use, ParseError> {
        let name = self.name(node, namespace)?;
        let size = match node.get("size").map(|size| &size.value) {
            Some(Value::Number(size)) if json::is_integer(size) => size.parse::<i32>().ok(),
            _ => None,
        };
        let Some(size) = size else {
            return Err(self.error(node.span, format_args!("Invalid or no size: {}", shown(node))));
        };
        let size = u32::try_from(size)
            .map_err(|_| self.error(node.span, format_args!("Malformed data. Length is negative: {size}")))?;
        if size > MAX_FIXED {
            return Err(self.error(node.span, format_args!("The size {size} is above {MAX_FIXED} bytes")));
        }
        let (doc, aliases) = (text(node, "doc"), self.type_aliases(node, &name)?);
        self.define(node, Kind::Fixed(Fixed { name, aliases, doc, size }))
    }

    fn name(&self, node: &Node, namespace: Option<&str>) -> Result<Name, ParseError> {
        let own = node.get("namespace").and_then(Node::as_str);
        let written = self.required_text(node, "name", "No name in schema")?;
        let name = Name::resolve(written, own.or(namespace));
        let checked = self.syntax().check(name.simple());
        let checked =
            checked.and_then(|()| name.namespace().map_or(Ok(()), |n| self.syntax().check_namespace(n)));
        checked.map_err(|why| self.error(node.span, why))?;
        if Primitive::of(name.full()).is_some() {
            let what = format!("Schemas may not be named after primitives: {}", name.full());
            return Err(self.error(node.span, what));
        }
        Ok(name)
    }

    fn type_aliases(&self, node: &Node, name: &Name) -> Result<Vec<Name>, ParseError> {
        let mut seen = HashSet::new();
        let mut aliases = Vec::new();
        for written in self.aliases(node)? {
            let alias = Name::resolve(written, name.namespace());
            if self.is_new {
                self.syntax().check(alias.simple()).map_err(|why| self.error(node.span, why))?;
            }
            if seen.insert(alias.full().to_owned()) {
                aliases.push(alias);
            }
        }
        Ok(aliases)
    }

    /// Aliases as written, each once.
    fn aliases<'n>(&self, node: &'n Node) -> Result<Vec<&'n str>, ParseError> {
        let Some(list) = node.get("aliases") else {
            return Ok(Vec::new());
        };
        let elements = list
            .elements()
            .ok_or_else(|| self.error(list.span, format_args!("aliases not an array: {}", shown(node))))?;
        let mut seen = HashSet::new();
        let mut aliases = Vec::with_capacity(elements.len());
        for element in elements {
            let alias = element.as_str().ok_or_else(|| {
                self.error(element.span, format_args!("alias not a string: {}", shown(element)))
            })?;
            if seen.insert(alias) {
                aliases.push(alias);
            }
        }
        Ok(aliases)
    }
}
