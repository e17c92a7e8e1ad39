//! The README is read and run: every `sh` block of it in a directory of logs, and where a `text` block follows, what it
//! prints. Its tables are held against the vocabulary, the options and the limits that they speak of.
//!
//! Needs bash and jq; what needs sqlite3 and zstd is left out where they are not installed, and says so.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod filter;
mod tools;

use filter::{records, run};
use simd_json::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tools::lacks;

const README: &str = include_str!("../README.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FILTER: &str = env!("CARGO_BIN_EXE_whale-classify");
/// What a block that follows a log without an end must print before it is stopped: the sample's failed calls.
const FOLLOWED_LINES: usize = 13;

/// A fenced block, its language, and the heading above it.
struct Block {
    section: String,
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut section = String::new();
    let mut inside = false;
    for line in README.lines() {
        if let Some(language) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                blocks.push(Block { section: section.clone(), language: language.to_owned(), text: String::new() });
            }
        } else if inside {
            let block = blocks.last_mut().unwrap();
            block.text += line;
            block.text.push('\n');
        } else if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        }
    }
    assert!(!inside, "a block of the README has no end");
    blocks
}

/// The text of the README under a heading.
fn section(title: &str) -> &'static str {
    let mut parts = README.split("\n## ").skip(1);
    parts.find(|part| part.starts_with(&format!("{title}\n"))).unwrap_or_else(|| panic!("no section {title}"))
}

/// The rows of the table whose header begins with this cell, each as its cells.
fn table(first: &str) -> Vec<Vec<String>> {
    let header = format!("| {first} |");
    let rows = README.lines().skip_while(|line| !line.starts_with(&header)).skip(2);
    let rows: Vec<Vec<String>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let line = line.replace("\\|", "\u{1}");
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().replace('\u{1}', "|")).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "no table {first}");
    rows
}

/// The words in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words of one kind that the filter lists.
fn words(of: &str) -> BTreeSet<String> {
    let vocabulary = records(&run(&["--vocabulary"], b"").stdout);
    let words = vocabulary.iter().filter(|record| record.get_str("of") == Some(of));
    words.filter_map(|record| record.get_str("word")).map(str::to_owned).collect()
}

/// A directory of its own, gone at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(ROOT).join("tests").join(name)).unwrap()
}

fn through(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{program}");
    output.stdout
}

/// The logs that the recipes speak of.
fn logs(name: &str) -> Directory {
    let directory = Directory::new(name);
    let (sample, model) = (fixture("sample.jsonl"), fixture("sample-model.jsonl"));
    directory.put("tests/sample.jsonl", &sample);
    directory.put("tests/sample-model.jsonl", &model);
    directory.put("session.jsonl", &sample);
    let rollouts = ["golden/codex-rollout/2025-10.jsonl", "golden/codex-rollout/2026-03.jsonl"].map(fixture);
    directory.put("rollout-1.jsonl", &rollouts[0]);
    directory.put("rollout-2.jsonl.zst", &through("zstd", &["-c", "-q"], &rollouts[1]));
    let saved = String::from_utf8(fixture("golden/codewhale-session/compacted.jsonl")).unwrap();
    assert!(saved.contains("\"id\":\"s1\""));
    for name in ["s1", "s2"] {
        let saved = saved.replace("\"id\":\"s1\"", &format!("\"id\":\"{name}\""));
        directory.put(&format!("sessions/{name}.json"), &through("jq", &["."], saved.as_bytes()));
    }
    directory.put("week-1/monday.jsonl", &model);
    directory.put("week-2/monday.jsonl", &sample);
    directory.put("logs/monday.jsonl", &sample);
    directory.put("logs/tuesday.jsonl", &fixture("fixtures/scripts/environment.jsonl"));
    directory.put("logs/old/friday.jsonl.zst", &through("zstd", &["-c", "-q"], &model));
    directory
}

