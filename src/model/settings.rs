//! Settings per scope, and which of them applies to a subject.

use super::{Context, Level, Metadata, Mode, Policy, RuleSet, Subject};

/// What a scope has recorded. `None` means "not recorded here".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Compatibility level.
    pub level: Option<Level>,
    /// Store the normal form of new schemas.
    pub normalize: Option<bool>,
    /// Validate the content of new schemas more strictly, reserved fields included.
    pub validate_fields: Option<bool>,
    /// Parse new schemas strictly: names, default values, no soft-deleted references.
    pub validate_new_schemas: Option<bool>,
    /// Kept for clients; the registry runs no rules.
    pub validate_rules: Option<bool>,
    /// How undeclared properties of JSON documents are treated.
    pub policy: Option<Policy>,
    /// The metadata property whose value splits a subject's versions into groups that are compared
    /// among themselves.
    pub group: Option<String>,
    /// The subject that this one stands for.
    pub alias: Option<String>,
    /// The subject that this one stands for where keys of encryption are concerned.
    pub alias_for_deks: Option<String>,
    /// What new schemas get where they and their predecessor say nothing.
    pub default_metadata: Option<Metadata>,
    /// What new schemas get whatever they say.
    pub override_metadata: Option<Metadata>,
    /// Rules that new schemas get where they and their predecessor have none of that name.
    pub default_rule_set: Option<RuleSet>,
    /// Rules that new schemas get whatever they say.
    pub override_rule_set: Option<RuleSet>,
}

impl Settings {
    /// Is nothing recorded?
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }

    /// Do new schemas get metadata or rules that they did not bring?
    pub fn adds_to_schemas(&self) -> bool {
        self.default_metadata.is_some()
            || self.override_metadata.is_some()
            || self.default_rule_set.is_some()
            || self.override_rule_set.is_some()
    }

    /// A subject's own record with what it leaves open taken from the top-level one. Not the level, and
    /// nothing that only its own record can say.
    #[must_use]
    pub fn completed_from(self, top: Settings) -> Settings {
        Settings {
            normalize: self.normalize.or(top.normalize),
            validate_fields: self.validate_fields.or(top.validate_fields),
            validate_new_schemas: self.validate_new_schemas.or(top.validate_new_schemas),
            validate_rules: self.validate_rules.or(top.validate_rules),
            policy: self.policy.or(top.policy),
            group: self.group.or(top.group),
            ..self
        }
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
        Scope(Subject::new(Context::global(), ""))
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
