//! The laws of the records and of the summary, on generated sessions: every kind of telling, in every order, cut anywhere.
//!
//! What must come out is computed by [`stories`] from what was told, not from the log. May not know how the filter is
//! built, but for the loop that it is called by.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

mod filter;
mod stories;

use filter::Ran;
use proptest::prelude::*;
use proptest::test_runner::Config;
use simd_json::OwnedValue;
use simd_json::prelude::{ValueAsObject, ValueAsScalar, ValueObjectAccess, ValueObjectAccessAsScalar};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use stories::{Kind, Line, Row, Story, expect, files, stories, tell};
use whale_classify::cli::{self, Task};
use whale_classify::{merge, pipeline, sink};

fn write(lines: &[Line]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.text.as_bytes(), b"\n"].concat()).collect()
}

/// Runs the filter's loop in this process.
fn run_from(args: &[&str], input: impl Read) -> Ran {
    let args: Vec<_> = args.iter().map(Into::into).collect();
    let options = cli::parse_or_explain(&args).unwrap_or_else(|_| panic!("the options are refused"));
    let mut stdout = Vec::new();
    match options.task {
        Task::Classify(mode) => _ = pipeline::run(mode, input, &mut stdout).unwrap_or_else(|_| panic!("it stopped")),
        Task::Merge => {
            let sum = merge::merge(input).unwrap_or_else(|_| panic!("it does not add up"));
            let mut sink = sink::Sink::new(&mut stdout);
            sink.record(&sum.summary()).and_then(|()| sink.flush()).unwrap_or_else(|_| panic!("it is not written"));
        }
        Task::Vocabulary => unreachable!("not asked for"),
    }
    Ran { stdout, stderr: String::new(), status: 0 }
}

fn run(args: &[&str], input: &[u8]) -> Ran {
    run_from(args, input)
}

fn number(record: &OwnedValue, path: &str) -> u64 {
    let mut value = record;
    for key in path.split('.') {
        value = value.get(key).unwrap_or_else(|| panic!("there is no {path}"));
    }
    value.as_u64().unwrap_or_else(|| panic!("{path} is no number"))
}

/// A record as [`stories`] expects it.
fn row(record: &OwnedValue) -> Row {
    let word = |key: &str| record.get_str(key).unwrap_or_default();
    let what = match word("type") {
        "success" => "success".to_owned(),
        "failure" if word("event") == "model_turn" => format!("failure {} model", word("failure_source")),
        "failure" if record.get_bool("follower") == Some(true) => {
            format!("failure {} follower", word("failure_source"))
        }
        "failure" => format!("failure {}", word("failure_source")),
        "turn" => format!("turn {} {}", word("outcome"), number(record, "failures")),
        "unclosed_turn" if record.get_bool("superseded") == Some(true) => "unclosed superseded".to_owned(),
        "unclosed_turn" => "unclosed at_end".to_owned(),
        other => panic!("a record of type {other}"),
    };
    Row {
        line: number(record, "line"),
        what,
        session: number(record, "session"),
        turn: record.get_u64("turn"),
        call: record.get_u64("call"),
        session_line: number(record, "session_line"),
    }
}

const COUNTED: &[&str] = &[
    "input.lines",
    "input.blank",
    "input.recognised",
    "input.unrecognised",
    "input.unreadable",
    "sessions",
    "turns.started",
    "turns.completed",
    "turns.failed",
    "turns.aborted",
    "turns.unclosed.superseded",
    "turns.unclosed.at_end",
    "turns.end_without_start",
    "turns.repeated",
    "tool_calls.total",
    "tool_calls.failed",
    "tool_calls.followers",
    "tool_calls.unanswered",
    "tool_calls.repeated",
    "model_turns.failed",
    "model_turns.retries",
];

