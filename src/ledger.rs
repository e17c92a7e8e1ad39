//! State across lines: sessions, their turns, calls that wait for a result, and what was already counted.
//!
//! Everything is of a fixed size; whatever is given up while it still held something open is counted. Says what an
//! event amounts to; may not know records or output.

use crate::event::{CallId, Command, Scope, Session as SessionRef, Signals, TurnEnd};
use crate::schema::{Agent, Source, Tool, TurnOutcome, WaitingOn};
use crate::table::{Hash, Memory, NONE, Table};
use crate::text::Text;
use crate::time::Seconds;

/// Calls that may wait for a result at one time.
pub const OPEN_CALLS_MAX: usize = 65_536;
/// Finished calls that are remembered.
pub const FINISHED_CALLS_MAX: usize = 262_144;
/// Sessions, each with at most one open turn, that are known at one time.
pub const SESSIONS_MAX: usize = 4_096;
/// Turn ids that are remembered.
pub const SEEN_TURNS_MAX: usize = 8_192;
/// Background jobs whose launching call is remembered.
pub const JOBS_MAX: usize = 4_096;
/// Second ids of calls that are remembered.
pub const SECOND_IDS_MAX: usize = 4_096;
/// Calls of which a fact is remembered before they begin.
pub const NOTES_MAX: usize = 4_096;
/// Questions about calls whose refusing answers are known.
pub const QUESTIONS_MAX: usize = 1_024;
/// Prompts, of all sessions together, that may wait to see whether they begin a turn; a further one begins one.
pub const PENDING_PROMPTS_MAX: usize = 1_024;
/// Bytes of a call's id that are kept to tell ids with one hash apart.
pub const ID_BYTES: usize = 64;

/// Where an event stands.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Position {
    /// The physical line of the stream, from 1.
    pub line: u64,
    /// The line among those of its session, from 1.
    pub session_line: u64,
}

/// A session, by its place in the ledger, while the line that named it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionAt(u32);

/// What a background job is remembered by.
#[derive(Clone, Copy)]
struct Launch {
    key: Hash,
    tool: Tool,
    call: u32,
    turn: u32,
}

struct OpenCall {
    id: [u8; ID_BYTES],
    signals: Signals,
    /// The job that it asks after; all zero where it asks after none.
    job: Hash,
    call: u32,
    turn: u32,
    /// The calls of the same turn that wait too.
    older_of_turn: u32,
    newer_of_turn: u32,
    tool: Tool,
    /// The place of its session.
    session: u16,
    /// The lowest bits of the session's ordinal: its place may be another's by now.
    session_ordinal: u16,
    command: Command,
}

// There may be very many of them.
const _: () = assert!(size_of::<OpenCall>() <= 112 && SESSIONS_MAX <= 1 << 16);

impl OpenCall {
    fn is_of(&self, at: SessionAt, ordinal: u64) -> bool {
        u32::from(self.session) == at.0 && self.session_ordinal == ordinal as u16
    }
}

#[derive(Clone, Copy)]
struct Finished {
    call: u32,
    tool: Tool,
    command: Command,
    /// Whether it failed, and the lowest bits of its session's ordinal: a byte more would cost a megabyte.
    bits: u8,
}

impl Finished {
    const FAILED: u8 = 0x80;

    const fn new(call: u32, tool: Tool, command: Command, failed: bool, session: u64) -> Self {
        let failed = if failed { Self::FAILED } else { 0 };
        Self { call, tool, command, bits: failed | (session as u8 & !Self::FAILED) }
    }

    const fn has_failed(self) -> bool {
        self.bits & Self::FAILED != 0
    }

    /// Its ordinal, if it is a call of this session: elsewhere the ordinal means nothing.
    const fn call_of(self, session: u64) -> Option<u32> {
        let is_same = (self.bits ^ session as u8) & !Self::FAILED == 0;
        if is_same { Some(self.call) } else { None }
    }
}

/// A turn that has not ended.
#[derive(Clone, Copy)]
struct OpenTurn {
    key: Option<Hash>,
    ordinal: u32,
    ts: Option<Seconds>,
    position: Position,
    failures: u32,
    last_failure: Option<Source>,
    has_model_failure: bool,
    results_told: bool,
    oldest_call: u32,
    newest_call: u32,
}

/// A prompt that was given while a call was open: a turn of its own only if that call is never answered.
#[derive(Clone, Copy)]
struct PendingTurn {
    key: Option<Hash>,
    ts: Option<Seconds>,
    position: Position,
    results_told: bool,
}

/// A turn that has ended, while nothing came after it.
#[derive(Clone, Copy)]
struct ClosedTurn {
    key: Option<Hash>,
    end: TurnEnd,
    /// `None` for one that is counted nowhere.
    counted: Option<CountedTurn>,
    /// It was told before.
    is_copy: bool,
}

#[derive(Clone, Copy)]
struct CountedTurn {
    ordinal: u32,
    failures: u32,
    last_failure: Option<Source>,
}

/// What an end of a turn is an end of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EndOf {
    /// The turn that is open.
    Open,
    /// The turn that ended right before: one more record of the same end.
    Closed,
    /// A turn that was told before.
    Told,
    /// A turn whose start was not seen.
    Unseen,
}

struct SessionState {
    key: Hash,
    agent: Agent,
    ordinal: u64,
    lines: u64,
    /// The line of the stream that was counted last.
    last_line: u64,
    turns: u32,
    calls: u32,
    open_calls: u32,
    run: u32,
    turn: Option<OpenTurn>,
    /// Prompts wait among [`Ledger::pending`].
    has_pending: bool,
    closed: Option<ClosedTurn>,
    /// The turn whose start was told last, where it was told before and is not open: what follows without an id of its
    /// own was told before too.
    retold: Option<Hash>,
    /// The model failed outside of a turn, and nothing came after it.
    has_loose_failure: bool,
    last_failure: Option<Source>,
}

