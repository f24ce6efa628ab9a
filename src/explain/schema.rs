//! Explains a promise that follows from a schema.

use serde_json::Value;

use super::explanation::{Explanation, IdKind, advice, section, statements};
use crate::contract::{Contract, MediaType, SchemaPromise};

/// Says what an answer of one operation, with one status, in one media type, must look like.
pub(super) fn explain(contract: &Contract, promise: &SchemaPromise<'_>) -> Explanation {
    let SchemaPromise { operation, reply, media_type } = promise;
    let required = media_type.map(|media_type| required(contract, media_type)).unwrap_or_default();
    let headers: Vec<&str> =
        reply.headers.iter().filter(|header| header.required).map(|header| header.name.as_str()).collect();
    let body = match media_type {
        Some(media_type) => format!("in {} with a body that matches its schema", media_type.name),
        None => "with no documented body".into(),
    };
    let place = media_type.and_then(|media_type| media_type.schema.as_ref()).unwrap_or(&reply.pointer);
    let sections = [
        section("Promise", [format!("{} may answer {} {body}.", operation.name, reply.status)]),
        section("Must have", must(&required, &headers)),
        section("Requires", statements(contract, &reply.requirements)),
        section("Source", [place.clone()]),
        section("Violation", [violation(&required, &headers)]),
        section("What to do", advice(&[if media_type.is_some() { "response-schema" } else { "response-headers" }])),
    ];
    Explanation::new(IdKind::Schema, promise.id(), sections)
}

/// The members that every such body has, as far as its schema says so at its root.
fn required(contract: &Contract, media_type: &MediaType) -> Vec<String> {
    let schema = media_type.schema.as_ref().and_then(|pointer| contract.resolved(pointer));
    let names = schema.and_then(|schema| schema.get("required")).and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn must(required: &[String], headers: &[&str]) -> Vec<String> {
    let members = (!required.is_empty()).then(|| format!("in its body: {}", required.join(", ")));
    let headers = (!headers.is_empty()).then(|| format!("in its header: {}", headers.join(", ")));
    members.into_iter().chain(headers).collect()
}

fn violation(required: &[String], headers: &[&str]) -> String {
    match (required.last(), headers.first()) {
        (Some(member), _) => format!("The body has no `{member}`, or one of a type that is not documented."),
        (None, Some(header)) => format!("The header field {header} is missing."),
        (None, None) => "The body does not fit its schema.".into(),
    }
}
