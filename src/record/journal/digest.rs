//! The digest of a journal's lines, which its footer holds.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// Passes the lines of a journal on and works out their digest, for the footer.
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
    pub(super) fn get_ref(&self) -> &W {
        &self.out
    }

    /// The digest of everything so far.
    pub fn digest(&self) -> String {
        self.sha.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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

/// The digest of everything that can be read.
///
/// # Errors
/// Whatever the reader reports.
pub(super) fn digest(mut text: impl Read) -> io::Result<String> {
    let mut digesting = Digesting::new(io::sink());
    io::copy(&mut text, &mut digesting)?;
    Ok(digesting.digest())
}
