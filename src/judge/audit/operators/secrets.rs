//! Secrets of the request that come back in the answer.

use serde_json::json;

use super::family::{Family, Operator};
use crate::checks::sent;
use crate::judge::audit::class::{MutantClass, UNTELLING};
use crate::judge::audit::mutant::{BodyEdit, Mutant, Mutation};
use crate::judge::audit::original::Original;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "secrets",
    operators: &[
        Operator("secret-in-text", "the message, name or other text of an answer holds a secret that was sent"),
        Operator("secret-in-header", "a header field holds a secret that was sent"),
    ],
    mutate,
};

/// Properties that hold text for people, where there is one.
const TEXTS: [&str; 5] =
    ["/message", "/error_description", "/_embedded/user/username", "/applicationName", "/username"];

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let mut secrets: Vec<String> = Vec::new();
    sent::secrets(original.contract, original.case.observation, &mut |_, value| secrets.push(value.to_owned()));
    secrets.sort();
    secrets.dedup();
    for secret in secrets {
        let class = MutantClass::breach_if(is_telling(&secret), UNTELLING);
        let change = Mutation::Header("X-Debug".into(), vec![format!("got {secret}")]);
        emit(Mutant { operator: "secret-in-header", place: "header:X-Debug".into(), change, class, onwards: false });
        for pointer in TEXTS.into_iter().filter(|pointer| original.node(pointer).is_some()) {
            let edit = BodyEdit::Set(pointer.into(), json!(format!("got {secret}")));
            let change = Mutation::Text(vec![edit]);
            emit(Mutant { operator: "secret-in-text", place: pointer.into(), change, class, onwards: false });
        }
    }
}

/// As SECRET-1 is understood: four characters at least, and no plain words.
fn is_telling(secret: &str) -> bool {
    let length = secret.chars().count();
    let plain = secret.chars().all(|character| character.is_alphabetic() || character == ' ');
    if plain { length >= 20 } else { length >= 4 }
}
