//! Made-up session logs for benches and tests, and what the filter must say of them.
//!
//! Every line follows a format that agents write, keys in the order in which they write them; the text is the program's
//! own. The same profile, size and seed give the same bytes everywhere. Include it with `#[path]`; it needs only `std`.

#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    reason = "a generator for benches and tests, of which each includer uses its part"
)]

/// Puts pieces down at the end of the log.
macro_rules! put {
    ($log:expr; $($piece:expr),* $(,)?) => {{
        $($log.buf.extend_from_slice(AsRef::<[u8]>::as_ref(&$piece));)*
    }};
}

mod claude;
mod codewhale;
mod codex;
mod failures;
mod full;
mod others;
mod sorted;
mod tiny;
mod words;

use failures::{SOURCES, Shell, Source};
use std::io::{self, Write};
use std::rc::Rc;
use words::{Cut, Ids, Kind, Pools, Rng};

/// What kind of log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// As real logs are: most lines short, most bytes in long ones, a few images of a megabyte, one call in ten fails.
    Mixed,
    /// Lines of 60 to 150 bytes: what agents stream to their standard output.
    Tiny,
    /// Three of four results fail, with texts of 200 bytes to 3 KB.
    FailureHeavy,
    /// Texts dense with `\n`, `\"`, `\\` and `\u` escapes.
    EscapesHeavy,
    /// Like mixed, written again by a program that sorts keys and puts spaces after `,` and `:`.
    Sorted,
    /// Every id new, most things left open: whatever table has room is filled.
    FullTables,
}

impl Profile {
    pub const ALL: &'static [Profile] = &[
        Profile::Mixed,
        Profile::Tiny,
        Profile::FailureHeavy,
        Profile::EscapesHeavy,
        Profile::Sorted,
        Profile::FullTables,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Profile::Mixed => "mixed",
            Profile::Tiny => "tiny",
            Profile::FailureHeavy => "failure-heavy",
            Profile::EscapesHeavy => "escapes-heavy",
            Profile::Sorted => "sorted",
            Profile::FullTables => "full-tables",
        }
    }

    pub fn named(name: &str) -> Option<Profile> {
        Profile::ALL.iter().copied().find(|profile| profile.name() == name)
    }
}

/// What the summary of a generated log must say.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Expected {
    pub bytes: u64,
    pub lines: u64,
    /// Lines that hold a tool call or a tool's result; the others are noise to a classifier of failures.
    pub tool_lines: u64,
    pub sessions: u64,
    pub turns: Turns,
    pub calls: Calls,
    pub model_turns_failed: u64,
    pub retries: u64,
    /// By source, in the order of the summary; tool calls and model turns together.
    pub failures: [u64; SOURCES],
}

#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Turns {
    pub started: u64,
    pub completed: u64,
    pub failed: u64,
    pub aborted: u64,
    pub superseded: u64,
    pub at_end: u64,
    pub end_without_start: u64,
}

#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Calls {
    pub total: u64,
    pub failed: u64,
    pub unanswered: u64,
    pub repeated: u64,
}

impl Expected {
    /// The pieces that the summary must hold. Not for [`Profile::FullTables`], where what is lost depends on the limits.
    pub fn pieces(&self) -> Vec<String> {
        let Turns { started, completed, failed, aborted, superseded, at_end, end_without_start } = self.turns;
        let [model, tool_schema, command_exit, network, sandbox, missing, timeout, background, unknown] = self.failures;
        vec![
            format!(
                "\"input\":{{\"lines\":{0},\"blank\":0,\"recognised\":{0},\"unrecognised\":0,\"unreadable\":0,",
                self.lines
            ),
            format!("\"sessions\":{},", self.sessions),
            format!(
                "\"turns\":{{\"started\":{started},\"completed\":{completed},\"failed\":{failed},\"aborted\":{aborted},\
                 \"unclosed\":{{\"superseded\":{superseded},\"at_end\":{at_end}}},\
                 \"end_without_start\":{end_without_start},\"repeated\":0}}"
            ),
            format!(
                "\"tool_calls\":{{\"total\":{},\"failed\":{},\"followers\":0,\"unanswered\":{},\"repeated\":{}}}",
                self.calls.total, self.calls.failed, self.calls.unanswered, self.calls.repeated
            ),
            format!("\"model_turns\":{{\"failed\":{},\"retries\":{}}}", self.model_turns_failed, self.retries),
            format!(
                "\"failures\":{{\"model\":{model},\"tool_schema\":{tool_schema},\"command_exit\":{command_exit},\
                 \"network\":{network},\"sandbox_approval\":{sandbox},\"missing_dependency\":{missing},\
                 \"timeout\":{timeout},\"background_job\":{background},\"unknown\":{unknown},\"unclosed_turn\":{}}}",
                superseded + at_end
            ),
        ]
    }

