//! Evidence for a finding: data that was written and could not be read.

use super::avro::datum::{Datum, encode, to_json};
use super::avro::resolve::failures;
use super::avro::verify::Claim;
use super::budget::Fuel;
use crate::schema::avro::model::Model;

/// A value that the writer writes and the reader cannot read. It exists only after that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    datum: String,
    bytes: Vec<u8>,
    failure: String,
    portable: bool,
}

impl Witness {
    /// The only way to one: encode the value with the writer, read it with the reader, and see the
    /// claimed failure happen.
    pub(super) fn of_avro(
        reader: &Model,
        writer: &Model,
        datum: &Datum,
        claim: &Claim,
        fuel: &mut Fuel,
    ) -> Option<Witness> {
        let (mut bytes, mut json) = (Vec::new(), String::new());
        encode(writer, writer.root(), datum, &mut bytes)?;
        to_json(writer, writer.root(), datum, &mut json)?;
        let failures = failures(reader, writer, &bytes, fuel).ok()?;
        let failure = failures.into_iter().find(|failure| claim.is_met_by(failure))?;
        let at = if failure.at.is_empty() { "/" } else { &failure.at };
        let failure = format!("{} (at {at})", failure.text);
        Some(Witness { datum: json, bytes, failure, portable: claim.portable })
    }

    /// The value as JSON.
    pub fn datum(&self) -> &str {
        &self.datum
    }

    /// The value as the writer encodes it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What happened when it was read.
    pub fn failure(&self) -> &str {
        &self.failure
    }

    /// Do all known implementations fail on it, or only those that follow the specification here?
    pub fn portable(&self) -> bool {
        self.portable
    }
}
