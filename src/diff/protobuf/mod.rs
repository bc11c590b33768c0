//! Protocol Buffers: two files are walked side by side, messages and enums by name, fields and constants by
//! number.

mod fields;
mod file;
mod options;
mod values;

use std::collections::HashMap;
use std::hash::Hash;

use super::Side;
use super::change::{Kind, Spot};
use super::kinds;
use super::list::{List, shown};
use crate::schema::protobuf::ProtobufSchema;
use crate::schema::protobuf::comment;
use crate::schema::protobuf::model::{File, Message, TypeDef};
use crate::schema::protobuf::names::{Names, Origin, Scope};
use crate::schema::{Lines, Place};

/// Enter every change: of the files themselves, then of those that both import.
pub(super) fn compare(old: Side<'_, ProtobufSchema>, new: Side<'_, ProtobufSchema>, list: &mut List) {
    let lines = [Lines::of(old.text), Lines::of(new.text)];
    let halves = [(old, &lines[0]), (new, &lines[1])].map(|(side, lines)| {
        let names = side.schema.names();
        Half { names, scope: names.package(), lines: Some(lines) }
    });
    let files = (old.schema.file_with_maps(), new.schema.file_with_maps());
    Walk { halves, list, suffix: String::new() }.files(&files.0, &files.1);
    let imported: HashMap<&str, &File> =
        new.schema.dependencies().iter().map(|(name, file)| (name.as_str(), file)).collect();
    for (name, before) in old.schema.dependencies() {
        let Some(after) = imported.get(name.as_str()) else { continue };
        let scope = |schema: &ProtobufSchema, file| schema.names().package_of(file);
        let halves = [
            Half { names: old.schema.names(), scope: scope(old.schema, before), lines: None },
            Half { names: new.schema.names(), scope: scope(new.schema, after), lines: None },
        ];
        Walk { halves, list, suffix: format!(", in {}", shown(name)) }.files(before, after);
    }
}

/// One of the two schemas.
#[derive(Clone, Copy)]
struct Half<'a> {
    names: &'a Names,
    /// The package.
    scope: Scope,
    /// The lines of the text; `None` for a file that is imported.
    lines: Option<&'a Lines<'a>>,
}

/// Where the walk is in one of the two schemas.
#[derive(Clone, Copy)]
struct At<'p> {
    scope: Scope,
    /// Names of the messages around, each after a slash.
    path: &'p str,
}

struct Walk<'a, 'l> {
    /// Old and new.
    halves: [Half<'a>; 2],
    list: &'l mut List,
    /// Says in which file it is, where it is not the schema itself.
    suffix: String,
}

/// The side of what is meant, in [`Walk::halves`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Party {
    Old = 0,
    New = 1,
}

