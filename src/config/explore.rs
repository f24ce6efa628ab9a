//! `[explore]`: how much of the lifecycles an exploration must try.

use super::table::TomlTable;

/// The least shares, in per cent, by what is tried.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExploreConfig {
    /// The thresholds that are set, by their name.
    pub least: Vec<(&'static str, f64)>,
}

/// What can have a threshold.
const DIMENSIONS: [&str; 4] = ["permitted", "forbidden", "outcomes", "refusals"];

/// Reads the table, and reports whatever is wrong with it.
pub(super) fn decode(root: &TomlTable<'_>) -> ExploreConfig {
    let Some(table) = root.table("explore") else { return ExploreConfig::default() };
    let least = DIMENSIONS.into_iter().filter_map(|name| Some((name, table.number(name, 0.0..=100.0)?.value)));
    let explore = ExploreConfig { least: least.collect() };
    table.end();
    explore
}
