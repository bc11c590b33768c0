//! Messages made up for a schema: the smallest one of a type, with a value put where it matters, and
//! their bytes.
//!
//! Only what must be written is: required fields, and key and value of the entries of maps. A message
//! that can only be written if it holds itself does not exist at all; [`Heights`] tells.

use super::model::{Cardinality, Encoding, Field, Kind, Message, MessageId, Model, Plain, Presence};
use crate::schema::protobuf::model::Scalar;

/// Witnesses are to be read by people, and decoders stop at a hundred levels.
const MAX_NODES: usize = 2_000;
const MAX_HEIGHT: u32 = 90;
const MAX_BYTES: usize = 64 * 1024;

/// A message.
#[derive(Debug, Clone)]
pub(in crate::compat) struct Sample {
    pub(in crate::compat) message: MessageId,
    /// By number; a field with several elements is repeated.
    fields: Vec<(i32, Vec<Item>)>,
}

/// What a field holds, or an element of it.
#[derive(Debug, Clone)]
pub(in crate::compat) enum Item {
    Plain(Plain),
    Message(Sample),
}

/// What to put into a field of a sample.
#[derive(Debug, Clone)]
pub(in crate::compat) struct Put {
    pub(in crate::compat) number: i32,
    /// Its elements; none at all leave the field unset.
    pub(in crate::compat) contents: Vec<Content>,
}

/// A value, or an element.
#[derive(Debug, Clone)]
pub(in crate::compat) enum Content {
    Plain(Plain),
    /// The smallest message of the type.
    Minimal(MessageId),
    /// The same with something put into it.
    With(MessageId, Vec<Put>),
}

/// How deep the smallest message of each type is; `None` where there is no finite one.
#[derive(Debug)]
pub(in crate::compat) struct Heights {
    of: Vec<Option<u32>>,
}

impl Heights {
    pub(in crate::compat) fn of(model: &Model<'_>) -> Heights {
        let count = model.messages().count();
        let mut users: Vec<Vec<MessageId>> = vec![Vec::new(); count];
        let mut waits_for: Vec<usize> = vec![0; count];
        for (id, message) in model.messages() {
            for needed in needed(message) {
                users[needed.index()].push(id);
                waits_for[id.index()] += 1;
            }
        }
        let mut of = vec![None; count];
        let mut ready: Vec<(MessageId, u32)> =
            model.messages().filter(|(id, _)| waits_for[id.index()] == 0).map(|(id, _)| (id, 1)).collect();
        // Level by level, so that a message is ready when the deepest of what it needs is.
        while !ready.is_empty() {
            let mut next = Vec::new();
            for (id, height) in ready {
                of[id.index()] = Some(height);
                for user in &users[id.index()] {
                    waits_for[user.index()] -= 1;
                    if waits_for[user.index()] == 0 {
                        next.push((*user, height.saturating_add(1)));
                    }
                }
            }
            ready = next;
        }
        Heights { of }
    }

    /// Can a message of that type be written at all?
    pub(in crate::compat) fn is_inhabited(&self, id: MessageId) -> bool {
        self.of.get(id.index()).is_some_and(Option::is_some)
    }

    /// Can the field be set?
    pub(in crate::compat) fn can_be_set(&self, model: &Model<'_>, field: &Field<'_>) -> bool {
        match &field.kind {
            Kind::Message(id, _) => self.is_inhabited(*id),
            Kind::Enum(id) => !model.enumeration(*id).constants().is_empty(),
            Kind::Scalar(_) | Kind::Unresolved(_) => true,
        }
    }
}

/// The messages that each message of the type holds.
fn needed<'m>(message: &'m Message<'_>) -> impl Iterator<Item = MessageId> + 'm {
    message.fields().iter().filter(|field| is_always_written(field)).filter_map(|field| match &field.kind {
        Kind::Message(id, _) => Some(*id),
        _ => None,
    })
}

fn is_always_written(field: &Field<'_>) -> bool {
    matches!(field.presence(), Some(Presence::Required | Presence::Entry))
}

/// Makes samples for one schema.
#[derive(Debug)]
pub(in crate::compat) struct Sampler<'a> {
    model: &'a Model<'a>,
    heights: Heights,
}

