//! Claude Code: transcripts on disk of 2025 and 2026, and `--output-format stream-json`.
//!
//! Both carry Anthropic messages in an envelope of one record a line: `sessionId` on disk, `session_id` in a stream.
//! Results are blocks of `user` records; several may stand on one line. Ids of calls and of records are unique in the
//! world: resumed and forked files copy them. Key order is not given. May not know rules or output.

use super::aliases::{self, began};
use super::wrapper::{call_id, content, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{CallId, Envelope, Event, Job, JobId, Outcome, Scope, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::{Agent, Tool};
use crate::text::{Pieces, Text};

/// Both carriers.
pub static TRANSCRIPT: Dialect = Dialect {
    name: "claude",
    signs: &[
        Sign::kinds(&["user", "assistant"], &[K::message]),
        Sign::kinds(&["system"], &[]),
        Sign::kinds(&["result"], &[K::session_id, K::subtype]),
        Sign::kinds(&NOISE_KINDS, &[]),
    ],
    agent: Agent::ClaudeCode,
    results_recorded: true,
    is_noise: false,
    claims,
    envelope: |record| {
        let id = record.get(if record.has(K::sessionId) { K::sessionId } else { K::session_id }).text();
        let session = if id.is_empty() { Session::None } else { Session::Id(id) };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events,
};

/// Record types that hold no evidence, and a field that each of them has.
const NOISE: &[(&str, K)] = &[
    ("summary", K::leafUuid),
    ("file-history-snapshot", K::messageId),
    ("file-history-delta", K::messageId),
    ("custom-title", K::sessionId),
    ("ai-title", K::sessionId),
    ("agent-name", K::sessionId),
    ("last-prompt", K::sessionId),
    ("mode", K::mode),
    ("permission-mode", K::sessionId),
    ("pr-link", K::sessionId),
    ("bridge-session", K::sessionId),
    ("cost-state", K::sessionId),
    ("relocated", K::sessionId),
    ("queue-operation", K::operation),
    ("attachment", K::attachment),
    ("progress", K::data),
    ("stream_event", K::session_id),
    ("tool_progress", K::session_id),
    ("rate_limit_event", K::session_id),
    ("auth_status", K::session_id),
    ("control_request", K::request_id),
    ("control_response", K::response),
    ("conversation_reset", K::session_id),
];

/// Their types.
const NOISE_KINDS: [&str; NOISE.len()] = {
    let mut kinds = [""; NOISE.len()];
    let mut at = 0;
    while at < NOISE.len() {
        #[allow(clippy::indexing_slicing, reason = "bounded by the loop, at compile time")]
        {
            kinds[at] = NOISE[at].0;
        }
        at += 1;
    }
    kinds
};

fn claims(record: &Record<'_>) -> bool {
    if !record.has(K::type_) || record.has(K::payload) {
        return false;
    }
    let kind = record.get(K::type_).text();
    let is_stream = record.has(K::session_id);
    if kind.is_one_of(&["user", "assistant"]) {
        let message = record.get(K::message);
        return message.get(K::content).exists()
            && message.get(K::role).is_string()
            && (record.has(K::sessionId) || (is_stream && record.has(K::parent_tool_use_id)));
    }
    if kind.is("system") {
        // Qwen Code's system records have the same envelope and a payload of their own.
        if record.has(K::systemPayload) {
            return false;
        }
        return record.has_all(&[K::sessionId, K::uuid]) && (record.has(K::subtype) || record.has(K::content))
            || is_stream && record.has(K::subtype) && (record.has(K::uuid) || record.has(K::claude_code_version));
    }
    if kind.is("result") {
        return is_stream
            && record.has_all(&[K::subtype, K::num_turns])
            && (record.has(K::total_cost_usd) || record.has(K::uuid) || record.has(K::permission_denials));
    }
    if kind.is_one_of(&["attachment", "progress"]) {
        // Many a log has these words; here they hold a typed object.
        return record.first_of(&[K::attachment, K::data]).get(K::type_).is_string();
    }
    NOISE.iter().any(|(word, field)| kind.is(word) && record.has(*field))
}

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    if kind.is("assistant") {
        assistant(record, emit);
    } else if kind.is("user") {
        user(record, emit);
    } else if kind.is("system") {
        system(record, emit);
    } else if kind.is("result") {
        result(record, emit);
    } else if kind.is("queue-operation") {
        notice(content(record.get(K::content)).first(), emit);
    } else if kind.is("attachment") {
        let attachment = record.get(K::attachment);
        notice(content(attachment.first_of(&[K::prompt, K::content])).first(), emit);
    }
}

/// A record of a sub-agent: its prompts and ends are no turns of the session.
pub(super) fn is_sub_agent(record: &Record<'_>) -> bool {
    record.get(K::isSidechain).is_true() || record.get(K::parent_tool_use_id).is_string()
}

fn is_stream(record: &Record<'_>) -> bool {
    !record.has(K::sessionId)
}

/// The record's id, which a copy of it keeps; one that a fork made under an id of its own names the first one.
fn record_id<'line>(record: &Record<'line>) -> Option<CallId<'line>> {
    let first = record.get(K::forkedFrom).get(K::messageUuid);
    let id = if first.is_string() { first } else { record.get(K::uuid) }.text();
    (!id.is_empty()).then_some(CallId { scope: Scope::World, id })
}

