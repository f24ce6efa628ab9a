//! A journal's bodies, read back as JSON although their secrets are masked.

use serde_json::Value;

use super::BodyRecord;

impl BodyRecord {
    /// The body, if it is JSON and was kept whole.
    ///
    /// A mask stands where the secret stood: within a text, or bare in the place of a number. A bare one is read as a text,
    /// so that it hides a value and never the property.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).or_else(|_| serde_json::from_str(&quoted(&self.text))).ok()
    }
}

/// Puts every mask that stands outside of a text in quotes.
fn quoted(text: &str) -> String {
    let (mut clean, mut inside, mut escaped) = (String::with_capacity(text.len()), false, false);
    for letter in text.chars() {
        match letter {
            '"' if !escaped => inside = !inside,
            '‹' if !inside => clean.push('"'),
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        clean.push(letter);
        if letter == '›' && !inside {
            clean.push('"');
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_a_value_and_never_the_property() {
        let text = r#"{"otp": "‹otp#1›", "pin": ‹pin#1›, "said": "a \"‹x#1›\"", "left": 2}"#;
        let read = BodyRecord { text: text.into(), bytes: 0, cut: false }.json().expect("readable");
        let keys: Vec<&String> = read.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["otp", "pin", "said", "left"]);
        assert_eq!(read["pin"], "‹pin#1›");
    }

    #[test]
    fn what_was_cut_or_never_was_json_is_nothing() {
        for text in ["{\"a\": ", "<html>", ""] {
            assert_eq!(BodyRecord { text: text.into(), bytes: 0, cut: false }.json(), None, "{text}");
        }
    }
}
