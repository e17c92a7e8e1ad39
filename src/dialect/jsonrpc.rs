//! JSON-RPC on the wire: Model Context Protocol and Agent Client Protocol, one message a line.
//!
//! A logger may wrap a message under `payload`, `message` or `data`, as an object or as a string. An answer has only an
//! id: which protocol it belongs to is told by the requests before it ([`super::Speakers`]), and it is a tool's result
//! only where a call of its id waits. Both ends count their ids from the same number, anew with each connection. In ACP
//! `session/prompt` is the turn, and a refused permission is told beside the call. May not know rules or output.

use super::aliases::{self, Evidence, Status, began};
use super::wrapper::{content, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{CallId, Envelope, Event, Job, Outcome, Scope, Session, Signals, TurnEnd};
use crate::scan::{Key as K, Kind, Record, Value};
use crate::schema::{Agent, Tool};
use crate::text::Text;

/// Model Context Protocol.
pub static MCP: Dialect = Dialect {
    name: "mcp",
    signs: &[Sign::fields(&[K::jsonrpc]), Sign::fields(&[K::direction])],
    agent: Agent::Mcp,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        quoted(record).is_some() || message(record).is_some_and(|message| protocol(message) == Some(Protocol::Mcp))
    },
    envelope: |record| {
        let is_first = match quoted(record) {
            Some(quoted) => quoted.text().contains("protocolVersion") && quoted.text().contains("clientInfo"),
            None => message(record).is_some_and(|message| message.get(K::method).is("initialize")),
        };
        let session = if is_first { Session::UnnamedHeader } else { Session::None };
        Envelope { session, ts: aliases::time(record) }
    },
    events: |record, inner, emit| {
        if let Some(message) = message(record) {
            mcp(message, emit);
        } else if let Some(record) = quoted(record).and_then(|quoted| inner.read(quoted.text())) {
            mcp(record.root(), emit);
        }
    },
};

/// Agent Client Protocol.
pub static ACP: Dialect = Dialect {
    name: "acp",
    signs: &[Sign::fields(&[K::jsonrpc]), Sign::fields(&[K::direction])],
    agent: Agent::Acp,
    results_recorded: true,
    is_noise: false,
    claims: |record| message(record).is_some_and(|message| protocol(message) == Some(Protocol::Acp)),
    envelope: |record| {
        let message = message(record).unwrap_or(record.root());
        let id = message.get(K::params).get(K::sessionId).id();
        let session = if id.is_empty() {
            Session::None
        } else if message.get(K::method).is("session/prompt") {
            // Answers name no session: they belong to the one that was prompted last.
            Session::Header { id, is_fork: false }
        } else {
            Session::Id(id)
        };
        Envelope { session, ts: aliases::time(record) }
    },
    events: |record, _, emit| {
        if let Some(message) = message(record) {
            acp(message, emit);
        }
    },
};

/// An answer of which the record does not say what it answers.
pub static REPLY: Dialect = Dialect {
    name: "jsonrpc-reply",
    signs: &[Sign::fields(&[K::jsonrpc]), Sign::fields(&[K::direction])],
    claims: |record| message(record).is_some_and(|message| protocol(message) == Some(Protocol::Either)),
    ..MCP_LIKE
};

/// [`super::Speakers`] puts one of the protocols in its place.
const MCP_LIKE: Dialect = Dialect {
    name: "mcp",
    signs: &[],
    agent: Agent::Mcp,
    results_recorded: true,
    is_noise: true,
    claims: |_| false,
    envelope: super::no_envelope,
    events: super::no_events,
};

/// Where a logger puts the message.
const WRAPPERS: &[K] = &[K::payload, K::message, K::data];

/// The message of a record, bare or wrapped.
fn message<'line>(record: &Record<'line>) -> Option<Value<'line>> {
    if record.has(K::jsonrpc) {
        return Some(record.root());
    }
    if !record.has(K::direction) {
        return None;
    }
    WRAPPERS.iter().map(|key| record.get(*key)).find(|value| value.get(K::jsonrpc).exists())
}

/// The message of a record whose logger wrote it as a string.
fn quoted<'line>(record: &Record<'line>) -> Option<Value<'line>> {
    if !record.has(K::direction) || record.has(K::jsonrpc) {
        return None;
    }
    let quoted = WRAPPERS.iter().map(|key| record.get(*key)).find(Value::is_string)?;
    quoted.text().starts_with("{\"jsonrpc\"").then_some(quoted)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Mcp,
    Acp,
    Either,
}

