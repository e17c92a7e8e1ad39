//! Qwen Code: chats on disk, and `--output-format stream-json`.
//!
//! A chat is Claude's envelope around Gemini's content: `{uuid, sessionId, timestamp, type, message: {parts}}`; a result stands as `functionResponse` in the parts, and its
//! status beside it in `toolCallResult`, whose `error` may be an empty object on its own. The telemetry repeats tool calls,
//! which are passed over, and is the only place that tells of API errors. The stream is Claude Code's, line for line: only
//! its first line and its usage say whose it is; see [`super::kin`]. May not know rules or output.

use super::aliases::{Evidence, began, call_id, session_of};
use super::claude;
use super::wrapper::{content, shell_block, shell_text, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::Agent;

/// Chats on disk.
pub static CHAT: Dialect = Dialect {
    name: "qwen",
    signs: &[Sign::fields(&[K::uuid, K::sessionId, K::type_])],
    agent: Agent::Qwen,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::uuid, K::sessionId, K::type_])
            && ((record.has(K::systemPayload) && record.get(K::type_).is("system"))
                || (record.has(K::message) && record.get(K::message).get(K::parts).is_array()))
    },
    envelope: |record| Envelope { session: session_of(record.get(K::sessionId)), ts: record.get(K::timestamp).time() },
    events,
};

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    let parts = record.get(K::message).get(K::parts);
    if kind.is("assistant") {
        let mut calls = 0;
        let mut speaks = false;
        for part in parts.items() {
            let call = part.get(K::functionCall);
            if call.is_object() {
                calls += 1;
                emit(began(call_id(call.get(K::id).text()), tool(call.get(K::name)), call.get(K::args)));
            }
            speaks |= part.get(K::text).is_string() && !part.get(K::thought).is_true();
        }
        if calls == 0 && speaks {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        }
    } else if kind.is("tool_result") {
        result(record.get(K::toolCallResult), parts, emit);
    } else if kind.is("user") {
        if !record.has(K::subtype) {
            let id = call_id(record.get(K::uuid).text());
            emit(Event::TurnBegan { id, results_told: true, by_prompt: true });
        }
    } else if kind.is("system") {
        system(record, emit);
    }
}

fn result(told: Value<'_>, parts: Value<'_>, emit: &mut Emit<'_>) {
    let mut evidence = Evidence::default();
    evidence.add_status(told.get(K::status).text());
    evidence.add_kind(told.get(K::errorType));
    evidence.add_harness(told.get(K::error).get(K::message).text());
    let response = parts.items().map(|part| part.get(K::functionResponse)).find(Value::is_object);
    let name = response.map_or(told.get(K::name), |response| response.get(K::name));
    if let Some(response) = response {
        let body = response.get(K::response);
        let text = body.first_of(&[K::error, K::output]);
        shell_block(name, text, &mut evidence);
    }
    let id = told.get(K::callId);
    let id = if id.is_string() { id } else { response.map_or(id, |response| response.get(K::id)) };
    emit(Event::CallEnded {
        id: call_id(id.text()),
        tool: name.is_string().then(|| tool(name)),
        job: Job::None,
        outcome: evidence.outcome(),
    });
}

fn system(record: &Record<'_>, emit: &mut Emit<'_>) {
    let payload = record.get(K::systemPayload);
    let event = payload.get(K::uiEvent);
    if event.get(K::otel_event_name).text().ends_with(".api_error") {
        let mut evidence = Evidence::of(event);
        evidence.fail(Signals::NONE);
        emit(Event::ModelFailed { outcome: evidence.outcome() });
    } else if record.get(K::subtype).is("turn_result") {
        let mut evidence = Evidence::default();
        evidence.add_status(payload.get(K::status).text());
        evidence.add_error(payload.get(K::error));
        let outcome = evidence.outcome();
        let end = match () {
            () if payload.get(K::status).is_one_of(&["cancelled", "aborted"]) => TurnEnd::Aborted,
            () if outcome.failed => TurnEnd::Failed,
            () => TurnEnd::Completed,
        };
        emit(Event::TurnEnded { id: None, end, outcome: (end == TurnEnd::Failed).then_some(outcome) });
    }
}

/// Lines of a run.
pub static STREAM: Dialect = Dialect {
    name: "qwen-stream",
    signs: &[Sign::kinds(&["system", "assistant"], &[K::session_id, K::uuid])],
    agent: Agent::Qwen,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::session_id, K::uuid, K::type_])
            && match record.get(K::type_) {
                kind if kind.is("system") => {
                    record.has(K::qwen_code_version)
                        || (record.has(K::permission_mode) && !record.has(K::permissionMode))
                }
                kind => {
                    kind.is("assistant")
                        && record.has(K::parent_tool_use_id)
                        && record.get(K::message).get(K::usage).get(K::total_tokens).exists()
                }
            }
    },
    envelope: |record| Envelope { session: session_of(record.get(K::session_id)), ts: record.get(K::timestamp).time() },
    events: |record, _, emit| {
        let kind = record.get(K::type_).text();
        let body = record.get(K::message).get(K::content);
        if kind.is("system") {
            if record.get(K::subtype).is("init") {
                emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
            }
        } else if kind.is("assistant") {
            claude::calls(body, call_id, emit);
        } else if kind.is("user") {
            said(record, body, emit);
        } else if kind.is("result") {
            claude::result(record, emit);
        }
    },
};

/// A person's words, or results.
fn said(record: &Record<'_>, body: Value<'_>, emit: &mut Emit<'_>) {
    let results = || body.items().filter(|block| block.get(K::type_).is("tool_result"));
    let is_alone = results().nth(1).is_none();
    for block in results() {
        let mut evidence = Evidence::default();
        evidence.add_flag(block.get(K::is_error).flag().map(|is_error| !is_error));
        let text = content(block.get(K::content)).first();
        if !evidence.has_failed() {
            evidence.note(Signals::SHELL_LINE);
        }
        if text.starts_with("Command: ") && shell_text(text, &mut evidence) {
            let id = call_id(block.get(K::tool_use_id).text());
            emit(Event::CallEnded { id, tool: None, job: Job::None, outcome: evidence.outcome() });
        } else {
            claude::tool_result(record, block, is_alone, call_id, emit);
        }
    }
    // One first line serves many turns where prompts come by a stream as well.
    if results().next().is_none() && !claude::is_sub_agent(record) {
        emit(Event::StepBegan);
    }
}
