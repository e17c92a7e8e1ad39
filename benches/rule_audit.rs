//! What each rule does on real logs: its wins on failed calls, and what it would say of calls that did not fail.
//!
//! Reads a log on stdin, prints one JSON object of counts and nothing of the log. A bench only so that it is built with
//! them: `scripts/rule-audit` runs it. A call is taken for the one that began last where its result names no tool. A
//! dialect hands on no text of a call that went well: every string of its record is read as what it printed, unless the
//! record holds other results too.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::io::Read;
use whale_classify::classify::{Classifier, Failure};
use whale_classify::dialect;
use whale_classify::event::{Command, Event, Outcome};
use whale_classify::frame::{Frame, Next};
use whale_classify::parse::Inner;
use whale_classify::rules::RULES;
use whale_classify::scan::{Kind, Scanner, Value};
use whale_classify::schema::{EventKind, Tool};
use whale_classify::text::{Pieces, Text};

#[derive(Default)]
struct Audit {
    classifier: Classifier,
    failures: u64,
    successes: u64,
    /// Strings of calls that went well.
    texts: u64,
    wins: Vec<u64>,
    would_hit: Vec<u64>,
    last_hit: Vec<u64>,
}

impl Audit {
    fn new() -> Self {
        let counts = || vec![0; RULES.len()];
        Self { wins: counts(), would_hit: counts(), last_hit: counts(), ..Self::default() }
    }

    fn failed(&mut self, event: EventKind, tool: Tool, command: Command, outcome: &Outcome<'_>) {
        self.failures += 1;
        let verdict = self.classifier.classify(&Failure { event, tool, command, outcome });
        self.wins[verdict.rule.index()] += 1;
    }

    fn succeeded(&mut self, tool: Tool, command: Command, outcome: &Outcome<'_>, value: Option<Value<'_>>) {
        self.successes += 1;
        if let Some(value) = value {
            self.read(tool, command, outcome, value, &mut Inner::new());
        }
    }

    /// What the rules would say of each string of the value, and of the JSON inside of one.
    fn read(&mut self, tool: Tool, command: Command, outcome: &Outcome<'_>, value: Value<'_>, inner: &mut Inner) {
        if value.kind() == Some(Kind::String) {
            let text = value.text();
            match text.starts_with("{").then(|| inner.read(text)).flatten() {
                Some(body) => self.read(tool, command, outcome, body.root(), &mut Inner::new()),
                None => self.would_say(tool, command, outcome, text),
            }
        }
        for child in value.children() {
            self.read(tool, command, outcome, child, inner);
        }
    }

    fn would_say(&mut self, tool: Tool, command: Command, outcome: &Outcome<'_>, text: Text<'_>) {
        let (now, last, hits) = (self.successes, &mut self.last_hit, &mut self.would_hit);
        let outcome = Outcome { failed: true, program: Pieces::one(text), ..*outcome };
        let failure = Failure { event: EventKind::ToolCall, tool, command, outcome: &outcome };
        self.texts += u64::from(!text.is_empty());
        let rule = self.classifier.classify(&failure).rule.index();
        // Once for each call, however many of its strings say so.
        hits[rule] += u64::from(std::mem::replace(&mut last[rule], now) != now);
    }

    fn print(&self) {
        let rules: Vec<String> = RULES
            .iter()
            .enumerate()
            .map(|(at, rule)| {
                let (source, reads_text) = (rule.source.word(), !rule.needles.is_empty());
                let (id, wins, hits) = (rule.id, self.wins[at], self.would_hit[at]);
                format!(
                    r#"{{"rule":"{id}","failure_source":"{source}","reads_text":{reads_text},"failures":{wins},"successes":{hits}}}"#
                )
            })
            .collect();
        let (failures, successes, texts) = (self.failures, self.successes, self.texts);
        println!(r#"{{"failures":{failures},"successes":{successes},"texts":{texts},"rules":[{}]}}"#, rules.join(","));
    }
}

fn main() {
    let mut log = Vec::new();
    std::io::stdin().lock().read_to_end(&mut log).unwrap();
    let (mut frame, mut scanner, mut inner) = (Frame::new(&log[..]), Scanner::new(), Inner::new());
    let mut audit = Audit::new();
    let (mut began, mut ran) = (Tool::OTHER, Command::Other);
    loop {
        let bytes = match frame.take() {
            Next::Line { bytes, .. } => bytes,
            Next::TooLong { .. } => continue,
            Next::Hungry => {
                frame.fill().unwrap();
                continue;
            }
            Next::End => break,
        };
        let Ok(record) = scanner.scan(frame.bytes(bytes)) else { continue };
        let Some(dialect) = dialect::recognise(&record) else { continue };
        let mut results = 0;
        (dialect.events)(&record, &mut inner, &mut |event| {
            results += u64::from(matches!(event, Event::CallEnded { .. }));
        });
        (dialect.events)(&record, &mut inner, &mut |event| match event {
            Event::CallBegan { tool, command, .. } => (began, ran) = (tool, command),
            Event::CallEnded { tool, outcome, .. } if outcome.failed => {
                audit.failed(EventKind::ToolCall, tool.unwrap_or(began), ran, &outcome);
            }
            Event::CallEnded { tool, outcome, .. } => {
                let strings = (results == 1).then(|| record.root());
                audit.succeeded(tool.unwrap_or(began), ran, &outcome, strings);
            }
            Event::TurnEnded { outcome: Some(outcome), .. }
            | Event::ModelFailed { outcome }
            | Event::RunFailed { outcome, .. } => {
                audit.failed(EventKind::ModelTurn, Tool::OTHER, Command::Other, &outcome);
            }
            _ => {}
        });
    }
    audit.print();
}
