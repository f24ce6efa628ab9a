//! The PingOne contract against answers of the forms that public material has: documentation, SDKs, reports of users.
//!
//! Values are invented; which members there are is not. A form that is published is never denied, and one that the pages
//! document brings no warning either. Beside them stand the neighbours that must be denied.

use std::sync::LazyLock;
use std::time::Duration;

use flowproof::checks::{self, Case, Levels, Observation};
use flowproof::contract::Contract;
use flowproof::record::{Decoded, Exchange, Finding, Headers, Level, Request, Response};
use serde_json::{Value, json};

const ENVIRONMENT: &str = "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";
const DEVICE_AUTHENTICATION: &str = "1b7e4d63-8a6f-4a1f-8e8b-64e1c5a5b002";
const USER: &str = "2c8f5e74-9b70-4b20-9f9c-75f2d6b6c003";
const POLICY: &str = "3d906f85-0c81-4c31-8aad-86a3e7c7d004";
const DEVICE: &str = "4ea17096-1d92-4d42-9bbe-97b4f8d8e005";
const FLOW: &str = "5d0c7f0e-37a1-4b0b-8a43-b8a4b7f1c9aa";
const CORRELATION: &str = "9c2f6b1a-5d3e-4c7f-8a90-1f2e3d4c5b6a";

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::embedded().expect("the contract is valid"));

/// What was answered, and to what.
struct Answer {
    operation: &'static str,
    path: String,
    sent: Value,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn answer(operation: &'static str, status: u16, body: &Value) -> Answer {
    let path = &CONTRACT.operation(operation).expect("an operation").path;
    let path = path.replace("{envID}", ENVIRONMENT).replace("{deviceAuthID}", DEVICE_AUTHENTICATION);
    let oauth = ["/as/token", "/as/cibaAuthorization"].iter().any(|end| path.ends_with(end));
    let media_type = if oauth { "application/json" } else { "application/hal+json" };
    Answer {
        operation,
        path: path.replace("{flowID}", FLOW),
        sent: Value::Null,
        status,
        headers: vec![("Content-Type", format!("{media_type};charset=UTF-8")), ("Correlation-Id", CORRELATION.into())],
        body: body.to_string().into_bytes(),
    }
}

impl Answer {
    fn to(self, sent: Value) -> Self {
        Self { sent, ..self }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn exchange(self) -> Exchange {
        let operation = CONTRACT.operation(self.operation).expect("an operation");
        let fields = self.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes()));
        Exchange {
            operation: Some(operation.name.clone()),
            step: 0,
            request: Request {
                method: operation.method.clone(),
                url: format!("https://auth.pingone.com{}", self.path),
                headers: Headers(Vec::new()),
                body: (!self.sent.is_null()).then(|| self.sent.to_string().into_bytes().into()),
            },
            outcome: Ok(Response { status: self.status, headers: Headers(fields.collect()), body: self.body.into() }),
            decoded: Decoded::NotTried,
            started_at: Default::default(),
            first_byte: Duration::ZERO,
            total: Duration::ZERO,
        }
    }
}

/// What is found in a sequence of answers.
fn found_by(contract: &Contract, answers: Vec<Exchange>) -> Vec<Finding> {
    let seen: Vec<Observation> = answers.into_iter().map(Observation::from).collect();
    let judge = |last: usize| {
        let case = Case::new(contract, &seen[..=last], None).expect("an answer");
        checks::judge(&case, &Levels::default()).findings
    };
    (0..seen.len()).flat_map(judge).collect()
}

fn found(answers: impl IntoIterator<Item = Answer>) -> Vec<Finding> {
    found_by(&CONTRACT, answers.into_iter().map(Answer::exchange).collect())
}

#[track_caller]
fn nothing_is_found(answers: impl IntoIterator<Item = Answer>) {
    let found = found(answers);
    assert!(found.is_empty(), "{found:#?}");
}

#[track_caller]
fn only(level: Level, check: &str, answers: impl IntoIterator<Item = Answer>) -> String {
    let found = found(answers);
    let said: Vec<(&str, Level)> = found.iter().map(|finding| (finding.check.as_str(), finding.level)).collect();
    assert_eq!(said, [(check, level)], "{found:#?}");
    found.into_iter().next().map(|finding| finding.message).unwrap_or_default()
}

fn linked(resource: &str, links: &[&str]) -> Value {
    let href = format!("https://auth.pingone.com/{ENVIRONMENT}/{resource}");
    links.iter().map(|name| ((*name).to_owned(), json!({ "href": href }))).collect()
}

