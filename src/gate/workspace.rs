//! The schema files that a run is about, and the subjects that they stand for.

use super::files::Tree;
use super::manifest::{Manifest, Settings, WrittenReference};
use crate::model::{Format, Metadata};
use crate::published::Location;

/// Schema files, the manifests that govern them, and the subjects that they stand for.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The manifests; an inner one comes after the outer.
    pub manifests: Vec<Manifest>,
    /// Every file that was read.
    pub(crate) tree: Tree,
    /// The subjects, in the order of their paths.
    pub declared: Vec<Declared>,
    /// Schema files that no entry of their manifest is about.
    pub undeclared: Vec<String>,
}

/// A subject and the file that holds its schema.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The subject, without the manifest's context.
    pub subject: String,
    /// The file, as it is printed.
    pub path: String,
    /// The language.
    pub format: Format,
    /// What holds for it, the manifest's defaults included.
    pub settings: Settings,
    /// The references that the manifest spells out.
    pub written_references: Option<Vec<WrittenReference>>,
    /// The metadata that the manifest gives it.
    pub metadata: Option<Metadata>,
    /// The manifest that declares it; `None` for a file that stands for itself.
    pub manifest: Option<usize>,
    /// Where it is declared.
    pub declared_at: Option<Location>,
    /// It was asked for, and does not merely lie beside.
    pub is_checked: bool,
}

/// A reference of a declared schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredReference {
    /// The name in the text.
    pub name: String,
    /// The subject that it stands for.
    pub subject: String,
    /// The version that the manifest spells out; `None` for the one that the declared file becomes, or
    /// the latest.
    pub version: Option<i32>,
}
