//! What goes wrong, as the wire says it. The only file with statuses and error codes.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::openapi::{Ref, RefOr, Response as ResponseDoc};
use utoipa::{IntoResponses, ToSchema};

use crate::registry::Error;
use crate::store::StoreError;

/// The body of every error.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"error_code": 40401, "message": "Subject 'orders-value' not found."}))]
pub struct ErrorBody<'a> {
    /// The HTTP status, or the status times 100 plus a number that tells the reasons apart.
    error_code: u32,
    /// What is wrong, in a sentence.
    message: &'a str,
}

/// An answer that is an error.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: u32,
    message: String,
    cause: Option<String>,
}

/// What the log says about an answer of the 5xx class. Travels as an extension of the response to
/// the one place that logs; it is never sent.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

/// The status and code of what the registry says. No `_` arm: a new failure must choose its code to
/// compile.
pub fn wire(error: &Error) -> (StatusCode, u32) {
    const MISSING: StatusCode = StatusCode::NOT_FOUND;
    const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    match error {
        Error::SubjectNotFound(_) => (MISSING, 40401),
        Error::VersionNotFound(_) => (MISSING, 40402),
        Error::SchemaNotFound | Error::IdNotFound(_) | Error::GuidNotFound(_) => (MISSING, 40403),
        Error::SubjectAlreadyDeleted(_) => (MISSING, 40404),
        Error::SubjectNotDeletedFirst(_) => (MISSING, 40405),
        Error::VersionAlreadyDeleted(..) => (MISSING, 40406),
        Error::VersionNotDeletedFirst(..) => (MISSING, 40407),
        Error::LevelNotConfigured(_) => (MISSING, 40408),
        Error::ModeNotConfigured(_) => (MISSING, 40409),
        Error::Incompatible(_) => (StatusCode::CONFLICT, 40901),
        Error::InvalidSchema(_)
        | Error::InvalidTags(_)
        | Error::UnknownFormat(_)
        | Error::EmptySchema
        | Error::WrongVersion => (REFUSED, 42201),
        Error::InvalidVersion(_) => (REFUSED, 42202),
        Error::ReadOnly(_)
        | Error::NotImporting { .. }
        | Error::NotInThisVersion(_)
        | Error::NoSuchSetting(_) => (REFUSED, 42205),
        Error::Referenced(..) => (REFUSED, 42206),
        Error::InvalidSubject(_) => (REFUSED, 42208),
        Error::InvalidRuleSet(_) | Error::RuleSetTwice => (REFUSED, 42210),
        Error::WorkFailed(_) => (StatusCode::INTERNAL_SERVER_ERROR, 500),
        // Clients come back after 503 as after 500, but only 503 tells them when.
        Error::Store(StoreError::Unavailable(_)) => (StatusCode::SERVICE_UNAVAILABLE, STORE),
        Error::Store(StoreError::Unstorable(_)) => (REFUSED, 42201),
        Error::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, STORE),
    }
}

const STORE: u32 = 50001;

impl From<Error> for ApiError {
    fn from(error: Error) -> ApiError {
        let (status, code) = wire(&error);
        let cause = status.is_server_error().then(|| chain(&error));
        if code == STORE {
            metrics::counter!("dovetail_store_errors_total").increment(1);
        }
        let message = match error {
            Error::WorkFailed(_) => INTERNAL.to_owned(),
            Error::Store(StoreError::Unstorable(sentence)) => sentence,
            other => other.to_string(),
        };
        ApiError { status, code, message, cause }
    }
}

/// An error and everything beneath it, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let _infallible = write!(text, ": {cause}");
        below = cause.source();
    }
    text
}

const INTERNAL: &str = "Internal Server Error";

