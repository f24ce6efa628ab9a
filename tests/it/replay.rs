//! Recordings that people have: HAR files of several tools, whole and broken, judged without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{SHOP, folder, program, root, stderr, stdout};

fn fixture(name: &str) -> PathBuf {
    root().join("tests/replay").join(name)
}

fn replay(file: &Path, more: &[&str]) -> Output {
    program().arg("replay").arg(file).args(more).output().expect("the program starts")
}

/// The exit code, and every line of the output as JSON.
fn judged(file: &Path, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = replay(file, &[&["--format", "json"], more].concat());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (
        output.status.code(),
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON object per line")).collect(),
    )
}

fn verdicts(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["verdict"].as_str().expect("a verdict")).collect()
}

/// A HAR of the Firefox fixture with something changed, in a file of its own.
fn changed(name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    let text = fs::read_to_string(fixture("firefox.har")).expect("the fixture");
    let mut har: Value = serde_json::from_str(&text).expect("JSON");
    change(&mut har);
    written(name, har.to_string())
}

fn written(name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let file = folder(&format!("replay/{name}")).join(name);
    fs::write(&file, text).expect("written");
    file
}

/// What the answer to an entry says, as a JSON value that is put back as text.
fn body(har: &mut Value, entry: usize, change: impl FnOnce(&mut Value)) {
    let text = &mut har["log"]["entries"][entry]["response"]["content"]["text"];
    let mut body: Value = serde_json::from_str(text.as_str().expect("text")).expect("JSON");
    change(&mut body);
    *text = body.to_string().into();
}

#[test]
fn one_object_is_printed_for_each_entry_whatever_tool_recorded_it() {
    for tool in ["chromium", "firefox", "mitmproxy", "postman", "safari"] {
        let (code, lines) = judged(&fixture(&format!("{tool}.har")), &[]);
        assert_eq!(code, Some(0), "{tool}: {lines:#?}");
        let operations: Vec<&Value> = lines.iter().map(|line| &line["operation"]).collect();
        let (start, check) = (json!("initializeDeviceAuthentication"), json!("validateOtp"));
        let expected = if tool == "chromium" { [&check, &Value::Null, &start] } else { [&start, &Value::Null, &check] };
        assert_eq!(operations, expected, "{tool}");
        assert_eq!(verdicts(&lines), ["passed", "unknown", "passed"], "{tool}: {lines:#?}");
        let request = &lines[0]["request"];
        assert!(request.as_str().is_some_and(|request| request.starts_with("POST https://auth.pingone.")), "{request}");
        assert_eq!(
            lines[0],
            json!({"entry": 0, "operation": expected[0], "request": request, "verdict": "passed", "findings": []}),
            "{tool}"
        );
    }
}

#[test]
fn an_answer_that_breaks_the_contract_fails_with_what_was_promised() {
    let file = changed("broken.har", |har| body(har, 2, |body| body["status"] = json!(7)));
    let (code, lines) = judged(&file, &[]);
    assert_eq!(code, Some(1));
    assert_eq!(verdicts(&lines), ["passed", "unknown", "failed"]);
    let finding = lines[2]["findings"].as_array().expect("findings").iter().find(|one| one["pointer"] == "/status");
    let finding = finding.expect("a finding at the state");
    assert_eq!((&finding["check"], &finding["level"]), (&json!("response-schema"), &json!("deny")));
    let keys: Vec<&String> = finding.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["check", "level", "message", "pointer", "expected", "actual"]);
}

