//! What is planned made true: looked for, made where it is missing, mended where it differs.
//!
//! A request whose answer was lost may have made something, so after one the collection is looked at again before anything is
//! made twice.
//!
//! Deliberately not here: users ([`super::user`]), and what is written about it all ([`super::facts`]).

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::api::{Api, Creation};
use super::error::ProvisionError;
use super::facts::Files;
use super::made::{JSON, Made, id_of};
use super::name::Run;
use super::plan::Plan;
use super::thing::{Kind, Part, Thing, is_said, resolved};
use super::user::Makers;
use crate::config::TargetConfig;

/// How often something is made whose answers are lost.
const TRIES: u32 = 4;
/// What the agreement says.
const TERMS: &str = "You agree to return every book.";

/// Makes the plan true.
///
/// # Errors
/// With the first thing that cannot be done. What was done before is found again the next time.
pub(crate) async fn apply(
    api: &Api,
    plan: &Plan,
    files: &mut Files,
    target: &TargetConfig,
) -> Result<Made, ProvisionError> {
    let mut maker = Maker { api, run: &plan.run, known: BTreeMap::new(), made: Made::default() };
    for kind in Kind::iter().filter(|kind| plan.count(*kind) > 0) {
        maker.look(kind).await?;
    }
    let openid = if plan.count(Kind::Application) > 0 { maker.openid().await? } else { None };
    for thing in &plan.things {
        maker.thing(thing, openid.as_ref()).await?;
    }
    let Maker { mut made, .. } = maker;
    Makers::new(api, plan, &made, target).all(&mut made, files).await?;
    Ok(made)
}

struct Maker<'a> {
    api: &'a Api,
    run: &'a Run,
    /// What is there of this run, by kind and by what it is called in the plan.
    known: BTreeMap<(Kind, String), Value>,
    made: Made,
}

