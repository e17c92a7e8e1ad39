//! Aggregates: dense counters indexed by vocabulary, which add to another tally, and the verdict over them.
//!
//! May not know events, text or output.

use crate::classify::RuleId;
use crate::ledger::{Losses, TurnCounts};
use crate::rules::RULES;
use crate::schema::{
    Agent, AgentCounts, Basis, Counts, EventCounts, InputCounts, Judgement, Layer, LimitCounts, ModelTurnCounts,
    SCHEMA, Sentence, Source, Summary, TOOL_COUNT, Time, Tool, ToolCallCounts, TurnOutcome, TurnsCounts,
    UnclosedCounts, Word,
};
use crate::time::Seconds;

/// The filter's version.
pub const VERSION: Word = Word(env!("CARGO_PKG_VERSION"));

/// Attributable failures below which no verdict names a layer.
pub const ATTRIBUTABLE_MIN: u64 = 3;

/// The counters of a run.
#[derive(Clone, PartialEq, Eq)]
pub struct Tally {
    /// Runs that are summed up.
    pub runs: u64,
    /// The version that made it, unless several did.
    pub version: Option<Word>,
    /// Lines.
    pub input: InputCounts,
    /// Sessions.
    pub sessions: u64,
    /// Turns.
    pub turns: TurnsCounts,
    /// Tool calls.
    pub calls: ToolCallCounts,
    /// Model turns.
    pub model_turns: ModelTurnCounts,
    /// Failures by source, `unclosed_turn` among them.
    pub sources: [u64; Source::ALL.len()],
    /// Failures by layer.
    pub layers: [u64; Layer::ALL.len()],
    /// Failures by kind of evidence.
    pub basis: [u64; Basis::ALL.len()],
    /// Failures by rule; the last counter is for rules of other versions.
    pub rules: Box<[u64]>,
    /// Results by tool.
    pub tools: Box<[EventCounts]>,
    /// Results by agent; `None` for an agent that does not occur.
    pub agents: [Option<AgentCounts>; Agent::ALL.len()],
    /// The first time of a call or turn.
    pub ts_min: Option<Seconds>,
    /// The last.
    pub ts_max: Option<Seconds>,
    /// What was given up.
    pub limits: LimitCounts,
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl Tally {
    /// The tally of one run that has read nothing yet.
    pub fn new() -> Self {
        Self { runs: 1, ..Self::zero() }
    }

    /// The sum of no runs.
    pub fn zero() -> Self {
        Self {
            runs: 0,
            version: Some(VERSION),
            input: InputCounts::default(),
            sessions: 0,
            turns: TurnsCounts::default(),
            calls: ToolCallCounts::default(),
            model_turns: ModelTurnCounts::default(),
            sources: [0; Source::ALL.len()],
            layers: [0; Layer::ALL.len()],
            basis: [0; Basis::ALL.len()],
            rules: vec![0; RULES.len() + 1].into_boxed_slice(),
            tools: vec![EventCounts::default(); TOOL_COUNT].into_boxed_slice(),
            agents: [None; Agent::ALL.len()],
            ts_min: None,
            ts_max: None,
            limits: LimitCounts::default(),
        }
    }

    /// A call or turn has this time.
    #[inline]
    pub fn count_time(&mut self, ts: Option<Seconds>) {
        if let Some(ts) = ts {
            self.ts_min = Some(self.ts_min.map_or(ts, |min| min.min(ts)));
            self.ts_max = Some(self.ts_max.map_or(ts, |max| max.max(ts)));
        }
    }

    /// A record of the agent was read; `results_recorded`: false where its format hides results.
    #[inline]
    pub fn count_agent(&mut self, agent: Agent, results_recorded: bool) {
        if let Some(slot) = self.agents.get_mut(agent.index()) {
            let counts = slot.get_or_insert_default();
            if !results_recorded {
                counts.results_recorded = Some(false);
            }
        }
    }

    /// A record of the agent was read.
    #[inline]
    pub fn has_read(&self, agent: Agent) -> bool {
        self.agents.get(agent.index()).is_some_and(Option::is_some)
    }

    /// A result that is counted for the first time.
    pub fn count_result(&mut self, agent: Agent, tool: Tool) {
        self.calls.total += 1;
        if let Some(counts) = self.tools.get_mut(tool.index()) {
            counts.events += 1;
        }
        if let Some(counts) = self.agents.get_mut(agent.index()) {
            counts.get_or_insert_default().events += 1;
        }
    }

    /// A call that fails for the first time.
    pub fn count_failed_call(&mut self, agent: Agent, tool: Tool) {
        self.calls.failed += 1;
        if let Some(counts) = self.tools.get_mut(tool.index()) {
            counts.failed += 1;
        }
        if let Some(counts) = self.agents.get_mut(agent.index()) {
            counts.get_or_insert_default().failed += 1;
        }
    }

    /// What a failure that is no follower came to.
    pub fn count_verdict(&mut self, rule: RuleId, basis: Basis) {
        let slots = [
            self.sources.get_mut(rule.rule().source.index()),
            self.layers.get_mut(rule.rule().layer.index()),
            self.basis.get_mut(basis.index()),
            self.rules.get_mut(rule.index()),
        ];
        for count in slots.into_iter().flatten() {
            *count += 1;
        }
    }

    /// Takes over what the ledger counted, at the end of a run.
    pub fn take_ledger(&mut self, sessions: u64, unanswered: u64, turns: &TurnCounts, losses: &Losses) {
        let ended = |outcome: TurnOutcome| turns.ended.get(outcome.index()).copied().unwrap_or_default();
        self.sessions = sessions;
        self.calls.unanswered = unanswered;
        self.turns = TurnsCounts {
            started: turns.started,
            completed: ended(TurnOutcome::Completed),
            failed: ended(TurnOutcome::Failed),
            aborted: ended(TurnOutcome::Aborted),
            unclosed: UnclosedCounts { superseded: turns.superseded, at_end: turns.at_end },
            end_without_start: turns.end_without_start,
            repeated: turns.repeated,
        };
        self.limits = LimitCounts {
            calls_evicted: losses.calls_evicted,
            calls_forgotten: losses.calls_forgotten,
            turns_evicted: losses.turns_evicted,
            sessions_evicted: losses.sessions_evicted,
        };
        let unclosed = turns.superseded + turns.at_end;
        if let Some(count) = self.sources.get_mut(Source::UnclosedTurn.index()) {
            *count = unclosed;
        }
        if let Some(count) = self.layers.get_mut(Layer::Session.index()) {
            *count += unclosed;
        }
    }

    /// Every counter, in one order.
    fn counters(&mut self) -> Vec<&mut u64> {
        let InputCounts { lines, blank, recognised, unrecognised, unreadable, unreadable_by, torn } = &mut self.input;
        let mut all =
            vec![&mut self.runs, lines, blank, recognised, unrecognised, unreadable, torn, &mut self.sessions];
        all.extend([
            &mut unreadable_by.not_object,
            &mut unreadable_by.incomplete,
            &mut unreadable_by.too_long,
            &mut unreadable_by.too_deep,
        ]);
        let turns = &mut self.turns;
        all.extend([&mut turns.started, &mut turns.completed, &mut turns.failed, &mut turns.aborted]);
        all.extend([&mut turns.unclosed.superseded, &mut turns.unclosed.at_end]);
        all.extend([&mut turns.end_without_start, &mut turns.repeated]);
        let calls = &mut self.calls;
        all.extend([&mut calls.total, &mut calls.failed, &mut calls.followers, &mut calls.unanswered]);
        all.extend([&mut calls.repeated, &mut self.model_turns.failed, &mut self.model_turns.retries]);
        let limits = &mut self.limits;
        all.extend([&mut limits.calls_evicted, &mut limits.calls_forgotten]);
        all.extend([&mut limits.turns_evicted, &mut limits.sessions_evicted]);
        all.extend(self.sources.iter_mut().chain(&mut self.layers).chain(&mut self.basis).chain(&mut self.rules));
        all.extend(self.tools.iter_mut().flat_map(|counts| [&mut counts.events, &mut counts.failed]));
        all
    }

    /// Adds another tally. False where a counter would pass 64 bits: then nothing is to be made of this one.
    #[must_use]
    pub fn add(&mut self, mut other: Tally) -> bool {
        self.version = match (self.runs, other.runs) {
            (_, 0) => self.version,
            (0, _) => other.version,
            _ if self.version == other.version => self.version,
            _ => None,
        };
        self.ts_min = self.ts_min.into_iter().chain(other.ts_min).min();
        self.ts_max = self.ts_max.into_iter().chain(other.ts_max).max();
        let mut fits = true;
        for (sum, part) in self.counters().into_iter().zip(other.counters()) {
            match sum.checked_add(*part) {
                Some(total) => *sum = total,
                None => fits = false,
            }
        }
        for (sum, part) in self.agents.iter_mut().zip(other.agents) {
            let Some(part) = part else { continue };
            let sum = sum.get_or_insert_default();
            match (sum.events.checked_add(part.events), sum.failed.checked_add(part.failed)) {
                (Some(events), Some(failed)) => (sum.events, sum.failed) = (events, failed),
                _ => fits = false,
            }
            sum.results_recorded = sum.results_recorded.or(part.results_recorded);
        }
        fits
    }

    /// Failures of a layer that the verdict counts: no followers (they are counted nowhere), no questions that were
    /// answered "no".
    fn attributable(&self, layer: Layer) -> u64 {
        let counted = RULES.iter().zip(&self.rules).filter(|(rule, _)| rule.counts && rule.layer == layer);
        counted.map(|(_, count)| *count).fold(0, u64::saturating_add)
    }

    /// What most attributable failures come down to.
    pub fn verdict(&self) -> Sentence {
        let layers = [
            (Judgement::Environment, self.attributable(Layer::Environment)),
            (Judgement::Tool, self.attributable(Layer::Tool)),
            (Judgement::Model, self.attributable(Layer::Model)),
        ];
        let all = layers.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let input = &self.input;
        let failed = self.calls.failed.saturating_add(self.model_turns.failed);
        let (judgement, count, of) = if input.lines > 0 && input.recognised == 0 {
            (Judgement::NothingRead, input.lines, 0)
        } else if self.calls.total == 0 && self.model_turns.failed == 0 {
            (Judgement::NoToolCalls, 0, 0)
        } else if failed == 0 {
            (Judgement::NoFailures, self.calls.total, 0)
        } else if all < ATTRIBUTABLE_MIN {
            (Judgement::TooFew, all, 0)
        } else {
            let majority = layers.iter().find(|(_, count)| *count > all - *count);
            majority.map_or((Judgement::NoMajority, all, 0), |(judgement, count)| (*judgement, *count, all))
        };
        Sentence { judgement, count, of, is_mostly_unrecognised: input.unrecognised > input.recognised }
    }

    /// The summary of it.
    pub fn summary(&self) -> Summary {
        let verdict = self.verdict();
        let rule_words = RULES.iter().map(|rule| Word(rule.id)).chain(std::iter::once(Word("other")));
        let rules = rule_words.zip(self.rules.iter().copied()).filter(|(_, count)| *count > 0);
        let tools = Tool::all().map(|tool| Word(tool.word())).zip(self.tools.iter().copied());
        let agents = Agent::ALL.iter().map(|agent| Word(agent.word())).zip(self.agents);
        Summary {
            r#type: Word("summary"),
            schema: SCHEMA,
            version: self.version,
            runs: self.runs,
            input: self.input,
            sessions: self.sessions,
            turns: self.turns,
            tool_calls: self.calls,
            model_turns: self.model_turns,
            failures: Counts(Source::ALL.iter().map(|source| Word(source.word())).zip(self.sources).collect()),
            layers: Counts(Layer::ALL.iter().map(|layer| Word(layer.word())).zip(self.layers).collect()),
            basis: Counts(Basis::ALL.iter().map(|basis| Word(basis.word())).zip(self.basis).collect()),
            rules: Counts(rules.collect()),
            tools: Counts(tools.filter(|(_, counts)| counts.events > 0 || counts.failed > 0).collect()),
            agents: Counts(agents.filter_map(|(word, counts)| Some((word, counts?))).collect()),
            ts_min: self.ts_min.map(Time),
            ts_max: self.ts_max.map(Time),
            verdict: verdict.judgement,
            verdict_text: verdict,
            limits: self.limits,
        }
    }
}
