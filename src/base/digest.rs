//! SHA-256 in lower-case hexadecimal: of a text, of a list of texts, and of everything that is written or read.
//!
//! Deliberately not here: secrets. Nothing here compares in constant time.

use std::fmt;
use std::io::{self, Read, Write};

use ring::digest::{self, SHA256};

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The digest of a text, in bytes.
pub fn of(text: impl AsRef<[u8]>) -> digest::Digest {
    digest::digest(&SHA256, text.as_ref())
}

/// The digest of a text.
pub fn sha256(text: impl AsRef<[u8]>) -> String {
    hex(of(text).as_ref())
}

/// The first bytes of a text's digest, for short names that differ.
pub fn short(text: impl AsRef<[u8]>, bytes: usize) -> String {
    hex(&of(text).as_ref()[..bytes])
}

/// The digest of a list of texts, each with its length before it, so that no two lists are alike.
pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut sha = digest::Context::new(&SHA256);
    for text in texts {
        sha.update(&(text.len() as u64).to_le_bytes());
        sha.update(text.as_bytes());
    }
    hex(sha.finish().as_ref())
}

/// The digest of everything that can be read.
///
/// # Errors
/// Whatever the reader reports.
pub fn of_reader(mut text: impl Read) -> io::Result<String> {
    let mut digesting = Digesting::new(io::sink());
    io::copy(&mut text, &mut digesting)?;
    Ok(digesting.digest())
}

/// A writer that passes everything on and knows its digest.
pub struct Digesting<W> {
    out: W,
    sha: digest::Context,
}

impl<W: fmt::Debug> fmt::Debug for Digesting<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Digesting").field(&self.out).finish()
    }
}

impl<W: Write> Digesting<W> {
    /// Passes on to a writer.
    pub fn new(out: W) -> Self {
        Self { out, sha: digest::Context::new(&SHA256) }
    }

    /// The writer that everything is passed on to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// The digest of everything so far.
    pub fn digest(&self) -> String {
        hex(self.sha.clone().finish().as_ref())
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_whichever_way_the_text_comes() -> io::Result<()> {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let mut writer = Digesting::new(Vec::new());
        writer.write_all(b"a")?;
        writer.write_all(b"bc")?;
        assert_eq!(
            (sha256("abc"), writer.digest(), of_reader(&b"abc"[..])?),
            (known.into(), known.into(), known.into())
        );
        assert_eq!(short("abc", 3), known[..6]);
        Ok(())
    }

    #[test]
    fn lists_that_are_cut_elsewhere_differ() {
        assert_ne!(of_texts(["ab", "c"]), of_texts(["a", "bc"]));
    }
}
