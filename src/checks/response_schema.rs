//! `response-schema`: a documented body fits its schema; one that is JSON is read without ambiguity.
//!
//! Only JSON media types are read as JSON. Every other body is a text, and itself the string of its schema.

use super::{Case, Check};
use crate::base::json::{BOM, Body};
use crate::base::media_range::{MediaRange, covers};
use crate::base::media_type::essence;
use crate::base::spelling::meant;
use crate::contract::keyword::listed;
use crate::contract::{Direction, MediaType, StatusKey, Violation};
use crate::record::{Finding, Level};

/// No more violations than this are listed for one body.
const LISTED: usize = 50;

/// Types whose bodies are never text, whatever their bytes look like.
const MEDIA: [&str; 4] = ["image/", "audio/", "video/", "font/"];

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "response-schema",
    level: Level::Deny,
    promise: "A documented body fits the schema of its status and media type; JSON is well-formed and has no repeated keys, any \
              other text is itself the string that its schema speaks of.",
    source: "the schema of the response in the contract, formats asserted; RFC 8259; RFC 9110, sections 9.3.2 and 15",
    example: "A device authentication without `status`: a client cannot know which step comes next.",
    advice: "Compare the value at the JSON pointer with the contract; if the documentation changed, change the contract.",
    needs: &["documented-status", "content-coding", "media-type"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    if let Some(name) = case.other {
        return Some(vec![another_resource(case, name)]);
    }
    let media_type = case.media_type.filter(|_| case.may_have_content())?;
    let schema = media_type.schema.as_ref().filter(|_| !case.observation.gaps.body)?;
    if !case.is_json() {
        return text(case, media_type, schema);
    }
    Some(match case.body() {
        Body::Empty => vec![empty(case, media_type, schema)],
        Body::NotJson(why) => vec![problem(case, schema, format!("the body is not JSON: {why}"))],
        Body::Json { value, repeated, inexact } => {
            let beyond = inexact.iter().filter(|number| number.out_of_range).map(|number| Finding {
                pointer: Some(number.pointer.clone()),
                actual: Some(number.digits.clone()),
                ..problem(case, schema, "the number is outside the range that programs hold".into())
            });
            let twice = repeated.iter().map(|pointer| Finding {
                pointer: Some(pointer.clone()),
                ..problem(case, schema, "the key occurs more than once in its object".into())
            });
            // A schema that cannot be compiled is the contract's fault, and told as that.
            let violations = violations(case, schema, value)?;
            let mistaken = (!violations.is_empty()).then(|| fitting_error(case, value)).flatten();
            let mistaken = mistaken.map(|message| problem(case, schema, message));
            beyond.chain(twice).chain(violations).chain(mistaken).collect()
        }
    })
}

fn problem(case: &Case<'_>, schema: &str, message: String) -> Finding {
    Finding {
        promise: Some(schema.to_owned()),
        requirements: case.contract.requirements_at(schema),
        ..Finding::new(message)
    }
}

fn empty(case: &Case<'_>, media_type: &MediaType, schema: &str) -> Finding {
    problem(case, schema, format!("the body is empty; {} is documented", media_type.name))
}

/// A body that is not JSON is itself the text that its schema speaks of. Of arrays and objects, OpenAPI does not say how they
/// would be written in such a body; of bytes, nothing is known that could be wrong.
fn text(case: &Case<'_>, media_type: &MediaType, schema: &str) -> Option<Vec<Finding>> {
    let form = case.contract.text_form(schema);
    if form.is_binary() {
        return Some(Vec::new());
    }
    if !form.is_plain() {
        let may_be_json = covers(&media_type.name, "application/json");
        return (may_be_json && *case.body() == Body::Empty).then(|| vec![empty(case, media_type, schema)]);
    }
    let values = form.plain(&readable(case)?);
    let all = values.iter().map(|value| violations(case, schema, value)).collect::<Option<Vec<_>>>()?;
    if all.iter().any(Vec::is_empty) { Some(Vec::new()) } else { all.into_iter().next() }
}

