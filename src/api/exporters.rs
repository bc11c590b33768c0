//! `/exporters`: copying schemas to other registries.

use std::collections::BTreeMap;

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Options;
use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, Conflict, During};
use super::extract::{
    Caller, Given, JsonBody, NamePath, Query, Shape, constant, map, members, needed_text, text,
};
use super::shapes::{Paging, cut};
use crate::export::{Targets, check_config};
use crate::model::{
    Context, ContextType, Exporter, ExporterState, InvalidExporter, Subject, TARGET_URL, without_secrets,
};
use crate::registry::{ExporterChange, Registry};
use crate::schema::tree::Node;

/// What exporters that say nothing else call subjects.
const SAME_NAME: &str = "${subject}";

/// How contexts are named in the target.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE", as = ContextType)]
#[expect(dead_code, reason = "documents the names of the types")]
pub enum ContextTypeName {
    /// After the registry that schemas come from.
    Auto,
    /// As `context` says.
    Custom,
    /// As here.
    None,
}

/// An exporter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Exporter, example = json!({
    "name": "to-west", "contextType": "CUSTOM", "context": ".east", "subjects": ["orders-*"],
    "subjectRenameFormat": "${subject}", "config": {"schema.registry.url": "http://west:8081"}
}))]
pub struct ExporterView {
    name: String,
    #[schema(value_type = ContextTypeName)]
    context_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    /// Names, or beginnings of names that end with `*`; `:*:` stands for all contexts.
    subjects: Vec<String>,
    /// The name in the target, with `${subject}` for the one here.
    subject_rename_format: String,
    /// How to reach the target; secrets are not shown.
    config: BTreeMap<String, String>,
}

/// A new exporter, or a change of one: what is left out is as it was, or as it is by default.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = ExporterRequest, example = json!({
    "name": "to-west", "contextType": "CUSTOM", "context": ".east", "subjects": ["orders-*"],
    "config": {"schema.registry.url": "http://west:8081"}
}))]
#[expect(dead_code, reason = "documents what `ExporterRequest` reads")]
pub struct ExporterBody {
    /// Letters, digits, dots, dashes and underscores.
    name: Option<String>,
    #[schema(value_type = Option<ContextTypeName>)]
    context_type: Option<String>,
    context: Option<String>,
    subjects: Option<Vec<String>>,
    subject_rename_format: Option<String>,
    config: Option<BTreeMap<String, String>>,
}

/// What [`ExporterBody`] documents, read.
pub struct ExporterRequest {
    name: Option<String>,
    change: ExporterChange,
}

/// The configuration alone.
pub struct ConfigOnly(BTreeMap<String, String>);

/// The exporter that a command was for.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"name": "to-west"}))]
pub struct ExporterName {
    name: String,
}

/// How far an exporter is.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"name": "to-west", "state": "RUNNING", "offset": 42, "ts": 1787443200000_i64}))]
pub struct ExporterStatus {
    name: String,
    /// `STARTING`, `RUNNING`, `PAUSED` or `ERROR`; from an error it tries again by itself.
    state: &'static str,
    /// The number of the last change of this registry that the target has.
    offset: i64,
    /// When it last got on, or failed, in milliseconds since 1970.
    ts: i64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
}

impl Shape for ExporterRequest {
    fn read(body: &Node) -> Result<ExporterRequest, ApiError> {
        let given = members(body, "CreateExporterRequest")?;
        let types = ContextType::ALL.map(|known| (known.as_str(), known));
        if let Given::Value(format) = given.given("kekRenameFormat", text)?
            && format != "${kek}"
        {
            return Err(ApiError::unavailable("Exporting keys (`kekRenameFormat`)"));
        }
        let change = ExporterChange {
            context_type: given.given("contextType", |node| constant(node, &types))?.value(),
            context: given
                .text("context")?
                .filter(|text| !text.is_empty())
                .map(|text| context_of(&text))
                .transpose()?,
            subjects: given.list("subjects", |node| needed_text(node, "subjects"))?,
            rename_format: given.text("subjectRenameFormat")?.filter(|text| !text.is_empty()),
            config: given.given("config", |node| config(node).map(Some))?.value(),
        };
        Ok(ExporterRequest { name: given.text("name")?, change })
    }
}

impl Shape for ConfigOnly {
    fn read(body: &Node) -> Result<ConfigOnly, ApiError> {
        config(body).map(ConfigOnly)
    }
}

