//! The whole of what may reach stdout in the private modes: vocabularies, record structs, the schema's version.
//!
//! No type here has a lifetime parameter: nothing of the log can be put in. Words are compiled
//! in, numbers have stated ranges, times are rendered again. May not know text, spans or events.

mod tools;

use crate::intern::Words;
use crate::time::Seconds;
use serde::{Deserialize, Serialize, Serializer};

/// The version of the records' meaning; a new key or word does not raise it.
pub const SCHEMA: u32 = 1;

/// A word that was compiled in.
///
/// ```
/// # use whale_classify::schema::Word;
/// let word: Word = whale_classify::vocabulary::words().next().unwrap().word;
/// ```
///
/// Nobody else makes one:
///
/// ```compile_fail,E0423
/// # use whale_classify::schema::Word;
/// let word: Word = Word("secret");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Word(pub(crate) &'static str);

/// Makes a closed vocabulary: an enum, its words, and the way from one to the other.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$item_doc])* $variant,)* }

        impl $name {
            /// Every value, in the order in which they are declared.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word that stands for it in records.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// Its position in [`Self::ALL`].
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    };
}

vocabulary! {
    /// Why an event failed: the proximate cause that its own evidence shows.
    #[non_exhaustive]
    Source {
        /// A well-formed call that is wrong about the state, or the model's own failure.
        Model = "model",
        /// The call does not fit the tool.
        ToolSchema = "tool_schema",
        /// The program ran and ended non-zero by its own logic.
        CommandExit = "command_exit",
        /// A connection, or a remote service, failed.
        Network = "network",
        /// Permission, sandbox, policy, credentials, or a person's "no".
        SandboxApproval = "sandbox_approval",
        /// A program, file, module, package or image that is not there.
        MissingDependency = "missing_dependency",
        /// A time limit ran out.
        Timeout = "timeout",
        /// A background shell, task or sub-agent was lost, stale, killed or not found.
        BackgroundJob = "background_job",
        /// Failed, and nothing says why.
        Unknown = "unknown",
        /// A turn that started and has no end.
        UnclosedTurn = "unclosed_turn",
    }
}

vocabulary! {
    /// Where the cause lies: a property of the rule that decided.
    #[non_exhaustive]
    Layer {
        /// The machine, the network, the sandbox, the set-up.
        Environment = "environment",
        /// The tool or program by its own logic.
        Tool = "tool",
        /// The model.
        Model = "model",
        /// A person declined or interrupted.
        User = "user",
        /// The session's own life.
        Session = "session",
        /// Not known.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// What kind of evidence decided.
    #[non_exhaustive]
    Basis {
        /// A field of the log.
        Structured = "structured",
        /// Words that the agent's runner wrote.
        Harness = "harness",
        /// Words that a program printed: who writes the output can influence it.
        Program = "program",
    }
}

vocabulary! {
    /// What failed.
    EventKind {
        /// A tool call.
        ToolCall = "tool_call",
        /// A model's turn, run or request.
        ModelTurn = "model_turn",
    }
}

vocabulary! {
    /// How a turn ended.
    TurnOutcome {
        /// It ran to its end.
        Completed = "completed",
        /// It finally failed.
        Failed = "failed",
        /// A person, or the host in its place, stopped it.
        Aborted = "aborted",
    }
}

vocabulary! {
    /// What an unclosed turn waited on.
    WaitingOn {
        /// A call of the turn has no result.
        Tool = "tool",
        /// Every call has one: the model.
        Model = "model",
    }
}

vocabulary! {
    /// Who wrote the log.
    Agent {
        /// CodeWhale, formerly DeepSeek-TUI.
        Codewhale = "codewhale",
        /// OpenAI Codex CLI.
        Codex = "codex",
        /// Claude Code.
        ClaudeCode = "claude-code",
        /// GitHub Copilot CLI and VS Code's transcripts.
        Copilot = "copilot",
        /// Cursor's CLI.
        Cursor = "cursor",
        /// Gemini CLI.
        Gemini = "gemini",
        /// Qwen Code.
        Qwen = "qwen",
        /// OpenCode.
        Opencode = "opencode",
        /// pi and its forks.
        Pi = "pi",
        /// Factory Droid.
        Droid = "droid",
        /// Amp.
        Amp = "amp",
        /// Plain messages of Anthropic's API.
        Anthropic = "anthropic",
        /// Chat-completions rows and Responses items.
        Openai = "openai",
        /// Mistral Vibe.
        Vibe = "vibe",
        /// mini-SWE-agent.
        MiniSweAgent = "mini-swe-agent",
        /// Vercel AI SDK messages.
        AiSdk = "ai-sdk",
        /// OpenTelemetry GenAI spans.
        Otel = "otel",
        /// MCP JSON-RPC.
        Mcp = "mcp",
        /// Agent Client Protocol.
        Acp = "acp",
        /// Kimi CLI and Kimi Code.
        Kimi = "kimi",
        /// Kiro CLI.
        Kiro = "kiro",
        /// OpenHands.
        Openhands = "openhands",
        /// goose.
        Goose = "goose",
        /// Antigravity CLI.
        Antigravity = "antigravity",
        /// ATIF trajectories.
        Atif = "atif",
        /// Grok CLI.
        Grok = "grok",
        /// An agent that nobody has heard of.
        Other = "other",
    }
}

/// What kind of work a tool does: rules may be bound to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ToolClass {
    /// Runs programs.
    Shell,
    /// Asks after, waits on or stops a background job or sub-agent.
    Job,
    /// Reads files or lists directories.
    Read,
    /// Searches files.
    Search,
    /// Changes files.
    Edit,
    /// Fetches or searches the web.
    Web,
    /// Starts a sub-agent.
    Agent,
    /// Any other tool with a public name.
    Plain,
    /// An MCP tool.
    Mcp,
    /// A tool without a public name.
    Other,
}

