//! What may be made: the members that are required, their types, what must be unique, and what they may name.
//!
//! Only the rules of configuration; users and devices have their own.

use serde_json::Value;
use uuid::Uuid;

use super::thing::{Kind, Things};
use crate::tenant::errors::{Detail, Problem};
use crate::tenant::fields::Fields;

const APPLICATION_TYPES: &[&str] = &["WEB_APP", "NATIVE_APP", "SINGLE_PAGE_APP", "WORKER", "CUSTOM_APP", "SERVICE"];
const AUTHENTICATION: &[&str] =
    &["NONE", "CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST", "CLIENT_SECRET_JWT", "PRIVATE_KEY_JWT"];
const ACTION_TYPES: &[&str] = &[
    "LOGIN",
    "MULTI_FACTOR_AUTHENTICATION",
    "IDENTIFIER_FIRST",
    "IDENTITY_PROVIDER",
    "PROGRESSIVE_PROFILING",
    "AGREEMENT",
];
const DEVICE_SELECTION: &[&str] = &["DEFAULT_TO_FIRST", "PROMPT_TO_SELECT", "ALWAYS_DISPLAY_DEVICES"];
const METHODS: [&str; 4] = ["sms", "email", "voice", "totp"];

/// Reads a body as a thing of this kind; `own` is the thing that it is to replace.
pub(super) fn check(kind: Kind, fields: &mut Fields, things: &Things, own: Option<Uuid>) -> Result<(), Problem> {
    required(kind, fields);
    fields.check()?;
    refer(kind, fields, things)?;
    unique(kind, fields, things, own)
}

fn required(kind: Kind, fields: &mut Fields) {
    match kind {
        Kind::Population | Kind::SignOnPolicy | Kind::Resource | Kind::Scope => drop(fields.text("name")),
        Kind::PasswordPolicy => {
            fields.text("name");
            for flag in ["excludesCommonlyUsed", "excludesProfileData", "notSimilarToCurrent"] {
                fields.flag(flag);
            }
        }
        Kind::Application => application(fields),
        Kind::Grant => {
            fields.uuid("resource.id");
            fields.list("scopes");
        }
        Kind::Assignment => {
            fields.uuid("signOnPolicy.id");
            fields.count("priority", 1..=u64::from(u32::MAX));
        }
        Kind::Action => action(fields),
        Kind::MfaPolicy => mfa_policy(fields),
        Kind::Agreement => {
            fields.text("name");
            fields.flag("enabled");
        }
        Kind::Language => {
            texts(fields, &["displayName", "locale"]);
            fields.flag("enabled");
        }
        Kind::Revision => {
            texts(fields, &["effectiveAt", "text"]);
            fields.one_of("contentType", &["text/html", "text/plain"]);
            fields.flag("requireReconsent");
        }
        Kind::IdentityProvider => identity_provider(fields),
    }
}

fn application(fields: &mut Fields) {
    fields.flag("enabled");
    fields.text("name");
    let open_id = fields.one_of("protocol", &["OPENID_CONNECT", "SAML", "WS_FED"]) == "OPENID_CONNECT";
    fields.one_of("type", APPLICATION_TYPES);
    if !open_id {
        return;
    }
    fields.one_of("tokenEndpointAuthMethod", AUTHENTICATION);
    let grants = fields.list("grantTypes");
    if grants.iter().any(|grant| grant == "AUTHORIZATION_CODE") && fields.list("redirectUris").is_empty() {
        fields.report("REQUIRED_VALUE", "redirectUris", "A value is required.");
    }
    fields.optional_count("deviceTimeout", 1..=3600);
    fields.optional_count("devicePollingInterval", 1..=60);
    let path = fields.optional_text("devicePathId").unwrap_or_default();
    if path.len() > 50 || path.contains(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))) {
        fields.report("INVALID_VALUE", "devicePathId", "The value does not match the pattern.");
    }
}

