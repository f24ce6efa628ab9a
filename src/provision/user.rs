//! Users and their devices, made so that nobody has to be at a phone or a mailbox for it.
//!
//! A user that is not as planned, or whose secrets are lost, is taken away and made anew: what became of one cannot be undone.
//!
//! Deliberately not here: who is planned ([`mod@super::plan`]).

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::api::{Api, Creation};
use super::application::{POPULATION, PROVIDER};
use super::error::ProvisionError;
use super::facts::Files;
use super::made::{JSON, Made, MadeDevice, MadeUser, id_of, passkey, totp};
use super::means::Means;
use super::name::{PREFIX, Run};
use super::pairing::Pairing;
use super::persona::{Account, Device};
use super::plan::{Plan, PlannedUser};
use super::thing::Kind;
use crate::auth::passcode::Totp;
use crate::auth::passkey::Passkey;
use crate::config::TargetConfig;
use crate::config::target::PhoneConfig;

const IMPORT: &str = "application/vnd.pingidentity.user.import+json";
const LOCK: &str = "application/vnd.pingidentity.account.lock+json";
const ACTIVATE: &str = "application/vnd.pingidentity.device.activate+json";
const BLOCK: &str = "application/vnd.pingidentity.device.block+json";
const REORDER: &str = "application/vnd.pingidentity.devices.reorder+json";
/// The site of passkeys, and where users are said to be there: the suite says so in its requests.
const RELYING_PARTY: &str = "example.com";
const ORIGIN: &str = "https://app.example.com";
/// How often a user is made whose answers are lost.
const TRIES: u32 = 4;

/// Makes users.
pub(super) struct Makers<'a> {
    api: &'a Api,
    plan: &'a Plan,
    domain: &'a str,
    /// Where phones with an application are, if there are any.
    phone: Option<&'a PhoneConfig>,
    population: String,
    provider: Option<String>,
}

impl<'a> Makers<'a> {
    pub(super) fn new(api: &'a Api, plan: &'a Plan, made: &Made, target: &'a TargetConfig) -> Self {
        let population = made.id(Kind::Population, POPULATION).unwrap_or_default().to_owned();
        let provider = made.id(Kind::IdentityProvider, PROVIDER).map(str::to_owned);
        Self { api, plan, domain: Means::domain(target), phone: target.phone.as_ref(), population, provider }
    }

    /// Makes all that are planned; who is no more is taken away.
    pub(super) async fn all(&self, made: &mut Made, files: &mut Files) -> Result<(), ProvisionError> {
        let mut there = self.there().await?;
        for planned in &self.plan.users {
            let name = self.plan.run.name(&planned.thing);
            let user = match there.remove(&name) {
                Some(found) => self.keep_or_renew(planned, &found, made, files).await?,
                None => self.make(planned, made, files).await?,
            };
            made.users.push(user);
        }
        // Whom no scenario needs any more, if it is one of ours by name; who registered is left to the scenarios.
        for (name, found) in there.iter().filter(|(name, _)| Run::of(self.api.environment(), name).is_some()) {
            self.api.delete(&format!("users/{}", id_of(found, name)?)).await?;
        }
        Ok(())
    }

    async fn there(&self) -> Result<BTreeMap<String, Value>, ProvisionError> {
        let filter = format!("population.id eq \"{}\"", self.population);
        let found = self.api.list("users", Some(&filter)).await?.into_iter();
        Ok(found.filter_map(|user| Some((user["username"].as_str()?.to_owned(), user))).collect())
    }

    async fn keep_or_renew(
        &self,
        planned: &PlannedUser,
        found: &Value,
        made: &mut Made,
        files: &mut Files,
    ) -> Result<MadeUser, ProvisionError> {
        let id = id_of(found, "user")?;
        if let Some(user) = self.kept(planned, found, files).await? {
            made.tally.kept += 1;
            return Ok(user);
        }
        self.api.delete(&format!("users/{id}")).await?;
        let user = self.make(planned, made, files).await?;
        (made.tally.made, made.tally.mended) = (made.tally.made - 1, made.tally.mended + 1);
        Ok(user)
    }

