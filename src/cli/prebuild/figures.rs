//! Times and sizes as a person reads them.

use crate::report::moment;

/// Returns a time of a record as a person reads it.
pub(super) fn at(time: &str) -> String {
    time.parse().map_or_else(|_| time.to_owned(), moment)
}

/// Returns a size as a person reads it.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        1_000_000..1_000_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
        1_000_000_000.. => format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_its_unit() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1_240, "1.2 kB"), (64_150_000, "64.1 MB"), (2_560_000_000, "2.5 GB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
