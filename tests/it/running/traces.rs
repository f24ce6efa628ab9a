//! The place of each request in a trace: what is sent, what is recorded of it, and that nobody is accused because of it.

use std::collections::HashSet;

use flowproof::record::{ExchangeRecord, Verdict};
use flowproof::run::RunOptions;

use super::support::{Act, Behind, READS, Ran, run, run_behind, scenario};
use crate::support::{code, files, flowproof, folder, journal, records};

fn traces(ran: &Ran) -> Vec<(String, String)> {
    let exchanges = ran.records.iter().flat_map(|record| {
        record.earlier.iter().flat_map(|attempt| &attempt.exchanges).chain(&record.exchanges).collect::<Vec<_>>()
    });
    let trace = |exchange: &ExchangeRecord| exchange.trace.clone().expect("it has its place");
    exchanges.map(trace).map(|trace| (trace.trace_id, trace.span_id)).collect()
}

/// The value of the field in a request as it came.
fn sent(head: &str) -> Option<String> {
    head.lines().find_map(|line| Some(line.strip_prefix("traceparent: ")?.trim().to_owned()))
}

#[test]
fn every_request_says_its_place_in_the_trace_of_its_attempt_and_the_record_has_the_same() {
    let broken = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let behind = Behind::new(move |_, before| if before < 1 { Act::Say(broken.into()) } else { Act::Pass });
    let ran = run("traces", vec![scenario("area/s", READS)], |options| RunOptions {
        target: behind.target(),
        retries: 1,
        ..options
    });
    assert_eq!(ran.records[0].verdict, Verdict::Passed, "{:?}", ran.records[0].reason);
    let traces = traces(&ran);
    let fields: Vec<String> = behind.seen().iter().filter_map(|seen| sent(&seen.head)).collect();
    let recorded: Vec<String> = traces.iter().map(|(trace, span)| format!("00-{trace}-{span}-01")).collect();
    assert_eq!(fields, recorded);
    assert_eq!(traces.len(), 3);
    let of_attempts: HashSet<&String> = traces.iter().map(|(trace, _)| trace).collect();
    let of_requests: HashSet<_> = traces.iter().collect();
    assert_eq!((of_attempts.len(), of_requests.len()), (2, 3), "one for each attempt, and one for each request");
}

#[test]
fn the_same_seed_gives_the_same_traces_against_the_embedded_stand_in_and_another_seed_others() {
    let of_seed = |name: &str, seed| {
        let scenarios = vec![scenario("area/a", READS), scenario("area/b", READS)];
        traces(&run(name, scenarios, |options| RunOptions { seed, ..options }))
    };
    let first = of_seed("traces-first", 7);
    assert_eq!(first, of_seed("traces-again", 7));
    let other = of_seed("traces-other", 8);
    assert!(first.iter().all(|known| !other.contains(known)), "{first:?} {other:?}");
    assert_eq!(first.iter().map(|(trace, _)| trace).collect::<HashSet<_>>().len(), 2, "one for each scenario");
}

#[test]
fn what_a_scenario_says_of_the_field_itself_stays() {
    let own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    for (name, line, wanted) in [
        ("own", format!("headers: {{ traceparent: \"{own}\" }}"), own),
        ("broken", "headers: { Traceparent: nonsense }".into(), "nonsense"),
        ("raw", format!("raw: {{ body: '{{}}' }}\n    headers: {{ traceparent: \"{own}\" }}"), own),
    ] {
        let behind = Behind::new(|_, _| Act::Pass);
        let text = format!(
            "scenario: s\nsteps:\n  - call: initializeDeviceAuthentication\n    body: {{ user: {{ id: \"{{{{user.id}}}}\" }} }}\n    {line}\n"
        );
        let text = if name == "raw" { text.replacen("    body: { user", "    # body: { user", 1) } else { text };
        run_behind(&format!("traces-{name}"), &behind, &text);
        let seen = behind.seen();
        assert_eq!(seen.len(), 1, "{name}");
        assert_eq!(sent(&seen[0].head).as_deref(), Some(wanted), "{name}");
    }
}

#[test]
fn an_answer_that_repeats_the_field_repeats_no_secret() {
    let behind = Behind::new(|seen, _| {
        let field = sent(&seen.head).expect("it is sent");
        let body = format!("{{\"code\":\"NOT_FOUND\",\"id\":\"x\",\"message\":\"{field}\"}}");
        Act::Say(format!(
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\ntraceparent: {field}\r\nContent-Length: \
             {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    });
    let ran = run_behind("traces-echo", &behind, READS);
    let record = &ran.records[0];
    let judged = record.checks.iter().find(|check| check.check == "secret-echo");
    assert!(judged.is_some_and(|check| check.evaluated == 1), "{:?}", record.checks);
    assert!(record.findings.iter().all(|finding| finding.check != "secret-echo"), "{:?}", record.findings);
}

#[test]
fn a_switch_and_the_configuration_turn_it_off() {
    for (name, more, toml) in [("option", &["--no-traceparent"][..], ""), ("file", &[], "[run]\ntraceparent = false\n")]
    {
        let folder = folder(&format!("running/traces-off-{name}"));
        let (report, config) = (folder.join("out").display().to_string(), folder.join("flowproof.toml"));
        std::fs::write(&config, toml).expect("written");
        let config = config.display().to_string();
        let words = ["run", "cases/mfa/reading/as-begun.yaml", "-q", "--report", &report, "--config", &config];
        assert_eq!(code(&flowproof(&[&words[..], more].concat())), 0);
        let journal = journal(&folder.join("out"));
        assert_eq!(journal.header().configuration["traceparent"], false);
        let exchanges: Vec<ExchangeRecord> =
            records(&journal).into_iter().flat_map(|record| record.exchanges).collect();
        assert!(!exchanges.is_empty());
        for exchange in exchanges {
            assert!(exchange.trace.is_none() && exchange.request.header("traceparent").is_none());
        }
    }
}

/// Whoever reads of a failure, wherever they do, finds the request again among the traces of the server.
#[test]
fn the_trace_of_a_request_that_failed_is_told_in_every_format() {
    let folder = folder("running/traces-told");
    let path = |name: &str| folder.join(name).display().to_string();
    let (allure, spans, report) = (path("allure"), path("spans.jsonl"), path("out"));
    let words = ["run", "mfa/otp/email-completes", "--fault", "wrong-status", "-q", "--report", &report];
    let formats = ["--html", "--json", "--junit", "--ctrf", "--allure", &allure, "--otlp", &spans];
    assert_eq!(code(&flowproof(&[&words[..], &formats].concat())), 1);
    let record = records(&journal(&folder.join("out"))).remove(0);
    let failing = record.findings.iter().find_map(|finding| finding.exchange).expect("a finding about an exchange");
    let id = record.exchanges[failing].trace.as_ref().expect("its place in a trace").trace_id.clone();
    let named = ["out/report.html", "out/report.json", "out/junit.xml", "out/ctrf-report.json", "spans.jsonl"];
    let results = files(&folder.join("allure"), "json");
    assert_eq!(results.len(), 1);
    for file in named.iter().map(|name| folder.join(name)).chain(results) {
        assert!(std::fs::read_to_string(&file).expect("text").contains(&id), "{}", file.display());
    }
}
