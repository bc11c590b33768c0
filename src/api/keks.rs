//! `/dek-registry/v1/keks`: key-encryption keys.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, During, ErrorBody, Refusals};
use super::extract::{Caller, JsonBody, NamePath, Query, Shape, flag, map, members, needed_text, text};
use super::shapes::{Paging, cut};
use super::subjects::DeleteQuery;
use crate::model::{Kek, Timestamp};
use crate::registry::{KekChange, Registry};
use crate::schema::tree::Node;
use crate::store::StoredKey;

/// A key-encryption key: where the key is to be found that encrypts keys of data.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Kek, example = json!({
    "name": "orders", "kmsType": "aws-kms", "kmsKeyId": "arn:aws:kms:eu-central-1:1234:key/5678",
    "kmsProps": {}, "shared": false, "ts": 1787443200000_i64
}))]
pub struct KekView {
    name: String,
    /// The key-management service.
    kms_type: String,
    /// What the service calls the key.
    kms_key_id: String,
    /// What else the service needs to be told.
    kms_props: BTreeMap<String, String>,
    /// What the key is for.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
    /// May this registry use the key itself?
    shared: bool,
    /// When it was last written, in milliseconds since 1970.
    #[schema(value_type = i64)]
    ts: Timestamp,
    /// Only when it is.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

impl From<StoredKey<Kek>> for KekView {
    fn from(StoredKey { key, written_at }: StoredKey<Kek>) -> KekView {
        let Kek { name, kms_type, kms_key_id, kms_props, doc, shared, deleted } = key;
        KekView { name, kms_type, kms_key_id, kms_props, doc, shared, ts: written_at, deleted }
    }
}

/// A key-encryption key as the reference stores it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StoredKek, example = json!({
    "type": "KEK", "name": "orders", "kmsType": "local-kms", "kmsKeyId": "orders", "kmsProps": {},
    "shared": true, "deleted": false, "offset": 0, "ts": 1787443200000_i64
}))]
pub struct StoredKekView {
    /// `KEK`.
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    kms_type: String,
    kms_key_id: String,
    kms_props: BTreeMap<String, String>,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
    shared: bool,
    deleted: bool,
    /// There is no topic behind this registry that it could be an offset of.
    offset: i64,
    #[schema(value_type = i64)]
    ts: Timestamp,
}

impl From<StoredKey<Kek>> for StoredKekView {
    fn from(StoredKey { key, written_at }: StoredKey<Kek>) -> StoredKekView {
        let Kek { name, kms_type, kms_key_id, kms_props, doc, shared, deleted } = key;
        let (kind, offset, ts) = ("KEK", 0, written_at);
        StoredKekView { kind, name, kms_type, kms_key_id, kms_props, doc, shared, deleted, offset, ts }
    }
}

/// A key-encryption key to record.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = CreateKekRequest, example = json!({
    "name": "orders", "kmsType": "aws-kms", "kmsKeyId": "arn:aws:kms:eu-central-1:1234:key/5678"
}))]
#[expect(dead_code, reason = "documents what `KekRequest` reads")]
pub struct KekBody {
    /// At most 256 letters, digits, `_` and `-`, the first a letter or `_`.
    name: String,
    kms_type: String,
    kms_key_id: String,
    #[schema(required = false)]
    kms_props: Option<BTreeMap<String, String>>,
    #[schema(required = false)]
    doc: Option<String>,
    #[schema(required = false)]
    shared: Option<bool>,
    #[schema(required = false)]
    deleted: Option<bool>,
}

/// What [`KekBody`] documents, read.
pub struct KekRequest(Kek);

impl Shape for KekRequest {
    fn read(body: &Node) -> Result<KekRequest, ApiError> {
        let members = members(body, "CreateKekRequest")?;
        Ok(KekRequest(Kek {
            name: members.text("name")?.unwrap_or_default(),
            kms_type: members.text("kmsType")?.unwrap_or_default(),
            kms_key_id: members.text("kmsKeyId")?.unwrap_or_default(),
            kms_props: members.given("kmsProps", props)?.value().unwrap_or_default(),
            doc: members.text("doc")?,
            shared: members.given("shared", flag)?.value().unwrap_or(false),
            deleted: members.given("deleted", flag)?.value().unwrap_or(false),
        }))
    }
}

/// A change of a key-encryption key. A member that is left out keeps its value, `null` clears it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = UpdateKekRequest, example = json!({"shared": true}))]
#[expect(dead_code, reason = "documents what `KekUpdate` reads")]
pub struct KekUpdateBody {
    #[schema(required = false)]
    kms_props: Option<BTreeMap<String, String>>,
    #[schema(required = false)]
    doc: Option<String>,
    #[schema(required = false)]
    shared: Option<bool>,
}

/// What [`KekUpdateBody`] documents, read.
pub struct KekUpdate(KekChange);

impl Shape for KekUpdate {
    fn read(body: &Node) -> Result<KekUpdate, ApiError> {
        let members = members(body, "UpdateKekRequest")?;
        Ok(KekUpdate(KekChange {
            kms_props: members.given("kmsProps", props)?.into(),
            doc: members.given("doc", text)?.into(),
            shared: members.given("shared", flag)?.into(),
        }))
    }
}