fn merged(mut base: Value, over: Value) -> Value {
    if let (Some(base), Value::Object(over)) = (base.as_object_mut(), over) {
        over.into_iter().for_each(|(name, value)| {
            if value.is_null() {
                base.remove(&name);
            } else {
                base.insert(name, value);
            }
        });
    }
    base
}

/// A device authentication in a state, with these links; `over` adds members, or takes those away that are null.
fn device_authentication(status: &str, links: &[&str], over: Value) -> Value {
    let base = json!({
        "_links": linked(&format!("deviceAuthentications/{DEVICE_AUTHENTICATION}"), links),
        "_embedded": { "devices": [device(json!({}))] },
        "id": DEVICE_AUTHENTICATION,
        "environment": { "id": ENVIRONMENT },
        "status": status,
        "policy": { "id": POLICY },
        "selectedDevice": { "id": DEVICE },
        "user": { "id": USER },
        "createdAt": "2026-03-02T09:15:00.000Z",
        "updatedAt": "2026-03-02T09:15:00.000Z",
    });
    merged(base, over)
}

fn completed(over: Value) -> Value {
    device_authentication("COMPLETED", &["self"], merged(json!({ "authenticators": ["mfa"] }), over))
}

fn waiting(over: Value) -> Value {
    device_authentication("OTP_REQUIRED", &["self", "otp.check"], over)
}

fn device(over: Value) -> Value {
    merged(json!({ "id": DEVICE, "type": "EMAIL", "status": "ACTIVE", "email": "ro****@example.com" }), over)
}

fn with_device(over: Value) -> Value {
    waiting(json!({ "_embedded": { "devices": [device(over)] } }))
}

fn read(body: &Value) -> [Answer; 1] {
    [answer("readDeviceAuthentication", 200, body)]
}

fn flow(status: &str, links: &[&str], over: Value) -> Value {
    let base = json!({
        "_links": linked(&format!("flows/{FLOW}"), links),
        "id": FLOW,
        "environment": { "id": ENVIRONMENT },
        "resumeUrl": format!("https://auth.pingone.com/{ENVIRONMENT}/as/resume?flowId={FLOW}"),
        "status": status,
        "createdAt": "2026-03-02T09:15:00.000Z",
        "expiresAt": "2026-03-02T09:30:00.000Z",
    });
    merged(base, over)
}

#[test]
fn a_passcode_given_at_the_start_may_complete_at_once() {
    let sent = json!({ "user": { "id": USER }, "selectedDevice": { "id": DEVICE, "otp": "482913" } });
    nothing_is_found([answer("initializeDeviceAuthentication", 201, &completed(json!({}))).to(sent)]);
}

#[test]
fn a_passkey_begins_without_a_user() {
    let options = json!({ "user": null, "selectedDevice": null, "publicKeyCredentialRequestOptions": "{}" });
    let begun = device_authentication("ASSERTION_REQUIRED", &["self", "assertion.check"], options);
    let sent = json!({ "rp": { "id": "example.com" } });
    nothing_is_found([answer("initializeDeviceAuthentication", 201, &begun).to(sent)]);
}

#[test]
fn an_external_identity_is_linked_by_password_or_by_registering() {
    for links in [
        &["self", "usernamePassword.check"][..],
        &["self", "user.register"],
        &["self", "user.register", "usernamePassword.check"],
    ] {
        let linking = flow("ACCOUNT_LINKING_REQUIRED", links, json!({}));
        let over = answer("checkUsernamePassword", 200, &flow("COMPLETED", &["self"], json!({})));
        nothing_is_found([answer("readFlow", 200, &linking), over]);
    }
    let neither = flow("ACCOUNT_LINKING_REQUIRED", &["self"], json!({}));
    only(Level::Deny, "lifecycle-links", [answer("readFlow", 200, &neither)]);
}

#[test]
fn an_authorisation_request_is_refused_in_either_model() {
    let p1 = json!({ "id": CORRELATION, "code": "INVALID_REQUEST", "message": "There is no such policy." });
    let oauth = json!({ "error": "invalid_request", "error_description": "There is no such client." });
    for operation in ["authorize", "authorizeByForm"] {
        for media_type in ["application/hal+json;charset=UTF-8", "application/json"] {
            nothing_is_found([answer(operation, 400, &p1).with("Content-Type", media_type)]);
        }
        nothing_is_found([answer(operation, 400, &oauth).with("Content-Type", "application/json")]);
    }
}

