//! `/associations`: which subjects belong to a resource, such as a topic.
//!
//! Clients ask for the associations of every topic they use, and stop working when the answer is
//! anything but a list: what nobody knows has none.

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Options;
use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, Conflict, During, Refusals};
use super::extract::path_parameter;
use super::extract::{Caller, JsonBody, Members, Query, Shape, SubjectPath, constant, flag, members};
use super::schema_request::{
    FormatName, MetadataBody, ReferenceBody, RuleSetBody, SchemaRequest, SchemaRequestBody,
};
use super::shapes::{Paging, ReferenceView, SCHEMA_PAGE, page, references, shown_type};
use crate::model::{
    Association, AssociationFilter, Context, InvalidProperty, Lifecycle, Metadata, RuleSet, Subject,
    Timestamp,
};
use crate::registry::{
    self, AssociatedResource, AssociatedSchema, AssociatedSubject, Associating, AssociationWish, Intent,
    Registry, ResourceRequest,
};
use crate::schema::tree::Node;

const FAILED_READ: &str = "Error while getting associations";
const FAILED_WRITE: &str = "Error while writing associations";

/// An association.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Association, example = json!({
    "subject": ":.lkc-1:orders-value", "guid": "5e0c1b5c-1a7f-4a7b-9d3a-0d4f3a1c2b3e",
    "resourceName": "orders", "resourceNamespace": "lkc-1", "resourceId": "orders-id",
    "resourceType": "topic", "associationType": "value", "lifecycle": "STRONG",
    "createTs": 1787443200000_i64, "updateTs": 1787443200000_i64
}))]
pub struct AssociationView {
    subject: String,
    /// A name of the association itself.
    guid: String,
    resource_name: String,
    resource_namespace: String,
    resource_id: String,
    #[schema(value_type = String)]
    resource_type: &'static str,
    /// `key` or `value`.
    #[schema(value_type = String)]
    association_type: &'static str,
    /// `STRONG`: the subject belongs to the resource alone, and the association stays as it is. `WEAK`:
    /// others may use it too.
    #[schema(value_type = String)]
    lifecycle: &'static str,
    /// When it was made, in milliseconds since 1970.
    create_ts: Timestamp,
    /// When it was last changed.
    update_ts: Timestamp,
}

impl From<Association> for AssociationView {
    fn from(association: Association) -> AssociationView {
        let resource = association.resource;
        AssociationView {
            subject: association.subject.to_string(),
            guid: association.guid,
            resource_name: resource.name,
            resource_namespace: resource.namespace,
            resource_id: resource.id,
            resource_type: resource.kind.as_str(),
            association_type: association.part.as_str(),
            lifecycle: association.lifecycle.as_str(),
            create_ts: association.created_at,
            update_ts: association.updated_at,
        }
    }
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AssociationsQuery {
    /// Only those of this kind of resource; `topic` when left out.
    pub resource_type: Option<String>,
    /// Only those of one of these types: `key`, `value`.
    pub association_type: Vec<String>,
    /// Only those of this lifecycle: `STRONG`, `WEAK`.
    pub lifecycle: Option<String>,
}

impl AssociationsQuery {
    /// `None` when nothing can match.
    fn filter(&self) -> Result<Option<AssociationFilter>, ApiError> {
        let lifecycle = self.lifecycle.as_deref().filter(|word| !word.is_empty());
        let lifecycle: Option<Lifecycle> =
            lifecycle.map(str::parse).transpose().map_err(|_| ApiError::not_found())?;
        Ok(AssociationFilter::read(self.resource_type.as_deref(), &self.association_type, lifecycle))
    }
}

/// The `{resourceId}` of a path. One that cannot be is the id of nothing.
pub struct ResourceIdPath(String);

impl<S: Send + Sync> FromRequestParts<S> for ResourceIdPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(ResourceIdPath(path_parameter(parts, state, "resourceId").await.unwrap_or_default()))
    }
}

/// The `{namespace}` and `{name}` of a path. Some clients send an empty namespace; nothing is in it.
pub struct ResourceNamePath {
    namespace: String,
    name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for ResourceNamePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(ResourceNamePath {
            namespace: path_parameter(parts, state, "namespace").await.unwrap_or_default(),
            name: path_parameter(parts, state, "name").await.unwrap_or_default(),
        })
    }
}

/// List the associations of a subject.
///
/// Sorted by resource. A subject that nobody knows has none.
#[utoipa::path(get, path = "/associations/subjects/{subject}", tag = "Associations",
    params(("subject" = String, Path, description = "The subject."), AssociationsQuery, Paging),
    responses((status = 200, description = "Associations.", body = Vec<AssociationView>), ApiError))]
