//! Builds the fixed journal: passed, failed, errored and skipped scenarios, and values that try to break a report.

use chrono::{DateTime, Duration, TimeZone, Utc};
use flowproof::record::journal::{JournalLine, append};

use flowproof::record::{
    AttemptRecord, Bearing, BodyRecord, ChangeRecord, ChangesRecord, CheckRecord, CheckText, ContractRecord,
    ErrorRecord, ExchangeRecord, Footer, Header, LifecycleRecord, NextRecord, OperationRecord, ReplyRecord,
    RequestRecord, RequirementRecord, ResponseRecord, ScenarioRecord, SequenceRecord, StateRecord, StepOutcome,
    StepRecord, TargetRecord, TraceRecord,
};
use flowproof::record::{Counts, Finding, Level, Phase, Place, Verdict};
use std::collections::BTreeMap;

const BASE: &str = "http://127.0.0.1:40123/5d7c2b5e-0c3f-4f0e-9a4a-2f0f3f8a1c11";

/// Everything that has broken a report of some tool before.
pub(super) const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(1)> ]]> & ' \" ` {{raw}} \
     \u{1b}[31mred\u{1b}]0;title\u{7} \u{202e}txet\u{2066} \u{fffe}\u{ffff} \r\n::error::owned\n##[group]x \u{2028} 🦀 é";

fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 4, 9, 15, 0).single().expect("a moment") + Duration::seconds(seconds)
}

/// The journal's bytes.
pub(super) fn journal() -> Vec<u8> {
    let scenarios = vec![passed(), wrong_value(), unreachable(), skipped(), hostile(), plain_pass(), flaky()];
    let mut counts = Counts { warnings: 2, ..Counts::default() };
    for scenario in &scenarios {
        counts.add(scenario.verdict);
        counts.flaky += usize::from(scenario.is_flaky());
        counts.exchanges += scenario.exchanges.len();
        counts.checks += scenario.checks.iter().map(|check| check.evaluated).sum::<usize>();
    }
    let mut lines = vec![JournalLine::Header(Box::new(header(scenarios.len())))];
    lines.extend(scenarios.into_iter().map(|scenario| JournalLine::Scenario(Box::new(scenario))));
    lines.push(JournalLine::Footer(Footer {
        uncovered: Vec::new(),
        digest: String::new(),
        notes: Vec::new(),
        finished_at: at(2),
        duration_us: 1_482_300,
        counts,
        exit_code: 1,
        ended_early: None,
        changes: Some(changes()),
    }));
    let mut bytes = Vec::new();
    lines.iter().for_each(|line| append(&mut bytes, line).expect("a vector takes it"));
    bytes
}

fn changes() -> ChangesRecord {
    let change = |bearing, subject: &str, before: &str, after: &str| ChangeRecord {
        bearing,
        subject: subject.into(),
        message: "the verdict changed".into(),
        before: Some(before.into()),
        after: Some(after.into()),
        since: Some(at(-86_400)),
    };
    ChangesRecord {
        baseline: "the run of 1 March 2026".into(),
        changes: vec![
            change(Bearing::Better, "mfa/otp/correct-value", "failed", "passed"),
            change(Bearing::Worse, "mfa/otp/wrong-value", "passed", "failed"),
            change(Bearing::Other, HOSTILE, HOSTILE, HOSTILE),
        ],
    }
}

fn header(scenarios: usize) -> Header {
    Header {
        redaction: Header::REDACTION,
        faults: Vec::new(),
        chosen_by: Vec::new(),
        suite: String::new(),
        shard: None,
        whole_run: None,
        configuration: BTreeMap::from([("rate".into(), 10.into()), (HOSTILE.into(), HOSTILE.into())]),
        notes: vec!["TLS was not verified".into(), HOSTILE.into()],
        checks: check_texts(),
        format: Header::FORMAT,
        tool: "flowproof 0.1.0".into(),
        run_id: "3f2b8c1e-7d4a-4c59-9a52-0b6c8b1d2e3f".into(),
        seed: 42,
        started_at: at(0),
        target: TargetRecord {
            name: "stand-in".into(),
            kind: "embedded".into(),
            base_url: "http://127.0.0.1:40123".into(),
        },
        contract: ContractRecord {
            title: "PingOne MFA and flows".into(),
            version: "2026.2".into(),
            digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            faults: Vec::new(),
            requirements: vec![
                requirement("MFA-INIT-1", "A device authentication starts in a state that fits the user's devices."),
                requirement("MFA-OTP-1", "A correct passcode completes the device authentication."),
                requirement("MFA-OTP-2", "A wrong passcode is refused and leaves the state as it was."),
                RequirementRecord {
                    id: "STATE-1".into(),
                    statement: HOSTILE.into(),
                    source: "javascript:alert(1)".into(),
                    ..RequirementRecord::default()
                },
            ],
            operations: operations(),
            lifecycles: vec![lifecycle(), hostile_lifecycle()],
        },
        scenarios,
    }
}

