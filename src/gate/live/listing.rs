//! Everything that is registered in a context, texts included.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Live, query};
use crate::failure::Failure;
use crate::model::{Format, Metadata, Subject};

/// How many versions are asked for at once.
const PAGE: usize = 1000;
/// How many versions are read at most.
const MOST: usize = 2_000_000;

/// The prefix of every subject, whatever its context.
const EVERY_CONTEXT: &str = ":*:";

/// A live version, as the registry shows it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    /// A registry leaves out an empty one.
    #[serde(default)]
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
    /// Every live version of the context. `progress` is told how many more were read.
    pub(crate) async fn everything(&self, progress: &dyn Fn(u64)) -> Result<Everything, Failure> {
        let mut everything = Everything::default();
        let mut offset = 0;
        loop {
            let page = self.page(&self.prefix(), offset).await?;
            let before = everything.versions.len();
            offset += page.len();
            for listed in page.into_iter().filter(|listed| self.is_home_of(&listed.subject)) {
                everything.versions.insert((listed.subject.clone(), listed.version), listed);
            }
            progress((everything.versions.len() - before) as u64);
            // An end, or a registry that does not know pages and repeats itself.
            if everything.versions.len() == before {
                return Ok(everything);
            }
            self.check_bound(everything.versions.len())?;
        }
    }

    /// Who refers to subjects of this context from another one, by live versions.
    pub(crate) async fn referrers_elsewhere(&self) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
        let mut referrers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut seen: BTreeSet<(String, i32)> = BTreeSet::new();
        let mut offset = 0;
        loop {
            let page = self.page(EVERY_CONTEXT, offset).await?;
            offset += page.len();
            let before = seen.len();
            for listed in page {
                let is_new = seen.insert((listed.subject.clone(), listed.version));
                if !is_new || self.is_home_of(&listed.subject) {
                    continue;
                }
                let home = Subject::parse(&listed.subject);
                for reference in &listed.references {
                    let target = Subject::parse_in(&reference.subject, home.context()).to_string();
                    if self.is_home_of(&target) {
                        referrers.entry(target).or_default().insert(listed.subject.clone());
                    }
                }
            }
            if seen.len() == before {
                return Ok(referrers);
            }
            self.check_bound(seen.len())?;
        }
    }

    async fn page(&self, prefix: &str, offset: usize) -> Result<Vec<Listed>, Failure> {
        let (start, limit) = (offset.to_string(), PAGE.to_string());
        let query = query(&[("subjectPrefix", prefix), ("offset", &start), ("limit", &limit)]);
        self.client.ask(Method::GET, &["schemas"], Some(&query), None, &[]).await?.success()
    }

    fn check_bound(&self, count: usize) -> Result<(), Failure> {
        match count > MOST {
            true => Err(Failure::unable(anyhow!("{} holds more than {MOST} versions", self.shown()))),
            false => Ok(()),
        }
    }
}
