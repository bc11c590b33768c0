//! `dovetail verify`: is a backup, a store or a registry what it should be?

use clap::Args;

use super::migrate::Database;
use super::moving::{Bar, each_line, failure, open, source};
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::transfer::{
    Error, Extent, Found, Holdings, Source, differences, holdings_of_store, is_backup_file, truth_of_backup,
    truth_of_holdings, truth_of_store,
};

#[derive(Args)]
#[command(
    after_help = "A backup: is every line what was written? A database, and what a backup holds: is every text \
    the one its hash was made of, does every version have its schema, does every reference lead somewhere, will no \
    id be given out twice, and is there what the record of changes says, no version lost, renumbered or come back? \
    A registry: do ids lead to the texts that versions show, are hashes right?\n\n\
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
    /// A backup, a dump of a topic, or the URL of a registry; the database if it is left out.
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
        let Looked { place, mut found, holdings } = look(options, &bar).await?;
        let mut compared = None;
        if let (Some(against), Some(holdings)) = (&options.against, &holdings) {
            let other = source(against, usize::from(options.at_once))?;
            let progress = |what, done, total| bar.tell(what, done, total);
            let shown = other.shown();
            let other = other.holdings(&progress).await.map_err(failure)?;
            found.problems.extend(differences(holdings, &place, &other, &shown, Extent::All));
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

/// What was looked at.
struct Looked {
    place: String,
    found: Found,
    /// What it holds, unless that makes no sense.
    holdings: Option<Holdings>,
}

async fn look(options: &Options, bar: &Bar) -> Result<Looked, Failure> {
    let progress = |what, done, total| bar.tell(what, done, total);
    let Some(what) = &options.what else {
        let store = open(&options.database.database_url, false).await?;
        let found = truth_of_store(&store, &progress).await.map_err(failure)?;
        let holdings = match found.problems.is_empty() {
            true => Some(holdings_of_store(&store).await.map_err(failure)?),
            false => None,
        };
        return Ok(Looked { place: store.location(), found, holdings });
    };
    let source = source(what, usize::from(options.at_once))?;
    let place = source.shown();
    let mut found = Found::default();
    if let Source::File(path) = &source
        && (options.against.is_none() || is_backup_file(path).map_err(failure)?)
    {
        found = match truth_of_backup(path, &progress) {
            // What was asked is whether it is damaged.
            Err(Error::Damaged(sentence)) => {
                let found = Found { problems: vec![sentence], ..Found::default() };
                return Ok(Looked { place, found, holdings: None });
            }
            found => found.map_err(failure)?,
        };
    }
    let holdings = source.holdings(&progress).await.map_err(failure)?;
    if let Source::Registry(remote) = &source {
        found = truth_of_holdings(&holdings, &progress);
        found.problems.extend(remote.check_ids(&holdings, &progress).await.map_err(failure)?);
    }
    Ok(Looked { place, found, holdings: Some(holdings) })
}
