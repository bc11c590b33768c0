//! Associations as requests and answers carry them.

use serde::Serialize;
use utoipa::ToSchema;

use super::Options;
use super::error::ApiError;
use super::extract::{Members, Shape, constant, flag, members};
use super::schema_request::{
    FormatName, MetadataBody, ReferenceBody, RuleSetBody, SchemaRequest, SchemaRequestBody,
};
use super::shapes::{ReferenceView, references, shown_type};
use crate::model::{Association, Lifecycle, Metadata, RuleSet, Subject, Timestamp};
use crate::registry::{
    AssociatedResource, AssociatedSchema, AssociatedSubject, AssociationWish, ResourceRequest,
};
use crate::schema::tree::Node;

/// An association.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Association, example = json!({
    "subject": ":.lkc-1:orders-value", "guid": "5e0c1b5c-1a7f-4a7b-9d3a-0d4f3a1c2b3e",
    "resourceName": "orders", "resourceNamespace": "lkc-1", "resourceId": "orders-id",
    "resourceType": "topic", "associationType": "value", "lifecycle": "STRONG",
    "createTs": 1787443200000_i64, "updateTs": 1787443200000_i64
}))]
pub struct AssociationView {
    subject: String,
    /// A name of the association itself.
    guid: String,
    resource_name: String,
    resource_namespace: String,
    resource_id: String,
    #[schema(value_type = String)]
    resource_type: &'static str,
    /// `key` or `value`.
    #[schema(value_type = String)]
    association_type: &'static str,
    /// `STRONG`: the subject belongs to the resource alone, and the association stays as it is. `WEAK`:
    /// others may use it too.
    #[schema(value_type = String)]
    lifecycle: &'static str,
    /// When it was made, in milliseconds since 1970.
    create_ts: Timestamp,
    /// When it was last changed.
    update_ts: Timestamp,
}

impl From<Association> for AssociationView {
    fn from(association: Association) -> AssociationView {
        let resource = association.resource;
        AssociationView {
            subject: association.subject.to_string(),
            guid: association.guid,
            resource_name: resource.name,
            resource_namespace: resource.namespace,
            resource_id: resource.id,
            resource_type: resource.kind.as_str(),
            association_type: association.part.as_str(),
            lifecycle: association.lifecycle.as_str(),
            create_ts: association.created_at,
            update_ts: association.updated_at,
        }
    }
}

/// A resource and the subjects to associate with it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AssociationRequest, example = json!({
    "resourceName": "orders", "resourceNamespace": "lkc-1", "resourceId": "orders-id",
    "associations": [{"subject": "orders-value", "lifecycle": "WEAK"}]
}))]
#[expect(dead_code, reason = "documents what `AssociationRequest` reads")]
pub struct AssociationRequestBody {
    /// Letters, digits, `_` and `-`, at most 256.
    resource_name: String,
    /// Letters, digits, `_` and `-`, at most 256. It is the context of the subjects that the resource has
    /// by default.
    resource_namespace: String,
    /// What identifies the resource. May be left out of a dry run, and where it is in the path.
    #[schema(required = false)]
    resource_id: Option<String>,
    /// `topic`.
    #[schema(required = false)]
    resource_type: Option<String>,
    associations: Vec<AssociationBody>,
}

/// An association to make.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AssociationWish)]
#[expect(dead_code, reason = "documents what `wish` reads")]
pub struct AssociationBody {
    /// The subject; needed when weak. A strong association is always with the subject that the resource has
    /// by default, `:.<namespace>:<name>-<type>`.
    #[schema(required = false)]
    subject: Option<String>,
    /// `key` or `value`, the default.
    #[schema(required = false)]
    association_type: Option<String>,
    /// `STRONG` or `WEAK`; strong with a schema, else weak.
    #[schema(required = false)]
    lifecycle: Option<String>,
    /// True says the same as `STRONG`, false as `WEAK`.
    #[schema(required = false)]
    frozen: Option<bool>,
    /// A schema to register under the subject.
    #[schema(required = false)]
    schema: Option<SchemaRequestBody>,
    /// Store the schema's normal form.
    #[schema(required = false)]
    normalize: Option<bool>,
}

/// What [`AssociationRequestBody`] documents, read.
pub struct AssociationRequest {
    /// The resource.
    pub resource: ResourceRequest,
    /// The associations to make.
    pub wishes: Vec<AssociationWish>,
}

