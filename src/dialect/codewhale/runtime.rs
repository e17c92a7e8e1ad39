//! The runtime's own events: threads, turns and items.
//!
//! - thread events of v1 and v2, `{schema_version, seq, timestamp, thread_id, turn_id?, item_id?, event, payload}`, and
//!   the same from the API, with `kind` and null ids
//! - the lifecycle outbox: the API's envelope, `event` with underscores
//! - the protocol's messages, `{event, thread_id, session_id, ...}`, bare or under `event` of an envelope
//!
//! A tool's name stands on the start of its item only; what fails is told by `item.failed`, and for a client's own tool
//! by `tool_call.*` too. `turn.completed` is the end of failed and interrupted turns as well. May not know other streams.

use super::result::{job, read_test_run, read_text, structured};
use super::{began, began_as, call_id, local_id, run_outcome, session};
use crate::dialect::wrapper::{named, tool};
use crate::dialect::{Dialect, Emit, Sign};
use crate::event::{CallId, Envelope, Event, Job, Outcome, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::{Agent, Tool};
use crate::text::Text;

/// Thread events, on disk and from the API.
pub static RUNTIME: Dialect = Dialect {
    name: "codewhale-runtime",
    signs: &[Sign::fields(&[K::event, K::payload])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has_all(&[K::event, K::payload]) || !record.get(K::event).is_string() {
            return false;
        }
        let event = record.get(K::event).text();
        if record.has(K::thread_id) {
            let is_ours = FAMILIES.iter().any(|family| event.starts_with(family));
            return is_ours && record.has_all(&[K::seq, K::schema_version]);
        }
        // Cut out of its thread.
        event.starts_with("approval.") && record.get(K::payload).get(K::approval_id).exists()
    },
    envelope,
    events: |record, inner, emit| {
        let event = record.get(K::event).text();
        if event.is("item.delta") {
            // The stream of what the model says.
        } else if event.starts_with("item.") {
            item(record, inner, emit);
        } else if event.starts_with("tool_call.") {
            client_tool(event, record.get(K::payload), emit);
        } else {
            thread_event(event, record, emit);
        }
    },
};

/// The beginnings of the events' names.
const FAMILIES: &[&str] = &[
    "item.",
    "turn.",
    "tool_call.",
    "approval.",
    "thread.",
    "thread_",
    "agent.",
    "agent_mail.",
    "user_input.",
    "sandbox.",
    "coherence.",
];

/// What supervisors are told: starts and ends of sessions, turns and sub-agents.
pub static OUTBOX: Dialect = Dialect {
    name: "codewhale-outbox",
    signs: &[Sign::fields(&[K::event, K::kind, K::payload, K::thread_id])],
    agent: Agent::Codewhale,
    results_recorded: false,
    is_noise: false,
    claims: |record| record.has_all(&[K::event, K::kind, K::payload, K::thread_id]) && is_lifecycle(record),
    envelope: |record| {
        let mut envelope = envelope(record);
        // A run without a terminal knows no turn, and its thread only at the end: both ends are joined by their order.
        if !record.get(K::turn_id).is_string() && record.get(K::event).text().starts_with("turn_") {
            envelope.session = Session::None;
        }
        envelope
    },
    events: |record, _, emit| {
        let event = record.get(K::event).text();
        let id = local_id(record.get(K::turn_id).text());
        if event.is("turn_start") {
            emit(Event::TurnBegan { id, results_told: false, by_prompt: false });
        } else if event.is("turn_end") {
            let payload = record.get(K::payload);
            let status = payload.get(K::status);
            let kind = record.get(K::kind).text().strip_prefix("turn.").unwrap_or(Text::EMPTY);
            end_turn(id, if status.is_string() { status.text() } else { kind }, payload, emit);
        }
    },
};

/// The protocol's messages, bare or in an envelope.
pub static MESSAGE: Dialect = Dialect {
    name: "codewhale-message",
    signs: &[Sign::fields(&[K::thread_id, K::event, K::session_id])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::event, K::thread_id, K::session_id])
            && message(record).get(K::event).is_one_of(&[
                "turn_started",
                "response_delta",
                "tool_call_started",
                "tool_call_complete",
                "turn_complete",
                "turn_usage",
                "compaction_started",
                "compaction_completed",
                "error",
            ])
    },
    envelope: |record| Envelope {
        session: session(record.get(K::session_id).text()),
        ts: record.first_of(&[K::timestamp, K::created_at]).time(),
    },
    events: |record, _, emit| message_events(message(record), emit),
};

