//! JSON pointers (RFC 6901): one token escaped, unescaped, or added to a pointer.
//!
//! Deliberately not here: looking a pointer up, which `serde_json` does, and references between documents.

use std::borrow::Cow;

/// Escapes a member's name so that it can stand as one token of a pointer.
pub fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

/// The member's name that an escaped token stands for.
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

/// The pointer that consists of these names.
pub fn pointer_of(path: &[Cow<'_, str>]) -> String {
    path.iter().fold(String::new(), |pointer, name| join(&pointer, name))
}

/// The pointer to a member of what a pointer leads to.
pub fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", escape(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_after_it_was_escaped_and_unescaped() {
        for (name, token) in [("a", "a"), ("a/b", "a~1b"), ("m~n", "m~0n"), ("~1", "~01"), ("~~//", "~0~0~1~1")] {
            assert_eq!((escape(name).as_ref(), unescape(token).as_ref()), (token, name));
        }
        assert_eq!(join("/x", "a/b"), "/x/a~1b");
    }
}
