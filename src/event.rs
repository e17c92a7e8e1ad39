//! The narrow waist: what every agent's log is translated to, and all that the classifier and the ledger see of it.
//!
//! A dialect says *what happened* and *who wrote which words*; it decides no cause. May not know agents' shapes, rules
//! or output.

use crate::schema::Tool;
use crate::text::{Pieces, Text};
use crate::time::Seconds;

/// Facts that a log states in a field of its own, translated from each agent's words. Rules map them to sources.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Signals(u64);

macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident = $bit:literal,)*) => {
        impl Signals {
            $($(#[$doc])* pub const $name: Signals = Signals(1 << $bit);)*
        }
    };
}

signals! {
    /// The operating system, a sandbox, a policy or a rule refused the call.
    DENIED = 0,
    /// A sandbox said that it refused (a field of the log, not a guess from words).
    SANDBOX_DENIED = 1,
    /// A person declined the call.
    USER_DECLINED = 2,
    /// A person interrupted the call while it ran.
    INTERRUPTED = 3,
    /// A hook refused the call.
    HOOK_DENIED = 4,
    /// The call was cancelled and the log does not say by whom.
    CANCELLED = 5,
    /// A time limit ran out.
    TIMED_OUT = 6,
    /// The arguments do not fit the tool.
    INVALID_ARGUMENTS = 7,
    /// There is no tool of that name.
    UNKNOWN_TOOL = 8,
    /// A path lies outside of the allowed workspace.
    PATH_ESCAPE = 9,
    /// A file, directory or resource is not there.
    NOT_FOUND = 10,
    /// A program, interpreter, server or library that the host should have is not there.
    NOT_INSTALLED = 11,
    /// A connection failed.
    NETWORK_ERROR = 12,
    /// The service is overloaded, limits the rate, or a quota is spent.
    SERVICE_LIMIT = 13,
    /// The service failed (5xx).
    SERVER_ERROR = 14,
    /// Credentials are missing or refused.
    UNAUTHENTICATED = 15,
    /// The service refused the request's content (400, 422).
    BAD_REQUEST = 16,
    /// The model's context is full.
    CONTEXT_OVERFLOW = 17,
    /// The model refused, or its output was filtered.
    REFUSED = 18,
    /// The model's output ended early, was empty or could not be parsed.
    OUTPUT_INCOMPLETE = 19,
    /// A budget of steps, tokens or time of the run is spent.
    BUDGET_SPENT = 20,
    /// The call is wrong about the state: text to replace not found, a stale file, a directory read as a file.
    WRONG_STATE = 21,
    /// A background job, shell or sub-agent was killed, lost, stale or not found.
    JOB_LOST = 22,
    /// A background job ran into its own limit.
    JOB_TIMED_OUT = 23,
    /// The device is full.
    NO_SPACE = 24,
    /// The program was ended by a signal.
    KILLED = 25,
    /// The call failed only because a sibling failed.
    FOLLOWER = 26,
    /// The network is closed by the sandbox's own setting.
    NETWORK_RESTRICTED = 27,
    /// The tool never ran.
    NOT_RUN = 28,
    /// The error object is there and empty.
    EMPTY_ERROR = 29,
    /// The call is a background job's end told by a notification.
    JOB_NOTICE = 30,
    /// A typed kind that says only that the tool failed.
    TOOL_ERROR = 31,
    /// A limit on sub-agents or background jobs was reached.
    JOB_LIMIT = 32,
    /// An internal error of the agent's own runner.
    INTERNAL_ERROR = 33,
    /// The end of a wait on, or poll of, another process.
    POLL = 34,
    /// The body of a call that went well says that a test run failed: it counts only where the tool runs tests.
    TEST_RUN = 35,
    /// Only a line that a shell's runner prints says that it failed: it counts where the tool may be a shell.
    SHELL_LINE = 36,
    /// An answer whose record does not say what it answers: it counts only where a call or a turn of its id waits.
    REPLY = 40,
}

impl Signals {
    /// No fact at all.
    pub const NONE: Signals = Signals(0);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Signals) -> Signals {
        Signals(self.0 | other.0)
    }

    /// Adds these facts.
    pub const fn insert(&mut self, other: Signals) {
        self.0 |= other.0;
    }

    /// Holds at least one of these.
    pub const fn has(self, any: Signals) -> bool {
        self.0 & any.0 != 0
    }

    /// Holds none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What kind of command a shell call ran, read from its first words: only ever to break a tie.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(u8)]
pub enum Command {
    /// Not known, or none of the others.
    #[default]
    Other,
    /// `grep`, `rg`, `find`, `diff`, `test`, `cmp`: a non-zero exit answers a question with "no".
    Question,
    /// `which`, `type`, `command -v`, `npm list`, `pip show`: asks whether something is there.
    Presence,
    /// A test runner or a compiler: its output quotes the errors of the program under test.
    TestOrBuild,
    /// Runs under `timeout(1)`.
    Timeout,
    /// `curl`: its exit codes have meanings of their own.
    Curl,
    /// `wget`: its exit codes have meanings of their own.
    Wget,
    /// `ssh` and what runs over it: exits 255 where the connection failed.
    Ssh,
    /// `git`.
    Git,
}

/// Where ids are unique: in the world, in a session, from one header line of the log to the next, or while they wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Unique in the world: `toolu_...`, `call_...`.
    World,
    /// Unique within its session.
    Session,
    /// Unique until the agent's next header line.
    Run,
    /// Unique among the calls of a run that have no result yet: a call that begins later under it is another one.
    Unanswered,
}

