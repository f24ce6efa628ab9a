//! Each rule of the checks that look at resources, on histories that were made up for it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Case, Judgement, Levels, Observation, judge};
use crate::contract::Contract;
use crate::record::{Decoded, Exchange, Headers, Level, Phase, Request, Response, TransportError};

const ENV: &str = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";
const A: &str = "1b7e4d63-8a6f-4a1f-8e8b-64e1c5a5b002";
const B: &str = "5d0c7f0e-37a1-4b0b-8a43-b8a4b7f1c9aa";
const OTHER: &str = "c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c25";
const CORRELATION: &str = "9c2f6b1a-5d3e-4c7f-8a90-1f2e3d4c5b6a";

fn contract() -> Contract {
    Contract::embedded().expect("the contract is valid")
}

/// A device authentication as a tenant on this machine would show it.
fn auth(id: &str, state: &str) -> Value {
    let href = format!("http://127.0.0.1:8080/{ENV}/deviceAuthentications/{id}");
    let mut body = json!({
        "_links": {"self": {"href": href}},
        "id": id,
        "environment": {"id": ENV},
        "status": state,
        "policy": {"id": "3d906f85-0c81-4c31-8aad-86a3e7c7d004"},
        "user": {"id": "2c8f5e74-9b70-4b20-9f9c-75f2d6b6c003"},
        "selectedDevice": {"id": "4ea17096-1d92-4d42-9bbe-97b4f8d8e005"},
        "_embedded": {"devices": []},
        "createdAt": "2026-03-02T09:15:04.120Z",
        "updatedAt": "2026-03-02T09:15:04.310Z",
    });
    let action = match state {
        "OTP_REQUIRED" => "otp.check",
        "ASSERTION_REQUIRED" => "assertion.check",
        "DEVICE_SELECTION_REQUIRED" | "PUSH_CONFIRMATION_TIMED_OUT" => "device.select",
        _ => return if state == "FAILED" { with(body, "/error", json!({"code": "X"})) } else { body },
    };
    body["_links"][action] = json!({"href": href});
    body
}

/// A value with one member set, or taken away by `null`.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (holder, key) = pointer.rsplit_once('/').expect("a pointer");
    let holder = body.pointer_mut(holder).and_then(Value::as_object_mut).expect("an object");
    if value.is_null() {
        holder.shift_remove(key);
    } else {
        holder.insert(key.to_owned(), value);
    }
    body
}

fn called(operation: &str, id: &str, status: u16, body: Value) -> Exchange {
    let path = if id.is_empty() { String::new() } else { format!("/{id}") };
    let fields = [
        ("Content-Type", "application/hal+json"),
        ("Correlation-Id", CORRELATION),
        ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
        ("Date", "Mon, 02 Mar 2026 09:15:05 GMT"),
    ];
    let headers = fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    Exchange {
        operation: Some(operation.to_owned()),
        step: 0,
        request: Request {
            method: String::new(),
            url: format!("http://127.0.0.1:8080/{ENV}/deviceAuthentications{path}"),
            headers: Headers::default(),
            body: None,
        },
        outcome: Ok(Response { status, headers: Headers(headers), body: body.to_string().into() }),
        decoded: Decoded::NotTried,
        started_at: Default::default(),
        first_byte: Duration::ZERO,
        total: Duration::ZERO,
    }
}

fn begun(id: &str, state: &str) -> Exchange {
    called("initializeDeviceAuthentication", "", 201, auth(id, state))
}

fn read(id: &str, state: &str) -> Exchange {
    called("readDeviceAuthentication", id, 200, auth(id, state))
}

fn shown(body: Value) -> Exchange {
    called("readDeviceAuthentication", A, 200, body)
}

fn refused(operation: &str, id: &str, status: u16, code: &str) -> Exchange {
    called(operation, id, status, json!({"id": CORRELATION, "code": code, "message": "No."}))
}

fn lost(operation: &str, id: &str) -> Exchange {
    let outcome = Err(TransportError { phase: Phase::FirstByte, message: "cut off".into() });
    Exchange { outcome, ..called(operation, id, 200, Value::Null) }
}

fn judged(history: Vec<Exchange>) -> Judgement {
    let history: Vec<Observation> = history.into_iter().map(Observation::from).collect();
    let contract = contract();
    judge(&Case::new(&contract, &history, None).expect("an answer"), &Levels::strict())
}

/// What is said of the last exchange: check and pointer of each finding that denies.
fn said(history: Vec<Exchange>) -> Vec<String> {
    let denied = judged(history).findings.into_iter().filter(|finding| finding.level == Level::Deny);
    denied.map(|finding| format!("{} {}", finding.check, finding.pointer.unwrap_or_default())).collect()
}

