//! Requests that break one thing each, so that they must be refused: the classes of `docs/negatives.md`.
//!
//! Deliberately not here: which requests are right (`inputs`), and which pair of state and action meets which class (`square`).

use serde::Serialize;
use serde_json::{Map, Value, json};
use strum::{IntoStaticStr, VariantArray};

use super::input::Input;
use crate::base::path_template::PathTemplate;
use crate::contract::{Contract, Location, Operation, SecurityScheme};
use crate::scenario::template::Helper;

/// An id that is well-formed, and nobody's.
const NOBODYS: &str = "{{uuid}}";

/// What a request breaks. Those that fewest operations can be sent come first, and get their turn before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Negative {
    /// A property that is required is left out.
    RequiredLeftOut,
    /// A property has another type.
    WrongType,
    /// A property is null.
    Null,
    /// A value is none of those that are listed.
    OutOfRange,
    /// A text is longer than the schema allows.
    TooLong,
    /// A code that somebody else was sent.
    OtherSecret,
    /// A code that has been used.
    UsedSecret,
    /// There are no credentials.
    NoCredentials,
    /// The credentials are nobody's.
    ForeignActor,
    /// The credentials are those of another session.
    OtherSession,
    /// The credentials are those of another application.
    OtherApplication,
    /// The credentials are those of another environment.
    OtherEnvironment,
    /// The credentials have expired.
    ExpiredToken,
    /// The resource is one that does not exist.
    UnknownId,
    /// The resource is looked for below another parent.
    OtherParent,
    /// The body is of another media type.
    WrongMediaType,
    /// The body is cut off.
    MalformedJson,
}

