//! What holds for every endpoint: addresses, methods, media types, headers, malformed bodies.

use serde_json::json;
use uuid::Uuid;

use super::client::{Client, vendor};

#[test]
fn every_answer_carries_a_correlation_id_that_errors_repeat() {
    let client = Client::new();
    let refused = client.raw("GET", "/nowhere", &[], "");
    refused.says("404 NOT_FOUND");
    let id = refused.header("Correlation-Id").unwrap();
    assert!(id.parse::<Uuid>().is_ok());
    assert_eq!(refused.at("/id"), id);
    assert_eq!(refused.header("x-amzn-RequestId"), Some(id));
    assert_eq!(refused.header("Cache-Control"), Some("no-cache, no-store, max-age=0, must-revalidate"));
    assert_eq!(refused.header("X-Content-Type-Options"), Some("nosniff"));
    let begun = client.initialize(json!({ "user": { "id": client.fact("/user/id") } }));
    assert_eq!(begun.header("Date"), Some("Mon, 20 Apr 2026 12:00:00 GMT"));
    assert_ne!(begun.header("Correlation-Id"), Some(id));
}

#[test]
fn the_client_chooses_the_representation() {
    let client = Client::new();
    let auth = client.begin("/user", "OTP_REQUIRED");
    let bearer = format!("Bearer {}", client.text("/worker/accessToken"));
    let read = |accept: &str| {
        let headers = [("Authorization", bearer.as_str()), ("Accept", accept)];
        client.send("GET", &format!("deviceAuthentications/{auth}"), &headers, "")
    };
    let hal = Some("application/hal+json;charset=UTF-8");
    assert_eq!(client.read(&auth).header("Content-Type"), hal);
    assert_eq!(read("*/*").header("Content-Type"), hal);
    assert_eq!(read("application/json").header("Content-Type"), Some("application/json;charset=UTF-8"));
    read("text/html").says("406 INVALID_REQUEST");
}

#[test]
fn refusals_come_in_their_documented_order() {
    let client = Client::new();
    let auth = client.begin("/user", "OTP_REQUIRED");
    let path = format!("deviceAuthentications/{auth}");
    let bearer = format!("Bearer {}", client.text("/worker/accessToken"));
    let post = |media_type: &str, body: &str| {
        client.send("POST", &path, &[("Authorization", &bearer), ("Content-Type", media_type)], body)
    };
    client.raw("GET", &format!("/{}/as/token", Uuid::nil()), &[], "").says("404 NOT_FOUND");
    let put = client.send("PUT", &path, &[], "");
    assert_eq!(put.says("405 INVALID_REQUEST").header("Allow"), Some("GET, POST"));
    client
        .send("GET", "deviceAuthentications/5", &[], "")
        .says("401 ACCESS_FAILED INVALID_TOKEN Authentication Credentials");
    client.read("5").says("404 NOT_FOUND");
    client.read(&Uuid::nil().to_string()).says("404 NOT_FOUND");
    post("application/json", "{").says("415 INVALID_REQUEST");
    post(&vendor("otp.check"), "{").says("400 INVALID_REQUEST");
    post(&vendor("assertion.check"), "{}").says("400 INVALID_REQUEST");
    post(&vendor("otp.check"), "{}").says("400 INVALID_DATA REQUIRED_VALUE otp");
    post(&vendor("otp.check"), r#"{"otp":""}"#).says("400 INVALID_DATA EMPTY_VALUE otp");
    post(&vendor("otp.check"), r#"{"otp":123456}"#).says("400 INVALID_DATA INVALID_VALUE otp");
    post(&vendor("otp.check"), &"x".repeat(2 << 20)).says("400 INVALID_REQUEST");
    post("Application/Vnd.PingIdentity.Otp.Check+Json; charset=utf-8", r#"{"otp":"0"}"#)
        .says("400 INVALID_DATA INVALID_OTP otp");
}

#[test]
fn one_request_too_many_is_refused_once() {
    let client = Client::new();
    let auth = client.begin("/user", "OTP_REQUIRED");
    client.control().limit(client.env(), 1).unwrap();
    client.read(&auth).says("200 OTP_REQUIRED");
    let refused = client.read(&auth);
    assert_eq!(refused.says("429 REQUEST_LIMITED LIMIT_EXCEEDED").header("Retry-After"), Some("1"));
    client.read(&auth).says("200 OTP_REQUIRED");
}
