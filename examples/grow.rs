//! Makes recordings of any size out of the journal of one run, to see what big ones cost.
//!
//! ```console
//! $ cargo run --release --example grow -- har reports/latest/journal.jsonl big.har 200
//! $ cargo run --release --example grow -- journal reports/latest/journal.jsonl big 100000
//! $ cargo run --release --example grow -- journal reports/latest/journal.jsonl big 100000 4
//! ```
//!
//! The first writes a HAR of so many megabytes, the second a journal of so many scenarios as `big.jsonl`, the third the
//! same in four shards, `big-1.jsonl` to `big-4.jsonl`. Every copy of the traffic has ids of its own, so that no resource
//! of one copy is taken for one of another, and every copy of a scenario a name of its own.
//!
//! Deliberately not here: traffic that the run did not have. `tests/it/memory.rs` uses the same functions on small files.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flowproof::base::digest::Digesting;
use flowproof::record::Counts;
use flowproof::record::journal::{Journal, JournalLine, append};
use flowproof::run::shard;

use flowproof::record::{ExchangeRecord, Footer, Header, ScenarioRecord, ShardRecord};
use regex::{Captures, Regex};
use serde_json::{Value, json};

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["har", journal, out, megabytes] => {
            let journal = open(journal)?;
            har(&journal, Path::new(out), number(megabytes)? * 1024 * 1024).map_err(|error| format!("{out}: {error}"))
        }
        ["journal", journal, out, scenarios] => whole(&open(journal)?, out, number(scenarios)?),
        ["journal", journal, out, scenarios, shards] => {
            split(&open(journal)?, out, number(scenarios)?, number(shards)?)
        }
        _ => Err("usage: grow har JOURNAL OUT MEGABYTES | grow journal JOURNAL OUT SCENARIOS [SHARDS]".into()),
    }
}

