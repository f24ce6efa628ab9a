//! Runs against a stand-in that was started by itself, and what its personas do.

use flowproof::base::sync::LockAnyway;
use flowproof::record::Verdict;
use flowproof::run::{RunOptions, TargetChoice};
use flowproof::tenant::{Fault, Tenant, TenantOptions};
use serde_json::{Value, json};
use url::Url;

use super::support::{Act, Behind, READS, run, scenario};
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

/// Each scenario has an environment of its own, which is told no more of than the scenario names, and is not left behind.
#[test]
fn what_is_opened_in_a_stand_in_elsewhere_is_closed_with_no_request_more_than_it_takes() {
    let behind = Behind::new(|_, _| Act::Pass);
    let target = TargetChoice::StandIn { base_url: behind.control.clone(), control: behind.base.clone() };
    let scenarios = ["a", "b", "c"].map(|name| scenario(name, &READS.replace("authentication is", name)));
    let ran = run("left-open", scenarios.to_vec(), |options| RunOptions { target, ..options });
    assert!(ran.records.iter().all(|record| record.verdict == Verdict::Passed), "{:?}", ran.records);
    let control: Vec<String> = behind.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    let count = |method: &str| control.iter().filter(|line| line.starts_with(method)).count();
    assert_eq!((count("POST /_control/environments"), count("DELETE ")), (3, 1), "{control:#?}");
    let opened = behind.seen().into_iter().find(|seen| seen.method == "POST").expect("one was opened");
    let asked: Value = serde_json::from_str(&opened.body).expect("JSON");
    assert_eq!(asked["facts"], json!(["env", "user", "worker"]));
    for record in &ran.records {
        let url = Url::parse(&record.exchanges[0].request.url).expect("a URL");
        let env = url.path_segments().and_then(|mut segments| segments.next()).expect("an environment").parse();
        let tenant = behind.tenant.locked();
        let control = tenant.as_ref().expect("it runs").control();
        assert_eq!(control.environment(env.expect("an id")), None, "{url}");
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
