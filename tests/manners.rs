//! How the command line treats whoever types it: help, mistakes, a terminal, completion, the manual.
//!
//! Needs bash and `script` (of util-linux) for a terminal. `WRITE_MANUAL=1 cargo test --test manners` writes the manual.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod filter;

use filter::run;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const FILTER: &str = env!("CARGO_BIN_EXE_whale-classify");

/// The options of the definition, as its own completion tells them.
fn options() -> Vec<String> {
    let told = String::from_utf8(run(&["--bpaf-complete-rev=1", "--"], b"").stdout).unwrap();
    let options: Vec<String> = told.lines().filter_map(|line| line.split('\t').next()).map(str::to_owned).collect();
    assert!(options.contains(&"--annotate".to_owned()) && options.len() == 6, "{told}");
    options
}

/// A shell that finds the filter by its name.
fn shell(script: &str) -> Command {
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("bash");
    command
        .args(["-c", script])
        .env("PATH", format!("{}:{path}", Path::new(FILTER).parent().unwrap().display()))
        .stdin(Stdio::null());
    command
}

fn said(script: &str) -> String {
    let output = shell(script).output().expect("bash is there");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_help_fits_on_one_screen_and_holds_three_examples_and_every_option() {
    for flag in ["--help", "-h"] {
        let ran = run(&[flag], b"");
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        let help = String::from_utf8(ran.stdout).unwrap();
        assert!(help.lines().count() <= 24, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        let examples = help.split("Examples:\n").nth(1).expect("examples").lines();
        let examples: Vec<&str> = examples.take_while(|line| line.starts_with("  ")).collect();
        assert_eq!(examples.len(), 3, "{help}");
        for option in options() {
            assert!(help.lines().any(|line| line.trim_start().starts_with(&option)), "{option}: {help}");
        }
        assert!(help.contains("AS SECRET AS THE LOG"), "{help}");
    }
}

#[test]
fn the_examples_of_the_help_run_as_they_are() {
    let help = String::from_utf8(run(&["--help"], b"").stdout).unwrap();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("manners-{}", std::process::id()));
    for directory in [".codex/sessions/2026/05/12", "logs"] {
        fs::create_dir_all(home.join(directory)).unwrap();
        fs::copy("tests/sample.jsonl", home.join(directory).join("one.jsonl")).unwrap();
    }
    fs::copy("tests/sample.jsonl", home.join("log.jsonl")).unwrap();
    let examples = help.split("Examples:\n").nth(1).unwrap().lines().take_while(|line| line.starts_with("  "));
    let mut results = Vec::new();
    for example in examples {
        // A log that grows has no end: here it is read to the end that it has.
        let script = format!("set -o pipefail; {}", example.replace("tail -n +1 -f", "cat"));
        let output = shell(&script).current_dir(&home).env("HOME", &home).output().unwrap();
        assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
        results.push(String::from_utf8(output.stdout).unwrap());
    }
    fs::remove_dir_all(&home).unwrap();
    assert!(results[0].lines().last().unwrap().starts_with("{\"type\":\"summary\""));
    assert!(results[1].ends_with(".\n") && !results[1].contains('{'), "{}", results[1]);
    assert!(results[2].lines().all(|line| line.contains("\"failure_source\":")) && !results[2].is_empty());
}

#[test]
fn a_mistaken_option_names_the_right_one() {
    for (given, right) in [
        ("--anotate", "--annotate"),
        ("--sumary", "--summary"),
        ("--summery", "--summary"),
        ("--strickt", "--strict"),
        ("--merged", "--merge"),
        // What was only begun.
        ("--al", "--all"),
        ("--an", "--annotate"),
        ("--vocab", "--vocabulary"),
    ] {
        let ran = run(&[given], b"");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{given}");
        assert!(ran.stderr.contains(&format!("did you mean `{right}`?\n")), "{given}: {}", ran.stderr);
        assert!(ran.stderr.ends_with("`whale-classify --help` lists the options\n"), "{given}: {}", ran.stderr);
    }
    assert_eq!(run(&["-x"], b"").stderr.lines().last(), Some("`whale-classify --help` lists the options"));
    let ran = run(&["--all", "--summary"], b"");
    assert_eq!((ran.status, ran.stdout.len()), (2, 0));
    assert!(ran.stderr.contains("`--summary`") && ran.stderr.contains("`--all`"), "{}", ran.stderr);
}

#[test]
fn a_file_name_is_answered_with_the_way_to_read_it() {
    for given in ["log.jsonl", "-", "/etc/hostname"] {
        let ran = run(&["--all", given], b"");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{given}");
        assert!(ran.stderr.contains("cat FILE | whale-classify") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    }
}

#[test]
fn a_terminal_as_input_is_told_the_way_and_a_pipe_is_not() {
    let errors = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("terminal-{}", std::process::id()));
    for mode in ["", "--summary", "--annotate", "--merge"] {
        // The end of script's own input ends what it types.
        let typed = format!("whale-classify {mode} 2>'{}' >/dev/null", errors.display());
        said(&format!("script -qec \"{typed}\" /dev/null </dev/null"));
        let hint = fs::read_to_string(&errors).unwrap();
        assert_eq!(hint.lines().count(), 1, "{mode}: {hint}");
        assert!(hint.contains("cat *.jsonl | whale-classify") && hint.contains("--help"), "{mode}: {hint}");
    }
    // Where nothing is read, nothing is waited for.
    said(&format!(
        "script -qec \"whale-classify --vocabulary 2>'{}' >/dev/null\" /dev/null </dev/null",
        errors.display()
    ));
    assert_eq!(fs::read_to_string(&errors).unwrap(), "");
    fs::remove_file(&errors).unwrap();
    assert_eq!(run(&[], b"").stderr, "");
}

#[test]
fn bash_completes_options_after_the_documented_line() {
    let complete = |words: &[&str]| {
        let listed = words.iter().map(|word| format!("'{word}' ")).collect::<String>();
        let script = format!(
            "eval \"$(whale-classify --bpaf-complete-style-bash)\"
             how=$(complete -p whale-classify)
             function=$(sed 's/.* -F \\([^ ]*\\) .*/\\1/' <<< \"$how\")
             COMP_WORDS=({listed}); COMP_CWORD={}
             $function whale-classify
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.len() - 1
        );
        said(&script)
    };
    assert_eq!(complete(&["whale-classify", "--an"]), "--annotate\n");
    assert_eq!(complete(&["whale-classify", "--strict", "--me"]), "--merge\n");
    let all = complete(&["whale-classify", "--"]);
    for option in options() {
        assert!(all.lines().any(|line| line.starts_with(&option)), "{option}: {all}");
    }
    // Of two modes only one can be asked for.
    assert!(!complete(&["whale-classify", "--all", "--"]).contains("--summary"));
}

#[test]
fn zsh_and_fish_ask_the_filter_itself_and_are_answered() {
    for (shell, call) in [("zsh", "--bpaf-complete-rev=7"), ("fish", "--bpaf-complete-rev=9")] {
        let script = String::from_utf8(run(&[&format!("--bpaf-complete-style-{shell}")], b"").stdout).unwrap();
        assert!(script.contains("whale-classify") && script.contains(call), "{shell}: {script}");
        let answer = String::from_utf8(run(&[call, "--an"], b"").stdout).unwrap();
        assert!(answer.contains("--annotate") && !answer.contains("--all"), "{shell}: {answer}");
    }
}

#[test]
fn the_manual_is_the_one_that_the_definition_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/man/whale-classify.1");
    let manual = whale_classify::cli::manual();
    if std::env::var_os("WRITE_MANUAL").is_some() {
        fs::write(&path, &manual).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == manual,
        "scripts/man/whale-classify.1 is old: WRITE_MANUAL=1 cargo test --test manners writes it"
    );
    for option in options() {
        assert!(manual.contains(&option.replace('-', "\\-")), "{option}");
    }
    for words in ["EXAMPLES", "Exit status: ", "AS SECRET AS THE LOG", "public issue"] {
        assert!(manual.to_uppercase().contains(&words.to_uppercase()), "{words}: {manual}");
    }
}
