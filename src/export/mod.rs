//! Beside `api`: copies schemas to other registries, one task an exporter.
//!
//! An exporter follows the record of changes and repeats each change in the target, which is in mode
//! IMPORT: versions keep their numbers and schemas their ids. Every step can be repeated without harm, so
//! that after a crash it goes on from the last position that was noted. Of several nodes one works on an
//! exporter at a time; a lease in the store says which.

mod step;
mod target;

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::clock::{millis, now};
use crate::registry::{Caller, Error, Registry};
use crate::store::Claimed;
use step::Steps;

pub use target::{TargetError, Targets, check_config};

/// How often a node looks for work that it has not been told of.
const LOOK: Duration = Duration::from_secs(1);
/// How long a node that fell silent keeps an exporter. Longer than a request to a target may take.
const LEASE: Duration = Duration::from_secs(12);
/// How often progress is noted while changes are repeated.
const NOTE_EVERY: Duration = Duration::from_millis(500);
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Work on exporters until `shutdown` ends, then let other nodes go on. Nothing else than `targets` is ever
/// called.
pub async fn run(registry: Registry, targets: Targets, shutdown: impl Future<Output = ()>) {
    let node = Uuid::new_v4().to_string();
    let mut shutdown = std::pin::pin!(shutdown);
    let mut working: HashMap<String, (i64, JoinHandle<()>)> = HashMap::new();
    let mut is_failing = false;
    loop {
        working.retain(|_, (_, task)| !task.is_finished());
        match registry.claim_exporters(&node, lease_end(), &caller()).await {
            Ok(claimed) => {
                is_failing = false;
                for claimed in claimed {
                    let (name, epoch) = (claimed.exporter.name.clone(), claimed.epoch);
                    match working.get(&name) {
                        Some((under_way, _)) if *under_way == epoch => continue,
                        // It was told something else meanwhile, or is another one of the same name.
                        Some((_, task)) => task.abort(),
                        None => {}
                    }
                    let work = work(registry.clone(), targets.clone(), node.clone(), claimed);
                    working.insert(name, (epoch, tokio::spawn(work)));
                }
            }
            Err(error) if !is_failing => {
                tracing::warn!(%error, "exporters cannot be asked for work");
                is_failing = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = &mut shutdown => break,
        }
    }
    for (_, task) in working.into_values() {
        // What was under way is repeated by whoever goes on.
        task.abort();
    }
    if let Err(error) = registry.release_exporters(&node, &caller()).await {
        tracing::debug!(%error, "exporters were not released; their lease ends by itself");
    }
}

/// Repeat changes in the target until there are none left, or something fails.
async fn work(registry: Registry, targets: Targets, node: String, claimed: Claimed) {
    let name = claimed.exporter.name.clone();
    let Err(failure) = repeat_changes(&registry, &targets, &node, &claimed).await else { return };
    let doublings = u32::try_from(claimed.failures).unwrap_or(u32::MAX).min(16);
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    tracing::warn!(exporter = name, error = %failure, pause_seconds = pause.as_secs(), "an export failed");
    metrics::counter!("dovetail_export_failures_total").increment(1);
    let caller = caller();
    let retry_at = caller.now + millis(pause);
    let noted = registry.fail_exporter(&node, &claimed, &failure.to_string(), retry_at, &caller).await;
    if let Err(error) = noted {
        tracing::warn!(exporter = name, %error, "the failure of an export cannot be noted");
    }
}

/// Why an export failed. The sentence is shown to people and holds no credential.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("{0}")]
    Here(#[from] Error),
    #[error("the target is this registry itself")]
    Itself,
}

async fn repeat_changes(
    registry: &Registry,
    targets: &Targets,
    node: &str,
    claimed: &Claimed,
) -> Result<(), Failure> {
    let mut steps = Steps::new(registry.clone(), &claimed.exporter, targets).await?;
    let (mut position, mut last_noted) = (claimed.position, claimed.position);
    let mut noted = tokio::time::Instant::now();
    loop {
        let changes = registry.changes_after(position).await?;
        let is_last = changes.is_empty();
        for change in changes {
            let repeated = steps.repeat(&change).await;
            if repeated.is_ok() {
                position = change.seq;
            }
            // What waits for others to go first is not done yet.
            let done = steps.first_postponed().map_or(position, |waiting| waiting - 1);
            // Only progress is noted: it is what ends the pauses between attempts.
            if done > last_noted && (repeated.is_err() || noted.elapsed() >= NOTE_EVERY) {
                (noted, last_noted) = (tokio::time::Instant::now(), done);
                if !note(registry, node, claimed, done).await? {
                    return Ok(());
                }
            }
            repeated?;
        }
        if is_last {
            steps.finish().await?;
            // Also without any change: this is how a new exporter says that it runs.
            note(registry, node, claimed, position).await?;
            return Ok(());
        }
    }
}

async fn note(registry: &Registry, node: &str, claimed: &Claimed, position: i64) -> Result<bool, Error> {
    registry.advance_exporter(node, claimed, position, lease_end(), &caller()).await
}

fn lease_end() -> i64 {
    now() + millis(LEASE)
}

fn caller() -> Caller {
    Caller { actor: "exporter".to_owned(), request_id: "export".to_owned(), now: now() }
}
