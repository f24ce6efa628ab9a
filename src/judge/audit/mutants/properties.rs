//! Properties dropped, retyped, nulled and renamed, one at a time, however deep.

use serde_json::{Value, json};

use super::{Family, Kind, value};
use crate::checks::sent;
use crate::judge::audit::act::{Edit, Mutant};
use crate::judge::audit::promise::{Another, Node};
use crate::judge::audit::scene::View;
use crate::judge::audit::worth::{FREE_FORM, NEW_PROPERTY, OPTIONAL_PROPERTY, Worth};

/// The family.
pub const FAMILY: Family = Family {
    id: "properties",
    kinds: &[
        Kind("property-dropped", "a property is left out"),
        Kind("property-renamed", "a property has another name"),
        Kind("value-retyped", "a value is of another JSON type"),
        Kind("value-nulled", "a value is null"),
    ],
    breed,
};

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    for node in &view.nodes {
        let at = &node.pointer;
        if node.is_member {
            tell(value("property-dropped", at, Edit::Remove(at.clone()), dropped(view, node)));
            let name = format!("{}Renamed", key(at));
            tell(value("property-renamed", at, Edit::Rename(at.clone(), name.clone()), renamed(view, node, &name)));
        }
        for (kind, other) in [("value-retyped", retyped(node.value)), ("value-nulled", Value::Null)] {
            if *node.value != other {
                let worth = Worth::breach_if(!node.promise.takes(&other), FREE_FORM);
                tell(value(kind, at, Edit::Set(at.clone(), other), worth));
            }
        }
    }
}

fn key(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

fn dropped(view: &View<'_>, node: &Node<'_>) -> Worth {
    Worth::breach_if(node.required || view.demands(&node.pointer), OPTIONAL_PROPERTY)
}

/// The old name is missing, and the new one is there.
fn renamed(view: &View<'_>, node: &Node<'_>, name: &str) -> Worth {
    if dropped(view, node) == Worth::Breach || is_echo(view, node) {
        return Worth::Breach;
    }
    match node.holder.another(view.contract, name) {
        Another::Documented(promise) => Worth::breach_if(!promise.takes(node.value), OPTIONAL_PROPERTY),
        Another::Free => Worth::Equivalent(OPTIONAL_PROPERTY),
        Another::New => Worth::Novelty(NEW_PROPERTY),
    }
}

/// Whether a secret that was sent may come back under the old name, and therefore not under the new one.
fn is_echo(view: &View<'_>, node: &Node<'_>) -> bool {
    let mut sent = false;
    if node.promise.keyword("x-secret") == Some(&Value::Bool(true)) {
        let text = node.value.as_str();
        sent::secrets(view.contract, view.case.observation(), &mut |_, secret| sent |= Some(secret) == text);
    }
    sent
}

/// The nearest value of another type: what a careless serialiser makes of it.
fn retyped(value: &Value) -> Value {
    match value {
        Value::Null => json!(0),
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Number(number) => json!(number.to_string()),
        Value::String(_) => json!(17),
        Value::Array(_) => json!({}),
        Value::Object(_) => json!([]),
    }
}
