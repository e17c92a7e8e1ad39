//! The library's face: the verdict on one tool outcome, for whoever writes it into a receipt of their own.
//!
//! The same engine and the same rules as the filter, without a log around them. Reads nothing, writes nothing, keeps
//! nothing of what it was shown: a [`Verdict`] holds words of a closed vocabulary. May not know agents or output.

use crate::classify::{Classifier, Failure};
use crate::event::{Command, Outcome, Signals};
use crate::schema::{Basis, EventKind, Layer, Source, Tool, ToolClass};
use crate::text::Text;
use crate::{command, scan};
use serde::Serialize;

/// Why a tool call failed.
///
/// Serialized, it has the keys of a `failure` record:
///
/// ```
/// # let outcome = whale_classify::ToolOutcome::of("exec_shell").exit_code(127).program("sh: 1: rg: not found");
/// let verdict = whale_classify::classify(&outcome).expect("127 is a failure");
/// let json = serde_json::to_string(&verdict)?;
/// assert!(json.starts_with(r#"{"failure_source":"missing_dependency","layer":"environment","rule":""#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The cause.
    #[serde(rename = "failure_source")]
    pub source: Source,
    /// Where the cause lies: around the agent, in the tool, with the model, or with a person.
    pub layer: Layer,
    /// The name of the rule that decided.
    pub rule: &'static str,
    /// What kind of evidence it read. What a program printed is the weakest: who writes the output can influence it.
    pub basis: Basis,
    /// The rule's sentence for people.
    pub why: &'static str,
}

/// What a field of the tool's result states, where it states more than that the call failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Status {
    /// The operating system, a policy or a rule refused the call.
    Denied,
    /// A sandbox refused the call.
    SandboxDenied,
    /// The sandbox's own setting closes the network.
    NetworkRestricted,
    /// A person declined the call.
    Declined,
    /// A person interrupted the call while it ran.
    Interrupted,
    /// A hook refused the call.
    HookDenied,
    /// The call was cancelled, and nobody says by whom.
    Cancelled,
    /// A time limit ran out.
    TimedOut,
    /// The arguments do not fit the tool.
    InvalidArguments,
    /// There is no tool of that name.
    UnknownTool,
    /// A path lies outside of the allowed workspace.
    OutsideWorkspace,
    /// A file, directory or resource is not there.
    NotFound,
    /// A program, interpreter, server or library that the host should have is not there.
    NotInstalled,
    /// A connection failed.
    NetworkError,
    /// The service is overloaded, limits the rate, or a quota is spent.
    ServiceLimit,
    /// The service failed.
    ServerError,
    /// Credentials are missing or refused.
    Unauthenticated,
    /// The call is wrong about the state: text to replace not found, a stale file, a directory read as a file.
    WrongState,
    /// A background job, shell or sub-agent was killed, lost, stale or not found.
    JobLost,
    /// A background job ran into its own limit.
    JobTimedOut,
    /// A limit on sub-agents or background jobs was reached.
    JobLimit,
    /// The device is full.
    NoSpace,
    /// A signal ended the program.
    Killed,
    /// The tool never ran.
    NotRun,
}

impl Status {
    const fn signals(self) -> Signals {
        match self {
            Status::Denied => Signals::DENIED,
            Status::SandboxDenied => Signals::SANDBOX_DENIED,
            Status::NetworkRestricted => Signals::NETWORK_RESTRICTED,
            Status::Declined => Signals::USER_DECLINED,
            Status::Interrupted => Signals::INTERRUPTED,
            Status::HookDenied => Signals::HOOK_DENIED,
            Status::Cancelled => Signals::CANCELLED,
            Status::TimedOut => Signals::TIMED_OUT,
            Status::InvalidArguments => Signals::INVALID_ARGUMENTS,
            Status::UnknownTool => Signals::UNKNOWN_TOOL,
            Status::OutsideWorkspace => Signals::PATH_ESCAPE,
            Status::NotFound => Signals::NOT_FOUND,
            Status::NotInstalled => Signals::NOT_INSTALLED,
            Status::NetworkError => Signals::NETWORK_ERROR,
            Status::ServiceLimit => Signals::SERVICE_LIMIT,
            Status::ServerError => Signals::SERVER_ERROR,
            Status::Unauthenticated => Signals::UNAUTHENTICATED,
            Status::WrongState => Signals::WRONG_STATE,
            Status::JobLost => Signals::JOB_LOST,
            Status::JobTimedOut => Signals::JOB_TIMED_OUT,
            Status::JobLimit => Signals::JOB_LIMIT,
            Status::NoSpace => Signals::NO_SPACE,
            Status::Killed => Signals::KILLED,
            Status::NotRun => Signals::NOT_RUN,
        }
    }
}

