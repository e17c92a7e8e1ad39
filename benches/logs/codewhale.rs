//! CodeWhale's runtime events, schema 2: one file a thread, an item's start names its tool and its end does not.

use super::failures::{Shell, Source};
use super::words::{self, Kind};
use super::{Ending, Log};
use std::rc::Rc;

struct Session {
    thread: [u8; 8],
    turn: [u8; 8],
    sequence: u64,
}

enum Step {
    Read,
    Bash,
    Exec,
    Edit,
    Shell(Rc<Shell>),
    BashShell(Rc<Shell>),
    TimedOut,
    Denied,
    NotFound,
    Invalid,
    Fetch,
    NoTask,
    McpUnknown,
}

pub fn session(log: &mut Log) {
    let endings = log.session_began();
    let mut s = Session { thread: log.ids.short(), turn: [b'0'; 8], sequence: 1 };
    event(log, &mut s, None, None, "thread.started");
    put!(log; r#"{"thread":{"schema_version":2,"id":"thr_"#, s.thread, r#"","model":"deepseek-v4-flash","workspace":"#,
        r#""/home/dev/shop","mode":"agent","allow_shell":true,"trust_mode":false,"auto_approve":false,"archived":false}}}"#);
    log.end();
    for ending in endings {
        turn(log, &mut s, ending);
        if log.full() {
            break;
        }
    }
    log.session_ended();
}

fn event(log: &mut Log, s: &mut Session, turn: Option<[u8; 8]>, item: Option<[u8; 8]>, name: &str) {
    let now = log.now();
    put!(log; r#"{"schema_version":2,"seq":"#);
    words::number(&mut log.buf, s.sequence);
    s.sequence += 1;
    put!(log; r#","timestamp":""#, now[..23], r#"104233Z","thread_id":"thr_"#, s.thread, r#"""#);
    if let Some(turn) = turn {
        put!(log; r#","turn_id":"turn_"#, turn, r#"""#);
    }
    if let Some(item) = item {
        put!(log; r#","item_id":"item_"#, item, r#"""#);
    }
    put!(log; r#","event":""#, name, r#"","payload":"#);
}

fn turn(log: &mut Log, s: &mut Session, ending: Ending) {
    s.turn = log.ids.short();
    let turn = Some(s.turn);
    event(log, s, turn, None, "turn.started");
    put!(log; r#"{"turn":{"schema_version":2,"id":"turn_"#, s.turn, r#"","thread_id":"thr_"#, s.thread,
        r#"","status":"in_progress","input_summary":"round the totals","created_at":"2026-06-01T00:00:00.104233519Z","#,
        r#""effective_provider":"deepseek","effective_model":"deepseek-v4-flash","item_ids":[],"steer_count":0}}}"#);
    log.end();
    log.turn_began();
    event(log, s, turn, None, "turn.lifecycle");
    put!(log; r#"{"status":"in_progress"}}"#);
    log.end();
    let mut left = log.steps();
    while left > 0 && !log.full() {
        left -= 1;
        talk(log, s);
        step(log, s);
    }
    if ending == Ending::Open && log.rng.permille(500) {
        started(log, s, "tool_call", "bash", r#""command":"cargo bench""#);
        log.expected.calls.unanswered += 1;
    }
    let (status, error) = match ending {
        Ending::Completed => ("completed", ""),
        Ending::Failed => ("failed", r#","error":"Network error: Connection failed: error sending request""#),
        Ending::Aborted => ("interrupted", ""),
        Ending::Open => ("", ""),
    };
    if ending != Ending::Open {
        event(log, s, turn, None, "turn.completed");
        put!(log; r#"{"turn":{"schema_version":2,"id":"turn_"#, s.turn, r#"","thread_id":"thr_"#, s.thread,
            r#"","status":""#, status,
            r#"","input_summary":"round the totals","created_at":"2026-06-01T00:00:00.104233519Z","duration_ms":61234"#,
            error, r#","usage":{"input_tokens":18211,"output_tokens":912},"effective_provider":"deepseek","#,
            r#""effective_model":"deepseek-v4-flash","item_ids":[],"steer_count":0}}}"#);
        log.end();
    }
    if ending == Ending::Failed {
        log.model_failed(Source::Network);
    }
    log.turn_ended(ending);
}

/// What the model says: an item of its own, told piece by piece.
fn talk(log: &mut Log, s: &mut Session) {
    if !log.noise() {
        return;
    }
    let (turn, item) = (Some(s.turn), log.ids.short());
    for _ in 0..log.rng.below(9) {
        let delta = log.text(Kind::Prose, 4, 60);
        event(log, s, turn, Some(item), "item.delta");
        put!(log; r#"{"delta":""#, log.pools.get(&delta), r#"","kind":"agent_message"}}"#);
        log.end();
    }
    let said = log.text(Kind::Prose, 20, 240);
    event(log, s, turn, Some(item), "item.completed");
    put!(log; r#"{"item":{"schema_version":2,"id":"item_"#, item, r#"","turn_id":"turn_"#, s.turn,
        r#"","kind":"agent_message","status":"completed","summary":""#, log.pools.get(&said), r#"","detail":""#,
        log.pools.get(&said), r#"","artifact_refs":[],"started_at":"2026-06-01T00:00:03.104233519Z","#,
        r#""ended_at":"2026-06-01T00:00:11.104233519Z"}}}"#);
    log.end();
}

fn started(log: &mut Log, s: &mut Session, kind: &str, tool: &str, input: &str) -> [u8; 8] {
    let (turn, item) = (Some(s.turn), log.ids.short());
    event(log, s, turn, Some(item), "item.started");
    put!(log; r#"{"item":{"schema_version":2,"id":"item_"#, item, r#"","turn_id":"turn_"#, s.turn, r#"","kind":""#, kind,
        r#"","status":"in_progress","summary":""#, tool,
        r#" started","artifact_refs":[],"started_at":"2026-06-01T00:00:03.104233519Z"},"tool":{"id":"call_00_"#,
        log.ids.long(), r#"","name":""#, tool, r#"","input":{"#, input, r#"}}}}"#);
    log.end_tool();
    item
}

/// A result: what it says at length, and the fields of the shell where one ran.
fn ended(
    log: &mut Log,
    s: &mut Session,
    item: [u8; 8],
    kind: &str,
    summary: &[u8],
    detail: &[&[u8]],
    exit: Option<&str>,
) {
    let failed = kind.ends_with('!');
    let kind = kind.trim_end_matches('!');
    let turn = Some(s.turn);
    event(log, s, turn, Some(item), if failed { "item.failed" } else { "item.completed" });
    put!(log; r#"{"item":{"schema_version":2,"id":"item_"#, item, r#"","turn_id":"turn_"#, s.turn, r#"","kind":""#, kind,
        r#"","status":""#, if failed { "failed" } else { "completed" }, r#"","summary":""#, summary, r#"","detail":""#);
    for piece in detail {
        log.buf.extend_from_slice(piece);
    }
    put!(log; r#"""#);
    if let Some(exit) = exit {
        put!(log; r#","metadata":{"exit_code":"#, exit, r#","exit_code_hex":null,"status":""#,
            match exit { "0" => "Completed", "null" => "TimedOut", _ => "Failed" },
            r#"","duration_ms":812,"sandboxed":true,"sandbox_type":"linux-bubblewrap","sandbox_denied":false,"#,
            r#""task_id":null,"stdout_len":0,"stderr_len":28,"stdout_truncated":false,"stderr_truncated":false,"#,
            r#""summary":"","interactive":false,"canceled":false,"backgrounded":false}"#);
    }
    put!(log; r#","artifact_refs":[],"started_at":"2026-06-01T00:00:03.104233519Z","#,
        r#""ended_at":"2026-06-01T00:00:11.104233519Z"}}}"#);
    log.end_tool();
}

fn pick(log: &mut Log) -> Step {
    if log.fails() {
        return match log.rng.below(100) {
            0..36 => Step::Shell(log.shell_failure()),
            36..68 => Step::BashShell(log.shell_failure()),
            68..75 => Step::TimedOut,
            75..81 => Step::Denied,
            81..88 => Step::NotFound,
            88..93 => Step::Invalid,
            93..96 => Step::Fetch,
            96..98 => Step::NoTask,
            _ => Step::McpUnknown,
        };
    }
    match log.rng.below(100) {
        0..35 => Step::Read,
        35..60 => Step::Bash,
        60..85 => Step::Exec,
        _ => Step::Edit,
    }
}

fn step(log: &mut Log, s: &mut Session) {
    let pools = Rc::clone(&log.pools);
    let failed = match pick(log) {
        Step::Read => {
            let item = started(log, s, "tool_call", "read", r#""path":"src/cart.rs""#);
            let size = log.output_size();
            let (cut, head) = (log.cut(Kind::Code, size), log.text(Kind::Code, 20, 240));
            let summary = [b"read: ", pools.get(&head)].concat();
            ended(log, s, item, "tool_call", &summary, &[pools.get(&cut)], None);
            None
        }
        Step::Bash => {
            let input = format!(r#""command":"{}""#, log.command());
            let item = started(log, s, "tool_call", "bash", &input);
            let (cut, head) = (log.output(), log.text(Kind::Build, 20, 240));
            let summary = [b"bash: ", pools.get(&head)].concat();
            ended(log, s, item, "tool_call", &summary, &[pools.get(&cut)], None);
            None
        }
        Step::Exec => {
            let input = format!(r#""command":"{}""#, log.command());
            let item = started(log, s, "command_execution", "exec_shell", &input);
            let (cut, head) = (log.output(), log.text(Kind::Build, 20, 240));
            let summary = [b"exec_shell: ", pools.get(&head)].concat();
            ended(log, s, item, "command_execution", &summary, &[pools.get(&cut)], Some("0"));
            None
        }
        Step::Edit => {
            let (old, new) = (log.text(Kind::Code, 40, 600), log.text(Kind::Code, 40, 800));
            let input: [&[u8]; 5] =
                [br#""path":"src/cart.rs","search":""#, pools.get(&old), br#"","replace":""#, pools.get(&new), b"\""];
            let input = String::from_utf8(input.concat()).unwrap();
            let item = started(log, s, "file_change", "edit_file", &input);
            let diff = log.text(Kind::Code, 60, 1500);
            ended(
                log,
                s,
                item,
                "file_change",
                b"edit_file: Replaced 1 occurrence in src/cart.rs",
                &[b"Replaced 1 occurrence in src/cart.rs\\n", pools.get(&diff)],
                None,
            );
            None
        }
        Step::Shell(shell) => {
            let item = started(log, s, "command_execution", "exec_shell", &format!(r#""command":"{}""#, shell.command));
            let cut = log.padding();
            let summary = format!("exec_shell: Command failed (exit code {})", shell.exit_code);
            ended(
                log,
                s,
                item,
                "command_execution!",
                summary.as_bytes(),
                &[
                    b"Command failed (exit code ",
                    shell.exit_code.as_bytes(),
                    b")\\n\\nSTDOUT:\\n",
                    pools.get(&cut),
                    b"\\n\\nSTDERR:\\n",
                    &shell.text,
                    b"\\n",
                ],
                Some(shell.exit_code),
            );
            Some(shell.source)
        }
        Step::BashShell(shell) => {
            let item = started(log, s, "tool_call", "bash", &format!(r#""command":"{}""#, shell.command));
            let cut = log.padding();
            ended(
                log,
                s,
                item,
                "tool_call!",
                b"bash failed",
                &[
                    b"Failed to execute tool: ",
                    pools.get(&cut),
                    &shell.text,
                    b"\\n\\nCommand exited with code ",
                    shell.exit_code.as_bytes(),
                ],
                None,
            );
            Some(shell.source)
        }
        Step::TimedOut => {
            let item = started(log, s, "command_execution", "exec_shell", r#""command":"npm run e2e""#);
            let cut = log.padding();
            ended(log, s, item, "command_execution!", b"exec_shell: Command timed out after 120000ms; process killed.",
                &[b"Command timed out after 120000ms; process killed.\\n\\nForeground Bash is for bounded commands.\\n\\n\
                    STDOUT:\\n", pools.get(&cut), b"\\n\\nSTDERR:\\n"],
                Some("null"));
            Some(Source::Timeout)
        }
        Step::Denied => {
            let item = started(log, s, "file_change", "write_file", r#""path":"a.txt","content":"b""#);
            ended(log, s, item, "file_change!", b"write_file failed",
                &["Failed to authorize tool execution: Tool 'write_file' denied by user \u{2014} the call was not approved."
                    .as_bytes()],
                None);
            Some(Source::SandboxApproval)
        }
        Step::NotFound => {
            let item =
                started(log, s, "file_change", "edit_file", r#""path":"src/cart.rs","search":"a","replace":"b""#);
            let cut = log.padding_of(Kind::Code);
            ended(
                log,
                s,
                item,
                "file_change!",
                b"edit_file failed",
                &[b"Failed to execute tool: Search string not found in src/cart.rs\\n", pools.get(&cut)],
                None,
            );
            Some(Source::Model)
        }
        Step::Invalid => {
            let item = started(log, s, "file_change", "write_file", r#""content":"b""#);
            ended(
                log,
                s,
                item,
                "file_change!",
                b"write_file failed",
                &[b"Failed to validate input: missing required field 'path'. Input provided: content"],
                None,
            );
            Some(Source::ToolSchema)
        }
        Step::Fetch => {
            let item = started(log, s, "tool_call", "fetch_url", r#""url":"https://docs.example.com/cart""#);
            ended(log, s, item, "tool_call!", b"fetch_url failed",
                &[b"Failed to execute tool: request failed after one retry: error sending request: dns error: failed to \
                    lookup address information"], None);
            Some(Source::Network)
        }
        Step::NoTask => {
            let task = log.ids.short();
            let input = format!(r#""task_id":"shell_{}""#, String::from_utf8_lossy(&task));
            let item = started(log, s, "tool_call", "task_shell_wait", &input);
            ended(
                log,
                s,
                item,
                "tool_call!",
                b"task_shell_wait failed",
                &[b"Failed to execute tool: Task shell_", &task, b" not found"],
                None,
            );
            Some(Source::BackgroundJob)
        }
        Step::McpUnknown => {
            let item = started(log, s, "tool_call", "mcp_docs_search", r#""q":"cart""#);
            let cut = log.padding_of(Kind::Data);
            ended(
                log,
                s,
                item,
                "tool_call!",
                b"mcp_docs_search failed",
                &[b"Failed to execute tool: the index is being rebuilt\\n", pools.get(&cut)],
                None,
            );
            Some(Source::Unknown)
        }
    };
    log.answered(failed);
}
