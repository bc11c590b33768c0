//! The two ways in which decoders resolve schemas: as the specification says, and as Avro Java does.

/// A way to resolve a writer's schema into a reader's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Dialect {
    /// By the letter, except that a branch of a reader's union that is the writer's very type is
    /// preferred to an earlier one that merely matches: by the letter a schema could not read itself.
    Specification,
    /// As the decoder of Avro Java (1.12) does.
    Java,
}

impl Dialect {
    pub(in crate::compat) const ALL: [Dialect; 2] = [Dialect::Specification, Dialect::Java];

    fn bit(self) -> u8 {
        match self {
            Dialect::Specification => 1,
            Dialect::Java => 2,
        }
    }
}

/// A set of dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::compat) struct Dialects(u8);

impl Dialects {
    pub(super) const BOTH: Dialects = Dialects(3);

    pub(super) fn only(dialect: Dialect) -> Dialects {
        Dialects(dialect.bit())
    }

    pub(in crate::compat) fn has(self, dialect: Dialect) -> bool {
        self.0 & dialect.bit() != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn without(self, other: Dialects) -> Dialects {
        Dialects(self.0 & !other.0)
    }

    pub(super) fn with(self, other: Dialects) -> Dialects {
        Dialects(self.0 | other.0)
    }

    /// Its members.
    pub(in crate::compat) fn iter(self) -> impl Iterator<Item = Dialect> {
        Dialect::ALL.into_iter().filter(move |&dialect| self.has(dialect))
    }
}

/// Who does not get a value as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compat) enum Affected {
    /// Every reader.
    Everybody,
    /// Every reader that checks what it does.
    ButTheCareless,
    /// The readers of one dialect.
    Only(Dialect),
}