#[test]
fn a_flow_is_resumed_with_the_flow_or_with_what_it_ended_with() {
    let outcome = json!({ "authorizeResponse": { "code": "8e2f1c64-5b0d-4f3a-9c71-2d6e4a8b0f19" } });
    nothing_is_found([answer("resumeFlow", 200, &outcome)]);
    nothing_is_found([answer("resumeFlow", 200, &flow("COMPLETED", &["self"], outcome.clone()))]);
    let broken = flow("COMPLETED", &["self"], merged(outcome, json!({ "createdAt": "yesterday" })));
    let said = found([answer("resumeFlow", 200, &broken)]);
    assert!(said.iter().all(|finding| finding.check == "response-schema") && !said.is_empty(), "{said:#?}");
}

#[test]
fn a_mask_may_have_any_number_of_stars_but_must_be_one() {
    for email in ["r******@example.com", "ro****@example.com", "ro**@example.com"] {
        nothing_is_found(read(&with_device(json!({ "email": email }))));
    }
    nothing_is_found(read(&with_device(json!({ "type": "SMS", "email": null, "phone": "*****44" }))));
    only(Level::Deny, "response-schema", read(&with_device(json!({ "email": "robin@example.com" }))));
    let phone = json!({ "type": "SMS", "email": null, "phone": "+1.5125550144" });
    only(Level::Deny, "response-schema", read(&with_device(phone)));
}

#[test]
fn newer_members_of_devices_are_documented() {
    let browser = json!({
        "id": DEVICE, "environment": { "id": ENVIRONMENT }, "user": { "id": USER }, "type": "BROWSER", "status": "ACTIVE",
        "name": "Firefox", "version": "140.5", "operatingSystem": { "name": "macOS", "version": "15.1" },
        "block": { "status": "BLOCKED", "blockedAt": 1_760_000_000_000_u64 },
    });
    let phone = device(json!({
        "type": "MOBILE", "email": null, "os": { "type": "iOS", "version": "26" }, "manufacturer": "Apple", "locale": "en",
        "apiVersion": "1.6", "sdkVersion": "2.1.0", "notificationProvider": "APNS", "notification": {}, "background": true,
        "allowPushNotification": true, "unitId": "7",
        "deviceIntegrityState": { "compromised": false, "reason": "NONE", "timestamp": 1_760_000_000_000_u64 },
        "lock": { "status": "LOCKED", "reason": "PUSH", "expiresAt": 1_760_000_000_000_u64 },
    }));
    let key = device(json!({
        "type": "FIDO2", "email": null, "fidoDeviceMetadata": { "mdsIdentifier": "x" }, "fidoRegistrationArtifacts": {},
        "backup": { "backupEligibility": true, "backupState": false },
        "attributes": { "transports": ["usb"], "isCrossPlatform": true, "isResidentKey": false },
    }));
    let token = device(json!({ "type": "YUBIKEY", "email": null, "tokenType": "HOTP" }));
    let embedded = json!({ "devices": [phone, key, token], "blockedDevices": [], "accessingDevices": [browser] });
    nothing_is_found(read(&completed(json!({ "_embedded": embedded, "authenticators": ["swk"] }))));
}

#[test]
fn a_completed_sign_on_shows_the_users_name_and_the_icon_without_a_warning() {
    let user =
        json!({ "id": USER, "username": "robin", "name": { "given": "Robin", "middle": "J.", "family": "Berg" } });
    let icon = json!({ "id": DEVICE, "href": "https://uploads.pingone.com/icon.png" });
    let embedded = json!({ "user": user, "application": { "id": POLICY, "name": "Bookshop", "icon": icon } });
    let over = flow("COMPLETED", &["self"], json!({ "_embedded": embedded }));
    nothing_is_found([answer("checkUsernamePassword", 200, &over)]);
}

#[test]
fn unavailable_devices_stand_beside_the_error_or_in_it() {
    let unavailable = json!([{ "id": DEVICE }]);
    let inside = json!({ "code": "NO_USABLE_DEVICES", "message": "none", "unavailableDevices": unavailable });
    let beside = json!({ "code": "NO_USABLE_DEVICES", "message": "none" });
    for over in [json!({ "error": inside }), json!({ "error": beside, "unavailableDevices": unavailable })] {
        nothing_is_found(read(&device_authentication("FAILED", &["self"], over)));
    }
}

#[test]
fn what_nothing_public_rules_out_only_warns() {
    only(Level::Warn, "conditional-presence", read(&waiting(json!({ "policy": null }))));
    let details = json!([{ "code": "INVALID_VALUE", "message": "It does not fit." }]);
    let error = json!({ "id": CORRELATION, "code": "INVALID_REQUEST", "message": "No.", "details": details });
    only(Level::Warn, "error-model", [answer("readDeviceAuthentication", 400, &error)]);
}

