//! `/associations`: which subjects belong to a resource, such as a topic.
//!
//! Clients ask for the associations of every topic they use, and stop working when the answer is
//! anything but a list: what nobody knows has none.

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Options;
use super::address::context_prefix;
use super::answer::{self, Answer};
use super::association_shapes::{
    AssociatedResourceView, AssociationRequest, AssociationRequestBody, AssociationView,
};
use super::error::{ApiError, BodyErrors, Conflict, During, Refusals};
use super::extract::{Caller, JsonBody, Query, SubjectPath, path_parameter};
use super::shapes::{Paging, SCHEMA_PAGE, page};
use crate::model::{AssociationFilter, Context, InvalidProperty, Lifecycle, Resource, Subject};
use crate::registry::{self, AssociatedResource, Associating, Intent, Registry};
use crate::store::Associated;

const FAILED_READ: &str = "Error while getting associations";
const FAILED_WRITE: &str = "Error while writing associations";

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
    list(&registry, Associated::Subject(&subject), &query, &paging).await
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
    list(&registry, Associated::Resource(&id), &query, &paging).await
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
    list(&registry, Associated::called(&namespace, &name), &query, &paging).await
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
    let namespace = named.resource_namespace.as_deref().unwrap_or(Resource::ANY);
    list(&registry, Associated::called(namespace, &named.resource_name), &query, &paging).await
}

async fn list(registry: &Registry, of: Associated<'_>, query: &AssociationsQuery, paging: &Paging) -> Answer {
    let (offset, limit) = page(paging, SCHEMA_PAGE);
    let found = match query.filter()? {
        Some(filter) => registry.list_associations(of, &filter, offset, limit).await.during(FAILED_READ)?,
        None => Vec::new(),
    };
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
    let prefix = if text.is_empty() { String::new() } else { context_prefix(text)? };
    Ok(Subject::parse(&prefix).context().clone())
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
