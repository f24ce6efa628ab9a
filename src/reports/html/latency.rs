//! How long operations took: percentiles and a small histogram for each, on one common scale.
//!
//! Deliberately not here: whether that is too long; a check or a baseline says so.

use maud::{Markup, html};

use super::links::Links;
use super::touch::Subject;
use crate::base::duration::{self, percentile};

/// The histogram's bars: three for each doubling of ten.
const BARS: usize = 24;

/// The table; `None` when nothing was answered.
pub(super) fn latencies(links: &Links<'_>) -> Option<Markup> {
    let all = &links.overview.latencies;
    let shortest = all.values().filter_map(|times| times.first()).min()?;
    let longest = all.values().filter_map(|times| times.last()).max()?;
    let scale = Scale { from: (*shortest).max(1), to: (*longest).max(2) };
    Some(html! {
        section.part #latency aria-labelledby="latency-title" {
            h2 #latency-title { "Latency" } "\n"
            p.summary {
                "Time to the last byte, by operation. All histograms share one logarithmic scale, from "
                (duration::human(scale.from)) " to " (duration::human(scale.to)) "."
            }
            "\n"
            section.scroll tabindex="0" aria-label="Latency by operation" {
                table.plain.latency {
                    thead { tr { @for column in COLUMNS { th scope="col" { (column) } } } } "\n"
                    tbody { @for (operation, times) in all { (row(operation, times, scale, links)) } }
                }
            }
        }
        "\n"
    })
}

const COLUMNS: [&str; 7] = ["Operation", "Responses", "p50", "p90", "p99", "Longest", "Distribution"];

fn row(operation: &String, times: &[u64], scale: Scale, links: &Links<'_>) -> Markup {
    let goal = links.goal(&Subject::Operation(operation.clone()));
    let [p50, p90, p99] = [50, 90, 99].map(|share| duration::human(percentile(times, share)));
    let longest = duration::human(times.last().copied().unwrap_or_default());
    let name = html! { code { (operation) } };
    html! {
        tr {
            th scope="row" {
                @match goal {
                    Some(goal) => a href={ "#" (goal.href) } data-facet=(goal.facet) { (name) },
                    None => (name),
                }
            }
            td { (times.len()) } td { (p50) } td { (p90) } td { (p99) } td { (longest) }
            td {
                svg.bars viewBox="0 0 120 20" preserveAspectRatio="none" role="img"
                    aria-label={ "half within " (p50) ", nine in ten within " (p90) } {
                    path.base d="M0 19.5H120" {}
                    @for (x, height) in bars(times, scale) { rect x=(x) y=(20 - height) width="4" height=(height) {} }
                }
            }
        }
        "\n"
    }
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

/// Where the bars stand and how high they are, in units of the picture.
fn bars(times: &[u64], scale: Scale) -> Vec<(usize, usize)> {
    let mut counts = [0; BARS];
    times.iter().for_each(|time| counts[scale.bar(*time)] += 1);
    let most = counts.iter().copied().max().unwrap_or_default().max(1);
    let bar = |(at, count): (usize, &usize)| {
        let height = (count * 20).div_ceil(most);
        (height > 0).then_some((at * 5, height))
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
