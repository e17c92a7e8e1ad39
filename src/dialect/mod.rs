//! Who wrote a record, and what it tells.
//!
//! One file an agent. A dialect knows its agent's shapes: it claims records by the fields of the record itself, names
//! the session, and translates to events. It decides no cause, and knows no other dialect, no rule and no output. The
//! order of [`DIALECTS`] matters only where two shapes look alike; the narrower one stands first.

mod aisdk;
mod aliases;
mod amp;
mod anthropic;
mod antigravity;
mod atif;
mod chat;
mod claude;
mod codewhale;
mod codex;
mod copilot;
mod cursor;
mod droid;
mod gemini;
mod goose;
mod grok;
mod jsonrpc;
mod kimi;
mod kiro;
mod opencode;
mod openhands;
mod otel;
mod pi;
mod qwen;
mod responses;
mod signs;
mod tolerant;
mod wrapper;

use crate::event::{Envelope, Event};
use crate::parse::Inner;
use crate::scan::{Key as K, Record};
use crate::schema::Agent;
use signs::{Index, Sign};

/// Takes a record's events, one by one.
pub type Emit<'e> = dyn FnMut(Event<'_>) + 'e;

/// One shape of log, or several of one agent that are told apart inside.
pub struct Dialect {
    /// Its name among the dialects, and of its folder of golden fixtures.
    pub name: &'static str,
    /// What a record must show before it is worth asking whether this dialect claims it.
    pub signs: &'static [Sign],
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
    &amp::STREAM,
    &qwen::STREAM,
    &claude::TRANSCRIPT,
    &copilot::EVENTS,
    &pi::SESSION,
    &droid::SESSION,
    &droid::STREAM,
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
    &anthropic::MESSAGES,
    &responses::ITEMS,
    &codex::BARE,
    &codewhale::FLAT,
    &jsonrpc::ACP,
    &jsonrpc::MCP,
    &jsonrpc::REPLY,
    &grok::UPDATES,
    &grok::HISTORY,
    &kimi::WIRE,
    &openhands::EVENTS,
    &goose::SESSION,
    &goose::STREAM,
    &kiro::KIRO,
    &otel::SPANS,
    &atif::ATIF,
    &antigravity::TRANSCRIPT,
    &antigravity::STREAM,
    &aisdk::MESSAGES,
    &chat::MINI_SWE_AGENT,
    &chat::VIBE,
    &chat::KIMI,
    &chat::OPENAI,
    &chat::PLAIN,
    TOLERANT,
];

/// The reader of shapes that no other dialect knows: the last, and none for what is left of a torn line, where a part
/// of a record would pass for a whole one.
pub static TOLERANT: &Dialect = &tolerant::OTHER;

