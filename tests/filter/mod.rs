//! The filter as its user runs it: bytes in; bytes, talk and a status out. What a test asks of a record's fields is
//! read back with a JSON parser, never by searching the text. May not know how the filter is built.

#![allow(dead_code, reason = "each test binary uses its part")]

use simd_json::OwnedValue;
use simd_json::prelude::*;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// What a run left behind.
pub struct Ran {
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub status: i32,
}

impl Ran {
    /// The records on stdout.
    pub fn records(&self) -> Vec<OwnedValue> {
        records(&self.stdout)
    }

    /// The last record, which is the summary.
    pub fn summary(&self) -> OwnedValue {
        let last = self.records().pop().expect("a run prints at least its summary");
        assert_eq!(last.get_str("type"), Some("summary"), "the last record is the summary");
        last
    }

    /// Every record but the summary.
    pub fn events(&self) -> Vec<OwnedValue> {
        let mut records = self.records();
        assert_eq!(records.pop().as_ref().and_then(|last| last.get_str("type")), Some("summary"));
        records
    }
}

/// Parses one JSON record a line.
pub fn records(text: &[u8]) -> Vec<OwnedValue> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let shown = String::from_utf8_lossy(line).into_owned();
            simd_json::to_owned_value(&mut line.to_vec()).unwrap_or_else(|_| panic!("not JSON: {shown}"))
        })
        .collect()
}

/// The binary under test.
pub fn filter(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whale-classify"));
    command.args(args);
    command
}

/// Runs the filter over the input, to its end.
pub fn run(args: &[&str], input: &[u8]) -> Ran {
    let mut child = filter(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the filter starts");
    let mut stdin = child.stdin.take().unwrap();
    let mut talk = child.stderr.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A run that refuses its arguments reads nothing.
            _ = stdin.write_all(input);
        });
        let stderr = scope.spawn(move || {
            let mut text = String::new();
            talk.read_to_string(&mut text).map(|_| text)
        });
        let output = child.wait_with_output().expect("the filter ends");
        Ran {
            stdout: output.stdout,
            stderr: stderr.join().unwrap().expect("stderr is text"),
            status: output.status.code().expect("the filter is not killed"),
        }
    })
}

/// A record as one row of a golden file: `line  kind  what  tool`, and `follower` where so.
pub fn row(record: &OwnedValue) -> String {
    let word = |key: &str| record.get_str(key).unwrap_or("-").to_owned();
    let (kind, what) = match (word("type").as_str(), record.get_bool("superseded")) {
        ("success", _) => ("call", "success".to_owned()),
        ("failure", _) if word("event") == "model_turn" => ("model", word("failure_source")),
        ("failure", _) => ("call", word("failure_source")),
        ("turn", _) => ("turn", word("outcome")),
        ("unclosed_turn", Some(true)) => ("unclosed", "superseded".to_owned()),
        ("unclosed_turn", _) => ("unclosed", "at_end".to_owned()),
        (other, _) => panic!("a record of type {other}"),
    };
    let line = record.get_u64("line").expect("every record names its line");
    let follower = if record.get_bool("follower") == Some(true) { "\tfollower" } else { "" };
    format!("{line}\t{kind}\t{what}\t{}{follower}", word("tool"))
}

/// A record that `--annotate` spliced into: what its events came to, `None` for a success.
#[derive(Debug, PartialEq)]
pub struct Splice {
    /// The physical line, from 1.
    pub line: usize,
    /// One item an event.
    pub sources: Vec<Option<String>>,
}

/// Takes the splices out of an annotated stream: the input as it was, and what had been spliced in. The input must not
/// hold the key itself.
pub fn unsplice(annotated: &[u8]) -> (Vec<u8>, Vec<Splice>) {
    const START: &[u8] = b",\"failure_source\":";
    let mut input = Vec::with_capacity(annotated.len());
    let mut splices = Vec::new();
    let mut rest = annotated;
    while let Some(at) = rest.windows(START.len()).position(|window| window == START) {
        input.extend_from_slice(&rest[..at]);
        let line = 1 + input.iter().filter(|byte| **byte == b'\n').count();
        let end = at + rest[at..].iter().position(|byte| *byte == b'}').expect("a splice stands before a brace");
        let text = str::from_utf8(&rest[at + START.len()..end]).expect("a splice is ASCII");
        let source = |word: &str| match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
            Some(word) => Some(word.to_owned()),
            None => {
                assert_eq!(word, "null");
                None
            }
        };
        let (first, sources) = match text.split_once(",\"failure_sources\":[") {
            None => (source(text), vec![source(text)]),
            Some((first, list)) => {
                let list = list.strip_suffix(']').expect("the list ends before the brace");
                (source(first), list.split(',').map(source).collect::<Vec<_>>())
            }
        };
        assert_eq!(first.as_ref(), sources.iter().flatten().next(), "the first source is that of the first failure");
        splices.push(Splice { line, sources });
        rest = &rest[end..];
    }
    input.extend_from_slice(rest);
    (input, splices)
}

/// Every event that was annotated, by physical line and part.
pub fn annotated_events(splices: &[Splice]) -> std::collections::BTreeMap<(usize, usize), Option<String>> {
    let mut events = std::collections::BTreeMap::new();
    for splice in splices {
        let before = events.range((splice.line, 0)..(splice.line + 1, 0)).count();
        for (at, source) in splice.sources.iter().enumerate() {
            events.insert((splice.line, before + at + 1), source.clone());
        }
    }
    events
}

/// Fails unless every record agrees with what `--annotate` spliced into its line, and the input comes back.
pub fn assert_annotated_alike(input: &[u8], all: &Ran, what: &str) {
    let annotated = run(&["--annotate"], input);
    let (back, splices) = unsplice(&annotated.stdout);
    assert!(back == input, "{what}: taking the splices out does not give the input back");
    let events = annotated_events(&splices);
    for record in all.events() {
        let Some(part) = record.get_usize("part") else { continue };
        let place = (record.get_usize("line").unwrap(), part);
        let told = record.get_str("failure_source").map(str::to_owned);
        match events.get(&place) {
            None => panic!("{what}: line {} part {} has a record and was not annotated", place.0, place.1),
            Some(spliced) => {
                assert_eq!(*spliced, told, "{what}: line {} part {}: splice and record", place.0, place.1);
            }
        }
    }
    // Annotating again changes nothing.
    assert!(run(&["--annotate"], &annotated.stdout).stdout == annotated.stdout, "{what}: annotated twice");
}
