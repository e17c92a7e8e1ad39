//! The names under which agents write the same facts: a call's id, a flag, a status, an exit code, a typed cause, a text.
//!
//! How a dialect uses it: `Evidence::of(node)` reads one result's node; [`Evidence::add`] reads a further node of the same
//! result, and fields with names of an agent's own are told with [`Evidence::add_error`], [`Evidence::add_kind`],
//! [`Evidence::add_code`] and [`Evidence::add_output`]. [`Evidence::outcome`] then weighs them: a non-zero exit code wins
//! over every flag, a flag or status over an error that merely stands there. [`began`] makes a call's event, [`call_id`] its
//! id. May not know which agent it reads for, nor rules.

use super::wrapper::content;
use crate::command;
use crate::event::{CallId, Command, Event, Job, JobId, Outcome, Scope, Session, Signals};
use crate::parse::Inner;
use crate::scan::{Key as K, Record, Value, exit_code};
use crate::schema::{Tool, ToolClass};
use crate::text::{Pieces, Text};
use crate::time::Seconds;

/// Names of a session's id.
pub const SESSION_IDS: &[K] =
    &[K::session_id, K::sessionId, K::sessionID, K::conversation_id, K::conversationId, K::thread_id, K::threadId];
/// Names of a record's time.
pub const TIMES: &[K] = &[K::timestamp, K::ts, K::time, K::timestamp_ms, K::created_at, K::createdAt, K::created];

/// The session that the record's own id names.
pub fn session<'line>(record: &Record<'line>) -> Session<'line> {
    session_of(record.first_of(SESSION_IDS))
}

