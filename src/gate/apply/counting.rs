//! A registry that counts its changes: every write depends on the count.

use anyhow::anyhow;
use uuid::Uuid;

use super::{Applying, Settled, name};
use crate::failure::Failure;
use crate::gate::live::{Change, Condition};
use crate::gate::plan::Newest;

/// How often a step is tried again because others wrote something else.
const TRIES: usize = 100;

/// A run that follows the count.
pub(super) struct Counting {
    /// How the requests of this plan begin.
    plan: String,
    /// How those of this run do.
    run: String,
    /// The number that the next write is to find.
    expected: i64,
    tries: usize,
    /// Another run of the same plan was seen.
    is_shared: bool,
}

impl Counting {
    /// Look what changed since the plan was made, and which of it are steps of the plan.
    pub(super) async fn begin(
        applying: &Applying<'_>,
        made_at: i64,
    ) -> Result<(Counting, Vec<usize>), Failure> {
        let plan = format!("dovetail-plan-{}-", name(applying.plan));
        let run = format!("{plan}{}-", &Uuid::new_v4().simple().to_string()[..8]);
        let (newest, moved) = applying.live.changes_from(made_at).await?;
        if moved.sequence < made_at {
            let found = moved.sequence;
            return Err(Failure::stopped(anyhow!(
                "the plan was made at state {made_at}, the registry is only at {found}"
            ))
            .with_hint("Is it another registry, or one that was restored? Plan again."));
        }
        // A registry that was restored counts on from an earlier state, and comes to the same number again.
        if let (Some(planned), Some(found)) = (&applying.plan.newest, newest.as_ref().map(Newest::from))
            && *planned != found
        {
            return Err(Failure::stopped(anyhow!(
                "nothing was applied: change {made_at} of the registry is another one than when the plan was made"
            ))
            .with_hint("Was the registry restored from a backup? Plan again, and look at what changed."));
        }
        let (own, foreign): (Vec<Change>, Vec<Change>) =
            moved.changes.into_iter().partition(|change| change.request_id.starts_with(&plan));
        let minded: Vec<Change> = foreign.into_iter().filter(|change| applying.minds(change)).collect();
        if !minded.is_empty() {
            return Err(overtaken(made_at, moved.sequence, &minded));
        }
        let step = |change: &Change| change.request_id.rsplit('-').next()?.parse().ok();
        let done = own.iter().filter_map(step).collect();
        Ok((Counting { plan, run, expected: moved.sequence, tries: 0, is_shared: false }, done))
    }

    /// Was another run of the same plan seen?
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    pub(super) fn expected(&self) -> i64 {
        self.expected
    }

    /// What the write of a step depends on.
    pub(super) fn condition(&self, number: usize) -> Condition {
        Condition { sequence: Some(self.expected), request_id: format!("{}{number}", self.run) }
    }

    /// See what changed besides the write.
    pub(super) async fn after(
        &mut self,
        applying: &Applying<'_>,
        condition: &Condition,
        is_written: bool,
    ) -> Result<Settled, Failure> {
        let moved = applying.live.changes_after(self.expected).await?;
        let (_, foreign): (Vec<Change>, Vec<Change>) =
            moved.changes.into_iter().partition(|change| change.request_id == condition.request_id);
        if foreign.iter().any(|change| change.request_id.starts_with(&self.plan)) {
            self.is_shared = true;
            return Err(Failure::stopped(anyhow!("another run of this plan is at work")));
        }
        let minded: Vec<Change> = foreign.into_iter().filter(|change| applying.minds(change)).collect();
        if !minded.is_empty() {
            return Err(overtaken(self.expected, moved.sequence, &minded));
        }
        self.expected = moved.sequence;
        if is_written {
            self.tries = 0;
            return Ok(Settled::Done);
        }
        self.tries += 1;
        if self.tries > TRIES {
            return Err(Failure::stopped(anyhow!("others write without pause: {TRIES} tries came too late")));
        }
        Ok(Settled::Again)
    }
}

/// Somebody else was faster.
fn overtaken(expected: i64, found: i64, changes: &[Change]) -> Failure {
    let more = match changes.len() {
        0 | 1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let first = changes.first().map(Change::told).unwrap_or_default();
    Failure::stopped(anyhow!(
        "the plan was made at state {expected}, the registry is at {found} ({first}{more})"
    ))
    .with_hint("Plan again, and look at what changed.")
}
