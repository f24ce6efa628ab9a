//! `report.html`: for people; one file that loads nothing and reads well without its script.
//!
//! Rendered as a stream (head, scenario by scenario, foot), so that memory does not grow with the run. The templates
//! beside this file are strict and escape every value, after [`visible`] has shown what could steer a reader; nothing
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

const TEMPLATES: &[(&str, &str)] = &[
    ("head", include_str!("head.hbs")),
    ("banner", include_str!("banner.hbs")),
    ("group", include_str!("group.hbs")),
    ("scenario", include_str!("scenario.hbs")),
    ("requirement", include_str!("requirement.hbs")),
    ("finding", include_str!("finding.hbs")),
    ("sequence", include_str!("sequence.hbs")),
    ("exchange", include_str!("exchange.hbs")),
    ("message", include_str!("message.hbs")),
    ("foot", include_str!("foot.hbs")),
];

/// How many scenarios that did not pass are open from the start.
const OPEN: usize = 20;

fn render(journal: &Journal, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut page = Page { templates: templates(), out };
    let outcome = Outcome::of(journal)?;
    page.put("head", &banner::head(journal.header(), &outcome, digest(STYLE), digest(SCRIPT)))?;
    write!(page.out, "<style>{STYLE}</style>\n")?;
    page.put("banner", &banner::banner(journal.header(), &outcome))?;
    for verdict in BY_URGENCY {
        group(journal, verdict, &mut page)?;
    }
    page.put("foot", &banner::foot(journal.header()))?;
    write!(page.out, "<script>{SCRIPT}</script>\n</body>\n</html>\n")?;
    Ok(())
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
        page.put("scenario", &scenario::view(&catalogue, &journal.record(entry)?, open))?;
    }
    page.out.write_all(b"</section>\n")?;
    Ok(())
}

/// The page while it is being written.
struct Page<'a> {
    templates: Handlebars<'static>,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn put(&mut self, template: &str, data: &impl Serialize) -> Result<(), RenderError> {
        Ok(self.templates.render_to_write(template, data, &mut *self.out).map_err(Box::new)?)
    }
}

fn templates() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    // An indented partial would indent the text of a `pre` element.
    registry.set_prevent_indent(true);
    registry.register_escape_fn(|text| html_escape(&visible(text)));
    for (name, template) in TEMPLATES {
        registry.register_template_string(name, template).expect("the templates are well-formed, as a test shows");
    }
    registry
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
        let registry = templates();
        for (name, template) in TEMPLATES {
            assert!(registry.has_template(name));
            assert!(!template.contains("{{{") && !template.contains("{{&"), "{name} has a raw value");
        }
        let escape = registry.get_escape_fn();
        assert_eq!(escape("<a b='\"\u{202e}&"), "&lt;a b&#x3D;&#x27;&quot;U+202E&amp;");
    }

    #[test]
    fn r17_style_and_script_cannot_end_their_elements() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
    }
}
