//! The bytes of a body: cut, doubled, emptied, with a repeated key or a broken encoding.

use bytes::Bytes;
use serde_json::Value;

use super::family::{Family, Operator};
use crate::judge::audit::class::MutantClass;
use crate::judge::audit::mutant::{Mutant, Mutation};
use crate::judge::audit::original::Original;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "bodies",
    operators: &[
        Operator("body-cut", "a body that ends in the middle, or one byte early"),
        Operator("body-doubled", "a body that holds two documents"),
        Operator("body-emptied", "no body"),
        Operator("body-wrapped", "a body inside a list"),
        Operator("body-page", "a page of markup in the place of a document"),
        Operator("key-repeated", "a key that occurs twice, with two values"),
        Operator("encoding-broken", "a byte that is no UTF-8"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let schema = original.case.media_type.and_then(|media_type| media_type.schema.as_ref());
    let Some(body) = original.case.body().value().filter(|body| schema.is_some() && body.is_object()) else { return };
    let bytes = &original.case.response.body;
    let mut add = |operator, bytes: Bytes| {
        let (change, class) = (Mutation::Bytes(bytes), MutantClass::Breach);
        emit(Mutant { operator, place: "body".into(), change, class, onwards: false });
    };
    let whole = bytes.trim_ascii_end();
    add("body-cut", Bytes::copy_from_slice(&whole[..whole.len() / 2]));
    add("body-cut", Bytes::copy_from_slice(&whole[..whole.len() - 1]));
    add("body-doubled", [whole, whole].concat().into());
    add("body-emptied", Bytes::new());
    add("body-wrapped", [b"[", whole, b"]"].concat().into());
    add("body-page", Bytes::from_static(b"<!doctype html><title>Bad Gateway</title>"));
    if let Some((name, value)) = body.as_object().and_then(|members| members.iter().next()) {
        let first = format!("{{{}:{value},", Value::from(name.as_str()));
        let rest = &whole[whole.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1)..];
        add("key-repeated", [first.as_bytes(), rest].concat().into());
    }
    add("encoding-broken", [whole, b"\xff"].concat().into());
}
