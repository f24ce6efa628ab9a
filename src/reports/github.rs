//! Annotations for GitHub Actions: workflow commands, which the service shows beside the lines of a change.
//!
//! GitHub takes ten errors and ten warnings of a step and fifty annotations of a run and drops the rest without a word; so
//! causes are listed and not scenarios, and a last line says how many were left out. Deliberately not here: printing.

use crate::record::Level;
use crate::record::journal::{Journal, JournalError};

use super::outcome::Outcome;
use super::problems::{Cause, Causes};
use crate::base::text::{counted, one_line, shortened, visible};

/// How many annotations of one kind GitHub takes from a step.
const OF_A_KIND: usize = 10;

/// The longest message, in characters.
const MESSAGE: usize = 1_000;

/// The workflow commands of a run, one line each; empty when there is nothing to look at.
///
/// # Errors
/// When the journal cannot be read.
pub fn annotations(journal: &Journal) -> Result<String, JournalError> {
    let mut causes = Causes::default();
    for record in journal.records() {
        causes.add(journal.header(), &record?);
    }
    let shortfall = Outcome::of(journal).shortfall().map(|why| command("error", "Flowproof", None, &why));
    let errors: Vec<_> = causes.at(Level::Deny).map(|cause| annotation("error", cause)).collect();
    let warnings: Vec<_> = causes.at(Level::Warn).map(|cause| annotation("warning", cause)).collect();
    let room = OF_A_KIND - usize::from(shortfall.is_some());
    let left_out = errors.len().saturating_sub(room) + warnings.len().saturating_sub(OF_A_KIND);
    let lines = shortfall.into_iter().chain(errors.into_iter().take(room)).chain(warnings.into_iter().take(OF_A_KIND));
    Ok(lines.chain(rest(left_out, causes.beyond)).collect())
}

fn annotation(kind: &str, cause: &Cause) -> String {
    let mut message = shortened(&cause.message, MESSAGE).into_owned();
    message.push_str(&format!("\nin {}", cause.named[0]));
    if cause.scenarios > 1 {
        message.push_str(&format!(" and {}", counted(cause.scenarios - 1, "more scenario")));
    }
    command(kind, &cause.rule, Some(&cause.place), &message)
}

/// What GitHub would not have shown.
fn rest(left_out: usize, beyond: usize) -> Option<String> {
    let why = format!("{} left out here; the reports have them all", counted(left_out + beyond, "more problem"));
    (left_out + beyond > 0).then(|| command("notice", "Flowproof", None, &why))
}

fn command(kind: &str, title: &str, place: Option<&(String, usize, usize)>, message: &str) -> String {
    let place = place.map(|(file, line, column)| {
        format!("file={},line={line},col={column},", property(file.strip_prefix("./").unwrap_or(file)))
    });
    format!("::{kind} {}title={}::{}\n", place.unwrap_or_default(), property(title), data(message))
}

/// The value of a property: colons and commas would end it.
fn property(text: &str) -> String {
    data(&one_line(text)).replace(':', "%3A").replace(',', "%2C")
}

/// The text of a command: one line to GitHub, and without the older form of commands, which it finds anywhere.
fn data(text: &str) -> String {
    let text = visible(text).replace("##", "#\\x23");
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r20_a_value_ends_neither_its_property_nor_its_command() {
        let place = ("a,line=9::b\n%".to_owned(), 3, 1);
        let made = command("error", "x,y:z", Some(&place), "50%\r\n::error::owned ##[group]");
        assert_eq!(
            made,
            "::error file=a%2Cline=9%3A%3Ab %25,line=3,col=1,title=x%2Cy%3Az::50%25\\x0d%0A::error::owned #\\x23[group]\n"
        );
    }
}
