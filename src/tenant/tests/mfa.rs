//! Device authentications, device type by device type, and what is refused.

use serde_json::{Value, json};

use super::client::{Client, vendor};
use crate::tenant::{Fault, PushAnswer};

#[test]
fn an_emailed_passcode_completes_a_device_authentication() {
    let client = Client::new();
    let begun = client.initialize(json!({ "user": { "id": client.fact("/user/id") } }));
    begun.says("201 OTP_REQUIRED");
    assert_eq!(begun.links(), ["self", "device.select", "otp.check"]);
    assert_eq!(begun.at("/_embedded/devices/0/email"), "an****@example.com");
    assert_eq!(begun.at("/selectedDevice/id"), client.fact("/user/device/id"));
    assert_eq!(begun.at("/createdAt"), "2026-04-20T12:00:00.000Z");
    let auth = begun.at("/id").as_str().unwrap().to_owned();
    let done = client.act(&auth, "otp.check", json!({ "otp": client.otp("anna") }));
    done.says("200 COMPLETED");
    assert_eq!(done.links(), ["self"]);
    assert_eq!(done.at("/authenticators"), json!(["mfa", "email"]));
    client.read(&auth).says("200 COMPLETED");
    client.act(&auth, "otp.check", json!({ "otp": "123456" })).says("400 INVALID_REQUEST");
}

#[test]
fn every_sent_passcode_arrives() {
    let client = Client::new();
    for user in ["sms", "voice", "whatsapp"] {
        let auth = client.begin(&format!("/users/{user}"), "OTP_REQUIRED");
        let otp = client.otp(&client.text(&format!("/users/{user}/phone")));
        client.act(&auth, "otp.check", json!({ "otp": otp })).says("200 COMPLETED");
    }
}

#[test]
fn generated_passcodes_count_once() {
    let client = Client::new();
    for user in ["totp", "mobileWithoutPush"] {
        let user = format!("/users/{user}");
        let otp = client.otp(&client.text(&format!("{user}/id")));
        let auth = client.begin(&user, "OTP_REQUIRED");
        client.act(&auth, "otp.check", json!({ "otp": otp })).says("200 COMPLETED");
        let auth = client.begin(&user, "OTP_REQUIRED");
        client.act(&auth, "otp.check", json!({ "otp": otp })).says("400 INVALID_DATA INVALID_OTP otp");
        let next = client.otp(&client.text(&format!("{user}/username")));
        client.act(&auth, "otp.check", json!({ "otp": next })).says("200 COMPLETED");
    }
}

#[test]
fn q12_three_wrong_passcodes_fail_the_authentication_and_lock_a_device_that_makes_them() {
    let client = Client::new();
    let auth = client.begin("/users/totp", "OTP_REQUIRED");
    for remaining in [2, 1, 0] {
        let refused = client.act(&auth, "otp.check", json!({ "otp": "000000" }));
        refused.says("400 INVALID_DATA INVALID_OTP otp");
        assert_eq!(refused.at("/details/0/innerError/attemptsRemaining"), remaining);
    }
    let failed = client.read(&auth);
    failed.says("200 FAILED");
    assert_eq!(failed.at("/error/code"), "INVALID_OTP");
    assert_eq!(failed.at("/_embedded/devices/0/lock/status"), "LOCKED");
    let again = client.initialize(json!({ "user": { "id": client.fact("/users/totp/id") } }));
    assert_eq!(again.says("201 FAILED").at("/error/code"), "NO_USABLE_DEVICES");
    assert_eq!(again.at("/unavailableDevices/0/id"), client.fact("/users/totp/device/id"));
    client.advance(121);
    client.begin("/users/totp", "OTP_REQUIRED");
}

#[test]
fn a_passcode_expires_by_its_policy_and_the_resource_after_a_quarter_of_an_hour_without_use() {
    let client = Client::new();
    let policy = client.fact("/policies/shortPasscode");
    let begun = client.initialize(json!({ "user": { "id": client.fact("/user/id") }, "policy": policy }));
    let auth = begun.says("201 OTP_REQUIRED").at("/id").as_str().unwrap().to_owned();
    assert_eq!(begun.at("/policy"), policy);
    client.advance(60);
    client.act(&auth, "otp.check", json!({ "otp": client.otp("anna") })).says("400 INVALID_DATA INVALID_OTP otp");
    client.act(&auth, "device.select", json!({ "device": client.fact("/user/device") })).says("200 OTP_REQUIRED");
    client.act(&auth, "otp.check", json!({ "otp": client.otp("anna") })).says("200 COMPLETED");
    client.advance(14 * 60);
    client.read(&auth).says("200 COMPLETED");
    client.advance(15 * 60);
    client.read(&auth).says("404 NOT_FOUND");
}

