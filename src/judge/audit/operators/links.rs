//! Links of a resource, added, removed and pointed elsewhere, and its other addresses.

use serde_json::Value;

use super::family::{Family, Operator, STRANGER, set, value};
use crate::checks::Resource;
use crate::judge::audit::class::{FREE_ADDRESS, MutantClass, NEW_LINK, POSSIBLE_LINK};
use crate::judge::audit::mutant::{BodyEdit, Mutant};
use crate::judge::audit::original::Original;
use crate::judge::audit::schema_oracle::BodyValue;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "links",
    operators: &[
        Operator("link-removed", "a link is left out"),
        Operator("link-added", "a link that the state must not offer, or of a name that nobody documents"),
        Operator("link-other-host", "a link leads to another host"),
        Operator("link-other-resource", "a link leads to another resource"),
        Operator("link-other-environment", "a link leads into another environment"),
        Operator("link-relative", "a link is not absolute"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let Some(resource) = original.resource else { return };
    let Some(links) = resource.body.get("_links").and_then(Value::as_object) else { return };
    for name in links.keys() {
        let pointer = format!("/_links/{name}");
        let must = original.demands(&pointer) || original.node(&pointer).is_some_and(|node| node.required);
        let (edit, class) = (BodyEdit::Remove(pointer.clone()), MutantClass::breach_if(must, POSSIBLE_LINK));
        emit(value("link-removed", &pointer, edit, class));
    }
    added(original, &resource, emit);
    let is_uri = |node: &&BodyValue<'_>| node.promise.keyword("format").is_some_and(|format| format == "uri");
    for node in original.nodes.iter().filter(is_uri) {
        if let Some(href) = node.value.as_str() {
            elsewhere(original, &resource, &node.pointer, href, emit);
        }
    }
}

fn added(original: &Original<'_>, resource: &Resource<'_>, emit: &mut dyn FnMut(Mutant)) {
    let Some(state) = resource.lifecycle.states.get(resource.state) else { return };
    let shown = |name: &str| resource.body["_links"].get(name).is_some();
    let own = resource.body["_links"]["self"].clone();
    let mut names: Vec<&String> = original
        .contract
        .lifecycles()
        .iter()
        .flat_map(|lifecycle| lifecycle.states.values())
        .flat_map(|state| state.links.all())
        .filter(|name| !shown(name))
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        let pointer = format!("/_links/{name}");
        // An offer with an address that the contract states is made by the tenant alone.
        let addressed = resource.lifecycle.addresses.contains_key(&format!("{pointer}/href"));
        let class = MutantClass::breach_if(!state.links.allows(name) || addressed, POSSIBLE_LINK);
        emit(set("link-added", &pointer, own.clone(), class));
    }
    let pointer = "/_links/audited";
    emit(set("link-added", pointer, own, MutantClass::Novelty(NEW_LINK)));
}

fn elsewhere(
    original: &Original<'_>,
    resource: &Resource<'_>,
    pointer: &str,
    href: &str,
    emit: &mut dyn FnMut(Mutant),
) {
    let environment = original.case.environment();
    let is_of_resource = pointer.starts_with("/_links/");
    let documented = pointer == "/_links/self/href"
        || resource.lifecycle.addresses.contains_key(pointer)
        || is_of_resource && offered(original, pointer);
    let mut add = |operator, other: String, class| {
        if other != href {
            emit(set(operator, pointer, other, class));
        }
    };
    let tied = MutantClass::breach_if(documented, FREE_ADDRESS);
    if let Some((_, rest)) = href.split_once("://") {
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        add("link-other-host", format!("https://elsewhere.example{path}"), tied);
        add("link-relative", path.to_owned(), MutantClass::Breach);
    }
    add("link-other-resource", href.replace(resource.id, STRANGER), tied);
    if let Some(environment) = environment {
        add("link-other-environment", href.replace(&environment, STRANGER), tied);
    }
}

/// Whether some lifecycle documents a link of this name.
fn offered(original: &Original<'_>, pointer: &str) -> bool {
    let name = pointer.trim_start_matches("/_links/").trim_end_matches("/href");
    original.contract.lifecycles().iter().any(|lifecycle| lifecycle.offers(name))
}
