//! What code made from the old schema loses when it is made from the new one. Data plays no part, so
//! there are no witnesses, and it does not matter who reads whose data.
//!
//! Services and options for single languages are left out: a registry holds messages.

use std::collections::HashSet;

use super::findings::Findings;
use super::model::{Cardinality, Enum, Field, Kind, Message, Model, Presence};
use super::{rules, rules_beyond_wire};
use crate::compat::budget::{Exhausted, Fuel};
use crate::compat::finding::{Incompatibility, Pointer, Severity};
use crate::compat::rules::Rule;
use crate::model::Direction;
use crate::schema::Place;
use crate::schema::protobuf::ProtobufSchema;
use crate::schema::protobuf::model::Syntax;
use crate::schema::protobuf::names::Origin;

/// A schema and its meaning.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) schema: &'a ProtobufSchema,
    pub(super) model: &'a Model<'a>,
}

/// Add what breaks code to what is `found`.
pub(super) fn tell(
    direction: Direction,
    reader: Side<'_>,
    writer: Side<'_>,
    found: &mut Findings,
    fuel: &mut Fuel,
) -> Result<(), Exhausted> {
    let (old, new) = match direction {
        Direction::Backward => (writer, reader),
        Direction::Forward => (reader, writer),
    };
    let told = found.told.iter().filter_map(|finding| Some(finding.reader_at.as_ref()?.as_str().to_owned()));
    let told: HashSet<String> = told.collect();
    let mut teller = Teller { direction, old, new, told, found };
    teller.file();
    for &id in old.model.own_messages() {
        let message = old.model.message(id);
        fuel.spend(1 + message.fields().len())?;
        if !message.is_map_entry {
            teller.message(message);
        }
    }
    for &id in old.model.own_enums() {
        let definition = old.model.enumeration(id);
        fuel.spend(1 + definition.constants().len())?;
        teller.enumeration(definition);
    }
    Ok(())
}

struct Teller<'t, 'a> {
    direction: Direction,
    old: Side<'a>,
    new: Side<'a>,
    /// Places of which data tells already.
    told: HashSet<String>,
    found: &'t mut Findings,
}

impl Teller<'_, '_> {
    fn file(&mut self) {
        let [old, new] = [self.old, self.new].map(|side| side.schema.file());
        let at = |place: Option<Place>| Pointer::at(String::new(), place);
        if old.package != new.package {
            let places = (at(new.place_of_package()), at(old.place_of_package()));
            let [old, new] = [old, new].map(|file| match &file.package {
                Some(package) => format!("the package `{package}`"),
                None => "no package".to_owned(),
            });
            let message = format!("the old schema has {old}, the new schema {new}");
            self.push(&rules_beyond_wire::PROTO_PACKAGE_CHANGED, message, places);
        }
        let [from, to] = [old, new].map(|file| file.syntax.unwrap_or(Syntax::Proto2));
        if from != to {
            let [from, to] = [from, to].map(|syntax| match syntax {
                Syntax::Proto2 => "proto2",
                Syntax::Proto3 => "proto3",
            });
            let message = format!("the old schema is written in {from}, the new schema in {to}");
            let places = (at(new.place_of_syntax()), at(old.place_of_syntax()));
            self.add(&rules_beyond_wire::PROTO_SYNTAX_CHANGED, message, places);
        }
    }

    fn message(&mut self, old: &Message<'_>) {
        let Some(new) = self.new.model.own_message(&old.path).map(|id| self.new.model.message(id)) else {
            return self.missing_message(old);
        };
        for field in old.fields() {
            let Some(other) = new.field(field.number) else {
                let message = format!(
                    "the new schema has no field `{}` (number {}) in `{}`",
                    field.shown_name(),
                    field.number,
                    old.local_name()
                );
                let at = new.field_pointer(field.number);
                let places = (Pointer::at(at, new.place), at_field(old, field));
                self.push(&rules_beyond_wire::PROTO_FIELD_REMOVED, message, places);
                continue;
            };
            self.field((old, field), (new, other));
        }
    }

    fn missing_message(&mut self, old: &Message<'_>) {
        let simple = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let messages = self.new.model.own_messages().iter().map(|id| self.new.model.message(*id));
        let is_new = |message: &&Message<'_>| self.old.model.own_message(&message.path).is_none();
        let mut moved = messages.filter(is_new).filter(|message| simple(&message.path) == simple(&old.path));
        let around = self.new.model.around(&old.path).map(|id| self.new.model.message(id));
        let gone = around.map_or(self.new.model.file_place(), |around| around.place);
        let gone = Pointer::at(old.pointer(), gone);
        let was = Pointer::at(old.pointer(), old.place);
        match moved.next() {
            Some(new) => {
                let message = format!("`{}` is now `{}`", old.local_name(), new.local_name());
                self.add(&rules_beyond_wire::PROTO_MESSAGE_MOVED, message, (gone, was));
            }
            None => {
                let message = format!("the new schema has no message `{}`", old.local_name());
                self.push(&rules::PROTO_MESSAGE_REMOVED, message, (gone, was));
            }
        }
    }

