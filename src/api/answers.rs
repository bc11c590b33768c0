//! Finished answers, kept: the outermost part of the server.
//!
//! Reads of a registry repeat endlessly, and between two changes of the store each has one answer.
//! So a finished answer (after negotiation and compression) is kept under everything it depends on
//! and given again while the store has not changed. What an answer depends on:
//!
//! * method, path and query;
//! * `Accept`, `Accept-Encoding` and `Content-Type`, which decide media type, compression and 415;
//! * the body of a POST. Bodies of GET are never read by a route;
//! * the store, whose newest change stamps the answer. The stamp is read before the work begins, so
//!   an answer that saw half of a change is never taken for a later one;
//! * the start options, which do not change while the process runs.
//!
//! No route reads another header: credentials are ignored by this version, `If-None-Match` and
//! `X-Request-ID` are handled here and are no part of what is kept. A request with a
//! `Content-Encoding` or with one of the headers twice passes by. Only answers that a handler
//! marked as a [`PureRead`] are kept: a write is always done.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Collected};
use md5::{Digest, Md5};
use quick_cache::{Weighter, sync::Cache};
use tower::ServiceExt;

use super::error::{ApiError, Cause};
use super::measure::{Meter, Route};
use super::requests::{RequestId, X_REQUEST_ID, plain_spelling};
use super::{Options, address, negotiate};
use crate::registry::Registry;

/// A handler's mark on an answer that changed nothing and would be the same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PureRead {
    /// As long as this node knows of no change; it learns of another node's within a second.
    AsFarAsSeen,
    /// As long as the store has no change: for an answer that somebody relies on as if it were a
    /// write. Asking costs one small read, and no parsing.
    AfterAsking,
}

/// Longer bodies pass by: comparing them would cost more than it saves.
const LONGEST_BODY: u64 = 256 * 1024;
/// Longer answers are made anew each time, or a few would fill the cache.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The whole server as a service: kept answers in front of the router.
#[derive(Clone)]
pub struct Answers {
    router: Router,
    registry: Registry,
    kept: Arc<Cache<Box<[u8]>, Arc<Kept>, ByBytes>>,
    timeout: Duration,
}

struct Kept {
    seen: i64,
    mark: PureRead,
    headers: HeaderMap,
    body: Bytes,
    meter: Meter,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Box<[u8]>, Arc<Kept>> for ByBytes {
    fn weight(&self, key: &Box<[u8]>, kept: &Arc<Kept>) -> u64 {
        const OVERHEAD: usize = 1024;
        (key.len() + kept.body.len() + OVERHEAD) as u64
    }
}

impl Answers {
    /// Put kept answers in front of `router`.
    pub fn new(router: Router, registry: Registry, options: &Options) -> Answers {
        let expected = usize::try_from(options.answer_bytes / 2048).unwrap_or(1024);
        let kept = Arc::new(Cache::with_weighter(expected, options.answer_bytes, ByBytes));
        Answers { router, registry, kept, timeout: options.request_timeout }
    }

    /// Answer a request.
    pub fn answer<B>(&self, request: Request<B>) -> Answering
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let (mut parts, body) = request.into_parts();
        if let Some(plain) = plain_spelling(&parts.uri) {
            parts.uri = plain;
        }
        let asked = Asked::of(&mut parts, self.registry.seen());
        if parts.method == Method::GET
            && let Some(key) = key(&parts, &[])
        {
            if let Some(kept) = self.still_good(&key, asked.seen) {
                return Answering::Ready(Some(asked.answer_again(&kept)));
            }
            let request = Request::from_parts(parts, Body::new(body));
            return self.work(asked, Some(key), request);
        }
        if parts.method == Method::POST
            && body.size_hint().upper().is_some_and(|length| length <= LONGEST_BODY)
        {
            return self.work_on_post(asked, parts, body);
        }
        self.work(asked, None, Request::from_parts(parts, Body::new(body)))
    }

    fn still_good(&self, key: &[u8], seen: i64) -> Option<Arc<Kept>> {
        self.kept.get(key).filter(|kept| kept.seen == seen)
    }

    /// May the kept answer be relied on, if it has to be?
    async fn is_certain(&self, kept: &Kept) -> bool {
        match kept.mark {
            PureRead::AsFarAsSeen => true,
            // A store that does not answer is found out by doing the work.
            PureRead::AfterAsking => {
                self.registry.newest_change().await.is_ok_and(|newest| newest == kept.seen)
            }
        }
    }

