//! Which dialects are worth asking about a record.
//!
//! A dialect's signs are what a record of its shape must show on its surface: one of some words as its `type`, and some
//! fields. They are necessary, never sufficient: its `claims` decides. An index over all signs finds the few dialects to
//! ask by one look-up of the word and one of the fields, where fifty would be asked in turn. May not know what any of
//! the words mean.

use super::Dialect;
use crate::intern::Lexicon;
use crate::scan::keys::FIRST_KEYS;
use crate::scan::{Key as K, Record};

/// One way in which a record of a dialect can look.
#[derive(Clone, Copy)]
pub struct Sign {
    /// Its `type` is one of these words; any or none where the list is empty.
    kinds: &'static [&'static str],
    /// It has all of these fields. Without kinds, the first of them is looked up: let it be a rare one.
    fields: &'static [K],
}

impl Sign {
    /// What every record shows.
    pub const ANY: Self = Self { kinds: &[], fields: &[] };

    /// A record whose `type` is one of these words, with all of these fields.
    pub const fn kinds(kinds: &'static [&'static str], fields: &'static [K]) -> Self {
        Self { kinds, fields }
    }

    /// A record with all of these fields, the first of which is rare.
    pub const fn fields(fields: &'static [K]) -> Self {
        Self { kinds: &[], fields }
    }
}

/// A bit for each sign, in the order of the dialects.
type Signs = u128;

/// The signs of all dialects, by word and by field.
pub struct Index {
    signs: Vec<(&'static Dialect, &'static [K])>,
    by_kind: Lexicon<Signs>,
    by_field: [Signs; FIRST_KEYS],
    /// The fields that are looked up, as [`crate::scan::keys::KeySet::first`] tells them.
    fields: u64,
    always: Signs,
}

impl Index {
    /// Builds the index: the one allocation of recognition, at the start.
    pub fn new(dialects: &'static [&'static Dialect]) -> Self {
        let mut index = Self {
            signs: Vec::with_capacity(Signs::BITS as usize),
            by_kind: Lexicon::new(),
            by_field: [0; FIRST_KEYS],
            fields: 0,
            always: 0,
        };
        for dialect in dialects {
            for sign in dialect.signs {
                let bit: Signs = 1 << index.signs.len();
                index.signs.push((dialect, sign.fields));
                for word in sign.kinds {
                    *index.by_kind.entry(word) |= bit;
                }
                match (sign.kinds, sign.fields) {
                    ([], []) => index.always |= bit,
                    ([], [rare, ..]) => match index.by_field.get_mut(rare.position()) {
                        Some(signs) => {
                            *signs |= bit;
                            index.fields |= 1 << rare.position();
                        }
                        // Among the later keys it would be asked about for every record.
                        None => index.always |= bit,
                    },
                    _ => {}
                }
            }
        }
        assert!(index.signs.len() <= Signs::BITS as usize, "more signs than bits");
        index
    }

    /// The first dialect that claims the record.
    #[inline]
    pub fn find(&self, record: &Record<'_>) -> Option<&'static Dialect> {
        let mut signs = self.always;
        if record.has(K::type_) {
            signs |= record.get(K::type_).text().look_up(|word| self.by_kind.find(word)).unwrap_or_default();
        }
        let mut fields = record.keys().first() & self.fields;
        while fields != 0 {
            signs |= self.by_field.get(fields.trailing_zeros() as usize).copied().unwrap_or_default();
            fields &= fields - 1;
        }
        while signs != 0 {
            let at = signs.trailing_zeros();
            signs &= signs - 1;
            if let Some((dialect, fields)) = self.signs.get(at as usize)
                && record.has_all(fields)
                && (dialect.claims)(record)
            {
                return Some(dialect);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
    use super::super::{DIALECTS, recognise};
    use super::*;
    use crate::scan::Scanner;
    use serde_json::{Map, Value};
    use std::collections::BTreeSet;

    /// Every record of the golden fixtures, as far as it is JSON.
    fn golden_records() -> Vec<Map<String, Value>> {
        let mut records = Vec::new();
        for folder in std::fs::read_dir("tests/golden").unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "jsonl") {
                    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
                    records.extend(text.lines().filter_map(|line| serde_json::from_str(line).ok()));
                }
            }
        }
        records
    }

    /// The record itself, without each of its fields, with another value in each, and with each of the types.
    fn variants(record: &Map<String, Value>, kinds: &BTreeSet<&str>) -> Vec<Map<String, Value>> {
        let mut variants = vec![record.clone()];
        for field in record.keys() {
            let mut without = record.clone();
            without.remove(field);
            variants.push(without);
            for value in [Value::Null, Value::from(1), Value::from("x"), Value::from(Vec::<Value>::new())] {
                let mut other = record.clone();
                other.insert(field.clone(), value);
                variants.push(other);
            }
        }
        for kind in kinds {
            let mut other = record.clone();
            other.insert("type".to_owned(), Value::from(*kind));
            variants.push(other);
        }
        variants
    }

    #[test]
    fn every_field_that_is_looked_up_is_among_the_first_keys() {
        let looked_up = DIALECTS.iter().flat_map(|dialect| dialect.signs).filter(|sign| sign.kinds.is_empty());
        for rare in looked_up.filter_map(|sign| sign.fields.first()) {
            assert!(rare.position() < FIRST_KEYS, "put it before the others in scan/keys.rs: {}", rare.position());
        }
    }

    #[test]
    fn whoever_claims_a_record_is_found_by_its_signs() {
        let index = Index::new(DIALECTS);
        let mut scanner = Scanner::new();
        let kinds: BTreeSet<_> =
            DIALECTS.iter().flat_map(|dialect| dialect.signs).flat_map(|sign| sign.kinds).copied().collect();
        let (mut claimed, mut asked) = (0, 0);
        for record in golden_records() {
            for variant in variants(&record, &kinds) {
                let line = serde_json::to_string(&variant).unwrap();
                let Ok(record) = scanner.scan(line.as_bytes()) else { continue };
                let naive = recognise(&record);
                let found = index.find(&record);
                assert_eq!(found.map(|dialect| dialect.name), naive.map(|dialect| dialect.name), "{line}");
                claimed += usize::from(found.is_some());
                asked += 1;
            }
        }
        assert!(claimed > 10_000 && claimed < asked, "{claimed} of {asked} claimed");
    }
}
