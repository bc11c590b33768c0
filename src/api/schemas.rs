//! `/schemas`: schemas by id, by guid, and as a list.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Options;
use super::answer::{self, Answer};
use super::association_shapes::AssociationView;
use super::error::{ApiError, During, Refusals};
use super::extract::{GuidPath, IdPath, Query};
use super::schema_request::{FormatName, MetadataBody, ReferenceBody, RuleSetBody};
use super::shapes::{
    Paging, ReferenceView, SCHEMA_PAGE, SchemaTags, SchemaView, Showing, cut, page, references, shown_type,
    tags_of, text_of,
};
use crate::model::{
    AssociationFilter, Format, Lifecycle, Metadata, RuleSet, SchemaId, Subject, Timestamp, Version,
};
use crate::registry::{ListedSchema, Registry, SchemaAssociations, SchemaFilter};

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct SchemasQuery {
    /// Only subjects that start so, as for `/subjects`. Empty or left out means the default context.
    pub subject_prefix: String,
    /// Also soft-deleted versions.
    pub deleted: bool,
    /// Only the highest version of each subject.
    pub latest_only: bool,
    /// Only schemas that have a rule of this type.
    pub rule_type: Option<String>,
    /// Also subjects that have an alias which starts with the prefix; aliases are shown.
    pub aliases: bool,
    /// Only subjects associated with a resource of this type, shown with their associations.
    pub resource_type: Option<String>,
    /// Only subjects with an association of one of these types, `key` or `value`.
    pub association_type: Vec<String>,
    /// Only subjects with an association of one of these lifecycles; `NONE` keeps those without any.
    #[param(inline)]
    pub lifecycle: Vec<LifecycleFilter>,
}

/// How long an association lives, if there is one.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LifecycleFilter {
    /// There is no association.
    None,
    /// The subject belongs to the resource alone.
    Strong,
    /// Others may use the subject too.
    Weak,
}

impl SchemasQuery {
    /// What is asked about associations; `None` when nothing is.
    fn associations(&self) -> Option<SchemaAssociations> {
        let kind = self.resource_type.as_deref().filter(|name| !name.is_empty());
        if kind.is_none() && self.association_type.is_empty() && self.lifecycle.is_empty() {
            return None;
        }
        let taken = self.lifecycle.iter().filter_map(|filter| match filter {
            LifecycleFilter::None => None,
            LifecycleFilter::Strong => Some(Lifecycle::Strong),
            LifecycleFilter::Weak => Some(Lifecycle::Weak),
        });
        Some(SchemaAssociations {
            among: AssociationFilter::read(kind, &self.association_type, None),
            lifecycles: (!self.lifecycle.is_empty()).then(|| taken.collect()),
            none: self.lifecycle.contains(&LifecycleFilter::None),
        })
    }
}

/// List schemas.
///
/// Sorted by subject, then version.
#[utoipa::path(get, path = "/schemas", tag = "Schemas", params(SchemasQuery, Paging),
    responses((status = 200, description = "Schemas.", body = Vec<SchemaView>), ApiError))]
pub async fn list(
    State(registry): State<Registry>,
    State(options): State<Options>,
    Query(query): Query<SchemasQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let (offset, limit) = page(&paging, SCHEMA_PAGE);
    let prefix = &query.subject_prefix;
    let filter = SchemaFilter {
        deleted: query.deleted,
        latest_only: query.latest_only,
        aliases: query.aliases,
        associations: query.associations(),
        rule_type: query.rule_type.clone(),
    };
    let found = registry.list_schemas(prefix, filter, offset, limit).await;
    let found = found.during(format_args!("Error while getting schemas for prefix {prefix}"))?;
    let mut views = Vec::with_capacity(found.len());
    for ListedSchema { found, aliases, associations } in found {
        let showing = Showing { omit_avro: options.omit_avro_schema_type, ..Showing::default() };
        let mut view = SchemaView::of(&registry, found, showing).await?;
        view.aliases = aliases.iter().map(ToString::to_string).collect();
        view.associations = associations.into_iter().map(AssociationView::from).collect();
        views.push(view);
    }
    answer::read(&views)
}

