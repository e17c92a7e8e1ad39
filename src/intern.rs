//! Closed sets of words, looked up by exact match.
//!
//! A table is hashed at compile time, so a look-up is one hash, one or two probes and one comparison, and nothing is
//! built at start-up. Knows bytes and table positions; may not know what the words mean.

/// Marks a slot of a table that holds no word.
const EMPTY: u16 = u16::MAX;

/// What a word of up to 16 bytes is, as two numbers; of a longer one, its first and last eight bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Print {
    head: u64,
    tail: u64,
    len: usize,
}

impl Print {
    /// Words longer than this are compared byte by byte, too.
    const EXACT_BYTES: usize = 16;

    #[inline]
    const fn of(bytes: &[u8]) -> Self {
        let len = bytes.len();
        let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
            _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                (Some(head), Some(tail)) => (u32::from_le_bytes(*head) as u64, u32::from_le_bytes(*tail) as u64),
                _ => match bytes {
                    [a, b, c] => (u32::from_le_bytes([*a, *b, *c, 0]) as u64, 0),
                    [a, b] => (u16::from_le_bytes([*a, *b]) as u64, 0),
                    [a] => (*a as u64, 0),
                    _ => (0, 0),
                },
            },
        };
        Self { head, tail, len }
    }

    #[inline]
    const fn hash(self) -> usize {
        let mixed = self.head.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ self.tail.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
            ^ (self.len as u64).wrapping_mul(0x1656_67B1_9E37_79F9);
        (mixed ^ (mixed >> 32)) as usize
    }
}

/// A fixed set of words with a hash index of `SLOTS` positions, built at compile time.
pub struct Words<const SLOTS: usize> {
    words: &'static [&'static str],
    slots: [(Print, u16); SLOTS],
    longest_bytes: usize,
}

impl<const SLOTS: usize> Words<SLOTS> {
    /// Builds the index. Fails to compile where two words are equal or the table is more than half full.
    #[allow(clippy::indexing_slicing, reason = "bounded by the loop and masked to the table, at compile time")]
    pub const fn new(words: &'static [&'static str]) -> Self {
        assert!(SLOTS.is_power_of_two() && words.len() * 2 <= SLOTS);
        let mut slots = [(Print { head: 0, tail: 0, len: 0 }, EMPTY); SLOTS];
        let mut longest_bytes = 0;
        let mut at = 0;
        while at < words.len() {
            let word = words[at].as_bytes();
            if word.len() > longest_bytes {
                longest_bytes = word.len();
            }
            let print = Print::of(word);
            let mut slot = print.hash() & (SLOTS - 1);
            while slots[slot].1 != EMPTY {
                assert!(!equal(words[slots[slot].1 as usize].as_bytes(), word), "a word stands twice in the table");
                slot = (slot + 1) & (SLOTS - 1);
            }
            slots[slot] = (print, at as u16);
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
        let print = Print::of(bytes);
        let mut slot = print.hash() & (SLOTS - 1);
        loop {
            let (known, at) = self.slots.get(slot)?;
            if *at == EMPTY {
                return None;
            }
            if *known == print
                && (bytes.len() <= Print::EXACT_BYTES || self.words.get(usize::from(*at))?.as_bytes() == bytes)
            {
                return Some(*at);
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

#[cfg(test)]
mod tests {
    use super::*;

    static FEW: Words<16> = Words::new(&["a", "ab", "abc", "abcd", "abcde", "", "abcdefghijklmnopqrstuvwxyz"]);

    #[test]
    fn every_word_is_found_at_its_place_and_nothing_else_is() {
        for (at, word) in FEW.words.iter().enumerate() {
            assert_eq!(FEW.find(word.as_bytes()), Some(at as u16));
        }
        for stranger in ["b", "abd", "abcdef", "ABC", "abcdefghijklmnopqrstuvw"] {
            assert_eq!(FEW.find(stranger.as_bytes()), None);
        }
    }
}
