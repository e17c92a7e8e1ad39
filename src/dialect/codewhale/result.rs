//! What the result of a tool says: the fields beside it, and the text in it.
//!
//! A text is a `ToolError`'s display, whose beginning is fixed, or what the tool returned. The shell's exit stands in the
//! last line of the first kind and in the first line of the second; everything else in them is the program's. May not
//! know in which stream a result stood.

use crate::dialect::wrapper::trailing_exit;
use crate::event::{Job, JobId, Outcome, Signals};
use crate::parse::Inner;
use crate::scan::{Key as K, Value, exit_code};
use crate::text::Text;

/// The beginnings of a `ToolError`'s display.
const TOOL_ERRORS: &[&str] = &[
    "Failed to execute tool: ",
    "Failed to validate input: ",
    "Failed to resolve path ",
    "Failed to authorize tool execution: ",
    "Failed to locate tool: ",
    "Tool execution cancelled",
];

/// What the fields of a result say, and those of the metadata beside it, which only a returned result has.
pub fn structured<'line>(result: Value<'line>, metadata: Value<'line>) -> Outcome<'line> {
    let mut outcome = Outcome::default();
    let success = result.first_of(&[K::success, K::ok]).flag();
    let is_error = result.first_of(&[K::is_error, K::isError]).is_true();
    let status = status(result.first_of(&[K::status, K::state, K::outcome]).text());
    read_metadata(metadata, &mut outcome);
    let error = result.get(K::error);
    let has_error = !error.text().is_empty() || error.is_object();
    let says_failed = success == Some(false) || is_error || status.is_some();
    // Where the one says that it went well and the other that it did not, the exit code wins.
    outcome.failed |= match outcome.exit_code {
        Some(0) => success == Some(false) || is_error || status.is_some_and(|status| !status.is_empty()),
        _ => says_failed || (has_error && success != Some(true)),
    };
    if outcome.failed {
        outcome.signals.insert(status.unwrap_or_default());
        outcome.signals.insert(category(result.first_of(&[K::error_category, K::category]).text()));
    }
    outcome
}

/// The words for a status that is a failure, and what they say more.
pub fn status(word: Text<'_>) -> Option<Signals> {
    word.lookup(&[
        ("failed", Signals::NONE),
        ("failure", Signals::NONE),
        ("error", Signals::NONE),
        ("errored", Signals::NONE),
        ("denied", Signals::DENIED),
        ("timed_out", Signals::TIMED_OUT),
        ("timeout", Signals::TIMED_OUT),
        ("invalid_arguments", Signals::INVALID_ARGUMENTS),
        ("cancelled", Signals::CANCELLED),
        ("canceled", Signals::CANCELLED),
        ("stale", Signals::JOB_LOST),
        // The shell's own, as the language prints them.
        ("Failed", Signals::NONE),
        ("Killed", Signals::CANCELLED),
        ("TimedOut", Signals::TIMED_OUT),
    ])
}

/// The kinds of a tool's error. `not_available` says nothing: an unknown name and a program that is not installed
/// are both of it.
fn category(word: Text<'_>) -> Signals {
    let known = word.lookup(&[
        ("invalid_input", Signals::INVALID_ARGUMENTS),
        ("missing_field", Signals::INVALID_ARGUMENTS),
        ("path_escape", Signals::PATH_ESCAPE),
        ("timeout", Signals::TIMED_OUT),
        ("cancelled", Signals::CANCELLED),
        ("permission_denied", Signals::DENIED),
        ("authorization", Signals::DENIED),
        ("authentication", Signals::UNAUTHENTICATED),
        ("network", Signals::NETWORK_ERROR),
        ("rate_limit", Signals::SERVICE_LIMIT),
        ("model_output_incomplete", Signals::OUTPUT_INCOMPLETE.and(Signals::NOT_RUN)),
        ("execution_failed", Signals::TOOL_ERROR),
        ("internal", Signals::INTERNAL_ERROR),
    ]);
    known.unwrap_or_default()
}

