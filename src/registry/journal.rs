//! The journal of refusals: who was turned away, when and why. A connector that dies of a refusal
//! hides it in its own log; here the owner of the schema finds it.
//!
//! A refusal is answered at once and entered in the journal by a task of its own, many at a time: a
//! producer that tries again without pause must cost neither itself nor other writers anything. What
//! cannot be entered is told to the log and forgotten.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::compat::{self, Outcome};
use crate::model::Subject;
use crate::store::{Refusal, Store, StoreError};

use super::{Caller, Error, Incompatible, Registry};

/// How many refusals may wait to be entered: as many as are kept at all.
const WAITING: usize = 1000;
/// How many are entered in one transaction.
const AT_ONCE: usize = 100;
/// The longest message or witness, in bytes.
const LONGEST_TEXT: usize = 1024;
/// The longest report, in bytes.
const LONGEST_REPORT: usize = 8 * 1024;

/// Why a registration was refused: one of possibly many reasons.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reason {
    /// The rule that is broken, if one is; reserved fields have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The earlier version that the schema does not go together with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Data that shows it, and what becomes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
}

/// An entry of the journal, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number.
    pub seq: i64,
    /// Who asked for what.
    pub refusal: Refusal,
    /// Why it was refused: at least one reason.
    pub reasons: Vec<Reason>,
    /// How many more reasons there were.
    pub more: usize,
}

/// Reasons as they are stored.
#[derive(Serialize, Deserialize)]
struct Report {
    reasons: Vec<Reason>,
    #[serde(default)]
    more: usize,
}

/// What waits to be entered, and the task that enters it once there is something.
#[derive(Default)]
pub(super) struct Journal {
    queue: OnceLock<mpsc::Sender<Entry>>,
    lost: Arc<AtomicU64>,
}

enum Entry {
    Refused(Box<Refusal>),
    /// Tells when everything before it was entered.
    Mark(oneshot::Sender<()>),
}

impl Journal {
    /// Enter a refusal, sooner or later. Never waits.
    pub(super) fn enter(&self, store: &Store, refusal: Refusal) {
        let queue = self.queue.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(WAITING);
            tokio::spawn(write(store.clone(), receiver, Arc::clone(&self.lost)));
            sender
        });
        if queue.try_send(Entry::Refused(Box::new(refusal))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Wait until everything handed to [`Journal::enter`] before was entered.
    pub(super) async fn catch_up(&self) {
        let Some(queue) = self.queue.get() else { return };
        let (mark, reached) = oneshot::channel();
        if queue.send(Entry::Mark(mark)).await.is_ok() {
            // An error means that the task is gone: there is nothing to wait for.
            let _ = reached.await;
        }
    }
}

/// Enter what comes until nobody can send any more.
async fn write(store: Store, mut queue: mpsc::Receiver<Entry>, lost: Arc<AtomicU64>) {
    let mut entries = Vec::new();
    while queue.recv_many(&mut entries, AT_ONCE).await > 0 {
        let (mut refusals, mut marks) = (Vec::new(), Vec::new());
        for entry in entries.drain(..) {
            match entry {
                Entry::Refused(refusal) => refusals.push(*refusal),
                Entry::Mark(mark) => marks.push(mark),
            }
        }
        if let Err(error) = enter(&store, &refusals).await {
            tracing::warn!(%error, refusals = refusals.len(), "refusals are missing from the journal");
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(refusals = lost, "refusals are missing from the journal: too many waited");
        }
        for mark in marks {
            let _nobody_waits_any_more = mark.send(());
        }
    }
}

async fn enter(store: &Store, refusals: &[Refusal]) -> Result<(), StoreError> {
    let Some(newest) = refusals.last() else { return Ok(()) };
    let mut tx = store.write(&newest.by).await?;
    tx.add_refusals(refusals).await?;
    tx.commit().await
}

