//! The management API: one request after another, at the pace that was asked for, again where that is safe.
//!
//! What was not processed (429, a token that is good no more) is sent again, and so is what can be done twice without harm.
//! Whether something was made although the answer was lost is not for this file to find out: [`mod@super::apply`] looks.
//!
//! Deliberately not here: what is asked for, and what the answers have to be like ([`super::promises`]).

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime};

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use super::error::ProvisionError;
use super::promises::Promises;
use crate::auth::token::{Tokens, WorkerClient};
use crate::checks::Levels;
use crate::client::{RawRequest, Transport, TransportOptions, roots_in};
use crate::config::TargetConfig;
use crate::engine::{Pace, Patience};
use crate::record::Response;
use crate::record::redaction::Register;

/// How often something is sent that failed on the way, or at the server.
const TRIES: u32 = 4;
/// The pause before the second try; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// How many things are asked for at once.
const PAGE: &str = "200";
/// How many pages a list may have before it is taken for one that has no end.
const PAGES: usize = 500;

/// The management API of one environment.
pub(crate) struct Api {
    transport: Transport,
    sign_on: Transport,
    tokens: Tokens,
    environment: String,
    promises: Promises,
    pace: Pace,
    sent: Cell<usize>,
    /// Whether a refused token has been replaced already.
    renewed: Cell<bool>,
}

/// What came of a request that makes something.
pub(crate) enum Creation {
    Made(Value),
    /// There is one of that name.
    Taken,
    /// It may have been made.
    Unclear(String),
}

impl Api {
    /// Reads the target's secrets; nothing is sent.
    ///
    /// # Errors
    /// When the target lacks something for it.
    pub(crate) fn new(
        target: &TargetConfig,
        insecure: bool,
        rate: Option<f64>,
        levels: Levels,
        register: &Register,
    ) -> Result<Self, ProvisionError> {
        let name = || target.name.value.clone();
        let worker = target.worker.as_ref().ok_or_else(|| ProvisionError::NoWorker(name()))?;
        let api_path = target.api_path.clone().ok_or_else(|| ProvisionError::NoApi(name()))?;
        let roots = target.ca.as_ref().map(|ca| roots_in(ca)).transpose();
        let client = WorkerClient {
            endpoint: target.environment_url(&["as", "token"]),
            id: worker.client_id.clone(),
            secret: worker.client_secret.resolve("worker-secret", register)?.secret,
            authentication: worker.authentication,
            scope: None,
        };
        let options = TransportOptions {
            extra_roots: roots.map_err(|error| ProvisionError::Roots(error.to_string()))?.unwrap_or_default(),
            insecure: insecure && target.insecure,
            ..TransportOptions::default()
        };
        Ok(Self {
            transport: Transport::new(api_path, options.clone()),
            sign_on: Transport::new(target.auth_path.clone(), options),
            tokens: Tokens::new(client, register.clone()),
            environment: target.environment.to_string(),
            promises: Promises::new(levels)?,
            pace: Pace::new(rate.or(target.rate)),
            sent: Cell::new(0),
            renewed: Cell::new(false),
        })
    }

    /// The environment that it is about.
    pub(crate) fn environment(&self) -> &str {
        &self.environment
    }

    /// How many requests were sent.
    pub(crate) fn sent(&self) -> usize {
        self.sent.get()
    }

    /// What a reader must know of the pace.
    pub(crate) fn note(&self) -> Option<String> {
        self.pace.note()
    }

