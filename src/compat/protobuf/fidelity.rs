//! Which values of the writer the reader does not read as they were written.
//!
//! The question is asked of pairs of messages, one of the writer and one of the reader. Every message of
//! the writer's file is a root, because data names its message by its position in the file; pairs that
//! fields lead to follow. Whether a pair is faithful rests on its own fields and on the pairs they lead
//! to, never on an assumption: each pair is looked at once, and what is wrong in it is carried to those
//! who use it afterwards. That is the greatest fixpoint, without a stack and without guesses to take
//! back.

mod enums;
mod field;
mod oneof;

use std::collections::{HashMap, VecDeque};

use self::enums::EnumDifference;
use super::kinds::arrives_as;
use super::model::{Cardinality, EnumId, Field, Kind, MessageId, Model, Plain, Presence};
use super::rules;
use super::sample::{Content, Heights, Put};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::Severity;
use crate::compat::rules::Rule;
use crate::compat::witness::protobuf::Expected;
use crate::model::Direction;
use crate::schema::protobuf::model::Scalar;
use crate::schema::protobuf::names::Origin;

/// A message of the writer and what reads it.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) writer: MessageId,
    pub(super) reader: MessageId,
    /// The pair and the number of its field through which it was reached first; `None` for roots.
    pub(super) parent: Option<(usize, i32)>,
    /// What is wrong with its own fields.
    pub(super) locals: Vec<Local>,
    /// The pairs that its fields lead to, with their numbers.
    pub(super) children: Vec<(i32, usize)>,
}

impl Pair {
    /// What is wrong with it is reported where it is defined, not where it is used.
    pub(super) fn is_root(&self) -> bool {
        self.parent.is_none()
    }
}

/// Something that is wrong with a pair's own fields, and how to show it.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) spot: Spot,
    pub(super) what: What,
    pub(super) expected: Expected,
    /// What to put into the writer's message.
    pub(super) puts: Vec<Put>,
    /// The number of the field where the harm is seen.
    pub(super) seen_at: i32,
    /// All implementations are known to agree.
    pub(super) portable: bool,
}

/// Where it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// The field with that number.
    Field(i32),
    /// The reader's oneof with that index.
    Oneof(usize),
    /// A number of an enum that both files define.
    EnumNumber(EnumId, EnumId, i32),
    /// An enum that both files define.
    Enum(EnumId, EnumId),
}

/// What is wrong, for the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Type,
    ManyToOne,
    ListToMap,
    Required,
    Joined(i32, i32),
    NotInEnum(i128),
    EnumClosed,
    Renamed(i32),
    Default,
    Presence,
}

/// What was found out about a reader and a writer.
#[derive(Debug)]
pub(super) struct Fidelity {
    pub(super) pairs: Vec<Pair>,
    /// Messages of the writer that the reader lacks.
    pub(super) removed: Vec<MessageId>,
    /// The first thing that is beyond this judge: what, and where in the writer.
    pub(super) unsupported: Option<(String, String)>,
}

/// The two meanings that are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) writer: &'a Model<'a>,
    pub(super) reader: &'a Model<'a>,
    pub(super) heights: &'a Heights,
    pub(super) direction: Direction,
}

/// Compare whatever the writer can write with what the reader makes of it.
pub(super) fn examine(sides: Sides<'_>, fuel: &mut Fuel) -> Result<Fidelity, Exhausted> {
    let mut walk = Walk {
        sides,
        found: Fidelity { pairs: Vec::new(), removed: Vec::new(), unsupported: None },
        indexes: HashMap::new(),
        queue: VecDeque::new(),
        enums: HashMap::new(),
        told: HashMap::new(),
    };
    walk.roots();
    while let Some(index) = walk.queue.pop_front() {
        walk.pair(index, fuel)?;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    sides: Sides<'a>,
    found: Fidelity,
    indexes: HashMap<(MessageId, MessageId), usize>,
    /// Pairs to be looked at, the nearest to a root first.
    queue: VecDeque<usize>,
    enums: HashMap<(EnumId, EnumId), EnumDifference>,
    /// Enums whose differences are reported already.
    told: HashMap<(EnumId, EnumId), Told>,
}

/// How much of what is wrong with an enum is reported. Not every field shows what is wrong with zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    but_zero: bool,
    zero_missing: bool,
    zero_renamed: bool,
}