fn envelope<'line>(record: &Record<'line>) -> Envelope<'line> {
    let ts = record.first_of(&[K::timestamp, K::created_at]).time();
    Envelope { session: session(record.get(K::thread_id).text()), ts }
}

fn is_lifecycle(record: &Record<'_>) -> bool {
    record.get(K::event).is_one_of(&[
        "session_start",
        "turn_start",
        "turn_end",
        "turn_stalled",
        "subagent_spawn",
        "subagent_complete",
        "session_end",
    ])
}

fn item_id<'line>(record: &Record<'line>) -> Option<CallId<'line>> {
    local_id(record.get(K::item_id).text())
}

fn thread_event(event: Text<'_>, record: &Record<'_>, emit: &mut Emit<'_>) {
    let payload = record.get(K::payload);
    let turn = local_id(record.get(K::turn_id).text());
    if event.is("turn.started") {
        emit(Event::TurnBegan { id: turn, results_told: true, by_prompt: false });
    } else if event.is("turn.completed") {
        let told = payload.get(K::turn);
        end_turn(turn, told.get(K::status).text(), told, emit);
    } else if event.is_one_of(&["approval.decided", "approval.timeout"]) {
        if let Some(id) = call_id(payload.get(K::approval_id).text())
            && !payload.get(K::decision).is("allow")
        {
            // Nobody answered, or a setting did; else a person.
            let is_timeout = event.is("approval.timeout") || payload.get(K::timeout).is_true();
            let is_person = !is_timeout && !payload.get(K::auto).is_true();
            let signals = if is_person { Signals::USER_DECLINED } else { Signals::DENIED };
            emit(Event::CallNoted { id, signals });
        }
    } else if event.is("sandbox.denied")
        && let Some(id) = call_id(payload.get(K::tool_id).text())
    {
        emit(Event::CallNoted { id, signals: Signals::SANDBOX_DENIED });
    }
}

/// `turn.completed` covers failed and interrupted turns too: the status in it tells.
fn end_turn<'line>(id: Option<CallId<'line>>, status: Text<'line>, told: Value<'line>, emit: &mut Emit<'_>) {
    let end = match () {
        () if status.is("failed") => TurnEnd::Failed,
        () if status.is_one_of(&["interrupted", "canceled", "cancelled", "aborted"]) => TurnEnd::Aborted,
        () => TurnEnd::Completed,
    };
    let outcome = (end == TurnEnd::Failed).then(|| run_outcome(error_text(told), Signals::NONE));
    emit(Event::TurnEnded { id, end, outcome });
}