    /// Reads something below the environment.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, ProvisionError> {
        let response = self.repeated(Method::GET, self.url(path), None).await?;
        self.body(&format!("reading {path}"), &response, &[200])
    }

    /// Reads all pages of a list.
    pub(crate) async fn list(&self, path: &str, filter: Option<&str>) -> Result<Vec<Value>, ProvisionError> {
        let what = format!("listing {path}");
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut next = Some(self.url(path));
        if let Some(url) = &mut next {
            url.query_pairs_mut().append_pair("limit", PAGE).extend_pairs(filter.map(|filter| ("filter", filter)));
        }
        let (mut all, mut pages) = (Vec::new(), 0);
        while let Some(url) = next.take() {
            let response = self.repeated(Method::GET, url, None).await?;
            let page = self.body(&what, &response, &[200])?;
            let undocumented = |why: &str| ProvisionError::Undocumented { what: what.clone(), why: why.into() };
            let items = page.pointer(&format!("/_embedded/{name}")).and_then(Value::as_array);
            all.extend(items.ok_or_else(|| undocumented("there is no such list in `_embedded`"))?.iter().cloned());
            pages += 1;
            if let Some(link) = page.pointer("/_links/next/href").and_then(Value::as_str) {
                let url = Url::parse(link).ok().filter(|url| self.is_ours(url));
                next = Some(url.filter(|_| pages < PAGES).ok_or_else(|| undocumented("the next page is elsewhere"))?);
            }
        }
        Ok(all)
    }

    /// Makes something in a collection.
    pub(crate) async fn create(&self, path: &str, media_type: &str, body: &Value) -> Result<Creation, ProvisionError> {
        let what = format!("making one of {path}");
        let sent = self.request(Method::POST, self.url(path), Some((media_type, body))).await?;
        let response = match sent {
            Ok(response) => response,
            Err(why) => return Ok(Creation::Unclear(why)),
        };
        match response.status {
            400 | 409 if is_taken(&response) => Ok(Creation::Taken),
            500.. => Ok(Creation::Unclear(format!("the management API answers {}", response.status))),
            _ => self.body(&what, &response, &[201, 200]).map(Creation::Made),
        }
    }

    /// Does something to a resource by a media type.
    pub(crate) async fn act(&self, path: &str, media_type: &str, body: &Value) -> Result<Value, ProvisionError> {
        let response = self.repeated(Method::POST, self.url(path), Some((media_type, body))).await?;
        self.body(&format!("changing {path}"), &response, &[200])
    }

    /// Puts something in the place of what is there.
    pub(crate) async fn put(&self, path: &str, media_type: &str, body: &Value) -> Result<Value, ProvisionError> {
        let response = self.repeated(Method::PUT, self.url(path), Some((media_type, body))).await?;
        self.body(&format!("changing {path}"), &response, &[200])
    }

    /// Removes something; what is not there is removed already.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), ProvisionError> {
        let response = self.repeated(Method::DELETE, self.url(path), None).await?;
        if matches!(response.status, 204 | 404) {
            return Ok(());
        }
        self.body(&format!("removing {path}"), &response, &[200]).map(drop)
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.transport.base().clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["environments", &self.environment]).extend(path.split('/'));
        }
        url
    }

    /// Whether a link stays within the environment that was asked.
    fn is_ours(&self, url: &Url) -> bool {
        let own = self.url("");
        url.origin() == own.origin() && url.path().starts_with(own.path())
    }

    /// Sends what can be done twice without harm: again where it failed on the way, or at the server.
    async fn repeated(
        &self,
        method: Method,
        url: Url,
        body: Option<(&str, &Value)>,
    ) -> Result<Response, ProvisionError> {
        let what = format!("{method} {}", url.path());
        let mut tries = 1;
        loop {
            let why = match self.request(method.clone(), url.clone(), body).await? {
                Ok(response) if response.status < 500 => return Ok(response),
                Ok(response) if tries >= TRIES => return Ok(response),
                Ok(_) => String::new(),
                Err(why) => why,
            };
            if tries >= TRIES {
                return Err(ProvisionError::Unreachable { what, why });
            }
            tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries - 1)).await;
            tries += 1;
        }
    }

    /// Sends a request, again where it was not processed. The inner error says why there is no answer.
    async fn request(
        &self,
        method: Method,
        url: Url,
        body: Option<(&str, &Value)>,
    ) -> Result<Result<Response, String>, ProvisionError> {
        let mut patience = Patience::default();
        loop {
            let token = self.tokens.current(&self.sign_on).await?;
            let request = RawRequest {
                method: method.clone(),
                url: url.clone(),
                target: None,
                headers: headers(token.expose_secret(), body.map(|(media_type, _)| media_type)),
                body: body.map(|(_, body)| body.to_string().into()),
            };
            self.pace.turn().await;
            self.sent.set(self.sent.get() + 1);
            let began = Instant::now();
            let exchange = self.promises.kept_in(self.transport.send_raw(request).await?)?;
            let response = match exchange.outcome {
                Ok(response) => response,
                Err(error) => return Ok(Err(error.to_string())),
            };
            match response.status {
                429 => {
                    let wait = patience.wait(&response.headers, SystemTime::now());
                    let wait =
                        wait.map_err(|error| ProvisionError::Limit(error, format!("{method} {}", url.path())))?;
                    self.pace.refused(began, wait);
                    tokio::time::sleep(wait).await;
                }
                401 if !self.renewed.replace(true) => {
                    self.tokens.instead_of(token.expose_secret(), &self.sign_on).await?;
                }
                _ => {
                    self.pace.kept();
                    self.renewed.set(false);
                    return Ok(Ok(response));
                }
            }
        }
    }

    fn body(&self, what: &str, response: &Response, expected: &[u16]) -> Result<Value, ProvisionError> {
        let what = || what.to_owned();
        match response.status {
            401 | 403 => return Err(ProvisionError::Forbidden(what())),
            status if !expected.contains(&status) => {
                return Err(ProvisionError::Refused { what: what(), status, saying: saying(response) });
            }
            _ => {}
        }
        let why = "it is no JSON object";
        let body: Option<Value> = serde_json::from_slice(&response.body).ok();
        let body = body.filter(Value::is_object);
        body.ok_or_else(|| ProvisionError::Undocumented { what: what(), why: why.into() })
    }
}

fn headers(token: &str, media_type: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {token}")) {
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    headers.extend(media_type.and_then(|text| HeaderValue::from_str(text).ok()).map(|value| (CONTENT_TYPE, value)));
    headers
}

/// What an error says: its details, or else itself.
fn saying(response: &Response) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let details = body["details"].as_array().into_iter().flatten();
    let details: Vec<String> = details
        .map(|detail| [text(detail, "target"), text(detail, "message")].join(" ").trim().to_owned())
        .filter(|said| !said.is_empty())
        .collect();
    if details.is_empty() { text(&body, "message") } else { details.join("; ") }
}

/// Whether a refusal says that there is one of that name.
fn is_taken(response: &Response) -> bool {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let mut details = body["details"].as_array().into_iter().flatten();
    response.status == 409 || details.any(|detail| detail["code"] == "UNIQUENESS_VIOLATION")
}
