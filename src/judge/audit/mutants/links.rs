//! Links of a resource, added, removed and pointed elsewhere, and its other addresses.

use serde_json::{Value, json};

use super::{Family, Kind, STRANGER, value};
use crate::checks::Resource;
use crate::judge::audit::act::{Edit, Mutant};
use crate::judge::audit::scene::View;
use crate::judge::audit::worth::{FREE_ADDRESS, NEW_LINK, POSSIBLE_LINK, Worth};

/// The family.
pub const FAMILY: Family = Family {
    id: "links",
    kinds: &[
        Kind("link-removed", "a link is left out"),
        Kind("link-added", "a link that the state must not offer, or of a name that nobody documents"),
        Kind("link-other-host", "a link leads to another host"),
        Kind("link-other-resource", "a link leads to another resource"),
        Kind("link-other-environment", "a link leads into another environment"),
        Kind("link-relative", "a link is not absolute"),
    ],
    breed,
};

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    let Some(resource) = view.resource else { return };
    let Some(links) = resource.body.get("_links").and_then(Value::as_object) else { return };
    for name in links.keys() {
        let pointer = format!("/_links/{name}");
        let must = view.demands(&pointer) || view.node(&pointer).is_some_and(|node| node.required);
        tell(value("link-removed", &pointer, Edit::Remove(pointer.clone()), Worth::breach_if(must, POSSIBLE_LINK)));
    }
    added(view, &resource, tell);
    for node in view.nodes.iter().filter(|node| node.promise.keyword("format").is_some_and(|format| format == "uri")) {
        if let Some(href) = node.value.as_str() {
            elsewhere(view, &resource, &node.pointer, href, tell);
        }
    }
}

fn added(view: &View<'_>, resource: &Resource<'_>, tell: &mut dyn FnMut(Mutant)) {
    let Some(state) = resource.lifecycle.states.get(resource.state) else { return };
    let shown = |name: &str| resource.body["_links"].get(name).is_some();
    let own = resource.body["_links"]["self"].clone();
    let mut names: Vec<&String> = view
        .contract
        .lifecycles()
        .iter()
        .flat_map(|lifecycle| lifecycle.states.values())
        .flat_map(|state| state.links.must.iter().chain(&state.links.may))
        .filter(|name| !shown(name))
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        let pointer = format!("/_links/{name}");
        // An offer with an address that the contract states is made by the tenant alone.
        let addressed = resource.lifecycle.addresses.contains_key(&format!("{pointer}/href"));
        let worth = Worth::breach_if(!state.links.may.contains(name) || addressed, POSSIBLE_LINK);
        tell(value("link-added", &pointer, Edit::Set(pointer.clone(), own.clone()), worth));
    }
    let pointer = "/_links/audited";
    tell(value("link-added", pointer, Edit::Set(pointer.into(), own), Worth::Novelty(NEW_LINK)));
}

fn elsewhere(view: &View<'_>, resource: &Resource<'_>, pointer: &str, href: &str, tell: &mut dyn FnMut(Mutant)) {
    let environment = view.case.environment();
    let is_of_resource = pointer.starts_with("/_links/");
    let documented = pointer == "/_links/self/href"
        || resource.lifecycle.addresses.contains_key(pointer)
        || is_of_resource && offered(view, pointer);
    let mut say = |kind, other: String, worth| {
        if other != href {
            tell(value(kind, pointer, Edit::Set(pointer.to_owned(), json!(other)), worth));
        }
    };
    let tied = Worth::breach_if(documented, FREE_ADDRESS);
    if let Some((_, rest)) = href.split_once("://") {
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        say("link-other-host", format!("https://elsewhere.example{path}"), tied);
        say("link-relative", path.to_owned(), Worth::Breach);
    }
    say("link-other-resource", href.replace(resource.id, STRANGER), tied);
    if let Some(environment) = environment {
        say("link-other-environment", href.replace(&environment, STRANGER), tied);
    }
}

/// Whether some lifecycle documents a link of this name.
fn offered(view: &View<'_>, pointer: &str) -> bool {
    let name = pointer.trim_start_matches("/_links/").trim_end_matches("/href");
    view.contract.lifecycles().iter().any(|lifecycle| lifecycle.offers(name))
}