/// A shell in the directory, with the filter and the scripts on its path.
fn shell(script: &str, directory: &Path) -> Command {
    let path = std::env::var("PATH").unwrap();
    let own = Path::new(FILTER).parent().unwrap().display().to_string();
    let mut command = Command::new("bash");
    command
        .args(["-c", script])
        .current_dir(directory)
        .env("PATH", format!("{own}:{ROOT}/scripts:{path}"))
        .env("HOME", directory)
        .env("LC_ALL", "C")
        .env_remove("WHALE_CLASSIFY")
        .env_remove("GITHUB_STEP_SUMMARY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a block to its end, or, where it follows a log, until it has printed what the log holds.
fn ran(script: &str, directory: &Path) -> String {
    if !script.contains("tail -n +1 -f") {
        let output = shell(script, directory).output().unwrap();
        assert!(output.status.success(), "{script}{}", String::from_utf8_lossy(&output.stderr));
        return String::from_utf8(output.stdout).unwrap();
    }
    let mut child = shell(script, directory).process_group(0).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(FOLLOWED_LINES);
    let printed: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.try_wait().unwrap().is_none(), "it still follows the log");
    let killed = Command::new("kill").args(["-TERM", "--", &format!("-{}", child.id())]).status().unwrap();
    assert!(killed.success());
    child.wait().unwrap();
    printed.join("\n") + "\n"
}

#[test]
fn every_command_of_the_readme_runs_and_prints_what_it_shows() {
    if lacks(&["jq", "zstd", "sqlite3"]) {
        return;
    }
    let directory = logs("commands");
    let blocks = blocks();
    let mut tried = 0;
    for (at, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "sh") {
        let script = block.text.replace("cargo run -q --release <", "whale-classify <").replace("cargo test\n", "");
        // The first needs a home to install to, the second a cluster: below, and in scripts/test-spark.
        if block.section == "Options" || script.starts_with("whale-spark.py") {
            continue;
        }
        let written = |name: &str| fs::read(directory.0.join(name)).is_ok_and(|bytes| !bytes.is_empty());
        for name in ["private.jsonl", "records.jsonl"] {
            fs::remove_file(directory.0.join(name)).ok();
        }
        let printed = ran(&script, &directory.0);
        for name in ["private.jsonl", "records.jsonl"] {
            assert!(!script.contains(name) || written(name), "{script} writes {name}");
        }
        match blocks.get(at + 1).filter(|next| next.language == "text") {
            Some(shown) => assert_eq!(printed, shown.text, "{script}"),
            None => assert!(!printed.is_empty() || script.contains("private.jsonl"), "{script} prints nothing"),
        }
        tried += 1;
    }
    assert!(tried >= 18, "{tried}");
}

#[test]
fn there_are_twelve_recipes_and_the_live_one_loses_no_record() {
    if lacks(&["jq", "zstd", "sqlite3"]) {
        return;
    }
    let recipes = blocks().into_iter().filter(|block| block.section == "Recipes" && block.language == "sh");
    let recipes: Vec<String> = recipes.map(|block| block.text).collect();
    assert!(recipes.len() >= 12, "{}", recipes.len());
    for part in
        ["tail -n +1 -f ", "zstdcat -f ", "jq -c . sessions/*.json", "whale-ci ", "week-1 week-2", "sqlite3", "xargs "]
    {
        assert!(recipes.iter().any(|recipe| recipe.contains(part)), "{part}");
    }
    let directory = logs("live");
    let live = recipes.iter().find(|recipe| recipe.contains("tail -n +1 -f")).unwrap();
    let whole = run(&[], &fixture("sample.jsonl"));
    let failures: Vec<_> =
        whole.records().into_iter().filter(|record| record.get_str("type") == Some("failure")).collect();
    assert_eq!(records(ran(live, &directory.0).as_bytes()), failures);
}

#[test]
fn the_logs_of_the_recipes_are_read_in_full() {
    if lacks(&["jq", "zstd", "sqlite3"]) {
        return;
    }
    let directory = logs("read");
    for (script, calls) in [
        ("zstdcat -f rollout-*.jsonl* | whale-classify --summary", 5),
        ("jq -c . sessions/*.json | whale-classify --summary", 3),
        ("cat logs/*.jsonl | whale-classify --summary", 26),
        ("whale-spread logs 2", 32),
    ] {
        let summary = records(ran(script, &directory.0).as_bytes()).pop().unwrap();
        let input = summary.get("input").unwrap();
        assert!(input.get_u64("recognised").unwrap() > 0, "{script}: {summary}");
        assert_eq!(input.get_u64("unreadable"), Some(0), "{script}: {summary}");
        assert!(summary.get("tool_calls").unwrap().get_u64("total") > Some(calls), "{script}: {summary}");
    }
}

#[test]
fn what_is_installed_is_there_and_runs() {
    let home = Directory::new("home");
    fs::create_dir_all(home.0.join(".cargo/bin")).unwrap();
    let block = blocks().into_iter().find(|block| block.section == "Options" && block.language == "sh").unwrap();
    let output = shell(&block.text, Path::new(ROOT)).env("HOME", &home.0).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |name: &str| fs::read_to_string(home.0.join(name)).unwrap();
    assert!(text(".local/share/man/man1/whale-classify.1").contains(".SH NAME"));
    assert!(text(".zfunc/_whale-classify").starts_with("#compdef whale-classify"));
    assert!(
        text(".config/fish/completions/whale-classify.fish").contains("complete --no-files --command whale-classify")
    );
    let completed = shell("source ~/.bashrc; complete -p whale-classify", &home.0).output().unwrap();
    assert!(completed.status.success() && !completed.stdout.is_empty());
    let listed: BTreeSet<String> = fs::read_dir(home.0.join(".cargo/bin"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["whale-lib.sh", "whale-unpack.sh", "whale-records.jq"].contains(&name.as_str()))
        .collect();
    let shown: BTreeSet<String> =
        table("script").iter().map(|row| quoted(&row[0])[0].split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(listed, shown, "the table of scripts");
    fs::copy(FILTER, home.0.join(".cargo/bin/whale-classify")).unwrap();
    let output = shell("PATH=~/.cargo/bin:/usr/bin:/bin; whale-classify </dev/null | whale-report", &home.0).output();
    assert!(String::from_utf8(output.unwrap().stdout).unwrap().starts_with("**No tool call was read.**"));
}

#[test]
fn the_command_for_a_cluster_is_one_that_the_script_takes() {
    let blocks = blocks();
    let block = blocks.iter().find(|block| block.text.starts_with("whale-spark.py ")).expect("a cluster");
    let help =
        String::from_utf8(through("python3", &[&format!("{ROOT}/scripts/whale-spark.py"), "--help"], b"")).unwrap();
    let options: Vec<&str> = block.text.split_whitespace().filter(|word| word.starts_with("--")).collect();
    assert!(!options.is_empty());
    for option in options {
        assert!(help.contains(&format!("  {option} ")), "{option}: {help}");
    }
}

#[test]
fn the_record_that_the_readme_shows_is_the_first_of_the_sample() {
    let printed = String::from_utf8(run(&[], &fixture("sample.jsonl")).stdout).expect("it prints ASCII");
    let first = printed.lines().next().expect("the sample holds a failure");
    let shown = blocks().into_iter().find(|block| block.language == "json").expect("a record is shown");
    assert_eq!(shown.text.trim_end(), first);
}

#[test]
fn the_options_are_those_of_the_definition() {
    let told = String::from_utf8(run(&["--bpaf-complete-rev=1", "--"], b"").stdout).unwrap();
    let options: BTreeSet<String> = told
        .lines()
        .filter_map(|line| line.split('\t').next())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let rows = table("call");
    let shown: BTreeSet<String> = rows.iter().skip(1).map(|row| quoted(&row[0])[0].clone()).collect();
    assert_eq!(shown, options);
    assert_eq!(quoted(&rows[0][0]), ["whale-classify"]);
}

#[test]
fn the_sources_and_layers_are_those_of_the_vocabulary() {
    let rules = records(&run(&["--vocabulary"], b"").stdout);
    let rows = table("source");
    let sources: BTreeSet<String> = rows.iter().map(|row| quoted(&row[0])[0].clone()).collect();
    assert_eq!(sources, words("failure_source"));
    for row in &rows {
        let (source, layer) = (&quoted(&row[0])[0], &quoted(&row[1])[0]);
        let count = |layer: &str| {
            let rules = rules.iter().filter(|rule| rule.get_str("failure_source") == Some(source));
            rules.filter(|rule| rule.get_str("layer") == Some(layer)).count()
        };
        let usual = words("layer").into_iter().max_by_key(|layer| count(layer)).unwrap();
        // No rule gives an unclosed turn: the session itself does.
        assert!(layer == &usual || source == "unclosed_turn" && layer == "session", "{source}: {usual}");
    }
    let layers: BTreeSet<String> = table("layer").iter().map(|row| quoted(&row[0])[0].clone()).collect();
    assert_eq!(layers, words("layer"));
    let meaning: BTreeSet<String> = quoted(section("What the sources and layers mean")).into_iter().collect();
    assert!(words("basis").is_subset(&meaning), "{meaning:?}");
}

#[test]
fn the_agents_are_those_of_the_vocabulary() {
    let paragraph = README.split("\n\n").find(|text| text.starts_with("It reads the logs of")).expect("the agents");
    let shown: BTreeSet<String> = quoted(paragraph).into_iter().collect();
    assert_eq!(shown, words("agent"));
}

#[test]
fn the_limits_are_the_constants_that_they_name() {
    use whale_classify::{frame, ledger, parse, scan, text};
    let constants = [
        ("scan::DEPTH_MAX", scan::DEPTH_MAX),
        ("scan::NODES_MAX", scan::NODES_MAX),
        ("frame::RECORD_BYTES_MAX", frame::RECORD_BYTES_MAX),
        ("parse::PARSE_BYTES_MAX", parse::PARSE_BYTES_MAX),
        ("text::TEXT_HEAD_BYTES", text::TEXT_HEAD_BYTES),
        ("TEXT_TAIL_BYTES", text::TEXT_TAIL_BYTES),
        ("TEXT_PIECES_MAX", text::TEXT_PIECES_MAX),
        ("ledger::OPEN_CALLS_MAX", ledger::OPEN_CALLS_MAX),
        ("ledger::FINISHED_CALLS_MAX", ledger::FINISHED_CALLS_MAX),
        ("ledger::SESSIONS_MAX", ledger::SESSIONS_MAX),
    ];
    let mut named = BTreeSet::new();
    for row in table("limit") {
        // The numbers of the row, in the order of the constants that it names.
        let text = row[0].replace(',', "").replace(" KiB", "k").replace(" MiB", "M");
        let numbers = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter_map(|word| {
            let (digits, unit) = word.split_at(word.trim_end_matches(char::is_alphabetic).len());
            let factor = [("", 1), ("k", 1 << 10), ("M", 1 << 20)].iter().find(|known| known.0 == unit)?.1;
            Some(digits.parse::<usize>().ok()? * factor)
        });
        for (constant, number) in quoted(&row[1]).iter().zip(numbers) {
            let (name, value) =
                constants.iter().find(|known| known.0 == constant).unwrap_or_else(|| panic!("{constant}"));
            assert_eq!(number, *value, "{name}");
            named.insert(*name);
        }
    }
    assert_eq!(named, constants.iter().map(|known| known.0).collect(), "a limit that the table does not tell");
}
