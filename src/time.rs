//! Times of the log, parsed to whole seconds and rendered again: no byte of the log's own writing survives.
//!
//! Reads RFC 3339 with any offset, a date and time without a zone (taken as UTC), and epoch numbers in seconds,
//! milliseconds, microseconds or nanoseconds. May not know records, agents, or where a time stood.

use std::fmt;

/// The first second that is a time: 2000-01-01T00:00:00Z.
const FIRST: i64 = 946_684_800;
/// The last second that is a time: 2099-12-31T23:59:59Z.
const LAST: i64 = 4_102_444_799;

/// Whole seconds since 1970 in UTC, between 2000 and 2099.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(u32);

impl Seconds {
    /// The time so many seconds after 1970, if it lies between 2000 and 2099.
    pub fn from_epoch_seconds(seconds: i64) -> Option<Self> {
        (FIRST..=LAST).contains(&seconds).then_some(())?;
        u32::try_from(seconds).ok().map(Self)
    }

    /// The time that an epoch number states, whichever of the four units in use it has.
    pub fn from_epoch(number: i64) -> Option<Self> {
        [1, 1_000, 1_000_000, 1_000_000_000]
            .into_iter()
            .find_map(|unit| Self::from_epoch_seconds(number.div_euclid(unit)))
    }
}

