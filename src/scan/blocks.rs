//! Bit masks of a record's structure, 64 bytes at a time: the crate's one place with `unsafe`.
//!
//! For each block of 64 bytes: where brackets stand, and where colons and commas stand, all of them outside of strings.
//! A line end stops the walk. [`walk`] picks the processor's way once; [`walk_scalar`] is its naive twin, and a property
//! test holds them together. May not know what the structure means.
//!
//! The proof: the vector code is entered only after the processor was asked for AVX2, BMI1 and PCLMULQDQ, and it loads
//! only from arrays of exactly 64 bytes that it borrows.

/// Bytes in a block.
pub const BLOCK_BYTES: usize = 64;

/// One bit a byte, the first byte lowest.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Masks {
    /// `{`, `[`, `}` and `]` outside of strings; and, in what is no JSON, a few other bytes.
    pub brackets: u64,
    /// `:` and `,` outside of strings.
    pub separators: u64,
}

/// What one block leaves to the next.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Carry {
    /// All ones inside of a string.
    in_string: u64,
    /// One where the next byte is escaped.
    escaped: u64,
}

/// Takes the blocks that hold structure, in order.
pub trait Visitor {
    /// The block that begins at `base`; false to stop. Without any structure in it, it changes nothing.
    fn block(&mut self, base: usize, masks: Masks) -> bool;
}

/// Where a walk stands, and what it knows of what came before.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Walked {
    /// The first byte that was not walked over.
    pub at: usize,
    /// The state at that place.
    pub carry: Carry,
}

/// Why a walk stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The visitor said so.
    Visitor,
    /// The line has ended, or the bytes have and there are no more.
    LineEnd,
    /// The line goes on behind the bytes: walk on from there with more of them.
    Bytes,
}

/// Walks over the first `len` bytes of `bytes` from where it stands, to the line's end at most. What lies behind `len`
/// is not looked at, but saves a copy where it fills the last block. Unless the bytes are the `last`, what is left of
/// them at the end, fills no block and holds no line end waits for the next call.
#[inline]
pub fn walk<V: Visitor>(bytes: &[u8], len: usize, is_last: bool, walked: &mut Walked, visitor: V) -> (V, Stop) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("pclmulqdq")
    {
        #[allow(unsafe_code, reason = "the processor was just asked for the three features")]
        // SAFETY: `avx2::walk` needs AVX2, BMI1 and PCLMULQDQ, and all were detected on this processor.
        return unsafe { avx2::walk(bytes, len, is_last, walked, visitor) };
    }
    walk_scalar(bytes, len, is_last, walked, visitor)
}

/// The naive twin of [`walk`]: byte by byte.
pub fn walk_scalar<V: Visitor>(
    bytes: &[u8],
    len: usize,
    is_last: bool,
    walked: &mut Walked,
    mut visitor: V,
) -> (V, Stop) {
    let bytes = bytes.get(..len).unwrap_or(bytes);
    while walked.at < bytes.len() {
        let block = bytes.get(walked.at..bytes.len().min(walked.at + BLOCK_BYTES)).unwrap_or_default();
        let ends = block.contains(&b'\n');
        if block.len() < BLOCK_BYTES && !is_last && !ends {
            return (visitor, Stop::Bytes);
        }
        let mut masks = Masks::default();
        let carry = &mut walked.carry;
        for (at, byte) in block.iter().take_while(|byte| **byte != b'\n').enumerate() {
            let bit = 1_u64 << at;
            let is_escaped = carry.escaped != 0;
            carry.escaped = u64::from(*byte == b'\\' && !is_escaped);
            match byte {
                b'"' if !is_escaped => carry.in_string = !carry.in_string,
                _ if carry.in_string != 0 => {}
                b':' | b',' => masks.separators |= bit,
                byte if looks_like_bracket(*byte) => masks.brackets |= bit,
                _ => {}
            }
        }
        if masks != Masks::default() && !visitor.block(walked.at, masks) {
            return (visitor, Stop::Visitor);
        }
        if ends {
            return (visitor, Stop::LineEnd);
        }
        walked.at += block.len();
    }
    (visitor, if is_last { Stop::LineEnd } else { Stop::Bytes })
}

/// A bracket, or a byte that differs from one in three bits: one comparison finds all four brackets, and in JSON none of
/// the others stands outside of strings.
const fn looks_like_bracket(byte: u8) -> bool {
    byte | BRACKET_BITS == 0x7F
}

