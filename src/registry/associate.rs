//! Associate a resource with subjects.
//!
//! Registering a schema is a transaction of its own, so associations that bring schemas take several.
//! Everything is checked first, the schemas as if they were registered; then the schemas are registered;
//! then everything is checked again under locks, and the associations are written together. Whoever is
//! refused at first has changed nothing. Only who loses a race in between leaves schemas behind, and no
//! association; the same request again finds them registered.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::{Association, AssociationFilter, Lifecycle, Mode, Resource, Subject};
use crate::store::{Associated, Tx};

use super::association_rules::{
    Schemas, Settled, Standing, SubjectStanding, Wanted, already_associated, check, read, settle,
};
use super::register::Rehearsed;
use super::settings::mode_of;
use super::{
    AssociatedResource, AssociatedSchema, AssociatedSubject, Associating, AssociationWish, Caller, Error,
    Intent, RegisterOptions, Registry, ResourceRequest, verdicts,
};

impl Registry {
    /// Associate a resource with subjects, registering the schemas that come with them. Answers with
    /// what was asked for, as it is then.
    ///
    /// # Errors
    /// When a rule of associations stands against it, or a schema cannot be registered.
    pub async fn associate(
        &self,
        intent: Intent,
        request: ResourceRequest,
        wishes: Vec<AssociationWish>,
        how: &Associating,
        caller: &Caller,
    ) -> Result<AssociatedResource, Error> {
        let resource = request.read(!how.dry_run)?;
        let wanted = read(wishes, &how.context)?;
        let subjects = self.associate_wanted(intent, &resource, &wanted, how.dry_run, caller).await?;
        Ok(AssociatedResource { resource, subjects })
    }

    pub(super) async fn associate_wanted(
        &self,
        intent: Intent,
        resource: &Resource,
        wanted: &[Wanted],
        dry_run: bool,
        caller: &Caller,
    ) -> Result<Vec<AssociatedSubject>, Error> {
        let mut tx = self.store.read().await?;
        let of_resource = of_resource(&mut tx, resource).await?;
        let settled = settle(intent, resource, wanted, &of_resource)?;
        let standing = standing(&mut tx, of_resource, &settled).await?;
        drop(tx);
        check(intent, resource, &settled, &standing, Schemas::Pending)?;
        let mut schemas = self.rehearse_all(intent, resource, wanted, &settled, dry_run, caller).await?;
        if !dry_run {
            schemas = self.register_all(wanted, &settled, caller).await?;
            if settled.iter().any(|one| one.existing.is_none()) {
                self.write_associations(intent, resource, wanted, caller).await?;
            }
        }
        let with_schema = settled.into_iter().zip(schemas);
        Ok(with_schema
            .map(|(Settled { part, subject, lifecycle, .. }, schema)| AssociatedSubject {
                subject,
                part,
                lifecycle,
                schema,
            })
            .collect())
    }

    /// What registering the schemas would lead to, before any of them is.
    async fn rehearse_all(
        &self,
        intent: Intent,
        resource: &Resource,
        wanted: &[Wanted],
        settled: &[Settled],
        dry_run: bool,
        caller: &Caller,
    ) -> Result<Vec<Option<AssociatedSchema>>, Error> {
        let mut schemas = Vec::with_capacity(settled.len());
        for (wanted, settled) in wanted.iter().zip(settled) {
            let Some(candidate) = wanted.schema.clone() else {
                schemas.push(None);
                continue;
            };
            let rehearsed = self.rehearse(&settled.subject, candidate, options(wanted)).await;
            if let (Err(Error::Incompatible(refused)), false) = (&rehearsed, dry_run) {
                verdicts::count(&refused.checked.report, refused.format);
                self.note_refusal(refused, caller);
            }
            let rehearsed = rehearsed.map_err(in_an_association)?;
            if intent == Intent::Create
                && settled.existing.is_some()
                && matches!(rehearsed, Rehearsed::New { .. })
            {
                // The same association with another schema is not the same.
                return Err(already_associated(settled.part, resource));
            }
            schemas.push(Some(rehearsed.into()));
        }
        Ok(schemas)
    }