pub async fn of_subject(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<AssociationsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let Some(filter) = query.filter()? else { return none() };
    let (offset, limit) = page(&paging, SCHEMA_PAGE);
    shown(registry.associations_of_subject(&subject, &filter, offset, limit).await)
}

/// List the associations of a resource by its id.
///
/// A resource that nobody knows has none.
#[utoipa::path(get, path = "/associations/resources/{resourceId}", tag = "Associations",
    params(("resourceId" = String, Path, description = "The id of the resource."), AssociationsQuery, Paging),
    responses((status = 200, description = "Associations.", body = Vec<AssociationView>), ApiError))]
pub async fn of_resource(
    State(registry): State<Registry>,
    ResourceIdPath(id): ResourceIdPath,
    Query(query): Query<AssociationsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let Some(filter) = query.filter()? else { return none() };
    let (offset, limit) = page(&paging, SCHEMA_PAGE);
    shown(registry.associations_of_resource(&id, &filter, offset, limit).await)
}

/// List the associations of resources by their name.
///
/// `-` stands for any namespace, and for any name. Sorted by name, then namespace.
#[utoipa::path(get, path = "/associations/resources/{namespace}/{name}", tag = "Associations",
    params(
        ("namespace" = String, Path, description = "The namespace of the name; `-` for any."),
        ("name" = String, Path, description = "The name of the resource; `-` for any."),
        AssociationsQuery, Paging
    ),
    responses((status = 200, description = "Associations.", body = Vec<AssociationView>), ApiError))]
pub async fn of_name(
    State(registry): State<Registry>,
    ResourceNamePath { namespace, name }: ResourceNamePath,
    Query(query): Query<AssociationsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let Some(filter) = query.filter()? else { return none() };
    let (offset, limit) = page(&paging, SCHEMA_PAGE);
    shown(registry.associations_by_name(&namespace, &name, &filter, offset, limit).await)
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct NameQuery {
    /// The name of the resource; `-` for any.
    pub resource_name: String,
    /// The namespace of the name; `-` for any, as when it is left out.
    pub resource_namespace: Option<String>,
}

/// List the associations of resources by their name, given as parameters.
///
/// As `/associations/resources/{namespace}/{name}`, for clients that ask so.
#[utoipa::path(get, path = "/associations", tag = "Associations",
    params(NameQuery, AssociationsQuery, Paging),
    responses((status = 200, description = "Associations.", body = Vec<AssociationView>), ApiError))]
pub async fn of_name_in_query(
    State(registry): State<Registry>,
    Query(named): Query<NameQuery>,
    Query(query): Query<AssociationsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let Some(filter) = query.filter()? else { return none() };
    let (offset, limit) = page(&paging, SCHEMA_PAGE);
    let namespace = named.resource_namespace.as_deref().unwrap_or(crate::model::Resource::ANY);
    shown(registry.associations_by_name(namespace, &named.resource_name, &filter, offset, limit).await)
}

fn none() -> Answer {
    answer::read(&[(); 0])
}

fn shown(found: Result<Vec<Association>, registry::Error>) -> Answer {
    let found = found.during(FAILED_READ)?;
    answer::read(&found.into_iter().map(AssociationView::from).collect::<Vec<_>>())
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AssociateQuery {
    /// Where subjects are that name no context, as in `:.ctx:`.
    pub context: String,
    /// Check everything and write nothing.
    pub dry_run: bool,
}

impl AssociateQuery {
    pub(super) fn read(&self) -> Result<Associating, ApiError> {
        Ok(Associating { context: context(&self.context)?, dry_run: self.dry_run })
    }
}

/// `:.ctx:`, `.ctx` and `ctx` are the same; nothing is the default context.
fn context(text: &str) -> Result<Context, ApiError> {
    if text.is_empty() || Subject::is_qualified_text(text) {
        return Ok(Subject::parse(text).context().clone());
    }
    let named = Context::new(text).or_else(|| Context::new(&format!(".{text}")));
    named.ok_or_else(|| ApiError::bad_body("The name of a context cannot contain a colon"))
}

/// A resource and the subjects to associate with it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AssociationRequest, example = json!({
    "resourceName": "orders", "resourceNamespace": "lkc-1", "resourceId": "orders-id",
    "associations": [{"subject": "orders-value", "lifecycle": "WEAK"}]
}))]
#[expect(dead_code, reason = "documents what `AssociationRequest` reads")]
pub struct AssociationRequestBody {
    /// Letters, digits, `_` and `-`, at most 256.
    resource_name: String,
    /// Letters, digits, `_` and `-`, at most 256. It is the context of the subjects that the resource has
    /// by default.
    resource_namespace: String,
    /// What identifies the resource. May be left out of a dry run, and where it is in the path.
    #[schema(required = false)]
    resource_id: Option<String>,
    /// `topic`.
    #[schema(required = false)]
    resource_type: Option<String>,
    associations: Vec<AssociationBody>,
}

