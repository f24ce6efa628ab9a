//! What a FIDO2 device is believed: a signature of its own key, over the challenge of this authentication, for this site, by an
//! authenticator that counts on.
//!
//! Written from the W3C's Web Authentication. Attestations are taken without asking who made the authenticator.

use std::sync::{Arc, OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};
use serde_json::Value;
use url::Url;

use super::faults::{Fault, Faults};
use crate::base::passkey::PasskeySecret;

/// The flags of authenticator data: the user was there; a new credential follows.
const PRESENT: u8 = 0b0000_0001;
const ATTESTED: u8 = 0b0100_0000;
/// Where the parts of authenticator data begin: the flags, the counter, what is attested.
const FLAGS: usize = 32;
const COUNTER: usize = 33;
const REST: usize = 37;
/// Where the sign-on page of the seeded users is.
const ORIGIN: &str = "https://app.example.com";

/// What is known of a registered passkey.
#[derive(Clone)]
pub(super) struct Passkey {
    /// The credential's id, in base64url.
    pub(super) id: String,
    key: PublicKey,
    counter: u32,
}

/// A point on P-256.
#[derive(Clone)]
enum PublicKey {
    /// What somebody registered.
    Registered(Arc<[u8]>),
    /// Half of a pair, which is made when it is first asked for: most scenarios have nothing to do with passkeys.
    Seeded { relying_party: &'static str, pair: Arc<OnceLock<Option<SeededPair>>> },
}

struct SeededPair {
    public: Box<[u8]>,
    /// In PKCS#8, base64url.
    private: String,
}

impl SeededPair {
    fn new() -> Option<Self> {
        let random = SystemRandom::new();
        let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).ok()?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, private.as_ref(), &random).ok()?;
        Some(Self { public: key.public_key().as_ref().into(), private: URL_SAFE_NO_PAD.encode(private.as_ref()) })
    }
}

impl PublicKey {
    /// No signature is one of an empty key.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Registered(key) => key,
            Self::Seeded { pair, .. } => pair.get_or_init(SeededPair::new).as_ref().map_or(&[], |pair| &pair.public),
        }
    }
}

/// What somebody shows for being who they are.
pub(super) struct Shown<'a> {
    pub(super) assertion: &'a Value,
    /// The origin that the request tells.
    pub(super) origin: &'a str,
    /// The challenge that was given, in base64url.
    pub(super) challenge: &'a str,
    pub(super) relying_party: &'a str,
}

impl Passkey {
    /// One whose key is made here, for a user that is seeded.
    pub(super) fn seeded(id: String, relying_party: &'static str) -> Self {
        Self { id, key: PublicKey::Seeded { relying_party, pair: Arc::default() }, counter: 0 }
    }

    /// What its holder knows, of one whose key was made here.
    pub(super) fn secret(&self) -> Option<PasskeySecret> {
        let PublicKey::Seeded { relying_party, pair } = &self.key else { return None };
        let pair = pair.get_or_init(SeededPair::new).as_ref()?;
        Some(PasskeySecret {
            rp_id: (*relying_party).to_owned(),
            origin: ORIGIN.to_owned(),
            id: self.id.clone(),
            key: pair.private.clone(),
        })
    }

    /// Takes a registration, if it answers the challenge for this site.
    pub(super) fn registered(shown: &Shown) -> Option<Self> {
        let response = &shown.assertion["response"];
        told(&client_data(response)?, "webauthn.create", shown, &Faults::default()).then_some(())?;
        let object: Cbor = ciborium::from_reader(bytes(response, "attestationObject")?.as_slice()).ok()?;
        let data = entry(&object, &Cbor::from("authData"))?.as_bytes()?.clone();
        for_site(&data, shown.relying_party).then_some(())?;
        (data[FLAGS] & ATTESTED != 0).then_some(())?;
        let length = usize::from(u16::from_be_bytes(data.get(REST + 16..REST + 18)?.try_into().ok()?));
        let (id, key) = data.get(REST + 18..)?.split_at_checked(length)?;
        let key: Cbor = ciborium::from_reader(key).ok()?;
        let coordinate = |name: i64| entry(&key, &Cbor::from(name))?.as_bytes().filter(|bytes| bytes.len() == 32);
        let point = [&[4], coordinate(-2)?.as_slice(), coordinate(-3)?.as_slice()].concat();
        let (id, key) = (URL_SAFE_NO_PAD.encode(id), PublicKey::Registered(point.into()));
        Some(Self { id, key, counter: counter_of(&data)? })
    }

    /// Whether an assertion is believed; if so, it cannot be shown again.
    pub(super) fn believes(&mut self, shown: &Shown, faults: &Faults) -> bool {
        let Some(counter) = self.proved(shown, faults) else { return false };
        // An authenticator that does not count says 0 every time.
        let counts_on = counter > self.counter || (counter == 0 && self.counter == 0);
        if counts_on {
            self.counter = counter;
        }
        counts_on || faults.has(Fault::ReplayedCounterAccepted)
    }

    fn proved(&self, shown: &Shown, faults: &Faults) -> Option<u32> {
        let response = &shown.assertion["response"];
        let client = bytes(response, "clientDataJSON")?;
        told(&client_data(response)?, "webauthn.get", shown, faults).then_some(())?;
        let data = bytes(response, "authenticatorData")?;
        for_site(&data, shown.relying_party).then_some(())?;
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.key.bytes());
        let own = shown.assertion["id"] == self.id.as_str();
        let signed = own && key.verify(&signed, &bytes(response, "signature")?).is_ok();
        (signed || faults.has(Fault::ForeignKeyAccepted)).then_some(())?;
        counter_of(&data)
    }
}

/// Whether the client says that it answers this challenge, for this site.
fn told(client: &Value, kind: &str, shown: &Shown, faults: &Faults) -> bool {
    let origin = client["origin"].as_str().unwrap_or_default();
    let host = Url::parse(origin).ok().filter(|url| url.scheme() == "https");
    let host = host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let site = shown.relying_party;
    let of_site = host == site || host.strip_suffix(site).is_some_and(|before| before.ends_with('.'));
    let right_origin = (origin == shown.origin && of_site) || faults.has(Fault::ForeignOriginAccepted);
    let right_challenge = client["challenge"] == shown.challenge || faults.has(Fault::OtherChallengeAccepted);
    client["type"] == kind && right_origin && right_challenge
}

/// Whether authenticator data are about this site, and the user was there.
fn for_site(data: &[u8], relying_party: &str) -> bool {
    let site = digest(&SHA256, relying_party.as_bytes());
    data.len() >= REST && data.starts_with(site.as_ref()) && data[FLAGS] & PRESENT != 0
}

fn counter_of(data: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(COUNTER..REST)?.try_into().ok()?))
}

fn client_data(response: &Value) -> Option<Value> {
    serde_json::from_slice(&bytes(response, "clientDataJSON")?).ok()
}

fn bytes(response: &Value, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(response[name].as_str()?.trim_end_matches('=')).ok()
}

fn entry<'c>(map: &'c Cbor, name: &Cbor) -> Option<&'c Cbor> {
    map.as_map()?.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}
