//! `/compatibility`: would a schema be accepted?

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, BodyErrors, During};
use super::extract::{JsonBody, Query, SubjectPath, VersionPath, subject_to_read};
use super::schema_request::{SchemaRequest, SchemaRequestBody};
use crate::registry::{Checked, Error, Registry};

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CheckQuery {
    /// Compare the normal form.
    pub normalize: bool,
    /// Say why not.
    pub verbose: bool,
}

/// A verdict.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"is_compatible": true}))]
pub struct Verdict {
    is_compatible: bool,
    /// Why not; only with `verbose=true`, empty when compatible.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<String>>,
}

/// Check a schema against one version.
///
/// At the level in force for the subject; a transitive level looks no further than that version.
#[utoipa::path(post, path = "/compatibility/subjects/{subject}/versions/{version}", tag = "Compatibility",
    params(("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "latest"),
        CheckQuery),
    request_body = SchemaRequestBody,
    responses((status = 200, description = "The verdict.", body = Verdict), ApiError, BodyErrors))]
pub async fn check_version(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    VersionPath(version): VersionPath,
    Query(query): Query<CheckQuery>,
    JsonBody(SchemaRequest(candidate)): JsonBody<SchemaRequest>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let checked = registry.check_version(&subject, version, candidate, query.normalize).await;
    verdict(
        checked,
        query.verbose,
        format_args!("Error while retrieving schema for subject {subject} and version {version}"),
    )
}

/// Check a schema as a registration would.
///
/// Against the latest version or all of them, as the level in force for the subject says.
#[utoipa::path(post, path = "/compatibility/subjects/{subject}/versions", tag = "Compatibility",
    params(("subject" = String, Path, description = "The subject."), CheckQuery),
    request_body = SchemaRequestBody,
    responses((status = 200, description = "The verdict.", body = Verdict), ApiError, BodyErrors))]
pub async fn check_history(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<CheckQuery>,
    JsonBody(SchemaRequest(candidate)): JsonBody<SchemaRequest>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let checked = registry.check_history(&subject, candidate, query.normalize).await;
    verdict(
        checked,
        query.verbose,
        format_args!("Error while getting compatibility level for subject {subject}"),
    )
}

fn verdict(checked: Result<Checked, Error>, verbose: bool, operation: std::fmt::Arguments<'_>) -> Answer {
    let checked = match checked {
        // Who asks for reasons gets the reason why a schema is none; anybody else an error.
        Err(error @ (Error::InvalidSchema(_) | Error::UnknownFormat(_) | Error::EmptySchema)) if verbose => {
            let messages = Some(vec![error.to_string()]);
            return answer::read(&Verdict { is_compatible: false, messages });
        }
        other => other.during(operation)?,
    };
    // Not the report alone: reserved fields can refuse what the comparison lets pass.
    let is_compatible = checked.is_compatible();
    answer::read(&Verdict { is_compatible, messages: verbose.then_some(checked.lines) })
}
