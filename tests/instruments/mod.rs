//! What the tests of privacy, of hostile input and of faults measure with: an automaton of the private output, a search
//! for leaked text, a JSON tree that keeps what a parser throws away, and logs that nobody wrote.
//!
//! The fuzz targets use the same files. May not know any dialect.

#![allow(dead_code, reason = "each test file uses its own part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

pub mod automaton;
pub mod json;
pub mod mutate;
pub mod oracle;
pub mod properties;
pub mod search;
pub mod splice;

use std::ffi::OsString;
use whale_classify::cli::{self, Options, Task};
use whale_classify::pipeline::{self, Mode, Report};

/// The mode of an option; only the command line can make the one of `--annotate`.
pub fn mode(option: &str) -> Mode {
    let args: Vec<OsString> = option.split_whitespace().map(OsString::from).collect();
    match cli::parse_or_explain(&args) {
        Ok(Options { task: Task::Classify(mode), .. }) => mode,
        _ => unreachable!("an option that reads a log"),
    }
}

/// Runs the filter over bytes.
pub fn filter_with_report(mode: Mode, input: &[u8]) -> (Vec<u8>, Report) {
    let mut output = Vec::new();
    let report = pipeline::run(mode, input, &mut output);
    (output, report.unwrap_or_else(|_| panic!("memory can be read and written")))
}

/// The same for whom the output is enough.
pub fn filter(mode: Mode, input: &[u8]) -> Vec<u8> {
    filter_with_report(mode, input).0
}

/// A generator of numbers that look random and are the same on each run.
pub struct Dice(u64);

impl Dice {
    /// One that begins here.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (splitmix64).
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound.max(1) as u64) as usize
    }
}