/// What is counted of turns.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct TurnCounts {
    /// Turns that began.
    pub started: u64,
    /// Turns by how they ended: completed, failed, aborted.
    pub ended: [u64; 3],
    /// Turns without an end that a later turn followed.
    pub superseded: u64,
    /// Turns without an end when the stream ended.
    pub at_end: u64,
    /// Ends whose start was not seen.
    pub end_without_start: u64,
    /// Starts and ends of turns that were already known.
    pub repeated: u64,
}

/// What the ledger had to give up.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Losses {
    /// Calls that still waited for a result.
    pub calls_evicted: u64,
    /// Finished calls that are no longer known.
    pub calls_forgotten: u64,
    /// Turns that were still open.
    pub turns_evicted: u64,
    /// Sessions that still held something open.
    pub sessions_evicted: u64,
}

/// A turn that ended or never will.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TurnReport {
    /// Its session's ordinal in the stream.
    pub session: u64,
    /// Its ordinal in the session.
    pub turn: u32,
    /// Who wrote it.
    pub agent: Agent,
    /// Failures in it.
    pub failures: u64,
    /// The source of the last of them.
    pub last_failure: Option<Source>,
    /// When it ended, or for an unclosed one began.
    pub ts: Option<Seconds>,
    /// Where it ended, or for an unclosed one began.
    pub position: Position,
    /// How it ended.
    pub fate: Fate,
}

/// How a turn ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// With an end.
    Ended(TurnOutcome),
    /// Without one.
    Unclosed {
        /// A later turn of the session began.
        superseded: bool,
        /// What it waited on.
        waiting_on: Option<WaitingOn>,
        /// The tool that it waited on.
        tool: Option<Tool>,
    },
}

/// A call whose result, or another telling of it, has come.
#[derive(Clone, Copy)]
pub struct Told {
    key: Option<Hash>,
    /// The call that polled for this one's exit: it is told with it.
    poll: Option<Hash>,
    open: u32,
    /// The tool, as far as it is known.
    pub tool: Tool,
    /// What kind of command it ran.
    pub command: Command,
    /// Facts that were noted beside the result.
    pub signals: Signals,
    call: u32,
    turn: u32,
}

/// What a telling amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settled {
    /// It is the call's first result: it counts as a result.
    pub is_first: bool,
    /// The call fails here for the first time.
    pub fails_now: bool,
    /// It only repeats what was known.
    pub is_repeated: bool,
    /// The call's ordinal in the session.
    pub call: u32,
    /// The turn's ordinal in the session, if it is in one.
    pub turn: Option<u32>,
}

/// The ledger.
pub struct Ledger {
    sessions: Table<SessionState>,
    calls: Table<OpenCall>,
    finished: Memory<Finished>,
    /// Turns by their ids, and whether one began: a prompt that was spoken into a turn is known too.
    seen_turns: Memory<bool>,
    jobs: Table<Launch>,
    /// Second ids of calls, and the keys that the calls are known by.
    second_ids: Memory<Hash>,
    has_second_ids: bool,
    /// Facts about calls that have not begun.
    notes: Memory<Signals>,
    has_notes: bool,
    /// The call that each refusing answer to an open question refuses.
    questions: Table<Hash>,
    /// The session that each agent's last header began.
    headed: [Option<Hash>; Agent::ALL.len()],
    /// The agent whose header right before was one of a fork: the next header of it is replayed.
    forked: Option<Agent>,
    /// The session of the line before.
    current: Option<SessionAt>,
    /// Id-less lines that stood directly before this one and may belong to a session that is about to begin.
    loose_lines: u64,
    /// Whose lines those are, if they say it.
    loose_agent: Option<Agent>,
    /// Prompts that were given while a call was open, in their order, each with its session's ordinal. Few sessions have
    /// one at a time, so that they have no room of their own for it.
    pending: Vec<(u64, PendingTurn)>,
    session_count: u64,
    unnamed_count: u64,
    reports: Vec<TurnReport>,
    /// What is counted of turns.
    pub turns: TurnCounts,
    /// What was given up.
    pub losses: Losses,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl Told {
    /// It is told again.
    fn retell(&mut self, known: Finished, session: u64) {
        if known.tool != Tool::OTHER {
            self.tool = known.tool;
        }
        self.command = known.command;
        self.call = known.call_of(session).unwrap_or_default();
    }

    /// A call of the id waits for its result.
    pub const fn is_awaited(&self) -> bool {
        self.open != NONE
    }
}

impl SessionState {
    /// Something came that was not told before.
    const fn has_moved_on(&mut self) {
        self.closed = None;
        self.has_loose_failure = false;
    }
}

impl Ledger {
    /// An empty ledger, all of its memory reserved.
    pub fn new() -> Self {
        Self {
            sessions: Table::new(SESSIONS_MAX),
            calls: Table::new(OPEN_CALLS_MAX),
            finished: Memory::new(FINISHED_CALLS_MAX),
            seen_turns: Memory::new(SEEN_TURNS_MAX),
            jobs: Table::new(JOBS_MAX),
            second_ids: Memory::new(SECOND_IDS_MAX),
            has_second_ids: false,
            notes: Memory::new(NOTES_MAX),
            has_notes: false,
            questions: Table::new(QUESTIONS_MAX),
            headed: [None; Agent::ALL.len()],
            forked: None,
            current: None,
            loose_lines: 0,
            loose_agent: None,
            pending: Vec::with_capacity(PENDING_PROMPTS_MAX),
            session_count: 0,
            unnamed_count: 0,
            reports: Vec::with_capacity(8),
            turns: TurnCounts::default(),
            losses: Losses::default(),
        }
    }

    /// How many sessions there were.
    pub const fn session_count(&self) -> u64 {
        self.session_count
    }

