//! Media types: what a client accepts, what it sends, and what it gets.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::error::ApiError;

/// The media types of answers, in the server's order of preference, with the server's weight.
const OFFERED: [(&str, f32); 3] = [
    ("application/vnd.schemaregistry.v1+json", 1.0),
    ("application/vnd.schemaregistry+json", 0.9),
    ("application/json", 0.5),
];

/// The media type of who does not say what to answer with.
pub const DEFAULT: &str = OFFERED[0].0;

/// The media type of an error, whatever the client accepts.
pub fn for_errors(headers: &HeaderMap) -> &'static str {
    best(headers).unwrap_or(DEFAULT)
}

/// The media types of answers, first the default one.
pub fn offered() -> impl Iterator<Item = &'static str> {
    OFFERED.into_iter().map(|(name, _)| name)
}

/// Check what the client sends and accepts, and label the answer with the media type it chose.
pub async fn negotiate(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let chosen = best(headers);
    let routed = request.extensions().get::<MatchedPath>().is_some();
    let (mut response, media_type) = if routed && has_foreign_body(request.method(), headers) {
        let media_type = exactly_asked(headers);
        (refused(ApiError::unsupported_media_type(), request, next).await, media_type)
    } else if routed && chosen.is_none() && answers_with_body(request.method()) {
        (refused(ApiError::not_acceptable(), request, next).await, None)
    } else {
        (next.run(request).await, chosen)
    };
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && !is_json(&response) {
        // The inflating layer refuses an encoding without a body.
        response = ApiError::unsupported_media_type().into_response();
    }
    if is_json(&response) {
        let media_type = HeaderValue::from_static(media_type.unwrap_or(DEFAULT));
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    }
    response
}

/// The refusal, unless the address does not even have the method: that is said first.
async fn refused(refusal: ApiError, mut request: Request, next: Next) -> Response {
    let method = std::mem::replace(request.method_mut(), Method::OPTIONS);
    *request.body_mut() = Body::empty();
    let options = next.run(request).await;
    let allowed = options.headers().get(header::ALLOW).and_then(|value| value.to_str().ok());
    if allowed.is_some_and(|allowed| allowed.split(',').all(|name| name.trim() != method.as_str())) {
        return ApiError::method_not_allowed().into_response();
    }
    refusal.into_response()
}

/// Methods that no route has are answered 405 whatever is accepted.
fn answers_with_body(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE)
}

fn is_json(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json")
}

/// Only POST and PUT have a body; clients label GET and DELETE as well and mean nothing by it.
fn has_foreign_body(method: &Method, headers: &HeaderMap) -> bool {
    if !matches!(*method, Method::POST | Method::PUT) {
        return false;
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return false };
    let Ok(value) = value.to_str() else { return true };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let readable = offered().chain(["application/octet-stream"]);
    !essence.is_empty() && !readable.into_iter().any(|known| known.eq_ignore_ascii_case(essence))
}

/// The first accepted entry that is one of the offered types, letter for letter.
fn exactly_asked(headers: &HeaderMap) -> Option<&'static str> {
    ranges(headers).find_map(|range| offered().find(|known| *known == range.essence))
}

struct Range<'a> {
    essence: &'a str,
    quality: f32,
}

impl Range<'_> {
    /// How exactly the range names `media_type`; `None` when it does not cover it.
    fn specificity(&self, media_type: &str) -> Option<u8> {
        if self.essence.eq_ignore_ascii_case(media_type) {
            return Some(2);
        }
        match self.essence {
            // A lone star is no media range, but the JDK's default header holds one.
            "*" | "*/*" => Some(0),
            range => range.eq_ignore_ascii_case("application/*").then_some(1),
        }
    }
}

fn ranges(headers: &HeaderMap) -> impl Iterator<Item = Range<'_>> {
    let values = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let entries = values.flat_map(|value| value.split(',')).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = weight.map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
        Range { essence, quality }
    })
}

/// The best offered type: client weight times server weight, then how exactly it was named, then
/// the server's order. `None` when nothing offered is acceptable.
fn best(headers: &HeaderMap) -> Option<&'static str> {
    let ranges: Vec<Range<'_>> = ranges(headers).collect();
    if ranges.is_empty() {
        return Some(DEFAULT);
    }
    let mut best: Option<(&'static str, f32, u8)> = None;
    for (name, weight) in OFFERED {
        let covering = ranges.iter().filter_map(|range| Some((range.specificity(name)?, range.quality)));
        let Some((specificity, quality)) = covering.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
        else {
            continue;
        };
        let score = quality * weight;
        let better = best.is_none_or(|(_, top, exact)| (score, specificity) > (top, exact));
        if score > 0.0 && better {
            best = Some((name, score, specificity));
        }
    }
    best.map(|(name, ..)| name)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    fn best(accept: &'static str) -> Option<&'static str> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        super::best(&headers)
    }

    #[test]
    fn the_best_offered_type_wins() {
        let v1 = Some("application/vnd.schemaregistry.v1+json");
        let vendor = Some("application/vnd.schemaregistry+json");
        let json = Some("application/json");
        for (accept, expected) in [
            ("", v1),
            ("*/*", v1),
            ("application/*", v1),
            ("application/json", json),
            ("Application/JSON; charset=utf-8", json),
            ("application/vnd.schemaregistry+json", vendor),
            ("application/vnd.schemaregistry.v1+json;q=.1, application/json", json),
            ("application/vnd.schemaregistry.v1+json;q=.5, application/json", v1),
            ("application/vnd.schemaregistry+json, application/json", vendor),
            ("application/vnd.schemaregistry.v1+json;q=0, */*", vendor),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", v1),
            ("text/html, image/gif, image/jpeg, */*; q=0.2", v1),
            ("text/html, application/json", json),
            ("text/html", None),
            ("text/*", None),
            ("application/octet-stream", None),
            ("application/json;q=0", None),
            ("application/vnd.schemaregistry.v2+json", None),
            ("application/vnd.schemaregistry.avro+json", None),
        ] {
            assert_eq!(best(accept), expected, "{accept}");
        }
    }
}
