//! Registration: the one write that matters. What it costs to decide is done outside the write
//! transaction; inside it only what could have changed is looked at again.

use std::sync::Arc;

use crate::model::{Content, Guid, Metadata, SchemaId, Scope, Subject, Timestamp, VERSION_PROPERTY, Version};
use crate::schema::Schema;
use crate::store::{StoredVersion, Tx};

use super::check::{compare, newest_first};
use super::lookup::{Preparation, Prepared, inherit};
use super::settings::{InForce, check_writable};
use super::{Caller, Candidate, CandidateReference, Checked, Error, Registry};

/// How often the comparison is repeated when the subject changed underneath, before it is done
/// under the lock.
const ATTEMPTS_WITHOUT_LOCK: u32 = 3;

/// How to register.
#[derive(Debug, Clone, Copy, Default)]
pub struct RegisterOptions {
    /// Store the normal form, whatever the settings say.
    pub normalize: bool,
    /// Skip the comparison with earlier versions.
    pub force: bool,
}

/// Where a schema is registered now.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Its number in the context.
    pub id: SchemaId,
    /// Its number in the subject.
    pub version: Version,
    /// The hash of its content.
    pub guid: Guid,
    /// What is stored.
    pub content: Arc<Content>,
    /// When it had been registered before and whether it is soft-deleted; `None` when this request
    /// stored it.
    pub existing: Option<(Timestamp, bool)>,
}

/// What registering depends on besides the request. It must be the same when the decision is
/// written as it was when it was made.
#[derive(Debug, PartialEq, Eq)]
struct Basis {
    last_change: i64,
    in_force: InForce,
}

/// What to do, decided without a write.
enum Decision {
    Known(StoredVersion),
    Append(Addition),
}

/// A version to append.
struct Addition {
    content: Content,
    version: Version,
}

impl Registry {
    /// Register a schema under a subject, or answer with the version that already holds it.
    ///
    /// # Errors
    /// When the schema is invalid, incompatible, or may not be written there.
    pub async fn register(
        &self,
        subject: &Subject,
        mut candidate: Candidate,
        options: RegisterOptions,
        caller: &Caller,
    ) -> Result<Registered, Error> {
        if self.defaults.drop_rule_sets {
            candidate.rule_set = None;
        }
        if let Some(rule_set) = &candidate.rule_set {
            rule_set.validate()?;
        }
        subject.check_writable()?;
        if let Some(known) = self.known(subject, &candidate, options.normalize).await? {
            return Ok(known);
        }
        for _ in 0..ATTEMPTS_WITHOUT_LOCK {
            let mut tx = self.store.read().await?;
            let basis = self.basis(&mut tx, subject).await?;
            let addition = match self.decide(&mut tx, subject, &candidate, options, &basis.in_force).await? {
                Decision::Known(stored) => return self.registered(&mut tx, subject, stored).await,
                Decision::Append(addition) => addition,
            };
            drop(tx);
            let mut tx = self.store.write(caller).await?;
            let referenced = addition.content.references.iter().map(|reference| reference.subject.as_str());
            lock(&mut tx, subject, referenced).await?;
            if self.basis(&mut tx, subject).await? == basis
                && references_hold(&mut tx, subject, &addition).await?
            {
                return self.append(tx, subject, addition).await;
            }
        }
        let mut tx = self.store.write(caller).await?;
        let referenced = candidate.references.iter().filter_map(|reference| reference.subject.as_deref());
        lock(&mut tx, subject, referenced).await?;
        let in_force = self.in_force(&mut tx, subject).await?;
        match self.decide(&mut tx, subject, &candidate, options, &in_force).await? {
            Decision::Known(stored) => self.registered(&mut tx, subject, stored).await,
            Decision::Append(addition) => self.append(tx, subject, addition).await,
        }
    }