/// The body as text: in UTF-8, or in the one other charset that needs no table. Others cannot be judged, nor can images.
fn readable(case: &Case<'_>) -> Option<String> {
    let bytes = &case.response.body;
    let named = case.response.headers.get("content-type").unwrap_or_default();
    if MEDIA.iter().any(|kind| essence(&named).starts_with(kind)) {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.trim_start_matches(BOM).to_owned());
    }
    let charset = MediaRange::parse(&named)?.parameter("charset").next()?;
    charset.eq_ignore_ascii_case("iso-8859-1").then(|| bytes.iter().copied().map(char::from).collect())
}

/// Says that what was answered belongs to another contract; nothing of it was judged.
fn another_resource(case: &Case<'_>, name: &str) -> Finding {
    let promise = case.reply.map(|reply| format!("{}/x-other-resources", reply.pointer));
    let requirements = case.reply.map(|reply| case.contract.requirements_at(&reply.pointer)).unwrap_or_default();
    let message = format!("the answer is another resource, a {name}, which this contract does not describe");
    Finding { level: Level::Warn, promise, requirements, ..Finding::new(message) }
}

/// The documented error that a success's body would be.
fn fitting_error(case: &Case<'_>, value: &serde_json::Value) -> Option<String> {
    let status = case.response.status;
    // Some errors are documented so openly that anything fits.
    value.get("code").or(value.get("error"))?.as_str()?;
    let is_error = |key: StatusKey| !key.fits(status) && (400..600).any(|error| key.fits(error));
    let mut errors = case.operation?.replies().filter(|reply| status < 400 && is_error(reply.status));
    let fits = |schema: &str| {
        case.contract.validator(schema, Direction::Response).is_ok_and(|validator| validator.is_valid(value))
    };
    let fitting =
        errors.find(|reply| reply.media_types.iter().filter_map(|known| known.schema.as_deref()).any(fits))?;
    Some(format!("the status is {status}, but the body fits what is documented for {}", fitting.status))
}

fn violations(case: &Case<'_>, schema: &str, value: &serde_json::Value) -> Option<Vec<Finding>> {
    let validator = case.contract.validator(schema, Direction::Response).ok()?;
    let (violations, more) = validator.violations(value, LISTED);
    let note = more.then(|| Finding::new(format!("there are more violations than the {LISTED} that are listed")));
    // Numbers that the value does not tell apart seem to be equal to `uniqueItems`, wherever a choice of schemas has it.
    let apart = case.body().told_apart().map(|value| validator.violations(&value, LISTED).0);
    let really = |violation: &Violation| {
        let is_same =
            |other: &Violation| (&other.instance, &other.keyword) == (&violation.instance, &violation.keyword);
        apart.as_ref().is_none_or(|apart| apart.iter().any(is_same))
    };
    let visible = violations.into_iter().filter(|violation| really(violation) && !is_hidden(case, violation));
    let shown = visible.map(|violation| {
        let meant_one = meant_value(case, &violation).unwrap_or_default();
        Finding {
            actual: case.body().digits(&violation.instance).map(str::to_owned).or(violation.actual),
            pointer: Some(violation.instance),
            expected: violation.expected,
            requirements: case.contract.requirements_at(&violation.keyword),
            promise: Some(violation.keyword),
            ..Finding::new(violation.message + &meant_one)
        }
    });
    Some(shown.chain(note).collect())
}

/// Which value of a closed list was probably meant by another spelling of it, as the end of a message.
fn meant_value(case: &Case<'_>, violation: &Violation) -> Option<String> {
    let (schema, keyword) = violation.keyword.rsplit_once('/')?;
    let listed = listed(case.contract.document().pointer(schema).filter(|_| matches!(keyword, "enum" | "const"))?)?;
    let listed: Vec<String> = listed.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
    Some(format!("; it is another spelling of {}", meant(violation.value.as_str()?, &listed)?))
}

/// Whether nobody can tell any more: the value is a text that hides a secret, or a choice of schemas depends on one inside.
fn is_hidden(case: &Case<'_>, violation: &Violation) -> bool {
    let is_text = violation.value.is_string();
    let chooses = matches!(last(&violation.keyword), "oneOf" | "anyOf" | "not");
    (is_text || chooses) && case.observation.hides(&violation.value.to_string())
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}
