//! `schema-registry-client`, made after the vendor's own clients.

use crate::shop;
use schema_registry_client::rest::apis::Error;
use schema_registry_client::rest::client_config::ClientConfig;
use schema_registry_client::rest::models::{
    CompatibilityLevel, Metadata, Schema, SchemaReference, ServerConfig,
};
use schema_registry_client::rest::schema_registry_client::{Client, SchemaRegistryClient};
use schema_registry_client::serdes::avro::{AvroDeserializer, AvroSerializer};
use schema_registry_client::serdes::config::{DeserializerConfig, SchemaSelector, SerializerConfig};
use schema_registry_client::serdes::json::{JsonDeserializer, JsonSerializer};
use schema_registry_client::serdes::serde::{
    SerdeFormat, SerdeHeaders, SerdeType, SerializationContext, header_schema_id_serializer,
};
use serde_json::{Value, json};
use std::collections::HashMap;

// A second client has empty caches, so what it returns came from the server.
fn connect() -> SchemaRegistryClient {
    let config = ClientConfig { max_retries: 0, ..ClientConfig::new(vec![shop::url()]) };
    SchemaRegistryClient::new(config)
}

fn avro(extra: &[Value]) -> Schema {
    Schema::new(Some("AVRO".into()), shop::avro_order(extra))
}

#[track_caller]
fn refused<T>(answer: Result<T, Error>, status: u16, code: i32) {
    let Err(Error::ResponseError(answer)) = answer else { panic!("no refusal") };
    assert_eq!(answer.status, status, "{}", answer.content);
    assert_eq!(answer.entity.and_then(|entity| entity.error_code), Some(code));
}

fn context(topic: &str, serde_format: SerdeFormat) -> SerializationContext {
    SerializationContext { topic: topic.into(), serde_type: SerdeType::Value, serde_format, headers: None }
}

fn by(use_schema: SchemaSelector) -> SerializerConfig {
    SerializerConfig { auto_register_schemas: false, use_schema: Some(use_schema), ..Default::default() }
}

async fn read_avro(context: &SerializationContext, payload: &[u8]) -> Value {
    let client = connect();
    let reader = AvroDeserializer::new(&client, None, DeserializerConfig::default()).expect("a reader");
    let read = reader.deserialize(context, payload).await.expect("read");
    Value::try_from(read.value).expect("JSON")
}

#[tokio::test]
async fn register_and_find() {
    let subject = "client-register-value";
    let registered = connect().register_schema(subject, &avro(&[]), false).await.expect("registered");
    let (id, guid) = (registered.id.expect("an id"), registered.guid.expect("a guid"));
    let by_id = connect().get_by_subject_and_id(Some(subject), id, None).await.expect("found");
    let by_guid = connect().get_by_guid(&guid, None).await.expect("found");
    let latest = connect().get_latest_version(subject, None).await.expect("found");
    let first = connect().get_version(subject, 1, false, None).await.expect("found");
    assert_eq!(by_id.schema, by_guid.schema);
    assert_eq!(latest.schema.as_ref(), Some(&by_id.schema));
    assert_eq!((latest.id, latest.version), (Some(id), Some(1)));
    assert_eq!((first.id, first.guid), (Some(id), Some(guid)));
    let found = connect().get_by_schema(subject, &avro(&[]), false, false).await.expect("found");
    assert_eq!((found.id, found.version), (Some(id), Some(1)));
    refused(connect().get_by_schema(subject, &avro(&[shop::coupon()]), false, false).await, 404, 40403);
    assert!(connect().get_all_subjects(false).await.expect("subjects").contains(&subject.to_string()));
    refused(connect().get_latest_version("client-unknown", None).await, 404, 40401);
}

#[tokio::test]
async fn compatibility() {
    let subject = "client-compatibility-value";
    let client = connect();
    client.register_schema(subject, &avro(&[]), false).await.expect("registered");
    let breaking = avro(&[shop::priority_without_default()]);
    // Its checks want a bare boolean, which no registry answers; that they are answered is all there is to see.
    assert!(matches!(client.test_compatibility(subject, 1, &breaking).await, Err(Error::Serde(_))));
    refused(client.register_schema(subject, &breaking, false).await, 409, 40901);
    refused(client.get_config(subject).await, 404, 40408);
    let global = client.get_default_config().await.expect("a level");
    assert_eq!(global.compatibility_level, Some(CompatibilityLevel::Backward));
    let none = ServerConfig { compatibility: Some(CompatibilityLevel::None), ..ServerConfig::new() };
    client.update_config(subject, &none).await.expect("set");
    let kept = client.get_config(subject).await.expect("a level");
    assert_eq!(kept.compatibility_level, Some(CompatibilityLevel::None));
    client.register_schema(subject, &breaking, false).await.expect("registered");
    assert_eq!(client.get_all_versions(subject).await.expect("versions"), [1, 2]);
}

#[tokio::test]
async fn deletion() {
    let subject = "client-deletion-value";
    let client = connect();
    client.register_schema(subject, &avro(&[]), false).await.expect("registered");
    client.register_schema(subject, &avro(&[shop::coupon()]), false).await.expect("registered");
    refused(client.delete_subject_version(subject, 1, true).await, 404, 40407);
    assert_eq!(client.delete_subject_version(subject, 1, false).await.expect("deleted"), 1);
    refused(connect().get_version(subject, 1, false, None).await, 404, 40402);
    assert_eq!(connect().get_version(subject, 1, true, None).await.expect("found").version, Some(1));
    assert_eq!(client.delete_subject_version(subject, 1, true).await.expect("deleted"), 1);
    refused(client.delete_subject(subject, true).await, 404, 40405);
    assert_eq!(client.delete_subject(subject, false).await.expect("deleted"), [2]);
    assert!(connect().get_all_subjects(true).await.expect("subjects").contains(&subject.to_string()));
    assert_eq!(client.delete_subject(subject, true).await.expect("deleted"), [2]);
    refused(connect().get_all_versions(subject).await, 404, 40401);
}

