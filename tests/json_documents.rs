//! Valid, invalid and implementation-defined JSON documents as lines: whatever a strict parser accepts is never
//! `unreadable`, nothing is fatal, and the line after each is read.
//!
//! The table is our own; a strict parser decides which of it is valid, not the table's author.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod instruments;

use instruments::automaton::Automaton;
use instruments::splice::unsplice;
use instruments::{filter, mode};

/// A known record, to see that the line after each document is read.
const NEXT: &[u8] = br#"{"timestamp":"2026-05-24T21:00:00Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"{\"output\":\"x\",\"metadata\":{\"exit_code\":1}}"}}"#;

/// Values: each stands alone on a line, as a field of an object, in a list, and inside of a known record.
const VALUES: &[&[u8]] = &[
    b"0",
    b"-0",
    b"1",
    b"-1",
    b"1.0",
    b"1.5e3",
    b"1E+2",
    b"1e-2",
    b"-0.0",
    b"0e0",
    b"1e22",
    b"123456789012345678",
    b"9223372036854775807",
    b"18446744073709551615",
    b"18446744073709551616",
    b"123456789012345678901234567890",
    b"1e999",
    b"-1e999",
    b"1e-999",
    b"0.1e1",
    b"01",
    b"+1",
    b"1.",
    b".5",
    b"1e",
    b"1e+",
    b"0x10",
    b"1_000",
    b"--1",
    b"-",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"nan",
    b"true",
    b"false",
    b"null",
    b"True",
    b"tru",
    b"nul",
    b"nulll",
    b"undefined",
    b"None",
    b"\"\"",
    b"\"a\"",
    b"\"\\n\\t\\r\\b\\f\\/\\\\\\\"\"",
    b"\"\\u0041\"",
    b"\"\\u0000\"",
    b"\"\\ud83d\\ude00\"",
    b"\"\\ud800\"",
    b"\"\\udc00\"",
    b"\"\\ud800\\u0041\"",
    b"\"\\udc00\\ud800\"",
    b"\"\\u12\"",
    b"\"\\u12G4\"",
    b"\"\\x41\"",
    b"\"\\q\"",
    b"\"\\\"",
    b"\"\\\\\\\"",
    b"\"a\tb\"",
    b"\"a\x01b\"",
    b"\"a\0b\"",
    b"\"\x7f\"",
    b"\"\xc3\xa9\"",
    b"\"\xe2\x80\xa8\xe2\x80\xa9\"",
    b"\"\xf0\x9f\x98\x80\"",
    b"\"\xef\xbb\xbf\"",
    b"\"\xff\"",
    b"\"\xc0\x80\"",
    b"\"\xc0\xaf\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xf4\x90\x80\x80\"",
    b"\"\xc3\"",
    b"\"\x80\"",
    b"'a'",
    b"\"a",
    b"a\"",
    b"abc",
    b"[]",
    b"[ ]",
    b"[1]",
    b"[1,2]",
    b"[1,]",
    b"[,1]",
    b"[1 2]",
    b"[1,,2]",
    b"[",
    b"]",
    b"[1",
    b"[[]",
    b"[]]",
    b"[[[[[[[[]]]]]]]]",
    b"[\"a\",{}]",
    b"[{}",
    b"[}",
    b"{}",
    b"{ }",
    b"{\"a\":1}",
    b"{\"a\":1,}",
    b"{,}",
    b"{\"a\"}",
    b"{\"a\":}",
    b"{:1}",
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{\"a\" 1}",
    b"{\"a\":1 \"b\":2}",
    b"{\"a\":1,\"a\":2}",
    b"{\"\":1}",
    b"{\"\\u0061\":1}",
    b"{\"type\":1,\"type\":\"x\"}",
    b"{\"t\\u0079pe\":\"x\"}",
    b"{\"a\":{}}",
    b"{\"a\":{}",
    b"{\"a\":[}",
    b"{\"a\":[]}}",
    b"{\"a\":\"}\"}",
    b"{\"a\":\"{\"}",
    b"{\"a\":\"\\\"}\"}",
    b"{\"a\":1}{\"b\":2}",
    b"{\"a\":1} {\"b\":2}",
    b"{\"a\":1}x",
    b"x{\"a\":1}",
    b"{\"a\":/*c*/1}",
    b"// c",
    b"{\"a\":1}//",
    b"{ \"a\" : 1 }",
    b"{\t\"a\"\t:\t1\t}",
    b"{\r\"a\":1\r}",
    b"{\x0c}",
    b"{\xc2\xa0}",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\0}\0",
    b"{\0}",
    b"\0",
    b"\x1f\x8b\x08",
    b"{\"session_id\":1.0}",
    b"{\"payload\":\"x\",\"type\":[]}",
    b"{\"__proto__\":{}}",
    b"<a/>",
    b"---",
    b"a,b",
    b"",
];

#[test]
fn whatever_a_strict_parser_accepts_is_read_and_nothing_costs_the_line_after_it() {
    let automaton = Automaton::new();
    assert!(VALUES.len() >= 100, "{} documents", VALUES.len());
    let (mut documents, mut valid) = (0, 0);
    for value in VALUES {
        let places: [(&[u8], &[u8]); 6] = [
            (b"", b""),
            (b"{\"a\":", b"}"),
            (b"{\"type\":\"response_item\",\"payload\":", b"}"),
            (
                b"{\"type\":\"response_item\",\"payload\":{\"type\":\"function_call_output\",\"call_id\":",
                b",\"output\":\"\"}}",
            ),
            (b"{\"type\":\"response_item\",\"payload\":{\"type\":\"function_call_output\",\"output\":", b"}}"),
            (b"[", b"]"),
        ];
        for (before, after) in places {
            let document = [before, value, after].concat();
            let input = [document.as_slice(), b"\n", NEXT, b"\n"].concat();
            let shown = String::from_utf8_lossy(&document);
            let output = filter(mode("--all"), &input);
            let accepted = automaton.accept(&output).unwrap_or_else(|why| panic!("{shown}: {why}"));
            documents += 1;
            assert_eq!(accepted.lines, 2, "{shown}");
            assert!(accepted.recognised >= 1, "the line after {shown} is not read");
            assert!(accepted.failures >= 1, "the failure after {shown} is not told");
            let is_valid = simd_json::to_owned_value(&mut document.clone()).is_ok();
            if is_valid {
                valid += 1;
                assert_eq!(accepted.unreadable, 0, "{shown} is valid");
            }
            let annotated = filter(mode("--annotate"), &input);
            assert!(unsplice(&input, &annotated).is_ok(), "{shown}: {:?}", unsplice(&input, &annotated));
        }
    }
    println!("{documents} documents, {valid} of them valid to a strict parser");
    assert!(valid > 100 && documents - valid > 100);
}
