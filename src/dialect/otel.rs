//! OpenTelemetry: spans of generative AI.
//!
//! - OTLP/JSON, an export request a line: `{resourceSpans: [{scopeSpans: [{spans: [{attributes: [{key, value}], status}]}]}]}`
//! - flat spans: `{type: span, traceId, spanId, attributes: {..}, status: {code}}`
//! - flat log records of Gemini CLI: `{attributes: {event.name: gemini_cli.tool_call, function_name, success, ...}}`
//!
//! A span is written when it ends, so nothing is ever open and no turn is marked. It is call and result in one; its
//! failure is a status and an `error.type`, often without any text. May not know rules or output.

use super::aliases::{self, Evidence};
use super::wrapper::{content, tool};
use super::{Dialect, Emit, Sign};
use crate::event::{CallId, Command, Envelope, Event, Job, Outcome, Scope, Session, Signals};
use crate::parse::Inner;
use crate::scan::{Key as K, Value};
use crate::schema::{Agent, Tool};
use crate::text::Text;
use crate::time::Seconds;

/// Spans, in batches and alone.
pub static SPANS: Dialect = Dialect {
    name: "otel",
    signs: &[Sign::fields(&[K::resourceSpans]), Sign::kinds(&["metric"], &[]), Sign::fields(&[K::attributes])],
    agent: Agent::Otel,
    results_recorded: true,
    is_noise: false,
    claims: |record| {
        if record.has(K::resourceSpans) {
            let mut is_models = false;
            batch(record.get(K::resourceSpans), &mut |span| is_models |= is_models_span(span));
            return is_models;
        }
        if record.has(K::type_) && record.get(K::type_).is("metric") {
            return record.get(K::name).text().starts_with("gen_ai.");
        }
        record.has(K::attributes)
            && ((record.has_all(&[K::traceId, K::spanId, K::name]) && is_models_span(record.root()))
                || is_gemini_log(record.get(K::attributes)))
    },
    envelope: |record| {
        if record.has(K::resourceSpans) {
            let mut first = None;
            batch(record.get(K::resourceSpans), &mut |span| {
                if first.is_none() || !is_tool(first.unwrap_or(span)) && is_tool(span) {
                    first = Some(span);
                }
            });
            return first.map_or_else(Envelope::default, envelope);
        }
        envelope(record.root())
    },
    events: |record, _: &mut Inner, emit| {
        if record.has(K::resourceSpans) {
            batch(record.get(K::resourceSpans), &mut |each| span(each, emit));
        } else if record.has(K::spanId) {
            span(record.root(), emit);
        } else if record.has(K::attributes) {
            gemini_log(record.get(K::attributes), emit);
        }
    },
};

/// A span with an attribute of a model's or an agent's work. All others are ordinary services'.
fn is_models_span(span: Value<'_>) -> bool {
    let attributes = span.get(K::attributes);
    if attributes.is_array() {
        return attributes.items().any(|attribute| attribute.get(K::key).text().starts_with("gen_ai."));
    }
    [K::gen_ai_operation_name, K::gen_ai_tool_name, K::gen_ai_tool_call_id, K::gen_ai_conversation_id]
        .iter()
        .any(|key| attributes.get(*key).exists())
}

/// Each span of a batch.
fn batch<'line>(resources: Value<'line>, tell: &mut dyn FnMut(Value<'line>)) {
    for resource in resources.items() {
        for scope in resource.get(K::scopeSpans).items() {
            for span in scope.get(K::spans).items() {
                tell(span);
            }
        }
    }
}

/// A span's session is its conversation, or its trace.
fn envelope(span: Value<'_>) -> Envelope<'_> {
    let attributes = span.get(K::attributes);
    let conversation = attribute(attributes, K::gen_ai_conversation_id, "gen_ai.conversation.id");
    let id = if conversation.id().is_empty() {
        attribute(attributes, K::otel_session_id, "session.id")
    } else {
        conversation
    };
    let id = if id.id().is_empty() { span.get(K::traceId) } else { id };
    let session = if id.id().is_empty() { Session::None } else { Session::Id(id.id()) };
    Envelope { session, ts: time(span) }
}

/// When it ended: nanoseconds in a string, or `[seconds, nanoseconds]`.
fn time(span: Value<'_>) -> Option<Seconds> {
    let ended = span.first_of(&[K::endTimeUnixNano, K::endTime, K::startTimeUnixNano, K::startTime, K::timestamp]);
    if ended.is_array() {
        let (seconds, _) = ended.source().strip_prefix("[")?.split_once(",")?;
        return seconds.time();
    }
    ended.time()
}

/// An attribute, from an object or from a list of `{key, value: {stringValue | intValue | boolValue}}`.
fn attribute<'line>(attributes: Value<'line>, key: K, name: &str) -> Value<'line> {
    if attributes.is_array() {
        let found = attributes.items().find(|attribute| attribute.get(K::key).is(name));
        let missing = attributes.get(K::key);
        return found.map_or(missing, |attribute| {
            attribute.get(K::value).first_of(&[K::stringValue, K::intValue, K::boolValue])
        });
    }
    attributes.get(key)
}

