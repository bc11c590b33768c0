//! Registration: the one write that matters. What it costs to decide is done without any
//! transaction; inside the write transaction only what could have changed is looked at again.

use std::sync::Arc;

use crate::compat::{Extent, Report};
use crate::model::{Content, Guid, Metadata, Mode, SchemaId, Subject, Timestamp, VERSION_PROPERTY, Version};
use crate::store::{StoreError, StoredVersion, Tx};

use super::check::{Earlier, compare};
use super::history::{Past, considered};
use super::likeness::{Matcher, completed};
use super::prepare::{Prepared, Purpose, Sent};
use super::references::Target;
use super::settings::{InForce, mode_of};
use super::{Caller, Candidate, CandidateReference, Error, Found, Incompatible, Registry, verdicts};

/// How often the decision is made again when the subject changed underneath, before it is made under
/// the lock.
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

/// What a decision depends on besides the request. It must be the same when the decision is written
/// as it was when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Basis {
    last_change: i64,
    in_force: InForce,
    mode: Mode,
    targets: Vec<Target>,
}

/// Everything that deciding needs, fetched at one moment.
struct Material {
    basis: Basis,
    sent: Sent,
    /// The candidate prepared for looking it up; `None` when its own text is no schema.
    as_sent: Option<Arc<Prepared>>,
    history: Vec<StoredVersion>,
    /// The live versions, oldest first.
    live: Vec<Past>,
    /// The versions whose numbers must be respected, oldest first.
    numbered: Vec<Past>,
    matcher: Matcher,
    options: RegisterOptions,
    /// A subject that the candidate refers to although it belongs to a resource alone.
    strongly_referenced: Option<Subject>,
    schema_limit: usize,
}

/// What a registration would lead to.
pub(super) enum Rehearsed {
    /// The schema is registered there already.
    Known(Registered),
    /// It would be stored so.
    New {
        /// Its number in the subject.
        version: Version,
        /// Its content.
        content: Content,
    },
}

/// What to do.
enum Decision {
    Known(Past),
    Append(Box<Addition>),
}

/// A version to append.
struct Addition {
    basis: Basis,
    content: Content,
    version: Version,
    /// The id it brings from elsewhere.
    id: Option<SchemaId>,
    /// Whether the number is taken: an import writes over what is there.
    overwrites: bool,
    /// Soft-deleted versions of the subject; the new one replaces those with the same content.
    deleted: Vec<StoredVersion>,
    /// What comparing found; `None` when it was skipped.
    report: Option<Report>,
}

impl Registry {
    /// Register a schema under a subject, or answer with the version that already holds it.
    ///
    /// # Errors
    /// When the schema is invalid, incompatible, or may not be written there.
    pub async fn register(
        &self,
        subject: &Subject,
        candidate: Candidate,
        options: RegisterOptions,
        caller: &Caller,
    ) -> Result<Registered, Error> {
        let outcome = self.decide_and_write(subject, candidate, options, caller).await;
        if let Err(Error::Incompatible(refused)) = &outcome {
            verdicts::count(&refused.checked.report, refused.format);
            self.note_refusal(refused, caller);
        }
        outcome
    }

    async fn decide_and_write(
        &self,
        subject: &Subject,
        mut candidate: Candidate,
        options: RegisterOptions,
        caller: &Caller,
    ) -> Result<Registered, Error> {
        let as_sent = self.begin(subject, &mut candidate, options).await?;
        if let Some(prepared) = &as_sent
            && let Some(known) = self.known_by_hash(subject, &candidate, prepared).await?
        {
            return Ok(known);
        }
        for _ in 0..ATTEMPTS_WITHOUT_LOCK {
            let mut tx = self.store.read().await?;
            let material = self.gather(&mut tx, subject, &candidate, as_sent.clone(), options).await?;
            drop(tx);
            let addition = match self.workers.run(move || material.decide()).await?? {
                Decision::Known(past) => {
                    return Ok(Registered::known(Found::of(subject, past.stored, past.content)));
                }
                Decision::Append(addition) => addition,
            };
            let mut tx = self.store.write(caller).await?;
            lock(&mut tx, subject, addition.basis.targets.iter().map(|target| target.subject.clone()))
                .await?;
            if self.holds(&mut tx, subject, &addition.basis).await?
                && let Some(registered) = self.append(tx, subject, *addition).await?
            {
                return Ok(registered);
            }
        }
        let mut tx = self.store.write(caller).await?;
        let referenced = candidate.references.iter().filter_map(|reference| reference.subject.as_deref());
        lock(&mut tx, subject, referenced.map(|text| Subject::parse_in(text, subject.context()))).await?;
        let material = self.gather(&mut tx, subject, &candidate, as_sent, options).await?;
        match self.workers.run(move || material.decide()).await?? {
            Decision::Known(past) => Ok(Registered::known(Found::of(subject, past.stored, past.content))),
            Decision::Append(addition) => {
                let appended = self.append(tx, subject, *addition).await?;
                appended.ok_or_else(|| StoreError::Unavailable("the mode keeps changing".to_owned()).into())
            }
        }
    }

