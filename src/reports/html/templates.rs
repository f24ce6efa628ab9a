//! The templates, the style and the script, which lie beside this file.

pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str = include_str!("script.js");
pub(super) const FILTER: &str = include_str!("filter.html");
pub(super) const FOOT: &str = include_str!("foot.html");

/// What stands once on the page, each compiled when it is written. What repeats with the run or the contract is markup that
/// is compiled into the program, which is faster by far.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("head", include_str!("head.hbs")),
    ("banner", include_str!("banner.hbs")),
    ("contents", include_str!("contents.hbs")),
    ("changes", include_str!("changes.hbs")),
    ("latency", include_str!("latency.hbs")),
];