#[test]
fn a_user_is_asked_on_another_channel() {
    let asked = json!({ "auth_req_id": "3b9c1f70-6d42-4e8a-a5f1-7c0e2d4b6a98", "expires_in": 120, "interval": 2 });
    nothing_is_found([answer("authorizeByCiba", 200, &asked)]);
}

#[test]
fn a_posted_authorisation_request_redirects() {
    let page = format!("https://apps.pingone.com/{ENVIRONMENT}/signon/?flowId={FLOW}");
    let redirect = answer("authorizeByForm", 302, &Value::Null).with("Location", &page);
    let headers = redirect.headers.into_iter().filter(|(name, _)| *name != "Content-Type").collect();
    nothing_is_found([Answer { headers, body: Vec::new(), ..redirect }]);
}

#[test]
fn a_step_of_a_davinci_policy_is_told_as_another_resource() {
    let step = json!({
        "_links": { "next": { "href": "https://auth.pingone.com/davinci/connections/867e/capabilities/customForm" } },
        "interactionId": "180d0a2b-3f7a-4a5c-8d6e-1b2c3d4e5f60", "interactionToken": "71c6", "connectionId": "867e",
        "capabilityName": "customForm", "id": "cq77vwelou", "form": { "components": {} },
    });
    for operation in ["authorize", "authorizeByForm"] {
        let said = only(Level::Warn, "response-schema", [answer(operation, 200, &step)]);
        assert!(said.contains("another resource") && said.contains("DaVinci"), "{said}");
    }
    let page = answer("authorize", 200, &Value::Null)
        .with("Content-Type", "text/html")
        .with("Set-Cookie", "interactionId=180d0a2b; Path=/; Secure");
    only(Level::Warn, "response-schema", [Answer { body: b"<!doctype html>".to_vec(), ..page }]);
    let broken = flow("USERNAME_PASSWORD_REQUIRED", &["self", "usernamePassword.check"], json!({ "createdAt": null }));
    let said = found([answer("authorize", 200, &broken)]);
    assert!(said.iter().any(|finding| finding.level == Level::Deny), "a flow that is broken is not another resource");
}

#[test]
fn another_spelling_of_a_documented_value_is_denied_and_named() {
    for (status, meant) in [
        ("otp_required", "OTP_REQUIRED"),
        ("OTP-REQUIRED", "OTP_REQUIRED"),
        ("OtpRequired", "OTP_REQUIRED"),
        (" COMPLETED", "COMPLETED"),
        ("COMPLETED\n", "COMPLETED"),
    ] {
        let resource = device_authentication(status, &["self"], json!({}));
        let said = only(Level::Deny, "value-spelling", read(&resource));
        assert!(said.ends_with(meant), "{said}");
        only(Level::Deny, "value-spelling", [answer("readFlow", 200, &flow(status, &["self"], json!({})))]);
    }
    only(Level::Deny, "value-spelling", read(&with_device(json!({ "type": "Email" }))));
    let error = json!({ "id": CORRELATION, "code": "not_found", "message": "No." });
    only(Level::Deny, "value-spelling", [answer("readDeviceAuthentication", 404, &error)]);
    // A new one is still a new one.
    only(Level::Warn, "undocumented-value", read(&with_device(json!({ "type": "PIGEON" }))));
}

#[test]
fn another_spelling_is_denied_in_any_contract_whether_its_list_is_open_or_closed() {
    let colours = |list: &str| {
        let schema = json!({ "type": "string", list: ["DARK_RED", "BLUE"] });
        let content = json!({ "application/json": { "schema": { "properties": { "colour": schema } } } });
        let responses = json!({ "200": { "description": "", "content": content } });
        let document = json!({
            "openapi": "3.0.3", "info": { "title": "t", "version": "1" },
            "paths": { "/paint": { "get": { "operationId": "paint", "responses": responses } } },
        });
        Contract::from_json(&document.to_string()).expect("a contract")
    };
    for (list, check) in [("enum", "response-schema"), ("x-extensible-enum", "value-spelling")] {
        let painted =
            answer("readFlow", 200, &json!({ "colour": "dark-red" })).with("Content-Type", "application/json");
        let exchange = Exchange { operation: Some("paint".into()), ..painted.exchange() };
        let found = found_by(&colours(list), vec![exchange]);
        assert!(found.len() == 1 && found[0].check == check && found[0].level == Level::Deny, "{found:#?}");
        assert!(found[0].message.contains("another spelling of DARK_RED"), "{}", found[0].message);
    }
}
