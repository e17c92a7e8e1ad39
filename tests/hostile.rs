//! Input that means harm: every case in every mode under a hard limit of address space, no crash, output that the
//! automaton accepts, and time that grows with the input and no faster.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod instruments;

use instruments::automaton::Automaton;
use instruments::splice::unsplice;
use instruments::{filter, mode};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the program may hold resident, whatever the input.
const PEAK_KIB: u64 = 192 * 1024;
/// Address space that it may reserve: the tables are reserved whole and touched as they fill.
const SPACE_KIB: u64 = 320 * 1024;
/// How long a case may take in a build that is not optimised, on a machine that does other things.
const SECONDS_MAX: u64 = 120;

fn call(id: &str) -> String {
    format!(
        r#"{{"type":"response_item","payload":{{"type":"function_call","call_id":"{id}","name":"shell","arguments":"{{}}"}}}}"#
    )
}

fn result(id: &str, output: &str) -> String {
    format!(
        r#"{{"type":"response_item","payload":{{"type":"function_call_output","call_id":"{id}","output":"{{\"output\":\"{output}\",\"metadata\":{{\"exit_code\":1}}}}"}}}}"#
    )
}

fn meta(id: &str) -> String {
    format!(r#"{{"type":"session_meta","payload":{{"id":"{id}"}}}}"#)
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> Vec<u8> {
    let mut all = String::new();
    for at in 0..count {
        all.push_str(&line(at));
        all.push('\n');
    }
    all.into_bytes()
}

/// Call ids whose hashes share their lowest bits, and so one chain of every table: found by trying.
fn colliding_ids(count: usize) -> Vec<String> {
    (0_u64..)
        .map(|at| format!("c{at:x}"))
        .filter(|id| xxhash_rust::xxh3::xxh3_128(id.as_bytes()) as u32 & 0xFFF == 0)
        .take(count)
        .collect()
}

fn blocks(count: usize, block: impl Fn(usize) -> String, beside: &str) -> Vec<u8> {
    let blocks: Vec<String> = (0..count).map(block).collect();
    format!("{{\"type\":\"user\",\"sessionId\":\"s\",\"message\":{{\"content\":[{}]}}{beside}}}\n", blocks.join(","))
        .into_bytes()
}

fn block(at: usize) -> String {
    format!(r#"{{"type":"tool_result","tool_use_id":"t{at}","is_error":true,"content":"Exit code 1\nx"}}"#)
}

type Case = (&'static str, fn(usize) -> Vec<u8>);

/// Each makes some `size` thousand bytes, lines or nodes of harm.
const CASES: &[Case] = &[
    ("nothing", |_| Vec::new()),
    ("blank lines", |size| vec![b'\n'; size * 1000]),
    ("blanks without an end", |size| vec![b' '; size * 1000]),
    ("no line end", |size| vec![b'x'; size * 1000]),
    ("NUL", |size| vec![0; size * 1000]),
    ("bytes 0 to 255", |size| (0..size * 1000).map(|at| (at * 7 + at / 251) as u8).collect()),
    ("gzip", |size| [b"\x1f\x8b\x08".as_slice(), &vec![0x9C; size * 1000]].concat()),
    ("UTF-16", |size| "{\"a\":1}\n".repeat(size * 50).encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("open braces", |size| vec![b'{'; size * 1000]),
    ("open objects", |size| b"{\"a\":".repeat(size * 200)),
    ("open lists", |size| [b"{\"content\":".as_slice(), &b"[".repeat(size * 1000)].concat()),
    ("closed lists", |size| {
        [b"{\"content\":".as_slice(), &b"[".repeat(size * 500), &b"]".repeat(size * 500), b"}\n"].concat()
    }),
    ("objects in objects", |size| {
        [b"{\"a\":".repeat(size * 100).as_slice(), b"1", &b"}".repeat(size * 100), b"\n"].concat()
    }),
    ("closing brackets", |size| b"}]".repeat(size * 500)),
    ("backslashes", |size| [b"{\"type\":\"".as_slice(), &vec![b'\\'; size * 1000], b"\"}\n"].concat()),
    ("backslashes and no end", |size| [b"{\"type\":\"".as_slice(), &vec![b'\\'; size * 1000 + 1]].concat()),
    ("quotes", |size| vec![b'"'; size * 1000]),
    ("escaped line ends", |size| result("c", &"\\\\n".repeat(size * 250)).into_bytes()),
    ("glued objects", |size| b"{}".repeat(size * 500)),
    ("glued records", |size| result("c", "x").repeat(size * 6).into_bytes()),
    ("starts of objects", |size| b"{\"a".repeat(size * 300)),
    ("torn records", |size| lines(size * 6, |at| format!("{{\"x\":{}", result(&format!("c{at}"), "x")))),
    ("tiny lines", |size| b"{}\n".repeat(size * 300)),
    ("open calls", |size| lines(size * 8, |at| call(&format!("c{at}")))),
    ("results before their calls", |size| {
        lines(size * 4, |at| format!("{}\n{}", result(&format!("c{at}"), "x"), call(&format!("c{at}"))))
    }),
    ("the same id", |size| lines(size * 8, |at| if at % 2 == 0 { call("c") } else { result("c", "x") })),
    ("the same id in two sessions", |size| {
        lines(size * 3, |at| [meta(&(at % 2).to_string()), call("c"), result("c", "x")].join("\n"))
    }),
    ("sessions", |size| lines(size * 8, |at| format!("{}\n{}", meta(&at.to_string()), call(&at.to_string())))),
    ("turns", |size| {
        lines(size * 8, |at| format!(r#"{{"type":"event_msg","payload":{{"type":"task_started","turn_id":"{at}"}}}}"#))
    }),
    ("ids that collide", |size| {
        let ids = colliding_ids(size);
        let all: Vec<String> = ids.iter().flat_map(|id| [meta(id), call(id), result(id, "x")]).collect();
        all.join("\n").into_bytes()
    }),
    ("a long id", |size| [call(&"i".repeat(size * 500)), result(&"i".repeat(size * 500), "x")].join("\n").into_bytes()),
    ("an escaped id", |size| call(&"\\u0041".repeat(size * 160)).into_bytes()),
    ("needles that almost match", |size| {
        lines(size / 16 + 1, |at| {
            result(&format!("c{at}"), &"connection refused_ no such file or director command not foun ".repeat(250))
        })
    }),
    ("one line of needles", |size| {
        lines(size / 16 + 1, |at| result(&format!("c{at}"), &"error: error: error: ".repeat(700)))
    }),
    ("many results on a line", |size| blocks(size * 12, block, "")),
    ("many results and a text beside them", |size| {
        let beside = format!(
            ",\"toolUseResult\":{{\"task_id\":\"x\",\"status\":\"failed\",\"stdout\":\"{}\"}}",
            " ".repeat(size * 500)
        );
        blocks(size * 6, |at| block(at).replace(r#""is_error":true,"#, ""), &beside)
    }),
    ("many results and repeated keys", |size| blocks(size * 6, block, &",\"toolUseResult\":1".repeat(size * 25))),
    ("repeated keys in a message", |size| {
        let keys = "\"content\":[],".repeat(size * 40);
        format!("{{\"type\":\"user\",\"sessionId\":\"s\",\"message\":{{{keys}\"content\":[{}]}}}}\n", block(1))
            .into_bytes()
    }),
    ("many nodes", |size| [b"{\"content\":[".as_slice(), &b"\"\",".repeat(size * 330), b"\"\"]}\n"].concat()),
    ("escaped keys", |size| b"{\"\\u0074ype\":1,\"t\\u0079pe\":\"x\"}\n".repeat(size * 32)),
    ("long keys", |size| [b"{\"".as_slice(), &vec![b'k'; size * 1000], b"\":1}\n"].concat()),
    ("numbers", |size| {
        let numbers = ["1.0", "1e999", "-0", "123456789012345678901234567890", "\"7\"", "99999999999", "-2147483648"];
        lines(size * 3, |at| {
            result("c", "x")
                .replace("\\\"exit_code\\\":1", &format!("\\\"exit_code\\\":{}", numbers[at % 7].replace('"', "\\\"")))
        })
    }),
    ("strings that are no UTF-8", |size| b"{\"type\":\"\xff\xc0\x80\xed\xa0\x80\xe2\x80\xa8\"}\n".repeat(size * 50)),
    ("lone surrogates", |size| lines(size * 5, |at| result(&format!("\\ud800{at}"), "\\\\ud800\\\\udc00\\\\ud83d"))),
    ("JSON in a string in a string", |size| result("c", &"{\\\\\\\"output\\\\\\\":".repeat(size * 50)).into_bytes()),
    ("garbage that begins like JSON", |size| b"[1,2,\n\"abc\n-\ntru\n".repeat(size * 60)),
];

/// Runs the program under the limit and gives back its output, status and the most it held.
fn limited(option: &str, input: &[u8]) -> (Vec<u8>, Vec<u8>, Option<i32>, u64) {
    let script = format!("ulimit -v {SPACE_KIB}; ulimit -t {SECONDS_MAX}; exec \"$1\" {option}");
    let mut child = Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_whale-classify")])
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
                let ends = input.iter().filter(|byte| **byte == b'\n').count();
                let open = usize::from(input.last().is_some_and(|byte| *byte != b'\n'));
                assert_eq!(accepted.lines, (ends + open) as u64, "{name} {option}: every line is counted");
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
}

/// Time on the processor of this thread.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

#[test]
#[ignore = "takes minutes in a build that is not optimised: cargo test --release --test hostile -- --ignored"]
fn twice_the_input_takes_no_more_than_three_times_as_long() {
    let annotate = mode("--annotate");
    for (name, make) in CASES {
        for mode in [mode("--all"), annotate] {
            let cost = |size| {
                let input = make(size);
                let run = || {
                    let from = processor_time();
                    filter(mode, &input);
                    processor_time() - from
                };
                (0..3).map(|_| run()).min().unwrap()
            };
            let mut size = 400;
            let mut once = cost(size);
            // Short times are all noise and start-up: larger until they are not.
            while once < Duration::from_millis(30) && size < 12_800 {
                size *= 2;
                once = cost(size);
            }
            let twice = cost(size * 2);
            let bound = once * 3 + Duration::from_millis(20);
            assert!(twice <= bound, "{name}: {once:?} for {size}, {twice:?} for twice as much");
        }
    }
}
