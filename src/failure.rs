//! How a command ends, and why it gave up.

use std::borrow::Cow;

/// How a command ends. Its number is the exit code, and stands nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or checked with nothing to report.
    Success = 0,
    /// Something was found that must not pass.
    Findings = 1,
    /// The request, or a schema in it, cannot be understood.
    BadRequest = 2,
    /// It could not be done or could not be checked.
    Unable = 3,
    /// It was begun and stopped: others were faster, or it broke off half-way.
    Stopped = 4,
}

/// Why a command gave up, and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// How the command ends because of it.
    pub outcome: Outcome,
    /// What went wrong.
    pub error: anyhow::Error,
    /// What to do about it.
    pub hint: Option<Cow<'static, str>>,
}

impl Failure {
    /// The request itself is wrong.
    pub fn bad_request(error: anyhow::Error) -> Failure {
        Failure { outcome: Outcome::BadRequest, error, hint: None }
    }

    /// The request is fine, the world is not.
    pub fn unable(error: anyhow::Error) -> Failure {
        Failure { outcome: Outcome::Unable, error, hint: None }
    }

    /// It was begun, and cannot go on.
    pub fn stopped(error: anyhow::Error) -> Failure {
        Failure { outcome: Outcome::Stopped, error, hint: None }
    }

    /// The same with advice.
    pub fn with_hint(self, hint: impl Into<Cow<'static, str>>) -> Failure {
        Failure { hint: Some(hint.into()), ..self }
    }
}
