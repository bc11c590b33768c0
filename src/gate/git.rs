//! Schema files of a revision, read from the repository itself: no work tree is touched and no other
//! program is started.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::files::{self, SourceFile, Tree};
use crate::failure::Failure;

/// The repository around the checked files.
pub(crate) struct Repository {
    repository: gix::Repository,
    /// The root of the work tree, without symbolic links.
    root: PathBuf,
}

impl Repository {
    /// The repository that holds `path`.
    pub(crate) fn around(path: &Path) -> Result<Repository, Failure> {
        let start = absolute(path)?;
        let folder = if start.is_dir() { &start } else { start.parent().unwrap_or(&start) };
        let repository = gix::discover(folder).map_err(|error| {
            tracing::debug!("{error}");
            Failure::unable(anyhow!("{} is not in a git repository", files::shown(path)))
                .with_hint("Check against a folder with --against dir:PATH, or run inside a clone.")
        })?;
        let root = repository.workdir().map(absolute).transpose()?;
        let root = root.ok_or_else(|| Failure::unable(anyhow!("a bare repository has no files to check")))?;
        Ok(Repository { repository, root })
    }

    /// A path of the command line as the repository spells it.
    pub(crate) fn path_of(&self, path: &Path) -> Result<String, Failure> {
        let inside = absolute(path)?;
        let inside = inside.strip_prefix(&self.root).map_err(|_| {
            let (path, root) = (files::shown(path), self.root.display());
            Failure::bad_request(anyhow!("{path} lies outside the repository {root}"))
        })?;
        Ok(files::shown(inside))
    }

    /// The folder whose earlier files matter for `path`: itself, or the one around a file.
    pub(crate) fn folder_of(&self, path: &Path) -> Result<String, Failure> {
        if path.is_dir() {
            return self.path_of(path);
        }
        let file = self.path_of(path)?;
        Ok(file.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned()))
    }

    /// The schema files below `folders` at a revision, and its short id. `root` takes the place of the
    /// repository's root in their paths.
    pub(crate) fn files_at(
        &self,
        revision: &str,
        folders: &[String],
        root: Option<&str>,
    ) -> Result<(String, Tree), Failure> {
        let id =
            self.repository.rev_parse_single(revision).map_err(|error| self.unknown(revision, &error))?;
        let object = id.object().map_err(|error| self.unknown(revision, &error))?;
        let tree = object.peel_to_tree().map_err(|error| self.unknown(revision, &error))?;
        let entries = tree.traverse().breadthfirst.files().map_err(|error| self.unknown(revision, &error))?;
        let mut found = Tree::new();
        for entry in entries.into_iter().filter(|entry| entry.mode.is_blob()) {
            let path = entry.filepath.to_string();
            let Some(format) = files::format_of(&path) else { continue };
            let Some(key) = key_of(&path, folders, root) else { continue };
            let blob =
                self.repository.find_object(entry.oid).map_err(|error| self.unknown(revision, &error))?;
            let file = SourceFile::new(key.clone(), format, blob.detach().data);
            if files::is_schema(&path, &file.text) {
                found.insert(key, file);
            }
        }
        if let Some(root) = root.filter(|_| found.is_empty()) {
            return Err(Failure::unable(anyhow!("there is no schema file in {root} at {revision}")));
        }
        Ok((id.shorten_or_id().to_string(), found))
    }

    fn unknown(&self, revision: &str, error: &dyn std::fmt::Display) -> Failure {
        tracing::debug!("{error}");
        if self.repository.is_shallow().unwrap_or(false) {
            let sentence = anyhow!("the revision `{revision}` is not in this clone, which is a shallow one");
            let branch = branch_of(revision);
            let renamed = if branch == revision {
                format!(" and check with --against git:origin/{branch}")
            } else {
                String::new()
            };
            return Failure::unable(sentence).with_hint(format!(
                "Fetch it with `git fetch --no-tags --depth=200 origin {branch}:refs/remotes/origin/{branch}`{renamed}, \
                 let the pipeline clone with full history (fetch-depth: 0), or check with --against registry."
            ));
        }
        Failure::unable(anyhow!("the revision `{revision}` is not in this repository")).with_hint(
            "Fetch it with `git fetch origin`, and see `git branch --all` for the names there are.",
        )
    }
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
        Some(root) => below(root).map(str::to_owned),
        None => folders.iter().any(|folder| below(folder).is_some()).then(|| path.to_owned()),
    }
}

/// The branch to fetch for a revision. A clone of one branch fetches no other, and keeps none by a
/// name, unless both are spelled out.
fn branch_of(revision: &str) -> &str {
    let name = revision.split(['~', '^']).next().unwrap_or_default();
    let name = name.split("@{").next().unwrap_or_default();
    let prefixes = ["refs/remotes/origin/", "refs/heads/", "remotes/origin/", "origin/"];
    let name = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    let is_commit = name.len() >= 7 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit || matches!(name, "" | "@" | "HEAD") { "main" } else { name }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().map_err(|error| {
        Failure::bad_request(anyhow!(error).context(format!("cannot find {}", files::shown(path))))
    })
}

#[cfg(test)]
mod tests {
    use super::branch_of;

    #[test]
    fn a_revision_tells_the_branch_to_fetch() {
        for (revision, branch) in [
            ("origin/main", "main"),
            ("origin/release/1.x~3", "release/1.x"),
            ("refs/heads/next", "next"),
            ("next@{1}", "next"),
            ("v1.0^{commit}", "v1.0"),
            ("HEAD~1", "main"),
            ("@", "main"),
            ("045d6a3", "main"),
        ] {
            assert_eq!(branch_of(revision), branch, "{revision}");
        }
    }
}