impl<'a> Walk<'a> {
    fn roots(&mut self) {
        for &written in self.sides.writer.own_messages() {
            let message = self.sides.writer.message(written);
            if message.is_map_entry || !self.sides.heights.is_inhabited(written) {
                continue;
            }
            // A message that moved into an imported file is still known by its full name.
            let reader = self.sides.reader;
            let known = reader.own_message(&message.path);
            match known.or_else(|| reader.message_named(&message.full_name)) {
                Some(read) => {
                    self.enter(written, read, None);
                }
                None => self.found.removed.push(written),
            }
        }
    }

    /// The index of a pair, which is looked at later if it is new.
    fn enter(&mut self, writer: MessageId, reader: MessageId, parent: Option<(usize, i32)>) -> usize {
        let index = *self.indexes.entry((writer, reader)).or_insert(self.found.pairs.len());
        if index == self.found.pairs.len() {
            self.found.pairs.push(Pair { writer, reader, parent, locals: Vec::new(), children: Vec::new() });
            self.queue.push_back(index);
        }
        index
    }

    fn pair(&mut self, index: usize, fuel: &mut Fuel) -> Result<(), Exhausted> {
        let Pair { writer: from, reader: to, .. } = self.found.pairs[index];
        let Sides { writer, reader, heights, .. } = self.sides;
        let (written, read) = (writer.message(from), reader.message(to));
        fuel.spend(1 + written.fields().len() + read.fields().len())?;
        if let Some(what) = written.unsupported.as_ref().or(read.unsupported.as_ref()) {
            self.beyond(what.clone(), written.pointer());
        }
        let mut shared = Vec::new();
        for field in read.fields() {
            match written.field(field.number) {
                // What is never set is never read.
                Some(other) if !heights.can_be_set(writer, other) => self.missing(index, field),
                Some(other) => {
                    if self.field(index, other, field, fuel)? {
                        shared.push((other, field));
                    }
                }
                None => self.missing(index, field),
            }
        }
        self.oneofs(index, &shared);
        Ok(())
    }

    /// The first thing beyond this judge counts.
    fn beyond(&mut self, what: String, at: String) {
        self.found.unsupported.get_or_insert((what, at));
    }

    /// The writer never sets what the reader may insist on.
    fn missing(&mut self, index: usize, field: &Field<'_>) {
        if field.is_required() {
            self.required(index, field);
        }
    }

    fn required(&mut self, index: usize, field: &Field<'_>) {
        let rule: &'static Rule = match self.sides.direction {
            Direction::Backward => &rules::PROTO_REQUIRED_ADDED,
            Direction::Forward => &rules::PROTO_REQUIRED_REMOVED,
        };
        self.note(
            index,
            Local {
                rule,
                severity: rule.severity,
                spot: Spot::Field(field.number),
                what: What::Required,
                expected: Expected::RequiredMissing,
                puts: Vec::new(),
                seen_at: field.number,
                portable: true,
            },
        );
    }

    fn note(&mut self, index: usize, local: Local) {
        let pair = &mut self.found.pairs[index];
        let is_extension = |number: i32| {
            let is = |model: &Model<'_>, id| {
                model.message(id).field(number).is_some_and(|field| field.extension.is_some())
            };
            is(self.sides.writer, pair.writer) || is(self.sides.reader, pair.reader)
        };
        let local = match local.spot {
            Spot::Field(number) if is_extension(number) => {
                Local { rule: &rules::PROTO_EXTENSION_CHANGED, ..local }
            }
            _ => local,
        };
        pair.locals.push(local);
    }

    /// The pair of messages that a field leads to.
    fn descend(&mut self, index: usize, number: i32, from: MessageId, to: MessageId) {
        let (written, read) = (self.sides.writer.message(from), self.sides.reader.message(to));
        let is_built_in = |origin| matches!(origin, Origin::BuiltIn(_));
        if is_built_in(written.origin) && written.origin == read.origin && written.full_name == read.full_name
        {
            return;
        }
        let child = self.enter(from, to, Some((index, number)));
        self.found.pairs[index].children.push((number, child));
    }
}

