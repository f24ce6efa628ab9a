//! The device grant from the codes to the token, and the token endpoint by itself.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::client::Client;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Device and user code of a new grant.
fn codes(client: &Client) -> (String, String) {
    let issued = client
        .form("as/device_authorization", &[("client_id", &client.text("/apps/device/clientId")), ("scope", "openid")]);
    assert_eq!(issued.status, 200);
    assert_eq!((issued.at("/expires_in"), issued.at("/interval")), (json!(600), json!(5)));
    let text = |pointer| issued.at(pointer).as_str().unwrap().to_owned();
    (text("/device_code"), text("/user_code"))
}

fn poll(client: &Client, code: &str) -> super::client::Answer {
    let client_id = client.text("/apps/device/clientId");
    client.form("as/token", &[("grant_type", GRANT), ("device_code", code), ("client_id", &client_id)])
}

/// Signs on at the activation page and enters the user code.
fn activate(client: &Client, user_code: &str) -> String {
    let redirect = client.get(&format!("device/go?user_code={user_code}"));
    assert_eq!(redirect.status, 302);
    let flow = redirect.flow();
    client.read_flow(&flow).says("200 USERNAME_PASSWORD_REQUIRED");
    client.password(&flow, "/user").says("200 DAG_USER_CODE_REQUIRED");
    let confirm =
        |code: &str| client.act_on_flow(&flow, "deviceAuthGrant.userCode.verify", json!({ "userCode": code }));
    confirm("WRNG-CODE").says("400 INVALID_DATA INVALID_VALUE userCode");
    let consent = confirm(user_code);
    consent.says("200 DAG_CONSENT_REQUIRED");
    assert_eq!(consent.links(), ["self", "deviceAuthGrant.consent"]);
    assert_eq!(consent.at("/applicationName"), client.fact("/apps/device/name"));
    flow
}

#[test]
fn a_device_gets_its_token_once_the_user_has_consented() {
    let client = Client::new();
    let (device_code, user_code) = codes(&client);
    poll(&client, &device_code).says("400 authorization_pending");
    poll(&client, &device_code).says("400 slow_down");
    client.advance(9);
    poll(&client, &device_code).says("400 slow_down");
    client.advance(15);
    poll(&client, &device_code).says("400 authorization_pending");
    let flow = activate(&client, &user_code);
    client.act_on_flow(&flow, "deviceAuthGrant.consent", json!({ "accept": true })).says("200 COMPLETED");
    let token = poll(&client, &device_code);
    assert_eq!((token.status, token.at("/token_type"), token.at("/expires_in")), (200, json!("Bearer"), json!(3600)));
    assert_eq!(token.header("Content-Type"), Some("application/json;charset=UTF-8"));
    poll(&client, &device_code).says("400 invalid_grant");
    let bearer = format!("Bearer {}", token.at("/access_token").as_str().unwrap());
    let body = json!({ "user": { "id": client.fact("/user/id") } }).to_string();
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let begun = client.send("POST", "deviceAuthentications", &headers, &body);
    let path = format!("deviceAuthentications/{}", begun.says("201 OTP_REQUIRED").at("/id").as_str().unwrap());
    client.send("GET", &path, &headers, "").says("401 ACCESS_FAILED INVALID_TOKEN Authentication Credentials");
}

#[test]
fn a_refusal_reaches_the_device() {
    let client = Client::new();
    let (device_code, user_code) = codes(&client);
    let flow = activate(&client, &user_code);
    client.act_on_flow(&flow, "deviceAuthGrant.consent", json!({ "accept": false })).says("200 FAILED");
    poll(&client, &device_code).says("400 access_denied");
}

#[test]
fn codes_expire() {
    let client = Client::new();
    let (device_code, user_code) = codes(&client);
    client.advance(600);
    poll(&client, &device_code).says("400 expired_token");
    let flow = client.get("device").flow();
    client.password(&flow, "/user").says("200 DAG_USER_CODE_REQUIRED");
    client
        .act_on_flow(&flow, "deviceAuthGrant.userCode.verify", json!({ "userCode": user_code }))
        .says("400 INVALID_DATA INVALID_VALUE userCode");
    client.get("device/elsewhere").says("404 NOT_FOUND");
}

#[test]
fn the_worker_gets_a_token_by_either_way_of_authentication() {
    let client = Client::new();
    let (id, secret) = (client.text("/worker/clientId"), client.text("/worker/clientSecret"));
    let posted = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    assert_eq!(client.form("as/token", &posted).status, 200);
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let ask = |authorization: &str, media_type: &str| {
        let headers = [("Authorization", authorization), ("Content-Type", media_type)];
        client.send("POST", "as/token", &headers, "grant_type=client_credentials")
    };
    let form = "application/x-www-form-urlencoded";
    let token = ask(&basic, form).at("/access_token").as_str().unwrap().to_owned();
    let answer = client.send("GET", "deviceAuthentications/x", &[("Authorization", &format!("Bearer {token}"))], "");
    answer.says("404 NOT_FOUND");
    ask("Basic bm9ib2R5Om5vdGhpbmc=", form).says("401 invalid_client");
    ask(&basic, "application/json").says("415 invalid_request");
    client.form("as/token", &[("grant_type", "password")]).says("400 unsupported_grant_type");
    client.form("as/token", &[("scope", "x")]).says("400 invalid_request");
    client.form("as/device_authorization", &[("scope", "x")]).says("400 invalid_request");
    client.form("as/device_authorization", &[("client_id", "x")]).says("401 invalid_client");
}