    fn work(&self, asked: Asked, key: Option<Vec<u8>>, request: Request<Body>) -> Answering {
        let server = self.clone();
        let media_type = negotiate::for_errors(request.headers());
        Answering::Working(Box::pin(async move {
            let work = server.route(request);
            match tokio::time::timeout(server.timeout, work).await {
                Ok(response) => server.finish(asked, key, response).await,
                Err(_) => server.finish(asked, None, labelled(ApiError::timed_out(), media_type)).await,
            }
        }))
    }

    /// Let the router work on the address that the request stands for.
    async fn route(&self, mut request: Request<Body>) -> Response {
        match address::resolve(request.method(), request.uri(), &self.registry).await {
            Ok(None) => {}
            Ok(Some(uri)) => *request.uri_mut() = uri,
            Err(error) => return labelled(error, negotiate::for_errors(request.headers())),
        }
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    fn work_on_post<B>(&self, asked: Asked, parts: http::request::Parts, body: B) -> Answering
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let server = self.clone();
        let media_type = negotiate::for_errors(&parts.headers);
        Answering::Working(Box::pin(async move {
            let collected = tokio::time::timeout(server.timeout, body.collect()).await;
            let body = match collected.map(|done| done.ok().map(Collected::to_bytes)) {
                Ok(Some(body)) => body,
                Ok(None) => {
                    let error = ApiError::bad_body("the request body ended early");
                    return server.finish(asked, None, labelled(error, media_type)).await;
                }
                Err(_) => {
                    let error = ApiError::timed_out();
                    return server.finish(asked, None, labelled(error, media_type)).await;
                }
            };
            let key = key(&parts, &body);
            let kept = key.as_ref().and_then(|key| server.still_good(key, asked.seen));
            if let Some(kept) = kept
                && server.is_certain(&kept).await
            {
                return asked.answer_again(&kept);
            }
            server.work(asked, key, Request::from_parts(parts, Body::from(body))).await
        }))
    }

    /// Complete an answer of the router, and keep it if it may be kept.
    async fn finish(&self, asked: Asked, key: Option<Vec<u8>>, mut response: Response) -> Response {
        let route = response.extensions_mut().remove::<Route>().unwrap_or_default();
        let meter = Meter::of(&route, &asked.method, response.status());
        asked.log(&route, &response);
        meter.done(asked.started);
        let mark = response.extensions().get::<PureRead>().copied();
        if let (Some(key), Some(mark), StatusCode::OK) = (key, mark, response.status()) {
            metrics::counter!("dovetail_answer_cache_misses_total").increment(1);
            let (parts, body) = response.into_parts();
            let Ok(body) = body.collect().await.map(Collected::to_bytes) else {
                let error = ApiError::internal("an answer could not be read back");
                return asked.complete(labelled(error, negotiate::DEFAULT));
            };
            let headers = headers_to_keep(parts.headers, &asked.method, &body);
            let kept = Arc::new(Kept { seen: asked.seen, mark, headers, body, meter });
            if kept.body.len() <= LONGEST_ANSWER {
                self.kept.insert(key.into_boxed_slice(), kept.clone());
            }
            return asked.complete(asked.repeat(&kept));
        }
        if response.status() != StatusCode::OK || asked.method != Method::OPTIONS {
            response.headers_mut().remove(header::ALLOW);
        }
        asked.complete(response)
    }
}

fn headers_to_keep(mut headers: HeaderMap, method: &Method, body: &Bytes) -> HeaderMap {
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    if *method == Method::GET {
        let mut hash = Md5::new();
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
            hash.update(headers.get(name).map_or(&[][..], HeaderValue::as_bytes));
            hash.update([0]);
        }
        hash.update(body);
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::from_str(&format!("\"{hex}\"")).expect("hex in quotes is visible ASCII");
        headers.insert(header::ETAG, tag);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    headers
}

/// An error made outside the router, where nothing was negotiated yet.
fn labelled(error: ApiError, media_type: &'static str) -> Response {
    let mut response = error.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Everything the answer depends on, each part preceded by its length. `None` when the request is
/// one of those that pass by.
fn key(parts: &http::request::Parts, body: &[u8]) -> Option<Vec<u8>> {
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return None;
    }
    let target = parts.uri.path_and_query()?.as_str().as_bytes();
    let mut key = Vec::with_capacity(target.len() + body.len() + 192);
    let mut add = |part: &[u8]| {
        key.extend_from_slice(&(part.len() as u32).to_le_bytes());
        key.extend_from_slice(part);
    };
    add(parts.method.as_str().as_bytes());
    add(target);
    for name in [header::ACCEPT, header::ACCEPT_ENCODING, header::CONTENT_TYPE] {
        let mut values = parts.headers.get_all(name).into_iter();
        let value = values.next();
        if values.next().is_some() {
            return None;
        }
        // An absent header and an empty one are told apart by the byte in front.
        add(if value.is_some() { &[1] } else { &[0] });
        add(value.map_or(&[][..], HeaderValue::as_bytes));
    }
    add(body);
    Some(key)
}

