//! Numbers that come back. A number that a version gave up may be in data still, so a later field must
//! not have it for something else; a pair of versions does not show that.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::json_kinds::element;
use super::model::{Field, Message, MessageId, Model};
use super::rules_beyond_wire::PROTO_NUMBER_REUSED;
use super::sample::{Put, Sampler};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::{Incompatibility, Pointer, Severity};
use crate::compat::report::Room;
use crate::compat::witness::Witness;
use crate::compat::witness::protobuf::{Party, ReuseClaim};
use crate::model::{Direction, Pack, Version};
use crate::schema::protobuf::ProtobufSchema;

/// An earlier version.
#[derive(Clone, Copy)]
pub(in crate::compat) struct Earlier<'s> {
    pub(in crate::compat) version: Version,
    /// It is softly deleted.
    pub(in crate::compat) is_deleted: bool,
    pub(in crate::compat) schema: &'s ProtobufSchema,
}

/// How many earlier versions are compared with whole: for the others only names and types tell.
const COMPARED: usize = 20;

/// The numbers of `new` that some version of `earlier` (in any order, deleted ones included) had for
/// something else, or reserved; each with the newest such version.
///
/// Only numbers that the latest live version lacks are looked at: to what it has, the comparison with it
/// has its own answer. When work runs out, what was found is told.
pub(in crate::compat) fn reused<'s>(
    new: &ProtobufSchema,
    earlier: impl Iterator<Item = Earlier<'s>>,
) -> Vec<(Version, Incompatibility)> {
    let mut earlier: Vec<Earlier<'s>> = earlier.collect();
    earlier.sort_by_key(|old| std::cmp::Reverse(old.version));
    let mut found = Vec::new();
    // Out of fuel: nothing is known of the rest.
    let _ = look_back(new, &earlier, &mut found);
    found
}

/// What is known of a number of the new schema while versions are looked at, newest first.
struct Number<'m, 's> {
    message: &'m Message<'s>,
    field: &'m Field<'s>,
    /// The newest version that reserved it.
    reserved_by: Option<usize>,
    /// A version had it for the same as now.
    is_restored: bool,
}

impl Number<'_, '_> {
    /// The field that has the number in an earlier version. Notes whether that reserved it instead.
    fn used_by<'o>(&mut self, old: &Here<'o>, index: usize) -> Option<(&'o Message<'o>, &'o Field<'o>)> {
        let message = old.model.message(old.model.own_message(&self.message.path)?);
        let number = self.field.number;
        if message.reserves(number) && !self.is_restored {
            self.reserved_by.get_or_insert(index);
        }
        Some((message, message.field(number)?))
    }
}

