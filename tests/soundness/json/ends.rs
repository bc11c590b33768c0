//! Whether the worst pairs come to an end, each with an answer that is true or with none.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use dovetail::compat::{self, Proof};
use dovetail::model::Format;
use dovetail::schema::{Options, Schema};

use super::worst::{self, Row};

/// What takes this long hangs. How long it may take is no question of a test.
const HANGS: Duration = Duration::from_secs(180);

/// A witness is for a person to read.
const LONGEST_WITNESS: usize = 64 * 1024;

/// Judge all of them.
pub fn run() -> Result<String, String> {
    let rows = worst::rows();
    let count = rows.len();
    let mut failures: Vec<String> = [too_deep()].into_iter().filter_map(Result::err).collect();
    for row in rows {
        let name = row.name;
        let (done, outcome) = mpsc::channel();
        let judge = std::thread::Builder::new().stack_size(compat::STACK);
        judge.spawn(move || done.send(check(&row))).expect("a thread");
        match outcome.recv_timeout(HANGS) {
            Ok(Ok(())) => {}
            Ok(Err(what)) => failures.push(format!("{name}: {what}")),
            Err(RecvTimeoutError::Timeout) => failures.push(format!("{name}: does not end")),
            Err(RecvTimeoutError::Disconnected) => failures.push(format!("{name}: panicked")),
        }
    }
    if failures.is_empty() { Ok(format!("{count} of the worst pairs end")) } else { Err(failures.join("\n")) }
}

fn check(row: &Row) -> Result<(), String> {
    let Some(verdict) = super::judge_texts(&row.old, &row.new) else { return Err("no verdict".to_owned()) };
    let is_true = match &verdict.proof {
        Proof::Proved(_) => row.is_contained,
        Proof::Refuted => !row.is_contained,
        Proof::Undecided(_) => !row.is_decided,
    };
    if !is_true {
        return Err(format!("{:?}", verdict.proof));
    }
    let witnesses = verdict.findings.iter().filter_map(|finding| finding.witness.as_ref()?.json());
    match witnesses.map(str::len).max() {
        Some(length) if length > LONGEST_WITNESS => Err(format!("a witness of {length} characters")),
        _ => Ok(()),
    }
}

/// What cannot be read without a deep stack is not read.
fn too_deep() -> Result<(), String> {
    let text = format!("{}{{}}{}", r#"{"not":"#.repeat(5_000), "}".repeat(5_000));
    match Schema::parse(Format::Json, &text, &[], Options::STORED) {
        Err(_) => Ok(()),
        Ok(_) => Err("not, 5000 deep: was read".to_owned()),
    }
}
