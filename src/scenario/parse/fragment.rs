//! A fragment file.
//!
//! Deliberately not here: putting its steps into a scenario (loading does).

use super::step::{STEPS, steps};
use crate::base::source::{Diagnostic, Spanned};
use crate::base::yaml::YamlNode;
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::{List, Text};
use crate::scenario::model::Step;
use crate::scenario::template::ParameterScope;

/// A fragment file as written, for one use.
#[derive(Debug, Default)]
pub struct Fragment {
    /// The names of its parameters.
    pub parameters: Vec<Spanned<String>>,
    /// Its steps, templates bound to the use's own names for the parameters.
    pub steps: Vec<Step>,
}

pub(super) const FRAGMENT: &[KeyDecoder<Fragment>] = &[
    key("fragment", Text, "The title.", |_, at, node| {
        at.label(node);
    }),
    key("parameters", List(&Text), "Names that the use must give a value.", |to, at, node| {
        to.parameters = parameters(at, node)
    }),
    key("steps", STEPS, "What to do, in order.", |to, at, node| to.steps = steps(at, node)),
];

/// Reads a fragment file's tree, once to check it and once for every use; `scope` names its parameters in that use.
pub fn fragment(root: &YamlNode, scope: &ParameterScope, problems: &mut Vec<Diagnostic>) -> Option<Fragment> {
    let mut at = Decoder::new(scope);
    let read = at.object(root, "a fragment", FRAGMENT, &["fragment", "steps"]);
    problems.append(&mut at.problems);
    read.map(|(fragment, _)| fragment)
}

fn parameters(at: &mut Decoder, node: &YamlNode) -> Vec<Spanned<String>> {
    let names = at.list(node, |at, item| {
        let text = at.text(item)?;
        at.parameter(&text)
    });
    let names: Vec<Spanned<String>> = names.unwrap_or_default();
    for (position, name) in names.iter().enumerate() {
        if let Some(first) = names[..position].iter().find(|earlier| earlier.value == name.value) {
            let problem = Diagnostic::at(&name.span, format!("duplicate parameter `{}`", name.value));
            at.report(problem.related(&first.span, "first declared here"));
        }
    }
    names
}
