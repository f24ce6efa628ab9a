//! The search for markers in everything that came out: in clear, in part, backwards through every encoding.

use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

/// So many characters of a marker give it away, at its beginning and at its end: a secret may be cut.
const PART: usize = 10;

/// Everything that came out of a run, by name.
#[derive(Default)]
pub(super) struct Artefacts(Vec<(String, String)>);

impl fmt::Debug for Artefacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, text)| (name, text.len()))).finish()
    }
}

impl Artefacts {
    /// All files below a folder.
    pub(super) fn below(folder: &Path) -> Self {
        let mut artefacts = Self::default();
        artefacts.collect(folder);
        artefacts
    }

    /// Adds all files below a folder.
    pub(super) fn add_below(&mut self, folder: &Path) {
        self.collect(folder);
    }

    fn collect(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                self.collect(&entry);
            } else {
                self.add(&entry.display().to_string(), &fs::read(&entry).expect("it can be read"));
            }
        }
    }

    /// Adds what was printed. A name is searched as well as a text.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) {
        self.0.push((name.to_owned(), format!("{name}\n{}", String::from_utf8_lossy(bytes))));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether any of them holds a text.
    pub(super) fn mention(&self, text: &str) -> bool {
        self.0.iter().any(|(_, known)| known.contains(text))
    }

    /// Every marker found, with where and how. Literals are only searched for whole: they are words.
    pub(super) fn leaks(&self, markers: &[(&str, &str)], literals: &[(&str, &str)]) -> Vec<String> {
        let mut needles = Needles::default();
        for (name, value) in markers {
            for core in cores(value) {
                forms(core).for_each(|form| needles.add(format!("{name} ({core})"), form));
            }
        }
        literals.iter().for_each(|(name, value)| needles.add((*name).to_owned(), (*value).to_owned()));
        self.0.iter().flat_map(|(place, text)| needles.leaks(place, text)).collect()
    }
}

/// What is searched for, by its first two bytes: a text is read once for all of it, because there are hundreds.
struct Needles(Vec<Vec<(String, String)>>);

impl Default for Needles {
    fn default() -> Self {
        Self(vec![Vec::new(); 1 << 16])
    }
}

impl Needles {
    fn add(&mut self, name: String, needle: String) {
        let first = beginning(needle.as_bytes(), 0);
        self.0[first].push((name, needle));
    }

    /// Where each of them is first, with what stands around it.
    fn leaks(&self, place: &str, text: &str) -> Vec<String> {
        let (bytes, mut found, mut known) = (text.as_bytes(), Vec::new(), HashSet::new());
        for at in 0..bytes.len().saturating_sub(1) {
            for (name, needle) in &self.0[beginning(bytes, at)] {
                let is_here = bytes[at..].starts_with(needle.as_bytes()) && stands(text, at, needle);
                if is_here && known.insert(needle) {
                    found.push(leak(place, text, at, (name.as_str(), needle.as_str())));
                }
            }
        }
        found
    }
}

/// Two bytes of a text as a number.
fn beginning(bytes: &[u8], at: usize) -> usize {
    usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1])
}

/// Whether a needle that is there gives anything away. Digits must stand alone: times are digits, too.
fn stands(text: &str, at: usize, needle: &str) -> bool {
    let is_beside = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let beside = || is_beside(text[..at].chars().next_back()) || is_beside(text[at + needle.len()..].chars().next());
    !needle.bytes().all(|byte| byte.is_ascii_digit()) || !beside()
}

/// What is found where, with what stands around it.
fn leak(place: &str, text: &str, at: usize, (name, needle): (&str, &str)) -> String {
    let around = text.floor_char_boundary(at.saturating_sub(60))
        ..text.ceil_char_boundary((at + needle.len() + 30).min(text.len()));
    let mut said = String::new();
    write!(said, "{name} as `{needle}` in {place}: {}", &text[around]).expect("a string takes it");
    said
}

/// The runs of letters and digits that survive any escape; each long one alone gives the secret away, whole or cut.
fn cores(value: &str) -> impl Iterator<Item = &str> {
    let runs =
        value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| run.len() >= 6 && !run.starts_with("eyJhbGci"));
    runs.flat_map(|run| if run.len() > PART { vec![&run[..PART], &run[run.len() - PART..]] } else { vec![run] })
}

/// A core in clear, in hexadecimal and in base64 at each alignment, in either alphabet and case.
fn forms(core: &str) -> impl Iterator<Item = String> {
    let hex: String = core.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = (0..3).flat_map(move |lead| {
        let text = format!("{}{core}{}", "x".repeat(lead), "x".repeat((3 - (lead + core.len()) % 3) % 3));
        let (from, to) = ((lead * 8).div_ceil(6), (lead + core.len()) * 8 / 6);
        [BASE64_STANDARD.encode(&text)[from..to].to_owned(), BASE64_URL_SAFE_NO_PAD.encode(&text)[from..to].to_owned()]
    });
    [core.to_owned(), hex.to_uppercase(), hex].into_iter().chain(base64)
}

#[test]
fn the_search_finds_what_it_is_to_find() {
    let value = "sec+retmarker0123456789/x";
    let encoded = |text: &[u8]| BASE64_STANDARD.encode(text);
    let ways = [
        value.to_owned(),
        value.replace('+', "%2b"),
        encoded(value.as_bytes()),
        encoded(format!("id:{value}").as_bytes()),
        encoded(format!("ab:{value}").as_bytes()),
        value.bytes().map(|byte| format!("{byte:02X}")).collect(),
        value[..16].to_owned(),
    ];
    for way in ways {
        let mut artefacts = Artefacts::default();
        artefacts.add("a", way.as_bytes());
        assert!(!artefacts.leaks(&[("it", value)], &[]).is_empty(), "{way}");
    }
    let mut artefacts = Artefacts::default();
    artefacts.add("a", b"at 1048291 048291f");
    assert!(artefacts.leaks(&[("otp", "048291")], &[]).is_empty());
    artefacts.add("b", b"otp:048291.");
    assert_eq!(artefacts.leaks(&[("otp", "048291")], &[]).len(), 1);
}
