//! Floor 3: the registry's rules, one file a verb. Each verb reads, decides and writes; the deciding
//! is a plain function without store or clock.
//!
//! [`Registry`] is a handle: cheap to clone, no mutable state but the cache of immutable contents.

mod associate;
mod association_ops;
mod association_rules;
mod associations;
mod cache;
mod candidate;
mod check;
mod contexts;
mod deks;
mod delete;
mod dissociate;
mod error;
mod examine;
mod exporters;
mod history;
mod journal;
mod judge;
mod keks;
mod likeness;
mod list;
mod lookup;
mod parsed;
mod prepare;
mod read;
mod references;
mod register;
mod reserved;
mod rewrap;
mod settings;
mod state;
mod tags;
mod undelete;
mod verdicts;
mod work;

pub use association_ops::AssociationOp;
pub use association_rules::{AssociationWish, Intent, ResourceRequest};
pub use associations::{AssociatedResource, AssociatedSchema, AssociatedSubject, Associating};
pub use candidate::{Candidate, CandidateReference};
pub use check::Checked;
pub use deks::{FoundDek, NewDek};
pub use error::{Error, Incompatible, InvalidCause, InvalidSchema};
pub use examine::{Against, Compared, Examination, Examined, Origin};
pub use exporters::ExporterChange;
pub use journal::{Reason, Refused};
pub use judge::{JudgeChange, JudgeInForce, Settled};
pub use keks::KekChange;
pub use list::{ListedSchema, SchemaAssociations, SchemaFilter, SubjectFilter, VersionFilter};
pub use read::Found;
pub use register::{RegisterOptions, Registered};
pub use rewrap::{ForeignDek, Rewrapped};
pub use settings::{Change, InForce, SettingsChange};
pub use state::State;
pub use tags::{Retagging, TagRequest};

use std::sync::Arc;

use crate::kms::Kms;
use crate::model::{InvalidSubject, Level, Subject};
use crate::store::{Author, Store};

/// What the registry is told once, at start.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The level where none is recorded in any scope.
    pub level: Level,
    /// How many bytes of schemas to keep in memory: half for texts, half for parsed ones.
    pub cache_bytes: u64,
    /// Drop rule sets instead of storing them, as the community build of the reference does.
    pub drop_rule_sets: bool,
    /// The longest text of a schema that is registered, in bytes, as it would be stored.
    pub schema_limit: usize,
    /// Refuse the subjects `` (empty) and `*` when writing.
    pub reject_empty_subjects: bool,
    /// Refuse every change of a mode.
    pub fixed_modes: bool,
    /// The services that encrypt keys of shared key-encryption keys.
    pub kms: Kms,
    /// How many keys of either kind there may be.
    pub most_keys: usize,
}

impl Default for Defaults {
    fn default() -> Defaults {
        Defaults {
            level: Level::Backward,
            cache_bytes: 64 * 1024 * 1024,
            drop_rule_sets: false,
            schema_limit: 10 * 1024 * 1024,
            reject_empty_subjects: false,
            fixed_modes: false,
            kms: Kms::default(),
            most_keys: 20_000,
        }
    }
}

/// The registry: a store, a cache of what never changes, and the rules.
#[derive(Clone)]
pub struct Registry {
    store: Store,
    cache: Arc<cache::Contents>,
    parsed: Arc<parsed::ParsedSchemas>,
    workers: work::Workers,
    journal: Arc<journal::Journal>,
    defaults: Arc<Defaults>,
}

impl Registry {
    /// A registry over an open store.
    pub fn new(store: Store, defaults: Defaults) -> Registry {
        let half = defaults.cache_bytes / 2;
        let (cache, parsed) = (cache::Contents::new(half), parsed::ParsedSchemas::new(half));
        let journal = Arc::default();
        Registry {
            store,
            cache: Arc::new(cache),
            parsed: Arc::new(parsed),
            workers: work::Workers::new(),
            journal,
            defaults: Arc::new(defaults),
        }
    }

    /// The store, for health checks and the follower task.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// May something be registered under this subject?
    ///
    /// # Errors
    /// When it may not.
    pub fn check_subject(&self, subject: &Subject) -> Result<(), Error> {
        let is_empty = matches!(subject.name(), "" | "*");
        if is_empty && self.defaults.reject_empty_subjects {
            return Err(InvalidSubject(subject.to_string()).into());
        }
        Ok(subject.check_writable()?)
    }

    /// The newest change this node knows of. An answer computed after reading this number is valid
    /// for as long as the number stays.
    pub fn seen(&self) -> i64 {
        self.store.seen()
    }

    /// A handle whose writes are done only while `newest` is the newest change of all nodes.
    pub fn only_at(&self, newest: i64) -> Registry {
        Registry { store: self.store.only_at(newest), ..self.clone() }
    }

    /// The newest change of all nodes, asked of the store.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn newest_change(&self) -> Result<i64, Error> {
        self.store.refresh_seen().await?;
        Ok(self.store.seen())
    }
}

/// Who asks, for the record of changes. Another name for the store's word.
pub type Caller = Author;
