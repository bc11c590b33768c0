//! `/` and `/v1/metadata`: what this server is.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, Answer};
use super::error::ApiError;
use crate::registry::Registry;

/// Nothing.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({}))]
pub struct Empty {}

/// Say that the server is there.
#[utoipa::path(get, path = "/", tag = "Server",
    responses((status = 200, description = "It is.", body = Empty), ApiError))]
pub async fn root() -> Answer {
    answer::read(&Empty {})
}

/// Say that the server is there.
///
/// The body is ignored.
#[utoipa::path(post, path = "/", tag = "Server",
    responses((status = 200, description = "It is.", body = Empty), ApiError,
        (status = 415, description = "The body's media type is not understood.",
            body = super::error::ErrorBody)))]
pub async fn post_root() -> Answer {
    answer::read(&Empty {})
}

/// What this registry is called.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"scope": {
    "path": [], "clusters": {"kafka-cluster": "f1c3…", "schema-registry-cluster": "schema-registry"}
}}))]
pub struct ServerId {
    scope: ServerScope,
}

/// The place of the registry in its surroundings.
#[derive(Serialize, ToSchema)]
pub struct ServerScope {
    path: Vec<String>,
    clusters: Clusters,
}

/// Names of clusters.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Clusters {
    /// There is no Kafka cluster behind this registry; its store's own name stands here.
    kafka_cluster: String,
    schema_registry_cluster: &'static str,
}

/// Show what this registry is called.
#[utoipa::path(get, path = "/v1/metadata/id", tag = "Server",
    responses((status = 200, description = "Names.", body = ServerId), ApiError))]
pub async fn id(State(registry): State<Registry>) -> Answer {
    let clusters =
        Clusters { kafka_cluster: registry.cluster_id().await?, schema_registry_cluster: "schema-registry" };
    answer::read(&ServerId { scope: ServerScope { path: Vec::new(), clusters } })
}

/// What runs here.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"version": "0.1.0", "commitId": "unknown"}))]
pub struct ServerVersion {
    version: &'static str,
    commit_id: &'static str,
}

/// Show the version of the server.
#[utoipa::path(get, path = "/v1/metadata/version", tag = "Server",
    responses((status = 200, description = "The version.", body = ServerVersion), ApiError))]
pub async fn version() -> Answer {
    answer::read(&ServerVersion {
        version: env!("CARGO_PKG_VERSION"),
        commit_id: option_env!("DOVETAIL_COMMIT").unwrap_or("unknown"),
    })
}

/// How the server is deployed.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"attributes": []}))]
pub struct Deployment {
    attributes: Vec<String>,
}

/// Show how the server is deployed.
#[utoipa::path(get, path = "/v1/metadata/deployment", tag = "Server",
    responses((status = 200, description = "Attributes; none.", body = Deployment), ApiError))]
pub async fn deployment() -> Answer {
    answer::read(&Deployment { attributes: Vec::new() })
}
