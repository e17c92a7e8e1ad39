//! The scripts of `scripts/`, each run on real output of the filter over small logs.
//!
//! The logs are in `tests/fixtures/scripts`: `environment.jsonl`, `model.jsonl`, `well.jsonl`, `open.jsonl` (a turn that is
//! merely open) and `nothing.log` (no log at all). Whatever is private in them holds the word "canary" in some case.
//! Needs bash, jq and gzip; what needs zstd is left out where it is not installed, and says so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test may fail loudly")]

mod tools;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tools::lacks;

const FILTER: &str = env!("CARGO_BIN_EXE_whale-classify");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const READERS: [&str; 5] = ["whale-report", "whale-status", "whale-detail", "whale-by", "whale-ci"];

fn feed(mut command: Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_remove("GITHUB_STEP_SUMMARY")
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A script that refuses its options may go away before it has read anything.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().unwrap()
    })
}

fn filter(options: &[&str], log: &[u8]) -> Vec<u8> {
    let mut command = Command::new(FILTER);
    command.args(options);
    let output = feed(command, log);
    assert!(output.status.success(), "the filter failed");
    output.stdout
}

fn script_command(name: &str, options: &[&str]) -> Command {
    let mut command = Command::new(Path::new(ROOT).join("scripts").join(name));
    command.args(options).env("WHALE_CLASSIFY", FILTER);
    command
}

fn script(name: &str, options: &[&str], input: &[u8]) -> Output {
    feed(script_command(name, options), input)
}

/// What a script prints when all goes well.
fn printed(name: &str, options: &[&str], input: &[u8]) -> String {
    let output = script(name, options, input);
    assert!(output.status.success(), "{name} {options:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn log(name: &str) -> Vec<u8> {
    fs::read(Path::new(ROOT).join("tests/fixtures/scripts").join(name)).unwrap()
}

fn logs(names: &[&str]) -> Vec<u8> {
    names.iter().flat_map(|name| log(name)).collect()
}

fn everything() -> Vec<u8> {
    logs(&["well.jsonl", "environment.jsonl", "nothing.log", "model.jsonl", "open.jsonl"])
}

/// What is in a directory, in order.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every log of the golden fixtures, by the agent that its folder is named after.
fn golden_agents() -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut agents: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for folder in entries(&Path::new(ROOT).join("tests/golden")).into_iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let logs = entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        let agent = name.split('-').next().unwrap().to_owned();
        agents.entry(agent).or_default().extend(logs.map(|path| fs::read(path).unwrap()));
    }
    assert!(agents.len() > 20, "{}", agents.len());
    agents
}

/// Every log of the golden fixtures.
fn golden() -> Vec<Vec<u8>> {
    golden_agents().into_values().flatten().collect()
}

fn records(output: &[u8]) -> Vec<Value> {
    output
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn summary(output: &[u8]) -> Value {
    let last = records(output).pop().unwrap();
    assert_eq!(last["type"], "summary");
    last
}

/// A directory of its own, gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scripts-{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn packed(tool: &str, bytes: &[u8]) -> Vec<u8> {
    let mut command = Command::new(tool);
    command.arg("-c");
    let output = feed(command, bytes);
    assert!(output.status.success(), "{tool} is needed");
    output.stdout
}

#[test]
fn the_tools_that_the_scripts_need_are_here() {
    for tool in ["bash", "jq", "gzip", "xargs"] {
        let there =
            Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
        assert!(there, "{tool} is needed: install it");
    }
}

#[test]
fn the_logs_have_the_verdicts_that_the_other_tests_count_on() {
    for (name, verdict) in [
        ("environment.jsonl", "environment"),
        ("model.jsonl", "model"),
        ("well.jsonl", "no_failures"),
        ("open.jsonl", "no_failures"),
        ("nothing.log", "nothing_read"),
    ] {
        let summary = summary(&filter(&[], &log(name)));
        assert_eq!(summary["verdict"], verdict, "{name}: {summary}");
    }
    let environment = summary(&filter(&[], &log("environment.jsonl")));
    assert_eq!(environment["turns"]["unclosed"]["superseded"], 1);
    let open = summary(&filter(&[], &log("open.jsonl")));
    assert_eq!(open["turns"]["unclosed"], serde_json::json!({"superseded": 0, "at_end": 1}));
}

#[test]
fn every_script_has_help_and_refuses_what_it_does_not_know() {
    for name in [
        "whale-report",
        "whale-status",
        "whale-detail",
        "whale-find",
        "whale-by",
        "whale-ci",
        "whale-spread",
        "test-spark",
    ] {
        let help = printed(name, &["--help"], b"");
        assert!(help.contains("Usage: ") && help.contains("Exit status: "), "{name}");
        if name != "test-spark" {
            assert!(help.contains("Example: "), "{name}");
        }
        if name == "test-spark" {
            continue;
        }
        let refused = script(name, &["--no-such-option"], b"");
        assert_eq!(refused.status.code(), Some(2), "{name}");
        assert!(refused.stdout.is_empty());
        assert!(
            !String::from_utf8_lossy(&refused.stderr).contains("no-such-option"),
            "{name} quotes what it was given"
        );
    }
}

