//! Input that means harm: each case makes some `size` thousand bytes, lines or nodes of it.
//!
//! All kinds of input that a filter of logs meets by accident are here, too. May not know how the filter is built.

#![allow(dead_code, reason = "each test file uses its own part of it")]

use xxhash_rust::xxh3::xxh3_128;

/// The start of a call.
pub fn call(id: &str) -> String {
    format!(
        r#"{{"type":"response_item","payload":{{"type":"function_call","call_id":"{id}","name":"shell","arguments":"{{}}"}}}}"#
    )
}

/// A failed result.
pub fn result(id: &str, output: &str) -> String {
    format!(
        r#"{{"type":"response_item","payload":{{"type":"function_call_output","call_id":"{id}","output":"{{\"output\":\"{output}\",\"metadata\":{{\"exit_code\":1}}}}"}}}}"#
    )
}

/// The head of a session.
pub fn meta(id: &str) -> String {
    format!(r#"{{"type":"session_meta","payload":{{"id":"{id}"}}}}"#)
}

/// So many lines.
pub fn lines(count: usize, line: impl Fn(usize) -> String) -> Vec<u8> {
    let mut all = String::new();
    for at in 0..count {
        all.push_str(&line(at));
        all.push('\n');
    }
    all.into_bytes()
}

/// Call ids whose hashes share their lowest bits, and so one chain of every table: found by trying.
fn colliding_ids(count: usize) -> Vec<String> {
    (0_u64..)
        .map(|at| format!("c{at:x}"))
        .filter(|id| xxh3_128(id.as_bytes()) as u32 & 0xFFF == 0)
        .take(count)
        .collect()
}

fn blocks(count: usize, block: impl Fn(usize) -> String, beside: &str) -> Vec<u8> {
    let blocks: Vec<String> = (0..count).map(block).collect();
    format!("{{\"type\":\"user\",\"sessionId\":\"s\",\"message\":{{\"content\":[{}]}}{beside}}}\n", blocks.join(","))
        .into_bytes()
}

fn block(at: usize) -> String {
    format!(r#"{{"type":"tool_result","tool_use_id":"t{at}","is_error":true,"content":"Exit code 1\nx"}}"#)
}

/// Its name, and what makes it.
pub type Case = (&'static str, fn(usize) -> Vec<u8>);

/// Every case.
pub const CASES: &[Case] = &[
    ("nothing", |_| Vec::new()),
    ("blank lines", |size| vec![b'\n'; size * 1000]),
    ("blanks without an end", |size| vec![b' '; size * 1000]),
    ("no line end", |size| vec![b'x'; size * 1000]),
    ("NUL", |size| vec![0; size * 1000]),
    ("bytes 0 to 255", |size| (0..size * 1000).map(|at| (at * 7 + at / 251) as u8).collect()),
    ("gzip", |size| [b"\x1f\x8b\x08".as_slice(), &vec![0x9C; size * 1000]].concat()),
    ("UTF-16", |size| "{\"a\":1}\n".repeat(size * 50).encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("open braces", |size| vec![b'{'; size * 1000]),
    ("open objects", |size| b"{\"a\":".repeat(size * 200)),
    ("open lists", |size| [b"{\"content\":".as_slice(), &b"[".repeat(size * 1000)].concat()),
    ("closed lists", |size| {
        [b"{\"content\":".as_slice(), &b"[".repeat(size * 500), &b"]".repeat(size * 500), b"}\n"].concat()
    }),
    ("objects in objects", |size| {
        [b"{\"a\":".repeat(size * 100).as_slice(), b"1", &b"}".repeat(size * 100), b"\n"].concat()
    }),
    ("closing brackets", |size| b"}]".repeat(size * 500)),
    ("backslashes", |size| [b"{\"type\":\"".as_slice(), &vec![b'\\'; size * 1000], b"\"}\n"].concat()),
    ("backslashes and no end", |size| [b"{\"type\":\"".as_slice(), &vec![b'\\'; size * 1000 + 1]].concat()),
    ("quotes", |size| vec![b'"'; size * 1000]),
    ("escaped line ends", |size| result("c", &"\\\\n".repeat(size * 250)).into_bytes()),
    ("glued objects", |size| b"{}".repeat(size * 500)),
    ("glued records", |size| result("c", "x").repeat(size * 6).into_bytes()),
    ("starts of objects", |size| b"{\"a".repeat(size * 300)),
    ("torn records", |size| lines(size * 6, |at| format!("{{\"x\":{}", result(&format!("c{at}"), "x")))),
    ("tiny lines", |size| b"{}\n".repeat(size * 300)),
    ("open calls", |size| lines(size * 8, |at| call(&format!("c{at}")))),
    ("results before their calls", |size| {
        lines(size * 4, |at| format!("{}\n{}", result(&format!("c{at}"), "x"), call(&format!("c{at}"))))
    }),
    ("the same id", |size| lines(size * 8, |at| if at % 2 == 0 { call("c") } else { result("c", "x") })),
    ("the same id in two sessions", |size| {
        lines(size * 3, |at| [meta(&(at % 2).to_string()), call("c"), result("c", "x")].join("\n"))
    }),
    ("sessions", |size| lines(size * 8, |at| format!("{}\n{}", meta(&at.to_string()), call(&at.to_string())))),
    ("turns", |size| {
        lines(size * 8, |at| format!(r#"{{"type":"event_msg","payload":{{"type":"task_started","turn_id":"{at}"}}}}"#))
    }),
    ("ids that collide", |size| {
        let ids = colliding_ids(size);
        let all: Vec<String> = ids.iter().flat_map(|id| [meta(id), call(id), result(id, "x")]).collect();
        all.join("\n").into_bytes()
    }),
    ("a long id", |size| [call(&"i".repeat(size * 500)), result(&"i".repeat(size * 500), "x")].join("\n").into_bytes()),
    ("an escaped id", |size| call(&"\\u0041".repeat(size * 160)).into_bytes()),
    ("needles that almost match", |size| {
        lines(size / 16 + 1, |at| {
            result(&format!("c{at}"), &"connection refused_ no such file or director command not foun ".repeat(250))
        })
    }),
    ("one line of needles", |size| {
        lines(size / 16 + 1, |at| result(&format!("c{at}"), &"error: error: error: ".repeat(700)))
    }),
    ("many results on a line", |size| blocks(size * 12, block, "")),
    ("many results and a text beside them", |size| {
        let beside = format!(
            ",\"toolUseResult\":{{\"task_id\":\"x\",\"status\":\"failed\",\"stdout\":\"{}\"}}",
            " ".repeat(size * 500)
        );
        blocks(size * 6, |at| block(at).replace(r#""is_error":true,"#, ""), &beside)
    }),
    ("many results and repeated keys", |size| blocks(size * 6, block, &",\"toolUseResult\":1".repeat(size * 25))),
    ("repeated keys in a message", |size| {
        let keys = "\"content\":[],".repeat(size * 40);
        format!("{{\"type\":\"user\",\"sessionId\":\"s\",\"message\":{{{keys}\"content\":[{}]}}}}\n", block(1))
            .into_bytes()
    }),
    ("many nodes", |size| [b"{\"content\":[".as_slice(), &b"\"\",".repeat(size * 330), b"\"\"]}\n"].concat()),
    ("escaped keys", |size| b"{\"\\u0074ype\":1,\"t\\u0079pe\":\"x\"}\n".repeat(size * 32)),
    ("long keys", |size| [b"{\"".as_slice(), &vec![b'k'; size * 1000], b"\":1}\n"].concat()),
    ("numbers", |size| {
        let numbers = ["1.0", "1e999", "-0", "123456789012345678901234567890", "\"7\"", "99999999999", "-2147483648"];
        lines(size * 3, |at| {
            result("c", "x")
                .replace("\\\"exit_code\\\":1", &format!("\\\"exit_code\\\":{}", numbers[at % 7].replace('"', "\\\"")))
        })
    }),
    ("strings that are no UTF-8", |size| b"{\"type\":\"\xff\xc0\x80\xed\xa0\x80\xe2\x80\xa8\"}\n".repeat(size * 50)),
    ("lone surrogates", |size| lines(size * 5, |at| result(&format!("\\ud800{at}"), "\\\\ud800\\\\udc00\\\\ud83d"))),
    ("JSON in a string in a string", |size| result("c", &"{\\\\\\\"output\\\\\\\":".repeat(size * 50)).into_bytes()),
    ("garbage that begins like JSON", |size| b"[1,2,\n\"abc\n-\ntru\n".repeat(size * 60)),
    ("the end of a log", |size| lines(size * 3, |at| result(&format!("c{at}"), "x")).split_off(7)),
    ("lines that end as Windows ends them", |size| {
        lines(size * 5, |at| format!("{}\r", result(&format!("c{at}"), "x")))
    }),
    ("a mark of byte order on each line", |size| {
        lines(size * 5, |at| format!("\u{feff}{}", result(&format!("c{at}"), "x")))
    }),
    ("a list of records", |size| {
        [b"[\n".as_slice(), &lines(size * 5, |at| format!("{},", result(&format!("c{at}"), "x"))), b"{}]\n"].concat()
    }),
    ("records spread over lines", |size| {
        lines(size * 5, |at| result(&format!("c{at}"), "x").replace(',', ",\n  ").replace('{', "{\n  "))
    }),
    ("plain text between records", |size| {
        lines(size * 4, |at| match at % 3 {
            0 => "npm warn deprecated {\"a\":1".to_owned(),
            1 => result(&format!("c{at}"), "x"),
            _ => format!("$ make {at}"),
        })
    }),
    ("a cut-off last line", |size| {
        let mut all = lines(size * 5, |at| result(&format!("c{at}"), "x"));
        all.truncate(all.len() - 40);
        all
    }),
    ("keys in any order", |size| {
        lines(size * 5, |at| match at % 2 {
            0 => format!(
                r#"{{"payload":{{"output":"{{\"output\":\"x\",\"metadata\":{{\"exit_code\":1}}}}","call_id":"c{at}","type":"function_call_output"}},"type":"response_item"}}"#
            ),
            _ => format!(
                r#"{{"payload":{{"name":"shell","call_id":"c{at}","type":"function_call"}},"type":"response_item"}}"#
            ),
        })
    }),
    ("values of the wrong type", |size| {
        const VALUES: [&str; 6] = ["7", "[1]", "{\"a\":1}", "null", "true", "\"\""];
        const PLACES: [&str; 4] = ["\"response_item\"", "\"function_call_output\"", "\"c\"", "{\"type\""];
        lines(size * 5, |at| {
            let place = PLACES[at % 4];
            let value = VALUES[at / 4 % 6];
            let value = if place.starts_with('{') { format!("{value},\"b\":{{\"type\"") } else { value.to_owned() };
            result("c", "x").replacen(place, &value, 1)
        })
    }),
    ("escapes longer than they need be", |size| {
        result("\\u0063", &"\\\\u0065\\\\u000000\\\\u{65}\\\\/\\\\x65".repeat(size * 20)).into_bytes()
    }),
    ("separators of lines that end none", |size| {
        lines(size * 5, |at| result(&format!("c\u{2028}{at}\u{2029}"), "\u{85}\u{2028}x"))
    }),
    ("results and repeated keys beside them", |size| {
        let keys = "\"stdout\":1,\"stderr\":1,\"status\":1,".repeat(size * 25);
        blocks(size * 4, block, &format!(",\"toolUseResult\":{{{keys}\"backgroundTaskId\":\"b\"}}"))
    }),
    ("results and a list beside them", |size| {
        blocks(size * 4, block, &format!(",\"toolUseResult\":[{}\"x\"]", "\"x\",".repeat(size * 200)))
    }),
    ("results and a long id beside them", |size| {
        blocks(
            size * 4,
            block,
            &format!(",\"toolUseResult\":{{\"backgroundTaskId\":\"{}\"}}", "\\u0062".repeat(size * 80)),
        )
    }),
    ("repeated keys of an error", |size| {
        let keys = "\"code\":1,\"message\":1,\"status\":1,\"kind\":\"x\",".repeat(size * 20);
        format!("{{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\",\"error\":{{{keys}\"type\":\"x\"}}}}\n")
            .into_bytes()
    }),
    ("many fields of many names", |size| {
        const NAMES: [&str; 12] = [
            "status", "code", "message", "output", "metadata", "details", "outcome", "stdout", "extra", "kind", "text",
            "id",
        ];
        let fields: Vec<String> =
            (0..size * 60).map(|at| format!("\"{}\":{{\"error\":\"x\"}}", NAMES[at % 12])).collect();
        format!("{{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\",{}}}\n", fields.join(",")).into_bytes()
    }),
    ("jobs", |size| {
        lines(size * 2, |at| {
            format!(
                "{}\n{}",
                r#"{"type":"user","sessionId":"s","toolUseResult":{"backgroundTaskId":"#.to_owned()
                    + &format!(
                        r#""b{at}"}},"message":{{"content":[{{"type":"tool_result","tool_use_id":"t{at}","content":"x"}}]}}}}"#
                    ),
                format_args!(
                    r#"{{"type":"user","sessionId":"s","toolUseResult":{{"task_id":"b{at}","status":"failed","exitCode":3}},"message":{{"content":[{{"type":"tool_result","tool_use_id":"p{at}","content":"x"}}]}}}}"#
                )
            )
        })
    }),
    ("facts about calls that never come", |size| {
        lines(size * 5, |at| {
            format!(r#"{{"type":"system","subtype":"permission_denied","sessionId":"s","tool_use_id":"t{at}"}}"#)
        })
    }),
    ("questions without an answer", |size| {
        lines(size * 4, |at| {
            format!(
                r#"{{"jsonrpc":"2.0","id":{at},"method":"session/request_permission","params":{{"sessionId":"s","toolCall":{{"toolCallId":"t{at}"}},"options":[{{"optionId":"no","kind":"reject_once"}}]}}}}"#
            )
        })
    }),
    ("one question with many answers", |size| {
        let options = r#"{"optionId":"no","kind":"reject_once"},"#.repeat(size * 20);
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session/request_permission\",\"params\":{{\"sessionId\":\"s\",\"toolCall\":{{\"toolCallId\":\"t\"}},\"options\":[{options}{{}}]}}}}\n").into_bytes()
    }),
    ("second names of calls", |size| {
        lines(size * 3, |at| {
            format!(
                r#"{{"schema_version":2,"seq":1,"event":"item.started","thread_id":"t","turn_id":"u","item_id":"i{at}","payload":{{"item":{{"id":"i{at}","kind":"tool_call"}},"tool":{{"id":"c{at}","name":"bash","input":{{}}}}}}}}"#
            )
        })
    }),
    ("turns in turns", |size| {
        lines(size * 4, |at| match at % 2 {
            0 => format!(
                r#"{{"type":"user","sessionId":"s","uuid":"u{at}","message":{{"role":"user","content":"go"}}}}"#
            ),
            _ => format!(
                r#"{{"type":"assistant","sessionId":"s","uuid":"a{at}","message":{{"content":[{{"type":"tool_use","id":"t{at}","name":"Bash","input":{{"command":"x"}}}}]}}}}"#
            ),
        })
    }),
    ("documents in strings", |size| {
        let document =
            "{\\\"output\\\":\\\"".to_owned() + &"x".repeat(900) + "\\\",\\\"metadata\\\":{\\\"exit_code\\\":1}}";
        lines(size, |at| {
            format!(
                r#"{{"type":"response_item","payload":{{"type":"function_call_output","call_id":"c{at}","output":"{document}"}}}}"#
            )
        })
    }),
    ("one line of records by turns of sessions", |size| {
        (0..size * 4).map(|at| format!(r#"{{"type":"tool_use","sessionID":"{}","part":{{"type":"tool","callID":"{at}","tool":"bash","state":{{"status":"error","error":"x"}}}}}}"#, at % 3)).collect::<String>().into_bytes()
    }),
];