    /// Turns that ended, or turned out never to have ended, since this was asked last.
    pub fn take_reports(&mut self) -> std::vec::Drain<'_, TurnReport> {
        self.reports.drain(..)
    }

    /// How many calls wait for a result.
    pub const fn unanswered(&self) -> u64 {
        self.calls.len() as u64
    }

    /// A line that belongs to nobody in particular: blank, unreadable, of no known shape.
    pub fn count_stray_line(&mut self) {
        match self.current.and_then(|at| self.sessions.get_mut(at.0)) {
            Some(session) => {
                session.lines += 1;
                self.loose_lines = 0;
            }
            // Before the first session everything belongs to it.
            None => self.loose_lines += 1,
        }
    }

    /// A line that names no session and holds no event; `agent`: whose it is, if it says so.
    pub fn count_loose_line(&mut self, agent: Option<Agent>) {
        if self.loose_lines == 0 {
            self.loose_agent = agent;
        } else if let Some(agent) = agent
            && let Some(before) = self.loose_agent.replace(agent)
            && before != agent
        {
            // Those before are another agent's, and so of another file.
            self.loose_lines = 0;
        }
        if let Some(session) = self.current.and_then(|at| self.sessions.get_mut(at.0)) {
            session.lines += 1;
        }
        self.loose_lines += 1;
    }

    /// Finds or begins the session of a record. `None` where the record names none, none is begun, and it holds no
    /// event that would need one.
    pub fn enter_session(&mut self, agent: Agent, session: &SessionRef<'_>, needs_one: bool) -> Option<SessionAt> {
        let headed = self.headed.get(agent.index()).copied().flatten();
        if !matches!(session, SessionRef::Header { .. }) && self.forked == Some(agent) {
            self.forked = None;
        }
        let key = match session {
            SessionRef::Id(id) => session_key(agent, *id),
            SessionRef::Header { id, is_fork } => {
                let is_replayed = self.forked == Some(agent);
                // A parent that was forked itself replays its own.
                self.forked = is_fork.then_some(agent);
                if let (true, Some(key)) = (is_replayed, headed) {
                    return Some(self.find_or_begin(agent, key));
                }
                let key = session_key(agent, *id);
                self.set_headed(agent, Some(key));
                let at = self.find_or_begin(agent, key);
                if let Some(state) = self.sessions.get_mut(at.0) {
                    state.run += 1;
                }
                return Some(at);
            }
            SessionRef::UnnamedHeader => {
                let key = self.unnamed_key(agent);
                self.set_headed(agent, Some(key));
                key
            }
            SessionRef::None | SessionRef::Last => match headed {
                Some(key) => {
                    if matches!(session, SessionRef::Last) {
                        self.set_headed(agent, None);
                    }
                    key
                }
                None if needs_one => {
                    let key = self.unnamed_key(agent);
                    self.set_headed(agent, Some(key));
                    key
                }
                None => return None,
            },
        };
        Some(self.find_or_begin(agent, key))
    }

    /// The session that the record names was begun by this agent.
    pub fn knows(&self, agent: Agent, session: &SessionRef<'_>) -> bool {
        let SessionRef::Id(id) = session else { return false };
        self.sessions.find(session_key(agent, *id), |_| true).is_some()
    }

    fn set_headed(&mut self, agent: Agent, key: Option<Hash>) {
        if let Some(slot) = self.headed.get_mut(agent.index()) {
            *slot = key;
        }
    }

    fn unnamed_key(&mut self, agent: Agent) -> Hash {
        self.unnamed_count += 1;
        Hash::new(u128::from(self.unnamed_count)).within(Hash::new(agent.index() as u128), 1)
    }

    fn find_or_begin(&mut self, agent: Agent, key: Hash) -> SessionAt {
        if let Some(current) = self.current
            && self.sessions.get(current.0).is_some_and(|state| state.key == key)
        {
            return current;
        }
        if let Some(at) = self.sessions.find(key, |_| true) {
            self.sessions.touch(at);
            return SessionAt(at);
        }
        if let Some(victim) = self.sessions.victim(key)
            && let Some(gone) = self.sessions.remove(victim)
        {
            let has_turn = gone.turn.is_some();
            self.losses.turns_evicted += u64::from(has_turn);
            if gone.has_pending {
                self.pending.retain(|(session, _)| *session != gone.ordinal);
            }
            self.losses.sessions_evicted += u64::from(has_turn || gone.open_calls > 0);
        }
        self.session_count += 1;
        // The lines right before a session's first one are its own, unless they are another agent's.
        let is_own = self.loose_agent.is_none_or(|loose| loose == agent);
        let lines = if is_own { std::mem::take(&mut self.loose_lines) } else { 0 };
        if let Some(before) = self.current.and_then(|at| self.sessions.get_mut(at.0)) {
            before.lines -= lines.min(before.lines);
        }
        SessionAt(self.sessions.insert(
            key,
            SessionState {
                key,
                agent,
                ordinal: self.session_count,
                lines,
                last_line: 0,
                turns: 0,
                calls: 0,
                open_calls: 0,
                run: 0,
                turn: None,
                has_pending: false,
                closed: None,
                retold: None,
                has_loose_failure: false,
                last_failure: None,
            },
        ))
    }

    /// Counts a line of the stream as one of the session, once, and makes the session the current one. Returns the
    /// line's ordinal in the session.
    pub fn count_line(&mut self, at: SessionAt, line: u64) -> u64 {
        self.current = Some(at);
        self.loose_lines = 0;
        let Some(session) = self.sessions.get_mut(at.0) else { return 0 };
        // Records of several sessions may be glued on one line, by turns.
        if session.last_line != line {
            session.last_line = line;
            session.lines += 1;
        }
        session.lines
    }

    /// How many lines of the stream belonged to the session so far.
    pub fn line_count(&self, at: SessionAt) -> u64 {
        self.sessions.get(at.0).map_or(0, |session| session.lines)
    }

