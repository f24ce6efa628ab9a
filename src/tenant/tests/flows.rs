//! Flows: every status is reached, left, and refuses what it does not permit.

use serde_json::{Value, json};

use super::client::Client;
use crate::tenant::{MessageKind, PushAnswer};

fn code(client: &Client, to: &str, kind: MessageKind) -> String {
    client.control().message(client.env(), to, kind).unwrap()
}

#[test]
fn a_password_signs_on_and_the_application_gets_its_code() {
    let client = Client::new();
    let begun = client.authorize("signOn");
    begun.says("200 USERNAME_PASSWORD_REQUIRED");
    assert_eq!(begun.links(), ["self", "usernamePassword.check", "password.forgot", "session.reset", "signOnPage"]);
    let flow = begun.at("/id").as_str().unwrap().to_owned();
    let wrong = json!({ "username": "anna", "password": "wrong" });
    client.act_on_flow(&flow, "usernamePassword.check", wrong).says("400 INVALID_DATA INVALID_VALUE username");
    let done = client.password(&flow, "/user");
    done.says("200 COMPLETED");
    assert_eq!(done.links(), ["self"]);
    assert_eq!(done.at("/authorizeResponse/state"), "s1");
    assert_eq!(done.at("/_embedded/user/username"), "anna");
    client.act_on_flow(&flow, "session.reset", Value::Null).says("400 INVALID_REQUEST");
    let resumed = client.get(&format!("as/resume?flowId={flow}"));
    assert_eq!(resumed.says("200 COMPLETED").at("/authorizeResponse"), done.at("/authorizeResponse"));
}

#[test]
fn a_redirecting_application_gets_its_code_by_redirect() {
    let client = Client::new();
    let id = client.text("/apps/signOn/clientId");
    let redirect = client.get(&format!("as/authorize?client_id={id}&response_type=code&state=a%20b"));
    assert_eq!(redirect.status, 302);
    assert!(
        redirect.header("Location").unwrap().starts_with(&format!("https://apps.pingone.com/{}/signon/", client.env()))
    );
    let flow = redirect.flow();
    assert_eq!(client.read_flow(&flow).links(), ["self", "usernamePassword.check", "password.forgot", "session.reset"]);
    client.get(&format!("as/resume?flowId={flow}")).says("400 INVALID_REQUEST");
    client.password(&flow, "/user").says("200 COMPLETED");
    let back = client.get(&format!("as/resume?flowId={flow}"));
    let location = back.header("Location").unwrap();
    assert!(location.starts_with("https://app.example.com/callback?code=") && location.ends_with("&state=a+b"));
}

#[test]
fn bad_authorizations_are_refused_as_oauth_does() {
    let client = Client::new();
    let id = client.text("/apps/signOn/clientId");
    client.get("as/authorize?response_type=code").says("400 invalid_request");
    client.get("as/authorize?client_id=nobody&response_type=code").says("400 invalid_request");
    client.get(&format!("as/authorize?client_id={id}&response_type=smoke")).says("400 unsupported_response_type");
    client.get(&format!("as/authorize?client_id={id}")).says("400 invalid_request");
    client
        .get(&format!("as/authorize?client_id={id}&response_type=code&redirect_uri=https://evil.example"))
        .says("400 invalid_request");
}

#[test]
fn registration_sends_a_code_and_a_new_one_voids_the_old() {
    let client = Client::new();
    let flow = client.sign_on("registration");
    let register = |body: Value| client.act_on_flow(&flow, "user.register", body);
    let person = |name: &str| json!({ "username": name, "email": "new@example.org", "password": "Battery-Staple-9" });
    register(json!({ "username": "x" })).says("400 INVALID_DATA REQUIRED_VALUE email REQUIRED_VALUE password");
    register(json!({ "username": "x", "email": "nowhere", "password": "Battery-Staple-9" }))
        .says("400 INVALID_DATA INVALID_VALUE email");
    let weak = register(json!({ "username": "x", "email": "x@example.org", "password": "weak" }));
    weak.says("400 INVALID_DATA INVALID_VALUE password");
    assert_eq!(weak.at("/details/0/innerError/unsatisfiedRequirements"), json!(["length", "minCharacters"]));
    register(person("anna")).says("400 INVALID_DATA UNIQUENESS_VIOLATION username");
    let pending = register(person("newcomer"));
    assert_eq!(pending.says("200 VERIFICATION_CODE_REQUIRED").at("/email"), "ne****@example.org");
    assert_eq!(pending.links(), ["self", "user.verify", "user.sendVerificationCode", "session.reset", "signOnPage"]);
    let old = code(&client, "newcomer", MessageKind::VerificationCode);
    client.act_on_flow(&flow, "user.sendVerificationCode", json!({})).says("200 VERIFICATION_CODE_REQUIRED");
    let verify = |code: &str| client.act_on_flow(&flow, "user.verify", json!({ "verificationCode": code }));
    verify(&old).says("400 INVALID_DATA INVALID_VALUE verificationCode");
    verify(&code(&client, "newcomer", MessageKind::VerificationCode)).says("200 COMPLETED");
    let flow = client.sign_on("openRegistration");
    client.act_on_flow(&flow, "user.register", person("another")).says("200 COMPLETED");
}

