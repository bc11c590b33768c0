//! JSON Schema: two trees are walked side by side, keyword by keyword. A reference is a keyword like others;
//! what it refers to is compared where it is defined.

mod keywords;
mod lists;

use std::collections::HashMap;

use super::Side;
use super::change::{Kind, Spot};
use super::kinds;
use super::list::{List, PathId, Paths, shown};
use crate::schema::Lines;
use crate::schema::json::{Document, Draft, JsonSchema};
use crate::schema::tree::{Member, Node, Value};

/// How often in a row a reference is followed that one of the schemas spells out.
const MOST_REFERENCES: usize = 8;

/// Enter every change: of the schemas themselves, then of the texts that both refer to.
pub(super) fn compare(old: Side<'_, JsonSchema>, new: Side<'_, JsonSchema>, list: &mut List) {
    let lines = [Lines::of(old.text), Lines::of(new.text)];
    let named = |schema: &JsonSchema| -> Vec<(Option<String>, usize)> {
        let documents = schema.documents().enumerate();
        documents.map(|(index, document)| (document.name().map(str::to_owned), index)).collect()
    };
    let before: HashMap<Option<String>, usize> = named(old.schema).into_iter().collect();
    let after = named(new.schema);
    for (name, index) in &after {
        let Some(&position) = before.get(name) else { continue };
        let documents = (old.schema.documents().nth(position), new.schema.documents().nth(*index));
        let (Some(from), Some(to)) = documents else { continue };
        let prefix = name.as_ref().map_or_else(String::new, |name| format!("{name}#"));
        let [from, to] =
            [(old.schema, from, &lines[0]), (new.schema, to, &lines[1])].map(|(schema, document, lines)| {
                Half {
                    schema,
                    document,
                    lines: document.name().is_none().then_some(lines),
                    paths: Paths::new(),
                }
            });
        let suffix = name.as_ref().map_or_else(String::new, |name| format!(", in {}", shown(name)));
        let roots = (from.document.root(), to.document.root());
        let mut walk = Walk { halves: [from, to], list: &mut *list, prefix, suffix, followed: 0 };
        walk.schemas((roots.0, Paths::ROOT), (roots.1, Paths::ROOT), "the schema");
    }
}

/// One of the two schemas.
struct Half<'a> {
    schema: &'a JsonSchema,
    document: &'a Document,
    /// The lines of the text; `None` for a text that is referred to.
    lines: Option<&'a Lines<'a>>,
    paths: Paths<'a>,
}

/// A node and the way to it.
type Seat<'a> = (&'a Node, PathId);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Party {
    Old = 0,
    New = 1,
}

struct Walk<'a, 'l> {
    /// Old and new.
    halves: [Half<'a>; 2],
    list: &'l mut List,
    /// What pointers begin with where it is not the schema's own text.
    prefix: String,
    /// Says in which text it is, where it is not the schema's own.
    suffix: String,
    /// References that were followed on the way here.
    followed: usize,
}

impl<'a> Walk<'a, '_> {
    fn add(&mut self, kind: &'static Kind, message: String, old: Option<Spot>, new: Option<Spot>) {
        let message = message + &self.suffix;
        self.list.add(kind, message, old, new);
    }

    fn draft(&self, party: Party, node: &Node) -> Draft {
        self.halves[party as usize].document.draft_of(node)
    }

    /// A node.
    fn at(&self, party: Party, (node, path): Seat<'a>) -> Option<Spot> {
        self.spot(party, path, node.span.start)
    }

    /// A member, at its key.
    fn at_key(&self, party: Party, member: &Member, path: PathId) -> Option<Spot> {
        self.spot(party, path, member.key_span.start)
    }

    fn spot(&self, party: Party, path: PathId, offset: usize) -> Option<Spot> {
        let half = &self.halves[party as usize];
        let place = half.lines.map(|lines| lines.place(offset));
        Some(Spot { pointer: format!("{}{}", self.prefix, half.paths.pointer(path)), place })
    }

    fn key(&mut self, party: Party, from: PathId, key: &'a str) -> PathId {
        self.halves[party as usize].paths.key(from, key)
    }

    fn index(&mut self, party: Party, from: PathId, index: usize) -> PathId {
        self.halves[party as usize].paths.index(from, index)
    }

