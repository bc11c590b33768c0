//! A registry with something of everything.

use serde_json::{Value, json};

use super::Client;

fn record(name: &str, fields: &str) -> String {
    format!(r#"{{"type":"record","name":"{name}","fields":[{fields}]}}"#)
}

/// Fill an empty registry by requests.
pub(super) async fn seed(client: &Client) {
    let register = async |subject: &str, body: Value| {
        client.send("POST", &format!("/subjects/{subject}/versions?force=true"), body).await
    };
    let delete = async |path: &str| client.send("DELETE", path, Value::Null).await;

    // References in three formats, one of them from a context into another.
    register("item", json!({ "schema": record("Item", "") })).await;
    let order = json!({
        "schema": record("Order", r#"{"name":"item","type":"Item","doc":"größer als \"é\" 😀"}"#),
        "references": [{ "name": "Item", "subject": "item", "version": 1 }],
        "metadata": {
            "tags": { "Order.item": ["PII", "B"] },
            "properties": { "owner": "shop", "secret": "s" },
            "sensitive": ["secret"],
        },
        "ruleSet": {
            "domainRules": [{
                "name": "r", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "size(x) > 0",
                "tags": ["b", "a"], "params": { "k": "v" }, "onFailure": "ERROR", "disabled": true,
            }],
            "migrationRules": [{ "name": "m", "mode": "UPGRADE", "type": "JSONATA", "doc": "up" }],
        },
    });
    register("order", order).await;
    let part = json!({ "schemaType": "JSON", "schema": r#"{"$id":"http://x/part.json","type":"string"}"# });
    register("part", part).await;
    let whole = json!({
        "schemaType": "JSON",
        "schema": r#"{"type":"object","properties":{"p":{"$ref":"http://x/part.json"},"n":{"maximum":1.0}}}"#,
        "references": [{ "name": "http://x/part.json", "subject": "part", "version": 1 }],
    });
    register("whole", whole).await;
    let leaf = r#"syntax = "proto3"; package l; message Leaf { string name = 1; }"#;
    register(":.other:leaf", json!({ "schemaType": "PROTOBUF", "schema": leaf })).await;
    let tree = json!({
        "schemaType": "PROTOBUF",
        "schema": r#"syntax = "proto3"; import "leaf.proto"; message Tree { l.Leaf leaf = 1; }"#,
        "references": [{ "name": "leaf.proto", "subject": ":.other:leaf", "version": 1 }],
    });
    register("tree", tree).await;

    // Gaps in ids and in versions: purged ones, the highest id among them.
    for number in 0..5 {
        let field = format!(r#"{{"name":"f{number}","type":"int","default":0}}"#);
        register("many", json!({ "schema": record("M", &field) })).await;
    }
    delete("/subjects/many/versions/2").await;
    delete("/subjects/many/versions/3").await;
    delete("/subjects/many/versions/3?permanent=true").await;
    register("deleted", json!({ "schema": "\"int\"" })).await;
    register("deleted", json!({ "schema": "\"long\"" })).await;
    delete("/subjects/deleted").await;

    // One content in several subjects and contexts, under several ids, in names that mean something in a path.
    for subject in ["same", "a%2Fb", ":.:", ":.:..", "%C3%A9%20%25", ":.other:same"] {
        register(subject, json!({ "schema": "\"string\"" })).await;
    }
    // The highest id is nobody's.
    register("gone", json!({ "schema": record("Gone", "") })).await;
    register(":.left:gone", json!({ "schema": record("Gone", "") })).await;
    for gone in ["gone", ":.left:gone"] {
        delete(&format!("/subjects/{gone}")).await;
        delete(&format!("/subjects/{gone}?permanent=true")).await;
    }
    client.send("PUT", "/mode/:.quirk:", json!({ "mode": "IMPORT" })).await;
    for (id, subject) in [(7, ":.quirk:a"), (9, ":.quirk:b")] {
        register(subject, json!({ "schema": "\"bytes\"", "id": id, "version": 4 })).await;
    }
    // What nobody could register today.
    let invalid = [
        record("Q", r#"{"name":"f","type":"int","default":"no number"}"#),
        record("R", r#"{"name":"f","type":["null","int"],"default":5}"#),
    ];
    for (number, text) in (1..).zip(invalid) {
        register(":.quirk:old", json!({ "schema": text, "id": 10 + number, "version": number * 2 })).await;
    }

    // Settings and modes of every scope.
    let config = json!({
        "compatibility": "FULL_TRANSITIVE", "normalize": true, "compatibilityGroup": "major",
        "defaultMetadata": { "properties": { "team": "t" } },
        "overrideRuleSet": { "domainRules": [{ "name": "o", "type": "CEL" }] },
    });
    client.send("PUT", "/config/order", config).await;
    client.send("PUT", "/config/part", json!({ "compatibilityPolicy": "LENIENT" })).await;
    client.send("PUT", "/config/:.other:", json!({ "compatibility": "NONE", "validateFields": true })).await;
    client.send("PUT", "/config/:.__GLOBAL:", json!({ "compatibility": "FORWARD" })).await;
    client.send("PUT", "/config", json!({ "compatibility": "BACKWARD_TRANSITIVE" })).await;
    client.send("PUT", "/mode/part", json!({ "mode": "READONLY" })).await;
    client.send("PUT", "/mode/same?force=true", json!({ "mode": "IMPORT" })).await;
    client.send("PUT", "/mode/:.other:", json!({ "mode": "READONLY_OVERRIDE" })).await;
}

/// Add what only a backup carries, and the routes that tell of it.
pub(super) async fn seed_the_rest(client: &Client) -> Vec<String> {
    let kek =
        json!({ "name": "k", "kmsType": "test-kms", "kmsKeyId": "id", "kmsProps": { "a": "b" }, "doc": "d" });
    client.send("POST", "/dek-registry/v1/keks", kek).await;
    let dek = json!({ "subject": "order", "version": 1, "encryptedKeyMaterial": "c2VjcmV0" });
    client.send("POST", "/dek-registry/v1/keks/k/deks", dek).await;
    let association = json!({
        "resourceName": "topic", "resourceNamespace": "n", "resourceId": "r-1", "resourceType": "topic",
        "associations": [{ "subject": "order", "associationType": "value", "lifecycle": "WEAK" }],
    });
    client.send("POST", "/associations", association).await;
    let exporter = json!({
        "name": "west", "contextType": "NONE", "subjects": ["no-such"],
        "config": {
            "schema.registry.url": "http://127.0.0.1:9", "basic.auth.credentials.source": "USER_INFO",
            "basic.auth.user.info": "ann:pass-word",
        },
    });
    client.send("POST", "/exporters", exporter).await;
    client.send("PUT", "/exporters/west/pause", Value::Null).await;
    client.send("PUT", "/v1/settings/order", json!({ "packs": ["source"], "rules": {} })).await;
    let refused = json!({ "schema": record("Order", r#"{"name":"other","type":"int"}"#) });
    let (status, _) = client.ask("POST", "/subjects/order/versions", &refused).await;
    assert_eq!(status, 409, "a refusal is entered in the journal");
    [
        "/dek-registry/v1/keks/k",
        "/dek-registry/v1/keks/k/deks/order/versions/1",
        "/associations/subjects/order",
        "/associations/resources/-/-",
        "/exporters/west",
        "/exporters/west/config",
        "/v1/settings",
        "/v1/settings/order",
        "/v1/refusals",
        "/v1/metadata/id",
    ]
    .map(str::to_owned)
    .to_vec()
}
