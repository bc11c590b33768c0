//! Whole tables, row by row, for those who carry a store from one place to another.
//!
//! What stands here are names and kinds of columns, not what rows mean: a row is read and written as it
//! is. Left out are the rows that only locks are taken on, the notes of which node works on an exporter,
//! and which migrations there were.

use sqlx::{QueryBuilder, Row as _};

use super::tx::{Tx, on};
use super::{StoreError, rows};
use crate::model::Guid;

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// What it is called.
    pub name: &'static str,
    /// Its columns; those of the primary key come first.
    pub columns: &'static [Column],
    /// How many columns the primary key has.
    key: usize,
    /// Columns that are not carried over, with what they begin with.
    fixed: &'static [(&'static str, &'static str)],
}

/// A column.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Whole numbers.
    Number,
    /// Yes or no.
    Flag,
    /// Text.
    Text,
    /// Hashes of contents.
    Guid,
}

/// A value. `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the kinds of columns")]
pub enum Cell {
    Number(Option<i64>),
    Flag(Option<bool>),
    Text(Option<String>),
    Guid(Option<Guid>),
}

/// The values of a row, in the order of the columns.
pub type Row = Vec<Cell>;

const fn number(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Number }
}

const fn flag(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Flag }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text }
}

const fn guid(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Guid }
}

const fn table(name: &'static str, key: usize, columns: &'static [Column]) -> Table {
    Table { name, columns, key, fixed: &[] }
}

/// Every table that is carried over, what is referred to first.
pub const TABLES: [Table; 17] = [
    table("registry", 1, &[number("only_row"), text("cluster_id"), number("last_change")]),
    table("counters", 1, &[text("name"), number("last")]),
    table("contexts", 1, &[text("name"), number("last_id"), flag("deleted"), number("created_at")]),
    table(
        "contents",
        2,
        &[
            guid("guid"),
            text("format"),
            text("text"),
            text("metadata"),
            text("rule_set"),
            number("created_at"),
        ],
    ),
    table(
        "content_references",
        3,
        &[guid("guid"), text("format"), number("position"), text("name"), text("subject"), number("version")],
    ),
    table(
        "schema_ids",
        2,
        &[text("context"), number("id"), guid("guid"), text("format"), number("created_at")],
    ),
    table(
        "versions",
        3,
        &[
            text("context"),
            text("subject"),
            number("version"),
            number("id"),
            flag("deleted"),
            number("created_at"),
            number("written"),
        ],
    ),
    table(
        "tombstones",
        1,
        &[
            number("seq"),
            text("context"),
            text("subject"),
            number("version"),
            number("id"),
            number("purged_at"),
            text("actor"),
            text("request_id"),
            text("reason"),
        ],
    ),
    table(
        "settings",
        2,
        &[
            text("context"),
            text("subject"),
            text("level"),
            flag("normalize"),
            flag("validate_fields"),
            flag("validate_new_schemas"),
            flag("validate_rules"),
            text("compatibility_policy"),
            text("compatibility_group"),
            text("alias"),
            text("alias_for_deks"),
            text("default_metadata"),
            text("override_metadata"),
            text("default_rule_set"),
            text("override_rule_set"),
            number("changed_at"),
        ],
    ),
    table("modes", 2, &[text("context"), text("subject"), text("mode"), number("changed_at")]),
    table(
        "judge_settings",
        2,
        &[
            text("context"),
            text("subject"),
            text("judge"),
            text("packs"),
            text("rules"),
            flag("assert_formats"),
            flag("fill_defaults"),
            number("changed_at"),
        ],
    ),
    table(
        "associations",
        3,
        &[
            text("resource_type"),
            text("resource_id"),
            text("association_type"),
            text("resource_name"),
            text("resource_namespace"),
            text("context"),
            text("subject"),
            text("lifecycle"),
            text("guid"),
            number("created_at"),
            number("updated_at"),
        ],
    ),
    table(
        "keks",
        1,
        &[
            text("name"),
            text("kms_type"),
            text("kms_key_id"),
            text("props"),
            text("doc"),
            flag("shared"),
            flag("deleted"),
            number("written_at"),
        ],
    ),
    table(
        "deks",
        5,
        &[
            text("kek"),
            text("context"),
            text("subject"),
            text("algorithm"),
            number("version"),
            text("material"),
            flag("deleted"),
            number("written_at"),
        ],
    ),
    Table {
        name: "exporters",
        key: 1,
        columns: &[
            text("name"),
            text("context_type"),
            text("context"),
            text("subjects"),
            text("rename_format"),
            text("config"),
            text("state"),
            number("position"),
            text("trace"),
            number("failures"),
            number("retry_at"),
            number("changed_at"),
            number("epoch"),
        ],
        fixed: &[("lease_owner", "''"), ("lease_until", "0")],
    },
    table(
        "refusals",
        1,
        &[
            number("seq"),
            number("at"),
            text("actor"),
            text("request_id"),
            text("context"),
            text("subject"),
            text("format"),
            guid("guid"),
            text("level"),
            text("judge"),
            text("report"),
        ],
    ),
    table(
        "changes",
        1,
        &[
            number("seq"),
            number("at"),
            text("actor"),
            text("request_id"),
            text("kind"),
            text("context"),
            text("subject"),
            number("version"),
            number("id"),
        ],
    ),
];

