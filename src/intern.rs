//! Closed sets of words, looked up by exact match.
//!
//! A table of [`Words`] is hashed at compile time, so a look-up is one hash, one or two probes and one comparison, and
//! nothing is built at start-up; a [`Lexicon`] is filled then. Knows bytes and table positions; may not know what the
//! words mean.

/// Marks a slot of a table that holds no word.
const EMPTY: u16 = u16::MAX;

/// Fewer than eight bytes as a number.
#[inline(always)]
const fn short(bytes: &[u8]) -> u64 {
    let (first, rest) = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(head), Some(tail)) => {
            // The two overlap: what both tell is the same.
            let shift = (bytes.len() - 4) * 8;
            (u32::from_le_bytes(*head) as u64, (u32::from_le_bytes(*tail) as u64) << shift)
        }
        _ => match bytes {
            [a, b, c] => (u32::from_le_bytes([*a, *b, *c, 0]) as u64, 0),
            [a, b] => (u16::from_le_bytes([*a, *b]) as u64, 0),
            [a] => (*a as u64, 0),
            _ => (0, 0),
        },
    };
    first | rest
}

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

    #[inline(always)]
    const fn of(bytes: &[u8]) -> Self {
        let len = bytes.len();
        if let (Some(head), Some(tail)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            return Self { head: u64::from_le_bytes(*head), tail: u64::from_le_bytes(*tail), len };
        }
        Self { head: short(bytes), tail: 0, len }
    }

    #[inline(always)]
    const fn hash(self) -> usize {
        let mixed = (self.head ^ self.tail.rotate_left(29) ^ self.len as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // The uppermost bits are those that depend on all of the word.
        (mixed >> 48) as usize
    }
}

/// A fixed set of words with a hash index of `SLOTS` positions, built at compile time.
pub struct Words<const SLOTS: usize> {
    words: &'static [&'static str],
    slots: [u16; SLOTS],
    /// One for each word, in the words' order; apart from the slots, so that what is touched stays small.
    prints: [Print; SLOTS],
    longest_bytes: usize,
}

impl<const SLOTS: usize> Words<SLOTS> {
    /// Builds the index. Fails to compile where two words are equal or the table is more than half full.
    #[allow(clippy::indexing_slicing, reason = "bounded by the loop and masked to the table, at compile time")]
    pub const fn new(words: &'static [&'static str]) -> Self {
        assert!(SLOTS.is_power_of_two() && SLOTS <= 1 << 16 && words.len() * 2 <= SLOTS);
        let mut slots = [EMPTY; SLOTS];
        let mut prints = [Print { head: 0, tail: 0, len: 0 }; SLOTS];
        let mut longest_bytes = 0;
        let mut at = 0;
        while at < words.len() {
            let word = words[at].as_bytes();
            if word.len() > longest_bytes {
                longest_bytes = word.len();
            }
            let print = Print::of(word);
            let mut slot = print.hash() & (SLOTS - 1);
            while slots[slot] != EMPTY {
                assert!(!equal(words[slots[slot] as usize].as_bytes(), word), "a word stands twice in the table");
                slot = (slot + 1) & (SLOTS - 1);
            }
            slots[slot] = at as u16;
            prints[at] = print;
            at += 1;
        }
        Self { words, slots, prints, longest_bytes }
    }

    /// The position of the word in the table, if it is one of them.
    #[inline]
    pub fn find(&self, bytes: &[u8]) -> Option<u16> {
        if bytes.len() > self.longest_bytes {
            return None;
        }
        let print = Print::of(bytes);
        let slot = print.hash() & (SLOTS - 1);
        let at = *self.slots.get(slot)?;
        // No print stands at the place of no word.
        if *self.prints.get(usize::from(at))? == print && bytes.len() <= Print::EXACT_BYTES {
            return Some(at);
        }
        self.find_on(slot, print, bytes)
    }

    /// Of a long word, and of one whose slot another has taken: apart, so that the ways that are common stay short.
    #[inline(never)]
    fn find_on(&self, mut slot: usize, print: Print, bytes: &[u8]) -> Option<u16> {
        loop {
            let at = *self.slots.get(slot)?;
            if *self.prints.get(usize::from(at))? == print && self.words.get(usize::from(at))?.as_bytes() == bytes {
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

/// A dictionary that is filled at start-up: what each word stands for.
pub struct Lexicon<T> {
    slots: Vec<Option<(Print, &'static str, T)>>,
    count: usize,
    longest_bytes: usize,
}

impl<T: Copy + Default> Lexicon<T> {
    /// Half of the slots stay empty, so that a stranger is known as one at once.
    const SLOTS: usize = 1024;

    /// An empty one.
    pub fn new() -> Self {
        Self { slots: vec![None; Self::SLOTS], count: 0, longest_bytes: 0 }
    }

    /// What the word stands for; the default until it is set.
    #[allow(clippy::expect_used, reason = "at start-up, over words of the program's own")]
    pub fn entry(&mut self, word: &'static str) -> &mut T {
        let print = Print::of(word.as_bytes());
        let mut slot = print.hash() & (Self::SLOTS - 1);
        while let Some(Some((_, known, _))) = self.slots.get(slot)
            && *known != word
        {
            slot = (slot + 1) & (Self::SLOTS - 1);
        }
        self.longest_bytes = self.longest_bytes.max(word.len());
        let place = self.slots.get_mut(slot).expect("masked to the table");
        if place.is_none() {
            self.count += 1;
            assert!(self.count * 2 <= Self::SLOTS, "more than half full");
        }
        &mut place.get_or_insert((print, word, T::default())).2
    }

    /// What the word stands for, if it is known.
    #[inline]
    pub fn find(&self, bytes: &[u8]) -> Option<T> {
        if bytes.len() > self.longest_bytes {
            return None;
        }
        let print = Print::of(bytes);
        let mut slot = print.hash() & (Self::SLOTS - 1);
        loop {
            let (known, word, value) = self.slots.get(slot)?.as_ref()?;
            if *known == print && (bytes.len() <= Print::EXACT_BYTES || word.as_bytes() == bytes) {
                return Some(*value);
            }
            slot = (slot + 1) & (Self::SLOTS - 1);
        }
    }
}

impl<T: Copy + Default> Default for Lexicon<T> {
    fn default() -> Self {
        Self::new()
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
    fn a_lexicon_gives_what_was_put_in_and_nothing_else() {
        let mut lexicon = Lexicon::<u8>::new();
        for (at, word) in FEW.words.iter().enumerate() {
            *lexicon.entry(word) |= 1;
            *lexicon.entry(word) |= at as u8 + 2;
        }
        for (at, word) in FEW.words.iter().enumerate() {
            assert_eq!(lexicon.find(word.as_bytes()), Some((at as u8 + 2) | 1));
        }
        assert_eq!(lexicon.find(b"abdc"), None);
        assert_eq!(lexicon.find(&[b'a'; 40]), None);
    }

    #[test]
    fn every_word_is_found_at_its_place_and_nothing_else_is() {
        for (at, word) in FEW.words.iter().enumerate() {
            assert_eq!(FEW.find(word.as_bytes()), Some(at as u16));
        }
        for stranger in ["b", "abd", "abcdef", "abcdefg", "abcdefgh", "ABC", "abcdefghijklmnopqrstuvw", "abcd\0", "\0"]
        {
            assert_eq!(FEW.find(stranger.as_bytes()), None, "{stranger}");
        }
    }
}
