//! Ways to break the tenant on purpose, one behaviour each, to prove that a check catches it.
//!
//! A fault changes nothing but what it names; without faults this file is never in the way.

use std::{fmt, str::FromStr};

use serde_json::{Value, json};

/// One broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
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
    WrongOtpAccepted,
    AttemptsNotCounted,
    WrongErrorCode,
}

/// Fault, name, the check that must catch it.
const TABLE: &[(Fault, &str, &str)] = &[
    (Fault::MissingStatus, "missing-status", "response-schema"),
    (Fault::MalformedUuid, "malformed-uuid", "response-schema"),
    (Fault::MalformedDate, "malformed-date", "response-schema"),
    (Fault::TruncatedJson, "truncated-json", "response-schema"),
    (Fault::DuplicateKey, "duplicate-key", "response-schema"),
    (Fault::WrongMediaType, "wrong-media-type", "media-type"),
    (Fault::NoContentType, "no-content-type", "media-type"),
    (Fault::WrongStatus, "wrong-status", "documented-status"),
    (
        Fault::UndocumentedStatus,
        "undocumented-status",
        "documented-status",
    ),
    (
        Fault::NoCorrelationId,
        "no-correlation-id",
        "response-headers",
    ),
    (
        Fault::MalformedCorrelationId,
        "malformed-correlation-id",
        "response-headers",
    ),
    (
        Fault::IllegalTransition,
        "illegal-transition",
        "lifecycle-transition",
    ),
    (
        Fault::StateAfterRejection,
        "state-after-rejection",
        "lifecycle-transition",
    ),
    (
        Fault::UndocumentedProperty,
        "undocumented-property",
        "undocumented-property",
    ),
    (
        Fault::UndocumentedValue,
        "undocumented-value",
        "undocumented-value",
    ),
    (Fault::IntegerOverflow, "integer-overflow", "typed-decode"),
    (Fault::WrongOtpAccepted, "wrong-otp-accepted", "expectation"),
    (
        Fault::AttemptsNotCounted,
        "attempts-not-counted",
        "expectation",
    ),
    (Fault::WrongErrorCode, "wrong-error-code", "expectation"),
];

impl Fault {
    /// Every fault, in the order of the check that catches it.
    pub const ALL: &[Fault] = &[
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
        row.map(|row| row.0)
            .ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

/// The faults a tenant was started with.
#[derive(Clone, Default)]
pub(super) struct Faults(u32);

impl Faults {
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self(
            faults
                .iter()
                .fold(0, |bits, fault| bits | 1 << *fault as u32),
        )
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.0 & 1 << fault as u32 != 0
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
        for device in resource
            .pointer_mut("/_embedded/devices")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            self.spoil_device(device);
        }
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
