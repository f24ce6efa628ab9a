//! How fast requests leave: not faster than the rate that was set, and slower once the target refuses some as too many.
//!
//! One pace is shared by all workers of a run. What it decides is a pure function of its state and a moment; only
//! [`Pace::turn`] waits. Deliberately not here: which requests may be sent again (`run` knows their meaning).

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use crate::base::sync::LockAnyway;
use crate::record::Headers;

/// A target that asks for a longer wait, in one piece or in several, is not waited for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often a request that is refused as one too many is sent at the most.
const MOST_TRIES: u32 = 8;
/// The pause before the second try where the target names none; it doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// A run is not slowed down below one request in this time.
const SLOWEST: Duration = Duration::from_secs(1);
/// So many requests in a row that were not refused make the run a little faster again.
const EASE_AFTER: u32 = 32;

/// The pace of a run.
#[derive(Debug)]
pub struct Pace(Mutex<State>);

#[derive(Debug)]
struct State {
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
    pub fn new(rate: Option<f64>) -> Self {
        let now = Instant::now();
        let least = rate.and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok()).unwrap_or_default();
        Self(Mutex::new(State {
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
    pub async fn turn(&self) {
        let now = Instant::now();
        let turn = self.state().turn(now);
        if turn > now {
            tokio::time::sleep_until(turn.into()).await;
        }
    }

    /// Notes that a request was refused as one too many: nothing is sent for a while, and less from then on (K07).
    pub fn refused(&self, began: Instant, wait: Duration) {
        self.state().refuse(began, Instant::now(), wait);
    }

    /// Notes that a request was not refused.
    pub fn kept(&self) {
        self.state().keep();
    }

    /// What a reader must know about the pace of a run that was refused requests.
    pub fn note(&self) -> Option<String> {
        let state = self.state();
        let rate = 1.0 / state.slowest.as_secs_f64().max(0.001);
        (state.refused > 0).then(|| {
            let times = if state.refused == 1 { "once".to_owned() } else { format!("{} times", state.refused) };
            format!(
                "the target refused requests as too many (429) {times}; the run slowed down to {rate:.1} per second"
            )
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.locked()
    }
}

impl State {
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

/// How much one request has been waited for.
#[derive(Debug, Default)]
pub struct Patience {
    waited: Duration,
    tries: u32,
}

impl Patience {
    /// How long to wait before a request that was refused as one too many is sent again.
    ///
    /// # Errors
    /// With a sentence, when the target asks for more than is waited, or refuses again and again.
    pub fn wait(&mut self, answer: &Headers, now: SystemTime) -> Result<Duration, String> {
        self.tries += 1;
        if self.tries >= MOST_TRIES {
            return Err(format!("the target refused the request as one too many (429) {MOST_TRIES} times"));
        }
        let fallback = FIRST_WAIT * 2_u32.pow(self.tries - 1);
        let asked = answer.get("retry-after");
        let wait = match asked.as_deref().map(|text| retry_after(text, answer, now)) {
            Some(Asked::For(wait)) => wait,
            Some(Asked::TooLong) => return Err(too_long(asked.as_deref().unwrap_or_default())),
            Some(Asked::Unclear) | None => fallback,
        };
        self.waited += wait;
        if self.waited > LONGEST_WAIT {
            return Err(too_long(asked.as_deref().unwrap_or("no time")));
        }
        Ok(wait)
    }
}

fn too_long(asked: &str) -> String {
    let most = LONGEST_WAIT.as_secs();
    format!("the request is one too many (429, Retry-After: {asked}), and no more than {most} s are waited")
}

/// What a Retry-After field asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    For(Duration),
    TooLong,
    Unclear,
}

/// Reads seconds or a date; a date is compared with the answer's own, for clocks differ.
fn retry_after(text: &str, answer: &Headers, now: SystemTime) -> Asked {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are more than anybody waits.
        return text.parse().map_or(Asked::TooLong, |seconds| within_reason(Duration::from_secs(seconds)));
    }
    let Ok(until) = httpdate::parse_http_date(text) else { return Asked::Unclear };
    let sent = answer.get("date").and_then(|date| httpdate::parse_http_date(&date).ok()).unwrap_or(now);
    within_reason(until.duration_since(sent).unwrap_or_default())
}

fn within_reason(wait: Duration) -> Asked {
    if wait > LONGEST_WAIT { Asked::TooLong } else { Asked::For(wait) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(fields: &[(&str, &str)]) -> Headers {
        Headers(fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect())
    }

    fn asked(text: &str) -> Asked {
        retry_after(text, &answer(&[("Date", "Mon, 02 Mar 2026 09:20:00 GMT")]), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn t36_seconds_and_dates_are_read_and_nonsense_is_seen() {
        assert_eq!(asked("7"), Asked::For(Duration::from_secs(7)));
        assert_eq!(asked("Mon, 02 Mar 2026 09:20:09 GMT"), Asked::For(Duration::from_secs(9)));
        assert_eq!(asked("Mon, 02 Mar 2026 09:00:00 GMT"), Asked::For(Duration::ZERO));
        for nonsense in ["", "soon", "-1", "1.5", "0x10", "１"] {
            assert_eq!(asked(nonsense), Asked::Unclear, "{nonsense:?}");
        }
        for absurd in ["61", "1000000000", "99999999999999999999999", "Tue, 02 Mar 2027 09:20:00 GMT"] {
            assert_eq!(asked(absurd), Asked::TooLong, "{absurd:?}");
        }
    }

    #[test]
    fn t36_patience_ends_with_the_sum_of_all_waits_and_with_the_number_of_tries() {
        let mut patience = Patience::default();
        let minute = answer(&[("Retry-After", "31")]);
        assert_eq!(patience.wait(&minute, SystemTime::now()), Ok(Duration::from_secs(31)));
        assert!(patience.wait(&minute, SystemTime::now()).is_err_and(|why| why.contains("60 s")));
        let (mut patience, at_once) = (Patience::default(), answer(&[("Retry-After", "0")]));
        let waits = (1..).take_while(|_| patience.wait(&at_once, SystemTime::now()).is_ok()).count();
        assert_eq!(waits, 7);
        let mut patience = Patience::default();
        let waits: Vec<_> = (0..3).filter_map(|_| patience.wait(&answer(&[]), SystemTime::now()).ok()).collect();
        assert_eq!(waits, [1, 2, 4].map(Duration::from_secs));
    }

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
