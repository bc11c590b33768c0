//! Witnesses of Avro.

use super::{Datum, Witness};
use crate::compat::avro::datum::{self, encode, to_json};
use crate::compat::avro::dialect::{Affected, Dialect};
use crate::compat::avro::places::Edge;
use crate::compat::avro::resolution::Resolution;
use crate::compat::avro::resolve::{Abandoned, Observed, observe};
use crate::compat::avro::walk::Claim;
use crate::compat::budget::Fuel;
use crate::schema::avro::model::Model;

/// The most bytes that a witness has.
const LONGEST: usize = 64 * 1024;

/// What happened when a value was encoded with the writer and read with the reader, in both dialects.
pub(in crate::compat) struct Trial<'a> {
    reader: &'a Model,
    writer: &'a Model,
    json: String,
    bytes: Vec<u8>,
    by_specification: Vec<Observed>,
    by_java: Vec<Observed>,
}

impl<'a> Trial<'a> {
    /// Encode the value, and read it. `None` when it is no value of the writer, or too large.
    pub(in crate::compat) fn of(
        resolution: &mut Resolution<'a>,
        datum: &datum::Datum,
        fuel: &mut Fuel,
    ) -> Option<Trial<'a>> {
        let (mut bytes, mut json) = (Vec::new(), String::new());
        let (reader, writer) = resolution.models();
        encode(writer, writer.root(), datum, &mut bytes)?;
        to_json(writer, writer.root(), datum, &mut json)?;
        if bytes.len() > LONGEST || json.len() > LONGEST {
            return None;
        }
        let mut read = |dialect| -> Result<_, Abandoned> { observe(resolution, dialect, &bytes, fuel) };
        let by_specification = read(Dialect::Specification).ok()?;
        let by_java = read(Dialect::Java).ok()?;
        Some(Trial { reader, writer, json, bytes, by_specification, by_java })
    }

    fn observed(&self, dialect: Dialect) -> &[Observed] {
        match dialect {
            Dialect::Specification => &self.by_specification,
            Dialect::Java => &self.by_java,
        }
    }

    /// Does reading fail, wherever?
    fn fails(&self, dialect: Dialect) -> bool {
        self.fails_near(dialect, &[])
    }

    /// Does reading fail around a place in the data, or within it?
    fn fails_near(&self, dialect: Dialect, edges: &[Edge]) -> bool {
        self.observed(dialect).iter().any(|observed| {
            let at = observed.datum_edges.as_slice();
            let is_near = at.starts_with(edges) || edges.starts_with(at);
            is_near && observed.fails()
        })
    }
}

impl Witness {
    /// What was tried, if what is claimed did happen: and to whom.
    pub(in crate::compat) fn of_avro(trial: &Trial<'_>, claim: &Claim) -> Option<(Witness, Affected)> {
        let met = |dialect| trial.observed(dialect).iter().find(|observed| claim.is_met_by(observed));
        let (dialect, observed) =
            claim.dialects.iter().find_map(|dialect| met(dialect).map(|observed| (dialect, observed)))?;
        let everywhere = |test: &dyn Fn(Dialect) -> bool| Dialect::ALL.into_iter().all(test);
        let breaks = observed.fails();
        let portable = match breaks {
            true => everywhere(&|dialect| trial.fails(dialect)),
            false => everywhere(&|dialect| met(dialect).is_some()),
        };
        let near = |dialect| breaks && trial.fails_near(dialect, &observed.datum_edges);
        let in_both = everywhere(&|dialect| met(dialect).is_some() || near(dialect));
        let affected = match (in_both, observed.mishap.is_noticed()) {
            _ if observed.mishap.is_of_renaming() => Affected::Only(dialect),
            (true, true) => Affected::Everybody,
            (true, false) => Affected::ButTheCareless,
            (false, _) => Affected::Only(dialect),
        };
        let portable = portable && affected != Affected::ButTheCareless;
        let evidence = observed.evidence(trial.reader, trial.writer);
        let datum = Datum::Avro { json: trial.json.clone(), bytes: trial.bytes.clone() };
        Some((Witness { datum, evidence, portable }, affected))
    }
}
