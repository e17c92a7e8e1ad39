//! Tables of a fixed size, for what is remembered across lines.
//!
//! Keys are 128-bit hashes. Chains are bounded, so that crafted keys that collide cost an eviction and never time. Room
//! is reserved at the start and touched only as it fills. May not know what is stored.

/// Entries that may share a slot of the hash index: one more pushes the oldest of them out.
pub const CHAIN_MAX: usize = 24;

/// No entry.
pub const NONE: u32 = u32::MAX;

/// A 128-bit key, kept in 32-bit parts so that entries need no padding.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Hash([u32; 4]);

impl Hash {
    /// The key of a hash.
    pub const fn new(hash: u128) -> Self {
        Self([hash as u32, (hash >> 32) as u32, (hash >> 64) as u32, (hash >> 96) as u32])
    }

    /// The key of a hash within something else that has a key.
    pub fn within(self, outer: Hash, run: u32) -> Self {
        let mut bytes = [0_u8; 36];
        let words = self.0.iter().chain(&outer.0).chain(std::iter::once(&run));
        for (slot, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *slot = word.to_le_bytes();
        }
        Self::new(xxhash_rust::xxh3::xxh3_128(&bytes))
    }

    const fn slot(self, mask: usize) -> usize {
        let [low, ..] = self.0;
        low as usize & mask
    }
}

struct Entry<V> {
    key: Hash,
    /// The next entry of the same chain, or of the free list.
    next: u32,
    older: u32,
    newer: u32,
    /// `None` where the entry is free.
    value: Option<V>,
}

/// A hash table that gives up its oldest entry when it is full.
pub struct Table<V> {
    heads: Vec<u32>,
    entries: Vec<Entry<V>>,
    capacity: usize,
    free: u32,
    oldest: u32,
    newest: u32,
    count: usize,
}

impl<V> Table<V> {
    /// A table for so many entries, a power of two.
    pub fn new(capacity: usize) -> Self {
        Self {
            // Zero means an empty chain, so that the memory is not touched before it is used.
            heads: vec![0; capacity],
            entries: Vec::with_capacity(capacity),
            capacity,
            free: NONE,
            oldest: NONE,
            newest: NONE,
            count: 0,
        }
    }

