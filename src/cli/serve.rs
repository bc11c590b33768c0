//! `dovetail serve`: open the store, listen, and serve until told to stop.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::kms::KmsOptions;
use super::migrate::{self, Database};
use super::print::Printer;
use crate::api;
use crate::clock;
use crate::export::{self, Targets};
use crate::failure::{Failure, Outcome};
use crate::kms::Kms;
use crate::model::{Judge, Level};
use crate::registry::{Caller, Defaults, Registry};
use crate::store::{Store, StoreOptions, Synchronous};
use crate::telemetry;

/// Where to listen unless told otherwise.
pub(super) const LISTEN: &str = "127.0.0.1:8081";

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    dovetail serve\n  \
    dovetail serve --listen 0.0.0.0:8081 --database-url sqlite:/data/dovetail.db\n  \
    DOVETAIL_DATABASE_URL=postgres://dovetail:secret@db/registry dovetail serve\n\n\
    SIGTERM and SIGINT let requests in flight finish; the exit code is then 0.")]
pub(super) struct Options {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", env = "DOVETAIL_LISTEN", default_value = LISTEN, value_parser = listen_address)]
    listen: String,
    #[command(flatten)]
    database: Database,
    /// Refuse to start when the database is not up to date, instead of bringing it up to date.
    #[arg(long, env = "DOVETAIL_NO_MIGRATE", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    no_migrate: bool,
    /// SQLite: `full` keeps an answered registration through a power loss, `normal` is faster.
    #[arg(long, value_name = "HOW", env = "DOVETAIL_SQLITE_SYNCHRONOUS", default_value = "full")]
    sqlite_synchronous: SqliteSynchronous,
    /// The compatibility level where none is recorded.
    #[arg(long, value_name = "LEVEL", env = "DOVETAIL_COMPATIBILITY_LEVEL", default_value = "BACKWARD")]
    compatibility_level: Level,
    /// Whose verdicts decide where the store does not say: proof, reference or strictest.
    ///
    /// `proof`: what a decoder really does with the data, shown with data that breaks; where nothing can
    /// be proved, the verdict of Confluent Schema Registry. `reference`: that registry's verdict, word for
    /// word. `strictest`: refused if either refuses.
    ///
    /// The first start records it in the store: the judge given here, else `proof` in a new store and
    /// `reference` in one that was served before there was a choice. From then on it is changed with
    /// `PUT /v1/settings`, for all, a context or a subject.
    #[arg(long, value_name = "JUDGE", env = "DOVETAIL_JUDGE")]
    judge: Option<Judge>,
    /// The error code of a refused registration: clients of Confluent Platform 7 and older look for 409.
    #[arg(long, value_name = "CODE", env = "DOVETAIL_INCOMPATIBLE_ERROR_CODE", default_value = "40901")]
    incompatible_error_code: IncompatibleCode,
    /// Whether answers name the type of Avro schemas too.
    #[arg(long, value_name = "HOW", env = "DOVETAIL_AVRO_SCHEMA_TYPE", default_value = "show")]
    avro_schema_type: AvroSchemaType,
    /// Whether rule sets of schemas are kept or dropped.
    #[arg(long, value_name = "HOW", env = "DOVETAIL_RULE_SETS", default_value = "keep")]
    rule_sets: RuleSets,
    /// Whether the subjects `` (empty) and `*` may be written.
    #[arg(long, value_name = "HOW", env = "DOVETAIL_EMPTY_SUBJECTS", default_value = "accept")]
    empty_subjects: EmptySubjects,
    /// Whether modes can be changed.
    #[arg(long, value_name = "HOW", env = "DOVETAIL_MODE_CHANGES", default_value = "accept")]
    mode_changes: ModeChanges,
    /// Which registries exporters may copy schemas to: addresses separated by commas, or `any`.
    ///
    /// Without it exporters cannot be made: whoever may send requests could make the server call any place
    /// that it can reach. An address with a path allows only what is below it.
    #[arg(long, value_name = "URL", env = "DOVETAIL_EXPORTER_TARGETS")]
    exporter_targets: Option<Targets>,
    /// The largest request body that is read, in bytes (or with k, M or G).
    #[arg(long, value_name = "BYTES", env = "DOVETAIL_BODY_LIMIT", default_value = "10M", value_parser = byte_size)]
    body_limit: u64,
    /// The largest schema that is registered, in bytes (or with k, M or G) of the text that is stored.
    #[arg(long, value_name = "BYTES", env = "DOVETAIL_SCHEMA_LIMIT", default_value = "10M", value_parser = byte_size)]
    schema_limit: u64,
    /// How long a request may take.
    #[arg(long, value_name = "TIME", env = "DOVETAIL_REQUEST_TIMEOUT", default_value = "60s", value_parser = humantime::parse_duration)]
    request_timeout: Duration,
    /// How much memory may be taken by what is kept at hand: two thirds by schemas, one by answers.
    #[arg(long, value_name = "BYTES", env = "DOVETAIL_CACHE_SIZE", default_value = "96M", value_parser = byte_size)]
    cache_size: u64,
    /// How many keys of client-side encryption there may be: of those that encrypt keys, and of those that
    /// encrypt data.
    #[arg(long, value_name = "NUMBER", env = "DOVETAIL_MAX_KEYS", default_value = "20000")]
    max_keys: usize,
    /// What to log: error, warn, info, debug, trace, or directives such as `warn,dovetail=debug`.
    #[arg(long, value_name = "LEVEL", env = "DOVETAIL_LOG_LEVEL", default_value = "info")]
    log_level: String,
    /// What a line of the log looks like.
    #[arg(long, value_name = "FORMAT", env = "DOVETAIL_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
    #[command(flatten)]
    kms: KmsOptions,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SqliteSynchronous {
    Full,
    Normal,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum IncompatibleCode {
    #[value(name = "40901")]
    Specific,
    #[value(name = "409")]
    Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AvroSchemaType {
    Show,
    Omit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RuleSets {
    Keep,
    Drop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EmptySubjects {
    Accept,
    Refuse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeChanges {
    Accept,
    Refuse,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl From<LogFormat> for telemetry::LogFormat {
    fn from(format: LogFormat) -> telemetry::LogFormat {
        match format {
            LogFormat::Text => telemetry::LogFormat::Text,
            LogFormat::Json => telemetry::LogFormat::Json,
        }
    }
}

/// Read `--listen`. Whether the host exists is found out when listening.
fn listen_address(text: &str) -> Result<String, String> {
    let is_named = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && !host.contains(':') && port.parse::<u16>().is_ok());
    if is_named || text.parse::<std::net::SocketAddr>().is_ok() {
        Ok(text.to_owned())
    } else {
        Err(format!("an address is HOST:PORT, such as {LISTEN} or [::1]:8081"))
    }
}

/// Read a number of bytes.
fn byte_size(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.as_bytes() {
        [.., b'k' | b'K'] => (&text[..text.len() - 1], 1 << 10),
        [.., b'm' | b'M'] => (&text[..text.len() - 1], 1 << 20),
        [.., b'g' | b'G'] => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let number: Option<u64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| format!("`{text}` is not a number of bytes, such as 500k, 10M or 1G"))
}

/// Serve until a signal says stop.
pub(super) fn run(options: Options, printer: Printer) -> Result<Outcome, Failure> {
    let level = if printer.is_quiet() { "error" } else { &options.log_level };
    telemetry::start_logging(level, options.log_format.into())
        .map_err(|sentence| Failure::bad_request(anyhow!(sentence)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::unable(error.into()))?.block_on(serve(options))
}

async fn serve(options: Options) -> Result<Outcome, Failure> {
    // Before anything else: a signal that comes while the database opens must not be lost.
    let stop = stop_signal().map_err(Failure::unable)?;
    // Before the database, as what is wrong with a key file is wrong with the command.
    let kms = options.kms.open().await?;
    // Before the database: a server that cannot listen must not create or migrate one.
    let listener = TcpListener::bind(&options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))
        .map_err(|error| Failure::unable(error).with_hint("Choose another address with --listen."))?;
    let store = Store::open(&StoreOptions {
        url: options.database.database_url.clone(),
        migrate: !options.no_migrate,
        sqlite_synchronous: match options.sqlite_synchronous {
            SqliteSynchronous::Full => Synchronous::Full,
            SqliteSynchronous::Normal => Synchronous::Normal,
        },
    })
    .await
    .map_err(migrate::failure)?;
    let registry = Registry::new(store.clone(), options.defaults(kms));
    settle_judge(&registry, options.judge).await?;
    let address = listener.local_addr().map_err(|error| Failure::unable(error.into()))?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        %address,
        database = store.location(),
        "serving; documentation at http://{}/docs",
        shown_address(address)
    );
    let follower = tokio::spawn({
        let (store, stop) = (store.clone(), stop.clone());
        async move { store.follow(stopped(stop)).await }
    });
    let exporters = tokio::spawn(export::run(
        registry.clone(),
        options.exporter_targets.clone().unwrap_or_default(),
        stopped(stop.clone()),
    ));
    let served = api::serve(listener, registry.clone(), options.api(), stopped(stop)).await;
    registry.finish_journal().await;
    let _released = exporters.await;
    follower.abort();
    store.close().await;
    served.context("the server ended").map_err(Failure::unable)?;
    tracing::info!("stopped");
    Ok(Outcome::Success)
}

/// See to it that the store says who judges, and say so in the log.
async fn settle_judge(registry: &Registry, asked_for: Option<Judge>) -> Result<(), Failure> {
    let caller =
        Caller { actor: "dovetail serve".to_owned(), request_id: "start".to_owned(), now: clock::now() };
    let settled = registry.settle_judge(asked_for, &caller).await;
    let settled = settled.context("the store cannot be asked who judges").map_err(Failure::unable)?;
    let judge = settled.judge.as_str();
    match asked_for {
        Some(asked_for) if asked_for != settled.judge => tracing::warn!(
            judge,
            asked_for = asked_for.as_str(),
            "the store has recorded who judges, and keeps it; to change it: \
             curl -X PUT --json '{{\"judge\":\"{asked_for}\"}}' http://HOST:PORT/v1/settings"
        ),
        _ if settled.was_recorded => tracing::info!(judge, "who judges"),
        _ => tracing::info!(judge, "who judges was recorded in the store"),
    }
    Ok(())
}

impl Options {
    fn defaults(&self, kms: Kms) -> Defaults {
        Defaults {
            level: self.compatibility_level,
            cache_bytes: self.cache_size - self.cache_size / 3,
            drop_rule_sets: self.rule_sets == RuleSets::Drop,
            schema_limit: usize::try_from(self.schema_limit).unwrap_or(usize::MAX),
            reject_empty_subjects: self.empty_subjects == EmptySubjects::Refuse,
            fixed_modes: self.mode_changes == ModeChanges::Refuse,
            kms,
            most_keys: self.max_keys,
        }
    }

    fn api(&self) -> api::Options {
        api::Options {
            incompatible_error_code: match self.incompatible_error_code {
                IncompatibleCode::Specific => 40901,
                IncompatibleCode::Status => 409,
            },
            omit_avro_schema_type: self.avro_schema_type == AvroSchemaType::Omit,
            body_limit: usize::try_from(self.body_limit).unwrap_or(usize::MAX),
            request_timeout: self.request_timeout,
            exporter_targets: self.exporter_targets.clone().unwrap_or_default(),
            answer_bytes: self.cache_size / 3,
        }
    }
}

/// An address that a browser on this machine can open.
fn shown_address(address: std::net::SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

/// Becomes true at the first SIGTERM or SIGINT. A second one ends the process at once.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping: requests in flight may finish, a second signal ends them");
        let _ = sender.send(true);
        signals.next().await;
        std::process::exit(130);
    });
    Ok(receiver)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// The signals that ask a server to stop.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{byte_size, listen_address};

    #[test]
    fn sizes_may_have_a_unit() {
        for (text, bytes) in [("0", 0), ("1500", 1500), ("2k", 2048), ("10M", 10 << 20), ("1g", 1 << 30)] {
            assert_eq!(byte_size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "k", "-1", "1.5M", "10MB", "99999999999G"] {
            assert!(byte_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_to_listen_on_has_a_host_and_a_port() {
        for right in ["127.0.0.1:0", "0.0.0.0:8081", "localhost:80", "[::]:8081"] {
            assert_eq!(listen_address(right).as_deref(), Ok(right));
        }
        for wrong in ["", "nope", "8081", ":8081", "host:", "host:99999", "::1:8081", "http://host:80"] {
            assert!(listen_address(wrong).is_err(), "{wrong}");
        }
    }
}
