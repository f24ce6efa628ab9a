//! Problems in scenarios, in the forms that people and machines read: text with carets, JSON, GitHub's workflow commands, SARIF.
//!
//! Deliberately not here: finding the problems ([`super`]), and writing anywhere.

use percent_encoding::utf8_percent_encode;
use serde_json::{Value, json};

use super::rules::{LintRule, RULES};
use crate::base::percent::PATH;
use crate::base::source::{Diagnostic, Severity, Span};
use crate::base::text::counted;
use crate::base::workflow_command::{SHOWN_OF_A_KIND, command};

/// How problems are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LintFormat {
    /// Lines with carets below them.
    Text,
    /// An array of objects.
    Json,
    /// GitHub's workflow commands.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

/// The page on which every rule has a heading.
const RULES_PAGE: &str = "docs/lint.md";

/// Renders problems; `colour` adds terminal styles to text and nothing else.
pub fn render(problems: &[Diagnostic], format: LintFormat, colour: bool) -> String {
    match format {
        LintFormat::Text => text(problems, colour),
        LintFormat::Json => pretty(&Value::Array(problems.iter().map(as_json).collect())),
        LintFormat::Github => github(problems),
        LintFormat::Sarif => pretty(&sarif(problems)),
    }
}

fn text(problems: &[Diagnostic], colour: bool) -> String {
    let mut text: String = problems.iter().map(|problem| format!("{}\n", problem.render(colour))).collect();
    text.push_str(&format!("{}\n", summary(problems)));
    text
}

