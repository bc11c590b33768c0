//! One commit, of which is read what is asked for, once.

use std::cell::OnceCell;
use std::collections::HashMap;

use gix::ObjectId;

use super::Repository;
use super::paths::Paths;
use crate::failure::Failure;
use crate::gate::files::SourceFile;
use crate::gate::references::{Index, Unresolvable};
use crate::gate::snapshot::Snapshot;
use crate::model::Format;
use crate::schema::Dependency;

/// Where earlier files are looked for, and what is known of them.
#[derive(Debug)]
pub(crate) struct Searched {
    /// The folders of the run, by their paths in the repository.
    pub(crate) folders: Vec<String>,
    /// The languages of the files that are schemas today.
    pub(crate) formats: HashMap<String, Format>,
    /// Manifests tell the subjects.
    pub(crate) by_manifest: bool,
}

/// A commit.
pub(super) struct Revision<'r> {
    pub(super) repository: &'r Repository,
    pub(super) searched: &'r Searched,
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    pub(super) parent: Option<ObjectId>,
    asked: OnceCell<Result<Snapshot, String>>,
    everywhere: OnceCell<Result<Snapshot, String>>,
}

impl<'r> Revision<'r> {
    pub(super) fn of(
        repository: &'r Repository,
        searched: &'r Searched,
        id: ObjectId,
    ) -> Result<Revision<'r>, String> {
        let broken = |error: &dyn std::fmt::Display| sentence(repository.broken(id, error));
        let commit = repository.repository.find_commit(id).map_err(|error| broken(&error))?;
        let tree = commit.tree_id().map_err(|error| broken(&error))?.detach();
        let parent = commit.parent_ids().next().map(|parent| parent.detach());
        let (asked, everywhere) = (OnceCell::new(), OnceCell::new());
        Ok(Revision { repository, searched, id, tree, parent, asked, everywhere })
    }

    /// The content of the file at a path, wherever links lead.
    pub(super) fn blob(&self, path: &str) -> Result<Option<ObjectId>, String> {
        let found = Paths::of(self.repository, self.tree).blob(path);
        found.map_err(|error| sentence(self.repository.broken(self.id, &error)))
    }

    /// The file with this content.
    pub(super) fn read(&self, path: &str, format: Format, blob: ObjectId) -> Result<SourceFile, String> {
        let object = self.repository.repository.find_object(blob);
        let object = object.map_err(|error| sentence(self.repository.broken(self.id, &error)))?;
        Ok(SourceFile::new(path.to_owned(), format, object.detach().data))
    }

    /// The files of the folders of the run.
    fn asked(&self) -> Result<&Snapshot, String> {
        let read = || self.snapshot(self.searched.folders.clone());
        self.asked.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The files of the whole repository, and those of folders that are searched only because they were named.
    pub(super) fn everywhere(&self) -> Result<&Snapshot, String> {
        if self.is_all_asked() {
            return self.asked();
        }
        let read = || self.snapshot([&self.searched.folders[..], &[String::new()]].concat());
        self.everywhere.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    fn is_all_asked(&self) -> bool {
        self.searched.folders.iter().any(String::is_empty)
    }

    fn snapshot(&self, folders: Vec<String>) -> Result<Snapshot, String> {
        let is_schema = |path: &str| self.searched.formats.get(path).copied();
        let found = self.repository.snapshot(self.id, &folders, None, &HashMap::new(), &is_schema);
        found.map_err(sentence)
    }
}

/// What a file refers to.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// The texts, referenced ones first.
    pub(super) dependencies: Vec<Dependency>,
    /// Where they stand.
    pub(super) paths: Vec<String>,
    /// What is defined nowhere, by its spellings.
    pub(super) lacking: Vec<Vec<String>>,
}

/// The references between the files of a commit, read once for all files that are followed.
pub(super) struct References<'v> {
    revision: &'v Revision<'v>,
    asked: OnceCell<Index<'v>>,
    everywhere: OnceCell<Index<'v>>,
}

impl<'v> References<'v> {
    pub(super) fn of(revision: &'v Revision<'v>) -> References<'v> {
        References { revision, asked: OnceCell::new(), everywhere: OnceCell::new() }
    }

    /// What the file at `path` refers to: in the folders of the run, and in the whole repository where these
    /// do not hold all of it.
    pub(super) fn closure(&self, path: &str) -> Result<Result<Closure, Unresolvable>, String> {
        let asked = self.revision.asked()?;
        let near = closure_in(self.asked.get_or_init(|| Index::of(&asked.tree)), path);
        if self.revision.is_all_asked() || matches!(&near, Some(Ok(near)) if near.lacking.is_empty()) {
            return Ok(near.unwrap_or_else(|| Ok(unknown(path))));
        }
        let everywhere = self.revision.everywhere()?;
        let far = closure_in(self.everywhere.get_or_init(|| Index::of(&everywhere.tree)), path);
        Ok(match (near, far) {
            (Some(Ok(near)), Some(Ok(far))) => Ok(if far.lacking.is_empty() { far } else { near }),
            // What is in doubt among all files may be none among those that were asked for.
            (Some(near), Some(Err(_)) | None) => near,
            (_, Some(far)) => far,
            (None, None) => Ok(unknown(path)),
        })
    }
}

/// What is not among the files that are read as schemas: where its references lead is not known.
fn unknown(path: &str) -> Closure {
    Closure { lacking: vec![vec![path.to_owned()]], ..Closure::default() }
}

fn closure_in(index: &Index<'_>, path: &str) -> Option<Result<Closure, Unresolvable>> {
    let path = index.path(path)?;
    let closure = || {
        let dependencies = index.closure(path)?;
        let paths = index.closure_paths(path)?;
        let all = paths.iter().copied().chain([path]);
        let lacking = all.flat_map(|path| index.lacking(path)).map(<[String]>::to_vec).collect();
        Ok(Closure { dependencies, lacking, paths: paths.into_iter().map(str::to_owned).collect() })
    };
    Some(closure())
}

pub(super) fn sentence(failure: Failure) -> String {
    format!("{:#}", failure.error)
}
