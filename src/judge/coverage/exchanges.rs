//! What a single exchange reaches: its operation, media types, status, properties and values.

use super::{Coverage, inventory};
use crate::base::media_range::covers;
use crate::contract::{Contract, Documented, MediaType, Operation, Reply};
use crate::record::{BodyRecord, ExchangeRecord, ResponseRecord};

/// Marks what each exchange shows by itself.
pub(super) fn mark(contract: &Contract, exchanges: &[ExchangeRecord], coverage: &mut Coverage) {
    for exchange in exchanges {
        let Some((operation, response)) = answered(contract, exchange) else { continue };
        if (200..400).contains(&response.status) {
            coverage.reach(super::OPERATIONS, &operation.name);
        }
        if let Some(item) = inventory::request_media_type(operation).filter(|_| own_media_type(operation, exchange)) {
            coverage.reach(super::REQUEST_MEDIA_TYPES, &item);
        }
        if let Some(reply) = operation.reply(response.status) {
            coverage.reach(super::STATUSES, &inventory::status(operation, reply));
            answer(contract, operation, reply, response, coverage);
        }
    }
}

/// The operation of an exchange and its answer, unless the request went to another address than the operation's.
pub(super) fn answered<'a, 'e>(
    contract: &'a Contract,
    exchange: &'e ExchangeRecord,
) -> Option<(&'a Operation, &'e ResponseRecord)> {
    let operation = contract.operation(exchange.operation.as_deref()?)?;
    let response = exchange.response.as_ref()?;
    fits(&operation.path, &exchange.request.url).then_some((operation, response))
}

/// Whether the request was the operation's own, in method and media type, as far as the tenant can tell.
pub(super) fn own(operation: &Operation, exchange: &ExchangeRecord) -> bool {
    exchange.request.method == operation.method && (operation.request.is_none() || own_media_type(operation, exchange))
}

fn own_media_type(operation: &Operation, exchange: &ExchangeRecord) -> bool {
    let sent = header(&exchange.request.headers, "content-type");
    operation.request.as_ref().zip(sent).is_some_and(|(request, sent)| covers(&request.media_type, sent))
}

fn answer(
    contract: &Contract,
    operation: &Operation,
    reply: &Reply,
    response: &ResponseRecord,
    coverage: &mut Coverage,
) {
    let Some(media_type) = media_type(reply, response) else { return };
    let item = inventory::response_media_type(operation, reply, media_type);
    coverage.reach(super::RESPONSE_MEDIA_TYPES, &item);
    let value = response.body.as_ref().and_then(BodyRecord::json);
    let Some((shape, value)) = media_type.shape.zip(value) else { return };
    contract.shapes().kept(shape, &value, &mut |kept| {
        let dimension = match kept {
            Documented::Property(_) => super::PROPERTIES,
            Documented::Value(..) => super::VALUES,
        };
        coverage.reach(dimension, &inventory::promised(kept));
    });
}

/// The documented media type that an answer names.
pub(super) fn media_type<'a>(reply: &'a Reply, response: &ResponseRecord) -> Option<&'a MediaType> {
    let named = header(&response.headers, "content-type")?;
    reply.media_types.iter().find(|known| covers(&known.name, named))
}

pub(super) fn header<'e>(headers: &'e [(String, String)], name: &str) -> Option<&'e str> {
    let field = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    field.map(|(_, value)| value.as_str())
}

/// Whether a URL ends in a path that a template describes; a target may have a path of its own before it.
fn fits(template: &str, url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let given: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
    let wanted: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    let Some(before) = given.len().checked_sub(wanted.len()) else { return false };
    wanted.iter().zip(&given[before..]).all(
        |(wanted, given)| {
            if wanted.starts_with('{') { !given.is_empty() } else { wanted == given }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_fits_its_own_template_only() {
        let template = "/{envID}/flows/{flowID}";
        assert!(fits(template, "https://auth.example.com/e/flows/f?x=1"));
        assert!(fits(template, "https://example.com/prefix/e/flows/f"));
        assert!(!fits(template, "https://auth.example.com/e/flows/f/otp"));
        assert!(!fits(template, "https://auth.example.com/e/flows/"));
        assert!(!fits(template, "https://auth.example.com/flows/f"));
    }
}
