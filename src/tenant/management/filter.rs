//! The filter of a list of users: conditions in the style of SCIM, joined by `and`.
//!
//! Only `eq` and `sw`, the two that test users are looked for by.

use crate::tenant::errors::{Detail, Problem};

/// One condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) attribute: String,
    operator: Operator,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equals,
    StartsWith,
}

impl Condition {
    /// Whether the attribute's value meets it.
    pub(super) fn is_met_by(&self, value: &str) -> bool {
        match self.operator {
            Operator::Equals => value == self.value,
            Operator::StartsWith => value.starts_with(&self.value),
        }
    }
}

/// Reads a filter.
pub(super) fn parse(text: &str) -> Result<Vec<Condition>, Problem> {
    let mut conditions = Vec::new();
    let mut rest = text.trim();
    loop {
        let (condition, after) = condition(rest).ok_or_else(invalid)?;
        conditions.push(condition);
        match after.trim_start() {
            "" => return Ok(conditions),
            more => rest = more.strip_prefix("and ").ok_or_else(invalid)?.trim_start(),
        }
    }
}

fn condition(text: &str) -> Option<(Condition, &str)> {
    let (attribute, rest) = text.split_once(' ')?;
    let (operator, rest) = rest.trim_start().split_once(' ')?;
    let operator = match operator {
        "eq" => Operator::Equals,
        "sw" => Operator::StartsWith,
        _ => return None,
    };
    let (value, rest) = quoted(rest.trim_start())?;
    Some((Condition { attribute: attribute.to_owned(), operator, value }, rest))
}

/// A text in quotes, in which a backslash takes the next character as it is.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let (mut value, mut letters) = (String::new(), text.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

fn invalid() -> Problem {
    Detail::new("INVALID_FILTER", "filter", "The filter is not valid.").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_condition_or_several() {
        let read = parse(r#"username sw "a\"b" and population.id eq "7""#).expect("a filter");
        assert_eq!(read.iter().map(|one| one.attribute.as_str()).collect::<Vec<_>>(), ["username", "population.id"]);
        assert!(read[0].is_met_by("a\"bc") && !read[0].is_met_by("ab") && read[1].is_met_by("7"));
        for wrong in [
            "",
            "username",
            r#"username eq a"#,
            r#"username co "a""#,
            r#"username eq "a" or x eq "b""#,
            r#"username eq "a"#,
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
