//! Which scenarios a run consists of: loaded, linted, chosen by path, tag and name, and split into parts.
//!
//! Deliberately not here: running them.

use std::collections::BTreeSet;

use super::arguments::RunArgs;
use crate::cli::context::Context;
use crate::cli::errors::CliError;
use crate::contract::Contract;
use crate::run::{self, TargetChoice, shard};
use crate::scenario::model::Scenario;
use crate::tenant;

/// The scenarios that were chosen.
pub(super) struct Selection {
    pub(super) scenarios: Vec<Scenario>,
    /// The digest of the suite that they were chosen from.
    pub(super) suite: String,
}

/// Loads the suite and chooses from it. What was asked for and is not there is noted.
pub(super) fn select(
    arguments: &RunArgs,
    target: &TargetChoice,
    contract: &Contract,
    context: &Context,
) -> Result<Selection, CliError> {
    let embedded = matches!(target, TargetChoice::Embedded | TargetChoice::Broken(_));
    // What another target supplies is known only when it is asked.
    let facts = embedded.then(tenant::default_facts);
    let suite = run::load_for(&arguments.paths, contract, facts.as_ref())
        .map_err(|problems| CliError::Invalid { place: "the scenarios", problems })?;
    let (all, digest) = (suite.scenarios.len(), suite.digest());
    let mut chosen: Vec<Scenario> = suite.scenarios;
    chosen.retain(|scenario| arguments.chooses(scenario));
    if chosen.is_empty() {
        return Err(CliError::NothingChosen(all));
    }
    let missing = arguments.only.as_ref().map_or(0, BTreeSet::len).saturating_sub(chosen.len());
    if missing > 0 {
        context.eprint(&format!("note: {missing} of them are not among these scenarios, or are not chosen\n"));
    }
    let whole = chosen.len();
    chosen.retain(|scenario| arguments.shard.is_none_or(|shard| shard::holds(shard, &scenario.name)));
    if let Some(shard) = arguments.shard.filter(|_| chosen.is_empty()) {
        context.eprint(&format!("note: none of {whole} scenarios belongs to part {} of {}\n", shard.index, shard.of));
    }
    Ok(Selection { scenarios: chosen, suite: digest })
}

impl RunArgs {
    fn chooses(&self, scenario: &Scenario) -> bool {
        let tagged = self.tag.is_empty() || scenario.tags.iter().any(|tag| self.tag.contains(&tag.value));
        let left_out = scenario.tags.iter().any(|tag| self.not_tag.contains(&tag.value))
            || self.exclude.iter().any(|text| scenario.name.contains(text));
        let named = self.only.as_ref().is_none_or(|names| names.contains(&scenario.name));
        tagged && named && !left_out && self.filter.as_ref().is_none_or(|text| scenario.name.contains(text))
    }
}
