//! Links from what the contract promises to the scenarios that touched it.
//!
//! Without the script such a link leads to the most urgent of the scenarios; the script shows all of them. Deliberately not
//! here: what is linked.

use maud::{Markup, Render, html};

use crate::record::{Header, RequirementRecord};

use super::super::reading::RunIndex;
use super::anchor::anchor;
use super::overview::{Group, Overview};
use super::touch::Subject;
use crate::base::text::counted;

/// Where a link leads.
#[derive(Debug, Clone)]
pub(super) struct Goal {
    /// The number by which the script knows the subject.
    pub facet: usize,
    pub href: String,
    /// How many scenarios there are, with the noun.
    pub scenarios: String,
}

/// A scenario in a list of them.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub href: String,
    pub name: String,
    pub word: &'static str,
    pub sign: &'static str,
}

/// Everything that links are made from.
#[derive(Clone, Copy)]
pub(super) struct Links<'a> {
    run: RunIndex<'a>,
    pub overview: &'a Overview,
}

impl<'a> Links<'a> {
    pub(super) fn new(run: RunIndex<'a>, overview: &'a Overview) -> Self {
        Self { run, overview }
    }

    pub(super) fn header(&self) -> &'a Header {
        self.run.header()
    }

    pub(super) fn goal(&self, subject: &Subject) -> Option<Goal> {
        let (facet, tally) = self.overview.facet(subject)?;
        let first = *tally.cases.iter().min_by_key(|position| self.overview.cases[**position].group)?;
        Some(Goal { facet, href: self.anchor(first), scenarios: counted(tally.cases.len(), "scenario") })
    }

    pub(super) fn anchor(&self, position: usize) -> String {
        anchor(&self.run.entries()[position].name)
    }

    /// The name of the scenario at a position.
    pub(super) fn name(&self, position: usize) -> &'a str {
        &self.run.entries()[position].name
    }

    /// The most urgent scenarios of these, as many as are wanted.
    pub(super) fn marks(&self, cases: &[usize], limit: usize) -> Vec<Mark> {
        let mark = |position: usize| {
            let group = self.overview.cases[position].group;
            Mark {
                href: self.anchor(position),
                name: self.run.entries()[position].name.clone(),
                word: group.word(),
                sign: sign(group),
            }
        };
        self.overview.by_urgency(cases.to_vec()).into_iter().take(limit).map(mark).collect()
    }
}

/// A verdict without colour.
pub(super) fn sign(group: Group) -> &'static str {
    match group {
        Group::Failed => "✕",
        Group::Errored => "?",
        Group::Flaky => "~",
        Group::Skipped => "–",
        Group::Passed => "✓",
    }
}

/// A requirement as it stands beside what it is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise<'a> {
    pub id: &'a str,
    pub known: Option<&'a RequirementRecord>,
}

impl Render for Promise<'_> {
    fn render(&self) -> Markup {
        let source = self.known.map_or("", |known| known.source.as_str());
        html! {
            span.promise {
                code { (self.id) } " " (self.known.map_or("", |known| &known.statement))
                @if is_web_address(source) {
                    " " a href=(source) rel="noreferrer noopener" { "source" }
                } @else if !source.is_empty() {
                    " " span.source { "(" (source) ")" }
                }
            }
        }
    }
}

/// Whether a text may become a link: an `https` address and nothing else (R16).
fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric()) && !rest.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r16_only_web_addresses_become_links() {
        assert!(is_web_address("https://apidocs.pingidentity.com/x"));
        for text in [
            "javascript:alert(1)",
            "assumption",
            "data:text/html,x",
            "//evil.example",
            "http://x.example",
            "",
            "https://",
            "https:// x",
        ] {
            assert!(!is_web_address(text), "{text}");
        }
    }
}
