//! How a value breaks a schema, in words: what is wrong at which place, what the schema wants there, and what stands there.
//!
//! Every missing or unknown property is a violation of its own, at its own place. A choice of schemas is one: its causes are
//! told of the alternative that is meant, where that can be seen. Words name nothing but what the contract names; values
//! stand in [`Violation::actual`] alone, whole or not at all, so that redaction finds what it looks for.
//!
//! Deliberately not here: what a violation means for a verdict.

use std::collections::HashSet;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::dynamic::place;
use super::keyword::{listed, types};
use super::reference::resolve;
use super::translate::{INTEGER, OWN};
use crate::base::pointer::{join, unescape};
use crate::base::text::{counted, first_of, nearest};

/// One way in which a value breaks a schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Violation {
    /// JSON pointer into the value; to what is missing or should not be there, too.
    pub instance: String,
    /// JSON pointer into the contract, at the keyword that is broken.
    pub keyword: String,
    /// What is wrong, without the value itself.
    pub message: String,
    /// What the schema wants, in short.
    pub expected: Option<String>,
    /// What stands there, in short: a text or number as it is, a large array or object by its size and names.
    pub actual: Option<String>,
    /// The value that stands there; null where something is missing or should not be there.
    pub value: Value,
}

/// So many allowed values, names or alternatives are listed.
const LISTED: usize = 8;

/// A text is shown up to this length in characters; of a longer one only the length is told.
const TEXT: usize = 2000;

/// An array or object is shown as it is up to this length in bytes.
const WHOLE: usize = 80;

/// The violations that errors speak of, each once.
pub(super) fn explained<'a>(
    errors: impl Iterator<Item = ValidationError<'a>>,
    document: &Value,
) -> impl Iterator<Item = Violation> {
    let mut known = HashSet::new();
    let all = errors.flat_map(|error| violations(&error, document));
    all.filter(move |violation| known.insert((violation.instance.clone(), violation.message.clone())))
}

fn violations(error: &ValidationError<'_>, document: &Value) -> Vec<Violation> {
    match error.kind() {
        Kind::Required { property } => vec![missing(error, property.as_str().unwrap_or_default(), document)],
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().map(|name| unknown(error, name, document)).collect()
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => match only_one(context) {
            Some(branch) => branch.iter().flat_map(|error| violations(error, document)).collect(),
            None => vec![no_alternative(error, context, document)],
        },
        kind => {
            let (message, expected) = in_words(error, kind, document);
            vec![Violation { message, expected, ..at(error) }]
        }
    }
}

/// The place of an error, and what stands there.
fn at(error: &ValidationError<'_>) -> Violation {
    let keyword =
        error.absolute_keyword_location().map_or_else(|| error.schema_path().to_string(), |uri| place(uri.as_ref()));
    let keyword = keyword.replace(&format!("/{OWN}"), "").replace(INTEGER, "format");
    Violation {
        instance: error.instance_path().to_string(),
        keyword,
        actual: Some(actual(error)),
        value: error.instance().clone().into_owned(),
        ..Violation::default()
    }
}

fn missing(error: &ValidationError<'_>, name: &str, document: &Value) -> Violation {
    let place = at(error);
    let holder = place.keyword.rsplit_once('/').map_or("", |(holder, _)| holder);
    let documented = join(&join(holder, "properties"), name);
    Violation {
        instance: join(&place.instance, name),
        message: format!("the required property `{name}` is missing"),
        expected: document.pointer(&documented).map(|_| described(document, &documented)),
        keyword: place.keyword,
        ..Violation::default()
    }
}

fn unknown(error: &ValidationError<'_>, name: &str, document: &Value) -> Violation {
    let place = at(error);
    let holder = place.keyword.rsplit_once('/').map_or("", |(holder, _)| holder);
    let known = document.pointer(&join(holder, "properties")).and_then(Value::as_object);
    let known: Vec<&String> = known.into_iter().flat_map(|members| members.keys()).collect();
    Violation {
        instance: join(&place.instance, name),
        message: format!("the schema allows no property `{name}`"),
        expected: (!known.is_empty()).then(|| format!("only {}", first_of(&known, LISTED))),
        keyword: place.keyword,
        ..Violation::default()
    }
}

