//! The date of a cookie, read as RFC 6265, section 5.1.1, has browsers read it: whatever the order of its parts and what
//! stands between them. Crates for cookies read the three forms of HTTP and little else.
//!
//! Deliberately not here: what a date means for a cookie.

use chrono::{DateTime, NaiveDate, Utc};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads a date; nothing where it is none.
pub(super) fn read(text: &str) -> Option<DateTime<Utc>> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        // Each part is the first token that can be it, in this order.
        if time.is_none()
            && let Some(found) = time_of(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = digits(token, 1..=2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = digits(token, 2..=4)
        {
            year = Some(found);
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    let (hour, minute, second) = time?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month?, day?).filter(|_| year >= 1601)?;
    date.and_hms_opt(hour, minute, second).map(|date| date.and_utc())
}

fn is_delimiter(character: char) -> bool {
    matches!(character, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~')
}

/// A number with which a token begins; what follows it must be no digit.
fn digits(token: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let end = token.find(|character: char| !character.is_ascii_digit()).unwrap_or(token.len());
    if lengths.contains(&end) { token[..end].parse().ok() } else { None }
}

fn time_of(token: &str) -> Option<(u32, u32, u32)> {
    let mut parts = token.splitn(3, ':');
    let mut whole = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (hour, minute) = (whole()?, whole()?);
    Some((digits(hour, 1..=2)?, digits(minute, 1..=2)?, digits(parts.next()?, 1..=2)?))
}

fn month_of(token: &str) -> Option<u32> {
    let name = token.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().zip(1..).find_map(|(month, number)| (*month == name).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_any_form() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "6 november 1994 8:49:37",
            "1994, 08:49:37; 06 Nov",
            "Sun,06-NOV-1994 08:49:37",
            "08:49:37x 6th Nov 94+02:00",
        ] {
            assert_eq!(read(text).map(|date| date.timestamp()), Some(784_111_777), "{text}");
        }
        assert_eq!(read("Thu, 01 Jan 70 00:00:00 GMT").map(|date| date.timestamp()), Some(0));
        assert_eq!(read("Thu, 01 Jan 38 00:00:00 GMT").map(|date| date.timestamp()), Some(2_145_916_800));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "0",
            "-1",
            "never",
            "Sun, 06 Nov 1994",
            "06 Nov 08:49:37",
            "31 Feb 1994 08:49:37",
            "06 Nov 1600 08:49:37",
            "06 Nov 1994 24:00:00",
            "06 Nov 1994 08:60:00",
            "06 Nov 19945 08:49:37",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
