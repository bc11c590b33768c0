//! The types and labels of a pair of fields.

use super::NoAnswer;
use super::difference::DifferenceKind;
use super::types::{TypeId, without_package};
use super::walk::{At, Context, Positions, Reached, Spots, Walk};
use crate::schema::protobuf::model::{Field, FieldType, Label, Scalar};

/// Maps whose values are maps exist where their entries are spelled out as messages; those may even
/// hold themselves.
const DEEPEST_MAP: usize = 32;

/// The type of a field.
#[derive(Debug, Clone, Copy)]
enum Shape<'a> {
    Scalar(Scalar),
    Named(&'a str),
    Map(MapKey<'a>, &'a FieldType),
}

#[derive(Debug, Clone, Copy)]
enum MapKey<'a> {
    Scalar(Scalar),
    /// In an entry that is spelled out as a message.
    Written(&'a FieldType),
}

/// Scalars that can be read as one another, by the reckoning of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    ZigZag,
    StringOrBytes,
    Fixed32,
    Fixed64,
    Float,
    Double,
}

/// A type, looked up.
#[derive(Debug, Clone, Copy)]
enum Sort<'a> {
    Scalar(Family),
    /// A message, or a name that means nothing.
    Message(&'a str, Option<TypeId>),
    Map(MapKey<'a>, &'a FieldType),
}

/// What does not change while one pair of fields is compared.
#[derive(Clone, Copy)]
struct FieldPair<'w, 'a> {
    spots: Spots<'a>,
    at: At<'a>,
    context: &'w Context<'a>,
    depth: usize,
}

impl<'a> From<&'a FieldType> for Shape<'a> {
    fn from(kind: &'a FieldType) -> Shape<'a> {
        match kind {
            FieldType::Scalar(scalar) => Shape::Scalar(*scalar),
            FieldType::Map(key, value) => Shape::Map(MapKey::Scalar(*key), value),
            FieldType::Named(name) => Shape::Named(name),
        }
    }
}

impl<'a> From<MapKey<'a>> for Shape<'a> {
    fn from(key: MapKey<'a>) -> Shape<'a> {
        match key {
            MapKey::Scalar(scalar) => Shape::Scalar(scalar),
            MapKey::Written(kind) => kind.into(),
        }
    }
}

impl Family {
    fn of(scalar: Scalar) -> Family {
        match scalar {
            Scalar::Int32 | Scalar::Int64 | Scalar::Uint32 | Scalar::Uint64 | Scalar::Bool => Family::Number,
            Scalar::Sint32 | Scalar::Sint64 => Family::ZigZag,
            Scalar::String | Scalar::Bytes => Family::StringOrBytes,
            Scalar::Fixed32 | Scalar::Sfixed32 => Family::Fixed32,
            Scalar::Fixed64 | Scalar::Sfixed64 => Family::Fixed64,
            Scalar::Float => Family::Float,
            Scalar::Double => Family::Double,
        }
    }
}

impl<'a> Walk<'a> {
    /// Compare two fields of one number. Another name is harmless.
    pub(super) fn field(
        &mut self,
        spots: Spots<'a>,
        (original, update): (&'a Field, &'a Field),
        context: &Context<'a>,
        at: At<'a>,
        depth: usize,
        listed: &mut Positions,
    ) -> Result<(), NoAnswer> {
        let pair = FieldPair { spots, at, context, depth };
        let labels = (original.label, update.label);
        self.types(pair, (&original.kind).into(), (&update.kind).into(), labels, 0, listed)
    }

