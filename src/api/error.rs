//! What goes wrong, as the wire says it. The only file with statuses and error codes.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::openapi::{Ref, RefOr, Response as ResponseDoc};
use utoipa::{IntoResponses, ToSchema};

use crate::model::InvalidExporter;
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

/// A status and an error code: one of [`CODES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The status of the answer.
    pub status: StatusCode,
    /// The `error_code` of its body.
    pub number: u32,
}

/// Makes a constant of every status and code, and the list of them all: none can be answered that is
/// not listed.
macro_rules! codes {
    ($($name:ident = $status:ident, $number:literal;)*) => {
        $(const $name: Code = Code { status: StatusCode::$status, number: $number };)*

        /// Every status and error code that is ever answered; `docs/CONTRACT.md` says which is when.
        pub const CODES: &[Code] = &[$($name),*];
    };
}

codes! {
    BAD_REQUEST = BAD_REQUEST, 400;
    NO_SUCH_ADDRESS = NOT_FOUND, 404;
    NO_SUCH_METHOD = METHOD_NOT_ALLOWED, 405;
    NOT_ACCEPTABLE = NOT_ACCEPTABLE, 406;
    INCOMPATIBLE_TO_OLD_CLIENTS = CONFLICT, 409;
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE, 413;
    UNSUPPORTED_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE, 415;
    MISSING = UNPROCESSABLE_ENTITY, 422;
    INTERNAL = INTERNAL_SERVER_ERROR, 500;
    NOT_READY = SERVICE_UNAVAILABLE, 503;
    TIMED_OUT = GATEWAY_TIMEOUT, 504;
    KMS_DENIED = FORBIDDEN, 40370;
    NO_SUCH_SUBJECT = NOT_FOUND, 40401;
    NO_SUCH_VERSION = NOT_FOUND, 40402;
    NO_SUCH_SCHEMA = NOT_FOUND, 40403;
    SUBJECT_DELETED = NOT_FOUND, 40404;
    SUBJECT_NOT_DELETED = NOT_FOUND, 40405;
    VERSION_DELETED = NOT_FOUND, 40406;
    VERSION_NOT_DELETED = NOT_FOUND, 40407;
    NO_LEVEL = NOT_FOUND, 40408;
    NO_MODE = NOT_FOUND, 40409;
    NO_SUCH_ASSOCIATION = NOT_FOUND, 40410;
    NO_SUCH_EXPORTER = NOT_FOUND, 40450;
    NO_SUCH_KEY = NOT_FOUND, 40470;
    KEY_NOT_DELETED = NOT_FOUND, 40471;
    KEY_DELETED = NOT_FOUND, 40472;
    INCOMPATIBLE = CONFLICT, 40901;
    RESOURCE_ASSOCIATED = CONFLICT, 40903;
    SUBJECT_ASSOCIATED = CONFLICT, 40904;
    SUBJECT_STRONGLY_ASSOCIATED = CONFLICT, 40905;
    NO_LIVE_VERSION = CONFLICT, 40907;
    ASSOCIATION_FROZEN = CONFLICT, 40908;
    INVALID_EXPORTER_NAME = CONFLICT, 40950;
    INVALID_EXPORTER_CONFIG = CONFLICT, 40951;
    INVALID_EXPORTER_SUBJECTS = CONFLICT, 40952;
    TOO_MANY_EXPORTERS = CONFLICT, 40964;
    KEY_EXISTS = CONFLICT, 40971;
    TOO_MANY_KEYS = CONFLICT, 40972;
    MOVED = PRECONDITION_FAILED, 41201;
    INVALID_SCHEMA = UNPROCESSABLE_ENTITY, 42201;
    INVALID_VERSION = UNPROCESSABLE_ENTITY, 42202;
    INVALID_LEVEL = UNPROCESSABLE_ENTITY, 42203;
    INVALID_MODE = UNPROCESSABLE_ENTITY, 42204;
    NOT_PERMITTED = UNPROCESSABLE_ENTITY, 42205;
    REFERENCED = UNPROCESSABLE_ENTITY, 42206;
    INVALID_SUBJECT = UNPROCESSABLE_ENTITY, 42208;
    SCHEMA_TOO_LARGE = UNPROCESSABLE_ENTITY, 42209;
    INVALID_RULE_SET = UNPROCESSABLE_ENTITY, 42210;
    CONTEXT_NOT_EMPTY = UNPROCESSABLE_ENTITY, 42211;
    INVALID_ASSOCIATION = UNPROCESSABLE_ENTITY, 42212;
    INVALID_KEY = UNPROCESSABLE_ENTITY, 42271;
    KEY_REFERENCED = UNPROCESSABLE_ENTITY, 42272;
    STORE_FAILED = INTERNAL_SERVER_ERROR, 50001;
    // Clients come back after 503 as after 500, but only 503 tells them when.
    STORE_UNAVAILABLE = SERVICE_UNAVAILABLE, 50001;
    KMS_FAILED = INTERNAL_SERVER_ERROR, 50070;
}

