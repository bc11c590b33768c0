//! JSON tree → types: the parser proper.
//!
//! A name may be used before its definition; such a use is an id whose place in the arena is filled
//! when the definition comes. A definition may be repeated, if it is the same.

mod attribute;
mod named;

use std::collections::{HashMap, HashSet};

use attribute::{cut, properties, shown};

use super::model::{Kind, Model, Name, Primitive, Property, Source, Type, TypeId, Use};
use super::name::Syntax;
use super::{comment, defaults, equal, logical, print};
use crate::schema::tree::{self, Node, Span, Value};
use crate::schema::{Dependency, Options, ParseError, Place};

/// Attributes that are never properties of a type.
const RESERVED: [&str; 10] =
    ["doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"];

/// What was read: the types, and the schemas of the dependencies, in their order.
pub(super) struct Parsed {
    pub(super) model: Model,
    pub(super) dependencies: Vec<TypeId>,
}

/// Read the dependencies, each of which may use the names of those before it, then the text.
pub(super) fn parse(text: &str, dependencies: &[Dependency], options: Options) -> Result<Parsed, ParseError> {
    let mut parser = Parser {
        slots: Vec::new(),
        names: HashMap::new(),
        pending: HashMap::new(),
        text,
        source: Source::Own,
        dependency: None,
        is_new: options.new,
    };
    let mut roots = Vec::with_capacity(dependencies.len());
    for (index, dependency) in dependencies.iter().enumerate() {
        parser.text = &dependency.text;
        parser.source = Source::Dependency(index);
        parser.dependency = Some(&dependency.name);
        roots.push(parser.whole()?.id);
    }
    parser.text = text;
    parser.source = Source::Own;
    parser.dependency = None;
    let root = parser.whole()?;
    let types = parser.slots.into_iter().map(|slot| match slot {
        Slot::Defined(definition) => *definition,
        Slot::Awaited { .. } => unreachable!("undefined names were refused"),
    });
    let model = Model { types: types.collect(), root, names: parser.names };
    if options.new {
        check_defaults(&model, text, dependencies)?;
    }
    Ok(Parsed { model, dependencies: roots })
}

fn check_defaults(model: &Model, text: &str, dependencies: &[Dependency]) -> Result<(), ParseError> {
    let Some(invalid) = defaults::first_invalid(model) else {
        return Ok(());
    };
    let (value, expected) = (shown(invalid.default), cut(&print::self_contained(model, invalid.expected)));
    let what = format!("Invalid default for field {}: {value} not a {expected}", invalid.field);
    Err(match invalid.source {
        Source::Own => error_at(text, None, invalid.default.span, what),
        Source::Dependency(index) => {
            let dependency = &dependencies[index];
            error_at(&dependency.text, Some(&dependency.name), invalid.default.span, what)
        }
    })
}

fn error_at(text: &str, dependency: Option<&str>, span: Span, what: impl std::fmt::Display) -> ParseError {
    let place = Place::of(text, span.start);
    let message = format!("{what} at line {}, column {}", place.line, place.column);
    in_dependency(dependency, ParseError::parse(message, Some(place)))
}

/// A place in another text than the one that was sent only misleads; the message names it.
fn in_dependency(dependency: Option<&str>, error: ParseError) -> ParseError {
    match dependency {
        Some(name) => ParseError::parse(format!("in the referenced schema {name}: {}", error.message), None),
        None => error,
    }
}

/// A place in the arena under construction.
#[derive(Debug)]
pub(in crate::schema::avro) enum Slot {
    /// A type.
    Defined(Box<Type>),
    /// A full name that was used and is not defined yet, and where it was first used.
    Awaited { name: String, span: Span },
}

impl Slot {
    /// The full name of a named type, defined or not.
    pub(in crate::schema::avro) fn name(&self) -> Option<&str> {
        match self {
            Slot::Defined(definition) => definition.name().map(Name::full),
            Slot::Awaited { name, .. } => Some(name),
        }
    }
}

