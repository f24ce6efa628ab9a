//! A run as text for people who watch it: one line per scenario, one account per failure, one summary.
//!
//! Pure text, as wide as the terminal or 80 columns but for curl lines, which must stay whole to be copied. Values from a server are shown and
//! never obeyed: no control character leaves here but our own colours, and no line of a value can be taken for a command
//! by a CI system. Deliberately not here: writing to a terminal, deciding whether it has colours, progress.

use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use crate::record::{ExchangeRecord, Header, ScenarioRecord, StepOutcome};
use crate::record::{Finding, Level, Place, Verdict};

use super::outcome::Outcome;
use super::text::status;
use crate::base::duration;
use crate::base::text::{counted, one_line, shortened, visible, wrapped};

/// The width that everything but curl lines fits, where nobody says otherwise.
pub const WIDTH: usize = 80;

/// The fewest columns that a text is made for.
const NARROWEST: usize = 50;
/// The most columns that a text is made for: longer lines are hard to read.
const WIDEST: usize = 120;

/// The longest value that is shown whole, in characters.
const VALUE: usize = 600;

/// The longest curl line that is shown, in bytes.
const CURL: usize = 4_000;

/// The most findings that one account shows.
const FINDINGS: usize = 20;

/// How a text is shown: its styles, all empty for plain text, and its width.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    passed: Style,
    failed: Style,
    errored: Style,
    skipped: Style,
    warning: Style,
    pub(crate) strong: Style,
    pub(crate) faint: Style,
    /// How many columns a line may take.
    pub(crate) width: usize,
}

impl Default for Palette {
    fn default() -> Self {
        let [passed, failed, errored, skipped, warning, strong, faint] = [Style::new(); 7];
        Self { passed, failed, errored, skipped, warning, strong, faint, width: WIDTH }
    }
}

impl Palette {
    /// No styles at all.
    pub fn plain() -> Self {
        Self::default()
    }

    /// The same styles for a terminal of so many columns; a text is neither squeezed nor drawn out.
    #[must_use]
    pub fn of_width(self, columns: usize) -> Self {
        Self { width: columns.clamp(NARROWEST, WIDEST), ..self }
    }

    /// The colours of a terminal.
    pub fn coloured() -> Self {
        let bold = Style::new().bold();
        Self {
            passed: AnsiColor::Green.on_default(),
            failed: AnsiColor::Red.on_default().bold(),
            errored: AnsiColor::Magenta.on_default().bold(),
            skipped: AnsiColor::Cyan.on_default(),
            warning: AnsiColor::Yellow.on_default().bold(),
            strong: bold,
            faint: Style::new().dimmed(),
            width: WIDTH,
        }
    }

    pub(crate) fn verdict(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Passed => self.passed,
            Verdict::Failed => self.failed,
            Verdict::Errored => self.errored,
            Verdict::Skipped => self.skipped,
        }
    }
}

/// One scenario in one line, such as `passed  mfa/otp/wrong-value  12 ms`, with a line break at its end.
pub fn line(record: &ScenarioRecord, palette: &Palette) -> String {
    let style = palette.verdict(record.verdict);
    let word = if record.is_flaky() { "FLAKY" } else { record.verdict.as_str() };
    let style = if record.is_flaky() { palette.warning } else { style };
    let rest = match (record.verdict, &record.reason) {
        (Verdict::Skipped, Some(reason)) => one_line(reason),
        _ => duration::human(record.duration_us),
    };
    format!("{style}{word:7}{style:#}  {}  {}\n", inert(&one_line(&record.name)), inert(&rest))
}

/// One scenario that did not pass, or passed with warnings: what was promised, what came, and how to repeat it.
pub fn failure(header: &Header, record: &ScenarioRecord, palette: &Palette) -> String {
    Account { header, record, palette, text: String::new(), curls: Vec::new() }.written()
}

