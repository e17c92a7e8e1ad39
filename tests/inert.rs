//! What the program asks of the system: after its start-up it reads standard input, writes standard output and error,
//! asks for memory, and nothing else. Shown by `strace`; where there is none, the test says so.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod tools;

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use tools::lacks;

/// One system call: its name, the arguments as they are shown, and what it gave.
struct Call {
    name: String,
    arguments: String,
    result: String,
}

impl Call {
    fn of(line: &str) -> Option<Self> {
        // A process id stands first.
        let (_, call) = line.split_once(char::is_whitespace)?;
        let (name, rest) = call.trim_start().split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        Some(Self { name: name.to_owned(), arguments: arguments.trim_end().to_owned(), result: result.to_owned() })
    }

    fn descriptor(&self) -> &str {
        self.arguments.split([',', ')']).next().unwrap_or_default()
    }
}

/// What a run in this mode asks for.
fn trace(option: &str) -> Vec<Call> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = std::env::temp_dir().join(format!("whale-trace-{}{option}", std::process::id()));
    let status = Command::new("strace")
        .args(["-f", "-s", "0", "-o"])
        .arg(&file)
        .arg(env!("CARGO_BIN_EXE_whale-classify"))
        .arg(option)
        .stdin(std::fs::File::open(root.join("tests/sample.jsonl")).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(matches!(status.code(), Some(0 | 2)), "{option}: {status:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    text.lines().filter_map(Call::of).collect()
}

#[test]
fn it_reads_its_input_writes_its_output_and_asks_for_nothing_else() {
    if lacks(&["strace"]) {
        return;
    }
    for option in ["--all", "--summary", "--annotate", "--merge", "--strict"] {
        let calls = trace(option);
        let (mut inputs, mut outputs) = (HashSet::from(["0".to_owned()]), HashSet::from(["1".to_owned()]));
        let (mut has_begun, mut reads, mut writes) = (false, 0, 0);
        let mut opened = HashSet::new();
        for call in &calls {
            let descriptor = call.descriptor();
            let is_input = inputs.contains(descriptor);
            let is_output = outputs.contains(descriptor) || descriptor == "2";
            has_begun |= call.name == "read" && is_input;
            match call.name.as_str() {
                // The program holds its streams by descriptors of its own.
                "fcntl" if call.arguments.contains("F_DUPFD") && (is_input || is_output) => {
                    let copies = if is_input { &mut inputs } else { &mut outputs };
                    copies.insert(call.result.clone());
                }
                "fcntl" if is_input || is_output => {}
                "read" if is_input => reads += 1,
                "write" if is_output => writes += 1,
                "close" if is_input || is_output => {}
                "mmap" | "munmap" | "mremap" | "madvise" | "brk" | "sigaltstack" | "exit_group" => {}
                "openat" if !has_begun => {
                    let path = call.arguments.split('"').nth(1).unwrap_or_default();
                    // The libraries that the loader needs, and where the stack lies.
                    let is_start =
                        path.ends_with(".so.cache") || path.contains(".so.") || path.starts_with("/proc/self/");
                    assert!(is_start && call.arguments.contains("O_RDONLY"), "{option}: {}", call.arguments);
                    opened.insert(call.result.clone());
                }
                "read" | "pread64" | "close" | "newfstatat" | "fstat" | "lseek" if opened.contains(descriptor) => {}
                "execve" | "access" | "arch_prctl" | "newfstatat" | "fstat" | "mprotect" | "pread64" | "prlimit64"
                | "poll" | "ppoll" | "rseq" | "rt_sigaction" | "rt_sigprocmask" | "sched_getaffinity"
                | "set_robust_list" | "set_tid_address" | "getrandom" | "gettid" | "ioctl" | "futex" | "uname"
                | "readlink"
                    if !has_begun => {}
                name => panic!("{option}: {name}({}", call.arguments),
            }
        }
        assert!(reads >= 1 && writes >= 1, "{option}: {reads} reads and {writes} writes of {} calls", calls.len());
        println!("{option}: {} calls, {reads} reads, {writes} writes, nothing else after start-up", calls.len());
    }
}
