//! Listings: subjects, versions, schemas, contexts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Association, AssociationFilter, Lifecycle, Subject, Version};
use crate::store::{StoredVersion, SubjectPrefix, Tx, Which};

use super::{Error, Found, Registry};

/// How many versions are looked at together when searching.
const CHUNK: usize = 500;

/// Which subjects to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectFilter {
    /// Those with a live version.
    Live,
    /// Those whose versions are all soft-deleted as well.
    All,
    /// Only those whose versions are all soft-deleted.
    DeletedOnly,
}

/// Which versions of a subject to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionFilter {
    /// Live ones.
    Live,
    /// Soft-deleted ones too.
    All,
    /// Soft-deleted ones only.
    DeletedOnly,
    /// Soft-deleted ones too, but of a subject that has a live one.
    AllOfLive,
}

/// Which schemas to list.
#[derive(Debug, Clone, Default)]
pub struct SchemaFilter {
    /// Soft-deleted versions too.
    pub deleted: bool,
    /// Only the highest version per subject among those selected by `deleted`.
    pub latest_only: bool,
    /// Only schemas with a rule of this type.
    pub rule_type: Option<String>,
    /// Also those of subjects that have an alias which starts with the prefix.
    pub aliases: bool,
    /// Only schemas of subjects with such associations.
    pub associations: Option<SchemaAssociations>,
}

/// Which subjects are listed for the sake of their associations.
#[derive(Debug, Clone, Default)]
pub struct SchemaAssociations {
    /// The associations that are looked at; none match without a filter. Its lifecycle is left out.
    pub among: Option<AssociationFilter>,
    /// Subjects with an association of one of these lifecycles; `None` means any.
    pub lifecycles: Option<Vec<Lifecycle>>,
    /// Subjects without an association, too.
    pub none: bool,
}

/// A schema in a list.
#[derive(Debug, Clone)]
pub struct ListedSchema {
    /// The schema.
    pub found: Found,
    /// The aliases of its subject that start with the prefix, if they were asked for.
    pub aliases: Vec<Subject>,
    /// The associations of its subject, if they were asked about.
    pub associations: Vec<Association>,
}

/// Read a prefix as callers write it: `fo`, `:.ctx:fo`, `:.c` (every context starting so), `:*:fo`.
fn parse_prefix(text: &str) -> SubjectPrefix {
    if let Some(name) = text.strip_prefix(":*:") {
        return SubjectPrefix::AllContexts { name: name.to_owned() };
    }
    if let Some(start) = text.strip_prefix(':')
        && start.starts_with('.')
        && !start.contains(':')
    {
        return SubjectPrefix::ContextsStarting(start.to_owned());
    }
    let subject = Subject::parse(text);
    SubjectPrefix::Context { context: subject.context().clone(), name: subject.name().to_owned() }
}

impl Registry {
    /// Subjects whose qualified name starts with `prefix`, sorted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_subjects(&self, prefix: &str, filter: SubjectFilter) -> Result<Vec<Subject>, Error> {
        let which = match filter {
            SubjectFilter::Live => Which::Live,
            SubjectFilter::All => Which::All,
            SubjectFilter::DeletedOnly => Which::DeletedOnly,
        };
        Ok(self.store.read().await?.subjects(&parse_prefix(prefix), which).await?)
    }

    /// Versions of a subject in ascending order, each with whether it is soft-deleted.
    ///
    /// # Errors
    /// [`Error::SubjectNotFound`] when the subject has no version that the filter could mean.
    pub async fn list_versions(
        &self,
        subject: &Subject,
        filter: VersionFilter,
    ) -> Result<Vec<(Version, bool)>, Error> {
        let mut tx = self.store.read().await?;
        let history = tx.history(subject).await?;
        let any_live = history.iter().any(|stored| !stored.deleted);
        let exists = match filter {
            VersionFilter::Live | VersionFilter::AllOfLive => any_live,
            VersionFilter::All | VersionFilter::DeletedOnly => !history.is_empty(),
        };
        if !exists && !stands_for_a_context(&mut tx, subject).await? {
            return Err(Error::SubjectNotFound(subject.clone()));
        }
        let wanted = |deleted: bool| match filter {
            VersionFilter::Live => !deleted,
            VersionFilter::All | VersionFilter::AllOfLive => true,
            VersionFilter::DeletedOnly => deleted,
        };
        let shown = history.into_iter().filter(|stored| wanted(stored.deleted));
        Ok(shown.map(|stored| (stored.version, stored.deleted)).collect())
    }

    /// One page of the schemas whose qualified subject starts with `prefix`, sorted by subject, then
    /// version.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_schemas(
        &self,
        prefix: &str,
        filter: SchemaFilter,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<ListedSchema>, Error> {
        let mut tx = self.store.read().await?;
        let mut rows = tx.versions_matching(&parse_prefix(prefix), filter.deleted).await?;
        let mut aliases: HashMap<Subject, Vec<Subject>> = HashMap::new();
        if filter.aliases {
            for (alias, target) in tx.aliases(&parse_prefix(prefix)).await? {
                aliases.entry(target).or_default().push(alias);
            }
            rows = with_subjects(&mut tx, rows, aliases.keys(), filter.deleted).await?;
        }
        let mut associations: HashMap<Subject, Vec<Association>> = HashMap::new();
        if let Some(wanted) = &filter.associations {
            if let Some(among) = &wanted.among {
                for association in tx.associations_matching(&parse_prefix(prefix), among).await? {
                    associations.entry(association.subject.clone()).or_default().push(association);
                }
            }
            rows.retain(|(subject, _)| wanted.takes(associations.get(subject)));
            for of_subject in associations.values_mut() {
                of_subject.retain(|association| wanted.shows(association));
            }
        }
        let listed = |found: Found| {
            let aliases = aliases.get(&found.subject).cloned().unwrap_or_default();
            let associations = associations.get(&found.subject).cloned().unwrap_or_default();
            ListedSchema { found, aliases, associations }
        };
        if filter.latest_only {
            let mut highest: HashMap<Subject, Version> = HashMap::new();
            for (subject, stored) in &rows {
                highest.insert(subject.clone(), stored.version);
            }
            rows.retain(|(subject, stored)| highest.get(subject) == Some(&stored.version));
        }
        let Some(rule_type) = filter.rule_type.as_deref() else {
            let page: Vec<_> = rows.into_iter().skip(offset).take(limit).collect();
            return Ok(self.found_all(&mut tx, &page).await?.into_iter().map(listed).collect());
        };
        let mut matching = Vec::new();
        for part in rows.chunks(CHUNK) {
            let found = self.found_all(&mut tx, part).await?;
            matching.extend(found.into_iter().filter(|found| has_rule_of(found, rule_type)));
            if matching.len() >= offset.saturating_add(limit) {
                break;
            }
        }
        Ok(matching.into_iter().skip(offset).take(limit).map(listed).collect())
    }

    /// Versions with their contents, those of one context asked for together.
    async fn found_all(&self, tx: &mut Tx, rows: &[(Subject, StoredVersion)]) -> Result<Vec<Found>, Error> {
        let mut found = Vec::with_capacity(rows.len());
        for of_one_context in rows.chunk_by(|left, right| left.0.context() == right.0.context()) {
            let context = of_one_context[0].0.context();
            let versions: Vec<StoredVersion> = of_one_context.iter().map(|(_, stored)| *stored).collect();
            let contents = self.contents_of(tx, context, &versions).await?;
            found.extend(of_one_context.iter().map(|(subject, stored)| {
                Found::of(subject, *stored, Arc::clone(&contents[&stored.id].content))
            }));
        }
        Ok(found)
    }

    /// A stable name of this registry, made when its store was created.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cluster_id(&self) -> Result<String, Error> {
        Ok(self.store.read().await?.cluster_id().await?)
    }
}

