//! Chat completions, one message a row: `{role, content, tool_calls?, tool_call_id?}`, of several agents.
//!
//! The format has no failure flag. Each writer has marks of its own instead: Mistral Vibe wraps a failed body in
//! `<tool_error>`, Kimi CLI begins it with `<system>ERROR:`, mini-SWE-agent adds `extra.returncode`, many tools return
//! JSON with an exit code. Text that begins with `Error:` is no mark: a program may print it. A turn is from the
//! person's row to the assistant's row without a call. Most rows do not say whose they are: see [`super::Speakers`].
//! May not know rules or output.

use super::aliases::{self, Evidence, began, passing_id};
use super::wrapper::{content, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::Agent;
use crate::text::{Pieces, Text};

/// Words of a person or a model that name no agent.
pub static PLAIN: Dialect = Dialect {
    name: "chat-plain",
    signs: &[Sign::fields(&[K::role, K::content])],
    agent: Agent::Other,
    results_recorded: true,
    is_noise: true,
    claims: |record| is_row(record) && is_plain(record, &["user", "assistant"]),
    envelope: |record| Envelope { session: Session::None, ts: aliases::time(record) },
    events: |record, _, emit| {
        if record.get(K::role).is("user") && !record.has(K::type_) {
            emit(Event::Prompted);
        }
    },
};

/// Rows of no particular writer.
pub static OPENAI: Dialect = Dialect {
    name: "openai-chat",
    signs: &[Sign::fields(&[K::role])],
    agent: Agent::Openai,
    results_recorded: false,
    is_noise: false,
    claims: |record| {
        is_row(record)
            && match record.get(K::role) {
                role if role.is("tool") => record.has_all(&[K::tool_call_id, K::content]),
                role if role.is("assistant") => record.has(K::tool_calls),
                _ => is_plain(record, &["system", "developer"]),
            }
    },
    envelope: |record| {
        let is_first = record.get(K::role).is_one_of(&["system", "developer"]);
        Envelope { session: if is_first { Session::UnnamedHeader } else { Session::None }, ts: aliases::time(record) }
    },
    events: |record, inner, emit| {
        let role = record.get(K::role).text();
        if role.is("assistant") {
            assistant(record, emit);
        } else if role.is("tool") {
            result(record, inner, emit);
        }
    },
};

/// Mistral Vibe's `messages.jsonl`.
pub static VIBE: Dialect = Dialect {
    name: "vibe",
    signs: &[Sign::fields(&[K::message_id, K::role]), Sign::fields(&[K::tool_call_id, K::role])],
    agent: Agent::Vibe,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        is_row(record)
            && !record.has(K::extra)
            && if record.has(K::tool_call_id) {
                vibe_mark(record.get(K::content).text()).is_some()
            } else {
                record.get(K::message_id).is_string() && record.get(K::role).is_one_of(&["user", "assistant"])
            }
    },
    envelope: |record| Envelope { session: Session::None, ts: aliases::time(record) },
    events: |record, inner, emit| {
        let role = record.get(K::role).text();
        if role.is("assistant") {
            assistant(record, emit);
        } else if role.is("user") {
            emit(Event::TurnBegan { id: None, results_told: true, by_prompt: true });
        } else if let Some(outcome) = vibe_mark(record.get(K::content).text()) {
            end(record, outcome, emit);
        } else {
            result(record, inner, emit);
        }
    },
};

/// Kimi CLI's `context.jsonl` and its stream of messages.
pub static KIMI: Dialect = Dialect {
    name: "kimi-context",
    signs: &[Sign::fields(&[K::role])],
    agent: Agent::Kimi,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        is_row(record)
            && match record.get(K::role) {
                role if role.is("tool") => {
                    record.has(K::tool_call_id) && content(record.get(K::content)).first().starts_with("<system>")
                }
                role if role.is("assistant") => {
                    record.get(K::content).items().any(|block| block.get(K::type_).is("think"))
                }
                role => role.is_one_of(KIMI_ROLES),
            }
    },
    envelope: |record| {
        let is_first = record.get(K::role).is("_system_prompt");
        Envelope { session: if is_first { Session::UnnamedHeader } else { Session::None }, ts: None }
    },
    events: |record, inner, emit| {
        let role = record.get(K::role).text();
        if role.is("assistant") {
            assistant(record, emit);
        } else if role.is("tool") {
            match kimi_mark(content(record.get(K::content))) {
                Some(outcome) => end(record, outcome, emit),
                None => result(record, inner, emit),
            }
        }
    },
};

