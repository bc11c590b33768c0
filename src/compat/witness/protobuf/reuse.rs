//! Witnesses across versions: bytes that one version wrote as one field, or handed on as something that
//! it did not know, and another version reads as a field of another meaning.

use buffa_descriptor::DynamicMessage;

use super::{Party, is_whole, lacks_required, show};
use crate::compat::witness::{Datum, Evidence, Witness};

/// What is claimed about a number: to be tried, not to be believed.
#[derive(Debug)]
pub(in crate::compat) struct ReuseClaim {
    /// The full names of the message, in the writer and in the reader.
    pub(in crate::compat) written: String,
    pub(in crate::compat) read: String,
    /// A message with the number set.
    pub(in crate::compat) bytes: Vec<u8>,
    pub(in crate::compat) number: i32,
}

impl Witness {
    /// Decode the bytes as both messages and see that the number holds something in both, under two
    /// names, or only in the reader, while the writer passes it on as unknown.
    pub(in crate::compat) fn of_protobuf_reuse(
        reader: Party<'_>,
        writer: Party<'_>,
        claim: ReuseClaim,
    ) -> Option<Witness> {
        let written = writer.decode(&claim.written, &claim.bytes)?.ok()?;
        if lacks_required(&written) {
            return None;
        }
        let number = u32::try_from(claim.number).ok()?;
        let wrote = match held(&written, number) {
            Some(held) if is_whole(&written) => held,
            None if written.unknown_fields().iter().any(|field| field.number == number) => {
                format!("the reserved number {number}")
            }
            _ => return None,
        };
        // As a program with the writer's schema hands it on.
        let passed_on = written.encode_to_vec();
        let read = reader.decode(&claim.read, &passed_on)?.ok()?;
        let read = held(&read, number)?;
        let evidence = (read != wrote).then(|| Evidence::Altered {
            at: show::route(writer, &claim.written, &[claim.number]),
            wrote,
            read,
        })?;
        let json = is_whole(&written).then(|| written.to_json().ok()).flatten();
        let datum = Datum::Protobuf { message: claim.written, json, bytes: claim.bytes };
        Some(Witness { datum, evidence, portable: true })
    }
}

/// What a number holds, with the name of its field.
fn held(message: &DynamicMessage, number: u32) -> Option<String> {
    let descriptor = message.pool().message(message.message_index());
    let field = descriptor.field(number)?;
    let value = message.field_by_number(number)?;
    Some(format!("{} = {}", field.name(), show::value(value)))
}
