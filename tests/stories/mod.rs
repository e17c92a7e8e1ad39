//! Made-up sessions, told as agents' logs, and what a reader must count in them.
//!
//! A plan says what happened: which calls of which turn ended how, and how often each of it is told. From it come the
//! lines of a log, each with what it says of which call and turn, and where the same is said again: in twins, in forked
//! and resumed copies. The reader here ([`expect`]) knows calls and turns by what they are, never by ids or words, keeps
//! everything, and looks ahead where a rule speaks of what comes later. May not know how the filter is built.

#![allow(dead_code, reason = "a test uses its part")]

use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Whose log a session is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shape {
    /// CodeWhale's runtime events: every line names its session; ids are short and come again in the next session.
    Runtime,
    /// Codex rollouts: a header names the session; ids are unique in the world.
    Codex,
    /// Claude Code's transcripts: every line names its session; ends of turns have no id.
    Claude,
    /// A shape that no reader was made for: calls and results, no turns.
    Tolerant,
}

/// How a call failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    Exit,
    Missing,
    Network,
    Timeout,
    /// Only because the call before it did.
    Sibling,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    Completed,
    Failed,
    Aborted,
    /// None: the run died, or goes on.
    Never,
}

#[derive(Clone, Debug)]
pub struct CallPlan {
    /// One item for each time that its end is told: why it failed, or that it did not.
    pub ends: Vec<Option<Why>>,
    /// The result stands before the call.
    pub result_first: bool,
    /// The next call begins before this one ends.
    pub is_parallel: bool,
    /// A person says something while it runs.
    pub is_spoken_into: bool,
}

#[derive(Clone, Debug)]
pub struct TurnPlan {
    pub has_start: bool,
    pub is_started_twice: bool,
    pub calls: Vec<CallPlan>,
    pub has_retry: bool,
    pub has_error: bool,
    pub ending: Ending,
    pub is_ended_twice: bool,
}

#[derive(Clone, Debug)]
pub struct SessionPlan {
    pub shape: Shape,
    pub turns: Vec<TurnPlan>,
    /// How much of it (in 256ths) a fork copies, and how the fork goes on.
    pub fork: Option<(u8, Vec<TurnPlan>)>,
}

#[derive(Clone, Debug)]
pub struct Story {
    pub sessions: Vec<SessionPlan>,
    /// In which order sessions that may be interleaved are.
    pub picks: Vec<u8>,
    /// Where lines that belong to nobody stand (in 256ths), and which.
    pub strays: Vec<(u8, u8)>,
}

fn why() -> impl Strategy<Value = Option<Why>> {
    prop_oneof![
        3 => Just(None),
        2 => Just(Some(Why::Exit)),
        1 => Just(Some(Why::Missing)),
        1 => Just(Some(Why::Network)),
        1 => Just(Some(Why::Timeout)),
        1 => Just(Some(Why::Sibling)),
    ]
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.2)
}

fn call() -> impl Strategy<Value = CallPlan> {
    let ends = prop_oneof![
        1 => Just(vec![]),
        6 => prop::collection::vec(why(), 1..2),
        3 => prop::collection::vec(why(), 2..4),
    ];
    (ends, rarely(), rarely(), rarely()).prop_map(|(ends, result_first, is_parallel, is_spoken_into)| CallPlan {
        ends,
        result_first,
        is_parallel,
        is_spoken_into,
    })
}

fn turn() -> impl Strategy<Value = TurnPlan> {
    let ending = prop_oneof![
        4 => Just(Ending::Completed),
        2 => Just(Ending::Failed),
        2 => Just(Ending::Aborted),
        2 => Just(Ending::Never),
    ];
    (prop::collection::vec(call(), 0..4), rarely(), rarely(), rarely(), ending, rarely(), rarely()).prop_map(
        |(calls, no_start, is_started_twice, has_retry, ending, has_error, is_ended_twice)| TurnPlan {
            has_start: !no_start,
            is_started_twice,
            calls,
            has_retry,
            // Where a turn's model failed, the turn did.
            has_error: has_error && matches!(ending, Ending::Failed | Ending::Never),
            ending,
            is_ended_twice,
        },
    )
}

fn session(may_fork: bool) -> impl Strategy<Value = SessionPlan> {
    let shape = prop_oneof![Just(Shape::Runtime), Just(Shape::Codex), Just(Shape::Claude), Just(Shape::Tolerant)];
    let turns = || prop::collection::vec(turn(), 0..4);
    let fork = prop::option::of((any::<u8>(), turns()));
    (shape, turns(), fork).prop_map(move |(shape, turns, fork)| SessionPlan {
        shape,
        turns,
        fork: fork.filter(|_| may_fork),
    })
}

