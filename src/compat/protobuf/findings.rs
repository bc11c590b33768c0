//! What was found out, as findings with places, sentences and witnesses.

use std::collections::VecDeque;

use super::fidelity::{Fidelity, Local, Pair, Sides, Spot};
use super::model::{Message, MessageId};
use super::sample::Sampler;
use super::{rules, sentence};
use crate::compat::finding::{Incompatibility, Labels, Pointer, Severity};
use crate::compat::report::Room;
use crate::compat::rules::Rule;
use crate::compat::witness::Witness;
use crate::compat::witness::protobuf::{Claim, Expected, Party};

/// The findings of a pair of schemas, as far as witnesses bear them out.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) told: Vec<Incompatibility>,
    /// How many of each rule are told; those beyond were not tried.
    pub(super) room: Room,
    /// Where there is something that only a message too large to be shown would show.
    pub(super) unshown: Option<String>,
    /// Something that was believed was not seen to happen.
    pub(super) is_contradicted: bool,
}

/// Turns what was found out into findings.
pub(super) struct Teller<'a> {
    pub(super) sides: Sides<'a>,
    pub(super) sampler: &'a Sampler<'a>,
    pub(super) fidelity: &'a Fidelity,
    pub(super) reader: Party<'a>,
    pub(super) writer: Party<'a>,
    pub(super) found: Findings,
}

