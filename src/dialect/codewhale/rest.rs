//! What is left: the flat shape, the fixtures of evaluations, and files that hold no evidence.
//!
//! - flat: `{event: "tool_call_complete", turn_id?, tool_name, exit_code?, stderr?, error?, success?, ...}`, also in camel
//!   case, as the program's own analyser takes it
//! - evaluations: `{request: {tool, kind, action?}, response_events: [{type: ok | error, ...}]}`
//! - telemetry counters, the index of sessions, the composer's stash, file frecency, the capacity memory before v0.9: known,
//!   and passed over
//!
//! May not know other streams.

use super::result::{read_text, structured};
use super::{began, call_id, local_id, run_outcome, session};
use crate::dialect::wrapper::tool;
use crate::dialect::{Dialect, Emit, Sign, no_envelope, no_events};
use crate::event::{Envelope, Event, Job, Outcome, Signals, TurnEnd};
use crate::scan::{Key as K, Record};
use crate::schema::{Agent, ToolClass};

/// The flat shape.
pub static FLAT: Dialect = Dialect {
    name: "codewhale-flat",
    signs: &[Sign::fields(&[K::event])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has(K::event) {
            return false;
        }
        let event = record.get(K::event).text();
        // A game counts its turns.
        let has_turn = !record.has(K::type_) && record.first_of(&[K::turn_id, K::turnId]).is_string();
        match () {
            () if event.is_one_of(TOOL_ENDS) || event.is("tool_call_started") => {
                record.has(K::tool_name) || record.has(K::toolName)
            }
            () if event.is_one_of(TURN_STARTS) || event.is_one_of(TURN_ENDS) => has_turn && !record.has(K::payload),
            () => event.is("model_response") && has_turn && (record.has(K::success) || record.has(K::error)),
        }
    },
    envelope: |record| {
        let id = record.first_of(&[K::session_id, K::sessionId, K::thread_id]).text();
        let ts = record.first_of(&[K::timestamp, K::created_at, K::createdAt, K::ts]).time();
        Envelope { session: session(id), ts }
    },
    events: |record, _, emit| flat(record, emit),
};

const TOOL_ENDS: &[&str] = &["tool_call_complete", "tool_call_completed"];
const TURN_STARTS: &[&str] = &["turn_started", "turn_start"];
const TURN_ENDS: &[&str] =
    &["turn_complete", "turn_completed", "turn_finished", "turn_end", "turn_failed", "turn_aborted"];

fn flat(record: &Record<'_>, emit: &mut Emit<'_>) {
    let root = record.root();
    let event = record.get(K::event).text();
    let name = root.first_of(&[K::tool_name, K::toolName]);
    let id = call_id(root.first_of(&[K::tool_call_id, K::toolCallId]).id());
    let turn = local_id(root.first_of(&[K::turn_id, K::turnId]).id());
    if event.is_one_of(TOOL_ENDS) {
        let mut outcome = structured(root, root);
        if outcome.failed {
            outcome.harness.push(root.get(K::error).text());
            outcome.program.push(root.get(K::stdout).text());
            outcome.program.push(root.get(K::stderr).text());
        }
        emit(Event::CallEnded { id, tool: Some(tool(name)), job: Job::None, outcome });
    } else if event.is("tool_call_started") {
        emit(began(id, name, record.get(K::input)));
    } else if event.is_one_of(TURN_STARTS) {
        emit(Event::TurnBegan { id: turn, results_told: true, by_prompt: false });
    } else if event.is_one_of(TURN_ENDS) {
        let status = record.get(K::status);
        let end = match () {
            () if event.is("turn_failed") || status.is_one_of(&["failed", "error"]) => TurnEnd::Failed,
            () if event.is("turn_aborted")
                || status.is_one_of(&["interrupted", "cancelled", "canceled", "aborted"]) =>
            {
                TurnEnd::Aborted
            }
            () => TurnEnd::Completed,
        };
        let outcome = (end == TurnEnd::Failed).then(|| run_outcome(record.get(K::error).text(), Signals::NONE));
        emit(Event::TurnEnded { id: turn, end, outcome });
    } else if event.is("model_response") {
        let success = record.get(K::success).flag();
        if success == Some(false) || (success.is_none() && !record.get(K::error).text().is_empty()) {
            let outcome = run_outcome(record.get(K::error).text(), Signals::NONE);
            emit(Event::RunFailed { id: None, is_receipt: false, outcome });
        }
    }
}

/// Fixtures of evaluations: each line is a whole call.
pub static EVAL: Dialect = Dialect {
    name: "codewhale-eval",
    signs: &[Sign::fields(&[K::response_events, K::request])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_only(&[K::request, K::response_events])
            && record.get(K::response_events).is_array()
            && record.get(K::request).get(K::tool).is_string()
    },
    envelope: no_envelope,
    events: |record, _, emit| {
        let tool = tool(record.get(K::request).get(K::tool));
        let mut outcome = Outcome::default();
        for told in record.get(K::response_events).items() {
            if told.get(K::type_).is("error") {
                outcome.failed = true;
                let text = told.get(K::error).text();
                outcome.exit_code = text.number_after("shell exited with ").and_then(crate::scan::exit_code);
                read_text(text, &mut outcome);
                if tool.class() == ToolClass::Shell && outcome.exit_code.is_none() {
                    outcome.program.push(text);
                }
            }
        }
        emit(Event::CallEnded { id: None, tool: Some(tool), job: Job::None, outcome });
    },
};

/// Counters, indexes, stashes: no evidence of any call.
pub static NOISE: Dialect = Dialect {
    name: "codewhale-noise",
    signs: &[
        Sign::fields(&[K::event]),
        Sign::fields(&[K::ts]),
        Sign::fields(&[K::rollout_path, K::thread_id, K::thread_name]),
        Sign::fields(&[K::last_used, K::path, K::count]),
    ],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: true,
    claims: |record| match () {
        () if record.has(K::event) => is_telemetry(record),
        () if record.has(K::ts) => {
            let is_stash = record.has_only(&[K::ts, K::text]) && record.get(K::ts).text().ends_with("Z");
            is_stash && record.get(K::text).is_string() && record.get(K::ts).time().is_some() || is_capacity(record)
        }
        () => {
            record.has_all(&[K::thread_id, K::thread_name, K::rollout_path])
                || record.has_only(&[K::path, K::count, K::last_used])
        }
    },
    envelope: no_envelope,
    events: no_events,
};

fn is_telemetry(record: &Record<'_>) -> bool {
    let event = record.get(K::event).text();
    match () {
        () if event.is("install_or_upgrade") => {
            record.has_only(&[K::event, K::kind, K::previous_version]) || record.has_only(&[K::event, K::kind])
        }
        () if event.is("session_start") => {
            record.has_only(&[K::event, K::source])
                && record.get(K::source).is_one_of(&["interactive", "resume", "fork", "exec"])
        }
        () if event.is("session_end") => {
            record.get(K::exit_class).is_one_of(&["clean", "signal", "panic", "error"]) && record.has(K::errors)
        }
        () => event.is("panic") && record.has_only(&[K::event, K::site]),
    }
}

/// The capacity memory: whether a call that was played again came out the same is no failure of a call.
fn is_capacity(record: &Record<'_>) -> bool {
    record.has_all(&[K::id, K::turn_index, K::risk_band, K::canonical_state])
}
