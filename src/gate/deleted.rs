//! Schemas that are gone, and who needs them.

use super::base::EarlierFiles;
use super::check::names_of;
use super::manifest::Manifest;
use super::references::Index;
use super::rules::{self, DELETED_WITH_READER, DELETED_WITH_REFERRER};
use super::workspace::{Declared, Workspace};
use crate::published::{Against, File, Finding, Location};

/// A subject whose file is gone.
pub(crate) struct Gone {
    /// Its line in the report.
    pub(crate) file: File,
    /// Who is declared to read it, and where.
    readers: Vec<(String, Location)>,
    /// The files that refer to it.
    referrers: Vec<String>,
}

/// What was there in the base and is there no more.
pub(crate) fn find(
    now: &Workspace,
    index: &Index<'_>,
    earlier: &EarlierFiles,
    then: &Index<'_>,
) -> Vec<Gone> {
    let gone = earlier.gone().into_iter();
    // A subject that lives on in another file is not gone.
    gone.filter(|gone| now.find(&gone.subject).is_none())
        .map(|gone| {
            let names = names_of(&earlier.workspace.tree[&gone.path]);
            let reads = |manifest: &Manifest| {
                let readers = manifest.readers.iter().filter(|reader| reader.subject == gone.subject);
                let located = readers.map(|reader| (reader.name.clone(), manifest.location(reader.place)));
                located.collect::<Vec<_>>()
            };
            let referrers = now.checked().filter(|declared| {
                declared.format == gone.format && index.misses(&declared.path, &names, &gone.path, then)
            });
            Gone {
                file: row(gone),
                readers: now.manifests.iter().flat_map(reads).collect(),
                referrers: referrers.map(|declared| declared.path.clone()).collect(),
            }
        })
        .collect()
}

fn row(gone: &Declared) -> File {
    File {
        file: gone.path.clone(),
        subject: gone.subject.clone(),
        schema_type: gone.format.as_str(),
        level: None,
        level_from: None,
        judge: crate::model::Judge::default().as_str(),
        result: "deleted",
        moved_from: None,
        owner: gone.settings.owner.clone(),
        message: None,
        line: None,
        column: None,
        bases: Vec::new(),
    }
}

impl Gone {
    /// What must not pass, against the base of this name.
    pub(crate) fn findings(&self, base: &str) -> Vec<Finding> {
        let File { file, subject, .. } = &self.file;
        let against = Against { base: Some(base.to_owned()), file: Some(file.clone()), ..Against::default() };
        let readers = self.readers.iter().map(|(name, place)| {
            let message = format!("{file} is gone, and `{name}` is declared to read `{subject}`");
            rules::finding(&DELETED_WITH_READER, "deletion", subject, message, place.clone())
        });
        let referrers = self.referrers.iter().map(|path| {
            let message = format!("{file} is gone, and {path} refers to it");
            let place = Location { file: path.clone(), line: None, column: None };
            rules::finding(&DELETED_WITH_REFERRER, "deletion", subject, message, place)
        });
        readers.chain(referrers).map(|finding| Finding { against: against.clone(), ..finding }).collect()
    }
}
