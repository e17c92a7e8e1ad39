//! Nothing of the log leaves through the private modes: canaries at every node of every golden fixture, and two of them
//! compared byte by byte; an automaton of the vocabulary over every output; and proof that both would find a leak.
//!
//! Iterates over `tests/golden`, so that a new dialect is covered without anybody remembering to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod instruments;

use instruments::automaton::Automaton;
use instruments::json::Json;
use instruments::search::{self, Search};
use instruments::{filter, mode};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use whale_classify::pipeline::Mode;

/// Two canaries of two lengths, made of no word; and numbers that are no time in any unit and no exit code.
const CANARIES: [Canary; 2] = [
    Canary { word: "QzW7vXkJ9pLtYb4H", number: "98765432109871" },
    Canary { word: "Hj3RfZw8NxTqKd6VmGc2SyBg5PuLzXo7A", number: "98765432109876543" },
];

#[derive(Clone, Copy)]
struct Canary {
    word: &'static str,
    number: &'static str,
}

/// How a node is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    /// The canary in the place of the value.
    Replace,
    /// Behind the text.
    Append,
    /// Before the text.
    Prepend,
    /// On a line of its own behind the text.
    AppendLine,
    /// A number that is the canary.
    Number,
    /// A further field, with the canary as its name and value.
    ExtraKey,
    /// The first field's name.
    Rename,
    /// A further item.
    ExtraItem,
    /// An object in the place of the value.
    Object,
    /// A list in the place of the value.
    List,
}

const CHANGES: [Change; 10] = [
    Change::Replace,
    Change::Append,
    Change::Prepend,
    Change::AppendLine,
    Change::Number,
    Change::ExtraKey,
    Change::Rename,
    Change::ExtraItem,
    Change::Object,
    Change::List,
];

/// Changes a value; `None` where the change is none for this kind of value.
fn changed(value: &Json, change: Change, canary: Canary) -> Option<Json> {
    let quoted = format!("\"{}\"", canary.word).into_bytes();
    let inside = |raw: &[u8]| raw.get(1..raw.len() - 1).unwrap_or_default().to_vec();
    let string = |parts: &[&[u8]]| Some(Json::String([b"\"", parts.concat().as_slice(), b"\""].concat()));
    match (change, value) {
        (Change::Replace, _) => Some(Json::String(quoted)),
        (Change::Append, Json::String(raw)) => string(&[&inside(raw), canary.word.as_bytes()]),
        (Change::Prepend, Json::String(raw)) => string(&[canary.word.as_bytes(), &inside(raw)]),
        (Change::AppendLine, Json::String(raw)) => string(&[&inside(raw), b"\\n", canary.word.as_bytes(), b"\\n"]),
        (Change::Number, _) => Some(Json::Scalar(canary.number.into())),
        (Change::ExtraKey, Json::Object(fields)) => {
            let mut fields = fields.clone();
            fields.push((quoted.clone(), Json::String(quoted)));
            Some(Json::Object(fields))
        }
        (Change::Rename, Json::Object(fields)) => {
            let mut fields = fields.clone();
            fields.first_mut()?.0 = quoted;
            Some(Json::Object(fields))
        }
        (Change::ExtraItem, Json::Array(items)) => {
            let mut items = items.clone();
            items.push(Json::String(quoted));
            Some(Json::Array(items))
        }
        (Change::Object, _) => Some(Json::Object(vec![(quoted.clone(), Json::String(quoted))])),
        (Change::List, _) => Some(Json::Array(vec![Json::String(quoted)])),
        _ => None,
    }
}

/// The golden sessions, and one of our own, so that the search is never over nothing.
fn sessions() -> Vec<(String, Vec<u8>)> {
    let mut found = vec![("built-in".to_owned(), BUILT_IN.as_bytes().to_vec())];
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut folders: Vec<PathBuf> = fs::read_dir(golden).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        assert!(!files.is_empty(), "{} holds no session", folder.display());
        for file in files {
            let name = format!("{}/{}", folder.file_name().unwrap().display(), file.file_stem().unwrap().display());
            found.push((name, fs::read(file).unwrap()));
        }
    }
    found
}

