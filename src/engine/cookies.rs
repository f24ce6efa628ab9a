//! The session cookies of one scenario: kept between its steps, never shared with another.
//!
//! Deliberately not here: domains and paths. All requests of a scenario go to one origin.

use indexmap::IndexMap;

use crate::record::Headers;

/// The cookies that were set so far.
#[derive(Debug, Default)]
pub(super) struct Cookies(IndexMap<String, String>);

impl Cookies {
    /// Takes the cookies that an answer sets; an expired or empty one is forgotten.
    pub(super) fn take(&mut self, headers: &Headers) {
        for field in headers.all("set-cookie") {
            let field = String::from_utf8_lossy(field);
            let mut parts = field.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let expired = parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0"));
            if expired || value.is_empty() {
                self.0.shift_remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The value of the Cookie field, with more cookies, which take the place of those of the same name; `None` when there is
    /// nothing to send.
    pub(super) fn field(&self, more: &[(String, String)]) -> Option<String> {
        let replaced = |name: &str| more.iter().any(|(known, _)| known == name);
        let kept = self.0.iter().filter(|(name, _)| !replaced(name));
        let more = more.iter().map(|(name, value)| (name, value));
        let pairs: Vec<String> = kept.chain(more).map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cookies: &mut Cookies, fields: &[&str]) {
        cookies.take(&Headers(fields.iter().map(|field| ("Set-Cookie".into(), field.as_bytes().to_vec())).collect()));
    }

    #[test]
    fn cookies_are_replaced_by_name_and_sent_in_one_field() {
        let mut cookies = Cookies::default();
        assert_eq!(cookies.field(&[]), None);
        set(&mut cookies, &["ST=a; Path=/; Secure", "ST-NO-SS=b; HttpOnly"]);
        set(&mut cookies, &["ST=c"]);
        assert_eq!(cookies.field(&[]).as_deref(), Some("ST=c; ST-NO-SS=b"));
    }

    #[test]
    fn an_expired_cookie_is_forgotten() {
        let mut cookies = Cookies::default();
        set(&mut cookies, &["ST=a", "T=b"]);
        set(&mut cookies, &["ST=gone; Max-Age=0", "T="]);
        assert_eq!(cookies.field(&[]), None);
    }
}
