//! Promises over time that hold without a lifecycle: what stands under an address, before and after it was written to.

use std::sync::LazyLock;
use std::time::Duration;

use flowproof::checks::{self, Case, Levels, Observation};
use flowproof::contract::Contract;
use flowproof::record::{Decoded, Exchange, Headers, Level, Request, Response};
use serde_json::{Value, json};

/// Orders that can be placed, read, replaced, changed and deleted.
static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let order = json!({ "type": "object", "properties": {
        "id": { "type": "integer" }, "name": { "type": "string" }, "visits": { "type": "integer" },
        "created_at": { "type": "string", "format": "date-time" }, "updatedAt": { "type": "string", "format": "date-time" },
    } });
    let answer = json!({ "description": "It.", "content": { "application/json": { "schema": order } } });
    let all = |operation: &str| {
        json!({ "operationId": operation, "responses": { "200": answer, "201": answer, "202": { "description": "Later." },
            "204": { "description": "Done." }, "4XX": { "description": "Not." }, "404": { "description": "Not here." } } })
    };
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "Orders", "version": "1" },
        "paths": {
            "/orders": { "post": all("placeOrder"), "get": all("listOrders") },
            "/orders/{id}": {
                "get": all("readOrder"), "put": all("replaceOrder"), "patch": all("changeOrder"), "delete": all("deleteOrder"),
            },
        },
    });
    Contract::from_text(&document.to_string()).expect("a contract")
});

/// A request and its answer: method, path, status, and the body of the answer.
type Told<'a> = (&'a str, &'a str, u16, Value);

fn observed((method, path, status, body): Told<'_>) -> Observation {
    let operation = CONTRACT.operations().iter().find(|known| {
        known.method == method && known.path.ends_with('}') == (path.split('?').next().unwrap_or(path) != "/orders")
    });
    let location = (status == 201).then(|| ("Location".to_owned(), b"/orders/8".to_vec()));
    let fields = (!body.is_null()).then(|| ("Content-Type".to_owned(), b"application/json".to_vec()));
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Observation::from(Exchange {
        operation: operation.map(|known| known.name.clone()),
        step: 0,
        request: Request {
            method: method.to_owned(),
            url: format!("http://127.0.0.1:8080{path}"),
            headers: Headers(Vec::new()),
            body: (method == "PUT").then(|| b"{}".to_vec().into()),
        },
        outcome: Ok(Response {
            status,
            headers: Headers(fields.into_iter().chain(location).collect()),
            body: bytes.into(),
        }),
        decoded: Decoded::NotTried,
        started_at: Default::default(),
        first_byte: Duration::ZERO,
        total: Duration::ZERO,
    })
}

/// What the last answer of a sequence is found to break, and the checks that were evaluated on it.
fn judged(sequence: Vec<Told<'_>>) -> (Vec<(String, Level)>, Vec<&'static str>) {
    let seen: Vec<Observation> = sequence.into_iter().map(observed).collect();
    let case = Case::new(&CONTRACT, &seen, None).expect("an answer");
    let judgement = checks::judge(&case, &Levels::default());
    (judgement.findings.into_iter().map(|finding| (finding.check, finding.level)).collect(), judgement.evaluated)
}

#[track_caller]
fn broken(check: &str, sequence: Vec<Told<'_>>) {
    assert_eq!(judged(sequence).0, [(check.to_owned(), Level::Warn)]);
}

#[track_caller]
fn kept(check: &'static str, sequence: Vec<Told<'_>>) {
    let (found, evaluated) = judged(sequence);
    assert_eq!(found, [], "{check}");
    assert!(evaluated.contains(&check), "{check} is evaluated");
}

/// Nothing is found, and nothing is asked.
#[track_caller]
fn not_told(check: &'static str, sequence: Vec<Told<'_>>) {
    let (found, evaluated) = judged(sequence);
    assert_eq!(found, [], "{check}");
    assert!(!evaluated.contains(&check), "{check} is not evaluated");
}

fn read(body: Value) -> Told<'static> {
    ("GET", "/orders/7", 200, body)
}

