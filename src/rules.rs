//! The rules, as data: one table, and position is priority.
//!
//! A rule belongs to a [`Stage`]: a stage is better evidence than the ones after it, and the table is sorted by stage.
//! Within a stage the earlier rule wins; in [`Stage::Line`] the rule whose line comes last does, for a program's last
//! error is the one that made it fail. A new rule is one entry here, with an example that it must win and a confuser that
//! it must not. May not know agents, and holds no code but the small language in which the table is written.
//!
//! A needle is text on one line, matched whatever its case. `^` at its beginning: the line begins here, behind blanks
//! and words such as `error: `. `^^`: the whole text begins here. `$`: the line ends here. `*`: anything on the line. `~`:
//! at least one byte that is no blank. `#`: a number. `@`: the name of a program or script. A needle that begins or ends
//! with a letter or digit does so at the edge of a word. One that may begin anywhere is not looked for on lines that
//! quote: search hits, diffs, comments, numbered source.

use crate::classify::Failure;
use crate::event::{Command, Signals};
use crate::schema::{Basis, EventKind, Layer, Source, ToolClass};

/// What kind of evidence a rule is: an earlier stage beats a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// A field of the log states the cause.
    Stated,
    /// The runner's own sentence names the cause.
    Sentence,
    /// A typed kind or code, which yields to the sentence beside it.
    Typed,
    /// An exit code that decides whatever was printed.
    Code,
    /// A program says how its whole run went: a test runner's summary.
    Summary,
    /// One line of one program. The last such line wins.
    Line,
    /// An exit code's meaning, which yields to any wording.
    Meaning,
    /// A kind that says little more than that it failed.
    Weak,
    /// What remains.
    Rest,
    /// Before any rule has been found.
    Nothing,
}

/// A rule: which evidence, and what it means.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name in records.
    pub id: &'static str,
    /// The cause that it stands for.
    pub source: Source,
    /// Where that cause lies.
    pub layer: Layer,
    /// Whether the verdict counts it: not where a question was answered with "no".
    pub counts: bool,
    /// How good its evidence is.
    pub stage: Stage,
    /// Whose words it may read.
    pub reads: &'static [Basis],
    /// Its sentence for people.
    pub why: &'static str,
    /// Which kind of event it is for.
    pub event: EventKind,
    /// The kinds of tool it is bound to; none: any.
    pub tools: &'static [ToolClass],
    /// The kinds of command it is bound to; none: any.
    pub commands: &'static [Command],
    /// The exit codes it is bound to, as ranges; none: any, or no exit code at all.
    pub exits: &'static [(i64, i64)],
    /// The facts of which it needs one; none: no fact needed.
    pub signals: Signals,
    /// The HTTP statuses it is bound to, as ranges.
    pub http: &'static [(u16, u16)],
    /// The JSON-RPC codes it is bound to.
    pub rpc: &'static [i64],
    /// Bound to an event without any text.
    pub blank: bool,
    /// Bound to an event with some text.
    pub worded: bool,
    /// The wordings of which it needs one; none: no wording needed.
    pub needles: &'static [&'static str],
    /// Events that it must win.
    pub examples: &'static [Example],
    /// Events that look like its own, and the rule that must win them.
    pub confusers: &'static [(Example, &'static str)],
}

/// A made-up failed event that a rule must win or lose.
#[derive(Clone, Copy)]
pub struct Example {
    /// Which kind of event.
    pub event: EventKind,
    /// The tool's name.
    pub tool: &'static str,
    /// The command that a shell tool ran.
    pub command: &'static str,
    /// The exit code.
    pub exit: Option<i64>,
    /// The facts that fields state.
    pub signals: Signals,
    /// The HTTP status.
    pub http: Option<u16>,
    /// The JSON-RPC code.
    pub rpc: Option<i64>,
    /// What the runner wrote.
    pub harness: &'static str,
    /// What the program printed.
    pub program: &'static str,
}

/// A shell call that ended with exit code 1 after printing this.
const fn out(program: &'static str) -> Example {
    Example { tool: "Bash", exit: Some(1), program, ..NO_EXAMPLE }
}

/// A call of a tool without a public name whose runner said this.
const fn say(harness: &'static str) -> Example {
    Example { harness, ..NO_EXAMPLE }
}

/// A model's turn that failed with this message.
const fn turn(harness: &'static str) -> Example {
    Example { event: EventKind::ModelTurn, harness, ..NO_EXAMPLE }
}

/// A call of which a field states this.
const fn fact(signals: Signals) -> Example {
    Example { signals, ..NO_EXAMPLE }
}

const NO_EXAMPLE: Example = Example {
    event: EventKind::ToolCall,
    tool: "",
    command: "",
    exit: None,
    signals: Signals::NONE,
    http: None,
    rpc: None,
    harness: "",
    program: "",
};

impl Example {
    const fn tool(self, tool: &'static str) -> Self {
        Self { tool, ..self }
    }
    const fn ran(self, command: &'static str) -> Self {
        Self { command, ..self }
    }
    const fn exit(self, code: i64) -> Self {
        Self { exit: Some(code), ..self }
    }
    const fn with(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }
    const fn http(self, status: u16) -> Self {
        Self { http: Some(status), ..self }
    }
    const fn rpc(self, code: i64) -> Self {
        Self { rpc: Some(code), ..self }
    }
    const fn says(self, harness: &'static str) -> Self {
        Self { harness, ..self }
    }
}

const STRUCTURED: &[Basis] = &[Basis::Structured];
const HARNESS: &[Basis] = &[Basis::Harness];
/// Both: the text of a tool without a shell is the runner's, and yet says what a program would.
const TEXT: &[Basis] = &[Basis::Harness, Basis::Program];

const fn rule(id: &'static str, source: Source, layer: Layer, stage: Stage, why: &'static str) -> Rule {
    Rule {
        id,
        source,
        layer,
        counts: true,
        stage,
        reads: STRUCTURED,
        why,
        event: EventKind::ToolCall,
        tools: &[],
        commands: &[],
        exits: &[],
        signals: Signals::NONE,
        http: &[],
        rpc: &[],
        blank: false,
        worded: false,
        needles: &[],
        examples: &[],
        confusers: &[],
    }
}

/// The layer in which a source usually lies.
const fn usual(source: Source) -> Layer {
    match source {
        Source::SandboxApproval | Source::Network | Source::MissingDependency | Source::Timeout => Layer::Environment,
        Source::BackgroundJob | Source::ToolSchema | Source::CommandExit => Layer::Tool,
        Source::Model => Layer::Model,
        Source::UnclosedTurn => Layer::Session,
        Source::Unknown => Layer::Unknown,
    }
}

const fn stated(id: &'static str, source: Source, signals: Signals, why: &'static str) -> Rule {
    Rule { signals, ..rule(id, source, usual(source), Stage::Stated, why) }
}

const fn sentence(id: &'static str, source: Source, why: &'static str) -> Rule {
    Rule { reads: HARNESS, ..rule(id, source, usual(source), Stage::Sentence, why) }
}

const fn typed(id: &'static str, source: Source, why: &'static str) -> Rule {
    rule(id, source, usual(source), Stage::Typed, why)
}

const fn code(id: &'static str, source: Source, exits: &'static [(i64, i64)], why: &'static str) -> Rule {
    Rule { exits, ..rule(id, source, usual(source), Stage::Code, why) }
}

const fn summary(id: &'static str, why: &'static str) -> Rule {
    Rule { reads: TEXT, ..rule(id, Source::CommandExit, Layer::Tool, Stage::Summary, why) }
}

const fn line(id: &'static str, source: Source, why: &'static str) -> Rule {
    Rule { reads: TEXT, ..rule(id, source, usual(source), Stage::Line, why) }
}

const fn meaning(id: &'static str, source: Source, exits: &'static [(i64, i64)], why: &'static str) -> Rule {
    Rule { exits, ..rule(id, source, usual(source), Stage::Meaning, why) }
}

const fn weak(id: &'static str, source: Source, why: &'static str) -> Rule {
    rule(id, source, usual(source), Stage::Weak, why)
}

/// A sentence about the model's turn.
const fn model_says(id: &'static str, source: Source, why: &'static str) -> Rule {
    Rule { event: EventKind::ModelTurn, ..sentence(id, source, why) }
}

/// A typed kind of the model's turn.
const fn model_typed(id: &'static str, source: Source, why: &'static str) -> Rule {
    Rule { event: EventKind::ModelTurn, ..typed(id, source, why) }
}

impl Rule {
    const fn user(self) -> Self {
        Self { layer: Layer::User, ..self }
    }
    const fn layer(self, layer: Layer) -> Self {
        Self { layer, ..self }
    }
    const fn answer(self) -> Self {
        Self { counts: false, ..self }
    }
    const fn reads(self, reads: &'static [Basis]) -> Self {
        Self { reads, ..self }
    }
    const fn tools(self, tools: &'static [ToolClass]) -> Self {
        Self { tools, ..self }
    }
    const fn commands(self, commands: &'static [Command]) -> Self {
        Self { commands, ..self }
    }
    const fn exits(self, exits: &'static [(i64, i64)]) -> Self {
        Self { exits, ..self }
    }
    const fn signals(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }
    const fn http(self, http: &'static [(u16, u16)]) -> Self {
        Self { http, ..self }
    }
    const fn rpc(self, rpc: &'static [i64]) -> Self {
        Self { rpc, ..self }
    }
    const fn blank(self) -> Self {
        Self { blank: true, ..self }
    }
    const fn worded(self) -> Self {
        Self { worded: true, ..self }
    }
    const fn needles(self, needles: &'static [&'static str]) -> Self {
        Self { needles, ..self }
    }
    const fn wins(self, examples: &'static [Example]) -> Self {
        Self { examples, ..self }
    }
    const fn loses(self, confusers: &'static [(Example, &'static str)]) -> Self {
        Self { confusers, ..self }
    }

    /// Whether all that the rule is bound to holds, but for its wordings.
    pub(crate) fn applies(&self, failure: &Failure<'_, '_>) -> bool {
        let outcome = failure.outcome;
        self.event == failure.event
            && (self.signals.is_empty() || outcome.signals.has(self.signals))
            && (self.exits.is_empty() || outcome.exit_code.is_some_and(|code| within(self.exits, code)))
            && (self.http.is_empty() || outcome.http_status.is_some_and(|status| within(self.http, status)))
            && (self.rpc.is_empty() || outcome.rpc_code.is_some_and(|code| self.rpc.contains(&code)))
            && (self.tools.is_empty() || self.tools.contains(&failure.tool.class()))
            && (self.commands.is_empty() || self.commands.contains(&failure.command))
            && (!(self.blank || self.worded)
                // Beside an exit code the runner's words are its header.
                || self.blank
                    == (outcome.program.is_blank() && (outcome.harness.is_blank() || outcome.exit_code.is_some())))
    }
}

fn within<T: PartialOrd>(ranges: &[(T, T)], value: T) -> bool {
    ranges.iter().any(|(from, to)| *from <= value && value <= *to)
}

const NON_ZERO: &[(i64, i64)] = &[(i64::MIN, -1), (1, i64::MAX)];
/// Tools whose failure is not a program's exit.
const NOT_SHELL: &[ToolClass] = &[
    ToolClass::Job,
    ToolClass::Read,
    ToolClass::Search,
    ToolClass::Edit,
    ToolClass::Web,
    ToolClass::Agent,
    ToolClass::Plain,
    ToolClass::Mcp,
    ToolClass::Other,
];
/// Commands that do not quote the errors of a program under test.
const UNTESTED: &[Command] = &[
    Command::Other,
    Command::Question,
    Command::Presence,
    Command::Timeout,
    Command::Curl,
    Command::Wget,
    Command::Ssh,
    Command::Git,
];

/// The rule of text that no rule knows: the last of the table.
pub const UNRECOGNISED: Rule = rule(
    "unrecognised_text",
    Source::Unknown,
    Layer::Unknown,
    Stage::Rest,
    "It failed, and no rule knows what it said.",
)
.wins(&[say("Something odd happened.")])
.loses(&[(say(""), "no_text")]);

use Source::{BackgroundJob, CommandExit, MissingDependency, Model, Network, SandboxApproval, Timeout, ToolSchema};