#[test]
fn a_seeded_user_verifies_an_address() {
    let client = Client::new();
    let flow = client.sign_on("signOn");
    client.password(&flow, "/users/unverified").says("200 VERIFICATION_CODE_REQUIRED");
    let code = code(&client, "paul@example.com", MessageKind::VerificationCode);
    client.act_on_flow(&flow, "user.verify", json!({ "verificationCode": code })).says("200 COMPLETED");
}

#[test]
fn the_name_alone_leads_to_password_device_or_partner() {
    let client = Client::new();
    let look_up = |app: &str, user: &str| {
        let flow = client.sign_on(app);
        (flow.clone(), client.act_on_flow(&flow, "user.lookup", json!({ "username": client.fact(user) })))
    };
    let begun = client.authorize("identifierFirst");
    assert!(begun.says("200 SIGN_ON_REQUIRED").links().contains(&"user.lookup".to_owned()));
    let (flow, found) = look_up("identifierFirst", "/user/username");
    found.says("200 PASSWORD_REQUIRED");
    client.password(&flow, "/users/sms").says("400 INVALID_DATA INVALID_VALUE username");
    client.password(&flow, "/user").says("200 COMPLETED");
    look_up("identifierFirst", "/users/external/username").1.says("200 EXTERNAL_AUTHENTICATION_REQUIRED");
    look_up("passwordless", "/user/email").1.says("200 OTP_REQUIRED");
    look_up("passwordless", "/users/mobile/username").1.says("200 PUSH_CONFIRMATION_REQUIRED");
    look_up("passwordless", "/users/fido2/username").1.says("200 ASSERTION_REQUIRED");
    look_up("passwordless", "/users/deviceless/username").1.says("200 FAILED");
    look_up("identifierFirst", "/env/id").1.says("400 INVALID_DATA INVALID_VALUE username");
}

#[test]
fn a_kerberos_ticket_signs_on() {
    let client = Client::new();
    let flow = client.sign_on("identifierFirst");
    let session = client.read_flow(&flow).at("/session/id").as_str().unwrap().to_owned();
    let look_up = |ticket: &str| {
        let headers = [
            ("Cookie", format!("ST={session}")),
            ("Content-Type", super::client::vendor("kerberos.lookup")),
            ("Authorization", format!("Negotiate {ticket}")),
        ];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        client.send("POST", &format!("flows/{flow}"), &headers, "")
    };
    look_up("forged").says("401 ACCESS_FAILED INVALID_TOKEN Authentication Credentials");
    look_up(&client.text("/users/kerberos/ticket")).says("200 COMPLETED");
}

#[test]
fn passwords_are_changed_and_recovered() {
    let client = Client::new();
    for (user, state) in [("mustChangePassword", "MUST_CHANGE_PASSWORD"), ("expiredPassword", "PASSWORD_EXPIRED")] {
        let flow = client.sign_on("signOn");
        client.password(&flow, &format!("/users/{user}")).says(&format!("200 {state}"));
        let reset = |current: &str, new: &str| {
            client.act_on_flow(&flow, "password.reset", json!({ "currentPassword": current, "newPassword": new }))
        };
        let current = client.text("/user/password");
        reset("wrong", "Battery-Staple-9").says("400 INVALID_DATA INVALID_VALUE currentPassword");
        reset(&current, &current).says("400 INVALID_DATA INVALID_VALUE newPassword");
        reset(&current, "Battery-Staple-9").says("200 COMPLETED");
    }
    let flow = client.sign_on("signOn");
    client.act_on_flow(&flow, "password.forgot", json!({ "username": "anna" })).says("200 RECOVERY_CODE_REQUIRED");
    let recover = |code: &str| {
        client.act_on_flow(
            &flow,
            "password.recover",
            json!({ "recoveryCode": code, "newPassword": "Battery-Staple-9" }),
        )
    };
    client.advance(300);
    recover(&code(&client, "anna", MessageKind::RecoveryCode)).says("400 INVALID_DATA INVALID_VALUE recoveryCode");
    client.act_on_flow(&flow, "password.sendRecoveryCode", Value::Null).says("200 RECOVERY_CODE_REQUIRED");
    recover(&code(&client, "anna", MessageKind::RecoveryCode)).says("200 COMPLETED");
}

