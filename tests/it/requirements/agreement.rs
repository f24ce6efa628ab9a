//! The HTML report and `flowproof requirements` say the same about every requirement, whatever broke.

use std::collections::HashMap;

use flowproof::reports;
use flowproof::run::{TargetChoice, load};
use flowproof::tenant::Fault;

use super::*;
use crate::support::{CONTRACT, root, run_cases};

/// Runs part of the suite against a stand-in with a fault.
fn broken(fault: Fault) -> Journal {
    let name = format!("requirements-{}", fault.name());
    let path = run_cases(&name, TargetChoice::Broken(vec![fault]), |name| {
        ["mfa/otp/", "mfa/reading/"].iter().any(|part| name.starts_with(part))
    });
    Journal::open(&path).expect("a journal")
}

/// The words of the HTML report's matrix, by requirement.
fn by_html(journal: &Journal) -> HashMap<String, String> {
    let html = reports::renderer("html").expect("a format");
    let mut page = Vec::new();
    html.render(journal, &mut page).expect("a page");
    let page = String::from_utf8(page).expect("text");
    let (_, matrix) = page.split_once("<table class=\"matrix\">").expect("a matrix");
    let (matrix, _) = matrix.split_once("</table>").expect("its end");
    let between = |row: &str, before: &str, after: &str| {
        let (_, rest) = row.split_once(before).unwrap_or_else(|| panic!("{row}"));
        rest.split_once(after).unwrap_or_else(|| panic!("{row}")).0.to_owned()
    };
    let rows = matrix.split("<tr class=").skip(1);
    rows.map(|row| {
        let (_, verdict) = row.split_once("<span class=\"verdict ").expect("a verdict");
        (between(row, "<code>", "</code>"), between(verdict, ">", "</span>"))
    })
    .collect()
}

fn word(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Failed) => "broken",
        Some(Verdict::Passed) => "kept",
        Some(Verdict::Errored) => "no verdict",
        Some(Verdict::Skipped) => "skipped",
        None => "not covered",
    }
}

/// What `flowproof requirements` says, after it was held against the HTML report.
#[track_caller]
fn agreed(fault: Fault) -> HashMap<String, Option<Verdict>> {
    let journal = broken(fault);
    let evidence = Evidence::of(&journal, &CONTRACT).expect("a journal");
    let suite = load(&[root().join("cases")], &CONTRACT).unwrap_or_else(|problems| panic!("{problems:?}"));
    let matrix = matrix(&CONTRACT, &suite, &checks::ids(), Some(&evidence));
    let html = by_html(&journal);
    assert_eq!(html.len(), matrix.rows.len());
    let rows = matrix.rows.iter().map(|row| {
        let id = &row.requirement.id;
        assert_eq!(html[id], word(row.verdict), "{id} with {}", fault.name());
        (id.clone(), row.verdict)
    });
    rows.collect()
}

#[test]
fn s1_5_the_right_passcode_that_completes_nothing_breaks_its_requirement_and_not_the_links() {
    let rows = agreed(Fault::IllegalTransition);
    assert_eq!(rows["MFA-OTP-1"], Some(Verdict::Failed));
    assert_eq!(rows["MFA-STATUS-1"], Some(Verdict::Failed));
    assert_eq!(rows["STATE-MFA-OTP_REQUIRED"], Some(Verdict::Passed), "otp.check was offered");
    assert_eq!(rows["MFA-COMPLETED-1"], Some(Verdict::Errored), "scenarios that cover it never came to it");
}

#[test]
fn s1_5_a_wrong_passcode_that_is_accepted_does_not_break_the_right_one() {
    let rows = agreed(Fault::WrongOtpAccepted);
    assert_eq!(rows["MFA-OTP-1"], Some(Verdict::Passed));
    assert_eq!(rows["MFA-OTP-3"], Some(Verdict::Failed));
}

#[test]
fn s1_5_both_accounts_agree_whatever_is_broken() {
    for fault in [Fault::MissingLink, Fault::UndocumentedStatus, Fault::StateAfterRejection, Fault::WrongErrorId] {
        assert!(agreed(fault).values().any(|verdict| *verdict != Some(Verdict::Passed)), "{}", fault.name());
    }
}