/// A tool: a word of the compiled table of public names, `mcp`, or `other`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Tool(u16);

/// How many tools a tally has to count: the table, `mcp` and `other`.
pub const TOOL_COUNT: usize = tools::TOOLS.len() + 2;

const TOOL_NAMES: [&str; tools::TOOLS.len()] = {
    let mut names = [""; tools::TOOLS.len()];
    let mut at = 0;
    while at < names.len() {
        #[allow(clippy::indexing_slicing, reason = "bounded by the loop, at compile time")]
        {
            names[at] = tools::TOOLS[at].0;
        }
        at += 1;
    }
    names
};

static TOOL_INDEX: Words<2048> = Words::new(&TOOL_NAMES);

impl Tool {
    /// Any MCP tool.
    pub const MCP: Tool = Tool(tools::TOOLS.len() as u16);
    /// A tool without a public name.
    pub const OTHER: Tool = Tool(tools::TOOLS.len() as u16 + 1);

    /// The tool of this name: exact match in the compiled table, `mcp` for names that begin as agents write MCP tools.
    pub fn named(name: &[u8]) -> Tool {
        match TOOL_INDEX.find(name) {
            Some(at) => Tool(at),
            None if name.starts_with(b"mcp__") || name.starts_with(b"mcp_") || name.starts_with(b"mcp:") => Tool::MCP,
            None => Tool::OTHER,
        }
    }

    /// The word that stands for it in records.
    pub fn word(self) -> &'static str {
        match self {
            Tool::MCP => "mcp",
            Tool(at) => tools::TOOLS.get(usize::from(at)).map_or("other", |(name, _)| name),
        }
    }

    /// It runs programs, or nothing says that it does not.
    pub fn may_be_shell(self) -> bool {
        matches!(self.class(), ToolClass::Shell | ToolClass::Job | ToolClass::Other)
    }

    /// Its result tells how a test run ended, which is no failure of the tool itself.
    pub fn runs_tests(self) -> bool {
        ["run_tests", "Run"].iter().any(|name| self == Self::named(name.as_bytes()))
    }

    /// What kind of work it does.
    pub fn class(self) -> ToolClass {
        match self {
            Tool::MCP => ToolClass::Mcp,
            Tool(at) => tools::TOOLS.get(usize::from(at)).map_or(ToolClass::Other, |(_, class)| *class),
        }
    }

    /// Its position among all tools.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The tool at a position, as [`Self::index`] gives it; [`Tool::OTHER`] past the end.
    pub fn at(index: usize) -> Tool {
        if index < TOOL_COUNT { Tool(index as u16) } else { Tool::OTHER }
    }

    /// Every tool.
    pub fn all() -> impl Iterator<Item = Tool> {
        (0..TOOL_COUNT).map(Tool::at)
    }
}

