//! What a single exchange reaches: its operation, media types, status, properties and values.

use super::{Coverage, dimension, inventory};
use crate::contract::{Contract, Documented, MediaType, Operation, Reply, RequestBody};
use crate::judge::walk::{is_at, is_sent_as};
use crate::record::{BodyRecord, ExchangeRecord, ResponseRecord};

/// Marks what each exchange shows by itself.
pub(super) fn mark(contract: &Contract, exchanges: &[ExchangeRecord], coverage: &mut Coverage) {
    for exchange in exchanges {
        let operation = exchange.operation.as_deref().and_then(|name| contract.operation(name));
        let Some((operation, response)) = operation.zip(exchange.response.as_ref()) else { continue };
        if !is_at(&operation.path, &exchange.request.url) {
            continue;
        }
        if (200..400).contains(&response.status) {
            coverage.reach(dimension::OPERATIONS, &operation.name);
        }
        let own = |body: &&RequestBody| is_sent_as(&exchange.request, &body.media_type);
        if operation.request.as_ref().filter(own).is_some() {
            let item = inventory::request_media_type(operation);
            item.iter().for_each(|item| coverage.reach(dimension::REQUEST_MEDIA_TYPES, item));
        }
        if let Some(reply) = operation.reply(response.status) {
            coverage.reach(dimension::STATUSES, &inventory::status(operation, reply));
            answer(contract, operation, reply, response, coverage);
        }
    }
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
    coverage.reach(dimension::RESPONSE_MEDIA_TYPES, &item);
    let value = response.body.as_ref().and_then(BodyRecord::json);
    let Some((shape, value)) = media_type.shape.zip(value) else { return };
    contract.shapes.kept(shape, &value, &mut |kept| {
        let dimension = match kept {
            Documented::Property(_) => dimension::PROPERTIES,
            Documented::Value(..) => dimension::VALUES,
        };
        coverage.reach(dimension, &inventory::promised(kept));
    });
}

/// The documented media type that an answer names.
fn media_type<'a>(reply: &'a Reply, response: &ResponseRecord) -> Option<&'a MediaType> {
    reply.media_type(response.header("content-type")?)
}
