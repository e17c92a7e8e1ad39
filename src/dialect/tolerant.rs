//! Agents that nobody has heard of: the shape that most logs share, read by the names of fields alone.
//!
//! A call is an object with an id, a name and an input. A later result has the same id and a flag, a status, an error, an
//! exit code, or says that it is a result and holds a text. Both may be nested in wrappers and lists, several on a line.
//! Nothing is looked for inside an input or a result, and a start or a partial update is no result. A record is claimed on
//! that evidence alone, so that ordinary logs with a `status` and an `error` stay unrecognised. Turns are not told. May
//! not know any agent, nor rules or output.

use super::aliases::{self, Evidence, SESSION_IDS, began, call_id};
use super::wrapper::tool;
use super::{Dialect, Emit, Sign};
use crate::event::{Envelope, Event, Job, Session, Signals};
use crate::parse::Inner;
use crate::scan::keys::KeySet;
use crate::scan::{Key as K, Kind, Record, Value};
use crate::schema::Agent;
use crate::text::Text;

/// Any agent.
pub static OTHER: Dialect = Dialect {
    name: "tolerant",
    signs: &[Sign::ANY],
    agent: Agent::Other,
    results_recorded: true,
    is_noise: false,
    claims: |record| is_header(record) || walk(record.root(), Says::default(), LEVELS_MAX, &mut |_| true),
    envelope: |record| {
        let inside = || record.first_of(&[K::data, K::payload, K::message, K::event]).first_of(SESSION_IDS);
        let id = record.first_of(SESSION_IDS);
        let id = if id.is_given() { id } else { inside() };
        let session = match id.id() {
            _ if is_header(record) => Session::Header { id: record.first_of(HEADER_IDS).id(), is_fork: false },
            id if id.is_empty() => Session::None,
            id => Session::Id(id),
        };
        Envelope { session, ts: aliases::time(record) }
    },
    events,
};

/// Levels of wrappers and lists that are followed.
const LEVELS_MAX: usize = 12;

/// Names under which a header gives its session's id.
const HEADER_IDS: &[K] = &[K::session_id, K::sessionId, K::sessionID, K::id];

/// The line with which an agent's file begins: where it ran, and an id.
fn is_header(record: &Record<'_>) -> bool {
    record.has(K::cwd)
        && record.get(K::type_).is_one_of(&["session", "session_start", "session.start", "session_meta"])
        && record.first_of(HEADER_IDS).is_given()
}

/// Ids that only a tool call has.
const OWN_IDS: &[K] = &[K::tool_use_id, K::tool_call_id, K::toolCallId, K::toolUseId, K::toolUseID];
static HAS_OWN_ID: KeySet = KeySet::of(OWN_IDS);
/// Ids that a telephone call could have as well.
const SHARED_IDS: &[K] = &[K::call_id, K::callId, K::callID, K::tool_id, K::source_call_id];
static HAS_SHARED_ID: KeySet = KeySet::of(SHARED_IDS);
/// Ids that a call has, and one that any tool has.
static HAS_CALLS_ID: KeySet = KeySet::of(&[K::call_id, K::callId, K::callID, K::source_call_id]);
static IS_TOOLS_ID: KeySet = KeySet::of(&[K::tool_id]);
/// Where the input of a call stands.
const INPUTS: &[K] = &[K::input, K::arguments, K::args, K::rawInput, K::parameters, K::tool_input, K::toolInput];
static HAS_INPUT: KeySet = KeySet::of(INPUTS);
/// Where the name of a tool stands, most telling first.
const NAMES: &[K] = &[K::toolName, K::tool_name, K::function_name, K::toolId, K::tool, K::name];
/// Names that a tool has and hardly anything else.
static HAS_OWN_NAME: KeySet = KeySet::of(&[K::toolName, K::tool_name]);
/// Where the text of a result stands.
const OUTPUTS: &[K] = &[K::content, K::output, K::result, K::value, K::response, K::return_value, K::stdout, K::text];
static HAS_OUTPUT: KeySet = KeySet::of(OUTPUTS);
/// Wrappers and lists that hold calls and results.
static WRAPPERS: KeySet = KeySet::of(&[
    K::data,
    K::payload,
    K::message,
    K::messages,
    K::event,
    K::events,
    K::part,
    K::parts,
    K::update,
    K::params,
    K::item,
    K::items,
    K::properties,
    K::msg,
    K::body,
    K::record,
    K::entries,
    K::steps,
    K::content,
    K::results,
    K::observation,
    K::output,
    K::response,
    K::value,
    K::tool_call,
    K::tool_calls,
    K::toolCall,
    K::toolCalls,
    K::tool_use,
    K::function_call,
    K::functionCall,
    K::toolRequests,
    K::functionResponse,
    K::functionResponses,
    K::toolResult,
    K::toolResults,
    K::tool_results,
]);
/// Places whose objects are calls.
static HOLDS_CALLS: KeySet = KeySet::of(&[
    K::tool_call,
    K::tool_calls,
    K::toolCall,
    K::toolCalls,
    K::tool_use,
    K::function_call,
    K::functionCall,
    K::toolRequests,
]);
/// Places whose objects are results.
static HOLDS_RESULTS: KeySet =
    KeySet::of(&[K::functionResponse, K::functionResponses, K::toolResult, K::toolResults, K::tool_results]);

