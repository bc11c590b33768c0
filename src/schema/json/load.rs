//! Does a schema hold together? Every schema that can be reached from the root has keywords of the
//! right form, and every reference in it leads to a schema.
//!
//! References are followed, never expanded: each object is visited once, so the work is linear in the
//! texts, and cycles and chains of references are nothing special.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::document::{Document, MAX_URI};
use super::keywords::{Form, TYPES, form, is_integral, is_zero, pattern_fault};
use super::library::Library;
use super::uri;
use crate::schema::ParseError;
use crate::schema::tree::{Member, Node, Value};

/// Check the schema and its dependencies; takes in the meta-schemas that they refer to. Returns how
/// many objects were visited.
pub(super) fn load(library: &mut Library) -> Result<usize, ParseError> {
    let mut loader = Loader { library, visited: HashSet::new(), waiting: Vec::new() };
    for index in 0..loader.library.documents().len() {
        let document = Arc::clone(&loader.library.documents()[index]);
        let spot = Spot { index, document: &document };
        if let Some(schema) = document.oversized() {
            return Err(spot.refuse(schema, &format!("the URI of the schema is longer than {MAX_URI} bytes")));
        }
        loader.schema(spot, document.root())?;
        loader.drain()?;
    }
    Ok(loader.visited.len())
}

struct Loader<'a> {
    library: &'a mut Library,
    /// Objects by document and first byte.
    visited: HashSet<(usize, usize)>,
    /// Targets of references.
    waiting: Vec<(usize, usize)>,
}

/// The document that is being walked, and its position in the library.
#[derive(Clone, Copy)]
struct Spot<'a> {
    index: usize,
    document: &'a Document,
}

impl Spot<'_> {
    fn refuse(self, node: &Node, what: &str) -> ParseError {
        let place = self.document.place(node);
        let pointer = self.document.pointer_to(node);
        let message = format!("{what}, at {pointer} (line {}, column {})", place.line, place.column);
        match self.document.name() {
            None => ParseError::validate(message, Some(place)),
            Some(name) => {
                ParseError::validate(format!("in the referenced schema \"{name}\": {message}"), None)
            }
        }
    }

    fn expected(self, keyword: &str, wanted: &str, found: &Node) -> ParseError {
        self.refuse(found, &format!("\"{keyword}\" must be {wanted}, found {}", found.kind()))
    }
}