/// How one tool call ended, as whoever ran it knows. Begins with [`ToolOutcome::of`]; each further fact is one call.
///
/// The two texts differ in trust: [`harness`](Self::harness) is what the agent's own runner wrote,
/// [`program`](Self::program) what a program printed. A rule says which of them it may read, so text in the wrong place
/// is worse than no text.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ToolOutcome<'a> {
    tool: Tool,
    command: Command,
    failed: bool,
    outcome: Outcome<'a>,
}

impl<'a> ToolOutcome<'a> {
    /// A call of the tool of this name, of which nothing else is known yet. A name that is not public is no mistake.
    pub fn of(tool: &str) -> Self {
        let tool = Tool::named(tool.as_bytes());
        Self { tool, command: Command::Other, failed: false, outcome: Outcome::default() }
    }

    /// The command line that a shell tool ran. It only breaks ties: a `grep` that ends with 1 found nothing.
    #[must_use]
    pub fn command(mut self, line: &str) -> Self {
        if matches!(self.tool.class(), ToolClass::Shell | ToolClass::Other) {
            self.command = command::kind(&Text::plain(line.as_bytes()));
        }
        self
    }

    /// The program's exit code: any but 0 is a failure.
    #[must_use]
    pub fn exit_code(mut self, code: i64) -> Self {
        self.failed |= code != 0;
        self.outcome.exit_code = scan::exit_code(code);
        self
    }

    /// The tool's own error flag. A success that is flagged does not undo an exit code.
    #[must_use]
    pub fn failed(mut self, failed: bool) -> Self {
        self.failed |= failed;
        self
    }

    /// What a field states: a failure. May be called again, for each fact that holds.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.failed = true;
        self.outcome.signals.insert(status.signals());
        self
    }

    /// The HTTP status that a web tool was given: one of 400 or more is a failure.
    #[must_use]
    pub fn http_status(mut self, status: u16) -> Self {
        self.failed |= status >= 400;
        self.outcome.http_status = Some(status);
        self
    }

    /// The JSON-RPC error code that an MCP server or client gave: a failure.
    #[must_use]
    pub fn rpc_code(mut self, code: i64) -> Self {
        self.failed = true;
        self.outcome.rpc_code = Some(code);
        self
    }

    /// What the agent's own runner wrote: a refusal, a validation error, "timed out after". May be called again.
    #[must_use]
    pub fn harness(mut self, text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.outcome.harness.push(Text::plain(text.as_ref()));
        self
    }

    /// What the program printed, standard output and error as they came. May be called again.
    #[must_use]
    pub fn program(mut self, text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.outcome.program.push(Text::plain(text.as_ref()));
        self
    }
}

/// The verdict on a tool outcome; `None` where nothing says that it failed, whatever the texts hold.
///
/// It is what the filter would write of the same evidence in a log: same engine, same rules. It does no input or output,
/// does not panic whatever it is given, and reads a bounded part of each text. The rules are compiled at the first call
/// in a process.
///
/// ```
/// use whale_classify::{Basis, Layer, Source, Status, ToolOutcome, classify};
///
/// // A program that is not there.
/// let outcome = ToolOutcome::of("exec_shell").exit_code(127).program("bash: line 1: frobnicate: command not found");
/// let verdict = classify(&outcome).expect("a non-zero exit code is a failure");
/// assert_eq!((verdict.source, verdict.layer), (Source::MissingDependency, Layer::Environment));
/// assert_eq!(verdict.source.word(), "missing_dependency");
///
/// // The runner's own words, where the tool has no exit code.
/// let outcome = ToolOutcome::of("edit_file").failed(true).harness("String to replace not found in file.");
/// let verdict = classify(&outcome).expect("its flag says so");
/// assert_eq!((verdict.source, verdict.basis), (Source::Model, Basis::Harness));
///
/// // A field decides, whatever was printed.
/// let outcome = ToolOutcome::of("exec_shell").status(Status::TimedOut).program("Connection refused");
/// let verdict = classify(&outcome).expect("a status is a failure");
/// assert_eq!((verdict.source, verdict.basis), (Source::Timeout, Basis::Structured));
///
/// // What a successful command prints makes no failure.
/// assert_eq!(classify(&ToolOutcome::of("exec_shell").exit_code(0).program("curl: (6) Could not resolve host")), None);
/// ```
#[must_use]
pub fn classify(outcome: &ToolOutcome<'_>) -> Option<Verdict> {
    if !outcome.failed {
        return None;
    }
    let evidence = Outcome { failed: true, ..outcome.outcome };
    let verdict = Classifier::new().classify(&Failure {
        event: EventKind::ToolCall,
        tool: outcome.tool,
        command: outcome.command,
        outcome: &evidence,
    });
    let rule = verdict.rule.rule();
    Some(Verdict { source: rule.source, layer: rule.layer, rule: rule.id, basis: verdict.basis, why: rule.why })
}
