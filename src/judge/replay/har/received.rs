//! What came back, by an entry of a HAR; or why that cannot be known.
//!
//! Browsers keep no body of a redirect, write answers of the cache as if they had been sent, and note in members of their own
//! that a page went away before its answers had arrived. What was not sent, or not all of it, has no verdict.
//!
//! Deliberately not here: the bytes of a body that is there.

use bytes::Bytes;

use super::attached::Attached;
use super::content;
use super::fields::{self, content_length};
use super::json::Json;
use super::lenient::Lenient;
use crate::base::content::is_answered_with_content;
use crate::record::{Headers, Phase, Request, Response, TransportError};

/// Where tools say why there is no answer, or not all of one.
const FAILURES: [&str; 3] = ["/response/_failureText", "/response/_error", "/_error"];
/// Where else a reason may stand.
const NOTES: [&str; 2] = ["/response/statusText", "/comment"];

/// An answer, and whether its body is one that recorders do not keep.
pub(super) struct Received {
    /// The answer, or why there is none to be judged.
    pub outcome: Result<Response, TransportError>,
    /// Whether the body was not kept: nobody knows it.
    pub lacks_body: bool,
}

/// Reads the answer to a request.
pub(super) fn answer(entry: &Lenient<'_>, request: &Request, attached: &Attached) -> Received {
    let status =
        entry.number("/response/status").filter(|status| status.fract() == 0.0 && (100.0..65536.0).contains(status));
    let Some(status) = status else { return Received::none(unanswered(entry)) };
    // In range, and whole.
    let status = status as u16;
    let lost = |message: &str| TransportError { phase: Phase::Limit, message: message.to_owned() };
    let Some(mut headers) = fields::at(entry, "/response/headers") else {
        return Received::none(lost("the answer's header fields are not in the HAR"));
    };
    let stated = entry.text("/response/content/mimeType").filter(|_| headers.0.is_empty() && !is_redirect(status));
    headers.0.extend(stated.map(|stated| ("content-type".into(), stated.as_bytes().to_vec())));
    let answer = Answer { entry, request, status, headers: &headers };
    match answer.body(attached) {
        Ok(body) => {
            let lacks_body = body.is_none();
            let body = body.unwrap_or_default();
            Received { outcome: Ok(Response { status, headers, body }), lacks_body }
        }
        Err(reason) => Received::none(lost(&reason)),
    }
}

impl Received {
    fn none(error: TransportError) -> Self {
        Self { outcome: Err(error), lacks_body: false }
    }
}

/// A status below 100 stands for what was blocked, cancelled, or never reached a server.
fn unanswered(entry: &Lenient<'_>) -> TransportError {
    let note = FAILURES.iter().chain(&NOTES).find_map(|pointer| entry.text(pointer));
    let why = note.map_or("; the request was blocked or cancelled".into(), |note| format!(": {note}"));
    TransportError { phase: Phase::FirstByte, message: format!("no answer was recorded{why}") }
}

fn is_redirect(status: u16) -> bool {
    (300..400).contains(&status) && status != 304
}

/// An answer of which the body is still to be found.
struct Answer<'a> {
    entry: &'a Lenient<'a>,
    request: &'a Request,
    status: u16,
    headers: &'a Headers,
}

