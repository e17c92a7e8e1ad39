//! Antigravity CLI: `transcript.jsonl`, and its stream.
//!
//! - transcript: `{step_index, source, type, status, created_at, content, tool_calls?}`. No ids: a response's calls are
//!   answered by the steps after it, in order, and a step's type is the tool's name in capitals
//! - stream: `{event: init | step_update | result, step_update: {state, tool_name, tool_info}}`
//!
//! A shell that failed is `DONE`; the runner's first line says so. No turn is marked. May not know rules or output.

use super::aliases::{self, Evidence, Status};
use super::wrapper::{content, tool};
use super::{Dialect, Emit, Sign};
use crate::command;
use crate::event::{CallId, Command, Envelope, Event, Job, Outcome, Scope, Session, Signals};
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::{Agent, Tool, ToolClass};
use crate::text::{Pieces, Text};

/// `transcript.jsonl`.
pub static TRANSCRIPT: Dialect = Dialect {
    name: "antigravity",
    signs: &[Sign::fields(&[K::step_index, K::source, K::type_, K::status])],
    agent: Agent::Antigravity,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::step_index, K::source, K::type_, K::status])
            && is_capital(record.get(K::source))
            && is_capital(record.get(K::type_))
    },
    envelope: |record| {
        let is_first = record.get(K::step_index).number() == Some(0);
        let session = if is_first { Session::UnnamedHeader } else { aliases::session(record) };
        Envelope { session, ts: record.get(K::created_at).time() }
    },
    events: |record, _, emit| {
        if !record.get(K::source).is("MODEL") {
            return;
        }
        let kind = record.get(K::type_).text();
        if kind.is("PLANNER_RESPONSE") {
            calls(record, emit);
        } else if let Some(outcome) = ended(record) {
            let id = record.get(K::step_index).id();
            let id = (!id.is_empty()).then_some(CallId { scope: Scope::Unanswered, id });
            let tool = tool(record.get(K::type_));
            emit(Event::CallEnded { id, tool: (tool != Tool::OTHER).then_some(tool), job: Job::None, outcome });
        }
    },
};

/// A word in the form of this agent's: `USER_EXPLICIT`.
fn is_capital(word: Value<'_>) -> bool {
    let is_form = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    word.text().ask(|word| !word.is_empty() && word.iter().all(is_form)).unwrap_or(false)
}

/// The stream.
pub static STREAM: Dialect = Dialect {
    name: "antigravity-stream",
    signs: &[Sign::fields(&[K::step_update, K::event])],
    agent: Agent::Antigravity,
    results_recorded: true,
    is_noise: false,
    claims: |record| record.get(K::event).is("step_update") && record.get(K::step_update).get(K::step_type).is_string(),
    envelope: |record| Envelope { session: aliases::session(record), ts: aliases::time(record) },
    events: |record, _, emit| {
        let update = record.get(K::step_update);
        let name = update.get(K::tool_name);
        let status = aliases::status(update.get(K::state).text());
        if !name.is_string() || !matches!(status, Some(Status::Fine | Status::Failed(_))) {
            return;
        }
        let info = update.get(K::tool_info);
        let mut evidence = Evidence::of(update);
        evidence.add_output(info.get(K::output));
        if info.get(K::error).is_given() {
            evidence.add_error(info.get(K::error));
        }
        let mut outcome = evidence.outcome();
        if let Some(shell) = shell_failure(info.get(K::output).text()) {
            outcome = shell;
        }
        emit(Event::CallEnded { id: None, tool: Some(tool(name)), job: Job::None, outcome });
    },
};

/// Digits of the largest number of a step.
const DIGITS_MAX: usize = 20;

/// The calls of a response are known by the steps that will answer them.
fn calls(record: &Record<'_>, emit: &mut Emit<'_>) {
    let Some(step) = record.get(K::step_index).number() else { return };
    for (call, step) in record.get(K::tool_calls).items().zip(step.saturating_add(1)..) {
        let mut digits = [0_u8; DIGITS_MAX];
        let id = written(step, &mut digits);
        let tool = tool(call.get(K::name));
        let command = if tool.class() == ToolClass::Shell { shell_command(call.get(K::args)) } else { Command::Other };
        emit(Event::CallBegan { id: Some(CallId { scope: Scope::Unanswered, id }), tool, command, job: Job::None });
    }
}

/// The number in digits.
fn written(number: i64, digits: &mut [u8; DIGITS_MAX]) -> Text<'_> {
    let mut rest = number.unsigned_abs();
    let mut from = DIGITS_MAX;
    for (at, slot) in digits.iter_mut().enumerate().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        from = at;
        if rest == 0 {
            break;
        }
    }
    Text::plain(digits.get(from..).unwrap_or_default())
}

/// Arguments are strings that hold JSON, quotes and all.
fn shell_command(args: Value<'_>) -> Command {
    let ask = |text: Text<'_>| {
        let text = text.strip_prefix("\"").unwrap_or(text);
        command::kind(&text)
    };
    args.source().with_field(&["CommandLine", "command"], ask).unwrap_or_default()
}

/// How the step ended; `None` while it runs.
fn ended<'line>(record: &Record<'line>) -> Option<Outcome<'line>> {
    let status = record.get(K::status);
    let body = content(record.get(K::content));
    let failed = |signals: Signals| Outcome { failed: true, signals, harness: body, ..Outcome::default() };
    match () {
        () if status.is("ERROR") => Some(shell_failure(body.first()).unwrap_or_else(|| failed(Signals::NONE))),
        () if status.is_one_of(&["CANCELED", "CANCELLED"]) => Some(failed(Signals::CANCELLED)),
        () if status.is("DONE") => {
            let shell = record.get(K::type_).is("RUN_COMMAND").then(|| shell_failure(body.first())).flatten();
            Some(shell.unwrap_or_default())
        }
        () => None,
    }
}

/// The runner's first line about a command that failed, and what the command printed.
fn shell_failure(body: Text<'_>) -> Option<Outcome<'_>> {
    let (line, rest) = body.split_line();
    let code =
        line.number_after("The command failed with exit code: ").and_then(exit_code).filter(|code| *code != 0)?;
    let (label, printed) = rest.split_line();
    let program = Pieces::one(if label.is("Output:") { printed } else { rest });
    Some(Outcome { failed: true, exit_code: Some(code), program, ..Outcome::default() })
}
