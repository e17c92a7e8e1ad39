//! What holds for any bytes, over golden sessions that were changed at random: the counterpart of the fuzz targets for a
//! plain `cargo test`, the same on each run.
//!
//! `WHALE_CASES` is how many sessions each property is held against, `WHALE_SEED` where their numbers begin.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod instruments;

use instruments::mutate::Pool;
use instruments::{Dice, properties};
use std::path::Path;
use std::sync::LazyLock;

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")));

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Holds a property against changed sessions; says with which seed it failed, so that it can be run again.
fn hold(cases: u64, property: impl Fn(u64, &[u8]) -> Result<u64, String>) {
    let from = setting("WHALE_SEED", 0);
    let cases = setting("WHALE_CASES", cases);
    let mut compared = 0;
    for seed in from..from + cases {
        let mut dice = Dice::new(seed);
        let input = POOL.mutate(POOL.session(&mut dice), &mut dice);
        match property(seed, &input) {
            Ok(count) => compared += count,
            Err(why) => panic!("WHALE_SEED={seed} WHALE_CASES=1: {why}\n{}", String::from_utf8_lossy(&input)),
        }
    }
    println!("{cases} cases, {compared} comparisons");
    assert!(compared >= cases / 2, "{compared} comparisons are few for {cases} cases");
}

#[test]
fn whatever_is_read_the_automaton_of_the_vocabulary_accepts_what_is_printed() {
    hold(20_000, |_, input| properties::vocabulary(input).map(|()| 1));
}

#[test]
fn whatever_is_annotated_the_input_comes_back_without_the_splices() {
    hold(20_000, |_, input| properties::annotate(input).map(|()| 1));
}

#[test]
fn however_the_input_is_split_the_output_is_the_same() {
    hold(20_000, |seed, input| properties::splits(seed, input).map(|()| 1));
}

#[test]
fn wherever_simd_json_parses_the_lazy_scan_sees_the_same_fields() {
    hold(40_000, |_, input| properties::scan(input));
}

/// Found by the first property.
#[test]
fn a_line_with_records_of_sessions_by_turns_counts_once_in_each() {
    let record = |session: &str, call: &str| {
        format!(
            r#"{{"type":"tool_use","timestamp":1772355600000,"sessionID":"{session}","part":{{"type":"tool","callID":"{call}","tool":"bash","state":{{"status":"error","input":{{}},"error":"x"}}}}}}"#
        )
    };
    let glued = [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")].map(|(session, call)| record(session, call)).concat();
    let input = format!("{glued}\n{}\n", record("a", "5"));
    let output = String::from_utf8(instruments::filter(instruments::mode(""), input.as_bytes())).unwrap();
    let places: Vec<String> = output
        .lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once("\"session\":")?;
            let session = rest.split(',').next()?;
            let (_, rest) = rest.split_once("\"session_line\":")?;
            Some(format!("{session}:{}", rest.split(',').next()?))
        })
        .collect();
    assert_eq!(places, ["1:1", "2:1", "1:1", "2:1", "1:2"]);
}

/// Where so many fields repeat a name that the scan drops the earlier ones.
#[test]
fn large_records_with_repeated_fields_are_what_simd_json_takes_them_for() {
    use instruments::json::Json;
    // Each takes a hundred times as long as any other case.
    let some = |seed: u64| seed.is_multiple_of(100);
    hold(10_000, |seed, input| {
        if !some(seed) {
            return Ok(1);
        }
        let mut dice = Dice::new(!seed);
        let mut compared = 0;
        for line in input.split(|byte| *byte == b'\n') {
            let Some((mut record, _)) = Json::parse(line) else { continue };
            for _ in 0..3 {
                let node = dice.below(record.count());
                if let Some(Json::Object(fields)) = record.nth_mut(node)
                    && !fields.is_empty()
                    && record.count() < 20_000
                    && let Some(Json::Object(fields)) = record.nth_mut(node)
                {
                    let some = fields.clone();
                    for _ in 0..2000 / some.len() {
                        let at = dice.below(some.len());
                        fields.insert(dice.below(fields.len()), some[at].clone());
                    }
                }
            }
            compared += properties::scan(&record.to_bytes())?;
        }
        Ok(compared)
    });
}
