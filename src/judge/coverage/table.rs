//! Coverage as people and machines read it: a table in 80 columns, Markdown, JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Coverage, Dimension, Goals};
use crate::base::format::TableFormat;
use crate::base::text::filled;

impl Coverage {
    /// Writes the coverage down; `missing` also names what was not reached.
    pub fn render(&self, format: TableFormat, goals: &Goals, missing: bool) -> String {
        match format {
            TableFormat::Text => self.text(goals, missing),
            TableFormat::Markdown => self.markdown(goals, missing),
            TableFormat::Json => format!("{:#}\n", self.json(goals)),
        }
    }

    fn text(&self, goals: &Goals, missing: bool) -> String {
        let mut out = String::from("dimension               reached   total     share     least   out of reach\n");
        for (name, dimension) in self.dimensions() {
            let CoverageRow { reached, total, share, least, given_up, mark } = CoverageRow::of(name, dimension, goals);
            let row = format!("{name:22} {reached:>8} {total:>7} {share:>9} {least:>9} {given_up:>14}{mark}");
            let _ = writeln!(out, "{}", row.trim_end());
        }
        for (name, dimension) in self.dimensions() {
            if missing && dimension.missing().next().is_some() {
                let _ = writeln!(out, "\n{name} not reached:");
                dimension.missing().for_each(|item| _ = writeln!(out, "  {item}"));
            }
            for (reason, items) in reasons(dimension) {
                let _ = writeln!(out, "\n{name}: {} out of reach:", items.len());
                filled(reason.split_whitespace(), 78).iter().for_each(|line| _ = writeln!(out, "  {line}"));
                items.iter().filter(|_| missing).for_each(|item| _ = writeln!(out, "    {item}"));
            }
        }
        out
    }

    fn markdown(&self, goals: &Goals, missing: bool) -> String {
        let mut out = String::from("| dimension | reached | total | share | least | out of reach |\n");
        out.push_str("|---|--:|--:|--:|--:|--:|\n");
        for (name, dimension) in self.dimensions() {
            let CoverageRow { reached, total, share, least, given_up, mark } = CoverageRow::of(name, dimension, goals);
            let _ = writeln!(out, "| {name} | {reached} | {total} | {share}{mark} | {least} | {given_up} |");
        }
        for (name, dimension) in self.dimensions() {
            if missing && dimension.missing().next().is_some() {
                let _ = writeln!(out, "\n{name} not reached:\n");
                dimension.missing().for_each(|item| _ = writeln!(out, "- `{item}`"));
            }
            for (reason, items) in reasons(dimension) {
                let _ = writeln!(out, "\n{name}: {} out of reach: {reason}", items.len());
                let listed = items.iter().filter(|_| missing);
                listed.enumerate().for_each(|(at, item)| {
                    let gap = if at == 0 { "\n" } else { "" };
                    let _ = writeln!(out, "{gap}- `{item}`");
                });
            }
        }
        out
    }

    fn json(&self, goals: &Goals) -> Value {
        let dimensions = self.dimensions().map(|(name, dimension)| {
            let given_up = dimension.unreachable().map(|(item, reason)| json!({"item": item, "reason": reason}));
            json!({
                "dimension": name,
                "reached": dimension.reached(),
                "total": dimension.total(),
                "share": (dimension.share() * 100.0).floor() / 100.0,
                "least": goals.least(name),
                "missing": dimension.missing().collect::<Vec<_>>(),
                "unreachable": given_up.collect::<Vec<_>>(),
            })
        });
        json!({"dimensions": dimensions.collect::<Vec<_>>()})
    }
}

/// The cells of a row.
struct CoverageRow {
    reached: usize,
    total: usize,
    share: String,
    least: String,
    given_up: String,
    /// Draws the eye to a threshold that is not reached.
    mark: &'static str,
}

impl CoverageRow {
    fn of(name: &str, dimension: &Dimension, goals: &Goals) -> Self {
        let given_up = dimension.unreachable().count();
        let least = goals.least(name);
        Self {
            reached: dimension.reached(),
            total: dimension.total(),
            share: dimension.share_in_words(),
            least: least.map(|least| format!("{least} %")).unwrap_or_default(),
            given_up: if given_up == 0 { String::new() } else { given_up.to_string() },
            mark: if least.is_some_and(|least| dimension.share() < least) { " !" } else { "" },
        }
    }
}

/// What is out of reach, by reason, in the order in which the reasons come up.
fn reasons(dimension: &Dimension) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (item, reason) in dimension.unreachable() {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, items)) => items.push(item),
            None => reasons.push((reason, vec![item])),
        }
    }
    reasons
}
