//! Writes a made-up session log: `generate PROFILE BYTES [SEED] [--expected FILE]`.
//!
//! A bench by name only, so that it is built with the benches and is no part of the program that is installed.
//! `--expected` writes what the filter's summary of the log must hold, one piece a line.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

#[path = "logs/mod.rs"]
mod logs;

use logs::Profile;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo hands `--bench` to everything that it runs as a bench.
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.is_empty() {
        // All benches are being run: this one has nothing to time.
        return ExitCode::SUCCESS;
    }
    let mut expected_file = None;
    if let Some(at) = arguments.iter().position(|argument| argument == "--expected") {
        expected_file = arguments.get(at + 1).cloned();
        arguments.drain(at..(at + 2).min(arguments.len()));
    }
    let (profile, bytes, seed) = match &arguments[..] {
        [profile, bytes] => (Profile::named(profile), size(bytes), Some(1)),
        [profile, bytes, seed] => (Profile::named(profile), size(bytes), seed.parse().ok()),
        _ => (None, None, None),
    };
    let (Some(profile), Some(bytes), Some(seed)) = (profile, bytes, seed) else {
        eprintln!("usage: generate PROFILE BYTES[K|M|G] [SEED] [--expected FILE]");
        eprintln!("profiles: {}", Profile::ALL.iter().map(|profile| profile.name()).collect::<Vec<_>>().join(" "));
        return ExitCode::from(2);
    };
    let expected = match logs::write(profile, bytes, seed, &mut io::stdout().lock()) {
        Ok(expected) => expected,
        // Its reader has enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            return ExitCode::from(2);
        }
    };
    if let Some(file) = expected_file {
        let pieces = expected.pieces().join("\n") + "\n";
        if let Err(error) = std::fs::File::create(&file).and_then(|mut file| file.write_all(pieces.as_bytes())) {
            eprintln!("generate: {file}: {error}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// `64M` and the like.
fn size(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok().map(|value| value << shift)
}
