//! Schema files of a revision, read from the repository itself: no work tree is touched and no other
//! program is started.

mod history;
mod moves;
mod paths;
mod revision;
mod snapshot;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gix::ObjectId;
use gix::prelude::ObjectIdExt as _;

use super::files;
use crate::failure::Failure;

use paths::Paths;

pub(crate) use history::{History, State, Tracked};
pub(crate) use revision::Searched;

/// How many bytes of what was read from the repository are kept for the next reading.
const KEPT: usize = 32 << 20;

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
        let mut repository = gix::discover(folder).map_err(|error| {
            tracing::debug!("{error}");
            Failure::unable(anyhow!("{} is not in a git repository", files::shown(path)))
                .with_hint("Check against a folder with --against dir:PATH, or run inside a clone.")
        })?;
        repository.object_cache_size_if_unset(KEPT);
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

    /// Where a path of the repository lies.
    pub(crate) fn absolute(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The folder whose earlier files matter for `path`: itself, or the one around a file.
    pub(crate) fn folder_of(&self, path: &Path) -> Result<String, Failure> {
        if path.is_dir() {
            return self.path_of(path);
        }
        let file = self.path_of(path)?;
        Ok(file.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned()))
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
        let found = self.all_merge_bases(head, tip)?;
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

    /// Where two lines parted; several where they met more than once since. What a shallow clone lacks is no
    /// error: it has an own one.
    fn all_merge_bases(&self, one: ObjectId, other: ObjectId) -> Result<Vec<ObjectId>, Failure> {
        let mut graph = self.repository.revision_graph(None);
        match self.repository.merge_bases_many_with_graph(one, &[other], &mut graph) {
            Ok(found) => Ok(found.into_iter().map(|id| id.detach()).collect()),
            Err(error) if self.is_shallow() => {
                tracing::debug!("{error}");
                Ok(Vec::new())
            }
            Err(error) => Err(Failure::unable(anyhow!(
                "where {} and {} parted cannot be found: {error}{}",
                self.short(one),
                self.short(other),
                self.what_is_lacking()
            ))
            .with_hint("`git fsck` tells what is wrong with the repository.")),
        }
    }

    /// The branch to be merged into: what was asked for, what the pipeline says, or what is usual.
    fn target(
        &self,
        asked: Option<&str>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(String, ObjectId), Failure> {
        // Whole names: a tag that is called like the branch is another thing, and whoever pushes tags must not
        // choose what is compared.
        let resolved = |name: &str| self.commit(name).ok().map(|commit| (name.to_owned(), commit));
        let told =
            || TARGET_VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        let asked = asked.filter(|name| !name.is_empty()).map(str::to_owned);
        let is_asked = asked.is_some();
        if let Some(name) = asked.or_else(told) {
            let found = match name.strip_prefix("refs/heads/").unwrap_or(&name) {
                whole if whole.starts_with("refs/") => resolved(whole),
                short => {
                    let of_remote = [format!("refs/remotes/origin/{short}"), format!("refs/remotes/{short}")];
                    let local = format!("refs/heads/{short}");
                    // What a pipeline names is the branch of the remote; one of the clone may be anything.
                    let is_local_meant = is_asked || self.repository.remote_names().is_empty();
                    let found = of_remote.iter().find_map(|name| resolved(name));
                    found.or_else(|| is_local_meant.then(|| resolved(&local)).flatten())
                }
            };
            let shown = name.trim_start_matches("refs/heads/");
            return match found {
                Some((name, commit)) => Ok((short_name(&name).to_owned(), commit)),
                None => Err(self.unknown(&format!("origin/{shown}"), &"no such branch")),
            };
        }
        let usual = [
            "refs/remotes/origin/HEAD",
            "refs/remotes/origin/main",
            "refs/remotes/origin/master",
            "refs/heads/main",
            "refs/heads/master",
        ];
        let found = usual.iter().find_map(|name| resolved(name));
        let shown = |(name, commit): (String, ObjectId)| {
            let short = short_name(&name);
            (self.pointee(short).unwrap_or_else(|| short.to_owned()), commit)
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

    /// Was nothing committed yet?
    pub(crate) fn is_unborn(&self) -> bool {
        self.repository.head().is_ok_and(|head| head.is_unborn())
    }

    /// Is there a file at the path in a commit?
    pub(crate) fn holds(&self, commit: ObjectId, path: &str) -> bool {
        let commit = self.repository.find_commit(commit).ok();
        let Some(tree) = commit.and_then(|commit| commit.tree_id().ok()) else { return false };
        Paths::of(self, tree.detach()).blob(path).is_ok_and(|blob| blob.is_some())
    }

    /// The folder of another repository, such as a submodule, that lies around a path below this one's root.
    pub(crate) fn nested_around(&self, path: &str) -> Option<String> {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.into_iter().find(|folder| self.root.join(folder).join(".git").exists()).map(str::to_owned)
    }

    /// What a symbolic reference such as `origin/HEAD` points to.
    fn pointee(&self, name: &str) -> Option<String> {
        let reference = self.repository.find_reference(&format!("refs/remotes/{name}")).ok()?;
        let target = reference.target().try_name()?.as_bstr().to_string();
        target.strip_prefix("refs/remotes/").map(str::to_owned)
    }

    /// Does HEAD hold the file?
    pub(crate) fn is_committed(&self, path: &Path) -> bool {
        let (Ok(head), Ok(path)) = (self.commit("HEAD"), self.path_of(path)) else { return false };
        self.holds(head, &path)
    }

    pub(crate) fn is_shallow(&self) -> bool {
        // Where that cannot be told, half a history must not be taken for a whole one.
        self.repository.is_shallow().unwrap_or(true)
    }

    /// Is only a part of the files in the work tree?
    pub(crate) fn is_sparse(&self) -> bool {
        let told = self.repository.config_snapshot().try_boolean("core.sparseCheckout");
        told.map_or(true, |told| told.unwrap_or(false))
    }

    fn broken(&self, commit: ObjectId, error: &dyn std::fmt::Display) -> Failure {
        Failure::unable(anyhow!("commit {commit} cannot be read: {error}{}", self.what_is_lacking()))
    }

    /// Why something may not be there, and how to get it, as the end of a sentence.
    fn what_is_lacking(&self) -> &'static str {
        match self.is_partial() {
            true => {
                "; this is a partial clone: get the rest with `git fetch --refetch --no-filter`, or clone without \
                 --filter"
            }
            false => "",
        }
    }

    /// Was it cloned with a filter, so that objects are missing until somebody asks for them?
    fn is_partial(&self) -> bool {
        let config = self.repository.config_snapshot();
        let remotes = config.plumbing().sections_by_name("remote");
        let is_set = |value: &[u8]| !matches!(value, b"false" | b"no" | b"off" | b"0" | b"");
        remotes
            .into_iter()
            .flatten()
            .any(|remote| remote.value("promisor").is_some_and(|value| is_set(&value)))
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
        "Fetch it with `git fetch --no-tags --depth=200 origin +{branch}:refs/remotes/origin/{branch}`{renamed}, \
         let the pipeline clone with full history (fetch-depth: 0), or check with --against registry."
    )
}

/// A branch as people call it.
fn short_name(name: &str) -> &str {
    ["refs/remotes/", "refs/heads/"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
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