/// The id that joins a call to its result.
#[derive(Clone, Copy)]
pub struct CallId<'line> {
    /// Where the id is unique.
    pub scope: Scope,
    /// The id.
    pub id: Text<'line>,
}

/// The id of a process or background job, as the tables know it.
#[derive(Clone, Copy)]
pub struct JobId(pub(crate) u128);

impl JobId {
    /// The job of this id.
    pub fn new(id: Text<'_>) -> Self {
        Self(id.hash())
    }
}

impl crate::text::Answer for JobId {}

/// A process or background job that outlives the call that launched it.
#[derive(Clone, Copy, Default)]
pub enum Job {
    /// None is named.
    #[default]
    None,
    /// The result says that the process goes on under this id.
    Launched(JobId),
    /// The call asks after, or the notification tells of, the process with this id.
    Polls(JobId),
}

/// The evidence of how one event ended: what fields state, and who wrote which words.
#[derive(Clone, Copy, Default)]
pub struct Outcome<'line> {
    /// The log says that it failed.
    pub failed: bool,
    /// The exit code, where one is stated: -255 to 255, or a Windows status as unsigned 32 bit.
    pub exit_code: Option<i64>,
    /// Facts from fields.
    pub signals: Signals,
    /// An HTTP status that a field states.
    pub http_status: Option<u16>,
    /// A JSON-RPC error code that a field states.
    pub rpc_code: Option<i64>,
    /// Words that the agent's runner wrote.
    pub harness: Pieces<'line>,
    /// Words that a program printed.
    pub program: Pieces<'line>,
}

/// How a turn ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TurnEnd {
    /// It ran to its end.
    Completed,
    /// It, or the run or request that it is, finally failed.
    Failed,
    /// A person, or the host in its place, stopped it.
    Aborted,
}

