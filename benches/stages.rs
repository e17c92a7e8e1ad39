//! What each stage costs: framing, then scanning too, then reading events, then classifying the failed ones, then the
//! whole filter in each private mode.
//!
//! `cargo bench --bench stages [-- PROFILE...]`. Each stage does all that the one before does, so that the difference
//! between two is what the later adds. Answers are checked against what the generator put into the log before anything
//! is timed.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "logs/mod.rs"]
mod logs;

use logs::{Expected, Profile};
use std::hint::black_box;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use whale_classify::classify::{Classifier, Failure};
use whale_classify::dialect;
use whale_classify::event::{Command, Event};
use whale_classify::frame::{Frame, Next};
use whale_classify::parse::Inner;
use whale_classify::pipeline::{self, Mode};
use whale_classify::scan::Scanner;
use whale_classify::schema::{EventKind, Tool};

const LOG_BYTES: u64 = 48 << 20;
const SAMPLES_MIN: usize = 9;
const TIME_MIN: Duration = Duration::from_millis(600);

/// A stage: reads the log, gives a count that shows that it did its work.
type Stage = fn(&[u8]) -> u64;

fn each_line(log: &[u8], mut read: impl FnMut(&[u8], usize)) {
    let mut frame = Frame::new(log);
    loop {
        match frame.take() {
            // What lies behind the line in the buffer is handed on, as the filter does: the scan reads whole blocks.
            Next::Line { bytes, .. } => read(frame.bytes_from(bytes.start), bytes.len()),
            Next::TooLong { .. } => {}
            Next::Hungry => frame.fill().unwrap(),
            Next::End => return,
        }
    }
}

/// Counts lines.
fn frame(log: &[u8]) -> u64 {
    let mut lines = 0;
    each_line(log, |line, len| lines += u64::from(black_box(line).len() >= len));
    lines
}

/// Counts the records that were scanned to their end.
fn scan(log: &[u8]) -> u64 {
    let (mut scanner, mut records) = (Scanner::new(), 0);
    each_line(log, |line, len| records += u64::from(black_box(scanner.scan_within(line, len)).is_ok()));
    records
}

fn each_event(log: &[u8], mut read: impl FnMut(&Event<'_>)) {
    let (mut scanner, mut inner) = (Scanner::new(), Inner::new());
    each_line(log, |line, len| {
        let Ok(record) = scanner.scan_within(line, len) else { return };
        let Some(dialect) = dialect::recognise(&record) else { return };
        black_box((dialect.envelope)(&record));
        (dialect.events)(&record, &mut inner, &mut |event| read(&event));
    });
}

/// Counts the tellings of results.
fn events(log: &[u8]) -> u64 {
    let mut results = 0;
    each_event(log, |event| results += u64::from(matches!(black_box(event), Event::CallEnded { .. })));
    results
}

/// The same, and every failed telling is classified.
fn classify(log: &[u8]) -> u64 {
    let (mut classifier, mut results) = (Classifier::new(), 0);
    each_event(log, |event| {
        let Event::CallEnded { tool, outcome, .. } = event else { return };
        results += 1;
        if outcome.failed {
            let tool = tool.unwrap_or(Tool::OTHER);
            let failure = Failure { event: EventKind::ToolCall, tool, command: Command::Other, outcome };
            black_box(classifier.classify(&failure));
        }
    });
    results
}

fn whole(log: &[u8], mode: Mode, output: impl Write) -> u64 {
    pipeline::run(mode, log, output).ok().unwrap().tally.input.lines
}

fn summary(log: &[u8]) -> u64 {
    whole(log, Mode::Summary, std::io::sink())
}

fn failures(log: &[u8]) -> u64 {
    whole(log, Mode::Failures, std::io::sink())
}

fn all(log: &[u8]) -> u64 {
    whole(log, Mode::All, std::io::sink())
}

fn main() -> ExitCode {
    let mut wrong = false;
    let named: Vec<_> = std::env::args().skip(1).filter_map(|name| Profile::named(&name)).collect();
    let profiles = if named.is_empty() { &Profile::ALL[..5] } else { &named[..] };
    for &profile in profiles {
        let (log, expected) = logs::log(profile, LOG_BYTES, 1);
        // A wrong answer is said beside the figures, which are then no measure of the work that is asked for.
        if let Err(error) = check(&log, &expected) {
            eprintln!("{}: WRONG ANSWER: {error}", profile.name());
            wrong = true;
        }
        let results = expected.calls.total + expected.calls.repeated;
        println!("{}, {} MB, {} lines", profile.name(), log.len() / 1_000_000, expected.lines);
        let stages: [(&str, Stage, u64); 7] = [
            ("frame", frame, expected.lines),
            ("frame, scan", scan, expected.lines),
            ("frame, scan, events", events, results),
            ("frame, scan, events, classify", classify, results),
            ("whole, --summary", summary, expected.lines),
            ("whole, default", failures, expected.lines),
            ("whole, --all", all, expected.lines),
        ];
        for (name, stage, answer) in stages {
            let found = stage(&log);
            if found != answer {
                eprintln!("{name} on {}: WRONG ANSWER: {found}, not {answer}", profile.name());
                wrong = true;
            }
            time(name, &log, stage);
        }
    }
    if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn check(log: &[u8], expected: &Expected) -> Result<(), String> {
    let mut output = Vec::new();
    whole(log, Mode::Summary, &mut output);
    expected.check(&String::from_utf8(output).unwrap())
}

fn time(name: &str, log: &[u8], stage: Stage) {
    let begin = Instant::now();
    let mut rates = Vec::new();
    while rates.len() < SAMPLES_MIN || begin.elapsed() < TIME_MIN {
        let sample = Instant::now();
        black_box(stage(black_box(log)));
        rates.push(log.len() as f64 / sample.elapsed().as_secs_f64() / 1e6);
    }
    rates.sort_by(f64::total_cmp);
    let (least, median, most) = (rates[0], rates[rates.len() / 2], rates[rates.len() - 1]);
    println!("  {name:<32} {median:>7.0} MB/s ({least:.0} to {most:.0})");
}
