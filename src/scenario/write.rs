//! A scenario as the text that people read and change: the YAML of values that a program has put together.
//!
//! Maps and lists stand in one line where they fit into it, and below their key where they do not. Deliberately not here: what
//! belongs into a scenario, and whether it keeps the contract ([`super::lint`](mod@super::lint)).

use serde_json::{Map, Value};

/// Lines that would be longer are broken.
const WIDTH: usize = 110;

/// A text in which nothing is taken for a template.
pub fn escaped(text: &str) -> String {
    text.replace("{{", "\\{{")
}

/// The text of a file whose keys and values these are, in their order.
pub fn file(members: &Map<String, Value>) -> String {
    let mut text = String::new();
    map(members, 0, &mut text);
    text
}

fn map(members: &Map<String, Value>, indent: usize, text: &mut String) {
    for (at, (name, value)) in members.iter().enumerate() {
        // The first member of a map in a list stands behind the dash.
        if at > 0 || text.ends_with('\n') {
            text.push_str(&" ".repeat(indent));
        }
        text.push_str(&scalar(name));
        text.push(':');
        below(value, indent, text);
    }
}

/// A value behind its key or dash.
fn below(value: &Value, indent: usize, text: &mut String) {
    let line = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    let flow = flow(value);
    match value {
        Value::Object(members) if !members.is_empty() && line + flow.len() > WIDTH => {
            text.push('\n');
            map(members, indent + 2, text);
        }
        Value::Array(items) if is_broken(items) || (!items.is_empty() && line + flow.len() > WIDTH) => {
            text.push('\n');
            list(items, indent + 2, text);
        }
        _ => text.push_str(&format!(" {flow}\n")),
    }
}

/// Whether each item of a list has lines of its own, as steps and rows have.
fn is_broken(items: &[Value]) -> bool {
    items.iter().any(|item| item.get("call").is_some())
}

fn list(items: &[Value], indent: usize, text: &mut String) {
    for item in items {
        text.push_str(&format!("{:indent$}-", ""));
        match item {
            Value::Object(members) if !members.is_empty() => {
                text.push(' ');
                map(members, indent + 2, text);
            }
            other => below(other, indent, text),
        }
    }
}

/// A value in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text without quotes where it cannot be taken for anything else.
fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '_'));
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || " _-./+()'".contains(c));
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    begins && plain && !text.ends_with(' ') && !reserved.contains(&text.to_ascii_lowercase().as_str())
}

/// A text as JSON and YAML write it alike; what YAML does not let stand as it is, is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for character in Value::from(text).to_string().chars() {
        match character as u32 {
            code @ (0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                quoted.push_str(&format!("\\u{code:04x}"));
            }
            _ => quoted.push(character),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::Suite;
    use crate::scenario::model::StepAction;

    fn members(value: &Value) -> &Map<String, Value> {
        value.as_object().expect("an object")
    }

    #[test]
    fn what_is_written_is_read_as_the_same_values_whatever_they_are() {
        let texts =
            ["no", "012", "1.10", "a: b # c", "{{x}}", "\u{7f}\u{85}\u{feff}", "tab\tand\nline", "ä ", "", "~", "- a"];
        let body = json!({ "texts": texts, "n": [1, -2.5, true, null, {}, []], "a b/c~\"": { "{": "}" } });
        let wide = json!({ "list": vec!["a text that is not short"; 9], "map": { "long": "x".repeat(200), "deep": { "k": vec![json!({"a": [1]}); 30] } } });
        for body in [body, wide] {
            let scenario = json!({ "scenario": "A: title", "steps": [{ "call": "POST /a (b)", "body": plain(&body) }, { "call": "c" }] });
            let text = file(members(&scenario));
            let suite = Suite::from_text("a.yaml", &text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
            let StepAction::Call(call) = &suite.scenarios[0].steps[0].action else { panic!("a call") };
            let read = call.body.as_ref().expect("a body").render(&Default::default()).expect("no template");
            assert_eq!((read, suite.scenarios[0].steps.len()), (body, 2), "{text}");
        }
    }

    fn plain(value: &Value) -> Value {
        match value {
            Value::String(text) => escaped(text).into(),
            Value::Array(items) => items.iter().map(plain).collect(),
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
            other => other.clone(),
        }
    }

    #[test]
    fn a_scenario_looks_as_people_write_it() {
        let scenario = json!({
            "scenario": "An order is paid", "tags": ["recorded"],
            "steps": [
                { "call": "placeOrder", "body": { "book": "b-1", "count": 2 }, "expect": { "status": 201 }, "save": { "order": "/id" } },
                { "call": "payOrder", "path": { "id": "{{order}}" } },
            ],
        });
        let expected = "scenario: An order is paid\ntags: [recorded]\nsteps:\n  - call: placeOrder\n    body: { book: b-1, count: 2 }\n    \
                        expect: { status: 201 }\n    save: { order: /id }\n  - call: payOrder\n    path: { id: \"{{order}}\" }\n";
        assert_eq!(file(members(&scenario)), expected);
    }
}
