//! What an id denotes, and its hash.

use md5::{Digest, Md5};

use super::{Format, Guid, Metadata, Reference, RuleSet};

/// Everything that makes two schemas "the same": an id denotes exactly one content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The schema language.
    pub format: Format,
    /// The stored text: the canonical form, or the normal form when normalising.
    pub text: String,
    /// The references, in stored order.
    pub references: Vec<Reference>,
    /// Metadata; empty metadata is not the same as none.
    pub metadata: Option<Metadata>,
    /// Rules; an empty set is not the same as none.
    pub rule_set: Option<RuleSet>,
}

impl Content {
    /// The hash of the content: MD5 over text, references, metadata and rules without separators,
    /// as Confluent Schema Registry computes it. The format takes no part.
    pub fn guid(&self) -> Guid {
        let mut hash = Md5::new();
        hash.update(&self.text);
        for reference in &self.references {
            hash.update(&reference.name);
            hash.update(&reference.subject);
            hash.update(reference.version.number().to_be_bytes());
        }
        if let Some(metadata) = &self.metadata {
            hash.update([1]);
            hash_metadata(&mut hash, metadata);
        }
        if let Some(rule_set) = &self.rule_set {
            hash.update([1]);
            rule_set.visit_identity(|bytes| hash.update(bytes));
        }
        Guid(hash.finalize().into())
    }
}

fn hash_metadata(hash: &mut Md5, metadata: &Metadata) {
    for (path, tags) in in_utf16_order(&metadata.tags) {
        hash.update(path);
        let mut tags: Vec<&String> = tags.iter().collect();
        tags.sort_by(|left, right| super::utf16_order(left, right));
        tags.into_iter().for_each(|tag| hash.update(tag));
    }
    for (key, value) in in_utf16_order(&metadata.properties) {
        hash.update(key);
        hash.update(value);
    }
    let mut sensitive: Vec<&String> = metadata.sensitive.iter().collect();
    sensitive.sort_by(|left, right| super::utf16_order(left, right));
    sensitive.into_iter().for_each(|key| hash.update(key));
}

pub(super) fn in_utf16_order<V>(map: &std::collections::BTreeMap<String, V>) -> Vec<(&String, &V)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|left, right| super::utf16_order(left.0, right.0));
    entries
}

#[cfg(test)]
mod tests {
    use crate::model::{Content, Format, Metadata, Reference, Version};

    fn avro(text: &str) -> Content {
        Content {
            format: Format::Avro,
            text: text.into(),
            references: vec![],
            metadata: None,
            rule_set: None,
        }
    }

    #[test]
    fn the_published_vectors() {
        assert_eq!(avro("\"string\"").guid().to_string(), "095d71cf-1255-6b9d-5e33-0ad575b3df5d");
        let user = avro(r#"{"type":"record","name":"User","fields":[{"name":"f1","type":"string"}]}"#);
        assert_eq!(user.guid().to_string(), "6dcd1ea2-5ae7-e905-bdc3-fe09476b0799");

        let mut owned = avro("\"string\"");
        owned.metadata =
            Some(Metadata { properties: [("owner".into(), "bob".into())].into(), ..Metadata::default() });
        assert_eq!(owned.guid().to_string(), "9dd172cf-9801-73b7-336d-fda848a5521a");

        let mut order = avro(r#"{"type":"record","name":"Order","fields":[{"name":"u","type":"User"}]}"#);
        order.references =
            vec![Reference { name: "User".into(), subject: "user".into(), version: Version::FIRST }];
        assert_eq!(order.guid().to_string(), "540964e9-175a-c767-2af0-33cc6555bf78");
    }
}