/// Sessions of every kind, each told whole.
pub fn files() -> impl Strategy<Value = Story> {
    prop::collection::vec(session(false), 1..4).prop_map(|sessions| Story { sessions, picks: vec![], strays: vec![] })
}

/// Sessions of every kind, forks, copies, interleaved where their lines say whose they are, among lines of nobody.
pub fn stories() -> impl Strategy<Value = Story> {
    let picks = prop_oneof![Just(vec![]), prop::collection::vec(any::<u8>(), 1..80)];
    let strays = prop_oneof![2 => Just(vec![]), 1 => prop::collection::vec((any::<u8>(), 0_u8..4), 1..4)];
    (prop::collection::vec(session(true), 1..4), picks, strays).prop_map(|(sessions, picks, strays)| Story {
        sessions,
        picks,
        strays,
    })
}

/// What a line says. Calls, turns and records are numbered through the whole story; a copy has the same numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    Began(usize),
    Ended(usize, Option<Why>),
    TurnBegan(usize),
    /// A person spoke: a turn begins, unless a call that runs at the time is answered later.
    Prompted(usize),
    TurnEnded(usize, Ending),
    ModelFailed(usize),
    Retried(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A record of this session.
    Of(usize),
    Blank,
    Text,
    Unknown,
    /// Claude Code's, without a session.
    Loose,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    pub kind: Kind,
    pub said: Vec<Said>,
}

/// How far apart the numbers of two sessions are: ids that a session counts for itself are the rest.
const SESSION_NUMBERS: usize = 1000;

struct Numbers {
    next: usize,
}

impl Numbers {
    fn take(&mut self) -> usize {
        self.next += 1;
        self.next
    }
}

/// A line without its session.
#[derive(Clone)]
struct Telling {
    said: Vec<Said>,
    /// The record's own number.
    record: usize,
    /// Which of several forms the line has.
    form: u8,
}

/// The lines of a story, and how many sessions it has. `seed`: stories of different seeds have no id in common.
pub fn tell(story: &Story, seed: usize) -> Vec<Line> {
    let mut whole: Vec<Vec<Line>> = Vec::new();
    let mut mixed: Vec<Vec<Line>> = Vec::new();
    for (at, plan) in story.sessions.iter().enumerate() {
        let (mine, fork) = (2 * at, 2 * at + 1);
        let may_fork = matches!(plan.shape, Shape::Codex | Shape::Claude);
        let copy = plan.fork.as_ref().filter(|_| may_fork);
        // An end without an id in a copy without its start could be that of any turn.
        let is_whole = copy.is_some();
        let tellings = plan_tellings(plan.shape, &plan.turns, is_whole, mine);
        let mut lines = header(plan.shape, mine, None, seed);
        lines.extend(tellings.iter().map(|telling| line(plan.shape, mine, seed, telling)));
        if let Some((part, turns)) = copy {
            let copied = &tellings[..tellings.len() * usize::from(*part) / 255];
            lines.extend(header(plan.shape, fork, Some(mine), seed));
            lines.extend(copied.iter().map(|telling| line(plan.shape, fork, seed, telling)));
            let own = plan_tellings(plan.shape, turns, true, fork);
            lines.extend(own.iter().map(|telling| line(plan.shape, fork, seed, telling)));
        }
        if plan.shape == Shape::Codex { whole.push(lines) } else { mixed.push(lines) }
    }
    let mut lines = merge(mixed, &story.picks);
    lines.extend(whole.into_iter().flatten());
    for (place, kind) in &story.strays {
        let (text, kind) = match kind {
            0 => ("  ".to_owned(), Kind::Blank),
            1 => ("Reading prompt from stdin...".to_owned(), Kind::Text),
            2 => (json!({"shape": "of tomorrow"}).to_string(), Kind::Unknown),
            _ => (json!({"type": "summary", "summary": "x", "leafUuid": "u"}).to_string(), Kind::Loose),
        };
        lines.insert(lines.len() * usize::from(*place) / 255, Line { text, kind, said: vec![] });
    }
    lines
}

fn merge(mut files: Vec<Vec<Line>>, picks: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut picks = picks.iter().cycle();
    files.retain(|file| !file.is_empty());
    while !files.is_empty() {
        let at = picks.next().map_or(0, |pick| usize::from(*pick) % files.len());
        lines.push(files[at].remove(0));
        files.retain(|file| !file.is_empty());
    }
    lines
}

