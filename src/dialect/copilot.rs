//! GitHub Copilot CLI: the events of a session on disk and on stdout, and VS Code's transcripts of the same events.
//!
//! One event a line: `{type, data, id, timestamp, parentId}`; only `session.start` names the session. A shell command that
//! ends non-zero is a success to the flag: its code stands in the telemetry, among the contents, or in the runner's last
//! line `<shellId: N completed with exit code M>`. Events marked ephemeral repeat or preview others. May not know rules
//! or output.

use super::aliases::{Evidence, began, call_id};
use super::wrapper::{content, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, JobId, Outcome, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::{Agent, Tool};
use crate::text::Text;

/// Events of a session.
pub static EVENTS: Dialect = Dialect {
    name: "copilot",
    signs: &[
        Sign::fields(&[K::parentId, K::id, K::data, K::type_]),
        Sign::kinds(&["result"], &[K::exitCode, K::sessionId, K::usage]),
    ],
    agent: Agent::Copilot,
    results_recorded: true,
    is_noise: false,
    claims,
    envelope: |record| {
        let id = record.get(K::data).get(K::sessionId);
        let session = if record.get(K::type_).is("session.start") && id.is_string() {
            Session::Header { id: id.text(), is_fork: false }
        } else {
            Session::None
        };
        Envelope { session, ts: record.get(K::timestamp).time() }
    },
    events,
};

/// What the types of events begin with.
const FAMILIES: &[&str] = &[
    "assistant.",
    "tool.",
    "session.",
    "user.",
    "user_input.",
    "permission.",
    "model.",
    "hook.",
    "subagent.",
    "system.",
    "skill.",
    "elicitation.",
    "external_tool.",
    "command.",
    "exit_plan_mode.",
    "mcp.",
    "sampling.",
    "pending_messages.",
    "abort",
];

fn claims(record: &Record<'_>) -> bool {
    if record.has_all(&[K::data, K::id, K::parentId, K::type_]) {
        let kind = record.get(K::type_).text();
        return record.has(K::timestamp) && FAMILIES.iter().any(|family| kind.starts_with(family));
    }
    // The last line on stdout.
    record.has_all(&[K::exitCode, K::sessionId, K::usage, K::type_]) && record.get(K::type_).is("result")
}

const UUID_BYTES: usize = 36;

/// Kinds of errors that end a session.
const ERRORS: &[&str] = &["authentication", "authorization", "quota", "rate_limit", "context_limit", "query"];

/// An event that any application writes as well.
pub(super) fn is_doubtful(record: &Record<'_>) -> bool {
    const OWN: &[&str] = &["assistant.", "tool.execution_", "tool.user_requested", "permission.", "subagent."];
    let kind = record.get(K::type_).text();
    let data = record.get(K::data);
    match () {
        () if kind.is("session.start") => !data.get(K::sessionId).is_string(),
        () if kind.is("user.message") => !data.get(K::content).exists(),
        () if kind.is("session.error") => {
            let is_uuid = record.get(K::id).text().ask(|id| id.len() == UUID_BYTES).unwrap_or(false);
            !(is_uuid && data.get(K::errorType).is_one_of(ERRORS))
        }
        () => record.has(K::data) && !OWN.iter().any(|own| kind.starts_with(own)),
    }
}

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    if record.get(K::ephemeral).is_true() {
        return;
    }
    let kind = record.get(K::type_).text();
    let data = record.get(K::data);
    let is_sub_agent = record.get(K::agentId).is_string();
    if kind.is("tool.execution_start") {
        call(data.get(K::toolCallId), data.get(K::toolName), data, emit);
    } else if kind.is("tool.execution_complete") {
        result(data, emit);
    } else if kind.is("assistant.message") {
        for request in data.get(K::toolRequests).items() {
            call(request.get(K::toolCallId), request.get(K::name), request, emit);
        }
    } else if kind.is("assistant.turn_start") {
        // Ids of turns begin anew with each prompt; the record's own is unique.
        if !is_sub_agent {
            let id = call_id(record.get(K::id).text());
            emit(Event::TurnBegan { id, results_told: true, by_prompt: false });
        }
    } else if kind.is("assistant.turn_end") {
        if !is_sub_agent {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
        }
    } else if kind.is_one_of(&["abort", "session.shutdown"]) {
        if !is_sub_agent {
            emit(Event::TurnEnded { id: None, end: TurnEnd::Aborted, outcome: None });
        }
    } else if kind.is("session.error") {
        let outcome = model_outcome(data);
        emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(outcome) });
    } else if kind.is("model.call_failure") {
        // The turn goes on: `session.error` tells where it does not.
        emit(Event::Retry);
    } else if kind.is("permission.requested") {
        let id = call_id(data.get(K::permissionRequest).get(K::toolCallId).text());
        if let (Some(id), Some(question)) = (id, call_id(data.get(K::requestId).text())) {
            for refusal in REFUSALS {
                emit(Event::CallAsked { id, question, refusal: Text::plain(refusal.as_bytes()) });
            }
        }
    } else if kind.is("permission.completed") {
        let answer = data.get(K::result).get(K::kind).text();
        let signals = permission(answer);
        if let Some(id) = call_id(data.get(K::toolCallId).text()) {
            emit(Event::CallNoted { id, signals });
        } else if let Some(question) = call_id(data.get(K::requestId).text()) {
            emit(Event::CallAnswered { question, answer, signals });
        }
    } else if kind.is("subagent.failed") {
        if let Some(id) = call_id(data.get(K::toolCallId).text()) {
            let mut evidence = Evidence::default();
            evidence.fail(Signals::NONE);
            evidence.add_error(data.get(K::error));
            emit(Event::CallEnded { id: Some(id), tool: None, job: Job::None, outcome: evidence.outcome() });
        }
    } else if kind.is("system.notification") {
        notice(data.get(K::kind), emit);
    }
}

