//! Named types: records and their fields, enums and fixed.

use std::collections::HashMap;

use super::{Seat, Walk};
use crate::diff::kinds;
use crate::diff::list::shown;
use crate::schema::avro::model::{Enum, Field, Fixed, Kind, Name, Record, Source, Type};

impl<'a> Walk<'a, '_> {
    /// Compare two definitions of the same kind.
    pub(super) fn definitions(&mut self, old: Seat<'a>, new: Seat<'a>) {
        let what = whole(new.of);
        self.names(old, new);
        let at = (self.old.of_definition(old, "doc"), self.new.of_definition(new, "doc"));
        self.doc((old.of.doc(), new.of.doc()), at, &what);
        let aliases =
            |of: &Type| of.aliases().iter().map(|alias| alias.full().to_owned()).collect::<Vec<_>>();
        let at = (self.old.of_definition(old, "aliases"), self.new.of_definition(new, "aliases"));
        self.aliases(&aliases(old.of), &aliases(new.of), at, &what);
        self.annotations(old, new, &what);
        match (&old.of.kind, &new.of.kind) {
            (Kind::Record(from), Kind::Record(to)) => self.records(old, new, (from, to)),
            (Kind::Enum(from), Kind::Enum(to)) => self.enums(old, new, (from, to)),
            (Kind::Fixed(from), Kind::Fixed(to)) => self.sizes(old, new, (from, to)),
            _ => {}
        }
    }

    fn names(&mut self, old: Seat<'a>, new: Seat<'a>) {
        let (Some(from), Some(to)) = (old.of.name(), new.of.name()) else { return };
        let kind = new.of.kind.word();
        if from.simple() != to.simple() {
            let known = new.of.aliases().iter().any(|alias| alias.full() == from.full());
            let alias = if known { ", and keeps the old name as an alias" } else { "" };
            let message =
                format!("the {kind} {} is now called {}{alias}", shown(from.simple()), shown(to.simple()));
            let at = (self.old.of_definition(old, "name"), self.new.of_definition(new, "name"));
            self.list.add(&kinds::NAME_CHANGED, message, at.0, at.1);
        }
        if from.namespace() != to.namespace() {
            let word = |name: &Name| {
                name.namespace().map_or_else(
                    || "no namespace".to_owned(),
                    |space| format!("the namespace {}", shown(space)),
                )
            };
            let message =
                format!("the {kind} {} was in {} and is in {}", shown(to.simple()), word(from), word(to));
            let at = (self.old.of_definition(old, "namespace"), self.new.of_definition(new, "namespace"));
            self.list.add(&kinds::NAMESPACE_CHANGED, message, at.0, at.1);
        }
    }

    fn sizes(&mut self, old: Seat<'a>, new: Seat<'a>, (from, to): (&'a Fixed, &'a Fixed)) {
        if from.size != to.size {
            let message = format!("{} had {} bytes and has {}", whole(new.of), from.size, to.size);
            let at = (self.old.of_definition(old, "size"), self.new.of_definition(new, "size"));
            self.list.add(&kinds::SIZE_CHANGED, message, at.0, at.1);
        }
    }

    fn enums(&mut self, old: Seat<'a>, new: Seat<'a>, (from, to): (&'a Enum, &'a Enum)) {
        let what = whole(new.of);
        let (before, after) = (positions(&from.symbols), positions(&to.symbols));
        for (index, symbol) in
            from.symbols.iter().enumerate().filter(|(_, it)| !after.contains_key(it.as_str()))
        {
            let message = format!("{what} lacks the symbol {}, which it had", shown(symbol));
            let at = self.old.element(old, "symbols", index);
            self.list.add(&kinds::SYMBOL_REMOVED, message, at, None);
        }
        for (index, symbol) in
            to.symbols.iter().enumerate().filter(|(_, it)| !before.contains_key(it.as_str()))
        {
            let message = format!("{what} has the new symbol {}", shown(symbol));
            let at = self.new.element(new, "symbols", index);
            self.list.add(&kinds::SYMBOL_ADDED, message, None, at);
        }
        if is_reordered(&before, &to.symbols) {
            let at = (self.old.of_definition(old, "symbols"), self.new.of_definition(new, "symbols"));
            let message = format!("the symbols of {what} stand in another order");
            self.list.add(&kinds::SYMBOLS_REORDERED, message, at.0, at.1);
        }
        let spot =
            |walk: &Self| (walk.old.of_definition(old, "default"), walk.new.of_definition(new, "default"));
        self.default((from.default.clone(), to.default.clone()), spot, &what);
    }

    fn records(&mut self, old: Seat<'a>, new: Seat<'a>, (from, to): (&'a Record, &'a Record)) {
        let what = whole(new.of);
        if from.is_error != to.is_error {
            let word = |record: &Record| if record.is_error { "`error`" } else { "`record`" };
            let message = format!("{what} was declared as {} and is declared as {}", word(from), word(to));
            let at = (self.old.of_definition(old, "type"), self.new.of_definition(new, "type"));
            self.list.add(&kinds::TYPE_CHANGED, message, at.0, at.1);
        }
        let pairs = pair(from, to);
        for (index, field) in from.fields.iter().enumerate().filter(|(index, _)| !pairs.contains_key(index)) {
            let message =
                format!("the field {} of {what} is gone{}", shown(&field.name), with_default(field));
            let at = self.old.field(old, index, field);
            self.list.add(&kinds::FIELD_REMOVED, message, at, None);
        }
        let before: HashMap<usize, usize> = pairs.iter().map(|(before, after)| (*after, *before)).collect();
        for (index, field) in to.fields.iter().enumerate() {
            match before.get(&index) {
                Some(&before) => self.fields(old, new, (before, &from.fields[before]), (index, field)),
                None => {
                    let message =
                        format!("{what} has the new field {}{}", shown(&field.name), with_default(field));
                    let at = self.new.field(new, index, field);
                    self.list.add(&kinds::FIELD_ADDED, message, None, at);
                }
            }
        }
        let order: Vec<usize> =
            (0..to.fields.len()).filter_map(|index| before.get(&index).copied()).collect();
        if !order.is_sorted() {
            let at = (self.old.of_definition(old, "fields"), self.new.of_definition(new, "fields"));
            let message = format!("the fields of {what} stand in another order");
            self.list.add(&kinds::FIELDS_REORDERED, message, at.0, at.1);
        }
    }

    fn fields(
        &mut self,
        old: Seat<'a>,
        new: Seat<'a>,
        (before, from): (usize, &'a Field),
        (after, to): (usize, &'a Field),
    ) {
        if !self.list.step() {
            return;
        }
        let what = format!("the field {} of {}", shown(&to.name), whole(new.of));
        let at = |walk: &Self| (walk.old.field(old, before, from), walk.new.field(new, after, to));
        if from.name != to.name {
            let message = format!(
                "the field {} of {} is now called {}",
                shown(&from.name),
                whole(new.of),
                shown(&to.name)
            );
            let at = at(self);
            self.list.add(&kinds::FIELD_RENAMED, message, at.0, at.1);
        }
        let paths = (self.old.paths.key(old.path, "fields"), self.new.paths.key(new.path, "fields"));
        let paths = (self.old.paths.index(paths.0, before), self.new.paths.index(paths.1, after));
        let sources: (Source, Source) = (old.of.source, new.of.source);
        let key = |walk: &Self, key: &str| {
            (
                walk.old.attribute(paths.0, sources.0, from.span.start, key),
                walk.new.attribute(paths.1, sources.1, to.span.start, key),
            )
        };
        let at = key(self, "doc");
        self.doc((from.doc.as_deref(), to.doc.as_deref()), at, &what);
        if from.order != to.order {
            let message = format!("{what} sorted `{}` and sorts `{}`", from.order.word(), to.order.word());
            let at = key(self, "order");
            self.list.add(&kinds::SORT_ORDER_CHANGED, message, at.0, at.1);
        }
        let at = key(self, "aliases");
        self.aliases(&from.aliases, &to.aliases, at, &what);
        let at = ((paths.0, sources.0, from.span), (paths.1, sources.1, to.span));
        self.properties(&from.properties, &to.properties, at, &what);
        let types = (self.old.paths.key(paths.0, "type"), self.new.paths.key(paths.1, "type"));
        let parts = (self.old.part(old, from.schema, types.0), self.new.part(new, to.schema, types.1));
        self.uses(parts.0, parts.1, &what);
        let text = |field: &Field| field.default.as_ref().map(|default| default.to_compact());
        self.default((text(from), text(to)), |walk| key(walk, "default"), &what);
    }

    fn default(
        &mut self,
        (from, to): (Option<String>, Option<String>),
        at: impl Fn(&Self) -> (Option<crate::diff::Spot>, Option<crate::diff::Spot>),
        what: &str,
    ) {
        let (kind, message) = match (from, to) {
            (None, Some(to)) => (&kinds::DEFAULT_ADDED, format!("{what} has the default {}", shown(&to))),
            (Some(from), None) => {
                (&kinds::DEFAULT_REMOVED, format!("{what} has no default any more; it was {}", shown(&from)))
            }
            (Some(from), Some(to)) if from != to => {
                let message = format!("the default of {what} was {} and is {}", shown(&from), shown(&to));
                (&kinds::DEFAULT_CHANGED, message)
            }
            _ => return,
        };
        let (old, new) = at(self);
        self.list.add(kind, message, old, new);
    }
}

impl super::Half<'_> {
    fn field(&self, holder: Seat<'_>, index: usize, field: &Field) -> Option<crate::diff::Spot> {
        let place = (holder.of.source == Source::Own).then(|| self.text.place(field.span.start));
        let pointer = format!("{}/fields/{index}", self.paths.pointer(holder.path));
        Some(crate::diff::Spot { pointer, place })
    }

    fn element(&self, holder: Seat<'_>, key: &str, index: usize) -> Option<crate::diff::Spot> {
        let object = holder.of.span.start;
        let place = (holder.of.source == Source::Own).then(|| self.text.place_of_element(object, key, index));
        let pointer = format!("{}/{key}/{index}", self.paths.pointer(holder.path));
        Some(crate::diff::Spot { pointer, place })
    }
}

