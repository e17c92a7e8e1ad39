//! What the filter is for, a sentence each: made-up logs with failures of every kind are told apart, and nothing of the
//! log's own words gets out. May not know how the filter is built.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

mod filter;

use simd_json::prelude::*;
use std::process::{Command, Stdio};

const SAMPLE: &[u8] = include_bytes!("sample.jsonl");
const SAMPLE_MODEL: &[u8] = include_bytes!("sample-model.jsonl");

/// Words of the samples that are secrets, prompts, output, paths or ids.
const CANARIES: &[&str] = &[
    "FAKE",
    "hunter2",
    "maria",
    "secret-project",
    "Rotate",
    "urgent",
    "registry",
    "terraform",
    "paramiko",
    "deploy",
    "call_s",
    "toolu_",
    "019e2000",
    "6bb10000",
    "thr_sample",
    "item_1",
    "motd",
    "frob",
    "configuration",
];

const PRIVATE: &[&[&str]] = &[&[], &["--all"], &["--summary"]];

/// A Codex shell call and what it came to.
fn codex(command: &str, code: i64, output: &str) -> Vec<u8> {
    let output = output.replace('\n', "\\\\n").replace('"', "\\\\\\\"");
    format!(
        concat!(
            r#"{{"timestamp":"2025-10-01T10:00:00Z","type":"response_item","payload":{{"type":"function_call","name":"shell_command","#,
            r#""arguments":"{{\"command\":\"{}\"}}","call_id":"call_a"}}}}"#,
            "\n",
            r#"{{"timestamp":"2025-10-01T10:00:01Z","type":"response_item","payload":{{"type":"function_call_output","call_id":"call_a","#,
            r#""output":"{{\"output\":\"{}\",\"metadata\":{{\"exit_code\":{}}}}}"}}}}"#,
            "\n"
        ),
        command, output, code
    )
    .into_bytes()
}

fn source_of(log: &[u8]) -> String {
    let ran = filter::run(&[], log);
    let events = ran.events();
    assert_eq!(events.len(), 1, "one failure: {}", String::from_utf8_lossy(&ran.stdout));
    events[0].get_str("failure_source").unwrap().to_owned()
}

#[test]
fn a_non_zero_exit_is_a_command_exit() {
    assert_eq!(source_of(&codex("./lint", 3, "3 problems found")), "command_exit");
}

#[test]
fn a_network_error_is_network() {
    assert_eq!(source_of(&codex("curl -s x.example", 6, "curl: (6) Could not resolve host: x.example")), "network");
}

#[test]
fn a_sandbox_denial_is_sandbox_approval() {
    assert_eq!(
        source_of(&codex("touch /etc/a", 1, "touch: cannot touch '/etc/a': Read-only file system")),
        "sandbox_approval"
    );
}

#[test]
fn a_missing_binary_is_a_missing_dependency() {
    assert_eq!(source_of(&codex("jq .", 127, "bash: line 1: jq: command not found")), "missing_dependency");
}

#[test]
fn a_successful_command_that_prints_an_error_is_no_failure() {
    let ran = filter::run(&[], &codex("cat log", 0, "curl: (6) Could not resolve host: x.example"));
    assert!(ran.events().is_empty());
}

#[test]
fn a_turn_that_never_ends_is_an_unclosed_turn() {
    let start =
        br#"{"timestamp":"2026-03-01T10:00:00Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t1"}}"#;
    assert_eq!(source_of(start), "unclosed_turn");
}

#[test]
fn the_sample_holds_one_of_each_source_and_its_verdict_is_the_environment() {
    let ran = filter::run(&[], SAMPLE);
    let summary = ran.summary();
    assert_eq!(summary.get_str("verdict"), Some("environment"));
    for source in [
        "model",
        "tool_schema",
        "command_exit",
        "network",
        "sandbox_approval",
        "missing_dependency",
        "timeout",
        "background_job",
        "unclosed_turn",
    ] {
        assert!(ran.events().iter().any(|event| event.get_str("failure_source") == Some(source)), "{source}");
        assert!(summary.get("failures").unwrap().get_u64(source).unwrap() > 0, "{source}");
    }
    assert_eq!(summary.get("tool_calls").unwrap().get_u64("followers"), Some(1));
    assert_eq!(summary.get("model_turns").unwrap().get_u64("retries"), Some(1));
    assert_eq!(filter::run(&[], SAMPLE_MODEL).summary().get_str("verdict"), Some("model"));
}

/// Words of the log that are found in an output.
fn leaks(output: &str) -> Vec<&'static str> {
    CANARIES.iter().copied().filter(|canary| output.contains(canary)).collect()
}

#[test]
fn nothing_of_the_log_gets_out_in_the_private_modes() {
    for args in PRIVATE {
        let ran = filter::run(args, SAMPLE);
        let output = String::from_utf8(ran.stdout).unwrap() + &ran.stderr;
        assert!(output.is_ascii());
        assert_eq!(leaks(&output), Vec::<&str>::new(), "{args:?}");
    }
    // The search finds them where they are: the verbatim mode hands the log back.
    let annotated = String::from_utf8(filter::run(&["--annotate"], SAMPLE).stdout).unwrap();
    assert_eq!(leaks(&annotated), CANARIES);
}

#[test]
fn the_samples_are_annotated_as_they_are_reported() {
    for log in [SAMPLE, SAMPLE_MODEL] {
        filter::assert_annotated_alike(log, &filter::run(&["--all"], log), "sample");
    }
}

/// The top-level keys of a line of compact JSON, in their order.
fn keys(line: &str) -> Vec<&str> {
    let bytes = line.as_bytes();
    let (mut depth, mut at, mut keys) = (0, 0, Vec::new());
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let end = at + 1 + line[at + 1..].find('"').unwrap();
                if depth == 1 && bytes.get(end + 1) == Some(&b':') {
                    keys.push(&line[at + 1..end]);
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

#[test]
fn every_record_has_its_keys_in_their_order() {
    let failure = "type failure_source layer rule basis event follower agent tool exit_code ts session turn call session_line line part why";
    let success = "type event agent tool exit_code ts session turn call session_line line part";
    let unclosed = "type failure_source layer superseded waiting_on tool last_failure_source agent ts session turn session_line line why";
    let turn = "type outcome failures last_failure_source agent ts session turn session_line line";
    let summary = "type schema version runs input sessions turns tool_calls model_turns failures layers basis rules tools agents ts_min ts_max verdict verdict_text limits";
    let text = String::from_utf8(filter::run(&["--all"], SAMPLE).stdout).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines() {
        let kind = filter::records(line.as_bytes())[0].get_str("type").unwrap().to_owned();
        let wanted = match kind.as_str() {
            "failure" => failure,
            "success" => success,
            "unclosed_turn" => unclosed,
            "turn" => turn,
            "summary" => summary,
            _ => panic!("{kind}"),
        };
        assert_eq!(keys(line).join(" "), wanted);
        seen.insert(kind);
    }
    assert_eq!(seen.len(), 5, "the sample shows every kind of record");
}

#[test]
fn it_chains_with_grep_and_jq() {
    let pipe = r#""$FILTER" | grep '"failure_source":"network"' | jq -r .tool"#;
    let mut child = Command::new("sh")
        .args(["-c", pipe])
        .env("FILTER", env!("CARGO_BIN_EXE_whale-classify"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), SAMPLE).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "exec_command\nBash\nexec_shell\n");
}
