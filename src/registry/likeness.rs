//! When two schemas are the same one.

use std::sync::Arc;

use crate::model::{Content, Context, Format, Metadata, RuleSet, Settings, VERSION_PROPERTY, Version};

use super::cache::Contents;
use super::history::Past;
use super::prepare::Prepared;

/// Finds the version that holds a schema. Remembers what parsing old texts taught it.
pub(super) struct Matcher {
    pub(super) context: Context,
    pub(super) cache: Arc<Contents>,
}

impl Matcher {
    /// The newest of `pasts` (oldest first) that holds the prepared schema: by hash if possible, else
    /// by equivalence.
    pub(super) fn holding<'a>(&self, pasts: &'a [Past], prepared: &Prepared) -> Option<&'a Past> {
        let (guid, format) = (prepared.content.guid(), prepared.content.format);
        let same_hash = |past: &&Past| past.stored.guid == guid && past.stored.format == format;
        pasts.iter().rev().find(same_hash).or_else(|| {
            let fingerprint = prepared.schema.fingerprint();
            pasts.iter().rev().find(|past| self.is_same(past, prepared, fingerprint))
        })
    }

    fn is_same(&self, past: &Past, prepared: &Prepared, fingerprint: u64) -> bool {
        let (old, new) = (&past.content, &prepared.content);
        if old.format != new.format || !may_be_the_same(new, old, past.stored.version) {
            return false;
        }
        // JSON Schemas are the same when their texts are; the others must be compared as trees.
        if old.text == new.text || new.format == Format::Json {
            return old.text == new.text;
        }
        let id = past.stored.id;
        if self.cache.fingerprint(&self.context, id).is_some_and(|known| known != fingerprint) {
            return false;
        }
        let Ok(schema) = past.parse() else { return false };
        self.cache.keep_fingerprint(&self.context, id, schema.fingerprint());
        prepared.schema.is_equivalent(&schema)
    }
}

/// A content with the metadata and rules that a registration would store: what it leaves open is taken
/// from the latest version; what the settings have by default lies under that, what they impose over it.
pub(super) fn completed(content: &Content, latest: Option<&Content>, settings: &Settings) -> Content {
    let metadata = content.metadata.as_ref().or(latest.and_then(|latest| latest.metadata.as_ref()));
    let rule_set = content.rule_set.as_ref().or(latest.and_then(|latest| latest.rule_set.as_ref()));
    let (defaults, overrides) = (&settings.default_metadata, &settings.override_metadata);
    let metadata = layered([defaults.as_ref(), metadata, overrides.as_ref()], Metadata::merged);
    let (defaults, overrides) = (&settings.default_rule_set, &settings.override_rule_set);
    let rule_set = layered([defaults.as_ref(), rule_set, overrides.as_ref()], RuleSet::merged);
    Content { metadata, rule_set, ..content.clone() }
}

/// Each layer over those before it.
fn layered<T: Clone>(layers: [Option<&T>; 3], merge: fn(T, &T) -> T) -> Option<T> {
    let merged = |below: Option<T>, layer: &T| {
        Some(match below {
            Some(below) => merge(below, layer),
            None => layer.clone(),
        })
    };
    layers.into_iter().flatten().fold(None, merged)
}

/// Everything but the text: a self-contained schema may equal one that refers to others, and the
/// version property that the registry writes by itself does not count.
fn may_be_the_same(new: &Content, old: &Content, old_version: Version) -> bool {
    let references =
        (new.references.is_empty() && !old.references.is_empty()) || new.references == old.references;
    references
        && new.rule_set == old.rule_set
        && same_metadata(new.metadata.as_ref(), old.metadata.as_ref(), old_version)
}

fn same_metadata(new: Option<&Metadata>, old: Option<&Metadata>, old_version: Version) -> bool {
    let version_of = |metadata: Option<&Metadata>| {
        metadata.and_then(|metadata| metadata.property(VERSION_PROPERTY)).map(str::to_owned)
    };
    let without = |metadata: Option<&Metadata>| metadata.cloned().unwrap_or_default().without_version();
    match (version_of(new), version_of(old)) {
        (None, Some(_)) => without(new) == without(old),
        (Some(claimed), None) => claimed == old_version.to_string() && without(new) == without(old),
        _ => new == old,
    }
}

#[cfg(test)]
mod tests {
    use super::same_metadata;
    use crate::model::{Metadata, VERSION_PROPERTY, Version};

    #[test]
    fn the_version_property_does_not_make_a_difference_by_itself() {
        let with = |pairs: &[(&str, &str)]| {
            let properties =
                pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            Some(Metadata { properties, ..Metadata::default() })
        };
        let at_two = Version::new(2).expect("a version");
        for (new, old, same) in [
            (None, None, true),
            (with(&[]), None, false),
            (None, with(&[(VERSION_PROPERTY, "2")]), true),
            (None, with(&[(VERSION_PROPERTY, "2"), ("a", "b")]), false),
            (with(&[("a", "b")]), with(&[(VERSION_PROPERTY, "2"), ("a", "b")]), true),
            (with(&[(VERSION_PROPERTY, "2")]), None, true),
            (with(&[(VERSION_PROPERTY, "3")]), None, false),
            (with(&[(VERSION_PROPERTY, "3")]), with(&[(VERSION_PROPERTY, "2")]), false),
        ] {
            assert_eq!(same_metadata(new.as_ref(), old.as_ref(), at_two), same, "{new:?} {old:?}");
        }
    }
}
