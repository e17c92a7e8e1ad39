//! A string of the log, as the log wrote it: it can be asked, and never shown.
//!
//! `Text<'line>` borrows from the line. Questions are answered by [`Answer`] values, which are all `Copy + 'static`: no
//! byte of the log can leave through them. There is no `Debug`, no `Display`, no `Serialize`, and no accessor for the
//! bytes outside of this crate's reading side. May not know where the text came from, nor how anything is printed.

use crate::time::Seconds;

/// Bytes of a text's beginning that rules read.
pub const TEXT_HEAD_BYTES: usize = 6 * 1024;
/// Bytes of a text's end that rules read, where it is longer than the head.
pub const TEXT_TAIL_BYTES: usize = 10 * 1024;
/// Bytes of an object inside a text in which a field is looked for.
pub const FIELD_BYTES: usize = 2 * 1024;
/// Bytes of a text's beginning, and of its end, by which it is known where it is an id.
pub const ID_PART_BYTES: usize = 4 * 1024;
/// Pieces that one body of text may have: more are not read.
pub const TEXT_PIECES_MAX: usize = 8;

/// What a question about a text may be answered with: a number, a truth value or a word of a closed vocabulary.
pub trait Answer: Copy + 'static {}
impl Answer for bool {}
impl Answer for i64 {}
impl Answer for u8 {}
impl Answer for crate::event::Command {}
impl Answer for u16 {}
impl Answer for u128 {}
impl Answer for usize {}
impl Answer for Seconds {}
impl<A: Answer> Answer for Option<A> {}

/// A string of the log.
///
/// It can be asked, and the answers are printed:
///
/// ```
/// # use whale_classify::text::Text;
/// let text = Text::plain(b"127 secrets");
/// println!("{:?}", text.starts_with("127"));
/// println!("{}", text.leading_number().unwrap());
/// let asked: Option<i64> = text.with_field(&["code"], |field| field.leading_number()).flatten();
/// fn serialised(_: impl serde::Serialize) {}
/// serialised(text.leading_number());
/// fn kept<T: Copy + 'static>(_: T) {}
/// kept(text.leading_number());
/// let owned = String::from(if text.is_empty() { "empty" } else { "full" });
/// ```
///
/// What was read cannot be formatted:
///
/// ```compile_fail,E0277
/// # use whale_classify::text::Text;
/// let text = Text::plain(b"127 secrets");
/// println!("{:?}", text);
/// ```
///
/// ```compile_fail,E0277
/// # use whale_classify::text::Text;
/// let text = Text::plain(b"127 secrets");
/// println!("{}", text);
/// ```
///
/// nor serialised:
///
/// ```compile_fail,E0277
/// # use whale_classify::text::Text;
/// let text = Text::plain(b"127 secrets");
/// fn serialised(_: impl serde::Serialize) {}
/// serialised(text);
/// ```
///
/// nor made a `String`, nor reached as bytes:
///
/// ```compile_fail,E0277
/// # use whale_classify::text::Text;
/// let text = Text::plain(b"127 secrets");
/// let owned = String::from(text);
/// ```
///
/// ```compile_fail,E0624
/// # use whale_classify::text::Text;
/// let text = Text::plain(b"127 secrets");
/// let bytes = text.raw();
/// ```
///
/// nor be the answer to a question, nor outlive the line:
///
/// ```compile_fail,E0277
/// # use whale_classify::text::Text;
/// let text = Text::plain(b"{\"code\":\"secret\"}");
/// let asked = text.with_field(&["code"], |field| field);
/// ```
///
/// ```compile_fail,E0597
/// # use whale_classify::text::Text;
/// let line = b"127 secrets".to_vec();
/// let text = Text::plain(&line);
/// fn kept<T: Copy + 'static>(_: T) {}
/// kept(text);
/// ```
#[derive(Clone, Copy)]
pub struct Text<'line> {
    raw: &'line [u8],
    escaped: bool,
}

