//! `/contexts`: namespaces of subjects and ids.

use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::{self, Answer};
use super::error::{ApiError, During};
use super::extract::Query;
use super::shapes::{Paging, cut};
use crate::registry::Registry;

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ContextsQuery {
    /// Only contexts whose names start so, as in `.c`.
    pub context_prefix: String,
}

/// List contexts.
///
/// The default context `.` comes first; a context appears with its first schema.
#[utoipa::path(get, path = "/contexts", tag = "Contexts", params(ContextsQuery, Paging),
    responses((status = 200, description = "Contexts.", body = Vec<String>, example = json!([".", ".test"])),
        ApiError))]
pub async fn list(
    State(registry): State<Registry>,
    Query(query): Query<ContextsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let contexts = registry.contexts().await.during("Error while listing contexts")?;
    let names =
        contexts.iter().map(ToString::to_string).filter(|name| name.starts_with(&query.context_prefix));
    answer::read(&cut(names.collect::<Vec<String>>(), &paging, usize::MAX))
}

/// Addresses below a context are a later version's; a subject of a context is addressed as
/// `:.ctx:name` meanwhile. The server's own routes take qualified subjects and never stand there.
pub async fn unavailable(Path(rest): Path<String>) -> ApiError {
    let mut segments = rest.split('/').skip(1);
    if segments.next() == Some("v1") && segments.next() != Some("metadata") {
        return ApiError::not_found();
    }
    ApiError::unavailable("Addressing a context by path (use qualified subjects such as `:.ctx:name`)")
}
