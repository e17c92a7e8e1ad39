//! Input that means harm: every case in every mode under a hard limit of address space and of time, no crash, and output
//! that the automaton accepts.
//!
//! `WHALE_CLASSIFY` names another binary to hold against it, a release build say.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod harm;
mod instruments;

use harm::{CASES, call, lines, meta, result};
use instruments::automaton::Automaton;
use instruments::properties::line_count;
use instruments::splice::unsplice;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the program may hold resident, whatever the input.
const PEAK_KIB: u64 = 192 * 1024;
/// Address space that it may reserve: the tables are reserved whole and touched as they fill.
const SPACE_KIB: u64 = 320 * 1024;
/// How long a case may take in a build that is not optimised, on a machine that does other things.
const SECONDS_MAX: u64 = 120;

fn binary() -> String {
    std::env::var("WHALE_CLASSIFY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_whale-classify").to_owned())
}

/// Runs the program under the limit and gives back its output, status and the most it held.
fn limited(option: &str, input: &[u8]) -> (Vec<u8>, Vec<u8>, Option<i32>, u64) {
    let script = format!("ulimit -v {SPACE_KIB}; ulimit -t {SECONDS_MAX}; exec \"$1\" {option}");
    let mut child = Command::new("sh")
        .args(["-c", &script, "sh", &binary()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut feed, mut out, mut talk) =
        (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let status_file = format!("/proc/{}/status", child.id());
    std::thread::scope(|scope| {
        scope.spawn(move || _ = feed.write_all(input));
        let reader = scope.spawn(move || {
            let mut read = Vec::new();
            out.read_to_end(&mut read).unwrap();
            read
        });
        let listener = scope.spawn(move || {
            let mut read = Vec::new();
            talk.read_to_end(&mut read).unwrap();
            read
        });
        let mut peak = 0;
        let status = loop {
            let text = std::fs::read_to_string(&status_file).unwrap_or_default();
            let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak = peak.max(mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        (reader.join().unwrap(), listener.join().unwrap(), status.code(), peak)
    })
}

/// A case in every mode; returns the most that the program held.
fn withstand(name: &str, input: &[u8]) -> u64 {
    let automaton = Automaton::new();
    let mut most = 0;
    for option in ["", "--all", "--summary --strict", "--annotate", "--merge"] {
        let (output, talk, status, peak) = limited(option, input);
        most = most.max(peak);
        assert!(matches!(status, Some(0..=2)), "{name} {option}: {status:?} {}", String::from_utf8_lossy(&talk));
        assert!(peak <= PEAK_KIB, "{name} {option}: {peak} KiB");
        assert!(automaton.accept_talk(&talk).is_ok(), "{name} {option}: {}", String::from_utf8_lossy(&talk));
        match option {
            "--annotate" => assert!(unsplice(input, &output).is_ok(), "{name}: {:?}", unsplice(input, &output)),
            "--merge" => assert!(!output.is_empty() || status == Some(2), "{name}"),
            _ => {
                let accepted = automaton.accept(&output).unwrap_or_else(|why| panic!("{name} {option}: {why}"));
                assert_eq!(accepted.lines, line_count(input), "{name} {option}: every line is counted");
            }
        }
    }
    most
}

#[test]
fn no_case_kills_it_or_makes_it_large_in_any_mode() {
    for (name, make) in CASES {
        let most = withstand(name, &make(400));
        println!("{most:>7} KiB  {name}");
    }
    println!("{} cases", CASES.len());
}

#[test]
fn a_million_of_what_the_tables_remember_is_counted_and_takes_no_more_room() {
    const MILLION: usize = 1_000_000;
    let millions: [(&str, Vec<u8>); 4] = [
        ("a million tiny lines", b"{}\n".repeat(MILLION)),
        ("a million open calls", lines(MILLION, |at| call(&format!("c{at}")))),
        ("half a million finished calls", lines(MILLION / 2, |at| result(&format!("c{at}"), "x"))),
        ("half a million sessions", lines(MILLION / 2, |at| meta(&at.to_string()))),
    ];
    for (name, input) in &millions {
        println!("{:>7} KiB  {name}", withstand(name, input));
    }
    // Those that are known still are the newest ones, and what is lost is told.
    let (output, ..) = limited("--summary", &millions[1].1);
    let accepted = Automaton::new().accept(&output).unwrap();
    assert_eq!(accepted.lost, 1_000_000 - whale_classify::ledger::OPEN_CALLS_MAX as u64);
}

#[test]
fn a_line_of_100_megabytes_is_passed_over_or_passed_on_and_the_next_one_is_read() {
    let long =
        [b"{\"type\":\"".as_slice(), &vec![b'a'; 100_000_000], b"\"}\n", result("c", "x").as_bytes(), b"\n"].concat();
    println!("{:>7} KiB", withstand("a long line", &long));
    let (output, ..) = limited("", &long);
    assert_eq!(Automaton::new().accept(&output).unwrap().failures, 1);
}

#[test]
fn a_line_as_long_as_is_read_full_of_what_costs_most_stays_within_the_bound() {
    for (name, unit) in [("nodes", "\"\","), ("brackets", "[],"), ("escapes", "\"\\u0041\\n\",")] {
        let items = unit.repeat(63_000_000 / unit.len());
        let line = format!("{{\"content\":[{items}1]}}\n");
        println!("{:>7} KiB  64 MiB of {name}", withstand(name, line.as_bytes()));
    }
    // As many fields as are kept, all of one name.
    let fields = format!("\"text\":\"{}\",", "x".repeat(50)).repeat(1_000_000);
    let line = format!("{{\"message\":{{{fields}\"content\":1}}}}\n");
    println!("{:>7} KiB  64 MiB of fields", withstand("fields", line.as_bytes()));
}
