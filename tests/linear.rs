//! Time grows with the input and no faster: instructions counted at three sizes of every hostile case, and for every
//! shape of record in the golden sessions, whether anything in it is read anew for each item of a list.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod harm;
mod instruments;
mod tools;

use harm::CASES;
use instruments::json::Json;
use instruments::mutate::Pool;
use instruments::{filter, mode};
use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tools::lacks;

/// Time on the processor of this thread.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// The smaller of the two sizes at which instructions are counted.
const SIZE: usize = 100;
/// Instructions that do not count: a buffer that grows, a table's first use.
const SLACK: u64 = 300_000;
/// Cases that are counted with `--annotate` too: those with most to splice.
const ANNOTATED: [&str; 4] = ["glued records", "many results on a line", "torn records", "open calls"];
/// Items of a list that is long.
const LONG: usize = 4000;
/// Less than this takes nothing that is read anew for each item of a long list.
const QUICK: Duration = Duration::from_millis(20);
/// What is read anew for each item takes 16 times as long for 4 times as much, anything else 4 times: half-way between,
/// and more than any machine's noise.
const GROWTH_MAX: u32 = 8;

/// How a value is made large.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Growth {
    /// Every field again and again, the last time as it was.
    Fields,
    /// Strings and lists in turn, whose names are all known.
    Items,
    /// White space before and behind the text, and letters behind it.
    Text,
    /// White space in the document that the text is.
    Document,
    /// Digits.
    Digits,
}

fn grown(value: &Json, growth: Growth, size: usize) -> Option<Json> {
    let inside = |raw: &[u8]| raw.get(1..raw.len() - 1).unwrap_or_default().to_vec();
    match (growth, value) {
        (Growth::Fields, Json::Object(fields)) if !fields.is_empty() => {
            let mut all = Vec::with_capacity(size + fields.len());
            for at in 0..size {
                all.push((fields[at % fields.len()].0.clone(), Json::Scalar(b"1".to_vec())));
            }
            all.extend(fields.iter().cloned());
            Some(Json::Object(all))
        }
        (Growth::Items, Json::Array(items)) => {
            let mut all = vec![Json::String(b"\"x\"".to_vec()); size];
            all.extend(items.iter().cloned());
            Some(Json::Array(all))
        }
        // A list where an object or text is expected.
        (Growth::Items, Json::Object(_)) => Some(Json::Array(vec![Json::String(b"\"x\"".to_vec()); size])),
        (Growth::Text, Json::String(raw)) => {
            let (blanks, letters) = (vec![b' '; size * 20], vec![b'n'; size * 20]);
            Some(Json::String([b"\"", blanks.as_slice(), &inside(raw), &letters, &blanks, b"\""].concat()))
        }
        (Growth::Document, Json::String(raw)) => {
            let blanks = vec![b' '; size * 40];
            let inside = inside(raw);
            let (head, tail) = match inside.strip_prefix(b"{") {
                Some(rest) => (b"{".as_slice(), rest.to_vec()),
                None => (b"{\\\"output\\\":\\\"x\\\"".as_slice(), b"}".to_vec()),
            };
            Some(Json::String([b"\"", head, &blanks, &tail, b"\""].concat()))
        }
        (Growth::Digits, Json::Scalar(raw)) if raw.first().is_some_and(u8::is_ascii_digit) => {
            let zeros = vec![b'0'; size * 40];
            Some(Json::Scalar([raw.as_slice(), b".", &zeros].concat()))
        }
        _ => None,
    }
}

/// The list at a position with its first item again and again, ids made different.
fn repeated(list: &Json, size: usize) -> Option<Json> {
    let Json::Array(items) = list else { return None };
    let first = items.first()?;
    let mut all = Vec::with_capacity(size + items.len());
    for at in 0..size {
        let mut item = first.clone();
        item.each_mut(&mut |value| {
            if let Json::Object(fields) = value {
                for (key, value) in fields {
                    if let Json::String(raw) = value
                        && (key.to_ascii_lowercase().ends_with(b"id\""))
                    {
                        *raw = format!("\"{at:08}\"").into_bytes();
                    }
                }
            }
        });
        all.push(item);
    }
    all.extend(items.iter().cloned());
    Some(Json::Array(all))
}

/// The keys and kinds of a record: records of one shape need one look.
fn shape(json: &Json, out: &mut Vec<u8>) {
    match json {
        Json::Object(fields) => {
            out.push(b'{');
            for (key, value) in fields {
                out.extend_from_slice(key);
                if key == b"\"type\"" || key == b"\"role\"" || key == b"\"kind\"" || key == b"\"event\"" {
                    value.write(out);
                }
                shape(value, out);
            }
            out.push(b'}');
        }
        Json::Array(items) => {
            out.push(b'[');
            items.iter().for_each(|item| shape(item, out));
            out.push(b']');
        }
        Json::String(_) => out.push(b's'),
        Json::Scalar(_) => out.push(b'1'),
    }
}

/// The pairs that were looked at: dialect, the list and its first item's shape, the other value and how it grows.
type Known = Mutex<HashSet<(String, String, Vec<u8>, String, Growth)>>;

/// The path of each value, without positions in lists.
fn paths(json: &Json, path: &str, out: &mut Vec<String>) {
    out.push(path.to_owned());
    match json {
        Json::Object(fields) => {
            fields
                .iter()
                .for_each(|(key, value)| paths(value, &format!("{path}{}", String::from_utf8_lossy(key)), out));
        }
        Json::Array(items) => items.iter().for_each(|item| paths(item, &format!("{path}[]"), out)),
        _ => {}
    }
}

