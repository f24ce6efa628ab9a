//! Where runs of bytes end: what may stand in a URL, in a token, in the value of a parameter.
//!
//! A hostile text has a word that a credential may follow at every few bytes, and one run behind all of them. No byte is read
//! twice for the same kind of run, so that the time that it takes stays proportional to the length of the text.

use std::cell::Cell;

/// What a run is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Run {
    /// What people write in a URL, also by mistake.
    Url,
    /// The same between single quotes.
    QuotedUrl,
    /// Anything but an at sign.
    BeforeAt,
    /// The alphabet of base64url.
    UrlSafe,
    /// What tokens and base64 are made of.
    OfToken,
    /// The value of a parameter of a query or a form.
    Query,
    /// That of any other parameter.
    Parameter,
    /// The text of an element.
    Text,
    /// That of a CDATA section.
    Data,
    /// What may stand beside a word in a sentence.
    Said,
}

impl Run {
    const KINDS: usize = Self::Said as usize + 1;

    fn takes(self, byte: u8) -> bool {
        let is_none_of = |signs: &[u8]| !byte.is_ascii_whitespace() && !signs.contains(&byte);
        match self {
            Self::Url => is_none_of(b"\"<>`\\") && !byte.is_ascii_control(),
            Self::QuotedUrl => is_none_of(b"\"'<>`\\") && !byte.is_ascii_control(),
            Self::BeforeAt => byte != b'@',
            Self::UrlSafe => byte.is_ascii_alphanumeric() || b"_-".contains(&byte),
            Self::OfToken => byte.is_ascii_alphanumeric() || b"._~+/%-".contains(&byte),
            Self::Query => is_none_of(b"&#\"<>`\\"),
            Self::Parameter => is_none_of(b"&;\"'<>`\\"),
            Self::Text => byte != b'<',
            Self::Data => byte != b']',
            Self::Said => byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte),
        }
    }
}

/// A text, and which of its runs were read.
pub(super) struct Runs<'t> {
    /// The text.
    pub(super) text: &'t [u8],
    known: [Cell<(usize, usize)>; Run::KINDS],
    steps: Cell<usize>,
}

impl<'t> Runs<'t> {
    /// The runs of a text.
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { text, known: Default::default(), steps: Cell::default() }
    }

    /// Where the run ends that begins, or goes on, at a place.
    pub(super) fn end(&self, run: Run, from: usize) -> usize {
        let known = &self.known[run as usize];
        let (start, end) = known.get();
        if (start..end).contains(&from) {
            return end;
        }
        let rest = self.text.get(from..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| run.takes(**byte)).count();
        self.steps.set(self.steps.get() + length);
        known.set((from, from + length));
        from + length
    }

    /// The run that begins at a place, unless it is empty.
    pub(super) fn at(&self, run: Run, from: usize) -> Option<std::ops::Range<usize>> {
        let end = self.end(run, from);
        (end > from).then_some(from..end)
    }

    /// How many bytes were read.
    #[cfg(test)]
    pub(super) fn steps(&self) -> usize {
        self.steps.get()
    }
}