/// Everything that the log says comes out, and nothing else.
fn assert_as_told(lines: &[Line], all: &Ran) -> Result<(), TestCaseError> {
    let expected = expect(lines);
    let summary = all.summary();
    for path in COUNTED {
        let told = expected.counts.get(path).copied().unwrap_or_default();
        prop_assert_eq!(number(&summary, path), told, "{}\n{}", path, String::from_utf8_lossy(&write(lines)));
    }
    let mut found: Vec<_> = all.events().iter().map(row).collect();
    // Events come as they are told; what is left open comes last, in the order of its lines.
    let ended = found.iter().filter(|row| !row.what.starts_with("unclosed")).map(|row| row.line);
    prop_assert!(ended.clone().zip(ended.skip(1)).all(|(before, after)| before <= after));
    found.sort();
    let mut rows = expected.rows;
    rows.sort();
    prop_assert_eq!(found, rows, "{}", String::from_utf8_lossy(&write(lines)));
    Ok(())
}

fn sum(summary: &OwnedValue, path: &str) -> u64 {
    let object = summary.get(path).and_then(|value| value.as_object()).unwrap_or_else(|| panic!("there is no {path}"));
    object.values().map(|value| value.as_u64().unwrap()).sum()
}

/// The sums that a summary keeps, and that its records add up to it.
fn assert_sums(all: &Ran) -> Result<(), TestCaseError> {
    let summary = all.summary();
    let of = |path: &str| number(&summary, path);
    prop_assert_eq!(
        of("input.lines"),
        of("input.blank") + of("input.recognised") + of("input.unrecognised") + of("input.unreadable")
    );
    prop_assert_eq!(of("input.unreadable"), {
        let by = ["not_object", "incomplete", "too_long", "too_deep"];
        by.iter().map(|reason| of(&format!("input.unreadable_by.{reason}"))).sum::<u64>()
    });
    let unclosed = of("turns.unclosed.superseded") + of("turns.unclosed.at_end");
    let ended = of("turns.completed") + of("turns.failed") + of("turns.aborted");
    prop_assert_eq!(of("turns.started"), ended + unclosed + of("limits.turns_evicted"));
    prop_assert_eq!(of("failures.unclosed_turn"), unclosed);
    let sources = sum(&summary, "failures") - unclosed;
    prop_assert_eq!(sources + of("tool_calls.followers"), of("tool_calls.failed") + of("model_turns.failed"));
    prop_assert_eq!(sum(&summary, "layers"), sources + unclosed);
    prop_assert_eq!(sum(&summary, "basis"), sources);
    prop_assert_eq!(sum(&summary, "rules"), sources);
    for kind in ["tools", "agents"] {
        let counts = summary.get(kind).unwrap().as_object().unwrap();
        let column = |key: &str| counts.values().map(|value| number(value, key)).sum::<u64>();
        prop_assert_eq!(column("events"), of("tool_calls.total"), "{}", kind);
        prop_assert_eq!(column("failed"), of("tool_calls.failed"), "{}", kind);
    }
    // And the records.
    let events = all.events();
    let count = |is: &dyn Fn(&OwnedValue) -> bool| events.iter().filter(|record| is(record)).count() as u64;
    let is = |record: &OwnedValue, key: &str, word: &str| record.get_str(key) == Some(word);
    let is_call = |record: &OwnedValue| is(record, "event", "tool_call");
    prop_assert_eq!(count(&|record| is(record, "type", "failure") && is_call(record)), of("tool_calls.failed"));
    prop_assert_eq!(count(&|record| is(record, "event", "model_turn")), of("model_turns.failed"));
    prop_assert_eq!(count(&|record| is(record, "type", "unclosed_turn")), unclosed);
    for (source, told) in summary.get("failures").unwrap().as_object().unwrap().iter() {
        let records =
            count(&|record| is(record, "failure_source", source) && record.get_bool("follower") != Some(true));
        prop_assert_eq!(records, told.as_u64().unwrap(), "{}", source);
    }
    // A call has one ordinal in its session; one that goes well and fails later has both records.
    let calls: BTreeSet<_> = events
        .iter()
        .filter(|record| is_call(record))
        .map(|record| (record.get_u64("session"), record.get_u64("call")))
        .collect();
    prop_assert_eq!(calls.len() as u64, of("tool_calls.total"));
    let mut outcomes: BTreeMap<_, _> = BTreeMap::new();
    for record in events.iter().filter(|record| is(record, "type", "turn")) {
        outcomes.insert((record.get_u64("session"), record.get_u64("turn")), record.get_str("outcome").unwrap());
    }
    for outcome in ["completed", "failed", "aborted"] {
        let records = outcomes.values().filter(|word| **word == outcome).count() as u64;
        prop_assert_eq!(records, of(&format!("turns.{outcome}")), "{}", outcome);
    }
    Ok(())
}

