//! A walk over the types of a schema.

use super::places::{Edge, parts};
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Model, TypeId};

/// A walk over the types of a schema, each once, that knows the way to each.
pub(super) struct Reachable {
    seen: Vec<bool>,
    /// Types, each with the visit from which it was reached and the edge there.
    visits: Vec<(TypeId, usize, Edge)>,
    next: usize,
}

impl Reachable {
    pub(super) fn of(model: &Model) -> Reachable {
        let mut seen = vec![false; model.len()];
        seen[model.root().index()] = true;
        Reachable { seen, visits: vec![(model.root(), 0, Edge::Stay)], next: 0 }
    }

    /// The next type and its visit.
    pub(super) fn next(
        &mut self,
        model: &Model,
        fuel: &mut Fuel,
    ) -> Result<Option<(TypeId, usize)>, Exhausted> {
        let Some(&(id, _, _)) = self.visits.get(self.next) else { return Ok(None) };
        let visit = self.next;
        self.next += 1;
        for (edge, part) in parts(model.get(id)) {
            fuel.spend(1)?;
            if !std::mem::replace(&mut self.seen[part.id.index()], true) {
                self.visits.push((part.id, visit, edge));
            }
        }
        Ok(Some((id, visit)))
    }

    pub(super) fn edges_to(&self, visit: usize) -> Vec<Edge> {
        let (mut edges, mut at) = (Vec::new(), visit);
        while at != 0 {
            let (_, parent, edge) = self.visits[at];
            edges.push(edge);
            at = parent;
        }
        edges.reverse();
        edges
    }
}