/// The session of this id.
pub fn session_of(id: Value<'_>) -> Session<'_> {
    let id = id.id();
    if id.is_empty() { Session::None } else { Session::Id(id) }
}

/// The record's time, by the first of the known names that states one.
pub fn time(record: &Record<'_>) -> Option<Seconds> {
    TIMES.iter().find_map(|key| record.get(*key).time())
}

/// Ids of at least so many bytes are taken to be unique in the world; shorter ones are counters.
const WORLD_ID_BYTES: usize = 22;

/// The id that joins a call to its result: a long one is unique in the world, a short one within its session.
pub fn call_id(id: Text<'_>) -> Option<CallId<'_>> {
    if id.is_empty() {
        return None;
    }
    let is_long = id.ask(|id| id.len() >= WORLD_ID_BYTES).unwrap_or(true);
    Some(CallId { scope: if is_long { Scope::World } else { Scope::Session }, id })
}

/// The id of a call in a log whose sessions have no ids: a long random one is unique in the world; a short one, or one
/// that counts (`functions.read:3`), only while its call has no result.
pub fn passing_id(id: Text<'_>) -> Option<CallId<'_>> {
    let is_random = id.ask(|id| id.len() >= WORLD_ID_BYTES && !id.contains(&b':') && !id.contains(&b'.'));
    let scope = if is_random.unwrap_or(true) { Scope::World } else { Scope::Unanswered };
    (!id.is_empty()).then_some(CallId { scope, id })
}

/// A call began: for a shell, what kind of command its input holds; for a poll, the job that it asks after. The input is
/// an object, or an object that stands in a string.
pub fn began<'line>(id: Option<CallId<'line>>, tool: Tool, input: Value<'_>) -> Event<'line> {
    let text = if input.is_string() { input.text() } else { input.source() };
    let command = if tool.class() == ToolClass::Shell {
        text.with_field(&["command", "cmd", "script"], |text| command::kind(&text)).unwrap_or_default()
    } else {
        Command::Other
    };
    let job = if tool.class() == ToolClass::Job {
        text.with_field(&["task_id", "bash_id", "shell_id", "shellId", "job_id"], JobId::new)
            .map_or(Job::None, Job::Polls)
    } else {
        Job::None
    };
    Event::CallBegan { id, tool, command, job }
}

/// What a status says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It ended well.
    Fine,
    /// It failed, and perhaps why.
    Failed(Signals),
    /// It has not ended.
    Unfinished,
}

impl crate::text::Answer for Status {}
impl crate::text::Answer for Signals {}

/// What a word in the place of a status says, whatever its case and however its parts are joined.
pub fn status(word: Text<'_>) -> Option<Status> {
    squeezed(word, |word| {
        let signals = match word {
            "success" | "succeeded" | "completed" | "complete" | "ok" | "done" | "passed" | "finished" => {
                return Some(Status::Fine);
            }
            "inprogress" | "pending" | "started" | "running" | "queued" | "active" | "partial" | "streaming"
            | "approved" | "executing" | "scheduled" | "validating" | "awaitingapproval" | "async" | "stillrunning" => {
                return Some(Status::Unfinished);
            }
            "error" | "errored" | "failed" | "failure" | "fail" | "incomplete" | "errortext" | "errorjson" => {
                Signals::NONE
            }
            "cancelled" | "canceled" | "aborted" => Signals::CANCELLED,
            "interrupted" => Signals::INTERRUPTED,
            "denied" | "rejected" | "declined" | "blocked" | "executiondenied" | "forbidden" => Signals::DENIED,
            "timedout" | "timeout" => Signals::TIMED_OUT,
            "killed" => Signals::KILLED,
            "invalidarguments" => Signals::INVALID_ARGUMENTS,
            _ => return None,
        };
        Some(Status::Failed(signals))
    })
}

/// Typed kinds of many agents and services: small letters, without what joins their parts.
const KINDS: &[(Signals, &[&str])] = &[
    (
        Signals::DENIED,
        &[
            "permissiondenied",
            "permissionerror",
            "permission",
            "accessdenied",
            "policyviolation",
            "denied",
            "forbidden",
            "executiondenied",
            "stopexecution",
            "rejected",
            "blocked",
            "eacces",
            "eperm",
            "erofs",
        ],
    ),
    (Signals::SANDBOX_DENIED, &["sandboxdenied", "sandboxerror", "sandboxexpansionrequired", "sandboxunsupported"]),
    (Signals::USER_DECLINED, &["userrejected", "userdeclined", "rejectedbyuser", "userdenied"]),
    (Signals::HOOK_DENIED, &["hookdenied", "hookblocked", "hook"]),
    (Signals::PATH_ESCAPE, &["pathnotinworkspace", "pathescape", "outsideworkspace"]),
    (Signals::CANCELLED, &["cancelled", "canceled", "aborted", "abort", "aborterror", "messageabortederror"]),
    (Signals::INTERRUPTED, &["interrupted", "userinterrupt", "keyboardinterrupt"]),
    (Signals::TIMED_OUT, &["timeout", "timedout", "timeouterror", "timeoutexpired", "deadlineexceeded"]),
    (
        Signals::INVALID_ARGUMENTS,
        &[
            "invalidtoolparams",
            "invalidparams",
            "invalidparameters",
            "invalidarguments",
            "invalidargument",
            "invalidinput",
            "invalidtoolinput",
            "invalidtoolinputerror",
            "invalidtoolarguments",
            "validationerror",
            "validation",
            "inputvalidationerror",
            "schemaerror",
            "jsonparseerror",
            "parseerror",
        ],
    ),
    (
        Signals::UNKNOWN_TOOL,
        &["unknowntool", "toolnotfound", "toolnotregistered", "nosuchtool", "nosuchtoolerror", "methodnotfound"],
    ),
    (
        Signals::NOT_FOUND,
        &[
            "filenotfound",
            "filenotfounderror",
            "notfound",
            "enoent",
            "pathnotfound",
            "searchpathnotfound",
            "directorynotfound",
            "resourcenotfound",
        ],
    ),
    (
        Signals::NOT_INSTALLED,
        &[
            "notinstalled",
            "commandnotfound",
            "modulenotfounderror",
            "importerror",
            "missingdependency",
            "servernotfound",
            "spawnerror",
        ],
    ),
    (
        Signals::NETWORK_ERROR,
        &[
            "network",
            "networkerror",
            "connectionerror",
            "connectionrefused",
            "connectionclosed",
            "transportclosed",
            "econnrefused",
            "econnreset",
            "enotfound",
            "enetunreach",
            "etimedout",
            "eaiagain",
            "dnserror",
            "unknownhost",
            "unreachable",
            "urlnotaccessible",
        ],
    ),
    (
        Signals::SERVICE_LIMIT,
        &[
            "ratelimit",
            "ratelimited",
            "ratelimiterror",
            "ratelimitexceeded",
            "toomanyrequests",
            "quota",
            "quotaexceeded",
            "insufficientquota",
            "overloaded",
            "overloadederror",
            "resourceexhausted",
            "billingerror",
            "usagelimit",
        ],
    ),
    (Signals::SERVER_ERROR, &["servererror", "internalservererror", "badgateway", "serviceunavailable", "unavailable"]),
    (
        Signals::UNAUTHENTICATED,
        &[
            "authentication",
            "authenticationerror",
            "authenticationfailed",
            "authorization",
            "auth",
            "autherror",
            "providerautherror",
            "unauthorized",
            "unauthenticated",
            "invalidapikey",
        ],
    ),
    (Signals::BAD_REQUEST, &["badrequest", "invalidrequest", "invalidrequesterror"]),
    (
        Signals::CONTEXT_OVERFLOW,
        &[
            "contextoverflow",
            "contextoverflowerror",
            "contextlimit",
            "contextlengthexceeded",
            "contextwindowexceeded",
            "prompttoolong",
            "requesttoolarge",
        ],
    ),
    (Signals::REFUSED, &["refusal", "refused", "contentfilter", "contentfiltered", "filtered", "safety"]),
    (
        Signals::OUTPUT_INCOMPLETE,
        &[
            "maxtokens",
            "maxoutputtokens",
            "messageoutputlengtherror",
            "emptyresponse",
            "invalidstream",
            "malformedfunctioncall",
        ],
    ),
    (
        Signals::BUDGET_SPENT,
        &["maxturns", "turnlimit", "maxsteps", "maxiterations", "budgetexceeded", "fatalturnlimitederror"],
    ),
    (
        Signals::WRONG_STATE,
        &[
            "editnooccurrencefound",
            "editexpectedoccurrencemismatch",
            "editnochange",
            "editnochangellmjudgement",
            "editpreparationfailure",
            "attempttocreateexistingfile",
            "targetisdirectory",
            "pathisnotadirectory",
            "pathisnotdirectory",
            "filetoolarge",
            "isadirectory",
            "eisdir",
            "enotdir",
            "notfile",
            "invalidfile",
        ],
    ),
    (Signals::NO_SPACE, &["nospaceleft", "nospace", "enospc"]),
    (Signals::JOB_LOST, &["tasknotfound", "shellnotfound", "jobnotfound"]),
    (Signals::JOB_LIMIT, &["joblimit", "threadlimit", "agentlimit"]),
    (
        Signals::TOOL_ERROR,
        &["failure", "error", "toolerror", "mcptoolerror", "executionfailed", "executionerror", "shellexecuteerror"],
    ),
    (Signals::INTERNAL_ERROR, &["internal", "internalerror", "unhandledexception"]),
];

/// Parts of a kind that no table can list whole, such as an exception's class.
const KIND_PARTS: &[(&str, Signals)] = &[
    ("timeout", Signals::TIMED_OUT),
    ("ratelimit", Signals::SERVICE_LIMIT),
    ("connection", Signals::NETWORK_ERROR),
    ("connectexception", Signals::NETWORK_ERROR),
    ("unknownhost", Signals::NETWORK_ERROR),
    ("permission", Signals::DENIED),
    ("filenotfound", Signals::NOT_FOUND),
    ("nosuchfile", Signals::NOT_FOUND),
    ("unauthorized", Signals::UNAUTHENTICATED),
    ("authentication", Signals::UNAUTHENTICATED),
    ("webfetch", Signals::NETWORK_ERROR),
    ("websearch", Signals::NETWORK_ERROR),
    ("notadirectory", Signals::WRONG_STATE),
    ("agentnotfound", Signals::JOB_LOST),
    ("agentnotrunning", Signals::JOB_LOST),
];

/// The fact that a typed kind stands for, whatever its case and however its parts are joined.
pub fn kind(word: Text<'_>) -> Signals {
    squeezed(word, |word| {
        let listed = KINDS.iter().find(|(_, words)| words.contains(&word)).map(|(signals, _)| *signals);
        let part = || KIND_PARTS.iter().find(|(part, _)| word.contains(part)).map(|(_, signals)| *signals);
        listed.or_else(part).unwrap_or_default()
    })
}

/// Longer words are no word of a vocabulary.
const SQUEEZED_BYTES: usize = 64;

/// Asks a question of a word in small letters and digits only; of none where it is longer than any vocabulary's.
pub fn squeezed<A: crate::text::Answer + Default>(word: Text<'_>, question: impl FnOnce(&str) -> A) -> A {
    word.ask(|bytes| {
        let mut short = [0_u8; SQUEEZED_BYTES];
        let mut count = 0;
        for byte in bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
            match short.get_mut(count) {
                Some(slot) => *slot = byte.to_ascii_lowercase(),
                None => return A::default(),
            }
            count += 1;
        }
        str::from_utf8(short.get(..count).unwrap_or_default()).map(question).unwrap_or_default()
    })
    .unwrap_or_default()
}

/// Levels of results inside results that are followed.
const NESTING_MAX: usize = 4;

/// Where facts stand beside a result.
const FACTS: &[K] = &[K::metadata, K::metrics, K::details, K::extra, K::outcome, K::structuredContent];

/// What the nodes of one result state.
#[derive(Clone, Copy, Default)]
pub struct Evidence<'line> {
    code: Option<i64>,
    says_failed: bool,
    says_fine: bool,
    is_unfinished: bool,
    has_error: bool,
    has_empty_error: bool,
    signals: Signals,
    http_status: Option<u16>,
    rpc_code: Option<i64>,
    errors: Pieces<'line>,
    streams: Pieces<'line>,
    output: Pieces<'line>,
}

