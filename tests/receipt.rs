//! The library's face says of a tool outcome what the filter says of the same evidence in a log.
//!
//! Every example of the rules' table goes both ways: through `classify`, and as a made-up log line through the binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod filter;

use filter::run;
use proptest::prelude::*;
use simd_json::prelude::*;
use simd_json::{OwnedValue, json};
use whale_classify::event::Signals;
use whale_classify::rules::{Example, RULES};
use whale_classify::schema::EventKind;
use whale_classify::{Basis, Layer, Source, Status, ToolOutcome, Verdict, classify};

/// Tool calls of the rules' table whose evidence is an exit code, a command, and texts.
fn examples() -> Vec<Example> {
    let all =
        RULES.iter().flat_map(|rule| rule.examples.iter().chain(rule.confusers.iter().map(|(example, _)| example)));
    all.filter(|example| {
        example.event == EventKind::ToolCall
            && example.signals == Signals::NONE
            && example.http.is_none()
            && example.rpc.is_none()
    })
    .copied()
    .collect()
}

/// The failures that the filter finds, by line.
fn failures(log: &str) -> Vec<OwnedValue> {
    let all = run(&[], log.as_bytes()).events();
    all.into_iter().filter(|record| record.get_str("type") == Some("failure")).collect()
}

fn agrees(verdict: Verdict, record: &OwnedValue) -> bool {
    [
        ("failure_source", verdict.source.word()),
        ("layer", verdict.layer.word()),
        ("rule", verdict.rule),
        ("basis", verdict.basis.word()),
        ("why", verdict.why),
    ]
    .iter()
    .all(|(key, word)| record.get_str(*key) == Some(*word))
}

/// Codex's record of a command's end keeps the exit code in a field and what was printed in another.
#[test]
fn what_programs_print_is_judged_as_in_a_log_of_codex() {
    let examples: Vec<Example> = examples()
        .into_iter()
        .filter(|example| example.exit.is_some_and(|code| code > 0) && example.harness.is_empty())
        .collect();
    assert!(examples.len() > 100, "{}", examples.len());
    let mut log = String::new();
    for (at, example) in examples.iter().enumerate() {
        let id = format!("call_receipt{at}");
        let begin = json!({"timestamp": "2026-03-01T10:00:00Z", "type": "event_msg", "payload": {
            "type": "exec_command_begin", "call_id": id.clone(), "command": ["bash", "-lc", example.command]}});
        let end = json!({"timestamp": "2026-03-01T10:00:00Z", "type": "event_msg", "payload": {
            "type": "exec_command_end", "call_id": id, "exit_code": example.exit, "aggregated_output": example.program}});
        log += &format!("{}\n{}\n", begin.encode(), end.encode());
    }
    let records = failures(&log);
    assert_eq!(records.len(), examples.len());
    for (example, record) in examples.iter().zip(records) {
        // The log's tool is Codex's shell, so that is what the face is told.
        let outcome =
            ToolOutcome::of("shell").command(example.command).exit_code(example.exit.unwrap()).program(example.program);
        let verdict = classify(&outcome).unwrap();
        assert!(agrees(verdict, &record), "{verdict:?}\n{record}\n{}\n{}", example.command, example.program);
    }
}

/// A tool result of the Messages API that is flagged holds what the runner wrote, and no code.
#[test]
fn what_runners_write_is_judged_as_in_a_log_of_anthropic() {
    let examples: Vec<Example> = examples()
        .into_iter()
        .filter(|example| example.exit.is_none() && example.program.is_empty() && example.command.is_empty())
        .filter(|example| !example.harness.trim().is_empty())
        .collect();
    assert!(examples.len() > 50, "{}", examples.len());
    let mut log = String::new();
    for (at, example) in examples.iter().enumerate() {
        let id = format!("toolu_receipt{at}");
        let tool = if example.tool.is_empty() { "frobnicate" } else { example.tool };
        let call = json!({"role": "assistant", "content": [
            {"type": "tool_use", "id": id.clone(), "name": tool, "input": {}}]});
        let result = json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": id, "is_error": true, "content": example.harness}]});
        log += &format!("{}\n{}\n", call.encode(), result.encode());
    }
    let records = failures(&log);
    assert_eq!(records.len(), examples.len());
    for (example, record) in examples.iter().zip(records) {
        let tool = if example.tool.is_empty() { "frobnicate" } else { example.tool };
        let verdict = classify(&ToolOutcome::of(tool).failed(true).harness(example.harness)).unwrap();
        assert!(agrees(verdict, &record), "{verdict:?}\n{record}\n{}", example.harness);
    }
}

