//! Looking again and again until a code has come, or the time is up.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::search::{CodeSearch, PasscodeError};
use crate::base::text::counted;

/// How often to look, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// Between the end of one look and the beginning of the next.
    pub every: Duration,
    /// From the first look until it is given up.
    pub deadline: Duration,
}

impl Default for Polling {
    fn default() -> Self {
        Self { every: Duration::from_secs(2), deadline: Duration::from_secs(60) }
    }
}

/// The result of one look.
#[derive(Debug)]
pub(super) enum Polled {
    /// The code is there.
    Found(SecretString),
    /// It may come yet; what was seen instead.
    NotYet(String),
    /// It will never come this way: the problem, and what to try.
    Hopeless(String, String),
}

/// Looks until there is a code. `place` is where; `advice` is what to try when none came in time.
pub(super) async fn poll(
    polling: Polling,
    search: &CodeSearch<'_>,
    place: &str,
    advice: &str,
    mut look: impl AsyncFnMut() -> Polled,
) -> Result<SecretString, PasscodeError> {
    let start = Instant::now();
    let end = start + polling.deadline;
    let mut seen = "nothing answered".to_owned();
    let mut looks = 0;
    while let Ok(result) = timeout_at(end, look()).await {
        looks += 1;
        match result {
            Polled::Found(code) => return Ok(code),
            Polled::NotYet(what) => seen = what,
            Polled::Hopeless(problem, advice) => {
                return Err(search.failed(place, problem, advice).after(start.elapsed()));
            }
        }
        if Instant::now() + polling.every >= end {
            break;
        }
        sleep_until(Instant::now() + polling.every).await;
    }
    Err(search.failed(place, format!("{seen} ({})", counted(looks, "look")), advice).after(start.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::super::search::{CodeKind, Recipient};
    use super::super::used::UsedCodes;
    use super::*;

    fn wait(every: u64, deadline: u64, look: impl AsyncFnMut() -> Polled) -> Result<SecretString, PasscodeError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let recipient = Recipient { username: Some("anna".into()), ..Recipient::default() };
        let search = CodeSearch {
            kind: CodeKind::Otp,
            recipient: &recipient,
            since: chrono::Utc::now(),
            used: &UsedCodes::default(),
        };
        let polling = Polling { every: Duration::from_millis(every), deadline: Duration::from_millis(deadline) };
        runtime.block_on(poll(polling, &search, "the attic", "look in the cellar", look))
    }

    #[test]
    fn it_looks_until_the_deadline_and_tells_what_it_saw() {
        let mut looks = 0;
        let error = wait(10, 100, async || {
            looks += 1;
            Polled::NotYet("only dust".into())
        })
        .expect_err("nothing there");
        assert!((1..=10).contains(&looks), "{looks} looks");
        let text = error.to_string();
        let begin = format!("no one-time passcode for anna from the attic: only dust ({looks} look");
        assert!(text.starts_with(&begin) && text.ends_with(" s; look in the cellar"), "{text}");
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
            Polled::Hopeless("the door is locked".into(), "find the key".into())
        });
        assert!(error.expect_err("hopeless").to_string().ends_with("; find the key"));
        assert_eq!(looks, 1);
    }
}