#[test]
fn exchanges_about_one_resource_are_judged_as_its_sequence_in_the_order_of_their_times() {
    // The passcode was right, and yet a later look finds that it is still asked for.
    let file = changed("sequence.har", |har| {
        let entries = har["log"]["entries"].as_array_mut().expect("entries");
        let mut read = entries[0].clone();
        read["startedDateTime"] = json!("2026-03-02T09:16:00Z");
        read["request"]["method"] = json!("GET");
        read["request"]["url"] = entries[2]["request"]["url"].clone();
        read["request"].as_object_mut().expect("a request").remove("postData");
        read["request"]["headers"].as_array_mut().expect("fields").pop();
        read["response"]["status"] = json!(200);
        entries.insert(0, read);
    });
    let (code, lines) = judged(&file, &[]);
    assert_eq!((code, verdicts(&lines)), (Some(1), vec!["failed", "passed", "unknown", "passed"]), "{lines:#?}");
    assert_eq!(lines[0]["findings"][0]["check"], "lifecycle-transition", "{lines:#?}");
}

#[test]
fn levels_decide_as_they_do_in_a_run() {
    let file = changed("undocumented.har", |har| body(har, 0, |body| body["riskScore"] = json!(7)));
    let exits = [(vec![], 0), (vec!["--strict"], 1), (vec!["-D", "undocumented-property"], 1)];
    for (more, code) in exits {
        assert_eq!(judged(&file, &more).0, Some(code), "{more:?}");
    }
    let (_, lines) = judged(&file, &["-A", "undocumented-property"]);
    assert_eq!(lines[0]["findings"], json!([]));
}

#[test]
fn what_the_recording_does_not_hold_is_errored_and_says_why() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &str); 5] = [
        (
            "absent",
            |entry| _ = entry["response"]["content"].as_object_mut().map(|content| content.remove("text")),
            "not in the HAR",
        ),
        (
            "blocked",
            |entry| {
                entry["response"] = json!({"status": 0, "headers": [], "content": {}, "_error": "net::ERR_BLOCKED"})
            },
            "ERR_BLOCKED",
        ),
        (
            "base64",
            |entry| {
                let content = &mut entry["response"]["content"];
                (content["encoding"], content["text"]) = (json!("base64"), json!("eyJ_"));
            },
            "not base64",
        ),
        ("request", |entry| entry["request"] = json!("odd"), "no request"),
        (
            "headers",
            |entry| _ = entry["response"].as_object_mut().map(|answer| answer.remove("headers")),
            "header fields",
        ),
    ];
    for (name, change, word) in cases {
        let file = changed(&format!("{name}.har"), |har| change(&mut har["log"]["entries"][0]));
        let (code, lines) = judged(&file, &[]);
        assert_eq!((code, lines[0]["verdict"].as_str()), (Some(3), Some("errored")), "{name}: {lines:#?}");
        assert!(lines[0]["reason"].as_str().is_some_and(|reason| reason.contains(word)), "{name}: {}", lines[0]);
    }
}

/// recordings/10: the reason alone was told, and nobody knew of which request.
#[test]
fn an_entry_that_cannot_be_judged_still_tells_operation_and_address() {
    let file = changed("told.har", |har| {
        har["log"]["entries"][0]["response"] = json!({"status": -1, "headers": [], "_failureText": "net::ERR_FAILED"});
    });
    let reports = folder("replay/told-reports");
    let output = replay(&file, &["--report", &reports.display().to_string()]);
    let (_, lines) = judged(&file, &[]);
    let (operation, request) =
        (lines[0]["operation"].as_str().expect("known"), lines[0]["request"].as_str().expect("told"));
    let junit = fs::read_to_string(reports.join("junit.xml")).expect("written");
    let html = fs::read_to_string(reports.join("report.html")).expect("written");
    let json = fs::read_to_string(reports.join("report.json")).expect("written");
    for told in [stdout(&output), junit, html, json] {
        let line = told.lines().find(|line| line.contains("net::ERR_FAILED")).expect("the reason");
        assert!(told.contains(operation) && told.contains(request), "{line}");
    }
}

