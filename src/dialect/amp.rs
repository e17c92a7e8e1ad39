//! Amp's `--stream-json`: the lines of Claude Code's stream, with thread ids that begin with `T-`.
//!
//! A shell's result is a JSON object in a string, `{"output", "exitCode"}`, under a flag that says success whatever the
//! code. A run is one turn: from its first line to `result`. May not know rules or output.

use super::aliases::{call_id, session_of};
use super::claude::{calls, is_sub_agent, result, tool_result};
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Signals};
use crate::parse::Inner;
use crate::scan::{Key as K, Record};
use crate::schema::Agent;
use crate::text::{Pieces, Text};

/// Lines of a run.
pub static STREAM: Dialect = Dialect {
    name: "amp",
    signs: &[
        Sign::kinds(&["user", "assistant"], &[K::session_id, K::message]),
        Sign::kinds(&["system", "result"], &[K::session_id, K::subtype]),
    ],
    agent: Agent::Amp,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::session_id, K::type_])
            && record.get(K::session_id).text().starts_with("T-")
            && match record.get(K::type_) {
                kind if kind.is_one_of(&["user", "assistant"]) => record.get(K::message).get(K::content).is_array(),
                kind => kind.is_one_of(&["system", "result"]) && record.has(K::subtype),
            }
    },
    envelope: |record| Envelope { session: session_of(record.get(K::session_id)), ts: record.get(K::timestamp).time() },
    events,
};

fn events(record: &Record<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    let body = record.get(K::message).get(K::content);
    if kind.is("system") {
        if record.get(K::subtype).is("init") {
            emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
        }
    } else if kind.is("assistant") {
        calls(body, call_id, emit);
    } else if kind.is("user") {
        let results = || body.items().filter(|block| block.get(K::type_).is("tool_result"));
        let is_alone = results().nth(1).is_none();
        for block in results() {
            match shell(block.get(K::content).text(), inner) {
                Some(outcome) => {
                    let id = call_id(block.get(K::tool_use_id).text());
                    emit(Event::CallEnded { id, tool: None, job: Job::None, outcome });
                }
                None => tool_result(record, block, is_alone, call_id, emit),
            }
        }
        // A run that goes on with a person's words has no second first line.
        if results().next().is_none() && !is_sub_agent(record) {
            emit(Event::StepBegan);
        }
    } else {
        result(record, emit);
    }
}

/// What the runner says of a command that ran.
fn shell<'inner>(body: Text<'_>, inner: &'inner mut Inner) -> Option<Outcome<'inner>> {
    if !body.starts_with("{") {
        return None;
    }
    let told = inner.read(body)?;
    let code = told.get(K::exitCode).exit_code()?;
    if !told.get(K::output).is_string() {
        return None;
    }
    let failed = code != 0;
    let program = if failed { Pieces::one(told.get(K::output).text()) } else { Pieces::default() };
    Some(Outcome { failed, exit_code: Some(code), signals: Signals::SHELL_LINE, program, ..Outcome::default() })
}
