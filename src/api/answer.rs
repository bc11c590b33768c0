//! What handlers answer with.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::answers::PureRead;
use super::error::ApiError;

/// The answer of a handler.
pub type Answer = Result<Response, ApiError>;

/// A JSON answer to a request that changed nothing: it may be given again until something changes.
///
/// # Errors
/// Never for the shapes of this API.
pub fn read(body: &impl Serialize) -> Answer {
    let mut response = written(body)?;
    response.extensions_mut().insert(PureRead::AsFarAsSeen);
    Ok(response)
}

/// A JSON answer that tells of something stored earlier as if it had been stored now: it may be given
/// again only while the store itself says that nothing changed.
///
/// # Errors
/// Never for the shapes of this API.
pub fn stored_earlier(body: &impl Serialize) -> Answer {
    let mut response = written(body)?;
    response.extensions_mut().insert(PureRead::AfterAsking);
    Ok(response)
}

/// A JSON answer to a request that may have changed something.
///
/// # Errors
/// Never for the shapes of this API.
pub fn written(body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(labelled(body))
}

/// A JSON answer that nobody on its way may keep.
///
/// # Errors
/// Never for the shapes of this API.
pub fn secret(body: &impl Serialize) -> Answer {
    let mut response = written(body)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A JSON answer that holds the answers to several requests, each with its own outcome.
///
/// # Errors
/// Never for the shapes of this API.
pub fn several(body: &impl Serialize) -> Answer {
    let mut response = written(body)?;
    *response.status_mut() = StatusCode::MULTI_STATUS;
    Ok(response)
}

/// It was done, and there is nothing to say about it.
pub fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A schema text as it is, not wrapped in a JSON string.
pub fn text(text: String) -> Response {
    let mut response = labelled(text.into_bytes());
    response.extensions_mut().insert(PureRead::AsFarAsSeen);
    response
}

/// Negotiation replaces the label by the media type that the client chose.
fn labelled(body: Vec<u8>) -> Response {
    let mut response = Body::from(body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
