//! Who wrote a record, and what it tells.
//!
//! One file an agent. A dialect knows its agent's shapes: it claims records by the fields of the record itself, names
//! the session, and translates to events. It decides no cause, and knows no other dialect, no rule and no output. The
//! order of [`DIALECTS`] matters only where two shapes look alike; the narrower one stands first.

mod aliases;
mod claude;
mod codewhale;
mod codex;
mod copilot;
mod cursor;
mod gemini;
mod opencode;
mod pi;
mod qwen;
mod tolerant;
mod wrapper;

use crate::event::{Envelope, Event};
use crate::parse::Inner;
use crate::scan::Record;
use crate::schema::Agent;

/// Takes a record's events, one by one.
pub type Emit<'e> = dyn FnMut(Event<'_>) + 'e;

/// One shape of log, or several of one agent that are told apart inside.
pub struct Dialect {
    /// Its name among the dialects, and of its folder of golden fixtures.
    pub name: &'static str,
    /// Whose log it is.
    pub agent: Agent,
    /// False where the format records no results, or hides failures.
    pub results_recorded: bool,
    /// Its records belong to no session and hold no events.
    pub is_noise: bool,
    /// The record is of this shape.
    pub claims: fn(&Record<'_>) -> bool,
    /// Its session and its time.
    pub envelope: for<'line> fn(&Record<'line>) -> Envelope<'line>,
    /// What it tells.
    pub events: fn(&Record<'_>, &mut Inner, &mut Emit<'_>),
}

/// Every dialect, the narrower shapes first.
pub static DIALECTS: &[&Dialect] = &[
    &codex::ROLLOUT,
    &claude::TRANSCRIPT,
    &copilot::EVENTS,
    &pi::SESSION,
    &opencode::RUN,
    &gemini::STREAM,
    &gemini::CHAT,
    &qwen::CHAT,
    &cursor::STREAM,
    &cursor::TRANSCRIPT,
    &codewhale::RUNTIME,
    &codewhale::OUTBOX,
    &codewhale::EXEC,
    &codewhale::MESSAGE,
    &codewhale::TOOL_AUDIT,
    &codewhale::AUDIT_LOG,
    &codewhale::RECEIPTS,
    &codewhale::HOOKS,
    &codewhale::APP_SERVER,
    &codewhale::TRANSCRIPT,
    &codewhale::SAVED_SESSION,
    &codewhale::FLEET,
    &codewhale::WORKFLOW,
    &codewhale::EVAL,
    &codewhale::NOISE,
    &codex::EXEC,
    &codex::LEGACY,
    &codex::BARE,
    &codewhale::FLAT,
    TOLERANT,
];

/// The reader of shapes that no other dialect knows: the last, and none for what is left of a torn line, where a part
/// of a record would pass for a whole one.
pub static TOLERANT: &Dialect = &tolerant::OTHER;

/// The dialect of a record, if it is of a known shape.
#[inline]
pub fn recognise(record: &Record<'_>) -> Option<&'static Dialect> {
    DIALECTS.iter().copied().find(|dialect| (dialect.claims)(record))
}

/// An envelope that names nothing.
fn no_envelope<'line>(_: &Record<'line>) -> Envelope<'line> {
    Envelope::default()
}

/// No events.
fn no_events(_: &Record<'_>, _: &mut Inner, _: &mut Emit<'_>) {}