fn assistant(record: &Record<'_>, emit: &mut Emit<'_>) {
    let message = record.get(K::message);
    calls(message.get(K::content), call_id, emit);
    if record.get(K::isApiErrorMessage).is_true() {
        let outcome = api_error(record);
        return if is_sub_agent(record) {
            emit(Event::SubAgentFailed { id: record_id(record), outcome });
        } else {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(outcome) });
        };
    }
    if is_sub_agent(record) || is_stream(record) {
        return;
    }
    let stop = message.get(K::stop_reason);
    if stop.is("refusal") {
        let mut outcome = Outcome { failed: true, ..Outcome::default() };
        outcome.signals.insert(Signals::REFUSED);
        outcome.harness = content(message.get(K::content));
        emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(outcome) });
    } else if stop.is_one_of(&["end_turn", "stop_sequence", "max_tokens"]) && !message.get(K::model).is("<synthetic>") {
        emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
    }
}

/// What ids mean in a log.
pub(super) type ReadId = for<'line> fn(Text<'line>) -> Option<CallId<'line>>;

/// The calls of a message, and the results of tools that the provider ran. True where an answer to a call is due.
pub(super) fn calls(content: Value<'_>, id: ReadId, emit: &mut Emit<'_>) -> bool {
    let mut is_due = false;
    for block in content.items() {
        let kind = block.get(K::type_).text();
        if kind.is_one_of(&["tool_use", "server_tool_use", "mcp_tool_use"]) {
            let tool = if kind.is("mcp_tool_use") { Tool::MCP } else { tool(block.get(K::name)) };
            is_due |= kind.is("tool_use");
            emit(began(id(block.get(K::id).text()), tool, block.get(K::input)));
        } else if block.get(K::tool_use_id).is_string() && kind.ends_with("_tool_result") {
            server_result(block, id, emit);
        }
    }
    is_due
}

/// The result of a tool that the provider ran: its failure is a block of its own, without a flag; that of an MCP tool
/// has one.
fn server_result(block: Value<'_>, id: ReadId, emit: &mut Emit<'_>) {
    let result = block.get(K::content);
    let mut outcome = Outcome::default();
    if result.get(K::type_).text().ends_with("_tool_result_error") {
        let code = result.get(K::error_code).text();
        outcome.failed = true;
        outcome.signals = aliases::kind(code);
        outcome.harness.push(code);
    } else if block.get(K::is_error).is_true() {
        outcome.failed = true;
        outcome.harness = content(result);
        outcome.program = outcome.harness;
    }
    emit(Event::CallEnded { id: id(block.get(K::tool_use_id).text()), tool: None, job: Job::None, outcome });
}