fn props(node: &Node) -> Result<Option<BTreeMap<String, String>>, ApiError> {
    map(node, |value| needed_text(value, "a value of kmsProps")).map(Some)
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct KeksQuery {
    /// Only keys that encrypt a key of a subject that starts with one of these.
    pub subject_prefix: Vec<String>,
    /// Also soft-deleted keys.
    pub deleted: bool,
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DeletedQuery {
    /// Also a soft-deleted key.
    pub deleted: bool,
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct SharingQuery {
    /// Try a shared key out first: encrypt something and decrypt it again.
    pub test_sharing: bool,
}

/// List key-encryption keys.
#[utoipa::path(get, path = "/dek-registry/v1/keks", tag = "Keys", params(KeksQuery, Paging),
    responses((status = 200, description = "Names, sorted.", body = Vec<String>, example = json!(["orders"])),
        ApiError))]
pub async fn list(
    State(registry): State<Registry>,
    Query(query): Query<KeksQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let names = registry.list_keks(&query.subject_prefix, query.deleted).await;
    answer::read(&cut(names.during("Error while listing keys")?, &paging, usize::MAX))
}

/// Get a key-encryption key.
#[utoipa::path(get, path = "/dek-registry/v1/keks/{name}", tag = "Keys",
    params(("name" = String, Path, description = "The name of the key.", example = "orders"), DeletedQuery),
    responses((status = 200, description = "The key.", body = KekView), ApiError, Refusals))]
pub async fn get(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Query(query): Query<DeletedQuery>,
) -> Answer {
    let kek = registry.find_kek(&name, query.deleted).await.during("Error while retrieving the key")?;
    answer::read(&KekView::from(kek))
}

/// Record a key-encryption key.
///
/// One that is there already but for being deleted, or not, is deleted or restored.
#[utoipa::path(post, path = "/dek-registry/v1/keks", tag = "Keys", params(SharingQuery), request_body = KekBody,
    responses((status = 200, description = "The key.", body = KekView), ApiError, BodyErrors,
        (status = 403, description = "The key-management service denies access.", body = ErrorBody),
        (status = 409, description = "The name is taken, or there are too many keys.", body = ErrorBody)))]
pub async fn create(
    State(registry): State<Registry>,
    Query(query): Query<SharingQuery>,
    Caller(caller): Caller,
    JsonBody(KekRequest(kek)): JsonBody<KekRequest>,
) -> Answer {
    let kek = registry.register_kek(kek, query.test_sharing, &caller).await;
    answer::written(&KekView::from(kek.during("Error while creating the key")?))
}

/// Change a key-encryption key.
#[utoipa::path(put, path = "/dek-registry/v1/keks/{name}", tag = "Keys",
    params(("name" = String, Path, description = "The name of the key.", example = "orders"), SharingQuery),
    request_body = KekUpdateBody,
    responses((status = 200, description = "The key.", body = KekView), ApiError, BodyErrors,
        (status = 403, description = "The key-management service denies access.", body = ErrorBody)))]
pub async fn update(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Query(query): Query<SharingQuery>,
    Caller(caller): Caller,
    JsonBody(KekUpdate(change)): JsonBody<KekUpdate>,
) -> Answer {
    let kek = registry.change_kek(&name, change, query.test_sharing, &caller).await;
    answer::written(&KekView::from(kek.during("Error while updating the key")?))
}

/// Try out a shared key-encryption key.
///
/// Something is encrypted with it and decrypted again.
#[utoipa::path(post, path = "/dek-registry/v1/keks/{name}/test", tag = "Keys",
    params(("name" = String, Path, description = "The name of the key.", example = "orders")),
    responses((status = 200, description = "It works.", body = StoredKekView), ApiError, Refusals,
        (status = 403, description = "The key-management service denies access.", body = ErrorBody)))]
pub async fn test(State(registry): State<Registry>, NamePath(name): NamePath) -> Answer {
    let kek = registry.test_kek(&name).await.during("Error while testing the key")?;
    answer::written(&StoredKekView::from(kek))
}

/// Delete a key-encryption key.
///
/// Softly first, when no live key is encrypted with it. Then, with `permanent=true`, for good, when none
/// is.
#[utoipa::path(delete, path = "/dek-registry/v1/keks/{name}", tag = "Keys",
    params(("name" = String, Path, description = "The name of the key.", example = "orders"), DeleteQuery),
    responses((status = 204, description = "It is deleted."), ApiError, Refusals))]
pub async fn delete(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Query(query): Query<DeleteQuery>,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    let deleted = if query.permanent {
        registry.purge_kek(&name, &caller).await
    } else {
        registry.soft_delete_kek(&name, &caller).await
    };
    deleted.during("Error while deleting the key")?;
    Ok(answer::nothing())
}

/// Restore a soft-deleted key-encryption key.
#[utoipa::path(post, path = "/dek-registry/v1/keks/{name}/undelete", tag = "Keys",
    params(("name" = String, Path, description = "The name of the key.", example = "orders")),
    responses((status = 204, description = "It is there."), ApiError, Refusals))]
pub async fn undelete(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    registry.undelete_kek(&name, &caller).await.during("Error while undeleting the key")?;
    Ok(answer::nothing())
}
