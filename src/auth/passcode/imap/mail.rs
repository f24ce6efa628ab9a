//! A mail as a person reads it: to whom it is, its texts decoded, and the addresses behind its links.
//!
//! MIME, transfer encodings and charsets are a library's business. Attachments are not looked into.

use mail_parser::{Address, HeaderName, Message, MessageParser};
use regex::Regex;
use std::sync::LazyLock;

/// Fields that name addressees.
const ADDRESSEES: [HeaderName<'static>; 3] = [HeaderName::To, HeaderName::Cc, HeaderName::ResentTo];
/// Fields under which servers that rewrite the others keep the address.
const DELIVERED: [&str; 3] = ["Delivered-To", "X-Original-To", "Envelope-To"];

/// Where a link leads.
static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?i)\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')"#).expect("a literal pattern"));

/// A mail.
pub(super) struct Mail<'m>(Message<'m>);

impl<'m> Mail<'m> {
    /// Reads a mail; `None` where there is nothing to read.
    pub(super) fn parse(raw: &'m [u8]) -> Option<Self> {
        MessageParser::default().parse(raw).map(Self)
    }

    /// Whether somebody is among the addressees, upper or lower case.
    pub(super) fn is_to(&self, address: &str) -> bool {
        let is_theirs = |text: &str| text.trim().trim_matches(['<', '>']).eq_ignore_ascii_case(address);
        let mut listed = ADDRESSEES.iter().flat_map(|name| self.0.header_values(name.clone()));
        let mut delivered =
            self.0.headers_raw().filter(|(name, _)| DELIVERED.iter().any(|known| name.eq_ignore_ascii_case(known)));
        listed.any(|value| value.as_address().is_some_and(|list: &Address<'_>| list.contains(address)))
            || delivered.any(|(_, value)| is_theirs(value))
    }

    /// The texts in which a code may stand, the likeliest first: bodies, then links, then the subject.
    pub(super) fn texts(&self) -> Vec<String> {
        let bodies = (0..self.0.text_body_count()).filter_map(|at| self.0.body_text(at));
        let pages = || (0..self.0.html_body_count()).filter_map(|at| self.0.body_html(at));
        let read = pages().map(|page| mail_parser::decoders::html::html_to_text(&page));
        let linked: Vec<String> = pages().flat_map(|page| links(&page)).collect();
        let subject = self.0.subject().map(str::to_owned);
        bodies.map(String::from).chain(read).chain(linked).chain(subject).collect()
    }
}

fn links(page: &str) -> Vec<String> {
    let address = |found: regex::Captures<'_>| {
        let address = found.get(1).or_else(|| found.get(2)).map_or("", |address| address.as_str());
        address.replace("&amp;", "&").replace("&#38;", "&")
    };
    LINK.captures_iter(page).map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKED: &str = "To: Anna <ANNA+1@example.com>\r\nDelivered-To: qa@example.com\r\nSubject: Welcome\r\n\
        MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        <style>p { color: #123456 }</style><p>Gr=C3=BC=C3=9Fe, <a href=3D\"https://x.example/v?a=3D1&amp;code=3DAB=\r\n\
        12CD34\">confirm</a></p>\r\n";

    #[test]
    fn the_addressee_is_compared_as_a_whole() {
        let mail = Mail::parse(LINKED.as_bytes()).expect("a mail");
        assert!(mail.is_to("anna+1@example.com") && mail.is_to("QA@example.com"));
        assert!(!mail.is_to("a+1@example.com") && !mail.is_to("anna@example.com"));
    }

    #[test]
    fn links_are_texts_and_styles_are_not() {
        let texts = Mail::parse(LINKED.as_bytes()).expect("a mail").texts();
        assert!(texts.iter().any(|text| text == "https://x.example/v?a=1&code=AB12CD34"), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("Grüße")), "{texts:?}");
        assert!(!texts.iter().any(|text| text.contains("123456")), "{texts:?}");
    }
}
