//! Messages as the model saw them: sub-agents' transcripts, and saved sessions, which `jq -c` puts on one line each.
//!
//! - `{kind: "subagent_transcript_header", agent_id}`, then `{kind: "message", index, message: {role, content}}`
//! - `{schema_version, metadata: {id, ...}, messages, journal?, approval_receipts?}`: the journal repeats the messages
//!
//! `is_error` is left out wherever a tool only returned its failure, and in transcripts always: then the text tells. What
//! became of background jobs is told in texts of the user's role. No turn is marked. May not know other streams.

use super::result::{is_failed_text, read_test_run, read_text};
use super::{audit, began, call_id, session};
use crate::dialect::wrapper::content;
use crate::dialect::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, JobId, Outcome, Session, Signals};
use crate::parse::Inner;
use crate::scan::{Key as K, Value};
use crate::schema::Agent;
use crate::text::Text;

/// Sub-agents' transcripts.
pub static TRANSCRIPT: Dialect = Dialect {
    name: "codewhale-transcript",
    signs: &[Sign::fields(&[K::agent_id, K::kind]), Sign::fields(&[K::index, K::kind, K::message])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if !record.has(K::kind) {
            return false;
        }
        let kind = record.get(K::kind).text();
        (kind.is("subagent_transcript_header") && record.has(K::agent_id))
            || (kind.is("message")
                && record.has_all(&[K::index, K::message])
                && record.get(K::message).get(K::content).is_array()
                && record.get(K::message).get(K::role).is_string())
    },
    envelope: |record| {
        let id = record.get(K::agent_id).text();
        let is_header = record.get(K::kind).is("subagent_transcript_header");
        let session = match () {
            () if !is_header => Session::None,
            () if id.is_empty() => Session::UnnamedHeader,
            () => Session::Header { id, is_fork: false },
        };
        Envelope { session, ts: None }
    },
    events: |record, inner, emit| message(record.get(K::message), inner, emit),
};

/// Saved sessions.
pub static SAVED_SESSION: Dialect = Dialect {
    name: "codewhale-session",
    signs: &[Sign::fields(&[K::messages, K::metadata])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::metadata, K::messages])
            && record.get(K::messages).is_array()
            && record.get(K::metadata).get(K::id).is_string()
            && record.get(K::metadata).get(K::message_count).exists()
    },
    // When it was saved last says nothing of when a call ended.
    envelope: |record| Envelope { session: session(record.get(K::metadata).get(K::id).text()), ts: None },
    events: |record, inner, emit| {
        for receipt in record.get(K::approval_receipts).items() {
            let signals = audit::decided(receipt.get(K::outcome).get(K::outcome));
            if let Some(id) = call_id(receipt.get(K::tool_call_id).text())
                && !signals.is_empty()
            {
                emit(Event::CallNoted { id, signals });
            }
        }
        for saved in record.get(K::messages).items() {
            message(saved, inner, emit);
        }
    },
};

/// One message: the calls and results in it.
fn message(message: Value<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let is_user = message.get(K::role).is("user");
    for block in message.get(K::content).items() {
        let kind = block.get(K::type_).text();
        if kind.is("tool_use") {
            emit(began(call_id(block.get(K::id).text()), block.get(K::name), block.get(K::input)));
        } else if kind.is("tool_result") {
            tool_result(block, inner, emit);
        } else if is_user && kind.is("text") {
            notices(block.get(K::text).text(), inner, emit);
        }
    }
}

