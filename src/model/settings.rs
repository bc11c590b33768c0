//! Settings per scope, and which of them applies to a subject.

use super::{Context, Level, Mode, Policy, Subject};

/// What a scope has recorded. `None` means "not recorded here".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Compatibility level.
    pub level: Option<Level>,
    /// Store the normal form of new schemas.
    pub normalize: Option<bool>,
    /// Validate the content of new schemas more strictly, reserved fields included.
    pub validate_fields: Option<bool>,
    /// How undeclared properties of JSON documents are treated.
    pub policy: Option<Policy>,
}

impl Settings {
    /// Is nothing recorded?
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }
}

/// Where settings are recorded: a subject, a context, the top level or the global scope.
///
/// The default context's own record *is* the top level.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(Subject);

impl Scope {
    /// The top level (`/config`, `/mode`).
    pub fn top() -> Scope {
        Scope(Subject::new(Context::default_context(), ""))
    }

    /// The scope above every context.
    pub fn global() -> Scope {
        Scope(Subject::new(Context::new(Context::GLOBAL).expect("a context name"), ""))
    }

    /// The record of exactly this subject; a subject without a name stands for its context.
    pub fn of(subject: &Subject) -> Scope {
        Scope(subject.clone())
    }

    /// The record of a context.
    pub fn of_context(context: &Context) -> Scope {
        Scope(Subject::new(context.clone(), ""))
    }

    /// The subject spelling of the scope: what the store keys it by and messages print.
    pub fn subject(&self) -> &Subject {
        &self.0
    }

    /// Is this the top level?
    pub fn is_top(&self) -> bool {
        self.0.context().is_default() && self.0.name().is_empty()
    }

    /// The scopes to ask for `subject`, nearest first: itself, its context, the global scope.
    pub fn chain(subject: &Subject) -> Vec<Scope> {
        let mut chain = vec![Scope::of(subject)];
        for outer in [Scope::of_context(subject.context()), Scope::global()] {
            if !chain.contains(&outer) {
                chain.push(outer);
            }
        }
        chain
    }
}

/// The mode in force, given the modes recorded along [`Scope::chain`].
pub fn mode_in_force(recorded: impl IntoIterator<Item = Option<Mode>>) -> Mode {
    recorded.into_iter().flatten().next().unwrap_or(Mode::ReadWrite)
}