    fn field(&mut self, (old, field): (&Message<'_>, &Field<'_>), (new, other): (&Message<'_>, &Field<'_>)) {
        let places = || (at_field(new, other), at_field(old, field));
        let name = format!("`{}.{}`", old.local_name(), field.shown_name());
        if field.shown_name() != other.shown_name() {
            let message = format!("{name} is called `{}` in the new schema", other.shown_name());
            self.push(&rules_beyond_wire::PROTO_FIELD_RENAMED, message, places());
        }
        let [from, to] =
            [(self.old, field), (self.new, other)].map(|(side, field)| in_code(side.model, field));
        if from != to {
            let message = format!("{name} is {from} in the old schema and {to} in the new schema");
            self.push(&rules_beyond_wire::PROTO_SOURCE_TYPE_CHANGED, message, places());
        }
        let oneof = |message: &Message<'_>, field: &Field<'_>| {
            let oneof = field.oneof.and_then(|index| message.oneofs.get(index));
            oneof.map_or_else(|| "in no oneof".to_owned(), |oneof| format!("in the oneof `{}`", oneof.name))
        };
        let (from, to) = (oneof(old, field), oneof(new, other));
        if from != to {
            let message = format!("{name} is {from} in the old schema and {to} in the new schema");
            self.add(&rules_beyond_wire::PROTO_ONEOF_CHANGED, message, places());
        }
    }

    fn enumeration(&mut self, old: &Enum<'_>) {
        let was = Pointer::at(format!("/{}", old.path), old.place);
        let Some(new) = self.new.model.own_enum(&old.path).map(|id| self.new.model.enumeration(id)) else {
            let message = format!("the new schema has no enum `{}`", old.path.replace('/', "."));
            let around = self.new.model.around(&old.path).map(|id| self.new.model.message(id));
            let gone = around.map_or(self.new.model.file_place(), |around| around.place);
            let gone = Pointer::at(format!("/{}", old.path), gone);
            return self.push(&rules_beyond_wire::PROTO_ENUM_REMOVED, message, (gone, was));
        };
        let names: HashSet<&str> = new.constants().iter().map(|constant| constant.name).collect();
        for constant in old.constants().iter().filter(|constant| !names.contains(constant.name)) {
            let name = format!("`{}` of the enum `{}`", constant.name, old.path.replace('/', "."));
            let at = old.number_pointer(constant.number);
            let was = Pointer::at(at.clone(), constant.place);
            match new.numbered(constant.number).next() {
                Some(other) => {
                    let message = format!("{name} is called `{}` in the new schema", other.name);
                    let places = (Pointer::at(at, other.place), was);
                    self.push(&rules_beyond_wire::PROTO_ENUM_VALUE_RENAMED, message, places);
                }
                None => {
                    let message = format!("the new schema lacks {name}");
                    let places = (Pointer::at(at, new.place), was);
                    self.push(&rules_beyond_wire::PROTO_ENUM_VALUE_REMOVED, message, places);
                }
            }
        }
    }

    /// Unless data tells of the place already.
    fn push(&mut self, rule: &'static Rule, message: String, (new_at, old_at): (Pointer, Pointer)) {
        if !self.told.contains(new_at.as_str()) {
            self.add(rule, message, (new_at, old_at));
        }
    }

    fn add(&mut self, rule: &'static Rule, message: String, (new_at, old_at): (Pointer, Pointer)) {
        if !self.found.room.take(rule, Severity::Source) {
            return;
        }
        let (reader_at, writer_at) = match self.direction {
            Direction::Backward => (new_at, old_at),
            Direction::Forward => (old_at, new_at),
        };
        let finding = Incompatibility::proved(rule, self.direction, message, None);
        let finding = Incompatibility { severity: Severity::Source, ..finding };
        self.found.told.push(finding.between(reader_at, writer_at));
    }
}

fn at_field(message: &Message<'_>, field: &Field<'_>) -> Pointer {
    Pointer::at(message.field_pointer(field.number), field.place)
}

/// The type of a field as far as generated code shows it. The package of the schema itself is told
/// apart once, not for each field.
fn in_code(model: &Model<'_>, field: &Field<'_>) -> String {
    if let Some(entry) = model.map_entry(field) {
        let part = |number| model.message(entry).field(number).map(|field| kind_in_code(model, &field.kind));
        let [key, value] = [1, 2].map(|number| part(number).unwrap_or_default());
        return format!("map<{key}, {value}>");
    }
    let kind = kind_in_code(model, &field.kind);
    match field.cardinality {
        Cardinality::Repeated { .. } => format!("repeated {kind}"),
        Cardinality::Singular(Presence::Required) => format!("required {kind}"),
        // A member of a oneof and a message can always be told from an absent one.
        Cardinality::Singular(Presence::Explicit)
            if field.oneof.is_none() && !matches!(field.kind, Kind::Message(..)) =>
        {
            format!("optional {kind}")
        }
        Cardinality::Singular(_) => kind,
    }
}

fn kind_in_code(model: &Model<'_>, kind: &Kind) -> String {
    let own = |origin, path: &str, full_name: &str| match origin {
        Origin::This => path.replace('/', "."),
        _ => full_name.to_owned(),
    };
    match kind {
        Kind::Message(id, _) => {
            let message = model.message(*id);
            own(message.origin, &message.path, &message.full_name)
        }
        Kind::Enum(id) => {
            let definition = model.enumeration(*id);
            own(definition.origin, &definition.path, &definition.full_name)
        }
        other => model.kind_name(other),
    }
}
