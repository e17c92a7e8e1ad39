//! The loop: every stage's verb in order, and the state of all of them.
//!
//! May not know anyone's details.

use crate::classify::{Classifier, Failure};
use crate::dialect::{Dialect, Speakers, TOLERANT, is_doubtful, is_talkative, kin, takes_prompt};
use crate::event::{Envelope, Event, Job, Outcome, Session, Signals, TurnEnd};
use crate::frame::{Frame, Next};
use crate::ledger::{Fate, Ledger, Position, SessionAt, TurnReport};
use crate::parse::{Inner, Parser};
use crate::pipe::Stop;
use crate::scan::{Fault, Halt, Key, Record, Scanner};
use crate::schema::{
    Agent, EventKind, FailureRecord, Layer, Source, SuccessRecord, Time, Tool, TurnRecord, UNCLOSED_WHY,
    UnclosedTurnRecord, WaitingOn, Word,
};
use crate::sink::Sink;
use crate::tally::Tally;
use crate::time::Seconds;
use crate::verbatim::{Splicer, Verbatim};
use std::io::{Read, Write};

/// Times that a line is searched for a further record after one that could not be read.
pub const RESTARTS_MAX: usize = 8;

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Failures and unclosed turns as they come, and the summary.
    Failures,
    /// The same, and successes and ended turns.
    All,
    /// The summary alone.
    Summary,
    /// The stream itself, each record with what its events came to.
    Annotate(Verbatim),
}

/// What a run came to, for the exit status and for a hint on stderr.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// Everything that was counted.
    pub tally: Tally,
    /// The input looks like something that is no JSON lines.
    pub hint: Option<Hint>,
}

impl Report {
    /// One of the things that `--strict` refuses happened.
    pub fn is_lossy(&self) -> bool {
        let input = &self.tally.input;
        let limits = &self.tally.limits;
        input.unreadable > input.unreadable_by.incomplete
            || input.torn > 0
            || (input.lines > 0 && input.recognised == 0)
            || limits.calls_evicted + limits.calls_forgotten + limits.turns_evicted + limits.sessions_evicted > 0
    }
}

/// What the input looks like when nothing of it was recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// It begins as a compressed file does.
    Compressed,
    /// It begins as UTF-16 does.
    Utf16,
    /// It is JSON that is spread over lines, or an array.
    NotLines,
}

impl Hint {
    /// What the first bytes of the input look like.
    fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1F, 0x8B, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..] | [0xFD, b'7', b'z', ..] | [b'B', b'Z', b'h', ..] => {
                Some(Self::Compressed)
            }
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [b'{', 0, ..] | [0, b'{', ..] => Some(Self::Utf16),
            _ => match start.trim_ascii_start() {
                [b'[', ..] => Some(Self::NotLines),
                [b'{', rest @ ..] => match rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) {
                    Some(b'\n') => Some(Self::NotLines),
                    _ => None,
                },
                _ => None,
            },
        }
    }
}

/// Reads the stream to its end.
///
/// # Errors
/// Says why the filter stopped before; [`Stop::ReaderGone`] is a quiet end.
pub fn run(mode: Mode, input: impl Read, output: impl Write) -> Result<Report, Stop> {
    let mut frame = Frame::new(input);
    let mut lines = Lines::new();
    let mut start = Start::default();
    match mode {
        Mode::Annotate(token) => {
            let mut desk = Desk::new(None::<&mut Sink<std::io::Empty>>, false);
            let mut splicer = Splicer::new(output, token);
            let mut written = 0;
            loop {
                let step = lines.next(&mut frame, &mut desk, &mut |frame, end, sources| {
                    // Before the closing brace.
                    splicer.pass(frame.bytes(written..end - 1))?;
                    written = end - 1;
                    splicer.splice(sources)
                })?;
                if step == Step::Read {
                    continue;
                }
                splicer.pass(frame.bytes(written..frame.position()))?;
                splicer.flush()?;
                written = 0;
                if step == Step::Ended {
                    break;
                }
                start.fill(&mut frame)?;
            }
            desk.close()?;
            Ok(Report { tally: desk.tally, hint: start.hint() })
        }
        Mode::Failures | Mode::All | Mode::Summary => {
            let mut sink = Sink::new(output);
            let mut desk = Desk::new((mode != Mode::Summary).then_some(&mut sink), mode == Mode::All);
            loop {
                match lines.next(&mut frame, &mut desk, &mut |_, _, _| Ok(()))? {
                    Step::Read => {}
                    Step::Hungry => {
                        desk.flush()?;
                        start.fill(&mut frame)?;
                    }
                    Step::Ended => break,
                }
            }
            desk.close()?;
            let tally = desk.tally;
            sink.record(&tally.summary())?;
            sink.flush()?;
            Ok(Report { tally, hint: start.hint() })
        }
    }
}

