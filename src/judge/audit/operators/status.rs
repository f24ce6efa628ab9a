//! Status codes: others that are documented for the operation, and some that are not.

use serde_json::Value;

use super::family::{Family, Operator};
use super::headers;
use crate::base::media_type::without_parameters;
use crate::contract::{Reply, StatusKey};
use crate::judge::audit::class::{FITS_STATUS, MutantClass, NEW_PROPERTY};
use crate::judge::audit::mutant::{Mutant, Mutation};
use crate::judge::audit::original::Original;
use crate::judge::audit::schema_oracle::{Another, PlaceSchemas};

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "status",
    operators: &[
        Operator("status-documented", "another status that the operation documents, the rest as it was"),
        Operator("status-undocumented", "a status that the operation does not document"),
    ],
    mutate,
};

/// What intermediaries and careless servers like to answer.
const STRANGE: [u16; 7] = [202, 204, 307, 402, 409, 502, 504];

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let (Some(operation), status) = (original.case.operation, original.case.response.status) else { return };
    let mut add = |operator, status, class| {
        let (place, change) = (format!("status {status}"), Mutation::Status(status));
        emit(Mutant { operator, place, change, class, onwards: true });
    };
    for status in STRANGE.into_iter().filter(|status| operation.reply(*status).is_none()) {
        add("status-undocumented", status, MutantClass::Breach);
    }
    for reply in operation.replies() {
        match reply.status {
            StatusKey::Code(other) if other != status => add("status-documented", other, moved(original, reply, other)),
            _ => {}
        }
    }
}

/// What the contract says of the same answer under another status.
fn moved(original: &Original<'_>, reply: &Reply, status: u16) -> MutantClass {
    let headers = &original.case.response.headers;
    let missing = reply.headers.iter().any(|header| header.required && headers.get(&header.name).is_none());
    if missing || !unchanged_lifecycle(original, status) {
        return MutantClass::Breach;
    }
    match (reply.media_types.is_empty(), original.case.body().value()) {
        // Of a body where none is documented the contract says nothing.
        (true, _) => MutantClass::Equivalent(FITS_STATUS),
        (false, None) => MutantClass::Breach,
        (false, Some(body)) => body_under(original, reply, status, body),
    }
}

/// Whether the lifecycle is as content with the other status: it asks whether the request was accepted.
fn unchanged_lifecycle(original: &Original<'_>, status: u16) -> bool {
    let operation = original.operation();
    let acts = original.contract.lifecycle_of(operation).is_some_and(|lifecycle| lifecycle.acts(operation));
    !acts || (status < 400) == (original.case.response.status < 400) || status >= 500
}

fn body_under(original: &Original<'_>, reply: &Reply, status: u16, body: &Value) -> MutantClass {
    let given = original.case.response.headers.get("content-type").unwrap_or_default();
    let own = without_parameters(&given);
    let named = reply.media_types.iter().find(|known| known.name.eq_ignore_ascii_case(own));
    let Some(media_type) = named else { return MutantClass::Breach };
    if !headers::is_accepted(original, status, &media_type.name) {
        return MutantClass::Breach;
    }
    let Some(schema) = &media_type.schema else { return MutantClass::Equivalent(FITS_STATUS) };
    let promise = PlaceSchemas::at(original.contract, schema);
    let Value::Object(members) = body else { return MutantClass::breach_if(!promise.takes(body), FITS_STATUS) };
    let lacks = promise.required().any(|name| !members.contains_key(name));
    let wrong = members
        .iter()
        .any(|(name, value)| promise.member(original.contract, name).is_some_and(|member| !member.takes(value)));
    if lacks || wrong || !codes_fit(reply, body) || is_no_correlation(original, status, body) {
        return MutantClass::Breach;
    }
    let new = members.keys().any(|name| matches!(promise.another(original.contract, name), Another::New));
    if new { MutantClass::Novelty(NEW_PROPERTY) } else { MutantClass::Equivalent(FITS_STATUS) }
}

/// Whether the body has an id that an error may not have: another than the answer's Correlation-Id.
fn is_no_correlation(original: &Original<'_>, status: u16, body: &Value) -> bool {
    let correlation = original.case.response.headers.get("correlation-id");
    let id = body.get("id").and_then(Value::as_str).filter(|_| status >= 400);
    id.zip(correlation).is_some_and(|(id, correlation)| !id.eq_ignore_ascii_case(&correlation))
}

/// Whether the codes of an error are among those that the reply lists, if it lists any.
fn codes_fit(reply: &Reply, body: &Value) -> bool {
    let code = body.get("code").or_else(|| body.get("error")).and_then(Value::as_str);
    let Some(code) = code.filter(|_| !reply.errors.is_empty()) else { return true };
    let Some(fitting) = reply.errors.get(code) else { return false };
    let details = body.get("details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    details
        .iter()
        .filter_map(|detail| detail.get("code")?.as_str())
        .all(|detail| fitting.iter().any(|known| known == detail))
}
