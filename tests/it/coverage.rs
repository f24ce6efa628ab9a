//! Coverage of made-up journals: what an exchange reaches, what it does not, and what is declared out of reach.
//!
//! What the suite itself reaches is held by the thresholds in `flowproof.toml`, after every run of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use flowproof::base::format::TableFormat;
use flowproof::checks::traces;
use flowproof::config::Config;
use flowproof::contract::Contract;
use flowproof::judge::coverage::{self, Coverage, DIMENSIONS, Goals};
use flowproof::judge::replay::restore::restore;
use flowproof::record::ContractRecord;
use flowproof::record::journal::Journal;
use flowproof::reports;
use serde_json::{Value, json};

use crate::support::{CONTRACT, SUITE, flowproof_in, folder, said};

const ENV: &str = "00000000-0000-4000-8000-000000000001";
const ID: &str = "11111111-1111-4111-8111-111111111111";

/// An exchange about a device authentication; `state` is what a good answer shows.
struct Told {
    operation: &'static str,
    status: u16,
    state: &'static str,
}

fn told(operation: &'static str, status: u16, state: &'static str) -> Told {
    Told { operation, status, state }
}

impl Told {
    fn exchange(&self, contract: &Contract) -> Value {
        let operation = contract.operation(self.operation).expect("an operation");
        let path = operation.path.replace("{envID}", ENV).replace("{deviceAuthID}", ID);
        let media_type = operation.request.as_ref().map_or("", |request| &request.media_type);
        let body = match self.status {
            200..300 => json!({"id": ID, "status": self.state, "test": {"otp": "‹otp#1›"}}),
            _ => json!({"id": ID, "code": "INVALID_DATA", "message": "m", "details": []}),
        };
        let text = body.to_string();
        json!({
            "step": 0, "operation": self.operation, "started_at": "2026-01-01T00:00:00Z", "first_byte_us": 1, "total_us": 1,
            "request": {
                "method": operation.method,
                "url": format!("http://127.0.0.1:1{path}"),
                "headers": [["Content-Type", media_type]],
            },
            "response": {
                "status": self.status,
                "headers": [["content-type", "application/hal+json;charset=UTF-8"]],
                "body": {"bytes": text.len(), "text": text},
            },
        })
    }
}

fn measured(exchanges: &[Value]) -> Coverage {
    coverage::measure(&CONTRACT, &kept(exchanges, &json!([]))).expect("readable")
}

/// A journal of one scenario with these exchanges, and the states that its resources went through.
fn kept(exchanges: &[Value], sequences: &Value) -> Journal {
    let header = json!({"header": {
        "format": 1, "tool": "flowproof", "run_id": "r", "seed": 0, "started_at": "2026-01-01T00:00:00Z", "scenarios": 1,
        "target": {"name": "t", "kind": "embedded", "base_url": "http://127.0.0.1:1"},
        "contract": ContractRecord::from(&**CONTRACT),
    }});
    let scenario = json!({"scenario": {
        "index": 0, "name": "s", "title": "t", "file": "f", "covers": ["MFA-OTP-1"], "verdict": "passed",
        "started_at": "2026-01-01T00:00:00Z", "duration_us": 1, "steps": [], "exchanges": exchanges, "sequences": sequences,
    }});
    Journal::read(Cursor::new(format!("{header}\n{scenario}\n").into_bytes())).expect("a journal")
}

fn of(steps: &[Told]) -> Coverage {
    measured(&steps.iter().map(|step| step.exchange(&CONTRACT)).collect::<Vec<_>>())
}

fn reached<'a>(coverage: &'a Coverage, dimension: &str) -> Vec<&'a str> {
    let items = coverage.dimension(dimension).expect("a dimension").items();
    items.filter(|(_, standing)| **standing == coverage::ItemStanding::Reached).map(|(item, _)| item).collect()
}

