//! `dovetail check`: files, their manifest and bases → a report.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use super::print::Printer;
use super::{report, wait_for};
use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::gate::{self, Asked, Base, Checked, Choice, Overrides, Request};
use crate::model::{Judge, Level, Pack, Policy};

/// What is looked at, and how. Every verb that checks takes these.
#[derive(Args, Clone)]
pub(super) struct Subjects {
    /// Schema files, or folders of them.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// How to look.
#[derive(Args, Clone)]
pub(super) struct How {
    /// What to compare with: git:REV[:PATH], git:merge-base, registry[:URL], dir:PATH, bundle:FILE or none. May be
    /// given several times; git:merge-base when it is not given.
    #[arg(
        long,
        value_name = "BASE",
        env = "DOVETAIL_AGAINST",
        hide_env_values = true,
        value_delimiter = ','
    )]
    against: Vec<String>,
    /// The branch that this is to be merged into, for git:merge-base; otherwise what the pipeline says,
    /// or origin's main branch.
    #[arg(long, value_name = "BRANCH", env = "DOVETAIL_TARGET")]
    target: Option<String>,
    /// The manifest, instead of the nearest schemas.yaml.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_MANIFEST")]
    manifest: Option<PathBuf>,
    /// Leave manifests aside: each file stands for the subject of its own name.
    #[arg(long, env = "DOVETAIL_NO_MANIFEST", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue, conflicts_with = "manifest")]
    no_manifest: bool,
    /// The compatibility level, instead of the manifest's, the registry's or BACKWARD.
    #[arg(long, env = "DOVETAIL_LEVEL")]
    level: Option<Level>,
    /// The subject, for a single file.
    #[arg(long, env = "DOVETAIL_SUBJECT")]
    subject: Option<String>,
    /// A folder whose schemas may be referred to, but are not checked.
    #[arg(long, value_name = "FOLDER", env = "DOVETAIL_INCLUDE", value_delimiter = ',')]
    include: Vec<PathBuf>,
    /// The registry for a base that names none, instead of the manifest's; may hold credentials,
    /// http://USER:PASSWORD@HOST.
    #[arg(long, value_name = "URL", env = "DOVETAIL_REGISTRY_URL", hide_env_values = true)]
    registry_url: Option<String>,
    /// The context in registries and bundles, instead of the manifest's or the default one.
    #[arg(long, env = "DOVETAIL_CONTEXT")]
    context: Option<String>,
    /// Whose verdicts decide: `proof` (what readers really do), `reference` (Confluent Schema Registry's
    /// rules) or `strictest` (refused if either refuses); instead of the manifest's, the registry's or `proof`.
    #[arg(long, env = "DOVETAIL_JUDGE")]
    judge: Option<Judge>,
    /// Which promises of Protobuf schemas are kept: `wire`, `json-names`, `source`; instead of the
    /// manifest's, the registry's or `wire`.
    #[arg(long, value_name = "PACK", env = "DOVETAIL_PACKS", value_delimiter = ',')]
    packs: Vec<Pack>,
    /// Undeclared properties of JSON documents: taken as the schema says (`strict`), or neither written
    /// nor minded (`lenient`); instead of the manifest's, the registry's or `strict`.
    #[arg(long, env = "DOVETAIL_POLICY")]
    policy: Option<Policy>,
    /// The `format` of a JSON Schema is an assertion, whatever else is said.
    #[arg(long, env = "DOVETAIL_ASSERT_FORMATS", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    assert_formats: bool,
    /// Readers of JSON documents put the default of a property in place where it is missing, whatever
    /// else is said.
    #[arg(long, env = "DOVETAIL_FILL_DEFAULTS", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    fill_defaults: bool,
}

impl Subjects {
    /// Look.
    pub(super) fn check(&self) -> Result<Checked, Failure> {
        self.how.check(&self.paths)
    }
}

