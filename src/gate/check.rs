//! One run of the check: every subject against every base, what declared readers need, and what was
//! accepted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;

use super::base::{Base, EarlierFiles};
use super::files;
use super::git::Repository;
use super::judge::{self, Candidate, Compared, Earlier, Origin, Past, Verdict};
use super::manifest::{Date, Settings};
use super::names;
use super::references::Index;
use super::registered::{self, Inquiry};
use super::texts::Texts;
use super::waiving;
use super::workspace::{Asked, Declared, Workspace};
use super::{bundle, deleted, linting, loosened, readers};
use crate::compat::{self, Outcome};
use crate::failure::Failure;
use crate::model::{Depth, Direction, Format, Judge, Judging, Level, Pack, Policy};
use crate::published::{self, File, Location, OfBase, Report};
use crate::remote::RegistryClient;
use crate::schema::{Dependency, Place};

/// What is to be checked, and against what.
pub struct Request<'a> {
    /// The files and their manifest.
    pub asked: Asked,
    /// The bases; none stands for `git:merge-base`.
    pub bases: Vec<Base>,
    /// The branch to be merged into, for `git:merge-base`.
    pub target: Option<String>,
    /// The registry for a base that names none.
    pub registry_url: Option<String>,
    /// What comes before the manifest and the registry.
    pub overrides: Overrides,
    /// The day, for waivers.
    pub today: Date,
    /// What the environment says.
    pub variable: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// What comes before the manifest and the registry.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The level.
    pub level: Option<Level>,
    /// Whose verdict counts.
    pub judge: Option<Judge>,
    /// Which promises of Protobuf schemas are kept; empty where nothing is said.
    pub packs: Vec<Pack>,
    /// What JSON Schema says of undeclared properties.
    pub policy: Option<Policy>,
    /// JSON Schema: `format` is an assertion.
    pub assert_formats: bool,
    /// JSON Schema: readers fill in defaults.
    pub fill_defaults: bool,
}

/// What a run found.
#[derive(Debug)]
pub struct Checked {
    /// All of it.
    pub report: Report,
    /// What the findings point into.
    pub texts: Texts,
    /// What was checked.
    pub workspace: Workspace,
}

/// Check everything.
///
/// # Errors
/// What keeps the run from beginning: a manifest that cannot be understood, a base that is not there.
/// What is wrong with single schemas is in the report.
pub async fn check(request: &Request<'_>) -> Result<Checked, Failure> {
    let workspace = Workspace::open(&request.asked)?;
    let bases = match &request.bases[..] {
        [] => &[Base::MergeBase][..],
        bases => bases,
    };
    let mut run =
        Run { request, workspace: &workspace, index: Index::of(&workspace.tree), notes: Vec::new() };
    let mut looked_at = Vec::new();
    let mut told_levels = HashMap::new();
    // A registry tells levels, which hold for every base.
    let (online, offline): (Vec<&Base>, Vec<&Base>) =
        bases.iter().partition(|base| matches!(base, Base::Registry(_)));
    for base in online {
        let seen = run.against_registry(base).await?;
        for row in &seen.rows {
            if let (Some(level), true) = (&row.level, row.level_is_told) {
                told_levels.insert(row.declared.path.clone(), (level.clone(), row.judging.clone()));
            }
        }
        looked_at.push(seen);
    }
    for base in offline {
        match base {
            Base::Bundle(path) => looked_at.push(run.against_bundle(base, path)?),
            _ => looked_at.extend(run.against_base(base, &told_levels)?),
        }
    }
    // As they were given.
    let order = |seen: &OneBase<'_>| bases.iter().position(|base| *base == seen.base);
    looked_at.sort_by_key(order);
    let (report, texts) = run.assemble(looked_at);
    Ok(Checked { report, texts, workspace })
}

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

struct Run<'a> {
    request: &'a Request<'a>,
    workspace: &'a Workspace,
    index: Index<'a>,
    notes: Vec<String>,
}

/// What came of one base.
struct OneBase<'a> {
    base: Base,
    label: String,
    rows: Vec<Row<'a>>,
    /// What somebody needs and is gone.
    gone: Vec<deleted::Gone>,
    /// What the change says of its own gate.
    findings: Vec<published::Finding>,
}

/// What came of one subject.
struct Row<'a> {
    declared: &'a Declared,
    level: Option<(Level, String)>,
    /// The level is the registry's.
    level_is_told: bool,
    judging: Judging,
    verdict: Verdict,
    moved_from: Option<String>,
    /// The texts that findings point into.
    earlier: Vec<(Origin, String)>,
}

