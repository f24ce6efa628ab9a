//! The register of requirements: numbered sentences that the contract promises, and how each of them is proven.
//!
//! Beside the written ids there are synthetic ones, such as `schema:validateOtp:200:hal+json`: one for every documented
//! combination of operation, status and media type. They follow from the contract and are written nowhere.
//!
//! Deliberately not here: which scenarios cover a requirement, and whether a check of that name exists (see
//! `crate::requirements`); the contract knows neither scenarios nor checks.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use strum::IntoStaticStr;

use super::remarks::Remarks;
use crate::base::pointer::pointer_of;

/// A numbered promise with its source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Requirement {
    /// The id, assigned once, never renumbered and never given to another promise.
    pub id: String,
    /// How binding it is.
    pub level: Importance,
    /// The promise in one sentence.
    pub statement: String,
    /// The documentation page it comes from, or `assumption`.
    pub source: String,
    /// What an assumption rests on.
    pub basis: Option<String>,
    /// Ids of the checks that judge it on every exchange.
    #[serde(default)]
    pub checks: Vec<String>,
    /// Why neither a check nor a scenario can prove it.
    pub not_tested: Option<String>,
}

/// How binding a requirement is, in the sense of RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Importance {
    /// The tenant must.
    #[serde(rename = "MUST")]
    Must,
    /// The tenant should.
    #[serde(rename = "SHOULD")]
    Should,
}

impl Importance {
    /// The word as RFC 2119 writes it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Requirement {
    /// The part of the id before its first hyphen, such as `MFA`.
    pub fn area(&self) -> &str {
        self.id.split('-').next().unwrap_or_default()
    }

    /// Whether no public page states it.
    pub fn is_assumption(&self) -> bool {
        self.source == "assumption"
    }

    /// What is wrong with the entry itself.
    fn problem(&self) -> Option<String> {
        let id_is_plain =
            self.id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
        let reason = self.not_tested.as_deref().map(str::trim);
        match () {
            () if !id_is_plain || !self.id.contains('-') => {
                Some(format!("`{}` is not an id such as MFA-INIT-1", self.id))
            }
            () if !self.statement.trim_end().ends_with('.') => {
                Some(format!("{} is not a sentence with a full stop", self.id))
            }
            () if !self.is_assumption() && !self.source.starts_with("https://") => {
                Some(format!("the source of {} is neither an address nor `assumption`", self.id))
            }
            () if reason.is_some_and(str::is_empty) => Some(format!("{} is not tested without a reason", self.id)),
            () => None,
        }
    }
}

/// Reads the root's `x-requirements`; entries of another form are another vendor's.
pub(super) fn read(document: &Value, remarks: &mut Remarks) -> Vec<Requirement> {
    let list = document.get("x-requirements").and_then(Value::as_array).into_iter().flatten();
    let mut requirements: Vec<Requirement> = Vec::new();
    for (at, entry) in list.enumerate() {
        let pointer = format!("/x-requirements/{at}");
        match Requirement::deserialize(entry) {
            Ok(one) if requirements.iter().any(|known| known.id == one.id) => {
                remarks.fault(pointer, format!("the id `{}` is taken", one.id));
            }
            Ok(one) => match one.problem() {
                Some(problem) => remarks.fault(pointer, problem),
                None => requirements.push(one),
            },
            Err(error) => remarks.note(pointer, format!("it is not what Flowproof calls so: {error}")),
        }
    }
    requirements
}

/// The ids in an `x-requirement` member: one, a list, or none.
pub(super) fn requirement_ids(member: Option<&Value>) -> Vec<String> {
    match member {
        Some(Value::String(id)) => vec![id.clone()],
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Every place in the document that names a requirement, with the id it names.
pub(super) fn references(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(document, &mut Vec::new(), false, &mut found);
    found
}

/// The pointer is only put together where something is found: the document has tens of thousands of places.
fn collect<'a>(value: &'a Value, path: &mut Vec<Cow<'a, str>>, in_lifecycle: bool, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            let ids = requirement_ids(value.get(if in_lifecycle { "requirement" } else { "x-requirement" }));
            found.extend(ids.into_iter().map(|id| (pointer_of(path), id)));
            for (name, member) in members.iter().filter(|(name, _)| *name != "example" && *name != "examples") {
                path.push(Cow::Borrowed(name));
                collect(member, path, in_lifecycle || name == "x-lifecycle", found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate().filter(|(_, item)| item.is_object() || item.is_array()) {
                path.push(Cow::Owned(at.to_string()));
                collect(item, path, in_lifecycle, found);
                path.pop();
            }
        }
        _ => {}
    }
}
