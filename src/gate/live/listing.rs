//! Everything that is registered in a context, texts included.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Live, query};
use crate::failure::Failure;
use crate::model::{Format, Metadata};

/// How many versions are asked for at once.
const PAGE: usize = 1000;
/// How many versions are read at most.
const MOST: usize = 2_000_000;

/// A live version, as the registry shows it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    pub(crate) subject: String,
    pub(crate) version: i32,
    pub(crate) id: i32,
    #[serde(default)]
    pub(crate) guid: Option<String>,
    #[serde(default)]
    pub(crate) schema_type: Option<String>,
    pub(crate) schema: String,
    #[serde(default)]
    pub(crate) references: Vec<ListedReference>,
    #[serde(default)]
    pub(crate) metadata: Option<Metadata>,
    #[serde(default)]
    pub(crate) rule_set: Option<Value>,
}

/// A reference, as the registry shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListedReference {
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) version: i32,
}

impl Listed {
    /// The language.
    pub(crate) fn format(&self) -> Result<Format, Failure> {
        let name = self.schema_type.as_deref().unwrap_or("AVRO");
        name.parse()
            .map_err(|error| Failure::unable(anyhow!("`{}` version {}: {error}", self.subject, self.version)))
    }
}

/// The live versions of a context, by subject and number.
#[derive(Debug, Default)]
pub(crate) struct Everything {
    pub(crate) versions: BTreeMap<(String, i32), Listed>,
}

impl Everything {
    /// The latest live version of each subject.
    pub(crate) fn latest(&self) -> Vec<&Listed> {
        let mut latest: BTreeMap<&str, &Listed> = BTreeMap::new();
        for version in self.versions.values() {
            latest.insert(&version.subject, version);
        }
        latest.into_values().collect()
    }

    /// Who refers to a subject: other subjects, by live versions.
    pub(crate) fn referrers(&self, live: &Live) -> BTreeMap<String, BTreeSet<String>> {
        let mut referrers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for version in self.versions.values() {
            for reference in &version.references {
                let target = live.qualified(&reference.subject);
                if target != version.subject {
                    referrers.entry(target).or_default().insert(version.subject.clone());
                }
            }
        }
        referrers
    }
}

impl Live {
    /// Every live version of the context. `progress` is told how many there are so far.
    pub(crate) async fn everything(&self, progress: &dyn Fn(usize)) -> Result<Everything, Failure> {
        let mut everything = Everything::default();
        let mut offset = 0;
        loop {
            let (start, limit) = (offset.to_string(), PAGE.to_string());
            let query = query(&[("subjectPrefix", &self.prefix()), ("offset", &start), ("limit", &limit)]);
            let answer = self.client.ask(Method::GET, &["schemas"], Some(&query), None, &[]).await?;
            let page: Vec<Listed> = answer.success()?;
            let before = everything.versions.len();
            offset += page.len();
            for listed in page.into_iter().filter(|listed| self.is_home_of(&listed.subject)) {
                everything.versions.insert((listed.subject.clone(), listed.version), listed);
            }
            progress(everything.versions.len());
            // An end, or a registry that does not know pages and repeats itself.
            if everything.versions.len() == before {
                return Ok(everything);
            }
            if everything.versions.len() > MOST {
                return Err(Failure::unable(anyhow!("{} holds more than {MOST} versions", self.shown())));
            }
        }
    }
}