fn refused(method: &'static str) -> Told<'static> {
    (method, "/orders/7", 409, Value::Null)
}

fn done(method: &'static str) -> Told<'static> {
    (method, "/orders/7", 204, Value::Null)
}

const GONE: Told<'static> = ("GET", "/orders/7", 404, Value::Null);

#[test]
fn an_id_stays_the_same() {
    let (seven, eight) = (|| read(json!({ "id": 7 })), || read(json!({ "id": 8 })));
    broken("stable-id", vec![seven(), eight()]);
    broken("stable-id", vec![seven(), done("PATCH"), eight()]);
    kept("stable-id", vec![seven(), seven()]);
    // What was deleted or replaced may be another one.
    not_told("stable-id", vec![seven(), done("DELETE"), done("PUT"), eight()]);
    not_told("stable-id", vec![seven(), ("GET", "/orders/8", 200, json!({ "id": 8 }))]);
    not_told("stable-id", vec![read(json!({ "name": "a" })), read(json!({ "name": "b" }))]);
}

#[test]
fn a_time_of_creation_never_moves_and_one_of_change_never_goes_back() {
    let at = |created: &str, updated: &str| {
        let time = |hour: &str| format!("2026-03-02T{hour}:00:00Z");
        read(json!({ "created_at": time(created), "updatedAt": time(updated) }))
    };
    broken("stable-times", vec![at("09", "10"), at("10", "10")]);
    broken("stable-times", vec![at("09", "10"), done("PATCH"), at("09", "09")]);
    kept("stable-times", vec![at("09", "10"), done("PATCH"), at("09", "11")]);
    // The same time, written otherwise.
    let zone = || read(json!({ "created_at": "2026-03-02T10:00:00+01:00" }));
    kept("stable-times", vec![read(json!({ "created_at": "2026-03-02T09:00:00Z" })), zone()]);
    not_told("stable-times", vec![at("09", "10"), done("DELETE"), done("PUT"), at("11", "11")]);
}

#[test]
fn what_was_refused_changed_nothing() {
    let named = |name: &str| read(json!({ "name": name }));
    broken("unchanged-after-refusal", vec![named("a"), refused("PATCH"), named("b")]);
    broken("unchanged-after-refusal", vec![named("a"), refused("PUT"), refused("DELETE"), named("b")]);
    kept("unchanged-after-refusal", vec![named("a"), refused("PATCH"), named("a")]);
    let changed = |time: &str| read(json!({ "updatedAt": format!("2026-03-02T{time}:00:00Z") }));
    kept("unchanged-after-refusal", vec![changed("09"), refused("PATCH"), changed("10")]);
    // Whatever was accepted may have changed it.
    not_told("unchanged-after-refusal", vec![named("a"), refused("PATCH"), done("PATCH"), named("b")]);
    not_told(
        "unchanged-after-refusal",
        vec![named("a"), refused("PATCH"), ("POST", "/orders", 204, Value::Null), named("b")],
    );
    not_told("unchanged-after-refusal", vec![named("a"), named("b")]);
}

#[test]
fn what_was_deleted_is_gone() {
    broken("gone-after-delete", vec![done("DELETE"), read(json!({ "id": 7 }))]);
    kept("gone-after-delete", vec![done("DELETE"), GONE]);
    not_told("gone-after-delete", vec![("DELETE", "/orders/7", 202, Value::Null), read(json!({ "id": 7 }))]);
    not_told("gone-after-delete", vec![refused("DELETE"), read(json!({ "id": 7 }))]);
    not_told("gone-after-delete", vec![done("DELETE"), done("PUT"), read(json!({ "id": 7 }))]);
}

#[test]
fn what_was_created_is_there() {
    let placed = |body: Value| ("POST", "/orders", 201, body);
    let at = |id: &'static str, status: u16| ("GET", id, status, Value::Null);
    broken("there-after-create", vec![placed(json!({ "id": 7 })), at("/orders/7", 404)]);
    broken("there-after-create", vec![placed(json!({})), at("/orders/8", 404)]);
    kept("there-after-create", vec![placed(json!({ "id": 7 })), read(json!({ "id": 7 }))]);
    not_told("there-after-create", vec![placed(json!({ "id": 7 })), at("/orders/9", 404)]);
    not_told("there-after-create", vec![placed(json!({ "id": 7 })), done("DELETE"), GONE]);
    not_told("there-after-create", vec![("POST", "/orders", 202, json!({ "id": 7 })), GONE]);
}

#[test]
fn a_put_is_accepted_again_and_leads_to_the_same() {
    let put = |status: u16, body: Value| ("PUT", "/orders/7", status, body);
    broken("repeated-put", vec![put(204, Value::Null), put(409, Value::Null)]);
    broken("repeated-put", vec![put(200, json!({ "visits": 1 })), put(200, json!({ "visits": 2 }))]);
    kept("repeated-put", vec![put(200, json!({ "visits": 1 })), put(200, json!({ "visits": 1 }))]);
    kept("repeated-put", vec![put(204, Value::Null), put(204, Value::Null)]);
    not_told("repeated-put", vec![put(204, Value::Null), put(429, Value::Null)]);
    not_told("repeated-put", vec![put(204, Value::Null), done("PATCH"), put(409, Value::Null)]);
    not_told("repeated-put", vec![put(409, Value::Null), put(409, Value::Null)]);
}
