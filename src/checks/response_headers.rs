//! `response-headers`: documented header fields are there where they are required, and have the documented form.
//!
//! A field's text is read as the value that its schema speaks of, in style `simple`. Several fields of one name are one list
//! (RFC 9110, section 5.3); where the schema speaks of one text, each may fit instead.

use serde_json::Value;

use super::{Case, Check};
use crate::base::field_list::parts;
use crate::base::json::Body;
use crate::base::media_type::is_json;
use crate::contract::{Direction, ReplyHeader, TextForm, Validator, Violation};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "response-headers",
    level: Level::Deny,
    promise: "Every required header field of the documented response is present, and every documented one is well-formed.",
    source: "the headers of the response in the contract",
    example: "An error without `Correlation-Id`: support cannot find the request in the tenant's log.",
    advice: "Compare with a request sent directly to the tenant; intermediaries drop header fields.",
    needs: &["documented-status"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let reply = case.reply?;
    if reply.headers.is_empty() {
        return None;
    }
    Some(reply.headers.iter().flat_map(|header| judge_one(case, header)).collect())
}

fn judge_one(case: &Case<'_>, header: &ReplyHeader) -> Vec<Finding> {
    let given: Vec<String> = case.response.headers.texts(&header.name).collect();
    let is_lost = case.observation.gaps.cookies && header.name.eq_ignore_ascii_case("set-cookie");
    if given.is_empty() && header.required && !is_lost {
        let message = format!("the required header field {} is missing", header.name);
        return vec![Finding { promise: header.schema.clone(), ..problem(header, message) }];
    }
    let Some(schema) = &header.schema else { return Vec::new() };
    let Ok(validator) = case.contract.validator(schema, Direction::Response) else { return Vec::new() };
    if given.iter().any(|text| case.observation.hides(text)) {
        return Vec::new();
    }
    let fields = DocumentedField { case, header, schema, validator };
    fields.broken(&given)
}

fn problem(header: &ReplyHeader, message: String) -> Finding {
    Finding {
        pointer: Some(format!("header:{}", header.name)),
        requirements: header.requirements.clone(),
        ..Finding::new(message)
    }
}

/// A header field of which the contract has a schema.
struct DocumentedField<'a, 'c> {
    case: &'a Case<'c>,
    header: &'a ReplyHeader,
    schema: &'a str,
    validator: Validator,
}

impl DocumentedField<'_, '_> {
    /// What is wrong with the fields of this name: with all as one list, or with each.
    fn broken(&self, given: &[String]) -> Vec<Finding> {
        let form = self.case.contract.text_form(self.schema);
        let list = self.case.response.headers.combined(&self.header.name);
        if form.is_composed() && self.header.media_type.is_none() {
            let text = list.unwrap_or_else(|| given.join(", "));
            return self.unless_fitting(&text, &self.lists(&form, given)).into_iter().collect();
        }
        let fits = |text: &String| self.read(&form, text).is_ok_and(|values| self.fits(&values));
        if list.is_some_and(|list| fits(&list)) {
            return Vec::new();
        }
        given.iter().filter_map(|text| self.one(&form, text)).collect()
    }

    fn one(&self, form: &TextForm<'_>, text: &str) -> Option<Finding> {
        match self.read(form, text) {
            Ok(values) => self.unless_fitting(text, &values),
            Err(why) => Some(self.malformed(text, &format!("it is not JSON: {why}"), None)),
        }
    }

    /// The values that the text of one field stands for; what is documented as JSON is read as such.
    fn read(&self, form: &TextForm<'_>, text: &str) -> Result<Vec<Value>, String> {
        if !self.header.media_type.as_deref().is_some_and(is_json) {
            return Ok(form.plain(text));
        }
        match Body::read(text.as_bytes()) {
            Body::Json { value, .. } => Ok(vec![value]),
            Body::Empty => Err("it is empty".into()),
            Body::NotJson(why) => Err(why),
        }
    }

    /// The values that all fields together stand for: as a list in style `simple`, and as a text where the schema takes one.
    fn lists(&self, form: &TextForm<'_>, given: &[String]) -> Vec<Value> {
        let elements: Vec<&str> = match self.case.response.headers.combined(&self.header.name) {
            Some(_) => given.iter().flat_map(|text| parts(text, ',')).collect(),
            None => given.iter().map(String::as_str).collect(),
        };
        let mut values = self.case.contract.composed(form, &elements, self.header.explode);
        if form.is_plain() || values.is_empty() {
            values.extend(form.plain(&given.join(", ")));
        }
        values
    }

    fn fits(&self, values: &[Value]) -> bool {
        values.iter().any(|value| self.validator.is_valid(value))
    }

    /// What is wrong, if none of the values that a text may stand for fits.
    fn unless_fitting(&self, text: &str, values: &[Value]) -> Option<Finding> {
        let first = values.first().filter(|_| !self.fits(values))?;
        let violation = self.validator.violations(first, 1).0.into_iter().next()?;
        let place = if violation.instance.is_empty() { String::new() } else { format!(" at {}", violation.instance) };
        Some(self.malformed(text, &format!("{}{place}", violation.message), Some(violation)))
    }

    fn malformed(&self, text: &str, why: &str, violation: Option<Violation>) -> Finding {
        let (expected, keyword) = violation.map_or((None, None), |found| (found.expected, Some(found.keyword)));
        Finding {
            expected,
            actual: Some(text.to_owned()),
            promise: keyword.or_else(|| self.header.schema.clone()),
            ..problem(self.header, format!("the header field {} is malformed: {why}", self.header.name))
        }
    }
}
