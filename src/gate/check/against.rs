//! What the checked files are compared with, base by base.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;

use super::{OneBase, Run};
use crate::failure::Failure;
use crate::gate::base::{Base, EarlierFiles};
use crate::gate::git::Repository;
use crate::gate::judge::{Earlier, Origin};
use crate::gate::parallel::in_parallel;
use crate::gate::references::Index;
use crate::gate::registered::{self, Inquiry};
use crate::gate::workspace::Declared;
use crate::gate::{bundle, deleted, files, loosened};
use crate::model::{Depth, Format, Judging, Level};
use crate::remote::RegistryClient;

/// What pipelines set in the environment of a job.
const PIPELINES: [&str; 8] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "TF_BUILD",
    "TEAMCITY_VERSION",
    "BUILDKITE",
    "BITBUCKET_BUILD_NUMBER",
];

impl<'a> Run<'a> {
    pub(super) fn against_base(
        &mut self,
        base: &Base,
        told: &HashMap<String, ((Level, String), Judging)>,
    ) -> Result<Vec<OneBase<'a>>, Failure> {
        let earlier = match base {
            Base::None | Base::Registry(_) | Base::Bundle(_) => Vec::new(),
            Base::Dir(path) => vec![EarlierFiles::of_dir(path, self.workspace)?],
            Base::Git { revision, path } => {
                let repository = self.repository()?;
                let commit = repository.commit(revision)?;
                let suffix = path.as_ref().map(|path| format!(":{path}")).unwrap_or_default();
                let label = format!("git:{revision}@{}{suffix}", repository.short(commit));
                vec![EarlierFiles::of_commit(label, repository, commit, path.as_deref(), self.workspace)?]
            }
            Base::MergeBase => self.merge_bases()?,
        };
        if earlier.is_empty() {
            return Ok(vec![self.against_files(base, None, told)]);
        }
        Ok(earlier.iter().map(|earlier| self.against_files(base, Some(earlier), told)).collect())
    }

    /// Each subject against the files of an earlier state, or against nothing.
    fn against_files(
        &mut self,
        base: &Base,
        earlier: Option<&EarlierFiles>,
        told: &HashMap<String, ((Level, String), Judging)>,
    ) -> OneBase<'a> {
        let index = earlier.map(|earlier| Index::of(&earlier.workspace.tree));
        let settled = |declared: &Declared| match (self.demanded(declared), told.get(&declared.path)) {
            (Some(level), told) => (level, told.map(|(_, judging)| judging.clone())),
            (None, Some((level, judging))) => (level.clone(), Some(judging.clone())),
            (None, None) => ((Level::Backward, "default".to_owned()), None),
        };
        let mut asked = Vec::new();
        for declared in self.checked() {
            let (level, judging) = settled(declared);
            let judging = judging.unwrap_or_else(|| self.judging(&declared.settings, Judging::default()));
            let history = match (earlier, &index) {
                (Some(earlier), Some(index)) => self.history_in(earlier, index, declared, level.0),
                _ => Ok(Vec::new()),
            };
            asked.push((declared, level, judging, history));
        }
        let rows = in_parallel(&asked, |(declared, level, judging, history)| match history {
            Ok(compared) => {
                // What is known of the past here; a registry knows more of it.
                let numbered = match declared.format {
                    Format::Protobuf if level.0 != Level::None => compared.as_slice(),
                    _ => &[],
                };
                self.row_of(declared, Some(level.clone()), judging.clone(), compared, numbered)
            }
            Err(reason) => self.unchecked(declared, Some(level.clone()), judging.clone(), reason),
        });
        let Some(earlier) = earlier else {
            let label = "none".to_owned();
            return OneBase { base: base.clone(), label, rows, gone: Vec::new(), findings: Vec::new() };
        };
        self.notes.extend(earlier.notes.iter().cloned());
        let then = index.expect("what is earlier was indexed");
        let gone = deleted::find(self.workspace, &self.index, earlier, &then);
        let findings = loosened::find(self.workspace, earlier);
        OneBase { base: base.clone(), label: earlier.label.clone(), rows, gone, findings }
    }

    fn repository(&self) -> Result<Repository, Failure> {
        Repository::around(self.workspace.roots.first().map_or(Path::new("."), |root| root.as_path()))
    }

    /// The states where HEAD left the target branch: one, unless the lines met more than once.
    fn merge_bases(&mut self) -> Result<Vec<EarlierFiles>, Failure> {
        let repository = self.repository().map_err(|failure| match self.request.bases.is_empty() {
            true => failure.with_hint(
                "Without --against the base is where HEAD left the target branch. Outside a repository say \
                 --against dir:PATH, --against registry:URL, or --against none to parse only.",
            ),
            false => failure,
        })?;
        let found = repository.merge_base(self.request.target.as_deref(), self.request.variable)?;
        if found.is_head {
            let target = &found.target;
            let is_set = |name: &&str| {
                (self.request.variable)(name)
                    .is_some_and(|value| !matches!(value.as_str(), "" | "false" | "0"))
            };
            if PIPELINES.iter().any(is_set) {
                return Err(Failure::unable(anyhow!(
                    "HEAD is part of {target} itself, so there is nothing to compare"
                ))
                .with_hint(
                    "In a pipeline of that branch say what it was before, --against git:HEAD~1, or --against \
                         registry. For a change that is to be merged name its --target.",
                ));
            }
            self.notes.push(format!(
                "HEAD is part of {target}: only what is not committed is compared; for the last commit say \
                 --against git:HEAD~1"
            ));
        }
        let of_commit = |commit| {
            let label = format!("git:{}@{} (merge-base)", found.target, repository.short(commit));
            EarlierFiles::of_commit(label, repository.clone(), commit, None, self.workspace)
        };
        found.commits.iter().map(|commit| of_commit(*commit)).collect()
    }

    /// The earlier states of a subject in a folder or a repository.
    fn history_in(
        &self,
        earlier: &EarlierFiles,
        index: &Index<'_>,
        declared: &Declared,
        level: Level,
    ) -> Result<Vec<Earlier>, String> {
        if let Some(folder) = earlier.lies_elsewhere(declared) {
            return Err(format!(
                "it lies in the submodule {folder}, which has a history of its own; check it there, or against a registry"
            ));
        }
        let Some((path, file)) = earlier.of_file(declared)? else { return Ok(Vec::new()) };
        let dependencies = index.closure(path).map_err(|error| format!("in the base, {error}"))?;
        let state = |path: &str, text: String, dependencies| Earlier {
            origin: Origin::File(path.to_owned()),
            is_deleted: false,
            format: file.format,
            text,
            dependencies,
        };
        let mut history = vec![state(path, file.text.clone(), dependencies)];
        let is_same = |latest: &Earlier| {
            latest.text == self.workspace.text(declared)
                && self.index.closure(&declared.path).is_ok_and(|now| now == latest.dependencies)
        };
        if let (Some(at), Depth::All) = (&earlier.commit, level.depth())
            && level != Level::None
            && !is_same(&history[0])
        {
            let sentence = |failure: Failure| format!("{:#}", failure.error);
            let repository = &at.repository;
            let beside = index.closure_paths(path).map_err(|error| format!("in the base, {error}"))?;
            let beside: Vec<String> = beside.into_iter().map(|path| at.path_of(path)).collect();
            let path = at.path_of(path);
            let older = repository.history(at.commit, &path, &beside).map_err(sentence)?;
            if older.is_cut {
                return Err(format!(
                    "{level} looks at the whole history of {path}, and this clone is a shallow one; fetch the rest \
                     with `git fetch --unshallow`, or let the pipeline clone with fetch-depth: 0"
                ));
            }
            for older in older.states.iter().skip(1) {
                let dependencies = repository.dependencies_then(older, file.format).map_err(sentence)?;
                let origin = format!("{}@{}", older.path, repository.short(older.commit));
                history.push(state(&origin, older.text.clone(), dependencies));
            }
        }
        Ok(history)
    }

    /// Each subject against its registered versions.
    pub(super) async fn against_registry(&mut self, base: &Base) -> Result<OneBase<'a>, Failure> {
        let checked = self.checked();
        self.refuse_shared_subjects(&checked)?;
        let client = Arc::new(RegistryClient::new(&self.registry_url(base)?)?);
        let label = format!("registry:{}", client.shown());
        let told = registered::ask_all(client, self.inquiries(&checked)).await;
        Ok(self.against_told(base, label, checked, told))
    }

    /// Each subject against the versions that were registered when a bundle was made.
    pub(super) fn against_bundle(&mut self, base: &Base, path: &Path) -> Result<OneBase<'a>, Failure> {
        let checked = self.checked();
        self.refuse_shared_subjects(&checked)?;
        let bundle = bundle::read(path)?;
        let registry = bundle::BundledRegistry::of(&bundle);
        let told = self.inquiries(&checked).iter().map(|inquiry| registry.tell(inquiry)).collect();
        Ok(self.against_told(base, format!("bundle:{}", files::shown(path)), checked, told))
    }

    fn inquiries(&self, checked: &[&Declared]) -> Vec<Inquiry> {
        let inquiry = |declared: &&Declared| Inquiry {
            subject: self.workspace.qualified(declared),
            format: declared.format,
            level: self.demanded(declared).map(|(level, _)| level),
        };
        checked.iter().map(inquiry).collect()
    }

    fn against_told(
        &self,
        base: &Base,
        label: String,
        checked: Vec<&'a Declared>,
        told: Vec<Result<registered::Told, String>>,
    ) -> OneBase<'a> {
        let source = if matches!(base, Base::Bundle(_)) { "bundle" } else { "registry" };
        let asked: Vec<(&Declared, Result<registered::Told, String>)> =
            checked.into_iter().zip(told).collect();
        let rows = in_parallel(&asked, |(declared, told)| match told {
            Ok(told) => {
                let level = self.demanded(declared).unwrap_or_else(|| (told.level, source.to_owned()));
                let judging = self.judging(&declared.settings, told.judging.clone());
                let mut row = self.row_of(declared, Some(level), judging, &told.compared, &told.numbered);
                row.level_is_told = source == "registry";
                row
            }
            Err(reason) => {
                let judging = self.judging(&declared.settings, Judging::default());
                self.unchecked(declared, None, judging, reason)
            }
        });
        OneBase { base: base.clone(), label, rows, gone: Vec::new(), findings: Vec::new() }
    }

    fn registry_url(&self, base: &Base) -> Result<String, Failure> {
        let Base::Registry(given) = base else { unreachable!("only a registry is asked for its URL") };
        let known = given.clone().or_else(|| self.request.registry_url.clone());
        let written = || {
            let mut urls =
                self.workspace.manifests.iter().map(|manifest| manifest.registry.url(self.request.variable));
            urls.find_map(Result::transpose)
        };
        match known.map(Ok).or_else(written) {
            Some(url) => url.map_err(|sentence| Failure::bad_request(anyhow!(sentence))),
            None => Err(Failure::bad_request(anyhow!("which registry?")).with_hint(
                "Say --against registry:URL, set --registry-url or DOVETAIL_REGISTRY_URL, or give the manifest a `registry`.",
            )),
        }
    }

    /// Two files for one subject: a registry has one history for both, so one of them is misnamed.
    fn refuse_shared_subjects(&self, checked: &[&Declared]) -> Result<(), Failure> {
        let mut seen = BTreeMap::new();
        for declared in checked {
            let subject = self.workspace.qualified(declared);
            if let Some(other) = seen.insert(subject, declared) {
                return Err(Failure::bad_request(anyhow!(
                    "{} and {} both stand for the subject `{}`",
                    other.path,
                    declared.path,
                    declared.subject
                ))
                .with_hint("Check them one at a time with --subject NAME, rename one, or name their subjects in a manifest."));
            }
        }
        Ok(())
    }
}
