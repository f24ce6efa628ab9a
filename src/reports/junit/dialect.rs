//! The strict dialect of Jenkins, as far as the serializer does not write it by itself.
//!
//! It permits no `skipped` on the root element, which quick-junit always writes. Without that, the other totals of the root are
//! no more than a trap: a reader that trusts them counts skipped cases as passed. Without any, readers add up the suites, each
//! of which has all of them. Deliberately not here: what the document says.

use std::io::{self, Write};

/// The totals of the root element.
const TOTALS: [&str; 4] = ["tests", "failures", "errors", "skipped"];

/// Takes the totals off the root element.
pub(super) struct WithoutTotals<W> {
    out: W,
    head: Option<Vec<u8>>,
}

impl<W: Write> WithoutTotals<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, head: Some(Vec::new()) }
    }
}

impl<W: Write> Write for WithoutTotals<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(mut head) = self.head.take() else { return self.out.write(bytes) };
        head.extend_from_slice(bytes);
        match String::from_utf8_lossy(&head).split_once("<testsuites").and_then(|(_, tag)| tag.find('>')) {
            Some(_) => self.out.write_all(without_totals(&String::from_utf8_lossy(&head)).as_bytes())?,
            None => self.head = Some(head),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn without_totals(head: &str) -> String {
    let Some((before, tag)) = head.split_once("<testsuites") else { return head.to_owned() };
    let (tag, after) = tag.split_at(tag.find('>').unwrap_or(tag.len()));
    let tag = TOTALS.iter().fold(tag.to_owned(), |tag, name| without(&tag, name));
    format!("{before}<testsuites{tag}{after}")
}

/// The attributes of an element without one of them.
fn without(tag: &str, name: &str) -> String {
    let Some((before, rest)) = tag.split_once(&format!(" {name}=\"")) else { return tag.to_owned() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_the_root_element_loses_its_totals_however_the_bytes_arrive() {
        let text = "<testsuites name=\"x\" tests=\"3\" skipped=\"2\" errors=\"0\" time=\"1\"><testsuite tests=\"3\" \
                    skipped=\"1\"/></testsuites>";
        for size in [1, 7, 1_000] {
            let mut out = Vec::new();
            let mut writer = WithoutTotals::new(&mut out);
            text.as_bytes().chunks(size).for_each(|chunk| writer.write_all(chunk).expect("a vector takes it"));
            let out = String::from_utf8(out).expect("text");
            let wanted = "<testsuites name=\"x\" time=\"1\"><testsuite tests=\"3\" skipped=\"1\"/></testsuites>";
            assert_eq!(out, wanted);
        }
    }
}
