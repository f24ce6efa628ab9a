//! Users of an API from a file in the authentication format of [Web Fuzzing Commons](https://github.com/WebFuzzing/Commons), YAML or
//! JSON, as other testers of APIs read it, too.
//!
//! What a user does not say, `authTemplate` says for all. The file holds secrets, so no message shows a line of it.
//!
//! Deliberately not here: signing in (`auth::login`).

use std::path::{Path, PathBuf};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use url::Url;

use crate::auth::login::{ApiUser, Brings, Login, LoginEndpoint, PLACEHOLDER, TokenPlace, TokenSource};
use crate::base::media_type::{essence, is_json};
use crate::base::source::{Diagnostic, Span};
use crate::base::text::code_list;
use crate::base::yaml::{self, YamlContent, YamlNode};
use crate::config::table::TomlTable;
use crate::record::redaction::names::holds_secret;

/// A file of users, and which of them is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthFile {
    /// The file.
    pub file: PathBuf,
    /// The name of the user; without it, the first one is meant.
    pub user: Option<String>,
}

impl AuthFile {
    /// What a report may show.
    pub(crate) fn described(&self) -> Value {
        json!({ "file": self.file.display().to_string(), "user": self.user })
    }

    /// Reads where the file is.
    pub(super) fn decode(table: TomlTable<'_>) -> Option<Self> {
        table.require("file");
        let (file, user) = (table.path("file"), table.text("user").map(|user| user.value));
        table.end();
        Some(Self { file: file?.value, user })
    }
}

/// What is wrong with such a file. The text holds nothing of it but names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub(crate) struct AuthFileError {
    place: String,
    message: String,
}

impl AuthFileError {
    fn at(span: &Span, message: impl Into<String>) -> Self {
        Self { place: format!("{}:{}", span.source.file(), span.position().line), message: message.into() }
    }

    fn of(file: &Path, problem: Diagnostic) -> Self {
        match &problem.span {
            Some(span) => Self::at(span, problem.message),
            None => Self { place: file.display().to_string(), message: problem.message },
        }
    }
}

type Read<T> = Result<T, AuthFileError>;

/// Reads the user who is meant.
///
/// # Errors
/// When the file is not of that format, has no such user, or asks for what nobody can do.
pub(crate) fn user(auth: &AuthFile) -> Read<ApiUser> {
    let wrong = |problem| AuthFileError::of(&auth.file, problem);
    let source = yaml::read(&auth.file, &auth.file).map_err(|problem| wrong(*problem))?;
    let mut problems = Vec::new();
    let root = yaml::parse(&source, &mut problems);
    if let Some(problem) = problems.into_iter().next() {
        return Err(wrong(problem));
    }
    let root = root.ok_or_else(|| wrong(Diagnostic::whole("the file is empty")))?;
    let template = root.entry("authTemplate").map(|entry| &entry.value);
    let users: Vec<Part<'_>> = match root.entry("auth").map(|entry| &entry.value.content) {
        Some(YamlContent::Sequence(users)) => users.iter().map(|own| Part { own: Some(own), template }).collect(),
        _ => return Err(AuthFileError::at(&root.span, "there is no list of users, `auth`")),
    };
    let names = users.iter().map(|user| user.required("name")).collect::<Read<Vec<String>>>()?;
    let is_meant = |name: &String| auth.user.as_ref().is_none_or(|wanted| wanted == name);
    let Some(at) = names.iter().position(is_meant) else {
        let known = code_list(names.iter().map(String::as_str));
        let wanted = auth.user.as_deref().unwrap_or_default();
        return Err(AuthFileError::at(&root.span, format!("there is no user `{wanted}`; there is {known}")));
    };
    users[at].user(names[at].clone())
}

/// A part of what is said of a user, and what the template says in its place.
#[derive(Clone, Copy)]
struct Part<'a> {
    own: Option<&'a YamlNode>,
    template: Option<&'a YamlNode>,
}

impl<'a> Part<'a> {
    fn part(&self, key: &str) -> Option<Self> {
        let below = |node: Option<&'a YamlNode>| node?.entry(key).map(|entry| &entry.value);
        let part = Self { own: below(self.own), template: below(self.template) };
        part.node().is_some().then_some(part)
    }