/// Reasons as the journal keeps them: as many, and of each as much, as there is room for.
pub(super) fn report(reasons: impl IntoIterator<Item = Reason>) -> String {
    let mut kept = Vec::new();
    let (mut length, mut more) = (0, 0);
    for mut reason in reasons {
        cut(&mut reason.message);
        if let Some(witness) = &mut reason.witness {
            cut(witness);
        }
        length += serde_json::to_string(&reason).map_or(LONGEST_REPORT, |text| text.len() + 1);
        // The first one always: a refusal without a reason would help nobody.
        if more == 0 && (kept.is_empty() || length < LONGEST_REPORT - 64) {
            kept.push(reason);
        } else {
            more += 1;
        }
    }
    serde_json::to_string(&Report { reasons: kept, more }).expect("texts and numbers are JSON")
}

/// Control characters, which take up to six bytes in JSON, are no loss to a reader.
fn cut(text: &mut String) {
    *text = text.replace(char::is_control, " ");
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT - 3));
        text.push('…');
    }
}

impl Registry {
    /// A page of the journal of refusals, newest first: of one subject, of a context for a subject
    /// without a name, or of all. Whatever this node refused before is in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refusals(
        &self,
        of: Option<&Subject>,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Refused>, Error> {
        self.finish_journal().await;
        let stored = self.store.read().await?.refusals(of, offset, limit).await?;
        let read = |stored: crate::store::StoredRefusal| {
            let report: Report = serde_json::from_str(&stored.refusal.report)
                .map_err(|error| StoreError::Corrupt(format!("report of refusal {}: {error}", stored.seq)))?;
            let Report { reasons, more } = report;
            Ok(Refused { seq: stored.seq, refusal: stored.refusal, reasons, more })
        };
        stored.into_iter().map(read).collect()
    }

    /// Enter a refused registration in the journal.
    pub(super) fn note_refusal(&self, refused: &Incompatible, caller: &Caller) {
        let Incompatible { subject, format, guid, checked } = refused;
        let reserved = checked.reserved.iter();
        let reserved = reserved.map(|line| Reason { message: line.clone(), ..Reason::default() });
        let refusal = Refusal {
            by: caller.clone(),
            subject: subject.clone(),
            format: *format,
            guid: Some(*guid),
            level: checked.report.level,
            judge: checked.report.judge,
            report: report(reserved.chain(reasons(&checked.report))),
        };
        self.journal.enter(&self.store, refusal);
    }

    /// Wait until every refusal so far is in the journal, or known to be missing from it.
    pub async fn finish_journal(&self) {
        self.journal.catch_up().await;
    }
}

/// Every finding that refuses, with the first witness there is.
fn reasons(found: &compat::Report) -> Vec<Reason> {
    let mut is_shown = false;
    let refusing = found.findings().filter(|(_, finding)| finding.outcome == Outcome::Refuse);
    let reason = |(comparison, finding): (&compat::Comparison, &compat::Incompatibility)| {
        let witness = finding.witness.as_ref().filter(|_| !is_shown);
        is_shown |= witness.is_some();
        Reason {
            rule: Some(finding.rule.id.to_owned()),
            version: Some(comparison.version.number()),
            message: finding.message.clone(),
            witness: witness.map(compat::Witness::sentence),
        }
    };
    refusing.map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_REPORT, LONGEST_TEXT, Reason, Report, report};

    fn reason(message: String) -> Reason {
        Reason { rule: Some("r".into()), message, ..Reason::default() }
    }

    #[test]
    fn a_report_is_as_long_as_there_is_room() {
        let read = |text: &str| serde_json::from_str::<Report>(text).expect("JSON");
        let short = read(&report([reason("a".into()), reason("b".into())]));
        assert_eq!((short.reasons.len(), short.more), (2, 0));

        let text = report((0..500).map(|number| reason(format!("{number} {}", "é\u{0}".repeat(number)))));
        assert!(text.len() <= LONGEST_REPORT && text.len() > LONGEST_REPORT / 2, "{}", text.len());
        let long = read(&text);
        assert_eq!(long.reasons.len() + long.more, 500);
        assert_eq!(long.reasons[1].message, "1 é ");

        let witness = Some("\"\u{0}".repeat(100_000));
        let text = report([Reason { witness, ..reason("ö".repeat(100_000)) }]);
        let one = read(&text);
        assert_eq!((one.reasons.len(), one.more), (1, 0));
        assert!(one.reasons[0].message.len() <= LONGEST_TEXT && one.reasons[0].message.ends_with("ö…"));
        assert!(text.len() <= LONGEST_REPORT, "{}", text.len());
    }
}
