//! What the keys of the language look like, as data: for the reference and for a JSON Schema.
//!
//! Deliberately not here: how they are read ([`super::decode`]).

/// What a key's value looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Text, as it is written.
    Text,
    /// Only `true`.
    True,
    /// A whole number in a range.
    Count(u64, u64),
    /// Any number.
    Number,
    /// A whole number with `ms`, `s`, `m` or `h`.
    Duration,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A JSON pointer.
    Pointer,
    /// A regular expression.
    Regex,
    /// Any JSON value, in which texts may hold templates.
    Json,
    /// Any one of these forms.
    Either(&'static [Form]),
    /// A list.
    List(&'static Form),
    /// A map from names to this.
    Map(&'static Form),
    /// An object of the language, by the name of its table.
    Object(&'static str),
}

/// What the tables say about a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeySpec {
    /// The key.
    pub name: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// What it does, one sentence.
    pub about: &'static str,
}