struct Parser<'a> {
    slots: Vec<Slot>,
    names: HashMap<String, TypeId>,
    pending: HashMap<String, TypeId>,
    text: &'a str,
    source: Source,
    dependency: Option<&'a str>,
    is_new: bool,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Use, ParseError> {
        let text = comment::blanked(self.text);
        let node = tree::parse_overwritten(&text, self.text)
            .map_err(|error| in_dependency(self.dependency, error))?;
        let root = self.schema(&node, None)?;
        self.require_names()?;
        // The reference looks a named schema up again, and so finds the first of its definitions.
        let first = self.slots[root.id.index()].name().and_then(|name| self.names.get(name));
        Ok(Use { id: first.copied().unwrap_or(root.id), span: root.span })
    }

    /// Every name that was used must be defined by now.
    fn require_names(&mut self) -> Result<(), ParseError> {
        let first = self.pending.values().filter_map(|id| match &self.slots[id.index()] {
            Slot::Awaited { name, span } => Some((name, *span)),
            Slot::Defined(_) => None,
        });
        match first.min_by_key(|(_, span)| span.start) {
            Some((name, span)) => Err(self.error(span, format_args!("Undefined schema: {name}"))),
            None => {
                self.pending.clear();
                Ok(())
            }
        }
    }

    fn error(&self, span: Span, what: impl std::fmt::Display) -> ParseError {
        error_at(self.text, self.dependency, span, what)
    }

    fn schema(&mut self, node: &Node, namespace: Option<&str>) -> Result<Use, ParseError> {
        match &node.value {
            Value::String(name) => Ok(self.find(name, namespace, node.span)),
            Value::Object(_) => self.object(node, namespace),
            Value::Array(branches) => self.union(branches, namespace, node.span),
            _ => Err(self.error(node.span, format_args!("Schema not yet supported: {}", shown(node)))),
        }
    }

    fn object(&mut self, node: &Node, namespace: Option<&str>) -> Result<Use, ParseError> {
        let kind = self.required_text(node, "type", "No type")?;
        if let Some(primitive) = Primitive::of(kind) {
            return Ok(self.add(node, Kind::Primitive(primitive)));
        }
        match kind {
            "record" => self.record(node, namespace, false),
            "error" => self.record(node, namespace, true),
            "enum" => self.enumeration(node, namespace),
            "fixed" => self.fixed(node, namespace),
            "array" => {
                let items = self.member(node, "items", "Array has no items type")?;
                let items = self.schema(items, namespace)?;
                Ok(self.add(node, Kind::Array(items)))
            }
            "map" => {
                let values = self.member(node, "values", "Map has no values type")?;
                let values = self.schema(values, namespace)?;
                Ok(self.add(node, Kind::Map(values)))
            }
            // An object around the name of another type; its other attributes mean nothing.
            name => Ok(self.find(name, namespace, node.span)),
        }
    }

    fn union(&mut self, branches: &[Node], namespace: Option<&str>, span: Span) -> Result<Use, ParseError> {
        let mut uses = Vec::with_capacity(branches.len());
        let mut names = HashSet::with_capacity(branches.len());
        for branch in branches {
            let branch = self.schema(branch, namespace)?;
            let name = match &self.slots[branch.id.index()] {
                Slot::Awaited { name, .. } => name.as_str(),
                Slot::Defined(definition) => match (&definition.kind, definition.name()) {
                    (Kind::Union(_), _) => {
                        return Err(self.error(branch.span, "Nested union: a union may not hold a union"));
                    }
                    (_, Some(name)) => name.full(),
                    (kind, None) => kind.word(),
                },
            };
            if !names.insert(name.to_owned()) {
                return Err(self.error(branch.span, format_args!("Duplicate in union: {name}")));
            }
            uses.push(branch);
        }
        let definition = self.definition(Kind::Union(uses), Vec::new(), span);
        Ok(Use { id: self.push(Slot::Defined(Box::new(definition))), span })
    }

    /// The type of this name, or a promise that there will be one: `name` in `namespace` if that is
    /// known, else `name` without one.
    fn find(&mut self, name: &str, namespace: Option<&str>, span: Span) -> Use {
        if let Some(primitive) = Primitive::of(name) {
            let definition = self.definition(Kind::Primitive(primitive), Vec::new(), span);
            return Use { id: self.push(Slot::Defined(Box::new(definition))), span };
        }
        let full = match namespace {
            Some(namespace) if !name.contains('.') => format!("{namespace}.{name}"),
            _ => name.to_owned(),
        };
        let known =
            self.names.get(&full).or_else(|| self.names.get(name)).or_else(|| self.pending.get(&full));
        let id = match known {
            Some(id) => *id,
            None => {
                let id = self.push(Slot::Awaited { name: full.clone(), span });
                self.pending.insert(full, id);
                id
            }
        };
        Use { id, span }
    }

    /// Enter a named type under its name. A repeated definition is a type of its own, since its
    /// documentation may differ, but the name keeps meaning the first.
    fn define(&mut self, node: &Node, kind: Kind) -> Result<Use, ParseError> {
        let reserved =
            |key: &str| RESERVED.contains(&key) || (matches!(kind, Kind::Enum(_)) && key == "default");
        let properties = properties(node, reserved);
        let definition = self.definition(kind, properties, node.span);
        let full = definition.name().map(|name| name.full().to_owned()).unwrap_or_default();
        if let Some(known) = self.names.get(&full).copied() {
            if !equal::redefines(&self.slots, known, &definition) {
                return Err(self.error(node.span, format_args!("Can't redefine: {full}")));
            }
            return Ok(Use { id: self.push(Slot::Defined(Box::new(definition))), span: node.span });
        }
        let slot = Slot::Defined(Box::new(definition));
        let id = match self.pending.remove(&full) {
            Some(awaited) => {
                self.slots[awaited.index()] = slot;
                awaited
            }
            None => self.push(slot),
        };
        self.names.insert(full, id);
        Ok(Use { id, span: node.span })
    }

    /// Enter an unnamed type.
    fn add(&mut self, node: &Node, kind: Kind) -> Use {
        let definition = self.definition(kind, properties(node, |key| RESERVED.contains(&key)), node.span);
        Use { id: self.push(Slot::Defined(Box::new(definition))), span: node.span }
    }

    fn definition(&self, kind: Kind, properties: Vec<Property>, span: Span) -> Type {
        Type { logical: logical::of(&kind, &properties), kind, properties, span, source: self.source }
    }

    fn push(&mut self, slot: Slot) -> TypeId {
        let id = u32::try_from(self.slots.len()).expect("a text in memory holds fewer than 2^32 types");
        self.slots.push(slot);
        TypeId(id)
    }

    fn syntax(&self) -> Syntax {
        if self.is_new { Syntax::Strict } else { Syntax::Lax }
    }

    fn member<'n>(&self, node: &'n Node, key: &str, problem: &str) -> Result<&'n Node, ParseError> {
        node.get(key).ok_or_else(|| self.error(node.span, format_args!("{problem}: {}", shown(node))))
    }

    fn required_text<'n>(&self, node: &'n Node, key: &str, problem: &str) -> Result<&'n str, ParseError> {
        let found = node.get(key).and_then(Node::as_str);
        found.ok_or_else(|| self.error(node.span, format_args!("{problem}: {}", shown(node))))
    }
}
