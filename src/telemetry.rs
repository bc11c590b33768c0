//! Set-up of logs and metrics.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Start logging to stderr. `level` is a level or a filter such as `info,dovetail=debug`.
///
/// # Errors
/// When `level` is neither, or logging was started before.
pub fn start_logging(level: &str, format: LogFormat) -> Result<(), String> {
    let filter = EnvFilter::try_new(level).map_err(|error| format!("`{level}` is no log level: {error}"))?;
    // A log that goes to a file or a collector must not carry the codes of a terminal's colours.
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| error.to_string())
}

/// The metrics of this process. The first call starts collecting.
pub fn metrics() -> &'static PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| {
        const BUCKETS: [f64; 12] =
            [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full("dovetail_http_request_seconds".to_owned()), &BUCKETS)
            .expect("there are buckets")
            .build_recorder();
        let handle = recorder.handle();
        // A recorder that somebody else installed stays; ours then shows nothing.
        let _already_installed = metrics::set_global_recorder(recorder);
        describe();
        handle
    })
}

fn describe() {
    use metrics::{describe_counter, describe_histogram, gauge};
    describe_counter!(
        "dovetail_http_requests_total",
        "Requests answered, by route, method and class of status."
    );
    describe_histogram!("dovetail_http_request_seconds", "Seconds until a request was answered.");
    describe_counter!("dovetail_answer_cache_hits_total", "Requests answered by a kept answer.");
    describe_counter!("dovetail_answer_cache_misses_total", "Reads worked out anew.");
    describe_counter!("dovetail_registrations_total", "Registrations, by outcome.");
    describe_counter!("dovetail_store_errors_total", "Operations the store could not complete.");
    describe_counter!(
        "dovetail_verdicts_total",
        "Schemas compared with earlier versions, by format, judge and outcome."
    );
    describe_counter!(
        "dovetail_judges_disagree_total",
        "Pairs of schemas that one judge accepts and the other refuses, by format and by who refuses."
    );
    describe_counter!(
        "dovetail_verifier_disagreed_total",
        "Breaks that the proof judge believed in and could not show: each is a fault to report."
    );
    gauge!("dovetail_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}
