//! Words that decide nothing change nothing: around every wording that a rule looks for, other text gives the same bytes.
//!
//! The texts are the table's own examples and wordings. The places to put them are found in the golden sessions: every
//! string in which a rule reads one of two probes, so that a new dialect is covered without anybody remembering to. May
//! not know any dialect, nor which rule wins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod instruments;

use instruments::json::Json;
use instruments::{Dice, filter, mode};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use whale_classify::rules::{Example, RULES};
use whale_classify::schema::{Basis, EventKind};

/// Places of one dialect, and of one kind of text, that are tried.
const PLACES_MAX: usize = 1;
/// Of the examples so many a place: each place has others, and all are tried in some.
const EXAMPLES_SHARE: usize = 3;
/// Letters of which no wording is made, and others.
const LETTERS: [&[u8]; 2] = [b"qzvk", b"jxwy"];

/// Text of letters that are in no wording: `bytes` of it, in words.
fn noise(dice: &mut Dice, letters: &[u8], bytes: usize) -> String {
    let letter = |dice: &mut Dice| letters[dice.below(letters.len())] as char;
    (0..bytes).map(|at| if at % 7 == 5 { ' ' } else { letter(dice) }).collect()
}

/// Three texts: the second of the first's length, the third of another.
fn noises(dice: &mut Dice) -> [String; 3] {
    let bytes = 1 + dice.below(60);
    let more = bytes + 1 + dice.below(200);
    [noise(dice, LETTERS[0], bytes), noise(dice, LETTERS[1], bytes), noise(dice, LETTERS[1], more)]
}

fn escaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\t' => out.extend(b"\\t"),
            b'\r' => out.extend(b"\\r"),
            byte => out.push(byte),
        }
    }
    out
}

/// Where a text is put.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Way {
    /// In the place of the string: what a runner says.
    Replaces,
    /// On lines of its own behind the string: what a program prints behind a runner's header.
    Follows,
}

/// A string of a golden session in which rules read.
struct Place {
    dialect: String,
    way: Way,
    lines: Vec<Vec<u8>>,
    line: usize,
    record: Json,
    nodes: Vec<usize>,
}

impl Place {
    /// The session with the text in this place.
    fn log(&self, text: &str) -> Vec<u8> {
        let mut record = self.record.clone();
        for node in &self.nodes {
            let Some(Json::String(string)) = record.nth_mut(*node) else { continue };
            string.pop();
            match self.way {
                Way::Replaces => string.truncate(1),
                Way::Follows => string.extend(b"\\n"),
            }
            string.extend(escaped(text));
            string.push(b'"');
        }
        let changed = record.to_bytes();
        let lines = self.lines.iter().enumerate();
        let lines = lines.map(|(at, line)| if at == self.line { &changed } else { line });
        lines.flat_map(|line| line.iter().chain(b"\n")).copied().collect()
    }
}

fn private(log: &[u8]) -> Vec<u8> {
    filter(mode("--all"), log)
}

fn tells(output: &[u8], rule: &str) -> bool {
    let needle = format!("\"rule\":\"{rule}\"");
    output.windows(needle.len()).any(|window| window == needle.as_bytes())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// The places of one session in which a probe is read.
fn find_places(dialect: &str, session: &[u8], counts: &mut BTreeMap<Way, usize>, places: &mut Vec<Place>) {
    const PROBES: [(Way, &str, &str); 2] = [
        (Way::Replaces, "No such tool available: qzvk", "unknown_name"),
        (Way::Follows, "curl: (6) qzvk", "curl_failed"),
    ];
    let lines: Vec<Vec<u8>> = session.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let before = private(session);
    for line in 0..lines.len() {
        let Some((record, _)) = Json::parse(&lines[line]) else { continue };
        // A word alone is a name, a kind or a code: a field that is read as a word.
        let is_prose = |json: Option<&mut Json>| matches!(json, Some(Json::String(text)) if text.contains(&b' '));
        let nodes: Vec<usize> = (1..record.count()).filter(|node| is_prose(record.clone().nth_mut(*node))).collect();
        for (way, probe, rule) in PROBES {
            let count = counts.entry(way).or_default();
            if *count == PLACES_MAX || tells(&before, rule) {
                continue;
            }
            let place = |nodes: &[usize]| Place {
                dialect: dialect.to_owned(),
                way,
                lines: lines.clone(),
                line,
                record: record.clone(),
                nodes: nodes.to_vec(),
            };
            let is_read = |place: &Place| tells(&private(&place.log(probe)), rule);
            // All strings at once first: few records hold one that is read.
            if is_read(&place(&nodes)) {
                let found = nodes.iter().map(|node| place(&[*node])).find(is_read);
                *count += usize::from(found.is_some());
                places.extend(found);
            }
        }
    }
}

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let mut places = Vec::new();
    for folder in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")) {
        let dialect = folder.file_name().unwrap().display().to_string();
        let mut counts = BTreeMap::from([(Way::Replaces, 0), (Way::Follows, 0)]);
        if folder.is_dir() {
            for file in files(&folder).iter().filter(|file| file.extension().is_some_and(|end| end == "jsonl")) {
                if counts.values().any(|count| *count < PLACES_MAX) {
                    find_places(&dialect, &fs::read(file).unwrap(), &mut counts, &mut places);
                }
            }
        }
    }
    places
});

