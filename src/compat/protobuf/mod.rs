//! Protobuf: the proof judge. What a conformant decoder of a reader makes of what a writer writes.
//!
//! [`model`] is what a schema means, [`fidelity`] decides which values do not survive, [`sample`] makes
//! messages that hold them, and [`findings`] has each of them tried before it is told.

mod fidelity;
mod findings;
mod history;
mod json_kinds;
mod json_names;
mod kinds;
pub(in crate::compat) mod model;
pub(in crate::compat) mod rules;
pub(in crate::compat) mod rules_beyond_wire;
pub(in crate::compat) mod sample;
mod sentence;
mod source;
#[cfg(test)]
mod tests;

pub(super) use history::{Earlier, reused};

use std::collections::BTreeSet;

use self::fidelity::{Fidelity, Sides, examine};
use self::findings::{Findings, Teller};
use self::json_names::Trial;
use self::model::Model;
use self::sample::Sampler;
use self::source::Side;
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
    if packs.is_empty() || are_identical(reader, writer) {
        return ProofView::proved(How::Identical);
    }
    compare(direction, reader, writer, packs)
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
    packs: &BTreeSet<Pack>,
) -> Result<ProofView, Exhausted> {
    let mut fuel = Fuel::new(Fuel::PAIR);
    let readers = Model::of(reader, &mut fuel)?;
    let writers = Model::of(writer, &mut fuel)?;
    let mut found = Findings::default();
    let mut undecided = None;
    if packs.contains(&Pack::Wire) || packs.contains(&Pack::JsonNames) {
        let pair = (Side { schema: reader, model: &readers }, Side { schema: writer, model: &writers });
        undecided = compare_data(direction, pair, packs, &mut found, &mut fuel)?;
    }
    if packs.contains(&Pack::Source) {
        let [reader, writer] =
            [(reader, &readers), (writer, &writers)].map(|(schema, model)| Side { schema, model });
        source::tell(direction, reader, writer, &mut found, &mut fuel)?;
    }
    let contradicted = found.is_contradicted.then(|| contradiction(&readers, &writers));
    let unshown = found.unshown.map(|at| Why::Unsupported { keyword: UNSHOWN.to_owned(), at });
    let undecided = undecided.or(contradicted).or(unshown);
    Ok(ProofView::of(found.told, found.room.more, undecided))
}

/// Why a break did not show: what descriptors cannot hold cannot be tried; anything else is a fault.
fn contradiction(reader: &Model<'_>, writer: &Model<'_>) -> Why {
    let left_out = [writer, reader].into_iter().find_map(|model| Party::of(model).ok()?.left_out());
    left_out.map_or(Why::VerifierDisagreed, |(what, at)| Why::Unsupported {
        keyword: what.to_owned(),
        at: at.to_owned(),
    })
}

/// Bytes and JSON: what could not be decided, if there is anything.
fn compare_data(
    direction: Direction,
    (reader, writer): (Side<'_>, Side<'_>),
    packs: &BTreeSet<Pack>,
    found: &mut Findings,
    fuel: &mut Fuel,
) -> Result<Option<Why>, Exhausted> {
    let sampler = Sampler::of(writer.model);
    let sides = Sides { writer: writer.model, reader: reader.model, heights: sampler.heights(), direction };
    let fidelity = examine(sides, fuel)?;
    let Fidelity { removed, pairs, unsupported } = &fidelity;
    let beyond = unsupported.clone().map(|(keyword, at)| Why::Unsupported { keyword, at });
    let is_faithful = removed.is_empty() && pairs.iter().all(|pair| pair.locals.is_empty());
    if is_faithful && !packs.contains(&Pack::JsonNames) {
        return Ok(beyond);
    }
    let parties = Party::of(reader.model).and_then(|reader| Ok((reader, Party::of(writer.model)?)));
    let (reader, writer) = match parties {
        Ok(parties) => parties,
        Err(why) => {
            let keyword = format!("a schema without sound descriptors ({why})");
            return Ok(beyond.or(Some(Why::Unsupported { keyword, at: String::new() })));
        }
    };
    if packs.contains(&Pack::Wire) {
        let found_before = std::mem::take(found);
        let teller =
            Teller { sides, sampler: &sampler, fidelity: &fidelity, reader, writer, found: found_before };
        *found = teller.tell();
    }
    if packs.contains(&Pack::JsonNames) {
        let trial = Trial { sides, sampler: &sampler, fidelity: &fidelity, reader, writer };
        return Ok(beyond.or(json_names::tell(&trial, found, fuel)?));
    }
    Ok(beyond)
}
