//! Logs that follow one another whole, in any order, fail as each does alone; logs whose every line names its session
//! also when their lines are shuffled like cards.
//!
//! The logs are all golden fixtures, found by folder: a new one is covered by being there. May not know any agent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

mod filter;

use simd_json::prelude::{MutableObject, ValueObjectAccessAsScalar, Writable};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use whale_classify::dialect;
use whale_classify::event::Session;
use whale_classify::pipeline::{Mode, run};
use whale_classify::scan::Scanner;

struct Log {
    name: String,
    bytes: Vec<u8>,
    /// Every line of it names its session.
    is_named: bool,
    /// What is told of it alone: of its calls and models, and of its turns too.
    alone: [Vec<String>; 2],
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn logs() -> Vec<Log> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = entries(&golden).into_iter().flat_map(|folder| entries(&folder));
    let files = files.filter(|file| file.extension().is_some_and(|end| end == "jsonl"));
    files
        .map(|file| {
            let mut bytes = fs::read(&file).unwrap();
            // A log that was cut off would be glued to the next.
            if bytes.last() != Some(&b'\n') {
                bytes.push(b'\n');
            }
            let name = file.strip_prefix(&golden).unwrap().display().to_string();
            let is_named = lines(&bytes).all(names_session);
            let alone = [told(&bytes, false), told(&bytes, true)];
            Log { name, bytes, is_named, alone }
        })
        .collect()
}

fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log.split_inclusive(|byte| *byte == b'\n')
}

fn names_session(line: &[u8]) -> bool {
    let mut scanner = Scanner::new();
    scanner.scan(line).is_ok_and(|record| {
        let envelope = dialect::recognise(&record).map(|dialect| (dialect.envelope)(&record));
        envelope.is_some_and(|envelope| matches!(envelope.session, Session::Id(_)))
    })
}

/// What the records say but for where they stand, in no order. `with_turns`: also how turns ended.
fn told(input: &[u8], with_turns: bool) -> Vec<String> {
    let mut out = Vec::new();
    assert!(run(Mode::All, input, &mut out).is_ok());
    let mut records = filter::records(&out);
    assert_eq!(records.pop().and_then(|last| last.get_str("type").map(str::to_owned)).as_deref(), Some("summary"));
    let places = ["session", "turn", "call", "session_line", "line", "part"];
    let is_of_turn = |record: &simd_json::OwnedValue| record.get_str("event").is_none();
    let mut rows: Vec<_> = records
        .into_iter()
        .filter(|record| with_turns || !is_of_turn(record))
        .map(|mut record| {
            for place in places {
                assert!(record.remove(place).is_ok());
            }
            record.encode()
        })
        .collect();
    rows.sort();
    rows
}

fn told_alone<'a>(logs: impl Iterator<Item = &'a Log>, with_turns: bool) -> Vec<String> {
    let mut rows: Vec<_> = logs.flat_map(|log| log.alone[usize::from(with_turns)].iter().cloned()).collect();
    rows.sort();
    rows
}

/// Rows that only one of the two has: `-` the logs alone, `+` the logs together.
fn differences(alone: &[String], together: &[String]) -> String {
    let mut text = String::new();
    let only = |these: &[String], those: &[String]| {
        let mut rest = those.to_vec();
        let mut only = Vec::new();
        for row in these {
            match rest.iter().position(|other| other == row) {
                Some(at) => _ = rest.remove(at),
                None => only.push(row.clone()),
            }
        }
        only
    };
    only(alone, together).iter().for_each(|row| writeln!(text, "  - {row}").unwrap());
    only(together, alone).iter().for_each(|row| writeln!(text, "  + {row}").unwrap());
    text
}

fn whole<'a>(logs: impl Iterator<Item = &'a Log>) -> Vec<u8> {
    logs.flat_map(|log| log.bytes.iter().copied()).collect()
}

/// One line of each in turn, until all are dealt.
fn shuffled<'a>(logs: impl Iterator<Item = &'a Log>) -> Vec<u8> {
    let mut decks: Vec<_> = logs.map(|log| lines(&log.bytes).collect::<Vec<_>>().into_iter()).collect();
    let mut dealt = Vec::new();
    loop {
        let before = dealt.len();
        decks.iter_mut().filter_map(Iterator::next).for_each(|line| dealt.extend_from_slice(line));
        if dealt.len() == before {
            return dealt;
        }
    }
}