fn action(fields: &mut Fields) {
    fields.count("priority", 1..=u64::from(u32::MAX));
    match fields.one_of("type", ACTION_TYPES) {
        "AGREEMENT" => drop(fields.uuid("agreement.id")),
        "IDENTITY_PROVIDER" => drop(fields.uuid("identityProvider.id")),
        "MULTI_FACTOR_AUTHENTICATION" => {
            fields.optional_reference("deviceAuthenticationPolicy", "deviceAuthenticationPolicy.id");
        }
        "PROGRESSIVE_PROFILING" => {
            fields.list("attributes");
            fields.flag("preventMultiplePromptsPerFlow");
            fields.count("promptIntervalSeconds", 1..=u64::from(u32::MAX));
            fields.text("promptText");
        }
        "LOGIN" | "IDENTIFIER_FIRST" if fields.has("registration") => {
            fields.flag("registration.enabled");
            fields.optional_reference("registration.population", "registration.population.id");
        }
        _ => {}
    }
}

fn mfa_policy(fields: &mut Fields) {
    fields.text("name");
    fields.flag("default");
    fields.flag("forSignOnPolicy");
    for method in METHODS.into_iter().chain(["mobile"]) {
        if !fields.has(method) {
            fields.report("REQUIRED_VALUE", method, "A value is required.");
        }
    }
    fields.optional_one_of("authentication.deviceSelection", DEVICE_SELECTION);
}

fn identity_provider(fields: &mut Fields) {
    fields.flag("enabled");
    fields.text("name");
    if fields.text("type") == "OPENID_CONNECT" {
        texts(
            fields,
            &["authorizationEndpoint", "clientId", "clientSecret", "issuer", "jwksEndpoint", "tokenEndpoint"],
        );
        fields.list("scopes");
        fields.one_of("tokenEndpointAuthMethod", AUTHENTICATION);
    }
}

fn texts(fields: &mut Fields, paths: &[&'static str]) {
    for path in paths {
        fields.text(path);
    }
}

/// The members that name other things, which have to be there.
fn refer(kind: Kind, fields: &Fields, things: &Things) -> Result<(), Problem> {
    let references: &[(&'static str, Kind)] = match kind {
        Kind::Population => &[("passwordPolicy.id", Kind::PasswordPolicy)],
        Kind::Grant => &[("resource.id", Kind::Resource)],
        Kind::Assignment => &[("signOnPolicy.id", Kind::SignOnPolicy)],
        Kind::Action => &[
            ("agreement.id", Kind::Agreement),
            ("identityProvider.id", Kind::IdentityProvider),
            ("deviceAuthenticationPolicy.id", Kind::MfaPolicy),
            ("registration.population.id", Kind::Population),
        ],
        _ => &[],
    };
    let is_known =
        |id: &Value, kind| id.as_str().and_then(|id| id.parse().ok()).is_some_and(|id| things.get(kind, id).is_some());
    let unknown = references.iter().find(|(path, kind)| fields.value(path).is_some_and(|id| !is_known(id, *kind)));
    unknown.map_or(Ok(()), |(path, _)| Err(Detail::invalid_value(path, "There is nothing of this id.").into()))
}

fn unique(kind: Kind, fields: &Fields, things: &Things, own: Option<Uuid>) -> Result<(), Problem> {
    let members: &[&'static str] = match kind {
        Kind::Application => &["name", "devicePathId"],
        Kind::Population | Kind::PasswordPolicy | Kind::SignOnPolicy | Kind::MfaPolicy => &["name"],
        Kind::Agreement | Kind::IdentityProvider | Kind::Resource => &["name"],
        _ => &[],
    };
    for member in members {
        let given = fields.value(member).and_then(Value::as_str).unwrap_or_default();
        let taken = things.of(kind, None).any(|other| Some(other.id) != own && other.text(member) == given);
        if taken && !given.is_empty() {
            let message = "is unique but a non-unique value is provided";
            return Err(Detail::new("UNIQUENESS_VIOLATION", *member, message).into());
        }
    }
    Ok(())
}