/// The protocol that a message shows; `None` for what is neither.
fn protocol(message: Value<'_>) -> Option<Protocol> {
    let method = message.get(K::method);
    if method.is_string() {
        let method = method.text();
        let begins = |words: &[&str]| words.iter().any(|word| method.starts_with(word));
        return match () {
            // The one writes a date, the other a number.
            () if method.is("initialize") => match message.get(K::params).get(K::protocolVersion).kind()? {
                Kind::String => Some(Protocol::Mcp),
                Kind::Scalar => Some(Protocol::Acp),
                _ => None,
            },
            () if begins(&["session/", "fs/", "terminal/"]) => {
                let names_session = message.get(K::params).get(K::sessionId).is_string();
                (names_session || method.is_one_of(&["session/new", "session/list"])).then_some(Protocol::Acp)
            }
            () if method.is("authenticate") => {
                message.get(K::params).get(K::methodId).is_string().then_some(Protocol::Acp)
            }
            // Many a service has one.
            () if method.is("ping") => Some(Protocol::Either),
            () if begins(&[
                "tools/",
                "notifications/",
                "resources/",
                "prompts/",
                "completion/",
                "logging/",
                "sampling/",
                "elicitation/",
                "roots/",
            ]) =>
            {
                Some(Protocol::Mcp)
            }
            // A request of anybody's: its answer is not to be taken for another's.
            () => message.get(K::id).is_given().then_some(Protocol::Either),
        };
    }
    if message.get(K::id).id().is_empty() {
        return None;
    }
    let result = message.get(K::result);
    // What a model sampled for a server has a reason to stop as well, and a role.
    let is_sampled = result.get(K::role).is_string();
    let is_acp =
        (result.get(K::stopReason).is_string() && !is_sampled) || result.get(K::outcome).get(K::outcome).is_string();
    let has_blocks = result.get(K::content).items().next().is_some_and(|block| block.get(K::type_).is_string());
    let is_mcp = has_blocks || result.get(K::isError).exists() || is_sampled;
    match () {
        () if is_acp => Some(Protocol::Acp),
        () if is_mcp => Some(Protocol::Mcp),
        () if result.is_object() || message.get(K::error).is_object() => Some(Protocol::Either),
        () => None,
    }
}

