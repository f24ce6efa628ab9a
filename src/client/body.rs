//! The body of a request in the media type of its operation: JSON, a form, parts, text or bytes.
//!
//! An object `{ base64: … }` stands for bytes where the media type is neither JSON nor a form. Deliberately not here: whether a body
//! fits its schema.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::arguments::text;
use super::call::Call;
use super::style;
use crate::base::digest::sha256;
use crate::base::media_type::{essence, is_json};
use crate::base::pointer::join;
use crate::contract::{Contract, Location, ParameterForm};

/// A body, and the Content-Type that tells how to read it.
pub(super) struct WrittenBody {
    pub(super) bytes: Bytes,
    /// Where it is not the documented one, word for word.
    pub(super) media_type: Option<String>,
}

/// Writes the body of a call, if it has one.
pub(super) fn write(call: &Call<'_>) -> Option<WrittenBody> {
    let (body, request) = (call.body.as_ref()?, call.operation.body());
    let documented = request.map_or("application/json", |request| request.media_type.as_str());
    let concrete = concrete(documented, body);
    let media_type = (concrete != documented).then(|| concrete.to_owned());
    let form = Form { contract: call.contract(), operation: &call.operation.pointer };
    let bytes = match body {
        Value::Object(fields) if essence(concrete) == "application/x-www-form-urlencoded" => {
            let pairs = fields.iter().flat_map(|(name, value)| form.pairs(name, value));
            pairs.collect::<Vec<_>>().join("&").into()
        }
        Value::Object(fields) if essence(concrete) == "multipart/form-data" => {
            let parts: Vec<Part> = fields.iter().flat_map(|(name, value)| form.parts(name, value)).collect();
            return Some(multipart(&parts));
        }
        body if is_json(concrete) => body.to_string().into(),
        body => bytes_of(body),
    };
    Some(WrittenBody { bytes, media_type })
}

/// What is sent where a whole range of media types is documented.
fn concrete<'a>(documented: &'a str, body: &Value) -> &'a str {
    match (documented.trim(), body) {
        ("*/*" | "application/*", Value::Object(fields)) if !fields.contains_key("base64") => "application/json",
        ("*/*" | "application/*", Value::Array(_)) => "application/json",
        ("*/*" | "text/*", Value::String(_)) => "text/plain",
        (range, _) if range.contains('*') => "application/octet-stream",
        _ => documented,
    }
}

/// A text as it stands; `{ base64: … }` as the bytes it stands for.
fn bytes_of(value: &Value) -> Bytes {
    let encoded = value.get("base64").and_then(Value::as_str);
    match encoded.and_then(|encoded| STANDARD.decode(encoded).ok()) {
        Some(bytes) => bytes.into(),
        None => text(value).into(),
    }
}

/// The fields of a form, and what the contract says of them.
struct Form<'a> {
    contract: Option<&'a Contract>,
    /// Where the media type object stands.
    operation: &'a str,
}

/// A part of `multipart/form-data`.
struct Part {
    name: String,
    file: bool,
    media_type: Option<String>,
    bytes: Bytes,
}

impl Form<'_> {
    fn encoding(&self, name: &str) -> Option<&Value> {
        let pointer = join(&join(self.operation, "encoding"), name);
        self.contract?.resolved(&pointer)
    }

    /// A field of `application/x-www-form-urlencoded`. Without a style of its own an object is written as JSON.
    fn pairs(&self, name: &str, value: &Value) -> Vec<String> {
        let encoding = self.encoding(name);
        let has_style = encoding.is_some_and(|encoding| {
            ["style", "explode", "allowReserved"].iter().any(|key| encoding.get(key).is_some())
        });
        let form = ParameterForm::of(encoding.unwrap_or(&Value::Null), Location::Query);
        // A generated client writes a list as JSON.
        let is_json = !has_style && (value.is_object() || (value.is_array() && self.contract.is_none()));
        style::in_query(name, value, ParameterForm { is_json: is_json && !value.is_string(), ..form })
    }

    /// The parts that a property makes: one for each item of a list.
    fn parts(&self, name: &str, value: &Value) -> Vec<Part> {
        let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        items.iter().map(|item| self.part(name, item)).collect()
    }

    fn part(&self, name: &str, value: &Value) -> Part {
        let stated = self.encoding(name).and_then(|encoding| encoding.get("contentType")?.as_str());
        let stated = stated.filter(|stated| !stated.contains([',', '*'])).map(str::to_owned);
        let file = value.get("base64").is_some() || self.is_binary(name);
        let usual = match value {
            _ if file => Some("application/octet-stream".to_owned()),
            Value::Object(_) => Some("application/json".to_owned()),
            _ => None,
        };
        let is_json = usual.as_deref() == Some("application/json") || stated.as_deref().is_some_and(is_json);
        let bytes = if is_json && !file { value.to_string().into() } else { bytes_of(value) };
        Part { name: name.to_owned(), file, media_type: stated.or(usual), bytes }
    }

    fn is_binary(&self, name: &str) -> bool {
        self.contract.is_some_and(|contract| contract.takes_bytes(&join(self.operation, "schema"), name))
    }
}

fn multipart(parts: &[Part]) -> WrittenBody {
    let contents: Vec<u8> = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
    // The same for the same contents, and in none of them.
    let boundary = format!("flowproof-{}", &sha256(&contents)[..24]);
    let mut body = Vec::new();
    for part in parts {
        let name = quoted(&part.name);
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name={name}").bytes());
        if part.file {
            body.extend(format!("; filename={name}").bytes());
        }
        body.extend(part.media_type.iter().flat_map(|name| format!("\r\nContent-Type: {name}").into_bytes()));
        body.extend(b"\r\n\r\n");
        body.extend(&part.bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    WrittenBody { bytes: body.into(), media_type: Some(format!("multipart/form-data; boundary={boundary}")) }
}

/// A name as browsers write it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
}
