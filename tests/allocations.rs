//! No allocation per event: a counting allocator under the whole pipeline, on made-up logs.
//!
//! The log is read in parts, and what is allocated while a later part is read is counted. The counter is the thread's
//! own, so that tests may run beside each other.

#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "an allocator is unsafe by nature, and a test may panic"
)]

#[path = "../benches/logs/mod.rs"]
mod logs;

use logs::Profile;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use whale_classify::cli::{self, Options, Task};
use whale_classify::pipeline::{self, Mode};

/// Allocations that a run may make before it reads: tables, buffers, the automaton of the needles.
const START_UP_MAX: u64 = 300;
/// A buffer that grows by half from 128 KiB to 64 MiB does it 16 times; a line has two or three such buffers.
const GROWTHS_MAX: u64 = 48;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more.
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: hands everything on to the system's allocator, unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Gives parts one after the other, and notes the counter when the filter asks for the first byte of each: all that came
/// before was read and written by then.
struct Parts<'a> {
    parts: &'a [&'a [u8]],
    at: usize,
    marks: &'a RefCell<Vec<u64>>,
}

impl Read for Parts<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == 0 {
            self.marks.borrow_mut().push(ALLOCATIONS.get());
        }
        let Some(part) = self.parts.first() else { return Ok(0) };
        let rest = &part[self.at..];
        let size = rest.len().min(into.len());
        into[..size].copy_from_slice(&rest[..size]);
        self.at += size;
        if self.at == part.len() {
            self.parts = &self.parts[1..];
            self.at = 0;
        }
        Ok(size)
    }
}

/// Allocations from the start of the run to the first read, and while each part was read.
fn allocations(mode: Mode, parts: &[&[u8]]) -> Vec<u64> {
    let marks = RefCell::new(Vec::with_capacity(parts.len() + 2));
    let begin = ALLOCATIONS.get();
    assert!(pipeline::run(mode, Parts { parts, at: 0, marks: &marks }, io::sink()).is_ok());
    let marks = marks.into_inner();
    std::iter::once(marks[0] - begin).chain(marks.windows(2).map(|pair| pair[1] - pair[0])).collect()
}

/// Every mode that reads a log, as the options make it.
fn modes() -> Vec<(&'static str, Mode)> {
    [("default", None), ("--all", Some("--all")), ("--summary", Some("--summary")), ("--annotate", Some("--annotate"))]
        .into_iter()
        .map(|(name, option)| {
            let args: Vec<_> = option.into_iter().map(Into::into).collect();
            match cli::parse_or_explain(&args) {
                Ok(Options { task: Task::Classify(mode), .. }) => (name, mode),
                _ => panic!("{name} is no mode"),
            }
        })
        .collect()
}

/// The lines that are no longer than the longest of another log.
fn no_longer_than(other: &[u8], log: &[u8]) -> Vec<u8> {
    let longest = other.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::len).max().unwrap();
    log.split_inclusive(|&byte| byte == b'\n').filter(|line| line.len() <= longest).flatten().copied().collect()
}

/// What a failed command printed.
const PROGRAM: &str = r"Exit code: 1\nWall time: 0.1 seconds\nOutput:\n";
/// What the agent's runner says of a patch that does not apply.
const HARNESS: &str = "apply_patch verification failed: Failed to find expected lines: ";

/// A failed result whose text is as long as that.
fn long_failure(id: &str, head: &str, bytes: usize) -> Vec<u8> {
    let begin = r#"{"timestamp":"2026-06-01T00:00:00.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":""#;
    let line = "all is well ";
    [begin, id, r#"","output":""#, head, &line.repeat(bytes / line.len()), "\"}}\n"].concat().into_bytes()
}

#[test]
fn once_warm_nothing_is_allocated_however_many_events_come() {
    for profile in [Profile::Mixed, Profile::Tiny, Profile::FailureHeavy, Profile::EscapesHeavy, Profile::Sorted] {
        let (mut warm, _) = logs::log(profile, 12 << 20, 1);
        // Fill the windows that rules read, which no text can make larger.
        warm.extend_from_slice(&long_failure("call_0", PROGRAM, 200_000));
        warm.extend_from_slice(&long_failure("call_1", HARNESS, 200_000));
        let (few, _) = logs::log(profile, 1 << 20, 2);
        let (many, _) = logs::log(profile, 10 << 20, 3);
        let (few, many) = (no_longer_than(&warm, &few), no_longer_than(&warm, &many));
        for (name, mode) in modes() {
            let counts = allocations(mode, &[&warm, &few, &many]);
            assert_eq!(counts[2..], [0, 0], "{name}, {profile:?}: for some events, and for ten times as many");
        }
    }
}

#[test]
fn a_line_longer_than_all_before_costs_only_the_growth_of_buffers_and_only_once() {
    let (warm, _) = logs::log(Profile::Mixed, 4 << 20, 1);
    let (first, second) = (long_failure("call_1", PROGRAM, 5_000_000), long_failure("call_2", PROGRAM, 5_000_000));
    for (name, mode) in modes() {
        let counts = allocations(mode, &[&warm, &first, &second]);
        assert!(counts[2] <= GROWTHS_MAX, "{name}: {} allocations for a long line", counts[2]);
        assert_eq!(counts[3], 0, "{name}: for a second line of the same length");
    }
}

#[test]
fn starting_up_takes_few_allocations() {
    for (name, mode) in modes() {
        let count = allocations(mode, &[])[0];
        assert!(count < START_UP_MAX, "{name}: {count} allocations before the first read");
    }
}

/// The search for needles is built when the first failure asks for it, and is part of the start.
#[test]
fn the_first_failure_takes_few_allocations() {
    let first = long_failure("call_1", PROGRAM, 100);
    for (name, mode) in modes() {
        let count: u64 = allocations(mode, &[&first]).iter().sum();
        assert!(count < START_UP_MAX, "{name}: {count} allocations up to the first failure");
    }
}

/// The negative control: a reader that allocates is seen.
#[test]
fn an_allocation_for_each_read_would_be_counted() {
    struct Leaky(u64);
    impl Read for Leaky {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Ok(0);
            }
            self.0 -= 1;
            let line = format!("{{\"type\":\"session_meta\",\"payload\":{{\"id\":\"{}\"}}}}\n", self.0);
            into[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    let count = |reads| {
        let begin = ALLOCATIONS.get();
        assert!(pipeline::run(Mode::Summary, Leaky(reads), io::sink()).is_ok());
        ALLOCATIONS.get() - begin
    };
    assert!(count(100) >= count(0) + 100);
}
