//! What each rule does on real logs: its wins on failed calls, and what it would say of calls that did not fail.
//!
//! Reads a log on stdin, prints one JSON object of counts and nothing of the log. A bench only so that it is built with
//! them: `scripts/rule-audit` runs it. A call is taken for the one that began last where its result names no tool.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::io::Read;
use whale_classify::classify::{Classifier, Failure};
use whale_classify::dialect;
use whale_classify::event::{Command, Event, Outcome};
use whale_classify::frame::{Frame, Next};
use whale_classify::parse::Inner;
use whale_classify::rules::RULES;
use whale_classify::scan::Scanner;
use whale_classify::schema::{EventKind, Tool};

#[derive(Default)]
struct Audit {
    classifier: Classifier,
    failures: u64,
    successes: u64,
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

    fn succeeded(&mut self, tool: Tool, command: Command, outcome: &Outcome<'_>) {
        self.successes += 1;
        let (now, last, hits) = (self.successes, &mut self.last_hit, &mut self.would_hit);
        let failure = Failure { event: EventKind::ToolCall, tool, command, outcome };
        self.classifier.would_hit(&failure, |rule| {
            // Once for each call, however many lines match.
            hits[rule.index()] += u64::from(std::mem::replace(&mut last[rule.index()], now) != now);
        });
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
        let (failures, successes) = (self.failures, self.successes);
        println!(r#"{{"failures":{failures},"successes":{successes},"rules":[{}]}}"#, rules.join(","));
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
        (dialect.events)(&record, &mut inner, &mut |event| match event {
            Event::CallBegan { tool, command, .. } => (began, ran) = (tool, command),
            Event::CallEnded { tool, outcome, .. } if outcome.failed => {
                audit.failed(EventKind::ToolCall, tool.unwrap_or(began), ran, &outcome);
            }
            Event::CallEnded { tool, outcome, .. } => audit.succeeded(tool.unwrap_or(began), ran, &outcome),
            Event::TurnEnded { outcome: Some(outcome), .. } | Event::ModelFailed { outcome } => {
                audit.failed(EventKind::ModelTurn, Tool::OTHER, Command::Other, &outcome);
            }
            _ => {}
        });
    }
    audit.print();
}
