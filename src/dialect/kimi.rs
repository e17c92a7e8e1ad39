//! Kimi CLI and Kimi Code: `wire.jsonl`.
//!
//! - Kimi CLI: `{timestamp, message: {type: TurnBegin | ToolCall | ToolResult | ..., payload}}`
//! - Kimi Code: `{type: turn.prompt | context.append_loop_event | permission... , event: {type: step.begin | tool.call |
//!   tool.result | step.end}, time}`; a success leaves `isError` out, call ids count from 0 in each session
//!
//! Both begin with `{type: metadata, protocol_version}`. The runner's sentence and what a program printed are two fields,
//! or one. Kimi CLI's `context.jsonl` are rows of a chat. May not know rules or output.

use super::aliases::{self, began};
use super::wrapper::{self, content, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{CallId, Envelope, Event, Job, Outcome, Scope, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::{Agent, Tool};
use crate::text::{Pieces, Text};

/// Both wires.
pub static WIRE: Dialect = Dialect {
    name: "kimi-wire",
    signs: &[
        Sign::kinds(&["metadata"], &[K::protocol_version]),
        Sign::fields(&[K::message, K::timestamp]),
        Sign::fields(&[K::time, K::type_]),
    ],
    agent: Agent::Kimi,
    results_recorded: true,
    is_noise: false,
    claims: |record| is_header(record) || is_cli(record) || is_code(record),
    envelope: |record| {
        let session = if is_header(record) { Session::UnnamedHeader } else { Session::None };
        Envelope { session, ts: record.first_of(&[K::timestamp, K::time, K::created_at]).time() }
    },
    events: |record, _: &mut Inner, emit| {
        if is_cli(record) {
            let message = record.get(K::message);
            cli(message.get(K::type_), message.get(K::payload), false, emit);
        } else {
            code(record, emit);
        }
    },
};

fn is_header(record: &Record<'_>) -> bool {
    record.has_all(&[K::type_, K::protocol_version])
        && record.get(K::type_).is("metadata")
        && record.get(K::protocol_version).is_string()
}

/// Messages of the Kimi CLI that are no calls, results, turns or steps.
const CLI_NOISE: &[&str] = &[
    "ContentPart",
    "ToolCallPart",
    "StatusUpdate",
    "CompactionBegin",
    "CompactionEnd",
    "HookTriggered",
    "HookResolved",
    "SteerInput",
    "Notification",
    "MCPLoadingBegin",
    "MCPLoadingEnd",
    "ToolCallRequest",
    "QuestionRequest",
    "PlanDisplay",
];
const CLI_KINDS: &[&str] = &[
    "TurnBegin",
    "TurnEnd",
    "StepBegin",
    "StepRetry",
    "StepInterrupted",
    "ToolCall",
    "ToolResult",
    "ApprovalRequest",
    "ApprovalResponse",
    "ApprovalRequestResolved",
    "SubagentEvent",
];

fn is_cli(record: &Record<'_>) -> bool {
    if !record.has_all(&[K::message, K::timestamp]) || record.has(K::type_) {
        return false;
    }
    let message = record.get(K::message);
    message.get(K::payload).exists()
        && (message.get(K::type_).is_one_of(CLI_KINDS) || message.get(K::type_).is_one_of(CLI_NOISE))
}

fn is_code(record: &Record<'_>) -> bool {
    if !record.has_all(&[K::type_, K::time]) {
        return false;
    }
    let kind = record.get(K::type_).text();
    (kind.starts_with("context.append_")
        || kind.is_one_of(&["turn.prompt", "turn.steer", "turn.cancel", "turn.ended"])
        || kind.is("permission.record_approval_result"))
        && (!kind.is("context.append_loop_event") || record.get(K::event).get(K::type_).is_string())
}

/// Ids are unique while they wait: they begin anew in each session, and sessions have no ids.
fn call_id(id: Value<'_>) -> Option<CallId<'_>> {
    aliases::passing_id(id.id())
}

/// A message of the Kimi CLI's wire. `nested`: it was sent by a sub-agent, whose turns are none of the session.
fn cli(kind: Value<'_>, payload: Value<'_>, nested: bool, emit: &mut Emit<'_>) {
    if kind.is("ToolCall") {
        let function = payload.get(K::function);
        emit(began(call_id(payload.get(K::id)), tool(function.get(K::name)), function.get(K::arguments)));
    } else if kind.is("ToolResult") {
        let value = payload.get(K::return_value);
        let failed = value.get(K::is_error).is_true();
        let outcome = told(failed, value.get(K::message).text(), content(value.get(K::output)));
        emit(Event::CallEnded { id: call_id(payload.get(K::tool_call_id)), tool: None, job: Job::None, outcome });
    } else if kind.is("ApprovalRequest") {
        if let (Some(id), Some(question)) = (call_id(payload.get(K::tool_call_id)), call_id(payload.get(K::id))) {
            emit(Event::CallAsked { id, question, refusal: REJECT });
        }
    } else if kind.is_one_of(&["ApprovalResponse", "ApprovalRequestResolved"]) {
        if let Some(question) = call_id(payload.get(K::request_id)) {
            let answer = payload.get(K::response).text();
            emit(Event::CallAnswered { question, answer, signals: Signals::USER_DECLINED });
        }
    } else if kind.is("SubagentEvent") && !nested {
        let event = payload.get(K::event);
        cli(event.get(K::type_), event.get(K::payload), true, emit);
    } else if kind.is("StepRetry") {
        emit(Event::Retry);
    } else if nested {
        // Turns of a sub-agent.
    } else if kind.is("TurnBegin") {
        emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
    } else if kind.is("TurnEnd") {
        emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
    }
}

/// The word that refuses.
const REJECT: Text<'static> = Text::plain(b"reject");

/// The runner's line that gives a command's exit code.
const EXIT_LINE: &str = "Command failed with exit code: ";

/// How a call ended: the runner's sentence, and what the tool returned.
fn told<'line>(failed: bool, sentence: Text<'line>, output: Pieces<'line>) -> Outcome<'line> {
    if !failed {
        return Outcome::default();
    }
    let mut outcome = Outcome { failed, program: output, ..Outcome::default() };
    if !sentence.is_empty() {
        outcome.harness.push(sentence);
        outcome.exit_code = sentence.number_after(EXIT_LINE).and_then(exit_code);
    }
    // The sentence stands under the output as well, or there alone.
    if let Some((code, before, line)) = wrapper::trailing_exit(output.last(), &[EXIT_LINE]) {
        outcome.exit_code = Some(code);
        outcome.program.replace_last(before);
        if sentence.is_empty() {
            outcome.harness.push(line);
        }
    } else if sentence.is_empty() {
        outcome.harness = output;
    }
    outcome
}

/// A record of Kimi Code's wire.
fn code(record: &Record<'_>, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    if kind.is("context.append_loop_event") {
        return loop_event(record.get(K::event), emit);
    }
    if kind.is("permission.record_approval_result") {
        let decision = record.get(K::result).get(K::decision);
        if let Some(id) = call_id(record.get(K::toolCallId))
            && decision.is_one_of(&["rejected", "reject", "denied"])
        {
            emit(Event::CallNoted { id, signals: Signals::USER_DECLINED });
        }
    } else if kind.is("turn.cancel") {
        emit(Event::TurnEnded { id: turn_id(record.root()), end: TurnEnd::Aborted, outcome: None });
    } else if kind.is("turn.ended") {
        let reason = record.get(K::reason);
        let error = record.get(K::error);
        let (end, outcome) = if reason.is_one_of(&["failed", "error"]) {
            let mut outcome = Outcome { failed: true, ..Outcome::default() };
            outcome.harness.push(error.text());
            outcome.harness.push(error.get(K::message).text());
            (TurnEnd::Failed, Some(outcome))
        } else if reason.is_one_of(&["cancelled", "canceled", "aborted"]) {
            (TurnEnd::Aborted, None)
        } else {
            (TurnEnd::Completed, None)
        };
        emit(Event::TurnEnded { id: turn_id(record.root()), end, outcome });
    }
}

fn turn_id(node: Value<'_>) -> Option<CallId<'_>> {
    let id = node.get(K::turnId).id();
    (!id.is_empty()).then_some(CallId { scope: Scope::Run, id })
}

fn loop_event(event: Value<'_>, emit: &mut Emit<'_>) {
    let kind = event.get(K::type_);
    if kind.is("tool.call") {
        emit(began(call_id(event.get(K::toolCallId)), tool(event.get(K::name)), event.get(K::args)));
    } else if kind.is("tool.result") {
        let result = event.get(K::result);
        let failed = result.first_of(&[K::isError, K::is_error]).is_true();
        let outcome = told(failed, result.get(K::message).text(), content(result.get(K::output)));
        let tool: Option<Tool> = None;
        emit(Event::CallEnded { id: call_id(event.get(K::toolCallId)), tool, job: Job::None, outcome });
    } else if kind.is("step.begin") {
        // A turn's first step is its beginning; the prompt before it has no id.
        if event.get(K::step).number() == Some(1) {
            emit(Event::TurnBegan { id: turn_id(event), results_told: true, by_prompt: false });
        }
    } else if kind.is("step.end") {
        let reason = event.get(K::finishReason);
        if reason.is_one_of(&["tool_use", "tool_calls"]) || !reason.is_string() {
            return;
        }
        let failed =
            |signals: Signals| (TurnEnd::Failed, Some(Outcome { failed: true, signals, ..Outcome::default() }));
        let (end, outcome) = match () {
            () if reason.is_one_of(&["filtered", "content_filter", "refusal"]) => failed(Signals::REFUSED),
            () if reason.is_one_of(&["max_tokens", "truncated", "length"]) => failed(Signals::OUTPUT_INCOMPLETE),
            () => (TurnEnd::Completed, None),
        };
        emit(Event::TurnEnded { id: turn_id(event), end, outcome });
    }
}
