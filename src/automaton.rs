//! Many short keys, found in one pass over a text.
//!
//! Aho and Corasick's automaton with every transition written out. Keys are of lower-case letters and blanks alone, so
//! that the table is small and quickly built; its size is fixed, so that the loop over a text needs no check of bounds.
//! Knows bytes; may not know what the keys mean.

/// Kinds of bytes: each letter, the blank, and all others together; a power of two.
const CLASSES: usize = 32;
/// States that there is room for.
pub const STATES_MAX: usize = 8192;
/// Entries of the table of transitions.
const ENTRIES: usize = STATES_MAX * CLASSES;
/// Marks a transition to a state in which a key ends.
const ENDS: u32 = 1 << 31;
/// Bytes that are stepped over before the marks are looked at.
const STRIDE: usize = 8;

/// Which kind of byte each byte is; 0: one that is in no key.
const CLASS_OF: [u8; 256] = {
    let mut classes = [0; 256];
    let mut letter = 0;
    while letter < 26 {
        #[allow(clippy::indexing_slicing, reason = "bounded by the loop, at compile time")]
        {
            classes[b'a' as usize + letter] = letter as u8 + 1;
        }
        letter += 1;
    }
    #[allow(clippy::indexing_slicing, reason = "a blank is within the table, at compile time")]
    {
        classes[b' ' as usize] = 27;
    }
    classes
};

/// Whether a key may hold this byte.
pub const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b' '
}

#[inline]
fn class(byte: u8) -> u32 {
    u32::from(CLASS_OF.get(usize::from(byte)).copied().unwrap_or(0))
}

/// The automaton. A state is named by the position of its first transition.
pub struct Automaton {
    /// For each state and kind of byte the next state, with [`ENDS`].
    next: Box<[u32; ENTRIES]>,
    /// For each state the key that ends in it, as its position + 1.
    ends: Vec<u16>,
    /// For each state the longest shorter state in which a key ends; 0: none.
    shorter: Vec<u32>,
}

impl Automaton {
    /// The automaton of these keys. A key that is empty, or holds other bytes than [`is_key_byte`], is never found; nor is one
    /// for which there is no room.
    pub fn new(keys: &[&[u8]]) -> Self {
        let table: Result<Box<[u32; ENTRIES]>, _> = vec![0; ENTRIES].into_boxed_slice().try_into();
        let next = table.unwrap_or_else(|_| Box::new([0; ENTRIES]));
        let mut automaton = Self { next, ends: vec![0], shorter: vec![0] };
        for (at, key) in keys.iter().enumerate() {
            automaton.add(key, at as u16 + 1);
        }
        automaton.link();
        automaton
    }

    /// How many states it has.
    pub fn states(&self) -> usize {
        self.ends.len()
    }

    fn add(&mut self, key: &[u8], number: u16) {
        if key.is_empty() || !key.iter().copied().all(is_key_byte) || self.states() + key.len() > STATES_MAX {
            return;
        }
        let mut state = 0;
        for byte in key {
            let fresh = (self.ends.len() * CLASSES) as u32;
            let next = self.slot(state | class(*byte));
            if *next == 0 {
                *next = fresh;
                self.ends.push(0);
                self.shorter.push(0);
            }
            state = self.step(state, *byte);
        }
        if let Some(end) = self.ends.get_mut(state as usize / CLASSES) {
            *end = number;
        }
    }

    /// A transition, to be changed.
    #[allow(clippy::indexing_slicing, reason = "the index is cut to the table's size, which is a power of two")]
    fn slot(&mut self, at: u32) -> &mut u32 {
        &mut self.next[at as usize & (ENTRIES - 1)]
    }

