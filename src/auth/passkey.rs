//! A passkey of our own: it registers at a site and signs what the site asks, as an authenticator does, without any person.
//!
//! Web Authentication, as much of it as one key of one kind needs: ES256, no attestation. Its counter follows the time, so
//! that it grows from run to run and nothing has to be kept.
//!
//! Deliberately not here: whether a site believes it.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ciborium::Value as Cbor;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::base::passkey::PasskeySecret;

/// The user is there, and has proved to be it.
const PRESENT_AND_VERIFIED: u8 = 0b0000_0101;
/// What follows is a new credential.
const ATTESTED: u8 = 0b0100_0000;
/// Before this there was no counter: tenths of seconds since then fit into it for thirteen years.
const BEGINNING: i64 = 1_767_225_600;

/// A passkey.
pub(crate) struct Passkey {
    secret: PasskeySecret,
    key: EcdsaKeyPair,
}

/// Why a passkey cannot be used. The text holds no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasskeyError {
    #[error("the passkey is not one that `flowproof provision` made")]
    Unreadable,
    #[error("the options hold no challenge")]
    NoChallenge,
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl Passkey {
    /// Makes one for a site.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub(crate) fn generate(rp_id: &str, origin: &str) -> Result<Self, PasskeyError> {
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(|_| PasskeyError::NoRandomness)?;
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        let key = key.map_err(|_| PasskeyError::NoRandomness)?;
        Self::of(PasskeySecret {
            rp_id: rp_id.to_owned(),
            origin: origin.to_owned(),
            id: URL_SAFE_NO_PAD.encode(id),
            key: URL_SAFE_NO_PAD.encode(key.as_ref()),
        })
    }

    /// Reads one that was kept.
    ///
    /// # Errors
    /// When the text is none.
    pub(crate) fn parse(text: &SecretString) -> Result<Self, PasskeyError> {
        Self::of(PasskeySecret::parse(text.expose_secret()).ok_or(PasskeyError::Unreadable)?)
    }

    fn of(secret: PasskeySecret) -> Result<Self, PasskeyError> {
        let key = URL_SAFE_NO_PAD.decode(&secret.key).map_err(|_| PasskeyError::Unreadable)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key, &SystemRandom::new());
        Ok(Self { secret, key: key.map_err(|_| PasskeyError::Unreadable)? })
    }

    /// The text to keep.
    pub(crate) fn secret(&self) -> SecretString {
        self.secret.text().into()
    }

    /// Where it is used, as it says.
    pub(crate) fn origin(&self) -> &str {
        &self.secret.origin
    }

    /// The answer to the options of a registration, as JSON.
    ///
    /// # Errors
    /// When the options hold no challenge.
    pub(crate) fn attestation(&self, options: &str) -> Result<String, PasskeyError> {
        let client_data = self.client_data("webauthn.create", options)?;
        let mut authenticator_data = self.authenticator_data(PRESENT_AND_VERIFIED | ATTESTED);
        let id = self.raw_id();
        authenticator_data.extend([0; 16]);
        authenticator_data.extend(u16::try_from(id.len()).unwrap_or_default().to_be_bytes());
        authenticator_data.extend(id);
        authenticator_data.extend(cbor(&self.public_key()));
        let object = Cbor::Map(vec![
            (Cbor::from("fmt"), Cbor::from("none")),
            (Cbor::from("attStmt"), Cbor::Map(Vec::new())),
            (Cbor::from("authData"), Cbor::Bytes(authenticator_data)),
        ]);
        Ok(self.credential(
            &json!({ "clientDataJSON": encoded(client_data), "attestationObject": encoded(cbor(&object)) }),
        ))
    }

    /// The answer to the options of a sign-on, as JSON. Without options it is an answer to nothing.
    ///
    /// # Errors
    /// When the options hold no challenge, or nothing can be signed.
    pub(crate) fn assertion(&self, options: Option<&str>) -> Result<String, PasskeyError> {
        let client_data = self.client_data("webauthn.get", options.unwrap_or(r#"{"challenge":""}"#))?;
        let authenticator_data = self.authenticator_data(PRESENT_AND_VERIFIED);
        let mut signed = authenticator_data.clone();
        signed.extend(digest(&SHA256, client_data.as_bytes()).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).map_err(|_| PasskeyError::NoRandomness)?;
        Ok(self.credential(&json!({
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(authenticator_data),
            "signature": encoded(signature),
        })))
    }

    fn credential(&self, response: &Value) -> String {
        let id = &self.secret.id;
        json!({ "id": id, "type": "public-key", "rawId": id, "response": response, "clientExtensionResults": {} })
            .to_string()
    }

    fn client_data(&self, kind: &str, options: &str) -> Result<String, PasskeyError> {
        let challenge = challenge(options).ok_or(PasskeyError::NoChallenge)?;
        Ok(json!({ "type": kind, "challenge": challenge, "origin": self.secret.origin, "crossOrigin": false })
            .to_string())
    }

    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.secret.rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(counter(Utc::now()).to_be_bytes());
        data
    }

    fn raw_id(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(&self.secret.id).unwrap_or_default()
    }

    /// The public key as COSE has it (RFC 9053): an elliptic curve key for ES256 on P-256.
    fn public_key(&self) -> Cbor {
        let point = self.key.public_key().as_ref();
        let (x, y) = point.get(1..).unwrap_or_default().split_at(32.min(point.len().saturating_sub(1)));
        let entry = |name: i64, value: Cbor| (Cbor::from(name), value);
        Cbor::Map(vec![
            entry(1, Cbor::from(2)),
            entry(3, Cbor::from(-7)),
            entry(-1, Cbor::from(1)),
            entry(-2, Cbor::Bytes(x.to_vec())),
            entry(-3, Cbor::Bytes(y.to_vec())),
        ])
    }
}

