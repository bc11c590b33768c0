//! Inline tags: how requests name them, and the route that edits those of a version.

use axum::extract::State;
use utoipa::ToSchema;

use super::Options;
use super::answer::Answer;
use super::error::{ApiError, BodyErrors, Conflict};
use super::extract::{
    Caller, JsonBody, Members, Shape, SubjectPath, VersionPath, constant, members, needed_text,
};
use super::schema_request::{MetadataBody, RuleSetBody, metadata, rule_set};
use super::subjects::{RegisteredSchema, answer_registered};
use crate::registry::{Registry, TagRequest};
use crate::schema::TagEdit;
use crate::schema::tree::Node;

/// A record or field of a schema and some of its inline tags.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = SchemaTagsRequest, example = json!({
    "schemaEntity": {"entityPath": "Order.buyer", "entityType": "sr_field"}, "tags": ["PII"]
}))]
#[expect(dead_code, reason = "documents a shape")]
pub struct SchemaTagsBody {
    schema_entity: SchemaEntityBody,
    tags: Vec<String>,
}

/// A record or field of a schema.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = SchemaEntityRequest)]
#[expect(dead_code, reason = "documents a shape")]
pub struct SchemaEntityBody {
    /// Dotted path, as `findTags` shows it.
    entity_path: String,
    /// `sr_record` or `sr_field`.
    entity_type: String,
}

/// What to change about a version.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = TagSchemaRequest, example = json!({
    "tagsToAdd": [
        {"schemaEntity": {"entityPath": "Order.buyer", "entityType": "sr_field"}, "tags": ["PII"]}
    ]
}))]
#[expect(dead_code, reason = "documents what `TagSchemaRequest` reads")]
pub struct TagSchemaRequestBody {
    /// The version that must result; the next one when left out.
    #[schema(required = false)]
    new_version: Option<i32>,
    /// Inline tags to write into the text.
    #[schema(required = false)]
    tags_to_add: Option<Vec<SchemaTagsBody>>,
    /// Inline tags to take out of the text.
    #[schema(required = false)]
    tags_to_remove: Option<Vec<SchemaTagsBody>>,
    /// Metadata instead of that of the version.
    #[schema(required = false)]
    metadata: Option<MetadataBody>,
    /// Rules instead of those of the latest version.
    #[schema(required = false)]
    rule_set: Option<RuleSetBody>,
    /// Rules to lay over those of the version before the new one.
    #[schema(required = false)]
    rules_to_merge: Option<RuleSetBody>,
    /// Names of rules to leave out.
    #[schema(required = false)]
    rules_to_remove: Option<Vec<String>>,
}

/// What [`TagSchemaRequestBody`] documents, read.
pub struct TagSchemaRequest(TagRequest);

impl Shape for TagSchemaRequest {
    fn read(body: &Node) -> Result<TagSchemaRequest, ApiError> {
        let given = members(body, "TagSchemaRequest")?;
        let names = given.list("rulesToRemove", |name| needed_text(name, "rulesToRemove"))?;
        Ok(TagSchemaRequest(TagRequest {
            new_version: given.number("newVersion")?,
            edits: tag_edits(&given, "tagsToAdd", "tagsToRemove")?,
            metadata: given.given("metadata", |node| metadata(node).map(Some))?.value(),
            rule_set: given.given("ruleSet", |node| rule_set(node).map(Some))?.value(),
            rules_to_merge: given.given("rulesToMerge", |node| rule_set(node).map(Some))?.value(),
            rules_to_remove: names.map(|names| names.into_iter().collect()),
        }))
    }
}

/// The edits that two members ask for: tags to add and tags to take away.
///
/// # Errors
/// When one is no list of schema tags.
pub fn tag_edits(given: &Members<'_>, to_add: &str, to_remove: &str) -> Result<Vec<TagEdit>, ApiError> {
    let mut edits = given.list(to_add, |node| {
        let (edit, add) = tagged(node)?;
        Ok(TagEdit { add, ..edit })
    })?;
    let removals = given.list(to_remove, |node| {
        let (edit, remove) = tagged(node)?;
        Ok(TagEdit { remove, ..edit })
    })?;
    edits.get_or_insert_default().extend(removals.unwrap_or_default());
    Ok(edits.unwrap_or_default())
}

/// The record or field that an element names, and its tags.
fn tagged(node: &Node) -> Result<(TagEdit, Vec<String>), ApiError> {
    const KINDS: [(&str, bool); 2] = [("sr_record", true), ("sr_field", false)];
    let given = members(node, "SchemaTags")?;
    let entity = given.given("schemaEntity", |node| members(node, "SchemaEntity").map(Some))?.value();
    let entity = entity.ok_or_else(|| ApiError::must_not_be_null("schemaEntity"))?;
    let path = entity.text("entityPath")?.ok_or_else(|| ApiError::must_not_be_null("entityPath"))?;
    let is_record = entity.given("entityType", |node| constant(node, &KINDS))?.value();
    let is_record = is_record.ok_or_else(|| ApiError::must_not_be_null("entityType"))?;
    let tags = given.list("tags", |tag| needed_text(tag, "tags"))?.unwrap_or_default();
    Ok((TagEdit { path, is_record, ..TagEdit::default() }, tags))
}

/// Edit the inline tags of a version.
///
/// Registers a version with the text of this one, its inline tags edited, and with the metadata and
/// rules that are asked for.
#[utoipa::path(post, path = "/subjects/{subject}/versions/{version}/tags", tag = "Subjects",
    params(("subject" = String, Path, description = "The subject."),
        ("version" = String, Path, description = "A number from 1, or `latest`.", example = "latest")),
    request_body = TagSchemaRequestBody,
    responses((status = 200, description = "The version that resulted.", body = RegisteredSchema),
        ApiError, BodyErrors, Conflict))]
pub async fn edit(
    State(registry): State<Registry>,
    State(options): State<Options>,
    SubjectPath(subject): SubjectPath,
    version: Result<VersionPath, ApiError>,
    Caller(caller): Caller,
    JsonBody(TagSchemaRequest(request)): JsonBody<TagSchemaRequest>,
) -> Answer {
    // A subject that cannot be is told before a version that cannot be.
    registry.check_subject(&subject)?;
    let VersionPath(version) = version?;
    let outcome = registry.edit_tags(&subject, version, request, &caller).await;
    answer_registered(&registry, &options, &subject, outcome, None).await
}