/// How many problems there are, in words.
pub fn summary(problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    match (errors, problems.len() - errors) {
        (0, 0) => "no problems".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Lines and columns from 1, the end exclusive, columns in characters.
struct Region {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

fn region(span: &Span) -> Region {
    let (start, end) = (span.position(), span.source.position(span.range().end.max(span.range().start)));
    let file = span.source.file();
    Region { file, line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

fn as_json(problem: &Diagnostic) -> Value {
    let region = problem.span.as_ref().map(region);
    let place = region.as_ref();
    json!({
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
        "help": problem.help,
        "file": place.map(|region| &region.file),
        "line": place.map(|region| region.line),
        "column": place.map(|region| region.column),
        "endLine": place.map(|region| region.end_line),
        "endColumn": place.map(|region| region.end_column),
    })
}

fn github(problems: &[Diagnostic]) -> String {
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning] {
        let of_kind: Vec<&Diagnostic> = problems.iter().filter(|problem| problem.severity == severity).collect();
        let shown = if of_kind.len() > SHOWN_OF_A_KIND { SHOWN_OF_A_KIND - 1 } else { of_kind.len() };
        of_kind[..shown].iter().for_each(|problem| text.push_str(&annotation(problem)));
        if of_kind.len() > shown {
            let message = format!("{} more are not shown; `flowproof lint` shows them all", of_kind.len() - shown);
            text.push_str(&command(severity.into(), &[("title", "flowproof lint".to_owned())], &message));
        }
    }
    text
}

/// What is wrong, and what to try next.
fn with_help(problem: &Diagnostic, between: &str) -> String {
    let help = problem.help.iter().map(String::as_str);
    std::iter::once(problem.message.as_str()).chain(help).collect::<Vec<_>>().join(between)
}

fn annotation(problem: &Diagnostic) -> String {
    let mut properties = Vec::new();
    if let Some(Region { file, line, column, end_line, end_column }) = problem.span.as_ref().map(region) {
        properties.extend([("file", file), ("line", line.to_string()), ("endLine", end_line.to_string())]);
        // GitHub takes columns only where line and end line are one.
        if line == end_line {
            properties.extend([("col", column.to_string()), ("endColumn", end_column.to_string())]);
        }
    }
    properties.push(("title", format!("flowproof lint: {}", problem.rule.unwrap_or("problem"))));
    command(problem.severity.into(), &properties, &with_help(problem, "\n").replace("\r\n", "\n"))
}

fn sarif(problems: &[Diagnostic]) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "flowproof",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(descriptor).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": problems.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn descriptor(rule: &LintRule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.about },
        "help": { "text": format!("{} See {RULES_PAGE}.", rule.fix) },
        "defaultConfiguration": { "level": rule.severity() },
    })
}

fn result(problem: &Diagnostic) -> Value {
    let message = with_help(problem, "; ");
    let mut result = json!({ "level": problem.severity, "message": { "text": message } });
    if let Some((index, rule)) = RULES.iter().enumerate().find(|(_, rule)| Some(rule.id.as_str()) == problem.rule) {
        result["ruleId"] = json!(rule.id);
        result["ruleIndex"] = json!(index);
    }
    result["locations"] =
        Value::Array(problem.span.iter().map(|span| json!({ "physicalLocation": location(span) })).collect());
    if let Some((span, note)) = &problem.related {
        result["relatedLocations"] =
            json!([{ "id": 0, "physicalLocation": location(span), "message": { "text": note } }]);
    }
    result
}

fn location(span: &Span) -> Value {
    let region = region(span);
    json!({
        "artifactLocation": { "uri": uri(&region.file) },
        "region": {
            "startLine": region.line,
            "startColumn": region.column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
        },
    })
}

/// A path as a reference: a file URL where it is absolute.
fn uri(path: &str) -> String {
    let encoded = utf8_percent_encode(path, PATH);
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Source;

    fn problem(message: &str) -> Diagnostic {
        let source = Source::new("cases/a,b:c.yaml", "a: é\nb: 2\n");
        Diagnostic::at(&Span::new(&source, 3..5), message).rule("form")
    }

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let value: Value = serde_json::from_str(&render(&[problem("wrong")], LintFormat::Json, false)).expect("JSON");
        assert_eq!(value[0]["line"], 1);
        assert_eq!((value[0]["column"].as_u64(), value[0]["endColumn"].as_u64()), (Some(4), Some(5)));
        assert_eq!(value[0]["severity"], "error");
    }

    #[test]
    fn a_workflow_command_cannot_be_broken_out_of() {
        let text = render(&[problem("100% wrong\r\n::error::x")], LintFormat::Github, false);
        assert_eq!(text.lines().count(), 1);
        assert!(
            text.starts_with(
                "::error file=cases/a%2Cb%3Ac.yaml,line=1,endLine=1,col=4,endColumn=5,title=flowproof lint%3A form::"
            ),
            "{text}"
        );
        assert!(text.contains("100%25 wrong%0A::error::x"), "{text}");
    }

    #[test]
    fn github_gets_ten_of_a_kind_and_the_last_says_how_many_are_left() {
        let many: Vec<Diagnostic> = (0..12).map(|n| problem(&n.to_string())).collect();
        let text = render(&many, LintFormat::Github, false);
        assert_eq!(text.lines().count(), 10);
        assert!(text.lines().last().is_some_and(|last| last.contains("3 more are not shown")), "{text}");
        assert_eq!(render(&many[..10], LintFormat::Github, false).lines().count(), 10);
    }

    #[test]
    fn sarif_names_the_rule_by_its_place_in_the_list() {
        let value: Value = serde_json::from_str(&render(&[problem("wrong")], LintFormat::Sarif, false)).expect("JSON");
        let result = &value["runs"][0]["results"][0];
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(value["runs"][0]["tool"]["driver"]["rules"][index]["id"], "form");
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "cases/a%2Cb%3Ac.yaml");
        assert_eq!(uri("/a b/c.yaml"), "file:///a%20b/c.yaml");
    }

    #[test]
    fn the_summary_counts_errors_and_warnings_apart() {
        assert_eq!(summary(&[]), "no problems");
        assert_eq!(summary(&[problem("a"), problem("b").warning()]), "1 error, 1 warning");
    }
}
