//! Carrying what a registry holds from one place to another, and finding out whether it arrived.
//!
//! There are two ways to look at a registry. [`Holdings`] is what the protocol shows of one: versions with
//! their ids and texts, settings, modes. A running registry, a dump of a `_schemas` topic, a backup and a
//! store are all read into it, so importing, exporting and comparing are each written once. A backup goes
//! deeper: it holds the rows of a store as they are, so that a restored one cannot be told from the
//! original.
//!
//! Nothing is judged here. A schema that another registry has stored is taken as it is, even where it would
//! be refused today. This floor prints nothing and knows no command line.

mod backup;
mod beside;
mod compare;
mod error;
mod fields;
mod gathered;
mod holdings;
mod import;
mod recorded;
mod registry;
mod restore;
mod sealed;
mod source;
mod topic;
mod truth;
mod wire;

pub use backup::{Secrets, write_backup};
pub use compare::{Extent, differences};
pub use error::Error;
pub use holdings::{Held, Holdings};
pub use import::{Imported, Plan, carry_out, plan};
pub use registry::Remote;
pub use restore::{check_backup, check_backup_text, restore};
pub use source::{Source, holdings_of_store};
pub use topic::{ids_untold, write_topic};
pub use truth::{Found, truth_of_source, truth_of_store};

/// Told now and then what is being done, how much of it is done, and how much there is of it.
pub type Progress<'a> = &'a (dyn Fn(&'static str, usize, usize) + Sync);