    /// The next state, with [`ENDS`].
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "the index is cut to the table's size, which is a power of two")]
    fn step(&self, state: u32, byte: u8) -> u32 {
        self.next[(state | class(byte)) as usize & (ENTRIES - 1)]
    }

    /// The number of the key that ends in this state; 0: none.
    fn end(&self, state: u32) -> u16 {
        self.ends.get(state as usize / CLASSES).copied().unwrap_or(0)
    }

    fn shorter_end(&self, state: u32) -> u32 {
        self.shorter.get(state as usize / CLASSES).copied().unwrap_or(0)
    }

    /// Writes out every transition, shorter states first: where a state has no child, the next state is that of the longest
    /// shorter state.
    fn link(&mut self) {
        let mut fallback = vec![0_u32; self.states()];
        let fallback_of = |fallback: &[u32], state: u32| fallback.get(state as usize / CLASSES).copied().unwrap_or(0);
        let mut queue = vec![0_u32];
        let mut at = 0;
        while let Some(state) = queue.get(at).copied() {
            at += 1;
            let shorter = fallback_of(&fallback, state);
            for kind in 0..CLASSES as u32 {
                let inherited = if state == 0 { 0 } else { *self.slot(shorter | kind) };
                let slot = self.slot(state | kind);
                if *slot == 0 {
                    *slot = inherited;
                } else {
                    let child = *slot;
                    queue.push(child);
                    if let Some(slot) = fallback.get_mut(child as usize / CLASSES) {
                        *slot = inherited;
                    }
                }
            }
        }
        for state in queue {
            let shorter = fallback_of(&fallback, state);
            let ending = if self.end(shorter) != 0 { shorter } else { self.shorter_end(shorter) };
            if let Some(slot) = self.shorter.get_mut(state as usize / CLASSES) {
                *slot = ending;
            }
        }
        for at in 0..(self.states() * CLASSES) as u32 {
            let to = *self.slot(at);
            if self.end(to) != 0 || self.shorter_end(to) != 0 {
                *self.slot(at) = to | ENDS;
            }
        }
    }

    /// Calls `hit` with each key that ends at a byte of the text, and that byte's position.
    #[inline]
    pub fn find(&self, text: &[u8], mut hit: impl FnMut(usize, usize)) {
        let mut state = 0;
        let mut at = 0;
        let (strides, rest) = text.as_chunks::<STRIDE>();
        for stride in strides {
            let mut after = state;
            let mut marks = 0;
            for byte in stride {
                after = self.step(after, *byte);
                marks |= after;
            }
            if marks & ENDS == 0 {
                state = after;
            } else {
                state = self.find_slowly(state, stride, at, &mut hit);
            }
            at += STRIDE;
        }
        self.find_slowly(state, rest, at, &mut hit);
    }

    fn find_slowly(&self, mut state: u32, text: &[u8], from: usize, hit: &mut impl FnMut(usize, usize)) -> u32 {
        for (at, byte) in text.iter().enumerate() {
            state = self.step(state, *byte);
            if state & ENDS == 0 {
                continue;
            }
            let mut ending = state & !ENDS;
            while ending != 0 {
                if let Some(key) = usize::from(self.end(ending)).checked_sub(1) {
                    hit(key, from + at);
                }
                ending = self.shorter_end(ending);
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(keys: &[&str], text: &str) -> Vec<(usize, usize)> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
        let mut hits = Vec::new();
        Automaton::new(&keys).find(text.as_bytes(), |key, at| hits.push((at, key)));
        hits
    }

    #[test]
    fn keys_inside_keys_are_all_found() {
        assert_eq!(found(&["he", "she", "hers", "e "], "ushers e "), [(3, 1), (3, 0), (5, 2), (8, 3)]);
        assert_eq!(found(&["aa"], "aaaa"), [(1, 0), (2, 0), (3, 0)]);
        assert_eq!(found(&["a", "", "x1"], "x1a"), [(2, 0)]);
        assert_eq!(found(&[], "text"), []);
    }

    proptest! {
        #[test]
        fn it_finds_what_a_search_for_each_key_finds(
            keys in proptest::collection::hash_set("[ab ]{1,4}", 0..8),
            text in "[abc .]{0,40}",
        ) {
            let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
            let mut hits = Vec::new();
            Automaton::new(&keys).find(text.as_bytes(), |key, at| hits.push((key, at)));
            let mut naive = Vec::new();
            for (key, bytes) in keys.iter().enumerate() {
                let ends = text.as_bytes().windows(bytes.len()).enumerate().filter(|(_, window)| window == bytes);
                naive.extend(ends.map(|(at, _)| (key, at + bytes.len() - 1)));
            }
            hits.sort_unstable();
            naive.sort_unstable();
            prop_assert_eq!(hits, naive);
        }
    }
}
