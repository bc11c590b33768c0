//! Which versions are referred to, and by which.

use crate::model::{SchemaId, Subject, Version};

use super::tx::{Tx, on};
use super::{StoreError, rows};

/// A version whose content holds a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// Its subject.
    pub subject: Subject,
    /// Its number.
    pub version: Version,
    /// Its id.
    pub id: SchemaId,
    /// Is it softly deleted?
    pub deleted: bool,
}

impl Tx {
    /// The versions whose content references this one, by subject and version. A reference that names
    /// no context means the context of whoever holds it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn referrers(
        &mut self,
        subject: &Subject,
        version: Version,
    ) -> Result<Vec<Referrer>, StoreError> {
        if !subject.is_storable() {
            return Ok(Vec::new());
        }
        let context = subject.context().as_str();
        let spellings = Spellings::of(subject);
        let sql = "SELECT DISTINCT v.context, v.subject, v.version, v.id, v.deleted
                     FROM content_references r
                     JOIN schema_ids s ON s.guid = r.guid AND s.format = r.format
                     JOIN versions v ON v.context = s.context AND v.id = s.id
                    WHERE r.version = $1
                      AND ((r.subject = $2 AND v.context = $3) OR r.subject = $4 OR r.subject = $5)
                    ORDER BY v.context, v.subject, v.version";
        let found: Vec<(String, String, i64, i64, bool)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(i64::from(version.number()))
            .bind(&spellings.at_home)
            .bind(context)
            .bind(&spellings.qualified)
            .bind(&spellings.bare_context)
            .fetch_all(conn)
            .await)?;
        let referrer = |(context, name, version, id, deleted): (String, String, i64, i64, bool)| {
            let subject = rows::subject(&context, name)?;
            Ok(Referrer { subject, version: rows::version(version)?, id: rows::schema_id(id)?, deleted })
        };
        found.into_iter().map(referrer).collect()
    }

    /// The versions of the subject that some stored version's content references, ascending. With
    /// `live_only` softly deleted referrers do not count, with `others_only` those of the subject
    /// itself do not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn referred(
        &mut self,
        subject: &Subject,
        live_only: bool,
        others_only: bool,
    ) -> Result<Vec<Version>, StoreError> {
        if !subject.is_storable() {
            return Ok(Vec::new());
        }
        let spellings = Spellings::of(subject);
        let sql = "SELECT DISTINCT r.version
                     FROM content_references r
                     JOIN versions t ON t.context = $1 AND t.subject = $2 AND t.version = r.version
                     JOIN schema_ids s ON s.guid = r.guid AND s.format = r.format
                     JOIN versions v ON v.context = s.context AND v.id = s.id
                    WHERE ((r.subject = $3 AND v.context = $1) OR r.subject = $4 OR r.subject = $5)
                      AND NOT ($6 AND v.deleted)
                      AND NOT ($7 AND v.context = $1 AND v.subject = $2)
                    ORDER BY r.version";
        let found: Vec<i64> = on!(self, |conn| sqlx::query_scalar(sql)
            .bind(subject.context().as_str())
            .bind(subject.name())
            .bind(&spellings.at_home)
            .bind(&spellings.qualified)
            .bind(&spellings.bare_context)
            .bind(live_only)
            .bind(others_only)
            .fetch_all(conn)
            .await)?;
        found.into_iter().map(rows::version).collect()
    }
}

/// The ways in which a reference may spell one subject.
struct Spellings {
    /// Within the subject's own context, if that spelling does not name another context.
    at_home: Option<String>,
    /// From anywhere.
    qualified: String,
    /// From anywhere, when the subject is the context itself.
    bare_context: Option<String>,
}

impl Spellings {
    fn of(subject: &Subject) -> Spellings {
        let (context, name) = (subject.context().as_str(), subject.name());
        Spellings {
            at_home: (!Subject::is_qualified_text(name)).then(|| name.to_owned()),
            qualified: format!(":{context}:{name}"),
            bare_context: name.is_empty().then(|| format!(":{context}")),
        }
    }
}
