//! Redaction: a secret in hostile text is never found in what is written, however it was encoded, and JSON stays JSON.
//!
//! The input is a secret, a line break, and a text in which every byte from 0 to 8 stands for the secret in one of its encodings.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flowproof::record::redaction::Secrets;
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

fuzz_target!(|text: &str| {
    let Some((secret, around)) = text.split_once('\n').filter(|(secret, _)| is_secret(secret)) else { return };
    let needles = needles(secret);
    let text: String = around.chars().map(|sign| inserted(sign, &needles)).collect();

    let mut secrets = Secrets::default();
    secrets.learn("secret", secret);
    let redactor = secrets.redactor();
    hidden(&redactor.text(&text), &needles);
    let json = redactor.json(&text);
    hidden(&json, &needles);
    if serde_json::from_str::<Value>(&text).is_ok() {
        assert!(serde_json::from_str::<Value>(&json).is_ok(), "{text:?} → {json:?}");
    }
    let quoted = Value::from(text).to_string();
    let json = redactor.json(&quoted);
    hidden(&json, &needles);
    assert!(serde_json::from_str::<Value>(&json).is_ok(), "{quoted:?} → {json:?}");
});

/// Shorter ones are replaced only where they stand alone; one that is a mark itself, or a piece of JSON's syntax, cannot be
/// told from what is around it.
fn is_secret(secret: &str) -> bool {
    (8..64).contains(&secret.len())
        && !secret.contains(|sign: char| sign.is_whitespace() || sign.is_control() || "‹›#{}[]:,\"\\".contains(sign))
}

/// The secret in clear and in its encodings, as they stand in a text when nothing is encoded with it.
fn needles(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let hex = |before: &str, upper: bool| -> String {
        let digits = |byte| if upper { format!("{before}{byte:02X}") } else { format!("{before}{byte:02x}") };
        secret.bytes().map(digits).collect()
    };
    vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        hex("%", false),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        hex("", false),
        hex("", true),
        secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
    ]
}

fn inserted(sign: char, needles: &[String]) -> String {
    needles.get(sign as usize).cloned().unwrap_or_else(|| sign.to_string())
}

fn hidden(clean: &str, needles: &[String]) {
    for needle in needles {
        assert!(!clean.contains(needle.as_str()), "{needle:?} is left in {clean:?}");
    }
}
