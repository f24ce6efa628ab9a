//! What a suite is to reach, and what is declared out of reach, each with a reason.

use super::{Coverage, ItemStanding, inventory};
use crate::base::glob;
use crate::base::source::{Diagnostic, Spanned};
use crate::contract::Contract;

/// What a suite is to reach.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Goals {
    /// The least share of a dimension, in per cent.
    pub least: Vec<(String, f64)>,
    /// What the stand-in cannot reach.
    pub unreachable: Vec<Unreachable>,
    /// Whether the run was against a tenant of somebody else, which may reach what the stand-in cannot.
    pub of_tenant: bool,
}

/// Items of a dimension that nobody can reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreachable {
    /// The dimension.
    pub dimension: String,
    /// The items; `*` stands for any text, `?` for one character.
    pub pattern: Spanned<String>,
    /// Why.
    pub reason: String,
}

impl Goals {
    /// Whether there is nothing to hold a run against.
    pub fn is_empty(&self) -> bool {
        self.least.is_empty() && self.unreachable.is_empty()
    }

    /// The declarations that are about nothing in the contract.
    pub fn misplaced(&self, contract: &Contract) -> Vec<Diagnostic> {
        if self.unreachable.is_empty() {
            return Vec::new();
        }
        let all = inventory::of(contract);
        let about_nothing = self.unreachable.iter().filter(|entry| entry.items(&all).next().is_none());
        let say = |entry: &Unreachable| {
            let message = format!("no item of `{}` matches this", entry.dimension);
            Diagnostic::at(&entry.pattern.span, message).help(format!(
                "`flowproof coverage --missing` lists the names; remove the entry if it is obsolete: {}",
                entry.reason
            ))
        };
        about_nothing.map(say).collect()
    }

    /// Takes what is declared out of reach out of the share, and returns the declarations that are not true of the stand-in.
    pub fn excuse(&self, coverage: &mut Coverage) -> Vec<Diagnostic> {
        let mut untrue = Vec::new();
        for entry in &self.unreachable {
            let items: Vec<(String, bool)> = entry
                .items(coverage)
                .map(|(item, standing)| (item.to_owned(), *standing == ItemStanding::Reached))
                .collect();
            untrue.extend(items.iter().filter(|(_, reached)| *reached).map(|(item, _)| {
                let message = format!("`{item}` is declared out of reach, but was reached");
                Diagnostic::at(&entry.pattern.span, message)
            }));
            let missing = items.into_iter().filter(|(_, reached)| !reached);
            missing.for_each(|(item, _)| coverage.give_up(&entry.dimension, &item, &entry.reason));
        }
        if self.of_tenant { Vec::new() } else { untrue }
    }

    /// The thresholds that are not reached, each in a sentence.
    pub fn unmet(&self, coverage: &Coverage) -> Vec<String> {
        let below = self.least.iter().filter_map(|(name, least)| {
            let dimension = coverage.dimension(name)?;
            (dimension.share() < *least).then(|| {
                let (reached, total, share) = (dimension.reached(), dimension.total(), dimension.share_in_words());
                format!("coverage of {name} is {share} ({reached} of {total}), and must be at least {least} %")
            })
        });
        below.collect()
    }

    /// Everything that a suite with this coverage does not reach, or reaches though it is declared out of reach; one
    /// sentence each.
    pub fn shortfalls(&self, coverage: &mut Coverage) -> Vec<String> {
        let untrue = self.excuse(coverage);
        let untrue = untrue.iter().map(|problem| match &problem.span {
            Some(place) => format!("{place}: {}", problem.message),
            None => problem.message.clone(),
        });
        let untrue: Vec<String> = untrue.collect();
        self.unmet(coverage).into_iter().chain(untrue).collect()
    }

    /// The threshold of a dimension, in per cent.
    pub(super) fn least(&self, dimension: &str) -> Option<f64> {
        self.least.iter().find(|(name, _)| name == dimension).map(|(_, least)| *least)
    }
}

impl Unreachable {
    fn items<'a>(&'a self, coverage: &'a Coverage) -> impl Iterator<Item = (&'a str, &'a ItemStanding)> {
        let items = coverage.dimension(&self.dimension).into_iter().flat_map(super::Dimension::items);
        items.filter(|(item, _)| glob::matches(&self.pattern, item))
    }
}

impl Coverage {
    /// The first reason stays.
    pub(super) fn give_up(&mut self, dimension: &str, item: &str, reason: &str) {
        let known = self.dimensions.get_mut(dimension).and_then(|known| known.items.get_mut(item));
        if let Some(standing @ ItemStanding::Missing) = known {
            *standing = ItemStanding::Unreachable(reason.to_owned());
        }
    }
}
