//! `dovetail verify`: is a backup, a store or a registry what it should be?

use clap::Args;

use super::migrate::Database;
use super::moving::{Bar, each_line, failure, open, source};
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::transfer::{Extent, Found, differences, truth_of_source, truth_of_store};

#[derive(Args)]
#[command(
    after_help = "A backup: is every line what was written? A database, and what a backup holds: is every text \
    the one its hash was made of, does every version have its schema, does every reference lead somewhere, will no \
    id be given out twice, and is there what the record of changes says, no version, id, context, key, exporter or \
    association lost, renumbered or come back? The record does not hold the values of settings. A registry and a \
    dump: are hashes right, does every reference lead somewhere? A registry: do ids lead to the texts that versions \
    show?\n\n\
    With --against two of them are compared: contexts, subjects, versions with ids, guids, texts byte for byte, \
    references, metadata, rule sets and deletions, configurations and modes. Each difference is a line.\n\n\
    Examples:\n  \
    dovetail verify monday.backup\n  \
    dovetail verify --database-url postgres://dovetail@db/registry\n  \
    dovetail verify --against http://old-registry:8081\n  \
    dovetail verify http://new-registry:8081 --against http://old-registry:8081\n\n\
    Exit codes:\n  \
    0  all is well\n  \
    1  something was found\n  \
    2  the command makes no sense\n  \
    3  it could not be looked at"
)]
pub(super) struct Options {
    /// A backup, a dump of a topic, or the URL of a registry; `-` is standard input. The database if it is left
    /// out.
    #[arg(value_name = "FILE|URL")]
    what: Option<String>,
    #[command(flatten)]
    database: Database,
    /// Compare with this registry, dump or backup.
    #[arg(long, value_name = "URL|FILE", env = "DOVETAIL_AGAINST", hide_env_values = true)]
    against: Option<String>,
    /// How many requests a registry is sent at once.
    #[arg(long, value_name = "NUMBER", env = "DOVETAIL_AT_ONCE", default_value = "8", value_parser = clap::value_parser!(u8).range(1..=64))]
    at_once: u8,
}

pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    wait_for(async {
        let bar = Bar::new(printer);
        let (place, mut found) = look(options, &bar).await?;
        let mut compared = None;
        if let (Some(against), Some(holdings)) = (&options.against, found.holdings.take()) {
            let other = source(against, usize::from(options.at_once))?;
            let progress = |what, done, total| bar.tell(what, done, total);
            let shown = other.shown();
            let other = other.holdings(&progress).await.map_err(failure)?;
            found.problems.extend(differences(&holdings, &place, &other, &shown, Extent::All));
            compared = Some(format!("the same as {shown}: {holdings}"));
        }
        bar.clear();
        each_line(&found.notes, |line| printer.note(line));
        each_line(&found.problems, |line| printer.answer(line));
        if !found.problems.is_empty() {
            printer.note(format_args!("{place}: {} found", found.problems.len()));
            return Ok(Outcome::Findings);
        }
        printer.answer(match compared {
            Some(same) => format!("{place} is well and {same}"),
            None => format!("{place} is well: {}", found.extent),
        });
        Ok(Outcome::Success)
    })
}

/// What it is called, and what was found.
async fn look(options: &Options, bar: &Bar) -> Result<(String, Found), Failure> {
    let progress = |what, done, total| bar.tell(what, done, total);
    if let Some(what) = &options.what {
        let source = source(what, usize::from(options.at_once))?;
        let found = truth_of_source(&source, &progress).await.map_err(failure)?;
        return Ok((source.shown(), found));
    }
    let store = open(&options.database.database_url, false).await?;
    let found = truth_of_store(&store, &progress).await.map_err(failure)?;
    Ok((store.location(), found))
}
