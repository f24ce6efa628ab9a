//! Spans: a golden, their ids, and that each stands below another of its trace.

use std::collections::{HashMap, HashSet};

use flowproof::record::journal::Journal;
use serde_json::Value;

use super::formats::{all, troubled};
use super::{journal, rendered};
use crate::support::records;

/// The spans of each line.
fn spans(journal: &Journal) -> Vec<Vec<Value>> {
    let text = rendered(journal, "otlp");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    lines.map(|line| line["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans").clone()).collect()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

#[test]
fn the_spans_are_what_they_were() {
    let text = rendered(&troubled(), "otlp");
    let line: Value = serde_json::from_str(text.lines().nth(1).expect("several lines")).expect("JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&line).expect("it was JSON"));
}

#[test]
fn ids_are_of_their_length_unlike_and_each_parent_is_a_span_of_the_same_trace() {
    for journal in all() {
        let mut known = HashSet::new();
        for spans in spans(&journal) {
            let of_trace: HashMap<&str, &str> =
                spans.iter().map(|span| (text(span, "spanId"), text(span, "traceId"))).collect();
            for span in &spans {
                let (trace, id, parent) = (text(span, "traceId"), text(span, "spanId"), text(span, "parentSpanId"));
                let is_hex =
                    |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
                assert!(trace.len() == 32 && id.len() == 16 && is_hex(trace) && is_hex(id), "{trace} {id}");
                assert!(parent.is_empty() || of_trace.get(parent) == Some(&trace), "{span}");
                let nanoseconds = |name: &str| text(span, name).parse::<u64>().expect("a number");
                assert!(nanoseconds("startTimeUnixNano") <= nanoseconds("endTimeUnixNano"));
                known.insert((trace.to_owned(), id.to_owned()));
            }
            assert!(spans.iter().any(|span| text(span, "parentSpanId").is_empty()));
        }
        assert!(known.len() >= journal.entries().len() / 2);
    }
}

/// The suite really ran, so that its exchanges have the ids that went out.
#[test]
fn a_request_has_the_id_that_went_out_and_no_two_spans_of_a_run_are_the_same() {
    let journal = Journal::open(&crate::support::SUITE).expect("the suite ran");
    let mut ids = HashSet::new();
    let mut count = 0;
    for span in spans(&journal).iter().flatten() {
        count += 1;
        ids.insert((text(span, "traceId").to_owned(), text(span, "spanId").to_owned()));
    }
    assert_eq!(ids.len(), count);
    for record in records(&journal) {
        for exchange in &record.exchanges {
            let trace = exchange.trace.as_ref().expect("it went out");
            assert!(ids.contains(&(trace.trace_id.clone(), trace.span_id.clone())), "{}", record.name);
        }
    }
}

#[test]
fn what_was_only_recorded_links_to_the_trace_that_it_was_part_of() {
    let text = String::from_utf8(super::sample::journal())
        .expect("UTF-8")
        .replace("\"kind\":\"embedded\"", "\"kind\":\"proxy\"");
    let recorded = super::read(text.as_bytes());
    let linked: Vec<Value> = spans(&recorded).into_iter().flatten().filter(|span| span["links"].is_array()).collect();
    assert!(!linked.is_empty());
    for span in linked {
        assert_eq!(span["links"][0]["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(span["traceId"], span["links"][0]["traceId"]);
    }
    assert!(spans(&journal()).iter().flatten().all(|span| span["links"].is_null()));
}
