//! What is wrong with a document that is to serve as a contract, and where.

use std::fmt;

use crate::base::text::one_line;

/// What is wrong at a place of the document: why it cannot serve as a contract, or what part of it cannot be judged by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContractError {
    /// A JSON pointer into the document.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
    /// The line of the text, where it is known.
    pub line: Option<usize>,
}

impl ContractError {
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: one_line(&pointer.into()), message: one_line(&message.into()), line: None }
    }

    /// What is wrong and where, in one line, as a remark about a document that serves as a contract all the same.
    pub fn remark(&self) -> String {
        let line = self.line.map_or_else(String::new, |line| format!(" (line {line})"));
        format!("{}{line}: {}", self.pointer, self.message)
    }

    pub(super) fn at_line(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }

    /// With a further remark.
    pub(super) fn because(self, remark: impl fmt::Display) -> Self {
        Self { message: one_line(&format!("{}, {remark}", self.message)), ..self }
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the contract is invalid at `{}`", self.pointer)?;
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ContractError {}