impl How {
    /// Look at these files and folders.
    pub(super) fn check(&self, paths: &[PathBuf]) -> Result<Checked, Failure> {
        // Not by the parser of arguments, whose errors repeat the value: it may hold a password.
        let base = |text: &String| {
            text.parse().map_err(|sentence| Failure::bad_request(anyhow!("--against: {sentence}")))
        };
        let manifest = match (&self.manifest, self.no_manifest) {
            (Some(path), _) => Choice::At(path.clone()),
            (None, true) => Choice::None,
            (None, false) => Choice::Nearest,
        };
        let request = Request {
            asked: Asked {
                paths: paths.to_vec(),
                include: self.include.clone(),
                manifest,
                subject: self.subject.clone(),
            },
            bases: self.against.iter().map(base).collect::<Result<Vec<Base>, _>>()?,
            target: self.target.clone(),
            registry_url: self.registry_url.clone(),
            context: self.context.clone(),
            overrides: Overrides {
                level: self.level,
                judge: self.judge,
                packs: self.packs.clone(),
                policy: self.policy,
                assert_formats: self.assert_formats,
                fill_defaults: self.fill_defaults,
            },
            today: clock::today(),
            variable: &|name| std::env::var(name).ok(),
        };
        wait_for(gate::check(&request))
    }
}

const LONG_HELP: &str = "\
Files
  A folder is searched for *.avsc (Avro), *.proto (Protobuf), *.schema.json, and *.json whose $schema names a
  JSON Schema draft. Folders whose name starts with a dot, node_modules and target are left out. Which file is
  which subject says the manifest, schemas.yaml; without one a file stands for the subject of its own name
  without the ending: orders-value.avsc for `orders-value`. `dovetail init` writes one.

References
  What a schema refers to is found in the files beside it: named types (Avro), $ref by path or $id (JSON
  Schema), imports (Protobuf). For a single file that is its own folder; --include adds more.

Bases
  git:merge-base  where HEAD left the branch that it is to be merged into; the default
  git:REV[:PATH]  a revision of the repository around the files, or a folder of it
  registry[:URL]  what is registered
  dir:PATH        a folder, or one file
  bundle:FILE     what `dovetail bundle` wrote
  none            nothing: the schemas are parsed only
  Several may be given; the verdict is the worst of all, and each finding says against what. The transitive
  levels look at every earlier state: in the history of the repository, or at all versions of the registry.

Level
  --level, else the manifest's, else the registry's, else BACKWARD. The report says which.

Judges
  --judge, else the manifest's, else the registry's, else proof. `proof` decides by what a decoder does, and
  shows data that breaks; where it cannot decide, Confluent's rules do. `reference` decides as Confluent
  Schema Registry would. FAIL stands for what makes the check fail, WARN for what is accepted but told, PASS
  for what was waived, NOTE for what the judge that decides does not share, ???? for what was not proved.

Reports
  --format is what is printed; --report writes others beside it, though the check fails. In a job of GitHub
  Actions the lines are annotated and the step gets a summary; in a job of GitLab the project's folder gets
  gl-code-quality-report.json. docs/ci.md has pipelines to copy.

Exit codes
  0  nothing that must not pass    2  a schema, the manifest or the request cannot be understood
  1  something that must not       3  could not check (no such revision, registry unreachable), or not report
  Everything is checked and told in any case; when several apply, 1 counts before 2, and 2 before 3.

Examples
  dovetail check
  dovetail check --against git:merge-base --against registry:https://registry.example
  dovetail check new.avsc --against dir:old.avsc --subject orders-value --level FULL
  dovetail check --report sarif=dovetail.sarif --report junit=schemas.xml
  dovetail check --format json | jq '.findings[].rule'";

#[derive(Args)]
#[command(
    after_help = "`dovetail check --help` tells about files, bases, levels, reports and exit codes.",
    after_long_help = LONG_HELP
)]
pub(super) struct Options {
    #[command(flatten)]
    subjects: Subjects,
    #[command(flatten)]
    asked: report::Asked,
    /// Print the JSON Schema of reports, and check nothing.
    #[arg(long)]
    schema: bool,
}

/// Check, bring the report to where it is wanted, and tell the worst of it.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    if options.schema {
        printer.text(report::SCHEMA);
        return Ok(Outcome::Success);
    }
    let checked = options.subjects.check()?;
    let bases = options.subjects.how.against.iter();
    let bases = bases.filter_map(|base| base.strip_prefix("dir:").or(base.strip_prefix("bundle:")));
    let manifests = checked.workspace.manifests.iter().map(|manifest| manifest.path.as_str());
    let schemas = checked.workspace.tree.keys().map(String::as_str);
    options.asked.spare(schemas.chain(manifests).chain(bases).map(Path::new))?;
    report::deliver(&checked.report, &checked.texts, &options.asked, printer)
}