fn context_of(text: &str) -> Result<Context, ApiError> {
    Ok(Subject::parse(&super::address::context_prefix(text)?).context().clone())
}

fn config(node: &Node) -> Result<BTreeMap<String, String>, ApiError> {
    map(node, |value| needed_text(value, "config"))
}

/// Who sends back what was shown means what is recorded; but a secret does not go to another place than
/// the one that it was given for.
///
/// # Errors
/// When a secret is sent back as it was shown, with another address.
fn unhidden(
    mut sent: BTreeMap<String, String>,
    recorded: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, InvalidExporter> {
    let masked = without_secrets(recorded);
    let is_same_place = [recorded.get(TARGET_URL), masked.get(TARGET_URL)].contains(&sent.get(TARGET_URL));
    for (key, value) in &mut sent {
        let Some(secret) = recorded.get(key).filter(|_| masked.get(key) == Some(value)) else { continue };
        if value != secret && !is_same_place {
            let sentence = format!("`{key}` must be sent again, for `{TARGET_URL}` is another one");
            return Err(InvalidExporter::Config(sentence));
        }
        value.clone_from(secret);
    }
    Ok(sent)
}

/// List exporters.
#[utoipa::path(get, path = "/exporters", tag = "Exporters", params(Paging),
    responses((status = 200, description = "Their names.", body = Vec<String>, example = json!(["to-west"])), ApiError))]
pub async fn list(State(registry): State<Registry>, Query(paging): Query<Paging>) -> Answer {
    let names = registry.list_exporters().await.during("Error while listing exporters")?;
    answer::read(&cut(names, &paging, usize::MAX))
}

/// Add an exporter.
///
/// It starts at once, with everything that is registered. The target takes ids and versions as they are, so
/// it must be empty where schemas go, or already in mode IMPORT; the exporter sets that mode itself.
#[utoipa::path(post, path = "/exporters", tag = "Exporters", request_body = ExporterBody,
    responses((status = 200, description = "Added.", body = ExporterName), ApiError, BodyErrors, Conflict))]
pub async fn create(
    State(registry): State<Registry>,
    State(options): State<Options>,
    Caller(caller): Caller,
    JsonBody(ExporterRequest { name, change }): JsonBody<ExporterRequest>,
) -> Answer {
    let exporter = Exporter {
        name: name.unwrap_or_default(),
        context_type: change.context_type.unwrap_or_default(),
        context: change.context.unwrap_or_else(Context::default_context),
        subjects: change.subjects.unwrap_or_else(|| vec!["*".to_owned()]),
        rename_format: change.rename_format.unwrap_or_else(|| SAME_NAME.to_owned()),
        config: change.config.unwrap_or_default(),
    };
    exporter.check().map_err(crate::registry::Error::from)?;
    check_config(&exporter.config, &options.exporter_targets).map_err(crate::registry::Error::from)?;
    registry.create_exporter(&exporter, &caller).await.during("Error while creating exporter")?;
    answer::written(&ExporterName { name: exporter.name })
}

/// Show an exporter.
#[utoipa::path(get, path = "/exporters/{name}", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 200, description = "The exporter.", body = ExporterView), ApiError))]
pub async fn get(State(registry): State<Registry>, NamePath(name): NamePath) -> Answer {
    let (exporter, _) = registry.exporter(&name).await.during("Error while getting exporter")?;
    let is_custom = exporter.context_type == ContextType::Custom;
    answer::read(&ExporterView {
        context_type: exporter.context_type.as_str(),
        context: is_custom.then(|| exporter.context.to_string()),
        config: without_secrets(&exporter.config),
        name: exporter.name,
        subjects: exporter.subjects,
        subject_rename_format: exporter.rename_format,
    })
}

/// Change an exporter.
///
/// It goes on from where it is; `reset` makes it start over.
#[utoipa::path(put, path = "/exporters/{name}", tag = "Exporters", request_body = ExporterBody,
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 200, description = "Changed.", body = ExporterName), ApiError, BodyErrors, Conflict))]
pub async fn change(
    State(registry): State<Registry>,
    State(options): State<Options>,
    NamePath(name): NamePath,
    Caller(caller): Caller,
    JsonBody(ExporterRequest { change, .. }): JsonBody<ExporterRequest>,
) -> Answer {
    changed(&registry, &options.exporter_targets, name, change, &caller).await
}

