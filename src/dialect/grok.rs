//! Grok CLI: `updates.jsonl`, which is ACP without its envelope, and `chat_history.jsonl`.
//!
//! - updates: `{timestamp, method: session/update, params: {sessionId, update}}`; a call's title is the tool's name
//! - history: `{type: system | user | assistant | tool_result | reasoning | backend_tool_call}`, without any flag, so that
//!   no failure can be seen in it
//!
//! Ids count the calls of a session. May not know rules or output.

use super::aliases::{self, began, passing_id};
use super::jsonrpc;
use super::wrapper::tool;
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Session, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record};
use crate::schema::Agent;

/// `updates.jsonl`.
pub static UPDATES: Dialect = Dialect {
    name: "grok-updates",
    signs: &[Sign::fields(&[K::method, K::params, K::timestamp])],
    agent: Agent::Grok,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::method, K::params, K::timestamp])
            && !record.has(K::jsonrpc)
            && record.get(K::method).text().starts_with("session/")
            && record.get(K::params).get(K::sessionId).is_string()
    },
    envelope: |record| Envelope {
        session: Session::Id(record.get(K::params).get(K::sessionId).text()),
        ts: record.get(K::timestamp).time(),
    },
    events: |record, _, emit| jsonrpc::update(record.get(K::params).get(K::update), true, emit),
};

/// `chat_history.jsonl`.
pub static HISTORY: Dialect = Dialect {
    name: "grok-history",
    signs: &[
        Sign::kinds(&["assistant"], &[K::content, K::model_id]),
        Sign::kinds(&["user"], &[K::content, K::prompt_index]),
        Sign::kinds(&["tool_result"], &[K::tool_call_id, K::content]),
        Sign::kinds(&["backend_tool_call"], &[]),
        Sign::kinds(&["system"], &[K::content]),
    ],
    agent: Agent::Grok,
    results_recorded: false,
    is_noise: false,
    claims: |record| {
        if !record.has(K::type_) || record.has(K::message) {
            return false;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if kind.is("assistant") => record.has_all(&[K::content, K::model_id]),
            () if kind.is("user") => record.has_all(&[K::content, K::prompt_index]),
            () if kind.is("tool_result") => is_bare_result(record),
            () if kind.is("backend_tool_call") => record.get(K::kind).get(K::tool_type).is_string(),
            () => is_first(record),
        }
    },
    envelope: |record| {
        let session = if is_first(record) { Session::UnnamedHeader } else { Session::None };
        Envelope { session, ts: aliases::time(record) }
    },
    events: history,
};

/// The system prompt, with which a history begins.
fn is_first(record: &Record<'_>) -> bool {
    record.has_only(&[K::type_, K::content]) && record.get(K::type_).is("system") && record.get(K::content).is_string()
}

/// A result that has an id and a text and nothing else.
fn is_bare_result(record: &Record<'_>) -> bool {
    record.has_all(&[K::tool_call_id, K::content]) && record.root().children().count() == 3
}

fn history(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    if kind.is("user") {
        emit(Event::TurnBegan { id: None, results_told: true, by_prompt: true });
    } else if kind.is("tool_result") {
        let id = passing_id(record.get(K::tool_call_id).id());
        emit(Event::CallEnded { id, tool: None, job: Job::None, outcome: Outcome::default() });
    } else if kind.is("assistant") {
        let mut has_calls = false;
        for call in record.get(K::tool_calls).items() {
            let id = passing_id(call.get(K::id).id());
            emit(began(id, tool(call.get(K::name)), call.get(K::arguments)));
            has_calls = true;
        }
        if !has_calls {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        }
    }
}
