//! SHA-256 in lower-case hexadecimal: of a text, of a list of texts, and of everything that is written or read.
//!
//! Deliberately not here: secrets. Nothing here compares in constant time.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest of a text.
pub fn sha256(text: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(text))
}

/// The first bytes of a text's digest, for short names that differ.
pub fn short(text: impl AsRef<[u8]>, bytes: usize) -> String {
    hex(&Sha256::digest(text)[..bytes])
}

/// The digest of a list of texts, each with its length before it, so that no two lists are alike.
pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut sha = Sha256::new();
    for text in texts {
        sha.update((text.len() as u64).to_le_bytes());
        sha.update(text);
    }
    hex(&sha.finalize())
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
#[derive(Debug, Default)]
pub struct Digesting<W> {
    out: W,
    sha: Sha256,
}

impl<W: Write> Digesting<W> {
    /// Passes on to a writer.
    pub fn new(out: W) -> Self {
        Self { out, sha: Sha256::new() }
    }

    /// The writer that everything is passed on to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// The digest of everything so far.
    pub fn digest(&self) -> String {
        hex(&self.sha.clone().finalize())
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