#[test]
fn accounts_that_cannot_be_used_are_refused_with_the_reason() {
    let client = Client::new();
    let flow = client.sign_on("signOn");
    let locked = client.password(&flow, "/users/locked");
    assert_eq!(
        locked.says("400 INVALID_DATA ACCOUNT_NOT_USABLE username").at("/details/0/innerError/secondsUntilUnlock"),
        86400
    );
    client.password(&flow, "/users/disabled").says("400 INVALID_DATA ACCOUNT_NOT_USABLE username");
    client.password(&flow, "/users/passwordless").says("400 INVALID_DATA NO_PASSWORD username");
    for _ in 0..5 {
        let wrong = json!({ "username": "anna", "password": "wrong" });
        client.act_on_flow(&flow, "usernamePassword.check", wrong).says("400 INVALID_DATA INVALID_VALUE username");
    }
    client.password(&flow, "/user").says("400 INVALID_DATA ACCOUNT_NOT_USABLE username");
}

#[test]
fn a_second_factor_follows_the_password() {
    let client = Client::new();
    let flow = client.sign_on("mfa");
    let asked = client.password(&flow, "/user");
    asked.says("200 OTP_REQUIRED");
    assert_eq!(asked.links(), ["self", "otp.check", "device.select", "signOnPage"]);
    assert_eq!(asked.at("/_embedded/devices/0/userRetries"), 0);
    client.act_on_flow(&flow, "otp.check", json!({ "otp": "wrong" })).says("400 INVALID_DATA INVALID_OTP otp");
    assert_eq!(client.read_flow(&flow).at("/_embedded/devices/0/userRetries"), 1);
    client.act_on_flow(&flow, "otp.check", json!({ "otp": client.otp("anna") })).says("200 COMPLETED");
    let flow = client.sign_on("mfa");
    client.password(&flow, "/user").says("200 OTP_REQUIRED");
    for _ in 0..3 {
        client.act_on_flow(&flow, "otp.check", json!({ "otp": "wrong" })).says("400 INVALID_DATA INVALID_OTP otp");
    }
    assert_eq!(client.read_flow(&flow).says("200 FAILED").at("/error/code"), "INVALID_OTP");
    let flow = client.sign_on("mfaPrompt");
    client.password(&flow, "/users/several").says("200 DEVICE_SELECTION_REQUIRED");
    let device = client.fact("/users/several/devices/email");
    client.act_on_flow(&flow, "device.select", json!({ "device": device })).says("200 OTP_REQUIRED");
    let flow = client.sign_on("mfaAlways");
    client.password(&flow, "/user").says("200 DEVICE_SELECTION_REQUIRED");
}

#[test]
fn a_push_in_a_flow_is_approved_rejected_or_times_out() {
    let client = Client::new();
    let begin = || {
        let flow = client.sign_on("mfa");
        client.password(&flow, "/users/mobile").says("200 PUSH_CONFIRMATION_REQUIRED");
        flow
    };
    let answer = |answer| client.control().answer_push(client.env(), "frank@example.com", answer).unwrap();
    let flow = begin();
    answer(PushAnswer::Approve);
    client.read_flow(&flow).says("200 COMPLETED");
    let flow = begin();
    answer(PushAnswer::Reject);
    client.read_flow(&flow).says("200 FAILED");
    let flow = begin();
    client.advance(120);
    client.read_flow(&flow).says("200 PUSH_CONFIRMATION_TIMED_OUT");
    let device = client.fact("/users/mobile/device");
    client.act_on_flow(&flow, "device.select", json!({ "device": device })).says("200 PUSH_CONFIRMATION_REQUIRED");
    client
        .act_on_flow(&flow, "cancel.push.authentication", json!({ "reason": "CHANGE_DEVICE" }))
        .says("200 DEVICE_SELECTION_REQUIRED");
}

