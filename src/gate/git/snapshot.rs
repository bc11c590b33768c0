//! The schema files and manifests of a commit.

use std::collections::HashMap;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::Repository;
use super::paths::Paths;
use crate::failure::Failure;
use crate::gate::files::{self, SourceFile};
use crate::gate::names;
use crate::gate::snapshot::Snapshot;
use crate::model::Format;

impl Repository {
    /// The schema files and manifests below `folders` at a commit. `root` takes the place of the
    /// repository's root in their paths. What `known` holds already, by its path in the repository, is
    /// not read again.
    pub(crate) fn snapshot(
        &self,
        commit: ObjectId,
        folders: &[String],
        root: Option<&str>,
        known: &HashMap<String, &SourceFile>,
        is_schema: &dyn Fn(&str) -> Option<Format>,
    ) -> Result<Snapshot, Failure> {
        let broken = |error: &dyn std::fmt::Display| self.broken(commit, error);
        let object = self.repository.find_commit(commit).map_err(|error| broken(&error))?;
        let tree = object.tree().map_err(|error| broken(&error))?;
        let paths = Paths::of(self, tree.id);
        let places = Places::of(paths, folders, root).map_err(|error| broken(&error))?;
        let entries = tree.traverse().breadthfirst.files().map_err(|error| broken(&error))?;
        let mut snapshot = Snapshot::default();
        let mut found = Vec::new();
        for entry in entries {
            for Place { path, key } in places.of_file(&entry.filepath.to_string()) {
                let blob = match entry.mode.kind() {
                    EntryKind::Blob | EntryKind::BlobExecutable => entry.oid,
                    EntryKind::Link => match paths.blob(&path).map_err(|error| broken(&error))? {
                        Some(blob) => blob,
                        None => continue,
                    },
                    EntryKind::Commit => {
                        snapshot.elsewhere.push(key);
                        continue;
                    }
                    EntryKind::Tree => continue,
                };
                found.push((path, key, blob));
            }
        }
        let content = |blob| {
            let object = self.repository.find_object(blob).map_err(|error| broken(&error))?;
            Ok(object.detach().data)
        };
        let mut left = Vec::new();
        for (path, key, blob) in found {
            let is_manifest =
                Snapshot::may_be_manifest(&path) && snapshot.add_manifest(&key, &content(blob)?);
            if !is_manifest {
                left.push((path, key, blob));
            }
        }
        for (path, key, blob) in left {
            let Some(language) = snapshot.language(&key, || is_schema(&path)) else { continue };
            match known.get(&path).filter(|file| is_blob(file, blob)) {
                Some(file) => {
                    let file = SourceFile { below: key.clone(), format: language.format, ..(*file).clone() };
                    snapshot.tree.insert(key, file);
                }
                None => snapshot.add(key, language, content(blob)?),
            }
        }
        Ok(snapshot)
    }
}

/// What a file of the repository is called.
struct Place {
    /// Its path there, as who asks spells it.
    path: String,
    /// Its path in the snapshot.
    key: String,
}

/// The searched folders of a commit.
struct Places<'a> {
    folders: &'a [String],
    root: Option<&'a str>,
    /// Those that are links or lie beyond one, and where that leads.
    linked: Vec<(&'a str, String)>,
}

impl<'a> Places<'a> {
    fn of(paths: Paths<'_>, folders: &'a [String], root: Option<&'a str>) -> Result<Places<'a>, String> {
        let mut linked = Vec::new();
        for asked in root.into_iter().chain(folders.iter().map(String::as_str).filter(|_| root.is_none())) {
            if let Some(found) = paths.find(asked)?
                && found.path != asked.trim_end_matches('/')
            {
                linked.push((asked, found.path));
            }
        }
        Ok(Places { folders, root, linked })
    }

    /// What the file at a path of the repository is called, for each searched folder that it lies in.
    fn of_file(&self, path: &str) -> Vec<Place> {
        let mut places = Vec::new();
        places.extend(key_of(path, self.folders, self.root).map(|key| Place { path: path.to_owned(), key }));
        for (asked, real) in &self.linked {
            let Some(inside) = names::relative(real, path) else { continue };
            let path = names::joined(asked, &inside);
            places.extend(key_of(&path, &[(*asked).to_owned()], self.root).map(|key| Place { path, key }));
        }
        places
    }
}

/// Is this the content of the file?
fn is_blob(file: &SourceFile, blob: ObjectId) -> bool {
    let bytes = file.text.as_bytes();
    file.broken_at.is_none()
        && gix::objs::compute_hash(blob.kind(), gix::objs::Kind::Blob, bytes).is_ok_and(|hash| hash == blob)
}

/// The key of a file of the repository, when it lies in one of the folders.
fn key_of(path: &str, folders: &[String], root: Option<&str>) -> Option<String> {
    let below = |folder: &str| match folder {
        "" => Some(path),
        _ => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
    };
    match root {
        // `git:REV:path/of/one.avsc`
        Some(root) if root == path => Some(files::file_name(path).to_owned()),
        Some(root) => below(root).filter(|inside| !files::is_left_out(inside)).map(str::to_owned),
        None => {
            let is_searched =
                |folder: &String| below(folder).is_some_and(|inside| !files::is_left_out(inside));
            folders.iter().any(is_searched).then(|| path.to_owned())
        }
    }
}
