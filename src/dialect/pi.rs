//! pi, and its forks that write the same lines (OpenClaw and others): session files of version 1 to 3, and `--mode json`.
//!
//! A file begins with `{type: session, id, timestamp, cwd}`; entries are `{type: message, timestamp, message: {role}}`. A
//! tool that fails throws, so `isError` is reliable; what a shell printed ends in the runner's own line. In JSON mode the
//! copies in `message_*`, `turn_end.toolResults` and `agent_end.messages` are passed over, and so are commands that the
//! person ran. May not know rules or output.

use super::aliases::{Evidence, began, call_id};
use super::wrapper::{content, tool, trailing_exit};
use super::{Dialect, Emit, Sign};
use crate::event::{CallId, Envelope, Event, Job, Outcome, Scope, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::Agent;
use crate::text::Text;

/// Both carriers.
pub static SESSION: Dialect = Dialect {
    name: "pi",
    signs: &[
        Sign::kinds(&["message", "message_start", "message_update", "message_end", "turn_end"], &[K::message]),
        Sign::kinds(&["session"], &[K::cwd, K::id, K::timestamp]),
        Sign::kinds(
            &[
                "model_change",
                "thinking_level_change",
                "compaction",
                "branch_summary",
                "custom",
                "custom_message",
                "label",
                "session_info",
            ],
            &[K::id, K::parentId, K::timestamp],
        ),
        Sign::kinds(&["tool_execution_start", "tool_execution_update", "tool_execution_end"], &[K::toolCallId]),
        Sign::kinds(&["agent_start", "turn_start"], &[]),
        Sign::kinds(&["agent_end"], &[K::messages]),
        Sign::kinds(&["auto_retry_start", "auto_retry_end"], &[K::attempt]),
    ],
    agent: Agent::Pi,
    results_recorded: true,
    is_noise: false,
    claims,
    envelope: |record| {
        let session = if record.get(K::type_).is("session") {
            Session::Header { id: record.get(K::id).text(), is_fork: false }
        } else {
            Session::None
        };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events,
};

/// Who speaks in a message.
const ROLES: &[&str] = &[
    "user",
    "assistant",
    "toolResult",
    "bashExecution",
    "custom",
    "hookMessage",
    "branchSummary",
    "compactionSummary",
];

fn claims(record: &Record<'_>) -> bool {
    if !record.has(K::type_) {
        return false;
    }
    let kind = record.get(K::type_).text();
    if record.has(K::timestamp) {
        if record.has(K::message) {
            let message = record.get(K::message);
            return kind.is("message") && message.get(K::role).is_string() && message.get(K::timestamp).is_given();
        }
        if record.has_all(&[K::cwd, K::id]) && kind.is("session") {
            return true;
        }
        if !record.has_all(&[K::id, K::parentId]) {
            return false;
        }
        return (record.has(K::targetId) && kind.is("label"))
            || (record.has(K::customType) && kind.is_one_of(&["custom", "custom_message"]))
            || kind.is_one_of(&[
                "model_change",
                "thinking_level_change",
                "compaction",
                "branch_summary",
                "session_info",
            ]);
    }
    if record.has(K::toolCallId) {
        return record.has(K::toolName)
            && kind.is_one_of(&["tool_execution_start", "tool_execution_update", "tool_execution_end"]);
    }
    if record.has(K::message) {
        let message = record.get(K::message);
        return (kind.is("turn_end") && message.get(K::role).is("assistant"))
            || (kind.is_one_of(&["message_start", "message_update", "message_end"])
                && message.get(K::role).is_one_of(ROLES));
    }
    (record.has_only(&[K::type_]) && kind.is_one_of(&["agent_start", "turn_start"]))
        || (record.has(K::messages) && kind.is("agent_end"))
        || (record.has(K::attempt) && kind.is_one_of(&["auto_retry_start", "auto_retry_end"]))
}

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    let message = record.get(K::message);
    if kind.is("message") {
        entry(record, message, emit);
    } else if kind.is("tool_execution_start") {
        emit(began(call_id(record.get(K::toolCallId).text()), tool(record.get(K::toolName)), record.get(K::args)));
    } else if kind.is("tool_execution_end") {
        let result = record.get(K::result);
        ended(record.root(), record.get(K::isError), result.get(K::content), result.get(K::details), emit);
    } else if kind.is("turn_start") {
        emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
    } else if kind.is("turn_end") {
        end_turn(message, true, emit);
    } else if kind.is("auto_retry_start") {
        emit(Event::Retry);
    } else if kind.is("auto_retry_end") && record.get(K::success).is_false() {
        emit(Event::ModelFailed { outcome: model_outcome(record.get(K::finalError).text()) });
    }
}

/// An entry of a session file.
fn entry(record: &Record<'_>, message: Value<'_>, emit: &mut Emit<'_>) {
    let role = message.get(K::role).text();
    if role.is("assistant") {
        for block in message.get(K::content).items() {
            if block.get(K::type_).is("toolCall") {
                emit(began(call_id(block.get(K::id).text()), tool(block.get(K::name)), block.get(K::arguments)));
            }
        }
        end_turn(message, false, emit);
    } else if role.is("toolResult") {
        ended(message, message.get(K::isError), message.get(K::content), message.get(K::details), emit);
    } else if role.is("user") {
        let id = record.get(K::id).text();
        let id = (!id.is_empty()).then_some(CallId { scope: Scope::Session, id });
        emit(Event::TurnBegan { id, results_told: true, by_prompt: true });
    }
}

/// `is_marked`: the record ends a turn, whatever stands in it; else only a last message of the model does.
fn end_turn(message: Value<'_>, is_marked: bool, emit: &mut Emit<'_>) {
    let stop = message.get(K::stopReason);
    let (end, outcome) = match () {
        () if stop.is("error") => (TurnEnd::Failed, Some(model_outcome(message.get(K::errorMessage).text()))),
        () if stop.is("aborted") => (TurnEnd::Aborted, None),
        () if is_marked || stop.is_one_of(&["stop", "length"]) => (TurnEnd::Completed, None),
        () => return,
    };
    emit(Event::TurnEnded { id: None, end, outcome });
}

fn model_outcome(text: Text<'_>) -> Outcome<'_> {
    let mut evidence = Evidence::default();
    evidence.fail(Signals::NONE);
    evidence.add_harness(text);
    // `529 {"type": "error", ...}`: the service's status stands before its words.
    let mut outcome = evidence.outcome();
    outcome.http_status = text
        .leading_number()
        .filter(|status| (400..=599).contains(status))
        .and_then(|status| u16::try_from(status).ok());
    outcome
}

/// A result: `call` holds its id and the tool's name.
fn ended<'line>(
    call: Value<'line>,
    is_error: Value<'line>,
    body: Value<'line>,
    details: Value<'line>,
    emit: &mut Emit<'_>,
) {
    let mut evidence = Evidence::default();
    evidence.add_flag(is_error.flag().map(|is_error| !is_error));
    evidence.add_facts(details);
    if evidence.has_failed() {
        let pieces = content(body);
        let last = pieces.last();
        let (before, line) = last.split_last_line();
        if let Some((code, printed, _)) =
            trailing_exit(last, &["Command exited with code ", "(Command exited with code "])
        {
            evidence.add_exit(code);
            evidence.add_harness(line);
            evidence.add_program_but_last(&pieces, printed);
        } else if line.starts_with("Command timed out after ") {
            evidence.fail(Signals::TIMED_OUT);
            evidence.add_harness(line);
            evidence.add_program_but_last(&pieces, before);
        } else if line.is_one_of(&["Command aborted", "Operation aborted"]) {
            evidence.fail(Signals::CANCELLED);
            evidence.add_harness(line);
            evidence.add_program_but_last(&pieces, before);
        } else {
            evidence.add_output(body);
        }
    }
    let name = call.get(K::toolName);
    emit(Event::CallEnded {
        id: call_id(call.get(K::toolCallId).text()),
        tool: name.is_string().then(|| tool(name)),
        job: Job::None,
        outcome: evidence.outcome(),
    });
}
