//! The templates, the style and the script, which lie beside this file.

pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str = include_str!("script.js");
pub(super) const FILTER: &str = include_str!("filter.html");
pub(super) const FOOT: &str = include_str!("foot.html");

pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("head", include_str!("head.hbs")),
    ("banner", include_str!("banner.hbs")),
    ("contents", include_str!("contents.hbs")),
    ("changes", include_str!("changes.hbs")),
    ("broken", include_str!("broken.hbs")),
    ("group", include_str!("group.hbs")),
    ("case", include_str!("case.hbs")),
    ("scenario", include_str!("scenario.hbs")),
    ("core", include_str!("core.hbs")),
    ("about", include_str!("about.hbs")),
    ("finding", include_str!("finding.hbs")),
    ("covers", include_str!("covers.hbs")),
    ("sequence", include_str!("sequence.hbs")),
    ("timeline", include_str!("timeline.hbs")),
    ("step", include_str!("step.hbs")),
    ("exchange", include_str!("exchange.hbs")),
    ("message", include_str!("message.hbs")),
    ("repeat", include_str!("repeat.hbs")),
    ("diagram", include_str!("diagram.hbs")),
    ("passages", include_str!("passages.hbs")),
    ("requirements", include_str!("requirements.hbs")),
    ("heat", include_str!("heat.hbs")),
    ("latency", include_str!("latency.hbs")),
    ("block", include_str!("block.hbs")),
];

/// The only partial; the engine copies a partial's data, so larger pieces are templates of their own.
pub(super) const REQUIREMENT: &str = include_str!("requirement.hbs");
