//! Taking over what another registry holds, as it is.
//!
//! First it is found out what is missing and what stands in the way; nothing is written while something
//! does. Then what is missing is written, some versions at a time, each time in one transaction. Whatever
//! stops it in the middle, the next run finds what is there and goes on.

use std::collections::HashMap;
use std::fmt;

use super::gathered::Gathered;
use super::holdings::{Held, Holdings, count, scope, spelt};
use super::{Error, Progress};
use crate::model::{Context, Judge, JudgeSettings, Mode, SchemaId, Scope, Settings, Subject, Version};
use crate::store::{Author, BroughtVersion, Store, StoreError, StoredVersion, Tx};

/// How many versions, or scopes, are written in one transaction. Others wait meanwhile.
const BATCH: usize = 200;

/// What is to be done, and what stands in the way.
pub struct Plan {
    versions: Vec<Held>,
    settings: Vec<(Subject, Settings)>,
    modes: Vec<(Subject, Mode)>,
    contexts: Vec<(Context, i32)>,
    sets_judge: bool,
    /// The judge that somebody has recorded in a store without schemas, other than the one of the source. It
    /// stays.
    pub kept_judge: Option<Judge>,
    /// How many versions are there already, and the same.
    pub known: usize,
    /// What is there already and is something else, in sentences.
    pub conflicts: Vec<String>,
    /// Where the source contradicts itself, in sentences.
    pub contradictions: Vec<String>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Versions.
    pub versions: usize,
    /// Scopes that have settings now.
    pub settings: usize,
    /// Scopes that have a mode now.
    pub modes: usize,
    /// Was it recorded that the reference judge decides?
    pub set_judge: bool,
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Imported { versions, settings, modes, .. } = *self;
        let (settings, modes) = (count(settings, "configuration"), count(modes, "mode"));
        write!(f, "{}, {settings} and {modes}", count(versions, "version"))
    }
}

impl Plan {
    /// What carrying it out would write.
    pub fn would_import(&self) -> Imported {
        Imported {
            versions: self.versions.len(),
            settings: self.settings.len(),
            modes: self.modes.len(),
            set_judge: self.sets_judge,
        }
    }
}

/// Find out what of `source` is missing in a store.
///
/// # Errors
/// When the database fails, or holds what makes no sense.
pub async fn plan(source: &Holdings, store: &Store) -> Result<Plan, Error> {
    let mut tx = store.read().await?;
    let here = Gathered::read(&mut tx).await?;
    // Whoever has been using the store goes on being judged as before.
    let is_unused = here.contents.is_empty();
    let recorded =
        tx.judge_settings(&Scope::global()).await?.map(|settings| settings.judge.unwrap_or_default());
    // The default is what a server records by itself; anything else was asked for.
    let kept_judge =
        recorded.filter(|judge| is_unused && *judge != Judge::default() && *judge != Judge::Reference);
    let mut plan = Plan {
        versions: Vec::new(),
        settings: Vec::new(),
        modes: Vec::new(),
        contexts: Vec::new(),
        sets_judge: is_unused && kept_judge.is_none() && recorded != Some(Judge::Reference),
        kept_judge,
        known: 0,
        conflicts: Vec::new(),
        contradictions: source.ambiguous_ids(),
    };
    plan_versions(source, &here, &mut plan);
    for (place, settings) in &source.settings {
        match here.settings.get(place) {
            None => plan.settings.push((place.clone(), settings.clone())),
            Some(known) if known == settings => {}
            Some(_) => {
                plan.conflicts.push(format!("{}: another configuration is recorded here", scope(place)))
            }
        }
    }
    for (place, mode) in &source.modes {
        match here.modes.get(place) {
            None => plan.modes.push((place.clone(), *mode)),
            Some(known) if known == mode => {}
            Some(known) => {
                plan.conflicts.push(format!("{}: the mode here is {known}, not {mode}", scope(place)))
            }
        }
    }
    for (context, last_id) in &source.contexts {
        let known = here.contexts.get(context).filter(|known| !known.deleted);
        let is_there = match known {
            Some(known) => known.last_id >= i64::from(*last_id),
            // The default context is there before anything is in it.
            None => context.is_default() && *last_id == 0,
        };
        if !is_there {
            plan.contexts.push((context.clone(), *last_id));
        }
    }
    Ok(plan)
}

