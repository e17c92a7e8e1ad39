//! `--merge`: one summary, the sum of the summaries on stdin.
//!
//! Reads our own records and nothing else: a log is refused. Unknown words of other versions are added under `other`;
//! unknown keys are passed over. May not know logs.

use crate::frame::{Frame, Next};
use crate::parse::PARSE_BYTES_MAX;
use crate::pipe::{Refusal, Stop};
use crate::rules::RULES;
use crate::scan::Scanner;
use crate::schema::{
    Agent, AgentCounts, Basis, EventCounts, InputCounts, Layer, LimitCounts, ModelTurnCounts, SCHEMA, Source, Tool,
    ToolCallCounts, TurnsCounts,
};
use crate::tally::{Tally, VERSION};
use crate::text::Text;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

/// A line of our own, as far as it is needed to know what it is.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    r#type: Cow<'a, str>,
}

/// The schema of a summary, read before the rest so that another one is told apart from a malformed one.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// A summary, as any version writes it.
#[derive(Deserialize)]
struct SummaryIn {
    version: Option<String>,
    runs: u64,
    input: InputCounts,
    sessions: u64,
    turns: TurnsCounts,
    tool_calls: ToolCallCounts,
    model_turns: ModelTurnCounts,
    failures: BTreeMap<String, u64>,
    layers: BTreeMap<String, u64>,
    basis: BTreeMap<String, u64>,
    rules: BTreeMap<String, u64>,
    tools: BTreeMap<String, EventCounts>,
    agents: BTreeMap<String, AgentCounts>,
    ts_min: Option<String>,
    ts_max: Option<String>,
    limits: LimitCounts,
}

/// Adds up what stands on the input.
///
/// # Errors
/// [`Stop::MergeRefused`] names the line that cannot be added; [`Stop::ReadFailed`] where reading failed.
pub fn merge(input: impl Read) -> Result<Tally, Stop> {
    let mut frame = Frame::with_limit(input, PARSE_BYTES_MAX);
    // A parser that recurses is only handed what balances and nests no deeper than records do.
    let mut scanner = Scanner::new();
    let mut sum = Tally::zero();
    let mut line = 0;
    // The line of the first record that no summary followed yet.
    let mut open_run: Option<u64> = None;
    loop {
        match frame.take() {
            Next::Line { bytes, .. } => {
                line += 1;
                let refuse = |why| Stop::MergeRefused { line, why };
                let bytes = frame.bytes(bytes).trim_ascii();
                if bytes.is_empty() {
                    continue;
                }
                if !scanner.scan(bytes).is_ok_and(|record| record.len() == bytes.len()) {
                    return Err(refuse(Refusal::NotARecord));
                }
                match read(bytes).map_err(refuse)? {
                    None => {
                        open_run.get_or_insert(line);
                    }
                    Some(part) => {
                        open_run = None;
                        if !sum.add(part) {
                            return Err(refuse(Refusal::Overflow));
                        }
                    }
                }
            }
            Next::TooLong { .. } => return Err(Stop::MergeRefused { line: line + 1, why: Refusal::NotARecord }),
            Next::Hungry => frame.fill().map_err(|_| Stop::ReadFailed)?,
            Next::End => break,
        }
    }
    match open_run {
        Some(line) => Err(Stop::MergeRefused { line, why: Refusal::NoSummary }),
        None => Ok(sum),
    }
}

/// The tally of a summary; `None` for another record of ours.
fn read(line: &[u8]) -> Result<Option<Tally>, Refusal> {
    let mut copy = line.to_vec();
    let head: Head<'_> = simd_json::serde::from_slice(&mut copy).map_err(|_| Refusal::NotARecord)?;
    if !head.r#type.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Err(Refusal::NotARecord);
    }
    if head.r#type != "summary" {
        // A word that a later version may add is passed over, too, but only where the line looks like ours.
        return match head.r#type.as_ref() {
            "failure" | "success" | "unclosed_turn" | "turn" => Ok(None),
            _ => Err(Refusal::NotARecord),
        };
    }
    let version: Version = parse(line)?;
    if version.schema != SCHEMA {
        return Err(Refusal::OtherSchema);
    }
    let summary: SummaryIn = parse(line)?;
    tally(summary).map(Some)
}

fn parse<T: serde::de::DeserializeOwned>(line: &[u8]) -> Result<T, Refusal> {
    simd_json::serde::from_slice(&mut line.to_vec()).map_err(|_| Refusal::Malformed)
}

fn tally(summary: SummaryIn) -> Result<Tally, Refusal> {
    let mut tally = Tally { runs: summary.runs, ..Tally::zero() };
    tally.version = match summary.version {
        Some(version) if version == VERSION.0 => Some(VERSION),
        // Another version's word is not ours to print: several versions made the sum.
        _ => None,
    };
    tally.input = summary.input;
    tally.sessions = summary.sessions;
    tally.turns = summary.turns;
    tally.calls = summary.tool_calls;
    tally.model_turns = summary.model_turns;
    tally.limits = summary.limits;
    let time = |time: Option<String>| match time {
        None => Ok(None),
        Some(time) => Text::plain(time.as_bytes()).time().map(Some).ok_or(Refusal::Malformed),
    };
    tally.ts_min = time(summary.ts_min)?;
    tally.ts_max = time(summary.ts_max)?;
    let unknown_source = Source::Unknown.index();
    add_words(&mut tally.sources, &summary.failures, unknown_source, |word| {
        Source::ALL.iter().position(|source| source.word() == word)
    })?;
    add_words(&mut tally.layers, &summary.layers, Layer::Unknown.index(), |word| {
        Layer::ALL.iter().position(|layer| layer.word() == word)
    })?;
    add_words(&mut tally.basis, &summary.basis, Basis::Structured.index(), |word| {
        Basis::ALL.iter().position(|basis| basis.word() == word)
    })?;
    add_words(&mut tally.rules, &summary.rules, RULES.len(), |word| RULES.iter().position(|rule| rule.id == word))?;
    for (word, counts) in &summary.tools {
        // By its word, not by a name that a log may use: `mcp` is no tool's name.
        let tool = Tool::all().find(|tool| tool.word() == word).unwrap_or(Tool::OTHER);
        let slot = tally.tools.get_mut(tool.index()).ok_or(Refusal::Malformed)?;
        slot.events = slot.events.checked_add(counts.events).ok_or(Refusal::Overflow)?;
        slot.failed = slot.failed.checked_add(counts.failed).ok_or(Refusal::Overflow)?;
    }
    for (word, counts) in &summary.agents {
        let agent = Agent::ALL.iter().copied().find(|agent| agent.word() == word).unwrap_or(Agent::Other);
        let slot = tally.agents.get_mut(agent.index()).ok_or(Refusal::Malformed)?.get_or_insert_default();
        slot.events = slot.events.checked_add(counts.events).ok_or(Refusal::Overflow)?;
        slot.failed = slot.failed.checked_add(counts.failed).ok_or(Refusal::Overflow)?;
        // Only `false` says something: whatever else stands there must not depend on the order of the summaries.
        if counts.results_recorded == Some(false) {
            slot.results_recorded = Some(false);
        }
    }
    Ok(tally)
}

fn add_words(
    slots: &mut [u64],
    counts: &BTreeMap<String, u64>,
    other: usize,
    place: impl Fn(&str) -> Option<usize>,
) -> Result<(), Refusal> {
    for (word, count) in counts {
        let slot = slots.get_mut(place(word).unwrap_or(other)).ok_or(Refusal::Malformed)?;
        *slot = slot.checked_add(*count).ok_or(Refusal::Overflow)?;
    }
    Ok(())
}
