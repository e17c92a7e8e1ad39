//! From a failed event to its verdict: facts of fields first, then rules over text by provenance, `unknown` last.
//!
//! One automaton holds a literal of every needle; each hit is checked against the whole needle on its line, so that the
//! work per byte and per hit is bounded. Built at the first failure, then nothing is allocated. May not know which agent
//! wrote the log, nor anything of the output.

use crate::automaton::{Automaton, is_key_byte};
use crate::event::{Command, Outcome, Signals};
use crate::rules::{RULES, Rule, Stage};
use crate::schema::{Basis, EventKind, Tool};
use memchr::memmem::Finder;
use std::sync::{LazyLock, OnceLock};

/// Bytes of a line before and after a needle's literal that are read with it.
const LINE_BYTES_MAX: usize = 1024;
/// Bytes of a needle's literal that the automaton knows; the rest is compared where it hits.
const KEY_BYTES_MAX: usize = 10;
/// Steps that comparing one needle with one line may take.
const COMPARE_STEPS_MAX: usize = 4096;
/// Hits of one needle on one line that are compared.
const TRIES_PER_LINE_MAX: u8 = 4;
/// Words that runners put before a program's own message, looked through at the start of a line: by their first byte.
const LINE_PREFIXES: &[(u8, &[&[u8]])] = &[
    (b'e', &[b"error: ", b"e ", b"error ", b"err: ", b"exception: "]),
    (b'f', &[b"fatal: ", b"fatal error: "]),
    (b'n', &[b"npm err! ", b"npm error "]),
    (b'r', &[b"remote: "]),
    (b'u', &[b"uncaught ", b"unhandled exception: "]),
    (b'p', &[b"panic: "]),
    (b'c', &[b"caused by: "]),
    (b's', &[b"stderr: "]),
    (b'w', &[b"warning: "]),
    (b'[', &[b"[error] ", b"[cause]: "]),
    (b'>', &[b"> "]),
    (b'-', &[b"- "]),
    (b'!', &[b"! "]),
    (b'x', &[b"x "]),
    (0xc3, &["\u{d7} ".as_bytes()]),
    (0xe2, &["\u{2716} ".as_bytes(), "\u{2570}\u{2500}\u{25b6} ".as_bytes()]),
];
/// Bytes in which a failed script's own header ends.
const SCRIPT_HEAD_BYTES: usize = 256;
/// Lines of what a program printed come after all lines of its runner's.
const PROGRAM_LINES_FROM: usize = usize::MAX / 2;
/// How many of them are looked through, one after the other.
const LINE_PREFIXES_MAX: usize = 3;
/// Wrappers before a runner's sentence, looked through at the start of a text.
const TEXT_PREFIXES: &[&[u8]] = &[
    b"<tool_use_error>",
    b"error: ",
    b"<error>",
    b"<tool_error>",
    b"<system>error: ",
    b"toolerror: ",
    b"mcperror: ",
    b"### error",
    b"failed to execute tool: ",
    b"tool execution failed: ",
    b"mcp tool failed: ",
    b"\"",
];
/// The same, where the tool's name follows, and a colon after it.
const TEXT_PREFIXES_NAMED: &[&[u8]] = &[b"error executing tool ", b"error calling tool ", b"error in tool "];
/// Bytes of the name.
const PREFIX_NAME_BYTES: usize = 128;

/// A rule, as its position in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleId(u16);

static LAST: Rule = crate::rules::UNRECOGNISED;

impl RuleId {
    /// The rule itself.
    pub fn rule(self) -> &'static Rule {
        RULES.get(usize::from(self.0)).unwrap_or(&LAST)
    }

    /// Its position in [`RULES`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Why an event failed.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The rule that decided: it says the source and the layer.
    pub rule: RuleId,
    /// What kind of evidence it read.
    pub basis: Basis,
}

/// A failed event, as the classifier sees it.
pub struct Failure<'a, 'line> {
    /// A tool call, or the model's turn.
    pub event: EventKind,
    /// The tool that failed.
    pub tool: Tool,
    /// What kind of command it ran.
    pub command: Command,
    /// The evidence.
    pub outcome: &'a Outcome<'line>,
}

/// Gives each failed event its verdict. Owns the buffers that it reuses.
pub struct Classifier {
    tries: Tries,
    harness: Vec<u8>,
    program: Vec<u8>,
}

impl Default for Classifier {
    fn default() -> Self {
        Self::new()
    }
}

/// Room for the windows of most bodies of text, so that it need not grow later.
const BUFFER_BYTES: usize = 64 * 1024;

