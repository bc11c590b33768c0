//! Several changes to the associations of one resource, one after the other.

use crate::model::{AssociationFilter, AssociationType, Context, InvalidProperty};

use super::association_rules::{Wanted, read};
use super::{
    AssociatedResource, Associating, AssociationWish, Caller, Error, Intent, Registry, ResourceRequest,
};

/// How many operations on one resource may stand in one request.
const MOST_OPS: usize = 100;

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

/// Operations on one resource that are applied together.
enum Group {
    Associate(Intent, Vec<Wanted>),
    Dissociate { parts: Vec<AssociationType>, cascade: bool },
}

impl Registry {
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