#[test]
fn installed_by_one_line_beside_the_binary_they_run_from_the_path() {
    let scratch = Scratch::new("install");
    let bin = scratch.0.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("install -m 755 scripts/whale-* '{0}' && cp '{FILTER}' '{0}'", bin.display()))
        .current_dir(ROOT);
    assert!(feed(command, b"").status.success());
    let other = scratch.0.join("other");
    fs::create_dir_all(&other).unwrap();
    std::os::unix::fs::symlink(bin.join("whale-status"), other.join("whale-status")).unwrap();
    let output = filter(&[], &log("model.jsonl"));
    for directory in [&bin, &other] {
        let mut command = Command::new("whale-status");
        command
            .env_remove("WHALE_CLASSIFY")
            .env("PATH", format!("{}:{}", directory.display(), std::env::var("PATH").unwrap()));
        assert_eq!(String::from_utf8(feed(command, &output).stdout).unwrap(), "model suspect: 4 model\n");
    }
}

#[test]
fn a_run_without_its_summary_is_refused_by_those_that_speak_of_the_whole() {
    let whole = filter(&[], &log("environment.jsonl"));
    let cut = &whole[..whole.len() - whole.rsplit(|byte| *byte == b'\n').nth(1).unwrap().len() - 1];
    let twice = [whole.clone(), whole.clone()].concat();
    for name in ["whale-report", "whale-status", "whale-ci"] {
        for input in [cut, b"".as_slice(), &twice, &log("environment.jsonl")] {
            let output = script(name, &[], input);
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(output.stdout.is_empty(), "{name}");
        }
    }
}

#[test]
fn without_the_filter_or_its_vocabulary_nothing_is_printed() {
    for name in READERS {
        for filter in ["no-such-filter", "true", "false"] {
            let mut command = script_command(name, if name == "whale-by" { &["turn"] } else { &[] });
            command.env("WHALE_CLASSIFY", filter);
            let output = feed(command, b"");
            assert_eq!(output.status.code(), Some(2), "{name} with {filter}");
            assert!(output.stdout.is_empty());
        }
    }
}

#[test]
fn the_report_says_the_verdict_in_its_first_line_and_fits_in_sixty() {
    for (name, begins) in [
        (
            "environment.jsonl",
            "**Likely failed in the environment layer, not the model: 5 of 6 attributable failures.**",
        ),
        ("model.jsonl", "**Likely failed in the model layer, not the environment: 4 of 5 attributable failures.**"),
        ("well.jsonl", "**No failure in 2 tool calls.**"),
        ("nothing.log", "**Nothing was read: none of 3 lines was recognised.**"),
    ] {
        let report = printed("whale-report", &[], &filter(&[], &log(name)));
        assert_eq!(report.lines().next().unwrap(), begins, "{name}");
        assert!(report.lines().count() <= 60);
        assert!(report.contains("This paste tells tools used, times, counts and positions; no text of the log."));
        assert_eq!(report.matches("```").count() % 2, 0);
    }
    let report = printed("whale-report", &[], &filter(&[], &log("environment.jsonl")));
    assert!(report.contains("| network | 3 | environment | 2026-04-02T08:00:42Z | 2026-04-02T08:01:10Z |"), "{report}");
    assert!(
        report.contains(
            "7 of 11 tool calls failed. Most often: 2 `curl_failed` (curl could not resolve, connect, or keep the connection), "
        ),
        "{report}"
    );
    // A question that was answered "no" is no cause to look for.
    assert!(!report.lines().nth(2).unwrap().contains("question_answered_no"), "{report}");
    assert!(report.contains("Failed calls by agent: `codex` 7 of 11; by tool: `exec_command` 7 of 11."), "{report}");
    assert!(report.contains("11 tool calls and 1 without a result."), "{report}");
    assert!(report.contains("Turns that died"), "{report}");
    assert!(report.contains("```mermaid\npie showData\n") && report.contains("    \"network\" : 3\n"), "{report}");
    let open = printed("whale-report", &[], &filter(&[], &log("open.jsonl")));
    assert!(!open.contains("died") && open.contains("1 turn was still open at the end."), "{open}");
}

#[test]
fn the_report_fits_in_sixty_lines_whatever_fails() {
    let output = filter(&[], &everything());
    let model: Value = records(&output).into_iter().find(|record| record["type"] == "failure").unwrap();
    let died: Value = records(&output).into_iter().find(|record| record["superseded"] == true).unwrap();
    let mut whole = summary(&output);
    let mut many = String::new();
    let causes: Vec<String> =
        whole["failures"].as_object().unwrap().keys().filter(|key| *key != "unclosed_turn").cloned().collect();
    assert_eq!(causes.len(), 9);
    for cause in &causes {
        for at in 0..20 {
            let mut record = model.clone();
            record["failure_source"] = cause.as_str().into();
            record["session_line"] = (at + 1).into();
            many += &format!("{record}\n");
        }
        whole["failures"][cause] = 20.into();
    }
    for _ in 0..20 {
        many += &format!("{died}\n");
    }
    whole["turns"]["unclosed"]["superseded"] = 20.into();
    whole["failures"]["unclosed_turn"] = 20.into();
    many += &format!("{whole}\n");
    let report = printed("whale-report", &[], many.as_bytes());
    assert!(report.lines().count() <= 60, "{report}");
    for cause in causes {
        assert!(
            report.lines().any(|line| line.starts_with(&format!("| {cause} | `"))),
            "a handle of {cause}: {report}"
        );
    }
    let brief = printed("whale-report", &["--categories-only"], many.as_bytes());
    assert!(brief.lines().count() <= 60);
}

