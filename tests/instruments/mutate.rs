//! Logs that nobody wrote: golden sessions with records, fields, lines and bytes exchanged, repeated, cut and wrapped.
//!
//! Knows JSON, and the values that golden sessions hold; may not know any dialect.

use super::Dice;
use super::json::Json;
use std::fs;
use std::path::Path;

/// Strings, numbers and words that readers of JSON trip over, as they are written.
const ODD: &[&str] = &[
    "\"\"",
    "\" \"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u0000\"",
    "\"\\u2028\u{2028}\"",
    "\"\\\\\"",
    "\"\\\\\\\"\"",
    "\"\\x\"",
    "\"{\\\"type\\\":\\\"x\\\"}\"",
    "\"{\\\"exit_code\\\":1,\\\"output\\\":\\\"\\\\ud83d\\\"}\"",
    "\"[{}]\"",
    "\"<task-notification><status>failed</status>\"",
    "\"}{\"",
    "0",
    "-0",
    "1.0",
    "-1",
    "127",
    "256",
    "4294967295",
    "-2147483648",
    "1e999",
    "123456789012345678901234567890",
    "1751328000000",
    "true",
    "false",
    "null",
    "{}",
    "[]",
    "[[]]",
    "{\"type\":\"tool_result\",\"is_error\":true}",
];

/// Stretches of bytes that mean something somewhere.
const BYTES: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\n\n",
    b"}{",
    b"{\"",
    b"}",
    b"]",
    b"\"",
    b"\\",
    b"\\\"",
    b"\\u",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
    b"\t",
    b":",
    b",",
    b",\"failure_source\":\"network\"",
    b",\"failure_source\":null",
    b"\x1f\x8b",
    b"connection refused",
    b"command not found",
    b"No such file or directory",
    b"timed out",
];

/// Bytes beyond which a session is not made longer.
const SESSION_BYTES_MAX: usize = 64 * 1024;

/// What golden sessions are made of.
pub struct Pool {
    /// The sessions, with their names.
    pub sessions: Vec<(String, Vec<u8>)>,
    lines: Vec<Vec<u8>>,
    fields: Vec<(Vec<u8>, Json)>,
    values: Vec<Json>,
}

impl Pool {
    /// Every session below a folder of golden folders.
    pub fn of(golden: &Path) -> Self {
        let mut sessions = Vec::new();
        let mut folders: Vec<_> = fs::read_dir(golden).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.retain(|path| path.is_dir());
        folders.sort();
        for folder in folders {
            let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
            files.sort();
            let folder = folder.file_name().unwrap().display().to_string();
            let name = |file: &Path| format!("{folder}/{}", file.file_stem().unwrap().display());
            sessions.extend(files.iter().map(|file| (name(file), fs::read(file).unwrap())));
        }
        assert!(sessions.len() > 20, "{} golden sessions", sessions.len());
        let mut pool = Self { sessions, lines: Vec::new(), fields: Vec::new(), values: Vec::new() };
        let lines: Vec<Vec<u8>> =
            pool.sessions.iter().flat_map(|(_, text)| text.split(|byte| *byte == b'\n')).map(<[u8]>::to_vec).collect();
        for line in &lines {
            if let Some((mut record, _)) = Json::parse(line) {
                let (fields, values) = (&mut pool.fields, &mut pool.values);
                record.each_mut(&mut |value| {
                    if let Json::Object(inside) = &*value {
                        fields.extend(inside.iter().cloned());
                    }
                    values.push(value.clone());
                });
            }
        }
        pool.lines = lines;
        pool
    }

    /// A session of the pool.
    pub fn session(&self, dice: &mut Dice) -> &[u8] {
        &self.sessions[dice.below(self.sessions.len())].1
    }

    /// The bytes with one to five things changed.
    pub fn mutate(&self, session: &[u8], dice: &mut Dice) -> Vec<u8> {
        let mut bytes = session.to_vec();
        for _ in 0..1 + dice.below(5) {
            match dice.below(10) {
                0..=6 => self.change_record(&mut bytes, dice),
                7..=8 => self.change_lines(&mut bytes, dice),
                _ => change_bytes(&mut bytes, dice),
            }
        }
        bytes
    }

    fn change_lines(&self, bytes: &mut Vec<u8>, dice: &mut Dice) {
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let at = dice.below(lines.len());
        let other = dice.below(lines.len());
        let mut new = self.lines[dice.below(self.lines.len())].clone();
        match dice.below(7) {
            _ if lines.is_empty() || bytes.len() > SESSION_BYTES_MAX => lines.push(new),
            0 => _ = lines.remove(at),
            1 => lines.insert(other, lines[at].clone()),
            2 => lines.swap(at, other),
            // Glued to what follows.
            3 => lines[at].retain(|byte| *byte != b'\n'),
            4 => lines.insert(at, new),
            5 => {
                new.push(b'\n');
                lines.insert(at, new);
            }
            _ => {
                let cut = dice.below(lines[at].len());
                lines[at].truncate(cut);
            }
        }
        *bytes = lines.concat();
    }

