//! The control channel, in process and over HTTP.

use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Client;
use crate::tenant::{Contents, ControlError, Fault, MessageKind, PushAnswer, Tenant, TenantOptions};

#[test]
fn environments_open_and_close_over_http() {
    let client = Client::new();
    let opened = client.raw("POST", "/_control/environments", &[], "");
    assert_eq!(opened.status, 201);
    let env = opened.at("/env/id").as_str().unwrap().to_owned();
    assert_ne!(env, client.env().to_string());
    let path = format!("/_control/environments/{env}");
    assert_eq!(client.raw("GET", &path, &[], "").json(), opened.json());
    assert_eq!(client.raw("POST", &format!("{path}/clock"), &[], r#"{"advanceSeconds":60}"#).status, 204);
    let body = r#"{"user":"frank","answer":"approve"}"#;
    assert_eq!(client.raw("POST", &format!("{path}/push"), &[], body).status, 409);
    assert_eq!(client.raw("GET", &format!("{path}/messages?to=anna&kind=otp"), &[], "").status, 404);
    assert_eq!(client.raw("GET", &format!("{path}/messages?to=emma&kind=otp"), &[], "").status, 200);
    assert_eq!(client.raw("DELETE", &path, &[], "").status, 204);
    assert_eq!(client.raw("GET", &path, &[], "").status, 404);
    assert_eq!(client.raw("GET", "/_control/nothing", &[], "").status, 404);
}

#[test]
fn only_the_facts_that_are_named_are_told_and_another_environment_is_closed() {
    let client = Client::new();
    let all = client.raw("POST", "/_control/environments", &[], "").json();
    let body = json!({ "facts": ["env", "users.sms", "users.confirmed", "nothing"], "insteadOf": all["env"]["id"] });
    let some = client.raw("POST", "/_control/environments", &[], &body.to_string()).json();
    let names = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        (names(&some), names(&some["users"])),
        (vec!["env".into(), "users".into()], vec!["sms".into(), "confirmed".into()])
    );
    assert_eq!(names(&some["users"]["sms"]), names(&all["users"]["sms"]));
    let path = |facts: &Value| format!("/_control/environments/{}", facts["env"]["id"].as_str().unwrap());
    assert_eq!(client.raw("GET", &path(&all), &[], "").status, 404);
    assert_eq!(client.raw("GET", &path(&some), &[], "").at("/users/sms"), some["users"]["sms"]);
    let nobody = client.raw("POST", "/_control/environments", &[], r#"{"facts":["users.nobody"]}"#).json();
    assert_eq!(names(&nobody["users"]), names(&all["users"]), "who is there is told instead");
}

#[test]
fn what_is_not_there_is_an_error() {
    let client = Client::new();
    let (control, env) = (client.control(), client.env());
    let push = |env, user| control.answer_push(env, user, PushAnswer::Approve);
    assert!(matches!(push(Uuid::nil(), "frank"), Err(ControlError::UnknownEnvironment(_))));
    assert!(matches!(push(env, "nobody"), Err(ControlError::UnknownUser(_))));
    assert!(matches!(push(env, "frank"), Err(ControlError::NoPendingPush(_))));
    assert_eq!(control.message(env, "anna", MessageKind::VerificationCode), None);
}

#[test]
fn the_default_environment_is_the_one_that_the_documentation_describes() {
    let client = Client::new();
    let facts = client.control().default_environment();
    assert_eq!(facts["env"]["id"], "00000000-0000-4000-8000-000000000001");
    let documentation = include_str!("../../../docs/tenant.md");
    for pointer in ["/worker/clientId", "/worker/accessToken", "/user/id", "/users/mobile/id", "/apps/device/clientId"]
    {
        let id = facts.pointer(pointer).unwrap().as_str().unwrap();
        assert!(documentation.contains(id), "docs/tenant.md does not name {pointer}: {id}");
    }
    let headers = [("Authorization", "Bearer default-worker-token"), ("Content-Type", "application/json")];
    let body = json!({ "user": { "id": facts["user"]["id"] } }).to_string();
    let path = "/00000000-0000-4000-8000-000000000001/deviceAuthentications";
    client.raw("POST", path, &headers, &body).says("201 OTP_REQUIRED");
}

#[test]
fn every_fault_is_documented_with_its_check() {
    let documentation = include_str!("../../../docs/tenant.md");
    for fault in Fault::ALL {
        let row = format!("| `{fault}` |");
        let row = documentation
            .lines()
            .find(|line| line.starts_with(&row))
            .unwrap_or_else(|| panic!("docs/tenant.md does not name {fault}"));
        assert!(row.ends_with(&format!("| `{}` |", fault.caught_by())), "{row}");
    }
}

#[test]
fn the_same_seed_gives_the_same_environments_but_for_the_keys_of_passkeys() {
    let facts = |seed| {
        let tenant = Tenant::start(TenantOptions { seed, ..TenantOptions::default() }).unwrap();
        let mut facts = tenant.control().open_environment(Contents::Seeded);
        for holder in ["fido2", "several"] {
            let passkey = facts["users"][holder].as_object_mut().and_then(|user| user.remove("passkey"));
            assert!(passkey.is_some(), "{holder}");
        }
        facts
    };
    assert_eq!(facts(7), facts(7));
    assert_ne!(facts(7), facts(8));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let client = Client::new();
    let port: u16 = client.tenant.base_url().rsplit(':').next().unwrap().parse().unwrap();
    let refused = Tenant::start(TenantOptions { port, ..TenantOptions::default() }).err().unwrap();
    assert!(refused.to_string().contains(&format!("127.0.0.1:{port}")));
}