/// Orders of so many things in which each thing stands right behind each other one at least once: row by row, the next
/// ones before and after the row's own (Williams' squares), forwards and backwards.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let row = |from: usize| -> Vec<usize> {
        let steps = (0..count).map(|at| if at % 2 == 0 { at / 2 } else { count - at.div_ceil(2) });
        steps.map(|step| (from + step) % count).collect()
    };
    let forwards: Vec<_> = (0..count).map(row).collect();
    let backwards = forwards.iter().map(|order| order.iter().rev().copied().collect()).collect();
    [forwards, backwards].concat()
}

#[test]
fn each_thing_stands_behind_each_other_one_in_some_order() {
    for count in [2, 5, 8] {
        let mut pairs: Vec<_> =
            orders(count).iter().flat_map(|order| order.windows(2).map(<[_]>::to_vec).collect::<Vec<_>>()).collect();
        pairs.sort();
        pairs.dedup();
        assert_eq!(pairs.len(), count * (count - 1));
    }
}

/// A log that ends in an open turn and names no session: what its agent writes next without a name belongs to that turn.
const GOES_ON: &str = "codewhale-flat/analyser.jsonl";

#[test]
fn whole_logs_fail_in_any_order_as_each_does_alone() {
    let (last, mut logs): (Vec<_>, Vec<_>) = logs().into_iter().partition(|log| log.name == GOES_ON);
    let alone = told_alone(logs.iter().chain(&last), false);
    assert!(alone.len() > 200);
    let orders = orders(logs.len());
    let at_last = logs.len();
    logs.extend(last);
    for mut order in orders {
        order.push(at_last);
        let together = told(&whole(order.iter().map(|at| &logs[*at])), false);
        if together == alone {
            continue;
        }
        // The fewest of them that still differ.
        let differs = |order: &[usize]| {
            let logs = || order.iter().map(|at| &logs[*at]);
            let (apart, behind) = (told_alone(logs(), false), told(&whole(logs()), false));
            (apart != behind).then(|| differences(&apart, &behind))
        };
        for at in order.clone() {
            let fewer: Vec<_> = order.iter().copied().filter(|other| *other != at).collect();
            if differs(&fewer).is_some() {
                order = fewer;
            }
        }
        let names: Vec<_> = order.iter().map(|at| logs[*at].name.as_str()).collect();
        let text = format!("{} (has each log ids of its own?)\n{}", names.join(", "), differs(&order).unwrap());
        panic!("\n{text}");
    }
}

#[test]
fn logs_that_name_their_sessions_tell_the_same_shuffled_two_by_two() {
    let logs = logs();
    let named: Vec<_> = logs.iter().filter(|log| log.is_named).collect();
    assert!(named.len() > 10, "{} logs name their sessions", named.len());
    let mut complaints = String::new();
    for first in &named {
        for second in &named {
            let pair = || [*first, *second].into_iter();
            if first.name == second.name {
                continue;
            }
            let (alone, together) = (told_alone(pair(), true), told(&shuffled(pair()), true));
            if together != alone {
                let text = differences(&alone, &together);
                write!(complaints, "{} with {}\n{text}", first.name, second.name).unwrap();
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn logs_that_name_their_sessions_tell_the_same_shuffled_all_together() {
    let logs = logs();
    let named = || logs.iter().filter(|log| log.is_named);
    let alone = told_alone(named(), true);
    let together = told(&shuffled(named()), true);
    assert!(alone == together, "\n{}", differences(&alone, &together));
}

#[test]
fn a_log_whose_lines_lack_an_id_is_not_taken_for_one_that_names_its_sessions() {
    let logs = logs();
    let is_named = |name: &str| logs.iter().find(|log| log.name.starts_with(name)).map(|log| log.is_named);
    assert_eq!(is_named("amp/"), Some(true));
    assert_eq!(is_named("anthropic/"), Some(false));
}