impl<'a> Sampler<'a> {
    pub(in crate::compat) fn of(model: &'a Model<'a>) -> Sampler<'a> {
        Sampler { model, heights: Heights::of(model) }
    }

    pub(in crate::compat) fn heights(&self) -> &Heights {
        &self.heights
    }

    /// The smallest message of the type; `None` if there is none, or none that is small.
    pub(in crate::compat) fn minimal(&self, id: MessageId) -> Option<Sample> {
        let mut nodes = MAX_NODES;
        self.build(id, &mut nodes)
    }

    fn build(&self, id: MessageId, nodes: &mut usize) -> Option<Sample> {
        if self.heights.of.get(id.index()).copied().flatten()? > MAX_HEIGHT {
            return None;
        }
        let mut fields = Vec::new();
        for field in self.model.message(id).fields().iter().filter(|field| is_always_written(field)) {
            *nodes = nodes.checked_sub(1)?;
            let item = match &field.kind {
                Kind::Message(id, _) => Item::Message(self.build(*id, nodes)?),
                kind => Item::Plain(self.least(kind)?),
            };
            fields.push((field.number, vec![item]));
        }
        Some(Sample { message: id, fields })
    }

    /// The least value of a type that is no message.
    pub(in crate::compat) fn least(&self, kind: &Kind) -> Option<Plain> {
        match kind {
            Kind::Scalar(Scalar::Double) => Some(Plain::Double(0.0)),
            Kind::Scalar(Scalar::Float) => Some(Plain::Float(0.0)),
            Kind::Scalar(Scalar::String) => Some(Plain::Text(String::new())),
            Kind::Scalar(Scalar::Bytes) => Some(Plain::Bytes(Vec::new())),
            Kind::Scalar(_) => Some(Plain::Number(0)),
            Kind::Enum(id) => {
                let first = self.model.enumeration(*id).constants().first()?;
                Some(Plain::Number(first.number.into()))
            }
            Kind::Message(..) | Kind::Unresolved(_) => None,
        }
    }

    /// A message of type `root`, minimal but for `puts` in the message to which `route` leads by the
    /// numbers of fields; `None` if there is none that is small.
    pub(in crate::compat) fn holding(&self, root: MessageId, route: &[i32], puts: &[Put]) -> Option<Sample> {
        if route.len() > MAX_HEIGHT as usize {
            return None;
        }
        let mut chain = vec![self.minimal(root)?];
        for number in route {
            let around = chain.last()?.message;
            let Kind::Message(inner, _) = &self.model.message(around).field(*number)?.kind else {
                return None;
            };
            chain.push(self.minimal(*inner)?);
        }
        let mut held = chain.pop()?;
        self.put(&mut held, puts)?;
        while let Some(mut around) = chain.pop() {
            let number = *route.get(chain.len())?;
            around.set(number, vec![Item::Message(held)]);
            held = around;
        }
        Some(held)
    }

    /// By recursion: the engine nests contents at most once.
    fn put(&self, sample: &mut Sample, puts: &[Put]) -> Option<()> {
        for put in puts {
            let items = put.contents.iter().map(|content| match content {
                Content::Plain(plain) => Some(Item::Plain(plain.clone())),
                Content::Minimal(id) => self.minimal(*id).map(Item::Message),
                Content::With(id, puts) => {
                    let mut inner = self.minimal(*id)?;
                    self.put(&mut inner, puts)?;
                    Some(Item::Message(inner))
                }
            });
            sample.set(put.number, items.collect::<Option<Vec<Item>>>()?);
        }
        Some(())
    }

    /// The bytes of the sample; `None` if they are too many to be shown.
    pub(in crate::compat) fn encode(&self, sample: &Sample) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(sample, &mut bytes);
        (bytes.len() <= MAX_BYTES).then_some(bytes)
    }

    fn write(&self, sample: &Sample, bytes: &mut Vec<u8>) {
        let message = self.model.message(sample.message);
        for (number, items) in &sample.fields {
            let Some(field) = message.field(*number) else { continue };
            match field.cardinality {
                Cardinality::Repeated { is_packed: true } => {
                    let mut packed = Vec::new();
                    for item in items {
                        self.write_value(field, item, &mut packed);
                    }
                    write_tag(field.number, LENGTH_PREFIXED, bytes);
                    write_prefixed(&packed, bytes);
                }
                Cardinality::Singular(Presence::Implicit) => {
                    let written = items.iter().filter(|item| !item.is_zero());
                    written.for_each(|item| self.write_record(field, item, bytes));
                }
                Cardinality::Singular(_) | Cardinality::Repeated { .. } => {
                    items.iter().for_each(|item| self.write_record(field, item, bytes));
                }
            }
        }
    }

    fn write_record(&self, field: &Field<'_>, item: &Item, bytes: &mut Vec<u8>) {
        write_tag(field.number, wire_type(&field.kind), bytes);
        self.write_value(field, item, bytes);
        if let Kind::Message(_, Encoding::Delimited) = &field.kind {
            write_tag(field.number, END_OF_GROUP, bytes);
        }
    }

    fn write_value(&self, field: &Field<'_>, item: &Item, bytes: &mut Vec<u8>) {
        match (&field.kind, item) {
            (Kind::Message(_, Encoding::LengthPrefixed), Item::Message(sample)) => {
                let mut inner = Vec::new();
                self.write(sample, &mut inner);
                write_prefixed(&inner, bytes);
            }
            (Kind::Message(_, Encoding::Delimited), Item::Message(sample)) => self.write(sample, bytes),
            (Kind::Scalar(scalar), Item::Plain(plain)) => write_plain(*scalar, plain, bytes),
            (Kind::Enum(_), Item::Plain(plain)) => write_plain(Scalar::Int32, plain, bytes),
            _ => {}
        }
    }
}