/// What one finding is about, or why a scenario has no verdict, as plain text.
pub(super) fn about(header: &Header, record: &ScenarioRecord, finding: Option<&Finding>) -> String {
    let mut account = Account { header, record, palette: &Palette::plain(), text: String::new(), curls: Vec::new() };
    match finding {
        Some(finding) => account.write_finding(finding),
        None if record.is_flaky() => account.write_attempts(),
        None => account.write_reason(),
    }
    account.text.trim_start_matches('\n').to_owned()
}

/// The end of a run: how many came to what, how long it took, where the reports are, what the exit code says.
pub fn summary(outcome: &Outcome, reports: &[PathBuf], palette: &Palette) -> String {
    let style = match outcome.tone() {
        "kept" => palette.passed,
        "broken" => palette.failed,
        _ => palette.errored,
    };
    let mut text = format!("{style}{}{style:#}\n", outcome.headline());
    let mut rows = vec![("scenarios", outcome.tally()), ("checked", effort(outcome))];
    rows.extend(outcome.shortfall().map(|why| ("note", one_line(&why))));
    rows.extend(outcome.planted().map(|what| ("note", what)));
    rows.extend(outcome.uncovered.iter().map(|what| ("note", one_line(what))));
    rows.extend(outcome.notes.iter().map(|note| ("note", one_line(note))));
    rows.extend(outcome.leftovers().map(|what| ("left", format!("{what}; leftovers.json lists it"))));
    rows.extend(
        reports
            .iter()
            .enumerate()
            .map(|(index, path)| (if index == 0 { "reports" } else { "" }, one_line(&path.display().to_string()))),
    );
    let code = outcome.exit_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    rows.push(("exit code", format!("{code}: {}", outcome.meaning())));
    for (label, value) in rows {
        push_row(&mut text, palette, label, &value);
    }
    text
}

pub(super) fn effort(outcome: &Outcome) -> String {
    let counts = outcome.counts;
    let mut text = format!("{} on {}", counted(counts.checks, "promise"), counted(counts.exchanges, "request"));
    if counts.warnings > 0 {
        let _ = write!(text, ", {}", counted(counts.warnings, "warning"));
    }
    if let Some(us) = outcome.duration_us {
        let _ = write!(text, ", in {}", duration::human(us));
    }
    text
}

/// A row that belongs below the summary.
pub fn row(label: &str, value: &str, palette: &Palette) -> String {
    let mut text = String::new();
    push_row(&mut text, palette, label, value);
    text
}

fn push_row(text: &mut String, palette: &Palette, label: &str, value: &str) {
    let faint = palette.faint;
    for (index, line) in lines(value, palette.width - 13).iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = writeln!(text, "  {faint}{label:9}{faint:#}  {line}");
    }
}

/// The account of one scenario while it is being written.
struct Account<'a> {
    header: &'a Header,
    record: &'a ScenarioRecord,
    palette: &'a Palette,
    text: String,
    curls: Vec<usize>,
}

