//! Bit masks of a record's structure, 64 bytes at a time: the crate's one place with `unsafe`.
//!
//! For each block of 64 bytes: where brackets open and close, where colons and commas stand, and where strings begin
//! and end, all of them outside of strings and escapes. [`index`] picks the processor's way once; [`index_scalar`] is
//! its naive twin, and a property test holds them together. May not know what the structure means.
//!
//! The proof: the vector code is entered only after the processor was asked for AVX2 and PCLMULQDQ, and it loads only
//! from arrays of exactly 64 bytes that it borrows.

/// Bytes in a block.
pub const BLOCK_BYTES: usize = 64;

/// One bit a byte, the first byte lowest.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Masks {
    /// Where the block begins, in bytes from where indexing began.
    pub at: u32,
    /// `"` that begin or end a string.
    pub quotes: u64,
    /// `{` and `[` outside of strings.
    pub opens: u64,
    /// `}` and `]` outside of strings.
    pub closes: u64,
    /// `:` outside of strings.
    pub colons: u64,
    /// `,` outside of strings.
    pub commas: u64,
}

impl Masks {
    /// No structure stands in the block.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.quotes | self.opens | self.closes | self.colons | self.commas == 0
    }
}

/// What one block leaves to the next.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Carry {
    /// All ones inside of a string.
    in_string: u64,
    /// One where the next byte is escaped.
    escaped: u64,
}

impl Carry {
    /// A string was begun and not ended.
    pub const fn is_in_string(self) -> bool {
        self.in_string != 0
    }
}

/// What [`index`] did: how many masks it wrote, and how many bytes it is done with.
pub type Indexed = (usize, usize);

/// Indexes the first `len` bytes of `bytes` from `from` on, as far as `out` has room for masks: blocks that hold no
/// structure get none. What stands behind `len` is not looked at, but saves a copy where it fills the last block.
#[inline]
pub fn index(bytes: &[u8], from: usize, len: usize, carry: &mut Carry, out: &mut [Masks]) -> Indexed {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("pclmulqdq") {
        #[allow(unsafe_code, reason = "the processor was just asked for both features")]
        // SAFETY: `index_avx2` needs AVX2 and PCLMULQDQ, and both were detected on this processor.
        return unsafe { avx2::index(bytes, from, len, carry, out) };
    }
    index_scalar(bytes, from, len, carry, out)
}