fn call(id: Value<'_>, name: Value<'_>, data: Value<'_>, emit: &mut Emit<'_>) {
    let tool = if data.get(K::mcpServerName).is_string() { Tool::MCP } else { tool(name) };
    emit(began(call_id(id.text()), tool, data.get(K::arguments)));
}

/// The answers that refuse a permission.
const REFUSALS: &[&str] = &[
    "denied-by-rules",
    "denied-interactively-by-user",
    "denied-by-content-exclusion-policy",
    "denied-by-permission-request-hook",
    "denied-no-approval-rule-and-could-not-request-from-user",
    "cancelled",
];

fn permission(kind: Text<'_>) -> Signals {
    match () {
        () if kind.is("denied-interactively-by-user") => Signals::USER_DECLINED,
        () if kind.is("denied-by-permission-request-hook") => Signals::HOOK_DENIED,
        () if kind.is("cancelled") => Signals::CANCELLED,
        () if kind.starts_with("denied") => Signals::DENIED,
        () => Signals::NONE,
    }
}

fn result(data: Value<'_>, emit: &mut Emit<'_>) {
    let mut evidence = Evidence::of(data);
    let body = data.get(K::result);
    evidence.add_facts(data.get(K::toolTelemetry).get(K::metrics));
    for part in body.get(K::contents).items() {
        evidence.add_facts(part);
    }
    let error = data.get(K::error);
    if error.get(K::code).is("rejected") {
        evidence.note(Signals::USER_DECLINED);
    }
    if error.get(K::message).is("timeout") {
        evidence.note(Signals::TIMED_OUT);
    }
    let (_, last) = content(body.get(K::content)).last().split_last_line();
    let mut job = Job::None;
    match shell(last) {
        Shell::Ended(id, code) => {
            if !evidence.has_failed() {
                evidence.note(Signals::SHELL_LINE);
            }
            evidence.add_exit(code);
            job = Job::Polls(id);
        }
        Shell::GoesOn(id) => job = Job::Launched(id),
        Shell::Unknown => {}
    }
    let id = call_id(data.get(K::toolCallId).text());
    let tool = data.get(K::toolName);
    emit(Event::CallEnded { id, tool: tool.is_string().then(|| self::tool(tool)), job, outcome: evidence.outcome() });
}

enum Shell {
    Ended(JobId, i64),
    GoesOn(JobId),
    Unknown,
}

/// The runner's last line under what a shell printed.
fn shell(line: Text<'_>) -> Shell {
    let Some((_, rest)) = line.split_once("shellId: ").filter(|_| line.starts_with("<") && line.ends_with(">")) else {
        return Shell::Unknown;
    };
    if let Some((id, code)) = rest.split_once(" completed with exit code ") {
        return code
            .leading_number()
            .and_then(exit_code)
            .map_or(Shell::Unknown, |code| Shell::Ended(JobId::new(id), code));
    }
    if line.starts_with("<command started in background with ") {
        return rest.strip_suffix(">").map_or(Shell::Unknown, |id| Shell::GoesOn(JobId::new(id)));
    }
    rest.split_once(" is still running").map_or(Shell::Unknown, |(id, _)| Shell::GoesOn(JobId::new(id)))
}

/// A background shell or sub-agent ended.
fn notice(notice: Value<'_>, emit: &mut Emit<'_>) {
    let kind = notice.get(K::type_);
    let mut evidence = Evidence::default();
    let id = if kind.is_one_of(&["shell_completed", "shell_detached_completed"]) {
        evidence.add_facts(notice);
        notice.get(K::shellId)
    } else if kind.is("agent_completed") {
        evidence.add_status(notice.get(K::status).text());
        notice.get(K::agentId)
    } else {
        return;
    };
    let id = id.id();
    if id.is_empty() || !evidence.has_verdict() {
        return;
    }
    let mut outcome = evidence.outcome();
    outcome.signals.insert(Signals::JOB_NOTICE);
    if outcome.failed && outcome.exit_code.is_none() {
        outcome.signals.insert(Signals::JOB_LOST);
    }
    emit(Event::CallEnded { id: None, tool: None, job: Job::Polls(JobId::new(id)), outcome });
}

/// Why the session's request finally failed.
fn model_outcome(data: Value<'_>) -> Outcome<'_> {
    let mut evidence = Evidence::of(data);
    evidence.fail(Signals::NONE);
    let mut outcome = evidence.outcome();
    outcome.harness.push(data.get(K::message).text());
    outcome
}