const MOVED: [&str; 1] = ["lifecycle-transition /status"];

#[test]
fn a_resource_starts_only_in_its_first_states() {
    assert!(said(vec![begun(A, "OTP_REQUIRED")]).is_empty());
    assert_eq!(said(vec![begun(A, "PUSH_CONFIRMATION_TIMED_OUT")]), MOVED);
}

#[test]
fn an_accepted_action_leads_where_the_state_before_permits() {
    let act = |state| called("validateOtp", A, 200, auth(A, state));
    assert!(said(vec![begun(A, "OTP_REQUIRED"), act("COMPLETED")]).is_empty());
    assert_eq!(said(vec![begun(A, "OTP_REQUIRED"), act("FAILED")]), MOVED);
    assert_eq!(said(vec![begun(A, "DEVICE_SELECTION_REQUIRED"), act("COMPLETED")]), MOVED);
}

#[test]
fn a_rejected_action_leaves_the_state_or_leads_where_rejections_may() {
    let wrong = || refused("validateOtp", A, 400, "INVALID_DATA");
    for (state, moved) in [("OTP_REQUIRED", false), ("FAILED", false), ("COMPLETED", true)] {
        let history = vec![begun(A, "OTP_REQUIRED"), wrong(), read(A, state)];
        assert_eq!(!said(history).is_empty(), moved, "{state}");
    }
    let forbidden = vec![begun(A, "DEVICE_SELECTION_REQUIRED"), wrong(), read(A, "FAILED")];
    assert_eq!(said(forbidden), MOVED);
}

#[test]
fn a_request_that_was_refused_before_it_was_read_changes_nothing() {
    for (status, code) in [(401, "ACCESS_FAILED"), (404, "NOT_FOUND"), (415, "INVALID_REQUEST")] {
        let history = |state| vec![begun(A, "OTP_REQUIRED"), refused("validateOtp", A, status, code), read(A, state)];
        assert!(said(history("OTP_REQUIRED")).is_empty());
        assert_eq!(said(history("FAILED")), MOVED);
    }
}

#[test]
fn a_request_whose_answer_was_lost_may_have_been_carried_out_or_not() {
    for (state, moved) in [("OTP_REQUIRED", false), ("COMPLETED", false), ("ASSERTION_REQUIRED", true)] {
        let options = json!("{}");
        let body = auth(A, state);
        let body = if moved { with(body, "/publicKeyCredentialRequestOptions", options) } else { body };
        let history = vec![begun(A, "OTP_REQUIRED"), lost("validateOtp", A), shown(body)];
        assert_eq!(!said(history).is_empty(), moved, "{state}");
    }
    let seen_later = vec![begun(A, "OTP_REQUIRED"), lost("readDeviceAuthentication", A), read(A, "COMPLETED")];
    assert_eq!(said(seen_later), MOVED, "a lost read changes nothing");
}

#[test]
fn polling_finds_what_may_come_about_by_itself_and_nothing_else() {
    let waiting = || vec![begun(A, "PUSH_CONFIRMATION_REQUIRED"), read(A, "PUSH_CONFIRMATION_REQUIRED")];
    let then = |state| waiting().into_iter().chain([read(A, state)]).collect();
    for state in ["PUSH_CONFIRMATION_REQUIRED", "COMPLETED", "FAILED", "PUSH_CONFIRMATION_TIMED_OUT"] {
        assert!(said(then(state)).is_empty(), "{state}");
    }
    assert_eq!(said(then("OTP_REQUIRED")), MOVED);
}

#[test]
fn nothing_leads_out_of_a_final_state() {
    assert_eq!(said(vec![read(A, "COMPLETED"), read(A, "OTP_REQUIRED")]), MOVED);
    assert_eq!(said(vec![read(A, "FAILED"), lost("validateOtp", A), read(A, "COMPLETED")]), MOVED);
}

#[test]
fn resources_that_are_interleaved_are_told_apart() {
    let history = || vec![begun(A, "OTP_REQUIRED"), begun(B, "DEVICE_SELECTION_REQUIRED"), read(A, "OTP_REQUIRED")];
    assert!(said(history()).is_empty());
    let crossed = history().into_iter().chain([read(B, "OTP_REQUIRED")]).collect();
    assert_eq!(said(crossed), MOVED);
}

