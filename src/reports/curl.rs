//! A curl line that repeats a recorded request.
//!
//! What was masked stays a mark, such as `‹token#1›`, for the reader to fill in. Words are quoted for bash and zsh, and
//! no character in them can steer a terminal or begin a line. Deliberately not here: running anything.

use crate::record::{ExchangeRecord, Header, RequestRecord};

use crate::base::text::visible;
use crate::base::trace_context::TRACEPARENT;

/// Header fields that are left out: those that curl fills in by itself, and what says which request of a trace it is.
const LEFT_OUT: &[&str] = &["content-length", TRACEPARENT, "transfer-encoding"];

/// The command that repeats an exchange's request, one option a line. Where its target ended with the run, a comment says so.
pub fn curl(header: &Header, exchange: &ExchangeRecord) -> String {
    let mut command = command(exchange);
    if header.target.kind == "embedded" {
        command.push_str("\n# this stand-in is gone: start `flowproof tenant`, and use its address and ids");
    }
    command
}

fn command(exchange: &ExchangeRecord) -> String {
    let request = &exchange.request;
    let mut words = vec![start(request)];
    words.extend(headers(request));
    words.extend(request.body.as_ref().map(|body| format!("--data-raw {}", quoted(&body.text))));
    let mut command = words.join(" \\\n  ");
    if let Some(body) = request.body.as_ref().filter(|body| body.cut) {
        command.push_str(&format!("\n# the body was cut: {} bytes were sent", body.bytes));
    }
    command
}

fn start(request: &RequestRecord) -> String {
    let method = match (request.method.as_str(), &request.body) {
        ("GET", None) => String::new(),
        ("HEAD", None) => "--head ".into(),
        (method, _) => format!("-X {} ", quoted(method)),
    };
    // Without this, curl would expand brackets and braces in the URL.
    let globbing = if request.url.contains(['[', ']', '{', '}']) { "--globoff " } else { "" };
    // Without this, it would resolve dots before it sends anything.
    let dots = if has_dot_segments(&request.url) { "--path-as-is " } else { "" };
    format!("curl {globbing}{dots}{method}{}", quoted(&request.url))
}

fn has_dot_segments(url: &str) -> bool {
    url.split(['?', '#']).next().unwrap_or_default().split('/').any(|segment| matches!(segment, "." | ".."))
}

fn headers(request: &RequestRecord) -> Vec<String> {
    let sent = request.headers.iter().filter(|(name, _)| !is(name, LEFT_OUT));
    let mut options: Vec<_> = sent.map(|(name, value)| header(name, value)).collect();
    // Curl adds these two unless it is told not to.
    let lacks = |field| !request.headers.iter().any(|(name, _)| is(name, &[field]));
    if lacks("accept") {
        options.push("-H 'Accept:'".into());
    }
    if request.body.is_some() && lacks("content-type") {
        options.push("-H 'Content-Type:'".into());
    }
    options
}

fn is(name: &str, fields: &[&str]) -> bool {
    fields.iter().any(|field| name.eq_ignore_ascii_case(field))
}

fn header(name: &str, value: &str) -> String {
    // A field without a value is written with a semicolon; with a colon curl would remove it.
    let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
    format!("-H {}", quoted(&field))
}

/// A word as the shell reads it back, without line breaks, control characters or workflow commands.
pub(super) fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c)) {
        return word.to_owned();
    }
    if visible(word) != word || word.contains(['\n', '\t']) || word.contains("##") {
        return format!("$'{}'", word.chars().map(ansi_c).collect::<String>());
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A character inside `$'…'`.
fn ansi_c(c: char) -> String {
    match c {
        '\n' => r"\n".into(),
        '\t' => r"\t".into(),
        '\'' | '\\' => format!("\\{c}"),
        '#' => r"\x23".into(),
        c if c.is_ascii_control() => format!("\\x{:02x}", c as u32),
        c if visible(c.encode_utf8(&mut [0; 4])) != c.to_string() => format!("\\U{:08x}", c as u32),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::BodyRecord;
    use chrono::DateTime;

    fn exchange(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&str>) -> ExchangeRecord {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let body = body.map(|text| BodyRecord { text: text.into(), bytes: text.len(), cut: false });
        ExchangeRecord {
            resent: None,
            trace: None,
            step: 0,
            operation: None,
            started_at: DateTime::UNIX_EPOCH,
            first_byte_us: 0,
            total_us: 0,
            request: RequestRecord { method: method.into(), url: url.into(), headers, body },
            response: None,
            error: None,
        }
    }

    #[test]
    fn a_request_is_repeated_with_its_headers_and_body_and_marks_stay() {
        let headers = [("Authorization", "Bearer ‹token#1›"), ("Accept", "*/*"), ("Content-Type", "application/json")];
        let line = command(&exchange("POST", "http://127.0.0.1:1/e/flows", &headers, Some(r#"{"a":"it's"}"#)));
        assert_eq!(
            line,
            "curl -X POST http://127.0.0.1:1/e/flows \\\n  -H 'Authorization: Bearer ‹token#1›' \\\n  -H 'Accept: */*' \
             \\\n  -H 'Content-Type: application/json' \\\n  --data-raw '{\"a\":\"it'\\''s\"}'"
        );
    }

    #[test]
    fn what_curl_would_add_by_itself_is_suppressed() {
        let line = command(&exchange("POST", "http://h/", &[("Content-Length", "1")], Some("x")));
        assert_eq!(line, "curl -X POST http://h/ \\\n  -H 'Accept:' \\\n  -H 'Content-Type:' \\\n  --data-raw x");
    }

    #[test]
    fn r19_r20_hostile_values_cannot_steer_a_terminal_or_begin_a_line() {
        let line =
            command(&exchange("GET", "http://h/[a]?\u{202e}", &[("X", "a\x1b[31m")], Some("\n::error::'\\##[x]")));
        assert!(line.contains("--globoff") && line.contains(r"\U0000202e") && line.contains(r"\x1b[31m"), "{line}");
        assert!(line.contains(r"$'\n::error::\'\\\x23\x23[x]'"), "{line}");
        assert_eq!(line.lines().count(), 5, "{line}");
    }

    #[test]
    fn an_empty_header_stays_in_the_request() {
        assert!(command(&exchange("GET", "http://h/", &[("X", "")], None)).contains("-H 'X;'"));
    }
}
