//! `dovetail plan`: a manifest and a registry → what `dovetail apply` would do.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::declaring::Declaring;
use super::plan_report;
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::plan::Plan;

const LONG_HELP: &str = "\
What is compared
  Each subject of schemas.yaml with what the registry holds under it: the schema with all that it refers to,
  the level, the policy, the metadata. References are found in the texts and registered first. A schema that
  has to be registered is judged under the level that is to hold.

What is planned
  +  a first version               ~  a further version, a level, a policy
  -  a deletion (--delete only; never what `protect` names or somebody refers to)
  !  drift: what differs and is left alone
  A level that asks for less is changed before the registration, one that asks for more after it. A break
  that a waiver accepts is registered under NONE, and the declared level is back in the next step.

The saved plan
  --out writes a file that holds everything, texts included, and the number of the registry's newest change.
  `dovetail apply --plan FILE` does that and nothing else, and refuses if the registry has moved. A registry
  that does not count its changes is held against what the plan saw of each subject.

Exit codes
  0  planned    1  something may not be registered, or there is drift and --fail-on drift
  2  the manifest or a schema cannot be understood    3  the registry cannot be read

Examples
  dovetail plan
  dovetail plan --out plan.json && dovetail apply --plan plan.json
  dovetail plan --fail-on drift --quiet";

#[derive(Args)]
#[command(after_help = "`dovetail plan --help` tells what is compared and planned.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    #[command(flatten)]
    declaring: Declaring,
    /// Save the plan, for `dovetail apply --plan`.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_PLAN_OUT")]
    out: Option<PathBuf>,
    /// Delete, softly, what is not declared.
    #[arg(long)]
    delete: bool,
    /// Also fail on this.
    #[arg(long, value_name = "WHAT", env = "DOVETAIL_PLAN_FAIL_ON")]
    fail_on: Option<FailOn>,
    /// How the plan is printed.
    #[arg(long, env = "DOVETAIL_PLAN_FORMAT", default_value = "text")]
    format: Format,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// What is in the registry and not declared, or otherwise than declared.
    Drift,
}

/// Nobody is to apply an older plan for the one that was refused. What became of it, to be said behind a
/// sentence.
fn take_away(out: &Path) -> String {
    if !out.exists() {
        return String::new();
    }
    let shown = out.display();
    let is_gone = Plan::read(out).is_ok() && std::fs::remove_file(out).is_ok();
    match is_gone {
        true => format!("; the older one in {shown} is removed"),
        false => format!("; {shown} holds what it held before"),
    }
}

/// Plan, print, save.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let declared = options.declaring.open()?;
    let planned = wait_for(declared.plan(options.delete, printer))?;
    match options.format {
        Format::Text => {
            plan_report::text(&planned, printer.is_quiet()).into_iter().for_each(|line| printer.answer(line));
        }
        Format::Json => printer.text(&format!("{:#}\n", plan_report::json(&planned))),
    }
    plan_report::notes(&planned, printer);
    if let Some(outcome) = plan_report::refusal(&planned) {
        if let Some(out) = &options.out {
            let older = take_away(out);
            printer.note(format_args!("note  the plan is not saved: it could not be applied{older}"));
        }
        return Ok(outcome);
    }
    if let Some(out) = &options.out {
        std::fs::write(out, planned.plan.saved()).map_err(|error| {
            Failure::unable(anyhow!("the plan cannot be saved in {}: {error}", out.display()))
        })?;
    }
    let has_drift = options.fail_on == Some(FailOn::Drift) && !planned.plan.drift.is_empty();
    Ok(if has_drift { Outcome::Findings } else { Outcome::Success })
}