/// An answer that is an error.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    message: String,
    cause: Option<String>,
}

/// What the log says about an answer of the 5xx class. Travels as an extension of the response to
/// the one place that logs; it is never sent.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

/// The status and code of what the registry says. No `_` arm: a new failure must choose its code to
/// compile.
pub fn code_of(error: &Error) -> Code {
    match error {
        Error::SubjectNotFound(_) => NO_SUCH_SUBJECT,
        Error::VersionNotFound(_) => NO_SUCH_VERSION,
        Error::SchemaNotFound | Error::IdNotFound(_) | Error::GuidNotFound(_) => NO_SUCH_SCHEMA,
        Error::SubjectAlreadyDeleted(_) => SUBJECT_DELETED,
        Error::SubjectNotDeletedFirst(_) => SUBJECT_NOT_DELETED,
        Error::VersionAlreadyDeleted(..) => VERSION_DELETED,
        Error::VersionNotDeletedFirst(..) => VERSION_NOT_DELETED,
        Error::LevelNotConfigured(_) => NO_LEVEL,
        Error::ModeNotConfigured(_) => NO_MODE,
        Error::ExporterNotFound(_) => NO_SUCH_EXPORTER,
        Error::AssociationNotFound(_) => NO_SUCH_ASSOCIATION,
        Error::Incompatible(_) | Error::IncompatibleAssociated(_) => INCOMPATIBLE,
        Error::ResourceAssociated { .. } => RESOURCE_ASSOCIATED,
        Error::SubjectAssociated(_) => SUBJECT_ASSOCIATED,
        Error::SubjectStronglyAssociated(_) => SUBJECT_STRONGLY_ASSOCIATED,
        Error::NoLiveVersion(_) => NO_LIVE_VERSION,
        Error::AssociationFrozen { .. } => ASSOCIATION_FROZEN,
        Error::ExporterExists(_) | Error::InvalidExporter(InvalidExporter::Name) => INVALID_EXPORTER_NAME,
        Error::InvalidExporter(InvalidExporter::Config(_)) => INVALID_EXPORTER_CONFIG,
        Error::InvalidExporter(InvalidExporter::Subjects(_)) => INVALID_EXPORTER_SUBJECTS,
        Error::TooManyExporters(_) => TOO_MANY_EXPORTERS,
        Error::KmsDenied(_) => KMS_DENIED,
        Error::KeyNotFound(_) => NO_SUCH_KEY,
        Error::KeyNotDeletedFirst(_) => KEY_NOT_DELETED,
        Error::KeyDeleted(_) => KEY_DELETED,
        Error::KeyExists(_) => KEY_EXISTS,
        Error::TooManyKeys(_) => TOO_MANY_KEYS,
        Error::InvalidKey(_) => INVALID_KEY,
        Error::KeyReferenced(_) => KEY_REFERENCED,
        Error::KmsFailed(_) => KMS_FAILED,
        Error::InvalidSchema(_)
        | Error::InvalidTags(_)
        | Error::UnknownFormat(_)
        | Error::EmptySchema
        | Error::WrongVersion => INVALID_SCHEMA,
        Error::InvalidVersion(_) => INVALID_VERSION,
        Error::ReadOnly(_)
        | Error::ReadOnlyAssociated(_)
        | Error::StronglyReferenced(_)
        | Error::NotImporting { .. }
        | Error::NotReadWrite { .. }
        | Error::IdTaken { .. }
        | Error::ModesAreFixed
        | Error::SubjectsStandInTheWay
        | Error::NoSuchSetting(_) => NOT_PERMITTED,
        Error::Referenced(..) => REFERENCED,
        Error::InvalidSubject(_) => INVALID_SUBJECT,
        Error::SchemaTooLarge => SCHEMA_TOO_LARGE,
        Error::InvalidRuleSet(_) | Error::RuleSetTwice => INVALID_RULE_SET,
        Error::ContextNotEmpty(_) => CONTEXT_NOT_EMPTY,
        Error::InvalidAssociation(_) => INVALID_ASSOCIATION,
        Error::WorkFailed(_) => INTERNAL,
        Error::Store(StoreError::Unavailable(_)) => STORE_UNAVAILABLE,
        Error::Store(StoreError::Unstorable(_)) => INVALID_SCHEMA,
        Error::Store(StoreError::Moved { .. }) => MOVED,
        Error::Store(_) => STORE_FAILED,
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> ApiError {
        let code = code_of(&error);
        let cause = code.status.is_server_error().then(|| chain(&error));
        if code.is_of_the_store() {
            metrics::counter!("dovetail_store_errors_total").increment(1);
        }
        let message = match error {
            Error::WorkFailed(_) => INTERNAL_SENTENCE.to_owned(),
            Error::Store(StoreError::Unstorable(sentence)) => sentence,
            Error::Store(moved @ StoreError::Moved { .. }) => moved.to_string(),
            other => other.to_string(),
        };
        ApiError { code, message, cause }
    }
}

impl Code {
    fn is_of_the_store(self) -> bool {
        self.number == STORE_FAILED.number
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

const INTERNAL_SENTENCE: &str = "Internal Server Error";

impl ApiError {
    fn plain(code: Code, message: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into(), cause: None }
    }

    /// No such path, or a parameter that is not of its type.
    pub fn not_found() -> ApiError {
        ApiError::plain(NO_SUCH_ADDRESS, "HTTP 404 Not Found")
    }

    /// The path exists, the method does not.
    pub fn method_not_allowed() -> ApiError {
        ApiError::plain(NO_SUCH_METHOD, "HTTP 405 Method Not Allowed")
    }

    /// None of the media types the client accepts is offered.
    pub fn not_acceptable() -> ApiError {
        ApiError::plain(NOT_ACCEPTABLE, "HTTP 406 Not Acceptable")
    }

    /// The body is of a media type or an encoding that is not understood.
    pub fn unsupported_media_type() -> ApiError {
        ApiError::plain(UNSUPPORTED_MEDIA_TYPE, "HTTP 415 Unsupported Media Type")
    }

    /// The body is longer than the limit.
    pub fn too_large(limit: usize) -> ApiError {
        let message = format!("The request body is larger than the limit of {limit} bytes");
        ApiError::plain(BODY_TOO_LARGE, message)
    }

    /// A context is named by a text with a colon in it.
    pub fn colon_in_context(text: &str) -> ApiError {
        let shown: String = text.chars().take(200).collect();
        ApiError::bad_body(format_args!("Context name '{shown}' cannot contain a colon"))
    }

    /// The body is not JSON, or JSON of the wrong shape.
    pub fn bad_body(message: impl Display) -> ApiError {
        ApiError::plain(BAD_REQUEST, message.to_string())
    }

    /// The body, or a member of it, is missing where one is needed.
    pub fn must_not_be_null(what: &str) -> ApiError {
        ApiError::plain(MISSING, format!("{what} must not be null (was null)"))
    }

    /// A compatibility level that is none.
    pub fn unknown_level() -> ApiError {
        const SENTENCE: &str = "Invalid compatibility level. Valid values are none, backward, forward, full, \
                                backward_transitive, forward_transitive, and full_transitive";
        ApiError::plain(INVALID_LEVEL, SENTENCE)
    }

    /// A mode that is none.
    pub fn unknown_mode() -> ApiError {
        const SENTENCE: &str = "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.";
        ApiError::plain(INVALID_MODE, SENTENCE)
    }

    /// The mode FORWARD, asked for elsewhere than on the global level.
    pub fn forward_is_global() -> ApiError {
        ApiError::plain(INVALID_MODE, "Forward mode only supported on global level")
    }

    /// A part of the API that this version does not have.
    pub fn unavailable(what: impl Display) -> ApiError {
        let message = format!("{what} is not available in this version");
        ApiError::plain(NOT_PERMITTED, message)
    }

    /// The header that makes a write conditional holds something else than a number.
    pub fn bad_condition() -> ApiError {
        ApiError::bad_body("Dovetail-If-State is the number of a change, as /v1/state tells it")
    }

    /// The request took longer than it may.
    pub fn timed_out() -> ApiError {
        let error = ApiError::plain(TIMED_OUT, "Request timed out");
        ApiError { cause: Some("the request took longer than it may".to_owned()), ..error }
    }

    /// Something that must not happen did. `cause` goes to the log.
    pub fn internal(cause: impl Into<String>) -> ApiError {
        let error = ApiError::plain(INTERNAL, INTERNAL_SENTENCE);
        ApiError { cause: Some(cause.into()), ..error }
    }

    /// The store does not answer; a client may come back later.
    pub fn not_ready(cause: impl Into<String>) -> ApiError {
        let error = ApiError::plain(NOT_READY, "The store is not reachable or not migrated");
        ApiError { cause: Some(cause.into()), ..error }
    }

    /// A request of a batch that was not begun; a client may send it again.
    pub fn not_tried() -> ApiError {
        let error = ApiError::plain(NOT_READY, "Not tried: the batch ended early");
        ApiError { cause: Some("a batch ended before all of its requests were tried".to_owned()), ..error }
    }

    /// What the log is to say of a failure that is told in an answer that is none.
    pub fn cause_to_log(&self) -> Cause {
        Cause(self.cause.clone().unwrap_or_else(|| self.message.clone()))
    }

    /// Give an incompatibility the code that older clients know.
    pub fn with_incompatible_code(self, code: u32) -> ApiError {
        if self.code != INCOMPATIBLE || code != INCOMPATIBLE_TO_OLD_CLIENTS.number {
            return self;
        }
        ApiError { code: INCOMPATIBLE_TO_OLD_CLIENTS, ..self }
    }

    /// Is it the server's fault, so that asking again may help?
    pub fn is_failure(&self) -> bool {
        self.code.status.is_server_error()
    }

    /// What stands in the answer, for an answer that holds several.
    pub fn body(&self) -> ErrorBody<'_> {
        ErrorBody { error_code: self.code.number, message: &self.message }
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
            if error.code.is_of_the_store() {
                ApiError { message: operation.to_string(), ..error }
            } else {
                error
            }
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body()).expect("a number and a text are JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.code.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.code.status == StatusCode::SERVICE_UNAVAILABLE {
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

/// Documents the refusal of a name that is none.
pub struct BadName;

impl IntoResponses for BadName {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["400"])
    }
}

/// Documents the refusal of a well-formed request.
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["422"])
    }
}

/// Documents the refusal of an incompatible schema, or of what an association forbids.
pub struct Conflict;

impl IntoResponses for Conflict {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["409"])
    }
}

/// Documents a write that is to be done only while the registry stands where it did.
pub struct Moved;

impl IntoResponses for Moved {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        documented(&["400", "412"])
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
pub const DOCUMENTED: [(&str, &str, &str, u32, &str); 11] = [
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
        "The schema is incompatible with an earlier one, or an association stands in the way.",
        INCOMPATIBLE.number,
        "Schema being registered is incompatible with an earlier schema for subject \"orders-value\", \
         details: [...]",
    ),
    (
        "412",
        "Moved",
        "The write was to be done only while the registry stood where it did.",
        MOVED.number,
        "The registry is at change 8844, not at 8841: nothing was written",
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
