//! A request as endpoints see it: token, cookies, media type, parameters.
//!
//! Reads only; what is missing or wrong is for the endpoint to refuse.

use std::borrow::Cow;

use http::{Method, header, request::Parts};
use uuid::Uuid;

use super::errors::Problem;
use crate::base::media_type::without_parameters;

/// Characters of every action's media type before its name.
const VENDOR: &str = "application/vnd.pingidentity.";

/// A request.
pub(super) struct Call<'a> {
    pub(super) parts: &'a Parts,
    pub(super) body: &'a [u8],
    /// Whether the client accepts any representation there is.
    pub(super) acceptable: bool,
}

impl<'a> Call<'a> {
    pub(super) fn accept(&self) -> Result<(), Problem> {
        if self.acceptable { Ok(()) } else { Err(Problem::not_acceptable()) }
    }

    pub(super) fn header(&self, name: header::HeaderName) -> Option<&'a str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// Returns the credentials sent with an authentication scheme.
    pub(super) fn credentials(&self, scheme: &str) -> Option<&'a str> {
        let (given, credentials) = self.header(header::AUTHORIZATION)?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then_some(credentials.trim())
    }

    /// Returns the session of the `ST` cookie.
    pub(super) fn session(&self) -> Option<Uuid> {
        self.cookie("ST")?.parse().ok()
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&'a str> {
        let cookies = self.parts.headers.get_all(header::COOKIE).into_iter();
        let pairs = cookies.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
        pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Returns the request's media type, parameters cut off.
    pub(super) fn media_type(&self) -> &'a str {
        without_parameters(self.header(header::CONTENT_TYPE).unwrap_or_default())
    }

    /// Returns what follows `application/vnd.pingidentity.` in the media type.
    pub(super) fn vendor(&self) -> Option<&'a str> {
        let (vendor, subtype) = self.media_type().split_at_checked(VENDOR.len())?;
        vendor.eq_ignore_ascii_case(VENDOR).then_some(subtype)
    }

    /// Whether the media type is `application/vnd.pingidentity.<subtype>`.
    pub(super) fn is_vendor(&self, subtype: &str) -> bool {
        self.vendor().is_some_and(|found| found.eq_ignore_ascii_case(subtype))
    }

    pub(super) fn query(&self, name: &str) -> Option<String> {
        form_value(self.parts.uri.query()?.as_bytes(), name)
    }

    /// Returns a parameter of a request that may carry them in its query or, when posted, in a form.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        if self.parts.method == Method::POST { self.form(name) } else { self.query(name) }
    }

    /// Returns a field of a form-encoded body.
    pub(super) fn form(&self, name: &str) -> Option<String> {
        form_value(self.body, name)
    }
}

fn form_value(encoded: &[u8], name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(encoded);
    pairs.find(|(found, _)| found == name).map(|(_, value)| value).map(Cow::into_owned)
}

/// Parses an id as PingOne writes it: hyphenated, 36 characters.
pub(super) fn canonical(id: &str) -> Option<Uuid> {
    (id.len() == 36).then(|| id.parse().ok()).flatten()
}
