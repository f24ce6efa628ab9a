//! What would run against a real tenant, and what one more fact would add, as people read it.
//!
//! Deliberately not here: finding it out (`engine`).

use std::fmt::Write as _;

use crate::engine::Outlook;

/// How many facts are named.
const MOST: usize = 12;

/// What no real tenant supplies, as the outlook names it.
const NEVER: &[&str] = &["`clock`", "`limit`", "the codes of people who are no users of the target"];

/// The outlook as text.
pub(super) fn text(outlook: &Outlook, target: &str) -> String {
    let (runs, all) = (outlook.runs.len(), outlook.runs.len() + outlook.skipped);
    let mut text = format!("{runs} of {all} scenarios would run against `{target}`\n");
    let (never, adds): (Vec<_>, Vec<_>) = outlook.adds.iter().partition(|(fact, _)| NEVER.contains(&&**fact));
    if !adds.is_empty() {
        text += "one more fact would add:\n";
    }
    for (fact, count) in adds.iter().take(MOST) {
        let _ = writeln!(text, "  {count:>4}  {fact}");
    }
    if adds.len() > MOST {
        let _ = writeln!(text, "        and {} more", adds.len() - MOST);
    }
    let never: Vec<String> = never.iter().map(|(fact, count)| format!("{fact} ({count})")).collect();
    if !never.is_empty() {
        let _ = writeln!(text, "a real tenant does not supply: {}", never.join(", "));
    }
    text
}
