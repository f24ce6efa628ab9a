//! `expectation`: an answer is what the scenario asks for, beyond what the contract promises.

use serde_json::Value;

use super::{Case, Check, StateTrace};
use crate::base::json::Body;
use crate::base::media_range::covers;
use crate::base::source::{Span, Spanned};
use crate::record::{Finding, Level, Place};
use crate::scenario::model::{Expectation, ExpectedError, JsonType, Matcher};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "expectation",
    level: Level::Deny,
    promise: "Every response meets the scenario's expectations; without an expected status, it is a documented success.",
    source: "expect, sequence and statuses in the scenario",
    example: "A scenario sends a wrong passcode and expects 400; the tenant answers 200 and COMPLETED.",
    advice: "Decide who is right: the tenant's policy, or the scenario.",
    needs: &[
        "documented-status",
        "media-type",
        "response-headers",
        "response-schema",
        "typed-decode",
        "lifecycle-transition",
        "lifecycle-links",
        "link-target",
        "resource-identity",
        "timestamps",
        "conditional-presence",
        "error-model",
        "secret-echo",
    ],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let expectation = case.expectation?;
    let unasked = if expectation.status.is_empty() { success(case) } else { None };
    Some(unasked.into_iter().chain(unmet(expectation, case)).collect())
}

/// What of an expectation does not hold.
pub(crate) fn unmet(expectation: &Expectation<Value>, case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = status(expectation, case).into_iter().collect();
    findings.extend(state(expectation, case));
    findings.extend(media_type(expectation, case));
    findings.extend(expectation.headers.iter().filter_map(|(name, matcher)| header(name, matcher, case)));
    findings.extend(expectation.body.iter().filter_map(|(pointer, matcher)| body(pointer, matcher, case)));
    findings.extend(expectation.error.iter().filter_map(|wanted| error(wanted, case)));
    findings
}

fn differs(what: &str, place: &Span, expected: String, actual: String) -> Finding {
    Finding {
        expected: Some(expected),
        actual: Some(actual),
        place: Some(Place::from(place)),
        ..Finding::new(format!("{what} is not what the scenario expected"))
    }
}

/// Where a scenario says nothing of the status, it expects a success.
fn success(case: &Case<'_>) -> Option<Finding> {
    let status = case.response.status;
    (!(200..400).contains(&status)).then(|| Finding {
        expected: Some("a documented success (2xx or 3xx)".into()),
        actual: Some(status.to_string()),
        ..Finding::new("the status is not what the scenario expected")
    })
}

fn status(expectation: &Expectation<Value>, case: &Case<'_>) -> Option<Finding> {
    let status = case.response.status;
    let wanted: Vec<u16> = expectation.status.iter().map(|status| status.value).collect();
    let first = expectation.status.first()?;
    let listed = wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
    (!wanted.contains(&status)).then(|| differs("the status", &first.span, listed, status.to_string()))
}

fn state(expectation: &Expectation<Value>, case: &Case<'_>) -> Option<Finding> {
    let wanted = expectation.state.as_ref()?;
    let shown = case.observation.resource(case.contract);
    let (pointer, actual) = match shown {
        Some((_, _, state)) if state == wanted.value => return None,
        Some((lifecycle, _, state)) => (Some(lifecycle.state.clone()), state.to_owned()),
        None => (None, "no resource with a state".to_owned()),
    };
    Some(Finding { pointer, ..differs("the state", &wanted.span, wanted.value.clone(), actual) })
}

fn media_type(expectation: &Expectation<Value>, case: &Case<'_>) -> Option<Finding> {
    let wanted = expectation.media_type.as_ref()?;
    let given = case.response.headers.get("content-type").unwrap_or_else(|| "(none)".into());
    (!covers(wanted, &given)).then(|| Finding {
        pointer: Some("header:Content-Type".into()),
        ..differs("the media type", &wanted.span, wanted.value.clone(), given)
    })
}

