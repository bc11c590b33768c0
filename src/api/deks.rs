//! `/dek-registry/v1/keks/{name}/deks`: data-encryption keys.

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, During, ErrorBody, Refusals};
use super::extract::{
    Caller, JsonBody, NamePath, Query, Shape, SubjectPath, VersionPath, constant, flag, members,
};
use super::keks::DeletedQuery;
use super::shapes::{Paging, cut};
use super::subjects::DeleteQuery;
use crate::model::{Algorithm, Dek, DekSeries, InvalidVersion, Subject, Timestamp, Version, VersionRef};
use crate::registry::{self, Error, FoundDek, NewDek, Registry};
use crate::schema::tree::Node;
use crate::store::StoredKey;

/// What a key encrypts data with.
#[derive(ToSchema)]
#[schema(as = DekAlgorithm)]
#[expect(dead_code, non_camel_case_types, reason = "documents the names of the algorithms")]
pub enum AlgorithmName {
    AES128_GCM,
    AES256_GCM,
    AES256_SIV,
}

/// A data-encryption key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Dek, example = json!({
    "kekName": "orders", "subject": "orders-value", "version": 1, "algorithm": "AES256_GCM",
    "encryptedKeyMaterial": "dmF1bHQ6djE6…", "ts": 1787443200000_i64
}))]
pub struct DekView {
    /// The key it is encrypted with.
    kek_name: String,
    subject: String,
    version: i32,
    #[schema(value_type = AlgorithmName)]
    algorithm: &'static str,
    /// The encrypted key, in Base64.
    encrypted_key_material: String,
    /// The key itself, in Base64; only where the key-encryption key is shared.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material: Option<String>,
    /// When it was last written, in milliseconds since 1970.
    #[schema(value_type = i64)]
    ts: Timestamp,
    /// Only when it is.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

impl From<FoundDek> for DekView {
    fn from(FoundDek { stored, clear }: FoundDek) -> DekView {
        let StoredKey { key: Dek { series, version, encrypted, deleted }, written_at } = stored;
        DekView {
            kek_name: series.kek,
            subject: series.subject.to_string(),
            version: version.number(),
            algorithm: series.algorithm.as_str(),
            encrypted_key_material: encrypted,
            key_material: clear.map(|clear| STANDARD.encode(&*clear)),
            ts: written_at,
            deleted,
        }
    }
}

/// A data-encryption key to record.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = CreateDekRequest, example = json!({
    "subject": "orders-value", "encryptedKeyMaterial": "dmF1bHQ6djE6…"
}))]
#[expect(dead_code, reason = "documents what `DekRequest` reads")]
pub struct DekBody {
    /// The subject of the path counts where there is one.
    #[schema(required = false)]
    subject: Option<String>,
    /// 1 when left out.
    #[schema(required = false)]
    version: Option<i32>,
    /// `AES256_GCM` when left out.
    #[schema(required = false)]
    algorithm: Option<AlgorithmName>,
    /// The encrypted key, in Base64. Where the key-encryption key is shared it may be left out: then the
    /// registry makes a key.
    #[schema(required = false)]
    encrypted_key_material: Option<String>,
    #[schema(required = false)]
    deleted: Option<bool>,
}

/// What [`DekBody`] documents, read.
pub struct DekRequest {
    subject: Option<String>,
    version: Option<i32>,
    algorithm: Algorithm,
    encrypted: Option<String>,
    deleted: Option<bool>,
}