#[test]
fn an_exchange_reaches_its_operation_media_types_status_properties_and_values() {
    let coverage = of(&[told("initializeDeviceAuthentication", 201, "OTP_REQUIRED")]);
    assert_eq!(reached(&coverage, "operations"), ["initializeDeviceAuthentication"]);
    assert_eq!(reached(&coverage, "request-media-types"), ["initializeDeviceAuthentication application/json"]);
    assert_eq!(reached(&coverage, "statuses"), ["initializeDeviceAuthentication 201"]);
    let hal = ["initializeDeviceAuthentication 201 application/hal+json"];
    assert_eq!(reached(&coverage, "response-media-types"), hal);
    let properties =
        ["DeviceAuthentication.id", "DeviceAuthentication.status", "DeviceAuthentication.test", "TestPasscode.otp"];
    assert_eq!(reached(&coverage, "properties"), properties);
    assert_eq!(reached(&coverage, "values"), ["DeviceAuthentication.status OTP_REQUIRED"]);
    assert_eq!(reached(&coverage, "requirements"), ["MFA-OTP-1"]);
}

#[test]
fn a_refused_operation_is_tried_and_not_accepted() {
    let coverage = of(&[told("validateOtp", 400, "")]);
    assert_eq!(reached(&coverage, "operations"), Vec::<&str>::new());
    assert_eq!(reached(&coverage, "statuses"), ["validateOtp 400"]);
}

#[test]
fn a_request_to_another_address_than_its_operations_reaches_nothing() {
    let mut exchange = told("validateOtp", 400, "").exchange(&CONTRACT);
    exchange["request"]["url"] = json!(format!("http://127.0.0.1:1/{ENV}/deviceAuthentications/{ID}/otp"));
    let coverage = measured(&[exchange]);
    assert_eq!(reached(&coverage, "statuses"), Vec::<&str>::new());
}

#[test]
fn transitions_are_taken_by_acceptance_by_refusal_and_by_time() {
    let coverage = of(&[
        told("initializeDeviceAuthentication", 201, "PUSH_CONFIRMATION_REQUIRED"),
        told("readDeviceAuthentication", 200, "PUSH_CONFIRMATION_TIMED_OUT"),
        told("selectDevice", 200, "OTP_REQUIRED"),
        told("validateOtp", 400, ""),
        told("readDeviceAuthentication", 200, "OTP_REQUIRED"),
        told("validateOtp", 400, ""),
        told("validateOtp", 400, ""),
        told("readDeviceAuthentication", 200, "FAILED"),
    ]);
    let taken = [
        "deviceAuthentication new initializeDeviceAuthentication -> PUSH_CONFIRMATION_REQUIRED",
        "deviceAuthentication OTP_REQUIRED validateOtp refused -> OTP_REQUIRED",
        "deviceAuthentication OTP_REQUIRED validateOtp refused -> FAILED",
        "deviceAuthentication PUSH_CONFIRMATION_REQUIRED elapse -> PUSH_CONFIRMATION_TIMED_OUT",
        "deviceAuthentication PUSH_CONFIRMATION_TIMED_OUT selectDevice -> OTP_REQUIRED",
    ];
    assert_eq!(reached(&coverage, "transitions"), taken);
    assert_eq!(reached(&coverage, "states").len(), 4);
}

#[test]
fn where_several_things_may_have_moved_a_resource_no_transition_is_claimed() {
    let coverage = of(&[
        told("initializeDeviceAuthentication", 201, "PUSH_CONFIRMATION_REQUIRED"),
        told("validateOtp", 400, ""),
        told("cancelPushAuthentication", 500, ""),
        told("selectDevice", 302, ""),
        told("readDeviceAuthentication", 200, "FAILED"),
    ]);
    assert_eq!(reached(&coverage, "transitions").len(), 1);
}

