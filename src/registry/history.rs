//! A subject's versions with everything that comparing with them needs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::compat::Previous;
use crate::model::Depth;
use crate::model::{Content, Context, Guid, Level, Reference, SchemaId, Subject};
use crate::schema::{Dependency, ParseError, Schema};
use crate::store::{StoreError, StoredVersion, Tx};

use super::cache::Known;
use super::parsed::ParsedSchemas;
use super::references::Unresolved;
use super::{InForce, Registry};

/// How many contents are asked for at a time.
const CHUNK: usize = 500;

/// A version that can be parsed without the store.
#[derive(Clone)]
pub(super) struct Past {
    pub(super) stored: StoredVersion,
    pub(super) content: Arc<Content>,
    guid: Guid,
    parsed: Arc<ParsedSchemas>,
    dependencies: Result<Arc<[Dependency]>, ParseError>,
}

impl Past {
    /// Parse as a stored schema, or remember having done so.
    ///
    /// # Errors
    /// When the text, or what it stands on, is not what today's parser accepts.
    pub(super) fn parse(&self) -> Result<Schema, ParseError> {
        let dependencies = self.dependencies.as_ref().map_err(ParseError::clone)?;
        self.parsed.parse(self.guid, &self.content, dependencies)
    }

    /// As the compatibility floor wants it.
    pub(super) fn previous(&self) -> Previous {
        let StoredVersion { version, deleted: is_deleted, .. } = self.stored;
        Previous { version, is_deleted, schema: self.parse() }
    }
}

/// The live versions that comparing may have to look at, oldest first. Where versions are compared in
/// groups, only their contents tell which those are: [`considered`] chooses among them.
pub(super) fn to_compare(history: &[StoredVersion], in_force: &InForce) -> Vec<StoredVersion> {
    let live: Vec<StoredVersion> = history.iter().filter(|stored| !stored.deleted).copied().collect();
    let wanted = match in_force.settings.group {
        Some(_) if in_force.level != Level::None => live.len(),
        _ => looked_at(live.len(), in_force.level),
    };
    live[live.len() - wanted..].to_vec()
}

/// Those of `live` (oldest first) that a new schema is compared with: of its group, as many as the level
/// looks at.
pub(super) fn considered(live: &[Past], in_force: &InForce, new: &Content) -> Vec<Past> {
    let of_group = live.iter().filter(|past| match in_force.settings.group.as_deref() {
        Some(group) => group_of(&past.content, group) == group_of(new, group),
        None => true,
    });
    let of_group: Vec<Past> = of_group.cloned().collect();
    let wanted = looked_at(of_group.len(), in_force.level);
    of_group[of_group.len() - wanted..].to_vec()
}

fn group_of<'a>(content: &'a Content, property: &str) -> Option<&'a str> {
    content.metadata.as_ref().and_then(|metadata| metadata.property(property))
}

/// How many of so many versions a level looks at.
fn looked_at(live: usize, level: Level) -> usize {
    match (level, level.depth()) {
        (Level::None, _) => 0,
        (_, Depth::Latest) => live.min(1),
        (_, Depth::All) => live,
    }
}

impl Registry {
    /// Every version whose numbers a new schema must respect: of Protobuf all there are, soft-deleted
    /// ones included, since their data may still be around; of other formats none.
    pub(super) async fn numbered(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        history: &[StoredVersion],
        is_protobuf: bool,
        level: Level,
    ) -> Result<Vec<Past>, StoreError> {
        match is_protobuf && level != Level::None {
            true => self.pasts(tx, subject, history).await,
            false => Ok(Vec::new()),
        }
    }

    /// The content of a stored version, from memory where possible.
    pub(super) async fn content_of(
        &self,
        tx: &mut Tx,
        context: &Context,
        stored: &StoredVersion,
    ) -> Result<Known, StoreError> {
        if let Some(known) = self.cache.get(context, stored.id) {
            return Ok(known);
        }
        let content = tx.content(context, stored.id).await?.ok_or_else(|| without_content(stored))?;
        Ok(self.cache.keep(context, stored.id, content))
    }

    /// The contents of many ids, from memory where possible.
    pub(super) async fn contents_of(
        &self,
        tx: &mut Tx,
        context: &Context,
        versions: &[StoredVersion],
    ) -> Result<HashMap<SchemaId, Known>, StoreError> {
        let mut found = HashMap::new();
        let mut unknown = Vec::new();
        for stored in versions {
            match self.cache.get(context, stored.id) {
                Some(known) => {
                    found.insert(stored.id, known);
                }
                None => unknown.push(stored.id),
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        for chunk in unknown.chunks(CHUNK) {
            for (id, content) in tx.contents(context, chunk).await? {
                found.insert(id, self.cache.keep(context, id, content));
            }
        }
        match versions.iter().find(|stored| !found.contains_key(&stored.id)) {
            Some(stored) => Err(without_content(stored)),
            None => Ok(found),
        }
    }

    /// Versions of a subject, in the order given, ready to be parsed anywhere. Versions with equal
    /// references share what they stand on.
    pub(super) async fn pasts(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        versions: &[StoredVersion],
    ) -> Result<Vec<Past>, StoreError> {
        let contents = self.contents_of(tx, subject.context(), versions).await?;
        let mut closures: HashMap<&[Reference], Result<Arc<[Dependency]>, ParseError>> = HashMap::new();
        let mut pasts = Vec::with_capacity(versions.len());
        for stored in versions {
            let Known { guid, content } = &contents[&stored.id];
            let dependencies = match closures.get(content.references.as_slice()) {
                Some(shared) => shared.clone(),
                None => {
                    let resolved = self.resolve(tx, subject.context(), content.references.clone()).await;
                    let dependencies = match resolved {
                        Ok(resolved) => Ok(resolved.dependencies),
                        Err(Unresolved::Sentence(sentence)) => Err(ParseError::validate(sentence, None)),
                        Err(Unresolved::Store(error)) => return Err(error),
                    };
                    closures.insert(&content.references, dependencies.clone());
                    dependencies
                }
            };
            pasts.push(Past {
                stored: *stored,
                content: Arc::clone(content),
                guid: *guid,
                parsed: Arc::clone(&self.parsed),
                dependencies,
            });
        }
        Ok(pasts)
    }
}

fn without_content(stored: &StoredVersion) -> StoreError {
    StoreError::Corrupt(format!("version {} has the id {}, which has no content", stored.version, stored.id))
}