/// The first bytes of the input, however small the parts in which they come.
#[derive(Default)]
struct Start {
    bytes: Vec<u8>,
}

/// Bytes of the input's beginning that a hint is taken from.
const START_BYTES: usize = 64;

impl Start {
    fn fill(&mut self, frame: &mut Frame<impl Read>) -> Result<(), Stop> {
        let known = frame.unread().len();
        frame.fill().map_err(|_| Stop::ReadFailed)?;
        if self.bytes.len() < START_BYTES {
            let new = frame.unread().get(known..).unwrap_or_default();
            self.bytes.extend(new.iter().take(START_BYTES - self.bytes.len()));
        }
        Ok(())
    }

    fn hint(&self) -> Option<Hint> {
        Hint::of(&self.bytes)
    }
}

/// Takes lines apart into records, and records into events.
struct Lines {
    scanner: Scanner,
    /// The scanner is half-way through the record with which the next line begins.
    has_begun: bool,
    /// The next line, of which not all is there, is none that is read in one pass: it is not tried at each part of it.
    is_other: bool,
    inner: Inner,
    parser: Parser,
}

/// What came of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It was read.
    Read,
    /// There is none yet.
    Hungry,
    /// There are no more.
    Ended,
}

/// Takes the place in the buffer where a record ends and what its events came to.
type OnRecord<'a, R> = &'a mut dyn FnMut(&Frame<R>, usize, &[Option<Source>]) -> Result<(), Stop>;
/// The same within a line.
type OnEnd<'a> = &'a mut dyn FnMut(usize, &[Option<Source>]) -> Result<(), Stop>;
/// The same for a record whose end is known.
type OnMarks<'a> = &'a mut dyn FnMut(&[Option<Source>]) -> Result<(), Stop>;

impl Lines {
    fn new() -> Self {
        Self { scanner: Scanner::new(), has_begun: false, is_other: false, inner: Inner::new(), parser: Parser::new() }
    }

    /// Reads the next line.
    #[inline]
    fn next<R: Read, W: Write>(
        &mut self,
        frame: &mut Frame<R>,
        desk: &mut Desk<'_, W>,
        on_record: OnRecord<'_, R>,
    ) -> Result<Step, Stop> {
        if !std::mem::take(&mut self.is_other)
            && let Some(step) = self.read_ahead(frame, desk, on_record)?
        {
            return Ok(step);
        }
        match frame.take() {
            Next::Line { bytes, ended } => {
                let buffer = frame.bytes_from(bytes.start);
                self.read(buffer, bytes.len(), ended, desk, &mut |end, sources| {
                    on_record(frame, bytes.start + end, sources)
                })?;
                Ok(Step::Read)
            }
            Next::TooLong { .. } => {
                desk.skip_long_line();
                Ok(Step::Read)
            }
            Next::Hungry => {
                self.is_other = frame.ahead_bytes() > 0;
                Ok(Step::Hungry)
            }
            Next::End => Ok(Step::Ended),
        }
    }

