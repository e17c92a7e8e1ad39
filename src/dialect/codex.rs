//! OpenAI Codex CLI: rollout files and `codex exec --json`, from 2025 on.
//!
//! Shapes, as the public source of the CLI writes them:
//! - rollout, 2025-09 on: `{timestamp, type, payload}`; `type` is `session_meta`, `response_item`, `event_msg`, ...
//! - bare rollout, before: a header `{id, timestamp, instructions}`, then one response item a line
//! - `exec --json`: `{type: thread.started | turn.* | item.* | error}`; in September 2025 `session.created`, `item_type`
//! - legacy exec: `{id, msg: {type}}`
//!
//! Call ids are unique in the world; ids of exec items and legacy submissions only within a run. Failures stand in the
//! text of an output, under headers that the runner wrote. May not know rules or output.

use super::wrapper::{self, call_id, content};
use super::{Dialect, Emit, Sign};
use crate::command;
use crate::event::{CallId, Command, Envelope, Event, Job, JobId, Outcome, Scope, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::{Agent, Tool, ToolClass};
use crate::text::{Pieces, Text};

/// Wrapped rollout lines.
pub static ROLLOUT: Dialect = Dialect {
    name: "codex-rollout",
    signs: &[Sign::kinds(
        &[
            "response_item",
            "event_msg",
            "turn_context",
            "session_meta",
            "compacted",
            "world_state",
            "inter_agent_communication",
            "inter_agent_communication_metadata",
        ],
        &[K::payload],
    )],
    agent: Agent::Codex,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::type_, K::payload])
            && !record.has(K::seq)
            && record.get(K::payload).is_object()
            && record.get(K::type_).is_one_of(&[
                "response_item",
                "event_msg",
                "turn_context",
                "session_meta",
                "compacted",
                "world_state",
                "inter_agent_communication",
                "inter_agent_communication_metadata",
            ])
    },
    envelope: |record| {
        let payload = record.get(K::payload);
        let session = if record.get(K::type_).is("session_meta") {
            Session::Header { id: payload.get(K::id).text(), is_fork: payload.get(K::forked_from_id).is_given() }
        } else {
            Session::None
        };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: |record, inner, emit| {
        let payload = record.get(K::payload);
        let kind = record.get(K::type_).text();
        if kind.is("response_item") {
            response_item(payload, inner, emit);
        } else if kind.is("event_msg") {
            event_msg(payload, None, emit);
        }
    },
};

/// Bare rollout lines.
pub static BARE: Dialect = Dialect {
    name: "codex-bare",
    signs: &[
        Sign::fields(&[K::instructions, K::id, K::timestamp]),
        Sign::fields(&[K::record_type]),
        Sign::kinds(
            &["function_call", "custom_tool_call", "function_call_output", "custom_tool_call_output"],
            &[K::call_id],
        ),
        Sign::kinds(&["local_shell_call"], &[K::action]),
        Sign::kinds(&["message"], &[K::role, K::content]),
        Sign::kinds(&["reasoning"], &[]),
    ],
    agent: Agent::Codex,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if is_bare_header(record) || record.get(K::record_type).is("state") {
            return true;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if kind.is_one_of(&["function_call", "custom_tool_call"]) => record.has_all(&[K::name, K::call_id]),
            () if kind.is_one_of(&["function_call_output", "custom_tool_call_output"]) => {
                record.has_all(&[K::call_id, K::output]) && !record.has(K::status)
            }
            () if kind.is("local_shell_call") => record.has(K::action),
            () if kind.is("message") => record.has_all(&[K::role, K::content]) && !record.has(K::message),
            () => kind.is("reasoning") && (record.get(K::summary).is_array() || record.get(K::content).is_array()),
        }
    },
    envelope: |record| {
        let session = if is_bare_header(record) {
            Session::Header { id: record.get(K::id).text(), is_fork: false }
        } else {
            Session::None
        };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: |record, inner, emit| response_item(record.root(), inner, emit),
};

