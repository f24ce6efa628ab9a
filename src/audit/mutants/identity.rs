//! Ids swapped between resources and steps: every id of an answer becomes a stranger's, and another that the answer shows.

use serde_json::{Value, json};

use super::{Family, Kind, STRANGER};
use crate::audit::act::{Change, Edit, Mutant};
use crate::audit::promise::Node;
use crate::audit::scene::View;
use crate::audit::worth::{FREE_ID, Worth};
use crate::checks::at;

/// The family.
pub const FAMILY: Family = Family {
    id: "identity",
    kinds: &[
        Kind("id-stranger", "an id that occurs nowhere else"),
        Kind("id-swapped", "an id that belongs to something else in the same answer"),
    ],
    breed,
};

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    let ids: Vec<&Node<'_>> = view.nodes.iter().filter(|node| is_id(node)).collect();
    for node in &ids {
        let worth = Worth::breach_if(is_tied(view, node), FREE_ID);
        let mut say = |kind, other: Value| {
            let edits = vec![Edit::Set(node.pointer.clone(), other)];
            tell(Mutant { kind, place: node.pointer.clone(), change: Change::Body(edits), worth, onwards: true });
        };
        say("id-stranger", json!(STRANGER));
        if let Some(other) = ids.iter().find(|other| other.value != node.value) {
            say("id-swapped", other.value.clone());
        }
    }
}

fn is_id(node: &Node<'_>) -> bool {
    node.value.is_string() && node.promise.keyword("format").is_some_and(|format| format == "uuid")
}

/// Whether something says which id it must be.
fn is_tied(view: &View<'_>, node: &Node<'_>) -> bool {
    let Some(resource) = &view.resource else {
        // The id of an error is the correlation id.
        let headers = &view.case.response().headers;
        return node.pointer == "/id" && view.case.response().status >= 400 && headers.get("correlation-id").is_some();
    };
    let pointer = &node.pointer;
    let by_address = *pointer == resource.lifecycle.identity
        || pointer == "/environment/id" && view.case.environment().is_some();
    let by_others = resource.lifecycle.fixed.get(pointer).is_some_and(|released| {
        released.is_empty() && view.siblings().any(|other| at(other.body, pointer).is_some())
    });
    by_address || by_others
}
