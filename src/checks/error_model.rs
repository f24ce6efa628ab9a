//! `error-model`: the parts of an error agree with each other and with the status.
//!
//! A code that the contract does not know at all is left to `undocumented-value`: new codes are declared non-breaking.

use indexmap::IndexMap;
use serde_json::Value;

use super::{Case, Check};
use crate::base::text::first_of;
use crate::contract::Reply;
use crate::record::{Finding, Level};

/// So many codes are listed.
const LISTED: usize = 8;

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "error-model",
    level: Level::Deny,
    promise: "The code of an error fits its status, the codes of its details fit the code, and the error's id is the \
              answer's Correlation-Id; details beside a code for which none are documented warn.",
    source: "x-error-codes of each response in the contract; CORRELATION-2, OAUTH-ERR-2",
    example: "A 404 with code INVALID_DATA: a client that relies on the code shows the form again instead of an error page.",
    advice: "Programs rely on codes; compare the pair of status and code with the table in the contract.",
    needs: &["documented-status", "media-type", "response-headers", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let reply = case.reply?;
    let error = case.json().filter(|_| case.response.status >= 400)?;
    let mut findings: Vec<Finding> = other_id(case, error).into_iter().collect();
    let key = if error.get("code").is_some() { "code" } else { "error" };
    if let Some(code) = error.get(key).and_then(Value::as_str).filter(|_| !reply.errors.is_empty()) {
        match reply.errors.get(code) {
            Some(details) => findings.extend(unfit_details(case, reply, error, code, details)),
            None if is_known(case, |errors| errors.contains_key(code)) => {
                let fitting = first_of(&reply.errors.keys().collect::<Vec<_>>(), LISTED);
                let message = format!("the code does not fit status {}", case.response.status);
                findings.push(problem(case, reply, format!("/{key}"), fitting, code, message));
            }
            None => {}
        }
    }
    Some(findings)
}

fn unfit_details(case: &Case<'_>, reply: &Reply, error: &Value, code: &str, fitting: &[String]) -> Vec<Finding> {
    let details = error.get("details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if fitting.is_empty() && !details.is_empty() {
        let (expected, given) = ("no details".to_owned(), format!("{} details", details.len()));
        let message = format!("no details are documented for {code}");
        let found = problem(case, reply, "/details".into(), expected, &given, message);
        // Nothing public rules them out, and no client breaks.
        return vec![Finding { level: Level::Warn, ..found }];
    }
    let codes = details.iter().enumerate().filter_map(|(at, detail)| Some((at, detail.get("code")?.as_str()?)));
    let known = |detail: &str| {
        is_known(case, |errors| errors.values().flatten().any(|known| known == detail) || errors.contains_key(detail))
    };
    let unfit = codes.filter(|(_, detail)| !fitting.iter().any(|known| known == detail) && known(detail));
    unfit
        .map(|(at, detail)| {
            let message = format!("the detail does not fit the code {code}");
            problem(case, reply, format!("/details/{at}/code"), first_of(fitting, LISTED), detail, message)
        })
        .collect()
}

/// Whether some response of the contract has it.
fn is_known(case: &Case<'_>, has: impl Fn(&IndexMap<String, Vec<String>>) -> bool) -> bool {
    case.contract.operations().iter().flat_map(|operation| operation.replies()).any(|reply| has(&reply.errors))
}

/// An id, or a correlation id in an OAuth description, that is not the header's.
fn other_id(case: &Case<'_>, error: &Value) -> Option<Finding> {
    let header = case.response.headers.get("correlation-id")?;
    let text = |key: &str| error.get(key).and_then(Value::as_str);
    let (pointer, id) = match text("id") {
        Some(id) => ("/id", id),
        None => ("/error_description", described(text("error_description")?)?),
    };
    let schema = case.media_type.and_then(|media_type| media_type.schema.clone());
    (!id.eq_ignore_ascii_case(&header)).then(|| Finding {
        pointer: Some(pointer.into()),
        expected: Some(header.clone()),
        actual: Some(id.to_owned()),
        requirements: vec!["CORRELATION-2".into()],
        promise: schema,
        ..Finding::new("the error's id is not the answer's Correlation-Id")
    })
}

/// The id at the end of an OAuth description: `… (Correlation ID: <id>)`.
fn described(description: &str) -> Option<&str> {
    description.split_once("(Correlation ID: ")?.1.split(')').next()
}

fn problem(
    case: &Case<'_>,
    reply: &Reply,
    pointer: String,
    expected: String,
    actual: &str,
    message: String,
) -> Finding {
    Finding {
        pointer: Some(pointer),
        expected: Some(expected),
        actual: Some(actual.to_owned()),
        requirements: case.contract.requirements_at(&reply.pointer),
        promise: Some(format!("{}/x-error-codes", reply.pointer)),
        ..Finding::new(message)
    }
}
