//! The rows of a store, put together to what they mean. They come from a database or from a backup.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::holdings::{Held, Holdings};
use super::recorded::Recorded;
use crate::model::{
    Action, Content, Context, Format, Guid, Judge, Mode, Pack, Policy, Reference, SchemaId, Settings,
    Subject, Timestamp, Version,
};
use crate::store::{Cell, Row, StoreError, TABLES, Table, Tx};

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
    /// The changes that left a tombstone.
    pub(super) tombstones: BTreeSet<i64>,
    /// What the record of changes says.
    pub(super) recorded: Recorded,
    /// How many rows each table has.
    pub(super) rows: BTreeMap<&'static str, usize>,
}

pub(super) struct StoredContext {
    pub(super) last_id: i64,
    pub(super) deleted: bool,
}

/// A content, its parts as they are stored.
pub(super) struct StoredContent {
    pub(super) text: String,
    pub(super) metadata: Option<String>,
    pub(super) rule_set: Option<String>,
    pub(super) references: Vec<Reference>,
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

    /// Take in a row.
    ///
    /// # Errors
    /// A sentence about what makes no sense in it.
    pub(super) fn take(&mut self, table: &'static Table, row: &Row) -> Result<(), String> {
        *self.rows.entry(table.name).or_default() += 1;
        let row = Fields { table, row };
        match table.name {
            "registry" => self.last_change = row.number("last_change")?,
            "changes" => {
                let kind = row.word("kind")?.ok_or_else(|| row.wrong("it has no kind"))?;
                let id = row.is_there("id").then(|| row.id("id")).transpose()?;
                let version = row.is_there("version").then(|| row.version("version")).transpose()?;
                let version = version.map(|version| (version, id));
                self.recorded.take(row.number("seq")?, kind, row.subject()?, version);
            }
            "tombstones" => drop(self.tombstones.insert(row.number("seq")?)),
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
                self.ids.insert((row.context("context")?, row.id("id")?), row.content_key()?);
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
            "modes" => {
                let mode = row.word("mode")?.ok_or_else(|| row.wrong("it has no mode"))?;
                self.modes.insert(row.subject()?, mode);
            }
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

fn json<T: serde::de::DeserializeOwned>(what: &str, text: Option<&String>) -> Result<Option<T>, String> {
    text.map(|text| serde_json::from_str(text).map_err(|error| format!("the {what} cannot be read: {error}")))
        .transpose()
}

/// The columns of a row by name.
struct Fields<'a> {
    table: &'static Table,
    row: &'a Row,
}

impl Fields<'_> {
    fn cell(&self, column: &str) -> &Cell {
        let place = self.table.place(column).expect("the columns asked for are those of the table");
        &self.row[place]
    }

    fn wrong(&self, sentence: &str) -> String {
        let key = self.row.iter().take(3).map(|cell| match cell {
            Cell::Number(Some(number)) => number.to_string(),
            Cell::Text(Some(text)) => text.clone(),
            Cell::Guid(Some(guid)) => guid.to_string(),
            _ => "-".to_owned(),
        });
        format!(
            "a row of {} ({}) makes no sense: {sentence}",
            self.table.name,
            key.collect::<Vec<_>>().join(", ")
        )
    }

    fn number(&self, column: &str) -> Result<i64, String> {
        match self.cell(column) {
            Cell::Number(Some(number)) => Ok(*number),
            _ => Err(self.wrong(&format!("{column} is no number"))),
        }
    }

    fn flag(&self, column: &str) -> Result<Option<bool>, String> {
        match self.cell(column) {
            Cell::Flag(flag) => Ok(*flag),
            _ => Err(self.wrong(&format!("{column} is neither true nor false"))),
        }
    }

    fn is_there(&self, column: &str) -> bool {
        !matches!(
            self.cell(column),
            Cell::Number(None) | Cell::Flag(None) | Cell::Text(None) | Cell::Guid(None)
        )
    }

    fn optional(&self, column: &str) -> Option<String> {
        match self.cell(column) {
            Cell::Text(text) => text.clone(),
            _ => None,
        }
    }

    fn text(&self, column: &str) -> Result<String, String> {
        self.optional(column).ok_or_else(|| self.wrong(&format!("{column} is no text")))
    }

    fn word<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, String> {
        let word = |text: String| text.parse().map_err(|_| self.wrong(&format!("{column} is `{text}`")));
        self.optional(column).map(word).transpose()
    }

    fn context(&self, column: &str) -> Result<Context, String> {
        let name = self.text(column)?;
        Context::new(&name).ok_or_else(|| self.wrong(&format!("`{name}` is no context")))
    }

    fn subject(&self) -> Result<Subject, String> {
        Ok(Subject::new(self.context("context")?, self.text("subject")?))
    }

    fn version(&self, column: &str) -> Result<Version, String> {
        let number = i32::try_from(self.number(column)?).ok().and_then(Version::new);
        number.ok_or_else(|| self.wrong(&format!("{column} is no version")))
    }

    fn id(&self, column: &str) -> Result<SchemaId, String> {
        let number = i32::try_from(self.number(column)?).map(SchemaId);
        number.map_err(|_| self.wrong(&format!("{column} is no id")))
    }

    fn content_key(&self) -> Result<(Guid, Format), String> {
        let Cell::Guid(Some(guid)) = self.cell("guid") else {
            return Err(self.wrong("guid is no hash"));
        };
        let format = self.word("format")?.ok_or_else(|| self.wrong("it has no format"))?;
        Ok((*guid, format))
    }

    /// Does who judges make sense?
    fn judge(&self) -> Result<(), String> {
        self.word::<Judge>("judge")?;
        let packs: Vec<String> = json("list of packs", self.optional("packs").as_ref())?.unwrap_or_default();
        let rules: BTreeMap<String, String> =
            json("map of rules", self.optional("rules").as_ref())?.unwrap_or_default();
        let wrong = |word: &String| self.wrong(&format!("there is no `{word}`"));
        for pack in &packs {
            pack.parse::<Pack>().map_err(|_| wrong(pack))?;
        }
        for action in rules.values() {
            action.parse::<Action>().map_err(|_| wrong(action))?;
        }
        Ok(())
    }

    fn settings(&self) -> Result<Settings, String> {
        let json_text = |column: &str| self.optional(column);
        Ok(Settings {
            level: self.word("level")?,
            normalize: self.flag("normalize")?,
            validate_fields: self.flag("validate_fields")?,
            validate_new_schemas: self.flag("validate_new_schemas")?,
            validate_rules: self.flag("validate_rules")?,
            policy: self.word::<Policy>("compatibility_policy")?,
            group: self.optional("compatibility_group"),
            alias: self.optional("alias"),
            alias_for_deks: self.optional("alias_for_deks"),
            default_metadata: json("metadata", json_text("default_metadata").as_ref())?,
            override_metadata: json("metadata", json_text("override_metadata").as_ref())?,
            default_rule_set: json("rule set", json_text("default_rule_set").as_ref())?,
            override_rule_set: json("rule set", json_text("override_rule_set").as_ref())?,
        })
    }
}
