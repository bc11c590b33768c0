//! Writing a backup: every row of a store on a line of its own, as of one moment.
//!
//! Lines are sorted by table and key, and say nothing of when or where the backup was made: two backups
//! of the same state are the same file, and two of different states differ in the lines that changed.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Map, Value, json};

use super::gathered::PAGE;
use super::sealed::Sealer;
use super::{Error, Progress};
use crate::model::without_secrets;
use crate::store::{Cell, Row, Store, TABLES, Table};

/// The form of backups that this program writes.
pub(super) const FORMAT: i64 = 1;

/// Whether a backup holds the credentials with which exporters reach their targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// It does.
    Kept,
    /// It does not: after a restore they have to be given anew.
    LeftOut,
}

/// Write a backup of a store as it is at this moment; how many rows it has.
///
/// # Errors
/// When the database fails or `out` does.
pub async fn write_backup(
    store: &Store,
    out: &mut (dyn Write + Send),
    secrets: Secrets,
    progress: Progress<'_>,
) -> Result<usize, Error> {
    let mut tx = store.read().await?;
    let mut counts = Map::new();
    let mut total = 0;
    for table in &TABLES {
        let count = tx.count_rows(table).await?;
        total += usize::try_from(count).unwrap_or(0);
        counts.insert(table.name.to_owned(), json!(count));
    }
    let unwritten =
        |error: std::io::Error| Error::Unreachable(format!("the backup cannot be written: {error}"));
    let mut sealer = Sealer::new(out);
    sealer.line(&json!({ "dovetail": "backup", "format": FORMAT, "rows": counts })).map_err(unwritten)?;
    let mut done = 0;
    for table in &TABLES {
        let mut last: Option<Row> = None;
        loop {
            let page = tx.rows_after(table, last.as_ref(), PAGE).await?;
            last = page.last().cloned();
            for row in &page {
                sealer.line(&line(table, row, secrets)).map_err(unwritten)?;
            }
            done += page.len();
            progress("rows written", done, total);
            if page.len() < PAGE as usize {
                break;
            }
        }
    }
    sealer.finish().map_err(unwritten)?;
    Ok(total)
}

/// A row as an object that has its table's name as the only member. What is NULL is left out.
fn line(table: &Table, row: &Row, secrets: Secrets) -> Value {
    let mut members = Map::new();
    for (column, cell) in table.columns.iter().zip(row) {
        let value = match cell {
            Cell::Number(Some(number)) => json!(number),
            Cell::Flag(Some(flag)) => json!(flag),
            Cell::Guid(Some(guid)) => json!(guid.to_string()),
            Cell::Text(Some(text)) if (table.name, column.name) == ("exporters", "config") => {
                json!(configuration(text, secrets))
            }
            Cell::Text(Some(text)) => json!(text),
            Cell::Number(None) | Cell::Flag(None) | Cell::Guid(None) | Cell::Text(None) => continue,
        };
        members.insert(column.name.to_owned(), value);
    }
    json!({ table.name: members })
}

/// How an exporter reaches its target. What cannot be read is left out: it may hold anything.
fn configuration(text: &str, secrets: Secrets) -> String {
    if secrets == Secrets::Kept {
        return text.to_owned();
    }
    let config: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
    json!(without_secrets(&config)).to_string()
}
