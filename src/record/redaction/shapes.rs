//! Credentials that are known by their looks: signed tokens, users and passwords in URLs, what stands after the scheme of an
//! authorization, and after a name that says that it is secret.
//!
//! One pass over a text finds the words that they begin with or stand behind; only there is anything read. Deliberately not
//! here: secrets that are known by value, which look like anything, and escapes (see [`super::view`]).

use std::ops::Range;
use std::sync::LazyLock;

use ::base64::Engine as _;
use aho_corasick::{AhoCorasick, MatchKind};

use crate::base::base64;

use super::masks::{CREDENTIALS, SECRET, TOKEN};
use super::named::{self, NamedValue};
use super::runs::{Run, Runs};

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

/// What is as long after the name of a scheme is no word.
const LONG: usize = 20;
/// What has digits is none from this length on.
const TELLING: usize = 8;
/// No user and password are longer.
const PAIR: usize = 1024;
/// As much of a long stretch is looked at as says what it is.
const NEAR: usize = 256;

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

/// Whether a text is one word, such as the name of a header field or an id: in such a one nothing looks like a credential, and nothing
/// is written with escapes. Both need a sign.
pub(super) fn is_one_word(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Everything in a text that looks like a credential and is no mark.
pub(super) fn credentials(text: &[u8]) -> impl Iterator<Item = Credential> {
    let runs = Runs::of(text);
    let words = WORDS.find_iter(text);
    let found = words.filter_map(move |word| credential(&runs, word.range(), word.pattern().as_usize()));
    found.filter(|credential| !text[credential.range.clone()].starts_with("‹".as_bytes()))
}

fn credential(runs: &Runs<'_>, word: Range<usize>, which: usize) -> Option<Credential> {
    let of = |kind: CredentialKind| move |range: Range<usize>| Credential { range, kind };
    match which {
        0 => token(runs, word).map(of(CredentialKind::Token)),
        1 => userinfo(runs, word).map(of(CredentialKind::Userinfo)),
        2 => basic(runs, &word).map(of(CredentialKind::Basic)),
        3 => bearer(runs, &word).map(of(CredentialKind::Bearer)),
        _ => named::value(runs, word.end).map(|named| of_named(runs.text, named)),
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
fn token(runs: &Runs<'_>, word: Range<usize>) -> Option<Range<usize>> {
    if runs.text[word.clone()] != *b"eyJ" {
        return None;
    }
    let mut end = runs.end(Run::UrlSafe, word.end);
    let (first, mut parts) = (end - word.start, 0);
    while parts < 4 && runs.text.get(end) == Some(&b'.') {
        end = runs.end(Run::UrlSafe, end + 1);
        parts += 1;
    }
    (first >= TELLING && parts > 0).then_some(word.start..end)
}

/// User and password before the host of a URL.
fn userinfo(runs: &Runs<'_>, slashes: Range<usize>) -> Option<Range<usize>> {
    let before = slashes.start.checked_sub(1).map(|before| runs.text[before]);
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"/.-_~%@)".contains(&byte)) {
        return None;
    }
    let from = slashes.end;
    let url = from..runs.end(Run::QuotedUrl, from);
    let at = at_sign(runs, &url).or_else(|| at_sign(runs, &beyond_quote(runs, url)?))?;
    is_userinfo(runs.text, slashes.start, from..at).then_some(from..at)
}

/// The at sign that ends user and password: the last of the authority, for people forget to escape those in passwords.
fn at_sign(runs: &Runs<'_>, url: &Range<usize>) -> Option<usize> {
    let authority = authority(&runs.text[url.clone()]);
    let last = authority.iter().rposition(|byte| *byte == b'@').map(|at| url.start + at);
    last.or_else(|| beyond(runs, url, authority))
}

fn authority(url: &[u8]) -> &[u8] {
    &url[..url.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(url.len())]
}

/// The at sign behind a password that holds a slash: what looks like a port is none.
fn beyond(runs: &Runs<'_>, url: &Range<usize>, authority: &[u8]) -> Option<usize> {
    if !has_password(authority) {
        return None;
    }
    let first = Some(runs.end(Run::BeforeAt, url.start)).filter(|first| *first < url.end)?;
    let near = self::authority(&runs.text[first..url.end.min(first + NEAR)]);
    near.iter().rposition(|byte| *byte == b'@').map(|last| first + last)
}

/// Whether what stands behind the colon of an authority is no port.
fn has_password(authority: &[u8]) -> bool {
    let Some(colon) = authority.iter().rposition(|byte| *byte == b':') else { return false };
    let port = &authority[colon + 1..];
    let is_template = port.starts_with(b"{") && port.ends_with(b"}");
    !(is_template || port.iter().all(u8::is_ascii_digit) || authority.contains(&b'['))
}

/// The URL as it goes on behind a single quote, which may stand in a password; not where such a quote opened it.
fn beyond_quote(runs: &Runs<'_>, url: Range<usize>) -> Option<Range<usize>> {
    let is_quote = runs.text.get(url.end) == Some(&b'\'');
    let opened = scheme(runs.text, url.start).start.checked_sub(1).is_some_and(|before| runs.text[before] == b'\'');
    let goes_on = is_quote && !opened && has_password(authority(&runs.text[url.clone()]));
    goes_on.then(|| url.start..runs.end(Run::Url, url.start))
}

/// The name of the scheme before an authority, with its colon and slashes.
fn scheme(text: &[u8], authority: usize) -> Range<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.:/".contains(byte);
    authority - text[..authority].iter().rev().take(40).take_while(is_part).count()..authority
}

/// Whether what stands before an at sign is what it seems: not in a path of XPath (`//a[@b]`), before the digest of an image,
/// or in a template; and whoever logs in by SSH has no password in the URL.
fn is_userinfo(text: &[u8], slashes: usize, userinfo: Range<usize>) -> bool {
    let (shown, host) = (&text[userinfo.clone()], &text[userinfo.end + 1..]);
    let Some(last) = shown.last() else { return false };
    let has_scheme = slashes > 0 && text[slashes - 1] == b':';
    let is_path = *last == b'[' || (*last == b'/' && !has_scheme);
    let is_image = host.starts_with(b"sha256:") || host.starts_with(b"sha512:");
    let near = &shown[..shown.len().min(NEAR)];
    let is_login = is_ssh(&text[scheme(text, userinfo.start)]) && near.iter().all(u8::is_ascii_alphabetic);
    !(is_path || is_image || is_login || near.windows(2).any(|pair| pair == b"{{"))
}

fn is_ssh(scheme: &[u8]) -> bool {
    scheme.ends_with(b"ssh://") || scheme.ends_with(b"sftp://")
}

/// What stands after the name of a scheme.
struct AfterScheme {
    range: Range<usize>,
    /// Whether only blanks stand between.
    at_once: bool,
}

fn after_scheme(runs: &Runs<'_>, scheme: &Range<usize>) -> Option<AfterScheme> {
    let text = runs.text;
    if scheme.start.checked_sub(1).is_some_and(|before| text[before].is_ascii_alphanumeric()) {
        return None;
    }
    let from = scheme.end + gap(&text[scheme.end..]);
    let at_once = !text[scheme.end..from].iter().any(|byte| b":=\"'`".contains(byte));
    let token = &text[from..runs.end(Run::OfToken, from)];
    let length = token.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    let padding = text[from + length..].iter().take_while(|byte| **byte == b'=').count();
    (from > scheme.end && length > 0).then_some(AfterScheme { range: from..from + length + padding, at_once })
}

/// How much stands between the name of a scheme and what is after it: blanks, however they are written, and quotes.
fn gap(rest: &[u8]) -> usize {
    let is_gap = |byte: &&u8| byte.is_ascii_whitespace() || b"+:=\"'`".contains(byte);
    if rest.starts_with(b"%20") { 3 } else { rest.iter().take_while(is_gap).count() }
}

/// A pair, or what is too long for a word.
fn basic(runs: &Runs<'_>, scheme: &Range<usize>) -> Option<Range<usize>> {
    let AfterScheme { range, at_once } = after_scheme(runs, scheme)?;
    let value = &runs.text[range.clone()];
    let may_be_pair = (at_once || value.len() >= TELLING) && value.len() <= PAIR;
    ((at_once && is_long(value)) || (may_be_pair && pair(value).is_some())).then_some(range)
}

/// Whatever is no word, and no parameter of a challenge (`Bearer realm="a"`).
fn bearer(runs: &Runs<'_>, scheme: &Range<usize>) -> Option<Range<usize>> {
    let AfterScheme { range, .. } = after_scheme(runs, scheme)?;
    let value = &runs.text[range.clone()];
    let is_parameter =
        value.ends_with(b"=") && runs.text.get(range.end).is_some_and(|byte| !byte.is_ascii_whitespace());
    let has_digits = || value.len() >= TELLING && value.len() < LONG && value.iter().any(u8::is_ascii_digit);
    (is_long(value) || (!is_parameter && has_digits())).then_some(range)
}

/// Whether something is too long for a word, and is not several of them either (`authentication/authorization`).
fn is_long(value: &[u8]) -> bool {
    let words =
        |part: &[u8]| part.is_empty() || part[1..].iter().all(u8::is_ascii_lowercase) && part[0].is_ascii_alphabetic();
    let near = &value[..value.len().min(NEAR)];
    value.len() >= LONG && !near.split(|byte| !byte.is_ascii_alphanumeric()).all(words)
}

/// User and password of Basic credentials.
pub(super) fn pair(value: &[u8]) -> Option<(String, String)> {
    let standard = |byte: &u8| match *byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let end = value.iter().rposition(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte))? + 1;
    let decoded = base64::LENIENT.decode(value[..end].iter().map(standard).collect::<Vec<u8>>()).ok()?;
    if decoded.iter().any(u8::is_ascii_control) {
        return None;
    }
    let (user, password) =
        String::from_utf8_lossy(&decoded).split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    Some((user, password))
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

    /// reported/21: notations in which a name and its value stand apart, and URLs that hold more than their grammar allows.
    #[test]
    fn x05_a_value_is_hidden_in_the_notations_of_other_languages_too() {
        for text in [
            "user[password]=q7Zk4Wm01&a=1",
            "user%5Bpassword%5D=q7Zk4Wm01",
            "; name=\"user[password]\"\r\n\r\nq7Zk4Wm01\r\n--zz",
            "; name=pin\r\n\r\nq7Zk4Wm01\r\n--zz",
            r#"mutation { login(email: "a", password: "q7Zk4Wm01") }"#,
            r#"{"query":"mutation { login(password: \"q7Zk4Wm01\") }"}"#,
            r#""password"=>"q7Zk4Wm01""#,
            "{'password': \"q7Zk4Wm01\"}",
            "password = 'q7Zk4Wm01'",
            r#"{"X-Api-Key":["q7Zk4Wm01"]}"#,
            r#"{"name":"X-API-Key","in":"header","value":"q7Zk4Wm01"}"#,
            r#"{"type":"field","value":"q7Zk4Wm01","path":"password"}"#,
            "curl -H 'X-API-Key: q7Zk4Wm01' https://h",
            "API key q7Zk4Wm01abc is revoked",
            "{\"password\":\"q7Zk4Wm01{{\"}",
            "<input name='pin' value='q7Zk4Wm01>x'>",
            "Basic \"dTpxN1prNFdtMDE=\"",
            r#"{"basic":"dTpxN1prNFdtMDE="}"#,
            r#"{"bearer":"q7Zk4Wm01"}"#,
            "postgres://u:q7'Zk4Wm01@h/db",
            "https%3A%2F%2Fu%3Aq7%27Zk4Wm01%40h",
            "postgres://u:q7/Zk4@Wm01@h/db",
        ] {
            let clean = by_looks().json(text);
            let left = ["q7", "Zk4", "Wm01", "cTda", "dTpx"].iter().any(|part| clean.contains(part));
            assert!(!left && clean.contains('‹'), "{text} → {clean}");
        }
    }

    #[test]
    fn x05_what_ordinary_answers_and_pages_say_stays_as_it_is() {
        for same in [
            "https://docs.example/errors?code=ERR_404_NOT_FOUND",
            "https://docs.example/errors?code=INVALID_REQUEST_PARAMETER_VALUE",
            r#"{"pin": 7, "totp": 1}"#,
            r#"{"pin": 52.5161, "otp": 1e10}"#,
            r#"{"password":["This field is required 2 times."],"pwd":"/home/me","isSecret":"false"}"#,
            r#"{"password":"https://a.example/users/1/password"}"#,
            r#"{"nextPageToken":"CAUQAA1234","next_token":"AAAA1234bbbb","ticket":"PROJ-12345"}"#,
            r#"<a accesskey="s" href="/">"#,
            "curl -u <user>:<password> https://h, then <b>wait</b>",
            "<script>if(token==null1234||password===x1234567)</script>",
            "<p>[{\"name\":\"password\",\"type\":\"a\"}] value=\"b1234567\"</p>",
            "<input name=\"pin\">\n\n<p>Enter it</p>",
            "//a[@href] and //ns:a/@href and //*[@id='x']",
            "docker-pullable://nginx:1.25@sha256:0123456789abcdef",
            "https://{tenant}:{port}/v2/@me",
            "git+ssh://git@github.com/a/b.git",
            "['//h:8080','b@c'] https://registry.example/@scope/pkg",
            "basic authentication/authorization, Basic troubleshooting-guide/overview",
            "bearer internationalization-support",
            r#"{"scheme":"Bearer","format":"JWT"}"#,
            r#"{"label":"Password:","b":"q7Zk4Wm01"}"#,
            "password: string, token: 2025-01-01",
            "arn:aws:secretsmanager:eu-1:123:secret:MyDb-a1b2c3",
        ] {
            assert_eq!(by_looks().json(same), same);
        }
    }

    /// A text that a stranger made: words everywhere, and runs that do not end.
    #[test]
    fn the_bytes_that_are_read_grow_with_the_length_of_the_text() {
        for word in [
            "eyJ",
            "eyJhbGci.",
            "EYJ",
            "//",
            "://",
            ",//",
            "//a:b@",
            "//a:b",
            "basic+",
            "bearer+",
            "basic .",
            "code=",
            "?code=",
            "token=",
            "password=",
            "apikey=//",
            "apikey=://",
            "<<<<",
            "<password>",
            "<password><![CDATA[",
            "<name=\"pin\" ",
            "name=\"",
            "name=\"pin\"",
            "; name=\"pin\"",
            "\"pin\":\"",
            ":\"pin\"",
            "\"pin\":[\"",
            "%25",
            "&amp;",
            "\\u0025",
            "password=\"",
            "password='password=\"",
            "token ",
            "secret: ",
            "API key",
        ] {
            let text = word.repeat(65536 / word.len());
            let runs = Runs::of(text.as_bytes());
            WORDS.find_iter(&text).for_each(|word| {
                credential(&runs, word.range(), word.pattern().as_usize());
            });
            assert!(runs.steps() <= 8 * text.len(), "{word}: {}", runs.steps());
        }
    }
}
