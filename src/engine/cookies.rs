//! The session cookies of one scenario: kept between its steps, never shared with another.
//!
//! They are read as RFC 6265, section 5.2, has browsers read them. Deliberately not here: domains and paths. All requests of a
//! scenario go to one origin.

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;

use super::cookie_date;
use crate::record::Headers;

/// The cookies that were set so far.
#[derive(Debug, Default)]
pub(super) struct Cookies(IndexMap<String, Cookie>);

#[derive(Debug)]
struct Cookie {
    value: String,
    /// From when on it is forgotten; `None` means not before the scenario ends.
    expires: Option<DateTime<Utc>>,
}

impl Cookies {
    /// Takes the cookies that an answer sets, and forgets those that it takes back. An empty value is a value.
    pub(super) fn take(&mut self, headers: &Headers, now: DateTime<Utc>) {
        for field in headers.all("set-cookie") {
            let field = String::from_utf8_lossy(field);
            let (pair, attributes) = field.split_once(';').unwrap_or((&field, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (trimmed(name), trimmed(value));
            if !name.is_empty() {
                let cookie = Cookie { value: value.to_owned(), expires: expiry(attributes, now) };
                self.0.insert(name.to_owned(), cookie);
            }
        }
        self.0.retain(|_, cookie| cookie.is_alive(now));
    }

    /// The value of the Cookie field, with more cookies, which take the place of those of the same name; `None` when there is
    /// nothing to send.
    pub(super) fn field(&self, more: &[(String, String)], now: DateTime<Utc>) -> Option<String> {
        let replaced = |name: &str| more.iter().any(|(known, _)| known == name);
        let kept = self.0.iter().filter(|(name, cookie)| cookie.is_alive(now) && !replaced(name));
        let kept = kept.map(|(name, cookie)| (name, &cookie.value));
        let more = more.iter().map(|(name, value)| (name, value));
        let pairs: Vec<String> = kept.chain(more).map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

impl Cookie {
    fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_none_or(|expires| expires > now)
    }
}

/// When a cookie is to be forgotten. Max-Age goes before Expires, and of several with one name the last counts.
fn expiry(attributes: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (mut max_age, mut expires) = (None, None);
    for attribute in attributes.split(';') {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let (name, value) = (trimmed(name), trimmed(value));
        if name.eq_ignore_ascii_case("max-age") {
            max_age = seconds(value).or(max_age);
        } else if name.eq_ignore_ascii_case("expires") {
            expires = cookie_date::read(value).or(expires);
        }
    }
    match max_age {
        Some(seconds) if seconds <= 0 => Some(DateTime::<Utc>::MIN_UTC),
        // Beyond what a date can hold, it is forgotten by nobody who lives.
        Some(seconds) => TimeDelta::try_seconds(seconds).and_then(|age| now.checked_add_signed(age)),
        None => expires,
    }
}

/// A number of seconds; nothing where it is none (RFC 6265, section 5.2.2).
fn seconds(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_number = !value.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let most = if digits.len() < value.len() { i64::MIN } else { i64::MAX };
    is_number.then(|| value.parse().unwrap_or(most))
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAST: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    fn set(cookies: &mut Cookies, fields: &[&str]) {
        let fields = fields.iter().map(|field| ("Set-Cookie".into(), field.as_bytes().to_vec()));
        cookies.take(&Headers(fields.collect()), now());
    }

    /// What is sent after a cookie was set, and another field came.
    fn after(field: &str) -> Option<String> {
        let mut cookies = Cookies::default();
        set(&mut cookies, &["ST=a; Path=/; Secure", field]);
        cookies.field(&[], now())
    }

    #[test]
    fn cookies_are_replaced_by_name_and_sent_in_one_field() {
        let mut cookies = Cookies::default();
        assert_eq!(cookies.field(&[], now()), None);
        set(&mut cookies, &["ST=a; Path=/; Secure", "ST-NO-SS=b; HttpOnly"]);
        set(&mut cookies, &["ST=c"]);
        assert_eq!(cookies.field(&[], now()).as_deref(), Some("ST=c; ST-NO-SS=b"));
    }

    /// reported/12: only `max-age=0` took a cookie back.
    #[test]
    fn a_cookie_that_was_taken_back_is_forgotten_however_that_is_said() {
        for attributes in [
            "Max-Age=0",
            "Path=/; Max-Age=-1",
            "max-age = 0",
            "MAX-AGE=0",
            "Max-Age=-99999999999999999999",
            "Max-Age=600; Max-Age=0",
            &format!("Expires={PAST}"),
            &format!("expires = {PAST} ; Path=/"),
            &format!("Expires=Sun, 06 Nov 2094 08:49:37 GMT; Expires={PAST}"),
            "expires=Sunday, 06-Nov-94 08:49:37 GMT",
            "expires=Sun Nov  6 08:49:37 1994",
            "Expires=Sun, 06 Nov 2094 08:49:37 GMT; Max-Age=0",
        ] {
            assert_eq!(after(&format!("ST=deleted; {attributes}")), None, "{attributes}");
            assert_eq!(after(&format!("ST=; {attributes}")), None, "{attributes}");
        }
    }

    #[test]
    fn a_cookie_that_was_not_taken_back_stays() {
        for (field, expected) in [
            (&*format!("ST=b; Path=/; Expires={PAST}; Max-Age=600"), "ST=b"),
            ("ST=b; Max-Age=9999999999999999999999", "ST=b"),
            ("ST=b; Max-Age=", "ST=b"),
            ("ST=b; Max-Age=0x", "ST=b"),
            ("ST=b; Max-Age=+0", "ST=b"),
            ("ST=b; Expires=never", "ST=b"),
            ("ST=b; Expires=Sun, 06 Nov 2094 08:49:37 GMT", "ST=b"),
            ("ST=; Path=/", "ST="),
            ("ST", "ST=a"),
            ("=b", "ST=a"),
            ("; ST=b", "ST=a"),
            (" ST = \"a b\" ; Path=/", "ST=\"a b\""),
            ("ST=b=c==; Path=/", "ST=b=c=="),
        ] {
            assert_eq!(after(field).as_deref(), Some(expected), "{field}");
        }
    }

    #[test]
    fn a_cookie_is_sent_until_it_expires() {
        let mut cookies = Cookies::default();
        set(&mut cookies, &["ST=a; Max-Age=60"]);
        assert!(cookies.field(&[], now() + TimeDelta::seconds(59)).is_some());
        assert!(cookies.field(&[], now() + TimeDelta::seconds(60)).is_none());
    }
}