    /// How many entries it holds.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// It holds none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn head(&self, slot: usize) -> u32 {
        self.heads.get(slot).map_or(NONE, |head| head.wrapping_sub(1))
    }

    fn set_head(&mut self, slot: usize, entry: u32) {
        if let Some(head) = self.heads.get_mut(slot) {
            *head = entry.wrapping_add(1);
        }
    }

    fn entry(&self, at: u32) -> Option<&Entry<V>> {
        self.entries.get(at as usize)
    }

    fn entry_mut(&mut self, at: u32) -> Option<&mut Entry<V>> {
        self.entries.get_mut(at as usize)
    }

    /// The value at a place that [`Self::find`] or [`Self::insert`] gave, if it is still there.
    pub fn get(&self, at: u32) -> Option<&V> {
        self.entry(at)?.value.as_ref()
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, at: u32) -> Option<&mut V> {
        self.entry_mut(at)?.value.as_mut()
    }

    /// The place of the entry with this key for whose value the question holds.
    pub fn find(&self, key: Hash, is_same: impl Fn(&V) -> bool) -> Option<u32> {
        let mut at = self.head(key.slot(self.capacity - 1));
        while let Some(entry) = self.entry(at) {
            if entry.key == key && entry.value.as_ref().is_some_and(&is_same) {
                return Some(at);
            }
            at = entry.next;
        }
        None
    }

    /// Which entry must go before this key can be added: the oldest of all, or of its chain.
    pub fn victim(&self, key: Hash) -> Option<u32> {
        if self.count >= self.capacity {
            return Some(self.oldest);
        }
        let mut at = self.head(key.slot(self.capacity - 1));
        let mut last = NONE;
        let mut length = 0;
        while let Some(entry) = self.entry(at) {
            last = at;
            length += 1;
            at = entry.next;
        }
        (length >= CHAIN_MAX).then_some(last)
    }

    /// Adds an entry. [`Self::victim`] must have been removed before.
    pub fn insert(&mut self, key: Hash, value: V) -> u32 {
        let slot = key.slot(self.capacity - 1);
        let entry = Entry { key, next: self.head(slot), older: self.newest, newer: NONE, value: Some(value) };
        let at = if self.free == NONE {
            if self.entries.len() >= self.capacity {
                return NONE;
            }
            self.entries.push(entry);
            (self.entries.len() - 1) as u32
        } else {
            let at = self.free;
            self.free = self.entry(at).map_or(NONE, |entry| entry.next);
            if let Some(place) = self.entry_mut(at) {
                *place = entry;
            }
            at
        };
        self.set_head(slot, at);
        self.link_newest(at);
        self.count += 1;
        at
    }

    fn link_newest(&mut self, at: u32) {
        let newest = self.newest;
        match self.entry_mut(newest) {
            Some(entry) => entry.newer = at,
            None => self.oldest = at,
        }
        if let Some(entry) = self.entry_mut(at) {
            entry.older = newest;
            entry.newer = NONE;
        }
        self.newest = at;
    }

    fn unlink_age(&mut self, at: u32) {
        let Some((older, newer)) = self.entry(at).map(|entry| (entry.older, entry.newer)) else { return };
        match self.entry_mut(older) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
        match self.entry_mut(newer) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
    }

    /// Makes an entry the newest.
    pub fn touch(&mut self, at: u32) {
        if at != self.newest && self.get(at).is_some() {
            self.unlink_age(at);
            self.link_newest(at);
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, at: u32) -> Option<V> {
        let (key, next) = {
            let entry = self.entry(at)?;
            entry.value.as_ref()?;
            (entry.key, entry.next)
        };
        let slot = key.slot(self.capacity - 1);
        if self.head(slot) == at {
            self.set_head(slot, next);
        } else {
            let mut before = self.head(slot);
            while let Some(entry) = self.entry_mut(before) {
                if entry.next == at {
                    entry.next = next;
                    break;
                }
                before = entry.next;
            }
        }
        self.unlink_age(at);
        self.count -= 1;
        let free = self.free;
        self.free = at;
        let entry = self.entry_mut(at)?;
        entry.next = free;
        entry.value.take()
    }

    /// Every entry, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &V)> {
        let mut at = self.oldest;
        std::iter::from_fn(move || {
            let entry = self.entry(at)?;
            let here = at;
            at = entry.newer;
            entry.value.as_ref().map(|value| (here, value))
        })
    }
}

struct Remembered<V> {
    key: Hash,
    next: u32,
    value: V,
}

/// A set that forgets in the order in which it learned.
pub struct Memory<V> {
    heads: Vec<u32>,
    entries: Vec<Remembered<V>>,
    capacity: usize,
    cursor: usize,
}

impl<V: Copy> Memory<V> {
    /// A memory for so many keys, a power of two.
    pub fn new(capacity: usize) -> Self {
        Self { heads: vec![0; capacity / 2], entries: Vec::with_capacity(capacity), capacity, cursor: 0 }
    }

    fn mask(&self) -> usize {
        self.capacity / 2 - 1
    }

    fn head(&self, slot: usize) -> u32 {
        self.heads.get(slot).map_or(NONE, |head| head.wrapping_sub(1))
    }

    fn set_head(&mut self, slot: usize, entry: u32) {
        if let Some(head) = self.heads.get_mut(slot) {
            *head = entry.wrapping_add(1);
        }
    }

    /// What is remembered of this key.
    pub fn get_mut(&mut self, key: Hash) -> Option<&mut V> {
        let mut at = self.head(key.slot(self.mask()));
        for _ in 0..CHAIN_MAX * 2 {
            let entry = self.entries.get(at as usize)?;
            if entry.key == key {
                return self.entries.get_mut(at as usize).map(|entry| &mut entry.value);
            }
            at = entry.next;
        }
        None
    }

    /// Remembers a key that it does not know; true where another was forgotten for it.
    pub fn insert(&mut self, key: Hash, value: V) -> bool {
        let slot = key.slot(self.mask());
        let mut forgot = self.shorten(slot);
        let at = if self.entries.len() < self.capacity {
            self.entries.push(Remembered { key, next: NONE, value });
            self.entries.len() - 1
        } else {
            let at = self.cursor;
            self.cursor = (self.cursor + 1) % self.capacity;
            forgot |= self.unchain(at as u32);
            at
        };
        let next = self.head(slot);
        if let Some(entry) = self.entries.get_mut(at) {
            *entry = Remembered { key, next, value };
        }
        self.set_head(slot, at as u32);
        forgot
    }