fn is_bare_header(record: &Record<'_>) -> bool {
    record.has_all(&[K::id, K::timestamp, K::instructions]) && !record.has(K::type_)
}

/// Kinds of items, all of this agent's own.
const ITEMS: &[&str] = &[
    "agent_message",
    "assistant_message",
    "collab_tool_call",
    "command_execution",
    "file_change",
    "mcp_tool_call",
    "reasoning",
    "todo_list",
    "web_search",
];

/// What an item is; its name was another one before.
fn item_kind(item: Value<'_>) -> Text<'_> {
    let kind = item.get(K::type_);
    if kind.is_given() { kind.text() } else { item.get(K::item_type).text() }
}

/// A line of `codex exec --json` that games, shops and builds write as well.
pub(super) fn is_doubtful(record: &Record<'_>) -> bool {
    if record.has(K::item) {
        return !item_kind(record.get(K::item)).is_one_of(ITEMS);
    }
    let kind = record.get(K::type_).text();
    match () {
        () if kind.is("error") => true,
        () if kind.is("thread.started") => record.field_count() > 3,
        () if kind.is("turn.started") => record.field_count() > 1,
        () if kind.is("turn.completed") => !record.get(K::usage).is_object(),
        () if kind.is("turn.failed") => {
            let error = record.get(K::error);
            record.field_count() > 2 || error.children().count() != 1 || !error.get(K::message).is_string()
        }
        () => false,
    }
}

/// `codex exec --json`.
pub static EXEC: Dialect = Dialect {
    name: "codex-exec",
    signs: &[
        Sign::kinds(&["item.started", "item.updated", "item.completed"], &[K::item]),
        Sign::kinds(&["thread.started"], &[K::thread_id]),
        Sign::kinds(&["session.created"], &[K::session_id]),
        Sign::kinds(&["turn.started", "turn.completed", "turn.failed"], &[]),
        Sign::kinds(&["error"], &[K::message]),
    ],
    agent: Agent::Codex,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has(K::type_) {
            return false;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if kind.is_one_of(&["item.started", "item.updated", "item.completed"]) => {
                let item = record.get(K::item);
                item.get(K::type_).is_string() || item.get(K::item_type).is_string()
            }
            () if kind.is("thread.started") => record.get(K::thread_id).is_string(),
            () if kind.is("session.created") => record.has_only(&[K::type_, K::session_id]),
            () if kind.is_one_of(&["turn.started", "turn.completed", "turn.failed"]) => !record.has(K::payload),
            () => kind.is("error") && record.has_only(&[K::type_, K::message]),
        }
    },
    envelope: |record| {
        let kind = record.get(K::type_).text();
        let session = if kind.is("thread.started") {
            Session::Header { id: record.get(K::thread_id).text(), is_fork: false }
        } else if kind.is("session.created") {
            Session::Header { id: record.get(K::session_id).text(), is_fork: false }
        } else {
            Session::None
        };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: |record, _, emit| {
        let kind = record.get(K::type_).text();
        if kind.is("turn.started") {
            emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
        } else if kind.is("turn.completed") {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        } else if kind.is("turn.failed") {
            let outcome = model_outcome(record.get(K::error));
            emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(outcome) });
        } else if kind.is("error") {
            // Every retry notice, too: only the `turn.failed` that may follow makes it final.
            emit(Event::Retry);
        } else if kind.is("item.started") {
            exec_item(record.get(K::item), false, emit);
        } else if kind.is("item.completed") {
            exec_item(record.get(K::item), true, emit);
        }
    },
};