/// The other modes say the same.
fn assert_modes_agree(input: &[u8], all: &Ran) -> Result<(), TestCaseError> {
    let text = |ran: &Ran| String::from_utf8(ran.stdout.clone()).unwrap();
    let summary = text(all).lines().last().unwrap().to_owned() + "\n";
    prop_assert_eq!(text(&run(&["--summary"], input)), summary);
    let is_default =
        |line: &&str| !line.starts_with("{\"type\":\"success\"") && !line.starts_with("{\"type\":\"turn\"");
    let default: String = text(all).lines().filter(is_default).flat_map(|line| [line, "\n"]).collect();
    prop_assert_eq!(text(&run(&[], input)), default);
    // Deterministic.
    prop_assert_eq!(text(&run(&["--all"], input)), text(all));
    Ok(())
}

fn assert_annotated(input: &[u8], all: &Ran) -> Result<(), TestCaseError> {
    let annotated = run(&["--annotate"], input);
    let (back, splices) = filter::unsplice(&annotated.stdout);
    prop_assert!(back == input, "taking the splices out does not give the input back");
    let places = filter::annotated_events(&splices);
    for record in all.events() {
        let Some(part) = record.get_usize("part") else { continue };
        let place = (record.get_usize("line").unwrap(), part);
        prop_assert_eq!(places.get(&place), Some(&record.get_str("failure_source").map(str::to_owned)), "{:?}", place);
    }
    prop_assert!(run(&["--annotate"], &annotated.stdout).stdout == annotated.stdout);
    Ok(())
}

/// Hands its bytes out in parts of these sizes.
struct Parts<'a> {
    bytes: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
}

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes.next().copied().unwrap_or(1).min(buffer.len());
        self.bytes.read(&mut buffer[..size])
    }
}

/// A log up to a byte, and the lines of it that are whole.
fn cut(lines: &[Line], place: u16) -> (Vec<u8>, Vec<Line>, bool) {
    let input = write(lines);
    let end = input.len() * usize::from(place) / usize::from(u16::MAX);
    let head = input[..end].to_vec();
    let mut whole = Vec::new();
    let mut at = 0;
    for line in lines {
        // A line that lacks only its end is whole.
        if at + line.text.len() > end {
            break;
        }
        whole.push(line.clone());
        at += line.text.len() + 1;
    }
    let rest = input.get(at.min(end)..end).unwrap_or_default();
    (head.clone(), whole, !rest.is_empty())
}