impl<'a> Run<'a> {
    fn checked(&self) -> Vec<&'a Declared> {
        self.workspace.checked().collect()
    }

    /// The level that flags or the manifest demand, and who says so.
    fn demanded(&self, declared: &Declared) -> Option<(Level, String)> {
        let flag = self.request.overrides.level.map(|level| (level, "--level".to_owned()));
        let written = || {
            let (level, place) = declared.settings.level?;
            let manifest = &self.workspace.manifests[declared.manifest?];
            Some((level, format!("{}:{}", manifest.path, place.line)))
        };
        flag.or_else(written)
    }

    /// Who decides: flags before the manifest before what a registry recorded.
    fn judging(&self, settings: &Settings, recorded: Judging) -> Judging {
        let Overrides { judge, packs, policy, assert_formats, fill_defaults, .. } = &self.request.overrides;
        let mut judging = settings.judging(recorded);
        judging.judge = judge.unwrap_or(judging.judge);
        if !packs.is_empty() {
            judging.packs = packs.iter().copied().collect::<BTreeSet<Pack>>();
        }
        judging.assumptions.policy = policy.unwrap_or(judging.assumptions.policy);
        judging.assumptions.assert_formats |= assert_formats;
        judging.assumptions.fill_defaults |= fill_defaults;
        judging
    }

    fn against_base(
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
    async fn against_registry(&mut self, base: &Base) -> Result<OneBase<'a>, Failure> {
        let checked = self.checked();
        self.refuse_shared_subjects(&checked)?;
        let client = Arc::new(RegistryClient::new(&self.registry_url(base)?)?);
        let label = format!("registry:{}", client.shown());
        let told = registered::ask_all(client, self.inquiries(&checked)).await;
        Ok(self.against_told(base, label, checked, told))
    }

    /// Each subject against the versions that were registered when a bundle was made.
    fn against_bundle(&mut self, base: &Base, path: &Path) -> Result<OneBase<'a>, Failure> {
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

    /// A subject whose past is not known, for this reason. A file that is no schema is told so in any case.
    fn unchecked(
        &self,
        declared: &'a Declared,
        level: Option<(Level, String)>,
        judging: Judging,
        reason: &str,
    ) -> Row<'a> {
        let verdict = match self.judge(declared, Level::None, &judging, Past::default()) {
            invalid @ Verdict::Invalid { .. } => invalid,
            _ => Verdict::Unchecked(reason.to_owned()),
        };
        Row { declared, level, level_is_told: false, judging, verdict, moved_from: None, earlier: Vec::new() }
    }

    /// Judge a subject by its past.
    fn row_of(
        &self,
        declared: &'a Declared,
        level: Option<(Level, String)>,
        judging: Judging,
        compared: &[Earlier],
        numbered: &[Earlier],
    ) -> Row<'a> {
        let demanded = level.as_ref().map_or(Level::None, |(level, _)| *level);
        let mut verdict = self.judge(declared, demanded, &judging, Past { compared, numbered });
        if let (Verdict::Compared(compared), Some(true)) =
            (&mut verdict, declared.settings.all_readers_declared)
        {
            excuse_strangers(compared);
        }
        let moved_from = match compared.first().map(|earlier| &earlier.origin) {
            Some(Origin::File(path))
                if files::file_name(path) != files::file_name(&declared.path)
                    || is_elsewhere(path, declared) =>
            {
                Some(path.clone())
            }
            _ => None,
        };
        let mut earlier: Vec<(Origin, String)> = Vec::new();
        if let Verdict::Compared(found) = &verdict {
            for state in compared.iter().chain(numbered) {
                let is_told = found.findings.iter().any(|finding| finding.against == state.origin);
                if is_told && !earlier.iter().any(|(origin, _)| *origin == state.origin) {
                    earlier.push((state.origin.clone(), state.text.clone()));
                }
            }
        }
        Row { declared, level, level_is_told: false, judging, verdict, moved_from, earlier }
    }

    fn judge(&self, declared: &Declared, level: Level, judging: &Judging, past: Past<'_>) -> Verdict {
        let file = &self.workspace.tree[&declared.path];
        if let Some(offset) = file.broken_at {
            let place = Some(Place::of(&file.text, offset));
            return Verdict::Invalid { place, message: "not UTF-8 text".to_owned() };
        }
        let dependencies: Vec<Dependency> = match self.index.closure(&declared.path) {
            Ok(dependencies) => dependencies,
            Err(error) => return Verdict::Invalid { place: None, message: error.to_string() },
        };
        let candidate = Candidate {
            subject: &declared.subject,
            format: declared.format,
            text: &file.text,
            dependencies,
            level,
            judging,
        };
        judge::judge(&candidate, past)
    }

    /// Put everything together.
    fn assemble(&self, looked_at: Vec<OneBase<'a>>) -> (Report, Texts) {
        let mut report = Report::against(looked_at.iter().map(|seen| seen.label.clone()).collect());
        let mut texts = Texts::default();
        report.notes.clone_from(&self.notes);
        report.notes.extend(self.note_of_undeclared());
        report.notes.extend(self.workspace.idle_entries());
        for manifest in &self.workspace.manifests {
            texts.keep_file(&manifest.path, &manifest.text);
        }
        for (position, declared) in self.checked().into_iter().enumerate() {
            // Each base has a row for each subject, in the same order.
            let rows: Vec<(&str, &Row<'_>)> =
                looked_at.iter().map(|seen| (seen.label.as_str(), &seen.rows[position])).collect();
            let mut findings = Vec::new();
            for (label, row) in &rows {
                let Verdict::Compared(compared) = &row.verdict else { continue };
                findings.extend(findings_of(label, row, compared, &mut texts));
                report.comparisons.extend(compared.opinions.iter().map(|(origin, opinion)| {
                    let mut opinion = opinion.clone();
                    opinion.subject = Some(declared.subject.clone());
                    opinion.against =
                        published::Against { base: Some((*label).to_owned()), ..origin.against() };
                    opinion
                }));
            }
            findings.extend(readers::check(self.workspace, &self.index, declared, &mut texts, |settings| {
                self.judging(settings, Judging::default())
            }));
            findings.extend(linting::check(self.workspace, &self.index, declared));
            waiving::apply(self.workspace, self.request.today, &mut findings);
            findings.sort_by_key(|finding| rank(&finding.outcome));
            let file = file_of(&rows, &findings);
            if !findings.is_empty() || file.result == "invalid" {
                texts.keep_file(&declared.path, self.workspace.text(declared));
            }
            report.files.push(file);
            report.findings.extend(findings);
        }
        report.files.extend(readers::invalid(self.workspace, &self.index));
        for seen in &looked_at {
            report.findings.extend(seen.findings.iter().cloned());
            for gone in &seen.gone {
                report.files.push(gone.file.clone());
                let mut findings = gone.findings(&seen.label);
                waiving::apply(self.workspace, self.request.today, &mut findings);
                report.findings.extend(findings);
            }
        }
        let is_gone = |subject: &str| {
            looked_at.iter().any(|seen| seen.gone.iter().any(|gone| gone.file.subject == subject))
        };
        let idle = readers::idle(self.workspace).into_iter();
        report.findings.extend(idle.filter(|finding| !is_gone(&finding.subject)));
        report.findings.extend(waiving::expired(self.workspace, self.request.today));
        (report.close(), texts)
    }

    fn note_of_undeclared(&self) -> Option<String> {
        let readers = self.workspace.manifests.iter().flat_map(|manifest| {
            manifest.readers.iter().filter_map(|reader| self.workspace.file_of(manifest, &reader.file))
        });
        let read: BTreeSet<&str> = readers.map(|(path, _)| path).collect();
        let mut left = self.workspace.undeclared.iter().filter(|path| !read.contains(path.as_str()));
        let first = left.next()?;
        Some(match left.count() {
            0 => format!("{first} is declared nowhere, and was not checked"),
            more => {
                format!("{first} and {more} more schema files are declared nowhere, and were not checked")
            }
        })
    }
}

