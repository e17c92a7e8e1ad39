//! Closed sets of words, looked up by exact match.
//!
//! A table is hashed at compile time, so a look-up is one hash, one or two probes and one comparison, and nothing is
//! built at start-up. Knows bytes and table positions; may not know what the words mean.

/// Marks a slot of a table that holds no word.
const EMPTY: u16 = u16::MAX;

/// A fixed set of words with a hash index of `SLOTS` positions, built at compile time.
pub struct Words<const SLOTS: usize> {
    words: &'static [&'static str],
    slots: [u16; SLOTS],
    longest_bytes: usize,
}

impl<const SLOTS: usize> Words<SLOTS> {
    /// Builds the index. Fails to compile where two words are equal or the table is more than half full.
    pub const fn new(words: &'static [&'static str]) -> Self {
        assert!(SLOTS.is_power_of_two() && words.len() * 2 <= SLOTS);
        let mut slots = [EMPTY; SLOTS];
        let mut longest_bytes = 0;
        let mut at = 0;
        while at < words.len() {
            #[allow(clippy::indexing_slicing, reason = "bounded by the loop, at compile time")]
            let word = words[at].as_bytes();
            if word.len() > longest_bytes {
                longest_bytes = word.len();
            }
            let mut slot = hash(word) & (SLOTS - 1);
            #[allow(clippy::indexing_slicing, reason = "masked to the table, at compile time")]
            while slots[slot] != EMPTY {
                assert!(!equal(words[slots[slot] as usize].as_bytes(), word), "a word stands twice in the table");
                slot = (slot + 1) & (SLOTS - 1);
            }
            #[allow(clippy::indexing_slicing, reason = "masked to the table, at compile time")]
            {
                slots[slot] = at as u16;
            }
            at += 1;
        }
        Self { words, slots, longest_bytes }
    }

    /// The position of the word in the table, if it is one of them.
    #[inline]
    pub fn find(&self, bytes: &[u8]) -> Option<u16> {
        if bytes.len() > self.longest_bytes {
            return None;
        }
        let mut slot = hash(bytes) & (SLOTS - 1);
        loop {
            let at = *self.slots.get(slot)?;
            if at == EMPTY {
                return None;
            }
            if self.words.get(usize::from(at))?.as_bytes() == bytes {
                return Some(at);
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
    }

    /// The length of the longest word, in bytes.
    pub const fn longest_bytes(&self) -> usize {
        self.longest_bytes
    }
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        #[allow(clippy::indexing_slicing, reason = "both lengths are checked")]
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Mixes the length with the first and the last four bytes: enough to keep a few hundred names apart, and cheap.
#[inline]
const fn hash(bytes: &[u8]) -> usize {
    let (head, tail) = match bytes {
        [a, b, c, d, ..] => {
            let head = u32::from_le_bytes([*a, *b, *c, *d]);
            let tail = match bytes {
                [.., w, x, y, z] => u32::from_le_bytes([*w, *x, *y, *z]),
                _ => 0,
            };
            (head, tail)
        }
        [a, b, c] => (u32::from_le_bytes([*a, *b, *c, 0]), 1),
        [a, b] => (u32::from_le_bytes([*a, *b, 0, 0]), 2),
        [a] => (u32::from_le_bytes([*a, 0, 0, 0]), 3),
        [] => (0, 4),
    };
    let mixed = (head as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (tail as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
        ^ (bytes.len() as u64).wrapping_mul(0x1656_67B1_9E37_79F9);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    static FEW: Words<16> = Words::new(&["a", "ab", "abc", "abcd", "abcde", ""]);

    #[test]
    fn every_word_is_found_at_its_place_and_nothing_else_is() {
        for (at, word) in FEW.words.iter().enumerate() {
            assert_eq!(FEW.find(word.as_bytes()), Some(at as u16));
        }
        for stranger in ["b", "abd", "abcdef", "ABC"] {
            assert_eq!(FEW.find(stranger.as_bytes()), None);
        }
    }
}
