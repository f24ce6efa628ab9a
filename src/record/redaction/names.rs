//! Names of properties and parameters that hold secrets everywhere, whatever a contract says of them (X05).
//!
//! Deliberately not here: names that mean something else elsewhere, such as `code`, which names errors, too.

/// As people write them, without case, dashes and underscores.
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

/// Whether what has this name is secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET.binary_search(&plain.as_str()).is_ok()
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
        for name in ["code", "id", "status", "tokens", "passwordPolicy", ""] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(SECRET.is_sorted());
    }
}
