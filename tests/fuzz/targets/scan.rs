//! Any bytes: where simd-json parses a line, the lazy scan sees the same fields.

#![no_main]

mod common;
#[path = "../../instruments/mod.rs"]
mod instruments;

use instruments::properties;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| {
    properties::scan(data).unwrap();
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    common::mutate(data, size, max_size, seed)
});
