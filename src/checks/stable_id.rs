//! `stable-id`: whatever stands under an address keeps its id.

use serde_json::Value;

use super::address::Address;
use super::{Case, Check};
use crate::base::path_template::PathTemplate;
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "stable-id",
    level: Level::Warn,
    promise: "What is read twice under the address of a resource has the same id both times, unless it was deleted or replaced \
              in between.",
    source: "RFC 9110, section 3.1: an address identifies one resource; the document names the property",
    example: "`GET /orders/7` shows order 7, and after a payment order 8: two orders were mixed up.",
    advice: "Compare the two answers, and look at caches between you and the server.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let address = Address::of(case)?;
    let shown = address.shown(case.observation)?;
    let before = address.shown_before(|earlier| {
        address.is_of(earlier) && matches!(earlier.exchange.request.method.as_str(), "DELETE" | "PUT")
    })?;
    let path = PathTemplate::parse(&case.operation?.path);
    let parameter = path.segments.last().and_then(|segment| segment.names.last()).map(String::as_str);
    let mut names = parameter.into_iter().chain(["id"]).filter(|name| address.documented(name).is_some());
    let name = names.find(|name| is_id(shown.get(*name)) && is_id(before.get(*name)))?;
    let hidden = shown[name].as_str().is_some_and(|id| case.observation.hides(id));
    let same = shown[name] == before[name] || hidden;
    let told = || address.changed(name, &before[name], "the id was another one when this was last read here".into());
    Some(if same { Vec::new() } else { vec![told()] })
}

fn is_id(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.is_string() || value.is_number())
}
