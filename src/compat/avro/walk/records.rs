//! Record into record.

use super::{Pair, Walk};
use crate::compat::avro::dialect::Dialects;
use crate::compat::avro::minimal::Leaf;
use crate::compat::avro::mishap::Mishap;
use crate::compat::avro::places::Edge;
use crate::compat::avro::resolution::Origin;
use crate::compat::budget::Exhausted;
use crate::schema::avro::model::Kind;

impl Walk<'_, '_> {
    pub(super) fn records(&mut self, pair: Pair) -> Result<(), Exhausted> {
        self.names(pair);
        let mut plans = Vec::with_capacity(2);
        for dialect in pair.dialects.iter() {
            let Some(plan) = self.resolution.plan(pair.reader, pair.writer, dialect, self.fuel)? else {
                return Ok(());
            };
            plans.push((Dialects::only(dialect), plan));
        }
        // Mostly both dialects do the same.
        if let [(first, plan), (second, other)] = plans.as_slice()
            && plan == other
        {
            plans = vec![(first.with(*second), plan.clone())];
        }
        let (readers, writers) = (self.resolution.reader, self.resolution.writer);
        let (Kind::Record(read), Kind::Record(written)) =
            (&readers.get(pair.reader).kind, &writers.get(pair.writer).kind)
        else {
            return Ok(());
        };
        self.fuel.spend(read.fields.len())?;
        for (position, field) in read.fields.iter().enumerate() {
            let mut done: Vec<(Origin, Dialects)> = Vec::with_capacity(2);
            for (dialects, plan) in &plans {
                let origin = plan.origins.get(position).copied().unwrap_or(Origin::Nowhere);
                match done.iter_mut().find(|(known, _)| *known == origin) {
                    Some((_, known)) => *known = known.with(*dialects),
                    None => done.push((origin, *dialects)),
                }
            }
            let position = position as u32;
            for (origin, dialects) in done {
                let mishap = match origin {
                    Origin::Written(from) => {
                        let Some(source) = written.fields.get(from as usize) else { continue };
                        let into = (Edge::Field(position), field.schema.id);
                        self.open(pair, into, (Edge::Field(from), source.schema.id), dialects);
                        continue;
                    }
                    Origin::Default => continue,
                    Origin::BadDefault => Mishap::DefaultInvalid(position),
                    Origin::Nowhere => Mishap::FieldMissing(position),
                    Origin::Several => Mishap::FieldAmbiguous(position),
                };
                let claim = self.claim_of(pair, mishap, Leaf::Least, dialects);
                self.claims.push(claim);
            }
        }
        Ok(())
    }
}
