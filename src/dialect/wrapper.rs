//! Fixed lines that runners put around a program's output, and texts in the forms that several agents share.
//!
//! May not know which agent it reads for.

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