impl Shape for DekRequest {
    fn read(body: &Node) -> Result<DekRequest, ApiError> {
        let members = members(body, "CreateDekRequest")?;
        let names = Algorithm::ALL.map(|algorithm| (algorithm.as_str(), algorithm));
        Ok(DekRequest {
            subject: members.text("subject")?,
            version: members.number("version")?,
            algorithm: members.given("algorithm", |node| constant(node, &names))?.value().unwrap_or_default(),
            encrypted: members.text("encryptedKeyMaterial")?.filter(|encrypted| !encrypted.is_empty()),
            deleted: members.given("deleted", flag)?.value(),
        })
    }
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AlgorithmQuery {
    /// What the key encrypts data with.
    #[serde(deserialize_with = "algorithm")]
    #[param(value_type = Option<AlgorithmName>)]
    pub algorithm: Algorithm,
}

fn algorithm<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Algorithm, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct RewrapQuery {
    /// Encrypt the key that is there anew.
    pub rewrap: bool,
}

/// The series that a path and its query name. A name that cannot be is told before a version that
/// cannot be.
fn series(kek: String, subject: Subject, query: &AlgorithmQuery) -> Result<DekSeries, ApiError> {
    let series = DekSeries { kek, subject, algorithm: query.algorithm };
    series.check().map_err(Error::from)?;
    Ok(series)
}

/// A key in the clear was decrypted for this request, and is kept for no other; `otherwise` makes the
/// answer without one.
fn shown(found: FoundDek, otherwise: fn(&DekView) -> Answer) -> Answer {
    let is_secret = found.clear.is_some();
    let view = DekView::from(found);
    if is_secret { answer::secret(&view) } else { otherwise(&view) }
}

/// List the subjects that have keys.
#[utoipa::path(get, path = "/dek-registry/v1/keks/{name}/deks", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        DeletedQuery, Paging),
    responses((status = 200, description = "Subjects, sorted.", body = Vec<String>,
        example = json!(["orders-value"])), ApiError, Refusals))]
pub async fn subjects(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    Query(query): Query<DeletedQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let subjects =
        registry.list_dek_subjects(&kek, query.deleted).await.during("Error while listing keys")?;
    answer::read(&cut(subjects.iter().map(Subject::to_string).collect(), &paging, usize::MAX))
}

/// List the versions of a key.
#[utoipa::path(get, path = "/dek-registry/v1/keks/{name}/deks/{subject}/versions", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."), AlgorithmQuery, DeletedQuery, Paging),
    responses((status = 200, description = "Version numbers, ascending.", body = Vec<i32>,
        example = json!([1, 2])), ApiError, Refusals))]
pub async fn versions(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<AlgorithmQuery>,
    Query(deleted): Query<DeletedQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let versions = registry.list_dek_versions(&series(kek, subject, &query)?, deleted.deleted).await;
    let versions = versions.during("Error while listing versions of a key")?;
    answer::read(&cut(versions.into_iter().map(Version::number).collect(), &paging, usize::MAX))
}

/// Get the first version of a key.
#[utoipa::path(get, path = "/dek-registry/v1/keks/{name}/deks/{subject}", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."), AlgorithmQuery, DeletedQuery),
    responses((status = 200, description = "The key.", body = DekView), ApiError, Refusals,
        (status = 403, description = "The key-management service denies access.", body = ErrorBody)))]
pub async fn get_first(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<AlgorithmQuery>,
    Query(deleted): Query<DeletedQuery>,
) -> Answer {
    let first = VersionRef::Number(Version::FIRST);
    let found = registry.find_dek(&series(kek, subject, &query)?, first, deleted.deleted).await;
    shown(found.during("Error while retrieving the key")?, answer::read)
}

/// Get a version of a key.
#[utoipa::path(get, path = "/dek-registry/v1/keks/{name}/deks/{subject}/versions/{version}", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "latest"),
        AlgorithmQuery, DeletedQuery),
    responses((status = 200, description = "The key.", body = DekView), ApiError, Refusals,
        (status = 403, description = "The key-management service denies access.", body = ErrorBody)))]
pub async fn get(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    version: Result<VersionPath, ApiError>,
    Query(query): Query<AlgorithmQuery>,
    Query(deleted): Query<DeletedQuery>,
) -> Answer {
    let found = registry.find_dek(&series(kek, subject, &query)?, version?.0, deleted.deleted).await;
    shown(found.during("Error while retrieving the key")?, answer::read)
}

async fn record(
    registry: &Registry,
    kek: String,
    subject: Subject,
    request: DekRequest,
    rewrap: bool,
    caller: &registry::Caller,
) -> Answer {
    let series = series(kek, subject, &AlgorithmQuery { algorithm: request.algorithm })?;
    let number = request.version.unwrap_or(Version::FIRST.number());
    let version = Version::new(number).ok_or_else(|| Error::from(InvalidVersion(number.to_string())))?;
    let new = NewDek { series, version, encrypted: request.encrypted, deleted: request.deleted };
    let found = registry.register_dek(new, rewrap, caller).await.during("Error while creating the key")?;
    shown(found, answer::written)
}