/// Of several fields of one name one has to be as demanded, or all as the one list that they are; `not` and `absent` speak
/// of every one of them, as `each` does.
fn header(name: &Spanned<String>, matcher: &Spanned<Matcher<Value>>, case: &Case<'_>) -> Option<Finding> {
    let headers = &case.response.headers;
    let fields: Vec<String> = headers.texts(name).collect();
    let list = headers.combined(name).filter(|_| fields.len() > 1);
    let is_one = |field: &String| is_a_field(matcher, field);
    let is_met = match &matcher.value {
        Matcher::Absent => fields.is_empty(),
        Matcher::Each(each) => !fields.is_empty() && fields.iter().all(|field| is_a_field(each, field)),
        Matcher::Not(_) => !fields.is_empty() && fields.iter().all(is_one),
        _ => fields.iter().chain(&list).any(is_one),
    };
    let shown = fields.iter().map(|field| Value::from(field.as_str()).to_string()).collect::<Vec<_>>().join("; ");
    let given = if fields.is_empty() { "(absent)".into() } else { shown };
    (!is_met).then(|| pointed(described(matcher), given)).map(|(expected, actual)| Finding {
        pointer: Some(format!("header:{}", name.value)),
        ..differs(&format!("the header field {}", name.value), &matcher.span, expected, actual)
    })
}

/// Whether a header field's text is as demanded; where a number or a boolean is meant, it is read as one.
fn is_a_field(matcher: &Matcher<Value>, text: &str) -> bool {
    let holds = |value: &Value| holds(matcher, Some(value));
    let is_about_values = matches!(matcher, Matcher::Type(_) | Matcher::GreaterThan(_) | Matcher::LessThan(_));
    let value = Body::read(text.as_bytes());
    holds(&Value::from(text)) || is_about_values && value.value().is_some_and(holds)
}

fn body(pointer: &Spanned<String>, matcher: &Spanned<Matcher<Value>>, case: &Case<'_>) -> Option<Finding> {
    let given = case.body().value().and_then(|value| value.pointer(pointer));
    let digits = case.body().digits(pointer).filter(|_| is_about_digits(matcher)).map(Value::from);
    mismatch(matcher, digits.as_ref().or(given)).map(|(expected, actual)| Finding {
        pointer: Some(pointer.value.clone()),
        ..differs("the value", &matcher.span, expected, actual)
    })
}

/// Whether a matcher means the very number; one that is not held exactly is then compared digit by digit, as text.
fn is_about_digits(matcher: &Matcher<Value>) -> bool {
    matches!(matcher, Matcher::Equals(_) | Matcher::Not(_) | Matcher::OneOf(_) | Matcher::Matches(_))
}

/// An error is as expected when its code is, and one of its details has both the code and the target that are asked for.
fn error(wanted: &ExpectedError, case: &Case<'_>) -> Option<Finding> {
    let value = case.body().value().unwrap_or(&Value::Null);
    if let Some(code) = &wanted.code {
        let key = if value.get("code").is_some() { "code" } else { "error" };
        if code.value != text(value, key) {
            let finding = differs("the error's code", &code.span, code.value.clone(), text(value, key).to_owned());
            return Some(Finding { pointer: Some(format!("/{key}")), ..finding });
        }
    }
    let [detail, target] = [&wanted.detail, &wanted.target].map(|part| part.as_ref().map(|part| part.value.as_str()));
    let details = value.get("details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let given: Vec<_> = details.iter().map(|detail| (text(detail, "code"), text(detail, "target"))).collect();
    let fits = |wanted: Option<&str>, given: &str| wanted.is_none_or(|wanted| wanted == given);
    let is_found = given.iter().any(|given| fits(detail, given.0) && fits(target, given.1));
    if is_found || (detail, target) == (None, None) {
        return None;
    }
    let described = |(code, target): (&str, &str)| format!("code {code} with target {target}");
    let expected = described((detail.unwrap_or("(any)"), target.unwrap_or("(any)")));
    let given: Vec<String> = given.into_iter().map(described).collect();
    let actual = if given.is_empty() { "no details".to_owned() } else { given.join("; ") };
    let finding = differs("the error's detail", &wanted.span, expected, actual);
    Some(Finding { pointer: Some("/details".into()), ..finding })
}

fn text<'v>(holder: &'v Value, key: &str) -> &'v str {
    holder.get(key).and_then(Value::as_str).unwrap_or("(none)")
}

/// What was expected and what came, when a value is not as demanded.
fn mismatch(matcher: &Matcher<Value>, given: Option<&Value>) -> Option<(String, String)> {
    if holds(matcher, given) {
        return None;
    }
    Some(pointed(described(matcher), given.map_or_else(|| "(absent)".to_owned(), ToString::to_string)))
}

/// What was expected and what came, with where they part if nobody could see that.
fn pointed(expected: String, actual: String) -> (String, String) {
    match points(&expected, &actual) {
        Some((wanted, came)) => (format!("{expected}, there {wanted}"), format!("{actual}, there {came}")),
        None => (expected, actual),
    }
}

