//! `lifecycle-links`: a resource offers the links that its state must offer, and none that it must not.
//!
//! A link whose name is documented nowhere is a new one, which breaks no client: it weighs no more than a warning.

use std::collections::BTreeSet;

use super::{Case, Check, Resource};
use crate::contract::StateLinks;
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "lifecycle-links",
    level: Level::Deny,
    promise: "Each state offers every link that it must offer, and no documented one beyond those that it may; final \
              states offer none that acts.",
    source: "the links of each state in x-lifecycle; new links are declared non-breaking, so an unknown name only warns",
    example: "A completed device authentication still links to `otp.check`: a client asks for a passcode that is never accepted.",
    advice: "Clients use links to decide what to show; compare those at the pointer with the links of the state.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let resource = case.resource.filter(|resource| resource.lifecycle.has_links())?;
    let links = &resource.lifecycle.states.get(resource.state)?.links;
    let shown = resource.body.get("_links")?.as_object()?;
    let missing = links.must.iter().filter(|name| !shown.contains_key(*name));
    let missing = missing.map(|name| (format!("{} has no link {name}", resource.state), Level::Deny));
    let none = links.any.iter().filter(|names| !names.iter().any(|name| shown.contains_key(name)));
    let none =
        none.map(|names| (format!("{} has none of the links {}", resource.state, names.join(", ")), Level::Deny));
    let beyond = shown.keys().filter(|name| !links.allows(name));
    let beyond = beyond.map(|name| {
        if case.contract.lifecycles().iter().any(|lifecycle| lifecycle.offers(name)) {
            (format!("{} must not offer the link {name}", resource.state), Level::Deny)
        } else {
            (format!("the link {name} is not documented for any state"), Level::Warn)
        }
    });
    let names: Vec<&str> = shown.keys().map(String::as_str).collect();
    let problem = |(message, level): (String, Level)| Finding {
        level,
        actual: Some(names.join(", ")),
        ..problem(case, &resource, links, message)
    };
    Some(missing.chain(none).chain(beyond).map(problem).collect())
}

fn problem(case: &Case<'_>, resource: &Resource<'_>, links: &StateLinks, message: String) -> Finding {
    let promise = format!("{}/states/{}/links", resource.lifecycle.pointer, resource.state);
    let any: Vec<String> = links.any.iter().map(|names| names.join(" or ")).collect();
    let may: BTreeSet<&str> = links.may.iter().map(String::as_str).collect();
    let may = if may.is_empty() { String::new() } else { format!("; perhaps {}", listed(may)) };
    Finding {
        pointer: Some("/_links".into()),
        expected: Some(format!(
            "{}{may}",
            listed(links.must.iter().map(String::as_str).chain(any.iter().map(String::as_str)))
        )),
        requirements: case.contract.requirements_at(&promise),
        promise: Some(promise),
        ..Finding::new(message)
    }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
