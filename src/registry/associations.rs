//! Associations of subjects with resources: which there are.

use std::sync::Arc;

use crate::model::{
    Association, AssociationFilter, AssociationType, Content, Context, Guid, InvalidProperty, Lifecycle,
    Resource, SchemaId, Subject, Timestamp, Version,
};
use crate::store::Associated;

use super::register::Rehearsed;
use super::{Error, Found, Registered, Registry, ResourceRequest};

/// How to make or end associations.
#[derive(Debug, Clone)]
pub struct Associating {
    /// Where subjects are that name no context.
    pub context: Context,
    /// Check everything and write nothing.
    pub dry_run: bool,
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

impl Registry {
    /// One page of the associations of a subject or of resources, sorted.
    ///
    /// # Errors
    /// When the store fails. What nobody knows has none.
    pub async fn list_associations(
        &self,
        of: Associated<'_>,
        filter: &AssociationFilter,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Association>, Error> {
        Ok(self.store.read().await?.associations(of, filter, offset, limit).await?)
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
            Associated::called(&resource.namespace, &resource.name)
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
