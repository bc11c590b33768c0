//! Schemas and messages of a small shop.

use serde::Serialize;
use serde_json::{Value, json};

pub fn url() -> String {
    std::env::var("DOVETAIL_URL").expect("DOVETAIL_URL names the server under test")
}

#[derive(Serialize)]
pub struct Order {
    order_id: String,
    user_id: i64,
    total: f64,
}

/// The same, as the wider schema wants it.
#[derive(Serialize)]
pub struct OrderWithCoupon {
    order_id: String,
    user_id: i64,
    total: f64,
    coupon: Option<String>,
}

pub fn order() -> Order {
    Order { order_id: "o-1".into(), user_id: 7, total: 12.5 }
}

pub fn order_with_coupon() -> OrderWithCoupon {
    OrderWithCoupon { order_id: "o-1".into(), user_id: 7, total: 12.5, coupon: None }
}

pub fn order_as_json() -> Value {
    json!({"order_id": "o-1", "user_id": 7, "total": 12.5})
}

pub fn coupon() -> Value {
    json!({"name": "coupon", "type": ["null", "string"], "default": null})
}

pub fn priority_without_default() -> Value {
    json!({"name": "priority", "type": "int"})
}

pub fn avro_order(extra: &[Value]) -> String {
    let mut fields = vec![
        json!({"name": "order_id", "type": "string"}),
        json!({"name": "user_id", "type": "long"}),
        json!({"name": "total", "type": "double"}),
    ];
    fields.extend_from_slice(extra);
    json!({"type": "record", "name": "OrderPlaced", "namespace": "shop", "fields": fields}).to_string()
}

/// The schema id in the frame: a zero byte, then four bytes, highest first.
pub fn id_in(payload: &[u8]) -> u32 {
    assert_eq!(payload[0], 0);
    u32::from_be_bytes(payload[1..5].try_into().expect("four bytes"))
}

/// What the server says to a plain request of the suite's own.
pub async fn send(method: &str, path: &str, body: &str) -> (u16, Value) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let url = url();
    let host = url.strip_prefix("http://").expect("plain HTTP");
    let mut connection = tokio::net::TcpStream::connect(host).await.expect("a server");
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).expect("JSON"))
}
