//! Ways to break the tenant on purpose, one behaviour each, to prove that a check catches it.
//!
//! A fault changes nothing but what it names; without faults this file is never in the way.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use http::StatusCode;
use serde_json::{Value, json};
use strum::{Display, EnumProperty, EnumString, IntoStaticStr, VariantArray};

use super::errors::json_bytes;

/// An id that nothing has.
const OTHER: &str = "c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c25";

/// One broken promise.
#[expect(missing_docs, reason = "`about` describes each")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumProperty, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownFault, parse_err_fn = UnknownFault::of)]
pub enum Fault {
    #[strum(props(check = "content-coding", about = "a response claims a content coding that its body does not have"))]
    FalseCoding,
    #[strum(props(check = "framing", about = "JSON is labelled with a charset other than UTF-8"))]
    ForeignCharset,
    #[strum(props(check = "response-schema", about = "a resource has no `status`"))]
    MissingStatus,
    #[strum(props(check = "response-schema", about = "`environment.id` is not a UUID"))]
    MalformedUuid,
    #[strum(props(check = "response-schema", about = "`createdAt` is not a date"))]
    MalformedDate,
    #[strum(props(check = "response-schema", about = "a resource is cut off in the middle, framed as if complete"))]
    TruncatedJson,
    #[strum(props(check = "response-schema", about = "a resource has `status` twice"))]
    DuplicateKey,
    #[strum(props(check = "media-type", about = "responses are `text/html`"))]
    WrongMediaType,
    #[strum(props(check = "media-type", about = "responses have no Content-Type"))]
    NoContentType,
    #[strum(props(check = "documented-status", about = "a device authentication begins with 200 instead of 201"))]
    WrongStatus,
    #[strum(props(check = "documented-status", about = "a correct passcode is answered with 418"))]
    UndocumentedStatus,
    #[strum(props(check = "response-headers", about = "answers have no Correlation-Id"))]
    NoCorrelationId,
    #[strum(props(check = "response-headers", about = "Correlation-Id is not a UUID"))]
    MalformedCorrelationId,
    #[strum(props(check = "lifecycle-transition", about = "a correct passcode leads to DEVICE_SELECTION_REQUIRED"))]
    IllegalTransition,
    #[strum(props(check = "lifecycle-transition", about = "a wrong passcode leads to ASSERTION_REQUIRED"))]
    StateAfterRejection,
    #[strum(props(check = "undocumented-property", about = "a resource has the property `flavour`"))]
    UndocumentedProperty,
    #[strum(props(check = "undocumented-value", about = "EMAIL devices are of type `PIGEON`"))]
    UndocumentedValue,
    #[strum(props(check = "value-spelling", about = "EMAIL devices are of type `e-mail`"))]
    MisspeltValue,
    #[strum(props(check = "typed-decode", about = "a device's `userRetries` needs more than 64 bits"))]
    IntegerOverflow,
    #[strum(props(check = "lifecycle-links", about = "a resource in OTP_REQUIRED does not link to `otp.check`"))]
    MissingLink,
    #[strum(props(check = "lifecycle-links", about = "a resource in COMPLETED links to `otp.check`"))]
    ForbiddenLink,
    #[strum(props(check = "link-target", about = "links to actions point to another host"))]
    ForeignLink,
    #[strum(props(check = "link-target", about = "links to actions point to another resource"))]
    StrayLink,
    #[strum(props(check = "resource-identity", about = "`environment.id` is that of another environment"))]
    OtherEnvironment,
    #[strum(props(
        check = "resource-identity",
        about = "a device authentication in COMPLETED shows another `user.id`"
    ))]
    ChangedUser,
    #[strum(props(
        check = "unchanged-after-refusal",
        about = "an action that a device authentication does not permit now lets the second factor be bypassed, though it is refused"
    ))]
    RefusalLeavesTrace,
    #[strum(props(check = "timestamps", about = "`createdAt` has an offset instead of `Z`"))]
    TimeWithOffset,
    #[strum(props(check = "timestamps", about = "`createdAt` is an hour in the future"))]
    FutureTime,
    #[strum(props(
        check = "conditional-presence",
        about = "a device authentication in OTP_REQUIRED shows `authenticators`"
    ))]
    EarlyAuthenticators,
    #[strum(props(check = "conditional-presence", about = "a resource in FAILED has no `error`"))]
    MissingReason,
    #[strum(props(check = "conditional-presence", about = "a device authentication does not show its `policy`"))]
    MissingPolicy,
    #[strum(props(
        check = "lifecycle-links",
        about = "a flow in ACCOUNT_LINKING_REQUIRED links neither to `user.register` nor to `usernamePassword.check`"
    ))]
    NoWayToLink,
    #[strum(props(check = "error-model", about = "the `id` of an error is not its Correlation-Id"))]
    WrongErrorId,
    #[strum(props(
        check = "error-model",
        about = "a resource that does not exist is answered with 404 and the code `INVALID_REQUEST`"
    ))]
    WrongErrorStatus,
    #[strum(props(check = "error-model", about = "a 404 has details"))]
    UnfitDetails,
    #[strum(props(check = "secret-echo", about = "the message about a wrong passcode repeats it"))]
    EchoedPasscode,
    #[strum(props(check = "expectation", about = "any passcode is accepted"))]
    WrongOtpAccepted,
    #[strum(props(check = "expectation", about = "`attemptsRemaining` never decreases"))]
    AttemptsNotCounted,
    #[strum(props(check = "expectation", about = "an assertion that another origin got is accepted"))]
    ForeignOriginAccepted,
    #[strum(props(check = "expectation", about = "an assertion over another challenge is accepted"))]
    OtherChallengeAccepted,
    #[strum(props(check = "expectation", about = "an assertion of another key is accepted"))]
    ForeignKeyAccepted,
    #[strum(props(check = "expectation", about = "an assertion whose counter lags behind is accepted"))]
    ReplayedCounterAccepted,
    #[strum(props(check = "expectation", about = "a wrong passcode is answered with `INVALID_VALUE`"))]
    WrongErrorCode,
    #[strum(props(
        check = "expectation",
        by = "explore",
        about = "a device authentication is acted on without a token"
    ))]
    NoTokenAccepted,
    #[strum(props(check = "expectation", by = "explore", about = "a device authentication is shown without a token"))]
    TokenFreeReading,
    #[strum(props(check = "expectation", by = "explore", about = "any token acts on device authentications"))]
    UnknownTokenAccepted,
    #[strum(props(
        check = "expectation",
        by = "explore",
        about = "a token that has expired acts on device authentications"
    ))]
    ExpiredTokenAccepted,
    #[strum(props(
        check = "expectation",
        by = "explore",
        about = "a token that an application got for a user acts on device authentications"
    ))]
    UserTokenAccepted,
    #[strum(props(
        check = "expectation",
        by = "explore",
        about = "the token of another environment's worker acts on device authentications"
    ))]
    OtherWorkerAccepted,
    #[strum(props(check = "expectation", by = "explore", about = "a flow goes on without a session cookie"))]
    NoSessionAccepted,
    #[strum(props(check = "expectation", by = "explore", about = "a flow goes on in a session that does not exist"))]
    UnknownSessionAccepted,
    #[strum(props(check = "expectation", by = "explore", about = "a flow goes on in the session of another browser"))]
    OtherSessionAccepted,
    #[strum(props(
        check = "expectation",
        by = "explore",
        about = "a passcode that somebody else was sent is accepted"
    ))]
    OtherPasscodeAccepted,
    #[strum(props(check = "expectation", by = "explore", about = "a passcode that has been used is accepted again"))]
    UsedPasscodeAccepted,
    #[strum(props(
        check = "expectation",
        by = "explore",
        about = "a resource is found below another environment, too"
    ))]
    OtherEnvironmentAccepted,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "otp.check",
        about = "a passcode of a device authentication that is sent several times at once is accepted each time"
    ))]
    RacingPasscode,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "otp.check",
        about = "a passcode of a flow that is sent several times at once is accepted each time"
    ))]
    RacingFlowPasscode,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "password.recover",
        about = "a recovery code that is sent several times at once is accepted each time"
    ))]
    RacingRecoveryCode,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "user.verify",
        about = "a verification code that is sent several times at once is accepted each time"
    ))]
    RacingVerificationCode,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "user.register",
        about = "a registration that is sent several times at once is accepted each time"
    ))]
    RacingRegistration,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "token",
        about = "a device code that is sent several times at once brings a token each time"
    ))]
    RacingDeviceCode,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "otp.check",
        about = "wrong passcodes that come at once count as one attempt"
    ))]
    RacingAttempts,
    #[strum(props(
        check = "expectation",
        by = "explore --races",
        on = "cancel.push.authentication",
        about = "a push that is approved while it is cancelled is cancelled and approved"
    ))]
    RacingPush,
}

