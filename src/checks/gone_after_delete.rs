//! `gone-after-delete`: what was deleted is not there any more.

use super::address::{Address, writes};
use super::{Case, Check};
use crate::contract::{Operation, StatusKey};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "gone-after-delete",
    level: Level::Warn,
    promise: "After a DELETE that was carried out, reading the resource is answered as documented for one that is not there.",
    source: "RFC 9110, section 9.3.5; only where the document has 404 or 410 for reading it",
    example: "`DELETE /orders/7` is answered with 204, and `GET /orders/7` still shows the order.",
    advice: "If it is deleted later, 202 is the status that says so; if it is only marked, document what reading shows then.",
    needs: &["documented-status"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let address = Address::of(case)?;
    let reads = matches!(case.exchange().request.method.as_str(), "GET" | "HEAD");
    let is_told = reads && case.operation.is_some_and(documents_absence);
    let last = address.history().find(|earlier| writes(earlier)).filter(|_| is_told)?;
    let deleted = address.is_of(last) && last.exchange.request.method == "DELETE";
    let status = last.exchange.response().filter(|_| deleted)?.status;
    // 202: it will be done later, or not at all.
    (matches!(status, 200 | 203..=206)).then(|| match case.response.status {
        200..300 => vec![address.answered("404 or 410", "it was deleted, and is still there".into())],
        _ => Vec::new(),
    })
}

fn documents_absence(operation: &Operation) -> bool {
    let absent = [404, 410].map(StatusKey::Code);
    operation.replies().any(|reply| absent.contains(&reply.status))
}