impl Account<'_> {
    fn written(mut self) -> String {
        self.text.push_str(&line(self.record, self.palette));
        self.write_paragraph("  ", &self.record.title);
        if self.record.verdict != Verdict::Skipped {
            self.write_attempts();
            self.write_reason();
            self.write_findings();
        }
        self.text
    }

    /// What came of the attempts before the one that counts.
    fn write_attempts(&mut self) {
        for (index, attempt) in self.record.earlier.iter().enumerate() {
            let reason = attempt.reason.as_deref().unwrap_or("no reason was recorded");
            let kind = format!("attempt {} {}", index + 1, attempt.verdict.as_str());
            self.write_title(&kind, self.palette.verdict(attempt.verdict), reason);
        }
    }

    /// The reason, unless it only repeats the findings.
    fn write_reason(&mut self) {
        let denied = self.record.findings.iter().any(|finding| finding.level == Level::Deny);
        if denied || self.record.verdict == Verdict::Passed {
            return;
        }
        let reason = self.record.reason.as_deref().unwrap_or("no reason was recorded");
        self.write_title("error", self.palette.errored, reason);
        if let Some(step) = self.record.steps.iter().position(|step| step.outcome == StepOutcome::Errored) {
            self.write_step(step, None);
            if let Some(exchange) = self.record.exchanges.iter().rposition(|exchange| exchange.step == step) {
                self.write_exchange(exchange);
            }
        }
    }

    fn write_findings(&mut self) {
        let denied = self.record.findings.iter().filter(|finding| finding.level == Level::Deny);
        let (count, shown) = (denied.clone().count(), denied.take(FINDINGS));
        shown.for_each(|finding| self.write_finding(finding));
        if count > FINDINGS {
            self.write_paragraph(
                "\n  ",
                &format!("… and {}; the reports have them all", counted(count - FINDINGS, "more finding")),
            );
        }
        let warned: Vec<_> = self.record.findings.iter().filter(|finding| finding.level == Level::Warn).collect();
        warned.iter().take(FINDINGS).for_each(|finding| self.write_warning(finding));
    }

    fn write_finding(&mut self, finding: &Finding) {
        let (kind, style) = match finding.level {
            Level::Deny => ("error", self.palette.failed),
            Level::Allow | Level::Warn => ("warning", self.palette.warning),
        };
        self.write_title(&format!("{kind}[{}]", finding.check), style, &finding.message);
        let exchange = finding.exchange.filter(|index| *index < self.record.exchanges.len());
        if let Some(index) = exchange {
            self.write_step(self.record.exchanges[index].step, finding.place.as_ref());
        } else if let Some(place) = &finding.place {
            self.write_place("at", place);
        }
        self.write_promise(finding);
        let rows = [("pointer", &finding.pointer), ("expected", &finding.expected), ("actual", &finding.actual)];
        for (label, value) in rows.into_iter().filter_map(|(label, value)| Some((label, value.as_deref()?))) {
            self.write_row(label, value);
        }
        if let Some(index) = exchange {
            self.write_exchange(index);
        }
    }

    fn write_warning(&mut self, finding: &Finding) {
        let place = finding.pointer.as_deref().map(|pointer| format!(" (at {pointer})")).unwrap_or_default();
        let message = format!("{}{place}", finding.message);
        self.write_title(&format!("warning[{}]", finding.check), self.palette.warning, &message);
    }

    /// The step, and where it is written; a finding's own place is the more precise one.
    fn write_step(&mut self, index: usize, precise: Option<&Place>) {
        let Some(step) = self.record.steps.get(index) else { return };
        let label = format!("step {} of {}, {},", index + 1, self.record.steps.len(), step.label);
        self.write_place(&label, precise.unwrap_or(&step.place));
    }

    fn write_place(&mut self, label: &str, place: &Place) {
        self.write_paragraph("    ", &format!("{label} {}:{}:{}", place.file, place.line, place.column));
        let number = place.line.to_string();
        let room = self.palette.width - 9 - number.len();
        let skipped = beyond(&place.excerpt, room);
        for (index, line) in place.excerpt.lines().enumerate() {
            let gutter = if index == 0 { number.clone() } else { " ".repeat(number.len()) };
            // An excerpt is not wrapped: the caret must stay below its place.
            let shown: String = visible(line).chars().skip(skipped).take(room).collect();
            let faint = self.palette.faint;
            let _ = writeln!(self.text, "      {faint}{gutter} |{faint:#} {}", inert(shown.trim_end()));
        }
    }

    fn write_promise(&mut self, finding: &Finding) {
        if let Some(operation) = &finding.operation {
            self.write_row("operation", operation);
        }
        for id in &finding.requirements {
            let known = self.header.contract.requirements.iter().find(|requirement| requirement.id == *id);
            let promise = known.map_or_else(|| id.clone(), |known| format!("{id}: {}", known.statement));
            self.write_row(if finding.is_expectation() { "covers" } else { "promised" }, &promise);
        }
    }

    /// What came, in short, and the curl line when it was not given before.
    fn write_exchange(&mut self, index: usize) {
        let exchange = &self.record.exchanges[index];
        self.write_row("response", &in_short(exchange));
        if let Some(trace) = &exchange.trace {
            self.write_row("trace", &trace.trace_id);
        }
        if self.curls.contains(&index) {
            return;
        }
        self.curls.push(index);
        let command = super::curl(self.header, exchange);
        if command.len() > CURL {
            return self.write_row("repeat", "the request is long; its curl line is in the HTML report");
        }
        self.write_row("repeat", "");
        command.lines().for_each(|line| self.text.push_str(&format!("      {}\n", inert(line))));
    }

    fn write_title(&mut self, kind: &str, style: Style, message: &str) {
        let kind = one_line(kind);
        let message = format!("{kind}: {}", shortened(message, VALUE));
        for (index, line) in lines(&message, self.palette.width - 4).iter().enumerate() {
            match line.strip_prefix(&kind) {
                Some(rest) if index == 0 => {
                    let strong = self.palette.strong;
                    let _ = writeln!(self.text, "\n  {style}{kind}{style:#}{strong}{rest}{strong:#}");
                }
                _ => self.text.push_str(&format!("    {line}\n")),
            }
        }
    }

    fn write_row(&mut self, label: &str, value: &str) {
        let faint = self.palette.faint;
        for (index, line) in lines(&shortened(value, VALUE), self.palette.width - 15).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let row = format!("    {faint}{label:9}{faint:#}  {line}");
            self.text.push_str(row.trim_end());
            self.text.push('\n');
        }
    }

    fn write_paragraph(&mut self, indent: &str, text: &str) {
        for line in lines(text, self.palette.width - indent.len()) {
            self.text.push_str(&format!("{indent}{line}\n"));
        }
    }
}

