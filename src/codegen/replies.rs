//! The documented responses of an operation as one type: an enum with a variant for each status.
//!
//! Response headers are left to the checks.

use serde_json::{Map, Value, json};

use super::document::PlacedValue;
use super::names::{is_media_type, pascal_case};
use super::schema::SchemaLowering;
use crate::base::media_type::is_json;

/// The types of replies so far, by name.
#[derive(Default)]
pub(super) struct ReplyTypes {
    pub(super) types: Map<String, Value>,
}

impl ReplyTypes {
    /// Lowers the responses that hold for one way to call an endpoint, and names the type of them all.
    pub(super) fn lower(
        &mut self,
        schemas: &mut SchemaLowering,
        responses: &[(&str, PlacedValue)],
        way: &PlacedValue,
        operation: &str,
    ) -> String {
        let chosen = chosen_statuses(schemas, responses, way);
        let hold = responses.iter().filter(|(status, _)| chosen.as_ref().is_none_or(|chosen| chosen.contains(status)));
        let variants: Vec<Value> = hold.map(|(status, response)| reply(schemas, status, response)).collect();
        self.named(operation, json!({ "oneOf": variants }))
    }

    // Operations with the same replies share one type, called after the first: most flow actions do, and each type
    // takes time to compile.
    fn named(&mut self, operation: &str, schema: Value) -> String {
        let known = self.types.iter().find(|(_, known)| **known == schema).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| {
            self.types.insert(reply_type(operation), schema);
            reply_type(operation)
        })
    }
}

fn chosen_statuses<'a>(
    schemas: &mut SchemaLowering,
    responses: &[(&str, PlacedValue)],
    way: &PlacedValue<'a>,
) -> Option<Vec<&'a str>> {
    let chosen = way.get("x-responses")?;
    let documented = |status: &str| responses.iter().any(|(key, _)| *key == status);
    for item in chosen.items().filter(|item| !item.value.as_str().is_some_and(documented)) {
        schemas.refusals.push(item.refuse(format!("{} is not among the responses of this path", item.value)));
    }
    if chosen.items().next().is_none() {
        schemas.refusals.push(chosen.refuse("x-responses lists the statuses that hold, at least one"));
    }
    Some(chosen.items().filter_map(|item| item.value.as_str()).collect())
}

fn reply(schemas: &mut SchemaLowering, status: &str, response: &PlacedValue) -> Value {
    if !is_status_key(status) {
        schemas.refusals.push(response.refuse(format!("{status:?} is no status: 200, 4XX or default")));
    }
    let media_types: Vec<_> = response.get("content").iter().flat_map(PlacedValue::entries).collect();
    for (_, node) in media_types.iter().filter(|(media_type, _)| !is_media_type(media_type)) {
        schemas.refusals.push(node.refuse("this is no media type"));
    }
    variant(&status_tag(status), content(schemas, &media_types))
}

/// The schema of a reply's body: that of its JSON, or a text where it may be one; none where no body has a type.
fn content(schemas: &mut SchemaLowering, media_types: &[(&str, PlacedValue)]) -> Option<Value> {
    let mut json = media_types.iter().filter(|(media_type, _)| is_json(media_type)).map(|(_, node)| node);
    let Some(first) = json.next() else {
        let text = media_types.iter().any(|(media_type, _)| media_type.starts_with("text/"));
        return text.then(|| json!({ "type": "string" }));
    };
    for other in json.filter(|other| other.value.get("schema") != first.value.get("schema")) {
        schemas.refusals.push(other.refuse("the JSON media types of one response must have one schema"));
    }
    Some(first.get("schema").map_or_else(|| json!({}), |schema| schemas.lower(&schema)))
}

/// Names the type of an operation's replies.
pub(super) fn reply_type(name: &str) -> String {
    format!("{}Reply", pascal_case(name))
}

/// Writes the one response that the lowered document has.
pub(super) fn reply_response(schema: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({ "description": "", "content": { "application/json": { "schema": schema } } })
}

/// Names the variant of a reply for a status key of the contract, as `client::frame` does.
fn status_tag(status: &str) -> String {
    format!("Status{}", pascal_case(status))
}

fn variant(tag: &str, schema: Option<Value>) -> Value {
    match schema {
        Some(schema) => json!({
            "type": "object", "required": [tag], "properties": { tag: schema }, "additionalProperties": false
        }),
        None => json!({ "type": "string", "enum": [tag] }),
    }
}

fn is_status_key(key: &str) -> bool {
    let [first, rest @ ..] = key.as_bytes() else {
        return false;
    };
    let digits = rest.len() == 2 && rest.iter().all(u8::is_ascii_digit);
    key == "default" || (first.is_ascii_digit() && (digits || rest == b"XX"))
}
