//! Fixed lines that runners put around a program's output, and texts in the forms that several agents share.
//!
//! May not know which agent it reads for.

use super::aliases::Evidence;
use crate::event::{CallId, Scope, Signals};
use crate::scan::{Key as K, Kind, Value, exit_code};
use crate::schema::Tool;
use crate::text::{Pieces, Text};

/// The tool of the name that a value holds.
pub fn tool(name: Value<'_>) -> Tool {
    named(name.text())
}

/// The tool of this name.
pub fn named(name: Text<'_>) -> Tool {
    name.ask(Tool::named).unwrap_or(Tool::OTHER)
}

/// Bytes of an id from which on it is taken for one that was made up at random, whatever it begins with.
const RANDOM_ID_BYTES_MIN: usize = 20;

/// The id of a call, as the model's provider made it up. Most are random and unique in the world (`toolu_...`,
/// `call_...`); those that only count (`call_0`, `functions.read:3`) come again in the next session.
pub fn call_id(id: Text<'_>) -> Option<CallId<'_>> {
    if id.is_empty() {
        return None;
    }
    let is_unique = id.ask(|id| match id.strip_prefix(b"call_").or(id.strip_prefix(b"toolu_")) {
        Some(tail) => id.len() >= RANDOM_ID_BYTES_MIN || !tail.iter().all(u8::is_ascii_digit),
        None => id.len() >= RANDOM_ID_BYTES_MIN && memchr::memchr(b':', id).is_none(),
    });
    Some(CallId { scope: if is_unique.unwrap_or(true) { Scope::World } else { Scope::Session }, id })
}

/// The texts of a content value: a string, or a list of strings and of blocks that hold a text.
pub fn content(value: Value<'_>) -> Pieces<'_> {
    let mut pieces = Pieces::default();
    match value.kind() {
        Some(Kind::String) => pieces.push(value.text()),
        Some(Kind::Array) => {
            for item in value.items() {
                pieces.push(block_text(item));
            }
        }
        Some(Kind::Object) => {
            pieces.push(value.first_of(&[K::text, K::content, K::output, K::message, K::error]).text());
        }
        _ => {}
    }
    pieces
}

/// The text of one block of a content list: a string, `{text}`, or `{content: {text}}`.
fn block_text(block: Value<'_>) -> Text<'_> {
    match block.kind() {
        Some(Kind::String) => block.text(),
        Some(Kind::Object) => {
            let text = block.get(K::text);
            if text.is_string() {
                return text.text();
            }
            let content = block.get(K::content);
            if content.is_object() { content.get(K::text).text() } else { content.text() }
        }
        _ => Text::EMPTY,
    }
}

/// A body whose last line, `Command exited with code N` and its like, is the runner's: the exit code, what stands
/// before it, and the line itself.
pub fn trailing_exit<'line>(body: Text<'line>, prefixes: &[&str]) -> Option<(i64, Text<'line>, Text<'line>)> {
    let (before, last) = body.split_last_line();
    let code = prefixes.iter().find_map(|prefix| last.number_after(prefix))?;
    Some((exit_code(code)?, before, last))
}

/// Lines from the end of a shell's block in which Gemini's runner, and Qwen's after it, states the exit code.
const BLOCK_TAIL_LINES: usize = 6;

/// What Gemini's shell returned: a block with a line `Exit Code: N` near its end, or a sentence of its own in its place.
/// Any other tool's output is added as it is.
pub fn shell_block<'line>(name: Value<'line>, output: Value<'line>, evidence: &mut Evidence<'line>) {
    if !name.is("run_shell_command") || !shell_text(output.text(), evidence) {
        evidence.add_output(output);
    }
}

/// The same of a text that is a shell's; false where the block does not state an exit code.
pub fn shell_text<'line>(text: Text<'line>, evidence: &mut Evidence<'line>) -> bool {
    if text.starts_with("Command was automatically cancelled because it exceeded the timeout") {
        evidence.fail(Signals::TIMED_OUT);
    } else if text.starts_with("Command was cancelled by user before it could complete") {
        evidence.fail(Signals::INTERRUPTED);
    }
    let mut rest = text;
    for _ in 0..BLOCK_TAIL_LINES {
        let (before, line) = rest.split_last_line();
        if let Some(code) = line.number_after("Exit Code: ").and_then(exit_code) {
            evidence.add_exit(code);
            evidence.add_harness(line);
            let printed = before.split_once("Output: ").map_or(before, |(_, printed)| printed);
            evidence.add_program(printed);
            return true;
        }
        rest = before;
    }
    false
}
