//! Metrics of requests. Labels are bounded: route templates, known methods, status classes.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// The route that answered, as an extension of the response; none for a path nobody knows.
#[derive(Debug, Clone, Default)]
pub struct Route(Option<MatchedPath>);

impl Route {
    /// The template of the path.
    pub fn name(&self) -> &str {
        self.0.as_ref().map_or("unmatched", MatchedPath::as_str)
    }

    /// May a request to it change something? One to a path that nobody knows does not.
    pub fn writes(&self, method: &Method) -> bool {
        let may_change = match *method {
            Method::PUT | Method::DELETE => true,
            Method::POST => !POSTS_THAT_READ.contains(&self.name()),
            _ => false,
        };
        self.0.is_some() && may_change
    }
}

/// Looking up, checking and trying out are POSTs that change nothing.
const POSTS_THAT_READ: [&str; 7] = [
    "/",
    "/associations:batchGet",
    "/compatibility/subjects/{subject}/versions",
    "/compatibility/subjects/{subject}/versions/{version}",
    "/dek-registry/v1/keks/{name}/test",
    "/subjects/{subject}",
    "/v1/check",
];

/// Tell the outer parts which route answered.
pub async fn remember_route(request: Request, next: Next) -> Response {
    let route = Route(request.extensions().get::<MatchedPath>().cloned());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(route);
    response
}

/// The metrics of one route, method and status class.
#[derive(Clone)]
pub struct Meter {
    requests: Counter,
    hits: Counter,
    seconds: Histogram,
}

impl Meter {
    /// The meter of an answer.
    pub fn of(route: &Route, method: &Method, status: StatusCode) -> Meter {
        let route = route.name().to_owned();
        let method = method_label(method);
        let status = ["1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(status.as_u16() / 100).clamp(1, 5) - 1];
        Meter {
            requests: metrics::counter!(
                "dovetail_http_requests_total",
                "route" => route.clone(), "method" => method, "status" => status
            ),
            hits: metrics::counter!("dovetail_answer_cache_hits_total"),
            seconds: metrics::histogram!(
                "dovetail_http_request_seconds",
                "route" => route, "method" => method
            ),
        }
    }

    /// A request was worked on and answered.
    pub fn done(&self, started: Instant) {
        self.requests.increment(1);
        self.seconds.record(started.elapsed());
    }

    /// A request was answered by a kept answer.
    pub fn hit(&self, started: Instant) {
        self.hits.increment(1);
        self.done(started);
    }
}

/// A client may send any word as a method.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::POSTS_THAT_READ;

    /// A new route must choose to be here or among those that read.
    const POSTS_THAT_WRITE: [&str; 12] = [
        "/associations",
        "/associations:batchMutate",
        "/dek-registry/v1/keks",
        "/dek-registry/v1/keks/{name}/deks",
        "/dek-registry/v1/keks/{name}/deks/{subject}",
        "/dek-registry/v1/keks/{name}/deks/{subject}/undelete",
        "/dek-registry/v1/keks/{name}/deks/{subject}/versions/{version}/undelete",
        "/dek-registry/v1/keks/{name}/undelete",
        "/exporters",
        "/subjects/{subject}/versions",
        "/subjects/{subject}/versions/{version}/tags",
        "/v1/subjects/{subject}/versions/{version}/undelete",
    ];

    #[test]
    fn every_post_reads_or_writes() {
        let document = crate::api::openapi();
        let posts = document.paths.paths.iter().filter(|(_, item)| item.post.is_some());
        let mut described: Vec<&str> = posts.map(|(path, _)| path.as_str()).collect();
        let mut chosen = [POSTS_THAT_READ.as_slice(), POSTS_THAT_WRITE.as_slice()].concat();
        described.sort_unstable();
        chosen.sort_unstable();
        assert_eq!(described, chosen);
    }
}
