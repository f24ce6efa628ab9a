//! Finding a code in a text: one regular expression with one capture for each kind of code.
//!
//! Only one-time passcodes have a pattern of their own accord, because only they are digits alone.

use regex::Regex;
use secrecy::SecretString;

use super::search::{CodeKind, CodeSearch, PasscodeError};
use crate::base::text::reason_of;

/// What a one-time passcode looks like unless the configuration says otherwise.
pub const OTP: &str = r"\b([0-9]{6,10})\b";

/// The patterns of a source. Each has at least one capture; the first is the code.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// For every kind that has none of its own.
    pub any: Option<Pattern>,
    /// For one-time passcodes.
    pub otp: Option<Pattern>,
    /// For codes that verify an address.
    pub verification_code: Option<Pattern>,
    /// For codes that recover a password.
    pub recovery_code: Option<Pattern>,
}

/// A regular expression with a capture.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression.
    #[error("this is not a regular expression: {0}")]
    Syntax(String),
    /// It has no capture, or more than one.
    #[error("a pattern has one capture, the code, in round brackets; this has {0}")]
    Captures(usize),
}

impl Pattern {
    /// Makes a pattern.
    ///
    /// # Errors
    /// When the text is no regular expression, or has not exactly one capture.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let regex = Regex::new(text).map_err(|error| PatternError::Syntax(reason_of(&error)))?;
        match regex.captures_len() - 1 {
            1 => Ok(Self(regex)),
            captures => Err(PatternError::Captures(captures)),
        }
    }

    /// The code in the first of the texts that has one.
    pub(super) fn find<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Option<SecretString> {
        let found = texts.into_iter().find_map(|text| self.0.captures(text)?.get(1));
        found.map(|code| code.as_str()).filter(|code| !code.is_empty()).map(SecretString::from)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Patterns {
    /// The pattern for a kind of code; `None` where nothing says what such a code looks like.
    fn of(&self, kind: CodeKind) -> Option<Pattern> {
        let own = match kind {
            CodeKind::Otp => &self.otp,
            CodeKind::VerificationCode => &self.verification_code,
            CodeKind::RecoveryCode => &self.recovery_code,
        };
        let usual = (kind == CodeKind::Otp).then(|| Pattern::new(OTP).ok()).flatten();
        own.clone().or_else(|| self.any.clone()).or(usual)
    }

    /// The pattern for the code that is looked for at a place.
    pub(super) fn required(&self, search: &CodeSearch<'_>, place: &str) -> Result<Pattern, PasscodeError> {
        let advice = "write a `pattern` with the code in round brackets";
        let problem = "no pattern describes such a code";
        self.of(search.kind).ok_or_else(|| search.failed(place, problem, advice))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn found(pattern: &str, texts: &[&str]) -> Option<String> {
        let pattern = Pattern::new(pattern).expect("a pattern");
        pattern.find(texts.iter().copied()).map(|code| code.expose_secret().to_owned())
    }

    #[test]
    fn the_first_text_with_a_match_decides() {
        assert_eq!(found(OTP, &["your code", "is 481 516", "no, 234200", "or 999999"]).as_deref(), Some("234200"));
        assert_eq!(
            found("code=([A-Z0-9]{8})", &["https://x.example/v?code=AB12CD34&x=1"]).as_deref(),
            Some("AB12CD34")
        );
        assert_eq!(found(OTP, &["12345", "12345678901"]), None);
    }

    #[test]
    fn a_pattern_without_exactly_one_capture_is_refused() {
        assert_eq!(Pattern::new("[0-9]{6}").expect_err("none"), PatternError::Captures(0));
        assert_eq!(Pattern::new("(a)(b)").expect_err("two"), PatternError::Captures(2));
        assert!(Pattern::new("(?:a)(b)").is_ok());
        let syntax = Pattern::new("([0-9]").expect_err("not closed").to_string();
        assert_eq!(syntax, "this is not a regular expression: unclosed group");
    }

    #[test]
    fn only_passcodes_have_a_pattern_that_nobody_wrote() {
        let none = Patterns::default();
        assert!(none.of(CodeKind::Otp).is_some() && none.of(CodeKind::RecoveryCode).is_none());
        let some = Patterns { any: Pattern::new("(x)").ok(), otp: Pattern::new("(y)").ok(), ..none };
        let written = |kind| some.of(kind).map(|pattern| pattern.as_str().to_owned());
        assert_eq!(written(CodeKind::Otp).as_deref(), Some("(y)"));
        assert_eq!(written(CodeKind::VerificationCode).as_deref(), Some("(x)"));
    }
}