    /// The user that is there, if it is as planned and nobody has used it up.
    async fn kept(
        &self,
        planned: &PlannedUser,
        found: &Value,
        files: &Files,
    ) -> Result<Option<MadeUser>, ProvisionError> {
        let id = id_of(found, "user")?;
        let knows_secret = |device: &Device| match device {
            Device::Totp => files.has(&totp(&planned.thing)),
            Device::Passkey => files.has(&passkey(&planned.thing)),
            _ => true,
        };
        let as_planned =
            found["enabled"] == (planned.persona.account != Account::Disabled) && found["email"] == self.email(planned);
        if files.is_used_up(id) || !as_planned || !planned.persona.devices.iter().all(knows_secret) {
            return Ok(None);
        }
        let mut user = self.described(planned, id);
        if planned.persona.devices.is_empty() {
            return Ok(Some(user));
        }
        let devices = self.api.list(&format!("users/{id}/devices"), None).await?;
        let wanted = &planned.persona.devices;
        let fits = |(device, found): (&Device, &Value)| found["type"] == device.kind() && found["status"] == "ACTIVE";
        if devices.len() != wanted.len() || !wanted.iter().zip(&devices).all(fits) {
            return Ok(None);
        }
        for (device, found) in wanted.iter().zip(&devices) {
            user.devices.push(MadeDevice { device: *device, id: id_of(found, "device")?.to_owned() });
        }
        Ok(Some(user))
    }

    async fn make(
        &self,
        planned: &PlannedUser,
        made: &mut Made,
        files: &mut Files,
    ) -> Result<MadeUser, ProvisionError> {
        let mut why = String::new();
        for _ in 0..TRIES {
            let media_type = if planned.persona.has_password() { IMPORT } else { JSON };
            match self.api.create("users", media_type, &self.body(planned, files)).await? {
                Creation::Made(user) => {
                    made.tally.made += 1;
                    return self.complete(planned, id_of(&user, "user")?, files).await;
                }
                Creation::Taken => {}
                Creation::Unclear(reason) => why = reason,
            }
            // What may be half made is of no use.
            self.remove_by_name(planned).await?;
        }
        Err(ProvisionError::Unclear { what: format!("making the user {}", planned.thing), tries: TRIES, why })
    }

    async fn remove_by_name(&self, planned: &PlannedUser) -> Result<(), ProvisionError> {
        let filter = format!("username eq \"{}\"", self.plan.run.name(&planned.thing));
        for found in self.api.list("users", Some(&filter)).await? {
            self.api.delete(&format!("users/{}", id_of(&found, "user")?)).await?;
        }
        Ok(())
    }

    fn body(&self, planned: &PlannedUser, files: &Files) -> Value {
        let account = planned.persona.account;
        let mut body = json!({
            "username": self.plan.run.name(&planned.thing),
            "email": self.email(planned),
            "population": { "id": self.population },
            "mfaEnabled": true,
            "nickname": format!("{PREFIX}{}", self.plan.run.id()),
        });
        if account == Account::Unverified {
            body["lifecycle"] = json!({ "status": "VERIFICATION_REQUIRED", "suppressVerificationCode": true });
        }
        if planned.persona.has_password() {
            let force = account == Account::MustChangePassword;
            body["password"] = json!({ "value": files.password().expose_secret(), "forceChange": force });
        }
        body
    }

    /// Gives a user its devices, and makes its account what it is to be.
    async fn complete(&self, planned: &PlannedUser, id: &str, files: &mut Files) -> Result<MadeUser, ProvisionError> {
        let mut user = self.described(planned, id);
        for device in planned.persona.devices {
            let id = self.device(planned, id, *device, files).await?;
            user.devices.push(MadeDevice { device: *device, id });
        }
        if let [_, _, ..] = user.devices.as_slice() {
            let order: Vec<Value> = user.devices.iter().map(|device| json!({ "id": device.id })).collect();
            self.api.act(&format!("users/{id}/devices"), REORDER, &json!({ "order": order })).await?;
        }
        self.settle(planned.persona.account, id, &user).await?;
        Ok(user)
    }

