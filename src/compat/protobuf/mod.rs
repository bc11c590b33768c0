//! Protobuf: the proof judge. What a conformant decoder of a reader makes of what a writer writes.
//!
//! [`model`] is what a schema means, [`fidelity`] decides which values do not survive, [`sample`] makes
//! messages that hold them, and [`findings`] has each of them tried before it is told.

mod fidelity;
mod findings;
mod kinds;
pub(in crate::compat) mod model;
pub(in crate::compat) mod rules;
pub(in crate::compat) mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::fidelity::{Fidelity, Sides, examine};
use self::findings::Teller;
use self::model::Model;
use self::sample::Sampler;
use super::budget::{Exhausted, Fuel};
use super::report::{How, ProofView, Why};
use super::witness::protobuf::Party;
use crate::model::{Direction, Pack};
use crate::schema::protobuf::ProtobufSchema;

/// What would show a break is beyond what witnesses may be.
const UNSHOWN: &str = "a message too large to be shown";

/// Can `reader` read everything that `writer` writes, as it was written?
pub(super) fn prove(
    direction: Direction,
    reader: &ProtobufSchema,
    writer: &ProtobufSchema,
    packs: &BTreeSet<Pack>,
) -> ProofView {
    if !packs.contains(&Pack::Wire) || are_identical(reader, writer) {
        return ProofView::proved(How::Identical);
    }
    compare(direction, reader, writer)
        .unwrap_or_else(|Exhausted| ProofView::of(Vec::new(), 0, Some(Why::Fuel)))
}

/// The same text means the same if what it refers to is the same.
fn are_identical(reader: &ProtobufSchema, writer: &ProtobufSchema) -> bool {
    reader.canonical() == writer.canonical() && reader.dependencies() == writer.dependencies()
}

fn compare(
    direction: Direction,
    reader: &ProtobufSchema,
    writer: &ProtobufSchema,
) -> Result<ProofView, Exhausted> {
    let mut fuel = Fuel::new(Fuel::PAIR);
    let readers = Model::of(reader, &mut fuel)?;
    let writers = Model::of(writer, &mut fuel)?;
    let sampler = Sampler::of(&writers);
    let sides = Sides { writer: &writers, reader: &readers, heights: sampler.heights(), direction };
    let fidelity = examine(sides, &mut fuel)?;
    let Fidelity { removed, pairs, unsupported } = &fidelity;
    let beyond = unsupported.clone().map(|(keyword, at)| Why::Unsupported { keyword, at });
    if removed.is_empty() && pairs.iter().all(|pair| pair.locals.is_empty()) {
        return Ok(ProofView::of(Vec::new(), 0, beyond));
    }
    let parties = Party::of(reader, &readers).zip(Party::of(writer, &writers));
    let Some((reader, writer)) = parties else {
        let keyword = "a schema that does not compile".to_owned();
        return Ok(ProofView::of(
            Vec::new(),
            0,
            beyond.or(Some(Why::Unsupported { keyword, at: String::new() })),
        ));
    };
    let teller =
        Teller { sides, sampler: &sampler, fidelity: &fidelity, reader, writer, found: Default::default() };
    let found = teller.tell();
    let contradicted = found.is_contradicted.then_some(Why::VerifierDisagreed);
    let unshown = found.unshown.map(|at| Why::Unsupported { keyword: UNSHOWN.to_owned(), at });
    let undecided = beyond.or(contradicted).or(unshown);
    Ok(ProofView::of(found.told, found.more, undecided))
}
