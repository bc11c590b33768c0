//! Schemas as requests carry them: what the documentation says, and how it is read.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::{Members, Shape, constant, flag, members, needed_text};
use super::tags::{SchemaTagsBody, tag_edits};
use crate::model::{Format, Metadata, Rule, RuleKind, RuleMode, RuleSet};
use crate::registry::{Candidate, CandidateReference, Retagging};
use crate::schema::tree::Node;

/// A schema to register, look up or check.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = SchemaRequest, example = json!({
    "schema":
        "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"order_id\",\"type\":\"string\"}]}",
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
    /// Inline tags to write into the text before it is registered.
    #[schema(required = false)]
    schema_tags_to_add: Option<Vec<SchemaTagsBody>>,
    /// Inline tags to take out of the text before it is registered.
    #[schema(required = false)]
    schema_tags_to_remove: Option<Vec<SchemaTagsBody>>,
    /// Take over the inline tags of the latest version when registering.
    #[schema(required = false)]
    propagate_schema_tags: Option<bool>,
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
#[schema(rename_all = "camelCase", as = Rule, example = json!({
    "name": "checkSku", "kind": "CONDITION", "mode": "WRITE", "type": "CEL",
    "expr": "message.sku != ''", "disabled": false
}))]
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
pub struct SchemaRequest(pub Candidate);

impl Shape for SchemaRequest {
    fn read(body: &Node) -> Result<SchemaRequest, ApiError> {
        let given = members(body, "RegisterSchemaRequest")?;
        let format = given.text("schemaType")?;
        let candidate = Candidate {
            format: format.as_deref().map_or(Ok(Format::Avro), str::parse),
            text: given.text("schema")?,
            references: given.list("references", reference)?.unwrap_or_default(),
            metadata: given.given("metadata", |node| metadata(node).map(Some))?.value(),
            rule_set: given.given("ruleSet", |node| rule_set(node).map(Some))?.value(),
            version: given.number("version")?.unwrap_or(0),
            id: given.number("id")?.unwrap_or(-1),
            retagging: Retagging {
                edits: tag_edits(&given, "schemaTagsToAdd", "schemaTagsToRemove")?,
                propagate: given.given("propagateSchemaTags", flag)?.value().unwrap_or(false),
            },
        };
        Ok(SchemaRequest(candidate))
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

/// Read metadata.
///
/// # Errors
/// When it has the wrong shape.
pub fn metadata(node: &Node) -> Result<Metadata, ApiError> {
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

/// Read a rule set. Its rules are not checked yet.
///
/// # Errors
/// When it has the wrong shape.
pub fn rule_set(node: &Node) -> Result<RuleSet, ApiError> {
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
