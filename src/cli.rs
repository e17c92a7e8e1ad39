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
const ABOUT: &str = "Says why each tool call in a coding agent's session log failed: the\n \
     model, or what is around it. JSON lines of any mix of agents in, JSON lines out.";

/// How it is called: the modes are listed below it.
const USAGE: &str = "Usage: cat LOG... | whale-classify [--strict] [MODE]";

/// Shown below the options. A line that begins with blanks is kept as it is.
const EXAMPLES: &str = "Examples:\n   \
     cat ~/.codex/sessions/*/*/*/*.jsonl | whale-classify\n   \
     zstdcat -f logs/* | whale-classify --summary | jq -r .verdict_text\n   \
     tail -n +1 -f log.jsonl | whale-classify --annotate | grep failure\n \n \
     What it prints can be pasted into a public issue, but for --annotate.\n \
     Exit status: 0 at the end of the input; 1 with --strict; 2 on errors.";

/// What the manual says of it in one line.
const NAME: &str = "say why each tool call in a coding agent's session log failed";

/// What the manual says more than the help.
const DESCRIPTION: &str = "Reads the session logs of coding agents as JSON lines on standard input, several agents mixed \
     if you like, and writes one JSON object a line: a \"failure\" for each tool call and model turn that failed, with its \
     failure_source (network, sandbox_approval, missing_dependency, timeout, background_job, tool_schema, model, \
     command_exit, unknown), its layer, and the rule and kind of evidence that decided; an \"unclosed_turn\" for each turn \
     that never ended; last, one \"summary\".\n\n\
     But for --annotate, every byte that is written is a word that --vocabulary lists, a number or a time: no prompt, path, \
     output or secret of the log.";

/// The options, without the words around them.
fn definition() -> OptionParser<Options> {
    let all = long("all").help("Write successes and ended turns, too").req_flag(Task::Classify(Mode::All));
    let summary = long("summary").help("Write the summary alone").req_flag(Task::Classify(Mode::Summary));
    let annotate = long("annotate")
        .help("Write the log back with causes: AS SECRET AS THE LOG")
        .req_flag(Task::Classify(Mode::Annotate(Verbatim::asked_for())));
    let merge = long("merge").help("Add up the summaries of several runs").req_flag(Task::Merge);
    let vocabulary = long("vocabulary").help("List every word that the others can write").req_flag(Task::Vocabulary);
    let task = construct!([all, summary, annotate, merge, vocabulary])
        .group_help("MODE, at most one; without one: failures, unclosed turns, the summary")
        .fallback(Task::Classify(Mode::Failures));
    let is_strict = long("strict").help("Exit with 1 where something was not read or lost").switch();
    construct!(Options { is_strict, task }).to_options().version(env!("CARGO_PKG_VERSION")).footer(EXAMPLES)
}

fn parser() -> OptionParser<Options> {
    definition().descr(ABOUT).usage(USAGE)
}

/// Reads the arguments.
///
/// # Errors
/// Gives the text to print where help, the version or a completion was asked for, or where the arguments are mistaken.
pub fn parse(args: Args<'_>) -> Result<Options, Talk> {
    parser().run_inner(args).map_err(|failure| match failure {
        // One screen holds all of it: there is no short help beside a long one.
        ParseFailure::Stdout(doc, _) => Talk::Answer(doc.monochrome(true)),
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
    match parse(Args::from(args).set_name("whale-classify")) {
        Err(Talk::Complaint(text)) => {
            let meant = args.iter().find_map(|arg| begun(arg));
            let text = meant.map_or(text, |option| format!("no such flag, did you mean `{option}`?"));
            Err(Talk::Complaint(format!("{}\n`whale-classify --help` lists the options", text.trim_end())))
        }
        parsed => parsed,
    }
}

/// The one option that begins as this argument does, as completion would have it.
fn begun(arg: &std::ffi::OsStr) -> Option<String> {
    let Err(ParseFailure::Completion(told)) = parser().run_inner(Args::from([arg.to_owned()].as_slice()).set_comp(1))
    else {
        return None;
    };
    let mut options = told.lines().filter_map(|line| line.split('\t').next()).filter(|option| !option.is_empty());
    let option = options.next().filter(|option| arg != *option)?;
    options.next().is_none().then(|| option.to_owned())
}

/// The man page, from the same definition: `scripts/man/whale-classify.1` holds it.
pub fn manual() -> String {
    let version = concat!("whale-classify ", env!("CARGO_PKG_VERSION"));
    let definition = definition().descr(NAME).header(DESCRIPTION);
    definition.render_manpage("whale-classify", bpaf::doc::Section::General, Some(""), Some(version), Some(""))
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