impl crate::text::Answer for Tool {}

impl Serialize for Tool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// One failed tool call or model turn.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FailureRecord {
    /// `failure`.
    pub r#type: Word,
    /// Why.
    pub failure_source: Source,
    /// Where the cause lies.
    pub layer: Layer,
    /// The rule that decided.
    pub rule: Word,
    /// The kind of evidence that it read.
    pub basis: Basis,
    /// What failed.
    pub event: EventKind,
    /// It failed only because another call did.
    pub follower: bool,
    /// Who wrote the log.
    pub agent: Agent,
    /// The tool; `null` on a model turn.
    pub tool: Option<Tool>,
    /// -255 to 255, or a Windows status as unsigned 32 bit.
    pub exit_code: Option<i64>,
    /// Of the record that shows it.
    pub ts: Option<Time>,
    /// Ordinal of first appearance in the stream.
    pub session: u64,
    /// Ordinal in the session.
    pub turn: Option<u32>,
    /// Ordinal in the session; `null` on a model turn.
    pub call: Option<u32>,
    /// The line among the session's lines, from 1.
    pub session_line: u64,
    /// The physical line of the stream, from 1.
    pub line: u64,
    /// Ordinal of the event on its line, from 1.
    pub part: u32,
    /// The rule's sentence.
    pub why: Word,
}

/// One tool call that did not fail.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SuccessRecord {
    /// `success`.
    pub r#type: Word,
    /// Always a tool call.
    pub event: EventKind,
    /// Who wrote the log.
    pub agent: Agent,
    /// The tool.
    pub tool: Option<Tool>,
    /// As in a failure.
    pub exit_code: Option<i64>,
    /// Of the record that shows it.
    pub ts: Option<Time>,
    /// As in a failure.
    pub session: u64,
    /// As in a failure.
    pub turn: Option<u32>,
    /// As in a failure.
    pub call: Option<u32>,
    /// As in a failure.
    pub session_line: u64,
    /// As in a failure.
    pub line: u64,
    /// As in a failure.
    pub part: u32,
}

/// One turn that never ended.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UnclosedTurnRecord {
    /// `unclosed_turn`.
    pub r#type: Word,
    /// Always `unclosed_turn`.
    pub failure_source: Source,
    /// Always `session`.
    pub layer: Layer,
    /// A later turn of the session began: the run died or hung.
    pub superseded: bool,
    /// What it waited on; `null` when the format does not tell.
    pub waiting_on: Option<WaitingOn>,
    /// The tool that it waited on.
    pub tool: Option<Tool>,
    /// The source of the last failure in it.
    pub last_failure_source: Option<Source>,
    /// Who wrote the log.
    pub agent: Agent,
    /// Of its start.
    pub ts: Option<Time>,
    /// As in a failure.
    pub session: u64,
    /// Ordinal in the session.
    pub turn: u32,
    /// Of its start.
    pub session_line: u64,
    /// Of its start.
    pub line: u64,
    /// What it waited on, as a sentence.
    pub why: Word,
}

/// One turn that ended.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TurnRecord {
    /// `turn`.
    pub r#type: Word,
    /// How.
    pub outcome: TurnOutcome,
    /// Failures in it.
    pub failures: u64,
    /// The source of the last of them.
    pub last_failure_source: Option<Source>,
    /// Who wrote the log.
    pub agent: Agent,
    /// Of its end.
    pub ts: Option<Time>,
    /// As in a failure.
    pub session: u64,
    /// Ordinal in the session.
    pub turn: u32,
    /// Of its end.
    pub session_line: u64,
    /// Of its end.
    pub line: u64,
}

/// A word of a private mode, as `--vocabulary` lists it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WordRecord {
    /// `word`.
    pub r#type: Word,
    /// What it is a word of.
    pub of: Word,
    /// The word.
    pub word: Word,
}