/// A value of the field that is seen on the wire and that `read` takes, if it has to; not zero, if
/// possible.
fn visible(sides: Sides<'_>, written: &Field<'_>, read: Option<&Field<'_>>) -> Option<Content> {
    let plain = match &written.kind {
        Kind::Message(id, _) => return Some(noticeable(sides, *id)),
        Kind::Unresolved(_) => return None,
        Kind::Scalar(Scalar::Double) => Plain::Double(1.0),
        Kind::Scalar(Scalar::Float) => Plain::Float(1.0),
        Kind::Scalar(Scalar::String) => Plain::Text("a".to_owned()),
        Kind::Scalar(Scalar::Bytes) => Plain::Bytes(vec![b'a']),
        Kind::Scalar(_) | Kind::Enum(_) => Plain::Number(visible_number(sides, written, read)?),
    };
    let is_hidden = written.cardinality == Cardinality::Singular(Presence::Implicit);
    (!is_hidden || !plain.is_zero()).then_some(Content::Plain(plain))
}

/// A message that is not empty, if there is one.
fn noticeable(sides: Sides<'_>, id: MessageId) -> Content {
    let fields = sides.writer.message(id).fields().iter();
    let mut settable = fields.filter(|field| sides.heights.can_be_set(sides.writer, field));
    let put = settable.find_map(|field| {
        let content = match &field.kind {
            Kind::Message(inner, _) => Content::Minimal(*inner),
            _ => visible(sides, field, None)?,
        };
        Some(Put { number: field.number, contents: vec![content] })
    });
    match put {
        Some(put) => Content::With(id, vec![put]),
        None => Content::Minimal(id),
    }
}

/// A number of the writer's type that `read` takes, if it has to.
fn visible_number(sides: Sides<'_>, written: &Field<'_>, read: Option<&Field<'_>>) -> Option<i128> {
    let is_written = |number: i32| match &written.kind {
        Kind::Enum(id) => {
            let definition = sides.writer.enumeration(*id);
            !definition.is_closed || definition.declares(number)
        }
        Kind::Scalar(Scalar::Bool) => (0..=1).contains(&number),
        Kind::Scalar(Scalar::Uint32 | Scalar::Uint64 | Scalar::Fixed32 | Scalar::Fixed64) => number >= 0,
        _ => true,
    };
    let is_read = |number: i32| match read.map(|read| &read.kind) {
        Some(kind @ Kind::Enum(id)) => {
            let definition = sides.reader.enumeration(*id);
            let arrives = i32::try_from(arrives_as(&written.kind, kind, number.into()));
            !definition.is_closed || arrives.is_ok_and(|number| definition.declares(number))
        }
        _ => true,
    };
    let numbers = |model: &Model<'_>, kind: &Kind| match kind {
        Kind::Enum(id) => model.enumeration(*id).constants().iter().map(|constant| constant.number).collect(),
        _ => Vec::new(),
    };
    let mut candidates: Vec<i32> = numbers(sides.writer, &written.kind);
    candidates.push(1);
    for number in read.iter().flat_map(|read| numbers(sides.reader, &read.kind)) {
        // The number itself, and what is that number once zigzag is read as plain.
        candidates.extend([number, (number >> 1) ^ -(number & 1)]);
    }
    candidates.push(0);
    candidates.retain(|&number| is_written(number) && is_read(number));
    let visible = candidates.iter().find(|number| **number != 0).or(candidates.first());
    visible.map(|number| (*number).into())
}