/// The challenge of options in base64url: they have it as such a text, or as a list of bytes with or without a sign.
fn challenge(options: &str) -> Option<String> {
    let options: Value = serde_json::from_str(options).ok()?;
    match &options["challenge"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(bytes) => {
            let byte = |value: &Value| Some((value.as_i64()? & 0xff) as u8);
            Some(URL_SAFE_NO_PAD.encode(bytes.iter().map(byte).collect::<Option<Vec<u8>>>()?))
        }
        _ => None,
    }
}

/// A number that grows with the time, and with every use.
fn counter(now: DateTime<Utc>) -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let tenths = (now.timestamp_millis() / 100 - BEGINNING * 10).max(1);
    let tenths = u32::try_from(tenths).unwrap_or(u32::MAX);
    let next = |last: u32| tenths.max(last.saturating_add(1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
    next(last.unwrap_or_default())
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a vector takes every byte");
    bytes
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    fn bytes(answer: &Value, name: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(answer["response"][name].as_str().expect("a text")).expect("base64url")
    }

    #[test]
    fn an_assertion_is_signed_over_the_challenge_and_its_counter_grows() {
        let passkey = Passkey::generate("example.com", "https://app.example.com").expect("a passkey");
        let again = Passkey::parse(&passkey.secret()).expect("the same passkey");
        let options = r#"{"challenge":[-1,0,127],"rpId":"example.com"}"#;
        let counters: Vec<Vec<u8>> = [&passkey, &again]
            .map(|passkey| {
                let answer: Value =
                    serde_json::from_str(&passkey.assertion(Some(options)).expect("signed")).expect("JSON");
                let (client, data) = (bytes(&answer, "clientDataJSON"), bytes(&answer, "authenticatorData"));
                let told: Value = serde_json::from_slice(&client).expect("JSON");
                assert_eq!((&told["type"], &told["challenge"]), (&json!("webauthn.get"), &json!("_wB_")));
                let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, again.key.public_key().as_ref());
                assert!(key.verify(&signed, &bytes(&answer, "signature")).is_ok());
                data[33..].to_vec()
            })
            .into();
        assert!(counters[0] < counters[1], "{counters:?}");
    }

    #[test]
    fn what_is_no_passkey_and_what_is_no_challenge_are_told() {
        assert_eq!(Passkey::parse(&"{}".into()).err(), Some(PasskeyError::Unreadable));
        let passkey = Passkey::generate("example.com", "https://app.example.com").expect("a passkey");
        assert_eq!(passkey.assertion(Some("{}")), Err(PasskeyError::NoChallenge));
        assert_eq!(passkey.attestation("no JSON"), Err(PasskeyError::NoChallenge));
    }
}