/// A rule, as `--vocabulary` lists it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RuleRecord {
    /// `rule`.
    pub r#type: Word,
    /// Its name in records.
    pub rule: Word,
    /// The cause that it stands for.
    pub failure_source: Source,
    /// Where that cause lies.
    pub layer: Layer,
    /// Whether the verdict counts it.
    pub counts: bool,
    /// Its sentence.
    pub why: Word,
}

/// Counts of lines.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InputCounts {
    /// All of them.
    pub lines: u64,
    /// Nothing but white space.
    pub blank: u64,
    /// A known shape, noise included.
    pub recognised: u64,
    /// An object of no known shape, or JSON that is no object.
    pub unrecognised: u64,
    /// No record could be read.
    pub unreadable: u64,
    /// Why not.
    pub unreadable_by: UnreadableCounts,
    /// Records lost on lines of which another record was read.
    pub torn: u64,
}

/// Why no record could be read.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnreadableCounts {
    /// No balanced object is there.
    pub not_object: u64,
    /// It was cut by the end of the stream.
    pub incomplete: u64,
    /// It is longer than what is held.
    pub too_long: u64,
    /// It nests deeper than what is read.
    pub too_deep: u64,
}

/// Counts of turns.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TurnsCounts {
    /// Turns that began.
    pub started: u64,
    /// Ran to their end.
    pub completed: u64,
    /// Finally failed.
    pub failed: u64,
    /// Were stopped.
    pub aborted: u64,
    /// Never ended.
    pub unclosed: UnclosedCounts,
    /// Ends whose start was not seen.
    pub end_without_start: u64,
    /// Starts and ends that were told again.
    pub repeated: u64,
}

/// Counts of turns that never ended.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnclosedCounts {
    /// A later turn began.
    pub superseded: u64,
    /// The stream ended.
    pub at_end: u64,
}

/// Counts of tool calls.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ToolCallCounts {
    /// Results, each call once.
    pub total: u64,
    /// Of these failed.
    pub failed: u64,
    /// Of these only because another call did.
    pub followers: u64,
    /// Calls without a result.
    pub unanswered: u64,
    /// Tellings that added nothing.
    pub repeated: u64,
}

/// Counts of model turns.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ModelTurnCounts {
    /// Finally failed.
    pub failed: u64,
    /// Tried again.
    pub retries: u64,
}

/// What had to be given up at a limit.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LimitCounts {
    /// Calls that still waited for a result.
    pub calls_evicted: u64,
    /// Finished calls that are no longer known.
    pub calls_forgotten: u64,
    /// Turns that were still open.
    pub turns_evicted: u64,
    /// Sessions that still held something open.
    pub sessions_evicted: u64,
}

/// Results of one tool, counted once.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventCounts {
    /// Results.
    pub events: u64,
    /// Of these failed, followers included.
    pub failed: u64,
}

/// Results of one agent, counted once.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgentCounts {
    /// Results.
    pub events: u64,
    /// Of these failed, followers included.
    pub failed: u64,
    /// `false` where the format records no results, or hides them: zero failures is then not health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results_recorded: Option<bool>,
}

/// Counts by word, in the order of the vocabulary: only words that occur.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts<C>(pub Vec<(Word, C)>);

impl<C: Serialize> Serialize for Counts<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(word, count)| (word.0, count)))
    }
}

/// The aggregates of a run, or of several.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Summary {
    /// `summary`.
    pub r#type: Word,
    /// [`SCHEMA`].
    pub schema: u32,
    /// Of the filter that made it; `null` where several versions did.
    pub version: Option<Word>,
    /// Runs that it sums up.
    pub runs: u64,
    /// Lines.
    pub input: InputCounts,
    /// Sessions.
    pub sessions: u64,
    /// Turns.
    pub turns: TurnsCounts,
    /// Tool calls.
    pub tool_calls: ToolCallCounts,
    /// Model turns.
    pub model_turns: ModelTurnCounts,
    /// Failures by source, followers left out.
    pub failures: Counts<u64>,
    /// The same by layer.
    pub layers: Counts<u64>,
    /// The same by kind of evidence.
    pub basis: Counts<u64>,
    /// The same by rule.
    pub rules: Counts<u64>,
    /// Results by tool.
    pub tools: Counts<EventCounts>,
    /// Results by agent.
    pub agents: Counts<AgentCounts>,
    /// The first time of a tool call or turn.
    pub ts_min: Option<Time>,
    /// The last.
    pub ts_max: Option<Time>,
    /// What most failures come down to.
    pub verdict: Judgement,
    /// The same as a sentence with its numbers.
    pub verdict_text: Sentence,
    /// What had to be given up.
    pub limits: LimitCounts,
}

