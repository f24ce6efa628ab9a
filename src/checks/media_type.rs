//! `media-type`: a body comes with a media type that is documented for its status, and that the request accepts.

use mediatype::{MediaType, MediaTypeList};

use super::{Case, Check};
use crate::base::json::Body;
use crate::base::media_range::covers;
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
    if reply.media_types.is_empty() || case.other.is_some() {
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
            let message = format!("Content-Type is missing; {}", read_all_the_same(case, documented[0]));
            vec![problem(message, "(none)".into())]
        }
        [one] => judge_one(case, one, &documented).map(|message| problem(message, one.clone())).into_iter().collect(),
        several => vec![problem("there are several Content-Type values".into(), several.join(", "))],
    })
}

fn judge_one(case: &Case<'_>, given: &str, documented: &[&str]) -> Option<String> {
    if MediaType::parse(given).is_err() {
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
    let accept = case.exchange().request.headers.get("accept")?;
    (!accepts(&accept, given)).then(|| format!("the request accepts only `{accept}`"))
}

/// What the body would be, were it what is documented.
fn read_all_the_same(case: &Case<'_>, documented: &str) -> String {
    let Some(value) = case.body().value() else { return "the body is not JSON either".into() };
    let schema = case.media_type.and_then(|media_type| media_type.schema.as_ref());
    let fits = schema.is_none_or(|schema| {
        case.contract.validator(schema, Direction::Response).is_ok_and(|validator| validator.is_valid(value))
    });
    let word = if fits { "fits" } else { "does not fit" };
    format!("read as {documented} the body {word} its schema")
}

/// How a body begins that is no JSON: a gateway's page says there who sent it.
fn beginning(case: &Case<'_>) -> String {
    let Body::NotJson(_) = case.body() else { return String::new() };
    let text = String::from_utf8_lossy(&case.response.body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let shown: String = line.chars().take(SHOWN).collect();
    format!("; the body begins `{}`", shown.escape_debug())
}

/// Whether an Accept field allows a media type (RFC 9110, section 12.5.1), weights of zero included.
fn accepts(accept: &str, given: &str) -> bool {
    let Ok(given) = MediaType::parse(given) else { return false };
    let essence = given.essence().to_string();
    MediaTypeList::new(accept).flatten().any(|range| {
        let refused = range.params.iter().any(|(name, value)| {
            name.as_str().eq_ignore_ascii_case("q") && value.as_str().parse::<f32>().is_ok_and(|weight| weight == 0.0)
        });
        let (ty, subty) = (range.ty.as_str(), range.subty.as_str());
        let any_of_type = subty == "*" && (ty == "*" || ty.eq_ignore_ascii_case(given.ty.as_str()));
        let fits = any_of_type || covers(&range.essence().to_string(), &essence);
        fits && !refused
    })
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
    }
}
