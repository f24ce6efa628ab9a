//! Source text, places in it, and the one way to show a person what is wrong there.
//!
//! Every problem in a file that a person wrote (a scenario, a fragment, a configuration) is a [`Diagnostic`]: a sentence,
//! a span to put the caret under, and what to try next. Problems are collected and shown all at once.
//!
//! Deliberately not here: parsing of any kind, and findings about a server's answers (those are records, see
//! [`crate::record`]).

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;
use strum::IntoStaticStr;

use crate::base::text::{is_steering, nearest, visible};

/// A text and its name, usually a file's path.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it, or as it was found below a folder the user gave.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Makes a source that many spans can share.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into() })
    }

    /// The path as records and reports name the file: with `/` between its parts on every system.
    pub fn file(&self) -> String {
        let path = self.path.display().to_string();
        if cfg!(windows) { path.replace('\\', "/") } else { path }
    }

    /// Line and column, both counted from 1, the column in characters.
    pub fn position(&self, offset: usize) -> Position {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_breaks = memchr::memchr_iter(b'\n', before.as_bytes()).count();
        Position { line: line_breaks + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// The lines that a byte range touches, without the final line break.
    pub fn lines(&self, range: &Range<usize>) -> &str {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.floor_char_boundary(range.end.max(range.start));
        let from = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let to = self.text[end..].find('\n').map_or(self.text.len(), |newline| end + newline);
        &self.text[from..to]
    }
}

/// A place people can find: line and column, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A range of bytes in a source.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The text that the range lies in.
    pub source: Arc<Source>,
    /// The bytes, end exclusive; every value of a suite has one of these, and no text is so long.
    range: Range<u32>,
}

impl Span {
    /// Makes a span.
    pub fn new(source: &Arc<Source>, range: Range<usize>) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { source: Arc::clone(source), range: short(range.start)..short(range.end) }
    }

    /// The bytes, end exclusive.
    pub fn range(&self) -> Range<usize> {
        let long = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        long(self.range.start)..long(self.range.end)
    }

    /// Where the span begins.
    pub fn position(&self) -> Position {
        self.source.position(self.range().start)
    }

    /// The line on which the span begins, with carets below it, as it stands in reports.
    pub fn excerpt(&self) -> String {
        let column = self.position().column;
        let start = clamp(self).start;
        let text = self.source.lines(&(start..start));
        let wanted = self.source.text[clamp(self)].lines().next().map_or(0, |first| first.chars().count());
        let room = text.chars().count().saturating_sub(column - 1);
        let (indent, carets) = (" ".repeat(column - 1), "^".repeat(wanted.clamp(1, room.max(1))));
        visible(&format!("{text}\n{indent}{carets}")).into_owned()
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Span {
    /// Writes `file:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        write!(f, "{}:{line}:{column}", self.source.path.display())
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Makes a spanned value.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Keeps the place and changes the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), span: self.span }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Whether a problem must be mended before anything can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// Nothing is done before it is mended.
    Error,
    /// It is worth a look, and nothing more.
    Warning,
}