/// The code points where two texts part, if nobody could see that they do: there is more than ASCII on one side.
fn points(expected: &str, actual: &str) -> Option<(String, String)> {
    let same = expected.chars().zip(actual.chars()).take_while(|(a, b)| a == b).count();
    let rest = |text: &str| text.chars().skip(same).take(2).collect::<Vec<_>>();
    let (wanted, came) = (rest(expected), rest(actual));
    let plain = wanted.iter().chain(&came).all(char::is_ascii);
    let named = |points: &[char]| {
        points.iter().map(|point| format!("U+{:04X}", u32::from(*point))).collect::<Vec<_>>().join(" ")
    };
    (!plain && same > 0).then(|| (named(&wanted), named(&came)))
}

fn holds(matcher: &Matcher<Value>, given: Option<&Value>) -> bool {
    let Some(given) = given else { return matches!(matcher, Matcher::Absent) };
    match matcher {
        Matcher::Equals(wanted) => equal(wanted, given),
        Matcher::Not(other) => !equal(other, given),
        Matcher::Matches(pattern) => given.as_str().is_some_and(|text| pattern.is_match(text)),
        Matcher::Contains(wanted) => contains(given, wanted),
        Matcher::Length(length) => size(given) == Some(*length),
        Matcher::OneOf(wanted) => wanted.iter().any(|wanted| equal(wanted, given)),
        Matcher::Type(kind) => is_a(given, *kind),
        Matcher::Absent => false,
        Matcher::Present => true,
        Matcher::GreaterThan(limit) => compare(given, limit).is_some_and(std::cmp::Ordering::is_gt),
        Matcher::LessThan(limit) => compare(given, limit).is_some_and(std::cmp::Ordering::is_lt),
        Matcher::Each(each) => {
            let entries = given.as_array().filter(|entries| !entries.is_empty());
            entries.is_some_and(|entries| entries.iter().all(|entry| holds(each, Some(entry))))
        }
    }
}

