//! Memory does not grow with the stream: the peak of the binary on a short and on a long one, all tables full in both.
//!
//! `scripts/memory` does the same with 1 GiB and 8 GiB.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../benches/logs/mod.rs"]
mod logs;

use logs::Profile;
use std::process::{Command, Stdio};
use std::time::Duration;

const DIFFERENCE_KIB: u64 = 1024;
const PEAK_KIB: u64 = 24_000_000 / 1024;

/// The kernel's high-water mark of the filter, asked for until it ends: it can only rise.
fn peak_kib(mode: &str, bytes: u64) -> u64 {
    let mut program = Command::new(env!("CARGO_BIN_EXE_whale-classify"))
        .arg(mode)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = program.stdin.take().unwrap();
    let writer = std::thread::spawn(move || logs::write(Profile::FullTables, bytes, 1, &mut input).unwrap());
    let status_file = format!("/proc/{}/status", program.id());
    let mut peak = 0;
    let status = loop {
        if let Some(status) = program.try_wait().unwrap() {
            break status;
        }
        let status = std::fs::read_to_string(&status_file).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let mark = mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(mark.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success());
    writer.join().unwrap();
    peak
}

#[test]
fn the_peak_does_not_grow_with_the_stream() {
    for mode in ["--summary", "--all"] {
        let (short, long) = (peak_kib(mode, 64 << 20), peak_kib(mode, 160 << 20));
        assert!(short > 0, "no mark was read");
        assert!(long < short + DIFFERENCE_KIB, "{mode}: {short} KiB, then {long} KiB");
        assert!(long <= PEAK_KIB, "{mode}: {long} KiB");
    }
}
