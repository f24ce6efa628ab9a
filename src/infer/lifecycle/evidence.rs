//! What an exchange shows of a resource: which operation was called on what, and the short values of the answer.
//!
//! Deliberately not here: which of these values is an id or a state (see [`super::property`]).

use serde_json::Value;

use crate::base::path_template::PathTemplate;
use crate::base::pointer::join;
use crate::checks::Observation;
use crate::contract::{Contract, Direction, Operation};

/// Longer texts are neither an id nor a state.
const LONG: usize = 128;
/// Members that stand deeper say nothing of the resource as a whole.
const DEPTH: usize = 2;
/// The place of schemas that have names.
const SCHEMAS: &str = "/components/schemas/";

/// What an exchange shows.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The operation.
    pub operation: String,
    /// Whether it only looks.
    pub reads: bool,
    /// The status of the answer.
    pub status: u16,
    /// The values of the parameters in the path, in order.
    pub named: Vec<String>,
    /// What the path ends with, if that is a parameter.
    pub subject: Option<String>,
    /// Where the answer sends the client.
    pub location: Option<String>,
    /// The schema of the answer, where it has a name.
    pub schema: Option<String>,
    /// The short values of the answer, by JSON pointer.
    pub values: Vec<(String, String)>,
}

impl Evidence {
    /// Reads an exchange; nothing where no answer came, or no operation of the contract was called.
    pub(super) fn of(contract: &Contract, observation: &Observation) -> Option<Self> {
        let operation = observation.operation(contract)?;
        let response = observation.exchange.response()?;
        let body = observation.body.value().filter(|_| (200..300).contains(&response.status));
        let mut values = Vec::new();
        if let Some(body) = body {
            short_values("", body, 0, &mut values);
        }
        Some(Self {
            operation: operation.name.clone(),
            reads: matches!(operation.method.as_str(), "GET" | "HEAD"),
            status: response.status,
            named: named(operation, &observation.exchange.request.url),
            subject: operation.subject(&observation.exchange.request.url),
            location: response.headers.get("location"),
            schema: body.and_then(|body| schema(contract, observation, body)),
            values,
        })
    }

    /// Whether it was accepted.
    pub(super) fn is_accepted(&self) -> bool {
        (200..400).contains(&self.status)
    }

    /// Whether it was looked at and refused, rather than turned away before: by want of a token, of an address, or by a limit.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.status, 400 | 403 | 405 | 409 | 412 | 422)
    }

    /// The value at a pointer of the answer.
    pub(super) fn value(&self, pointer: &str) -> Option<&str> {
        self.values.iter().find(|(at, _)| at == pointer).map(|(_, value)| value.as_str())
    }
}

fn named(operation: &Operation, url: &str) -> Vec<String> {
    let template = PathTemplate::parse(&operation.path);
    let names = template.segments.iter().flat_map(|segment| &segment.names);
    names.filter_map(|name| operation.path_parameter(name, url)).collect()
}

/// The name of the schema that an answer follows: that of its media type, or the variant that it fits.
fn schema(contract: &Contract, observation: &Observation, body: &Value) -> Option<String> {
    let reply = observation.reply(contract)?;
    let places = reply.media_types.iter().filter_map(|known| contract.place(known.schema.as_deref()?));
    places.into_iter().find_map(|place| {
        let variants = contract.resolved(&place)?.get("oneOf").and_then(Value::as_array).map_or(0, Vec::len);
        let variants = (0..variants).filter_map(|at| contract.place(&format!("{place}/oneOf/{at}")));
        let fits = |place: &String| {
            contract.validator(place, Direction::Response).is_ok_and(|validator| validator.is_valid(body))
        };
        let place = variants.into_iter().find(fits).unwrap_or_else(|| place.clone());
        place.strip_prefix(SCHEMAS).filter(|name| !name.contains('/')).map(str::to_owned)
    })
}

fn short_values(pointer: &str, value: &Value, depth: usize, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) if depth < DEPTH => {
            for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('_')) {
                short_values(&join(pointer, name), value, depth + 1, found);
            }
        }
        Value::String(text) if !text.is_empty() && text.len() <= LONG => found.push((pointer.to_owned(), text.clone())),
        Value::Number(number) => found.push((pointer.to_owned(), number.to_string())),
        _ => {}
    }
}
