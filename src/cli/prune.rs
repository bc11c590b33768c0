//! `dovetail prune`: what a registry holds that nobody declares.

use std::collections::BTreeSet;

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::apply::apply;
use super::declaring::Declaring;
use super::plan::Format;
use super::plan_report::versions_of;
use super::print::{Printer, Tone, toned};
use super::progress::Progress;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::apply::Minds;
use crate::gate::plan::{deletable, deletions_only};

const LONG_HELP: &str = "\
Lists the subjects of the registry that the manifest does not declare. With --yes they are deleted softly:
their versions can be brought back, and what carries their ids can still be read.

Never deleted is what `protect` of the manifest names, what other manifests of the repository declare, an
alias, and what a schema that stays refers to, in whatever context. Of several that refer to each other, the
referring ones go first. It stops when others change one of them meanwhile.

Where several repositories share a registry, each declares a part: use contexts, or `protect` what belongs to
the others.

Exit codes
  0  done    2  the manifest cannot be understood    3  the registry cannot be read
  4  stopped half-way, or others were faster

Examples
  dovetail prune
  dovetail prune --yes";

#[derive(Args)]
#[command(after_help = "`dovetail prune --help` tells what is never deleted.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    #[command(flatten)]
    declaring: Declaring,
    /// Delete them, softly.
    #[arg(long)]
    yes: bool,
    /// How it is printed.
    #[arg(long, env = "DOVETAIL_PLAN_FORMAT", default_value = "text")]
    format: Format,
}

/// List, and delete if told to.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let declared = options.declaring.open()?;
    if !declared.is_whole {
        return Err(Failure::bad_request(anyhow!("prune is for the whole manifest, not for some paths")));
    }
    if declared.wanted.is_empty() && options.yes {
        return Err(Failure::bad_request(anyhow!(
            "no subject is declared here, so every one would be deleted"
        ))
        .with_hint("Is this the right folder? The manifest's globs match no file."));
    }
    let elsewhere = declared.declared_elsewhere()?;
    wait_for(async {
        let live = &declared.live;
        let sequence = live.sequence().await?;
        let progress = Progress::new(printer, "reading versions", None);
        let everything = live.everything(&|more| progress.advance(more)).await?;
        drop(progress);
        // What is declared needs what it refers to.
        let needed = declared.wanted.iter().flat_map(|wanted| &wanted.references);
        let needed = needed.map(|reference| reference.subject.clone());
        let subjects: BTreeSet<String> =
            declared.wanted.iter().map(|wanted| wanted.subject.clone()).chain(needed).collect();
        let why_kept = |subject: &str| elsewhere.why_kept(&declared, subject);
        let found = deletable(live, &everything, &subjects, &why_kept).await?;
        if options.yes {
            let plan = deletions_only(live, sequence, &found).await?;
            return apply(live, &plan, Minds::WhatItConcerns, options.format, printer).await;
        }
        match options.format {
            Format::Json => {
                let subject = |(subject, versions): &(String, Vec<i32>)| json!({ "subject": subject, "versions": versions });
                let kept = |(subject, why): &(String, String)| json!({ "subject": subject, "why": why });
                printer.answer(format_args!(
                    "{:#}",
                    json!({
                        "format_version": 1,
                        "undeclared": found.subjects.iter().map(subject).collect::<Vec<_>>(),
                        "kept": found.kept.iter().map(kept).collect::<Vec<_>>(),
                    })
                ));
            }
            Format::Text => {
                for (subject, versions) in &found.subjects {
                    let mark = toned("-", Tone::Bad, 1);
                    printer.answer(format_args!("{mark} {subject}  {}", versions_of(versions)));
                }
                for (subject, why) in &found.kept {
                    printer.answer(format_args!("! {subject}  {why}: left alone"));
                }
                let (free, kept) = (found.subjects.len(), found.kept.len());
                printer.answer(format_args!("{free} not declared, {kept} of others left alone."));
                if free > 0 {
                    printer.note("note  nothing was deleted; --yes deletes them softly");
                }
            }
        }
        Ok(Outcome::Success)
    })
}