    /// Reads the next line in the one pass that finds its end as well: nearly every line holds one record and nothing
    /// else. `None` for any other line, of which nothing was read; [`Self::read`] is the way for all.
    #[inline]
    fn read_ahead<R: Read, W: Write>(
        &mut self,
        frame: &mut Frame<R>,
        desk: &mut Desk<'_, W>,
        on_record: OnRecord<'_, R>,
    ) -> Result<Option<Step>, Stop> {
        let ahead_bytes = frame.ahead_bytes();
        if ahead_bytes == 0 {
            self.has_begun = false;
            return Ok(None);
        }
        if !std::mem::take(&mut self.has_begun) {
            self.scanner.begin();
        }
        let start = frame.position();
        let buffer = frame.bytes_from(start);
        let record = match self.scanner.go_on(buffer, ahead_bytes, frame.has_ended()) {
            Ok(record) => record,
            Err(Halt::More) => {
                self.has_begun = frame.pass(self.scanner.passed_bytes());
                return Ok(Some(Step::Hungry));
            }
            Err(Halt::Fault(_)) => return Ok(None),
        };
        let line_bytes = skip_space(buffer, record.len());
        let is_alone = line_bytes < ahead_bytes && buffer.get(line_bytes) == Some(&b'\n');
        if !is_alone || line_bytes > frame.line_bytes_max() {
            return Ok(None);
        }
        desk.begin_line();
        let end = start + record.len();
        let mut found = Found::default();
        desk.take(&record, true, &mut self.inner, &mut found, &mut |sources| on_record(frame, end, sources))?;
        desk.end_line(&found, true);
        frame.give(line_bytes);
        Ok(Some(Step::Read))
    }

    fn read<W: Write>(
        &mut self,
        buffer: &[u8],
        len: usize,
        ended: bool,
        desk: &mut Desk<'_, W>,
        on_record: OnEnd<'_>,
    ) -> Result<(), Stop> {
        desk.begin_line();
        let line = buffer.get(..len).unwrap_or(buffer);
        let mut at = skip_space(line, if line.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 });
        if at >= line.len() {
            desk.tally.input.blank += 1;
            desk.ledger.count_stray_line();
            return Ok(());
        }
        let first = at;
        let mut restarts = 0;
        let mut found = Found::default();
        // Where the record that could not be read began, while the search for the next one goes on.
        let mut lost_from: Option<usize> = None;
        while at < line.len() {
            let rest = buffer.get(at..).unwrap_or_default();
            let fault = match self.scanner.scan_within(rest, len - at) {
                Ok(record) => {
                    let end = at + record.len();
                    let is_whole = match lost_from {
                        None => true,
                        Some(from) => is_whole_after_torn(line, from, at, end),
                    };
                    if is_whole {
                        // What stands behind a torn record may be a part of it: no shape is guessed there.
                        let may_guess = lost_from.take().is_none();
                        desk.take(&record, may_guess, &mut self.inner, &mut found, &mut |sources| {
                            on_record(end, sources)
                        })?;
                        at = skip_space(line, end);
                        continue;
                    }
                    Fault::NotObject
                }
                Err(fault) => fault,
            };
            match fault {
                Fault::TooDeep(len) | Fault::TooManyNodes(len) => {
                    found.lost += 1;
                    found.fault = found.fault.or(Some(fault));
                    at = skip_space(line, at + len);
                }
                Fault::Unbalanced | Fault::NotObject => {
                    if lost_from.is_none() {
                        found.lost += 1;
                        found.fault = found.fault.or(Some(fault));
                        lost_from = Some(at);
                    }
                    restarts += 1;
                    let next = line.get(at + 1..).and_then(|rest| memchr::memmem::find(rest, b"{\""));
                    match next {
                        Some(next) if restarts <= RESTARTS_MAX => at += 1 + next,
                        _ => break,
                    }
                }
            }
        }
        if found.lost > 0 && !found.recognised && !found.unrecognised {
            // Numbers, strings and lists are JSON too, of no known shape.
            let whole = line.get(first..).unwrap_or_default().trim_ascii_end();
            if found.fault == Some(Fault::NotObject) && self.parser.is_json(whole) {
                found = Found { unrecognised: true, ..Found::default() };
            }
        }
        desk.end_line(&found, ended);
        Ok(())
    }
}

