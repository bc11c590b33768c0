//! What a search for values of one kind came to.

use crate::compat::report::Why;

/// Distinct values, the smallest and plainest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<T> {
    pub(super) values: Vec<T>,
    pub(super) end: End,
}

/// Why a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// There are no other values than those found.
    Complete,
    /// As many as were wanted were found; there may be more.
    Enough,
    /// It gave up: there may be more, or there may be none.
    GaveUp(Why),
}
