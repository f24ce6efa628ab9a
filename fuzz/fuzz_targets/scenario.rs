//! A scenario file: whatever its text is, it is read and linted without a panic, every problem points into the text, and
//! nothing that is shown of it can command a terminal.
//!
//! Deliberately not here: fragments and folders, which need a file system.

#![no_main]

use std::sync::LazyLock;

use flowproof::base::source::Diagnostic;
use flowproof::checks;
use flowproof::contract::Contract;
use flowproof::scenario::{LintContext, Suite, lint};
use libfuzzer_sys::fuzz_target;

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::embedded().expect("the embedded contract holds"));

fuzz_target!(|text: &str| {
    match Suite::from_text("cases/a.yaml", text) {
        Ok(suite) => {
            let again = Suite::from_text("cases/a.yaml", text).expect("it was read a moment ago");
            assert_eq!(suite.digest(), again.digest());
            let context = LintContext { contract: &CONTRACT, checks: &checks::ids(), facts: None, elsewhere: &[] };
            lint(&suite, &context).iter().for_each(shown);
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            problems.iter().for_each(shown);
        }
    }
});

/// A problem can be shown, and what is shown has no control characters in it but line breaks.
fn shown(problem: &Diagnostic) {
    let rendered = problem.render(false);
    assert!(!rendered.contains(|sign: char| sign != '\n' && sign.is_control()), "{rendered:?}");
    if let Some(span) = &problem.span {
        assert!(span.source.text.get(span.range.clone()).is_some(), "{:?} is no part of the text", span.range);
    }
}
