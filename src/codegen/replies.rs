//! The documented responses of an operation as one type: an enum with a variant for each status.
//!
//! Response headers are left to the checks.

use serde_json::{Value, json};

use super::document::Node;
use super::lower::{Endpoint, Lowering, Way, is_media_type};
use super::model::{Content, Reply};
use super::names::pascal_case;
use crate::base::media_type::is_json;

impl Lowering {
    /// Lists the replies that hold for one way to call an endpoint, and names the schema of them all.
    pub(super) fn replies(&mut self, endpoint: &Endpoint, way: &Way, name: &str) -> (Vec<Reply>, String) {
        let chosen = self.chosen_statuses(endpoint, way);
        let holds = |status: &str| chosen.as_ref().is_none_or(|chosen| chosen.contains(&status));
        let mut replies = Vec::new();
        let mut variants = Vec::new();
        for (status, response) in endpoint.responses.iter().filter(|(status, _)| holds(status)) {
            let (reply, variant) = self.reply(status, response);
            replies.push(reply);
            variants.push(variant);
        }
        let schema = self.reply_schema(name, json!({ "oneOf": variants }));
        (replies, schema)
    }

    // Operations with the same replies share one type, called after the first: most flow actions do, and each type
    // takes time to compile.
    fn reply_schema(&mut self, operation: &str, schema: Value) -> String {
        let known = self.replies.iter().find(|(_, known)| **known == schema).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| {
            self.replies.insert(reply_type(operation), schema);
            reply_type(operation)
        })
    }

    fn chosen_statuses<'a>(&mut self, endpoint: &Endpoint, way: &Way<'a>) -> Option<Vec<&'a str>> {
        let chosen = way.node.get("x-responses")?;
        let documented = |status: &str| endpoint.responses.iter().any(|(key, _)| *key == status);
        for item in chosen.items().filter(|item| !item.value.as_str().is_some_and(documented)) {
            self.refusals.push(item.refuse(format!("{} is not among the responses of this path", item.value)));
        }
        if chosen.items().next().is_none() {
            self.refusals.push(chosen.refuse("x-responses lists the statuses that hold, at least one"));
        }
        Some(chosen.items().filter_map(|item| item.value.as_str()).collect())
    }

    fn reply(&mut self, status: &str, response: &Node) -> (Reply, Value) {
        if !is_status_key(status) {
            self.refusals.push(response.refuse(format!("{status:?} is no status: 200, 4XX or default")));
        }
        let media_types: Vec<_> = response.get("content").iter().flat_map(Node::entries).collect();
        for (_, node) in media_types.iter().filter(|(media_type, _)| !is_media_type(media_type)) {
            self.refusals.push(node.refuse("this is no media type"));
        }
        let (content, schema) = self.reply_content(&media_types);
        let reply = Reply {
            status: status.to_owned(),
            media_types: media_types.iter().map(|(media_type, _)| (*media_type).to_owned()).collect(),
            content,
        };
        (reply, variant(&status_tag(status), schema))
    }

    fn reply_content(&mut self, media_types: &[(&str, Node)]) -> (Content, Option<Value>) {
        let mut json = media_types.iter().filter(|(media_type, _)| is_json(media_type)).map(|(_, node)| node);
        let Some(first) = json.next() else {
            let text = media_types.iter().any(|(media_type, _)| media_type.starts_with("text/"));
            return if text { (Content::Text, Some(json!({ "type": "string" }))) } else { (Content::Nothing, None) };
        };
        for other in json.filter(|other| other.value.get("schema") != first.value.get("schema")) {
            self.refusals.push(other.refuse("the JSON media types of one response must have one schema"));
        }
        let schema = first.get("schema").map_or_else(|| json!({}), |schema| self.schemas.lower(&schema));
        (Content::Json, Some(schema))
    }
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

/// Names the variant of a reply for a status key of the contract.
pub(super) fn status_tag(status: &str) -> String {
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
