//! For the memory bound: short lines, every session, turn and call new, most of them left open, so that each table of
//! the filter fills within 64 MiB and from then on has to let go of its oldest.

use super::Log;

pub fn session(log: &mut Log) {
    log.expected.sessions += 1;
    if log.rng.permille(500) {
        codex(log)
    } else {
        claude(log)
    }
    log.session_ended();
}

fn codex(log: &mut Log) {
    let (id, turn) = (log.ids.uuid(b'7'), log.ids.uuid(b'7'));
    for (kind, inner, key, id) in
        [("session_meta", "", "id", id), ("event_msg", r#""type":"task_started","#, "turn_id", turn)]
    {
        let now = log.now();
        put!(log; r#"{"timestamp":""#, now, r#"","type":""#, kind, r#"","payload":{"#, inner, r#"""#, key, r#"":""#, id, r#""}}"#);
        log.end();
    }
    log.turn_began();
    for at in 0..12 {
        let now = log.now();
        put!(log; r#"{"timestamp":""#, now, r#"","type":"response_item","payload":{"type":"#);
        if at % 4 == 3 {
            put!(log; r#""function_call","name":"exec_command","arguments":"{\"cmd\":\"ls\"}","call_id":"call_"#,
                log.ids.long(), r#""}}"#);
            log.expected.calls.unanswered += 1;
        } else {
            put!(log; r#""function_call_output","call_id":"call_"#, log.ids.long(), r#"","output":"ok"}}"#);
            log.answered(None);
        }
        log.end_tool();
    }
}

fn claude(log: &mut Log) {
    let session = log.ids.uuid(b'4');
    let (uuid, now) = (log.ids.uuid(b'4'), log.now());
    put!(log; r#"{"parentUuid":null,"sessionId":""#, session, r#"","type":"user","message":{"role":"user","content":"go"},"#,
        r#""uuid":""#, uuid, r#"","timestamp":""#, now, r#"","promptSource":"typed"}"#);
    log.end();
    log.turn_began();
    for at in 0..12 {
        put!(log; r#"{"sessionId":""#, session);
        if at % 4 == 3 {
            put!(log; r#"","type":"assistant","message":{"role":"assistant","content":[{"type":"tool_use","id":"toolu_"#,
                log.ids.long(), r#"","name":"Bash","input":{"command":"ls"}}]}}"#);
            log.expected.calls.unanswered += 1;
        } else {
            put!(log; r#"","type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_"#, log.ids.long(),
                r#"","type":"tool_result","content":"ok"}]}}"#);
            log.answered(None);
        }
        log.end_tool();
    }
}
