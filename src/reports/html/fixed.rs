//! The style, the script and the fixed parts of the page, which lie beside this file.

pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str = include_str!("script.js");
/// By which the page's security policy allows the style and the script alone.
pub(super) const STYLE_DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/style.sha256"));
pub(super) const SCRIPT_DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/script.sha256"));
pub(super) const FILTER: &str = include_str!("filter.html");
pub(super) const FOOT: &str = include_str!("foot.html");
