//! Spellings: values that differ from a documented one only by case, by separators, by blanks around; and one name as files and as
//! variables spell it.
//!
//! Programs compare texts byte by byte, so to them such values are others; people do not see the difference.

/// The documented value that was probably meant by another one; `None` where the value itself is documented, or none is near.
pub(crate) fn meant<'a>(value: &str, documented: impl IntoIterator<Item = &'a String>) -> Option<&'a str> {
    let mut near = None;
    for known in documented.into_iter().map(String::as_str) {
        if known == value {
            return None;
        }
        if near.is_none() && letters(known).eq(letters(value)) {
            near = Some(known);
        }
    }
    near.filter(|_| letters(value).next().is_some())
}

/// A text without what only spells it.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let separates = |letter: char| letter.is_whitespace() || matches!(letter, '_' | '-' | '.');
    text.chars().filter(move |letter| !separates(*letter)).flat_map(char::to_lowercase)
}

/// The words of a name: what separators stand between, and what begins with a capital after a small letter.
fn words(name: &str) -> Vec<String> {
    let (mut words, mut before) = (vec![String::new()], ' ');
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_ascii_alphanumeric()) {
            word.push(letter);
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A name without what only spells it: `createdAt`, `created_at` and `Created-At` are one.
pub(crate) fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// A name as files have it: `place-order`.
pub(crate) fn kebab(name: &str) -> String {
    words(name).join("-").to_ascii_lowercase()
}

/// A name as variables have it: `orderId`; capitals that stand together stay.
pub(crate) fn lower_camel(name: &str) -> String {
    let words = words(name);
    let rest = words.iter().skip(1).map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    words.first().map(|first| first.to_ascii_lowercase()).into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelled_as_files_and_as_variables_have_it() {
        for (name, file, variable) in [
            ("placeOrder", "place-order", "placeOrder"),
            ("GET /books/{id}", "get-books-id", "getBooksId"),
            ("X-Csrf-Token", "x-csrf-token", "xCsrfToken"),
            ("flow_id", "flow-id", "flowId"),
            ("deviceAuthID", "device-auth-id", "deviceAuthID"),
            ("{}", "", ""),
        ] {
            assert_eq!((kebab(name).as_str(), lower_camel(name).as_str()), (file, variable));
        }
    }

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