/// One thing that happened in a session.
#[derive(Clone, Copy)]
pub enum Event<'line> {
    /// The agent called a tool.
    CallBegan {
        /// Joins it to its result.
        id: Option<CallId<'line>>,
        /// The tool, if it is a public one.
        tool: Tool,
        /// The first words of the command, for a shell tool.
        command: Command,
        /// The job that it asks after, for a poll.
        job: Job,
    },
    /// A call's result, or a later telling of it.
    CallEnded {
        /// Joins it to its call.
        id: Option<CallId<'line>>,
        /// The tool, where the result itself names it.
        tool: Option<Tool>,
        /// The job that it launched or tells of.
        job: Job,
        /// The evidence.
        outcome: Outcome<'line>,
    },
    /// A call has a second id: other records tell of it by that one.
    CallNamed {
        /// The id that this record's other events use.
        id: CallId<'line>,
        /// The other one.
        also: CallId<'line>,
    },
    /// A fact about a call that stands beside its result, before or after its start: a permission answered with no.
    CallNoted {
        /// The call.
        id: CallId<'line>,
        /// The fact.
        signals: Signals,
    },
    /// A person is asked about a call, under an id of the question's own: one such event for each answer that refuses.
    /// With no words for a refusal: something is asked, of which only the answer is to be told from other answers.
    CallAsked {
        /// The call.
        id: CallId<'line>,
        /// The question.
        question: CallId<'line>,
        /// The answer that refuses.
        refusal: Text<'line>,
    },
    /// The question was answered: where this answer refuses, the fact is noted beside the call.
    CallAnswered {
        /// The question.
        question: CallId<'line>,
        /// The answer.
        answer: Text<'line>,
        /// The fact.
        signals: Signals,
    },
    /// A person's words, in a row that does not say whose log it is: the next row that does tells whose turn they begin.
    Prompted,
    /// A turn began.
    TurnBegan {
        /// Its id, or the id of the record that begins it.
        id: Option<CallId<'line>>,
        /// The format tells each call's result, so that an unclosed turn can say what it waits on.
        results_told: bool,
        /// It is a prompt that begins it: one that is given while a call of the turn runs begins none.
        by_prompt: bool,
    },
    /// A step of a turn began, and with it the turn, unless one is open.
    StepBegan,
    /// A turn ended.
    TurnEnded {
        /// Its id.
        id: Option<CallId<'line>>,
        /// How.
        end: TurnEnd,
        /// For a failed turn: why. Then the model's turn failed, and this is its evidence.
        outcome: Option<Outcome<'line>>,
    },
    /// The model's turn, run or request finally failed, told by a record that ends no turn of its own.
    ModelFailed {
        /// The evidence.
        outcome: Outcome<'line>,
    },
    /// The same, by a record that has an id of its own, or that is the receipt at a run's end.
    RunFailed {
        /// The record's id: a copy of it tells nothing new.
        id: Option<CallId<'line>>,
        /// It may tell again what a record right before it told.
        is_receipt: bool,
        /// The evidence.
        outcome: Outcome<'line>,
    },
    /// A sub-agent's model finally failed: the turn in which it did goes on.
    SubAgentFailed {
        /// The record's id: a copy of it tells nothing new.
        id: Option<CallId<'line>>,
        /// The evidence.
        outcome: Outcome<'line>,
    },
    /// A request is tried again: no failure.
    Retry,
}

/// Which session a record belongs to.
#[derive(Clone, Copy, Default)]
pub enum Session<'line> {
    /// The record carries this id.
    Id(Text<'line>),
    /// The record begins a session of its agent: later records without an id belong to it.
    Header {
        /// The session's id.
        id: Text<'line>,
        /// It was forked: a header right after this one is a replayed one and begins none.
        is_fork: bool,
    },
    /// A header that names no id: an unnamed session begins.
    UnnamedHeader,
    /// The record carries none, and ends the session that it belongs to: later ones without an id are of another.
    Last,
    /// The record carries none.
    #[default]
    None,
}

/// What a dialect says of a whole record, before its events.
#[derive(Clone, Copy, Default)]
pub struct Envelope<'line> {
    /// Its session.
    pub session: Session<'line>,
    /// Its time.
    pub ts: Option<Seconds>,
}