#[test]
fn a_push_is_approved_rejected_times_out_or_is_taken_back() {
    let client = Client::new();
    let answer = |answer| client.control().answer_push(client.env(), "frank", answer).unwrap();
    let auth = client.begin("/users/mobile", "PUSH_CONFIRMATION_REQUIRED");
    assert_eq!(client.read(&auth).links(), ["self", "device.select", "otp.check", "cancel.push.authentication"]);
    answer(PushAnswer::Approve);
    client.read(&auth).says("200 COMPLETED");
    let auth = client.begin("/users/mobile", "PUSH_CONFIRMATION_REQUIRED");
    answer(PushAnswer::Reject);
    client.read(&auth).says("200 FAILED");
    let auth = client.begin("/users/mobile", "PUSH_CONFIRMATION_REQUIRED");
    client.advance(120);
    client.read(&auth).says("200 PUSH_CONFIRMATION_TIMED_OUT");
    assert!(client.control().answer_push(client.env(), "frank", PushAnswer::Approve).is_err());
    client.act(&auth, "otp.check", json!({ "otp": client.otp("frank") })).says("200 COMPLETED");
    let auth = client.begin("/users/mobile", "PUSH_CONFIRMATION_REQUIRED");
    client
        .act(&auth, "cancel.push.authentication", json!({ "reason": 5 }))
        .says("400 INVALID_DATA INVALID_VALUE reason");
    let cancelled = client.act(&auth, "cancel.push.authentication", json!({ "reason": "CHANGE_DEVICE" }));
    cancelled.says("200 DEVICE_SELECTION_REQUIRED");
    assert_eq!(cancelled.at("/selectedDevice/id"), client.fact("/users/mobile/device/id"));
}