impl ApiError {
    fn plain(status: StatusCode, code: u32, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into(), cause: None }
    }

    fn generic(status: StatusCode, message: &str) -> ApiError {
        ApiError::plain(status, u32::from(status.as_u16()), message)
    }

    /// No such path, or a parameter that is not of its type.
    pub fn not_found() -> ApiError {
        ApiError::generic(StatusCode::NOT_FOUND, "HTTP 404 Not Found")
    }

    /// The path exists, the method does not.
    pub fn method_not_allowed() -> ApiError {
        ApiError::generic(StatusCode::METHOD_NOT_ALLOWED, "HTTP 405 Method Not Allowed")
    }

    /// None of the media types the client accepts is offered.
    pub fn not_acceptable() -> ApiError {
        ApiError::generic(StatusCode::NOT_ACCEPTABLE, "HTTP 406 Not Acceptable")
    }

    /// The body is of a media type or an encoding that is not understood.
    pub fn unsupported_media_type() -> ApiError {
        ApiError::generic(StatusCode::UNSUPPORTED_MEDIA_TYPE, "HTTP 415 Unsupported Media Type")
    }

    /// The body is longer than the limit.
    pub fn too_large(limit: usize) -> ApiError {
        let message = format!("The request body is larger than the limit of {limit} bytes");
        ApiError::generic(StatusCode::PAYLOAD_TOO_LARGE, &message)
    }

    /// The body is not JSON, or JSON of the wrong shape.
    pub fn bad_body(message: impl Display) -> ApiError {
        ApiError::generic(StatusCode::BAD_REQUEST, &message.to_string())
    }

    /// The body, or a member of it, is missing where one is needed.
    pub fn must_not_be_null(what: &str) -> ApiError {
        ApiError::generic(StatusCode::UNPROCESSABLE_ENTITY, &format!("{what} must not be null (was null)"))
    }

    /// A compatibility level that is none.
    pub fn unknown_level() -> ApiError {
        const SENTENCE: &str = "Invalid compatibility level. Valid values are none, backward, forward, full, \
                                backward_transitive, forward_transitive, and full_transitive";
        ApiError::plain(StatusCode::UNPROCESSABLE_ENTITY, 42203, SENTENCE)
    }

    /// A mode that is none.
    pub fn unknown_mode() -> ApiError {
        const SENTENCE: &str = "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.";
        ApiError::plain(StatusCode::UNPROCESSABLE_ENTITY, 42204, SENTENCE)
    }

    /// The mode FORWARD, asked for elsewhere than on the global level.
    pub fn forward_is_global() -> ApiError {
        ApiError::plain(
            StatusCode::UNPROCESSABLE_ENTITY,
            42204,
            "Forward mode only supported on global level",
        )
    }

    /// A part of the API that this version does not have.
    pub fn unavailable(what: impl Display) -> ApiError {
        let message = format!("{what} is not available in this version");
        ApiError::plain(StatusCode::UNPROCESSABLE_ENTITY, 42205, message)
    }

    /// The request took longer than it may.
    pub fn timed_out() -> ApiError {
        let error = ApiError::generic(StatusCode::GATEWAY_TIMEOUT, "Request timed out");
        ApiError { cause: Some("the request took longer than it may".to_owned()), ..error }
    }

    /// Something that must not happen did. `cause` goes to the log.
    pub fn internal(cause: impl Into<String>) -> ApiError {
        let error = ApiError::generic(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL);
        ApiError { cause: Some(cause.into()), ..error }
    }

    /// The store does not answer; a client may come back later.
    pub fn not_ready(cause: impl Into<String>) -> ApiError {
        let error =
            ApiError::generic(StatusCode::SERVICE_UNAVAILABLE, "The store is not reachable or not migrated");
        ApiError { cause: Some(cause.into()), ..error }
    }

    /// Give an incompatibility the code that older clients know.
    pub fn with_incompatible_code(self, code: u32) -> ApiError {
        if self.status == StatusCode::CONFLICT { ApiError { code, ..self } } else { self }
    }
}

/// Name the operation that a failing store interrupted.
pub trait During<T> {
    /// Replace the message of a store failure by `operation`; leave every other error alone.
    ///
    /// # Errors
    /// Those of the operation.
    fn during(self, operation: impl Display) -> Result<T, ApiError>;
}

impl<T> During<T> for Result<T, Error> {
    fn during(self, operation: impl Display) -> Result<T, ApiError> {
        self.map_err(|error| {
            let error = ApiError::from(error);
            if error.code == STORE { ApiError { message: operation.to_string(), ..error } } else { error }
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&ErrorBody { error_code: self.code, message: &self.message })
            .expect("a number and a text are JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// Documents the errors that any route can give. Routes that read a body add [`BodyErrors`], routes
/// that may refuse a well-formed request add [`Refusals`].
impl IntoResponses for ApiError {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["404", "406", "500", "503", "504"])
    }
}

/// Documents the errors of a route that reads a body.
pub struct BodyErrors;

impl IntoResponses for BodyErrors {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["400", "413", "415", "422"])
    }
}

/// Documents the refusal of a well-formed request.
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["422"])
    }
}

/// Documents the refusal of an incompatible schema.
pub struct Conflict;

impl IntoResponses for Conflict {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["409"])
    }
}

fn documented(statuses: &[&str]) -> BTreeMap<String, RefOr<ResponseDoc>> {
    let refer = |status: &&str| ((*status).to_owned(), Ref::from_response_name(name_of(status)).into());
    statuses.iter().map(refer).collect()
}

fn name_of(status: &str) -> &'static str {
    DOCUMENTED.iter().find(|known| known.0 == status).map_or("Error", |known| known.1)
}

/// Status, component name, meaning, code and message of the example.
pub const DOCUMENTED: [(&str, &str, &str, u32, &str); 10] = [
    (
        "400",
        "BadRequest",
        "The body is not JSON, or JSON of the wrong shape.",
        400,
        "Cannot deserialize value of type `String` from Object value",
    ),
    (
        "404",
        "NotFound",
        "What is asked for does not exist, or a parameter is not of its type.",
        40401,
        "Subject 'orders-value' not found.",
    ),
    (
        "406",
        "NotAcceptable",
        "None of the media types in `Accept` is offered.",
        406,
        "HTTP 406 Not Acceptable",
    ),
    (
        "409",
        "Incompatible",
        "The schema is incompatible with an earlier one.",
        40901,
        "Schema being registered is incompatible with an earlier schema for subject \"orders-value\", \
         details: [...]",
    ),
    (
        "413",
        "TooLarge",
        "The body is larger than the limit.",
        413,
        "The request body is larger than the limit of 10485760 bytes",
    ),
    (
        "415",
        "UnsupportedMediaType",
        "The body's media type or encoding is not understood.",
        415,
        "HTTP 415 Unsupported Media Type",
    ),
    ("422", "Refused", "The request is understood and refused.", 42201, "Empty schema"),
    (
        "500",
        "Internal",
        "The registry failed. `X-Request-ID` names the entry in its log.",
        500,
        "Internal Server Error",
    ),
    (
        "503",
        "NotReady",
        "The store is not reachable or not migrated. `Retry-After` says when to come back.",
        503,
        "The store is not reachable or not migrated",
    ),
    ("504", "TimedOut", "The request took longer than it may.", 504, "Request timed out"),
];
