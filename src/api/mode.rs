//! `/mode`: which writes a subject, a context or the registry accepts.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::config::{DefaultQuery, check_scope};
use super::error::{ApiError, BodyErrors, During, Refusals};
use super::extract::{Caller, Given, JsonBody, Query, Shape, SubjectPath, members, text};
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

/// Modes of the reference that this version does not have.
const LATER: [&str; 3] = ["READONLY_OVERRIDE", "IMPORT", "FORWARD"];

impl ModeRequest {
    /// `None` to forget the mode.
    fn mode(&self, scope: &Scope) -> Result<Option<Mode>, ApiError> {
        check_scope(scope)?;
        let name = match &self.0 {
            Given::Null => return Ok(None),
            Given::Absent => return Err(ApiError::unknown_mode()),
            Given::Value(name) => name.to_uppercase(),
        };
        if name == "FORWARD" && *scope != Scope::global() {
            return Err(ApiError::forward_is_global());
        }
        if LATER.contains(&name.as_str()) {
            return Err(ApiError::unavailable(format_args!("Mode {name}")));
        }
        name.parse().map(Some).map_err(|_| ApiError::unknown_mode())
    }
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

async fn put(registry: &Registry, scope: &Scope, request: ModeRequest, caller: &registry::Caller) -> Answer {
    let mode = request.mode(scope)?;
    registry.change_mode(scope, mode, caller).await.during("Failed to update mode")?;
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
#[utoipa::path(put, path = "/mode", tag = "Mode", request_body = ModeView,
    responses((status = 200, description = "The request.", body = ModeView), ApiError, BodyErrors))]
pub async fn put_top(
    State(registry): State<Registry>,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<ModeRequest>,
) -> Answer {
    put(&registry, &Scope::top(), request, &caller).await
}

/// Forget the top-level mode.
#[utoipa::path(delete, path = "/mode", tag = "Mode", params(RecursiveQuery),
    responses((status = 200, description = "The mode that was.", body = FormerMode), ApiError, Refusals))]
pub async fn delete_top(
    State(registry): State<Registry>,
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
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`.")),
    request_body = ModeView,
    responses((status = 200, description = "The request.", body = ModeView), ApiError, BodyErrors))]
pub async fn put_subject(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Caller(caller): Caller,
    JsonBody(request): JsonBody<ModeRequest>,
) -> Answer {
    put(&registry, &Scope::of(&subject), request, &caller).await
}

/// Forget the mode of a subject or context.
#[utoipa::path(delete, path = "/mode/{subject}", tag = "Mode",
    params(("subject" = String, Path, description = "A subject, or a context as in `:.ctx:`."),
        RecursiveQuery),
    responses((status = 200, description = "The mode that was.", body = FormerMode), ApiError, Refusals))]
pub async fn delete(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<RecursiveQuery>,
    Caller(caller): Caller,
) -> Answer {
    remove(&registry, &Scope::of(&subject), query.recursive, &caller).await
}
