//! What was sent, by an entry of a HAR.
//!
//! Tools leave bodies out that were sent: of files, of DELETE, of requests that were made by a script. Then nobody knows it,
//! which is not the same as that there was none.
//!
//! Deliberately not here: the answer.

use bytes::Bytes;

use super::attached::Attached;
use super::content::decoded;
use super::fields::{self, content_length};
use super::json::Json;
use super::lenient::Lenient;
use crate::base::media_type::essence;
use crate::record::Request;

/// Reads the request of an entry.
pub(super) fn request(entry: &Lenient<'_>, url: &str, attached: &Attached) -> Request {
    let mut headers = fields::at(entry, "/request/headers").unwrap_or_default();
    let stated = entry.text("/request/postData/mimeType");
    if let Some(stated) = stated.filter(|_| headers.get("content-type").is_none()) {
        headers.0.push(("content-type".into(), stated.as_bytes().to_vec()));
    }
    Request {
        method: entry.text("/request/method").unwrap_or("GET").to_uppercase(),
        url: url.split('#').next().unwrap_or_default().to_owned(),
        body: body(entry, attached, headers.get("content-type").as_deref()),
        headers,
    }
}

/// As text, in a file, or as the fields of a form.
fn body(entry: &Lenient<'_>, attached: &Attached, media_type: Option<&str>) -> Option<Bytes> {
    if let Some(given) = entry.text("/request/postData/text") {
        let encoding = ["/request/postData/encoding", "/request/postData/_encoding"];
        let encoding = encoding.iter().find_map(|pointer| entry.text(pointer));
        return Some(decoded(entry, given, encoding).unwrap_or_else(|_| entry.bytes(given).into()));
    }
    if let Some(name) = entry.text("/request/postData/_file") {
        return attached.read(name).ok();
    }
    // Of a form in parts the fields are known, but not how they were sent.
    let is_form = media_type.is_none_or(|given| essence(given) == "application/x-www-form-urlencoded");
    let fields = entry.value.find("/request/postData/params")?.as_list();
    fields.filter(|fields| is_form && !fields.is_empty()).map(|fields| form(fields))
}

/// The fields of a form, which some tools list as they were sent, and some decoded.
fn form(fields: &[Json<'_>]) -> Bytes {
    let part = |field: &Json<'_>, name: &str| field.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let pairs: Vec<(String, String)> = fields.iter().map(|field| (part(field, "name"), part(field, "value"))).collect();
    let texts = || pairs.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    if texts().all(is_encoding) && texts().any(|text| text.contains('%')) {
        let sent: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        return sent.join("&").into();
    }
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into()
}

/// Whether a text could be one that was percent-encoded.
fn is_encoding(text: &str) -> bool {
    let is_escape =
        |rest: &str| rest.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~*+%!'()".contains(&byte);
    text.bytes().all(plain) && text.split('%').skip(1).all(is_escape)
}

/// Whether a request may have had a body that the entry does not hold.
pub(super) fn may_lack_body(request: &Request) -> bool {
    if request.body.as_ref().is_some_and(|body| !body.is_empty()) {
        return false;
    }
    let has = |name| request.headers.all(name).next().is_some();
    match content_length(&request.headers) {
        Some(length) => length > 0,
        None => has("transfer-encoding") || (has("content-type") && !matches!(request.method.as_str(), "GET" | "HEAD")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(request: Value) -> Request {
        let json = json!({ "request": request }).to_string();
        let attached = Attached::Folder("nowhere".into());
        let read = Lenient::read(json.as_bytes(), |entry| super::request(entry, "https://a.example/", &attached));
        read.expect("JSON")
    }

    /// Chromium lists the fields of a form as they were sent, mitmproxy decoded, Playwright not at all.
    #[test]
    fn a_form_is_its_text_or_else_its_fields_whoever_listed_them() {
        let form = |value: &str| json!([{ "name": "a", "value": value }, { "name": "b", "value": "x" }]);
        for (params, text, expected) in [
            (form("1%202%2B"), "", "a=1%202%2B&b=x"),
            (form("1 2+"), "", "a=1+2%2B&b=x"),
            (form("100%"), "", "a=100%25&b=x"),
            (form("1+2"), "", "a=1%2B2&b=x"),
            (json!([]), "a=1%202", "a=1%202"),
        ] {
            let data = json!({ "mimeType": "application/x-www-form-urlencoded", "text": text, "params": params });
            let request = read(json!({ "method": "POST", "postData": data }));
            assert_eq!(request.body.as_deref(), Some(expected.as_bytes()));
        }
    }

    #[test]
    fn a_body_that_was_not_kept_is_unknown_and_not_empty() {
        let lacks = |method: &str, fields: &[(&str, &str)], data: Value| {
            let headers: Vec<Value> =
                fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
            may_lack_body(&read(json!({ "method": method, "headers": headers, "postData": data })))
        };
        assert!(lacks("DELETE", &[("Content-Length", "7")], Value::Null));
        assert!(lacks("POST", &[("Content-Length", "7")], json!({ "mimeType": "", "text": "" })));
        assert!(lacks("POST", &[("Content-Type", "image/png")], Value::Null));
        assert!(lacks(
            "POST",
            &[],
            json!({ "mimeType": "multipart/form-data", "params": [{ "name": "a", "fileName": "b" }] })
        ));
        assert!(lacks("POST", &[("Content-Type", "a/b")], json!({ "text": "", "_file": "gone.dat" })));
        assert!(!lacks("POST", &[("Content-Type", "a/b"), ("Content-Length", "0")], Value::Null));
        assert!(!lacks("POST", &[], Value::Null));
        assert!(!lacks("POST", &[("Content-Length", "1")], json!({ "text": "x" })));
    }
}
