//! Input and output as they are in life, from outside: torn, glued and cut records, readers that go away, full disks, a
//! log that is still being written. May not know how the filter is built.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

mod filter;

use simd_json::prelude::*;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

const SAMPLE: &[u8] = include_bytes!("sample.jsonl");
const FAILED: &str = r#"{"timestamp":"2026-03-01T10:00:00Z","type":"response_item","payload":{"type":"function_call_output","call_id":"call_z","output":"Exit code: 3\nWall time: 0.1 seconds\nOutput:\nno"}}"#;

fn failures(input: &[u8]) -> usize {
    filter::run(&[], input).events().len()
}

#[test]
fn line_ends_blank_lines_and_a_byte_order_mark_change_no_verdict() {
    let text = format!("\u{feff}\r\n{FAILED}\r\n\r\n \t\n");
    let ran = filter::run(&[], text.as_bytes());
    assert_eq!(ran.events().len(), 1);
    let summary = ran.summary();
    let input = summary.get("input").unwrap();
    assert_eq!((input.get_u64("lines"), input.get_u64("blank")), (Some(4), Some(3)));
}

#[test]
fn a_record_cut_at_any_byte_yields_no_event_and_loses_no_other() {
    for cut in 1..FAILED.len() {
        assert_eq!(failures(&FAILED.as_bytes()[..cut]), 0, "cut at {cut}, at the end");
        let whole = FAILED.replace("call_z", "call_y");
        let text = format!("{}\n{whole}\n", &FAILED[..cut]);
        assert_eq!(failures(text.as_bytes()), 1, "cut at {cut}, before a whole line");
    }
}

#[test]
fn plain_text_bad_bytes_and_lone_surrogates_cost_at_most_their_own_line() {
    let odd = FAILED.replace("\\nno", "\\nno \\ud800");
    let mut input = b"a plain line\n\xff\xfe\x00\n{\"a\":\n[1,2]\n".to_vec();
    input.extend_from_slice(odd.as_bytes());
    input.push(b'\n');
    let ran = filter::run(&[], &input);
    assert_eq!(ran.events().len(), 1);
    let summary = ran.summary();
    let counts = summary.get("input").unwrap();
    let of = |key| counts.get_u64(key).unwrap();
    assert_eq!((of("lines"), of("recognised"), of("unrecognised"), of("unreadable")), (5, 1, 1, 3));
    assert_eq!(filter::run(&["--strict"], &input).status, 1);
    assert_eq!(filter::run(&["--strict"], SAMPLE).status, 0);
}

#[test]
fn a_line_of_many_megabytes_is_read_like_any_other() {
    let long = FAILED.replace("\\nno", &"\\nno".repeat(3 << 20));
    assert_eq!(failures(long.as_bytes()), 1);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly_and_a_full_disk_is_an_error() {
    let mut child = filter::filter(&["--annotate"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let input = SAMPLE.repeat(200);
    _ = stdin.write_all(&input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = filter::filter(&[]).stdin(Stdio::piped()).stdout(full).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(SAMPLE).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn a_failure_is_told_within_a_second_while_the_log_goes_on() {
    for args in [&[][..], &["--annotate"]] {
        let mut child = filter::filter(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let start = Instant::now();
        writeln!(stdin, "{FAILED}").unwrap();
        assert!(lines.next().unwrap().unwrap().contains("\"failure_source\":\"command_exit\""));
        assert!(start.elapsed() < Duration::from_secs(1));
        drop(stdin);
        child.wait().unwrap();
    }
}

#[test]
fn input_that_is_no_json_lines_gets_one_hint() {
    for input in
        [&b"\x1f\x8b\x08\x00abc\n"[..], b"\xff\xfe{\x00\n", b"[{\"a\":1},\n{\"b\":2}]\n", b"{\n  \"a\": 1\n}\n"]
    {
        let ran = filter::run(&[], input);
        assert_eq!((ran.status, ran.stderr.lines().count()), (0, 1), "{}", ran.stderr);
    }
    assert_eq!(filter::run(&[], b"").stderr, "");
}

#[test]
fn usage_errors_exit_with_two_and_say_how_it_is_used() {
    let ran = filter::run(&["/home/maria/secret.jsonl"], b"");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("cat FILE | whale-classify") && !ran.stderr.contains("maria"), "{}", ran.stderr);
    assert_eq!(filter::run(&["--all", "--summary"], b"").status, 2);
}
