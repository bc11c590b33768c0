//! Two readings of the same bytes, compared on the field numbers that both sides declare.

use buffa_descriptor::features::FieldPresence;
use buffa_descriptor::{
    DescriptorPool, DynamicMessage, EnumIndex, FieldDescriptor, FieldKind, MessageDescriptor, SingularKind,
    Value,
};

use super::{Party, show};
use crate::compat::protobuf::model::Plain;

/// What is not read as it was written.
#[derive(Debug)]
pub(super) struct Difference {
    /// The numbers of the fields that lead there.
    pub(super) route: Vec<i32>,
    /// The same for people.
    pub(super) at: String,
    pub(super) harm: Harm,
}

#[derive(Debug)]
pub(super) enum Harm {
    Lost {
        wrote: String,
    },
    Altered {
        wrote: String,
        read: String,
    },
    /// It reads the same, but as if it were not set.
    PresenceLost {
        wrote: String,
    },
    /// An enum's number has another name.
    Renamed {
        wrote: String,
        read: String,
    },
    /// It is not set, and holds another value.
    OtherDefault {
        wrote: String,
        read: String,
    },
    /// Another entry of the map has the same key.
    Collapsed {
        wrote: String,
    },
}

/// A field of one side and what stands in it.
struct Held<'v> {
    field: &'v FieldDescriptor,
    /// As it is without regard to what maps are on the wire.
    kind: FieldKind,
    /// The full name of the message around it.
    around: &'v str,
    is_in_entry: bool,
    value: Option<&'v Value>,
}

pub(super) struct Differ<'a> {
    reader: Party<'a>,
    writer: Party<'a>,
    route: Vec<i32>,
    at: Vec<String>,
    found: Vec<Difference>,
}

impl<'a> Differ<'a> {
    /// Every difference between `written` and `read`.
    pub(super) fn compare(
        reader: Party<'a>,
        writer: Party<'a>,
        written: &DynamicMessage,
        read: &DynamicMessage,
    ) -> Vec<Difference> {
        let mut differ = Differ { reader, writer, route: Vec::new(), at: Vec::new(), found: Vec::new() };
        differ.messages(written, read);
        differ.found
    }

    fn note(&mut self, harm: Harm) {
        self.found.push(Difference { route: self.route.clone(), at: self.at.join("."), harm });
    }

    /// By recursion: decoders bound how deep messages nest.
    fn messages(&mut self, written: &DynamicMessage, read: &DynamicMessage) {
        let descriptor = descriptor_of(written);
        let pool = written.pool();
        let declared = descriptor.fields().iter().map(|field| (field, field.name().to_owned()));
        let extensions = pool
            .extensions_of(written.message_index())
            .map(|extension| (extension.field(), format!("[{}]", extension.full_name())));
        for (field, name) in declared.chain(extensions) {
            let Some(other) = field_of(read, field.number()) else { continue };
            let writer = held(&self.writer.descriptors.full, written, field);
            let reader = held(&self.reader.descriptors.full, read, other);
            self.route.push(field.number() as i32);
            self.at.push(name);
            self.field(&writer, &reader);
            self.route.pop();
            self.at.pop();
        }
    }

    fn field(&mut self, writer: &Held<'_>, reader: &Held<'_>) {
        let is_singular = |held: &Held<'_>| matches!(held.field.kind(), FieldKind::Singular(_));
        if is_singular(writer) && is_singular(reader) {
            return self.singular(writer, reader);
        }
        let wrote = elements(writer);
        if let FieldKind::Map { .. } = reader.kind {
            let is_map = matches!(writer.kind, FieldKind::Map { .. });
            return self.entries(wrote, elements(reader), is_map);
        }
        let read = elements(reader);
        match (wrote, read) {
            ([], []) => {}
            (wrote, []) => self.note(Harm::Lost { wrote: show::values(wrote) }),
            (wrote, read) if wrote.len() == read.len() => {
                for (index, (wrote, read)) in wrote.iter().zip(read).enumerate() {
                    self.element(index, |differ| differ.values(writer.kind, wrote, reader.kind, read));
                }
            }
            (wrote, read) => {
                let (wrote, read) = (show::values(wrote), show::values(read));
                self.note(Harm::Altered { wrote, read });
            }
        }
    }

