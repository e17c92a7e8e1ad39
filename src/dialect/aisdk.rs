//! Vercel AI SDK: model messages, bare or in `{id, message}`.
//!
//! `{role, content: [tool-call {toolCallId, toolName, input} | tool-result {toolCallId, output: {type, value}}]}`; the
//! output's type says whether it failed. Version 4 had `result` and `isError`. A turn is from the person's message to
//! the assistant's without a call. May not know rules or output.

use super::aliases::{self, Evidence, began, passing_id};
use super::wrapper::{content, tool};
use super::{Dialect, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::Agent;
use crate::text::Pieces;

/// Messages.
pub static MESSAGES: Dialect = Dialect {
    name: "ai-sdk",
    signs: &[Sign::fields(&[K::message, K::id]), Sign::fields(&[K::role, K::content])],
    agent: Agent::AiSdk,
    results_recorded: true,
    is_noise: false,
    claims: |record| is_wrapped(record) || (is_bare(record) && holds_parts(record.root())),
    envelope: |record| {
        let is_first = is_wrapped(record) && record.get(K::id).number() == Some(0);
        Envelope { session: if is_first { Session::UnnamedHeader } else { Session::None }, ts: aliases::time(record) }
    },
    events: |record, _: &mut Inner, emit| {
        let message = if is_wrapped(record) { record.get(K::message) } else { record.root() };
        if message.get(K::role).is("user") {
            return emit(Event::TurnBegan { id: None, results_told: true, by_prompt: true });
        }
        let mut has_calls = false;
        for part in message.get(K::content).items() {
            let kind = part.get(K::type_).text();
            let id = passing_id(part.get(K::toolCallId).id());
            if kind.is("tool-call") {
                has_calls = true;
                emit(began(id, tool(part.get(K::toolName)), part.first_of(&[K::input, K::args])));
            } else if kind.is("tool-result") {
                let name = part.get(K::toolName);
                let tool = name.is_string().then(|| tool(name));
                emit(Event::CallEnded { id, tool, job: Job::None, outcome: result(part) });
            }
        }
        if message.get(K::role).is("assistant") && !has_calls {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        }
    },
};

/// `{id, message}` with a counting id and nothing else that is known.
fn is_wrapped(record: &Record<'_>) -> bool {
    record.has_all(&[K::id, K::message])
        && !record.has(K::type_)
        && !record.has(K::timestamp)
        && record.get(K::id).number().is_some()
        && !record.get(K::id).is_string()
        && record.get(K::message).get(K::content).exists()
        && record.get(K::message).get(K::role).is_one_of(&["system", "user", "assistant", "tool"])
}

fn is_bare(record: &Record<'_>) -> bool {
    record.has_all(&[K::role, K::content])
        && !record.has(K::type_)
        && record.get(K::role).is_one_of(&["assistant", "tool"])
}

fn holds_parts(message: Value<'_>) -> bool {
    message
        .get(K::content)
        .items()
        .any(|part| part.get(K::toolCallId).is_string() && part.get(K::type_).is_one_of(&["tool-call", "tool-result"]))
}

fn result(part: Value<'_>) -> Outcome<'_> {
    let output = part.get(K::output);
    let value = output.get(K::value);
    if !output.get(K::type_).is_string() {
        let mut evidence = Evidence::default();
        evidence.add_flag(part.get(K::isError).flag().map(|flag| !flag));
        evidence.add_output(part.get(K::result));
        return evidence.outcome();
    }
    let kind = output.get(K::type_);
    if kind.is("execution-denied") {
        let mut outcome = Outcome { failed: true, signals: Signals::DENIED, ..Outcome::default() };
        outcome.harness.push(output.get(K::reason).text());
        return outcome;
    }
    if kind.is_one_of(&["error-text", "error-json"]) {
        let mut harness: Pieces<'_> = if value.is_object() { Pieces::default() } else { content(value) };
        harness.push(value.first_of(&[K::message, K::error, K::text]).text());
        let signals = aliases::kind(value.first_of(&[K::name, K::code, K::type_]).text());
        let mut outcome = Outcome { failed: true, signals, harness, ..Outcome::default() };
        if !value.is_object() {
            outcome.program = harness;
        }
        outcome.exit_code = value.first_of(&[K::exit_code, K::exitCode]).exit_code();
        return outcome;
    }
    // A tool's own object may state how a command ended.
    let mut evidence = Evidence::default();
    evidence.add_facts(value);
    evidence.add_output(value.first_of(&[K::stdout, K::output]));
    evidence.add_output(value.get(K::stderr));
    evidence.outcome()
}
