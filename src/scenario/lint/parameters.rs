//! Rules about path and query parameters.
//!
//! Deliberately not here: header fields ([`super::headers`]).

use super::context::Lint;
use crate::contract::{Location, Operation};
use crate::scenario::model::{Binding, Call};

impl Lint<'_> {
    /// Checks that parameters are known, and that none is missing.
    pub(super) fn parameters(&mut self, call: &Call, operation: &Operation) {
        for (location, given) in [(Location::Path, &call.path), (Location::Query, &call.query)] {
            // What is sent raw may have any query.
            if call.raw.is_none() || location == Location::Path {
                self.unknown_parameters(location, given, operation);
            }
            let free_path = call.raw.as_ref().is_some_and(|raw| raw.path.is_some());
            let optional = free_path || (call.invalid && location == Location::Query);
            if !optional {
                self.missing_parameters(location, given, call, operation);
            }
        }
    }

    fn unknown_parameters(&mut self, location: Location, given: &[Binding], operation: &Operation) {
        let declared = || declared(operation, location).map(|parameter| parameter.name.as_str());
        for name in given.iter().map(|binding| &binding.name) {
            if !declared().any(|known| known == name.value) {
                let message = format!("`{}` has no {} parameter `{}`", operation.name, word(location), name.value);
                self.unknown("unknown-parameter", name, message, declared());
            }
        }
    }

    fn missing_parameters(&mut self, location: Location, given: &[Binding], call: &Call, operation: &Operation) {
        let word = word(location);
        for parameter in declared(operation, location).filter(|each| each.required && each.name != "envID") {
            if !given.iter().any(|binding| binding.name.value == parameter.name) {
                let message = format!("`{}` needs the {word} parameter `{}`", operation.name, parameter.name);
                let help = format!("add `{word}: {{ {}: … }}`", parameter.name);
                self.broken_with_help("missing-parameter", &call.operation.span, message, help);
            }
        }
    }
}

fn declared(operation: &Operation, location: Location) -> impl Iterator<Item = &crate::contract::Parameter> {
    operation.parameters.iter().filter(move |parameter| parameter.location == location)
}

fn word(location: Location) -> &'static str {
    if location == Location::Path { "path" } else { "query" }
}