    /// Decide as [`Registry::register`] would at this moment, and write nothing.
    ///
    /// # Errors
    /// Those of a registration.
    pub(super) async fn rehearse(
        &self,
        subject: &Subject,
        mut candidate: Candidate,
        options: RegisterOptions,
    ) -> Result<Rehearsed, Error> {
        let as_sent = self.begin(subject, &mut candidate, options).await?;
        let mut tx = self.store.read().await?;
        let material = self.gather(&mut tx, subject, &candidate, as_sent, options).await?;
        drop(tx);
        Ok(match self.workers.run(move || material.decide()).await?? {
            Decision::Known(past) => {
                Rehearsed::Known(Registered::known(Found::of(subject, past.stored, past.content)))
            }
            Decision::Append(addition) => {
                Rehearsed::New { version: addition.version, content: addition.content }
            }
        })
    }

    /// What can be said of a candidate without looking at the subject; answers with the candidate
    /// prepared for looking it up, or `None` when its own text is no schema.
    async fn begin(
        &self,
        subject: &Subject,
        candidate: &mut Candidate,
        options: RegisterOptions,
    ) -> Result<Option<Arc<Prepared>>, Error> {
        if self.defaults.drop_rule_sets {
            candidate.rule_set = None;
        }
        if let Some(rule_set) = &mut candidate.rule_set {
            rule_set.name_keys();
            rule_set.validate()?;
        }
        self.check_subject(subject)?;
        if !candidate.retagging.is_empty() {
            // What is sent is not what will be registered.
            return Ok(None);
        }
        match self.as_sent(subject, candidate.clone(), options.normalize).await {
            Ok(prepared) => Ok(Some(Arc::new(prepared))),
            // What is no schema is not known; whether that or the mode is the error is decided later.
            Err(Error::EmptySchema | Error::InvalidSchema(_) | Error::UnknownFormat(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The cheap way out: a live version of the subject has the very content.
    async fn known_by_hash(
        &self,
        subject: &Subject,
        candidate: &Candidate,
        prepared: &Prepared,
    ) -> Result<Option<Registered>, Error> {
        let (guid, format) = (prepared.content.guid(), prepared.content.format);
        let mut tx = self.store.read().await?;
        let Some(stored) = tx.find_content(subject, guid, format, false).await? else { return Ok(None) };
        if self.in_force(&mut tx, subject).await?.settings.adds_to_schemas() {
            return Ok(None);
        }
        let is_latest = candidate.version != -1 || tx.latest(subject).await? == Some(stored);
        if !is_latest || !is_what_was_asked_for(candidate, &stored) {
            return Ok(None);
        }
        self.found(&mut tx, subject, stored).await.map(Registered::known).map(Some)
    }

    async fn gather(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        candidate: &Candidate,
        as_sent: Option<Arc<Prepared>>,
        options: RegisterOptions,
    ) -> Result<Material, Error> {
        let history = tx.history(subject).await?;
        let live: Vec<StoredVersion> = history.iter().filter(|stored| !stored.deleted).copied().collect();
        let live = self.pasts(tx, subject, &live).await?;
        let (in_force, mode) = (self.in_force(tx, subject).await?, mode_of(tx, subject).await?);
        let candidate = match (candidate.given_text(), live.last()) {
            // What is imported is as it is; nothing is inherited.
            (None, Some(latest)) if !mode.takes_ids() => filled_from(candidate, &latest.content),
            _ => candidate.clone(),
        };
        let sent = self.sent(tx, subject, candidate).await?;
        let basis = Basis {
            last_change: tx.last_change(subject).await?,
            in_force,
            mode,
            targets: sent.resolved.as_ref().map(|resolved| resolved.targets.clone()).unwrap_or_default(),
        };
        let mut strongly_referenced = None;
        for target in &basis.targets {
            if tx.is_strongly_associated(&target.subject).await? {
                strongly_referenced = Some(target.subject.clone());
                break;
            }
        }
        let (is_protobuf, level) = (sent.candidate.is_protobuf(), basis.in_force.level);
        let numbered = self.numbered(tx, subject, &history, is_protobuf, level).await?;
        Ok(Material {
            basis,
            sent,
            as_sent,
            history,
            live,
            numbered,
            matcher: self.matcher(subject),
            options,
            strongly_referenced,
            schema_limit: self.defaults.schema_limit,
        })
    }

    /// Is everything as it was when the decision was made?
    async fn holds(&self, tx: &mut Tx, subject: &Subject, basis: &Basis) -> Result<bool, Error> {
        let allows_deleted = basis.mode.takes_ids() || basis.in_force.purpose(false).allows_deleted();
        for target in &basis.targets {
            let stored = tx.version(&target.subject, target.version).await?;
            let holds = |stored: StoredVersion| stored.id == target.id && (allows_deleted || !stored.deleted);
            if !stored.is_some_and(holds) {
                return Ok(false);
            }
            if tx.is_strongly_associated(&target.subject).await? {
                return Ok(false);
            }
        }
        Ok(tx.last_change(subject).await? == basis.last_change
            && mode_of(tx, subject).await? == basis.mode
            && self.in_force(tx, subject).await? == basis.in_force)
    }

    /// `None`, and nothing done, when the mode has changed: that of a context is not locked by who locks a
    /// subject.
    async fn append(
        &self,
        mut tx: Tx,
        subject: &Subject,
        addition: Addition,
    ) -> Result<Option<Registered>, Error> {
        let mode = addition.basis.mode;
        let Addition { content, version, id, overwrites, deleted, report, .. } = addition;
        let context = subject.context();
        let id = match id {
            Some(id) if !tx.intern_as(context, id, &content).await? => {
                return Err(Error::IdTaken { id, context: context.clone() });
            }
            Some(id) => id,
            None => tx.intern(context, &content).await?,
        };
        if overwrites {
            tx.purge(subject, &[version], "the version was imported again").await?;
        }
        tx.append(subject, version, id).await?;
        for replaced in deleted.iter().filter(|stored| stored.id == id && stored.version != version) {
            if tx.referrers(subject, replaced.version).await?.is_empty() {
                tx.purge(subject, &[replaced.version], "the same schema was registered again").await?;
            }
        }
        tx.lock_commits().await?;
        if mode_of(&mut tx, subject).await? != mode {
            return Ok(None);
        }
        tx.commit().await?;
        if let Some(report) = report {
            verdicts::count(&report, content.format);
            verdicts::log_accepted(subject, version, &report);
        }
        let known = self.cache.keep(subject.context(), id, content);
        Ok(Some(Registered { id, version, guid: known.guid, content: known.content, existing: None }))
    }
}

impl Registered {
    fn known(found: Found) -> Registered {
        Registered {
            id: found.id,
            version: found.version,
            guid: found.guid,
            content: found.content,
            existing: Some((found.created_at, found.deleted)),
        }
    }
}

impl Material {
    /// All the rules of registration, in the order in which their errors win. No store, no clock.
    fn decide(self) -> Result<Decision, Error> {
        let candidate = &self.sent.candidate;
        if let Some(known) = self.known_as_sent() {
            return Ok(Decision::Known(known));
        }
        let subject = self.sent.subject.clone();
        match (self.basis.mode, candidate.id) {
            (mode, _) if mode.is_read_only() => return Err(Error::ReadOnly(Some(subject))),
            (mode, id) if mode.takes_ids() => {
                return if id < 0 { Err(Error::NotReadWrite { subject }) } else { self.import(SchemaId(id)) };
            }
            (_, 0..) => return Err(Error::NotImporting { subject }),
            _ => {}
        }
        let next = next_version(&self.history)?;
        let latest = self.live.last().map(|past| past.content.as_ref());
        let prepared = self.prepare(latest, next)?;
        if let Some(subject) = &self.strongly_referenced {
            return Err(Error::StronglyReferenced(subject.clone()));
        }
        if candidate.version == 0
            && let Some(past) = self.matcher.holding(&self.live, &prepared)
        {
            return Ok(Decision::Known(past.clone()));
        }
        let report = match self.options.force {
            true => None,
            false => Some(self.refuse_incompatible(latest, &prepared)?),
        };
        if candidate.version > 0 && candidate.version != next.number() {
            return Err(Error::WrongVersion);
        }
        self.add(prepared.content, next, None, report)
    }

    /// Take a schema as it comes: with its id and version, compared with nothing, nothing added to it.
    fn import(self, id: SchemaId) -> Result<Decision, Error> {
        let prepared = self.sent.retagged(None)?.prepare(Purpose::to_import())?;
        let version = match Version::new(self.sent.candidate.version) {
            Some(version) => version,
            None => next_version(&self.history)?,
        };
        let (guid, format) = (prepared.content.guid(), prepared.content.format);
        let is_there = |past: &&Past| {
            let StoredVersion { version: number, id: its_id, .. } = past.stored;
            (number, its_id) == (version, id) && past.stored.guid == guid && past.stored.format == format
        };
        if let Some(past) = self.live.iter().find(is_there) {
            return Ok(Decision::Known(past.clone()));
        }
        self.add(prepared.content, version, Some(id), None)
    }

    fn add(
        self,
        content: Content,
        version: Version,
        id: Option<SchemaId>,
        report: Option<Report>,
    ) -> Result<Decision, Error> {
        if content.text.len() > self.schema_limit {
            return Err(Error::SchemaTooLarge);
        }
        let overwrites = self.history.iter().any(|stored| stored.version == version);
        let deleted = self.history.into_iter().filter(|stored| stored.deleted).collect();
        let addition = Addition { basis: self.basis, content, version, id, overwrites, deleted, report };
        Ok(Decision::Append(Box::new(addition)))
    }

    /// The live version that holds the schema as it was sent, whatever the mode, if it is the one that
    /// was asked for. Version -1 asks about the latest only.
    fn known_as_sent(&self) -> Option<Past> {
        if self.basis.in_force.settings.adds_to_schemas() {
            return None;
        }
        let candidate = &self.sent.candidate;
        let of_that_number = |past: &Past| past.stored.version.number() == candidate.version;
        let among = match candidate.version {
            -1 => &self.live[self.live.len().saturating_sub(1)..],
            ..=0 => &self.live[..],
            _ => match self.live.iter().position(of_that_number) {
                Some(index) => &self.live[index..=index],
                None => &[],
            },
        };
        let past = self.matcher.holding(among, self.as_sent.as_deref()?)?;
        is_what_was_asked_for(candidate, &past.stored).then(|| past.clone())
    }

    /// Parse strictly, with what the candidate leaves open taken from the latest version.
    fn prepare(&self, latest: Option<&Content>, next: Version) -> Result<Prepared, Error> {
        let in_force = &self.basis.in_force;
        let sent = self.sent.retagged(self.live.last())?;
        let mut prepared = sent.prepare(in_force.purpose(self.options.normalize))?;
        prepared.content = completed(&prepared.content, latest, &in_force.settings);
        write_version_property(&mut prepared.content, self.sent.candidate.version, next);
        Ok(prepared)
    }

    fn refuse_incompatible(&self, latest: Option<&Content>, prepared: &Prepared) -> Result<Report, Error> {
        let in_force = &self.basis.in_force;
        let compared = considered(&self.live, in_force, &prepared.content);
        let earlier = Earlier { compared: &compared, numbered: &self.numbered, latest };
        let checked = compare(in_force, earlier, prepared, Extent::FirstRefusal);
        if checked.is_compatible() {
            return Ok(checked.report);
        }
        let (format, guid) = (prepared.content.format, prepared.content.guid());
        let subject = self.sent.subject.clone();
        Err(Error::Incompatible(Box::new(Incompatible { subject, format, guid, checked })))
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
    Candidate {
        text: Some(latest.text.clone()),
        format: Ok(latest.format),
        references: references.collect(),
        ..candidate.clone()
    }
}

/// The registry writes a schema's own version into its metadata when the caller asked for a version,
/// or when the property is already there.
fn write_version_property(content: &mut Content, asked_for: i32, version: Version) {
    let present = content.metadata.as_ref().is_some_and(|m| m.property(VERSION_PROPERTY).is_some());
    if asked_for != 0 || present {
        let metadata = content.metadata.get_or_insert_with(Metadata::default);
        metadata.properties.insert(VERSION_PROPERTY.to_owned(), version.to_string());
    }
}

/// Lock the subject and everything the new version refers to, so that none of it can be deleted
/// before this is written.
async fn lock(
    tx: &mut Tx,
    subject: &Subject,
    referenced: impl Iterator<Item = Subject>,
) -> Result<(), Error> {
    let mut subjects = vec![subject.clone()];
    // A subject that cannot exist cannot be locked either; resolving the reference says so.
    subjects.extend(referenced.filter(Subject::is_storable));
    Ok(tx.lock_subjects(&subjects.iter().collect::<Vec<_>>()).await?)
}
