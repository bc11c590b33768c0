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

    /// This metadata with another laid over it: of a path or a property that both have, the other's
    /// tags or value count, and what is sensitive in either stays so.
    #[must_use]
    pub fn merged(mut self, over: &Metadata) -> Metadata {
        let Metadata { tags, properties, sensitive } = over.clone();
        self.tags.extend(tags);
        self.properties.extend(properties);
        self.sensitive.extend(sensitive);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Metadata;

    fn metadata(json: &str) -> Metadata {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn what_lies_above_wins_key_by_key() {
        let under = r#"{"tags":{"a":["1","2"],"b":["1"]},"properties":{"p":"1","q":"1"},"sensitive":["p"]}"#;
        let over = r#"{"tags":{"a":["3"],"c":[]},"properties":{"q":"2","r":"2"},"sensitive":["q"]}"#;
        let both = r#"{"tags":{"a":["3"],"b":["1"],"c":[]},"properties":{"p":"1","q":"2","r":"2"},"sensitive":["p","q"]}"#;
        for (under, over, expected) in
            [(under, over, both), (under, "{}", under), ("{}", over, over), ("{}", "{}", "{}")]
        {
            assert_eq!(metadata(under).merged(&metadata(over)), metadata(expected), "{under} {over}");
        }
    }
}