#[test]
fn with_categories_only_the_report_has_no_positions_rules_tools_or_agents() {
    let output = filter(&[], &everything());
    let brief = printed("whale-report", &["--categories-only"], &output);
    let whole = summary(&output);
    for record in records(&output) {
        for key in ["rule", "tool", "agent"] {
            if let Some(word) = record[key].as_str().filter(|word| whole["failures"].get(word).is_none()) {
                assert!(!brief.contains(word), "{word}: {brief}");
            }
        }
    }
    assert!(!brief.contains("session line"));
    assert!(brief.contains("2026-04-02T08:00:42Z"));
    assert!(brief.contains("no tools, no positions, no text"));
}

#[test]
fn the_status_is_one_short_line_and_empty_when_all_is_well() {
    let of = |name: &str, options: &[&str]| printed("whale-status", &[], &filter(options, &log(name)));
    for options in [&[][..], &["--summary"], &["--all"]] {
        let environment = of("environment.jsonl", options);
        assert_eq!(environment, "environment suspect: 3 network, 1 missing dependency, 1 sandbox; 1 turn died\n");
        assert!(environment.is_ascii() && environment.trim_end().len() <= 80);
        assert_eq!(of("model.jsonl", options), "model suspect: 4 model\n");
        assert_eq!(of("well.jsonl", options), "");
        assert_eq!(of("open.jsonl", options), "", "a turn that is merely open is not dead");
        assert_eq!(of("nothing.log", options), "nothing read: no line was recognised\n");
    }
    let mut whole = summary(&filter(&[], &log("environment.jsonl")));
    whole["turns"]["unclosed"]["superseded"] = 1_234_567_890_123_u64.into();
    for count in whole["rules"].as_object_mut().unwrap().values_mut() {
        *count = 9_007_199_254_740_991_u64.into();
    }
    let long = printed("whale-status", &[], whole.to_string().as_bytes());
    assert!(long.ends_with("; 1234567890123 turns died\n") && long.trim_end().len() <= 80, "{long}");
}

#[test]
fn a_detail_says_what_failed_where_why_and_what_to_check() {
    let output = filter(&[], &log("environment.jsonl"));
    let details = printed("whale-detail", &[], &output);
    let told: Vec<Value> = records(&output).into_iter().filter(|record| record["type"] != "summary").collect();
    assert_eq!(details.lines().count(), told.len());
    for (line, record) in details.lines().zip(&told) {
        let sentences = line.matches(". ").count() + usize::from(line.ends_with('.'));
        assert!((2..=3).contains(&sentences), "{line}");
        if record["type"] == "failure" {
            assert!(line.contains(record["rule"].as_str().unwrap()), "{line}");
            assert!(line.contains(record["failure_source"].as_str().unwrap()), "{line}");
        } else {
            assert!(line.contains("died") && line.contains("tool call exec_command had no result"), "{line}");
        }
    }
    let network = told.iter().position(|record| record["failure_source"] == "network").unwrap();
    let line = details.lines().nth(network).unwrap();
    assert!(
        line.starts_with("The tool call exec_command of codex failed with exit code 6 at 2026-04-02T08:00:42Z"),
        "{line}"
    );
    assert!(line.contains("This points to the environment, not to the model. Check connection, proxy, DNS"), "{line}");
    let open = printed("whale-detail", &[], &filter(&[], &log("open.jsonl")));
    assert!(open.contains("it may still be running") && !open.contains("died"), "{open}");
    assert_eq!(script("whale-detail", &[], &filter(&[], &log("well.jsonl"))).status.code(), Some(1));
}

#[test]
fn find_gives_exactly_the_line_in_any_order_of_files_and_in_a_wider_archive() {
    let reported = logs(&["model.jsonl", "environment.jsonl"]);
    let archive = logs(&["open.jsonl", "environment.jsonl", "nothing.log", "well.jsonl", "model.jsonl"]);
    let lines: Vec<&[u8]> = reported.split_inclusive(|byte| *byte == b'\n').collect();
    let mut kinds = BTreeSet::new();
    let mut found = 0;
    for record in records(&filter(&["--all"], &reported)) {
        let kind = record["type"].as_str().unwrap().to_owned();
        // Every failure, and one of each other kind.
        if kind == "summary" || (!kinds.insert(kind.clone()) && kind != "failure") {
            continue;
        }
        let output = script("whale-find", &[&record.to_string()], &archive);
        assert_eq!(output.status.code(), Some(0), "{record}: {}", String::from_utf8_lossy(&output.stderr));
        let line = lines[usize::try_from(record["line"].as_u64().unwrap()).unwrap() - 1];
        assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(line), "{record}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("as private as the log"));
        found += 1;
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    assert!(found >= 15);
}

#[test]
fn find_takes_a_handle_from_the_report_and_says_when_there_is_none() {
    let environment = log("environment.jsonl");
    let report = printed("whale-report", &[], &filter(&[], &environment));
    let handles: Vec<&str> =
        report.lines().filter(|line| line.contains("`codex 2026-")).filter_map(|line| line.split('`').nth(1)).collect();
    assert!(handles.len() >= 6, "{report}");
    for handle in &handles {
        let output = script("whale-find", &[handle], &everything());
        assert_eq!(output.status.code(), Some(0), "{handle}");
        assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 1, "{handle}");
    }
    assert_eq!(script("whale-find", &[handles[0]], &log("model.jsonl")).status.code(), Some(1));
    for wrong in
        ["", "codex", "{}", "{\"type\":\"summary\"}", "codex 2026-04-02T08:00:42Z x 1 rule", "../canary 1 2 3 4"]
    {
        let output = script("whale-find", &[wrong], &environment);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(output.stdout.is_empty() && !String::from_utf8_lossy(&output.stderr).contains("canary"));
    }
}

