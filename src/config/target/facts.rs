//! What a target supplies, by the keys of the file: ids, names, secrets that are read when they are needed.
//!
//! Deliberately not here: which of it a scenario gets (`engine`).

use std::collections::BTreeMap;

use crate::base::source::{Diagnostic, Spanned};
use crate::config::secret_source::{SecretSource, is_placeholder};
use crate::config::table::TomlTable;

const PUBLIC_APP: &[&str] = &["id", "name", "client-id", "app-identifier", "redirect-uri"];

/// What is known of an application, a policy, a user or a device; keys as in the file.
pub(crate) type TargetFacts = BTreeMap<&'static str, TargetFact>;

/// One thing that is known.
#[derive(Debug, Clone)]
pub enum TargetFact {
    /// Anybody may read it.
    Plain(String),
    /// Read when it is needed.
    Secret(Spanned<SecretSource>),
    /// More of it, by name.
    Several(BTreeMap<String, TargetFacts>),
    /// A thing with things of its own.
    One(TargetFacts),
}

pub(super) fn named(
    table: &TomlTable<'_>,
    key: &'static str,
    read: &dyn Fn(&TomlTable<'_>) -> TargetFacts,
) -> BTreeMap<String, TargetFacts> {
    let entries = table.tables(key).into_iter().map(|(name, table)| {
        let settings = read(&table);
        table.end();
        (name.value, settings)
    });
    entries.collect()
}

pub(super) fn public(table: &TomlTable<'_>, keys: &[&'static str]) -> TargetFacts {
    let given = keys.iter().filter_map(|key| Some((*key, not_a_placeholder(table, table.text(key)?)?)));
    given.map(|(key, text)| (key, TargetFact::Plain(text))).collect()
}

pub(super) fn secret(table: &TomlTable<'_>, keys: &[&'static str]) -> TargetFacts {
    keys.iter().filter_map(|key| Some((*key, TargetFact::Secret(SecretSource::decode(table, key)?)))).collect()
}

/// What is known of a policy.
pub(super) fn policy(table: &TomlTable<'_>) -> TargetFacts {
    public(table, &["id", "name"])
}

/// An application is known by its client id: the two are the same.
pub(super) fn app(table: &TomlTable<'_>) -> TargetFacts {
    let mut settings = public(table, PUBLIC_APP);
    settings.extend(secret(table, &["client-secret"]));
    for (from, to) in [("client-id", "id"), ("id", "client-id")] {
        if let Some(TargetFact::Plain(id)) = settings.get(from).cloned() {
            settings.entry(to).or_insert(TargetFact::Plain(id));
        }
    }
    settings
}

pub(super) fn not_a_placeholder(table: &TomlTable<'_>, text: Spanned<String>) -> Option<String> {
    if is_placeholder(&text) {
        let message = format!("`{}` is a placeholder", text.value);
        table.report(Diagnostic::at(&text.span, message).help("put the tenant's own value in its place"));
        return None;
    }
    Some(text.value)
}

/// The name of a fact: `redirect-uri` is `redirectUri`.
pub(crate) fn fact_name(key: &str) -> String {
    let mut words = key.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &capital.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_facts_in_camel_case() {
        assert_eq!(fact_name("client-id"), "clientId");
        assert_eq!(fact_name("mobile-without-push"), "mobileWithoutPush");
        assert_eq!(fact_name("signOn"), "signOn");
    }
}
