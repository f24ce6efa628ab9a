//! Values of enumerations, formats, patterns and ranges that are not what is documented.

use serde_json::{Value, json};

use super::family::{Family, Operator, set};
use crate::contract::Pattern;
use crate::judge::audit::class::{FREE_FORM, MutantClass, NEW_VALUE};
use crate::judge::audit::mutant::Mutant;
use crate::judge::audit::original::Original;
use crate::judge::audit::schema_oracle::BodyValue;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "values",
    operators: &[
        Operator("value-unknown", "a value that its enumeration does not list, open or closed, states included"),
        Operator("value-respelt", "another spelling of a listed value: another case, a blank in front"),
        Operator("code-unfit", "a code of an error that is known, but not with this status or this code"),
        Operator("format-broken", "a uuid, date-time, uri or email that is none"),
        Operator("format-loose", "an id in capitals, a time with another offset: what tolerant parsers take"),
        Operator("pattern-broken", "a text that its pattern does not match, such as an address that is not masked"),
        Operator("number-out-of-range", "a number beyond its minimum or maximum"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    for node in &original.nodes {
        let mut add = |operator, other: Value, class| emit(set(operator, &node.pointer, other, class));
        unknown(node, &mut add);
        respelt(node, &mut add);
        formats(original, node, &mut add);
        pattern(original, node, &mut add);
        range(node, &mut add);
        unfit(original, node, &mut add);
    }
}

type AddValue<'s> = dyn FnMut(&'static str, Value, MutantClass) + 's;

fn unknown(node: &BodyValue<'_>, add: &mut AddValue<'_>) {
    if !node.value.is_string() {
        return;
    }
    if node.promise.listed().is_some() {
        add("value-unknown", json!("AUDITED"), MutantClass::Breach);
    } else if node.promise.keyword("x-extensible-enum").is_some() {
        add("value-unknown", json!("AUDITED"), MutantClass::Novelty(NEW_VALUE));
    }
}

/// A listed value that is spelled otherwise is no new one, so it breaks every client.
fn respelt(node: &BodyValue<'_>, add: &mut AddValue<'_>) {
    let open = || node.promise.keyword("x-extensible-enum").and_then(Value::as_array).map(Vec::as_slice);
    let listed = node.promise.listed().or_else(open);
    let (Some(listed), Some(text)) = (listed, node.value.as_str()) else { return };
    if !listed.contains(node.value) {
        return;
    }
    let other = if text == text.to_uppercase() { text.to_lowercase() } else { text.to_uppercase() };
    let others = [json!(other), json!(format!(" {text}"))];
    others.into_iter().filter(|other| !listed.contains(other)).for_each(|other| {
        add("value-respelt", other, MutantClass::Breach);
    });
}

/// A text that a recording hides can be replaced, but nobody knows how to make it only a little wrong.
fn is_hidden(original: &Original<'_>, node: &BodyValue<'_>) -> bool {
    node.value.as_str().is_some_and(|text| original.case.observation.hides(text))
}

fn formats(original: &Original<'_>, node: &BodyValue<'_>, add: &mut AddValue<'_>) {
    let (Some(text), Some(format)) = (node.value.as_str(), node.promise.keyword("format").and_then(Value::as_str))
    else {
        return;
    };
    let broken: &[&str] = match format {
        "uuid" => &["", "0", "c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c2", "c7a9e3f158d24b6e9f04d13b7ae86c25"],
        "date-time" => &["", "yesterday", "2026-02-30T00:00:00.000Z", "2026-03-02 09:15:04"],
        "uri" => &["", "not a uri", "/signon"],
        "email" => &["", "robin", "robin@"],
        _ => return,
    };
    broken.iter().for_each(|other| add("format-broken", json!(other), MutantClass::Breach));
    if is_hidden(original, node) {
        return;
    }
    let times = original.resource.map(|resource| &resource.lifecycle.times);
    let is_of_lifecycle = times.is_some_and(|times| {
        [&times.created, &times.updated, &times.expires].into_iter().flatten().any(|at| *at == node.pointer)
    });
    match format {
        // Ids are documented in lower case, times of a lifecycle in UTC.
        "uuid" if text != text.to_uppercase() => add("format-loose", json!(text.to_uppercase()), MutantClass::Breach),
        "date-time" => {
            let other = json!(text.replace('Z', "+00:00"));
            add("format-loose", other, MutantClass::breach_if(is_of_lifecycle, FREE_FORM));
        }
        _ => {}
    }
}

fn pattern(original: &Original<'_>, node: &BodyValue<'_>, add: &mut AddValue<'_>) {
    let Some(pattern) = node.promise.keyword("pattern").and_then(Value::as_str) else { return };
    let (Some(text), Ok(pattern)) = (node.value.as_str(), Pattern::new(pattern)) else { return };
    let near =
        if is_hidden(original, node) { Vec::new() } else { vec![text.replace('*', "x"), format!("{text}\u{2028}")] };
    for other in near.into_iter().chain([String::new(), "?".into()]).filter(|other| !pattern.is_match(other)) {
        add("pattern-broken", json!(other), MutantClass::Breach);
    }
}

fn range(node: &BodyValue<'_>, add: &mut AddValue<'_>) {
    if !node.value.is_number() {
        return;
    }
    let beyond = |keyword: &str, by: i64| node.promise.keyword(keyword)?.as_i64()?.checked_add(by);
    let beyond = [("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)]
        .map(|(keyword, by)| beyond(keyword, by));
    for other in beyond.into_iter().flatten() {
        add("number-out-of-range", json!(other), MutantClass::Breach);
    }
}

/// A code that some other reply documents, and this one does not: with new codes one lives, a wrong one misleads.
fn unfit(original: &Original<'_>, node: &BodyValue<'_>, add: &mut AddValue<'_>) {
    let (Some(reply), Some(body)) = (original.case.reply, original.case.body().value()) else { return };
    if original.case.response.status < 400 || reply.errors.is_empty() || !node.value.is_string() {
        return;
    }
    let all =
        original.contract.operations().iter().flat_map(|operation| operation.replies()).flat_map(|reply| &reply.errors);
    let other = match node.pointer.as_str() {
        "/code" | "/error" => all.map(|(code, _)| code).find(|code| !reply.errors.contains_key(*code)),
        pointer if pointer.starts_with("/details/") && pointer.ends_with("/code") => {
            let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
            let Some(fitting) = reply.errors.get(code) else { return };
            all.flat_map(|(_, details)| details).find(|detail| !fitting.contains(detail))
        }
        _ => None,
    };
    if let Some(other) = other {
        add("code-unfit", json!(other), MutantClass::Breach);
    }
}
