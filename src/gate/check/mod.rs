//! One run of the check: every subject against every base, what declared readers need, and what was
//! accepted.

mod against;
mod telling;

use std::collections::{BTreeSet, HashMap};

use super::base::Base;
use super::judge::{self, Candidate, Compared, Earlier, Origin, Past, Verdict};
use super::manifest::{Date, Settings};
use super::references::Index;
use super::texts::Texts;
use super::workspace::{Asked, Declared, Workspace};
use super::{deleted, files};
use crate::compat::Outcome;
use crate::failure::Failure;
use crate::model::{Direction, Judge, Judging, Level, Pack, Policy};
use crate::published::{self, Location, Report};
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
    /// The context in registries and bundles, instead of the manifest's.
    pub context: Option<String>,
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
        Run { request, workspace: &workspace, index: Index::of_workspace(&workspace), notes: Vec::new() };
    run.refuse_shared_subjects()?;
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
            is_lacking: self.index.lacks_something(&declared.path),
            level,
            judging,
        };
        judge::judge(&candidate, past)
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
        || earlier == declared.path.trim_start_matches("./")
        || now.ends_with(&format!("/{earlier}"))
        || earlier.ends_with(&format!("/{}", declared.path)))
}

/// A place in a file.
pub(crate) fn location(file: &str, place: Option<Place>) -> Location {
    Location {
        file: file.to_owned(),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
    }
}