fn open(path: &str) -> Result<Journal, String> {
    Journal::open(Path::new(path)).map_err(|error| format!("{path}: {error}"))
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn whole(journal: &Journal, out: &str, scenarios: usize) -> Result<(), String> {
    let path = PathBuf::from(format!("{out}.jsonl"));
    copies(journal, &path, scenarios, None).map_err(|error| format!("{}: {error}", path.display()))
}

fn split(journal: &Journal, out: &str, scenarios: usize, of: usize) -> Result<(), String> {
    (1..=of).try_for_each(|index| {
        let path = PathBuf::from(format!("{out}-{index}.jsonl"));
        let shard = ShardRecord { index, of };
        copies(journal, &path, scenarios, Some(shard)).map_err(|error| format!("{}: {error}", path.display()))
    })
}

/// Writes a journal of so many scenarios, or those of them that belong to a shard.
///
/// # Errors
/// When the journal cannot be read or the file not written.
pub(crate) fn copies(journal: &Journal, path: &Path, scenarios: usize, shard: Option<ShardRecord>) -> io::Result<()> {
    let names = names(journal, scenarios);
    let held = |name: &str| shard.is_none_or(|shard| shard::holds(shard, name));
    let mut out = Digesting::new(BufWriter::with_capacity(256 * 1024, File::create(path)?));
    let planned = names.iter().filter(|(name, _, _)| held(name)).count();
    append(&mut out, &JournalLine::Header(Box::new(Header { scenarios: planned, shard, ..journal.header().clone() })))?;
    let mut counts = Counts::default();
    let chosen = names.iter().filter(|(name, _, _)| held(name));
    for (index, (name, at, copy)) in chosen.enumerate() {
        let record = copied(&record(journal, *at)?, *copy)?;
        let record = ScenarioRecord { name: name.clone(), index, ..record };
        counts.take(&record);
        append(&mut out, &JournalLine::Scenario(Box::new(record)))?;
    }
    let ended = journal.footer().cloned().ok_or_else(|| io::Error::other("the run did not finish"))?;
    let footer = Footer { counts, digest: out.digest(), exit_code: counts.exit_code().code(), ..ended };
    append(&mut out, &JournalLine::Footer(footer))?;
    out.flush()
}

/// The name of every copy, with the position of its scenario and the number of the copy.
fn names(journal: &Journal, scenarios: usize) -> Vec<(String, usize, usize)> {
    let entries = journal.entries();
    let place = |number: usize| (number % entries.len(), number / entries.len());
    let named = |(at, copy): (usize, usize)| (format!("{}/copy-{copy}", entries[at].name), at, copy);
    (0..scenarios).map(|number| named(place(number))).collect()
}

/// What a journal hides. A HAR hides nothing, so an id stands in its place: most of what is secret is one.
static SECRET: LazyLock<Regex> = LazyLock::new(|| Regex::new("‹[^‹›]*?([0-9])( bytes)?›").expect("it is valid"));

/// Writes a HAR of at least so many bytes.
///
/// # Errors
/// When the journal cannot be read or the file not written.
pub(crate) fn har(journal: &Journal, path: &Path, bytes: usize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(256 * 1024, File::create(path)?);
    out.write_all(br#"{"log":{"version":"1.2","creator":{"name":"grow","version":"1"},"entries":["#)?;
    let mut written = 0;
    for copy in 0.. {
        for at in 0..journal.entries().len() {
            for exchange in copied(&record(journal, at)?, copy)?.exchanges {
                let text = entry(&exchange).to_string();
                let text = SECRET.replace_all(&text, "5ec2e700-0000-4000-8000-00000000000$1");
                out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
                out.write_all(text.as_bytes())?;
                written += text.len() + 2;
                if written >= bytes {
                    out.write_all(b"\n]}}\n")?;
                    return out.flush();
                }
            }
        }
    }
    Ok(())
}

fn record(journal: &Journal, at: usize) -> io::Result<ScenarioRecord> {
    journal.record(&journal.entries()[at]).map_err(io::Error::other)
}

/// A copy of a record with other ids: the first eight digits of every UUID depend on the number of the copy.
fn copied(record: &ScenarioRecord, copy: usize) -> io::Result<ScenarioRecord> {
    static ID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})").expect("it is valid")
    });
    let text = serde_json::to_string(record)?;
    let other = ID.replace_all(&text, |id: &Captures<'_>| {
        let first = u32::from_str_radix(&id[1], 16).unwrap_or_default();
        format!("{:08x}{}", first ^ u32::try_from(copy).unwrap_or_default(), &id[2])
    });
    match other {
        Cow::Borrowed(_) => Ok(record.clone()),
        Cow::Owned(text) => Ok(serde_json::from_str(&text)?),
    }
}

/// An exchange as browsers and proxies write it.
fn entry(exchange: &ExchangeRecord) -> Value {
    let (first, total) = (millis(exchange.first_byte_us), millis(exchange.total_us));
    let request = &exchange.request;
    let mut sent = json!({
        "method": request.method, "url": request.url, "httpVersion": "HTTP/1.1", "cookies": [], "queryString": [],
        "headers": fields(&request.headers), "headersSize": -1, "bodySize": -1,
    });
    if let Some(body) = &request.body {
        sent["postData"] = json!({ "mimeType": media_type(&request.headers), "text": body.text });
    }
    json!({
        "startedDateTime": exchange.started_at, "time": total, "request": sent, "response": received(exchange), "cache": {},
        "timings": { "send": 0, "wait": first, "receive": total - first },
    })
}

/// What came back; a browser writes status 0 where nothing did.
fn received(exchange: &ExchangeRecord) -> Value {
    let Some(response) = &exchange.response else { return json!({ "status": 0, "headers": [], "content": {} }) };
    let text = response.body.as_ref().map_or("", |body| &body.text);
    json!({
        "status": response.status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "redirectURL": "",
        "headers": fields(&response.headers), "headersSize": -1, "bodySize": -1,
        "content": { "size": text.len(), "mimeType": media_type(&response.headers), "text": text },
    })
}

/// The header fields, without a length: a text that stands in the place of a secret has another one.
fn fields(headers: &[(String, String)]) -> Vec<Value> {
    let kept = headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    kept.map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn media_type(headers: &[(String, String)]) -> &str {
    let stated = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    stated.map_or("", |(_, value)| value)
}

#[allow(clippy::cast_precision_loss)]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}
