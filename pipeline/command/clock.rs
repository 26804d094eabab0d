//! The one clock: it answers whether a release is still fresh, and nothing else.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::date::Moment;

/// Unix seconds now, unless another moment is asked about.
#[expect(clippy::disallowed_methods, reason = "freshness is a question about now")]
pub fn moment(at: Option<Moment>) -> i64 {
    at.map_or_else(
        || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        },
        Moment::unix_seconds,
    )
}
