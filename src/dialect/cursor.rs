//! Cursor's CLI: `--output-format stream-json`, and transcripts, which record no results.
//!
//! A call is `{type: tool_call, subtype: started|completed, call_id, tool_call: {<name>ToolCall: {args, result}}}`, and its
//! result has one key that says how it ended. The run's own `result` says success although calls failed. May not know
//! rules or output.

use super::aliases::{Evidence, began, call_id, session_of};
use super::{Dialect, Emit, Sign, wrapper};
use crate::event::{CallId, Envelope, Event, Job, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::{Agent, Tool};

/// Lines of a run.
pub static STREAM: Dialect = Dialect {
    name: "cursor-stream",
    signs: &[
        Sign::kinds(&["tool_call"], &[K::session_id, K::call_id, K::tool_call]),
        Sign::kinds(
            &["system", "user", "assistant", "result", "thinking", "interaction_query", "retry", "connection"],
            &[K::session_id],
        ),
    ],
    agent: Agent::Cursor,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has_all(&[K::session_id, K::type_]) || record.has(K::uuid) || record.has(K::parent_tool_use_id) {
            return false;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if record.has_all(&[K::call_id, K::tool_call]) => kind.is("tool_call"),
            () if record.has(K::apiKeySource) => kind.is("system"),
            () if record.has(K::message) => {
                kind.is_one_of(&["user", "assistant"]) && record.get(K::message).get(K::role).is_string()
            }
            () if record.has(K::duration_api_ms) => kind.is("result") && !record.has(K::num_turns),
            () if kind.is("system") => {
                record.get(K::subtype).is_one_of(&["background_shell_timeout", "task_notification"])
            }
            () => kind.is_one_of(&["thinking", "interaction_query", "retry", "connection"]) && record.has(K::subtype),
        }
    },
    envelope: |record| Envelope {
        session: session_of(record.get(K::session_id)),
        ts: record.get(K::timestamp_ms).time(),
    },
    events,
};

/// The key under which a call stands, and the public name of its tool.
const CALLS: &[(K, &str)] = &[
    (K::shellToolCall, "shell"),
    (K::readToolCall, "read"),
    (K::editToolCall, "edit"),
    (K::writeToolCall, "write"),
    (K::deleteToolCall, "delete"),
    (K::grepToolCall, "grep"),
    (K::globToolCall, "glob"),
    (K::lsToolCall, "ls"),
    (K::semSearchToolCall, "semSearch"),
    (K::updateTodosToolCall, "updateTodos"),
    (K::taskToolCall, "task"),
    (K::webSearchToolCall, "webSearch"),
    (K::webFetchToolCall, "webFetch"),
    (K::fetchToolCall, "fetch"),
    (K::awaitToolCall, "await"),
    (K::askQuestionToolCall, "askQuestion"),
    (K::applyPatchToolCall, "apply_patch"),
    (K::readTodosToolCall, ""),
    (K::createPlanToolCall, ""),
    (K::readLintsToolCall, ""),
    (K::listMcpResourcesToolCall, ""),
    (K::readMcpResourceToolCall, ""),
    (K::generateImageToolCall, ""),
    (K::switchModeToolCall, ""),
];

/// The keys of results that failed, and what each says.
const FAILURES: &[(K, Signals)] = &[
    (K::failure, Signals::NONE),
    (K::error, Signals::NONE),
    (K::rejected, Signals::DENIED),
    (K::timeout, Signals::TIMED_OUT),
    (K::permissionDenied, Signals::DENIED),
    (K::readPermissionDenied, Signals::DENIED),
    (K::writePermissionDenied, Signals::DENIED),
    (K::sandboxUnsupported, Signals::SANDBOX_DENIED),
    (K::spawnError, Signals::NOT_INSTALLED),
    (K::serverNotFound, Signals::NOT_INSTALLED),
    (K::fileNotFound, Signals::NOT_FOUND),
    (K::notFound, Signals::NOT_FOUND),
    (K::notFile, Signals::WRONG_STATE),
    (K::invalidFile, Signals::WRONG_STATE),
    (K::fileBusy, Signals::NONE),
    (K::noSpace, Signals::NO_SPACE),
    (K::toolNotFound, Signals::UNKNOWN_TOOL),
];

