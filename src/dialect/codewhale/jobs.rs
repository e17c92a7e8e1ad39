//! Work that is handed to others: the fleet's ledger of workers, and workflow runs with their children.
//!
//! - `{record: "...", run_id | event | receipt | run | entry}`: one failed attempt of a task is told by up to four records
//! - `{kind: snapshot | progress | event, run_id | run, event?}`: snapshots repeat the events before them
//!
//! A task is a call of the run's session, known by its task id, so that however often it is told it counts once. A run's
//! own status repeats its tasks'. A workflow's `task_started` is a child, no turn. May not know other streams.

use super::result::read_text;
use super::{began_as, local_id, run_outcome, session};
use crate::dialect::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Signals};
use crate::scan::{Key as K, Record, Value};
use crate::schema::{Agent, Tool};
use crate::time::Seconds;

/// The fleet's ledger.
pub static FLEET: Dialect = Dialect {
    name: "codewhale-fleet",
    signs: &[Sign::fields(&[K::record])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has(K::record)
            && !record.has(K::type_)
            && record.get(K::record).is_one_of(&[
                "replay_epoch",
                "run_created",
                "run_status_changed",
                "task_enqueued",
                "task_leased",
                "task_completed_or_failed",
                "task_lifecycle_checkpoint",
                "task_attempt_finalized",
                "event_appended",
                "event_sequence_checkpoint",
                "heartbeat",
                "receipt_recorded",
                "alert_sent",
            ])
    },
    envelope: |record| {
        let told = told(record);
        let run = if told.get(K::run_id).exists() { told.get(K::run_id) } else { record.get(K::run).get(K::id) };
        let ts = told.first_of(&[K::timestamp, K::completed_at, K::leased_at, K::enqueued_at, K::created_at]);
        Envelope { session: session(run.text()), ts: ts.time() }
    },
    events: |record, _, emit| {
        let kind = record.get(K::record);
        let told = told(record);
        let id = local_id(told.get(K::task_id).text());
        if kind.is("task_leased") {
            return emit(began_as(id, Tool::OTHER));
        }
        let outcome = match () {
            () if kind.is_one_of(&["event_appended", "task_attempt_finalized"]) => worker_state(told),
            () if kind.is("receipt_recorded") => receipt(told),
            () if kind.is("task_completed_or_failed") => ended(told.get(K::status)),
            () => None,
        };
        if let Some(outcome) = outcome {
            emit(Event::CallEnded { id, tool: None, job: Job::None, outcome });
        }
    },
};

/// Workflow runs.
pub static WORKFLOW: Dialect = Dialect {
    name: "codewhale-workflow",
    signs: &[Sign::fields(&[K::run_id, K::kind]), Sign::fields(&[K::run, K::kind])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has(K::kind) {
            return false;
        }
        let kind = record.get(K::kind).text();
        match () {
            () if kind.is("event") => {
                let event = record.get(K::event);
                record.has(K::run_id) && event.get(K::at_ms).exists() && event.get(K::type_).is_string()
            }
            () if kind.is("snapshot") => {
                record.get(K::run).get(K::run_id).is_string() && record.get(K::run).get(K::status).is_string()
            }
            () => kind.is("progress") && record.has_only(&[K::kind, K::run_id, K::message]),
        }
    },
    envelope: |record| {
        let run = if record.has(K::run) { record.get(K::run).get(K::run_id) } else { record.get(K::run_id) };
        Envelope { session: session(run.text()), ts: workflow_time(record.get(K::event)) }
    },
    events: |record, _, emit| {
        workflow_event(record.get(K::event), emit);
        for event in record.get(K::run).get(K::events).items() {
            workflow_event(event, emit);
        }
    },
};

/// The part of a fleet record that tells of a task.
fn told<'line>(record: &Record<'line>) -> Value<'line> {
    for key in [K::event, K::receipt, K::entry] {
        let part = record.get(key);
        if part.is_object() {
            return part;
        }
    }
    record.root()
}

/// What a worker came to, if it came to an end.
fn worker_state(event: Value<'_>) -> Option<Outcome<'_>> {
    let state = event.get(K::state);
    let mut outcome = Outcome { exit_code: event.get(K::exit_code).exit_code(), ..Outcome::default() };
    if state.is("completed") {
        outcome.failed = outcome.exit_code.is_some_and(|code| code != 0);
        return Some(outcome);
    }
    outcome.failed = true;
    if state.is("failed") {
        read_text(event.get(K::reason).text(), &mut outcome);
    } else if state.is_one_of(&["stale", "cancelled"]) {
        outcome.signals.insert(Signals::JOB_LOST);
    } else {
        return None;
    }
    Some(outcome)
}

fn receipt(receipt: Value<'_>) -> Option<Outcome<'_>> {
    let result = receipt.get(K::result);
    let mut outcome = Outcome::default();
    if result.is("timeout") {
        outcome.failed = true;
        outcome.signals.insert(Signals::JOB_TIMED_OUT);
    } else if result.is("fail") {
        outcome.failed = true;
        if receipt.get(K::failure_kind).is("transport") {
            outcome.signals.insert(Signals::JOB_LOST);
        }
    } else if !result.is_one_of(&["pass", "partial"]) {
        return None;
    }
    Some(outcome)
}

/// The status of a task of the fleet's or of a workflow's child.
fn ended(status: Value<'_>) -> Option<Outcome<'static>> {
    let known = status.text().lookup(&[
        ("failed", Some(Signals::NONE)),
        ("timed_out", Some(Signals::JOB_TIMED_OUT)),
        ("timeout", Some(Signals::JOB_TIMED_OUT)),
        ("cancelled", Some(Signals::JOB_LOST)),
        ("stale", Some(Signals::JOB_LOST)),
        ("budget_exceeded", Some(Signals::BUDGET_SPENT)),
        ("replay_diverged", Some(Signals::NONE)),
        ("completed", None),
        ("succeeded", None),
    ])?;
    Some(Outcome { failed: known.is_some(), signals: known.unwrap_or_default(), ..Outcome::default() })
}

/// When an event of a workflow run happened.
pub fn workflow_time(event: Value<'_>) -> Option<Seconds> {
    event.get(K::at_ms).time()
}

/// An event of a workflow run. One that names no task is known by its time, to the millisecond.
pub fn workflow_event(event: Value<'_>, emit: &mut Emit<'_>) {
    let kind = event.get(K::type_);
    let task = local_id(event.get(K::task_id).text());
    let moment = local_id(event.get(K::at_ms).id());
    if kind.is("task_started") {
        emit(began_as(task, Tool::OTHER));
    } else if kind.is("task_completed") {
        if let Some(outcome) = ended(event.get(K::status)) {
            emit(Event::CallEnded { id: task, tool: None, job: Job::None, outcome });
        }
    } else if kind.is_one_of(&["task_schema_validation_failed", "task_dispatch_failed"]) {
        let mut outcome = Outcome { failed: true, ..Outcome::default() };
        read_text(event.get(K::message).text(), &mut outcome);
        if kind.is("task_schema_validation_failed") {
            outcome.signals.insert(Signals::INVALID_ARGUMENTS);
        }
        emit(Event::CallEnded { id: task.or(moment), tool: None, job: Job::None, outcome });
    } else if kind.is("run_completed") && event.get(K::status).is("failed") && event.get(K::error).is_string() {
        let outcome = run_outcome(event.get(K::error).text(), Signals::NONE);
        emit(Event::RunFailed { id: moment, is_receipt: false, outcome });
    }
}