#[test]
fn consent_profile_and_foreign_identities_have_their_states() {
    let client = Client::new();
    let flow = client.sign_on("agreement");
    client.password(&flow, "/user").says("200 AGREEMENT_CONSENT_REQUIRED");
    client.act_on_flow(&flow, "user.consent", json!({ "accept": "yes" })).says("400 INVALID_DATA INVALID_VALUE accept");
    let refused = client.act_on_flow(&flow, "user.consent", json!({ "accept": false }));
    assert_eq!(refused.says("200 FAILED").at("/error/code"), "access_denied");
    let flow = client.sign_on("agreement");
    client.password(&flow, "/user").says("200 AGREEMENT_CONSENT_REQUIRED");
    client.act_on_flow(&flow, "user.consent", json!({ "accept": true })).says("200 COMPLETED");
    let flow = client.sign_on("profile");
    client.password(&flow, "/user").says("200 PROFILE_DATA_REQUIRED");
    client
        .act_on_flow(&flow, "user.update", json!({}))
        .says("400 INVALID_DATA REQUIRED_VALUE name.given REQUIRED_VALUE name.family");
    let name = json!({ "name": { "given": "Anna", "family": "Ash" } });
    client.act_on_flow(&flow, "user.update", name).says("200 COMPLETED");
    let begun = client.authorize("accountLinking");
    begun.says("200 EXTERNAL_AUTHENTICATION_REQUIRED");
    assert!(begun.at("/_embedded/socialProviders/0/_links/authenticate/href").is_string());
    let flow = begun.at("/id").as_str().unwrap().to_owned();
    assert!(client.read_flow(&flow).says("200 ACCOUNT_LINKING_REQUIRED").at("/attributes/username").is_string());
    let person = json!({ "username": "visitor", "email": "visitor@partner.example", "password": "Battery-Staple-9" });
    client.act_on_flow(&flow, "user.register", person).says("200 VERIFICATION_CODE_REQUIRED");
    let flow = client.sign_on("accountConfirmation");
    client.read_flow(&flow).says("200 ACCOUNT_CONFIRMATION_REQUIRED");
    client.act_on_flow(&flow, "user.confirm", json!({})).says("200 COMPLETED");
    // What lasts is not asked for again.
    for app in ["agreement", "profile"] {
        let flow = client.sign_on(app);
        client.password(&flow, "/user").says("200 COMPLETED");
    }
    let flow = client.sign_on("accountConfirmation");
    client.read_flow(&flow).says("200 COMPLETED");
    let flow = client.sign_on("external");
    client.read_flow(&flow).says("200 EXTERNAL_AUTHENTICATION_REQUIRED");
}

#[test]
fn an_invitation_is_accepted() {
    let client = Client::new();
    let flow = client.sign_on("invitation");
    let accept = |code: &str, accept: Value| {
        let body = json!({ "inviteCode": code, "password": "Battery-Staple-9", "accept": accept });
        client.act_on_flow(&flow, "user.acceptInvite", body)
    };
    let code = client.text("/users/invited/inviteCode");
    accept("wrong", json!("true")).says("400 INVALID_DATA INVALID_VALUE inviteCode");
    accept(&code, json!("false")).says("400 INVALID_DATA INVALID_VALUE accept");
    assert_eq!(accept(&code, json!("true")).says("200 COMPLETED").at("/adminApp"), true);
}

#[test]
fn a_flow_needs_its_cookie_and_forgets_after_a_quarter_of_an_hour_of_silence() {
    let client = Client::new();
    let flow = client.sign_on("signOn");
    let path = format!("flows/{flow}");
    client.send("GET", &path, &[], "").says("401 ACCESS_FAILED INVALID_TOKEN Authentication Credentials");
    client
        .send("GET", &path, &[("Cookie", "ST=0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001")], "")
        .says("401 ACCESS_FAILED INVALID_TOKEN Authentication Credentials");
    client.advance(14 * 60);
    client.read_flow(&flow).says("200 USERNAME_PASSWORD_REQUIRED");
    client.advance(14 * 60);
    client.act_on_flow(&flow, "session.reset", Value::Null).says("200 USERNAME_PASSWORD_REQUIRED");
    client.advance(15 * 60);
    client.read_flow(&flow).says("404 NOT_FOUND");
}

#[test]
fn resetting_goes_back_to_the_start() {
    let client = Client::new();
    let flow = client.sign_on("mfa");
    client.password(&flow, "/user").says("200 OTP_REQUIRED");
    let reset = client.act_on_flow(&flow, "session.reset", Value::Null);
    assert!(reset.says("200 USERNAME_PASSWORD_REQUIRED").at("/_embedded/user").is_null());
    client.act_on_flow(&flow, "otp.check", json!({ "otp": "123456" })).says("400 INVALID_REQUEST");
    client.password(&flow, "/users/sms").says("200 OTP_REQUIRED");
}
