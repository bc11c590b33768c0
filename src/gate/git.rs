//! Schema files of a revision, read from the repository itself: no work tree is touched and no other
//! program is started.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gix::ObjectId;
use gix::objs::tree::EntryKind;
use gix::prelude::ObjectIdExt as _;

use super::files::{self, SourceFile};
use super::names;
use super::references::Index;
use super::snapshot::Snapshot;
use crate::failure::Failure;
use crate::model::Format;
use crate::schema::Dependency;

/// How many earlier states of one file are looked at.
const MOST_STATES: usize = 1_000;

/// What pipelines call the branch that a change is to be merged into.
const TARGET_VARIABLES: [&str; 6] = [
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CHANGE_TARGET",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
];

/// Where the work at hand left the branch that it is to be merged into.
#[derive(Debug)]
pub(crate) struct MergeBase {
    /// That branch.
    pub(crate) target: String,
    /// The commits.
    pub(crate) commits: Vec<ObjectId>,
    /// Nothing was committed since.
    pub(crate) is_head: bool,
}

/// The earlier states of a file, newest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) states: Vec<State>,
    /// There are older ones, which this shallow clone does not have.
    pub(crate) is_cut: bool,
}

/// A file as it was at a commit.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) commit: ObjectId,
    pub(crate) path: String,
    pub(crate) blob: ObjectId,
    /// What it refers to.
    beside: Vec<Option<ObjectId>>,
    pub(crate) text: String,
}

