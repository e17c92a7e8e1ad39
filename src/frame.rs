//! One roll-and-fill buffer over the input, and the lines in it.
//!
//! A line is a range of the buffer, good until the next [`Frame::fill`]. A line longer than [`RECORD_BYTES_MAX`] streams
//! past and is told once, as too long. May not know JSON or agents.

use std::io::{self, Read};
use std::ops::Range;

/// The longest line that is held and read; longer ones are skipped as they stream.
pub const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The buffer's size before any long line was seen.
const BUFFER_BYTES_MIN: usize = 128 * 1024;
/// How long to wait before a non-blocking input is asked again.
const RETRY_WAIT: std::time::Duration = std::time::Duration::from_millis(2);

/// What stands next in the buffer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// A line without its line end. `ended`: it had one.
    Line {
        /// Where its bytes are: [`Frame::bytes`] gives them.
        bytes: Range<usize>,
        /// A line end stood behind it; false only at the end of the input.
        ended: bool,
    },
    /// A line that was too long to be held has streamed past. `ended`: it had a line end.
    TooLong {
        /// A line end stood behind it.
        ended: bool,
    },
    /// Nothing more until [`Frame::fill`].
    Hungry,
    /// The input has ended and everything was given.
    End,
}

/// The buffer.
pub struct Frame<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The first byte that was not given yet.
    at: usize,
    /// The first byte that was not searched for a line end yet.
    searched: usize,
    /// The end of what was read.
    filled: usize,
    is_skipping: bool,
    has_started: bool,
    has_ended: bool,
    line_bytes_max: usize,
}

impl<R: Read> Frame<R> {
    /// A buffer over the input.
    pub fn new(reader: R) -> Self {
        Self::with_limit(reader, RECORD_BYTES_MAX)
    }

    /// The same with another longest line, for tests.
    pub fn with_limit(reader: R, line_bytes_max: usize) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER_BYTES_MIN.min(line_bytes_max + 1)],
            at: 0,
            searched: 0,
            filled: 0,
            is_skipping: false,
            has_started: false,
            has_ended: false,
            line_bytes_max,
        }
    }

    /// The bytes of a range that [`Self::take`] gave, or of any other up to [`Self::position`].
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// The bytes of the buffer from a place on, whatever stands behind what was asked for.
    pub fn bytes_from(&self, start: usize) -> &[u8] {
        self.buffer.get(start..).unwrap_or_default()
    }

    /// Nothing was read yet.
    pub const fn is_at_start(&self) -> bool {
        self.filled == 0 && !self.has_started
    }

    /// What was read and not yet given.
    pub fn unread(&self) -> &[u8] {
        self.bytes(self.at..self.filled)
    }

    /// How far in the buffer everything was given.
    pub const fn position(&self) -> usize {
        self.at
    }

    /// How many bytes of the next line, and of what follows it, were read; 0 while a line that is too long streams past.
    pub const fn ahead_bytes(&self) -> usize {
        if self.is_skipping { 0 } else { self.filled - self.at }
    }

    /// Nothing more will be read.
    pub const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Gives so many bytes, which are a line no longer than the limit, and its line end.
    pub const fn give(&mut self, line_bytes: usize) {
        self.at += line_bytes + 1;
        self.searched = self.at;
    }

    /// So many bytes of the next line were looked at, and hold no line end. False where the line is too long.
    pub const fn pass(&mut self, bytes: usize) -> bool {
        self.searched = self.at + bytes;
        if self.filled - self.at <= self.line_bytes_max {
            return true;
        }
        self.searched = self.filled;
        self.at = self.filled;
        self.is_skipping = true;
        false
    }

    /// The longest line that is given, in bytes.
    pub const fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    /// Takes the next line out of what was read.
    pub fn take(&mut self) -> Next {
        let from = self.at;
        match memchr::memchr(b'\n', self.bytes(self.searched..self.filled)) {
            Some(found) => {
                let end = self.searched + found;
                self.at = end + 1;
                self.searched = self.at;
                if std::mem::take(&mut self.is_skipping) || end - from > self.line_bytes_max {
                    return Next::TooLong { ended: true };
                }
                Next::Line { bytes: from..end, ended: true }
            }
            None => {
                self.searched = self.filled;
                if self.has_ended {
                    self.at = self.filled;
                    if std::mem::take(&mut self.is_skipping) {
                        return Next::TooLong { ended: false };
                    }
                    if from == self.filled {
                        return Next::End;
                    }
                    return Next::Line { bytes: from..self.filled, ended: false };
                }
                if self.is_skipping || self.filled - from > self.line_bytes_max {
                    self.is_skipping = true;
                    self.at = self.filled;
                }
                Next::Hungry
            }
        }
    }

    /// Reads more. Ranges given before are void; whatever lies before [`Self::position`] is gone.
    ///
    /// # Errors
    /// Any error of the reader that is not a mere interruption.
    pub fn fill(&mut self) -> io::Result<()> {
        self.has_started = true;
        if self.at > 0 {
            self.buffer.copy_within(self.at..self.filled, 0);
            self.filled -= self.at;
            self.searched -= self.at;
            self.at = 0;
        }
        if self.filled == self.buffer.len() {
            let grown = (self.buffer.len() + self.buffer.len() / 2).min(self.line_bytes_max + 1);
            self.buffer.resize(grown.max(self.filled + 1), 0);
        }
        let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
        loop {
            match self.reader.read(free) {
                Ok(0) => self.has_ended = true,
                Ok(count) => self.filled += count.min(free.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(RETRY_WAIT);
                    continue;
                }
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    /// Gives at most so many bytes at a time, in turn.
    struct Drip<'a>(&'a [u8], Vec<usize>, usize);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.2 += 1;
            if self.2.is_multiple_of(3) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let size = self.1.get(self.2 % self.1.len().max(1)).copied().unwrap_or(usize::MAX);
            let size = size.min(into.len()).min(self.0.len());
            let (now, later) = self.0.split_at(size);
            into.get_mut(..size).unwrap().copy_from_slice(now);
            self.0 = later;
            Ok(size)
        }
    }

    fn lines(reader: impl Read, limit: usize) -> Vec<Option<Vec<u8>>> {
        let mut frame = Frame::with_limit(reader, limit);
        let mut lines = Vec::new();
        loop {
            match frame.take() {
                Next::Line { bytes, .. } => lines.push(Some(frame.bytes(bytes).to_vec())),
                Next::TooLong { .. } => lines.push(None),
                Next::Hungry => frame.fill().unwrap(),
                Next::End => return lines,
            }
        }
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_input_is_split(
            text in "[a-c\n]{0,300}",
            sizes in proptest::collection::vec(1_usize..40, 1..6),
            limit in 8_usize..64,
        ) {
            let found = lines(Drip(text.as_bytes(), sizes, 0), limit);
            let mut wanted: Vec<_> = text.split('\n').collect();
            if wanted.last() == Some(&"") {
                wanted.pop();
            }
            let wanted: Vec<_> =
                wanted.iter().map(|line| (line.len() <= limit).then(|| line.as_bytes().to_vec())).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