impl Answer<'_> {
    /// The body; nothing where recorders do not keep it, the reason where it cannot be known.
    fn body(&self, attached: &Attached) -> Result<Option<Bytes>, String> {
        if !self.may_have_body() {
            // With a 304, browsers write the body that they had.
            return Ok(Some(Bytes::new()));
        }
        if self.is_of_cache() {
            return Err("the answer was taken from the browser's cache, and not sent in this exchange".into());
        }
        let body = self.kept(attached);
        let failure = FAILURES.iter().find_map(|pointer| self.entry.text(pointer));
        match (failure, body) {
            (Some(failure), body) if !self.is_whole(body.as_ref()) => Err(format!("the answer is cut off: {failure}")),
            (_, Some(body)) => body.map(Some),
            (_, None) if is_redirect(self.status) && content_length(self.headers) != Some(0) => Ok(None),
            (_, None) => self.missing().map_or(Ok(Some(Bytes::new())), Err),
        }
    }

    fn may_have_body(&self) -> bool {
        is_answered_with_content(&self.request.method, self.status)
    }

    /// The body in the HAR or in a file of its own.
    fn kept(&self, attached: &Attached) -> Option<Result<Bytes, String>> {
        if let Some(text) = self.entry.text("/response/content/text") {
            return Some(content::received(self.entry, text, self.headers));
        }
        let name = self.entry.text("/response/content/_file")?;
        Some(attached.read(name).and_then(|body| content::as_sent(body, self.headers, false)))
    }

    /// Whether nothing is missing though the browser notes a failure: it does so where nobody read an empty answer.
    fn is_whole(&self, body: Option<&Result<Bytes, String>>) -> bool {
        let length = content_length(self.headers);
        match body {
            None => length == Some(0) || is_redirect(self.status),
            Some(body) => length.is_some() && body.is_ok(),
        }
    }

    /// Whether the body is that of an earlier answer: it says so, nothing was transferred, or only the fields of a 304 came.
    fn is_of_cache(&self) -> bool {
        let says_so = |value: &Json<'_>| !matches!(value, Json::Null | Json::Bool(false));
        let noted = ["/_fromCache", "/response/_fromCache", "/response/fromCache"];
        if noted.iter().any(|pointer| self.entry.value.find(pointer).is_some_and(says_so)) {
            return true;
        }
        let has_text = self.has("/response/content/text") || self.has("/response/content/_file");
        has_text && (self.entry.number("/response/_transferSize") == Some(0.0) || self.is_revalidated())
    }

    fn has(&self, pointer: &str) -> bool {
        self.entry.text(pointer).is_some()
    }

    fn is_revalidated(&self) -> bool {
        let asked = |name| self.request.headers.all(name).next().is_some();
        let says = |name| self.headers.all(name).next().is_some();
        let size = self.entry.number("/response/bodySize").unwrap_or(-1.0);
        let is_asked = asked("if-none-match") || asked("if-modified-since");
        let is_described = ["content-type", "content-length", "transfer-encoding"].into_iter().any(says);
        self.status == 200 && !is_described && (size == 0.0 || (size < 0.0 && is_asked))
    }

    /// Why an absent body is not an empty one.
    fn missing(&self) -> Option<String> {
        let size = self.entry.number("/response/content/size");
        let bytes =
            size.into_iter().chain(content_length(self.headers).map(|length| length as f64)).find(|size| *size > 0.0);
        if let Some(bytes) = bytes {
            return Some(format!("the body, {bytes} bytes, is not in the HAR; export it with response bodies"));
        }
        let is_empty = size == Some(0.0)
            || content_length(self.headers) == Some(0)
            || self.entry.value.find("/response/content/text").is_some();
        let is_described =
            self.headers.all("content-type").chain(self.headers.all("transfer-encoding")).next().is_some();
        (!is_empty && is_described).then(|| "whether the answer had a body is not in the HAR".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(method: &str, response: Value) -> Received {
        let entry = json!({ "request": { "headers": [] }, "response": response });
        let request = Request {
            method: method.into(),
            url: "https://a.example/".into(),
            headers: Headers::default(),
            body: None,
        };
        let attached = Attached::Folder("nowhere".into());
        Lenient::read(entry.to_string().as_bytes(), |entry| answer(entry, &request, &attached)).expect("JSON")
    }

    fn get(response: Value) -> Result<Response, String> {
        read("GET", response).outcome.map_err(|error| error.message)
    }

    fn fields(list: &[(&str, &str)]) -> Value {
        list.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
    }

    /// reported/25: 200.0 was no status.
    #[test]
    fn a_status_is_a_whole_number_however_it_is_written() {
        for status in [json!(200), json!(200.0), json!("200")] {
            assert_eq!(get(json!({ "status": status, "headers": [] })).map(|answer| answer.status), Ok(200));
        }
        for status in [json!(-1), json!(0), json!(99), json!(200.5), json!(null), json!(1e9)] {
            let answer = json!({ "status": status, "headers": [], "_failureText": "net::ERR_FAILED", "content": {} });
            assert!(get(answer).expect_err("no status").contains("net::ERR_FAILED"), "{status}");
        }
    }

    #[test]
    fn what_a_page_did_not_wait_for_is_cut_off_and_an_empty_answer_is_whole() {
        let aborted = |status: u16, headers: &[(&str, &str)], text: Value| {
            get(json!({ "status": status, "headers": fields(headers), "_error": "net::ERR_ABORTED",
                        "content": { "size": -1, "text": text } }))
        };
        let json = ("Content-Type", "application/json");
        assert!(aborted(200, &[json], Value::Null).expect_err("cut").contains("net::ERR_ABORTED"));
        assert!(aborted(200, &[json], json!("{\"a\":")).is_err());
        assert!(aborted(200, &[json, ("Content-Length", "7")], json!("{\"a\":")).is_err());
        assert!(aborted(200, &[json, ("Content-Length", "2")], json!("{}")).is_ok(), "all of it had come");
        assert!(aborted(200, &[("Content-Length", "0")], Value::Null).is_ok());
        assert!(aborted(204, &[], Value::Null).is_ok());
    }

    #[test]
    fn an_answer_of_the_cache_was_not_sent() {
        let content = json!({ "size": 2, "text": "{}", "mimeType": "application/json" });
        let typed = fields(&[("Content-Type", "application/json")]);
        for answer in [
            json!({ "status": 200, "headers": fields(&[("ETag", "7")]), "bodySize": 0, "content": content }),
            json!({ "status": 200, "headers": typed, "_transferSize": 0, "content": content }),
            json!({ "status": 200, "headers": typed, "_fromCache": "disk", "content": content }),
        ] {
            assert!(get(answer).expect_err("not sent").contains("cache"));
        }
        assert!(get(json!({ "status": 200, "headers": typed, "bodySize": 0, "content": content })).is_ok());
        let known = get(json!({ "status": 304, "headers": [], "content": content })).expect("judged by its fields");
        assert!(known.body.is_empty(), "a 304 has no body; the text is that of the cache");
    }

    #[test]
    fn a_redirect_is_judged_by_status_and_fields_and_its_body_is_unknown() {
        let headers = fields(&[("Location", "/b"), ("Content-Length", "5")]);
        let content = json!({ "size": -1, "mimeType": "text/html" });
        let read = read("GET", json!({ "status": 302, "headers": headers, "content": content }));
        assert!(read.lacks_body);
        assert!(
            read.outcome.expect("an answer").headers.get("content-type").is_none(),
            "it is that of the next answer"
        );
        let empty = fields(&[("Content-Length", "0")]);
        assert!(!super::tests::read("GET", json!({ "status": 302, "headers": empty })).lacks_body);
    }

    #[test]
    fn a_body_that_is_not_there_is_missing_unless_there_was_none() {
        let typed = || fields(&[("Content-Type", "application/json")]);
        assert!(get(json!({ "status": 200, "headers": typed(), "content": { "size": 7 } })).is_err());
        assert!(get(json!({ "status": 200, "headers": typed(), "content": {} })).is_err());
        assert!(get(json!({ "status": 200, "headers": fields(&[("Content-Length", "7")]), "content": {} })).is_err());
        assert!(get(json!({ "status": 200, "headers": typed(), "content": { "size": 0 } })).is_ok());
        assert!(get(json!({ "status": 200, "headers": typed(), "content": { "size": -1, "text": "" } })).is_ok());
        assert!(get(json!({ "status": 200, "headers": [], "content": {} })).is_ok());
        assert!(read("HEAD", json!({ "status": 200, "headers": typed(), "content": { "size": 7 } })).outcome.is_ok());
    }
}
