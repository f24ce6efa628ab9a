//! JSON pointers (RFC 6901): one token escaped, unescaped, or added to a pointer, and what a pointer leads to.
//!
//! Deliberately not here: references between documents.

use std::borrow::Cow;

use serde_json::Value;

/// Escapes a member's name so that it can stand as one token of a pointer.
pub fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

/// The member's name that an escaped token stands for.
pub fn unescape(token: &str) -> Cow<'_, str> {
    // Tokens are too short to be searched in any other way.
    let Some(at) = token.bytes().position(|byte| byte == b'~') else { return token.into() };
    let (before, escaped) = (&token[..at], &token[at + 1..]);
    let mut name = String::with_capacity(token.len());
    name.push_str(before);
    for part in escaped.split('~') {
        let (sign, rest) = match part.as_bytes().first() {
            Some(b'1') => ('/', &part[1..]),
            Some(b'0') => ('~', &part[1..]),
            _ => ('~', part),
        };
        name.push(sign);
        name.push_str(rest);
    }
    name.into()
}

/// The pointer that consists of these names.
pub fn pointer_of(path: &[Cow<'_, str>]) -> String {
    path.iter().fold(String::new(), |pointer, name| join(&pointer, name))
}

/// The pointer to a member of what a pointer leads to.
pub fn join(pointer: &str, name: &str) -> String {
    let name = escape(name);
    let mut joined = String::with_capacity(pointer.len() + 1 + name.len());
    joined.extend([pointer, "/", &name]);
    joined
}

/// What a pointer leads to. `serde_json` finds the same, and copies every token twice on the way.
pub fn find<'v>(root: &'v Value, pointer: &str) -> Option<&'v Value> {
    let (mut value, mut rest) = (root, pointer);
    while !rest.is_empty() {
        let path = rest.strip_prefix('/')?;
        let token;
        (token, rest) = path.split_at(path.bytes().position(|byte| byte == b'/').unwrap_or(path.len()));
        value = match value {
            Value::Object(members) => members.get(&*unescape(token))?,
            Value::Array(entries) => entries.get(index(token)?)?,
            _ => return None,
        };
    }
    Some(value)
}

fn index(token: &str) -> Option<usize> {
    let is_plain = !token.starts_with('+') && (token == "0" || !token.starts_with('0'));
    token.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pointer_leads_where_serde_json_says_that_it_leads() {
        let value = json!({"a": [{"b/c": 1}, [2]], "": {"": 3}, "m~n": 4, "~1": 5, "0": 6});
        let pointers =
            ["", "/", "//", "/a/0/b~1c", "/a/1/0", "/a/01", "/a/+1", "/a/2", "/a/-", "/m~0n", "/~01", "/0", "a"];
        for pointer in pointers {
            assert_eq!(find(&value, pointer), value.pointer(pointer), "{pointer}");
        }
    }

    #[test]
    fn a_name_is_the_same_after_it_was_escaped_and_unescaped() {
        for (name, token) in [("a", "a"), ("a/b", "a~1b"), ("m~n", "m~0n"), ("~1", "~01"), ("~~//", "~0~0~1~1")] {
            assert_eq!((escape(name).as_ref(), unescape(token).as_ref()), (token, name));
        }
        assert_eq!(join("/x", "a/b"), "/x/a~1b");
    }
}
