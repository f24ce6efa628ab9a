//! Where parameters go and how they are written: OpenAPI's `style` and `explode`, and where they are left to their defaults.
//!
//! Deliberately not here: writing them (see `client`).

use serde_json::Value;
use strum::{Display, EnumString};

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query.
    Query,
    /// A header field.
    Header,
    /// A cookie.
    Cookie,
}

impl Location {
    /// The key under which a scenario gives such parameters.
    pub fn key(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "headers",
            Self::Cookie => "cookies",
        }
    }
}

/// How a list or an object becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "camelCase")]
pub enum Style {
    /// `;id=1,2` in a path.
    Matrix,
    /// `.1.2` in a path.
    Label,
    /// `1,2` in a path or a header field.
    Simple,
    /// `id=1&id=2` in a query, a cookie or a form.
    Form,
    /// `id=1%202` in a query.
    SpaceDelimited,
    /// `id=1|2` in a query.
    PipeDelimited,
    /// `id[a]=1&id[b]=2` in a query.
    DeepObject,
}

/// How a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterForm {
    /// How a list or an object becomes text.
    pub style: Style,
    /// Whether each item or member stands by itself.
    pub explode: bool,
    /// Whether reserved characters are left as they are.
    pub allow_reserved: bool,
    /// Whether the whole value is written as JSON, because the parameter has `content` of such a media type.
    pub is_json: bool,
}

impl ParameterForm {
    /// Reads it from a parameter object, or from an encoding object of a form.
    pub fn of(written: &Value, location: Location) -> Self {
        let flag = |key: &str| written.get(key).and_then(Value::as_bool);
        let style = written.get("style").and_then(Value::as_str).and_then(|style| style.parse().ok());
        let style = style.unwrap_or_else(|| default_style(location));
        let explode = flag("explode").unwrap_or(style == Style::Form);
        let allow_reserved = flag("allowReserved").unwrap_or(false);
        Self { style, explode, allow_reserved, is_json: content_of(written).is_some_and(|(name, _)| is_json(name)) }
    }
}

/// The one media type of a parameter that has `content` in the place of a schema.
pub(super) fn content_of(written: &Value) -> Option<(&str, &Value)> {
    let content = written.get("content")?.as_object()?;
    content.iter().next().map(|(name, media_type)| (name.as_str(), media_type))
}

fn is_json(media_type: &str) -> bool {
    crate::base::media_type::is_json(media_type)
}

fn default_style(location: Location) -> Style {
    match location {
        Location::Path | Location::Header => Style::Simple,
        Location::Query | Location::Cookie => Style::Form,
    }
}