impl Classifier {
    /// A classifier that has seen no failure yet. Cheap: what it needs is built at the first one.
    pub fn new() -> Self {
        Self {
            tries: Tries::default(),
            harness: Vec::with_capacity(BUFFER_BYTES),
            program: Vec::with_capacity(BUFFER_BYTES),
        }
    }

    /// The verdict on a failed event.
    pub fn classify(&mut self, failure: &Failure<'_, '_>) -> Verdict {
        let outcome = failure.outcome;
        let blank = outcome.harness.is_blank() && outcome.program.is_blank();
        let mut best = Best::nothing();
        let needles = Needles::built();
        // Most of them are bound to signals, and most failures have none.
        let signalled = |signals: &Signals| signals.is_empty() || outcome.signals.has(*signals);
        let wordless = needles.wordless.iter().filter(|(_, signals)| signalled(signals));
        let mut wordless = wordless.filter_map(|(index, _)| Some((*index, RULES.get(*index)?)));
        if let Some((index, rule)) = wordless.find(|(_, rule)| rule.applies(failure)) {
            best = Best { stage: rule.stage, index, line: 0, basis: Basis::Structured };
        }
        if !blank && best.stage > Stage::Stated {
            self.harness.clear();
            outcome.harness.window_into(&mut self.harness);
            needles.search(&mut self.harness, &mut self.tries, Basis::Harness, failure, &mut best);
            self.program.clear();
            outcome.program.window_into(&mut self.program);
            needles.search(&mut self.program, &mut self.tries, Basis::Program, failure, &mut best);
        }
        Verdict { rule: RuleId(best.index as u16), basis: best.basis }
    }
}

/// The best candidate so far.
struct Best {
    stage: Stage,
    index: usize,
    /// Where its line begins; a program's lines come after all of the harness's.
    line: usize,
    basis: Basis,
}

impl Best {
    fn nothing() -> Self {
        Self { stage: Stage::Nothing, index: RULES.len().saturating_sub(1), line: 0, basis: Basis::Structured }
    }

    /// A lower stage is better evidence. In the stage of lines the last line wins, and on one line the earlier rule; in
    /// the others the earlier rule does.
    fn wants(&self, needle: &Needle, line: usize) -> bool {
        if needle.stage != self.stage {
            needle.stage < self.stage
        } else if needle.stage == Stage::Line {
            line > self.line || line == self.line && usize::from(needle.rule) < self.index
        } else {
            usize::from(needle.rule) < self.index
        }
    }

    fn take(&mut self, needle: &Needle, line: usize, basis: Basis) {
        *self = Self { stage: needle.stage, index: usize::from(needle.rule), line, basis };
    }
}

/// Where a needle must begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Text,
    Line,
    Anywhere,
}

/// One compiled needle.
struct Needle {
    rule: u16,
    stage: Stage,
    harness: bool,
    program: bool,
    start: Start,
    ends_line: bool,
    /// Its tokens in [`Needles::tokens`].
    from: u32,
    to: u32,
    /// What the byte before it must be, where it may begin anywhere with a wildcard; 0: the edge of a word.
    before: u8,
    /// How far its key lies behind its beginning: it tells the beginning of one that may begin anywhere.
    key_offset: u16,
    /// The bytes beside its key, where it says which; else 0.
    beside: [u8; 2],
    key_bytes: u16,
    /// How many tokens stand before its first wildcard.
    literal: u16,
}

impl Needle {
    fn tokens<'a>(&self, tokens: &'a [u8]) -> &'a [u8] {
        tokens.get(self.from as usize..self.to as usize).unwrap_or_default()
    }

    /// The literal that the automaton knows.
    fn key<'a>(&self, tokens: &'a [u8]) -> &'a [u8] {
        let from = usize::from(self.key_offset);
        self.tokens(tokens).get(from..from + usize::from(self.key_bytes)).unwrap_or_default()
    }
}

/// Whether a rule is bound to the event at hand, once asked.
#[derive(Clone, Copy, Default)]
struct Bound {
    text: u32,
    holds: bool,
}

/// What was tried of one needle in the text at hand.
#[derive(Clone, Copy, Default)]
struct Tried {
    text: u32,
    line: u32,
    tries: u8,
}

/// What was tried of each needle, and in which text.
#[derive(Default)]
struct Tries {
    tried: Vec<Tried>,
    bound: Vec<Bound>,
    text: u32,
}

/// The automaton and what its keys stand for: built once for the whole process.
struct Needles {
    automaton: Automaton,
    /// For each key its needles, a range of `needles`; in the middle, where those begin that read what programs print.
    keys: Vec<(usize, usize, usize)>,
    needles: Vec<Needle>,
    tokens: Vec<u8>,
    /// The rules that need no wording, in the table's order, and the signals of which each needs one.
    wordless: Vec<(usize, Signals)>,
}