/// What a shell tells beside its text.
fn read_metadata(metadata: Value<'_>, outcome: &mut Outcome<'_>) {
    if !metadata.is_object() {
        return;
    }
    let code = metadata.first_of(&[K::exit_code, K::exitCode, K::return_code]).exit_code();
    outcome.exit_code = code;
    // Other tools tell there what became of somebody else; the shell alone prints its states this way.
    let timed_out = metadata.get(K::status).is("TimedOut");
    outcome.failed = code.is_some_and(|code| code != 0) || timed_out;
    if timed_out {
        outcome.signals.insert(Signals::TIMED_OUT);
    }
    if metadata.get(K::canceled).is_true() {
        outcome.signals.insert(Signals::CANCELLED);
    }
    if metadata.get(K::sandbox_denied).is_true() {
        outcome.signals.insert(Signals::SANDBOX_DENIED);
    }
    if metadata.get(K::sandbox_network_restricted).is_true() {
        outcome.signals.insert(Signals::NETWORK_RESTRICTED);
    }
    outcome.signals.insert(category(metadata.get(K::error_category).text()));
    if metadata.get(K::model_output_incomplete).is_true() {
        outcome.signals.insert(Signals::OUTPUT_INCOMPLETE.and(Signals::NOT_RUN));
    }
}

/// The background process that a shell's metadata speaks of: it goes on, or this is its end.
pub fn job(metadata: Value<'_>) -> Job {
    let id = metadata.get(K::task_id).id();
    if id.is_empty() {
        Job::None
    } else if metadata.get(K::status).is("Running") {
        Job::Launched(JobId::new(id))
    } else {
        Job::Polls(JobId::new(id))
    }
}

/// Takes a tool's text apart: the runner's own words, what a program printed, and the exit code between them.
pub fn read_text<'line>(text: Text<'line>, outcome: &mut Outcome<'line>) {
    let body = text.strip_prefix("Error: ").unwrap_or(text);
    let inside = unwrap_error(body, outcome);
    if let Some((code, program, line)) = trailing_exit(inside, &["Command exited with code "]) {
        outcome.exit_code = outcome.exit_code.or(Some(code));
        outcome.harness.push(line);
        outcome.program.push(program);
        return;
    }
    let (before, last) = inside.split_last_line();
    if (last.starts_with("Command timed out after ") && last.ends_with(" seconds")) || last.is("Command aborted") {
        outcome.signals.insert(if last.is("Command aborted") { Signals::CANCELLED } else { Signals::TIMED_OUT });
        outcome.harness.push(last);
        outcome.program.push(before);
        return;
    }
    if let Some(head) = ShellHead::read(inside) {
        outcome.exit_code = outcome.exit_code.or(head.code);
        outcome.signals.insert(head.signals);
        outcome.harness.push(head.line);
        outcome.program.push(head.rest);
        return;
    }
    if outcome.exit_code.is_some_and(|code| code != 0) && !is_tool_error(body) && !is_runner_text(body) {
        outcome.program.push(body);
    } else {
        outcome.harness.push(inside);
    }
}

/// The message inside of a `ToolError` whose kind says little: the message may name another cause.
fn unwrap_error<'line>(body: Text<'line>, outcome: &mut Outcome<'line>) -> Text<'line> {
    const KINDS: &[(&str, Signals)] = &[
        ("Failed to execute tool: ", Signals::NONE),
        ("Failed to locate tool: ", Signals::UNKNOWN_TOOL),
        ("Failed to authorize tool execution: ", Signals::DENIED),
    ];
    for (beginning, signals) in KINDS {
        if let Some(message) = body.strip_prefix(beginning) {
            outcome.signals.insert(*signals);
            return message;
        }
    }
    body
}

/// The beginning of a returned result of the shell.
struct ShellHead<'line> {
    line: Text<'line>,
    rest: Text<'line>,
    code: Option<i64>,
    signals: Signals,
}

impl<'line> ShellHead<'line> {
    fn read(body: Text<'line>) -> Option<Self> {
        let (mut line, mut rest) = body.split_line();
        let mut signals = Signals::NONE;
        // A wait tells first which task it waited for, and how long.
        if line.starts_with("Task ") && line.ends_with("s.") {
            if line.contains(" timed out after ") {
                signals = Signals::JOB_TIMED_OUT;
            } else if line.contains(" killed after ") {
                signals = Signals::JOB_LOST;
            }
            if !signals.is_empty() {
                return Some(Self { line, rest, code: None, signals });
            }
            (line, rest) = rest.trim_start().split_line();
        }
        let mut head = Self { line, rest, code: None, signals };
        if let Some(told) = line.strip_prefix("Command failed (") {
            // `(exit code 1)`, `(exit code: Some(1))`, `(exit code 3221225786 (0xC000013A))`.
            let told = told.strip_prefix("exit code").unwrap_or(told);
            let number = told.strip_prefix(": Some(").or(told.strip_prefix(" "));
            head.code = number.and_then(|number| number.leading_number()).and_then(exit_code);
            if told.starts_with("terminated by signal") {
                head.signals = Signals::KILLED;
            }
        } else if line.starts_with("Command timed out after ") && line.ends_with("; process killed.") {
            head.signals = Signals::TIMED_OUT;
            // A hint for the model stands before what the program printed.
            head.rest = rest.split_once("STDOUT:").map_or(Text::EMPTY, |(_, printed)| printed);
        } else if line.is("Command canceled; process killed.") {
            head.signals = Signals::CANCELLED;
        } else {
            return None;
        }
        Some(head)
    }
}