impl<'line> Text<'line> {
    /// The empty text.
    pub const EMPTY: Text<'static> = Text { raw: b"", escaped: false };

    /// Bytes that stand for themselves.
    pub const fn plain(raw: &'line [u8]) -> Self {
        Self { raw, escaped: false }
    }

    /// The inside of a JSON string, its escapes unresolved.
    pub const fn json(raw: &'line [u8]) -> Self {
        Self { raw, escaped: true }
    }

    /// The bytes as the log holds them, for the crate's reading side alone.
    pub(crate) const fn raw(&self) -> &'line [u8] {
        self.raw
    }

    /// Whether escapes may have to be resolved.
    pub(crate) const fn is_escaped(&self) -> bool {
        self.escaped
    }

    fn with_raw(&self, raw: &'line [u8]) -> Self {
        Self { raw, escaped: self.escaped }
    }

    /// True where there is nothing to read.
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Its bytes with the escapes resolved, one by one.
    fn bytes(&self) -> Bytes<'line> {
        Bytes { rest: self.raw, escaped: self.escaped, pending: [0; 4], pending_count: 0 }
    }

    /// Equal to the word, escapes resolved.
    #[inline(always)]
    pub fn is(&self, word: &str) -> bool {
        // Written with escapes it is longer than the word, by at most six bytes a character.
        if self.raw.len() <= word.len() {
            return self.raw == word.as_bytes();
        }
        self.escaped && self.raw.len() <= word.len() * 6 && self.is_written(word)
    }

    /// Equal to the word though written with escapes: the first byte that differs must begin one.
    #[inline]
    fn is_written(&self, word: &str) -> bool {
        let first_difference = self.raw.iter().zip(word.as_bytes()).find(|(mine, theirs)| mine != theirs);
        // A backslash at the word's end is written as two: no byte differs.
        first_difference.is_none_or(|(mine, _)| *mine == b'\\') && self.bytes().eq(word.bytes())
    }

    /// The value that the table gives for this word.
    #[inline]
    pub fn lookup<T: Copy + 'static>(&self, table: &[(&'static str, T)]) -> Option<T> {
        table.iter().find(|(word, _)| self.is(word)).map(|(_, value)| *value)
    }

    /// Equal to one of the words.
    #[inline]
    pub fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Begins with the words, escapes resolved.
    #[inline]
    pub fn starts_with(&self, words: &str) -> bool {
        if self.raw.starts_with(words.as_bytes()) {
            return true;
        }
        // Written otherwise, it differs where its first escape stands.
        if !self.escaped || self.raw.len() < words.len() {
            return false;
        }
        let first_difference = self.raw.iter().zip(words.as_bytes()).find(|(mine, theirs)| mine != theirs);
        first_difference.is_some_and(|(mine, _)| *mine == b'\\') && {
            let mut bytes = self.bytes();
            words.bytes().all(|wanted| bytes.next() == Some(wanted))
        }
    }

    /// Ends with the words. Only for words without characters that JSON escapes.
    pub fn ends_with(&self, words: &str) -> bool {
        self.raw.ends_with(words.as_bytes())
    }

    /// The text after these first words.
    pub fn strip_prefix(&self, words: &str) -> Option<Self> {
        if let Some(rest) = self.raw.strip_prefix(words.as_bytes()) {
            return Some(self.with_raw(rest));
        }
        if !self.escaped || !self.starts_with(words) {
            return None;
        }
        let mut bytes = self.bytes();
        for _ in words.bytes() {
            bytes.next();
        }
        (bytes.pending_count == 0).then(|| self.with_raw(bytes.rest))
    }

    /// The text before these last words. Only for words without characters that JSON escapes.
    pub fn strip_suffix(&self, words: &str) -> Option<Self> {
        self.raw.strip_suffix(words.as_bytes()).map(|rest| self.with_raw(rest))
    }

    /// Holds the words somewhere in its first and last windows. Only for words without characters that JSON escapes.
    pub fn contains(&self, words: &str) -> bool {
        let (head, tail) = windows(self.raw);
        let finder = memchr::memmem::Finder::new(words.as_bytes());
        finder.find(head).is_some() || finder.find(tail).is_some()
    }

    /// The parts before and after the first occurrence of the words within the head window. Only for words without
    /// characters that JSON escapes.
    pub fn split_once(&self, words: &str) -> Option<(Self, Self)> {
        let (head, _) = windows(self.raw);
        let at = memchr::memmem::find(head, words.as_bytes())?;
        let (before, rest) = self.raw.split_at_checked(at)?;
        Some((self.with_raw(before), self.with_raw(rest.get(words.len()..)?)))
    }

    /// Without white space (and escaped line ends and tabs) at its end.
    pub fn trim_end(&self) -> Self {
        let mut raw = self.raw;
        loop {
            match raw {
                [rest @ .., b' ' | b'\n' | b'\r' | b'\t'] => raw = rest,
                [rest @ .., b'\\', b'n' | b'r' | b't'] if self.escaped && !ends_in_backslash_odd(rest) => raw = rest,
                _ => return self.with_raw(raw),
            }
        }
    }

    /// Without white space (and escaped line ends and tabs) at its start.
    pub fn trim_start(&self) -> Self {
        let mut raw = self.raw;
        loop {
            match raw {
                [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] => raw = rest,
                [b'\\', b'n' | b'r' | b't', rest @ ..] if self.escaped => raw = rest,
                _ => return self.with_raw(raw),
            }
        }
    }

    /// Without white space at both ends.
    pub fn trim(&self) -> Self {
        self.trim_start().trim_end()
    }

    /// Its first line (without the line end) and what follows it.
    pub fn split_line(&self) -> (Self, Self) {
        let raw = self.raw;
        let mut from = 0;
        while let Some(rest) = raw.get(from..) {
            let Some(found) = memchr::memchr2(b'\n', b'\\', rest) else { break };
            let at = from + found;
            match (raw.get(at), raw.get(at + 1)) {
                (Some(b'\n'), _) => return (self.cut(0, at), self.cut(at + 1, raw.len())),
                (Some(b'\\'), Some(b'n')) if self.escaped => return (self.cut(0, at), self.cut(at + 2, raw.len())),
                (Some(b'\\'), _) if self.escaped => from = at + 2,
                _ => from = at + 1,
            }
        }
        (*self, self.cut(raw.len(), raw.len()))
    }

    /// What stands before its last line, and its last line that is not blank.
    pub fn split_last_line(&self) -> (Self, Self) {
        let trimmed = self.trim_end();
        let raw = trimmed.raw;
        let mut end = raw.len();
        while let Some(before) = raw.get(..end) {
            let found =
                if self.escaped { memchr::memrchr2(b'\n', b'n', before) } else { memchr::memrchr(b'\n', before) };
            let Some(at) = found else { break };
            if raw.get(at) == Some(&b'\n') {
                return (trimmed.cut(0, at), trimmed.cut(at + 1, raw.len()));
            }
            if raw.get(..at).is_some_and(ends_in_backslash_odd) {
                return (trimmed.cut(0, at - 1), trimmed.cut(at + 1, raw.len()));
            }
            end = at;
            // A last line is short; a longer one is no trailer of a runner.
            if raw.len() - end > TEXT_HEAD_BYTES {
                break;
            }
        }
        (trimmed.cut(0, 0), trimmed)
    }

    fn cut(&self, from: usize, to: usize) -> Self {
        let mut raw = self.raw.get(from..to).unwrap_or_default();
        if let [rest @ .., b'\r'] = raw {
            raw = rest;
        } else if self.escaped
            && let [rest @ .., b'\\', b'r'] = raw
            && !ends_in_backslash_odd(rest)
        {
            raw = rest;
        }
        self.with_raw(raw)
    }

    /// What stands before `rest`, which must be an end of this text.
    pub fn before(&self, rest: Text<'_>) -> Self {
        self.with_raw(self.raw.get(..self.raw.len().saturating_sub(rest.raw.len())).unwrap_or_default())
    }

    /// Of a text that is a JSON object, asks a question of the first field with one of these names that holds a string,
    /// a number or, as it is written, a list. Looks at the object's own fields only, and no further than [`FIELD_BYTES`].
    pub fn with_field<A: Answer>(&self, names: &[&str], question: impl FnOnce(Text<'_>) -> A) -> Option<A> {
        if !self.escaped {
            return find_field(self.raw.get(..FIELD_BYTES).unwrap_or(self.raw), names).map(question);
        }
        let mut object = [0_u8; FIELD_BYTES];
        let mut count = 0;
        for (slot, byte) in object.iter_mut().zip(self.bytes()) {
            *slot = byte;
            count += 1;
        }
        find_field(object.get(..count)?, names).map(question)
    }

    /// A whole number that stands at the start: `-12 lines` is -12.
    pub fn leading_number(&self) -> Option<i64> {
        let (negative, digits) = match self.raw {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut value: i64 = 0;
        let mut any = false;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            any = true;
            value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
        }
        any.then_some(if negative { -value } else { value })
    }

    /// The whole text as a number: `127`, `1.0`, `-1`; `None` where it is anything else.
    pub fn number(&self) -> Option<i64> {
        let number = self.leading_number()?;
        let digits = self.raw.iter().position(|byte| *byte != b'-' && !byte.is_ascii_digit());
        match digits.and_then(|at| self.raw.get(at..)) {
            None => Some(number),
            Some([b'.', zeros @ ..]) if zeros.iter().all(|byte| *byte == b'0') => Some(number),
            Some(_) => None,
        }
    }

    /// The number after these first words.
    pub fn number_after(&self, words: &str) -> Option<i64> {
        self.strip_prefix(words)?.leading_number()
    }

    /// The time it states, in whole seconds; `None` outside of 2000 to 2099 or where it states none.
    pub fn time(&self) -> Option<Seconds> {
        crate::time::parse(self.raw)
    }

    /// A 128-bit hash of the text, escapes resolved, for the tables alone: of its beginning, end and length where it is
    /// longer than both parts, so that the id of a whole list of results takes no time for each of them.
    pub(crate) fn hash(&self) -> u128 {
        let (head, tail) = parts(self.raw, ID_PART_BYTES, ID_PART_BYTES);
        if tail.is_empty() && (!self.escaped || memchr::memchr(b'\\', head).is_none()) {
            return xxhash_rust::xxh3::xxh3_128(head);
        }
        let mut state = xxhash_rust::xxh3::Xxh3Default::new();
        let mut chunk = [0_u8; 256];
        let mut used = 0;
        for byte in self.with_raw(head).bytes().chain(self.with_raw(tail).bytes()) {
            if let Some(slot) = chunk.get_mut(used) {
                *slot = byte;
                used += 1;
            }
            if used == chunk.len() {
                state.update(&chunk);
                used = 0;
            }
        }
        state.update(chunk.get(..used).unwrap_or_default());
        if !tail.is_empty() {
            state.update(&self.raw.len().to_le_bytes());
        }
        state.digest128()
    }

    /// Copies its first bytes, escapes resolved, into the array; the rest of the array is zero.
    pub(crate) fn first_bytes<const N: usize>(&self) -> [u8; N] {
        let mut first = [0_u8; N];
        let raw = self.raw.get(..N).unwrap_or(self.raw);
        if !self.escaped || memchr::memchr(b'\\', raw).is_none() {
            if let Some(slots) = first.get_mut(..raw.len()) {
                slots.copy_from_slice(raw);
            }
            return first;
        }
        for (slot, byte) in first.iter_mut().zip(self.bytes()) {
            *slot = byte;
        }
        first
    }

    /// What the bytes are found to be, of a word that hardly anyone would write with escapes.
    #[inline]
    pub(crate) fn look_up<A: Answer>(&self, look: impl Fn(&[u8]) -> Option<A>) -> Option<A> {
        look(self.raw).or_else(|| {
            let is_plain = !self.escaped || !self.raw.contains(&b'\\');
            if is_plain { None } else { self.ask(|bytes| look(bytes)).flatten() }
        })
    }

    /// Asks a question of the bytes, escapes resolved, of a short text (at most 256 bytes; longer ones give `None`).
    pub(crate) fn ask<A: Answer>(&self, question: impl FnOnce(&[u8]) -> A) -> Option<A> {
        if !self.escaped || !self.raw.contains(&b'\\') {
            return Some(question(self.raw));
        }
        if self.raw.len() > 256 {
            return None;
        }
        let mut short = [0_u8; 256];
        let mut count = 0;
        for byte in self.bytes() {
            *short.get_mut(count)? = byte;
            count += 1;
        }
        Some(question(short.get(..count)?))
    }

    /// Appends the whole text, escapes resolved, up to `limit_bytes` of its raw form. False where it was longer.
    pub(crate) fn unescape_into(&self, limit_bytes: usize, out: &mut Vec<u8>) -> bool {
        let raw = self.raw.get(..limit_bytes).unwrap_or(self.raw);
        unescape(raw, self.escaped, out);
        raw.len() == self.raw.len()
    }

    /// Appends its head and tail windows, escapes resolved, parted by a blank line where something is left out.
    pub(crate) fn window_into(&self, out: &mut Vec<u8>) {
        let (head, tail) = windows(self.raw);
        unescape(head, self.escaped, out);
        if !tail.is_empty() {
            out.extend_from_slice(b"\n\n");
            unescape(tail, self.escaped, out);
        }
    }
}