/// One problem in a text that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable id of the rule that is broken, where the rules have ids.
    pub rule: Option<&'static str>,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, one sentence without a final stop.
    pub message: String,
    /// Where; absent when the problem is the file as a whole.
    pub span: Option<Span>,
    /// A second place that explains the first, such as the earlier of two equal keys.
    pub related: Option<(Span, String)>,
    /// What to try next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem at a place.
    pub fn at(span: &Span, message: impl Into<String>) -> Self {
        Self { span: Some(span.clone()), ..Self::whole(message) }
    }

    /// A problem without a place.
    pub fn whole(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { rule: None, severity: Severity::Error, message, span: None, related: None, help: None }
    }

    /// Sets the rule that is broken, unless one is set.
    #[must_use]
    pub fn rule(mut self, id: &'static str) -> Self {
        self.rule.get_or_insert(id);
        self
    }

    /// Makes it a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Whether it must be mended first.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: &Span, note: impl Into<String>) -> Self {
        self.related = Some((span.clone(), note.into()));
        self
    }

    /// Adds what to try next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to try next, unless there is such a help already.
    #[must_use]
    pub fn or_help(mut self, help: impl Into<String>) -> Self {
        self.help.get_or_insert_with(|| help.into());
        self
    }

    /// Adds "did you mean …?" when a known name is close to the one given.
    #[must_use]
    pub fn suggest<'a>(self, given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(given, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Renders the problem with its source lines and a caret, as rustc does.
    ///
    /// `colour` adds terminal styles; without it the text is plain.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let level = if self.is_error() { Level::ERROR } else { Level::WARNING };
        let mut title = level.primary_title(visible(&self.message));
        if let Some(rule) = self.rule {
            title = title.id(rule);
        }
        let mut group = title.elements(self.snippets());
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(visible(help)));
        }
        // The renderer replaces ASCII's controls in quoted lines, but not all others that a terminal obeys.
        let steering = |c: char| !c.is_ascii() && is_steering(c);
        let mut text = renderer.render(&[group]).replace(steering, "\u{fffd}");
        text.push('\n');
        text
    }

    fn snippets(&self) -> Vec<Snippet<'_, annotate_snippets::Annotation<'_>>> {
        let Some(span) = &self.span else { return Vec::new() };
        let mut snippet = snippet(span).annotation(AnnotationKind::Primary.span(clamp(span)));
        let mut others = Vec::new();
        if let Some((other, note)) = &self.related {
            let annotation = AnnotationKind::Context.span(clamp(other)).label(visible(note));
            if other.source == span.source {
                snippet = snippet.annotation(annotation);
            } else {
                others.push(crate::base::source::snippet(other).annotation(annotation));
            }
        }
        others.insert(0, snippet);
        others
    }
}

fn snippet(span: &Span) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(&span.source.text).path(span.source.path.to_string_lossy()).fold(true)
}

/// A range that lies in the text and covers something, whatever the span says.
fn clamp(span: &Span) -> Range<usize> {
    let text = &span.source.text;
    let start = text.floor_char_boundary(span.range().start);
    start..text.floor_char_boundary(span.range().end.max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        let source = Source::new("a.yaml", "é: 1\nbb: 2\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(6), Position { line: 2, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 2 });
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_diagnostic_shows_the_line_a_caret_and_the_help() {
        let source = Source::new("a.yaml", "steps:\n  - expct: 1\n");
        let text = Diagnostic::at(&Span::new(&source, 11..16), "unknown key `expct`")
            .suggest("expct", ["expect", "save"])
            .render(false);
        assert!(text.contains("a.yaml:2:5"), "{text}");
        assert!(text.contains("^^^^^"), "{text}");
        assert!(text.contains("did you mean `expect`?"), "{text}");
    }

    #[test]
    fn no_control_of_a_quoted_line_reaches_the_terminal() {
        let source = Source::new("\u{9d}.yaml", "\u{82}B \u{9b}31m\u{1b}[31m\u{7f}\0\u{200e}\u{61c}: 1\n");
        for colour in [false, true] {
            let text = Diagnostic::at(&Span::new(&source, 0..5), "m\u{85}").help("l\u{90}").render(colour);
            let plain = anstream::adapter::strip_str(&text).to_string();
            assert!(plain.chars().all(|c| c == '\n' || !is_steering(c)), "{plain:?}");
        }
    }

    #[test]
    fn an_excerpt_puts_carets_under_the_first_line_of_the_span() {
        let source = Source::new("a.yaml", "a: 1\nbé: [x,\n  y]\n");
        assert_eq!(Span::new(&source, 10..17).excerpt(), "bé: [x,\n    ^^^");
        assert_eq!(Span::new(&source, 99..99).excerpt(), "\n^");
    }
}
