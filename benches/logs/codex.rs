//! Codex's rollouts of 2026: `timestamp`, `type`, `payload`. Half of the sessions are paginated, which tell each command
//! twice, as an item and as the output that the model got.

use super::failures::{Shell, Source};
use super::words::{self, Kind};
use super::{Ending, Log};
use std::rc::Rc;

struct Session {
    id: [u8; 36],
    turn: [u8; 36],
    paginated: bool,
    ordinal: u64,
}

enum Step {
    Exec,
    Patch,
    Image,
    Plan,
    Shell(Rc<Shell>),
    TimedOut,
    Rejected,
    NotFound,
    Unparsed,
    NoProcess,
    McpUnknown,
}

pub fn session(log: &mut Log) {
    let endings = log.session_began();
    let mut s = Session { id: log.ids.uuid(b'7'), turn: [b'0'; 36], paginated: log.rng.permille(500), ordinal: 0 };
    let now = log.now();
    let instructions = log.text(Kind::Prose, 6000, 9000);
    record(log, &mut s, "session_meta");
    put!(log; r#"{"id":""#, s.id, r#"","session_id":""#, s.id, r#"","timestamp":""#, now,
        r#"","cwd":"/home/dev/shop","originator":"codex-tui","cli_version":"0.147.0","source":"cli","#,
        r#""model_provider":"openai","base_instructions":{"text":""#, log.pools.get(&instructions),
        r#""},"history_mode":""#, if s.paginated { "paginated" } else { "legacy" },
        r#"","git":{"commit_hash":"0f3c2b1a","branch":"main"}}}"#);
    log.end();
    for ending in endings {
        turn(log, &mut s, ending);
        if log.full() {
            break;
        }
    }
    log.session_ended();
}

/// The first half of a line, up to its payload.
fn record(log: &mut Log, s: &mut Session, kind: &str) {
    let now = log.now();
    put!(log; r#"{"timestamp":""#, now);
    if s.paginated {
        put!(log; r#"","ordinal":"#);
        words::number(&mut log.buf, s.ordinal);
        s.ordinal += 1;
        put!(log; r#","type":""#, kind, r#"","payload":"#);
    } else {
        put!(log; r#"","type":""#, kind, r#"","payload":"#);
    }
}

fn turn(log: &mut Log, s: &mut Session, ending: Ending) {
    s.turn = log.ids.uuid(b'7');
    record(log, s, "event_msg");
    put!(log; r#"{"type":"task_started","turn_id":""#, s.turn, r#"","started_at":1780272000,"#,
        r#""model_context_window":272000,"collaboration_mode_kind":"default"}}"#);
    log.end();
    log.turn_began();
    record(log, s, "turn_context");
    put!(log; r#"{"turn_id":""#, s.turn, r#"","cwd":"/home/dev/shop","approval_policy":"on-request","sandbox_policy":"#,
        r#"{"type":"workspace-write","network_access":true,"exclude_tmpdir_env_var":false,"exclude_slash_tmp":false},"#,
        r#""model":"gpt-5.4-codex","personality":"pragmatic","effort":"medium","summary":"auto"}}"#);
    log.end();
    let said = log.text(Kind::Prose, 10, 500);
    record(log, s, "response_item");
    put!(log; r#"{"type":"message","role":"user","content":[{"type":"input_text","text":""#, log.pools.get(&said),
        r#""}]}}"#);
    log.end();
    record(log, s, "event_msg");
    put!(log; r#"{"type":"user_message","message":""#, log.pools.get(&said),
        r#"","images":[],"local_images":[],"text_elements":[]}}"#);
    log.end();
    let mut left = log.steps();
    while left > 0 && !log.full() {
        left -= 1;
        thoughts(log, s);
        step(log, s);
        if log.noise() {
            tokens(log, s);
        }
    }
    if ending == Ending::Open && log.rng.permille(500) {
        let id = log.ids.long();
        call(log, s, &id, "cargo bench");
        log.expected.calls.unanswered += 1;
    }
    match ending {
        Ending::Completed => {
            let said = log.text(Kind::Prose, 40, 900);
            message(log, s, &said);
            record(log, s, "event_msg");
            put!(log; r#"{"type":"task_complete","turn_id":""#, s.turn, r#"","last_agent_message":""#,
                log.pools.get(&said), r#"","completed_at":1780272400,"duration_ms":400000}}"#);
            log.end();
        }
        Ending::Failed => {
            record(log, s, "event_msg");
            put!(log; r#"{"type":"task_complete","turn_id":""#, s.turn, r#"","last_agent_message":null,"error":"#,
                r#"{"message":"stream disconnected before completion: error sending request","codex_error_info":"#,
                r#""other"},"completed_at":1780272400,"duration_ms":400000}}"#);
            log.end();
            log.model_failed(Source::Network);
        }
        Ending::Aborted => {
            record(log, s, "event_msg");
            put!(log; r#"{"type":"turn_aborted","turn_id":""#, s.turn, r#"","reason":"interrupted"}}"#);
            log.end();
        }
        Ending::Open => {}
    }
    log.turn_ended(ending);
}

fn message(log: &mut Log, s: &mut Session, said: &words::Cut) {
    if !s.paginated {
        record(log, s, "event_msg");
        put!(log; r#"{"type":"agent_message","message":""#, log.pools.get(said), r#"","phase":"final_answer"}}"#);
        log.end();
    }
    record(log, s, "response_item");
    put!(log; r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":""#, log.pools.get(said),
        r#""}]}}"#);
    log.end();
}

fn thoughts(log: &mut Log, s: &mut Session) {
    if log.noise() {
        let (summary, thought) = (log.text(Kind::Prose, 10, 80), log.text(Kind::Base64, 100, 700));
        record(log, s, "response_item");
        put!(log; r#"{"type":"reasoning","summary":[{"type":"summary_text","text":""#, log.pools.get(&summary),
            r#""}],"content":null,"encrypted_content":"gAAAAAB"#, log.pools.get(&thought), r#"=="}}"#);
        log.end();
    }
    if log.rng.permille(150) {
        let said = log.text(Kind::Prose, 20, 300);
        message(log, s, &said);
    }
}

fn tokens(log: &mut Log, s: &mut Session) {
    record(log, s, "event_msg");
    put!(log; r#"{"type":"token_count","info":{"total_token_usage":{"input_tokens":"#);
    log.number(10_000, 900_000);
    put!(log; r#","cached_input_tokens":"#);
    log.number(10_000, 800_000);
    put!(log; r#","output_tokens":"#);
    log.number(100, 90_000);
    put!(log; r#","reasoning_output_tokens":"#);
    log.number(10, 9000);
    put!(log; r#","total_tokens":"#);
    log.number(10_000, 900_000);
    put!(log; r#"},"last_token_usage":{"input_tokens":"#);
    log.number(1000, 200_000);
    put!(log; r#","cached_input_tokens":"#);
    log.number(1000, 200_000);
    put!(log; r#","output_tokens":"#);
    log.number(10, 3000);
    put!(log; r#","reasoning_output_tokens":0,"total_tokens":"#);
    log.number(1000, 200_000);
    put!(log; r#"},"model_context_window":272000},"rate_limits":{"primary":{"used_percent":12.0,"#,
        r#""window_minutes":300,"resets_at":1780290000},"secondary":{"used_percent":3.0,"window_minutes":10080,"#,
        r#""resets_at":1780790000}}}}"#);
    log.end();
}

fn call(log: &mut Log, s: &mut Session, id: &[u8; 24], command: &str) {
    record(log, s, "response_item");
    put!(log; r#"{"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\""#, command,
        r#"\",\"workdir\":\"/home/dev/shop\",\"yield_time_ms\":10000,\"max_output_tokens\":6000}","call_id":"call_"#,
        id, r#""}}"#);
    log.end_tool();
}

fn function_call(log: &mut Log, s: &mut Session, id: &[u8; 24], name: &str, arguments: &str) {
    record(log, s, "response_item");
    put!(log; r#"{"type":"function_call","name":""#, name, r#"","arguments":""#, arguments, r#"","call_id":"call_"#, id,
        r#""}}"#);
    log.end_tool();
}

fn output(log: &mut Log, s: &mut Session, id: &[u8; 24], pieces: &[&[u8]]) {
    record(log, s, "response_item");
    put!(log; r#"{"type":"function_call_output","call_id":"call_"#, id, r#"","output":""#);
    for piece in pieces {
        log.buf.extend_from_slice(piece);
    }
    put!(log; r#""}}"#);
    log.end_tool();
}

/// One command and its result: the item first where the session is paginated, then the output.
fn command(log: &mut Log, s: &mut Session, command_line: &str, exit_code: &str, printed: &[&[u8]]) {
    let id = log.ids.long();
    call(log, s, &id, command_line);
    if s.paginated {
        record(log, s, "event_msg");
        put!(log; r#"{"type":"item_completed","thread_id":""#, s.id, r#"","turn_id":""#, s.turn,
            r#"","item":{"type":"CommandExecution","id":"call_"#, id,
            r#"","process_id":"1001","command":["/bin/bash","-lc",""#, command_line,
            r#""],"cwd":"/home/dev/shop","parsed_cmd":[{"type":"unknown","cmd":""#, command_line,
            r#""}],"source":"unified_exec_startup","status":""#,
            if exit_code == "0" { "completed" } else { "failed" }, r#"","aggregated_output":""#);
        for piece in printed {
            log.buf.extend_from_slice(piece);
        }
        put!(log; r#"","exit_code":"#, exit_code, r#","duration":{"secs":0,"nanos":421000000}},"#,
            r#""completed_at_ms":1780272400000}}"#);
        log.end_tool();
        log.expected.calls.repeated += 1;
    }
    let chunk = log.ids.short();
    let mut pieces: Vec<&[u8]> = vec![
        b"Chunk ID: ",
        &chunk[..6],
        b"\\nWall time: 0.4210 seconds\\nProcess exited with code ",
        exit_code.as_bytes(),
        b"\\nOriginal token count: 812\\nOutput:\\n",
    ];
    pieces.extend_from_slice(printed);
    output(log, s, &id, &pieces);
}

fn pick(log: &mut Log) -> Step {
    if log.fails() {
        return match log.rng.below(100) {
            0..70 => Step::Shell(log.shell_failure()),
            70..77 => Step::TimedOut,
            77..83 => Step::Rejected,
            83..91 => Step::NotFound,
            91..96 => Step::Unparsed,
            96..98 => Step::NoProcess,
            _ => Step::McpUnknown,
        };
    }
    if log.rng.permille(log.shape.images) {
        return Step::Image;
    }
    match log.rng.below(100) {
        0..80 => Step::Exec,
        80..96 => Step::Patch,
        _ => Step::Plan,
    }
}

fn step(log: &mut Log, s: &mut Session) {
    let pools = Rc::clone(&log.pools);
    let failed = match pick(log) {
        Step::Exec => {
            let line = log.command();
            let cut = log.output();
            command(log, s, line, "0", &[pools.get(&cut)]);
            None
        }
        Step::Shell(shell) => {
            let cut = log.padding();
            command(log, s, shell.command, shell.exit_code, &[pools.get(&cut), &shell.text, b"\\n"]);
            Some(shell.source)
        }
        Step::Patch => {
            patch(log, s, true);
            None
        }
        Step::NotFound => {
            patch(log, s, false);
            Some(Source::Model)
        }
        Step::Image => {
            let id = log.ids.long();
            function_call(log, s, &id, "view_image", r#"{\"path\":\"/tmp/screenshot.png\"}"#);
            let data = log.image(1_000_000);
            record(log, s, "response_item");
            put!(log; r#"{"type":"function_call_output","call_id":"call_"#, id,
                r#"","output":[{"type":"input_image","image_url":"data:image/png;base64,"#, pools.get(&data), r#""}]}}"#);
            log.end_tool();
            None
        }
        Step::Plan => {
            let id = log.ids.long();
            function_call(
                log,
                s,
                &id,
                "update_plan",
                r#"{\"plan\":[{\"step\":\"Read the cart\",\"status\":\"completed\"},{\"step\":\"Round totals\",\"status\":\"in_progress\"}]}"#,
            );
            output(log, s, &id, &[b"Plan updated"]);
            None
        }
        Step::TimedOut => {
            let id = log.ids.long();
            let cut = log.padding();
            function_call(log, s, &id, "shell_command", r#"{\"command\":\"npm run e2e\",\"timeout_ms\":120000}"#);
            output(
                log,
                s,
                &id,
                &[
                    b"Exit code: 124\\nWall time: 120.0 seconds\\nOutput:\\ncommand timed out after 120000 \
                milliseconds\\n",
                    pools.get(&cut),
                ],
            );
            Some(Source::Timeout)
        }
        Step::Rejected => {
            let id = log.ids.long();
            call(log, s, &id, "git push origin main");
            output(log, s, &id, &[b"exec command rejected by user"]);
            Some(Source::SandboxApproval)
        }
        Step::Unparsed => {
            let id = log.ids.long();
            function_call(log, s, &id, "exec_command", r#"{\"command\":\"ls\"}"#);
            output(log, s, &id, &[b"failed to parse function arguments: missing field `cmd` at line 1 column 16"]);
            Some(Source::ToolSchema)
        }
        Step::NoProcess => {
            let id = log.ids.long();
            let process = log.rng.between(10_000, 90_000).to_string();
            let arguments = format!(r#"{{\"session_id\":{process},\"chars\":\"\",\"yield_time_ms\":5000}}"#);
            function_call(log, s, &id, "write_stdin", &arguments);
            output(log, s, &id, &[b"write_stdin failed: Unknown process id ", process.as_bytes()]);
            Some(Source::BackgroundJob)
        }
        Step::McpUnknown => {
            let id = log.ids.long();
            let cut = log.padding_of(Kind::Data);
            function_call(log, s, &id, "mcp__docs__search", r#"{\"q\":\"cart\"}"#);
            output(
                log,
                s,
                &id,
                &[
                    b"tool call error: tool call failed for `docs/search`\\n\\nCaused by:\\n    the index is \
                being rebuilt\\n",
                    pools.get(&cut),
                ],
            );
            Some(Source::Unknown)
        }
    };
    log.answered(failed);
}

fn patch(log: &mut Log, s: &mut Session, applies: bool) {
    let pools = Rc::clone(&log.pools);
    let id = log.ids.long();
    let (old, new) = (log.text(Kind::Code, 40, 600), log.text(Kind::Code, 40, 1600));
    record(log, s, "response_item");
    put!(log; r#"{"type":"custom_tool_call","status":"completed","call_id":"call_"#, id,
        r#"","name":"apply_patch","input":"*** Begin Patch\n*** Update File: src/cart.rs\n@@\n-"#, pools.get(&old), "+",
        pools.get(&new), r#"*** End Patch\n"}}"#);
    log.end_tool();
    if !applies {
        let pad = log.padding_of(Kind::Code);
        record(log, s, "response_item");
        put!(log; r#"{"type":"custom_tool_call_output","call_id":"call_"#, id,
            r#"","output":"apply_patch verification failed: Failed to find expected lines in /home/dev/shop/src/cart.rs:\n"#,
            pools.get(&pad), r#""}}"#);
        log.end_tool();
        return;
    }
    record(log, s, "event_msg");
    if s.paginated {
        put!(log; r#"{"type":"item_completed","thread_id":""#, s.id, r#"","turn_id":""#, s.turn,
            r#"","item":{"type":"FileChange","id":"call_"#, id);
    } else {
        put!(log; r#"{"type":"patch_apply_end","call_id":"call_"#, id, r#"","turn_id":""#, s.turn,
            r#"","stdout":"Success. Updated the following files:\nM src/cart.rs\n","stderr":"","success":true"#);
    }
    let changes: [&[u8]; 3] = [
        br#"{"/home/dev/shop/src/cart.rs":{"type":"update","unified_diff":"@@ -12,7 +12,9 @@\n-"#,
        pools.get(&old),
        b"+",
    ];
    put!(log; if s.paginated { r#"","changes":"# } else { r#","changes":"# }, changes.concat(), pools.get(&new),
        r#"","move_path":null}},"status":"completed""#);
    if s.paginated {
        put!(log; r#","stdout":"Success. Updated the following files:\nM src/cart.rs\n","stderr":""},"#,
            r#""completed_at_ms":1780272400000}}"#);
    } else {
        put!(log; "}}");
    }
    log.end_tool();
    log.expected.calls.repeated += 1;
    record(log, s, "response_item");
    put!(log; r#"{"type":"custom_tool_call_output","call_id":"call_"#, id,
        r#"","output":"Exit code: 0\nWall time: 0.1 seconds\nOutput:\nSuccess. Updated the following files:\nM src/cart.rs\n"}}"#);
    log.end_tool();
}
