//! Properties dropped, retyped, nulled and renamed, one at a time, however deep.

use serde_json::{Value, json};

use super::family::{Family, Operator, set, value};
use crate::checks::sent;
use crate::judge::audit::class::{FREE_FORM, MutantClass, NEW_PROPERTY, OPTIONAL_PROPERTY};
use crate::judge::audit::mutant::{BodyEdit, Mutant};
use crate::judge::audit::original::Original;
use crate::judge::audit::schema_oracle::{Another, BodyValue};

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "properties",
    operators: &[
        Operator("property-dropped", "a property is left out"),
        Operator("property-renamed", "a property has another name"),
        Operator("value-retyped", "a value is of another JSON type"),
        Operator("value-nulled", "a value is null"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    for node in &original.nodes {
        let at = &node.pointer;
        if node.is_member {
            emit(value("property-dropped", at, BodyEdit::Remove(at.clone()), dropped(original, node)));
            let name = format!("{}Renamed", key(at));
            let class = renamed(original, node, &name);
            emit(value("property-renamed", at, BodyEdit::Rename(at.clone(), name), class));
        }
        for (operator, other) in [("value-retyped", retyped(node.value)), ("value-nulled", Value::Null)] {
            if *node.value != other {
                let class = MutantClass::breach_if(!node.promise.takes(&other), FREE_FORM);
                emit(set(operator, at, other, class));
            }
        }
    }
}

fn key(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

fn dropped(original: &Original<'_>, node: &BodyValue<'_>) -> MutantClass {
    MutantClass::breach_if(node.required || original.demands(&node.pointer), OPTIONAL_PROPERTY)
}

/// The old name is missing, and the new one is there.
fn renamed(original: &Original<'_>, node: &BodyValue<'_>, name: &str) -> MutantClass {
    if dropped(original, node) == MutantClass::Breach || is_echo(original, node) {
        return MutantClass::Breach;
    }
    match node.holder.another(original.contract, name) {
        Another::Documented(promise) => MutantClass::breach_if(!promise.takes(node.value), OPTIONAL_PROPERTY),
        Another::Free => MutantClass::Equivalent(OPTIONAL_PROPERTY),
        Another::New => MutantClass::Novelty(NEW_PROPERTY),
    }
}

/// Whether a secret that was sent may come back under the old name, and therefore not under the new one.
fn is_echo(original: &Original<'_>, node: &BodyValue<'_>) -> bool {
    let mut sent = false;
    if node.promise.keyword("x-secret") == Some(&Value::Bool(true)) {
        let text = node.value.as_str();
        sent::secrets(original.contract, original.case.observation, &mut |_, secret| sent |= Some(secret) == text);
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