impl Sample {
    /// Put `items` into a field, instead of what it holds; no items unset it.
    pub(in crate::compat) fn set(&mut self, number: i32, items: Vec<Item>) {
        let place = self.fields.binary_search_by_key(&number, |(number, _)| *number);
        match place {
            Ok(index) if items.is_empty() => drop(self.fields.remove(index)),
            Ok(index) => self.fields[index].1 = items,
            Err(_) if items.is_empty() => {}
            Err(index) => self.fields.insert(index, (number, items)),
        }
    }
}

impl Item {
    fn is_zero(&self) -> bool {
        matches!(self, Item::Plain(plain) if plain.is_zero())
    }
}

const VARINT: u64 = 0;
const EIGHT_BYTES: u64 = 1;
const LENGTH_PREFIXED: u64 = 2;
const GROUP: u64 = 3;
const END_OF_GROUP: u64 = 4;
const FOUR_BYTES: u64 = 5;

/// The wire type of a record of that type that is not packed.
fn wire_type(kind: &Kind) -> u64 {
    match kind {
        Kind::Scalar(Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64) => EIGHT_BYTES,
        Kind::Scalar(Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32) => FOUR_BYTES,
        Kind::Scalar(Scalar::String | Scalar::Bytes) => LENGTH_PREFIXED,
        Kind::Scalar(_) | Kind::Enum(_) | Kind::Unresolved(_) => VARINT,
        Kind::Message(_, Encoding::LengthPrefixed) => LENGTH_PREFIXED,
        Kind::Message(_, Encoding::Delimited) => GROUP,
    }
}

fn write_tag(number: i32, wire_type: u64, bytes: &mut Vec<u8>) {
    write_varint(((number as u32 as u64) << 3) | wire_type, bytes);
}

fn write_prefixed(inner: &[u8], bytes: &mut Vec<u8>) {
    write_varint(inner.len() as u64, bytes);
    bytes.extend_from_slice(inner);
}

fn write_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn write_plain(scalar: Scalar, plain: &Plain, bytes: &mut Vec<u8>) {
    match plain {
        Plain::Number(number) => match scalar {
            Scalar::Fixed32 | Scalar::Sfixed32 => bytes.extend_from_slice(&(*number as u32).to_le_bytes()),
            Scalar::Fixed64 | Scalar::Sfixed64 => bytes.extend_from_slice(&(*number as u64).to_le_bytes()),
            _ => write_varint(super::kinds::to_varint(scalar, *number), bytes),
        },
        Plain::Float(number) => bytes.extend_from_slice(&number.to_le_bytes()),
        Plain::Double(number) => bytes.extend_from_slice(&number.to_le_bytes()),
        Plain::Text(text) => write_prefixed(text.as_bytes(), bytes),
        Plain::Bytes(raw) => write_prefixed(raw, bytes),
    }
}