    /// The session's ordinal in the stream.
    pub fn ordinal(&self, at: SessionAt) -> u64 {
        self.sessions.get(at.0).map_or(0, |session| session.ordinal)
    }

    fn call_key(&self, at: SessionAt, id: &CallId<'_>) -> Hash {
        let key = Hash::new(id.id.hash());
        let Some(session) = self.sessions.get(at.0) else { return key };
        match id.scope {
            Scope::World => key,
            Scope::Session => key.within(session.key, 0),
            Scope::Run | Scope::Unanswered => key.within(session.key, session.run.wrapping_add(1)),
        }
    }

    /// The key that a call is known by, and the beginning of its id, by which calls with one hash are told apart; `None`
    /// for a call that is known by another id.
    fn known_key(&mut self, at: SessionAt, id: &CallId<'_>) -> (Hash, Option<[u8; ID_BYTES]>) {
        let key = self.call_key(at, id);
        if self.has_second_ids
            && let Some(first) = self.second_ids.get_mut(key)
        {
            return (*first, None);
        }
        (key, Some(id.id.first_bytes::<ID_BYTES>()))
    }

    fn find_open(&self, (key, start): (Hash, Option<[u8; ID_BYTES]>)) -> Option<u32> {
        self.calls.find(key, |call| start.is_none_or(|start| call.id == start))
    }

    /// A call has a second id.
    pub fn name_call(&mut self, at: SessionAt, id: &CallId<'_>, also: &CallId<'_>) {
        let (this, other) = (self.known_key(at, id), self.known_key(at, also));
        if this.0 == other.0 {
            return;
        }
        let knows_other = self.find_open(other).is_some() || self.finished.get_mut(other.0).is_some();
        let (from, to) = if knows_other { (this.0, other.0) } else { (other.0, this.0) };
        self.second_ids.insert(from, to);
        self.has_second_ids = true;
        // What was noted of the one id holds for the call.
        let noted = self.take_note(from);
        if !noted.is_empty() {
            self.keep_note(to, noted);
        }
    }

    fn keep_note(&mut self, key: Hash, signals: Signals) {
        self.has_notes = true;
        match self.notes.get_mut(key) {
            Some(noted) => noted.insert(signals),
            None => _ = self.notes.insert(key, signals),
        }
    }

    fn take_note(&mut self, key: Hash) -> Signals {
        if !self.has_notes {
            return Signals::NONE;
        }
        self.notes.get_mut(key).map(std::mem::take).unwrap_or_default()
    }

    /// A call began: the call's ordinal, unless it was known.
    pub fn begin_call(
        &mut self,
        at: SessionAt,
        id: Option<&CallId<'_>>,
        tool: Tool,
        command: Command,
        job: Option<u128>,
    ) {
        let Some(id) = id else { return };
        let known = self.known_key(at, id);
        let key = known.0;
        if id.scope != Scope::Unanswered && self.finished.get_mut(key).is_some() {
            return;
        }
        if let Some(open) = self.find_open(known) {
            // A second telling of the start: it may know more.
            if let Some(call) = self.calls.get_mut(open) {
                if call.tool == Tool::OTHER {
                    call.tool = tool;
                }
                if call.command == Command::Other {
                    call.command = command;
                }
            }
            return;
        }
        self.confirm_pending(at);
        let signals = self.take_note(key);
        if let Some(victim) = self.calls.victim(key) {
            self.losses.calls_evicted += 1;
            self.take_call(victim);
        }
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        session.calls += 1;
        session.open_calls += 1;
        session.has_moved_on();
        let turn = session.turn.as_ref().map_or(0, |turn| turn.ordinal);
        let newest = session.turn.as_ref().map_or(NONE, |turn| turn.newest_call);
        let open = self.calls.insert(
            key,
            OpenCall {
                id: id.id.first_bytes::<ID_BYTES>(),
                signals,
                job: job.map(Hash::new).unwrap_or_default(),
                tool,
                command,
                session: at.0 as u16,
                session_ordinal: session.ordinal as u16,
                call: session.calls,
                turn,
                older_of_turn: newest,
                newer_of_turn: NONE,
            },
        );
        if let Some(turn) = &mut session.turn {
            turn.newest_call = open;
            if turn.oldest_call == NONE {
                turn.oldest_call = open;
            }
        }
        if let Some(call) = self.calls.get_mut(newest) {
            call.newer_of_turn = open;
        }
    }

    /// Takes a call out of the table and out of its turn's list.
    fn take_call(&mut self, at: u32) -> Option<OpenCall> {
        let call = self.calls.remove(at)?;
        if let Some(older) = self.calls.get_mut(call.older_of_turn) {
            older.newer_of_turn = call.newer_of_turn;
        }
        if let Some(newer) = self.calls.get_mut(call.newer_of_turn) {
            newer.older_of_turn = call.older_of_turn;
        }
        let home = SessionAt(u32::from(call.session));
        if let Some(session) = self.sessions.get_mut(home.0).filter(|session| call.is_of(home, session.ordinal)) {
            session.open_calls = session.open_calls.saturating_sub(1);
            if let Some(turn) = &mut session.turn {
                if turn.oldest_call == at {
                    turn.oldest_call = call.newer_of_turn;
                }
                if turn.newest_call == at {
                    turn.newest_call = call.older_of_turn;
                }
            }
        }
        Some(call)
    }

    /// A fact about a call stands beside its result.
    pub fn note_call(&mut self, at: SessionAt, id: &CallId<'_>, signals: Signals) {
        let known = self.known_key(at, id);
        match self.find_open(known).and_then(|open| self.calls.get_mut(open)) {
            Some(call) => call.signals.insert(signals),
            None if self.finished.get_mut(known.0).is_none() => self.keep_note(known.0, signals),
            None => {}
        }
    }

