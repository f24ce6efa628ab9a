//! The strict dialect of Jenkins, as far as the serializer does not write it by itself.
//!
//! Deliberately not here: what the document says.

use std::io::{self, Write};

/// Takes the `skipped` attribute off the root element, which the strict dialect refuses and quick-junit always writes.
pub(super) struct WithoutSkipped<W> {
    out: W,
    head: Option<Vec<u8>>,
}

impl<W: Write> WithoutSkipped<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, head: Some(Vec::new()) }
    }
}

impl<W: Write> Write for WithoutSkipped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(mut head) = self.head.take() else { return self.out.write(bytes) };
        head.extend_from_slice(bytes);
        match String::from_utf8_lossy(&head).split_once("<testsuites").and_then(|(_, tag)| tag.find('>')) {
            Some(_) => self.out.write_all(&without_skipped(&head))?,
            None => self.head = Some(head),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn without_skipped(head: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let Some((before, rest)) = head.split_once(" skipped=\"") else { return head.as_bytes().to_vec() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_the_root_element_loses_its_skipped_attribute_however_the_bytes_arrive() {
        let text = "<testsuites name=\"x\" skipped=\"2\" errors=\"0\"><testsuite skipped=\"1\"/></testsuites>";
        for size in [1, 7, 1_000] {
            let mut out = Vec::new();
            let mut writer = WithoutSkipped::new(&mut out);
            text.as_bytes().chunks(size).for_each(|chunk| writer.write_all(chunk).expect("a vector takes it"));
            let out = String::from_utf8(out).expect("text");
            assert_eq!(out, "<testsuites name=\"x\" errors=\"0\"><testsuite skipped=\"1\"/></testsuites>");
        }
    }
}
