//! The schema files of an earlier state, and the manifests that tell which files those were.

use super::files::{self, SourceFile, Tree};
use super::manifest::{self, FILE_NAMES, InvalidManifest, Manifest};
use crate::model::Format;

/// The schema files and manifests of a folder or a commit. All manifests are added before the first file.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) tree: Tree,
    pub(crate) manifests: Vec<Manifest>,
    /// What is called like a manifest and is none, by its path.
    pub(crate) invalid: Vec<(String, InvalidManifest)>,
    /// Folders whose files are in another repository.
    pub(crate) elsewhere: Vec<String>,
}

/// The language that a file is in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Language {
    pub(crate) format: Format,
    /// A manifest says that it is a schema; otherwise its content has to look like one.
    declared: bool,
}

impl Snapshot {
    /// May a file of this name be a manifest?
    pub(crate) fn may_be_manifest(path: &str) -> bool {
        FILE_NAMES.contains(&files::file_name(path))
    }

    /// Add a file of such a name; `false`, and nothing done, when it is something else.
    pub(crate) fn add_manifest(&mut self, path: &str, content: &[u8]) -> bool {
        let text = String::from_utf8_lossy(content);
        if !manifest::looks_like_one(path, &text) {
            return false;
        }
        match Manifest::parse(path, &text) {
            Ok(manifest) => self.manifests.push(manifest),
            Err(error) => self.invalid.push((path.to_owned(), error)),
        }
        true
    }

    /// The language of a file, if it may be a schema: what the manifests of that time say, or else what is
    /// known of it today, or else what its name tells.
    pub(crate) fn language(&self, path: &str, today: impl FnOnce() -> Option<Format>) -> Option<Language> {
        let declared = manifest::format_in(&self.manifests, path).or_else(today);
        let format = declared.or_else(|| files::format_of(path))?;
        Some(Language { format, declared: declared.is_some() })
    }

    /// Add a file, if it is a schema.
    pub(crate) fn add(&mut self, path: String, language: Language, content: Vec<u8>) {
        let file = SourceFile::new(path.clone(), language.format, content);
        if language.declared || files::is_schema(&path, &file.text) {
            self.tree.insert(path, file);
        }
    }
}