/// A prompt or a marker of the person's, by its beginning, that begins no turn.
const INJECTED: &[&str] = &[
    "<command-name>",
    "<command-message>",
    "<local-command-stdout>",
    "<local-command-stderr>",
    "<local-command-caveat>",
    "<bash-input>",
    "<bash-stdout>",
    "<bash-stderr>",
    "Caveat: The messages below were generated by the user while running local commands",
];

fn user(record: &Record<'_>, emit: &mut Emit<'_>) {
    let body = record.get(K::message).get(K::content);
    let results = || body.items().filter(|block| block.get(K::type_).is("tool_result"));
    let is_alone = results().nth(1).is_none();
    let mut has_result = false;
    for block in results() {
        has_result = true;
        tool_result(record, block, is_alone, call_id, emit);
    }
    if has_result {
        return;
    }
    let text = content(body).first();
    if text.is_one_of(&["[Request interrupted by user]", "[Request interrupted by user for tool use]"]) {
        if !is_sub_agent(record) {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Aborted, outcome: None });
        }
        return;
    }
    if text.starts_with("<task-notification>") {
        return notice(text, emit);
    }
    let is_injected = record.get(K::isMeta).is_true()
        || record.get(K::isCompactSummary).is_true()
        || record.get(K::isVisibleInTranscriptOnly).is_true()
        || record.get(K::isReplay).is_true()
        || record.get(K::isSynthetic).is_true()
        || record.get(K::promptSource).is("queued")
        || record.get(K::origin).get(K::kind).is("task-notification")
        || INJECTED.iter().any(|beginning| text.starts_with(beginning));
    if !is_injected && !is_sub_agent(record) && !is_stream(record) {
        emit(Event::TurnBegan { id: record_id(record), results_told: true, by_prompt: true });
    }
}

/// `is_alone`: the record holds no other result, so that what stands beside the message is this one's.
pub(super) fn tool_result(record: &Record<'_>, block: Value<'_>, is_alone: bool, id: ReadId, emit: &mut Emit<'_>) {
    let id = id(block.get(K::tool_use_id).text());
    let sidecar = record.first_of(&[K::toolUseResult, K::tool_use_result]);
    let pieces = content(block.get(K::content));
    let mut outcome = Outcome { failed: block.get(K::is_error).is_true(), ..Outcome::default() };
    let mut job = Job::None;
    let launched = sidecar.get(K::backgroundTaskId).id();
    if !launched.is_empty() {
        job = Job::Launched(JobId::new(launched));
    }
    if !outcome.failed {
        if is_alone && let Some((polled, end)) = polled(sidecar, &pieces) {
            outcome = end;
            job = polled;
        }
        return emit(Event::CallEnded { id, tool: None, job, outcome });
    }
    outcome.signals = denial(record, sidecar);
    let first = pieces.first();
    let (line, rest) = strip_error(first).split_line();
    if let Some(code) = line.strip_prefix("Exit code ").and_then(|code| code.number()) {
        outcome.exit_code = exit_code(code);
        outcome.harness = Pieces::one(line);
        outcome.program = pieces;
        outcome.program.replace_first(rest);
        // The runner's own sentence about its time limit stands under the code.
        if rest.starts_with("Command timed out after ") {
            let (sentence, rest) = rest.split_line();
            outcome.harness.push(sentence);
            outcome.program.replace_first(rest);
        }
    } else {
        outcome.harness = pieces;
        let text = unwrap_tool_error(first);
        if text.starts_with("Sibling tool call errored") || text.starts_with("Cancelled: parallel tool call") {
            outcome.signals.insert(Signals::FOLLOWER);
        } else if text.is_one_of(&["[Request interrupted by user for tool use]", "[Tool use was interrupted]"]) {
            outcome.signals.insert(Signals::INTERRUPTED);
        } else if !first.starts_with("<tool_use_error>") {
            // Before exit codes were told, a shell's result was what the program printed.
            outcome.program = pieces;
        }
    }
    emit(Event::CallEnded { id, tool: None, job, outcome });
}

