//! The values that templates are rendered with: facts, the row, variables, what was saved, and what helpers give.
//!
//! Helpers that need the outside are resolved here before anything is rendered, so that rendering stays pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

use super::names::Names;
use super::server::ServerSession;
use super::session::{OutOfBandError, Session};
use crate::auth::passcode::CodeKind;
use crate::auth::passkey::Passkey;
use crate::auth::token::TokenError;
use crate::base::source::Span;
use crate::record::redaction::names::is_secret;
use crate::scenario::model::{Binding, Json};
use crate::scenario::template::{
    Helper, HelperArgument, HelperCall, Placeholder, PlaceholderKind, TemplateError, Values,
};

/// Why a value could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ValueError {
    /// A template could not be rendered.
    #[error(transparent)]
    Render(#[from] TemplateError),
    /// A helper's value could not be had.
    #[error("{error}")]
    Helper {
        /// The template that asks for it.
        span: Span,
        /// Why.
        error: Box<OutOfBandError>,
    },
    /// A helper cannot work with its argument.
    #[error("{message}")]
    Argument {
        /// The template that asks for it.
        span: Span,
        /// What is wrong.
        message: String,
    },
}

impl ValueError {
    /// Where the value is asked for.
    pub(super) fn span(&self) -> &Span {
        match self {
            Self::Render(error) => &error.span,
            Self::Helper { span, .. } | Self::Argument { span, .. } => span,
        }
    }

    fn argument(span: &Span, message: impl Into<String>) -> Self {
        Self::Argument { span: span.clone(), message: message.into() }
    }
}

/// Values, and the source of those that are made.
pub(super) struct Scope<'a> {
    /// What templates are rendered with.
    pub values: Values,
    session: &'a Session,
    seed: Uuid,
    prefix: &'a str,
    made: u32,
    /// What helpers gave that must never be written in clear, with its name.
    pub learned: Vec<(&'static str, String)>,
}

impl<'a> Scope<'a> {
    /// Starts with the facts of a session. The names decide every made-up value.
    pub(super) fn new(session: &'a Session, names: &'a Names, scenario: &str, attempt: usize) -> Self {
        let (seed, prefix) = (names.of(scenario, attempt), names.prefix());
        let values = Values { facts: session.facts(), ..Values::default() };
        Self { values, session, seed, prefix, made: 0, learned: Vec::new() }
    }

    /// The session, where it is one of a server of any API.
    pub(super) fn server(&self) -> Option<&'a ServerSession> {
        self.session.server()
    }

    /// The worker's token as it is good now; `None` where the facts hold the only one.
    ///
    /// # Errors
    /// When there is none any more.
    pub(super) async fn token(&self) -> Result<Option<SecretString>, TokenError> {
        self.session.token().await
    }

    /// Keeps a value under a name.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.data.insert(name.to_owned(), value);
    }

    /// Renders bindings one after the other, each visible to the next.
    pub(super) async fn bind(&mut self, bindings: &[Binding]) -> Result<(), ValueError> {
        for binding in bindings {
            let value = self.render(&binding.value).await?;
            self.set(&binding.name, value);
        }
        Ok(())
    }

    /// Renders a value, fetching first what its helpers need.
    pub(super) async fn render(&mut self, json: &Json) -> Result<Value, ValueError> {
        self.resolve(json.placeholders()).await?;
        Ok(json.render(&self.values)?)
    }

    /// Fetches what helpers need. What a helper gave before is fetched again: a newer message may have come.
    pub(super) async fn resolve(&mut self, uses: impl IntoIterator<Item = &Placeholder>) -> Result<(), ValueError> {
        for wanted in uses {
            if let PlaceholderKind::Name(path) = &wanted.kind {
                self.keep_secret(path);
            }
            if let PlaceholderKind::Helper(call) = &wanted.kind {
                let text = self.made_by(call, &wanted.span).await?;
                self.values.helpers.insert(call.clone(), text);
            }
        }
        Ok(())
    }

    /// A value whose name says that it is secret is one wherever the scenario puts it.
    fn keep_secret(&mut self, path: &str) {
        let name = path.rsplit('.').next().unwrap_or(path);
        if let (true, Some(Value::String(value))) = (is_secret(name), self.values.find(path)) {
            self.learned.push(("secret", value.clone()));
        }
    }

    async fn made_by(&mut self, call: &HelperCall, span: &Span) -> Result<String, ValueError> {
        match call.helper {
            Helper::Unique => {
                let id = self.next_id().simple().to_string();
                Ok(format!("{}{}", self.prefix, &id[..10]))
            }
            Helper::Uuid => Ok(self.next_id().to_string()),
            Helper::Basic => self.basic(call, span),
            Helper::Assertion => self.assertion(call, span),
            Helper::Otp => self.code(call, span, CodeKind::Otp, "otp").await,
            Helper::VerificationCode => self.code(call, span, CodeKind::VerificationCode, "verification-code").await,
            Helper::RecoveryCode => self.code(call, span, CodeKind::RecoveryCode, "recovery-code").await,
        }
    }

    /// Ids follow from the run's names and the scenario's, so that the same run makes the same ids.
    fn next_id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::new_v5(&self.seed, &self.made.to_be_bytes())
    }

    fn basic(&mut self, call: &HelperCall, span: &Span) -> Result<String, ValueError> {
        let application = self.argument(call, span)?;
        let part = |key: &str| application.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(id), Some(secret)) = (part("clientId"), part("clientSecret")) else {
            return Err(ValueError::argument(span, "`basic` needs an application with clientId and clientSecret"));
        };
        let pair = STANDARD.encode(format!("{id}:{secret}"));
        self.learned.push(("client-secret", secret));
        self.learned.push(("basic", pair.clone()));
        Ok(format!("Basic {pair}"))
    }

    /// What a user's passkey makes of the challenge that the target gave last.
    fn assertion(&mut self, call: &HelperCall, span: &Span) -> Result<String, ValueError> {
        let user = self.argument(call, span)?;
        let passkey = user.get("passkey").and_then(Value::as_str);
        let passkey = passkey.ok_or_else(|| ValueError::argument(span, "`assertion` needs a user with a passkey"))?;
        let options = self.session.assertion_options();
        let passkey = Passkey::parse(&passkey.into());
        let signed = passkey.and_then(|passkey| passkey.assertion(options.as_deref()));
        let signed = signed.map_err(|error| ValueError::argument(span, error.to_string()))?;
        self.learned.push(("assertion", signed.clone()));
        Ok(signed)
    }

    async fn code(
        &mut self,
        call: &HelperCall,
        span: &Span,
        kind: CodeKind,
        name: &'static str,
    ) -> Result<String, ValueError> {
        let recipient = match self.argument(call, span)? {
            Value::String(text) => text,
            fact => fact.get("id").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
                let name = call.helper.name();
                ValueError::argument(
                    span,
                    format!("`{name}` needs a user: an object with an id, or an id, name or address"),
                )
            })?,
        };
        let code = self.session.code(&recipient, kind).await;
        let code = code.map_err(|error| ValueError::Helper { span: span.clone(), error: Box::new(error) })?;
        self.learned.push((name, code.clone()));
        Ok(code)
    }

    fn argument(&self, call: &HelperCall, span: &Span) -> Result<Value, ValueError> {
        match &call.argument {
            Some(HelperArgument::Text(text)) => Ok(Value::String(text.clone())),
            Some(HelperArgument::Path(path)) => {
                let known = self.values.find(path).cloned();
                known.ok_or_else(|| ValueError::argument(span, format!("nothing is known as `{path}`")))
            }
            None => Ok(Value::Null),
        }
    }
}
