//! The same records as another program would write them after reading them: keys sorted, a space after each comma and
//! colon, every character beyond ASCII as an escape.

use std::ops::Range;

/// Buffers that are used again for each line.
#[derive(Default)]
pub struct Sorter {
    out: Vec<u8>,
    nodes: Vec<Node>,
}

/// A value of a line. Members of an object are chained by `next`, so that sorting needs no tree of vectors.
struct Node {
    key: Range<usize>,
    /// A scalar's bytes.
    span: Range<usize>,
    kind: u8,
    children: Vec<usize>,
}

impl Sorter {
    /// Writes whole lines again.
    pub fn lines(&mut self, buf: &[u8]) -> &[u8] {
        self.out.clear();
        for line in buf.split_inclusive(|&byte| byte == b'\n') {
            self.nodes.clear();
            let mut at = 0;
            let root = self.read(line, &mut at);
            self.write(line, root);
            self.out.push(b'\n');
        }
        &self.out
    }

    /// Reads one value; the lines are our own, so nothing is checked.
    fn read(&mut self, line: &[u8], at: &mut usize) -> usize {
        let kind = line[*at];
        let start = *at;
        let mut children = Vec::new();
        match kind {
            b'{' | b'[' => {
                *at += 1;
                while !matches!(line[*at], b'}' | b']') {
                    let mut key = 0..0;
                    if kind == b'{' {
                        key = string(line, at);
                        *at += 1;
                    }
                    let child = self.read(line, at);
                    self.nodes[child].key = key;
                    children.push(child);
                    if line[*at] == b',' {
                        *at += 1;
                    }
                }
                *at += 1;
            }
            b'"' => {
                string(line, at);
            }
            _ => {
                while !matches!(line[*at], b',' | b'}' | b']' | b'\n') {
                    *at += 1;
                }
            }
        }
        if kind == b'{' {
            children.sort_by_key(|&child| &line[self.nodes[child].key.clone()]);
        }
        self.nodes.push(Node { key: 0..0, span: start..*at, kind, children });
        self.nodes.len() - 1
    }

    fn write(&mut self, line: &[u8], node: usize) {
        let Node { kind, span, .. } = &self.nodes[node];
        let (kind, span) = (*kind, span.clone());
        if !matches!(kind, b'{' | b'[') {
            self.ascii(&line[span]);
            return;
        }
        self.out.push(kind);
        for at in 0..self.nodes[node].children.len() {
            if at > 0 {
                self.out.extend_from_slice(b", ");
            }
            let child = self.nodes[node].children[at];
            if kind == b'{' {
                let key = self.nodes[child].key.clone();
                self.out.extend_from_slice(&line[key]);
                self.out.extend_from_slice(b": ");
            }
            self.write(line, child);
        }
        self.out.push(if kind == b'{' { b'}' } else { b']' });
    }

    fn ascii(&mut self, text: &[u8]) {
        if text.is_ascii() {
            self.out.extend_from_slice(text);
            return;
        }
        for character in String::from_utf8_lossy(text).chars() {
            if character.is_ascii() {
                self.out.push(character as u8);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    self.out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
    }
}

/// Goes over a string; gives it with its quotes.
fn string(line: &[u8], at: &mut usize) -> Range<usize> {
    let start = *at;
    *at += 1;
    loop {
        *at += plain(&line[*at..]);
        match line[*at] {
            b'"' => break,
            b'\\' => *at += 2,
            _ => *at += 1,
        }
    }
    *at += 1;
    start..*at
}

/// How many bytes come before the next quote or backslash, as far as eight at a time can tell.
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let mut at = 0;
    for word in text.chunks_exact(8) {
        let word = u64::from_le_bytes(word.try_into().unwrap());
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at
}
