//! Numbers that come back. A number that a version gave up may be in data still, so a later field must
//! not have it for something else; a pair of versions does not show that.

use std::collections::BTreeSet;

use super::json_kinds::element;
use super::model::{Field, Message, MessageId, Model};
use super::rules_beyond_wire::PROTO_NUMBER_REUSED;
use super::sample::{Put, Sampler};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::{Incompatibility, Pointer, Severity};
use crate::compat::report::ProofView;
use crate::compat::witness::Witness;
use crate::compat::witness::protobuf::{Party, ReuseClaim};
use crate::model::{Direction, Pack, Version};
use crate::schema::protobuf::ProtobufSchema;

/// The numbers of `new` that some version of `earlier` (in any order, deleted ones included) had for
/// something else before it was given up, or reserved.
///
/// Only what a version gave up counts: a field that every version since has had changed step by step,
/// and each step was judged on its own. When work runs out, what was found is told.
pub(in crate::compat) fn reused<'s>(
    new: &ProtobufSchema,
    earlier: impl Iterator<Item = (Version, &'s ProtobufSchema)>,
) -> Vec<Incompatibility> {
    let mut earlier: Vec<(Version, &ProtobufSchema)> = earlier.collect();
    earlier.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let mut found = Vec::new();
    // Out of fuel: nothing is known of the rest.
    let _ = look_back(new, &earlier, &mut found);
    found
}

/// What is known of a number of the new schema while versions are looked at, newest first.
struct Number<'m, 's> {
    message: &'m Message<'s>,
    field: &'m Field<'s>,
    /// A version did not have it.
    was_given_up: bool,
    /// The newest version that reserved it.
    reserved_by: Option<usize>,
}

fn look_back(
    new: &ProtobufSchema,
    earlier: &[(Version, &ProtobufSchema)],
    found: &mut Vec<Incompatibility>,
) -> Result<(), Exhausted> {
    let mut fuel = Fuel::new(Fuel::PAIR);
    let model = Model::of(new, &mut fuel)?;
    let own = model.own_messages().iter().map(|id| model.message(*id));
    let numbers = own.filter(|message| !message.is_map_entry).flat_map(|message| {
        message.fields().iter().map(move |field| Number {
            message,
            field,
            was_given_up: false,
            reserved_by: None,
        })
    });
    let mut open: Vec<Number<'_, '_>> = numbers.collect();
    let new = Here { schema: new, model: &model };
    for (index, (version, schema)) in earlier.iter().enumerate() {
        if open.is_empty() || found.len() >= ProofView::TOLD {
            return Ok(());
        }
        let old = Model::of(schema, &mut fuel)?;
        fuel.spend(open.len())?;
        open.retain_mut(|number| {
            let of = number.field.number;
            let message = old.own_message(&number.message.path).map(|id| old.message(id));
            let Some((message, field)) = message.and_then(|message| Some((message, message.field(of)?)))
            else {
                number.was_given_up = true;
                if message.is_some_and(|message| message.reserves(of)) {
                    number.reserved_by.get_or_insert(index);
                }
                return true;
            };
            if number.was_given_up {
                let old = Here { schema, model: &old };
                found.extend(had_another_meaning(number, new, old, (message, field), *version));
            }
            !number.was_given_up
        });
    }
    // Nothing is known of what is left but that some version reserved it.
    for number in &open {
        let Some((version, schema)) = number.reserved_by.and_then(|index| earlier.get(index)) else {
            continue;
        };
        if found.len() >= ProofView::TOLD {
            return Ok(());
        }
        let old = Model::of(schema, &mut fuel)?;
        found.extend(was_reserved(number, new, Here { schema, model: &old }, *version));
    }
    Ok(())
}

/// A schema and its meaning.
#[derive(Clone, Copy)]
struct Here<'a> {
    schema: &'a ProtobufSchema,
    model: &'a Model<'a>,
}

