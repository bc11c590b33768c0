//! `schema_registry_converter`: it registers or looks up what it encodes, and decodes by id or guid.

use crate::shop;
use schema_registry_converter::async_impl::avro::{AvroDecoder, AvroEncoder};
use schema_registry_converter::async_impl::schema_registry::{
    SrSettings, get_all_subjects, get_all_versions, get_schema_by_guid, get_schema_by_id,
    get_schema_by_subject, is_compatible_schema, post_schema,
};
use schema_registry_converter::error::SRCError;
use schema_registry_converter::schema_registry_common::{
    SchemaType, SubjectNameStrategy, SuppliedReference, SuppliedSchema,
};
use serde_json::{Value, json};

fn settings() -> SrSettings {
    SrSettings::new(shop::url())
}

fn avro(extra: &[Value]) -> SuppliedSchema {
    SuppliedSchema::new(Some("shop.OrderPlaced".into()), SchemaType::Avro, shop::avro_order(extra))
}

fn with_schema(topic: &str, schema: SuppliedSchema) -> SubjectNameStrategy {
    SubjectNameStrategy::TopicNameStrategyWithSchema(topic.into(), false, schema)
}

fn latest(topic: &str) -> SubjectNameStrategy {
    SubjectNameStrategy::TopicNameStrategy(topic.into(), false)
}

#[track_caller]
fn refused<T>(answer: Result<T, SRCError>, status: u16, code: u32) {
    let error = answer.err().expect("a refusal");
    let cause = error.cause.unwrap_or_default();
    assert!(error.error.contains(&format!("status {status}")), "{}", error.error);
    assert!(cause.contains(&format!("error_code: {code},")), "{cause}");
}

#[tokio::test]
async fn register_and_find() {
    let subject = "converter-register-value".to_string();
    let registered = post_schema(&settings(), subject.clone(), avro(&[])).await.expect("registered");
    let again = post_schema(&settings(), subject.clone(), avro(&[])).await.expect("registered");
    assert_eq!(again.id, registered.id);
    let by_id = get_schema_by_id(registered.id, &settings()).await.expect("found");
    let guid = registered.guid.expect("a guid");
    let by_guid = get_schema_by_guid(&guid, &settings()).await.expect("found");
    let newest = get_schema_by_subject(&settings(), &latest("converter-register")).await.expect("found");
    assert_eq!(by_id.schema, newest.schema);
    assert_eq!(by_guid.schema, newest.schema);
    assert_eq!((newest.id, newest.version, newest.guid.as_ref()), (registered.id, Some(1), Some(&guid)));
    assert!(get_all_subjects(&settings()).await.expect("subjects").contains(&subject));
    assert_eq!(get_all_versions(&settings(), subject).await.expect("versions"), [1]);
    refused(get_schema_by_id(2_000_000_000, &settings()).await, 404, 40403);
    refused(get_schema_by_subject(&settings(), &latest("converter-unknown")).await, 404, 40401);
}

