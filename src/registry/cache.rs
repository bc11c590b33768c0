//! What never changes, kept in memory: the content behind an id, and what it resembles.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::model::{Content, Context, Guid, SchemaId};

type Key = (Context, SchemaId);

/// How many fingerprints are kept; each costs some tens of bytes.
const FINGERPRINTS: usize = 100_000;

/// A content with its hash, which costs a pass over the text to compute.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) guid: Guid,
    pub(super) content: Arc<Content>,
}

/// Contents by context and id, bounded in bytes. An id never changes its content, so entries have no
/// time limit; whether the id is still *in use* is not answered from here.
pub(super) struct Contents {
    contents: Cache<Key, Known, ByBytes>,
    fingerprints: Cache<Key, u64>,
}

impl Contents {
    pub(super) fn new(bytes: u64) -> Contents {
        // The estimate only sizes the first allocation: 2 KiB is a usual schema.
        let entries = usize::try_from(bytes / 2048).unwrap_or(usize::MAX).clamp(16, 1 << 16);
        Contents {
            contents: Cache::with_weighter(entries, bytes, ByBytes),
            fingerprints: Cache::new(FINGERPRINTS),
        }
    }

    pub(super) fn get(&self, context: &Context, id: SchemaId) -> Option<Known> {
        self.contents.get(&(context.clone(), id))
    }

    pub(super) fn keep(&self, context: &Context, id: SchemaId, content: Content) -> Known {
        let known = Known { guid: content.guid(), content: Arc::new(content) };
        self.contents.insert((context.clone(), id), known.clone());
        known
    }

    /// [`crate::schema::Schema::fingerprint`] of the content behind an id, computed at most once.
    pub(super) fn fingerprint(&self, context: &Context, id: SchemaId) -> Option<u64> {
        self.fingerprints.get(&(context.clone(), id))
    }

    pub(super) fn keep_fingerprint(&self, context: &Context, id: SchemaId, fingerprint: u64) {
        self.fingerprints.insert((context.clone(), id), fingerprint);
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Known> for ByBytes {
    fn weight(&self, key: &Key, known: &Known) -> u64 {
        // What an entry costs beside its texts: the map's slot, the Arc and the structs.
        const OVERHEAD: usize = 256;
        let content = &known.content;
        let references: usize = content.references.iter().map(|r| r.name.len() + r.subject.len() + 64).sum();
        let metadata = content.metadata.as_ref().map_or(0, json_length);
        let rules = content.rule_set.as_ref().map_or(0, json_length);
        (OVERHEAD + key.0.as_str().len() + content.text.len() + references + metadata + rules) as u64
    }
}

/// About what a value takes in memory.
fn json_length(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}