fn operation<'line>(span: Value<'line>) -> Value<'line> {
    attribute(span.get(K::attributes), K::gen_ai_operation_name, "gen_ai.operation.name")
}

fn is_tool(span: Value<'_>) -> bool {
    operation(span).is("execute_tool")
}

/// A span that executed a tool, or asked the model.
fn span(span: Value<'_>, emit: &mut Emit<'_>) {
    let operation = operation(span);
    if operation.is("execute_tool") {
        let outcome = ended(span);
        // Exported again, it is the same span. Its call's id may be one that counts.
        let id = span.get(K::spanId).id();
        let id = (!id.is_empty()).then_some(CallId { scope: Scope::Session, id });
        let tool = called(span);
        emit(Event::CallBegan { id, tool, command: Command::Other, job: Job::None });
        emit(Event::CallEnded { id, tool: Some(tool), job: Job::None, outcome });
    } else if operation.is_one_of(&["chat", "text_completion", "generate_content"]) {
        let outcome = ended(span);
        if outcome.failed {
            emit(Event::ModelFailed { outcome });
        }
    }
}

fn called(span: Value<'_>) -> Tool {
    let name = attribute(span.get(K::attributes), K::gen_ai_tool_name, "gen_ai.tool.name");
    if span.get(K::name).text().starts_with("tools/call") {
        return Tool::MCP;
    }
    if name.is_string() {
        return tool(name);
    }
    span.get(K::name).text().strip_prefix("execute_tool ").map_or(Tool::OTHER, super::wrapper::named)
}

/// How a span ended.
fn ended(span: Value<'_>) -> Outcome<'_> {
    let attributes = span.get(K::attributes);
    let status = span.get(K::status);
    let code = status.get(K::code);
    let kind = attribute(attributes, K::otel_error_type, "error.type");
    let mut evidence = Evidence::default();
    if code.number() == Some(2) || code.is_one_of(&["STATUS_CODE_ERROR", "ERROR"]) || !kind.id().is_empty() {
        evidence.fail(error_kind(kind.id()));
    }
    evidence.add_kind(kind);
    evidence.add_kind(attribute(attributes, K::otel_rpc_status, "rpc.response.status_code"));
    evidence.add_kind(attribute(attributes, K::otel_http_status, "http.response.status_code"));
    evidence.add_code(attribute(attributes, K::otel_exit_code, "process.exit.code"));
    let mut outcome = evidence.outcome();
    if !outcome.failed {
        return outcome;
    }
    for event in span.get(K::events).items() {
        let attributes = event.get(K::attributes);
        let thrown = attribute(attributes, K::otel_exception_type, "exception.type");
        outcome.signals.insert(error_kind(thrown.text()));
        outcome.harness.push(attribute(attributes, K::otel_exception_message, "exception.message").text());
    }
    outcome.harness.push(status.get(K::message).text());
    let printed = content(attribute(attributes, K::gen_ai_tool_call_result, "gen_ai.tool.call.result"));
    for piece in printed.iter() {
        outcome.program.push(piece);
    }
    outcome
}

/// A kind of error, or the last part of the name of an exception's class.
fn error_kind(kind: Text<'_>) -> Signals {
    let mut word = kind;
    while let Some((_, rest)) = word.split_once(".").or_else(|| word.split_once("::")) {
        word = rest;
    }
    aliases::kind(word)
}

fn is_gemini_log(attributes: Value<'_>) -> bool {
    attributes.get(K::otel_event_name).is("gemini_cli.tool_call") && attributes.get(K::function_name).is_string()
}

fn gemini_log(attributes: Value<'_>, emit: &mut Emit<'_>) {
    let outcome = Evidence::of(attributes).outcome();
    let tool = Some(tool(attributes.get(K::function_name)));
    emit(Event::CallEnded { id: None, tool, job: Job::None, outcome });
}
