//! The style, the script and the fixed parts of the page, which lie beside this file.

pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str = include_str!("script.js");
pub(super) const FILTER: &str = include_str!("filter.html");
pub(super) const FOOT: &str = include_str!("foot.html");
