//! Avro: two graphs of types are walked side by side, and each pair of named types is looked at once, where
//! it is met first.

mod named;
mod unions;

use std::collections::HashSet;

use super::Side;
use super::change::{Kind, Spot};
use super::kinds;
use super::list::{List, PathId, Paths, shown};
use crate::schema::JsonText;
use crate::schema::avro::AvroSchema;
use crate::schema::avro::model::{self, Model, Name, Property, Source, Type, TypeId, Use};
use crate::schema::tree::{Node, Span};

/// Enter every change.
pub(super) fn compare(old: Side<'_, AvroSchema>, new: Side<'_, AvroSchema>, list: &mut List) {
    let mut walk =
        Walk { old: Half::of(old), new: Half::of(new), list, waiting: Vec::new(), seen: HashSet::new() };
    let [old, new] = [walk.old.root(), walk.new.root()];
    walk.uses(old, new, "the schema");
    // Named types wait for their turn: chains of them are as long as the text, and the stack is not.
    while let Some((old, new)) = walk.waiting.pop() {
        walk.definitions(old, new);
    }
}

/// One of the two schemas.
struct Half<'a> {
    model: &'a Model,
    text: JsonText<'a>,
    paths: Paths<'a>,
}

/// A type where it is used, and the way there.
#[derive(Clone, Copy)]
struct Seat<'a> {
    of: &'a Type,
    id: TypeId,
    /// The use, in the text of the type around it.
    span: Span,
    source: Source,
    path: PathId,
}

struct Walk<'a, 'l> {
    old: Half<'a>,
    new: Half<'a>,
    list: &'l mut List,
    waiting: Vec<(Seat<'a>, Seat<'a>)>,
    seen: HashSet<(TypeId, TypeId)>,
}

impl<'a> Half<'a> {
    fn of(side: Side<'a, AvroSchema>) -> Half<'a> {
        Half { model: side.schema.model(), text: JsonText::of(side.text), paths: Paths::new() }
    }

    fn root(&self) -> Seat<'a> {
        let used = self.model.root_use();
        let of = self.model.get(used.id);
        Seat { of, id: used.id, span: used.span, source: of.source, path: Paths::ROOT }
    }

    /// A part of a type.
    fn part(&self, holder: Seat<'a>, used: Use, path: PathId) -> Seat<'a> {
        Seat { of: self.model.get(used.id), id: used.id, span: used.span, source: holder.of.source, path }
    }

    /// Where a type is used.
    fn at(&self, seat: Seat<'a>) -> Option<Spot> {
        self.spot(seat.path, seat.source, seat.span.start)
    }

    fn spot(&self, path: PathId, source: Source, offset: usize) -> Option<Spot> {
        let place = (source == Source::Own).then(|| self.text.place(offset));
        Some(Spot { pointer: self.paths.pointer(path), place })
    }

    /// An attribute of what starts at `object`; the object itself where it is not written.
    fn attribute(&self, path: PathId, source: Source, object: usize, key: &str) -> Option<Spot> {
        let place = (source == Source::Own).then(|| self.text.place_of_key(object, key));
        Some(Spot { pointer: format!("{}/{key}", self.paths.pointer(path)), place })
    }

    /// An attribute of the definition of a type.
    fn of_definition(&self, seat: Seat<'a>, key: &str) -> Option<Spot> {
        self.attribute(seat.path, seat.of.source, seat.of.span.start, key)
    }
}

impl<'a> Walk<'a, '_> {
    /// Compare two types where they are used.
    fn uses(&mut self, old: Seat<'a>, new: Seat<'a>, what: &str) {
        use model::Kind::{Array, Enum, Fixed, Map, Primitive, Record, Union};
        if !self.list.step() {
            return;
        }
        match (&old.of.kind, &new.of.kind) {
            (Union(from), Union(to)) => self.unions(old, new, (from, to), what),
            (Union(from), _) => self.left_union(old, from, new, what),
            (_, Union(to)) => self.entered_union(old, new, to, what),
            (Primitive(from), Primitive(to)) if from == to => self.annotations(old, new, what),
            (Array(from), Array(to)) => self.inner(old, new, (*from, *to), "items", what),
            (Map(from), Map(to)) => self.inner(old, new, (*from, *to), "values", what),
            (Record(_), Record(_)) | (Enum(_), Enum(_)) | (Fixed(_), Fixed(_)) => self.named(old, new),
            _ => self.retyped(&kinds::TYPE_CHANGED, old, new, what),
        }
    }

    fn retyped(&mut self, kind: &'static Kind, old: Seat<'a>, new: Seat<'a>, what: &str) {
        let [from, to] = [self.old.type_text(old.of), self.new.type_text(new.of)];
        let message = format!("the type of {what} was {from} and is {to}");
        let (old, new) = (self.old.at(old), self.new.at(new));
        self.list.add(kind, message, old, new);
    }

    fn inner(&mut self, old: Seat<'a>, new: Seat<'a>, (from, to): (Use, Use), key: &'static str, what: &str) {
        self.annotations(old, new, what);
        let paths = (self.old.paths.key(old.path, key), self.new.paths.key(new.path, key));
        let parts = (self.old.part(old, from, paths.0), self.new.part(new, to, paths.1));
        // What nests deeply is not told in full.
        let inner = if what.len() < 300 { format!("the {key} of {what}") } else { what.to_owned() };
        self.uses(parts.0, parts.1, &inner);
    }

