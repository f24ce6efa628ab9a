//! Each value of a request as a scenario has it: the template of what an answer brought or a target supplies, or the value itself.
//!
//! No secret is written out. One that came from an answer or is a fact has a template anyway; of any other the target has to supply
//! it as a fact of its own. One that was refused, or that nobody can supply, is replaced by a text of the same form. Deliberately not here: where a value
//! stands in a request (see [`super::draft`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexMap;
use serde_json::{Map, Value};
use strum::VariantNames;

use super::facts::owner;
use super::recording::Recording;
use super::sources::text_of;
use crate::base::spelling::lower_camel;
use crate::contract::Location;
use crate::record::redaction::names::same_name;
use crate::scenario::template::{FACTS, Helper, is_name};
use crate::scenario::write::escaped;

/// The texts that helpers read as they were sent to a user.
const SENT_TO_USERS: [Helper; 3] = [Helper::Otp, Helper::VerificationCode, Helper::RecoveryCode];

/// The names of what says who a user is.
const USERS: [&str; 2] = ["username", "email"];

/// What a value is sent as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent<'a> {
    /// The call.
    pub call: usize,
    /// Where a parameter goes; nothing for what is in a body.
    pub location: Option<Location>,
    /// Its name.
    pub name: &'a str,
    /// The name of the object that it is a member of.
    pub within: &'a str,
}

impl<'a> Sent<'a> {
    /// What a call sends under a name.
    pub(super) fn new(call: usize, location: Option<Location>, name: &'a str) -> Self {
        Self { call, location, name, within: "" }
    }
}

/// The values of one scenario.
#[derive(Debug)]
pub(super) struct FlowValues<'a> {
    recording: &'a Recording<'a>,
    /// The names of what is saved, by its source.
    saved: BTreeMap<usize, String>,
    /// Of whom there is talk.
    owners: BTreeSet<String>,
    /// The user of whom there was talk last: a fact, or a name in quotes.
    user: Option<String>,
    /// What the target has to supply.
    pub needs: BTreeSet<String>,
    /// The secrets that nothing supplies yet, by the names of their facts.
    pub secrets: BTreeSet<String>,
    named: HashMap<String, String>,
    /// What is written in the place of secrets, by what it stands for.
    made_up: IndexMap<String, Value>,
}

impl<'a> FlowValues<'a> {
    /// Nothing is written yet.
    pub(super) fn new(recording: &'a Recording<'a>, flow: &[usize]) -> Self {
        let mut owners = BTreeSet::new();
        for call in flow {
            recording.sent[*call].each(&mut |_, value| {
                owners.extend(text_of(value).and_then(|text| recording.facts.only_owner(&text)));
            });
        }
        let (saved, named) = (BTreeMap::new(), HashMap::new());
        let (needs, secrets) = (BTreeSet::new(), BTreeSet::new());
        Self { recording, saved, owners, user: None, needs, secrets, named, made_up: IndexMap::new() }
    }

    /// The variables with what is made up.
    pub(super) fn variables(&self) -> Map<String, Value> {
        self.made_up.values().enumerate().map(|(at, value)| (made_up_name(at), value.clone())).collect()
    }

    /// What is saved from the answer to a call: the name, and its source.
    pub(super) fn saved_of(&self, call: usize) -> impl Iterator<Item = (&str, usize)> {
        let of_call = move |source: &usize| self.recording.sources.get(*source).call == call;
        self.saved.iter().filter(move |(source, _)| of_call(source)).map(|(source, name)| (name.as_str(), *source))
    }