/// Legacy `codex exec --json` and raw core events.
pub static LEGACY: Dialect = Dialect {
    name: "codex-legacy",
    signs: &[
        Sign::fields(&[K::msg, K::id]),
        Sign::fields(&[K::sandbox, K::model, K::workdir, K::provider]),
        Sign::fields(&[K::prompt]),
    ],
    agent: Agent::Codex,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        (record.has_only(&[K::id, K::msg]) && record.get(K::msg).get(K::type_).is_string())
            || is_legacy_config(record)
            || (record.has_only(&[K::prompt]) && record.get(K::prompt).is_string())
    },
    envelope: |record| {
        let session = if is_legacy_config(record) { Session::UnnamedHeader } else { Session::None };
        Envelope { session, ts: None }
    },
    events: |record, _, emit| {
        if record.has(K::msg) {
            event_msg(record.get(K::msg), Some(record.get(K::id).id()), emit);
        }
    },
};

fn is_legacy_config(record: &Record<'_>) -> bool {
    record.has_all(&[K::model, K::workdir, K::provider, K::sandbox]) && !record.has(K::type_)
}

/// Turn ids are unique in the world since they are UUIDs; before, they count from 1 in each session.
fn turn_id<'line>(value: Value<'line>, legacy: Option<Text<'line>>) -> Option<CallId<'line>> {
    if let Some(id) = legacy {
        return Some(CallId { scope: Scope::Run, id });
    }
    let id = value.get(K::turn_id).id();
    if id.is_empty() {
        return None;
    }
    let is_uuid = id.ask(|id| id.len() >= 32).unwrap_or(true);
    Some(CallId { scope: if is_uuid { Scope::World } else { Scope::Session }, id })
}

/// A call's tool: MCP tools are told by their namespace.
fn called_tool(item: Value<'_>) -> Tool {
    let namespace = item.get(K::namespace);
    if namespace.text().starts_with("mcp__") {
        return Tool::MCP;
    }
    if namespace.is("web") && item.get(K::name).is("run") {
        return Tool::named(b"web.run");
    }
    wrapper::tool(item.get(K::name))
}

fn response_item(item: Value<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let kind = item.get(K::type_).text();
    if kind.is_one_of(&["function_call", "custom_tool_call"]) {
        let tool = called_tool(item);
        let input = item.first_of(&[K::arguments, K::input]).text();
        let is_shell = tool.class() == ToolClass::Shell;
        let command = if is_shell {
            input.with_field(&["cmd", "command"], |text| command::kind(&text)).unwrap_or_default()
        } else {
            Command::Other
        };
        let job = if item.get(K::name).is_one_of(&["write_stdin", "wait"]) {
            input.with_field(&["session_id", "cell_id"], JobId::new).map_or(Job::None, Job::Polls)
        } else {
            Job::None
        };
        emit(Event::CallBegan { id: call_id(item.get(K::call_id).text()), tool, command, job });
    } else if kind.is("local_shell_call") {
        let id = item.first_of(&[K::call_id, K::id]).text();
        emit(Event::CallBegan {
            id: call_id(id),
            tool: Tool::named(b"local_shell"),
            command: argv_command(item.get(K::action).get(K::command)),
            job: Job::None,
        });
    } else if kind.is_one_of(&["function_call_output", "custom_tool_call_output", "local_shell_call_output"]) {
        let id = call_id(item.get(K::call_id).text());
        output(item, inner, &mut |outcome, job| emit(Event::CallEnded { id, tool: None, job, outcome }));
    } else if kind.is("tool_search_call") {
        let id = call_id(item.get(K::call_id).text());
        emit(Event::CallBegan { id, tool: Tool::named(b"tool_search"), command: Command::Other, job: Job::None });
    } else if kind.is("tool_search_output") {
        let id = call_id(item.get(K::call_id).text());
        let tool = Some(Tool::named(b"tool_search"));
        emit(Event::CallEnded { id, tool, job: Job::None, outcome: Outcome::default() });
    }
}

/// The kind of command that an argument list runs.
fn argv_command(argv: Value<'_>) -> Command {
    command::kind(&argv.source())
}

