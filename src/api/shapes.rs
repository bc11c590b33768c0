//! Wire shapes that more than one route uses.
//!
//! Empty lists, maps and texts are left out of answers; numbers, booleans and empty objects are not.
//! Members stand in the order in which they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::ApiError;
use super::extract::{Members, Shape, constant, flag, members, needed_text, optional_number};
use crate::model::{
    Content, Format, Metadata, Reference, Rule, RuleKind, RuleMode, RuleSet, Subject, Timestamp,
};
use crate::registry::{Candidate, CandidateReference, Found, Registry};
use crate::schema::tree::Node;
use crate::schema::{Rendering, Tagged};

/// A schema to register, look up or check.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = SchemaRequest, example = json!({
    "schema": "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"order_id\",\"type\":\"string\"}]}",
    "schemaType": "AVRO"
}))]
#[expect(dead_code, reason = "documents what `SchemaRequest` reads")]
pub struct SchemaRequestBody {
    /// The schema text. May be left out when registering: then the text of the latest version is used.
    #[schema(required = false)]
    schema: Option<String>,
    /// `AVRO` when left out.
    #[schema(required = false, value_type = Option<FormatName>)]
    schema_type: Option<String>,
    /// What the text refers to.
    #[schema(required = false)]
    references: Option<Vec<ReferenceBody>>,
    #[schema(required = false)]
    metadata: Option<MetadataBody>,
    #[schema(required = false)]
    rule_set: Option<RuleSetBody>,
    /// The version wanted; 0 for the next one, -1 for "a new one unless it is the latest".
    #[schema(required = false)]
    version: Option<i32>,
    /// The id wanted; negative for any.
    #[schema(required = false)]
    id: Option<i32>,
}

/// A schema language.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE", as = SchemaType)]
#[expect(dead_code, reason = "documents the names of the formats")]
pub enum FormatName {
    /// Apache Avro.
    Avro,
    /// JSON Schema.
    Json,
    /// Protocol Buffers.
    Protobuf,
}

/// A name in the text and where it is registered.
#[derive(ToSchema)]
#[schema(as = Reference, example = json!({"name": "User", "subject": "user", "version": 1}))]
#[expect(dead_code, reason = "documents a shape")]
pub struct ReferenceBody {
    /// What the text calls it: a full name (Avro), a URI (JSON Schema), an import path (Protobuf).
    name: String,
    /// The subject it is registered under.
    subject: String,
    /// The version; -1 for the latest at the time of the request.
    version: i32,
}

/// Metadata that travels with a schema and takes part in its identity.
#[derive(ToSchema)]
#[schema(as = Metadata, example = json!({"properties": {"owner": "shop"}}))]
#[expect(dead_code, reason = "documents a shape")]
pub struct MetadataBody {
    /// Path in the schema to its tags.
    #[schema(required = false)]
    tags: BTreeMap<String, BTreeSet<String>>,
    /// Free pairs.
    #[schema(required = false)]
    properties: BTreeMap<String, String>,
    /// Names of properties whose values are secrets.
    #[schema(required = false)]
    sensitive: BTreeSet<String>,
}

/// Rules that travel with a schema.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = RuleSet)]
#[expect(dead_code, reason = "documents a shape")]
pub struct RuleSetBody {
    /// Rules that carry a message from one version to another.
    #[schema(required = false)]
    migration_rules: Vec<RuleBody>,
    /// Rules on the content of a message.
    #[schema(required = false)]
    domain_rules: Vec<RuleBody>,
    /// Rules on the encoded bytes.
    #[schema(required = false)]
    encoding_rules: Vec<RuleBody>,
    /// `ALL`, `CLIENT`, `GATEWAY`, `SERVER` or `NONE`.
    #[schema(required = false)]
    enable_at: Option<String>,
}

/// One rule.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = Rule, example = json!({"name": "checkSku", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "message.sku != ''", "disabled": false}))]
#[expect(dead_code, reason = "documents a shape")]
pub struct RuleBody {
    /// Unique within the set.
    name: String,
    #[schema(required = false)]
    doc: Option<String>,
    /// `TRANSFORM` or `CONDITION`.
    #[schema(required = false)]
    kind: Option<String>,
    /// `UPGRADE`, `DOWNGRADE`, `UPDOWN`, `WRITE`, `READ` or `WRITEREAD`.
    #[schema(required = false)]
    mode: Option<String>,
    /// Which engine runs it, e.g. `CEL`.
    r#type: String,
    #[schema(required = false)]
    tags: BTreeSet<String>,
    #[schema(required = false)]
    params: BTreeMap<String, String>,
    #[schema(required = false)]
    expr: Option<String>,
    #[schema(required = false)]
    on_success: Option<String>,
    #[schema(required = false)]
    on_failure: Option<String>,
    #[schema(required = false)]
    disabled: bool,
}

