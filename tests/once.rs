//! Everything counts exactly once: copies of sessions, twins of records, prompts in the middle of a turn, and what a
//! position means. Each test is a small log that a person could have. May not know how the filter is built.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

mod filter;

use filter::Ran;
use serde_json::{Value, json};
use simd_json::prelude::*;

fn log(records: &[Value]) -> Vec<u8> {
    let mut log = Vec::new();
    for record in records {
        log.extend_from_slice(record.to_string().as_bytes());
        log.push(b'\n');
    }
    log
}

fn all(log: &[u8]) -> Ran {
    filter::run(&["--all"], log)
}

/// A number of the summary, by its path.
fn count(ran: &Ran, path: &str) -> u64 {
    let summary = ran.summary();
    let mut value = &summary;
    for key in path.split('.') {
        value = value.get(key).unwrap_or_else(|| panic!("the summary has no {path}"));
    }
    value.as_u64().unwrap()
}

fn assert_counts(ran: &Ran, counts: &[(&str, u64)]) {
    for (path, expected) in counts {
        assert_eq!(count(ran, path), *expected, "{path}");
    }
}

fn rows(ran: &Ran) -> Vec<String> {
    ran.events().iter().map(filter::row).collect()
}

// Codex rollouts.

fn codex(kind: &str, payload: Value) -> Value {
    json!({"timestamp": "2026-04-01T10:00:00.000Z", "type": kind, "payload": payload})
}

fn codex_meta(id: &str, forked_from: Option<&str>) -> Value {
    let mut payload = json!({"id": id, "cwd": "/w", "cli_version": "0.100.0"});
    if let Some(parent) = forked_from {
        payload["forked_from_id"] = json!(parent);
    }
    codex("session_meta", payload)
}

const TURNS: [&str; 3] = [
    "019cbd00-0000-7000-8000-0000000000a1",
    "019cbd00-0000-7000-8000-0000000000a2",
    "019cbd00-0000-7000-8000-0000000000a3",
];

fn codex_start(turn: usize) -> Value {
    codex("event_msg", json!({"type": "task_started", "turn_id": TURNS[turn]}))
}

fn codex_end(turn: usize) -> Value {
    codex("event_msg", json!({"type": "task_complete", "turn_id": TURNS[turn], "last_agent_message": null}))
}

fn codex_call(id: &str, command: &Value) -> Value {
    let arguments = json!({"command": command}).to_string();
    codex("response_item", json!({"type": "function_call", "name": "shell", "arguments": arguments, "call_id": id}))
}

fn codex_output(id: &str, code: i32, text: &str) -> Value {
    let output = json!({"output": text, "metadata": {"exit_code": code, "duration_seconds": 0.1}}).to_string();
    codex("response_item", json!({"type": "function_call_output", "call_id": id, "output": output}))
}

#[test]
fn a_forked_copy_of_a_failed_request_is_no_second_failure() {
    let turn = [
        codex_start(0),
        codex("event_msg", json!({"type": "stream_error", "message": "Reconnecting... 1/5"})),
        codex("event_msg", json!({"type": "error", "message": "stream disconnected before completion"})),
        codex_end(0),
    ];
    let mut records = vec![codex_meta("p", None)];
    records.extend_from_slice(&turn);
    records.extend([codex_meta("f", Some("p")), codex_meta("p", None)]);
    records.extend_from_slice(&turn);
    records.extend([codex_start(1), codex_end(1)]);
    let ran = all(&log(&records));
    assert_counts(
        &ran,
        &[
            ("sessions", 2),
            ("model_turns.failed", 1),
            ("model_turns.retries", 1),
            ("turns.started", 2),
            ("turns.failed", 1),
            ("turns.completed", 1),
            ("turns.repeated", 2),
            ("turns.end_without_start", 0),
        ],
    );
    // Annotated like the first telling all the same.
    let (_, splices) = filter::unsplice(&filter::run(&["--annotate"], &log(&records)).stdout);
    let lines: Vec<_> = splices.iter().map(|splice| (splice.line, splice.sources[0].as_deref())).collect();
    assert_eq!(lines, [(4, Some("network")), (10, Some("network"))]);
}