    /// A person is asked about a call: remembers which answer refuses it.
    pub fn ask_call(&mut self, at: SessionAt, id: &CallId<'_>, question: &CallId<'_>, refusal: Text<'_>) {
        let call = self.call_key(at, id);
        let key = self.answer_key(at, question, refusal);
        if let Some(known) = self.questions.find(key, |_| true).and_then(|known| self.questions.get_mut(known)) {
            *known = call;
            return;
        }
        if let Some(victim) = self.questions.victim(key) {
            self.questions.remove(victim);
        }
        self.questions.insert(key, call);
    }

    /// The question was answered: notes the fact beside the call if this answer refuses it.
    pub fn answer_call(&mut self, at: SessionAt, question: &CallId<'_>, answer: Text<'_>, signals: Signals) {
        let key = self.answer_key(at, question, answer);
        let Some(asked) = self.questions.find(key, |_| true) else { return };
        let Some(call) = self.questions.remove(asked) else { return };
        if let Some(call) = self.calls.find(call, |_| true).and_then(|open| self.calls.get_mut(open)) {
            call.signals.insert(signals);
        }
    }

    /// The one end of a wire had asked the other something under this id, and this is the answer to that.
    pub fn takes_answer(&mut self, at: SessionAt, question: &CallId<'_>) -> bool {
        let key = self.answer_key(at, question, Text::EMPTY);
        self.questions.find(key, |_| true).and_then(|asked| self.questions.remove(asked)).is_some()
    }

    /// The session's open turn is the one of this id.
    pub fn is_turn_open(&self, at: SessionAt, id: Option<&CallId<'_>>) -> bool {
        let open = self.sessions.get(at.0).and_then(|session| session.turn.as_ref()).and_then(|turn| turn.key);
        open.is_some() && open == self.turn_key(at, id)
    }

    fn answer_key(&self, at: SessionAt, question: &CallId<'_>, answer: Text<'_>) -> Hash {
        self.call_key(at, question).within(Hash::new(answer.hash()), 0)
    }

    /// Finds the call that a result tells of. `polled`: the job that the record itself names; `has_exit`: it carries
    /// the exit of a process.
    pub fn find_call(
        &mut self,
        at: SessionAt,
        id: Option<&CallId<'_>>,
        tool: Option<Tool>,
        polled: Option<u128>,
        has_exit: bool,
    ) -> Told {
        let mut told = Told {
            key: None,
            poll: None,
            open: NONE,
            tool: tool.unwrap_or(Tool::OTHER),
            command: Command::Other,
            signals: Signals::NONE,
            call: 0,
            turn: self.sessions.get(at.0).and_then(|session| session.turn.as_ref()).map_or(0, |turn| turn.ordinal),
        };
        let session = self.sessions.get(at.0);
        let session_key = session.map_or(Hash::default(), |session| session.key);
        let ordinal = session.map_or(0, |session| session.ordinal);
        let mut job = polled.map(|job| Hash::new(job).within(session_key, 0));
        if let Some(id) = id {
            let known = self.known_key(at, id);
            let key = known.0;
            told.key = Some(key);
            told.signals = self.take_note(key);
            if let Some(open) = self.find_open(known)
                && let Some(call) = self.calls.get(open)
            {
                told.open = open;
                told.tool = if call.tool == Tool::OTHER { told.tool } else { call.tool };
                told.command = call.command;
                told.signals.insert(call.signals);
                // Where it began in the session that this one is a copy of, its ordinals are of that one.
                if call.is_of(at, ordinal) {
                    told.call = call.call;
                    told.turn = call.turn;
                }
                if call.job != Hash::default() {
                    job = Some(call.job.within(session_key, 0));
                }
            } else if let Some(known) = self.finished.get_mut(key).copied() {
                told.retell(known, ordinal);
                return told;
            } else if polled.is_none() {
                return told;
            }
        }
        // A poll that carries another call's exit is a telling of that call.
        if has_exit
            && let Some(job) = job
            && let Some(launch) = self.jobs.find(job, |_| true).and_then(|launched| self.jobs.get(launched)).copied()
        {
            if self.take_call(told.open).is_some() {
                self.drop_pending(at);
            }
            told.open = NONE;
            told.poll = told.key;
            told.key = Some(launch.key);
            if let Some(known) = self.finished.get_mut(launch.key).copied() {
                told.retell(known, ordinal);
            }
            told.tool = launch.tool;
            told.call = launch.call;
            told.turn = launch.turn;
        } else if told.key.is_none()
            && let Some(job) = job
        {
            // The job's end is told by itself: it is a call of its own, known by the job.
            told.key = Some(job);
            if let Some(known) = self.finished.get_mut(job).copied() {
                told.retell(known, ordinal);
            }
        }
        told
    }

    /// Settles what a telling amounts to. `launched`: the job that goes on after it.
    pub fn settle_call(&mut self, at: SessionAt, told: &Told, failed: bool, launched: Option<u128>) -> Settled {
        let mut settled =
            Settled { is_first: false, fails_now: false, is_repeated: false, call: told.call, turn: None };
        let mut known = told.key.and_then(|key| self.finished.get_mut(key)).is_some();
        if self.calls.get(told.open).is_some() {
            self.take_call(told.open);
            // It began again under an id that was free again: what is known of the id is of an earlier call.
            known = false;
            self.drop_pending(at);
        }
        let Some(session) = self.sessions.get_mut(at.0) else { return settled };
        session.closed = None;
        session.has_loose_failure = false;
        let mut ordinal = |call: u32| {
            if call > 0 {
                return call;
            }
            session.calls += 1;
            session.calls
        };
        let session_ordinal = session.ordinal;
        match told.key.filter(|_| known).and_then(|key| self.finished.get_mut(key)) {
            Some(known) if failed && !known.has_failed() => {
                settled.fails_now = true;
                settled.call = ordinal(settled.call);
                *known = Finished::new(settled.call, told.tool, told.command, true, session_ordinal);
            }
            Some(_) => settled.is_repeated = true,
            None => {
                settled.is_first = true;
                settled.fails_now = failed;
                settled.call = ordinal(settled.call);
                if let Some(key) = told.key {
                    self.finish(key, told, settled.call, failed, session_ordinal);
                }
            }
        }
        if let Some(poll) = told.poll
            && self.finished.get_mut(poll).is_none()
        {
            self.finish(poll, told, settled.call, failed, session_ordinal);
        }
        if let (Some(job), Some(key)) = (launched, told.key) {
            self.remember_job(at, job, Launch { key, tool: told.tool, call: settled.call, turn: told.turn });
        }
        settled.turn = (told.turn > 0).then_some(told.turn);
        settled
    }