impl<'line> Evidence<'line> {
    /// What this node states.
    pub fn of(node: Value<'line>) -> Self {
        let mut evidence = Self::default();
        evidence.add(node);
        evidence
    }

    /// Reads a further node of the same result.
    pub fn add(&mut self, node: Value<'line>) {
        self.add_nested(node, NESTING_MAX);
    }

    fn add_nested(&mut self, node: Value<'line>, levels: usize) {
        for field in node.children() {
            match field.key() {
                Some(K::is_error | K::isError | K::failed) => self.add_flag(field.flag().map(|flag| !flag)),
                Some(K::success | K::ok) => self.add_flag(field.flag()),
                Some(K::status | K::state) if field.is_string() => self.add_status(field.text()),
                Some(K::exit_code | K::exitCode | K::returncode | K::return_code | K::exit_status | K::exitStatus) => {
                    self.add_code(field)
                }
                Some(K::timed_out | K::timedOut | K::timeout) if field.is_true() => self.fail(Signals::TIMED_OUT),
                Some(K::cancelled | K::canceled | K::isCancelled | K::aborted) if field.is_true() => {
                    self.fail(Signals::CANCELLED);
                }
                Some(K::interrupted) if field.is_true() => self.fail(Signals::INTERRUPTED),
                Some(K::denied | K::rejected) if field.is_true() => self.fail(Signals::DENIED),
                Some(K::sandbox_denied) if field.is_true() => self.fail(Signals::SANDBOX_DENIED),
                Some(K::error) => self.add_error(field),
                Some(K::errorType | K::error_type | K::errorCode | K::error_code | K::otel_error_type) => {
                    self.add_kind(field);
                }
                Some(K::statusCode | K::status_code | K::http_status | K::httpStatus | K::http_status_code) => {
                    self.add_kind(field);
                }
                Some(K::classification) => self.add_kind(field.get(K::kind)),
                Some(K::errorMessage | K::error_message | K::errorText | K::rejection_reason) => {
                    self.errors.push(field.text());
                }
                Some(K::stdout | K::stderr) => self.streams.push(field.text()),
                Some(K::content | K::output | K::resultDisplay | K::detailedContent | K::aggregated_output)
                    if !field.is_object() =>
                {
                    self.add_output(field);
                }
                Some(K::result | K::return_value | K::value | K::text) if !field.is_object() => self.add_output(field),
                Some(key) if FACTS.contains(&key) => self.add_facts(field),
                _ => {}
            }
        }
        if levels == 0 {
            return;
        }
        for field in node.children().filter(Value::is_object) {
            match field.key() {
                Some(
                    K::result | K::return_value | K::observation | K::toolResult | K::functionResponse | K::response,
                ) => {
                    if self.has_verdict() {
                        self.add_body(field);
                    } else {
                        self.add_nested(field, levels - 1);
                    }
                }
                Some(K::output | K::value | K::content) => self.add_body(field),
                _ => {}
            }
        }
    }

