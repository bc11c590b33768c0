//! The server: connections in, answers out, and an orderly end.

use std::io;
use std::time::Duration;

use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::answers::{Answering, Answers};
use super::{Options, service};
use crate::registry::Registry;

/// How long a client may take to send the head of a request, or leave a connection idle. A client
/// that sends a byte now and then cannot hold a connection for ever.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests in flight may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);
/// How often the samples of histograms are folded together, so that they do not pile up unread.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long to wait when the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serve until `shutdown` ends, then finish what is in flight, for at most half a minute.
///
/// # Errors
/// When the listener is unusable.
pub async fn serve(
    listener: TcpListener,
    registry: Registry,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let answers = service(registry, &options);
    let (stop, stopped) = watch::channel(());
    let upkeep = tokio::spawn(async {
        let mut clock = tokio::time::interval(UPKEEP);
        loop {
            clock.tick().await;
            crate::telemetry::metrics().run_upkeep();
        }
    });
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, answers.clone(), stopped.clone()));
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    drop(stopped);
    let _nobody_listens = stop.send(());
    if tokio::time::timeout(GRACE, stop.closed()).await.is_err() {
        tracing::warn!("some requests were still unfinished when the time to stop was up");
    }
    upkeep.abort();
    Ok(())
}

fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(stream: TcpStream, answers: Answers, mut stopped: watch::Receiver<()>) {
    // Answers are short and written whole: waiting to fill a packet would only delay them.
    let _best_effort = stream.set_nodelay(true);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIMEOUT)
        .keep_alive_timeout(HEAD_TIMEOUT);
    let service = TowerToHyperService::new(Service(answers));
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended early");
    }
}

/// The answers as the connection wants them.
#[derive(Clone)]
struct Service(Answers);

impl<B> tower::Service<Request<B>> for Service
where
    B: axum::body::HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = Infallibly;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Infallibly {
        Infallibly(self.0.answer(request))
    }
}

/// An answer never fails; errors are answers.
struct Infallibly(Answering);

impl Future for Infallibly {
    type Output = Result<axum::response::Response, std::convert::Infallible>;

    fn poll(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.get_mut().0).poll(context).map(Ok)
    }
}