fn operations() -> Vec<OperationRecord> {
    let reply = |status: &str, media_types: &[&str]| ReplyRecord {
        status: status.into(),
        media_types: media_types.iter().map(|name| (*name).into()).collect(),
    };
    let operation = |name: &str, path: &str, media_type: &str, replies: Vec<ReplyRecord>| OperationRecord {
        name: name.into(),
        method: "POST".into(),
        path: format!("/{{envID}}/deviceAuthentications{path}"),
        media_type: Some(media_type.into()),
        summary: "What it is for.".into(),
        replies,
    };
    let hal = "application/hal+json";
    vec![
        operation(
            "initializeDeviceAuthentication",
            "",
            "application/json",
            vec![reply("201", &[hal]), reply("400", &[hal])],
        ),
        operation(
            "validateOtp",
            "/{deviceAuthID}",
            "application/vnd.pingidentity.otp.check+json",
            vec![reply("200", &[hal, "application/json"]), reply("4XX", &[hal]), reply("302", &[])],
        ),
        operation(HOSTILE, "", HOSTILE, vec![reply(HOSTILE, &[HOSTILE])]),
    ]
}

fn state(name: &str, permits: &[(&str, &[&str], &[&str])], elapse: &[&str]) -> StateRecord {
    let names = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
    let next = |(operation, success, rejection): &(&str, &[&str], &[&str])| {
        ((*operation).into(), NextRecord { success: names(success), rejection: names(rejection) })
    };
    StateRecord {
        name: name.into(),
        description: "What it means.".into(),
        is_final: permits.is_empty() && elapse.is_empty(),
        permits: permits.iter().map(next).collect(),
        elapse: names(elapse),
    }
}

fn lifecycle() -> LifecycleRecord {
    let begun = ["OTP_REQUIRED".to_owned(), "PUSH_CONFIRMATION_REQUIRED".into()];
    LifecycleRecord {
        name: "deviceAuthentication".into(),
        read: "readDeviceAuthentication".into(),
        initial: BTreeMap::from([("initializeDeviceAuthentication".into(), begun.into())]),
        states: vec![
            state("OTP_REQUIRED", &[("validateOtp", &["COMPLETED"], &["OTP_REQUIRED", "FAILED"])], &[]),
            state("PUSH_CONFIRMATION_REQUIRED", &[], &["COMPLETED", "FAILED"]),
            state("COMPLETED", &[], &[]),
            state("FAILED", &[], &[]),
        ],
    }
}

fn hostile_lifecycle() -> LifecycleRecord {
    LifecycleRecord {
        name: HOSTILE.into(),
        read: HOSTILE.into(),
        initial: BTreeMap::from([(HOSTILE.into(), vec![HOSTILE.into(), "nowhere".into()])]),
        states: vec![state(HOSTILE, &[(HOSTILE, &[HOSTILE], &[])], &[])],
    }
}

fn requirement(id: &str, statement: &str) -> RequirementRecord {
    RequirementRecord {
        id: id.into(),
        statement: statement.into(),
        source: "https://apidocs.pingidentity.com/pingone/mfa/v1/api/".into(),
        ..RequirementRecord::default()
    }
}

fn scenario(index: usize, name: &str, title: &str, verdict: Verdict) -> ScenarioRecord {
    ScenarioRecord {
        title: title.into(),
        why: "The page documents this answer, and clients branch on it.".into(),
        file: format!("cases/{}.yaml", name.split('#').next().unwrap_or(name)),
        tags: vec!["mfa".into(), "smoke".into()],
        covers: vec!["MFA-INIT-1".into()],
        started_at: at(0),
        duration_us: 12_480,
        checks: vec![CheckRecord { check: "documented-status".into(), evaluated: 2, not_evaluated: 0 }],
        ..ScenarioRecord::new(index, name, verdict)
    }
}

