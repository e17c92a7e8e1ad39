//! Any bytes in the private modes: the automaton of the vocabulary accepts what is printed.

#![no_main]

mod common;
#[path = "../../instruments/mod.rs"]
mod instruments;

use instruments::properties;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| properties::vocabulary(data).unwrap());

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    common::mutate(data, size, max_size, seed)
});
