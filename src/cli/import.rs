//! `dovetail import`: take over what another registry holds.

use clap::ArgAction;
use clap::Args;
use clap::builder::BoolishValueParser;

use super::migrate::Database;
use super::moving::{Bar, author, counted, each_line, failure, open, source};
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::model::Mode;
use crate::transfer::{Extent, Holdings, Imported, Plan, carry_out, differences, holdings_of_store, plan};

#[derive(Args)]
#[command(
    after_help = "Everything is kept as it is: ids, version numbers, guids, texts byte for byte, references, \
    metadata, rule sets, soft-deleted versions, configurations and modes. A schema that would be refused today is \
    kept too. Nothing that is there is overwritten: what differs is told, and then nothing is written. Run again \
    after it broke off, it goes on where it stopped.\n\n\
    An empty database is set to be judged as Confluent Schema Registry judges, unless another judge than the \
    default was recorded there; `PUT /v1/settings` changes it. Not taken along: associations, keys of encryption, \
    exporters, settings of judging. Over HTTP nobody can see configurations of subjects \
    that have no schema; a dump of the topic has them.\n\n\
    Examples:\n  \
    dovetail import --from http://old-registry:8081 --dry-run\n  \
    dovetail import --from https://user:secret@old-registry --database-url postgres://dovetail@db/registry\n  \
    kcat -b broker -C -t _schemas -o beginning -e -J | dovetail import --from -\n  \
    dovetail import --from monday.backup\n\n\
    Exit codes:\n  \
    0  done, and what arrived is the same\n  \
    1  something else is there already, or did not arrive\n  \
    2  the command or the source makes no sense\n  \
    3  the source or the database cannot be reached\n  \
    4  somebody else wrote the same meanwhile"
)]
pub(super) struct Options {
    /// The registry's URL, or a file: a dump of the `_schemas` topic or a backup; `-` is standard input.
    #[arg(long, value_name = "URL|FILE", env = "DOVETAIL_FROM", hide_env_values = true)]
    from: String,
    #[command(flatten)]
    database: Database,
    /// Only tell what would be imported and what stands in the way.
    #[arg(long, env = "DOVETAIL_DRY_RUN", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    dry_run: bool,
    /// Do not read the source once more to compare it with what arrived.
    #[arg(long, env = "DOVETAIL_NO_VERIFY", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    no_verify: bool,
    /// How many requests a registry is sent at once.
    #[arg(long, value_name = "NUMBER", env = "DOVETAIL_AT_ONCE", default_value = "8", value_parser = clap::value_parser!(u8).range(1..=64))]
    at_once: u8,
}

/// Read, find out what is missing, write it, and see whether it arrived.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    wait_for(async {
        let bar = Bar::new(printer);
        let progress = |what, done, total| bar.tell(what, done, total);
        let source = source(&options.from, usize::from(options.at_once))?;
        let from = source.shown();
        // Before the database: a source that cannot be read must not leave a new one behind.
        let holdings = source.holdings(&progress).await.map_err(failure)?;
        bar.clear();
        let store = open(&options.database.database_url, !options.dry_run).await?;
        let to = store.location();
        printer.answer(format_args!("{from} holds {holdings}"));
        tell_of_source(&holdings, printer);
        let plan = plan(&holdings, &store).await.map_err(failure)?;
        if !plan.contradictions.is_empty() || !plan.conflicts.is_empty() {
            tell_what_stands_in_the_way(&plan, &from, &to, printer);
            return Ok(Outcome::Findings);
        }
        if let Some(judge) = plan.kept_judge {
            printer.note(format_args!(
                "{to} has `{judge}` recorded as the judge, which stays; `PUT /v1/settings` with \
                 {{\"judge\":\"reference\"}} judges as the registry that this comes from"
            ));
        }
        if options.dry_run {
            printer.answer(told("would import", &plan, plan.would_import(), &to));
            return Ok(Outcome::Success);
        }
        let imported = carry_out(&plan, &store, &author("import"), &progress).await.map_err(|error| {
            let failure = failure(error);
            let again = "Run it again: what was written stays, and it goes on from there.";
            if failure.hint.is_none() { failure.with_hint(again) } else { failure }
        })?;
        bar.clear();
        printer.answer(told("imported", &plan, imported, &to));
        if imported.set_judge {
            printer.note(
                "the store was empty: `reference` judges from now on, as in the registry it comes from",
            );
        }
        let outcome = match options.no_verify {
            true => Outcome::Success,
            false => {
                let mut again = source.holdings(&progress).await.map_err(failure)?;
                // Those that differ were told of.
                again.recompute_guids();
                let arrived = holdings_of_store(&store).await.map_err(failure)?;
                bar.clear();
                let found = differences(&again, &from, &arrived, &to, Extent::Contained);
                each_line(&found, |line| printer.answer(line));
                match found.is_empty() {
                    true => {
                        printer.answer(format_args!(
                            "verified: all of it is the same, byte for byte, in {from} and {to}"
                        ));
                        Outcome::Success
                    }
                    false => Outcome::Findings,
                }
            }
        };
        store.close().await;
        Ok(outcome)
    })
}

fn tell_what_stands_in_the_way(plan: &Plan, from: &str, to: &str, printer: Printer) {
    each_line(&plan.contradictions, |line| printer.answer(line));
    each_line(&plan.conflicts, |line| printer.answer(line));
    if !plan.contradictions.is_empty() {
        printer.note(format_args!(
            "nothing was written: {from} contradicts itself in {}. Only who runs it can say which schema an id \
             means: purge the others there, or take them out of the file that is read",
            counted(plan.contradictions.len(), "place")
        ));
    }
    if !plan.conflicts.is_empty() {
        let places = counted(plan.conflicts.len(), "place");
        printer.note(format_args!("nothing was written: {to} has something else in {places}"));
    }
}

/// What whoever imports should know about the source.
fn tell_of_source(holdings: &Holdings, printer: Printer) {
    each_line(&holdings.left_out, |line| printer.note(format_args!("left out: {line}")));
    each_line(&holdings.wrong_guids(), |line| printer.note(format_args!("recomputed: {line}")));
    each_line(&holdings.used_up(), |line| printer.note(format_args!("used up: {line}")));
    let closed = holdings.modes.values().filter(|mode| **mode != Mode::ReadWrite).count();
    if closed > 0 {
        let verb = if closed == 1 { "does" } else { "do" };
        printer.note(format_args!(
            "modes are kept: {closed} of them {verb} not let everything be registered; `PUT /mode` changes that"
        ));
    }
}

fn told(verb: &str, plan: &Plan, imported: Imported, to: &str) -> String {
    let known = plan.known;
    format!("{verb} {imported} into {to}; versions that were there already: {known}")
}
