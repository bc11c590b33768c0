//! Soft deletes and purges. Soft-deleted versions keep their number and id; purged ones are gone
//! from the wire, while their content and a tombstone stay in the store.

use crate::model::{Scope, Subject, Version, VersionRef};
use crate::store::{StoreError, StoredVersion, Tx};

use super::read::not_found;
use super::settings::check_writable;
use super::{Caller, Error, Registry};

impl Registry {
    /// Soft-delete every live version of a subject; answers with those. Its settings and mode stay.
    ///
    /// # Errors
    /// When the subject is unknown, already deleted, read-only or associated with a resource, or another
    /// live schema refers to one of the versions.
    pub async fn soft_delete_subject(
        &self,
        subject: &Subject,
        caller: &Caller,
    ) -> Result<Vec<Version>, Error> {
        let mut tx = self.store.write(caller).await?;
        lock(&mut tx, std::slice::from_ref(subject)).await?;
        let history = known_history(&mut tx, subject).await?;
        let live: Vec<Version> = history.iter().filter(|s| !s.deleted).map(|s| s.version).collect();
        if live.is_empty() {
            return Err(Error::SubjectAlreadyDeleted(subject.clone()));
        }
        check_writable(&mut tx, &Scope::of(subject)).await?;
        check_unassociated(&mut tx, subject).await?;
        let referred = tx.referred(subject, true, true).await?;
        if let Some(version) = live.iter().find(|version| referred.contains(version)) {
            return Err(Error::Referenced(subject.clone(), *version));
        }
        tx.soft_delete(subject, &live).await?;
        tx.commit().await?;
        Ok(live)
    }

    /// Purge every version of a soft-deleted subject, with its settings and mode.
    ///
    /// # Errors
    /// When the subject is unknown, read-only, associated with a resource or has a live version, or any
    /// schema of another subject, even a soft-deleted one, refers to one of the versions.
    pub async fn purge_subject(&self, subject: &Subject, caller: &Caller) -> Result<Vec<Version>, Error> {
        let mut tx = self.store.write(caller).await?;
        lock(&mut tx, std::slice::from_ref(subject)).await?;
        let history = known_history(&mut tx, subject).await?;
        check_writable(&mut tx, &Scope::of(subject)).await?;
        check_unassociated(&mut tx, subject).await?;
        let referred = tx.referred(subject, false, true).await?;
        for stored in &history {
            if referred.contains(&stored.version) {
                return Err(Error::Referenced(subject.clone(), stored.version));
            }
            if !stored.deleted {
                return Err(Error::SubjectNotDeletedFirst(subject.clone()));
            }
        }
        let versions: Vec<Version> = history.iter().map(|stored| stored.version).collect();
        tx.purge(subject, &versions, "the subject was deleted permanently").await?;
        forget_settings(&mut tx, subject).await?;
        tx.commit().await?;
        Ok(versions)
    }

    /// Soft-delete one version; answers with its number.
    ///
    /// # Errors
    /// When the version is unknown or already deleted, the subject read-only, a live schema refers to
    /// the version, or it is the last live one of a subject that is associated with a resource.
    pub async fn soft_delete_version(
        &self,
        subject: &Subject,
        version: VersionRef,
        caller: &Caller,
    ) -> Result<Version, Error> {
        let mut tx = self.store.write(caller).await?;
        lock(&mut tx, std::slice::from_ref(subject)).await?;
        let stored = stored_version(&mut tx, subject, version).await?;
        if stored.deleted {
            return Err(Error::VersionAlreadyDeleted(subject.clone(), stored.version));
        }
        check_writable(&mut tx, &Scope::of(subject)).await?;
        check_another_is_live(&mut tx, subject, stored.version).await?;
        check_unreferenced(&mut tx, subject, stored.version, Deleted::DoNotCount).await?;
        tx.soft_delete(subject, &[stored.version]).await?;
        tx.commit().await?;
        Ok(stored.version)
    }

    /// Purge one soft-deleted version; answers with its number. With the last version go the
    /// subject's settings and mode.
    ///
    /// # Errors
    /// When the version is unknown or live, the subject read-only, or any schema refers to the
    /// version.
    pub async fn purge_version(
        &self,
        subject: &Subject,
        version: VersionRef,
        caller: &Caller,
    ) -> Result<Version, Error> {
        let mut tx = self.store.write(caller).await?;
        lock(&mut tx, std::slice::from_ref(subject)).await?;
        let stored = stored_version(&mut tx, subject, version).await?;
        check_writable(&mut tx, &Scope::of(subject)).await?;
        check_unreferenced(&mut tx, subject, stored.version, Deleted::Count).await?;
        if !stored.deleted {
            return Err(Error::VersionNotDeletedFirst(subject.clone(), stored.version));
        }
        tx.purge(subject, &[stored.version], "the version was deleted permanently").await?;
        if tx.history(subject).await?.is_empty() {
            forget_settings(&mut tx, subject).await?;
        }
        tx.commit().await?;
        Ok(stored.version)
    }
}