/// The naive twin of [`index`]: byte by byte.
pub fn index_scalar(bytes: &[u8], from: usize, len: usize, carry: &mut Carry, out: &mut [Masks]) -> Indexed {
    let mut count = 0;
    let mut at = from;
    let bytes = bytes.get(..len).unwrap_or(bytes);
    while let Some(slot) = out.get_mut(count)
        && at < bytes.len()
    {
        let block = bytes.get(at..bytes.len().min(at + BLOCK_BYTES)).unwrap_or_default();
        let mut masks = Masks { at: at as u32, ..Masks::default() };
        for (at, byte) in block.iter().enumerate() {
            let bit = 1_u64 << at;
            let escaped = carry.escaped != 0;
            carry.escaped = u64::from(*byte == b'\\' && !escaped);
            let in_string = carry.in_string != 0;
            match byte {
                b'"' if !escaped => {
                    masks.quotes |= bit;
                    carry.in_string = !carry.in_string;
                }
                b'{' | b'[' if !in_string => masks.opens |= bit,
                b'}' | b']' if !in_string => masks.closes |= bit,
                b':' if !in_string => masks.colons |= bit,
                b',' if !in_string => masks.commas |= bit,
                _ => {}
            }
        }
        if block.len() < BLOCK_BYTES {
            carry.escaped = 0;
        }
        if !masks.is_empty() {
            *slot = masks;
            count += 1;
        }
        at += BLOCK_BYTES;
    }
    (count, at)
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{BLOCK_BYTES, Carry, Indexed, Masks};
    use std::arch::x86_64::{
        __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8, _mm256_cmpeq_epi8,
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    };

    #[target_feature(enable = "avx2,pclmulqdq")]
    pub(super) fn index(bytes: &[u8], from: usize, len: usize, carry: &mut Carry, out: &mut [Masks]) -> Indexed {
        let len = len.min(bytes.len());
        let mut count = 0;
        let mut at = from;
        while let Some(slot) = out.get_mut(count)
            && at < len
        {
            let rest = bytes.get(at..).unwrap_or_default();
            let masks = match rest.first_chunk::<BLOCK_BYTES>() {
                Some(block) if len - at >= BLOCK_BYTES => {
                    if carry.in_string != 0 && is_plain(block) {
                        // Nothing in it ends the string, whatever is escaped.
                        carry.escaped = 0;
                        at += BLOCK_BYTES;
                        continue;
                    }
                    masks(block, u64::MAX, carry)
                }
                Some(block) => masks(block, (1 << (len - at)) - 1, carry),
                None => {
                    let mut block = [0_u8; BLOCK_BYTES];
                    if let Some(start) = block.get_mut(..rest.len()) {
                        start.copy_from_slice(rest);
                    }
                    masks(&block, (1 << (len - at)) - 1, carry)
                }
            };
            if len - at < BLOCK_BYTES {
                carry.escaped = 0;
            }
            if !masks.is_empty() {
                *slot = Masks { at: at as u32, ..masks };
                count += 1;
            }
            at += BLOCK_BYTES;
        }
        (count, at)
    }

    /// The block holds no quote, and does not end in a backslash.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn is_plain(block: &[u8; BLOCK_BYTES]) -> bool {
        let (low, high) = load(block);
        let quote = _mm256_set1_epi8(b'"'.cast_signed());
        let quotes = _mm256_or_si256(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(high, quote));
        let [.., last] = block;
        _mm256_movemask_epi8(quotes) == 0 && *last != b'\\'
    }

    #[inline]
    #[target_feature(enable = "avx2,pclmulqdq")]
    fn masks(block: &[u8; BLOCK_BYTES], valid: u64, carry: &mut Carry) -> Masks {
        let (low, high) = load(block);
        let backslashes = equal(low, high, b'\\') & valid;
        let escaped =
            if backslashes == 0 { std::mem::replace(&mut carry.escaped, 0) } else { escaped_bits(backslashes, carry) };
        let quotes = equal(low, high, b'"') & !escaped & valid;
        if quotes == 0 && carry.in_string != 0 {
            return Masks::default();
        }
        // Bit n of the product with all ones is the parity of the bits up to n: 1 from an opening to before a closing quote.
        let parity =
            _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quotes.cast_signed()), _mm_set1_epi8(-1)))
                .cast_unsigned();
        let in_string = parity ^ carry.in_string;
        carry.in_string = (in_string.cast_signed() >> 63).cast_unsigned();
        let outside = !in_string & valid;
        // `{` and `[`, `}` and `]` differ in one bit only.
        let case = _mm256_set1_epi8(0x20);
        let (low_cased, high_cased) = (_mm256_or_si256(low, case), _mm256_or_si256(high, case));
        Masks {
            at: 0,
            quotes,
            opens: equal(low_cased, high_cased, b'{') & outside,
            closes: equal(low_cased, high_cased, b'}') & outside,
            colons: equal(low, high, b':') & outside,
            commas: equal(low, high, b',') & outside,
        }
    }

    /// The bits of bytes that a backslash before them escapes: a subtraction carries through each run of backslashes,
    /// and where it stops tells whether the run was odd (the way of Langdale and Lemire's simdjson).
    #[inline]
    fn escaped_bits(backslashes: u64, carry: &mut Carry) -> u64 {
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
    fn load(block: &[u8; BLOCK_BYTES]) -> (__m256i, __m256i) {
        let at = block.as_ptr().cast::<__m256i>();
        // SAFETY: `block` is 64 readable bytes; the loads cover bytes 0 to 31 and 32 to 63 and need no alignment.
        unsafe { (_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn equal(low: __m256i, high: __m256i, byte: u8) -> u64 {
        let wanted = _mm256_set1_epi8(byte.cast_signed());
        let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)).cast_unsigned();
        let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)).cast_unsigned();
        u64::from(low) | (u64::from(high) << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Way = fn(&[u8], usize, usize, &mut Carry, &mut [Masks]) -> Indexed;

    /// The masks that each way gives, so many at a time.
    fn both(bytes: &[u8], len: usize, room: usize) -> [(Vec<Masks>, Carry); 2] {
        [index as Way, index_scalar].map(|way| {
            let mut carry = Carry::default();
            let mut all = Vec::new();
            let mut out = vec![Masks::default(); room];
            let mut at = 0;
            while at < len {
                let (count, next) = way(bytes, at, len, &mut carry, &mut out);
                all.extend(out.iter().take(count).copied());
                at = next;
            }
            (all, carry)
        })
    }

    proptest! {
        #[test]
        fn the_vector_way_and_the_naive_way_agree(bytes in "([{}\\[\\]:,\"\\\\ a-c\u{e9}]|\\\\{1,70}){0,300}", cut in 0..300_usize, room in 1..5_usize) {
            let [fast, naive] = both(bytes.as_bytes(), bytes.len().saturating_sub(cut), room);
            prop_assert_eq!(fast, naive);
        }

        #[test]
        fn they_agree_inside_of_long_strings(
            pieces in proptest::collection::vec("(x{0,200}|\\\\{1,5}\"?|\"|[{}:,])", 0..20),
        ) {
            let bytes = pieces.concat();
            let [fast, naive] = both(bytes.as_bytes(), bytes.len(), 3);
            prop_assert_eq!(fast, naive);
        }

        #[test]
        fn they_agree_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let [fast, naive] = both(&bytes, bytes.len(), 4);
            prop_assert_eq!(fast, naive);
        }
    }
}
