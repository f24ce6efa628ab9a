//! A recording of another API: everything of a request that a scenario states, and everything that it leaves out.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{code, flowproof_in, folder, said, stderr, stdout};

const CONTRACT: &str = r##"
openapi: 3.0.3
info: { title: Shop, version: "1" }
servers: [{ url: https://shop.example/v1 }]
components:
  securitySchemes: { user: { type: http, scheme: bearer } }
  schemas:
    Order:
      type: object
      required: [id, book]
      properties: { id: { type: integer }, book: { type: string }, count: { type: integer }, status: { type: string } }
    Problem: { type: object, properties: { code: { type: string } } }
  responses:
    Order: { description: It., content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } } }
    Problem: { description: No., content: { application/json: { schema: { $ref: "#/components/schemas/Problem" } } } }
paths:
  /login:
    post:
      operationId: login
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: { type: object, properties: { name: { type: string }, password: { type: string } } }
      responses:
        "200": { description: In., content: { application/json: { schema: { type: object, properties: { token: { type: string } } } } } }
        "401": { $ref: "#/components/responses/Problem" }
  /orders:
    post:
      operationId: placeOrder
      security: [{ user: [] }]
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [book], properties: { book: { type: string }, count: { type: integer } } } } }
      responses: { "201": { $ref: "#/components/responses/Order" }, "400": { $ref: "#/components/responses/Problem" } }
    get:
      operationId: listOrders
      security: [{ user: [] }]
      parameters:
        - { name: ids, in: query, schema: { type: array, items: { type: integer } } }
        - { name: limit, in: query, schema: { type: integer } }
      responses: { "200": { description: All., content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Order" } } } } } }
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: integer } }]
    get:
      operationId: readOrder
      security: [{ user: [] }]
      responses: { "200": { $ref: "#/components/responses/Order" }, "404": { $ref: "#/components/responses/Problem" } }
    put:
      operationId: changeOrder
      security: [{ user: [] }]
      parameters: [{ name: If-Match, in: header, schema: { type: string } }]
      requestBody: { content: { application/json: { schema: { type: object, properties: { count: { type: integer } } } } } }
      responses: { "200": { $ref: "#/components/responses/Order" } }
"##;

/// An entry of a HAR, so many seconds after the first.
fn entry(
    second: usize,
    (method, path): (&str, &str),
    sent: &[(&str, &str)],
    body: &str,
    answer: (u16, &[(&str, &str)], Value),
) -> Value {
    let fields = |fields: &[(&str, &str)]| -> Vec<Value> {
        fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
    };
    let media_type = sent.iter().find(|(name, _)| *name == "Content-Type").map_or("", |(_, value)| value);
    let data = (!body.is_empty()).then(|| json!({ "mimeType": media_type, "text": body }));
    let (status, headers, shown) = answer;
    let mut headers = headers.to_vec();
    headers.push(("Content-Type", "application/json"));
    json!({
        "startedDateTime": format!("2026-11-27T10:00:{second:02}Z"), "time": 5,
        "request": { "method": method, "url": format!("https://shop.example/v1{path}"), "headers": fields(sent), "postData": data },
        "response": { "status": status, "headers": fields(&headers), "content": { "mimeType": "application/json", "text": shown.to_string() } },
    })
}

const TOKEN: &str = "tk-4Jq8zW1pR7";

