//! Witnesses of Protobuf: bytes that the writer writes and the reader does not read as they were meant.
//!
//! A conformant decoder reads the bytes twice, as the writer and as the reader; the two messages are
//! compared on the field numbers that both sides declare. Where the decoder is laxer than the reference
//! implementations, it is helped: it does not insist on required fields, does not tell apart what stands
//! in the entries of maps by wire type, and takes groups for messages.

mod differ;
mod json;
mod reuse;
mod show;
mod wire;

use std::sync::Arc;

use buffa_descriptor::features::FieldPresence;
use buffa_descriptor::{DescriptorPool, DynamicMessage, FieldDescriptor, MessageIndex, Value};

use self::differ::{Differ, Difference, Harm};
pub(in crate::compat) use self::json::JsonClaim;
pub(in crate::compat) use self::reuse::ReuseClaim;
use super::{Datum, Evidence, Witness};
use crate::compat::protobuf::model::{Descriptors, Model};

/// What a schema means, and what decodes its messages.
#[derive(Clone, Copy)]
pub(in crate::compat) struct Party<'a> {
    model: &'a Model<'a>,
    descriptors: &'a Descriptors,
}

impl<'a> Party<'a> {
    /// # Errors
    /// Why nothing can be tried, in words.
    pub(in crate::compat) fn of(model: &'a Model<'a>) -> Result<Party<'a>, &'a str> {
        Ok(Party { model, descriptors: model.descriptors()? })
    }

    /// The first thing of the schema that cannot be tried, if there is any: what, and where.
    pub(in crate::compat) fn left_out(&self) -> Option<(&'a str, &'a str)> {
        self.descriptors.left_out.as_ref().map(|(what, at)| (what.as_str(), at.as_str()))
    }

    /// The message of that full name in one of the pools.
    fn index(&self, pool: &DescriptorPool, full_name: &str) -> Option<MessageIndex> {
        self.descriptors.index(pool, self.model.message_named(full_name)?)
    }

    /// As bytes are decoded; `None` if there is no such message.
    fn decode(&self, full_name: &str, bytes: &[u8]) -> Option<Result<DynamicMessage, String>> {
        self.decode_in(&self.descriptors.full, full_name, bytes)
    }

    /// The same, with maps as they are on the wire.
    fn decode_without_maps(&self, full_name: &str, bytes: &[u8]) -> Option<Result<DynamicMessage, String>> {
        self.decode_in(&self.descriptors.without_maps, full_name, bytes)
    }

    fn decode_in(
        &self,
        pool: &Arc<DescriptorPool>,
        full_name: &str,
        bytes: &[u8],
    ) -> Option<Result<DynamicMessage, String>> {
        let index = self.index(pool, full_name)?;
        let bytes = wire::without_misencoded(pool, index, bytes);
        Some(DynamicMessage::decode(Arc::clone(pool), index, &bytes).map_err(|error| error.to_string()))
    }
}

/// What is said to happen when a message is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Expected {
    /// The reader has no such message.
    NoMessage,
    /// It cannot be decoded, or the value at the place is lost or another one.
    Unread,
    /// That a value is set is not to be seen any more.
    PresenceLost,
    /// A number of an enum bears another name.
    Renamed,
    /// What is not set holds another value.
    OtherDefault,
    /// A required field is missing.
    RequiredMissing,
    /// Entries of a map with the same key become one.
    EntriesCollapse,
}

/// What is claimed about a message: to be tried, not to be believed.
#[derive(Debug)]
pub(in crate::compat) struct Claim {
    /// The full names of the message, in the writer and in the reader.
    pub(in crate::compat) written: String,
    pub(in crate::compat) read: String,
    /// The message as the writer encodes it.
    pub(in crate::compat) bytes: Vec<u8>,
    /// Where: the numbers of the fields that lead there.
    pub(in crate::compat) route: Vec<i32>,
    pub(in crate::compat) expected: Expected,
    /// All implementations are known to agree.
    pub(in crate::compat) portable: bool,
}

impl Witness {
    /// The only way to one: decode the bytes as the writer's message and as the reader's, and see the
    /// claimed failure happen.
    pub(in crate::compat) fn of_protobuf(
        reader: Party<'_>,
        writer: Party<'_>,
        claim: Claim,
    ) -> Option<Witness> {
        let written = writer.decode_without_maps(&claim.written, &claim.bytes)?.ok()?;
        if !is_whole(&written) || lacks_required(&written) {
            return None;
        }
        let evidence = try_claim(reader, writer, &claim, &written)?;
        let json = writer
            .decode(&claim.written, &claim.bytes)
            .and_then(Result::ok)
            .and_then(|message| message.to_json().ok());
        let datum = Datum::Protobuf { message: claim.written, json, bytes: claim.bytes };
        Some(Witness { datum, evidence, portable: claim.portable })
    }
}

