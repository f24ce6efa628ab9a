//! Annotations for GitHub Actions: workflow commands, which the service shows beside the lines of a change.
//!
//! GitHub takes ten errors and ten warnings of a step and fifty annotations of a run and drops the rest without a word; so
//! causes are listed and not scenarios, and a last line says how many were left out. Deliberately not here: printing.

use crate::record::Level;
use crate::record::journal::Journal;

use super::gathered::Gathered;
use super::outcome::Outcome;
use super::problems::Cause;
use crate::base::text::{counted, shortened};
use crate::base::workflow_command::{SHOWN_OF_A_KIND, command};

/// The longest message, in characters.
const MESSAGE: usize = 1_000;

/// The workflow commands of a run, one line each; empty when there is nothing to look at.
pub fn annotations(journal: &Journal, gathered: &Gathered) -> String {
    let causes = &gathered.causes;
    let outcome = Outcome::of(journal);
    let whole = outcome.shortfall().into_iter().chain(outcome.uncovered.iter().cloned());
    let whole: Vec<_> = whole.map(|why| titled("error", "Flowproof", None, &why)).take(SHOWN_OF_A_KIND).collect();
    let planted = outcome.planted().map(|what| titled("notice", "Flowproof", None, &what));
    let errors: Vec<_> = causes.at(Level::Deny).map(|cause| annotation("error", cause)).collect();
    let warnings: Vec<_> = causes.at(Level::Warn).map(|cause| annotation("warning", cause)).collect();
    let room = SHOWN_OF_A_KIND - whole.len();
    let left_out = errors.len().saturating_sub(room) + warnings.len().saturating_sub(SHOWN_OF_A_KIND);
    let lines = planted
        .into_iter()
        .chain(whole)
        .chain(errors.into_iter().take(room))
        .chain(warnings.into_iter().take(SHOWN_OF_A_KIND));
    lines.chain(rest(left_out, causes.beyond)).collect()
}

fn annotation(kind: &str, cause: &Cause) -> String {
    let mut message = shortened(&cause.message, MESSAGE).into_owned();
    message.push_str(&format!("\nin {}", cause.named[0]));
    if cause.scenarios > 1 {
        message.push_str(&format!(" and {}", counted(cause.scenarios - 1, "more scenario")));
    }
    titled(kind, &cause.rule, Some(&cause.place), &message)
}

/// What GitHub would not have shown.
fn rest(left_out: usize, beyond: usize) -> Option<String> {
    let why = format!("{} left out here; the reports have them all", counted(left_out + beyond, "more problem"));
    (left_out + beyond > 0).then(|| titled("notice", "Flowproof", None, &why))
}

fn titled(kind: &str, title: &str, place: Option<&(String, usize, usize)>, message: &str) -> String {
    let place = place.map(|(file, line, column)| {
        let file = file.strip_prefix("./").unwrap_or(file).to_owned();
        [("file", file), ("line", line.to_string()), ("col", column.to_string())]
    });
    let properties: Vec<_> = place.into_iter().flatten().chain([("title", title.to_owned())]).collect();
    command(kind, &properties, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r20_a_value_ends_neither_its_property_nor_its_command() {
        let place = ("a,line=9::b\n%".to_owned(), 3, 1);
        let made = titled("error", "x,y:z", Some(&place), "50%\r\n::error::owned ##[group]");
        assert_eq!(
            made,
            "::error file=a%2Cline=9%3A%3Ab %25,line=3,col=1,title=x%2Cy%3Az::50%25\\x0d%0A::error::owned #\\x23[group]\n"
        );
    }
}