/// Attached bodies are read from the folder of the HAR and from nowhere else.
#[test]
fn a_body_outside_of_the_folder_is_never_read() {
    let folder = folder("replay/outside");
    let inside = folder.join("inside");
    fs::create_dir(&inside).expect("a folder");
    fs::write(folder.join("outside.json"), "{\"canary\": 1}").expect("written");
    let content = |name: &str| json!({"size": 13, "mimeType": "application/json", "_file": name});
    for name in ["../outside.json", &folder.join("outside.json").display().to_string(), "a/../../outside.json"] {
        let text = fs::read_to_string(fixture("firefox.har")).expect("the fixture");
        let mut har: Value = serde_json::from_str(&text).expect("JSON");
        har["log"]["entries"][0]["response"]["content"] = content(name);
        let file = inside.join("session.har");
        fs::write(&file, har.to_string()).expect("written");
        let (_, lines) = judged(&file, &[]);
        assert_eq!(lines[0]["verdict"], "errored", "{name}");
        assert!(!lines[0].to_string().contains("canary"));
    }
}

/// Tools that leave all cookies out do not make a tenant one that sets none.
#[test]
fn a_cookie_that_no_tool_kept_is_not_missing() {
    let contract = written(
        "cookies.yaml",
        "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /in:\n    get:\n      operationId: in\n      responses:\n        \
         '204': {description: d, headers: {Set-Cookie: {required: true, schema: {type: string}}}}\n",
    );
    let entry = |headers: Value| {
        json!({"request": {"method": "GET", "url": "https://a.example/in", "headers": []},
               "response": {"status": 204, "headers": headers, "content": {"size": 0}}})
    };
    let session = |name: &str, entries: Value| written(name, json!({"log": {"entries": entries}}).to_string());
    let contract = contract.display().to_string();
    let without = session("without.har", json!([entry(json!([])), entry(json!([]))]));
    assert_eq!(verdicts(&judged(&without, &["--contract", &contract]).1), ["passed", "passed"]);
    let with = session("with.har", json!([entry(json!([])), entry(json!([{"name": "set-cookie", "value": "a=b"}]))]));
    assert_eq!(verdicts(&judged(&with, &["--contract", &contract]).1), ["failed", "passed"]);
}

#[test]
fn e15_a_cut_file_is_unusable_and_what_was_whole_is_still_told() {
    let text = fs::read_to_string(fixture("firefox.har")).expect("the fixture");
    let cut = text.rfind("startedDateTime").expect("the last entry");
    let output = replay(&written("cut.har", &text[..cut]), &["--format", "json"]);
    let (said, told) = (stderr(&output), stdout(&output));
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("byte {cut}")) && said.contains("2 entries"), "{said}");
    assert_eq!(told.lines().count(), 2);
    for (name, text) in [("other.har", "<html>"), ("empty.har", ""), ("list.har", "[]")] {
        assert_eq!(replay(&written(name, text), &[]).status.code(), Some(2), "{name}");
    }
    assert_eq!(replay(Path::new("nowhere.har"), &[]).status.code(), Some(2));
}

#[test]
fn a_mark_at_the_beginning_repeated_members_and_a_form_are_read() {
    let text = fs::read_to_string(fixture("firefox.har")).expect("the fixture");
    let odd = text.replacen("\"time\": 31.5", "\"time\": 1, \"time\": null, \"odd\": [{}]", 1);
    let (code, lines) = judged(&written("mark.har", format!("\u{feff}{odd}")), &[]);
    assert_eq!((code, verdicts(&lines)), (Some(0), vec!["passed", "unknown", "passed"]));
    let form = changed("form.har", |har| {
        let entry = &mut har["log"]["entries"][0];
        entry["request"]["url"] = json!("https://auth.pingone.com/0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001/as/token");
        entry["request"]["headers"] = json!([]);
        let params = json!([{"name": "grant_type", "value": "client_credentials"}, {"name": "client_secret", "value": "a secret & more"}]);
        entry["request"]["postData"] = json!({"mimeType": "application/x-www-form-urlencoded", "params": params});
    });
    assert_eq!(judged(&form, &[]).1[0]["operation"], "requestToken");
}