fn plan_tellings(shape: Shape, turns: &[TurnPlan], is_whole: bool, session: usize) -> Vec<Telling> {
    let numbers = &mut Numbers { next: SESSION_NUMBERS * session };
    let mut told: Vec<Telling> = Vec::new();
    for (at, plan) in turns.iter().enumerate() {
        let turn = numbers.take();
        let mut tell =
            |said: &[Said], form: u8, record: usize| told.push(Telling { said: said.to_vec(), record, form });
        // Without its start, the end of a later turn could be that of the turn before.
        let has_start = plan.has_start || at > 0 || is_whole;
        let is_after_dead = at > 0 && turns[at - 1].ending == Ending::Never;
        if has_start {
            let start = if shape == Shape::Claude { Said::Prompted(turn) } else { Said::TurnBegan(turn) };
            for _ in 0..=usize::from(plan.is_started_twice) {
                tell(&[start], 0, turn);
            }
        }
        if plan.has_retry {
            let retry = numbers.take();
            tell(&[Said::Retried(retry)], 0, retry);
        }
        let mut waiting: Vec<(usize, &CallPlan)> = Vec::new();
        let mut last_failed = None;
        for (at, call) in plan.calls.iter().enumerate() {
            let id = numbers.take();
            // While it is open whether a prompt began a turn, a result of an unknown call may be of either.
            let is_unclear = shape == Shape::Claude && is_after_dead;
            let result_first = call.result_first && !call.ends.is_empty() && !is_unclear;
            if result_first {
                last_failed = tell_ends(shape, id, call, last_failed, numbers, &mut tell);
            }
            tell(&[Said::Began(id)], 0, numbers.take());
            if !result_first {
                waiting.push((id, call));
            }
            if call.is_parallel && at + 1 < plan.calls.len() {
                continue;
            }
            // Only one that will be answered is spoken into: the cut decides whether the answer is seen.
            let is_heard = waiting.iter().any(|(_, call)| !call.ends.is_empty());
            if shape == Shape::Claude && has_start && call.is_spoken_into && is_heard {
                let words = numbers.take();
                tell(&[Said::Prompted(words)], 0, words);
            }
            for (id, call) in waiting.drain(..) {
                last_failed = tell_ends(shape, id, call, last_failed, numbers, &mut tell);
            }
        }
        if plan.has_error {
            tell(&[Said::ModelFailed(turn)], 0, numbers.take());
        }
        if plan.ending != Ending::Never {
            for form in 0..=u8::from(plan.is_ended_twice) {
                tell(&[Said::TurnEnded(turn, plan.ending)], form, numbers.take());
            }
        }
    }
    told.retain(|telling| is_told_by(shape, telling));
    told
}

/// Tells of a call's ends; returns whether a call has failed by now, so that another one may follow it.
fn tell_ends(
    shape: Shape,
    id: usize,
    call: &CallPlan,
    mut last_failed: Option<Why>,
    numbers: &mut Numbers,
    tell: &mut impl FnMut(&[Said], u8, usize),
) -> Option<Why> {
    for (form, end) in call.ends.iter().enumerate() {
        let end = match end {
            Some(Why::Sibling) if shape != Shape::Claude || last_failed.is_none() || form > 0 => Some(Why::Exit),
            end => *end,
        };
        if end.is_some_and(|why| why != Why::Sibling) {
            last_failed = end;
        }
        tell(&[Said::Ended(id, end)], form.min(1) as u8, numbers.take());
    }
    last_failed
}

/// The shape has a line for it.
fn is_told_by(shape: Shape, telling: &Telling) -> bool {
    match telling.said[0] {
        Said::Began(_) | Said::Ended(..) => true,
        Said::ModelFailed(_) => matches!(shape, Shape::Runtime | Shape::Codex),
        Said::Retried(_) => matches!(shape, Shape::Codex | Shape::Claude),
        _ => shape != Shape::Tolerant,
    }
}

fn session_id(session: usize, seed: usize) -> String {
    format!("5e551000-0000-4000-8000-{seed:06}{session:06}")
}

