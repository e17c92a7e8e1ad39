//! The other door: `--annotate` hands the stream back, with a splice in each record that holds events.
//!
//! What leaves here is as secret as the log. It needs the [`Verbatim`] token, which only `cli` makes. Unchanged
//! stretches go straight from the input buffer to the output. May not know the private sink.

use crate::pipe::{self, Stop};
use crate::schema::Source;
use std::io::Write;

/// The permission to write the log's own bytes: the command line gives it to whoever asked for it.
///
/// ```
/// # use whale_classify::{cli, cli::Task, pipeline::Mode, verbatim::Verbatim};
/// let options = cli::parse_or_explain(&["--annotate".into()]).unwrap();
/// let Task::Classify(Mode::Annotate(token)) = options.task else { unreachable!() };
/// ```
///
/// Nobody else makes it:
///
/// ```compile_fail,E0423
/// # use whale_classify::verbatim::Verbatim;
/// let token = Verbatim(());
/// ```
///
/// ```compile_fail,E0624
/// # use whale_classify::verbatim::Verbatim;
/// let token = Verbatim::asked_for();
/// ```
///
/// ```compile_fail,E0599
/// # use whale_classify::verbatim::Verbatim;
/// let token = Verbatim::default();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verbatim(());

impl Verbatim {
    /// Made where the user asked for it.
    pub(crate) const fn asked_for() -> Self {
        Self(())
    }
}

/// Stretches shorter than this are gathered; longer ones are written as they are.
const STRETCH_BYTES_MIN: usize = 16 * 1024;
/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// The stream on its way back.
pub struct Splicer<W> {
    writer: W,
    buffer: Vec<u8>,
}

impl<W: Write> Splicer<W> {
    /// An output to the writer.
    pub fn new(writer: W, _: Verbatim) -> Self {
        Self { writer, buffer: Vec::with_capacity(BUFFER_BYTES + STRETCH_BYTES_MIN) }
    }

    /// Hands on bytes of the log.
    ///
    /// # Errors
    /// As [`pipe::write_all`].
    pub fn pass(&mut self, stretch: &[u8]) -> Result<(), Stop> {
        if stretch.len() >= STRETCH_BYTES_MIN {
            self.write()?;
            return pipe::write_all(&mut self.writer, stretch);
        }
        self.buffer.extend_from_slice(stretch);
        if self.buffer.len() >= BUFFER_BYTES { self.write() } else { Ok(()) }
    }

    /// Puts in what the events of a record came to: the source of the first that failed, and of several each one's.
    ///
    /// # Errors
    /// As [`pipe::write_all`].
    pub fn splice(&mut self, sources: &[Option<Source>]) -> Result<(), Stop> {
        self.buffer.extend_from_slice(b",\"failure_source\":");
        let first = sources.iter().find_map(|source| *source);
        push_source(&mut self.buffer, first);
        if sources.len() > 1 {
            self.buffer.extend_from_slice(b",\"failure_sources\":[");
            for (at, source) in sources.iter().enumerate() {
                if at > 0 {
                    self.buffer.push(b',');
                }
                push_source(&mut self.buffer, *source);
            }
            self.buffer.push(b']');
        }
        Ok(())
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
        self.write()?;
        pipe::flush(&mut self.writer)
    }
}

fn push_source(buffer: &mut Vec<u8>, source: Option<Source>) {
    match source {
        Some(source) => {
            buffer.push(b'"');
            buffer.extend_from_slice(source.word().as_bytes());
            buffer.push(b'"');
        }
        None => buffer.extend_from_slice(b"null"),
    }
}