/// The id of a message: a number or a string.
fn rpc_id(id: Value<'_>) -> Option<CallId<'_>> {
    let id = id.id();
    (!id.is_empty()).then_some(CallId { scope: Scope::Unanswered, id })
}

fn mcp(message: Value<'_>, emit: &mut Emit<'_>) {
    let method = message.get(K::method);
    let params = message.get(K::params);
    if method.is("tools/call") {
        return emit(began(rpc_id(message.get(K::id)), Tool::MCP, params.get(K::arguments)));
    }
    if method.is("notifications/cancelled") {
        if let Some(id) = rpc_id(params.get(K::requestId)) {
            let has_timed_out = params.get(K::reason).text().contains("timed out");
            let signals = if has_timed_out { Signals::TIMED_OUT } else { Signals::CANCELLED };
            emit(Event::CallNoted { id, signals });
        }
        return;
    }
    if method.exists() {
        return ask(rpc_id(message.get(K::id)), emit);
    }
    let mut evidence = Evidence::default();
    let error = message.get(K::error);
    let result = message.get(K::result);
    if !error.is_object()
        && [K::content, K::structuredContent, K::isError, K::toolResult].iter().all(|key| !result.get(*key).exists())
    {
        // No result of a tool.
        return answer(rpc_id(message.get(K::id)), emit);
    }
    if error.is_object() {
        evidence.fail(Signals::NONE);
        evidence.add_error(error);
    } else {
        evidence.add(result);
    }
    let mut outcome = evidence.outcome();
    outcome.signals.insert(Signals::REPLY);
    emit(Event::CallEnded { id: rpc_id(message.get(K::id)), tool: Some(Tool::MCP), job: Job::None, outcome });
}

/// Something is asked under this id that is neither a call nor a turn. Both ends count from the same number: its answer
/// is not to be taken for theirs.
fn ask(id: Option<CallId<'_>>, emit: &mut Emit<'_>) {
    if let Some(question) = id {
        emit(Event::CallAsked { id: question, question, refusal: Text::EMPTY });
    }
}

/// It was answered.
fn answer(id: Option<CallId<'_>>, emit: &mut Emit<'_>) {
    if let Some(question) = id {
        emit(Event::CallAnswered { question, answer: Text::EMPTY, signals: Signals::NONE });
    }
}

fn acp(message: Value<'_>, emit: &mut Emit<'_>) {
    let method = message.get(K::method);
    let params = message.get(K::params);
    let id = prompt_id(message.get(K::id));
    if method.is("session/update") {
        update(params.get(K::update), false, emit);
    } else if method.is("session/prompt") {
        emit(Event::TurnBegan { id, results_told: true, by_prompt: false });
    } else if method.is("session/request_permission") {
        ask(id, emit);
        asked(id, params, emit);
    } else if method.exists() {
        ask(id, emit);
    } else {
        answered(id, message, emit);
    }
}

/// Ids count the requests of a connection; a session is prompted again under each of them once.
fn prompt_id(id: Value<'_>) -> Option<CallId<'_>> {
    let id = id.id();
    (!id.is_empty()).then_some(CallId { scope: Scope::Run, id })
}

fn call_id(id: Value<'_>) -> Option<CallId<'_>> {
    let id = id.id();
    (!id.is_empty()).then_some(CallId { scope: Scope::Session, id })
}

/// What stands for the answer that no option was chosen.
const CANCELLED: Text<'static> = Text::plain(b"cancelled");

/// A person is asked; the options say which of them refuse.
fn asked(question: Option<CallId<'_>>, params: Value<'_>, emit: &mut Emit<'_>) {
    let (Some(question), Some(id)) = (question, call_id(params.get(K::toolCall).get(K::toolCallId))) else { return };
    for option in params.get(K::options).items() {
        if option.get(K::kind).text().starts_with("reject") {
            emit(Event::CallAsked { id, question, refusal: option.get(K::optionId).text() });
        }
    }
    emit(Event::CallAsked { id, question, refusal: CANCELLED });
}

/// An answer: to the question about a permission, or to the prompt.
fn answered(id: Option<CallId<'_>>, message: Value<'_>, emit: &mut Emit<'_>) {
    let result = message.get(K::result);
    let outcome = result.get(K::outcome);
    if let Some(question) = id
        && outcome.get(K::outcome).is_string()
    {
        let (answer, signals) = if outcome.get(K::outcome).is("selected") {
            (outcome.get(K::optionId).text(), Signals::USER_DECLINED)
        } else {
            (CANCELLED, Signals::INTERRUPTED)
        };
        emit(Event::CallAnswered { question, answer: Text::EMPTY, signals: Signals::NONE });
        return emit(Event::CallAnswered { question, answer, signals });
    }
    let stop = result.get(K::stopReason);
    let error = message.get(K::error);
    let failed = |signals: Signals| (TurnEnd::Failed, Some(Outcome { failed: true, signals, ..Outcome::default() }));
    let (end, outcome) = match () {
        () if stop.is("cancelled") => (TurnEnd::Aborted, None),
        () if stop.is("refusal") => failed(Signals::REFUSED),
        () if stop.is("max_tokens") => failed(Signals::OUTPUT_INCOMPLETE),
        () if stop.is("max_turn_requests") => failed(Signals::BUDGET_SPENT),
        () if stop.is_string() => (TurnEnd::Completed, None),
        // An error names nothing: it is the turn's only where a turn of its id is open.
        () if error.get(K::code).number() == Some(-32_800) => {
            (TurnEnd::Aborted, Some(Outcome { signals: Signals::REPLY, ..Outcome::default() }))
        }
        () if error.is_object() => (TurnEnd::Failed, Some(prompt_error(error))),
        () => return answer(id, emit),
    };
    emit(Event::TurnEnded { id, end, outcome });
}

/// Why a prompt failed. ACP gives a code of its own meaning to "log in first".
fn prompt_error(error: Value<'_>) -> Outcome<'_> {
    let code = error.get(K::code).number();
    let mut outcome = Outcome { failed: true, signals: Signals::REPLY, ..Outcome::default() };
    if code == Some(-32_000) {
        outcome.signals.insert(Signals::UNAUTHENTICATED);
    } else {
        outcome.rpc_code = code;
    }
    outcome.harness.push(error.get(K::message).text());
    let data = error.get(K::data);
    outcome.harness.push(data.first_of(&[K::details, K::message, K::error]).text());
    outcome.harness.push(data.text());
    outcome
}

/// One update of a session: a call, or how it goes on. `titled`: its title is the tool's name.
pub fn update(update: Value<'_>, titled: bool, emit: &mut Emit<'_>) {
    let kind = update.get(K::sessionUpdate);
    let is_start = kind.is("tool_call");
    if !is_start && !kind.is("tool_call_update") {
        return;
    }
    let id = call_id(update.get(K::toolCallId));
    let tool = called(update, titled);
    if is_start || update.get(K::rawInput).exists() {
        emit(began(id, tool, update.get(K::rawInput)));
    }
    let status = aliases::status(update.get(K::status).text());
    if !matches!(status, Some(Status::Fine | Status::Failed(_))) {
        return;
    }
    let mut evidence = Evidence::of(update);
    let raw = update.get(K::rawOutput);
    evidence.add_facts(raw);
    evidence.add_facts(raw.get(K::metadata));
    if content(update.get(K::content)).is_blank() {
        if raw.is_object() {
            for key in [K::error, K::message, K::output, K::formatted_output, K::stdout, K::stderr] {
                evidence.add_output(raw.get(key));
            }
        } else {
            evidence.add_output(raw);
        }
    }
    let tool = (tool != Tool::OTHER).then_some(tool);
    emit(Event::CallEnded { id, tool, job: Job::None, outcome: evidence.outcome() });
}

/// ACP has no tool's name: a kind, and a title that some agents give the name.
fn called(update: Value<'_>, titled: bool) -> Tool {
    let [first, second] = if titled { [K::title, K::kind] } else { [K::kind, K::title] };
    match tool(update.get(first)) {
        Tool::OTHER => tool(update.get(second)),
        named => named,
    }
}
