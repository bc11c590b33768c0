//! Where holdings come from.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};

use super::gathered::Gathered;
use super::holdings::Holdings;
use super::registry::Remote;
use super::restore::Backup;
use super::topic::read_topic;
use super::{Error, Progress};
use crate::store::{Store, StoreError};

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
            Source::File(path) => {
                let file = File::open(path).map_err(|error| Error::file(path, &error))?;
                holdings_of_lines(BufReader::new(file), self.shown())
            }
            Source::Text(text) => holdings_of_lines(Cursor::new(text), self.shown()),
        }
    }
}

/// What a store shows.
///
/// # Errors
/// When the database fails, or holds what makes no sense.
pub async fn holdings_of_store(store: &Store) -> Result<Holdings, Error> {
    let mut tx = store.read().await?;
    let gathered = Gathered::read(&mut tx).await?;
    Ok(gathered.holdings().map_err(StoreError::Corrupt)?)
}

/// Is it a backup, by the beginning of its first line?
fn is_backup(input: &mut impl BufRead, place: &str) -> Result<bool, Error> {
    let start = input.fill_buf().map_err(|error| Error::Unreachable(format!("{place}: {error}")))?;
    Ok(start.starts_with(b"{\"dovetail\""))
}

/// Does the file look like a backup?
///
/// # Errors
/// When it cannot be read.
pub fn is_backup_file(path: &Path) -> Result<bool, Error> {
    let file = File::open(path).map_err(|error| Error::file(path, &error))?;
    is_backup(&mut BufReader::new(file), &path.display().to_string())
}

fn holdings_of_lines(mut input: impl BufRead, place: String) -> Result<Holdings, Error> {
    if !is_backup(&mut input, &place)? {
        return read_topic(input, &place);
    }
    let gathered = gathered_from(Backup::read(input, place.clone())?, &place)?;
    let mut holdings =
        gathered.holdings().map_err(|sentence| Error::Input(format!("{place}: {sentence}")))?;
    for (table, what) in [
        ("associations", "associations"),
        ("keks", "key-encryption keys"),
        ("deks", "data-encryption keys"),
        ("exporters", "exporters"),
    ] {
        let rows = gathered.rows.get(table).copied().unwrap_or(0);
        if rows > 0 {
            holdings.left_out.push(format!("{rows} {what}: a restore brings them, an import does not"));
        }
    }
    Ok(holdings)
}

/// The rows of a backup, put together.
pub(super) fn gathered_from<R: BufRead>(mut backup: Backup<R>, place: &str) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    while let Some((table, row)) = backup.next()? {
        gathered.take(table, &row).map_err(|sentence| Error::Input(format!("{place}: {sentence}")))?;
    }
    Ok(gathered)
}
