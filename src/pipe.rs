//! Writing to a pipe, a file or a terminal as they really behave: in parts, interrupted, not ready, full, or gone.
//!
//! May not know what is written.

use std::io::{self, Write};

/// How long to wait before a non-blocking output is asked again.
const RETRY_WAIT: std::time::Duration = std::time::Duration::from_millis(2);

/// Why the filter stops before its input ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The reader of the output went away: a quiet end.
    ReaderGone,
    /// Reading failed.
    ReadFailed,
    /// Writing failed.
    WriteFailed,
    /// `--merge` met a line that it cannot add.
    MergeRefused {
        /// Its number, from 1.
        line: u64,
        /// Why.
        why: Refusal,
    },
}

/// Why `--merge` cannot add a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is none of the filter's own records.
    NotARecord,
    /// It is a summary of another schema.
    OtherSchema,
    /// It is a summary that does not read as one.
    Malformed,
    /// A counter would pass 64 bits.
    Overflow,
    /// Records follow the last summary: a run died without its own.
    NoSummary,
}

/// Writes all of it.
///
/// # Errors
/// [`Stop::ReaderGone`] where nobody reads any more, else [`Stop::WriteFailed`].
pub fn write_all(writer: &mut impl Write, mut bytes: &[u8]) -> Result<(), Stop> {
    while !bytes.is_empty() {
        match writer.write(bytes) {
            Ok(0) => return Err(Stop::WriteFailed),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) => pause(&error)?,
        }
    }
    Ok(())
}

/// Flushes the writer itself.
///
/// # Errors
/// As [`write_all`].
pub fn flush(writer: &mut impl Write) -> Result<(), Stop> {
    loop {
        match writer.flush() {
            Ok(()) => return Ok(()),
            Err(error) => pause(&error)?,
        }
    }
}

fn pause(error: &io::Error) -> Result<(), Stop> {
    match error.kind() {
        io::ErrorKind::Interrupted => Ok(()),
        io::ErrorKind::WouldBlock => {
            std::thread::sleep(RETRY_WAIT);
            Ok(())
        }
        io::ErrorKind::BrokenPipe => Err(Stop::ReaderGone),
        _ => Err(Stop::WriteFailed),
    }
}
