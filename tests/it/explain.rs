//! What `flowproof explain` says: one golden of each kind, and what it does with an id that stands for nothing.

use flowproof::explain::{KnownFault, explain, ids, render};
use flowproof::reports::console::Palette;

use crate::support::{CONTRACT, flowproof, stderr, stdout};

/// A fault as the command line knows it, with the name of a check.
const FAULTS: [KnownFault; 1] = [KnownFault {
    name: "undocumented-property",
    about: "a resource has the property `flavour`",
    check: "undocumented-property",
    found_by: None,
}];

fn told(id: &str) -> String {
    let explanations = explain(&CONTRACT, &FAULTS, id).unwrap_or_else(|unknown| panic!("{unknown}"));
    render::text(&explanations, &Palette::plain())
}

fn golden(name: &str, id: &str) {
    insta::with_settings!({ snapshot_path => "explain", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, told(id));
    });
}

#[test]
fn a_check_is_explained() {
    golden("check", "media-type");
}

#[test]
fn a_requirement_that_scenarios_prove_is_explained() {
    golden("requirement", "MFA-OTP-3");
}

#[test]
fn a_requirement_that_nothing_can_prove_is_explained() {
    golden("requirement-not-tested", "ERR-500-1");
}

#[test]
fn an_operation_is_explained() {
    golden("operation", "validateOtp");
}

#[test]
fn a_state_is_explained() {
    golden("state", "deviceAuthentication/COMPLETED");
}

#[test]
fn a_schema_promise_is_explained() {
    golden("schema", "schema:confirmUserCode:400:hal+json");
}

#[test]
fn a_fault_with_the_name_of_a_check_is_explained_beside_it() {
    golden("fault", "undocumented-property");
}

/// S3: `explain illegal-transition` knew no fault.
#[test]
fn every_fault_can_be_explained_and_is_described_in_the_help_of_run() {
    let help = stdout(&flowproof(&["run", "--help"]));
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for fault in flowproof::tenant::Fault::ALL {
        let text = stdout(&flowproof(&["explain", fault.name()]));
        assert!(text.contains("Caught by") && text.contains(fault.caught_by()), "{fault}: {text}");
        assert!(help.contains(&format!("- {fault}: {}", fault.about())), "{fault}: {help}");
    }
}

#[test]
fn a_state_that_two_lifecycles_have_is_explained_twice_and_once_by_its_full_name() {
    assert_eq!(explain(&CONTRACT, &FAULTS, "OTP_REQUIRED").map(|found| found.len()), Ok(2));
    assert_eq!(explain(&CONTRACT, &FAULTS, "flow/OTP_REQUIRED").map(|found| found.len()), Ok(1));
}

#[test]
fn every_id_that_is_listed_can_be_explained_in_80_columns() {
    for id in ids(&CONTRACT, &FAULTS).into_iter().flat_map(|(_, ids)| ids) {
        let explanations = explain(&CONTRACT, &FAULTS, &id).unwrap_or_else(|unknown| panic!("{unknown}"));
        let text = render::text(&explanations, &Palette::plain());
        // Addresses and pointers stay whole.
        let wide = text.lines().find(|line| {
            line.chars().count() > 80
                && !line.contains("https://")
                && !line.contains("/components/")
                && !line.contains("/paths/")
        });
        assert_eq!(wide, None, "{id}");
        let labels: Vec<&str> = explanations[0].sections.iter().map(|section| section.label).collect();
        assert!(["Source", "Violation"].iter().all(|label| labels.contains(label)), "{id}: {labels:?}");
    }
}

#[test]
fn an_unknown_id_is_refused_with_what_may_have_been_meant() {
    let output = flowproof(&["explain", "validateOPT"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("`validateOPT` is not the id of a check, requirement, operation, state or fault"), "{told}");
    assert!(told.contains("did you mean `validateOtp`"), "{told}");
}

#[test]
fn without_an_id_everything_that_can_be_explained_is_listed() {
    let output = flowproof(&["explain"]);
    assert_eq!(output.status.code(), Some(0));
    let told = stdout(&output);
    for id in ["media-type", "MFA-OTP-1", "validateOtp", "flow/DAG_CONSENT_REQUIRED", "schema:OPERATION"] {
        assert!(told.contains(id), "{id} is not in {told}");
    }
    assert!(!told.contains('\u{1b}'), "no colours but on a terminal");
}

#[test]
fn shells_can_complete_the_ids() {
    let script = flowproof(&["completions", "bash"]).stdout;
    let script = String::from_utf8_lossy(&script);
    assert!(script.contains("MFA-OTP-1") && script.contains("deviceAuthentication/OTP_REQUIRED"));
}
