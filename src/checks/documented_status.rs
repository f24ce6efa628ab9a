//! `documented-status`: an answer has a status code that the operation documents.

use super::{Case, Check};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "documented-status",
    level: Level::Deny,
    promise: "Every response has a status code that is documented for the operation and its request media type.",
    source: "the responses of the operation in the contract; x-responses where a request media type narrows them",
    example: "initializeDeviceAuthentication answers 200, but only payload.check documents 200 on that path; 201 is promised.",
    advice: "Find out whether the tenant changed; if the new status is intended, document it in the contract.",
    needs: &[],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let operation = case.operation?;
    let (status, method, path) = (case.response.status, &operation.method, &operation.path);
    operation.replies().next()?;
    if operation.reply(status).is_some() {
        return Some(Vec::new());
    }
    let documented: Vec<String> = operation.replies().map(|reply| reply.status.to_string()).collect();
    Some(vec![Finding {
        expected: Some(documented.join(", ")),
        actual: Some(status.to_string()),
        promise: Some(operation.pointer.clone()),
        ..Finding::new(format!("status {status} is not documented for {method} {path}{}", hint(status)))
    }])
}

/// What a status hints at.
fn hint(status: u16) -> &'static str {
    match status {
        101 => "; the request did not ask to switch protocols",
        407 => "; a proxy on the way asks for credentials",
        _ => "",
    }
}