fn events(record: &Record<'_>, _: &mut Inner, emit: &mut Emit<'_>) {
    walk(record.root(), Says::default(), LEVELS_MAX, &mut |found| {
        let node = found.node;
        if found.is_call {
            let function = node.get(K::function);
            let input = node.first_of(INPUTS);
            let input = if input.is_given() { input } else { function.first_of(INPUTS) };
            emit(began(call_id(found.id), tool(name(node)), input));
        }
        if found.is_result {
            let name = name(node);
            let tool = name.is_string().then(|| tool(name));
            let mut evidence = Evidence::of(node);
            if found.has_failed {
                evidence.fail(Signals::NONE);
                evidence.add_harness(node.get(K::message).text());
            }
            let outcome = evidence.outcome();
            emit(Event::CallEnded { id: call_id(found.id), tool, job: Job::None, outcome });
        }
        false
    });
}

/// The name of the tool that a call or result names.
fn name(node: Value<'_>) -> Value<'_> {
    let name = node.get(K::function).get(K::name);
    if name.is_string() { name } else { node.first_of(NAMES) }
}

/// What the type of an object, or the place where it stands, says that it is.
#[derive(Clone, Copy, Default)]
struct Says {
    call: bool,
    result: bool,
    /// The end of one that failed: only of a call that a field names, for a workshop's tools fail as well.
    failure: bool,
    /// Not the end of a call, whatever else.
    no_end: bool,
}

impl crate::text::Answer for Says {}

impl Says {
    /// What a word in the place of a type says.
    fn read(word: Text<'_>) -> Self {
        const CALLS: &[&str] = &["tooluse", "toolcall", "functioncall", "toolrequest", "executionstart"];
        const RESULTS: &[&str] =
            &["result", "output", "response", "return", "end", "complete", "finish", "done", "observation"];
        const FAILURES: &[&str] = &["error", "fail"];
        const NO_ENDS: &[&str] =
            &["update", "delta", "progress", "partial", "chunk", "start", "begin", "hook", "permission", "approval"];
        aliases::squeezed(word, |word| {
            let holds = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
            Says {
                call: holds(CALLS),
                result: is_of_call(word, RESULTS),
                failure: is_of_call(word, FAILURES),
                no_end: holds(NO_ENDS),
            }
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            call: self.call || other.call,
            result: self.result || other.result,
            failure: self.failure || other.failure,
            no_end: self.no_end || other.no_end,
        }
    }
}

/// A squeezed word such as `toolcallcompleted`: what was called, how it is called, and only then what became of it.
/// A toolbar and a toolchain are no tools.
fn is_of_call(word: &str, ends: &[&str]) -> bool {
    const MIDDLES: &[&str] =
        &["s", "calls", "call", "uses", "use", "execution", "exec", "invocation", "run", "request"];
    let mut rest = match word.split_once("function").or_else(|| word.split_once("tool")) {
        Some((_, rest)) => rest,
        None => return false,
    };
    while let Some(shorter) = MIDDLES.iter().find_map(|middle| rest.strip_prefix(middle)) {
        rest = shorter;
    }
    ends.iter().any(|end| rest.strip_prefix(end).is_some_and(|tail| TAILS.contains(&tail)))
}

/// What may follow the last part of such a word: that it is a part or an event, and which.
const TAILS: &[&str] = &[
    "",
    "s",
    "d",
    "ed",
    "ure",
    "event",
    "message",
    "block",
    "part",
    "item",
    "content",
    "error",
    "available",
    "success",
];

/// A call, a result, or both in one.
struct Found<'line> {
    node: Value<'line>,
    id: Text<'line>,
    is_call: bool,
    is_result: bool,
    /// Its type says that it failed.
    has_failed: bool,
}

/// Looks for calls and results in a node and its wrappers; ends where `tell` says true. `says`: what stands around it.
fn walk<'line>(node: Value<'line>, around: Says, levels: usize, tell: &mut dyn FnMut(&Found<'line>) -> bool) -> bool {
    let mut keys = KeySet::default();
    let mut says = around;
    let mut is_of_tool = false;
    if node.is_object() {
        for field in node.children() {
            let Some(key) = field.key() else { continue };
            keys.insert(key);
            match key {
                K::type_ | K::kind | K::event | K::subtype | K::phase | K::method if field.is_string() => {
                    says = says.and(Says::read(field.text()));
                }
                K::role => is_of_tool = field.is_one_of(&["tool", "toolResult", "function"]),
                _ => {}
            }
        }
        if let Some(found) = look(node, &keys, says, is_of_tool) {
            return tell(&found);
        }
        if node.get(K::is_copied_context).is_true() {
            return false;
        }
    }
    if levels == 0 {
        return false;
    }
    for field in node.children() {
        let Some(key) = field.key() else { continue };
        let inside = KeySet::of(&[key]);
        let is_list = field.is_array();
        if !(is_list || field.is_object()) || !(key == K::ITEM || WRAPPERS.meets(&inside)) {
            continue;
        }
        let place = Says {
            call: HOLDS_CALLS.meets(&inside),
            result: HOLDS_RESULTS.meets(&inside),
            failure: false,
            no_end: says.no_end,
        };
        // A list's items say themselves what they are, unless the list does; what a wrapper holds is what it is around.
        let around = if node.is_array() {
            around
        } else if is_list {
            place
        } else {
            says.and(place)
        };
        if walk(field, around, levels - 1, tell) {
            return true;
        }
    }
    false
}

/// What the node itself is, by the names of its fields.
fn look<'line>(node: Value<'line>, keys: &KeySet, says: Says, is_of_tool: bool) -> Option<Found<'line>> {
    let has_own_id = keys.meets(&HAS_OWN_ID);
    let has_shared_id = keys.meets(&HAS_SHARED_ID);
    let id = match () {
        () if has_own_id => node.first_of(OWN_IDS),
        () if has_shared_id => node.first_of(SHARED_IDS),
        () if says.call || says.result => node.get(K::id),
        () => return None,
    };
    let id = id.id();
    if id.is_empty() {
        return None;
    }
    let has_own_name = keys.meets(&HAS_OWN_NAME);
    let function = node.get(K::function);
    let has_input = keys.meets(&HAS_INPUT) || function.first_of(INPUTS).is_given();
    // A workshop has tools with ids and names.
    let is_workshops = keys.meets(&IS_TOOLS_ID) && !keys.meets(&HAS_CALLS_ID);
    let is_sure =
        has_own_id || says.call || says.result || (has_shared_id && !is_workshops && (has_own_name || is_of_tool));
    let is_call = is_sure && has_input && name(node).is_string();
    let is_plain = !has_own_id && !has_shared_id;
    let mut is_result = false;
    let has_failed = says.failure && !is_plain;
    if is_sure && !says.no_end {
        let evidence = Evidence::of(node);
        let says_result = says.result || (is_of_tool && !is_plain);
        // What a gauge shows is a number.
        let is_text = |key: &K| node.get(*key).kind().is_some_and(|kind| kind != Kind::Scalar);
        let has_output =
            keys.meets(&HAS_OUTPUT) && !(is_plain && node.get(K::content).is_array()) && OUTPUTS.iter().any(is_text);
        is_result = has_failed
            || !evidence.is_unfinished()
                && if has_input && !says_result {
                    // A call may have a status of its own; with what it returned beside it, it is its result as well.
                    evidence.outcome().failed || (evidence.has_verdict() && has_output)
                } else {
                    evidence.has_verdict() || (says_result && has_output)
                };
    }
    (is_call || is_result).then_some(Found { node, id, is_call, is_result, has_failed })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::scan::Scanner;

    /// `c` for each call that the record holds, `+` and `-` for each result.
    fn told(json: &str) -> String {
        let mut scanner = Scanner::new();
        let record = scanner.scan(json.as_bytes()).unwrap();
        let mut out = String::new();
        events(&record, &mut Inner::new(), &mut |event| match event {
            Event::CallBegan { .. } => out.push('c'),
            Event::CallEnded { outcome, .. } => out.push(if outcome.failed { '-' } else { '+' }),
            _ => out.push('?'),
        });
        assert_eq!((OTHER.claims)(&record), !out.is_empty());
        out
    }

    #[test]
    fn calls_and_results_are_found_by_their_names_wherever_they_stand() {
        for (json, wanted) in [
            (r#"{"type":"tool_call","id":"1","name":"x","input":{}}"#, "c"),
            (r#"{"kind":"toolCall","data":{"toolCallId":"1","toolName":"x","arguments":"{}"}}"#, "c"),
            (r#"{"message":{"tool_calls":[{"id":"1","function":{"name":"x","arguments":"{}"}}]}}"#, "c"),
            (r#"{"type":"tool_result","id":"1","isError":true,"value":"boom"}"#, "-"),
            (r#"{"event":"tool.finished","payload":{"call_id":"1","exit_code":2}}"#, "-"),
            (
                r#"{"content":[{"type":"tool_result","tool_use_id":"1","content":"ok"},{"type":"tool_result","tool_use_id":"2","is_error":true}]}"#,
                "+-",
            ),
            (
                r#"{"part":{"type":"tool_call","callID":"1","tool":"x","input":{},"status":"error","error":"boom"}}"#,
                "c-",
            ),
            (r#"{"role":"tool","tool_call_id":"1","content":"done"}"#, "+"),
            (r#"{"type":"tool_call_failed","toolCallId":"1","message":"boom"}"#, "-"),
            (r#"{"kind":"ToolCallCompletedEvent","id":"1","success":false}"#, "-"),
        ] {
            assert_eq!(told(json), wanted, "{json}");
        }
    }

    #[test]
    fn starts_partial_updates_inputs_and_results_hold_no_results() {
        for (json, wanted) in [
            (r#"{"type":"tool_execution_update","toolCallId":"1","status":"failed"}"#, ""),
            (r#"{"type":"tool_call","id":"1","name":"x","input":{"tool_use_id":"2","is_error":true}}"#, "c"),
            (r#"{"type":"tool_result","tool_use_id":"1","status":"in_progress","content":"..."}"#, ""),
            (
                r#"{"type":"tool_result","tool_use_id":"1","content":[{"type":"tool_result","tool_use_id":"2","is_error":true}]}"#,
                "+",
            ),
            (r#"{"type":"function_call","call_id":"1","name":"x","arguments":"{}","status":"completed"}"#, "c"),
        ] {
            assert_eq!(told(json), wanted, "{json}");
        }
    }

    #[test]
    fn what_only_looks_like_a_call_is_not_claimed() {
        for json in [
            r#"{"type":"error","id":"7","name":"build","status":"failed","exit_code":1,"error":"boom"}"#,
            r#"{"call_id":"7","name":"Ann","status":"failed","code":486}"#,
            r#"{"kind":"Event","involvedObject":{"name":"pod"},"reason":"Failed","message":"exit code 1"}"#,
            r#"{"type":"session","id":"7","user":"ann"}"#,
            r#"{"tool":"eslint","id":3,"status":"error","message":"no-unused"}"#,
            r#"{"event":"toolbar_click_response","id":"1","text":"ok"}"#,
            r#"{"event":"tool_response_time","id":"1","text":"3 ms"}"#,
            r#"{"type":"tool_output","id":"1","value":3}"#,
            r#"{"type":"tool_error","id":"1","error":"the blade broke"}"#,
            r#"{"tool_id":1,"tool_name":"saw","status":"failed"}"#,
        ] {
            assert_eq!(told(json), "", "{json}");
        }
    }
}
