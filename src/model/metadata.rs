//! Metadata that travels with a schema and takes part in its identity.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The property that holds a schema's own version number, written by the registry.
pub const VERSION_PROPERTY: &str = "confluent:version";

/// Tags by path, properties, and the names of sensitive properties. Kept sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metadata {
    /// Path in the schema → its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, BTreeSet<String>>,
    /// Free key-value pairs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// Keys of `properties` whose values are secrets.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sensitive: BTreeSet<String>,
}

impl Metadata {
    /// The value of a property.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(String::as_str)
    }

    /// The same metadata without [`VERSION_PROPERTY`].
    pub fn without_version(mut self) -> Metadata {
        self.properties.remove(VERSION_PROPERTY);
        self
    }
}
