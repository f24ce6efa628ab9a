//! Header fields as tools write them into a HAR.
//!
//! Deliberately not here: what a field means.

use super::json::Json;
use super::lenient::Lenient;
use crate::record::Headers;

/// The header fields at a pointer, without the pseudo fields of HTTP/2; nothing where there is no list of them. Values that
/// were joined by a line break are several fields, and so are cookies that were joined by a comma.
pub(super) fn at(entry: &Lenient<'_>, pointer: &str) -> Option<Headers> {
    let mut fields = Vec::new();
    match entry.value.find(pointer)? {
        Json::List(list) => {
            fields.reserve_exact(list.len());
            for field in list {
                if let Some(name) = field.get("name").and_then(Json::as_str) {
                    add(&mut fields, entry, name, field.get("value"));
                }
            }
        }
        Json::Object(members) => {
            members.iter().for_each(|(name, value)| add(&mut fields, entry, name.as_str(), Some(value)));
        }
        _ => return None,
    }
    Some(Headers(fields))
}

/// Adds what stands under a name.
fn add(fields: &mut Vec<(String, Vec<u8>)>, entry: &Lenient<'_>, name: &str, values: Option<&Json<'_>>) {
    if name.is_empty() || name.starts_with(':') {
        return;
    }
    let mut add_one = |value: &str| fields.push((name.to_owned(), entry.bytes(value)));
    let cookies = name.eq_ignore_ascii_case("set-cookie");
    for value in values.and_then(Json::as_str).unwrap_or_default().split('\n') {
        let value = value.trim_end_matches('\r');
        if cookies { apart(value).into_iter().for_each(&mut add_one) } else { add_one(value) }
    }
}

/// The single number that the Content-Length fields state.
pub(super) fn content_length(headers: &Headers) -> Option<u64> {
    let mut stated = headers.all("content-length").map(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
    let first = stated.next()??;
    stated.all(|other| other == Some(first)).then_some(first)
}

/// Several cookies that were joined by commas. A comma begins a cookie where a name and `=` follow it; in a date it does not.
fn apart(joined: &str) -> Vec<&str> {
    let mut cookies = Vec::new();
    let mut begin = 0;
    for (at, _) in joined.match_indices(',') {
        if begins_cookie(&joined[at + 1..]) {
            cookies.push(joined[begin..at].trim());
            begin = at + 1;
        }
    }
    cookies.push(joined[begin..].trim());
    cookies
}

fn begins_cookie(text: &str) -> bool {
    let is_part_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let name = text.trim_start().split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(is_part_of_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<(String, String)> {
        let headers = Lenient::read(json.as_bytes(), |entry| at(entry, "/h")).expect("JSON").expect("fields");
        headers.0.into_iter().map(|(name, value)| (name, String::from_utf8(value).expect("UTF-8"))).collect()
    }

    /// Recordings by chrome-har join by a line break, those by requests-har by a comma.
    #[test]
    fn cookies_that_were_joined_are_several_fields() {
        let joined = "ST=a; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/, T=b, U=\\\"c,d\\\"\\nV=; expires=Sunday, 06-Nov-94 08:49:37 GMT";
        let read = read(&format!(
            r#"{{"h":[{{"name":"Set-Cookie","value":"{joined}"}},{{"name":"Vary","value":"a, b=c"}}]}}"#
        ));
        let values: Vec<&str> = read.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(
            values,
            [
                "ST=a; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/",
                "T=b",
                "U=\"c,d\"",
                "V=; expires=Sunday, 06-Nov-94 08:49:37 GMT",
                "a, b=c"
            ]
        );
    }

    #[test]
    fn a_length_counts_where_it_is_one() {
        let length = |values: &[&str]| {
            content_length(&Headers(
                values.iter().map(|value| ("Content-Length".into(), value.as_bytes().to_vec())).collect(),
            ))
        };
        assert_eq!(length(&["7"]), Some(7));
        assert_eq!(length(&["7", " 7"]), Some(7));
        assert_eq!((length(&["7", "8"]), length(&["x"]), length(&[])), (None, None, None));
    }
}
