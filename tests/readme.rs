//! What the README shows is what the filter prints.

#![allow(clippy::expect_used, reason = "a test may panic")]

use assert_cmd::cargo::cargo_bin_cmd;

#[test]
fn the_record_that_the_readme_shows_is_the_first_of_the_sample() {
    let sample = include_bytes!("sample.jsonl");
    let output = cargo_bin_cmd!("whale-classify").write_stdin(sample.as_slice()).output().expect("it runs");
    let printed = String::from_utf8(output.stdout).expect("it prints ASCII");
    let first = printed.lines().next().expect("the sample holds a failure");
    assert!(include_str!("../README.md").contains(first), "the README does not show: {first}");
}