    fn change_record(&self, bytes: &mut Vec<u8>, dice: &mut Dice) {
        let starts: Vec<usize> = (0..bytes.len()).filter(|at| *at == 0 || bytes[at - 1] == b'\n').collect();
        if starts.is_empty() {
            return bytes.extend_from_slice(&self.lines[dice.below(self.lines.len())]);
        }
        let start = starts[dice.below(starts.len())];
        let Some((mut record, len)) = Json::parse(&bytes[start..]) else { return change_bytes(bytes, dice) };
        let node = dice.below(record.count());
        if let Some(value) = record.nth_mut(node) {
            self.change_value(value, dice);
        }
        if bytes.len() < SESSION_BYTES_MAX {
            bytes.splice(start..start + len, record.to_bytes());
        }
    }

    fn value(&self, dice: &mut Dice) -> Json {
        match dice.below(3) {
            0 => Json::Scalar(ODD[dice.below(ODD.len())].into()),
            _ => self.values[dice.below(self.values.len())].clone(),
        }
    }

    fn change_value(&self, value: &mut Json, dice: &mut Dice) {
        match (dice.below(12), &mut *value) {
            (0, _) => *value = self.value(dice),
            // A document in a string, as several agents write them.
            (1, _) => {
                let mut quoted = vec![b'"'];
                for byte in value.to_bytes() {
                    if matches!(byte, b'"' | b'\\') {
                        quoted.push(b'\\');
                    }
                    quoted.push(byte);
                }
                quoted.push(b'"');
                *value = Json::String(quoted);
            }
            (2, _) => *value = Json::Array(vec![value.clone(), self.value(dice)]),
            (3, _) => {
                let (key, _) = self.fields[dice.below(self.fields.len())].clone();
                *value = Json::Object(vec![(key, value.clone())]);
            }
            (_, Json::Object(fields)) if !fields.is_empty() => {
                let (at, other) = (dice.below(fields.len()), dice.below(fields.len()));
                match dice.below(8) {
                    0 => _ = fields.remove(at),
                    1 => fields.insert(other, fields[at].clone()),
                    2 => fields.swap(at, other),
                    3 => fields.reverse(),
                    // The same key written otherwise.
                    4 => {
                        let key = &mut fields[at].0;
                        if let Some(byte) = key.get(1).filter(|byte| byte.is_ascii_lowercase()) {
                            key.splice(1..2, format!("\\u{byte:04x}").into_bytes());
                        }
                    }
                    5 => fields[at].1 = self.value(dice),
                    6 => (0..300).for_each(|_| fields.push(fields[at].clone())),
                    _ => fields.insert(at, self.fields[dice.below(self.fields.len())].clone()),
                }
            }
            (_, Json::Array(items)) if !items.is_empty() => {
                let at = dice.below(items.len());
                match dice.below(5) {
                    0 => _ = items.remove(at),
                    1 => items.push(items[at].clone()),
                    2 => items.reverse(),
                    3 => items[at] = self.value(dice),
                    _ => (0..20).for_each(|_| items.push(items[at].clone())),
                }
            }
            (_, Json::String(raw)) if raw.len() > 2 => {
                let at = 1 + dice.below(raw.len() - 2);
                let odd = BYTES[dice.below(BYTES.len())];
                match dice.below(3) {
                    0 => raw.truncate(at),
                    1 => _ = raw.splice(at..at, odd.iter().copied().filter(|byte| !matches!(byte, b'"' | b'\n'))),
                    _ => _ = raw.splice(at..at, vec![b' '; dice.below(9000)]),
                }
                if raw.last() != Some(&b'"') {
                    raw.push(b'"');
                }
            }
            _ => *value = self.value(dice),
        }
    }
}

fn change_bytes(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    match dice.below(5) {
        _ if bytes.is_empty() => bytes.push(dice.roll() as u8),
        0 => _ = bytes.splice(at..at, BYTES[dice.below(BYTES.len())].iter().copied()),
        1 => {
            let end = (at + 1 + dice.below(20)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        2 => bytes.truncate(at),
        3 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        _ => {
            let other = dice.below(bytes.len());
            let end = (other + dice.below(100)).min(bytes.len());
            let stretch = bytes[other..end].to_vec();
            bytes.splice(at..at, stretch);
        }
    }
}