impl Negative {
    /// All classes.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What it breaks, in one sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::RequiredLeftOut => "A property that the request schema requires is left out.",
            Self::WrongType => "A required property has a value of another type than the schema says.",
            Self::Null => "A required property is `null`, which the schema does not allow.",
            Self::OutOfRange => "A value is none of those that a closed enumeration lists.",
            Self::TooLong => "A text is one character longer than `maxLength` allows.",
            Self::WrongMediaType => "The Content-Type is `text/plain`, which names no operation.",
            Self::MalformedJson => "The body is JSON that is cut off in the middle.",
            Self::OtherSecret => "The code is one that somebody else was sent.",
            Self::UsedSecret => "The code is one that the user was sent before, and that has been used.",
            Self::OtherSession => "The session cookie is that of another browser.",
            Self::OtherApplication => "The token is one that an application got for a user, not for itself.",
            Self::OtherEnvironment => "The token is that of another environment's worker.",
            Self::ExpiredToken => "The token was good, and has expired.",
            Self::NoCredentials => "The request brings neither token nor session cookie.",
            Self::ForeignActor => "The token or session cookie is well-formed and nobody's.",
            Self::UnknownId => "The id in the address is well-formed and belongs to no resource.",
            Self::OtherParent => "The resource is asked for below another environment, or another parent of its kind.",
        }
    }

    /// Where it is said that it must be refused.
    pub fn source(self) -> &'static str {
        match self {
            Self::RequiredLeftOut | Self::WrongType | Self::Null | Self::OutOfRange | Self::TooLong => {
                "the request schema of the operation"
            }
            Self::WrongMediaType => "RFC 9110, 15.5.16",
            Self::MalformedJson => "RFC 8259, 2",
            Self::OtherSecret | Self::UsedSecret => "OWASP API2:2023; RFC 6238, 5.2",
            Self::NoCredentials
            | Self::ForeignActor
            | Self::OtherSession
            | Self::OtherApplication
            | Self::OtherEnvironment
            | Self::ExpiredToken => "RFC 9110, 15.5.2; RFC 6750, 3.1; OWASP API1:2023",
            Self::UnknownId | Self::OtherParent => "RFC 9110, 15.5.5; OWASP API1:2023",
        }
    }

    /// The statuses by which it may be refused, where the operation documents them.
    pub fn statuses(self) -> &'static [u16] {
        match self {
            Self::RequiredLeftOut | Self::WrongType | Self::Null | Self::OutOfRange | Self::TooLong => &[400, 422],
            Self::WrongMediaType => &[400, 415],
            Self::MalformedJson => &[400],
            Self::OtherSecret | Self::UsedSecret => &[400, 422],
            Self::NoCredentials
            | Self::ForeignActor
            | Self::OtherSession
            | Self::OtherApplication
            | Self::OtherEnvironment
            | Self::ExpiredToken
            | Self::UnknownId
            | Self::OtherParent => &[401, 403, 404],
        }
    }

    /// Whether it breaks what the action looks at, and not who asks or for what.
    pub(super) fn is_of_values(self) -> bool {
        matches!(self, Self::RequiredLeftOut | Self::WrongType | Self::Null | Self::OutOfRange | Self::TooLong)
    }

    /// Whether a secret is compared, so that it is refused like any wrong one.
    pub(super) fn compares_secrets(self) -> bool {
        matches!(self, Self::OtherSecret | Self::UsedSecret)
    }

    /// A right request with one thing broken; `None` where the operation has nothing of the kind.
    pub(super) fn applied(self, input: &Input, operation: &Operation, known: &Known<'_>) -> Option<Input> {
        let (input, contract) = (input.clone(), known.contract);
        let body = |input: Input, body| Some(Input { body: Some(body), invalid: true, ..input });
        match self {
            Self::RequiredLeftOut => {
                let (name, _) = required(&input, operation, contract)?;
                let mut left = input.body.clone()?;
                left.as_object_mut()?.shift_remove(&name);
                body(input, left)
            }
            Self::WrongType => replaced(input, operation, contract, |schema| {
                Some(if schema.get("type") == Some(&json!("string")) {
                    json!({ "not": "a text" })
                } else {
                    json!("text")
                })
            }),
            Self::Null => replaced(input, operation, contract, |schema| {
                (schema.get("nullable") != Some(&Value::Bool(true))).then_some(Value::Null)
            }),
            Self::OutOfRange => {
                replaced(input, operation, contract, |schema| schema.get("enum").map(|_| json!("NOT_ONE_OF_THEM")))
            }
            Self::TooLong => replaced(input, operation, contract, |schema| {
                let most = schema.get("maxLength")?.as_u64().filter(|most| *most < 10_000)?;
                Some(json!("x".repeat(usize::try_from(most).ok()? + 1)))
            }),
            Self::WrongMediaType => {
                operation.request.as_ref()?;
                let raw = Map::from_iter([("media-type".into(), json!("text/plain")), ("body".into(), json!("text"))]);
                Some(Input { body: None, raw, ..input })
            }
            Self::MalformedJson => {
                operation.body().filter(|body| !body.is_form())?;
                let raw = Map::from_iter([("body".into(), json!("{\"cut\": "))]);
                Some(Input { body: None, raw, ..input })
            }
            Self::NoCredentials => {
                let without: Vec<String> =
                    schemes(operation, contract).map(|scheme| place(scheme).to_owned()).collect();
                (!without.is_empty()).then_some(Input { without, ..input })
            }
            Self::ForeignActor => actor(input, operation, contract, NOBODYS),
            Self::OtherSession => session(input, operation, known.stranger("session")?, contract),
            Self::OtherApplication => token(input, operation, known.stranger("userToken")?, contract),
            Self::OtherEnvironment => token(input, operation, known.stranger("workerToken")?, contract),
            Self::ExpiredToken => token(input, operation, known.stranger("expiredToken")?, contract),
            Self::OtherSecret => with_code(input, known.stranger("passcode")?),
            Self::UsedSecret => with_code(input, known.stranger("usedPasscode")?),
            Self::UnknownId => with_path(input, operation, NOBODYS, |names| names.last()),
            Self::OtherParent => {
                let other = known.stranger("environment").unwrap_or(NOBODYS.to_owned());
                with_path(input, operation, &other, |names| (names.len() > 1).then(|| names.first()).flatten())
            }
        }
    }
}

