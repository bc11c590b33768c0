//! Floor 4, HTTP: extract, one registry call, answer.
//!
//! A request passes `answers` (a finished answer may be at hand), then the router, negotiation of
//! media types, and the extractors of its handler. Only `error` knows statuses and error codes.

mod address;
mod answer;
mod answers;
mod association_batches;
mod association_shapes;
mod associations;
mod check;
mod compatibility;
mod config;
mod contexts;
mod deks;
mod document;
mod error;
mod exporters;
mod extract;
mod health;
mod keks;
mod measure;
mod metadata;
mod mode;
mod negotiate;
mod refusals;
mod requests;
mod schema_request;
mod schemas;
mod serve;
mod settings;
mod shapes;
mod state;
mod subjects;
mod tags;
mod versions;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{Method, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

pub use answers::{Answering, Answers};
pub use error::{CODES, Code, code_of};
pub use serve::serve;

use crate::export::Targets;
use crate::registry::Registry;
use error::ApiError;

/// What the server is told once, at start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The error code of an incompatible registration: 40901, or 409 for older clients.
    pub incompatible_error_code: u32,
    /// Leave `schemaType` out of answers when it is `AVRO`, as older servers did.
    pub omit_avro_schema_type: bool,
    /// The longest request body, in bytes, inflated.
    pub body_limit: usize,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Which registries schemas may be copied to.
    pub exporter_targets: Targets,
    /// How many bytes of finished answers to keep in memory.
    pub answer_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            incompatible_error_code: 40901,
            omit_avro_schema_type: false,
            body_limit: 10 * 1024 * 1024,
            request_timeout: Duration::from_secs(60),
            exporter_targets: Targets::None,
            answer_bytes: 32 * 1024 * 1024,
        }
    }
}

/// What handlers may ask for.
#[derive(Clone, FromRef)]
struct Shared {
    registry: Registry,
    options: Options,
}

/// The whole server as a service, without a socket.
pub fn service(registry: Registry, options: &Options) -> Answers {
    crate::telemetry::metrics();
    let shared = Shared { registry: registry.clone(), options: options.clone() };
    Answers::new(router(shared), registry, options)
}

/// The OpenAPI document.
pub fn openapi() -> OpenApi {
    let (_, contract) = contract_routes().split_for_parts();
    let (_, mut own) = own_routes().split_for_parts();
    let mut handlers = contract;
    handlers.merge(std::mem::take(&mut own));
    document::complete(handlers)
}

/// The OpenAPI document as it is committed and served.
pub fn openapi_text() -> String {
    document::print(&openapi()).as_ref().to_owned()
}

/// The routes of the registry: those its clients know, and its own below `/v1`.
fn contract_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(metadata::root, metadata::post_root))
        .routes(routes!(subjects::list))
        .routes(routes!(subjects::look_up, subjects::delete))
        .routes(routes!(subjects::find_by_metadata))
        .routes(routes!(versions::list, subjects::register))
        .routes(routes!(versions::get, versions::delete))
        .routes(routes!(versions::text))
        .routes(routes!(versions::referenced_by))
        .routes(routes!(schemas::list))
        .routes(routes!(schemas::by_id))
        .routes(routes!(schemas::text_by_id))
        .routes(routes!(schemas::subjects_of_id))
        .routes(routes!(schemas::versions_of_id))
        .routes(routes!(schemas::by_guid))
        .routes(routes!(schemas::ids_of_guid))
        .routes(routes!(schemas::types))
        .routes(routes!(compatibility::check_history))
        .routes(routes!(compatibility::check_version))
        .routes(routes!(config::get_top, config::put_top, config::delete_top))
        .routes(routes!(config::get, config::put_subject, config::delete))
        .routes(routes!(mode::get_top, mode::put_top, mode::delete_top))
        .routes(routes!(mode::get, mode::put_subject, mode::delete))
        .routes(routes!(contexts::list))
        .routes(routes!(contexts::delete))
        .routes(routes!(associations::of_name_in_query, associations::create))
        .routes(routes!(associations::of_subject))
        .routes(routes!(associations::of_resource, associations::upsert, associations::delete))
        .routes(routes!(associations::of_name))
        .routes(routes!(association_batches::get))
        .routes(routes!(association_batches::mutate))
        .routes(routes!(tags::edit))
        .routes(routes!(metadata::id))
        .routes(routes!(metadata::version))
        .routes(routes!(metadata::deployment))
        .routes(routes!(settings::get_global, settings::put_global, settings::delete_global))
        .routes(routes!(settings::get, settings::put_subject, settings::delete))
        .routes(routes!(refusals::list))
        .routes(routes!(check::check))
        .routes(routes!(state::show))
        .routes(routes!(exporters::list, exporters::create))
        .routes(routes!(exporters::get, exporters::change, exporters::delete))
        .routes(routes!(exporters::pause))
        .routes(routes!(exporters::resume))
        .routes(routes!(exporters::reset))
        .routes(routes!(exporters::status))
        .routes(routes!(exporters::get_config, exporters::put_config))
        .routes(routes!(versions::undelete))
        .merge(key_routes())
}

