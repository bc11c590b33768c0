//! End associations of a resource.

use crate::model::{Association, AssociationFilter, Lifecycle, Subject};
use crate::store::Associated;

use super::delete::{check_erasable, erase};
use super::settings::mode_of;
use super::{Caller, Error, Registry};

impl Registry {
    /// End the associations of a resource that `filter` takes, if there are any; without a filter there
    /// are none. `cascade` is needed where a subject belongs to the resource alone: it is deleted then,
    /// for good.
    ///
    /// # Errors
    /// When there is none, one is frozen, or a subject may not be written or deleted.
    pub async fn dissociate(
        &self,
        resource_id: &str,
        filter: Option<&AssociationFilter>,
        cascade: bool,
        dry_run: bool,
        caller: &Caller,
    ) -> Result<(), Error> {
        let missing = || Error::AssociationNotFound(resource_id.to_owned());
        let filter = filter.ok_or_else(missing)?;
        let mut tx = if dry_run { self.store.read().await? } else { self.store.write(caller).await? };
        if !dry_run {
            tx.lock_associations().await?;
        }
        let found = tx.associations(Associated::Resource(resource_id), filter, 0, usize::MAX).await?;
        if found.is_empty() {
            return Err(missing());
        }
        if !dry_run {
            let subjects: Vec<&Subject> = found.iter().map(|association| &association.subject).collect();
            tx.lock_subjects(&subjects).await?;
        }
        for Association { subject, part, lifecycle, .. } in &found {
            if mode_of(&mut tx, subject).await?.is_read_only() {
                return Err(Error::ReadOnlyAssociated(subject.clone()));
            }
            match (lifecycle, cascade) {
                (Lifecycle::Strong, true) => check_erasable(&mut tx, subject).await?,
                (Lifecycle::Strong, false) => {
                    return Err(Error::AssociationFrozen { part: *part, subject: subject.clone() });
                }
                (Lifecycle::Weak, _) => {}
            }
        }
        if dry_run {
            return Ok(());
        }
        for association in &found {
            tx.delete_association(association).await?;
            if association.lifecycle == Lifecycle::Strong {
                erase(&mut tx, &association.subject, "the resource it belonged to let go of it").await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}
