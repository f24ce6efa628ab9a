//! Which scenarios are left out, by tag or by name: the same options wherever a suite is chosen from.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use crate::scenario::Suite;
use crate::scenario::model::Scenario;

/// What is left out.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct LeftOutArgs {
    /// Leave out scenarios with this tag; repeat it to leave out several
    #[arg(long, value_name = "TAG")]
    pub(super) not_tag: Vec<String>,
    /// Leave out scenarios whose name contains this; repeat it to leave out several
    #[arg(long, value_name = "TEXT")]
    pub(super) exclude: Vec<String>,
}

impl LeftOutArgs {
    /// Whether a scenario is left out.
    pub(super) fn holds(&self, scenario: &Scenario) -> bool {
        scenario.tags.iter().any(|tag| self.not_tag.contains(&tag.value)) || self.holds_name(&scenario.name)
    }

    /// Whether scenarios of a name are left out, whatever their tags are.
    pub(super) fn holds_name(&self, name: &str) -> bool {
        self.exclude.iter().any(|text| name.contains(text))
    }

    /// The files of a suite of which every scenario is left out.
    pub(super) fn files(&self, suite: &Suite) -> BTreeSet<PathBuf> {
        let incomplete = suite.incomplete.iter();
        let by_name =
            incomplete.clone().filter(|file| self.holds_name(&file.name)).map(|file| file.source.path.clone());
        let readable = suite.scenarios.iter().chain(incomplete.flat_map(|file| &file.scenarios));
        let (left_out, kept): (Vec<_>, Vec<_>) = readable.partition(|scenario| self.holds(scenario));
        let kept: BTreeSet<&PathBuf> = kept.into_iter().map(|scenario| &scenario.source.path).collect();
        let left_out = left_out.into_iter().map(|scenario| scenario.source.path.clone()).chain(by_name);
        left_out.filter(|path| !kept.contains(path)).collect()
    }

    /// The options as on the command line.
    pub(super) fn options(&self) -> impl Iterator<Item = String> {
        let tags = self.not_tag.iter().map(|tag| format!("--not-tag {tag}"));
        tags.chain(self.exclude.iter().map(|text| format!("--exclude {text}")))
    }
}