#[test]
fn an_assertion_is_wrong_or_none_at_all() {
    let client = Client::new();
    let check = |auth: &str, assertion: &str| {
        client.act(auth, "assertion.check", json!({ "origin": "https://app.example.com", "assertion": assertion }))
    };
    let auth = client.begin("/users/fido2", "ASSERTION_REQUIRED");
    assert!(client.read(&auth).at("/publicKeyCredentialRequestOptions").is_string());
    check(&auth, "nonsense").says("400 INVALID_DATA INVALID_VALUE assertion");
    check(&auth, r#"{"id":"AAAA","type":"public-key","response":{}}"#).says("200 FAILED");
}

#[test]
fn policies_decide_who_chooses_the_device() {
    let client = Client::new();
    let begin = |user: &str, policy: &str| {
        let policy = client.fact(&format!("/policies/{policy}"));
        client.initialize(json!({ "user": { "id": client.fact(user) }, "policy": policy }))
    };
    begin("/users/several/id", "default").says("201 OTP_REQUIRED");
    begin("/user/id", "promptToSelect").says("201 OTP_REQUIRED");
    begin("/user/id", "alwaysDisplay").says("201 DEVICE_SELECTION_REQUIRED");
    let begun = begin("/users/several/id", "promptToSelect");
    assert_eq!(begun.says("201 DEVICE_SELECTION_REQUIRED").links(), ["self", "device.select"]);
    let auth = begun.at("/id").as_str().unwrap().to_owned();
    let select = |device: Value| client.act(&auth, "device.select", json!({ "device": device }));
    let expected = [("mobile", "PUSH_CONFIRMATION_REQUIRED"), ("fido2", "ASSERTION_REQUIRED"), ("sms", "OTP_REQUIRED")];
    for (device, state) in expected {
        select(client.fact(&format!("/users/several/devices/{device}"))).says(&format!("200 {state}"));
    }
    select(client.fact("/user/device")).says("400 INVALID_DATA INVALID_VALUE device.id");
}

#[test]
fn a_one_time_contact_needs_no_device() {
    let client = Client::new();
    let begin = |one_time: Value| {
        let user = client.fact("/users/deviceless/id");
        client.initialize(json!({ "user": { "id": user }, "selectedDevice": { "oneTime": one_time } }))
    };
    let begun = begin(json!({ "type": "EMAIL", "email": "once@example.org", "testMode": true }));
    begun.says("201 OTP_REQUIRED");
    assert_eq!(begun.at("/selectedDevice/oneTime"), json!({ "type": "EMAIL", "email": "on****@example.org" }));
    assert_eq!(begun.at("/test/otp"), client.otp("once@example.org"));
    begin(json!({ "type": "SMS", "phone": "+1 (512) 520-1234" })).says("201 OTP_REQUIRED");
    begin(json!({ "type": "SMS" })).says("400 INVALID_DATA REQUIRED_VALUE selectedDevice.oneTime.phone");
    begin(json!({ "type": "EMAIL", "email": "nowhere" }))
        .says("400 INVALID_DATA INVALID_VALUE selectedDevice.oneTime.email");
    let without = client.initialize(json!({ "user": { "id": client.fact("/users/deviceless/id") } }));
    assert_eq!(without.says("201 FAILED").at("/error/code"), "NO_USABLE_DEVICES");
}

#[test]
fn a_remembered_browser_is_known_by_payload_and_cookie_together() {
    let client = Client::new();
    let bearer = format!("Bearer {}", client.text("/worker/accessToken"));
    let check = |payload: Value, cookie: &str| {
        let body = json!({
            "user": { "id": client.fact("/users/remembered/id") },
            "policy": client.fact("/policies/default"),
            "payload": { "type": "BROWSER", "value": payload },
        });
        let headers =
            [("Authorization", bearer.as_str()), ("Content-Type", &vendor("payload.check")), ("Cookie", cookie)];
        client.send("POST", "deviceAuthentications", &headers, &body.to_string())
    };
    let cookie = client.text("/users/remembered/cookie");
    let known = check(client.fact("/users/remembered/payload"), &cookie);
    assert_eq!(known.says("200 COMPLETED").at("/authenticators"), json!(["rm"]));
    check(json!("something else"), &cookie).says("200 FAILED");
    check(client.fact("/users/remembered/payload"), "RD=other").says("200 FAILED");
}

#[test]
fn bad_initializations_are_refused_with_every_reason() {
    let client = Client::new();
    let unknown = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";
    client.initialize(json!({})).says("400 INVALID_DATA REQUIRED_VALUE user.id");
    client
        .initialize(json!({ "user": { "id": 5 }, "policy": { "id": "" } }))
        .says("400 INVALID_DATA INVALID_VALUE user.id EMPTY_VALUE policy.id");
    client.initialize(json!({ "user": { "id": unknown } })).says("400 INVALID_DATA INVALID_VALUE user.id");
    client
        .initialize(json!({ "user": { "id": client.fact("/user/id") }, "policy": { "id": unknown } }))
        .says("400 INVALID_DATA INVALID_VALUE policy.id");
    client
        .initialize(json!({ "user": { "id": client.fact("/users/disabled/id") } }))
        .says("400 INVALID_DATA ACCOUNT_NOT_USABLE user.id");
    client.initialize(json!([])).says("400 INVALID_REQUEST");
}

#[test]
fn a_token_is_needed_and_runs_out() {
    let client = Client::new();
    let auth = client.begin("/user", "OTP_REQUIRED");
    let path = format!("deviceAuthentications/{auth}");
    for headers in [&[][..], &[("Authorization", "Bearer nonsense")]] {
        let refused = client.send("GET", &path, headers, "");
        refused.says("401 ACCESS_FAILED INVALID_TOKEN Authentication Credentials");
    }
    client.advance(3600);
    client.read(&auth).says("401 ACCESS_FAILED INVALID_TOKEN Authentication Credentials");
}

#[test]
fn each_fault_shows() {
    let begin = |fault: Fault| {
        let client = Client::with_faults(vec![fault]);
        let answer = client.initialize(json!({ "user": { "id": client.fact("/user/id") } }));
        (client, answer)
    };
    assert!(begin(Fault::MissingStatus).1.at("/status").is_null());
    assert_eq!(begin(Fault::MalformedUuid).1.at("/environment/id"), "not-a-uuid");
    assert_eq!(begin(Fault::MalformedDate).1.at("/createdAt"), "yesterday at noon");
    assert!(serde_json::from_str::<Value>(&begin(Fault::TruncatedJson).1.text).is_err());
    assert_eq!(begin(Fault::DuplicateKey).1.text.matches("\"status\":\"OTP_REQUIRED\"").count(), 2);
    assert_eq!(begin(Fault::WrongMediaType).1.header("Content-Type"), Some("text/html;charset=UTF-8"));
    assert_eq!(begin(Fault::NoContentType).1.header("Content-Type"), None);
    assert_eq!(begin(Fault::WrongStatus).1.status, 200);
    assert_eq!(begin(Fault::NoCorrelationId).1.header("Correlation-Id"), None);
    assert_eq!(begin(Fault::MalformedCorrelationId).1.header("Correlation-Id"), Some("number nine"));
    assert_eq!(begin(Fault::UndocumentedProperty).1.at("/flavour"), "vanilla");
    assert_eq!(begin(Fault::UndocumentedValue).1.at("/_embedded/devices/0/type"), "PIGEON");
    assert!(begin(Fault::IntegerOverflow).1.text.contains("\"userRetries\":100000000000000000000"));
    let check = |fault: Fault, right: bool| {
        let (client, begun) = begin(fault);
        let auth = begun.at("/id").as_str().unwrap().to_owned();
        let otp = if right { client.otp("anna") } else { "wrong".to_owned() };
        let answer = client.act(&auth, "otp.check", json!({ "otp": otp }));
        let after = client.read(&auth).at("/status");
        (answer, after)
    };
    assert_eq!(check(Fault::UndocumentedStatus, true).0.status, 418);
    check(Fault::IllegalTransition, true).0.says("200 DEVICE_SELECTION_REQUIRED");
    assert_eq!(check(Fault::StateAfterRejection, false).1, "ASSERTION_REQUIRED");
    check(Fault::WrongOtpAccepted, false).0.says("200 COMPLETED");
    assert_eq!(check(Fault::AttemptsNotCounted, false).0.at("/details/0/innerError/attemptsRemaining"), 3);
    check(Fault::WrongErrorCode, false).0.says("400 INVALID_DATA INVALID_VALUE otp");
}
