//! What the transport keeps of an exchange, and how it ends when the other side misbehaves.

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use flowproof::client::{Call, CallError, CallMethod, GeneratedClient, Limits, RawRequest, Transport};
use flowproof::record::{Decoded, Exchange, Phase};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::server::{Server, answer, base};
use crate::support::CONTRACT;

const ENV: &str = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";
const AUTH: &str = "1b7e4d63-8a6f-4a1f-8e8b-64e1c5a5b002";

fn call(name: &str, parameters: Value, body: Option<Value>) -> Call<'static> {
    let operation = CONTRACT.operation(name).unwrap_or_else(|| panic!("{name} is an operation"));
    let method = CallMethod::of(&CONTRACT, GeneratedClient::of(&CONTRACT), operation).expect("a method was generated");
    let Value::Object(parameters) = parameters else { panic!("parameters are an object") };
    let (path, query) = super::parted(operation, parameters);
    Call { path, query, body, ..Call::new(operation, method) }
}

fn validate_otp(otp: &str) -> Call<'static> {
    call("validateOtp", json!({ "envID": ENV, "deviceAuthID": AUTH }), Some(json!({ "otp": otp })))
}

fn read_device_authentication() -> Call<'static> {
    call("readDeviceAuthentication", json!({ "envID": ENV, "deviceAuthID": AUTH }), None)
}

async fn sent_to(server: &Server, call: &Call<'_>) -> Exchange {
    let transport = Transport::new(server.base.clone(), Limits::default());
    transport.send(call).await.expect("the call fits")
}

async fn decoded(status: u16, media_type: &'static str, body: Value) -> Decoded {
    let server = Server::start(move |_| answer(status, media_type, body.to_string())).await;
    sent_to(&server, &read_device_authentication()).await.decoded
}

#[tokio::test]
async fn a_reply_that_does_not_have_its_type_says_where() {
    let body = json!({ "id": AUTH, "status": "COMPLETED", "_links": { "self": { "href": 7 } } });
    let Decoded::No { pointer, message } = decoded(200, "application/hal+json", body).await else {
        panic!("7 is no URL")
    };
    assert_eq!(pointer, "/_links/self/href");
    assert_eq!(message, "invalid type: integer `7`, expected a string");
    let Decoded::No { pointer, message } = decoded(404, "application/json", json!({ "id": AUTH })).await else {
        panic!("the code is missing")
    };
    assert_eq!((pointer.as_str(), message.as_str()), ("", "missing field `code`"));
}

#[tokio::test]
async fn a_status_or_media_type_that_is_not_documented_is_not_decoded() {
    assert_eq!(decoded(418, "application/json", json!({})).await, Decoded::NotTried);
    assert_eq!(decoded(200, "text/html", json!({})).await, Decoded::NotTried);
}

