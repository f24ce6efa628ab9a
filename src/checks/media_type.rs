//! `media-type`: a body comes with a media type that is documented for its status, and that the request accepts.

use super::{Case, Check};
use crate::base::content::may_have_content;
use crate::base::field_list::{elements, parts};
use crate::base::json::Body;
use crate::base::media_range::{MediaRange, covers};
use crate::base::media_type::is_json;
use crate::contract::Direction;
use crate::record::{Finding, Level};

/// No more characters of a body that should not be there are shown.
const SHOWN: usize = 80;

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "media-type",
    level: Level::Deny,
    promise: "A body has exactly one Content-Type, it is documented for the status, and the request's Accept allows it.",
    source: "the content of the response in the contract; RFC 9110, sections 8.3 and 12.5.1",
    example: "A gateway answers 200 with an HTML page: `text/html` where `application/hal+json` is documented.",
    advice: "Check the network between you and the tenant; a proxy or firewall often answers instead.",
    needs: &["documented-status"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let reply = case.reply?;
    // In an answer to HEAD the field says what GET would bring (RFC 9110, section 9.3.2).
    if reply.media_types.is_empty() || case.other.is_some() || !may_have_content(case.response.status) {
        return None;
    }
    let given: Vec<&[u8]> = case.response.headers.all("content-type").collect();
    if given.is_empty() && *case.body() == Body::Empty {
        // Whether there may be no body at all is the schema's question.
        return None;
    }
    let documented: Vec<&str> = reply.media_types.iter().map(|media_type| media_type.name.as_str()).collect();
    let problem = |message: String, actual: String| Finding {
        pointer: Some("header:Content-Type".into()),
        expected: Some(documented.join(" or ")),
        actual: Some(actual),
        promise: Some(format!("{}/content", reply.pointer)),
        requirements: case.contract.requirements_at(&reply.pointer),
        ..Finding::new(message)
    };
    let texts: Vec<String> = given.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect();
    Some(match texts.as_slice() {
        [] => {
            let read = if is_json(documented[0]) { read_all_the_same(case, documented[0]) } else { String::new() };
            vec![problem(format!("Content-Type is missing{read}"), "(none)".into())]
        }
        [one] => judge_one(case, one, &documented).map(|message| problem(message, one.clone())).into_iter().collect(),
        several => vec![problem("there are several Content-Type values".into(), several.join(", "))],
    })
}

fn judge_one(case: &Case<'_>, given: &str, documented: &[&str]) -> Option<String> {
    if MediaRange::parse(given).is_none() {
        let several = if given.contains(',') { "; it looks like several values" } else { "" };
        return Some(format!("the Content-Type is malformed{several}"));
    }
    if !documented.iter().any(|known| covers(known, given)) {
        return Some(format!("the media type is not documented for this status{}", beginning(case)));
    }
    // An answer that says "nothing you accept can be had" has to say so in something.
    if case.response.status == 406 {
        return None;
    }
    let accept = case.exchange().request.headers.combined("accept")?;
    (!accepts(&accept, given)).then(|| format!("the request accepts only `{accept}`"))
}

/// What the body would be, were it what is documented.
fn read_all_the_same(case: &Case<'_>, documented: &str) -> String {
    let Some(value) = case.body().value() else { return "; the body is not JSON either".into() };
    let schema = case.media_type.and_then(|media_type| media_type.schema.as_ref());
    let fits = schema.is_none_or(|schema| {
        case.contract.validator(schema, Direction::Response).is_ok_and(|validator| validator.is_valid(value))
    });
    let word = if fits { "fits" } else { "does not fit" };
    format!("; read as {documented} the body {word} its schema")
}

/// How a body begins that is no JSON: a gateway's page says there who sent it.
fn beginning(case: &Case<'_>) -> String {
    let Body::NotJson(_) = case.body() else { return String::new() };
    let text = String::from_utf8_lossy(&case.response.body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let shown: String = line.chars().take(SHOWN).collect();
    format!("; the body begins `{}`", shown.escape_debug())
}

/// Whether Accept allows a media type (RFC 9110, section 12.5.1): the most specific range decides, and a weight of zero
/// refuses. What is no range says nothing, and an Accept without any range asks for nothing in particular.
fn accepts(accept: &str, given: &str) -> bool {
    let Some(given) = MediaRange::parse(given) else { return false };
    let ranges: Vec<(MediaRange, f32)> = elements(accept).into_iter().filter_map(weighted).collect();
    let fitting = ranges.iter().filter_map(|(range, weight)| Some((range.closeness(&given)?, *weight)));
    let decisive = fitting.max_by(|(a, weight), (b, other)| a.cmp(b).then(weight.total_cmp(other)));
    ranges.is_empty() || decisive.is_some_and(|(_, weight)| weight > 0.0)
}

/// A range of an Accept field with its weight. What follows the weight does not belong to the range.
fn weighted(element: &str) -> Option<(MediaRange, f32)> {
    let parts = parts(element, ';');
    let weight = |part: &&str| part.get(..2).is_some_and(|name| name.eq_ignore_ascii_case("q="));
    let range: Vec<&str> = parts.iter().take_while(|part| !weight(part)).copied().collect();
    let weight = parts.iter().find(|part| weight(part)).and_then(|part| part[2..].parse().ok());
    // Old clients write `*` for `*/*`.
    let range = if range == ["*"] { "*/*".to_owned() } else { range.join(";") };
    Some((MediaRange::parse(&range)?, weight.unwrap_or(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accept_field_is_read_with_ranges_lists_and_weights() {
        assert!(accepts("*/*", "application/hal+json;charset=UTF-8"));
        assert!(accepts("text/html, application/*;q=0.5", "application/json"));
        assert!(accepts("application/hal+json, application/json", "application/json;charset=UTF-8"));
        assert!(!accepts("application/json", "application/hal+json"));
        assert!(!accepts("application/json;q=0", "application/json"));
        assert!(!accepts("text/x;v=1", "text/x") && accepts("text/x;v=1", "text/x;v=1"));
    }

    // reported/15
    #[test]
    fn the_most_specific_range_of_accept_decides() {
        for zero in ["0", "0.", "0.0", "0.000"] {
            assert!(!accepts(&format!("*/*, text/csv;q={zero}"), "text/csv"), "{zero}");
            assert!(!accepts(&format!("*/*;q=1, text/*; Q={zero}"), "text/csv; charset=utf-8"), "{zero}");
            assert!(accepts(&format!("*/*;q={zero}, text/csv"), "text/csv"), "{zero}");
            assert!(accepts(&format!("text/*;q={zero}, text/csv;q=0.1"), "text/csv"), "{zero}");
            assert!(
                !accepts(&format!("text/csv, text/csv;header=absent;q={zero}"), "text/csv;header=absent"),
                "{zero}"
            );
        }
    }

    // reported/15
    #[test]
    fn an_accept_field_that_is_not_quite_one_is_read_as_far_as_it_goes() {
        assert!(accepts("text/html, *; q=.2, */*; q=.2", "application/json"));
        assert!(accepts("application/json;;q=0.5;extension=1", "application/json"));
        assert!(accepts(r#"text/x;a=",;q=0""#, r#"text/x;a=",;q=0""#));
        assert!(accepts("json", "application/json") && !accepts("json, text/html", "application/json"));
    }

    // reported/15b
    #[test]
    fn an_empty_accept_field_asks_for_nothing_in_particular() {
        assert!(accepts("", "application/json") && accepts(" , ", "application/json"));
    }
}
