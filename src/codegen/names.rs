//! The names that generated code carries: which ones Rust and the generated client leave free, and how they are spelt.
//!
//! Deliberately narrower than Rust: an operation's name is a camelCase word of ASCII letters and digits.

/// Methods that the generated client has already, or that its hooks call on it.
const CLIENT_METHODS: [&str; 9] =
    ["new", "new_with_client", "api_version", "baseurl", "client", "inner", "pre", "post", "exec"];

/// Words that cannot name a function, beside those that [`syn`] refuses as an identifier.
const NEVER_METHODS: [&str; 4] = ["self", "super", "crate", "gen"];

/// Says what is wrong with an operation's name, if anything is.
pub(crate) fn objection(name: &str) -> Option<String> {
    let id = snake_case(name);
    if !is_camel_case(name) {
        Some(format!("{name:?} is no operation name: one camelCase word of ASCII letters and digits"))
    } else if syn::parse_str::<syn::Ident>(&id).is_err() || NEVER_METHODS.contains(&id.as_str()) {
        Some(format!("{name:?} is a word of the Rust language"))
    } else if CLIENT_METHODS.contains(&id.as_str()) {
        Some(format!("{name:?} is a method that every generated client has"))
    } else {
        None
    }
}

/// Spells a camelCase name as a Rust function: `checkFlowOtp` becomes `check_flow_otp`.
pub(crate) fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut id = String::with_capacity(name.len() + 4);
    for (index, character) in characters.iter().enumerate() {
        if index > 0 && starts_word(&characters, index) {
            id.push('_');
        }
        id.push(character.to_ascii_lowercase());
    }
    id
}

/// Spells a camelCase name as a Rust type: `validateOtp` becomes `ValidateOtp`.
pub(crate) fn pascal_case(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

/// Reduces a name to what two type or variant names may not share: `Error-body` and `errorBody` would become one.
pub(crate) fn type_key(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Says whether this is a media type that can stand in a header.
pub(crate) fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default();
    let token = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    essence.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

fn is_camel_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn starts_word(characters: &[char], index: usize) -> bool {
    let upper = |at: usize| characters.get(at).is_some_and(char::is_ascii_uppercase);
    let lower_follows = characters.get(index + 1).is_some_and(char::is_ascii_lowercase);
    upper(index) && (!upper(index - 1) || lower_follows)
}
