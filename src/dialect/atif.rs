//! Agent Trajectory Interchange Format: a trajectory a line, or one of its steps a line.
//!
//! `{schema_version, session_id, steps: [{step_id, source, tool_calls, observation: {results}}]}`. A call and its result
//! stand in one step. No flag and no exit code are standard: what a producer adds under a result's `extra` is read, most
//! failures show only as text on a screen. Steps that were copied from elsewhere and the trajectories of sub-agents are
//! told in files of their own. No turn is told. May not know rules or output.

use super::aliases::{self, Evidence};
use super::wrapper::tool;
use super::{Dialect, Emit, Sign};
use crate::command;
use crate::event::{CallId, Command, Envelope, Event, Job, Scope, Session};
use crate::scan::{Key as K, Record, Value};
use crate::schema::{Agent, ToolClass};

/// Trajectories and steps.
pub static ATIF: Dialect = Dialect {
    name: "atif",
    signs: &[Sign::fields(&[K::steps, K::schema_version]), Sign::fields(&[K::step_id, K::source])],
    agent: Agent::Atif,
    results_recorded: false,
    is_noise: false,
    claims: |record| is_trajectory(record) || is_step(record),
    envelope: |record| {
        if is_trajectory(record) {
            let id = record.get(K::session_id).id();
            let session = if id.is_empty() { Session::UnnamedHeader } else { Session::Id(id) };
            return Envelope { session, ts: None };
        }
        let is_first = record.get(K::step_id).number() == Some(1);
        let session = if is_first { Session::UnnamedHeader } else { aliases::session(record) };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: |record, _, emit| {
        if is_trajectory(record) {
            let scope = if record.get(K::session_id).is_given() { Scope::Session } else { Scope::Run };
            for of in record.get(K::steps).items() {
                step(of, scope, emit);
            }
        } else {
            step(record.root(), Scope::Unanswered, emit);
        }
    },
};

fn is_trajectory(record: &Record<'_>) -> bool {
    record.has_all(&[K::schema_version, K::steps]) && record.get(K::schema_version).text().starts_with("ATIF-")
}

fn is_step(record: &Record<'_>) -> bool {
    record.has_all(&[K::step_id, K::source])
        && ((record.has_all(&[K::message, K::timestamp])) || record.has(K::observation) || record.has(K::tool_calls))
        && record.get(K::source).is_one_of(&["system", "user", "agent"])
        && record.get(K::step_id).number().is_some()
}

fn step(step: Value<'_>, scope: Scope, emit: &mut Emit<'_>) {
    if step.get(K::is_copied_context).is_true() {
        return;
    }
    let calls = step.get(K::tool_calls);
    let results = step.get(K::observation).get(K::results);
    // A result that names no call is the one call's, where there is one call and one result.
    let mut only = None;
    let mut count = 0;
    for call in calls.items() {
        let id = call_id(call.get(K::tool_call_id), scope);
        let tool = tool(call.get(K::function_name));
        let input = call.get(K::arguments).source();
        let command = if tool.class() == ToolClass::Shell {
            input.with_field(&["keystrokes", "command", "cmd"], |text| command::kind(&text)).unwrap_or_default()
        } else {
            Command::Other
        };
        emit(Event::CallBegan { id, tool, command, job: Job::None });
        only = id;
        count += 1;
    }
    let only = only.filter(|_| count == 1 && results.items().count() == 1);
    for result in results.items() {
        let id = call_id(result.get(K::source_call_id), scope).or(only);
        let mut evidence = Evidence::of(result);
        evidence.add(result.get(K::extra));
        let outcome = evidence.outcome();
        // What the environment says of itself answers no call.
        if id.is_some() || outcome.failed {
            emit(Event::CallEnded { id, tool: None, job: Job::None, outcome });
        }
    }
}

fn call_id(id: Value<'_>, scope: Scope) -> Option<CallId<'_>> {
    let id = id.id();
    (!id.is_empty()).then_some(CallId { scope, id })
}
