//! `/subjects`: what is registered under which name.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Options;
use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, Conflict, During, Moved, Refusals};
use super::extract::{Caller, JsonBody, Query, SubjectPath, Writing, subject_to_read};
use super::schema_request::{
    FormatName, MetadataBody, ReferenceBody, RuleSetBody, SchemaRequest, SchemaRequestBody,
};
use super::shapes::{Paging, ReferenceView, SchemaView, Showing, cut, references, shown_type, text_of};
use crate::model::{Metadata, RuleSet, Subject, Timestamp, Version};
use crate::registry::{RegisterOptions, Registered, Registry, SubjectFilter};

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct SubjectsQuery {
    /// Only subjects that start so: `fo`, `:.ctx:fo`, `:.c` for every context that starts so,
    /// `:*:fo` in every context. Empty means the default context; left out means everything.
    pub subject_prefix: Option<String>,
    /// Also subjects whose versions are all soft-deleted.
    pub deleted: bool,
    /// Only subjects whose versions are all soft-deleted.
    pub deleted_only: bool,
}

/// List subjects.
///
/// Sorted by name; names outside the default context are qualified, as in `:.ctx:orders-value`.
#[utoipa::path(get, path = "/subjects", tag = "Subjects", params(SubjectsQuery, Paging),
    responses((status = 200, description = "Subjects.",
        body = Vec<String>, example = json!(["orders-value"])),
        ApiError))]
pub async fn list(
    State(registry): State<Registry>,
    Query(query): Query<SubjectsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let filter = match (query.deleted_only, query.deleted) {
        (true, _) => SubjectFilter::DeletedOnly,
        (false, true) => SubjectFilter::All,
        (false, false) => SubjectFilter::Live,
    };
    let prefix = query.subject_prefix.as_deref().unwrap_or(":*:");
    let subjects = registry.list_subjects(prefix, filter).await.during("Error while listing subjects")?;
    let names: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    answer::read(&cut(names, &paging, usize::MAX))
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct LookUpQuery {
    /// Compare normal forms.
    pub normalize: bool,
    /// Also look at soft-deleted versions.
    pub deleted: bool,
    /// How to print the text: `resolved` (Avro), `serialized` or `ignore_extensions` (Protobuf).
    pub format: Option<String>,
}

/// Look up a schema under a subject.
///
/// Finds the version that holds the same schema; registers nothing.
#[utoipa::path(post, path = "/subjects/{subject}", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."), LookUpQuery),
    request_body = SchemaRequestBody,
    responses((status = 200, description = "The version that holds the schema.", body = SchemaView),
        ApiError, BodyErrors))]
pub async fn look_up(
    State(registry): State<Registry>,
    State(options): State<Options>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<LookUpQuery>,
    JsonBody(SchemaRequest(candidate)): JsonBody<SchemaRequest>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let found = registry.look_up(&subject, candidate, query.normalize, query.deleted).await;
    let found = found.during(format_args!("Error while looking up schema under subject {subject}"))?;
    let showing = Showing {
        format: query.format.as_deref(),
        omit_avro: options.omit_avro_schema_type,
        ..Showing::default()
    };
    answer::read(&SchemaView::of(&registry, found, showing).await?)
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct RegisterQuery {
    /// Store the normal form.
    pub normalize: bool,
    /// Skip the comparison with earlier versions.
    pub force: bool,
    /// How to print the text in the answer.
    pub format: Option<String>,
}

/// What was registered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": 1, "version": 1, "guid": "095d71cf-1255-6b9d-5e33-0ad575b3df5d",
    "schemaType": "AVRO", "schema": "\"string\""
}))]
pub struct RegisteredSchema {
    /// The id that serialised messages carry.
    id: i32,
    version: i32,
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
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSet>,
    schema: String,
    /// When it had been registered, if it was there already.
    #[schema(value_type = Option<i64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
}

/// Register a schema under a subject.
///
/// Answers with the id; a schema that is registered there already keeps its id and version.
#[utoipa::path(post, path = "/subjects/{subject}/versions", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."), RegisterQuery),
    request_body = SchemaRequestBody,
    responses((status = 200, description = "Registered, now or earlier.", body = RegisteredSchema),
        ApiError, BodyErrors, Conflict, Moved))]
pub async fn register(
    Writing(registry): Writing,
    State(options): State<Options>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<RegisterQuery>,
    Caller(caller): Caller,
    JsonBody(SchemaRequest(candidate)): JsonBody<SchemaRequest>,
) -> Answer {
    let format = query.format.as_deref();
    if format.is_some_and(|name| name.eq_ignore_ascii_case("logical")) {
        return Err(ApiError::unavailable("The format `logical`"));
    }
    let how = RegisterOptions { normalize: query.normalize, force: query.force };
    let outcome = registry.register(&subject, candidate, how, &caller).await;
    answer_registered(&registry, &options, &subject, outcome, format).await
}

