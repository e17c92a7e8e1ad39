//! The whole of what may reach stdout in the private modes: vocabularies, record structs, the schema's version.
//!
//! No type here has a lifetime parameter but for borrowed tallies: nothing of the log can be put in. Words are compiled
//! in, numbers have stated ranges, times are rendered again. May not know text, spans or events.

mod tools;

use crate::intern::Words;
use crate::time::Seconds;
use serde::{Serialize, Serializer};

/// The version of the records' meaning; a new key or word does not raise it.
pub const SCHEMA: u32 = 1;

/// A word that was compiled in.
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

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