/// Every rule, in order of priority.
pub static RULES: &[Rule] = &[
    // ---- Facts that a field of the log states -----------------------------------------------------------------------
    // A follower's text speaks of its sibling, and the ledger knows that one's source: nothing else is asked.
    stated("sibling_failed", Source::Unknown, Signals::FOLLOWER, "Another call failed, and this one was given up with it.")
        .wins(&[fact(Signals::FOLLOWER), fact(Signals::FOLLOWER.and(Signals::CANCELLED)).says("curl: (6) failed")])
        .loses(&[(fact(Signals::CANCELLED), "cancelled")]),
    stated("user_declined", SandboxApproval, Signals::USER_DECLINED, "A person declined the call.")
        .user()
        .wins(&[fact(Signals::USER_DECLINED), fact(Signals::USER_DECLINED).says("not now")])
        .loses(&[(fact(Signals::DENIED), "denied")]),
    stated("user_interrupted", SandboxApproval, Signals::INTERRUPTED, "A person interrupted the call while it ran.")
        .user()
        .wins(&[fact(Signals::INTERRUPTED)])
        .loses(&[(fact(Signals::CANCELLED), "cancelled")]),
    stated("hook_denied", SandboxApproval, Signals::HOOK_DENIED, "A hook refused the call.")
        .wins(&[fact(Signals::HOOK_DENIED)])
        .loses(&[(say("PreToolUse:Bash hook error: no"), "hook_refused")]),
    stated("sandbox_denied", SandboxApproval, Signals::SANDBOX_DENIED, "The sandbox recorded that it refused the call.")
        .wins(&[out("touch: x: Read-only file system").with(Signals::SANDBOX_DENIED)])
        .loses(&[(out("touch: x: Read-only file system"), "read_only_file_system")]),
    stated(
        "network_restricted",
        SandboxApproval,
        Signals::NETWORK_RESTRICTED,
        "The network is closed by the sandbox's own setting.",
    )
    .wins(&[out("curl: (6) Could not resolve host: example.com").with(Signals::NETWORK_RESTRICTED)])
    .loses(&[(out("curl: (6) Could not resolve host: example.com"), "curl_failed")]),
    stated("path_escape", SandboxApproval, Signals::PATH_ESCAPE, "A path lies outside of the allowed workspace.")
        .wins(&[fact(Signals::PATH_ESCAPE)])
        .loses(&[(fact(Signals::NOT_FOUND), "not_found")]),
    stated("job_limit", BackgroundJob, Signals::JOB_LIMIT, "A limit on sub-agents or background jobs was reached.")
        .wins(&[fact(Signals::JOB_LIMIT)])
        .loses(&[(fact(Signals::SERVICE_LIMIT), "service_limit")]),
    stated("job_timed_out", BackgroundJob, Signals::JOB_TIMED_OUT, "A background job ran into its own time limit.")
        .wins(&[fact(Signals::JOB_TIMED_OUT)])
        .loses(&[(fact(Signals::TIMED_OUT), "timed_out")]),
    stated(
        "job_ended_non_zero",
        CommandExit,
        Signals::JOB_NOTICE,
        "A background command ended with a non-zero exit code.",
    )
    .exits(NON_ZERO)
    .wins(&[fact(Signals::JOB_NOTICE).exit(1), fact(Signals::JOB_NOTICE).exit(143)])
    .loses(&[(fact(Signals::JOB_NOTICE.and(Signals::JOB_LOST)), "job_lost")]),
    stated("job_lost", BackgroundJob, Signals::JOB_LOST, "A background job or sub-agent was killed, lost or not found.")
        .wins(&[fact(Signals::JOB_LOST)])
        .loses(&[(fact(Signals::NOT_FOUND), "not_found")]),
    stated("timed_out", Timeout, Signals::TIMED_OUT, "A field says that a time limit ran out.")
        .wins(&[fact(Signals::TIMED_OUT)])
        .loses(&[(fact(Signals::TIMED_OUT.and(Signals::USER_DECLINED)), "user_declined")]),
    stated("no_space", CommandExit, Signals::NO_SPACE, "A field says that the device is full.")
        .layer(Layer::Environment)
        .wins(&[fact(Signals::NO_SPACE)])
        .loses(&[(out("cp: x: No space left on device"), "no_space_left")]),
    // ---- Sentences of runners: a person or a policy -----------------------------------------------------------------
    sentence("user_refused", SandboxApproval, "The runner says that a person refused the call.")
        .user()
        .needles(&[
            "^^The user doesn't want to",
            "^^The user doesn\u{2019}t want to",
            "^^User rejected",
            "^^The user rejected",
            "^^The user has rejected",
            "^^The user has declined",
            "^^The user declined",
            "^^The user denied",
            "^^User denied",
            "^^User declined",
            "^^User refused",
            "^^Denied by user",
            "^^Rejected by user",
            "^^The agent proposed a plan that was rejected",
            "^^exec command rejected by user",
            "^^patch rejected by user",
            "^^user rejected MCP tool call",
            "^^user cancelled MCP tool call",
            "^^Tool * denied by user",
            "^^Tool call rejected by user",
            "^^Tool use was rejected",
            "^^Tool use rejected",
            "^^The tool call is rejected by the user",
            "^^The tool call was rejected by the user",
            "was not run because the user rejected",
            "^^The user cancelled",
            "^^User cancelled",
            "^^User canceled",
            "^^Plan rejected by user",
            "^^Command rejected by user",
            "^^Operation rejected by user",
            "^^Action rejected by user",
            "^^The request was rejected by the user",
            "^^User did not approve",
            "^^User chose not to",
            "^^The user skipped",
            "^^User skipped",
            "^^The user opted out",
            "^^The user dismissed",
            "^^User dismissed",
            "^^Command * was rejected by the user",
            "^^Rejected: User",
            "^^* rejected by the user",
            "^^* rejected by user$",
            "^^* denied by the user",
            "^^* declined by the user",
            "rejected by user$",
            "rejected by user\\",
            "^^User has rejected",
            "^^* chose not to",
            "was not approved",
        ])
        .wins(&[say("The user rejected this tool call."), say("exec command rejected by user")])
        .loses(&[(say("exec command rejected: dangerous command"), "policy_refused")]),
    sentence("user_stopped", SandboxApproval, "The runner says that the call was interrupted or aborted.")
        .user()
        .needles(&[
            "^^[Request interrupted by user",
            "^^Request interrupted by user",
            "^^[Tool use was interrupted]",
            "^^Interrupted by user",
            "^^[Interrupted",
            "^aborted by user",
            "^^aborted$",
            "^^Aborted by the user",
            "^Command aborted$",
            "^Command aborted by user",
            "^^Command was aborted",
            "^Operation aborted$",
            "^^Operation was aborted",
            "^^This operation was aborted$",
            "^^The operation was aborted$",
            "^^The operation was aborted.$",
            "^^Request was aborted",
            "^^Tool execution aborted",
            "^^Tool execution was aborted",
            "^^Tool execution was interrupted",
            "^^Tool execution interrupted",
            "^^Tool execution cancelled",
            "^^Tool call cancelled",
            "^^Tool call was cancelled",
            "^^Tool cancelled",
            "^^[Operation Cancelled]",
            "^^Operation cancelled",
            "^^Command canceled",
            "^^Command cancelled",
            "^^Command was cancelled",
            "^^Cancelled by user",
            "^^Canceled by user",
            "^^Execution cancelled",
            "^^The user aborted",
            "^^User aborted",
            "^^User interrupted",
            "^^The user interrupted",
            "^User aborted the command",
            "^^<user_cancellation>",
            "^^Stopped by user",
            "^^* cancelled by the user",
            "^^* canceled by the user",
            "^^* aborted by the user",
            "^^* interrupted by the user",
            "^^The execution of this tool, or a previous tool",
            "^^* aborted by user$",
            "^^* cancelled by user$",
            "^^AbortError: The user aborted",
        ])
        .wins(&[say("Interrupted by user"), say("Wall time: 3 seconds\naborted by user"), say("aborted")])
        .loses(&[(out("Aborted by the compiler"), "command_exit")]),
    sentence("skipped_for_message", SandboxApproval, "The call was skipped because a person's message was waiting.")
        .user()
        .reads(TEXT)
        .needles(&["^^Skipped due to queued user message", "^^Skipped because the user", "^^Tool call skipped: user"])
        .wins(&[say("Skipped due to queued user message.")])
        .loses(&[(out("Skipped 3 files"), "command_exit")]),
    sentence("hook_refused", SandboxApproval, "The runner says that a hook refused the call.")
        .needles(&[
            "^^PreToolUse:",
            "^^PostToolUse:",
            "^^Hook PreToolUse:",
            "^^Hook ",
            "^^PreToolUse hook",
            "^^PostToolUse hook",
            "^^Blocked by PreToolUse hook",
            "blocked by PreToolUse hook",
            "blocked by PostToolUse hook",
            "Denied by preToolUse hook",
            "^^Blocked by hook",
            "^^* blocked by hook",
            "hook denied tool",
            "^^* was denied by hook",
            "^^* denied by hook",
            "^^Operation stopped by hook",
            "^^Execution stopped by hook",
        ])
        .wins(&[say("PreToolUse:Edit hook error: [check.py]: read the guide first"), say("Denied by preToolUse hook: no")])
        .loses(&[(out("pre-commit hook failed"), "command_exit")]),
    sentence("permission_refused", SandboxApproval, "The runner says that the agent's permission rules refuse the call.")
        .needles(&[
            "^^Permission to use ~ has been",
            "^^Permission to use ~ with",
            "^^Permission to * has been denied",
            "^^Permission for this",
            "^^Permission denied and could not request",
            "^^Permission denied for tool",
            "^^Permission denied by",
            "^^Permission denied:",
            "^^Permission denied$",
            "^^Permission was denied",
            "^^Permission required",
            "^^Claude requested permissions",
            "^^This command requires approval",
            "^^This Bash command contains",
            "^^This command contains",
            "^^This command uses",
            "^^Command contains",
            "^^Contains ",
            "was blocked. For security,",
            "in your allowed working director",
            "^^Output redirection to",
            "is a sensitive file",
            "auto mode cannot determine",
            "^^Auto mode could not evaluate",
            "^^The server-side auto mode classifier",
            "could glob-expand",
            "^^The user has specified a rule which prevents",
            "was denied by permission policy",
            "denied by permission rule",
            "^^insufficient permission to proceed",
            "^^Failed to authorize tool execution",
            "^^* requires approval",
            "^^Approval required",
            "^^approval required by policy",
            "^^approval policy is",
            "^^Approval evidence could not",
            "^^Approval channel closed",
            "^^No approval",
            "^^Tool * was denied",
            "^^Tool execution denied",
            "^^Tool execution was blocked",
            "^^Tool call denied",
            "^^Access denied",
            "^^Access to * denied",
            "^^File is in a directory that is denied",
            "denied by your permission settings",
            "^^Automatic approval review",
            "This action was rejected due to unacceptable risk",
            "Automatic approval review failed",
            "Automatic approval review denied",
            "^^This action was rejected",
            "Auto-Review guardian",
            "^^* guardian unavailable",
            "^^Tool permission",
            "^^Stream closed$",
            "^^Tool execution for * denied",
            "^^Tool execution for * was denied",
        ])
        .wins(&[
            say("Permission to use Bash has been auto-denied."),
            say("Claude requested permissions to write to x, but you haven't granted it yet."),
        ])
        .loses(&[(out("Permission denied (publickey)."), "credentials_refused")]),
    sentence("policy_refused", SandboxApproval, "The runner says that its policy refuses the call.")
        .needles(&[
            "^^exec command rejected: ",
            "^^patch rejected: ",
            "^^command rejected: ",
            "rejected: blocked by policy",
            "rejected: policy forbids",
            "blocked by policy",
            "blocked by configuration",
            "blocked by your organization",
            "blocked by your admin",
            "disabled by your organization",
            "disabled by your admin",
            "^^Blocked:",
            "^^Blocked by ",
            "^^This command was blocked",
            "^^Command blocked",
            "^^Command not allowed",
            "^^Command is not allowed",
            "^^Command denied",
            "^^Tool call blocked",
            "^^MCP tool call blocked",
            "^^tool * is disabled for MCP server",
            "^^Shell tools are disabled",
            "^^Shell command blocked",
            "disallowed-tools list",
            "not in the allowed-tools list",
            "is not available in Plan mode",
            "is not allowed in plan mode",
            "not allowed in ~ mode",
            "^^Repository law blocked",
            "^^worker * cannot run",
            "^^Foreground sleep",
            "^^Denied by policy",
            "denied by policy",
            "policy violation",
            "blocked by network policy",
            "^^Network access to * was blocked",
            "^^Network access was denied",
            "requires approval; re-run",
            "^^* is a restricted address",
            "requests to localhost are not allowed",
            "blocked-by-allowlist",
            "blocked-by-denylist",
            "^^Refused to run",
            "is unable to fetch from",
            "^^Cannot execute * in read-only mode",
            "^^* is read-only mode",
            "^^Write access denied",
            "^^Content exclusion",
            "^^* ignored by configured ignore patterns",
            "^^File path * is ignored by",
            "for security reasons",
            "is blocked by the * settings",
            "^^Refusing to ",
            "^^Cannot * in plan mode",
            "^^Can't * in plan mode",
            "disabled in plan mode",
            "not permitted in plan mode",
        ])
        .wins(&[say("Blocked: sleep 60. Use a monitor."), say("network call to 'x.test' blocked by network policy")])
        .loses(&[(say("could not resolve host before fetch request: x.test"), "host_not_resolved")]),
    sentence("workspace_boundary", SandboxApproval, "The runner says that a path lies outside of the allowed workspace.")
        .needles(&[
            "path escapes workspace",
            "^^Path escapes",
            "^^Path not in workspace",
            "must be within the workspace",
            "must be within one of the workspace",
            "is outside of the workspace",
            "outside the workspace",
            "outside the allowed",
            "outside of the allowed",
            "outside allowed director",
            "not within the allowed",
            "not in allowed director",
            "outside of the project",
            "outside the project director",
            "outside the working director",
            "resolves outside",
        ])
        .wins(&[say("Failed to resolve path '../x': path escapes workspace")])
        .loses(&[(say("Path does not exist: ../x"), "path_not_there")]),
    sentence("sandbox_refused", SandboxApproval, "The runner says that its sandbox refused the call.")
        .needles(&[
            "^^The execution sandbox blocked",
            "^^Sandbox blocked",
            "^^Windows sandbox blocked",
            "^^Bubblewrap could not create",
            "^^Sandbox backend error",
            "^^sandbox error: ",
            "^^sandbox denied",
            "^^command failed inside sandbox",
            "<sandbox_violations>",
            "requires escalated permissions",
            "requires escalated sandbox permissions",
            "fs sandbox helper failed",
            "bwrap: ",
            "^^Landlock",
            "^^seccomp",
        ])
        .wins(&[say("Sandbox blocked write access to the file.")])
        .loses(&[(say("failed in sandbox Seatbelt with execution error: command timed out"), "command_timed_out")]),
    // ---- Sentences of runners: time ---------------------------------------------------------------------------------
    sentence("command_timed_out", Timeout, "The runner says that the call's time limit ran out.")
        .reads(TEXT)
        .needles(&[
            "^^command timed out",
            "^^[command timed out",
            "^command timed out after # milliseconds$",
            "^Command timed out after # second",
            "^Command timed out after #s",
            "^Command timed out after #m",
            "^[Command timed out after",
            "^^Tool * timed out after",
            "^^Error: Tool * timed out",
            "^^Tool ~ timed out",
            "^^Execution timed out",
            "^^Command killed by timeout",
            "^Command killed by timeout",
            "terminated command after exceeding timeout",
            "terminated command after exceeding the timeout",
            "^^Command was automatically cancelled because it exceeded the timeout",
            "^^Command exceeded timeout",
            "^^Command exceeded the timeout",
            "^^Shell command timed out",
            "^^The command timed out",
            "^^Process timed out",
            "^^Script timed out",
            "execution error: command timed out",
            "^^Killed: timeout",
            "^^timeout$",
            "^^timed out$",
        ])
        .wins(&[
            say("command timed out after 10000 milliseconds"),
            out("Command timed out after 2m 0.0s").exit(143),
            say("timeout"),
        ])
        .loses(&[(out("the test command timed out"), "command_exit")]),
    sentence("job_wait_ran_out", BackgroundJob, "The wait for a background job ran out.")
        .needles(&["^^background job timed out", "^^background task timed out", "^^background process timed out"])
        .wins(&[say("background job timed out")])
        .loses(&[(say("request timed out after 30s"), "call_timed_out")]),
    sentence("call_timed_out", Timeout, "The runner says that a request or tool did not answer in time.")
        .needles(&[
            "^^MCP error -32001",
            "operation timed out after",
            "^^Request timed out",
            "^^The request timed out",
            "^^Request timeout",
            "timed out awaiting tools/call",
            "^^MCP client for * timed out",
            "^^MCP * timed out",
            "^^MCP startup timed out",
            "^^Timeout while calling MCP tool",
            "timeout waiting for child process",
            "request timed out before retry",
            "initialization timed out",
            "tool discovery timed out",
            "^^Timeout of #",
            "^^Timeout #",
            "^^Timeout after",
            "^^Timeout waiting",
            "^^The operation timed out",
            "^^The operation was aborted due to timeout",
            "^^Operation timed out",
            "^^* timed out after #",
            "^^* timed out waiting",
            "^TimeoutError: ",
            "^^Deadline exceeded",
            "context deadline exceeded",
            "Navigation timeout of #",
            "Timeout #ms exceeded",
            "exceeded the time limit",
            "^^Exceeded time limit",
            "^^Search timed out",
            "^^Ripgrep search timed out",
            "^^Fetch timed out",
            "^^* request timed out",
        ])
        .wins(&[say("MCP error -32001: Request timed out"), say("page.goto: Timeout 30000ms exceeded.")])
        .loses(&[(say("connect ETIMEDOUT 192.0.2.1:443"), "connection_failed")]),
    // ---- Sentences of runners: background jobs ----------------------------------------------------------------------
    sentence("job_not_there", BackgroundJob, "The background job, shell or sub-agent that was asked for is not there.")
        .needles(&[
            "^^No shell found with ID",
            "^^Shell ~ is not running",
            "^^Shell ~ not found",
            "^^No task found with ID",
            "^^Task ~ is not running",
            "^^Task ~ not found",
            "^^Task ~ is not ",
            "^^Task not found",
            "^^No background",
            "^^Background task ~ not found",
            "^^Background process ~ not found",
            "^^Background execution is not available",
            "^^shellId: ~ not found",
            "^^Invalid shell ID",
            "^^No active shell session",
            "^^write_stdin failed",
            "Unknown process id",
            "^^Unknown session",
            "^^Unknown task",
            "^^stdin is closed for this session",
            "^^stdin is not available",
            "^^failed to write to stdin",
            "^^No session found",
            "^^Session ~ not found",
            "^^No active session",
            "^^Process ~ not found",
            "^^No process found",
            "^^No such process: ",
            "^^Terminal ~ not found",
            "^^Invalid terminal ID",
            "^^agent with id ~ not found",
            "^^Agent ~ not found",
            "^^agent ~ is closed",
            "^^Sub-agent ~ not found",
            "^^Subagent ~ not found",
            "^^no agent with id",
            "^^No agent found",
            "^^No active agent",
            "^^Unknown agent id",
            "^^No job found",
            "^^Job ~ not found",
            "^exec cell ~ not found",
            "^^No agent named",
            "^^No agent named * is ",
            "has no active thread",
            "result channel closed",
            "^^No live executor",
            "^^Shell with ID ~ not found",
            "^^Task with ID ~ not found",
            "^^No shell with",
            "^^No task with",
            "^^Process with ID ~ not found",
            "^^Background ~ not found",
            "^^Background ~ ~ not found",
            "^^Subagent was terminated",
            "^^Sub-agent was terminated",
        ])
        .wins(&[say("No shell found with ID: 7"), say("Task b1 is not running (status: completed)")])
        .loses(&[(out("Task build not found"), "command_exit"), (say("Agent type 'x' not found. Available: y"), "unknown_name")]),
    sentence("job_limit_reached", BackgroundJob, "No further sub-agent or background job may be started.")
        .needles(&[
            "^^Concurrent subagent limit",
            "agent thread limit reached",
            "thread limit reached",
            "^^Sub-agent depth limit",
            "^^Subagent depth limit",
            "^^Agent depth limit",
            "^^Maximum number of background",
            "^^Maximum number of sub-agents",
            "^^Maximum number of subagents",
            "^^Too many background",
            "^^Too many sub-agents",
            "^^Too many concurrent",
            "max concurrent subagents",
            "^^collab spawn failed",
            "^^Failed to spawn sub-agent",
            "Auto-cancelled after",
            "child wall-time budget exhausted",
        ])
        .wins(&[say("agent thread limit reached (max 6)")])
        .loses(&[(say("Too many arguments"), "unrecognised_text")]),
    sentence("job_notice_failed", CommandExit, "The notice says that a background command failed with an exit code.")
        .signals(Signals::JOB_NOTICE)
        .needles(&["failed with exit code #", "exited with code #", "exit code: #", "completed with exit code #"])
        .wins(&[fact(Signals::JOB_NOTICE).says("<summary>Background command \"Build\" failed with exit code 2</summary>")])
        .loses(&[(fact(Signals::JOB_NOTICE).says("<summary>Background command \"Build\" was stopped</summary>"), "job_notice_lost")]),
    // ---- Sentences of runners: the call does not fit the tool -------------------------------------------------------
    sentence("arguments_invalid", ToolSchema, "The arguments do not fit the tool.")
        .needles(&[
            "^^InputValidationError",
            "failed due to the following issue",
            "^^Input validation error",
            "Input validation error: ",
            "^^Invalid arguments",
            "Invalid arguments for tool",
            "invalid arguments:",
            "^^Invalid args for tool",
            "^^Invalid input for tool",
            "^^Invalid input:",
            "^^Invalid tool parameters",
            "^^Invalid parameters",
            "^^Invalid params",
            "^^Invalid parameter",
            "^^Invalid argument",
            "^^Failed to validate input",
            "^^Validation failed for tool",
            "^^Validation error",
            "^^ValidationError",
            "^^Parameter validation failed",
            "^^Output does not match required schema",
            "does not match required schema",
            "does not match the required schema",
            "^^failed to parse function arguments",
            "^^failed to parse arguments",
            "^^Error parsing JSON arguments",
            "^^Error validating JSON arguments",
            "^^Error parsing arguments",
            "^^Error validating tool",
            "^^Could not parse tool",
            "^^Failed to parse tool",
            "^^malformed tool arguments",
            "^^MCP error -32602",
            "^^MCP error -32600",
            "^^MCP error -32700",
            "called with invalid arguments",
            "# validation error for",
            "# validation errors for",
            "must have required property",
            "must NOT have additional properties",
            "must be equal to one of the allowed values",
            "is a required property",
            "is missing required field",
            "^^missing field `",
            "^^missing field: ",
            "missing required field",
            "missing required parameter",
            "missing required argument",
            "^^Missing required",
            "^^Missing parameter",
            "^^Missing `",
            "^^Required parameter",
            "^^The required parameter",
            "required parameter * is missing",
            "required parameter * was not provided",
            "^^Unexpected parameter",
            "^^Unknown parameter",
            "^^Unknown argument",
            "^^Unrecognized key",
            "Unrecognized key(s) in object",
            "unexpected parameter",
            "unexpected property",
            "got an unexpected keyword argument",
            "missing # required positional argument",
            "arguments must be an object",
            "handler received unsupported payload",
            "^^unsupported payload",
            "^^unknown turn environment",
            "^^Expected ~, received ~",
            "Expected string, received",
            "Expected number, received",
            "Expected array, received",
            "Expected object, received",
            "Expected boolean, received",
            "^~\": Required$",
            "^^Invalid enum value",
            "^^Invalid option: expected",
            "^^Invalid value for",
            "^^Invalid JSON",
            "^^* is not valid JSON",
            "expected valid JSON",
            "must be an absolute path",
            "must be absolute",
            "is not an absolute path",
            "path should be absolute",
            "must be a relative path",
            "requires an action parameter",
            "unexpected bash parameter",
            "^^Unknown Bash action",
            "non-uuid",
            "must be a valid UUID",
            "is not a valid UUID",
            "invalid UUID",
            "^^Invalid URL",
            "^^Invalid regex",
            "^^Invalid pattern",
            "^regex parse error",
            "^^Invalid glob",
            "^^Background mode is not supported",
            "^^Either ~ or ~ must be",
            "^^Exactly one of",
            "^^At least one of",
            "must be provided",
            "must not be empty",
            "cannot be empty",
            "^^* must be one of",
            "^^* must be a string",
            "^^* must be a number",
            "^^* must be an integer",
            "^^* must be an array",
            "^^* must be a list",
            "^^* must be a boolean",
            "^^* must be an object",
            "^^* must be positive",
            "^^* must be between",
            "^^* must be at least",
            "^^* must be at most",
            "^^* must be greater than",
            "^^* must be less than",
            "^^~ is required",
            "^^* is required$",
            "^^* is required.$",
            "^^* are required$",
            "^Extra inputs are not permitted",
            "^Field required [type=missing",
            "Could not interpret tool use parameters",
            "^^URL must",
            "^^Invalid pages",
            "^^Invalid tool input",
            "^^Invalid option",
            "does not conform to",
            "^^Expected * to be a",
            "\"code\": \"invalid_type\"",
            "\"code\": \"unrecognized_keys\"",
            "\"code\": \"invalid_enum_value\"",
            "\"code\": \"invalid_value\"",
            "Missing value for required",
            "^^JSON Parse error",
            "cannot unmarshal",
            "^^Error parsing parameters",
            "must be integer",
            "must be string",
            "must be number",
            "must be boolean",
            "must be array",
            "must be object",
            "^^Input validation failed",
            "invalid type: *, expected",
            "unknown field `*, expected",
            "unknown variant `*, expected",
            "must be a non-empty",
        ])
        .wins(&[
            say("InputValidationError: Read failed due to the following issue:\nThe required parameter `x` is missing"),
            say("MCP error -32602: bad"),
            say("\"name\": Required"),
        ])
        .loses(&[(out("TypeError: f() got an unexpected keyword argument 'x'"), "program_exception")]),
    sentence("pattern_malformed", ToolSchema, "The search pattern does not parse.")
        .reads(TEXT)
        .tools(&[ToolClass::Search])
        .needles(&["regex parse error", "^^Invalid regular expression", "error parsing regexp", "error parsing glob"])
        .wins(&[Example { program: "rg: regex parse error: unclosed group", ..say("").tool("Grep").exit(2) }])
        .loses(&[(out("rg: regex parse error: unclosed group").exit(2), "command_exit")]),
    sentence("unknown_name", ToolSchema, "There is no tool, skill, agent type or server of that name.")
        .needles(&[
            "^^No such tool available",
            "^^No such tool",
            "^^Unknown tool",
            "^^Tool not found",
            "^^Tool ~ not found",
            "^^Tool \"~\" not found",
            "^^Tool ~ does not exist",
            "^^Tool ~ is not available",
            "^^Tool ~ is not registered",
            "^^Failed to locate tool: tool",
            "^^Model tried to call unavailable tool",
            "is not available in the current tool catalog",
            "was not advertised",
            "^^unsupported call",
            "^^unsupported custom tool call",
            "^^MCP error -32601",
            "^^Method not found",
            "^^Unknown skill",
            "^^Skill ~ not found",
            "^^Skill * not found",
            "^^No skill named",
            "^^Agent type * not found",
            "^^Unknown agent type",
            "^^Unknown subagent type",
            "^^Unknown agent",
            "^^invalid agent id",
            "^^Unknown resource",
            "^^Unknown command",
            "^^Unknown action",
            "^^Unknown method",
            "^^Unknown operation",
            "^^Unsupported action",
            "^^MCP server * not found",
            "^^Server * not found",
            "^^Unknown MCP server",
            "^^unknown server",
            "unknown MCP server",
            "^^MCP tool * is disabled",
            "^^MCP tool * not found",
            "^^Unknown slash command",
            "^^Tool ~ is not found",
            "is not a valid tool",
            "^^Function ~ is not available",
            "^^Function ~ not found",
        ])
        .wins(&[say("No such tool available: shell2"), say("Skill \"draw\" not found. Available skills are: paint")])
        .loses(&[(say("Failed to locate tool: git is not installed or not in PATH"), "host_lacks_program")]),
    sentence("patch_malformed", ToolSchema, "The patch breaks the grammar of patches.")
        .reads(TEXT)
        .needles(&[
            "^^invalid patch",
            "^^failed to parse apply_patch",
            "^^failed to parse patch",
            "^^Invalid hunk header",
            "^^invalid hunk",
            "is not a valid hunk header",
            "invalid hunk at line",
            "^Invalid patch hunk on line #",
            "^Invalid patch: ",
            "^^Patch did not contain any hunks",
            "^^patch is empty",
            "update file hunk for path * is empty",
            "The first line of the patch must be",
            "The last line of the patch must be",
            "^^Patch must",
            "patch parse error",
            "Unexpected line found in update hunk",
        ])
        .wins(&[say("apply_patch verification failed: invalid hunk at line 3, '' is not a valid hunk header")])
        .loses(&[(say("apply_patch verification failed: Failed to find expected lines in x"), "edit_text_not_found")]),
    sentence("edit_changes_nothing", ToolSchema, "The old and the new text of the edit are identical.")
        .needles(&[
            "^^No changes to make: old_string and new_string",
            "^^No changes to make",
            "^^No changes to apply: old",
            "are exactly the same",
            "and newString are identical",
            "and new_string are identical",
            "old_string and new_string must be different",
            "oldString and newString must be different",
            "old_str and new_str are identical",
            "^^No changes made",
            "^^Edits produced no changes",
            "produced identical content",
        ])
        .wins(&[say("No changes to make: old_string and new_string are exactly the same.")])
        .loses(&[(say("String to replace not found in file."), "edit_text_not_found")]),
    // ---- Sentences of runners: a well-formed call that is wrong about the state -------------------------------------
    sentence("edit_text_not_found", Model, "The text that the edit was to replace is not in the file.")
        .needles(&[
            "^^String to replace not found",
            "^Failed to find expected lines in",
            "Failed to find expected lines in ~",
            "Failed to find context",
            "^^Could not find the exact text",
            "^^Could not find edits[",
            "^^Could not find edit",
            "^^Could not find old",
            "^^Could not find the string",
            "^^The string to replace was not found",
            "^^Could not find oldString",
            "^^old_str not found",
            "^^old_string was not found",
            "^^Search string not found",
            "^^Search text not found",
            "^^Search block not found",
            "^^Text not found in file",
            "^^No match for old",
            "^^No exact match",
            "^^No matches found for old",
            "^^No replacement was performed",
            "^^0 occurrences found for old_string",
            "^^Failed to edit, 0 occurrences",
            "^^Failed to edit, could not find",
            "^^Failed to edit",
            "^^Failed to apply hunk",
            "^^Failed to apply patch",
            "^^Failed to apply edit",
            "^^Hunk * failed",
            "^^apply_patch verification failed: Failed to find",
            "^^patch does not apply",
            "did not match any text",
            "^^The oldText must match",
            "^^Could not apply",
            "^^No match found",
            "^^No matching text",
            "^^Invalid Context",
            "Could not find exact match",
            "Could not find an exact match",
            "does not match anything in the file",
            "Could not find matching text",
            "old_string not found",
            "oldString not found",
            "^^String replacement failed",
            "did not appear verbatim",
        ])
        .wins(&[say("String to replace not found in file.\nString: x"), say("Failed to find expected lines in a.rs:")])
        .loses(&[(out("error: patch failed: a.rs:3"), "git_refused")]),
    sentence("patch_not_applied", Model, "A patch that ran as a command does not fit the file.")
        .reads(&[Basis::Program])
        .needles(&["^Failed to find expected lines in ~", "^Failed to find context "])
        .wins(&[out("Failed to find expected lines in a.rs:\nlet x = 1;")])
        .loses(&[(out("error: patch failed: a.rs:3"), "git_refused")]),
    sentence("edit_text_not_unique", Model, "The text that the edit was to replace stands in the file more than once.")
        .needles(&[
            "^^Found # matches of the string",
            "^^Found # occurrences",
            "^^Found multiple matches",
            "^^Multiple matches",
            "^^Multiple occurrences",
            "^^Expected # occurrence",
            "but expected # occurrence",
            "but found # occurrence",
            "^^String appears # times",
            "matches multiple",
            "must be unique",
            "is not unique",
            "multiple occurrences of old_str",
            "overlap in",
            "found multiple times",
            "appears multiple times",
            "^^Found # exact matches",
            "must match exactly one",
        ])
        .wins(&[say("Found 2 occurrences in a.rs:"), say("Found 3 matches of the string to replace, but replace_all is false.")])
        .loses(&[(out("Found 3 occurrences"), "command_exit")]),
    sentence("file_not_read_first", Model, "The file was to be changed before it was read, or after it had changed.")
        .needles(&[
            "^^File has not been read yet",
            "has not been read",
            "not been read yet",
            "must read file",
            "must read the file",
            "must first read",
            "Read it first",
            "File has been modified since",
            "has been modified since",
            "File has been unexpectedly modified",
            "File was modified",
            "changed since it was read",
            "changed on disk since",
            "file has changed since",
        ])
        .wins(&[say("File has not been read yet. Read it first before writing to it.")])
        .loses(&[(say("File not found: a.rs"), "path_not_there")]),
    sentence("directory_taken_for_file", Model, "A directory was taken for a file, or a file for a directory.")
        .needles(&[
            "^^EISDIR",
            "illegal operation on a directory",
            "^^Path is a directory",
            "^^* is a directory",
            "is a directory, not a file",
            "^^Cannot read directory",
            "^^Not a file",
            "is not a file$",
            "^^ENOTDIR",
            "is not a directory",
            "^^Not a directory",
            "kind: NotADirectory",
            "Not a directory (os error #)",
            "Is a directory (os error #)",
            "^^[Errno 21] Is a directory",
            "target_is_directory",
            "^^image path ~ is not a file",
        ])
        .wins(&[say("EISDIR: illegal operation on a directory, read '/tmp'").tool("Read")])
        .loses(&[(out("cat: src: Is a directory"), "command_exit")]),
    sentence("content_unreadable", Model, "The file holds content that the tool does not read.")
        .needles(&["cannot read binary", "appears to be binary", "appears to be a binary", "^^Unsupported file type"])
        .wins(&[say("Cannot read binary file: /tmp/x.bin").tool("read")])
        .loses(&[(out("file: cannot read binary header"), "command_exit")]),
    sentence("target_not_there", Model, "What the call points at is not there: an element, a symbol or a cell.")
        .needles(&[
            "not found in the current page snapshot",
            "^^Element ~ not found",
            "^^Element not found",
            "No element found",
            "No element matches",
            "No node found for selector",
            "No symbol matching",
            "^^Symbol ~ not found",
            "^^No symbol found",
            "^^Cell with ID",
            "^^No open page",
            "^^No tab with",
            "relation *does not exist",
            "column *does not exist",
            "no such table: ~",
            "syntax error at or near",
        ])
        .wins(&[say("Ref e12 not found in the current page snapshot. Try a new one."), say("Cell with ID \"3\" not found in notebook.")])
        .loses(&[(say("Session 3 not found"), "job_not_there")]),
    sentence("mode_wrong", Model, "The call does not fit the mode that the agent is in.")
        .needles(&["^^You are not in plan mode", "^^Not in plan mode", "^^Already in plan mode"])
        .wins(&[say("You are not in plan mode.")])
        .loses(&[(say("Cannot edit files in plan mode"), "policy_refused")]),
    sentence("result_too_large", Model, "The result would be larger than the tool returns.")
        .needles(&[
            "exceeds maximum allowed",
            "exceeds the maximum allowed",
            "exceeds maximum size",
            "exceeds the maximum size",
            "exceeds maximum length",
            "^^File is too large",
            "^^File too large",
            "^^* is too large",
            "file size exceeds",
            "^^Response too large",
            "^^Output too large",
            "^^Content too large",
            "^^Result too large",
            "exceeds the limit of",
            "file_too_large",
            "maxContentLength size of",
            "which is too many to read",
        ])
        .wins(&[say("File content (30000 tokens) exceeds maximum allowed tokens (10000).").tool("Read")])
        .loses(&[(out("line exceeds maximum length"), "command_exit")]),
    sentence("range_past_end", Model, "The range of lines lies past the end of the file.")
        .needles(&[
            "^^Offset # is beyond",
            "^^Offset # is out of",
            "^^Offset * out of range",
            "^^Offset * exceeds",
            "shorter than the provided offset",
            "^^Line # is out of",
            "^^Line ~ is beyond",
            "is beyond end of file",
            "beyond the end of the file",
            "past the end of the file",
            "^^Invalid line range",
            "^^Invalid `view_range`",
            "^^Invalid `insert_line`",
            "^^start_line * must be",
            "out of bounds",
            "start line exceeds",
            "only has # lines",
            "exceeds total lines",
            "out of range",
            "within the range of lines of the file",
        ])
        .wins(&[say("Offset 900 is beyond end of file (120 lines total)").tool("read")])
        .loses(&[(out("IndexError: list index out of range"), "program_exception")]),
    sentence("already_there", Model, "What was to be created is there already.")
        .tools(&[ToolClass::Edit])
        .needles(&[
            "already exists",
            "^^EEXIST",
            "Cannot overwrite existing",
            "attempt_to_create_existing_file",
        ])
        .wins(&[say("File already exists: a.rs").tool("create")])
        .loses(&[(out("mkdir: x: File exists"), "command_exit")]),
    sentence("model_output_incomplete", Model, "The model's output ended before the call was complete.")
        .needles(&[
            "^^Not executed: the provider ended",
            "^^This tool call was not executed: the model response ended",
            "tool call was truncated",
            "tool-call budget of",
            "tool call budget",
        ])
        .wins(&[say("Not executed: the provider ended the model response incompletely (length)")])
        .loses(&[(turn("Model response incomplete: stop reason length"), "model_output_bad")]),
    // ---- Sentences of runners: not there ----------------------------------------------------------------------------
    sentence("path_not_there", MissingDependency, "The path that a file tool was given does not exist.")
        .layer(Layer::Tool)
        .needles(&[
            "^^File does not exist",
            "^^Path does not exist",
            "^^Directory does not exist",
            "^^The path * does not exist",
            "^^The file * does not exist",
            "^^The directory * does not exist",
            "^^Path ~ does not exist",
            "^^Path * does not exist",
            "^^File ~ does not exist",
            "^^File * does not exist",
            "^^Directory * does not exist",
            "^^* does not exist$",
            "^^* does not exist.$",
            "^^File not found",
            "^^File ~ not found",
            "^^Path not found",
            "^^Directory not found",
            "^^Folder not found",
            "^^Image not found",
            "^^Could not find file",
            "^^Could not read file",
            "^^No such file",
            "^^No files found at",
            "^^ENOENT",
            "ENOENT: no such file",
            "^^Base path does not exist",
            "^^source path does not exist",
            "^^Search path does not exist",
            "^^Failed to read * No such file or directory",
            "^^Failed to read * cannot find the",
            "^^Failed to write * No such file or directory",
            "^^Failed to list * No such file or directory",
            "^^apply_patch verification failed: Failed to read",
            "^^Failed to read file to update",
            "Failed to read file to update",
            "Failed to delete file",
            "^^unable to locate image at",
            "^^unable to read",
            "^^Cannot find path",
            "^^Cannot read * no such file",
            "^^cannot access",
            "^^Can't find file",
            "^^[Errno 2] No such file",
            "^^FileNotFoundError",
            "^^rg: *: No such file or directory",
            "^^rg: * IO error for operation on",
            "^^grep: *: No such file or directory",
            "file_not_found",
            "^^Notebook file does not exist",
            "^^The file at * does not exist",
            "^^* was not found on disk",
            "^^Could not open file",
            "^^Cannot open file",
            "^^Unable to read file",
            "^^Failed to open file",
            "^^Parent directory does not exist",
            "^^Source file does not exist",
            "^^Working directory does not exist",
            "^^cwd does not exist",
            "^^Couldn't find the file",
            "nonexistent file",
            "^^~: no such file or directory",
        ])
        .wins(&[
            say("File does not exist. Note: your current working directory is /tmp.").tool("Read"),
            say("ENOENT: no such file or directory, access '/tmp/x'").tool("read"),
        ])
        .loses(&[(out("cat: x: No such file or directory"), "file_not_there")]),
    sentence("host_lacks_program", MissingDependency, "The host lacks a program, server or key that the tool needs.")
        .needles(&[
            "is not installed or not in PATH",
            "is not installed",
            "not found in PATH",
            "^^gh CLI not found",
            "^^pandoc binary not found",
            "^^no local OCR backend",
            "interpreter became unavailable",
            "runtime became unavailable",
            "failed to launch",
            "^^git not found",
            "^^gh not found",
            "ripgrep (rg) is not available",
            "^^fd is not available",
            "^^rg is not available",
            "disabled by feature flag",
            "is not attached",
            "client not available",
            "MCP stdio spawn failed",
            "requires an API key",
            "API key is not set",
            "API key not set",
            "API key not configured",
            "no API key",
            "web search backends unavailable",
            "spawn ~ ENOENT",
            "exec_command failed *No such file or directory",
            "exec_command failed *NotFound",
            "Failed to create unified exec process*No such file or directory",
            "execution error: Io(Os { code: 2,",
            "kind: NotFound",
            "^^Shell execution failed*No such file or directory",
            "^^Failed to spawn*No such file or directory",
            "^^Failed to start*No such file or directory",
            "executable file not found",
            "Executable doesn't exist at",
            "is not found at /",
            "Could not find Chrome",
            "Chrome executable not found",
            "Browser * is not installed",
            "^^No LSP server available",
            "^^Command not found",
            "program not found",
        ])
        .wins(&[say("Failed to locate tool: git is not installed or not in PATH"), say("spawn rg ENOENT")])
        .loses(&[(say("File not found: rg"), "path_not_there")]),
    // ---- Sentences of runners: the network --------------------------------------------------------------------------
    sentence("host_not_resolved", Network, "The runner could not resolve the host's name.")
        .needles(&["could not resolve host before", "host resolved to no addresses", "^^Unable to verify if domain"])
        .wins(&[fact(Signals::DENIED).says("could not resolve host before fetch request: x.test")])
        .loses(&[(say("network call to 'x.test' blocked by network policy"), "policy_refused")]),
    sentence("proxy_refused", Network, "A proxy on the way to the server refuses to pass the request on.")
        .needles(&["Proxy authorization required", "Proxy Authentication Required", "HTTP 407", "status code 407"])
        .wins(&[say("Request failed: 407 Proxy Authentication Required").tool("WebFetch")])
        .loses(&[(say("401 Authentication required").tool("WebFetch"), "page_refused")]),
    sentence("page_refused", SandboxApproval, "The web server refuses access: 401 or 403.")
        .needles(&[
            "status code 401",
            "status code: 401",
            "status code 403",
            "status code: 403",
            "status code (401",
            "status code (403",
            "^^HTTP 401",
            "^^HTTP 403",
            "HTTP 401",
            "HTTP 403",
            "HTTP status 401",
            "HTTP status 403",
            "HTTP error 401",
            "HTTP error 403",
            "401 Unauthorized",
            "403 Forbidden",
            "failed: 401",
            "failed: 403",
            "requires OAuth",
            "requires authentication",
            "requires re-authorization",
            "re-authenticate",
            "needs authentication",
            "Authentication required",
            "authentication failed",
            "Not authenticated",
            "^^Not logged in",
            "^^Unauthorized",
            "^^Forbidden",
            "Bad credentials",
            "Resource not accessible by",
            "invalid_token",
            "token has expired",
            "token is expired",
            "Invalid API key",
            "error (401)",
            "error (403)",
            "failed (401)",
            "failed (403)",
            "status (401)",
            "status (403)",
            "failed with 401",
            "failed with 403",
            "failed with status 401",
            "failed with status 403",
            "GET http~: 401",
            "GET http~: 403",
            "POST http~: 401",
            "POST http~: 403",
            "PUT http~: 401",
            "PUT http~: 403",
            "PATCH http~: 401",
            "PATCH http~: 403",
            "DELETE http~: 401",
            "DELETE http~: 403",
            "status: 401",
            "status: 403",
            "\"status\":401",
            "\"status\":403",
            "\"statusCode\":401",
            "\"statusCode\":403",
            "not_authed",
            "invalid_auth",
        ])
        .wins(&[say("Request failed with status code 403").tool("WebFetch")])
        .loses(&[(say("Request failed with status code 404").tool("WebFetch"), "service_failed")]),
    sentence("mcp_connection_lost", Network, "The connection to the tool's server is lost or was never made.")
        .needles(&[
            "^^MCP error -32000",
            "^^MCP error -32003",
            "^^Connection closed",
            "^^* connection closed",
            "Transport closed",
            "^^transport error",
            "^^Not connected",
            "^^MCP server * is not connected",
            "is not connected",
            "^^MCP server * disconnected",
            "MCP server connection lost",
            "^^Streamable HTTP error",
            "^^MCP SSE",
            "^^SSE error",
            "session expired",
            "error POSTing to endpoint",
            "Client not connected",
            "Server disconnected",
            "browser is not connected",
            "extension is not connected",
            "WebSocket is not open",
            "Failed to reconnect",
            "Failed to connect to MCP",
        ])
        .wins(&[say("MCP error -32000: Connection closed"), say("tool call error: Transport closed")])
        .loses(&[(say("MCP error -32602: Connection id is missing"), "arguments_invalid"), (say("Streamable HTTP error: Error POSTing to endpoint: invalid_token"), "page_refused")]),
    sentence("service_failed", Network, "The remote service answered badly: 404, 429 or 5xx.")
        .needles(&[
            "status code 404",
            "status code: 404",
            "status code (404",
            "status code (429",
            "status code (5#",
            "status code 410",
            "status code 408",
            "status code 429",
            "status code: 429",
            "status code 5#",
            "status code: 5#",
            "HTTP 404",
            "HTTP 410",
            "HTTP 429",
            "HTTP 5#",
            "HTTP status 404",
            "HTTP status 429",
            "HTTP status 5#",
            "HTTP error 404",
            "HTTP error 429",
            "HTTP error 5#",
            "404 Not Found",
            "429 Too Many Requests",
            "Too Many Requests",
            "500 Internal Server Error",
            "502 Bad Gateway",
            "503 Service",
            "504 Gateway",
            "failed: 404",
            "failed: 429",
            "failed: 500",
            "failed: 502",
            "failed: 503",
            "Internal Server Error",
            "Bad gateway",
            "Service Unavailable",
            "rate limit",
            "rate-limit",
            "rate limited",
            "ratelimit",
            "quota exceeded",
            "exceeded your current quota",
            "Overloaded",
            "overloaded_error",
            "bot challenge",
            "terminated early due to an API error",
            "^^API Error",
            "Web search failed",
            "Web request to * failed",
            "request failed after one retry",
            "search request failed: ",
            "^^Failed to read * response",
            "Provider is rate-limiting",
            "^^upstream 5#",
            "maxRedirects exceeded",
            "Maximum number of redirects exceeded",
            "too many redirects",
            "^^404 Not",
            "^^404: *Not",
            "error (404)",
            "error (429)",
            "error (5#)",
            "failed (404)",
            "failed (429)",
            "failed (5#)",
            "status (404)",
            "status (429)",
            "status (5#)",
            "failed with 404",
            "failed with 429",
            "failed with 5#",
            "failed with status 404",
            "failed with status 429",
            "failed with status 5#",
            "GET http~: 404",
            "GET http~: 429",
            "GET http~: 5#",
            "POST http~: 404",
            "POST http~: 429",
            "POST http~: 5#",
            "PUT http~: 404",
            "PUT http~: 429",
            "PUT http~: 5#",
            "PATCH http~: 404",
            "PATCH http~: 429",
            "PATCH http~: 5#",
            "DELETE http~: 404",
            "DELETE http~: 429",
            "DELETE http~: 5#",
            "rate-limiting",
            "rate limiting",
            "rate-limited",
            "status: 404",
            "status: 429",
            "status: 5#",
            "\"status\":404",
            "\"status\":429",
            "\"status\":5#",
            "\"statusCode\":404",
            "\"statusCode\":429",
            "\"statusCode\":5#",
            "ratelimited",
        ])
        .wins(&[say("Request failed with status code 404").tool("WebFetch"), say("search failed: 503 Service Unavailable")])
        .loses(&[(out("assert status code 404").ran("pytest"), "command_exit")]),
    sentence("connection_failed", Network, "The runner could not connect, or the connection broke.")
        .needles(&[
            "ECONNREFUSED",
            "ECONNRESET",
            "ECONNABORTED",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ETIMEDOUT",
            "EHOSTUNREACH",
            "ENETUNREACH",
            "EPIPE",
            "getaddrinfo",
            "socket hang up",
            "^^fetch failed",
            "fetch failed",
            "^^Failed to fetch",
            "^^Error fetching",
            "^^Unable to fetch",
            "error sending request for url",
            "^^Network error",
            "network error",
            "Connection refused",
            "Connection reset",
            "Connection timed out",
            "connect timeout",
            "Connect Timeout Error",
            "Connection error",
            "Could not connect",
            "Couldn't connect",
            "Failed to connect",
            "Unable to connect",
            "Cannot connect to",
            "Can't reach",
            "could not resolve host",
            "Could not resolve",
            "Name or service not known",
            "Temporary failure in name resolution",
            "name resolution",
            "nodename nor servname",
            "no such host",
            "Network is unreachable",
            "Host is unreachable",
            "No route to host",
            "actively refused it",
            "dns error",
            "unable to verify the first certificate",
            "certificate verify failed",
            "self-signed certificate",
            "self signed certificate",
            "certificate has expired",
            "SSL: ",
            "TLS handshake",
            "ssl error",
            "tls error",
            "connection was closed",
            "connection lost",
            "stream disconnected",
            "Client network socket disconnected",
            "The server closed the connection",
            "Unable to reach",
            "net::ERR_*",
            "The socket connection was closed",
            "unknown certificate verification error",
            "Was there a typo in the url",
            "Transport error (",
        ])
        .wins(&[say("fetch failed: connect ECONNREFUSED 127.0.0.1:3000").tool("WebFetch")])
        .loses(&[(say("Offset 9 is beyond end of file").tool("Read"), "range_past_end")]),
    sentence("remote_refused_content", Model, "The remote service refused what the call asked: 400 or 422.")
        .tools(NOT_SHELL)
        .needles(&[
            "status code 400",
            "status code (400",
            "status code (422",
            "status code 422",
            "HTTP 400",
            "HTTP 422",
            "400 Bad Request",
            "422 Unprocessable",
            "Validation Failed",
            "failed: 400",
            "failed: 422",
            "^^400 Bad",
            "^^400: *Bad",
            "^^422 Unprocessable",
            "error (400)",
            "error (422)",
            "failed (400)",
            "failed (422)",
            "failed with 400",
            "failed with 422",
            "failed with status 400",
            "failed with status 422",
            "GET http~: 400",
            "GET http~: 422",
            "POST http~: 400",
            "POST http~: 422",
            "PUT http~: 400",
            "PUT http~: 422",
            "PATCH http~: 400",
            "PATCH http~: 422",
            "DELETE http~: 400",
            "DELETE http~: 422",
            "status: 400",
            "status: 422",
            "\"status\":400",
            "\"status\":422",
            "\"statusCode\":400",
            "\"statusCode\":422",
        ])
        .wins(&[say("failed to create it: POST https://api.example.com/x: 422 Creation failed.")])
        .loses(&[(out("gh: Validation Failed (HTTP 422)"), "request_refused")]),
    sentence("missing_text", MissingDependency, "The runner passes on that a module, package or file is not there.")
        .needles(&[
            "No such file or directory",
            "cannot find the file specified",
            "cannot find the path specified",
            "No module named",
            "Cannot find module",
            "Cannot find package",
            "command not found",
            "is not recognized as",
        ])
        .tools(NOT_SHELL)
        .wins(&[say("Failed to start server: ModuleNotFoundError: No module named 'x'")])
        .loses(&[(say("ENOENT: no such file or directory, open 'x'").tool("Read"), "path_not_there")]),
    sentence("access_text", SandboxApproval, "The runner passes on that the operating system refused access.")
        .needles(&[
            "EACCES",
            "EPERM",
            "Permission denied (os error",
            "Operation not permitted (os error",
            "Read-only file system",
            "[Errno 13] Permission denied",
            "permission denied",
            "operation not permitted",
            "Access is denied",
        ])
        .wins(&[say("EACCES: permission denied, open '/etc/x'").tool("Write")])
        .loses(&[(out("open x: Permission denied"), "access_denied")]),
    sentence("job_notice_lost", BackgroundJob, "The notice says that a background job or sub-agent was stopped or lost.")
        .signals(Signals::JOB_NOTICE)
        .needles(&["was stopped", "was killed", "<status>killed", "<status>stopped", "<status>failed", "was cancelled", "failed"])
        .wins(&[fact(Signals::JOB_NOTICE).says("<status>killed</status>")])
        .loses(&[(fact(Signals::JOB_NOTICE).exit(3).says("<status>failed</status>"), "job_ended_non_zero")]),
    // ---- Sentences about the model's turn ---------------------------------------------------------------------------
    model_says("model_context_full", Model, "The model's context is full.")
        .needles(&[
            "prompt is too long",
            "context length exceeded",
            "context_length_exceeded",
            "ContextWindowExceeded",
            "context window",
            "context_window_exceeded",
            "maximum context length",
            "exceed context limit",
            "exceeds the context",
            "input is too long",
            "too many tokens",
            "Autocompact is thrashing",
            "Conversation too long",
            "ContextOverflow",
            "token limit",
            "input token count",
            "ContextWindow*",
            "ContextLength*",
        ])
        .wins(&[turn("API Error: 400 prompt is too long: 210000 tokens > 200000 maximum")])
        .loses(&[(turn("API Error: 429 too many requests"), "provider_limit")]),
    model_says("model_refused", Model, "The model refused, or its output was filtered.")
        .needles(&[
            "is unable to respond to this request",
            "content policy",
            "content_policy",
            "content filter",
            "content_filter",
            "content management policy",
            "usage policy",
            "safety reasons",
            "cyber_policy",
            "refused to",
            "flagged",
            "refusal",
            "blocked by * safety",
        ])
        .wins(&[turn("Content policy violation: blocked")])
        .loses(&[(turn("Connection refused"), "provider_unreachable")]),
    model_says("model_output_bad", Model, "The model's output was cut off, empty or could not be parsed.")
        .needles(&[
            "output token maximum",
            "max_output_tokens",
            "Model response incomplete",
            "Response parsing error",
            "Maximum model steps",
            "^^Model error: ",
            "max turns",
            "maximum number of turns",
            "empty response",
            "response was empty",
            "no output",
            "returned no content",
            "malformed",
            "could not be parsed",
            "Invalid response",
            "finish_reason",
            "incomplete_details",
            "OutputLength",
            "InvalidStream",
            "Model stream ended with",
            "reached max_tokens",
            "max_tokens limit",
            "stop reason max_tokens",
            "stop_reason: max_tokens",
            "produced invalid content",
        ])
        .wins(&[turn("API Error: the response exceeded the 32000 output token maximum.")])
        .loses(&[(turn("stream disconnected before completion"), "provider_unreachable")]),
    model_says("provider_refused_key", Model, "The provider refused the model's key, or nobody is logged in.")
        .needles(&[
            "API Error: 401",
            "API Error: 403",
            "401 Unauthorized",
            "403 Forbidden",
            "status 401",
            "status 403",
            "Authentication failed",
            "authentication_error",
            "permission_error",
            "Invalid API key",
            "incorrect api key",
            "API key not valid",
            "no api key",
            "Please run /login",
            "Not logged in",
            "OAuth token",
            "token has expired",
            "unauthorized",
            "ProviderAuth",
            "has been disabled",
            "does not have access",
            "status: 401",
            "status: 403",
            "status code 401",
            "status code 403",
            "error 401",
            "error 403",
            "error: 401",
            "error: 403",
            "code 401",
            "code 403",
            "code: 401",
            "code: 403",
            "HTTP 401",
            "HTTP 403",
            "rejected (401",
            "rejected (403",
            "error (401",
            "error (403",
            "failed (401",
            "failed (403",
            "status=401",
            "status=403",
            "\"code\":401",
            "\"code\":403",
            "\"status\":401",
            "\"status\":403",
            "^^401*error",
            "^^403*error",
            "^^401*unauthorized",
            "^^401*key",
            "^^403*forbidden",
            "^^401*auth",
            "^^401 status code",
            "^^403 status code",
            "token has been invalidated",
            "refresh token",
            "sign in again",
            "signing in again",
            "log in again",
            "login again",
        ])
        .wins(&[turn("API Error: 401 authentication_error"), turn("Invalid API key. Please run /login")])
        .loses(&[(turn("API Error: 500 Internal server error"), "provider_failed")]),
    model_says("provider_limit", Network, "The provider limits the rate, or a quota is spent.")
        .needles(&[
            "rate limit",
            "rate_limit",
            "ratelimit",
            "rate-limit",
            "Too Many Requests",
            "quota",
            "usage limit",
            "out of * usage",
            "out of usage",
            "usage credits",
            "limit reached",
            "limit will reset",
            "Credit balance",
            "insufficient credits",
            "insufficient balance",
            "insufficient_quota",
            "billing",
            "payment required",
            "out of credits",
            "spending limit",
            "status: 429",
            "status: 402",
            "status 429",
            "status 402",
            "status code 429",
            "status code 402",
            "error 429",
            "error 402",
            "error: 429",
            "error: 402",
            "code 429",
            "code 402",
            "code: 429",
            "code: 402",
            "HTTP 429",
            "HTTP 402",
            "rejected (429",
            "rejected (402",
            "error (429",
            "error (402",
            "failed (429",
            "failed (402",
            "status=429",
            "status=402",
            "\"code\":429",
            "\"code\":402",
            "\"status\":429",
            "\"status\":402",
            "^^429*error",
            "^^429*limit",
            "^^429*quota",
            "^^402*error",
            "^^402*credit",
            "hit your *limit",
            "reached your *limit",
            "^^429 status code",
            "^^402 status code",
            "requires more credits",
            "exhausted your capacity",
            "exceeded your",
        ])
        .wins(&[turn("exceeded retry limit, last status: 429 Too Many Requests"), turn("You've hit your session limit")])
        .loses(&[(turn("maximum context length is 4096 tokens"), "model_context_full")]),
    model_says("provider_failed", Network, "The provider is overloaded or failed with a server error.")
        .needles(&[
            "overloaded",
            "API Error: 5#",
            "status: 5#",
            "status 5#",
            "HTTP 5#",
            "error 5#",
            "Internal server error",
            "internal_server_error",
            "server_error",
            "server error",
            "api_error",
            "Bad gateway",
            "Service Unavailable",
            "Gateway timeout",
            "at capacity",
            "high demand",
            "status code 5#",
            "error: 5#",
            "code 5#",
            "code: 5#",
            "rejected (5#",
            "error (5#",
            "failed (5#",
            "status=5#",
            "\"code\":5#",
            "\"status\":5#",
            "^^5#*error",
            "^^5#*overloaded",
            "^^5#*unavailable",
            "^^5#*gateway",
            "An error occurred while processing your request",
            "^^5# status code",
        ])
        .wins(&[turn("API Error: 529 overloaded_error"), turn("API Error: 500 Internal server error")])
        .loses(&[(turn("API Error: Request rejected (429)"), "provider_limit")]),
    model_says("provider_unreachable", Network, "The connection to the provider failed or broke.")
        .needles(&[
            "Connection error",
            "connection closed",
            "Connection failed",
            "connection reset",
            "connection refused",
            "connection lost",
            "connection was",
            "Network error",
            "network connection",
            "fetch failed",
            "failed to fetch",
            "socket hang up",
            "socket connection",
            "ECONNRESET",
            "ECONNREFUSED",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ETIMEDOUT",
            "EPIPE",
            "getaddrinfo",
            "Unable to connect",
            "error sending request",
            "stream disconnected",
            "Stream stalled",
            "stalled mid-stream",
            "stream closed",
            "stream error",
            "stream ended",
            "mid-response",
            "http_connection_failed",
            "response_stream",
            "No response from API",
            "went to sleep",
            "Failed to get response",
            "terminated",
            "aborted due to",
            "certificate",
            "dns error",
            "error decoding response body",
            "proxy",
            "Premature close",
        ])
        .wins(&[turn("API Error: Connection error."), turn("stream disconnected before completion: closed")])
        .loses(&[(turn("Request timed out."), "provider_timed_out")]),
    model_says("provider_timed_out", Timeout, "The provider did not answer in time.")
        .needles(&["timed out", "timeout", "Stream exceeded maximum duration", "deadline exceeded", "idle timeout"])
        .wins(&[turn("Request timed out.")])
        .loses(&[(turn("connect ETIMEDOUT 192.0.2.1:443"), "provider_unreachable")]),
    model_says("provider_refused_request", Model, "The provider refused the request: 400.")
        .needles(&[
            "API Error: 400",
            "API Error: 404",
            "API Error: 413",
            "API Error: 422",
            "status 400",
            "status: 400",
            "Bad Request",
            "invalid_request",
            "Invalid request",
            "not_found_error",
            "model_not_found",
            "is not supported",
            "issue with the selected model",
            "does not exist",
            "not found",
            "status: 404",
            "status: 413",
            "status: 422",
            "status 404",
            "status 413",
            "status 422",
            "status code 400",
            "status code 404",
            "status code 413",
            "status code 422",
            "error 400",
            "error 404",
            "error 413",
            "error 422",
            "error: 400",
            "error: 404",
            "error: 413",
            "error: 422",
            "code 400",
            "code 404",
            "code 413",
            "code 422",
            "code: 400",
            "code: 404",
            "code: 413",
            "code: 422",
            "HTTP 400",
            "HTTP 404",
            "HTTP 413",
            "HTTP 422",
            "rejected (400",
            "rejected (404",
            "rejected (413",
            "rejected (422",
            "error (400",
            "error (404",
            "error (413",
            "error (422",
            "failed (400",
            "failed (404",
            "failed (413",
            "failed (422",
            "status=400",
            "status=404",
            "status=413",
            "status=422",
            "\"code\":400",
            "\"code\":404",
            "\"code\":413",
            "\"code\":422",
            "\"status\":400",
            "\"status\":404",
            "\"status\":413",
            "\"status\":422",
            "^^400*error",
            "^^404*error",
            "^^400 status code",
            "^^404 status code",
            "^^413 status code",
            "Invalid schema",
            "must be non-empty",
            "Unsupported parameter",
            "Unsupported value",
            "Invalid value",
            "Invalid parameter",
            "Unknown parameter",
            "Missing required parameter",
            "^^messages",
            "tool_use_id",
            "tool_call_id",
        ])
        .wins(&[turn("API Error: 400 invalid_request_error")])
        .loses(&[(turn("API Error: 400 prompt is too long"), "model_context_full")]),
    model_says("model_budget_spent", Model, "A budget of steps, tokens or time of the run is spent.")
        .needles(&["budget", "step limit", "turn limit", "max iterations", "maximum iterations", "loop detected"])
        .wins(&[turn("session budget exceeded")])
        .loses(&[(turn("usage limit reached"), "provider_limit")]),
    model_says("turn_sandbox_failed", SandboxApproval, "The run's sandbox failed or refused.")
        .needles(&["sandbox_error", "sandbox error"])
        .wins(&[turn("sandbox_error: denied")])
        .loses(&[(turn("api_error"), "provider_failed")]),
    // ---- Typed kinds and codes: they yield to a sentence ------------------------------------------------------------
    model_typed("model_context_overflow", Model, "A field says that the model's context is full.")
        .signals(Signals::CONTEXT_OVERFLOW)
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::CONTEXT_OVERFLOW) }])
        .loses(&[(Example { event: EventKind::ModelTurn, ..fact(Signals::REFUSED) }, "model_refusal")]),
    model_typed("model_refusal", Model, "A field says that the model refused or was filtered.")
        .signals(Signals::REFUSED)
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::REFUSED) }])
        .loses(&[(Example { event: EventKind::ModelTurn, ..fact(Signals::BAD_REQUEST) }, "model_bad_request")]),
    model_typed("model_output_cut", Model, "A field says that the model's output was cut off, empty or unreadable.")
        .signals(Signals::OUTPUT_INCOMPLETE)
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::OUTPUT_INCOMPLETE) }])
        .loses(&[(Example { event: EventKind::ModelTurn, ..fact(Signals::BUDGET_SPENT) }, "model_budget")]),
    model_typed("model_budget", Model, "A field says that a budget of the run is spent.")
        .signals(Signals::BUDGET_SPENT)
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::BUDGET_SPENT) }])
        .loses(&[(Example { event: EventKind::ModelTurn, ..fact(Signals::SERVICE_LIMIT) }, "model_service_limit")]),
    model_typed("model_unauthenticated", Model, "A field says that the provider refused the model's key.")
        .signals(Signals::UNAUTHENTICATED.and(Signals::DENIED))
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::UNAUTHENTICATED) }])
        .loses(&[(fact(Signals::UNAUTHENTICATED), "unauthenticated")]),
    model_typed("model_key_status", Model, "The provider answered 401 or 403.")
        .http(&[(401, 401), (403, 403)])
        .wins(&[Example { event: EventKind::ModelTurn, ..say("").http(401) }])
        .loses(&[(say("").http(401), "http_refused")]),
    model_typed("model_service_limit", Network, "A field says that the provider is overloaded or a quota is spent.")
        .signals(Signals::SERVICE_LIMIT)
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::SERVICE_LIMIT) }])
        .loses(&[(fact(Signals::SERVICE_LIMIT), "service_limit")]),
    model_typed("model_service_error", Network, "A field says that the provider or the connection to it failed.")
        .signals(Signals::SERVER_ERROR.and(Signals::NETWORK_ERROR))
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::SERVER_ERROR) }])
        .loses(&[(fact(Signals::NETWORK_ERROR), "network_error")]),
    model_typed("model_service_status", Network, "The provider answered 402, 408, 429 or 5xx.")
        .http(&[(402, 402), (408, 408), (429, 429), (500, 599)])
        .wins(&[Example { event: EventKind::ModelTurn, ..say("").http(529) }])
        .loses(&[(say("").http(503), "http_failed")]),
    model_typed("model_bad_request", Model, "A field says that the provider refused the request's content.")
        .signals(Signals::BAD_REQUEST.and(Signals::INVALID_ARGUMENTS).and(Signals::NOT_FOUND))
        .wins(&[Example { event: EventKind::ModelTurn, ..fact(Signals::BAD_REQUEST) }])
        .loses(&[(fact(Signals::BAD_REQUEST), "bad_request")]),
    model_typed("model_bad_request_status", Model, "The provider answered with another 4xx.")
        .http(&[(400, 400), (404, 407), (409, 428), (430, 499)])
        .wins(&[Example { event: EventKind::ModelTurn, ..say("").http(400) }])
        .loses(&[(say("").http(400), "http_bad_request")]),
    typed("service_limit", Network, "A field says that the service is overloaded or a quota is spent.")
        .signals(Signals::SERVICE_LIMIT)
        .wins(&[fact(Signals::SERVICE_LIMIT)])
        .loses(&[(fact(Signals::SERVER_ERROR), "server_error")]),
    typed("server_error", Network, "A field says that the service failed.")
        .signals(Signals::SERVER_ERROR)
        .wins(&[fact(Signals::SERVER_ERROR)])
        .loses(&[(fact(Signals::INTERNAL_ERROR), "no_text")]),
    typed("network_error", Network, "A field says that a connection failed.")
        .signals(Signals::NETWORK_ERROR)
        .wins(&[fact(Signals::NETWORK_ERROR)])
        .loses(&[(fact(Signals::NETWORK_ERROR.and(Signals::NETWORK_RESTRICTED)), "network_restricted")]),
    typed("unauthenticated", SandboxApproval, "A field says that credentials are missing or refused.")
        .signals(Signals::UNAUTHENTICATED)
        .wins(&[fact(Signals::UNAUTHENTICATED)])
        .loses(&[(fact(Signals::BAD_REQUEST), "bad_request")]),
    typed("unknown_tool", ToolSchema, "A field says that there is no tool of that name.")
        .signals(Signals::UNKNOWN_TOOL)
        .wins(&[fact(Signals::UNKNOWN_TOOL)])
        .loses(&[(fact(Signals::NOT_INSTALLED), "not_installed")]),
    typed("denied", SandboxApproval, "A field says that the call was refused.")
        .signals(Signals::DENIED)
        .wins(&[fact(Signals::DENIED), fact(Signals::DENIED).says("no")])
        .loses(&[(fact(Signals::DENIED).says("could not resolve host before fetch request"), "host_not_resolved")]),
    typed("not_installed", MissingDependency, "A field says that the host lacks a program, server or library.")
        .signals(Signals::NOT_INSTALLED)
        .wins(&[fact(Signals::NOT_INSTALLED)])
        .loses(&[(fact(Signals::NOT_INSTALLED).says("connect ECONNREFUSED 127.0.0.1:1"), "connection_failed")]),
    typed("not_found", MissingDependency, "A field says that a file or resource is not there.")
        .layer(Layer::Tool)
        .signals(Signals::NOT_FOUND)
        .wins(&[fact(Signals::NOT_FOUND)])
        .loses(&[(fact(Signals::WRONG_STATE), "wrong_state")]),
    typed("wrong_state", Model, "A field says that the call is wrong about the state of a file.")
        .signals(Signals::WRONG_STATE)
        .wins(&[fact(Signals::WRONG_STATE)])
        .loses(&[(fact(Signals::INVALID_ARGUMENTS), "invalid_arguments")]),
    typed("invalid_arguments", ToolSchema, "A field says that the arguments do not fit the tool.")
        .signals(Signals::INVALID_ARGUMENTS)
        .wins(&[fact(Signals::INVALID_ARGUMENTS)])
        .loses(&[(fact(Signals::INVALID_ARGUMENTS).says("File not found: a.rs"), "path_not_there")]),
    typed("bad_request", Model, "A field says that the service refused the request's content.")
        .signals(Signals::BAD_REQUEST)
        .wins(&[fact(Signals::BAD_REQUEST)])
        .loses(&[(fact(Signals::SERVER_ERROR), "server_error")]),
    typed("output_incomplete", Model, "A field says that the model's output ended early; the tool never ran.")
        .signals(Signals::OUTPUT_INCOMPLETE.and(Signals::CONTEXT_OVERFLOW).and(Signals::REFUSED))
        .wins(&[fact(Signals::OUTPUT_INCOMPLETE)])
        .loses(&[(fact(Signals::BUDGET_SPENT), "budget_spent")]),
    typed("budget_spent", Model, "A field says that a budget of steps, tokens or calls is spent.")
        .signals(Signals::BUDGET_SPENT)
        .wins(&[fact(Signals::BUDGET_SPENT)])
        .loses(&[(fact(Signals::JOB_LIMIT), "job_limit")]),
    typed("cancelled", SandboxApproval, "The call was cancelled, and the log does not say by whom.")
        .user()
        .signals(Signals::CANCELLED)
        .wins(&[fact(Signals::CANCELLED)])
        .loses(&[(fact(Signals::JOB_LOST), "job_lost")]),
    typed("http_refused", SandboxApproval, "The service answered 401 or 403.")
        .http(&[(401, 401), (403, 403)])
        .wins(&[say("").http(403)])
        .loses(&[(say("").http(404), "http_failed")]),
    typed("http_failed", Network, "The service answered 404, 429 or 5xx.")
        .http(&[(402, 402), (404, 404), (407, 408), (410, 410), (429, 429), (500, 599)])
        .wins(&[say("").http(503)])
        .loses(&[(say("").http(422), "http_bad_request")]),
    typed("http_bad_request", Model, "The service answered 400, 422 or another 4xx.")
        .http(&[(400, 499)])
        .wins(&[say("").http(422)])
        .loses(&[(say("").http(401), "http_refused")]),
    typed("rpc_bad_call", ToolSchema, "The server answered with a JSON-RPC code for a bad call.")
        .rpc(&[-32700, -32600, -32601, -32602])
        .wins(&[say("").rpc(-32602)])
        .loses(&[(say("").rpc(-32001), "rpc_timed_out")]),
    typed("rpc_timed_out", Timeout, "The server answered with the JSON-RPC code for a request that timed out.")
        .rpc(&[-32001])
        .wins(&[say("").rpc(-32001)])
        .loses(&[(say("").rpc(-32000), "rpc_closed")]),
    typed("rpc_closed", Network, "The JSON-RPC code says that the connection is closed.")
        .rpc(&[-32000, -32003])
        .wins(&[say("").rpc(-32000)])
        .loses(&[(say("").rpc(-32002), "rpc_not_found")]),
    typed("rpc_not_found", MissingDependency, "The JSON-RPC code says that the resource is not there.")
        .rpc(&[-32002])
        .wins(&[say("").rpc(-32002)])
        .loses(&[(say("").rpc(-32601), "rpc_bad_call")]),
    typed("rpc_needs_consent", SandboxApproval, "The JSON-RPC code says that a person must act or has cancelled.")
        .user()
        .rpc(&[-32042, -32800])
        .wins(&[say("").rpc(-32042)])
        .loses(&[(say("").rpc(-32603), "no_text")]),
    // ---- Exit codes that decide -------------------------------------------------------------------------------------
    code(
        "cannot_run_permission",
        SandboxApproval,
        &[(126, 127)],
        "The shell found the program and was not allowed to run it.",
    )
    .reads(TEXT)
    .needles(&["Permission denied$", "permission denied: ~", "Operation not permitted$", "operation not permitted: ~"])
    .wins(&[out("bash: ./run.sh: Permission denied").exit(126), out("zsh: permission denied: ./run.sh").exit(127)])
    .loses(&[(out("bash: run: command not found").exit(127), "program_not_found")]),
    code("program_not_found", MissingDependency, &[(127, 127)], "Exit code 127: the shell could not find a program.")
        .wins(&[out("").exit(127), out("bash: line 1: frob: command not found").exit(127)])
        .loses(&[(out("bash: line 1: frob: command not found"), "shell_command_not_found")]),
    code("exit_time_limit", Timeout, &[(124, 124), (142, 142)], "The exit code of timeout(1), or of an alarm: a time limit ran out.")
        .wins(&[out("still at it").exit(124), out("Alarm clock").exit(142)])
        .loses(&[(out("still at it").exit(125), "command_exit")]),
    code("killed_at_time_limit", Timeout, &[(137, 137)], "Killed under timeout(1): its time limit ran out.")
        .commands(&[Command::Timeout])
        .wins(&[out("").exit(137).ran("timeout -s KILL 5 make")])
        .loses(&[(out("").exit(137).ran("make"), "ended_by_signal")]),
    code("windows_program_not_found", MissingDependency, &[(9009, 9009)], "Exit code 9009: cmd could not find a program.")
        .wins(&[out("").exit(9009)])
        .loses(&[(out("").exit(9010), "command_exit")]),
    code(
        "windows_library_missing",
        MissingDependency,
        &[(0xC000_0135, 0xC000_0135), (-0x3FFF_FECB, -0x3FFF_FECB), (0xC000_0139, 0xC000_0139)],
        "The Windows status says that a library is missing.",
    )
    .wins(&[out("").exit(0xC000_0135)])
    .loses(&[(out("").exit(0xC000_0005), "windows_crash")]),
    // ---- How a program's whole run went -----------------------------------------------------------------------------
    summary("tests_failed", "A test run ended with failing tests.")
        .needles(&[
            "test result: FAILED",
            "# failed, # passed",
            "# failed, # skipped",
            "# failed, # error",
            "# failed, # warning",
            "# passed, # failed",
            "# failed in #.#",
            "# failed | # passed",
            "^Tests # failed",
            "^Tests  # failed",
            "^Test Files # failed | # passed",
            "^Test Files  # failed | # passed",
            "^Tests: # failed",
            "^Tests: * # failed",
            "^# failing$",
            "^--- FAIL: ",
            "^FAILED (failures=#",
            "There were failing tests",
            "There are test failures",
            "^Failed!  - Failed:",
            "^error: test failed, to rerun pass",
            "^FAILURES!",
            "^Failed Tests #",
            "tests failed, # tests",
            "^# tests completed, # failed",
            "^# of # tests failed",
            "tests failed out of #",
            "^Test Suites: # failed, # passed",
            "^short test summary info",
            "TEST FAILED *",
            "\u{2716} failing tests",
            "^(fail) ~",
            "^rspec ./",
            "^Tests: #, Assertions: #, Failures: #",
            "#) Failure:",
            "^[ERROR] Tests run: #",
            "^# failed$",
            "# of # failed",
            "^# test failed",
            "^# tests failed",
            "^FAILED | ",
            "^FAIL ~ > ",
            "^FAIL  ~ > ",
            "^~ fail #$",
        ])
        .wins(&[
            out("connect ECONNREFUSED 127.0.0.1:1\n===== 2 failed, 37 passed in 0.43s ====="),
            out("test result: FAILED. 2 passed; 1 failed; 0 ignored"),
        ])
        .loses(&[(out("E   ModuleNotFoundError: No module named 'x'\n1 error in 0.1s"), "python_module_missing")]),
    Rule { source: Network, layer: Layer::Environment, ..summary("installer_cut_off", "A package installer could not reach its index.") }
        .needles(&["after connection broken by", "Failed to establish a new connection", "Max retries exceeded with url"])
        .commands(UNTESTED)
        .wins(&[out("WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution found for x")])
        .loses(&[(out("ERROR: No matching distribution found for x"), "package_not_found")]),
    // ---- One line of one program: a program, file, module or package is not there -----------------------------------
    line("asked_and_absent", MissingDependency, "A command asked whether something is there, and it is not.")
        .answer()
        .commands(&[Command::Presence])
        .needles(&[
            "no ~ in (",
            "not found$",
            "not found.$",
            "is not installed",
            "Could not find files for the given pattern",
            "Package(s) not found",
            "no such package",
            "no packages found matching",
        ])
        .wins(&[out("frob not found").ran("which frob"), out("WARNING: Package(s) not found: frob").ran("pip show frob")])
        .loses(&[(out("sh: 1: frob: not found"), "shell_command_not_found")]),
    line("shell_command_not_found", MissingDependency, "A shell could not find a program.")
        .needles(&[
            "^@: command not found$",
            "^@: ~: command not found$",
            "^@: line #: *: command not found$",
            "^@: line #: *: not found$",
            "^@: #: ~: not found$",
            "^@: ~: not found$",
            "^sh: *: command not found",
            "^bash: *: command not found",
            "^bash: ~: No such file or directory",
            "^zsh: command not found: ",
            "^zsh:#: command not found: ",
            "^@:#: command not found: ",
            "^(eval):#: command not found: ",
            "^@: command not found: ",
            "^fish: Unknown command",
            "^env: *: No such file or directory$",
            "^/usr/bin/env: *: No such file or directory$",
            "bad interpreter: No such file or directory",
            "cannot execute: required file not found",
            "Exec format error",
            "is not recognized as an internal or external command",
            "is not recognized as the name of a cmdlet",
            "is not recognized as a name of a cmdlet",
            "^+ CategoryInfo *CommandNotFoundException",
            "^+ FullyQualifiedErrorId : CommandNotFoundException",
            "^sudo: ~: command not found",
            "^nohup: failed to run command *No such file",
            "^timeout: failed to run command *No such file",
            "^xargs: ~: No such file or directory",
            "^time: cannot run ~: No such file",
            "Executable file not found in",
            "exec: \"~\": executable file not found",
            "exec: ~: not found",
            "executable file not found in $PATH",
            "^/bin/sh: ~: not found",
            "^spawn ~ ENOENT",
            "spawn ~ ENOENT",
            "spawnSync ~ ENOENT",
            "^Command \"~\" not found",
            "^Command '~' not found",
            "^error Command \"~\" not found",
            "Command \"~\" not found$",
            "^error: no such command",
            "no such subcommand",
            "^error: Failed to spawn: ",
            "^bundler: command not found",
            "^npm error could not determine executable to run",
            "^npm ERR! could not determine executable to run",
            "could not determine executable to run",
            "^error: script not found ",
            "^make: ~: No such file or directory$",
            "^make: ~: Command not found",
            "^make: * Error 127$",
            "Failed to find ~ executable",
            "^Unable to find executable",
            "^unable to find utility",
            "unable to find utility \"",
            "^task: * executable file not found",
            "^error: command '~' failed: No such file or directory",
            "^error: linker `~` not found",
            "linker `~` not found",
            "^Command not found: ~",
            "This is not the tsc command",
            "is not a docker command",
            "^Python was not found",
            "No version is set for command",
            "^unknown command: ~. Perhaps you have to reshim",
            "version `*' is not installed",
            "is not yet installed",
            "^Volta error: * not available",
            "InterpreterNotFound: ~",
            "could not find python interpreter",
            "'lfs' is not a git command",
            "No interpreter found for Python",
            "Could not find any Python installation to use",
            "did not complete successfully: exit code: 127",
            "command terminated with exit code 127",
            "^* sh: #: ~: not found$",
            "^* sh: line #: ~: command not found$",
            "^* sh: ~: command not found$",
            "^* sh: command not found: ~",
            "program not found or is not executable",
        ])
        .wins(&[
            out("./run.sh: line 3: frob: command not found"),
            out("zsh:1: command not found: frob"),
            out("sh: 1: frob: not found"),
            out("'frob' is not recognized as an internal or external command,\noperable program or batch file."),
            out("frob : The term 'frob' is not recognized as the name of a cmdlet, function, script file, or operable program."),
        ])
        .loses(&[
            (out("notes.md:12: bash: frob: command not found"), "command_exit"),
            (out("release: tag v1 not found in list"), "command_exit"),
        ]),
    line("python_module_missing", MissingDependency, "Python could not find a module or its library.")
        .needles(&[
            "^ModuleNotFoundError: ",
            "^ImportError: No module named",
            "^ImportError: ~: cannot open shared object file",
            "^ImportError: * cannot open shared object file",
            "^ImportError: DLL load failed",
            "^ImportError: Missing optional dependency",
            "^ImportError: * is required",
            "^ImportError: * requires",
            "^ImportError: * not installed",
            "^ImportError: Unable to import required dependenc",
            "^@: No module named ~",
            "No module named '~'$",
            "^importlib.metadata.PackageNotFoundError",
            "^pkg_resources.DistributionNotFound",
            "can't open file '*': [Errno 2]",
            "^ERROR: file or directory not found: ",
            "^ERROR: not found: *no match in any of",
            "^Could not open requirements file",
            "No virtual environment found",
            "No `pyproject.toml` found",
            "could not find a pyproject.toml",
            "^django.core.exceptions.ImproperlyConfigured: Error loading ~ module",
            "^ImportError: Couldn't import",
            "because ensurepip is not",
            "Package ~ not found in current path",
            "Could not import module \"~\"",
        ])
        .wins(&[
            out("Traceback (most recent call last):\n  File \"x.py\", line 1\nModuleNotFoundError: No module named 'x'"),
            out("/usr/bin/python3: No module named pytest"),
        ])
        .loses(&[(out("ModuleNotFoundError: No module named 'x'\nKeyError: 'y'"), "program_exception")]),
    line("node_module_missing", MissingDependency, "Node or a bundler could not find a module or package.")
        .needles(&[
            "^Cannot find module '",
            "Error: Cannot find module '",
            "Cannot find module '~' imported from",
            "Cannot find package '",
            "ERR_MODULE_NOT_FOUND",
            "code: 'MODULE_NOT_FOUND'",
            "Module not found: Error: Can't resolve",
            "^Module not found: Can't resolve",
            "^Module not found",
            "Failed to resolve import",
            "Failed to resolve entry for package",
            "^Could not resolve \"~\"",
            "ERROR: Could not resolve \"",
            "^Could not resolve '~'",
            "Could not resolve entry module",
            "error TS2307: ",
            "error TS7016: ",
            "error TS2688: ",
            "error TS5083: ",
            "error TS5058: ",
            "error TS6053: ",
            "Cannot find type definition file for",
            "Couldn't find a package.json",
            "No package.json found",
            "No package.json was found",
            "Could not read package.json",
            "ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND",
            "ERR_PNPM_NO_PKG_MANIFEST",
            "^npm ERR! code ENOENT",
            "^npm error code ENOENT",
            "^npm ERR! enoent",
            "^npm error enoent",
            "ESLint couldn't find",
            "Cannot find base config file",
            "^error: Cannot find module",
            "^error: Cannot find package",
            "^error: Module not found \"",
            "^Cannot resolve module",
            "^Error: No such module",
            "Local package.json exists, but node_modules missing",
            "node_modules missing",
            "Cannot find native binding",
            "Cannot find dependency '",
            "^Preset ~ not found",
            "Could not find plugin",
            "Cannot find plugin",
            "can only install with an existing package-lock.json",
            "Failed to load url ~",
            "Unable to resolve module",
        ])
        .wins(&[
            out("node:internal/modules/cjs/loader:1\n  throw err;\n\nError: Cannot find module '/x/y.js'\n    at load"),
            out("src/a.ts(1,20): error TS2307: Cannot find module './b' or its corresponding type declarations."),
        ])
        .loses(&[(out("src/a.ts(1,20): error TS2322: Type 'a' is not assignable to type 'b'."), "compiler_error")]),
    line("package_not_found", MissingDependency, "A package manager found no such package, version or formula.")
        .needles(&[
            "^ERROR: No matching distribution found for",
            "^ERROR: Could not find a version that satisfies",
            "was not found in the package registry",
            "^No solution found when resolving",
            "no matching package named",
            "no matching package found",
            "^error: could not find `~` in registry",
            "could not find `Cargo.toml`",
            "^error: manifest path `~` does not exist",
            "^error: toolchain '~' is not installed",
            "is not installed for the toolchain",
            "^E: Unable to locate package",
            "^E: Package '~' has no installation candidate",
            "^Error: No such keg",
            "No available formula",
            "No formulae or casks found",
            "^error: target not found: ",
            "^No package ~ available",
            "^No match for argument",
            "^Could not find gem",
            "^Could not find ~ in any of the sources",
            "Could not locate Gemfile",
            "^Could not find a valid gem",
            "but your Gemfile specified",
            "error Couldn't find package",
            "^npm ERR! code ETARGET",
            "^npm error code ETARGET",
            "^npm ERR! notarget",
            "^npm error notarget",
            "ERR_PNPM_NO_MATCHING_VERSION",
            "^npm ERR! code EBADENGINE",
            "^npm error code EBADENGINE",
            "ERR_PNPM_UNSUPPORTED_ENGINE",
            "Unsupported engine",
            "requires Node.js version",
            "requires a Node version",
            "You are using Node.js #",
            "Node.js version * is required",
            "^PackagesNotFoundError",
            "^ResolvePackageNotFound",
            "EnvironmentNameNotFound",
            "^mise ERROR * not installed",
            "version `~` is not installed",
            "^version ~ is not installed",
            "requires rustc #",
            "is not supported by the following package",
            "^go: go.mod requires go >= #",
            "there is no package called",
            "error NU1101",
            "error NU1102",
            "error NETSDK1045",
            "error MSB1003",
            "error MSB1009",
            "A compatible .NET SDK was not found",
            "You must install or update .NET",
            "^Could not find '~' (",
            "^stat *: directory not found",
            "could not be found in registry index",
            "^FAILED: No config file",
            "^*your php version (",
            "^*it is missing from your system",
            "(no such package)",
            "Couldn't find a project to run",
            "but it wasn't found in",
            "No package found matching input criteria",
            "was not found with the source(s) listed",
            "Couldn't find manifest for",
            "neither 'setup.py' nor 'pyproject.toml' found",
            "requires a different Python: ~",
            "or higher is required*running version",
            "is only supported from within a workspace",
            "Could not find Hex",
            "unknown package: ~",
            "Could not find ~ in locally installed gems",
        ])
        .wins(&[out("ERROR: No matching distribution found for frob"), out("E: Unable to locate package frob")])
        .loses(&[(out("npm ERR! Missing script: \"frob\""), "command_exit")]),
    line("build_input_missing", MissingDependency, "A compiler or linker could not find a header, library, crate or package.")
        .needles(&[
            "fatal error: *: No such file or directory",
            "fatal error: '*' file not found",
            "^ld: cannot find -l",
            ": cannot find -l",
            "^ld: library not found for",
            "ld: library not found for",
            "ld: library '~' not found",
            "ld: framework not found",
            "error while loading shared libraries",
            "cannot open shared object file",
            "^dyld: Library not loaded",
            "Library not loaded: ",
            "version `GLIBC_~' not found",
            "version `GLIBCXX_~' not found",
            "CMAKE_C_COMPILER could be found",
            "CMAKE_CXX_COMPILER could be found",
            "Could not find a package configuration file",
            "Could not find toolchain file",
            "does not appear to contain CMakeLists.txt",
            "was not found in the pkg-config search path",
            "No package '~' found",
            "invalid active developer path",
            "no developer tools were found",
            "requires Xcode",
            "can't find crate for",
            "no crates found",
            "could not find native static library",
            "unable to find library -l",
            "unresolved import `~`: no external crate",
            "no required module provides package",
            "cannot find package",
            "cannot find module providing package",
            "is not in GOROOT",
            "is not in std",
            "go.mod file not found",
            "missing go.sum entry",
            "error: package ~ does not exist",
            "error: no such module '",
            "error: cannot find package",
            "Could not find or load main class",
            "java.lang.ClassNotFoundException",
            "java.lang.NoClassDefFoundError",
            "Unable to locate a Java Runtime",
            "JAVA_HOME is not set",
            "JAVA_HOME is set to an invalid directory",
            "Could not find artifact",
            "^Could not find ~:~:~",
            "SDK location not found",
            "cannot load such file -- ",
            "Failed opening required",
            "^Could not open input file",
            "^Can't locate * in *INC",
            "module '~' not found:",
            "Executable doesn't exist at",
            "Could not find Chrome",
            "Could not find browser",
            "ChromeDriver only supports",
            "Failed to find libclang",
            "Unable to find libclang",
            "Could not find `protoc`",
            "Could not find openssl",
            "Could not find directory of OpenSSL",
            "pg_config executable not found",
            "mysql_config not found",
            "^|*use of undeclared crate or module",
            "^|*use of unresolved module or unlinked crate",
            "^=*maybe a missing crate",
            "^error[E#]: *use of undeclared crate or module",
            "^error[E#]: *use of unresolved module or unlinked crate",
            "cannot find main module",
            "Could not find Package.swift",
            "Unable to access jarfile",
            "has been compiled by a more recent version of the Java Runtime",
            "invalid source release: #",
            "release version # not supported",
            "Could not execute because the specified command or file was not found",
            "Host system is missing dependencies to run browsers",
            "Could NOT find ~ (missing:",
            "^Could not find module",
            "^Could not load module",
            "cannot satisfy -package ~",
            "Cypress binary is missing",
            "JAVA_HOME environment variable is not defined",
            "^*] package ~ does not exist",
            "^@:#: ~: No such file or directory$",
            "^Cannot find source file:",
            "no acceptable ~ compiler found",
            "^configure: error: *not found",
            "^configure: error: Package requirements",
            "^configure: error: cannot find",
            "^Package '~', required by '~', not found",
            "No Android SDK found",
            "Unable to locate Android SDK",
            "Android SDK not found",
            "Unable to obtain driver for",
            "cannot find Chrome binary",
            "no chrome binary at",
            "not found in sysroot",
            "^clang: error: no such file or directory: ",
            "^@: error: no such file or directory: ",
            "Dependency \"~\" not found",
            "Program '~' not found or not executable",
            "contain a build file ~",
            "^Error: Library \"~\" not found",
        ])
        .wins(&[out("a.c:1:10: fatal error: frob.h: No such file or directory"), out("error[E0463]: can't find crate for `frob`")])
        .loses(&[(out("error[E0425]: cannot find function `frob` in this scope"), "compiler_error")]),
    line("image_not_there", MissingDependency, "A container image, chart or configuration file is not there.")
        .needles(&[
            "manifest unknown",
            "manifest for * not found",
            "No such image: ",
            "pull access denied for",
            "repository does not exist or may require",
            "no configuration file provided",
            "unable to prepare context: path",
            "failed to read dockerfile",
            "failed to solve: *: not found",
            "no configuration has been provided",
            "Error: No configuration files",
            "Missing required provider",
            "^stat *: no such file or directory",
            "path \"~\" not found",
            "env file * not found",
        ])
        .wins(&[out("Error response from daemon: manifest for frob:9 not found: manifest unknown")])
        .loses(&[(out("Error response from daemon: No such container: frob"), "command_exit")]),
    line("local_socket_unreachable", Network, "A program could not reach a server on a socket of this machine.")
        .needles(&[
            "connection to server on socket * failed",
            "dial unix *: connect: no such file or directory",
            "dial unix *: connect: connection refused",
            "Can't connect to local MySQL server",
            "Cannot connect to the Docker daemon",
            "failed to connect to the docker API",
            "error during connect: ",
        ])
        .wins(&[out("psql: error: connection to server on socket \"/tmp/.s.PGSQL.5432\" failed: No such file or directory").exit(2)])
        .loses(&[(out("cat: /tmp/.s.PGSQL.5432: No such file or directory"), "file_not_there")]),
    line("file_not_there", MissingDependency, "A program was given a file or directory that does not exist.")
        .needles(&[
            "^@: *: No such file or directory$",
            "^@: *: No such file or directory (os error 2)",
            "^@: *: No such file or directory.$",
            "^@:#: no such file or directory: ",
            "^@:#:#: no such file or directory: ",
            "^@: no such file or directory: ",
            "^@:@:#: no such file or directory: ",
            "^(eval):#: no such file or directory: ",
            "^(eval):@:#: no such file or directory: ",
            "^@: No such file or directory$",
            "^No such file or directory$",
            "No such file or directory (os error 2)",
            "^* No such file or directory$",
            "[Errno 2] No such file or directory",
            "^FileNotFoundError: ",
            "ENOENT: no such file or directory",
            "ENOENT, no such file or directory",
            "kind: NotFound, message",
            "^open ~: no such file or directory",
            "open ~: no such file or directory",
            "open *: The system cannot find the",
            "stat ~: no such file or directory",
            "lstat ~: no such file or directory",
            "chdir ~: no such file or directory",
            "The system cannot find the path specified",
            "The system cannot find the file specified",
            "The system cannot find the file.",
            "^File Not Found$",
            "Cannot find path '*' because it does not exist",
            "Could not find a part of the path",
            "Could not find file '",
            "^+ FullyQualifiedErrorId : PathNotFound",
            "^+ FullyQualifiedErrorId : *FileNotFound",
            "^+ CategoryInfo *: ObjectNotFound: ",
            "FileNotFoundException: ",
            "DirectoryNotFoundException: ",
            "NoSuchFileException: ",
            "Errno::ENOENT",
            "failed to open stream: No such file or directory",
            "cannot open file '*': No such file or directory",
            "^Cannot open ~: No such file",
            "NotFound: No such file or directory",
            "^cp: cannot stat *: No such file",
            "^@: can't cd to ~",
            "^@: #: cd: can't cd to ~",
            "^unzip: cannot find or open",
            "^@: cannot open *(No such file or directory)",
            "^tar: *: Cannot open: No such file or directory",
            "^tar: *: Cannot stat: No such file or directory",
            "^Error: Cannot find file",
            "^Could not find file",
            "^File does not exist: ",
            "^Path does not exist: ",
            "^Directory does not exist: ",
            "^File not found: ",
            "^Directory not found: ",
            "^No such file: ",
            "^No such file or directory: ",
            "^Invalid value for '~': * does not exist",
            "^@: *: file not found$",
            "^* does not exist. (os error",
            "^error: couldn't read `~`: No such file",
            "^Couldn't find file",
            "^ls: * cannot access",
            "^rsync: *failed: No such file or directory",
            "^scp: *No such file or directory",
            "^can't open file",
            "unable to open database file",
            "^The file ~ does not exist",
            "Cannot find drive",
            "Could not find item",
            "^@: #: cannot open *: No such file",
            "^@: *cannot find or open",
            "^@: # cannot open *: No such file",
            "Error opening input*: No such file",
            "^the path * does not exist",
            "^cd: The directory '~' does not exist",
            "was not loaded because no valid module file",
            "No justfile found",
            "the playbook: * could not be found",
            "^~ file does not exist",
            "^error: Could not access '~'",
            "Could not find a file named ~",
            "Could not find Prisma Schema",
            "No Rakefile found",
            "Chart.yaml file is missing",
        ])
        .wins(&[
            out("ls: cannot access 'src/x': No such file or directory").exit(2),
            out("sed: can't read x: No such file or directory"),
            out("zsh:cd:1: no such file or directory: x"),
            out("Error: ENOENT: no such file or directory, open '/x/y'"),
            out("FileNotFoundError: [Errno 2] No such file or directory: 'x'"),
        ])
        .loses(&[
            (out("src/a.c:12:  perror(\"x: No such file or directory\");"), "command_exit"),
            (out("cat: x: Is a directory"), "command_exit"),
        ]),
    // ---- One line of one program: access ----------------------------------------------------------------------------
    line("access_denied", SandboxApproval, "The operating system denied a program access: EACCES or EPERM.")
        .needles(&[
            "^@: *: Permission denied$",
            "^@: *: Permission denied.$",
            "^@: Permission denied$",
            "^@: *: Operation not permitted$",
            "^@: *: Operation not permitted.$",
            "^@: Operation not permitted$",
            "^@:#: permission denied: ",
            "^@: permission denied: ",
            "^(eval):#: permission denied: ",
            "^@:#: operation not permitted: ",
            "^@: operation not permitted: ",
            "^(eval):#: operation not permitted: ",
            "Permission denied (os error 13)",
            "Operation not permitted (os error 1)",
            "[Errno 13] Permission denied",
            "[Errno 1] Operation not permitted",
            "^PermissionError: ",
            "EACCES: permission denied",
            "EPERM: operation not permitted",
            "EACCES, permission denied",
            "listen EPERM",
            "listen EACCES",
            "connect EPERM",
            "bind EACCES",
            "^npm ERR! code EACCES",
            "^npm ERR! code EPERM",
            "^npm error code EACCES",
            "^npm error code EPERM",
            "kind: PermissionDenied",
            "open ~: permission denied",
            "open *: operation not permitted",
            "mkdir ~: permission denied",
            "mkdir ~: operation not permitted",
            "unlink ~: operation not permitted",
            "rename *: operation not permitted",
            "bind: permission denied",
            "bind: operation not permitted",
            "socket: operation not permitted",
            "fork/exec ~: operation not permitted",
            "fork/exec ~: permission denied",
            "dial *: operation not permitted",
            "Access is denied",
            "Access to the path '*' is denied",
            "UnauthorizedAccessException",
            "^+ CategoryInfo *: PermissionDenied",
            "requested operation requires elevation",
            "Run as administrator",
            "running scripts is disabled on this system",
            "java.nio.file.AccessDeniedException",
            "(Permission denied)",
            "(Operation not permitted)",
            "Errno::EACCES",
            "Errno::EPERM",
            "^rm: *: Permission denied",
            "^mkdir: cannot create directory *: Permission denied",
            "^touch: cannot touch *: Permission denied",
            "insufficient permissions",
            "are you root?",
            "you must be root",
            "must be run as root",
            "must be superuser",
            "a password is required",
            "detected dubious ownership in repository",
            "a terminal is required to read the password",
            "is not in the sudoers file",
            "no tty present and no askpass program",
            "permission denied while trying to connect to the Docker daemon",
            "dial unix *: connect: permission denied",
            "Failed to bind to *: permission denied",
            "^bwrap: ",
            "^sandbox-exec: ",
            "deny(1) ",
            "sandbox_apply: ",
            "failed to write file: *denied",
            "MDB_PANIC",
            "Unable to create '*': Permission denied",
            "Unable to create '*': Operation not permitted",
            "No permission to ",
            "^You do not have permission",
            "^You don't have permission",
            "insufficient permission for adding an object",
            "failed to run: Access is denied*",
            "not authorized to perform",
            "AccessDenied",
            "AccessDeniedException",
            "PERMISSION_DENIED: ",
            "\"PERMISSION_DENIED\"",
            "does not have permission",
            "Not authorized to send Apple events",
            "^seccomp",
            "by seccomp",
            "Bad system call",
            "^@: * - Operation not permitted$",
            "^@: * - Permission denied$",
            "(13: Permission denied)",
            "Bad owner or permissions on",
            "^@: *: Access denied$",
            "^Failed to ~ *: Access denied$",
            "Interactive authentication required",
            "Gem::FilePermissionError",
            "don't have write permission",
            "run again with the --allow-",
            "Access to the registry key",
        ])
        .wins(&[
            out("mkdir: /opt/x: Operation not permitted"),
            out("PermissionError: [Errno 13] Permission denied: '/x'"),
            out("Error: listen EPERM: operation not permitted 127.0.0.1:4000"),
        ])
        .loses(&[
            (out("FAIL permission_denied_test"), "tests_failed_line"),
            (out("PermissionError: x\nKeyError: 'y'"), "program_exception"),
        ]),
    line("read_only_file_system", SandboxApproval, "A program may not write: the file system is read-only.")
        .needles(&[
            "Read-only file system$",
            "Read-only file system (os error 30)",
            "EROFS: read-only file system",
            "[Errno 30] Read-only file system",
            "read-only file system: ~",
            "attempt to write a readonly database",
        ])
        .wins(&[out("touch: cannot touch 'x': Read-only file system")])
        .loses(&[(out("zsh: read-only variable: status"), "shell_syntax_error")]),
    line("no_space_left", CommandExit, "No space is left on the device, or a quota of the disk is reached.")
        .layer(Layer::Environment)
        .needles(&["No space left on device", "ENOSPC", "Disk quota exceeded", "There is not enough space on the disk", "disk full"])
        .wins(&[out("cp: error writing 'x': No space left on device")])
        .loses(&[(out("cp: x: No such file or directory"), "file_not_there")]),
    line("rate_limited", Network, "A remote service limits the rate of a program's requests.")
        .commands(UNTESTED)
        .needles(&[
            "API rate limit exceeded",
            "secondary rate limit",
            "rate limit exceeded",
            "toomanyrequests: ",
            "You have reached your pull rate limit",
            "429 Client Error",
            "Too Many Requests",
        ])
        .wins(&[out("gh: API rate limit exceeded for user ID 1. (HTTP 403)")])
        .loses(&[(out("gh: Must have admin rights to Repository. (HTTP 403)"), "credentials_refused")]),
    line("proxy_refused_program", Network, "A proxy refused to pass a program's request on.")
        .needles(&[
            "Proxy Authentication Required",
            "Received HTTP code 407 from proxy",
            "Received HTTP code 403 from proxy",
            "CONNECT tunnel failed, response 4#",
        ])
        .wins(&[out("curl: (56) CONNECT tunnel failed, response 403").exit(56)])
        .loses(&[(out("curl: (22) The requested URL returned error: 403").exit(22), "credentials_refused")]),
    line("credentials_refused", SandboxApproval, "A service refused a program's credentials, or none are there.")
        .needles(&[
            "Permission denied (publickey",
            "Permission denied (password",
            "Permission denied (keyboard",
            "Permission denied, please try again",
            "Host key verification failed",
            "Too many authentication failures",
            "could not read Username",
            "could not read Password",
            "Authentication failed for",
            "Authentication failed.$",
            "Authentication failed$",
            "terminal prompts disabled",
            "remote: Permission to * denied",
            "^Permission to * denied to ",
            "Write access to repository not granted",
            "Invalid username or token",
            "Invalid username or password",
            "Support for password authentication was removed",
            "returned error: 401",
            "returned error: 403",
            "gh auth login",
            "gh auth refresh",
            "set the GH_TOKEN environment variable",
            "missing required scope",
            "token in * is invalid",
            "Failed to log in to",
            "not logged in",
            "not logged into any",
            "You must be logged in",
            "you need to be logged in",
            "you need to log in",
            "Please log in",
            "login required",
            "requires authentication",
            "Authentication required",
            "authentication is required",
            "Not authenticated",
            "Unable to locate credentials",
            "could not find default credentials",
            "No credentials found",
            "no basic auth credentials",
            "InvalidClientTokenId",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "token has expired",
            "token is expired",
            "Token expired",
            "expired token",
            "401 Unauthorized",
            "403 Forbidden",
            "401: Unauthorized",
            "403: Forbidden",
            "HTTP 401",
            "HTTP 403",
            "(HTTP 401)",
            "(HTTP 403)",
            "HTTP Error 401",
            "HTTP Error 403",
            "ERROR 401",
            "ERROR 403",
            "status code 401",
            "status code 403",
            "status: 401",
            "status: 403",
            "status 401",
            "status 403",
            "Bad credentials",
            "invalid api key",
            "Incorrect API key",
            "API key not valid",
            "Resource not accessible by",
            "must have admin rights",
            "Must have push access",
            "^npm ERR! code E403",
            "^npm ERR! code ENEEDAUTH",
            "^npm error code E401",
            "^npm error code E403",
            "^npm error code ENEEDAUTH",
            "ERR_PNPM_FETCH_401",
            "ERR_PNPM_FETCH_403",
            "password authentication failed",
            "no password supplied",
            "ERROR 1045",
            "NOAUTH Authentication required",
            "Error from server (Forbidden)",
            "Error from server (Unauthorized)",
            "denied: requested access to the resource is denied",
            "unauthorized: ",
            "curl: (67)",
            "necessary to set a CLOUDFLARE_API_TOKEN",
            "Authentication error [code:",
            "do not currently have an active account",
            "gcloud auth login",
            "`az login`",
            "run `* login`",
            "run '* login'",
            "No existing credentials found",
            "401 Client Error",
            "403 Client Error",
            "^npm ERR! code E401",
            "ExpiredToken*",
            "No valid credential",
            "NoCredentialProviders",
            "Error when retrieving token from sso",
            "'az login'",
            "Access token not provided",
            "have you run firebase login",
            "Reauthentication failed",
            ": denied: denied",
            "no access token available",
            "Please login",
            "glab auth login",
            "flyctl auth login",
            "Authentication failure$",
            "authentication failed: ~",
            "does not indicate success: 401",
            "does not indicate success: 403",
            "access token is required",
            "invalid access token",
            "not currently signed in",
            "not signed in",
            "Incorrect username or password",
            "Either log in with",
            "Not authorized. Please",
            "api_key client option must be set",
            "Could not resolve authentication method",
            "Could not load the default credentials",
            "no token found, please run",
            "\": unauthorized$",
            "InvalidAccessKeyId",
            "Error loading SSO Token",
            "Authentication failed against database",
            "Error code: 401",
            "Error code: 403",
            "AuthenticationError: ~",
        ])
        .wins(&[
            out("git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.").exit(128),
            out("To get started with GitHub CLI, please run:  gh auth login").exit(4),
        ])
        .loses(&[(out("curl: (22) The requested URL returned error: 404"), "service_answered_badly")]),
    line("push_refused", SandboxApproval, "A protected branch, a repository rule or a server's hook refused the push.")
        .needles(&[
            "[remote rejected] *(protected branch",
            "[remote rejected] *(pre-receive hook declined",
            "[remote rejected] *(push declined",
            "[remote rejected] *refusing to allow",
            "remote: error: GH006",
            "remote: error: GH013",
            "Repository rule violations found",
            "protected branch hook declined",
            "push declined due to",
            "base branch policy prohibits the merge",
            "is not mergeable: the base branch policy",
            "refusing to allow an OAuth App",
            "^error: GH006",
            "^error: GH013",
            "refusing to allow a Personal Access Token",
        ])
        .wins(&[out("remote: error: GH006: Protected branch update failed for refs/heads/main.")])
        .loses(&[(out(" ! [rejected]        main -> main (non-fast-forward)"), "git_refused")]),
    // ---- One line of one program: the network -----------------------------------------------------------------------
    line("curl_failed", Network, "curl could not resolve, connect, or keep the connection.")
        .needles(&[
            "^curl: (5)",
            "^curl: (6)",
            "^curl: (7)",
            "^curl: (16)",
            "^curl: (18)",
            "^curl: (28)",
            "^curl: (35)",
            "^curl: (51)",
            "^curl: (52)",
            "^curl: (55)",
            "^curl: (56)",
            "^curl: (60)",
            "^curl: (77)",
            "^curl: (92)",
            "^curl: (97)",
        ])
        .wins(&[out("curl: (7) Failed to connect to 127.0.0.1 port 1: Connection refused").exit(7)])
        .loses(&[(out("curl: (3) URL using bad/illegal format or missing URL").exit(3), "command_exit")]),
    line("git_remote_unreachable", Network, "git could not reach the remote.")
        .needles(&[
            "unable to access '*': Could not resolve host",
            "unable to access '*': Failed to connect",
            "unable to access '*': Couldn't connect",
            "unable to access '*': Recv failure",
            "unable to access '*': Send failure",
            "unable to access '*': Operation timed out",
            "unable to access '*': Empty reply",
            "unable to access '*': SSL",
            "unable to access '*': OpenSSL",
            "unable to access '*': LibreSSL",
            "unable to access '*': gnutls",
            "unable to access '*': server certificate",
            "unable to access '*': Received HTTP code",
            "unable to access '*': Proxy",
            "unable to access '*': Could not resolve proxy",
            "unable to access '*': HTTP/2 stream",
            "RPC failed; ",
            "early EOF",
            "the remote end hung up unexpectedly",
            "unable to look up ~",
            "unable to connect to a remote",
            "fetch-pack: unexpected disconnect",
            "fatal: unable to connect to ~",
        ])
        .wins(&[out("fatal: unable to access 'https://example.com/x.git/': Could not resolve host: example.com").exit(128)])
        .loses(&[(out("fatal: not a git repository (or any of the parent directories): .git").exit(128), "git_refused")]),
    line("ssh_failed", Network, "ssh could not reach the host, or lost it.")
        .needles(&[
            "^ssh: Could not resolve hostname",
            "^ssh: connect to host",
            "^kex_exchange_identification",
            "^ssh_exchange_identification",
            "^Connection closed by ",
            "^Connection to ~ closed by remote host",
            "^Connection reset by ",
            "^Connection timed out during banner exchange",
            "^Connection to ~ port # timed out",
            "^client_loop: send disconnect",
            "^Timeout, server ~ not responding",
        ])
        .wins(&[out("ssh: connect to host 192.0.2.1 port 22: Connection timed out").exit(255)])
        .loses(&[(out("user@example.com: Permission denied (publickey).").exit(255), "credentials_refused")]),
    line("service_answered_badly", Network, "A remote service answered a program badly: 404, 429 or 5xx.")
        .needles(&[
            "returned error: 404",
            "returned error: 429",
            "returned error: 5#",
            "(HTTP 404)",
            "(HTTP 410)",
            "(HTTP 429)",
            "(HTTP 5#)",
            "HTTP 404: ",
            "HTTP 404",
            "HTTP 429",
            "HTTP 5#: ",
            "HTTP 500",
            "HTTP 502",
            "HTTP 503",
            "HTTP 504",
            "HTTP Error 404",
            "HTTP Error 429",
            "HTTP Error 5#",
            "ERROR 404: Not Found",
            "ERROR 5#: ",
            "server returned error: HTTP",
            "404: Not Found",
            "404 Not Found",
            "500 Internal Server Error",
            "502 Bad Gateway",
            "503 Service Unavailable",
            "503 Service Temporarily Unavailable",
            "504 Gateway Timeout",
            "504 Gateway Time-out",
            "404 Client Error",
            "^+ FullyQualifiedErrorId : WebCmdletWebResponseException",
            "The remote server returned an error: (404)",
            "The remote server returned an error: (429)",
            "The remote server returned an error: (5#)",
            "^npm ERR! code E404",
            "^npm error code E404",
            "^npm ERR! code E429",
            "^npm error code E429",
            "^npm ERR! code E5#",
            "^npm error code E5#",
            "ERR_PNPM_FETCH_404",
            "ERR_PNPM_FETCH_5#",
            "is not in this registry",
            "quota exceeded",
            "exceeded your current quota",
            "RESOURCE_EXHAUSTED: ",
            "\"RESOURCE_EXHAUSTED\"",
            "^@ResourceExhausted: ",
            "overloaded_error",
            "status code 404",
            "status code 429",
            "status code 500",
            "status code 502",
            "status code 503",
            "# Server Error: ",
            "Resource has been exhausted",
            "does not indicate success: 404",
            "does not indicate success: 429",
            "does not indicate success: 5#",
            "^error: GET http~ - 404",
            "^error: GET http~ - 5#",
            "Error code: 404",
            "Error code: 429",
            "Error code: 5#",
        ])
        .commands(UNTESTED)
        .wins(&[
            out("gh: Not Found (HTTP 404)"),
            out("curl: (22) The requested URL returned error: 503").exit(22),
            out("npm error code E404"),
        ])
        .loses(&[(out("gh: Validation Failed (HTTP 422)"), "request_refused")]),
    line("runtime_connection_failed", Network, "A program's runtime could not resolve a name or connect.")
        .needles(&[
            "connect ECONNREFUSED",
            "connect ETIMEDOUT",
            "connect EHOSTUNREACH",
            "connect ENETUNREACH",
            "connect ECONNRESET",
            "read ECONNRESET",
            "read ETIMEDOUT",
            "getaddrinfo ENOTFOUND",
            "getaddrinfo EAI_AGAIN",
            "getaddrinfo EAI_FAIL",
            "code: 'ECONNREFUSED'",
            "code: 'ENOTFOUND'",
            "code: 'ECONNRESET'",
            "code: 'ETIMEDOUT'",
            "code: 'EAI_AGAIN'",
            "code: 'UND_ERR_CONNECT_TIMEOUT'",
            "code: 'UND_ERR_SOCKET'",
            "code: 'SELF_SIGNED_CERT_IN_CHAIN'",
            "code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'",
            "code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'",
            "code: 'CERT_HAS_EXPIRED'",
            "^TypeError: fetch failed",
            "TypeError: fetch failed",
            "^fetch failed$",
            "^Error: socket hang up",
            "Client network socket disconnected before secure TLS",
            "^npm ERR! code ENOTFOUND",
            "^npm ERR! code ECONNREFUSED",
            "^npm ERR! code ECONNRESET",
            "^npm ERR! code ETIMEDOUT",
            "^npm ERR! code EAI_AGAIN",
            "^npm ERR! code ERR_SOCKET_TIMEOUT",
            "^npm ERR! network ",
            "^npm error code ENOTFOUND",
            "^npm error code ECONNREFUSED",
            "^npm error code ECONNRESET",
            "^npm error code ETIMEDOUT",
            "^npm error code EAI_AGAIN",
            "^npm error code ERR_SOCKET_TIMEOUT",
            "^npm error network ",
            "ERR_PNPM_META_FETCH_FAIL",
            "^ConnectionRefusedError: ",
            "^ConnectionResetError: ",
            "^ConnectionAbortedError: ",
            "^ConnectionError: ",
            "^@ConnectionError: ",
            "^@.ConnectionError: ",
            "^@ConnectError: ",
            "^@ConnectError$",
            "^@ConnectTimeout: ",
            "^@ConnectTimeout$",
            "^@ConnectTimeoutError: ",
            "^@ProxyError: ",
            "^@SSLError: ",
            "^@SSLCertVerificationError: ",
            "^@ClientConnectorError: ",
            "^@ServerDisconnectedError",
            "^@RemoteProtocolError: ",
            "^@RemoteDisconnected: ",
            "^@NewConnectionError: ",
            "^@MaxRetryError: ",
            "^@URLError: ",
            "^@gaierror: ",
            "^@ServerSelectionTimeoutError: ",
            "<urlopen error ",
            "^OSError: [Errno 101] Network is unreachable",
            "^OSError: [Errno 113] No route to host",
            "connection to server at * failed: Connection refused",
            "connection to server at * failed: timeout",
            "could not connect to server: ",
            "could not translate host name",
            "Can't reach database server",
            "Can't connect to MySQL server",
            "Could not connect to Redis at",
            "MongoNetworkError",
            "MongoServerSelectionError",
            "SequelizeConnectionRefusedError",
            "dial tcp *: connect: ",
            "dial tcp: lookup ~",
            "dial tcp *: i/o timeout",
            "dial tcp *: connectex: ",
            "proxyconnect tcp: ",
            "no such host$",
            "TLS handshake timeout",
            "x509: certificate ",
            "tls: failed to verify certificate",
            "error sending request for url",
            "^error trying to connect: ",
            "error trying to connect: ",
            "tcp connect error: ",
            "dns error: ",
            "kind: ConnectionRefused",
            "kind: ConnectionReset",
            "Connection refused (os error 111)",
            "Connection refused (os error 61)",
            "Connection reset by peer (os error",
            "failed to lookup address information",
            "spurious network error",
            "failed to download from `",
            "failed to fetch `https://",
            "could not download file from",
            "^error: Failed to fetch: `",
            "^error: Request failed after # retries",
            "java.net.ConnectException",
            "java.net.UnknownHostException",
            "java.net.NoRouteToHostException",
            "java.net.SocketException",
            "javax.net.ssl.SSLHandshakeException",
            "Could not transfer artifact",
            "^> Could not GET '",
            "^> Could not HEAD '",
            "error NU1301",
            "System.Net.Sockets.SocketException",
            "System.Net.Http.HttpRequestException",
            "Errno::ECONNREFUSED",
            "SocketError: ",
            "Could not fetch specs from",
            "Could not reach host",
            "Is the docker daemon running",
            "Cannot connect to Podman",
            "^The connection to the server ~ was refused",
            "^Unable to connect to the server",
            "couldn't get current server API group list",
            "Failed to query available provider packages",
            "error connecting to ~",
            "check your internet connection",
            "E: Failed to fetch ",
            "Temporary failure resolving",
            "Some index files failed to download",
            "^wget: unable to resolve host address",
            "^wget: bad address",
            "^wget: can't connect",
            "^wget: download timed out",
            "failed: Connection refused.$",
            "failed: Connection timed out.$",
            "failed: Name or service not known.",
            "failed: Temporary failure in name resolution.",
            "^ping: ~: Name or service not known",
            "^ping: ~: Temporary failure in name resolution",
            "^ping: cannot resolve ~",
            "^ping: unknown host",
            "^nc: connect to ~ port # *failed",
            "could not be resolved: ~",
            "Unable to connect to the remote server",
            "The remote name could not be resolved",
            "No such host is known",
            "No connection could be made because the target machine",
            "The underlying connection was closed",
            "The SSL connection could not be established",
            "A connection attempt failed because the connected party",
            "Failed to connect to ~ port #",
            "^Could not connect to ~",
            "^Couldn't connect to ~",
            "Unable to connect. Is the computer able to access the url",
            "ConnectionRefused: Unable to connect",
            "failed to resolve reference",
            "failed to do request: Head",
            "ConnectionRefusedError: [Errno",
            "net::ERR_*",
            "^Failed to dial target host",
            "Could not connect to the endpoint URL",
            "^rsync: connection unexpectedly closed",
            "connection unexpectedly closed (#",
            "net/http: request canceled while waiting for connection",
            "^ERROR 2005 (HY000)",
            "Unknown MySQL server host",
            "server can't find ~: NXDOMAIN",
            "^ConnectionRefused downloading",
            "^ConnectionReset downloading",
            "likely due to a connectivity issue",
            "^Got socket error trying to find",
            "Response: Couldn't resolve host name",
            "^CondaHTTPError: ",
            "Couldn't resolve host name",
            "^Cypress could not verify that this server is running",
            ": temporary error (try again later)",
            "communications error to",
            "no servers could be reached",
            "^ConnectTimeoutError: ",
        ])
        .wins(&[
            out("Error: connect ECONNREFUSED 127.0.0.1:5432\n    at x (node:net:1:1)"),
            out("requests.exceptions.ConnectionError: HTTPSConnectionPool(host='example.com', port=443)"),
            out("The connection to the server localhost:8080 was refused - did you specify the right host or port?"),
        ])
        .loses(&[
            (out("running connection_refused_test ... FAILED"), "command_exit"),
            (out("docs/net.md:3:the page speaks of connect ECONNREFUSED"), "command_exit"),
        ]),
    line("connection_wording", Network, "A program that is no test run says that a connection failed.")
        .commands(UNTESTED)
        .needles(&[
            "Connection refused",
            "Connection reset by peer",
            "Connection timed out",
            "Operation timed out",
            "No route to host",
            "Host is down$",
            "Network is unreachable",
            "Network unreachable",
            "Name or service not known",
            "Temporary failure in name resolution",
            "nodename nor servname provided",
            "Could not resolve host: ~",
            "Could not resolve proxy",
            "unable to resolve host",
            "certificate verify failed",
            "SSL certificate problem",
            "unable to get local issuer certificate",
            "self-signed certificate",
            "SSL_ERROR_SYSCALL",
            "gnutls_handshake() failed",
            "TLS connect error",
            "Connection closed by remote host",
            "socket hang up",
            "Remote end closed connection without response",
            "^Network error",
            "^Failed to fetch",
            "^Request failed: ",
            "lookup ~ on ~: server misbehaving",
            "Could not resolve hostname ~",
            "ECONNREFUSED ~:#",
            "ENOTFOUND ~.~",
            "EAI_AGAIN ~.~",
            "ETIMEDOUT ~:#",
        ])
        .wins(&[out("nc: 192.0.2.1: Connection refused")])
        .loses(&[(out("E  expected Connection refused").ran("pytest"), "command_exit")]),
    line("access_wording", SandboxApproval, "A command that is no test run says that access was denied.")
        .commands(UNTESTED)
        .needles(&[
            ": Permission denied",
            ": Operation not permitted",
            ": Access denied",
            "^Permission denied for ~",
            "^Permission denied to ~",
            "^Permission denied on ~",
            "^* permission denied$",
        ])
        .wins(&[out("ERROR:  permission denied for table secrets")])
        .loses(&[(out("E  wanted that permission denied is said").ran("pytest"), "command_exit")]),
    line("not_there_wording", MissingDependency, "A command that is no test run says that something is not there.")
        .commands(UNTESTED)
        .needles(&[
            "No such file or directory",
            "is not installed",
            "not installed$",
            "not installed.$",
            "is required but not installed",
            "not found in PATH",
            "not found in $PATH",
            "not found on PATH",
            "not in your PATH",
            "needs to be in PATH",
            "No such file or folder",
            "No module named ~",
        ])
        .wins(&[out("frobnicate: unable to open image 'a': No such file or directory @ blob.c/42")])
        .loses(&[(out("deploy: frob is not installed").ran("pytest"), "command_exit")]),
    // ---- One line of one program: time ------------------------------------------------------------------------------
    line("program_timed_out", Timeout, "A program says that its own time limit ran out.")
        .commands(UNTESTED)
        .needles(&[
            "^subprocess.TimeoutExpired: ",
            "^TimeoutExpired: ",
            "^TimeoutError",
            "^@.TimeoutError",
            "^@TimeoutError: ",
            "^@ReadTimeout: ",
            "^@ReadTimeout$",
            "^@ReadTimeoutError: ",
            "^@TimeoutException: ",
            "^socket.timeout: ",
            "^socket.timeout$",
            "java.net.SocketTimeoutException",
            "java.util.concurrent.TimeoutException",
            "^timeout: sending signal",
            "context deadline exceeded$",
            "Timeout #ms exceeded",
            "timed out waiting for the condition",
            "^Timed out",
            "^Timeout waiting for",
            "^Timeout after #",
            "^Error: Timeout",
            "^Error: Timed out",
            "timed out after # second",
            "timed out after #s",
            "timed out after #ms",
            "timed out after # millisecond",
            "timed out after # minute",
            "exceeded timeout of #",
            "Error from server (Timeout)",
            "DEADLINE_EXCEEDED: ",
            "\"DEADLINE_EXCEEDED\"",
            "^@DeadlineExceeded: ",
            "canceling statement due to statement timeout",
            "Lock wait timeout exceeded",
            "The operation was timed out",
            "The operation has timed out",
            "^The request was canceled due to the configured HttpClient.Timeout",
            "^Alarm clock",
            "aborted due to timeout",
            "[TimeoutError]",
        ])
        .wins(&[out("subprocess.TimeoutExpired: Command '['x']' timed out after 5 seconds")])
        .loses(&[(out("timed out after 5 seconds").ran("jest"), "command_exit")]),
    // ---- One line of one program: its own logic ---------------------------------------------------------------------
    line("shell_syntax_error", CommandExit, "A shell could not parse or expand the command.")
        .needles(&[
            "syntax error near unexpected token",
            "syntax error: unexpected end of file",
            "syntax error: ",
            "parse error near ",
            "unexpected EOF while looking for matching",
            "^@:#: no matches found: ",
            "^@: no matches found: ",
            "^(eval):#: no matches found: ",
            "read-only variable: ",
            "readonly variable",
            "ambiguous redirect",
            "bad substitution",
            "bad math expression",
            "event not found",
            "unmatched \"",
            "unmatched '",
            "^+ CategoryInfo *: ParserError",
            "^+ FullyQualifiedErrorId : Missing",
            "was unexpected at this time",
            "invalid arithmetic operator",
            "not a valid identifier",
            "bad option: -",
        ])
        .wins(&[out("(eval):1: no matches found: src/[id].ts"), out("bash: -c: line 2: syntax error near unexpected token `('").exit(2)])
        .loses(&[(out("bash: line 1: frob: command not found"), "shell_command_not_found")]),
    line("wrong_usage", CommandExit, "A program was called with an option or argument that it does not know.")
        .needles(&[
            "^@: unrecognized option",
            "^@: unknown option",
            "^@: invalid option",
            "^@: illegal option",
            "unrecognized arguments: ",
            "the following arguments are required: ",
            "unknown flag: ",
            "unknown shorthand flag: ",
            "unrecognized flag ",
            "unrecognized subcommand",
            "unexpected argument '",
            "^error: unknown option",
            "^error: unknown command",
            "^unknown command \"",
            "^Unknown argument",
            "^Unknown JSON field",
            "^error: invalid value '",
            "invalid choice: ",
            "requires an argument",
        ])
        .wins(&[out("grep: unrecognized option '--frob'").exit(2)])
        .loses(&[(out("frob: not-an-option: No such file or directory"), "file_not_there")]),
    line("request_refused", CommandExit, "A remote service refused the content of a program's request: 400 or 422.")
        .commands(UNTESTED)
        .needles(&["returned error: 4#", "(HTTP 400)", "(HTTP 409)", "(HTTP 422)", "status code 400", "status code 422",
            "does not indicate success: 4#",
            "Error code: 400",
            "Error code: 422",
        ])
        .wins(&[out("curl: (22) The requested URL returned error: 400").exit(22).ran("curl -f https://example.com")])
        .loses(&[(out("curl: (22) The requested URL returned error: 404").exit(22), "service_answered_badly")]),
    line("git_refused", CommandExit, "git refused by its own rules: no repository, a conflict, nothing to commit.")
        .needles(&[
            "^fatal: not a git repository",
            "^fatal: ambiguous argument",
            "^fatal: bad revision",
            "^fatal: pathspec",
            "^fatal: couldn't find remote ref",
            "^fatal: not under version control",
            "^fatal: refusing to merge",
            "^fatal: a branch named",
            "^fatal: '~' is already",
            "^fatal: invalid reference",
            "^fatal: path '~' does not exist in",
            "^fatal: path '~' exists on disk, but not in",
            "^fatal: Unable to create '*': File exists",
            "^fatal: No configured push destination",
            "^fatal: The current branch",
            "^error: pathspec",
            "^error: patch failed",
            "^error: could not apply",
            "^error: Your local changes",
            "would be overwritten by",
            "^CONFLICT (",
            "^Automatic merge failed",
            "^! [rejected]",
            "[rejected] ",
            "nothing to commit",
            "nothing added to commit",
            "no changes added to commit",
            "You have unstaged changes",
            "none of the git remotes",
            "No commits between",
            "a pull request for branch * already exists",
        ])
        .wins(&[out("CONFLICT (content): Merge conflict in a.rs"), out("On branch main\nnothing to commit, working tree clean")])
        .loses(&[(out("fatal: unable to access 'https://example.com/': Failed to connect to example.com port 443"), "git_remote_unreachable")]),
    line("compiler_error", CommandExit, "A compiler or checker found errors in the code.")
        .needles(&[
            "^error[E#]: ",
            "error TS#: ",
            "^@:#:#: error: ",
            "^@:#:#: fatal error: ",
            "^@:#: error: ",
            "^@(#,#): error ",
            "^SyntaxError: ",
            "SyntaxError: ",
            "^IndentationError: ",
            "^@:#:#: undefined: ",
            "^error: cannot find symbol",
            "^Found # error",
            "^Found # warning* and # error",
            "problems (# error",
            "^error: aborting due to",
            "^* Compilation failed",
            "^@:#: undefined reference to",
        ])
        .wins(&[out("error[E0308]: mismatched types"), out("src/a.ts(3,5): error TS2322: Type 'x' is not assignable to type 'y'.")])
        .loses(&[(out("a.c:1:10: fatal error: frob.h: No such file or directory"), "build_input_missing")]),
    line("tests_failed_line", CommandExit, "A test runner names a failing test.")
        .needles(&["^FAIL$", "^FAIL ~", "^FAILED ~::", "^not ok #", "^Assertion failed", "panicked at ", "^assertion `"])
        .wins(&[out("context deadline exceeded\nFAIL")])
        .loses(&[(out("FAILED to connect"), "command_exit")]),
    line("address_in_use", CommandExit, "The port or address is already in use.")
        .layer(Layer::Environment)
        .needles(&[
            "Address already in use",
            "EADDRINUSE",
            "port is already allocated",
            "Port # is already in use",
            "Port # is in use",
            "Only one usage of each socket address",
            "Address in use",
        ])
        .wins(&[out("bind: Address already in use")])
        .loses(&[(out("bind: permission denied"), "access_denied")]),
    line("out_of_memory", CommandExit, "The program ran out of memory or of another resource of the machine.")
        .layer(Layer::Environment)
        .needles(&[
            "JavaScript heap out of memory",
            "^MemoryError",
            "Cannot allocate memory",
            "java.lang.OutOfMemoryError",
            "out of memory$",
            "^Out of memory",
            "fatal error: runtime: out of memory",
            "Too many open files",
            "EMFILE",
            "Resource temporarily unavailable",
            "Killed signal terminated program",
        ])
        .wins(&[out("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory").exit(134)])
        .loses(&[(out("").exit(134), "ended_by_signal")]),
    line("crashed", CommandExit, "The program crashed: a segmentation fault or its like.")
        .layer(Layer::Environment)
        .needles(&["Segmentation fault", "Bus error", "Illegal instruction", "(core dumped)", "^Killed$", "^Killed: 9", "Trace/breakpoint trap"])
        .wins(&[out("Segmentation fault (core dumped)").exit(139)])
        .loses(&[(out("the fault lies elsewhere"), "command_exit")]),
    line("program_exception", CommandExit, "A program ended with an exception of its own.")
        .needles(&[
            "^@Error: ",
            "^@Error$",
            "^@Exception: ",
            "^@Exception$",
            "^KeyboardInterrupt",
            "^StopIteration",
            "^thread '~' panicked",
            "^goroutine # [running]",
        ])
        .wins(&[out("Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'x'")])
        .loses(&[(out("FileNotFoundError: [Errno 2] No such file or directory: 'x'"), "file_not_there")]),
    // ---- Exit codes with a meaning, which yields to wording ---------------------------------------------------------
    meaning("question_answered_no", CommandExit, &[(1, 1)], "A search, comparison or test answered no.")
        .answer()
        .commands(&[Command::Question])
        .wins(&[out("").ran("grep -n frob a.rs"), out("1c1").ran("diff a b")])
        .loses(&[(out("grep: a.rs: No such file or directory").exit(2).ran("grep frob a.rs"), "file_not_there")]),
    Rule { exits: &[], ..meaning("search_said_nothing", CommandExit, &[], "A search or comparison failed without a word: it answered no.") }
        .answer()
        .tools(&[ToolClass::Shell])
        .commands(&[Command::Question])
        .blank()
        .wins(&[say("").tool("Bash").ran("grep frob a.rs")])
        .loses(&[(say("").tool("Bash").ran("make"), "no_text")]),
    meaning("list_answered_no", CommandExit, &[(1, 1)], "A command that lists what is installed found nothing.")
        .answer()
        .commands(&[Command::Presence])
        .worded()
        .wins(&[out("/usr/lib\n`-- (empty)").ran("npm list -g frob")])
        .loses(&[(out("frob not found").ran("which frob"), "asked_and_absent")]),
    meaning("asked_and_not_there", MissingDependency, &[(1, 1)], "A command that asks whether something is there said no.")
        .answer()
        .commands(&[Command::Presence])
        .blank()
        .wins(&[out("").ran("which frob"), out("").ran("command -v frob")])
        .loses(&[(out("").ran("grep frob a.rs"), "question_answered_no")]),
    meaning(
        "curl_exit_network",
        Network,
        &[(5, 7), (16, 16), (18, 18), (22, 22), (28, 28), (35, 35), (52, 52), (55, 56), (60, 60), (92, 92), (97, 97)],
        "curl's exit code says that the connection or the server failed.",
    )
    .commands(&[Command::Curl])
    .wins(&[out("").exit(6).ran("curl -s https://example.com"), out("").exit(28).ran("curl -s https://example.com")])
    .loses(&[(out("").exit(6).ran("make"), "command_exit")]),
    meaning("wget_exit_network", Network, &[(4, 5), (8, 8)], "wget's exit code says that the network or the server failed.")
        .commands(&[Command::Wget])
        .wins(&[out("").exit(4).ran("wget -q https://example.com")])
        .loses(&[(out("").exit(4).ran("python run.py"), "command_exit")]),
    meaning("ssh_exit_255", Network, &[(255, 255)], "ssh ended with 255: the connection failed.")
        .commands(&[Command::Ssh])
        .wins(&[out("").exit(255).ran("ssh host true")])
        .loses(&[(out("").exit(255).ran("python run.py"), "command_exit")]),
    meaning("exit_cannot_run", MissingDependency, &[(126, 126)], "Exit code 126: what was found cannot be run.")
        .wins(&[out("").exit(126)])
        .loses(&[(out("TypeError: x is not a function").exit(126), "program_exception")]),
    meaning("ended_by_signal", CommandExit, &[(129, 165)], "The exit code says that a signal ended the program.")
        .layer(Layer::Environment)
        .wins(&[out("").exit(139), out("").exit(137)])
        .loses(&[(out("").exit(128).ran("git status"), "command_exit")]),
    meaning(
        "windows_crash",
        CommandExit,
        &[(0xC000_0005, 0xC000_0005), (0xC000_00FD, 0xC000_00FD), (0xC000_013A, 0xC000_013A), (0xC000_0409, 0xC000_0409)],
        "The Windows status says that the program crashed or was stopped.",
    )
    .layer(Layer::Environment)
    .wins(&[out("").exit(0xC000_0005)])
    .loses(&[(out("").exit(3), "command_exit")]),
    // ---- Kinds that say little --------------------------------------------------------------------------------------
    weak("killed", CommandExit, "A field says that a signal ended the program.")
        .layer(Layer::Environment)
        .signals(Signals::KILLED)
        .wins(&[fact(Signals::KILLED)])
        .loses(&[(fact(Signals::KILLED).says("Command timed out after 5s"), "command_timed_out")]),
    // ---- What remains -----------------------------------------------------------------------------------------------
    Rule { exits: NON_ZERO, ..rule("command_exit", CommandExit, Layer::Tool, Stage::Rest, "The command ran and ended non-zero by its own logic.") }
        .wins(&[out("3 problems"), out("").exit(2)])
        .loses(&[(say("odd"), "unrecognised_text")]),
    rule("command_failed", CommandExit, Layer::Tool, Stage::Rest, "The command ran and failed; its exit code is not recorded.")
        .tools(&[ToolClass::Shell])
        .worded()
        .wins(&[Example { exit: None, ..out("3 problems") }, say("3 problems").tool("Bash")])
        .loses(&[(say("odd").tool("Read"), "unrecognised_text")]),
    Rule { signals: Signals::EMPTY_ERROR, ..rule("empty_error", Source::Unknown, Layer::Unknown, Stage::Rest, "It failed with an empty error object.") }
        .wins(&[fact(Signals::EMPTY_ERROR)])
        .loses(&[(fact(Signals::TOOL_ERROR), "no_text")]),
    rule("no_text", Source::Unknown, Layer::Unknown, Stage::Rest, "It failed, and nothing was said.")
        .blank()
        .wins(&[say("")])
        .loses(&[(say("odd"), "unrecognised_text")]),
    UNRECOGNISED,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::{Classifier, Verdict};
    use crate::event::Outcome;
    use crate::schema::Tool;
    use crate::text::{Pieces, Text};
    use std::collections::HashSet;

    fn verdict(classifier: &mut Classifier, example: &Example) -> Verdict {
        let outcome = Outcome {
            failed: true,
            exit_code: example.exit,
            signals: example.signals,
            http_status: example.http,
            rpc_code: example.rpc,
            harness: Pieces::one(Text::plain(example.harness.as_bytes())),
            program: Pieces::one(Text::plain(example.program.as_bytes())),
        };
        classifier.classify(&Failure {
            event: example.event,
            tool: Tool::named(example.tool.as_bytes()),
            command: crate::command::kind(&Text::plain(example.command.as_bytes())),
            outcome: &outcome,
        })
    }

    /// What an example must win, that a confuser must lose, told with its texts.
    fn told(example: &Example) -> String {
        format!("harness {:?} program {:?} exit {:?}", example.harness, example.program, example.exit)
    }

    #[test]
    fn each_rule_wins_its_examples_and_loses_its_confusers() {
        let mut classifier = Classifier::new();
        let mut wrong = Vec::new();
        for rule in RULES {
            assert!(!rule.examples.is_empty(), "{} has no example", rule.id);
            assert!(!rule.confusers.is_empty(), "{} has no confuser", rule.id);
            let wanted = rule.examples.iter().map(|example| (example, rule.id));
            for (example, id) in wanted.chain(rule.confusers.iter().map(|(example, id)| (example, *id))) {
                let verdict = verdict(&mut classifier, example);
                let got = verdict.rule.rule();
                if got.id != id {
                    wrong.push(format!("{}: {} is for {id}, {} took it", rule.id, told(example), got.id));
                }
                assert!(got.reads.contains(&verdict.basis), "{} read {:?}", got.id, verdict.basis);
            }
            for (_, id) in rule.confusers {
                assert_ne!(*id, rule.id, "a confuser that the rule itself wins");
                assert!(RULES.iter().any(|other| other.id == *id), "{}: no rule {id}", rule.id);
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    /// An event that holds all that a rule is bound to, and this text where the rule reads.
    fn bound(rule: &Rule, text: &'static str) -> Example {
        let tool = match rule.tools.first() {
            Some(ToolClass::Edit) => "Edit",
            Some(ToolClass::Search) => "Grep",
            Some(ToolClass::Job) => "BashOutput",
            _ if rule.reads.contains(&Basis::Program) => "Bash",
            _ => "WebFetch",
        };
        let command = match rule.commands.first() {
            Some(Command::Presence) => "which x",
            Some(Command::Question) => "grep x y",
            _ => "x",
        };
        let prints = rule.reads.contains(&Basis::Program);
        Example {
            event: rule.event,
            tool,
            command,
            exit: rule.exits.first().map(|(from, _)| *from).or(prints.then_some(1)),
            signals: rule.signals,
            http: None,
            rpc: None,
            harness: if prints { "" } else { text },
            program: if prints { text } else { "" },
        }
    }

    /// The text that a wording looks for, its gaps filled.
    fn filled(needle: &str) -> &'static str {
        let bare = needle.strip_suffix('$').unwrap_or(needle).trim_start_matches('^');
        let rest = if bare.ends_with(' ') { "qzvk" } else { "" };
        let filled = bare.replace(['*', '~', '@'], "qzvk").replace('#', "7") + rest;
        Box::leak(filled.into_boxed_str())
    }

    #[test]
    fn every_wording_is_taken_by_its_own_rule_and_never_by_one_of_another_source() {
        let mut classifier = Classifier::new();
        let mut lost = Vec::new();
        for rule in RULES {
            for needle in rule.needles {
                let text = filled(needle);
                let mut alone = vec![text.to_owned()];
                if !needle.ends_with('$') {
                    alone.push(format!("{text} qzvk"));
                }
                let places = match needle {
                    needle if needle.starts_with("^^") => alone,
                    needle if needle.starts_with('^') => [alone, vec![format!("qzvk\n{text}")]].concat(),
                    _ => [alone, vec![format!("qzvk\n{text}"), format!("qzvk qzvk {text}")]].concat(),
                };
                let took = places.into_iter().map(|text| {
                    let text: &'static str = Box::leak(text.into_boxed_str());
                    verdict(&mut classifier, &bound(rule, text)).rule.rule()
                });
                let took: Vec<&Rule> = took.collect();
                if took.iter().all(|taker| taker.id != rule.id) || took.iter().any(|taker| taker.source != rule.source)
                {
                    let takers: Vec<_> = took.iter().map(|taker| taker.id).collect();
                    lost.push(format!("{}: {needle:?} was taken by {takers:?}", rule.id));
                }
            }
        }
        assert!(lost.is_empty(), "{} wordings\n{}", lost.len(), lost.join("\n"));
    }

    #[test]
    fn exit_codes_mean_what_they_mean_and_yield_to_better_evidence() {
        let silent = [
            (124, "make", Timeout),
            (142, "perl -e 'alarm 3; exec @ARGV' make", Timeout),
            (137, "timeout 5 make", Timeout),
            (137, "make", CommandExit),
            (126, "./x", MissingDependency),
            (127, "x", MissingDependency),
            (139, "x", CommandExit),
            (143, "x", CommandExit),
            (6, "curl -s https://x.test", Network),
            (22, "curl -fs https://x.test", Network),
            (3, "curl -s x", CommandExit),
            (6, "x", CommandExit),
            (8, "wget -q https://x.test", Network),
            (128, "git status", CommandExit),
            (1, "grep a b", CommandExit),
            (1, "diff a b", CommandExit),
            (1, "which x", MissingDependency),
            (255, "ssh host true", Network),
            (255, "x", CommandExit),
            (9009, "x", MissingDependency),
            (0xC000_0135, "x", MissingDependency),
            (0xC000_0005, "x", CommandExit),
        ];
        let spoken = [
            (126, "./x", "bash: ./x: Permission denied", SandboxApproval),
            (22, "curl -f https://x.test", "curl: (22) The requested URL returned error: 403", SandboxApproval),
            (22, "curl -f https://x.test", "curl: (22) The requested URL returned error: 400", CommandExit),
            (128, "git fetch", "fatal: unable to access 'https://x.test/': Could not resolve host: x.test", Network),
            (2, "grep a b", "grep: b: No such file or directory", MissingDependency),
            (255, "ssh host true", "user@host: Permission denied (publickey).", SandboxApproval),
            (137, "make", "cp: x: No space left on device", CommandExit),
        ];
        let mut classifier = Classifier::new();
        let silent = silent.into_iter().map(|(code, command, source)| (code, command, "", source));
        for (code, command, printed, source) in silent.chain(spoken) {
            let got = verdict(&mut classifier, &out(printed).exit(code).ran(command)).rule.rule();
            assert_eq!(got.source, source, "{command}: {code} {printed}: {}", got.id);
        }
    }

    #[test]
    fn ids_and_sentences_are_distinct_and_ascii() {
        let ids: HashSet<_> = RULES.iter().map(|rule| rule.id).collect();
        let whys: HashSet<_> = RULES.iter().map(|rule| rule.why).collect();
        assert_eq!((ids.len(), whys.len()), (RULES.len(), RULES.len()));
        for rule in RULES {
            assert!(rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
            assert!(rule.why.is_ascii() && rule.why.ends_with('.') && !rule.why.contains('"'), "{}", rule.why);
        }
    }

    #[test]
    fn the_table_is_sorted_by_stage_and_ends_with_the_rule_for_all_else() {
        assert!(RULES.is_sorted_by_key(|rule| rule.stage));
        assert!(RULES.last().is_some_and(|rule| rule.id == UNRECOGNISED.id));
        for rule in RULES {
            let reads_text = !rule.reads.contains(&Basis::Structured);
            assert_eq!(reads_text, !rule.needles.is_empty(), "{} reads text if and only if it has needles", rule.id);
        }
    }

    #[test]
    fn no_needle_stands_twice_in_a_rule_and_none_is_lost() {
        for rule in RULES {
            let distinct: HashSet<_> = rule.needles.iter().map(|needle| needle.to_lowercase()).collect();
            assert_eq!(distinct.len(), rule.needles.len(), "{} has a needle twice", rule.id);
        }
    }

    #[test]
    fn unknown_has_three_rules_beside_the_followers_and_unclosed_turn_none() {
        let is_unknown = |rule: &&Rule| rule.source == Source::Unknown && !rule.signals.has(Signals::FOLLOWER);
        let unknown = RULES.iter().filter(is_unknown).count();
        assert_eq!(unknown, 3);
        assert!(RULES.iter().all(|rule| rule.source != Source::UnclosedTurn));
    }
}
