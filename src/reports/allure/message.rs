//! An exchange as two messages of HTTP, as they are attached to a step.

use std::fmt::Write as _;

use crate::base::text::visible;
use crate::record::{BodyRecord, ExchangeRecord};
use crate::reports::text::status;

/// What was sent, and what came.
pub(super) fn texts(exchange: &ExchangeRecord) -> [String; 2] {
    let request = &exchange.request;
    let sent = message(&format!("{} {}", request.method, request.url), &request.headers, request.body.as_ref());
    let came = match (&exchange.response, &exchange.error) {
        (Some(response), _) => message(&status(response.status), &response.headers, response.body.as_ref()),
        (None, Some(error)) => format!("no response: {}: {}\n", error.phase, visible(&error.message)),
        (None, None) => "no response\n".to_owned(),
    };
    [sent, came]
}

fn message(first: &str, headers: &[(String, String)], body: Option<&BodyRecord>) -> String {
    let mut text = format!("{}\n", visible(first));
    for (name, value) in headers {
        let _ = writeln!(text, "{}: {}", visible(name), visible(value));
    }
    if let Some(body) = body {
        let cut = if body.cut { format!("\n… cut here, {} bytes in all", body.bytes) } else { String::new() };
        let _ = writeln!(text, "\n{}{cut}", visible(&body.text));
    }
    text
}
