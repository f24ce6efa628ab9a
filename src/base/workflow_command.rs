//! GitHub's workflow commands: lines of output that the service shows beside the lines of a change.
//!
//! Deliberately not here: what is worth a command.

use crate::base::text::{one_line, visible};

/// How many commands of one kind GitHub shows of a step; what is beyond is dropped without a word.
pub(crate) const SHOWN_OF_A_KIND: usize = 10;

/// One command: the properties and the message are escaped differently.
pub(crate) fn command(kind: &str, properties: &[(&str, String)], message: &str) -> String {
    let properties: Vec<_> = properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{kind} {}::{}\n", properties.join(","), data(message))
}

/// The value of a property: colons and commas would end it.
fn property(text: &str) -> String {
    data(&one_line(text)).replace(':', "%3A").replace(',', "%2C")
}

/// The message of a command: one line to GitHub, and without the older form of commands, which it finds anywhere.
fn data(text: &str) -> String {
    let text = visible(text).replace("##", "#\\x23");
    text.replace('%', "%25").replace('\n', "%0A")
}
