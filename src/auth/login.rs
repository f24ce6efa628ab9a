//! A user of an API: header fields that are always the same, and what signing in at an endpoint of the API brings.
//!
//! The login happens once, when a request first needs it, and what it brings is shared by all scenarios. A login that failed is not
//! tried again: accounts are locked after a few wrong tries. Deliberately not here: where users are described (`crate::config`).

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use crate::client::{RawRequest, Transport, TransportOptions};
use crate::record::Response;
use crate::record::redaction::Register;

/// What stands for the token in a template.
pub(crate) const PLACEHOLDER: &str = "{token}";

/// A user who exists.
#[derive(Debug)]
pub(crate) struct ApiUser {
    /// The name in the file that describes the user.
    pub name: String,
    /// Header fields that every request has.
    pub headers: HeaderMap,
    /// How to sign in, where that is needed.
    pub login: Option<Login>,
    /// Secrets, by the names of what they are.
    pub secrets: Vec<(String, SecretString)>,
    /// What a reader of the report should know.
    pub note: Option<String>,
}

/// A request that signs in.
#[derive(Debug)]
pub(crate) struct Login {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub endpoint: LoginEndpoint,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<SecretString>,
    /// What its answer brings.
    pub brings: Brings,
}

/// Where a login goes.
#[derive(Debug, Clone)]
pub(crate) enum LoginEndpoint {
    /// A path on the server of the API, from its root.
    Path(String),
    /// A server of its own.
    Elsewhere(Url),
}

/// What lets later requests in.
#[derive(Debug)]
pub(crate) enum Brings {
    /// The cookies that the answer sets.
    Cookies,
    /// A token.
    Token {
        /// Where it stands in the answer.
        from: TokenSource,
        /// Where it goes in a request.
        to: TokenPlace,
        /// What it is written in, with [`PLACEHOLDER`] for the token.
        template: String,
    },
}

/// Where a token stands in the answer to a login.
#[derive(Debug, Clone)]
pub(crate) enum TokenSource {
    /// In a JSON body, by a JSON pointer.
    Body(String),
    /// In a header field.
    Header(String),
}

/// Where a token goes.
#[derive(Debug)]
pub(crate) enum TokenPlace {
    /// In a header field.
    Header(HeaderName),
    /// In the query, by this name.
    Query(String),
}

/// What goes into every request of a user.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignedIn {
    /// Header fields.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Pairs of the query.
    pub query: Vec<(String, String)>,
    /// Cookies.
    pub cookies: Vec<(String, String)>,
}

/// Why nobody is signed in. The text holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginError {
    /// The endpoint refused.
    #[error("authentication: the login at {path} was answered with {status}")]
    Refused {
        /// Its path.
        path: String,
        /// The status.
        status: u16,
    },
    /// There was no answer.
    #[error("authentication: the login at {path} was not answered: {reason}")]
    NoAnswer {
        /// Its path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The answer has not what it should bring.
    #[error("authentication: the answer to the login at {path} {lack}")]
    Lacking {
        /// Its path.
        path: String,
        /// What it lacks.
        lack: String,
    },
}

/// A user of one server, signed in when that is first needed.
#[derive(Debug)]
pub(crate) struct UserSession {
    /// What every request has, whatever the login brings.
    given: SignedIn,
    login: Option<(Login, Url)>,
    register: Register,
    // Of tokio, because its waiters do not block their threads and need not be on the same runtime.
    signed_in: OnceCell<Result<SignedIn, LoginError>>,
}

impl UserSession {
    /// Knows the user, whose secrets are registered; nothing is sent yet.
    pub(crate) fn new(user: ApiUser, base: &Url, register: &Register) -> Self {
        user.secrets.iter().for_each(|(name, secret)| register.learn(name, secret));
        let (given, register) = (SignedIn::with(&user.headers), register.clone());
        let login = user.login.map(|login| {
            let url = login.url(base);
            (login, url)
        });
        Self { given, login, register, signed_in: OnceCell::new() }
    }

    /// Where credentials are sent to, if it is elsewhere than the server of the API.
    pub(crate) fn elsewhere(&self) -> Option<&Url> {
        let (login, url) = self.login.as_ref()?;
        matches!(login.endpoint, LoginEndpoint::Elsewhere(_)).then_some(url)
    }

