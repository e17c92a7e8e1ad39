//! Gemini CLI: chats on disk, and `--output-format stream-json`.
//!
//! A chat begins with `{sessionId, projectHash, startTime}`; a message is appended again in full when its tool calls
//! arrive, so that calls are told more than once, each under its id. A shell's non-zero exit is a success to the status:
//! chats show it in the runner's line `Exit Code: N`, the stream hides it. Chats mark no turn's end. May not know rules or
//! output.

use super::aliases::{self, Evidence, Status, began};
use super::wrapper::{shell_block, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{CallId, Envelope, Event, Job, Scope, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::Agent;
use crate::text::Text;

/// Chats on disk.
pub static CHAT: Dialect = Dialect {
    name: "gemini-chat",
    signs: &[
        Sign::kinds(&["gemini", "user", "error"], &[K::id, K::timestamp, K::content]),
        Sign::fields(&[K::projectHash, K::sessionId, K::startTime]),
        Sign::fields(&[K::dollar_set]),
        Sign::fields(&[K::dollar_rewind_to]),
    ],
    agent: Agent::Gemini,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if record.has_all(&[K::id, K::timestamp, K::type_, K::content]) {
            let kind = record.get(K::type_).text();
            return !record.has(K::uuid)
                && !record.has(K::sessionId)
                && (kind.is("gemini")
                    || (kind.is("user") && record.get(K::content).is_array())
                    || (kind.is("error") && is_api_error(record.get(K::content).text())));
        }
        record.has_all(&[K::sessionId, K::projectHash, K::startTime])
            || record.has_only(&[K::dollar_rewind_to])
            || (record.has_only(&[K::dollar_set])
                && record.get(K::dollar_set).first_of(&[K::lastUpdated, K::messages, K::sessionId]).exists())
    },
    envelope: |record| {
        let session = if record.has(K::projectHash) {
            Session::Header { id: record.get(K::sessionId).text(), is_fork: false }
        } else {
            Session::None
        };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: |record, _, emit| {
        for call in record.get(K::toolCalls).items() {
            chat_call(call, emit);
        }
        if record.get(K::type_).is("error") {
            let mut evidence = Evidence::default();
            evidence.fail(Signals::NONE);
            evidence.add_harness(record.get(K::content).text());
            emit(Event::ModelFailed { outcome: evidence.outcome() });
        }
    },
};

/// Lines of a run.
pub static STREAM: Dialect = Dialect {
    name: "gemini-stream",
    signs: &[Sign::kinds(&["tool_use", "tool_result", "message", "init", "error", "result"], &[K::timestamp])],
    agent: Agent::Gemini,
    results_recorded: false,
    is_noise: false,
    claims: |record| {
        if !record.has_all(&[K::type_, K::timestamp]) {
            return false;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if record.has(K::tool_id) => {
                (record.has_all(&[K::tool_name, K::parameters]) && kind.is("tool_use"))
                    || (record.has(K::status) && kind.is("tool_result"))
            }
            () if record.has_all(&[K::role, K::content]) => kind.is("message") && record.get(K::content).is_string(),
            () if record.has(K::model) => {
                kind.is("init") && record.has_only(&[K::type_, K::timestamp, K::session_id, K::model])
            }
            () if record.has(K::severity) => {
                kind.is("error") && record.has_only(&[K::type_, K::timestamp, K::severity, K::message])
            }
            () => {
                record.has_all(&[K::status, K::stats])
                    && kind.is("result")
                    && record.get(K::stats).first_of(&[K::total_tokens, K::tool_calls]).exists()
            }
        }
    },
    envelope: |record| {
        let session = if record.get(K::type_).is("init") {
            Session::Header { id: record.get(K::session_id).text(), is_fork: false }
        } else {
            Session::None
        };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: stream_events,
};

fn is_api_error(text: Text<'_>) -> bool {
    text.starts_with("[API Error")
}

fn id(value: Value<'_>, scope: Scope) -> Option<CallId<'_>> {
    let id = value.text();
    (!id.is_empty()).then_some(CallId { scope, id })
}

/// A call and its result in one.
fn chat_call(call: Value<'_>, emit: &mut Emit<'_>) {
    let id = id(call.get(K::id), Scope::Session);
    let name = call.get(K::name);
    emit(began(id, tool(name), call.get(K::args)));
    let status = call.get(K::status).text();
    if !matches!(aliases::status(status), Some(Status::Fine | Status::Failed(_))) {
        return;
    }
    let mut evidence = Evidence::default();
    evidence.add_status(status);
    for part in call.get(K::result).items() {
        let response = part.get(K::functionResponse).get(K::response);
        evidence.add_harness(response.get(K::error).text());
        shell_block(name, response.get(K::output), &mut evidence);
    }
    emit(Event::CallEnded { id, tool: Some(tool(name)), job: Job::None, outcome: evidence.outcome() });
}

fn stream_events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    if kind.is("tool_use") {
        let id = id(record.get(K::tool_id), Scope::Run);
        emit(began(id, tool(record.get(K::tool_name)), record.get(K::parameters)));
    } else if kind.is("tool_result") {
        let mut evidence = Evidence::of(record.root());
        // Where a command printed nothing, the runner says why in its place.
        let said = record.get(K::output).text().strip_prefix("Command exited with code: ");
        if let Some(code) = said.and_then(|code| code.number()).and_then(exit_code).filter(|_| !evidence.has_failed()) {
            evidence.add_exit(code);
            evidence.note(Signals::SHELL_LINE);
        }
        let outcome = evidence.outcome();
        emit(Event::CallEnded { id: id(record.get(K::tool_id), Scope::Run), tool: None, job: Job::None, outcome });
    } else if kind.is("init") {
        emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
    } else if kind.is("result") {
        let evidence = Evidence::of(record.root());
        let outcome = evidence.outcome();
        let end = if outcome.failed { TurnEnd::Failed } else { TurnEnd::Completed };
        emit(Event::TurnEnded { id: None, end, outcome: outcome.failed.then_some(outcome) });
    }
}
