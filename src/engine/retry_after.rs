//! How long a request that was refused as one too many is waited for: what its answer asks for, up to a limit.
//!
//! Deliberately not here: the pace of the whole run ([`super::pace`]).

use std::time::{Duration, SystemTime};

use crate::record::Headers;

/// A target that asks for a longer wait, in one piece or in several, is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often a request that is refused as one too many is sent at the most.
const MOST_TRIES: u32 = 8;
/// The pause before the second try where the target names none; it doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Why a request that was refused as one too many is not sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitError {
    /// It was refused again and again.
    #[error("limit: the target refused the request as one too many (429) {MOST_TRIES} times")]
    TooOften,
    /// The target asks for more time than is waited.
    #[error(
        "limit: the request is one too many (429, Retry-After: {0}), and no more than {most} s are waited",
        most = LONGEST_WAIT.as_secs()
    )]
    TooLong(String),
}

/// How much one request has been waited for.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    waited: Duration,
    tries: u32,
}

impl Patience {
    /// How long to wait before a request that was refused as one too many is sent again.
    ///
    /// # Errors
    /// When the target asks for more than is waited, or refuses again and again.
    pub(crate) fn wait(&mut self, answer: &Headers, now: SystemTime) -> Result<Duration, LimitError> {
        self.tries += 1;
        if self.tries >= MOST_TRIES {
            return Err(LimitError::TooOften);
        }
        let fallback = FIRST_WAIT * 2_u32.pow(self.tries - 1);
        let asked = answer.get("retry-after");
        let wait = match asked.as_deref().map(|text| retry_after(text, answer, now)) {
            Some(RetryAfter::For(wait)) => wait,
            Some(RetryAfter::TooLong) => return Err(LimitError::TooLong(asked.unwrap_or_default())),
            Some(RetryAfter::Unclear) | None => fallback,
        };
        self.waited += wait;
        if self.waited > LONGEST_WAIT {
            return Err(LimitError::TooLong(asked.unwrap_or_else(|| "no time".into())));
        }
        Ok(wait)
    }
}

/// What a Retry-After field asks for.
#[derive(Debug, PartialEq, Eq)]
enum RetryAfter {
    For(Duration),
    TooLong,
    Unclear,
}

/// Reads seconds or a date; a date is compared with the answer's own, for clocks differ.
fn retry_after(text: &str, answer: &Headers, now: SystemTime) -> RetryAfter {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are more than anybody waits.
        return text.parse().map_or(RetryAfter::TooLong, |seconds| within_reason(Duration::from_secs(seconds)));
    }
    let Ok(until) = httpdate::parse_http_date(text) else { return RetryAfter::Unclear };
    let sent = answer.get("date").and_then(|date| httpdate::parse_http_date(&date).ok()).unwrap_or(now);
    within_reason(until.duration_since(sent).unwrap_or_default())
}

fn within_reason(wait: Duration) -> RetryAfter {
    if wait > LONGEST_WAIT { RetryAfter::TooLong } else { RetryAfter::For(wait) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(fields: &[(&str, &str)]) -> Headers {
        Headers(fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect())
    }

    fn asked(text: &str) -> RetryAfter {
        retry_after(text, &answer(&[("Date", "Mon, 02 Mar 2026 09:20:00 GMT")]), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn t36_seconds_and_dates_are_read_and_nonsense_is_seen() {
        assert_eq!(asked("7"), RetryAfter::For(Duration::from_secs(7)));
        assert_eq!(asked("Mon, 02 Mar 2026 09:20:09 GMT"), RetryAfter::For(Duration::from_secs(9)));
        assert_eq!(asked("Mon, 02 Mar 2026 09:00:00 GMT"), RetryAfter::For(Duration::ZERO));
        for nonsense in ["", "soon", "-1", "1.5", "0x10", "１"] {
            assert_eq!(asked(nonsense), RetryAfter::Unclear, "{nonsense:?}");
        }
        for absurd in ["61", "1000000000", "99999999999999999999999", "Tue, 02 Mar 2027 09:20:00 GMT"] {
            assert_eq!(asked(absurd), RetryAfter::TooLong, "{absurd:?}");
        }
    }

    #[test]
    fn t36_patience_ends_with_the_sum_of_all_waits_and_with_the_number_of_tries() {
        let mut patience = Patience::default();
        let minute = answer(&[("Retry-After", "31")]);
        assert_eq!(patience.wait(&minute, SystemTime::now()), Ok(Duration::from_secs(31)));
        assert!(patience.wait(&minute, SystemTime::now()).is_err_and(|why| why.to_string().contains("60 s")));
        let (mut patience, at_once) = (Patience::default(), answer(&[("Retry-After", "0")]));
        let waits = (1..).take_while(|_| patience.wait(&at_once, SystemTime::now()).is_ok()).count();
        assert_eq!(waits, 7);
        let mut patience = Patience::default();
        let waits: Vec<_> = (0..3).filter_map(|_| patience.wait(&answer(&[]), SystemTime::now()).ok()).collect();
        assert_eq!(waits, [1, 2, 4].map(Duration::from_secs));
    }
}
