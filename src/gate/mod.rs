//! What a pipeline asks: schema files, a manifest that says what they are, and a base to compare with →
//! what must not pass. The server's own engine decides.
//!
//! This floor reads files, git and registries. It prints nothing and knows no command line.

pub mod bundle;
pub mod lock;
pub mod manifest;
pub mod plan;

pub(crate) mod apply;
pub(crate) mod base;
pub(crate) mod dump;
pub(crate) mod files;
pub(crate) mod git;
pub(crate) mod judge;
pub(crate) mod live;
mod names;
pub(crate) mod pull;
pub(crate) mod references;
pub(crate) mod registered;
pub mod workspace;
