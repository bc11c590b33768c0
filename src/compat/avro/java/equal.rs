//! When Java takes two schemas for equal: then it renames nothing.

use std::collections::HashSet;

use crate::compat::avro::branches::is_kind;
use crate::compat::avro::places::parts;
use crate::compat::budget::{Exhausted, Fuel};
use crate::schema::avro::model::{Field, Kind, Model, Property, Record};
use crate::schema::tree::Node;

/// Documentation and aliases do not count.
pub(super) fn equal(reader: &Model, writer: &Model, fuel: &mut Fuel) -> Result<bool, Exhausted> {
    let mut seen = HashSet::new();
    let mut open = vec![(reader.root(), writer.root())];
    while let Some(pair) = open.pop() {
        let (read, written) = (reader.get(pair.0), writer.get(pair.1));
        fuel.spend(1)?;
        if !is_kind(read, written)
            || read.name() != written.name()
            || !same_properties(&read.properties, &written.properties, fuel)?
        {
            return Ok(false);
        }
        let same = match (&read.kind, &written.kind) {
            (Kind::Fixed(read), Kind::Fixed(written)) => read.size == written.size,
            (Kind::Enum(read), Kind::Enum(written)) => {
                fuel.spend(read.symbols.len())?;
                read.symbols == written.symbols
            }
            (Kind::Union(read), Kind::Union(written)) => read.len() == written.len(),
            (Kind::Record(read), Kind::Record(written)) => {
                read.fields.len() == written.fields.len() && same_fields(read, written, fuel)?
            }
            _ => true,
        };
        if !same {
            return Ok(false);
        }
        for ((_, read), (_, written)) in parts(read).zip(parts(written)) {
            if seen.insert((read.id, written.id)) {
                open.push((read.id, written.id));
            }
        }
    }
    Ok(true)
}

fn same_fields(left: &Record, right: &Record, fuel: &mut Fuel) -> Result<bool, Exhausted> {
    let default = |field: &Field| field.default.as_ref().map(Node::to_compact);
    for (left, right) in left.fields.iter().zip(&right.fields) {
        fuel.spend(1)?;
        if left.name != right.name
            || left.order != right.order
            || default(left) != default(right)
            || !same_properties(&left.properties, &right.properties, fuel)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_properties(left: &[Property], right: &[Property], fuel: &mut Fuel) -> Result<bool, Exhausted> {
    fuel.spend(left.len().saturating_mul(left.len()))?;
    let find = |key: &str| right.iter().find(|property| property.key == key);
    Ok(left.len() == right.len()
        && left.iter().all(|property| {
            find(&property.key).is_some_and(|other| other.value.to_compact() == property.value.to_compact())
        }))
}