/// A property that the body must have, with its schema.
fn required<'c>(input: &Input, operation: &Operation, contract: &'c Contract) -> Option<(String, &'c Value)> {
    let sent = input.body.as_ref()?.as_object()?;
    let pointer = operation.body()?.schema.as_ref()?;
    let schema = followed(contract, contract.resolved(pointer)?)?;
    let required = schema.get("required")?.as_array()?.iter().filter_map(Value::as_str);
    let name = required.into_iter().find(|name| sent.contains_key(*name))?;
    let property = schema.pointer(&format!("/properties/{name}"))?;
    Some((name.to_owned(), followed(contract, property)?))
}

/// A schema behind its references.
fn followed<'c>(contract: &'c Contract, schema: &'c Value) -> Option<&'c Value> {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => contract.resolved(reference.strip_prefix('#')?),
        None => Some(schema),
    }
}

fn replaced(
    input: Input,
    operation: &Operation,
    contract: &Contract,
    value: impl Fn(&Value) -> Option<Value>,
) -> Option<Input> {
    let (name, schema) = required(&input, operation, contract)?;
    let mut body = input.body.clone()?;
    *body.get_mut(&name)? = value(schema)?;
    Some(Input { body: Some(body), invalid: true, ..input })
}

/// The schemes by which callers are let in.
fn schemes<'c>(operation: &Operation, contract: &'c Contract) -> impl Iterator<Item = &'c SecurityScheme> {
    operation.security.iter().flatten().filter_map(|name| contract.security_scheme(name))
}

fn place(scheme: &SecurityScheme) -> &'static str {
    match scheme {
        SecurityScheme::ApiKey { location: Location::Cookie, .. } => "cookie",
        _ => "authorization",
    }
}

/// What is known of whoever else there is.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) contract: &'k Contract,
    /// Whether the target supplies strangers, with what they could try.
    pub(super) strangers: bool,
}

impl Known<'_> {
    /// What a stranger has.
    fn stranger(&self, what: &str) -> Option<String> {
        self.strangers.then(|| format!("{{{{persona.others.{what}}}}}"))
    }
}

/// Other credentials in the place of the caller's.
fn actor(mut input: Input, operation: &Operation, contract: &Contract, credentials: &str) -> Option<Input> {
    let (name, value) = match schemes(operation, contract).next()? {
        SecurityScheme::ApiKey { location: Location::Cookie, name } => ("Cookie", format!("{name}={credentials}")),
        SecurityScheme::Bearer | SecurityScheme::OAuth2 { .. } => ("Authorization", format!("Bearer {credentials}")),
        _ => return None,
    };
    input.headers.insert(name.to_owned(), value.into());
    Some(input)
}

fn is_session(operation: &Operation, contract: &Contract) -> bool {
    matches!(schemes(operation, contract).next(), Some(SecurityScheme::ApiKey { location: Location::Cookie, .. }))
}

fn session(input: Input, operation: &Operation, cookie: String, contract: &Contract) -> Option<Input> {
    is_session(operation, contract).then(|| actor(input, operation, contract, &cookie)).flatten()
}

fn token(input: Input, operation: &Operation, token: String, contract: &Contract) -> Option<Input> {
    (!is_session(operation, contract)).then(|| actor(input, operation, contract, &token)).flatten()
}

/// Another code in the place of the one that is read.
fn with_code(mut input: Input, code: String) -> Option<Input> {
    let members = input.body.as_mut()?.as_object_mut()?;
    let read = format!("{{{{{} ", Helper::Otp.name());
    let sent = members.values_mut().find(|value| value.as_str().is_some_and(|text| text.starts_with(&read)))?;
    *sent = code.into();
    Some(input)
}

/// Another value for one parameter of the path, which the names choose.
fn with_path(
    mut input: Input,
    operation: &Operation,
    value: &str,
    choose: impl Fn(&[String]) -> Option<&String>,
) -> Option<Input> {
    let names: Vec<String> =
        PathTemplate::parse(&operation.path).segments.into_iter().flat_map(|segment| segment.names).collect();
    let name = choose(&names)?.clone();
    input.path.insert(name, value.into());
    Some(input)
}