/// Versions and those of more subjects, in the order of a listing.
async fn with_subjects(
    tx: &mut Tx,
    mut rows: Vec<(Subject, StoredVersion)>,
    more: impl Iterator<Item = &Subject>,
    deleted: bool,
) -> Result<Vec<(Subject, StoredVersion)>, Error> {
    let there: HashSet<Subject> = rows.iter().map(|(subject, _)| subject.clone()).collect();
    for subject in more.filter(|subject| !there.contains(subject)) {
        let shown = tx.history(subject).await?.into_iter().filter(|stored| deleted || !stored.deleted);
        rows.extend(shown.map(|stored| (subject.clone(), stored)));
    }
    rows.sort_by_cached_key(|(subject, stored)| {
        (subject.to_string().encode_utf16().collect::<Vec<u16>>(), stored.version)
    });
    Ok(rows)
}

impl SchemaAssociations {
    fn shows(&self, association: &Association) -> bool {
        self.lifecycles.as_ref().is_none_or(|taken| taken.contains(&association.lifecycle))
    }

    fn takes(&self, of_subject: Option<&Vec<Association>>) -> bool {
        match of_subject {
            None => self.none,
            Some(associations) => associations.iter().any(|association| self.shows(association)),
        }
    }
}

/// A context that holds subjects may stand where a subject does: it has no versions, but it is not
/// unknown.
async fn stands_for_a_context(tx: &mut Tx, subject: &Subject) -> Result<bool, Error> {
    if !subject.name().is_empty() || subject.context().is_default() {
        return Ok(false);
    }
    Ok(tx.holds_subjects(subject.context()).await?)
}

fn has_rule_of(found: &Found, wanted: &str) -> bool {
    found.content.rule_set.iter().any(|set| {
        let mut rules = set.migration_rules.iter().chain(&set.domain_rules).chain(&set.encoding_rules);
        rules.any(|rule| rule.rule_type.as_deref() == Some(wanted))
    })
}

#[cfg(test)]
mod tests {
    use super::parse_prefix;
    use crate::model::Context;
    use crate::store::SubjectPrefix;

    #[test]
    fn prefixes_as_callers_write_them() {
        let within = |context: &str, name: &str| SubjectPrefix::Context {
            context: Context::new(context).expect("a context"),
            name: name.into(),
        };
        for (text, prefix) in [
            ("", within(".", "")),
            ("fo", within(".", "fo")),
            (":fo", within(".", ":fo")),
            (":.ctx:", within(".ctx", "")),
            (":.ctx:fo", within(".ctx", "fo")),
            (":.c", SubjectPrefix::ContextsStarting(".c".into())),
            (":*:", SubjectPrefix::AllContexts { name: String::new() }),
            (":*:fo", SubjectPrefix::AllContexts { name: "fo".into() }),
        ] {
            assert_eq!(parse_prefix(text), prefix, "{text}");
        }
    }
}