    fn element(&mut self, index: usize, compare: impl FnOnce(&mut Self)) {
        let name = self.at.last().cloned().unwrap_or_default();
        if let Some(last) = self.at.last_mut() {
            *last = format!("{name}[{index}]");
        }
        compare(self);
        if let Some(last) = self.at.last_mut() {
            *last = name;
        }
    }

    fn singular(&mut self, writer: &Held<'_>, reader: &Held<'_>) {
        match (writer.value, reader.value) {
            (None, None) => self.unset(writer, reader),
            (None, Some(read)) => {
                self.note(Harm::Altered { wrote: "nothing".to_owned(), read: show::value(read) });
            }
            (Some(wrote), None) => self.note(Harm::Lost { wrote: show::value(wrote) }),
            (Some(wrote), Some(read)) => {
                if is_implicit(reader.field) && is_zero(read) {
                    self.note_presence(writer, wrote);
                }
                self.values(writer.kind, wrote, reader.kind, read);
            }
        }
    }

    fn note_presence(&mut self, writer: &Held<'_>, wrote: &Value) {
        if writer.field.presence() == FieldPresence::Explicit && !writer.is_in_entry {
            self.note(Harm::PresenceLost { wrote: show::value(wrote) });
        }
    }

    /// Set on neither side: the defaults speak.
    fn unset(&mut self, writer: &Held<'_>, reader: &Held<'_>) {
        let (Some(wrote), Some(read)) = (default_of(self.writer, writer), default_of(self.reader, reader))
        else {
            return;
        };
        if !wrote.same(&read) {
            self.note(Harm::OtherDefault { wrote: wrote.to_string(), read: read.to_string() });
        } else if is_implicit(writer.field)
            && let (Some(from), Some(to)) = (enum_of(writer.kind), enum_of(reader.kind))
        {
            self.names(from, to, 0);
        }
    }

    fn values(&mut self, from: FieldKind, wrote: &Value, to: FieldKind, read: &Value) {
        if let (Value::EnumNumber(number), Value::EnumNumber(other)) = (wrote, read)
            && number == other
            && let (Some(from), Some(to)) = (enum_of(from), enum_of(to))
        {
            return self.names(from, to, *number);
        }
        if let (Value::Message(wrote), Value::Message(read)) = (wrote, read) {
            return self.messages(wrote, read);
        }
        if !is_same(wrote, read) {
            self.note(Harm::Altered { wrote: show::value(wrote), read: show::value(read) });
        }
    }

    fn names(&mut self, from: EnumIndex, to: EnumIndex, number: i32) {
        let written = names_of(&self.writer.descriptors.full, from, number);
        let read = names_of(&self.reader.descriptors.full, to, number);
        if let (Some(wrote), Some(other)) = (written.first(), read.first())
            && !written.iter().any(|name| read.contains(name))
        {
            let [wrote, read] = [wrote, other].map(|name| (*name).to_owned());
            self.note(Harm::Renamed { wrote, read });
        }
    }

    /// Entries of what the reader has as a map.
    fn entries(&mut self, wrote: &[Value], read: &[Value], is_map: bool) {
        let key = |entry: &Value| match entry {
            Value::Message(entry) => entry.field_by_number(1).map(plain),
            _ => None,
        };
        let is_key = |entry: &Value, wanted: &Option<Plain>| same_or_zero(&key(entry), wanted);
        for (index, entry) in wrote.iter().enumerate() {
            let wanted = key(entry);
            let is_overwritten = wrote.iter().skip(index + 1).any(|later| is_key(later, &wanted));
            if is_overwritten {
                if !is_map {
                    self.element(index, |differ| {
                        differ.note(Harm::Collapsed { wrote: show::value(entry) });
                    });
                }
                continue;
            }
            let known = read.iter().rev().filter(|entry| !is_unknown_entry(entry));
            let found = known.into_iter().find(|read| is_key(read, &wanted));
            self.element(index, |differ| match (entry, found) {
                (Value::Message(entry), Some(Value::Message(found))) => differ.messages(entry, found),
                _ => differ.note(Harm::Lost { wrote: show::value(entry) }),
            });
        }
    }
}

fn descriptor_of(message: &DynamicMessage) -> &MessageDescriptor {
    message.pool().message(message.message_index())
}

