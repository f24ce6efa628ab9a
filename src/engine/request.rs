//! One call of a scenario made into a request: typed where it keeps the contract, raw where it breaks it on purpose.
//!
//! Credentials are added where the contract's security asks for them and the scenario does not say otherwise.

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::cookies::Cookies;
use super::server::ServerSession;
use super::values::{Scope, ValueError};
use super::wants::asks_for_token;
use crate::base::source::Span;
use crate::base::trace_context::{TRACEPARENT, TraceContext};
use crate::client::{self, CallMethod, RawRequest, Transport, in_cookie, in_header};
use crate::contract::{Contract, Location, Operation, ParameterForm, SecurityScheme};
use crate::scenario::model::{Call, RawOverrides, Without};
use crate::scenario::template::Template;

/// A request that is ready to be sent.
pub(super) struct PreparedRequest<'a> {
    /// What is sent.
    pub request: Sendable<'a>,
    /// The token that the engine put into it by itself, where another one can be had.
    pub token: Option<SecretString>,
    /// Whether the scenario leaves it to the engine to say which request of a trace it is.
    is_traced: bool,
}

/// The two ways to send.
pub(super) enum Sendable<'a> {
    /// Through the generated client.
    Typed(Box<client::Call<'a>>),
    /// As it stands.
    Raw(Box<RawRequest>),
}

impl PreparedRequest<'_> {
    /// Puts another token in the place of the engine's own.
    pub(super) fn renew(&mut self, token: SecretString) {
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())) {
            self.request.headers().insert(AUTHORIZATION, value);
        }
        self.token = Some(token);
    }

    /// Says which request of a trace it is, unless the scenario says something of that itself.
    pub(super) fn trace(&mut self, place: TraceContext) {
        if let Ok(value) = HeaderValue::from_str(&place.to_string())
            && self.is_traced
        {
            self.request.headers().insert(HeaderName::from_static(TRACEPARENT), value);
        }
    }
}

impl Sendable<'_> {
    fn headers(&mut self) -> &mut HeaderMap {
        match self {
            Self::Typed(call) => &mut call.headers,
            Self::Raw(raw) => &mut raw.headers,
        }
    }
}

/// Why a call could not be made into a request. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    /// A value could not be made.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A value cannot stand where it should.
    #[error("{message}")]
    Unfit {
        /// Where it is written.
        span: Span,
        /// What is wrong.
        message: String,
    },
}

impl RequestError {
    /// Where the problem is.
    pub(super) fn span(&self) -> &Span {
        match self {
            Self::Value(error) => error.span(),
            Self::Unfit { span, .. } => span,
        }
    }

    pub(super) fn unfit(span: &Span, message: impl Into<String>) -> Self {
        Self::Unfit { span: span.clone(), message: message.into() }
    }
}

/// A call and everything that decides about its request.
pub(super) struct RequestBuilder<'a, 'c> {
    /// What is asked.
    pub call: &'a Call,
    /// What is called, and what is promised of it.
    pub operation: &'a Operation,
    /// How it is sent.
    pub method: CallMethod<'a>,
    /// What is promised of all.
    pub contract: &'a Contract,
    /// The scenario's cookies.
    pub cookies: &'c Cookies,
}

