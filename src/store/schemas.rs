//! Contents and the ids that denote them.
//!
//! An id is found as long as some version has it, softly deleted ones included. When the last such
//! version is purged the id is a tombstone: the row stays, so that the number is never given out
//! again, and nothing finds it. This is derived from the versions, not noted, so it cannot drift.

use sqlx::AssertSqlSafe;

use crate::model::{Content, Context, Format, Guid, Reference, SchemaId, Subject};

use super::rows::row;
use super::tx::{Tx, on};
use super::{StoreError, rows};

row! {
    /// One row per reference, or one without; the long texts come with the first only.
    struct ContentRow {
        id: i64,
        format: String,
        text: Option<String>,
        metadata: Option<String>,
        rule_set: Option<String>,
        reference_name: Option<String>,
        reference_subject: Option<String>,
        reference_version: Option<i64>,
    }
}

/// Contents by id, one round trip with their references; what follows narrows the ids `s`.
macro_rules! select_contents {
    ($narrowed:literal) => {
        concat!(
            "SELECT s.id, c.format,
                    CASE WHEN coalesce(r.position, 0) = 0 THEN c.text END AS text,
                    CASE WHEN coalesce(r.position, 0) = 0 THEN c.metadata END AS metadata,
                    CASE WHEN coalesce(r.position, 0) = 0 THEN c.rule_set END AS rule_set,
                    r.name AS reference_name, r.subject AS reference_subject, r.version AS reference_version
               FROM schema_ids s
               JOIN contents c ON c.guid = s.guid AND c.format = s.format
               LEFT JOIN content_references r ON r.guid = c.guid AND r.format = c.format
              WHERE EXISTS (SELECT 1 FROM versions v WHERE v.context = s.context AND v.id = s.id)
                AND ",
            $narrowed,
            " ORDER BY s.id, r.position"
        )
    };
}

