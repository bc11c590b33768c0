//! Witnesses of Avro.

use super::{Datum, Evidence, Witness};
use crate::compat::avro::datum::{self, encode, to_json};
use crate::compat::avro::dialect::{Affected, Dialect};
use crate::compat::avro::resolution::Resolution;
use crate::compat::avro::resolve::{Abandoned, Observed, observe};
use crate::compat::avro::walk::Claim;
use crate::compat::budget::Fuel;

/// The most bytes that a witness has.
const LONGEST: usize = 64 * 1024;

/// What happened when a value was encoded with the writer and read with the reader, in both dialects.
pub(in crate::compat) struct Trial {
    json: String,
    bytes: Vec<u8>,
    by_specification: Vec<Observed>,
    by_java: Vec<Observed>,
}

impl Trial {
    /// Encode the value, and read it. `None` when it is no value of the writer, or too large.
    pub(in crate::compat) fn of(
        resolution: &mut Resolution<'_>,
        datum: &datum::Datum,
        fuel: &mut Fuel,
    ) -> Option<Trial> {
        let (mut bytes, mut json) = (Vec::new(), String::new());
        let writer = resolution.writer();
        encode(writer, writer.root(), datum, &mut bytes)?;
        to_json(writer, writer.root(), datum, &mut json)?;
        if bytes.len() > LONGEST || json.len() > LONGEST {
            return None;
        }
        let mut read = |dialect| -> Result<_, Abandoned> { observe(resolution, dialect, &bytes, fuel) };
        let by_specification = read(Dialect::Specification).ok()?;
        let by_java = read(Dialect::Java).ok()?;
        Some(Trial { json, bytes, by_specification, by_java })
    }

    fn observed(&self, dialect: Dialect) -> &[Observed] {
        match dialect {
            Dialect::Specification => &self.by_specification,
            Dialect::Java => &self.by_java,
        }
    }

    fn fails(&self, dialect: Dialect) -> bool {
        let fails = |observed: &Observed| matches!(observed.evidence, Evidence::Undecodable { .. });
        self.observed(dialect).iter().any(fails)
    }
}

impl Witness {
    /// What was tried, if what is claimed did happen: and to whom.
    pub(in crate::compat) fn of_avro(trial: &Trial, claim: &Claim) -> Option<(Witness, Affected)> {
        let met = |dialect| trial.observed(dialect).iter().find(|observed| claim.is_met_by(observed));
        let (dialect, observed) =
            claim.dialects.iter().find_map(|dialect| met(dialect).map(|observed| (dialect, observed)))?;
        let evidence = observed.evidence.clone();
        let everywhere = |test: &dyn Fn(Dialect) -> bool| Dialect::ALL.into_iter().all(test);
        let in_both = match evidence {
            Evidence::Undecodable { .. } => everywhere(&|dialect| trial.fails(dialect)),
            Evidence::Lost { .. } | Evidence::Altered { .. } => everywhere(&|dialect| met(dialect).is_some()),
        };
        let affected = match (in_both, observed.mishap.is_noticed()) {
            (true, true) => Affected::Everybody,
            (true, false) => Affected::ButTheCareless,
            (false, _) => Affected::Only(dialect),
        };
        let datum = Datum::Avro { json: trial.json.clone(), bytes: trial.bytes.clone() };
        let portable = affected == Affected::Everybody;
        Some((Witness { datum, evidence, portable }, affected))
    }
}