/// The repository around the checked files.
#[derive(Clone)]
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
        if let Ok(inside) = path.strip_prefix(&self.root) {
            return Ok(files::shown(inside));
        }
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

    /// What a file referred to at the time of a commit, referenced texts first.
    pub(crate) fn dependencies_then(
        &self,
        state: &State,
        format: Format,
    ) -> Result<Vec<Dependency>, Failure> {
        if names::of(format, &state.text).used.is_empty() {
            return Ok(Vec::new());
        }
        let everywhere = [String::new()];
        let then = self.snapshot(state.commit, &everywhere, None, &HashMap::new(), &|_| None)?;
        if !then.tree.contains_key(&state.path) {
            return Ok(Vec::new());
        }
        let index = Index::of(&then.tree);
        index.closure(&state.path).map_err(|error| {
            Failure::unable(anyhow!("in {}@{}, {error}", state.path, self.short(state.commit)))
        })
    }

    /// The commit that a revision names.
    pub(crate) fn commit(&self, revision: &str) -> Result<ObjectId, Failure> {
        let id =
            self.repository.rev_parse_single(revision).map_err(|error| self.unknown(revision, &error))?;
        let object = id.object().map_err(|error| self.unknown(revision, &error))?;
        let commit = object.peel_to_commit().map_err(|error| self.unknown(revision, &error))?;
        Ok(commit.id)
    }

    /// A commit's id, as short as it may be.
    pub(crate) fn short(&self, commit: ObjectId) -> String {
        commit.attach(&self.repository).shorten_or_id().to_string()
    }

    /// Where the work at hand left the branch that it is to be merged into, and that branch. `variable`
    /// tells what the environment says of the pipeline.
    pub(crate) fn merge_base(
        &self,
        target: Option<&str>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<MergeBase, Failure> {
        let (target, tip) = self.target(target, variable)?;
        let head = self.commit("HEAD")?;
        let found = self.all_merge_bases(head, tip);
        let Some(first) = found.first() else {
            let sentence = format!("the revision where HEAD left {target} is not in this clone");
            return Err(match self.is_shallow() {
                true => Failure::unable(anyhow!("{sentence}, which is a shallow one"))
                    .with_hint(fetch_hint(&target)),
                false => Failure::unable(anyhow!("HEAD and {target} have no common history"))
                    .with_hint("Name what to compare with: --against git:REV, dir:PATH or registry."),
            });
        };
        let is_head = *first == head;
        Ok(MergeBase { target, commits: found, is_head })
    }

    /// Where two lines parted; several where they met more than once since.
    fn all_merge_bases(&self, one: ObjectId, other: ObjectId) -> Vec<ObjectId> {
        let mut graph = self.repository.revision_graph(None);
        let found = self.repository.merge_bases_many_with_graph(one, &[other], &mut graph);
        let found = found.inspect_err(|error| tracing::debug!("{error}")).unwrap_or_default();
        found.into_iter().map(|id| id.detach()).collect()
    }

    /// The branch to be merged into: what was asked for, what the pipeline says, or what is usual.
    fn target(
        &self,
        asked: Option<&str>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(String, ObjectId), Failure> {
        let resolved = |name: &str| self.commit(name).ok().map(|commit| (name.to_owned(), commit));
        let told =
            || TARGET_VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        if let Some(name) = asked.map(str::to_owned).or_else(told) {
            let name = name.trim_start_matches("refs/heads/");
            let found = resolved(&format!("origin/{name}")).or_else(|| resolved(name));
            return found.ok_or_else(|| self.unknown(&format!("origin/{name}"), &"no such reference"));
        }
        let usual = ["refs/remotes/origin/HEAD", "origin/main", "origin/master", "main", "master"];
        let found = usual.iter().find_map(|name| resolved(name));
        let shown = |(name, commit): (String, ObjectId)| match name.strip_prefix("refs/remotes/") {
            Some(name) => (self.pointee(name).unwrap_or_else(|| name.to_owned()), commit),
            None => (name, commit),
        };
        match found {
            Some(found) => Ok(shown(found)),
            None if self.is_shallow() || !self.repository.remote_names().is_empty() => Err(Failure::unable(
                anyhow!("none of origin/HEAD, origin/main and origin/master is in this clone"),
            )
            .with_hint(format!(
                "Say which branch this is to be merged into with --target BRANCH. {}",
                fetch_hint("origin/main")
            ))),
            // A repository of its own, without a main branch: there is only what was committed.
            None => Ok(("HEAD".to_owned(), self.commit("HEAD")?)),
        }
    }

    /// What a symbolic reference such as `origin/HEAD` points to.
    fn pointee(&self, name: &str) -> Option<String> {
        let reference = self.repository.find_reference(&format!("refs/remotes/{name}")).ok()?;
        let target = reference.target().try_name()?.as_bstr().to_string();
        target.strip_prefix("refs/remotes/").map(str::to_owned)
    }

    pub(crate) fn is_shallow(&self) -> bool {
        self.repository.is_shallow().unwrap_or(false)
    }

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
        let entries = tree.traverse().breadthfirst.files().map_err(|error| broken(&error))?;
        let mut snapshot = Snapshot::default();
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.filepath.to_string();
            let Some(key) = key_of(&path, folders, root) else { continue };
            let blob = match entry.mode.kind() {
                EntryKind::Blob | EntryKind::BlobExecutable => entry.oid,
                EntryKind::Link => match self.pointed_to(&tree, &path, entry.oid) {
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
        let content = |blob| {
            let object = self.repository.find_object(blob).map_err(|error| broken(&error))?;
            Ok(object.detach().data)
        };
        let (manifests, found): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(path, ..)| Snapshot::is_manifest(path));
        for (_, key, blob) in manifests {
            snapshot.add_manifest(key, &content(blob)?);
        }
        for (path, key, blob) in found {
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

    /// The file of the tree that a symbolic link leads to.
    fn pointed_to(&self, tree: &gix::Tree<'_>, path: &str, link: ObjectId) -> Option<ObjectId> {
        let target = self.repository.find_object(link).ok()?;
        let target = String::from_utf8_lossy(&target.data).into_owned();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        blob_at(tree, &names::joined(folder, &target))
    }

    /// Is only a part of the files in the work tree?
    pub(crate) fn is_sparse(&self) -> bool {
        self.repository.config_snapshot().boolean("core.sparseCheckout").unwrap_or(false)
    }

    /// The states of the file that stands at `path` at a commit, newest first, each once: what was
    /// merged, along the first parents. A file that was moved is followed where its content stayed the
    /// same or its name did.
    ///
    /// A state is also another one when one of the files `also` changed, which the file refers to.
    pub(crate) fn history(&self, commit: ObjectId, path: &str, also: &[String]) -> Result<History, Failure> {
        let mut history = History::default();
        let mut latest_also = None;
        let (mut commit, mut path) = (Some(commit), path.to_owned());
        let mut latest = None;
        let mut newer = None;
        while let Some(id) = commit {
            let broken = |error: &dyn std::fmt::Display| self.broken(id, error);
            let object = self.repository.find_commit(id).map_err(|error| broken(&error))?;
            let tree = object.tree().map_err(|error| broken(&error))?;
            let mut blob = blob_at(&tree, &path);
            if blob.is_none()
                && let (Some(content), Some(newer)) = (latest, &newer)
                && let Some((moved, content)) = moved_from(&tree, newer, &path, content)
            {
                (path, blob) = (moved, Some(content));
            }
            match blob {
                Some(blob) => {
                    let beside: Vec<_> = also.iter().map(|path| blob_at(&tree, path)).collect();
                    let is_another = latest != Some(blob) || latest_also.as_ref() != Some(&beside);
                    let is_known =
                        || history.states.iter().any(|state| state.blob == blob && state.beside == beside);
                    latest = Some(blob);
                    latest_also = Some(beside.clone());
                    if is_another && !is_known() {
                        let data = self.repository.find_object(blob).map_err(|error| broken(&error))?;
                        let text = String::from_utf8_lossy(&data.data).into_owned();
                        history.states.push(State { commit: id, path: path.clone(), blob, beside, text });
                    }
                }
                // It was made in the commit after this one.
                None if latest.is_some() => break,
                _ => {}
            }
            if history.states.len() > MOST_STATES {
                return Err(Failure::unable(anyhow!("{path} has more than {MOST_STATES} earlier states")));
            }
            newer = Some(tree);
            commit = object.parent_ids().next().map(|parent| parent.detach());
            let boundary = self.repository.shallow_commits().ok().flatten();
            if boundary.is_some_and(|boundary| boundary.iter().any(|cut| *cut == id)) {
                history.is_cut = true;
                break;
            }
        }
        Ok(history)
    }

    fn broken(&self, commit: ObjectId, error: &dyn std::fmt::Display) -> Failure {
        Failure::unable(anyhow!("commit {commit} cannot be read: {error}"))
    }

    fn unknown(&self, revision: &str, error: &dyn std::fmt::Display) -> Failure {
        tracing::debug!("{error}");
        if self.is_shallow() {
            let sentence = anyhow!("the revision `{revision}` is not in this clone, which is a shallow one");
            return Failure::unable(sentence).with_hint(fetch_hint(revision));
        }
        Failure::unable(anyhow!("the revision `{revision}` is not in this repository")).with_hint(
            "Fetch it with `git fetch origin`, and see `git branch --all` for the names there are.",
        )
    }
}

/// How to get what a shallow clone lacks.
fn fetch_hint(revision: &str) -> String {
    let branch = branch_of(revision);
    let renamed = match branch == revision {
        true => format!(" and check with --against git:origin/{branch}"),
        false => String::new(),
    };
    format!(
        "Fetch it with `git fetch --no-tags --depth=200 origin {branch}:refs/remotes/origin/{branch}`{renamed}, \
         let the pipeline clone with full history (fetch-depth: 0), or check with --against registry."
    )
}

/// Is this the content of the file?
fn is_blob(file: &SourceFile, blob: ObjectId) -> bool {
    let bytes = file.text.as_bytes();
    file.broken_at.is_none()
        && gix::objs::compute_hash(blob.kind(), gix::objs::Kind::Blob, bytes).is_ok_and(|hash| hash == blob)
}

fn blob_at(tree: &gix::Tree<'_>, path: &str) -> Option<ObjectId> {
    let entry = tree.lookup_entry_by_path(path).ok()??;
    entry.mode().is_blob().then(|| entry.object_id())
}

/// Where a file of `newer` was in the `older` tree: a schema file that is gone in `newer`, with the same
/// content, else with the same name.
fn moved_from(
    older: &gix::Tree<'_>,
    newer: &gix::Tree<'_>,
    path: &str,
    content: ObjectId,
) -> Option<(String, ObjectId)> {
    let format = files::format_of(path);
    let mut gone = Vec::new();
    for entry in older.traverse().breadthfirst.files().ok()? {
        let other = entry.filepath.to_string();
        if entry.mode.is_blob() && files::format_of(&other) == format && blob_at(newer, &other).is_none() {
            gone.push((other, entry.oid));
        }
    }
    let same_content = gone.iter().find(|(_, blob)| *blob == content);
    let same_name = || {
        let mut named = gone.iter().filter(|(other, _)| files::subject_of(other) == files::subject_of(path));
        named.next().filter(|_| named.next().is_none())
    };
    same_content.or_else(same_name).cloned()
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
