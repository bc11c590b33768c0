//! Keys of client-side encryption.

use crate::model::{Context, Dek, DekSeries, Kek, Subject, Timestamp, Version};

use super::changes::ChangeKind;
use super::rows::row;
use super::tx::{Tx, on};
use super::{StoreError, rows};

/// A key, and when it was last written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey<K> {
    /// The key.
    pub key: K,
    /// When it was last written.
    pub written_at: Timestamp,
}

row! {
    struct KekRow {
        name: String,
        kms_type: String,
        kms_key_id: String,
        props: Option<String>,
        doc: Option<String>,
        shared: bool,
        deleted: bool,
        written_at: i64,
    }
}

row! {
    struct DekRow {
        material: String,
        deleted: bool,
        written_at: i64,
    }
}

/// Names of key-encryption keys belong to no context: they are locked and told of as subjects of the
/// scope above all.
fn subject_of(kek: &str) -> Subject {
    Subject::new(Context::global(), kek)
}

impl Tx {
    /// Lock a key-encryption key, and all that is encrypted with it, until the transaction ends; it
    /// need not exist. Call it once, as the first thing.
    ///
    /// # Errors
    /// When waiting for another writer took too long.
    pub async fn lock_kek(&mut self, name: &str) -> Result<(), StoreError> {
        self.lock_subjects(&[&subject_of(name)]).await
    }