fn try_claim(
    reader: Party<'_>,
    writer: Party<'_>,
    claim: &Claim,
    written: &DynamicMessage,
) -> Option<Evidence> {
    let read = match reader.decode_without_maps(&claim.read, &claim.bytes) {
        None => {
            let error = "the reader has no such message".to_owned();
            let is_claimed = claim.expected == Expected::NoMessage && !reader.model.is_defined(&claim.read);
            return is_claimed.then_some(Evidence::Undecodable { at: String::new(), error });
        }
        Some(Err(error)) => {
            let at = show::route(writer, &claim.written, &claim.route);
            let is_claimed = claim.expected == Expected::Unread;
            return is_claimed.then_some(Evidence::Undecodable { at, error });
        }
        Some(Ok(read)) => read,
    };
    if claim.expected == Expected::RequiredMissing {
        let error = "a required field is missing".to_owned();
        let at = show::route(reader, &claim.read, &claim.route);
        return lacks(&read, &claim.route).then_some(Evidence::Undecodable { at, error });
    }
    let differences = Differ::compare(reader, writer, written, &read);
    differences.into_iter().find(|difference| meets(difference, claim)).map(evidence)
}

fn meets(difference: &Difference, claim: &Claim) -> bool {
    let is_there = difference.route.starts_with(&claim.route) || claim.route.starts_with(&difference.route);
    let is_so = match difference.harm {
        Harm::Lost { .. } | Harm::Altered { .. } => claim.expected == Expected::Unread,
        Harm::PresenceLost { .. } => claim.expected == Expected::PresenceLost,
        Harm::Renamed { .. } => claim.expected == Expected::Renamed,
        Harm::OtherDefault { .. } => claim.expected == Expected::OtherDefault,
        Harm::Collapsed { .. } => claim.expected == Expected::EntriesCollapse,
    };
    is_there && is_so
}

fn evidence(difference: Difference) -> Evidence {
    let at = difference.at;
    match difference.harm {
        Harm::Lost { wrote } | Harm::PresenceLost { wrote } | Harm::Collapsed { wrote } => {
            Evidence::Lost { at, wrote }
        }
        Harm::Altered { wrote, read }
        | Harm::Renamed { wrote, read }
        | Harm::OtherDefault { wrote, read } => Evidence::Altered { at, wrote, read },
    }
}

/// Was everything in it known?
fn is_whole(message: &DynamicMessage) -> bool {
    message.unknown_fields().is_empty() && inner(message).all(is_whole)
}

/// Is a required field missing?
fn lacks_required(message: &DynamicMessage) -> bool {
    let fields = message.pool().message(message.message_index()).fields();
    fields.iter().any(|field| is_missing(message, field)) || inner(message).any(lacks_required)
}

/// Is the required field to which the route leads missing?
fn lacks(message: &DynamicMessage, route: &[i32]) -> bool {
    let Some((number, rest)) = route.split_first() else { return false };
    let number = *number as u32;
    if rest.is_empty() {
        let field = message.pool().message(message.message_index()).field(number);
        return field.is_some_and(|field| is_missing(message, field));
    }
    messages_in(message, number).any(|inner| lacks(inner, rest))
}

fn is_missing(message: &DynamicMessage, field: &FieldDescriptor) -> bool {
    field.presence() == FieldPresence::LegacyRequired && message.field_by_number(field.number()).is_none()
}

/// The messages in a message.
fn inner(message: &DynamicMessage) -> impl Iterator<Item = &DynamicMessage> {
    let (pool, index) = (message.pool(), message.message_index());
    let declared = pool.message(index).fields().iter().map(FieldDescriptor::number);
    let extensions = pool.extensions_of(index).map(|extension| extension.field().number());
    declared.chain(extensions).flat_map(|number| messages_in(message, number))
}

/// The messages that a field holds.
fn messages_in(message: &DynamicMessage, number: u32) -> impl Iterator<Item = &DynamicMessage> {
    let values = match message.field_by_number(number) {
        Some(Value::List(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    values.iter().filter_map(|value| match value {
        Value::Message(inner) => Some(inner),
        _ => None,
    })
}