impl Tx {
    /// What an id denotes; `None` if it never did or is a tombstone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn content(&mut self, context: &Context, id: SchemaId) -> Result<Option<Content>, StoreError> {
        let sql = select_contents!("s.context = $1 AND s.id = $2");
        if !rows::is_storable_context(context) {
            return Ok(None);
        }
        let (context, id) = (context.as_str(), i64::from(id.0));
        let found: Vec<ContentRow> =
            on!(self, |conn| sqlx::query_as(sql).bind(context).bind(id).fetch_all(conn).await)?;
        Ok(assemble(found)?.pop().map(|(_, content)| content))
    }

    /// What several ids of one context denote, by id; those that denote nothing are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contents(
        &mut self,
        context: &Context,
        ids: &[SchemaId],
    ) -> Result<Vec<(SchemaId, Content)>, StoreError> {
        if !rows::is_storable_context(context) {
            return Ok(Vec::new());
        }
        let mut contents = Vec::with_capacity(ids.len());
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for part in sorted.chunks(200) {
            // Numbers, so safe to write into the text; neither a list nor an array binds on both.
            let list: Vec<String> = part.iter().map(ToString::to_string).collect();
            let sql =
                select_contents!("s.context = $1 AND s.id IN (/*ids*/)").replace("/*ids*/", &list.join(", "));
            let found: Vec<ContentRow> = on!(self, |conn| sqlx::query_as(AssertSqlSafe(sql))
                .persistent(false)
                .bind(context.as_str())
                .fetch_all(conn)
                .await)?;
            contents.extend(assemble(found)?);
        }
        Ok(contents)
    }

    /// The ids a hash has anywhere, by context, then id; tombstones left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ids_of_guid(&mut self, guid: Guid) -> Result<Vec<(Context, SchemaId)>, StoreError> {
        let sql = "SELECT s.context, s.id FROM schema_ids s
                    WHERE s.guid = $1
                      AND EXISTS (SELECT 1 FROM versions v WHERE v.context = s.context AND v.id = s.id)
                    ORDER BY s.context, s.id";
        let found: Vec<(String, i64)> =
            on!(self, |conn| sqlx::query_as(sql).bind(guid.0.as_slice()).fetch_all(conn).await)?;
        found.into_iter().map(|(context, id)| Ok((rows::context(&context)?, rows::schema_id(id)?))).collect()
    }

    /// The ids a content has in one context, smallest first; tombstones left out.
    async fn ids_of_content(
        &mut self,
        context: &Context,
        guid: Guid,
        format: Format,
    ) -> Result<Vec<SchemaId>, StoreError> {
        let sql = "SELECT s.id FROM schema_ids s
                    WHERE s.guid = $1 AND s.context = $2 AND s.format = $3
                      AND EXISTS (SELECT 1 FROM versions v WHERE v.context = s.context AND v.id = s.id)
                    ORDER BY s.id";
        let found: Vec<i64> = on!(self, |conn| sqlx::query_scalar(sql)
            .bind(guid.0.as_slice())
            .bind(context.as_str())
            .bind(format.as_str())
            .fetch_all(conn)
            .await)?;
        found.into_iter().map(rows::schema_id).collect()
    }

    /// The highest id ever given out in the context; 0 if none was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn max_id(&mut self, context: &Context) -> Result<i32, StoreError> {
        if !rows::is_storable_context(context) {
            return Ok(0);
        }
        let sql = "SELECT last_id FROM contexts WHERE name = $1";
        let last: Option<i64> =
            on!(self, |conn| sqlx::query_scalar(sql).bind(context.as_str()).fetch_optional(conn).await)?;
        last.map_or(Ok(0), |last| rows::schema_id(last).map(|id| id.0))
    }

    /// The id of a content in a context: the one it has, else the next one, which is then its own.
    /// Append a version with it in the same transaction, or the number is lost.
    ///
    /// Asking for the one it has is part of the work: two subjects may register the same new content
    /// at the same time, and only here, with the context's counter locked, can one see the other.
    ///
    /// # Errors
    /// When a text cannot be stored, another content has the same hash, or the database fails.
    pub async fn intern(&mut self, context: &Context, content: &Content) -> Result<SchemaId, StoreError> {
        check_storable(context, content)?;
        self.lock_context(context).await?;
        let guid = content.guid();
        if let Some(id) = self.ids_of_content(context, guid, content.format).await?.first() {
            return Ok(*id);
        }
        self.store_content(guid, content).await?;
        let sql =
            "UPDATE contexts SET last_id = last_id + 1, deleted = FALSE WHERE name = $1 RETURNING last_id";
        let next: i64 =
            on!(self, |conn| sqlx::query_scalar(sql).bind(context.as_str()).fetch_one(conn).await)?;
        // Somebody may have imported the highest id there is.
        let id = i32::try_from(next).map(SchemaId).map_err(|_| {
            StoreError::Unstorable(format!(
                "the context '{context}' has no ids left: the highest one is taken"
            ))
        })?;
        self.insert_id(context, next, guid, content.format).await?;
        Ok(id)
    }

    /// Give a content the id that it has elsewhere; `false`, and nothing done, when the id denotes another
    /// content here, or once did. A content may have several ids. Later ids are higher than this one.
    ///
    /// # Errors
    /// When a text cannot be stored, another content has the same hash, or the database fails.
    pub async fn intern_as(
        &mut self,
        context: &Context,
        id: SchemaId,
        content: &Content,
    ) -> Result<bool, StoreError> {
        check_storable(context, content)?;
        self.lock_context(context).await?;
        let guid = content.guid();
        let sql = "SELECT guid, format FROM schema_ids WHERE context = $1 AND id = $2";
        let known: Option<(Vec<u8>, String)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(context.as_str())
            .bind(i64::from(id.0))
            .fetch_optional(conn)
            .await)?;
        if let Some((known, format)) = &known
            && (rows::guid(known)? != guid || rows::format(format)? != content.format)
        {
            return Ok(false);
        }
        // Also of a known id: it may be a tombstone in a context that was deleted.
        let sql = "UPDATE contexts SET last_id = CASE WHEN last_id < $2 THEN $2 ELSE last_id END,
                          deleted = FALSE WHERE name = $1";
        on!(self, |conn| sqlx::query(sql)
            .bind(context.as_str())
            .bind(i64::from(id.0))
            .execute(conn)
            .await
            .map(drop))?;
        if known.is_none() {
            self.store_content(guid, content).await?;
            self.insert_id(context, i64::from(id.0), guid, content.format).await?;
        }
        Ok(true)
    }

    async fn insert_id(
        &mut self,
        context: &Context,
        id: i64,
        guid: Guid,
        format: Format,
    ) -> Result<(), StoreError> {
        let now = self.author()?.now;
        let sql =
            "INSERT INTO schema_ids (context, id, guid, format, created_at) VALUES ($1, $2, $3, $4, $5)";
        on!(self, |conn| sqlx::query(sql)
            .bind(context.as_str())
            .bind(id)
            .bind(guid.0.as_slice())
            .bind(format.as_str())
            .bind(now)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Until the transaction ends nobody else gives out ids in this context.
    async fn lock_context(&mut self, context: &Context) -> Result<(), StoreError> {
        let now = self.author()?.now;
        let sql = "INSERT INTO contexts (name, last_id, deleted, created_at) VALUES ($1, 0, FALSE, $2)
                       ON CONFLICT (name) DO UPDATE SET last_id = contexts.last_id";
        on!(self, |conn| sqlx::query(sql).bind(context.as_str()).bind(now).execute(conn).await.map(drop))
    }

    async fn store_content(&mut self, guid: Guid, content: &Content) -> Result<(), StoreError> {
        let now = self.author()?.now;
        let metadata = rows::as_json(content.metadata.as_ref());
        let rule_set = rows::as_json(content.rule_set.as_ref());
        let sql = "INSERT INTO contents (guid, format, text, metadata, rule_set, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (guid, format) DO NOTHING";
        let stored = on!(self, |conn| sqlx::query(sql)
            .bind(guid.0.as_slice())
            .bind(content.format.as_str())
            .bind(&content.text)
            .bind(&metadata)
            .bind(&rule_set)
            .bind(now)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if stored == 0 {
            return self.check_same(guid, content, (metadata, rule_set)).await;
        }
        let sql = "INSERT INTO content_references (guid, format, position, name, subject, version)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        for (position, reference) in (0_i64..).zip(&content.references) {
            on!(self, |conn| sqlx::query(sql)
                .bind(guid.0.as_slice())
                .bind(content.format.as_str())
                .bind(position)
                .bind(&reference.name)
                .bind(&reference.subject)
                .bind(i64::from(reference.version.number()))
                .execute(conn)
                .await
                .map(drop))?;
        }
        Ok(())
    }

    /// The hash is MD5 without separators, so two contents can be made to share it. Serving one
    /// under the other's id would be silent corruption; refusing is not.
    async fn check_same(
        &mut self,
        guid: Guid,
        content: &Content,
        parts: (Option<String>, Option<String>),
    ) -> Result<(), StoreError> {
        let sql = "SELECT text, metadata, rule_set FROM contents WHERE guid = $1 AND format = $2";
        let (text, metadata, rule_set): (String, Option<String>, Option<String>) =
            on!(self, |conn| sqlx::query_as(sql)
                .bind(guid.0.as_slice())
                .bind(content.format.as_str())
                .fetch_one(conn)
                .await)?;
        let sql = "SELECT name, subject, version FROM content_references
                    WHERE guid = $1 AND format = $2 ORDER BY position";
        let references: Vec<(String, String, i64)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(guid.0.as_slice())
            .bind(content.format.as_str())
            .fetch_all(conn)
            .await)?;
        let same_references = references.len() == content.references.len()
            && references.iter().zip(&content.references).all(|((name, subject, version), reference)| {
                *name == reference.name
                    && *subject == reference.subject
                    && *version == i64::from(reference.version.number())
            });
        if text == content.text && (metadata, rule_set) == parts && same_references {
            return Ok(());
        }
        Err(StoreError::Unstorable(format!("another schema with the hash {guid} is already stored")))
    }
}

