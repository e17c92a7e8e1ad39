//! What the program keeps for an auditor: which tools were asked for, who allowed them, and how they ended.
//!
//! - the tool audit log, `{event: "tool.*", tool_id, tool_name, ...}`: no time, no turn, no session; `tool.result` is a
//!   result, with `status` since v0.9.3
//! - `audit.log`, `{ts, event, details}`, between lines of plain text: decisions, no results
//! - approval receipts, `{phase: asked | decided, approval_id, tool_call_id, ...}`
//!
//! A denial is no failure of its own: it is noted for the call whose result another record tells. May not know other
//! streams.

use super::result::{read_text, structured};
use super::{began_as, call_id};
use crate::dialect::wrapper::tool;
use crate::dialect::{Dialect, Sign, no_envelope, no_events};
use crate::event::{Envelope, Event, Job, Session, Signals};
use crate::scan::Key as K;
use crate::schema::Agent;

/// The tool audit log.
pub static TOOL_AUDIT: Dialect = Dialect {
    name: "codewhale-tool-audit",
    signs: &[Sign::fields(&[K::tool_id, K::event])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::event, K::tool_id])
            && record.get(K::event).is_one_of(&[
                "tool.result",
                "tool.prepared",
                "tool.approval_required",
                "tool.approval_decision",
                "tool.auto_review",
                "tool.repo_law_decision",
                "tool.schema_hydrated",
                "tool.workspace_write_carve_out",
                "tool.user_provenance_preapproved",
                "tool.spillover",
            ])
    },
    envelope: no_envelope,
    events: |record, _, emit| {
        let event = record.get(K::event).text();
        let id = call_id(record.get(K::tool_id).text());
        let decision = record.get(K::decision);
        if event.is("tool.result") {
            let mut outcome = structured(record.root(), record.get(K::metadata));
            if outcome.failed {
                read_text(record.get(K::error).text(), &mut outcome);
            }
            let tool = Some(tool(record.get(K::tool_name)));
            emit(Event::CallEnded { id, tool, job: Job::None, outcome });
        } else if event.is("tool.prepared") {
            emit(began_as(id, tool(record.get(K::tool_name))));
        } else if let Some(id) = id
            && decision.is_one_of(&["denied", "block"])
        {
            let is_person = event.is("tool.approval_decision");
            let signals = if is_person { Signals::USER_DECLINED } else { Signals::DENIED };
            emit(Event::CallNoted { id, signals });
        }
    },
};

/// `audit.log`: what it denies fails elsewhere, and it names no call.
pub static AUDIT_LOG: Dialect = Dialect {
    name: "codewhale-audit-log",
    signs: &[Sign::fields(&[K::details, K::ts, K::event])],
    agent: Agent::Codewhale,
    results_recorded: true,
    is_noise: true,
    claims: |record| {
        record.has_only(&[K::ts, K::event, K::details])
            && record.get(K::details).is_object()
            && [
                "tool.approval.",
                "tool.sandbox.",
                "tool.user_input.",
                "credential.",
                "goal.",
                "shell_env_hook",
                "integration.dsh.",
            ]
            .iter()
            .any(|beginning| record.get(K::event).text().starts_with(beginning))
    },
    envelope: no_envelope,
    events: no_events,
};

/// Approval receipts.
pub static RECEIPTS: Dialect = Dialect {
    name: "codewhale-receipts",
    signs: &[Sign::fields(&[K::approval_id, K::phase, K::tool_call_id])],
    agent: Agent::Codewhale,
    results_recorded: false,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::phase, K::approval_id, K::tool_call_id])
            && record.get(K::phase).is_one_of(&["asked", "decided"])
    },
    envelope: |record| Envelope { session: Session::None, ts: record.get(K::created_at).time() },
    events: |record, _, emit| {
        if let Some(id) = call_id(record.get(K::tool_call_id).text()) {
            let signals = decided(record.get(K::outcome).get(K::outcome));
            if !signals.is_empty() {
                emit(Event::CallNoted { id, signals });
            }
        }
    },
};

/// What a receipt's decision says of the call.
pub fn decided(outcome: crate::scan::Value<'_>) -> Signals {
    let known = outcome.text().lookup(&[
        ("denied", Signals::USER_DECLINED),
        ("cancelled", Signals::CANCELLED),
        ("unavailable", Signals::DENIED),
    ]);
    known.unwrap_or_default()
}
