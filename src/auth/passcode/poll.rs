//! Looking again and again until a code has come, or the time is up.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::search::{PasscodeError, Search};
use crate::base::text::counted;

/// How often to look, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between the end of one look and the beginning of the next.
    pub every: Duration,
    /// From the first look until it is given up.
    pub deadline: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_secs(2), deadline: Duration::from_secs(60) }
    }
}

/// What one look came to.
#[derive(Debug)]
pub(super) enum Look {
    /// The code is there.
    Found(SecretString),
    /// It may come yet; what was seen instead.
    NotYet(String),
    /// It will never come this way: the problem, and what to try.
    Hopeless(String, String),
}

/// Looks until there is a code. `place` is where; `advice` is what to try when none came in time.
pub(super) async fn poll(
    pace: Pace,
    search: &Search<'_>,
    place: &str,
    advice: &str,
    mut look: impl AsyncFnMut() -> Look,
) -> Result<SecretString, PasscodeError> {
    let begun = Instant::now();
    let end = begun + pace.deadline;
    let mut seen = "nothing answered".to_owned();
    let mut looks = 0;
    while let Ok(result) = timeout_at(end, look()).await {
        looks += 1;
        match result {
            Look::Found(code) => return Ok(code),
            Look::NotYet(what) => seen = what,
            Look::Hopeless(problem, advice) => {
                return Err(search.failed(place, problem, advice).after(begun.elapsed()));
            }
        }
        if Instant::now() + pace.every >= end {
            break;
        }
        sleep_until(Instant::now() + pace.every).await;
    }
    Err(search.failed(place, format!("{seen} ({})", counted(looks, "look")), advice).after(begun.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::super::search::{CodeKind, Recipient};
    use super::super::used::UsedCodes;
    use super::*;

    fn wait(every: u64, deadline: u64, look: impl AsyncFnMut() -> Look) -> Result<SecretString, PasscodeError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let recipient = Recipient { username: Some("anna".into()), ..Recipient::default() };
        let search = Search {
            kind: CodeKind::Otp,
            recipient: &recipient,
            since: chrono::Utc::now(),
            used: &UsedCodes::default(),
        };
        let pace = Pace { every: Duration::from_millis(every), deadline: Duration::from_millis(deadline) };
        runtime.block_on(poll(pace, &search, "the attic", "look in the cellar", look))
    }

    #[test]
    fn it_looks_until_the_deadline_and_tells_what_it_saw() {
        let mut looks = 0;
        let error = wait(10, 100, async || {
            looks += 1;
            Look::NotYet("only dust".into())
        })
        .expect_err("nothing there");
        assert!((1..=10).contains(&looks), "{looks} looks");
        let said = error.to_string();
        let begin = format!("no one-time passcode for anna from the attic: only dust ({looks} look");
        assert!(said.starts_with(&begin) && said.ends_with(" s; look in the cellar"), "{said}");
    }

    #[test]
    fn a_look_that_never_ends_is_cut_off_at_the_deadline() {
        let error = wait(10, 50, async || std::future::pending().await).expect_err("nothing there");
        assert!(error.to_string().contains("nothing answered (0 looks)"), "{error}");
    }

    #[test]
    fn what_is_hopeless_is_not_waited_for() {
        let mut looks = 0;
        let error = wait(10, 3_600_000, async || {
            looks += 1;
            Look::Hopeless("the door is locked".into(), "find the key".into())
        });
        assert!(error.expect_err("hopeless").to_string().ends_with("; find the key"));
        assert_eq!(looks, 1);
    }
}
