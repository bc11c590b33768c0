//! The members of a pair of messages: which came, which went, and which moved into a oneof.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::NoAnswer;
use super::difference::{DifferenceKind, Part, Spot};
use super::types::TypeId;
use super::walk::{At, Context, Positions, Spots, Walk};
use crate::schema::protobuf::model::{Field, Label, Message};

/// The fields of a message by number, those of oneofs included.
struct Members<'a> {
    fields: BTreeMap<i32, Member<'a>>,
    oneofs: HashSet<&'a str>,
}

#[derive(Clone, Copy)]
struct Member<'a> {
    field: &'a Field,
    oneof: Option<&'a str>,
}

impl<'a> Members<'a> {
    /// Of two fields of one number the later one counts, and those of oneofs come last.
    fn of(message: &'a Message) -> Members<'a> {
        let plain = message.fields.iter().map(|field| Member { field, oneof: None });
        let joined = message.oneofs.iter().flat_map(|oneof| {
            oneof.fields.iter().map(|field| Member { field, oneof: Some(oneof.name.as_str()) })
        });
        Members {
            fields: plain.chain(joined).map(|member| (member.field.number, member)).collect(),
            oneofs: message.oneofs.iter().map(|oneof| oneof.name.as_str()).collect(),
        }
    }

    fn get(&self, number: i32) -> Option<Member<'a>> {
        self.fields.get(&number).copied()
    }
}

impl<'a> Walk<'a> {
    /// Compare the fields and oneofs of two messages. Groups are not looked at.
    pub(super) fn members(
        &mut self,
        (original, message): (TypeId, &'a Message),
        (update, updated): (TypeId, &'a Message),
        context: &Context<'a>,
        depth: usize,
        listed: &mut Positions,
    ) -> Result<(), NoAnswer> {
        let (before, after) = (Members::of(message), Members::of(updated));
        self.fuel
            .spend(before.fields.len() + after.fields.len() + before.oneofs.len() + after.oneofs.len())?;
        let spots = |original_part, update_part| Spots {
            original: Spot { message: Some(original), part: original_part },
            update: Spot { message: Some(update), part: update_part },
        };
        for oneof in &updated.oneofs {
            if let Some(kind) = joined(&oneof.fields, &before) {
                let at = At::Oneof(&oneof.name);
                let spots = spots(Part::Whole, Part::Oneof(oneof));
                self.report(kind, context, at, spots, listed)?;
            }
        }
        let dropped = dropped_as_a_whole(message, &after);
        let numbers: BTreeSet<i32> = before.fields.keys().chain(after.fields.keys()).copied().collect();
        for number in numbers {
            match (before.get(number), after.get(number)) {
                (Some(old), Some(new)) => {
                    let at = new.oneof.map_or(At::Field(number), |oneof| At::Member(oneof, number));
                    let spots = spots(Part::Field(old.field), Part::Field(new.field));
                    self.field(spots, (old.field, new.field), context, at, depth, listed)?;
                }
                (Some(Member { field, oneof }), None) => {
                    let (kind, at) = match oneof {
                        Some(oneof) if dropped.contains(oneof) => continue,
                        Some(oneof) => (DifferenceKind::OneofFieldRemoved, At::Member(oneof, number)),
                        None if field.label == Some(Label::Required) => {
                            (DifferenceKind::RequiredRemoved, At::Field(number))
                        }
                        None => continue,
                    };
                    let spots = spots(Part::Field(field), Part::MissingField(number));
                    self.report(kind, context, at, spots, listed)?;
                }
                (None, Some(Member { field, oneof: None })) if field.label == Some(Label::Required) => {
                    let spots = spots(Part::MissingField(number), Part::Field(field));
                    self.report(DifferenceKind::RequiredAdded, context, At::Field(number), spots, listed)?;
                }
                (None, _) => {}
            }
        }
        Ok(())
    }
}

/// Do the members of a oneof now exclude each other that did not before? Those that are new do not
/// count: no old data has them.
fn joined(fields: &[Field], before: &Members<'_>) -> Option<DifferenceKind> {
    let old: Vec<(i32, Option<&str>)> = fields
        .iter()
        .filter_map(|field| before.get(field.number).map(|member| (field.number, member.oneof)))
        .collect();
    let plain: Vec<i32> =
        old.iter().filter(|(_, oneof)| oneof.is_none()).map(|(number, _)| *number).collect();
    let fields: HashSet<i32> = plain.iter().copied().collect();
    let oneofs: HashSet<&str> = old.iter().filter_map(|(_, oneof)| *oneof).collect();
    match fields.len() + oneofs.len() {
        0 | 1 => None,
        _ if plain.len() > 1 => Some(DifferenceKind::ManyMovedToOneof),
        _ => Some(DifferenceKind::MovedToExistingOneof),
    }
}

/// Oneofs that went with all their members, which is taken for harmless.
fn dropped_as_a_whole<'a>(message: &'a Message, after: &Members<'a>) -> HashSet<&'a str> {
    let gone = message.oneofs.iter().filter(|oneof| !after.oneofs.contains(oneof.name.as_str()));
    let survives = |field: &Field| after.fields.contains_key(&field.number);
    let dropped = gone.filter(|oneof| !oneof.fields.iter().any(survives));
    dropped.map(|oneof| oneof.name.as_str()).collect()
}