/// The texts of the table's examples for tool calls: which rule, whose words, the text.
fn examples() -> impl Iterator<Item = (&'static str, Way, &'static str)> {
    let of_rule = |rule: &'static whale_classify::rules::Rule| {
        let confusers = rule.confusers.iter().map(|(example, _)| example);
        rule.examples.iter().chain(confusers).map(move |example: &'static Example| (rule.id, example))
    };
    RULES.iter().filter(|rule| rule.event == EventKind::ToolCall).flat_map(of_rule).flat_map(|(id, example)| {
        let texts = [(Way::Replaces, example.harness), (Way::Follows, example.program)];
        texts.into_iter().filter(|(_, text)| !text.is_empty()).map(move |(way, text)| (id, way, text))
    })
}

/// What the filter says of logs that differ in text that decides nothing; `None` where it does not say the same.
fn says_the_same(filter: impl Fn(&[u8]) -> Vec<u8>, logs: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut said: BTreeSet<Vec<u8>> = logs.iter().map(|log| filter(log)).collect();
    if said.len() == 1 { said.pop_first() } else { None }
}

#[test]
fn text_around_an_example_changes_nothing_in_any_dialect() {
    let mut dice = Dice::new(1);
    let (mut compared, mut decided) = (0, BTreeSet::new());
    for (at, place) in PLACES.iter().enumerate() {
        let examples = examples().filter(|(_, way, _)| *way == place.way);
        for (rule, way, text) in examples.skip(at % EXAMPLES_SHARE).step_by(EXAMPLES_SHARE) {
            let logs = noises(&mut dice).map(|noise| match way {
                Way::Replaces => place.log(&format!("{text}\n{noise}")),
                Way::Follows => place.log(&format!("{noise}\n{text}\n{noise}")),
            });
            let Some(said) = says_the_same(private, &logs) else {
                let logs = logs.map(|log| String::from_utf8(log).unwrap()).join("\n");
                panic!("{rule} in {} ({way:?}): {text:?}\n{logs}", place.dialect);
            };
            compared += 1;
            if tells(&said, rule) {
                decided.insert(rule);
            }
        }
    }
    let dialects: BTreeSet<&str> = PLACES.iter().map(|place| place.dialect.as_str()).collect();
    println!(
        "{compared} comparisons in {} places of {} dialects; {} rules decided",
        PLACES.len(),
        dialects.len(),
        decided.len()
    );
    // The probes were read, and so were the examples: the comparisons are of texts that do decide.
    assert!(dialects.len() >= 20, "{dialects:?}");
    assert!(decided.len() >= 80, "{decided:?}");
}

/// The text that a needle looks for, with these letters in the place of what may be any.
fn filled(needle: &str, letters: &[u8], digit: char) -> String {
    let word: String = letters.iter().map(|letter| *letter as char).collect();
    let needle = needle.strip_suffix('$').unwrap_or(needle).trim_start_matches('^');
    let fill = |char| match char {
        '*' | '~' | '@' => word.clone(),
        '#' => digit.to_string(),
        char => char.to_string(),
    };
    needle.chars().map(fill).collect()
}

/// One log of Claude Code's with a call for each text: of a shell where there is an exit code, else of another tool.
fn log_of(texts: &[(Basis, String)], free: &str) -> Vec<u8> {
    let mut log = Vec::new();
    for (at, (basis, text)) in texts.iter().enumerate() {
        let free = String::from_utf8(escaped(free)).unwrap();
        let (tool, head) = if *basis == Basis::Program { ("Bash", "Exit code 1\\n") } else { ("WebFetch", "") };
        let text = String::from_utf8(escaped(text)).unwrap();
        log.extend(
            format!(
                concat!(
                    r#"{{"type":"assistant","uuid":"a{at}","sessionId":"s","cwd":"{free}","gitBranch":"{free}","message":{{"id":"m{at}","role":"assistant","#,
                    r#""content":[{{"type":"thinking","thinking":"{free}"}},{{"type":"text","text":"{free}"}},"#,
                    r#"{{"type":"tool_use","id":"toolu_01{at:022}","name":"{tool}","input":{{"description":"{free}"}}}}]}}}}"#,
                    "\n",
                    r#"{{"type":"user","uuid":"b{at}","sessionId":"s","slug":"{free}","message":{{"role":"user","content":[{{"type":"tool_result","#,
                    r#""tool_use_id":"toolu_01{at:022}","content":"{head}{text}","is_error":true}}]}}}}"#,
                    "\n"
                ),
                at = at,
                free = free,
                tool = tool,
                head = head,
                text = text,
            )
            .bytes(),
        );
    }
    log
}

