//! A share of other agents: pi's sessions, Copilot's events, rows of chat completions.

use super::failures::Source;
use super::words::{self, Kind};
use super::{Ending, Log};
use std::rc::Rc;

/// How a call turns out, for agents whose failures are all told in one way.
struct Call {
    tool: &'static str,
    /// The inside of the arguments object; needs no escape but for its quotes.
    arguments: String,
    /// Escaped once.
    text: Vec<u8>,
    exit_code: &'static str,
    failed: Option<Source>,
}

fn shell_call(log: &mut Log) -> Call {
    let pools = Rc::clone(&log.pools);
    if log.fails() {
        let shell = log.shell_failure();
        let cut = log.padding();
        return Call {
            tool: "bash",
            arguments: format!(r#""command":"{}""#, shell.command),
            text: [pools.get(&cut), &shell.text].concat(),
            exit_code: shell.exit_code,
            failed: Some(shell.source),
        };
    }
    let cut = log.output();
    Call {
        tool: "bash",
        arguments: format!(r#""command":"{}""#, log.command()),
        text: pools.get(&cut).to_vec(),
        exit_code: "0",
        failed: None,
    }
}

fn edit_call(log: &mut Log, not_found: &str) -> Call {
    let failed = log.fails().then_some(Source::Model);
    Call {
        tool: "edit",
        arguments: r#""path":"src/cart.rs","oldText":"total","newText":"rounded""#.to_owned(),
        text: if failed.is_some() { not_found } else { "Edited src/cart.rs." }.as_bytes().to_vec(),
        exit_code: if failed.is_some() { "1" } else { "0" },
        failed,
    }
}

/// pi: a header, then messages in a tree; failures are thrown, so the flag can be trusted.
pub fn pi(log: &mut Log) {
    let endings = log.session_began();
    let (id, now) = (log.ids.uuid(b'7'), log.now());
    put!(log; r#"{"type":"session","version":3,"id":""#, id, r#"","timestamp":""#, now, r#"","cwd":"/home/dev/shop"}"#);
    log.end();
    let mut parent = log.ids.short();
    put!(log; r#"{"type":"model_change","id":""#, parent, r#"","parentId":null,"timestamp":""#, now,
        r#"","provider":"anthropic","modelId":"claude-sonnet-4-5"}"#);
    log.end();
    for ending in endings {
        let said = log.text(Kind::Prose, 10, 400);
        pi_begin(log, &mut parent);
        put!(log; r#"{"role":"user","content":[{"type":"text","text":""#, log.pools.get(&said), r#""}]"#);
        pi_end(log);
        log.end();
        log.turn_began();
        let mut left = log.steps();
        while left > 0 && !log.full() {
            left -= 1;
            let call = if log.rng.permille(700) {
                shell_call(log)
            } else {
                edit_call(
                    log,
                    "Could not find the exact text in src/cart.rs. The old text must match exactly including all \
                    whitespace and newlines.",
                )
            };
            let id = log.ids.long();
            let said = log.text(Kind::Prose, 0, 200);
            pi_begin(log, &mut parent);
            put!(log; r#"{"role":"assistant","content":[{"type":"text","text":""#, log.pools.get(&said),
                r#""},{"type":"toolCall","id":"toolu_"#, id, r#"","name":""#, call.tool, r#"","arguments":{"#, call.arguments,
                r#"}}]"#);
            pi_usage(log, "toolUse", "");
            log.end_tool();
            pi_begin(log, &mut parent);
            put!(log; r#"{"role":"toolResult","toolCallId":"toolu_"#, id, r#"","toolName":""#, call.tool,
                r#"","content":[{"type":"text","text":""#, call.text);
            if call.tool == "bash" && call.failed.is_some() {
                put!(log; "\\n\\nCommand exited with code ", call.exit_code);
            }
            put!(log; r#""}],"details":{},"isError":"#, if call.failed.is_some() { "true" } else { "false" });
            pi_end(log);
            log.end_tool();
            log.answered(call.failed);
        }
        let (reason, error) = match ending {
            Ending::Completed => ("stop", ""),
            Ending::Aborted => ("aborted", r#","errorMessage":"Request was aborted.""#),
            Ending::Failed => (
                "error",
                r#","errorMessage":"529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}""#,
            ),
            Ending::Open => ("", ""),
        };
        if ending != Ending::Open {
            let said = log.text(Kind::Prose, 30, 500);
            pi_begin(log, &mut parent);
            put!(log; r#"{"role":"assistant","content":[{"type":"text","text":""#, log.pools.get(&said), r#""}]"#);
            pi_usage(log, reason, error);
            log.end();
        }
        if ending == Ending::Failed {
            log.model_failed(Source::Network);
        }
        log.turn_ended(ending);
        if log.full() {
            break;
        }
    }
    log.session_ended();
}

fn pi_begin(log: &mut Log, parent: &mut [u8; 8]) {
    let (id, now) = (log.ids.short(), log.now());
    put!(log; r#"{"type":"message","id":""#, id, r#"","parentId":""#, parent, r#"","timestamp":""#, now, r#"","message":"#);
    *parent = id;
}

fn pi_end(log: &mut Log) {
    put!(log; r#","timestamp":"#);
    words::number(&mut log.buf, log.clock);
    put!(log; "}}");
}

fn pi_usage(log: &mut Log, reason: &str, error: &str) {
    put!(log; r#","api":"anthropic-messages","provider":"anthropic","model":"claude-sonnet-4-5","usage":{"input":10,"#,
        r#""output":5,"cacheRead":0,"cacheWrite":0,"totalTokens":15,"cost":{"input":0,"output":0,"cacheRead":0,"#,
        r#""cacheWrite":0,"total":0}},"stopReason":""#, reason, r#"""#, error);
    pi_end(log);
}

/// Copilot: a shell command that ends non-zero is `success:true`, its code stands in the telemetry and the last line.
pub fn copilot(log: &mut Log) {
    let endings = log.session_began();
    let (session, now) = (log.ids.uuid(b'4'), log.now());
    let mut parent = None;
    put!(log; r#"{"type":"session.start","data":{"sessionId":""#, session,
        r#"","version":1,"producer":"copilot-agent","copilotVersion":"1.0.83","startTime":""#, now,
        r#"","context":{"cwd":"/home/dev/shop"}}"#);
    copilot_end(log, &mut parent);
    for (number, ending) in endings.into_iter().enumerate() {
        // A turn is one answer of the model here; people cannot stop or break it in a way that these logs tell apart.
        let ending = if ending == Ending::Open { ending } else { Ending::Completed };
        let number = number.to_string();
        let said = log.text(Kind::Prose, 10, 400);
        put!(log; r#"{"type":"user.message","data":{"content":""#, log.pools.get(&said), r#"","attachments":[]}"#);
        copilot_end(log, &mut parent);
        put!(log; r#"{"type":"assistant.turn_start","data":{"turnId":""#, number, r#"","interactionId":""#,
            log.ids.uuid(b'4'), r#""}"#);
        copilot_end(log, &mut parent);
        log.turn_began();
        let mut left = log.steps();
        while left > 0 && !log.full() {
            left -= 1;
            let call = if log.rng.permille(800) {
                shell_call(log)
            } else {
                edit_call(log, "No match found for old_str in src/cart.rs")
            };
            let id = log.ids.long();
            let said = log.text(Kind::Prose, 0, 200);
            put!(log; r#"{"type":"assistant.message","data":{"messageId":""#, log.ids.uuid(b'4'), r#"","content":""#,
                log.pools.get(&said), r#"","toolRequests":[{"toolCallId":"call_"#, id, r#"","name":""#, call.tool,
                r#"","arguments":{"#, call.arguments, r#"},"type":"function"}]}"#);
            copilot_end(log, &mut parent);
            put!(log; r#"{"type":"tool.execution_start","data":{"toolCallId":"call_"#, id, r#"","toolName":""#, call.tool,
                r#"","arguments":{"#, call.arguments, r#"},"turnId":""#, number, r#""}"#);
            copilot_end(log, &mut parent);
            put!(log; r#"{"type":"tool.execution_complete","data":{"toolCallId":"call_"#, id, r#"","turnId":""#, number);
            if call.tool == "bash" {
                put!(log; r#"","model":"gpt-5.2","success":true,"result":{"content":""#, call.text,
                    r#"\n<shellId: 0 completed with exit code "#, call.exit_code, r#">","detailedContent":""#, call.text,
                    r#""},"toolTelemetry":{"metrics":{"commandTimeout":30000,"exit_code":"#, call.exit_code, r#"}}}"#);
            } else if call.failed.is_some() {
                put!(log; r#"","success":false,"error":{"code":"failure","message":""#, call.text, r#""}}"#);
            } else {
                put!(log; r#"","success":true,"result":{"content":""#, call.text, r#""}}"#);
            }
            copilot_end(log, &mut parent);
            // Announced, begun and ended: three lines that hold a call or a result.
            log.expected.tool_lines += 3;
            log.answered(call.failed);
        }
        if ending == Ending::Completed {
            put!(log; r#"{"type":"assistant.turn_end","data":{"turnId":""#, number, r#""}"#);
            copilot_end(log, &mut parent);
        }
        log.turn_ended(ending);
        if log.full() {
            break;
        }
    }
    log.session_ended();
}

fn copilot_end(log: &mut Log, parent: &mut Option<[u8; 36]>) {
    let (id, now) = (log.ids.uuid(b'4'), log.now());
    put!(log; r#","id":""#, id, r#"","timestamp":""#, now, r#"","parentId":"#);
    match parent {
        Some(parent) => put!(log; "\"", parent, "\"}"),
        None => put!(log; "null}"),
    }
    *parent = Some(id);
    log.end();
}

/// Chat completions: no times, no ids of sessions, no flag; the exit code stands in JSON inside the content. The system's
/// row begins a session, the user's a turn, and the assistant's without a call ends it.
pub fn chat(log: &mut Log) {
    log.expected.sessions += 1;
    log.expected.turns.started += 1;
    log.expected.turns.completed += 1;
    put!(log; r#"{"role":"system","content":"You are a coding agent."}"#);
    log.end();
    let said = log.text(Kind::Prose, 10, 400);
    put!(log; r#"{"role":"user","content":""#, log.pools.get(&said), r#""}"#);
    log.end();
    let mut left = log.steps();
    let mut twice = Vec::new();
    while left > 0 && !log.full() {
        left -= 1;
        let call = shell_call(log);
        let id = log.ids.long();
        twice.clear();
        words::escape(call.arguments.as_bytes(), &mut twice);
        put!(log; r#"{"role":"assistant","content":null,"tool_calls":[{"id":"call_"#, id,
            r#"","type":"function","function":{"name":"bash","arguments":"{"#, twice, r#"}"}}]}"#);
        log.end_tool();
        twice.clear();
        words::escape(&call.text, &mut twice);
        put!(log; r#"{"role":"tool","tool_call_id":"call_"#, id, r#"","content":"{\"exit_code\": "#, call.exit_code,
            r#", \"stdout\": \""#);
        let (stdout, stderr): (&[u8], &[u8]) = if call.failed.is_some() { (b"", &twice) } else { (&twice, b"") };
        put!(log; stdout, r#"\", \"stderr\": \""#, stderr, r#"\"}"}"#);
        log.end_tool();
        log.answered(call.failed);
    }
    let said = log.text(Kind::Prose, 30, 500);
    put!(log; r#"{"role":"assistant","content":""#, log.pools.get(&said), r#""}"#);
    log.end();
}