/// Where everybody who reads is declared, those are asked; what strangers could not read does not count.
fn excuse_strangers(compared: &mut Compared) {
    for finding in &mut compared.findings {
        if finding.found.direction == Direction::Forward && finding.found.outcome == Outcome::Refuse {
            finding.found.outcome = Outcome::Note;
        }
    }
}

fn is_elsewhere(earlier: &str, declared: &Declared) -> bool {
    // Bases spell paths from another folder; only the end is the same.
    let (earlier, now) = (earlier.trim_start_matches("./"), declared.key.as_str());
    !(now == earlier
        || now.ends_with(&format!("/{earlier}"))
        || earlier.ends_with(&format!("/{}", declared.path)))
}

fn rank(outcome: &str) -> u8 {
    match outcome {
        "refuse" => 0,
        "waived" => 1,
        "warn" => 2,
        _ => 3,
    }
}

/// The findings of one comparison, in the published form.
fn findings_of(
    label: &str,
    row: &Row<'_>,
    compared: &Compared,
    texts: &mut Texts,
) -> Vec<published::Finding> {
    let mut told = Vec::new();
    for finding in &compared.findings {
        let against = published::Against { base: Some(label.to_owned()), ..finding.against.against() };
        if let Some((_, text)) = row.earlier.iter().find(|(origin, _)| *origin == finding.against) {
            texts.keep_earlier(&row.declared.subject, &against, text);
        }
        let setting = published::Setting {
            subject: &row.declared.subject,
            against,
            level: row.level.clone(),
            new_text: "",
            old_text: "",
        };
        let mut value = published::Finding::of(&finding.found, &setting);
        let (own, earlier) = match finding.found.direction {
            Direction::Backward => (&mut value.reader, &mut value.writer),
            Direction::Forward => (&mut value.writer, &mut value.reader),
        };
        own.file = Some(row.declared.path.clone());
        own.line = finding.place.map(|place| place.line);
        own.column = finding.place.map(|place| place.column);
        if let Origin::File(path) = &finding.against {
            earlier.base_file = Some(path.clone());
        }
        earlier.line = finding.earlier_place.map(|place| place.line);
        earlier.column = finding.earlier_place.map(|place| place.column);
        value.place = Some(location(&row.declared.path, finding.place));
        value.earlier_place = match &finding.against {
            Origin::File(path) => Some(location(path, finding.earlier_place)),
            Origin::Version { version, .. } => {
                Some(location(&format!("{}@{version}", row.declared.subject), finding.earlier_place))
            }
        };
        told.push(value);
    }
    told
}

