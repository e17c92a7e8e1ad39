//! CodeWhale, formerly DeepSeek-TUI: its many streams, from v0.1 on.
//!
//! There is no single log. Each file here reads the streams of one part of the program, each shape a dialect of its own:
//! - [`runtime`]: thread events of v1 and v2 and the API's envelope, the lifecycle outbox, the protocol's messages
//! - [`exec`]: `exec --output-format stream-json`, its form before v0.9, lane logs
//! - [`audit`]: the tool audit log, `audit.log`, approval receipts
//! - [`server`]: hook events of the app-server, and its JSON-RPC answers
//! - [`transcript`]: sub-agents' transcripts, saved sessions
//! - [`jobs`]: the fleet's ledger, workflow runs
//! - [`rest`]: the flat shape, eval fixtures, files without evidence
//!
//! What a tool's result says is read in [`result`], the same for all of them. Ids of calls are the model provider's:
//! the same call has the same id in every stream. May not know rules or output.

mod audit;
mod exec;
mod jobs;
mod rest;
mod result;
mod runtime;
mod server;
mod transcript;

pub use audit::{AUDIT_LOG, RECEIPTS, TOOL_AUDIT};
pub use exec::EXEC;
pub use jobs::{FLEET, WORKFLOW};
pub use rest::{EVAL, FLAT, NOISE};
pub use runtime::{MESSAGE, OUTBOX, RUNTIME};
pub use server::{APP_SERVER, HOOKS};
pub use transcript::{SAVED_SESSION, TRANSCRIPT};

use super::wrapper::tool;
use crate::command;
use crate::event::{CallId, Command, Event, Job, JobId, Outcome, Scope, Session, Signals};
use crate::scan::Value;
use crate::schema::{Tool, ToolClass};
use crate::text::{Pieces, Text};

/// Bytes of a call's id from which on it is taken for one that a provider made up at random. Shorter ones, and numbered
/// ones such as `functions.read:0`, come again in other sessions.
const UNIQUE_ID_BYTES_MIN: usize = 20;

/// The id of a call.
fn call_id(id: Text<'_>) -> Option<CallId<'_>> {
    if id.is_empty() {
        return None;
    }
    let is_unique = id.ask(|id| id.len() >= UNIQUE_ID_BYTES_MIN && !id.contains(&b':')).unwrap_or(true);
    Some(CallId { scope: if is_unique { Scope::World } else { Scope::Session }, id })
}

/// An id that counts within its session: of a turn, of an item of a thread, of a task of a run.
fn local_id(id: Text<'_>) -> Option<CallId<'_>> {
    (!id.is_empty()).then_some(CallId { scope: Scope::Session, id })
}

/// The session of this id, or none where it is empty.
fn session(id: Text<'_>) -> Session<'_> {
    if id.is_empty() { Session::None } else { Session::Id(id) }
}

/// A call began: its tool, and of a shell's or a job's call what it asks for.
fn began<'line>(id: Option<CallId<'line>>, name: Value<'line>, input: Value<'line>) -> Event<'line> {
    let tool = tool(name);
    let input = input.source();
    let command = if tool.class() == ToolClass::Shell {
        input.with_field(&["command"], |text| command::kind(&text)).unwrap_or_default()
    } else {
        Command::Other
    };
    let job = if tool.class() == ToolClass::Job {
        input.with_field(&["task_id", "job_id"], JobId::new).map_or(Job::None, Job::Polls)
    } else {
        Job::None
    };
    Event::CallBegan { id, tool, command, job }
}

/// A call began of which no more is known than its tool.
fn began_as(id: Option<CallId<'_>>, tool: Tool) -> Event<'_> {
    Event::CallBegan { id, tool, command: Command::Other, job: Job::None }
}

/// Why the model's turn or a run finally failed, in the runner's own words.
fn run_outcome(text: Text<'_>, signals: Signals) -> Outcome<'_> {
    Outcome { failed: true, signals, harness: Pieces::one(text), ..Outcome::default() }
}

/// The kinds into which the program sorts errors of a turn or run.
fn run_category(category: Value<'_>) -> Signals {
    let known = category.text().lookup(&[
        ("network", Signals::NETWORK_ERROR),
        ("authentication", Signals::UNAUTHENTICATED),
        ("authorization", Signals::UNAUTHENTICATED),
        ("rate_limit", Signals::SERVICE_LIMIT),
        ("timeout", Signals::TIMED_OUT),
        ("budget", Signals::BUDGET_SPENT),
        ("budget_exhausted", Signals::BUDGET_SPENT),
        ("invalid_input", Signals::BAD_REQUEST),
        ("parse", Signals::OUTPUT_INCOMPLETE),
        ("tool", Signals::TOOL_ERROR),
        ("tool_error", Signals::TOOL_ERROR),
        ("internal", Signals::INTERNAL_ERROR),
        ("infrastructure_error", Signals::INTERNAL_ERROR),
    ]);
    known.unwrap_or_default()
}
