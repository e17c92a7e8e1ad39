//! An automaton of the private output: it accepts exactly the records of the contract, key by key and byte by byte, with
//! words of `--vocabulary`, numbers in their ranges and rendered times, and the laws that bind their numbers.
//!
//! It is built from what `--vocabulary` prints and from the contract; it asks the filter's own types nothing else.

use std::collections::{HashMap, HashSet};
use whale_classify::sink::Sink;
use whale_classify::vocabulary;

/// The largest exit code: a Windows status.
const EXIT_CODE_MAX: i64 = 4_294_967_295;
/// The largest number in any count: more lines or sessions no run reads.
const COUNT_MAX: u64 = 1 << 48;
const SOURCES: usize = 9;

/// What `--vocabulary` says of a rule.
struct Rule {
    source: String,
    layer: String,
    why: String,
}

/// The automaton.
pub struct Automaton {
    words: HashMap<String, HashSet<String>>,
    /// In the order in which they are listed.
    ordered: HashMap<String, Vec<String>>,
    rules: HashMap<String, Rule>,
    rule_order: Vec<String>,
}

/// What an accepted output holds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// Records of failures.
    pub failures: u64,
    /// Of these, followers.
    pub followers: u64,
    /// Records of successes.
    pub successes: u64,
    /// Records of ended turns.
    pub turns: u64,
    /// Records of turns that never ended.
    pub unclosed: u64,
    /// Lines of the input, as the summary tells.
    pub lines: u64,
    /// Of these, without a record that could be read.
    pub unreadable: u64,
    /// Of these, of a known shape.
    pub recognised: u64,
    /// Objects of no known shape, and JSON that is no object.
    pub unrecognised: u64,
    /// Records lost beside others.
    pub torn: u64,
    /// Calls with a result.
    pub calls: u64,
    /// Losses at limits.
    pub lost: u64,
}

/// Reads an output from its front.
struct Cursor<'a> {
    rest: &'a [u8],
    whole: &'a [u8],
}

type Verdict<T> = Result<T, String>;

impl<'a> Cursor<'a> {
    fn fail<T>(&self, wanted: &str) -> Verdict<T> {
        let at = self.whole.len() - self.rest.len();
        let near = self.rest.get(..self.rest.len().min(60)).unwrap_or_default();
        Err(format!("{wanted} wanted at byte {at}, not {:?}", String::from_utf8_lossy(near)))
    }

    fn literal(&mut self, text: &str) -> Verdict<()> {
        match self.rest.strip_prefix(text.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => self.fail(text),
        }
    }

    fn try_literal(&mut self, text: &str) -> bool {
        self.rest.strip_prefix(text.as_bytes()).map(|rest| self.rest = rest).is_some()
    }

    /// A string without anything that would have to be escaped: words are ASCII.
    fn string(&mut self) -> Verdict<&'a str> {
        let Some(inside) = self.rest.strip_prefix(b"\"") else { return self.fail("a string") };
        let Some(end) = inside.iter().position(|byte| *byte == b'"') else { return self.fail("a string's end") };
        let text = inside.get(..end).unwrap_or_default();
        // Sentences that quote are written with escapes; nothing else may be.
        let ends_escaped = text.last() == Some(&b'\\');
        if ends_escaped || !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return self.fail("a word of printable ASCII without quotes");
        }
        self.rest = inside.get(end + 1..).unwrap_or_default();
        str::from_utf8(text).map_err(|_| "a word that is no ASCII".to_owned())
    }

    fn number(&mut self, min: i64, max: i64) -> Verdict<i64> {
        let negative = self.rest.first() == Some(&b'-');
        let from = usize::from(negative);
        let digits = self.rest.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.rest.get(..from + digits).unwrap_or_default();
        let number: Option<i64> = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        match number {
            // One way of writing each number: no sign, no zero that is not needed.
            Some(number) if (min..=max).contains(&number) && number.to_string().as_bytes() == text => {
                self.rest = self.rest.get(text.len()..).unwrap_or_default();
                Ok(number)
            }
            _ => self.fail(&format!("a number from {min} to {max}")),
        }
    }

    fn count(&mut self) -> Verdict<u64> {
        self.number(0, COUNT_MAX as i64).map(|count| count as u64)
    }

    fn ordinal(&mut self) -> Verdict<u64> {
        self.number(1, COUNT_MAX as i64).map(|count| count as u64)
    }

    fn counted(&mut self, before: &str) -> Verdict<u64> {
        self.literal(before)?;
        self.count()
    }

    fn or_null<T>(&mut self, read: impl FnOnce(&mut Self) -> Verdict<T>) -> Verdict<Option<T>> {
        if self.try_literal("null") { Ok(None) } else { read(self).map(Some) }
    }

    /// `"2026-06-25T12:00:00Z"`, a day and a time that exist.
    fn time(&mut self) -> Verdict<&'a str> {
        let text = self.string()?;
        let bytes = text.as_bytes();
        let shape = b"2000-00-00T00:00:00Z";
        let fits = bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte == form,
            });
        let number = |from: usize| text.get(from..from + 2).and_then(|two| two.parse::<u32>().ok()).unwrap_or(99);
        let (year, month, day) = (number(2), number(5), number(8));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4) => 29,
            2 => 28,
            _ => 31,
        };
        let exists = (1..=12).contains(&month)
            && (1..=days).contains(&day)
            && number(11) < 24
            && number(14) < 60
            && number(17) < 60;
        if fits && exists { Ok(text) } else { Err(format!("{text:?} is no rendered time")) }
    }
}