/// An association to make.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AssociationWish)]
#[expect(dead_code, reason = "documents what `wish` reads")]
pub struct AssociationBody {
    /// The subject; needed when weak. A strong association is always with the subject that the resource has
    /// by default, `:.<namespace>:<name>-<type>`.
    #[schema(required = false)]
    subject: Option<String>,
    /// `key` or `value`, the default.
    #[schema(required = false)]
    association_type: Option<String>,
    /// `STRONG` or `WEAK`; strong with a schema, else weak.
    #[schema(required = false)]
    lifecycle: Option<String>,
    /// True says the same as `STRONG`, false as `WEAK`.
    #[schema(required = false)]
    frozen: Option<bool>,
    /// A schema to register under the subject.
    #[schema(required = false)]
    schema: Option<SchemaRequestBody>,
    /// Store the schema's normal form.
    #[schema(required = false)]
    normalize: Option<bool>,
}

/// What [`AssociationRequestBody`] documents, read.
pub struct AssociationRequest {
    resource: ResourceRequest,
    wishes: Vec<AssociationWish>,
}

impl Shape for AssociationRequest {
    fn read(body: &Node) -> Result<AssociationRequest, ApiError> {
        let given = members(body, "AssociationCreateOrUpdateRequest")?;
        let wishes =
            given.list("associations", |node| wish(&members(node, "AssociationCreateOrUpdateInfo")?))?;
        Ok(AssociationRequest { resource: resource(&given)?, wishes: wishes.unwrap_or_default() })
    }
}

pub(super) fn resource(given: &Members<'_>) -> Result<ResourceRequest, ApiError> {
    Ok(ResourceRequest {
        name: given.text("resourceName")?,
        namespace: given.text("resourceNamespace")?,
        id: given.text("resourceId")?,
        kind: given.text("resourceType")?,
    })
}

pub(super) fn wish(given: &Members<'_>) -> Result<AssociationWish, ApiError> {
    Ok(AssociationWish {
        subject: given.text("subject")?,
        part: given.text("associationType")?,
        lifecycle: lifecycle(given)?,
        frozen: given.given("frozen", flag)?.value(),
        schema: given.given("schema", |node| SchemaRequest::read(node).map(Some))?.value().map(|read| read.0),
        normalize: given.given("normalize", flag)?.value().unwrap_or(false),
    })
}

pub(super) fn lifecycle(given: &Members<'_>) -> Result<Option<Lifecycle>, ApiError> {
    const LIFECYCLES: [(&str, Lifecycle); 2] = [("STRONG", Lifecycle::Strong), ("WEAK", Lifecycle::Weak)];
    Ok(given.given("lifecycle", |node| constant(node, &LIFECYCLES))?.value())
}

/// A resource and subjects that belong to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssociatedResource, example = json!({
    "resourceName": "orders", "resourceNamespace": "lkc-1", "resourceId": "orders-id",
    "resourceType": "topic",
    "associations": [{"subject": "orders-value", "associationType": "value", "lifecycle": "WEAK"}]
}))]
pub struct AssociatedResourceView {
    #[schema(required = false)]
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_name: String,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_namespace: String,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_id: String,
    #[schema(value_type = String)]
    resource_type: &'static str,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    associations: Vec<AssociatedSubjectView>,
}

/// A subject that belongs to a resource.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssociatedSubject)]
struct AssociatedSubjectView {
    subject: String,
    #[schema(value_type = String)]
    association_type: &'static str,
    #[schema(value_type = String)]
    lifecycle: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<AssociatedSchemaView>,
}

/// A schema of an associated subject.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssociatedSchema)]
struct AssociatedSchemaView {
    subject: String,
    version: i32,
    /// Left out by a dry run of a schema that is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i32>,
    guid: String,
    #[schema(value_type = Option<FormatName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_type: Option<&'static str>,
    #[schema(value_type = Vec<ReferenceBody>, required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceView>,
    #[schema(value_type = Option<MetadataBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    schema: String,
    /// When it had been registered, if it was there already.
    #[schema(value_type = Option<i64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSet>,
}

