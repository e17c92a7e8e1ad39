//! OpenCode (and Kilo and other forks): `run --format json`, and dumps of its event bus with the same parts.
//!
//! `{type, timestamp, sessionID, part}`: a part of type `tool` holds call and result in one. A shell that ends non-zero is
//! `completed` with an exit code in its metadata; one that ran out of time is `completed` with a sentence of the runner's at
//! its end; a call that fits no tool is a completed call of the pseudo-tool `invalid`. May not know rules or output.

use super::aliases::{self, Evidence, Status, began, call_id, session_of};
use super::wrapper::tool;
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::Agent;

/// Lines of a run, and events of the bus.
pub static RUN: Dialect = Dialect {
    name: "opencode",
    signs: &[
        Sign::fields(&[K::sessionID, K::type_]),
        Sign::kinds(&["message.part.updated", "message.updated", "session.error", "session.idle"], &[K::properties]),
    ],
    agent: Agent::Opencode,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has(K::type_) {
            return false;
        }
        let kind = record.get(K::type_).text();
        if record.has(K::sessionID) {
            return record.get(K::part).get(K::type_).is_string()
                || (record.has(K::timestamp)
                    && ((kind.is("error") && record.get(K::error).get(K::name).is_string())
                        || (kind.is("done") && record.has(K::reason))));
        }
        record.has(K::properties)
            && kind.is_one_of(&["message.part.updated", "message.updated", "session.error", "session.idle"])
    },
    envelope: |record| {
        let properties = record.get(K::properties);
        let holders = [record.root(), properties, properties.get(K::part), properties.get(K::info)];
        let id = holders.iter().map(|holder| holder.get(K::sessionID)).find(Value::is_string);
        Envelope { session: id.map_or(Session::None, session_of), ts: aliases::time(record) }
    },
    events,
};

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    let properties = record.get(K::properties);
    if kind.is_one_of(&["error", "session.error"]) {
        let error = if record.has(K::error) { record.get(K::error) } else { properties.get(K::error) };
        fail_turn(error, emit);
    } else if kind.is("done") {
        for rejected in record.get(K::rejected).items() {
            let id = if rejected.is_object() { rejected.get(K::callID) } else { rejected };
            if let Some(id) = call_id(id.text()) {
                emit(Event::CallNoted { id, signals: Signals::DENIED });
            }
        }
        emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
    } else if kind.is("session.idle") {
        emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
    } else {
        let part = record.get(K::part);
        self::part(if part.exists() { part } else { properties.get(K::part) }, emit);
    }
}

fn part(part: Value<'_>, emit: &mut Emit<'_>) {
    let kind = part.get(K::type_).text();
    if kind.is("tool") {
        call(part, emit);
    } else if kind.is("step-start") {
        emit(Event::StepBegan);
    } else if kind.is("step-finish") && !part.get(K::reason).is("tool-calls") {
        emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
    }
}

fn call(part: Value<'_>, emit: &mut Emit<'_>) {
    let state = part.get(K::state);
    let status = state.get(K::status).text();
    let name = part.get(K::tool);
    let id = call_id(part.get(K::callID).text());
    emit(began(id, tool(name), state.get(K::input)));
    if !matches!(aliases::status(status), Some(Status::Fine | Status::Failed(_))) {
        return;
    }
    let mut evidence = Evidence::default();
    evidence.add_status(status);
    evidence.add_facts(state.get(K::metadata));
    evidence.add_error(state.get(K::error));
    let output = state.get(K::output);
    let text = output.text().trim_end();
    if text.ends_with("</shell_metadata>") || text.ends_with("</bash_metadata>") {
        let (before, _) = text.split_last_line();
        let (_, sentence) = before.split_last_line();
        if sentence.contains("terminated command after exceeding timeout") {
            evidence.fail(Signals::TIMED_OUT);
        } else if sentence.starts_with("User aborted the command") {
            evidence.fail(Signals::INTERRUPTED);
        }
    }
    if name.is("invalid") {
        evidence.fail(Signals::INVALID_ARGUMENTS);
    }
    evidence.add_output(output);
    emit(Event::CallEnded { id, tool: Some(tool(name)), job: Job::None, outcome: evidence.outcome() });
}

/// The run's or session's last request failed.
fn fail_turn(error: Value<'_>, emit: &mut Emit<'_>) {
    if error.get(K::name).is("MessageAbortedError") {
        return emit(Event::TurnEnded { id: None, end: TurnEnd::Aborted, outcome: None });
    }
    let mut evidence = Evidence::default();
    evidence.fail(Signals::NONE);
    evidence.add_error(error);
    emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(evidence.outcome()) });
}
