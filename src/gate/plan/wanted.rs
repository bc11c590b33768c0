//! What is declared of a subject, as a plan needs it.

use std::sync::Arc;

use crate::model::{Format, Judging, Level, Metadata, Policy};
use crate::schema::Dependency;

/// Who judges, made of what a registry says.
pub(crate) type JudgedBy = Arc<dyn Fn(Judging) -> Judging>;

/// A declared subject.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// The subject, with its context where that is not the default one.
    pub(crate) subject: String,
    /// The file.
    pub(crate) path: String,
    /// The language.
    pub(crate) format: Format,
    /// The text.
    pub(crate) text: String,
    /// What the text refers to.
    pub(crate) references: Vec<WantedReference>,
    /// The texts that it refers to, directly or not, as the files have them.
    pub(crate) dependencies: Vec<Dependency>,
    /// The level that is to hold.
    pub(crate) level: Option<Level>,
    /// How undeclared properties are to be treated.
    pub(crate) policy: Option<Policy>,
    /// Register the normal form.
    pub(crate) normalize: bool,
    /// Metadata to register with.
    pub(crate) metadata: Option<Metadata>,
    /// Who judges, made of what the registry says of it.
    pub(crate) judging: JudgedBy,
}

/// A reference of a declared subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedReference {
    /// The name in the text.
    pub(crate) name: String,
    /// The subject, with its context where that is not the default one.
    pub(crate) subject: String,
    /// The version; `None` for what the declared file becomes, or the latest one.
    pub(crate) version: Option<i32>,
}