fn is_tool_error(body: Text<'_>) -> bool {
    TOOL_ERRORS.iter().any(|beginning| body.starts_with(beginning))
}

/// Sentences of the runner that it returns in the place of what a program printed.
fn is_runner_text(body: Text<'_>) -> bool {
    [
        "The execution sandbox blocked this command. ",
        "BLOCKED: ",
        "Shell execution failed: ",
        "Shell tools are disabled by the active permission profile.",
        "Shell command blocked by read-only shell policy",
        "Sandbox backend error: ",
        "Sandbox blocked ",
        "Not executed: the provider ended the model response incompletely",
    ]
    .iter()
    .any(|beginning| body.starts_with(beginning))
}

/// Whether a result without a flag failed: its text alone tells, where the runner wrote the whole of it.
pub fn is_failed_text(text: Text<'_>) -> bool {
    if let Some(body) = text.strip_prefix("Error: ") {
        let timed_out = body.starts_with("Tool ") && body.split_line().0.ends_with(" timed out");
        if is_tool_error(body) || timed_out {
            return true;
        }
    }
    if ShellHead::read(text).is_some()
        || text.starts_with("The execution sandbox blocked this command. Effective sandbox posture: ")
        || text.starts_with("Not executed: the provider ended the model response incompletely (")
    {
        return true;
    }
    trailing_exit(text, &["Command exited with code "]).is_some_and(|(code, _, _)| code != 0)
}

/// `run_tests` succeeds whatever became of the tests; the result in its text says how they ended. Calls `tell` with what
/// it says, if that is a failure: it is one only if the call was of that tool.
pub fn read_test_run(text: Text<'_>, inner: &mut Inner, tell: impl FnOnce(Outcome<'_>)) -> bool {
    let text = text.trim_start();
    if !text.starts_with("{")
        || text.with_field(&["exit_code"], |code| code.number()).flatten().is_none_or(|code| code == 0)
    {
        return false;
    }
    let Some(run) = inner.read(text) else { return false };
    if !run.has_all(&[K::success, K::stdout, K::stderr]) {
        return false;
    }
    let mut outcome = Outcome { failed: true, exit_code: run.get(K::exit_code).exit_code(), ..Outcome::default() };
    outcome.signals.insert(Signals::TEST_RUN);
    outcome.program.push(run.get(K::stdout).text());
    outcome.program.push(run.get(K::stderr).text());
    tell(outcome);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_words_and_the_programs_are_told_apart() {
        let mut outcome = Outcome::default();
        read_text(Text::json(br"Failed to execute tool: boom\n\nCommand exited with code 3"), &mut outcome);
        assert_eq!(outcome.exit_code, Some(3));
        assert!(outcome.program.first().trim().is("boom"));
        assert!(outcome.harness.first().is("Command exited with code 3"));

        let mut outcome = Outcome::default();
        read_text(Text::json(br"Command failed (exit code: Some(2))\n\nSTDOUT:\nx\n\nSTDERR:\ny"), &mut outcome);
        assert_eq!(outcome.exit_code, Some(2));
        assert!(outcome.harness.first().is("Command failed (exit code: Some(2))"));
        assert!(outcome.program.first().contains("STDERR:"));

        let mut outcome = Outcome::default();
        read_text(Text::json(br"Failed to validate input: missing required field 'a'"), &mut outcome);
        assert!(outcome.program.is_blank());
    }

    #[test]
    fn a_result_without_a_flag_failed_only_where_the_runner_says_so() {
        for text in [
            &br"Error: Failed to execute tool: boom"[..],
            br"Error: Tool read timed out",
            br"Command failed (exit code 2)\n\nSTDOUT:\n",
            br"Task shell_1 failed after 31s.\n\nCommand failed (exit code 1)",
            br"Task shell_1 killed after 31s.",
            br"x\n\nCommand exited with code 1",
        ] {
            assert!(is_failed_text(Text::json(text)));
        }
        for text in [
            &br"Error: the word that a document begins with"[..],
            br"it said: Command failed (exit code 2)",
            br"x\n\nCommand exited with code 0",
            br"Command exited with code 1\nas the guide says",
            br"",
        ] {
            assert!(!is_failed_text(Text::json(text)));
        }
    }
}
