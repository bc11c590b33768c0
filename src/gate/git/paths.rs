//! What stands at a path of a commit, symbolic links followed as the file system does it.

use std::path::Path;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::Repository;
use crate::gate::files;
use crate::gate::names;

/// How many links are followed on the way to one file; Linux follows as many.
const MOST_LINKS: usize = 40;

/// The paths of a tree.
#[derive(Clone, Copy)]
pub(super) struct Paths<'r> {
    repository: &'r Repository,
    tree: ObjectId,
}

/// What a path leads to.
#[derive(Debug)]
pub(super) struct Found {
    /// Its path without links.
    pub(super) path: String,
    pub(super) id: ObjectId,
    pub(super) is_folder: bool,
}

/// The way to a path.
enum Way {
    To(Option<Found>),
    /// A part of it is a link, which makes it this one.
    Around(String),
}

impl<'r> Paths<'r> {
    pub(super) fn of(repository: &'r Repository, tree: ObjectId) -> Paths<'r> {
        Paths { repository, tree }
    }

    /// The content of the file at a path; `None` where there is none.
    ///
    /// # Errors
    /// A sentence, when the repository cannot be read.
    pub(super) fn blob(&self, path: &str) -> Result<Option<ObjectId>, String> {
        Ok(self.find(path)?.filter(|found| !found.is_folder).map(|found| found.id))
    }

    /// The file or folder at a path; `None` where there is none, where links lead out of the repository, and
    /// where they lead round in a circle.
    ///
    /// # Errors
    /// A sentence, when the repository cannot be read.
    pub(super) fn find(&self, path: &str) -> Result<Option<Found>, String> {
        let mut path = path.to_owned();
        for _ in 0..=MOST_LINKS {
            match self.go(&path)? {
                Way::To(found) => return Ok(found),
                Way::Around(other) => path = other,
            }
        }
        Ok(None)
    }

    /// Walk along a path as far as the first link.
    fn go(&self, path: &str) -> Result<Way, String> {
        let mut id = self.tree;
        let mut walked = String::new();
        let mut left = path.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = left.next() {
            let tree = self.repository.repository.find_tree(id).map_err(|error| error.to_string())?;
            let Some(entry) = tree.find_entry(part) else { return Ok(Way::To(None)) };
            id = entry.object_id();
            match entry.mode().kind() {
                EntryKind::Tree => {}
                EntryKind::Blob | EntryKind::BlobExecutable if left.peek().is_none() => {
                    let path = names::joined(&walked, part);
                    return Ok(Way::To(Some(Found { path, id, is_folder: false })));
                }
                EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Commit => return Ok(Way::To(None)),
                EntryKind::Link => {
                    let Some(target) = self.target(&walked, id)? else { return Ok(Way::To(None)) };
                    let rest: Vec<&str> = left.collect();
                    return Ok(Way::Around(names::joined(&target, &rest.join("/"))));
                }
            }
            walked = names::joined(&walked, part);
        }
        Ok(Way::To(Some(Found { path: walked, id, is_folder: true })))
    }

    /// The path that a link in a folder names; `None` outside the repository.
    fn target(&self, folder: &str, link: ObjectId) -> Result<Option<String>, String> {
        let link = self.repository.repository.find_object(link).map_err(|error| error.to_string())?;
        let Ok(target) = std::str::from_utf8(&link.data) else { return Ok(None) };
        let target = match Path::new(target).is_absolute() {
            true => Path::new(target).strip_prefix(&self.repository.root).ok().map(files::slashed),
            false => Some(names::joined(folder, target)),
        };
        Ok(target.filter(|target| target != ".." && !target.starts_with("../")))
    }
}
