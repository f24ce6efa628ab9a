//! The file of a HAR while it is read, block by block.
//!
//! What stands around the entries is given to a parser byte by byte, so that it is known where they begin. Each entry is then
//! read at once from the block, and the parser is shown an empty one in its place. An entry that is no JSON is left to the
//! parser, which says what is wrong and where.
//!
//! Deliberately not here: what stands in a HAR.

use std::cell::RefCell;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use serde::de::IgnoredAny;

use super::attached::LARGEST;

/// How much is read at once.
pub(super) const BLOCK: usize = 256 * 1024;

/// Where an entry stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryPlace {
    /// The first byte.
    pub start: u64,
    /// How many bytes there are.
    pub length: usize,
}

/// What has been read.
pub(super) struct Reading<'i> {
    input: &'i mut dyn Read,
    block: Vec<u8>,
    /// Where the block begins in the file.
    start: u64,
    /// The next byte of the block.
    next: usize,
    /// Where in the block the entry stands that was taken last.
    entry: Range<usize>,
    /// Whether the brace that ends an empty entry is still to be shown.
    closes: bool,
    /// Why no more can be read.
    problem: Option<io::Error>,
    /// How far the parser has read, and how far the file has been read with it.
    shown: Position,
    passed: Position,
    /// By how much lines and columns of the file are ahead of those that the parser knows, from this line of its own on.
    ahead: (usize, usize, usize),
}

/// A place in a text: the line, and how much of it has been read.
#[derive(Debug, Clone, Copy)]
struct Position {
    line: usize,
    column: usize,
}

impl Position {
    const BEGIN: Self = Self { line: 1, column: 0 };

    /// Goes on behind these bytes.
    fn pass(&mut self, bytes: &[u8]) {
        match bytes.iter().filter(|byte| **byte == b'\n').count() {
            0 => self.column += bytes.len(),
            lines => {
                self.line += lines;
                self.column = bytes.iter().rev().take_while(|byte| **byte != b'\n').count();
            }
        }
    }
}

impl<'i> Reading<'i> {
    /// Begins to read at a byte of the file.
    pub(super) fn new(input: &'i mut dyn Read, start: u64) -> Self {
        Self {
            input,
            block: Vec::new(),
            start,
            next: 0,
            entry: 0..0,
            closes: false,
            problem: None,
            shown: Position::BEGIN,
            passed: Position::BEGIN,
            ahead: (0, 0, 0),
        }
    }

    /// How far the file has been read.
    pub(super) fn at(&self) -> u64 {
        self.start + self.next as u64
    }

    /// The entry that was taken last.
    pub(super) fn entry(&self) -> &[u8] {
        &self.block[self.entry.clone()]
    }

    /// Takes the entry of which the parser has read the first brace; nothing where it is none, or not to its end.
    pub(super) fn take_entry(&mut self) -> Option<EntryPlace> {
        let mut begin = self.next.checked_sub(1).filter(|first| self.block[*first] == b'{')?;
        let length = loop {
            let mut json = serde_json::Deserializer::from_slice(&self.block[begin..]).into_iter::<IgnoredAny>();
            match json.next() {
                Some(Ok(_)) => break json.byte_offset(),
                Some(Err(error)) if error.is_eof() => {}
                _ => return None,
            }
            self.drop_before(begin);
            begin = 0;
            if !self.read_more() {
                return None;
            }
        };
        let end = begin + length;
        self.shown.pass(b"}");
        self.passed.pass(&self.block[self.next..end]);
        let (shown, passed) = (self.shown, self.passed);
        self.ahead = (shown.line, passed.line - shown.line, passed.column.wrapping_sub(shown.column));
        (self.entry, self.next, self.closes) = (begin..end, end, true);
        Some(EntryPlace { start: self.start + begin as u64, length })
    }

    /// Forgets the block before one of its bytes.
    fn drop_before(&mut self, byte: usize) {
        self.start += byte as u64;
        self.next -= byte;
        self.block.drain(..byte);
    }

    /// Reads on behind the block, as much again as is there; false where there is no more, or there should not be.
    fn read_more(&mut self) -> bool {
        let known = self.block.len();
        if known > LARGEST {
            self.problem = Some(io::Error::other(format!("an entry has more than {LARGEST} bytes")));
            return false;
        }
        let more = known.max(BLOCK) as u64;
        self.problem = (&mut *self.input).take(more).read_to_end(&mut self.block).err();
        self.problem.is_none() && self.block.len() > known
    }

    /// The next byte for the parser; nothing at the end of the file.
    fn byte(&mut self) -> io::Result<Option<u8>> {
        if std::mem::take(&mut self.closes) {
            return Ok(Some(b'}'));
        }
        if self.next == self.block.len() && self.problem.is_none() {
            self.drop_before(self.next);
            self.read_more();
        }
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        let Some(byte) = self.block.get(self.next).copied() else { return Ok(None) };
        self.next += 1;
        self.shown.pass(&[byte]);
        self.passed.pass(&[byte]);
        Ok(Some(byte))
    }

    /// What the parser says, with the place in the file: it has not seen what stands in the entries.
    pub(super) fn located(&self, error: &serde_json::Error) -> String {
        let told = error.to_string();
        let seen = format!(" at line {} column {}", error.line(), error.column());
        let Some(what) = told.strip_suffix(&seen) else { return told };
        let (from, lines, columns) = self.ahead;
        let columns = if error.line() == from { columns } else { 0 };
        format!("{what} at line {} column {}", error.line() + lines, error.column().wrapping_add(columns))
    }
}

/// Gives a parser a byte at a time, so that places are exact.
pub(super) struct Bytewise<'i>(pub(super) Rc<RefCell<Reading<'i>>>);

impl Read for Bytewise<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(first) = buffer.first_mut() else { return Ok(0) };
        let byte = self.0.borrow_mut().byte()?;
        byte.into_iter().for_each(|byte| *first = byte);
        Ok(usize::from(byte.is_some()))
    }
}