#[test]
fn a_state_that_is_not_documented_only_warns_and_leaves_the_next_one_open() {
    assert!(said(vec![begun(A, "OTP_REQUIRED"), read(A, "BANANA")]).iter().all(|said| !said.starts_with("lifecycle")));
    assert!(said(vec![begun(A, "OTP_REQUIRED"), read(A, "BANANA"), read(A, "COMPLETED")]).is_empty());
}

#[test]
fn a_state_offers_what_it_must_and_no_documented_link_beyond() {
    let own = json!({"href": format!("http://127.0.0.1:8080/{ENV}/deviceAuthentications/{A}")});
    let missing = with(auth(A, "OTP_REQUIRED"), "/_links/otp.check", Value::Null);
    assert_eq!(said(vec![shown(missing)]), ["lifecycle-links /_links"]);
    let forbidden = with(auth(A, "COMPLETED"), "/_links/otp.check", own.clone());
    assert_eq!(said(vec![shown(forbidden)]), ["lifecycle-links /_links"]);
    let of_flows = with(auth(A, "COMPLETED"), "/_links/user.verify", own.clone());
    assert_eq!(said(vec![shown(of_flows)]), ["lifecycle-links /_links"]);
    let new = judged(vec![shown(with(auth(A, "COMPLETED"), "/_links/voice.check", own))]);
    let new: Vec<_> = new.findings.iter().filter(|finding| finding.check == "lifecycle-links").collect();
    assert!(matches!(new[..], [one] if one.level == Level::Warn), "{new:?}");
}

#[test]
fn a_link_leads_to_this_resource_in_this_environment_at_the_tenants_own_origin() {
    let leads = |link: &str, href: String| {
        said(vec![shown(with(auth(A, "OTP_REQUIRED"), &format!("/_links/{link}"), json!({"href": href})))])
    };
    for href in [
        format!("https://elsewhere.example/{ENV}/deviceAuthentications/{A}"),
        format!("http://127.0.0.1:8081/{ENV}/deviceAuthentications/{A}"),
        format!("http://127.0.0.1:8080/{OTHER}/deviceAuthentications/{A}"),
        format!("http://127.0.0.1:8080/{ENV}/deviceAuthentications/{OTHER}"),
        format!("http://127.0.0.1:8080/{ENV}/otp/{A}"),
        "urn:uuid:c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c25".to_owned(),
    ] {
        assert_eq!(leads("otp.check", href.clone()), ["link-target /_links/otp.check/href"], "{href}");
    }
    for href in [
        format!("https://elsewhere.example/{ENV}/deviceAuthentications/{A}"),
        format!("http://127.0.0.1:8080/{ENV}/deviceAuthentications/{OTHER}"),
        format!("http://127.0.0.1:8080/v1/{ENV}/deviceAuthentications/{A}"),
    ] {
        assert_eq!(leads("self", href.clone()), ["link-target /_links/self/href"], "{href}");
    }
}

#[test]
fn behind_a_proxy_on_this_machine_the_resource_may_live_on_another_origin_of_it_or_a_documented_one() {
    for origin in ["http://localhost:9000", "https://auth.pingone.eu"] {
        let body = auth(A, "OTP_REQUIRED").to_string().replace("http://127.0.0.1:8080", origin);
        assert!(said(vec![shown(serde_json::from_str(&body).expect("JSON"))]).is_empty(), "{origin}");
    }
}

#[test]
fn addresses_that_lead_elsewhere_have_the_documented_form() {
    let page = |page: String, resume: String| {
        let href = format!("https://auth.pingone.eu/{ENV}/flows/{B}");
        let body = json!({
            "_links": {"self": {"href": href}, "usernamePassword.check": {"href": href}, "signOnPage": {"href": page}},
            "id": B, "status": "USERNAME_PASSWORD_REQUIRED", "resumeUrl": resume,
            "createdAt": "2026-03-02T09:15:04.120Z", "expiresAt": "2026-03-02T09:30:04.120Z",
        });
        let mut exchange = called("readFlow", B, 200, body);
        exchange.request.url = href.clone();
        said(vec![exchange])
    };
    let resume = || format!("https://auth.pingone.eu/{ENV}/as/resume?flowId={B}");
    let signon = |tld: &str| format!("https://apps.pingone.{tld}/{ENV}/signon/?flowId={B}");
    assert!(page(signon("eu"), resume()).is_empty());
    assert_eq!(page(signon("example"), resume()), ["link-target /_links/signOnPage/href"]);
    assert_eq!(page(signon("eu"), resume().replace(B, OTHER)), ["link-target /resumeUrl"]);
}

