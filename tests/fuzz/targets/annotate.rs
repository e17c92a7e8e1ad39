//! Any bytes with `--annotate`: the input comes back without the splices.

#![no_main]

mod common;
#[path = "../../instruments/mod.rs"]
mod instruments;

use instruments::properties;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| properties::annotate(data).unwrap());

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    common::mutate(data, size, max_size, seed)
});
