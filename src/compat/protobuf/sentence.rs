//! What is wrong with a pair of messages, in plain words.

use super::fidelity::{Local, Pair, Sides, Spot, What};
use super::model::{Field, Kind, Message, Model};
use crate::compat::finding::Labels;

/// The sentence for something that is wrong with the pair's own fields.
pub(super) fn of(sides: Sides<'_>, pair: &Pair, local: &Local) -> String {
    let (read, written) = (sides.reader.message(pair.reader), sides.writer.message(pair.writer));
    let number = match local.spot {
        Spot::Field(number) => number,
        _ => local.seen_at,
    };
    Words { sides, labels: Labels::of(sides.direction), read, written, number }.of(local)
}

struct Words<'a> {
    sides: Sides<'a>,
    labels: Labels,
    read: &'a Message<'a>,
    written: &'a Message<'a>,
    /// The field that it is about.
    number: i32,
}

impl Words<'_> {
    fn of(&self, local: &Local) -> String {
        let Labels { reader, writer } = self.labels;
        let name = self.name(self.number);
        match local.what {
            What::Type => {
                let (from, to) = self.types();
                format!("{name} is {from} in the {writer} schema and {to} in the {reader} schema")
            }
            What::ManyToOne => {
                let (from, _) = self.types();
                format!(
                    "{name} is {from} in the {writer} schema and holds a single value in the {reader} schema"
                )
            }
            What::ListToMap => format!(
                "{name} is a list in the {writer} schema and a map in the {reader} schema, which keeps one entry a key"
            ),
            What::Required => {
                format!("the {reader} schema requires {name}, which the {writer} schema may leave out")
            }
            What::Joined(one, other) => {
                let (one, other) = (self.name(one), self.name(other));
                format!(
                    "the {reader} schema has {one} and {other} in one oneof, the {writer} schema may set both"
                )
            }
            What::NotInEnum(value) => {
                let value = self.constant(value);
                format!(
                    "the {writer} schema may write {value} to {name}, which the closed enum of the {reader} schema lacks"
                )
            }
            What::EnumClosed => format!(
                "the enum of {name} is open in the {writer} schema and closed in the {reader} schema, which drops numbers without a name"
            ),
            What::Renamed(value) => {
                let wrote = name_in_enum(self.sides.writer, self.written.field(self.number), value);
                let read = name_in_enum(self.sides.reader, self.read.field(self.number), value);
                let [wrote, read] = [wrote, read].map(|name| name.unwrap_or_else(|| value.to_string()));
                format!(
                    "the number {value} of the enum of {name} is {wrote} in the {writer} schema and {read} in the {reader} schema"
                )
            }
            What::Default => {
                let wrote = default(self.sides.writer, self.written.field(self.number));
                let read = default(self.sides.reader, self.read.field(self.number));
                format!(
                    "without a value {name} is {wrote} in the {writer} schema and {read} in the {reader} schema"
                )
            }
            What::Presence => {
                format!("the {writer} schema tells whether {name} is set, the {reader} schema does not")
            }
        }
    }

    /// A field by the name of its message and its own.
    fn name(&self, number: i32) -> String {
        let field = self.written.field(number).or_else(|| self.read.field(number));
        let field = field.map_or_else(|| number.to_string(), |field| field.shown_name().into_owned());
        format!("`{}.{field}`", self.written.local_name())
    }

    /// The type of the field in the writer and in the reader.
    fn types(&self) -> (String, String) {
        let name = |model: &Model<'_>, field: Option<&Field<'_>>| {
            field.map_or_else(String::new, |field| model.type_name(field))
        };
        let from = name(self.sides.writer, self.written.field(self.number));
        (from, name(self.sides.reader, self.read.field(self.number)))
    }

    /// A number that the writer writes, with its name if it has one.
    fn constant(&self, number: i128) -> String {
        let named = i32::try_from(number)
            .ok()
            .and_then(|number| name_in_enum(self.sides.writer, self.written.field(self.number), number));
        named.map_or_else(|| number.to_string(), |name| format!("{name} ({number})"))
    }
}

fn default(model: &Model<'_>, field: Option<&Field<'_>>) -> String {
    let default = field.and_then(|field| model.effective_default(field));
    default.map_or_else(|| "nothing".to_owned(), |default| default.to_string())
}

/// The name of a number of the enum that the field is of.
fn name_in_enum(model: &Model<'_>, field: Option<&Field<'_>>, number: i32) -> Option<String> {
    let Kind::Enum(id) = &field?.kind else { return None };
    model.enumeration(*id).numbered(number).next().map(|constant| constant.name.to_owned())
}
