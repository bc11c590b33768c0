//! `dovetail apply`: a plan, saved or made on the spot → a registry that holds what is declared.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::declaring::{Declaring, Saved};
use super::plan::Format;
use super::plan_report;
use super::print::Printer;
use super::progress::Progress;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::apply::{Applying, Minds};
use crate::gate::live::Live;
use crate::gate::plan::Plan;

const LONG_HELP: &str = "\
With --plan FILE
  Does exactly what `dovetail plan --out FILE` wrote down. If the registry has moved since, nothing is done:
  somebody looked at that plan, and it is another one now. Changes of subjects that the plan has nothing to
  do with are no reason to stop with --ignore-unrelated.

Without
  Plans and does it at once. Changes of others stop it only where they concern the plan.

Safety
  Each write is made at the very state that the step before left behind, or not at all: of two that apply at
  the same time, one goes on and the other stops. A run that was interrupted is simply run again, with or
  without the plan; what was done is recognised and not done twice. (A registry that does not count its
  changes, such as Confluent's, is looked at before and after each step instead.)
  For a break that was accepted the level is NONE for the moment of its registration. A run that fails in
  between puts it back (plan again then), or prints the command that does. A later run closes a gate that it
  finds open.

Exit codes
  0  the registry is as declared
  1  something may not be registered; nothing was done, but that levels are as declared that were left at NONE
  2  the plan or the manifest cannot be understood    3  the registry cannot be reached; nothing was done
  4  stopped half-way, or others were faster; what was done is listed

Examples
  dovetail apply
  dovetail apply schemas/orders
  dovetail plan --out plan.json && dovetail apply --plan plan.json";

#[derive(Args)]
#[command(after_help = "`dovetail apply --help` tells what makes it safe.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    #[command(flatten)]
    declaring: Declaring,
    /// The plan to do, as `dovetail plan --out` wrote it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "delete"])]
    plan: Option<PathBuf>,
    /// Do the saved plan even if others changed what it has nothing to do with.
    #[arg(long, requires = "plan")]
    ignore_unrelated: bool,
    /// Delete, softly, what is not declared.
    #[arg(long)]
    delete: bool,
    /// How it is printed what was done.
    #[arg(long, env = "DOVETAIL_PLAN_FORMAT", default_value = "text")]
    format: Format,
}

/// Apply, and tell each step.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    if let Some(path) = &options.plan {
        let plan = Plan::read(path)?;
        let saved = Saved { registry: &plan.registry, context: &plan.context };
        let Declaring { place, manifest, .. } = &options.declaring;
        let live = place.live_of_saved(saved, manifest.as_deref())?;
        let minds = if options.ignore_unrelated { Minds::WhatItConcerns } else { Minds::Everything };
        return wait_for(apply(&live, &plan, minds, options.format, printer));
    }
    let declared = options.declaring.open()?;
    wait_for(async {
        let planned = declared.plan(options.delete, printer).await?;
        if let Some(outcome) = plan_report::refusal(&planned) {
            match options.format {
                Format::Text => {
                    plan_report::text(&planned, true).into_iter().for_each(|line| printer.answer(line));
                }
                Format::Json => printer.text(&format!("{:#}\n", plan_report::json(&planned))),
            }
            plan_report::notes(&planned, printer);
            close_gates(&declared.live, &planned.plan, printer).await?;
            return Ok(outcome);
        }
        plan_report::notes(&planned, printer);
        apply(&declared.live, &planned.plan, Minds::WhatItConcerns, options.format, printer).await
    })
}

/// Do of a plan that is refused what closes gates that stand open, and say that the rest is not done.
async fn close_gates(live: &Live, plan: &Plan, printer: Printer) -> Result<(), Failure> {
    let refused = "the plan holds what may not be registered";
    let closing = plan.closing();
    if closing.steps.is_empty() {
        printer.error(anyhow!("nothing was done: {refused}"));
        return Ok(());
    }
    let ended = Applying { live, plan: &closing, minds: Minds::WhatItConcerns, tell: &|_| () }.run().await?;
    let levels: Vec<String> = ended.applied.iter().map(plan_report::applied_level).collect();
    if !levels.is_empty() {
        printer
            .error(anyhow!("nothing was registered: {refused}; no gate is left open: {}", levels.join(", ")));
    }
    ended.stopped.map_or(Ok(()), Err)
}

/// Do a plan, and print what was done.
pub(super) async fn apply(
    live: &Live,
    plan: &Plan,
    minds: Minds,
    format: Format,
    printer: Printer,
) -> Result<Outcome, Failure> {
    let progress = Progress::new(printer, "applying", Some(plan.steps.len() as u64));
    let tell = |applied: &_| {
        if format == Format::Text {
            progress.pause(|| printer.answer(plan_report::applied(applied)));
        }
        progress.advance(1);
    };
    let ended = Applying { live, plan, minds, tell: &tell }.run().await?;
    drop(progress);
    match format {
        Format::Json => {
            let stopped = ended.stopped.as_ref().map(|failure| format!("{:#}", failure.error));
            printer.answer(format_args!(
                "{:#}",
                json!({
                    "format_version": 1,
                    "plan": plan.digest,
                    "steps": plan.steps.len(),
                    "applied": ended.applied,
                    "sequence": ended.sequence,
                    "stopped": stopped,
                })
            ));
        }
        Format::Text if ended.stopped.is_none() => {
            printer.answer(plan_report::ended(&ended.applied, plan, ended.sequence));
        }
        Format::Text => {}
    }
    ended.stopped.map_or(Ok(Outcome::Success), Err)
}
