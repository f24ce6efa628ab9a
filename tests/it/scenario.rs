//! What a person sees who has made a mistake in a scenario, and what the language promises beyond the mistakes.
//!
//! Every file or folder in `broken/` holds one mistake; what is reported is kept in `goldens/`. Names that begin with `y…` are
//! faults of the fault list. Deliberately not here: anything that sends a request.

mod fragments;
mod goldens;
mod language;
mod lint_folder;

use std::path::{Path, PathBuf};

use flowproof::base::source::Diagnostic;
use flowproof::base::yaml;
use flowproof::contract::Contract;
use flowproof::scenario::decode::Decoder;
use flowproof::scenario::template::{ParameterScope, Values};
use flowproof::scenario::{LintContext, Suite, examine, lint};

/// The checks that the tests know.
const CHECKS: [&str; 2] = ["media-type", "documented-status"];

/// The small contract, read by the language's own YAML reader.
fn contract() -> Contract {
    let path = Path::new("tests/scenario/contract.yaml");
    let mut problems = Vec::new();
    let source = yaml::read(path, path).expect("the contract can be read");
    let tree = yaml::parse(&source, &mut problems).expect("the contract is YAML");
    let json = Decoder::new(&ParameterScope::new()).json(&tree).expect("the contract is JSON");
    let document = json.render(&Values::default()).expect("the contract has no templates");
    Contract::from_json(&document.to_string()).expect("the contract holds")
}

/// Everything that is wrong with a suite, as a person sees it.
fn problems(paths: &[PathBuf]) -> String {
    rendered(
        &examine(paths, &LintContext { contract: &contract(), checks: &CHECKS, facts: None, elsewhere: &[] }).problems,
    )
}

/// What is wrong with a suite that has been loaded, against the small contract.
fn linted(suite: &Suite) -> Vec<Diagnostic> {
    lint(suite, &LintContext { contract: &contract(), checks: &[], facts: None, elsewhere: &[] })
}

fn rendered(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n")
}