fn header(shape: Shape, session: usize, parent: Option<usize>, seed: usize) -> Vec<Line> {
    if shape != Shape::Codex {
        return vec![];
    }
    let meta = |id: usize, parent: Option<usize>| {
        let mut payload = json!({"id": session_id(id, seed), "cwd": "/w", "originator": "codex_cli_rs"});
        if let Some(parent) = parent {
            payload["forked_from_id"] = json!(session_id(parent, seed));
        }
        let text = json!({"timestamp": TIME, "type": "session_meta", "payload": payload}).to_string();
        Line { text, kind: Kind::Of(session), said: vec![] }
    };
    std::iter::once(meta(session, parent)).chain(parent.map(|parent| meta(parent, None))).collect()
}

const TIME: &str = "2026-05-01T10:00:00Z";

fn line(shape: Shape, session: usize, seed: usize, telling: &Telling) -> Line {
    let said = telling.said[0];
    let value = match shape {
        Shape::Runtime => runtime(session, seed, telling.record, said),
        Shape::Codex => codex(seed, telling.form, said),
        Shape::Claude => claude(session, seed, telling.record, telling.form, said),
        Shape::Tolerant => tolerant(session, seed, said),
    };
    Line { text: value.to_string(), kind: Kind::Of(session), said: telling.said.clone() }
}

/// What the program printed, and its exit code.
fn printed(why: Option<Why>) -> (&'static str, i32) {
    match why {
        None => ("fine", 0),
        Some(Why::Exit | Why::Sibling) => ("boom", 2),
        Some(Why::Missing) => ("bash: line 1: fd: command not found", 127),
        Some(Why::Network) => ("curl: (6) Could not resolve host: a.test", 6),
        Some(Why::Timeout) => ("", 124),
    }
}

fn runtime(session: usize, seed: usize, record: usize, said: Said) -> Value {
    // Counted within the session, as its ids are: two sessions have the same.
    let item_id = |call: usize| format!("item_{}", call % SESSION_NUMBERS);
    let turn_id = |turn: usize| format!("turn_{:08}", turn % SESSION_NUMBERS);
    let mut line = json!({"schema_version": 2, "seq": record, "timestamp": TIME,
        "thread_id": format!("thr_{seed}_{session}")});
    let mut tell = |event: &str, item: Option<String>, payload: Value| {
        line["event"] = json!(event);
        if let Some(item) = item {
            line["item_id"] = json!(item);
        }
        line["payload"] = payload;
    };
    match said {
        Said::Began(call) => {
            let id = item_id(call);
            let tool =
                json!({"id": format!("call_{}", call % SESSION_NUMBERS), "name": "bash", "input": {"command": "make"}});
            let item = json!({"id": id, "kind": "tool_call", "status": "in_progress", "summary": "bash started"});
            tell("item.started", Some(id), json!({"item": item, "tool": tool}));
        }
        Said::Ended(call, why) => {
            let id = item_id(call);
            let (text, code) = printed(why);
            let detail = match why {
                None => text.to_owned(),
                Some(Why::Timeout) => "Failed to execute tool: \n\nCommand timed out after 5 seconds".to_owned(),
                Some(_) => format!("Failed to execute tool: {text}\n\nCommand exited with code {code}"),
            };
            let (event, status) =
                if why.is_some() { ("item.failed", "failed") } else { ("item.completed", "completed") };
            let item = json!({"id": id, "kind": "tool_call", "status": status, "summary": "bash: x", "detail": detail});
            tell(event, Some(id), json!({ "item": item }));
        }
        Said::TurnBegan(turn) | Said::Prompted(turn) => {
            line["turn_id"] = json!(turn_id(turn));
            line["event"] = json!("turn.started");
            line["payload"] = json!({"turn": {"id": turn_id(turn), "status": "in_progress"}});
        }
        Said::TurnEnded(turn, ending) => {
            let (status, error) = match ending {
                Ending::Failed => ("failed", json!("Network error: connection reset by peer")),
                Ending::Aborted => ("interrupted", Value::Null),
                _ => ("completed", Value::Null),
            };
            line["turn_id"] = json!(turn_id(turn));
            line["event"] = json!("turn.completed");
            line["payload"] = json!({"turn": {"id": turn_id(turn), "status": status, "error": error}});
        }
        Said::ModelFailed(turn) => {
            let id = format!("item_e{}", turn % SESSION_NUMBERS);
            let detail = "Network error: connection reset by peer";
            let item = json!({"id": id, "kind": "error", "status": "failed", "summary": detail, "detail": detail});
            tell("item.failed", Some(id), json!({ "item": item }));
        }
        Said::Retried(_) => unreachable!("no line of this shape tells of one"),
    }
    line
}

