//! `report.html`: for people; one file that loads nothing and reads well without its script.
//!
//! Rendered as a stream (head, scenario by scenario, foot), so that memory does not grow with the run. The templates
//! beside this file are strict and escape every value, after what could steer a reader was made visible; nothing
//! but this file's own style and script is written without escaping, and the page's security policy allows these two by
//! their digests only. Deliberately not here: views across scenarios.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::{Handlebars, html_escape};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::record::Verdict;
use crate::record::journal::{Entry, Journal};

use super::outcome::{BY_URGENCY, Outcome};
use super::text::visible;
use super::{RenderError, Renderer};

mod banner;
mod body;
mod scenario;
mod sequence;

/// The HTML report.
pub const RENDERER: Renderer =
    Renderer { name: "html", file: "report.html", purpose: "the whole story, for people", render };

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

const FILTER: &str = include_str!("filter.html");
const FOOT: &str = include_str!("foot.html");

const TEMPLATES: &[(&str, &str)] = &[
    ("head", include_str!("head.hbs")),
    ("banner", include_str!("banner.hbs")),
    ("group", include_str!("group.hbs")),
    ("scenario", include_str!("scenario.hbs")),
    ("finding", include_str!("finding.hbs")),
    ("covers", include_str!("covers.hbs")),
    ("sequence", include_str!("sequence.hbs")),
    ("step", include_str!("step.hbs")),
    ("exchange", include_str!("exchange.hbs")),
    ("message", include_str!("message.hbs")),
    ("repeat", include_str!("repeat.hbs")),
];

/// The only partial; the engine copies a partial's data, so larger pieces are templates of their own.
const REQUIREMENT: &str = include_str!("requirement.hbs");

/// How many scenarios that did not pass are open from the start.
const OPEN: usize = 20;

fn render(journal: &Journal, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut page = Page::new(out);
    let (header, outcome) = (journal.header(), Outcome::of(journal)?);
    page.put("head", &banner::head(header, &outcome, digest(STYLE), digest(SCRIPT)))?;
    page.literal(&["<style>", STYLE, "</style>\n"])?;
    page.put("banner", &banner::banner(header, &outcome))?;
    page.literal(&[FILTER])?;
    for verdict in BY_URGENCY {
        group(journal, verdict, &mut page)?;
    }
    page.literal(&[FOOT, "<script>", SCRIPT, "</script>\n</body>\n</html>\n"])
}

/// The scenarios of one verdict; nothing when there are none.
fn group(journal: &Journal, verdict: Verdict, page: &mut Page<'_>) -> Result<(), RenderError> {
    let entries: Vec<&Entry> = journal.entries().iter().filter(|entry| entry.verdict == verdict).collect();
    if entries.is_empty() {
        return Ok(());
    }
    page.put("group", &banner::group(verdict, entries.len()))?;
    let catalogue = scenario::Catalogue::new(journal.header());
    for (index, entry) in entries.into_iter().enumerate() {
        let open = index < OPEN && matches!(verdict, Verdict::Failed | Verdict::Errored);
        scenario::put(page, &catalogue, &journal.record(entry)?, open)?;
    }
    page.literal(&["</section>\n"])
}

/// The page while it is being written.
struct Page<'a> {
    templates: Handlebars<'static>,
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    fn new(out: &'a mut dyn Write) -> Self {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        // An indented partial would indent the text of a `pre` element.
        templates.set_prevent_indent(true);
        templates.register_escape_fn(escaped);
        let mut page = Self { templates, out };
        page.compile("requirement", REQUIREMENT);
        page
    }

    /// Writes a template, compiling it when it is used for the first time: compiling is most of the time of a small report.
    fn put(&mut self, name: &str, data: &impl Serialize) -> Result<(), RenderError> {
        if !self.templates.has_template(name) {
            let (_, text) = TEMPLATES.iter().find(|(known, _)| *known == name).expect("the template is listed");
            self.compile(name, text);
        }
        Ok(self.templates.render_to_write(name, data, &mut *self.out).map_err(Box::new)?)
    }

    fn compile(&mut self, name: &str, text: &str) {
        self.templates.register_template_string(name, text).expect("the templates are well-formed, as a test shows");
    }

    /// Writes markup of ours as it is; no value is `'static`, so that none can get here.
    fn literal(&mut self, markup: &[&'static str]) -> Result<(), RenderError> {
        Ok(markup.iter().try_for_each(|part| self.out.write_all(part.as_bytes()))?)
    }

    /// Writes a value as text, as templates do.
    fn text(&mut self, value: &str) -> Result<(), RenderError> {
        Ok(self.out.write_all(escaped(value).as_bytes())?)
    }
}

fn escaped(value: &str) -> String {
    html_escape(&visible(value))
}

/// The source expression by which a content security policy allows an inline text.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r15_every_template_is_well_formed_and_escapes_all_it_is_given() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out);
        for (name, template) in TEMPLATES.iter().chain([&("requirement", REQUIREMENT)]) {
            page.compile(name, template);
            assert!(!template.contains("{{{") && !template.contains("{{&"), "{name} has a raw value");
        }
        assert_eq!(escaped("<a b='\"\u{202e}&"), "&lt;a b&#x3D;&#x27;&quot;U+202E&amp;");
    }

    #[test]
    fn r17_style_and_script_cannot_end_their_elements() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
    }
}
