//! Associations of subjects with resources: list, make, end.
//!
//! Registering a schema is a transaction of its own, so associations that bring schemas take several.
//! Everything is checked first, the schemas as if they were registered; then the schemas are registered;
//! then everything is checked again under locks, and the associations are written together. Whoever is
//! refused at first has changed nothing. Only who loses a race in between leaves schemas behind, and no
//! association; the same request again finds them registered.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::model::{
    Association, AssociationFilter, AssociationType, Content, Context, Guid, InvalidProperty, Lifecycle,
    Mode, Resource, SchemaId, Scope, Subject, Timestamp, Version, mode_in_force,
};
use crate::store::{Associated, Tx};

use super::association_rules::{
    Schemas, Settled, Standing, SubjectStanding, Wanted, already_associated, check, read, settle,
};
use super::delete::{check_erasable, erase};
use super::register::Rehearsed;
use super::settings::is_writable;
use super::{
    AssociationWish, Caller, Error, Found, Intent, RegisterOptions, Registered, Registry, ResourceRequest,
    verdicts,
};

/// How many operations on one resource may stand in one request.
const MOST_OPS: usize = 100;

/// How to make or end associations.
#[derive(Debug, Clone)]
pub struct Associating {
    /// Where subjects are that name no context.
    pub context: Context,
    /// Check everything and write nothing.
    pub dry_run: bool,
}

/// One of several changes to the associations of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssociationOp {
    /// Make an association.
    Create(AssociationWish),
    /// Make one, or go on with the one there is.
    Upsert(AssociationWish),
    /// End one.
    Delete {
        /// Its type; the value's when left out.
        part: Option<String>,
        /// Delete the subject as well if it belongs to the resource alone.
        cascade: bool,
    },
}

/// A resource and subjects that belong to it.
#[derive(Debug, Clone)]
pub struct AssociatedResource {
    /// The resource.
    pub resource: Resource,
    /// The subjects.
    pub subjects: Vec<AssociatedSubject>,
}

/// A subject that belongs to a resource.
#[derive(Debug, Clone)]
pub struct AssociatedSubject {
    /// The subject.
    pub subject: Subject,
    /// Which part of a message it describes.
    pub part: AssociationType,
    /// How long the association lives.
    pub lifecycle: Lifecycle,
    /// The schema that was registered with it, or its latest one.
    pub schema: Option<AssociatedSchema>,
}

/// A schema of an associated subject.
#[derive(Debug, Clone)]
pub struct AssociatedSchema {
    /// Its number in the subject.
    pub version: Version,
    /// Its number in the context; none when it was not registered because nothing was to be written.
    pub id: Option<SchemaId>,
    /// The hash of its content.
    pub guid: Guid,
    /// Its content.
    pub content: Arc<Content>,
    /// When it was registered and whether it is soft-deleted, if it was there before.
    pub existing: Option<(Timestamp, bool)>,
}

/// Operations on one resource that are applied together.
enum Group {
    Associate(Intent, Vec<Wanted>),
    Dissociate { parts: Vec<AssociationType>, cascade: bool },
}