fn codex(seed: usize, form: u8, said: Said) -> Value {
    let record = |kind: &str, payload: Value| json!({"timestamp": TIME, "type": kind, "payload": payload});
    let turn_id = |turn: usize| format!("019cbd00-0000-7000-8000-{seed:06}{turn:06}");
    let call_id = |call: usize| format!("call_s{seed}c{call}");
    match said {
        Said::Began(call) => {
            let arguments = json!({"command": "make"}).to_string();
            record(
                "response_item",
                json!({"type": "function_call", "name": "shell_command", "arguments": arguments, "call_id": call_id(call)}),
            )
        }
        // Its twin: the event beside the output.
        Said::Ended(call, why) if form > 0 => {
            let (text, code) = printed(why);
            let text = if why == Some(Why::Timeout) { "command timed out after 5000 milliseconds\n" } else { text };
            let status = if why.is_some() { "failed" } else { "completed" };
            record(
                "event_msg",
                json!({"type": "exec_command_end", "call_id": call_id(call), "stdout": "", "stderr": "",
                    "aggregated_output": text, "exit_code": code, "status": status}),
            )
        }
        Said::Ended(call, why) => {
            let (text, code) = printed(why);
            let text = if why == Some(Why::Timeout) { "command timed out after 5000 milliseconds\n" } else { text };
            let output = format!("Exit code: {code}\nWall time: 1 seconds\nOutput:\n{text}");
            record("response_item", json!({"type": "function_call_output", "call_id": call_id(call), "output": output}))
        }
        Said::TurnBegan(turn) | Said::Prompted(turn) => {
            record("event_msg", json!({"type": "task_started", "turn_id": turn_id(turn)}))
        }
        Said::TurnEnded(turn, Ending::Aborted) => {
            record("event_msg", json!({"type": "turn_aborted", "turn_id": turn_id(turn), "reason": "interrupted"}))
        }
        Said::TurnEnded(turn, ending) => {
            let mut payload = json!({"type": "task_complete", "turn_id": turn_id(turn), "last_agent_message": null});
            if ending == Ending::Failed {
                payload["error"] =
                    json!({"message": "stream disconnected before completion", "codex_error_info": "other"});
            }
            record("event_msg", payload)
        }
        Said::ModelFailed(_) => {
            record("event_msg", json!({"type": "error", "message": "stream disconnected before completion"}))
        }
        Said::Retried(_) => record("event_msg", json!({"type": "stream_error", "message": "Reconnecting... 1/5"})),
    }
}

fn claude(session: usize, seed: usize, record: usize, form: u8, said: Said) -> Value {
    let call_id = |call: usize| format!("toolu_s{seed}c{call}");
    let mut line = json!({"sessionId": session_id(session, seed), "timestamp": TIME, "isSidechain": false,
        "uuid": format!("00000000-0000-4000-8000-{seed:06}{record:06}")});
    let mut is = |kind: &str, message: Value| {
        line["type"] = json!(kind);
        line["message"] = message;
    };
    match said {
        Said::Began(call) => {
            let block = json!({"type": "tool_use", "id": call_id(call), "name": "Bash", "input": {"command": "make"}});
            is("assistant", json!({"role": "assistant", "content": [block], "stop_reason": "tool_use"}));
        }
        Said::Ended(call, why) => {
            let (text, code) = printed(why);
            let text = match why {
                None => text.to_owned(),
                Some(Why::Timeout) => "Command timed out after 2m 0.0s".to_owned(),
                Some(Why::Sibling) => "<tool_use_error>Sibling tool call errored</tool_use_error>".to_owned(),
                Some(_) => format!("Exit code {code}\n{text}"),
            };
            let block = json!({"type": "tool_result", "tool_use_id": call_id(call), "content": text,
                "is_error": why.is_some()});
            is("user", json!({"role": "user", "content": [block]}));
        }
        Said::TurnBegan(_) | Said::Prompted(_) => is("user", json!({"role": "user", "content": "go on"})),
        Said::TurnEnded(..) if form > 0 => {
            line["type"] = json!("system");
            line["subtype"] = json!("turn_duration");
            line["durationMs"] = json!(5);
        }
        Said::TurnEnded(_, Ending::Failed) => {
            let text = json!([{"type": "text", "text": "API Error: 529 overloaded_error"}]);
            is("assistant", json!({"role": "assistant", "model": "<synthetic>", "content": text}));
            line["isApiErrorMessage"] = json!(true);
            line["error"] = json!("overloaded");
        }
        Said::TurnEnded(_, Ending::Aborted) => {
            is("user", json!({"role": "user", "content": [{"type": "text", "text": "[Request interrupted by user]"}]}));
        }
        Said::TurnEnded(..) => {
            let text = json!([{"type": "text", "text": "done"}]);
            is("assistant", json!({"role": "assistant", "content": text, "stop_reason": "end_turn"}));
        }
        Said::Retried(_) => {
            line["type"] = json!("system");
            line["subtype"] = json!("api_error");
            line["level"] = json!("error");
        }
        Said::ModelFailed(_) => unreachable!("no line of this shape tells of one"),
    }
    line
}

