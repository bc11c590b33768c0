//! Proposing a manifest for the schema files that lie in a folder.

mod propose;

pub use propose::{Proposal, ProposedEntry, propose};

/// The workflow of GitHub Actions that checks each pull request.
pub const GITHUB: &str = include_str!("github.yml");
/// The job of GitLab that checks each merge request.
pub const GITLAB: &str = include_str!("gitlab.yml");
/// The hook of pre-commit that checks before each commit.
pub const PRE_COMMIT: &str = include_str!("pre-commit.yaml");
