//! `dovetail check`: files and a base → verdicts of the server's own engine → a report.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::check_report::{CheckedFile, LevelSource, Report};
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::base::{Base, EarlierFiles};
use crate::gate::files::{SourceFile, Sources};
use crate::gate::judge::{Candidate, Earlier, Origin, Past, Verdict};
use crate::gate::references::Index;
use crate::gate::registered::Registered;
use crate::model::{Assumptions, Format, Judge, Judging, Level, Pack, Policy};
use crate::remote::RegistryClient;
use crate::schema::Place;

const LONG_HELP: &str = "\
Files
  A folder is searched for *.avsc (Avro), *.proto (Protobuf), *.schema.json, and *.json whose $schema names a
  JSON Schema draft. Folders whose name starts with a dot, node_modules and target are left out.
  A file stands for the subject of its own name without the ending: orders-value.avsc for `orders-value`.

References
  What a schema refers to is found in the files beside it: named types (Avro), $ref by path or $id (JSON Schema),
  imports (Protobuf). For a single file that is its own folder; --include adds more.

Bases
  dir:PATH        a folder: the same path as given, else the same path below the checked folder, else the same
                  subject; or one file
  git:REV[:PATH]  a revision of the repository around the files, or a folder of it. Only that revision is
                  compared with, at transitive levels too: a revision is one state, not a history
  registry[:URL]  what is registered: the latest version, or all of them at transitive levels
  none            nothing: the schemas are parsed only

Level
  --level, else the registry's level for the subject (registry), else BACKWARD. The report says which.

Judges
  --judge, else the registry's setting, else proof. `proof` decides by what a decoder does, and shows data that
  breaks; where it cannot decide, Confluent's rules do. `reference` decides as Confluent Schema Registry would.
  FAIL stands for what makes the check fail, WARN for what is accepted but told, NOTE for what the judge that
  decides does not share, ???? for what was not proved.

Exit codes
  0  nothing incompatible    2  a schema, or the request, cannot be understood
  1  incompatible            3  could not check (no such revision, registry unreachable)
  Everything is checked and printed in any case; when several apply, 1 counts before 2, and 2 before 3.

Examples
  dovetail check schemas/ --against git:origin/main
  dovetail check orders-value.avsc --against registry:http://127.0.0.1:8081
  dovetail check new.avsc --against dir:old.avsc --subject orders-value --level FULL
  dovetail check schemas/ --against registry --format json | jq '.findings[].rule'";

#[derive(Args)]
#[command(after_help = "`dovetail check --help` tells about files, bases, levels and exit codes.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    /// Schema files, or folders of them.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// What to compare with: dir:PATH, git:REV[:PATH], registry[:URL] or none.
    #[arg(long, value_name = "BASE", env = "DOVETAIL_AGAINST", hide_env_values = true)]
    against: String,
    /// The compatibility level, instead of the registry's or BACKWARD.
    #[arg(long, env = "DOVETAIL_LEVEL")]
    level: Option<Level>,
    /// The subject, for a single file.
    #[arg(long, env = "DOVETAIL_SUBJECT")]
    subject: Option<String>,
    /// A folder whose schemas may be referred to, but are not checked.
    #[arg(long, value_name = "FOLDER", env = "DOVETAIL_INCLUDE", value_delimiter = ',')]
    include: Vec<PathBuf>,
    /// The registry for a base that names none; may hold credentials, http://USER:PASSWORD@HOST.
    #[arg(long, value_name = "URL", env = "DOVETAIL_REGISTRY_URL", hide_env_values = true)]
    registry_url: Option<String>,
    /// How findings are printed.
    #[arg(long, env = "DOVETAIL_FORMAT", default_value = "text")]
    format: ReportFormat,
    /// Whose verdicts decide: `proof` (what readers really do), `reference` (Confluent Schema Registry's
    /// rules) or `strictest` (refused if either refuses); instead of the registry's setting or `proof`.
    #[arg(long, env = "DOVETAIL_JUDGE")]
    judge: Option<Judge>,
    /// Which promises of Protobuf schemas are kept: `wire`, `json-names`, `source`; instead of the
    /// registry's setting or `wire`.
    #[arg(long, value_name = "PACK", env = "DOVETAIL_PACKS", value_delimiter = ',')]
    packs: Vec<Pack>,
    /// Undeclared properties of JSON documents: taken as the schema says (`strict`), or neither written
    /// nor minded (`lenient`); instead of the registry's setting or `strict`.
    #[arg(long, env = "DOVETAIL_POLICY")]
    policy: Option<Policy>,
    /// The `format` of a JSON Schema is an assertion, whatever the registry's setting is.
    #[arg(long, env = "DOVETAIL_ASSERT_FORMATS")]
    assert_formats: bool,
    /// Readers of JSON documents put the default of a property in place where it is missing, whatever
    /// the registry's setting is.
    #[arg(long, env = "DOVETAIL_FILL_DEFAULTS")]
    fill_defaults: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
}

