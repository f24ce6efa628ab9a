//! Names of properties, parameters and header fields that hold secrets everywhere, whatever a contract says of them (X05).
//!
//! Deliberately not here: where a value stands after its name ([`super::named`]).

use std::sync::LazyLock;

use super::masks::is_mask;
use crate::base::spelling::folded;

/// Names whose value is secret whatever it looks like; as people write them, without case, dashes and underscores.
const SECRET: &[&str] = &[
    "accesstoken",
    "apikey",
    "assertion",
    "bearertoken",
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "currentpassword",
    "devicecode",
    "idtoken",
    "invitecode",
    "mfatoken",
    "newpassword",
    "oldpassword",
    "onetimepassword",
    "otp",
    "pairingkey",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "privatekey",
    "recoverycode",
    "refreshtoken",
    "secret",
    "secretkey",
    "sessiontoken",
    "sharedsecret",
    "totp",
    "usercode",
    "verificationcode",
];

/// How names end whose value is secret, though not where it is an address (`forgotPassword`).
const ENDINGS: &[&str] = &[
    "accesskey",
    "accesstoken",
    "accountkey",
    "apikey",
    "authkey",
    "authtoken",
    "clientsecret",
    "encryptionkey",
    "functionskey",
    "hmackey",
    "idtoken",
    "licensekey",
    "masterkey",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "refreshtoken",
    "secret",
    "secretkey",
    "securitytoken",
    "sessionkey",
    "sessiontoken",
    "sharedkey",
    "signingkey",
    "subscriptionkey",
];

/// How names end that hold a secret where the value looks like one.
const PERHAPS: &[&str] =
    &["assertion", "authorization", "credential", "credentials", "jsessionid", "jwt", "phpsessid", "token"];

/// How names end that hold a place in a list, and no secret.
const PLACES: &[&str] = &["continuationtoken", "nexttoken", "pagetoken", "pagingtoken", "synctoken"];

/// What says whether there is a secret.
const FLAGS: &[&str] = &["false", "none", "null", "true"];

/// Names that hold a secret in a query only: elsewhere `code` names errors, `ticket` what is to be done, and `signature` may be
/// read by anybody.
const IN_QUERY: &[&str] = &["code", "sig", "signature", "ticket", "xamzsignature", "xgoogsignature"];

/// Values of other names than those that always hold secrets are secret from this length on.
const TELLING: usize = 8;

/// Words are such from here on no more: nobody guesses what is longer.
const WORDS: usize = 20;

/// Whether a value is a word or some words such as people and APIs write, or so short that it says nothing.
pub fn is_word(value: &str) -> bool {
    let plain = value.chars().all(|character| character.is_alphabetic() || " _-".contains(character));
    value.chars().count() < if plain { WORDS } else { 4 }
}

/// The last two letters of everything that a name may end with: which may stand before each letter, one bit for each.
static ENDS: LazyLock<[u32; 26]> = LazyLock::new(|| {
    let mut before = [0; 26];
    for ending in [SECRET, ENDINGS, PERHAPS, IN_QUERY].concat() {
        if let [.., first, last] = ending.as_bytes() {
            before[usize::from(last - b'a')] |= 1 << (first - b'a');
        }
    }
    before
});

/// Whether a name may be one of a secret, by its last two letters: most are not, and need not be folded.
fn may_be_secret(name: &str) -> bool {
    let mut letters = name.bytes().rev().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
    let (Some(last @ b'a'..=b'z'), Some(first @ b'a'..=b'z')) = (letters.next(), letters.next()) else { return false };
    ENDS[usize::from(last - b'a')] & 1 << (first - b'a') != 0
}

/// Whether what has this name is secret.
pub(crate) fn is_secret(name: &str) -> bool {
    if !may_be_secret(name) {
        return false;
    }
    let plain = folded(name);
    SECRET.binary_search(&plain.as_str()).is_ok() || ends(&plain, ENDINGS)
}

/// Whether two names are one, in different spellings.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// Whether a value is secret by its name: not where it is another tool's mask, a template, an address, or only the name again,
/// as in a field that says what kind of passcode it is.
pub(crate) fn holds_secret(name: &str, value: &str) -> bool {
    if !may_be_secret(name) {
        return false;
    }
    let plain = folded(name);
    let (always, ending) = (SECRET.binary_search(&plain.as_str()).is_ok(), ends(&plain, ENDINGS));
    if !(always || ending || is_perhaps(&plain)) {
        return false;
    }
    if is_mask(value) || is_template(value) || FLAGS.contains(&value) || value.eq_ignore_ascii_case(name) {
        return false;
    }
    if always {
        return !is_url(value);
    }
    !is_address(value) && (ending && value.len() > 1 || is_perhaps(&plain) && is_telling(value))
}