async fn changed(
    registry: &Registry,
    targets: &Targets,
    name: String,
    mut change: ExporterChange,
    caller: &crate::registry::Caller,
) -> Answer {
    const OPERATION: &str = "Error while updating exporter";
    if let Some(sent) = change.config.take() {
        let (recorded, _) = registry.exporter(&name).await.during(OPERATION)?;
        let config = unhidden(sent, &recorded.config).map_err(crate::registry::Error::from)?;
        check_config(&config, targets).map_err(crate::registry::Error::from)?;
        change.config = Some(config);
    }
    registry.change_exporter(&name, change, caller).await.during(OPERATION)?;
    answer::written(&ExporterName { name })
}

/// Remove an exporter.
///
/// What it has exported stays where it is.
#[utoipa::path(delete, path = "/exporters/{name}", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 204, description = "Removed."), ApiError))]
pub async fn delete(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Caller(caller): Caller,
) -> Result<StatusCode, ApiError> {
    registry.delete_exporter(&name, &caller).await.during("Error while deleting exporter")?;
    Ok(StatusCode::NO_CONTENT)
}

async fn command(
    registry: &Registry,
    name: String,
    (state, restart): (ExporterState, bool),
    caller: &crate::registry::Caller,
) -> Answer {
    let told = registry.command_exporter(&name, state, restart, caller).await;
    told.during("Error while updating exporter")?;
    answer::written(&ExporterName { name })
}

/// Pause an exporter.
#[utoipa::path(put, path = "/exporters/{name}/pause", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 200, description = "Paused.", body = ExporterName), ApiError))]
pub async fn pause(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Caller(caller): Caller,
) -> Answer {
    command(&registry, name, (ExporterState::Paused, false), &caller).await
}

/// Let a paused exporter go on, or one that failed try again at once.
#[utoipa::path(put, path = "/exporters/{name}/resume", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 200, description = "Told to go on.", body = ExporterName), ApiError))]
pub async fn resume(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Caller(caller): Caller,
) -> Answer {
    command(&registry, name, (ExporterState::Starting, false), &caller).await
}

/// Let an exporter start over.
///
/// Everything is exported again; what the target has already stays as it is. A paused one stays paused.
#[utoipa::path(put, path = "/exporters/{name}/reset", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 200, description = "Told to start over.", body = ExporterName), ApiError))]
pub async fn reset(
    State(registry): State<Registry>,
    NamePath(name): NamePath,
    Caller(caller): Caller,
) -> Answer {
    command(&registry, name, (ExporterState::Starting, true), &caller).await
}

/// Show how far an exporter is.
#[utoipa::path(get, path = "/exporters/{name}/status", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 200, description = "How far it is.", body = ExporterStatus), ApiError))]
pub async fn status(State(registry): State<Registry>, NamePath(name): NamePath) -> Answer {
    let (exporter, progress) = registry.exporter(&name).await.during("Error while getting exporter")?;
    // Progress is no change: this answer must not be kept.
    answer::written(&ExporterStatus {
        name: exporter.name,
        state: progress.state.as_str(),
        offset: progress.position,
        ts: progress.changed_at,
        trace: progress.trace,
    })
}

/// Show the configuration of an exporter; secrets are not shown.
#[utoipa::path(get, path = "/exporters/{name}/config", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    responses((status = 200, description = "The configuration.", body = BTreeMap<String, String>,
        example = json!({"schema.registry.url": "http://west:8081"})), ApiError))]
pub async fn get_config(State(registry): State<Registry>, NamePath(name): NamePath) -> Answer {
    let (exporter, _) = registry.exporter(&name).await.during("Error while getting exporter")?;
    answer::read(&without_secrets(&exporter.config))
}

/// Replace the configuration of an exporter.
///
/// A secret that is sent back as it was shown stays what it is.
#[utoipa::path(put, path = "/exporters/{name}/config", tag = "Exporters",
    params(("name" = String, Path, description = "The exporter.")),
    request_body(content = BTreeMap<String, String>, example = json!({"schema.registry.url": "http://west:8081"})),
    responses((status = 200, description = "Replaced.", body = ExporterName), ApiError, BodyErrors, Conflict))]
pub async fn put_config(
    State(registry): State<Registry>,
    State(options): State<Options>,
    NamePath(name): NamePath,
    Caller(caller): Caller,
    JsonBody(ConfigOnly(config)): JsonBody<ConfigOnly>,
) -> Answer {
    let change = ExporterChange { config: Some(config), ..ExporterChange::default() };
    changed(&registry, &options.exporter_targets, name, change, &caller).await
}