impl Teller<'_> {
    pub(super) fn tell(mut self) -> Findings {
        for &removed in &self.fidelity.removed {
            self.removed(removed);
        }
        let broken = self.paths(|severity| matches!(severity, Severity::Break | Severity::Altered));
        let lossy = self.paths(|severity| severity == Severity::Lossy);
        for (index, pair) in self.fidelity.pairs.iter().enumerate() {
            for local in &pair.locals {
                if pair.is_root() || !matches!(local.spot, Spot::Field(_) | Spot::Oneof(_)) {
                    self.local(index, local);
                }
            }
            if !pair.is_root() {
                continue;
            }
            for &(number, child) in &pair.children {
                if self.fidelity.pairs.get(child).is_none_or(Pair::is_root) {
                    continue;
                }
                if broken.get(child).is_some_and(Option::is_some) {
                    self.used(index, number, child, &broken);
                } else if lossy.get(child).is_some_and(Option::is_some) {
                    self.used(index, number, child, &lossy);
                }
            }
        }
        self.found
    }

    /// For each pair that is no root, the next step to the nearest one with something of that severity
    /// wrong in it: the number of a field and the pair that it leads to, or itself.
    fn paths(&self, is_meant: impl Fn(Severity) -> bool) -> Vec<Option<(i32, usize)>> {
        let pairs = &self.fidelity.pairs;
        let mut users: Vec<Vec<(i32, usize)>> = vec![Vec::new(); pairs.len()];
        for (index, pair) in pairs.iter().enumerate().filter(|(_, pair)| !pair.is_root()) {
            for &(number, child) in &pair.children {
                users[child].push((number, index));
            }
        }
        let mut next = vec![None; pairs.len()];
        let mut queue = VecDeque::new();
        for (index, pair) in pairs.iter().enumerate().filter(|(_, pair)| !pair.is_root()) {
            if culprit(pair, &is_meant).is_some() {
                next[index] = Some((0, index));
                queue.push_back(index);
            }
        }
        while let Some(index) = queue.pop_front() {
            for &(number, user) in &users[index] {
                if next[user].is_none() {
                    next[user] = Some((number, index));
                    queue.push_back(user);
                }
            }
        }
        next
    }

    fn removed(&mut self, removed: MessageId) {
        if !self.found.room.take(&rules::PROTO_MESSAGE_REMOVED, Severity::Break) {
            return;
        }
        let message = self.sides.writer.message(removed);
        let around = self.sides.reader.around(&message.path).map(|id| self.sides.reader.message(id));
        let around = around.map_or(self.sides.reader.file_place(), |around| around.place);
        let reader_at = Pointer::at(message.pointer(), around);
        let writer_at = Pointer::at(message.pointer(), message.place);
        let bytes = self.sampler.minimal(removed).and_then(|sample| self.sampler.encode(&sample));
        let Labels { reader, writer } = Labels::of(self.sides.direction);
        let sentence = format!(
            "the {reader} schema has no message `{}`, which the {writer} schema writes",
            message.local_name()
        );
        // The package plays no part on the wire.
        let package = self.sides.reader.package();
        let dot = if package.is_empty() { "" } else { "." };
        let claim = bytes.map(|bytes| Claim {
            written: message.full_name.clone(),
            read: format!("{package}{dot}{}", message.local_name()),
            bytes,
            route: Vec::new(),
            expected: Expected::NoMessage,
            portable: true,
        });
        self.push(&rules::PROTO_MESSAGE_REMOVED, Severity::Break, sentence, (reader_at, writer_at), claim);
    }

    /// Something that is reported where it is defined.
    fn local(&mut self, index: usize, local: &Local) {
        if !self.found.room.take(local.rule, local.severity) {
            return;
        }
        let Some(pair) = self.fidelity.pairs.get(index) else { return };
        let places = self.places(pair, local.spot);
        let sentence = sentence::of(self.sides, pair, local);
        let (root, route) = self.way(index);
        let claim = self.claim(root, route, local);
        self.push(local.rule, local.severity, sentence, places, claim);
    }

    /// A field whose type was exchanged for one that does not read the former.
    fn used(&mut self, index: usize, number: i32, child: usize, paths: &[Option<(i32, usize)>]) {
        let pairs = &self.fidelity.pairs;
        let Some(root) = pairs.get(index) else { return };
        let mut route = vec![number];
        let mut at = child;
        while let Some(Some((number, next))) = paths.get(at) {
            if *next == at {
                break;
            }
            route.push(*number);
            at = *next;
        }
        let Some(pair) = pairs.get(at) else { return };
        let Some(local) = culprit(pair, &|_| true) else { return };
        let read = self.sides.reader.message(pair.reader);
        let is_map =
            at == child && (read.is_map_entry || self.sides.writer.message(pair.writer).is_map_entry);
        let rule: &'static Rule = match is_map {
            true => &rules::PROTO_MAP_CHANGED,
            false => &rules::PROTO_MESSAGE_TYPE_INCOMPATIBLE,
        };
        let field = self.sides.reader.message(root.reader).field(number);
        let is_extension = field.is_some_and(|field| field.extension.is_some())
            || *local.rule == rules::PROTO_EXTENSION_CHANGED;
        let rule = if is_extension { &rules::PROTO_EXTENSION_CHANGED } else { rule };
        if !self.found.room.take(rule, local.severity) {
            return;
        }
        let places = self.places(root, Spot::Field(number));
        let name = field.map_or(String::new(), |field| field.shown_name().into_owned());
        let sentence = format!("the type of the field `{name}`: {}", sentence::of(self.sides, pair, local));
        let claim = self.claim(root, route, local);
        self.push(rule, local.severity, sentence, places, claim);
    }

    fn push(
        &mut self,
        rule: &'static Rule,
        severity: Severity,
        sentence: String,
        (reader_at, writer_at): (Pointer, Pointer),
        claim: Option<Claim>,
    ) {
        let Some(claim) = claim else {
            self.found.unshown.get_or_insert(reader_at.as_str().to_owned());
            return;
        };
        let Some(witness) = Witness::of_protobuf(self.reader, self.writer, claim) else {
            self.found.is_contradicted = true;
            return;
        };
        let finding = Incompatibility::proved(rule, self.sides.direction, sentence, Some(witness));
        self.found.told.push(Incompatibility { severity, ..finding }.between(reader_at, writer_at));
    }

    /// The root through which the pair is reached, and the numbers of the fields that lead to it.
    fn way(&self, index: usize) -> (&Pair, Vec<i32>) {
        let pairs = &self.fidelity.pairs;
        let mut route = Vec::new();
        let mut pair = &pairs[index];
        while let Some((parent, number)) = pair.parent {
            route.push(number);
            pair = &pairs[parent];
        }
        route.reverse();
        (pair, route)
    }

    fn claim(&self, root: &Pair, mut route: Vec<i32>, local: &Local) -> Option<Claim> {
        let sample = self.sampler.holding(root.writer, &route, &local.puts)?;
        route.push(local.seen_at);
        Some(Claim {
            written: self.sides.writer.message(root.writer).full_name.clone(),
            read: self.sides.reader.message(root.reader).full_name.clone(),
            bytes: self.sampler.encode(&sample)?,
            route,
            expected: local.expected,
            portable: local.portable,
        })
    }

    fn places(&self, pair: &Pair, spot: Spot) -> (Pointer, Pointer) {
        let (read, written) =
            (self.sides.reader.message(pair.reader), self.sides.writer.message(pair.writer));
        match spot {
            Spot::Field(number) => (at_field(read, number), at_field(written, number)),
            Spot::Oneof(oneof) => {
                let place = read.oneofs.get(oneof).and_then(|oneof| oneof.place);
                let reader_at = Pointer::at(read.oneof_pointer(oneof), place);
                (reader_at, Pointer::at(written.pointer(), written.place))
            }
            Spot::EnumNumber(from, to, number) => {
                let [to, from] = [self.sides.reader.enumeration(to), self.sides.writer.enumeration(from)];
                let [reader_at, writer_at] = [to, from].map(|definition| {
                    let place = definition.numbered(number).next().and_then(|constant| constant.place);
                    Pointer::at(definition.number_pointer(number), place.or(definition.place))
                });
                (reader_at, writer_at)
            }
            Spot::Enum(from, to) => {
                let [to, from] = [self.sides.reader.enumeration(to), self.sides.writer.enumeration(from)];
                let [reader_at, writer_at] = [to, from]
                    .map(|definition| Pointer::at(format!("/{}", definition.path), definition.place));
                (reader_at, writer_at)
            }
        }
    }
}

fn at_field(message: &Message<'_>, number: i32) -> Pointer {
    let place = message.field(number).map_or(message.place, |field| field.place);
    Pointer::at(message.field_pointer(number), place)
}

/// The worst thing of a meant severity that is wrong with the pair's own fields.
fn culprit<'a>(pair: &'a Pair, is_meant: &impl Fn(Severity) -> bool) -> Option<&'a Local> {
    // What is wrong with an enum is reported where the enum is defined.
    let is_own = |local: &&Local| matches!(local.spot, Spot::Field(_) | Spot::Oneof(_));
    let meant = pair.locals.iter().filter(is_own).filter(|local| is_meant(local.severity));
    meant.min_by_key(|local| match local.severity {
        Severity::Break => 0,
        Severity::Altered => 1,
        Severity::Lossy | Severity::Source => 2,
    })
}