    fn node(&self) -> Option<&'a YamlNode> {
        self.own.or(self.template)
    }

    fn wrong(&self, message: impl Into<String>) -> AuthFileError {
        let message = message.into();
        match self.node() {
            Some(node) => AuthFileError::at(&node.span, message),
            None => AuthFileError { place: "auth".into(), message },
        }
    }

    fn text(&self, key: &str) -> Read<Option<String>> {
        match self.part(key).and_then(|part| part.node()) {
            None => Ok(None),
            Some(YamlNode { content: YamlContent::Scalar(scalar), .. }) => Ok(Some(scalar.text.clone())),
            Some(node) => Err(AuthFileError::at(&node.span, format!("`{key}` is a text, not {}", node.describe()))),
        }
    }

    fn required(&self, key: &str) -> Read<String> {
        self.text(key)?.ok_or_else(|| self.wrong(format!("`{key}` is missing")))
    }

    /// A list of header fields, each with a name and a value.
    fn headers(&self, key: &str) -> Read<HeaderMap> {
        let mut headers = HeaderMap::new();
        let Some(part) = self.part(key) else { return Ok(headers) };
        let Some(YamlNode { content: YamlContent::Sequence(fields), .. }) = part.node() else {
            return Err(part.wrong(format!("`{key}` is a list")));
        };
        for field in fields {
            let field = Part { own: Some(field), template: None };
            let (name, value) = (field.required("name")?, field.required("value")?);
            let unfit = || field.wrong(format!("`{name}` cannot be sent as a header field"));
            let mut text = HeaderValue::from_str(value.trim()).map_err(|_| unfit())?;
            text.set_sensitive(true);
            headers.append(header_name(&name).ok_or_else(unfit)?, text);
        }
        Ok(headers)
    }

    fn user(&self, name: String) -> Read<ApiUser> {
        let headers = self.headers("fixedHeaders")?;
        if let Some(part) = self.part("createUsers") {
            let message =
                "has to be created first (`createUsers`), which Flowproof does not do; name a user who exists";
            return Err(part.wrong(format!("the user `{name}` {message}")));
        }
        let mut secrets = of_headers(&headers);
        let login = self.part("loginEndpointAuth").map(|part| part.login(&mut secrets)).transpose()?;
        if headers.is_empty() && login.is_none() {
            return Err(self.wrong(format!("the user `{name}` has neither `fixedHeaders` nor `loginEndpointAuth`")));
        }
        let mocked = self.text("requireMockHandling")?.is_some_and(|text| text == "true");
        let note = format!(
            "`{name}` needs answers of another service to be mocked (requireMockHandling), which nobody does here"
        );
        Ok(ApiUser { note: mocked.then_some(note), name, headers, login, secrets })
    }

    fn login(&self, secrets: &mut Vec<(String, SecretString)>) -> Read<Login> {
        let verb = self.required("verb")?;
        let method = Method::from_bytes(verb.as_bytes()).map_err(|_| self.wrong(format!("`{verb}` is no method")))?;
        let mut headers = self.headers("headers")?;
        secrets.extend(of_headers(&headers));
        let content_type = self.text("contentType")?;
        let body = match (self.text("payloadRaw")?, self.part("payloadUserPwd")) {
            (Some(_), Some(_)) => return Err(self.one_of("payloadRaw", "payloadUserPwd")),
            (raw, None) => raw,
            (None, Some(payload)) => {
                secrets.push(("password".into(), payload.required("password")?.into()));
                Some(payload.written_as(content_type.as_deref())?)
            }
        };
        secrets.extend(body.as_deref().map(of_body).unwrap_or_default());
        if let Some(content_type) = content_type {
            let unfit = |_| self.wrong(format!("`{content_type}` is no media type"));
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(&content_type).map_err(unfit)?);
        }
        let brings = match (self.part("token"), self.text("expectCookies")?.is_some_and(|text| text == "true")) {
            (Some(_), true) => return Err(self.one_of("token", "expectCookies")),
            (Some(token), false) => token.token()?,
            (None, true) => Brings::Cookies,
            (None, false) => return Err(self.wrong("the login brings neither a `token` nor cookies (`expectCookies`)")),
        };
        Ok(Login { method, endpoint: self.endpoint()?, headers, body: body.map(SecretString::from), brings })
    }

    fn one_of(&self, one: &str, other: &str) -> AuthFileError {
        self.wrong(format!("`{one}` and `{other}` do not go together"))
    }

    fn endpoint(&self) -> Read<LoginEndpoint> {
        match (self.text("endpoint")?, self.text("externalEndpointURL")?) {
            (Some(_), Some(_)) => Err(self.one_of("endpoint", "externalEndpointURL")),
            (Some(path), None) => Ok(LoginEndpoint::Path(path)),
            (None, Some(url)) => match Url::parse(&url) {
                Ok(url) if url.has_host() => Ok(LoginEndpoint::Elsewhere(url)),
                _ => Err(self.wrong("`externalEndpointURL` is no URL with a host")),
            },
            (None, None) => Err(self.wrong("the login has no `endpoint`")),
        }
    }

    /// Name and password in the form that the media type says.
    fn written_as(&self, content_type: Option<&str>) -> Read<String> {
        let field = |name: &str, value: &str| Ok((self.required(name)?, self.required(value)?));
        let fields: [(String, String); 2] = [field("usernameField", "username")?, field("passwordField", "password")?];
        match content_type {
            Some(given) if is_json(given) => {
                Ok(json!(fields.into_iter().map(|(name, text)| (name, text.into())).collect::<Map<_, Value>>())
                    .to_string())
            }
            Some(given) if essence(given) == "application/x-www-form-urlencoded" => {
                Ok(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
            }
            _ => Err(self.wrong(
                "`payloadUserPwd` needs a `contentType`: application/json or application/x-www-form-urlencoded",
            )),
        }
    }

    /// A token, as the format has it now, or had it up to its version 0.4.
    fn token(&self) -> Read<Brings> {
        let (selector, name) = (self.text("extractSelector")?, self.text("sendName")?);
        let (Some(selector), Some(name)) = (selector, name) else { return self.token_of_old() };
        let from = match self.required("extractFrom")?.as_str() {
            "body" => self.in_body(selector)?,
            "header" => TokenSource::Header(selector),
            _ => return Err(self.wrong("`extractFrom` is body or header")),
        };
        let template = self.text("sendTemplate")?.unwrap_or_else(|| PLACEHOLDER.to_owned());
        if !template.contains(PLACEHOLDER) {
            return Err(self.wrong(format!("`sendTemplate` has no {PLACEHOLDER}")));
        }
        let to = match self.required("sendIn")?.as_str() {
            "header" => self.in_header(&name)?,
            "query" => TokenPlace::Query(name),
            _ => return Err(self.wrong("`sendIn` is header or query")),
        };
        Ok(Brings::Token { from, to, template })
    }

    fn token_of_old(&self) -> Read<Brings> {
        let from = match (self.text("extractFromField")?, self.text("extractFromHeader")?) {
            (Some(pointer), _) => self.in_body(pointer)?,
            (None, Some(name)) => TokenSource::Header(name),
            (None, None) => return Err(self.wrong("`extractSelector` or `sendName` is missing")),
        };
        let to = self.in_header(&self.required("httpHeaderName")?)?;
        let around = |key| Ok(self.text(key)?.unwrap_or_default());
        let template = [around("headerPrefix")?, PLACEHOLDER.to_owned(), around("headerPostfix")?].concat();
        Ok(Brings::Token { from, to, template })
    }

    fn in_body(&self, pointer: String) -> Read<TokenSource> {
        if pointer.starts_with('/') {
            Ok(TokenSource::Body(pointer))
        } else {
            Err(self.wrong("what is taken from the body is named by a JSON pointer, which begins with /"))
        }
    }

    fn in_header(&self, name: &str) -> Read<TokenPlace> {
        let unfit = || self.wrong(format!("`{name}` is no name of a header field"));
        header_name(name).map(TokenPlace::Header).ok_or_else(unfit)
    }
}