    /// What stands beside a result, and only adds to it: an exit code, a time limit.
    pub fn add_facts(&mut self, node: Value<'line>) {
        let code = [K::exit_code, K::exitCode, K::exit, K::returncode, K::return_code, K::exit_status];
        self.add_code(node.first_of(&code));
        if [K::timed_out, K::timedOut].iter().any(|key| node.get(*key).is_true()) {
            self.fail(Signals::TIMED_OUT);
        }
    }

    /// What a tool returned: its own exit code and error flag, and its text. A status in it is the tool's own affair.
    fn add_body(&mut self, node: Value<'line>) {
        for facts in FACTS.iter().map(|key| node.get(*key)).chain([node]) {
            self.add_facts(facts);
        }
        if node.first_of(&[K::is_error, K::isError]).is_true() {
            self.says_failed = true;
        }
        self.streams.push(node.get(K::stdout).text());
        self.streams.push(node.get(K::stderr).text());
        self.errors.push(node.get(K::error).text());
        self.add_output(node.first_of(&[K::content, K::output, K::text, K::message, K::value]));
    }

    /// A flag: `true` is fine.
    pub fn add_flag(&mut self, is_fine: Option<bool>) {
        self.says_fine |= is_fine == Some(true);
        self.says_failed |= is_fine == Some(false);
    }

