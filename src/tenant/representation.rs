//! How parts that both resources share look in JSON: links, devices, times.
//!
//! Nothing is decided here; states and permissions come from the resources.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    challenge::{ATTEMPTS, Challenge, Selected, credential_id},
    devices::{Device, Kind, masked},
    environment::Environment,
};

/// `_links`: `self`, and one for each action, all to the resource itself; perhaps one to the sign-on page.
pub(super) struct Links<'a> {
    pub(super) href: &'a str,
    pub(super) actions: &'a [&'static str],
    pub(super) sign_on_page: Option<String>,
}

/// An object with one `href`.
#[derive(Serialize)]
pub(super) struct Href<'a> {
    pub(super) href: &'a str,
}

impl Serialize for Links<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut links = serializer.serialize_map(None)?;
        links.serialize_entry("self", &Href { href: self.href })?;
        for action in self.actions {
            links.serialize_entry(action, &Href { href: self.href })?;
        }
        if let Some(href) = &self.sign_on_page {
            links.serialize_entry("signOnPage", &Href { href })?;
        }
        links.end()
    }
}

/// An object with one `id`.
#[derive(Serialize)]
pub(super) struct Id {
    pub(super) id: Uuid,
}

/// A status, and why it is so.
#[derive(Serialize, Default)]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Status {
    /// A status that needs no reason.
    fn plain(status: &'static str) -> Self {
        Self { status, reason: None }
    }
}

/// Writes a moment as PingOne does: UTC, milliseconds, `Z`.
pub(super) fn timestamp<S: Serializer>(moment: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// A device on offer. Times in it are epoch milliseconds.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceView {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usable_status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// What only devices of its kind have.
    #[serde(flatten)]
    particulars: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_retries: Option<u8>,
}

/// The application on the phone.
const MOBILE_APPLICATION: Uuid = Uuid::from_u128(0x4c1f_8d27_60be_4a93_b5d8_2e07_91ac_63f4);

impl DeviceView {
    fn of(device: &Device, now: DateTime<Utc>) -> Self {
        let locked = device.locked(now);
        Self {
            id: Some(device.id),
            status: Some("ACTIVE"),
            usable_status: Some(usable(locked)),
            particulars: match device.kind {
                Kind::Mobile => mobile(device, locked),
                Kind::Fido2 => fido2(device),
                _ => Value::Null,
            },
            lock: locked.then_some(Status { status: "LOCKED", reason: Some("OTP") }),
            ..Self::contact(device.kind, &device.contact)
        }
    }

    /// The browser that was remembered, and is again.
    pub(super) fn browser(session: Uuid, now: DateTime<Utc>) -> Self {
        Self {
            id: Some(session),
            kind: "BROWSER",
            status: Some("ACTIVE"),
            usable_status: Some(usable(false)),
            particulars: json!({
                "block": { "status": "UNBLOCKED" },
                "session": { "id": session },
                "lastRememberedAt": now.timestamp_millis(),
            }),
            lock: Some(Status::plain("UNLOCKED")),
            ..Self::default()
        }
    }

    /// A contact that was given for one time only: type and masked address.
    fn contact(kind: Kind, contact: &str) -> Self {
        let shown = |of_this_kind: bool| (of_this_kind && !contact.is_empty()).then(|| masked(contact));
        Self {
            kind: kind.name(),
            email: shown(kind == Kind::Email),
            phone: shown(kind != Kind::Email),
            ..Self::default()
        }
    }
}

fn usable(locked: bool) -> Status {
    match locked {
        true => Status { status: "DISABLED", reason: Some("LOCKED") },
        false => Status::plain("ENABLED"),
    }
}

/// What a phone shows of itself. When it was asked in vain is added by the challenge.
fn mobile(device: &Device, locked: bool) -> Value {
    json!({
        "os": { "type": "ANDROID", "version": "16" },
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
        "credentialId": credential_id(device),
        "attributes": { "userVerified": true },
        "backup": false,
        "rp": { "id": "example.com", "name": "Example" },
    })
}

impl Challenge {
    /// `selectedDevice`: the id of a device, or a contact given for one time.
    pub(super) fn selected_view(&self) -> Option<Value> {
        self.selected.as_ref().map(|selected| match selected {
            Selected::Device(id) => json!({ "id": id }),
            Selected::OneTime { kind, contact } => json!({ "oneTime": DeviceView::contact(*kind, contact) }),
        })
    }

    /// The devices on offer, or the one-time contact in their place.
    pub(super) fn device_views(&self, env: &Environment) -> Vec<DeviceView> {
        if let Some(Selected::OneTime { kind, contact }) = &self.selected {
            return vec![DeviceView::contact(*kind, contact)];
        }
        let now = env.now();
        let Some(user) = env.user(self.user) else {
            return Vec::new();
        };
        self.usable
            .iter()
            .filter_map(|id| user.device(*id))
            .map(|device| self.with_push_fails(DeviceView::of(device, now)))
            .collect()
    }

    /// Adds to the phone that was asked when nobody approved.
    fn with_push_fails(&self, mut view: DeviceView) -> DeviceView {
        if self.asked_phone.is_some_and(|phone| view.id == Some(phone)) {
            view.particulars["pushFails"] = self.push_fails.iter().map(DateTime::timestamp_millis).collect();
        }
        view
    }

    /// The same with the attempts that were used up on the selected one.
    pub(super) fn device_views_with_retries(&self, env: &Environment) -> Vec<DeviceView> {
        let mut views = self.device_views(env);
        let selected = self.device(env).map(|device| device.id);
        if let Some(view) = views.iter_mut().find(|view| view.id == selected) {
            view.user_retries = Some(ATTEMPTS - self.attempts);
        }
        views
    }

    /// `publicKeyCredentialRequestOptions`: a string that holds JSON.
    pub(super) fn assertion_options(&self, env: &Environment) -> Option<String> {
        let device = self.device(env)?;
        let id = credential_id(device);
        let challenge = device.id.simple().to_string();
        Some(format!(
            r#"{{"challenge":"{challenge}","timeout":120000,"rpId":"example.com","allowCredentials":[{{"type":"public-key","id":"{id}"}}],"userVerification":"preferred"}}"#
        ))
    }
}