/// Where a store may hold something and still count as empty: whoever serves it records who judges, which
/// is one change, before anybody has sent a request.
const LEFT_BY_SERVING: [&str; 4] = ["registry", "judge_settings", "changes", "counters"];

impl Table {
    /// The table of that name.
    pub fn named(name: &str) -> Option<&'static Table> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Where a column stands in its rows.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column)
    }

    fn names(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }

    fn key_names(&self) -> String {
        self.columns[..self.key].iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

impl Cell {
    /// NULL in a column of that kind.
    pub fn null(kind: ColumnKind) -> Cell {
        match kind {
            ColumnKind::Number => Cell::Number(None),
            ColumnKind::Flag => Cell::Flag(None),
            ColumnKind::Text => Cell::Text(None),
            ColumnKind::Guid => Cell::Guid(None),
        }
    }
}

/// Append a value to a query under construction, whichever part of it that is.
macro_rules! push_cell {
    ($target:expr, $cell:expr) => {
        match $cell {
            Cell::Number(number) => $target.push_bind(*number),
            Cell::Flag(flag) => $target.push_bind(*flag),
            Cell::Text(text) => $target.push_bind(text.clone()),
            Cell::Guid(guid) => $target.push_bind(guid.map(|guid| guid.0.to_vec())),
        }
    };
}

impl Tx {
    /// How many rows a table has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_rows(&mut self, table: &Table) -> Result<i64, StoreError> {
        on!(self, |conn| {
            let mut query = QueryBuilder::new("SELECT count(*) FROM ");
            query.push(table.name);
            query.build_query_scalar().fetch_one(conn).await
        })
    }

    /// At most `limit` rows of a table in the order of its key, those after the row `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rows_after(
        &mut self,
        table: &Table,
        after: Option<&Row>,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let read: Vec<Vec<Result<RawCell, sqlx::Error>>> = on!(self, |conn| {
            let mut query = QueryBuilder::new("SELECT ");
            query.push(table.names()).push(" FROM ").push(table.name);
            if let Some(after) = after {
                query.push(" WHERE (").push(table.key_names()).push(") > (");
                let mut list = query.separated(", ");
                for cell in &after[..table.key] {
                    push_cell!(list, cell);
                }
                query.push(")");
            }
            query.push(" ORDER BY ").push(table.key_names()).push(" LIMIT ").push_bind(i64::from(limit));
            query.build().fetch_all(conn).await.map(|rows| {
                let cells = rows.iter().map(|row| {
                    let cell = |(place, column): (usize, &Column)| {
                        Ok(match column.kind {
                            ColumnKind::Number => RawCell::Done(Cell::Number(row.try_get(place)?)),
                            ColumnKind::Flag => RawCell::Done(Cell::Flag(row.try_get(place)?)),
                            ColumnKind::Text => RawCell::Done(Cell::Text(row.try_get(place)?)),
                            ColumnKind::Guid => RawCell::Bytes(row.try_get(place)?),
                        })
                    };
                    table.columns.iter().enumerate().map(cell).collect()
                });
                cells.collect()
            })
        })?;
        read.into_iter()
            .map(|row| row.into_iter().map(|cell| cell.map_err(StoreError::from)?.cell()).collect())
            .collect()
    }

    /// Add rows to a table, as they are. Nothing is entered into the record of changes: it is a table
    /// like others here.
    ///
    /// # Errors
    /// When one is there already, or the database fails.
    pub async fn load_rows(&mut self, table: &Table, loaded: &[Row]) -> Result<(), StoreError> {
        self.author()?;
        // SQLite takes 32,766 parameters, Postgres 65,535.
        for part in loaded.chunks(30_000 / table.columns.len()) {
            on!(self, |conn| {
                let mut insert = QueryBuilder::new("INSERT INTO ");
                insert.push(table.name).push(" (").push(table.names());
                for (name, _) in table.fixed {
                    insert.push(", ").push(*name);
                }
                insert.push(") ");
                insert.push_values(part, |mut row, cells| {
                    for cell in cells {
                        push_cell!(row, cell);
                    }
                    for (_, value) in table.fixed {
                        row.push(*value);
                    }
                });
                insert.build().persistent(false).execute(conn).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// The name of a table that holds something, other than what serving an empty store leaves there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held(&mut self) -> Result<Option<&'static str>, StoreError> {
        for table in &TABLES {
            let most = match table.name {
                "changes" => 1,
                name if LEFT_BY_SERVING.contains(&name) => i64::MAX,
                _ => 0,
            };
            if self.count_rows(table).await? > most {
                return Ok(Some(table.name));
            }
        }
        Ok(None)
    }

    /// Let nobody else commit until this transaction ends, and remove what serving an empty store leaves
    /// there, so that rows can be loaded. The row that says which registry this is stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear_for_loading(&mut self) -> Result<(), StoreError> {
        self.lock_commits().await?;
        for table in LEFT_BY_SERVING.into_iter().filter(|table| *table != "registry") {
            on!(self, |conn| {
                let mut delete = QueryBuilder::new("DELETE FROM ");
                delete.push(table);
                delete.build().execute(conn).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// Become the registry of this name, at this change, and tell the other nodes once this transaction
    /// commits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_identity(&mut self, cluster_id: &str, last_change: i64) -> Result<(), StoreError> {
        self.author()?;
        rows::check_text("the name of the registry", cluster_id)?;
        let sql = "UPDATE registry SET cluster_id = $1, last_change = $2";
        on!(self, |conn| sqlx::query(sql).bind(cluster_id).bind(last_change).execute(conn).await.map(drop))?;
        self.connection.notify().await
    }

    /// What the database itself finds wrong with how it keeps the data. Postgres is not asked: its pages
    /// have checksums of their own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn integrity(&mut self) -> Result<Vec<String>, StoreError> {
        let super::tx::Connection::Sqlite(transaction) = &mut self.connection else {
            return Ok(Vec::new());
        };
        let found: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check(20)").fetch_all(&mut **transaction).await?;
        Ok(found.into_iter().filter(|sentence| sentence != "ok").collect())
    }
}

/// What the driver gives for a column.
enum RawCell {
    Done(Cell),
    Bytes(Option<Vec<u8>>),
}

impl RawCell {
    fn cell(self) -> Result<Cell, StoreError> {
        match self {
            RawCell::Done(cell) => Ok(cell),
            RawCell::Bytes(bytes) => bytes.map(|bytes| rows::guid(&bytes)).transpose().map(Cell::Guid),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::TABLES;

    /// Columns by table, and how many of the first ones the primary key has.
    fn of_migrations() -> BTreeMap<String, (Vec<String>, Vec<String>)> {
        let texts = [
            include_str!("../../migrations/sqlite/0001_registry.sql"),
            include_str!("../../migrations/sqlite/0002_judges.sql"),
            include_str!("../../migrations/sqlite/0003_associations.sql"),
            include_str!("../../migrations/sqlite/0004_keys.sql"),
            include_str!("../../migrations/sqlite/0005_exporters.sql"),
        ];
        let newest = super::super::migrations::NEWEST;
        assert_eq!(texts.len(), usize::try_from(newest).expect("few"), "a migration is not looked at here");
        let mut tables = BTreeMap::new();
        let mut name = String::new();
        for line in texts.iter().flat_map(|text| text.lines()).map(str::trim) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", "TABLE", table, ..] => {
                    name = (*table).to_owned();
                    tables.insert(name.clone(), (Vec::new(), Vec::new()));
                }
                ["PRIMARY", "KEY", ..] => {
                    let list = line.split(['(', ')']).nth(1).expect("columns in brackets");
                    let of_table: &mut (Vec<String>, Vec<String>) = tables.get_mut(&name).expect("a table");
                    of_table.1 = list.split(", ").map(str::to_owned).collect();
                }
                [column, kind, ..] if ["TEXT", "INTEGER", "BLOB"].contains(&kind.trim_end_matches(',')) => {
                    let of_table = tables.get_mut(&name).expect("a table");
                    of_table.0.push((*column).to_owned());
                    if line.contains("PRIMARY KEY") {
                        of_table.1 = vec![(*column).to_owned()];
                    }
                }
                _ => {}
            }
        }
        tables
    }

    #[test]
    fn every_column_of_every_table_is_carried_over_or_left_out_on_purpose() {
        let mut tables = of_migrations();
        for left_out in ["dovetail_migrations", "subjects"] {
            tables.remove(left_out).expect("a table");
        }
        for table in &TABLES {
            let (columns, key) = tables.remove(table.name).expect(table.name);
            let mut known: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(&known[..table.key], key, "{}", table.name);
            known.extend(table.fixed.iter().map(|(name, _)| *name));
            let mut columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            known.sort_unstable();
            columns.sort_unstable();
            assert_eq!(known, columns, "{}", table.name);
        }
        assert!(tables.is_empty(), "tables that are not carried over: {:?}", tables.keys());
    }
}