    fn finish(&mut self, key: Hash, told: &Told, call: u32, failed: bool, session: u64) {
        let finished = Finished::new(call, told.tool, told.command, failed, session);
        self.losses.calls_forgotten += u64::from(self.finished.insert(key, finished));
    }

    fn remember_job(&mut self, at: SessionAt, job: u128, launch: Launch) {
        let session_key = self.sessions.get(at.0).map_or(Hash::default(), |session| session.key);
        let key = Hash::new(job).within(session_key, 0);
        if let Some(known) = self.jobs.find(key, |_| true).and_then(|known| self.jobs.get_mut(known)) {
            *known = launch;
            return;
        }
        if let Some(victim) = self.jobs.victim(key) {
            self.jobs.remove(victim);
        }
        self.jobs.insert(key, launch);
    }

    /// The source of the last failure of the session: what a follower follows.
    pub fn last_failure(&self, at: SessionAt) -> Option<Source> {
        self.sessions.get(at.0)?.last_failure
    }

    /// A failure was counted; `turn`: the ordinal of the turn that it is of.
    pub fn count_failure(&mut self, at: SessionAt, turn: Option<u32>, source: Source) {
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        session.last_failure = Some(source);
        let Some(ordinal) = turn else { return };
        if let Some(turn) = session.turn.as_mut().filter(|turn| turn.ordinal == ordinal) {
            turn.failures += 1;
            turn.last_failure = Some(source);
        } else if let Some(turn) = session.closed.as_mut().and_then(|closed| closed.counted.as_mut())
            && turn.ordinal == ordinal
        {
            turn.failures += 1;
            turn.last_failure = Some(source);
        }
    }

    /// A failure was told again: a follower may come after it.
    pub fn recall_failure(&mut self, at: SessionAt, source: Source) {
        if let Some(session) = self.sessions.get_mut(at.0) {
            session.last_failure = Some(source);
        }
    }

    /// The model's turn failed: the ordinal of its turn, or `None` inside where it was told before.
    pub fn fail_model(&mut self, at: SessionAt) -> Option<Option<u32>> {
        match self.sessions.get(at.0)?.retold {
            Some(turn) => self.is_first_failure_of(turn).then_some(None),
            None => self.fail_open_turn(at),
        }
    }

    fn fail_open_turn(&mut self, at: SessionAt) -> Option<Option<u32>> {
        let session = self.sessions.get_mut(at.0)?;
        match &mut session.turn {
            Some(turn) => {
                let (key, ordinal) = (turn.key, turn.ordinal);
                let is_new = !std::mem::replace(&mut turn.has_model_failure, true);
                self.is_first_failure_in(key, is_new).then_some(Some(ordinal))
            }
            None => {
                let closed = session.closed;
                let is_new = closed.is_none_or(|closed| closed.end != TurnEnd::Failed);
                session.has_loose_failure |= is_new;
                self.is_first_failure_in(closed.and_then(|closed| closed.key), is_new)
                    .then_some(closed.and_then(|closed| closed.counted).map(|turn| turn.ordinal))
            }
        }
    }

    /// The same for a failure that is new as far as its session knows, of a turn that may have an id.
    fn is_first_failure_in(&mut self, turn: Option<Hash>, is_new: bool) -> bool {
        is_new && turn.is_none_or(|turn| self.is_first_failure_of(turn))
    }

    /// No failure of this turn's model was told before, in whatever session.
    fn is_first_failure_of(&mut self, turn: Hash) -> bool {
        // Apart from the keys of turns.
        let key = turn.within(Hash::new(0x6661_696C), 0);
        let is_first = self.seen_turns.get_mut(key).is_none();
        if is_first {
            self.seen_turns.insert(key, true);
        }
        is_first
    }

    /// The same, by a record that has an id, or that tells again what was told right before it: `None` where it was.
    pub fn fail_run(&mut self, at: SessionAt, id: Option<&CallId<'_>>, is_receipt: bool) -> Option<Option<u32>> {
        if self.is_run_known(at, id) {
            return None;
        }
        let session = self.sessions.get_mut(at.0)?;
        if is_receipt && session.turn.is_none() && std::mem::take(&mut session.has_loose_failure) {
            return None;
        }
        // A record with an id of its own tells of another request than the one that ended the turn before it.
        let is_alone = session.turn.is_none() && session.retold.is_none();
        let is_own = id.is_some_and(|id| !id.id.is_empty()) && !is_receipt && is_alone;
        if is_own {
            session.has_loose_failure = true;
            return Some(None);
        }
        let turn = self.fail_model(at);
        if is_receipt && let Some(session) = self.sessions.get_mut(at.0) {
            session.has_loose_failure = false;
        }
        turn
    }

    /// A sub-agent's model failed: the ordinal of the turn in which it did, which goes on.
    pub fn fail_sub_agent(&mut self, at: SessionAt, id: Option<&CallId<'_>>) -> Option<Option<u32>> {
        if self.is_run_known(at, id) || (id.is_none() && self.is_retold(at)) {
            return None;
        }
        let session = self.sessions.get(at.0).filter(|session| session.retold.is_none());
        Some(session.and_then(|session| session.turn.as_ref()).map(|turn| turn.ordinal))
    }

