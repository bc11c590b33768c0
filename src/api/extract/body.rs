//! Request bodies.

use std::time::Duration;

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
async fn collect(mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
    match Limited::new(&mut body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(body, limit.max(1 << 20).saturating_mul(4)).await;
            Err(ApiError::too_large(limit))
        }
        Err(_) => Err(ApiError::bad_body("the request body ended early or could not be inflated")),
    }
}

/// Read what is left of a body that is refused, up to `most` bytes. A client that is still sending when the
/// connection is closed sees a broken pipe, and not the answer that says what is wrong.
async fn discard(body: Body, most: usize) {
    let mut body = Limited::new(body, most);
    let to_the_end = async { while let Some(Ok(_)) = body.frame().await {} };
    // Whoever is slower than this does without.
    let _ = tokio::time::timeout(Duration::from_secs(5), to_the_end).await;
}