fn plan_versions(source: &Holdings, here: &Gathered, plan: &mut Plan) {
    let known: HashMap<(&Subject, Version), (SchemaId, bool)> = here
        .versions
        .iter()
        .map(|stored| ((&stored.subject, stored.version), (stored.id, stored.deleted)))
        .collect();
    for held in &source.versions {
        let content = (held.content.guid(), held.content.format);
        let context = held.subject.context();
        let denoted = here.ids.get(&(context.clone(), held.id)).copied();
        let id = held.id;
        match known.get(&(&held.subject, held.version)) {
            Some((known, _)) if *known != id => {
                plan.conflicts
                    .push(format!("{held}: it is here already, with the id {known} instead of {id}"));
            }
            _ if denoted.is_some_and(|denoted| denoted != content) => {
                plan.conflicts.push(format!("{held}: its id {id} denotes another schema here, or once did"));
            }
            Some((_, deleted)) if *deleted != held.deleted => {
                let (here, there) = if *deleted { ("deleted", "live") } else { ("live", "deleted") };
                plan.conflicts.push(format!("{held}: it is {here} here and {there} in the source"));
            }
            Some(_) => plan.known += 1,
            None => plan.versions.push(held.clone()),
        }
    }
}

/// Write what is missing.
///
/// # Errors
/// When something stands in the way, somebody else wrote what was to be written, something cannot be stored
/// or the database fails. What was written until then stays.
pub async fn carry_out(
    plan: &Plan,
    store: &Store,
    author: &Author,
    progress: Progress<'_>,
) -> Result<Imported, Error> {
    if let Some(contradiction) = plan.contradictions.first() {
        return Err(Error::Input(format!("the source contradicts itself: {contradiction}")));
    }
    if let Some(conflict) = plan.conflicts.first() {
        return Err(Error::Input(format!("something else is there already: {conflict}")));
    }
    if plan.sets_judge {
        let mut tx = store.write(author).await?;
        let recorded = tx.judge_settings(&Scope::global()).await?.unwrap_or_default();
        let settings = JudgeSettings { judge: Some(Judge::Reference), ..recorded };
        tx.put_judge_settings(&Scope::global(), &settings).await?;
        tx.commit().await?;
    }
    let mut done = 0;
    for batch in plan.versions.chunks(BATCH) {
        let mut tx = store.write(author).await?;
        write_versions(&mut tx, batch, author).await?;
        tx.commit().await?;
        done += batch.len();
        progress("versions imported", done, plan.versions.len());
    }
    for batch in plan.settings.chunks(BATCH) {
        let mut tx = store.write(author).await?;
        for (place, settings) in batch {
            let at = Scope::of(place);
            if tx.settings(&at).await?.is_some() {
                return Err(raced(&scope(place)));
            }
            tx.put_settings(&at, settings).await?;
        }
        tx.commit().await?;
    }
    let mut tx = store.write(author).await?;
    for (context, last_id) in &plan.contexts {
        tx.open_context(context, *last_id).await?;
    }
    tx.commit().await?;
    // Last, as a mode may forbid to write.
    for batch in plan.modes.chunks(BATCH) {
        let mut tx = store.write(author).await?;
        for (place, mode) in batch {
            let at = Scope::of(place);
            if tx.mode(&at).await?.is_some() {
                return Err(raced(&scope(place)));
            }
            tx.put_mode(&at, *mode).await?;
        }
        tx.commit().await?;
    }
    Ok(plan.would_import())
}

async fn write_versions(tx: &mut Tx, batch: &[Held], author: &Author) -> Result<(), Error> {
    let subjects: Vec<&Subject> = batch.iter().map(|held| &held.subject).collect();
    tx.lock_subjects(&subjects).await?;
    for held in batch {
        if let Some(known) = tx.version(&held.subject, held.version).await? {
            if is_same(held, &known) {
                continue;
            }
            return Err(raced(&held.to_string()));
        }
        let unstorable = |error: StoreError| match error {
            StoreError::Unstorable(sentence) => StoreError::Unstorable(format!("{held}: {sentence}")),
            other => other,
        };
        let interned = tx.intern_as(held.subject.context(), held.id, &held.content).await;
        if !interned.map_err(unstorable)? {
            return Err(raced(&format!("the id {} for {}", held.id, spelt(&held.subject))));
        }
        let brought = BroughtVersion {
            version: held.version,
            id: held.id,
            deleted: held.deleted,
            created_at: held.created_at.unwrap_or(author.now),
        };
        tx.append_brought(&held.subject, &brought).await.map_err(unstorable)?;
    }
    Ok(())
}

fn is_same(held: &Held, known: &StoredVersion) -> bool {
    known.id == held.id
        && known.deleted == held.deleted
        && known.format == held.content.format
        && known.guid == held.content.guid()
}

fn raced(what: &str) -> Error {
    Error::Raced(format!("somebody else wrote {what} meanwhile: run it again to see what stands in the way"))
}
