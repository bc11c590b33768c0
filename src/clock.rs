//! The time, for those who may read a clock: the edges. Inner floors are told it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// Now.
pub fn now() -> Timestamp {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// So much time, in the unit of a timestamp.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The day, in UTC.
pub fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
