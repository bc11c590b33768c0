//! Where the registry stands: its newest change, and what came after an earlier one.

use crate::store::Change;

use super::{Error, Registry};

/// Where the registry stood at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The number of the newest change; 0 before the first.
    pub sequence: i64,
    /// Changes after the one that was asked about, oldest first.
    pub changes: Vec<Change>,
}

impl Registry {
    /// The newest change, and at most `limit` of those after number `after`. Asked of the store, so that
    /// what another node wrote a moment ago counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn state(&self, after: Option<i64>, limit: u32) -> Result<State, Error> {
        let mut tx = self.store.read().await?;
        let sequence = tx.newest_change().await?;
        let changes = match after {
            Some(after) => tx.changes_after(after, limit).await?,
            None => Vec::new(),
        };
        Ok(State { sequence, changes })
    }
}
