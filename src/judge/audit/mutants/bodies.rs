//! The bytes of a body: cut, doubled, emptied, with a repeated key or a broken encoding.

use bytes::Bytes;
use serde_json::Value;

use super::{Family, Kind};
use crate::judge::audit::act::{Change, Mutant};
use crate::judge::audit::scene::View;
use crate::judge::audit::worth::Worth;

/// The family.
pub const FAMILY: Family = Family {
    id: "bodies",
    kinds: &[
        Kind("body-cut", "a body that ends in the middle, or one byte early"),
        Kind("body-doubled", "a body that holds two documents"),
        Kind("body-emptied", "no body"),
        Kind("body-wrapped", "a body inside a list"),
        Kind("body-page", "a page of markup in the place of a document"),
        Kind("key-repeated", "a key that occurs twice, with two values"),
        Kind("encoding-broken", "a byte that is no UTF-8"),
    ],
    breed,
};

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    let schema = view.case.media_type().and_then(|media_type| media_type.schema.as_ref());
    let Some(body) = view.case.body().value().filter(|body| schema.is_some() && body.is_object()) else { return };
    let bytes = &view.case.response().body;
    let mut say = |kind, bytes: Bytes| {
        tell(Mutant { kind, place: "body".into(), change: Change::Bytes(bytes), worth: Worth::Breach, onwards: false });
    };
    let whole = bytes.trim_ascii_end();
    say("body-cut", Bytes::copy_from_slice(&whole[..whole.len() / 2]));
    say("body-cut", Bytes::copy_from_slice(&whole[..whole.len() - 1]));
    say("body-doubled", [whole, whole].concat().into());
    say("body-emptied", Bytes::new());
    say("body-wrapped", [b"[", whole, b"]"].concat().into());
    say("body-page", Bytes::from_static(b"<!doctype html><title>Bad Gateway</title>"));
    if let Some((name, value)) = body.as_object().and_then(|members| members.iter().next()) {
        let first = format!("{{{}:{value},", Value::from(name.as_str()));
        let rest = &whole[whole.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1)..];
        say("key-repeated", [first.as_bytes(), rest].concat().into());
    }
    say("encoding-broken", [whole, b"\xff"].concat().into());
}
