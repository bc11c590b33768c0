//! Which subjects belong to which resource.

use crate::model::{Association, AssociationFilter, AssociationType, Lifecycle, Resource, Subject};

use super::changes::ChangeKind;
use super::rows::row;
use super::subjects::SubjectPrefix;
use super::tx::{Tx, on};
use super::{StoreError, rows};

/// Whose associations are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Associated<'a> {
    /// Those of a subject.
    Subject(&'a Subject),
    /// Those of the resource with this id.
    Resource(&'a str),
    /// Those of resources by what they are called; `None` means any name, any namespace.
    Named {
        /// The name.
        name: Option<&'a str>,
        /// The namespace.
        namespace: Option<&'a str>,
    },
}

impl<'a> Associated<'a> {
    /// The resources that are called so; [`Resource::ANY`] stands for any name and for any namespace.
    pub fn called(namespace: &'a str, name: &'a str) -> Associated<'a> {
        let given = |word: &'a str| Some(word).filter(|word| *word != Resource::ANY);
        Associated::Named { name: given(name), namespace: given(namespace) }
    }
}

row! {
    struct AssociationRow {
        resource_type: String,
        resource_id: String,
        association_type: String,
        resource_name: String,
        resource_namespace: String,
        context: String,
        subject: String,
        lifecycle: String,
        guid: String,
        created_at: i64,
        updated_at: i64,
    }
}

impl AssociationRow {
    fn association(self) -> Result<Association, StoreError> {
        Ok(Association {
            subject: rows::subject(&self.context, self.subject)?,
            guid: self.guid,
            resource: Resource {
                kind: word("resource type", self.resource_type)?,
                id: self.resource_id,
                name: self.resource_name,
                namespace: self.resource_namespace,
            },
            part: word("association type", self.association_type)?,
            lifecycle: word("lifecycle", self.lifecycle)?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn word<T: std::str::FromStr>(what: &str, text: String) -> Result<T, StoreError> {
    Ok(rows::word(what, Some(text))?.expect("a word was given"))
}

/// The associations that a filter takes, in the order in which they are listed. The filter's four
/// parameters come first, then what is narrowed.
macro_rules! select_associations {
    ($narrowed:literal, $paged:literal) => {
        concat!(
            "SELECT resource_type, resource_id, association_type, resource_name, resource_namespace,
                    context, subject, lifecycle, guid, created_at, updated_at
               FROM associations
              WHERE resource_type = $1
                AND (($2 AND association_type = 'key') OR ($3 AND association_type = 'value'))
                AND ($4 IS NULL OR lifecycle = $4)
                AND ",
            $narrowed,
            " ORDER BY resource_name, resource_namespace, resource_type, association_type,
                       context, subject, resource_id ",
            $paged
        )
    };
}

impl Tx {
    /// Wait for every other writer of associations to end, and make those after it wait. Rules about
    /// associations look at several resources and subjects at a time, and writes are rare. Call it
    /// before [`Tx::lock_subjects`]: nobody does it the other way round.
    ///
    /// # Errors
    /// When waiting for another writer took too long.
    pub async fn lock_associations(&mut self) -> Result<(), StoreError> {
        self.author()?;
        let sql = "INSERT INTO counters (name, last) VALUES ('associations', 1)
                       ON CONFLICT (name) DO UPDATE SET last = counters.last + 1";
        on!(self, |conn| sqlx::query(sql).execute(conn).await.map(drop))
    }

    /// One page of associations, sorted by the resource's name, namespace and type, then by their own
    /// type and subject.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn associations(
        &mut self,
        of: Associated<'_>,
        filter: &AssociationFilter,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Association>, StoreError> {
        let (sql, values) = match of {
            Associated::Subject(subject) => (
                select_associations!("context = $7 AND subject = $8", "LIMIT $5 OFFSET $6"),
                vec![subject.context().as_str(), subject.name()],
            ),
            Associated::Resource(id) => {
                (select_associations!("resource_id = $7", "LIMIT $5 OFFSET $6"), vec![id])
            }
            Associated::Named { name: Some(name), namespace: Some(namespace) } => (
                select_associations!("resource_name = $7 AND resource_namespace = $8", "LIMIT $5 OFFSET $6"),
                vec![name, namespace],
            ),
            Associated::Named { name: Some(name), namespace: None } => {
                (select_associations!("resource_name = $7", "LIMIT $5 OFFSET $6"), vec![name])
            }
            Associated::Named { name: None, namespace: Some(namespace) } => {
                (select_associations!("resource_namespace = $7", "LIMIT $5 OFFSET $6"), vec![namespace])
            }
            Associated::Named { name: None, namespace: None } => {
                (select_associations!("TRUE", "LIMIT $5 OFFSET $6"), Vec::new())
            }
        };
        if values.iter().any(|value| value.len() > Subject::LONGEST || value.contains(char::is_control)) {
            return Ok(Vec::new());
        }
        let page = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let found: Vec<AssociationRow> = on!(self, |conn| {
            let mut query = sqlx::query_as(sql)
                .bind(filter.kind.as_str())
                .bind(filter.takes(AssociationType::Key))
                .bind(filter.takes(AssociationType::Value))
                .bind(filter.lifecycle.map(Lifecycle::as_str))
                .bind(page(limit))
                .bind(page(offset));
            for value in &values {
                query = query.bind(*value);
            }
            query.fetch_all(conn).await
        })?;
        found.into_iter().map(AssociationRow::association).collect()
    }

    /// Every association of those subjects, sorted as [`Tx::associations`] sorts them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn associations_matching(
        &mut self,
        prefix: &SubjectPrefix,
        filter: &AssociationFilter,
    ) -> Result<Vec<Association>, StoreError> {
        let Some((contexts, names)) = prefix.ranges() else { return Ok(Vec::new()) };
        let sql = select_associations!(
            "context >= $5 AND ($6 IS NULL OR context < $6)
                AND subject >= $7 AND ($8 IS NULL OR subject < $8)",
            ""
        );
        let found: Vec<AssociationRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(filter.kind.as_str())
            .bind(filter.takes(AssociationType::Key))
            .bind(filter.takes(AssociationType::Value))
            .bind(filter.lifecycle.map(Lifecycle::as_str))
            .bind(&contexts.low)
            .bind(&contexts.high)
            .bind(&names.low)
            .bind(&names.high)
            .fetch_all(conn)
            .await)?;
        found.into_iter().map(AssociationRow::association).collect()
    }

    /// Does the subject belong to any resource?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_associated(&mut self, subject: &Subject) -> Result<bool, StoreError> {
        if !subject.is_storable() {
            return Ok(false);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM associations WHERE context = $1 AND subject = $2)";
        self.is_there(sql, subject).await
    }

    /// Does the subject belong to one resource alone?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_strongly_associated(&mut self, subject: &Subject) -> Result<bool, StoreError> {
        if !subject.is_storable() {
            return Ok(false);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM associations
                                   WHERE context = $1 AND subject = $2 AND lifecycle = 'STRONG')";
        self.is_there(sql, subject).await
    }