    /// What the session tells at present was told before.
    pub fn is_retold(&self, at: SessionAt) -> bool {
        self.sessions.get(at.0).is_some_and(|session| session.retold.is_some())
    }

    /// The record of this id told of a failure before; from now on it did.
    fn is_run_known(&mut self, at: SessionAt, id: Option<&CallId<'_>>) -> bool {
        let Some(id) = id.filter(|id| !id.id.is_empty()) else { return false };
        // Apart from the keys of calls and of turns.
        let key = self.call_key(at, id).within(Hash::new(0x72_756E), 0);
        if self.seen_turns.get_mut(key).is_some() {
            return true;
        }
        self.seen_turns.insert(key, true);
        false
    }

    /// A turn ends as a failed one: its ordinal, or `None` inside where the failure was told before.
    pub fn fail_turn(&mut self, at: SessionAt, id: Option<&CallId<'_>>) -> Option<Option<u32>> {
        let key = self.turn_key(at, id);
        let end_of = self.end_of(at, key);
        let session = self.sessions.get_mut(at.0)?;
        let retold = session.retold;
        let is_copy = end_of == EndOf::Told || session.closed.is_some_and(|closed| closed.is_copy);
        match end_of {
            EndOf::Open => self.fail_open_turn(at),
            EndOf::Told | EndOf::Closed if is_copy => {
                key.or(retold).is_some_and(|turn| self.is_first_failure_of(turn)).then_some(None)
            }
            EndOf::Told | EndOf::Closed => {
                let closed = session.closed?;
                let is_new = closed.end != TurnEnd::Failed;
                self.is_first_failure_in(closed.key.or(key), is_new).then_some(closed.counted.map(|turn| turn.ordinal))
            }
            EndOf::Unseen => {
                let is_new = !std::mem::take(&mut session.has_loose_failure);
                self.is_first_failure_in(key, is_new).then_some(None)
            }
        }
    }

    /// What an end is an end of. A prompt that waits has begun a turn, if this is its end.
    fn end_of(&mut self, at: SessionAt, key: Option<Hash>) -> EndOf {
        let is_known = key.is_some_and(|key| self.seen_turns.get_mut(key).is_some());
        let Some(session) = self.sessions.get(at.0) else { return EndOf::Unseen };
        let is_pending = session.has_pending;
        let is_open = session.turn.as_ref().is_some_and(|turn| match (turn.key, key) {
            (Some(open), Some(key)) => open == key,
            (None, Some(_)) => !is_known,
            (_, None) => session.retold.is_none(),
        });
        // An end without an id is that of the last turn that began.
        if is_open && (key.is_some() || !is_pending) {
            return EndOf::Open;
        }
        let is_same_end = session.closed.is_some_and(|closed| match (closed.key, key) {
            (Some(closed), Some(key)) => closed == key,
            (None, Some(_)) => !is_known,
            (_, None) => true,
        });
        if is_same_end {
            return EndOf::Closed;
        }
        if is_pending && !is_known && session.retold.is_none() {
            self.confirm_pending(at);
            return self.end_of(at, key);
        }
        if is_known || (key.is_none() && session.retold.is_some()) { EndOf::Told } else { EndOf::Unseen }
    }

    fn turn_key(&self, at: SessionAt, id: Option<&CallId<'_>>) -> Option<Hash> {
        let id = id.filter(|id| !id.id.is_empty())?;
        // Apart from the keys of calls.
        Some(self.call_key(at, id).within(Hash::new(0x7475_726E), 0))
    }

    /// A turn began. `by_prompt`: it is a prompt that begins it, so that one given while a call runs may be none.
    pub fn begin_turn(
        &mut self,
        at: SessionAt,
        id: Option<&CallId<'_>>,
        results_told: bool,
        by_prompt: bool,
        ts: Option<Seconds>,
        position: Position,
    ) {
        let key = self.turn_key(at, id);
        if let Some(key) = key {
            if let Some(began) = self.seen_turns.get_mut(key) {
                if !*began {
                    return;
                }
                self.turns.repeated += 1;
                if let Some(session) = self.sessions.get_mut(at.0) {
                    let is_open = session.turn.as_ref().is_some_and(|turn| turn.key == Some(key));
                    let waits = |(_, prompt): &(u64, PendingTurn)| prompt.key == Some(key);
                    let is_present = is_open || (session.has_pending && self.pending.iter().any(waits));
                    session.closed = None;
                    session.retold = (!is_present).then_some(key);
                }
                return;
            }
            self.seen_turns.insert(key, true);
        }
        let prompt = PendingTurn { key, ts, position, results_told };
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        let waits = session.turn.as_ref().is_some_and(|turn| self.calls.get(turn.oldest_call).is_some());
        if by_prompt && waits && self.pending.len() < PENDING_PROMPTS_MAX {
            session.has_pending = true;
            self.pending.push((session.ordinal, prompt));
        } else {
            self.confirm_pending(at);
            self.open_turn(at, prompt);
        }
    }

    /// A step began: a turn begins with it, unless one is open.
    pub fn begin_step(&mut self, at: SessionAt, ts: Option<Seconds>, position: Position) {
        if self.sessions.get(at.0).is_some_and(|session| session.turn.is_none() && session.retold.is_none()) {
            self.open_turn(at, PendingTurn { key: None, ts, position, results_told: true });
        }
    }

    /// Prompts that waited turn out to have begun turns.
    fn confirm_pending(&mut self, at: SessionAt) {
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        if !std::mem::take(&mut session.has_pending) {
            return;
        }
        let ordinal = session.ordinal;
        while let Some(next) = self.pending.iter().position(|(session, _)| *session == ordinal) {
            let (_, prompt) = self.pending.remove(next);
            self.open_turn(at, prompt);
        }
    }