proptest! {
    #![proptest_config(Config { cases: 256, max_shrink_iters: 500, failure_persistence: None, ..Config::default() })]

    #[test]
    fn what_was_told_is_counted_once_and_nothing_else_is(story in stories()) {
        let lines = tell(&story, 1);
        let input = write(&lines);
        let all = run(&["--all"], &input);
        assert_as_told(&lines, &all)?;
        assert_sums(&all)?;
        assert_modes_agree(&input, &all)?;
        assert_annotated(&input, &all)?;
    }

    #[test]
    fn a_log_that_is_cut_anywhere_says_what_its_whole_lines_say(story in stories(), place in any::<u16>()) {
        let lines = tell(&story, 1);
        let (input, whole, has_rest) = cut(&lines, place);
        let all = run(&["--all"], &input);
        assert_sums(&all)?;
        assert_modes_agree(&input, &all)?;
        assert_annotated(&input, &all)?;
        // The rest of a cut line is one more unread line, and nothing else.
        let summary = all.summary();
        if !has_rest {
            assert_as_told(&whole, &all)?;
        } else if lines.get(whole.len()).is_some_and(|line| line.text.starts_with('{')) {
            prop_assert_eq!(number(&summary, "input.unreadable_by.incomplete"), 1);
            let text = Line { text: "Reading".into(), kind: Kind::Text, said: vec![] };
            let as_text = [whole.clone(), vec![text]].concat();
            assert_as_told(&as_text, &all)?;
        }
        // A live log: what was written stays written.
        let is_final = |record: &&OwnedValue| record.get_bool("superseded").is_none();
        let [before, after] = [&all, &run(&["--all"], &write(&lines))].map(Ran::events);
        let before: Vec<_> = before.iter().filter(is_final).collect();
        let after: Vec<_> = after.iter().filter(is_final).take(before.len()).collect();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn the_sizes_of_reads_change_nothing(story in stories(), sizes in prop::collection::vec(1_usize..200, 1..20)) {
        let input = write(&tell(&story, 1));
        for mode in ["--all", "--annotate"] {
            let parts = Parts { bytes: &input, sizes: sizes.iter().cycle() };
            prop_assert!(run_from(&[mode], parts).stdout == run(&[mode], &input).stdout, "{}", mode);
        }
    }

    #[test]
    fn summaries_add_up_to_that_of_the_logs_one_after_another(first in stories(), second in stories()) {
        let logs = [write(&tell(&first, 1)), write(&tell(&second, 2))];
        let summaries = logs.each_ref().map(|log| run(&["--summary"], log).stdout).concat();
        let merged = String::from_utf8(run(&["--merge"], &summaries).stdout).unwrap();
        let whole = String::from_utf8(run(&["--summary"], &logs.concat()).stdout).unwrap();
        prop_assert_eq!(merged.replace("\"runs\":2", "\"runs\":1"), whole);
        // In the other order, too, and with a run that read nothing.
        let nothing = run(&["--merge"], b"").stdout;
        let turned = logs.iter().rev().flat_map(|log| run(&["--summary"], log).stdout);
        let turned = String::from_utf8(run(&["--merge"], &turned.chain(nothing).collect::<Vec<_>>()).stdout).unwrap();
        prop_assert_eq!(turned, merged);
    }

    #[test]
    fn a_handle_survives_any_order_of_files(story in files()) {
        let alone = |at: usize| Story { sessions: vec![story.sessions[at].clone()], picks: vec![], strays: vec![] };
        let files: Vec<_> = (0..story.sessions.len()).map(|at| write(&tell(&alone(at), 1 + at))).collect();
        let handles = |order: &mut dyn Iterator<Item = &Vec<u8>>| {
            let ran = run(&["--all"], &order.flatten().copied().collect::<Vec<_>>());
            let mut handles: Vec<_> = ran
                .events()
                .iter()
                .filter(|record| record.get("part").is_some())
                .map(|record| {
                    let words = ["agent", "ts", "failure_source"].map(|key| record.get_str(key).map(str::to_owned));
                    (words, ["session_line", "part", "turn", "call"].map(|key| record.get_u64(key)))
                })
                .collect();
            handles.sort();
            (handles, ran.stdout.split(|byte| *byte == b'\n').rev().nth(1).unwrap().to_vec())
        };
        let (here, summary) = handles(&mut files.iter());
        let (there, other) = handles(&mut files.iter().rev());
        prop_assert_eq!(&here, &there);
        prop_assert_eq!(String::from_utf8(summary).unwrap(), String::from_utf8(other).unwrap());
        // And each file alone has its own.
        let mut apart: Vec<_> = files.iter().flat_map(|file| handles(&mut std::iter::once(file)).0).collect();
        apart.sort();
        prop_assert_eq!(here, apart);
    }
}

#[test]
fn stories_hold_every_kind_of_telling() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for _ in 0..200 {
        let story = stories().new_tree(&mut runner).unwrap().current();
        for (path, count) in expect(&tell(&story, 1)).counts {
            *counts.entry(path).or_default() += count;
        }
    }
    for path in COUNTED {
        assert!(counts.get(path).copied().unwrap_or_default() > 10, "{path}: {counts:?}");
    }
}