#[test]
fn nothing_is_held_against_a_resource_that_an_undocumented_request_may_have_changed() {
    let api = written("shop.yaml", SHOP).display().to_string();
    let entry = |(second, (method, path)): (usize, &(&str, &str))| {
        let status = if path.ends_with("/payment") { "PAID" } else { "OPEN" };
        json!({
            "startedDateTime": format!("2026-03-02T09:15:{second:02}.000Z"),
            "time": 1,
            "request": {"method": method, "url": format!("https://shop.example.com{path}"), "headers": []},
            "response": {
                "status": 200,
                "headers": [{"name": "Content-Type", "value": "application/json"}],
                "content": {"mimeType": "application/json", "text": json!({"id": "7", "status": status}).to_string()},
            },
        })
    };
    let accused = |name: &str, requests: &[(&str, &str)]| {
        let entries: Vec<Value> = requests.iter().enumerate().map(entry).collect();
        let file = written(name, json!({"log": {"version": "1.2", "entries": entries}}).to_string());
        let report = file.with_extension("report").display().to_string();
        let (code, lines) = judged(&file, &["--contract", &api, "--report", &report]);
        assert_eq!(lines.len(), requests.len(), "{lines:#?}");
        let findings = lines.last().and_then(|line| line["findings"].as_array()).expect("findings");
        (code, findings.iter().any(|finding| finding["check"] == "lifecycle-transition"))
    };
    let (pay, read) = (("POST", "/orders/7/payment"), ("GET", "/orders/7"));
    assert_eq!(accused("paid.har", &[pay, read]), (Some(1), true), "a paid order is open again");
    assert_eq!(accused("reopened.har", &[pay, ("POST", "/orders/7/reopening"), read]), (Some(0), false));
    assert_eq!(accused("other.har", &[pay, ("POST", "/orders/8/reopening"), read]), (Some(1), true));
    assert_eq!(accused("looked-at.har", &[pay, ("GET", "/orders/7/invoice"), read]), (Some(1), true));
}

#[test]
fn only_unknown_requests_are_nothing_that_was_judged() {
    let file = changed("unknown.har", |har| har["log"]["entries"] = json!([har["log"]["entries"][1]]));
    let output = replay(&file, &[]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("GET https://cdn.example.com/app.js\n") && !said.contains("private-part"), "{said}");
}

#[test]
fn r23_secrets_of_a_har_are_in_nothing_that_is_written() {
    let file = changed("secrets.har", |har| {
        body(har, 2, |body| body["status"] = json!("the passcode 482913 was right"));
    });
    let folder = folder("replay/report");
    let report = folder.display().to_string();
    let output = replay(&file, &["--verbose", "--report", &report]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let mut written = vec![("stdout".to_owned(), output.stdout), ("stderr".to_owned(), output.stderr)];
    for entry in fs::read_dir(&folder).expect("reports") {
        let path = entry.expect("an entry").path();
        written.push((path.display().to_string(), fs::read(&path).unwrap_or_default()));
    }
    assert!(
        written.iter().any(|(name, _)| name.ends_with("junit.xml"))
            && written.iter().any(|(name, _)| name.ends_with(".html"))
    );
    for (name, bytes) in written {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("482913") && !text.contains("c2lnbmVkLXRva2Vu"), "{name}");
    }
}

#[test]
fn several_files_come_to_one_exit_code_and_say_which_line_is_of_which() {
    let (good, bad) = (fixture("firefox.har"), changed("bad.har", |har| body(har, 2, |body| body["id"] = json!(1))));
    let (code, lines) = judged(&good, &[&bad.display().to_string()]);
    assert_eq!((code, lines.len()), (Some(1), 6));
    assert_eq!(lines[5]["file"], json!(bad.display().to_string()));
    let (code, lines) = judged(&good, &["nowhere.har"]);
    assert_eq!((code, lines.len()), (Some(2), 3), "one that cannot be read does not hide the others");
}