    /// A value with templates in it.
    pub(super) fn value(&mut self, sent: Sent<'_>, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let written = members
                    .iter()
                    .map(|(name, value)| (name.clone(), self.value(Sent { name, within: sent.name, ..sent }, value)));
                Value::Object(written.collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(|item| self.value(sent, item)).collect(),
            Value::String(text) => self.text(sent, text).into(),
            Value::Number(number) => {
                let text = number.to_string();
                self.template(sent, &text).map_or_else(|| value.clone(), Value::from)
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, sent: Sent<'_>, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        if let Some(template) = self.template(sent, text) {
            return template;
        }
        if USERS.iter().any(|name| same_name(name, sent.name)) && !text.contains(['\'', '{']) {
            self.user = Some(format!("'{text}'"));
        }
        self.with_parts(sent, text)
    }

    /// A text with templates for the parts of it that earlier answers brought.
    pub(super) fn with_parts(&mut self, sent: Sent<'_>, text: &str) -> String {
        let (mut written, mut end) = (String::new(), 0);
        for (range, source) in self.recording.sources.inside(self.recording.known(), sent.call, text) {
            written += &escaped(&text[end..range.start]);
            written += &format!("{{{{{}}}}}", self.name_of(source, sent));
            end = range.end;
        }
        written + &escaped(&text[end..])
    }

    /// The template that stands for the whole of a value, if there is one.
    fn template(&mut self, sent: Sent<'_>, text: &str) -> Option<String> {
        let (recording, place) = (self.recording, (sent.location, sent.name));
        if let Some(source) = recording.sources.find(recording.known(), sent.call, place, text) {
            return Some(format!("{{{{{}}}}}", self.name_of(source, sent)));
        }
        let fact = recording.facts.find(text, sent.name, &self.owners);
        if let Some(path) = fact.or_else(|| recording.facts.named(sent.within, sent.name, text)) {
            self.note(path);
            return Some(format!("{{{{{path}}}}}"));
        }
        recording.secrets.hide(sent.name, text).then(|| self.secret(sent, text))
    }

    /// Notes that a fact is used.
    pub(super) fn note(&mut self, path: &str) {
        let owner = owner(path);
        if matches!(owner.as_str(), "env" | "worker") {
            return;
        }
        if owner.starts_with("user") {
            self.user = Some(owner.clone());
        }
        self.needs.insert(owner);
    }

    /// What stands for a secret that no answer brought and no fact has.
    pub(super) fn secret(&mut self, sent: Sent<'_>, text: &str) -> String {
        let helper = SENT_TO_USERS.into_iter().find(|helper| same_name(helper.name(), sent.name));
        match (helper, &self.user) {
            _ if self.recording.refuses(sent.call) && !self.recording.accepts(text) => self.made_up(text),
            (Some(helper), Some(user)) => format!("{{{{{} {user}}}}}", helper.name()),
            // A tenant of PingOne supplies no facts of other names: what it does not know somebody has thought up.
            _ if self.recording.contract.has_environments() => self.made_up(text),
            _ => format!("{{{{{}}}}}", self.fact_for(sent.name, text)),
        }
    }

    /// A text of the same form, which a variable has: equal secrets are one.
    fn made_up(&mut self, text: &str) -> String {
        let value = || match text.parse::<u64>() {
            Ok(_) if !text.starts_with('0') => of_same_form(text).parse::<u64>().map_or(Value::Null, Value::from),
            _ => of_same_form(text).into(),
        };
        let at =
            self.made_up.get_index_of(text).unwrap_or_else(|| self.made_up.insert_full(text.to_owned(), value()).0);
        format!("{{{{{}}}}}", made_up_name(at))
    }

    /// A fact of its own for a secret; equal secrets are one.
    fn fact_for(&mut self, name: &str, text: &str) -> String {
        if let Some(known) = self.named.get(text) {
            return known.clone();
        }
        let name = Some(lower_camel(name)).filter(|name| is_name(name)).unwrap_or_else(|| "secret".to_owned());
        let taken: BTreeSet<&String> = self.named.values().collect();
        let path = free(&format!("facts.{name}"), |path| taken.contains(&path.to_owned()));
        self.needs.insert(path.clone());
        self.secrets.insert(path.clone());
        self.named.insert(text.to_owned(), path.clone());
        path
    }

    /// The name of a saved value, which is given when it is first used.
    fn name_of(&mut self, source: usize, sent: Sent<'_>) -> String {
        if let Some(known) = self.saved.get(&source) {
            return known.clone();
        }
        let wanted = self.recording.name_for(source, sent.name);
        let taken = |name: &str| {
            self.saved.values().any(|known| known == name) || FACTS.contains(&name) || Helper::VARIANTS.contains(&name)
        };
        let name = free(&wanted, taken);
        self.saved.insert(source, name.clone());
        name
    }
}

/// The name of the variable with what is made up: it says that nobody has to keep it secret.
fn made_up_name(at: usize) -> String {
    if at == 0 { "madeUp".to_owned() } else { format!("madeUp{}", at + 1) }
}

/// A name that is not taken: the one that is wanted, or with a number.
fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{wanted}{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// A text in which nothing of another is left but where capitals, small letters and digits stand.
fn of_same_form(text: &str) -> String {
    let plain = |(at, character): (usize, char)| {
        let turn = u8::try_from(at % 3).unwrap_or_default();
        match character {
            '0'..='9' => char::from(b'1' + turn),
            'A'..='Z' => char::from(b'A' + turn),
            _ if character.is_alphabetic() => char::from(b'a' + turn),
            _ => character,
        }
    };
    text.chars().enumerate().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_refused_secret_is_left_but_its_form() {
        assert_eq!(of_same_form("482913"), "123123");
        assert_eq!(of_same_form("Pa55-wörd"), "Ab31-cabc");
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        assert_eq!(free("order", |name| ["order", "order2"].contains(&name)), "order3");
    }
}