/// A schema as its id or guid shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "subject": "orders-value", "version": 1, "guid": "095d71cf-1255-6b9d-5e33-0ad575b3df5d",
    "schemaType": "AVRO", "schema": "\"string\"", "ts": 1787443200000_i64, "deleted": false
}))]
pub struct SchemaById {
    /// One of the subjects that use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    guid: String,
    #[schema(value_type = Option<FormatName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_type: Option<&'static str>,
    schema: String,
    #[schema(value_type = Vec<ReferenceBody>, required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceView>,
    #[schema(value_type = Option<MetadataBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSet>,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schema_tags: Vec<SchemaTags>,
    /// The highest id given out in the context, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_id: Option<i32>,
    #[schema(value_type = Option<i64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct IdQuery {
    /// Where to look first: a subject, or a context as in `:.ctx:`.
    pub subject: Option<String>,
    /// How to print the text: `resolved` (Avro), `serialized` or `ignore_extensions` (Protobuf).
    pub format: Option<String>,
    /// `qualified`: show the subjects of references with their context, outside the default one.
    pub reference_format: Option<String>,
    /// Show which records and fields carry one of these inline tags; `*` for any.
    pub find_tags: Vec<String>,
    /// Also show the highest id given out in the context.
    pub fetch_max_id: bool,
}

/// Get a schema by id.
///
/// An id outlives soft deletion: it is gone only when every version with it is deleted for good.
#[utoipa::path(get, path = "/schemas/ids/{id}", tag = "Schemas",
    params(("id" = i32, Path, description = "The id.", example = 1), IdQuery),
    responses((status = 200, description = "The schema.", body = SchemaById), ApiError, Refusals))]
pub async fn by_id(
    State(registry): State<Registry>,
    State(options): State<Options>,
    IdPath(id): IdPath,
    Query(query): Query<IdQuery>,
) -> Answer {
    let found = registry.schema_by_id(id, query.subject.as_deref()).await;
    let found =
        found.during(format_args!("Error while retrieving schema with id {id} from the schema registry"))?;
    let content = &found.content;
    let qualified =
        query.reference_format.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("qualified"));
    let max_id =
        if query.fetch_max_id { Some(registry.max_id(found.subject.context()).await?) } else { None };
    answer::read(&SchemaById {
        version: Some(found.version.number()),
        guid: found.guid.to_string(),
        schema_type: shown_type(content.format, options.omit_avro_schema_type),
        schema: text_of(&registry, &found.subject, content, query.format.as_deref()).await?,
        references: references(content, &found.subject, qualified),
        metadata: content.metadata.clone(),
        rule_set: content.rule_set.clone(),
        schema_tags: tags_of(&registry, &found.subject, content, &query.find_tags).await?,
        max_id,
        ts: Some(found.created_at),
        deleted: Some(found.deleted),
        subject: Some(found.subject.to_string()).filter(|subject| !subject.is_empty()),
    })
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct IdTextQuery {
    /// Where to look first: a subject, or a context as in `:.ctx:`.
    pub subject: Option<String>,
    /// How to print the text.
    pub format: Option<String>,
}

/// Get the text of a schema by id.
///
/// The schema text itself, not wrapped in a JSON string.
#[utoipa::path(get, path = "/schemas/ids/{id}/schema", tag = "Schemas",
    params(("id" = i32, Path, description = "The id.", example = 1), IdTextQuery),
    responses((status = 200, description = "The schema text.", content_type = "application/json"),
        ApiError, Refusals))]
pub async fn text_by_id(
    State(registry): State<Registry>,
    IdPath(id): IdPath,
    Query(query): Query<IdTextQuery>,
) -> Answer {
    let found = registry.schema_by_id(id, query.subject.as_deref()).await;
    let found =
        found.during(format_args!("Error while retrieving schema with id {id} from the schema registry"))?;
    let text = text_of(&registry, &found.subject, &found.content, query.format.as_deref()).await?;
    Ok(answer::text(text))
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct UsesQuery {
    /// Which context to look in, named by a subject.
    pub subject: Option<String>,
    /// Also soft-deleted versions.
    pub deleted: bool,
}

async fn uses(
    registry: &Registry,
    id: SchemaId,
    query: &UsesQuery,
) -> Result<Vec<(Subject, Version)>, ApiError> {
    registry.uses_of_id(id, query.subject.as_deref(), query.deleted).await.during(format_args!(
        "Error while retrieving all subjects associated with schema id {id} from the schema registry"
    ))
}

/// List the subjects that use an id.
#[utoipa::path(get, path = "/schemas/ids/{id}/subjects", tag = "Schemas",
    params(("id" = i32, Path, description = "The id.", example = 1), UsesQuery, Paging),
    responses((status = 200, description = "Subjects.",
        body = Vec<String>, example = json!(["orders-value"])),
        ApiError))]
