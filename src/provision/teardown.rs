//! What was made is taken away: everything with a name of ours, and those who registered in a population of ours.
//!
//! What is used by something else goes after it: users, applications, sign-on policies, MFA policies, agreements, providers,
//! populations. Looking and removing are apart, so that a person sees first what would go.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use strum::IntoEnumIterator;

use super::api::Api;
use super::error::ProvisionError;
use super::made::id_of;
use super::name::{PREFIX, Run};
use super::thing::Kind;

/// What is to be taken away.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    /// What this run made.
    Run(String),
    /// What runs made that began so long ago.
    OlderThan(TimeDelta),
}

/// Everything of ours, by run.
#[derive(Debug, Default)]
pub(crate) struct Found(pub(crate) BTreeMap<String, Remains>);

/// What is left of one run.
#[derive(Debug, Default)]
pub(crate) struct Remains {
    /// When the first of it was made, where something says so.
    pub(crate) since: Option<DateTime<Utc>>,
    /// In the order in which it goes.
    pub(crate) things: Vec<Remaining>,
}

/// One thing.
#[derive(Debug, Clone)]
pub(crate) struct Remaining {
    pub(crate) noun: &'static str,
    pub(crate) name: String,
    path: String,
}

/// Looks for everything of ours; nothing is changed.
///
/// # Errors
/// When the API does not answer as it should.
pub(crate) async fn find(api: &Api) -> Result<Found, ProvisionError> {
    let mut found = Found::default();
    let users = api.list("users", Some(&format!("username sw \"{PREFIX}\""))).await?;
    for user in &users {
        found.add(api, "user", "users", "username", user)?;
    }
    for kind in Kind::iter().rev() {
        for thing in api.list(kind.path(), None).await? {
            if let Some(run) = found.add(api, kind.noun(), kind.path(), "name", &thing)?
                && kind == Kind::Population
            {
                found.inhabitants(api, &run, id_of(&thing, "population")?).await?;
            }
        }
    }
    Ok(found)
}

impl Found {
    /// Takes a note of a thing, if it is one of ours; tells of which run.
    fn add(
        &mut self,
        api: &Api,
        noun: &'static str,
        path: &str,
        member: &str,
        thing: &Value,
    ) -> Result<Option<String>, ProvisionError> {
        let name = thing[member].as_str().unwrap_or_default();
        let Some((run, _)) = Run::of(api.environment(), name) else { return Ok(None) };
        let path = format!("{path}/{}", id_of(thing, noun)?);
        self.note(run.id(), thing, Remaining { noun, name: name.to_owned(), path });
        Ok(Some(run.id().to_owned()))
    }

    fn note(&mut self, run: &str, thing: &Value, remaining: Remaining) {
        let remains = self.0.entry(run.to_owned()).or_default();
        let made_at = thing["createdAt"].as_str().and_then(|time| time.parse().ok());
        remains.since = remains.since.into_iter().chain(made_at).min();
        remains.things.push(remaining);
    }

    /// Those who belong to a population of ours, whatever they are called: who registered.
    async fn inhabitants(&mut self, api: &Api, run: &str, population: &str) -> Result<(), ProvisionError> {
        for user in api.list("users", Some(&format!("population.id eq \"{population}\""))).await? {
            let path = format!("users/{}", id_of(&user, "user")?);
            let known = self.0.get(run).is_some_and(|known| known.things.iter().any(|thing| thing.path == path));
            if !known {
                let name = user["username"].as_str().unwrap_or_default().to_owned();
                self.note(run, &user, Remaining { noun: "user who registered", name, path });
            }
        }
        Ok(())
    }

    /// What is chosen of it.
    pub(crate) fn chosen(mut self, choice: &Choice, now: DateTime<Utc>) -> Self {
        self.0.retain(|run, remains| match choice {
            Choice::Run(chosen) => chosen == run,
            Choice::OlderThan(age) => remains.since.is_some_and(|since| now - since >= *age),
        });
        self
    }

    /// How many things there are.
    pub(crate) fn count(&self) -> usize {
        self.0.values().map(|remains| remains.things.len()).sum()
    }
}

/// Takes it all away: people first, so that nothing is left that something else needs.
///
/// # Errors
/// With the first thing that cannot be removed; the next time goes on from there.
pub(crate) async fn remove(api: &Api, found: &Found) -> Result<usize, ProvisionError> {
    let mut removed = 0;
    for remains in found.0.values() {
        let (people, things): (Vec<_>, Vec<_>) =
            remains.things.iter().partition(|thing| thing.path.starts_with("users/"));
        for thing in people.into_iter().chain(things) {
            api.delete(&thing.path).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