/// The beginnings of an output that is a failure of the runner's own, from the CLI's source: nothing else tells such a
/// failure from a success, since the success flag is not written.
const FAILED_BEGINNINGS: &[&str] = &[
    "failed to parse function arguments",
    "failed to parse exec arguments",
    "unsupported call",
    "unsupported custom tool call",
    "unsupported payload for",
    "apply_patch verification failed",
    "apply_patch handler received",
    "failed to parse apply_patch",
    "invalid patch",
    "invalid hunk at line",
    "Invalid patch hunk",
    "error: invalid hunk at line",
    "error: invalid patch",
    "error: Failed to find",
    "error: Failed to read",
    "error: Failed to write",
    "error: Failed to delete",
    "Failed to find expected lines",
    "Failed to find context",
    "exec command rejected",
    "patch rejected",
    "rejected by user",
    "user rejected MCP tool call",
    "user cancelled MCP tool call",
    "approval policy is",
    "approval required by policy",
    "failed in sandbox",
    "sandbox denied exec error",
    "sandbox error",
    "Command denied by sandbox",
    "command failed inside sandbox",
    "This action was rejected due to unacceptable risk",
    "Automatic approval review",
    "Command blocked by PreToolUse hook",
    "Tool call blocked by PreToolUse hook",
    "PostToolUse hook blocked",
    "Network access to \"",
    "Network access was denied",
    "MCP tool call blocked",
    "command timed out after",
    "timeout waiting for child process",
    "timed out awaiting tools/call",
    "image path `",
    "unable to process image at `",
    "write_stdin failed",
    "stdin is closed for this session",
    "failed to write to stdin",
    "exec_command failed",
    "execution error",
    "shell_command failed",
    "tool call error",
    "tool call failed",
    "resources/read failed",
    "resources/list failed",
    "err: \"",
    "Script failed",
    "aborted",
    "missing `additional_permissions`",
    "agent with id",
    "invalid agent id",
    "unknown turn environment id",
    "collab spawn failed",
    "unable to locate image at",
    "unable to read image",
    "codex sandbox error",
    "Fatal error",
    "mcp startup failed",
    "exec cell ",
];

/// The result that an output item holds.
fn output(item: Value<'_>, inner: &mut Inner, tell: &mut dyn FnMut(Outcome<'_>, Job)) {
    let output = item.get(K::output);
    let flag = item.get(K::success).flag().or(output.get(K::success).flag());
    if output.is_object() {
        let body = content(output.first_of(&[K::content, K::output]));
        return match output.get(K::metadata).first_of(&[K::exit_code, K::exitCode]).exit_code() {
            Some(code) => tell(ran(code, body), Job::None),
            None => text_output(&body, flag, inner, tell),
        };
    }
    text_output(&content(output), flag, inner, tell);
}

fn text_output(pieces: &Pieces<'_>, flag: Option<bool>, inner: &mut Inner, tell: &mut dyn FnMut(Outcome<'_>, Job)) {
    let body = pieces.first();
    // JSON inside a string: `{"output": ..., "metadata": {"exit_code": N}}`, or unified exec's own in October 2025.
    if body.starts_with("{")
        && let Some(record) = inner.read(body)
        && let Some((code, job)) = embedded_exit(&record)
    {
        let outcome = code.map_or_else(Outcome::default, |code| {
            let mut outcome = ran(code, content(record.get(K::output)));
            split_timeout(&mut outcome);
            outcome
        });
        return tell(outcome, job);
    }
    let head = Header::read(body);
    if head.is_script {
        return script_output(pieces, &head, inner, tell);
    }
    if let Some(code) = head.code {
        let mut outcome = ran(code, with_first(pieces, head.rest));
        outcome.harness = Pieces::one(head.text);
        split_timeout(&mut outcome);
        return tell(outcome, Job::None);
    }
    if let Some(job) = head.job {
        return tell(Outcome::default(), Job::Launched(job));
    }
    // A failure sentence may stand under a `Wall time` header.
    let sentence = head.rest;
    let failed = flag.map_or_else(|| begins_as_failure(sentence), |success| !success);
    if failed && let Some(outcome) = wrapped_exit(sentence) {
        return tell(outcome, Job::None);
    }
    let mut outcome = Outcome { failed, ..Outcome::default() };
    if failed {
        outcome.harness = with_first(pieces, sentence);
        outcome.rpc_code = rpc_code(sentence);
    }
    tell(outcome, Job::None);
}