#[test]
fn permitted_and_forbidden_actions_are_told_apart_and_count_only_where_the_tenant_looked() {
    let coverage = of(&[
        told("initializeDeviceAuthentication", 201, "OTP_REQUIRED"),
        told("checkAssertion", 400, ""),
        told("cancelPushAuthentication", 401, ""),
        told("validateOtp", 200, "COMPLETED"),
        told("validateOtp", 400, ""),
    ]);
    assert_eq!(reached(&coverage, "permitted-actions"), ["deviceAuthentication OTP_REQUIRED validateOtp"]);
    let forbidden = ["deviceAuthentication OTP_REQUIRED checkAssertion", "deviceAuthentication COMPLETED validateOtp"];
    assert_eq!(reached(&coverage, "forbidden-actions"), forbidden);
}

/// What was tried in which state, and which states followed which, by coverage or by the page.
type Walked = (BTreeSet<String>, BTreeSet<String>);

fn by_coverage(journal: &Journal) -> Walked {
    let coverage = coverage::measure(&CONTRACT, journal).expect("readable");
    let tried = [reached(&coverage, "permitted-actions"), reached(&coverage, "forbidden-actions")].concat();
    let passage = |item: &str| {
        let (before, to) = item.split_once(" -> ").expect("a transition leads somewhere");
        let [lifecycle, from, ..] = before.split(' ').collect::<Vec<_>>()[..] else { panic!("{item}") };
        format!("{lifecycle} {from} {to}")
    };
    let taken = reached(&coverage, "transitions").into_iter().map(passage);
    (tried.into_iter().map(str::to_owned).collect(), taken.collect())
}

/// Reads the page as people do: the map of what was tried, and the table of transitions.
fn by_page(journal: &Journal) -> Walked {
    let mut page = Vec::new();
    reports::renderer("html").expect("it is registered").render(journal, &mut page).expect("it can be written");
    let page = String::from_utf8(page).expect("it is text");
    let (mut tried, mut taken) = Walked::default();
    let cell =
        |row: &str, at: usize| row.split("<code>").nth(at).and_then(|rest| rest.split('<').next()).map(str::to_owned);
    for part in page.split("<h3 id=\"lifecycle-").skip(1) {
        let name = part.split_once('>').and_then(|(_, rest)| rest.split(' ').next()).expect("a heading");
        for title in part.split(" title=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let Some((what, times)) = title.split_once("permitted): tried ") else { continue };
            let [action, "in", state, ..] = what.split(' ').collect::<Vec<_>>()[..] else { panic!("{title}") };
            tried.extend((!times.starts_with("0 ")).then(|| format!("{name} {state} {action}")));
        }
        let tables = part.split("<table class=\"plain\">").skip(1).filter_map(|rest| rest.split("</table>").next());
        let rows =
            tables.filter_map(|table| table.split_once("<tbody>")).flat_map(|(_, rows)| rows.split("<tr").skip(1));
        for row in rows.filter(|row| !row.contains(">never<")) {
            let (from, to) = cell(row, 1).zip(cell(row, 2)).expect("a row has two states");
            taken.insert(format!("{name} {from} {to}"));
        }
    }
    (tried, taken)
}

#[test]
fn page_and_coverage_name_the_same_as_tried_and_taken_in_the_whole_suite() {
    let journal = Journal::open(&SUITE).expect("a journal");
    let (tried, taken) = by_coverage(&journal);
    assert!(tried.len() > 90 && taken.len() > 50, "{} {}", tried.len(), taken.len());
    assert_eq!(by_page(&journal), (tried, taken));
}

/// The exchange with one thing of its request changed.
fn with(told: &Told, at: &str, value: Value) -> Value {
    let mut exchange = told.exchange(&CONTRACT);
    *exchange.pointer_mut(at).expect("a place of an exchange") = value;
    exchange
}

