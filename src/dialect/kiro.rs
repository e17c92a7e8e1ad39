//! Kiro CLI: `{version: v1, kind: Prompt | AssistantMessage | ToolResults, data: {content: [{kind, data}]}}`.
//!
//! `data` is an object, or a string that holds one. A shell that failed is a success by its status: a JSON block of the
//! result has `exit_status`, a string such as `exit status: 1`. No session is named and no turn marked. May not know
//! rules or output.

use super::aliases::{Evidence, began, passing_id};
use super::wrapper::tool;
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Session};
use crate::scan::{Key as K, Value};
use crate::schema::Agent;

/// The session's file.
pub static KIRO: Dialect = Dialect {
    name: "kiro",
    signs: &[Sign::fields(&[K::version, K::kind, K::data])],
    agent: Agent::Kiro,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        record.has_all(&[K::version, K::kind, K::data])
            && record.get(K::version).is("v1")
            && record.get(K::kind).is_one_of(&["Prompt", "AssistantMessage", "ToolResults", "Compaction", "Clear"])
    },
    envelope: |record| Envelope {
        session: Session::None,
        ts: record.get(K::data).get(K::meta).get(K::timestamp).time(),
    },
    events: |record, inner, emit| {
        let data = record.get(K::data);
        if data.is_object() {
            blocks(data.get(K::content), emit);
        } else if let Some(data) = inner.read(data.text()) {
            blocks(data.get(K::content), emit);
        }
    },
};

fn blocks(content: Value<'_>, emit: &mut Emit<'_>) {
    for block in content.items() {
        let data = block.get(K::data);
        let id = passing_id(data.get(K::toolUseId).id());
        if block.get(K::kind).is("toolUse") {
            emit(began(id, tool(data.get(K::name)), data.get(K::input)));
        } else if block.get(K::kind).is("toolResult") {
            let mut evidence = Evidence::default();
            evidence.add_status(data.get(K::status).text());
            for part in data.get(K::content).items() {
                let body = part.get(K::data);
                if body.is_object() {
                    evidence.add(body);
                } else {
                    evidence.add_output(body);
                }
            }
            emit(Event::CallEnded { id, tool: None, job: Job::None, outcome: evidence.outcome() });
        }
    }
}