    /// It failed, and this is why.
    pub fn fail(&mut self, signals: Signals) {
        self.says_failed = true;
        self.signals.insert(signals);
    }

    /// A fact that says why, if it failed.
    pub fn note(&mut self, signals: Signals) {
        self.signals.insert(signals);
    }

    /// A word in the place of a status.
    pub fn add_status(&mut self, word: Text<'_>) {
        match status(word) {
            Some(Status::Fine) => self.says_fine = true,
            Some(Status::Failed(signals)) => self.fail(signals),
            Some(Status::Unfinished) => self.is_unfinished = true,
            None => {}
        }
    }

    /// An exit code: a number, or `exit status: N`. `null` and -1 mean that there is none.
    pub fn add_code(&mut self, value: Value<'_>) {
        let number = match value.text().strip_prefix("exit status: ") {
            Some(rest) => rest.number(),
            None => value.number(),
        };
        if let Some(code) = number.filter(|code| *code != -1).and_then(exit_code)
            && self.code.is_none_or(|known| known == 0)
        {
            self.code = Some(code);
        }
    }

    /// An exit code that a runner's line states.
    pub fn add_exit(&mut self, code: i64) {
        if self.code.is_none_or(|known| known == 0) {
            self.code = Some(code);
        }
    }

    /// What a program printed, where it is told apart from the runner's words.
    pub fn add_program(&mut self, text: Text<'line>) {
        self.streams.push(text);
    }

