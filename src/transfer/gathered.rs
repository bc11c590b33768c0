//! The rows of a store, put together to what they mean. They come from a database or from a backup.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::beside::Beside;
use super::fields::{Fields, json};
use super::holdings::{Held, Holdings};
use super::recorded::Recorded;
use crate::model::{
    Content, Context, Format, Guid, Mode, Reference, SchemaId, Settings, Subject, Timestamp, Version,
};
use crate::store::{Row, StoreError, TABLES, Table, Tx};

/// How many rows are asked for at a time.
pub(super) const PAGE: u32 = 500;

/// What rows say, still apart.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) contexts: BTreeMap<Context, StoredContext>,
    pub(super) contents: HashMap<(Guid, Format), StoredContent>,
    pub(super) ids: BTreeMap<(Context, SchemaId), (Guid, Format)>,
    pub(super) versions: Vec<StoredHeld>,
    pub(super) settings: BTreeMap<Subject, Settings>,
    pub(super) modes: BTreeMap<Subject, Mode>,
    pub(super) last_change: i64,
    /// The subjects that spell the scopes with a judge of their own.
    pub(super) judges: BTreeSet<Subject>,
    /// What tombstones say, by the number of the change that left them.
    pub(super) tombstones: BTreeMap<i64, Purged>,
    /// Keys, exporters and associations.
    pub(super) beside: Beside,
    /// What the record of changes says.
    pub(super) recorded: Recorded,
    /// How many rows each table has.
    pub(super) rows: BTreeMap<&'static str, usize>,
}

pub(super) struct StoredContext {
    pub(super) last_id: i64,
    pub(super) deleted: bool,
}

/// A version that was removed for good.
#[derive(PartialEq, Eq)]
pub(super) struct Purged {
    pub(super) subject: Subject,
    pub(super) version: Version,
    pub(super) id: SchemaId,
}

/// A content, its parts as they are stored.
pub(super) struct StoredContent {
    pub(super) text: String,
    pub(super) metadata: Option<String>,
    pub(super) rule_set: Option<String>,
    pub(super) references: Vec<Reference>,
    created_at: Timestamp,
    /// Does an id lead to it that was given out when it was stored? A content is stored for an id, in one
    /// transaction, and neither is ever removed.
    pub(super) has_first_id: bool,
}

pub(super) struct StoredHeld {
    pub(super) subject: Subject,
    pub(super) version: Version,
    pub(super) id: SchemaId,
    pub(super) deleted: bool,
    pub(super) created_at: Timestamp,
    pub(super) written: i64,
}

/// The tables that what the protocol shows is in.
const SHOWN: [&str; 8] =
    ["registry", "contexts", "contents", "content_references", "schema_ids", "versions", "settings", "modes"];

/// Hand every row of the tables that are `wanted` to `visit`, each table in the order of its key.
pub(super) async fn each_row(
    tx: &mut Tx,
    wanted: impl Fn(&Table) -> bool,
    mut visit: impl FnMut(&'static Table, Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for table in TABLES.iter().filter(|table| wanted(table)) {
        let mut last: Option<Row> = None;
        loop {
            let page = tx.rows_after(table, last.as_ref(), PAGE).await?;
            last = page.last().cloned();
            let is_last = page.len() < PAGE as usize;
            for row in page {
                visit(table, row)?;
            }
            if is_last {
                break;
            }
        }
    }
    Ok(())
}

impl Gathered {
    /// What the protocol shows, as a transaction sees it.
    ///
    /// # Errors
    /// When the database fails, or holds a row that makes no sense.
    pub(super) async fn read(tx: &mut Tx) -> Result<Gathered, StoreError> {
        let mut gathered = Gathered::default();
        let is_shown = |table: &Table| SHOWN.contains(&table.name);
        each_row(tx, is_shown, |table, row| gathered.take(table, &row).map_err(StoreError::Corrupt)).await?;
        Ok(gathered)
    }

