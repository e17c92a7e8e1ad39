//! Summaries add up exactly, and `--merge` says so where they cannot.
//!
//! The algebra over generated summaries, the refusals through the binary, and the law over the golden logs: the sum of
//! two runs is the run over both, as long as neither's sessions and calls occur in the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod filter;

use filter::run;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use whale_classify::merge::merge;
use whale_classify::pipeline::{self, Mode};
use whale_classify::rules::RULES;
use whale_classify::schema::{Agent, Basis, Layer, Source, Tool};
use whale_classify::sink::Sink;

fn summary_of(log: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    pipeline::run(Mode::Summary, log, &mut output).unwrap();
    output
}

fn merged(parts: &[&[u8]]) -> Vec<u8> {
    let sum = merge(parts.concat().as_slice()).unwrap_or_else(|stop| panic!("refused: {stop:?}"));
    let mut output = Vec::new();
    let mut sink = Sink::new(&mut output);
    sink.record(&sum.summary()).unwrap();
    sink.flush().unwrap();
    output
}

fn parsed(summary: &[u8]) -> Value {
    serde_json::from_slice(summary).unwrap()
}

/// The summary of one run, every number in it set to zero and every map emptied.
fn blank() -> Value {
    fn clear(value: &mut Value) {
        match value {
            Value::Number(number) => *number = 0.into(),
            Value::Object(map) => map.values_mut().for_each(clear),
            _ => {}
        }
    }
    let mut blank = parsed(&summary_of(b""));
    clear(&mut blank);
    blank["schema"] = 1.into();
    blank
}

/// Counts below the point where a few of them would not fit into 64 bits.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..9_u64, 0..u64::MAX / 64]
}

/// A map from some of these words, and of other versions' words, to counts.
fn counts(words: Vec<&'static str>) -> impl Strategy<Value = Map<String, Value>> {
    let word = prop_oneof![4 => proptest::sample::select(words), 1 => Just("of_another_version"), 1 => Just("other")];
    proptest::collection::btree_map(word, count(), 0..5)
        .prop_map(|map| map.into_iter().map(|(word, count)| (word.to_owned(), count.into())).collect())
}

fn events(words: Vec<&'static str>, recorded: bool) -> impl Strategy<Value = Map<String, Value>> {
    let word = prop_oneof![5 => proptest::sample::select(words), 1 => Just("of_another_version")];
    let said = proptest::option::of(any::<bool>());
    proptest::collection::btree_map(word, (count(), count(), said), 0..5).prop_map(move |map| {
        map.into_iter()
            .map(|(word, (events, failed, said))| {
                let mut counts = json!({"events": events, "failed": failed});
                if let Some(said) = said.filter(|_| recorded) {
                    counts["results_recorded"] = said.into();
                }
                (word.to_owned(), counts)
            })
            .collect()
    })
}

fn time() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (2000..2100_u32, 1..13_u32, 0..60_u32)
            .prop_map(|(year, month, second)| format!("{year}-{month:02}-17T08:00:{second:02}Z").into())
    ]
}

/// A summary as some version of the filter may have written it.
fn summaries() -> impl Strategy<Value = Vec<u8>> {
    let words = (
        counts(Source::ALL.iter().map(|item| item.word()).collect()),
        counts(Layer::ALL.iter().map(|item| item.word()).collect()),
        counts(Basis::ALL.iter().map(|item| item.word()).collect()),
        counts(RULES.iter().map(|rule| rule.id).collect()),
        events(Tool::all().map(Tool::word).collect(), false),
        events(Agent::ALL.iter().map(|item| item.word()).collect(), true),
    );
    let version = prop_oneof![Just(json!(env!("CARGO_PKG_VERSION"))), Just(json!("0.0.9")), Just(Value::Null)];
    let numbers = proptest::collection::vec(count(), 40);
    (words, version, 0..4_u64, numbers, time(), time(), any::<bool>()).prop_map(
        |((failures, layers, basis, rules, tools, agents), version, runs, numbers, ts_min, ts_max, more)| {
            let mut summary = blank();
            let mut numbers = numbers.into_iter().cycle();
            for part in ["input", "turns", "tool_calls", "model_turns", "limits"] {
                fill(&mut summary[part], &mut numbers);
            }
            fill(&mut summary["sessions"], &mut numbers);
            summary["failures"] = failures.into();
            summary["layers"] = layers.into();
            summary["basis"] = basis.into();
            summary["rules"] = rules.into();
            summary["tools"] = tools.into();
            summary["agents"] = agents.into();
            summary["runs"] = runs.into();
            summary["version"] = version;
            summary["ts_min"] = ts_min;
            summary["ts_max"] = ts_max;
            if more {
                summary["of_another_version"] = json!({"a": [1, null]});
            }
            format!("{summary}\n").into_bytes()
        },
    )
}

