//! What a pipeline asks: schema files, a manifest that says what they are, and a base to compare with →
//! what must not pass. The server's own engine decides.
//!
//! This floor reads files, git and registries. It prints nothing and knows no command line.

pub mod base;
pub mod check;
pub mod init;
pub mod manifest;
pub mod rules;
pub mod texts;
pub mod workspace;

mod deleted;
pub(crate) mod files;
pub(crate) mod git;
mod judge;
pub(crate) mod names;
mod readers;
pub(crate) mod references;
mod registered;
mod waiving;

pub use base::Base;
pub use check::{Checked, Overrides, Request, check};
pub use texts::Texts;
pub use workspace::{Asked, Choice, Declared, DeclaredReference, Workspace};