vocabulary! {
    /// What most attributable failures come down to.
    #[non_exhaustive]
    Judgement {
        /// Lines came and none was recognised.
        NothingRead = "nothing_read",
        /// No call and no failed model turn.
        NoToolCalls = "no_tool_calls",
        /// None failed.
        NoFailures = "no_failures",
        /// Fewer than three can be attributed.
        TooFew = "too_few",
        /// More than half lie in the environment.
        Environment = "environment",
        /// More than half lie in the tools and programs.
        Tool = "tool",
        /// More than half lie with the model.
        Model = "model",
        /// No layer holds more than half.
        NoMajority = "no_majority",
    }
}

/// A sentence with numbers: nothing else can be put in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sentence {
    /// What it says.
    pub judgement: Judgement,
    /// Failures in the layer it names, or the number that it tells.
    pub count: u64,
    /// Failures that can be attributed, or the whole of which `count` is a part.
    pub of: u64,
    /// More lines were not recognised than were.
    pub is_mostly_unrecognised: bool,
}

/// The sentences of the judgements: `{}` stand for `count` and `of`.
pub const SENTENCES: &[(Judgement, &str)] = &[
    (Judgement::NothingRead, "Nothing was read: none of the {} lines was recognised."),
    (Judgement::NoToolCalls, "No tool call was read."),
    (Judgement::NoFailures, "None of the {} tool calls failed."),
    (Judgement::TooFew, "Too few failures to judge: {} can be attributed."),
    (Judgement::Environment, "Likely the environment, not the model: {} of {} attributable failures."),
    (Judgement::Tool, "Likely the tools and programs, not the model: {} of {} attributable failures."),
    (Judgement::Model, "Likely the model: {} of {} attributable failures."),
    (Judgement::NoMajority, "No layer holds more than half of the {} attributable failures."),
];

/// What is said after the sentence where more lines were not recognised than were.
pub const MOSTLY_UNRECOGNISED: &str = " More lines were not recognised than were.";

impl std::fmt::Display for Sentence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pattern = SENTENCES.iter().find(|(judgement, _)| *judgement == self.judgement).map_or("", |found| found.1);
        let mut numbers = [self.count, self.of].into_iter();
        for (at, words) in pattern.split("{}").enumerate() {
            if at > 0 {
                write!(f, "{}", numbers.next().unwrap_or_default())?;
            }
            f.write_str(words)?;
        }
        if self.is_mostly_unrecognised {
            f.write_str(MOSTLY_UNRECOGNISED)?;
        }
        Ok(())
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A time, rendered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Time(pub Seconds);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rendered = self.0.rendered();
        serializer.serialize_str(str::from_utf8(&rendered).unwrap_or_default())
    }
}

/// What may be written as a line in a private mode: the records of this file and nothing else.
///
/// ```
/// # use whale_classify::{schema::Record, sink::Sink};
/// let words = whale_classify::vocabulary::words();
/// words.for_each(|word| assert!(Sink::new(Vec::new()).record(&word).is_ok()));
/// ```
///
/// ```compile_fail,E0277
/// # use whale_classify::{schema::Record, sink::Sink};
/// #[derive(serde::Serialize)]
/// struct Leak(String);
/// impl Record for Leak {}
/// ```
pub trait Record: Serialize + sealed::Sealed {}

mod sealed {
    /// Only this file's records.
    pub trait Sealed {}
}

macro_rules! records {
    ($($name:ident),*) => { $(impl sealed::Sealed for $name {} impl Record for $name {})* };
}

records!(FailureRecord, SuccessRecord, UnclosedTurnRecord, TurnRecord, WordRecord, RuleRecord, Summary);

/// The sentences of unclosed turns.
pub const UNCLOSED_WHY: [Word; 3] = [
    Word("The turn never ended; a tool call had no result."),
    Word("The turn never ended; every tool call had a result."),
    Word("The turn never ended; the log does not tell what it waited on."),
];
