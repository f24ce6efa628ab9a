//! Values that differ from a documented one only in how they are spelled: by case, by separators, by blanks around.
//!
//! Programs compare such texts byte by byte, so to them they are other values; people do not see the difference.

/// The documented value that was probably meant by another one; `None` where the value itself is documented, or none is near.
pub(crate) fn meant<'a>(value: &str, documented: impl IntoIterator<Item = &'a String>) -> Option<&'a str> {
    let plain = letters(value);
    let mut near = None;
    for known in documented.into_iter().map(String::as_str) {
        if known == value {
            return None;
        }
        if near.is_none() && letters(known) == plain {
            near = Some(known);
        }
    }
    near.filter(|_| !plain.is_empty())
}

/// A text without what only spells it.
fn letters(text: &str) -> String {
    let separates = |letter: char| letter.is_whitespace() || matches!(letter, '_' | '-' | '.');
    text.chars().filter(|letter| !separates(*letter)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_of_a_documented_value_is_known() {
        let documented = ["OTP_REQUIRED".to_owned(), "COMPLETED".to_owned()];
        for value in ["otp_required", "OTP-REQUIRED", " OTP_REQUIRED", "OtpRequired", "OTP REQUIRED"] {
            assert_eq!(meant(value, &documented), Some("OTP_REQUIRED"), "{value}");
        }
        for value in ["OTP_REQUIRED", "OTP_REQUESTED", "", "_", "NEW_STATE"] {
            assert_eq!(meant(value, &documented), None, "{value}");
        }
    }

    #[test]
    fn a_value_that_is_documented_itself_means_itself() {
        let documented = ["IOS".to_owned(), "iOS".to_owned()];
        assert_eq!(meant("iOS", &documented), None);
        assert_eq!(meant("ios", &documented), Some("IOS"));
    }
}
