//! What is counted: dimensions, each a list of items, and where each item stands.

use indexmap::IndexMap;

/// What is counted, in the order of the table: the names that `[coverage]` in `flowproof.toml` may hold.
pub const DIMENSIONS: &[&str] = &[
    OPERATIONS,
    REQUEST_MEDIA_TYPES,
    STATUSES,
    RESPONSE_MEDIA_TYPES,
    PROPERTIES,
    VALUES,
    STATES,
    TRANSITIONS,
    PERMITTED_ACTIONS,
    FORBIDDEN_ACTIONS,
    REQUIREMENTS,
];

/// Operations that were accepted at least once.
pub(super) const OPERATIONS: &str = "operations";

/// Operations with a body or an action, sent with their own Content-Type.
pub(super) const REQUEST_MEDIA_TYPES: &str = "request-media-types";

/// Documented statuses, per operation.
pub(super) const STATUSES: &str = "statuses";

/// Documented media types of answers, per operation and status.
pub(super) const RESPONSE_MEDIA_TYPES: &str = "response-media-types";

/// Documented properties of answers, per schema.
pub(super) const PROPERTIES: &str = "properties";

/// Listed values in answers, per schema, whether the list is open or closed.
pub(super) const VALUES: &str = "values";

/// States of every lifecycle.
pub(super) const STATES: &str = "states";

/// State, operation and next state, as the lifecycle permits; `elapse` stands for no operation.
pub(super) const TRANSITIONS: &str = "transitions";

/// State and operation that is permitted there.
pub(super) const PERMITTED_ACTIONS: &str = "permitted-actions";

/// State and operation that is refused there.
pub(super) const FORBIDDEN_ACTIONS: &str = "forbidden-actions";

/// The register of requirements.
pub(super) const REQUIREMENTS: &str = "requirements";

/// How much of a contract a run has touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub(super) dimensions: IndexMap<&'static str, Dimension>,
}

/// All there is of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dimension {
    pub(super) items: IndexMap<String, ItemStanding>,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemStanding {
    /// No exchange shows it.
    Missing,
    /// An exchange shows it.
    Reached,
    /// It is declared out of reach, for this reason.
    Unreachable(String),
}

impl Dimension {
    /// All items in the contract's order.
    pub fn items(&self) -> impl Iterator<Item = (&str, &ItemStanding)> {
        self.items.iter().map(|(item, standing)| (item.as_str(), standing))
    }

    /// How many were reached.
    pub fn reached(&self) -> usize {
        self.count(|standing| *standing == ItemStanding::Reached)
    }

    /// How many could be reached.
    pub fn total(&self) -> usize {
        self.count(|standing| !matches!(standing, ItemStanding::Unreachable(_)))
    }

    /// The share that was reached of what could be, in per cent; 100 when there is nothing to reach.
    #[expect(clippy::cast_precision_loss, reason = "no contract has 2^52 items")]
    pub fn share(&self) -> f64 {
        match self.total() {
            0 => 100.0,
            total => self.reached() as f64 * 100.0 / total as f64,
        }
    }

    /// The share as people read it, rounded down: 99.96 % is not 100 %.
    pub fn share_in_words(&self) -> String {
        format!("{:.1} %", (self.share() * 10.0).floor() / 10.0)
    }

    /// What could have been reached and was not.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.items().filter(|(_, standing)| **standing == ItemStanding::Missing).map(|(item, _)| item)
    }

    /// What is declared out of reach, with the reasons.
    pub fn unreachable(&self) -> impl Iterator<Item = (&str, &str)> {
        self.items().filter_map(|(item, standing)| match standing {
            ItemStanding::Unreachable(reason) => Some((item, reason.as_str())),
            _ => None,
        })
    }

    fn count(&self, which: impl Fn(&ItemStanding) -> bool) -> usize {
        self.items.values().filter(|standing| which(standing)).count()
    }
}

impl Coverage {
    /// The dimensions by name, in the order of [`DIMENSIONS`].
    pub fn dimensions(&self) -> impl Iterator<Item = (&'static str, &Dimension)> {
        self.dimensions.iter().map(|(name, dimension)| (*name, dimension))
    }

    /// One dimension by name.
    pub fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.get(name)
    }

    /// What is not in the contract cannot be covered; checks judge it.
    pub(super) fn reach(&mut self, dimension: &'static str, item: &str) {
        if let Some(standing) = self.dimensions.get_mut(dimension).and_then(|known| known.items.get_mut(item)) {
            *standing = ItemStanding::Reached;
        }
    }
}
