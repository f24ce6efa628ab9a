//! Judging is a pure function: whatever was recorded, it gives findings, and the same ones each time.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use flowproof::checks::{self, Case, Judgement, Levels, Observation};
use flowproof::contract::Contract;
use flowproof::record::{Decoded, Exchange, Finding, Headers, Level, Phase, Request, Response, TransportError};
use proptest::prelude::*;
use serde_json::Value;

const ENVIRONMENT: &str = "https://auth.pingone.com/0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001";
const AUTHENTICATION: &str = "/deviceAuthentications/1b7e4d63-8a6f-4a1f-8e8b-64e1c5a5b002";
const FLOW: &str = "/flows/5d0c7f0e-37a1-4b0b-8a43-b8a4b7f1c9aa";
const CORRELATION: &str = "9c2f6b1a-5d3e-4c7f-8a90-1f2e3d4c5b6a";

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::embedded().expect("the contract is valid"));

/// The answers that the contract gives as examples, as JSON.
static EXAMPLES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let examples = CONTRACT.document()["components"]["examples"].as_object().expect("examples");
    examples.values().map(|example| example["value"].clone()).collect()
});

fn example(name: &str) -> Vec<u8> {
    CONTRACT.document()["components"]["examples"][name]["value"].to_string().into_bytes()
}

fn headers(fields: &[(&str, &str)]) -> Headers {
    Headers(fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect())
}

fn genuine_headers() -> Headers {
    headers(&[
        ("Content-Type", "application/hal+json;charset=UTF-8"),
        ("Correlation-Id", CORRELATION),
        ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
        ("Date", "Mon, 02 Mar 2026 09:20:00 GMT"),
    ])
}

fn exchange(operation: &str, path: &str, sent: &[u8], status: u16, body: Vec<u8>) -> Exchange {
    let method = CONTRACT.operation(operation).map_or("GET", |operation| operation.method.as_str());
    Exchange {
        operation: Some(operation.to_owned()),
        step: 0,
        request: Request {
            method: method.to_owned(),
            url: format!("{ENVIRONMENT}{path}"),
            headers: headers(&[("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJyIn0.c2lnbmVk")]),
            body: (!sent.is_empty()).then(|| sent.to_vec().into()),
        },
        outcome: Ok(Response { status, headers: genuine_headers(), body: body.into() }),
        decoded: Decoded::NotTried,
        started_at: Default::default(),
        first_byte: Duration::ZERO,
        total: Duration::ZERO,
    }
}

/// A device authentication from beginning to end, with a wrong passcode on the way.
fn genuine() -> Vec<Exchange> {
    let pending = || example("DeviceAuthenticationOtpRequired");
    let user = example("InitializeByUser");
    vec![
        exchange("initializeDeviceAuthentication", "/deviceAuthentications", &user, 201, pending()),
        exchange("readDeviceAuthentication", AUTHENTICATION, b"", 200, pending()),
        exchange("validateOtp", AUTHENTICATION, br#"{"otp":"111111"}"#, 400, example("InvalidData")),
        exchange("readDeviceAuthentication", AUTHENTICATION, b"", 200, pending()),
        exchange("validateOtp", AUTHENTICATION, br#"{"otp":"482913"}"#, 200, example("DeviceAuthenticationCompleted")),
        exchange("validateOtp", AUTHENTICATION, br#"{"otp":"482913"}"#, 400, example("NotPermitted")),
        exchange("readDeviceAuthentication", AUTHENTICATION, b"", 200, example("DeviceAuthenticationCompleted")),
        exchange("readFlow", FLOW, b"", 200, example("FlowUsernamePasswordRequired")),
    ]
}

/// Judges every exchange in its turn.
fn judge(history: Vec<Exchange>) -> Vec<Judgement> {
    let observations: Vec<Observation> = history.into_iter().map(Observation::from).collect();
    let cases = (1..=observations.len()).filter_map(|end| Case::new(&CONTRACT, &observations[..end], None));
    cases.map(|case| checks::judge(&case, &Levels::strict())).collect()
}

fn findings(history: Vec<Exchange>) -> Vec<Finding> {
    judge(history).into_iter().flat_map(|judgement| judgement.findings).collect()
}

#[test]
fn a_genuine_recording_stays_clean() {
    assert_eq!(findings(genuine()), []);
}

#[test]
fn every_new_check_is_evaluated_on_it() {
    let judgements = judge(genuine());
    for id in ["lifecycle-transition", "lifecycle-links", "link-target", "resource-identity", "timestamps"] {
        assert!(judgements[0].evaluated.contains(&id), "{id}");
    }
    assert!(judgements[0].evaluated.contains(&"conditional-presence"));
    assert!(judgements[2].evaluated.contains(&"error-model") && judgements[2].evaluated.contains(&"secret-echo"));
}

#[test]
fn every_published_sample_stays_clean_as_an_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract_samples/valid");
    for entry in std::fs::read_dir(folder).expect("the samples") {
        let path = entry.expect("an entry").path();
        let sample: Value = serde_json::from_slice(&std::fs::read(&path).expect("a sample")).expect("JSON");
        let operation = match sample["schema"].as_str() {
            Some("DeviceAuthentication") => "readDeviceAuthentication",
            Some("Flow") => "readFlow",
            _ => continue,
        };
        let own = sample["body"]["_links"]["self"]["href"].as_str().expect("self");
        let mut read = exchange(operation, "", b"", 200, sample["body"].to_string().into_bytes());
        own.clone_into(&mut read.request.url);
        read.outcome.as_mut().expect("an answer").headers.0.retain(|(name, _)| name != "Date");
        let denied = findings(vec![read]).into_iter().filter(|finding| {
            // The open parts of the contract: new names and values only warn where nobody is strict.
            finding.level == Level::Deny && !finding.check.starts_with("undocumented-")
        });
        assert_eq!(denied.collect::<Vec<_>>(), [], "{}", path.display());
    }
}

/// A scalar that has no place where it is put.
fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::sample::select(vec!["COMPLETED", "FAILED", "OTP_REQUIRED", "http://[", "2026-13-45T00:00:00.000Z"])
            .prop_map(Value::from),
        Just(serde_json::json!({"_links": {"self": {"href": []}}})),
        Just(serde_json::json!([[[{}]]])),
    ]
}

