//! Which scenarios a run consists of: loaded, linted, chosen by path, tag and name, and split into parts.
//!
//! Deliberately not here: running them.

use std::collections::BTreeSet;

use super::arguments::RunArgs;
use crate::base::text::{code_list, counted, first_of, nearest};
use crate::cli::context::Context;
use crate::cli::errors::CliError;
use crate::contract::Contract;
use crate::run::{self, Choice, Chosen, TargetChoice, Waiting, shard};
use crate::scenario::IncompleteFile;
use crate::scenario::model::Scenario;
use crate::tenant;

/// The scenarios that were chosen.
pub(super) struct Selection {
    pub(super) scenarios: Vec<Waiting>,
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
    let facts = match target {
        TargetChoice::Server(_) => Some(context.config.server_facts()),
        _ => embedded.then(tenant::default_facts),
    };
    let loaded = run::load_chosen(&arguments.paths, contract, facts.as_ref(), arguments)
        .map_err(|problems| CliError::Invalid { place: "the scenarios", problems })?;
    warn_of_others(&loaded, context);
    let advice = arguments.unknown_tags(&loaded.tags);
    let Chosen { scenarios: mut chosen, all, digest, .. } = loaded;
    if chosen.is_empty() {
        let advice = advice.unwrap_or_else(|| "see their names with --list".to_owned());
        return Err(CliError::NothingChosen { all, advice });
    }
    advice.iter().for_each(|advice| context.eprint(&format!("warning: {advice}\n")));
    let missing = arguments.only.as_ref().map_or(0, BTreeSet::len).saturating_sub(chosen.len());
    if missing > 0 {
        context.eprint(&format!("note: {missing} of them are not among these scenarios, or are not chosen\n"));
    }
    let whole = chosen.len();
    chosen.retain(|scenario| arguments.shard.is_none_or(|shard| shard::holds(shard, scenario.name())));
    if let Some(shard) = arguments.shard.filter(|_| chosen.is_empty()) {
        context.eprint(&format!("note: none of {whole} scenarios belongs to part {} of {}\n", shard.index, shard.of));
    }
    Ok(Selection { scenarios: chosen, suite: digest })
}

/// Warns of files with errors that were not chosen.
fn warn_of_others(loaded: &Chosen, context: &Context) {
    let files: Vec<String> = loaded.unusable.iter().map(|path| path.display().to_string()).collect();
    if !files.is_empty() {
        let (count, files) = (counted(files.len(), "file"), first_of(&files, 5));
        context.eprint(&format!(
            "warning: errors in {count} not chosen for this run ({files}); `flowproof lint` shows them\n"
        ));
    }
}

impl Selection {
    /// The scenarios themselves.
    pub(super) fn read(self) -> Vec<Scenario> {
        self.scenarios.into_iter().filter_map(|mut waiting| waiting.take()).collect()
    }
}

impl RunArgs {
    /// The tags that no scenario has, with the nearest that some do.
    fn unknown_tags(&self, known: &BTreeSet<String>) -> Option<String> {
        let names = || known.iter().map(String::as_str);
        let unknown = self.tag.iter().filter(|tag| !known.contains(tag.as_str()));
        let said = unknown.map(|tag| match nearest(tag, names()) {
            Some(near) => format!("no scenario has the tag `{tag}`; did you mean `{near}`?"),
            None if known.is_empty() => format!("no scenario has the tag `{tag}`, or any"),
            None => format!("no scenario has the tag `{tag}`; the tags are {}", code_list(names())),
        });
        said.reduce(|all, one| format!("{all}\n{one}"))
    }
}

impl Choice for RunArgs {
    fn chooses(&self, scenario: &Scenario) -> bool {
        let tagged = self.tag.is_empty() || scenario.tags.iter().any(|tag| self.tag.contains(&tag.value));
        let named = self.only.as_ref().is_none_or(|names| names.contains(&scenario.name));
        tagged
            && named
            && !self.left_out.holds(scenario)
            && self.filter.as_ref().is_none_or(|text| scenario.name.contains(text))
    }

    /// By the name of the file, and by its text: a tag that is nowhere in it is no tag of its scenario.
    fn may_choose(&self, file: &IncompleteFile) -> bool {
        let of_file = |name: &str| name.split('#').next() == Some(&file.name);
        let tagged = |tag: &String| file.source.text.is_empty() || file.source.text.contains(tag);
        let in_name = |text: &String| file.name.contains(text.split('#').next().unwrap_or_default());
        (self.tag.is_empty() || self.tag.iter().any(tagged))
            && !self.left_out.holds_name(&file.name)
            && self.only.as_ref().is_none_or(|names| names.iter().any(|name| of_file(name)))
            && self.filter.as_ref().is_none_or(in_name)
    }
}