    /// The call that ran was answered: prompts that came while it ran were given in the middle of its turn.
    fn drop_pending(&mut self, at: SessionAt) {
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        if !std::mem::take(&mut session.has_pending) {
            return;
        }
        let (ordinal, seen_turns) = (session.ordinal, &mut self.seen_turns);
        self.pending.retain(|(session, prompt)| {
            if *session != ordinal {
                return true;
            }
            if let Some(began) = prompt.key.and_then(|key| seen_turns.get_mut(key)) {
                *began = false;
            }
            false
        });
    }

    fn open_turn(&mut self, at: SessionAt, prompt: PendingTurn) {
        self.unclose(at, true);
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        session.turns += 1;
        session.has_moved_on();
        session.retold = None;
        session.last_failure = None;
        session.turn = Some(OpenTurn {
            key: prompt.key,
            ordinal: session.turns,
            ts: prompt.ts,
            position: prompt.position,
            failures: 0,
            last_failure: None,
            has_model_failure: false,
            results_told: prompt.results_told,
            oldest_call: NONE,
            newest_call: NONE,
        });
        self.turns.started += 1;
    }

    /// Gives up the session's open turn as one that never ended.
    fn unclose(&mut self, at: SessionAt, superseded: bool) {
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        let Some(turn) = session.turn.take() else { return };
        let tool = self.calls.get(turn.oldest_call).map(|call| call.tool);
        let waiting_on = match (turn.results_told, tool) {
            (false, _) => None,
            (true, Some(_)) => Some(WaitingOn::Tool),
            (true, None) => Some(WaitingOn::Model),
        };
        self.reports.push(TurnReport {
            session: session.ordinal,
            turn: turn.ordinal,
            agent: session.agent,
            failures: u64::from(turn.failures),
            last_failure: turn.last_failure,
            ts: turn.ts,
            position: turn.position,
            fate: Fate::Unclosed { superseded, waiting_on, tool: tool.filter(|_| turn.results_told) },
        });
        if superseded {
            self.turns.superseded += 1;
        } else {
            self.turns.at_end += 1;
        }
        self.release_calls(turn.oldest_call);
    }

    /// Calls of a turn that is over still wait, but belong to no turn's list any more.
    fn release_calls(&mut self, oldest: u32) {
        let mut next = oldest;
        while let Some(call) = self.calls.get_mut(next) {
            next = std::mem::replace(&mut call.newer_of_turn, NONE);
            call.older_of_turn = NONE;
        }
    }

    /// A turn ended: it is reported, unless the end was told before or its start was not seen.
    pub fn end_turn(
        &mut self,
        at: SessionAt,
        id: Option<&CallId<'_>>,
        end: TurnEnd,
        ts: Option<Seconds>,
        position: Position,
    ) {
        let key = self.turn_key(at, id);
        let end_of = self.end_of(at, key);
        let Some(session) = self.sessions.get_mut(at.0) else { return };
        let uncounted = ClosedTurn { key, end, counted: None, is_copy: end_of == EndOf::Told };
        let (turn, end) = match end_of {
            EndOf::Open => {
                let Some(turn) = session.turn.take() else { return };
                let end = if turn.has_model_failure { TurnEnd::Failed } else { end };
                let counted =
                    CountedTurn { ordinal: turn.ordinal, failures: turn.failures, last_failure: turn.last_failure };
                session.closed =
                    Some(ClosedTurn { key: turn.key.or(key), end, counted: Some(counted), is_copy: false });
                if let Some(key) = key.filter(|_| turn.key.is_none()) {
                    self.seen_turns.insert(key, true);
                }
                self.release_calls(turn.oldest_call);
                (counted, end)
            }
            EndOf::Closed => {
                // A failure among the records of one end decides.
                let Some(closed) = &mut session.closed else { return };
                let before = std::mem::replace(&mut closed.end, end);
                let Some(turn) = closed.counted.filter(|_| end == TurnEnd::Failed && before != TurnEnd::Failed) else {
                    closed.end = before;
                    return;
                };
                if let Some(count) = self.turns.ended.get_mut(outcome(before).index()) {
                    *count -= 1;
                }
                (turn, end)
            }
            EndOf::Told => {
                session.closed = Some(uncounted);
                self.turns.repeated += 1;
                return;
            }
            EndOf::Unseen => {
                session.closed = Some(uncounted);
                self.turns.end_without_start += 1;
                if let Some(key) = key {
                    self.seen_turns.insert(key, true);
                }
                return;
            }
        };
        if let Some(count) = self.turns.ended.get_mut(outcome(end).index()) {
            *count += 1;
        }
        let Some(session) = self.sessions.get(at.0) else { return };
        self.reports.push(TurnReport {
            session: session.ordinal,
            turn: turn.ordinal,
            agent: session.agent,
            failures: u64::from(turn.failures),
            last_failure: turn.last_failure,
            ts,
            position,
            fate: Fate::Ended(outcome(end)),
        });
        self.confirm_pending(at);
    }

    /// The stream has ended: reports every turn that is still open, in the order of their lines.
    pub fn close(&mut self) {
        let open: Vec<u32> = self.sessions.iter().map(|(at, _)| at).collect();
        for at in open {
            self.confirm_pending(SessionAt(at));
            self.unclose(SessionAt(at), false);
        }
        self.reports.sort_by_key(|report| report.position.line);
    }
}

const fn outcome(end: TurnEnd) -> TurnOutcome {
    match end {
        TurnEnd::Completed => TurnOutcome::Completed,
        TurnEnd::Failed => TurnOutcome::Failed,
        TurnEnd::Aborted => TurnOutcome::Aborted,
    }
}

fn session_key(agent: Agent, id: Text<'_>) -> Hash {
    Hash::new(id.hash()).within(Hash::new(agent.index() as u128), 0)
}