/// An example with one of its values replaced or taken away.
fn odd_example() -> impl Strategy<Value = Vec<u8>> {
    let all = 0..EXAMPLES.len();
    (all, any::<proptest::sample::Index>(), proptest::option::of(odd_value())).prop_map(|(which, at, value)| {
        let mut body = EXAMPLES[which].clone();
        let mut places = Vec::new();
        collect(&body, String::new(), &mut places);
        if let Some(place) = (!places.is_empty()).then(|| at.get(&places).clone()) {
            let (holder, key) = place.rsplit_once('/').expect("below the root");
            match (body.pointer_mut(holder).expect("it is there"), value) {
                (Value::Object(members), None) => _ = members.shift_remove(key),
                (holder, Some(value)) => *holder.pointer_mut(&format!("/{key}")).expect("it is there") = value,
                _ => {}
            }
        }
        body.to_string().into_bytes()
    })
}

/// The JSON pointers of everything inside a value.
fn collect(value: &Value, pointer: String, places: &mut Vec<String>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, member)| (format!("{pointer}/{key}"), member)).collect(),
        Value::Array(entries) => {
            entries.iter().enumerate().map(|(at, entry)| (format!("{pointer}/{at}"), entry)).collect()
        }
        _ => Vec::new(),
    };
    for (pointer, value) in inside {
        places.push(pointer.clone());
        collect(value, pointer, places);
    }
}

fn odd_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => odd_example(), 1 => proptest::collection::vec(any::<u8>(), 0..200)]
}

fn odd_headers() -> impl Strategy<Value = Headers> {
    let names = vec![
        "Content-Type",
        "Correlation-Id",
        "Date",
        "Location",
        "Set-Cookie",
        "Retry-After",
        "authorization",
        "cookie",
        "accept",
    ];
    let values = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        proptest::sample::select(vec![
            "application/json",
            "application/hal+json",
            CORRELATION,
            "Basic Og==",
            "Basic %"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let field = (proptest::sample::select(names), values).prop_map(|(name, value)| (name.to_owned(), value));
    prop_oneof![Just(genuine_headers()), proptest::collection::vec(field, 0..6).prop_map(Headers)]
}

fn odd_exchange() -> impl Strategy<Value = Exchange> {
    let names: Vec<String> = CONTRACT.operations().iter().map(|operation| operation.name.clone()).collect();
    let operation = prop_oneof![9 => proptest::sample::select(names), 1 => any::<String>()];
    let url = prop_oneof![
        Just(format!("{ENVIRONMENT}{AUTHENTICATION}")),
        Just(format!("{ENVIRONMENT}{FLOW}?user_code=AAAA-1111#x")),
        Just(String::from("https://auth.example.com/flows/x")),
        any::<String>(),
    ];
    let status = prop_oneof![proptest::sample::select(vec![200, 201, 302, 400, 401, 404, 429, 500]), any::<u16>()];
    let parts = (operation, url, odd_headers(), odd_body(), status, odd_headers(), odd_body(), 0..20);
    parts.prop_map(|(operation, url, request_headers, sent, status, headers, body, fate)| {
        let mut made = exchange(&operation, "", &sent, status, body);
        made.request.url = url;
        made.request.headers = request_headers;
        match fate {
            0 => made.outcome = Err(TransportError { phase: Phase::FirstByte, message: "cut off".into() }),
            1 => made.decoded = Decoded::No { pointer: String::new(), message: "no".into() },
            2 => made.operation = None,
            _ => made.outcome.as_mut().expect("an answer").headers = headers,
        }
        made
    })
}

/// A genuine recording in any order, with odd exchanges in between.
fn odd_history() -> impl Strategy<Value = Vec<Exchange>> {
    proptest::collection::vec(odd_exchange(), 0..6)
        .prop_map(|odd| odd.into_iter().chain(genuine()).collect::<Vec<_>>())
        .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn judging_anything_never_panics_and_judging_twice_gives_the_same(history in odd_history()) {
        prop_assert_eq!(judge(history.clone()), judge(history));
    }

    #[test]
    fn every_finding_names_its_check_and_exchange(history in odd_history()) {
        for finding in findings(history) {
            prop_assert!(checks::ids().contains(&finding.check.as_str()));
            prop_assert!(finding.exchange.is_some() && !finding.message.is_empty());
        }
    }
}
