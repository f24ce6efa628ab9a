//! Parameters as text: OpenAPI's styles, with and without `explode`.
//!
//! What stands between the parts of a list or an object is left as it is; inside the parts it is escaped where it would be
//! taken for that. Deliberately not here: which style a parameter has (see `contract`).

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use super::arguments::text;
use crate::contract::{ParameterForm, Style};

/// What is escaped in a path segment, beside control characters: the set that the generated client escapes.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'%');

/// The same in a part of a list or an object.
const PART: &AsciiSet = &SEGMENT.add(b',').add(b';').add(b'=');

/// What is escaped in a query whose reserved characters are left as they are.
const RESERVED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'%').add(b'&').add(b'+');

/// What a cookie cannot hold.
const COOKIE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b',').add(b';').add(b'\\').add(b'%');

/// A value in the place of its parameter in a path.
pub(super) fn in_path(name: &str, value: &Value, form: ParameterForm) -> String {
    if let Some(whole) = whole(value, form) {
        return prefixed(name, &utf8_percent_encode(&whole, SEGMENT).to_string(), form.style);
    }
    let parts = parts(value, form.explode, |text| utf8_percent_encode(text, PART).to_string());
    match (form.style, form.explode, value) {
        (Style::Label, true, _) => format!(".{}", parts.join(".")),
        (Style::Matrix, true, Value::Array(_)) => parts.iter().map(|part| format!(";{name}={part}")).collect(),
        (Style::Matrix, true, _) => parts.iter().map(|part| format!(";{part}")).collect(),
        _ => prefixed(name, &parts.join(","), form.style),
    }
}

fn prefixed(name: &str, text: &str, style: Style) -> String {
    match style {
        Style::Label => format!(".{text}"),
        Style::Matrix if text.is_empty() => format!(";{name}"),
        Style::Matrix => format!(";{name}={text}"),
        _ => text.to_owned(),
    }
}

/// A value in a header field.
pub(crate) fn in_header(value: &Value, form: ParameterForm) -> String {
    whole(value, form).unwrap_or_else(|| parts(value, form.explode, str::to_owned).join(","))
}

/// A value in a query or a form, as the pairs that it makes.
pub(super) fn in_query(name: &str, value: &Value, form: ParameterForm) -> Vec<String> {
    let escape = |text: &str| -> String {
        match form.allow_reserved {
            true => utf8_percent_encode(text, RESERVED).to_string(),
            false => byte_serialize(text.as_bytes()).collect(),
        }
    };
    let pair = |name: &str, text: &str| format!("{}={}", byte_serialize(name.as_bytes()).collect::<String>(), text);
    if let Some(whole) = whole(value, form) {
        return vec![pair(name, &escape(&whole))];
    }
    let joined = |delimiter: &str| vec![pair(name, &parts(value, false, escape).join(delimiter))];
    match (form.style, form.explode, value) {
        (Style::DeepObject, _, _) => deep(name, value, &|name, value| pair(name, &escape(&text(value)))),
        (_, true, Value::Array(items)) => items.iter().map(|item| pair(name, &escape(&text(item)))).collect(),
        (_, true, Value::Object(members)) => {
            members.iter().map(|(name, value)| pair(name, &escape(&text(value)))).collect()
        }
        (Style::SpaceDelimited, ..) => joined("%20"),
        (Style::PipeDelimited, ..) => joined("%7C"),
        _ => joined(","),
    }
}

/// A value as cookies, each a name and its value.
pub(crate) fn in_cookie(name: &str, value: &Value, form: ParameterForm) -> Vec<(String, String)> {
    let escape = |text: &str| utf8_percent_encode(text, COOKIE).to_string();
    let named = |name: &str, text: &str| (name.to_owned(), escape(text));
    if let Some(whole) = whole(value, form) {
        return vec![named(name, &whole)];
    }
    match (form.explode, value) {
        (true, Value::Array(items)) => items.iter().map(|item| named(name, &text(item))).collect(),
        (true, Value::Object(members)) => members.iter().map(|(name, value)| named(name, &text(value))).collect(),
        _ => vec![(name.to_owned(), parts(value, false, escape).join("%2C"))],
    }
}

/// The text of a value that has no parts, or is written as JSON.
fn whole(value: &Value, form: ParameterForm) -> Option<String> {
    match value {
        _ if form.is_json => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
        _ => Some(text(value)),
    }
}