impl AssociatedResourceView {
    pub(super) fn of(found: AssociatedResource, options: &Options) -> AssociatedResourceView {
        let AssociatedResource { resource, subjects } = found;
        let view = |subject: AssociatedSubject| AssociatedSubjectView {
            schema: subject.schema.as_ref().map(|schema| schema_view(&subject.subject, schema, options)),
            subject: subject.subject.to_string(),
            association_type: subject.part.as_str(),
            lifecycle: subject.lifecycle.as_str(),
        };
        AssociatedResourceView {
            resource_name: resource.name,
            resource_namespace: resource.namespace,
            resource_id: resource.id,
            resource_type: resource.kind.as_str(),
            associations: subjects.into_iter().map(view).collect(),
        }
    }
}

fn schema_view(subject: &Subject, schema: &AssociatedSchema, options: &Options) -> AssociatedSchemaView {
    let content = &schema.content;
    AssociatedSchemaView {
        subject: subject.to_string(),
        version: schema.version.number(),
        id: schema.id.map(|id| id.0),
        guid: schema.guid.to_string(),
        schema_type: shown_type(content.format, options.omit_avro_schema_type),
        references: references(content, subject, false),
        metadata: content.metadata.clone(),
        schema: content.text.clone(),
        ts: schema.existing.map(|(at, _)| at),
        deleted: schema.existing.map(|(_, deleted)| deleted),
        rule_set: content.rule_set.clone(),
    }
}

/// Associate a resource with subjects.
///
/// An association that is there already must be the same. Schemas that come with associations are
/// registered.
#[utoipa::path(post, path = "/associations", tag = "Associations", params(AssociateQuery),
    request_body = AssociationRequestBody,
    responses((status = 200, description = "What was asked for, as it is now.", body = AssociatedResourceView),
        ApiError, BodyErrors, Conflict))]
pub async fn create(
    State(registry): State<Registry>,
    State(options): State<Options>,
    Query(query): Query<AssociateQuery>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<AssociationRequest>,
) -> Answer {
    let AssociationRequest { resource, wishes } = request;
    let made = registry.associate(Intent::Create, resource, wishes, &query.read()?, &caller).await;
    written(made, &options)
}

/// Associate a resource with subjects, or go on with the associations there are.
///
/// What the request leaves open stays as it is. Strong associations cannot be made so.
#[utoipa::path(put, path = "/associations/resources/{resourceId}", tag = "Associations",
    params(("resourceId" = String, Path, description = "The id of the resource."), AssociateQuery),
    request_body = AssociationRequestBody,
    responses((status = 200, description = "What was asked for, as it is now.", body = AssociatedResourceView),
        ApiError, BodyErrors, Conflict))]
pub async fn upsert(
    State(registry): State<Registry>,
    State(options): State<Options>,
    ResourceIdPath(id): ResourceIdPath,
    Query(query): Query<AssociateQuery>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<AssociationRequest>,
) -> Answer {
    let AssociationRequest { mut resource, wishes } = request;
    let given = resource.id.replace(id.clone()).unwrap_or_default();
    if !given.is_empty() && given != id {
        let wrong = InvalidProperty::new("resourceId", "must be the one in the path");
        return Err(registry::Error::from(wrong).into());
    }
    let made = registry.associate(Intent::Upsert, resource, wishes, &query.read()?, &caller).await;
    written(made, &options)
}

fn written(made: Result<AssociatedResource, registry::Error>, options: &Options) -> Answer {
    let made = made.during(FAILED_WRITE);
    let made = made.map_err(|error| error.with_incompatible_code(options.incompatible_error_code))?;
    answer::written(&AssociatedResourceView::of(made, options))
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct DissociateQuery {
    /// Only associations of this kind of resource; `topic` when left out.
    pub resource_type: Option<String>,
    /// Only those of one of these types: `key`, `value`.
    pub association_type: Vec<String>,
    /// Needed where an association is strong: its subject is deleted with it, for good.
    pub cascade_lifecycle: bool,
    /// Check everything and write nothing.
    pub dry_run: bool,
}

/// End the associations of a resource.
///
/// Subjects that belong to the resource alone are deleted with it, which must be asked for.
#[utoipa::path(delete, path = "/associations/resources/{resourceId}", tag = "Associations",
    params(("resourceId" = String, Path, description = "The id of the resource."), DissociateQuery),
    responses((status = 204, description = "They have ended."), ApiError, Refusals, Conflict))]
pub async fn delete(
    State(registry): State<Registry>,
    ResourceIdPath(id): ResourceIdPath,
    Query(query): Query<DissociateQuery>,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    let filter = AssociationFilter::read(query.resource_type.as_deref(), &query.association_type, None);
    let (cascade, dry_run) = (query.cascade_lifecycle, query.dry_run);
    registry.dissociate(&id, filter.as_ref(), cascade, dry_run, &caller).await.during(FAILED_WRITE)?;
    Ok(answer::nothing())
}