#[test]
fn page_and_coverage_name_the_same_as_tried_and_taken_where_that_is_hard_to_say() {
    let method = "/request/method";
    let media_type = "/request/headers/0/1";
    let plain = |told: Told| told.exchange(&CONTRACT);
    let begun = || plain(told("initializeDeviceAuthentication", 201, "OTP_REQUIRED"));
    let pushed = || plain(told("initializeDeviceAuthentication", 201, "PUSH_CONFIRMATION_REQUIRED"));
    let read = |state| plain(told("readDeviceAuthentication", 200, state));
    let wrong = || plain(told("validateOtp", 400, ""));
    let mut elsewhere = wrong();
    elsewhere["request"]["url"] = json!(format!("http://127.0.0.1:1/{ENV}/deviceAuthentications/{ID}/otp"));
    for (case, exchanges) in [
        (
            "a wrong method",
            vec![begun(), with(&told("validateOtp", 400, ""), method, json!("PUT")), read("OTP_REQUIRED")],
        ),
        ("a wrong media type", vec![begun(), with(&told("validateOtp", 400, ""), media_type, json!("text/plain"))]),
        ("a wrong address", vec![begun(), elsewhere]),
        ("several unseen actions", vec![pushed(), wrong(), plain(told("selectDevice", 302, "")), read("FAILED")]),
        ("an action after one that may have moved it", vec![begun(), wrong(), plain(told("checkAssertion", 400, ""))]),
        ("a rejection", vec![begun(), wrong(), read("OTP_REQUIRED"), wrong(), read("FAILED")]),
        ("a rejection that nothing shows", vec![begun(), wrong()]),
        (
            "refused before it was looked at",
            vec![begun(), plain(told("validateOtp", 401, "")), plain(told("validateOtp", 404, ""))],
        ),
        ("the media type refused", vec![begun(), plain(told("validateOtp", 415, "")), read("OTP_REQUIRED")]),
        ("not seen from the beginning", vec![read("OTP_REQUIRED"), wrong(), read("OTP_REQUIRED")]),
        ("time between", vec![pushed(), plain(told("selectDevice", 200, "OTP_REQUIRED"))]),
        ("an action that keeps the state", vec![begun(), plain(told("selectDevice", 200, "OTP_REQUIRED")), wrong()]),
        ("nothing but reading", vec![begun(), read("OTP_REQUIRED"), read("OTP_REQUIRED")]),
        ("accepted where it is forbidden", vec![read("COMPLETED"), plain(told("validateOtp", 200, "COMPLETED"))]),
    ] {
        let record = kept(&exchanges, &json!([])).records().next().expect("a record").expect("readable");
        let sequences = traces(&CONTRACT, &restore(&record)).into_iter().map(
            |trace| json!({"lifecycle": trace.lifecycle.name, "resource": trace.resource, "observed": trace.states}),
        );
        let journal = kept(&exchanges, &sequences.collect());
        assert_eq!(by_page(&journal), by_coverage(&journal), "{case}");
    }
}

fn goals(text: &str) -> Goals {
    let config = Config::parse(PathBuf::from("flowproof.toml"), text.into(), DIMENSIONS).expect("accepted");
    let least = config.coverage("embedded stand-in");
    Goals { least, unreachable: config.unreachable().collect(), of_tenant: false }
}

fn declared(items: &str) -> Goals {
    let entry = "[[unreachable]]\ndimension = \"statuses\"\nreason = \"Nobody can.\"\n";
    goals(&format!("[coverage]\noperations = 100\n{entry}items = [{items}]\n"))
}

#[test]
fn a_threshold_that_is_not_reached_is_told_with_its_numbers() {
    let unmet = declared("").unmet(&of(&[told("validateOtp", 200, "COMPLETED")]));
    assert_eq!(unmet.len(), 1);
    assert!(
        unmet[0].starts_with("coverage of operations is 2.") && unmet[0].ends_with("must be at least 100 %"),
        "{unmet:?}"
    );
}

#[test]
fn what_is_out_of_reach_leaves_the_share_and_keeps_its_reason() {
    let goals = declared("\"* 500\", \"* 503\"");
    let mut coverage = of(&[told("validateOtp", 400, "")]);
    let before = coverage.dimension("statuses").expect("a dimension").total();
    assert!(goals.misplaced(&CONTRACT).is_empty() && goals.excuse(&mut coverage).is_empty());
    let statuses = coverage.dimension("statuses").expect("a dimension");
    assert!(statuses.total() < before && statuses.unreachable().all(|(_, reason)| reason == "Nobody can."));
    assert!(coverage.render(TableFormat::Text, &goals, false).contains("out of reach:\n  Nobody can.\n"));
}