    fn types(
        &mut self,
        pair: FieldPair<'_, 'a>,
        original: Shape<'a>,
        update: Shape<'a>,
        labels: (Option<Label>, Option<Label>),
        maps: usize,
        listed: &mut Positions,
    ) -> Result<(), NoAnswer> {
        let sorts = (self.sort(pair.context, 0, original)?, self.sort(pair.context, 1, update)?);
        let kind = match sorts {
            (Sort::Scalar(original), Sort::Scalar(update)) if original != update => {
                DifferenceKind::ScalarKind
            }
            (Sort::Scalar(family), Sort::Scalar(_)) => {
                let both_written = matches!(labels, (Some(original), Some(update)) if original != update);
                if family == Family::StringOrBytes || !both_written {
                    return Ok(());
                }
                DifferenceKind::NumericLabel
            }
            (Sort::Map(old_key, old_value), Sort::Map(new_key, new_value)) => {
                if maps == DEEPEST_MAP {
                    return Err(NoAnswer::Exhausted);
                }
                let unlabelled = (None, None);
                self.types(pair, old_key.into(), new_key.into(), unlabelled, maps + 1, listed)?;
                return self.types(pair, old_value.into(), new_value.into(), unlabelled, maps + 1, listed);
            }
            (Sort::Message(_, Some(old)), Sort::Message(_, Some(new))) => {
                match self.message_types(pair, old, new, listed)? {
                    Some(kind) => kind,
                    None => return Ok(()),
                }
            }
            // What means nothing is compared as it is written.
            (Sort::Message(original, _), Sort::Message(update, _)) if original == update => return Ok(()),
            (Sort::Message(..), Sort::Message(..)) => DifferenceKind::MessageName,
            _ => DifferenceKind::FieldKind,
        };
        self.report(kind, pair.context, pair.at, pair.spots, listed)
    }

    /// Look a type up in the original (0) or the update (1).
    fn sort(&mut self, context: &Context<'a>, side: usize, shape: Shape<'a>) -> Result<Sort<'a>, NoAnswer> {
        let name = match shape {
            Shape::Scalar(scalar) => return Ok(Sort::Scalar(Family::of(scalar))),
            Shape::Map(key, value) => return Ok(Sort::Map(key, value)),
            Shape::Named(name) => name,
        };
        let types = if side == 0 { &self.original } else { &self.update };
        let Some(id) = types.resolve(context.scope(side), name, &mut self.fuel)? else {
            return Ok(Sort::Message(name, None));
        };
        let found = types.get(id);
        if found.is_map {
            let (key, value) = found.map_parts().ok_or(NoAnswer::MapWithoutParts)?;
            return Ok(Sort::Map(MapKey::Written(key), value));
        }
        Ok(match found.message() {
            Some(_) => Sort::Message(name, Some(id)),
            // Enums go with the numbers.
            None => Sort::Scalar(Family::Number),
        })
    }

    /// Compare two messages that a field holds. The kind of difference that this makes of the field.
    fn message_types(
        &mut self,
        pair: FieldPair<'_, 'a>,
        old: TypeId,
        new: TypeId,
        listed: &mut Positions,
    ) -> Result<Option<DifferenceKind>, NoAnswer> {
        let FieldPair { context, depth, .. } = pair;
        // The full names are looked up once more as if the author had written them, which may lead
        // elsewhere.
        let full_names = (&self.original.get(old).full_name, &self.update.get(new).full_name);
        let original = self.original.resolve(context.scope(0), full_names.0, &mut self.fuel)?.unwrap_or(old);
        let update = self.update.resolve(context.scope(1), full_names.1, &mut self.fuel)?.unwrap_or(new);
        let (from, to) = (self.original.get(original), self.update.get(update));
        if without_package(full_names.0, from.package) != without_package(full_names.1, to.package) {
            return Ok(Some(DifferenceKind::MessageName));
        }
        if self.closures.are_the_same(from.origin, to.origin, &mut self.fuel)? {
            return Ok(None);
        }
        let found = self.reach(Reached { original, update, named: [old, new] }, depth)?;
        self.fuel.spend(found.len())?;
        listed.extend(found.iter());
        Ok((!found.is_empty()).then_some(DifferenceKind::MessageContent))
    }
}