#[tokio::test]
async fn a_reply_cannot_pretend_to_be_another_one() {
    let server = Server::start(|_| answer(200, "application/json", r#"{},"Status404":{}"#)).await;
    let sent = sent_to(&server, &read_device_authentication()).await;
    assert!(matches!(sent.decoded, Decoded::No { .. }), "{:?}", sent.decoded);
}

#[tokio::test]
async fn headers_and_body_are_kept_as_they_came_and_duplicates_stay() {
    let server = Server::start(|_| {
        let response = Response::builder().status(400).header("content-type", "application/json");
        let response =
            response.header("set-cookie", "a=1").header("x-odd", HeaderValue::from_bytes(b"\xff").expect("odd"));
        response.header("set-cookie", "b=2").body(Body::from("{\"otp\": ")).expect("this is a response")
    });
    let sent = sent_to(&server.await, &validate_otp("482913")).await;
    let received = sent.outcome.expect("a response came");
    assert_eq!((received.status, &received.body[..]), (400, &b"{\"otp\": "[..]));
    let values = |name: &str| {
        received.headers.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(values("set-cookie"), [b"a=1", b"b=2"]);
    assert_eq!(values("x-odd"), [b"\xff"]);
    assert!(sent.first_byte <= sent.total);
}

#[tokio::test]
async fn a_redirect_is_a_reply_and_is_not_followed() {
    let server = Server::start(|_| {
        let response = Response::builder().status(302).header("location", "/elsewhere?flowId=1");
        response.body(Body::from("see there")).expect("this is a response")
    });
    let server = server.await;
    let sent = sent_to(&server, &call("activateDevice", json!({ "envID": ENV, "user_code": "KQ7M 3XT9" }), None)).await;
    assert_eq!(sent.decoded, Decoded::Yes);
    assert_eq!(sent.outcome.expect("a response came").body, "see there");
    let [seen] = &server.take()[..] else { panic!("one request") };
    assert_eq!(seen.head.uri.query(), Some("user_code=KQ7M+3XT9"));
}

#[tokio::test]
async fn the_headers_of_a_call_replace_those_of_the_client_or_take_them_away() {
    let server = Server::start(|_| answer(200, "application/json", "{}")).await;
    let mut call = validate_otp("482913");
    call.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer t"));
    call.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    call.without = vec![CONTENT_TYPE];
    let sent = sent_to(&server, &call).await;
    let [seen] = &server.take()[..] else { panic!("one request") };
    assert_eq!(seen.header("authorization"), Some("Bearer t"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("content-type"), None);
    assert_eq!(sent.request.headers.0, seen.headers());

    call.without = vec![ACCEPT, AUTHORIZATION];
    let sent = sent_to(&server, &call).await;
    let [seen] = &server.take()[..] else { panic!("one request") };
    assert_eq!((seen.header("accept"), seen.header("authorization")), (Some("*/*"), None));
    assert_eq!(sent.request.headers.0, seen.headers());
}

#[tokio::test]
async fn form_fields_are_sent_as_a_form_and_numbers_as_their_digits() {
    let server = Server::start(|_| answer(200, "application/json", "{}")).await;
    let fields = json!({ "grant_type": "client_credentials", "scope": "a b&c", "client_id": 7 });
    let sent = sent_to(&server, &call("requestToken", json!({ "envID": ENV }), Some(fields))).await;
    let body = String::from_utf8(sent.request.body.expect("there is a body").to_vec()).expect("a form is text");
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(
        (field("grant_type"), field("scope"), field("client_id")),
        (Some("client_credentials"), Some("a b&c"), Some("7"))
    );
}

#[tokio::test]
async fn a_body_that_may_be_left_out_can_be_left_out_and_the_reply_is_still_decoded() {
    let server = Server::start(|_| answer(404, "application/json", r#"{"code":7}"#)).await;
    let left_out = call("sendVerificationCode", json!({ "envID": ENV, "flowID": AUTH }), None);
    let request = left_out.operation.request.as_ref().expect("it has a media type");
    assert!(!request.required);
    let sent = sent_to(&server, &left_out).await;
    assert_eq!(sent.request.body, None);
    assert!(matches!(sent.decoded, Decoded::No { .. }), "{:?}", sent.decoded);
    let [seen] = &server.take()[..] else { panic!("one request") };
    assert_eq!(seen.header("content-type"), Some(request.media_type.as_str()));
    assert_eq!(sent.request.headers.0, seen.headers());
}

#[tokio::test]
async fn an_argument_that_does_not_fit_is_named_and_nothing_is_sent() {
    let server = Server::start(|_| answer(200, "application/json", "{}")).await;
    let transport = Transport::new(server.base.clone(), Limits::default());
    let both = json!({ "envID": ENV, "deviceAuthID": AUTH });
    let device = json!({ "device": { "id": 7 } });
    for (call, pointer) in [
        (call("selectDevice", both.clone(), Some(device)), "/body/device/id"),
        (call("selectDevice", both.clone(), None), "/body"),
        (call("resetSession", json!({ "envID": ENV, "flowID": AUTH }), Some(json!({}))), "/body"),
        (call("readDeviceAuthentication", json!({ "envID": ENV }), None), "/parameters/deviceAuthID"),
        (call("readDeviceAuthentication", json!({ "envID": "no", "deviceAuthID": AUTH }), None), "/parameters/envID"),
        (call("activateDevice", json!({ "envID": ENV, "usercode": "K" }), None), "/parameters/usercode"),
    ] {
        let Err(CallError::Argument { pointer: found, .. }) = transport.send(&call).await else { panic!("{pointer}") };
        assert_eq!(found, pointer);
    }
    assert!(server.take().is_empty());
}

#[tokio::test]
async fn calls_at_the_same_time_keep_their_own_exchanges() {
    let server = Server::start(|seen| answer(400, "application/json", seen.body.clone())).await;
    let transport = Transport::new(server.base.clone(), Limits::default());
    let calls = (0..64).map(|number| {
        let transport = transport.clone();
        tokio::spawn(async move { transport.send(&validate_otp(&format!("{number:06}"))).await })
    });
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        let sent = call.await.expect("no panic").expect("the call fits");
        assert_eq!(sent.outcome.expect("a response came").body, json!({ "otp": format!("{number:06}") }).to_string());
    }
}

/// Serves one connection with these bytes after the request's head, then closes it.
async fn one_answer(bytes: &'static [u8], pause: Duration) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("the listener has an address").port();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("somebody connects");
        let mut request = [0; 4096];
        let _ = connection.read(&mut request).await;
        let _ = connection.write_all(bytes).await;
        tokio::time::sleep(pause).await;
    });
    port
}

async fn phase(port: u16, limits: Limits) -> Phase {
    let transport = Transport::new(base(port), limits);
    let sent = transport.send(&read_device_authentication()).await.expect("the call fits");
    assert_eq!(sent.decoded, Decoded::NotTried);
    let error = sent.outcome.expect_err("this cannot succeed");
    assert!(!error.message.is_empty() && !error.message.contains(ENV), "{}", error.message);
    error.phase
}

#[tokio::test]
async fn a_failure_says_how_far_the_exchange_got() {
    let none = Duration::ZERO;
    let limits = Limits { body: 100, ..Limits::default() };
    let refused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.local_addr().expect("the listener has an address").port()
    };
    assert_eq!(phase(refused, limits).await, Phase::Connect);
    assert_eq!(phase(one_answer(b"", none).await, limits).await, Phase::FirstByte);
    assert_eq!(
        phase(one_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", none).await, limits).await,
        Phase::Body
    );
    assert_eq!(
        phase(one_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n", none).await, limits).await,
        Phase::Limit
    );
    let endless: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n65\r\n\
        01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\r\n";
    assert_eq!(phase(one_answer(endless, none).await, limits).await, Phase::Limit);
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up_at_the_deadline() {
    let limits = Limits { total: Duration::from_millis(100), ..Limits::default() };
    let port = one_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", Duration::from_secs(3600)).await;
    assert_eq!(phase(port, limits).await, Phase::Deadline);
}

#[tokio::test]
async fn a_raw_request_is_sent_as_it_is() {
    let server = Server::start(|_| answer(415, "application/json", "{}")).await;
    let transport = Transport::new(server.base.clone(), Limits::default());
    let prepared = transport.prepare(&validate_otp("not digits")).expect("the call can be written");
    let mut request = RawRequest { body: Some("{\"otp\":\"12".into()), ..prepared };
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    request.url.set_fragment(Some("never-sent"));
    let sent = transport.send_raw(request).await.expect("the client can be made");
    let [seen] = &server.take()[..] else { panic!("one request") };
    assert_eq!((seen.header("content-type"), &seen.body[..]), (Some("text/plain"), &b"{\"otp\":\"12"[..]));
    assert_eq!(sent.request.headers.0, seen.headers());
    assert!(!sent.request.url.contains('#'));
    assert_eq!((sent.outcome.expect("a response came").status, sent.decoded), (415, Decoded::NotTried));
}

/// reported/17: a client that works with URLs resolves dots and backslashes before it sends anything.
#[tokio::test]
async fn a_raw_target_goes_out_byte_for_byte() {
    let server = Server::start(|_| answer(404, "application/json", "{}")).await;
    let transport = Transport::new(server.base.clone(), Limits::default());
    let prepared = transport.prepare(&validate_otp("1")).expect("the call can be written");
    for target in
        ["/a/../b", "/a/./b", "/%2e%2e/b", "/a\\b", "/a//b", "/%zz?x=%zz", "/a|b\"'^{}", "/.?x=/../y", "/ordinary"]
    {
        let request =
            RawRequest { target: Some(target.into()), url: server.base.join("/").expect("a URL"), ..prepared.clone() };
        let sent = transport.send_raw(request).await.expect("the client can be made");
        let [seen] = &server.take()[..] else { panic!("one request") };
        assert_eq!(seen.head.uri.to_string(), target);
        assert_eq!(sent.request.url, format!("{}{target}", server.base.origin().ascii_serialization()));
        assert_eq!(
            sent.request.headers.all("host").collect::<Vec<_>>(),
            seen.headers()
                .iter()
                .filter(|(name, _)| name == "host")
                .map(|(_, value)| value.as_slice())
                .collect::<Vec<_>>()
        );
        assert_eq!(sent.outcome.expect("a response came").status, 404, "{target}");
    }
}

#[tokio::test]
async fn odd_path_arguments_are_escaped_in_a_prepared_request() {
    let transport = Transport::new(base(1), Limits::default());
    let odd =
        call("readDeviceAuthentication", json!({ "envID": "a/b ?", "deviceAuthID": 7, "unknown": ["x", "y"] }), None);
    let prepared = transport.prepare(&odd).expect("the call can be written");
    assert_eq!(
        prepared.url.as_str(),
        "http://127.0.0.1:1/base/a%2Fb%20%3F/deviceAuthentications/7?unknown=x&unknown=y"
    );
}
