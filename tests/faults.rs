//! Reading and writing as they go wrong: every call that can fail fails once, every split of the input gives the same
//! output, and the program says what happened and no more.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod instruments;

use instruments::automaton::Automaton;
use instruments::{filter, mode};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use whale_classify::pipe::Stop;
use whale_classify::pipeline;

const MODES: [&str; 4] = ["", "--all", "--summary", "--annotate"];

/// A session with every kind of record, glued and bad lines among them, and no last line end.
const SESSION: &str = r#"{"timestamp":"2026-05-24T21:00:00Z","type":"session_meta","payload":{"id":"5f0c"}}
{"timestamp":"2026-05-24T21:00:01Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t1"}}
not JSON
{"timestamp":"2026-05-24T21:00:02Z","type":"response_item","payload":{"type":"function_call","call_id":"c1","name":"shell","arguments":"{}"}}{"a":1}
{"timestamp":"2026-05-24T21:00:03Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"{\"output\":\"curl: (6) Could not\",\"metadata\":{\"exit_code\":6}}"}}
{"timestamp":"2026-05-24T21:00:04Z","type":"event_msg","payload":{"type":"task_complete","turn_id":"t1"}}

{"timestamp":"2026-05-24T21:00:05Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t2"}}"#;

/// Gives the input in parts of a size, with a fault before the k-th.
struct Parts<'a> {
    rest: &'a [u8],
    size: usize,
    calls: usize,
    fault: Option<(usize, ErrorKind)>,
}

impl Read for Parts<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        if let Some((at, kind)) = self.fault
            && self.calls == at
        {
            return Err(kind.into());
        }
        let size = self.size.min(into.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(size);
        into[..size].copy_from_slice(now);
        self.rest = later;
        Ok(size)
    }
}

/// Takes parts of a size, with a fault at the k-th call, writes and flushes counted together.
struct Taken {
    taken: Vec<u8>,
    size: usize,
    calls: usize,
    fault: Option<(usize, ErrorKind)>,
}