fn look_back(
    new: &ProtobufSchema,
    earlier: &[Earlier<'_>],
    found: &mut Vec<(Version, Incompatibility)>,
) -> Result<(), Exhausted> {
    let mut fuel = Fuel::new(Fuel::PAIR);
    let model = Model::of(new, &mut fuel)?;
    let mut open = taken_up(&model, earlier, &mut fuel)?;
    if open.is_empty() {
        return Ok(());
    }
    let new = Here::of(new, &model, false);
    let mut compared = 0;
    for (index, Earlier { version, schema, .. }) in earlier.iter().enumerate() {
        let model = Model::of(schema, &mut fuel)?;
        let old = Here::of(schema, &model, compared < COMPARED);
        let mut left = Vec::with_capacity(open.len());
        for mut number in open {
            if found.len() >= Room::OF_A_RULE {
                return Ok(());
            }
            fuel.spend(1)?;
            let Some((message, field)) = number.used_by(&old, index) else {
                left.push(number);
                continue;
            };
            if has_same_meaning(&number, &new, (&old, field)) {
                number.is_restored = true;
                left.push(number);
                continue;
            }
            fuel.spend(100 + message.fields().len())?;
            match had_another_meaning(&number, &new, &old, (message, field), *version) {
                Some(finding) => found.push((*version, finding)),
                None => left.push(number),
            }
        }
        open = left;
        compared += usize::from(old.proof.get().is_some());
    }
    // Nothing is known of what is left but that some version reserved it.
    for number in open.iter().filter(|number| !number.is_restored) {
        let Some(Earlier { version, schema, .. }) = number.reserved_by.and_then(|index| earlier.get(index))
        else {
            continue;
        };
        if found.len() >= Room::OF_A_RULE {
            return Ok(());
        }
        let old = Model::of(schema, &mut fuel)?;
        let reused = was_reserved(number, &new, &Here::of(schema, &old, false), *version);
        found.extend(reused.map(|finding| (*version, finding)));
    }
    Ok(())
}

/// The numbers of the new schema that the latest live version lacks.
fn taken_up<'m, 's>(
    model: &'m Model<'s>,
    earlier: &[Earlier<'_>],
    fuel: &mut Fuel,
) -> Result<Vec<Number<'m, 's>>, Exhausted> {
    let latest = match earlier.iter().find(|old| !old.is_deleted) {
        Some(old) => Some(Model::of(old.schema, fuel)?),
        None => None,
    };
    let is_new = |message: &Message<'_>, field: &Field<'_>| {
        let known = latest.as_ref().and_then(|latest| {
            latest.message(latest.own_message(&message.path)?).field(field.number).map(|_| ())
        });
        known.is_none()
    };
    let own = model.own_messages().iter().map(|id| model.message(*id));
    let numbers = own.filter(|message| !message.is_map_entry).flat_map(|message| {
        let fields = message.fields().iter().filter(move |field| is_new(message, field));
        fields.map(move |field| Number { message, field, reserved_by: None, is_restored: false })
    });
    Ok(numbers.collect())
}

/// A schema, its meaning, and what is worked out of it at most once.
struct Here<'a> {
    schema: &'a ProtobufSchema,
    model: &'a Model<'a>,
    sampler: Sampler<'a>,
    party: OnceCell<Option<Party<'a>>>,
    /// What the new schema does to data of this one.
    proof: OnceCell<Vec<Incompatibility>>,
    /// There is time to find that out.
    is_compared: bool,
}

impl<'a> Here<'a> {
    fn of(schema: &'a ProtobufSchema, model: &'a Model<'a>, is_compared: bool) -> Here<'a> {
        let sampler = Sampler::of(model);
        Here { schema, model, sampler, party: OnceCell::new(), proof: OnceCell::new(), is_compared }
    }

    fn party(&self) -> Option<Party<'a>> {
        *self.party.get_or_init(|| Party::of(self.model).ok())
    }

    /// The smallest message in which the field is set.
    fn with_number(&self, message: MessageId, field: &Field<'_>) -> Option<Vec<u8>> {
        let put = Put { number: field.number, contents: vec![element(self.model, field, 1)?] };
        self.sampler.encode(&self.sampler.holding(message, &[], &[put])?)
    }
}

fn has_same_meaning(number: &Number<'_, '_>, new: &Here<'_>, (old, field): (&Here<'_>, &Field<'_>)) -> bool {
    number.field.shown_name() == field.shown_name()
        && new.model.type_name(number.field) == old.model.type_name(field)
}

/// The version had the number for another field: one of another name, or one whose data is not read.
fn had_another_meaning(
    number: &Number<'_, '_>,
    new: &Here<'_>,
    old: &Here<'_>,
    (message, field): (&Message<'_>, &Field<'_>),
    version: Version,
) -> Option<Incompatibility> {
    let has_same_name = number.field.shown_name() == field.shown_name();
    let witness = unread(number, new, old)
        .or_else(|| if has_same_name { None } else { read_as_another(number, new, old, (message, field)) })?;
    let sentence = format!(
        "number {} of `{}` is `{}` ({}) in the new schema; version {version} had it for `{}` ({}), and its data may still be around",
        field.number,
        message.local_name(),
        number.field.shown_name(),
        new.model.type_name(number.field),
        field.shown_name(),
        old.model.type_name(field),
    );
    Some(finding(number, sentence, Pointer::at(message.field_pointer(field.number), field.place), witness))
}

/// The version reserved the number, and what it was before is not known.
fn was_reserved(
    number: &Number<'_, '_>,
    new: &Here<'_>,
    old: &Here<'_>,
    version: Version,
) -> Option<Incompatibility> {
    let path = &number.message.path;
    let (read, written) = (new.model.own_message(path)?, old.model.own_message(path)?);
    // A program with that version hands on what it does not know.
    let mut bytes = old.sampler.encode(&old.sampler.minimal(written)?)?;
    bytes.extend(new.with_number(read, number.field)?);
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
fn unread(number: &Number<'_, '_>, new: &Here<'_>, old: &Here<'_>) -> Option<Witness> {
    if !old.is_compared {
        return None;
    }
    let packs = BTreeSet::from([Pack::Wire]);
    let proof =
        old.proof.get_or_init(|| super::prove(Direction::Backward, new.schema, old.schema, &packs).findings);
    let at = number.message.field_pointer(number.field.number);
    let here = proof.iter().find(|finding| {
        let is_severe = matches!(finding.severity, Severity::Break | Severity::Altered);
        is_severe && finding.reader_at.as_ref().is_some_and(|pointer| pointer.as_str() == at)
    });
    here?.witness.clone()
}

/// Data of the old field that the new one takes for its own.
fn read_as_another(
    number: &Number<'_, '_>,
    new: &Here<'_>,
    old: &Here<'_>,
    (message, field): (&Message<'_>, &Field<'_>),
) -> Option<Witness> {
    let bytes = old.with_number(old.model.own_message(&message.path)?, field)?;
    try_both(number, new, old, bytes)
}

fn try_both(number: &Number<'_, '_>, new: &Here<'_>, old: &Here<'_>, bytes: Vec<u8>) -> Option<Witness> {
    let path = &number.message.path;
    let name = |side: &Here<'_>| Some(side.model.message(side.model.own_message(path)?).full_name.clone());
    let claim = ReuseClaim { written: name(old)?, read: name(new)?, bytes, number: number.field.number };
    Witness::of_protobuf_reuse(new.party()?, old.party()?, claim)
}

#[cfg(test)]
mod tests {
    use super::{Earlier, reused};
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
        found_after_deletion(history, &[])
    }

    /// The same where the versions at these positions are softly deleted.
    fn found_after_deletion(history: &[&str], deleted: &[usize]) -> Vec<String> {
        let mut schemas: Vec<ProtobufSchema> = history.iter().map(|body| schema(body)).collect();
        let new = schemas.pop().expect("a new schema");
        let versions = schemas.iter().enumerate().map(|(index, schema)| Earlier {
            version: Version::new(index as i32 + 1).expect("a version"),
            is_deleted: deleted.contains(&index),
            schema,
        });
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
                "/M/2: number 2 of `M` is `key` (bytes) in the new schema; version 1 had it for `secret` (string), and its data may still be around: secret = \"x\" is key = bytes 78"
            ]
        );
        assert_eq!(
            found(&[secret, given_up, given_up, "message M { int32 a = 1; int32 count = 2; }"]),
            [
                "/M/2: number 2 of `M` is `count` (int32) in the new schema; version 1 had it for `secret` (string), and its data may still be around: \"a\" was written, and lost (at secret)"
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
                "/M/2: number 2 of `M` is `name` (string) in the new schema; version 2 had it for `secret` (string), and its data may still be around: secret = \"x\" is name = \"x\""
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
    fn every_version_counts_and_so_do_deleted_ones() {
        let secret = "message M { string b = 2; }";
        // The newest use is the same as now, an older one is not.
        assert_eq!(
            found(&[
                secret,
                "message M { }",
                "message M { int64 b = 2; }",
                "message M { int32 q = 9; }",
                "message M { int64 b = 2; int32 q = 9; }"
            ]),
            [
                "/M/2: number 2 of `M` is `b` (int64) in the new schema; version 1 had it for `b` (string), and its data may still be around: \"a\" was written, and lost (at b)"
            ]
        );
        let new = "message M { int64 b = 2; }";
        assert_eq!(found(&[secret, new]), [""; 0], "a step, which the comparison with the latest judges");
        assert_eq!(found_after_deletion(&[secret, new], &[0]).len(), 1, "nothing live is compared with");
        assert_eq!(found_after_deletion(&[secret, new, new], &[0]), [""; 0], "it was taken up before");
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
                "/M/2: number 2 of `M` is `t` (string) in the new schema; version 1 had it for `s` (string), and its data may still be around: s = \"x\" is t = \"x\""
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
        let versions = (1..5_000).map(|number| Earlier {
            version: Version::new(number).expect("a version"),
            is_deleted: false,
            schema: &old,
        });
        assert!(reused(&new, versions).is_empty());
    }
}
