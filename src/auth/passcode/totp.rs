//! `totp`: codes that an authenticator application would show.
//!
//! A tenant takes every code once, so that each window's code is given out once in a run, whichever worker asks; who comes
//! later waits for a window of their own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use strum::EnumString;

use super::search::{CodeSearch, PasscodeError};

/// The hash that codes are made with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Algorithm {
    /// What nearly every authenticator application takes, and PingOne uses.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// A source of time-based codes.
#[derive(Debug)]
pub struct Totp {
    key: SecretSlice<u8>,
    period: Duration,
    digits: u8,
    algorithm: Algorithm,
    deadline: Duration,
}

/// Why a secret is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not written in base32.
    #[error("the secret is not base32: the letters A to Z and the digits 2 to 7")]
    NotBase32,
    /// It is empty or shorter than any tenant would issue.
    #[error("the secret has {0} bytes; a tenant issues 16 or more, and fewer than 10 are a mistake")]
    TooShort(usize),
}

impl Totp {
    /// Makes a source from a secret in base32, in either case, with or without spaces, hyphens and padding.
    ///
    /// Codes have six digits and change every 30 seconds; [`Totp::with`] says otherwise.
    ///
    /// # Errors
    /// When the secret cannot be a key.
    pub fn new(secret: &SecretString, deadline: Duration) -> Result<Self, KeyError> {
        let plain: String = secret.expose_secret().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let plain = SecretString::from(plain.trim_end_matches('=').to_ascii_uppercase());
        let key = totp_rs::Secret::try_from_base32(plain.expose_secret()).map_err(|_| KeyError::NotBase32)?;
        let key = key.as_bytes().to_vec();
        if key.len() < 10 {
            return Err(KeyError::TooShort(key.len()));
        }
        let period = Duration::from_secs(30);
        Ok(Self { key: key.into(), period, digits: 6, algorithm: Algorithm::Sha1, deadline })
    }

    /// Sets how codes look: the period is a whole number of seconds, at least one; digits are 6 to 8.
    #[must_use]
    pub fn with(self, period: Duration, digits: u8, algorithm: Algorithm) -> Self {
        Self { period: period.max(Duration::from_secs(1)), digits: digits.clamp(6, 8), algorithm, ..self }
    }

    pub(super) async fn code(&self, search: &CodeSearch<'_>) -> Result<SecretString, PasscodeError> {
        let now = since_epoch();
        let (first, last) = (self.window(now), self.window(now + self.deadline));
        let Some(window) = search.used.take_window(&self.key.expose_secret(), first, last) else {
            let problem = format!("every code within {} s is taken by another scenario", self.deadline.as_secs());
            let advice = "give this role more users, run fewer scenarios at a time, or raise `deadline`";
            return Err(search.failed("totp", problem, advice));
        };
        tokio::time::sleep(self.begin(window).saturating_sub(now)).await;
        Ok(self.at(window))
    }

    /// The code that is shown now, whoever has taken it.
    pub fn shown(&self) -> SecretString {
        self.at(self.window(since_epoch()))
    }

    fn window(&self, time: Duration) -> u64 {
        time.as_secs() / self.period.as_secs()
    }

    fn begin(&self, window: u64) -> Duration {
        Duration::from_secs(window * self.period.as_secs())
    }

    fn at(&self, window: u64) -> SecretString {
        let algorithm = match self.algorithm {
            Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
            Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
            Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
        };
        let key = totp_rs::Secret::new(self.key.expose_secret().into());
        let builder = totp_rs::Builder::new().with_algorithm(algorithm).with_digits(self.digits);
        let totp = builder.with_step_duration(self.period.as_secs()).with_secret(key).build_noncompliant();
        totp.generate(self.begin(window).as_secs()).to_string().into()
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
