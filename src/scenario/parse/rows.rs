//! The rows of data of `for-each`.
//!
//! Deliberately not here: making scenarios of them (loading does).

use crate::base::source::{Diagnostic, Spanned};
use crate::base::yaml::{YamlContent, YamlNode};
use crate::scenario::decode::Decoder;
use crate::scenario::model::Json;

/// How many rows there may be.
pub(in crate::scenario) const MAX_ROWS: usize = 1_000;

/// Rows with their names.
pub(super) type Rows = Vec<(Spanned<String>, Json)>;

pub(super) fn rows(at: &mut Decoder, node: &YamlNode) -> Option<Rows> {
    match &node.content {
        YamlContent::Sequence(items) if items.is_empty() => {
            return at.fail(&node.span, "`for-each` has no rows, so the scenario would never run");
        }
        YamlContent::Sequence(items) if items.len() > MAX_ROWS => {
            let message = format!("`for-each` has {} rows; the limit is {MAX_ROWS}", items.len());
            return at.fail(&items[MAX_ROWS].span, message);
        }
        _ => {}
    }
    let mut rows: Rows = Vec::new();
    for (name, values) in at.list(node, row)? {
        match rows.iter().find(|(earlier, _)| earlier.value == name.value) {
            Some((first, _)) => {
                let problem = Diagnostic::at(&name.span, format!("two rows are named `{}`", name.value));
                at.report(problem.related(&first.span, "first used here"));
            }
            None => rows.push((name, values)),
        }
    }
    Some(rows)
}

fn row(at: &mut Decoder, node: &YamlNode) -> Option<(Spanned<String>, Json)> {
    let values = at.json(node)?;
    let YamlContent::Mapping(_) = &node.content else {
        return at.fail(&node.span, "a row must be a map with a `name`");
    };
    let Some(entry) = node.entry("name") else { return at.fail(&node.span, "this row has no `name`") };
    let name = at.label(&entry.value)?;
    match name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        true => Some((name, values)),
        false => at.fail(&name.span, "the name of a row may hold letters, digits, `-`, `_` and `.` only"),
    }
}
