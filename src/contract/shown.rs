//! What is wrong with a document, shown to people in its text.

use std::ops::Range;
use std::path::Path;

use super::error::ContractError;
use super::text::lines;
use crate::base::source::{Diagnostic, Source, Span};

impl ContractError {
    /// The error with the line that it is about, where that can be told.
    pub fn shown(&self, path: &Path, text: &str) -> Diagnostic {
        match self.line.or_else(|| self.found_in(text)) {
            None => Diagnostic::whole(format!("{}: {self}", path.display())),
            Some(line) => {
                let place = if self.pointer.is_empty() { String::new() } else { format!("at `{}`: ", self.pointer) };
                let span = Span::new(&Source::new(path, text), content(text, line));
                Diagnostic::at(&span, format!("{place}{}", self.message))
            }
        }
    }

    fn found_in(&self, text: &str) -> Option<usize> {
        if self.pointer.is_empty() { None } else { lines(text, &[&self.pointer]).remove(&self.pointer) }
    }
}

/// What a line says, counted from 1, without the white space around it.
fn content(text: &str, line: usize) -> Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let line = text[start..].lines().next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    start + indent..start + indent + line.trim().len()
}