fn described(matcher: &Matcher<Value>) -> String {
    match matcher {
        Matcher::Equals(wanted) => wanted.to_string(),
        Matcher::Not(other) => format!("anything but {other}"),
        Matcher::Matches(pattern) => format!("a text in which /{pattern}/ is found"),
        Matcher::Contains(wanted) => format!("something that contains {wanted}"),
        Matcher::Length(length) => format!("length {length}"),
        Matcher::OneOf(wanted) => {
            format!("one of {}", wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        Matcher::Type(kind) => format!("a value of type {}", format!("{kind:?}").to_lowercase()),
        Matcher::Absent => "no such value".into(),
        Matcher::Present => "any value".into(),
        Matcher::GreaterThan(limit) => format!("a number greater than {limit}"),
        Matcher::LessThan(limit) => format!("a number less than {limit}"),
        Matcher::Each(each) => format!("each of them {}", described(each)),
    }
}

/// JSON equality; numbers are equal by value, so that `1` equals `1.0`.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn contains(given: &Value, wanted: &Value) -> bool {
    match given {
        Value::String(text) => wanted.as_str().is_some_and(|wanted| text.contains(wanted)),
        Value::Array(entries) => entries.iter().any(|entry| equal(entry, wanted)),
        Value::Object(members) => wanted.as_str().is_some_and(|key| members.contains_key(key)),
        _ => false,
    }
}

fn size(given: &Value) -> Option<u64> {
    let size = match given {
        Value::String(text) => text.chars().count(),
        Value::Array(entries) => entries.len(),
        Value::Object(members) => members.len(),
        _ => return None,
    };
    Some(size as u64)
}

fn is_a(given: &Value, kind: JsonType) -> bool {
    match kind {
        JsonType::Null => given.is_null(),
        JsonType::Boolean => given.is_boolean(),
        JsonType::Integer => {
            given.is_i64() || given.is_u64() || given.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        JsonType::Number => given.is_number(),
        JsonType::String => given.is_string(),
        JsonType::Array => given.is_array(),
        JsonType::Object => given.is_object(),
    }
}

fn compare(given: &Value, limit: &serde_json::Number) -> Option<std::cmp::Ordering> {
    match (given.as_i64(), limit.as_i64()) {
        (Some(given), Some(limit)) => Some(given.cmp(&limit)),
        _ => given.as_f64()?.partial_cmp(&limit.as_f64()?),
    }
}

/// A sequence of states that a scenario asks for, and the resource it asks it of.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedSequence {
    /// The resource's id; `None` means the only one.
    pub resource: Option<String>,
    /// The states, with their place in the scenario.
    pub states: Spanned<Vec<String>>,
}

/// Judges the whole sequences of states, once all steps are done.
pub(crate) fn unmet_sequences(expected: &[ExpectedSequence], traces: &[StateTrace<'_>]) -> Vec<Finding> {
    expected.iter().filter_map(|expected| unmet_sequence(expected, traces)).map(as_expectation).collect()
}

fn unmet_sequence(expected: &ExpectedSequence, traces: &[StateTrace<'_>]) -> Option<Finding> {
    let place = &expected.states.span;
    let wanted = &expected.states.value;
    let trace = match (&expected.resource, traces) {
        (Some(id), _) => traces.iter().find(|trace| trace.resource == *id),
        (None, [only]) => Some(only),
        (None, []) => None,
        (None, several) => {
            let kinds: Vec<String> = several.iter().map(|trace| trace.lifecycle.name.clone()).collect();
            let what = "the number of resources with states";
            return Some(differs(what, place, "1".into(), format!("{}: {}", kinds.len(), kinds.join(", "))));
        }
    };
    let observed: Vec<String> =
        trace.map(|trace| trace.states.iter().map(|(state, _)| state.clone()).collect()).unwrap_or_default();
    (observed != *wanted).then(|| Finding {
        exchange: trace.and_then(|trace| deviation(wanted, trace)),
        ..differs("the sequence of states", place, wanted.join(" → "), shown(&observed))
    })
}

/// The exchange that first showed a state other than the expected one.
fn deviation(wanted: &[String], trace: &StateTrace<'_>) -> Option<usize> {
    let first = trace.states.iter().enumerate().find(|(at, (state, _))| wanted.get(*at) != Some(state));
    first.map(|(_, (_, exchange))| *exchange).or_else(|| trace.states.last().map(|(_, exchange)| *exchange))
}

fn shown(states: &[String]) -> String {
    if states.is_empty() { "no state was seen".into() } else { states.join(" → ") }
}

/// Judges the status codes of all calls, once all steps are done.
pub(crate) fn unmet_statuses(expected: &Spanned<Vec<u16>>, observed: &[u16]) -> Option<Finding> {
    let listed = |codes: &[u16]| codes.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    (expected.value != observed)
        .then(|| as_expectation(differs("the list of statuses", &expected.span, listed(expected), listed(observed))))
}

fn as_expectation(finding: Finding) -> Finding {
    Finding { check: CHECK.id.to_owned(), ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn matchers_hold_and_fail_as_their_names_say() {
        let regex = regex::Regex::new("^a+$").expect("a pattern");
        let cases: Vec<(Matcher<Value>, Value, Value)> = vec![
            (Matcher::Equals(json!({"a": 1, "b": [1.0]})), json!({"b": [1], "a": 1}), json!({"a": 1})),
            (Matcher::Not(json!("x")), json!("y"), json!("x")),
            (Matcher::Matches(regex), json!("aaa"), json!("ab")),
            (Matcher::Contains(json!("b")), json!("abc"), json!("ac")),
            (Matcher::Contains(json!(2)), json!([1, 2]), json!([1])),
            (Matcher::Contains(json!("k")), json!({"k": 1}), json!({})),
            (Matcher::Length(2), json!("éé"), json!([1])),
            (Matcher::OneOf(vec![json!(1), json!("a")]), json!("a"), json!("b")),
            (Matcher::Type(JsonType::Integer), json!(1.0), json!(1.5)),
            (Matcher::Present, json!(null), json!(null)),
            (Matcher::GreaterThan(3.into()), json!(4), json!(3)),
            (Matcher::LessThan(3.into()), json!(2.5), json!(3)),
        ];
        for (matcher, fits, fails) in cases {
            assert!(holds(&matcher, Some(&fits)), "{matcher:?} {fits}");
            assert!(matches!(matcher, Matcher::Present) || !holds(&matcher, Some(&fails)), "{matcher:?} {fails}");
            assert!(!holds(&matcher, None), "{matcher:?}");
        }
        assert!(holds(&Matcher::Absent, None) && !holds(&Matcher::Absent, Some(&json!(null))));
    }

    #[test]
    fn b13_integers_beyond_53_bits_are_compared_exactly() {
        let (a, b) = (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64));
        assert!(!equal(&a, &b));
        assert!(equal(&json!(1), &json!(1.0)));
    }
}