/// A command's own end inside of a sandbox's sentence: `failed in sandbox ..., exit code: N, stdout: ..., stderr: ...`.
fn wrapped_exit(sentence: Text<'_>) -> Option<Outcome<'_>> {
    let (before, rest) = sentence.strip_prefix("failed in sandbox ")?.split_once("exit code: ")?;
    let code = rest.leading_number()?;
    let (_, printed) = rest.split_once("stdout: ")?;
    let (stdout, stderr) = printed.split_once(", stderr: ").unwrap_or((printed, Text::EMPTY));
    let mut program = Pieces::one(stdout);
    program.push(stderr);
    let mut outcome = ran(code, program);
    outcome.failed = true;
    outcome.harness = Pieces::one(before);
    Some(outcome)
}

/// The JSON-RPC code that the runner's MCP client writes under a failed call: `Caused by: Mcp error: -32602: ...`.
fn rpc_code(sentence: Text<'_>) -> Option<i64> {
    if !sentence.starts_with("tool call error: ") && !sentence.starts_with("tool call failed for `") {
        return None;
    }
    let (_, rest) = sentence.split_once("Mcp error: ")?;
    rest.leading_number()
}

/// What a bare output says of its failure, where it begins as Codex's runner tells one: its older logs are hardly to be
/// told from the API's own items, which have no such sentences.
pub(super) fn told_failure(text: Text<'_>) -> Option<Outcome<'_>> {
    begins_as_failure(text).then(|| {
        let failed = || Outcome { failed: true, harness: Pieces::one(text), ..Outcome::default() };
        wrapped_exit(text).unwrap_or_else(failed)
    })
}

fn begins_as_failure(text: Text<'_>) -> bool {
    FAILED_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
        || (text.starts_with("`") && (text.contains("` rejected: ") || text.contains("requires approval")))
}

/// The pieces with another first one.
fn with_first<'line>(pieces: &Pieces<'line>, first: Text<'line>) -> Pieces<'line> {
    let mut rest = *pieces;
    rest.replace_first(first);
    rest
}

/// A program ran and ended with this code.
fn ran(code: i64, program: Pieces<'_>) -> Outcome<'_> {
    Outcome { failed: code != 0, exit_code: Some(code), program, ..Outcome::default() }
}

/// The runner puts its own sentence before what a command printed until its limit ran out.
fn split_timeout(outcome: &mut Outcome<'_>) {
    let first = outcome.program.first();
    if outcome.failed && first.starts_with("command timed out after ") {
        let (line, rest) = first.split_line();
        outcome.harness.push(line);
        outcome.program.replace_first(rest);
    }
}

/// The exit code and the process of a JSON object that a shell tool returned; `None` where it is none of these.
fn embedded_exit(record: &Record<'_>) -> Option<(Option<i64>, Job)> {
    if !record.has(K::output) {
        return None;
    }
    let code = record.get(K::metadata).first_of(&[K::exit_code, K::exitCode]).exit_code();
    if let Some(code) = code.or(record.get(K::exit_code).exit_code()) {
        return Some((Some(code), Job::None));
    }
    let job = record.get(K::session_id).id();
    (!job.is_empty()).then(|| (None, Job::Launched(JobId::new(job))))
}

/// Code mode: the first item says how the script ended, the others hold what its commands returned. A script that
/// completed and holds a command's non-zero exit failed by that command.
fn script_output(pieces: &Pieces<'_>, head: &Header<'_>, inner: &mut Inner, tell: &mut dyn FnMut(Outcome<'_>, Job)) {
    if head.has_script_failed {
        let harness = with_first(pieces, head.rest);
        return tell(Outcome { failed: true, harness, ..Outcome::default() }, Job::None);
    }
    for body in std::iter::once(head.rest).chain(pieces.iter().skip(1)) {
        if let Some(record) = inner.read(body)
            && let Some((Some(code), _)) = embedded_exit(&record)
            && code != 0
        {
            return tell(ran(code, content(record.get(K::output))), Job::None);
        }
    }
    tell(Outcome::default(), head.job.map_or(Job::None, Job::Launched));
}

/// The lines that the runner wrote before `Output:`.
struct Header<'line> {
    text: Text<'line>,
    rest: Text<'line>,
    code: Option<i64>,
    job: Option<JobId>,
    is_script: bool,
    has_script_failed: bool,
}

impl<'line> Header<'line> {
    /// Lines that a header may have.
    const LINES_MAX: usize = 8;

    /// Reads the header at the beginning of a body, if there is one; else everything is the rest.
    fn read(body: Text<'line>) -> Self {
        let none =
            Header { text: Text::EMPTY, rest: body, code: None, job: None, is_script: false, has_script_failed: false };
        let mut header = Header { ..none };
        let mut rest = body;
        for at in 0..Self::LINES_MAX {
            let (line, after) = rest.split_line();
            if at > 0 && line.is("Output:") {
                rest = after;
                break;
            }
            if let Some(code) = line.number_after("Exit code: ").or(line.number_after("Process exited with code ")) {
                header.code = exit_code(code);
            } else if let Some(job) = line.strip_prefix("Process running with session ID ") {
                header.job = Some(JobId::new(job));
            } else if at == 0 && line.is_one_of(&["Script completed", "Script failed", "Script terminated"]) {
                header.is_script = true;
                header.has_script_failed = line.is("Script failed");
            } else if at == 0
                && let Some(job) = line.strip_prefix("Script running with cell ID ")
            {
                header.is_script = true;
                header.job = Some(JobId::new(job));
            } else if !["Wall time", "Chunk ID: ", "Original token count: ", "Total output lines: "]
                .iter()
                .any(|start| line.starts_with(start))
            {
                if at == 0 {
                    return none;
                }
                break;
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        header.rest = rest;
        header.text = body.before(rest);
        header
    }
}

/// Events of the session, wrapped or legacy. `legacy`: the submission's id, which is the turn's.
fn event_msg(payload: Value<'_>, legacy: Option<Text<'_>>, emit: &mut Emit<'_>) {
    let kind = payload.get(K::type_).text();
    let id = call_id(payload.get(K::call_id).text());
    if kind.is_one_of(&["token_count", "agent_message", "agent_reasoning", "user_message"]) {
        // Most events, and none of ours.
    } else if kind.is_one_of(&["task_started", "turn_started"]) {
        // The legacy printer swallows every end of a turn, so no start is claimed either.
        if legacy.is_none() {
            emit(Event::TurnBegan { id: turn_id(payload, None), results_told: true, by_prompt: false });
        }
    } else if kind.is_one_of(&["task_complete", "turn_complete"]) {
        let error = payload.get(K::error);
        let outcome = error.is_given().then(|| model_outcome(error));
        let end = if outcome.is_some() { TurnEnd::Failed } else { TurnEnd::Completed };
        emit(Event::TurnEnded { id: turn_id(payload, legacy), end, outcome });
    } else if kind.is("turn_aborted") {
        if legacy.is_none() {
            emit(Event::TurnEnded { id: turn_id(payload, None), end: TurnEnd::Aborted, outcome: None });
        }
    } else if kind.is("error") {
        emit(Event::ModelFailed { outcome: model_outcome(payload) });
    } else if kind.is("stream_error") {
        emit(Event::Retry);
    } else if kind.is("exec_command_begin") {
        if !payload.get(K::source).is("user_shell") {
            let command = argv_command(payload.get(K::command));
            emit(Event::CallBegan { id, tool: Tool::named(b"shell"), command, job: Job::None });
        }
    } else if kind.is("exec_command_end") {
        if !payload.get(K::source).is("user_shell") {
            let outcome = command_execution(payload);
            emit(Event::CallEnded { id, tool: Some(Tool::named(b"shell")), job: Job::None, outcome });
        }
    } else if kind.is("patch_apply_end") {
        let outcome = file_change(payload);
        emit(Event::CallEnded { id, tool: Some(Tool::named(b"apply_patch")), job: Job::None, outcome });
    } else if kind.is("mcp_tool_call_end") {
        let outcome = mcp_result(payload.get(K::result));
        emit(Event::CallEnded { id, tool: Some(Tool::MCP), job: Job::None, outcome });
    } else if kind.is("dynamic_tool_call_response") {
        let outcome = flagged(payload, content(payload.first_of(&[K::error, K::content_items])));
        emit(Event::CallEnded { id, tool: Some(wrapper::tool(payload.get(K::tool))), job: Job::None, outcome });
    } else if kind.is("item_completed") {
        turn_item(payload.get(K::item), emit);
    }
}

/// An item of a paginated rollout: another telling of the call of the same id.
fn turn_item(item: Value<'_>, emit: &mut Emit<'_>) {
    let kind = item.get(K::type_).text();
    let id = call_id(item.get(K::id).text());
    let (tool, outcome) = if kind.is("CommandExecution") {
        if item.get(K::source).is("user_shell") {
            return;
        }
        (Tool::named(b"shell"), command_execution(item))
    } else if kind.is("FileChange") {
        (Tool::named(b"apply_patch"), file_change(item))
    } else if kind.is("McpToolCall") {
        (Tool::MCP, mcp_item(item))
    } else if kind.is("DynamicToolCall") {
        (wrapper::tool(item.get(K::tool)), flagged(item, content(item.get(K::error))))
    } else {
        return;
    };
    if !item.get(K::status).is_one_of(&["in_progress", "inProgress"]) {
        emit(Event::CallEnded { id, tool: Some(tool), job: Job::None, outcome });
    }
}

/// A command's end: its status and code, and what it printed.
fn command_execution(item: Value<'_>) -> Outcome<'_> {
    let code = item.get(K::exit_code).exit_code();
    let status = item.get(K::status);
    let mut program = Pieces::default();
    let whole = item.first_of(&[K::aggregated_output, K::formatted_output]);
    if whole.text().is_empty() {
        program.push(item.get(K::stdout).text());
        program.push(item.get(K::stderr).text());
    } else {
        program.push(whole.text());
    }
    let mut outcome = Outcome {
        failed: code.is_some_and(|code| code != 0) || status.is_one_of(&["failed", "declined"]),
        exit_code: code,
        program,
        ..Outcome::default()
    };
    if status.is("declined") {
        outcome.signals.insert(Signals::DENIED);
    }
    // It never ran: what stands there is the runner's reason.
    if outcome.failed && matches!(code, None | Some(-1)) {
        outcome.exit_code = None;
        outcome.signals.insert(Signals::NOT_RUN);
        outcome.harness = std::mem::take(&mut outcome.program);
    }
    split_timeout(&mut outcome);
    outcome
}

fn file_change(item: Value<'_>) -> Outcome<'_> {
    let mut outcome = flagged(item, Pieces::default());
    outcome.harness.push(item.get(K::stdout).text());
    outcome.harness.push(item.get(K::stderr).text());
    outcome
}

/// An item that says by a flag or a status whether it failed.
fn flagged<'line>(item: Value<'line>, harness: Pieces<'line>) -> Outcome<'line> {
    let status = item.get(K::status);
    let failed = item.get(K::success).is_false() || status.is_one_of(&["failed", "declined"]);
    let mut outcome = Outcome { failed, harness, ..Outcome::default() };
    if status.is("declined") {
        outcome.signals.insert(Signals::DENIED);
    }
    outcome
}

/// `{"Ok": {content, isError}}` or `{"Err": text}`.
fn mcp_result(result: Value<'_>) -> Outcome<'_> {
    let fine = result.get(K::Ok);
    if fine.is_object() {
        let failed = fine.first_of(&[K::isError, K::is_error]).is_true();
        return Outcome { failed, harness: content(fine.get(K::content)), ..Outcome::default() };
    }
    let error = result.get(K::Err);
    let rpc_code = rpc_code(error.text());
    Outcome { failed: error.is_given(), rpc_code, harness: content(error), ..Outcome::default() }
}

fn mcp_item(item: Value<'_>) -> Outcome<'_> {
    let error = item.get(K::error);
    let result = item.get(K::result);
    let failed = item.get(K::status).is("failed") || result.first_of(&[K::isError, K::is_error]).is_true();
    let harness = if error.is_given() { content(error) } else { content(result.get(K::content)) };
    Outcome { failed, rpc_code: rpc_code(harness.first()), harness, ..Outcome::default() }
}

/// An item of `exec --json`.
fn exec_item(item: Value<'_>, is_end: bool, emit: &mut Emit<'_>) {
    let kind = item_kind(item);
    let tool = if kind.is("command_execution") {
        Tool::named(b"command_execution")
    } else if kind.is("file_change") {
        Tool::named(b"file_change")
    } else if kind.is("mcp_tool_call") {
        Tool::MCP
    } else if kind.is("collab_tool_call") {
        Tool::named(b"collab_tool_call")
    } else {
        return;
    };
    let id = item.get(K::id).text();
    let id = (!id.is_empty()).then_some(CallId { scope: Scope::Run, id });
    if !is_end {
        let command = command::kind(&item.get(K::command).text());
        return emit(Event::CallBegan { id, tool, command, job: Job::None });
    }
    if item.get(K::status).is("in_progress") {
        return;
    }
    let outcome = if kind.is("command_execution") {
        command_execution(item)
    } else if kind.is("mcp_tool_call") {
        mcp_item(item)
    } else {
        flagged(item, content(item.get(K::error)))
    };
    emit(Event::CallEnded { id, tool: Some(tool), job: Job::None, outcome });
}

/// Why a turn or request finally failed: `{message, codex_error_info}`.
fn model_outcome(error: Value<'_>) -> Outcome<'_> {
    let info = error.get(K::codex_error_info);
    let mut signals = Signals::NONE;
    let mut http_status = None;
    if info.is_string() {
        let known = info.text().lookup(&[
            ("context_window_exceeded", Signals::CONTEXT_OVERFLOW),
            ("session_budget_exceeded", Signals::BUDGET_SPENT),
            ("usage_limit_exceeded", Signals::SERVICE_LIMIT),
            ("server_overloaded", Signals::SERVICE_LIMIT),
            ("cyber_policy", Signals::REFUSED),
            ("internal_server_error", Signals::SERVER_ERROR),
            ("unauthorized", Signals::UNAUTHENTICATED),
            ("bad_request", Signals::BAD_REQUEST),
            ("sandbox_error", Signals::SANDBOX_DENIED),
        ]);
        signals.insert(known.unwrap_or_default());
    } else if info.is_object() {
        // One key that names the connection's failure; it may hold the HTTP status.
        for key in [
            K::http_connection_failed,
            K::response_stream_connection_failed,
            K::response_stream_disconnected,
            K::response_too_many_failed_attempts,
        ] {
            let failure = info.get(key);
            if failure.exists() {
                signals.insert(Signals::NETWORK_ERROR);
                http_status = failure.get(K::http_status_code).number().and_then(|status| u16::try_from(status).ok());
            }
        }
    }
    let message = if error.is_string() { error.text() } else { error.get(K::message).text() };
    Outcome { failed: true, signals, http_status, harness: Pieces::one(message), ..Outcome::default() }
}
