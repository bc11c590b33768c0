//! The columns of a row by name, read as what they mean.

use std::collections::BTreeMap;

use crate::model::{
    Action, Context, Format, Guid, Judge, Pack, Policy, SchemaId, Settings, Subject, Version,
};
use crate::store::{Cell, Change, Row, Table};

/// A text that holds JSON, if there is one.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    what: &str,
    text: Option<&String>,
) -> Result<Option<T>, String> {
    text.map(|text| serde_json::from_str(text).map_err(|error| format!("the {what} cannot be read: {error}")))
        .transpose()
}

/// The columns of a row.
pub(super) struct Fields<'a> {
    pub(super) table: &'static Table,
    pub(super) row: &'a Row,
}

impl Fields<'_> {
    fn cell(&self, column: &str) -> &Cell {
        let place = self.table.place(column).expect("the columns asked for are those of the table");
        &self.row[place]
    }

    pub(super) fn wrong(&self, sentence: &str) -> String {
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

    pub(super) fn number(&self, column: &str) -> Result<i64, String> {
        match self.cell(column) {
            Cell::Number(Some(number)) => Ok(*number),
            _ => Err(self.wrong(&format!("{column} is no number"))),
        }
    }

    pub(super) fn flag(&self, column: &str) -> Result<Option<bool>, String> {
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

    pub(super) fn optional(&self, column: &str) -> Option<String> {
        match self.cell(column) {
            Cell::Text(text) => text.clone(),
            _ => None,
        }
    }

    pub(super) fn text(&self, column: &str) -> Result<String, String> {
        self.optional(column).ok_or_else(|| self.wrong(&format!("{column} is no text")))
    }

    pub(super) fn word<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, String> {
        let word = |text: String| text.parse().map_err(|_| self.wrong(&format!("{column} is `{text}`")));
        self.optional(column).map(word).transpose()
    }

    /// A word that must be there.
    pub(super) fn needed<T: std::str::FromStr>(&self, column: &str) -> Result<T, String> {
        self.word(column)?.ok_or_else(|| self.wrong(&format!("it has no {column}")))
    }

    /// A text that must be one of those that are known.
    pub(super) fn one_of(&self, column: &str, known: &[&str]) -> Result<(), String> {
        let text = self.text(column)?;
        if known.contains(&text.as_str()) {
            return Ok(());
        }
        Err(self.wrong(&format!("{column} is `{text}`")))
    }

    /// A text that must hold JSON of a certain form, if it is there.
    pub(super) fn check_json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<(), String> {
        // The error would repeat what is there, which may be a secret.
        let read = json::<T>(column, self.optional(column).as_ref());
        read.map(drop).map_err(|_| self.wrong(&format!("{column} cannot be read")))
    }

    pub(super) fn context(&self, column: &str) -> Result<Context, String> {
        let name = self.text(column)?;
        Context::new(&name).ok_or_else(|| self.wrong(&format!("`{name}` is no context")))
    }

    pub(super) fn subject(&self) -> Result<Subject, String> {
        Ok(Subject::new(self.context("context")?, self.text("subject")?))
    }

    pub(super) fn version(&self, column: &str) -> Result<Version, String> {
        let number = i32::try_from(self.number(column)?).ok().and_then(Version::new);
        number.ok_or_else(|| self.wrong(&format!("{column} is no version")))
    }

    pub(super) fn id(&self, column: &str) -> Result<SchemaId, String> {
        let number = i32::try_from(self.number(column)?).map(SchemaId);
        number.map_err(|_| self.wrong(&format!("{column} is no id")))
    }

    pub(super) fn content_key(&self) -> Result<(Guid, Format), String> {
        let Cell::Guid(Some(guid)) = self.cell("guid") else {
            return Err(self.wrong("guid is no hash"));
        };
        Ok((*guid, self.needed("format")?))
    }

    /// A row of the record of changes.
    pub(super) fn change(&self) -> Result<Change, String> {
        Ok(Change {
            seq: self.number("seq")?,
            at: self.number("at")?,
            actor: self.text("actor")?,
            request_id: self.text("request_id")?,
            kind: self.needed("kind")?,
            subject: self.subject()?,
            version: self.is_there("version").then(|| self.version("version")).transpose()?,
            id: self.is_there("id").then(|| self.id("id")).transpose()?,
        })
    }

    /// Does who judges make sense?
    pub(super) fn judge(&self) -> Result<(), String> {
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

    pub(super) fn settings(&self) -> Result<Settings, String> {
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
