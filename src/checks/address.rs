//! What was asked and answered under one address in the course of a scenario: the ground of promises over time that hold
//! without a lifecycle.
//!
//! Such an address is a URL whose path ends with a parameter: that of one resource. What HTTP says of methods holds for it, and
//! what the names of properties say; no document forbids the opposite, so that such findings are warnings.
//!
//! Deliberately not here: resources that have a lifecycle, which says more.

use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Case, Observation};
use crate::base::spelling::folded;
use crate::contract::Documented;
use crate::record::{Finding, Level};

/// What a property is called that says when something began, [folded].
const CREATED: [&str; 8] =
    ["created", "createdat", "createdon", "createddate", "createdtime", "creationdate", "creationtime", "datecreated"];

/// What a property is called that says when something last changed.
const UPDATED: [&str; 12] = [
    "updated",
    "updatedat",
    "updatedon",
    "updateddate",
    "lastupdated",
    "lastupdatedat",
    "modified",
    "modifiedat",
    "modifiedon",
    "lastmodified",
    "lastmodifiedat",
    "dateupdated",
];

/// One resource's address, as the judged exchange has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address<'a, 'c> {
    case: &'c Case<'a>,
    /// The URL without its query.
    url: &'a str,
}

impl<'a, 'c> Address<'a, 'c> {
    /// The address of the judged exchange, if it is a resource's.
    pub(super) fn of(case: &'c Case<'a>) -> Option<Self> {
        let operation = case.operation?;
        let url = &case.exchange().request.url;
        let is_told = operation.path.ends_with('}') && case.contract.lifecycle_of(&operation.name).is_none();
        (is_told && !case.hides_address()).then(|| Self { case, url: without_query(url) })
    }

    /// All earlier exchanges, latest first.
    pub(super) fn history(&self) -> impl Iterator<Item = &'a Observation> + use<'a> {
        self.case.history[..self.case.index()].iter().rev()
    }

    /// Whether an exchange was about the same resource.
    pub(super) fn is_of(&self, other: &Observation) -> bool {
        without_query(&other.exchange.request.url) == self.url
    }

    /// What an answer shows of the resource: the object that was read here, with the same query.
    pub(super) fn shown(&self, other: &'a Observation) -> Option<&'a Map<String, Value>> {
        let is_read =
            other.exchange.request.method == "GET" && other.exchange.request.url == self.case.exchange().request.url;
        let is_whole = is_read && other.exchange.response()?.status == 200 && !other.gaps.body;
        other.body.value().filter(|_| is_whole)?.as_object()
    }

    /// What was last read here before the judged exchange, unless something was sent since that `ends` the comparison.
    pub(super) fn shown_before(&self, ends: impl Fn(&Observation) -> bool) -> Option<&'a Map<String, Value>> {
        for earlier in self.history() {
            if let Some(shown) = self.shown(earlier) {
                return Some(shown);
            }
            if ends(earlier) {
                return None;
            }
        }
        None
    }

    /// Whether an exchange began the resource: its answer says where it is, or which id it has.
    pub(super) fn was_created_by(&self, other: &Observation) -> bool {
        let Some(response) = other.exchange.response().filter(|response| response.status == 201) else { return false };
        let posted = without_query(&other.exchange.request.url);
        let named = response.headers.get("location").and_then(|location| Url::parse(posted).ok()?.join(&location).ok());
        let by_location = named.is_some_and(|named| without_query(named.as_str()) == self.url);
        let id = other.body.value().and_then(|body| body.get("id")).map(text);
        other.exchange.request.method == "POST"
            && (by_location || id.is_some_and(|id| !id.is_empty() && format!("{posted}/{id}") == self.url))
    }

    /// Where a member of the answer's body is documented.
    pub(super) fn documented(&self, name: &str) -> Option<String> {
        let (shape, value) = (self.case.media_type?.shape?, self.case.json()?.get(name)?);
        let mut place = None;
        self.case.contract.shapes.kept(shape, &json!({ name: value }), &mut |known| match known {
            Documented::Property(pointer) if place.is_none() => place = Some(pointer.to_owned()),
            _ => {}
        });
        place
    }

    /// A finding about a member that was another one before.
    pub(super) fn changed(&self, name: &str, before: &Value, message: String) -> Finding {
        let shown = self.case.json().and_then(|body| body.get(name)).map(text);
        let promise = self.documented(name);
        Finding {
            level: Level::Warn,
            pointer: Some(crate::base::pointer::join("", name)),
            expected: Some(text(before)),
            actual: shown,
            requirements: promise.as_deref().map(|at| self.case.contract.requirements_at(at)).unwrap_or_default(),
            promise,
            ..Finding::new(message)
        }
    }

    /// A finding about the answer as a whole.
    pub(super) fn answered(&self, expected: &str, message: String) -> Finding {
        Finding {
            level: Level::Warn,
            expected: Some(expected.to_owned()),
            actual: Some(self.case.response.status.to_string()),
            promise: self.case.operation.map(|operation| operation.pointer.clone()),
            ..Finding::new(message)
        }
    }
}

/// Whether an exchange may have changed something on the server: all but reading does, accepted or not.
pub(super) fn writes(observation: &Observation) -> bool {
    !matches!(observation.exchange.request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// Whether a request was accepted; nobody knows of one without an answer.
pub(super) fn is_accepted(observation: &Observation) -> bool {
    observation.exchange.response().is_none_or(|response| response.status < 400)
}

/// Whether a property says by its name when something began.
pub(super) fn is_created(name: &str) -> bool {
    CREATED.contains(&folded(name).as_str())
}

/// Whether a property says by its name when something last changed.
pub(super) fn is_updated(name: &str) -> bool {
    UPDATED.contains(&folded(name).as_str())
}

/// The time that a text stands for.
pub(super) fn time(value: &Value) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
