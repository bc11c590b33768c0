//! Keywords whose value is a list or a table of names.

use std::collections::{HashMap, HashSet};

use super::{Party, Seat, Walk, by_key, same};
use crate::diff::change::Kind;
use crate::diff::kinds;
use crate::diff::list::shown;
use crate::schema::tree::{Node, Value};

/// The kinds for what came and for what went.
type Pair = (&'static Kind, &'static Kind);

impl<'a> Walk<'a, '_> {
    /// Names and their schemas.
    pub(super) fn named(
        &mut self,
        (old, new): (Seat<'a>, Seat<'a>),
        what: &str,
        noun: &str,
        (came, went): Pair,
    ) {
        let (before, after) = (by_key(old.0.members()), by_key(new.0.members()));
        for member in old.0.members() {
            let path = self.key(Party::Old, old.1, &member.key);
            let Some(successor) = after.get(member.key.as_str()) else {
                let at = self.at_key(Party::Old, member, path);
                self.add(
                    went,
                    format!("{what} lacks the {noun} {}, which it had", shown(&member.key)),
                    at,
                    None,
                );
                continue;
            };
            let there = self.key(Party::New, new.1, &successor.key);
            let inner =
                if what.len() < 300 { format!("{} of {what}", shown(&member.key)) } else { what.to_owned() };
            self.schemas((&member.value, path), (&successor.value, there), &inner);
        }
        for member in new.0.members().iter().filter(|member| !before.contains_key(member.key.as_str())) {
            let path = self.key(Party::New, new.1, &member.key);
            let at = self.at_key(Party::New, member, path);
            self.add(came, format!("{what} has the new {noun} {}", shown(&member.key)), None, at);
        }
    }

    /// Names and schemas that only one side has.
    pub(super) fn only(&mut self, party: Party, seat: Seat<'a>, what: &str, noun: &str, kind: &'static Kind) {
        for member in seat.0.members() {
            let path = self.key(party, seat.1, &member.key);
            let at = self.at_key(party, member, path);
            match party {
                Party::Old => {
                    let message = format!("{what} lacks the {noun} {}, which it had", shown(&member.key));
                    self.add(kind, message, at, None);
                }
                Party::New => {
                    self.add(kind, format!("{what} has the new {noun} {}", shown(&member.key)), None, at);
                }
            }
        }
    }

    /// Words and values in no order: `required`, `enum`.
    pub(super) fn words(&mut self, (old, new): (Seat<'a>, Seat<'a>), what: &str, (came, went): Pair) {
        let [before, after] = [old, new].map(|seat| texts(seat.0).into_iter().collect::<HashSet<_>>());
        self.list_words(Party::Old, old, what, went, &after);
        self.list_words(Party::New, new, what, came, &before);
    }

    /// Words that only one side has.
    pub(super) fn only_words(&mut self, party: Party, seat: Seat<'a>, what: &str, kind: &'static Kind) {
        self.list_words(party, seat, what, kind, &HashSet::new());
    }

    fn list_words(
        &mut self,
        party: Party,
        seat: Seat<'a>,
        what: &str,
        kind: &'static Kind,
        except: &HashSet<String>,
    ) {
        let mut told = HashSet::new();
        for (index, element) in seat.0.elements().unwrap_or_default().iter().enumerate() {
            let text = element.to_compact();
            if except.contains(&text) || !told.insert(text.clone()) {
                continue;
            }
            let path = self.index(party, seat.1, index);
            let at = self.at(party, (element, path));
            let value = shown(element.as_str().unwrap_or(&text));
            let message = match kind.id {
                "required-added" => format!("{what} requires {value}"),
                "required-removed" => format!("{what} no longer requires {value}"),
                "value-added" => format!("{what} may also be {value}"),
                _ => format!("{what} can no longer be {value}"),
            };
            match party {
                Party::Old => self.add(kind, message, at, None),
                Party::New => self.add(kind, message, None, at),
            }
        }
    }

    /// Schemas by position.
    pub(super) fn tuple(&mut self, (old, new): (Seat<'a>, Seat<'a>), what: &str) {
        let (from, to) = (old.0.elements().unwrap_or_default(), new.0.elements().unwrap_or_default());
        for (index, (before, after)) in from.iter().zip(to).enumerate() {
            let paths = (self.index(Party::Old, old.1, index), self.index(Party::New, new.1, index));
            self.schemas((before, paths.0), (after, paths.1), &format!("item {index} in {what}"));
        }
        for (index, element) in from.iter().enumerate().skip(to.len()) {
            self.branch(
                Party::Old,
                old,
                (index, element),
                &format!("item {index} of {what} is no longer described"),
            );
        }
        for (index, element) in to.iter().enumerate().skip(from.len()) {
            self.branch(Party::New, new, (index, element), &format!("item {index} of {what} is described"));
        }
    }

    /// Schemas in no order: those that are the same go together, then those of one name, then the rest in turn.
    pub(super) fn branches(&mut self, (old, new): (Seat<'a>, Seat<'a>), what: &str) {
        let (from, to) = (old.0.elements().unwrap_or_default(), new.0.elements().unwrap_or_default());
        let mut partners: Vec<Option<usize>> = vec![None; from.len()];
        let mut taken = vec![false; to.len()];
        let mut join = |key: &dyn Fn(&Node) -> Option<String>| {
            let mut free: HashMap<String, Vec<usize>> = HashMap::new();
            for index in (0..to.len()).rev().filter(|index| !taken[*index]) {
                if let Some(key) = key(&to[index]) {
                    free.entry(key).or_default().push(index);
                }
            }
            for (index, partner) in partners.iter_mut().enumerate().filter(|(_, partner)| partner.is_none()) {
                let found = key(&from[index]).and_then(|key| free.get_mut(&key)?.pop());
                if let Some(found) = found {
                    *partner = Some(found);
                    taken[found] = true;
                }
            }
        };
        join(&|node| Some(sorted(node)));
        for keyword in ["$ref", "title", "const", "type"] {
            join(&|node| node.get(keyword).map(Node::to_compact));
        }
        join(&|_| Some(String::new()));
        for (index, partner) in partners.iter().enumerate() {
            match partner {
                Some(there) if same(&from[index].value, &to[*there].value) => {}
                Some(there) => {
                    let paths = (self.index(Party::Old, old.1, index), self.index(Party::New, new.1, *there));
                    let inner = format!("branch {there} in {what}");
                    self.schemas((&from[index], paths.0), (&to[*there], paths.1), &inner);
                }
                None => {
                    let message = format!("branch {index} of {what} is gone");
                    self.branch(Party::Old, old, (index, &from[index]), &message);
                }
            }
        }
        for (index, element) in to.iter().enumerate().filter(|(index, _)| !taken[*index]) {
            self.branch(Party::New, new, (index, element), &format!("branch {index} of {what} is new"));
        }
    }

    fn branch(&mut self, party: Party, around: Seat<'a>, (index, element): (usize, &'a Node), message: &str) {
        let path = self.index(party, around.1, index);
        let at = self.at(party, (element, path));
        match party {
            Party::Old => self.add(&kinds::BRANCH_REMOVED, message.to_owned(), at, None),
            Party::New => self.add(&kinds::BRANCH_ADDED, message.to_owned(), None, at),
        }
    }
}

fn texts(node: &Node) -> Vec<String> {
    node.elements().unwrap_or_default().iter().map(Node::to_compact).collect()
}

/// The text with the keys of every object sorted.
fn sorted(node: &Node) -> String {
    match &node.value {
        Value::Object(members) => {
            let mut texts: Vec<String> =
                members.iter().map(|member| format!("{:?}:{}", member.key, sorted(&member.value))).collect();
            texts.sort_unstable();
            format!("{{{}}}", texts.join(","))
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(sorted).collect::<Vec<_>>().join(",")),
        _ => node.to_compact(),
    }
}
