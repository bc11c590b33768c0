//! How a comparison came to a pair of types.

use crate::compat::avro::places::Edge;

/// The steps from both roots to a pair of types, and the reference's path to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    pub(super) reader: Vec<Edge>,
    pub(super) writer: Vec<Edge>,
    /// The last step went into a field that the writer lacks.
    pub(super) into_missing_field: bool,
    /// The steps that the reference counts, since its path last started anew.
    pub(super) reference: Vec<Edge>,
}

/// How a pair of types was reached. The visits of a comparison form a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub(super) parent: u32,
    pub(super) reader: Edge,
    pub(super) writer: Edge,
    /// The reference's step; `None` where its path starts anew.
    pub(super) reference: Option<Edge>,
}

impl Route {
    pub(super) fn to(visits: &[Visit], visit: u32) -> Route {
        let Visit { reader, writer, .. } = visits[visit as usize];
        let into_missing_field = matches!((reader, writer), (Edge::Field(_), Edge::Stay));
        let mut route = Route { into_missing_field, ..Route::default() };
        let mut counts = true;
        let mut at = visit;
        // The root is its own parent and has no edges.
        while at != 0 {
            let Visit { parent, reader, writer, reference } = visits[at as usize];
            route.reader.push(reader);
            route.writer.push(writer);
            match reference {
                Some(edge) if counts => route.reference.push(edge),
                _ => counts = false,
            }
            at = parent;
        }
        for edges in [&mut route.reader, &mut route.writer, &mut route.reference] {
            edges.reverse();
            edges.retain(|edge| *edge != Edge::Stay);
        }
        route
    }
}

impl Visit {
    pub(super) const ROOT: Visit =
        Visit { parent: 0, reader: Edge::Stay, writer: Edge::Stay, reference: None };

    /// From a writer's union into one of its branches. The reference counts the step only when the
    /// reader is no union.
    pub(super) fn into_writers_union(parent: u32, branch: usize, counted: bool) -> Visit {
        let edge = Edge::Branch(branch as u32);
        Visit { parent, reader: Edge::Stay, writer: edge, reference: counted.then_some(edge) }
    }

    /// From a reader's union into one of its branches, when the writer is no union.
    pub(super) fn into_readers_union(parent: u32, branch: usize) -> Visit {
        Visit { parent, reader: Edge::Branch(branch as u32), writer: Edge::Stay, reference: None }
    }

    /// On both sides, or on the reader's side alone.
    pub(super) fn into_part(parent: u32, reader: Edge, writer: Edge) -> Visit {
        Visit { parent, reader, writer, reference: Some(reader) }
    }
}