pub async fn subjects_of_id(
    State(registry): State<Registry>,
    IdPath(id): IdPath,
    Query(query): Query<UsesQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let uses = uses(&registry, id, &query).await?;
    let names: Vec<String> = uses.iter().map(|(subject, _)| subject.to_string()).collect();
    answer::read(&cut(names, &paging, usize::MAX))
}

/// A version of a subject.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"subject": "orders-value", "version": 1}))]
pub struct SubjectVersion {
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    version: i32,
}

/// List the versions that use an id, one per subject.
#[utoipa::path(get, path = "/schemas/ids/{id}/versions", tag = "Schemas",
    params(("id" = i32, Path, description = "The id.", example = 1), UsesQuery, Paging),
    responses((status = 200, description = "Versions.", body = Vec<SubjectVersion>), ApiError))]
pub async fn versions_of_id(
    State(registry): State<Registry>,
    IdPath(id): IdPath,
    Query(query): Query<UsesQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let view = |(subject, version): (Subject, Version)| SubjectVersion {
        subject: subject.to_string(),
        version: version.number(),
    };
    let uses = uses(&registry, id, &query).await?.into_iter().map(view).collect();
    answer::read(&cut::<SubjectVersion>(uses, &paging, usize::MAX))
}

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct GuidQuery {
    /// How to print the text.
    pub format: Option<String>,
}

/// Get a schema by guid.
#[utoipa::path(get, path = "/schemas/guids/{guid}", tag = "Schemas",
    params(("guid" = String, Path, description = "The guid, with or without dashes.",
        example = "095d71cf-1255-6b9d-5e33-0ad575b3df5d"),
        GuidQuery),
    responses((status = 200, description = "The schema.", body = SchemaById), ApiError, Refusals))]
pub async fn by_guid(
    State(registry): State<Registry>,
    State(options): State<Options>,
    GuidPath(guid): GuidPath,
    Query(query): Query<GuidQuery>,
) -> Answer {
    let found = registry.schema_by_guid(&guid).await;
    let found = found
        .during(format_args!("Error while retrieving schema with guid {guid} from the schema registry"))?;
    let content = &found.content;
    answer::read(&SchemaById {
        subject: None,
        version: None,
        guid: found.guid.to_string(),
        schema_type: shown_type(content.format, options.omit_avro_schema_type),
        schema: text_of(&registry, &found.subject, content, query.format.as_deref()).await?,
        references: references(content, &found.subject, false),
        metadata: content.metadata.clone(),
        rule_set: content.rule_set.clone(),
        schema_tags: Vec::new(),
        max_id: None,
        ts: Some(found.created_at),
        deleted: Some(found.deleted),
    })
}

/// An id and the context it belongs to.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"context": ".", "id": 1}))]
pub struct ContextId {
    context: String,
    id: i32,
}

/// List the ids of a guid in every context.
#[utoipa::path(get, path = "/schemas/guids/{guid}/ids", tag = "Schemas",
    params(("guid" = String, Path, description = "The guid, with or without dashes.",
        example = "095d71cf-1255-6b9d-5e33-0ad575b3df5d")),
    responses((status = 200, description = "Ids; none for an unknown guid.", body = Vec<ContextId>),
        ApiError))]
pub async fn ids_of_guid(State(registry): State<Registry>, GuidPath(guid): GuidPath) -> Answer {
    let ids = registry.ids_of_guid(&guid).await;
    let ids =
        ids.during(format_args!("Error while retrieving ids of guid {guid} from the schema registry"))?;
    let view = |(context, id): (crate::model::Context, SchemaId)| ContextId {
        context: context.to_string(),
        id: id.0,
    };
    answer::read(&ids.into_iter().map(view).collect::<Vec<_>>())
}

/// List the schema languages.
#[utoipa::path(get, path = "/schemas/types", tag = "Schemas",
    responses((status = 200, description = "Schema types.",
        body = Vec<String>, example = json!(["JSON", "PROTOBUF", "AVRO"])),
        ApiError))]
pub async fn types() -> Answer {
    answer::read(&Format::ALL.map(Format::as_str))
}