#[test]
fn find_leaves_nothing_behind() {
    let scratch = Scratch::new("find");
    let record = records(&filter(&[], &log("environment.jsonl"))).remove(0).to_string();
    for (input, code) in [(everything(), 0), (log("model.jsonl"), 1)] {
        let mut command = script_command("whale-find", &[&record]);
        command.env("TMPDIR", &scratch.0);
        assert_eq!(feed(command, &input).status.code(), Some(code));
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 0);
    }
}

#[test]
fn groups_add_up_to_the_summary_and_judge_as_the_filter_does() {
    let everything = everything();
    let golden: Vec<u8> = golden().concat();
    for log in [&everything, &golden] {
        add_up(log);
    }
    // A session's verdict is the one that the filter gives to its file alone.
    let sessions = records(printed("whale-by", &["session"], &filter(&["--all"], &everything)).as_bytes());
    let names = ["well.jsonl", "environment.jsonl", "model.jsonl", "open.jsonl"];
    assert_eq!(sessions.len(), names.len());
    for (session, name) in sessions.iter().zip(names) {
        assert_eq!(session["verdict"], summary(&filter(&[], &log(name)))["verdict"], "{name}");
    }
}

fn add_up(log: &[u8]) {
    let output = filter(&["--all"], log);
    let whole = summary(&output);
    for by in ["session", "turn", "tool", "hour"] {
        let groups = records(printed("whale-by", &[by], &output).as_bytes());
        assert!(groups.len() > 1, "{by}");
        for source in whole["failures"].as_object().unwrap().keys() {
            let sum: u64 = groups.iter().map(|group| group["failures"][source].as_u64().unwrap()).sum();
            assert_eq!(sum, whole["failures"][source].as_u64().unwrap(), "{by} {source}");
        }
        for group in &groups {
            assert_eq!(group["by"], by);
        }
    }
}

#[test]
fn the_report_counts_as_the_filter_does() {
    let numbers = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let golden: Vec<u8> = golden().concat();
    for log in [golden, log("environment.jsonl"), log("model.jsonl"), everything()] {
        let output = filter(&[], &log);
        let whole = summary(&output);
        let first = printed("whale-report", &[], &output).lines().next().unwrap().to_owned();
        let (ours, theirs) = (numbers(&first), numbers(whole["verdict_text"].as_str().unwrap()));
        assert!(theirs.iter().all(|number| ours.contains(number)), "{first} {}", whole["verdict_text"]);
    }
}

/// Every agent's shapes through every script: each holds what it promises, whatever the agent.
#[test]
fn every_script_keeps_its_promises_on_every_agents_golden_logs() {
    for (agent, logs) in golden_agents() {
        let log = logs.concat();
        let output = filter(&["--all"], &log);
        let whole = summary(&output);
        let died = whole["turns"]["unclosed"]["superseded"].as_u64().unwrap();
        let count = |kind: &str| records(&output).iter().filter(|record| record["type"] == kind).count();

        let report = printed("whale-report", &[], &output);
        assert!(report.starts_with("**") && report.lines().count() <= 60, "{agent}: {report}");
        assert_eq!(report.contains("Turns that died"), died > 0, "{agent}: {report}");
        for cause in whole["failures"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(cause, n)| n.as_u64() > Some(0) && *cause != "unclosed_turn")
        {
            assert!(report.contains(&format!("| {} | {} | ", cause.0, cause.1)), "{agent}: {report}");
        }
        let status = printed("whale-status", &[], &output);
        assert!(status.is_ascii() && status.len() <= 81 && status.lines().count() <= 1, "{agent}: {status}");
        assert_eq!(status.contains("died"), died > 0, "{agent}: {status}");

        let told = count("failure") + count("unclosed_turn");
        let details = script("whale-detail", &[], &output);
        assert_eq!(details.status.code(), Some(i32::from(told == 0)), "{agent}");
        let details = String::from_utf8(details.stdout).unwrap();
        assert_eq!(details.lines().count(), told, "{agent}: {details}");
        for line in details.lines() {
            let sentences = line.matches(". ").count() + usize::from(line.ends_with('.'));
            assert!((2..=3).contains(&sentences), "{agent}: {line}");
        }
        let events = whole["tool_calls"]["total"].as_u64().unwrap() + whole["model_turns"]["failed"].as_u64().unwrap();
        let (green, _, page) = ci(&[], &output);
        assert_eq!(green, Some(i32::from(events == 0)), "{agent}: {page}");
        let groups = records(printed("whale-by", &["tool"], &output).as_bytes());
        let followers: u64 = groups.iter().map(|group| group["followers"].as_u64().unwrap()).sum();
        assert_eq!(whole["tool_calls"]["followers"], followers, "{agent}");
        let successes: u64 = groups.iter().filter_map(|group| group["successes"].as_u64()).sum();
        assert_eq!(successes, count("success") as u64, "{agent}");
    }
}