/// The version had the number for another field: one of another name, or one whose data is not read.
fn had_another_meaning(
    number: &Number<'_, '_>,
    new: Here<'_>,
    old: Here<'_>,
    (message, field): (&Message<'_>, &Field<'_>),
    version: Version,
) -> Option<Incompatibility> {
    let has_same_name = number.field.shown_name() == field.shown_name();
    let [now, before] = [(new, number.field), (old, field)].map(|(side, field)| side.model.type_name(field));
    if has_same_name && now == before {
        return None;
    }
    let witness = unread(number, new, old)
        .or_else(|| if has_same_name { None } else { read_as_another(number, new, old, (message, field)) })?;
    let sentence = format!(
        "number {} of `{}` is `{}` ({now}) in the new schema; version {version} had it for `{}` ({before}), and a later version gave it up",
        field.number,
        message.local_name(),
        number.field.shown_name(),
        field.shown_name(),
    );
    Some(finding(number, sentence, Pointer::at(message.field_pointer(field.number), field.place), witness))
}

/// The version reserved the number, and what it was before is not known.
fn was_reserved(
    number: &Number<'_, '_>,
    new: Here<'_>,
    old: Here<'_>,
    version: Version,
) -> Option<Incompatibility> {
    let path = &number.message.path;
    let (read, written) = (new.model.own_message(path)?, old.model.own_message(path)?);
    // A program with that version hands on what it does not know.
    let mut bytes = minimal(old.model, written)?;
    bytes.extend(with_number(new.model, read, number.field)?);
    let witness = try_both(number, new, old, bytes)?;
    let sentence = format!(
        "number {} of `{}` is `{}` ({}) in the new schema; version {version} reserved it",
        number.field.number,
        number.message.local_name(),
        number.field.shown_name(),
        new.model.type_name(number.field),
    );
    let message = old.model.message(written);
    let at = Pointer::at(message.field_pointer(number.field.number), message.place);
    Some(finding(number, sentence, at, witness))
}

fn finding(
    number: &Number<'_, '_>,
    sentence: String,
    writer_at: Pointer,
    witness: Witness,
) -> Incompatibility {
    let reader_at = Pointer::at(number.message.field_pointer(number.field.number), number.field.place);
    Incompatibility::proved(&PROTO_NUMBER_REUSED, Direction::Backward, sentence, Some(witness))
        .between(reader_at, writer_at)
}

/// Data of the old field that the new one does not read as it was written.
fn unread(number: &Number<'_, '_>, new: Here<'_>, old: Here<'_>) -> Option<Witness> {
    let packs = BTreeSet::from([Pack::Wire]);
    let view = super::prove(Direction::Backward, new.schema, old.schema, &packs);
    let at = number.message.field_pointer(number.field.number);
    let here = view.findings.into_iter().find(|finding| {
        let is_severe = matches!(finding.severity, Severity::Break | Severity::Altered);
        is_severe && finding.reader_at.as_ref().is_some_and(|pointer| pointer.as_str() == at)
    });
    here?.witness
}

/// Data of the old field that the new one takes for its own.
fn read_as_another(
    number: &Number<'_, '_>,
    new: Here<'_>,
    old: Here<'_>,
    (message, field): (&Message<'_>, &Field<'_>),
) -> Option<Witness> {
    let written = old.model.own_message(&message.path)?;
    let bytes = with_number(old.model, written, field)?;
    try_both(number, new, old, bytes)
}

fn try_both(number: &Number<'_, '_>, new: Here<'_>, old: Here<'_>, bytes: Vec<u8>) -> Option<Witness> {
    let path = &number.message.path;
    let name = |side: Here<'_>| Some(side.model.message(side.model.own_message(path)?).full_name.clone());
    let claim = ReuseClaim { written: name(old)?, read: name(new)?, bytes, number: number.field.number };
    let (reader, writer) = (Party::of(new.schema, new.model)?, Party::of(old.schema, old.model)?);
    Witness::of_protobuf_reuse(reader, writer, claim)
}

fn minimal(model: &Model<'_>, message: MessageId) -> Option<Vec<u8>> {
    let sampler = Sampler::of(model);
    sampler.encode(&sampler.minimal(message)?)
}

/// The smallest message in which the field is set.
fn with_number(model: &Model<'_>, message: MessageId, field: &Field<'_>) -> Option<Vec<u8>> {
    let sampler = Sampler::of(model);
    let put = Put { number: field.number, contents: vec![element(model, field, 1)?] };
    sampler.encode(&sampler.holding(message, &[], &[put])?)
}
