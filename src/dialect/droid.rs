//! Factory Droid: sessions on disk, and `droid exec --output-format stream-json`.
//!
//! A session begins with `{type: session_start, id, cwd}`; its messages are Anthropic's, in entries with ids and times.
//! The stream tells calls and results as lines of their own, each with its session. In both, the last line of what a
//! command printed may be the runner's: `[Process exited with code N]`. May not know rules or output.

use super::aliases::{Evidence, began, call_id, session_of};
use super::claude::{calls, tool_result};
use super::wrapper::{content, tool, trailing_exit};
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Session, Signals, TurnEnd};
use crate::scan::{Key as K, Record, Value};
use crate::schema::{Agent, ToolClass};
use crate::text::{Pieces, Text};

/// Sessions on disk.
pub static SESSION: Dialect = Dialect {
    name: "droid-session",
    signs: &[
        Sign::kinds(&["message"], &[K::message, K::id, K::timestamp]),
        Sign::kinds(&["todo_state", "compaction_state"], &[K::id, K::timestamp]),
        Sign::kinds(&["session_start"], &[K::id, K::cwd, K::version]),
    ],
    agent: Agent::Droid,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        let kind = record.get(K::type_).text();
        if record.has(K::message) {
            // pi's entries differ from these only in that their messages have a time of their own.
            let message = record.get(K::message);
            return record.has_all(&[K::id, K::timestamp])
                && kind.is("message")
                && !message.get(K::timestamp).is_given()
                && message.get(K::role).is_one_of(&["user", "assistant"])
                && message.get(K::content).is_array();
        }
        if record.has(K::timestamp) {
            return record.has(K::id) && kind.is_one_of(&["todo_state", "compaction_state"]);
        }
        record.has_all(&[K::id, K::cwd, K::version])
            && kind.is("session_start")
            && (record.has(K::owner) || record.has(K::sessionTitle))
    },
    envelope: |record| {
        let is_first = record.get(K::type_).is("session_start");
        let session =
            if is_first { Session::Header { id: record.get(K::id).id(), is_fork: false } } else { Session::None };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: |record, _, emit| {
        let message = record.get(K::message);
        let body = message.get(K::content);
        if message.get(K::role).is("assistant") {
            let speaks = body.items().any(|block| block.get(K::type_).is("text"));
            if !calls(body, call_id, emit) && speaks {
                emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
            }
        } else if message.is_object() {
            entry(record, body, emit);
        }
    },
};

/// A message of the person's, or results.
fn entry(record: &Record<'_>, body: Value<'_>, emit: &mut Emit<'_>) {
    let results = || body.items().filter(|block| block.get(K::type_).is("tool_result"));
    let is_alone = results().nth(1).is_none();
    for block in results() {
        let pieces = content(block.get(K::content));
        match exit_line(&pieces).filter(|_| !block.get(K::is_error).is_false()) {
            Some(mut outcome) => {
                if !block.get(K::is_error).is_true() {
                    outcome.signals.insert(Signals::SHELL_LINE);
                }
                let id = call_id(block.get(K::tool_use_id).text());
                emit(Event::CallEnded { id, tool: None, job: Job::None, outcome });
            }
            None => tool_result(record, block, is_alone, call_id, emit),
        }
    }
    if results().next().is_none() {
        emit(Event::TurnBegan { id: call_id(record.get(K::id).id()), results_told: true, by_prompt: true });
    }
}

/// What the runner's last line says of a command.
fn exit_line<'line>(body: &Pieces<'line>) -> Option<Outcome<'line>> {
    let (code, before, line) = trailing_exit(body.last(), &["[Process exited with code "])?;
    let mut outcome = Outcome { failed: code != 0, exit_code: Some(code), ..Outcome::default() };
    if outcome.failed {
        outcome.harness = Pieces::one(line);
        outcome.program = *body;
        outcome.program.replace_last(before);
    }
    Some(outcome)
}

/// Lines of a run.
pub static STREAM: Dialect = Dialect {
    name: "droid-stream",
    signs: &[Sign::kinds(
        &["tool_call", "tool_result", "message", "completion", "reasoning", "error", "system"],
        &[K::session_id, K::timestamp],
    )],
    agent: Agent::Droid,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has_all(&[K::session_id, K::timestamp, K::type_]) {
            return false;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if record.has(K::toolName) => kind.is("tool_call") && record.has(K::parameters),
            () if record.has(K::isError) => kind.is("tool_result") && stream_id(record).is_given(),
            () if record.has(K::role) => {
                kind.is("message")
                    && record.has_all(&[K::text, K::id])
                    && record.get(K::role).is_one_of(&["user", "assistant"])
            }
            () if record.has(K::finalText) => kind.is("completion"),
            () if record.has(K::text) => kind.is("reasoning") && record.has(K::id),
            () if record.has(K::source) => kind.is("error") && record.has(K::message),
            () => kind.is("system") && record.has_all(&[K::tools, K::model]) && record.get(K::subtype).is("init"),
        }
    },
    envelope: |record| Envelope { session: session_of(record.get(K::session_id)), ts: record.get(K::timestamp).time() },
    events: |record, _, emit| {
        let kind = record.get(K::type_).text();
        if kind.is("tool_call") {
            let id = call_id(stream_id(record).id());
            emit(began(id, tool(record.get(K::toolName)), record.get(K::parameters)));
        } else if kind.is("tool_result") {
            stream_result(record, emit);
        } else if kind.is("message") && record.get(K::role).is("user") {
            emit(Event::TurnBegan { id: call_id(record.get(K::id).id()), results_told: true, by_prompt: true });
        } else if kind.is("completion") {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        } else if kind.is("error") {
            let mut evidence = Evidence::default();
            evidence.fail(Signals::NONE);
            evidence.add_harness(record.get(K::message).text());
            emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(evidence.outcome()) });
        }
    },
};

/// A call's id: `toolCallId` in older streams.
fn stream_id<'line>(record: &Record<'line>) -> Value<'line> {
    record.first_of(&[K::toolCallId, K::id])
}

fn stream_result(record: &Record<'_>, emit: &mut Emit<'_>) {
    let name = record.first_of(&[K::toolName, K::toolId]);
    let named = name.is_string().then(|| tool(name));
    let is_shell = named.is_some_and(|tool| tool.class() == ToolClass::Shell);
    let printed: Text<'_> = record.get(K::value).text();
    // Only a shell's last line is the runner's.
    let told = if is_shell { exit_line(&Pieces::one(printed)) } else { None };
    let outcome = match told {
        Some(outcome) if outcome.failed || !record.get(K::isError).is_true() => outcome,
        _ => Evidence::of(record.root()).outcome(),
    };
    emit(Event::CallEnded { id: call_id(stream_id(record).id()), tool: named, job: Job::None, outcome });
}
