//! From a finding to its witness: build the value that should fail, and have it fail.

use super::minimal::{Leaf, Minimal};
use super::resolve::Failure;
use crate::compat::Witness;
use crate::compat::reference::avro::{
    Ambiguous, Difference, DifferenceKind, Edge, Found, Route, missing_symbols, pointer,
};
use crate::schema::avro::model::{Kind, Model};

/// What a finding claims: a value with `leaf` at `writer` does not fit into `reader`.
pub(in crate::compat) struct Claim {
    writer: Vec<Edge>,
    leaf: Leaf,
    reader: String,
    pub(in crate::compat) portable: bool,
}

impl Claim {
    pub(super) fn of(difference: Difference, route: &Route, reader: &Model, writer: &Model) -> Claim {
        let mut edges = route.writer.clone();
        let mut place = pointer(&route.reader);
        let mut leaf = Leaf::Least;
        let kinds = (&reader.get(difference.reader).kind, &writer.get(difference.writer).kind);
        match (difference.kind, kinds) {
            (DifferenceKind::UnionBranch(Some(branch)), _) => edges.push(Edge::Branch(branch as u32)),
            (DifferenceKind::FieldMissing(field), _) => place.push_str(&format!("/fields/{field}")),
            (DifferenceKind::Symbols, (Kind::Enum(known), Kind::Enum(all))) => {
                let missing = missing_symbols(known, all).first().copied();
                let position = all.symbols.iter().position(|symbol| Some(symbol.as_str()) == missing);
                leaf = position.map_or(Leaf::Least, Leaf::Symbol);
            }
            // An enum with a default symbol but no default was compared with the record that lacks
            // the field: it is the field that has no value.
            (DifferenceKind::Type, _) if route.into_missing_field => {
                place.truncate(place.len() - "/type".len());
            }
            _ => {}
        }
        // Java's decoder takes a record of another name outside unions; the specification does not.
        let renamed_record = difference.kind == DifferenceKind::Name && matches!(kinds.0, Kind::Record(_));
        Claim { writer: edges, leaf, reader: place, portable: !renamed_record }
    }

    pub(super) fn of_ambiguous(ambiguous: &Ambiguous) -> Claim {
        Claim {
            writer: ambiguous.route.writer.clone(),
            leaf: Leaf::Least,
            reader: format!("{}/fields/{}", pointer(&ambiguous.route.reader), ambiguous.field),
            portable: true,
        }
    }

    /// Is the place in the writer within the one of `whole`?
    fn lies_below(&self, whole: &Claim) -> bool {
        self.writer.starts_with(&whole.writer)
    }

    /// Is this the failure that was claimed? Within a union the branch that was tried fails deeper.
    pub(in crate::compat) fn is_met_by(&self, failure: &Failure) -> bool {
        failure.at.strip_prefix(&self.reader).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// How many causes of a missing union branch are tried.
const CAUSES: usize = 8;

/// The witness of a finding; `None` when there is no such value, or the reader reads it after all.
pub(super) fn witness(
    reader: &Model,
    writer: &Model,
    minimal: &mut Minimal<'_>,
    found: &Found<'_>,
) -> Option<Witness> {
    let claim = Claim::of(found.difference, &found.route, reader, writer);
    let mut witness = attempt(reader, writer, minimal, &claim);
    if witness.is_none() && matches!(found.difference.kind, DifferenceKind::UnionBranch(_)) {
        // A branch was found by its name or kind and cannot be read inside, where the least value
        // need not reach.
        let mut causes = found.causes().take(CAUSES).map(|(cause, route)| Claim {
            reader: claim.reader.clone(),
            ..Claim::of(cause, &route, reader, writer)
        });
        witness = causes.find_map(|cause| {
            cause.lies_below(&claim).then(|| attempt(reader, writer, minimal, &cause)).flatten()
        });
    }
    witness
}

/// Build the value, and have it fail.
pub(super) fn attempt(
    reader: &Model,
    writer: &Model,
    minimal: &mut Minimal<'_>,
    claim: &Claim,
) -> Option<Witness> {
    let datum = minimal.plugged(&claim.writer, claim.leaf)?;
    Witness::of_avro(reader, writer, &datum, claim, minimal.fuel())
}
