//! `dovetail check`: files, their manifest and bases → a report.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

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
    #[arg(long, env = "DOVETAIL_NO_MANIFEST", conflicts_with = "manifest")]
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
    #[arg(long, env = "DOVETAIL_ASSERT_FORMATS")]
    assert_formats: bool,
    /// Readers of JSON documents put the default of a property in place where it is missing, whatever
    /// else is said.
    #[arg(long, env = "DOVETAIL_FILL_DEFAULTS")]
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

#[derive(Args)]
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
    report::deliver(&checked.report, &checked.texts, &options.asked, printer)
}
