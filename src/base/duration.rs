//! Durations as people write them in files and on command lines, as records hold them, and as reports show them.
//!
//! Deliberately not here: clocks and dates.

use std::time::Duration;

/// Reads a whole number and one of the units `ms`, `s`, `m` and `h`; a year at the most.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: u64 = text[..digits].parse().ok()?;
    let milliseconds = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let longest = 365 * 24 * 3_600_000;
    count.checked_mul(milliseconds).filter(|&total| total <= longest).map(Duration::from_millis)
}

/// Writes a duration as it is read.
pub(crate) fn written(duration: Duration) -> String {
    match duration.as_millis() {
        whole if whole % 1_000 == 0 => format!("{}s", whole / 1_000),
        milliseconds => format!("{milliseconds}ms"),
    }
}

/// A duration in whole microseconds, as records hold it.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A duration in microseconds, for people: `840 µs`, `12 ms`, `1.24 s`, `2 m 05 s`.
pub(crate) fn human(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        1_000_000..60_000_000 => format!("{:.2} s", us as f64 / 1e6),
        _ => format!("{} m {:02} s", us / 60_000_000, us / 1_000_000 % 60),
    }
}

/// The nearest-rank percentile of sorted times; 0 where there are none.
pub(crate) fn percentile(times: &[u64], percent: usize) -> u64 {
    let rank = (times.len() * percent).div_ceil(100).max(1);
    times.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_whole_number_with_a_unit() {
        let given = ["500ms", "90s", "10m", "1h"].map(|text| parse(text).map(micros));
        assert_eq!(given, [Some(500_000), Some(90_000_000), Some(600_000_000), Some(3_600_000_000)]);
        for text in ["", "5", "s", "1.5s", "-1s", "1 s", "1d", "9000h", "99999999999999999999ms"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_given_in_the_unit_that_people_would_choose() {
        let given = [0, 999, 1_000, 12_345, 1_240_000, 125_000_000].map(human);
        assert_eq!(given, ["0 µs", "999 µs", "1.0 ms", "12 ms", "1.24 s", "2 m 05 s"]);
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<u64> = (1..=200).collect();
        assert_eq!([50, 90, 99, 100].map(|percent| percentile(&times, percent)), [100, 180, 198, 200]);
        assert_eq!((percentile(&[7], 50), percentile(&[], 50)), (7, 0));
    }
}