/// The answer to a registration, whatever became of it.
///
/// # Errors
/// What the registry says.
pub async fn answer_registered(
    registry: &Registry,
    options: &Options,
    subject: &Subject,
    outcome: Result<Registered, crate::registry::Error>,
    format: Option<&str>,
) -> Answer {
    metrics::counter!("dovetail_registrations_total", "outcome" => outcome_label(&outcome)).increment(1);
    let registered = outcome
        .during("Register schema operation failed while writing to the store")
        .map_err(|error| error.with_incompatible_code(options.incompatible_error_code))?;
    let content = &registered.content;
    let view = RegisteredSchema {
        id: registered.id.0,
        version: registered.version.number(),
        guid: registered.guid.to_string(),
        schema_type: shown_type(content.format, options.omit_avro_schema_type),
        references: references(content, subject, false),
        metadata: content.metadata.clone(),
        rule_set: content.rule_set.clone(),
        schema: text_of(registry, subject, content, format).await?,
        ts: registered.existing.map(|(at, _)| at),
        deleted: registered.existing.map(|(_, deleted)| deleted),
    };
    // A schema that was there already is a read: the same request would find it again. But a producer
    // goes on to write data with it, so a version that another node just deleted must not be told.
    if registered.existing.is_some() { answer::stored_earlier(&view) } else { answer::written(&view) }
}

fn outcome_label(outcome: &Result<Registered, crate::registry::Error>) -> &'static str {
    match outcome {
        Ok(registered) if registered.existing.is_some() => "known",
        Ok(_) => "new",
        Err(crate::registry::Error::Incompatible(_)) => "incompatible",
        Err(crate::registry::Error::Store(_)) => "failed",
        Err(_) => "refused",
    }
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// Delete for good what was soft-deleted before.
    pub permanent: bool,
}

/// Delete a subject.
///
/// Softly first: its versions can still be read by id. Then, with `permanent=true`, for good.
#[utoipa::path(delete, path = "/subjects/{subject}", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."), DeleteQuery),
    responses((status = 200, description = "The versions that were deleted.",
        body = Vec<i32>, example = json!([1, 2])),
        ApiError, Refusals, Moved))]
pub async fn delete(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<DeleteQuery>,
    Caller(caller): Caller,
) -> Answer {
    let deleted = if query.permanent {
        registry.purge_subject(&subject, &caller).await
    } else {
        registry.soft_delete_subject(&subject, &caller).await
    };
    let deleted = deleted.during(format_args!("Error while deleting the subject {subject}"))?;
    answer::written(&deleted.into_iter().map(Version::number).collect::<Vec<i32>>())
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct MetadataQuery {
    /// Names of metadata properties.
    pub key: Vec<String>,
    /// Their values, in the same order.
    pub value: Vec<String>,
    /// How to print the text.
    pub format: Option<String>,
    /// Also look at soft-deleted versions.
    pub deleted: bool,
}

/// Find the latest version with given metadata.
///
/// The highest version whose metadata properties hold every pair of `key` and `value`.
#[utoipa::path(get, path = "/subjects/{subject}/metadata", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."), MetadataQuery),
    responses((status = 200, description = "The version.", body = SchemaView), ApiError, Refusals))]
pub async fn find_by_metadata(
    State(registry): State<Registry>,
    State(options): State<Options>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<MetadataQuery>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let pairs: Vec<(String, String)> = query.key.into_iter().zip(query.value).collect();
    let mut found = registry.find_by_metadata(&subject, &pairs, query.deleted).await;
    // Some clients encode twice; as sent comes first.
    if matches!(found, Err(crate::registry::Error::SchemaNotFound))
        && let Some(decoded) = decoded(&pairs)
    {
        found = registry.find_by_metadata(&subject, &decoded, query.deleted).await;
    }
    let found = found.during(format_args!("Error while looking up schema under subject {subject}"))?;
    let showing = Showing {
        format: query.format.as_deref(),
        omit_avro: options.omit_avro_schema_type,
        ..Showing::default()
    };
    answer::read(&SchemaView::of(&registry, found, showing).await?)
}

/// `None` when no key and no value can be decoded once more.
fn decoded(pairs: &[(String, String)]) -> Option<Vec<(String, String)>> {
    let again = |text: &String| super::extract::decode_percent(text).unwrap_or_else(|| text.clone());
    let decoded: Vec<_> = pairs.iter().map(|(key, value)| (again(key), again(value))).collect();
    (decoded != pairs).then_some(decoded)
}
