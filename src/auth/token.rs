//! The worker's access token: asked for once, shared by all scenarios whatever thread they run on, renewed in time.
//!
//! Only one request is in flight at any time: other callers wait for its answer. A refusal of the credentials
//! is remembered, because asking again would only bring the client nearer to being locked.
//!
//! Deliberately not here: when a scenario needs the token, and what a refusal means for a run (`engine`).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use strum::{Display, EnumString};
use tokio::sync::Mutex;
use url::Url;

use crate::base::percent::COMPONENT;
use crate::client::{RawRequest, Transport};
use crate::record::Response;
use crate::record::redaction::{Register, Secrets};

/// A token is renewed when so much of its life is left, or a tenth where it is short-lived.
const MARGIN: Duration = Duration::from_secs(60);
/// How long a token lives whose answer does not say.
const LIFETIME: u64 = 3600;
/// How often a request is sent that the token endpoint did not process.
const TRIES: u32 = 5;
/// How often one is sent that was refused for no reason: it may be a reason after all, and clients are locked.
const TRIES_WHERE_SPURIOUS: u32 = 3;
/// The longest wait between two of them.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What PingOne now and then says of a client that authenticates as it should; its own SDK asks again.
const SPURIOUS: &str = "Unsupported authentication method";

/// A client, and where it gets its tokens.
#[derive(Debug)]
pub(crate) struct WorkerClient {
    /// The token endpoint.
    pub endpoint: Url,
    /// The client's id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
    /// How it shows the secret.
    pub authentication: Authentication,
    /// What it asks for, where it says so.
    pub scope: Option<String>,
}

/// How a client shows its secret to the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Authentication {
    /// In the Authorization field.
    #[default]
    Basic,
    /// In the form.
    Post,
}

/// Why there is no token. The text holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// The credentials were refused; asking again would be of no use.
    #[error("authentication: the token endpoint refuses the client's credentials: {0}")]
    Refused(String),
    /// They were refused before, for another caller.
    #[error(
        "not run: no verdict is possible without a token: authentication: the token endpoint refuses the client's \
         credentials: {0}"
    )]
    RefusedBefore(String),
    /// There was no answer, or none that makes sense; another time it may go well.
    #[error("authentication: no token could be had: {0}")]
    NoAnswer(String),
}

/// The worker's access token, shared.
#[derive(Debug)]
pub(crate) struct Tokens {
    client: WorkerClient,
    register: Register,
    // Of tokio, because its waiters do not block their threads and need not be on the same runtime.
    state: Mutex<TokenState>,
}

#[derive(Debug, Default)]
struct TokenState {
    held: Option<HeldToken>,
    /// Why the credentials were refused, so that no token will ever be had in this run.
    refusal: Option<String>,
}

#[derive(Debug)]
struct HeldToken {
    token: SecretString,
    renew_at: Instant,
}

impl Tokens {
    /// Knows the client, and where issued tokens are registered; nothing is asked for yet.
    pub(crate) fn new(client: WorkerClient, register: Register) -> Self {
        Self { client, register, state: Mutex::default() }
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// When the credentials are refused, or there is no answer.
    pub(crate) async fn current(&self, transport: &Transport) -> Result<SecretString, TokenError> {
        self.unless(transport, |held| Instant::now() < held.renew_at).await
    }

    /// Another token than the one that was just refused, unless there is one already.
    ///
    /// # Errors
    /// When the credentials are refused, or there is no answer.
    pub(crate) async fn instead_of(&self, refused: &str, transport: &Transport) -> Result<SecretString, TokenError> {
        self.unless(transport, |held| held.token.expose_secret() != refused).await
    }

    /// Whether this is the token that is held, for whoever has several clients.
    pub(crate) async fn holds(&self, token: &str) -> bool {
        self.state.lock().await.held.as_ref().is_some_and(|held| held.token.expose_secret() == token)
    }

    /// The token that is held, if it will do; otherwise a new one. Waits while another caller asks for it.
    async fn unless(
        &self,
        transport: &Transport,
        will_do: impl FnOnce(&HeldToken) -> bool,
    ) -> Result<SecretString, TokenError> {
        let mut state = self.state.lock().await;
        if let Some(refusal) = &state.refusal {
            return Err(TokenError::RefusedBefore(refusal.clone()));
        }
        if let Some(held) = state.held.as_ref().filter(|held| will_do(held)) {
            return Ok(held.token.clone());
        }
        let asked = self.client.ask(transport).await;
        if let Err(TokenError::Refused(why)) = &asked {
            state.refusal = Some(why.clone());
        }
        let held = state.held.insert(asked?);
        // Before anybody can use it: whatever is written from now on must not hold it.
        self.register.issued("worker-token", &held.token);
        Ok(held.token.clone())
    }
}

impl WorkerClient {
    /// Asks for a token; again where the endpoint says that it did not process the request.
    async fn ask(&self, transport: &Transport) -> Result<HeldToken, TokenError> {
        let mut tried = 1;
        loop {
            let asked_at = Instant::now();
            let sent = transport.send_raw(self.request()).await;
            let sent = sent.map_err(|error| TokenError::NoAnswer(error.to_string()))?;
            let response = sent.outcome.map_err(|error| TokenError::NoAnswer(error.to_string()))?;
            let description = self.description(&response);
            let Some(wait) = again_after(&response, &description, tried).filter(|_| tried < TRIES) else {
                return self.held(&response, description, asked_at);
            };
            tokio::time::sleep(wait).await;
            tried += 1;
        }
    }