    /// Take in a row. Tables come in the order of [`TABLES`].
    ///
    /// # Errors
    /// A sentence about what makes no sense in it.
    pub(super) fn take(&mut self, table: &'static Table, row: &Row) -> Result<(), String> {
        *self.rows.entry(table.name).or_default() += 1;
        let row = Fields { table, row };
        match table.name {
            "registry" => self.last_change = row.number("last_change")?,
            "changes" => self.recorded.take(row.change()?),
            "tombstones" => {
                let purged =
                    Purged { subject: row.subject()?, version: row.version("version")?, id: row.id("id")? };
                self.tombstones.insert(row.number("seq")?, purged);
            }
            "keks" | "deks" | "exporters" | "associations" => self.beside.take(&row)?,
            "judge_settings" => {
                row.judge()?;
                self.judges.insert(row.subject()?);
            }
            "contexts" => {
                let stored = StoredContext {
                    last_id: row.number("last_id")?,
                    deleted: row.flag("deleted")?.unwrap_or(false),
                };
                self.contexts.insert(row.context("name")?, stored);
            }
            "contents" => {
                let stored = StoredContent {
                    text: row.text("text")?,
                    metadata: row.optional("metadata"),
                    rule_set: row.optional("rule_set"),
                    references: Vec::new(),
                    created_at: row.number("created_at")?,
                    has_first_id: false,
                };
                self.contents.insert(row.content_key()?, stored);
            }
            "content_references" => {
                let reference = Reference {
                    name: row.text("name")?,
                    subject: row.text("subject")?,
                    version: row.version("version")?,
                };
                let content = self.contents.get_mut(&row.content_key()?);
                content.ok_or_else(|| row.wrong("it belongs to no content"))?.references.push(reference);
            }
            "schema_ids" => {
                let (key, created_at) = (row.content_key()?, row.number("created_at")?);
                if let Some(content) = self.contents.get_mut(&key) {
                    content.has_first_id |= content.created_at == created_at;
                }
                self.ids.insert((row.context("context")?, row.id("id")?), key);
            }
            "versions" => self.versions.push(StoredHeld {
                subject: row.subject()?,
                version: row.version("version")?,
                id: row.id("id")?,
                deleted: row.flag("deleted")?.unwrap_or(false),
                created_at: row.number("created_at")?,
                written: row.number("written")?,
            }),
            "settings" => {
                self.settings.insert(row.subject()?, row.settings()?);
            }
            "modes" => drop(self.modes.insert(row.subject()?, row.needed("mode")?)),
            _ => {}
        }
        Ok(())
    }

    /// What the protocol shows of it.
    ///
    /// # Errors
    /// A sentence about what makes no sense.
    pub(super) fn holdings(&self) -> Result<Holdings, String> {
        let mut contents: HashMap<&(Guid, Format), Arc<Content>> = HashMap::new();
        let mut versions: Vec<&StoredHeld> = self.versions.iter().collect();
        versions.sort_by_key(|stored| stored.written);
        let mut holdings =
            Holdings { settings: self.settings.clone(), modes: self.modes.clone(), ..Holdings::default() };
        for (context, stored) in self.contexts.iter().filter(|(_, stored)| !stored.deleted) {
            holdings.contexts.insert(context.clone(), i32::try_from(stored.last_id).unwrap_or(i32::MAX));
        }
        for stored in versions {
            let key = (stored.subject.context().clone(), stored.id);
            let known =
                self.ids.get(&key).ok_or_else(|| format!("the id {} of {} denotes nothing", key.1, key.0))?;
            let content = match contents.get(known) {
                Some(content) => Arc::clone(content),
                None => {
                    let stored =
                        self.contents.get(known).ok_or_else(|| format!("there is no content {}", known.0))?;
                    let content = Arc::new(stored.content(known.1)?);
                    contents.insert(known, Arc::clone(&content));
                    content
                }
            };
            holdings.versions.push(Held {
                subject: stored.subject.clone(),
                version: stored.version,
                id: stored.id,
                guid: Some(known.0),
                content,
                deleted: stored.deleted,
                created_at: Some(stored.created_at),
            });
        }
        Ok(holdings)
    }
}

impl StoredContent {
    /// With its parts read.
    pub(super) fn content(&self, format: Format) -> Result<Content, String> {
        Ok(Content {
            format,
            text: self.text.clone(),
            references: self.references.clone(),
            metadata: json("metadata", self.metadata.as_ref())?,
            rule_set: json("rule set", self.rule_set.as_ref())?,
        })
    }
}
