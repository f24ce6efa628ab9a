//! JSON from the wire: read as `serde_json` reads it, but for byte order marks, repeated keys and numbers out of range, all of
//! which are noted.

#![no_main]

use flowproof::base::json::Body;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let usual = serde_json::from_slice::<Value>(plain);
    match Body::read(bytes) {
        Body::Empty => assert!(plain.trim_ascii().is_empty()),
        Body::NotJson(message) => {
            assert!(usual.is_err(), "refused, although it is JSON: {message}");
            assert!(!message.is_empty());
        }
        Body::Json { value, repeated, inexact } => {
            match usual {
                Ok(usual) => assert_eq!(value, whole(usual)),
                Err(error) => assert!(inexact.iter().any(|number| number.out_of_range), "accepted: {error}"),
            }
            for number in inexact.iter().filter(|_| repeated.is_empty()) {
                let held = value.pointer(&number.pointer).and_then(Value::as_f64).expect("a number at its pointer");
                assert_eq!(number.out_of_range, held.abs() >= f64::MAX, "{number:?}");
            }
            again(&value);
        }
    }
});

/// What was read is written, and read again without anything to note.
fn again(value: &Value) {
    let written = value.to_string();
    let Body::Json { value: read, repeated, .. } = Body::read(written.as_bytes()) else {
        panic!("not read again: {written}")
    };
    assert!(repeated.is_empty() && same(value, &read), "{written}");
}

/// Equal but for the last digit of fractions, which `serde_json` does not promise to keep.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.as_f64().unwrap_or_default(), right.as_f64().unwrap_or_default());
            (left - right).abs() <= left.abs() * 1e-12 + f64::MIN_POSITIVE
        }
        _ => left == right,
    }
}

/// A whole number is an integer, however it is written.
fn whole(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, whole(value))).collect(),
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            let small = float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0;
            if small { (float as i64).into() } else { Value::Number(number) }
        }
        other => other,
    }
}
