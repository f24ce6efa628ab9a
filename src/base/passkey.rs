//! A passkey as it is kept: the site, the credential's id, the private key, and where it says that it is used.
//!
//! One text, because it is one secret. Deliberately not here: cryptography.

use serde::{Deserialize, Serialize};

/// What is known of a passkey by whoever holds it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PasskeySecret {
    /// The site, a domain.
    pub(crate) rp_id: String,
    /// The address at which the user is said to be.
    pub(crate) origin: String,
    /// The id of the credential, in base64url.
    pub(crate) id: String,
    /// The private key, PKCS #8 in base64url.
    pub(crate) key: String,
}

impl PasskeySecret {
    /// Reads the text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The text.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl std::fmt::Debug for PasskeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a passkey for {}", self.rp_id)
    }
}