fn events(record: &Record<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::type_).text();
    let subtype = record.get(K::subtype);
    if kind.is("tool_call") {
        call(record, subtype.is("completed"), inner, emit);
    } else if kind.is("system") && subtype.is("init") {
        emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
    } else if kind.is("system") {
        let mut evidence = Evidence::default();
        evidence.note(Signals::JOB_NOTICE);
        if subtype.is("task_notification") {
            evidence.add_status(record.get(K::status).text());
            evidence.add_harness(record.first_of(&[K::summary, K::message]).text());
            if !evidence.has_verdict() {
                return;
            }
            evidence.note(Signals::JOB_LOST);
        } else {
            evidence.fail(Signals::JOB_TIMED_OUT);
        }
        emit(Event::CallEnded { id: None, tool: None, job: Job::None, outcome: evidence.outcome() });
    } else if kind.is("retry") {
        emit(Event::Retry);
    } else if kind.is("result") {
        let mut evidence = Evidence::default();
        evidence.add_flag(record.get(K::is_error).flag().map(|is_error| !is_error));
        evidence.add_output(record.get(K::result));
        let outcome = evidence.outcome();
        let end = if outcome.failed { TurnEnd::Failed } else { TurnEnd::Completed };
        emit(Event::TurnEnded { id: None, end, outcome: outcome.failed.then_some(outcome) });
    }
}

fn call(record: &Record<'_>, is_end: bool, inner: &mut Inner, emit: &mut Emit<'_>) {
    let id = call_id(record.get(K::call_id).text());
    let holder = record.get(K::tool_call);
    let known = CALLS.iter().map(|(key, name)| (holder.get(*key), *name)).find(|(call, _)| call.exists());
    let function = holder.get(K::function);
    let (call, tool) = match known {
        _ if holder.get(K::mcpToolCall).exists() => (holder.get(K::mcpToolCall), Tool::MCP),
        _ if function.exists() => (function, wrapper::tool(function.get(K::name))),
        Some((call, name)) => (call, Tool::named(name.as_bytes())),
        None => (holder, Tool::OTHER),
    };
    if !is_end {
        return emit(began(id, tool, call.first_of(&[K::args, K::arguments])));
    }
    let result = call.get(K::result);
    if !result.exists()
        && let Some((_, rest)) = holder.source().split_once("ToolCall\":")
        && let Some(call) = inner.read(rest)
    {
        // A tool that is not in the list: its call is the one object in the holder, whatever its key.
        return end(id, tool, call.get(K::result), emit);
    }
    end(id, tool, result, emit);
}

fn end(id: Option<CallId<'_>>, tool: Tool, result: Value<'_>, emit: &mut Emit<'_>) {
    if [K::approved, K::needsConfirmation, K::stillRunning].iter().any(|key| result.get(*key).exists()) {
        return;
    }
    emit(Event::CallEnded { id, tool: Some(tool), job: Job::None, outcome: ended(result).outcome() });
}

/// What the one key of a result says.
fn ended(result: Value<'_>) -> Evidence<'_> {
    let mut evidence = Evidence::default();
    evidence.add_facts(result.get(K::success));
    if let Some((how, signals)) =
        FAILURES.iter().map(|(key, signals)| (result.get(*key), *signals)).find(|(how, _)| how.exists())
    {
        evidence.add(how);
        evidence.add_harness(how.get(K::reason).text());
        evidence.fail(signals);
    } else {
        evidence.add_program(result.get(K::success).get(K::stdout).text());
        evidence.add_program(result.get(K::success).get(K::stderr).text());
    }
    evidence
}

/// Transcripts: prompts, calls without ids, and the ends of turns.
pub static TRANSCRIPT: Dialect = Dialect {
    name: "cursor-transcript",
    signs: &[Sign::fields(&[K::role, K::message]), Sign::kinds(&["turn_ended"], &[K::status])],
    agent: Agent::Cursor,
    results_recorded: false,
    is_noise: false,
    claims: |record| {
        (record.has_all(&[K::role, K::message])
            && !record.has(K::type_)
            && record.get(K::message).get(K::content).is_array())
            || ((record.has_only(&[K::type_, K::status]) || record.has_only(&[K::type_, K::status, K::error]))
                && record.get(K::type_).is("turn_ended"))
    },
    envelope: super::no_envelope,
    events: |record, _, emit| {
        if record.get(K::role).is("user") {
            emit(Event::TurnBegan { id: None, results_told: false, by_prompt: true });
        } else if record.get(K::type_).is("turn_ended") {
            let error = record.get(K::error).text();
            let mut evidence = Evidence::default();
            evidence.add_status(record.get(K::status).text());
            evidence.add_harness(error);
            let outcome = evidence.outcome();
            let end = match () {
                () if !outcome.failed => TurnEnd::Completed,
                () if error.starts_with("User aborted") => TurnEnd::Aborted,
                () => TurnEnd::Failed,
            };
            emit(Event::TurnEnded { id: None, end, outcome: (end == TurnEnd::Failed).then_some(outcome) });
        }
    },
};