    /// Whether a summary says all that it must; if not, the first piece that it lacks.
    pub fn check(&self, summary: &str) -> Result<(), String> {
        match self.pieces().into_iter().find(|piece| !summary.contains(piece.as_str())) {
            None => Ok(()),
            Some(piece) => Err(format!("the summary lacks {piece}\nit is {summary}")),
        }
    }
}

/// Writes a log of at least so many bytes, whole lines and whole sessions, and says what is in it.
pub fn write(profile: Profile, bytes: u64, seed: u64, out: &mut impl Write) -> io::Result<Expected> {
    let mut log = Log::new(profile, bytes, seed);
    let mut sorter = sorted::Sorter::default();
    while !log.full() {
        match profile {
            Profile::Tiny => tiny::run(&mut log),
            Profile::FullTables => full::session(&mut log),
            _ => session(&mut log),
        }
        let chunk = if profile == Profile::Sorted { sorter.lines(&log.buf) } else { &log.buf };
        out.write_all(chunk)?;
        log.expected.bytes += chunk.len() as u64;
        log.buf.clear();
    }
    out.flush()?;
    Ok(log.expected)
}

/// A log in memory.
pub fn log(profile: Profile, bytes: u64, seed: u64) -> (Vec<u8>, Expected) {
    let mut out = Vec::new();
    let expected = write(profile, bytes, seed, &mut out).expect("writing to memory");
    (out, expected)
}

/// The agents by their share of the lines.
fn session(log: &mut Log) {
    match log.rng.below(100) {
        0..38 => claude::session(log),
        38..73 => codex::session(log),
        73..90 => codewhale::session(log),
        90..94 => others::pi(log),
        94..98 => others::copilot(log),
        _ => others::chat(log),
    }
}

/// How a turn is left.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Completed,
    Failed,
    Aborted,
    /// It has no end: the agent died, or a later turn began.
    Open,
}

/// What differs between the profiles that are made of whole sessions.
struct Shape {
    /// In thousand results, how many fail.
    failing: usize,
    /// In thousand successes, how many are images.
    images: usize,
    /// All text is of this kind.
    only: Option<Kind>,
    /// Every failure's text has at least this much before its cause.
    padding: usize,
    /// In thousand chances to write noise, how many are taken.
    noise: usize,
}

/// A log as it is made.
pub struct Log {
    buf: Vec<u8>,
    rng: Rng,
    ids: Ids,
    pools: Rc<Pools>,
    shell: Vec<Rc<Shell>>,
    shape: Shape,
    expected: Expected,
    bytes: u64,
    clock: u64,
    turn_open: bool,
    /// Sessions of the formats that mark turns with an end.
    begun: u64,
}

impl Log {
    fn new(profile: Profile, bytes: u64, seed: u64) -> Log {
        let mut rng = Rng::new(seed);
        let shape = match profile {
            Profile::FailureHeavy => Shape { failing: 760, images: 0, only: None, padding: 120, noise: 250 },
            Profile::EscapesHeavy => {
                Shape { failing: 100, images: 0, only: Some(Kind::Escapes), padding: 0, noise: 300 }
            }
            _ => Shape { failing: 90, images: 8, only: None, padding: 0, noise: 550 },
        };
        Log {
            buf: Vec::with_capacity(8 << 20),
            pools: Rc::new(Pools::new(&mut rng)),
            rng,
            ids: Ids::new(seed),
            shell: failures::shell(),
            shape,
            expected: Expected::default(),
            bytes,
            // 2026-06-01.
            clock: 1_780_272_000_000,
            turn_open: false,
            begun: 0,
        }
    }

    /// Enough bytes are made: end what is open, begin nothing.
    fn full(&self) -> bool {
        self.expected.bytes + self.buf.len() as u64 >= self.bytes
    }

    /// Ends a line.
    fn end(&mut self) {
        self.buf.push(b'\n');
        self.expected.lines += 1;
    }

    /// Ends a line that holds a tool call or a result.
    fn end_tool(&mut self) {
        self.end();
        self.expected.tool_lines += 1;
    }

    fn now(&mut self) -> [u8; 24] {
        self.clock += 40 + self.rng.below(1200) as u64;
        words::timestamp(self.clock)
    }

    fn number(&mut self, low: usize, high: usize) {
        let value = self.rng.between(low, high);
        words::number(&mut self.buf, value as u64);
    }