    /// Two named types of one kind are compared once, whatever uses them.
    fn named(&mut self, old: Seat<'a>, new: Seat<'a>) {
        if self.seen.insert((old.id, new.id)) {
            self.waiting.push((old, new));
        }
    }

    /// Logical type and attributes without meaning of two types.
    fn annotations(&mut self, old: Seat<'a>, new: Seat<'a>, what: &str) {
        let [from, to] = [old, new].map(|seat| logical_text(seat.of));
        if from != to {
            let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
            let message = format!("the logical type of {what} was {} and is {}", word(&from), word(&to));
            let (old, new) = (self.old.at(old), self.new.at(new));
            self.list.add(&kinds::LOGICAL_TYPE_CHANGED, message, old, new);
        }
        let at = ((old.path, old.of.source, old.of.span), (new.path, new.of.source, new.of.span));
        self.properties(&old.of.properties, &new.of.properties, at, what);
    }

    fn properties(
        &mut self,
        old: &'a [Property],
        new: &'a [Property],
        (from, to): ((PathId, Source, Span), (PathId, Source, Span)),
        what: &str,
    ) {
        let is_of_logical = |key: &str| LOGICAL.contains(&key);
        let value = |of: &'a [Property], key: &str| -> Option<&'a Node> {
            of.iter().find(|property| property.key == key).map(|property| &property.value)
        };
        let spot =
            |half: &Half<'a>, at: (PathId, Source, Span), key| half.attribute(at.0, at.1, at.2.start, key);
        for Property { key, value: was } in old.iter().filter(|property| !is_of_logical(&property.key)) {
            let (name, old) = (shown(key), spot(&self.old, from, key));
            match value(new, key) {
                None => {
                    let message = format!("{what} has no attribute {name} any more");
                    self.list.add(&kinds::ATTRIBUTE_REMOVED, message, old, None);
                }
                Some(is) if is.to_compact() != was.to_compact() => {
                    let message = format!(
                        "the attribute {name} of {what} was {} and is {}",
                        shown(&was.to_compact()),
                        shown(&is.to_compact())
                    );
                    let new = spot(&self.new, to, key);
                    self.list.add(&kinds::ATTRIBUTE_CHANGED, message, old, new);
                }
                Some(_) => {}
            }
        }
        let is_new =
            |property: &&Property| !is_of_logical(&property.key) && value(old, &property.key).is_none();
        for Property { key, .. } in new.iter().filter(is_new) {
            let message = format!("{what} has a new attribute {}", shown(key));
            let new = spot(&self.new, to, key);
            self.list.add(&kinds::ATTRIBUTE_ADDED, message, None, new);
        }
    }

    /// Documentation of a type or a field.
    fn doc(
        &mut self,
        (old, new): (Option<&str>, Option<&str>),
        at: (Option<Spot>, Option<Spot>),
        what: &str,
    ) {
        if let Some(message) = super::doc_changed(old, new, what) {
            self.list.add(&kinds::DOC_CHANGED, message, at.0, at.1);
        }
    }

    fn aliases(&mut self, old: &[String], new: &[String], at: (Option<Spot>, Option<Spot>), what: &str) {
        for alias in old.iter().filter(|alias| !new.contains(alias)) {
            let message = format!("{what} no longer goes by the alias {}", shown(alias));
            self.list.add(&kinds::ALIAS_REMOVED, message, at.0.clone(), at.1.clone());
        }
        for alias in new.iter().filter(|alias| !old.contains(alias)) {
            let message = format!("{what} also goes by the alias {}", shown(alias));
            self.list.add(&kinds::ALIAS_ADDED, message, at.0.clone(), at.1.clone());
        }
    }
}

/// What a logical type is made of.
const LOGICAL: [&str; 3] = ["logicalType", "precision", "scale"];

/// The logical type as it is written, whether it is a known one or not.
fn logical_text(of: &Type) -> Option<String> {
    let name = of.property("logicalType")?;
    let name = name.as_str().map_or_else(|| name.to_compact(), str::to_owned);
    let parameters = ["precision", "scale"].map(|key| of.property(key).map(Node::to_compact));
    let parameters: Vec<String> = parameters.into_iter().flatten().collect();
    let text = if parameters.is_empty() { name } else { format!("{name}({})", parameters.join(",")) };
    Some(shown(&text))
}

impl Half<'_> {
    /// A type in a few words.
    fn type_text(&self, of: &Type) -> String {
        match &of.kind {
            model::Kind::Union(branches) => {
                let words: Vec<String> = branches.iter().take(6).map(|branch| self.word(branch.id)).collect();
                let more = if branches.len() > 6 { ", …" } else { "" };
                format!("`[{}{more}]`", words.join(", "))
            }
            model::Kind::Array(items) => format!("`array` of `{}`", self.word(items.id)),
            model::Kind::Map(values) => format!("`map` of `{}`", self.word(values.id)),
            kind => match of.name() {
                Some(name) => format!("the {} {}", kind.word(), shown(name.full())),
                None => format!("`{}`", kind.word()),
            },
        }
    }

    fn word(&self, id: TypeId) -> String {
        let of = self.model.get(id);
        let word = of.name().map_or(of.kind.word(), Name::full);
        shown(word).trim_matches('`').to_owned()
    }
}