    async fn settle(&self, account: Account, id: &str, user: &MadeUser) -> Result<(), ProvisionError> {
        let path = format!("users/{id}");
        match account {
            Account::Locked => drop(self.api.act(&path, LOCK, &json!({})).await?),
            Account::Disabled => {
                self.api.put(&format!("{path}/enabled"), JSON, &json!({ "enabled": false })).await?;
            }
            Account::External => {
                let provider = json!({ "id": self.provider });
                self.api.put(&format!("{path}/identityProvider"), JSON, &provider).await?;
            }
            Account::DeviceBlocked => {
                for device in &user.devices {
                    self.api.act(&format!("{path}/devices/{}", device.id), BLOCK, &json!({})).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Makes a device that is active: a worker need not prove it, but for an authenticator or a passkey.
    async fn device(
        &self,
        planned: &PlannedUser,
        user: &str,
        device: Device,
        files: &mut Files,
    ) -> Result<String, ProvisionError> {
        if device == Device::Mobile {
            return Pairing { api: self.api, phone: self.phone, user: &self.described(planned, user) }
                .paired(files)
                .await;
        }
        let path = format!("users/{user}/devices");
        let mut body = json!({ "type": device.kind(), "status": "ACTIVE" });
        match device {
            Device::Email => body["email"] = self.email(planned).into(),
            Device::Sms | Device::Voice | Device::Whatsapp => body["phone"] = phone(planned).into(),
            Device::Passkey => body["rp"] = json!({ "id": RELYING_PARTY, "name": RELYING_PARTY }),
            _ => {}
        }
        let made = match self.api.create(&path, JSON, &body).await? {
            Creation::Made(made) => made,
            Creation::Taken => return Err(ProvisionError::of_making(&path, "there is such a device already")),
            Creation::Unclear(why) => {
                return Err(ProvisionError::Unclear { what: format!("making one of {path}"), tries: 1, why });
            }
        };
        let id = id_of(&made, "device")?.to_owned();
        match device {
            Device::Totp => self.activate(&path, &made, &totp(&planned.thing), files).await?,
            Device::Passkey => self.register(&path, &made, &passkey(&planned.thing), files).await?,
            _ => {}
        }
        Ok(id)
    }

    /// Keeps an authenticator's secret, and proves it where the tenant asks for that.
    async fn activate(&self, path: &str, made: &Value, entry: &str, files: &mut Files) -> Result<(), ProvisionError> {
        let secret = made["secret"].as_str().map(|secret| SecretString::from(secret.to_owned()));
        let secret = secret.ok_or_else(|| ProvisionError::of_making(path, "there is no `secret` in it"))?;
        let totp = Totp::new(&secret, Duration::ZERO);
        let totp = totp.map_err(|error| ProvisionError::of_making(path, &error.to_string()))?;
        files.learn(entry, secret)?;
        if made["status"] == "ACTIVE" {
            return Ok(());
        }
        let body = json!({ "otp": totp.shown().expose_secret() });
        let id = id_of(made, "device")?;
        let activated = self.api.act(&format!("{path}/{id}"), ACTIVATE, &body).await?;
        if activated["status"] == "ACTIVE" {
            return Ok(());
        }
        Err(ProvisionError::of_making(path, "the device is not active after its activation"))
    }

    /// Registers a passkey of our own, and keeps it.
    async fn register(&self, path: &str, made: &Value, entry: &str, files: &mut Files) -> Result<(), ProvisionError> {
        let options = made["publicKeyCredentialCreationOptions"].as_str();
        let options = options.ok_or_else(|| {
            ProvisionError::of_making(path, "there are no `publicKeyCredentialCreationOptions` in it")
        })?;
        let passkey = Passkey::generate(RELYING_PARTY, ORIGIN)
            .map_err(|error| ProvisionError::of_making(path, &error.to_string()))?;
        let attestation =
            passkey.attestation(options).map_err(|error| ProvisionError::of_making(path, &error.to_string()))?;
        files.learn(entry, passkey.secret())?;
        let body = json!({ "attestation": attestation, "origin": passkey.origin() });
        let id = id_of(made, "device")?;
        let activated = self.api.act(&format!("{path}/{id}"), ACTIVATE, &body).await?;
        if activated["status"] == "ACTIVE" {
            Ok(())
        } else {
            Err(ProvisionError::of_making(path, "the passkey is not active"))
        }
    }

    fn described(&self, planned: &PlannedUser, id: &str) -> MadeUser {
        let has_phone = planned.persona.devices.iter().any(|device| device.is_phone());
        MadeUser {
            id: id.to_owned(),
            username: self.plan.run.name(&planned.thing),
            email: self.email(planned),
            phone: has_phone.then(|| phone(planned)),
            devices: Vec::new(),
            planned: planned.clone(),
        }
    }

    fn email(&self, planned: &PlannedUser) -> String {
        format!("{}@{}", self.plan.run.name(&planned.thing), self.domain)
    }
}

/// A number of those that are kept free for fiction; each user's own.
fn phone(planned: &PlannedUser) -> String {
    format!("+1.{}55501{:02}", 201 + planned.place / 100 % 700, planned.place % 100)
}
