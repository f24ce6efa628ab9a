//! Secrets of the request that come back in the answer.

use serde_json::json;

use super::{Family, Kind};
use crate::checks::sent;
use crate::judge::audit::act::{Change, Edit, Mutant};
use crate::judge::audit::scene::View;
use crate::judge::audit::worth::{UNTELLING, Worth};

/// The family.
pub const FAMILY: Family = Family {
    id: "secrets",
    kinds: &[
        Kind("secret-in-text", "the message, name or other text of an answer holds a secret that was sent"),
        Kind("secret-in-header", "a header field holds a secret that was sent"),
    ],
    breed,
};

/// Properties that hold text for people, where there is one.
const TEXTS: [&str; 5] =
    ["/message", "/error_description", "/_embedded/user/username", "/applicationName", "/username"];

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    let mut secrets: Vec<String> = Vec::new();
    sent::secrets(view.contract, view.case.observation(), &mut |_, value| secrets.push(value.to_owned()));
    secrets.sort();
    secrets.dedup();
    for secret in secrets {
        let worth = Worth::breach_if(is_telling(&secret), UNTELLING);
        let change = Change::Header("X-Debug".into(), vec![format!("got {secret}")]);
        tell(Mutant { kind: "secret-in-header", place: "header:X-Debug".into(), change, worth, onwards: false });
        for pointer in TEXTS.into_iter().filter(|pointer| view.node(pointer).is_some()) {
            let edit = Edit::Set(pointer.into(), json!(format!("got {secret}")));
            let change = Change::Text(vec![edit]);
            tell(Mutant { kind: "secret-in-text", place: pointer.into(), change, worth, onwards: false });
        }
    }
}

/// As SECRET-1 is understood: four characters at least, and no plain words.
fn is_telling(secret: &str) -> bool {
    let length = secret.chars().count();
    let plain = secret.chars().all(|character| character.is_alphabetic() || character == ' ');
    if plain { length >= 20 } else { length >= 4 }
}
