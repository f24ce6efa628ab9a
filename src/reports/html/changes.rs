//! What changed against the baseline: what is said of several scenarios alike stands once.

use std::cmp::Reverse;
use std::collections::HashSet;

use maud::{Markup, html};

use super::super::text::moment;
use super::anchor::anchor;
use crate::base::groups::grouped;
use crate::record::journal::ScenarioEntry;
use crate::record::{Bearing, ChangeRecord, ChangesRecord};

/// How many changes of a kind are seen without unfolding.
const UNFOLDED: usize = 8;

/// How many scenarios of a change are seen without unfolding.
const NAMED: usize = 6;

/// What differs from the baseline, what is worse first.
pub(super) fn changes(record: &ChangesRecord, entries: &[ScenarioEntry]) -> Markup {
    let known: HashSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let kinds = [
        (Bearing::Worse, "worse", "Worse"),
        (Bearing::Better, "better", "Better"),
        (Bearing::Other, "other", "Changed"),
    ];
    html! {
        section.part #changes aria-labelledby="changes-title" {
            h2 #changes-title { "Changes " span.count { "against " (record.baseline) } } "\n"
            @if record.changes.is_empty() { p { "Nothing changed." } "\n" }
            @for (bearing, word, title) in kinds {
                @let of_kind = alike(record.changes.iter().filter(|change| change.bearing == bearing));
                @if !of_kind.is_empty() {
                    h3.change-title.(word) { (title) } "\n"
                    (change_lists(&of_kind, word, &known))
                }
            }
        }
        "\n"
    }
}

/// Changes that differ in their subjects alone, together; those with the most subjects first.
fn alike<'a>(changes: impl Iterator<Item = &'a ChangeRecord>) -> Vec<Vec<&'a ChangeRecord>> {
    let mut alike = grouped(changes, |change| (&change.message, &change.before, &change.after, change.since));
    alike.sort_by_key(|changes| Reverse(changes.len()));
    alike
}

/// The first few changes, and those beyond, which are folded behind a line that counts them.
fn change_lists(changes: &[Vec<&ChangeRecord>], word: &str, known: &HashSet<&str>) -> Markup {
    let (seen, rest) = changes.split_at(changes.len().min(UNFOLDED));
    let list = |changes: &[Vec<&ChangeRecord>]| {
        html! { ul.changes.(word) { @for alike in changes { (change_view(alike, known)) "\n" } } "\n" }
    };
    html! {
        (list(seen))
        @if !rest.is_empty() { details.more { summary { (rest.len()) " more" } (list(rest)) } "\n" }
    }
}

fn change_view(alike: &[&ChangeRecord], known: &HashSet<&str>) -> Markup {
    let change = alike[0];
    let (named, rest) = alike.split_at(alike.len().min(NAMED));
    html! {
        li {
            (subjects(named, known)) " " (change.message)
            @if let Some(before) = &change.before { " " span.was { span.unseen { "was " } del { (before) } } }
            @if let Some(after) = &change.after { " " span.is { span.unseen { "is " } ins { (after) } } }
            @if let Some(since) = &change.since { " " span.since { "since " (moment(since)) } }
            @if !rest.is_empty() { details.more { summary { "and in " (rest.len()) " more" } (subjects(rest, known)) } }
        }
    }
}

/// The names of what changed, with links to the scenarios among them.
fn subjects(changes: &[&ChangeRecord], known: &HashSet<&str>) -> Markup {
    html! {
        @for (at, change) in changes.iter().enumerate() {
            @if at > 0 { ", " }
            @let subject = html! { code { (change.subject) } };
            @if known.contains(change.subject.as_str()) { a href={ "#" (anchor(&change.subject)) } { (subject) } }
            @else { (subject) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_several_scenarios_alike_stands_once_with_all_of_them() {
        let change = |subject: usize| ChangeRecord {
            subject: format!("s{subject}"),
            message: "it waits for ever".into(),
            bearing: Bearing::Worse,
            ..ChangeRecord::default()
        };
        let record = ChangesRecord { baseline: "yesterday".into(), changes: (0..8).map(change).collect() };
        let page = changes(&record, &[]).into_string();
        assert_eq!(page.matches("it waits for ever").count(), 1, "{page}");
        assert!((0..8).all(|subject| page.contains(&format!("<code>s{subject}</code>"))), "{page}");
        assert!(page.contains("and in 2 more"), "{page}");
    }
}
