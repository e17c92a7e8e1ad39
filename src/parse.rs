//! The one place that names the JSON parser: a full parse where it is due, with buffers that are used again.
//!
//! [`Inner`] reads JSON that a log holds inside a string. [`Parser`] tells JSON from plain text. May not know agents.

use crate::scan::{Record, Scanner};
use crate::text::Text;
use simd_json::{Buffers, Tape};

/// Bytes of a document beyond which it is not parsed: a tape takes up to 24 bytes for each byte of a hostile document.
pub const PARSE_BYTES_MAX: usize = 1024 * 1024;

/// Room for the documents inside strings that logs hold; a longer one makes it grow once.
const INNER_BYTES: usize = 512 * 1024;

/// JSON that stands inside a string of the log, unescaped into memory of its own and scanned like a record.
pub struct Inner {
    bytes: Vec<u8>,
    scanner: Scanner,
}

impl Default for Inner {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    /// With room for the documents that most logs hold.
    pub fn new() -> Self {
        Self { bytes: Vec::with_capacity(INNER_BYTES), scanner: Scanner::new() }
    }

    /// Reads the object that the text is, white space around it aside; `None` where it is no object, is cut off, or is
    /// longer than [`PARSE_BYTES_MAX`].
    pub fn read(&mut self, text: Text<'_>) -> Option<Record<'_>> {
        let text = text.trim_start();
        if !text.starts_with("{") {
            return None;
        }
        self.bytes.clear();
        if !text.unescape_into(PARSE_BYTES_MAX, &mut self.bytes) {
            return None;
        }
        // A document inside a string may be spread over lines; the scan takes none.
        for byte in &mut self.bytes {
            if *byte == b'\n' || *byte == b'\r' {
                *byte = b' ';
            }
        }
        self.scanner.scan(&self.bytes).ok()
    }
}

/// A strict parser, for the lines that hold no object.
pub struct Parser {
    bytes: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser that has allocated nothing yet.
    pub fn new() -> Self {
        Self { bytes: Vec::new(), buffers: Buffers::new(0), tape: Tape::null() }
    }

    /// The bytes are a JSON document. One longer than [`PARSE_BYTES_MAX`] is taken for one by its first and last byte.
    pub fn is_json(&mut self, raw: &[u8]) -> bool {
        let starts_like_json =
            matches!(raw.first(), Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'{'));
        if !starts_like_json {
            return false;
        }
        if raw.len() > PARSE_BYTES_MAX {
            return matches!((raw.first(), raw.last()), (Some(b'['), Some(b']')) | (Some(b'"'), Some(b'"')));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(raw);
        let mut tape = std::mem::replace(&mut self.tape, Tape::null()).reset();
        let is_json = simd_json::fill_tape(&mut self.bytes, &mut self.buffers, &mut tape).is_ok();
        self.tape = tape.reset();
        is_json
    }
}
