//! goose: session files of before its database, exports, and `--output-format stream-json`.
//!
//! - session: a header `{working_dir, description, ...}`, then messages `{id, role, created, content: [blocks]}`
//! - stream: `{type: message, message}`, `{type: notification | error | complete}`
//!
//! Blocks are `toolRequest {id, toolCall}` and `toolResponse {id, toolResult}`. Their outer status is the protocol's and
//! says success of a command that failed; an error string begins with a JSON-RPC code. May not know rules or output.

use super::aliases::{Evidence, began, passing_id};
use super::wrapper::{content, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::{Agent, Tool};

/// Session files.
pub static SESSION: Dialect = Dialect {
    name: "goose-session",
    signs: &[
        Sign::fields(&[K::working_dir, K::description, K::message_count]),
        Sign::fields(&[K::created, K::role, K::content]),
    ],
    agent: Agent::Goose,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        is_header(record)
            || (record.has_all(&[K::role, K::created, K::content])
                && !record.has(K::type_)
                && record.get(K::content).items().any(|block| block.get(K::type_).is_string()))
    },
    envelope: |record| {
        let session = if is_header(record) { Session::UnnamedHeader } else { Session::None };
        Envelope { session, ts: record.get(K::created).time() }
    },
    events: |record, _: &mut Inner, emit| blocks(record.get(K::content), emit),
};

/// The stream.
pub static STREAM: Dialect = Dialect {
    name: "goose-stream",
    signs: &[
        Sign::kinds(&["message"], &[K::message]),
        Sign::kinds(&["notification"], &[K::extensionId]),
        Sign::kinds(&["error"], &[K::error]),
        Sign::kinds(&["complete"], &[K::total_tokens]),
    ],
    agent: Agent::Goose,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has(K::type_) {
            return false;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if kind.is("message") => {
                let message = record.get(K::message);
                !record.has(K::timestamp)
                    && message.get(K::created).number().is_some()
                    && message.get(K::content).is_array()
                    && message.get(K::role).is_string()
            }
            () if kind.is("notification") => record.has(K::extensionId),
            () if kind.is("error") => record.has_only(&[K::type_, K::error]) && record.get(K::error).is_string(),
            () => kind.is("complete") && record.has(K::total_tokens),
        }
    },
    envelope: |record| Envelope { session: Session::None, ts: record.get(K::message).get(K::created).time() },
    events: |record, _: &mut Inner, emit| {
        let kind = record.get(K::type_).text();
        if kind.is("message") {
            let message = record.get(K::message);
            let body = message.get(K::content);
            if message.get(K::role).is("user") && !body.items().any(|block| block.get(K::type_).is("toolResponse")) {
                emit(Event::TurnBegan { id: None, results_told: true, by_prompt: true });
            }
            blocks(body, emit);
        } else if kind.is("error") {
            let outcome = Outcome { failed: true, harness: content(record.get(K::error)), ..Outcome::default() };
            emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(outcome) });
        } else if kind.is("complete") {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        }
    },
};

fn is_header(record: &Record<'_>) -> bool {
    record.has_all(&[K::working_dir, K::description, K::message_count]) && !record.has(K::type_)
}

fn blocks(body: Value<'_>, emit: &mut Emit<'_>) {
    for block in body.items() {
        let id = passing_id(block.get(K::id).id());
        if block.get(K::type_).is("toolRequest") {
            let call = block.get(K::toolCall);
            let value = call.get(K::value);
            emit(began(id, called(value.get(K::name)), value.get(K::arguments)));
            // The call could not be read; the response that follows says so as well.
            if let Some(id) = id.filter(|_| call.get(K::status).is("error")) {
                emit(Event::CallNoted { id, signals: Signals::INVALID_ARGUMENTS });
            }
        } else if block.get(K::type_).is("toolResponse") {
            let outcome = result(block.get(K::toolResult));
            emit(Event::CallEnded { id, tool: None, job: Job::None, outcome });
        }
    }
}

/// The tool of a name. Extensions are MCP servers: `extension__tool` that is not public is one's tool.
fn called(name: Value<'_>) -> Tool {
    match tool(name) {
        Tool::OTHER if name.text().contains("__") => Tool::MCP,
        known => known,
    }
}

fn result(result: Value<'_>) -> Outcome<'_> {
    if result.get(K::status).is("error") {
        let error = result.get(K::error).text();
        let rpc_code = error.leading_number().filter(|code| (-32_999..=-32_000).contains(code));
        return Outcome { failed: true, rpc_code, harness: content(result.get(K::error)), ..Outcome::default() };
    }
    let value = result.get(K::value);
    // Very old files hold the bare list of the result's blocks.
    if value.is_object() { Evidence::of(value).outcome() } else { Outcome::default() }
}
