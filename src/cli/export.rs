//! `dovetail export`: write what a registry holds as the records of a `_schemas` topic, or as a backup.

use std::io::Write as _;
use std::path::Path;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::migrate::Database;
use super::moving::{Bar, NewFile, author, each_line, failure, open, source};
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::transfer::{Secrets, carry_out, holdings_of_store, ids_untold, plan, write_backup, write_topic};

#[derive(Args)]
#[command(
    after_help = "The records of a topic are JSON objects with `key` and `value`, one a line, as Confluent \
    Schema Registry keeps them. Written to an empty `_schemas` topic, they make such a registry serve the same \
    schemas under the same ids. What that registry does not know is left out, and told: settings of judging, \
    associations, keys of encryption, exporters.\n\n\
    Examples:\n  \
    dovetail export --to schemas.jsonl\n  \
    dovetail export --from http://old-registry:8081 --to schemas.jsonl\n  \
    dovetail export --from http://old-registry:8081 --format backup --to old.backup"
)]
pub(super) struct Options {
    /// The file to write; `-` is standard output.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_TO")]
    to: String,
    /// Read a running registry, a dump or a backup instead of a database.
    #[arg(long, value_name = "URL|FILE", env = "DOVETAIL_FROM", hide_env_values = true)]
    from: Option<String>,
    /// Replace the file that is there, if it is neither a database nor read.
    #[arg(long)]
    force: bool,
    /// What to write.
    #[arg(long, value_name = "FORMAT", env = "DOVETAIL_FORMAT", default_value = "topic")]
    format: Format,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The records of a `_schemas` topic.
    Topic,
    /// A backup, as `dovetail backup` writes it.
    Backup,
}

pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    wait_for(async {
        let bar = Bar::new(printer);
        let progress = |what, done, total| bar.tell(what, done, total);
        let create = |read: &str| match options.to.as_str() {
            "-" => Ok(None),
            to => NewFile::create(Path::new(to), options.force, Path::new(read)).map(Some),
        };
        let (holdings, place, file) = match &options.from {
            Some(from) => {
                let source = source(from, 8)?;
                let file = create(from)?;
                (source.holdings(&progress).await.map_err(failure)?, source.shown(), file)
            }
            None => {
                let store = open(&options.database.database_url, false).await?;
                let file = create(&store.location())?;
                (holdings_of_store(&store).await.map_err(failure)?, store.location(), file)
            }
        };
        bar.clear();
        each_line(&holdings.left_out, |line| printer.note(format_args!("left out: {line}")));
        let mut written = Vec::new();
        match options.format {
            Format::Topic => {
                each_line(&ids_untold(&holdings), |line| printer.note(format_args!("left out: {line}")));
                for line in write_topic(&holdings) {
                    written.extend_from_slice(line.as_bytes());
                    written.push(b'\n');
                }
            }
            Format::Backup => {
                // A store that lives as long as the command gives its rows to the backup.
                let store = open("sqlite::memory:", true).await?;
                let plan = plan(&holdings, &store).await.map_err(failure)?;
                carry_out(&plan, &store, &author("export"), &progress).await.map_err(failure)?;
                write_backup(&store, &mut written, Secrets::LeftOut, &progress).await.map_err(failure)?;
            }
        }
        bar.clear();
        let Some(mut file) = file else {
            let text = String::from_utf8(written).map_err(|error| Failure::unable(anyhow!(error)))?;
            printer.text(&format!("{}\n", text.trim_end_matches('\n')));
            return Ok(Outcome::Success);
        };
        file.out.write_all(&written).map_err(|error| Failure::unable(anyhow!("{}: {error}", options.to)))?;
        file.finish()?;
        printer.answer(format_args!("wrote {holdings} of {place} to {}", options.to));
        Ok(Outcome::Success)
    })
}
