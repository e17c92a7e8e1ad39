//! Which dialects are worth asking about a record.
//!
//! A dialect's signs are what a record of its shape must show on its surface: one of some words as its `type`, and some
//! fields. They are necessary, never sufficient: its `claims` decides. An index over all signs finds the few dialects to
//! ask by one look-up of the word and one of the fields, where fifty would be asked in turn. May not know what any of
//! the words mean.

use super::Dialect;
use crate::intern::Lexicon;
use crate::scan::keys::{KEY_COUNT, KeySet};
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
    dialects: Vec<(&'static Dialect, KeySet)>,
    kinds: Lexicon<Signs>,
    by_field: [Signs; KEY_COUNT],
    fields: KeySet,
    always: Signs,
}

impl Index {
    /// Builds the index: the one allocation of recognition, at the start.
    pub fn new(dialects: &'static [&'static Dialect]) -> Self {
        let mut index = Self {
            dialects: Vec::with_capacity(Signs::BITS as usize),
            kinds: Lexicon::new(),
            by_field: [0; KEY_COUNT],
            fields: KeySet::default(),
            always: 0,
        };
        for dialect in dialects {
            for sign in dialect.signs {
                let bit: Signs = 1 << index.dialects.len();
                index.dialects.push((dialect, KeySet::of(sign.fields)));
                for word in sign.kinds {
                    *index.kinds.entry(word) |= bit;
                }
                match (sign.kinds, sign.fields) {
                    ([], []) => index.always |= bit,
                    ([], [rare, ..]) => {
                        index.fields.insert(*rare);
                        if let Some(signs) = index.by_field.get_mut(rare.position()) {
                            *signs |= bit;
                        }
                    }
                    _ => {}
                }
            }
        }
        assert!(index.dialects.len() <= Signs::BITS as usize, "more signs than bits");
        index
    }

    /// The first dialect that claims the record.
    #[inline]
    pub fn find(&self, record: &Record<'_>) -> Option<&'static Dialect> {
        let kind = record.get(K::type_);
        let mut signs = self.always;
        if kind.is_string() {
            signs |= kind.text().look_up(|word| self.kinds.find(word)).unwrap_or_default();
        }
        for field in record.keys().common(&self.fields) {
            signs |= self.by_field.get(field.position()).copied().unwrap_or_default();
        }
        while signs != 0 {
            let at = signs.trailing_zeros();
            signs &= signs - 1;
            if let Some((dialect, fields)) = self.dialects.get(at as usize)
                && record.keys().holds(fields)
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
