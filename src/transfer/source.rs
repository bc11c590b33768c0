//! Where holdings come from.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};

use super::gathered::Gathered;
use super::holdings::{Holdings, count};
use super::registry::Remote;
use super::restore::Backup;
use super::topic::read_topic;
use super::{Error, Progress};
use crate::store::{Store, StoreError, Table};

/// A registry, running or in a file.
pub enum Source {
    /// One that is asked over HTTP.
    Registry(Remote),
    /// A backup, or a dump of a topic.
    File(PathBuf),
    /// A backup, or a dump of a topic, that was read whole.
    Text(Vec<u8>),
}

impl Source {
    /// How it is called in what is printed.
    pub fn shown(&self) -> String {
        match self {
            Source::Registry(remote) => remote.shown().to_owned(),
            Source::File(path) => path.display().to_string(),
            Source::Text(_) => "standard input".to_owned(),
        }
    }

    /// Read all of it.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense.
    pub async fn holdings(&self, progress: Progress<'_>) -> Result<Holdings, Error> {
        match self {
            Source::Registry(remote) => remote.holdings(progress).await,
            Source::File(path) => holdings_of_lines(open_file(path)?, &self.shown()),
            Source::Text(text) => holdings_of_lines(Cursor::new(text), &self.shown()),
        }
    }
}

/// What only a backup carries: tables, and what a row of each is.
const IN_BACKUPS_ONLY: [(&str, &str); 5] = [
    ("judge_settings", "judging setting"),
    ("associations", "association"),
    ("keks", "key-encryption key"),
    ("deks", "data-encryption key"),
    ("exporters", "exporter"),
];

/// What a store shows, and how much of it is left out.
///
/// # Errors
/// When the database fails, or holds what makes no sense.
pub async fn holdings_of_store(store: &Store) -> Result<Holdings, Error> {
    let mut tx = store.read().await?;
    let gathered = Gathered::read(&mut tx).await?;
    let mut holdings = gathered.holdings().map_err(StoreError::Corrupt)?;
    for (name, what) in IN_BACKUPS_ONLY {
        let table = Table::named(name).expect("it is a table");
        let rows = usize::try_from(tx.count_rows(table).await?).unwrap_or(usize::MAX);
        holdings.left_out.extend(left_out(rows, what));
    }
    Ok(holdings)
}

fn left_out(rows: usize, what: &str) -> Option<String> {
    let them = if rows == 1 { "it" } else { "them" };
    let sentence = || format!("{}: only `dovetail backup` and `restore` keep {them}", count(rows, what));
    (rows > 0).then(sentence)
}

pub(super) fn open_file(path: &Path) -> Result<BufReader<File>, Error> {
    File::open(path).map(BufReader::new).map_err(|error| Error::file(path, &error))
}

/// Is it a backup, by the beginning of its first line?
pub(super) fn is_backup(input: &mut impl BufRead, place: &str) -> Result<bool, Error> {
    let start = input.fill_buf().map_err(|error| Error::Unreachable(format!("{place}: {error}")))?;
    Ok(start.starts_with(b"{\"dovetail\""))
}

/// Does the file look like a backup?
pub(super) fn is_backup_file(path: &Path) -> Result<bool, Error> {
    is_backup(&mut open_file(path)?, &path.display().to_string())
}

fn holdings_of_lines(mut input: impl BufRead, place: &str) -> Result<Holdings, Error> {
    if !is_backup(&mut input, place)? {
        return read_topic(input, place);
    }
    let wrong = |sentence: String| Error::Input(format!("{place}: {sentence}"));
    let mut backup = Backup::read(input, place.to_owned())?;
    let mut gathered = Gathered::default();
    while let Some((table, row)) = backup.next()? {
        gathered.take(table, &row).map_err(wrong)?;
    }
    let mut holdings = gathered.holdings().map_err(wrong)?;
    for (table, what) in IN_BACKUPS_ONLY {
        let rows = gathered.rows.get(table).copied().unwrap_or(0);
        holdings.left_out.extend(left_out(rows, what));
    }
    Ok(holdings)
}
