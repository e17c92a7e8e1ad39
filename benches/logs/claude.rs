//! Claude Code's transcripts of 2026: `parentUuid` first, `type` far into the line, one content block a line, and most
//! results twice on their line, once for the model and once as a sidecar.

use super::failures::{Shell, Source};
use super::words::{self, Cut, Kind};
use super::{Ending, Log};
use std::rc::Rc;

struct Session {
    id: [u8; 36],
    parent: Option<[u8; 36]>,
    /// What every record carries, between `parentUuid` and `type`.
    envelope: Vec<u8>,
    /// Progress records were written until early 2026.
    progress: bool,
    interactive: bool,
}

/// A tool and how its call turns out.
enum Step {
    Bash,
    Read,
    Image,
    Edit,
    Write,
    Grep,
    Mcp,
    Shell(Rc<Shell>),
    TimedOut,
    Denied,
    NotGranted,
    NotFound,
    Unread,
    Invalid,
    NoFile,
    Fetch,
    NoTask,
    McpUnknown,
}

pub fn session(log: &mut Log) {
    let id = log.ids.uuid(b'4');
    let (version, progress) =
        *log.rng.pick(&[("2.1.87", true), ("2.1.233", false), ("2.1.240", false), ("2.1.270", false)]);
    let interactive = log.rng.permille(700);
    let mut envelope = Vec::new();
    for piece in [
        &br#""isSidechain":false,"userType":"external","cwd":"/home/dev/shop","sessionId":""#[..],
        &id,
        br#"","version":""#,
        version.as_bytes(),
        br#"","gitBranch":"main","entrypoint":""#,
        if interactive { b"cli" } else { b"sdk-cli" },
        br#"","#,
    ] {
        envelope.extend_from_slice(piece);
    }
    let mut s = Session { id, parent: None, envelope, progress, interactive };
    if interactive {
        put!(log; r#"{"type":"permission-mode","permissionMode":"default","sessionId":""#, s.id, r#""}"#);
        log.end();
    }
    for ending in log.session_began() {
        turn(log, &mut s, ending);
        if log.full() {
            break;
        }
    }
    log.session_ended();
}

fn turn(log: &mut Log, s: &mut Session, ending: Ending) {
    snapshot(log);
    prompt(log, s);
    let mut left = log.steps();
    while left > 0 && !log.full() {
        left -= 1;
        thoughts(log, s);
        if log.rng.permille(120) {
            // Two calls at once: both are asked for before either answers.
            let (a, b) = (Step::pick(log), Step::pick(log));
            let (a, b) = (call(log, s, a), call(log, s, b));
            result(log, s, a);
            result(log, s, b);
        } else {
            let step = Step::pick(log);
            let step = call(log, s, step);
            result(log, s, step);
        }
    }
    match ending {
        Ending::Completed => {
            let said = log.text(Kind::Prose, 40, 900);
            said_text(log, s, &said, "end_turn");
            if s.interactive {
                begin(log, s, "system");
                put!(log; r#","subtype":"turn_duration","durationMs":"#);
                log.number(2000, 400_000);
                put!(log; r#","messageCount":"#);
                log.number(4, 60);
                stamp(log, s);
                put!(log; "}");
                log.end();
            }
        }
        Ending::Failed => {
            for attempt in 1..=3 {
                begin(log, s, "system");
                put!(log; r#","subtype":"api_error","level":"error","error":{"message":"529 overloaded","status":529,"#,
                    r#""formatted":"529 overloaded_error","connection":null,"isNetworkDown":false,"rateLimits":null},"#,
                    r#""retryInMs":601,"retryAttempt":"#);
                words::number(&mut log.buf, attempt);
                put!(log; r#","maxRetries":10"#);
                stamp(log, s);
                put!(log; "}");
                log.end();
                log.expected.retries += 1;
            }
            begin(log, s, "assistant");
            put!(log; r#","message":{"id":"msg_"#, log.ids.long(),
                r#"","type":"message","role":"assistant","model":"<synthetic>","content":[{"type":"text","text":"#,
                r#""API Error: 529 overloaded_error"}],"stop_reason":"stop_sequence","stop_sequence":"","usage":"#,
                r#"{"input_tokens":0,"output_tokens":0}}"#);
            stamp(log, s);
            put!(log; r#","isApiErrorMessage":true,"error":"server_error","apiErrorStatus":529}"#);
            log.end();
            log.model_failed(Source::Network);
        }
        Ending::Aborted => {
            begin(log, s, "user");
            put!(log; r#","message":{"role":"user","content":[{"type":"text","text":"[Request interrupted by user]"}]}"#);
            stamp(log, s);
            put!(log; "}");
            log.end();
        }
        Ending::Open => {}
    }
    log.turn_ended(ending);
}

/// The first half of a record: whose child it is, the envelope, the type.
fn begin(log: &mut Log, s: &Session, kind: &str) {
    match s.parent {
        Some(parent) => put!(log; r#"{"parentUuid":""#, parent, r#"","#),
        None => put!(log; r#"{"parentUuid":null,"#),
    }
    put!(log; s.envelope, r#""type":""#, kind, r#"""#);
}

/// Its id and time, which come after its message.
fn stamp(log: &mut Log, s: &mut Session) {
    let uuid = log.ids.uuid(b'4');
    let now = log.now();
    put!(log; r#","uuid":""#, uuid, r#"","timestamp":""#, now, r#"""#);
    s.parent = Some(uuid);
}

fn snapshot(log: &mut Log) {
    let id = log.ids.uuid(b'4');
    let now = log.now();
    put!(log; r#"{"type":"file-history-snapshot","messageId":""#, id, r#"","snapshot":{"messageId":""#, id,
        r#"","trackedFileBackups":{"#);
    for at in 0..log.rng.below(4) {
        if at > 0 {
            put!(log; ",");
        }
        put!(log; r#""src/cart_"#, [b'a' + at as u8], r#".rs":{"backupFileName":""#, log.ids.short(),
            r#"@v1","version":1,"backupTime":""#, now, r#""}"#);
    }
    put!(log; r#"},"timestamp":""#, now, r#""},"isSnapshotUpdate":false}"#);
    log.end();
}

fn prompt(log: &mut Log, s: &mut Session) {
    let said = log.text(Kind::Prose, 10, 600);
    begin(log, s, "user");
    put!(log; r#","message":{"role":"user","content":""#, log.pools.get(&said), r#""}"#);
    stamp(log, s);
    put!(log; r#","promptId":""#, log.ids.uuid(b'4'), r#"","promptSource":""#,
        if s.interactive { "typed" } else { "sdk" }, r#"","permissionMode":"default"}"#);
    log.end();
    log.turn_began();
}

fn assistant(log: &mut Log, s: &Session) {
    begin(log, s, "assistant");
    put!(log; r#","message":{"model":"claude-opus-4-7","id":"msg_"#, log.ids.long(),
        r#"","type":"message","role":"assistant","content":[{"type":""#);
}

/// The rest of an assistant's record after its content block.
fn assistant_end(log: &mut Log, s: &mut Session, stop_reason: &str) {
    put!(log; r#"}],"stop_reason":""#, stop_reason, r#"","stop_sequence":null,"usage":{"input_tokens":"#);
    log.number(1, 12);
    put!(log; r#","cache_creation_input_tokens":"#);
    log.number(100, 9000);
    put!(log; r#","cache_read_input_tokens":"#);
    log.number(10_000, 150_000);
    put!(log; r#","output_tokens":"#);
    log.number(10, 3000);
    put!(log; r#","service_tier":"standard"}},"requestId":"req_"#, log.ids.long(), r#"""#);
    stamp(log, s);
    put!(log; "}");
}

fn said_text(log: &mut Log, s: &mut Session, said: &Cut, stop_reason: &str) {
    assistant(log, s);
    put!(log; r#"text","text":""#, log.pools.get(said), r#"""#);
    assistant_end(log, s, stop_reason);
    log.end();
}

/// Noise between calls.
fn thoughts(log: &mut Log, s: &mut Session) {
    if log.noise() {
        let (thought, signature) = (log.text(Kind::Prose, 0, 160), log.text(Kind::Base64, 60, 260));
        assistant(log, s);
        put!(log; r#"thinking","thinking":""#, log.pools.get(&thought), r#"","signature":""#,
            log.pools.get(&signature), r#"""#);
        assistant_end(log, s, "tool_use");
        log.end();
    }
    if log.noise() {
        let said = log.text(Kind::Prose, 20, 300);
        said_text(log, s, &said, "tool_use");
    }
    if log.rng.permille(60) {
        snapshot(log);
    }
}

fn progress(log: &mut Log, s: &mut Session, id: &[u8; 24]) {
    begin(log, s, "progress");
    if log.rng.permille(500) {
        put!(log; r#","data":{"type":"hook_progress","hookEvent":"PreToolUse","hookName":"PreToolUse:Bash","#,
            r#""command":"callback"}"#);
    } else {
        let (tail, all) = (log.text(Kind::Build, 40, 300), log.text(Kind::Build, 100, 1500));
        put!(log; r#","data":{"type":"bash_progress","output":""#, log.pools.get(&tail), r#"","fullOutput":""#,
            log.pools.get(&all), r#"","elapsedTimeSeconds":3,"totalLines":12}"#);
    }
    put!(log; r#","toolUseID":"bash-progress-0","parentToolUseID":"toolu_"#, id, r#"""#);
    stamp(log, s);
    put!(log; "}");
    log.end();
}

impl Step {
    fn pick(log: &mut Log) -> Step {
        if log.fails() {
            return match log.rng.below(100) {
                0..62 => Step::Shell(log.shell_failure()),
                62..68 => Step::TimedOut,
                68..73 => Step::Denied,
                73..76 => Step::NotGranted,
                76..83 => Step::NotFound,
                83..86 => Step::Unread,
                86..91 => Step::Invalid,
                91..95 => Step::NoFile,
                95..97 => Step::Fetch,
                97..99 => Step::NoTask,
                _ => Step::McpUnknown,
            };
        }
        if log.rng.permille(log.shape.images) {
            return Step::Image;
        }
        match log.rng.below(100) {
            0..46 => Step::Bash,
            46..70 => Step::Read,
            70..83 => Step::Edit,
            83..87 => Step::Write,
            87..96 => Step::Grep,
            _ => Step::Mcp,
        }
    }
}

/// Writes the call; gives what its result needs.
fn call(log: &mut Log, s: &mut Session, step: Step) -> (Step, [u8; 24]) {
    let id = log.ids.long();
    assistant(log, s);
    put!(log; r#"tool_use","id":"toolu_"#, id, r#"","name":""#);
    match &step {
        Step::Bash => {
            let command = log.command();
            put!(log; r#"Bash","input":{"command":""#, command, r#"","description":"Run a command"}"#);
        }
        Step::Shell(shell) => {
            put!(log; r#"Bash","input":{"command":""#, shell.command, r#"","description":"Run a command"}"#);
        }
        Step::TimedOut => {
            put!(log; r#"Bash","input":{"command":"npm run e2e","timeout":120000,"description":"Run the browser tests"}"#)
        }
        Step::Denied => put!(log; r#"Bash","input":{"command":"git push origin main","description":"Push"}"#),
        Step::Read | Step::NoFile => {
            put!(log; r#"Read","input":{"file_path":"/home/dev/shop/src/cart.rs"}"#);
        }
        Step::Image => put!(log; r#"Read","input":{"file_path":"/tmp/screenshot.png"}"#),
        Step::Edit | Step::NotFound | Step::Unread => {
            let (old, new) = (log.text(Kind::Code, 40, 700), log.text(Kind::Code, 40, 900));
            put!(log; r#"Edit","input":{"replace_all":false,"file_path":"/home/dev/shop/src/cart.rs","old_string":""#,
                log.pools.get(&old), r#"","new_string":""#, log.pools.get(&new), r#""}"#);
        }
        Step::Invalid => {
            let (old, new) = (log.text(Kind::Code, 40, 500), log.text(Kind::Code, 40, 500));
            put!(log; r#"Edit","input":{"path":"/home/dev/shop/src/cart.rs","old_string":""#,
                log.pools.get(&old), r#"","new_string":""#, log.pools.get(&new), r#""}"#);
        }
        Step::Write => {
            let text = log.text(Kind::Code, 300, 6000);
            put!(log; r#"Write","input":{"file_path":"/home/dev/shop/src/cart_total.rs","content":""#,
                log.pools.get(&text), r#""}"#);
        }
        Step::Grep => {
            put!(log; r#"Grep","input":{"pattern":"total","path":"/home/dev/shop/src","output_mode":"content","-n":true}"#)
        }
        Step::NotGranted | Step::Fetch => {
            put!(log; r#"WebFetch","input":{"url":"https://docs.example.com/cart","prompt":"How are totals rounded?"}"#);
        }
        Step::NoTask => put!(log; r#"TaskOutput","input":{"task_id":"b"#, log.ids.short(), r#"","block":true}"#),
        Step::Mcp | Step::McpUnknown => {
            put!(log; r#"mcp__db__query","input":{"sql":"select total from carts limit 5"}"#);
        }
    }
    assistant_end(log, s, "tool_use");
    log.end_tool();
    if s.progress && log.noise() {
        progress(log, s, &id);
    }
    (step, id)
}

/// A result that went well: ids first, as Claude Code writes them. The sidecar follows.
fn good(log: &mut Log, s: &mut Session, id: &[u8; 24], content: &[&[u8]], flag: bool) {
    begin(log, s, "user");
    put!(log; r#","message":{"role":"user","content":[{"tool_use_id":"toolu_"#, id, r#"","type":"tool_result","content":"#);
    for piece in content {
        log.buf.extend_from_slice(piece);
    }
    put!(log; if flag { r#","is_error":false}]}"# } else { "}]}" });
    stamp(log, s);
    put!(log; r#","toolUseResult":"#);
}

/// A result that failed: the id last, and the sidecar is the text again.
fn bad(log: &mut Log, s: &mut Session, id: &[u8; 24], content: &[&[u8]], wrapped: bool, extra: &str) {
    let asked = s.parent.unwrap_or([b'0'; 36]);
    begin(log, s, "user");
    put!(log; r#","message":{"role":"user","content":[{"type":"tool_result","content":""#,
        if wrapped { "<tool_use_error>" } else { "" });
    for piece in content {
        log.buf.extend_from_slice(piece);
    }
    put!(log; if wrapped { "</tool_use_error>" } else { "" }, r#"","is_error":true,"tool_use_id":"toolu_"#, id, r#""}]}"#);
    stamp(log, s);
    put!(log; r#","toolUseResult":"Error: "#);
    for piece in content {
        log.buf.extend_from_slice(piece);
    }
    put!(log; r#"","sourceToolAssistantUUID":""#, asked, r#"""#, extra);
}

fn result(log: &mut Log, s: &mut Session, (step, id): (Step, [u8; 24])) {
    let pools = Rc::clone(&log.pools);
    let failed = match step {
        Step::Bash => {
            let cut = log.output();
            let text = pools.get(&cut);
            good(log, s, &id, &[b"\"", text, b"\""], true);
            put!(log; r#"{"stdout":""#, text,
                r#"","stderr":"","interrupted":false,"isImage":false,"noOutputExpected":false}"#);
            None
        }
        Step::Read => {
            let size = log.output_size() + 200;
            let cut = log.cut(Kind::Code, size);
            let text = pools.get(&cut);
            good(log, s, &id, &[b"\"", text, b"\""], false);
            put!(log; r#"{"type":"text","file":{"filePath":"/home/dev/shop/src/cart.rs","content":""#, text,
                r#"","numLines":212,"startLine":1,"totalLines":212}}"#);
            None
        }
        Step::Image => {
            let cut = log.image(500_000);
            let data = pools.get(&cut);
            good(
                log,
                s,
                &id,
                &[br#"[{"type":"image","source":{"type":"base64","data":""#, data, br#"","media_type":"image/png"}}]"#],
                false,
            );
            put!(log; r#"{"type":"image","file":{"base64":""#, data, r#"","type":"image/png","originalSize":"#);
            words::number(&mut log.buf, data.len() as u64 * 3 / 4);
            put!(log; "}}");
            None
        }
        Step::Edit | Step::Write => {
            good(log, s, &id, &[br#""The file /home/dev/shop/src/cart.rs has been updated successfully.""#], false);
            let (old, new) = (log.text(Kind::Code, 40, 700), log.text(Kind::Code, 40, 900));
            let size = log.output_size().max(800);
            let original = log.cut(Kind::Code, size);
            put!(log; r#"{"filePath":"/home/dev/shop/src/cart.rs","oldString":""#, log.pools.get(&old),
                r#"","newString":""#, log.pools.get(&new), r#"","originalFile":""#, log.pools.get(&original),
                r#"","structuredPatch":[{"oldStart":12,"oldLines":7,"newStart":12,"newLines":7,"lines":["#);
            for at in 0..6 {
                let part = log.text(Kind::Code, 20, 60);
                put!(log; if at > 0 { ",\" " } else { "\" " }, log.pools.get(&part), "\"");
            }
            put!(log; r#"]}],"userModified":false,"replaceAll":false}"#);
            None
        }
        Step::Grep => {
            let size = log.output_size();
            let cut = log.cut(Kind::Listing, size);
            let text = pools.get(&cut);
            good(log, s, &id, &[b"\"", text, b"\""], false);
            put!(log; r#"{"mode":"content","numFiles":0,"filenames":[],"content":""#, text, r#"","numLines":20}"#);
            None
        }
        Step::Mcp => {
            let cut = log.text(Kind::Data, 20, 2000);
            let text = pools.get(&cut);
            good(log, s, &id, &[br#"[{"type":"text","text":""#, text, br#""}]"#], false);
            put!(log; r#"[{"type":"text","text":""#, text, r#""}]"#);
            None
        }
        Step::Shell(shell) => {
            let cut = log.padding();
            let pad = pools.get(&cut);
            bad(log, s, &id, &[b"Exit code ", shell.exit_code.as_bytes(), b"\\n", pad, &shell.text], false, "");
            Some(shell.source)
        }
        Step::TimedOut => {
            let cut = log.padding();
            let pad = pools.get(&cut);
            bad(log, s, &id, &[b"Exit code 143\\nCommand timed out after 2m 0.0s\\n", pad], false, "");
            Some(Source::Timeout)
        }
        Step::Denied => {
            bad(
                log,
                s,
                &id,
                &[b"Permission to use Bash with command git push origin main has been denied."],
                false,
                r#","toolDenialKind":"permission-rule""#,
            );
            Some(Source::SandboxApproval)
        }
        Step::NotGranted => {
            bad(
                log,
                s,
                &id,
                &[b"Claude requested permissions to use WebFetch, but you haven't granted it yet."],
                false,
                "",
            );
            Some(Source::SandboxApproval)
        }
        Step::NotFound => {
            let cut = log.padding_of(Kind::Code);
            let pad = pools.get(&cut);
            bad(log, s, &id, &[b"String to replace not found in file.\\nString: ", pad], true, "");
            Some(Source::Model)
        }
        Step::Unread => {
            bad(log, s, &id, &[b"File has not been read yet. Read it first before writing to it."], true, "");
            Some(Source::Model)
        }
        Step::Invalid => {
            bad(
                log,
                s,
                &id,
                &[b"InputValidationError: Edit failed due to the following issues:\\nThe required parameter \
                    `file_path` is missing\\nAn unexpected parameter `path` was provided"],
                true,
                "",
            );
            Some(Source::ToolSchema)
        }
        Step::NoFile => {
            bad(
                log,
                s,
                &id,
                &[b"File does not exist. Note: your current working directory is /home/dev/shop."],
                true,
                "",
            );
            Some(Source::MissingDependency)
        }
        Step::Fetch => {
            bad(log, s, &id, &[b"Request failed with status code 503"], false, "");
            Some(Source::Network)
        }
        Step::NoTask => {
            let task = log.ids.short();
            bad(log, s, &id, &[b"No task found with ID: b", &task], true, "");
            Some(Source::BackgroundJob)
        }
        Step::McpUnknown => {
            let cut = log.padding_of(Kind::Data);
            let pad = pools.get(&cut);
            bad(log, s, &id, &[b"the view is being rebuilt\\n", pad], false, "");
            Some(Source::Unknown)
        }
    };
    put!(log; "}");
    log.end_tool();
    log.answered(failed);
}