    async fn is_there(&mut self, sql: &'static str, subject: &Subject) -> Result<bool, StoreError> {
        let (context, name) = (subject.context().as_str(), subject.name());
        on!(self, |conn| sqlx::query_scalar(sql).bind(context).bind(name).fetch_one(conn).await)
    }

    /// Enter a new association. There must be none of its type for its resource.
    ///
    /// # Errors
    /// When it cannot be stored or the database fails.
    pub async fn add_association(&mut self, association: &Association) -> Result<(), StoreError> {
        self.author()?;
        rows::check_storable(&association.subject)?;
        let resource = &association.resource;
        for word in [&resource.id, &resource.name, &resource.namespace, &association.guid] {
            if !Resource::is_storable_word(word) {
                return Err(StoreError::Unstorable("the resource cannot be stored".to_owned()));
            }
        }
        let sql = "INSERT INTO associations
                       (resource_type, resource_id, association_type, resource_name, resource_namespace,
                        context, subject, lifecycle, guid, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        on!(self, |conn| sqlx::query(sql)
            .bind(resource.kind.as_str())
            .bind(&resource.id)
            .bind(association.part.as_str())
            .bind(&resource.name)
            .bind(&resource.namespace)
            .bind(association.subject.context().as_str())
            .bind(association.subject.name())
            .bind(association.lifecycle.as_str())
            .bind(&association.guid)
            .bind(association.created_at)
            .bind(association.updated_at)
            .execute(conn)
            .await
            .map(drop))?;
        self.record(ChangeKind::Associate, &association.subject, None);
        Ok(())
    }

    /// Forget an association; was it there?
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_association(&mut self, association: &Association) -> Result<bool, StoreError> {
        self.author()?;
        let sql = "DELETE FROM associations
                    WHERE resource_type = $1 AND resource_id = $2 AND association_type = $3 AND guid = $4";
        let deleted = on!(self, |conn| sqlx::query(sql)
            .bind(association.resource.kind.as_str())
            .bind(&association.resource.id)
            .bind(association.part.as_str())
            .bind(&association.guid)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if deleted > 0 {
            self.record(ChangeKind::Dissociate, &association.subject, None);
        }
        Ok(deleted > 0)
    }
}