/// How many characters of an excerpt must be left out at its beginning for its caret to be seen.
fn beyond(excerpt: &str, room: usize) -> usize {
    let caret = excerpt.lines().nth(1).and_then(|line| line.chars().position(|c| c == '^')).unwrap_or_default();
    if caret + 10 > room { caret + 10 - room / 2 } else { 0 }
}

fn in_short(exchange: &ExchangeRecord) -> String {
    let came = match (&exchange.response, &exchange.error) {
        (Some(response), _) => status(response.status),
        (None, Some(error)) => format!("{}: {}", error.phase, error.message),
        (None, None) => "no response".into(),
    };
    format!("{came}, after {}", duration::human(exchange.total_us))
}

/// The lines of a value, made inert, in so many columns, with room for what [`inert`] may add.
fn lines(value: &str, width: usize) -> Vec<String> {
    let value = visible(value).replace("##", "#\\x23");
    wrapped(&value, width - 3).iter().map(|line| inert(line)).collect()
}

/// A line that no CI system takes for a command: GitHub trims before it looks for `::`, and finds `##[` anywhere.
pub(super) fn inert(line: &str) -> String {
    let line = visible(line).replace("##", "#\\x23");
    let start = line.len() - line.trim_start().len();
    match line[start..].strip_prefix("::") {
        Some(rest) => format!("{}\\x3a:{rest}", &line[..start]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_is_seen_wherever_it_is_in_its_line() {
        let excerpt = format!("{}{}\n{}^^^", "x".repeat(90), "abc", " ".repeat(90));
        let shown = |line: &str| line.chars().skip(beyond(&excerpt, 70)).take(70).collect::<String>();
        let lines: Vec<String> = excerpt.lines().map(shown).collect();
        assert_eq!(lines[0].find("abc"), lines[1].find("^^^"));
        assert!(lines[1].contains("^^^"), "{lines:?}");
        assert_eq!(beyond("ab\n ^", 70), 0);
    }

    #[test]
    fn r20_a_value_is_never_a_workflow_command() {
        assert_eq!(inert("  ::error::x"), "  \\x3a:error::x");
        assert_eq!(inert("a ##[group]##vso[x]"), "a #\\x23[group]#\\x23vso[x]");
        assert_eq!(inert("a ::b"), "a ::b");
    }
}
