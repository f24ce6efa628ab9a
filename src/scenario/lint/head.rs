//! Rules about a scenario as a whole: what it covers, which levels it sets, what it needs, whether it checks anything.
//!
//! Deliberately not here: its steps.

use super::context::Lint;
use crate::base::source::{Diagnostic, Span};
use crate::scenario::template::{FACTS, follow, root, segments};

impl Lint<'_> {
    /// Checks everything above the steps.
    pub(super) fn head(&mut self) {
        self.covers();
        self.needs();
        let checks = self.checks;
        for (check, _) in self.scenario.levels.iter().filter(|(check, _)| !checks.contains(&check.as_str())) {
            let message = format!("unknown check `{}`", check.value);
            self.unknown("unknown-check", check, message, checks.iter().copied());
        }
        if self.scenario.calls().next().is_none() {
            let message = "this scenario calls no operation, so it checks nothing";
            self.broken_with_help("checks-nothing", &self.scenario.title.span, message, "add a step with `call`");
        }
    }

    fn covers(&mut self) {
        let contract = self.contract;
        // A contract without requirements has nothing that could be covered by name.
        if self.scenario.covers.is_empty() && !contract.requirements().is_empty() {
            let help = "add `covers: [ID]`; `flowproof requirements` lists the ids";
            let message = "this scenario covers no requirement";
            self.broken_with_help("covers-nothing", &self.scenario.title.span, message, help);
        }
        for id in self.scenario.covers.iter().filter(|id| contract.requirement(id).is_none()) {
            let known = contract.requirements().iter().map(|requirement| requirement.id.as_str());
            self.unknown("unknown-requirement", id, format!("unknown requirement `{}`", id.value), known);
        }
    }

    /// Checks that the facts that are needed can be there.
    fn needs(&mut self) {
        for need in &self.scenario.needs {
            if !FACTS.contains(&root(need)) {
                let problem = Diagnostic::at(&need.span, format!("unknown fact `{}`", need.value));
                self.report(problem.suggest(root(need), FACTS).rule("unknown-fact"));
                continue;
            }
            let Some(Err((missing, known))) = self.facts.map(|facts| follow(facts, segments(need))) else { continue };
            if self.elsewhere.iter().any(|path| is_below(need, path)) {
                continue;
            }
            let message = format!("the stand-in does not supply `{}`: there is no `{missing}`", need.value);
            let problem = Diagnostic::at(&need.span, message).suggest(missing, known);
            let problem = problem.or_help("the scenario is skipped on every target that does not supply it");
            self.report(problem.rule("doubtful-need").warning());
        }
    }

    /// Checks that a scenario that controls the target lists in `needs` what it takes: `clock` or `limit`.
    pub(super) fn is_needed(&mut self, fact: &str, span: &Span) {
        if self.scenario.needs.iter().any(|need| root(need) == fact) {
            return;
        }
        let (rule, action, impossible) = match fact {
            "clock" => ("clock-not-needed", "`advance` moves the target's clock", "the clock cannot be moved"),
            _ => ("limit-not-needed", "`limit` sets the target's limit of requests", "no limit can be set"),
        };
        let message = format!("{action}, which few targets allow");
        let help = format!("add `needs: [{fact}]`: the scenario is then skipped where {impossible}");
        self.broken_with_help(rule, span, message, help);
    }

    /// Checks that the scenario lists as many statuses as it makes calls.
    pub(super) fn statuses(&mut self) {
        let Some(statuses) = &self.scenario.statuses else { return };
        let count = self.scenario.calls().count();
        let repeats = self.scenario.calls().any(|call| call.repeat.is_some());
        if !repeats && statuses.len() != count {
            let message = format!("`statuses` needs one status per call: expected {count}, found {}", statuses.len());
            self.broken("statuses-count", &statuses.span, message);
        }
    }
}

/// Whether a path leads to another one or below it.
fn is_below(path: &str, above: &str) -> bool {
    let path: Vec<&str> = segments(path).collect();
    path.starts_with(&segments(above).collect::<Vec<_>>())
}
