//! Credentials that are known by their looks: signed tokens, users and passwords in URLs, what stands after the scheme of an
//! authorization, and after a name that says that it is secret.
//!
//! One pass over a text finds the words that they begin with or stand behind; only there is anything read. Deliberately not
//! here: secrets that are known by value, which look like anything, and escapes (see [`super::view`]).

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::masks::{CREDENTIALS, SECRET, TOKEN};
use super::named::{self, NamedValue};

/// Where something may begin; what is not among the first few is the end of a name.
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = [
        "eyj",
        "//",
        "basic",
        "bearer",
        "assertion",
        "authorization",
        "code",
        "credential",
        "credentials",
        "jsessionid",
        "jwt",
        "key",
        "otp",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "phpsessid",
        "pin",
        "pwd",
        "secret",
        "sig",
        "signature",
        "ticket",
        "token",
        "verifier",
    ];
    let builder =
        AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest).build(words);
    builder.expect("literal words build an automaton")
});

/// Base64 as people leave it: with or without padding.
static BASE64: LazyLock<GeneralPurpose> = LazyLock::new(|| {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, config.with_decode_allow_trailing_bits(true))
});

/// What is as long after the name of a scheme is no word.
const LONG: usize = 20;
/// What has digits is none from this length on.
const TELLING: usize = 8;

/// What kind of credential it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialKind {
    /// A signed token, or an encrypted one.
    Token,
    /// User and password of a URL.
    Userinfo,
    /// A pair in base64.
    Basic,
    /// Whatever a bearer shows.
    Bearer,
    /// The value of a name; where the name stands.
    Named(usize, usize),
    /// What a sentence calls a secret.
    Told,
}

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credential {
    pub(super) range: Range<usize>,
    pub(super) kind: CredentialKind,
}

impl Credential {
    /// What is shown instead.
    pub(super) fn mark(&self) -> &'static str {
        match self.kind {
            CredentialKind::Token => TOKEN,
            CredentialKind::Named(..) | CredentialKind::Told => SECRET,
            CredentialKind::Userinfo | CredentialKind::Basic | CredentialKind::Bearer => CREDENTIALS,
        }
    }
}

/// Everything in a text that looks like a credential and is no mark.
pub(super) fn credentials(text: &[u8]) -> impl Iterator<Item = Credential> {
    let found = WORDS.find_iter(text).filter_map(|word| credential(text, word.range(), word.pattern().as_usize()));
    found.filter(|credential| !text[credential.range.clone()].starts_with("‹".as_bytes()))
}

fn credential(text: &[u8], word: Range<usize>, which: usize) -> Option<Credential> {
    let of = |kind: CredentialKind| move |range: Range<usize>| Credential { range, kind };
    match which {
        0 => token(text, word).map(of(CredentialKind::Token)),
        1 => userinfo(text, word).map(of(CredentialKind::Userinfo)),
        2 => after_scheme(text, &word).filter(|range| is_basic(&text[range.clone()])).map(of(CredentialKind::Basic)),
        3 => after_scheme(text, &word).filter(|range| is_bearer(text, range)).map(of(CredentialKind::Bearer)),
        _ => named::value(text, word.end).map(|named| of_named(text, named)),
    }
}

fn of_named(text: &[u8], named: NamedValue) -> Credential {
    let NamedValue { name, value, told } = named;
    let kind = if told { CredentialKind::Told } else { CredentialKind::Named(name.start, name.end) };
    Credential { range: without_scheme(&text[value.clone()]) + value.start..value.end, kind }
}

/// How long the name of a scheme is, with its blank, with which the value of a header field begins.
fn without_scheme(value: &[u8]) -> usize {
    let scheme = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if scheme > 0 && value.get(scheme) == Some(&b' ') && value.len() > scheme + 1 { scheme + 1 } else { 0 }
}

/// A JSON Web Token, perhaps without its last part; parts of JSON objects begin with `eyJ`.
fn token(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let part = |from: usize| from + text[from..].iter().take_while(|byte| is_url_safe(**byte)).count();
    let mut end = part(word.end);
    let (first, mut parts) = (end - word.start, 0);
    while parts < 4 && text.get(end) == Some(&b'.') {
        end = part(end + 1);
        parts += 1;
    }
    (text[word.clone()] == *b"eyJ" && first >= TELLING && parts > 0).then_some(word.start..end)
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-".contains(&byte)
}

/// User and password before the host of a URL, as far as the last at sign: people forget to escape those in passwords, and
/// slashes, too.
fn userinfo(text: &[u8], slashes: Range<usize>) -> Option<Range<usize>> {
    let before = slashes.start.checked_sub(1).map(|before| text[before]);
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"/.-_~%@)".contains(&byte)) {
        return None;
    }
    let from = slashes.end;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || b"\"'<>`\\".contains(byte);
    let url = &text[from..from + text[from..].iter().position(ends).unwrap_or(text.len() - from)];
    let authority = &url[..url.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(url.len())];
    let at = authority.iter().rposition(|byte| *byte == b'@').or_else(|| beyond(url, authority))?;
    let hides = at > 0 && !url[..at].windows(2).any(|pair| pair == b"{{");
    hides.then_some(from..from + at)
}