impl Taken {
    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match self.fault {
            Some((at, kind)) if self.calls == at => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

impl Write for Taken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.call()?;
        let size = self.size.min(bytes.len());
        self.taken.extend_from_slice(&bytes[..size]);
        Ok(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.call()
    }
}

#[test]
fn every_read_may_fail_or_be_interrupted() {
    for option in MODES {
        let whole = filter(mode(option), SESSION.as_bytes());
        for at in 1..=SESSION.len() / 50 + 2 {
            for kind in [ErrorKind::Interrupted, ErrorKind::WouldBlock, ErrorKind::Other, ErrorKind::UnexpectedEof] {
                let input = Parts { rest: SESSION.as_bytes(), size: 50, calls: 0, fault: Some((at, kind)) };
                let mut output = Vec::new();
                let stop = pipeline::run(mode(option), input, &mut output).err();
                if matches!(kind, ErrorKind::Interrupted | ErrorKind::WouldBlock) {
                    assert_eq!((stop, &output), (None, &whole), "{option} {at} {kind:?}");
                } else {
                    assert_eq!(stop, Some(Stop::ReadFailed), "{option} {at} {kind:?}");
                    assert!(whole.starts_with(&output), "{option} {at}: what was written before it is not what it was");
                }
            }
        }
    }
}

#[test]
fn every_write_and_every_flush_may_fail_or_be_taken_in_part() {
    for option in MODES {
        let whole = filter(mode(option), SESSION.as_bytes());
        let mut reached = 0;
        for at in 1.. {
            let mut calls = 0;
            for kind in [ErrorKind::Interrupted, ErrorKind::WouldBlock, ErrorKind::StorageFull, ErrorKind::BrokenPipe] {
                let input = Parts { rest: SESSION.as_bytes(), size: 97, calls: 0, fault: None };
                let mut output = Taken { taken: Vec::new(), size: 31, calls: 0, fault: Some((at, kind)) };
                let stop = pipeline::run(mode(option), input, &mut output).err();
                calls = output.calls;
                if calls < at {
                    assert_eq!((stop, &output.taken), (None, &whole), "{option} {at}");
                    continue;
                }
                match kind {
                    ErrorKind::StorageFull => assert_eq!(stop, Some(Stop::WriteFailed), "{option} {at}"),
                    ErrorKind::BrokenPipe => assert_eq!(stop, Some(Stop::ReaderGone), "{option} {at}"),
                    _ => assert_eq!((stop, &output.taken), (None, &whole), "{option} {at} {kind:?}"),
                }
                assert!(whole.starts_with(&output.taken), "{option} {at}");
                reached = at;
            }
            if calls < at {
                break;
            }
        }
        assert!(reached > 10, "{option}: {reached} calls were made to fail");
    }
}

#[test]
fn a_split_at_every_point_and_bytes_one_by_one_give_the_same_output() {
    for option in MODES {
        let whole = filter(mode(option), SESSION.as_bytes());
        for at in 0..=SESSION.len() {
            let (first, second) = SESSION.as_bytes().split_at(at);
            let mut output = Vec::new();
            pipeline::run(mode(option), first.chain(second), &mut output).ok().unwrap();
            assert!(output == whole, "{option}: a split at {at} gives another output");
        }
        let input = Parts { rest: SESSION.as_bytes(), size: 1, calls: 0, fault: None };
        let mut output = Taken { taken: Vec::new(), size: 1, calls: 0, fault: None };
        pipeline::run(mode(option), input, &mut output).ok().unwrap();
        assert!(output.taken == whole, "{option}: byte by byte");
    }
}

#[test]
fn what_the_input_looks_like_does_not_depend_on_the_size_of_reads() {
    for start in [&b"\x1f\x8b\x08\0\0\0\0\0"[..], b"\xff\xfe{\0", b"[1,\n2]", b"  {\n\"a\":1\n}"] {
        let hint = |size| {
            let input = Parts { rest: start, size, calls: 0, fault: None };
            pipeline::run(mode("--summary"), input, Vec::new()).ok().unwrap().hint
        };
        assert!(hint(usize::MAX).is_some());
        assert_eq!(hint(1), hint(usize::MAX));
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_whale-classify"))
}

/// The program under a shell's redirections: its exit status and what it said.
fn shell(script: &str) -> (Option<i32>, Vec<u8>) {
    let mut child = Command::new("bash")
        .args(["-c", script, "bash", env!("CARGO_BIN_EXE_whale-classify")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(SESSION.as_bytes()));
    let output = child.wait_with_output().unwrap();
    _ = writer.join();
    (output.status.code(), output.stderr)
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_in_every_mode() {
    let automaton = Automaton::new();
    for option in ["", "--all", "--summary", "--annotate", "--vocabulary", "--help", "--version"] {
        let (status, said) = shell(&format!("\"$1\" {option} > /dev/full"));
        assert_eq!(status, Some(2), "{option}");
        assert!(automaton.accept_talk(&said).is_ok(), "{option}");
        assert!(option.starts_with("--h") || option.starts_with("--ve") || !said.is_empty(), "{option}");
    }
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_end_whatever_becomes_of_the_signal() {
    for trap in ["", "trap '' PIPE;"] {
        for option in MODES {
            let log = format!("for i in $(seq 400); do printf '%s\\n' '{}'; done", SESSION.lines().nth(4).unwrap());
            let script = format!(
                "{trap} {{ {log}; }} 2>/dev/null | \"$1\" {option} | head -c 1 >/dev/null; exit ${{PIPESTATUS[1]}}"
            );
            let (status, said) = shell(&script);
            assert_eq!((status, said.as_slice()), (Some(0), &b""[..]), "{trap} {option}");
        }
    }
}

#[test]
fn closed_streams_end_it_without_a_panic() {
    let automaton = Automaton::new();
    for redirection in [">&-", "<&-", "2>&-", ">&- <&- 2>&-"] {
        for option in MODES {
            let (status, said) = shell(&format!("\"$1\" {option} {redirection}"));
            assert!(matches!(status, Some(0 | 2)), "{option} {redirection}: {status:?}");
            assert!(automaton.accept_talk(&said).is_ok(), "{option} {redirection}: {said:?}");
        }
    }
}

#[test]
fn a_directory_as_input_is_an_error() {
    let child = program().stdin(File::open(env!("CARGO_MANIFEST_DIR")).unwrap()).output().unwrap();
    assert_eq!(child.status.code(), Some(2));
    assert_eq!(Automaton::new().accept_talk(&child.stderr), Ok(1));
    let write_only = OpenOptions::new().write(true).open("/dev/null").unwrap();
    assert_eq!(program().stdin(write_only).output().unwrap().status.code(), Some(2));
}

/// Pipes that are not ready: the program waits and loses nothing.
#[test]
fn streams_that_do_not_block_are_waited_for() {
    for option in MODES {
        let log = format!("{SESSION}\n").repeat(200);
        let whole = filter(mode(option), log.as_bytes());
        let (mut feed, input) = UnixStream::pair().unwrap();
        let (mut drain, output) = UnixStream::pair().unwrap();
        input.set_nonblocking(true).unwrap();
        output.set_nonblocking(true).unwrap();
        let mut child = program()
            .args(option.split_whitespace())
            .stdin(OwnedFd::from(input))
            .stdout(OwnedFd::from(output))
            .spawn()
            .unwrap();
        let writer = std::thread::spawn(move || {
            for part in log.as_bytes().chunks(30_000) {
                feed.write_all(part).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(3));
            }
        });
        let mut read = Vec::new();
        let mut part = [0; 1000];
        loop {
            match drain.read(&mut part).unwrap() {
                0 => break,
                count => read.extend_from_slice(&part[..count]),
            }
        }
        writer.join().unwrap();
        assert!(child.wait().unwrap().success());
        assert!(read == whole, "{option}: another output through streams that do not block");
    }
}
