//! Every operation of the real contract, called by name, as a server sees it; and every example reply, decoded.

use flowproof::client::{self, Call, CallMethod, GeneratedClient, Limits, Transport};
use flowproof::contract::{Location, Operation, RequestBody, TEXT};
use flowproof::record::{Decoded, Exchange, Headers, Request, Response};
use serde_json::{Value, json};

use super::server::{Seen, Server, answer};
use crate::support::CONTRACT;

fn contract() -> Value {
    serde_json::from_str(TEXT).expect("the contract is JSON")
}

/// Follows a reference of the contract, if this is one.
fn resolved<'a>(contract: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => resolved(contract, contract.pointer(&reference[1..]).expect("references lead somewhere")),
        None => value,
    }
}

fn endpoint<'a>(contract: &'a Value, operation: &Operation) -> &'a Value {
    &contract["paths"][&operation.path][operation.method.to_lowercase()]
}

fn first_example<'a>(contract: &'a Value, holder: &'a Value) -> Option<&'a Value> {
    let named = holder["examples"].as_object().and_then(|examples| examples.values().next());
    named.map(|example| &resolved(contract, example)["value"]).or_else(|| holder.get("example"))
}

fn parameters(contract: &Value, operation: &Operation) -> serde_json::Map<String, Value> {
    let item = &contract["paths"][&operation.path];
    let lists = [&item["parameters"], &endpoint(contract, operation)["parameters"]];
    let known = lists.into_iter().filter_map(Value::as_array).flatten().map(|parameter| resolved(contract, parameter));
    let mut chosen = serde_json::Map::new();
    for parameter in known.filter(|parameter| parameter["required"] == true && parameter["in"] != "header") {
        let name = parameter["name"].as_str().expect("a parameter has a name");
        let value = first_example(contract, parameter).cloned().unwrap_or_else(|| json!("text"));
        chosen.insert(name.to_owned(), value);
    }
    chosen
}

fn body(contract: &Value, operation: &Operation) -> Option<Value> {
    let request = resolved(contract, endpoint(contract, operation).get("requestBody")?);
    let media_type = &request["content"][&operation.request.as_ref()?.media_type];
    let example = first_example(contract, media_type);
    (operation.body().is_some())
        .then(|| example.cloned().unwrap_or_else(|| panic!("{} has an example", operation.name)))
}

fn minimal_call<'a>(contract: &Value, operation: &'a Operation) -> Call<'a> {
    let method = CallMethod::of(&CONTRACT, GeneratedClient::of(&CONTRACT), operation).expect("a method was generated");
    let (path, query) = super::parted(operation, parameters(contract, operation));
    Call { path, query, body: body(contract, operation), ..Call::new(operation, method) }
}

fn expected_path(call: &Call<'_>) -> String {
    let mut path = format!("/base{}", call.operation.path);
    for (name, value) in &call.path {
        path = path.replace(&format!("{{{name}}}"), value.as_str().expect("path parameters are text"));
    }
    path
}

fn assert_true_to_contract(call: &Call<'_>, seen: &Seen) {
    let Operation { name, method, request, .. } = call.operation;
    assert_eq!(seen.head.method.as_str(), *method, "{name}");
    assert_eq!(seen.head.uri.path(), expected_path(call), "{name}");
    let media_type = request.as_ref().map(|request| request.media_type.as_str());
    assert_eq!(seen.header("content-type"), media_type, "{name}");
    let accept: Vec<&str> = seen.header("accept").expect("it asks for something").split(", ").collect();
    let documented = call.operation.replies().flat_map(|reply| &reply.media_types).map(|known| known.name.as_str());
    let documented: std::collections::BTreeSet<&str> = documented.collect();
    assert!(documented.is_empty() || documented == accept.iter().copied().collect(), "{name}: {accept:?}");
    assert!(!documented.contains("application/hal+json") || accept[0] == "application/hal+json", "{name}: {accept:?}");
    assert_eq!(seen.header("api-version"), None, "{name}");
    for parameter in call.operation.parameters.iter().filter(|parameter| parameter.location == Location::Query) {
        let sent = seen.head.uri.query().unwrap_or_default().contains(&format!("{}=", parameter.name));
        assert_eq!(sent, call.query.contains_key(&parameter.name), "{name}: {}", parameter.name);
    }
    if call.operation.body().is_some_and(|body| !RequestBody::is_form(body)) {
        let received: Value = serde_json::from_slice(&seen.body).expect("the body is JSON");
        assert_eq!(Some(received), call.body, "{name}");
    }
}

