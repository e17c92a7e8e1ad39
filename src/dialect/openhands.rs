//! OpenHands: events of the SDK, one a line: `{kind, id, timestamp, source, ...}`.
//!
//! `ActionEvent` is a call; an `ObservationEvent`, an `AgentErrorEvent` or a `UserRejectObservation` its end. A command that
//! failed has `is_error: false` and its exit code beside it; -1 is none. Conversations have no ids: a
//! `SystemPromptEvent` begins one. May not know rules or output.

use super::aliases::{self, Evidence, began, passing_id};
use super::wrapper::tool;
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Outcome, Session, Signals, TurnEnd};
use crate::parse::Inner;
use crate::scan::{Key as K, Record};
use crate::schema::Agent;

/// The events.
pub static EVENTS: Dialect = Dialect {
    name: "openhands",
    signs: &[Sign::fields(&[K::source, K::kind, K::id, K::timestamp])],
    agent: Agent::Openhands,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::kind, K::id, K::timestamp, K::source])
            && record.get(K::source).is_one_of(&["agent", "user", "environment", "hook"])
            && record.get(K::kind).is_one_of(KINDS)
    },
    envelope: |record| {
        let is_first = record.get(K::kind).is("SystemPromptEvent");
        Envelope {
            session: if is_first { Session::UnnamedHeader } else { aliases::session(record) },
            ts: record.get(K::timestamp).time(),
        }
    },
    events,
};

const KINDS: &[&str] = &[
    "ActionEvent",
    "ObservationEvent",
    "MessageEvent",
    "AgentErrorEvent",
    "UserRejectObservation",
    "ConversationStateUpdateEvent",
    "ConversationErrorEvent",
    "SystemPromptEvent",
    "PauseEvent",
    "InterruptEvent",
    "Condensation",
    "CondensationRequest",
    "CondensationSummaryEvent",
    "TokenEvent",
    "LLMCompletionLogEvent",
    "HookExecutionEvent",
];

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    let kind = record.get(K::kind).text();
    let id = passing_id(record.get(K::tool_call_id).id());
    let name = record.get(K::tool_name);
    let tool = name.is_string().then(|| tool(name));
    let ended = |outcome| Event::CallEnded { id, tool, job: Job::None, outcome };
    if kind.is("ActionEvent") {
        let input = record.get(K::tool_call).get(K::arguments);
        emit(began(id, tool.unwrap_or(crate::schema::Tool::OTHER), input));
    } else if kind.is("ObservationEvent") {
        emit(ended(Evidence::of(record.get(K::observation)).outcome()));
    } else if kind.is("AgentErrorEvent") {
        let mut evidence = Evidence::of(record.root());
        evidence.fail(Signals::NONE);
        emit(ended(evidence.outcome()));
    } else if kind.is("UserRejectObservation") {
        let is_hook = record.get(K::rejection_source).is("hook");
        let signals = if is_hook { Signals::HOOK_DENIED } else { Signals::USER_DECLINED };
        let mut outcome = Outcome { failed: true, signals, ..Outcome::default() };
        outcome.harness.push(record.get(K::rejection_reason).text());
        emit(ended(outcome));
    } else if kind.is("MessageEvent") {
        if record.get(K::source).is("user") {
            emit(Event::TurnBegan { id: None, results_told: true, by_prompt: true });
        }
    } else if kind.is("ConversationErrorEvent") {
        let mut outcome = Outcome { failed: true, ..Outcome::default() };
        outcome.signals.insert(aliases::kind(record.get(K::classification).get(K::kind).text()));
        outcome.signals.insert(aliases::kind(record.get(K::code).text()));
        outcome.harness.push(record.get(K::detail).text());
        emit(Event::TurnEnded { id: None, end: TurnEnd::Failed, outcome: Some(outcome) });
    } else if kind.is_one_of(&["PauseEvent", "InterruptEvent"]) {
        emit(Event::TurnEnded { id: None, end: TurnEnd::Aborted, outcome: None });
    } else if kind.is("ConversationStateUpdateEvent") && record.get(K::key).is("execution_status") {
        let status = record.get(K::value);
        let end = match () {
            () if status.is("finished") => TurnEnd::Completed,
            () if status.is_one_of(&["error", "stuck"]) => TurnEnd::Failed,
            () => return,
        };
        emit(Event::TurnEnded { id: None, end, outcome: None });
    }
}