impl Automaton {
    /// Built from what `--vocabulary` prints.
    pub fn new() -> Self {
        let mut printed = Vec::new();
        let mut sink = Sink::new(&mut printed);
        vocabulary::words().for_each(|word| sink.record(&word).unwrap());
        vocabulary::rules().for_each(|rule| sink.record(&rule).unwrap());
        sink.flush().unwrap();
        Self::of(&printed)
    }

    /// Built from a printed vocabulary.
    pub fn of(printed: &[u8]) -> Self {
        use simd_json::prelude::*;
        let mut automaton =
            Self { words: HashMap::new(), ordered: HashMap::new(), rules: HashMap::new(), rule_order: Vec::new() };
        for line in printed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let value = simd_json::to_owned_value(&mut line.to_vec()).unwrap();
            let field = |name: &str| value.get_str(name).unwrap().to_owned();
            match field("type").as_str() {
                "word" => {
                    automaton.words.entry(field("of")).or_default().insert(field("word"));
                    automaton.ordered.entry(field("of")).or_default().push(field("word"));
                }
                "rule" => {
                    let rule = Rule { source: field("failure_source"), layer: field("layer"), why: field("why") };
                    automaton.rules.insert(field("rule"), rule);
                    automaton.rule_order.push(field("rule"));
                }
                other => unreachable!("a {other} in the vocabulary"),
            }
        }
        assert!(automaton.rules.len() > 50 && automaton.words.len() > 9, "the vocabulary was read");
        automaton
    }

    /// Every word and sentence, for those who want to know what a canary may not look like.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.iter().flat_map(|(id, rule)| [id.as_str(), rule.why.as_str()]);
        self.words.values().flatten().map(String::as_str).chain(rules)
    }

    fn is_word(&self, of: &str, word: &str) -> bool {
        self.words.get(of).is_some_and(|words| words.contains(word))
    }

    fn word<'a>(&self, cursor: &mut Cursor<'a>, before: &str, of: &str) -> Verdict<&'a str> {
        cursor.literal(before)?;
        let word = cursor.string()?;
        if self.is_word(of, word) { Ok(word) } else { Err(format!("{word:?} is no word of {of}")) }
    }

    fn word_or_null<'a>(&self, cursor: &mut Cursor<'a>, before: &str, of: &str) -> Verdict<Option<&'a str>> {
        cursor.literal(before)?;
        cursor.or_null(|cursor| self.word(cursor, "", of))
    }

    /// Accepts an output of a private mode: records, and the summary as the last line.
    pub fn accept(&self, output: &[u8]) -> Verdict<Accepted> {
        let mut accepted = Accepted::default();
        let Some(body) = output.strip_suffix(b"\n") else { return Err("the last line has no end".to_owned()) };
        let mut lines = body.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let mut cursor = Cursor { rest: line, whole: line };
            let kind = self.word(&mut cursor, "{\"type\":", "type")?;
            let read = match kind {
                "failure" => self.failure(&mut cursor, &mut accepted),
                "success" => self.success(&mut cursor).map(|()| accepted.successes += 1),
                "turn" => self.turn(&mut cursor).map(|()| accepted.turns += 1),
                "unclosed_turn" => self.unclosed(&mut cursor).map(|()| accepted.unclosed += 1),
                "summary" if lines.peek().is_none() => self.summary(&mut cursor, &mut accepted),
                other => Err(format!("a {other} is not expected here")),
            };
            read.map_err(|why| format!("{why} in {}", String::from_utf8_lossy(line)))?;
            cursor.literal("}")?;
            if !cursor.rest.is_empty() {
                return cursor.fail("the record's end");
            }
            if lines.peek().is_none() && kind != "summary" {
                return Err("the last record is no summary".to_owned());
            }
        }
        Ok(accepted)
    }

    /// The keys that all records about a call share, from `agent` on.
    fn origin(&self, cursor: &mut Cursor<'_>, is_model_turn: bool) -> Verdict<()> {
        self.word(cursor, ",\"agent\":", "agent")?;
        let tool = self.word_or_null(cursor, ",\"tool\":", "tool")?;
        cursor.literal(",\"exit_code\":")?;
        cursor.or_null(|cursor| cursor.number(-255, EXIT_CODE_MAX))?;
        cursor.literal(",\"ts\":")?;
        cursor.or_null(Cursor::time)?;
        cursor.literal(",\"session\":")?;
        cursor.ordinal()?;
        cursor.literal(",\"turn\":")?;
        cursor.or_null(Cursor::ordinal)?;
        cursor.literal(",\"call\":")?;
        let call = cursor.or_null(Cursor::ordinal)?;
        self.place(cursor)?;
        cursor.literal(",\"part\":")?;
        cursor.ordinal()?;
        match is_model_turn {
            true if tool.is_some() || call.is_some() => Err("a model's turn with a tool or call".to_owned()),
            false if tool.is_none() || call.is_none() => Err("a call without its tool or ordinal".to_owned()),
            _ => Ok(()),
        }
    }

    fn place(&self, cursor: &mut Cursor<'_>) -> Verdict<()> {
        cursor.literal(",\"session_line\":")?;
        let session_line = cursor.ordinal()?;
        cursor.literal(",\"line\":")?;
        let line = cursor.ordinal()?;
        if session_line <= line { Ok(()) } else { Err(format!("session_line {session_line} after line {line}")) }
    }

    fn failure(&self, cursor: &mut Cursor<'_>, accepted: &mut Accepted) -> Verdict<()> {
        let source = self.word(cursor, ",\"failure_source\":", "failure_source")?;
        let layer = self.word(cursor, ",\"layer\":", "layer")?;
        cursor.literal(",\"rule\":")?;
        let id = cursor.string()?;
        let Some(rule) = self.rules.get(id) else { return Err(format!("{id:?} is no rule")) };
        self.word(cursor, ",\"basis\":", "basis")?;
        let event = self.word(cursor, ",\"event\":", "event")?;
        cursor.literal(",\"follower\":")?;
        let follower = cursor.try_literal("true");
        if !follower {
            cursor.literal("false")?;
        }
        self.origin(cursor, event == "model_turn")?;
        cursor.literal(",\"why\":\"")?;
        cursor.literal(&escaped(&rule.why))?;
        cursor.literal("\"")?;
        if source == "unclosed_turn" || (!follower && source != rule.source) || layer != rule.layer {
            return Err(format!("{source} and {layer} are not what {id} stands for"));
        }
        accepted.failures += 1;
        accepted.followers += u64::from(follower);
        Ok(())
    }

    fn success(&self, cursor: &mut Cursor<'_>) -> Verdict<()> {
        cursor.literal(",\"event\":\"tool_call\"")?;
        self.origin(cursor, false)
    }

    fn turn(&self, cursor: &mut Cursor<'_>) -> Verdict<()> {
        self.word(cursor, ",\"outcome\":", "outcome")?;
        let failures = cursor.counted(",\"failures\":")?;
        let last = self.word_or_null(cursor, ",\"last_failure_source\":", "failure_source")?;
        self.word(cursor, ",\"agent\":", "agent")?;
        cursor.literal(",\"ts\":")?;
        cursor.or_null(Cursor::time)?;
        cursor.literal(",\"session\":")?;
        cursor.ordinal()?;
        cursor.literal(",\"turn\":")?;
        cursor.ordinal()?;
        self.place(cursor)?;
        if (failures > 0) == last.is_some() { Ok(()) } else { Err("failures without the last one's source".to_owned()) }
    }

    fn unclosed(&self, cursor: &mut Cursor<'_>) -> Verdict<()> {
        cursor.literal(",\"failure_source\":\"unclosed_turn\",\"layer\":\"session\",\"superseded\":")?;
        if !cursor.try_literal("true") {
            cursor.literal("false")?;
        }
        let waiting = self.word_or_null(cursor, ",\"waiting_on\":", "waiting_on")?;
        let tool = self.word_or_null(cursor, ",\"tool\":", "tool")?;
        self.word_or_null(cursor, ",\"last_failure_source\":", "failure_source")?;
        self.word(cursor, ",\"agent\":", "agent")?;
        cursor.literal(",\"ts\":")?;
        cursor.or_null(Cursor::time)?;
        cursor.literal(",\"session\":")?;
        cursor.ordinal()?;
        cursor.literal(",\"turn\":")?;
        cursor.ordinal()?;
        self.place(cursor)?;
        self.word(cursor, ",\"why\":", "why")?;
        if (waiting == Some("tool")) == tool.is_some() {
            Ok(())
        } else {
            Err("waiting_on and tool disagree".to_owned())
        }
    }

    /// Counts of every word of a vocabulary, in its order.
    fn all_counts(&self, cursor: &mut Cursor<'_>, key: &str, of: &str) -> Verdict<Vec<u64>> {
        cursor.literal(&format!(",\"{key}\":{{"))?;
        let mut counts = Vec::new();
        for (at, word) in self.ordered.get(of).into_iter().flatten().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            counts.push(cursor.counted(&format!("{comma}\"{word}\":"))?);
        }
        cursor.literal("}")?;
        Ok(counts)
    }

    /// Counts of the words of a vocabulary that occur, in its order.
    fn some_counts(
        &self,
        cursor: &mut Cursor<'_>,
        key: &str,
        order: &[String],
        mut read: impl FnMut(&mut Cursor<'_>, &str) -> Verdict<()>,
    ) -> Verdict<()> {
        cursor.literal(&format!(",\"{key}\":{{"))?;
        let mut left = order.iter();
        let mut is_first = true;
        while !cursor.try_literal("}") {
            if !std::mem::take(&mut is_first) {
                cursor.literal(",")?;
            }
            let word = cursor.string()?;
            if !left.any(|listed| listed == word) {
                return Err(format!("{word:?} is no word of {key}, or not in its place"));
            }
            cursor.literal(":")?;
            read(cursor, word)?;
        }
        Ok(())
    }

    fn summary(&self, cursor: &mut Cursor<'_>, accepted: &mut Accepted) -> Verdict<()> {
        cursor.literal(",\"schema\":1,\"version\":")?;
        self.word_or_null(cursor, "", "version")?;
        cursor.counted(",\"runs\":")?;
        let lines = cursor.counted(",\"input\":{\"lines\":")?;
        let blank = cursor.counted(",\"blank\":")?;
        let recognised = cursor.counted(",\"recognised\":")?;
        let unrecognised = cursor.counted(",\"unrecognised\":")?;
        let unreadable = cursor.counted(",\"unreadable\":")?;
        let mut reasons = cursor.counted(",\"unreadable_by\":{\"not_object\":")?;
        reasons += cursor.counted(",\"incomplete\":")?;
        reasons += cursor.counted(",\"too_long\":")?;
        reasons += cursor.counted(",\"too_deep\":")?;
        accepted.torn = cursor.counted("},\"torn\":")?;
        cursor.counted("},\"sessions\":")?;
        let started = cursor.counted(",\"turns\":{\"started\":")?;
        let mut ended = cursor.counted(",\"completed\":")?;
        ended += cursor.counted(",\"failed\":")?;
        ended += cursor.counted(",\"aborted\":")?;
        let superseded = cursor.counted(",\"unclosed\":{\"superseded\":")?;
        let at_end = cursor.counted(",\"at_end\":")?;
        cursor.counted("},\"end_without_start\":")?;
        cursor.counted(",\"repeated\":")?;
        let total = cursor.counted("},\"tool_calls\":{\"total\":")?;
        let failed = cursor.counted(",\"failed\":")?;
        let followers = cursor.counted(",\"followers\":")?;
        cursor.counted(",\"unanswered\":")?;
        cursor.counted(",\"repeated\":")?;
        let model_failed = cursor.counted("},\"model_turns\":{\"failed\":")?;
        cursor.counted(",\"retries\":")?;
        cursor.literal("}")?;
        let sources = self.all_counts(cursor, "failures", "failure_source")?;
        let layers = self.all_counts(cursor, "layers", "layer")?;
        let basis = self.all_counts(cursor, "basis", "basis")?;
        let mut by_rule = 0;
        let mut rule_order = self.rule_order.clone();
        rule_order.push("other".to_owned());
        self.some_counts(cursor, "rules", &rule_order, |cursor, _| {
            by_rule += cursor.ordinal()?;
            Ok(())
        })?;
        let (mut tool_events, mut tool_failed) = (0, 0);
        let tools = self.ordered.get("tool").map(Vec::as_slice).unwrap_or_default();
        self.some_counts(cursor, "tools", tools, |cursor, _| {
            tool_events += cursor.counted("{\"events\":")?;
            tool_failed += cursor.counted(",\"failed\":")?;
            cursor.literal("}")
        })?;
        let (mut agent_events, mut agent_failed) = (0, 0);
        let agents = self.ordered.get("agent").map(Vec::as_slice).unwrap_or_default();
        self.some_counts(cursor, "agents", agents, |cursor, _| {
            agent_events += cursor.counted("{\"events\":")?;
            agent_failed += cursor.counted(",\"failed\":")?;
            cursor.try_literal(",\"results_recorded\":false");
            cursor.literal("}")
        })?;
        cursor.literal(",\"ts_min\":")?;
        let first = cursor.or_null(Cursor::time)?;
        cursor.literal(",\"ts_max\":")?;
        let last = cursor.or_null(Cursor::time)?;
        self.word(cursor, ",\"verdict\":", "verdict")?;
        cursor.literal(",\"verdict_text\":")?;
        let sentence = cursor.string()?;
        if !self.is_verdict(sentence) {
            return Err(format!("{sentence:?} is no sentence"));
        }
        let mut lost = cursor.counted(",\"limits\":{\"calls_evicted\":")?;
        lost += cursor.counted(",\"calls_forgotten\":")?;
        let turns_evicted = cursor.counted(",\"turns_evicted\":")?;
        lost += turns_evicted + cursor.counted(",\"sessions_evicted\":")?;
        cursor.literal("}")?;

        let sum = |counts: &[u64]| counts.iter().sum::<u64>();
        let nine = sum(sources.get(..SOURCES).unwrap_or_default());
        let unclosed = sources.last().copied().unwrap_or_default();
        let laws = [
            ("lines", lines == blank + recognised + unrecognised + unreadable),
            ("unreadable_by", unreadable == reasons),
            ("turns", started == ended + superseded + at_end + turns_evicted),
            ("unclosed", unclosed == superseded + at_end),
            ("failures", nine + followers == failed + model_failed),
            ("layers", sum(&layers) == nine + unclosed),
            ("basis", sum(&basis) == nine),
            ("rules", by_rule == nine),
            ("tools", tool_events == total && tool_failed == failed),
            ("agents", agent_events == total && agent_failed == failed),
            ("times", first.is_some() == last.is_some() && first <= last),
        ];
        if let Some((law, _)) = laws.iter().find(|(_, holds)| !holds) {
            return Err(format!("the law of {law} does not hold"));
        }
        *accepted = Accepted { lines, recognised, unrecognised, unreadable, calls: total, lost, ..*accepted };
        Ok(())
    }

    fn is_verdict(&self, sentence: &str) -> bool {
        let patterns = self.words.get("verdict_text").into_iter().flatten();
        let tail = patterns.clone().find(|pattern| pattern.starts_with(' '));
        let sentence = tail.and_then(|tail| sentence.strip_suffix(tail.as_str())).unwrap_or(sentence);
        patterns.clone().any(|pattern| fits(pattern, sentence))
    }

    /// Accepts what stands on standard error: sentences of the vocabulary with numbers, one a line.
    pub fn accept_talk(&self, talk: &[u8]) -> Verdict<usize> {
        let text = str::from_utf8(talk).map_err(|_| "no UTF-8".to_owned())?;
        if !text.is_empty() && !text.ends_with('\n') {
            return Err("the last line has no end".to_owned());
        }
        for line in text.lines() {
            if !self.words.get("message").into_iter().flatten().any(|pattern| fits(pattern, line)) {
                return Err(format!("{line:?} is no sentence"));
            }
        }
        Ok(text.lines().count())
    }
}

/// Whether a sentence is this pattern with numbers in the place of `{}`.
fn fits(pattern: &str, sentence: &str) -> bool {
    let mut rest = sentence;
    for (at, words) in pattern.split("{}").enumerate() {
        if at > 0 {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || digits > 20 {
                return false;
            }
            rest = rest.get(digits..).unwrap_or_default();
        }
        match rest.strip_prefix(words) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

/// A sentence as JSON writes it.
fn escaped(sentence: &str) -> String {
    sentence.replace('\\', "\\\\").replace('"', "\\\"")
}