fn step(label: &str, operation: Option<&str>, line: usize, outcome: StepOutcome) -> StepRecord {
    let excerpt = format!("  - call: {label}\n          {}", "^".repeat(label.chars().count().min(40)));
    let place = Place { file: "cases/mfa/otp/wrong-value.yaml".into(), line, column: 11, excerpt };
    StepRecord { label: label.into(), operation: operation.map(Into::into), place, outcome }
}

fn body(text: &str) -> BodyRecord {
    BodyRecord { text: text.into(), bytes: text.len(), cut: false }
}

fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn exchange(step: usize, operation: &str, path: &str, sent: &str, status: u16, came: &str) -> ExchangeRecord {
    let media =
        if operation == "validateOtp" { "application/vnd.pingidentity.otp.check+json" } else { "application/json" };
    ExchangeRecord {
        resent: None,
        trace: (step == 1).then(trace),
        step,
        operation: Some(operation.into()),
        started_at: at(1),
        first_byte_us: 3_120 + 1_000 * step as u64,
        total_us: 4_240 + 1_500 * step as u64,
        request: RequestRecord {
            method: "POST".into(),
            url: format!("{BASE}{path}"),
            headers: pairs(&[
                ("authorization", "Bearer ‹token#1›"),
                ("accept", "application/hal+json"),
                ("content-type", media),
            ]),
            body: Some(body(sent)),
        },
        response: Some(ResponseRecord {
            status,
            headers: pairs(&[
                ("content-type", "application/hal+json"),
                ("correlation-id", "c2a1f1b6-9f0e-4c44-8a11-7c5b7f1f8a01"),
                ("set-cookie", "‹120 bytes›"),
            ]),
            body: Some(body(came)),
        }),
        error: None,
    }
}

