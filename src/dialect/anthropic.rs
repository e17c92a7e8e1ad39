//! Rows of bare Anthropic messages, one a line, as programs that call the API keep them: `{role, content: [blocks]}`, or
//! the API's whole answer, or its error `{"type": "error", "error": {type, message}}`.
//!
//! A turn is from the person's row to the answer that calls no tool of the program's. Rows of words alone do not say
//! whose they are: see [`super::Speakers`]. May not know rules or output.

use super::aliases::{self, Evidence, call_id, passing_id};
use super::claude::{calls, tool_result};
use super::wrapper::content;
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Outcome, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::Agent;

/// One message a row.
pub static MESSAGES: Dialect = Dialect {
    name: "anthropic",
    signs: &[Sign::fields(&[K::role, K::content]), Sign::kinds(&["error"], &[K::error])],
    agent: Agent::Anthropic,
    results_recorded: true,
    is_noise: false,
    claims,
    envelope: |record| Envelope { session: Session::None, ts: aliases::time(record) },
    events,
};

/// The kinds of error that the API answers with.
const ERRORS: &[&str] = &[
    "api_error",
    "authentication_error",
    "billing_error",
    "invalid_request_error",
    "not_found_error",
    "overloaded_error",
    "permission_error",
    "rate_limit_error",
    "request_too_large",
    "timeout_error",
];

fn claims(record: &Record<'_>) -> bool {
    if record.has(K::role) {
        let is_message = !record.has(K::type_) || record.get(K::type_).is("message");
        return is_message
            && record.get(K::role).is_one_of(&["user", "assistant"])
            && !record.has(K::message)
            && (record.get(K::content).items().any(is_own_block)
                || (record.has_all(&[K::content, K::stop_reason]) && record.get(K::role).is("assistant")));
    }
    record.has_all(&[K::type_, K::error])
        && record.get(K::type_).is("error")
        && (record.field_count() == 2 || record.has_only(&[K::type_, K::error, K::request_id]))
        && record.get(K::error).get(K::message).is_string()
        && record.get(K::error).get(K::type_).is_one_of(ERRORS)
}

/// A block that no other format of messages has.
fn is_own_block(block: Value<'_>) -> bool {
    let kind = block.get(K::type_).text();
    match () {
        () if kind.is_one_of(&["tool_use", "server_tool_use", "mcp_tool_use"]) => {
            block.get(K::id).is_string() && block.get(K::name).is_string()
        }
        () if kind.is("tool_result") || kind.ends_with("_tool_result") => block.get(K::tool_use_id).is_string(),
        () => false,
    }
}

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let body = record.get(K::content);
    if record.get(K::role).is("assistant") {
        let is_due = calls(body, passing_id, emit);
        end_turn(record, is_due, emit);
    } else if record.get(K::role).is("user") {
        let results = || body.items().filter(|block| block.get(K::type_).is("tool_result"));
        let is_alone = results().nth(1).is_none();
        for block in results() {
            tool_result(record, block, is_alone, passing_id, emit);
        }
    } else {
        let mut evidence = Evidence::default();
        evidence.fail(Signals::NONE);
        evidence.add_error(record.get(K::error));
        // A request of its own: an answer that was told before it is not told again.
        let id = call_id(record.get(K::request_id).text());
        emit(Event::RunFailed { id, is_receipt: false, outcome: evidence.outcome() });
        emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: None });
    }
}

/// `is_due`: the message calls a tool whose result the program is to give.
fn end_turn(record: &Record<'_>, is_due: bool, emit: &mut Emit<'_>) {
    let stop = record.get(K::stop_reason);
    let (end, outcome) = match () {
        () if stop.is("refusal") => {
            let (signals, harness) = (Signals::REFUSED, content(record.get(K::content)));
            (TurnEnd::Failed, Some(Outcome { failed: true, signals, harness, ..Outcome::default() }))
        }
        () if stop.is_one_of(&["tool_use", "pause_turn"]) || is_due => return,
        () => (TurnEnd::Completed, None),
    };
    emit(Event::TurnEnded { id: None, end, outcome });
}