/// Check, print, and tell the worst of it.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    // Not by the parser of arguments, whose errors repeat the value: it may hold a password.
    let base: Base =
        options.against.parse().map_err(|sentence| Failure::bad_request(anyhow!("--against: {sentence}")))?;
    let sources = crate::gate::files::read_sources(&options.paths, &options.include)?;
    if options.subject.is_some() && sources.checked.len() != 1 {
        return Err(Failure::bad_request(anyhow!(
            "--subject names one subject, but {} files are checked",
            sources.checked.len()
        )));
    }
    let check = Check { options, base: &base, index: Index::of(&sources.tree), sources: &sources, printer };
    let report = match &base {
        Base::None => check.files("none".to_owned(), |_, _| Ok(Vec::new())),
        Base::Dir(path) => check.against_files(&EarlierFiles::of_dir(path, &sources)?),
        Base::Git { revision, path } => {
            let earlier = EarlierFiles::of_git(revision, path.as_deref(), &options.paths, &sources)?;
            if options.level.is_some_and(|level| level.depth() == crate::model::Depth::All) {
                printer.note(
                    "note  a git base is one revision: it alone is compared with, not the history before it",
                );
            }
            check.against_files(&earlier)
        }
        Base::Registry(url) => {
            let url = url.as_deref().or(options.registry_url.as_deref()).ok_or_else(|| {
                Failure::bad_request(anyhow!("which registry?"))
                    .with_hint("Say --against registry:URL, or set --registry-url or DOVETAIL_REGISTRY_URL.")
            })?;
            let client = RegistryClient::new(url)?;
            wait_for(check.against_registry(Registered::new(client)))?
        }
    };
    print(&report, options.format, printer);
    Ok(report.outcome())
}

fn print(report: &Report, format: ReportFormat, printer: Printer) {
    report.errors().into_iter().for_each(|sentence| printer.error(sentence));
    match format {
        ReportFormat::Text => {
            report.text(printer.is_quiet()).into_iter().for_each(|line| printer.answer(line))
        }
        ReportFormat::Json => printer.answer(format_args!("{:#}", report.json())),
    }
}

/// One run.
struct Check<'a> {
    options: &'a Options,
    base: &'a Base,
    sources: &'a Sources,
    index: Index<'a>,
    printer: Printer,
}

