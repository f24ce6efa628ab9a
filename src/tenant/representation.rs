//! How parts that both resources share look in JSON: links, devices, times.
//!
//! Nothing is decided here; states and permissions come from the resources.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    challenge::{ATTEMPTS, Challenge, RELYING_PARTY, Selected},
    devices::{Device, Kind, masked},
    environment::Environment,
};

/// One object with the members of several. Members that are null are left out: a resource does not have them.
pub(super) fn object<const N: usize>(parts: [Value; N]) -> Value {
    let members = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        _ => None,
    });
    members.flatten().filter(|(_, value)| !value.is_null()).collect()
}

/// `_links`: `self`, and one for each action, all to the resource itself; perhaps one to the sign-on page.
pub(super) fn links(href: &str, actions: &[&'static str], sign_on_page: Option<&str>) -> Value {
    let own = ["self"].iter().chain(actions).map(|name| (*name, href));
    let all = own.chain(sign_on_page.map(|page| ("signOnPage", page)));
    all.map(|(name, href)| (name, json!({ "href": href }))).collect()
}

/// A moment as PingOne writes it: UTC, milliseconds, `Z`.
pub(super) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The application on the phone.
const MOBILE_APPLICATION: Uuid = Uuid::from_u128(0x4c1f_8d27_60be_4a93_b5d8_2e07_91ac_63f4);

/// A device on offer. Times in it are epoch milliseconds.
fn device_view(device: &Device, now: DateTime<Utc>) -> Value {
    let locked = device.locked(now);
    let own =
        json!({ "id": device.id, "type": device.kind.name(), "status": "ACTIVE", "usableStatus": usable(locked) });
    let particulars = match device.kind {
        Kind::Mobile => mobile(device, locked),
        Kind::Fido2 => fido2(device),
        _ => Value::Null,
    };
    let until = device.locked_until.map(|until| until.timestamp_millis());
    let lock = locked.then(|| json!({ "status": "LOCKED", "reason": "OTP", "expiresAt": until }));
    object([own, contact_view(device.kind, &device.contact), particulars, json!({ "lock": lock })])
}

/// The browser that was remembered, and is again, and whose it is.
pub(super) fn browser_view(env: &Environment, user: Uuid, session: Uuid, now: DateTime<Utc>) -> Value {
    json!({
        "id": session,
        "environment": { "id": env.id },
        "user": { "id": user },
        "type": "BROWSER",
        "name": "Firefox",
        "version": "140.5",
        "operatingSystem": { "name": "Linux", "version": "6.12" },
        "status": "ACTIVE",
        "usableStatus": usable(false),
        "block": { "status": "UNBLOCKED" },
        "session": { "id": session },
        "lastRememberedAt": now.timestamp_millis(),
        "lock": { "status": "UNLOCKED" },
    })
}

/// A contact: type and masked address.
fn contact_view(kind: Kind, contact: &str) -> Value {
    let shown = |of_this_kind: bool| (of_this_kind && !contact.is_empty()).then(|| masked(contact));
    let (email, phone) = (shown(kind == Kind::Email), shown(kind != Kind::Email));
    object([json!({ "type": kind.name(), "email": email, "phone": phone })])
}

fn usable(locked: bool) -> Value {
    match locked {
        true => json!({ "status": "DISABLED", "reason": "LOCKED" }),
        false => json!({ "status": "ENABLED" }),
    }
}

/// What a phone shows of itself. When it was asked in vain is added by the challenge.
fn mobile(device: &Device, locked: bool) -> Value {
    json!({
        "os": { "type": "ANDROID", "version": "16" },
        "manufacturer": "samsung",
        "locale": "en",
        "apiVersion": "1.6",
        "sdkVersion": "2.1.0",
        "notificationProvider": "FCM",
        "allowPushNotification": true,
        "deviceIntegrityState": { "compromised": false, "reason": "NONE", "timestamp": 1_760_000_000_000_u64 },
        "model": { "name": "SM-S931B", "marketingName": "Galaxy S25" },
        "application": {
            "id": MOBILE_APPLICATION,
            "name": "Pocket Keys",
            "nativeName": "com.example.pocketkeys",
            "version": "3.2.1",
            "pushSandbox": false,
            "passcodeRefreshDuration": { "duration": 30, "timeUnit": "SECONDS" },
        },
        "pushEnabled": device.push_enabled,
        "pushStatus": { "status": if device.push_enabled { "ENABLED" } else { "DISABLED" } },
        "otpEnabled": true,
        "otpStatus": usable(locked),
        "pushFails": [],
        "rooted": false,
        "lockEnabled": true,
    })
}

fn fido2(device: &Device) -> Value {
    json!({
        "nickname": "Blue key",
        "displayName": "FIDO2 Security Key",
        "credentialId": device.credential_id(),
        "attributes": { "userVerified": true, "transports": ["usb"], "isCrossPlatform": true, "isResidentKey": true },
        "backup": { "backupEligibility": false, "backupState": false },
        "fidoDeviceMetadata": { "mdsIdentifier": "2fc0579f-8113-47ea-b116-bb5a8db9202a" },
        "rp": { "id": device.relying_party.as_deref().unwrap_or(RELYING_PARTY), "name": "Example" },
    })
}

impl Challenge {
    /// `selectedDevice`: the id of a device, or a contact given for one time.
    pub(super) fn selected_view(&self) -> Option<Value> {
        self.selected.as_ref().map(|selected| match selected {
            Selected::Device(id) => json!({ "id": id }),
            Selected::OneTime { kind, contact } => json!({ "oneTime": contact_view(*kind, contact) }),
        })
    }

    /// The devices on offer, or the one-time contact in their place; `retries` adds the attempts that were used up.
    pub(super) fn device_views(&self, env: &Environment, retries: bool) -> Vec<Value> {
        if let Some(Selected::OneTime { kind, contact }) = &self.selected {
            return vec![contact_view(*kind, contact)];
        }
        let Some(user) = env.user(self.user) else {
            return Vec::new();
        };
        let selected = self.device(env).filter(|_| retries).map(|device| device.id);
        let view = |device: &Device| {
            let mut view = device_view(device, env.now());
            if self.asked_phone == Some(device.id) {
                // When it was asked and nobody approved.
                view["pushFails"] = self.push_fails.iter().map(DateTime::timestamp_millis).collect();
            }
            if selected == Some(device.id) {
                view["userRetries"] = (ATTEMPTS - self.attempts).into();
            }
            view
        };
        self.usable.iter().filter_map(|id| user.device(*id)).map(view).collect()
    }

    /// `publicKeyCredentialRequestOptions`: a string that holds JSON.
    pub(super) fn assertion_options(&self, env: &Environment) -> Option<String> {
        let Some(device) = self.device(env) else {
            // Any passkey for this site will do.
            let challenge = &self.assertion_challenge;
            return Some(format!(
                r#"{{"challenge":"{challenge}","timeout":120000,"rpId":"{RELYING_PARTY}","userVerification":"required"}}"#
            ));
        };
        let id = device.credential_id();
        let (challenge, site) = (&self.assertion_challenge, device.relying_party.as_deref().unwrap_or(RELYING_PARTY));
        Some(format!(
            r#"{{"challenge":"{challenge}","timeout":120000,"rpId":"{site}","allowCredentials":[{{"type":"public-key","id":"{id}"}}],"userVerification":"preferred"}}"#
        ))
    }
}