    fn fails(&mut self) -> bool {
        self.rng.permille(self.shape.failing)
    }

    fn noise(&mut self) -> bool {
        self.rng.permille(self.shape.noise)
    }

    /// How long an output is: most are short, most bytes are in the long ones.
    fn output_size(&mut self) -> usize {
        let (low, high) = match self.rng.below(1000) {
            0..300 => (4, 60),
            300..420 => (60, 400),
            420..480 => (400, 1500),
            480..680 => (1500, 6000),
            680..920 => (6000, 16_000),
            920..960 => (16_000, 34_000),
            _ => (34_000, 120_000),
        };
        self.rng.between(low, high)
    }

    fn cut(&mut self, kind: Kind, size: usize) -> Cut {
        let kind = match (self.shape.only, kind) {
            (Some(only), kind) if kind != Kind::Base64 => only,
            (_, kind) => kind,
        };
        self.pools.cut(&mut self.rng, kind, size)
    }

    /// What a command printed that went well.
    fn output(&mut self) -> Cut {
        let kind = match self.rng.below(100) {
            0..30 => Kind::Listing,
            30..55 => Kind::Build,
            55..85 => Kind::Code,
            85..93 => Kind::Data,
            _ => Kind::Ansi,
        };
        let size = self.output_size();
        self.cut(kind, size)
    }

    fn text(&mut self, kind: Kind, low: usize, high: usize) -> Cut {
        let size = self.rng.between(low, high);
        self.cut(kind, size)
    }

    /// What a failing command printed before it failed. Nothing in it names a cause.
    fn padding(&mut self) -> Cut {
        self.padding_of(Kind::Build)
    }

    fn padding_of(&mut self, kind: Kind) -> Cut {
        let low = self.shape.padding;
        let high = match self.rng.below(10) {
            0..6 => 500,
            6..9 => 1400,
            _ => 2700,
        };
        let size = if low == 0 && self.rng.permille(400) { 0 } else { self.rng.between(low, high) };
        let kind = self.shape.only.unwrap_or(kind);
        self.pools.lines(&mut self.rng, kind, size)
    }

    fn shell_failure(&mut self) -> Rc<Shell> {
        Rc::clone(self.rng.pick(&self.shell))
    }

    fn command(&mut self) -> &'static str {
        self.rng.pick::<&str>(failures::COMMANDS)
    }

    /// A megabyte of base64 at most, as screenshots are.
    fn image(&mut self, most: usize) -> Cut {
        let size = match self.rng.below(10) {
            0..5 => self.rng.between(most / 40, most / 8),
            5..8 => self.rng.between(most / 8, most / 2),
            _ => self.rng.between(most * 8 / 10, most),
        };
        self.cut(Kind::Base64, size)
    }

    /// A call got its result.
    fn answered(&mut self, failed: Option<Source>) {
        self.expected.calls.total += 1;
        if let Some(source) = failed {
            self.expected.calls.failed += 1;
            self.expected.failures[source as usize] += 1;
        }
    }

    /// The model's turn failed.
    fn model_failed(&mut self, source: Source) {
        self.expected.model_turns_failed += 1;
        self.expected.failures[source as usize] += 1;
    }

    fn turn_began(&mut self) {
        let turns = &mut self.expected.turns;
        turns.started += 1;
        turns.superseded += u64::from(self.turn_open);
        self.turn_open = true;
    }

    fn turn_ended(&mut self, ending: Ending) {
        let turns = &mut self.expected.turns;
        match ending {
            Ending::Completed => turns.completed += 1,
            Ending::Failed => turns.failed += 1,
            Ending::Aborted => turns.aborted += 1,
            Ending::Open => return,
        }
        self.turn_open = false;
    }

    fn session_ended(&mut self) {
        self.expected.turns.at_end += u64::from(self.turn_open);
        self.turn_open = false;
    }

    /// How each turn of a session ends. One session in eight dies in its last turn, one in sixteen goes on after a
    /// turn that died.
    fn session_began(&mut self) -> Vec<Ending> {
        self.expected.sessions += 1;
        self.begun += 1;
        let count = self.rng.between(1, 5);
        let mut endings: Vec<_> = (0..count)
            .map(|_| match self.rng.below(100) {
                0..3 => Ending::Aborted,
                3..5 => Ending::Failed,
                _ => Ending::Completed,
            })
            .collect();
        if self.begun % 8 == 3 {
            endings[count - 1] = Ending::Open;
        }
        if self.begun % 16 == 5 {
            endings[0] = Ending::Open;
        }
        endings
    }

    fn steps(&mut self) -> usize {
        self.rng.between(2, 24)
    }
}