fn strip_error(text: Text<'_>) -> Text<'_> {
    text.strip_prefix("Error: ").unwrap_or(text)
}

fn unwrap_tool_error(text: Text<'_>) -> Text<'_> {
    strip_error(text.strip_prefix("<tool_use_error>").unwrap_or(text))
}

/// What the record itself says of a refusal.
fn denial(record: &Record<'_>, sidecar: Value<'_>) -> Signals {
    let kind = record.get(K::toolDenialKind);
    if kind.is_string() {
        let shutdown = record.get(K::interruptedByShutdown).is_true();
        return match () {
            () if shutdown || kind.is("interrupted") => Signals::INTERRUPTED,
            () if kind.is("cancelled") => Signals::CANCELLED,
            () if kind.is("user-rejected") => Signals::USER_DECLINED,
            () => Signals::DENIED,
        };
    }
    if sidecar.is("User rejected tool use") { Signals::USER_DECLINED } else { Signals::NONE }
}

/// What a poll on a background task tells of it: `TaskOutput` and `BashOutput` succeed, whatever became of the task.
fn polled<'line>(sidecar: Value<'line>, pieces: &Pieces<'line>) -> Option<(Job, Outcome<'line>)> {
    let task = if sidecar.get(K::task).is_object() { sidecar.get(K::task) } else { sidecar };
    let id = task.first_of(&[K::task_id, K::shellId]).id();
    let text = pieces.first();
    let (status, code, id) = if task.get(K::status).is_string() && !id.is_empty() {
        (task.get(K::status).text(), task.first_of(&[K::exitCode, K::exit_code]).exit_code(), id)
    } else if text.starts_with("<retrieval_status>") || text.starts_with("<status>") {
        let code = element(text, "<exit_code>").and_then(|code| code.leading_number()).and_then(exit_code);
        (element(text, "<status>")?, code, element(text, "<task_id>").unwrap_or(Text::EMPTY))
    } else {
        return None;
    };
    let job = if id.is_empty() { Job::None } else { Job::Polls(JobId::new(id)) };
    let mut outcome = Outcome { exit_code: code, ..Outcome::default() };
    outcome.signals.insert(Signals::POLL);
    if status.is_one_of(&["failed", "killed", "stopped"]) || code.is_some_and(|code| code != 0) {
        outcome.failed = true;
        if code.is_none() || !status.is("failed") {
            outcome.signals.insert(Signals::JOB_LOST);
        }
        outcome.program.push(task.first_of(&[K::output, K::stdout]).text());
        outcome.program.push(task.get(K::stderr).text());
        if outcome.program.is_blank() {
            outcome.program = *pieces;
        }
    }
    Some((job, outcome))
}

/// What stands in an element of a runner's markup, up to the next tag.
fn element<'line>(text: Text<'line>, tag: &str) -> Option<Text<'line>> {
    let (_, rest) = text.split_once(tag)?;
    rest.split_once("</").map(|(inside, _)| inside)
}

/// A notification that a background task ended.
fn notice(text: Text<'_>, emit: &mut Emit<'_>) {
    if !text.starts_with("<task-notification>") {
        return;
    }
    let status = element(text, "<status>").unwrap_or(Text::EMPTY);
    let task = element(text, "<task-id>").unwrap_or(Text::EMPTY);
    let id = element(text, "<tool-use-id>").and_then(call_id);
    let summary = element(text, "<summary>").unwrap_or(Text::EMPTY);
    task_ended(task, id, status, summary, emit);
}

