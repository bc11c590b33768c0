//! The structural comparison of Protobuf schemas in Confluent Schema Registry (8.1): which
//! differences it takes for breaks, in which order, how often and at which paths.
//!
//! Messages of the two files are matched by name within their scope, fields by number; types of
//! referenced files are only looked at where a field leads to them. It decides by names and shapes,
//! not by what a decoder does, and keeps its known oddities:
//!
//! * Numbers of one family pass for each other, however much is lost: `int64` for `bool`.
//! * Labels are compared only where both are written, and never for messages; hence any change
//!   between a plain proto3 field and a repeated one passes.
//! * Groups, extensions, defaults, JSON names, reserved numbers and the syntax are not looked at.
//! * A field that leaves the message is harmless, a member of a oneof that does so is not.
//! * A type that both schemas define themselves is compared where it stands, so that a field of such
//!   a type differs only by the name of the type.
//! * Messages that are being compared already are skipped, with whatever they are to be compared.
//!
//! Messages of one scope are listed in the order of a Java hash table ([`hash_order`]). Where a
//! dependency and another one define the same name, the reference takes one of them by the order of
//! a table of paths; here the earlier one counts, and the schema itself before both.
//!
//! There is no answer where the reference crashes: on a map entry, spelled out as a message, without
//! `key` or `value`; on entries that hold themselves as their values; on a name that means a message
//! where it stands and an enum when it is looked up in full. Nor is there one when work runs out,
//! where the reference would go on or overflow its stack: chains of messages too deep, messages that
//! refer to each other in more ways than can be gone through, lists too long to be of use.

mod closure;
mod difference;
mod fields;
mod findings;

mod members;
mod types;
mod walk;

#[cfg(test)]
mod tests;

use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::report::ReferenceView;
use crate::model::Direction;
use crate::schema::protobuf::ProtobufSchema;

/// A list longer than this serves nobody and could be made to fill the memory.
const LISTED_AT_MOST: usize = 20_000;

/// What the reference says of `reader`, which would be the new schema at BACKWARD, and `writer`.
pub(in crate::compat) fn compare(
    direction: Direction,
    reader: &ProtobufSchema,
    writer: &ProtobufSchema,
) -> ReferenceView {
    let found = walk::compare(writer, reader, Fuel::new(Fuel::PAIR));
    let found = found.and_then(|found| match found.listed.len() {
        0..=LISTED_AT_MOST => Ok(found),
        _ => Err(NoAnswer::Exhausted),
    });
    match found {
        Ok(found) => ReferenceView::of(findings::listing(direction, &found)),
        Err(why) => ReferenceView::no_answer(why.to_string()),
    }
}

/// Why the reference has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NoAnswer {
    /// Too much work.
    #[error("the two schemas are too large, too deep or too entangled to be compared")]
    Exhausted,
    /// It would crash.
    #[error("a map entry has no field `key` or no field `value`")]
    MapWithoutParts,
    /// It would crash.
    #[error("a name means a message where it is used and an enum when it is written in full")]
    EnumForMessage,
}

impl From<Exhausted> for NoAnswer {
    fn from(_: Exhausted) -> NoAnswer {
        NoAnswer::Exhausted
    }
}
