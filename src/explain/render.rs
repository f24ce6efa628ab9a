//! Shows explanations as text, as wide as the terminal.

use std::fmt::Write as _;

use super::explanation::{Explanation, IdKind, Section};
use crate::base::text::wrapped;
use crate::reports::console::Palette;

/// How far the text stands from the edge: the labels are before it.
const INDENT: usize = 12;

/// The explanations one after the other.
pub fn text(explanations: &[Explanation], palette: &Palette) -> String {
    explanations.iter().map(|explanation| one(explanation, palette)).collect::<Vec<_>>().join("\n")
}

fn one(explanation: &Explanation, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = palette;
    let Explanation { id, kind, sections } = explanation;
    let mut text = format!("{strong}{id}{strong:#}  {faint}{kind}{faint:#}\n\n");
    sections.iter().for_each(|section| push(&mut text, section, palette));
    text
}

fn push(text: &mut String, section: &Section, palette: &Palette) {
    let faint = palette.faint;
    let mut label = section.label;
    for entry in &section.lines {
        for (at, line) in lines(entry, palette.width).iter().enumerate() {
            // What goes on from the line above stands further in, where there are several entries.
            let inner = if at > 0 && section.lines.len() > 1 { "  " } else { "" };
            let _ = writeln!(text, "{faint}{label:10}{faint:#}  {inner}{line}");
            label = "";
        }
    }
}

/// Broken at spaces; an address or a pointer stays whole, so that it can be copied.
fn lines(entry: &str, width: usize) -> Vec<String> {
    if entry.contains(' ') { wrapped(entry, width - INDENT - 2) } else { vec![entry.to_owned()] }
}

/// What can be explained, by kind; promises of schemas are too many to list and are described instead.
pub fn list(ids: &[(IdKind, Vec<String>)], palette: &Palette) -> String {
    let strong = palette.strong;
    let mut text = String::from("flowproof explain ID explains an id.\n");
    for (kind, ids) in ids {
        let _ = write!(text, "\n{strong}{kind}{strong:#} ({})\n", ids.len());
        let shown = match (kind, ids.first()) {
            (IdKind::Schema, Some(first)) => format!("schema:OPERATION:STATUS:MEDIA-TYPE, such as {first}"),
            _ => ids.join("  "),
        };
        wrapped(&shown, palette.width - 2).iter().for_each(|line| _ = writeln!(text, "  {}", line.trim_start()));
    }
    text
}
