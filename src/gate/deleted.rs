//! Schemas that are gone, and who needs them.

use std::collections::HashSet;

use super::base::EarlierFiles;
use super::check::location;
use super::manifest::Manifest;
use super::names;
use super::references::Index;
use super::rules::{self, DELETED_WITH_READER, DELETED_WITH_REFERRER, SCHEMA_DELETED, SUBJECT_UNDECLARED};
use super::workspace::{Declared, Workspace};
use crate::published::{Against, File, Finding, Location};

/// A subject whose file is gone.
pub(crate) struct Gone {
    /// Its line in the report.
    pub(crate) file: File,
    /// Who is declared to read it, and where.
    readers: Vec<(String, Location)>,
    /// Who was declared to read it in the base.
    former: Vec<String>,
    /// The files that refer to it.
    referrers: Vec<String>,
    /// Its file, if that is still there and stands for nothing.
    still_there: Option<String>,
}

/// What was there in the base and is there no more.
pub(crate) fn find(
    now: &Workspace,
    index: &Index<'_>,
    earlier: &EarlierFiles,
    then: &Index<'_>,
) -> Vec<Gone> {
    let subjects: HashSet<&str> = now.declared.iter().map(|declared| declared.subject.as_str()).collect();
    // Who lacks nothing misses nothing that is gone.
    let lacking: Vec<&Declared> =
        now.checked().filter(|declared| index.lacks_something(&declared.path)).collect();
    let is_sparse = earlier.is_sparse();
    let mut found = Vec::new();
    // A subject that lives on in another file is not gone.
    for gone in earlier.gone().into_iter().filter(|gone| !subjects.contains(gone.subject.as_str())) {
        let file = &earlier.workspace.tree[&gone.path];
        let names = names::of(file.format, &file.text);
        let reads = |manifest: &Manifest| {
            let readers = manifest.readers.iter().filter(|reader| reader.subject == gone.subject);
            let located = readers.map(|reader| (reader.name.clone(), manifest.location(reader.place)));
            located.collect::<Vec<_>>()
        };
        let referrers = lacking.iter().filter(|declared| {
            declared.format == gone.format && index.misses(&declared.path, &names, &gone.path, then)
        });
        let still_there = earlier.still_holds(&gone.path);
        let mut file = row(gone, &earlier.shown(&gone.path, now));
        if is_sparse {
            file.result = "unchecked";
            file.message = Some("it is not in the work tree, which is a sparse checkout".to_owned());
        }
        found.push(Gone {
            file,
            readers: now.manifests.iter().flat_map(reads).collect(),
            former: earlier.workspace.manifests.iter().flat_map(reads).map(|(name, _)| name).collect(),
            referrers: referrers.map(|declared| declared.path.clone()).collect(),
            still_there: still_there.map(str::to_owned),
        });
    }
    found
}

fn row(gone: &Declared, path: &str) -> File {
    let file = File::of(path, &gone.subject, gone.format.as_str(), "deleted");
    File { owner: gone.settings.owner.clone(), ..file }
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
            rules::finding(&DELETED_WITH_REFERRER, "deletion", subject, message, location(path, None))
        });
        let told = match &self.still_there {
            Some(path) => {
                let message = format!("{path} is still there, and is declared as `{subject}` no longer");
                rules::finding(&SUBJECT_UNDECLARED, "deletion", subject, message, location(path, None))
            }
            None => {
                let unasked =
                    self.former.iter().filter(|name| !self.readers.iter().any(|(now, _)| now == *name));
                let unasked: Vec<&str> = unasked.map(String::as_str).collect();
                let who = match unasked[..] {
                    [] => String::new(),
                    _ => format!("; {} was declared to read it until this change", unasked.join(", ")),
                };
                let message = format!("{file} is gone, and `{subject}` with it{who}");
                rules::warning(&SCHEMA_DELETED, "deletion", subject, message, location(file, None))
            }
        };
        let told = (self.file.result == "deleted").then_some(told);
        readers
            .chain(referrers)
            .chain(told)
            .map(|finding| Finding { against: against.clone(), ..finding })
            .collect()
    }
}
