//! Contexts: namespaces of subjects and ids.

use std::fmt;

/// A namespace of subjects and ids. Its name starts with a dot; the default context is `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context(String);

impl Context {
    /// The name of the default context.
    pub const DEFAULT: &'static str = ".";
    /// The name of the scope that stands above every context; it holds settings only.
    pub const GLOBAL: &'static str = ".__GLOBAL";

    /// The default context.
    pub fn default_context() -> Context {
        Context(Context::DEFAULT.to_owned())
    }

    /// The context that stands above all others.
    pub fn global() -> Context {
        Context(Context::GLOBAL.to_owned())
    }

    /// `None` unless `name` starts with a dot and holds no colon.
    pub fn new(name: &str) -> Option<Context> {
        (name.starts_with('.') && !name.contains(':')).then(|| Context(name.to_owned()))
    }

    /// The name, leading dot included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is this the default context?
    pub fn is_default(&self) -> bool {
        self.0 == Context::DEFAULT
    }

    /// Is this the scope above every context?
    pub fn is_global(&self) -> bool {
        self.0 == Context::GLOBAL
    }

    /// How the context stands before a subject's name: nothing for the default one, else `:.ctx:`.
    pub fn prefix(&self) -> String {
        if self.is_default() { String::new() } else { format!(":{}:", self.0) }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
