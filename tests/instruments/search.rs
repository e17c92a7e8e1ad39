//! The search for a canary in what was printed: as it is, backwards, encoded, and as common digests of it.

use std::collections::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Bytes of a canary that count as a leak.
const FRAGMENT_BYTES: usize = 6;

/// Looks for canaries.
pub struct Search {
    needles: Vec<Vec<u8>>,
    /// Needles by their first bytes.
    by_start: HashMap<[u8; FRAGMENT_BYTES], Vec<usize>>,
}

impl Search {
    /// A search for canaries, each of them longer than the shortest fragment.
    pub fn of(canaries: &[&str]) -> Self {
        let mut needles: Vec<Vec<u8>> = canaries.iter().flat_map(|canary| needles(canary)).collect();
        needles.sort();
        needles.dedup();
        let mut by_start: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, needle) in needles.iter().enumerate() {
            by_start.entry(*needle.first_chunk().unwrap()).or_default().push(at);
        }
        Self { needles, by_start }
    }

    /// What of a canary stands in the output.
    pub fn find(&self, output: &[u8]) -> Option<String> {
        let lower = output.to_ascii_lowercase();
        let at_place = |at: usize| {
            let rest = lower.get(at..)?;
            let candidates = self.by_start.get(rest.first_chunk::<FRAGMENT_BYTES>()?)?;
            candidates.iter().filter_map(|needle| self.needles.get(*needle)).find(|needle| rest.starts_with(needle))
        };
        (0..lower.len()).find_map(at_place).map(|needle| String::from_utf8_lossy(needle).into_owned())
    }
}

/// Every form of a canary that is looked for.
fn needles(canary: &str) -> Vec<Vec<u8>> {
    let bytes = canary.as_bytes();
    assert!(bytes.len() >= FRAGMENT_BYTES);
    let backwards: Vec<u8> = bytes.iter().rev().copied().collect();
    let mut needles = Vec::new();
    for form in [bytes, &backwards] {
        for fragment in form.windows(FRAGMENT_BYTES) {
            needles.push(fragment.to_vec());
            let each = |write: &dyn Fn(&u8) -> String| fragment.iter().map(write).collect::<String>().into_bytes();
            needles.push(each(&|byte| format!("{byte:02x}")));
            needles.push(each(&|byte| format!("%{byte:02x}")));
            needles.push(each(&|byte| format!("\\u{byte:04x}")));
            needles.push(each(&|byte| format!("\\x{byte:02x}")));
            needles.push(each(&|byte| format!("{byte},")));
            needles.push(each(&|byte| format!("{byte}, ")));
        }
        // Of a fragment's six bytes, base64 shows five or six characters whatever stands beside it.
        for shift in 0..3 {
            let encoded = base64(form.get(shift..).unwrap_or_default());
            for fragment in encoded.as_bytes().windows(FRAGMENT_BYTES) {
                needles.push(fragment.to_vec());
            }
        }
    }
    for text in [bytes, format!("\"{canary}\"").as_bytes()] {
        for digest in [u128::from(xxh3_64(text)), xxh3_128(text), u128::from(fnv1a(text)), u128::from(crc32(text))] {
            needles.push(format!("{digest:x}").into_bytes());
            needles.push(digest.to_string().into_bytes());
            needles.push((digest as u64).to_string().into_bytes());
            needles.push(format!("{:x}", digest as u64).into_bytes());
        }
    }
    // Digests of a few digits would be found in any count.
    needles.retain(|needle| needle.len() >= FRAGMENT_BYTES);
    needles.iter_mut().for_each(|needle| needle.make_ascii_lowercase());
    needles
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    // Whole groups only: what stands at the end depends on what comes after.
    for group in bytes.chunks_exact(3) {
        let word = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        for shift in [18, 12, 6, 0] {
            out.push(char::from(DIGITS[(word >> shift & 63) as usize]));
        }
    }
    out
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// The ways of encoding that the search must find, for its own control.
pub fn encodings(text: &str) -> Vec<(&'static str, String)> {
    let bytes = text.as_bytes();
    let each = |write: &dyn Fn(&u8) -> String| bytes.iter().map(write).collect::<String>();
    vec![
        ("plain", text.to_owned()),
        ("upper case", text.to_uppercase()),
        ("backwards", text.chars().rev().collect()),
        ("base64", base64(bytes)),
        ("base64 behind one byte", base64(format!("x{text}").as_bytes())),
        ("base64 behind two bytes", base64(format!("xy{text}").as_bytes())),
        ("hex", each(&|byte| format!("{byte:02x}"))),
        ("percent", each(&|byte| format!("%{byte:02X}"))),
        ("unicode escapes", each(&|byte| format!("\\u{byte:04x}"))),
        ("a list of bytes", format!("{bytes:?}")),
        ("xxh3", format!("{:016x}", xxh3_64(bytes))),
        ("xxh3 as a number", xxh3_64(bytes).to_string()),
        ("xxh3 of 128 bits", format!("{:032x}", xxh3_128(bytes))),
        ("fnv", format!("{:016x}", fnv1a(bytes))),
        ("crc", format!("{:08x}", crc32(bytes))),
        ("a part", bytes.iter().take(FRAGMENT_BYTES).map(|byte| char::from(*byte)).collect()),
    ]
}
