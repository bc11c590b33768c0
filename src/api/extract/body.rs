//! Request bodies.

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::Shape;
use crate::api::Options;
use crate::api::error::ApiError;
use crate::schema::tree::{self, Value};

/// A JSON body, read leniently into what a route takes. Media types are checked before.
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: Shape,
    Options: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = collect(request.into_body(), Options::from_ref(state).body_limit).await?;
        let body = tree::parse_lenient(&bytes).map_err(ApiError::bad_body)?;
        let body = body.filter(|node| !matches!(node.value, Value::Null));
        let body = body.ok_or_else(|| ApiError::must_not_be_null("the request body"))?;
        T::read(&body).map(JsonBody)
    }
}

/// The whole body, inflated if it was sent compressed: the limit counts what comes out, so a small
/// body cannot grow without bound.
async fn collect(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::too_large(limit)),
        Err(_) => Err(ApiError::bad_body("the request body ended early or could not be inflated")),
    }
}