/// The alternative beside which there is only `null`.
fn only_one<'e>(context: &'e [Vec<ValidationError<'static>>]) -> Option<&'e [ValidationError<'static>]> {
    let is_null = |branch: &[ValidationError<'_>]| matches!(branch, [only] if matches!(only.kind(), Kind::Type { kind: TypeKind::Single(JsonType::Null) }));
    let mut others = context.iter().filter(|branch| !is_null(branch));
    others.next().filter(|_| others.next().is_none()).map(Vec::as_slice)
}

fn no_alternative(
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    document: &Value,
) -> Violation {
    let place = at(error);
    let names: Vec<String> = (0..context.len()).map(|branch| alternative(document, &place.keyword, branch)).collect();
    let why = meant(&place.instance, context).map_or_else(String::new, |branch| {
        let name = &names[branch];
        format!("; it comes closest to {name}, but {}", cause(&place.instance, &context[branch], document))
    });
    Violation {
        message: format!(
            "{} fits none of {}{why}",
            subject("value", &place.instance),
            counted(names.len(), "alternative")
        ),
        expected: Some(format!("one of {}", first_of(&names, LISTED))),
        ..place
    }
}

/// What an alternative is called: by the schema that it refers to, its title, or its type.
fn alternative(document: &Value, keyword: &str, branch: usize) -> String {
    let pointer = format!("{keyword}/{branch}");
    let written = document.pointer(&pointer);
    let text = |key: &str| written.and_then(|schema| schema.get(key)?.as_str());
    match (text("$ref").and_then(|reference| reference.rsplit('/').next()), text("title")) {
        (Some(name), _) | (None, Some(name)) => name.to_owned(),
        (None, None) if written.is_some() => described(document, &pointer),
        (None, None) => format!("the {}. alternative", branch + 1),
    }
}

/// The alternative that is meant: not one of another type or with another distinguishing value, and with the fewest errors.
fn meant(instance: &str, context: &[Vec<ValidationError<'static>>]) -> Option<usize> {
    let distance = |branch: &[ValidationError<'_>]| {
        let is_here = |error: &&ValidationError<'_>| error.instance_path().as_str() == instance;
        let of_another_type = branch.iter().filter(is_here).any(|error| matches!(error.kind(), Kind::Type { .. }));
        let is_tag = |error: &&ValidationError<'_>| matches!(error.kind(), Kind::Enum { .. } | Kind::Constant { .. });
        (of_another_type, branch.iter().filter(is_tag).count(), branch.len())
    };
    let distances: Vec<_> = context.iter().map(|branch| distance(branch)).collect();
    let closest = distances.iter().min()?;
    let mut found = distances.iter().enumerate().filter(|(_, distance)| *distance == closest);
    let (branch, _) = found.next()?;
    (found.next().is_none() && !closest.0).then_some(branch)
}

/// Why a value does not fit an alternative: its first violation, and how many more there are.
fn cause(instance: &str, branch: &[ValidationError<'static>], document: &Value) -> String {
    let all: Vec<Violation> = branch.iter().flat_map(|error| violations(error, document)).collect();
    let Some(first) = all.first() else { return "it does not fit".into() };
    let place = first.instance.strip_prefix(instance).unwrap_or(&first.instance);
    let is_named = place.is_empty() || first.message.contains(&format!("`{}`", &place[1..]));
    let place = if is_named { String::new() } else { format!(" at {place}") };
    let more = if all.len() > 1 { format!(", and {} more", all.len() - 1) } else { String::new() };
    format!("{}{place}{more}", first.message)
}

/// What is wrong and what is wanted, where an error is one violation.
fn in_words(error: &ValidationError<'_>, kind: &Kind, document: &Value) -> (String, Option<String>) {
    let about = |noun: &str| subject(noun, error.instance_path().as_str());
    if let Some((noun, what, expected)) = limit(kind) {
        return (format!("{} {what}", about(noun)), Some(expected));
    }
    match kind {
        Kind::Type { kind } => {
            let wanted = wanted_types(kind);
            (format!("{} is {}, not {wanted}", about("value"), type_of(error.instance())), Some(wanted))
        }
        Kind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice);
            let message = match options.len() {
                1 => format!("{} is not the allowed one", about("value")),
                count => format!("{} is none of the {count} allowed ones", about("value")),
            };
            (message, Some(one_of(options, error.instance().as_str())))
        }
        Kind::Constant { expected_value } => {
            (format!("{} is not the allowed one", about("value")), Some(expected_value.to_string()))
        }
        Kind::Format { format } => {
            (format!("{} is not in the format {format}", about("value")), Some(format!("format {format}")))
        }
        Kind::Pattern { pattern } => {
            (format!("{} does not match the pattern", about("string")), Some(format!("/{pattern}/")))
        }
        Kind::Custom { .. } => own_keyword(error, document),
        Kind::OneOfMultipleValid { context } => several(error, context, document),
        Kind::Not { .. } | Kind::FalseSchema => (forbidden(error, document), None),
        Kind::Contains => {
            let least = "the items do not hold as many as they should of those that the schema asks for";
            (least.into(), None)
        }
        Kind::UnevaluatedItems { unexpected } => (
            format!("{} has {} that the schema does not allow", about("array"), counted(unexpected.len(), "item")),
            None,
        ),
        Kind::PropertyNames { .. } => (format!("{} has a property whose name is not allowed", about("object")), None),
        _ => (error.masked_with("the value").to_string(), None),
    }
}

/// What a keyword of our own says: a pattern as ECMA-262 means it, the format of an integer.
fn own_keyword(error: &ValidationError<'_>, document: &Value) -> (String, Option<String>) {
    let place = at(error);
    let about = |noun: &str| subject(noun, &place.instance);
    match (document.pointer(&place.keyword).and_then(Value::as_str), place.keyword.ends_with("/pattern")) {
        (Some(pattern), true) => {
            (format!("{} does not match the pattern", about("string")), Some(format!("/{pattern}/")))
        }
        (Some(format), false) => {
            (format!("{} is not in the format {format}", about("value")), Some(format!("format {format}")))
        }
        (None, _) => (error.masked_with("the value").to_string(), None),
    }
}

/// A noun with the name of the property that is at a place, or that holds the place.
fn subject(noun: &str, instance: &str) -> String {
    let mut names = instance.rsplit('/').take_while(|name| !name.is_empty());
    let is_index = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    match names.next() {
        None => format!("the {noun}"),
        Some(name) if !is_index(name) && noun == "value" => format!("the value of `{}`", unescape(name)),
        Some(name) if !is_index(name) => format!("the {noun} `{}`", unescape(name)),
        Some(_) => match names.find(|name| !is_index(name)) {
            Some(holder) => format!("the {noun} in `{}`", unescape(holder)),
            None => format!("the {noun}"),
        },
    }
}

/// A limit that a number or a size is beyond: of what, how, and what is wanted.
fn limit(kind: &Kind) -> Option<(&'static str, &'static str, String)> {
    Some(match kind {
        Kind::Minimum { limit } => ("number", "is too small", format!("at least {limit}")),
        Kind::ExclusiveMinimum { limit } => ("number", "is too small", format!("more than {limit}")),
        Kind::Maximum { limit } => ("number", "is too large", format!("at most {limit}")),
        Kind::ExclusiveMaximum { limit } => ("number", "is too large", format!("less than {limit}")),
        Kind::MultipleOf { multiple_of } => ("number", "is not a multiple", format!("a multiple of {multiple_of}")),
        Kind::MinLength { limit } => ("string", "is too short", format!("at least {}", sized(*limit, "character"))),
        Kind::MaxLength { limit } => ("string", "is too long", format!("at most {}", sized(*limit, "character"))),
        Kind::MinItems { limit } => ("array", "has too few items", format!("at least {}", sized(*limit, "item"))),
        Kind::MaxItems { limit } => ("array", "has too many items", format!("at most {}", sized(*limit, "item"))),
        Kind::MinProperties { limit } => ("object", "has too few properties", format!("at least {limit}")),
        Kind::MaxProperties { limit } => ("object", "has too many properties", format!("at most {limit}")),
        Kind::UniqueItems => ("array", "has two equal items", "items that all differ".into()),
        _ => return None,
    })
}

fn sized(limit: u64, noun: &str) -> String {
    counted(usize::try_from(limit).unwrap_or(usize::MAX), noun)
}

/// The allowed values, those first that a text may have been meant for.
fn one_of(options: &[Value], given: Option<&str>) -> String {
    let near = given.and_then(|given| nearest(given, options.iter().filter_map(Value::as_str)));
    let mut shown: Vec<&Value> = options.iter().collect();
    shown.sort_by_key(|option| near.is_none() || option.as_str() != near);
    let shown: Vec<String> = shown.into_iter().map(Value::to_string).collect();
    let one_of = if shown.len() > 1 { "one of " } else { "" };
    format!("{one_of}{}", first_of(&shown, LISTED))
}

fn several(
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    document: &Value,
) -> (String, Option<String>) {
    let keyword = at(error).keyword;
    let fitting = context.iter().enumerate().filter(|(_, branch)| branch.is_empty());
    let names: Vec<String> = fitting.map(|(branch, _)| alternative(document, &keyword, branch)).collect();
    let about = subject("value", error.instance_path().as_str());
    let message = format!("{about} fits {} of which only one may fit", counted(names.len(), "alternative"));
    (message, Some(format!("only one of {}", first_of(&names, LISTED))))
}

/// Why nothing like the value may stand there.
fn forbidden(error: &ValidationError<'_>, document: &Value) -> String {
    let keyword = at(error).keyword;
    let holder = keyword.rsplit_once('/').map_or("", |(holder, _)| holder);
    let is =
        |flag: &str| resolve(document, holder).is_ok_and(|(schema, _)| schema.get(flag) == Some(&Value::Bool(true)));
    match (is("writeOnly"), is("readOnly")) {
        (true, _) => "the property is writeOnly: it must not be in a response".into(),
        (_, true) => "the property is readOnly: it must not be in a request".into(),
        _ => "the schema rules this value out".into(),
    }
}

/// What the schema at a pointer wants, in a few words.
fn described(document: &Value, pointer: &str) -> String {
    let Ok((schema, _)) = resolve(document, pointer) else { return "a value".into() };
    if let Some(options) = listed(schema) {
        return one_of(options, None);
    }
    let kinds: Vec<String> = types(schema).map(with_article).collect();
    match (kinds.is_empty(), schema.get("format").and_then(Value::as_str)) {
        (true, _) => "a value".into(),
        (false, Some(format)) => format!("{} in the format {format}", kinds.join(" or ")),
        (false, None) => kinds.join(" or "),
    }
}

fn wanted_types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => with_article(kind.as_str()),
        TypeKind::Multiple(kinds) => {
            let mut kinds: Vec<JsonType> = kinds.iter().collect();
            kinds.sort_by_key(|kind| *kind == JsonType::Null);
            kinds.iter().map(|kind| with_article(kind.as_str())).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn type_of(value: &Value) -> String {
    with_article(JsonType::from(value).as_str())
}

fn with_article(kind: &str) -> String {
    match kind {
        "null" => kind.to_owned(),
        "array" | "integer" | "object" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

/// What stands there, as far as it matters: the size where the size is wrong.
fn actual(error: &ValidationError<'_>) -> String {
    let value = error.instance().as_ref();
    match (error.kind(), value) {
        (Kind::MinItems { .. } | Kind::MaxItems { .. }, Value::Array(items)) => counted(items.len(), "item"),
        (Kind::MinLength { .. } | Kind::MaxLength { .. }, Value::String(text)) => {
            format!("{} ({})", shown(value), counted(text.chars().count(), "character"))
        }
        _ => shown(value),
    }
}

/// A value in short, but never a part of a text: half of a secret is not known for one.
fn shown(value: &Value) -> String {
    let whole = value.to_string();
    match value {
        Value::String(text) if text.chars().count() > TEXT => {
            format!("a string of {}", counted(text.chars().count(), "character"))
        }
        Value::Array(items) if whole.len() > WHOLE => format!("an array of {}", counted(items.len(), "item")),
        Value::Object(members) if whole.len() > WHOLE => {
            format!("an object with {}", first_of(&members.keys().collect::<Vec<_>>(), LISTED))
        }
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contract::{Direction, Schemas};
    use serde_json::json;

    /// Every violation as `pointer: message | expected | actual`.
    fn told(schema: &Value, value: &Value) -> Vec<String> {
        let part = |name: &str, kind: &str| {
            json!({"type": "object", "required": ["kind", name], "properties": {
                "kind": {"enum": [kind]}, name: {"type": "string", "format": "uuid"}}})
        };
        let schemas = json!({"S": schema, "Cat": part("lives", "cat"), "Dog": part("tricks", "dog")});
        let schemas = Schemas::new(&Arc::new(json!({"components": {"schemas": schemas}, "paths": {}})));
        let validator = schemas.validator("/components/schemas/S", Direction::Response).expect("compiles");
        let tell = |found: Violation| {
            let [expected, actual] = [found.expected, found.actual].map(Option::unwrap_or_default);
            format!("{}: {} | {expected} | {actual}", found.instance, found.message)
        };
        validator.violations(value, 50).0.into_iter().map(tell).collect()
    }

    #[test]
    fn every_missing_property_is_told_once_where_it_is_missing_and_without_the_rest() {
        let schema = json!({"type": "object", "required": ["id", "a/b"], "properties": {
            "id": {"type": "string", "format": "uuid"}, "a/b": {"$ref": "#/components/schemas/S/properties/id"}},
            "allOf": [{"required": ["id"]}]});
        let long = json!({"other": "x".repeat(500)});
        assert_eq!(
            told(&schema, &long),
            [
                "/id: the required property `id` is missing | a string in the format uuid | ",
                "/a~1b: the required property `a/b` is missing | a string in the format uuid | ",
            ]
        );
    }

    #[test]
    fn a_type_is_told_with_what_came_and_a_large_value_by_its_names() {
        let schema = json!({"items": {"properties": {"at": {"type": "string", "nullable": true}}}});
        let large: Value = (0..20).map(|at| (format!("name{at}"), json!(at))).collect();
        assert_eq!(
            told(&schema, &json!([{"at": "x"}, {"at": 7}, {"at": large}])),
            [
                "/1/at: the value of `at` is a number, not a string or null | a string or null | 7",
                "/2/at: the value of `at` is an object, not a string or null | a string or null | \
             an object with name0, name1, name2, name3, name4, name5, name6, name7 and 12 more",
            ]
        );
    }

    #[test]
    fn a_long_list_of_allowed_values_is_cut_with_a_count_and_the_nearest_is_named() {
        let options: Vec<String> = (0..40).map(|at| format!("STATE_{at:02}")).collect();
        let schema = json!({"type": "string", "enum": options});
        let told = told(&schema, &json!("state_39"));
        assert!(told[0].starts_with(": the value is none of the 40 allowed ones | one of \"STATE_39\", "), "{told:?}");
        assert!(told[0].ends_with("\"STATE_06\" and 32 more | \"state_39\""), "{told:?}");
    }

    #[test]
    fn a_property_that_the_schema_rules_out_is_told_at_its_place_without_its_value() {
        let schema = json!({"properties": {"a": {}, "b": {}}, "additionalProperties": false});
        assert_eq!(
            told(&schema, &json!({"a": 1, "x": "s3cret"})),
            ["/x: the schema allows no property `x` | only a, b | "]
        );
        let schema = json!({"properties": {"pin": {"type": "string", "writeOnly": true}}});
        assert!(told(&schema, &json!({"pin": "1234"}))[0].starts_with("/pin: the property is writeOnly"));
    }

    #[test]
    fn a_choice_is_one_violation_that_tells_of_the_alternative_that_is_meant() {
        let schema = json!({"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]});
        assert_eq!(
            told(&schema, &json!({"kind": "dog"})),
            [
                ": the value fits none of 2 alternatives; it comes closest to Dog, but the required property `tricks` is \
             missing | one of Cat, Dog | {\"kind\":\"dog\"}",
            ]
        );
        assert_eq!(
            told(&schema, &json!({"kind": "cow"})),
            [": the value fits none of 2 alternatives | one of Cat, Dog | {\"kind\":\"cow\"}",]
        );
        let schema = json!({"anyOf": [{"type": "string"}, {"type": "array"}]});
        assert_eq!(
            told(&schema, &json!(5)),
            [": the value fits none of 2 alternatives | one of a string, an array | 5"]
        );
    }

    #[test]
    fn beside_null_there_is_no_choice_to_tell_of() {
        let schema = json!({"allOf": [{"$ref": "#/components/schemas/Cat"}], "nullable": true});
        let expected = ["/lives: the required property `lives` is missing | a string in the format uuid | "];
        assert_eq!(told(&schema, &json!({"kind": "cat"})), expected);
    }

    #[test]
    fn limits_are_told_with_what_they_are_about() {
        let cases = [
            (json!({"maximum": 5}), json!(6), ": the number is too large | at most 5 | 6"),
            (json!({"minimum": 5, "exclusiveMinimum": true}), json!(5), ": the number is too small | more than 5 | 5"),
            (
                json!({"minLength": 2}),
                json!("é"),
                ": the string is too short | at least 2 characters | \"é\" (1 character)",
            ),
            (json!({"maxItems": 1}), json!([1, 2]), ": the array has too many items | at most 1 item | 2 items"),
            (json!({"pattern": "^a+$"}), json!("b"), ": the string does not match the pattern | /^a+$/ | \"b\""),
            (json!({"format": "uuid"}), json!("b"), ": the value is not in the format uuid | format uuid | \"b\""),
        ];
        for (schema, value, right) in cases {
            assert_eq!(told(&schema, &value), [right]);
        }
    }

    #[test]
    fn the_property_is_named_that_is_meant_or_that_holds_the_place() {
        let schema = json!({"properties": {"a/b": {"items": {"items": {"maximum": 1}}}, "c": {"maxLength": 1}}});
        let messages = told(&schema, &json!({"a/b": [[1, 2]], "c": "long"}));
        assert!(messages[0].starts_with("/a~1b/0/1: the number in `a/b` is too large"), "{messages:?}");
        assert!(messages[1].starts_with("/c: the string `c` is too long"), "{messages:?}");
    }
}