/// The value of the object's first field of one of these names, if it is a string, a number or the beginning of a list.
fn find_field<'a>(object: &'a [u8], names: &[&str]) -> Option<Text<'a>> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = object.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => {
                let end = string_end(object, at + 1);
                let key = object.get(at + 1..end).unwrap_or_default();
                at = end;
                let colon = end + 1 + spaces(object, end + 1);
                if depth == 1 && object.get(colon) == Some(&b':') && names.iter().any(|name| key == name.as_bytes()) {
                    let start = colon + 1 + spaces(object, colon + 1);
                    return match object.get(start)? {
                        b'"' => object.get(start + 1..string_end(object, start + 1)).map(Text::json),
                        b'-' | b'0'..=b'9' => {
                            let digits = object.get(start..)?;
                            let len = digits.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
                            digits.get(..len).map(Text::plain)
                        }
                        b'[' => object.get(start..).map(Text::plain),
                        _ => None,
                    };
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the string that begins at `at` ends: its closing quote, or the end of what is there.
pub(crate) fn string_end(object: &[u8], mut at: usize) -> usize {
    while let Some(found) = object.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if object.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
    object.len()
}

fn spaces(object: &[u8], from: usize) -> usize {
    object.get(from..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n')).count()
}

/// The head and the tail that rules read; the tail is empty where the head holds everything.
fn windows(raw: &[u8]) -> (&[u8], &[u8]) {
    parts(raw, TEXT_HEAD_BYTES, TEXT_TAIL_BYTES)
}

/// The first and the last bytes; all of it and nothing where it is no longer than both.
fn parts(raw: &[u8], head_bytes: usize, tail_bytes: usize) -> (&[u8], &[u8]) {
    if raw.len() <= head_bytes + tail_bytes {
        return (raw, b"");
    }
    let head = raw.get(..head_bytes).unwrap_or(raw);
    let tail = raw.get(raw.len() - tail_bytes..).unwrap_or_default();
    (head, tail)
}

fn ends_in_backslash_odd(raw: &[u8]) -> bool {
    raw.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Bytes with the escapes resolved.
struct Bytes<'line> {
    rest: &'line [u8],
    escaped: bool,
    pending: [u8; 4],
    pending_count: u8,
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.pending_count > 0 {
            let [first, rest @ ..] = self.pending;
            let [a, b, c] = rest;
            self.pending = [a, b, c, 0];
            self.pending_count -= 1;
            return Some(first);
        }
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        if *first != b'\\' || !self.escaped {
            return Some(*first);
        }
        let (character, taken) = resolve_escape(self.rest);
        self.rest = self.rest.get(taken..).unwrap_or_default();
        let Some(character) = character else { return Some(b'\\') };
        let mut encoded = [0_u8; 4];
        let count = character.encode_utf8(&mut encoded).len();
        let [first, a, b, c] = encoded;
        self.pending = [a, b, c, 0];
        self.pending_count = count as u8 - 1;
        Some(first)
    }
}

/// The character that stands after a backslash, and how many bytes it takes; a lone surrogate is U+FFFD.
fn resolve_escape(after: &[u8]) -> (Option<char>, usize) {
    let character = match after.first() {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return resolve_unicode(after),
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
        // No JSON escape: both characters stand for themselves.
        _ => return (None, 0),
    };
    (Some(character), 1)
}

fn resolve_unicode(after: &[u8]) -> (Option<char>, usize) {
    let Some(unit) = after.get(1..5).and_then(hex_unit) else { return (None, 0) };
    if !(0xD800..0xE000).contains(&unit) {
        return (char::from_u32(unit), 5);
    }
    if unit < 0xDC00
        && after.get(5..7) == Some(b"\\u")
        && let Some(low) = after.get(7..11).and_then(hex_unit)
        && (0xDC00..0xE000).contains(&low)
    {
        return (char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)), 11);
    }
    (Some('\u{FFFD}'), 5)
}

