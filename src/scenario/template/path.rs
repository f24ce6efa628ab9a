//! Paths such as `users.sms.devices.0.[otp.check]`: what they are made of, and where they lead in a JSON value.
//!
//! Deliberately not here: what has a name at a given step (values and the lint know).

use std::sync::LazyLock;

use serde_json::Value;

/// The name of the row of data.
pub const ROW: &str = "row";

/// A name, then keys and positions behind dots, in brackets where they hold other characters.
static PATH: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new(r"^[A-Za-z_][A-Za-z0-9_-]*(\.([A-Za-z0-9_-]+|\[[^\[\]]+\]))*$").expect("a literal pattern")
});

/// Whether a text is a path.
pub(super) fn is_path(text: &str) -> bool {
    PATH.is_match(text)
}

/// Whether a text can name a variable, a saved value or a parameter: a letter, then letters, digits, `_` and `-`.
pub fn is_name(text: &str) -> bool {
    is_path(text) && !text.contains('.')
}

/// The steps of a path; what stands in square brackets is one step.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let text = rest?;
        if let Some((inside, after)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
            rest = after.strip_prefix('.');
            return Some(inside);
        }
        let (segment, after) = text.split_once('.').map_or((text, None), |(segment, after)| (segment, Some(after)));
        rest = after;
        Some(segment)
    })
}

/// The first step of a path.
pub fn root(path: &str) -> &str {
    segments(path).next().unwrap_or_default()
}

/// A path with one more step, in brackets where it holds other characters than names do.
pub fn appended(path: &str, step: &str) -> String {
    let plain = step.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if plain { format!("{path}.{step}") } else { format!("{path}.[{step}]") }
}

/// A path as its author wrote it: without the number that sets a fragment's parameter apart from all other names.
pub(super) fn as_written(path: &str) -> String {
    let root = root(path);
    format!("{}{}", root.split('@').next().unwrap_or_default(), &path[root.len()..])
}

/// Follows steps into a value.
///
/// # Errors
/// With the first step that does not exist, and the keys that do at its place.
pub fn follow<'v, 'p>(
    value: &'v Value,
    mut steps: impl Iterator<Item = &'p str>,
) -> Result<&'v Value, (&'p str, Vec<&'v str>)> {
    steps.try_fold(value, |value, step| {
        let keys = || value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        step_into(value, step).ok_or_else(|| (step, keys()))
    })
}

fn step_into<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}
