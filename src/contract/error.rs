//! Why a document cannot serve as a contract, and where.

/// Why a document cannot serve as a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contract is invalid at `{pointer}`: {message}")]
pub struct ContractError {
    /// A JSON pointer into the document.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl ContractError {
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: escaped(&pointer.into()), message: escaped(&message.into()) }
    }
}

/// A text from a document with everything escaped that could steer a terminal or turn round what stands beside it.
fn escaped(text: &str) -> String {
    let escape = |character: char| match character {
        _ if is_unprintable(character) => character.escape_unicode().to_string(),
        _ => character.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Whether a character could steer a terminal or turn round what stands beside it.
pub(super) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