fn skip_space(line: &[u8], mut at: usize) -> usize {
    while matches!(line.get(at), Some(b' ' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}

/// After a record that could not be read, an object counts as the next record only where it can be no part of the torn
/// one: it goes on to the line's end or to another record, and it stands where no value of the torn record would, or
/// begins with the same key as that.
fn is_whole_after_torn(line: &[u8], lost_from: usize, at: usize, end: usize) -> bool {
    if !matches!(line.get(skip_space(line, end)), None | Some(b'{')) {
        return false;
    }
    let before = line.get(..at).unwrap_or_default().trim_ascii_end().last();
    if !matches!(before, Some(b':' | b',' | b'[')) {
        return true;
    }
    let first_key = |from: usize| {
        let key = line.get(from..)?.strip_prefix(b"{\"")?;
        key.get(..memchr::memchr(b'"', key)?)
    };
    first_key(at).is_some() && first_key(at) == first_key(lost_from)
}

/// What a line held.
#[derive(Default)]
struct Found {
    recognised: bool,
    unrecognised: bool,
    lost: u64,
    fault: Option<Fault>,
}

/// Where events are settled, counted and written.
struct Desk<'s, W> {
    ledger: Ledger,
    tally: Tally,
    classifier: Classifier,
    sink: Option<&'s mut Sink<W>>,
    writes_all: bool,
    /// What the events of the present record came to.
    marks: Vec<Option<Source>>,
    line: u64,
    part: u32,
    /// A record of the line has named its session.
    line_has_session: bool,
    /// The line holds a record that names no session and holds no event: whose, if it says so.
    loose: Option<Option<Agent>>,
    /// Whose records those are that do not say it.
    speakers: Speakers,
    /// A prompt of which it is not known yet whose turn it begins.
    prompt: Option<Prompt>,
    /// Whose the last record was, unless it was of no known shape.
    heard: Option<Agent>,
}

/// A person's words in a row that does not say whose log it is.
#[derive(Clone, Copy)]
struct Prompt {
    /// Who spoke before it.
    agent: Option<Agent>,
    line: u64,
    ts: Option<Seconds>,
}

/// Where the present record stands.
#[derive(Clone, Copy)]
struct Place<'d, 'line> {
    dialect: &'d Dialect,
    envelope: Envelope<'line>,
    session: Option<SessionAt>,
    session_line: u64,
}

impl<'s, W: Write> Desk<'s, W> {
    fn new(sink: Option<&'s mut Sink<W>>, writes_all: bool) -> Self {
        Self {
            ledger: Ledger::new(),
            tally: Tally::new(),
            classifier: Classifier::new(),
            sink,
            writes_all,
            marks: Vec::with_capacity(64),
            line: 0,
            part: 0,
            line_has_session: false,
            loose: None,
            speakers: Speakers::default(),
            prompt: None,
            heard: None,
        }
    }

    /// The record is surely of the dialect, or stands in a session of its agent, or where it names none, right behind a
    /// record of it.
    fn trusts(&self, dialect: &'static Dialect, record: &crate::scan::Record<'_>) -> bool {
        if !is_doubtful(dialect, record) {
            return true;
        }
        match (dialect.envelope)(record).session {
            session @ Session::Id(_) => self.ledger.knows(dialect.agent, &session),
            _ => {
                self.heard == Some(dialect.agent)
                    || (is_talkative(dialect, record) && self.tally.has_read(dialect.agent))
            }
        }
    }

    fn begin_line(&mut self) {
        self.line += 1;
        self.part = 0;
        self.line_has_session = false;
        self.loose = None;
        self.tally.input.lines += 1;
    }

    fn end_line(&mut self, found: &Found, ended: bool) {
        let input = &mut self.tally.input;
        if found.recognised || found.unrecognised {
            input.torn += found.lost;
        }
        if found.recognised {
            input.recognised += 1;
        } else if found.unrecognised {
            input.unrecognised += 1;
        } else {
            input.unreadable += 1;
            let by = &mut input.unreadable_by;
            match found.fault {
                Some(Fault::TooDeep(_)) => by.too_deep += 1,
                Some(Fault::TooManyNodes(_)) => by.too_long += 1,
                Some(Fault::Unbalanced) if !ended => by.incomplete += 1,
                _ => by.not_object += 1,
            }
        }
        if !self.line_has_session {
            match self.loose {
                Some(agent) => self.ledger.count_loose_line(agent),
                None => self.ledger.count_stray_line(),
            }
        }
    }

    fn skip_long_line(&mut self) {
        self.begin_line();
        self.tally.input.unreadable += 1;
        self.tally.input.unreadable_by.too_long += 1;
        self.ledger.count_stray_line();
    }

    /// Recognises one record and reads it.
    #[inline]
    fn take(
        &mut self,
        record: &Record<'_>,
        may_guess: bool,
        inner: &mut Inner,
        found: &mut Found,
        on_record: OnMarks<'_>,
    ) -> Result<(), Stop> {
        let is_guess = |dialect: &&'static Dialect| std::ptr::eq(*dialect, TOLERANT);
        let claimant = self.speakers.recognise(record);
        let trusted = claimant.filter(|claimant| (may_guess || !is_guess(claimant)) && self.trusts(claimant, record));
        let Some(dialect) = trusted else {
            found.unrecognised = true;
            self.heard = None;
            return Ok(());
        };
        found.recognised = true;
        self.record(dialect, record, inner)?;
        if !self.marks.is_empty() && !record.has(Key::failure_source) {
            on_record(&self.marks)?;
        }
        Ok(())
    }

    /// Reads one record's events.
    fn record(&mut self, dialect: &'static Dialect, record: &Record<'_>, inner: &mut Inner) -> Result<(), Stop> {
        self.marks.clear();
        self.heard = Some(dialect.agent);
        let envelope = (dialect.envelope)(record);
        let dialect = match kin(dialect) {
            Some(kin) if self.tally.has_read(kin.agent) && self.ledger.knows(kin.agent, &envelope.session) => kin,
            _ => dialect,
        };
        let mut place = Place { dialect, envelope, session: None, session_line: 0 };
        if dialect.agent == Agent::Other && dialect.is_noise {
            // It does not say whose it is: no agent and no session is counted for it.
            (dialect.events)(record, inner, &mut |_| {
                let agent = self.speakers.agent();
                self.prompt.get_or_insert(Prompt { agent, line: self.line, ts: envelope.ts });
            });
            self.loose = Some(None);
            return Ok(());
        }
        self.tally.count_agent(dialect.agent, dialect.results_recorded);
        if self.prompt.is_some() && takes_prompt(dialect, record) {
            self.take_prompt(&mut place)?;
        }
        if !matches!(envelope.session, Session::None) || !dialect.is_noise {
            self.enter(&mut place, false);
        }
        let mut stopped = Ok(());
        (dialect.events)(record, inner, &mut |event| {
            if stopped.is_ok() {
                self.enter(&mut place, true);
                stopped = self.event(&place, event);
            }
        });
        if place.session.is_none() {
            self.loose = Some(Some(dialect.agent));
        }
        stopped
    }

    /// The record says whose the prompt before it is: that session's turn begins with it.
    fn take_prompt(&mut self, place: &mut Place<'_, '_>) -> Result<(), Stop> {
        if matches!(place.envelope.session, Session::Header { .. } | Session::UnnamedHeader) {
            return self.leave_prompt();
        }
        self.enter(place, true);
        if let (Some(prompt), Some(at)) = (self.prompt.take(), place.session) {
            let lines_since = self.line - prompt.line;
            let session_line = place.session_line.saturating_sub(lines_since).max(1);
            self.tally.count_time(prompt.ts);
            let position = Position { line: prompt.line, session_line };
            self.ledger.begin_turn(at, None, true, true, prompt.ts, position);
        }
        self.write_turns()
    }

    /// Nothing of its session follows the prompt: it belongs to whoever spoke before it, and to nobody where none did.
    fn leave_prompt(&mut self) -> Result<(), Stop> {
        let Some(prompt) = self.prompt.take() else { return Ok(()) };
        let Some(at) = prompt.agent.and_then(|agent| self.ledger.enter_session(agent, &Session::None, false)) else {
            return Ok(());
        };
        self.tally.count_time(prompt.ts);
        let session_line = self.ledger.line_count(at).saturating_sub(self.line - prompt.line).max(1);
        let position = Position { line: prompt.line, session_line };
        self.ledger.begin_turn(at, None, true, true, prompt.ts, position);
        self.write_turns()
    }

    /// Finds the record's session and counts the line as one of it.
    fn enter(&mut self, place: &mut Place<'_, '_>, needs_one: bool) {
        if place.session.is_some() {
            return;
        }
        let Some(at) = self.ledger.enter_session(place.dialect.agent, &place.envelope.session, needs_one) else {
            return;
        };
        place.session_line = self.ledger.count_line(at, self.line);
        place.session = Some(at);
        self.line_has_session = true;
    }

    fn event(&mut self, place: &Place<'_, '_>, event: Event<'_>) -> Result<(), Stop> {
        let Some(at) = place.session else { return Ok(()) };
        let ts = place.envelope.ts;
        let position = Position { line: self.line, session_line: place.session_line };
        match event {
            Event::CallBegan { id, tool, command, job } => {
                self.tally.count_time(ts);
                let job = if let Job::Polls(job) = job { Some(job.0) } else { None };
                self.ledger.begin_call(at, id.as_ref(), tool, command, job);
            }
            Event::CallEnded { id, tool, job, outcome } => {
                self.tally.count_time(ts);
                self.end_call(place, at, id.as_ref(), tool, job, outcome)?;
            }
            Event::CallNamed { id, also } => self.ledger.name_call(at, &id, &also),
            Event::CallNoted { id, signals } => self.ledger.note_call(at, &id, signals),
            Event::CallAsked { id, question, refusal } => self.ledger.ask_call(at, &id, &question, refusal),
            Event::CallAnswered { question, answer, signals } => {
                self.ledger.answer_call(at, &question, answer, signals);
            }
            // Only rows that name no agent hold one, and those do not come here.
            Event::Prompted => {}
            Event::TurnBegan { id, results_told, by_prompt } => {
                self.tally.count_time(ts);
                self.ledger.begin_turn(at, id.as_ref(), results_told, by_prompt, ts, position);
            }
            Event::StepBegan => {
                self.tally.count_time(ts);
                self.ledger.begin_step(at, ts, position);
            }
            Event::TurnEnded { id, end, outcome } => {
                let is_reply = outcome.is_some_and(|outcome| outcome.signals.has(Signals::REPLY));
                if is_reply && (self.answers_question(at, id.as_ref()) || !self.ledger.is_turn_open(at, id.as_ref())) {
                    return Ok(());
                }
                self.tally.count_time(ts);
                if let Some(outcome) = outcome.filter(|_| end == TurnEnd::Failed) {
                    self.fail_model(place, at, &outcome, |ledger| ledger.fail_turn(at, id.as_ref()))?;
                }
                self.ledger.end_turn(at, id.as_ref(), end, ts, position);
            }
            Event::ModelFailed { outcome } => {
                self.tally.count_time(ts);
                self.fail_model(place, at, &outcome, |ledger| ledger.fail_model(at))?;
            }
            Event::RunFailed { id, is_receipt, outcome } => {
                self.tally.count_time(ts);
                self.fail_model(place, at, &outcome, |ledger| ledger.fail_run(at, id.as_ref(), is_receipt))?;
            }
            Event::SubAgentFailed { id, outcome } => {
                self.tally.count_time(ts);
                self.fail_model(place, at, &outcome, |ledger| ledger.fail_sub_agent(at, id.as_ref()))?;
            }
            Event::Retry if self.ledger.is_retold(at) => {}
            Event::Retry => self.tally.model_turns.retries += 1,
        }
        self.write_turns()
    }

    /// The answer is not to what this end of the wire asked, but to a question of the other end under the same id.
    fn answers_question(&mut self, at: SessionAt, id: Option<&crate::event::CallId<'_>>) -> bool {
        id.is_some_and(|id| self.ledger.takes_answer(at, id))
    }

    fn end_call(
        &mut self,
        place: &Place<'_, '_>,
        at: SessionAt,
        id: Option<&crate::event::CallId<'_>>,
        tool: Option<Tool>,
        job: Job,
        mut outcome: Outcome<'_>,
    ) -> Result<(), Stop> {
        let agent = place.dialect.agent;
        let (polled, launched) = match job {
            Job::None => (None, None),
            Job::Launched(job) => (None, Some(job.0)),
            Job::Polls(job) => (Some(job.0), None),
        };
        if outcome.signals.has(Signals::REPLY) && self.answers_question(at, id) {
            return Ok(());
        }
        let has_exit = outcome.exit_code.is_some() || outcome.signals.has(Signals::JOB_NOTICE);
        let told = self.ledger.find_call(at, id, tool, polled, has_exit);
        if outcome.signals.has(Signals::REPLY) && !told.is_awaited() {
            return Ok(());
        }
        self.part += 1;
        outcome.signals.insert(told.signals);
        // Any other tool's body may quote a test run, or a shell's last line.
        let is_quoted = (outcome.signals.has(Signals::TEST_RUN) && !told.tool.runs_tests())
            || (outcome.signals.has(Signals::SHELL_LINE) && !told.tool.may_be_shell());
        if is_quoted {
            outcome = Outcome::default();
        }
        let verdict = outcome.failed.then(|| {
            self.classifier.classify(&Failure {
                event: EventKind::ToolCall,
                tool: told.tool,
                command: told.command,
                outcome: &outcome,
            })
        });
        let settled = self.ledger.settle_call(at, &told, outcome.failed, launched);
        let rule = verdict.map(|verdict| verdict.rule.rule());
        let follower = rule.is_some_and(|rule| rule.signals.has(Signals::FOLLOWER));
        let source = rule
            .map(|rule| if follower { self.ledger.last_failure(at).unwrap_or(Source::Unknown) } else { rule.source });
        self.marks.push(source);
        if settled.is_first {
            self.tally.count_result(agent, told.tool);
        }
        if settled.is_repeated {
            self.tally.calls.repeated += 1;
            if let Some(source) = source.filter(|_| !follower) {
                self.ledger.recall_failure(at, source);
            }
            return Ok(());
        }
        let (Some(verdict), Some(rule), Some(source)) = (verdict, rule, source) else {
            if !self.writes_all {
                return Ok(());
            }
            let record = SuccessRecord {
                r#type: Word("success"),
                event: EventKind::ToolCall,
                agent,
                tool: Some(told.tool),
                exit_code: outcome.exit_code,
                ts: place.envelope.ts.map(Time),
                session: self.ledger.ordinal(at),
                turn: settled.turn,
                call: Some(settled.call),
                session_line: place.session_line,
                line: self.line,
                part: self.part,
            };
            return self.sink.as_mut().map_or(Ok(()), |sink| sink.record(&record));
        };
        self.tally.count_failed_call(agent, told.tool);
        if follower {
            self.tally.calls.followers += 1;
        } else {
            self.tally.count_verdict(verdict.rule, verdict.basis);
            self.ledger.count_failure(at, settled.turn, source);
        }
        let Some(sink) = self.sink.as_mut() else { return Ok(()) };
        sink.record(&FailureRecord {
            r#type: Word("failure"),
            failure_source: source,
            layer: rule.layer,
            rule: Word(rule.id),
            basis: verdict.basis,
            event: EventKind::ToolCall,
            follower,
            agent,
            tool: Some(told.tool),
            exit_code: outcome.exit_code,
            ts: place.envelope.ts.map(Time),
            session: self.ledger.ordinal(at),
            turn: settled.turn,
            call: Some(settled.call),
            session_line: place.session_line,
            line: self.line,
            part: self.part,
            why: Word(rule.why),
        })
    }

    /// `settle` gives the ordinal of the turn, or `None` where it was told before.
    fn fail_model(
        &mut self,
        place: &Place<'_, '_>,
        at: SessionAt,
        outcome: &Outcome<'_>,
        settle: impl FnOnce(&mut Ledger) -> Option<Option<u32>>,
    ) -> Result<(), Stop> {
        let agent = place.dialect.agent;
        self.part += 1;
        let verdict = self.classifier.classify(&Failure {
            event: EventKind::ModelTurn,
            tool: Tool::OTHER,
            command: crate::event::Command::Other,
            outcome,
        });
        let rule = verdict.rule.rule();
        self.marks.push(Some(rule.source));
        let Some(turn) = settle(&mut self.ledger) else { return Ok(()) };
        self.tally.model_turns.failed += 1;
        self.tally.count_verdict(verdict.rule, verdict.basis);
        self.ledger.count_failure(at, turn, rule.source);
        let Some(sink) = self.sink.as_mut() else { return Ok(()) };
        sink.record(&FailureRecord {
            r#type: Word("failure"),
            failure_source: rule.source,
            layer: rule.layer,
            rule: Word(rule.id),
            basis: verdict.basis,
            event: EventKind::ModelTurn,
            follower: false,
            agent,
            tool: None,
            exit_code: outcome.exit_code,
            ts: place.envelope.ts.map(Time),
            session: self.ledger.ordinal(at),
            turn,
            call: None,
            session_line: place.session_line,
            line: self.line,
            part: self.part,
            why: Word(rule.why),
        })
    }

    /// Writes the turns that the ledger has reported.
    fn write_turns(&mut self) -> Result<(), Stop> {
        for report in self.ledger.take_reports() {
            if let Some(sink) = self.sink.as_mut() {
                write_turn(sink, &report, self.writes_all)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        self.sink.as_mut().map_or(Ok(()), |sink| sink.flush())
    }

    /// The stream has ended.
    fn close(&mut self) -> Result<(), Stop> {
        self.leave_prompt()?;
        self.ledger.close();
        self.write_turns()?;
        let ledger = &self.ledger;
        self.tally.take_ledger(ledger.session_count(), ledger.unanswered(), &ledger.turns, &ledger.losses);
        Ok(())
    }
}

fn write_turn<W: Write>(sink: &mut Sink<W>, report: &TurnReport, writes_all: bool) -> Result<(), Stop> {
    match report.fate {
        Fate::Ended(outcome) if writes_all => sink.record(&TurnRecord {
            r#type: Word("turn"),
            outcome,
            failures: report.failures,
            last_failure_source: report.last_failure,
            agent: report.agent,
            ts: report.ts.map(Time),
            session: report.session,
            turn: report.turn,
            session_line: report.position.session_line,
            line: report.position.line,
        }),
        Fate::Ended(_) => Ok(()),
        Fate::Unclosed { superseded, waiting_on, tool } => {
            let [on_tool, on_model, untold] = UNCLOSED_WHY;
            sink.record(&UnclosedTurnRecord {
                r#type: Word("unclosed_turn"),
                failure_source: Source::UnclosedTurn,
                layer: Layer::Session,
                superseded,
                waiting_on,
                tool,
                last_failure_source: report.last_failure,
                agent: report.agent,
                ts: report.ts.map(Time),
                session: report.session,
                turn: report.turn,
                session_line: report.position.session_line,
                line: report.position.line,
                why: match waiting_on {
                    Some(WaitingOn::Tool) => on_tool,
                    Some(WaitingOn::Model) => on_model,
                    None => untold,
                },
            })
        }
    }
}