/// A place in a file.
pub(crate) fn location(file: &str, place: Option<Place>) -> Location {
    Location {
        file: file.to_owned(),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
    }
}

/// What became of a subject, the worst of all bases.
fn file_of(rows: &[(&str, &Row<'_>)], findings: &[published::Finding]) -> File {
    let is_refused = |base: Option<&str>| {
        findings.iter().any(|finding| {
            finding.outcome == "refuse" && (base.is_none() || finding.against.base.as_deref() == base)
        })
    };
    let result = |label: &str, row: &Row<'_>| match &row.verdict {
        Verdict::Invalid { .. } => "invalid",
        Verdict::Unchecked(_) => "unchecked",
        _ if is_refused(Some(label)) => "incompatible",
        Verdict::New => "new",
        Verdict::Unchanged => "unchanged",
        Verdict::NotCompared => "not_compared",
        Verdict::Compared(_) => "compatible",
    };
    let badness = |result: &str| match result {
        "incompatible" => 6,
        "invalid" => 5,
        "unchecked" => 4,
        "compatible" => 3,
        "not_compared" => 2,
        "unchanged" => 1,
        _ => 0,
    };
    let results: Vec<OfBase> = rows
        .iter()
        .map(|(label, row)| OfBase { base: (*label).to_owned(), result: result(label, row) })
        .collect();
    let worst = results.iter().enumerate().max_by_key(|(_, of)| badness(of.result));
    let at = worst.map_or(0, |(at, _)| at);
    let row = rows[at].1;
    let mut overall = results[at].result;
    // What a declared reader cannot read is of no base.
    if is_refused(None) && badness(overall) < badness("incompatible") {
        overall = "incompatible";
    }
    let (message, place) = match &row.verdict {
        Verdict::Invalid { place, message } => (Some(message.clone()), *place),
        Verdict::Unchecked(reason) => (Some(reason.clone()), None),
        _ => (None, None),
    };
    File {
        file: row.declared.path.clone(),
        subject: row.declared.subject.clone(),
        schema_type: row.declared.format.as_str(),
        level: row.level.as_ref().map(|(level, _)| level.as_str()),
        level_from: row.level.as_ref().map(|(_, from)| from.clone()),
        judge: row.judging.judge.as_str(),
        result: overall,
        moved_from: rows.iter().find_map(|(_, row)| row.moved_from.clone()),
        owner: row.declared.settings.owner.clone(),
        message,
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        bases: if results.len() > 1 { results } else { Vec::new() },
    }
}

/// Do the same with each item on as many threads as there are cores, with the stack that judging needs.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len().max(1));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let start = || {
            let run = || {
                let mut done = Vec::new();
                loop {
                    let position = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(item) = items.get(position) else { return done };
                    done.push((position, work(item)));
                }
            };
            let thread = std::thread::Builder::new().stack_size(compat::STACK);
            thread.spawn_scoped(scope, run).expect("a thread can be started")
        };
        let running: Vec<_> = (0..threads).map(|_| start()).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("judging does not panic")).collect()
    });
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The names that a text defines, for who looks for what is missed.
pub(crate) fn names_of(file: &files::SourceFile) -> names::Names {
    names::of(file.format, &file.text)
}