fn hex_unit(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, byte| Some(value * 16 + char::from(*byte).to_digit(16)?))
}

/// Appends `raw`, its escapes resolved, to `out`: whole stretches between backslashes at once.
fn unescape(mut raw: &[u8], escaped: bool, out: &mut Vec<u8>) {
    if !escaped {
        out.extend_from_slice(raw);
        return;
    }
    while let Some(at) = memchr::memchr(b'\\', raw) {
        let (stretch, rest) = raw.split_at_checked(at).unwrap_or((raw, b""));
        out.extend_from_slice(stretch);
        let after = rest.get(1..).unwrap_or_default();
        let (character, taken) = resolve_escape(after);
        match character {
            Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.push(b'\\'),
        }
        raw = after.get(taken..).unwrap_or_default();
    }
    out.extend_from_slice(raw);
}

/// One body of text in up to [`TEXT_PIECES_MAX`] pieces: the items of a content list, standard output and error.
#[derive(Clone, Copy)]
pub struct Pieces<'line> {
    pieces: [Text<'line>; TEXT_PIECES_MAX],
    count: u8,
}

impl Default for Pieces<'_> {
    fn default() -> Self {
        Self { pieces: [Text::EMPTY; TEXT_PIECES_MAX], count: 0 }
    }
}

impl<'line> Pieces<'line> {
    /// A body of one piece.
    pub fn one(text: Text<'line>) -> Self {
        let mut pieces = Self::default();
        pieces.push(text);
        pieces
    }