/// Of the request that is judged, so that others without one are shown as well.
fn trace() -> TraceRecord {
    TraceRecord { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".into(), span_id: "00f067aa0ba902b7".into() }
}

const STARTED: &str = r#"{"_links":{"self":{"href":"http://127.0.0.1:40123/x"},"otp.check":{"href":"http://127.0.0.1:40123/x"}},"id":"0f6b2a34-7b1c-4b8e-93c1-0f8f7f4dd7a2","environment":{"id":"5d7c2b5e-0c3f-4f0e-9a4a-2f0f3f8a1c11"},"user":{"id":"b9a1f3c2-64f2-4d0e-8e6e-4c1f7f2f9d10"},"status":"OTP_REQUIRED","createdAt":"2026-03-04T09:15:01.000Z","attempts":[],"policy":{"id":"a1"}}"#;

fn start() -> ExchangeRecord {
    let sent = r#"{"user":{"id":"b9a1f3c2-64f2-4d0e-8e6e-4c1f7f2f9d10"}}"#;
    exchange(0, "initializeDeviceAuthentication", "/deviceAuthentications", sent, 201, STARTED)
}

fn check(status: u16, came: &str) -> ExchangeRecord {
    let path = "/deviceAuthentications/0f6b2a34-7b1c-4b8e-93c1-0f8f7f4dd7a2";
    exchange(1, "validateOtp", path, r#"{"otp":"‹otp#1›"}"#, status, came)
}

fn sequence(observed: &[(&str, usize)], expected: Option<&[&str]>) -> SequenceRecord {
    SequenceRecord {
        lifecycle: "deviceAuthentication".into(),
        resource: "0f6b2a34-7b1c-4b8e-93c1-0f8f7f4dd7a2".into(),
        observed: observed.iter().map(|(state, index)| ((*state).into(), *index)).collect(),
        expected: expected.map(|states| states.iter().map(|state| (*state).into()).collect()),
    }
}

fn finding(check: &str, level: Level, message: &str) -> Finding {
    Finding {
        check: check.into(),
        level,
        message: message.into(),
        operation: Some("validateOtp".into()),
        pointer: None,
        expected: None,
        actual: None,
        promise: None,
        requirements: Vec::new(),
        exchange: Some(1),
        wfc: (check == "response-schema").then_some(200),
        place: None,
    }
}

fn passed() -> ScenarioRecord {
    ScenarioRecord {
        steps: vec![
            step("initializeDeviceAuthentication", Some("initializeDeviceAuthentication"), 7, StepOutcome::Held),
            step("the emailed passcode", Some("validateOtp"), 12, StepOutcome::Held),
        ],
        exchanges: vec![start(), check(200, &STARTED.replace("OTP_REQUIRED", "COMPLETED"))],
        findings: vec![Finding {
            pointer: Some("/policy".into()),
            exchange: Some(0),
            ..finding("undocumented-property", Level::Warn, "the property `policy` is not documented")
        }],
        sequences: vec![sequence(&[("OTP_REQUIRED", 0), ("COMPLETED", 1)], None)],
        covers: vec!["MFA-INIT-1".into(), "MFA-OTP-1".into()],
        ..scenario(0, "mfa/otp/correct-value", "An emailed passcode completes a device authentication", Verdict::Passed)
    }
}

fn wrong_value() -> ScenarioRecord {
    let came = r#"{"id":"0f6b2a34-7b1c-4b8e-93c1-0f8f7f4dd7a2","code":"INVALID_DATA","message":"The request could not be completed.","details":[{"code":"INVALID_OTP","target":"otp","message":"Invalid OTP"}],"status":"COMPLETED","retries":1e+20}"#;
    let place = Place {
        file: "cases/mfa/otp/wrong-value.yaml".into(),
        line: 15,
        column: 15,
        excerpt: "    expect: { status: 400, state: OTP_REQUIRED }\n              ^^^^^^^^^^^".into(),
    };
    ScenarioRecord {
        reason: Some("documented-status: 200 where 400 is promised, and 2 more findings".into()),
        steps: vec![
            step("initializeDeviceAuthentication", Some("initializeDeviceAuthentication"), 7, StepOutcome::Held),
            step("validateOtp", Some("validateOtp"), 12, StepOutcome::Violated),
            step("readDeviceAuthentication", Some("readDeviceAuthentication"), 16, StepOutcome::NotRun),
        ],
        exchanges: vec![start(), check(200, came)],
        findings: vec![
            Finding {
                expected: Some("400".into()),
                actual: Some("200".into()),
                place: Some(place),
                requirements: vec!["MFA-OTP-2".into()],
                promise: Some("/paths/~1{envID}~1deviceAuthentications~1{deviceAuthID}/post/responses".into()),
                ..finding("expectation", Level::Deny, "the status is 200 where the scenario expects 400")
            },
            Finding {
                pointer: Some("/status".into()),
                expected: Some("OTP_REQUIRED".into()),
                actual: Some("COMPLETED".into()),
                requirements: vec!["MFA-OTP-2".into(), "MFA-UNKNOWN-9".into()],
                ..finding(
                    "lifecycle-transition",
                    Level::Deny,
                    "a rejected passcode led from `OTP_REQUIRED` to `COMPLETED`, which the lifecycle does not permit",
                )
            },
            Finding {
                pointer: Some("/createdAt".into()),
                expected: Some("a date-time".into()),
                actual: Some("nothing".into()),
                ..finding("response-schema", Level::Deny, "the required property `createdAt` is missing")
            },
            Finding {
                pointer: Some("header:set-cookie".into()),
                ..finding("response-headers", Level::Warn, "the header `Set-Cookie` is not documented")
            },
        ],
        sequences: vec![sequence(
            &[("OTP_REQUIRED", 0), ("COMPLETED", 1)],
            Some(&["OTP_REQUIRED", "FAILED", "OTP_REQUIRED"]),
        )],
        covers: vec!["MFA-OTP-2".into()],
        ..scenario(1, "mfa/otp/wrong-value", "A wrong passcode is refused", Verdict::Failed)
    }
}

fn unreachable() -> ScenarioRecord {
    let mut sent = check(0, "");
    sent.step = 0;
    sent.response = None;
    sent.error = Some(ErrorRecord { phase: Phase::FirstByte, message: "no header block within 10 s".into() });
    (sent.first_byte_us, sent.total_us) = (0, 10_000_400);
    ScenarioRecord {
        reason: Some("first byte: no header block within 10 s".into()),
        steps: vec![
            step("validateOtp", Some("validateOtp"), 7, StepOutcome::Errored),
            step("approve the push", None, 12, StepOutcome::NotRun),
        ],
        exchanges: vec![sent],
        duration_us: 10_002_000,
        tags: vec!["push".into()],
        checks: Vec::new(),
        ..scenario(2, "mfa/push/times-out", "A push that nobody answers times out", Verdict::Errored)
    }
}

fn skipped() -> ScenarioRecord {
    ScenarioRecord {
        reason: Some("the target does not supply `user.otp`".into()),
        duration_us: 0,
        checks: Vec::new(),
        steps: vec![step("validateOtp", Some("validateOtp"), 7, StepOutcome::NotRun)],
        ..scenario(3, "flows/recovery/emailed-code#second", "A recovery code is emailed", Verdict::Skipped)
    }
}

fn hostile() -> ScenarioRecord {
    let mut came = check(418, "");
    let response = came.response.as_mut().expect("an answer came");
    response.headers.push(("x-evil".into(), HOSTILE.into()));
    response.headers.push(("location".into(), "javascript:alert(1)".into()));
    response.body = Some(BodyRecord { cut: true, ..body(HOSTILE) });
    came.request.url = format!("{BASE}/<script>alert(1)</script>?q=[1]\u{202e}");
    came.request.body = Some(body(HOSTILE));
    let json = serde_json::json!({ HOSTILE: { "deep": [HOSTILE] } }).to_string();
    let name = format!("flows/{}{HOSTILE}", "very-long-".repeat(30));
    ScenarioRecord {
        file: HOSTILE.into(),
        why: HOSTILE.into(),
        tags: vec![HOSTILE.into()],
        covers: vec!["STATE-1".into(), HOSTILE.into()],
        reason: Some(HOSTILE.into()),
        steps: vec![step(HOSTILE, Some(HOSTILE), 7, StepOutcome::Held), step(HOSTILE, None, 9, StepOutcome::Violated)],
        exchanges: vec![exchange(0, HOSTILE, "/flows/1", &json, 200, &json), came],
        findings: vec![
            Finding {
                operation: Some(HOSTILE.into()),
                pointer: Some(HOSTILE.into()),
                expected: Some(HOSTILE.into()),
                actual: Some(format!("::error::{HOSTILE}")),
                promise: Some(HOSTILE.into()),
                requirements: vec!["STATE-1".into()],
                place: Some(Place { file: HOSTILE.into(), line: 3, column: 1, excerpt: HOSTILE.into() }),
                ..finding(HOSTILE, Level::Deny, HOSTILE)
            },
            finding(HOSTILE, Level::Deny, &"::error::".repeat(90)),
        ],
        sequences: vec![SequenceRecord {
            lifecycle: HOSTILE.into(),
            resource: HOSTILE.into(),
            observed: vec![(HOSTILE.into(), 0)],
            expected: Some(vec![HOSTILE.into(), HOSTILE.into()]),
        }],
        ..scenario(4, &name, HOSTILE, Verdict::Failed)
    }
}

fn flaky() -> ScenarioRecord {
    ScenarioRecord {
        earlier: vec![AttemptRecord {
            verdict: Verdict::Failed,
            reason: Some(HOSTILE.into()),
            started_at: at(0),
            duration_us: 9_000,
            findings: vec![finding("documented-status", Level::Deny, HOSTILE)],
            exchanges: vec![start()],
        }],
        exchanges: vec![start()],
        ..scenario(6, "mfa/push/late", "A push is answered late", Verdict::Passed)
    }
}

fn plain_pass() -> ScenarioRecord {
    ScenarioRecord {
        duration_us: 870,
        exchanges: vec![exchange(0, "requestToken", "/as/token", HOSTILE, 200, HOSTILE)],
        ..scenario(5, "oauth/token/client-credentials", "Client credentials give a token", Verdict::Passed)
    }
}

fn check_texts() -> Vec<CheckText> {
    let text = |id: &str, promise: &str| CheckText {
        id: id.into(),
        level: Level::Deny,
        promise: promise.into(),
        example: "A tenant answers otherwise.".into(),
        advice: "Find out what changed.".into(),
    };
    vec![text("expectation", "Every answer is what the scenario expects."), text("response-schema", HOSTILE)]
}
