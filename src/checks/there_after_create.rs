//! `there-after-create`: what was created can be read.

use super::address::{Address, writes};
use super::{Case, Check, Observation};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "there-after-create",
    level: Level::Warn,
    promise: "What a POST created, answered with 201, can be read under the address that the answer names, until it is deleted.",
    source: "RFC 9110, section 15.3.2: one or more resources have been created; the Location field, or the id in the answer",
    example: "`POST /orders` is answered with 201 and id 7, and `GET /orders/7` with 404.",
    advice: "If it is created later, 202 is the status that says so.",
    needs: &["documented-status"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let address = Address::of(case)?;
    if !matches!(case.exchange().request.method.as_str(), "GET" | "HEAD") {
        return None;
    }
    let is_about = |earlier: &&Observation| {
        let deletes = earlier.exchange.request.method == "DELETE";
        deletes || address.was_created_by(earlier) || writes(earlier) && address.is_of(earlier)
    };
    let last = address.history().find(is_about)?;
    address.was_created_by(last).then(|| match case.response.status {
        404 | 410 => {
            let message = format!("step {} created it, and it is not there", last.exchange.step + 1);
            vec![address.answered("a status for one that is there", message)]
        }
        _ => Vec::new(),
    })
}
