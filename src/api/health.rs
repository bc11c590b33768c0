//! For those who watch the server: is it alive, is it ready, what does it do?

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, Answer};
use super::error::{ApiError, ErrorBody};
use crate::registry::Registry;

/// How the server is.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ready"}))]
pub struct Health {
    status: &'static str,
}

/// Say that the process runs.
#[utoipa::path(get, path = "/health/live", tag = "Server",
    responses((status = 200, description = "It runs.", body = Health)))]
pub async fn live() -> Answer {
    answer::written(&Health { status: "live" })
}

/// Say whether requests can be answered.
///
/// They can when the store is reachable and its tables are those of this version.
#[utoipa::path(get, path = "/health/ready", tag = "Server",
    responses((status = 200, description = "They can.", body = Health),
        (status = 503, description = "They cannot, now.", body = ErrorBody)))]
pub async fn ready(State(registry): State<Registry>) -> Answer {
    registry.store().check_ready().await.map_err(|error| ApiError::not_ready(error.to_string()))?;
    answer::written(&Health { status: "ready" })
}

/// Show metrics.
///
/// In the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Server",
    responses((status = 200, description = "Metrics.", body = String, content_type = "text/plain")))]
pub async fn metrics() -> Response {
    let text = crate::telemetry::metrics().render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
