//! The programs that some tests need and that not every machine has.

use std::process::{Command, Stdio};

/// Says where a tool is not installed that a test needs, and that the test is left out; `.ci/run` sets
/// `WHALE_ALL_TOOLS`, so that none is left out there.
pub fn lacks(tools: &[&str]) -> bool {
    let is_here =
        |tool: &&str| Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let missing: Vec<_> = tools.iter().filter(|tool| !is_here(tool)).collect();
    assert!(missing.is_empty() || std::env::var_os("WHALE_ALL_TOOLS").is_none(), "not installed: {missing:?}");
    if !missing.is_empty() {
        println!("SKIPPED: not installed: {missing:?}");
    }
    !missing.is_empty()
}