/// The routes of the keys of client-side encryption.
fn key_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(keks::list, keks::create))
        .routes(routes!(keks::get, keks::update, keks::delete))
        .routes(routes!(keks::test))
        .routes(routes!(keks::undelete))
        .routes(routes!(deks::subjects, deks::create))
        .routes(routes!(deks::get_first, deks::create_of_subject, deks::delete_all))
        .routes(routes!(deks::undelete_all))
        .routes(routes!(deks::versions))
        .routes(routes!(deks::get, deks::delete))
        .routes(routes!(deks::undelete))
}

/// For those who watch the server.
fn own_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

fn router(shared: Shared) -> Router {
    let (contract, _) = contract_routes().split_for_parts();
    let contract =
        contract.fallback(async || ApiError::not_found()).method_not_allowed_fallback(method_not_allowed);
    let contract = guarded(contract);
    let (own, _) = own_routes().split_for_parts();
    let text = openapi_text();
    let document = async move || ([(header::CONTENT_TYPE, "application/json")], text.clone());
    // The page loads nothing from elsewhere; by default it would ask a validator in the internet.
    let pages = SwaggerUi::new("/docs")
        .config(utoipa_swagger_ui::Config::from("/openapi.json").validator_url("none"));
    contract
        .merge(own)
        .route("/openapi.json", get(document))
        .with_state(shared)
        .merge(pages)
        .layer(CompressionLayer::new())
        .layer(from_fn(measure::remember_route))
}

/// Around every route of the contract: bodies come in inflated, a panic costs one request, and every
/// answer has the media type that was asked for.
fn guarded(routes: Router<Shared>) -> Router<Shared> {
    routes
        .layer(RequestDecompressionLayer::new())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(negotiate::negotiate))
}

/// Every path answers OPTIONS with the list of its methods, which the router adds.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        ().into_response()
    } else {
        ApiError::method_not_allowed().into_response()
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    ApiError::internal(format!("panic: {}", text.as_deref().unwrap_or("without a text"))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::{Request, StatusCode, header};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::error::Cause;
    use super::{Options, Shared, guarded};
    use crate::registry::{Defaults, Registry};
    use crate::store::{Store, StoreOptions, Synchronous};

    #[tokio::test]
    async fn a_panic_is_an_answer_and_a_line_in_the_log() {
        let place = StoreOptions {
            url: "sqlite::memory:".to_owned(),
            migrate: true,
            sqlite_synchronous: Synchronous::Full,
        };
        let store = Store::open(&place).await.expect("a store in memory");
        let shared =
            Shared { registry: Registry::new(store, Defaults::default()), options: Options::default() };
        let breaks = get(async || -> StatusCode { panic!("the invariant of {}", "nobody") });
        let server = guarded(Router::new().route("/breaks", breaks)).with_state(shared);
        let request = Request::get("/breaks").header(header::ACCEPT, "application/json");
        let response = server.oneshot(request.body(Body::empty()).expect("a request")).await;
        let (parts, body) = response.expect("an answer").into_parts();
        assert_eq!(parts.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(parts.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(parts.extensions.get::<Cause>().expect("a cause").0, "panic: the invariant of nobody");
        let body = body.collect().await.expect("a body").to_bytes();
        assert_eq!(body, r#"{"error_code":500,"message":"Internal Server Error"}"#);
    }
}
