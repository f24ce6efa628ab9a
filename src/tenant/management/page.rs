//! Lists, page by page: `limit` says how many are wanted, the link `next` leads on.
//!
//! The cursor is a number that only this server understands.

use serde_json::{Value, json};

use super::answer::href;
use crate::tenant::{
    call::Call,
    environment::Environment,
    errors::Detail,
    reply::{Outcome, Reply},
};

/// How many there are on a page unless the request says otherwise, and at the most.
const USUAL: usize = 100;
const MOST: usize = 1000;

/// A page of a list, by the name of the collection.
pub(super) fn respond(env: &Environment, call: &Call, name: &'static str, all: Vec<Value>) -> Outcome {
    let limit = match call.query("limit").map(|limit| limit.parse::<usize>()) {
        None => USUAL,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => return Err(Detail::new("OUT_OF_RANGE", "limit", "The value is not from 1 to 1000.").into()),
    };
    let start = match call.query("cursor").map(|cursor| cursor.parse::<usize>()) {
        None => 0,
        Some(Ok(start)) => start,
        Some(Err(_)) => return Err(Detail::new("INVALID_PARAMETER", "cursor", "The cursor is not valid.").into()),
    };
    let count = all.len();
    let page: Vec<Value> = all.into_iter().skip(start).take(limit).collect();
    let address = env_path(env, call);
    let mut links = json!({ "self": { "href": address } });
    if start + page.len() < count {
        let filter = call.query("filter").map(|filter| {
            url::form_urlencoded::Serializer::new("&".to_owned()).append_pair("filter", &filter).finish()
        });
        let next = format!("{address}?limit={limit}&cursor={}{}", start + limit, filter.unwrap_or_default());
        links["next"] = json!({ "href": next });
    }
    let size = page.len();
    Ok(Reply::resource(json!({ "_links": links, "_embedded": { name: page }, "count": count, "size": size })))
}

/// The address that was asked for, without its query.
fn env_path(env: &Environment, call: &Call) -> String {
    let before = href(env, "");
    let path = call.parts.uri.path();
    let below = path.splitn(5, '/').nth(4).unwrap_or_default();
    format!("{before}{below}")
}