fn tolerant(session: usize, seed: usize, said: Said) -> Value {
    // Counted within the session, as its ids are.
    let call_id = |call: usize| (call % SESSION_NUMBERS).to_string();
    let line = |kind: &str, call: usize| json!({"time": TIME, "session_id": format!("run-{seed}-{session}"), "kind": kind, "tool_call_id": call_id(call)});
    match said {
        Said::Began(call) => {
            let mut line = line("tool_call", call);
            line["tool_name"] = json!("shell");
            line["args"] = json!({"command": "make"});
            line
        }
        Said::Ended(call, why) => {
            let (text, code) = printed(why);
            let mut line = line("tool_result", call);
            line["success"] = json!(why.is_none());
            line["exit_code"] = json!(code);
            line["output"] = json!(if why == Some(Why::Timeout) { "command timed out" } else { text });
            line
        }
        other => unreachable!("no line of this shape tells of {other:?}"),
    }
}

/// What must come out, for each line in order: the line, what, the session's and the turn's ordinal, the line within the
/// session, and for a turn's record the failures in it.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Row {
    pub line: u64,
    pub what: String,
    pub session: u64,
    pub turn: Option<u64>,
    pub call: Option<u64>,
    pub session_line: u64,
}

/// Everything that is expected of a log.
#[derive(Debug, Default)]
pub struct Expected {
    pub rows: Vec<Row>,
    pub counts: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Reader {
    order: Vec<usize>,
    lines: BTreeMap<usize, u64>,
    open: BTreeMap<usize, usize>,
    turn_ordinal: BTreeMap<usize, u64>,
    turn_count: BTreeMap<usize, u64>,
    turn_place: BTreeMap<usize, (u64, u64)>,
    started: BTreeSet<usize>,
    /// The turn whose end was the last that happened in the session.
    just_ended: BTreeMap<usize, usize>,
    failed_turns: BTreeSet<usize>,
    failures_of: BTreeMap<usize, u64>,
    begun: BTreeSet<usize>,
    results: BTreeMap<usize, bool>,
    home: BTreeMap<usize, (usize, u64, Option<usize>)>,
    call_count: BTreeMap<usize, u64>,
    last_failed: BTreeMap<usize, Why>,
}

impl Reader {
    fn session(&mut self, session: usize) -> u64 {
        if !self.order.contains(&session) {
            self.order.push(session);
        }
        1 + self.order.iter().position(|other| *other == session).unwrap() as u64
    }

    /// The call's turn and ordinal, as they are told in this session.
    fn place_call(&mut self, session: usize, call: usize) -> (u64, Option<usize>) {
        let open = self.open.get(&session).copied();
        match self.home.get(&call) {
            Some((home, ordinal, turn)) if *home == session => (*ordinal, *turn),
            _ => {
                let count = self.call_count.entry(session).or_default();
                *count += 1;
                self.home.insert(call, (session, *count, open));
                (*count, open)
            }
        }
    }
}

fn source(why: Why) -> &'static str {
    match why {
        Why::Exit | Why::Sibling => "command_exit",
        Why::Missing => "missing_dependency",
        Why::Network => "network",
        Why::Timeout => "timeout",
    }
}

/// Which session each line is counted to.
fn owners(lines: &[Line]) -> Vec<Option<usize>> {
    let mut owners: Vec<Option<usize>> = Vec::new();
    let mut seen = BTreeSet::new();
    for line in lines {
        let owner = match line.kind {
            Kind::Of(session) => {
                if seen.insert(session) {
                    // Before the first session of all, everything is its own; else what its agent wrote right before.
                    let is_first = seen.len() == 1;
                    let is_claudes = line.text.contains("\"sessionId\"");
                    for at in (0..owners.len()).rev() {
                        let is_own = lines[at].kind == Kind::Loose && is_claudes;
                        let is_foreign = lines[..=at].iter().any(|line| line.kind == Kind::Loose) && !is_claudes;
                        if !(is_own || (is_first && !is_foreign)) {
                            break;
                        }
                        owners[at] = Some(session);
                    }
                }
                Some(session)
            }
            _ => owners.last().copied().flatten(),
        };
        owners.push(owner);
    }
    owners
}