    /// Compare two schemas.
    fn schemas(&mut self, old: Seat<'a>, new: Seat<'a>, what: &str) {
        if !self.list.step() {
            return;
        }
        match (&old.0.value, &new.0.value) {
            (Value::Object(from), Value::Object(to)) => self.objects((old, from), (new, to), what),
            (from, to) if same(from, to) => {}
            (from, to) => {
                let word = |value: &Value| match value {
                    Value::Bool(true) => "`true`, which allows everything",
                    Value::Bool(false) => "`false`, which allows nothing",
                    _ => "a schema with keywords",
                };
                let kind = match (from, to) {
                    (_, Value::Bool(true)) | (Value::Bool(false), _) => &kinds::TYPE_WIDENED,
                    (_, Value::Bool(false)) | (Value::Bool(true), _) => &kinds::TYPE_NARROWED,
                    _ => &kinds::TYPE_CHANGED,
                };
                let message = format!("{what} was {} and is {}", word(from), word(to));
                let at = (self.at(Party::Old, old), self.at(Party::New, new));
                self.add(kind, message, at.0, at.1);
            }
        }
    }

    fn objects(&mut self, old: (Seat<'a>, &'a [Member]), new: (Seat<'a>, &'a [Member]), what: &str) {
        let ((old, from), (new, to)) = (old, new);
        if self.spelled_out(old, new, what) {
            return;
        }
        let before = by_key(from);
        let after = by_key(to);
        for member in from {
            let path = self.key(Party::Old, old.1, &member.key);
            match after.get(member.key.as_str()) {
                Some(successor) => {
                    let there = self.key(Party::New, new.1, &successor.key);
                    self.keyword((old, new), (member, path), (successor, there), what);
                }
                None => self.gone((old, new), (member, path), what),
            }
        }
        for member in to.iter().filter(|member| !before.contains_key(member.key.as_str())) {
            let path = self.key(Party::New, new.1, &member.key);
            self.come((old, new), (member, path), what);
        }
    }

    /// Where one schema refers to what the other spells out, the two are compared in its place.
    fn spelled_out(&mut self, old: Seat<'a>, new: Seat<'a>, what: &str) -> bool {
        let reference =
            |node: &'a Node| node.get("$ref").and_then(Node::as_str).filter(|_| node.members().len() == 1);
        let (party, seat, to) = match (reference(old.0), reference(new.0)) {
            (Some(to), None) => (Party::Old, old, to),
            (None, Some(to)) => (Party::New, new, to),
            _ => return false,
        };
        let half = &self.halves[party as usize];
        let Some((0, target)) = half.schema.resolve(0, seat.0, to).filter(|_| half.document.name().is_none())
        else {
            return false;
        };
        if self.followed == MOST_REFERENCES {
            return false;
        }
        let at = (self.at(Party::Old, old), self.at(Party::New, new));
        let message = match party {
            Party::Old => format!("{what} referred to {} and is spelled out", shown(to)),
            Party::New => format!("{what} was spelled out and refers to {}", shown(to)),
        };
        self.add(&kinds::REFERENCE_CHANGED, message, at.0, at.1);
        self.followed += 1;
        // The pointer is that of the reference: findings and readers look for it there.
        match party {
            Party::Old => self.schemas((target, old.1), new, what),
            Party::New => self.schemas(old, (target, new.1), what),
        }
        self.followed -= 1;
        true
    }
}

fn by_key(members: &[Member]) -> HashMap<&str, &Member> {
    members.iter().map(|member| (member.key.as_str(), member)).collect()
}

/// Do both say the same, in whatever order the keys of objects stand?
fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(old), Value::Bool(new)) => old == new,
        (Value::Number(old), Value::Number(new)) | (Value::String(old), Value::String(new)) => old == new,
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(&old.value, &new.value))
        }
        (Value::Object(old), Value::Object(new)) => {
            let after = by_key(new);
            let is_same = |member: &Member| {
                after
                    .get(member.key.as_str())
                    .is_some_and(|other| same(&member.value.value, &other.value.value))
            };
            old.len() == new.len() && old.iter().all(is_same)
        }
        _ => false,
    }
}
