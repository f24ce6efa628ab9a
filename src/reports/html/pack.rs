//! Accounts that are rarely opened, kept small: the same markup as elsewhere, taken apart into forms and what is filled in,
//! and deflated by the block.
//!
//! The script inflates a block when the first of its scenarios is opened. Deliberately not here: what is packed.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::RenderError;
use super::super::spool::{Spool, Spooled};
use super::forms::Forms;
use super::page::Page;

/// How much a block holds before it is deflated, in bytes.
const BLOCK: usize = 64 * 1024;

/// No text that was escaped holds this character.
const END: char = '\0';

/// Where an account is packed: the block and the place in it.
pub(super) type PackedAt = (usize, usize);

/// Packs accounts into blocks, which wait in the spool until the page has room for them.
#[derive(Default)]
pub(super) struct Packer {
    forms: Forms,
    block: String,
    in_block: usize,
    deflated: Vec<Spooled>,
}

impl Packer {
    /// Packs an account, and says where.
    pub(super) fn add(&mut self, account: &str, spool: &mut Spool<'_>) -> io::Result<PackedAt> {
        let place = (self.deflated.len(), self.in_block);
        self.forms.take_apart(account, &mut self.block);
        self.block.push(END);
        self.in_block += 1;
        if self.block.len() >= BLOCK {
            self.deflate(spool)?;
        }
        Ok(place)
    }

    fn deflate(&mut self, spool: &mut Spool<'_>) -> io::Result<()> {
        self.deflated.push(spool.push(&deflated(self.block.as_bytes())?)?);
        self.block.clear();
        self.in_block = 0;
        Ok(())
    }

    /// Writes all blocks, and the forms that they are made of.
    pub(super) fn write(mut self, page: &mut Page<'_>, spool: &mut Spool<'_>) -> Result<(), RenderError> {
        if self.in_block > 0 {
            self.deflate(spool)?;
        }
        for (number, block) in self.deflated.iter().enumerate() {
            put(page, &format!("block-{number}"), &spool.read(*block)?)?;
        }
        put(page, "forms", &deflated(self.forms.text().as_bytes())?)
    }
}

fn put(page: &mut Page<'_>, id: &str, bytes: &[u8]) -> Result<(), RenderError> {
    page.literal(&["<script type=\"application/octet-stream\" id=\""])?;
    page.text(id)?;
    page.literal(&["\">"])?;
    page.base64(bytes)?;
    page.literal(&["</script>\n"])
}

/// Deflated, by its own middle way between small and fast.
fn deflated(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use flate2::read::DeflateDecoder;

    #[test]
    fn what_is_packed_can_be_unpacked_and_says_where_it_is() {
        let (mut out, mut store) = (Vec::new(), Cursor::new(Vec::new()));
        let (mut packer, mut spool) = (Packer::default(), Spool::new(&mut store));
        let mut add = |account: &str| packer.add(account, &mut spool).expect("memory takes it");
        let whole = "<p>a line of 1\n".repeat(BLOCK / 4);
        assert_eq!([add("<p>one"), add("<p>two"), add(&whole), add("<p>two")], [(0, 0), (0, 1), (0, 2), (1, 0)]);
        packer.write(&mut Page::new(&mut out), &mut spool).expect("a vector takes it");
        let text = String::from_utf8(out).expect("it is text");
        let packed = text.lines().filter_map(|line| line.split(['>', '<']).nth(2));
        let unpacked = packed.map(|packed| {
            let bytes = STANDARD.decode(packed).expect("it is base64");
            io::read_to_string(DeflateDecoder::new(&*bytes)).expect("it is deflated")
        });
        let unpacked: Vec<String> = unpacked.collect();
        assert!(unpacked[0].starts_with("\u{0}1\u{0}2\u{1}1\n2\u{1}1\n"), "{unpacked:?}");
        assert_eq!(unpacked[1..], ["1\0", "<p>one\n<p>two\n<p>a line of \u{1}\n"]);
    }
}
