//! `--vocabulary`: every word and sentence that the private modes can print, from the tables that they print from.
//!
//! May not know logs.

use crate::message;
use crate::rules::RULES;
use crate::schema::{
    Agent, Basis, EventKind, Judgement, Layer, MOSTLY_UNRECOGNISED, RuleRecord, SENTENCES, Source, Tool, TurnOutcome,
    UNCLOSED_WHY, WaitingOn, Word, WordRecord,
};
use crate::tally::VERSION;

/// Every word.
pub fn words() -> impl Iterator<Item = WordRecord> {
    let of = |of: &'static str| {
        move |word: &'static str| WordRecord { r#type: Word("word"), of: Word(of), word: Word(word) }
    };
    let types = ["failure", "success", "unclosed_turn", "turn", "summary", "word", "rule"];
    types
        .into_iter()
        .map(of("type"))
        .chain(Source::ALL.iter().map(|item| item.word()).map(of("failure_source")))
        .chain(Layer::ALL.iter().map(|item| item.word()).map(of("layer")))
        .chain(Basis::ALL.iter().map(|item| item.word()).map(of("basis")))
        .chain(EventKind::ALL.iter().map(|item| item.word()).map(of("event")))
        .chain(TurnOutcome::ALL.iter().map(|item| item.word()).map(of("outcome")))
        .chain(WaitingOn::ALL.iter().map(|item| item.word()).map(of("waiting_on")))
        .chain(Agent::ALL.iter().map(|item| item.word()).map(of("agent")))
        .chain(Tool::all().map(Tool::word).map(of("tool")))
        .chain(Judgement::ALL.iter().map(|item| item.word()).map(of("verdict")))
        .chain(SENTENCES.iter().map(|(_, sentence)| *sentence).map(of("verdict_text")))
        .chain(std::iter::once(MOSTLY_UNRECOGNISED).map(of("verdict_text")))
        .chain(UNCLOSED_WHY.into_iter().map(|why| why.0).map(of("why")))
        .chain(std::iter::once(VERSION.0).map(of("version")))
        .chain(message::ALL.iter().map(|message| message.words()).map(of("message")))
}

/// Every rule.
pub fn rules() -> impl Iterator<Item = RuleRecord> {
    RULES.iter().map(|rule| RuleRecord {
        r#type: Word("rule"),
        rule: Word(rule.id),
        failure_source: rule.source,
        layer: rule.layer,
        counts: rule.counts,
        why: Word(rule.why),
    })
}
