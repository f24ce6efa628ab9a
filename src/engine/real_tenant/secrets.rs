//! The secrets of a target that scenarios want: where they come from, and what they are called.
//!
//! Deliberately not here: reading them (`config`).

use std::collections::BTreeMap;

use crate::config::target::{TargetFact, TargetFacts, fact_name};
use crate::config::{SecretSource, TargetConfig};
use crate::engine::wants::Wants;

/// The sources of the secrets that lie on or below the paths that these scenarios want, each with the secret's name.
pub(super) fn wanted(config: &TargetConfig, wants: &[&Wants]) -> BTreeMap<SecretSource, String> {
    let mut found = BTreeMap::new();
    let mut take = |path: &str, name: &str, source: &SecretSource| {
        if wants.iter().any(|wants| wants.any(path)) {
            found.entry(source.clone()).or_insert_with(|| name.to_owned());
        }
    };
    if let Some(worker) = &config.worker {
        take("worker.clientSecret", "worker-secret", &worker.client_secret);
        take("worker.accessToken", "worker-secret", &worker.client_secret);
    }
    for (path, settings) in with_settings(config) {
        for (key, setting) in settings {
            if let TargetFact::Secret(source) = setting {
                let name = fact_name(key);
                take(&format!("{path}.{name}"), &name, source);
            }
        }
    }
    found
}

/// Everything that has settings, with the path of its facts.
fn with_settings(config: &TargetConfig) -> impl Iterator<Item = (String, &TargetFacts)> {
    let named = [("apps", &config.apps), ("policies", &config.policies)];
    let named = named.into_iter().flat_map(|(root, all)| {
        all.iter().map(move |(name, settings)| (format!("{root}.{}", fact_name(name)), settings))
    });
    let users = config.users.iter().flat_map(|(role, pool)| pool.iter().map(move |user| (role, &user.settings)));
    let users = users.flat_map(|(role, settings)| {
        let plain = (*role == config.default_user).then(|| ("user".to_owned(), settings));
        std::iter::once((format!("users.{}", fact_name(role)), settings)).chain(plain)
    });
    named.chain(users)
}
