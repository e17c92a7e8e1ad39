//! Wiring: options in, exit status out. Knows nothing else.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use whale_classify::cli::{self, Options, Talk, Task};
use whale_classify::message::{Message, Said};
use whale_classify::pipe::{self, Refusal, Stop};
use whale_classify::pipeline::{self, Hint};
use whale_classify::schema::Record;
use whale_classify::sink::Sink;
use whale_classify::{merge, vocabulary};

/// The end of the input was reached, or the reader went away.
const DONE: u8 = 0;
/// Something was not read or was lost, and `--strict` asked.
const LOSSY: u8 = 1;
/// Usage, a refused merge, or reading or writing failed.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    // A panic's message may hold what was being looked at: only the place is told.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or([0, 0], |place| [place.line().into(), place.column().into()]);
        say(Message::INTERNAL_ERROR.with(place));
    }));
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    ExitCode::from(match cli::parse_or_explain(&args) {
        Ok(options) => run(options),
        Err(Talk::Answer(text)) => match open_output().and_then(|mut output| print(&mut output, &text)) {
            Ok(()) | Err(Stop::ReaderGone) => DONE,
            Err(_) => FAILED,
        },
        Err(Talk::Complaint(text)) => {
            say(text.trim_end());
            FAILED
        }
    })
}

fn print(output: &mut impl Write, text: &str) -> Result<(), Stop> {
    pipe::write_all(output, text.as_bytes())?;
    if !text.ends_with('\n') {
        pipe::write_all(output, b"\n")?;
    }
    pipe::flush(output)
}

/// Writes a line to stderr; there is nobody to tell where that fails.
fn say(line: impl Display) {
    _ = writeln!(io::stderr(), "{line}");
}

/// Standard output without a buffer that would hold lines back or lose an error.
fn open_output() -> Result<File, Stop> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from).map_err(|_| Stop::WriteFailed)
}

fn open_input() -> Result<File, Stop> {
    if io::stdin().is_terminal() {
        say(Message::FROM_TERMINAL.words());
    }
    io::stdin().as_fd().try_clone_to_owned().map(File::from).map_err(|_| Stop::ReadFailed)
}

fn run(options: Options) -> u8 {
    match try_run(options) {
        Ok(status) => status,
        Err(Stop::ReaderGone) => DONE,
        Err(stop) => {
            if let Some(complaint) = complaint(stop) {
                say(complaint);
            }
            FAILED
        }
    }
}

fn try_run(options: Options) -> Result<u8, Stop> {
    match options.task {
        Task::Classify(mode) => {
            let report = pipeline::run(mode, open_input()?, open_output()?)?;
            let input = &report.tally.input;
            if input.recognised == 0 && input.lines > 0 {
                say(advice(report.hint).words());
            }
            Ok(if options.is_strict && report.is_lossy() { LOSSY } else { DONE })
        }
        Task::Merge => {
            let sum = merge::merge(open_input()?)?;
            write_records(std::iter::once(sum.summary()))?;
            Ok(DONE)
        }
        Task::Vocabulary => {
            write_records(vocabulary::words())?;
            write_records(vocabulary::rules())?;
            Ok(DONE)
        }
    }
}

fn write_records(records: impl Iterator<Item = impl Record>) -> Result<(), Stop> {
    let mut sink = Sink::new(open_output()?);
    for record in records {
        sink.record(&record)?;
    }
    sink.flush()
}

const fn advice(hint: Option<Hint>) -> Message {
    match hint {
        None => Message::NOTHING_RECOGNISED,
        Some(Hint::Compressed) => Message::COMPRESSED,
        Some(Hint::Utf16) => Message::UTF_16,
        Some(Hint::NotLines) => Message::NOT_LINES,
    }
}

const fn complaint(stop: Stop) -> Option<Said> {
    match stop {
        Stop::ReaderGone => None,
        Stop::ReadFailed => Some(Message::READ_FAILED.with([0, 0])),
        Stop::WriteFailed => Some(Message::WRITE_FAILED.with([0, 0])),
        Stop::MergeRefused { line, why } => {
            let message = match why {
                Refusal::NotARecord => Message::MERGE_NOT_A_RECORD,
                Refusal::OtherSchema => Message::MERGE_OTHER_SCHEMA,
                Refusal::Malformed => Message::MERGE_MALFORMED,
                Refusal::Overflow => Message::MERGE_OVERFLOW,
                Refusal::NoSummary => Message::MERGE_NO_SUMMARY,
            };
            Some(message.with([line, 0]))
        }
    }
}
