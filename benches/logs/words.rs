//! What the made-up logs are made of: a random number generator, ids that never come twice, times, and pools of text
//! that is escaped for JSON once, so that a line costs little more than copying it.

use std::ops::Range;

/// xorshift64*: small, fast, the same everywhere.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        // Zero is the one state that xorshift never leaves.
        Rng(mix(seed) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True in `n` of a thousand cases.
    pub fn permille(&mut self, n: usize) -> bool {
        self.below(1000) < n
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A bijection of 64 bits (splitmix64's last steps): a counter becomes an id that looks random and never repeats.
pub fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A bijection of 32 bits, for the formats whose ids are eight hex digits.
fn mix32(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Makes ids: each is a bijection of a counter, so that no id comes twice in a stream.
pub struct Ids {
    seed: u64,
    count: u64,
    short: u32,
}

impl Ids {
    pub fn new(seed: u64) -> Ids {
        Ids { seed: mix(seed ^ 0x1d5), count: 0, short: (seed as u32).wrapping_mul(0x9e37_79b1) }
    }

    fn pair(&mut self) -> (u64, u64) {
        self.count += 1;
        let first = mix(self.count ^ self.seed);
        (first, mix(first))
    }

    /// 8-4-4-4-12 hex digits; `version` is the digit that says how the UUID came about.
    pub fn uuid(&mut self, version: u8) -> [u8; 36] {
        let (a, b) = self.pair();
        let mut out = [b'-'; 36];
        // All 64 bits of the counter's image are in it; the rest is only there to look alike.
        hex(a >> 32, &mut out[0..8]);
        hex(a >> 16, &mut out[9..13]);
        hex(b, &mut out[14..18]);
        hex(b >> 16, &mut out[19..23]);
        hex(a, &mut out[24..28]);
        hex(b >> 32, &mut out[28..36]);
        out[14] = version;
        out[19] = b'9';
        out
    }

    /// 24 letters and digits, as after `call_` and `toolu_`.
    pub fn long(&mut self) -> [u8; 24] {
        const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzXY";
        let (mut a, mut b) = self.pair();
        let mut out = [0; 24];
        for at in 0..12 {
            out[at] = DIGITS[(a & 63) as usize];
            out[at + 12] = DIGITS[(b & 63) as usize];
            a >>= 6;
            b >>= 6;
        }
        out
    }

    /// 8 hex digits.
    pub fn short(&mut self) -> [u8; 8] {
        self.short = self.short.wrapping_add(1);
        let mut out = [0; 8];
        hex(u64::from(mix32(self.short)), &mut out);
        out
    }
}

fn hex(mut value: u64, out: &mut [u8]) {
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

/// Writes a number in decimal.
pub fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// `2026-08-11T10:00:00.700Z` from milliseconds since 1970.
pub fn timestamp(ms: u64) -> [u8; 24] {
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    // Days to civil date, for years after 1970 (March-based eras of 400 years).
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (month, day) = (if mp < 10 { mp + 3 } else { mp - 9 }, doy - (153 * mp + 2) / 5 + 1);
    let year = yoe + era * 400 + u64::from(month <= 2);
    let mut out = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, width: usize, mut value: u64| {
        for place in (at..at + width).rev() {
            out[place] = b'0' + (value % 10) as u8;
            value /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month);
    put(8, 2, day);
    put(11, 2, rest / 3_600_000);
    put(14, 2, rest / 60_000 % 60);
    put(17, 2, rest / 1000 % 60);
    put(20, 3, rest % 1000);
    out
}

/// Writes text as the inside of a JSON string.
pub fn escape(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                let mut digits = [0; 2];
                hex(u64::from(byte), &mut digits);
                out.extend_from_slice(&digits);
            }
            _ => out.push(byte),
        }
    }
}

/// Which kind of text.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Kind {
    /// Source code with indentation and quotes.
    Code,
    /// What builds and tests print while all is well.
    Build,
    /// Listings of paths, hits of searches, commits: with words in them that would name a cause if a program said them.
    Listing,
    /// Prose: what the model thinks and says.
    Prose,
    /// Coloured output of terminals.
    Ansi,
    /// JSON that a program printed.
    Data,
    /// Dense escapes of every kind.
    Escapes,
    /// Base64.
    Base64,
}

const POOLS: usize = Kind::Base64 as usize + 1;
const POOL_BYTES: usize = 384 * 1024;

/// A piece of a pool, so that the same text can stand on a line twice, as agents write it.
#[derive(Clone)]
pub struct Cut {
    kind: Kind,
    range: Range<usize>,
}

/// Text of each kind, escaped, and where its lines begin.
pub struct Pools {
    pools: [(Vec<u8>, Vec<u32>); POOLS],
}

impl Pools {
    pub fn new(rng: &mut Rng) -> Pools {
        let mut pools: [(Vec<u8>, Vec<u32>); POOLS] = Default::default();
        for (at, (bytes, starts)) in pools.iter_mut().enumerate() {
            // Base64 has no lines: it is cut anywhere, and images of a megabyte are cut from it.
            let size = if at == Kind::Base64 as usize { 1 << 20 } else { POOL_BYTES };
            bytes.reserve(size + 256);
            let mut raw = Vec::with_capacity(256);
            while bytes.len() < size {
                starts.push(bytes.len() as u32);
                raw.clear();
                match at {
                    0 => code(rng, &mut raw),
                    1 => build(rng, &mut raw),
                    2 => listing(rng, &mut raw),
                    3 => prose(rng, &mut raw),
                    4 => ansi(rng, &mut raw),
                    5 => data(rng, &mut raw),
                    6 => {
                        escapes(rng, bytes);
                        continue;
                    }
                    _ => base64(rng, &mut raw),
                }
                escape(&raw, bytes);
            }
        }
        Pools { pools }
    }

    /// About `size` bytes of escaped text: whole lines of it, or a piece of one where that is much shorter.
    pub fn cut(&self, rng: &mut Rng, kind: Kind, size: usize) -> Cut {
        let lines = self.lines(rng, kind, size);
        let bytes = self.get(&lines);
        // Cutting inside of a line is safe only where no escape or long character is.
        if bytes.len() > size + 20 && bytes[..size].is_ascii() && !bytes[..size].contains(&b'\\') {
            return Cut { kind, range: lines.range.start..lines.range.start + size };
        }
        lines
    }

    /// About `size` bytes of escaped text, whole lines of it.
    pub fn lines(&self, rng: &mut Rng, kind: Kind, size: usize) -> Cut {
        let (bytes, starts) = &self.pools[kind as usize];
        if size == 0 {
            return Cut { kind, range: 0..0 };
        }
        if kind == Kind::Base64 {
            let size = size.min(bytes.len());
            let start = rng.below(bytes.len() - size + 1);
            return Cut { kind, range: start..start + size };
        }
        let size = size.min(bytes.len() / 2);
        let last = starts.partition_point(|&at| (at as usize) < bytes.len() - size);
        let start = starts[rng.below(last.max(1))] as usize;
        let end = starts.partition_point(|&at| (at as usize) < start + size);
        let end = starts.get(end).map_or(bytes.len(), |&at| at as usize);
        Cut { kind, range: start..end }
    }

    pub fn get(&self, cut: &Cut) -> &[u8] {
        &self.pools[cut.kind as usize].0[cut.range.clone()]
    }
}

const NOUNS: &[&str] = &[
    "cart", "order", "item", "price", "total", "user", "token", "cache", "queue", "event", "record", "index", "parser",
    "buffer", "stream", "config", "report", "schema", "table", "widget", "route", "handler", "client", "server",
];
const VERBS: &[&str] = &[
    "load", "save", "parse", "render", "merge", "split", "update", "remove", "find", "count", "sort", "flush", "read",
    "write", "check", "build",
];
const DIRS: &[&str] =
    &["src", "tests", "lib", "app/models", "app/views", "tools", "docs", "crates/core/src", "web/src"];
const EXTENSIONS: &[&str] = &["rs", "ts", "py", "go", "tsx", "md", "json"];

fn path(rng: &mut Rng, out: &mut Vec<u8>) {
    for part in [rng.pick(DIRS), "/", rng.pick(NOUNS), "_", rng.pick(VERBS), ".", rng.pick(EXTENSIONS)] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Puts the parts down; `~n` stands for a noun, `~v` for a verb, `~p` for a path, `~9` for a number.
fn line(rng: &mut Rng, pattern: &str, out: &mut Vec<u8>) {
    let mut parts = pattern.split('~');
    out.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (what, after) = part.split_at(1);
        match what {
            "n" => out.extend_from_slice(rng.pick(NOUNS).as_bytes()),
            "v" => out.extend_from_slice(rng.pick(VERBS).as_bytes()),
            "p" => path(rng, out),
            _ => {
                let value = rng.below(900) + 1;
                number(out, value as u64);
            }
        }
        out.extend_from_slice(after.as_bytes());
    }
    out.push(b'\n');
}

fn code(rng: &mut Rng, out: &mut Vec<u8>) {
    let pattern = *rng.pick(&[
        "    let ~n = self.~n.~v(&~n)?;",
        "        if ~n.len() > ~9 {",
        "            return self.~v(\"~n\");",
        "        }",
        "    }",
        "",
        "    pub fn ~v_~n(&mut self, ~n: &str) -> usize {",
        "    // ~v the ~n before the ~n is read: the ~n holds what the ~n gave.",
        "    const ~n = await ~v(~n, { ~n: '~9', ~v: true });",
        "def ~v_~n(~n, ~n=~9):",
        "    \"\"\"~v the ~n.\"\"\"",
        "\tif ~n, ok := ~n.~v(~9); ok {",
        "use crate::~n::{~v, ~n};",
        "        self.~n.push(format!(\"{}:{}\", ~n, ~n));",
        "  return <div className=\"~n-~n\">{~n.~v(~n => ~n.~n)}</div>;",
        "            ~n => ~n.~v(~9, \"~n\\n\"),",
    ]);
    line(rng, pattern, out);
}

fn build(rng: &mut Rng, out: &mut Vec<u8>) {
    let pattern = *rng.pick(&[
        "test ~n::~v_~n ... ok",
        "test ~n::~n_~v_~n_~9 ... ok",
        "tests/test_~n.py::test_~v_~n PASSED                                  [ ~9%]",
        "   Compiling ~n v0.~9.~9 (/home/dev/shop/~n)",
        "    Finished `test` profile [unoptimized + debuginfo] target(s) in ~9.~9s",
        "     Running unittests ~p (target/debug/deps/~n-~9)",
        " \u{2713} ~p > ~v the ~n (~9 ms)",
        "ok      example.com/shop/~n      0.~9s",
        "  dist/assets/~n-~9.js   ~9.~9 kB \u{2502} gzip: ~9 kB",
        "added ~9 packages, and audited ~9 packages in ~9s",
        "=== RUN   Test~n",
        "--- PASS: Test~n (0.~9s)",
    ]);
    line(rng, pattern, out);
}

fn listing(rng: &mut Rng, out: &mut Vec<u8>) {
    let pattern = *rng.pick(&[
        "~p",
        "/home/dev/shop/~p",
        "~p:~9:    let ~n = ~v(~n);",
        "~p:~9:~9: // the request timed out after ~9 seconds: ~v the ~n again",
        "-rw-r--r-- 1 dev dev ~9 Aug  ~9 10:~9 ~p",
        "drwxr-xr-x ~9 dev dev 4096 Aug  ~9 12:~9 ~n",
        "a~9f~9c~9e ~v the ~n when the connection is refused",
        "~p:~9: raise PermissionError(\"permission denied\")",
        " M ~p",
        "~9\t~p",
        "~p:~9: \"error\": \"command not found\",",
        "diff --git a/~p b/~p",
        "@@ -~9,~9 +~9,~9 @@ ~v_~n",
        "+    ~n.~v(~n);",
        "-    ~n.~v(~n, ~9);",
    ]);
    line(rng, pattern, out);
}

fn prose(rng: &mut Rng, out: &mut Vec<u8>) {
    let pattern = *rng.pick(&[
        "The ~n in `~p` does not ~v the ~n yet, so I will ~v it first.",
        "Let me look at how the ~n is read before I change the ~n.",
        "- **~n**: ~v the ~n, then ~v the ~n (~9 places)",
        "I see: `~v_~n` returns the ~n early when the ~n is empty.",
        "~now the ~n passes. ~next I ~v the ~n and run the tests again.",
        "",
        "The user asked for the ~n to be kept; \"~v\" must not touch it.",
        "## ~v the ~n",
    ]);
    line(rng, pattern, out);
}

fn ansi(rng: &mut Rng, out: &mut Vec<u8>) {
    let pattern = *rng.pick(&[
        "\x1b[32m\u{2714}\x1b[39m ~p \x1b[2m(~9 tests)\x1b[22m \x1b[33m~9\x1b[2mms\x1b[22m\x1b[39m",
        "\x1b[1m\x1b[33mwarning\x1b[0m\x1b[1m: unused variable: `~n`\x1b[0m",
        "  \x1b[1m\x1b[94m-->\x1b[0m ~p:~9:~9",
        "\x1b[36m~n\x1b[0m:\x1b[32m~9\x1b[0m:    ~v(~n)",
        "\x1b[2K\x1b[1G[~9/~9] ~v ~n",
        "    ~v ~n",
    ]);
    line(rng, pattern, out);
}

fn data(rng: &mut Rng, out: &mut Vec<u8>) {
    let pattern = *rng.pick(&[
        "  {\"~n\": \"~v\", \"~n\": ~9, \"~n\": [\"~n\", \"~n\"]},",
        "{\"level\":\"info\",\"msg\":\"~v ~n\",\"~n\":~9,\"path\":\"~p\"}",
        "    \"~n\": {\"~v\": null, \"~n\": \"C:\\\\dev\\\\~n\\\\~p\"},",
    ]);
    line(rng, pattern, out);
}

/// Escapes as JSON knows them, nothing between two of them longer than a few letters.
fn escapes(rng: &mut Rng, out: &mut Vec<u8>) {
    for _ in 0..rng.between(4, 12) {
        let word = rng.pick(NOUNS).as_bytes();
        out.extend_from_slice(&word[..rng.between(1, 3)]);
        let escape = *rng.pick(&[
            "\\\"",
            "\\\"",
            "\\\\",
            "\\\\\\\\",
            "\\t",
            "\\n",
            "\\u001b[0m",
            "\\u001b[31m",
            "\\u00e9",
            "\\u2502",
            "\\ud83d\\ude00",
            "\\\\n",
            "\\\\\\\"",
            "\\/",
            "\\r\\n",
        ]);
        out.extend_from_slice(escape.as_bytes());
    }
    out.extend_from_slice(b"\\n");
}

fn base64(rng: &mut Rng, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for _ in 0..16 {
        let mut bits = rng.next();
        for _ in 0..10 {
            out.push(DIGITS[(bits & 63) as usize]);
            bits >>= 6;
        }
    }
}
