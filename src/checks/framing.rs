//! `framing`: an answer says once, and without contradiction, where its body ends and how it is written.
//!
//! Programs on the way settle such contradictions differently, which is how one answer becomes part of another. What is
//! so broken that no answer can be read is no finding: the transport says so then.

use super::{Case, Check};
use crate::base::json::BOM;
use crate::base::media_range::MediaRange;
use crate::base::media_type::is_json;
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "framing",
    level: Level::Warn,
    promise: "An answer has one rule for the end of its body, no body where none can be, header fields in ASCII, and JSON \
              in UTF-8 without a byte order mark and without a charset that says otherwise.",
    source: "RFC 9112, section 6.3; RFC 9110, sections 5.5 and 6.4.1; RFC 8259, sections 8.1 and 11",
    example: "Content-Length and Transfer-Encoding together: a proxy mistakes the end of one response for the beginning of the next.",
    advice: "Each of these works with some clients and breaks others; fix it where the response is produced.",
    needs: &[],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let rules = [ambiguous_end, type_of_nothing, charset, byte_order_mark];
    let findings = rules.iter().filter_map(|rule| rule(case));
    Some(findings.chain(foreign_bytes(case)).collect())
}

fn ambiguous_end(case: &Case<'_>) -> Option<Finding> {
    let response = case.response;
    if !response.headers.is_ambiguously_framed(response.status) {
        return None;
    }
    let message = match response.status {
        204 | 304 => format!("status {} has no body, but the header says that one follows", response.status),
        _ => "ambiguous framing (RFC 9112, section 6.3): Content-Length and Transfer-Encoding at once".into(),
    };
    Some(Finding::new(format!("{message}; the connection was given up")))
}

fn type_of_nothing(case: &Case<'_>) -> Option<Finding> {
    let status = case.response.status;
    let stated = case.response.headers.get("content-type").filter(|_| matches!(status, 204 | 205))?;
    Some(Finding {
        pointer: Some("header:Content-Type".into()),
        actual: Some(stated),
        ..Finding::new(format!("status {status} has no body, but a Content-Type"))
    })
}

fn charset(case: &Case<'_>) -> Option<Finding> {
    let stated = case.response.headers.get("content-type")?;
    let media_type = MediaRange::parse(&stated).filter(|_| is_json(&stated))?;
    let charsets: Vec<String> = media_type.parameter("charset").map(|value| value.to_ascii_lowercase()).collect();
    let message = match charsets.as_slice() {
        [] => return None,
        [one] if one == "utf-8" || one == "utf8" => return None,
        [_] => "JSON is always UTF-8; the charset says otherwise",
        _ => "the charset is stated more than once",
    };
    Some(Finding { pointer: Some("header:Content-Type".into()), actual: Some(stated.clone()), ..Finding::new(message) })
}

fn byte_order_mark(case: &Case<'_>) -> Option<Finding> {
    let starts = case.response.body.starts_with(BOM.as_bytes()) && case.media_type.is_some() && case.is_json();
    starts.then(|| Finding::new("the body begins with a byte order mark (BOM), which JSON must not have"))
}

fn foreign_bytes<'a>(case: &Case<'a>) -> impl Iterator<Item = Finding> + use<'a> {
    let fields = case.response.headers.0.iter().filter(|(_, value)| !value.is_ascii());
    let observation = case.observation;
    let fields = fields.filter(|(_, value)| !observation.hides(&String::from_utf8_lossy(value)));
    fields.map(|(name, value)| Finding {
        pointer: Some(format!("header:{name}")),
        actual: Some(value.escape_ascii().to_string()),
        ..Finding::new(format!("the header field {name} holds bytes that are not ASCII"))
    })
}