#[test]
fn a_declaration_about_nothing_or_about_something_that_was_reached_is_shown_at_its_place() {
    let goals = declared("\"validateOtp 418\",\n\"validateOtp 4*\"");
    let misplaced = goals.misplaced(&CONTRACT);
    assert_eq!(misplaced.len(), 1);
    assert!(misplaced[0].render(false).contains("flowproof.toml:6:10"), "{}", misplaced[0].render(false));
    let untrue = goals.excuse(&mut of(&[told("validateOtp", 400, "")]));
    assert_eq!(untrue.len(), 1);
    assert!(untrue[0].render(false).contains("`validateOtp 400` is declared out of reach, but was reached"));
}

#[test]
fn the_table_fits_80_columns_and_names_what_is_missing_only_when_asked() {
    let coverage = of(&[told("validateOtp", 400, "")]);
    let table = coverage.render(TableFormat::Text, &declared(""), false);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(DIMENSIONS.iter().all(|name| table.contains(name)));
    assert!(
        !table.contains("not reached:")
            && coverage.render(TableFormat::Text, &declared(""), true).contains("not reached:")
    );
}

#[test]
fn the_json_has_every_dimension_with_what_is_missing() {
    let text = of(&[told("validateOtp", 400, "")]).render(TableFormat::Json, &declared(""), false);
    let read: Value = serde_json::from_str(&text).expect("JSON");
    let dimensions = read["dimensions"].as_array().expect("a list");
    assert_eq!(dimensions.len(), DIMENSIONS.len());
    for dimension in dimensions {
        let sum = dimension["reached"].as_u64().expect("a number")
            + dimension["missing"].as_array().expect("a list").len() as u64;
        assert_eq!(dimension["total"].as_u64(), Some(sum), "{}", dimension["dimension"]);
    }
}

fn flowproof(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = flowproof_in(folder, arguments);
    (output.status.code(), said(&output))
}

#[test]
fn the_command_and_a_run_of_a_whole_suite_end_by_the_thresholds_and_a_part_of_it_is_not_judged() {
    let folder = folder("coverage");
    fs::create_dir_all(folder.join("cases")).expect("a folder");
    let text = "scenario: A\ncovers: [ERR-404-1]\nneeds: [env]\nsteps:\n  - call: readDeviceAuthentication\n    \
                path: { deviceAuthID: \"{{uuid}}\" }\n    expect: { status: 404 }\n";
    fs::write(folder.join("cases/a.yaml"), text).expect("a scenario");
    let asks = |least: u8, items: &str| {
        let entry = format!("[[unreachable]]\ndimension = \"statuses\"\nreason = \"Nobody can.\"\nitems = [{items}]\n");
        fs::write(folder.join("flowproof.toml"), format!("[coverage]\nstatuses = {least}\n{entry}")).expect("a file");
    };
    asks(0, "\"* 500\"");
    assert_eq!(flowproof(&folder, &["run"]).0, Some(0));
    assert_eq!(flowproof(&folder, &["coverage"]).0, Some(0));
    asks(50, "\"* 500\"");
    let (code, said) = flowproof(&folder, &["run"]);
    assert!(code == Some(1) && said.contains("coverage of statuses is 0."), "{code:?} {said}");
    let (code, said) = flowproof(&folder, &["run", "--filter", "a"]);
    assert!(code == Some(0) && said.contains("not judged: only some scenarios"), "{code:?} {said}");
    assert_eq!(flowproof(&folder, &["coverage"]).0, Some(1));
    asks(0, "\"readDeviceAuthentication 404\"");
    assert_eq!(flowproof(&folder, &["coverage"]).0, Some(1));
    asks(0, "\"readDeviceAuthentication 418\"");
    assert_eq!(flowproof(&folder, &["run"]).0, Some(2));
    assert_eq!(flowproof(&folder, &["coverage"]).0, Some(2));
}