    /// The cheap way out, whatever the mode: the subject already has a live version that holds it.
    async fn known(
        &self,
        subject: &Subject,
        candidate: &Candidate,
        normalize: bool,
    ) -> Result<Option<Registered>, Error> {
        let Some(text) = candidate.given_text() else { return Ok(None) };
        let mut tx = self.store.read().await?;
        let mut history = tx.history(subject).await?;
        history.retain(|stored| !stored.deleted);
        if candidate.version == -1 {
            history.drain(..history.len().saturating_sub(1));
        }
        if history.is_empty() {
            return Ok(None);
        }
        let normalize = normalize || self.in_force(&mut tx, subject).await?.normalize == Some(true);
        let preparation = Preparation::to_look_up(normalize);
        let prepared = match self.prepare(&mut tx, subject, candidate, text, preparation).await {
            Ok(prepared) => prepared,
            // What is no schema is not known; whether that or the mode is the error is decided later.
            Err(Error::InvalidSchema(_) | Error::UnknownFormat(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        let held = self.holding(&mut tx, subject, &history, &prepared, false).await?;
        match held.filter(|stored| is_what_was_asked_for(candidate, stored)) {
            Some(stored) => self.registered(&mut tx, subject, stored).await.map(Some),
            None => Ok(None),
        }
    }

    async fn basis(&self, tx: &mut Tx, subject: &Subject) -> Result<Basis, Error> {
        Ok(Basis { last_change: tx.last_change(subject).await?, in_force: self.in_force(tx, subject).await? })
    }

    /// All the rules of registration, in the order in which their errors win.
    async fn decide(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        candidate: &Candidate,
        options: RegisterOptions,
        in_force: &InForce,
    ) -> Result<Decision, Error> {
        check_writable(tx, &Scope::of(subject)).await?;
        if candidate.id >= 0 {
            return Err(Error::NotImporting { subject: subject.clone() });
        }
        let history = tx.history(subject).await?;
        let next = next_version(&history)?;
        let latest = match history.iter().rfind(|stored| !stored.deleted) {
            Some(stored) => Some(self.content_of(tx, subject.context(), stored).await?),
            None => None,
        };
        let prepared = self.prepare_new(tx, subject, candidate, options, in_force, latest.as_deref()).await?;
        let prepared = with_version_property(prepared, candidate.version, next);
        if candidate.version == 0
            && let Some(stored) = self.holding(tx, subject, &history, &prepared, false).await?
        {
            return Ok(Decision::Known(stored));
        }
        if !options.force {
            let compared = newest_first(&history, in_force.level);
            let earlier = self.earlier(tx, subject, &compared).await?;
            let checked = compare(in_force, earlier, latest.as_deref(), &prepared).await?;
            if !checked.is_compatible() {
                let Checked { report, lines } = checked;
                return Err(Error::Incompatible { subject: subject.clone(), report, lines });
            }
        }
        if candidate.version > 0 && candidate.version != next.number() {
            return Err(Error::WrongVersion);
        }
        Ok(Decision::Append(Addition { content: prepared.content, version: next }))
    }

    /// Parse the candidate strictly, with what it leaves open taken from the latest version.
    async fn prepare_new(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        candidate: &Candidate,
        options: RegisterOptions,
        in_force: &InForce,
        latest: Option<&Content>,
    ) -> Result<Prepared, Error> {
        let filled;
        let (candidate, text) = match (candidate.given_text(), latest) {
            (Some(text), _) => (candidate, text),
            (None, Some(latest)) => {
                filled = filled_from(candidate, latest);
                (&filled, latest.text.as_str())
            }
            (None, None) => return Err(Error::EmptySchema),
        };
        let normalize = options.normalize || in_force.normalize == Some(true);
        let preparation = Preparation::to_register(normalize, in_force.validate_fields == Some(true));
        let mut prepared = self.prepare(tx, subject, candidate, text, preparation).await?;
        if let Some(latest) = latest {
            prepared.content = inherit(&prepared.content, latest);
        }
        Ok(prepared)
    }

    async fn append(&self, mut tx: Tx, subject: &Subject, addition: Addition) -> Result<Registered, Error> {
        let Addition { content, version } = addition;
        check_writable(&mut tx, &Scope::of(subject)).await?;
        let id = tx.intern(subject.context(), &content).await?;
        let history = tx.history(subject).await?;
        tx.append(subject, version, id).await?;
        for replaced in history.iter().filter(|stored| stored.deleted && stored.id == id) {
            if tx.referrers(subject, replaced.version).await?.is_empty() {
                tx.purge(subject, &[replaced.version], "the same schema was registered again").await?;
            }
        }
        tx.commit().await?;
        let guid = content.guid();
        let content = self.cache.keep(subject.context(), id, content);
        Ok(Registered { id, version, guid, content, existing: None })
    }

    async fn registered(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        stored: StoredVersion,
    ) -> Result<Registered, Error> {
        let found = self.found(tx, subject, stored).await?;
        Ok(Registered {
            id: found.id,
            version: found.version,
            guid: found.guid,
            content: found.content,
            existing: Some((found.created_at, found.deleted)),
        })
    }
}

/// Does a stored version satisfy the version and id that the request asks for?
fn is_what_was_asked_for(candidate: &Candidate, stored: &StoredVersion) -> bool {
    let id_fits = candidate.id < 0 || candidate.id == stored.id.0;
    match candidate.version {
        ..=0 => id_fits,
        wanted => wanted == stored.version.number() && candidate.id == stored.id.0,
    }
}

/// One above the highest number ever stored that still is, soft-deleted ones included.
fn next_version(history: &[StoredVersion]) -> Result<Version, Error> {
    match history.last() {
        None => Ok(Version::FIRST),
        Some(last) => last.version.next().ok_or(Error::WrongVersion),
    }
}

fn filled_from(candidate: &Candidate, latest: &Content) -> Candidate {
    let references = latest.references.iter().map(|reference| CandidateReference {
        name: Some(reference.name.clone()),
        subject: Some(reference.subject.clone()),
        version: Some(reference.version.number()),
    });
    Candidate { format: Ok(latest.format), references: references.collect(), ..candidate.clone() }
}

/// The registry writes a schema's own version into its metadata when the caller asked for a version,
/// or when the property is already there.
fn with_version_property(mut prepared: Prepared, asked_for: i32, version: Version) -> Prepared {
    let present = prepared.content.metadata.as_ref().is_some_and(|m| m.property(VERSION_PROPERTY).is_some());
    if asked_for != 0 || present {
        let metadata = prepared.content.metadata.get_or_insert_with(Metadata::default);
        metadata.properties.insert(VERSION_PROPERTY.to_owned(), version.to_string());
    }
    prepared
}

/// Lock the subject and everything the new version refers to, so that none of it can be deleted
/// before this is written.
async fn lock(tx: &mut Tx, subject: &Subject, referenced: impl Iterator<Item = &str>) -> Result<(), Error> {
    let mut subjects = vec![subject.clone()];
    subjects.extend(referenced.map(|text| Subject::parse_in(text, subject.context())));
    // A subject that cannot exist cannot be locked either; resolving the reference says so.
    subjects.retain(|subject| !subject.has_control_character());
    Ok(tx.lock_subjects(&subjects.iter().collect::<Vec<_>>()).await?)
}

async fn references_hold(tx: &mut Tx, subject: &Subject, addition: &Addition) -> Result<bool, Error> {
    for reference in &addition.content.references {
        let target = Subject::parse_in(&reference.subject, subject.context());
        let stored = tx.version(&target, reference.version).await?;
        if stored.is_none_or(|stored| stored.deleted) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Registration hands parsed schemas to other threads.
const _: fn() = || {
    fn is_send<T: Send + Sync>() {}
    is_send::<Schema>();
};
