//! Credentials that are known by their looks: signed tokens, authorization headers, users and passwords in URLs.
//!
//! Deliberately not here: secrets that are known by value, which look like anything.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A JSON Web Token, signed or encrypted, perhaps without its last part; parts of JSON objects begin with `eyJ`.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}"));
static CREDENTIALS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(bearer|basic)(\s+|%20|\+)([A-Za-z0-9._~+/%-]{20,}=*)"));
static USER: LazyLock<Regex> = LazyLock::new(|| pattern(r"://[^/?#\s@]+@"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a literal pattern")
}

/// Every token in a text.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    // Searched for by hand first: as a rule there is none.
    let from = text.find("eyJ").unwrap_or(text.len());
    let found = (from < text.len()).then(|| TOKEN.find_iter(&text[from..]));
    found.into_iter().flatten().map(|found| found.as_str()).filter(|token| token.len() > 16)
}

/// The parts of a token that give it away on their own: payload and signature; every part of an encrypted one.
pub(crate) fn parts(token: &str) -> impl Iterator<Item = (&'static str, &str)> {
    let names = ["jwt-payload", "jwt-signature", "jwt-part", "jwt-part"];
    names.into_iter().zip(token.split('.').skip(1)).filter(|(_, part)| part.len() >= 16)
}

/// The text with everything hidden that looks like a credential.
pub(crate) fn hidden(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains("eyJ") {
        text = replaced(text, &TOKEN, |_| "‹token›".to_owned());
    }
    if CREDENTIALS.is_match(&text) {
        text = replaced(text, &CREDENTIALS, |found| format!("{}{}‹credentials›", &found[1], &found[2]));
    }
    if text.contains("://") {
        text = replaced(text, &USER, |_| "://‹credentials›@".to_owned());
    }
    text
}

fn replaced<'t>(text: Cow<'t, str>, pattern: &Regex, by: impl Fn(&Captures<'_>) -> String) -> Cow<'t, str> {
    match pattern.replace_all(&text, by) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLTEyMzQ1Ng";

    #[test]
    fn x05_a_token_is_known_by_its_shape_and_so_are_its_parts() {
        let text = format!("a={TOKEN}&b=eyJ.x, eyJhbGci {TOKEN}");
        assert_eq!(tokens(&text).collect::<Vec<_>>(), [TOKEN, TOKEN]);
        let parts: Vec<_> = parts(TOKEN).collect();
        assert_eq!(parts, [("jwt-payload", "eyJzdWIiOiJhbGljZSJ9"), ("jwt-signature", "c2lnbmF0dXJlLTEyMzQ1Ng")]);
    }

    #[test]
    fn x14_what_looks_like_a_credential_is_hidden_even_where_nobody_knows_it() {
        assert_eq!(hidden(&format!("cannot decode {TOKEN}!")), "cannot decode ‹token›!");
        assert_eq!(hidden("Authorization: Basic YWJjOmRlZmdoaWprbG1ubw=="), "Authorization: Basic ‹credentials›");
        assert_eq!(hidden("https://me:pw@host/a"), "https://‹credentials›@host/a");
        assert_eq!(hidden("https://host/a?b=c@d, Basic authentication"), "https://host/a?b=c@d, Basic authentication");
    }
}