#[tokio::test]
async fn compatibility() {
    let subject = "converter-compatibility-value".to_string();
    post_schema(&settings(), subject.clone(), avro(&[])).await.expect("registered");
    let wider = avro(&[shop::coupon()]);
    let breaking = avro(&[shop::priority_without_default()]);
    assert!(is_compatible_schema(&settings(), subject.clone(), wider).await.expect("a verdict"));
    assert!(!is_compatible_schema(&settings(), subject.clone(), breaking.clone()).await.expect("a verdict"));
    refused(post_schema(&settings(), subject.clone(), breaking.clone()).await, 409, 40901);
    let (status, _) = shop::send("PUT", &format!("/config/{subject}"), r#"{"compatibility":"NONE"}"#).await;
    assert_eq!(status, 200);
    post_schema(&settings(), subject.clone(), breaking).await.expect("registered");
    assert_eq!(get_all_versions(&settings(), subject).await.expect("versions"), [1, 2]);
}

#[tokio::test]
async fn messages_by_id() {
    let topic = "converter-messages";
    let encoder = AvroEncoder::new(settings());
    let payload =
        encoder.encode_struct(shop::order(), &with_schema(topic, avro(&[]))).await.expect("encoded");
    let again =
        AvroEncoder::new(settings()).encode_struct(shop::order(), &latest(topic)).await.expect("encoded");
    assert_eq!(payload, again);
    let decoded = AvroDecoder::new(settings()).decode(Some(&payload)).await.expect("decoded");
    assert_eq!(Value::try_from(decoded.value).expect("JSON"), shop::order_as_json());
    let newest = get_schema_by_subject(&settings(), &latest(topic)).await.expect("found");
    assert_eq!(shop::id_in(&payload), newest.id);
}

#[tokio::test]
async fn messages_by_guid() {
    let strategy = with_schema("converter-guid", avro(&[]));
    let encoder = AvroEncoder::new(settings());
    let (payload, header) =
        encoder.encode_struct_with_header_id(shop::order(), &strategy, false).await.expect("encoded");
    assert_eq!((header.name, header.value[0], header.value.len()), ("__value_schema_id", 1, 17));
    let decoder = AvroDecoder::new(settings());
    let decoded = decoder.decode_with_header_id(Some(&header.value), Some(&payload)).await.expect("decoded");
    assert_eq!(Value::try_from(decoded.value).expect("JSON"), shop::order_as_json());
}

#[tokio::test]
async fn a_message_outlives_its_subject() {
    let topic = "converter-deleted";
    let encoder = AvroEncoder::new(settings());
    let payload =
        encoder.encode_struct(shop::order(), &with_schema(topic, avro(&[]))).await.expect("encoded");
    let path = format!("/subjects/{topic}-value");
    assert_eq!(shop::send("DELETE", &path, "").await, (200, json!([1])));
    let decoded = AvroDecoder::new(settings()).decode(Some(&payload)).await.expect("decoded");
    assert_eq!(Value::try_from(decoded.value).expect("JSON"), shop::order_as_json());
    refused(get_schema_by_subject(&settings(), &latest(topic)).await, 404, 40401);
    assert_eq!(shop::send("DELETE", &format!("{path}?permanent=true"), "").await, (200, json!([1])));
}

#[tokio::test]
async fn references_are_registered_first() {
    let item = json!({"type": "record", "name": "Item", "namespace": "shop",
        "fields": [{"name": "sku", "type": "string"}]});
    let reference = SuppliedReference::new("shop.Item".into(), "converter/item".into(), item.to_string());
    // This client finds a record of the same namespace by its short name only.
    let basket = json!({"type": "record", "name": "Basket", "namespace": "shop",
        "fields": [{"name": "item", "type": "Item"}]});
    let schema = SuppliedSchema::new(Some("shop.Basket".into()), SchemaType::Avro, basket.to_string())
        .with_references(vec![reference]);
    let strategy = with_schema("converter-references", schema);
    let message = json!({"item": {"sku": "apple"}});
    let payload = AvroEncoder::new(settings()).encode_struct(&message, &strategy).await.expect("encoded");
    let decoded = AvroDecoder::new(settings()).decode(Some(&payload)).await.expect("decoded");
    assert_eq!(Value::try_from(decoded.value).expect("JSON"), message);
    let newest = get_schema_by_subject(&settings(), &latest("converter-references")).await.expect("found");
    let kept = &newest.references[0];
    assert_eq!((kept.name.as_str(), kept.subject.as_str(), kept.version), ("shop.Item", "converter/item", 1));
}

#[tokio::test]
async fn a_context() {
    let subject = ":.converter:orders-value".to_string();
    let registered = post_schema(&settings(), subject.clone(), avro(&[])).await.expect("registered");
    assert_eq!((registered.id, registered.subject.as_deref()), (1, Some(subject.as_str())));
    assert_eq!(get_all_versions(&settings(), subject).await.expect("versions"), [1]);
    let newest = get_schema_by_subject(&settings(), &latest(":.converter:orders")).await.expect("found");
    assert_eq!(newest.id, 1);
}