impl Loader<'_> {
    fn drain(&mut self) -> Result<(), ParseError> {
        while let Some((index, start)) = self.waiting.pop() {
            let document = Arc::clone(&self.library.documents()[index]);
            if let Some(node) = document.node(start) {
                self.schema(Spot { index, document: &document }, node)?;
            }
        }
        Ok(())
    }

    fn schema(&mut self, spot: Spot<'_>, node: &Node) -> Result<(), ParseError> {
        match &node.value {
            Value::Bool(_) => Ok(()),
            Value::Object(members) => {
                if !self.visited.insert((spot.index, node.span.start)) {
                    return Ok(());
                }
                let draft = spot.document.draft();
                let lone = if draft.ref_hides_siblings() { node.get("$ref") } else { None };
                if let Some(reference) = lone {
                    return self.keyword(spot, node, "$ref", Form::Reference, reference);
                }
                for Member { key, value, .. } in members {
                    if let Some(form) = form(draft, key) {
                        self.keyword(spot, node, key, form, value)?;
                    }
                }
                Ok(())
            }
            _ => Err(spot
                .refuse(node, &format!("expected a schema (an object or a boolean), found {}", node.kind()))),
        }
    }

    fn keyword(
        &mut self,
        spot: Spot<'_>,
        owner: &Node,
        key: &str,
        form: Form,
        value: &Node,
    ) -> Result<(), ParseError> {
        let ensure =
            |holds: bool, wanted: &str| if holds { Ok(()) } else { Err(spot.expected(key, wanted, value)) };
        match form {
            Form::Text => ensure(value.as_str().is_some(), "a string"),
            Form::Flag => ensure(matches!(value.value, Value::Bool(_)), "a boolean"),
            Form::Number => ensure(matches!(value.value, Value::Number(_)), "a number"),
            Form::Divisor => ensure(
                matches!(&value.value, Value::Number(text) if !is_zero(text)),
                "a number other than zero",
            ),
            Form::Integer => {
                ensure(matches!(&value.value, Value::Number(text) if is_integral(text)), "an integer")
            }
            Form::Values => ensure(value.elements().is_some(), "an array"),
            Form::Names => ensure(is_names(value), "an array of strings"),
            Form::NameLists => {
                let lists = value.members().iter().all(|member| is_names(&member.value));
                ensure(value.is_object() && lists, "an object of arrays of strings")
            }
            Form::Pattern => pattern(spot, value, key, value),
            Form::Types => types(spot, value),
            Form::Reference => self.reference(spot, owner, key, value),
            Form::Schema => self.schema(spot, value),
            Form::Schemas => {
                ensure(value.elements().is_some(), "an array of schemas")?;
                self.schemas(spot, value)
            }
            Form::SchemaOrSchemas if value.elements().is_some() => self.schemas(spot, value),
            Form::SchemaOrSchemas => self.schema(spot, value),
            Form::NamedSchemas | Form::PatternSchemas | Form::Dependencies => {
                ensure(value.is_object(), "an object")?;
                self.named(spot, form, value)
            }
        }
    }

    fn schemas(&mut self, spot: Spot<'_>, array: &Node) -> Result<(), ParseError> {
        array.elements().unwrap_or_default().iter().try_for_each(|element| self.schema(spot, element))
    }

    fn named(&mut self, spot: Spot<'_>, form: Form, object: &Node) -> Result<(), ParseError> {
        for Member { key, value, .. } in object.members() {
            if form == Form::PatternSchemas
                && let Some(fault) = pattern_fault(key)
            {
                return Err(spot.refuse(value, &format!("the pattern \"{}\" {fault}", shown(key))));
            }
            if form == Form::Dependencies && value.elements().is_some() {
                if !is_names(value) {
                    return Err(spot.refuse(value, "a dependency must be a schema or an array of strings"));
                }
            } else {
                self.schema(spot, value)?;
            }
        }
        Ok(())
    }

    fn reference(&mut self, spot: Spot<'_>, owner: &Node, key: &str, value: &Node) -> Result<(), ParseError> {
        let Some(reference) = value.as_str() else {
            return Err(spot.expected(key, "a string", value));
        };
        let Some((index, target)) = self.find(spot.index, owner, reference) else {
            let absolute = self.library.absolute(spot.index, owner, reference);
            let known = uri::split_fragment(reference).0.is_empty()
                || self.library.knows(spot.index, owner, reference);
            if !known && uri::is_remote(&absolute) {
                let message =
                    format!("Remote schema reference fetching over HTTP(S) is disabled: {absolute}");
                let place = spot.document.name().is_none().then(|| spot.document.place(value));
                return Err(ParseError::validate(message, place));
            }
            return Err(spot.refuse(value, &format!("the reference \"{}\" leads nowhere", shown(reference))));
        };
        match target {
            Target::Boolean => {}
            Target::Object(start) => self.waiting.push((index, start)),
            Target::Other(kind) => {
                let what =
                    format!("the reference \"{}\" must lead to a schema, found {kind}", shown(reference));
                return Err(spot.refuse(value, &what));
            }
        }
        Ok(())
    }

    fn find(&mut self, document: usize, owner: &Node, reference: &str) -> Option<(usize, Target)> {
        let find = |library: &Library| {
            let (index, node) = library.resolve(document, owner, reference)?;
            let target = match &node.value {
                Value::Bool(_) => Target::Boolean,
                Value::Object(_) => Target::Object(node.span.start),
                _ => Target::Other(node.kind()),
            };
            Some((index, target))
        };
        find(self.library).or_else(|| {
            self.library.add_meta_schema(document, owner, reference).then(|| find(self.library)).flatten()
        })
    }
}

/// What a reference leads to.
enum Target {
    Boolean,
    Object(usize),
    Other(&'static str),
}

/// A text for a message: its beginning, when it is long.
fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(200) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn is_names(node: &Node) -> bool {
    node.elements().is_some_and(|elements| elements.iter().all(|element| element.as_str().is_some()))
}

fn pattern(spot: Spot<'_>, at: &Node, key: &str, value: &Node) -> Result<(), ParseError> {
    let Some(text) = value.as_str() else {
        return Err(spot.expected(key, "a string", value));
    };
    match pattern_fault(text) {
        Some(fault) => Err(spot.refuse(at, &format!("the pattern \"{}\" {fault}", shown(text)))),
        None => Ok(()),
    }
}

fn types(spot: Spot<'_>, value: &Node) -> Result<(), ParseError> {
    let check = |node: &Node| match node.as_str() {
        Some(name) if TYPES.contains(&name) => Ok(()),
        Some(name) => Err(spot.refuse(node, &format!("unknown type \"{}\"", shown(name)))),
        None => Err(spot.expected("type", "a type name or an array of type names", node)),
    };
    match value.elements() {
        Some(elements) => elements.iter().try_for_each(check),
        None => check(value),
    }
}
