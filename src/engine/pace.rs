//! How fast requests leave: not faster than the rate that was set, and slower once the target refuses some as too many.
//!
//! One pace is shared by all workers of a run. What it decides is a pure function of its state and a moment; only
//! [`Pace::turn`] waits. Deliberately not here: which requests may be sent again ([`super::retry`]).

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::base::sync::LockAnyway;

/// A run is not slowed down below one request in this time.
const SLOWEST: Duration = Duration::from_secs(1);
/// So many requests in a row that were not refused make the run a little faster again.
const EASE_AFTER: u32 = 32;

/// The pace of a run.
#[derive(Debug)]
pub(crate) struct Pace(Mutex<PaceState>);

#[derive(Debug)]
struct PaceState {
    /// The distance between two requests that was asked for.
    least: Duration,
    /// The distance that is kept at the moment.
    distance: Duration,
    /// When the next request may leave.
    next: Instant,
    /// When the second began in which requests are counted, and how many left in it.
    counted: (Instant, u32),
    slowed: Option<Instant>,
    slowest: Duration,
    refused: usize,
    /// Requests in a row that were not refused.
    kept: u32,
}

impl Pace {
    /// At most so many requests per second; as fast as possible without a rate.
    pub(crate) fn new(rate: Option<f64>) -> Self {
        let now = Instant::now();
        let least = rate.and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok()).unwrap_or_default();
        Self(Mutex::new(PaceState {
            least,
            distance: least,
            next: now,
            counted: (now, 0),
            slowed: None,
            slowest: least,
            refused: 0,
            kept: 0,
        }))
    }

    /// Waits for the turn of one request.
    pub(crate) async fn turn(&self) {
        let now = Instant::now();
        let turn = self.state().turn(now);
        if turn > now {
            tokio::time::sleep_until(turn.into()).await;
        }
    }

    /// Notes that a request was refused as one too many: nothing is sent for a while, and less from then on (K07).
    pub(crate) fn refused(&self, began: Instant, wait: Duration) {
        self.state().refuse(began, Instant::now(), wait);
    }

    /// Notes that a request was not refused.
    pub(crate) fn kept(&self) {
        self.state().keep();
    }

    /// What a reader must know about the pace of a run that was refused requests.
    pub(crate) fn note(&self) -> Option<String> {
        let state = self.state();
        let rate = 1.0 / state.slowest.as_secs_f64().max(0.001);
        (state.refused > 0).then(|| {
            let times = if state.refused == 1 { "once".to_owned() } else { format!("{} times", state.refused) };
            format!(
                "the target refused requests as too many (429) {times}; the run slowed down to {rate:.1} per second"
            )
        })
    }

    fn state(&self) -> MutexGuard<'_, PaceState> {
        self.0.locked()
    }
}

impl PaceState {
    fn turn(&mut self, now: Instant) -> Instant {
        let turn = self.next.max(now);
        self.next = turn + self.distance;
        if now.duration_since(self.counted.0) > Duration::from_secs(1) {
            self.counted = (now, 0);
        }
        self.counted.1 += 1;
        turn
    }

    fn refuse(&mut self, began: Instant, now: Instant, wait: Duration) {
        self.refused += 1;
        self.kept = 0;
        self.next = self.next.max(now + wait);
        // Requests that were on their way when the run slowed down say nothing about its new pace.
        if self.slowed.is_none_or(|slowed| began > slowed) {
            let observed = now.duration_since(self.counted.0) / self.counted.1.max(1);
            let doubled = self.distance.max(observed).max(Duration::from_millis(5)) * 2;
            self.distance = doubled.min(SLOWEST.max(self.least));
            self.slowest = self.slowest.max(self.distance);
            self.slowed = Some(now);
        }
    }

    fn keep(&mut self) {
        if self.distance == self.least {
            return;
        }
        self.kept += 1;
        if self.kept >= EASE_AFTER {
            self.kept = 0;
            self.distance = (self.distance * 3 / 4).max(self.least);
            if self.distance < Duration::from_millis(1) {
                self.distance = self.least;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_keeps_requests_apart() {
        let pace = Pace::new(Some(10.0));
        let now = pace.state().next;
        let turns: Vec<_> = (0..3).map(|_| pace.state().turn(now).duration_since(now)).collect();
        assert_eq!(turns, [0, 100, 200].map(Duration::from_millis));
        let free = Pace::new(None);
        assert!((0..1_000).all(|_| free.state().turn(now) <= Instant::now()));
    }

    #[test]
    fn k07_a_refusal_holds_everybody_back_and_slows_down_once_for_requests_of_one_burst() {
        let pace = Pace::new(Some(10.0));
        let mut state = pace.state();
        let now = state.next;
        for _ in 0..64 {
            state.refuse(now, now + Duration::from_millis(1), Duration::from_secs(2));
        }
        assert_eq!(state.distance, Duration::from_millis(200));
        assert!(state.turn(now) >= now + Duration::from_secs(2));
        (0..=EASE_AFTER * 8).for_each(|_| state.keep());
        assert_eq!(state.distance, Duration::from_millis(100), "it recovers to the rate that was set, no further");
        drop(state);
        assert!(pace.note().is_some_and(|note| note.contains("64 times") && note.contains("5.0 per second")));
        assert_eq!(Pace::new(None).note(), None);
    }
}