    /// A key-encryption key, deleted or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kek(&mut self, name: &str) -> Result<Option<StoredKey<Kek>>, StoreError> {
        if !Kek::is_name(name) {
            return Ok(None);
        }
        let sql = "SELECT name, kms_type, kms_key_id, props, doc, shared, deleted, written_at
                     FROM keks WHERE name = $1";
        let found: Option<KekRow> =
            on!(self, |conn| sqlx::query_as(sql).bind(name).fetch_optional(conn).await)?;
        found.map(KekRow::stored).transpose()
    }

    /// The names of key-encryption keys, sorted: live ones, or deleted ones too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kek_names(&mut self, deleted: bool) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM keks WHERE $1 OR NOT deleted ORDER BY name";
        on!(self, |conn| sqlx::query_scalar(sql).bind(deleted).fetch_all(conn).await)
    }

    /// How many key-encryption keys there are, deleted ones counting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_keks(&mut self) -> Result<usize, StoreError> {
        let sql = "SELECT count(*) FROM keks";
        self.count(sql).await
    }

    /// How many data-encryption keys there are, deleted ones counting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_deks(&mut self) -> Result<usize, StoreError> {
        let sql = "SELECT count(*) FROM deks";
        self.count(sql).await
    }

    async fn count(&mut self, sql: &'static str) -> Result<usize, StoreError> {
        let count: i64 = on!(self, |conn| sqlx::query_scalar(sql).fetch_one(conn).await)?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Record a key-encryption key, replacing the one of that name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_kek(&mut self, kek: &Kek) -> Result<StoredKey<Kek>, StoreError> {
        let now = self.author()?.now;
        let props = serde_json::to_string(&kek.kms_props).expect("texts are JSON");
        let sql = "INSERT INTO keks (name, kms_type, kms_key_id, props, doc, shared, deleted, written_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                       ON CONFLICT (name) DO UPDATE
                      SET kms_type = excluded.kms_type, kms_key_id = excluded.kms_key_id,
                          props = excluded.props, doc = excluded.doc, shared = excluded.shared,
                          deleted = excluded.deleted, written_at = excluded.written_at";
        on!(self, |conn| sqlx::query(sql)
            .bind(&kek.name)
            .bind(&kek.kms_type)
            .bind(&kek.kms_key_id)
            .bind(&props)
            .bind(&kek.doc)
            .bind(kek.shared)
            .bind(kek.deleted)
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        let kind = if kek.deleted { ChangeKind::DeleteKek } else { ChangeKind::PutKek };
        self.record(kind, &subject_of(&kek.name), None);
        Ok(StoredKey { key: kek.clone(), written_at: now })
    }

    /// Remove a key-encryption key for good. Nothing may be encrypted with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_kek(&mut self, name: &str) -> Result<(), StoreError> {
        self.author()?;
        let sql = "DELETE FROM keks WHERE name = $1";
        on!(self, |conn| sqlx::query(sql).bind(name).execute(conn).await.map(drop))?;
        self.record(ChangeKind::PurgeKek, &subject_of(name), None);
        Ok(())
    }

    /// The subjects that have data-encryption keys, each with the name of the key-encryption key:
    /// of `kek`, or of all. Live keys count, or deleted ones too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dek_subjects(
        &mut self,
        kek: Option<&str>,
        deleted: bool,
    ) -> Result<Vec<(String, Subject)>, StoreError> {
        if kek.is_some_and(|kek| !Kek::is_name(kek)) {
            return Ok(Vec::new());
        }
        let sql = "SELECT DISTINCT kek, context, subject FROM deks
                    WHERE ($1 IS NULL OR kek = $1) AND ($2 OR NOT deleted)";
        let found: Vec<(String, String, String)> =
            on!(self, |conn| sqlx::query_as(sql).bind(kek).bind(deleted).fetch_all(conn).await)?;
        let row =
            |(kek, context, subject): (String, String, String)| Ok((kek, rows::subject(&context, subject)?));
        found.into_iter().map(row).collect()
    }

    /// Is anything encrypted with a key-encryption key? Live keys count, or deleted ones too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn encrypts(&mut self, kek: &str, deleted: bool) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM deks WHERE kek = $1 AND ($2 OR NOT deleted))";
        on!(self, |conn| sqlx::query_scalar(sql).bind(kek).bind(deleted).fetch_one(conn).await)
    }

    /// The versions of a series, ascending, each with whether it is deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dek_versions(&mut self, series: &DekSeries) -> Result<Vec<(Version, bool)>, StoreError> {
        if !series.is_storable() {
            return Ok(Vec::new());
        }
        let sql = "SELECT version, deleted FROM deks
                    WHERE kek = $1 AND context = $2 AND subject = $3 AND algorithm = $4
                    ORDER BY version";
        let found: Vec<(i64, bool)> = on!(self, |conn| sqlx::query_as(sql)
            .bind(&series.kek)
            .bind(series.subject.context().as_str())
            .bind(series.subject.name())
            .bind(series.algorithm.as_str())
            .fetch_all(conn)
            .await)?;
        found.into_iter().map(|(version, deleted)| Ok((rows::version(version)?, deleted))).collect()
    }

    /// A data-encryption key, deleted or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dek(
        &mut self,
        series: &DekSeries,
        version: Version,
    ) -> Result<Option<StoredKey<Dek>>, StoreError> {
        if !series.is_storable() {
            return Ok(None);
        }
        let sql = "SELECT material, deleted, written_at FROM deks
                    WHERE kek = $1 AND context = $2 AND subject = $3 AND algorithm = $4 AND version = $5";
        let found: Option<DekRow> = on!(self, |conn| sqlx::query_as(sql)
            .bind(&series.kek)
            .bind(series.subject.context().as_str())
            .bind(series.subject.name())
            .bind(series.algorithm.as_str())
            .bind(i64::from(version.number()))
            .fetch_optional(conn)
            .await)?;
        Ok(found.map(|row| {
            let key = Dek { series: series.clone(), version, encrypted: row.material, deleted: row.deleted };
            StoredKey { key, written_at: row.written_at }
        }))
    }

    /// The data-encryption keys below a key-encryption key: every version for every algorithm, deleted
    /// ones too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deks_below(&mut self, kek: &str) -> Result<Vec<Dek>, StoreError> {
        let sql = "SELECT context, subject, algorithm, version, material, deleted FROM deks
                    WHERE kek = $1 ORDER BY context, subject, algorithm, version";
        let found: Vec<(String, String, String, i64, String, bool)> =
            on!(self, |conn| sqlx::query_as(sql).bind(kek).fetch_all(conn).await)?;
        let mut deks = Vec::with_capacity(found.len());
        for (context, subject, algorithm, version, encrypted, deleted) in found {
            let (kek, subject) = (kek.to_owned(), rows::subject(&context, subject)?);
            let series = DekSeries { kek, subject, algorithm: rows::algorithm(&algorithm)? };
            deks.push(Dek { series, version: rows::version(version)?, encrypted, deleted });
        }
        Ok(deks)
    }

    /// Record a data-encryption key, replacing the one of that version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_dek(&mut self, dek: &Dek) -> Result<StoredKey<Dek>, StoreError> {
        let now = self.author()?.now;
        let sql =
            "INSERT INTO deks (kek, context, subject, algorithm, version, material, deleted, written_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                       ON CONFLICT (kek, context, subject, algorithm, version) DO UPDATE
                      SET material = excluded.material, deleted = excluded.deleted,
                          written_at = excluded.written_at";
        on!(self, |conn| sqlx::query(sql)
            .bind(&dek.series.kek)
            .bind(dek.series.subject.context().as_str())
            .bind(dek.series.subject.name())
            .bind(dek.series.algorithm.as_str())
            .bind(i64::from(dek.version.number()))
            .bind(&dek.encrypted)
            .bind(dek.deleted)
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        let kind = if dek.deleted { ChangeKind::DeleteDek } else { ChangeKind::PutDek };
        self.record(kind, &dek.series.subject, None);
        Ok(StoredKey { key: dek.clone(), written_at: now })
    }

    /// Softly delete a data-encryption key, or restore it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_dek(
        &mut self,
        series: &DekSeries,
        version: Version,
        deleted: bool,
    ) -> Result<(), StoreError> {
        let now = self.author()?.now;
        let sql = "UPDATE deks SET deleted = $6, written_at = $7
                    WHERE kek = $1 AND context = $2 AND subject = $3 AND algorithm = $4 AND version = $5";
        on!(self, |conn| sqlx::query(sql)
            .bind(&series.kek)
            .bind(series.subject.context().as_str())
            .bind(series.subject.name())
            .bind(series.algorithm.as_str())
            .bind(i64::from(version.number()))
            .bind(deleted)
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
        let kind = if deleted { ChangeKind::DeleteDek } else { ChangeKind::PutDek };
        self.record(kind, &series.subject, None);
        Ok(())
    }

    /// Remove one version of a data-encryption key for good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_dek(&mut self, series: &DekSeries, version: Version) -> Result<(), StoreError> {
        self.author()?;
        let sql = "DELETE FROM deks
                    WHERE kek = $1 AND context = $2 AND subject = $3 AND algorithm = $4 AND version = $5";
        on!(self, |conn| sqlx::query(sql)
            .bind(&series.kek)
            .bind(series.subject.context().as_str())
            .bind(series.subject.name())
            .bind(series.algorithm.as_str())
            .bind(i64::from(version.number()))
            .execute(conn)
            .await
            .map(drop))?;
        self.record(ChangeKind::PurgeDek, &series.subject, None);
        Ok(())
    }
}

impl KekRow {
    fn stored(self) -> Result<StoredKey<Kek>, StoreError> {
        let key = Kek {
            name: self.name,
            kms_type: self.kms_type,
            kms_key_id: self.kms_key_id,
            kms_props: rows::json("key properties", self.props)?.unwrap_or_default(),
            doc: self.doc,
            shared: self.shared,
            deleted: self.deleted,
        };
        Ok(StoredKey { key, written_at: self.written_at })
    }
}