/// Rows of Kimi's own book-keeping.
const KIMI_ROLES: &[&str] = &["_system_prompt", "_checkpoint", "_usage"];

/// The messages of a mini-SWE-agent trajectory.
pub static MINI_SWE_AGENT: Dialect = Dialect {
    name: "mini-swe-agent",
    signs: &[Sign::fields(&[K::extra, K::role, K::content])],
    agent: Agent::MiniSweAgent,
    results_recorded: true,
    is_noise: false,
    claims: |record| is_row(record) && record.get(K::extra).is_object() && record.has(K::content),
    envelope: |record| {
        let is_first = record.get(K::role).is("system");
        let ts = record.get(K::extra).get(K::timestamp).time();
        Envelope { session: if is_first { Session::UnnamedHeader } else { Session::None }, ts }
    },
    events: |record, inner, emit| {
        let role = record.get(K::role).text();
        if role.is("system") {
            // One document is one run: what follows as the user's words is fed back by the runner as well.
            emit(Event::TurnBegan { id: None, results_told: true, by_prompt: false });
        } else if role.is("assistant") {
            calls(record, emit);
        } else if role.is("tool") {
            mini_result(record, inner, emit);
        } else if role.is("exit") {
            mini_exit(record, emit);
        }
    },
};

/// A message, and nothing that another envelope would have.
fn is_row(record: &Record<'_>) -> bool {
    record.has(K::role)
        && (record.has(K::content) || record.has(K::tool_calls) || record.get(K::role).is_one_of(KIMI_ROLES))
        && !record.has(K::type_)
        && !record.has(K::message)
        && !record.has(K::parts)
}

/// Only words, from one of these roles.
fn is_plain(record: &Record<'_>, roles: &[&str]) -> bool {
    const BLOCKS: &[&str] = &["text", "image_url", "image", "input_audio", "file", "refusal"];
    let body = record.get(K::content);
    record.get(K::role).is_one_of(roles)
        && !record.has(K::stop_reason)
        && !record.has(K::tool_calls)
        && !record.has(K::tool_call_id)
        && (body.is_string() || body.is_array())
        && body.items().all(|block| block.is_string() || block.get(K::type_).is_one_of(BLOCKS))
}

/// The assistant's row: its calls, or the end of the turn where it has none.
fn assistant(record: &Record<'_>, emit: &mut Emit<'_>) {
    if !calls(record, emit) {
        emit(Event::TurnEnded { id: None, end: TurnEnd::Completed, outcome: None });
    }
}

/// False where the row has no calls.
fn calls(record: &Record<'_>, emit: &mut Emit<'_>) -> bool {
    let mut has_calls = false;
    for call in record.get(K::tool_calls).items() {
        let function = call.get(K::function);
        let id = passing_id(call.get(K::id).id());
        emit(began(id, tool(function.get(K::name)), function.get(K::arguments)));
        has_calls = true;
    }
    has_calls
}

fn end(record: &Record<'_>, outcome: Outcome<'_>, emit: &mut Emit<'_>) {
    let name = record.get(K::name);
    let id = passing_id(record.get(K::tool_call_id).id());
    emit(Event::CallEnded { id, tool: name.is_string().then(|| tool(name)), job: Job::None, outcome });
}

/// A result of a writer without marks: a flag that it added, an exit code in JSON or in `<returncode>`.
fn result(record: &Record<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let evidence = Evidence::of(record.root());
    let body = content(record.get(K::content)).first();
    if !evidence.has_verdict() {
        if let Some(outcome) = return_code(body) {
            return end(record, outcome, emit);
        }
        if let Some(embedded) = Evidence::embedded(body.trim_start(), inner) {
            return end(record, embedded.outcome(), emit);
        }
    }
    end(record, evidence.outcome(), emit);
}

