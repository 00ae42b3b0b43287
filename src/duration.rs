//! A length of time as a person writes it: `90s`, `10m`, `1.5h`, `250ms`, or seconds.

use std::time::Duration;

/// What every unit is called.
const WANTED: &str = "expected a number and ms, s, m or h";

/// Reads a length of time. None at all is an error.
pub fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let factor = match text.get(number.len()..).unwrap_or_default() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(WANTED.to_owned()),
    };
    let seconds: f64 = number.parse().map_err(|_| WANTED.to_owned())?;
    match Duration::try_from_secs_f64(seconds * factor) {
        Ok(time) if time.is_zero() => Err("that is no time at all".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_or_is_seconds() {
        for (text, expected) in [("90s", 90_000), ("10m", 600_000), ("1h", 3_600_000), ("1.5", 1500), ("250ms", 250)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(expected)), "{text}");
        }
        for text in ["", "s", "-1s", "1d", "0", "inf", "nan", "1e400", "ten"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