fn header_name(name: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(name.trim().as_bytes()).ok()
}

/// The values of header fields; `Bearer` and the like are no part of the secret.
fn of_headers(headers: &HeaderMap) -> Vec<(String, SecretString)> {
    let secrets = headers.iter().filter_map(|(name, value)| {
        let text = value.to_str().ok()?;
        let secret = text.split_once(' ').map_or(text, |(_, secret)| secret);
        Some((name.as_str().to_owned(), SecretString::from(secret)))
    });
    secrets.collect()
}

/// What the names in a payload say is secret, be it JSON or a form.
fn of_body(body: &str) -> Vec<(String, SecretString)> {
    let fields: Vec<(String, String)> = match serde_json::from_str::<Map<String, Value>>(body) {
        Ok(fields) => fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect(),
        Err(_) => url::form_urlencoded::parse(body.as_bytes()).into_owned().collect(),
    };
    let secret = fields.into_iter().filter(|(name, value)| holds_secret(name, value));
    secret.map(|(name, value)| (name, value.into())).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret;

    use super::*;

    fn read(text: &str, name: Option<&str>) -> Result<ApiUser, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("auth.yaml");
        fs::write(&file, text).expect("written");
        let read = user(&AuthFile { file: file.clone(), user: name.map(str::to_owned) });
        read.map_err(|error| error.to_string().replace(&file.display().to_string(), "auth.yaml"))
    }

    const TWO: &str = r#"