impl Shape for AssociationRequest {
    fn read(body: &Node) -> Result<AssociationRequest, ApiError> {
        let given = members(body, "AssociationCreateOrUpdateRequest")?;
        let wishes =
            given.list("associations", |node| wish(&members(node, "AssociationCreateOrUpdateInfo")?))?;
        Ok(AssociationRequest { resource: resource(&given)?, wishes: wishes.unwrap_or_default() })
    }
}

/// What a request says of a resource.
///
/// # Errors
/// When a member is of the wrong shape.
pub fn resource(given: &Members<'_>) -> Result<ResourceRequest, ApiError> {
    Ok(ResourceRequest {
        name: given.text("resourceName")?,
        namespace: given.text("resourceNamespace")?,
        id: given.text("resourceId")?,
        kind: given.text("resourceType")?,
    })
}

/// What a request says of an association to make.
///
/// # Errors
/// When a member is of the wrong shape.
pub fn wish(given: &Members<'_>) -> Result<AssociationWish, ApiError> {
    Ok(AssociationWish {
        subject: given.text("subject")?,
        part: given.text("associationType")?,
        lifecycle: lifecycle(given)?,
        frozen: given.given("frozen", flag)?.value(),
        schema: given.given("schema", |node| SchemaRequest::read(node).map(Some))?.value().map(|read| read.0),
        normalize: given.given("normalize", flag)?.value().unwrap_or(false),
    })
}

/// The lifecycle that a request names.
///
/// # Errors
/// When there is no such lifecycle.
pub fn lifecycle(given: &Members<'_>) -> Result<Option<Lifecycle>, ApiError> {
    const LIFECYCLES: [(&str, Lifecycle); 2] = [("STRONG", Lifecycle::Strong), ("WEAK", Lifecycle::Weak)];
    Ok(given.given("lifecycle", |node| constant(node, &LIFECYCLES))?.value())
}

/// A resource and subjects that belong to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssociatedResource, example = json!({
    "resourceName": "orders", "resourceNamespace": "lkc-1", "resourceId": "orders-id",
    "resourceType": "topic",
    "associations": [{"subject": "orders-value", "associationType": "value", "lifecycle": "WEAK"}]
}))]
pub struct AssociatedResourceView {
    #[schema(required = false)]
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_name: String,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_namespace: String,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_id: String,
    #[schema(value_type = String)]
    resource_type: &'static str,
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    associations: Vec<AssociatedSubjectView>,
}

/// A subject that belongs to a resource.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssociatedSubject)]
struct AssociatedSubjectView {
    subject: String,
    #[schema(value_type = String)]
    association_type: &'static str,
    #[schema(value_type = String)]
    lifecycle: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<AssociatedSchemaView>,
}

/// A schema of an associated subject.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssociatedSchema)]
struct AssociatedSchemaView {
    subject: String,
    version: i32,
    /// Left out by a dry run of a schema that is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i32>,
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
    /// When it had been registered, if it was there already.
    #[schema(value_type = Option<i64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
    #[schema(value_type = Option<RuleSetBody>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSet>,
}

impl AssociatedResourceView {
    /// Show what was found or made.
    pub fn of(found: AssociatedResource, options: &Options) -> AssociatedResourceView {
        let AssociatedResource { resource, subjects } = found;
        let view = |subject: AssociatedSubject| AssociatedSubjectView {
            schema: subject.schema.as_ref().map(|schema| schema_view(&subject.subject, schema, options)),
            subject: subject.subject.to_string(),
            association_type: subject.part.as_str(),
            lifecycle: subject.lifecycle.as_str(),
        };
        AssociatedResourceView {
            resource_name: resource.name,
            resource_namespace: resource.namespace,
            resource_id: resource.id,
            resource_type: resource.kind.as_str(),
            associations: subjects.into_iter().map(view).collect(),
        }
    }
}

fn schema_view(subject: &Subject, schema: &AssociatedSchema, options: &Options) -> AssociatedSchemaView {
    let content = &schema.content;
    AssociatedSchemaView {
        subject: subject.to_string(),
        version: schema.version.number(),
        id: schema.id.map(|id| id.0),
        guid: schema.guid.to_string(),
        schema_type: shown_type(content.format, options.omit_avro_schema_type),
        references: references(content, subject, false),
        metadata: content.metadata.clone(),
        schema: content.text.clone(),
        ts: schema.existing.map(|(at, _)| at),
        deleted: schema.existing.map(|(_, deleted)| deleted),
        rule_set: content.rule_set.clone(),
    }
}