impl Needles {
    fn built() -> &'static Self {
        static BUILT: OnceLock<Needles> = OnceLock::new();
        BUILT.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut tokens = Vec::new();
        let mut needles: Vec<Needle> = Vec::new();
        for (rule, needle) in RULES.iter().enumerate().flat_map(|(at, rule)| rule.needles.iter().map(move |n| (at, n)))
        {
            needles.push(compile(rule, needle, &mut tokens));
        }
        // Of the needles of one key, those that read what programs print come last, so that the others can be left out.
        needles.sort_by(|a, b| (a.key(&tokens), a.program).cmp(&(b.key(&tokens), b.program)));
        let mut keys: Vec<(usize, usize, usize)> = Vec::new();
        let mut distinct: Vec<&[u8]> = Vec::new();
        for (at, needle) in needles.iter().enumerate() {
            let key = needle.key(&tokens);
            if distinct.last() != Some(&key) {
                keys.push((at, at, at));
                distinct.push(key);
            }
            if let Some((_, program, to)) = keys.last_mut() {
                *to = at + 1;
                *program += usize::from(!needle.program);
            }
        }
        let automaton = Automaton::new(&distinct);
        let wordless = RULES.iter().enumerate().filter(|(_, rule)| rule.needles.is_empty());
        let wordless = wordless.map(|(at, rule)| (at, rule.signals)).collect();
        Self { automaton, keys, needles, tokens, wordless }
    }

    fn search(&self, text: &mut Vec<u8>, tries: &mut Tries, basis: Basis, failure: &Failure<'_, '_>, best: &mut Best) {
        if !text.is_empty() {
            normalise(text);
            self.walk(text, tries, basis, failure, best);
        }
    }

    /// Tries every needle that may be better evidence than the best so far.
    fn walk(&self, text: &[u8], tries: &mut Tries, basis: Basis, failure: &Failure<'_, '_>, best: &mut Best) {
        let Self { automaton, keys, needles, tokens, .. } = self;
        tries.tried.resize(needles.len(), Tried::default());
        tries.bound.resize(RULES.len(), Bound::default());
        tries.text = tries.text.wrapping_add(1);
        let Tries { tried, bound, text: epoch } = tries;
        let epoch = *epoch;
        let head = text_head(text);
        let base = if basis == Basis::Program { PROGRAM_LINES_FROM } else { 0 };
        let mut line = Line::default();
        automaton.find(text, |key, at| {
            if at >= line.to {
                line = Line::around(text, at, head, basis);
            }
            let Some((from, program, to)) = keys.get(key).copied() else { return };
            let from = if basis == Basis::Program { program } else { from };
            let byte_at = |at: Option<usize>| at.and_then(|at| text.get(at).copied());
            let after = byte_at(Some(at + 1));
            let tried = tried.get_mut(from..to).unwrap_or_default();
            for (needle, tried) in needles.get(from..to).unwrap_or_default().iter().zip(tried) {
                let reads = needle.harness || basis == Basis::Program;
                if !reads || needle.start == Start::Text && !line.first || !best.wants(needle, base + line.from) {
                    continue;
                }
                // Most hits are of words that many needles share: what stands beside it tells them apart.
                let [left, right] = needle.beside;
                let before = at.checked_sub(usize::from(needle.key_bytes));
                if right != 0 && after != Some(right) || left != 0 && byte_at(before) != Some(left) {
                    continue;
                }
                let Some(bound) = bound.get_mut(usize::from(needle.rule)) else { continue };
                if bound.text != epoch {
                    let holds = RULES.get(usize::from(needle.rule)).is_some_and(|rule| rule.applies(failure));
                    *bound = Bound { text: epoch, holds };
                }
                if tried.text != epoch || tried.line != line.from as u32 {
                    *tried = Tried { text: epoch, line: line.from as u32, tries: 0 };
                }
                let tries_max = if needle.start == Start::Anywhere { TRIES_PER_LINE_MAX } else { 1 };
                if !bound.holds || tried.tries >= tries_max {
                    continue;
                }
                tried.tries += 1;
                let tokens = needle.tokens(tokens);
                let begins = (at + 1).saturating_sub(usize::from(needle.key_offset) + usize::from(needle.key_bytes));
                if line.matches(text, needle, tokens, begins) && !line.tells_nothing(text, needle) {
                    best.take(needle, base + line.from, basis);
                }
            }
        });
    }
}

/// The line around a hit.
#[derive(Default)]
struct Line {
    from: usize,
    to: usize,
    /// Where it may begin, behind none, one, two ... prefixes.
    heads: [usize; LINE_PREFIXES_MAX + 2],
    head_count: usize,
    /// Its beginning is near enough to be seen.
    known: bool,
    /// The whole text begins on it.
    first: bool,
    text_head: usize,
    /// A program printed it.
    printed: bool,
}

