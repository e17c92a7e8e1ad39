//! The app-server: the events that it hands to hooks, and its JSON-RPC answers on standard output.
//!
//! - `{at, event: {type, ...}}`: `tool_lifecycle` tells a tool's phases; the frame `tool_call_result` tells its result
//!   too, under the same `response_id`; a frame `error` is a copy of a failed phase
//! - `{jsonrpc, id, result: {ok, status, execution_kind, response_id, precheck, output?, error?}}`
//!
//! An error there is the debug form of a closed set of kinds. May not know other streams.

use super::result::{read_text, status, structured};
use super::{began_as, call_id, local_id, run_outcome};
use crate::dialect::wrapper::{content, tool};
use crate::dialect::{Dialect, Emit, Sign};
use crate::event::{CallId, Envelope, Event, Job, JobId, Outcome, Scope, Session, Signals, TurnEnd};
use crate::scan::{Key as K, Value};
use crate::schema::Agent;
use crate::text::Text;

/// Hook events.
pub static HOOKS: Dialect = Dialect {
    name: "codewhale-hooks",
    signs: &[Sign::fields(&[K::at, K::event])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_only(&[K::at, K::event])
            && record.get(K::event).get(K::type_).is_one_of(&[
                "response_start",
                "response_delta",
                "response_end",
                "tool_lifecycle",
                "job_lifecycle",
                "approval_lifecycle",
                "generic_event_frame",
            ])
    },
    envelope: |record| Envelope { session: Session::None, ts: record.get(K::at).time() },
    events: |record, _, emit| {
        let event = record.get(K::event);
        let kind = event.get(K::type_).text();
        if kind.is("tool_lifecycle") {
            tool_phase(event, emit);
        } else if kind.is("generic_event_frame") {
            frame(event.get(K::frame), emit);
        } else if kind.is("job_lifecycle") {
            job_phase(event, emit);
        }
    },
};

/// Answers to tool calls on standard output.
pub static APP_SERVER: Dialect = Dialect {
    name: "codewhale-app-server",
    signs: &[Sign::fields(&[K::jsonrpc, K::id, K::result])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has_all(&[K::jsonrpc, K::id, K::result]) {
            return false;
        }
        let result = record.get(K::result);
        (result.get(K::execution_kind).is_string() && result.get(K::response_id).is_string())
            // Its answer to a health check.
            || (result.get(K::status).is("ok") && result.children().count() == 1 && result.source().ends_with("{\"status\":\"ok\"}"))
    },
    envelope: |_| Envelope::default(),
    events: |record, _, emit| {
        let result = record.get(K::result);
        if !result.get(K::execution_kind).is_string() {
            return;
        }
        // The same call in the hooks' events, where ids are made up at random; else the request's.
        let id = call_id(result.get(K::response_id).text()).filter(|id| id.scope == Scope::World).or(Some(CallId {
            scope: Scope::Run,
            id: record.get(K::id).id(),
        })
        .filter(|id| !id.id.is_empty()));
        emit(Event::CallEnded { id, tool: None, job: Job::None, outcome: answer(result) });
    },
};

fn tool_phase(event: Value<'_>, emit: &mut Emit<'_>) {
    let id = call_id(event.get(K::response_id).text());
    let phase = event.get(K::phase);
    let payload = event.get(K::payload);
    let name = event.get(K::tool_name);
    if phase.is_one_of(&["precheck", "dispatching"]) {
        emit(began_as(id, tool(name)));
        if let Some(id) = id
            && payload.get(K::allow).is_false()
            && !payload.get(K::requires_approval).is_true()
        {
            emit(Event::CallNoted { id, signals: Signals::DENIED });
        }
    } else if phase.is_one_of(&["completed", "failed"]) {
        let mut outcome = Outcome { failed: phase.is("failed") || payload.get(K::ok).is_false(), ..Outcome::default() };
        if outcome.failed {
            if payload.get(K::timeout).is_true() {
                outcome.signals.insert(Signals::TIMED_OUT);
            }
            read_call_error(payload.get(K::error).text(), &mut outcome);
        }
        emit(Event::CallEnded { id, tool: Some(tool(name)), job: Job::None, outcome });
    }
}