/// The same of a parameter of a query, or of a fragment.
pub(crate) fn holds_secret_in_query(name: &str, value: &str) -> bool {
    holds_secret(name, value) || (is_telling(value) && !is_mask(value) && IN_QUERY.contains(&folded(name).as_str()))
}

/// Whether a name ends like one of those that may hold secrets; some do so in a query only.
pub(super) fn may_hold_secret(name: &str, is_query: bool) -> bool {
    if !may_be_secret(name) {
        return false;
    }
    let plain = folded(name);
    let is_name = SECRET.binary_search(&plain.as_str()).is_ok() || ends(&plain, ENDINGS) || is_perhaps(&plain);
    is_name || (is_query && IN_QUERY.contains(&plain.as_str()))
}

fn is_perhaps(plain: &str) -> bool {
    ends(plain, PERHAPS) && !ends(plain, PLACES)
}

/// Whether a value looks like a secret, and not like a word, a short number, the name of an error or an address.
fn is_telling(value: &str) -> bool {
    value.len() >= TELLING && !is_word(value) && !is_constant(value) && !is_address(value)
}

/// Words and numbers as programs name what they know: `ERR_404_NOT_FOUND`.
fn is_constant(value: &str) -> bool {
    let is_part = |part: &str| {
        let all = |is: fn(&u8) -> bool| part.bytes().all(|byte| is(&byte));
        let is_number = part.len() <= 6 && all(u8::is_ascii_digit);
        !part.is_empty() && (is_number || all(u8::is_ascii_uppercase) || all(u8::is_ascii_lowercase))
    };
    value.contains('_') && value.split('_').all(is_part)
}

fn is_template(value: &str) -> bool {
    value.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
}

fn is_url(value: &str) -> bool {
    value.starts_with("https://") || value.starts_with("http://")
}

fn is_address(value: &str) -> bool {
    value.starts_with('/') || value.contains("://")
}

fn ends(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name.ends_with(ending))
}

/// A name as it may stand in a mark; it may come from a server.
pub(crate) fn tidy(name: &str) -> String {
    let known: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).take(40).collect();
    if known.is_empty() { "secret".to_owned() } else { known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x05_secret_names_are_known_however_they_are_written() {
        for name in ["access_token", "accessToken", "Client-Secret", "OTP", "pairingKey", "recoveryCode"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["code", "id", "status", "tokens", "passwordPolicy", "token_type", "tokenEndpoint", "keyId", ""] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(SECRET.is_sorted());
        let all = [SECRET, ENDINGS, PERHAPS, IN_QUERY].concat();
        assert!(all.iter().all(|name| name.len() > 1 && name.bytes().all(|letter| letter.is_ascii_lowercase())));
    }

    /// reported/21: a member named `X-API-Key`.
    #[test]
    fn x05_secret_names_are_known_with_whatever_stands_before_them() {
        let names = ["X-API-Key", "x_api_key", "xApiKey", "Ocp-Apim-Subscription-Key", "db_password", "webhookSecret"];
        let more = ["aws_secret_access_key", "X-Auth-Token", "X-Refresh-Token", "SharedAccessKey", "api.key", "DB_PWD"];
        for name in names.into_iter().chain(more) {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn x05_what_may_be_secret_by_its_name_is_so_where_the_value_looks_like_it() {
        for (name, value) in
            [("token", "q7Zk4Wm01"), ("Authorization", "Digest q7Zk4Wm01"), ("db_password", "sunshine")]
        {
            assert!(holds_secret(name, value), "{name}");
        }
        let harmless = [
            ("token", "required"),
            ("forgotPassword", "https://a.example/forgot/q7Zk4Wm01"),
            ("otp", "OTP"),
            ("password", "[Filtered]"),
            ("password", "{{user.password}}"),
            ("code", "q7Zk4Wm01"),
        ];
        for (name, value) in harmless {
            assert!(!holds_secret(name, value), "{name}");
        }
        assert!(holds_secret_in_query("code", "q7Zk4Wm01") && !holds_secret_in_query("code", "NOT_FOUND"));
    }
}