/// A named type in a sentence.
fn whole(of: &Type) -> String {
    shown(of.name().map_or(of.kind.word(), Name::simple))
}

fn with_default(field: &Field) -> &'static str {
    if field.default.is_some() { ", with a default" } else { ", without a default" }
}

fn positions(names: &[String]) -> HashMap<&str, usize> {
    names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect()
}

/// Do those that were there before stand in another order?
fn is_reordered(before: &HashMap<&str, usize>, after: &[String]) -> bool {
    let kept: Vec<usize> = after.iter().filter_map(|name| before.get(name.as_str()).copied()).collect();
    !kept.is_sorted()
}

/// Which field became which: by name, else by an alias on either side.
fn pair(old: &Record, new: &Record) -> HashMap<usize, usize> {
    let by_name = |record: &Record| -> HashMap<String, usize> {
        record.fields.iter().enumerate().map(|(index, field)| (field.name.clone(), index)).collect()
    };
    let (before, after) = (by_name(old), by_name(new));
    let mut pairs: HashMap<usize, usize> =
        before.iter().filter_map(|(name, index)| Some((*index, *after.get(name)?))).collect();
    let mut taken: Vec<bool> = new.fields.iter().map(|field| before.contains_key(&field.name)).collect();
    let mut join = |from: usize, to: usize, pairs: &mut HashMap<usize, usize>| {
        if !pairs.contains_key(&from) && !taken[to] {
            pairs.insert(from, to);
            taken[to] = true;
        }
    };
    for (to, field) in new.fields.iter().enumerate() {
        for from in field.aliases.iter().filter_map(|alias| before.get(alias)) {
            join(*from, to, &mut pairs);
        }
    }
    for (from, field) in old.fields.iter().enumerate() {
        for to in field.aliases.iter().filter_map(|alias| after.get(alias)) {
            join(from, *to, &mut pairs);
        }
    }
    pairs
}