impl Maker<'_> {
    /// Looks at what there is of a kind.
    async fn look(&mut self, kind: Kind) -> Result<(), ProvisionError> {
        for found in self.api.list(kind.path(), None).await? {
            if kind == Kind::MfaPolicy && is_usual(&found) {
                self.made.own_policy = Some(found.clone());
            }
            let named = found["name"].as_str().and_then(|name| Run::of(self.api.environment(), name));
            if let Some((_, thing)) = named.filter(|(run, _)| run == self.run) {
                self.known.insert((kind, thing), found);
            }
        }
        Ok(())
    }

    async fn thing(&mut self, thing: &Thing, openid: Option<&Part>) -> Result<(), ProvisionError> {
        let body = self.resolved(&thing.body);
        let key = (thing.kind, thing.thing.clone());
        let before = self.known.get(&key).cloned();
        let is_new = before.is_none();
        let there = match before {
            None => self.make(thing, &body).await?,
            Some(found) => self.mend(thing.kind, &body, found).await?,
        };
        let id = id_of(&there, thing.kind.noun())?;
        let path = format!("{}/{id}", thing.kind.path());
        self.made.things.insert(key, there.clone());
        let grant = openid.filter(|_| thing.kind == Kind::Application);
        let there_before = if is_new { BTreeMap::new() } else { self.parts(&path, thing, grant).await? };
        for part in thing.parts.iter().chain(grant) {
            self.part(&path, part, there_before.get(part.path)).await?;
        }
        match thing.kind {
            Kind::Agreement if there["enabled"] != true => self.enable(&path, &body).await,
            Kind::Application => self.secret(&path, thing, &there).await,
            _ => Ok(()),
        }
    }

    fn resolved(&self, body: &Value) -> Value {
        resolved(body, &|name| {
            let (path, thing) = name.split_once('/')?;
            let kind = Kind::iter().find(|kind| kind.path() == path)?;
            self.made.id(kind, thing).map(str::to_owned)
        })
    }

    /// Makes something; where nobody can tell whether it was made, looks.
    async fn make(&mut self, thing: &Thing, body: &Value) -> Result<Value, ProvisionError> {
        let path = thing.kind.path();
        let mut why = String::new();
        for _ in 0..TRIES {
            let taken = match self.api.create(path, JSON, body).await? {
                Creation::Made(made) => {
                    self.made.tally.made += 1;
                    return Ok(made);
                }
                Creation::Taken => true,
                Creation::Unclear(reason) => {
                    why = reason;
                    false
                }
            };
            self.look(thing.kind).await?;
            if let Some(found) = self.known.get(&(thing.kind, thing.thing.clone())) {
                self.made.tally.made += 1;
                return Ok(found.clone());
            }
            if taken {
                let saying =
                    format!("the name {} is taken by something else", body["name"].as_str().unwrap_or_default());
                return Err(ProvisionError::Refused { what: format!("making one of {path}"), status: 400, saying });
            }
        }
        Err(ProvisionError::Unclear { what: format!("making one of {path}"), tries: TRIES, why })
    }

    async fn mend(&mut self, kind: Kind, body: &Value, found: Value) -> Result<Value, ProvisionError> {
        let mut shown = body.clone();
        if let Some(members) = shown.as_object_mut() {
            members.shift_remove("clientSecret");
        }
        // An agreement is enabled when it has a text.
        if kind == Kind::Agreement || is_said(&shown, &found) {
            self.made.tally.kept += 1;
            return Ok(found);
        }
        self.made.tally.mended += 1;
        let id = id_of(&found, kind.noun())?;
        self.api.put(&format!("{}/{id}", kind.path()), JSON, body).await
    }

    /// What there is below a thing, by collection.
    async fn parts(
        &self,
        path: &str,
        thing: &Thing,
        grant: Option<&Part>,
    ) -> Result<BTreeMap<&'static str, Vec<Value>>, ProvisionError> {
        let mut found = BTreeMap::new();
        for part in thing.parts.iter().chain(grant) {
            if !found.contains_key(part.path) {
                found.insert(part.path, self.api.list(&format!("{path}/{}", part.path), None).await?);
            }
        }
        Ok(found)
    }

    async fn part(&mut self, path: &str, part: &Part, there: Option<&Vec<Value>>) -> Result<(), ProvisionError> {
        let body = self.resolved(&part.body);
        let collection = format!("{path}/{}", part.path);
        let alike = |found: &&Value| is_said(&body[part.known_by], &found[part.known_by]);
        match there.and_then(|there| there.iter().find(alike)) {
            Some(found) if is_said(&body, found) => Ok(()),
            Some(found) => {
                let id = id_of(found, part.path)?;
                self.api.put(&format!("{collection}/{id}"), JSON, &body).await.map(drop)
            }
            None => self.make_part(&collection, part, &body).await,
        }
    }

    async fn make_part(&self, collection: &str, part: &Part, body: &Value) -> Result<(), ProvisionError> {
        let mut why = String::new();
        for _ in 0..TRIES {
            match self.api.create(collection, JSON, body).await? {
                Creation::Made(_) | Creation::Taken => return Ok(()),
                Creation::Unclear(reason) => why = reason,
            }
            let there = self.api.list(collection, None).await?;
            if there.iter().any(|found| is_said(&body[part.known_by], &found[part.known_by])) {
                return Ok(());
            }
        }
        Err(ProvisionError::Unclear { what: format!("making one of {collection}"), tries: TRIES, why })
    }

    /// The scopes that every application is granted: those of a sign-on.
    async fn openid(&self) -> Result<Option<Part>, ProvisionError> {
        let resources = self.api.list("resources", None).await?;
        let Some(openid) = resources.iter().find(|found| found["type"] == "OPENID_CONNECT") else { return Ok(None) };
        let id = id_of(openid, "resource")?;
        let scopes = self.api.list(&format!("resources/{id}/scopes"), None).await?;
        let wanted = ["openid", "profile", "email", "offline_access"];
        let scopes = scopes.iter().filter(|scope| wanted.iter().any(|name| scope["name"] == *name));
        let scopes: Vec<Value> = scopes.map(|scope| json!({ "id": scope["id"] })).collect();
        let body = json!({ "resource": { "id": id }, "scopes": scopes });
        Ok((!scopes.is_empty()).then_some(Part { path: "grants", known_by: "resource", body }))
    }

    /// Gives an agreement a text, and enables it.
    async fn enable(&mut self, path: &str, body: &Value) -> Result<(), ProvisionError> {
        let language = json!({ "displayName": "English", "locale": "en", "enabled": false });
        let mut languages = self.api.list(&format!("{path}/languages"), None).await?;
        if languages.is_empty() {
            let part = Part { path: "languages", known_by: "locale", body: language.clone() };
            self.make_part(&format!("{path}/languages"), &part, &language).await?;
            languages = self.api.list(&format!("{path}/languages"), None).await?;
        }
        let id = languages.first().map(|language| id_of(language, "language")).transpose()?.unwrap_or_default();
        let revision = json!({
            "contentType": "text/plain",
            "effectiveAt": Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "requireReconsent": false,
            "text": TERMS,
        });
        let part = Part { path: "revisions", known_by: "text", body: revision.clone() };
        self.make_part(&format!("{path}/languages/{id}/revisions"), &part, &revision).await?;
        let language = json!({ "displayName": "English", "locale": "en", "enabled": true });
        self.api.put(&format!("{path}/languages/{id}"), JSON, &language).await?;
        let mut body = body.clone();
        body["enabled"] = true.into();
        self.api.put(path, JSON, &body).await.map(drop)
    }

    async fn secret(&mut self, path: &str, thing: &Thing, there: &Value) -> Result<(), ProvisionError> {
        if there["tokenEndpointAuthMethod"] == "NONE" {
            return Ok(());
        }
        let what = || format!("reading {path}/secret");
        let answer = self.api.get(&format!("{path}/secret")).await?;
        let secret = answer["secret"].as_str().filter(|secret| !secret.is_empty());
        let secret = secret
            .ok_or_else(|| ProvisionError::Undocumented { what: what(), why: "there is no `secret` in it".into() })?;
        self.made.secrets.insert(thing.thing.clone(), secret.to_owned());
        Ok(())
    }
}

/// Whether an MFA policy is the environment's default and picks the first device.
fn is_usual(policy: &Value) -> bool {
    let selection = policy.pointer("/authentication/deviceSelection");
    policy["default"] == true && selection.is_none_or(|selection| selection == "DEFAULT_TO_FIRST")
}