impl<'a> Walk<'a, '_> {
    fn add(&mut self, kind: &'static Kind, message: String, old: Option<Spot>, new: Option<Spot>) {
        let message = message + &self.suffix;
        self.list.add(kind, message, old, new);
    }

    /// A place: lines and columns of files that are imported are not told.
    fn spot(&self, side: Party, pointer: impl Into<String>, place: Option<Place>) -> Option<Spot> {
        let is_own = self.halves[side as usize].lines.is_some();
        Some(Spot { pointer: pointer.into(), place: place.filter(|_| is_own) })
    }

    fn types(&mut self, old: (&'a [TypeDef], At<'_>), new: (&'a [TypeDef], At<'_>)) {
        let messages = |types: &'a [TypeDef]| -> Vec<&'a Message> {
            let found = types.iter().filter_map(|definition| match definition {
                TypeDef::Message(message) => Some(message),
                TypeDef::Enum(_) => None,
            });
            found.collect()
        };
        let enums = |types: &'a [TypeDef]| -> Vec<_> {
            let found = types.iter().filter_map(|definition| match definition {
                TypeDef::Enum(definition) => Some(definition),
                TypeDef::Message(_) => None,
            });
            found.collect()
        };
        self.messages((&messages(old.0), old.1), (&messages(new.0), new.1));
        self.enums((&enums(old.0), old.1), (&enums(new.0), new.1));
    }

    fn messages(&mut self, old: (&[&'a Message], At<'_>), new: (&[&'a Message], At<'_>)) {
        let (pairs, gone, come) = pair(old.0, new.0, |message| message.name.as_str());
        let renamed = renamed(&gone, &come);
        for message in &gone {
            if renamed.iter().any(|(from, _)| std::ptr::eq(*from, *message)) {
                continue;
            }
            let at = self.spot(Party::Old, format!("{}/{}", old.1.path, message.name), Some(message.place));
            let sentence = format!("the message {} is gone", shown(&message.name));
            self.add(&kinds::MESSAGE_REMOVED, sentence, at, None);
        }
        for message in &come {
            if renamed.iter().any(|(_, to)| std::ptr::eq(*to, *message)) {
                continue;
            }
            let at = self.spot(Party::New, format!("{}/{}", new.1.path, message.name), Some(message.place));
            let sentence = format!("the message {} is new", shown(&message.name));
            self.add(&kinds::MESSAGE_ADDED, sentence, None, at);
        }
        for (from, to) in &renamed {
            let at = (
                self.spot(Party::Old, format!("{}/{}", old.1.path, from.name), Some(from.place)),
                self.spot(Party::New, format!("{}/{}", new.1.path, to.name), Some(to.place)),
            );
            let sentence = format!("the message {} is now called {}", shown(&from.name), shown(&to.name));
            self.add(&kinds::MESSAGE_RENAMED, sentence, at.0, at.1);
        }
        let positions: HashMap<*const Message, usize> = old
            .0
            .iter()
            .enumerate()
            .map(|(position, message)| (std::ptr::from_ref(*message), position))
            .collect();
        let order: Vec<usize> =
            pairs.iter().filter_map(|(from, _)| positions.get(&std::ptr::from_ref(*from)).copied()).collect();
        if !order.is_sorted() {
            let at = (self.spot(Party::Old, old.1.path, None), self.spot(Party::New, new.1.path, None));
            let around = new.1.path.rsplit('/').next().filter(|name| !name.is_empty());
            let of =
                around.map_or_else(|| "the file".to_owned(), |name| format!("the message {}", shown(name)));
            let sentence = format!("the messages in {of} stand in another order");
            self.add(&kinds::MESSAGES_REORDERED, sentence, at.0, at.1);
        }
        for (from, to) in pairs.into_iter().chain(renamed) {
            self.message((from, old.1), (to, new.1));
        }
    }

    fn message(&mut self, old: (&'a Message, At<'_>), new: (&'a Message, At<'_>)) {
        if !self.list.step() {
            return;
        }
        let ((from, around_from), (to, around_to)) = (old, new);
        let paths =
            (format!("{}/{}", around_from.path, from.name), format!("{}/{}", around_to.path, to.name));
        let [before, after] = &self.halves;
        let old = At { scope: before.names.inside(around_from.scope, &from.name), path: &paths.0 };
        let new = At { scope: after.names.inside(around_to.scope, &to.name), path: &paths.1 };
        let what = format!("the message {}", shown(&to.name));
        let at = (
            self.spot(Party::Old, old.path, Some(from.place)),
            self.spot(Party::New, new.path, Some(to.place)),
        );
        self.comments((from.place, to.place), &at, &what);
        self.options((&from.options, &to.options), &at, &what);
        self.reservations((&from.reserved, &to.reserved), &at, &what);
        self.extension_ranges((&from.extensions, &to.extensions), &at, &what);
        self.fields((from, old), (to, new));
        self.oneofs((&from.oneofs, old), (&to.oneofs, new));
        let groups = |message: &'a Message| -> Vec<&'a Message> {
            message.all_groups().map(|group| &group.message).collect()
        };
        self.messages((&groups(from), old), (&groups(to), new));
        self.extends((&from.extends, old), (&to.extends, new));
        self.types((&from.types, old), (&to.types, new));
    }

    /// What a name of a type means, without the package of the file: moving a whole file to another package
    /// is one change.
    fn type_name(&self, side: Party, scope: Scope, written: &str) -> String {
        let Half { names, scope: package, .. } = self.halves[side as usize];
        let Some(found) = names.resolve_type(scope, written) else { return written.to_owned() };
        let package = names.name_of(package);
        let local = found.full_name.strip_prefix(package.as_str()).and_then(|rest| rest.strip_prefix('.'));
        match (found.origin, local) {
            (Origin::This | Origin::Dependency(_), Some(local)) => local.to_owned(),
            _ => found.full_name,
        }
    }

    /// Comments before a declaration, and behind it on its line.
    fn comments(&mut self, places: (Place, Place), at: &(Option<Spot>, Option<Spot>), what: &str) {
        let [Some(before), Some(after)] = self.halves.map(|half| half.lines) else { return };
        let [from, to] =
            [(before, places.0), (after, places.1)].map(|(lines, place)| comment::of(lines, place));
        if let Some(message) = super::doc_changed(from.as_deref(), to.as_deref(), what) {
            self.add(&kinds::DOC_CHANGED, message, at.0.clone(), at.1.clone());
        }
    }
}

/// What both have, what only the old has and what only the new has, by a key.
fn pair<'a, T, K: Eq + Hash>(
    old: &[&'a T],
    new: &[&'a T],
    key: impl Fn(&'a T) -> K,
) -> (Vec<(&'a T, &'a T)>, Vec<&'a T>, Vec<&'a T>) {
    let before: HashMap<K, &'a T> = old.iter().map(|item| (key(item), *item)).collect();
    let after: HashMap<K, &'a T> = new.iter().map(|item| (key(item), *item)).collect();
    let gone = old.iter().copied().filter(|item| !after.contains_key(&key(item))).collect();
    let come = new.iter().copied().filter(|item| !before.contains_key(&key(item))).collect();
    let both = new.iter().filter_map(|item| Some((*before.get(&key(item))?, *item))).collect();
    (both, gone, come)
}

/// Messages whose fields are the same but whose names are not, where there is no doubt which is which.
fn renamed<'a>(gone: &[&'a Message], come: &[&'a Message]) -> Vec<(&'a Message, &'a Message)> {
    type Shape<'a> = Vec<(i32, &'a str)>;
    let shape = |message: &'a Message| -> Shape<'a> {
        let mut shape: Shape<'a> =
            message.all_fields().map(|field| (field.number, field.name.as_str())).collect();
        shape.sort_unstable();
        shape
    };
    let by_shape = |messages: &[&'a Message]| -> HashMap<Shape<'a>, Vec<&'a Message>> {
        let mut shapes: HashMap<Shape<'a>, Vec<&'a Message>> = HashMap::new();
        for message in messages {
            shapes.entry(shape(message)).or_default().push(message);
        }
        shapes
    };
    let (before, after) = (by_shape(gone), by_shape(come));
    let mut found = Vec::new();
    for message in come {
        let shape = shape(message);
        if let (Some([from]), Some([to])) =
            (before.get(&shape).map(Vec::as_slice), after.get(&shape).map(Vec::as_slice))
            && !shape.is_empty()
        {
            found.push((*from, *to));
        }
    }
    found
}
