//! Finds needles in a text.
//!
//! Deliberately not here: what the needles are ([`super::needles`]), and where one counts.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, packed};

/// So many bytes of a needle are searched for; the rest is compared where they stand. Needles are long, and an automaton for
/// whole ones takes longer to make than the requests take.
const HEAD: usize = 24;

/// Finds the leftmost, then longest needle.
pub(super) struct Searcher {
    /// In order.
    needles: Vec<Vec<u8>>,
    heads: Heads,
}

enum Heads {
    /// For the few needles of most scenarios: made in no time.
    Few(packed::Searcher),
    /// For any number of needles.
    Many(AhoCorasick),
}

impl Searcher {
    /// A searcher for needles in order.
    pub(super) fn new(needles: Vec<Vec<u8>>) -> Self {
        let mut heads: Vec<&[u8]> = needles.iter().map(|needle| &needle[..needle.len().min(HEAD)]).collect();
        heads.dedup();
        Self { heads: Heads::new(&heads), needles }
    }

    /// The needle found first from a place on, with where it begins and ends.
    pub(super) fn find(&self, text: &[u8], mut from: usize) -> Option<(usize, Range<usize>)> {
        loop {
            let start = self.heads.find(text, from)?;
            if let Some(needle) = self.longest(&text[start..]) {
                return Some((needle, start..start + self.needles[needle].len()));
            }
            from = start + 1;
        }
    }

    /// The longest needle with which a text begins: the last in order that does not come after the text. Where that one parts
    /// from the text, no needle with which it begins is longer.
    fn longest(&self, mut text: &[u8]) -> Option<usize> {
        loop {
            let last = self.needles.partition_point(|needle| needle.as_slice() <= text).checked_sub(1)?;
            let needle = &self.needles[last];
            let shared = needle.iter().zip(text).take_while(|(one, other)| one == other).count();
            if shared == needle.len() {
                return Some(last);
            }
            text = &text[..shared];
        }
    }

    /// With which two bytes needles begin, in order.
    pub(super) fn begins(&self) -> Vec<[u8; 2]> {
        let mut begins: Vec<[u8; 2]> = self.needles.iter().filter_map(|needle| needle.first_chunk()).copied().collect();
        begins.dedup();
        begins
    }
}

impl Heads {
    fn new(heads: &[&[u8]]) -> Self {
        let few = packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostLongest)
            .only_rabin_karp(true)
            .builder()
            .extend(heads)
            .build();
        few.map_or_else(|| Self::many(heads), Self::Few)
    }

    fn many(heads: &[&[u8]]) -> Self {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(heads);
        Self::Many(automaton.expect("heads of ordinary length build an automaton"))
    }

    /// Where a head stands first from a place on.
    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let found = match self {
            Self::Few(searcher) => searcher.find_in(text, (from..text.len()).into()),
            Self::Many(automaton) => automaton.find(aho_corasick::Input::new(text).range(from..)),
        };
        found.map(|found| found.start())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All needles in a text, one after the other.
    fn found<'n>(needles: &[&'n str], text: &str) -> Vec<&'n str> {
        let searcher = Searcher::new(needles.iter().map(|needle| needle.as_bytes().to_vec()).collect());
        let hits = std::iter::successors(searcher.find(text.as_bytes(), 0), |(_, range)| {
            searcher.find(text.as_bytes(), range.end)
        });
        hits.map(|(needle, _)| needles[needle]).collect()
    }

    #[test]
    fn few_and_many_needles_are_found_alike() {
        let many: Vec<String> = (0..400).map(|number| format!("secret-value-{number:03}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(matches!(Searcher::new(vec![b"secret".to_vec()]).heads, Heads::Few(_)));
        let all = many.iter().map(|needle| needle.as_bytes().to_vec()).collect();
        assert!(matches!(Searcher::new(all).heads, Heads::Many(_)));
        for needles in [&many[..], &many[7..9]] {
            assert_eq!(found(needles, "a secret-value-007 secret-value-008"), ["secret-value-007", "secret-value-008"]);
        }
        assert_eq!(found(&[], "nothing"), [""; 0]);
    }

    #[test]
    fn what_has_the_same_head_is_told_apart_by_the_rest() {
        let shared = "a-head-that-is-longer-than-what-is-searched-for";
        let (first, second) = (format!("{shared}-1"), format!("{shared}-1-and-more"));
        let needles = ["a-head", &first, &second];
        assert_eq!(found(&needles, &format!("{second} {first}!")), [&second, &first]);
        // Neither of the long ones: the short one, which stands at the same place.
        assert_eq!(found(&needles, &format!("{shared}-2 {first}")), ["a-head", &first]);
        assert_eq!(found(&needles[1..], &format!("{shared}{first}")), [&first]);
    }
}
