//! Exporters: told what to do here, worked on by `export`.

use std::collections::BTreeMap;

use crate::model::{Context, ContextType, Exporter, ExporterState, Progress, Scope, Subject, Version};
use crate::store::{Change, Claimed};

use super::{Caller, Error, Found, Registry};

/// How many exporters there may be.
const MOST_EXPORTERS: usize = 1_000;
/// How many changes are handed out at a time.
const CHANGES_AT_ONCE: u32 = 500;

/// What of an exporter is to be changed; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct ExporterChange {
    /// How contexts are named in the target.
    pub context_type: Option<ContextType>,
    /// The context in the target.
    pub context: Option<Context>,
    /// Which subjects.
    pub subjects: Option<Vec<String>>,
    /// Their names in the target.
    pub rename_format: Option<String>,
    /// How to reach the target.
    pub config: Option<BTreeMap<String, String>>,
}

impl Registry {
    /// The names of all exporters, sorted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_exporters(&self) -> Result<Vec<String>, Error> {
        Ok(self.store.read().await?.exporter_names().await?)
    }

    /// An exporter and how far it is.
    ///
    /// # Errors
    /// [`Error::ExporterNotFound`].
    pub async fn exporter(&self, name: &str) -> Result<(Exporter, Progress), Error> {
        let found = self.store.read().await?.exporter(name).await?;
        found.ok_or_else(|| Error::ExporterNotFound(name.to_owned()))
    }

    /// Add an exporter; it starts at once, from the first change on.
    ///
    /// # Errors
    /// When something is wrong with it, the name is taken, or there are too many.
    pub async fn create_exporter(&self, exporter: &Exporter, caller: &Caller) -> Result<(), Error> {
        exporter.check()?;
        let mut tx = self.store.write(caller).await?;
        // Whoever creates one locks this first: on Postgres two could otherwise both see a free name.
        tx.lock_subjects(&[Scope::global().subject()]).await?;
        let names = tx.exporter_names().await?;
        if names.contains(&exporter.name) {
            return Err(Error::ExporterExists(exporter.name.clone()));
        }
        if names.len() >= MOST_EXPORTERS {
            return Err(Error::TooManyExporters(MOST_EXPORTERS));
        }
        tx.put_exporter(exporter).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Change an exporter. It goes on from where it is; to export under new names what is exported
    /// already, reset it.
    ///
    /// # Errors
    /// When there is none, or something would be wrong with it.
    pub async fn change_exporter(
        &self,
        name: &str,
        change: ExporterChange,
        caller: &Caller,
    ) -> Result<(), Error> {
        let mut tx = self.store.write(caller).await?;
        tx.lock_subjects(&[Scope::global().subject()]).await?;
        let (recorded, _) =
            tx.exporter(name).await?.ok_or_else(|| Error::ExporterNotFound(name.to_owned()))?;
        let exporter = Exporter {
            context_type: change.context_type.unwrap_or(recorded.context_type),
            context: change.context.unwrap_or(recorded.context),
            subjects: change.subjects.unwrap_or(recorded.subjects),
            rename_format: change.rename_format.unwrap_or(recorded.rename_format),
            config: change.config.unwrap_or(recorded.config),
            name: recorded.name,
        };
        exporter.check()?;
        tx.put_exporter(&exporter).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tell an exporter to pause or to go on; with `restart` from the first change on, unless it is paused: then
    /// it starts over once it is told to go on.
    ///
    /// # Errors
    /// [`Error::ExporterNotFound`].
    pub async fn command_exporter(
        &self,
        name: &str,
        state: ExporterState,
        restart: bool,
        caller: &Caller,
    ) -> Result<(), Error> {
        let mut tx = self.store.write(caller).await?;
        if !tx.command_exporter(name, state, restart).await? {
            return Err(Error::ExporterNotFound(name.to_owned()));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Remove an exporter. What it has exported stays where it is.
    ///
    /// # Errors
    /// [`Error::ExporterNotFound`].
    pub async fn delete_exporter(&self, name: &str, caller: &Caller) -> Result<(), Error> {
        let mut tx = self.store.write(caller).await?;
        if !tx.delete_exporter(name).await? {
            return Err(Error::ExporterNotFound(name.to_owned()));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Take over the exporters that have something to do, until `until`. Writes only if there are any.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim_exporters(
        &self,
        node: &str,
        until: i64,
        caller: &Caller,
    ) -> Result<Vec<Claimed>, Error> {
        if !self.store.read().await?.exporters_are_due(node, caller.now).await? {
            return Ok(Vec::new());
        }
        let mut tx = self.store.write(caller).await?;
        let claimed = tx.claim_exporters(node, until).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Note how far an exporter got; `false` when it is not this node's any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn advance_exporter(
        &self,
        node: &str,
        claimed: &Claimed,
        position: i64,
        until: i64,
        caller: &Caller,
    ) -> Result<bool, Error> {
        let mut tx = self.store.write(caller).await?;
        let is_ours = tx.advance_exporter(node, claimed, position, until).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    /// Note why an attempt failed, and when to try again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fail_exporter(
        &self,
        node: &str,
        claimed: &Claimed,
        trace: &str,
        retry_at: i64,
        caller: &Caller,
    ) -> Result<(), Error> {
        let mut tx = self.store.write(caller).await?;
        tx.fail_exporter(node, claimed, trace, retry_at).await?;
        Ok(tx.commit().await?)
    }

    /// Let other nodes go on with what this one has claimed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn release_exporters(&self, node: &str, caller: &Caller) -> Result<(), Error> {
        let mut tx = self.store.write(caller).await?;
        tx.release_exporters(node).await?;
        Ok(tx.commit().await?)
    }

    /// The next changes after number `position`, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn changes_after(&self, position: i64) -> Result<Vec<Change>, Error> {
        Ok(self.store.read().await?.changes_after(position, CHANGES_AT_ONCE).await?)
    }

    /// A version of exactly this subject, soft-deleted or not; `None` when it was purged.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stored(&self, subject: &Subject, version: Version) -> Result<Option<Found>, Error> {
        let mut tx = self.store.read().await?;
        match tx.version(subject, version).await? {
            Some(stored) => self.found(&mut tx, subject, stored).await.map(Some),
            None => Ok(None),
        }
    }
}