impl Line {
    fn around(text: &[u8], at: usize, text_head: usize, basis: Basis) -> Self {
        let back = at.saturating_sub(LINE_BYTES_MAX);
        let found = text.get(back..at).and_then(|before| memchr::memrchr(b'\n', before));
        let known = found.is_some() || back == 0;
        let from = found.map_or(back, |found| back + found + 1);
        let rest = text.get(at..).unwrap_or_default();
        let rest = rest.get(..LINE_BYTES_MAX).unwrap_or(rest);
        let to = at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let to = to
            - text.get(from..to).unwrap_or_default().iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        let first = known && (from..=to).contains(&text_head);
        Self { from, to: to.max(at + 1), first, text_head, known, printed: basis == Basis::Program, ..Self::default() }
    }

    fn find_heads(&mut self, text: &[u8]) {
        let text = text.get(..self.to).unwrap_or(text);
        let mut head = skip_blanks(text, self.from);
        self.push_head(head);
        for _ in 0..LINE_PREFIXES_MAX {
            let rest = text.get(head..).unwrap_or_default();
            let Some(first) = rest.first() else { break };
            let named = LINE_PREFIXES.iter().find(|(byte, _)| byte == first);
            let named = named.and_then(|(_, prefixes)| prefixes.iter().find(|prefix| rest.starts_with(prefix)));
            let Some(prefix) = named.map(|prefix| prefix.len()).or_else(|| build_step(rest)) else { break };
            head = skip_blanks(text, head + prefix);
            self.push_head(head);
        }
        // A runner that shows what the program printed on the line of its own message.
        if !self.printed
            && let Some(at) = memchr::memmem::find(text.get(self.from..).unwrap_or_default(), b"stderr: ")
        {
            self.push_head(self.from + at + 8);
        }
    }

    fn push_head(&mut self, head: usize) {
        if let Some(slot) = self.heads.get_mut(self.head_count) {
            *slot = head;
            self.head_count += 1;
        }
    }

    fn matches(&mut self, text: &[u8], needle: &Needle, tokens: &[u8], begins: usize) -> bool {
        if needle.start == Start::Line && self.head_count == 0 && self.known {
            self.find_heads(text);
        }
        let line = |from: usize| text.get(from..self.to).unwrap_or_default();
        match needle.start {
            Start::Text => self.first && compare(needle, tokens, line(self.text_head)),
            Start::Line => {
                let heads = self.heads.get(..self.head_count).unwrap_or_default();
                heads.iter().any(|head| compare(needle, tokens, line(*head)))
            }
            Start::Anywhere => {
                let before = begins.checked_sub(1).and_then(|at| text.get(at).copied());
                let edge = match needle.before {
                    0 => !before.is_some_and(is_word) || !tokens.first().is_some_and(|byte| is_word(*byte)),
                    class => class == ANY || before.is_some_and(|byte| is_of(class, byte)),
                };
                begins >= self.from && edge && compare(needle, tokens, line(begins))
            }
        }
    }

    /// What a program printed tells no cause where it quotes, only warns, or counts no failure.
    fn tells_nothing(&self, text: &[u8], needle: &Needle) -> bool {
        let own = text.get(self.from..self.to).unwrap_or_default();
        self.printed
            && (needle.start == Start::Anywhere && is_quoted(own)
                || needle.stage == Stage::Line && is_aside(own)
                || needle.stage == Stage::Summary && is_all_fine(own))
    }
}

/// The length of what a container's build puts before each line of a step: its number, or its clock.
fn build_step(line: &[u8]) -> Option<usize> {
    let count =
        |from: usize| line.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = if line.first() == Some(&b'#') {
        1 + count(1)
    } else {
        let whole = count(0);
        (whole > 0 && line.get(whole) == Some(&b'.')).then(|| whole + 1 + count(whole + 1))?
    };
    (line.get(end) == Some(&b' ') && line.get(end - 1).is_some_and(u8::is_ascii_digit)).then_some(end + 1)
}