/// What is remembered of a request until it is answered.
struct Asked {
    id: RequestId,
    /// HEAD is worked on as GET.
    method: Method,
    head_only: bool,
    uri: Uri,
    if_none_match: Option<HeaderValue>,
    seen: i64,
    started: Instant,
}

impl Asked {
    fn of(parts: &mut http::request::Parts, seen: i64) -> Asked {
        let head_only = parts.method == Method::HEAD;
        if head_only {
            parts.method = Method::GET;
        }
        let id = RequestId::of(&parts.headers);
        parts.extensions.insert(id.clone());
        let if_none_match = parts.headers.get(header::IF_NONE_MATCH).cloned();
        Asked {
            id,
            method: parts.method.clone(),
            head_only,
            uri: parts.uri.clone(),
            if_none_match,
            seen,
            started: Instant::now(),
        }
    }

    fn answer_again(&self, kept: &Kept) -> Response {
        kept.meter.hit(self.started);
        tracing::debug!(request_id = self.id.for_record(), path = self.path(), "answered again");
        self.complete(self.repeat(kept))
    }

    fn repeat(&self, kept: &Kept) -> Response {
        let unchanged = self.if_none_match.as_ref().is_some_and(|sent| matches_tag(sent, &kept.headers));
        let mut response =
            Response::new(if unchanged { Body::empty() } else { Body::from(kept.body.clone()) });
        *response.headers_mut() = kept.headers.clone();
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_TYPE);
            response.headers_mut().remove(header::CONTENT_ENCODING);
        }
        response
    }

    fn complete(&self, mut response: Response) -> Response {
        response.headers_mut().insert(X_REQUEST_ID, self.id.clone().into_header());
        if self.head_only {
            if let Some(length) = response.body().size_hint().exact() {
                response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
            *response.body_mut() = Body::empty();
        }
        response
    }

    /// The path for the log, not longer than a line should be.
    fn path(&self) -> &str {
        let path = self.uri.path();
        path.get(..300).unwrap_or(path)
    }

    /// Log once, here. Neither bodies nor credentials are ever part of it.
    fn log(&self, route: &Route, response: &Response) {
        let request_id = self.id.for_record();
        let (method, status) = (self.method.as_str(), response.status().as_u16());
        let micros = self.started.elapsed().as_micros() as u64;
        let cause = response.extensions().get::<Cause>();
        if response.status().is_server_error() || cause.is_some() {
            let cause = cause.map_or("", |cause| cause.0.as_str());
            tracing::error!(
                request_id,
                method,
                route = route.name(),
                path = self.path(),
                status,
                micros,
                cause,
                "failed"
            );
        } else if route.writes(&self.method) {
            tracing::info!(request_id, method, path = self.path(), status, micros, "answered");
        } else {
            tracing::debug!(request_id, method, path = self.path(), status, micros, "answered");
        }
    }
}

/// Does `If-None-Match` name the tag among `headers`?
fn matches_tag(sent: &HeaderValue, headers: &HeaderMap) -> bool {
    let (Ok(sent), Some(tag)) = (sent.to_str(), headers.get(header::ETAG)) else { return false };
    let mut listed = sent.split(',').map(str::trim);
    listed.any(|listed| {
        listed == "*" || listed.strip_prefix("W/").unwrap_or(listed).as_bytes() == tag.as_bytes()
    })
}

/// An answer in the making. A kept one is ready at once and costs no allocation for a future.
pub enum Answering {
    /// There already; `None` once taken.
    Ready(Option<Response>),
    /// Being worked on.
    Working(Pin<Box<dyn Future<Output = Response> + Send>>),
}

impl Future for Answering {
    type Output = Response;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        match self.get_mut() {
            Answering::Ready(response) => {
                Poll::Ready(response.take().expect("polled once after it is ready"))
            }
            Answering::Working(work) => work.as_mut().poll(context),
        }
    }
}
