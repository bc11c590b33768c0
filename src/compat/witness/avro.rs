//! Witnesses of Avro.

use super::{Datum, Evidence, Witness};
use crate::compat::avro::datum::{self, encode, to_json};
use crate::compat::avro::resolve::failures;
use crate::compat::avro::verify::Claim;
use crate::compat::budget::Fuel;
use crate::schema::avro::model::Model;

impl Witness {
    /// Encode the value with the writer, read it with the reader, and see the claimed failure happen.
    pub(in crate::compat) fn of_avro(
        reader: &Model,
        writer: &Model,
        datum: &datum::Datum,
        claim: &Claim,
        fuel: &mut Fuel,
    ) -> Option<Witness> {
        let (mut bytes, mut json) = (Vec::new(), String::new());
        encode(writer, writer.root(), datum, &mut bytes)?;
        to_json(writer, writer.root(), datum, &mut json)?;
        let failures = failures(reader, writer, &bytes, fuel).ok()?;
        let failure = failures.into_iter().find(|failure| claim.is_met_by(failure))?;
        let evidence = Evidence::Undecodable { at: failure.at, error: failure.text };
        Some(Witness { datum: Datum::Avro { json, bytes }, evidence, portable: claim.portable })
    }
}
