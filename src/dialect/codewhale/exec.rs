//! `codewhale exec --output-format stream-json`, as it stood on standard output, and the logs of lanes, which copy it.
//!
//! Since v0.9 each line names its schema; the form before, from v0.8.34 on, does not, and its results name no tool:
//! - `{type: tool_use, name, id, input}`, `{type: tool_result, id, name?, output, status, error_category?, ...}`
//! - `{type: error, error}`: final or not; `{type: metadata, meta: {status, error, ...}}`: the receipt at the run's end
//! - `{type: workflow_event, run_id, event}`: a copy of a workflow run's event
//!
//! No line begins a run, so no turn is claimed. May not know other streams.

use super::result::{job, read_test_run, read_text, structured};
use super::{began, call_id, jobs, run_category, run_outcome, session};
use crate::dialect::wrapper::tool;
use crate::dialect::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Session, Signals};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::Agent;
use crate::text::Text;

/// The stream, old and new, and lane logs.
pub static EXEC: Dialect = Dialect {
    name: "codewhale-exec",
    signs: &[
        Sign::fields(&[K::schema, K::type_]),
        Sign::kinds(&["tool_result"], &[K::id, K::output, K::status]),
        Sign::kinds(&["tool_use"], &[K::name, K::id, K::input]),
        Sign::kinds(&["error"], &[K::error]),
        Sign::kinds(&["content", "session_capture"], &[K::content]),
        Sign::kinds(&["metadata"], &[K::meta]),
        Sign::kinds(&["done"], &[]),
        Sign::kinds(&["sandbox_denied"], &[K::tool_id, K::tool_name, K::reason]),
        Sign::kinds(&["workflow_event"], &[K::run_id, K::event]),
        Sign::kinds(&["lane_log", "lane_proxy_error", "lane_process_exit"], &[]),
    ],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| record.has(K::type_) && (record.get(K::schema).is("codewhale.exec-stream") || is_old(record)),
    envelope: |record| {
        let is_copy = record.get(K::type_).is("workflow_event");
        let session = match () {
            () if is_copy => session(record.get(K::run_id).text()),
            // Nothing marks a run's beginning but the end of the one before.
            () if record.get(K::type_).is("done") => Session::Last,
            () => Session::None,
        };
        let ts = record.first_of(&[K::completed_at, K::started_at]).time();
        Envelope { session, ts: if is_copy { jobs::workflow_time(record.get(K::event)) } else { ts } }
    },
    events: |record, inner, emit| {
        let kind = record.get(K::type_).text();
        if kind.is("tool_use") {
            emit(began(call_id(record.get(K::id).text()), record.get(K::name), record.get(K::input)));
        } else if kind.is("tool_result") {
            tool_result(record, inner, emit);
        } else if kind.is("sandbox_denied") {
            if let Some(id) = call_id(record.get(K::tool_id).text()) {
                emit(Event::CallNoted { id, signals: Signals::SANDBOX_DENIED });
            }
        } else if kind.is("workflow_event") {
            jobs::workflow_event(record.get(K::event), emit);
        } else if kind.is("error") {
            let outcome = run_outcome(error_text(record.get(K::error)), Signals::NONE);
            emit(Event::RunFailed { id: None, is_receipt: false, outcome });
        } else if kind.is("metadata") {
            receipt(record.get(K::meta), emit);
        }
    },
};

/// The words with which the program's own fatal errors begin. A line of type `error` has nothing else to be known by.
const FATAL_BEGINNINGS: &[&str] = &[
    "Authentication failed: ",
    "Content policy violation: ",
    "Context length exceeded",
    "Engine stopped before completing the turn.",
    "Invalid request (400)",
    "Maximum model steps reached",
    "Model error: ",
    "Model response incomplete: ",
    "Network error: ",
    "Provider plan quota exhausted",
    "Request timed out after ",
    "Response parsing error: ",
    "Server error (",
    "Stream exceeded maximum duration",
    "Stream stalled: no data received for ",
    "Turn completed without engine output",
];

/// A line that names no schema, but has the fields of one, and no more.
fn is_old(record: &Record<'_>) -> bool {
    let kind = record.get(K::type_).text();
    match () {
        () if kind.is("tool_result") => {
            record.has_all(&[K::id, K::output, K::status])
                && record.get(K::id).is_string()
                && record.get(K::status).is_one_of(&["success", "error"])
                && (record.has(K::name) || record.field_count() == 4)
                && !record.has(K::timestamp)
        }
        () if kind.is("tool_use") => {
            record.has_all(&[K::name, K::id, K::input])
                && (record.field_count() == 4 || (record.has(K::started_at) && record.field_count() == 5))
        }
        () if kind.is("error") => {
            let text = record.get(K::error).text();
            record.has_only(&[K::type_, K::error])
                && (FATAL_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
                    || text.number_after("Rate limit exceeded: ").is_some())
        }
        () if kind.is_one_of(&["content", "session_capture"]) => {
            record.has_only(&[K::type_, K::content]) && record.get(K::content).is_string()
        }
        () if kind.is("metadata") => {
            let meta = record.get(K::meta);
            record.has_only(&[K::type_, K::meta]) && meta.get(K::status).is_string() && meta.get(K::session_id).exists()
        }
        () if kind.is("done") => record.has_only(&[K::type_]),
        () if kind.is("sandbox_denied") => record.has_all(&[K::tool_id, K::tool_name, K::reason]),
        () if kind.is("workflow_event") => record.has(K::run_id) && record.get(K::event).get(K::at_ms).exists(),
        () if kind.is("lane_log") => record.has_all(&[K::stream, K::message]),
        () if kind.is("lane_proxy_error") => record.has_all(&[K::lane_id, K::error]),
        () => kind.is("lane_process_exit") && record.has(K::exit_code),
    }
}

fn tool_result(record: &Record<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let id = call_id(record.get(K::id).text());
    let name = record.get(K::name);
    let tool = name.is_string().then(|| tool(name));
    let metadata = record.get(K::result_metadata);
    let output = record.get(K::output).text();
    let mut outcome = structured(record.root(), metadata);
    if outcome.failed {
        read_text(output, &mut outcome);
    } else if read_test_run(output, inner, |outcome| emit(Event::CallEnded { id, tool, job: Job::None, outcome })) {
        return;
    }
    emit(Event::CallEnded { id, tool, job: job(metadata), outcome });
}

fn error_text(error: Value<'_>) -> Text<'_> {
    if error.is_object() { error.get(K::message).text() } else { error.text() }
}

/// The run's own word at its end. One that a person stopped did not fail.
fn receipt(meta: Value<'_>, emit: &mut Emit<'_>) {
    let reason = meta.get(K::termination_reason);
    let is_stopped = reason.is_one_of(&["canceled", "cancelled"]);
    let failed = meta.get(K::status).is_one_of(&["failed", "error"]) || meta.get(K::error).is_given();
    if !failed || is_stopped {
        return;
    }
    let mut signals = run_category(meta.get(K::error_category));
    signals.insert(run_category(reason));
    let outcome = run_outcome(error_text(meta.get(K::error)), signals);
    emit(Event::RunFailed { id: None, is_receipt: true, outcome });
}
