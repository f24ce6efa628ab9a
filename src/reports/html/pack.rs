//! Accounts that are rarely opened, kept small: the same markup as elsewhere, deflated by the block.
//!
//! The script inflates a block when the first of its scenarios is opened. Deliberately not here: what is packed.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::RenderError;
use super::page::Page;

/// How much markup a block holds before it is written, in bytes.
const BLOCK: usize = 192 * 1024;

/// No text that was escaped holds this character.
const END: u8 = 0;

/// Packs accounts into blocks.
#[derive(Default)]
pub(super) struct Packer {
    block: Vec<u8>,
    blocks: usize,
    in_block: usize,
}

impl Packer {
    /// Packs an account, and says where: the block and the place in it.
    pub(super) fn add(&mut self, account: &[u8]) -> (usize, usize) {
        let place = (self.blocks, self.in_block);
        self.block.extend_from_slice(account);
        self.block.push(END);
        self.in_block += 1;
        place
    }

    /// Whether there is enough in the block.
    pub(super) fn is_full(&self) -> bool {
        self.block.len() >= BLOCK
    }

    /// Writes the block if there is enough in it, or if it is the last one.
    pub(super) fn flush(&mut self, page: &mut Page<'_>, last: bool) -> Result<(), RenderError> {
        if self.block.is_empty() || !last && !self.is_full() {
            return Ok(());
        }
        page.literal(&["<script type=\"application/octet-stream\" id=\"block-"])?;
        page.text(&self.blocks.to_string())?;
        page.literal(&["\">"])?;
        page.base64(&deflated(&self.block)?)?;
        self.block.clear();
        (self.blocks, self.in_block) = (self.blocks + 1, 0);
        page.literal(&["</script>\n"])
    }
}

/// Deflated, by its own middle way between small and fast.
fn deflated(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use flate2::read::DeflateDecoder;

    #[test]
    fn what_is_packed_can_be_unpacked_and_says_where_it_is() {
        let mut out = Vec::new();
        let mut packer = Packer::default();
        assert_eq!([packer.add(b"<p>one"), packer.add(b"<p>two")], [(0, 0), (0, 1)]);
        let mut page = Page::new(&mut out);
        packer.flush(&mut page, false).expect("a vector takes it");
        packer.flush(&mut page, true).expect("a vector takes it");
        assert_eq!(packer.add(b"<p>three"), (1, 0));
        let text = String::from_utf8(out).expect("it is text");
        let packed = text.split('>').nth(1).and_then(|rest| rest.split('<').next()).expect("there is one block");
        let bytes = base64::engine::general_purpose::STANDARD.decode(packed).expect("it is base64");
        let text = io::read_to_string(DeflateDecoder::new(&*bytes)).expect("it is deflated");
        assert_eq!(text, "<p>one\0<p>two\0");
    }
}