/// What [`SchemaRequestBody`] documents, read.
pub struct SchemaRequest {
    format: Option<String>,
    candidate: Candidate,
}

impl SchemaRequest {
    /// The candidate, once its format is known to exist.
    ///
    /// # Errors
    /// When `schemaType` is none of the three.
    pub fn candidate(self) -> Result<Candidate, ApiError> {
        let format = self.format.as_deref().map_or(Ok(Format::Avro), str::parse);
        let format = format.map_err(|error| ApiError::unknown_format(&error))?;
        Ok(Candidate { format, ..self.candidate })
    }
}

impl Shape for SchemaRequest {
    fn read(body: &Node) -> Result<SchemaRequest, ApiError> {
        let given = members(body, "RegisterSchemaRequest")?;
        for later in ["schemaTagsToAdd", "schemaTagsToRemove"] {
            if given.given(later, |node| Ok(Some(node)))?.value().is_some() {
                return Err(ApiError::unavailable(format_args!("Editing inline tags (`{later}`)")));
            }
        }
        if given.given("propagateSchemaTags", flag)?.value() == Some(true) {
            return Err(ApiError::unavailable("Editing inline tags (`propagateSchemaTags`)"));
        }
        let candidate = Candidate {
            text: given.text("schema")?,
            references: given.list("references", reference)?.unwrap_or_default(),
            metadata: given.given("metadata", |node| metadata(node).map(Some))?.value(),
            rule_set: given.given("ruleSet", |node| rule_set(node).map(Some))?.value(),
            version: given.number("version")?.unwrap_or(0),
            id: given.number("id")?.unwrap_or(-1),
            ..Candidate::of(Format::Avro, "")
        };
        Ok(SchemaRequest { format: given.text("schemaType")?, candidate })
    }
}

fn reference(node: &Node) -> Result<CandidateReference, ApiError> {
    let given = members(node, "SchemaReference")?;
    Ok(CandidateReference {
        name: given.text("name")?,
        subject: given.text("subject")?,
        version: given.number("version")?,
    })
}

fn metadata(node: &Node) -> Result<Metadata, ApiError> {
    let given = members(node, "Metadata")?;
    let tag_set = |node: &Node| {
        let tags =
            node.elements().ok_or_else(|| ApiError::bad_body("`metadata.tags` must map paths to lists"))?;
        tags.iter().map(|tag| needed_text(tag, "metadata.tags")).collect::<Result<BTreeSet<String>, _>>()
    };
    Ok(Metadata {
        tags: given.map("tags", tag_set)?,
        properties: given.map("properties", |value| needed_text(value, "metadata.properties"))?,
        sensitive: given.texts("sensitive")?,
    })
}

fn rule_set(node: &Node) -> Result<RuleSet, ApiError> {
    const PLACES: [(&str, &str); 5] = [
        ("ALL", "ALL"),
        ("CLIENT", "CLIENT"),
        ("GATEWAY", "GATEWAY"),
        ("SERVER", "SERVER"),
        ("NONE", "NONE"),
    ];
    let given = members(node, "RuleSet")?;
    Ok(RuleSet {
        migration_rules: given.list("migrationRules", rule)?.unwrap_or_default(),
        domain_rules: given.list("domainRules", rule)?.unwrap_or_default(),
        encoding_rules: given.list("encodingRules", rule)?.unwrap_or_default(),
        enable_at: given.given("enableAt", |node| constant(node, &PLACES))?.value().map(str::to_owned),
    })
}

fn rule(node: &Node) -> Result<Rule, ApiError> {
    const KINDS: [(&str, RuleKind); 2] =
        [("TRANSFORM", RuleKind::Transform), ("CONDITION", RuleKind::Condition)];
    const MODES: [(&str, RuleMode); 6] = [
        ("UPGRADE", RuleMode::Upgrade),
        ("DOWNGRADE", RuleMode::Downgrade),
        ("UPDOWN", RuleMode::UpDown),
        ("WRITE", RuleMode::Write),
        ("READ", RuleMode::Read),
        ("WRITEREAD", RuleMode::WriteRead),
    ];
    let given: Members<'_> = members(node, "Rule")?;
    Ok(Rule {
        name: given.text("name")?,
        doc: given.text("doc")?,
        kind: given.given("kind", |node| constant(node, &KINDS))?.value().unwrap_or_default(),
        mode: given.given("mode", |node| constant(node, &MODES))?.value().unwrap_or_default(),
        rule_type: given.text("type")?,
        tags: given.texts("tags")?,
        params: given.map("params", |value| needed_text(value, "params"))?,
        expr: given.text("expr")?,
        on_success: given.text("onSuccess")?,
        on_failure: given.text("onFailure")?,
        disabled: given.given("disabled", flag)?.value().unwrap_or(false),
    })
}

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
    ts: Timestamp,
    deleted: bool,
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSet>,
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
