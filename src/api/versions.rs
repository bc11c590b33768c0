//! `/subjects/{subject}/versions`: the versions of one subject.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Options;
use super::answer::{self, Answer};
use super::error::{ApiError, During, Moved, Refusals};
use super::extract::{Caller, Query, SubjectPath, VersionPath, Writing, subject_to_read};
use super::shapes::{Paging, SCHEMA_PAGE, SchemaView, Showing, cut, text_of};
use super::subjects::DeleteQuery;
use crate::registry::{Registry, VersionFilter};

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct VersionsQuery {
    /// Also soft-deleted versions.
    pub deleted: bool,
    /// Only soft-deleted versions.
    pub deleted_only: bool,
    /// All versions, soft-deleted ones as negative numbers.
    pub deleted_as_negative: bool,
}

/// List the versions of a subject.
#[utoipa::path(get, path = "/subjects/{subject}/versions", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."), VersionsQuery, Paging),
    responses((status = 200, description = "Version numbers, ascending.",
        body = Vec<i32>, example = json!([1, 2])),
        ApiError))]
pub async fn list(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    Query(query): Query<VersionsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let including_deleted = query.deleted || query.deleted_only;
    let filter = match (query.deleted_as_negative, query.deleted_only, query.deleted) {
        (true, ..) if including_deleted => VersionFilter::All,
        (true, ..) => VersionFilter::AllOfLive,
        (false, true, _) => VersionFilter::DeletedOnly,
        (false, false, true) => VersionFilter::All,
        (false, false, false) => VersionFilter::Live,
    };
    let versions = registry.list_versions(&subject, filter).await;
    let versions = versions.during(format_args!("Error while listing all versions for subject {subject}"))?;
    let shown = versions.into_iter().map(|(version, deleted)| {
        let number = version.number();
        if deleted && query.deleted_as_negative { -number } else { number }
    });
    answer::read(&cut(shown.collect::<Vec<i32>>(), &paging, usize::MAX))
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// How to print the text: `resolved` (Avro), `serialized` or `ignore_extensions` (Protobuf).
    pub format: Option<String>,
    /// `qualified`: show the subjects of references with their context, outside the default one.
    pub reference_format: Option<String>,
    /// Also find a soft-deleted version.
    pub deleted: bool,
    /// Show which records and fields carry one of these inline tags; `*` for any.
    pub find_tags: Vec<String>,
}

/// Get a version of a subject.
#[utoipa::path(get, path = "/subjects/{subject}/versions/{version}", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "latest"),
        VersionQuery),
    responses((status = 200, description = "The version.", body = SchemaView), ApiError, Refusals))]
pub async fn get(
    State(registry): State<Registry>,
    State(options): State<Options>,
    SubjectPath(subject): SubjectPath,
    VersionPath(version): VersionPath,
    Query(query): Query<VersionQuery>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let found = registry.find_version(&subject, version, query.deleted).await;
    let found = found.during(format_args!(
        "Error while retrieving schema for subject {subject} with version {version} from the schema registry"
    ))?;
    let showing = Showing {
        format: query.format.as_deref(),
        find_tags: &query.find_tags,
        qualified: query
            .reference_format
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case("qualified")),
        omit_avro: options.omit_avro_schema_type,
    };
    answer::read(&SchemaView::of(&registry, found, showing).await?)
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct TextQuery {
    /// How to print the text: `resolved` (Avro), `serialized` or `ignore_extensions` (Protobuf).
    pub format: Option<String>,
    /// Also find a soft-deleted version.
    pub deleted: bool,
}

/// Get the text of a version.
///
/// The schema text itself, not wrapped in a JSON string.
#[utoipa::path(get, path = "/subjects/{subject}/versions/{version}/schema", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "latest"),
        TextQuery),
    responses((status = 200, description = "The schema text.", content_type = "application/json"),
        ApiError, Refusals))]
pub async fn text(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    VersionPath(version): VersionPath,
    Query(query): Query<TextQuery>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let found = registry.find_version(&subject, version, query.deleted).await;
    let found = found.during(format_args!(
        "Error while retrieving schema for subject {subject} with version {version} from the schema registry"
    ))?;
    let text = text_of(&registry, &found.subject, &found.content, query.format.as_deref()).await?;
    Ok(answer::text(text))
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ReferrersQuery {
    /// Also schemas whose versions are all soft-deleted.
    pub deleted: bool,
}

/// List the schemas that refer to a version.
#[utoipa::path(get, path = "/subjects/{subject}/versions/{version}/referencedby", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "latest"),
        ReferrersQuery, Paging),
    responses((status = 200, description = "Ids of the schemas.", body = Vec<i32>, example = json!([2])),
        ApiError, Refusals))]
pub async fn referenced_by(
    State(registry): State<Registry>,
    SubjectPath(subject): SubjectPath,
    VersionPath(version): VersionPath,
    Query(query): Query<ReferrersQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let subject = subject_to_read(&registry, subject).await?;
    let ids = registry.referenced_by(&subject, version, query.deleted).await;
    let ids = ids.during(format_args!(
        "Error while retrieving schemas that reference subject {subject} with version {version}"
    ))?;
    answer::read(&cut(ids.into_iter().map(|id| id.0).collect(), &paging, SCHEMA_PAGE))
}

/// Delete a version.
///
/// Softly first: it can still be read by id. Then, with `permanent=true`, for good.
#[utoipa::path(delete, path = "/subjects/{subject}/versions/{version}", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "1"),
        DeleteQuery),
    responses((status = 200, description = "The number of the version.", body = i32,
        content_type = "application/json", example = json!(1)), ApiError, Refusals, Moved))]
pub async fn delete(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    VersionPath(version): VersionPath,
    Query(query): Query<DeleteQuery>,
    Caller(caller): Caller,
) -> Answer {
    let deleted = if query.permanent {
        registry.purge_version(&subject, version, &caller).await
    } else {
        registry.soft_delete_version(&subject, version, &caller).await
    };
    let deleted = deleted.during("Delete Schema Version operation failed while writing to the store")?;
    answer::written(&deleted.number())
}

/// Undelete a version.
///
/// Makes a soft-deleted version live again, as it was. One that is live already stays so.
#[utoipa::path(post, path = "/v1/subjects/{subject}/versions/{version}/undelete", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject; its qualified form is understood."),
        ("version" = String, Path, description = "A number from 1.", example = "1")),
    responses((status = 200, description = "The number of the version.", body = i32,
        content_type = "application/json", example = json!(1)), ApiError, Refusals, Moved))]
pub async fn undelete(
    Writing(registry): Writing,
    SubjectPath(subject): SubjectPath,
    VersionPath(version): VersionPath,
    Caller(caller): Caller,
) -> Answer {
    let undeleted = registry.undelete_version(&subject, version, &caller).await;
    answer::written(&undeleted.during("Error while undeleting Schema Version")?.number())
}
