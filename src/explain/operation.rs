//! Explains an operation: what is sent, what may come back, where it stands in a lifecycle.

use super::explanation::{Explanation, IdKind, advice, section, statements};
use crate::contract::{Contract, Lifecycle, Location, Operation, Reply};

/// Says what an operation takes and promises.
pub(super) fn explain(contract: &Contract, operation: &Operation) -> Explanation {
    let lifecycle = contract.lifecycle_of(&operation.name);
    let sections = [
        section("Promise", [operation.summary.clone()]),
        section("Request", request(operation)),
        section("Replies", operation.replies().map(reply)),
        section("Lifecycle", lifecycle.map(|found| uses(found, operation)).unwrap_or_default()),
        section("Requires", statements(contract, &operation.requirements)),
        section("Source", [operation.documentation.clone().unwrap_or_else(|| operation.pointer.clone())]),
        section("Violation", [violation(operation)]),
        section("What to do", advice(&["documented-status"])),
    ];
    Explanation::new(IdKind::Operation, &operation.name, sections)
}

fn request(operation: &Operation) -> Vec<String> {
    let mut lines = vec![format!("{} {}", operation.method, operation.path)];
    if let Some(body) = &operation.request {
        let takes = match (&body.schema, body.required) {
            (None, _) => ", which takes no body",
            (Some(_), true) => ", with a body",
            (Some(_), false) => ", with or without a body",
        };
        lines.push(format!("Content-Type: {}{takes}", body.media_type));
    }
    lines.extend(parameters(operation));
    lines.extend(authentication(operation));
    lines
}

fn parameters(operation: &Operation) -> Option<String> {
    let outside_path = operation.parameters.iter().filter(|parameter| parameter.location != Location::Path);
    let names = outside_path.map(|parameter| {
        let place = match parameter.location {
            Location::Query => "query",
            Location::Header => "header",
            Location::Cookie => "cookie",
            Location::Path => "path",
        };
        let required = if parameter.required { ", required" } else { "" };
        format!("{} ({place}{required})", parameter.name)
    });
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| format!("parameters: {}", names.join(", ")))
}

fn authentication(operation: &Operation) -> Option<String> {
    let ways = operation.security.iter().map(|way| if way.is_empty() { "none".into() } else { way.join(" and ") });
    let ways: Vec<String> = ways.collect();
    (!ways.is_empty()).then(|| format!("authentication: {}", ways.join(", or ")))
}

fn reply(reply: &Reply) -> String {
    let bodies: Vec<&str> = reply.media_types.iter().map(|media_type| media_type.name.as_str()).collect();
    let bodies = if bodies.is_empty() { "no documented body".into() } else { bodies.join(", ") };
    format!("{}: {bodies}", reply.status)
}

fn uses(lifecycle: &Lifecycle, operation: &Operation) -> Vec<String> {
    let name = &lifecycle.name;
    let begins =
        lifecycle.initial.get(&operation.name).map(|states| format!("begins a {name} in {}", states.join(", ")));
    let looks = (lifecycle.read == operation.name).then(|| format!("only reads a {name}, in any state"));
    let acts = lifecycle.states.iter().filter_map(|(state, documented)| {
        let next = documented.permits.get(&operation.name)?;
        Some(format!("in {name}/{state}: leads to {}", next.success.join(", ")))
    });
    begins.into_iter().chain(looks).chain(acts).collect()
}

/// The most likely status that is not documented here.
fn violation(operation: &Operation) -> String {
    let other = [200, 201, 204, 302, 409].into_iter().find(|status| operation.reply(*status).is_none()).unwrap_or(418);
    format!("{} answers {other}, which is not among the replies above.", operation.name)
}
