//! Golden fixtures: for each dialect a folder of made-up logs, and beside each log what the filter must say of it,
//! written by hand.
//!
//! `<shape>.jsonl` is the log; `<shape>.expected` has one row for each record of `--all` but the summary: line, kind,
//! what, tool, separated by tabs, and `follower` where so; `#` begins a comment. A log whose lines are not all read
//! says so with `# unread N`. Nothing here writes an `.expected`: that is what a reader of the log must think.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

mod filter;

use simd_json::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use whale_classify::dialect::{self, DIALECTS};
use whale_classify::scan::Scanner;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every fixture: the folder's name, and the log.
fn fixtures() -> Vec<(String, PathBuf)> {
    let folders = entries(&golden()).into_iter().filter(|path| path.is_dir());
    folders
        .flat_map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let logs = entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
            logs.map(move |log| (name.clone(), log)).collect::<Vec<_>>()
        })
        .collect()
}

struct Expected {
    rows: Vec<String>,
    unread: u64,
}

fn expected(log: &Path) -> Expected {
    let path = log.with_extension("expected");
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
    let unread = text.lines().find_map(|line| line.strip_prefix("# unread ")?.parse().ok()).unwrap_or(0);
    let row = |line: &str| line.split('#').next().unwrap_or_default().trim_end().to_owned();
    Expected { rows: text.lines().map(row).filter(|row| !row.is_empty()).collect(), unread }
}

/// The rows of both, `-` before what only the expected file has, `+` before what only the filter says.
fn differences(expected: &[String], found: &[String]) -> String {
    let mut common = vec![vec![0_usize; found.len() + 1]; expected.len() + 1];
    for i in (0..expected.len()).rev() {
        for j in (0..found.len()).rev() {
            common[i][j] =
                if expected[i] == found[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut text) = (0, 0, String::new());
    while i < expected.len() || j < found.len() {
        let (mark, row) = match (expected.get(i), found.get(j)) {
            (Some(wanted), Some(got)) if wanted == got => {
                (i, j) = (i + 1, j + 1);
                (' ', wanted)
            }
            (Some(wanted), got) if got.is_none() || common[i + 1][j] >= common[i][j + 1] => {
                i += 1;
                ('-', wanted)
            }
            (_, got) => {
                j += 1;
                ('+', got.unwrap())
            }
        };
        writeln!(text, "    {mark} {row}").unwrap();
    }
    text
}

#[test]
fn every_fixture_gives_the_rows_that_stand_beside_it() {
    let mut complaints = String::new();
    let fixtures = fixtures();
    assert!(!fixtures.is_empty());
    for (folder, log) in &fixtures {
        let shape = format!("{folder}/{}", log.file_stem().unwrap().to_str().unwrap());
        let Expected { rows, unread } = expected(log);
        let ran = filter::run(&["--all"], &fs::read(log).unwrap());
        assert_eq!(ran.status, 0, "{shape}");
        let found: Vec<_> = ran.events().iter().map(filter::row).collect();
        if rows != found {
            writeln!(complaints, "{shape}: - expected, + found\n{}", differences(&rows, &found)).unwrap();
        }
        let summary = ran.summary();
        let input = summary.get("input").unwrap();
        let missed = ["unrecognised", "unreadable", "torn"].map(|key| input.get_u64(key).unwrap()).iter().sum::<u64>();
        if missed != unread {
            writeln!(complaints, "{shape}: {missed} lines or records unread, {unread} announced").unwrap();
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn every_fixture_is_annotated_as_it_is_reported() {
    for (folder, log) in fixtures() {
        let input = fs::read(&log).unwrap();
        let all = filter::run(&["--all"], &input);
        filter::assert_annotated_alike(&input, &all, &format!("{folder}/{}", log.display()));
    }
}

/// The dialects that claim lines of a log.
fn claimants(log: &[u8]) -> BTreeSet<&'static str> {
    let mut scanner = Scanner::new();
    let mut names = BTreeSet::new();
    for line in log.split(|byte| *byte == b'\n') {
        if let Ok(record) = scanner.scan(line)
            && let Some(dialect) = dialect::recognise(&record)
        {
            names.insert(dialect.name);
        }
    }
    names
}

#[test]
fn every_dialect_has_a_fixture_that_it_claims() {
    let fixtures = fixtures();
    let mut complaints = String::new();
    for dialect in DIALECTS {
        let mut logs = fixtures.iter().filter(|(folder, _)| folder == dialect.name).map(|(_, log)| log).peekable();
        if logs.peek().is_none() {
            writeln!(complaints, "tests/golden/{}/ holds no log", dialect.name).unwrap();
        }
        for log in logs {
            if !claimants(&fs::read(log).unwrap()).contains(dialect.name) {
                writeln!(complaints, "{}: {} claims no line of it", log.display(), dialect.name).unwrap();
            }
            if dialect.is_noise && !expected(log).rows.is_empty() {
                writeln!(complaints, "{}: noise has no rows", log.display()).unwrap();
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn every_folder_is_a_dialects_and_every_file_is_used() {
    for folder in entries(&golden()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(DIALECTS.iter().any(|dialect| dialect.name == name), "no dialect is named {name}");
        for file in entries(&folder) {
            let end = file.extension().and_then(|end| end.to_str());
            assert!(matches!(end, Some("jsonl" | "expected")), "{} is neither log nor rows", file.display());
            let twin = file.with_extension(if end == Some("jsonl") { "expected" } else { "jsonl" });
            assert!(twin.exists(), "{} is missing", twin.display());
        }
    }
}

#[test]
fn the_difference_of_rows_names_what_is_missing_and_what_is_too_much() {
    let rows = |rows: &[&str]| rows.iter().map(ToString::to_string).collect::<Vec<_>>();
    let text = differences(&rows(&["1", "2", "3"]), &rows(&["1", "3", "4"]));
    assert_eq!(text, "      1\n    - 2\n      3\n    + 4\n");
}
