//! The page while it is being written: escaping, and the few ways in which text gets into it.
//!
//! Deliberately not here: what the page says.

use std::io::Write;

use maud::{Markup, html};
use serde::Serialize;

use super::super::RenderError;
use crate::base::text::visible;

/// The page while it is being written.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    held: Option<String>,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, held: None }
    }

    /// Writes markup that was compiled in, and escapes every value; what could steer a reader is made visible.
    pub(super) fn markup(&mut self, markup: &Markup) -> Result<(), RenderError> {
        self.write(&visible(&markup.0))
    }

    /// Writes markup of ours as it is; no value is `'static`, so that none can get here.
    pub(super) fn literal(&mut self, markup: &[&'static str]) -> Result<(), RenderError> {
        markup.iter().try_for_each(|part| self.write(part))
    }

    /// Writes a value as text.
    pub(super) fn text(&mut self, value: &str) -> Result<(), RenderError> {
        self.markup(&html! { (value) })
    }

    /// Writes what is made of letters, digits and `+/=` only.
    pub(super) fn base64(&mut self, bytes: &[u8]) -> Result<(), RenderError> {
        use base64::Engine as _;
        self.write(&base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    /// Writes data that only the script reads. What could end the element, or means something to a parser, is escaped as
    /// JSON allows; serde_json leaves the rest of control characters to nobody.
    pub(super) fn json(&mut self, data: &impl Serialize) -> Result<(), RenderError> {
        let text = serde_json::to_string(data)?;
        let inert = text.chars().fold(String::with_capacity(text.len()), |mut inert, c| {
            if matches!(c, '<' | '>' | '&' | '=' | '\u{2028}' | '\u{2029}')
                || visible(c.encode_utf8(&mut [0; 4])) != c.to_string()
            {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| inert.push_str(&format!("\\u{unit:04x}")));
            } else {
                inert.push(c);
            }
            inert
        });
        self.write(&inert)
    }

    /// Keeps what is written meanwhile instead of letting it out.
    pub(super) fn hold(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), RenderError>,
    ) -> Result<String, RenderError> {
        self.held = Some(String::new());
        let written = write(self);
        let held = self.held.take().unwrap_or_default();
        written.map(|()| held)
    }

    /// Writes markup that was held before.
    pub(super) fn write(&mut self, markup: &str) -> Result<(), RenderError> {
        match &mut self.held {
            Some(held) => held.push_str(markup),
            None => self.out.write_all(markup.as_bytes())?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r15_markup_escapes_every_value_and_shows_what_could_steer_a_reader() {
        let mut out = Vec::new();
        let value = "<a b='\"\u{202e}&\0";
        Page::new(&mut out).markup(&html! { p title=(value) { (value) } }).expect("a vector takes it");
        let shown = "&lt;a b='&quot;U+202E&amp;\\x00";
        assert_eq!(String::from_utf8(out).expect("UTF-8"), format!("<p title=\"{shown}\">{shown}</p>"));
    }

    #[test]
    fn r17_data_for_the_script_cannot_end_its_element() {
        let mut out = Vec::new();
        Page::new(&mut out).json(&"</script>&\u{2028}\u{1fffe}é").expect("a vector takes it");
        assert_eq!(out, br#""\u003c/script\u003e\u0026\u2028\ud83f\udffe"#.iter().chain("é\"".as_bytes()).copied().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_held_does_not_get_out() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out);
        let held = page.hold(|page| page.text("<")).expect("memory takes it");
        page.literal(&["!"]).expect("a vector takes it");
        assert_eq!((held.as_str(), out.as_slice()), ("&lt;", &b"!"[..]));
    }
}
