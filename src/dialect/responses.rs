//! OpenAI Responses: items, one a line, whole responses, and events of the stream.
//!
//! `function_call` and `function_call_output` are joined by `call_id`; the output is text, often a JSON string with an exit
//! code. `mcp_call` and hosted tools are call and result in one. Bare rollouts of Codex hold the same items: what tells
//! these apart is an item's own `id`, which the rollouts leave out; the rest follows the item before
//! ([`super::Speakers`]). No turn is marked. May not know rules or output.

use super::aliases::{self, Evidence, began, passing_id};
use super::wrapper::tool;
use super::{Dialect, Emit, Sign};
use crate::command;
use crate::event::{CallId, Command, Envelope, Event, Job, Outcome, Session, Signals};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value};
use crate::schema::{Agent, Tool, ToolClass};

/// Items, responses and events.
pub static ITEMS: Dialect = Dialect {
    name: "openai-responses",
    signs: &[
        Sign::fields(&[K::object, K::output]),
        Sign::kinds(JOINED, &[K::call_id]),
        Sign::kinds(API_CALLS, &[K::call_id, K::status]),
        Sign::kinds(API_OUTPUTS, &[K::call_id, K::output]),
        Sign::kinds(WHOLE, &[K::id]),
        Sign::kinds(&["response.completed", "response.failed", "response.incomplete"], &[K::response]),
        Sign::kinds(&["response.output_item.done"], &[K::item]),
    ],
    agent: Agent::Openai,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if record.get(K::object).is("response") {
            return record.get(K::output).is_array();
        }
        if !record.has(K::type_) {
            return false;
        }
        let kind = record.get(K::type_).text();
        match () {
            () if kind.is_one_of(JOINED) => record.has(K::call_id) && (record.has(K::id) || is_output_of_api(record)),
            () if kind.is_one_of(API_CALLS) && !kind.is("local_shell_call") => record.has_all(&[K::call_id, K::status]),
            () if kind.is_one_of(API_OUTPUTS) => record.has_all(&[K::call_id, K::output]),
            () if kind.is_one_of(WHOLE) => record.has(K::id) && (record.has(K::status) || record.has(K::output)),
            () if kind.is_one_of(&["response.completed", "response.failed", "response.incomplete"]) => {
                let response = record.get(K::response);
                response.get(K::object).is("response") || response.get(K::output).is_array()
            }
            () => kind.is("response.output_item.done") && record.get(K::item).is_object(),
        }
    },
    envelope: |record| Envelope { session: Session::None, ts: aliases::time(record) },
    events: |record, inner, emit| {
        let kind = record.get(K::type_).text();
        if kind.starts_with("response.") {
            let response = record.get(K::response);
            item(record.get(K::item), inner, emit);
            whole(response, inner, emit);
        } else if record.get(K::object).is("response") {
            whole(record.root(), inner, emit);
        } else {
            item(record.root(), inner, emit);
        }
    },
};

/// Calls and outputs that Codex writes as well, without an `id` of the item.
const JOINED: &[&str] = &["function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"];
/// Outputs that only the API has.
const API_OUTPUTS: &[&str] =
    &["shell_call_output", "local_shell_call_output", "apply_patch_call_output", "computer_call_output"];
/// Calls that only the API has, joined to an output.
const API_CALLS: &[&str] = &["shell_call", "local_shell_call", "apply_patch_call", "computer_call"];
/// Call and result in one.
const WHOLE: &[&str] =
    &["mcp_call", "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call"];

fn is_output_of_api(record: &Record<'_>) -> bool {
    record.has_all(&[K::output, K::status])
}

/// A whole response: its items, and whether it failed.
fn whole(response: Value<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    for part in response.get(K::output).items() {
        item(part, inner, emit);
    }
    let status = response.get(K::status);
    let error = response.get(K::error);
    if status.is("failed") || error.is_object() {
        let mut evidence = Evidence::default();
        evidence.fail(Signals::NONE);
        evidence.add_error(error);
        emit(Event::ModelFailed { outcome: evidence.outcome() });
    } else if status.is("incomplete") {
        let reason = response.get(K::incomplete_details).get(K::reason).text();
        let mut signals = aliases::kind(reason);
        if signals.is_empty() {
            signals = Signals::OUTPUT_INCOMPLETE;
        }
        emit(Event::ModelFailed { outcome: Outcome { failed: true, signals, ..Outcome::default() } });
    }
}