    /// A program's pieces, with another text in the place of the last one.
    pub fn add_program_but_last(&mut self, pieces: &Pieces<'line>, last: Text<'line>) {
        let mut pieces = *pieces;
        pieces.replace_last(last);
        for piece in pieces.iter() {
            self.streams.push(piece);
        }
    }

    /// It is known to have failed.
    pub const fn has_failed(&self) -> bool {
        self.says_failed || matches!(self.code, Some(code) if code != 0)
    }

    /// What the agent's runner wrote.
    pub fn add_harness(&mut self, text: Text<'line>) {
        self.errors.push(text);
    }

    /// An error: a sentence, an object with a kind and a sentence, or `true`.
    pub fn add_error(&mut self, error: Value<'line>) {
        if error.is_string() {
            self.has_error |= !error.text().is_empty();
            self.errors.push(error.text());
        } else if error.is_object() {
            self.has_error = true;
            self.has_empty_error |= error.is_empty_object();
            let data = error.get(K::data);
            for node in [error, data] {
                for key in [K::type_, K::code, K::kind, K::name, K::errorType, K::statusCode, K::status] {
                    self.add_kind(node.get(key));
                }
                let message = node.first_of(&[K::message, K::detail, K::reason, K::error, K::text]);
                self.errors.push(message.text());
            }
        } else {
            self.says_failed |= error.is_true();
        }
    }

    /// A typed kind: a word, an HTTP status, a JSON-RPC code.
    pub fn add_kind(&mut self, value: Value<'_>) {
        match value.number() {
            Some(number @ -32_999..=-32_000) => self.rpc_code = Some(number),
            Some(number @ 400..=599) => self.http_status = u16::try_from(number).ok(),
            Some(_) => {}
            None if value.is_string() => self.signals.insert(kind(value.text())),
            None => {}
        }
    }

    /// What the tool returned: a string, or a list of strings and of blocks that hold a text.
    pub fn add_output(&mut self, value: Value<'line>) {
        for piece in content(value).iter() {
            self.output.push(piece);
        }
    }

    /// A body that the agent's runner wrote as a JSON object: its exit code and what was printed. `None` where it is
    /// none, or states neither a code nor a time limit.
    pub fn embedded<'inner>(body: Text<'_>, inner: &'inner mut Inner) -> Option<Evidence<'inner>> {
        if !body.starts_with("{") {
            return None;
        }
        let record = inner.read(body)?;
        let mut evidence = Evidence::default();
        evidence.add_body(record.root());
        (evidence.code.is_some() || evidence.signals.has(Signals::TIMED_OUT)).then_some(evidence)
    }

    /// Something says whether it failed.
    pub const fn has_verdict(&self) -> bool {
        self.says_failed || self.says_fine || self.has_error || self.code.is_some()
    }

    /// A status says that it goes on.
    pub const fn is_unfinished(&self) -> bool {
        self.is_unfinished && !self.says_failed
    }