/// Lines of a search's or a diff's output, and numbered source lines, quote what others wrote.
fn is_quoted(line: &[u8]) -> bool {
    let line = line.get(skip_blanks(line, 0)..).unwrap_or_default();
    if let [b'+' | b'-' | b'#', ..] | [b'/', b'/', ..] | [b'|', ..] | [b'<', b' ', ..] = line {
        return build_step(line).is_none();
    }
    // Source: a runtime shows the line that threw.
    if line.starts_with(b"throw ") || line.starts_with(b"raise ") || line.ends_with(b";") {
        return true;
    }
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 && matches!(line.get(digits), Some(b':' | b'-' | b'|' | b'\t')) && line.get(digits + 1) != Some(&b' ')
    {
        let clock = digits <= 2 && line.get(digits + 1).is_some_and(u8::is_ascii_digit);
        let date = digits == 4 && line.get(digits) == Some(&b'-');
        return !clock && !date;
    }
    let path = line.iter().take_while(|byte| !matches!(byte, b' ' | b':' | b'\t')).count();
    let rest = line.get(path..).unwrap_or_default();
    let [b':', rest @ ..] = rest else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // `file:12:text` quotes; `file:12:5: error: ...` is a compiler's own, and `file.rb:12:in 'f': ...` is Ruby's.
    let after = rest.get(digits + 1..).unwrap_or_default();
    let own: &[&[u8]] = &[b" error: ", b" fatal error: ", b"in `", b"in '"];
    path > 0
        && digits > 0
        && rest.get(digits) == Some(&b':')
        && !after.first().is_some_and(u8::is_ascii_digit)
        && !own.iter().any(|words| after.starts_with(words))
}

/// The summary of a test run that went well.
fn is_all_fine(line: &[u8]) -> bool {
    static NONE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"0 fail"));
    NONE.find(line).is_some_and(|at| !at.checked_sub(1).and_then(|at| line.get(at)).is_some_and(u8::is_ascii_digit))
        || line.ends_with(b" fail 0")
}

/// Warnings and a server's log of its requests tell no cause.
fn is_aside(line: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] = &[b"npm warn", b"npm notice", b"warn ", b"[warn]"];
    // Built once: that takes longer than to search a line.
    static ANYWHERE: LazyLock<[Finder<'static>; 3]> =
        LazyLock::new(|| [Finder::new("log file"), Finder::new("http/1.1\" "), Finder::new("level=warning")]);
    let own = line.get(skip_blanks(line, 0)..).unwrap_or_default();
    BEGINNINGS.iter().any(|words| own.starts_with(words)) || ANYWHERE.iter().any(|words| words.find(own).is_some())
}

/// Where a text's first words stand, behind wrappers.
fn text_head(text: &[u8]) -> usize {
    let mut head = skip_white(text, 0);
    // A script that failed tells how long it ran before it tells why.
    let beginning = text.get(..SCRIPT_HEAD_BYTES).unwrap_or(text);
    if text.get(head..).is_some_and(|rest| rest.starts_with(b"script failed"))
        && let Some(at) = memchr::memmem::find(beginning, b"script error:\n")
    {
        head = skip_white(text, at + 14);
    }
    for _ in 0..LINE_PREFIXES_MAX {
        let rest = text.get(head..).unwrap_or_default();
        let plain = TEXT_PREFIXES.iter().find(|prefix| rest.starts_with(prefix)).map(|prefix| prefix.len());
        let Some(prefix) = plain.or_else(|| named_prefix(rest)) else { break };
        head = skip_white(text, head + prefix);
    }
    head
}

fn named_prefix(text: &[u8]) -> Option<usize> {
    let prefix = TEXT_PREFIXES_NAMED.iter().find(|prefix| text.starts_with(prefix))?;
    let name = text.get(prefix.len()..)?;
    let name = name.get(..PREFIX_NAME_BYTES).unwrap_or(name);
    Some(prefix.len() + memchr::memmem::find(name, b": ")? + 2)
}

fn skip_white(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Lower case, terminal colours removed, and every line end a newline: in place.
fn normalise(text: &mut Vec<u8>) {
    text.make_ascii_lowercase();
    if memchr::memchr(0x1b, text).is_some() {
        let mut inside = false;
        let mut begun = false;
        text.retain(|byte| {
            if !inside {
                inside = *byte == 0x1b;
                begun = inside;
                return !inside;
            }
            if begun {
                begun = false;
                // `ESC [` opens a sequence that ends with a letter; any other is two bytes.
                inside = *byte == b'[' || *byte == b']';
            } else if byte.is_ascii_alphabetic() || matches!(byte, 0x07 | b'~' | b'\n' | b'\\') {
                inside = false;
            }
            false
        });
    }
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| memchr::memchr(b'\r', rest)) {
        from += found;
        if let Some(byte) = text.get_mut(from) {
            *byte = b'\n';
        }
    }
}

/// Any bytes of the line, none included.
const ANY: u8 = 1;
/// At least one byte that is no blank.
const TOKEN: u8 = 2;
/// At least one digit.
const DIGITS: u8 = 3;
/// At least one byte of a program's or a script's name.
const NAME: u8 = 4;

