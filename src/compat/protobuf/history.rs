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

/// Each with the newest version that clashes there: the numbers of `new` that some version of `earlier` (in any order, deleted ones included) had for
/// something else before it was given up, or reserved.
///
/// Only what a version gave up counts: a field that every version since has had changed step by step,
/// and each step was judged on its own. When work runs out, what was found is told.
pub(in crate::compat) fn reused<'s>(
    new: &ProtobufSchema,
    earlier: impl Iterator<Item = (Version, &'s ProtobufSchema)>,
) -> Vec<(Version, Incompatibility)> {
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
    found: &mut Vec<(Version, Incompatibility)>,
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
                let reused = had_another_meaning(number, new, old, (message, field), *version);
                found.extend(reused.map(|finding| (*version, finding)));
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
        let reused = was_reserved(number, new, Here { schema, model: &old }, *version);
        found.extend(reused.map(|finding| (*version, finding)));
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

#[cfg(test)]
mod tests {
    use super::reused;
    use crate::compat::witness::Evidence;
    use crate::model::Version;
    use crate::schema::Options;
    use crate::schema::protobuf::ProtobufSchema;

    fn schema(body: &str) -> ProtobufSchema {
        let text = format!("syntax = \"proto3\"; {body}");
        ProtobufSchema::parse(&text, &[], Options::STORED).expect("a schema")
    }

    /// What is found when the last of these follows the others.
    fn found(history: &[&str]) -> Vec<String> {
        let mut schemas: Vec<ProtobufSchema> = history.iter().map(|body| schema(body)).collect();
        let new = schemas.pop().expect("a new schema");
        let versions = schemas
            .iter()
            .enumerate()
            .map(|(index, schema)| (Version::new(index as i32 + 1).expect("a version"), schema));
        let told = reused(&new, versions);
        let line = |(_, finding): &(Version, super::Incompatibility)| {
            let at = finding.reader_at.as_ref().expect("a place");
            let evidence = match finding.witness.as_ref().expect("a witness").evidence() {
                Evidence::Altered { wrote, read, .. } => format!("{wrote} is {read}"),
                other => other.to_string(),
            };
            format!("{at}: {}: {evidence}", finding.message)
        };
        told.iter().map(line).collect()
    }

    #[test]
    fn a_number_that_comes_back_for_something_else_is_told() {
        let secret = "message M { int32 a = 1; string secret = 2; }";
        let given_up = "message M { int32 a = 1; }";
        assert_eq!(
            found(&[secret, given_up, "message M { int32 a = 1; bytes key = 2; }"]),
            [
                "/M/2: number 2 of `M` is `key` (bytes) in the new schema; version 1 had it for `secret` (string), and a later version gave it up: secret = \"x\" is key = bytes 78"
            ]
        );
        assert_eq!(
            found(&[secret, given_up, given_up, "message M { int32 a = 1; int32 count = 2; }"]),
            [
                "/M/2: number 2 of `M` is `count` (int32) in the new schema; version 1 had it for `secret` (string), and a later version gave it up: \"a\" was written, and lost (at secret)"
            ]
        );
        // The newest version that had it counts; the message itself may have been away.
        assert_eq!(
            found(&[
                "message M { bool other = 2; }",
                secret,
                "message N { }",
                "message N { } message M { string name = 2; }"
            ]),
            [
                "/M/2: number 2 of `M` is `name` (string) in the new schema; version 2 had it for `secret` (string), and a later version gave it up: secret = \"x\" is name = \"x\""
            ]
        );
    }

    #[test]
    fn what_was_never_given_up_or_comes_back_as_it_was_is_not_told() {
        let given_up = "message M { int32 a = 1; }";
        for (name, history) in [
            ("no history", vec![given_up]),
            ("a new number", vec![given_up, "message M { int32 a = 1; int32 b = 2; }"]),
            (
                "step by step",
                vec![
                    "message M { string a = 1; }",
                    "message M { string b = 1; }",
                    "message M { bytes c = 1; }",
                ],
            ),
            ("as it was", vec!["message M { string s = 2; }", given_up, "message M { string s = 2; }"]),
            ("wider than it was", vec!["message M { int32 s = 2; }", given_up, "message M { int64 s = 2; }"]),
            (
                "as it was, after it was reserved",
                vec![
                    "message M { string s = 2; }",
                    "message M { reserved 2; }",
                    "message M { string s = 2; }",
                ],
            ),
            (
                "in another message",
                vec![
                    "message M { string s = 2; } message N { }",
                    "message M { } message N { }",
                    "message M { } message N { int32 s = 2; }",
                ],
            ),
        ] {
            assert_eq!(found(&history), [""; 0], "{name}");
        }
    }

    #[test]
    fn a_reserved_number_that_is_taken_is_told() {
        assert_eq!(
            found(&[
                "message M { int32 a = 1; reserved 2 to 4; }",
                "message M { int32 a = 1; int32 b = 3; }"
            ]),
            [
                "/M/3: number 3 of `M` is `b` (int32) in the new schema; version 1 reserved it: the reserved number 3 is b = 1"
            ]
        );
        let reserved = "message M { reserved 2; }";
        assert_eq!(
            found(&["message M { string s = 2; }", reserved, "message M { }", "message M { string t = 2; }"]),
            [
                "/M/2: number 2 of `M` is `t` (string) in the new schema; version 1 had it for `s` (string), and a later version gave it up: s = \"x\" is t = \"x\""
            ]
        );
    }

    #[test]
    fn long_histories_are_looked_through_as_far_as_fuel_goes() {
        let wide = |from: usize| {
            let fields: String =
                (from..from + 500).map(|number| format!("int32 f{number} = {number};")).collect();
            schema(&format!("message M {{ {fields} }}"))
        };
        let (old, new) = (wide(1), wide(501));
        let versions = (1..5_000).map(|number| (Version::new(number).expect("a version"), &old));
        assert!(reused(&new, versions).is_empty());
    }
}
