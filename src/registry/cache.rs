//! What never changes, kept in memory: the content behind an id.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::model::{Content, Context, SchemaId};

type Key = (Context, SchemaId);

/// Contents by context and id, bounded in bytes. An id never changes its content, so entries have no
/// time limit; whether the id is still *in use* is not answered from here.
pub(super) struct Contents {
    cache: Cache<Key, Arc<Content>, ByBytes>,
}

impl Contents {
    pub(super) fn new(bytes: u64) -> Contents {
        // The estimate only sizes the first allocation: 2 KiB is a usual schema.
        let entries = usize::try_from(bytes / 2048).unwrap_or(usize::MAX).clamp(16, 1 << 16);
        Contents { cache: Cache::with_weighter(entries, bytes, ByBytes) }
    }

    pub(super) fn get(&self, context: &Context, id: SchemaId) -> Option<Arc<Content>> {
        self.cache.get(&(context.clone(), id))
    }

    pub(super) fn keep(&self, context: &Context, id: SchemaId, content: Content) -> Arc<Content> {
        let content = Arc::new(content);
        self.cache.insert((context.clone(), id), Arc::clone(&content));
        content
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<Content>> for ByBytes {
    fn weight(&self, key: &Key, content: &Arc<Content>) -> u64 {
        // What an entry costs beside its texts: the map's slot, the Arc and the structs.
        const OVERHEAD: usize = 256;
        let references: usize = content.references.iter().map(|r| r.name.len() + r.subject.len() + 64).sum();
        let metadata = content.metadata.as_ref().map_or(0, |metadata| {
            metadata.properties.iter().map(|(key, value)| key.len() + value.len() + 64).sum::<usize>()
        });
        let rules = content.rule_set.as_ref().map_or(0, |_| 1024);
        (OVERHEAD + key.0.as_str().len() + content.text.len() + references + metadata + rules) as u64
    }
}