/// The default naming asks for associations first, by another route than all other clients.
#[tokio::test]
async fn avro_messages() {
    let topic = context("client-avro", SerdeFormat::Avro);
    let (client, schema) = (connect(), avro(&[]));
    let writer =
        AvroSerializer::new(&client, Some(&schema), None, SerializerConfig::default()).expect("a writer");
    let payload = writer.serialize_ser(&topic, shop::order()).await.expect("written");
    // It posts its schema again for every message.
    assert_eq!(writer.serialize_ser(&topic, shop::order()).await.expect("written"), payload);
    let latest = connect().get_latest_version("client-avro-value", None).await.expect("found");
    assert_eq!((Some(shop::id_in(&payload) as i32), Some(1)), (latest.id, latest.version));
    assert_eq!(read_avro(&topic, &payload).await, shop::order_as_json());
}

#[tokio::test]
async fn avro_messages_of_the_latest_version_and_of_an_owner() {
    let topic = context("client-latest", SerdeFormat::Avro);
    let subject = "client-latest-value";
    let owner = |name: &str| [("owner".to_string(), name.to_string())];
    let mut owned = avro(&[]);
    let properties = Some(owner("team a").into());
    owned.metadata = Some(Box::new(Metadata { properties, ..Metadata::new() }));
    let first = connect().register_schema(subject, &owned, false).await.expect("registered");
    let mut other = avro(&[shop::coupon()]);
    let properties = Some(owner("team b").into());
    other.metadata = Some(Box::new(Metadata { properties, ..Metadata::new() }));
    let second = connect().register_schema(subject, &other, false).await.expect("registered");

    let client = connect();
    let of_a = SchemaSelector::LatestWithMetadata(HashMap::from(owner("team a")));
    let writer = AvroSerializer::new(&client, None, None, by(of_a)).expect("a writer");
    let payload = writer.serialize_ser(&topic, shop::order()).await.expect("written");
    assert_eq!(Some(shop::id_in(&payload) as i32), first.id);
    assert_eq!(read_avro(&topic, &payload).await, shop::order_as_json());
    let writer =
        AvroSerializer::new(&client, None, None, by(SchemaSelector::LatestVersion)).expect("a writer");
    let payload = writer.serialize_ser(&topic, shop::order_with_coupon()).await.expect("written");
    assert_eq!(Some(shop::id_in(&payload) as i32), second.id);
}

#[tokio::test]
async fn a_guid_in_a_header() {
    let mut topic = context("client-guid", SerdeFormat::Avro);
    topic.headers = Some(SerdeHeaders::new(vec![]));
    let (client, schema) = (connect(), avro(&[]));
    let config = SerializerConfig { schema_id_serializer: header_schema_id_serializer, ..Default::default() };
    let writer = AvroSerializer::new(&client, Some(&schema), None, config).expect("a writer");
    let payload = writer.serialize_ser(&topic, shop::order()).await.expect("written");
    let header = topic.headers.as_ref().and_then(|headers| headers.last_header("__value_schema_id"));
    assert_eq!(header.and_then(|header| header.value).map(|value| (value[0], value.len())), Some((1, 17)));
    assert_eq!(read_avro(&topic, &payload).await, shop::order_as_json());
}

#[tokio::test]
async fn json_messages_with_a_reference() {
    let topic = context("client-json", SerdeFormat::Json);
    let item = json!({"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]});
    let item = Schema::new(Some("JSON".into()), item.to_string());
    connect().register_schema("client-json-item", &item, false).await.expect("registered");
    let basket = json!({"$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object", "properties": {"item": {"$ref": "item.json"}}});
    let mut basket = Schema::new(Some("JSON".into()), basket.to_string());
    basket.references = Some(vec![SchemaReference {
        name: Some("item.json".into()),
        subject: Some("client-json-item".into()),
        version: Some(1),
    }]);
    let client = connect();
    let config = SerializerConfig { validate: true, ..Default::default() };
    let writer = JsonSerializer::new(&client, Some(&basket), None, config).expect("a writer");
    let message = json!({"item": {"sku": "apple"}});
    let payload = writer.serialize(&topic, message.clone()).await.expect("written");
    assert!(writer.serialize(&topic, json!({"item": {}})).await.is_err());
    let other = connect();
    let reader = JsonDeserializer::new(&other, None, DeserializerConfig::default()).expect("a reader");
    assert_eq!(reader.deserialize(&topic, &payload).await.expect("read"), message);
}

#[tokio::test]
async fn a_context() {
    let subject = ":.client:orders-value";
    let client = connect();
    let registered = client.register_schema(subject, &avro(&[]), false).await.expect("registered");
    assert_eq!((registered.id, registered.subject.as_deref()), (Some(1), Some(subject)));
    assert_eq!(connect().get_latest_version(subject, None).await.expect("found").id, Some(1));
    connect().get_by_subject_and_id(Some(subject), 1, None).await.expect("found");
    assert!(connect().get_all_subjects(false).await.expect("subjects").contains(&subject.to_string()));
    assert_eq!(client.delete_subject(subject, false).await.expect("deleted"), [1]);
    assert_eq!(client.delete_subject(subject, true).await.expect("deleted"), [1]);
}
