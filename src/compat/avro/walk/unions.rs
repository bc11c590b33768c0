//! Into a reader's union.

use super::{Claim, Look, Pair, Walk};
use crate::compat::avro::dialect::{Dialect, Dialects};
use crate::compat::avro::minimal::Leaf;
use crate::compat::avro::mishap::Mishap;
use crate::compat::avro::places::Edge;
use crate::compat::budget::Exhausted;
use crate::schema::avro::model::{Kind, TypeId};

impl Walk<'_, '_> {
    /// A type that is no union into a reader's union. `straight` is where Java goes without choosing.
    pub(super) fn enter_union(
        &mut self,
        pair: Pair,
        edge: Edge,
        writer: TypeId,
        straight: Option<usize>,
    ) -> Result<(), Exhausted> {
        if !self.heights.is_inhabited(writer) {
            return Ok(());
        }
        let mut choices: Vec<(Option<usize>, Dialects)> = Vec::with_capacity(2);
        for dialect in pair.dialects.iter() {
            let choice = match (dialect, straight) {
                (Dialect::Java, Some(position)) => Some(position),
                _ => self.resolution.branch(pair.reader, writer, dialect, self.fuel)?,
            };
            match choices.iter_mut().find(|(known, _)| *known == choice) {
                Some((_, dialects)) => *dialects = dialects.with(Dialects::only(dialect)),
                None => choices.push((choice, Dialects::only(dialect))),
            }
        }
        for (choice, dialects) in choices {
            match choice {
                Some(position) => self.enter_branch(pair, edge, writer, position, dialects)?,
                None => self.unfound(pair, edge, writer, dialects)?,
            }
        }
        Ok(())
    }

    fn enter_branch(
        &mut self,
        pair: Pair,
        edge: Edge,
        writer: TypeId,
        position: usize,
        dialects: Dialects,
    ) -> Result<(), Exhausted> {
        let Some(branch) = self.branch_of(pair.reader, position) else { return Ok(()) };
        let mut onwards = dialects;
        if self.look == Look::AtEverything {
            let mut others = self.resolution.branches_named_alike(pair.reader, writer, self.fuel)?;
            others.retain(|other| *other != position);
            for dialect in dialects.iter().filter(|_| !others.is_empty()) {
                let Some(inner) = self.first_break(branch, writer, dialect)? else { continue };
                let mut could = false;
                for other in &others {
                    let Some(other) = self.branch_of(pair.reader, *other) else { continue };
                    could |= self.first_break(other, writer, dialect)?.is_none();
                }
                if could {
                    onwards = onwards.without(Dialects::only(dialect));
                    let claim = self.claim_of(pair, Mishap::Shadowed, inner.leaf, Dialects::only(dialect));
                    let mut claim = claim.below(edge, writer);
                    claim.datum_edges.extend(inner.datum_edges);
                    self.claims.push(claim);
                }
            }
        }
        if !onwards.is_empty() {
            self.open(pair, (Edge::Branch(position as u32), branch), (edge, writer), onwards);
        }
        Ok(())
    }

    /// No branch is chosen.
    fn unfound(
        &mut self,
        pair: Pair,
        edge: Edge,
        writer: TypeId,
        dialects: Dialects,
    ) -> Result<(), Exhausted> {
        let nearest = self.resolution.branch(pair.reader, writer, Dialect::Specification, self.fuel)?;
        let branch = nearest.and_then(|position| Some((position, self.branch_of(pair.reader, position)?)));
        // If the branch that the specification chooses cannot be read either, it is said there.
        if let (Some((_, branch)), true, Look::AtEverything) =
            (branch, pair.dialects.has(Dialect::Specification), self.look)
            && self.first_break(branch, writer, Dialect::Specification)?.is_some()
        {
            return Ok(());
        }
        let mut claim = self.claim_of(pair, Mishap::NoBranch, Leaf::Least, dialects).below(edge, writer);
        if let Some((position, branch)) = branch
            && self.resolution.is_by_full_name(writer)
        {
            claim.mishap = Mishap::Name;
            claim.reader = branch;
            claim.reader_edges.push(Edge::Branch(position as u32));
        }
        self.claims.push(claim);
        Ok(())
    }

    fn branch_of(&self, union: TypeId, position: usize) -> Option<TypeId> {
        match &self.resolution.reader.get(union).kind {
            Kind::Union(branches) => branches.get(position).map(|branch| branch.id),
            _ => None,
        }
    }

    /// The first thing that breaks when a type is read into another one.
    fn first_break(
        &mut self,
        reader: TypeId,
        writer: TypeId,
        dialect: Dialect,
    ) -> Result<Option<Claim>, Exhausted> {
        let mut walk = Walk::of(self.resolution, self.heights, Look::ForABreak, self.fuel);
        walk.run(reader, writer, Dialects::only(dialect))?;
        Ok(walk.claims.into_iter().next())
    }
}