    fn request(&self) -> RawRequest {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.extend_pairs(self.scope.iter().map(|scope| ("scope", scope)));
        match self.authentication {
            Authentication::Basic => {
                let escaped = |text| utf8_percent_encode(text, COMPONENT).to_string();
                let pair = format!("{}:{}", escaped(&self.id), escaped(self.secret.expose_secret()));
                let value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)));
                headers.extend(value.ok().map(|value| (AUTHORIZATION, value)));
            }
            Authentication::Post => {
                form.append_pair("client_id", &self.id);
                form.append_pair("client_secret", self.secret.expose_secret());
            }
        }
        let (url, body) = (self.endpoint.clone(), Some(form.finish().into()));
        RawRequest { method: Method::POST, url, target: None, headers, body }
    }

    /// The status of an answer and the error in it, without the secret that it may repeat.
    fn description(&self, response: &Response) -> String {
        let refusal: ErrorResponse = serde_json::from_slice(&response.body).unwrap_or_default();
        let parts = [refusal.error, refusal.error_description].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let mut secrets = Secrets::default();
        secrets.learn("client-secret", self.secret.expose_secret());
        let parts: String = secrets.redactor().text(&parts).chars().take(300).collect();
        if parts.is_empty() { response.status.to_string() } else { format!("{} {parts}", response.status) }
    }

    fn held(&self, response: &Response, description: String, asked_at: Instant) -> Result<HeldToken, TokenError> {
        match response.status {
            200 => {
                let grant: TokenResponse = serde_json::from_slice(&response.body)
                    .map_err(|_| TokenError::NoAnswer("the response holds no access token".into()))?;
                grant.held(asked_at)
            }
            400 | 401 | 403 => Err(TokenError::Refused(description)),
            _ => Err(TokenError::NoAnswer(format!("{} answered {description}", self.endpoint.path()))),
        }
    }
}

/// An error response of OAuth.
#[derive(Debug, Default, Deserialize)]
struct ErrorResponse {
    error: Option<String>,
    error_description: Option<String>,
}

/// A token response of OAuth. Its members are used nowhere else.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
}

impl TokenResponse {
    fn held(self, asked_at: Instant) -> Result<HeldToken, TokenError> {
        if !self.token_type.eq_ignore_ascii_case("bearer") || self.access_token.trim().is_empty() {
            return Err(TokenError::NoAnswer("the token is not a bearer token".into()));
        }
        let lifetime = Duration::from_secs(self.expires_in.unwrap_or(LIFETIME));
        let renew_at = asked_at + lifetime - MARGIN.min(lifetime / 10);
        Ok(HeldToken { token: self.access_token.into(), renew_at })
    }
}

/// How long to wait before the same request may be sent again; `None` where the answer is final.
fn again_after(response: &Response, description: &str, tried: u32) -> Option<Duration> {
    match response.status {
        401 if description.contains(SPURIOUS) && tried < TRIES_WHERE_SPURIOUS => {
            Some(Duration::from_millis(100 << tried))
        }
        429 => {
            let seconds = response.headers.get("retry-after").and_then(|text| text.trim().parse().ok());
            Some(seconds.map_or(Duration::from_secs(1), Duration::from_secs).min(LONGEST_WAIT))
        }
        _ => None,
    }
}
