//! Names places of the contract as people do: an operation, a state, a property, not a pointer.

use crate::base::pointer::unescape;
use crate::contract::Contract;

/// The name of the place at a JSON pointer; the pointer itself where there is no better one.
pub(super) fn name(contract: &Contract, pointer: &str) -> String {
    if let Some(operation) = contract.operations().iter().find(|operation| operation.pointer == pointer) {
        return format!("operation {}", operation.name);
    }
    let state = contract.lifecycles().iter().find_map(|lifecycle| {
        let state = pointer.strip_prefix(&format!("{}/states/", lifecycle.pointer))?;
        Some(format!("state {}/{state}", lifecycle.name))
    });
    state.or_else(|| component(pointer)).or_else(|| path(pointer)).unwrap_or_else(|| pointer.to_owned())
}

/// `/components/schemas/Device/properties/type` is `property Device.type`.
fn component(pointer: &str) -> Option<String> {
    let mut steps = pointer.strip_prefix("/components/")?.split('/');
    let (kind, name) = (steps.next()?, steps.next()?);
    let inner: Vec<&str> = steps.filter(|step| *step != "properties").collect();
    let word = match (kind, inner.is_empty()) {
        ("schemas", false) => "property",
        ("schemas", true) => "schema",
        ("responses", _) => "reply",
        ("headers", _) => "header field",
        ("parameters", _) => "parameter",
        ("securitySchemes", _) => "security scheme",
        _ => return None,
    };
    Some(format!("{word} {}", [vec![name], inner].concat().join(".")))
}

/// `/paths/~1{envID}~1flows~1{flowID}/post` is `every POST /{envID}/flows/{flowID}`.
fn path(pointer: &str) -> Option<String> {
    let mut steps = pointer.strip_prefix("/paths/")?.split('/');
    let (path, method) = (unescape(steps.next()?), steps.next()?);
    Some(match steps.next_back() {
        None => format!("every {} {path}", method.to_uppercase()),
        Some(_) => format!("a part of {} {path}", method.to_uppercase()),
    })
}
