//! The only place where private output is made and written: one record a line.
//!
//! Takes the records of `schema` and nothing else. May not know text or events.

use crate::pipe::{self, Stop};
use crate::schema::Record;
use std::io::Write;

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// The private output.
pub struct Sink<W> {
    writer: W,
    buffer: Vec<u8>,
}

impl<W: Write> Sink<W> {
    /// An output to the writer.
    pub fn new(writer: W) -> Self {
        Self { writer, buffer: Vec::with_capacity(BUFFER_BYTES + 4096) }
    }

    /// Writes a record as one line of JSON.
    ///
    /// ```compile_fail
    /// let mut sink = whale_classify::sink::Sink::new(Vec::new());
    /// sink.record(&"the log's own words").unwrap();
    /// ```
    ///
    /// ```
    /// let mut sink = whale_classify::sink::Sink::new(Vec::new());
    /// sink.record(&whale_classify::vocabulary::words().next().unwrap()).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`pipe::write_all`].
    pub fn record(&mut self, record: &impl Record) -> Result<(), Stop> {
        // Writing to memory cannot fail.
        if simd_json::serde::to_writer(&mut self.buffer, record).is_err() {
            return Err(Stop::WriteFailed);
        }
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Stop> {
        pipe::write_all(&mut self.writer, &self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Writes what was gathered.
    ///
    /// # Errors
    /// As [`pipe::write_all`].
    pub fn flush(&mut self) -> Result<(), Stop> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.write()?;
        pipe::flush(&mut self.writer)
    }
}
