//! What a `{{…}}` asks for: a value by its path, or what a helper gives.
//!
//! Deliberately not here: how it is read from a text ([`super::parser`]) and what is put in its place ([`super::text`]).

use std::fmt;

use strum::{EnumString, IntoStaticStr, VariantNames};

use super::path::as_written;
use crate::base::source::Span;

/// One `{{…}}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Placeholder {
    /// The braces and what is between them.
    pub span: Span,
    /// What is asked for.
    pub kind: PlaceholderKind,
}

/// What a `{{…}}` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceholderKind {
    /// The value at a path such as `user.id`.
    Name(String),
    /// What a helper makes.
    Helper(HelperCall),
}

impl PlaceholderKind {
    /// The path that must lead to a value: the name itself, or a helper's argument.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Name(path) => Some(path),
            Self::Helper(HelperCall { argument: Some(HelperArgument::Path(path)), .. }) => Some(path),
            Self::Helper(_) => None,
        }
    }
}

impl fmt::Display for PlaceholderKind {
    /// Writes what the author wrote between the braces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(path) => f.write_str(&as_written(path)),
            Self::Helper(HelperCall { helper, argument }) => {
                f.write_str(helper.name())?;
                match argument {
                    Some(HelperArgument::Path(path)) => write!(f, " {}", as_written(path)),
                    Some(HelperArgument::Text(text)) => write!(f, " \"{text}\""),
                    None => Ok(()),
                }
            }
        }
    }
}

/// A helper with its argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HelperCall {
    /// The helper.
    pub helper: Helper,
    /// What it is about.
    pub argument: Option<HelperArgument>,
}

/// What a helper is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HelperArgument {
    /// The value at a path.
    Path(String),
    /// This text.
    Text(String),
}

/// The helpers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "camelCase")]
pub enum Helper {
    /// The one-time passcode that a user was sent or that their device shows.
    Otp,
    /// The verification code that a user was sent.
    VerificationCode,
    /// The password recovery code that a user was sent.
    RecoveryCode,
    /// What a user's passkey signs of what was asked last.
    Assertion,
    /// The `Basic …` credentials of an application.
    Basic,
    /// A short text that no other place of the run gets.
    Unique,
    /// A random UUID.
    Uuid,
}

impl Helper {
    /// The name people write.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether it needs an argument.
    pub fn takes_argument(self) -> bool {
        !matches!(self, Self::Unique | Self::Uuid)
    }
}
