//! A library: a server that has nothing to do with PingOne. What is sent below `/echo` it sends back.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::serve;

/// The token that the server issues, and the only one that it takes.
pub(super) const TOKEN: &str = "issued-7f3a91c2d4e5-to-the-client";

static PORT: LazyLock<u16> = LazyLock::new(|| serve(axum::Router::new().fallback(answer)));

/// The base address, with a path of its own.
pub(super) fn url() -> String {
    format!("http://127.0.0.1:{}/v1", *PORT)
}

/// The port.
pub(super) fn port() -> u16 {
    *PORT
}

async fn answer(request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let (path, body) = (head.uri.path().to_owned(), String::from_utf8_lossy(&body).into_owned());
    match (head.method.as_str(), path.strip_prefix("/v1").unwrap_or(&path)) {
        ("POST", "/token") if body.contains("client_credentials") && body.contains("scope=read") => {
            json(StatusCode::OK, &json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300}))
        }
        ("POST", "/login") => signed_in(&head, &body),
        ("POST", "/cookies") => with_cookies(&body),
        (_, "/token") => json(StatusCode::BAD_REQUEST, &json!({"error": "invalid_request"})),
        ("GET", "/books/1") => json(StatusCode::OK, &json!({"id": 1, "title": "Dune"})),
        ("GET", "/plain") => json(StatusCode::OK, &json!({"title": "Dune"})),
        // The title is missing: the contract is broken.
        ("GET", "/books/2") => json(StatusCode::OK, &json!({"id": 2})),
        ("POST", "/orders") => {
            let id: Value = serde_json::from_str(&body).expect("an order");
            json(StatusCode::CREATED, &json!({"id": id["id"], "status": "OPEN", "customer": "anna"}))
        }
        (_, below) if below.starts_with("/orders/") => json(StatusCode::OK, &paid(&below[8..])),
        (_, below) if below.starts_with("/echo/") => json(StatusCode::OK, &seen(&head, &body)),
        (_, below) if below.starts_with("/secured/") => match is_let_in(&head) {
            true => json(StatusCode::OK, &json!({"path": head.uri.path(), "tenant": field(&head, "x-tenant")})),
            false => json(StatusCode::UNAUTHORIZED, &json!({"problem": "no credentials"})),
        },
        _ => json(StatusCode::NOT_FOUND, &json!({"problem": "no such thing"})),
    }
}

/// Whoever has the right password gets a token, and a cookie; a login by header field gets a cookie only.
fn signed_in(head: &Parts, body: &str) -> Response<Body> {
    let by_password = body == r#"{"user":"anna","password":"Pa55-of-anna"}"#;
    if !by_password && field(head, "x-pin") != "314159-of-anna" {
        return json(StatusCode::FORBIDDEN, &json!({"problem": "who is that?"}));
    }
    let mut answer = json(StatusCode::OK, &json!({"signedIn": {"token": "t0ken-from-the-environment"}}));
    answer.headers_mut().insert("set-cookie", "SESSION=5e55ion-of-anna; Path=/; HttpOnly".parse().expect("a cookie"));
    answer
}

/// An answer that sets the cookies of a list.
fn with_cookies(body: &str) -> Response<Body> {
    let fields: Vec<String> = serde_json::from_str(body).expect("a list of texts");
    let mut answer = json(StatusCode::OK, &json!({}));
    fields.iter().for_each(|field| _ = answer.headers_mut().append("set-cookie", field.parse().expect("a field")));
    answer
}

/// The first order is paid as it should be; the second is not paid at all, and the third has no receipt.
fn paid(id: &str) -> Value {
    let id: u8 = id.parse().expect("an id");
    let status = if id == 2 { "OPEN" } else { "PAID" };
    let mut order = json!({"id": id, "status": status, "customer": "anna"});
    if id != 3 {
        order["receipt"] = "r-1".into();
    }
    order
}

fn field<'h>(head: &'h Parts, name: &str) -> &'h str {
    head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_let_in(head: &Parts) -> bool {
    let sent = field(head, "authorization");
    match head.method.as_str() {
        "GET" => sent == "Bearer t0ken-from-the-environment",
        "PUT" => sent == "Basic YW5uYTpQYTU1LW9mLWFubmE=",
        "DELETE" => sent == format!("Bearer {TOKEN}"),
        _ => {
            let key = "k3y-of-the-library";
            let query = head.uri.query() == Some("key=k3y-of-the-library");
            query && field(head, "x-key") == key && field(head, "cookie") == format!("KEY={key}")
        }
    }
}

/// The request.
fn seen(head: &Parts, body: &str) -> Value {
    let mut fields = BTreeMap::new();
    for (name, value) in &head.headers {
        fields.insert(name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    json!({"path": head.uri.path(), "query": head.uri.query(), "fields": fields, "text": body})
}

fn json(status: StatusCode, body: &Value) -> Response<Body> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(body.to_string().into()).expect("a response")
}
