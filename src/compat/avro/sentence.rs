//! Findings in plain words.

use crate::compat::finding::Labels;
use crate::compat::reference::avro::{Difference, DifferenceKind, missing_symbols};
use crate::schema::avro::model::{Field, Kind, Model, Record, Type};

/// What is wrong.
pub(in crate::compat) fn of(
    difference: Difference,
    readers: &Model,
    writers: &Model,
    labels: &Labels,
) -> String {
    let (read, written) = (readers.get(difference.reader), writers.get(difference.writer));
    let Labels { reader, writer } = labels;
    match (difference.kind, &read.kind, &written.kind) {
        (DifferenceKind::FieldMissing(field), Kind::Record(record), _) => format!(
            "the {reader} schema has the field `{}` in `{}` without a default, and the {writer} schema does not write it",
            record.fields[field].name,
            record.name.full()
        ),
        (DifferenceKind::Symbols, Kind::Enum(known), Kind::Enum(all)) => format!(
            "the {writer} schema writes symbols of the enum `{}` that the {reader} schema lacks: {}",
            all.name.full(),
            missing_symbols(known, all).join(", ")
        ),
        (DifferenceKind::FixedSize, Kind::Fixed(read), Kind::Fixed(written)) => format!(
            "the fixed `{}` has {} bytes in the {writer} schema and {} in the {reader} schema",
            written.name.full(),
            written.size,
            read.size
        ),
        (DifferenceKind::Name, _, _) => format!(
            "the {} of the {writer} schema is not the {} of the {reader} schema: the names differ, and no alias joins them",
            noun(written),
            noun(read)
        ),
        (DifferenceKind::UnionBranch(Some(branch)), _, Kind::Union(branches)) => format!(
            "the {writer} schema writes {}, which no branch of the union in the {reader} schema reads",
            noun(writers.get(branches[branch].id))
        ),
        (DifferenceKind::UnionBranch(_), _, _) => format!(
            "the {writer} schema writes {}, which no branch of the union in the {reader} schema reads",
            noun(written)
        ),
        _ => {
            format!("the {writer} schema writes {}, the {reader} schema reads {}", noun(written), noun(read))
        }
    }
}

/// A field that matches several, or one twice.
pub(in crate::compat) fn of_ambiguous(
    field: &Field,
    reader: &Record,
    writer: &Record,
    labels: &Labels,
) -> String {
    let subject =
        format!("the field `{}` of `{}` in the {} schema", field.name, reader.name.full(), labels.reader);
    if field.aliases.contains(&field.name) {
        return format!(
            "{subject} has its own name among its aliases, which the comparison takes for two fields"
        );
    }
    let hits: Vec<String> = std::iter::once(&field.name)
        .chain(&field.aliases)
        .filter(|name| writer.field(name).is_some())
        .map(|name| format!("`{name}`"))
        .collect();
    format!(
        "{subject} matches several fields of the {} schema by its name and aliases: {}",
        labels.writer,
        hits.join(", ")
    )
}

/// A type in a few words: its kind, and its name where it has one.
pub(in crate::compat) fn noun(of: &Type) -> String {
    match of.name() {
        Some(name) => format!("{} `{}`", of.kind.word(), name.full()),
        None => of.kind.word().to_owned(),
    }
}