/// What a reader of these lines must find.
pub fn expect(lines: &[Line]) -> Expected {
    let mut reader = Reader::default();
    let mut found = Expected::default();
    let owners = owners(lines);
    let mut owned: BTreeMap<usize, u64> = BTreeMap::new();
    let mut row = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        *found.counts.entry("input.lines").or_default() += 1;
        let counted = match line.kind {
            Kind::Blank => "input.blank",
            Kind::Text => "input.unreadable",
            Kind::Unknown => "input.unrecognised",
            Kind::Of(_) | Kind::Loose => "input.recognised",
        };
        *found.counts.entry(counted).or_default() += 1;
        let Kind::Of(session) = line.kind else { continue };
        // Lines before this one that are its session's, and itself.
        let session_line = owners[..=at].iter().filter(|owner| **owner == Some(session)).count() as u64;
        owned.insert(session, session_line);
        let ordinal = reader.session(session);
        let position = (1 + at as u64, session_line);
        let new = |what: String, turn: Option<u64>, call: Option<u64>| Row {
            line: position.0,
            what,
            session: ordinal,
            turn,
            call,
            session_line: position.1,
        };
        for said in &line.said {
            match *said {
                Said::Began(call) => {
                    if !reader.begun.contains(&call) && !reader.results.contains_key(&call) {
                        reader.place_call(session, call);
                    }
                    reader.begun.insert(call);
                    reader.just_ended.remove(&session);
                }
                Said::Ended(call, why) => {
                    reader.just_ended.remove(&session);
                    let has_failed = reader.results.get(&call).copied();
                    let is_first = has_failed.is_none();
                    let fails_now = why.is_some() && has_failed != Some(true);
                    if let Some(why) = why.filter(|why| *why != Why::Sibling) {
                        reader.last_failed.insert(session, why);
                    }
                    if is_first {
                        *found.counts.entry("tool_calls.total").or_default() += 1;
                    }
                    if !is_first && !fails_now {
                        *found.counts.entry("tool_calls.repeated").or_default() += 1;
                        continue;
                    }
                    let (number, home_turn) = reader.place_call(session, call);
                    // What is told again is told in the turn that is open then.
                    let turn = if is_first { home_turn } else { reader.open.get(&session).copied() };
                    let turn_ordinal = turn.and_then(|turn| reader.turn_ordinal.get(&turn)).copied();
                    reader.results.insert(call, why.is_some());
                    let Some(why) = why else {
                        row.push(new("success".into(), turn_ordinal, Some(number)));
                        continue;
                    };
                    *found.counts.entry("tool_calls.failed").or_default() += 1;
                    let told = if why == Why::Sibling { reader.last_failed[&session] } else { why };
                    if why == Why::Sibling {
                        *found.counts.entry("tool_calls.followers").or_default() += 1;
                    } else if let Some(turn) = turn {
                        *reader.failures_of.entry(turn).or_default() += 1;
                    }
                    let follows = if why == Why::Sibling { " follower" } else { "" };
                    row.push(new(format!("failure {}{follows}", source(told)), turn_ordinal, Some(number)));
                }
                Said::TurnBegan(turn) | Said::Prompted(turn) => {
                    if !reader.started.insert(turn) {
                        // Words that began no turn begin none again.
                        if !reader.turn_ordinal.contains_key(&turn) {
                            continue;
                        }
                        reader.just_ended.remove(&session);
                        *found.counts.entry("turns.repeated").or_default() += 1;
                        continue;
                    }
                    reader.just_ended.remove(&session);
                    if matches!(said, Said::Prompted(_)) && is_spoken_into(&reader, session, lines, at) {
                        continue;
                    }
                    if let Some(dead) = reader.open.remove(&session) {
                        *found.counts.entry("turns.unclosed.superseded").or_default() += 1;
                        row.push(unclosed(&reader, dead, ordinal, true));
                    }
                    *found.counts.entry("turns.started").or_default() += 1;
                    let count = reader.turn_count.entry(session).or_default();
                    *count += 1;
                    reader.turn_ordinal.insert(turn, *count);
                    reader.turn_place.insert(turn, position);
                    reader.open.insert(session, turn);
                    reader.last_failed.remove(&session);
                }
                Said::ModelFailed(turn) => fail_model(&mut reader, session, turn, &mut found, &mut row, &new),
                Said::TurnEnded(turn, ending) => {
                    if ending == Ending::Failed && reader.just_ended.get(&session) != Some(&turn) {
                        fail_model(&mut reader, session, turn, &mut found, &mut row, &new);
                    }
                    if reader.open.get(&session) == Some(&turn) {
                        reader.open.remove(&session);
                        let ending = if reader.failed_turns.contains(&turn) { Ending::Failed } else { ending };
                        let (path, word) = match ending {
                            Ending::Failed => ("turns.failed", "failed"),
                            Ending::Aborted => ("turns.aborted", "aborted"),
                            _ => ("turns.completed", "completed"),
                        };
                        *found.counts.entry(path).or_default() += 1;
                        let failures = reader.failures_of.get(&turn).copied().unwrap_or_default();
                        let turn = reader.turn_ordinal.get(&turn).copied();
                        row.push(new(format!("turn {word} {failures}"), turn, None));
                    } else if reader.just_ended.get(&session) == Some(&turn) {
                        // One more record of the same end.
                    } else if reader.started.contains(&turn) {
                        *found.counts.entry("turns.repeated").or_default() += 1;
                    } else {
                        *found.counts.entry("turns.end_without_start").or_default() += 1;
                    }
                    reader.just_ended.insert(session, turn);
                }
                Said::Retried(retry) => {
                    if reader.begun.insert(retry) {
                        *found.counts.entry("model_turns.retries").or_default() += 1;
                    }
                }
            }
        }
    }
    found.counts.insert("sessions", reader.order.len() as u64);
    let unanswered = reader.begun.iter().filter(|call| !reader.results.contains_key(call));
    // Retries are numbered like calls, and are none.
    let is_call = |call: &&usize| reader.home.contains_key(call);
    found.counts.insert("tool_calls.unanswered", unanswered.filter(is_call).count() as u64);
    let mut open: Vec<_> = reader.open.iter().map(|(session, turn)| (*session, *turn)).collect();
    open.sort_by_key(|(_, turn)| reader.turn_place[turn].0);
    for (session, turn) in open {
        *found.counts.entry("turns.unclosed.at_end").or_default() += 1;
        let ordinal = 1 + reader.order.iter().position(|other| *other == session).unwrap() as u64;
        row.push(unclosed(&reader, turn, ordinal, false));
    }
    found.rows = row;
    found
}

