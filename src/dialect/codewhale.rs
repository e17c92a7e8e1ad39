//! CodeWhale, formerly DeepSeek-TUI: its many streams, from v0.3 on.
//!
//! Shapes: runtime events (`{schema_version, seq, thread_id, turn_id?, item_id?, event, payload}`, dotted event names),
//! the flat shape of its own analyser's tests (`{event: tool_call_complete, tool_name, exit_code, stderr, ...}`), and
//! files without any evidence. Tool texts are a `ToolError`'s display or a returned result; the shell's exit stands in
//! the last line of the one and in the first line of the other. May not know rules or output.

use super::wrapper::{tool, trailing_exit};
use super::{Dialect, Emit, no_envelope, no_events};
use crate::command;
use crate::event::{CallId, Command, Envelope, Event, Job, Outcome, Scope, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::{Agent, ToolClass};
use crate::text::{Pieces, Text};

/// Runtime events of v1 and v2, and the API's envelope around them.
pub static RUNTIME: Dialect = Dialect {
    name: "codewhale-runtime",
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::event, K::payload, K::thread_id]) && record.has(K::seq) && record.get(K::event).is_string()
    },
    envelope: |record| {
        let id = record.get(K::thread_id).text();
        let session = if id.is_empty() { Session::None } else { Session::Id(id) };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events: runtime_events,
};

/// The flat shape.
pub static FLAT: Dialect = Dialect {
    name: "codewhale-flat",
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.get(K::event).is_one_of(&["tool_call_complete", "tool_call_completed"])
            && (record.has(K::tool_name) || record.has(K::toolName))
    },
    envelope: |record| {
        let id = record.first_of(&[K::session_id, K::sessionId, K::thread_id]).text();
        let session = if id.is_empty() { Session::None } else { Session::Id(id) };
        Envelope { session, ts: record.first_of(&[K::timestamp, K::created_at, K::createdAt, K::ts]).time() }
    },
    events: |record, _, emit| {
        let root = record.root();
        let mut outcome = structured(root, root);
        if outcome.failed {
            outcome.harness.push(root.get(K::error).text());
            outcome.program.push(root.get(K::stdout).text());
            outcome.program.push(root.get(K::stderr).text());
        }
        let name = root.first_of(&[K::tool_name, K::toolName]);
        let id = session_id(root.first_of(&[K::tool_call_id, K::toolCallId]).id());
        emit(Event::CallEnded { id, tool: Some(tool(name)), job: Job::None, outcome });
    },
};

/// Counters, indexes, stashes: no evidence of any call.
pub static NOISE: Dialect = Dialect {
    name: "codewhale-noise",
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: true,
    claims: |record| {
        record.has_all(&[K::thread_id, K::thread_name, K::rollout_path])
            || record.has_all(&[K::path, K::count, K::last_used])
    },
    envelope: no_envelope,
    events: no_events,
};

fn session_id(id: Text<'_>) -> Option<CallId<'_>> {
    (!id.is_empty()).then_some(CallId { scope: Scope::Session, id })
}

fn runtime_events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let event = record.get(K::event);
    let payload = record.get(K::payload);
    let turn = session_id(record.get(K::turn_id).text());
    if event.is("item.delta") {
        // The stream of what the model says.
    } else if event.is("turn.started") {
        emit(Event::TurnBegan { id: turn, results_told: true, by_prompt: false });
    } else if event.is("turn.completed") {
        end_turn(turn, payload.get(K::turn), emit);
    } else if event.is("item.started") {
        let called = payload.get(K::tool);
        if called.is_object() {
            let tool = tool(called.get(K::name));
            let command = if tool.class() == ToolClass::Shell {
                called.get(K::input).source().with_field(&["command"], |text| command::kind(&text)).unwrap_or_default()
            } else {
                Command::Other
            };
            emit(Event::CallBegan { id: item_id(record), tool, command, job: Job::None });
        }
    } else if event.is_one_of(&["item.failed", "item.completed"]) {
        let item = payload.get(K::item);
        let kind = item.get(K::kind);
        if kind.is_one_of(&["tool_call", "file_change", "command_execution"]) {
            let mut outcome = structured(item.get(K::metadata), item.get(K::metadata));
            outcome.failed |= event.is("item.failed");
            if outcome.failed {
                read_tool_text(item.first_of(&[K::detail, K::summary]).text(), &mut outcome);
            }
            emit(Event::CallEnded { id: item_id(record), tool: None, job: Job::None, outcome });
        } else if kind.is("error") && event.is("item.failed") {
            let outcome = model_outcome(item.first_of(&[K::detail, K::summary]).text());
            emit(Event::ModelFailed { outcome });
        }
    }
}