/// The at sign behind a password that holds a slash: what looks like a port is none.
fn beyond(url: &[u8], authority: &[u8]) -> Option<usize> {
    let colon = authority.iter().rposition(|byte| *byte == b':')?;
    let is_port = authority[colon + 1..].iter().all(u8::is_ascii_digit) || authority.contains(&b'[');
    if is_port { None } else { url.iter().position(|byte| *byte == b'@') }
}

/// What stands after the name of a scheme.
fn after_scheme(text: &[u8], scheme: &Range<usize>) -> Option<Range<usize>> {
    if scheme.start.checked_sub(1).is_some_and(|before| text[before].is_ascii_alphanumeric()) {
        return None;
    }
    let rest = &text[scheme.end..];
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b'+').count();
    let gap = if rest.starts_with(b"%20") { 3 } else { blanks };
    let from = scheme.end + gap;
    let token = &text[from..from + text[from..].iter().take_while(|byte| is_of_token(**byte)).count()];
    let length = token.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    let padding = text[from + length..].iter().take_while(|byte| **byte == b'=').count();
    (gap > 0 && length > 0).then_some(from..from + length + padding)
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~+/%-".contains(&byte)
}

fn is_basic(value: &[u8]) -> bool {
    value.len() >= LONG || pair(value).is_some()
}

/// User and password of Basic credentials.
pub(super) fn pair(value: &[u8]) -> Option<(String, String)> {
    let standard = |byte: &u8| match *byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let end = value.iter().rposition(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte))? + 1;
    let decoded = BASE64.decode(value[..end].iter().map(standard).collect::<Vec<u8>>()).ok()?;
    if decoded.iter().any(u8::is_ascii_control) {
        return None;
    }
    let (user, password) =
        String::from_utf8_lossy(&decoded).split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    Some((user, password))
}

/// Whether it is no word, and no parameter of a challenge (`Bearer realm="a"`).
fn is_bearer(text: &[u8], range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    let is_parameter = value.ends_with(b"=") && text.get(range.end).is_some_and(|byte| !byte.is_ascii_whitespace());
    let has_digits = value.len() >= TELLING && value.iter().any(u8::is_ascii_digit);
    value.len() >= LONG || (has_digits && !is_parameter)
}

/// The parts of a token that give it away on their own: payload and signature; every part of an encrypted one.
pub(super) fn parts(token: &str) -> impl Iterator<Item = (&'static str, &str)> {
    let names = ["jwt-payload", "jwt-signature", "jwt-part", "jwt-part"];
    names.into_iter().zip(token.split('.').skip(1)).filter(|(_, part)| part.len() >= 16)
}

#[cfg(test)]
mod tests {
    use super::super::by_looks;
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLTEyMzQ1Ng";

    fn hidden(text: &str) -> String {
        by_looks().text(text)
    }

    #[test]
    fn x05_a_token_is_known_by_its_shape_and_so_are_its_parts() {
        let text = format!("a={TOKEN}&b=eyJ.x, eyJhbGci {TOKEN}");
        assert_eq!(hidden(&text), "a=‹token›&b=eyJ.x, eyJhbGci ‹token›");
        let parts: Vec<_> = parts(TOKEN).collect();
        assert_eq!(parts, [("jwt-payload", "eyJzdWIiOiJhbGljZSJ9"), ("jwt-signature", "c2lnbmF0dXJlLTEyMzQ1Ng")]);
    }

    #[test]
    fn x14_what_looks_like_a_credential_is_hidden_even_where_nobody_knows_it() {
        assert_eq!(hidden(&format!("cannot decode {TOKEN}!")), "cannot decode ‹token›!");
        assert_eq!(hidden("Authorization: Basic YWJjOmRlZmdoaWprbG1ubw=="), "Authorization: Basic ‹credentials›");
        assert_eq!(hidden("https://me:pw@host/a"), "https://‹credentials›@host/a");
        for plain in [
            "https://host/a?b=c@d, Basic authentication",
            "https://host:8080/a@b",
            "https://[::1]:80/a@b",
            "Bearer realm=\"a1234567\", error=\"invalid_token\"",
            "https://‹credentials›@host",
            "https://{{user}}@host",
            "// see a@b",
            "a//b@c",
            "the bearer is gone, a basic plan",
        ] {
            assert_eq!(hidden(plain), plain);
        }
    }