/// The items of a list, or the members of an object: as `name=value` or one after the other.
fn parts(value: &Value, explode: bool, escape: impl Fn(&str) -> String) -> Vec<String> {
    let member = |(name, value): (&String, &Value)| {
        let (name, value) = (escape(name), escape(&text(value)));
        if explode { vec![format!("{name}={value}")] } else { vec![name, value] }
    };
    match value {
        Value::Array(items) => items.iter().map(|item| escape(&text(item))).collect(),
        Value::Object(members) => members.iter().flat_map(member).collect(),
        other => vec![escape(&text(other))],
    }
}

/// `a[b]=1`, as deep as the value goes.
fn deep(name: &str, value: &Value, pair: &dyn Fn(&str, &Value) -> String) -> Vec<String> {
    let below = |members: &Map<String, Value>| {
        members.iter().flat_map(|(member, value)| deep(&format!("{name}[{member}]"), value, pair)).collect()
    };
    match value {
        Value::Object(members) => below(members),
        Value::Array(items) => items.iter().flat_map(|item| deep(name, item, pair)).collect(),
        other => vec![pair(name, other)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(style: Style, explode: bool) -> ParameterForm {
        ParameterForm { style, explode, allow_reserved: false, is_json: false }
    }

    fn values() -> [Value; 3] {
        [json!("blue"), json!(["blue", "black"]), json!({"R": 100, "G": 200})]
    }

    // The table "Style Examples" of OpenAPI, as 3.0.4 has it.
    #[test]
    fn every_style_of_a_path_is_written_as_openapi_shows_it() {
        let written = |style, explode| values().map(|value| in_path("color", &value, form(style, explode)));
        assert_eq!(written(Style::Simple, false), ["blue", "blue,black", "R,100,G,200"]);
        assert_eq!(written(Style::Simple, true), ["blue", "blue,black", "R=100,G=200"]);
        assert_eq!(written(Style::Label, false), [".blue", ".blue,black", ".R,100,G,200"]);
        assert_eq!(written(Style::Label, true), [".blue", ".blue.black", ".R=100.G=200"]);
        assert_eq!(written(Style::Matrix, false), [";color=blue", ";color=blue,black", ";color=R,100,G,200"]);
        assert_eq!(written(Style::Matrix, true), [";color=blue", ";color=blue;color=black", ";R=100;G=200"]);
        assert_eq!(in_path("color", &json!(""), form(Style::Matrix, false)), ";color");
    }

    #[test]
    fn every_style_of_a_query_is_written_as_openapi_shows_it() {
        let written = |style, explode| values().map(|value| in_query("color", &value, form(style, explode)).join("&"));
        assert_eq!(written(Style::Form, true), ["color=blue", "color=blue&color=black", "R=100&G=200"]);
        assert_eq!(written(Style::Form, false), ["color=blue", "color=blue,black", "color=R,100,G,200"]);
        assert_eq!(written(Style::SpaceDelimited, false)[1..], ["color=blue%20black", "color=R%20100%20G%20200"]);
        assert_eq!(written(Style::PipeDelimited, false)[1..], ["color=blue%7Cblack", "color=R%7C100%7CG%7C200"]);
        assert_eq!(written(Style::DeepObject, true)[2], "color%5BR%5D=100&color%5BG%5D=200");
    }

    #[test]
    fn what_stands_between_the_parts_is_escaped_inside_of_them() {
        let list = json!(["a,b", "c d&e"]);
        assert_eq!(in_path("x", &list, form(Style::Simple, false)), "a%2Cb,c%20d&e");
        assert_eq!(in_query("x", &list, form(Style::Form, false)), ["x=a%2Cb,c+d%26e"]);
        assert_eq!(in_cookie("x", &json!("a;b"), form(Style::Form, true)), [("x".to_owned(), "a%3Bb".to_owned())]);
        assert_eq!(in_header(&json!(["a", "b"]), form(Style::Simple, false)), "a,b");
    }

    #[test]
    fn content_in_the_place_of_a_schema_is_written_as_json() {
        let json = ParameterForm { is_json: true, ..form(Style::Form, true) };
        assert_eq!(in_query("filter", &json!({"a": [1]}), json), ["filter=%7B%22a%22%3A%5B1%5D%7D"]);
    }

    #[test]
    fn reserved_characters_are_left_where_the_parameter_allows_them() {
        let reserved = ParameterForm { allow_reserved: true, ..form(Style::Form, true) };
        assert_eq!(in_query("next", &json!("/a?b=c&d e"), reserved), ["next=/a?b=c%26d%20e"]);
    }
}