impl Fault {
    /// All faults.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Returns the name used on the command line.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the id of the check that must report this fault.
    pub fn caught_by(self) -> &'static str {
        self.get_str("check").unwrap_or_default()
    }

    /// Returns what finds it, where the suite does not: it takes others than a scenario has, or several requests at once.
    pub fn found_by(self) -> Option<&'static str> {
        self.get_str("by")
    }

    /// Returns the name of the request that is done twice where it comes several times at once.
    fn races_on(self) -> Option<&'static str> {
        self.get_str("on")
    }

    /// Returns what the tenant does wrong, as a clause.
    pub fn about(self) -> &'static str {
        self.get_str("about").unwrap_or_default()
    }
}

/// Says that no fault has this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no fault named `{0}`")]
pub struct UnknownFault(String);

impl UnknownFault {
    fn of(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// The faults a tenant was started with.
#[derive(Clone, Default)]
pub(super) struct Faults(u128);

impl Faults {
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self(faults.iter().fold(0, |bits, fault| bits | 1 << *fault as u128))
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.0 & 1 << fault as u128 != 0
    }

    /// Whether requests of this name that come at once are told apart too late.
    pub(super) fn race(&self, name: &str) -> bool {
        let races = |fault: &Fault| self.has(*fault) && fault.races_on() == Some(name);
        self.0 >> (Fault::RacingPasscode as u128) != 0 && Fault::ALL.iter().any(races)
    }

    /// The JSON of a resource, broken as the faults say.
    pub(super) fn spoil(&self, mut resource: Value) -> Vec<u8> {
        if self.0 == 0 {
            return json_bytes(&resource);
        }
        self.spoil_members(&mut resource);
        let status = resource["status"].to_string();
        self.spoil_text(resource.to_string(), &status).into_bytes()
    }

    fn spoil_members(&self, resource: &mut Value) {
        if self.has(Fault::MissingStatus)
            && let Some(members) = resource.as_object_mut()
        {
            members.shift_remove("status");
        }
        if self.has(Fault::MalformedUuid) {
            resource["environment"]["id"] = json!("not-a-uuid");
        }
        if self.has(Fault::MalformedDate) {
            resource["createdAt"] = json!("yesterday at noon");
        }
        if self.has(Fault::UndocumentedProperty) {
            resource["flavour"] = json!("vanilla");
        }
        self.spoil_links(resource);
        self.spoil_identity(resource);
        self.spoil_times(resource);
        self.spoil_presence(resource);
        for device in resource.pointer_mut("/_embedded/devices").and_then(Value::as_array_mut).into_iter().flatten() {
            self.spoil_device(device);
        }
    }

    fn spoil_links(&self, resource: &mut Value) {
        let state = resource["status"].as_str().unwrap_or_default().to_owned();
        let Some(links) = resource.get_mut("_links").and_then(Value::as_object_mut) else {
            return;
        };
        if self.has(Fault::MissingLink) && state == "OTP_REQUIRED" {
            links.shift_remove("otp.check");
        }
        if self.has(Fault::ForbiddenLink) && state == "COMPLETED" {
            let own = links["self"].clone();
            links.insert("otp.check".to_owned(), own);
        }
        if self.has(Fault::NoWayToLink) && state == "ACCOUNT_LINKING_REQUIRED" {
            links.retain(|name, _| !["user.register", "usernamePassword.check"].contains(&name.as_str()));
        }
        let actions = links.iter_mut().filter(|(name, _)| !["self", "signOnPage"].contains(&name.as_str()));
        for (_, link) in actions {
            let href = link["href"].as_str().unwrap_or_default().to_owned();
            if self.has(Fault::ForeignLink) {
                let path = href.splitn(4, '/').last().unwrap_or_default();
                link["href"] = json!(format!("https://auth.elsewhere.example/{path}"));
            }
            if self.has(Fault::StrayLink) {
                let collection = href.rsplit_once('/').map_or("", |(before, _)| before);
                link["href"] = json!(format!("{collection}/{OTHER}"));
            }
        }
    }

    fn spoil_identity(&self, resource: &mut Value) {
        if self.has(Fault::OtherEnvironment) {
            resource["environment"]["id"] = json!(OTHER);
        }
        if self.has(Fault::ChangedUser)
            && resource["status"] == "COMPLETED"
            && resource.get("payload").is_none()
            && let Some(user) = resource.pointer_mut("/user/id")
        {
            *user = json!(OTHER);
        }
    }

    fn spoil_times(&self, resource: &mut Value) {
        let created = resource["createdAt"].as_str().unwrap_or_default();
        if self.has(Fault::TimeWithOffset) {
            resource["createdAt"] = json!(created.replace('Z', "+00:00"));
        } else if self.has(Fault::FutureTime)
            && let Ok(moment) = created.parse::<DateTime<Utc>>()
        {
            let ahead = moment + TimeDelta::hours(1);
            resource["createdAt"] = json!(ahead.to_rfc3339_opts(SecondsFormat::Millis, true));
        }
    }

    fn spoil_presence(&self, resource: &mut Value) {
        let device_authentication = resource.get("policy").is_some();
        if self.has(Fault::EarlyAuthenticators) && device_authentication && resource["status"] == "OTP_REQUIRED" {
            resource["authenticators"] = json!(["mfa", "email"]);
        }
        if self.has(Fault::MissingPolicy)
            && let Some(members) = resource.as_object_mut()
        {
            members.shift_remove("policy");
        }
        if self.has(Fault::MissingReason)
            && resource["status"] == "FAILED"
            && let Some(members) = resource.as_object_mut()
        {
            members.shift_remove("error");
        }
    }

    /// Breaks the JSON of an error as the faults say.
    pub(super) fn spoil_error(&self, body: Vec<u8>, status: StatusCode) -> Vec<u8> {
        if self.0 == 0 {
            return body;
        }
        let Ok(mut error) = serde_json::from_slice::<Value>(&body) else {
            return body;
        };
        if self.has(Fault::WrongErrorId) {
            error["id"] = json!(OTHER);
        }
        if self.has(Fault::WrongErrorStatus) && status == StatusCode::NOT_FOUND {
            error["code"] = json!("INVALID_REQUEST");
        }
        if self.has(Fault::UnfitDetails) && status == StatusCode::NOT_FOUND {
            error["details"] = json!([{ "code": "INVALID_VALUE", "message": "It is not there." }]);
        }
        json_bytes(&error)
    }

    fn spoil_device(&self, device: &mut Value) {
        if self.has(Fault::UndocumentedValue) && device["type"] == "EMAIL" {
            device["type"] = json!("PIGEON");
        }
        if self.has(Fault::MisspeltValue) && device["type"] == "EMAIL" {
            device["type"] = json!("e-mail");
        }
        if self.has(Fault::IntegerOverflow) {
            device["userRetries"] = json!(u64::MAX);
        }
    }

    fn spoil_text(&self, mut text: String, status: &str) -> String {
        if self.has(Fault::IntegerOverflow) {
            // serde_json has no larger integer than this one, so the larger one is written by hand.
            text = text.replace(&u64::MAX.to_string(), "100000000000000000000");
        }
        if self.has(Fault::DuplicateKey) {
            text = text.replacen('{', &format!("{{\"status\":{status},"), 1);
        }
        if self.has(Fault::TruncatedJson) {
            text.truncate(text.len() / 2);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_names_its_check_and_is_found_by_its_name() {
        assert!(Fault::ALL.len() <= u128::BITS as usize, "a fault is one bit of a tenant's faults");
        for fault in Fault::ALL {
            assert!(!fault.caught_by().is_empty() && !fault.about().is_empty(), "{fault}");
            assert_eq!(fault.name().parse::<Fault>().ok(), Some(*fault));
        }
    }
}
