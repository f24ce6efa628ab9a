//! A phone with an application, paired by the program that the target names: no API can do what is done on a phone.
//!
//! Deliberately not here: answering pushes and reading passcodes, which the same program does in a run (`auth`).

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;

use super::api::{Api, Creation};
use super::error::ProvisionError;
use super::facts::Files;
use super::made::{JSON, MadeUser, id_of};
use crate::auth::passcode::Recipient;
use crate::config::target::PhoneConfig;

/// How often the device is looked for once the program has ended, and the pause in between.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);

/// A user who is to get a phone.
pub(super) struct Pairing<'a> {
    pub(super) api: &'a Api,
    pub(super) phone: Option<&'a PhoneConfig>,
    pub(super) user: &'a MadeUser,
}

impl Pairing<'_> {
    /// Pairs a phone, and returns the id of the device.
    pub(super) async fn paired(&self, files: &Files) -> Result<String, ProvisionError> {
        let Some(phone) = self.phone else { return Err(ProvisionError::NotPaired) };
        let path = format!("users/{}/pairingKeys", self.user.id);
        let applications: Vec<_> = phone.application.iter().map(|id| json!({ "id": id })).collect();
        let body = if applications.is_empty() { json!({}) } else { json!({ "applications": applications }) };
        let key = match self.api.create(&path, JSON, &body).await? {
            Creation::Made(made) => made,
            Creation::Taken => return Err(ProvisionError::of_making(&path, "there is such a key already")),
            Creation::Unclear(why) => {
                return Err(ProvisionError::Unclear { what: format!("making one of {path}"), tries: 1, why });
            }
        };
        let code = key["code"].as_str().map(|code| SecretString::from(code.to_owned()));
        let code = code.ok_or_else(|| ProvisionError::of_making(&path, "there is no `code` in it"))?;
        files.hide("pairing-key", &code);
        phone.program.pair(&self.recipient(), &code).await?;
        self.device().await
    }

    fn recipient(&self) -> Recipient {
        let MadeUser { id, username, email, phone, .. } = self.user;
        Recipient {
            id: Some(id.clone()),
            username: Some(username.clone()),
            email: Some(email.clone()),
            phone: phone.clone(),
        }
    }

    async fn device(&self) -> Result<String, ProvisionError> {
        for _ in 0..TRIES {
            let devices = self.api.list(&format!("users/{}/devices", self.user.id), None).await?;
            let paired = devices.iter().find(|device| device["type"] == "MOBILE" && device["status"] == "ACTIVE");
            if let Some(device) = paired {
                return Ok(id_of(device, "device")?.to_owned());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(ProvisionError::NotPaired)
    }
}
