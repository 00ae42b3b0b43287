//! A moment as people read it.

use jiff::Timestamp;

/// Returns a moment to the second, in the time zone that every output is in.
pub fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