const BUILT_IN: &str = r#"{"timestamp":"2026-05-24T21:00:00Z","type":"session_meta","payload":{"id":"5f0c"}}
{"timestamp":"2026-05-24T21:00:01Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t1"}}
{"timestamp":"2026-05-24T21:00:02Z","type":"response_item","payload":{"type":"function_call","call_id":"c1","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"curl x\"]}"}}
{"timestamp":"2026-05-24T21:00:03Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"{\"output\":\"curl: (6) Could not resolve host: x\",\"metadata\":{\"exit_code\":6}}"}}
{"timestamp":"2026-05-24T21:00:04Z","type":"event_msg","payload":{"type":"task_complete","turn_id":"t1"}}
{"timestamp":"2026-05-24T21:00:05Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t2"}}
"#;

/// What was looked at.
#[derive(Default)]
struct Seen {
    positions: AtomicUsize,
    runs: AtomicUsize,
}

/// Every change of every node of one session: what was found.
fn audit(
    session: &[u8],
    run: &(dyn Fn(Mode, &[u8]) -> Vec<u8> + Sync),
    automaton: &Automaton,
    searches: &[Search; 2],
    seen: &Seen,
) -> Vec<String> {
    let modes = [mode("--all"), mode(""), mode("--summary")];
    let [all, ..] = modes;
    let lines: Vec<&[u8]> = session.split_inclusive(|byte| *byte == b'\n').collect();
    let mut found = Vec::new();
    let mut before = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let after = lines[at + 1..].concat();
        if let Some((record, _)) = Json::parse(line) {
            for node in 0..record.count() {
                seen.positions.fetch_add(1, Ordering::Relaxed);
                let old = record.clone().nth_mut(node).unwrap().clone();
                for change in CHANGES {
                    let mut outputs = Vec::new();
                    for (canary, search) in CANARIES.iter().zip(searches) {
                        let Some(new) = changed(&old, change, *canary) else { continue };
                        let mut record = record.clone();
                        *record.nth_mut(node).unwrap() = new;
                        let input = [before.as_slice(), &record.to_bytes(), b"\n", &after].concat();
                        let modes: &[Mode] = if change == Change::Replace { &modes } else { &[all] };
                        for mode in modes {
                            seen.runs.fetch_add(1, Ordering::Relaxed);
                            let output = run(*mode, &input);
                            let place = || format!("line {} node {node} {change:?} {mode:?}", at + 1);
                            if let Some(fragment) = search.find(&output) {
                                found.push(format!("{}: {fragment:?} was printed", place()));
                            }
                            if let Err(why) = automaton.accept(&output) {
                                found.push(format!("{}: {why}", place()));
                            }
                            outputs.push(output);
                        }
                    }
                    let half = outputs.len() / 2;
                    if outputs[..half] != outputs[half..] {
                        found.push(format!("line {} node {node} {change:?}: two canaries give two outputs", at + 1));
                    }
                }
            }
        }
        before.extend_from_slice(line);
    }
    found
}

fn searches() -> [Search; 2] {
    // One search a canary: its word and its number.
    CANARIES.map(|canary| Search::of(&[canary.word, canary.number]))
}

#[test]
fn no_canary_at_any_node_of_any_record_of_any_dialect_is_printed_or_changes_a_byte_by_its_length() {
    let sessions = sessions();
    assert!(sessions.len() > 1, "there are golden sessions");
    let automaton = Automaton::new();
    let searches = searches();
    let seen = Seen::default();
    let next = AtomicUsize::new(0);
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut found = Vec::new();
                while let Some((name, session)) = sessions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let audited = audit(session, &filter, &automaton, &searches, &seen);
                    found.extend(audited.into_iter().map(|what| format!("{name} {what}")));
                }
                found
            })
        });
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let (positions, runs) = (seen.positions.into_inner(), seen.runs.into_inner());
    println!("{} sessions, {positions} canary positions, {runs} runs", sessions.len());
    assert!(positions > 30 * sessions.len(), "few positions: {positions}");
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}