#[test]
fn a_resource_is_the_one_that_was_asked_for_and_stays_itself() {
    assert_eq!(said(vec![called("readDeviceAuthentication", OTHER, 200, auth(A, "COMPLETED"))]).len(), 1);
    let moved = shown(with(auth(A, "COMPLETED"), "/environment/id", json!(OTHER)));
    assert_eq!(said(vec![moved]), ["resource-identity /environment/id"]);
    for pointer in ["/user/id", "/policy/id"] {
        let changed = shown(with(auth(A, "OTP_REQUIRED"), pointer, json!(OTHER)));
        assert_eq!(said(vec![begun(A, "OTP_REQUIRED"), changed]), [format!("resource-identity {pointer}")]);
    }
}

#[test]
fn what_begins_has_an_id_of_its_own_and_is_about_what_was_asked_for() {
    let twice = said(vec![begun(A, "OTP_REQUIRED"), begun(A, "OTP_REQUIRED")]);
    assert_eq!(twice, ["resource-identity /id"]);
    let asked = |user: &str| {
        let mut exchange = begun(A, "OTP_REQUIRED");
        exchange.request.body = Some(json!({"user": {"id": user}}).to_string().into());
        said(vec![exchange])
    };
    assert!(asked("2c8f5e74-9b70-4b20-9f9c-75f2d6b6c003").is_empty());
    assert_eq!(asked(OTHER), ["resource-identity /user/id"]);
}

#[test]
fn a_flow_that_is_answered_has_not_ended() {
    let ends = |time: &str| {
        let href = format!("http://127.0.0.1:8080/{ENV}/flows/{B}");
        let body = json!({
            "_links": {"self": {"href": href}, "user.lookup": {"href": href}}, "id": B, "status": "SIGN_ON_REQUIRED",
            "createdAt": "2026-03-02T09:00:00.000Z", "expiresAt": time,
        });
        let mut exchange = called("readFlow", B, 200, body);
        exchange.request.url = href;
        said(vec![exchange])
    };
    assert!(ends("2026-03-02T09:14:30.000Z").is_empty(), "clocks differ");
    assert_eq!(ends("2026-03-02T09:10:00.000Z"), ["timestamps /expiresAt"]);
}

#[test]
fn times_are_in_utc_with_milliseconds_and_go_forwards() {
    let at = |pointer: &str, time: &str| shown(with(auth(A, "OTP_REQUIRED"), pointer, json!(time)));
    let after = |exchange| said(vec![begun(A, "OTP_REQUIRED"), exchange]);
    assert!(after(at("/updatedAt", "2026-03-02T09:15:04.999Z")).is_empty());
    for (pointer, time) in [
        ("/createdAt", "2026-03-02T09:15:04Z"),
        ("/createdAt", "2026-03-02T10:15:04.120+01:00"),
        ("/createdAt", "2026-03-02T09:15:04.121Z"),
        ("/updatedAt", "2026-03-02T09:15:04.200Z"),
        ("/updatedAt", "2026-03-02T09:16:06.000Z"),
    ] {
        assert_eq!(after(at(pointer, time)), [format!("timestamps {pointer}")], "{time}");
    }
}

#[test]
fn q14_times_are_held_against_the_answers_date_and_not_our_clock() {
    let mut ahead = shown(with(auth(A, "OTP_REQUIRED"), "/updatedAt", json!("2036-03-02T09:15:04.310Z")));
    assert_eq!(said(vec![ahead.clone()]), ["timestamps /updatedAt"]);
    ahead.outcome.as_mut().expect("an answer").headers.0.retain(|(name, _)| name != "Date");
    assert!(said(vec![ahead]).is_empty());
}

#[test]
fn a_state_shows_what_it_demands_and_not_what_belongs_to_others() {
    let lacks = |state, pointer| said(vec![shown(with(auth(A, state), pointer, Value::Null))]);
    assert_eq!(lacks("OTP_REQUIRED", "/selectedDevice"), ["conditional-presence /selectedDevice"]);
    assert_eq!(lacks("FAILED", "/error"), ["conditional-presence /error"]);
    let asserting = auth(A, "ASSERTION_REQUIRED");
    assert_eq!(said(vec![shown(asserting.clone())]), ["conditional-presence /publicKeyCredentialRequestOptions"]);
    for options in ["/publicKeyCredentialRequestOptions", "/pingIdDesktopCredentialRequestOptions"] {
        assert!(said(vec![shown(with(asserting.clone(), options, json!("{}")))]).is_empty(), "{options}");
    }
    let early = with(auth(A, "OTP_REQUIRED"), "/authenticators", json!(["mfa"]));
    assert_eq!(said(vec![shown(early)]), ["conditional-presence /authenticators"]);
}

