//! What can go wrong between a writer's type and a reader's: the kinds, the rule of each, and where in
//! the reader it is said to lie.

use super::places::Part;
use super::rules;
use crate::compat::rules::Rule;

/// How a value does not come through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::compat) enum Mishap {
    /// Two named types whose names do not go together.
    Name,
    /// Two fixed types of different sizes.
    FixedSize,
    /// A symbol that the reader lacks, without a default.
    SymbolRemoved,
    /// The same with a default.
    SymbolFallsBack,
    /// The reader's field at this position is not written, and has no default.
    FieldMissing(u32),
    /// The same, and its default is no value of its type.
    DefaultInvalid(u32),
    /// The reader's field at this position is written several times, by its name and aliases.
    FieldAmbiguous(u32),
    /// Types of which one does not turn into the other.
    Type,
    /// No branch of the reader's union is chosen.
    NoBranch,
    /// A branch of the reader's union is chosen that cannot read what another one could.
    Shadowed,
    /// By an alias two branches of a writer's union become one and the same type.
    BranchesCollide,
    /// The writer's field at this position has a default that, with the reader's aliases applied, is no
    /// value of its type.
    WriterDefault(u32),
    /// Two decimals of different precision or scale.
    Decimal,
    /// The same number in another unit, or of another kind.
    Unit,
    /// Bytes that are no text.
    NotText,
    /// A number that the reader's type cannot hold exactly.
    Rounded,
}

impl Mishap {
    /// The rule that it violates.
    pub(in crate::compat) fn rule(self) -> &'static Rule {
        match self {
            Mishap::Name => &rules::AVRO_NAME_CHANGED,
            Mishap::FixedSize => &rules::AVRO_FIXED_SIZE_CHANGED,
            Mishap::SymbolRemoved => &rules::AVRO_SYMBOL_REMOVED,
            Mishap::SymbolFallsBack => &rules::AVRO_SYMBOL_FALLS_BACK,
            Mishap::FieldMissing(_) => &rules::AVRO_FIELD_WITHOUT_DEFAULT,
            Mishap::DefaultInvalid(_) | Mishap::WriterDefault(_) => &rules::AVRO_DEFAULT_INVALID,
            Mishap::FieldAmbiguous(_) | Mishap::BranchesCollide => &rules::AVRO_ALIAS_AMBIGUOUS,
            Mishap::Type => &rules::AVRO_TYPE_CHANGED,
            Mishap::NoBranch => &rules::AVRO_UNION_BRANCH_REMOVED,
            Mishap::Shadowed => &rules::AVRO_UNION_BRANCH_SHADOWED,
            Mishap::Decimal => &rules::AVRO_DECIMAL_CHANGED,
            Mishap::Unit => &rules::AVRO_UNIT_CHANGED,
            Mishap::NotText => &rules::AVRO_BYTES_NOT_TEXT,
            Mishap::Rounded => &rules::AVRO_NUMBER_ROUNDED,
        }
    }

    /// The part of the reader's type in which it lies.
    pub(in crate::compat) fn part(self) -> Part {
        match self {
            Mishap::Name => Part::Name,
            Mishap::FixedSize => Part::Size,
            Mishap::SymbolRemoved | Mishap::SymbolFallsBack => Part::Symbols,
            Mishap::FieldMissing(field) | Mishap::FieldAmbiguous(field) => Part::Field(field),
            Mishap::DefaultInvalid(field) => Part::Default(field),
            Mishap::BranchesCollide => Part::Aliases,
            Mishap::Type
            | Mishap::WriterDefault(_)
            | Mishap::NoBranch
            | Mishap::Shadowed
            | Mishap::Decimal
            | Mishap::Unit
            | Mishap::NotText
            | Mishap::Rounded => Part::Itself,
        }
    }

    /// The part of the writer's type that it concerns.
    pub(in crate::compat) fn part_of_writer(self) -> Part {
        match self {
            Mishap::Name | Mishap::FixedSize | Mishap::SymbolRemoved | Mishap::SymbolFallsBack => self.part(),
            Mishap::WriterDefault(field) => Part::Default(field),
            _ => Part::Itself,
        }
    }

    /// Is it noticed by every reader? Some take the first of two fields, and a default as it is.
    pub(in crate::compat) fn is_noticed(self) -> bool {
        !matches!(self, Mishap::FieldAmbiguous(_) | Mishap::DefaultInvalid(_))
    }

    /// Does it come of renaming what the writer wrote, which only Java does?
    pub(in crate::compat) fn is_of_renaming(self) -> bool {
        matches!(self, Mishap::WriterDefault(_) | Mishap::BranchesCollide)
    }

    /// Does reading fail, rather than give another value?
    pub(super) fn breaks(self) -> bool {
        !matches!(self, Mishap::SymbolFallsBack | Mishap::Unit | Mishap::NotText | Mishap::Rounded)
    }
}
