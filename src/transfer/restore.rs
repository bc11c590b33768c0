//! Reading a backup, and making a store of it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use super::backup::FORMAT;
use super::gathered::PAGE;
use super::sealed::Opener;
use super::source::{is_backup_file, open_file};
use super::topic::begins_as_topic;
use super::{Error, Progress};
use crate::model::Guid;
use crate::store::{Author, Cell, Column, ColumnKind, Row, Store, TABLES, Table};

/// A backup that is read from its beginning.
pub(super) struct Backup<R> {
    opener: Opener<R>,
    place: String,
    /// How many rows it has.
    pub(super) total: usize,
}

impl Backup<BufReader<File>> {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        if !is_backup_file(path)? {
            let place = path.display();
            if begins_as_topic(open_file(path)?) {
                return Err(Error::Dump(place.to_string()));
            }
            // A flipped bit in the first bytes looks like that, too.
            return Err(Error::Damaged(format!("{place} is no backup, or its beginning is damaged")));
        }
        Backup::read(open_file(path)?, path.display().to_string())
    }
}

impl<R: BufRead> Backup<R> {
    /// `place` says in errors where it comes from.
    pub(super) fn read(input: R, place: String) -> Result<Self, Error> {
        let mut opener = Opener::new(input, place.clone());
        let header = opener.next()?.unwrap_or_default();
        if header.get("dovetail").and_then(Value::as_str) != Some("backup") {
            return Err(Error::Input(format!("{place} is not a backup")));
        }
        if header.get("format").and_then(Value::as_i64) != Some(FORMAT) {
            return Err(Error::Input(format!(
                "{place} is a backup of another form than {FORMAT}, the one this program knows: use the version \
                 that wrote it, or a newer one"
            )));
        }
        let rows = header.get("rows").and_then(Value::as_object);
        let total = rows.into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum::<u64>();
        Ok(Backup { opener, place, total: usize::try_from(total).unwrap_or(usize::MAX) })
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(&'static Table, Row)>, Error> {
        let Some(line) = self.opener.next()? else { return Ok(None) };
        let row = row_of(&line).ok_or_else(|| {
            let shown: String = line.to_string().chars().take(80).collect();
            Error::Input(format!(
                "{} holds what this program does not know ({shown}…): use the version that wrote it, or a newer one",
                self.place
            ))
        })?;
        Ok(Some(row))
    }
}

fn row_of(line: &Value) -> Option<(&'static Table, Row)> {
    let (name, members) = line.as_object()?.iter().next()?;
    let (table, members) = (Table::named(name)?, members.as_object()?);
    if members.keys().any(|member| table.place(member).is_none()) {
        return None;
    }
    let cell = |column: &Column| {
        let Some(value) = members.get(column.name) else { return Some(Cell::null(column.kind)) };
        Some(match column.kind {
            ColumnKind::Number => Cell::Number(Some(value.as_i64()?)),
            ColumnKind::Flag => Cell::Flag(Some(value.as_bool()?)),
            ColumnKind::Text => Cell::Text(Some(value.as_str()?.to_owned())),
            ColumnKind::Guid => Cell::Guid(Some(Guid::parse(value.as_str()?)?)),
        })
    };
    Some((table, table.columns.iter().map(cell).collect::<Option<Row>>()?))
}

/// Read a backup to its end; how many rows it has.
///
/// # Errors
/// When it cannot be read, or is not what was written.
pub fn check_backup(path: &Path, progress: Progress<'_>) -> Result<usize, Error> {
    check(Backup::open(path)?, progress)
}

/// The same of one that is at hand; `place` says in errors where it comes from.
///
/// # Errors
/// When it is not what was written.
pub fn check_backup_text(text: &[u8], place: &str) -> Result<usize, Error> {
    check(Backup::read(text, place.to_owned())?, &|_, _, _| {})
}

fn check<R: BufRead>(mut backup: Backup<R>, progress: Progress<'_>) -> Result<usize, Error> {
    let mut rows = 0;
    while backup.next()?.is_some() {
        rows += 1;
        if rows % PAGE as usize == 0 {
            progress("rows checked", rows, backup.total);
        }
    }
    Ok(rows)
}

/// Make a store that holds nothing into the one that was backed up, all at once; how many rows it has.
/// The backup is read to its end before anything is written.
///
/// # Errors
/// When the backup is not what was written, the store holds something, or the database fails; the store
/// is then as it was.
pub async fn restore(
    store: &Store,
    path: &Path,
    author: &Author,
    progress: Progress<'_>,
) -> Result<usize, Error> {
    check_backup(path, progress)?;
    let mut tx = store.write(author).await?;
    if let Some(table) = tx.held().await? {
        let held = format!("rows of {table}");
        return Err(Error::NotEmpty { location: store.location(), held });
    }
    tx.clear_for_loading().await?;
    let mut backup = Backup::open(path)?;
    let mut identity = None;
    let (mut loading, mut waiting): (&Table, Vec<Row>) = (&TABLES[0], Vec::new());
    let mut rows = 0;
    while let Some((table, row)) = backup.next()? {
        rows += 1;
        if table.name == "registry" {
            identity = Some(row);
            continue;
        }
        if table != loading || waiting.len() == PAGE as usize {
            tx.load_rows(loading, &std::mem::take(&mut waiting)).await?;
            progress("rows restored", rows, backup.total);
            loading = table;
        }
        waiting.push(row);
    }
    tx.load_rows(loading, &waiting).await?;
    let Some([_, Cell::Text(Some(cluster_id)), Cell::Number(Some(last_change))]) = identity.as_deref() else {
        return Err(Error::Input(format!("{} does not say which registry it is of", path.display())));
    };
    tx.take_identity(cluster_id, *last_change).await?;
    tx.commit().await?;
    store.refresh_seen().await?;
    Ok(rows)
}
