//! What the checked files are compared with, base by base.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;

use super::{OneBase, Row, Run};
use crate::failure::Failure;
use crate::gate::base::{Base, EarlierFiles};
use crate::gate::git::Repository;
use crate::gate::judge::Verdict;
use crate::gate::parallel::in_parallel;
use crate::gate::past::Sides;
use crate::gate::references::Index;
use crate::gate::registered::{self, Inquiry};
use crate::gate::workspace::{Declared, qualified};
use crate::gate::{bundle, deleted, files, loosened};
use crate::model::{Format, Judging, Level, Subject};
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
            Base::Git { revision, .. } if revision == "HEAD" && self.repository()?.is_unborn() => {
                vec![self.before_the_first_commit()]
            }
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
        let index = earlier.map(|earlier| Index::of_workspace(&earlier.workspace));
        let settled = |declared: &Declared| match (self.demanded(declared), told.get(&declared.path)) {
            (Some(level), told) => (level, told.map(|(_, judging)| judging.clone())),
            (None, Some((level, judging))) => (level.clone(), Some(judging.clone())),
            (None, None) => ((Level::Backward, "default".to_owned()), None),
        };
        let checked = self.checked();
        let levels: Vec<(&Declared, Level)> =
            checked.iter().map(|declared| (*declared, settled(declared).0.0)).collect();
        let pasts = match (earlier, &index) {
            (Some(earlier), Some(then)) => {
                Sides { now: self.workspace, index: &self.index, earlier, then }.pasts(&levels)
            }
            _ => checked.iter().map(|_| Ok(Vec::new())).collect(),
        };
        let asked: Vec<_> = checked.into_iter().zip(pasts).collect();
        let rows = in_parallel(&asked, |(declared, history)| {
            let (level, judging) = settled(declared);
            let judging = judging.unwrap_or_else(|| self.judging(&declared.settings, Judging::default()));
            match history {
                Ok(compared) => {
                    // What is known of the past here; a registry knows more of it.
                    let numbered = match declared.format {
                        Format::Protobuf if level.0 != Level::None => compared.as_slice(),
                        _ => &[],
                    };
                    self.row_of(declared, Some(level), judging, compared, numbered)
                }
                Err(reason) => self.unchecked(declared, Some(level), judging, reason),
            }
        });
        let Some(earlier) = earlier else {
            let label = "none".to_owned();
            return OneBase { base: base.clone(), label, rows, gone: Vec::new(), findings: Vec::new() };
        };
        self.notes.extend(earlier.notes.iter().cloned());
        let is_new = |row: &Row<'_>| matches!(row.verdict, Verdict::New);
        if !rows.is_empty() && rows.iter().all(is_new) && !earlier.workspace.declared.is_empty() {
            self.notes.push(format!(
                "nothing in {} is an earlier state of what is checked; is it the right one?",
                earlier.label
            ));
        }
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
        if repository.is_unborn() {
            return Ok(vec![self.before_the_first_commit()]);
        }
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

    /// There is nothing to compare with yet, and nobody can have read it.
    fn before_the_first_commit(&mut self) -> EarlierFiles {
        self.notes.push("nothing was committed yet, so that every schema is a new one".to_owned());
        EarlierFiles::none("git:HEAD (nothing committed)".to_owned(), self.workspace)
    }

    /// Each subject against its registered versions.
    pub(super) async fn against_registry(&mut self, base: &Base) -> Result<OneBase<'a>, Failure> {
        let checked = self.checked();
        let client = Arc::new(RegistryClient::new(&self.registry_url(base)?)?);
        let label = format!("registry:{}", client.shown());
        let told = registered::ask_all(client, self.inquiries(&checked)).await;
        Ok(self.against_told(base, label, checked, told))
    }

    /// Each subject against the versions that were registered when a bundle was made.
    pub(super) fn against_bundle(&mut self, base: &Base, path: &Path) -> Result<OneBase<'a>, Failure> {
        let checked = self.checked();
        let bundle = bundle::read(path)?;
        self.check_context(&bundle, &checked)?;
        let registry = bundle::BundledRegistry::of(&bundle);
        let told = self.inquiries(&checked).iter().map(|inquiry| registry.tell(inquiry)).collect();
        Ok(self.against_told(base, format!("bundle:{}", files::shown(path)), checked, told))
    }

    /// The subject as a registry knows it.
    fn at_registry(&self, declared: &Declared) -> String {
        match &self.request.context {
            Some(context) => qualified(Some(context), &declared.subject),
            None => self.workspace.qualified(declared),
        }
    }

    /// A bundle is of one context, and knows nothing of what is in another one.
    fn check_context(&self, bundle: &bundle::Bundle, checked: &[&Declared]) -> Result<(), Failure> {
        for declared in checked {
            let subject = Subject::parse(&self.at_registry(declared));
            if subject.context().as_str() != bundle.context {
                let (shown, context) = (&declared.subject, subject.context());
                return Err(Failure::bad_request(anyhow!(
                    "the bundle is of the context {}, and `{shown}` is of {context}",
                    bundle.context
                ))
                .with_hint("Name the context in the manifest, `registry: { context: ... }`, or with --context or DOVETAIL_CONTEXT."));
            }
        }
        Ok(())
    }

    fn inquiries(&self, checked: &[&Declared]) -> Vec<Inquiry> {
        let inquiry = |declared: &&Declared| Inquiry {
            subject: self.at_registry(declared),
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

    /// Two files for one subject: it has one history, so one of them is misnamed. Without a manifest the names
    /// of files are no more than a guess, which only a registry is asked by.
    pub(super) fn refuse_shared_subjects(&self) -> Result<(), Failure> {
        let is_registered = |base: &Base| matches!(base, Base::Registry(_) | Base::Bundle(_));
        let by_name = self.request.bases.iter().any(is_registered);
        let mut seen = BTreeMap::new();
        for declared in self.checked().into_iter().filter(|declared| by_name || declared.manifest.is_some()) {
            let subject = self.at_registry(declared);
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