auth:
  - name: foo
    loginEndpointAuth: { payloadRaw: '{"username": "foo", "password": "pw-of-foo"}' }
  - name: bar
    loginEndpointAuth:
      payloadUserPwd: { username: bar, password: 4567890, usernameField: user, passwordField: password }
authTemplate:
  loginEndpointAuth:
    endpoint: /login
    verb: POST
    contentType: application/json
    expectCookies: true
configs: { blackBox: "true" }
"#;

    #[test]
    fn what_a_user_does_not_say_the_template_says() {
        let body = |name| {
            let user = read(TWO, name).expect("a user");
            let login = user.login.expect("a login");
            assert_eq!(
                (login.method.as_str(), &login.headers["content-type"]),
                ("POST", &HeaderValue::from_static("application/json"))
            );
            assert!(
                matches!((login.endpoint, login.brings), (LoginEndpoint::Path(path), Brings::Cookies) if path == "/login")
            );
            let secrets: Vec<String> =
                user.secrets.iter().map(|(_, secret)| secret.expose_secret().to_owned()).collect();
            (user.name, login.body.expect("a body").expose_secret().to_owned(), secrets)
        };
        let foo =
            (String::from("foo"), r#"{"username": "foo", "password": "pw-of-foo"}"#.into(), vec!["pw-of-foo".into()]);
        assert_eq!(body(None), foo);
        let bar = (
            String::from("bar"),
            r#"{"user":"bar","password":"4567890"}"#.into(),
            vec!["4567890".into(), "4567890".into()],
        );
        assert_eq!(body(Some("bar")), bar);
        let form = TWO.replace("application/json", "application/x-www-form-urlencoded").replace("4567890", "'a b&c'");
        let bar = read(&form, Some("bar")).expect("a user").login.expect("a login");
        assert_eq!(bar.body.expect("a body").expose_secret(), "user=bar&password=a+b%26c");
    }

    #[test]
    fn a_token_is_written_as_the_format_has_it_now_and_as_it_had_it() {
        let with = |token: &str| {
            let text = format!(
                "auth: [{{ name: a, loginEndpointAuth: {{ endpoint: /l, verb: POST, token: {{ {token} }} }} }}]"
            );
            read(&text, None).map(|user| format!("{:?}", user.login.expect("a login").brings))
        };
        let now = "extractFrom: body, extractSelector: /t/a, sendIn: header, sendName: Authorization, sendTemplate: 'Bearer {token}'";
        let old = "extractFromField: /t/a, httpHeaderName: Authorization, headerPrefix: 'Bearer '";
        let expected = r#"Token { from: Body("/t/a"), to: Header("authorization"), template: "Bearer {token}" }"#;
        assert_eq!((with(now).as_deref(), with(old).as_deref()), (Ok(expected), Ok(expected)));
        let query = "extractFrom: header, extractSelector: X-Token, sendIn: query, sendName: key";
        assert_eq!(
            with(query).as_deref(),
            Ok(r#"Token { from: Header("X-Token"), to: Query("key"), template: "{token}" }"#)
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_without_a_secret() {
        let login = "auth:\n  - name: a\n    loginEndpointAuth:\n      verb: POST\n      payloadRaw: s3cret-of-a\n";
        let with = |more: &str| format!("{login}      {more}\n");
        for (text, says) in [
            ("".to_owned(), "auth.yaml:1: the file is empty"),
            ("users: []".to_owned(), "auth.yaml:1: there is no list of users, `auth`"),
            (
                "auth: [{ name: a }]".to_owned(),
                "auth.yaml:1: the user `a` has neither `fixedHeaders` nor `loginEndpointAuth`",
            ),
            ("auth:\n  - fixedHeaders: []".to_owned(), "auth.yaml:2: `name` is missing"),
            (with("expectCookies: true"), "auth.yaml:4: the login has no `endpoint`"),
            (with("endpoint: /l"), "auth.yaml:4: the login brings neither a `token` nor cookies (`expectCookies`)"),
            (
                format!("{}    createUsers: {{}}\n", with("endpoint: /l")),
                "auth.yaml:7: the user `a` has to be created first (`createUsers`), which Flowproof does not do; name a user who exists",
            ),
            (
                "auth: [{ name: a, fixedHeaders: [{ name: 'a b', value: s3cret }] }]".to_owned(),
                "auth.yaml:1: `a b` cannot be sent as a header field",
            ),
        ] {
            assert_eq!(read(&text, None).err().as_deref(), Some(says), "{text}");
        }
        assert_eq!(
            read(TWO, Some("baz")).err().as_deref(),
            Some("auth.yaml:2: there is no user `baz`; there is `foo`, `bar`")
        );
    }
}