/// A filter that leaks what it reads in some way must be caught, each of them.
#[test]
fn the_audit_finds_filters_that_leak() {
    let automaton = Automaton::new();
    let searches = searches();
    // What a careless filter would look at: the second field of the output record, as it stands there.
    let output_text = |input: &[u8]| {
        let line = input.split(|byte| *byte == b'\n').nth(3).unwrap_or_default();
        let (record, _) = Json::parse(line)?;
        match record {
            Json::Object(fields) => match &fields.last()?.1 {
                Json::Object(fields) => match &fields.last()?.1 {
                    Json::String(raw) => Some(String::from_utf8_lossy(raw.get(1..raw.len() - 1)?).into_owned()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    };
    let ways = search::encodings("").len();
    for way in 0..ways {
        let leaky = |mode: Mode, input: &[u8]| {
            let mut output = filter(mode, input);
            if let Some(text) = output_text(input) {
                let (name, leak) = search::encodings(&text).swap_remove(way);
                output.extend_from_slice(format!("{{\"{name}\":\"{leak}\"}}\n").as_bytes());
            }
            output
        };
        let found = audit(BUILT_IN.as_bytes(), &leaky, &automaton, &searches, &Seen::default());
        let name = search::encodings("")[way].0;
        assert!(found.iter().any(|what| what.contains("was printed")), "{name} is not searched for");
        assert!(found.iter().any(|what| what.contains("not expected")), "{name} accepted");
    }
    // A length, an allowed number in an allowed place: only the comparison of two canaries sees it.
    let counting = |mode: Mode, input: &[u8]| {
        let output = String::from_utf8(filter(mode, input)).unwrap();
        let length = output_text(input).map_or(0, |text| text.len());
        output
            .replace("\"repeated\":0},\"tool_calls\"", &format!("\"repeated\":{length}}},\"tool_calls\""))
            .into_bytes()
    };
    let found = audit(BUILT_IN.as_bytes(), &counting, &automaton, &searches, &Seen::default());
    assert!(found.iter().any(|what| what.contains("two canaries give two outputs")), "a length leaks unseen");
    assert!(!found.iter().any(|what| what.contains("was printed")));
}

#[test]
fn the_automaton_refuses_what_the_contract_does_not_allow() {
    let automaton = Automaton::new();
    let output = String::from_utf8(filter(mode("--all"), BUILT_IN.as_bytes())).unwrap();
    let accepted = automaton.accept(output.as_bytes()).unwrap();
    assert_eq!((accepted.failures, accepted.turns, accepted.unclosed), (1, 1, 1));
    let forged = [
        ("\"agent\":\"codex\"", "\"agent\":\"codey\""),
        ("\"exit_code\":6", "\"exit_code\":4294967296"),
        ("\"exit_code\":6", "\"exit_code\":06"),
        ("\"exit_code\":6", "\"exit_code\":-256"),
        ("\"exit_code\":6", "\"exit_code\":\"6\""),
        ("\"ts\":\"2026-05-24T21:00:03Z\"", "\"ts\":\"2026-05-24T21:00:03.1Z\""),
        ("\"ts\":\"2026-05-24T21:00:03Z\"", "\"ts\":\"2026-05-34T21:00:03Z\""),
        ("\"ts\":\"2026-05-24T21:00:03Z\"", "\"ts\":\"1999-05-24T21:00:03Z\""),
        ("\"part\":1", "\"part\":0"),
        ("\"part\":1", "\"part\":1,\"x\":1"),
        ("\"part\":1,\"why\"", "\"why\""),
        ("\"follower\":false", "\"follower\":null"),
        ("\"tool\":\"shell\"", "\"tool\":\"shell \""),
        ("\"network\"", "\"timeout\""),
        ("\"lines\":6", "\"lines\":7"),
        ("\"total\":1", "\"total\":2"),
        ("{\"type\":\"failure\"", " {\"type\":\"failure\""),
        ("}\n{", "}\n\n{"),
        ("{\"type\":\"turn\"", "{\"type\":\"word\""),
    ];
    for (from, to) in forged {
        assert!(output.contains(from), "{from} stands in the output");
        assert!(automaton.accept(output.replacen(from, to, 1).as_bytes()).is_err(), "{from} as {to} is accepted");
    }
    for cut in 1..output.len() {
        assert!(automaton.accept(&output.as_bytes()[..cut]).is_err(), "{cut} bytes of the output are accepted");
    }
    assert!(automaton.accept_talk(b"whale-classify: reading the input failed\n").is_ok());
    assert!(automaton.accept_talk(b"whale-classify: reading the input failed: x\n").is_err());
    assert!(automaton.accept_talk(b"thread 'main' panicked at src/main.rs:1\n").is_err());
}

/// Text around a needle may be any other text of its length, and of any length while the whole fits the window.
#[test]
fn text_around_what_decides_decides_nothing() {
    let record = |before: &str, after: &str| {
        let text = format!("{before}curl: (6) Could not resolve host: x{after}");
        BUILT_IN.replace("curl: (6) Could not resolve host: x", &text.replace('\\', "\\\\"))
    };
    let wanted = filter(mode("--all"), record("", "").as_bytes());
    assert!(String::from_utf8_lossy(&wanted).contains("\"network\""));
    for canary in CANARIES {
        for repeats in [1, 3, 40, 100] {
            let noise = format!("{} ", canary.word).repeat(repeats);
            for (before, after) in [(format!("{noise}\\n"), String::new()), (String::new(), format!(" {noise}"))] {
                let output = filter(mode("--all"), record(&before, &after).as_bytes());
                assert!(output == wanted, "{repeats} words before or after change the output");
            }
        }
    }
    // Longer than both windows: other text of the same length gives the same bytes.
    let long = |letter: &str| filter(mode("--all"), record(&format!("{}\\n", letter.repeat(90_000)), "").as_bytes());
    assert_eq!(long("q"), long("z"));
}

fn binary(args: &[&str], input: &[u8]) -> (Vec<u8>, Vec<u8>, Option<i32>) {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_whale-classify"))
        .args(args)
        .env("WHALE_CANARY", CANARIES[0].word)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A merge that refuses goes away before its input ends.
    _ = writer.join().unwrap();
    (output.stdout, output.stderr, output.status.code())
}

/// Every scalar of every record at once, through the program itself: what it prints on both channels.
#[test]
fn the_program_prints_no_canary_on_either_channel() {
    let automaton = Automaton::new();
    let searches = searches();
    for (name, session) in sessions() {
        let mut canaried = Vec::new();
        for line in session.split(|byte| *byte == b'\n') {
            if let Some((mut record, _)) = Json::parse(line) {
                record.each_mut(&mut |value| {
                    if let Some(new) = changed(value, Change::AppendLine, CANARIES[0]) {
                        *value = new;
                    } else if let Some(new) = changed(value, Change::ExtraKey, CANARIES[0]) {
                        *value = new;
                    }
                });
                record.write(&mut canaried);
            }
            canaried.extend_from_slice(format!("\n{}\n", CANARIES[0].word).as_bytes());
        }
        for option in ["--all", "--summary", "--strict"] {
            let (stdout, stderr, status) = binary(&[option], &canaried);
            for printed in [&stdout, &stderr] {
                assert_eq!(searches[0].find(printed), None, "{name} {option}");
            }
            assert!(automaton.accept(&stdout).is_ok(), "{name} {option}: {:?}", automaton.accept(&stdout));
            assert!(automaton.accept_talk(&stderr).is_ok(), "{name} {option}");
            assert!(matches!(status, Some(0 | 1)), "{name} {option}: {status:?}");
        }
    }
}

#[test]
fn a_merge_prints_no_word_of_its_input() {
    let automaton = Automaton::new();
    let [search, _] = searches();
    let [canary, _] = CANARIES;
    let summary = filter(mode("--summary"), BUILT_IN.as_bytes());
    let (record, _) = Json::parse(&summary).unwrap();
    let mut refused = 0;
    for node in 0..record.count() {
        let old = record.clone().nth_mut(node).unwrap().clone();
        for change in CHANGES {
            let Some(new) = changed(&old, change, canary) else { continue };
            let mut record = record.clone();
            *record.nth_mut(node).unwrap() = new;
            let mut input = record.to_bytes();
            input.push(b'\n');
            let mut output = Vec::new();
            match whale_classify::merge::merge(input.as_slice()) {
                Ok(sum) => {
                    let mut sink = whale_classify::sink::Sink::new(&mut output);
                    sink.record(&sum.summary()).unwrap();
                    sink.flush().unwrap();
                }
                Err(_) => refused += 1,
            }
            // A number that is a counter is one on the way out, too; everything else is a word of ours.
            let is_number = change == Change::Number;
            assert!(is_number || search.find(&output).is_none(), "node {node} {change:?}");
            let text = String::from_utf8(output).unwrap();
            let known = |word: &str| automaton.sentences().any(|sentence| sentence == word);
            let strings = text.split('"').skip(1).step_by(2);
            let strange = strings.filter(|word| !known(word) && word.contains(canary.word)).count();
            assert_eq!(strange, 0, "node {node} {change:?}");
        }
    }
    assert!(refused > 20, "malformed summaries are refused: {refused}");
    for input in [
        format!("{{\"type\":\"{}\"}}\n", canary.word),
        format!("{}\n", canary.word),
        format!("{{\"type\":\"summary\",\"schema\":\"{}\"}}\n", canary.word),
        format!("{{\"type\":\"failure\",\"x\":\"{}\"}}\n", canary.word),
    ] {
        let (stdout, stderr, status) = binary(&["--merge"], input.as_bytes());
        assert_eq!((stdout.as_slice(), status), (&b""[..], Some(2)), "{input}");
        assert!(search.find(&stderr).is_none());
        assert_eq!(automaton.accept_talk(&stderr), Ok(1), "{input}");
    }
}

/// What `--vocabulary` prints is what the library's own tables hold, and nothing in it looks like a canary.
#[test]
fn the_vocabulary_is_the_whole_of_it() {
    let (stdout, stderr, status) = binary(&["--vocabulary"], b"");
    assert_eq!((stderr.as_slice(), status), (&b""[..], Some(0)));
    let automaton = Automaton::of(&stdout);
    for sentence in automaton.sentences() {
        assert!(sentence.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{sentence:?} is no plain ASCII");
        for search in &searches() {
            assert_eq!(search.find(sentence.as_bytes()), None);
        }
    }
}

/// The source of the crate, tests taken out, by file.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                into.push((path.file_name().unwrap().display().to_string(), code.join("\n")));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 20);
    found
}

/// The filter can reach nothing but its three streams: only `main` names them, and nobody names a file, a network, the
/// environment or another program.
#[test]
fn the_source_names_no_file_no_network_and_no_environment() {
    for (file, code) in sources() {
        let is_main = file == "main.rs";
        for word in ["stdin()", "stdout()", "stderr()", "args_os"] {
            assert!(is_main || !code.contains(word), "{file} names {word}");
        }
        for word in [
            "std::net",
            "std::os::unix::net",
            "File::open",
            "File::create",
            "OpenOptions",
            "read_to_string(",
            "fs::read",
            "fs::write",
            "process::Command",
            "Command::new",
            "env::var",
            "env::vars",
            "temp_dir",
            "extern \"C\"",
        ] {
            assert!(!code.contains(word), "{file} names {word}");
        }
        for word in ["println!", "eprintln!", "print!", "eprint!", "dbg!", "panic!", "todo!", "unimplemented!"] {
            assert!(!code.contains(word), "{file} uses {word}");
        }
    }
}

/// No foreign error is formatted: an error of the parser or of the system may quote its input.
#[test]
fn errors_are_matched_and_never_formatted() {
    for (file, code) in sources() {
        for word in ["{error", "{err", "{e}", "{e:", "error.to_string", "err.to_string", "e.to_string", "message()"] {
            assert!(!code.contains(word), "{file} formats an error: {word}");
        }
    }
}

/// A panic's message may hold what was looked at: before anything is read, the hook that would print it is another one,
/// and that one tells the place alone.
#[test]
fn the_first_thing_that_the_program_does_is_to_silence_panics() {
    let (_, main) = sources().into_iter().find(|(file, _)| file == "main.rs").unwrap();
    let (_, body) = main.split_once("fn main() -> ExitCode {").unwrap();
    assert!(body.trim_start().starts_with("std::panic::set_hook("), "{body}");
    let (hook, _) = body.split_once("}));").unwrap();
    assert!(hook.contains("info.location()") && !hook.contains("payload"), "{hook}");
}

/// The lints that keep text from being cut, quoted or unwrapped where it may be printed.
#[test]
fn the_lints_that_keep_panics_out_of_the_source_are_denied() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    for lint in ["unsafe_code", "string_slice", "unwrap_used", "expect_used", "indexing_slicing"] {
        assert!(manifest.contains(&format!("\n{lint} = \"deny\"")), "{lint} is not denied");
    }
    // Nobody allows one of them but with a reason, and unwrapping and slicing of strings nobody at all.
    for (file, code) in sources() {
        for (at, _) in code.match_indices("allow(") {
            let rest = &code[at..];
            let inside = &rest[..rest.find(")]").unwrap()];
            assert!(inside.contains("reason"), "{file}: {inside}");
            for lint in ["string_slice", "unwrap_used", "expect_used"] {
                // What a static is made of cannot depend on a log.
                let is_static = inside.contains("compile time") || inside.contains("the program's own");
                assert!(!inside.contains(lint) || is_static, "{file} allows {lint}: {inside}");
            }
        }
    }
}