fn task_ended(task: Text<'_>, id: Option<CallId<'_>>, status: Text<'_>, summary: Text<'_>, emit: &mut Emit<'_>) {
    if !status.is_one_of(&["completed", "failed", "killed", "stopped"]) {
        return;
    }
    let code = summary.split_once("exit code ").and_then(|(_, code)| code.leading_number()).and_then(exit_code);
    let mut outcome = Outcome { exit_code: code, ..Outcome::default() };
    outcome.signals.insert(Signals::JOB_NOTICE);
    outcome.failed = !status.is("completed") || code.is_some_and(|code| code != 0);
    if outcome.failed {
        outcome.harness.push(summary);
        if code.is_none() {
            outcome.signals.insert(Signals::JOB_LOST);
        }
    }
    let job = if task.is_empty() { Job::None } else { Job::Polls(JobId::new(task)) };
    emit(Event::CallEnded { id, tool: None, job, outcome });
}

fn system(record: &Record<'_>, emit: &mut Emit<'_>) {
    let subtype = record.get(K::subtype);
    if subtype.is("turn_duration") {
        if !is_sub_agent(record) {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        }
    } else if subtype.is_one_of(&["api_error", "api_retry"]) {
        emit(Event::Retry);
    } else if subtype.is("init") && is_stream(record) {
        emit(Event::TurnBegan { id: record_id(record), results_told: true, by_prompt: false });
    } else if subtype.is("task_notification") {
        let id = call_id(record.get(K::tool_use_id).text());
        let (task, status) = (record.get(K::task_id).text(), record.get(K::status).text());
        task_ended(task, id, status, record.get(K::summary).text(), emit);
    } else if subtype.is("permission_denied")
        && let Some(id) = call_id(record.get(K::tool_use_id).text())
    {
        emit(Event::CallNoted { id, signals: Signals::DENIED });
    }
}

/// The end of a turn in a stream: `success` with `is_error` means that the last request failed.
pub(super) fn result(record: &Record<'_>, emit: &mut Emit<'_>) {
    let subtype = record.get(K::subtype);
    let is_error = record.get(K::is_error).is_true() || subtype.text().starts_with("error_");
    if record.get(K::terminal_reason).text().starts_with("aborted") {
        return emit(Event::TurnEnded { id: None, end: TurnEnd::Aborted, outcome: None });
    }
    if !is_error {
        return emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
    }
    let mut outcome = api_error(record);
    outcome.harness = content(record.get(K::result));
    let error = record.get(K::error);
    outcome.harness.push(if error.is_object() { error.get(K::message).text() } else { error.text() });
    for error in record.get(K::errors).items() {
        outcome.harness.push(error.text());
    }
    if subtype.is_one_of(&["error_max_turns", "error_max_budget_usd", "error_max_structured_output_retries"]) {
        outcome.signals.insert(Signals::BUDGET_SPENT);
    }
    emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(outcome) });
}

/// Why a request finally failed: a code of the CLI's, an HTTP status, and its sentence.
fn api_error<'line>(record: &Record<'line>) -> Outcome<'line> {
    let error = record.get(K::error);
    let code = if error.is_object() { error.first_of(&[K::type_, K::code]) } else { error };
    let known = code.text().lookup(&[
        ("rate_limit", Signals::SERVICE_LIMIT),
        ("overloaded", Signals::SERVICE_LIMIT),
        ("overloaded_error", Signals::SERVICE_LIMIT),
        ("billing_error", Signals::SERVICE_LIMIT),
        ("server_error", Signals::SERVER_ERROR),
        ("authentication_failed", Signals::UNAUTHENTICATED),
        ("invalid_request", Signals::BAD_REQUEST),
        ("max_output_tokens", Signals::OUTPUT_INCOMPLETE),
    ]);
    let status = record.first_of(&[K::apiErrorStatus, K::api_error_status]).number();
    Outcome {
        failed: true,
        signals: known.unwrap_or_default(),
        http_status: status.and_then(|status| u16::try_from(status).ok()),
        harness: content(record.get(K::message).get(K::content)),
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_of_markup_is_read_up_to_the_next_tag() {
        let text = Text::json(br"<task-notification>\n<task-id>b1</task-id>\n<status>failed</status>");
        assert!(element(text, "<task-id>").is_some_and(|id| id.is("b1")));
        assert!(element(text, "<summary>").is_none());
    }
}