fn fill(value: &mut Value, numbers: &mut impl Iterator<Item = u64>) {
    match value {
        Value::Number(number) => *number = numbers.next().unwrap().into(),
        Value::Object(map) => map.values_mut().for_each(|value| fill(value, numbers)),
        _ => {}
    }
}

/// Every number of a summary, by its path.
fn numbers(value: &Value, path: &str, into: &mut Vec<(String, u64)>) {
    match value {
        Value::Number(number) => into.push((path.to_owned(), number.as_u64().unwrap())),
        Value::Object(map) => map.iter().for_each(|(key, value)| numbers(value, &format!("{path}.{key}"), into)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn the_order_of_summaries_does_not_matter(a in summaries(), b in summaries(), c in summaries()) {
        let sum = merged(&[&a, &b, &c]);
        for order in [[&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            prop_assert!(merged(&[order[0], order[1], order[2]]) == sum);
        }
    }

    #[test]
    fn sums_of_sums_are_the_sum_of_all(a in summaries(), b in summaries(), c in summaries()) {
        let sum = merged(&[&a, &b, &c]);
        prop_assert!(merged(&[&merged(&[&a, &b]), &c]) == sum);
        prop_assert!(merged(&[&a, &merged(&[&b, &c])]) == sum);
        prop_assert!(merged(&[&sum]) == sum);
    }

    #[test]
    fn the_merge_of_nothing_is_the_zero(a in summaries()) {
        let zero = merged(&[]);
        prop_assert_eq!(&parsed(&zero)["runs"], &json!(0));
        prop_assert_eq!(&parsed(&zero)["version"], &json!(env!("CARGO_PKG_VERSION")));
        let sum = merged(&[&a]);
        prop_assert!(merged(&[&zero, &a]) == sum);
        prop_assert!(merged(&[&a, &zero]) == sum);
        prop_assert!(merged(&[&zero, &zero]) == zero);
    }

    /// Each counter is the sum of its parts, and a word that is not known here is counted under `other`, not lost.
    #[test]
    fn no_count_is_lost(a in summaries(), b in summaries()) {
        let sum = parsed(&merged(&[&a, &b]));
        let (a, b) = (parsed(&a), parsed(&b));
        for part in ["input", "sessions", "turns", "tool_calls", "model_turns", "limits", "runs"] {
            let mut found = [const { Vec::new() }; 3];
            for (summary, found) in [&sum, &a, &b].into_iter().zip(&mut found) {
                numbers(&summary[part], part, found);
                found.sort();
            }
            let [sum, a, b] = found;
            prop_assert_eq!(sum.len(), a.len());
            for (at, (path, number)) in sum.iter().enumerate() {
                prop_assert_eq!(*number, a[at].1 + b[at].1, "{}", path);
            }
        }
        for part in ["failures", "layers", "basis", "rules", "tools", "agents"] {
            let total = |summary: &Value| {
                let mut found = Vec::new();
                numbers(&summary[part], part, &mut found);
                found.iter().map(|(_, number)| u128::from(*number)).sum::<u128>()
            };
            prop_assert_eq!(total(&sum), total(&a) + total(&b), "{}", part);
        }
        for word in ["mcp", "other", "Bash"] {
            let of = |summary: &Value| summary["tools"][word]["events"].as_u64().unwrap_or_default();
            if word != "other" {
                prop_assert_eq!(of(&sum), of(&a) + of(&b), "{}", word);
            }
        }
        let silent = |summary: &Value, word: &str| summary["agents"][word]["results_recorded"] == json!(false);
        for agent in Agent::ALL.iter().map(|agent| agent.word()).filter(|word| *word != "other") {
            prop_assert_eq!(silent(&sum, agent), silent(&a, agent) || silent(&b, agent), "{}", agent);
        }
    }
}

#[test]
fn versions_that_differ_give_none_and_times_give_the_widest() {
    let with = |version: Value, runs: u64, min: Value, max: Value| {
        let mut summary = blank();
        summary["version"] = version;
        summary["runs"] = runs.into();
        summary["ts_min"] = min;
        summary["ts_max"] = max;
        format!("{summary}\n").into_bytes()
    };
    let own = json!(env!("CARGO_PKG_VERSION"));
    let early = with(own.clone(), 2, json!("2026-01-01T00:00:00Z"), json!("2026-01-02T00:00:00Z"));
    let late = with(own.clone(), 1, json!("2026-03-01T00:00:00Z"), Value::Null);
    let other = with(json!("0.0.9"), 1, Value::Null, Value::Null);
    let empty = with(json!("0.0.9"), 0, Value::Null, Value::Null);
    let sum = parsed(&merged(&[&late, &early, &empty]));
    assert_eq!((&sum["version"], &sum["runs"]), (&own, &json!(3)), "{sum}");
    assert_eq!(sum["ts_min"], "2026-01-01T00:00:00Z");
    assert_eq!(sum["ts_max"], "2026-01-02T00:00:00Z");
    for parts in [[&early, &other], [&other, &early]] {
        assert_eq!(parsed(&merged(&[parts[0], parts[1]]))["version"], Value::Null);
    }
}

#[test]
fn what_cannot_be_added_is_refused_by_its_line() {
    let log = fs::read("tests/sample.jsonl").unwrap();
    let whole = run(&["--all"], &log).stdout;
    let summary = String::from_utf8(summary_of(&log)).unwrap();
    let cut: Vec<u8> = {
        let mut lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        lines.pop();
        lines.concat()
    };
    let first_failure =
        String::from_utf8(whole.split_inclusive(|byte| *byte == b'\n').next().unwrap().to_vec()).unwrap();
    let change = |key: &str, value: Value| {
        let mut record = parsed(summary.as_bytes());
        record[key] = value;
        format!("{record}\n")
    };
    let without = |key: &str| {
        let mut record = parsed(summary.as_bytes());
        record.as_object_mut().unwrap().remove(key).unwrap();
        format!("{record}\n")
    };
    let max = change("sessions", json!(u64::MAX));
    let two = |second: &str| format!("{summary}\n\n{second}").into_bytes();
    let mut cases = vec![
        ("another schema", two(&change("schema", json!(2))), 4),
        ("a schema that is no number", two(&change("schema", json!("1"))), 4),
        ("a counter that is no number", two(&change("sessions", json!("3"))), 4),
        ("a counter below zero", two(&change("sessions", json!(-1))), 4),
        ("a counter with a fraction", two(&change("sessions", json!(1.5))), 4),
        ("a time of another form", two(&change("ts_min", json!("yesterday"))), 4),
        ("a map that is a list", two(&change("tools", json!([]))), 4),
        ("a counter of 65 bits", two(&summary.replace("\"sessions\":", "\"sessions\":99999999999999999999")), 4),
        ("a sum of 65 bits", format!("{max}{max}").into_bytes(), 2),
        (
            "a sum of 65 bits in a map",
            {
                let max = change("rules", json!({"timed_out": u64::MAX}));
                format!("{max}{summary}{max}").into_bytes()
            },
            3,
        ),
        (
            "two words of another version that pass 64 bits",
            {
                let max = change("rules", json!({"of_another": u64::MAX, "of_a_third": 1}));
                format!("{summary}{max}").into_bytes()
            },
            2,
        ),
        ("a log", log.clone(), 1),
        ("a line that is no JSON", two("nothing\n"), 4),
        ("a list", two("[1]\n"), 4),
        ("a record of a kind that nobody writes", two("{\"type\":\"canary\"}\n"), 4),
        ("a run that died without its summary", [summary.as_bytes(), &cut].concat(), 2),
        ("nothing but a run that died", cut.clone(), 1),
        (
            "records behind the last summary",
            [whole.as_slice(), first_failure.as_bytes()].concat(),
            1 + whole.iter().filter(|byte| **byte == b'\n').count(),
        ),
        ("a summary that was cut off", two(summary.get(..summary.len() / 2).unwrap()), 4),
        ("brackets without an end", two(&"[".repeat(100_000)), 4),
    ];
    for key in parsed(summary.as_bytes()).as_object().unwrap().keys() {
        // What is said of the counters is made again.
        if !["type", "verdict", "verdict_text", "version", "ts_min", "ts_max"].contains(&key.as_str()) {
            cases.push(("a summary that lacks a key", two(&without(key)), 4));
        }
    }
    for (what, input, line) in cases {
        let ran = run(&["--merge"], &input);
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{what}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{what}: {}", ran.stderr);
        let told = ran.stderr.split("line ").nth(1).unwrap_or_default();
        let told: String = told.chars().take_while(char::is_ascii_digit).collect();
        assert_eq!(told, line.to_string(), "{what}: {}", ran.stderr);
    }
    // The same without what is wrong is added.
    for fine in [max.into_bytes(), two(&summary), [whole.clone(), whole].concat()] {
        assert_eq!(run(&["--merge"], &fine).status, 0);
    }
}

/// The golden logs, each with a line end, and their folders.
fn golden() -> Vec<(String, Vec<u8>)> {
    let entries =
        |path: &Path| -> BTreeSet<PathBuf> { fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect() };
    let folders = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"));
    let files = folders.iter().filter(|path| path.is_dir()).flat_map(|path| entries(path));
    files
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .map(|path| {
            let mut log = fs::read(&path).unwrap();
            if !log.ends_with(b"\n") {
                log.push(b'\n');
            }
            (path.display().to_string(), log)
        })
        .collect()
}

/// A session whose every line carries its name, to put beside logs.
fn named_session() -> Vec<u8> {
    let line = |at: u32, rest: Value| {
        let mut line = json!({"sessionId": "0b9d4c1e-merge-probe", "uuid": format!("merge-probe-{at}"),
            "timestamp": format!("2026-02-03T04:05:0{at}Z"), "cwd": "/", "version": "2.0.0", "isSidechain": false});
        line.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        format!("{line}\n")
    };
    [
        line(1, json!({"type": "user", "message": {"role": "user", "content": "go"}})),
        line(
            2,
            json!({"type": "assistant", "message": {"role": "assistant", "stop_reason": "tool_use", "content": [
            {"type": "tool_use", "id": "toolu_merge_probe", "name": "Bash", "input": {"command": "true"}}]}}),
        ),
        line(
            3,
            json!({"type": "user", "message": {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_merge_probe", "is_error": true, "content": "Exit code 1"}]}}),
        ),
    ]
    .concat()
    .into_bytes()
}

/// A session that a header names.
fn headed_session() -> Vec<u8> {
    [
        json!({"type": "init", "timestamp": "2026-02-03T04:06:00Z", "session_id": "merge-probe-2", "model": "m"}),
        json!({"type": "message", "timestamp": "2026-02-03T04:06:01Z", "role": "user", "content": "go"}),
        json!({"type": "result", "timestamp": "2026-02-03T04:06:04Z", "status": "success", "stats": {"tool_calls": 0}}),
    ]
    .map(|line| format!("{line}\n"))
    .concat()
    .into_bytes()
}

fn but_for_runs(summary: &[u8]) -> Value {
    let mut summary = parsed(summary);
    summary["runs"] = 1.into();
    summary
}

fn adds_up(parts: &[&[u8]]) -> bool {
    let summaries: Vec<Vec<u8>> = parts.iter().map(|part| summary_of(part)).collect();
    let summaries: Vec<&[u8]> = summaries.iter().map(Vec::as_slice).collect();
    but_for_runs(&merged(&summaries)) == but_for_runs(&summary_of(&parts.concat()))
}

/// A log whose lines carry no session's id shares the unnamed session of its agent with every other such log, and its last
/// lines go with the session that begins behind them; a chat of no agent is part of whatever stands around it. The others
/// can be told by sessions put before and behind.
fn stands_alone(log: &[u8]) -> bool {
    let probes = [named_session(), headed_session()];
    !agents(log).is_empty() && probes.iter().all(|probe| adds_up(&[probe, log]) && adds_up(&[log, probe]))
}

fn agents(log: &[u8]) -> BTreeSet<String> {
    parsed(&summary_of(log))["agents"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_sum_of_two_golden_logs_is_the_run_over_both() {
    let golden = golden();
    let alone: Vec<_> =
        golden.iter().filter(|(_, log)| stands_alone(log)).map(|(path, log)| (path, log, agents(log))).collect();
    assert!(alone.len() * 10 > golden.len() * 8, "{} of {} stand alone", alone.len(), golden.len());
    let mut pairs = 0;
    for (at, (first, a, agents)) in alone.iter().enumerate() {
        // Each with some others, every second one before and every second one behind.
        for (second, b, others) in alone.iter().skip(at + 1).step_by(15) {
            if agents.is_disjoint(others) {
                pairs += 1;
                assert!(if pairs % 2 == 0 { adds_up(&[a, b]) } else { adds_up(&[b, a]) }, "{first} and {second}");
            }
        }
    }
    assert!(pairs > 80, "{pairs}");
}

/// One log of each agent, all together and in any order.
#[test]
fn the_sum_of_many_golden_logs_is_the_run_over_all() {
    let mut seen = BTreeSet::new();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (_, log) in golden() {
        let agents = agents(&log);
        if stands_alone(&log) && agents.is_disjoint(&seen) {
            seen.extend(agents);
            parts.push(log);
        }
    }
    assert!(parts.len() > 12, "{}", parts.len());
    for turn in 0..parts.len() {
        parts.rotate_left(1);
        if turn % 2 == 0 {
            parts.reverse();
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let summaries: Vec<Vec<u8>> = parts.iter().map(|part| summary_of(part)).collect();
        let summaries: Vec<&[u8]> = summaries.iter().map(Vec::as_slice).collect();
        assert_eq!(but_for_runs(&merged(&summaries)), but_for_runs(&summary_of(&parts.concat())), "{turn}");
    }
}

/// The limit of the law: where two parts share sessions, what is counted once in one run is counted in each of two.
#[test]
fn where_a_resumed_copy_lies_in_another_part_the_sum_is_an_upper_bound() {
    let mut differ = 0;
    for (path, log) in golden() {
        // A later copy of a session that holds all of the earlier one.
        let lines: Vec<&[u8]> = log.split_inclusive(|byte| *byte == b'\n').collect();
        let begun = lines[..lines.len() * 2 / 3].concat();
        let sum = but_for_runs(&merged(&[&summary_of(&begun), &summary_of(&log)]));
        let whole = but_for_runs(&summary_of(&[begun, log.clone()].concat()));
        assert!(sum["sessions"].as_u64() >= whole["sessions"].as_u64(), "{path}");
        for source in Source::ALL.iter().map(|source| source.word()).filter(|word| *word != "unclosed_turn") {
            assert!(sum["failures"][source].as_u64() >= whole["failures"][source].as_u64(), "{path}: {source}");
        }
        assert_eq!(sum["input"], whole["input"], "{path}: lines are not counted by sessions");
        differ += usize::from(sum["tool_calls"]["failed"] != whole["tool_calls"]["failed"]);
    }
    assert!(differ > 20, "in {differ} logs a copy is told from what it copies");
}