#[test]
fn only_a_code_a_flag_or_a_status_makes_a_failure() {
    let text = "bash: line 1: frobnicate: command not found\ncurl: (6) Could not resolve host: example.org";
    for fine in [
        ToolOutcome::of("Bash"),
        ToolOutcome::of("Bash").exit_code(0),
        ToolOutcome::of("Bash").failed(false).program(text),
        ToolOutcome::of("Bash").exit_code(0).harness(text).command("grep x y"),
        ToolOutcome::of("WebFetch").http_status(200),
    ] {
        assert_eq!(classify(&fine), None);
    }
    for failed in [
        ToolOutcome::of("Bash").exit_code(1),
        ToolOutcome::of("Bash").exit_code(i64::MIN),
        ToolOutcome::of("Bash").failed(true).failed(false),
        ToolOutcome::of("Bash").exit_code(1).failed(false),
        ToolOutcome::of("Bash").exit_code(0).failed(true),
        ToolOutcome::of("WebFetch").http_status(404),
        ToolOutcome::of("mcp__x__y").rpc_code(-32602),
        ToolOutcome::of("").status(Status::NotRun),
    ] {
        assert!(classify(&failed).is_some());
    }
    // An exit code that no system gives is a failure without a code, as in a log.
    let verdict = |code| classify(&ToolOutcome::of("Bash").exit_code(code)).unwrap();
    assert_eq!(verdict(i64::MAX), classify(&ToolOutcome::of("Bash").failed(true)).unwrap());
    assert_eq!(verdict(127).source, Source::MissingDependency);
    assert_eq!(verdict(1).source, Source::CommandExit);
}

#[test]
fn each_status_names_its_cause_whatever_was_printed() {
    for (status, source, layer) in [
        (Status::Denied, Source::SandboxApproval, Layer::Environment),
        (Status::SandboxDenied, Source::SandboxApproval, Layer::Environment),
        (Status::NetworkRestricted, Source::SandboxApproval, Layer::Environment),
        (Status::Declined, Source::SandboxApproval, Layer::User),
        (Status::Interrupted, Source::SandboxApproval, Layer::User),
        (Status::HookDenied, Source::SandboxApproval, Layer::Environment),
        (Status::TimedOut, Source::Timeout, Layer::Environment),
        (Status::InvalidArguments, Source::ToolSchema, Layer::Tool),
        (Status::UnknownTool, Source::ToolSchema, Layer::Tool),
        (Status::OutsideWorkspace, Source::SandboxApproval, Layer::Environment),
        (Status::NotInstalled, Source::MissingDependency, Layer::Environment),
        (Status::NetworkError, Source::Network, Layer::Environment),
        (Status::ServiceLimit, Source::Network, Layer::Environment),
        (Status::ServerError, Source::Network, Layer::Environment),
        (Status::Unauthenticated, Source::SandboxApproval, Layer::Environment),
        (Status::WrongState, Source::Model, Layer::Model),
        (Status::JobLost, Source::BackgroundJob, Layer::Tool),
        (Status::JobTimedOut, Source::BackgroundJob, Layer::Tool),
        (Status::JobLimit, Source::BackgroundJob, Layer::Tool),
        (Status::NoSpace, Source::CommandExit, Layer::Environment),
        (Status::Killed, Source::CommandExit, Layer::Environment),
    ] {
        let verdict = classify(&ToolOutcome::of("exec_shell").status(status).program("3 problems")).unwrap();
        assert_eq!((verdict.source, verdict.layer), (source, layer), "{status:?}: {verdict:?}");
        assert_eq!(verdict.basis, Basis::Structured, "{status:?}");
    }
}

/// A piece of something that a tool may give back.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        "(\\PC{0,40}(error|fatal|curl: \\(6\\)|not found|denied|timed out|: |\n|\u{1b}\\[1m)){0,12}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Whatever it is given, it answers, in words of the table of rules.
    #[test]
    fn any_bytes_get_a_verdict_of_the_closed_vocabulary(
        tool in "\\PC{0,20}", command in "\\PC{0,60}", code in any::<Option<i64>>(),
        harness in proptest::collection::vec(texts(), 0..12), program in texts(),
    ) {
        let mut outcome = ToolOutcome::of(&tool).command(&command).failed(true).program(&program);
        for text in &harness {
            outcome = outcome.harness(text);
        }
        if let Some(code) = code {
            outcome = outcome.exit_code(code);
        }
        let verdict = classify(&outcome).unwrap();
        let rule = RULES.iter().find(|rule| rule.id == verdict.rule).unwrap();
        prop_assert_eq!((verdict.source, verdict.layer, verdict.why), (rule.source, rule.layer, rule.why));
        prop_assert_eq!(classify(&outcome), Some(verdict));
    }
}