impl Registry {
    /// One page of the associations of a subject, sorted by resource.
    ///
    /// # Errors
    /// When the store fails. A subject that nobody knows has none.
    pub async fn associations_of_subject(
        &self,
        subject: &Subject,
        filter: &AssociationFilter,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Association>, Error> {
        let mut tx = self.store.read().await?;
        Ok(tx.associations(Associated::Subject(subject), filter, offset, limit).await?)
    }

    /// One page of the associations of the resource with this id.
    ///
    /// # Errors
    /// When the store fails. A resource that nobody knows has none.
    pub async fn associations_of_resource(
        &self,
        id: &str,
        filter: &AssociationFilter,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Association>, Error> {
        let mut tx = self.store.read().await?;
        Ok(tx.associations(Associated::Resource(id), filter, offset, limit).await?)
    }

    /// One page of the associations of the resources that are called so; [`Resource::ANY`] stands for
    /// any name and for any namespace.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn associations_by_name(
        &self,
        namespace: &str,
        name: &str,
        filter: &AssociationFilter,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Association>, Error> {
        let mut tx = self.store.read().await?;
        Ok(tx.associations(called(namespace, name), filter, offset, limit).await?)
    }

    /// The resource of this id, or else of this name and namespace, and the subjects that belong to it;
    /// none when nobody knows it. `with_schemas` adds their latest schemas. Without a filter nothing
    /// matches.
    ///
    /// # Errors
    /// When neither id nor name says which resource is meant, or several are called so.
    pub async fn associated_resource(
        &self,
        request: ResourceRequest,
        filter: Option<&AssociationFilter>,
        with_schemas: bool,
    ) -> Result<AssociatedResource, Error> {
        let ResourceRequest { name, namespace, id, .. } = request;
        let resource = Resource {
            kind: filter.map(|filter| filter.kind).unwrap_or_default(),
            id: id.unwrap_or_default(),
            name: name.unwrap_or_default(),
            namespace: namespace.unwrap_or_default(),
        };
        if resource.id.is_empty() && (resource.name.is_empty() || resource.namespace.is_empty()) {
            return Err(InvalidProperty::new("resourceId", "cannot be null or empty").into());
        }
        let Some(filter) = filter else { return Ok(AssociatedResource { resource, subjects: Vec::new() }) };
        let of = if resource.id.is_empty() {
            called(&resource.namespace, &resource.name)
        } else {
            Associated::Resource(&resource.id)
        };
        let mut tx = self.store.read().await?;
        // A resource has one association of a type: more of them are of several resources.
        let found = tx.associations(of, filter, 0, AssociationType::ALL.len() + 1).await?;
        let Some(known) = found.first().map(|association| association.resource.clone()) else {
            return Ok(AssociatedResource { resource, subjects: Vec::new() });
        };
        if found.iter().any(|association| association.resource != known) {
            return Err(InvalidProperty::new("resourceName", "is that of several resources").into());
        }
        let mut subjects = Vec::with_capacity(found.len());
        for Association { subject, part, lifecycle, .. } in found {
            let latest = if with_schemas { tx.latest(&subject).await? } else { None };
            let schema = match latest {
                Some(stored) => Some(self.found(&mut tx, &subject, stored).await?.into()),
                None => None,
            };
            subjects.push(AssociatedSubject { subject, part, lifecycle, schema });
        }
        Ok(AssociatedResource { resource: known, subjects })
    }

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
            if !is_writable(&mut tx, &Scope::of(subject)).await? {
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

    /// Apply operations on one resource in their order, neighbours of one kind as one. The first that
    /// is refused ends the request; what came before it stays. When nothing is to be written each kind
    /// is checked against what there is now.
    ///
    /// # Errors
    /// When the request says something that cannot be, in which case nothing was applied, or when an
    /// operation is refused.
    pub async fn mutate_associations(
        &self,
        request: ResourceRequest,
        ops: Vec<AssociationOp>,
        how: &Associating,
        caller: &Caller,
    ) -> Result<AssociatedResource, Error> {
        let resource = request.read(!how.dry_run)?;
        let groups = groups(ops, &how.context)?;
        let mut subjects = Vec::new();
        for group in groups {
            match group {
                Group::Associate(intent, wanted) => {
                    let made = self.associate_wanted(intent, &resource, &wanted, how.dry_run, caller);
                    subjects.extend(made.await?);
                }
                Group::Dissociate { parts, cascade } => {
                    let filter = AssociationFilter { kind: resource.kind, parts, lifecycle: None };
                    self.dissociate(&resource.id, Some(&filter), cascade, how.dry_run, caller).await?;
                }
            }
        }
        Ok(AssociatedResource { resource, subjects })
    }

    async fn associate_wanted(
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

fn called<'a>(namespace: &'a str, name: &'a str) -> Associated<'a> {
    let given = |word: &'a str| Some(word).filter(|word| *word != Resource::ANY);
    Associated::Named { name: given(name), namespace: given(namespace) }
}

/// Neighbours of one kind together; every word is read.
fn groups(ops: Vec<AssociationOp>, context: &Context) -> Result<Vec<Group>, Error> {
    enum Pending {
        Associate(Intent, Vec<AssociationWish>),
        Dissociate { parts: Vec<AssociationType>, cascade: bool },
    }
    if ops.is_empty() {
        return Err(InvalidProperty::new("associations", "cannot be null or empty").into());
    }
    if ops.len() > MOST_OPS {
        return Err(InvalidProperty::new("associations", format!("exceeds max length of {MOST_OPS}")).into());
    }
    let mut pending: Vec<Pending> = Vec::new();
    for op in ops {
        let (intent, wish) = match op {
            AssociationOp::Create(wish) => (Intent::Create, wish),
            AssociationOp::Upsert(wish) => (Intent::Upsert, wish),
            AssociationOp::Delete { part, cascade } => {
                let part = AssociationType::read(part.as_deref())?;
                match pending.last_mut() {
                    Some(Pending::Dissociate { parts, cascade: before }) if *before == cascade => {
                        parts.push(part);
                    }
                    _ => pending.push(Pending::Dissociate { parts: vec![part], cascade }),
                }
                continue;
            }
        };
        match pending.last_mut() {
            Some(Pending::Associate(before, wishes)) if *before == intent => wishes.push(wish),
            _ => pending.push(Pending::Associate(intent, vec![wish])),
        }
    }
    let group = |pending| {
        Ok(match pending {
            Pending::Associate(intent, wishes) => Group::Associate(intent, read(wishes, context)?),
            Pending::Dissociate { parts, cascade } => Group::Dissociate { parts, cascade },
        })
    };
    pending.into_iter().map(group).collect()
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
        let mode = mode_in_force(tx.modes_along(subject).await?);
        let known = SubjectStanding {
            is_read_only: !is_writable(tx, &Scope::of(subject)).await?,
            is_importing: is_importing(mode),
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

fn is_importing(mode: Mode) -> bool {
    mode.as_str() == "IMPORT"
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

impl From<Rehearsed> for AssociatedSchema {
    fn from(rehearsed: Rehearsed) -> AssociatedSchema {
        match rehearsed {
            Rehearsed::Known(registered) => registered.into(),
            Rehearsed::New { version, content } => AssociatedSchema {
                version,
                id: None,
                guid: content.guid(),
                content: Arc::new(content),
                existing: None,
            },
        }
    }
}

impl From<Registered> for AssociatedSchema {
    fn from(registered: Registered) -> AssociatedSchema {
        AssociatedSchema {
            version: registered.version,
            id: Some(registered.id),
            guid: registered.guid,
            content: registered.content,
            existing: registered.existing,
        }
    }
}

impl From<Found> for AssociatedSchema {
    fn from(found: Found) -> AssociatedSchema {
        AssociatedSchema {
            version: found.version,
            id: Some(found.id),
            guid: found.guid,
            content: found.content,
            existing: Some((found.created_at, found.deleted)),
        }
    }
}