async fn known_history(tx: &mut Tx, subject: &Subject) -> Result<Vec<StoredVersion>, Error> {
    let history = tx.history(subject).await?;
    if history.is_empty() { Err(Error::SubjectNotFound(subject.clone())) } else { Ok(history) }
}

pub(super) async fn stored_version(
    tx: &mut Tx,
    subject: &Subject,
    version: VersionRef,
) -> Result<StoredVersion, Error> {
    let history = tx.history(subject).await?;
    let exists = !history.is_empty();
    let stored = match version {
        VersionRef::Latest => history.into_iter().rfind(|stored| !stored.deleted),
        VersionRef::Number(number) => history.into_iter().find(|stored| stored.version == number),
    };
    stored.ok_or_else(|| not_found(subject, version, exists))
}

/// Delete a subject softly and for good, with its settings and mode, as a part of deleting what it
/// belongs to. The caller has locked it.
///
/// # Errors
/// When a schema of another subject refers to one of its versions.
pub(super) async fn erase(tx: &mut Tx, subject: &Subject, reason: &'static str) -> Result<(), Error> {
    check_erasable(tx, subject).await?;
    let history = tx.history(subject).await?;
    let live: Vec<Version> = history.iter().filter(|s| !s.deleted).map(|s| s.version).collect();
    tx.soft_delete(subject, &live).await?;
    let versions: Vec<Version> = history.iter().map(|stored| stored.version).collect();
    tx.purge(subject, &versions, reason).await?;
    forget_settings(tx, subject).await
}

/// Does no schema of another subject, not even a soft-deleted one, refer to any version?
pub(super) async fn check_erasable(tx: &mut Tx, subject: &Subject) -> Result<(), Error> {
    match tx.referred(subject, false, true).await?.first() {
        Some(version) => Err(Error::Referenced(subject.clone(), *version)),
        None => Ok(()),
    }
}

/// A resource keeps its subjects.
async fn check_unassociated(tx: &mut Tx, subject: &Subject) -> Result<(), Error> {
    if tx.is_associated(subject).await? {
        return Err(Error::SubjectAssociated(subject.clone()));
    }
    Ok(())
}

/// A subject that belongs to a resource keeps a live version.
async fn check_another_is_live(tx: &mut Tx, subject: &Subject, version: Version) -> Result<(), Error> {
    if !tx.is_associated(subject).await? {
        return Ok(());
    }
    let history = tx.history(subject).await?;
    let is_last = !history.iter().any(|stored| !stored.deleted && stored.version != version);
    if is_last { Err(Error::NoLiveVersion(subject.clone())) } else { Ok(()) }
}

/// A subject without a name shares its record with its context, which outlives it.
async fn forget_settings(tx: &mut Tx, subject: &Subject) -> Result<(), Error> {
    if subject.name().is_empty() {
        return Ok(());
    }
    let scope = Scope::of(subject);
    if tx.settings(&scope).await?.is_some() {
        tx.delete_settings(&scope).await?;
    }
    if tx.mode(&scope).await?.is_some() {
        tx.delete_mode(&scope).await?;
    }
    Ok(())
}

/// Whether soft-deleted referrers protect a version too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deleted {
    Count,
    DoNotCount,
}

async fn check_unreferenced(
    tx: &mut Tx,
    subject: &Subject,
    version: Version,
    deleted: Deleted,
) -> Result<(), Error> {
    let referrers = tx.referrers(subject, version).await?;
    if referrers.iter().any(|referrer| deleted == Deleted::Count || !referrer.deleted) {
        return Err(Error::Referenced(subject.clone(), version));
    }
    Ok(())
}

/// A subject that cannot be stored has nothing to delete. The first is the one that is worked on.
pub(super) async fn lock(tx: &mut Tx, subjects: &[Subject]) -> Result<(), Error> {
    match tx.lock_subjects(&subjects.iter().collect::<Vec<_>>()).await {
        Err(StoreError::Unstorable(_)) => Err(Error::SubjectNotFound(subjects[0].clone())),
        other => Ok(other?),
    }
}