/// Record a key of the subject in the body.
///
/// Older clients do. See the route with the subject in its path.
#[utoipa::path(post, path = "/dek-registry/v1/keks/{name}/deks", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"), RewrapQuery),
    request_body = DekBody,
    responses((status = 200, description = "The key.", body = DekView), ApiError, BodyErrors,
        (status = 403, description = "The key-management service denies access.", body = ErrorBody),
        (status = 409, description = "The version is taken, or there are too many keys.", body = ErrorBody)))]
pub async fn create(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    Query(query): Query<RewrapQuery>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<DekRequest>,
) -> Answer {
    let subject = Subject::parse(request.subject.as_deref().unwrap_or_default());
    record(&registry, kek, subject, request, query.rewrap, &caller).await
}

/// Record a key.
///
/// Where the key-encryption key is shared and no encrypted key is sent, the registry makes one. A version
/// that is there already but for being deleted, or not, is deleted or restored.
#[utoipa::path(post, path = "/dek-registry/v1/keks/{name}/deks/{subject}", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."), RewrapQuery),
    request_body = DekBody,
    responses((status = 200, description = "The key.", body = DekView), ApiError, BodyErrors,
        (status = 403, description = "The key-management service denies access.", body = ErrorBody),
        (status = 409, description = "The version is taken, or there are too many keys.", body = ErrorBody)))]
pub async fn create_of_subject(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<RewrapQuery>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<DekRequest>,
) -> Answer {
    record(&registry, kek, subject, request, query.rewrap, &caller).await
}

async fn remove(
    registry: &Registry,
    series: DekSeries,
    version: Option<VersionRef>,
    permanent: bool,
    caller: &registry::Caller,
) -> Result<Response, ApiError> {
    let deleted = if permanent {
        registry.purge_deks(&series, version, caller).await
    } else {
        registry.soft_delete_deks(&series, version, caller).await
    };
    deleted.during("Error while deleting the key")?;
    Ok(answer::nothing())
}

/// Delete all versions of a key.
///
/// Softly first; then, with `permanent=true`, for good. Keys for other algorithms stay.
#[utoipa::path(delete, path = "/dek-registry/v1/keks/{name}/deks/{subject}", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."), AlgorithmQuery, DeleteQuery),
    responses((status = 204, description = "They are deleted."), ApiError, Refusals))]
pub async fn delete_all(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<AlgorithmQuery>,
    Query(how): Query<DeleteQuery>,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    remove(&registry, series(kek, subject, &query)?, None, how.permanent, &caller).await
}

/// Delete a version of a key.
///
/// Softly first; then, with `permanent=true`, for good.
#[utoipa::path(delete, path = "/dek-registry/v1/keks/{name}/deks/{subject}/versions/{version}", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "1"),
        AlgorithmQuery, DeleteQuery),
    responses((status = 204, description = "It is deleted."), ApiError, Refusals))]
pub async fn delete(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    version: Result<VersionPath, ApiError>,
    Query(query): Query<AlgorithmQuery>,
    Query(how): Query<DeleteQuery>,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    remove(&registry, series(kek, subject, &query)?, Some(version?.0), how.permanent, &caller).await
}

/// Restore all soft-deleted versions of a key.
#[utoipa::path(post, path = "/dek-registry/v1/keks/{name}/deks/{subject}/undelete", tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."), AlgorithmQuery),
    responses((status = 204, description = "They are there."), ApiError, Refusals))]
pub async fn undelete_all(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<AlgorithmQuery>,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    let restored = registry.undelete_deks(&series(kek, subject, &query)?, None, &caller).await;
    restored.during("Error while undeleting the key")?;
    Ok(answer::nothing())
}

/// Restore a soft-deleted version of a key.
#[utoipa::path(post, path = "/dek-registry/v1/keks/{name}/deks/{subject}/versions/{version}/undelete",
    tag = "Keys",
    params(("name" = String, Path, description = "The key-encryption key.", example = "orders"),
        ("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "1"),
        AlgorithmQuery),
    responses((status = 204, description = "It is there."), ApiError, Refusals))]
pub async fn undelete(
    State(registry): State<Registry>,
    NamePath(kek): NamePath,
    SubjectPath(subject): SubjectPath,
    version: Result<VersionPath, ApiError>,
    Query(query): Query<AlgorithmQuery>,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    let restored = registry.undelete_deks(&series(kek, subject, &query)?, Some(version?.0), &caller).await;
    restored.during("Error while undeleting the key")?;
    Ok(answer::nothing())
}
