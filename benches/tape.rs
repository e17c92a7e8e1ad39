//! What a full parse of every line costs: fills a simd-json tape for each line of stdin and looks up a few fields.
//!
//! The measure that the filter's speed is held against. Buffers are used again, so that it allocates as little as the
//! filter does; it frames lines as the filter does, and unlike the filter it decides nothing.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use simd_json::{Buffers, Tape};
use std::io::Read;

const READ_BYTES: usize = 256 * 1024;

fn main() {
    if std::env::args().any(|argument| argument == "--bench") && std::env::args().len() == 2 {
        // All benches are being run: this one has nothing on stdin.
        return;
    }
    let mut input = std::io::stdin().lock();
    let mut buffer = vec![0; READ_BYTES];
    let (mut start, mut end) = (0, 0);
    let mut buffers = Buffers::default();
    let mut tape = Tape(Vec::new());
    let (mut lines, mut refused, mut found) = (0_u64, 0_u64, 0_u64);
    loop {
        if end == buffer.len() {
            if start > 0 {
                buffer.copy_within(start..end, 0);
                (start, end) = (0, end - start);
            } else {
                buffer.resize(buffer.len() * 2, 0);
            }
        }
        let read = input.read(&mut buffer[end..]).expect("stdin can be read");
        let searched = end;
        end += read;
        if read == 0 {
            break;
        }
        let mut from = searched;
        while let Some(at) = memchr::memchr(b'\n', &buffer[from..end]) {
            let line_end = from + at;
            let mut filled = tape.reset();
            // The line is unescaped in place: the buffer is ours, and the line is not needed again.
            match simd_json::fill_tape(&mut buffer[start..line_end], &mut buffers, &mut filled) {
                Ok(()) => {
                    let value = filled.as_value();
                    for key in ["type", "sessionId", "timestamp", "payload"] {
                        found += u64::from(value.get(key).is_some());
                    }
                }
                Err(_) => refused += 1,
            }
            tape = filled.reset();
            lines += 1;
            from = line_end + 1;
            start = from;
        }
    }
    println!("{lines} lines, {refused} refused, {found} fields found");
}
