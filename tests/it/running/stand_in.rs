//! Runs against a stand-in that was started by itself, and what its personas do.

use flowproof::record::Verdict;
use flowproof::tenant::{Fault, Tenant, TenantOptions};

use super::support::{run, scenario};
use crate::support::{flowproof, folder, journal, said};

/// A run against a stand-in elsewhere that had been broken on purpose said so nowhere.
#[test]
fn a_stand_in_elsewhere_tells_which_faults_were_planted_in_it() {
    for faults in [vec![Fault::MissingLink], Vec::new()] {
        let tenant = Tenant::start(TenantOptions { faults: faults.clone(), ..TenantOptions::default() });
        let tenant = tenant.expect("the stand-in starts");
        let report = folder("running/planted-elsewhere");
        let path = report.display().to_string();
        let arguments = ["run", "cases/mfa/otp/email-completes.yaml", "--target", tenant.base_url(), "--report", &path];
        let run = flowproof(&arguments);
        let planted: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
        assert_eq!(journal(&report).header().faults, planted, "{}", said(&run));
        assert_eq!(said(&run).contains("broken on purpose"), !planted.is_empty(), "{}", said(&run));
    }
}

/// A push that was approved while its cancellation was on its way led a persona to another device, which no contract allows.
#[test]
fn a_persona_who_approved_a_push_is_asked_for_no_other_device() {
    let text = "scenario: s\nwhy: w\ncovers: [STATE-FLOW-COMPLETED]\npersona: [PUSH_CONFIRMATION_REQUIRED, DEVICE_SELECTION_REQUIRED]\n\
                steps:\n  - call: authorize\n    query: { client_id: \"{{persona.app.clientId}}\", response_type: code, \
                response_mode: pi.flow, scope: openid }\n    expect: { state: PUSH_CONFIRMATION_REQUIRED }\n    save: { flow: /id }\n  \
                - push: { user: \"{{persona.user.id}}\", answer: approve }\n  - call: readFlow\n    \
                path: { flowID: \"{{flow}}\" }\n    expect: { state: COMPLETED }\n";
    let ran = run("persona-push", vec![scenario("flows/s", text)], |options| options);
    assert_eq!(ran.records[0].verdict, Verdict::Passed, "{:?} {:?}", ran.records[0].findings, ran.records[0].reason);
}