#[test]
fn a_turn_says_how_it_ended_and_whether_the_tool_later_succeeded() {
    let turns =
        |name: &str, options: &[&str]| records(printed("whale-by", &["turn"], &filter(options, &log(name))).as_bytes());
    let ended = |name: &str| -> Vec<String> {
        turns(name, &["--all"]).iter().map(|turn| turn["ended"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ended("environment.jsonl"), ["completed", "died", "completed"]);
    assert_eq!(ended("open.jsonl"), ["completed", "open"]);
    let model = turns("model.jsonl", &["--all"]);
    assert_eq!(model.len(), 1);
    assert_eq!(
        model[0]["failed_tools"],
        serde_json::json!({
            "Edit": {"failed": 3, "later_succeeded": true},
            "Write": {"failed": 1, "later_succeeded": false},
            "Bash": {"failed": 1, "later_succeeded": true},
        })
    );
    assert_eq!(model[0]["successes"], 2);
    // Without --all nothing is known of successes.
    let model = turns("model.jsonl", &[]);
    assert_eq!(model[0]["successes"], Value::Null);
    assert_eq!(model[0]["failed_tools"]["Edit"], serde_json::json!({"failed": 3}));
}

/// Runs whale-ci and gives its status, its annotations and its page.
fn ci(options: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let scratch = Scratch::new(&format!("ci-{:?}", std::thread::current().id()).replace(['(', ')'], ""));
    let page = scratch.write("page.md", b"");
    let mut command = script_command("whale-ci", options);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).env("GITHUB_STEP_SUMMARY", &page);
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).ok();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), fs::read_to_string(page).unwrap())
}

#[test]
fn the_gate_breaks_where_it_should_and_only_there() {
    let environment = filter(&[], &log("environment.jsonl"));
    // 3 network failures of 11 calls: 27.27 %.
    for (options, code) in [
        (&[][..], 0),
        (&["--fail-on", "timeout,background_job"], 0),
        (&["--fail-on", "timeout,network"], 1),
        (&["--fail-on=sandbox_approval"], 1),
        (&["--fail-on", "unclosed_turn"], 1),
        (&["--max-rate", "network=27.2%"], 1),
        (&["--max-rate", "network=27.3%"], 0),
        (&["--max-rate", "timeout=0%,network=50"], 0),
        (&["--max-rate", "timeout=0%", "--max-rate", "network=0%"], 1),
        // One of three turns died.
        (&["--max-rate", "unclosed_turn=33%"], 1),
        (&["--max-rate", "unclosed_turn=34%"], 0),
        (&["--fail-on", "networks"], 2),
        (&["--fail-on", ""], 2),
        (&["--fail-on"], 2),
        (&["--max-rate", "network"], 2),
        (&["--max-rate", "network=x%"], 2),
        (&["--baseline", "/no/such/file"], 2),
        (&["--no-such-option"], 2),
    ] {
        let (status, annotations, page) = ci(options, &environment);
        assert_eq!(status, Some(code), "{options:?}");
        assert_eq!(annotations.contains("::error "), code == 1, "{options:?}");
        assert_eq!(page.contains("Gate broken"), code == 1, "{options:?}");
    }
    let (_, annotations, page) = ci(&[], &environment);
    assert!(
        annotations
            .contains("::warning title=whale-classify::3 network; first: codex 2026-04-02T08:00:42Z session line ")
    );
    assert!(annotations.lines().all(|line| line.starts_with("::warning title=whale-classify::")));
    assert!(page.contains("| network | 3 | 27.27% |"), "{page}");
    // A turn that is merely open breaks nothing.
    assert_eq!(ci(&["--fail-on", "unclosed_turn"], &filter(&[], &log("open.jsonl"))).0, Some(0));
}

#[test]
fn the_gate_is_never_green_when_nothing_was_read() {
    assert_eq!(ci(&[], &filter(&[], &log("nothing.log"))).0, Some(1));
    assert_eq!(ci(&[], &filter(&[], b"")).0, Some(1));
    assert_eq!(ci(&[], b"").0, Some(2));
    assert_eq!(ci(&[], &filter(&[], &log("well.jsonl"))).0, Some(0));
}

#[test]
fn what_was_not_read_is_said_even_where_the_gate_is_green() {
    let garbage = b"neither this\n".repeat(40);
    let mostly = filter(&[], &[log("well.jsonl"), b"{\"no\":\"log\"}\n".repeat(40)].concat());
    let (status, annotations, page) = ci(&[], &mostly);
    assert_eq!(status, Some(0));
    assert!(annotations.contains("::warning title=whale-classify::more lines were not recognised than were: 40"));
    assert!(page.contains("- Not sure: more lines were not recognised than were: 40"), "{page}");
    assert_eq!(ci(&[], &filter(&[], &garbage)).0, Some(1));
    let (_, annotations, page) = ci(&[], &filter(&[], &log("well.jsonl")));
    assert!(annotations.is_empty() && !page.contains("Not sure"), "{annotations}{page}");
}

