//! The OpenAPI document: what the handlers say of themselves, completed by what holds for all.

use std::sync::Arc;

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::error::{DOCUMENTED, ErrorBody};
use super::negotiate::offered;

/// Complete what the handlers documented.
pub fn complete(handlers: OpenApi) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Dovetail")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A schema registry for Avro, JSON Schema and Protobuf. Every answer of the registry's routes can \
             be had as `application/vnd.schemaregistry.v1+json` (the default), \
             `application/vnd.schemaregistry+json` or `application/json`; request bodies may be any of \
             these. Every answer carries `X-Request-ID`.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    document.merge(handlers);
    for (path, item) in &mut document.paths.paths {
        let negotiated = !(path.starts_with("/health") || path == "/metrics");
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
            if negotiated {
                offer_media_types(operation);
            }
            if negotiated && method == "get" {
                let unchanged =
                    ResponseBuilder::new().description("`If-None-Match` names the answer the client has.");
                operation.responses.responses.insert("304".to_owned(), unchanged.build().into());
            }
        }
    }
    let mut components = document.components.take().unwrap_or_default();
    components.schemas.insert(ErrorBody::name().into_owned(), ErrorBody::schema());
    for (_, name, meaning, code, message) in DOCUMENTED {
        let mut response = ResponseBuilder::new().description(meaning);
        for media_type in offered() {
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(ErrorBody::name())))
                .example(Some(serde_json::json!({"error_code": code, "message": message})));
            response = response.content(media_type, content.build());
        }
        components.responses.insert(name.to_owned(), response.build().into());
    }
    document.components = Some(components);
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, .. } = item;
    let named = [("get", get), ("put", put), ("post", post), ("delete", delete)];
    named
        .into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Handlers of different modules share names; method and path are unique.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// A handler documents `application/json`; the other media types carry the same.
fn offer_media_types(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.extend(offered().map(|media_type| (media_type.to_owned(), content.clone())));
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(content) = body.content.remove("application/json")
    {
        body.content.extend(offered().map(|media_type| (media_type.to_owned(), content.clone())));
    }
}

/// The document as it is committed and served.
pub fn print(document: &OpenApi) -> Arc<str> {
    let mut text = serde_json::to_string_pretty(document).expect("the document is JSON");
    text.push('\n');
    text.into()
}