/// A frame of the protocol. Only what no lifecycle event tells, or tells with more.
fn frame(frame: Value<'_>, emit: &mut Emit<'_>) {
    let event = frame.get(K::event);
    let turn = local_id(frame.get(K::turn_id).text());
    if event.is("tool_call_result") {
        let id = call_id(frame.get(K::response_id).text());
        let mut outcome = output(frame.get(K::output));
        if !outcome.failed && outcome.exit_code.is_none() {
            outcome = Outcome::default();
        }
        emit(Event::CallEnded { id, tool: Some(tool(frame.get(K::tool_name))), job: Job::None, outcome });
    } else if event.is("error") {
        // Of a tool it is the copy of its failed phase.
        let response = frame.get(K::response_id).text();
        if !response.starts_with("tool-") {
            let outcome = run_outcome(frame.get(K::message).text(), Signals::NONE);
            emit(Event::RunFailed { id: None, is_receipt: false, outcome });
        }
    } else if event.is("turn_started") {
        emit(Event::TurnBegan { id: turn, results_told: true, by_prompt: false });
    } else if event.is("turn_complete") {
        let failed = frame.get(K::status).is("failed");
        let outcome = failed.then(|| run_outcome(frame.get(K::error).text(), Signals::NONE));
        emit(Event::TurnEnded { id: turn, end: if failed { TurnEnd::Failed } else { TurnEnd::Completed }, outcome });
    } else if event.is("turn_aborted") {
        emit(Event::TurnEnded { id: turn, end: TurnEnd::Aborted, outcome: None });
    }
}

/// A background job's end is told by a notification only.
fn job_phase(event: Value<'_>, emit: &mut Emit<'_>) {
    let phase = event.get(K::phase);
    let id = event.get(K::job_id).id();
    if id.is_empty() || !phase.is_one_of(&["completed", "failed", "cancelled", "canceled"]) {
        return;
    }
    let mut outcome = Outcome { failed: !phase.is("completed"), ..Outcome::default() };
    outcome.signals.insert(Signals::JOB_NOTICE);
    if outcome.failed {
        outcome.signals.insert(Signals::JOB_LOST);
        outcome.harness.push(event.get(K::detail).text());
    }
    emit(Event::CallEnded { id: None, tool: None, job: Job::Polls(JobId::new(id)), outcome });
}

/// What a tool put out: a function's `{body?, success}`, or an MCP result.
fn output(output: Value<'_>) -> Outcome<'_> {
    if output.get(K::type_).is("mcp") {
        let result = output.get(K::result);
        let failed = result.first_of(&[K::isError, K::is_error]).is_true();
        return Outcome { failed, harness: content(result.get(K::content)), ..Outcome::default() };
    }
    let body = output.get(K::body);
    let mut outcome = structured(output, body);
    if outcome.failed {
        if body.is_string() {
            read_text(body.text(), &mut outcome);
        }
        outcome.program.push(body.get(K::stdout).text());
        outcome.program.push(body.get(K::stderr).text());
    }
    outcome
}

/// The answer to a tool call.
fn answer(result: Value<'_>) -> Outcome<'_> {
    let mut outcome = output(result.get(K::output));
    let status_word = result.get(K::status).text();
    let told = status(status_word);
    let awaits = status_word.is("approval_required");
    outcome.failed |= result.get(K::ok).is_false() && !status_word.is("user_input_required") || told.is_some();
    if !outcome.failed {
        return outcome;
    }
    outcome.signals.insert(told.unwrap_or_default());
    let error = result.get(K::error).text();
    read_call_error(error, &mut outcome);
    let is_bare = error.is_empty() && outcome.harness.is_blank() && outcome.program.is_blank();
    let is_forbidden = is_bare && outcome.exit_code.is_none() && result.get(K::precheck).get(K::allow).is_false();
    if awaits || is_forbidden {
        outcome.signals.insert(Signals::DENIED);
    }
    outcome
}

/// The debug form of a failed call, or a sentence.
fn read_call_error<'line>(error: Text<'line>, outcome: &mut Outcome<'line>) {
    const KINDS: &[(&str, Signals)] = &[
        ("ToolNotFound {", Signals::UNKNOWN_TOOL),
        ("KindMismatch {", Signals::INVALID_ARGUMENTS),
        ("MutatingToolRejected {", Signals::DENIED),
        ("TimedOut {", Signals::TIMED_OUT),
        ("Cancelled {", Signals::CANCELLED),
    ];
    if error.is_empty() {
        return;
    }
    if let Some((_, signals)) = KINDS.iter().find(|(kind, _)| error.starts_with(kind)) {
        return outcome.signals.insert(*signals);
    }
    if error.starts_with("Tool '") && error.contains("' timed out after ") {
        outcome.signals.insert(Signals::TIMED_OUT);
    }
    let said = error.strip_prefix("ExecutionFailed {").and_then(|rest| rest.split_once("error: "));
    match said {
        Some((_, said)) => {
            let said = said.strip_prefix("\\\"").unwrap_or(said);
            read_text(said.strip_prefix("\"").unwrap_or(said), outcome);
        }
        None => outcome.harness.push(error),
    }
}
