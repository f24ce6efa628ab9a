//! Ways to break the tenant on purpose, one behaviour each, to prove that a check catches it.
//!
//! A fault changes nothing but what it names; without faults this file is never in the way.

use std::{fmt, str::FromStr};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use http::StatusCode;
use serde_json::{Value, json};

use super::errors::json_bytes;

/// An id that nothing has.
const OTHER: &str = "c7a9e3f1-58d2-4b6e-9f04-d13b7ae86c25";

/// One broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    FalseCoding,
    ForeignCharset,
    MissingStatus,
    MalformedUuid,
    MalformedDate,
    TruncatedJson,
    DuplicateKey,
    WrongMediaType,
    NoContentType,
    WrongStatus,
    UndocumentedStatus,
    NoCorrelationId,
    MalformedCorrelationId,
    IllegalTransition,
    StateAfterRejection,
    UndocumentedProperty,
    UndocumentedValue,
    IntegerOverflow,
    MissingLink,
    ForbiddenLink,
    ForeignLink,
    StrayLink,
    OtherEnvironment,
    ChangedUser,
    TimeWithOffset,
    FutureTime,
    EarlyAuthenticators,
    MissingReason,
    WrongErrorId,
    WrongErrorStatus,
    UnfitDetails,
    EchoedPasscode,
    WrongOtpAccepted,
    AttemptsNotCounted,
    WrongErrorCode,
}

/// Fault, name, the check that must catch it.
const TABLE: &[(Fault, &str, &str)] = &[
    (Fault::FalseCoding, "false-coding", "content-coding"),
    (Fault::ForeignCharset, "foreign-charset", "framing"),
    (Fault::MissingStatus, "missing-status", "response-schema"),
    (Fault::MalformedUuid, "malformed-uuid", "response-schema"),
    (Fault::MalformedDate, "malformed-date", "response-schema"),
    (Fault::TruncatedJson, "truncated-json", "response-schema"),
    (Fault::DuplicateKey, "duplicate-key", "response-schema"),
    (Fault::WrongMediaType, "wrong-media-type", "media-type"),
    (Fault::NoContentType, "no-content-type", "media-type"),
    (Fault::WrongStatus, "wrong-status", "documented-status"),
    (Fault::UndocumentedStatus, "undocumented-status", "documented-status"),
    (Fault::NoCorrelationId, "no-correlation-id", "response-headers"),
    (Fault::MalformedCorrelationId, "malformed-correlation-id", "response-headers"),
    (Fault::IllegalTransition, "illegal-transition", "lifecycle-transition"),
    (Fault::StateAfterRejection, "state-after-rejection", "lifecycle-transition"),
    (Fault::UndocumentedProperty, "undocumented-property", "undocumented-property"),
    (Fault::UndocumentedValue, "undocumented-value", "undocumented-value"),
    (Fault::IntegerOverflow, "integer-overflow", "typed-decode"),
    (Fault::MissingLink, "missing-link", "lifecycle-links"),
    (Fault::ForbiddenLink, "forbidden-link", "lifecycle-links"),
    (Fault::ForeignLink, "foreign-link", "link-target"),
    (Fault::StrayLink, "stray-link", "link-target"),
    (Fault::OtherEnvironment, "other-environment", "resource-identity"),
    (Fault::ChangedUser, "changed-user", "resource-identity"),
    (Fault::TimeWithOffset, "time-with-offset", "timestamps"),
    (Fault::FutureTime, "future-time", "timestamps"),
    (Fault::EarlyAuthenticators, "early-authenticators", "conditional-presence"),
    (Fault::MissingReason, "missing-reason", "conditional-presence"),
    (Fault::WrongErrorId, "wrong-error-id", "error-model"),
    (Fault::WrongErrorStatus, "wrong-error-status", "error-model"),
    (Fault::UnfitDetails, "unfit-details", "error-model"),
    (Fault::EchoedPasscode, "echoed-passcode", "secret-echo"),
    (Fault::WrongOtpAccepted, "wrong-otp-accepted", "expectation"),
    (Fault::AttemptsNotCounted, "attempts-not-counted", "expectation"),
    (Fault::WrongErrorCode, "wrong-error-code", "expectation"),
];

impl Fault {
    /// Every fault, in the order of the check that catches it.
    pub const ALL: &[Fault] = &[
        Fault::FalseCoding,
        Fault::ForeignCharset,
        Fault::MissingStatus,
        Fault::MalformedUuid,
        Fault::MalformedDate,
        Fault::TruncatedJson,
        Fault::DuplicateKey,
        Fault::WrongMediaType,
        Fault::NoContentType,
        Fault::WrongStatus,
        Fault::UndocumentedStatus,
        Fault::NoCorrelationId,
        Fault::MalformedCorrelationId,
        Fault::IllegalTransition,
        Fault::StateAfterRejection,
        Fault::UndocumentedProperty,
        Fault::UndocumentedValue,
        Fault::IntegerOverflow,
        Fault::MissingLink,
        Fault::ForbiddenLink,
        Fault::ForeignLink,
        Fault::StrayLink,
        Fault::OtherEnvironment,
        Fault::ChangedUser,
        Fault::TimeWithOffset,
        Fault::FutureTime,
        Fault::EarlyAuthenticators,
        Fault::MissingReason,
        Fault::WrongErrorId,
        Fault::WrongErrorStatus,
        Fault::UnfitDetails,
        Fault::EchoedPasscode,
        Fault::WrongOtpAccepted,
        Fault::AttemptsNotCounted,
        Fault::WrongErrorCode,
    ];

    /// Returns the name used on the command line.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Returns the id of the check that must report this fault.
    pub fn caught_by(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (Fault, &'static str, &'static str) {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Says that no fault has this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no fault named `{0}`")]
pub struct UnknownFault(String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let row = TABLE.iter().find(|row| row.1 == name);
        row.map(|row| row.0).ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

/// The faults a tenant was started with.
#[derive(Clone, Default)]
pub(super) struct Faults(u64);

impl Faults {
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self(faults.iter().fold(0, |bits, fault| bits | 1 << *fault as u64))
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.0 & 1 << fault as u64 != 0
    }

    /// Breaks the JSON of a resource as the faults say.
    pub(super) fn spoil(&self, body: Vec<u8>) -> Vec<u8> {
        if self.0 == 0 {
            return body;
        }
        let Ok(mut resource) = serde_json::from_slice(&body) else {
            return body;
        };
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
        if self.has(Fault::IntegerOverflow) {
            device["lastRememberedAt"] = json!(u64::MAX);
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
    fn every_fault_is_listed_at_its_own_row_and_found_by_its_name() {
        assert_eq!(Fault::ALL.len(), TABLE.len());
        for (index, fault) in Fault::ALL.iter().enumerate() {
            assert_eq!(*fault as usize, index);
            assert_eq!(TABLE[index].0, *fault);
            assert_eq!(fault.name().parse::<Fault>().ok(), Some(*fault));
        }
    }
}