#[test]
fn status_code_and_details_of_an_error_agree() {
    let error = |status, body: Value| {
        let body = with(with(body, "/id", json!(CORRELATION)), "/message", json!("No."));
        said(vec![called("validateOtp", A, status, body)])
    };
    let detail = |code: &str| json!([{"code": code, "message": "No."}]);
    assert!(error(400, json!({"code": "INVALID_DATA", "details": detail("INVALID_OTP")})).is_empty());
    assert_eq!(error(400, json!({"code": "NOT_FOUND"})), ["error-model /code"]);
    // Nothing public rules this one out: it warns.
    assert!(error(404, json!({"code": "NOT_FOUND", "details": detail("INVALID_VALUE")})).is_empty());
    let unfit = json!({"code": "INVALID_DATA", "details": detail("LIMIT_EXCEEDED")});
    assert_eq!(error(400, unfit), ["error-model /details/0/code"]);
    let new = json!({"code": "INVALID_MOOD", "details": detail("GRUMPY")});
    assert!(error(400, new).iter().all(|said| said.starts_with("undocumented-value")));
}

#[test]
fn the_id_of_an_error_is_the_correlation_id() {
    let body = json!({"id": OTHER, "code": "NOT_FOUND", "message": "No."});
    assert_eq!(said(vec![called("validateOtp", A, 404, body)]), ["error-model /id"]);
    let description = format!("No. (Correlation ID: {OTHER})");
    let mut oauth =
        called("requestToken", A, 401, json!({"error": "invalid_client", "error_description": description}));
    let headers = &mut oauth.outcome.as_mut().expect("an answer").headers.0;
    headers[0].1 = b"application/json".to_vec();
    assert_eq!(said(vec![oauth.clone()]), ["error-model /error_description"]);
    let body = json!({"error": "invalid_grant"}).to_string();
    oauth.outcome.as_mut().expect("an answer").body = body.into();
    assert_eq!(said(vec![oauth]), ["error-model /error"]);
}

#[test]
fn a_secret_that_was_sent_does_not_come_back_in_any_encoding() {
    let answered = |otp: &str, message: &str| {
        let body = json!({"id": CORRELATION, "code": "INVALID_DATA", "message": message});
        let mut exchange = called("validateOtp", A, 400, body);
        exchange.request.body = Some(json!({"otp": otp}).to_string().into());
        said(vec![exchange])
    };
    for (otp, message) in [
        ("482913", "482913 is wrong"),
        ("482913", "NDgyOTEz is wrong"),
        ("2Fed!Now+x", "2Fed%21Now%2Bx"),
        ("2Fed!Now+x", "MkZlZCFOb3creA=="),
    ] {
        assert_eq!(answered(otp, message), ["secret-echo /message"], "{message}");
    }
    for (otp, message) in [("482913", "4829131 is wrong"), ("123", "123"), ("wrong", "it is wrong")] {
        assert!(answered(otp, message).is_empty(), "{message}");
    }
}

#[test]
fn credentials_and_header_fields_are_searched_as_well() {
    let mut exchange = shown(auth(A, "OTP_REQUIRED"));
    let basic = ("Authorization".to_owned(), b"Basic Y2xpZW50OnMzY3IzdC12YWx1ZQ==".to_vec());
    exchange.request.headers.0.push(basic);
    let headers = &mut exchange.outcome.as_mut().expect("an answer").headers.0;
    headers.push(("X-Debug".into(), b"client=s3cr3t-value".to_vec()));
    headers.push(("Set-Cookie".into(), b"ST=s3cr3t-value".to_vec()));
    assert_eq!(said(vec![exchange]), ["secret-echo header:X-Debug"]);
}

#[test]
fn a_secret_may_come_back_where_the_answer_is_documented_to_hold_one() {
    let sent = json!({"user": {"id": "2c8f5e74-9b70-4b20-9f9c-75f2d6b6c003"}, "policy": {"id": "3d906f85-0c81-4c31-8aad-86a3e7c7d004"}, "payload": {"type": "BROWSER", "value": "cmVtZW1iZXJlZA"}});
    let check = |body| {
        let mut exchange = called("checkRememberedDevice", "", 200, body);
        exchange.request.body = Some(sent.to_string().into());
        said(vec![exchange])
    };
    let body = with(auth(A, "COMPLETED"), "/payload", json!({"value": "cmVtZW1iZXJlZA"}));
    assert!(check(body.clone()).is_empty());
    assert_eq!(check(with(body, "/error", json!({"code": "cmVtZW1iZXJlZA"}))).len(), 2, "forbidden, and an echo");
}
