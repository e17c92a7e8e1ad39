//! What agents stream to their standard output: items of `codex exec --json` and CodeWhale's exec stream of 0.8, most of
//! it the model's own words, a line 60 to 150 bytes.

use super::failures::Source;
use super::words::{self, Kind};
use super::{Ending, Log};

/// Short outputs of commands that failed, and why.
const FAILURES: &[(Source, &str, &str, &str)] = &[
    (Source::CommandExit, "pytest -q", "1", r"1 failed, 87 passed in 3.12s\n"),
    (Source::CommandExit, "cargo test -q", "101", r"test result: FAILED. 41 passed; 1 failed\n"),
    (Source::CommandExit, "make check", "2", r"make: *** [Makefile:12: check] Error 1\n"),
    (Source::MissingDependency, "uv run x", "127", r"/bin/bash: line 1: uv: command not found\n"),
    (Source::MissingDependency, "cat a.txt", "1", r"cat: a.txt: No such file or directory\n"),
    (Source::Network, "curl -s x.example", "6", r"curl: (6) Could not resolve host: x.example\n"),
    (Source::SandboxApproval, "touch /etc/x", "1", r"touch: cannot touch '/etc/x': Read-only file system\n"),
];

pub fn run(log: &mut Log) {
    if log.rng.permille(500) { codex(log) } else { codewhale(log) }
}

fn codex(log: &mut Log) {
    let endings = log.session_began();
    put!(log; r#"{"type":"thread.started","thread_id":""#, log.ids.uuid(b'7'), r#""}"#);
    log.end();
    let mut item = 0;
    for ending in endings {
        // A person's stop is not told here: nothing is written.
        let ending = if ending == Ending::Aborted { Ending::Completed } else { ending };
        put!(log; r#"{"type":"turn.started"}"#);
        log.end();
        log.turn_began();
        for _ in 0..log.steps() {
            for (kind, chance) in [("reasoning", 400), ("agent_message", 300)] {
                if log.rng.permille(chance) {
                    let said = log.text(Kind::Prose, 10, 60);
                    put!(log; r#"{"type":"item.completed","item":{"id":"item_"#);
                    words::number(&mut log.buf, item);
                    put!(log; r#"","type":""#, kind, r#"","text":""#, log.pools.get(&said), r#""}}"#);
                    log.end();
                    item += 1;
                }
            }
            let failure = log.rng.permille(120).then(|| *log.rng.pick(FAILURES));
            let command = failure.map_or_else(|| *log.rng.pick(&["ls", "git diff", "npm test", "make"]), |it| it.1);
            codex_item(log, "started", item, command);
            put!(log; r#"","exit_code":null,"status":"in_progress"}}"#);
            log.end_tool();
            codex_item(log, "completed", item, command);
            if let Some((source, _, exit_code, text)) = failure {
                put!(log; text, r#"","exit_code":"#, exit_code, r#","status":"failed"}}"#);
                log.answered(Some(source));
            } else {
                let printed = log.text(Kind::Build, 0, 24);
                put!(log; log.pools.get(&printed), r#"","exit_code":0,"status":"completed"}}"#);
                log.answered(None);
            }
            log.end_tool();
            item += 1;
            if log.full() {
                break;
            }
        }
        match ending {
            Ending::Failed => {
                put!(log; r#"{"type":"turn.failed","error":{"message":"unexpected status 503 Service Unavailable"}}"#);
                log.end();
                log.model_failed(Source::Network);
            }
            Ending::Open => {}
            _ => {
                put!(log; r#"{"type":"turn.completed","usage":{"input_tokens":"#);
                log.number(1000, 90_000);
                put!(log; r#","cached_input_tokens":100,"output_tokens":300}}"#);
                log.end();
            }
        }
        log.turn_ended(ending);
        if log.full() {
            break;
        }
    }
    log.session_ended();
}

fn codex_item(log: &mut Log, state: &str, item: u64, command: &str) {
    put!(log; r#"{"type":"item."#, state, r#"","item":{"id":"item_"#);
    words::number(&mut log.buf, item);
    put!(log; r#"","type":"command_execution","command":"bash -lc '"#, command, r#"'","aggregated_output":""#);
}

fn codewhale(log: &mut Log) {
    log.expected.sessions += 1;
    for _ in 0..log.rng.between(10, 60) {
        for _ in 0..log.rng.below(6) {
            let said = log.text(Kind::Prose, 12, 70);
            put!(log; r#"{"type":"content","content":""#, log.pools.get(&said), r#""}"#);
            log.end();
        }
        let id = log.ids.long();
        let failure = log.rng.permille(120).then(|| *log.rng.pick(FAILURES));
        let command = failure.map_or_else(|| *log.rng.pick(&["ls", "git diff", "npm test", "make"]), |it| it.1);
        put!(log; r#"{"type":"tool_use","name":"exec_shell","id":"call_00_"#, id, r#"","input":{"command":""#, command,
            r#""}}"#);
        log.end_tool();
        put!(log; r#"{"type":"tool_result","id":"call_00_"#, id, r#"","output":""#);
        if let Some((source, _, exit_code, text)) = failure {
            put!(log; "Command failed (exit code: Some(", exit_code, r"))\n\nSTDOUT:\n\n\nSTDERR:\n", text,
                r#"","status":"error"}"#);
            log.answered(Some(source));
        } else {
            let printed = log.text(Kind::Build, 0, 50);
            put!(log; log.pools.get(&printed), r#"","status":"success"}"#);
            log.answered(None);
        }
        log.end_tool();
        if log.full() {
            break;
        }
    }
    put!(log; r#"{"type":"session_capture","content":""#, log.ids.uuid(b'4'), r#""}"#);
    log.end();
    put!(log; r#"{"type":"done"}"#);
    log.end();
}