fn is_of(class: u8, byte: u8) -> bool {
    match class {
        TOKEN => !byte.is_ascii_whitespace(),
        DIGITS => byte.is_ascii_digit(),
        NAME => {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'+' | b'\\' | b'[' | b']' | b'~')
        }
        _ => true,
    }
}

/// What a byte of a needle stands for.
fn token(byte: u8) -> u8 {
    match byte {
        b'*' => ANY,
        b'~' => TOKEN,
        b'#' => DIGITS,
        b'@' => NAME,
        byte => byte.to_ascii_lowercase(),
    }
}

/// Reads a needle as the table writes it: see [`crate::rules`].
fn compile(rule: usize, needle: &str, tokens: &mut Vec<u8>) -> Needle {
    let (start, rest) = if let Some(rest) = needle.strip_prefix("^^") {
        (Start::Text, rest)
    } else if let Some(rest) = needle.strip_prefix('^') {
        (Start::Line, rest)
    } else {
        (Start::Anywhere, needle)
    };
    let (ends_line, rest) = rest.strip_suffix('$').map_or((false, rest), |rest| (true, rest));
    let (before, rest) = match rest.as_bytes().first() {
        Some(byte) if start == Start::Anywhere && token(*byte) <= NAME => {
            (token(*byte), rest.get(1..).unwrap_or_default())
        }
        _ => (0, rest),
    };
    let from = tokens.len();
    tokens.extend(rest.bytes().map(token));
    let own = tokens.get(from..).unwrap_or_default();
    // One that may begin anywhere needs its key at a fixed distance: before the first wildcard.
    let fixed = match start {
        Start::Anywhere => own.iter().position(|byte| *byte <= NAME).unwrap_or(own.len()),
        Start::Text | Start::Line => own.len(),
    };
    let (mut key_offset, mut key_bytes, mut at) = (0, 0, 0);
    for run in own.get(..fixed).unwrap_or(own).split(|byte| !is_key_byte(*byte)) {
        if run.len() > key_bytes {
            (key_offset, key_bytes) = (at, run.len());
        }
        at += run.len() + 1;
    }
    let key_bytes = key_bytes.min(KEY_BYTES_MAX) as u16;
    let (stage, reads) = RULES.get(rule).map_or((Stage::Rest, &[][..]), |rule| (rule.stage, rule.reads));
    let (harness, program) = (reads.contains(&Basis::Harness), reads.contains(&Basis::Program));
    let (from, to) = (from as u32, tokens.len() as u32);
    let literal = own.iter().take_while(|token| **token > NAME).count() as u16;
    let token_at =
        |at: Option<usize>| at.and_then(|at| own.get(at).copied()).filter(|token| *token > NAME).unwrap_or(0);
    let beside = [token_at(key_offset.checked_sub(1)), token_at(Some(key_offset + usize::from(key_bytes)))];
    let (rule, key_offset) = (rule as u16, key_offset as u16);
    Needle { rule, stage, harness, program, start, ends_line, from, to, before, key_offset, beside, key_bytes, literal }
}

/// Whether the line begins with the needle.
#[inline]
fn compare(needle: &Needle, tokens: &[u8], line: &[u8]) -> bool {
    let literal = usize::from(needle.literal);
    tokens.get(..literal).is_some_and(|literal| line.starts_with(literal))
        && compare_from(literal, tokens, line, needle.ends_line)
}