fn field_of(message: &DynamicMessage, number: u32) -> Option<&FieldDescriptor> {
    let extension = || message.pool().extension_for(message.message_index(), number);
    descriptor_of(message).field(number).or_else(|| extension().map(|extension| extension.field()))
}

fn held<'v>(full: &'v DescriptorPool, message: &'v DynamicMessage, field: &'v FieldDescriptor) -> Held<'v> {
    let around = descriptor_of(message).full_name();
    let index = full.message_index(around);
    let declared = index.and_then(|index| {
        let extension = || full.extension_for(index, field.number());
        let declared = full.message(index).field(field.number());
        declared.or_else(|| extension().map(|extension| extension.field()))
    });
    let kind = declared.map_or(field.kind(), FieldDescriptor::kind);
    let options = index.and_then(|index| full.message(index).options());
    let is_in_entry = options.and_then(|options| options.map_entry) == Some(true);
    Held { field, kind, around, is_in_entry, value: message.field_by_number(field.number()) }
}

fn elements<'v>(held: &Held<'v>) -> &'v [Value] {
    match held.value {
        Some(Value::List(values)) => values,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

fn is_implicit(field: &FieldDescriptor) -> bool {
    field.presence() == FieldPresence::Implicit
}

fn enum_of(kind: FieldKind) -> Option<EnumIndex> {
    match kind {
        FieldKind::Singular(SingularKind::Enum(index))
        | FieldKind::List(SingularKind::Enum(index))
        | FieldKind::Map { value: SingularKind::Enum(index), .. } => Some(index),
        _ => None,
    }
}

fn names_of(pool: &DescriptorPool, index: EnumIndex, number: i32) -> Vec<&str> {
    let values = pool.enumeration(index).values().iter();
    values.filter(|value| value.number() == number).map(|value| value.name()).collect()
}

/// A closed enum does not know the value, so decoders put the whole entry aside.
fn is_unknown_entry(entry: &Value) -> bool {
    let Value::Message(entry) = entry else { return false };
    let is_enum = field_of(entry, 2)
        .is_some_and(|field| matches!(field.kind(), FieldKind::Singular(SingularKind::Enum(_))));
    is_enum
        && entry.field_by_number(2).is_none()
        && entry.unknown_fields().iter().any(|unknown| unknown.number == 2)
}

fn default_of(party: Party<'_>, held: &Held<'_>) -> Option<Plain> {
    let message = party.descriptors.message(held.around)?;
    let field = party.model.message(message).field(held.field.number() as i32)?;
    match held.field.presence() {
        FieldPresence::Explicit | FieldPresence::Implicit => party.model.effective_default(field),
        // A required field that is missing is another matter.
        _ => None,
    }
}

fn plain(value: &Value) -> Plain {
    match value {
        Value::Bool(value) => Plain::Number(i128::from(*value)),
        Value::I32(value) | Value::EnumNumber(value) => Plain::Number((*value).into()),
        Value::I64(value) => Plain::Number((*value).into()),
        Value::U32(value) => Plain::Number((*value).into()),
        Value::U64(value) => Plain::Number((*value).into()),
        Value::F32(value) => Plain::Float(*value),
        Value::F64(value) => Plain::Double(*value),
        Value::String(value) => Plain::Text(value.clone()),
        Value::Bytes(value) => Plain::Bytes(value.clone()),
        // As bytes: what a message is to a reader that takes it for bytes.
        Value::Message(message) => Plain::Bytes(message.encode_to_vec()),
        Value::List(_) | Value::Map(_) => Plain::Bytes(Vec::new()),
    }
}

fn is_same(wrote: &Value, read: &Value) -> bool {
    match (wrote, read) {
        (Value::Message(_), Value::Bytes(_)) => plain(wrote).same(&plain(read)),
        (Value::Message(_), _) | (_, Value::Message(_)) => false,
        _ => plain(wrote).same(&plain(read)),
    }
}

/// Keys that are not written are zero.
fn same_or_zero(left: &Option<Plain>, right: &Option<Plain>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => left.same(right),
        (Some(key), None) | (None, Some(key)) => key.is_zero(),
    }
}

fn is_zero(value: &Value) -> bool {
    plain(value).is_zero()
}