fn tool_result(block: Value<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let id = call_id(block.get(K::tool_use_id).text());
    let body = content(block.get(K::content));
    let text = body.first();
    let flag = block.get(K::is_error).flag();
    let mut outcome = Outcome { failed: flag == Some(true) || is_failed_text(text), ..Outcome::default() };
    if outcome.failed {
        let (text, feedback) = split_feedback(text);
        outcome.signals.insert(feedback);
        if text.starts_with("Error: Tool ") && text.split_line().0.ends_with(" timed out") {
            outcome.signals.insert(Signals::TIMED_OUT);
        }
        read_text(text, &mut outcome);
        for rest in body.iter().skip(1) {
            outcome.harness.push(rest);
        }
    } else if read_test_run(text, inner, |outcome| emit(Event::CallEnded { id, tool: None, job: Job::None, outcome })) {
        return;
    }
    emit(Event::CallEnded { id, tool: None, job: Job::None, outcome });
}

/// A text without the line that the runner appends for the model, and the kind of error that it names.
fn split_feedback(text: Text<'_>) -> (Text<'_>, Signals) {
    let (before, last) = text.split_last_line();
    let Some(feedback) = last.strip_prefix("Tool validation feedback: ") else { return (text, Signals::NONE) };
    let is_invalid = feedback.with_field(&["category"], |word| {
        word.is_one_of(&["missing_field", "invalid_input", "invalid_arguments", "unknown_field", "invalid_type"])
    });
    (before, if is_invalid == Some(true) { Signals::INVALID_ARGUMENTS } else { Signals::NONE })
}

/// Lines of a notice that are read.
const NOTICE_LINES_MAX: usize = 256;

/// What a text of the user's role tells of background jobs and sub-agents: the runner put it there.
fn notices(text: Text<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    if !text.trim_start().starts_with("<codewhale:") {
        return;
    }
    let is_shell = text.contains("background_shell_completion");
    let mut rest = text;
    for _ in 0..NOTICE_LINES_MAX {
        if rest.is_empty() {
            return;
        }
        let (line, after) = rest.split_line();
        rest = after;
        let line = line.trim();
        if let Some(told) = line.strip_prefix("<codewhale:subagent.done>") {
            let told = if told.is_empty() { rest.split_line().0 } else { told };
            sub_agent_done(told, inner, emit);
        } else if is_shell && line.starts_with("{") {
            shell_done(line, inner, emit);
        }
    }
}

fn shell_done(text: Text<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let Some(told) = inner.read(text) else { return };
    let task = told.get(K::task_id).id();
    let status = told.get(K::status);
    if task.is_empty() || status.is("Running") || !status.is_string() {
        return;
    }
    let code = told.get(K::exit_code).exit_code();
    let failed = code.map_or(!status.is("Completed"), |code| code != 0) || status.is_one_of(&["TimedOut", "Killed"]);
    let mut outcome = Outcome { failed, exit_code: code, ..Outcome::default() };
    outcome.signals.insert(Signals::JOB_NOTICE);
    if failed {
        if status.is("TimedOut") {
            outcome.signals.insert(Signals::JOB_TIMED_OUT);
        } else if code.is_none() {
            outcome.signals.insert(Signals::JOB_LOST);
        }
        outcome.program.push(told.get(K::stdout_tail).text());
        outcome.program.push(told.get(K::stderr_tail).text());
    }
    emit(Event::CallEnded { id: None, tool: None, job: Job::Polls(JobId::new(task)), outcome });
}

fn sub_agent_done(text: Text<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let Some(told) = inner.read(text) else { return };
    let agent = told.get(K::agent_id).id();
    let failed = told.get(K::event).is_one_of(&["subagent.failed", "subagent.cancelled"]);
    if agent.is_empty() && !failed {
        return;
    }
    let mut outcome = Outcome { failed, ..Outcome::default() };
    outcome.signals.insert(Signals::JOB_NOTICE);
    if failed {
        let is_late = told.get(K::failure_class).is_one_of(&["timeout", "wall_time_budget"]);
        outcome.signals.insert(if is_late { Signals::JOB_TIMED_OUT } else { Signals::JOB_LOST });
    }
    let job = if agent.is_empty() { Job::None } else { Job::Polls(JobId::new(agent)) };
    emit(Event::CallEnded { id: None, tool: None, job, outcome });
}
