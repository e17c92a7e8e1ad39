//! Any bytes in any parts: the output is the same.

#![no_main]

mod common;
#[path = "../../instruments/mod.rs"]
mod instruments;

use instruments::properties;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| {
    let seed = data.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    properties::splits(seed, data).unwrap();
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    common::mutate(data, size, max_size, seed)
});
