//! How long operations took: percentiles and a small histogram for each, on one common scale.
//!
//! Deliberately not here: whether that is too long; a check or a baseline says so.

use serde_json::{Value, json};

use super::links::Links;
use super::touch::Subject;
use crate::base::duration::{self, percentile};

/// The histogram's bars: three for each doubling of ten.
const BARS: usize = 24;

/// The data of the template; `None` when nothing was answered.
pub(super) fn latencies(links: &Links<'_>) -> Option<Value> {
    let all = &links.overview.latencies;
    let shortest = all.values().filter_map(|times| times.first()).min()?;
    let longest = all.values().filter_map(|times| times.last()).max()?;
    let scale = Scale { from: (*shortest).max(1), to: (*longest).max(2) };
    let row = |(operation, times): (&String, &Vec<u64>)| {
        json!({
            "operation": operation,
            "count": times.len(),
            "p50": duration::human(percentile(times, 50)),
            "p90": duration::human(percentile(times, 90)),
            "p99": duration::human(percentile(times, 99)),
            "longest": duration::human(times.last().copied().unwrap_or_default()),
            "bars": bars(times, scale),
            "goal": links.goal(&Subject::Operation(operation.clone())),
        })
    };
    let rows: Value = all.iter().map(row).collect();
    Some(json!({ "from": duration::human(scale.from), "to": duration::human(scale.to), "rows": rows }))
}

/// From the shortest time to the longest, by their logarithms.
#[derive(Clone, Copy)]
struct Scale {
    from: u64,
    to: u64,
}

impl Scale {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a bar is as exact as the picture"
    )]
    fn bar(self, time: u64) -> usize {
        let span = (self.to as f64 / self.from as f64).ln().max(f64::MIN_POSITIVE);
        let share = (time.max(self.from) as f64 / self.from as f64).ln() / span;
        ((share * BARS as f64) as usize).min(BARS - 1)
    }
}

/// The bars, in units of the picture.
fn bars(times: &[u64], scale: Scale) -> Value {
    let mut counts = [0; BARS];
    times.iter().for_each(|time| counts[scale.bar(*time)] += 1);
    let most = counts.iter().copied().max().unwrap_or_default().max(1);
    let bar = |(at, count): (usize, &usize)| {
        let height = (count * 20).div_ceil(most);
        (height > 0).then(|| json!({ "x": at * 5, "y": 20 - height, "height": height }))
    };
    counts.iter().enumerate().filter_map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_takes_the_shortest_and_the_longest() {
        let scale = Scale { from: 10, to: 10_000 };
        assert_eq!([0, 10, 10_000, 99_999].map(|time| scale.bar(time)), [0, 0, BARS - 1, BARS - 1]);
        assert_eq!(Scale { from: 5, to: 5 }.bar(5), 0);
    }
}
