//! Schemas as answers show them, and pages of lists.
//!
//! Empty lists, maps and texts are left out of answers; numbers, booleans and empty objects are not.
//! Members stand in the order in which they are written.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::association_shapes::AssociationView;
use super::error::ApiError;
use super::extract::optional_number;
use super::schema_request::{FormatName, MetadataBody, ReferenceBody, RuleSetBody};
use crate::model::{Content, Format, Metadata, Reference, RuleSet, Subject, Timestamp};
use crate::registry::{Found, Registry};
use crate::schema::{Rendering, Tagged};

/// A reference as answers show it.
#[derive(Serialize)]
pub struct ReferenceView {
    name: String,
    subject: String,
    version: i32,
}

/// The references of a content. `qualified` spells their subjects with the context they belong to,
/// which shows only outside the default context.
pub fn references(content: &Content, home: &Subject, qualified: bool) -> Vec<ReferenceView> {
    let view = |reference: &Reference| ReferenceView {
        name: reference.name.clone(),
        subject: if qualified {
            Subject::parse_in(&reference.subject, home.context()).to_string()
        } else {
            reference.subject.clone()
        },
        version: reference.version.number(),
    };
    content.references.iter().map(view).collect()
}

/// A record or field of a schema and all its inline tags.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaTags {
    schema_entity: SchemaEntity,
    tags: BTreeSet<String>,
}

/// A record or field of a schema.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaEntity {
    /// Dotted path.
    entity_path: String,
    /// `sr_record` or `sr_field`.
    entity_type: &'static str,
}

/// The tagged parts of a content that carry one of `wanted`; `*` means any.
///
/// # Errors
/// When the stored text no longer parses.
pub async fn tags_of(
    registry: &Registry,
    found: &Subject,
    content: &Arc<Content>,
    wanted: &[String],
) -> Result<Vec<SchemaTags>, ApiError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let any = wanted.iter().any(|tag| tag == "*");
    let matching = |tagged: &Tagged| any || wanted.iter().any(|tag| tagged.tags.contains(tag));
    let view = |tagged: Tagged| SchemaTags {
        schema_entity: SchemaEntity {
            entity_type: if tagged.is_record { "sr_record" } else { "sr_field" },
            entity_path: tagged.path,
        },
        tags: tagged.tags,
    };
    Ok(registry.tagged(found, content).await?.into_iter().filter(matching).map(view).collect())
}

/// The text of a content in the rendering that `format` names.
///
/// # Errors
/// When the rendering needs a parse and the stored text no longer parses, or it is one of a later
/// version.
pub async fn text_of(
    registry: &Registry,
    found: &Subject,
    content: &Arc<Content>,
    format: Option<&str>,
) -> Result<String, ApiError> {
    let name = format.unwrap_or_default();
    if name.eq_ignore_ascii_case("logical") {
        return Err(ApiError::unavailable("The format `logical`"));
    }
    Ok(registry.render(found, content, Rendering::parse(content.format, name)).await?)
}

/// A registered schema as its subject shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Schema, example = json!({
    "subject": "orders-value", "version": 1, "id": 1, "guid": "6dcd1ea2-5ae7-e905-bdc3-fe09476b0799",
    "schemaType": "AVRO",
    "schema": "{\"type\":\"record\",\"name\":\"User\",\"fields\":[{\"name\":\"f1\",\"type\":\"string\"}]}",
    "ts": 1787443200000_i64, "deleted": false
}))]
pub struct SchemaView {
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    version: i32,
    /// The id that serialised messages carry.
    id: i32,
    /// Hash of the content, equal in every context and registry.
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
    schema: String,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schema_tags: Vec<SchemaTags>,
    /// When it was registered, in milliseconds since 1970.
    #[schema(value_type = i64)]
    ts: Timestamp,
    deleted: bool,
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSet>,
    /// Other names of the subject; in a list that was asked for them.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The associations of the subject; in a list that was asked about them.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub associations: Vec<AssociationView>,
}

/// How a found schema is to be shown.
#[derive(Default)]
pub struct Showing<'a> {
    /// The rendering of the text.
    pub format: Option<&'a str>,
    /// Inline tags to look for.
    pub find_tags: &'a [String],
    /// Spell the subjects of references with their context.
    pub qualified: bool,
    /// Leave `schemaType` out when it is Avro.
    pub omit_avro: bool,
}

impl SchemaView {
    /// Show what was found.
    ///
    /// # Errors
    /// When rendering or tags need a parse and the stored text no longer parses.
    pub async fn of(registry: &Registry, found: Found, showing: Showing<'_>) -> Result<SchemaView, ApiError> {
        let content = &found.content;
        Ok(SchemaView {
            version: found.version.number(),
            id: found.id.0,
            guid: found.guid.to_string(),
            schema_type: shown_type(content.format, showing.omit_avro),
            references: references(content, &found.subject, showing.qualified),
            metadata: content.metadata.clone(),
            schema: text_of(registry, &found.subject, content, showing.format).await?,
            schema_tags: tags_of(registry, &found.subject, content, showing.find_tags).await?,
            ts: found.created_at,
            deleted: found.deleted,
            rule_set: content.rule_set.clone(),
            aliases: Vec::new(),
            associations: Vec::new(),
            subject: found.subject.to_string(),
        })
    }
}

/// The name of the format, unless it is the default one and older clients want it left out.
pub fn shown_type(format: Format, omit_avro: bool) -> Option<&'static str> {
    (format != Format::Avro || !omit_avro).then(|| format.as_str())
}

/// Which part of a list to show.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many entries to skip.
    #[serde(deserialize_with = "optional_number")]
    #[param(value_type = Option<i32>)]
    pub offset: Option<i32>,
    /// How many entries to show; anything but a number from 1 to the maximum means the maximum.
    #[serde(deserialize_with = "optional_number")]
    #[param(value_type = Option<i32>)]
    pub limit: Option<i32>,
}

/// The longest page of a list of schemas.
pub const SCHEMA_PAGE: usize = 1000;

/// How many entries to skip and to show. A limit that is not from 1 to `longest` means `longest`.
pub fn page(paging: &Paging, longest: usize) -> (usize, usize) {
    let offset = usize::try_from(paging.offset.unwrap_or(0)).unwrap_or(0);
    let limit = usize::try_from(paging.limit.unwrap_or(-1)).unwrap_or(0);
    (offset, if (1..=longest).contains(&limit) { limit } else { longest })
}

/// The page of a list that is at hand as a whole.
pub fn cut<T>(entries: Vec<T>, paging: &Paging, longest: usize) -> Vec<T> {
    let (offset, limit) = page(paging, longest);
    entries.into_iter().skip(offset).take(limit).collect()
}