/// `<returncode>N</returncode>` and `<output>` after it.
fn return_code(body: Text<'_>) -> Option<Outcome<'_>> {
    let rest = body.strip_prefix("<returncode>")?;
    let code = rest.leading_number().and_then(exit_code)?;
    let (_, printed) = rest.split_once("</returncode>")?;
    let program = if code == 0 { Pieces::default() } else { Pieces::one(printed) };
    Some(Outcome { failed: code != 0, exit_code: Some(code), program, ..Outcome::default() })
}

/// A body that Vibe wrapped whole because the call failed.
fn vibe_mark(body: Text<'_>) -> Option<Outcome<'_>> {
    let inside = |open: &str, close: &str| body.strip_prefix(open)?.trim_end().strip_suffix(close);
    if let Some(words) = inside("<user_cancellation>", "</user_cancellation>") {
        let signals = Signals::INTERRUPTED;
        return Some(Outcome { failed: true, signals, harness: Pieces::one(words), ..Outcome::default() });
    }
    let words = inside("<tool_error>", "</tool_error>")?;
    let mut outcome = Outcome { failed: true, harness: Pieces::one(words), ..Outcome::default() };
    // The shell's sentence, its code, and what was printed stand below each other.
    if let Some((sentence, rest)) = words.split_once("Return code: ")
        && let Some(code) = rest.leading_number().and_then(exit_code)
    {
        outcome.exit_code = Some(code);
        outcome.harness = Pieces::one(sentence);
        outcome.program = Pieces::one(rest.split_line().1);
    }
    Some(outcome)
}

/// A body that Kimi begins with its own sentence: the error that it states.
fn kimi_mark(body: Pieces<'_>) -> Option<Outcome<'_>> {
    let (sentence, rest) = body.first().strip_prefix("<system>ERROR:")?.split_once("</system>")?;
    let sentence = sentence.trim_start();
    let mut outcome = Outcome { failed: true, harness: Pieces::one(sentence), program: body, ..Outcome::default() };
    outcome.program.replace_first(rest);
    outcome.exit_code = sentence.number_after("Command failed with exit code: ").and_then(exit_code);
    Some(outcome)
}

fn mini_result(record: &Record<'_>, inner: &mut Inner, emit: &mut Emit<'_>) {
    let extra = record.get(K::extra);
    let exception = extra.get(K::exception_info);
    if !extra.get(K::returncode).is_given() && exception.text().is_empty() {
        return result(record, inner, emit);
    }
    let mut evidence = Evidence::default();
    evidence.add_facts(extra);
    if !exception.text().is_empty() {
        evidence.fail(Signals::NONE);
        evidence.add_error(exception);
        evidence.add_kind(extra.get(K::extra).get(K::exception_type));
    }
    let printed = extra.get(K::raw_output);
    if printed.is_string() {
        evidence.add_output(printed);
    } else {
        evidence.add_output(record.get(K::content));
    }
    end(record, evidence.outcome(), emit);
}

/// The last row says how the run ended: handed in, stopped by a limit of the host's or by a person, or by an exception.
fn mini_exit(record: &Record<'_>, emit: &mut Emit<'_>) {
    let status: Value<'_> = record.get(K::extra).get(K::exit_status);
    let (end, outcome) = match status.text() {
        word if word.is("Submitted") || word.is_empty() => (TurnEnd::Completed, None),
        word if word.is("LimitsExceeded") || word.starts_with("UserInterrupt") => (TurnEnd::Aborted, None),
        word => {
            let mut harness = content(record.get(K::content));
            harness.push(word);
            let signals = aliases::kind(word);
            (TurnEnd::Failed, Some(Outcome { failed: true, signals, harness, ..Outcome::default() }))
        }
    };
    emit(Event::TurnEnded { id: None, end, outcome });
}