    /// What it comes to. Where no exit code tells that a program ran, its text may be the runner's or the program's.
    pub fn outcome(&self) -> Outcome<'line> {
        let has_failing_code = self.code.is_some_and(|code| code != 0);
        let failed = has_failing_code || self.says_failed || (self.has_error && !self.says_fine);
        let mut outcome = Outcome { failed, exit_code: self.code, ..Outcome::default() };
        if !failed {
            return outcome;
        }
        outcome.signals = self.signals;
        outcome.http_status = self.http_status;
        outcome.rpc_code = self.rpc_code;
        outcome.harness = self.errors;
        outcome.program = self.streams;
        let is_told = has_failing_code || !self.streams.is_blank();
        for piece in self.output.iter() {
            if !is_told {
                outcome.harness.push(piece);
            }
            // What streams hold already is not read twice.
            if self.streams.is_blank() {
                outcome.program.push(piece);
            }
        }
        if self.has_empty_error && outcome.harness.is_blank() && outcome.program.is_blank() {
            outcome.signals.insert(Signals::EMPTY_ERROR);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::scan::Scanner;

    fn with<R>(json: &str, look: impl FnOnce(Outcome<'_>) -> R) -> R {
        look(Evidence::of(Scanner::new().scan(json.as_bytes()).unwrap().root()).outcome())
    }

    #[test]
    fn a_non_zero_exit_code_wins_over_a_flag_that_says_success() {
        for json in [
            r#"{"success":true,"exit_code":3}"#,
            r#"{"status":"success","metadata":{"exit":3}}"#,
            r#"{"isError":false,"result":{"structuredContent":{"exit_code":3}}}"#,
            r#"{"ok":true,"output":{"exit_status":"exit status: 3"}}"#,
        ] {
            with(json, |outcome| {
                assert!(outcome.failed, "{json}");
                assert_eq!(outcome.exit_code, Some(3), "{json}");
            });
        }
    }

    #[test]
    fn a_body_that_tells_of_an_error_is_no_failure_while_the_flag_says_success() {
        for json in [
            r#"{"is_error":false,"output":{"status":"error","error":"boom"}}"#,
            r#"{"status":"success","result":{"status":"error","error":"boom"}}"#,
            r#"{"success":true,"error":"","exit_code":0}"#,
            r#"{"content":"Error: boom"}"#,
        ] {
            with(json, |outcome| assert!(!outcome.failed, "{json}"));
        }
    }

    #[test]
    fn no_exit_code_is_read_from_null_or_from_minus_one() {
        with(r#"{"exit_code":-1,"timed_out":true}"#, |outcome| {
            assert!(outcome.failed && outcome.exit_code.is_none() && outcome.signals.has(Signals::TIMED_OUT));
        });
        with(r#"{"exit_code":null}"#, |outcome| assert!(!outcome.failed));
    }

    #[test]
    fn kinds_are_known_however_they_are_spelt() {
        for (word, signals) in [
            ("PERMISSION_DENIED", Signals::DENIED),
            ("file-not-found", Signals::NOT_FOUND),
            ("FileNotFoundError", Signals::NOT_FOUND),
            ("java.net.SocketTimeoutException", Signals::TIMED_OUT),
            ("ls_path_is_not_a_directory", Signals::WRONG_STATE),
            ("task_stop_agent_not_running", Signals::JOB_LOST),
        ] {
            assert!(kind(Text::plain(word.as_bytes())) == signals, "{word}");
        }
        assert!(kind(Text::plain(b"something_else")).is_empty());
        assert!(kind(Text::plain(&[b'x'; 300])).is_empty());
    }

    #[test]
    fn an_error_object_gives_its_kind_and_its_sentence() {
        with(r#"{"error":{"type":"file_not_found","message":"gone"}}"#, |outcome| {
            assert!(outcome.failed && outcome.signals.has(Signals::NOT_FOUND) && outcome.harness.first().is("gone"));
        });
        with(r#"{"error":{"code":-32602,"message":"bad"}}"#, |outcome| assert_eq!(outcome.rpc_code, Some(-32602)));
        with(r#"{"error":{}}"#, |outcome| assert!(outcome.failed && outcome.signals.has(Signals::EMPTY_ERROR)));
    }
}