fn item(item: Value<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let kind = item.get(K::type_).text();
    let id = passing_id(item.first_of(&[K::call_id, K::id]).id());
    if kind.is_one_of(&["function_call", "custom_tool_call"]) {
        let tool = tool(item.get(K::name));
        let input = item.first_of(&[K::arguments, K::input]);
        emit(began(id, tool, input));
    } else if kind.is_one_of(API_CALLS) {
        let tool = tool(item.get(K::type_));
        let command = if tool.class() == ToolClass::Shell { action(item.get(K::action)) } else { Command::Other };
        emit(Event::CallBegan { id, tool, command, job: Job::None });
    } else if kind.is_one_of(WHOLE) {
        in_one(item, item.get(K::type_), emit);
    } else if item.get(K::output).exists() && kind.ends_with("_output") {
        output(item, id, inner, emit);
    }
}

/// The command of a shell call: the last word of `bash -lc X`, or the last of a list of commands.
fn action(action: Value<'_>) -> Command {
    let list = action.first_of(&[K::command, K::commands]);
    let words = if list.is_string() { None } else { list.items().last() };
    command::kind(&words.unwrap_or(list).text())
}

/// A call that the provider ran: `mcp_call` and the hosted tools.
fn in_one(item: Value<'_>, kind: Value<'_>, emit: &mut Emit<'_>) {
    if matches!(aliases::status(item.get(K::status).text()), Some(aliases::Status::Unfinished)) {
        return;
    }
    let tool = if kind.is("mcp_call") { Tool::MCP } else { tool(kind) };
    let mut evidence = Evidence::default();
    evidence.add_status(item.get(K::status).text());
    let error = item.get(K::error);
    if error.is_given() {
        evidence.fail(Signals::NONE);
        evidence.add_error(error);
        evidence.add_output(error.get(K::content));
    }
    evidence.add_output(item.get(K::output));
    let id = passing_id(item.get(K::id).id());
    emit(Event::CallBegan { id, tool, command: Command::Other, job: Job::None });
    emit(Event::CallEnded { id, tool: Some(tool), job: Job::None, outcome: evidence.outcome() });
}

/// The output of a call: text, JSON in a string, blocks of text, or one object for each command.
fn output(item: Value<'_>, id: Option<CallId<'_>>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let output = item.get(K::output);
    let is_shell = item.get(K::type_).is_one_of(&["shell_call_output", "local_shell_call_output"]);
    let tool = is_shell.then(|| Tool::named(b"shell"));
    let mut end = |outcome: Outcome<'_>| emit(Event::CallEnded { id, tool, job: Job::None, outcome });
    if let Some(embedded) = Evidence::embedded(output.text().trim_start(), inner) {
        return end(embedded.outcome());
    }
    if let Some(outcome) = super::codex::told_failure(output.text()) {
        return end(outcome);
    }
    if is_shell
        && output.is_string()
        && let Some(record) = inner.read(output.text())
    {
        let mut evidence = Evidence::default();
        command_end(&mut evidence, record.root());
        return end(evidence.outcome());
    }
    let mut evidence = Evidence::default();
    if !is_shell {
        evidence.add_status(item.get(K::status).text());
    }
    for part in output.items() {
        if is_shell && !evidence.outcome().failed {
            command_end(&mut evidence, part);
        }
    }
    if !is_shell || output.is_string() {
        evidence.add_output(output);
    }
    end(evidence.outcome());
}

/// `{stdout, stderr, outcome: {type: exit | timeout, exit_code}}`.
fn command_end<'line>(evidence: &mut Evidence<'line>, part: Value<'line>) {
    evidence.add(part);
    if part.get(K::outcome).get(K::type_).is("timeout") {
        evidence.fail(Signals::TIMED_OUT);
    }
}