/// Every list of a record made long, together with every other value of it made large: what is slow.
fn sweep(name: &str, record: &Json, before: &[u8], known: &Known) -> Vec<String> {
    let mut found = Vec::new();
    let mut places = Vec::new();
    paths(record, "", &mut places);
    let count = record.count();
    let kinds: Vec<Json> = (0..count).map(|node| record.clone().nth_mut(node).unwrap().clone()).collect();
    let growths = [Growth::Fields, Growth::Items, Growth::Text, Growth::Document, Growth::Digits];
    let dialect = name.split('/').next().unwrap_or_default();
    let lists = (0..count).filter(|node| matches!(&kinds[*node], Json::Array(items) if !items.is_empty()));
    for list in lists {
        let within = list..list + kinds[list].count();
        for node in (0..count).filter(|node| !(within.contains(node))) {
            for growth in growths {
                if grown(&kinds[node], growth, 1).is_none() || (node == 0 && growth == Growth::Items) {
                    continue;
                }
                let mut first = Vec::new();
                shape(&Json::Array(vec![kinds[list + 1].clone()]), &mut first);
                let pair = (dialect.to_owned(), places[list].clone(), first, places[node].clone(), growth);
                if !known.lock().unwrap().insert(pair) {
                    continue;
                }
                let cost = |size: usize, runs: usize| {
                    let mut record = record.clone();
                    let long = repeated(&kinds[list], size).unwrap();
                    // From behind, so that positions stay what they are; a container of the list keeps it.
                    if node < list && node + kinds[node].count() > list {
                        *record.nth_mut(list).unwrap() = long;
                        let outer = record.clone().nth_mut(node).unwrap().clone();
                        *record.nth_mut(node).unwrap() = grown(&outer, growth, size).unwrap();
                    } else if node < list {
                        *record.nth_mut(list).unwrap() = long;
                        *record.nth_mut(node).unwrap() = grown(&kinds[node], growth, size).unwrap();
                    } else {
                        *record.nth_mut(node).unwrap() = grown(&kinds[node], growth, size).unwrap();
                        *record.nth_mut(list).unwrap() = long;
                    }
                    let input = [before, &record.to_bytes(), b"\n"].concat();
                    let run = || {
                        let from = processor_time();
                        filter(mode("--all"), &input);
                        processor_time() - from
                    };
                    (0..runs).map(|_| run()).min().unwrap()
                };
                // Only what looks slow is looked at closely.
                if cost(LONG, 1) > QUICK && cost(LONG * 4, 2) > cost(LONG, 4) * GROWTH_MAX {
                    found.push(format!(
                        "list {list} and {growth:?} of {node} ({})",
                        String::from_utf8_lossy(&kinds[node].to_bytes()).chars().take(60).collect::<String>()
                    ));
                }
            }
        }
    }
    found
}

#[test]
fn nothing_in_any_record_is_read_anew_for_each_item_of_a_list() {
    let pool = Pool::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"));
    let mut shapes = HashSet::new();
    let mut records: Vec<(String, Vec<u8>, Json)> = Vec::new();
    for (name, session) in &pool.sessions {
        let first = session.split(|byte| *byte == b'\n').next().unwrap_or_default();
        for (at, line) in session.split(|byte| *byte == b'\n').enumerate() {
            let Some((record, _)) = Json::parse(line) else { continue };
            let mut print = Vec::new();
            shape(&record, &mut print);
            if shapes.insert(print) {
                let before = if at == 0 { Vec::new() } else { [first, b"\n"].concat() };
                records.push((format!("{name} line {}", at + 1), before, record));
            }
        }
    }
    let (next, known) = (AtomicUsize::new(0), Known::default());
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut found = Vec::new();
                while let Some((name, before, record)) = records.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let slow = sweep(name, record, before, &known);
                    found.extend(slow.into_iter().map(|what| format!("{name}: {what}")));
                }
                found
            })
        });
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    println!("{} shapes, {} pairs", records.len(), known.lock().unwrap().len());
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}

/// Instructions that the program takes for the input, counted by valgrind.
fn instructions(option: &str, input: &[u8], file: &Path) -> u64 {
    std::fs::write(file, input).unwrap();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env!("CARGO_BIN_EXE_whale-classify"))
        .arg(option)
        .stdin(std::fs::File::open(file).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    let count = talk.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim().parse());
    count.unwrap_or_else(|| panic!("valgrind counted nothing: {talk}")).unwrap()
}

/// Counted, not timed: the same on any machine.
#[test]
fn twice_the_harm_takes_twice_the_instructions() {
    if lacks(&["valgrind"]) {
        return;
    }
    let next = AtomicUsize::new(0);
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers = [0, 1].map(|worker| {
            let next = &next;
            scope.spawn(move || {
                let file = std::env::temp_dir().join(format!("whale-harm-{}-{worker}", std::process::id()));
                let start = instructions("--all", b"", &file);
                let mut found = Vec::new();
                while let Some((name, make)) = CASES.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for option in ["--all", "--annotate"] {
                        if option == "--annotate" && !ANNOTATED.contains(name) {
                            continue;
                        }
                        let count = |size| instructions(option, &make(size), &file).saturating_sub(start);
                        let (once, twice) = (count(SIZE), count(SIZE * 2));
                        println!("{once:>10} {twice:>10} {:.2}  {name} {option}", twice as f64 / once.max(1) as f64);
                        if twice > once * 3 + SLACK {
                            found.push(format!("{name} {option}: {once}, then {twice} instructions"));
                        }
                    }
                }
                _ = std::fs::remove_file(file);
                found
            })
        });
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}