    /// Adds a piece at the end; a body that is full keeps its first pieces and takes this one as its last.
    pub fn push(&mut self, text: Text<'line>) {
        if text.is_empty() {
            return;
        }
        let at = usize::from(self.count).min(TEXT_PIECES_MAX - 1);
        if let Some(slot) = self.pieces.get_mut(at) {
            *slot = text;
            self.count = at as u8 + 1;
        }
    }

    /// Its pieces in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Text<'line>> + '_ {
        self.pieces.iter().take(usize::from(self.count)).copied()
    }

    /// The first piece, or the empty text.
    pub fn first(&self) -> Text<'line> {
        self.iter().next().unwrap_or(Text::EMPTY)
    }

    /// The last piece, or the empty text.
    pub fn last(&self) -> Text<'line> {
        self.iter().next_back().unwrap_or(Text::EMPTY)
    }

    /// Puts another text in the place of the first piece.
    pub fn replace_first(&mut self, text: Text<'line>) {
        if let Some(slot) = self.pieces.first_mut() {
            *slot = text;
            self.count = self.count.max(1);
        }
    }

    /// Puts another text in the place of the last piece.
    pub fn replace_last(&mut self, text: Text<'line>) {
        let at = usize::from(self.count.max(1)) - 1;
        if let Some(slot) = self.pieces.get_mut(at) {
            *slot = text;
            self.count = at as u8 + 1;
        }
    }

    /// True where no piece holds more than white space in what rules read of it.
    pub fn is_blank(&self) -> bool {
        self.iter().all(|piece| {
            let (head, tail) = windows(piece.raw);
            piece.with_raw(head).trim_start().is_empty() && piece.with_raw(tail).trim_start().is_empty()
        })
    }

    /// Appends every piece's windows, escapes resolved, each on lines of its own.
    pub(crate) fn window_into(&self, out: &mut Vec<u8>) {
        for piece in self.iter() {
            if !out.is_empty() && out.last() != Some(&b'\n') {
                out.push(b'\n');
            }
            piece.window_into(out);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn resolved(raw: &str) -> String {
        let mut out = Vec::new();
        unescape(raw.as_bytes(), true, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_are_resolved_and_a_lone_surrogate_is_replaced() {
        assert_eq!(resolved(r"a\nb\t\u0041\ud83d\ude00\ud800x\q\\"), "a\nb\tA😀\u{FFFD}x\\q\\");
    }

    #[test]
    fn lines_are_found_through_escapes_and_not_inside_them() {
        let text = Text::json(br"Exit code 1\r\nC:\\new\nlast\n");
        let (first, rest) = text.split_line();
        assert!(first.is("Exit code 1"));
        assert!(rest.split_line().0.is(r"C:\new"));
        let (before, last) = text.split_last_line();
        assert!(last.is("last"));
        assert!(before.starts_with("Exit code 1\r\nC:"));
    }

    #[test]
    fn a_field_of_an_object_inside_a_text_is_found_at_the_first_level_only() {
        let text = Text::json(br#"{\"x\":{\"cmd\":\"no\"},\"cmd\" : \"ls \\\"a\\\"\",\"session_id\":42}"#);
        assert_eq!(text.with_field(&["cmd"], |cmd| cmd.is("ls \"a\"")), Some(true));
        assert_eq!(text.with_field(&["session_id"], |id| id.number()), Some(Some(42)));
        assert_eq!(text.with_field(&["other"], |_| true), None);
        assert_eq!(Text::plain(b"{\"cmd\":\"cut").with_field(&["cmd"], |cmd| cmd.is("cut")), Some(true));
    }

    #[test]
    fn numbers_are_read_as_the_logs_write_them() {
        for (raw, number) in [("127", Some(127)), ("1.0", Some(1)), ("-1", Some(-1)), ("1.5", None), ("x", None)] {
            assert_eq!(Text::plain(raw.as_bytes()).number(), number);
        }
        assert_eq!(Text::plain(b"99999999999999999999").number(), None);
        assert_eq!(Text::json(b"Exit code 2\\nboom").number_after("Exit code "), Some(2));
    }

    proptest! {
        #[test]
        fn resolving_byte_by_byte_and_by_stretches_agree(raw in "([a-z\\\\\"nu0-9dD]|\\\\u[0-9a-f]{4}){0,60}") {
            let mut stretches = Vec::new();
            unescape(raw.as_bytes(), true, &mut stretches);
            let singles: Vec<u8> = Text::json(raw.as_bytes()).bytes().collect();
            prop_assert_eq!(stretches, singles);
        }

        #[test]
        fn the_hash_does_not_depend_on_how_a_text_was_escaped(word in "[a-z]{1,40}") {
            let escaped: String = word.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
            prop_assert!(Text::json(escaped.as_bytes()).hash() == Text::plain(word.as_bytes()).hash());
            prop_assert!(Text::json(escaped.as_bytes()).is(&word));
            prop_assert!(Text::json(escaped.as_bytes()).starts_with(&word));
        }
    }
}