/// Every wording of the table, its gaps filled, between lines of noise.
fn every_wording(dice: &mut Dice, letters: &[u8], digit: char, other: bool) -> Vec<(Basis, String)> {
    let mut texts = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.event == EventKind::ToolCall) {
        for needle in rule.needles {
            let mut text = filled(needle, letters, digit);
            if other {
                // Its last letter is another one: the wording is gone.
                let last = text.rfind(|char: char| char.is_ascii_alphanumeric()).unwrap();
                text.replace_range(last..=last, "\u{7f}");
            }
            let (before, after) = (noise(dice, letters, 20), noise(dice, letters, 20));
            let reads_program = rule.reads.contains(&Basis::Program);
            let basis = if reads_program { Basis::Program } else { Basis::Harness };
            let before = if needle.starts_with("^^") { String::new() } else { before + "\n" };
            texts.push((basis, format!("{before}{text}\n{after}")));
        }
    }
    texts
}

#[test]
fn what_fills_the_gaps_of_any_wording_changes_nothing() {
    let mut dice = Dice::new(2);
    let logs: Vec<Vec<u8>> = [(LETTERS[0], '4'), (LETTERS[1], '5')]
        .iter()
        .map(|(letters, digit)| log_of(&every_wording(&mut dice, letters, *digit, false), "free"))
        .collect();
    let rows: Vec<Vec<String>> =
        logs.iter().map(|log| String::from_utf8(private(log)).unwrap().lines().map(str::to_owned).collect()).collect();
    let wordings = RULES.iter().filter(|rule| rule.event == EventKind::ToolCall).flat_map(|rule| rule.needles);
    for ((one, other), needle) in rows[0].iter().zip(&rows[1]).zip(wordings) {
        assert_eq!(one, other, "{needle}");
    }
    assert_eq!(rows[0], rows[1]);
    assert!(rows[0].len() > 2000, "{} rows", rows[0].len());
}

#[test]
fn text_of_any_length_where_no_rule_reads_changes_nothing() {
    let mut dice = Dice::new(3);
    let texts = every_wording(&mut dice, LETTERS[0], '5', false);
    let texts: Vec<_> = texts.into_iter().step_by(40).collect();
    let lengths = [0, 1, 100, 5_000, 40_000];
    let logs = lengths.map(|length| log_of(&texts, &noise(&mut dice, LETTERS[1], length)));
    assert!(says_the_same(private, &logs).is_some());
    let speaking = "curl: (6) Could not resolve host: x\nbash: x: command not found";
    let spoken = [log_of(&texts, ""), log_of(&texts, speaking)];
    assert!(says_the_same(private, &spoken).is_some(), "words where no rule reads");
}

/// The comparisons can fail: where the wording itself is another one, and where a filter tells anything of the text.
#[test]
fn the_comparison_sees_a_difference_where_there_is_one() {
    let mut dice = Dice::new(4);
    let whole = every_wording(&mut dice, LETTERS[0], '5', false);
    let broken = every_wording(&mut dice, LETTERS[0], '5', true);
    let pairs: Vec<_> = whole.iter().zip(&broken).step_by(9).collect();
    let differing = pairs.iter().filter(|(whole, broken)| {
        let logs = [*whole, *broken].map(|text| log_of(std::slice::from_ref(text), ""));
        says_the_same(private, &logs).is_none()
    });
    let (seen, all) = (differing.count(), pairs.len());
    println!("{seen} of {all} broken wordings change what is said");
    assert!(seen * 10 > all * 8, "{seen} of {all}");

    let place = PLACES.first().unwrap();
    let [one, same_length, longer] = noises(&mut dice).map(|noise| place.log(&noise));
    let length = |log: &[u8]| [private(log), log.len().to_string().into_bytes()].concat();
    let sum = |log: &[u8]| {
        [private(log), log.iter().map(|byte| u64::from(*byte)).sum::<u64>().to_string().into_bytes()].concat()
    };
    assert!(says_the_same(private, &[one.clone(), same_length.clone(), longer.clone()]).is_some());
    assert!(says_the_same(length, &[one.clone(), longer]).is_none(), "a filter that tells the length");
    assert!(says_the_same(sum, &[one, same_length]).is_none(), "a filter that tells a sum of the text");
}