/// The bits in which `[`, `]`, `{` and `}` differ.
const BRACKET_BITS: u8 = 0x26;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{BLOCK_BYTES, BRACKET_BITS, Masks, Stop, Visitor, Walked};
    use std::arch::x86_64::{
        __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8, _mm256_cmpeq_epi8,
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    };

    /// A block, or one answer for each of its bytes.
    type Halves = (__m256i, __m256i);

    #[target_feature(enable = "avx2,bmi1,pclmulqdq")]
    pub(super) fn walk<V: Visitor>(
        bytes: &[u8],
        len: usize,
        is_last: bool,
        walked: &mut Walked,
        mut visitor: V,
    ) -> (V, Stop) {
        let len = len.min(bytes.len());
        let Walked { mut at, mut carry } = *walked;
        // Plain loops: the closure of an iterator would not be compiled for this processor.
        let (blocks, _) = bytes.get(at..len).unwrap_or_default().as_chunks::<BLOCK_BYTES>();
        for block in blocks {
            let halves = load(block);
            let (quotes, line_ends) = (equal_bytes(halves, b'"'), equal_bytes(halves, b'\n'));
            // Long strings are most of a log. Nothing in this block ends the string or the line, whatever is escaped.
            let [.., last] = block;
            if carry.in_string != 0 && is_nowhere(either(quotes, line_ends)) && *last != b'\\' {
                carry.escaped = 0;
            } else if is_nowhere(line_ends) {
                let masks = masks(halves, quotes, u64::MAX, &mut carry);
                if masks.brackets | masks.separators != 0 && !visitor.block(at, masks) {
                    return (visitor, Stop::Visitor);
                }
            } else {
                let masks = masks(halves, quotes, before_first(bits(line_ends)), &mut carry);
                let goes_on = visitor.block(at, masks);
                return (visitor, if goes_on { Stop::LineEnd } else { Stop::Visitor });
            }
            at += BLOCK_BYTES;
        }
        *walked = Walked { at, carry };
        let left = len - at;
        if left > 0 {
            let rest = bytes.get(at..).unwrap_or_default();
            let mut last_block = [0_u8; BLOCK_BYTES];
            let halves = load(match rest.first_chunk::<BLOCK_BYTES>() {
                Some(block) => block,
                None => {
                    if let Some(start) = last_block.get_mut(..rest.len()) {
                        start.copy_from_slice(rest);
                    }
                    &last_block
                }
            });
            let there = (1 << left) - 1;
            let line_ends = bits(equal_bytes(halves, b'\n')) & there;
            if line_ends == 0 && !is_last {
                return (visitor, Stop::Bytes);
            }
            let valid = if line_ends == 0 { there } else { before_first(line_ends) };
            let masks = masks(halves, equal_bytes(halves, b'"'), valid, &mut carry);
            if !visitor.block(at, masks) {
                return (visitor, Stop::Visitor);
            }
            return (visitor, Stop::LineEnd);
        }
        (visitor, if is_last { Stop::LineEnd } else { Stop::Bytes })
    }

    /// All bits below the lowest one.
    #[inline]
    const fn before_first(bits: u64) -> u64 {
        (bits & bits.wrapping_neg()) - 1
    }

    #[inline]
    #[target_feature(enable = "avx2,bmi1,pclmulqdq")]
    fn masks(halves: Halves, quotes: Halves, valid: u64, carry: &mut super::Carry) -> Masks {
        let backslashes = equal_bytes(halves, b'\\');
        let escaped = if is_nowhere(backslashes) {
            std::mem::replace(&mut carry.escaped, 0)
        } else {
            escaped_bits(bits(backslashes) & valid, carry)
        };
        let quotes = bits(quotes) & !escaped & valid;
        if quotes == 0 && carry.in_string != 0 {
            return Masks::default();
        }
        // Bit n of the product with all ones is the parity of the bits up to n: 1 from an opening to before a closing
        // quote.
        let parity =
            _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quotes.cast_signed()), _mm_set1_epi8(-1)))
                .cast_unsigned();
        let in_string = parity ^ carry.in_string;
        carry.in_string = (in_string.cast_signed() >> 63).cast_unsigned();
        let outside = !in_string & valid;
        if outside == 0 {
            return Masks::default();
        }
        Masks { brackets: brackets(halves) & outside, separators: separators(halves) & outside }
    }

    /// The bits of bytes that a backslash before them escapes: a subtraction carries through each run of backslashes,
    /// and where it stops tells whether the run was odd (the way of Langdale and Lemire's simdjson).
    #[inline]
    fn escaped_bits(backslashes: u64, carry: &mut super::Carry) -> u64 {
        const ODD_BITS: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        let escaping = backslashes & !carry.escaped;
        let after_escaping = (escaping << 1) | ODD_BITS;
        let codes = after_escaping.wrapping_sub(escaping) ^ ODD_BITS;
        let escaped = codes ^ (backslashes | carry.escaped);
        carry.escaped = (codes & backslashes) >> 63;
        escaped
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    #[allow(unsafe_code, reason = "two loads from a borrowed array of 64 bytes")]
    fn load(block: &[u8; BLOCK_BYTES]) -> Halves {
        let at = block.as_ptr().cast::<__m256i>();
        // SAFETY: `block` is 64 readable bytes; the loads cover bytes 0 to 31 and 32 to 63 and need no alignment.
        unsafe { (_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))) }
    }

    /// Every bracket, and the bytes that [`super::looks_like_bracket`] takes for one.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn brackets((low, high): Halves) -> u64 {
        let differing = _mm256_set1_epi8(BRACKET_BITS.cast_signed());
        bits(equal_bytes((_mm256_or_si256(low, differing), _mm256_or_si256(high, differing)), 0x7F))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn separators(halves: Halves) -> u64 {
        bits(either(equal_bytes(halves, b':'), equal_bytes(halves, b',')))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn either(one: Halves, other: Halves) -> Halves {
        (_mm256_or_si256(one.0, other.0), _mm256_or_si256(one.1, other.1))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn equal_bytes((low, high): Halves, byte: u8) -> Halves {
        let wanted = _mm256_set1_epi8(byte.cast_signed());
        (_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn is_nowhere((low, high): Halves) -> bool {
        _mm256_movemask_epi8(_mm256_or_si256(low, high)) == 0
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn bits((low, high): Halves) -> u64 {
        let (low, high) = (_mm256_movemask_epi8(low).cast_unsigned(), _mm256_movemask_epi8(high).cast_unsigned());
        u64::from(low) | (u64::from(high) << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keeps every block, and stops at one of them.
    struct Blocks {
        seen: Vec<(usize, Masks)>,
        stop_at: usize,
    }

    impl Visitor for Blocks {
        fn block(&mut self, base: usize, masks: Masks) -> bool {
            if masks != Masks::default() {
                self.seen.push((base, masks));
            }
            self.seen.len() < self.stop_at
        }
    }

    type Way = fn(&[u8], usize, bool, &mut Walked, Blocks) -> (Blocks, Stop);

    /// What each way tells of the bytes, given whole or in two parts.
    fn both(bytes: &[u8], len: usize, first: usize, stop_at: usize) -> [(Vec<(usize, Masks)>, Stop); 2] {
        [walk as Way, walk_scalar].map(|way| {
            let mut walked = Walked::default();
            let blocks = Blocks { seen: Vec::new(), stop_at };
            let (mut blocks, mut stop) = way(bytes, first.min(len), false, &mut walked, blocks);
            if stop == Stop::Bytes {
                (blocks, stop) = way(bytes, len, true, &mut walked, blocks);
            }
            // A block without structure is told or not, as it suits.
            blocks.seen.retain(|(_, masks)| *masks != Masks::default());
            (blocks.seen, stop)
        })
    }

    proptest! {
        #[test]
        fn the_vector_way_and_the_naive_way_agree(
            bytes in "([{}\\[\\]:,\"\\\\ a-c\u{e9}]|\\\\{1,70}|\n){0,300}",
            cut in 0..300_usize,
            first in 0..400_usize,
            stop_at in 1..9_usize,
        ) {
            let [fast, naive] = both(bytes.as_bytes(), bytes.len().saturating_sub(cut), first, stop_at);
            prop_assert_eq!(fast, naive);
        }

        #[test]
        fn they_agree_inside_of_long_strings(
            pieces in proptest::collection::vec("(x{0,200}|\\\\{1,5}\"?|\"|[{}:,]|\n?)", 0..20),
            first in 0..900_usize,
        ) {
            let bytes = pieces.concat();
            let [fast, naive] = both(bytes.as_bytes(), bytes.len(), first, usize::MAX);
            prop_assert_eq!(fast, naive);
        }

        #[test]
        fn they_agree_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600), first in 0..700_usize) {
            let [fast, naive] = both(&bytes, bytes.len(), first, usize::MAX);
            prop_assert_eq!(fast, naive);
        }

        #[test]
        fn a_line_is_walked_alike_however_it_is_cut(
            pieces in proptest::collection::vec("(x{0,200}|\\\\{1,5}\"?|\"|[{}:,])", 0..20),
            first in 0..900_usize,
        ) {
            let bytes = pieces.concat();
            let [(cut, _), _] = both(bytes.as_bytes(), bytes.len(), first, usize::MAX);
            let [(whole, _), _] = both(bytes.as_bytes(), bytes.len(), 0, usize::MAX);
            prop_assert_eq!(cut, whole);
        }
    }
}