impl<'a> Check<'a> {
    fn subject_of(&self, path: &'a str) -> &'a str {
        self.options.subject.as_deref().unwrap_or_else(|| crate::gate::files::subject_of(path))
    }

    /// The level when no registry is asked.
    fn offline_level(&self) -> (Level, LevelSource) {
        match self.options.level {
            Some(level) => (level, LevelSource::Flag),
            None => (Level::Backward, LevelSource::Default),
        }
    }

    /// Who decides: what the flags say, and `recorded` where they say nothing.
    fn judging(&self, recorded: Judging) -> Judging {
        let packs = match self.options.packs.as_slice() {
            [] => recorded.packs,
            packs => packs.iter().copied().collect(),
        };
        let assumptions = Assumptions {
            policy: self.options.policy.unwrap_or(recorded.assumptions.policy),
            assert_formats: self.options.assert_formats || recorded.assumptions.assert_formats,
            fill_defaults: self.options.fill_defaults || recorded.assumptions.fill_defaults,
        };
        let judge = self.options.judge.unwrap_or(recorded.judge);
        Judging { judge, packs, rules: recorded.rules, assumptions }
    }

    fn against_files(&'a self, earlier: &EarlierFiles) -> Report {
        let index = Index::of(&earlier.tree);
        self.files(earlier.label.clone(), |path, file| {
            let Some((earlier_path, earlier_file)) = earlier.of_file(path, file)? else {
                return Ok(Vec::new());
            };
            let dependencies =
                index.closure(earlier_path).map_err(|error| format!("in the base, {error}"))?;
            Ok(vec![Earlier {
                origin: Origin::File(earlier_path.to_owned()),
                is_deleted: false,
                format: earlier_file.format,
                text: earlier_file.text.clone(),
                dependencies,
            }])
        })
    }

    /// Check every file against what `history` tells of it, or tell why it cannot be told.
    fn files(
        &'a self,
        base: String,
        history: impl Fn(&str, &SourceFile) -> Result<Vec<Earlier>, String>,
    ) -> Report {
        self.announce(&base);
        let (level, judging) = (self.offline_level(), self.judging(Judging::default()));
        let checked = self.sources.checked.iter().map(|path| {
            let verdict = match history(path, &self.sources.tree[path]) {
                Ok(history) => {
                    self.judge(path, level.0, &judging, Past { compared: &history, numbered: &[] })
                }
                Err(reason) => self.unless_invalid(path, reason),
            };
            self.checked(path, Some(level), &judging, verdict)
        });
        Report { files: checked.collect(), base }
    }

    /// Each subject against its registered versions. Once the registry failed it is not asked again,
    /// but the files that are no schemas are still told.
    async fn against_registry(&'a self, mut registered: Registered) -> Result<Report, Failure> {
        self.refuse_shared_subjects()?;
        let base = registered.label();
        self.announce(&base);
        let (mut files, mut failed) = (Vec::new(), false);
        for path in &self.sources.checked {
            if failed {
                let reason = "the registry had failed before".to_owned();
                let verdict = self.unless_invalid(path, reason);
                files.push(self.checked(path, None, &Judging::default(), verdict));
                continue;
            }
            files.push(self.against_versions(path, &mut registered).await.unwrap_or_else(|failure| {
                failed = true;
                let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                let verdict = self.unless_invalid(path, format!("{:#}{hint}", failure.error));
                self.checked(path, None, &Judging::default(), verdict)
            }));
        }
        Ok(Report { files, base })
    }

    async fn against_versions(
        &'a self,
        path: &'a str,
        registered: &mut Registered,
    ) -> Result<CheckedFile, Failure> {
        let subject = self.subject_of(path);
        let level = match self.options.level {
            Some(level) => (level, LevelSource::Flag),
            None => (registered.level(subject).await?, LevelSource::Registry),
        };
        let judging = self.judging(registered.judging(subject).await?);
        let history = registered.history(subject, level.0).await?;
        let numbered = match self.sources.tree[path].format {
            Format::Protobuf if level.0 != Level::None => registered.whole_history(subject).await?,
            _ => Vec::new(),
        };
        let past = Past { compared: &history, numbered: &numbered };
        let verdict = self.judge(path, level.0, &judging, past);
        Ok(self.checked(path, Some(level), &judging, verdict))
    }

    /// Two files for one subject: a registry has one history for both, so one of them is misnamed.
    fn refuse_shared_subjects(&self) -> Result<(), Failure> {
        let mut seen = std::collections::BTreeMap::new();
        for path in &self.sources.checked {
            let subject = self.subject_of(path);
            if let Some(other) = seen.insert(subject, path) {
                return Err(Failure::bad_request(anyhow!(
                    "{other} and {path} both stand for the subject `{subject}`"
                ))
                .with_hint("Check them one at a time with --subject NAME, or rename one."));
            }
        }
        Ok(())
    }

    fn judge(&'a self, path: &'a str, level: Level, judging: &Judging, past: Past<'_>) -> Verdict {
        let file = &self.sources.tree[path];
        if let Some(offset) = file.broken_at {
            let place = Some(Place::of(&file.text, offset));
            return Verdict::Invalid { place, message: "not UTF-8 text".to_owned() };
        }
        let dependencies = match self.index.closure(path) {
            Ok(dependencies) => dependencies,
            Err(error) => return Verdict::Invalid { place: None, message: error.to_string() },
        };
        let candidate = Candidate {
            subject: self.subject_of(path),
            format: file.format,
            text: &file.text,
            dependencies,
            level,
            judging,
        };
        crate::gate::judge::judge(&candidate, past)
    }

    /// A file that is no schema is told so, whatever else stood in the way.
    fn unless_invalid(&'a self, path: &'a str, reason: String) -> Verdict {
        match self.judge(path, Level::None, &Judging::default(), Past::default()) {
            invalid @ Verdict::Invalid { .. } => invalid,
            _ => Verdict::Unchecked(reason),
        }
    }

    fn checked(
        &'a self,
        path: &'a str,
        level: Option<(Level, LevelSource)>,
        judging: &Judging,
        verdict: Verdict,
    ) -> CheckedFile {
        let format = self.sources.tree[path].format;
        CheckedFile {
            path: path.to_owned(),
            subject: self.subject_of(path).to_owned(),
            format,
            level,
            judging: judging.clone(),
            verdict,
        }
    }

    fn announce(&self, base: &str) {
        let count = self.sources.checked.len();
        let level = match (&self.options.level, self.base) {
            (Some(level), _) => format!("level {level} (--level)"),
            (None, Base::Registry(_)) => "level of each subject (registry)".to_owned(),
            (None, _) => "level BACKWARD (default)".to_owned(),
        };
        let noun = if count == 1 { "schema" } else { "schemas" };
        self.printer.note(format_args!("base  {base}  {count} {noun}  {level}"));
    }
}
