//! whale-classify: says why each tool call in a coding agent's session log failed.
//!
//! # As a library
//!
//! [`classify`] gives the filter's judgement on one tool outcome, for a receipt of your own:
//!
//! ```
//! use whale_classify::{Source, ToolOutcome, classify};
//!
//! let outcome = ToolOutcome::of("exec_shell")
//!     .command("git fetch")
//!     .exit_code(128)
//!     .program("fatal: unable to access 'https://example.org/': Could not resolve host: example.org");
//! let verdict = classify(&outcome).expect("it failed");
//! assert_eq!(verdict.source, Source::Network);
//! println!("{} ({}): {}", verdict.source.word(), verdict.rule, verdict.why);
//! ```
//!
//! [`Source`], [`Layer`] and [`Basis`] are the words of its verdict, [`Status`] is what a result's fields can state. The
//! modules are the filter's own: they are public to its binary, tests and benches, are left out of these pages, and may
//! change with any version.
//!
//! # The map
//!
//! > Everything borrowed from the log has the lifetime `'line` and cannot be printed. Everything that may be printed is
//! > `Copy + 'static`: closed vocabularies, numbers, re-rendered times. One airlock turns the first into the second.
//!
//! ```text
//! stdin -> frame -> scan -> dialect -> Event<'line> -> classify -> Verdict -> ledger -> schema's records -> sink -> stdout
//!          lines    spans   one agent's  the narrow      rules      Copy +    joins,     the whole of what may reach
//!                           log format   waist           table      'static   turns      stdout in the private modes
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | `cli` | options, as closed enums; makes the `verbatim` token |
//! | `frame` | one roll-and-fill buffer over stdin; lines |
//! | `scan` | one lazy pass over a record: its balance, its end, the spans of known fields |
//! | `text` | a string of the log: can be asked, never shown |
//! | `parse` | the JSON parser, and JSON that stands inside a string |
//! | `dialect` | one file an agent: claims records, translates them to events |
//! | `event` | the narrow waist |
//! | `command` | what kind of command a shell call ran |
//! | `rules` | data only: the table of rules in order of priority |
//! | `classify` | from an event's evidence to a verdict |
//! | `receipt` | the library's face: the verdict on one tool outcome |
//! | `automaton` | many short keys, found in one pass over a text |
//! | `table`, `ledger` | state across lines, of a fixed size |
//! | `tally` | aggregates, which add up |
//! | `schema` | the whole of what may reach stdout in the private modes |
//! | `sink` | the only writer of private output |
//! | `verbatim` | the other door: `--annotate` |
//! | `merge`, `vocabulary` | the two modes that read no log |
//! | `message` | every sentence for standard error |
//! | `pipe` | reading and writing as pipes really behave |
//! | `time`, `intern` | times rendered again; closed sets of words |
//! | `pipeline` | the loop: every stage's verb in order |
//!
//! Unsafe code is denied, with one audited exception in `scan::blocks`.

// Hidden from the pages alone: `missing_docs` still asks for a sentence on each of their items.
mod automaton;
#[cfg_attr(doc, doc(hidden))]
pub mod classify;
#[cfg_attr(doc, doc(hidden))]
pub mod cli;
#[cfg_attr(doc, doc(hidden))]
pub mod command;
#[cfg_attr(doc, doc(hidden))]
pub mod dialect;
#[cfg_attr(doc, doc(hidden))]
pub mod event;
#[cfg_attr(doc, doc(hidden))]
pub mod frame;
mod intern;
#[cfg_attr(doc, doc(hidden))]
pub mod ledger;
#[cfg_attr(doc, doc(hidden))]
pub mod merge;
#[cfg_attr(doc, doc(hidden))]
pub mod message;
#[cfg_attr(doc, doc(hidden))]
pub mod parse;
#[cfg_attr(doc, doc(hidden))]
pub mod pipe;
#[cfg_attr(doc, doc(hidden))]
pub mod pipeline;
mod receipt;
#[cfg_attr(doc, doc(hidden))]
pub mod rules;
#[cfg_attr(doc, doc(hidden))]
pub mod scan;
#[cfg_attr(doc, doc(hidden))]
pub mod schema;
#[cfg_attr(doc, doc(hidden))]
pub mod sink;
#[cfg_attr(doc, doc(hidden))]
pub mod table;
#[cfg_attr(doc, doc(hidden))]
pub mod tally;
#[cfg_attr(doc, doc(hidden))]
pub mod text;
#[cfg_attr(doc, doc(hidden))]
pub mod time;
#[cfg_attr(doc, doc(hidden))]
pub mod verbatim;
#[cfg_attr(doc, doc(hidden))]
pub mod vocabulary;

pub use receipt::{Status, ToolOutcome, Verdict, classify};
pub use schema::{Basis, Layer, Source};

/// The Rust of the README is compiled and run, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