#[test]
fn a_call_that_only_its_fork_saw_answered_is_counted_in_the_fork() {
    let records = [
        codex_meta("p", None),
        codex_start(0),
        codex_call("call_a", &json!(["ls"])),
        codex_output("call_a", 0, ""),
        codex_end(0),
        codex_start(1),
        codex_call("call_b", &json!(["ls"])),
        codex_meta("f", Some("p")),
        codex_meta("p", None),
        codex_start(1),
        codex_call("call_b", &json!(["ls"])),
        codex_output("call_b", 2, "ls: x: Input/output error"),
        codex_start(2),
        codex_end(2),
    ];
    let ran = all(&log(&records));
    let failure = ran.events().into_iter().find(|record| record.get_str("type") == Some("failure")).unwrap();
    assert_eq!(failure.get_u64("session"), Some(2));
    // The first call of the fork, in no turn that the fork itself began.
    assert_eq!(failure.get_u64("call"), Some(1));
    assert_eq!(failure.get("turn").unwrap().as_u64(), None);
    assert_counts(&ran, &[("tool_calls.total", 2), ("tool_calls.unanswered", 0)]);
}

#[test]
fn what_a_list_of_words_runs_breaks_ties_as_a_command_line_does() {
    for command in
        [json!("grep -n word f"), json!(["bash", "-lc", "cd x && grep -n 'word' f"]), json!(["grep", "w", "f"])]
    {
        let records = [codex_meta("p", None), codex_call("call_a", &command), codex_output("call_a", 1, "")];
        let ran = filter::run(&[], &log(&records));
        assert_eq!(ran.events()[0].get_str("rule"), Some("question_answered_no"), "{command}");
    }
}

#[test]
fn a_twin_is_read_with_the_command_that_its_call_ran() {
    let text = "test a ... FAILED: connect ECONNREFUSED 127.0.0.1:1\ntest result: FAILED. 1 failed";
    let records = [
        codex_meta("p", None),
        codex_call("call_a", &json!(["grep", "w", "f"])),
        codex_output("call_a", 1, text),
        codex(
            "event_msg",
            json!({"type": "exec_command_end", "call_id": "call_a", "exit_code": 1,
            "aggregated_output": text, "stdout": "", "stderr": "", "status": "failed"}),
        ),
    ];
    let (_, splices) = filter::unsplice(&filter::run(&["--annotate"], &log(&records)).stdout);
    assert_eq!(splices.len(), 2);
    assert_eq!(splices[0].sources, splices[1].sources);
}

#[test]
fn ids_that_only_count_come_again_in_the_next_session() {
    for id in ["call_0", "functions.shell:0", "482910473"] {
        let file = |session: &str| {
            [
                codex_meta(session, None),
                codex_call(id, &json!(["ls"])),
                codex_output(id, 2, "ls: x: No such file or directory"),
            ]
        };
        let ran = all(&log(&[file("p"), file("q")].concat()));
        assert_counts(&ran, &[("tool_calls.failed", 2), ("tool_calls.repeated", 0)]);
    }
}

#[test]
fn a_poll_that_brings_anothers_exit_is_known_when_it_comes_again() {
    let header = "Wall time: 1.0 seconds\n";
    let output = |id: &str, text: String| {
        codex("response_item", json!({"type": "function_call_output", "call_id": id, "output": text}))
    };
    let call = |id: &str, name: &str, arguments: Value| {
        let arguments = arguments.to_string();
        codex("response_item", json!({"type": "function_call", "name": name, "arguments": arguments, "call_id": id}))
    };
    let poll = [
        call("call_b", "write_stdin", json!({"session_id": 7, "chars": ""})),
        output("call_b", format!("{header}Process exited with code 3\nOutput:\nboom")),
    ];
    let launch = [
        call("call_a", "exec_command", json!({"cmd": "make"})),
        output("call_a", format!("{header}Process running with session ID 7\nOutput:\n")),
    ];
    // The copy holds the poll alone.
    let records =
        [vec![codex_meta("p", None)], launch.to_vec(), poll.to_vec(), vec![codex_meta("q", None)], poll.to_vec()];
    let ran = all(&log(&records.concat()));
    assert_counts(&ran, &[("tool_calls.total", 1), ("tool_calls.failed", 1), ("tool_calls.repeated", 1)]);
    assert_eq!(rows(&ran), ["3\tcall\tsuccess\texec_command", "5\tcall\tcommand_exit\texec_command"]);
}