impl Seconds {
    /// `2026-06-25T12:00:00Z`, without an allocation.
    pub fn rendered(self) -> [u8; 20] {
        let mut rendered = *b"0000-00-00T00:00:00Z";
        // In range by construction: 2000 to 2099, so it always fills the twenty bytes.
        if let Ok(time) = jiff::Timestamp::from_second(i64::from(self.0)) {
            let mut rest = rendered.as_mut_slice();
            _ = std::io::Write::write_fmt(&mut rest, format_args!("{time}"));
        }
        rendered
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In range by construction: 2000 to 2099.
        match jiff::Timestamp::from_second(i64::from(self.0)) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The time that the bytes state.
pub fn parse(raw: &[u8]) -> Option<Seconds> {
    parse_utc(raw).or_else(|| parse_any(raw))
}

/// The form that nearly every log writes: `2026-06-25T12:00:00[.fraction]Z`.
fn parse_utc(raw: &[u8]) -> Option<Seconds> {
    let (date, rest) = raw.split_first_chunk::<8>()?;
    let (day_and_hour, rest) = rest.split_first_chunk::<8>()?;
    let (second, rest) = rest.split_first_chunk::<3>()?;
    match rest {
        b"Z" => {}
        [b'.', fraction @ .., b'Z'] if (1..=9).contains(&fraction.len()) && fraction.iter().all(u8::is_ascii_digit) => {
        }
        _ => return None,
    }
    let [y1, y2, y3, y4, _, mo1, mo2, _] = digits(*date, *b"0000-00-")?;
    let [d1, d2, _, h1, h2, _, mi1, mi2] = digits(*day_and_hour, *b"00T00:00")?;
    let [colon, s1, s2] = *second;
    let [_, s1, s2, ..] = digits([colon, s1, s2, 0, 0, 0, 0, 0], *b":00\0\0\0\0\0")?;
    let year = y1 * 1000 + y2 * 100 + y3 * 10 + y4;
    let (month, day) = (mo1 * 10 + mo2, d1 * 10 + d2);
    let (hour, minute, second) = (h1 * 10 + h2, mi1 * 10 + mi2, s1 * 10 + s2);
    // Days past 28, leap seconds and what is out of range are the calendar's: the slow way decides.
    if !(2000..2100).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=28).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    // Days since 1970-03-01 in the calendar that begins its years in March.
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let century_days = shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    let days = shifted_year * 365 + century_days + (shifted_month * 153 + 2) / 5 + day - 1 - 719_468;
    Seconds::from_epoch_seconds(i64::from(days) * 86_400 + i64::from(hour * 3_600 + minute * 60 + second))
}

/// The values of eight bytes that are digits where the pattern has a `0`, and the pattern's bytes elsewhere: all eight
/// are looked at in a few steps.
#[inline(always)]
const fn digits(bytes: [u8; 8], pattern: [u8; 8]) -> Option<[i32; 8]> {
    let values = u64::from_le_bytes(bytes) ^ u64::from_le_bytes(pattern);
    let too_great = values | values.wrapping_add(slack(pattern));
    if too_great & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let [a, b, c, d, e, f, g, h] = values.to_le_bytes();
    Some([a as i32, b as i32, c as i32, d as i32, e as i32, f as i32, g as i32, h as i32])
}

/// For each byte of a pattern, what a greater value than its place allows is lacking to the sign bit.
#[inline(always)]
const fn slack(pattern: [u8; 8]) -> u64 {
    let mut slack = [0x7F; 8];
    let mut at = 0;
    while at < pattern.len() {
        #[allow(clippy::indexing_slicing, reason = "bounded by the loop")]
        if pattern[at] == b'0' {
            slack[at] = 0x7F - 9;
        }
        at += 1;
    }
    u64::from_le_bytes(slack)
}

/// Every form that is read.
fn parse_any(raw: &[u8]) -> Option<Seconds> {
    let text = str::from_utf8(raw.get(..raw.len().min(48))?).ok()?;
    if text.len() != raw.len() {
        return None;
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Seconds::from_epoch_seconds(time.as_nanosecond().div_euclid(1_000_000_000).try_into().ok()?);
    }
    if let Ok(time) = text.parse::<jiff::civil::DateTime>() {
        let time = jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?;
        return Seconds::from_epoch_seconds(time.as_second());
    }
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let digits = whole.bytes().all(|byte| byte.is_ascii_digit()) && whole.len() >= 9;
    digits.then(|| whole.parse().ok()).flatten().and_then(Seconds::from_epoch)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn rendered(raw: &str) -> Option<String> {
        parse(raw.as_bytes()).map(|time| time.to_string())
    }

    #[test]
    fn times_are_read_in_every_form_and_rendered_in_one() {
        for raw in [
            "2026-06-25T12:00:00Z",
            "2026-06-25T12:00:00.104233519Z",
            "2026-06-25T14:00:00+02:00",
            "2026-06-25T12:00:00",
            "2026-06-25T12:00:00.104",
            "2026-06-25 12:00:00",
            "1782388800",
            "1782388800123",
            "1782388800.25",
            "1782388800123456789",
        ] {
            assert_eq!(rendered(raw).as_deref(), Some("2026-06-25T12:00:00Z"), "{raw}");
        }
    }

    #[test]
    fn what_is_no_time_between_2000_and_2099_is_none() {
        for raw in [
            "",
            "alice@example.test",
            "1999-12-31T23:59:59Z",
            "2100-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "7",
            "1e9",
        ] {
            assert_eq!(rendered(raw), None, "{raw}");
        }
        assert_eq!(rendered("2000-01-01T00:00:00Z").as_deref(), Some("2000-01-01T00:00:00Z"));
        assert_eq!(rendered("2099-12-31T23:59:59Z").as_deref(), Some("2099-12-31T23:59:59Z"));
        assert_eq!(rendered("2024-02-29T00:00:00Z").as_deref(), Some("2024-02-29T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn the_fast_way_and_the_calendar_agree(seconds in FIRST..=LAST, fraction in 0_u32..1_000_000_000) {
            let time = jiff::Timestamp::new(seconds, fraction as i32).unwrap().to_string();
            let slow = parse_any(time.as_bytes());
            prop_assert_eq!(slow, Seconds::from_epoch_seconds(seconds));
            if let Some(fast) = parse_utc(time.as_bytes()) {
                prop_assert_eq!(Some(fast), slow);
            }
        }
    }
}