    /// reported/21, and its siblings.
    #[test]
    fn x14_users_and_passwords_of_urls_are_hidden_in_any_scheme_and_however_they_are_written() {
        for text in [
            "postgres://u:CANARY@h/db",
            "mongodb+srv://u:CANARY@a.example,b.example/?x=1",
            "redis://:CANARY@h",
            "https://CANARY@h",
            "//u:CANARY@h/a",
            "\"//u:CANARY@h/a\"",
            "postgres://u:CAN@ARY@h/db",
            "postgres://u:CAN/ARY@h/db",
            r"https:\/\/u:CANARY@h",
            r"https:\u002F\u002Fu:CANARY\u0040h",
            "https%3A%2F%2Fu%3ACANARY%40h",
            "a=https%253A%252F%252Fu%253ACANARY%2540h",
            "https:&#x2F;&#x2F;u:CANARY&#64;h",
            "jdbc:mysql://u:CANARY@h/db",
        ] {
            let clean = hidden(text);
            assert!(!clean.contains("CAN") && !clean.contains("ARY"), "{text} → {clean}");
        }
    }

    /// reported/21: Basic credentials in a body, short ones, too.
    #[test]
    fn x14_what_stands_after_a_scheme_is_hidden_where_it_is_a_pair_or_no_word() {
        assert_eq!(hidden("basic dTpwdw=="), "basic ‹credentials›");
        assert_eq!(hidden("Basic dTpwdw."), "Basic ‹credentials›.");
        assert_eq!(hidden(r#"{"Authorization":"Basic dTpwdw=="}"#), r#"{"Authorization":"Basic ‹secret›"}"#);
        assert_eq!(hidden("bearer q7Zk4Wm01"), "bearer ‹credentials›");
        assert_eq!(hidden("a=Basic%20dTpwdw%3D%3D&b"), "a=Basic%20‹credentials›&b");
    }

    /// reported/21: a key by its name, and the notations in which one may stand.
    #[test]
    fn x05_a_value_whose_name_says_that_it_is_secret_is_hidden_in_every_notation() {
        for (text, clean) in [
            (r#"{"X-API-Key":"q7Zk4Wm01"}"#, r#"{"X-API-Key":"‹secret›"}"#),
            (r#"{"a":"{\"x_api_key\" : \"q7Zk4Wm01\"}"}"#, r#"{"a":"{\"x_api_key\" : \"‹secret›\"}"}"#),
            ("/a?next=%2Flogin%3Fpassword%3Dq7Zk&b=1", "/a?next=%2Flogin%3Fpassword%3D‹secret›&b=1"),
            ("<https://h/?sig=q7Zk4Wm01>; rel=next", "<https://h/?sig=‹secret›>; rel=next"),
            ("jdbc:x://h/db?user=a&password=q7Zk#x", "jdbc:x://h/db?user=a&password=‹secret›#x"),
            ("Server=h;Password=q7Zk;X=1", "Server=h;Password=‹secret›;X=1"),
            ("<password>q7Zk</password>", "<password>‹secret›</password>"),
            ("<o:apiKey><![CDATA[q7Zk]]></o:apiKey>", "<o:apiKey><![CDATA[‹secret›]]></o:apiKey>"),
            (
                r#"<input name="password" type="text" value="q7Zk">"#,
                r#"<input name="password" type="text" value="‹secret›">"#,
            ),
            ("<input value='q7Zk' name='pin'>", "<input value='‹secret›' name='pin'>"),
            ("; name=\"pin\"\r\n\r\nq7Zk\r\n--zz", "; name=\"pin\"\r\n\r\n‹secret›\r\n--zz"),
            (r#"[{"name":"X-API-Key","value":"q7Zk"}]"#, r#"[{"name":"X-API-Key","value":"‹secret›"}]"#),
            (r#"{"pin": 1234}"#, r#"{"pin": "‹secret›"}"#),
        ] {
            assert_eq!(by_looks().json(text), clean);
        }
        for same in [
            r#"{"token":"required","password":{"a":1},"secret":null,"pin":true,"tokenType":"q7Zk4Wm01"}"#,
            r#"{"a":"\"password\":","b":"x"}"#,
            "password: string, otp = 123456, type=password&code=404",
            r#"{"password":"{{user.password}}","otp":"‹otp#1›","token":"[Filtered]"}"#,
        ] {
            assert_eq!(by_looks().json(same), same);
        }
    }

    /// reported/21, entry 8: what is said of a token in a sentence.
    #[test]
    fn x14_what_a_sentence_calls_a_token_is_hidden_unless_it_is_a_word() {
        assert_eq!(hidden("the token CANARY17q7Zk4Wm expired"), "the token ‹secret› expired");
        assert_eq!(hidden("password \"q7Zk4Wm01abc\" is wrong"), "password \"‹secret›\" is wrong");
        for plain in ["the token that was sent", "a secret of 20250101", "key q7Zk4Wm01abcdefg", "token 1"] {
            assert_eq!(hidden(plain), plain);
        }
    }
}
