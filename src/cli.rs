//! The command line, as closed enums: every default lives here, and the token of the verbatim path is made here alone.
//!
//! May not know input or output: what is to be printed is given back as text.

use crate::pipeline::Mode;
use crate::verbatim::Verbatim;
use bpaf::{Args, OptionParser, ParseFailure, Parser, construct, long};

/// What the user asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// What to do.
    pub task: Task,
    /// Exit with 1 where something could not be read or was lost.
    pub is_strict: bool,
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    /// Read a log.
    Classify(Mode),
    /// Add summaries up.
    Merge,
    /// List every word that the private modes can print.
    Vocabulary,
}

/// Text to print instead of doing anything, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Talk {
    /// Asked for: to stdout, and success.
    Answer(String),
    /// A mistake: to stderr, and exit status 2.
    Complaint(String),
}

/// What is said to whoever names a file.
const NO_FILES: &str = "whale-classify reads standard input and takes no file names: cat FILE | whale-classify";

/// Shown above the options.
const ABOUT: &str = "Says why each tool call in a coding agent's session log failed: the model, or what is around it.\n\
     Reads JSON lines of any mix of agents on standard input, writes JSON lines to standard output.";

/// Shown below the options.
const EXAMPLES: &str = "Examples:\n    \
     cat ~/.codex/sessions/**/*.jsonl | whale-classify\n    \
     zcat -f archive/*.gz | whale-classify --summary | jq -r .verdict_text\n    \
     tail -n +1 -f session.jsonl | whale-classify --annotate | grep '\"failure_source\":\"network\"'\n\n\
     What it prints by default can be pasted into a public issue. What --annotate prints is as secret as the log.\n\
     Exit status: 0 at the end of the input; 1 with --strict, where something was not read; 2 on errors.";

fn parser() -> OptionParser<Options> {
    let all = long("all").help("Write successes and ended turns, too").req_flag(Task::Classify(Mode::All));
    let summary = long("summary").help("Write the summary alone").req_flag(Task::Classify(Mode::Summary));
    let annotate = long("annotate")
        .help("Write the log itself back, each result with its \"failure_source\": AS SECRET AS THE LOG")
        .req_flag(Task::Classify(Mode::Annotate(Verbatim::asked_for())));
    let merge = long("merge").help("Add up the summaries of several runs").req_flag(Task::Merge);
    let vocabulary = long("vocabulary")
        .help("List every word and sentence that can be written, --annotate aside")
        .req_flag(Task::Vocabulary);
    let task = construct!([all, summary, annotate, merge, vocabulary]).fallback(Task::Classify(Mode::Failures));
    let is_strict = long("strict").help("Exit with 1 where something was not read or was lost").switch();
    construct!(Options { is_strict, task })
        .to_options()
        .version(env!("CARGO_PKG_VERSION"))
        .descr(ABOUT)
        .footer(EXAMPLES)
}

/// Reads the arguments.
///
/// # Errors
/// Gives the text to print where help, the version or a completion was asked for, or where the arguments are mistaken.
pub fn parse(args: Args<'_>) -> Result<Options, Talk> {
    parser().run_inner(args).map_err(|failure| match failure {
        ParseFailure::Stdout(doc, full) => Talk::Answer(doc.monochrome(full)),
        ParseFailure::Completion(text) => Talk::Answer(text),
        ParseFailure::Stderr(doc) => Talk::Complaint(doc.monochrome(true)),
    })
}

/// The arguments as they were given, for [`parse`]: a file name is answered with the way to do it.
///
/// # Errors
/// As [`parse`].
pub fn parse_or_explain(args: &[std::ffi::OsString]) -> Result<Options, Talk> {
    let is_file = |arg: &&std::ffi::OsString| !arg.as_encoded_bytes().starts_with(b"-");
    let asks_bpaf = args.iter().any(|arg| arg.as_encoded_bytes().starts_with(b"--bpaf-complete"));
    if !asks_bpaf && args.iter().any(|arg| is_file(&arg) || arg == "-") {
        return Err(Talk::Complaint(NO_FILES.to_owned()));
    }
    parse(Args::from(args).set_name("whale-classify"))
}

/// The man page, from the same definition.
pub fn manual() -> String {
    parser().render_manpage("whale-classify", bpaf::doc::Section::General, None, None, Some("whale-classify"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        parser().check_invariants(true);
    }

    #[test]
    fn options_are_told_apart() {
        let task = |args: &[&str]| parse(Args::from(args)).map(|options| options.task);
        assert_eq!(task(&[]), Ok(Task::Classify(Mode::Failures)));
        assert_eq!(task(&["--all", "--strict"]), Ok(Task::Classify(Mode::All)));
        assert_eq!(task(&["--merge"]), Ok(Task::Merge));
        assert!(task(&["--all", "--summary"]).is_err());
    }
}
