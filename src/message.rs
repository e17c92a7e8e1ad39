//! Every sentence that is said on standard error once the options are parsed: fixed words, and numbers where `{}` stands.
//!
//! `--vocabulary` lists them from [`ALL`]. May not know logs, nor format anything but numbers.

use std::fmt;

/// A sentence; `{}` stands for a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message(&'static str);

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $words:literal,)*) => {
        impl Message {
            $($(#[$doc])* pub const $name: Message = Message($words);)*
        }

        /// All of them.
        pub const ALL: &[Message] = &[$(Message::$name),*];
    };
}

messages! {
    /// A panic: its place in the source, and never its message, which may hold what was being looked at.
    INTERNAL_ERROR = "whale-classify: internal error at {}:{}",
    /// Standard input is a terminal.
    FROM_TERMINAL =
        "whale-classify: reading a log from the terminal; usual is: cat *.jsonl | whale-classify (--help for more)",
    /// Lines came and none was of a known shape.
    NOTHING_RECOGNISED = "whale-classify: no line was recognised as a coding agent's log",
    /// The same, and the input begins as compressed files do.
    COMPRESSED = "whale-classify: nothing was recognised; the input looks compressed: use zcat -f or zstdcat -f",
    /// The same, and the input begins as UTF-16 does.
    UTF_16 = "whale-classify: nothing was recognised; the input looks like UTF-16: use iconv -f utf-16 -t utf-8",
    /// The same, and the input is JSON that is spread over lines, or a list.
    NOT_LINES = "whale-classify: nothing was recognised; the input looks like JSON spread over lines: use jq -c .",
    /// A read failed.
    READ_FAILED = "whale-classify: reading the input failed",
    /// A write failed.
    WRITE_FAILED = "whale-classify: writing the output failed",
    /// `--merge` met what is none of our records.
    MERGE_NOT_A_RECORD = "whale-classify: --merge refuses line {}: it is none of whale-classify's records",
    /// `--merge` met a summary of another schema.
    MERGE_OTHER_SCHEMA = "whale-classify: --merge refuses line {}: it is a summary of another schema",
    /// `--merge` met a summary that does not read as one.
    MERGE_MALFORMED = "whale-classify: --merge refuses line {}: it is a malformed summary",
    /// `--merge` met numbers that do not add up in 64 bits.
    MERGE_OVERFLOW = "whale-classify: --merge refuses line {}: a counter would overflow",
    /// `--merge` met records without the summary of their run.
    MERGE_NO_SUMMARY = "whale-classify: --merge refuses line {}: no summary follows it: its run died",
}

impl Message {
    /// The sentence, `{}` where its numbers go.
    pub const fn words(self) -> &'static str {
        self.0
    }

    /// The sentence with its numbers.
    pub const fn with(self, numbers: [u64; 2]) -> Said {
        Said { message: self, numbers }
    }
}

/// A sentence with its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    message: Message,
    numbers: [u64; 2],
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.numbers.into_iter();
        for (at, words) in self.message.0.split("{}").enumerate() {
            if at > 0 {
                write!(f, "{}", numbers.next().unwrap_or_default())?;
            }
            f.write_str(words)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_where_the_sentence_has_room_for_them() {
        assert!(Message::INTERNAL_ERROR.with([12, 3]).to_string().ends_with("at 12:3"));
        assert!(Message::MERGE_MALFORMED.with([7, 0]).to_string().contains("line 7: it is"));
        assert_eq!(Message::READ_FAILED.with([0, 0]).to_string(), Message::READ_FAILED.words());
    }
}