/// The dialect of a record, if it is of a known shape: the naive twin of `Index::find`, which asks every one in turn.
pub fn recognise(record: &Record<'_>) -> Option<&'static Dialect> {
    DIALECTS.iter().copied().find(|dialect| (dialect.claims)(record))
}

/// Whose records those are that do not say it themselves: some formats share their rows, and a row belongs to whoever
/// wrote the one before it.
pub struct Speakers {
    index: Index,
    /// Who wrote the last row of a chat that says whose it is.
    chat: Option<&'static Dialect>,
    /// The protocol of the last JSON-RPC message that shows one.
    rpc: Option<&'static Dialect>,
    /// Who wrote the last response item that says whose it is.
    items: Option<&'static Dialect>,
}

impl Default for Speakers {
    fn default() -> Self {
        Self { index: Index::new(DIALECTS), chat: None, rpc: None, items: None }
    }
}

impl Speakers {
    /// The dialect of the stream's next record, if it is of a known shape.
    #[inline]
    pub fn recognise(&mut self, record: &Record<'_>) -> Option<&'static Dialect> {
        self.attribute(self.index.find(record)?, record)
    }

    /// Whose chat it was last.
    pub fn agent(&self) -> Option<Agent> {
        self.chat.map(|dialect| dialect.agent)
    }

    fn attribute(&mut self, found: &'static Dialect, record: &Record<'_>) -> Option<&'static Dialect> {
        let is = |dialect: &'static Dialect| std::ptr::eq(found, dialect);
        match () {
            () if is(&codex::BARE) => {
                if !record.has(K::type_) {
                    self.items = Some(found);
                }
                match self.items {
                    // Words alone belong to nobody yet.
                    None if record.get(K::type_).is_one_of(&["message", "reasoning"]) => return Some(&chat::PLAIN),
                    speaker => return Some(speaker.unwrap_or(found)),
                }
            }
            () if is(&responses::ITEMS) => self.items = Some(found),
            // An answer to nothing that was asked may be of any protocol.
            () if is(&jsonrpc::REPLY) => return self.rpc,
            () if is(&jsonrpc::ACP) || is(&jsonrpc::MCP) || is(&codewhale::APP_SERVER) => self.rpc = Some(found),
            () if record.has(K::role) && (record.has(K::content) || record.has(K::tool_calls)) => {
                return Some(self.chat_row(found, record));
            }
            () => {}
        }
        Some(found)
    }

    fn chat_row(&mut self, found: &'static Dialect, record: &Record<'_>) -> &'static Dialect {
        let is = |dialect: &'static Dialect| std::ptr::eq(found, dialect);
        let role = record.get(K::role).text();
        if is(&chat::PLAIN) {
            let is_user = role.is("user");
            return self.chat.filter(|_| !is_user).unwrap_or(found);
        }
        if is(&chat::OPENAI)
            && let Some(speaker) = self.chat
        {
            let is_vibes = std::ptr::eq(speaker, &chat::VIBE) && role.is("tool");
            let is_kimis = std::ptr::eq(speaker, &chat::KIMI) && role.is_one_of(&["assistant", "tool"]);
            if is_vibes || is_kimis {
                return speaker;
            }
        }
        self.chat = Some(found);
        found
    }
}

/// The dialect whose records look the same as this one's: such a record is of it where its session is.
#[inline]
pub fn kin(dialect: &'static Dialect) -> Option<&'static Dialect> {
    std::ptr::eq(dialect, &claude::TRANSCRIPT).then_some(&qwen::STREAM)
}

/// The record is of the dialect's shape, and of other programs' as well: it is the dialect's only in a session that its
/// agent began, or behind a record of its agent.
#[inline]
pub fn is_doubtful(dialect: &'static Dialect, record: &Record<'_>) -> bool {
    let is = |other: &'static Dialect| std::ptr::eq(dialect, other);
    match () {
        () if is(&codex::EXEC) => codex::is_doubtful(record),
        () if is(&copilot::EVENTS) => copilot::is_doubtful(record),
        () if is(&codex::LEGACY) => record.has(K::prompt) || record.get(K::msg).get(K::type_).is("error"),
        () if is(&goose::STREAM) => record.get(K::type_).is_one_of(&["error", "complete"]),
        () if is(&gemini::STREAM) || is(&droid::STREAM) => record.get(K::type_).is("error"),
        () if is(&cursor::STREAM) => {
            record.get(K::type_).is_one_of(&["retry", "connection", "thinking", "interaction_query"])
        }
        () if is(&cursor::TRANSCRIPT) => record.has(K::status),
        () if is(&codewhale::MESSAGE) => record.get(K::event).is("error"),
        () if is(&codewhale::FLEET) => record.get(K::record).is("heartbeat"),
        () if is(&kimi::WIRE) => record.get(K::type_).text().starts_with("turn."),
        () => false,
    }
}

/// Of a doubtful record: its agent writes so much of no known shape that its records need not stand right behind each
/// other.
pub fn is_talkative(dialect: &'static Dialect, record: &Record<'_>) -> bool {
    std::ptr::eq(dialect, &kimi::WIRE)
        || (std::ptr::eq(dialect, &copilot::EVENTS) && !record.get(K::type_).is("session.error"))
}

/// The record says whose the words before it are that do not say it.
#[inline]
pub fn takes_prompt(dialect: &'static Dialect, record: &Record<'_>) -> bool {
    record.has(K::role) || std::ptr::eq(dialect, &anthropic::MESSAGES)
}

/// An envelope that names nothing.
fn no_envelope<'line>(_: &Record<'line>) -> Envelope<'line> {
    Envelope::default()
}

/// No events.
fn no_events(_: &Record<'_>, _: &mut Inner, _: &mut Emit<'_>) {}