    async fn register_all(
        &self,
        wanted: &[Wanted],
        settled: &[Settled],
        caller: &Caller,
    ) -> Result<Vec<Option<AssociatedSchema>>, Error> {
        let mut schemas = Vec::with_capacity(settled.len());
        for (wanted, settled) in wanted.iter().zip(settled) {
            schemas.push(match wanted.schema.clone() {
                Some(candidate) => {
                    let registered =
                        self.register(&settled.subject, candidate, options(wanted), caller).await;
                    Some(registered.map_err(in_an_association)?.into())
                }
                None => None,
            });
        }
        Ok(schemas)
    }

    async fn write_associations(
        &self,
        intent: Intent,
        resource: &Resource,
        wanted: &[Wanted],
        caller: &Caller,
    ) -> Result<(), Error> {
        let mut tx = self.store.write(caller).await?;
        tx.lock_associations().await?;
        let of_resource = of_resource(&mut tx, resource).await?;
        let settled = settle(intent, resource, wanted, &of_resource)?;
        tx.lock_subjects(&settled.iter().map(|one| &one.subject).collect::<Vec<_>>()).await?;
        let standing = standing(&mut tx, of_resource, &settled).await?;
        check(intent, resource, &settled, &standing, Schemas::Registered)?;
        for one in settled.into_iter().filter(|one| one.existing.is_none()) {
            tx.add_association(&Association {
                subject: one.subject,
                guid: Uuid::new_v4().to_string(),
                resource: resource.clone(),
                part: one.part,
                lifecycle: one.lifecycle,
                created_at: caller.now,
                updated_at: caller.now,
            })
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn of_resource(tx: &mut Tx, resource: &Resource) -> Result<Vec<Association>, Error> {
    if resource.id.is_empty() {
        return Ok(Vec::new());
    }
    let all = AssociationFilter { kind: resource.kind, ..AssociationFilter::default() };
    Ok(tx.associations(Associated::Resource(&resource.id), &all, 0, usize::MAX).await?)
}

async fn standing(
    tx: &mut Tx,
    of_resource: Vec<Association>,
    settled: &[Settled],
) -> Result<Standing, Error> {
    let mut subjects = BTreeMap::new();
    for Settled { subject, .. } in settled {
        let mode = mode_of(tx, subject).await?;
        let known = SubjectStanding {
            is_read_only: mode.is_read_only(),
            is_importing: mode == Mode::Import,
            is_live: tx.latest(subject).await?.is_some(),
            associations: others(tx, subject).await?,
            referenced: tx.referred(subject, true, false).await?.first().copied(),
        };
        subjects.insert(subject.clone(), known);
    }
    Ok(Standing { of_resource, subjects })
}

/// As many associations of the subject as any rule has to see: one that is strong, and one of another
/// resource or type than the one in question.
async fn others(tx: &mut Tx, subject: &Subject) -> Result<Vec<Association>, Error> {
    let of = Associated::Subject(subject);
    let strong = AssociationFilter { lifecycle: Some(Lifecycle::Strong), ..AssociationFilter::default() };
    let mut found = tx.associations(of, &strong, 0, 2).await?;
    found.extend(tx.associations(of, &AssociationFilter::default(), 0, 2).await?);
    Ok(found)
}

fn options(wanted: &Wanted) -> RegisterOptions {
    RegisterOptions { normalize: wanted.normalize, ..RegisterOptions::default() }
}

/// A schema that does not go together with earlier ones is told in fewer words here.
fn in_an_association(error: Error) -> Error {
    match error {
        Error::Incompatible(refused) => Error::IncompatibleAssociated(refused),
        other => other,
    }
}