#[test]
fn the_page_shows_the_difference_from_an_earlier_summary() {
    let scratch = Scratch::new("baseline");
    let earlier = scratch.write("baseline.json", &filter(&["--summary"], &logs(&["well.jsonl", "model.jsonl"])));
    let (status, _, page) = ci(&["--baseline", earlier.to_str().unwrap()], &filter(&[], &log("environment.jsonl")));
    assert_eq!(status, Some(0));
    assert!(page.contains("| network | 3 | 27.27% | 0 | 0% | +27.27 points |"), "{page}");
    assert!(page.contains("| model | 0 | 0% | 4 | 44.44% | -44.44 points |"), "{page}");
}

#[test]
fn no_script_prints_anything_private() {
    let log = everything();
    assert!(leaks(&log), "the search finds what is planted");
    let found = script("whale-find", &[&records(&filter(&[], &log)).remove(0).to_string()], &log);
    assert!(leaks(&found.stdout), "what whale-find prints is private");

    // Real output; the log itself by mistake; records whose every word was replaced.
    let real = filter(&["--all"], &log);
    let mut forged = Vec::new();
    for record in records(&real).into_iter().filter(|record| record["type"] != "summary") {
        for key in record.as_object().unwrap().keys().filter(|key| *key != "type") {
            for value in [
                Value::from("canary_word"),
                Value::from("canary sk-live-7f3aKELP"),
                serde_json::json!({"canary": "canary"}),
            ] {
                let mut record = record.clone();
                record[key] = value;
                forged.extend(format!("{record}\n").bytes());
            }
        }
        let mut record = record.clone();
        record["canary"] = "canary".into();
        forged.extend(format!("{record}\n").bytes());
    }
    let whole = summary(&real);
    let mut with_words = whole;
    with_words["rules"]["canary_rule"] = 3.into();
    with_words["tools"]["canary_tool"] = serde_json::json!({"events": 3, "failed": 3});
    with_words["agents"]["canary"] = serde_json::json!({"events": 3, "failed": 3});
    with_words["verdict_text"] = "canary".into();
    with_words["version"] = "canary".into();
    with_words["verdict"] = "canary".into();
    forged.extend(format!("{with_words}\n").bytes());
    let inputs = [real.clone(), log.clone(), [log.clone(), real].concat(), forged];
    for input in &inputs {
        for (name, options) in [
            ("whale-report", &[][..]),
            ("whale-report", &["--categories-only"]),
            ("whale-status", &[]),
            ("whale-detail", &[]),
            ("whale-by", &["session"]),
            ("whale-by", &["turn"]),
            ("whale-by", &["tool"]),
            ("whale-by", &["hour"]),
            ("whale-ci", &["--fail-on", "network,sandbox_approval"]),
        ] {
            let output = script(name, options, input);
            assert!(!leaks(&output.stdout), "{name} {options:?}: {}", String::from_utf8_lossy(&output.stdout));
            assert!(!leaks(&output.stderr), "{name} {options:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let (_, _, page) = ci(&[], input);
        assert!(!leaks(page.as_bytes()), "{page}");
    }
    for name in ["whale-report", "whale-status"] {
        assert!(
            script(name, &[], &inputs[3]).status.success(),
            "{name} reads the forged records, so the test means something"
        );
    }
}

/// Whether a private word of the fixtures is in there.
fn leaks(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    ["canary", "sk-live", "7f3akelp", "quiet-harbour", "tide-tables", "march.csv", "foghorn", "lighthouse"]
        .iter()
        .any(|word| text.contains(word))
}

/// Logs of every kind of packing in a tree of directories, and all of them in one stream in the order of their names.
fn archive(scratch: &Scratch) -> Vec<u8> {
    let environment = log("environment.jsonl");
    // Sessions and calls of their own.
    let other = |day: &str| {
        let text = String::from_utf8(environment.clone()).unwrap();
        text.replace("-9e01-", &format!("-9e{day}-")).replace("call_ac", &format!("call_{day}"))
    };
    let whole: &[u8] = &log("model.jsonl");
    let mut files = vec![
        ("a b/one.jsonl", environment.clone(), None),
        ("a b/three.log.gz", other("03").into_bytes(), Some("gzip")),
        ("a b/two.ndjson.zst", other("02").into_bytes(), Some("zstd")),
        ("c/empty.jsonl", Vec::new(), None),
        // Cut off, as a log that still grows; the next file must not suffer.
        ("c/five'.jsonl", log("well.jsonl").strip_suffix(b"\n").unwrap().to_vec(), None),
        ("c/four.json", whole.to_vec(), None),
        ("c/new\nline.jsonl", log("open.jsonl"), None),
    ];
    files.sort();
    let mut stream = Vec::new();
    for (name, bytes, tool) in &files {
        stream.extend_from_slice(bytes);
        if bytes.last().is_some_and(|byte| *byte != b'\n') {
            stream.push(b'\n');
        }
        scratch.write(&format!("logs/{name}"), &tool.map_or_else(|| bytes.clone(), |tool| packed(tool, bytes)));
    }
    scratch.write("logs/c/readme.txt", b"canary, no log");
    stream
}

#[test]
fn many_filters_say_what_one_filter_says() {
    if lacks(&["zstd"]) {
        return;
    }
    let scratch = Scratch::new("spread");
    let stream = archive(&scratch);
    let logs = scratch.0.join("logs");
    let one = String::from_utf8(filter(&["--summary"], &stream)).unwrap();
    for (jobs, parts) in [("1", 1), ("2", 2), ("3", 3), ("50", 7)] {
        let merged = printed("whale-spread", &[logs.to_str().unwrap(), jobs], b"");
        assert_eq!(merged, one.replace("\"runs\":1,", &format!("\"runs\":{parts},")), "{jobs} jobs");
    }
    let listed = printed("whale-spread", &["--list", logs.to_str().unwrap(), "3"], b"");
    assert!(listed.contains("a b/one.jsonl\n") && !listed.contains("readme"), "{listed}");
}

#[test]
fn a_part_that_fails_is_named_and_fails_the_whole() {
    if lacks(&["zstd"]) {
        return;
    }
    let scratch = Scratch::new("spread-fails");
    archive(&scratch);
    let logs = scratch.0.join("logs");
    let spread = |filter: &str| {
        let mut command = script_command("whale-spread", &[logs.to_str().unwrap(), "3"]);
        command.env("WHALE_CLASSIFY", filter).env("TMPDIR", &scratch.0);
        let output = feed(command, b"");
        (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(spread(FILTER).0, Some(0));
    let torn = scratch.write("logs/a b/canary.jsonl.gz", &packed("gzip", &log("well.jsonl"))[..200]);
    let (code, stdout, stderr) = spread(FILTER);
    assert_eq!((code, stdout.len()), (Some(2), 0), "{stderr}");
    assert!(stderr.contains(" of 3 failed") && !leaks(stderr.as_bytes()), "{stderr}");
    fs::remove_file(torn).unwrap();
    // Neither is what only bears the name of a packed log.
    let named = scratch.write("logs/a b/canary.jsonl.gz", &log("well.jsonl"));
    assert_eq!(spread(FILTER).0, Some(2));
    fs::remove_file(named).unwrap();

    // A filter that fails, dies, or says nothing for one part.
    for how in ["exit 2", "kill -9 $$", "exit 0"] {
        let body = format!(
            "#!/bin/bash\n[ \"$1\" = --summary ] || exec \"{FILTER}\" \"$@\"\nif mkdir \"$TMPDIR/first\" 2>/dev/null; then {how}; fi\nexec \"{FILTER}\" \"$@\"\n"
        );
        let fails = scratch.write("fails", body.as_bytes());
        let mut permissions = fs::metadata(&fails).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
        fs::set_permissions(&fails, permissions).unwrap();
        let (code, stdout, stderr) = spread(fails.to_str().unwrap());
        assert_eq!((code, stdout.len()), (Some(2), 0), "{how}: {stderr}");
        assert!(stderr.contains("whale-spread: "), "{how}: {stderr}");
        fs::remove_dir(scratch.0.join("first")).unwrap();
    }
    for wrong in
        [&["/no/such/dir"][..], &[], &[logs.to_str().unwrap(), "0"], &[logs.to_str().unwrap(), "x"], &["a", "b", "c"]]
    {
        assert_eq!(script("whale-spread", wrong, b"").status.code(), Some(2), "{wrong:?}");
    }
    // Nothing stays behind but what the test itself put there.
    let left: Vec<_> = fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// The lines of the first block that follows a line which ends in `|` after one that names it.
fn block(yaml: &str, after: &str) -> String {
    let mut lines =
        yaml.lines().skip_while(|line| line.trim() != after).skip_while(|line| !line.trim_end().ends_with('|'));
    let key = lines.next().unwrap();
    let indent = key.len() - key.trim_start().len();
    lines
        .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > indent)
        .map(|line| format!("{}\n", line.trim_start()))
        .collect()
}

#[test]
fn the_jobs_for_ci_run_over_an_archive_with_zstd_and_gzip() {
    if lacks(&["zstd"]) {
        return;
    }
    let tools = Scratch::new("ci-tools");
    let path =
        format!("{}:{ROOT}/scripts:{}", Path::new(FILTER).parent().unwrap().display(), std::env::var("PATH").unwrap());
    for (file, after) in [("github.yml", "- name: Classify"), ("gitlab.yml", "script:")] {
        let job = block(&fs::read_to_string(Path::new(ROOT).join("scripts/ci").join(file)).unwrap(), after);
        assert!(job.contains("whale-ci"), "{job}");
        let run = |directory: &Path| {
            let mut command = Command::new("bash");
            command.arg("-c").arg(&job).current_dir(directory).env("PATH", &path);
            feed(command, b"")
        };
        let work = tools.0.join(file);
        fs::create_dir_all(work.join("agent-logs/deep")).unwrap();
        fs::write(work.join("agent-logs/a.jsonl"), log("model.jsonl")).unwrap();
        fs::write(work.join("agent-logs/b.jsonl.gz"), packed("gzip", &log("well.jsonl"))).unwrap();
        fs::write(work.join("agent-logs/deep/c.jsonl.zst"), packed("zstd", &log("open.jsonl"))).unwrap();
        let output = run(&work);
        assert_eq!(output.status.code(), Some(0), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        let kept = summary(&fs::read(work.join("baseline.json")).unwrap());
        assert_eq!(
            kept,
            summary(&filter(&[], &logs(&["model.jsonl", "well.jsonl", "open.jsonl"]))),
            "all three were read"
        );

        // The next night something is refused, and the gate breaks; the page can say what changed.
        fs::write(work.join("agent-logs/d.jsonl.zst"), packed("zstd", &log("environment.jsonl"))).unwrap();
        let output = run(&work);
        assert_eq!(output.status.code(), Some(1), "{file}");
        assert!(
            String::from_utf8_lossy(&output.stdout)
                .contains("::error title=whale-classify::sandbox_approval occurred: 1")
        );
        assert!(!leaks(&output.stdout) && !leaks(&fs::read(work.join("records.jsonl")).unwrap()));
        if file == "gitlab.yml" {
            assert!(fs::read_to_string(work.join("gate.md")).unwrap().contains("Before: "));
            assert!(fs::read_to_string(work.join("report.md")).unwrap().starts_with("**"));
        }
        // An archive that is not there is not green.
        assert_ne!(run(&tools.0).status.code(), Some(0), "{file}");
    }
}

fn validator() -> jsonschema::Validator {
    let schema = fs::read_to_string(Path::new(ROOT).join("scripts/records.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    jsonschema::draft202012::meta::validate(&schema).map_err(|error| error.to_string()).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[test]
fn every_record_fits_the_schema() {
    let validator = validator();
    let mut kinds = BTreeSet::new();
    let summaries = [filter(&["--summary"], &log("model.jsonl")), filter(&["--summary"], &everything())].concat();
    let mut outputs: Vec<Vec<u8>> = golden().iter().map(|log| filter(&["--all"], log)).collect();
    outputs.extend([
        filter(&[], &everything()),
        filter(&["--all"], &everything()),
        filter(&["--merge"], &summaries),
        filter(&["--merge"], b""),
        filter(&["--summary"], b""),
    ]);
    for output in outputs {
        for record in records(&output) {
            kinds.insert(record["type"].as_str().unwrap().to_owned());
            let errors: Vec<String> = validator.iter_errors(&record).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{record}: {errors:?}");
        }
    }
    assert_eq!(kinds.len(), 5, "{kinds:?}");
}

/// The schema's lists are the vocabulary's: no word too many, none too few.
#[test]
fn the_schema_knows_every_word_of_the_vocabulary_and_no_other() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(Path::new(ROOT).join("scripts/records.schema.json")).unwrap())
            .unwrap();
    let vocabulary = records(&filter(&["--vocabulary"], b""));
    let words = |of: &str| -> BTreeSet<&str> {
        vocabulary.iter().filter(|word| word["of"] == of).map(|word| word["word"].as_str().unwrap()).collect()
    };
    let listed = |path: &str| -> BTreeSet<&str> {
        let list = schema["$defs"].pointer(path).unwrap_or_else(|| panic!("{path}")).as_array().unwrap();
        list.iter().filter_map(Value::as_str).collect()
    };
    let with = |of: &str, word: &'static str| words(of).into_iter().chain([word]).collect::<BTreeSet<_>>();
    // A turn that did not end is no failure of a call or of the model.
    for path in
        ["/failure/properties/failure_source/enum", "/unclosed_turn/properties/last_failure_source/anyOf/0/enum"]
    {
        let mut sources = listed(path);
        assert!(sources.insert("unclosed_turn"), "{path}");
        assert_eq!(sources, words("failure_source"), "{path}");
    }
    assert_eq!(listed("/failure/properties/layer/enum"), words("layer"));
    assert_eq!(listed("/failure/properties/basis/enum"), words("basis"));
    assert_eq!(listed("/failure/properties/event/enum"), words("event"));
    assert_eq!(listed("/turn/properties/outcome/enum"), words("outcome"));
    assert_eq!(listed("/unclosed_turn/properties/waiting_on/enum"), words("waiting_on"));
    assert_eq!(listed("/summary/properties/verdict/enum"), words("verdict"));
    assert_eq!(listed("/agent/enum"), with("agent", "other"));
    let keys = |name: &str| -> BTreeSet<&str> {
        let properties = &schema["$defs"]["summary"]["properties"][name]["properties"];
        properties.as_object().unwrap().keys().map(String::as_str).collect()
    };
    assert_eq!(keys("failures"), words("failure_source"));
    assert_eq!(keys("layers"), words("layer"));
    assert_eq!(keys("basis"), words("basis"));
}

#[test]
fn the_schema_refuses_a_record_with_a_key_more_a_key_less_or_a_wrong_value() {
    let validator = validator();
    for record in records(&filter(&["--all"], &everything())) {
        let keys: Vec<String> = record.as_object().unwrap().keys().cloned().collect();
        let mut more = record.clone();
        more["canary"] = 1.into();
        assert!(!validator.is_valid(&more));
        for key in keys {
            let mut less = record.clone();
            less.as_object_mut().unwrap().remove(&key);
            assert!(!validator.is_valid(&less), "{key} is always there: {record}");
            for wrong in [serde_json::json!({"caf\u{e9}": 1}), Value::from("a canary, \u{e9}"), Value::from(-1000)] {
                let mut other = record.clone();
                other[&key] = wrong;
                assert!(!validator.is_valid(&other), "{key}: {other}");
            }
        }
    }
}
