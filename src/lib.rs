//! whale-classify: says why each tool call in a coding agent's session log failed.
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
//! | [`cli`] | options, as closed enums; makes the [`verbatim`] token |
//! | [`frame`] | one roll-and-fill buffer over stdin; lines |
//! | [`scan`] | one lazy pass over a record: its balance, its end, the spans of known fields |
//! | [`text`] | a string of the log: can be asked, never shown |
//! | [`parse`] | the JSON parser, and JSON that stands inside a string |
//! | [`dialect`] | one file an agent: claims records, translates them to events |
//! | [`event`] | the narrow waist |
//! | [`command`] | what kind of command a shell call ran |
//! | [`rules`] | data only: the table of rules in order of priority |
//! | [`classify`] | from an event's evidence to a verdict |
//! | [`automaton`](crate) | many short keys, found in one pass over a text |
//! | [`table`], [`ledger`] | state across lines, of a fixed size |
//! | [`tally`] | aggregates, which add up |
//! | [`schema`] | the whole of what may reach stdout in the private modes |
//! | [`sink`] | the only writer of private output |
//! | [`verbatim`] | the other door: `--annotate` |
//! | [`merge`], [`vocabulary`] | the two modes that read no log |
//! | [`message`] | every sentence for standard error |
//! | [`pipe`] | reading and writing as pipes really behave |
//! | [`time`], [`intern`](crate) | times rendered again; closed sets of words |
//! | [`pipeline`] | the loop: every stage's verb in order |
//!
//! Unsafe code is denied, with one audited exception in [`scan::blocks`].

mod automaton;
pub mod classify;
pub mod cli;
pub mod command;
pub mod dialect;
pub mod event;
pub mod frame;
mod intern;
pub mod ledger;
pub mod merge;
pub mod message;
pub mod parse;
pub mod pipe;
pub mod pipeline;
pub mod rules;
pub mod scan;
pub mod schema;
pub mod sink;
pub mod table;
pub mod tally;
pub mod text;
pub mod time;
pub mod verbatim;
pub mod vocabulary;