impl<'a> RequestBuilder<'a, '_> {
    /// Renders the call and adds what the contract's security asks for.
    pub(super) async fn build(
        &self,
        scope: &mut Scope<'_>,
        transport: &Transport,
    ) -> Result<PreparedRequest<'a>, RequestError> {
        let mut request = client::Call::new(self.operation, self.method);
        self.parameters(&mut request, scope).await?;
        let token = match scope.server() {
            Some(server) => self.admission(&mut request, server).await?,
            None => self.credentials(&mut request, scope).await?,
        };
        self.headers(&mut request, scope).await?;
        request.body = match &self.call.body {
            Some(body) => Some(scope.render(body).await?),
            None => None,
        };
        let is_traced = !request.headers.contains_key(TRACEPARENT);
        if !self.call.invalid && self.call.raw.is_none() {
            return Ok(PreparedRequest { request: Sendable::Typed(Box::new(request)), token, is_traced });
        }
        let span = &self.call.operation.span;
        if self.call.raw.as_ref().is_some_and(|raw| raw.path.is_some()) {
            self.fill_path(&mut request);
        }
        let mut raw = transport.prepare(&request).map_err(|error| RequestError::unfit(span, error.to_string()))?;
        if let Some(wanted) = &self.call.raw {
            override_with(&mut raw, wanted, scope).await?;
        }
        Ok(PreparedRequest { request: Sendable::Raw(Box::new(raw)), token, is_traced })
    }

    /// A path of its own replaces the operation's, whose parameters need no values then.
    fn fill_path(&self, request: &mut client::Call<'_>) {
        let in_path = self.operation.parameters.iter().filter(|known| known.location == Location::Path);
        for parameter in in_path {
            request.path.entry(parameter.name.clone()).or_insert_with(|| Value::from("-"));
        }
    }

    async fn parameters(&self, request: &mut client::Call<'_>, scope: &mut Scope<'_>) -> Result<(), RequestError> {
        let env = scope.values.find("env.id").cloned();
        let has_env =
            self.operation.parameters.iter().any(|known| known.location == Location::Path && known.name == "envID");
        if let Some(env) = env.filter(|_| has_env) {
            request.path.insert("envID".into(), env);
        }
        let client::Call { path, query, cookies, .. } = request;
        for (bindings, into) in [(&self.call.path, path), (&self.call.query, query), (&self.call.cookies, cookies)] {
            for binding in bindings {
                let value = scope.render(&binding.value).await?;
                into.insert(binding.name.value.clone(), value);
            }
        }
        Ok(())
    }

    /// Adds what every request to a server has, and what the operation asks for; a token that can be renewed is returned.
    async fn admission(
        &self,
        request: &mut client::Call<'_>,
        server: &ServerSession,
    ) -> Result<Option<SecretString>, RequestError> {
        request.base = server.elsewhere(self.operation);
        request.headers.extend(server.headers().clone());
        request.without = self.without();
        let (mut cookies, mut token) = (self.cookies_of(request), None);
        if !request.without.contains(&AUTHORIZATION) {
            let admission = Box::pin(server.admission(self.contract, self.operation)).await;
            let admission =
                admission.map_err(|error| RequestError::unfit(&self.call.operation.span, error.to_string()))?;
            for (name, value) in admission.headers {
                request.headers.entry(name).or_insert(value);
            }
            cookies.extend(admission.cookies);
            (request.keys, token) = (admission.query, admission.token);
        }
        if let Some(field) = self.cookies.field(&cookies, chrono::Utc::now()) {
            request.headers.insert(COOKIE, self.field(&field)?);
        }
        Ok(token)
    }

    /// The cookies that the call states.
    fn cookies_of(&self, request: &client::Call<'_>) -> Vec<(String, String)> {
        let each =
            request.cookies.iter().flat_map(|(name, value)| in_cookie(name, value, self.form(Location::Cookie, name)));
        each.collect()
    }

    /// How a parameter is written; one that is unknown like any other of its place.
    fn form(&self, location: Location, name: &str) -> ParameterForm {
        let known = self.operation.parameter_in(location, name).map(|known| known.form);
        known.unwrap_or_else(|| ParameterForm::of(&Value::Null, location))
    }

    /// The header fields that are left out. Without Authorization is without any credentials, whichever field they stand in.
    fn without(&self) -> Vec<HeaderName> {
        let names = self.call.without.iter().flat_map(|without| match without.value {
            Without::Authorization => self.fields_of_credentials(),
            Without::Cookie => vec![COOKIE],
            Without::Accept => vec![ACCEPT],
        });
        names.collect()
    }

    fn fields_of_credentials(&self) -> Vec<HeaderName> {
        let schemes = self.operation.security.iter().flatten();
        let fields = schemes.filter_map(|name| self.contract.security_scheme(name).and_then(SecurityScheme::header));
        let fields = fields.filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok());
        std::iter::once(AUTHORIZATION).chain(fields.filter(|name| *name != COOKIE)).collect()
    }

    /// Adds credentials; the token that can be renewed is returned.
    async fn credentials(
        &self,
        request: &mut client::Call<'_>,
        scope: &Scope<'_>,
    ) -> Result<Option<SecretString>, RequestError> {
        let asks_for = |scheme: &str| self.operation.security.iter().flatten().any(|name| name == scheme);
        let renewable = if asks_for_token(self.call, self.operation) { self.token(scope).await? } else { None };
        let fact = scope.values.find("worker.accessToken").and_then(Value::as_str);
        let token = renewable.as_ref().map(ExposeSecret::expose_secret).or(fact);
        if let Some(token) = token.filter(|_| asks_for("accessToken")) {
            request.headers.insert(AUTHORIZATION, self.field(&format!("Bearer {token}"))?);
        }
        let (own, now) = (self.cookies_of(request), chrono::Utc::now());
        let cookies =
            if asks_for("sessionCookie") { self.cookies.field(&own, now) } else { Cookies::default().field(&own, now) };
        if let Some(cookies) = cookies {
            request.headers.insert(COOKIE, self.field(&cookies)?);
        }
        request.without = self.without();
        Ok(renewable)
    }

    async fn token(&self, scope: &Scope<'_>) -> Result<Option<SecretString>, RequestError> {
        scope.token().await.map_err(|error| RequestError::unfit(&self.call.operation.span, error.to_string()))
    }

    fn field(&self, value: &str) -> Result<HeaderValue, RequestError> {
        header_value(value, &self.call.operation.span)
    }

    async fn headers(&self, request: &mut client::Call<'_>, scope: &mut Scope<'_>) -> Result<(), RequestError> {
        for binding in &self.call.headers {
            let span = &binding.name.span;
            let name = HeaderName::from_bytes(binding.name.as_bytes()).map_err(|_| {
                RequestError::unfit(span, format!("`{}` is not a valid header field name", binding.name.value))
            })?;
            let value = scope.render(&binding.value).await?;
            let text = in_header(&value, self.form(Location::Header, name.as_str()));
            request.headers.insert(name.clone(), header_value(&text, &binding.value.span)?);
            request.fields.insert(name.as_str().to_owned(), value);
        }
        Ok(())
    }
}

