//! What a pipeline asks: schema files, a manifest that says what they are, and a base to compare with →
//! what must not pass. The server's own engine decides.
//!
//! This floor reads files, git and registries. It prints nothing and knows no command line.

pub mod base;
pub mod bundle;
pub mod check;
pub mod init;
pub mod lock;
pub mod manifest;
pub mod plan;
pub mod rules;
pub mod texts;
pub mod workspace;

pub(crate) mod apply;
mod deleted;
pub mod difference;
pub(crate) mod dump;
pub(crate) mod files;
pub(crate) mod git;
pub(crate) mod judge;
mod linting;
pub(crate) mod live;
mod loosened;
pub(crate) mod names;
mod parallel;
mod past;
pub(crate) mod pull;
mod readers;
pub(crate) mod references;
mod registered;
mod snapshot;
pub(crate) mod waiving;

pub use base::Base;
pub use check::{Checked, Overrides, Request, check};
pub use texts::Texts;
pub use workspace::{Asked, Choice, Declared, DeclaredReference, Workspace};