    /// What goes into a request. Signs in where nobody has; others wait meanwhile.
    ///
    /// # Errors
    /// When nobody can be signed in.
    pub(crate) async fn current(&self, options: &TransportOptions) -> Result<SignedIn, LoginError> {
        self.signed_in.get_or_init(|| self.sign_in(options)).await.clone()
    }

    async fn sign_in(&self, options: &TransportOptions) -> Result<SignedIn, LoginError> {
        let mut signed_in = self.given.clone();
        let Some((login, url)) = &self.login else { return Ok(signed_in) };
        let path = url.path().to_owned();
        let no_answer = |reason: String| LoginError::NoAnswer { path: path.clone(), reason };
        let sent = Transport::new(url.clone(), options.clone()).send_raw(login.request(url)).await;
        let sent = sent.map_err(|error| no_answer(error.to_string()))?;
        let response = sent.outcome.map_err(|error| no_answer(error.to_string()))?;
        if response.status >= 400 {
            return Err(LoginError::Refused { path, status: response.status });
        }
        login
            .brings
            .add(&response, &mut signed_in, &self.register)
            .map_err(|lack| LoginError::Lacking { path, lack })?;
        Ok(signed_in)
    }
}

impl SignedIn {
    /// Header fields that are always the same; cookies are sent with those that requests have of their own.
    fn with(headers: &HeaderMap) -> Self {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let cookies = cookies.flat_map(|value| value.split(';')).filter_map(pair).collect();
        let others = headers.iter().filter(|(name, _)| *name != COOKIE);
        let headers = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { headers, query: Vec::new(), cookies }
    }
}

impl Login {
    fn url(&self, base: &Url) -> Url {
        match &self.endpoint {
            LoginEndpoint::Elsewhere(url) => url.clone(),
            LoginEndpoint::Path(path) => {
                let (path, query) =
                    path.split_once('?').map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
                let mut url = base.clone();
                url.set_path(path);
                url.set_query(query);
                url
            }
        }
    }

    fn request(&self, url: &Url) -> RawRequest {
        let body = self.body.as_ref().map(|body| Bytes::from(body.expose_secret().to_owned()));
        RawRequest { method: self.method.clone(), url: url.clone(), target: None, headers: self.headers.clone(), body }
    }
}

impl Brings {
    /// Adds what the answer brings, which is registered before anybody can use it; or says what it lacks.
    fn add(&self, answer: &Response, to: &mut SignedIn, register: &Register) -> Result<(), String> {
        match self {
            Self::Cookies => {
                let cookies = cookies(answer);
                cookies.iter().for_each(|(name, value)| register.issued(name, &value.as_str().into()));
                let lack = cookies.is_empty().then(|| "sets no cookie".to_owned());
                to.cookies.extend(cookies);
                lack.map_or(Ok(()), Err)
            }
            Self::Token { from, to: place, template } => {
                let token = from.find(answer).ok_or_else(|| from.lack())?;
                register.issued("login-token", &token.as_str().into());
                let text = template.replace(PLACEHOLDER, &token);
                place.put(text, to).ok_or_else(|| "holds a token that cannot stand in a header field".into())
            }
        }
    }
}

impl TokenSource {
    fn find(&self, answer: &Response) -> Option<String> {
        let text = match self {
            Self::Header(name) => answer.headers.get(name)?,
            Self::Body(pointer) => match serde_json::from_slice::<Value>(&answer.body).ok()?.pointer(pointer)? {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            },
        };
        (!text.trim().is_empty()).then_some(text)
    }

    fn lack(&self) -> String {
        match self {
            Self::Header(name) => format!("has no field {name}"),
            Self::Body(pointer) => format!("has no token at {pointer}"),
        }
    }
}

impl TokenPlace {
    fn put(&self, text: String, to: &mut SignedIn) -> Option<()> {
        match self {
            Self::Query(name) => to.query.push((name.clone(), text)),
            Self::Header(name) => {
                let mut value = HeaderValue::from_str(&text).ok()?;
                value.set_sensitive(true);
                to.headers.push((name.clone(), value));
            }
        }
        Some(())
    }
}

/// The cookies that an answer sets, without their attributes.
fn cookies(answer: &Response) -> Vec<(String, String)> {
    answer.headers.texts("set-cookie").filter_map(|field| pair(field.split(';').next()?)).collect()
}

/// A cookie as `name=value`, unless one of both is empty.
fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=').map(|(name, value)| (name.trim(), value.trim()))?;
    (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}
