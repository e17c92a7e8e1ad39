//! What every target shares: half of the mutations know JSON and the golden sessions, half are libFuzzer's own.

use crate::instruments::Dice;
use crate::instruments::mutate::Pool;
use std::path::Path;
use std::sync::LazyLock;

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden")));

/// Changes the first `size` bytes of `data`, of which there may be `size_max`; says how many there are then.
pub fn mutate(data: &mut [u8], size: usize, size_max: usize, seed: u32) -> usize {
    let mut dice = Dice::new(seed.into());
    if dice.below(2) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, size_max);
    }
    let mut bytes = POOL.mutate(&data[..size], &mut dice);
    bytes.truncate(size_max);
    data[..bytes.len()].copy_from_slice(&bytes);
    bytes.len()
}