async fn override_with(
    request: &mut RawRequest,
    raw: &RawOverrides,
    scope: &mut Scope<'_>,
) -> Result<(), RequestError> {
    match &raw.media_type {
        Some(Some(media_type)) => {
            let text = text_of(media_type, scope).await?;
            request.headers.insert(CONTENT_TYPE, header_value(&text, media_type.span())?);
        }
        Some(None) => _ = request.headers.remove(CONTENT_TYPE),
        None => {}
    }
    if let Some(body) = &raw.body {
        request.body = Some(Bytes::from(text_of(body, scope).await?));
    }
    if let Some(method) = &raw.method {
        request.method = method
            .parse()
            .map_err(|_| RequestError::unfit(&method.span, format!("`{}` is not an HTTP method", method.value)))?;
    }
    if let Some(path) = &raw.path {
        let text = text_of(path, scope).await?;
        request.url = on_the_same_origin(&request.url, &text)
            .ok_or_else(|| RequestError::unfit(path.span(), "a path begins with one `/` and stays on the target"))?;
        if let Some(character) = client::unsendable(&text) {
            let message = format!("{character:?} cannot be sent in a path; percent-encode it if that is meant");
            return Err(RequestError::unfit(path.span(), message));
        }
        request.target = Some(text);
    }
    Ok(())
}

/// A path on the origin of a URL; `None` when it would lead to another origin.
fn on_the_same_origin(url: &url::Url, path: &str) -> Option<url::Url> {
    let joined = path.starts_with('/').then(|| url.join(path).ok()).flatten()?;
    (joined.origin() == url.origin()).then_some(joined)
}

async fn text_of(template: &Template, scope: &mut Scope<'_>) -> Result<String, ValueError> {
    scope.resolve(template.placeholders()).await?;
    Ok(template.render_text(&scope.values)?)
}

/// A line break would begin another header field, so it is refused, not escaped (Y15).
fn header_value(text: &str, span: &Span) -> Result<HeaderValue, RequestError> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        RequestError::unfit(span, "the value cannot be sent in a header field: it contains a control character")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Source;

    #[test]
    fn y15_a_line_break_never_gets_into_a_header_field() {
        let span = Span::new(&Source::new("a.yaml", "x"), 0..1);
        assert!(header_value("a\r\nX-Injected: 1", &span).is_err());
        assert!(header_value("a b", &span).is_ok());
    }

    #[test]
    fn a_raw_path_never_leads_to_another_origin() {
        let url = url::Url::parse("http://127.0.0.1:1/a").expect("a URL");
        assert_eq!(on_the_same_origin(&url, "/b?c=d").map(String::from).as_deref(), Some("http://127.0.0.1:1/b?c=d"));
        assert_eq!(on_the_same_origin(&url, "//elsewhere.example/b"), None);
        assert_eq!(on_the_same_origin(&url, "http://elsewhere.example/b"), None);
    }
}