/// The same, where the first tokens are known to match. Wildcards take as little as they can.
fn compare_from(literal: usize, tokens: &[u8], line: &[u8], ends_line: bool) -> bool {
    let (mut token_at, mut line_at) = (literal, literal);
    let mut any: Option<(usize, usize)> = None;
    let mut run: Option<(u8, usize, usize)> = None;
    for _ in 0..COMPARE_STEPS_MAX {
        let next = line.get(line_at).copied();
        let fits = match tokens.get(token_at).copied() {
            None if ends_line && next.is_some() => false,
            None => {
                let last = tokens.last().copied().unwrap_or(ANY);
                if !is_word(last) || !next.is_some_and(is_word) {
                    return true;
                }
                false
            }
            Some(ANY) => {
                any = Some((token_at + 1, line_at));
                run = None;
                token_at += 1;
                continue;
            }
            Some(class @ ..=NAME) => {
                let fits = next.is_some_and(|byte| is_of(class, byte));
                if fits {
                    run = Some((class, token_at + 1, line_at + 1));
                }
                fits
            }
            Some(literal) => next == Some(literal),
        };
        if fits {
            token_at += 1;
            line_at += 1;
            continue;
        }
        // Back to the last wildcard: it takes more, up to where what follows it can begin.
        let literal = |token: usize| tokens.get(token).copied().filter(|token| *token > NAME);
        if let Some((class, token, from)) = run {
            let rest = line.get(from..).unwrap_or_default();
            let wanted = literal(token);
            let more =
                1 + rest.iter().skip(1).take_while(|byte| is_of(class, **byte) && Some(**byte) != wanted).count();
            if rest.first().is_some_and(|byte| is_of(class, *byte)) {
                run = Some((class, token, from + more));
                (token_at, line_at) = (token, from + more);
                continue;
            }
        }
        let Some((token, from)) = any.filter(|(_, from)| *from < line.len()) else { return false };
        let rest = line.get(from + 1..).unwrap_or_default();
        let skipped = literal(token).map_or(Some(0), |literal| memchr::memchr(literal, rest));
        let Some(skipped) = skipped else { return false };
        run = None;
        any = Some((token, from + 1 + skipped));
        (token_at, line_at) = (token, from + 1 + skipped);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Signals;
    use crate::text::{Pieces, Text};
    use proptest::prelude::*;

    fn classify(classifier: &mut Classifier, exit_code: Option<i64>, harness: &str, program: &str) -> &'static str {
        let outcome = Outcome {
            failed: true,
            exit_code,
            harness: Pieces::one(Text::plain(harness.as_bytes())),
            program: Pieces::one(Text::plain(program.as_bytes())),
            ..Outcome::default()
        };
        let tool = Tool::named(b"Bash");
        let failure = Failure { event: EventKind::ToolCall, tool, command: Command::Other, outcome: &outcome };
        classifier.classify(&failure).rule.rule().id
    }

    fn matches(needle: &str, text: &str) -> bool {
        let mut tokens = Vec::new();
        let needle = compile(0, needle, &mut tokens);
        let key = needle.key(&tokens);
        let mut text = text.as_bytes().to_vec();
        normalise(&mut text);
        let head = text_head(&text);
        memchr::memmem::find_iter(&text.clone(), key).any(|at| {
            let mut line = Line::around(&text, at + key.len() - 1, head, Basis::Program);
            let begins = at.saturating_sub(usize::from(needle.key_offset));
            line.matches(&text, &needle, needle.tokens(&tokens), begins)
        })
    }

    #[test]
    fn needles_are_anchored_as_they_are_written() {
        assert!(matches("^curl: (6)", "x\n  Error: CURL: (6) could not"));
        assert!(!matches("^curl: (6)", "see curl: (6)"));
        assert!(matches("^^No such tool", "<tool_use_error>Error: No such tool available"));
        assert!(!matches("^^No such tool", "x\nNo such tool available"));
        assert!(matches("^@: line #: ~: command not found$", "./a.sh: line 12: frob: command not found\nmore"));
        assert!(!matches("^@: ~: not found$", "a.sh: b c: not found"));
        assert!(matches("connection refused", "so: Connection refused, then"));
        assert!(!matches("connection refused", "connection refused_test"));
        assert!(!matches("connection refused", "my_connection refused"));
        assert!(matches("# failed, # passed", "== 12 failed, 3 passed"));
        assert!(!matches("# failed, # passed", "== some failed, 3 passed"));
    }

    #[test]
    fn lines_that_quote_decide_nothing_for_needles_that_begin_anywhere() {
        for quoted in
            ["a.rs:12:x", "throw new Error(x)", "f(x);", "12:x", "   12\tx", "+ x", "- x", "< x", "// x", "# x", "| x"]
        {
            assert!(is_quoted(quoted.as_bytes()), "{quoted}");
        }
        for own in [
            "#9 1.2 npm error x",
            "0.345 sh: x",
            "a.rs:12:5: error: x",
            "A.java:12: error: x",
            "a.rb:12:in 'f': x",
            "12:30:01 [error] x",
            "2026-01-01 x",
            "error: x",
            "http://x: y",
            "1. x",
        ] {
            assert!(!is_quoted(own.as_bytes()), "{own}");
        }
    }

    #[test]
    fn a_summary_without_a_failure_decides_nothing() {
        let mut classifier = Classifier::new();
        let gone = "cat: x: No such file or directory\n";
        for fine in ["== 3 passed, 0 failed", "# fail 0"] {
            assert_eq!(classify(&mut classifier, Some(1), "", &format!("{gone}{fine}")), "file_not_there", "{fine}");
        }
        for bad in ["== 3 passed, 10 failed", "# fail 10", "10 failed, 3 passed in 1.2s"] {
            assert_eq!(classify(&mut classifier, Some(1), "", &format!("{gone}{bad}")), "tests_failed", "{bad}");
        }
    }

    #[test]
    fn colours_and_carriage_returns_do_not_hide_a_line() {
        let mut text = b"a\x1b[1;31mB\x1b[0m\r\nC\x1b]0;title\x07d".to_vec();
        normalise(&mut text);
        assert_eq!(text, b"ab\n\ncitle\x07d".to_vec());
        assert!(matches("^frob: bad", "50%\rFROB: \x1b[31mbad\x1b[0m"));
    }

    #[test]
    fn the_last_anchored_line_wins() {
        let mut classifier = Classifier::new();
        let lost = "curl: (6) Could not resolve host: a";
        let gone = "cat: x: No such file or directory";
        assert_eq!(classify(&mut classifier, Some(1), "", &format!("{lost}\n{gone}\n")), "file_not_there");
        assert_eq!(classify(&mut classifier, Some(1), "", &format!("{gone}\n{lost}\n")), "curl_failed");
        let noise = "x\n".repeat(crate::text::TEXT_HEAD_BYTES);
        assert_eq!(classify(&mut classifier, Some(1), "", &format!("{noise}{gone}")), "file_not_there");
    }

    #[test]
    fn what_stands_between_head_and_tail_is_not_read() {
        let noise = "x\n".repeat(crate::text::TEXT_TAIL_BYTES);
        let text = format!("{noise}\ncat: x: No such file or directory\n{noise}");
        assert_eq!(classify(&mut Classifier::new(), Some(1), "", &text), "command_exit");
    }

    #[test]
    fn the_basis_says_whose_words_decided() {
        let mut classifier = Classifier::new();
        for (harness, program, basis) in [
            ("No such tool available: x", "", Basis::Harness),
            ("", "curl: (6) no", Basis::Program),
            ("", "3 problems", Basis::Structured),
        ] {
            let outcome = Outcome {
                exit_code: (!program.is_empty()).then_some(1),
                harness: Pieces::one(Text::plain(harness.as_bytes())),
                program: Pieces::one(Text::plain(program.as_bytes())),
                ..Outcome::default()
            };
            let tool = Tool::named(b"Bash");
            let failure = Failure { event: EventKind::ToolCall, tool, command: Command::Other, outcome: &outcome };
            assert_eq!(classifier.classify(&failure).basis, basis);
        }
    }

    #[test]
    fn a_follower_is_not_judged_by_the_text_that_speaks_of_its_sibling() {
        let outcome = Outcome {
            signals: Signals::FOLLOWER,
            harness: Pieces::one(Text::plain(b"Cancelled: parallel tool call curl: (6) failed")),
            ..Outcome::default()
        };
        let failure =
            Failure { event: EventKind::ToolCall, tool: Tool::OTHER, command: Command::Other, outcome: &outcome };
        assert_eq!(Classifier::new().classify(&failure).rule.rule().id, "sibling_failed");
    }

    #[test]
    fn every_prefix_of_a_line_stands_under_its_first_byte() {
        for (first, prefixes) in LINE_PREFIXES {
            assert!(prefixes.iter().all(|prefix| prefix.first() == Some(first)));
        }
    }

    #[test]
    fn every_needle_has_a_literal_to_be_found_by() {
        let poor = RULES.iter().flat_map(|rule| rule.needles.iter().map(|needle| (rule.id, needle)));
        let poor: Vec<_> = poor.filter(|(_, needle)| compile(0, needle, &mut Vec::new()).key_bytes < 3).collect();
        assert!(poor.is_empty(), "{poor:?}");
    }

    #[test]
    fn the_automaton_has_room_for_every_key() {
        assert!(Needles::new().automaton.states() + KEY_BYTES_MAX < crate::automaton::STATES_MAX);
    }

    proptest! {
        /// Letters of a text that decides nothing may be any others.
        #[test]
        fn text_outside_of_a_needle_does_not_matter(text in "[g-w ]{0,200}", other in "[g-w ]{0,200}") {
            let mut classifier = Classifier::new();
            let with = |text: &str| format!("{text}\ncurl: (6) {text}\n");
            let rule = classify(&mut classifier, Some(6), "", &with(&text));
            prop_assert_eq!(rule, classify(&mut classifier, Some(6), "", &with(&other)));
        }

        #[test]
        fn no_bytes_make_it_panic(harness in proptest::collection::vec(any::<u8>(), 0..300), program in "\\PC{0,300}") {
            let outcome = Outcome {
                failed: true,
                exit_code: Some(1),
                harness: Pieces::one(Text::json(&harness)),
                program: Pieces::one(Text::json(program.as_bytes())),
                ..Outcome::default()
            };
            let tool = Tool::OTHER;
            let failure = Failure { event: EventKind::ToolCall, tool, command: Command::Other, outcome: &outcome };
            Classifier::new().classify(&failure);
        }
    }
}
