//! Witnesses in canonical JSON: what the writer prints and the reader's parser refuses, or reads as
//! something else.

use std::sync::Arc;

use buffa_descriptor::DynamicMessage;

use super::differ::{Differ, Harm};
use super::{Party, evidence, is_whole, lacks_required, show};
use crate::compat::witness::{Datum, Evidence, Witness};

/// What is claimed about the JSON of a message: to be tried, not to be believed.
#[derive(Debug)]
pub(in crate::compat) struct JsonClaim {
    /// The full names of the message, in the writer and in the reader.
    pub(in crate::compat) written: String,
    pub(in crate::compat) read: String,
    /// The message in the writer's binary encoding.
    pub(in crate::compat) bytes: Vec<u8>,
    /// The same without what is claimed to do harm; `None` if that must be there.
    pub(in crate::compat) harmless: Option<Vec<u8>>,
    /// Where: the numbers of the fields that lead there.
    pub(in crate::compat) route: Vec<i32>,
}

impl Witness {
    /// Print the message as the writer's JSON, parse it as the reader's, and see that it fails, or that
    /// the value at the place is another one, while all is well without that value.
    pub(in crate::compat) fn of_protobuf_json(
        reader: Party<'_>,
        writer: Party<'_>,
        claim: JsonClaim,
    ) -> Option<Witness> {
        let json = print(writer, &claim.written, &claim.bytes)?;
        // Fields that the reader does not know are another matter; then a lenient parser decides.
        let is_strict = match &claim.harmless {
            Some(harmless) => {
                let harmless = print(writer, &claim.written, harmless)?;
                let is_read = |is_strict| Some(parse(reader, &claim.read, &harmless, is_strict)?.is_ok());
                let is_strict = is_read(true)?;
                (is_strict || is_read(false)?).then_some(is_strict)?
            }
            None => false,
        };
        let evidence = match parse(reader, &claim.read, &json, is_strict)? {
            Err(error) => {
                let at = show::route(writer, &claim.written, &claim.route);
                Evidence::Undecodable { at, error }
            }
            Ok(read) => difference(reader, writer, &claim, &read)?,
        };
        let datum = Datum::Protobuf { message: claim.written, json: Some(json), bytes: claim.bytes };
        Some(Witness { datum, evidence, portable: true })
    }
}

/// What the reader's parser made of it, compared with what was written.
fn difference(
    reader: Party<'_>,
    writer: Party<'_>,
    claim: &JsonClaim,
    read: &DynamicMessage,
) -> Option<Evidence> {
    let written = writer.decode_without_maps(&claim.written, &claim.bytes)?.ok()?;
    let read = reader.decode_without_maps(&claim.read, &read.encode_to_vec())?.ok()?;
    let differences = Differ::compare(reader, writer, &written, &read);
    let is_claimed = |route: &[i32]| route.starts_with(&claim.route) || claim.route.starts_with(route);
    let found = differences.into_iter().find(|difference| {
        let is_harm = matches!(difference.harm, Harm::Lost { .. } | Harm::Altered { .. });
        is_harm && is_claimed(&difference.route)
    })?;
    Some(evidence(found))
}

/// The JSON of a message, if the writer could have written it.
fn print(writer: Party<'_>, name: &str, bytes: &[u8]) -> Option<String> {
    let message = writer.decode(name, bytes)?.ok()?;
    if !is_whole(&message) || lacks_required(&message) {
        return None;
    }
    message.to_json().ok()
}

/// `None` if the reader has no such message. A strict parser refuses fields that it does not know.
fn parse(
    reader: Party<'_>,
    name: &str,
    json: &str,
    is_strict: bool,
) -> Option<Result<DynamicMessage, String>> {
    let pool = &reader.descriptors.full;
    let index = reader.index(pool, name)?;
    let parsed = match is_strict {
        true => DynamicMessage::from_json(Arc::clone(pool), index, json),
        false => DynamicMessage::from_json_ignoring_unknown(Arc::clone(pool), index, json),
    };
    Some(parsed.map_err(|error| error.to_string()))
}
