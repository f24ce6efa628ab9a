//! Fragments put in the place of the steps that use them.
//!
//! Fragments are scoped. Within a fragment a parameter hides whatever else has its name, and outside of it the parameter does
//! not exist: each use gives its parameters names of their own (`user@3`) that no one can write. What a fragment's steps save
//! or bind is seen by later steps, as if they had been written there.
//!
//! Deliberately not here: finding and reading fragments ([`super::fragments`]).

use super::fragments::{FragmentFolder, Fragments};
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::scenario::model::{Behaviour, Binding, Step, StepAction};
use crate::scenario::parse;
use crate::scenario::template::ParameterScope;

/// How deep fragments may use fragments.
const MAX_FRAGMENT_DEPTH: usize = 8;
/// How many uses of fragments a scenario may have in all, those within fragments counted.
const MAX_FRAGMENT_USES: usize = 100;
/// How many steps a scenario may have, those of fragments counted.
const MAX_STEPS: usize = 10_000;

/// Puts fragments in the place of the steps that use them, and counts them.
///
/// `None` when one could not be put in its place, which is reported.
pub(super) fn expand(
    behaviour: &mut Behaviour,
    folder: Option<&FragmentFolder>,
    fragments: &mut Fragments,
    problems: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let mut expansion =
        Expansion { fragments, problems, folder, chain: Vec::new(), uses: 0, count: 0, incomplete: false };
    behaviour.steps = expansion.steps(std::mem::take(&mut behaviour.steps));
    behaviour.cleanup = expansion.steps(std::mem::take(&mut behaviour.cleanup));
    (!expansion.incomplete).then_some(expansion.uses)
}

/// The work of putting fragments into one scenario.
struct Expansion<'a> {
    fragments: &'a mut Fragments,
    problems: &'a mut Vec<Diagnostic>,
    folder: Option<&'a FragmentFolder>,
    /// The fragments that are open, outermost first.
    chain: Vec<String>,
    uses: usize,
    /// Steps so far, `use` steps counted.
    count: usize,
    /// Whether a fragment could not be inserted as it is meant.
    incomplete: bool,
}

impl Expansion<'_> {
    fn steps(&mut self, steps: Vec<Step>) -> Vec<Step> {
        let mut all: Vec<Step> = steps.into_iter().flat_map(|step| self.step(step)).collect();
        all.shrink_to_fit();
        all
    }

    fn step(&mut self, step: Step) -> Vec<Step> {
        match step.action {
            StepAction::Use { fragment, arguments } => {
                let steps = self.inlined(&fragment, arguments, step.bindings);
                self.incomplete |= steps.is_none();
                let mut steps = steps.unwrap_or_default();
                steps.iter_mut().for_each(|inner| inner.label = joined(step.label.as_deref(), inner.label.as_deref()));
                steps
            }
            _ => vec![step],
        }
    }

    fn inlined(&mut self, name: &Spanned<String>, arguments: Vec<Binding>, before: Vec<Binding>) -> Option<Vec<Step>> {
        self.check_limits(name)?;
        let Some(folder) = self.folder else {
            return self.fail(&name.span, "there is no folder of fragments here");
        };
        let file = self.fragments.get(folder, name, self.problems)?;
        let fits = self.check_arguments(name, &arguments, &file.parameters);
        self.incomplete |= !(fits && file.sound);
        self.uses += 1;
        let scope: ParameterScope =
            file.parameters.iter().map(|parameter| (parameter.value.clone(), self.inner_name(parameter))).collect();
        let fragment = parse::fragment(&file.tree, &scope, &mut Vec::new())?;
        let given = arguments.into_iter().filter_map(|Binding { name, value }| {
            Some(Binding { name: Spanned::new(scope.get(&name.value)?.clone(), name.span), value })
        });
        let bindings: Vec<Binding> = before.into_iter().chain(given).collect();
        self.check_count(name, fragment.steps.len())?;
        self.chain.push(name.value.clone());
        let mut steps = self.steps(fragment.steps);
        self.chain.pop();
        if let Some(first) = steps.first_mut() {
            first.bindings.splice(0..0, bindings);
        }
        Some(steps)
    }

    /// The name of a parameter for one use: no template can be written that names it.
    fn inner_name(&self, parameter: &str) -> String {
        format!("{parameter}@{}", self.uses)
    }

    fn check_limits(&mut self, name: &Spanned<String>) -> Option<()> {
        if let Some(start) = self.chain.iter().position(|open| *open == name.value) {
            let mut cycle = self.chain[start..].to_vec();
            cycle.push(name.value.clone());
            return self.fail(&name.span, format!("fragments use each other in a cycle: {}", cycle.join(" → ")));
        }
        if self.chain.len() == MAX_FRAGMENT_DEPTH {
            let chain = self.chain.join(" → ");
            let message = format!("fragments are nested more than {MAX_FRAGMENT_DEPTH} levels deep: {chain}");
            return self.fail(&name.span, message);
        }
        if self.uses > MAX_FRAGMENT_USES {
            return None;
        }
        if self.uses == MAX_FRAGMENT_USES {
            self.uses += 1;
            let message = format!("this scenario uses fragments more than {MAX_FRAGMENT_USES} times in all");
            return self.fail(&name.span, message);
        }
        Some(())
    }

    fn check_count(&mut self, name: &Spanned<String>, more: usize) -> Option<()> {
        self.count += more;
        match self.count <= MAX_STEPS {
            true => Some(()),
            false => self.fail(&name.span, format!("with this fragment the scenario has more than {MAX_STEPS} steps")),
        }
    }

    fn check_arguments(&mut self, name: &Spanned<String>, given: &[Binding], declared: &[Spanned<String>]) -> bool {
        let before = self.problems.len();
        let is_given = |declared: &str| given.iter().any(|binding| binding.name.value == declared);
        for parameter in declared.iter().filter(|parameter| !is_given(parameter)) {
            let message = format!("the fragment `{}` needs a value for `{}`", name.value, parameter.value);
            self.problems.push(Diagnostic::at(&name.span, message).related(&parameter.span, "declared here"));
        }
        let names = || declared.iter().map(|parameter| parameter.value.as_str());
        for argument in given.iter().filter(|binding| !names().any(|declared| declared == binding.name.value)) {
            let message = format!("the fragment `{}` has no parameter `{}`", name.value, argument.name.value);
            let problem = Diagnostic::at(&argument.name.span, message).suggest(&argument.name, names());
            self.problems.push(problem.rule("fragment"));
        }
        self.problems.len() == before
    }

    /// Notes a problem, once however often the same line is expanded.
    fn fail<T>(&mut self, span: &Span, message: impl Into<String>) -> Option<T> {
        let problem = Diagnostic::at(span, message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        None
    }
}

fn joined(outer: Option<&str>, inner: Option<&str>) -> Option<String> {
    match (outer, inner) {
        (Some(outer), Some(inner)) => Some(format!("{outer}: {inner}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}