fn unclosed(reader: &Reader, turn: usize, session: u64, superseded: bool) -> Row {
    let (line, session_line) = reader.turn_place[&turn];
    let what = if superseded { "unclosed superseded" } else { "unclosed at_end" }.to_owned();
    Row { line, what, session, turn: reader.turn_ordinal.get(&turn).copied(), call: None, session_line }
}

/// A turn's model fails once, wherever that is told.
fn fail_model(
    reader: &mut Reader,
    session: usize,
    turn: usize,
    found: &mut Expected,
    rows: &mut Vec<Row>,
    new: &impl Fn(String, Option<u64>, Option<u64>) -> Row,
) {
    if !reader.failed_turns.insert(turn) {
        return;
    }
    let is_open = reader.open.get(&session) == Some(&turn);
    *found.counts.entry("model_turns.failed").or_default() += 1;
    *reader.failures_of.entry(turn).or_default() += 1;
    reader.last_failed.insert(session, Why::Network);
    let ordinal = reader.turn_ordinal.get(&turn).copied().filter(|_| is_open);
    rows.push(new("failure network model".into(), ordinal, None));
}

/// A call that runs as a person speaks is answered later in the session.
fn is_spoken_into(reader: &Reader, session: usize, lines: &[Line], at: usize) -> bool {
    let Some(turn) = reader.open.get(&session) else { return false };
    let later = lines[at + 1..].iter().filter(|line| line.kind == Kind::Of(session));
    let answers: BTreeSet<_> = later
        .flat_map(|line| &line.said)
        .filter_map(|said| if let Said::Ended(call, _) = said { Some(*call) } else { None })
        .collect();
    reader.home.iter().any(|(call, (home, _, in_turn))| {
        let runs = reader.begun.contains(call) && !reader.results.contains_key(call);
        runs && *home == session && *in_turn == Some(*turn) && answers.contains(call)
    })
}