fn error_text(told: Value<'_>) -> Text<'_> {
    let error = told.get(K::error);
    if error.is_object() { error.get(K::message).text() } else { error.text() }
}

/// An item of a turn: a tool's call, or an error of the model or its provider.
fn item(record: &Record<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let event = record.get(K::event).text();
    let payload = record.get(K::payload);
    let id = item_id(record);
    if event.is("item.started") {
        let called = payload.get(K::tool);
        if called.is_object() {
            if let (Some(id), Some(also)) = (id, call_id(called.get(K::id).text())) {
                emit(Event::CallNamed { id, also });
            }
            emit(began(id, called.get(K::name), called.get(K::input)));
        }
        return;
    }
    let is_failed = event.is("item.failed");
    if !is_failed && !event.is("item.completed") {
        return;
    }
    let item = payload.get(K::item);
    let kind = item.get(K::kind).text();
    let detail = item.get(K::detail);
    if kind.is("error") {
        if is_failed {
            let text = if detail.is_string() { detail } else { item.get(K::summary) }.text();
            emit(Event::RunFailed { id, is_receipt: false, outcome: run_outcome(text, Signals::NONE) });
        }
    } else if kind.is_one_of(&["tool_call", "file_change", "command_execution"]) {
        let metadata = item.get(K::metadata);
        let mut outcome = structured(metadata, metadata);
        // The words there may be about somebody else; the exit code and the shell's own state are read all the same.
        let by_shell = outcome.exit_code.is_some_and(|code| code != 0) || metadata.get(K::status).is("TimedOut");
        outcome.failed = is_failed || by_shell;
        // The summary begins with the tool's name: where the item's start was not seen, there is no other.
        let summary = item.get(K::summary).text();
        let (name, said) = summary.split_once(": ").unwrap_or((Text::EMPTY, summary));
        let tool = Some(named(name.strip_suffix(" failed").unwrap_or(name)));
        if outcome.failed {
            read_text(if detail.is_string() { detail.text() } else { said }, &mut outcome);
        } else {
            outcome.signals = Signals::NONE;
            let tell = |outcome: Outcome<'_>| emit(Event::CallEnded { id, tool, job: Job::None, outcome });
            if read_test_run(detail.text(), inner, tell) {
                return;
            }
        }
        emit(Event::CallEnded { id, tool, job: job(metadata), outcome });
    }
}

/// A tool that the client of the API runs. Its name is nobody's but the client's.
fn client_tool(event: Text<'_>, payload: Value<'_>, emit: &mut Emit<'_>) {
    let id = call_id(payload.get(K::call_id).text());
    if event.is("tool_call.requested") {
        let is_named = payload.get(K::namespace).is_given();
        return emit(began_as(id, if is_named { Tool::OTHER } else { tool(payload.get(K::tool)) }));
    }
    if event.is_one_of(&["tool_call.resolved", "tool_call.canceled", "tool_call.timeout"]) {
        let mut outcome = structured(payload, payload);
        if event.is("tool_call.timeout") {
            outcome.failed = true;
            outcome.signals.insert(Signals::TIMED_OUT);
        } else if event.is("tool_call.canceled") {
            outcome.failed = true;
            outcome.signals.insert(Signals::CANCELLED);
        }
        emit(Event::CallEnded { id, tool: None, job: Job::None, outcome });
    }
}

/// The message itself, without its envelope.
fn message<'line>(record: &Record<'line>) -> Value<'line> {
    let event = record.get(K::event);
    if event.is_object() { event } else { record.root() }
}

fn message_events(message: Value<'_>, emit: &mut Emit<'_>) {
    let event = message.get(K::event).text();
    let id = call_id(message.get(K::tool_call_id).text());
    if event.is("turn_started") {
        let id = local_id(message.get(K::turn_id).text());
        emit(Event::TurnBegan { id, results_told: true, by_prompt: false });
    } else if event.is("turn_complete") {
        // Its id is another one than the start's.
        end_turn(None, message.get(K::status).text(), message, emit);
    } else if event.is("tool_call_started") {
        emit(began(id, message.get(K::tool_name), message.get(K::input)));
    } else if event.is("tool_call_complete") {
        let result = message.get(K::result);
        let mut outcome: Outcome<'_> = structured(result, result.get(K::metadata));
        if outcome.failed {
            read_text(result.first_of(&[K::content, K::error, K::output]).text(), &mut outcome);
        }
        emit(Event::CallEnded {
            id,
            tool: Some(tool(message.get(K::tool_name))),
            job: job(result.get(K::metadata)),
            outcome,
        });
    } else if event.is("error") {
        let outcome = run_outcome(message.get(K::message).text(), Signals::NONE);
        emit(Event::RunFailed { id: None, is_receipt: false, outcome });
    }
}