fn item_id<'line>(record: &Record<'line>) -> Option<CallId<'line>> {
    session_id(record.get(K::item_id).text())
}

/// `turn.completed` covers failed and interrupted turns too: the status in it tells.
fn end_turn(id: Option<CallId<'_>>, turn: Value<'_>, emit: &mut Emit<'_>) {
    let status = turn.get(K::status);
    let end = match () {
        () if status.is("failed") => TurnEnd::Failed,
        () if status.is_one_of(&["interrupted", "canceled", "cancelled"]) => TurnEnd::Aborted,
        () => TurnEnd::Completed,
    };
    let outcome = (end == TurnEnd::Failed).then(|| model_outcome(turn.get(K::error).text()));
    emit(Event::TurnEnded { id, end, outcome });
}

fn model_outcome(text: Text<'_>) -> Outcome<'_> {
    Outcome { failed: true, harness: Pieces::one(text), ..Outcome::default() }
}

/// What the fields of a result and of its metadata say.
fn structured<'line>(result: Value<'line>, metadata: Value<'line>) -> Outcome<'line> {
    let code = metadata.first_of(&[K::exit_code, K::exitCode, K::return_code]).exit_code();
    let mut outcome = Outcome { exit_code: code, ..Outcome::default() };
    let status = result.first_of(&[K::status, K::state, K::outcome]);
    let success = result.first_of(&[K::success, K::ok]).flag();
    let is_error = result.first_of(&[K::is_error, K::isError]).is_true();
    let known = status.text().lookup(&[
        ("failed", Signals::NONE),
        ("Failed", Signals::NONE),
        ("error", Signals::NONE),
        ("errored", Signals::NONE),
        ("failure", Signals::NONE),
        ("denied", Signals::DENIED),
        ("timed_out", Signals::TIMED_OUT),
        ("timeout", Signals::TIMED_OUT),
        ("TimedOut", Signals::TIMED_OUT),
        ("invalid_arguments", Signals::INVALID_ARGUMENTS),
        ("cancelled", Signals::CANCELLED),
        ("canceled", Signals::CANCELLED),
        ("Killed", Signals::CANCELLED),
        ("stale", Signals::JOB_LOST),
    ]);
    outcome.failed = match code {
        Some(code) if code != 0 => true,
        Some(_) if known.is_none_or(Signals::is_empty) => success == Some(false) || is_error,
        _ => success == Some(false) || is_error || known.is_some() || !result.get(K::error).text().is_empty(),
    };
    if outcome.failed {
        outcome.signals.insert(known.unwrap_or_default());
        if metadata.get(K::sandbox_denied).is_true() {
            outcome.signals.insert(Signals::SANDBOX_DENIED);
        }
        if metadata.get(K::sandbox_network_restricted).is_true() {
            outcome.signals.insert(Signals::NETWORK_RESTRICTED);
        }
    }
    outcome
}

/// Takes a tool's text apart: the runner's own words, what a program printed, and the exit code between them.
fn read_tool_text<'line>(text: Text<'line>, outcome: &mut Outcome<'line>) {
    let body = text.strip_prefix("Error: ").unwrap_or(text);
    let inside = body.strip_prefix("Failed to execute tool: ").unwrap_or(body);
    if let Some((code, program, line)) = trailing_exit(inside, &["Command exited with code "]) {
        outcome.exit_code = outcome.exit_code.or(Some(code));
        outcome.harness.push(line);
        outcome.program.push(program);
        return;
    }
    let (before, last) = inside.split_last_line();
    if last.starts_with("Command timed out after ") || last.is("Command aborted") {
        outcome.signals.insert(if last.is("Command aborted") { Signals::CANCELLED } else { Signals::TIMED_OUT });
        outcome.harness.push(last);
        outcome.program.push(before);
        return;
    }
    if let Some((head, rest)) = inside.split_once("Command failed (exit code") {
        let code = rest.strip_prefix(": Some(").or(rest.strip_prefix(" ")).and_then(|code| code.leading_number());
        outcome.exit_code = outcome.exit_code.or(code.and_then(exit_code));
        outcome.harness.push(head);
        outcome.program.push(rest.split_line().1);
        return;
    }
    outcome.harness.push(body);
}