    /// Cuts the chain where it is as long as it may be; true where a key was lost by it.
    fn shorten(&mut self, slot: usize) -> bool {
        let mut at = self.head(slot);
        for _ in 1..CHAIN_MAX * 2 - 1 {
            match self.entries.get(at as usize) {
                Some(entry) => at = entry.next,
                None => return false,
            }
        }
        let Some(entry) = self.entries.get_mut(at as usize) else { return false };
        std::mem::replace(&mut entry.next, NONE) != NONE
    }

    /// Takes an entry out of its chain; false where it had been cut off before.
    fn unchain(&mut self, at: u32) -> bool {
        let Some((key, next)) = self.entries.get(at as usize).map(|entry| (entry.key, entry.next)) else {
            return false;
        };
        let slot = key.slot(self.mask());
        let mut before = self.head(slot);
        if before == at {
            self.set_head(slot, next);
            return true;
        }
        for _ in 0..CHAIN_MAX * 2 {
            let Some(entry) = self.entries.get_mut(before as usize) else { return false };
            if entry.next == at {
                entry.next = next;
                return true;
            }
            before = entry.next;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(id: u32) -> Hash {
        Hash::new(u128::from(id) << 64 | u128::from(id % 8))
    }

    #[derive(Clone, Debug)]
    enum Act {
        Insert(u32),
        Remove(u32),
        Touch(u32),
    }

    proptest! {
        #[test]
        fn a_table_behaves_as_a_list_with_a_limit_and_keeps_the_newest(
            acts in proptest::collection::vec(
                prop_oneof![
                    3 => (0_u32..40).prop_map(Act::Insert),
                    1 => (0_u32..40).prop_map(Act::Remove),
                    1 => (0_u32..40).prop_map(Act::Touch),
                ], 0..200)
        ) {
            let mut table = Table::new(16);
            let mut list: Vec<u32> = Vec::new();
            for act in acts {
                match act {
                    Act::Insert(id) if !list.contains(&id) => {
                        if let Some(victim) = table.victim(key(id)) {
                            let gone = table.remove(victim);
                            prop_assert_eq!(gone, Some(list.remove(0)));
                        }
                        table.insert(key(id), id);
                        list.push(id);
                    }
                    Act::Insert(_) => {}
                    Act::Remove(id) => {
                        let at = table.find(key(id), |value| *value == id);
                        prop_assert_eq!(at.is_some(), list.contains(&id));
                        if let Some(at) = at {
                            table.remove(at);
                            list.retain(|other| *other != id);
                        }
                    }
                    Act::Touch(id) => {
                        if let Some(at) = table.find(key(id), |value| *value == id) {
                            table.touch(at);
                            list.retain(|other| *other != id);
                            list.push(id);
                        }
                    }
                }
                let order: Vec<u32> = table.iter().map(|(_, value)| *value).collect();
                prop_assert_eq!(&order, &list);
                prop_assert_eq!(table.len(), list.len());
            }
        }

        #[test]
        fn a_memory_knows_what_it_learned_last(ids in proptest::collection::vec(0_u32..60, 0..200)) {
            let mut memory = Memory::new(16);
            let mut list: Vec<u32> = Vec::new();
            for id in ids {
                let known = memory.get_mut(key(id)).is_some();
                prop_assert_eq!(known, list.contains(&id));
                if !known {
                    let forgot = memory.insert(key(id), ());
                    list.push(id);
                    if list.len() > 16 {
                        list.remove(0);
                        prop_assert!(forgot);
                    }
                }
            }
        }
    }

    #[test]
    fn keys_that_all_collide_cost_evictions_and_never_long_chains() {
        let mut table = Table::new(1024);
        let mut memory = Memory::new(1024);
        for id in 0..1000_u32 {
            let key = Hash::new(u128::from(id) << 64);
            if let Some(victim) = table.victim(key) {
                table.remove(victim);
            }
            table.insert(key, id);
            memory.insert(key, ());
        }
        assert_eq!(table.len(), CHAIN_MAX);
        assert!(memory.get_mut(Hash::new(999 << 64)).is_some());
        assert!(memory.get_mut(Hash::new(1 << 64)).is_none());
    }
}
