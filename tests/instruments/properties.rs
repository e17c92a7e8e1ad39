//! The four properties that hold for any bytes; the fuzz targets and the tests of a minute check the same ones.

use super::automaton::Automaton;
use super::oracle;
use super::splice::unsplice;
use super::{Dice, filter, mode};
use std::io::{self, Read, Write};
use std::sync::LazyLock;
use whale_classify::pipeline;
use whale_classify::scan::Scanner;

static AUTOMATON: LazyLock<Automaton> = LazyLock::new(Automaton::new);

/// Lines of an input: as many as line ends, and what stands behind the last.
pub fn line_count(input: &[u8]) -> u64 {
    let ends = input.iter().filter(|byte| **byte == b'\n').count();
    (ends + usize::from(input.last().is_some_and(|byte| *byte != b'\n'))) as u64
}

/// The automaton of the vocabulary accepts what the private modes print, and they count every line.
pub fn vocabulary(input: &[u8]) -> Result<(), String> {
    for option in ["--all", ""] {
        let accepted = AUTOMATON.accept(&filter(mode(option), input))?;
        if accepted.lines != line_count(input) {
            return Err(format!("{} lines of {}", accepted.lines, line_count(input)));
        }
        // The rest of `--all` goes the same way.
        if input.len().is_multiple_of(4) {
            break;
        }
    }
    Ok(())
}

/// Deleting the splices of `--annotate` gives the input back, and annotating twice changes nothing.
pub fn annotate(input: &[u8]) -> Result<(), String> {
    let annotate = mode("--annotate");
    let output = filter(annotate, input);
    unsplice(input, &output)?;
    if filter(annotate, &output) != output {
        return Err("annotating twice changes something".to_owned());
    }
    Ok(())
}

/// Gives and takes parts of sizes that the seed chooses.
struct Parts<'a> {
    rest: &'a [u8],
    taken: Vec<u8>,
    dice: Dice,
    size: usize,
}

impl Parts<'_> {
    fn next(&mut self) -> usize {
        1 + self.dice.below(self.size)
    }
}

impl Read for Parts<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.next().min(into.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(size);
        into[..size].copy_from_slice(now);
        self.rest = later;
        Ok(size)
    }
}

impl Write for Parts<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let size = self.next().min(bytes.len());
        self.taken.extend_from_slice(&bytes[..size]);
        Ok(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The output does not depend on how the input is split.
pub fn splits(seed: u64, input: &[u8]) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let mode = mode(["--all", "--annotate", "--summary"][dice.below(3)]);
    let size = [1, 2, 7, 64, 1000][dice.below(5)];
    let parts = Parts { rest: input, taken: Vec::new(), dice: Dice::new(seed), size };
    let mut output = Parts { rest: b"", taken: Vec::new(), dice: Dice::new(!seed), size };
    if pipeline::run(mode, parts, &mut output).is_err() {
        return Err("parts cannot be read or written".to_owned());
    }
    if output.taken == filter(mode, input) { Ok(()) } else { Err(format!("{mode:?} in parts of up to {size}")) }
}

/// The lazy scan sees what simd-json sees, line by line; how many lines could be compared.
pub fn scan(input: &[u8]) -> Result<u64, String> {
    let mut scanner = Scanner::new();
    let mut compared = 0;
    for line in input.split(|byte| *byte == b'\n').chain(std::iter::once(input)) {
        compared += u64::from(oracle::agree(&mut scanner, line)?);
    }
    Ok(compared)
}
