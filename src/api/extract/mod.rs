//! What handlers take: path parameters, query parameters, JSON bodies, the caller.

mod body;
mod query;
mod shape;

pub use body::JsonBody;
pub use query::{Query, optional_number};
pub use shape::{Given, Members, Shape, constant, flag, map, members, needed_text, text};

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use http::HeaderName;
use http::request::Parts;

use super::error::ApiError;
use super::requests::RequestId;
use crate::clock;
use crate::model::{InvalidVersion, SchemaId, Subject, VersionRef};
use crate::registry::{self, Registry};

/// A path parameter, decoded once. Bytes that are no UTF-8 name nothing that exists.
///
/// # Errors
/// When it is empty or no text.
pub async fn path_parameter<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<String, ApiError> {
    let parameters =
        RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::not_found())?;
    let found = parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    // The router lets an empty segment stand for a parameter; it names nothing.
    found.filter(|value| !value.is_empty()).ok_or_else(ApiError::not_found)
}

/// The `{subject}` of a path; its qualified form is understood.
pub struct SubjectPath(pub Subject);

impl<S: Send + Sync> FromRequestParts<S> for SubjectPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_parameter(parts, state, "subject").await.map(|text| SubjectPath(Subject::parse(&text)))
    }
}

/// The `{name}` of a path, as sent: one that cannot exist is simply not found.
pub struct NamePath(pub String);

impl<S: Send + Sync> FromRequestParts<S> for NamePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_parameter(parts, state, "name").await.map(NamePath)
    }
}

/// The `{version}` of a path.
pub struct VersionPath(pub VersionRef);

impl<S: Send + Sync> FromRequestParts<S> for VersionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = path_parameter(parts, state, "version").await?;
        let parsed = text.parse().map_err(|error: InvalidVersion| registry::Error::from(error));
        Ok(VersionPath(parsed?))
    }
}

/// The `{id}` of a path. A text that is no 32-bit number is no path of this API.
pub struct IdPath(pub SchemaId);

impl<S: Send + Sync> FromRequestParts<S> for IdPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = path_parameter(parts, state, "id").await?;
        text.parse().map(|number| IdPath(SchemaId(number))).map_err(|_| ApiError::not_found())
    }
}

/// The `{context}` of a path, as sent.
pub struct ContextPath(pub String);

impl<S: Send + Sync> FromRequestParts<S> for ContextPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_parameter(parts, state, "context").await.map(ContextPath)
    }
}

/// The `{guid}` of a path, as sent: one that cannot exist is simply not found.
pub struct GuidPath(pub String);

impl<S: Send + Sync> FromRequestParts<S> for GuidPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_parameter(parts, state, "guid").await.map(GuidPath)
    }
}

/// Who asks. Headers are not trusted: until there is authentication everybody is `anonymous`.
pub struct Caller(pub registry::Caller);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let request_id = parts.extensions.get::<RequestId>().map(RequestId::for_record).unwrap_or_default();
        let now = clock::now();
        Ok(Caller(registry::Caller { actor: "anonymous".to_owned(), request_id, now }))
    }
}

/// The header that makes a write conditional.
const IF_STATE: HeaderName = HeaderName::from_static("dovetail-if-state");

/// The registry to write to. With the header `Dovetail-If-State` the write is done only while that is the
/// newest change of all.
pub struct Writing(pub Registry);

impl<S: Send + Sync> FromRequestParts<S> for Writing
where
    Registry: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let registry = Registry::from_ref(state);
        let mut given = parts.headers.get_all(IF_STATE).into_iter();
        let number = match (given.next(), given.next()) {
            (None, _) => return Ok(Writing(registry)),
            (Some(only), None) => only.to_str().ok().and_then(|text| text.parse().ok()),
            (Some(_), Some(_)) => None,
        };
        number.map(|newest| Writing(registry.only_at(newest))).ok_or_else(ApiError::bad_condition)
    }
}

/// The subject to read. Some clients encode twice: a subject nobody knows whose name still holds
/// `%XX` is tried once more decoded. Writes never do this, or a name could not be written.
pub async fn subject_to_read(registry: &Registry, subject: Subject) -> Result<Subject, ApiError> {
    let Some(decoded) = decoded_again(&subject) else { return Ok(subject) };
    if is_known(registry, &subject).await? || !is_known(registry, &decoded).await? {
        return Ok(subject);
    }
    Ok(decoded)
}

async fn is_known(registry: &Registry, subject: &Subject) -> Result<bool, ApiError> {
    match registry.list_versions(subject, registry::VersionFilter::All).await {
        Ok(versions) => Ok(!versions.is_empty()),
        Err(registry::Error::SubjectNotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// `None` when there is nothing left to decode.
pub fn decoded_again(subject: &Subject) -> Option<Subject> {
    let name = decode_percent(subject.name())?;
    Some(Subject::new(subject.context().clone(), name))
}

/// `None` when `text` holds no `%XX`, or decodes to something that is no text.
pub fn decode_percent(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let byte = pair.and_then(|pair| std::str::from_utf8(pair).ok()).and_then(hex);
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    if decoded.len() == bytes.len() { None } else { String::from_utf8(decoded).ok() }
}

fn hex(pair: &str) -> Option<u8> {
    let is_hex = pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::decode_percent;

    #[test]
    fn what_is_decoded_once_more() {
        for (text, expected) in [
            ("a%2Fb", Some("a/b")),
            ("%C3%B6", Some("ö")),
            ("a%2fb%", Some("a/b%")),
            ("a%+1b", None),
            ("plain", None),
            ("100%", None),
            ("%FF", None),
        ] {
            assert_eq!(decode_percent(text).as_deref(), expected, "{text}");
        }
    }
}
