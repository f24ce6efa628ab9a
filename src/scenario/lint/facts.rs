//! The facts of a target, as far as they are known: where paths lead in them, and which of them are secret.
//!
//! Deliberately not here: what is made of it ([`super::names`], [`super::secrets`]).

use serde_json::Value;

use crate::scenario::template::{follow, segments};

/// The names of facts that are secret.
const SECRET_FACTS: [&str; 8] =
    ["clientSecret", "accessToken", "password", "secret", "payload", "cookie", "ticket", "inviteCode"];

/// Where a path leads; else the first step that does not exist, and the keys that do at its place.
pub(super) fn follow_path<'v, 'p>(facts: &'v Value, path: &'p str) -> Result<&'v Value, (&'p str, Vec<&'v str>)> {
    follow(facts, segments(path))
}

/// The secrets among facts, each with its path.
pub(super) fn secrets_of(facts: Option<&Value>) -> Vec<(String, String)> {
    let mut known = Vec::new();
    if let Some(facts) = facts {
        collect(facts, "", &mut known);
    }
    known
}

fn collect(value: &Value, path: &str, known: &mut Vec<(String, String)>) {
    let Some(members) = value.as_object() else { return };
    for (name, member) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match member {
            Value::String(secret) if SECRET_FACTS.contains(&name.as_str()) && secret.len() >= 8 => {
                known.push((secret.clone(), path));
            }
            _ => collect(member, &path, known),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x12_the_secrets_of_facts_are_found_with_their_paths() {
        let facts =
            serde_json::json!({"user": {"password": "Long-enough-1"}, "apps": {"a": {"clientSecret": "short"}}});
        assert_eq!(secrets_of(Some(&facts)), [("Long-enough-1".to_owned(), "user.password".to_owned())]);
    }
}