fn check_storable(context: &Context, content: &Content) -> Result<(), StoreError> {
    rows::check_storable(&Subject::new(context.clone(), ""))?;
    rows::check_text("the schema", &content.text)?;
    for reference in &content.references {
        rows::check_text("a reference's name", &reference.name)?;
        rows::check_storable(&Subject::new(context.clone(), &reference.subject))?;
    }
    Ok(())
}

/// Rows are sorted by id, then by the position of the reference.
fn assemble(found: Vec<ContentRow>) -> Result<Vec<(SchemaId, Content)>, StoreError> {
    let mut contents: Vec<(SchemaId, Content)> = Vec::new();
    for row in found {
        let id = rows::schema_id(row.id)?;
        if contents.last().is_none_or(|(last, _)| *last != id) {
            let text = row.text.ok_or_else(|| StoreError::Corrupt(format!("references of id {id}")))?;
            contents.push((
                id,
                Content {
                    format: rows::format(&row.format)?,
                    text,
                    references: Vec::new(),
                    metadata: rows::json("metadata", row.metadata)?,
                    rule_set: rows::json("rule set", row.rule_set)?,
                },
            ));
        }
        if let (Some(name), Some(subject), Some(version), Some((_, content))) =
            (row.reference_name, row.reference_subject, row.reference_version, contents.last_mut())
        {
            content.references.push(Reference { name, subject, version: rows::version(version)? });
        }
    }
    Ok(contents)
}
