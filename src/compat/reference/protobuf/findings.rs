//! Differences as findings: with a rule of ours, places in both schemas and a sentence in plain words.

use std::collections::HashMap;

use super::difference::{Difference, DifferenceKind, Part, Spot};
use super::types::{TypeId, Types};
use super::walk::Differences;
use crate::compat::finding::{Incompatibility, Labels, Pointer, RefDiff};
use crate::compat::report::Listing;
use crate::model::{Direction, Format};
use crate::schema::Place;
use crate::schema::protobuf::model::{Field, FieldType, Label};

/// What tells a difference from another: its kind, its path and the two messages.
type Identity<'d> = (DifferenceKind, &'d str, Option<TypeId>, Option<TypeId>);

/// Every difference once, and the order in which they are listed.
pub(super) fn listing(direction: Direction, differences: &Differences<'_>) -> Listing {
    let describer = Describer { direction, labels: Labels::of(direction), differences };
    let mut listing = Listing::default();
    // The same pair of messages may have been compared more than once.
    let mut positions: HashMap<Identity<'_>, usize> = HashMap::new();
    for difference in differences.listed.iter().filter_map(|&at| differences.all.get(at as usize)) {
        let Difference { kind, path, original, update } = difference;
        let key = (*kind, path.as_str(), original.message, update.message);
        let position = *positions.entry(key).or_insert_with(|| {
            listing.findings.push(describer.finding(difference));
            listing.findings.len() - 1
        });
        listing.listed.push(position);
    }
    listing
}

struct Describer<'d, 'a> {
    direction: Direction,
    labels: Labels,
    differences: &'d Differences<'a>,
}

impl Describer<'_, '_> {
    fn finding(&self, difference: &Difference<'_>) -> Incompatibility {
        let rule = difference.rule();
        let Differences { original, update, .. } = self.differences;
        let reference = RefDiff {
            format: Format::Protobuf,
            name: difference.kind.name(),
            path: difference.path.clone(),
            description: difference.kind.description(&difference.path, &self.labels),
            info: None,
        };
        let message = self.message(difference);
        Incompatibility::reported(rule, self.direction, message, reference)
            .between(pointer(update, difference.update), pointer(original, difference.original))
    }

    fn message(&self, difference: &Difference<'_>) -> String {
        let Labels { reader, writer } = &self.labels;
        let Differences { original, update, .. } = self.differences;
        let (before, after) = (difference.original, difference.update);
        let name = |types: &Types<'_>, spot: Spot<'_>| match spot.message {
            Some(id) => types.get(id).local_name().to_owned(),
            None => String::new(),
        };
        let (old, new) = (name(original, before), name(update, after));
        match (difference.kind, before.field(), after.field()) {
            (DifferenceKind::Package, ..) => {
                let [old, new] = [original, update].map(|types| package(types.package()));
                format!("the {writer} schema has {old}, the {reader} schema {new}")
            }
            (DifferenceKind::MessageRemoved, ..) => {
                format!("the {writer} schema has the message `{old}`, which the {reader} schema lacks")
            }
            (DifferenceKind::MessageContent, Some(field), _) => format!(
                "the field `{}` of `{old}` holds messages of the type `{}`, whose definition in the {reader} schema cannot stand for that in the {writer} schema",
                field.name,
                type_text(field)
            ),
            (DifferenceKind::NumericLabel, Some(from), Some(to)) => format!(
                "the field `{}` of `{old}` is {} in the {writer} schema and {} in the {reader} schema",
                from.name,
                label(from),
                label(to)
            ),
            (DifferenceKind::RequiredAdded, _, Some(field)) => format!(
                "the {reader} schema requires the field `{}` of `{new}`, which the {writer} schema does not have",
                field.name
            ),
            (DifferenceKind::RequiredRemoved, Some(field), _) => format!(
                "the {writer} schema requires the field `{}` of `{old}`, which the {reader} schema lacks",
                field.name
            ),
            (DifferenceKind::OneofFieldRemoved, Some(field), _) => format!(
                "the {reader} schema lacks the field `{}` of `{old}`, which is in a oneof of the {writer} schema",
                field.name
            ),
            (DifferenceKind::ManyMovedToOneof | DifferenceKind::MovedToExistingOneof, ..) => format!(
                "in the {reader} schema no two fields of the oneof `{}` of `{new}` can be set at once; in the {writer} schema some of them can",
                oneof(after)
            ),
            (_, Some(from), Some(to)) => format!(
                "the field `{}` of `{old}` has the type `{}` in the {writer} schema and `{}` in the {reader} schema",
                from.name,
                type_text(from),
                type_text(to)
            ),
            // Every other kind is of fields that both schemas have.
            _ => String::new(),
        }
    }
}

fn package(package: Option<&str>) -> String {
    package.map_or_else(|| "no package".to_owned(), |package| format!("the package `{package}`"))
}

fn type_text(field: &Field) -> String {
    fn text(kind: &FieldType) -> &str {
        match kind {
            FieldType::Scalar(scalar) => scalar.as_str(),
            FieldType::Named(name) => name.trim_start_matches('.'),
            // The value of a map is never a map.
            FieldType::Map(..) => "map",
        }
    }
    match &field.kind {
        FieldType::Map(key, value) => format!("map<{}, {}>", key.as_str(), text(value)),
        other => text(other).to_owned(),
    }
}

fn label(field: &Field) -> &'static str {
    field.label.map_or("unlabelled", Label::as_str)
}

fn oneof<'a>(spot: Spot<'a>) -> &'a str {
    match spot.part {
        Part::Oneof(oneof) => &oneof.name,
        _ => "",
    }
}

/// Where it is: the names of the messages around, without the package, then what in the message.
fn pointer(types: &Types<'_>, spot: Spot<'_>) -> Pointer {
    let Some(id) = spot.message else {
        return match spot.part {
            Part::MissingMessage(name) => Pointer::at(format!("/{name}"), types.file().place()),
            _ => Pointer::at(String::new(), types.file().place_of_package()),
        };
    };
    let message = types.get(id);
    let around = format!("/{}", message.local_name().replace('.', "/"));
    let (path, place): (String, Option<Place>) = match spot.part {
        Part::Whole => (around, message.place()),
        Part::Field(field) => (format!("{around}/{}", field.number), message.own(field.place)),
        Part::Oneof(oneof) => (format!("{around}/{}", oneof.name), message.own(oneof.place)),
        // What is not there is shown as the place where it could be.
        Part::MissingField(number) => (format!("{around}/{number}"), message.place()),
        Part::MissingMessage(name) => (format!("{around}/{name}"), message.place()),
    };
    Pointer::at(path, place)
}
