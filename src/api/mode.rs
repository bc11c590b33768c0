//! `/mode`: which writes a subject, a context or the registry accepts.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::config::DefaultQuery;
use super::error::{ApiError, BodyErrors, During, Moved, Refusals};
use super::extract::{Caller, Given, JsonBody, Query, Shape, SubjectPath, Writing, members, text};
use crate::model::{Mode, Scope};
use crate::registry::{self, Error, Registry};
use crate::schema::tree::Node;

/// A mode.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE", as = Mode)]
#[expect(dead_code, reason = "documents the names of the modes")]
pub enum ModeName {
    ReadWrite,
    ReadOnly,
    #[schema(rename = "READONLY_OVERRIDE")]
    ReadOnlyOverride,
    Import,
    Forward,
}

/// Which writes are accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = ModeBody, example = json!({"mode": "READWRITE"}))]
pub struct ModeView {
    #[schema(value_type = Option<ModeName>)]
    mode: Option<String>,
}

/// What was forgotten; nothing when nothing was recorded.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"mode": "READONLY"}))]
pub struct FormerMode {
    #[schema(value_type = Option<ModeName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
}

/// A wish for a mode.
pub struct ModeRequest(Given<String>);

impl Shape for ModeRequest {
    fn read(body: &Node) -> Result<ModeRequest, ApiError> {
        Ok(ModeRequest(members(body, "ModeUpdateRequest")?.given("mode", text)?))
    }
}

impl ModeRequest {
    /// `None` to forget the mode.
    fn mode(&self, registry: &Registry, scope: &Scope) -> Result<Option<Mode>, ApiError> {
        registry.check_configurable(scope)?;
        let name = match &self.0 {
            Given::Null => return Ok(None),
            Given::Absent => return Err(ApiError::unknown_mode()),
            Given::Value(name) => name,
        };
        let mode = name.parse().map_err(|_| ApiError::unknown_mode())?;
        if mode == Mode::Forward && *scope != Scope::global() {
            return Err(ApiError::forward_is_global());
        }
        Ok(Some(mode))
    }
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ForceQuery {
    /// Start to import whatever is there, and purge nothing.
    pub force: bool,
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct RecursiveQuery {
    /// Also forget the modes of all subjects in the context.
    pub recursive: bool,
}

async fn show(registry: &Registry, scope: &Scope, in_force: bool) -> Answer {
    const OPERATION: &str = "Failed to get mode";
    let mode = if in_force {
        Some(registry.mode_in_force(scope).await.during(OPERATION)?)
    } else {
        registry.mode(scope).await.during(OPERATION)?.or(scope.is_top().then_some(Mode::ReadWrite))
    };
    let mode = mode.ok_or_else(|| Error::ModeNotConfigured(scope.subject().clone()))?;
    answer::read(&ModeView { mode: Some(mode.as_str().to_owned()) })
}

async fn put(
    registry: &Registry,
    scope: &Scope,
    force: bool,
    request: ModeRequest,
    caller: &registry::Caller,
) -> Answer {
    let mode = request.mode(registry, scope)?;
    registry.change_mode(scope, mode, force, caller).await.during("Failed to update mode")?;
    answer::written(&ModeView { mode: request.0.value() })
}

async fn remove(registry: &Registry, scope: &Scope, recursive: bool, caller: &registry::Caller) -> Answer {
    let former = registry.delete_mode(scope, recursive, caller).await.during("Failed to delete mode")?;
    let former = former.or(scope.is_top().then_some(Mode::ReadWrite));
    if former.is_none() && !recursive {
        return Err(Error::SubjectNotFound(scope.subject().clone()).into());
    }
    answer::written(&FormerMode { mode: former.map(Mode::as_str) })
}

/// Show the top-level mode.
#[utoipa::path(get, path = "/mode", tag = "Mode", params(DefaultQuery),
    responses((status = 200, description = "The mode.", body = ModeView), ApiError))]
pub async fn get_top(State(registry): State<Registry>, Query(query): Query<DefaultQuery>) -> Answer {
    show(&registry, &Scope::top(), query.default_to_global).await
}

/// Set the top-level mode.
///
/// `null` forgets it. Answers with the request.
#[utoipa::path(put, path = "/mode", tag = "Mode", params(ForceQuery), request_body = ModeView,
    responses((status = 200, description = "The request.", body = ModeView), ApiError, BodyErrors, Moved))]
pub async fn put_top(
    Writing(registry): Writing,
    Query(query): Query<ForceQuery>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<ModeRequest>,
) -> Answer {
    put(&registry, &Scope::top(), query.force, request, &caller).await
}

/// Forget the top-level mode.
#[utoipa::path(delete, path = "/mode", tag = "Mode", params(RecursiveQuery),
    responses((status = 200, description = "The mode that was.", body = FormerMode), ApiError, Refusals, Moved))]
pub async fn delete_top(
    Writing(registry): Writing,
    Query(query): Query<RecursiveQuery>,
    Caller(caller): Caller,
) -> Answer {
    remove(&registry, &Scope::top(), query.recursive, &caller).await
}

/// Show the mode of a subject or context.
#[utoipa::path(get, path = "/mode/{subject}", tag = "Mode",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`."), DefaultQuery),
    responses((status = 200, description = "The mode.", body = ModeView), ApiError))]
pub async fn get(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<DefaultQuery>,
) -> Answer {
    show(&registry, &Scope::of(&subject), query.default_to_global).await
}

/// Set the mode of a subject or context.
///
/// `null` forgets it. Answers with the request. The subject need not exist yet.
#[utoipa::path(put, path = "/mode/{subject}", tag = "Mode",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`."), ForceQuery),
    request_body = ModeView,
    responses((status = 200, description = "The request.", body = ModeView), ApiError, BodyErrors, Moved))]
pub async fn put_subject(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<ForceQuery>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<ModeRequest>,
) -> Answer {
    put(&registry, &Scope::of(&subject), query.force, request, &caller).await
}

/// Forget the mode of a subject or context.
#[utoipa::path(delete, path = "/mode/{subject}", tag = "Mode",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`."),
        RecursiveQuery),
    responses((status = 200, description = "The mode that was.", body = FormerMode), ApiError, Refusals, Moved))]
pub async fn delete(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<RecursiveQuery>,
    Caller(caller): Caller,
) -> Answer {
    remove(&registry, &Scope::of(&subject), query.recursive, &caller).await
}