fn session() -> Value {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let bearer = format!("Bearer {TOKEN}");
    let user = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let matching = [user[0], user[1], ("If-Match", "\"v-20260001\"")];
    let order = |status: &str, count: u8| json!({ "id": 17, "book": "Dune {{1}}", "count": count, "status": status });
    let entries = [
        entry(
            0,
            ("POST", "/login"),
            &form,
            "name=anna&password=guessed-Wr0ng",
            (401, &[], json!({ "code": "DENIED" })),
        ),
        entry(1, ("POST", "/login"), &form, "name=anna&password=right-Pa55", (200, &[], json!({ "token": TOKEN }))),
        entry(
            2,
            ("POST", "/orders"),
            &user,
            r#"{"book":"Dune {{1}}","count":2}"#,
            (201, &[("ETag", "\"v-20260001\"")], order("NEW", 2)),
        ),
        entry(3, ("PUT", "/orders/17"), &matching, r#"{"count":3}"#, (200, &[], order("NEW", 3))),
        entry(4, ("GET", "/orders/17"), &user, "", (200, &[], order("NEW", 3))),
        entry(6, ("GET", "/orders/17"), &user, "", (200, &[], order("NEW", 3))),
        entry(8, ("GET", "/orders/17"), &user, "", (200, &[], order("SENT", 3))),
        entry(9, ("POST", "/orders"), &user, r#"{"count":"two"}"#, (400, &[], json!({ "code": "INVALID" }))),
        entry(10, ("GET", "/orders?ids=17&ids=18&limit=5&utm=x"), &user, "", (200, &[], json!([order("SENT", 3)]))),
        entry(11, ("GET", "/favicon.ico"), &[], "", (404, &[], json!({}))),
        entry(12, ("GET", "/orders/99"), &user, "", (418, &[], json!({}))),
    ];
    json!({ "log": { "entries": entries } })
}

const EXPECTED: &str = r#"# login.yaml
scenario: login as in session.har with 401
let: { madeUp: abcabca-Ca2ca }
steps:
  - call: login
    body: { name: anna, password: "{{madeUp}}" }
    expect: { status: 401, error: { code: DENIED } }

# login-2.yaml
scenario: login to listOrders as in session.har
needs: [facts.password]
steps:
  - call: login
    body: { name: anna, password: "{{facts.password}}" }
    expect: { status: 200 }
    save: { token: /token }
  - call: placeOrder
    headers: { Authorization: "Bearer {{token}}" }
    body: { book: "Dune \\{{1}}", count: 2 }
    expect: { status: 201, body: { /book: "Dune \\{{1}}", /count: 2 } }
    save: { order: /id, ifMatch: { header: ETag } }
  - call: changeOrder
    path: { orderId: "{{order}}" }
    headers: { If-Match: "{{ifMatch}}", Authorization: "Bearer {{token}}" }
    body: { count: 3 }
    expect: { status: 200, body: { /id: "{{order}}", /count: 3 } }
  - call: readOrder
    path: { orderId: "{{order}}" }
    headers: { Authorization: "Bearer {{token}}" }
    repeat: { at-most: 10, every: "2s" }
    until: { body: { /status: SENT } }
    expect: { status: 200, body: { /id: "{{order}}" } }
  - call: placeOrder
    headers: { Authorization: "Bearer {{token}}" }
    body: { count: two }
    invalid: true
    expect: { status: 400, error: { code: INVALID } }
  - call: listOrders
    query: { ids: [17, 18], limit: 5 }
    headers: { Authorization: "Bearer {{token}}" }
    expect: { status: 200 }

"#;

fn with_session(folder: &Path) {
    fs::write(folder.join("shop.yaml"), CONTRACT).expect("written");
    fs::write(folder.join("session.har"), session().to_string()).expect("written");
}

#[test]
fn a_session_becomes_scenarios_that_say_only_what_was_meant() {
    let folder = folder("infer/shop");
    with_session(&folder);
    let output = flowproof_in(&folder, &["scenarios", "--from", "session.har", "--contract", "shop.yaml"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert_eq!(stdout(&output), EXPECTED);
    let notes = stderr(&output);
    for part in [
        "left out: call 8 of session.har, readOrder: the contract does not document status 418",
        "left out: 1 exchange of no operation of the contract",
        "  [targets.NAME.facts]\n  password = { env = \"PASSWORD\" }\n",
    ] {
        assert!(notes.contains(part), "{part}:\n{notes}");
    }
    for secret in [TOKEN, "right-Pa55", "guessed-Wr0ng"] {
        assert!(!said(&output).contains(secret), "{secret}");
    }
}

#[test]
fn the_scenarios_of_a_session_are_clean_once_the_target_supplies_its_secrets() {
    let folder = folder("infer/shop-lint");
    with_session(&folder);
    let facts = "contract = \"shop.yaml\"\n[targets.shop]\nurl = \"http://127.0.0.1:1/v1\"\n[targets.shop.facts]\npassword = { env = \"PASSWORD\" }\n";
    fs::write(folder.join("flowproof.toml"), facts).expect("written");
    let output = flowproof_in(&folder, &["scenarios", "--from", "session.har", "--write", "cases"]);
    assert_eq!(stdout(&output), "wrote cases/login.yaml: 1 call\nwrote cases/login-2.yaml: 6 calls\n");
    let lint = flowproof_in(&folder, &["lint"]);
    assert_eq!((code(&lint), stdout(&lint).contains("warning")), (0, false), "{}", said(&lint));
}
