//! Findings in plain words.

use std::collections::{BTreeSet, HashSet};

use super::dialect::{Affected, Dialect};
use super::mishap::Mishap;
use crate::compat::finding::Labels;
use crate::schema::avro::model::{Enum, Field, Kind, LogicalType, Name, Record, Type};

/// What is wrong between two types.
pub(in crate::compat) fn of(mishap: Mishap, read: &Type, written: &Type, labels: &Labels) -> String {
    let Labels { reader, writer } = labels;
    match (mishap, &read.kind, &written.kind) {
        (
            Mishap::FieldMissing(_) | Mishap::DefaultInvalid(_) | Mishap::FieldAmbiguous(_),
            Kind::Record(record),
            _,
        ) => of_field(mishap, record, written, labels),
        (Mishap::SymbolRemoved, Kind::Enum(known), Kind::Enum(all)) => format!(
            "the {writer} schema writes symbols of the enum `{}` that the {reader} schema lacks: {}",
            all.name.full(),
            missing_symbols(known, all).join(", ")
        ),
        (Mishap::SymbolFallsBack, Kind::Enum(known), Kind::Enum(all)) => format!(
            "the {reader} schema reads `{}` for symbols of the enum `{}` that it lacks: {}",
            known.default.as_deref().unwrap_or_default(),
            all.name.full(),
            missing_symbols(known, all).join(", ")
        ),
        (Mishap::FixedSize, Kind::Fixed(read), Kind::Fixed(written)) => format!(
            "the fixed `{}` has {} bytes in the {writer} schema and {} in the {reader} schema",
            written.name.full(),
            written.size,
            read.size
        ),
        (Mishap::Name, _, _) if read.name().map(Name::simple) == written.name().map(Name::simple) => format!(
            "the {writer} schema writes {} and the {reader} schema has {} in a union: the namespaces differ, and no alias joins them",
            noun(written),
            noun(read)
        ),
        (Mishap::Name, _, _) => format!(
            "the {} of the {writer} schema is not the {} of the {reader} schema: the names differ, and no alias joins them",
            noun(written),
            noun(read)
        ),
        (Mishap::NoBranch, _, _) => format!(
            "the {writer} schema writes {}, which no branch of the union in the {reader} schema reads",
            noun(written)
        ),
        (Mishap::Shadowed, _, _) => format!(
            "the {writer} schema writes {}, for which a branch of the union in the {reader} schema is chosen that cannot read it, although another one could",
            noun(written)
        ),
        (Mishap::BranchesCollide, _, _) => format!(
            "an alias of the {} in the {reader} schema makes two branches of a union in the {writer} schema one and the same",
            noun(read)
        ),
        (Mishap::WriterDefault(position), _, Kind::Record(record)) => format!(
            "the aliases of the {reader} schema rename what the {writer} schema writes, after which the default of the field `{}` in `{}` is no value of its type",
            record.fields.get(position as usize).map_or("", |field| &field.name),
            record.name.full()
        ),
        (Mishap::Decimal | Mishap::Unit, _, _) => {
            format!(
                "the {writer} schema writes {}, which the {reader} schema reads as {}",
                meaning(written),
                meaning(read)
            )
        }
        (Mishap::NotText, _, _) => format!(
            "the {writer} schema writes bytes, which the {reader} schema reads as a string: bytes that are no UTF-8 are lost"
        ),
        (Mishap::Rounded, _, _) => format!(
            "the {writer} schema writes {}, which the {reader} schema reads as {}: large numbers are rounded",
            noun(written),
            noun(read)
        ),
        _ => {
            format!("the {writer} schema writes {}, the {reader} schema reads {}", noun(written), noun(read))
        }
    }
}

/// A field of the reader's record that does not get a value.
fn of_field(mishap: Mishap, reader: &Record, written: &Type, labels: &Labels) -> String {
    let field = |position: u32| reader.fields.get(position as usize);
    match (mishap, &written.kind) {
        (Mishap::FieldAmbiguous(position), Kind::Record(writer)) => {
            field(position).map(|field| of_ambiguous(field, reader, writer, labels)).unwrap_or_default()
        }
        (Mishap::FieldMissing(position) | Mishap::DefaultInvalid(position), _) => {
            let without = match mishap {
                Mishap::FieldMissing(_) => "without a default",
                _ => "with a default that is no value of its type",
            };
            format!(
                "the {} schema has the field `{}` in `{}` {without}, and the {} schema does not write it",
                labels.reader,
                field(position).map_or("", |field| &field.name),
                reader.name.full(),
                labels.writer
            )
        }
        _ => format!(
            "an alias in the record `{}` makes two written fields one and the same",
            reader.name.full()
        ),
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

/// Who is affected, where not everybody is.
pub(super) fn affected(affected: Affected, breaks: bool) -> &'static str {
    match (affected, breaks) {
        (Affected::Everybody, _) => "",
        (Affected::ButTheCareless, _) => {
            " (readers that do not check it, such as fastavro, take it as it is)"
        }
        (Affected::Only(Dialect::Specification), true) => {
            " (readers that follow the specification fail; Avro Java does not)"
        }
        (Affected::Only(Dialect::Java), true) => {
            " (Avro Java fails; readers that follow the specification do not)"
        }
        (Affected::Only(Dialect::Specification), false) => {
            " (so do readers that follow the specification; Avro Java reads it otherwise)"
        }
        (Affected::Only(Dialect::Java), false) => {
            " (so does Avro Java; readers that follow the specification read it otherwise)"
        }
    }
}

/// A type in a few words: its kind, and its name where it has one.
pub(in crate::compat) fn noun(of: &Type) -> String {
    match of.name() {
        Some(name) => format!("{} `{}`", of.kind.word(), name.full()),
        None => of.kind.word().to_owned(),
    }
}

/// A logical type in a few words.
pub(super) fn meaning(of: &Type) -> String {
    match of.logical {
        Some(LogicalType::Decimal { precision, scale }) => format!("decimal({precision}, {scale})"),
        Some(logical) => logical.word().to_owned(),
        None => noun(of),
    }
}

/// The writer's symbols that the reader lacks, sorted.
pub(in crate::compat) fn missing_symbols<'a>(reader: &Enum, writer: &'a Enum) -> Vec<&'a str> {
    let known: HashSet<&str> = reader.symbols.iter().map(String::as_str).collect();
    let missing: BTreeSet<&str> = writer.symbols.iter().map(String::as_str).collect();
    missing.into_iter().filter(|symbol| !known.contains(symbol)).collect()
}