// Claude Code.

fn claude(session: &str, kind: &str, uuid: &str, mut more: Value) -> Value {
    let envelope = json!({"type": kind, "sessionId": session, "uuid": uuid, "isSidechain": false,
        "timestamp": "2026-04-01T10:00:00.000Z"});
    for (key, value) in envelope.as_object().unwrap() {
        more.as_object_mut().unwrap().entry(key).or_insert(value.clone());
    }
    more
}

fn prompt(session: &str, uuid: &str) -> Value {
    claude(session, "user", uuid, json!({"message": {"role": "user", "content": "do it"}}))
}

fn tool_use(session: &str, uuid: &str, id: &str) -> Value {
    let block = json!({"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "make"}});
    let message = json!({"role": "assistant", "content": [block], "stop_reason": "tool_use"});
    claude(session, "assistant", uuid, json!({ "message": message }))
}

fn tool_result(session: &str, uuid: &str, id: &str, error: Option<&str>) -> Value {
    let block = json!({"type": "tool_result", "tool_use_id": id, "is_error": error.is_some(),
        "content": error.unwrap_or("ok")});
    claude(session, "user", uuid, json!({"message": {"role": "user", "content": [block]}}))
}

fn answer(session: &str, uuid: &str) -> Value {
    let message =
        json!({"role": "assistant", "content": [{"type": "text", "text": "done"}], "stop_reason": "end_turn"});
    claude(session, "assistant", uuid, json!({ "message": message }))
}

fn duration(session: &str, uuid: &str) -> Value {
    claude(session, "system", uuid, json!({"subtype": "turn_duration", "durationMs": 5}))
}

fn api_error(session: &str, uuid: &str) -> Value {
    let message = json!({"role": "assistant", "model": "<synthetic>", "stop_reason": "stop_sequence",
        "content": [{"type": "text", "text": "API Error: 529 overloaded"}]});
    claude(session, "assistant", uuid, json!({"isApiErrorMessage": true, "error": "overloaded", "message": message}))
}

fn retry(session: &str, uuid: &str) -> Value {
    claude(session, "system", uuid, json!({"subtype": "api_error", "level": "error", "retryAttempt": 1}))
}

/// Two turns: one that is well, told by two ends, and one whose request finally failed.
fn claude_past(session: &str) -> Vec<Value> {
    vec![
        prompt(session, "u1"),
        tool_use(session, "u2", "toolu_a"),
        tool_result(session, "u3", "toolu_a", Some("Exit code 2\nboom")),
        answer(session, "u4"),
        duration(session, "u5"),
        prompt(session, "u6"),
        retry(session, "u7"),
        api_error(session, "u8"),
        duration(session, "u9"),
    ]
}

#[test]
fn a_resumed_copy_repeats_turns_ends_and_failed_requests() {
    let mut records = claude_past("s1");
    records.extend(claude_past("s2"));
    records.extend([prompt("s2", "v1"), answer("s2", "v2")]);
    let ran = all(&log(&records));
    assert_counts(
        &ran,
        &[
            ("turns.started", 3),
            ("turns.completed", 2),
            ("turns.failed", 1),
            ("turns.end_without_start", 0),
            // Two starts and two ends, however many records tell each of them.
            ("turns.repeated", 4),
            ("tool_calls.failed", 1),
            ("tool_calls.repeated", 1),
            ("model_turns.failed", 1),
            ("model_turns.retries", 1),
        ],
    );
}

#[test]
fn a_copy_does_not_end_the_turn_that_is_open_in_its_session() {
    // The same file twice, the last turn of which was cut off: the copies of earlier ends are not its.
    let mut records = claude_past("s1");
    records.push(prompt("s1", "w1"));
    let twice = [records.clone(), records].concat();
    let ran = all(&log(&twice));
    assert_counts(&ran, &[("turns.started", 3), ("turns.unclosed.at_end", 1), ("turns.repeated", 5)]);
    assert_counts(&ran, &[("turns.completed", 1), ("turns.failed", 1), ("turns.end_without_start", 0)]);
}

#[test]
fn a_fork_with_ids_of_its_own_names_the_records_that_it_copied() {
    let mut records = claude_past("s1");
    for mut record in claude_past("s2") {
        let first = record["uuid"].clone();
        record["forkedFrom"] = json!({"sessionId": "s1", "messageUuid": first});
        record["uuid"] = json!(format!("f-{}", first.as_str().unwrap()));
        records.push(record);
    }
    let ran = all(&log(&records));
    assert_counts(&ran, &[("turns.started", 2), ("turns.repeated", 4), ("model_turns.failed", 1)]);
}

#[test]
fn a_sub_agents_failed_request_leaves_the_turn_as_it_is() {
    let mut failed = api_error("s1", "u3");
    failed["isSidechain"] = json!(true);
    let records =
        [prompt("s1", "u1"), failed.clone(), failed, answer("s1", "u4"), prompt("s1", "u5"), api_error("s1", "u6")];
    let ran = all(&log(&records));
    assert_counts(&ran, &[("model_turns.failed", 2), ("turns.completed", 1), ("turns.failed", 1)]);
    assert_eq!(
        rows(&ran),
        ["2\tmodel\tnetwork\t-", "4\tturn\tcompleted\t-", "6\tmodel\tnetwork\t-", "6\tturn\tfailed\t-"]
    );
}

#[test]
fn a_failure_among_the_records_of_one_end_decides_and_is_told() {
    let records = [prompt("s1", "u1"), duration("s1", "u2"), api_error("s1", "u3")];
    let ran = all(&log(&records));
    assert_counts(&ran, &[("turns.completed", 0), ("turns.failed", 1), ("model_turns.failed", 1)]);
    assert_eq!(rows(&ran), ["2\tturn\tcompleted\t-", "3\tmodel\tnetwork\t-", "3\tturn\tfailed\t-"]);
    let events = ran.events();
    assert_eq!(events[1].get_u64("turn"), Some(1));
    assert_eq!(events[2].get_u64("failures"), Some(1));
}

#[test]
fn an_end_without_a_start_is_one_however_many_records_tell_it() {
    let ran = all(&log(&[answer("s1", "u4"), duration("s1", "u5")]));
    assert_counts(&ran, &[("turns.end_without_start", 1), ("turns.repeated", 0)]);
}

#[test]
fn a_follower_is_annotated_in_a_copy_as_it_was_at_first() {
    let past = |session: &str| {
        [
            prompt(session, "u1"),
            tool_use(session, "u2", "toolu_a"),
            tool_use(session, "u3", "toolu_b"),
            tool_result(session, "u4", "toolu_a", Some("Exit code 127\nbash: line 1: nope: command not found")),
            tool_result(session, "u5", "toolu_b", Some("<tool_use_error>Sibling tool call errored</tool_use_error>")),
        ]
    };
    let input = log(&[past("s1"), past("s2")].concat());
    let (_, splices) = filter::unsplice(&filter::run(&["--annotate"], &input).stdout);
    let sources: Vec<_> = splices.iter().map(|splice| splice.sources[0].as_deref()).collect();
    assert_eq!(sources, [Some("missing_dependency"); 4]);
    assert_counts(&all(&input), &[("tool_calls.followers", 1), ("tool_calls.repeated", 2)]);
}

#[test]
fn prompts_that_a_running_call_outlives_begin_no_turn_and_others_all_do() {
    let mut records = vec![prompt("s1", "u1"), tool_use("s1", "u2", "toolu_a"), prompt("s1", "u3"), prompt("s1", "u4")];
    let dead = all(&log(&records));
    assert_counts(&dead, &[("turns.started", 3), ("turns.unclosed.superseded", 2), ("turns.unclosed.at_end", 1)]);
    let lines: Vec<_> = dead.events().iter().map(|record| record.get_u64("line").unwrap()).collect();
    assert_eq!(lines, [1, 3, 4]);
    records.extend([tool_result("s1", "u5", "toolu_a", None), answer("s1", "u6")]);
    let alive = all(&log(&records));
    assert_counts(&alive, &[("turns.started", 1), ("turns.completed", 1), ("turns.unclosed.superseded", 0)]);
}

#[test]
fn a_failure_is_one_of_the_turn_that_its_call_was_made_in() {
    let records = [
        prompt("s1", "u1"),
        tool_use("s1", "u2", "toolu_a"),
        answer("s1", "u3"),
        prompt("s1", "u4"),
        tool_result("s1", "u5", "toolu_a", Some("Exit code 2\nboom")),
        answer("s1", "u6"),
    ];
    let ran = all(&log(&records));
    let events = ran.events();
    let failures: Vec<_> = events.iter().filter(|record| record.get_str("type") == Some("failure")).collect();
    assert_eq!(failures[0].get_u64("turn"), Some(1));
    let ended = events.iter().find(|record| record.get_u64("turn") == Some(2)).unwrap();
    assert_eq!(ended.get_u64("failures"), Some(0));
}

// Positions.

fn exec_run(id: &str) -> Vec<Value> {
    let schema = "codewhale.exec-stream";
    vec![
        json!({"type": "content", "content": "hi", "schema_version": 1, "schema": schema}),
        json!({"type": "tool_use", "name": "bash", "id": id, "input": {"command": "make"}, "schema": schema}),
        json!({"type": "tool_result", "id": id, "name": "bash", "status": "error", "schema": schema,
            "output": "Failed to execute tool: boom\n\nCommand exited with code 2"}),
        json!({"type": "done", "schema": schema}),
    ]
}

#[test]
fn the_end_of_a_run_without_an_id_makes_the_next_run_another_session() {
    let ids = ["call_00_Aa1Bb2Cc3Dd4Ee5Ff6", "call_00_Gg1Hh2Ii3Jj4Kk5Ll6"];
    let ran = all(&log(&[exec_run(ids[0]), exec_run(ids[1])].concat()));
    assert_counts(&ran, &[("sessions", 2), ("tool_calls.failed", 2)]);
    let places: Vec<_> = ran
        .events()
        .iter()
        .map(|record| ["session", "call", "session_line", "line"].map(|key| record.get_u64(key).unwrap()))
        .collect();
    // As if each had been read alone.
    assert_eq!(places, [[1, 1, 3, 3], [2, 1, 3, 7]]);
}

#[test]
fn the_first_session_owns_what_stands_before_it_but_not_another_agents_lines() {
    let call = [tool_use("s1", "u2", "toolu_a"), tool_result("s1", "u3", "toolu_a", Some("Exit code 2\nboom"))];
    let line_of = |before: &[u8]| {
        let ran = filter::run(&[], &[before, &log(&call)].concat());
        ran.events()[0].get_u64("session_line").unwrap()
    };
    let own = log(&[json!({"type": "summary", "summary": "x", "leafUuid": "u0"})]);
    let foreign = log(&[json!({"path": "src/a.rs", "count": 3, "last_used": 1_780_000_000})]);
    assert_eq!(line_of(b""), 2);
    assert_eq!(line_of(&own), 3);
    // A file that begins with words of its capture: the position is still that in the file.
    assert_eq!(line_of(b"Reading prompt from stdin...\n\n{\"new\":\"shape\"}\n"), 5);
    // Another file.
    assert_eq!(line_of(&foreign), 2);
    assert_eq!(line_of(&[&foreign[..], &own, &own].concat()), 4);
}

#[test]
fn a_refused_request_of_the_app_server_is_no_tool_call() {
    let answer = json!({"jsonrpc": "2.0", "id": 2, "result": {"ok": true, "status": "completed",
        "execution_kind": "shell", "response_id": "tool-1", "output": {"type": "function", "success": true}}});
    let refused = json!({"jsonrpc": "2.0", "id": 3, "error": {"code": -32602, "message": "missing field `tool`"}});
    let ran = all(&log(&[answer, refused]));
    assert_counts(&ran, &[("input.recognised", 2), ("tool_calls.total", 1), ("tool_calls.failed", 0)]);
}

#[test]
fn a_fork_that_is_read_before_its_parent_hides_no_failure_of_it() {
    let past = claude_past("s1");
    // The copy ends before the request failed.
    let mut records: Vec<_> = claude_past("s2")[..6].to_vec();
    records.extend([prompt("s2", "v1"), answer("s2", "v2")]);
    records.extend(past);
    let ran = all(&log(&records));
    assert_counts(&ran, &[("model_turns.failed", 1), ("tool_calls.failed", 1), ("turns.started", 3)]);
    assert_counts(&ran, &[("turns.completed", 2), ("turns.unclosed.superseded", 1), ("turns.end_without_start", 0)]);
}

#[test]
fn an_empty_fork_takes_no_other_files_header_for_its_parents() {
    let call = [codex_call("call_a", &json!(["ls"])), codex_output("call_a", 2, "ls: x: Input/output error")];
    let mut records = vec![codex_meta("f", Some("p")), codex_meta("p", None), codex_meta("q", None)];
    records.extend(call);
    let ran = all(&log(&records));
    assert_counts(&ran, &[("sessions", 2)]);
    assert_eq!(ran.events()[0].get_u64("session"), Some(2));
    assert_eq!(ran.events()[0].get_u64("session_line"), Some(3));
    // A fork of a fork replays both headers.
    let mut records = vec![codex_meta("g", Some("f")), codex_meta("f", Some("p")), codex_meta("p", None)];
    records.push(codex_start(0));
    assert_counts(&all(&log(&records)), &[("sessions", 1)]);
}

#[test]
fn what_is_given_up_for_want_of_room_is_counted_and_the_sums_hold() {
    // More sessions, each with an open turn and an open call, than are known at one time; then all of them end.
    const SESSIONS: usize = 4_096 + 100;
    let session = |at: usize| format!("s{at}");
    let mut records = Vec::new();
    for at in 0..SESSIONS {
        records.push(prompt(&session(at), &format!("u{at}")));
        records.push(tool_use(&session(at), &format!("v{at}"), &format!("toolu_x{at}")));
    }
    for at in (0..SESSIONS).rev() {
        records.push(tool_result(&session(at), &format!("w{at}"), &format!("toolu_x{at}"), Some("Exit code 2\nboom")));
        records.push(answer(&session(at), &format!("x{at}")));
    }
    let ran = filter::run(&["--summary"], &log(&records));
    let of = |path: &str| count(&ran, path);
    // The hundred oldest were given up; when they come again they are new ones, and push nobody out who is open.
    assert_counts(
        &ran,
        &[("limits.sessions_evicted", 100), ("limits.turns_evicted", 100), ("limits.calls_evicted", 0)],
    );
    assert_eq!(of("turns.started"), of("turns.completed") + of("limits.turns_evicted"));
    assert_counts(&ran, &[("turns.end_without_start", 100), ("turns.unclosed.at_end", 0)]);
    // No call is lost with its session: it is known by its own id.
    let all_calls = SESSIONS as u64;
    assert_counts(&ran, &[("tool_calls.failed", all_calls), ("tool_calls.unanswered", 0)]);
    assert_eq!(count(&ran, "tools.Bash.failed"), all_calls);
}