#[tokio::test]
async fn every_operation_is_sent_by_name_as_the_contract_says() {
    let server =
        Server::start(|_| answer(404, "application/json", r#"{"id":"x","code":"NOT_FOUND","message":"no"}"#)).await;
    let transport = Transport::new(server.base.clone(), Limits::default());
    let contract = contract();
    for operation in CONTRACT.operations() {
        let call = minimal_call(&contract, operation);
        let sent = transport.send(&call).await.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
        let [seen] = &server.take()[..] else { panic!("{} was sent once", operation.name) };
        assert_true_to_contract(&call, seen);
        assert_eq!(sent.request.headers.0, seen.headers(), "{}", operation.name);
        assert_eq!(sent.request.body.unwrap_or_default(), seen.body, "{}", operation.name);
        assert_eq!(sent.outcome.expect("the server answers").status, 404, "{}", operation.name);
    }
}

// The typed client sorts parameters and members by their names; only their order may differ.
fn parted(url: &str) -> (String, Vec<(String, String)>) {
    let url = url::Url::parse(url).expect("this is a URL");
    let mut query: Vec<_> = url.query_pairs().into_owned().collect();
    query.sort();
    (url.path().to_owned(), query)
}

fn known_before_the_body(mut headers: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    headers.retain(|(name, value)| name != "content-length" || value == b"0");
    headers.sort();
    headers
}

#[tokio::test]
async fn a_prepared_raw_request_is_the_one_that_the_typed_client_sends() {
    let server = Server::start(|_| answer(404, "application/json", "{}")).await;
    let transport = Transport::new(server.base.clone(), Limits::default());
    let contract = contract();
    for operation in CONTRACT.operations() {
        let call = minimal_call(&contract, operation);
        let typed = transport.send(&call).await.expect("the call fits").request;
        let raw = transport.prepare(&call).expect("the call can be written");
        let raw = transport.send_raw(raw).await.expect("the client can be made").request;
        assert_eq!((raw.method, parted(&raw.url)), (typed.method, parted(&typed.url)));
        assert_eq!(known_before_the_body(raw.headers.0), known_before_the_body(typed.headers.0), "{}", operation.name);
    }
}

#[test]
fn the_table_has_a_method_for_each_name_of_the_contract() {
    let contract = contract();
    let items = contract["paths"].as_object().expect("there are paths").values();
    let operations_of =
        |item: &Value| ["get", "post"].into_iter().filter_map(|method| item.get(method).cloned()).collect::<Vec<_>>();
    let named = items.flat_map(operations_of).flat_map(|operation| {
        let content = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
        let media_types: Vec<Value> =
            content.values().filter_map(|media_type| media_type.get("x-operation-id").cloned()).collect();
        if media_types.is_empty() { vec![operation["operationId"].clone()] } else { media_types }
    });
    let mut names: Vec<String> = named.map(|name| name.as_str().expect("a name is text").to_owned()).collect();
    names.sort();
    let known: Vec<&str> = CONTRACT.operations().iter().map(|operation| operation.name.as_str()).collect();
    assert_eq!(known, names);
    let client = GeneratedClient::of(&CONTRACT).expect("this build has one");
    assert!(CONTRACT.operations().iter().all(|operation| client.method(operation).is_some()));
    let mut other = CONTRACT.operations()[0].clone();
    other.name = "validateOTP".into();
    assert!(client.method(&other).is_none());
}

/// An exchange that ended with this answer.
fn answered(operation: &Operation, status: u16, media_type: &str, body: String) -> Exchange {
    let headers = Headers(vec![("content-type".into(), media_type.into())]);
    Exchange {
        operation: Some(operation.name.clone()),
        step: 0,
        request: Request { method: String::new(), url: String::new(), headers: Headers::default(), body: None },
        outcome: Ok(Response { status, headers, body: body.into() }),
        decoded: Decoded::NotTried,
        started_at: chrono::DateTime::UNIX_EPOCH,
        first_byte: std::time::Duration::ZERO,
        total: std::time::Duration::ZERO,
    }
}

#[test]
fn every_example_reply_of_the_contract_has_its_documented_type() {
    let contract = contract();
    let mut decoded = 0;
    for operation in CONTRACT.operations() {
        for (status, response) in endpoint(&contract, operation)["responses"].as_object().expect("there are responses")
        {
            let content = resolved(&contract, response)["content"].as_object().cloned().unwrap_or_default();
            let holds = operation.replies().any(|reply| reply.status.to_string() == *status);
            for (media_type, holder) in content.iter().filter(|_| holds) {
                let examples = holder["examples"].as_object().cloned().unwrap_or_default();
                for (name, example) in &examples {
                    let body = resolved(&contract, example)["value"].to_string();
                    let status = status.parse().expect("this contract has plain statuses");
                    let found = client::decode(&CONTRACT, &answered(operation, status, media_type, body));
                    assert_eq!(found, Decoded::Yes, "{} {status} {name}", operation.name);
                    decoded += 1;
                }
            }
        }
    }
    assert!(decoded > 0, "the contract has example replies");
}
